//! The words the stories are told in. Each line is one record: it takes legal steps only, goes through
//! bytes both ways, and is folded; `so` then says what a case must look like.

use crate::common::{Flow, at, text, unit};
use huying_core::case::apply::{apply, apply_record, blank};
use huying_core::case::event::*;
use huying_core::case::record;
use huying_core::case::state::{Case, Spine};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::*;
use huying_core::time::Time;

/// Somebody of a unit.
pub fn of(unit_id: &str) -> Actor {
    Actor::Staff(Box::new(Staff {
        person: PersonId::new(&format!("somebody-of-{unit_id}")).unwrap(),
        post: PostId::new(&format!("post-{unit_id}")).unwrap(),
        unit: unit(unit_id),
        role: "handler".into(),
        deputy_of: None,
    }))
}

/// A story under way.
pub struct Story {
    pub now: Time,
    pub records: Vec<Record>,
    pub case: Option<Case>,
    occurred: Option<Claim>,
}

impl Story {
    pub fn begins(when: &str) -> Story {
        Story { now: at(when), records: Vec::new(), case: None, occurred: None }
    }

    /// Time goes on to `when`.
    pub fn at(&mut self, when: &str) -> &mut Story {
        let now = at(when);
        assert!(now >= self.now, "a story does not go back");
        self.now = now;
        self
    }

    /// What is told next is claimed to have happened at another time, on evidence.
    pub fn claiming(&mut self, when: &str) -> &mut Story {
        self.occurred = Some(Claim { at: at(when), evidence: Some(text(9)) });
        self
    }

    /// One record.
    #[track_caller]
    pub fn does(
        &mut self,
        actor: Actor,
        command: &str,
        events: impl IntoIterator<Item = Told>,
    ) -> &mut Story {
        let case = self.case.clone().unwrap_or_else(|| blank(CaseId(7)));
        let record = Record {
            schema: SCHEMA,
            stream: StreamId(7),
            version: Version(case.version.0 + 1),
            recorded_at: self.now,
            effective_at: None,
            occurred: self.occurred.take(),
            actor,
            command: command.into(),
            edition: Edition(1),
            events: events.into_iter().map(|told| told.event(self.now)).collect(),
        };
        legal(case, &record);
        let bytes = record::write(&record).unwrap();
        let read = record::read(&bytes).unwrap();
        assert_eq!(read, record, "the record changes on its way through bytes");
        assert_eq!(record::write(&read).unwrap(), bytes, "and so do the bytes");
        self.case = Some(apply_record(self.case.take(), &read));
        self.records.push(read);
        self
    }

    pub fn case(&self) -> &Case {
        self.case.as_ref().unwrap()
    }

    /// What is so now: the spine, who leads, and every open thread with its holder.
    #[track_caller]
    pub fn so(&mut self, spine: Spine, lead: &str, open: &[(u16, &str)]) -> &mut Story {
        let case = self.case();
        assert_eq!(case.spine, spine);
        assert_eq!(case.lead, Some(unit(lead)));
        let held = |h: &Holder| match h {
            Holder::Unit { unit, .. } => unit.to_string(),
            Holder::System(system) => system.to_string(),
            Holder::Caller => "caller".to_owned(),
        };
        let found: Vec<(u16, String)> = case.open_threads().map(|t| (t.no.0, held(&t.holder))).collect();
        let wanted: Vec<(u16, String)> = open.iter().map(|(no, h)| (*no, (*h).to_owned())).collect();
        assert_eq!(found, wanted, "open threads");
        self
    }

    /// Which clocks run, by number.
    #[track_caller]
    pub fn running(&mut self, clocks: &[u16]) -> &mut Story {
        let found: Vec<u16> = self.case().clocks.iter().filter(|c| c.runs()).map(|c| c.no.0).collect();
        assert_eq!(found, clocks, "running clocks");
        self
    }

    /// Whether a clock was kept.
    #[track_caller]
    pub fn kept(&mut self, clock: u16, kept: bool) -> &mut Story {
        assert_eq!(self.case().clock(ClockNo(clock)).unwrap().kept(), Some(kept), "clock {clock}");
        self
    }

    /// The end of the story. With `HUYING_FREEZE` set its stream and its case are written there, to be read
    /// for ever by `tests/fixtures.rs`; that is done once for each schema.
    pub fn ends(&self, name: &str) {
        if let Ok(dir) = std::env::var("HUYING_FREEZE") {
            let frozen = serde_json::json!({ "records": self.records, "case": self.case });
            let path = std::path::Path::new(&dir).join(format!("story-{name}.json"));
            std::fs::write(path, serde_json::to_string_pretty(&frozen).unwrap()).unwrap();
        }
    }

    /// The same story decided by the shipped rules gives the same events, but for times and words.
    #[track_caller]
    pub fn same_as(&self, flow: &Flow) {
        let told = shapes(&self.records);
        let decided = shapes(&flow.records);
        for (told, decided) in told.iter().zip(&decided) {
            assert_eq!(told, decided);
        }
        assert_eq!(told.len(), decided.len(), "{decided:#?}");
    }
}

/// Every step must be one of the thread's machine.
fn legal(mut case: Case, record: &Record) {
    for event in &record.events {
        if let Event::ThreadMoved { thread, step, .. } = event {
            let at = case.thread(*thread).unwrap_or_else(|| panic!("thread {thread} was never opened"));
            let may = at.kind.after(at.step);
            assert!(
                may.contains(step),
                "thread {thread}, a {:?}, goes from {:?} to {step:?}",
                at.kind,
                at.step
            );
        }
        apply(&mut case, record, event);
    }
}

/// Records without times, words and numbers that are looked up: command, event names, and who, what, which.
fn shapes(records: &[Record]) -> Vec<String> {
    const KEPT: [&str; 17] = [
        "thread", "kind", "step", "holder", "stage", "clock", "why", "edge", "ground", "round", "by", "lead",
        "part", "under", "rank", "items", "location",
    ];
    let shape = |event: &Event| {
        let value = serde_json::to_value(event).unwrap();
        let (name, fields) = value.as_object().unwrap().iter().next().unwrap();
        let kept: Vec<String> = fields
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(k, _)| KEPT.contains(&k.as_str()))
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        format!("{name} {}", kept.join(" "))
    };
    let line = |r: &Record| {
        let events: Vec<String> = r.events.iter().map(shape).collect();
        format!("{}:\n  {}", r.command, events.join("\n  "))
    };
    records.iter().map(line).collect()
}

/// An event as told; what begins or is met does so at the time of its line.
pub enum Told {
    Event(Event),
    Starts(ClockStarted),
    Meets(u16),
    Pauses(u16, i64),
    Resumes(u16, &'static str),
}

impl Told {
    fn event(self, now: Time) -> Event {
        match self {
            Told::Event(event) => event,
            Told::Starts(mut clock) => {
                clock.start = now;
                Event::ClockStarted(Box::new(clock))
            }
            Told::Meets(clock) => Event::ClockMet { clock: ClockNo(clock), at: now },
            Told::Pauses(clock, ms) => {
                let left = huying_core::clock::Remaining::Elapsed { ms, near: None };
                Event::ClockPaused { clock: ClockNo(clock), at: now, left }
            }
            Told::Resumes(clock, due) => Event::ClockResumed {
                clock: ClockNo(clock),
                at: now,
                due: at(due),
                near: None,
                provisional: false,
            },
        }
    }
}

impl From<Event> for Told {
    fn from(event: Event) -> Told {
        Told::Event(event)
    }
}

/// A list of events.
macro_rules! events {
    ($($event:expr),* $(,)?) => { vec![$($crate::story::Told::from($event)),*] };
}
pub(crate) use events;

// ---- the case ----

/// A resident's call, with a contact in item 2 of the vault.
pub fn call(lead: &str, change: impl FnOnce(&mut Reported)) -> Event {
    let mut facts = Reported {
        number: "2026070651010400001".into(),
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
        location: crate::common::location(crate::common::JINJIANG),
        about: None,
        procedure: ProcedureId::new("hotline").unwrap(),
        lead: unit(lead),
        governed: None,
        related: None,
        visit: None,
        nearby: Vec::new(),
    };
    change(&mut facts);
    Event::Reported(Box::new(facts))
}

pub fn opened() -> Event {
    Event::Opened {}
}

pub fn answered() -> Event {
    Event::Answered { text: Some(text(40)) }
}

pub fn verdict(by: VerdictBy, verdict: Verdict) -> Event {
    Event::VerdictGiven { verdict, by, text: None }
}

pub fn closed(by_rule: bool) -> Event {
    Event::Closed { ground: "done".into(), by_rule, forced: false }
}

pub fn lead(id: &str) -> Event {
    Event::LeadSet { lead: unit(id) }
}

// ---- threads ----

/// A thread that opens, with its holder.
pub struct Opens(ThreadOpened);

pub fn opens(no: u16, kind: ThreadKind, holder: &str) -> Opens {
    let holder = if holder == "caller" { Holder::Caller } else { Holder::unit(unit(holder)) };
    Opens(ThreadOpened {
        thread: ThreadNo(no),
        kind,
        caller: Holder::Caller,
        holder,
        under: None,
        round: 0,
        rank: None,
        label: None,
        part: None,
        text: None,
        other: None,
        clock: None,
        until: None,
        joint: None,
        units: Vec::new(),
    })
}

impl Opens {
    pub fn called_by(mut self, id: &str) -> Self {
        self.0.caller = Holder::unit(unit(id));
        self
    }
    pub fn with_system(mut self, id: &str) -> Self {
        self.0.holder = Holder::System(SystemId::new(id).unwrap());
        self
    }
    pub fn under(mut self, no: u16) -> Self {
        self.0.under = Some(ThreadNo(no));
        self
    }
    pub fn round(mut self, n: u16) -> Self {
        self.0.round = n;
        self
    }
    pub fn rank(mut self, n: u8) -> Self {
        self.0.rank = Some(n);
        self
    }
    pub fn label(mut self, word: &str) -> Self {
        self.0.label = Some(word.into());
        self
    }
    pub fn part(mut self, part: Part) -> Self {
        self.0.part = Some(part);
        self
    }
    pub fn until(mut self, when: &str) -> Self {
        self.0.until = Some(at(when));
        self
    }
    pub fn of_clock(mut self, no: u16) -> Self {
        self.0.clock = Some(ClockNo(no));
        self
    }
}

impl From<Opens> for Told {
    fn from(opens: Opens) -> Told {
        Told::Event(Event::ThreadOpened(Box::new(opens.0)))
    }
}

/// A thread takes a step.
pub fn goes(no: u16, step: Step) -> Event {
    Event::ThreadMoved { thread: ThreadNo(no), step, label: None, text: None }
}

/// A thread takes a step, as a word says more exactly.
pub fn goes_as(no: u16, step: Step, word: &str) -> Event {
    Event::ThreadMoved { thread: ThreadNo(no), step, label: Some(word.into()), text: None }
}

// ---- clocks ----

/// A clock starts now; thread 0 is the promise to the caller, which has none.
pub fn starts(no: u16, stage: Stage, thread: u16, due: &str) -> Told {
    Told::Starts(ClockStarted {
        clock: ClockNo(no),
        stage,
        thread: (thread > 0).then_some(ThreadNo(thread)),
        limit: None,
        start: Time(0),
        due: at(due),
        near: None,
        provisional: false,
        hours: None,
        unscored: false,
    })
}

pub fn meets(clock: u16) -> Told {
    Told::Meets(clock)
}

pub fn stops(clock: u16) -> Event {
    Event::ClockStopped { clock: ClockNo(clock) }
}

/// A clock falls due, at its own time.
pub fn rings(clock: u16, when: &str) -> Event {
    Event::ClockFired { clock: ClockNo(clock), edge: Edge::Due, at: at(when) }
}

/// A clock comes near its due time.
pub fn nears(clock: u16, when: Time) -> Event {
    Event::ClockFired { clock: ClockNo(clock), edge: Edge::Near, at: when }
}
