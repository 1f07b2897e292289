//! What the tests of the engine share: a town in a folder that goes away, a clock that is turned, people by
//! role.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test binary uses another part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use huying_core::case::command::{Command, Report};
use huying_core::case::event::{Actor, Identity, Location, Record, Staff, TextRef, Urgency};
use huying_core::case::state::Case;
use huying_core::case::thread::ThreadKind;
use huying_core::city::Folder as CityFolder;
use huying_core::ids::{CaseId, PlaceId, ThreadNo, UnitId};
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::store::{Folder, Options, Reader, Store};
use huying_engine::{
    Accepted, Answer, ClearText, Engine, Log, Rejected, SetTime, Settings, Submission, plain,
};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

pub const STREET: &str = "510104017";
pub const CITY_DESK: &str = "u510100-hotline";
pub const DISTRICT_DESK: &str = "u510104-hotline";
pub const HANDLERS: &str = "u510104-city-management";
pub const OTHERS: &str = "u510104-water";
pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;

/// Monday, 2 March 2026, nine in the morning in Chengdu.
pub const MONDAY: Time = Time(1_772_413_200_000);

pub fn city() -> CityFolder {
    let mut folder = CityFolder::new();
    put(&mut folder, &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/chengdu"), "");
    huying_core::profile::settled(&folder)
}

fn put(folder: &mut CityFolder, dir: &Path, prefix: &str) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            put(folder, &path, &format!("{name}/"));
        } else {
            folder.put(&name, std::fs::read(&path).unwrap());
        }
    }
}

/// The city with two grids in one community, a worker in each, and somebody in the community.
pub fn city_with_grids() -> CityFolder {
    let mut folder = city();
    let mut add = |file: &str, rows: &[&str]| {
        let text = String::from_utf8(folder.get(file).unwrap().to_vec()).unwrap();
        folder.put(file, format!("{}\n{}\n", text.trim_end(), rows.join("\n")).into_bytes());
    };
    add(
        "places.csv",
        &[
            "510104017001G01,510104017001G01,一网格,,grid,general,510104017001,,,,,",
            "510104017001G02,510104017001G02,二网格,,grid,general,510104017001,,,,,",
        ],
    );
    add(
        "units.csv",
        &[
            "u-grid-1,水井坊一网格,,grid,u510104017001,510104017001G01,,",
            "u-grid-2,水井坊二网格,,grid,u510104017001,510104017001G02,,",
        ],
    );
    add("people.csv", &["qg1,staff,虚构,yes", "qg2,staff,虚构,yes", "qc1,staff,虚构,yes"]);
    add(
        "posts.csv",
        &[
            "q-g1,qg1,u-grid-1,grid-worker",
            "q-g2,qg2,u-grid-2,grid-worker",
            "q-c1,qc1,u510104017001,community",
        ],
    );
    folder
}

pub struct Town {
    pub dir: tempfile::TempDir,
    pub time: Arc<SetTime>,
    log: Arc<Mutex<Vec<String>>>,
    engine: Option<Engine>,
}

impl Town {
    pub fn new() -> Town {
        Town::of(&city())
    }

    pub fn of(city: &CityFolder) -> Town {
        let (dir, time) = (tempfile::tempdir().unwrap(), Arc::new(SetTime::at(MONDAY)));
        let mut town = Town { dir, time, log: Arc::default(), engine: None };
        town.engine = Some(Engine::open_with_city(&town.root(), town.settings(), city).unwrap());
        town
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn settings(&self) -> Settings {
        let small = 4 << 20;
        let (time, log) = (self.time.clone(), self.log.clone());
        let log = Log::to(Arc::new(move |line: &str| log.lock().unwrap().push(line.to_owned())));
        let loading = Default::default();
        Settings { cache_bytes: small, views_cache_bytes: small, follow: false, time, loading, log }
    }

    pub fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    /// What the engine logged.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub fn rules(&self) -> Arc<Rules> {
        self.engine().rules()
    }

    pub fn stop(&mut self) {
        drop(self.engine.take());
    }

    pub fn start(&mut self) {
        self.stop();
        self.engine = Some(Engine::open(&self.root(), self.settings()).unwrap());
    }

    pub fn later(&self, ms: i64) {
        self.time.set(self.engine().now().plus(ms));
    }

    pub fn reader(&self) -> Reader {
        Reader::open(&Folder::at(&self.root())).unwrap()
    }

    /// The store itself, while no engine runs.
    pub fn store(&mut self) -> Store {
        self.stop();
        Store::open(&Folder::at(&self.root()), Options { cache_bytes: 4 << 20 }).unwrap()
    }

    pub fn staff(&self, role: &str, unit: &str) -> Actor {
        let rules = self.rules();
        let mut posts = rules.city.people.posts().iter();
        let post = posts.find(|p| p.role == role && p.unit.as_str() == unit && p.person.is_some());
        let post = post.unwrap_or_else(|| panic!("no {role} in {unit}"));
        Actor::Staff(Box::new(Staff {
            person: post.person.clone().unwrap(),
            post: post.id.clone(),
            unit: post.unit.clone(),
            role: post.role.clone(),
            deputy_of: None,
        }))
    }

    /// A complaint of a resident, with a contact.
    pub fn report(&self, words: &str) -> Accepted {
        self.engine().submit(complaint(words, None)).unwrap()
    }

    pub fn case(&self, id: CaseId) -> Case {
        self.engine().history(id).unwrap().unwrap().case
    }

    pub fn records(&self, id: CaseId) -> Vec<Record> {
        self.engine().history(id).unwrap().unwrap().records.into_iter().map(|(_, r)| r).collect()
    }

    pub fn commands(&self, id: CaseId) -> Vec<String> {
        self.records(id).iter().map(|r| r.command.to_string()).collect()
    }

    pub fn open(&self, id: CaseId, kind: ThreadKind) -> ThreadNo {
        let case = self.case(id);
        let open = case.open_of(kind).next().map(|t| t.no);
        open.unwrap_or_else(|| panic!("no open {kind:?}: {:?}", case.threads))
    }

    pub fn gives(&self, id: CaseId, actor: &Actor, command: Command) -> Answer {
        self.engine().submit(plain(actor.clone(), id, command))
    }

    pub fn says(&self, id: CaseId, actor: &Actor, command: Command, words: &str) -> Answer {
        let texts = vec![ClearText { class: "note".into(), text: words.to_owned() }];
        self.engine().submit(Submission { texts, ..plain(actor.clone(), id, command) })
    }

    /// Dispatches an open case to the handlers.
    pub fn dispatch(&self, id: CaseId) {
        let thread = self.open(id, ThreadKind::Dispatch);
        let lead = UnitId::new(HANDLERS).unwrap();
        let command = Command::Dispatch { thread, lead, co: Vec::new(), text: None };
        self.gives(id, &self.staff("dispatcher", DISTRICT_DESK), command).unwrap();
    }

    /// Signs, contacts and finishes the lead's order.
    pub fn handle(&self, id: CaseId) {
        let handler = self.staff("handler", HANDLERS);
        let thread = self.open(id, ThreadKind::Handling);
        self.gives(id, &handler, Command::Sign { thread }).unwrap();
        self.gives(id, &handler, Command::Contact { thread, text: None }).unwrap();
        let text = TextRef::pending(0);
        self.says(id, &handler, Command::Finish { thread, effort: Default::default(), text }, "清运完毕")
            .unwrap();
    }

    /// Drafts the reply and has it approved.
    pub fn answer(&self, id: CaseId, words: &str) {
        let reply = Command::Reply { text: TextRef::pending(0) };
        self.says(id, &self.staff("handler", HANDLERS), reply, words).unwrap();
        let thread = self.open(id, ThreadKind::Approval);
        let approve = Command::DecideReply { thread, granted: true, text: None };
        self.gives(id, &self.staff("approver", DISTRICT_DESK), approve).unwrap();
    }

    /// The journal is whole and the rows are those it gives; no engine runs afterwards.
    pub fn is_sound(&mut self) {
        self.stop();
        let report = huying_engine::verify(&self.reader(), &mut |_, _| {}).unwrap();
        assert!(report.is_whole(), "{:#?}", report.damages);
        let report = huying_engine::rebuild(&mut self.store(), false, &mut |_| {}).unwrap();
        assert_eq!(report.different, 0, "{:#?}", report.differences);
    }
}

pub fn complaint(words: &str, key: Option<[u8; 32]>) -> Submission {
    let report = Report {
        source: "public".into(),
        channel: "phone".into(),
        request_type: "complaint".into(),
        matter: None,
        urgency: Urgency::General,
        circumstance: None,
        complex: false,
        content: TextRef::pending(0),
        identity: Identity::Named,
        contact: Some(TextRef::pending(1)),
        location: Location { place: Some(PlaceId::new(STREET).unwrap()), ..Location::default() },
        about: None,
        governed: None,
        related: None,
        visit: None,
    };
    let text = |class: &str, text: &str| ClearText { class: class.into(), text: text.to_owned() };
    Submission {
        key,
        actor: Actor::Caller,
        occurred: None,
        case: None,
        command: Command::Report(Box::new(report)),
        texts: vec![text("content", words), text("contact", "张三 13900001111")],
    }
}

pub fn note(actor: &Actor, id: CaseId, words: &str) -> Submission {
    let texts = vec![ClearText { class: "note".into(), text: words.to_owned() }];
    let command = Command::Note { text: TextRef::pending(0), thread: None };
    Submission { texts, ..plain(actor.clone(), id, command) }
}

/// The rule that refused.
pub fn rule(answer: Answer) -> &'static str {
    match answer {
        Err(Rejected::Refused(refusal)) => refusal.rule,
        other => panic!("not refused: {other:?}"),
    }
}

/// Holds the writer between two batches until it is dropped; then it has no hand in the engine any more.
pub struct Hold(Option<(Sender<()>, JoinHandle<()>)>);

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some((release, holder)) = self.0.take() {
            drop(release);
            holder.join().unwrap();
        }
    }
}

pub fn hold(engine: &Arc<Engine>) -> Hold {
    let (release, held) = channel::<()>();
    let (tell, told) = channel();
    let inner = engine.clone();
    let holder = std::thread::spawn(move || {
        let held = inner.with_store(move |_, _| {
            let _ = tell.send(());
            let _ = held.recv();
            Ok(())
        });
        held.unwrap();
    });
    told.recv().unwrap();
    Hold(Some((release, holder)))
}
