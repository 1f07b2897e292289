//! Patrols and visits: given under an admission or by one's own line, done, missed, made good, watched, at
//! rest, ended, and what was found on them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::actor::Post;
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::routine::{Assign, Taken, VisitResult, Visited};
use huying_core::case::state::Spine;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::*;
use huying_core::roster::{RosterChange, change};
use huying_core::rules::Rules;
use huying_core::standing::*;

const MONDAY: &str = "2026-03-02 09:00";
/// The departments that ask: the one of the admitted survey, and another.
const ADMITTED: OrderNo = OrderNo(11);
const REJECTED: OrderNo = OrderNo(12);
const MERGED: OrderNo = OrderNo(13);

fn place(id: &str) -> PlaceId {
    PlaceId::new(id).unwrap()
}

fn asked(no: OrderNo, of: &str, stand: Stand) -> Asked {
    let request = TaskRequest {
        task: "patrol".into(),
        basis: "made up".into(),
        place: place(GRID_PLACE),
        from: jiff::civil::date(2026, 3, 1),
        to: jiff::civil::date(2026, 6, 1),
        minutes: 1_000,
        forms: 0,
        budget: 0,
        quota: 9,
    };
    Asked {
        no,
        unit: unit(of),
        person: PersonId::new("p0").unwrap(),
        request,
        listed: true,
        text: text(1),
        stand,
    }
}

fn admitted(ended: Option<&str>) -> Stand {
    Stand::Admitted { quota: 2, minutes: 840, to: jiff::civil::date(2026, 4, 1), ended: ended.map(at) }
}

/// The street with people on every rung, under these orders.
fn under(modes: Vec<Declared>, ended: Option<&str>) -> &'static Rules {
    let tasks = vec![
        asked(ADMITTED, HOUSING, admitted(ended)),
        asked(REJECTED, HOUSING, Stand::Rejected),
        asked(MERGED, WATER, Stand::Merged { into: ADMITTED }),
    ];
    let rules = ladder_rules();
    let standing = Standing { tasks, modes, ..Standing::clone(&rules.standing) };
    Box::leak(Box::new(rules.with_standing(standing)))
}

fn declared(mode: &str, from: &str, to: &str) -> Declared {
    let post = PostId::new("q-s1").unwrap();
    let (no, authority) = (OrderNo(50), "made up".into());
    Declared {
        no,
        mode: mode.into(),
        place: place(STREET_PLACE),
        from: at(from),
        to: at(to),
        authority,
        post,
        text: text(1),
    }
}

const STREET_PLACE: &str = JINJIANG;

fn one(role: &str, of: &str) -> Actor {
    who(ladder_rules(), role, of, 0)
}

fn worker(n: usize) -> PersonId {
    let Actor::Staff(staff) = who(ladder_rules(), "grid-worker", GRID, n) else { panic!() };
    staff.person
}

fn patrol() -> Assign {
    Assign {
        task: "patrol".into(),
        place: place(GRID_PLACE),
        unit: unit(GRID),
        person: Some(worker(0)),
        admission: None,
        whom: None,
        text: text(5),
    }
}

fn assign(assign: Assign) -> Command {
    Command::Assign(Box::new(assign))
}

/// A routine that somebody of the street began.
fn begun(rules: &'static Rules, given: Assign) -> Flow {
    let mut flow = Flow::under(rules, at(MONDAY));
    flow.gives(&one("street", STREET), assign(given));
    flow
}

fn goes(flow: &Flow, result: VisitResult) -> Command {
    let effort = Effort { minutes: 40, trips: 1, forms: 0 };
    Command::Visit { thread: flow.no(ThreadKind::Visit), result, effort, text: None }
}

fn done(flow: &mut Flow) {
    let command = goes(flow, VisitResult::Done);
    flow.gives(&one("grid-worker", GRID), command);
}

fn due(flow: &Flow) -> huying_core::time::Time {
    let visit = flow.no(ThreadKind::Visit);
    flow.case().clocks.iter().find(|c| c.thread == Some(visit) && c.runs()).unwrap().due
}

#[test]
fn a_street_gives_its_own_people_what_it_will() {
    let flow = begun(under(Vec::new(), None), patrol());
    flow.stands(Spine::Open);
    let routine = flow.case().routine.as_deref().unwrap();
    assert_eq!((routine.weekly, routine.admission), (420, None), "seven times an hour");
    assert_eq!(flow.case().lead, Some(unit(STREET)), "whoever gives it answers for it");
    let visit = flow.open(ThreadKind::Visit);
    assert_eq!(visit.label.as_deref(), Some("everyday"), "the mode that was used");
    assert_eq!(due(&flow), at("2026-03-03 09:00"));
    freeze("routine-given", &flow);
}

#[test]
fn the_next_visit_is_counted_from_when_the_last_was_done() {
    let mut flow = begun(under(Vec::new(), None), patrol());
    flow.until(at("2026-03-02 15:30"));
    done(&mut flow);
    assert_eq!(due(&flow), at("2026-03-03 15:30"));
    let routine = flow.case().routine.as_deref().unwrap();
    assert_eq!((routine.done, routine.missed, routine.last_done), (1, 0, Some(at("2026-03-02 15:30"))));
    // A claim of an earlier time draws the next one no nearer.
    flow.until(at("2026-03-03 12:00"));
    flow.occurred = Some(Claim { at: at("2026-03-02 20:00"), evidence: None });
    done(&mut flow);
    assert_eq!(due(&flow), at("2026-03-04 12:00"));
    freeze("routine-done", &flow);
}

#[test]
fn a_miss_is_made_good_and_then_climbs() {
    let mut flow = begun(under(Vec::new(), None), patrol());
    let first = flow.no(ThreadKind::Visit);
    flow.until(at("2026-03-03 09:01"));
    assert_eq!(flow.case().thread(first).unwrap().step, Step::Missed);
    let missed = flow.case().clocks.iter().find(|c| c.thread == Some(first)).unwrap();
    assert_eq!(missed.kept(), Some(false), "a worker's miss is scored");
    // Made good within 12 hours, once.
    let again = flow.open(ThreadKind::Visit);
    assert_eq!(again.round, 1);
    flow.until(at("2026-03-03 20:00"));
    assert!(flow.case().open_of(ThreadKind::Supervision).next().is_none());
    flow.until(at("2026-03-03 22:00"));
    let watch = flow.open(ThreadKind::Supervision).clone();
    assert_eq!(watch.holder.as_unit(), Some(&unit(COMMUNITY)));
    assert_eq!(flow.open(ThreadKind::Visit).round, 0, "the patrol goes on");
    assert_eq!(flow.case().routine.as_deref().unwrap().missed, 2);
    freeze("routine-climbed", &flow);
    // Missed again it is watched already; done, the watching ends.
    flow.until(at("2026-03-06 12:00"));
    assert_eq!(flow.no(ThreadKind::Supervision), watch.no);
    done(&mut flow);
    assert_eq!(flow.case().thread(watch.no).unwrap().step, Step::Confirmed);
    assert_eq!(flow.open(ThreadKind::Visit).round, 0);
}

#[test]
fn what_was_made_good_climbs_to_nobody() {
    let mut flow = begun(under(Vec::new(), None), patrol());
    flow.until(at("2026-03-03 11:00"));
    done(&mut flow);
    assert_eq!(due(&flow), at("2026-03-04 11:00"));
    assert!(flow.case().open_of(ThreadKind::Supervision).next().is_none());
}

#[test]
fn a_claim_of_having_been_there_in_time_is_a_matter_of_the_score() {
    let mut flow = begun(under(Vec::new(), None), patrol());
    flow.until(at("2026-03-03 11:00"));
    flow.occurred = Some(Claim { at: at("2026-03-03 08:00"), evidence: None });
    done(&mut flow);
    assert_eq!(flow.case().open_of(ThreadKind::Correction).count(), 1);
}

#[test]
fn whoever_is_not_met_too_often_climbs_at_once() {
    let mut flow = begun(
        under(Vec::new(), None),
        Assign { task: "key-person-visit".into(), whom: Some(text(6)), ..patrol() },
    );
    assert_eq!(due(&flow), at("2026-03-10 00:00"));
    let visit = flow.no(ThreadKind::Visit);
    for n in 1..=2 {
        let command = goes(&flow, VisitResult::Nobody);
        flow.gives(&one("grid-worker", GRID), command);
        assert_eq!(flow.no(ThreadKind::Visit), visit, "it is still owed");
        assert_eq!(flow.case().open_of(ThreadKind::Supervision).count(), usize::from(n == 2));
    }
    assert_eq!(due(&flow), at("2026-03-10 00:00"));
    let given = serde_json::to_value(&flow.records[0].events).unwrap();
    let given = given.as_array().unwrap().iter().find_map(|e| e.get("assigned")).unwrap();
    assert_eq!(given["whom"], serde_json::to_value(text(6)).unwrap(), "a reference, and no words");
    freeze("routine-nobody", &flow);
}

#[test]
fn a_mode_governs_the_visit_after_the_one_that_is_owed() {
    let modes = vec![declared("emergency", "2026-03-02 12:00", "2026-03-03 12:00")];
    let mut flow = begun(under(modes, None), patrol());
    flow.until(at("2026-03-02 14:00"));
    assert_eq!(due(&flow), at("2026-03-03 09:00"), "what is owed stays as it was");
    done(&mut flow);
    assert_eq!(due(&flow), at("2026-03-02 20:00"), "every six hours");
    assert_eq!(flow.open(ThreadKind::Visit).label.as_deref(), Some("emergency"));
}

#[test]
fn where_a_mode_asks_for_nothing_the_task_rests_and_wakes() {
    let modes = vec![declared("epidemic", "2026-03-04 18:00", "2026-03-06 12:00")];
    let mut flow = begun(under(modes, None), Assign { task: "door-list".into(), ..patrol() });
    let rests = |flow: &Flow| {
        let visit = flow.no(ThreadKind::Visit);
        let clocks = flow.case().clocks.iter().filter(|c| c.thread == Some(visit) && c.runs());
        clocks.map(|c| c.stage).collect::<Vec<_>>() == [Stage::Reexamine]
    };
    assert!(rests(&flow));
    assert_eq!(due(&flow), at("2026-03-03 09:00"), "looked at again every day");
    flow.until(at("2026-03-04 12:00"));
    assert!(rests(&flow));
    assert_eq!(due(&flow), at("2026-03-04 18:00"), "or when a mode begins");
    flow.until(at("2026-03-04 18:01"));
    assert!(!rests(&flow));
    assert_eq!(flow.open(ThreadKind::Visit).label.as_deref(), Some("epidemic"));
    flow.until(at("2026-03-05 10:00"));
    done(&mut flow);
    assert_eq!(due(&flow), at("2026-03-06 10:00"));
    flow.until(at("2026-03-06 09:00"));
    done(&mut flow);
    flow.until(at("2026-03-06 13:00"));
    // Owed under the mode that was; the one after it rests.
    done(&mut flow);
    assert!(rests(&flow));
    freeze("routine-rests", &flow);
}

#[test]
fn a_mode_declared_later_wakes_what_rests_and_asks_for_visits_sooner() {
    let reset = |flow: &mut Flow| flow.tries(&Actor::Clock, &Command::ResetClocks {});
    let mut resting = begun(under(Vec::new(), None), Assign { task: "door-list".into(), ..patrol() });
    let mut patrols = begun(under(Vec::new(), None), patrol());
    for flow in [&mut resting, &mut patrols] {
        assert_eq!(due(flow), at("2026-03-03 09:00"));
        flow.until(at("2026-03-02 10:00"));
        assert_eq!(reset(flow).unwrap_err().rule, "calendar.same");
    }

    resting.rules = under(vec![declared("epidemic", "2026-03-02 12:00", "2026-03-06 12:00")], None);
    reset(&mut resting).unwrap();
    assert_eq!(due(&resting), at("2026-03-02 12:00"), "a rest is cut short");
    resting.until(at("2026-03-02 12:01"));
    assert_eq!(resting.open(ThreadKind::Visit).label.as_deref(), Some("epidemic"));
    assert_eq!(due(&resting), at("2026-03-03 12:00").plus(1));

    patrols.rules = under(vec![declared("emergency", "2026-03-02 09:30", "2026-03-02 20:00")], None);
    reset(&mut patrols).unwrap();
    assert_eq!(due(&patrols), at("2026-03-02 16:00"), "every six hours, from when it could be told");
    assert!(patrols.case().open_of(ThreadKind::Visit).count() == 1);
    assert_eq!(reset(&mut patrols).unwrap_err().rule, "calendar.same");
    // The mode ends: what is owed is not put off.
    patrols.until(at("2026-03-02 20:30"));
    assert_eq!(patrols.open(ThreadKind::Visit).label.as_deref(), Some("emergency"));
}

#[test]
fn a_department_gives_what_was_admitted_and_nothing_else() {
    let rules = under(Vec::new(), None);
    let mut flow = Flow::under(rules, at(MONDAY));
    let by = one("handler", HOUSING);
    flow.refuses(&by, &assign(patrol()), "task.not-admitted");
    for (no, rule) in
        [(REJECTED, "task.not-admitted"), (OrderNo(99), "task.not-admitted"), (MERGED, "task.unit")]
    {
        flow.refuses(&by, &assign(Assign { admission: Some(no), ..patrol() }), rule);
    }
    let given = Assign { admission: Some(ADMITTED), ..patrol() };
    let visits = Assign { task: "key-person-visit".into(), ..given.clone() };
    flow.refuses(&by, &assign(visits), "task.not-admitted");
    flow.taken = Taken { given: 2, minutes: 0 };
    flow.refuses(&by, &assign(given.clone()), "task.quota");
    flow.taken = Taken { given: 1, minutes: 421 };
    flow.refuses(&by, &assign(given.clone()), "task.minutes");
    flow.taken = Taken { given: 1, minutes: 420 };
    flow.gives(&by, assign(given.clone()));
    let taking = flow.case().taking().unwrap();
    assert_eq!((taking.admission, taking.weekly), (ADMITTED, 420));
    freeze("routine-admitted", &flow);
    // What was merged counts on what it was merged into.
    let mut flow = Flow::under(rules, at(MONDAY));
    flow.gives(&one("handler", WATER), assign(Assign { admission: Some(MERGED), ..patrol() }));
    assert_eq!(flow.case().taking().unwrap().admission, ADMITTED);
    // Out of the area, out of the time.
    let mut flow = Flow::under(rules, at(MONDAY));
    let wide = Assign { place: place(COMMUNITY_PLACE), ..given.clone() };
    flow.refuses(&by, &assign(wide), "task.place");
    flow.now = at("2026-04-01 09:00");
    flow.refuses(&by, &assign(given), "task.ended");
}

const COMMUNITY_PLACE: &str = "510104017001";

#[test]
fn the_scope_of_an_admission_binds_whoever_has_a_wider_worker() {
    let mut rules = under(Vec::new(), None).clone();
    let mut standing = Standing::clone(&rules.standing);
    standing.tasks[0].request.place = place(MICRO_PLACE);
    rules = rules.with_standing(standing);
    let mut flow = Flow::under(Box::leak(Box::new(rules)), at(MONDAY));
    let given = Assign { admission: Some(ADMITTED), ..patrol() };
    flow.refuses(&one("handler", HOUSING), &assign(given.clone()), "task.scope");
    flow.gives(&one("handler", HOUSING), assign(Assign { place: place(MICRO_PLACE), ..given }));
}

#[test]
fn nobody_gives_other_peoples_workers_nor_what_a_worker_does_not_do() {
    let rules = under(Vec::new(), None);
    let mut flow = Flow::under(rules, at(MONDAY));
    let by = one("street", STREET);
    flow.refuses(&by, &assign(Assign { task: "nonsense".into(), ..patrol() }), "task.unknown");
    flow.refuses(&by, &assign(Assign { place: place("nowhere"), ..patrol() }), "place.unknown");
    flow.refuses(&by, &assign(Assign { place: place(QINGYANG), ..patrol() }), "powers.territory");
    flow.refuses(&by, &assign(Assign { unit: unit(COMMUNITY), person: None, ..patrol() }), "task.worker");
    let stranger = PersonId::new("qc1").unwrap();
    flow.refuses(&by, &assign(Assign { person: Some(stranger), ..patrol() }), "task.worker");
    let worker = one("grid-worker", GRID);
    flow.refuses(&worker, &assign(patrol()), "powers.role");
    let mut report = complaint(JINJIANG);
    report.source = "routine".into();
    flow.refuses(&one("intake", CITY_DESK), &Command::Report(Box::new(report)), "source.routine");
}

#[test]
fn it_goes_to_another_worker_with_what_is_due_and_takes_no_second_place() {
    let mut flow = begun(under(Vec::new(), None), patrol());
    let (by, before) = (one("community", COMMUNITY), due(&flow));
    flow.refuses(&by, &assign(patrol()), "routine.same");
    let other = Assign { task: "door-list".into(), person: Some(worker(1)), ..patrol() };
    flow.refuses(&by, &assign(other), "routine.other");
    flow.gives(&by, assign(Assign { person: Some(worker(1)), ..patrol() }));
    assert_eq!(due(&flow), before);
    assert_eq!(flow.case().routine.as_deref().unwrap().person, Some(worker(1)));
    let command = goes(&flow, VisitResult::Done);
    flow.gives(&who(ladder_rules(), "grid-worker", GRID, 1), command);
    freeze("routine-moved", &flow);
    // To another unit only by `assign`, which asks what that unit may be given.
    let reassign =
        Command::Reassign { from: unit(GRID), from_person: None, to: unit(COMMUNITY), to_person: None };
    let by = staff("supervisor", CITY_DESK);
    flow.refuses(&by, &reassign, "routine.unit");
    let hand = Command::Hand { thread: flow.no(ThreadKind::Visit), person: worker(0) };
    flow.gives(&who(ladder_rules(), "grid-worker", GRID, 1), hand);
    assert_eq!(flow.case().routine.as_deref().unwrap().person, Some(worker(0)));
}

/// A visit goes to somebody who does such tasks, by whatever command; who has no part in a routine does not
/// end it.
#[test]
fn what_is_owed_stays_with_whom_the_task_is_for() {
    let mut flow = begun(under(Vec::new(), None), patrol());
    let thread = flow.no(ThreadKind::Visit);
    let hand = Command::Hand { thread, person: worker(1) };
    let (posts, before) = (flow.rules.city.people.posts(), flow.rules);
    let post = posts.iter().find(|p| p.person == Some(worker(1))).unwrap().clone();
    let changes = [RosterChange::Altered(Box::new(Post { role: "verifier".into(), ..post }))];
    let people = change::fold(&flow.rules.city.people, &changes);
    flow.rules = Box::leak(Box::new(flow.rules.with_people(people)));
    flow.refuses(&one("grid-worker", GRID), &hand, "task.worker");
    flow.rules = before;
    flow.gives(&one("grid-worker", GRID), hand);
    let end = Command::EndRoutine { ground: "not_needed".into(), text: text(8) };
    flow.refuses(&one("handler", HOUSING), &end, "routine.whose");
    flow.gives(&one("street", STREET), end);
}

#[test]
fn it_takes_nothing_that_is_asked_of_calls_and_ends_once() {
    let mut flow = begun(under(Vec::new(), None), patrol());
    let by = one("street", STREET);
    let report = complaint(JINJIANG);
    let mut call = Flow::reported(report, at(MONDAY));
    let thread = flow.no(ThreadKind::Visit);
    let nobody = Command::Visit { thread, result: VisitResult::Done, effort: Effort::default(), text: None };
    let refusal = call.tries(&staff("intake", CITY_DESK), &nobody).unwrap_err();
    assert_eq!(refusal.rule, "powers.role");
    for command in [
        Command::Reply { text: text(1) },
        Command::Void { ground: "untrue".into(), of: None, text: None },
        Command::Whistle { kind: "everyday".into(), units: vec![unit(HOUSING)], text: text(1) },
    ] {
        flow.refuses(&by, &command, "routine.takes");
    }
    let end = Command::EndRoutine { ground: "not_needed".into(), text: text(7) };
    flow.refuses(&by, &Command::EndRoutine { ground: "nonsense".into(), text: text(7) }, "word.unknown");
    flow.gives(&by, end.clone());
    flow.stands(Spine::Closed);
    assert!(flow.case().open_threads().next().is_none() && flow.next_ring().is_none());
    freeze("routine-ended", &flow);
    flow.refuses(&by, &end, "spine.step");
    flow.refuses(&by, &Command::Undo {}, "undo.not-yours");
}

#[test]
fn it_ends_by_rule_when_its_admission_does_and_nobody_missed_anything() {
    let mut flow = Flow::under(under(Vec::new(), Some("2026-03-03 08:00")), at(MONDAY));
    flow.gives(&one("handler", HOUSING), assign(Assign { admission: Some(ADMITTED), ..patrol() }));
    let visit = flow.no(ThreadKind::Visit);
    flow.until(at("2026-03-03 10:00"));
    flow.stands(Spine::Closed);
    assert_eq!(flow.case().ground.as_deref(), Some("task_ended"));
    assert_eq!(flow.case().thread(visit).unwrap().step, Step::Withdrawn);
    assert_eq!(flow.case().routine.as_deref().unwrap().missed, 0);
    assert!(flow.case().taking().is_none(), "its place is free");
    freeze("routine-over", &flow);
}

#[test]
fn a_volunteers_miss_climbs_and_is_never_scored() {
    let volunteer = PersonId::new("qm1").unwrap();
    let micro = Assign {
        task: "evacuation-check".into(),
        place: place(MICRO_PLACE),
        unit: unit(MICRO),
        person: Some(volunteer),
        ..patrol()
    };
    let modes = vec![declared("emergency", "2026-03-02 08:00", "2026-03-08 08:00")];
    let mut flow = begun(under(modes, None), micro);
    flow.until(at("2026-03-02 13:01"));
    assert_eq!(flow.case().open_of(ThreadKind::Supervision).count(), 1, "no retry: at once");
    let missed: Vec<_> = flow.case().clocks.iter().filter(|c| c.missed_at.is_some()).collect();
    assert!(!missed.is_empty() && missed.iter().all(|c| c.unscored && c.kept().is_none()));
}

#[test]
fn what_is_found_is_a_case_that_knows_its_visit_and_is_known_by_it() {
    let mut flow = begun(under(Vec::new(), None), patrol());
    let visit = flow.open(ThreadKind::Visit).clone();
    let command = goes(&flow, VisitResult::Found);
    flow.gives(&one("grid-worker", GRID), command);
    assert_eq!(flow.case().thread(visit.no).unwrap().outcome.as_deref(), Some("found"));
    let mut report = complaint(GRID_PLACE);
    (report.source, report.contact) = ("patrol".into(), None);
    report.visit = Some(Visited { case: flow.id, thread: visit.no });
    let report = Command::Report(Box::new(report));
    let mut case = Flow::under(flow.rules, at(MONDAY));
    case.id = CaseId(8);
    case.refuses(&one("grid-worker", GRID), &report, "visit.unknown");
    case.visit = Some(flow.case().thread(visit.no).unwrap().clone());
    case.refuses(&one("community", COMMUNITY), &report, "visit.whose");
    case.gives(&one("grid-worker", GRID), report);
    assert_eq!(case.case().facts.as_ref().unwrap().visit.unwrap().thread, visit.no);
    freeze("report-of-a-visit", &case);
    let engine = Actor::System(SystemId::new("huying").unwrap());
    let found = Command::Found { thread: visit.no, case: case.id };
    flow.gives(&engine, found.clone());
    assert_eq!(flow.case().routine.as_deref().unwrap().finds, [(visit.no, case.id)]);
    freeze("routine-found", &flow);
    flow.refuses(&engine, &found, "visit.none");
}

#[test]
fn a_visit_said_to_be_done_by_mistake_is_taken_back() {
    let mut flow = begun(under(Vec::new(), None), patrol());
    let (visit, before) = (flow.no(ThreadKind::Visit), due(&flow));
    done(&mut flow);
    flow.gives(&one("grid-worker", GRID), Command::Undo {});
    assert_eq!((flow.no(ThreadKind::Visit), due(&flow)), (visit, before));
}

/// A patrol of years stays small in memory, and folds to the same.
#[test]
fn a_long_routine_remembers_its_last_visits() {
    let mut flow = begun(under(Vec::new(), None), patrol());
    for day in 0..100 {
        flow.until(at(MONDAY).plus(hours(20) * (day + 1)));
        done(&mut flow);
    }
    assert!(flow.case().threads.len() < 40 && flow.case().clocks.len() < 40, "{}", flow.case().threads.len());
    assert_eq!(flow.case().routine.as_deref().unwrap().done, 100);
    assert_eq!(flow.fold(flow.records.len()).as_ref(), flow.case.as_ref());
}
