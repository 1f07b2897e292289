//! Whole histories from a seed: random people give random commands, sensible and nonsense, while time
//! passes and clocks ring. What must hold after every record is checked after every record.
//!
//! `HUYING_SIMULATE` sets the number of commands, `HUYING_SEED` the first seed; a failure prints its seed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod common;
#[path = "simulate/street.rs"]
mod street;

use common::*;
use huying_core::case::apply::{apply, apply_record, blank};
use huying_core::case::command::{Command, Followed, Report};
use huying_core::case::decide::{Answers, Desk, decide, needs};
use huying_core::case::event::*;
use huying_core::case::notice::NoticeId;
use huying_core::case::record;
use huying_core::case::state::*;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::clock::Remaining;
use huying_core::ids::*;
use huying_core::observation::{Observation, Recorded, Satisfied, Solved, Stamp};
use huying_core::profile::Apart;
use huying_core::rules::Rules;
use huying_core::time::Time;
use std::collections::{BTreeMap, BTreeSet};

const COMMANDS: u64 = 100_000;
const COMMANDS_OF_A_HISTORY: u64 = 90;

/// splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.roll() % n.max(1)
    }
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let i = self.below(of.len() as u64);
        &of[usize::try_from(i).unwrap()]
    }
    fn maybe<T>(&mut self, of: T) -> Option<T> {
        self.chance(50).then_some(of)
    }
}

/// What does not change while histories run.
struct World {
    editions: Vec<Rules>,
    actors: Vec<Actor>,
    places: Vec<PlaceId>,
    units: Vec<UnitId>,
    people: Vec<PersonId>,
    matters: Vec<MatterCode>,
}

/// The shipped city with the posts of the city and two districts, which is what a history touches.
fn small(profile: &[(&str, &str)], calendar: &[(&str, &str)], edition: u32) -> Rules {
    let mut folder = ladder_folder();
    let read = |folder: &huying_core::city::Folder, f: &str| {
        String::from_utf8(folder.get(f).unwrap().to_vec()).unwrap()
    };
    let near = |line: &&str| {
        ["unit", ",u510100-", ",u510104", ",u510105", ",u-"].iter().any(|u| line.contains(u))
            && !["u510104018", "u510104019", "u51010402", "u51010403"].iter().any(|u| line.contains(u))
    };
    let posts: Vec<String> = read(&folder, "posts.csv").lines().filter(near).map(str::to_owned).collect();
    folder.put("posts.csv", format!("{}\n", posts.join("\n")).into_bytes());
    for (file, changes) in [("profile.toml", profile), ("calendar.toml", calendar)] {
        let mut text = read(&folder, file);
        for (from, to) in changes {
            assert!(text.contains(from), "{file} has no `{from}`");
            text = text.replace(from, to);
        }
        folder.put(file, text.into_bytes());
    }
    let mut rules = rules_of(&folder);
    rules.edition = Edition(edition);
    rules
}

impl World {
    fn new() -> World {
        let published = [(
            "[year.2027]\npublished = false",
            "[year.2027]\npublished = true\nsource = \"a notice made up for this test\"",
        )];
        let strict = [
            ("two_step_approval = false", "two_step_approval = true"),
            ("callback_tries = 3", "callback_tries = 1"),
            ("extension_moves_promise = true", "extension_moves_promise = false"),
        ];
        let editions = vec![small(&[], &[], 1), small(&strict, &published, 2)];
        let mut actors = Vec::new();
        let posts = editions[0].city.people.posts();
        for post in posts.iter().filter(|p| p.person.is_some()) {
            let of = |person: &PersonId, deputy_of: Option<PersonId>| {
                let (post, unit, role) = (post.id.clone(), post.unit.clone(), post.role.clone());
                Actor::Staff(Box::new(Staff { person: person.clone(), post, unit, role, deputy_of }))
            };
            let own = post.person.clone().unwrap();
            actors.push(of(&own, None));
            // Some people stand in for others: powers are apart by natural person.
            let stand_in = posts[actors.len() * 7 % posts.len()].person.clone();
            actors.extend(stand_in.map(|p| of(&p, Some(own.clone()))));
        }
        let units = posts.iter().map(|p| p.unit.clone()).collect();
        let people = posts.iter().filter_map(|p| p.person.clone()).collect();
        let id = |t: &str| PlaceId::new(t).unwrap();
        let places =
            ["510100", "510104", JINJIANG, "510104017001", GRID_PLACE, MICRO_PLACE, "510105", QINGYANG];
        let places = places.map(id).to_vec();
        let code = |t: &str| MatterCode::new(t).unwrap();
        let matters = ["matter.06010", "component.01001", "request.0301", "matter.99999"].map(code).to_vec();
        World { editions, actors, places, units, people, matters }
    }
}

/// One history under way.
struct Life<'w> {
    world: &'w World,
    dice: Dice,
    rules: &'w Rules,
    now: Time,
    case: Option<Case>,
    before: Option<Case>,
    records: Vec<Record>,
    told: BTreeSet<NoticeId>,
    made: BTreeMap<u16, ThreadKind>,
    given: u64,
    accepted: u64,
}

impl<'w> Life<'w> {
    fn new(world: &'w World, seed: u64) -> Life<'w> {
        let mut dice = Dice(seed);
        let rules = dice.pick(&world.editions);
        let starts = ["2026-03-02 09:00", "2026-02-13 17:30", "2026-12-24 16:00", "2026-09-30 23:59"];
        let start: &&str = dice.pick(&starts);
        let now = at(start);
        let (case, before) = (None, None);
        let (records, made) = (Vec::new(), BTreeMap::new());
        let told = BTreeSet::new();
        Life { world, dice, rules, now, case, before, records, told, made, given: 0, accepted: 0 }
    }

    fn live(&mut self) {
        for _ in 0..COMMANDS_OF_A_HISTORY {
            self.pass_time();
            let (actor, command) = self.next_command();
            self.give(&actor, &command);
            self.tempt_fate();
        }
        self.replay();
    }

    fn pass_time(&mut self) {
        let ms = match self.dice.below(20) {
            0 => hours(24 * 6),
            1..=3 => hours(30),
            4..=8 => hours(3),
            _ => minutes(15),
        };
        let until = self.now.plus(i64::try_from(self.dice.below(ms.unsigned_abs())).unwrap());
        // Now and then the alarms come late, as after an outage.
        if self.dice.chance(95) {
            for _ in 0..200 {
                let Some((due, clock, generation, edge)) = self.next_ring().filter(|r| r.0 < until) else {
                    break;
                };
                self.now = self.now.max(due.plus(1)).min(until);
                let fired = self.give(&Actor::Clock, &Command::Fire { clock, generation, edge });
                assert!(fired, "clock {clock} is due and does not ring");
            }
        }
        self.now = until;
        if self.dice.chance(1) {
            self.rules = self.dice.pick(&self.world.editions);
        }
    }

    fn next_ring(&self) -> Option<(Time, ClockNo, u16, Edge)> {
        let running = self.case.iter().flat_map(|c| &c.clocks).filter(|c| c.runs() && c.missed_at.is_none());
        let edges = running.flat_map(|c| {
            let near = c.near.filter(|_| !c.near_fired).map(|n| (n, c.no, c.generation, Edge::Near));
            [near, Some((c.due, c.no, c.generation, Edge::Due))]
        });
        edges.flatten().min_by_key(|(t, no, _, edge)| (*t, *edge, *no))
    }

    // ---- what is asked ----

    fn next_command(&mut self) -> (Actor, Command) {
        let Some(case) = self.case.clone() else { return self.intake() };
        if self.dice.chance(12) {
            let command = self.nonsense();
            return (self.anybody(), command);
        }
        let open: Vec<Thread> = case.open_threads().cloned().collect();
        if open.is_empty() || self.dice.chance(35) {
            let command = self.about_the_case(&case);
            let actor = self.somebody(&case, None, command.name());
            return (actor, command);
        }
        let thread = self.dice.pick(&open).clone();
        let command = self.on_thread(&thread);
        let actor = self.somebody(&case, Some(&thread), command.name());
        (actor, command)
    }

    fn intake(&mut self) -> (Actor, Command) {
        if self.dice.chance(4) {
            let engine = Actor::System(SystemId::new("import").unwrap());
            return (engine, self.observation());
        }
        let report = self.report();
        let actor = match self.dice.below(5) {
            0 => Actor::Caller,
            2 => Actor::System(SystemId::new("city-hotline").unwrap()),
            1 => self.with_role(&["grid-worker", "grid-leader", "community", "street"]),
            _ => self.with_role(&["intake", "verifier", "handler", "checker"]),
        };
        (actor, Command::Report(Box::new(report)))
    }

    fn observation(&mut self) -> Command {
        let mut seen = Observation::of(SystemId::new("12345").unwrap(), "A-1");
        seen.opened = Recorded::Is(Stamp::At(self.now));
        if self.dice.chance(50) {
            seen.unit = Recorded::Is(self.dice.pick(&self.world.units).clone());
            seen.closed = Recorded::Is(Stamp::At(self.now.plus(hours(5))));
        }
        Command::Observe { observation: Box::new(seen), texts: vec![text(3)], exact: None }
    }

    fn report(&mut self) -> Report {
        let identity =
            *self.dice.pick(&[Identity::Named, Identity::Named, Identity::Confidential, Identity::Anonymous]);
        let named = identity != Identity::Anonymous;
        Report {
            source: (*self.dice.pick(&[
                "public", "public", "to-grid", "to-grid", "to-grid", "by-grid", "patrol", "sensor", "nowhere",
            ]))
            .into(),
            channel: (*self.dice.pick(&["phone", "web", "field"])).into(),
            request_type: self.request_type(),
            matter: self.dice.chance(60).then(|| self.dice.pick(&self.world.matters).clone()),
            urgency: *self.dice.pick(&[
                Urgency::General,
                Urgency::General,
                Urgency::Urgent,
                Urgency::Emergency,
            ]),
            content: text(1),
            identity,
            contact: (named && self.dice.chance(80)).then(|| text(2)),
            location: self.location(),
            about: self.dice.chance(8).then(|| self.dice.pick(&self.world.units).clone()),
            governed: self.dice.chance(8).then(|| {
                let system = SystemId::new("city-hotline").unwrap();
                (Governed { system, external_id: "G-1".into() }, self.now.plus(hours(72)))
            }),
            related: self.dice.chance(5).then_some(CaseId(3)),
        }
    }

    fn request_type(&mut self) -> compact_str::CompactString {
        (*self.dice.pick(&["complaint", "consult", "help", "report", "suggest"])).into()
    }

    fn location(&mut self) -> Location {
        let place = self.dice.chance(90).then(|| self.dice.pick(&self.world.places).clone());
        Location { place, ..Location::default() }
    }

    fn unit(&mut self) -> UnitId {
        self.dice.pick(&self.world.units).clone()
    }

    fn verdict(&mut self) -> Verdict {
        let solved = *self.dice.pick(&[None, Some(Solved::Solved), Some(Solved::NotSolved)]);
        let satisfied = *self.dice.pick(&[None, Some(Satisfied::Very), Some(Satisfied::NotAtAll)]);
        Verdict { solved, satisfied }
    }

    fn on_thread(&mut self, thread: &Thread) -> Command {
        let no = thread.no;
        let yes = self.dice.chance(70);
        let words = self.dice.maybe(text(5));
        match thread.kind {
            ThreadKind::Verify => {
                Command::Verify { thread: no, confirmed: yes, ground: Some("untrue".into()), text: words }
            }
            ThreadKind::Dispatch => {
                let co = (0..self.dice.below(3)).map(|_| self.unit()).collect();
                Command::Dispatch { thread: no, lead: self.unit(), co, text: words }
            }
            ThreadKind::Handling => self.on_handling(thread),
            ThreadKind::Return => Command::DecideReturn { thread: no, granted: yes, text: words },
            ThreadKind::Extension => Command::DecideExtension { thread: no, granted: yes, text: words },
            ThreadKind::Suspension if thread.step == Step::Hung => {
                Command::Resume { thread: no, text: words }
            }
            ThreadKind::Suspension => Command::DecideSuspension { thread: no, granted: yes, text: words },
            ThreadKind::Approval => Command::DecideReply { thread: no, granted: yes, text: words },
            ThreadKind::Check => Command::Check { thread: no, passed: yes, text: words },
            ThreadKind::Callback => {
                Command::Callback { thread: no, reached: yes, verdict: self.verdict(), text: words }
            }
            ThreadKind::Rating => Command::Rate { verdict: self.verdict(), text: words },
            ThreadKind::Merge if self.dice.chance(30) => Command::Part { thread: no },
            ThreadKind::Merge => Command::Follow {
                from: thread.other.unwrap_or(CaseId(3)),
                what: *self.dice.pick(&[
                    Followed::Answered { text: Some(text(6)) },
                    Followed::Answered { text: None },
                    Followed::Closed,
                    Followed::Voided,
                ]),
            },
            ThreadKind::Correction => Command::DecideCorrection { thread: no, granted: yes, text: words },
            ThreadKind::Rung => self.on_rung(thread),
            ThreadKind::Whistle if self.dice.chance(30) => Command::Withdraw { thread: no, text: text(5) },
            ThreadKind::Whistle if self.dice.chance(40) => {
                Command::Plan { thread: Some(no), milestones: self.milestones() }
            }
            ThreadKind::Whistle => {
                Command::Summon { thread: no, units: vec![self.department()], text: text(5) }
            }
            ThreadKind::Summons => self.on_summons(thread),
            ThreadKind::Ruling => {
                let instead = if yes && self.dice.chance(60) { vec![self.department()] } else { vec![] };
                let lead = self.dice.chance(20).then(|| self.department());
                Command::Rule { thread: no, upheld: yes, lead, instead, text: text(5) }
            }
            ThreadKind::Milestone => Command::Reach { thread: no, text: words },
            _ => Command::Note { text: text(5), thread: Some(no) },
        }
    }

    fn on_handling(&mut self, thread: &Thread) -> Command {
        let no = thread.no;
        let until = self.now.plus(hours(20 + i64::try_from(self.dice.below(400)).unwrap()));
        let text = text(7);
        match self.dice.below(12) {
            0 => Command::AskReturn { thread: no, text },
            1 => Command::AskExtension { thread: no, until, text },
            2 | 3 => Command::AskSuspension { thread: no, reexamine: until, text },
            4 => {
                let of =
                    |a: &&Actor| matches!(a, Actor::Staff(s) if Some(&s.unit) == thread.holder.as_unit());
                let own: Vec<&Actor> = self.world.actors.iter().filter(of).collect();
                match own.first() {
                    Some(Actor::Staff(s)) => Command::Hand { thread: no, person: s.person.clone() },
                    _ => Command::Hand { thread: no, person: self.dice.pick(&self.world.people).clone() },
                }
            }
            _ if thread.step == Step::Sent => Command::Sign { thread: no },
            5..=7 if thread.step == Step::Signed => Command::Contact { thread: no, text: None },
            _ => Command::Finish { thread: no, effort: Effort { minutes: 5, trips: 1, forms: 0 }, text },
        }
    }

    fn about_the_case(&mut self, case: &Case) -> Command {
        let words = text(8);
        let thread = ThreadNo(u16::try_from(self.dice.below(12)).unwrap());
        match self.dice.below(31) {
            0 => Command::Void { ground: "withdrawn".into(), text: self.dice.maybe(words) },
            1 => Command::AnswerDirect { text: words },
            2 => Command::Redispatch { lead: self.unit(), co: vec![], text: words },
            3..=9 => Command::Reply { text: words },
            10 | 11 => Command::Close { ground: "done".into(), text: None },
            12 => Command::ForceClose { ground: "no_power".into(), text: words },
            13 | 14 => Command::Reopen { ground: "came_back".into(), text: words },
            15 => Command::Merge { into: CaseId(3 + self.dice.below(2)) },
            16 => Command::Part { thread },
            17 | 18 => Command::Move { location: self.location(), text: None },
            19 => Command::Reclassify {
                matter: self.dice.maybe(self.world.matters[0].clone()),
                request_type: Some(self.request_type()),
                urgency: self.dice.chance(20).then_some(Urgency::Emergency),
            },
            20 => Command::Note { text: words, thread: None },
            21 => Command::Attach { files: vec!["f".into()], thread: self.dice.maybe(thread), label: None },
            22 => Command::LogEffort { thread, effort: Effort { minutes: 1, trips: 0, forms: 1 } },
            23 => {
                let missed = case.clocks.iter().find(|c| c.kept() == Some(false)).map(|c| c.no);
                Command::AskCorrection { clock: missed.unwrap_or(ClockNo(1)), text: words }
            }
            24 => Command::Exclude { ground: "malicious".into(), text: words },
            25 | 26 => Command::Undo {},
            27 => Command::Erase { items: vec![ItemId(self.dice.below(9))], ground: "request".into() },
            28 | 29 => Command::ResetClocks {},
            _ => Command::Joined { other: CaseId(20 + self.dice.below(3)), joined: self.dice.chance(50) },
        }
    }

    /// Any command on any thread with anything in it.
    fn nonsense(&mut self) -> Command {
        let kind = *self.dice.pick(&ThreadKind::ALL);
        let no = ThreadNo(u16::try_from(self.dice.below(20)).unwrap());
        let mut thread = blank_thread(no, kind);
        thread.step = *self.dice.pick(&kind.steps());
        match self.dice.below(4) {
            0 => Command::Report(Box::new(self.report())),
            1 => self.observation(),
            2 => Command::Follow { from: CaseId(self.dice.below(5)), what: Followed::Closed },
            _ => self.on_thread(&thread),
        }
    }

    // ---- who asks ----

    fn anybody(&mut self) -> Actor {
        match self.dice.below(10) {
            0 => Actor::Caller,
            1 => Actor::Clock,
            2 => Actor::System(SystemId::new("import").unwrap()),
            _ => self.dice.pick(&self.world.actors).clone(),
        }
    }

    fn with_role(&mut self, roles: &[&str]) -> Actor {
        let fits = |a: &&Actor| matches!(a, Actor::Staff(s) if roles.contains(&s.role.as_str()));
        let all: Vec<&Actor> = self.world.actors.iter().filter(fits).collect();
        if all.is_empty() { self.anybody() } else { (*self.dice.pick(&all)).clone() }
    }

    /// Somebody who could: of the holder's or lead's unit with a role that may, else of any unit.
    fn somebody(&mut self, case: &Case, thread: Option<&Thread>, command: &str) -> Actor {
        let system = ["follow", "joined", "observe", "reset_clocks"];
        if system.contains(&command) {
            return Actor::System(SystemId::new("engine").unwrap());
        }
        if command == "rate" {
            return Actor::Caller;
        }
        if command == "undo"
            && let Some(last) = self.records.last()
        {
            return last.actor.clone();
        }
        let roles: Vec<&str> = self
            .rules
            .profile
            .roles
            .iter()
            .filter(|(_, r)| r.may.iter().any(|m| m == command))
            .map(|(n, _)| n.as_str())
            .collect();
        // Who called for a thread confirms it.
        let over = |t: &Thread| t.under.and_then(|no| case.thread(no)).map(|w| w.holder.clone());
        let called = thread.filter(|_| command == "confirm").map(|t| match t.kind {
            ThreadKind::Summons => over(t).unwrap_or(t.caller.clone()),
            _ => t.caller.clone(),
        });
        let called = called.as_ref().and_then(|h| h.as_unit());
        let held = called.or(thread.and_then(|t| t.holder.as_unit())).or(case.lead.as_ref()).cloned();
        let fits = |a: &&Actor, own: bool| {
            matches!(a, Actor::Staff(s) if roles.contains(&s.role.as_str())
                && (!own || Some(&s.unit) == held.as_ref()))
        };
        let own: Vec<&Actor> = self.world.actors.iter().filter(|a| fits(a, true)).collect();
        if !own.is_empty() && self.dice.chance(75) {
            return (*self.dice.pick(&own)).clone();
        }
        self.with_role(&roles)
    }

    // ---- what must hold ----

    fn give(&mut self, actor: &Actor, command: &Command) -> bool {
        self.given += 1;
        let needs = needs(self.case.as_ref(), command, self.rules);
        let spines = [Spine::Open, Spine::Answered, Spine::Closed];
        let answers = Answers {
            number: needs.number.map(|c| compact_str::format_compact!("20260302{c}00001")),
            before: needs.before.and(self.before.clone()).map(Box::new),
            other: needs.other.map(|o| (spines[usize::try_from(o.0 % 3).unwrap()], None)),
            ..Answers::default()
        };
        let claim =
            Claim { at: self.now.plus(-hours(i64::try_from(self.dice.below(40)).unwrap())), evidence: None };
        let occurred = self.dice.chance(15).then_some(&claim);
        let desk = Desk {
            now: self.now,
            stream: StreamId(7),
            actor,
            occurred,
            rules: self.rules,
            answers: &answers,
        };
        match decide(self.case.as_ref(), command, &desk) {
            Ok(decided) => {
                self.accepted += 1;
                assert!(!decided.record.events.is_empty(), "a record without events");
                let read = record::read(&record::write(&decided.record).unwrap()).unwrap();
                assert_eq!(read, decided.record);
                let folded = apply_record(self.case.clone(), &read);
                assert_eq!(folded, decided.case, "the fold is not what was decided");
                self.check_steps(&read);
                self.check_case(&folded);
                self.check_notices(&read, &folded);
                self.before = self.case.replace(folded);
                self.records.push(read);
                true
            }
            Err(refusal) => {
                assert!(!refusal.why.is_empty() && !refusal.rule.is_empty(), "{refusal:?}");
                assert!(!refusal.accepted.is_empty(), "{refusal:?}");
                assert!(refusal.basis.is_some(), "{refusal:?} stands on nothing");
                false
            }
        }
    }

    /// Event by event: legal steps, exact pauses, numbers that name one thing.
    fn check_steps(&mut self, record: &Record) {
        let mut case = self.case.clone().unwrap_or_else(|| blank(CaseId(7)));
        for event in &record.events {
            match event {
                Event::ThreadOpened(opened) => {
                    let old = self.made.insert(opened.thread.0, opened.kind);
                    assert_eq!(old, None, "thread number {} is used twice", opened.thread);
                }
                Event::ThreadMoved { thread, step, .. } => {
                    let at = case.thread(*thread).expect("a thread that was opened");
                    assert!(
                        at.kind.after(at.step).contains(step),
                        "{:?} from {:?} to {step:?}",
                        at.kind,
                        at.step
                    );
                }
                Event::ThreadHeld { thread, .. } => {
                    assert!(case.thread(*thread).is_some_and(Thread::is_open));
                }
                Event::ClockFired { clock, edge, at } => {
                    let ringing = case.clock(*clock).expect("a clock");
                    assert!(ringing.runs(), "a clock that does not run rings");
                    assert_eq!(Some(*at), if *edge == Edge::Due { Some(ringing.due) } else { ringing.near });
                    assert!(*at <= record.recorded_at);
                }
                Event::ClockResumed { clock, at, due, .. } => self.check_pause(&case, *clock, *at, *due),
                _ => {}
            }
            apply(&mut case, record, event);
        }
    }

    /// What was left when the clock stopped is what is left when it goes on, in the limit's own measure.
    fn check_pause(&self, case: &Case, clock: ClockNo, at: Time, due: Time) {
        let clock = case.clock(clock).expect("a clock");
        let Ticking::Paused { left, .. } = &clock.ticking else {
            panic!("{clock:?} resumes and did not stand")
        };
        let limit = clock.limit.as_ref().expect("a limit");
        if !matches!(left, Remaining::Fixed { .. }) {
            let again = limit.elapsed(at, due, clock.hours.as_ref(), &self.rules.calendar).unwrap();
            assert_eq!(again, left.ms(), "{clock:?} resumed {at}, due {due}");
        }
    }

    fn check_case(&self, case: &Case) {
        for thread in case.open_threads() {
            if let Some(unit) = thread.holder.as_unit() {
                assert!(self.rules.city.units.get(unit).is_some(), "nobody holds {thread:?}");
            }
        }
        for clock in case.clocks.iter().filter(|c| c.limit.is_some()) {
            assert!(clock.due >= clock.start, "{clock:?}");
            assert!(clock.near.is_none_or(|n| n >= clock.start && n <= clock.due), "{clock:?}");
        }
        for clock in &case.clocks {
            let over = clock.thread.and_then(|t| case.thread(t)).is_some_and(|t| !t.is_open());
            let counts = matches!(clock.ticking, Ticking::Running | Ticking::Paused { .. });
            assert!(!(over && counts), "{clock:?} counts for a thread that has ended");
        }
        let merged = case.open_of(ThreadKind::Merge).count();
        assert!(merged <= 1);
        if merged == 1 {
            let also = |k: ThreadKind| {
                matches!(k, ThreadKind::Handling | ThreadKind::Dispatch | ThreadKind::Callback)
            };
            assert!(!case.open_threads().any(|t| also(t.kind)), "a merged case is worked on by itself");
        }
        self.check_separations(case);
        if case.facts.is_some() {
            self.check_standing(case);
        }
    }

    fn check_standing(&self, case: &Case) {
        let leads = |t: &&Thread| t.kind == ThreadKind::Handling && t.part == Some(Part::Lead);
        assert!(case.open_threads().filter(leads).count() <= 1, "two lead units");
        if !case.spine.is_open() {
            let stays = |t: &Thread| matches!(t.kind, ThreadKind::Rating | ThreadKind::Correction);
            assert!(
                case.open_threads().all(stays),
                "a closed case has {:?}",
                case.open_threads().collect::<Vec<_>>()
            );
            assert!(!case.clocks.iter().any(|c| c.runs() && c.thread.is_none()), "a closed case promises");
            return;
        }
        assert!(case.lead.is_some(), "an open case without a lead");
        let held = case
            .open_threads()
            .any(|t| t.kind != ThreadKind::Correction && t.kind != ThreadKind::Supervision);
        self.check_ladder(case);
        // Handled and not answered yet: the accountable unit owes the reply, or the closer the close.
        let procedure = case.facts.as_ref().and_then(|f| self.rules.profile.procedure(f.procedure.as_str()));
        let closer = procedure.is_some_and(|p| p.closing.by_rule.is_none());
        let owed = match case.spine {
            Spine::Open => {
                let answered = |t: &Thread| t.kind == ThreadKind::Rung && t.step == Step::Confirmed;
                case.last_order().is_some_and(|t| t.step == Step::Done) || case.threads.iter().any(answered)
            }
            spine => closer && spine == Spine::Verdict,
        };
        let threads: Vec<_> = case.threads.iter().map(|t| (t.no, t.kind, t.step)).collect();
        assert!(held || owed, "nothing moves the case, which is {:?}: {threads:?}", case.spine);
    }

    fn check_separations(&self, case: &Case) {
        for rule in &self.rules.profile.separations {
            let (a, b) = rule.deeds;
            for one in case.hands.iter().filter(|h| h.deed == a) {
                for two in case.hands.iter().filter(|h| h.deed == b) {
                    assert!(one.person != two.person, "{one:?} and {two:?}");
                    assert!(rule.by == Apart::Person || one.unit != two.unit, "{one:?} and {two:?}");
                }
            }
        }
        let about = case.facts.as_ref().and_then(|f| f.about.as_ref());
        for hand in case.hands.iter().filter(|h| h.deed != Deed::Reported) {
            assert!(about.is_none_or(|a| !self.rules.accused(&hand.unit, a)), "{hand:?} is accused");
        }
    }

    /// Alarms that must never ring: of an older due time, of a clock that stands or has ended.
    fn tempt_fate(&mut self) {
        let Some(case) = &self.case else { return };
        if case.clocks.is_empty() || !self.dice.chance(30) {
            return;
        }
        let clock = self.dice.pick(&case.clocks).clone();
        let edge = *self.dice.pick(&[Edge::Near, Edge::Due]);
        let stale = clock.generation.wrapping_sub(1);
        let generation = if clock.runs() || self.dice.chance(50) { stale } else { clock.generation };
        let fired = self.give(&Actor::Clock, &Command::Fire { clock: clock.no, generation, edge });
        assert!(!fired, "{clock:?} rang for generation {generation}");
    }

    fn replay(&self) {
        let mut case = None;
        for record in &self.records {
            let bytes = record::write(record).unwrap();
            case = Some(apply_record(case, &record::read(&bytes).unwrap()));
        }
        assert_eq!(case, self.case, "the stream does not fold to the case");
        if let Some(case) = case {
            let text = serde_json::to_string(&case).unwrap();
            assert_eq!(serde_json::from_str::<Case>(&text).unwrap(), case);
        }
    }
}

fn blank_thread(no: ThreadNo, kind: ThreadKind) -> Thread {
    Thread {
        no,
        kind,
        step: kind.first(),
        caller: Holder::Caller,
        holder: Holder::Caller,
        under: None,
        round: 0,
        rank: None,
        label: None,
        outcome: None,
        part: None,
        text: None,
        other: None,
        clock: None,
        until: None,
        joint: None,
        opened_at: Time(0),
        moved_at: Time(0),
        signed_at: None,
        contacted_at: None,
        tries: 0,
        effort: Effort::default(),
        spoke: None,
    }
}

/// With `HUYING_FREEZE` set, the first record of each command and of each event is written there, to be
/// read for ever by `tests/fixtures.rs`; that is done once for each schema.
fn freeze(records: &[Record]) {
    let Ok(dir) = std::env::var("HUYING_FREEZE") else { return };
    for record in records {
        let mut names = vec![format!("command-{}", record.command)];
        for event in &record.events {
            let value = serde_json::to_value(event).unwrap();
            names.extend(value.as_object().unwrap().keys().map(|k| format!("event-{k}")));
            if matches!(event, Event::ClockStarted(c) if c.unscored) {
                names.push("event-clock_started-unscored".to_owned());
            }
        }
        for name in names {
            let path = std::path::Path::new(&dir).join(format!("{name}.json"));
            if !path.exists() {
                let frozen = serde_json::json!({ "records": [record] });
                std::fs::write(path, serde_json::to_string_pretty(&frozen).unwrap()).unwrap();
            }
        }
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().expect("a number"))
}

/// How often a command was accepted, by name; commands and records.
type Tally = (BTreeMap<String, u64>, u64, u64);

fn histories(world: &World, seeds: impl Iterator<Item = u64>, commands: u64) -> Tally {
    let mut tally: Tally = Default::default();
    for seed in seeds {
        let mut life = Life::new(world, seed);
        let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| life.live()));
        if let Err(panic) = lived {
            let names: Vec<&str> = life.records.iter().map(|r| r.command.as_str()).collect();
            eprintln!("HUYING_SEED={seed} HUYING_SIMULATE=1 fails after {}", names.join(", "));
            std::panic::resume_unwind(panic);
        }
        freeze(&life.records);
        tally.1 += life.given;
        tally.2 += life.accepted;
        for record in &life.records {
            *tally.0.entry(record.command.to_string()).or_default() += 1;
        }
        if tally.1 >= commands {
            break;
        }
    }
    tally
}

#[test]
fn whatever_people_do_the_case_holds() {
    let (commands, first) = (number("HUYING_SIMULATE", COMMANDS), number("HUYING_SEED", 1));
    let world = &World::new();
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let workers = [0, 1].map(|w| {
            scope.spawn(move || histories(world, (0..).map(move |i| first + 2 * i + w), commands / 2))
        });
        workers.into_iter().map(|w| w.join().expect("a history failed; its seed stands above")).collect()
    });
    let given: u64 = tallies.iter().map(|t| t.1).sum();
    let accepted: u64 = tallies.iter().map(|t| t.2).sum();
    let mut names = BTreeMap::<&str, u64>::new();
    for (name, n) in tallies.iter().flat_map(|t| &t.0) {
        *names.entry(name).or_default() += n;
    }
    eprintln!("{given} commands from seed {first}, {accepted} accepted: {names:?}");
    if commands >= COMMANDS {
        let never: Vec<&str> = Command::GIVEN.into_iter().filter(|n| !names.contains_key(n)).collect();
        assert!(never.is_empty(), "never accepted: {never:?}");
    }
}
