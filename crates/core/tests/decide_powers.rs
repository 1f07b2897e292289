//! Powers that the simulation found ways round: posts that are vacant, deeds that left no hand, and those
//! who serve the unit complained of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::decide::allowed;
use huying_core::case::event::*;
use huying_core::case::notice::{Recipient, notices};
use huying_core::case::thread::ThreadKind;
use huying_core::ids::*;
use huying_core::roster::{RosterChange, change};
use huying_core::rules::Rules;

const MONDAY: &str = "2026-03-02 09:00";

fn changed(rules: &Rules, changes: &[RosterChange]) -> &'static Rules {
    Box::leak(Box::new(rules.with_people(change::fold(&rules.city.people, changes))))
}

fn person(of: &Actor) -> PersonId {
    let Actor::Staff(staff) = of else { panic!("staff") };
    staff.person.clone()
}

fn dispatched() -> Flow {
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.later(minutes(20)).dispatch(CITY_MANAGEMENT, &[]);
    flow
}

#[test]
fn a_vacant_post_is_nobodys() {
    let mut flow = dispatched();
    let (handler, thread) = (staff("handler", CITY_MANAGEMENT), flow.handling(CITY_MANAGEMENT));
    flow.rules = changed(rules(), &[RosterChange::Left { person: person(&handler) }]);
    flow.refuses(&handler, &Command::Sign { thread }, "powers.post");
    assert!(allowed(flow.case(), &handler, flow.rules, flow.now).is_empty());
}

#[test]
fn who_dispatches_anew_does_not_close() {
    let mut flow = dispatched();
    let supervisor = staff("supervisor", JINJIANG_DESK);
    flow.gives(&supervisor, Command::Redispatch { lead: unit(WATER), co: vec![], text: text(3) });
    let closer = staff("closer", JINJIANG_DESK);
    let (Actor::Staff(closer), Actor::Staff(by)) = (closer, supervisor) else { panic!("staff") };
    let same = Actor::Staff(Box::new(Staff {
        person: by.person.clone(),
        deputy_of: Some(closer.person.clone()),
        ..*closer
    }));
    let close = Command::ForceClose { ground: "no_power".into(), text: text(4) };
    flow.refuses(&same, &close, "powers.apart");
}

#[test]
fn a_wait_is_not_granted_until_a_day_that_has_passed() {
    let mut flow = dispatched();
    flow.sign(CITY_MANAGEMENT);
    let (thread, reexamine) = (flow.handling(CITY_MANAGEMENT), flow.now.plus(hours(30)));
    let handler = staff("handler", CITY_MANAGEMENT);
    flow.gives(&handler, Command::AskSuspension { thread, reexamine, text: text(6) });
    flow.until(reexamine.plus(minutes(1)));
    let thread = flow.no(ThreadKind::Suspension);
    let approver = staff("approver", JINJIANG_DESK);
    let granted = Command::DecideSuspension { thread, granted: true, text: None };
    flow.refuses(&approver, &granted, "time.past");
    flow.gives(&approver, Command::DecideSuspension { thread, granted: false, text: None });
}

#[test]
fn what_is_done_is_what_was_said_to_be_allowed() {
    let mut flow = dispatched();
    let (handler, thread) = (staff("handler", CITY_MANAGEMENT), flow.handling(CITY_MANAGEMENT));
    let may = |flow: &Flow| allowed(flow.case(), &handler, flow.rules, flow.now);
    assert!(["log_effort", "hand", "sign"].iter().all(|c| may(&flow).contains(c)), "{:?}", may(&flow));
    let effort = Effort { minutes: 5, ..Effort::default() };
    flow.gives(&handler, Command::LogEffort { thread, effort });
    // Elsewhere the case is not theirs any more; their last step still is.
    flow.gives(&handler, Command::Move { location: location(QINGYANG), text: None });
    assert!(may(&flow).contains(&"undo"), "{:?}", may(&flow));
}

#[test]
fn who_reports_their_own_line_is_not_given_away_to_it() {
    let mut flow = Flow::under(ladder_rules(), at(MONDAY));
    let worker = who(ladder_rules(), "grid-worker", GRID, 0);
    let report = huying_core::case::command::Report {
        source: "by-grid".into(),
        about: Some(unit(STREET)),
        contact: None,
        identity: Identity::Confidential,
        ..complaint(GRID_PLACE)
    };
    flow.gives(&worker, Command::Report(Box::new(report)));
    let rules = flow.rules;
    let accused = |u: &UnitId| rules.accused(u, &unit(STREET));
    for _ in 0..40 {
        let (before, next) = (flow.case().clone(), flow.next_ring());
        let Some((due, clock, generation, edge)) = next else { break };
        flow.now = due.plus(1);
        flow.gives(&Actor::Clock, Command::Fire { clock, generation, edge });
        for notice in notices(flow.records.last().unwrap(), Some(&before), flow.case()) {
            let told = match &notice.to {
                Recipient::Unit(unit) | Recipient::Person { unit, .. } => accused(unit),
                Recipient::Caller | Recipient::System(_) => false,
            };
            assert!(!told, "{notice:?}");
        }
    }
    assert!(!flow.case().threads.iter().any(|t| t.caller.as_unit().is_some_and(accused)));
}

#[test]
fn who_reports_where_they_have_a_second_post_is_not_told_by_name() {
    let rules = ladder_rules();
    let (worker, theirs) = (who(rules, "grid-worker", GRID, 0), staff("handler", WATER));
    let (Actor::Staff(own), Actor::Staff(water)) = (&worker, &theirs) else { panic!("staff") };
    let mut post = rules.city.people.post(&water.post).unwrap().clone();
    (post.id, post.person) = (PostId::new("second-post").unwrap(), Some(own.person.clone()));
    let mut flow = Flow::under(changed(rules, &[RosterChange::Made(Box::new(post))]), at(MONDAY));
    let report = huying_core::case::command::Report {
        source: "by-grid".into(),
        about: Some(unit(WATER)),
        ..complaint(GRID_PLACE)
    };
    flow.gives(&worker, Command::Report(Box::new(report)));
    assert_eq!(flow.open(ThreadKind::Rung).caller, Holder::unit(unit(GRID)));
}

#[test]
fn nobody_who_serves_the_accused_is_given_a_thread() {
    let mut report = complaint(JINJIANG);
    report.about = Some(unit(WATER));
    let mut flow = Flow::reported(report, at(MONDAY));
    flow.later(minutes(20)).dispatch(CITY_MANAGEMENT, &[]);
    // Somebody of the water office gets a second post with the unit that handles.
    let (water, own) = (person(&staff("handler", WATER)), staff("handler", CITY_MANAGEMENT));
    let Actor::Staff(own) = own else { panic!("staff") };
    let mut post = rules().city.people.post(&own.post).unwrap().clone();
    (post.id, post.person) = (PostId::new("second-post").unwrap(), Some(water.clone()));
    flow.rules = changed(rules(), &[RosterChange::Made(Box::new(post))]);
    let thread = flow.handling(CITY_MANAGEMENT);
    let hand = Command::Hand { thread, person: water };
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &hand, "report.accused-unit");
}

#[test]
fn a_summons_is_not_reassigned_to_its_convener() {
    let mut flow = Flow::under(ladder_rules(), at(MONDAY));
    let mut report = complaint(GRID_PLACE);
    report.source = "to-grid".into();
    flow.gives(&Actor::Caller, Command::Report(Box::new(report)));
    let (street, units) = (who(flow.rules, "street", STREET, 0), vec![unit(WATER)]);
    flow.gives(&street, Command::Whistle { kind: "everyday".into(), units, text: text(5) });
    let give = |from: &str, to: &str| Command::Reassign {
        from: unit(from),
        from_person: None,
        to: unit(to),
        to_person: None,
    };
    let supervisor = staff("supervisor", JINJIANG_DESK);
    flow.refuses(&supervisor, &give(WATER, STREET), "whistle.self");
    flow.refuses(&supervisor, &give(STREET, WATER), "whistle.self");
    flow.gives(&supervisor, give(WATER, TRAFFIC));
}
