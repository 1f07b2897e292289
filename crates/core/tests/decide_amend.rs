//! What was taken down wrongly of persons 更正当事人, and who may void what somebody works on: told as stories.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::decide::kept_from;
use huying_core::case::event::*;
use huying_core::case::notice::{NoticeKind, Recipient, notices};
use huying_core::case::state::Spine;
use huying_core::case::thread::ThreadKind;
use huying_core::roster::{RosterChange, change};

const MONDAY: &str = "2026-03-02 09:00";

fn intake() -> Actor {
    staff("intake", CITY_DESK)
}

fn amend(about: Option<&str>, identity: Option<Identity>, contact: Option<u64>) -> Command {
    Command::Amend { about: about.map(unit), identity, contact: contact.map(text), text: text(50) }
}

#[test]
fn the_unit_complained_of_is_named_later_and_hears_nothing_from_then_on() {
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.refuses(&intake(), &amend(None, None, None), "amend.empty");
    flow.refuses(&intake(), &amend(Some("u-nobody"), None, None), "unit.unknown");
    flow.gives(&intake(), amend(Some(WATER), None, None));
    freeze("command-amend", &flow);
    flow.refuses(&intake(), &amend(Some(WATER), None, None), "amend.same");
    let Actor::Staff(handler) = staff("handler", WATER) else { panic!("staff") };
    assert!(kept_from(&handler, flow.rules, flow.now).contains(&unit(WATER)));
    assert!(
        flow.refuses(&staff("dispatcher", JINJIANG_DESK), &to(&flow, WATER), "report.accused-unit").why.len()
            > 1
    );
    flow.dispatch(CITY_MANAGEMENT, &[]);
}

/// Who was named once is never let in: not by naming another one instead.
#[test]
fn a_unit_complained_of_stays_kept_out() {
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.gives(&intake(), amend(Some(WATER), None, None));
    flow.refuses(&intake(), &amend(Some(CITY_MANAGEMENT), None, None), "amend.other");
    let above = flow.rules.city.units.get(&unit(WATER)).and_then(|u| u.parent.clone()).unwrap();
    let wider = flow.tries(&intake(), &amend(Some(above.as_str()), None, None));
    // It may itself have a hand in the case already; what it is not is another line of command.
    assert!(wider.is_ok() || wider.is_err_and(|r| r.rule != "amend.other"));
}

/// An order that comes back goes to its unit, where whoever had it serves the unit complained of by now.
#[test]
fn what_comes_back_goes_to_nobody_who_serves_the_unit_complained_of() {
    let mut report = complaint(JINJIANG);
    (report.source, report.channel, report.contact) = ("patrol".into(), "field".into(), None);
    let mut flow = Flow::new(at(MONDAY));
    flow.gives(&staff("verifier", JINJIANG_DESK), Command::Report(Box::new(report)));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    let (handler, thread) = (staff("handler", CITY_MANAGEMENT), flow.handling(CITY_MANAGEMENT));
    let Actor::Staff(by) = &handler else { panic!("staff") };
    flow.gives(&handler, Command::Hand { thread, person: by.person.clone() });

    let Actor::Staff(water) = staff("handler", WATER) else { panic!("staff") };
    let second = RosterChange::Filled { post: water.post.clone(), person: Some(by.person.clone()) };
    let people = change::fold(&flow.rules.city.people, &[second]);
    flow.rules = Box::leak(Box::new(flow.rules.with_people(people.clone())));
    // While they have it by name, and after they did it, it is not about a unit that they serve too: whoever
    // did it is told what came of it.
    let mut done = flow.clone();
    flow.refuses(&intake(), &amend(Some(WATER), None, None), "amend.held");
    flow.finish(CITY_MANAGEMENT).refuses(&intake(), &amend(Some(WATER), None, None), "amend.held");

    // Named before they served it, the order comes back to their unit and not to them.
    done.rules = rules();
    done.gives(&intake(), amend(Some(WATER), None, None)).finish(CITY_MANAGEMENT);
    let mut flow = done;
    flow.rules = Box::leak(Box::new(flow.rules.with_people(people)));
    let failed = Command::Check { thread: flow.no(ThreadKind::Check), passed: false, text: Some(text(52)) };
    flow.gives(&staff("checker", JINJIANG_DESK), failed);
    assert_eq!(flow.open(ThreadKind::Handling).holder, Holder::unit(unit(CITY_MANAGEMENT)));
}

fn to(flow: &Flow, lead: &str) -> Command {
    Command::Dispatch { thread: flow.no(ThreadKind::Dispatch), lead: unit(lead), co: Vec::new(), text: None }
}

#[test]
fn a_unit_with_a_hand_in_the_case_is_named_once_others_have_it() {
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    let refusal = flow.refuses(&intake(), &amend(Some(CITY_MANAGEMENT), None, None), "amend.held");
    assert!(refusal.accepted.contains("redispatch"), "{}", refusal.accepted);
    let redispatch = Command::Redispatch { lead: unit(WATER), co: Vec::new(), text: text(51) };
    flow.gives(&staff("dispatcher", JINJIANG_DESK), redispatch);
    flow.gives(&intake(), amend(Some(CITY_MANAGEMENT), None, None));

    // What it has answered would be told to it again: a new report takes that up.
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]).handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    flow.refuses(&staff("callback", JINJIANG_DESK), &amend(Some(CITY_MANAGEMENT), None, None), "amend.held");
}

#[test]
fn a_name_that_was_to_be_kept_stays_kept() {
    let mut report = complaint(JINJIANG);
    report.identity = Identity::Confidential;
    let mut flow = Flow::reported(report, at(MONDAY));
    let refusal = flow.refuses(&intake(), &amend(None, Some(Identity::Named), None), "amend.identity");
    assert!(refusal.basis.is_some());
    flow.refuses(&intake(), &amend(None, Some(Identity::Anonymous), None), "amend.identity");

    let mut report = complaint(JINJIANG);
    (report.identity, report.contact) = (Identity::Anonymous, None);
    let mut flow = Flow::reported(report, at(MONDAY));
    flow.refuses(&intake(), &amend(None, Some(Identity::Confidential), None), "amend.identity");
    flow.refuses(&intake(), &amend(None, None, Some(7)), "amend.identity");
    flow.gives(&intake(), amend(None, Some(Identity::Confidential), Some(7)));
    assert!(flow.case().reachable(), "whoever called again with their number is called back");
}

#[test]
fn handlers_who_may_no_longer_know_who_called_are_not_timed_by_it() {
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    assert!(flow.clock(Stage::Contact).runs());
    flow.gives(&intake(), amend(None, Some(Identity::Confidential), None));
    assert!(!flow.clock(Stage::Contact).runs());
    flow.finish(CITY_MANAGEMENT).replied(CITY_MANAGEMENT).stands(Spine::Answered);
}

#[test]
fn what_somebody_works_on_is_voided_by_the_head_of_the_shift_who_had_no_hand_in_it() {
    let void = Command::Void { ground: "out_of_scope".into(), of: None, text: None };
    let mut early = Flow::reported(complaint(JINJIANG), at(MONDAY));
    // A community that has nothing of it does not do away with what a resident called about.
    let community = ("community", "u510104017001");
    let mut outside = Flow::under(ladder_rules(), at(MONDAY));
    outside.gives(&intake(), Command::Report(Box::new(complaint("510104017001"))));
    let refusal = outside.refuses(&who(ladder_rules(), community.0, community.1, 0), &void, "void.whose");
    assert!(refusal.accepted.contains("closer"), "{}", refusal.accepted);
    early.gives(&staff("dispatcher", JINJIANG_DESK), void.clone()).stands(Spine::Void);

    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]);
    flow.refuses(&intake(), &void, "void.under-way");
    flow.refuses(&staff("dispatcher", JINJIANG_DESK), &void, "powers.apart");
    flow.gives(&staff("closer", JINJIANG_DESK), void).stands(Spine::Void);
}

#[test]
fn a_case_waits_for_an_instruction_and_the_leader_hears_when_it_ends_with_the_case() {
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]).handled(CITY_MANAGEMENT);
    let leader = staff("closer", CITY_DESK);
    flow.gives(&leader, Command::Instruct { units: vec![unit(CITY_MANAGEMENT)], text: text(60) });
    let closer = staff("closer", JINJIANG_DESK);
    let close = Command::Close { ground: "done".into(), text: None };
    flow.replied(CITY_MANAGEMENT);
    flow.says(huying_core::observation::Solved::Solved, huying_core::observation::Satisfied::Very);
    flow.stands(Spine::Verdict);
    flow.refuses(&closer, &close, "close.blocked");
    let before = flow.case().clone();
    flow.gives(&closer, Command::ForceClose { ground: "done".into(), text: text(61) });
    let Actor::Staff(leader) = leader else { panic!("staff") };
    let told = notices(flow.records.last().unwrap(), Some(&before), flow.case());
    let heard = |n: &&huying_core::case::notice::Notice| {
        n.kind == NoticeKind::Withdrawn
            && n.to == Recipient::Person { unit: leader.unit.clone(), person: leader.person.clone() }
    };
    assert_eq!(told.iter().filter(heard).count(), 1, "{told:?}");
}
