//! A desk to play a case at: the shipped Chengdu rules, people looked up by role and unit, a clock that is
//! turned.
//!
//! Every command goes through `decide`, every record through JSON, and every case is folded again from its
//! stream.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test binary uses another part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::needless_pass_by_value, reason = "a command is written where it is given")]

use huying_core::case::apply::apply_record;
use huying_core::case::command::{Command, Report};
use huying_core::case::decide::{Answers, Decided, Desk, allowed, decide, needs};
use huying_core::case::duplicate::NearCase;
use huying_core::case::event::*;
use huying_core::case::record;
use huying_core::case::refusal::Refusal;
use huying_core::case::routine::Taken;
use huying_core::case::state::{Case, Clock, Spine, Thread};
use huying_core::case::thread::ThreadKind;
use huying_core::city::Folder;
use huying_core::ids::*;
use huying_core::rules::Rules;
use huying_core::time::Time;
use std::path::Path;
use std::sync::OnceLock;

/// A street of Jinjiang and one of Qingyang.
pub const JINJIANG: &str = "510104017";
pub const QINGYANG: &str = "510105005";
/// Hotline offices.
pub const CITY_DESK: &str = "u510100-hotline";
pub const JINJIANG_DESK: &str = "u510104-hotline";
pub const QINGYANG_DESK: &str = "u510105-hotline";
/// Handlers of Jinjiang.
pub const CITY_MANAGEMENT: &str = "u510104-city-management";
pub const WATER: &str = "u510104-water";
pub const TRAFFIC: &str = "u510104-traffic-police";

pub fn folder() -> Folder {
    let mut folder = Folder::new();
    put(&mut folder, &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/chengdu"), "");
    huying_core::profile::settled(&folder)
}

fn put(folder: &mut Folder, dir: &Path, prefix: &str) {
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

/// The rules of a folder; every fault is printed when there are none.
pub fn rules_of(folder: &Folder) -> Rules {
    let (rules, faults) = Rules::read(folder, Edition(1));
    rules.unwrap_or_else(|| panic!("{}", faults.iter().map(|f| format!("{f}\n")).collect::<String>()))
}

/// The shipped rules of Chengdu.
pub fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| rules_of(&folder()))
}

/// The shipped rules with each text of the profile replaced; a text that is not there is a mistake of the
/// test.
pub fn rules_with(changes: &[(&str, &str)]) -> &'static Rules {
    let mut folder = folder();
    let mut text = String::from_utf8(folder.get("profile.toml").unwrap().to_vec()).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "the profile has no `{from}`");
        text = text.replace(from, to);
    }
    folder.put("profile.toml", text.into_bytes());
    Box::leak(Box::new(rules_of(&folder)))
}

// ---- a street with people on every rung ----

pub const GRID_PLACE: &str = "510104017001G01";
pub const MICRO_PLACE: &str = "510104017001G0101";
pub const MICRO: &str = "u-micro-1";
pub const GRID: &str = "u-grid-1";
pub const COMMUNITY: &str = "u510104017001";
pub const STREET: &str = "u510104017";
pub const HOUSING: &str = "u510104-housing";

/// The shipped city with a grid and a micro-grid in one community, and somebody on every rung above it.
pub fn ladder_folder() -> Folder {
    let mut folder = folder();
    let add = |folder: &mut Folder, file: &str, rows: &[&str]| {
        let text = String::from_utf8(folder.get(file).unwrap().to_vec()).unwrap();
        folder.put(file, format!("{}\n{}\n", text.trim_end(), rows.join("\n")).into_bytes());
    };
    add(
        &mut folder,
        "places.csv",
        &[
            "510104017001G01,510104017001G01,一网格,,grid,general,510104017001,,,,,",
            "510104017001G0101,510104017001G0101,一微网格,,micro-grid,,510104017001G01,,,,,",
        ],
    );
    add(
        &mut folder,
        "units.csv",
        &[
            "u-grid-1,水井坊一网格,,grid,u510104017001,510104017001G01,,",
            "u-micro-1,水井坊一微网格,,micro-grid,u-grid-1,510104017001G0101,,",
        ],
    );
    let people = ["m1,volunteer", "g1,staff", "g2,staff", "c1,staff", "c2,staff", "s1,staff", "s2,staff"];
    let people: Vec<String> = people.iter().map(|p| format!("q{p},虚构,yes")).collect();
    add(&mut folder, "people.csv", &people.iter().map(String::as_str).collect::<Vec<_>>());
    add(
        &mut folder,
        "posts.csv",
        &[
            "q-m1,qm1,u-micro-1,grid-leader",
            "q-g1,qg1,u-grid-1,grid-worker",
            "q-g2,qg2,u-grid-1,grid-worker",
            "q-c1,qc1,u510104017001,community",
            "q-c2,qc2,u510104017001,community",
            "q-s1,qs1,u510104017,street",
            "q-s2,qs2,u510104017,street",
        ],
    );
    folder
}

/// The shipped rules over that street.
pub fn ladder_rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| rules_of(&ladder_folder()))
}

/// The `nth` person with a role in a unit under these rules, from 0.
pub fn who(rules: &Rules, role: &str, of: &str, nth: usize) -> Actor {
    let posts = rules.city.people.posts().iter();
    let mut found = posts.filter(|p| p.role == role && p.unit.as_str() == of && p.person.is_some());
    let post = found.nth(nth).unwrap_or_else(|| panic!("no {role} number {nth} in {of}"));
    Actor::Staff(Box::new(Staff {
        person: post.person.clone().unwrap(),
        post: post.id.clone(),
        unit: post.unit.clone(),
        role: post.role.clone(),
        deputy_of: None,
    }))
}

/// An instant of Chengdu, written `2026-03-02 09:00`.
pub fn at(text: &str) -> Time {
    let civil: jiff::civil::DateTime = text.replace(' ', "T").parse().unwrap();
    rules().calendar.instant(civil)
}

pub fn hours(n: i64) -> i64 {
    n * 3_600_000
}

pub fn minutes(n: i64) -> i64 {
    n * 60_000
}

/// Words in the vault.
pub fn text(n: u64) -> TextRef {
    TextRef { item: ItemId(n), commit: Digest([u8::try_from(n % 251).unwrap(); 32]) }
}

pub fn unit(id: &str) -> UnitId {
    UnitId::new(id).unwrap()
}

/// The `nth` person with this role in this unit, from 0.
pub fn nth(role: &str, of: &str, nth: usize) -> Actor {
    let posts = rules().city.people.posts().iter();
    let mut found = posts.filter(|p| p.role == role && p.unit.as_str() == of && p.person.is_some());
    let post = found.nth(nth).unwrap_or_else(|| panic!("no {role} number {nth} in {of}"));
    Actor::Staff(Box::new(Staff {
        person: post.person.clone().unwrap(),
        post: post.id.clone(),
        unit: post.unit.clone(),
        role: post.role.clone(),
        deputy_of: None,
    }))
}

/// Somebody with this role in this unit.
pub fn staff(role: &str, of: &str) -> Actor {
    nth(role, of, 0)
}

pub fn location(place: &str) -> Location {
    Location { place: Some(PlaceId::new(place).unwrap()), ..Location::default() }
}

/// A resident's complaint about rubbish in a street, by telephone, with a contact.
pub fn complaint(place: &str) -> Report {
    Report {
        source: "public".into(),
        channel: "phone".into(),
        request_type: "complaint".into(),
        matter: None,
        urgency: Urgency::General,
        circumstance: None,
        complex: false,
        content: text(1),
        identity: Identity::Named,
        contact: Some(text(2)),
        location: location(place),
        about: None,
        governed: None,
        related: None,
        visit: None,
    }
}

/// A case under way: its stream, and the case as it stands.
#[derive(Debug, Clone)]
pub struct Flow {
    pub rules: &'static Rules,
    pub id: CaseId,
    pub now: Time,
    pub records: Vec<Record>,
    pub case: Option<Case>,
    pub occurred: Option<Claim>,
    pub other: Option<(Spine, Option<CaseId>)>,
    pub duty: Vec<(UnitId, PersonId)>,
    pub near: Vec<NearCase>,
    pub files: Vec<compact_str::CompactString>,
    pub taken: Taken,
    pub visit: Option<Thread>,
}

/// Rules that refuse for where case and thread stand, whatever the command's fields say.
const OF_STATE: [&str; 17] = [
    "answer.dispatched",
    "answer.blocked",
    "answer.pending",
    "answer.lead",
    "case.observed",
    "close.blocked",
    "confirm.early",
    "dispatch.none",
    "handling.contact-first",
    "handling.suspended",
    "merge.follows",
    "rating.closed",
    "rung.done",
    "rung.waits",
    "summons.measure-first",
    "thread.pending",
    "undo.not-yours",
];

impl Flow {
    pub fn new(now: Time) -> Flow {
        Flow::under(rules(), now)
    }

    pub fn under(rules: &'static Rules, now: Time) -> Flow {
        Flow {
            rules,
            id: CaseId(7),
            now,
            records: Vec::new(),
            case: None,
            occurred: None,
            other: None,
            duty: Vec::new(),
            near: Vec::new(),
            files: Vec::new(),
            taken: Taken::default(),
            visit: None,
        }
    }

    /// A case taken in by the intake of the city's hotline.
    pub fn reported(report: Report, now: Time) -> Flow {
        let mut flow = Flow::new(now);
        flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(report)));
        flow
    }

    pub fn case(&self) -> &Case {
        self.case.as_ref().unwrap()
    }

    /// The fold of the first `n` records.
    pub fn fold(&self, n: usize) -> Option<Case> {
        self.records[..n].iter().fold(None, |case, r| Some(apply_record(case, r)))
    }

    fn answers(&self, command: &Command) -> Answers {
        let needs = needs(self.case.as_ref(), command, self.rules);
        Answers {
            number: needs.number.map(|code| compact_str::format_compact!("20260302{code}00001")),
            before: needs.before.and_then(|v| self.fold(v.0 as usize)).map(Box::new),
            other: needs.other.and(self.other),
            duty: std::sync::Arc::new(if needs.duty {
                self.duty.iter().cloned().collect()
            } else {
                Default::default()
            }),
            files: if needs.files { self.files.clone() } else { Vec::new() },
            near: if needs.near.is_some() { self.near.clone() } else { Vec::new() },
            taken: needs.taken.map(|_| self.taken).unwrap_or_default(),
            visit: needs.visit.and(self.visit.clone()).map(Box::new),
        }
    }

    /// Decides without keeping it.
    pub fn decides(&self, actor: &Actor, command: &Command) -> Result<Decided, Refusal> {
        let answers = self.answers(command);
        let desk = Desk {
            now: self.now,
            stream: self.id.stream(),
            actor,
            occurred: self.occurred.as_ref(),
            rules: self.rules,
            answers: &answers,
        };
        decide(self.case.as_ref(), command, &desk)
    }

    /// Decides; an accepted record goes through bytes and is folded.
    pub fn tries(&mut self, actor: &Actor, command: &Command) -> Result<(), Refusal> {
        let offered = self.offered(actor);
        let decided = self.decides(actor, command).inspect_err(|r| self.not_offered(r, &offered, command))?;
        let given = Command::GIVEN.contains(&command.name()) && matches!(actor, Actor::Staff(_));
        if self.case.is_some() && given {
            assert!(offered.contains(&command.name()), "`{}` is taken, not offered", command.name());
        }
        let bytes = record::write(&decided.record).unwrap();
        let read = record::read(&bytes).unwrap();
        assert_eq!(read, decided.record, "a record changes on its way through bytes");
        self.case = Some(apply_record(self.case.take(), &read));
        assert_eq!(self.case(), &decided.case, "the fold is not what was decided");
        self.records.push(read);
        self.occurred = None;
        Ok(())
    }

    fn offered(&self, actor: &Actor) -> Vec<&'static str> {
        self.case.as_ref().map_or_else(Vec::new, |c| allowed(c, actor, self.rules, self.now))
    }

    /// What is refused because of where the case stands was not offered, unless for another thread.
    fn not_offered(&self, refusal: &Refusal, offered: &[&str], command: &Command) {
        let Some(case) = &self.case else { return };
        let kind = command.thread().and_then(|no| case.thread(no)).map(|t| t.kind);
        // Whether a step touched the cases that follow is known only once the case before it is read.
        let alone = kind.is_none_or(|kind| case.open_of(kind).count() < 2) && case.followers.is_empty();
        // Of a whistle yet to be blown another type may be signed by the same role.
        let unsigned = refusal.rule == "whistle.signature" && command.thread().is_some();
        if (OF_STATE.contains(&refusal.rule) || unsigned) && alone {
            assert!(!offered.contains(&command.name()), "`{}` is offered: {refusal}", command.name());
        }
    }

    /// A command that must be accepted.
    #[track_caller]
    pub fn gives(&mut self, actor: &Actor, command: Command) -> &mut Flow {
        if let Err(refusal) = self.tries(actor, &command) {
            panic!("`{}` was refused: {refusal}; accepted: {}", command.name(), refusal.accepted);
        }
        self
    }

    /// A command that must be refused by `rule`.
    #[track_caller]
    pub fn refuses(&mut self, actor: &Actor, command: &Command, rule: &str) -> Refusal {
        let before = self.case.clone();
        let refusal = self.tries(actor, command).expect_err("the command was accepted");
        assert_eq!(refusal.rule, rule, "{refusal}");
        assert!(!refusal.accepted.is_empty(), "a refusal says what would be accepted");
        assert_eq!(self.case, before);
        refusal
    }

    pub fn later(&mut self, ms: i64) -> &mut Flow {
        self.until(self.now.plus(ms))
    }

    /// Time passes; what falls due rings, in due order.
    pub fn until(&mut self, now: Time) -> &mut Flow {
        while let Some((ring, clock, generation, edge)) = self.next_ring().filter(|r| r.0 < now) {
            // An alarm rings when its time has passed: at the due itself the clock is still in time.
            self.now = self.now.max(ring.plus(1)).min(now);
            self.gives(&Actor::Clock, Command::Fire { clock, generation, edge });
        }
        self.now = now;
        self
    }

    /// The next edge of a running clock.
    pub fn next_ring(&self) -> Option<(Time, ClockNo, u16, Edge)> {
        let clocks = self.case.iter().flat_map(|c| &c.clocks);
        let running = clocks.filter(|c| c.runs() && c.missed_at.is_none());
        let edges = running.flat_map(|c| {
            let near = c.near.filter(|_| !c.near_fired).map(|n| (n, c.no, c.generation, Edge::Near));
            [near, Some((c.due, c.no, c.generation, Edge::Due))]
        });
        edges.flatten().min_by_key(|(t, no, _, edge)| (*t, *edge, *no))
    }

    /// The one open thread of a kind.
    #[track_caller]
    pub fn open(&self, kind: ThreadKind) -> &Thread {
        let all: Vec<&Thread> = self.case().open_of(kind).collect();
        assert_eq!(all.len(), 1, "open {kind:?}: {all:?}");
        all[0]
    }

    #[track_caller]
    pub fn no(&self, kind: ThreadKind) -> ThreadNo {
        self.open(kind).no
    }

    /// The last clock of a stage.
    #[track_caller]
    pub fn clock(&self, stage: Stage) -> &Clock {
        let clock = self.case().clocks.iter().rev().find(|c| c.stage == stage);
        clock.unwrap_or_else(|| panic!("no clock of {stage:?}"))
    }

    pub fn events(&self) -> &[Event] {
        &self.records.last().unwrap().events
    }

    #[track_caller]
    pub fn stands(&self, spine: Spine) {
        assert_eq!(self.case().spine, spine);
    }

    // ---- the common moves of a hotline order in Jinjiang ----

    pub fn dispatch(&mut self, lead: &str, co: &[&str]) -> &mut Flow {
        let thread = self.no(ThreadKind::Dispatch);
        let co = co.iter().map(|u| unit(u)).collect();
        self.gives(
            &staff("dispatcher", JINJIANG_DESK),
            Command::Dispatch { thread, lead: unit(lead), co, text: None },
        )
    }

    /// The open handling thread of a unit.
    #[track_caller]
    pub fn handling(&self, of: &str) -> ThreadNo {
        let found = self.case().open_of(ThreadKind::Handling).find(|t| t.holder.as_unit() == Some(&unit(of)));
        found.unwrap_or_else(|| panic!("{of} has no open order")).no
    }

    pub fn sign(&mut self, of: &str) -> &mut Flow {
        let thread = self.handling(of);
        self.gives(&staff("handler", of), Command::Sign { thread })
    }

    pub fn contact(&mut self, of: &str) -> &mut Flow {
        let thread = self.handling(of);
        self.gives(&staff("handler", of), Command::Contact { thread, text: None })
    }

    pub fn finish(&mut self, of: &str) -> &mut Flow {
        let thread = self.handling(of);
        let effort = Effort { minutes: 45, trips: 1, forms: 0 };
        self.gives(&staff("handler", of), Command::Finish { thread, effort, text: text(30) })
    }

    /// Pictures with these labels.
    pub fn shows(&mut self, by: &Actor, labels: &[&str]) -> &mut Flow {
        for label in labels {
            let files = vec![format!("f-{label}").into()];
            self.gives(by, Command::Attach { files, thread: None, label: Some((*label).into()) });
        }
        self
    }

    /// Signed, contacted, finished.
    pub fn handled(&mut self, of: &str) -> &mut Flow {
        self.sign(of).contact(of).finish(of)
    }

    /// Drafted by the lead unit and approved where approval is asked.
    pub fn replied(&mut self, of: &str) -> &mut Flow {
        self.gives(&staff("handler", of), Command::Reply { text: text(40) });
        let waits = self.case().open_of(ThreadKind::Approval).next().map(|t| t.no);
        if let Some(thread) = waits {
            let command = Command::DecideReply { thread, granted: true, text: None };
            self.gives(&staff("approver", JINJIANG_DESK), command);
        }
        self
    }

    /// Called back and reached.
    pub fn says(&mut self, solved: Solved, satisfied: Satisfied) -> &mut Flow {
        let thread = self.no(ThreadKind::Callback);
        let verdict = Verdict { solved: Some(solved), satisfied: Some(satisfied) };
        let command = Command::Callback { thread, reached: true, verdict, text: None };
        self.gives(&staff("callback", JINJIANG_DESK), command)
    }
}

/// With `HUYING_FREEZE` set, the last record of a flow is written there, to be read for ever by
/// `fixtures.rs`.
pub fn freeze(name: &str, flow: &Flow) {
    let Ok(dir) = std::env::var("HUYING_FREEZE") else { return };
    let value = serde_json::json!({ "records": [flow.records.last().unwrap()] });
    let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
    std::fs::write(Path::new(&dir).join(format!("{name}.json")), text).unwrap();
}
