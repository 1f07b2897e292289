//! Routines in the journal: a quota is a hard reservation within a batch, after a restart and after a
//! rebuild; an ended routine frees its place; what is found on a visit and the visit know each other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Stage, TextRef};
use huying_core::case::routine::{Assign, VisitResult, Visited};
use huying_core::case::thread::ThreadKind;
use huying_core::ids::{PlaceId, UnitId};
use huying_core::standing::{Decision, Order, OrderNo, TaskRequest};
use huying_core::time::Time;
use huying_engine::{Answer, ClearText, OrderGiven, Rejected, Submission};

const HOUSING: &str = "u510104-housing";
const COMMUNITY: &str = "u510104017001";

fn gives(town: &Town, by: &Actor, order: Order) -> OrderNo {
    let text = Some(ClearText { class: "note".into(), text: "理由".into() });
    town.engine().order(OrderGiven { key: None, actor: by.clone(), order, text }).unwrap().no
}

fn assign(by: &Actor, grid: usize, admission: Option<OrderNo>) -> Submission {
    let assign = Assign {
        task: "key-person-visit".into(),
        place: PlaceId::new(&format!("510104017001G0{grid}")).unwrap(),
        unit: UnitId::new(&format!("u-grid-{grid}")).unwrap(),
        person: None,
        admission,
        whom: Some(TextRef::pending(0)),
        text: TextRef::pending(1),
    };
    let text = |class: &str, text: &str| ClearText { class: class.into(), text: text.to_owned() };
    Submission {
        key: None,
        actor: by.clone(),
        occurred: None,
        case: None,
        command: Command::Assign(Box::new(assign)),
        texts: vec![text("contact", r#"{"name":"王大妈"}"#), text("note", "看看水电")],
    }
}

fn rules_of(answers: Vec<Answer>) -> Vec<Option<&'static str>> {
    let one = |answer: Answer| match answer {
        Ok(_) => None,
        Err(Rejected::Refused(refusal)) => Some(refusal.rule),
        Err(other) => panic!("{other:?}"),
    };
    answers.into_iter().map(one).collect()
}

/// What an admission of visits takes: quota 3, and 60 minutes a week in one grid, twice a visit.
fn visits(town: &Town) -> OrderNo {
    let day = |n: i64| town.rules().day(town.engine().now().plus(n * DAY));
    let request = TaskRequest {
        task: "key-person-visit".into(),
        basis: "社会救助暂行办法".into(),
        place: PlaceId::new("510104017001").unwrap(),
        from: day(0),
        to: day(60),
        minutes: 60,
        forms: 0,
        budget: 0,
        quota: 3,
    };
    let ask = Order::AskTask { request: Box::new(request), text: TextRef::pending(0) };
    let no = gives(town, &town.staff("handler", HOUSING), ask);
    let decision = Decision::Admit { quota: 3, minutes: 60, to: day(50) };
    let review = Order::ReviewTask { no, decision, text: TextRef::pending(0) };
    gives(town, &town.staff("community-office", "u510104"), review);
    no
}

#[test]
fn a_quota_holds_within_a_batch_after_a_restart_and_after_a_rebuild() {
    let mut town = Town::of(&city_with_grids());
    let no = visits(&town);
    let by = town.staff("handler", HOUSING);
    let all = |grids: &[usize]| grids.iter().map(|grid| assign(&by, *grid, Some(no))).collect::<Vec<_>>();
    // Three visits of 30 minutes in one grid are 90 minutes a week, of 60; three of two grids are the quota.
    let answers = town.engine().submit_many(all(&[1, 1, 1, 2, 2]));
    let first = answers[0].clone().unwrap().case;
    assert_eq!(
        rules_of(answers),
        [None, None, Some("task.minutes"), None, Some("task.quota")],
        "each sees what the batch gave before it"
    );
    town.start();
    assert_eq!(rules_of(town.engine().submit_many(all(&[2]))), [Some("task.quota")], "after a restart");
    // An ended routine frees its place, for one in the same batch.
    let end = Command::EndRoutine { ground: "not_needed".into(), text: TextRef::pending(0) };
    let texts = vec![ClearText { class: "note".into(), text: "已入住养老院".into() }];
    let end = Submission { texts, case: Some(first), command: end, ..assign(&by, 1, None) };
    let mut batch = vec![end];
    batch.extend(all(&[2, 1]));
    assert_eq!(rules_of(town.engine().submit_many(batch)), [None, None, Some("task.quota")]);
    let sums = |town: &Town| {
        let mut sums = town.reader().routines_under(no.0).unwrap();
        sums.sort_by(|a, b| a.unit.cmp(&b.unit));
        sums.iter().map(|s| (s.unit.to_string(), s.count, s.weekly)).collect::<Vec<_>>()
    };
    let before = sums(&town);
    assert_eq!(before, [("u-grid-1".to_owned(), 1, 30), ("u-grid-2".to_owned(), 2, 60)]);
    // The rows are those that the journal gives, and a lost one is found and written again.
    town.stop();
    let report = huying_engine::rebuild(&mut town.store(), false, &mut |_| {}).unwrap();
    assert_eq!(report.different, 0, "{:#?}", report.differences);
    assert!(report.rows.contains(&("routine_row", 3)), "{:?}", report.rows);
    let ledger = rusqlite::Connection::open(town.root().join("ledger.db")).unwrap();
    ledger.execute("DELETE FROM routine_row", []).unwrap();
    drop(ledger);
    let report = huying_engine::rebuild(&mut town.store(), true, &mut |_| {}).unwrap();
    assert_eq!((report.different, report.swapped), (3, true));
    assert_eq!(sums(&town), before);
    town.start();
    assert_eq!(rules_of(town.engine().submit_many(all(&[2]))), [Some("task.quota")]);
}

#[test]
fn what_is_found_on_a_visit_and_the_visit_know_each_other() {
    let mut town = Town::of(&city_with_grids());
    let worker = town.staff("grid-worker", "u-grid-1");
    let routine = town.engine().submit(assign(&town.staff("community", COMMUNITY), 1, None)).unwrap().case;
    let visit = town.open(routine, ThreadKind::Visit);
    let result = VisitResult::Found;
    let done = Command::Visit { thread: visit, result, effort: Default::default(), text: None };
    town.gives(routine, &worker, done).unwrap();
    let mut report = complaint("井盖松动", None);
    let Command::Report(facts) = &mut report.command else { panic!() };
    (facts.source, facts.channel) = ("patrol".into(), "field".into());
    facts.visit = Some(Visited { case: routine, thread: visit });
    report.actor = worker;
    let found = town.engine().submit(report).unwrap().case;
    // What is owed is delivered at the latest with the next turn.
    town.start();
    town.engine().tick().unwrap();
    assert_eq!(town.case(routine).routine.unwrap().finds, [(visit, found)]);
    assert_eq!(town.case(found).facts.unwrap().visit, Some(Visited { case: routine, thread: visit }));
    let bytes = std::fs::read(town.root().join("ledger.db")).unwrap();
    let has = |words: &str| bytes.windows(words.len()).any(|w| w == words.as_bytes());
    assert!(!has("王大妈"), "the person stands nowhere in clear");
    town.is_sound();
}

#[test]
fn a_day_of_misses_after_an_outage_is_told_once_each_and_goes_on() {
    let mut town = Town::of(&city_with_grids());
    let mut given = assign(&town.staff("community", COMMUNITY), 1, None);
    let Command::Assign(patrol) = &mut given.command else { panic!() };
    patrol.task = "patrol".into();
    let routine = town.engine().submit(given).unwrap().case;
    town.later(10 * DAY);
    town.engine().tick().unwrap();
    let case = town.case(routine);
    assert_eq!(case.open_of(ThreadKind::Visit).count(), 1);
    assert_eq!(case.routine.as_deref().unwrap().missed, 1, "an outage is nobody's ten misses");
    town.is_sound();
}

/// 平急转换: what rests until a mode begins is asked for when it is declared, or when it begins, and a patrol is
/// asked for sooner; nothing is written of what stays as it was.
#[test]
fn a_declared_mode_is_heeded_by_the_routines_of_its_area() {
    let mut town = Town::of(&city_with_grids());
    let begin = |task: &str, grid: usize| {
        let mut given = assign(&town.staff("community", COMMUNITY), grid, None);
        let Command::Assign(routine) = &mut given.command else { panic!() };
        routine.task = task.into();
        town.engine().submit(given).unwrap().case
    };
    let (resting, patrol) = (begin("door-list", 1), begin("patrol", 2));
    let now = town.engine().now();
    let label = |town: &Town, id| {
        let case = town.case(id);
        let visit = case.open_of(ThreadKind::Visit).next().unwrap();
        let clock = case.clocks.iter().find(|c| c.thread == Some(visit.no) && c.runs()).unwrap();
        (visit.label.clone().unwrap().to_string(), clock.stage, clock.due)
    };
    let declare = |town: &Town, mode: &str, from: Time| {
        let place = PlaceId::new("510104").unwrap();
        let (from, to) = (Some(from), from.plus(DAY));
        let order = Order::DeclareMode { mode: mode.into(), place, from, to, text: TextRef::pending(0) };
        gives(town, &town.staff("supervisor", DISTRICT_DESK), order);
        town.engine().tick().unwrap();
    };
    assert_eq!(label(&town, resting).1, Stage::Reexamine);
    declare(&town, "epidemic", now.plus(DAY / 4));
    assert_eq!(label(&town, resting), ("everyday".into(), Stage::Reexamine, now.plus(DAY / 4)));
    let before = town.records(patrol).len();
    town.later(DAY / 4 + 1_000);
    town.engine().tick().unwrap();
    assert_eq!(label(&town, resting).0, "epidemic");
    assert_eq!(town.records(patrol).len(), before, "every day under either mode");

    declare(&town, "emergency", town.engine().now());
    let (mode, stage, due) = label(&town, patrol);
    assert_eq!((mode.as_str(), stage), ("emergency", Stage::Milestone));
    assert_eq!(due, town.engine().now().plus(DAY / 4));
    // After a start they are looked at again, and nothing is written anew.
    let before = town.records(patrol).len();
    town.start();
    town.engine().tick().unwrap();
    assert_eq!(town.records(patrol).len(), before);
    town.is_sound();
}
