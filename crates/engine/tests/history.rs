//! A random history of many kinds of commands through the engine, with time passing, restarts and repeats.
//! Afterwards the rows are those the journal gives, every record is whole, and every case proves.
//!
//! `HUYING_SIMULATE` sets the number of commands, `HUYING_SEED` the seed; a failure prints it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::{Command, Report};
use huying_core::case::event::*;
use huying_core::case::state::Case;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::*;
use huying_core::observation::{Satisfied, Solved};
use huying_core::time::Time;
use huying_engine::store::proof;
use huying_engine::{ClearText, Rejected, Submission};
use std::collections::{BTreeMap, BTreeSet};

const COMMANDS: usize = 400;

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % n.max(1) as u64).unwrap()
    }
    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

const TEXT: fn() -> TextRef = || TextRef::pending(0);

fn point(dice: &mut Dice) -> Point {
    let mut off = || i32::try_from(dice.below(500_000)).unwrap();
    Point { lon: 1_040_000_000 + off(), lat: 306_000_000 + off(), datum: Datum::Gcj02 }
}

fn report(dice: &mut Dice) -> Command {
    let matter = ["matter.06010", "request.0101", "component.01001"];
    Command::Report(Box::new(Report {
        source: (*dice.pick(&["public", "patrol"])).into(),
        channel: "phone".into(),
        request_type: (*dice.pick(&["complaint", "help", "consult"])).into(),
        matter: dice.chance(60).then(|| MatterCode::new(matter[dice.below(3)]).unwrap()),
        urgency: *dice.pick(&[Urgency::General, Urgency::Urgent, Urgency::Emergency]),
        circumstance: None,
        complex: false,
        content: TEXT(),
        identity: Identity::Named,
        contact: dice.chance(70).then(|| TextRef::pending(1)),
        location: Location {
            place: Some(PlaceId::new(STREET).unwrap()),
            point: dice.chance(50).then(|| point(dice)),
            ..Location::default()
        },
        about: None,
        governed: None,
        related: None,
        visit: None,
    }))
}

/// What the holder of a thread may do with it.
fn on_thread(dice: &mut Dice, kind: ThreadKind, thread: ThreadNo, now: Time) -> Option<Command> {
    let (granted, unit) = (dice.chance(70), |u: &str| UnitId::new(u).unwrap());
    let verdicts = [(Solved::Solved, Satisfied::Very), (Solved::NotSolved, Satisfied::NotSatisfied)];
    let (solved, satisfied) = *dice.pick(&verdicts);
    let verdict = Verdict { solved: Some(solved), satisfied: Some(satisfied) };
    let co = if dice.chance(20) { vec![unit(OTHERS)] } else { Vec::new() };
    let text = dice.chance(50).then(TEXT);
    let effort = Effort { minutes: 30, trips: 1, forms: 0 };
    Some(match kind {
        ThreadKind::Verify => Command::Verify {
            thread,
            confirmed: granted,
            circumstance: None,
            ground: Some("untrue".into()),
            of: None,
            text,
        },
        ThreadKind::Dispatch => Command::Dispatch { thread, lead: unit(HANDLERS), co, text },
        ThreadKind::Handling => match dice.below(8) {
            0 => Command::Sign { thread },
            1 => Command::Contact { thread, text },
            2 => Command::AskReturn { thread, text: TEXT() },
            3 => Command::AskExtension { thread, until: now.plus(30 * DAY), text: TEXT() },
            4 => Command::AskSuspension { thread, reexamine: now.plus(5 * DAY), text: TEXT() },
            5 => Command::LogEffort { thread, effort },
            _ => Command::Finish { thread, effort, text: TEXT() },
        },
        ThreadKind::Return => Command::DecideReturn { thread, granted, text },
        ThreadKind::Extension => Command::DecideExtension { thread, granted, text },
        ThreadKind::Suspension if dice.chance(50) => Command::Resume { thread, text },
        ThreadKind::Suspension => Command::DecideSuspension { thread, granted, text },
        ThreadKind::Approval => Command::DecideReply { thread, granted, text },
        ThreadKind::Check => Command::Check { thread, passed: granted, text },
        ThreadKind::Callback => Command::Callback { thread, reached: granted, verdict, text },
        ThreadKind::Merge => Command::Part { thread },
        ThreadKind::Correction => Command::DecideCorrection { thread, granted, text },
        _ => return None,
    })
}

/// What may be done with a case as a whole.
fn on_case(dice: &mut Dice, case: &Case, all: &[CaseId]) -> Command {
    let text = TEXT();
    match dice.below(12) {
        0 => Command::Note { text, thread: None },
        1 => Command::Undo {},
        2 => Command::Merge { into: *dice.pick(all) },
        3 => Command::Reclassify {
            matter: None,
            request_type: None,
            urgency: Some(Urgency::Urgent),
            circumstance: None,
            complex: None,
        },
        4 => Command::Close { ground: "done".into(), text: None },
        5 => Command::ForceClose { ground: "done".into(), text },
        6 => Command::Reopen { ground: "not_solved".into(), text },
        7 => Command::Exclude { ground: "unreasonable".into(), text },
        8 => Command::AnswerDirect { text },
        9 => match case.clocks.iter().find(|c| c.kept() == Some(false)) {
            Some(clock) => Command::AskCorrection { clock: clock.no, text },
            None => Command::Rate { verdict: Verdict::default(), text: None },
        },
        10 if dice.chance(30) => Command::Erase { items: Vec::new(), ground: "request".into() },
        _ => Command::Reply { text },
    }
}

/// Somebody whose role may give the command, from the units of the street's district.
fn somebody(town: &Town, dice: &mut Dice, case: Option<&Case>, command: &Command) -> Actor {
    let rules = town.rules();
    let holder = command
        .thread()
        .and_then(|no| case?.thread(no)?.holder.as_unit().cloned())
        .filter(|_| !matches!(command, Command::LogEffort { .. }));
    let lead = matches!(command, Command::Reply { .. }).then(|| case?.lead.clone()).flatten();
    let near = [CITY_DESK, DISTRICT_DESK, HANDLERS, OTHERS, "u510104017"];
    let may: Vec<_> = rules
        .city
        .people
        .posts()
        .iter()
        .filter(|p| {
            p.person.is_some() && rules.profile.roles[&p.role].may.iter().any(|c| c == command.name())
        })
        .filter(|p| match holder.as_ref().or(lead.as_ref()) {
            Some(unit) => &p.unit == unit,
            None => near.contains(&p.unit.as_str()),
        })
        .collect();
    if may.is_empty() {
        return Actor::Caller;
    }
    // Undoing needs the same hands as before: mostly the first of them.
    let post = if dice.chance(70) { may[0] } else { *dice.pick(&may) };
    Actor::Staff(Box::new(Staff {
        person: post.person.clone().unwrap(),
        post: post.id.clone(),
        unit: post.unit.clone(),
        role: post.role.clone(),
        deputy_of: None,
    }))
}

fn submission(actor: Actor, case: Option<CaseId>, mut command: Command, key: [u8; 32]) -> Submission {
    let texts = (0..command.texts_mut().len())
        .map(|n| ClearText { class: "note".into(), text: format!("第{n}段话") })
        .collect();
    for (n, slot) in command.texts_mut().into_iter().enumerate() {
        *slot = TextRef::pending(n as u64);
    }
    Submission { key: Some(key), actor, occurred: None, case, command, texts }
}

fn next(town: &Town, dice: &mut Dice, all: &[CaseId], n: usize) -> Submission {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&(n as u64).to_be_bytes());
    if all.len() < 4 || (dice.chance(8) && all.len() < 40) {
        let command = report(dice);
        let actor = somebody(town, dice, None, &command);
        return submission(actor, None, command, key);
    }
    let case = town.case(*dice.pick(all));
    let open: Vec<_> = case.open_threads().map(|t| (t.kind, t.no)).collect();
    let on_thread = (!open.is_empty() && dice.chance(75))
        .then(|| *dice.pick(&open))
        .and_then(|(kind, no)| on_thread(dice, kind, no, town.engine().now()));
    let command = on_thread.unwrap_or_else(|| on_case(dice, &case, all));
    let actor = somebody(town, dice, Some(&case), &command);
    submission(actor, Some(case.id), command, key)
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |v| v.parse().unwrap_or_else(|_| panic!("{name}: a number")))
}

#[test]
fn the_rows_after_a_random_history_are_those_of_its_journal() {
    let seed = number("HUYING_SEED", 20_260_302);
    eprintln!("HUYING_SEED={seed}");
    let mut dice = Dice(seed);
    let mut town = Town::new();
    let (mut all, mut taken) = (Vec::<CaseId>::new(), BTreeMap::<String, usize>::new());
    let (mut sent, mut n) = (Vec::<Submission>::new(), 0);
    let wanted = usize::try_from(number("HUYING_SIMULATE", COMMANDS as u64)).unwrap();
    let mut accepted = 0;
    while accepted < wanted {
        n += 1;
        assert!(n < wanted * 20, "commands are hardly ever accepted: {taken:?}");
        let submission = next(&town, &mut dice, &all, n);
        let name = submission.command.name();
        match town.engine().submit(submission.clone()) {
            Ok(done) => {
                accepted += 1;
                *taken.entry(name.into()).or_default() += 1;
                if name == "report" {
                    all.push(done.case);
                }
                sent.push(submission);
            }
            Err(Rejected::Refused(_)) => {}
            Err(other) => panic!("{name}: {other}"),
        }
        match dice.below(100) {
            0..30 => town.later(i64::try_from(dice.below(8 * 3_600_000)).unwrap()),
            30 => town.start(),
            31..34 if !sent.is_empty() => {
                let again = dice.pick(&sent).clone();
                assert!(town.engine().submit(again).unwrap().repeated);
            }
            _ => {}
        }
    }
    let kinds: BTreeSet<&str> = taken.keys().map(String::as_str).collect();
    eprintln!("{accepted} of {n} accepted: {taken:?}");
    assert!(wanted < COMMANDS || kinds.len() >= 20, "many kinds: {kinds:?}");
    town.engine().tick().unwrap();
    town.engine().with_store(|store, at| store.seal(at)).unwrap();
    for id in &all {
        let held = town.reader().prove(id.stream()).unwrap();
        let shown = proof::check(&held, None).unwrap();
        assert_eq!(shown.records, town.case(*id).version.0);
    }
    town.is_sound();
}
