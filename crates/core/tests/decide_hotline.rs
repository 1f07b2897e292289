//! What a hotline does with an order whose duty is unclear or whose handler is late, told as stories: the
//! district that stands in, the ruling before a dispatch, the return in time, the urging and the notice, the
//! caller who is never reached, and scores that two hands leave a case out of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::notice::{NoticeKind, Recipient, notices};
use huying_core::case::state::*;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::SystemId;
use huying_core::observation::{Observation, Recorded, Satisfied, Solved, Stamp};
use huying_core::rules::Rules;

const MONDAY: &str = "2026-03-02 09:00";

fn reported() -> Flow {
    Flow::reported(complaint(JINJIANG), at(MONDAY))
}

fn under(rules: &'static Rules) -> Flow {
    let mut flow = Flow::under(rules, at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(complaint(JINJIANG))));
    flow
}

fn dispatcher() -> Actor {
    staff("dispatcher", JINJIANG_DESK)
}

fn supervisor() -> Actor {
    staff("supervisor", JINJIANG_DESK)
}

/// Who was told what by the last record.
fn told(flow: &Flow, kind: NoticeKind) -> Vec<Recipient> {
    let last = flow.records.len() - 1;
    let all = notices(&flow.records[last], flow.fold(last).as_ref(), flow.case());
    all.into_iter().filter(|n| n.kind == kind).map(|n| n.to).collect()
}

fn gives_back(flow: &mut Flow, of: &str) {
    let thread = flow.handling(of);
    flow.gives(&staff("handler", of), Command::AskReturn { thread, text: text(5) });
    let thread = flow.no(ThreadKind::Return);
    flow.gives(&dispatcher(), Command::DecideReturn { thread, granted: true, text: None });
}

#[test]
fn a_complaint_that_three_units_pass_on_is_raised_a_level() {
    let mut flow = reported();
    let units = [CITY_MANAGEMENT, WATER, TRAFFIC, HOUSING];
    flow.dispatch(units[0], &[]);
    for (n, pair) in (1..).zip(units.windows(2)) {
        gives_back(&mut flow, pair[0]);
        flow.later(minutes(10)).dispatch(pair[1], &[]);
        assert_eq!((flow.case().transfers, flow.case().adrift), (n, n));
        assert_eq!(flow.case().open_of(ThreadKind::Supervision).count(), usize::from(n == 3), "{n}");
    }
    let above = flow.open(ThreadKind::Supervision);
    assert_eq!(above.holder, Holder::unit(unit(CITY_DESK)), "a level above the district's own supervisor");
    assert_eq!(told(&flow, NoticeKind::Escalation), [Recipient::Unit(unit(CITY_DESK))]);
    // Who at last brings it to an end ends the drifting; it is raised once.
    flow.handled(HOUSING);
    assert_eq!((flow.case().transfers, flow.case().adrift), (3, 0));
}

#[test]
fn a_dispatch_without_a_clear_duty_goes_to_the_district_which_answers_for_it_then() {
    let mut report = complaint(JINJIANG);
    report.location = Location::default();
    let mut flow = Flow::reported(report, at(MONDAY));
    let city = staff("dispatcher", CITY_DESK);
    let thread = flow.no(ThreadKind::Dispatch);
    assert_eq!(flow.open(ThreadKind::Dispatch).holder, Holder::unit(unit(CITY_DESK)));
    let down = |to: &str| Command::PassDown { thread, unit: unit(to), text: text(4) };
    flow.refuses(&city, &down(CITY_MANAGEMENT), "fallback.unit");
    flow.refuses(&city, &down(CITY_DESK), "fallback.unit");
    flow.refuses(&city, &down("u-nobody"), "unit.unknown");
    let first = flow.clock(Stage::Dispatch).no;
    flow.later(hours(1)).gives(&city, down(JINJIANG_DESK));
    assert_eq!(flow.case().lead, Some(unit(JINJIANG_DESK)));
    assert_eq!((flow.case().passed_down, flow.open(ThreadKind::Dispatch).step), (1, Step::PassedDown));
    assert_eq!(flow.case().clock(first).unwrap().kept(), Some(true), "the city's own part is done");
    assert!(flow.clock(Stage::Dispatch).runs(), "the district has a full clock");
    assert!(told(&flow, NoticeKind::HandedOver).contains(&Recipient::Unit(unit(JINJIANG_DESK))));
    flow.gives(&dispatcher(), down(QINGYANG_DESK));
    flow.refuses(&staff("dispatcher", QINGYANG_DESK), &down(JINJIANG_DESK), "fallback.often");
    // A case of a known place goes to a district around it and to no other.
    let mut flow = reported();
    let thread = flow.no(ThreadKind::Dispatch);
    let away = Command::PassDown { thread, unit: unit(QINGYANG_DESK), text: text(4) };
    flow.refuses(&dispatcher(), &away, "fallback.unit");
    let table = "[procedure.fallback]\nrole = \"dispatcher\"\nat_most = 2\nsource = \"duty unclear: the \
                 district stands in and redispatches\"\nstatus = \"reported\"\n";
    let mut flow = under(rules_with(&[(table, "")]));
    flow.refuses(&dispatcher(), &away, "fallback.none");
}

#[test]
fn nothing_is_sent_before_the_ruling_that_was_asked_for_and_then_to_whom_it_names() {
    let mut flow = reported();
    let dispatch = flow.no(ThreadKind::Dispatch);
    flow.gives(&dispatcher(), Command::AskRuling { thread: dispatch, text: text(4) });
    let ruling = flow.open(ThreadKind::Ruling).clone();
    assert_eq!((ruling.under, &ruling.holder), (Some(dispatch), &Holder::unit(unit(JINJIANG_DESK))));
    assert!(!flow.clock(Stage::Dispatch).runs(), "the dispatcher waits, and so does their clock");
    assert!(flow.case().promise().unwrap().runs(), "the caller does not");
    let send = |lead: &str| Command::Dispatch { thread: dispatch, lead: unit(lead), co: vec![], text: None };
    flow.refuses(&dispatcher(), &send(WATER), "dispatch.ruling");
    let again = Command::AskRuling { thread: dispatch, text: text(4) };
    flow.refuses(&dispatcher(), &again, "dispatch.ruling");
    let rule = |lead: Option<&str>| Command::Rule {
        thread: ruling.no,
        upheld: None,
        lead: lead.map(unit),
        instead: vec![],
        text: text(6),
    };
    flow.refuses(&dispatcher(), &rule(Some(WATER)), "powers.role");
    flow.refuses(&supervisor(), &rule(None), "ruling.lead");
    let mut upheld = rule(Some(WATER));
    if let Command::Rule { upheld, .. } = &mut upheld {
        *upheld = Some(true);
    }
    flow.refuses(&supervisor(), &upheld, "ruling.instead");
    flow.later(hours(20)).gives(&supervisor(), rule(Some(WATER)));
    assert_eq!(flow.case().thread(ruling.no).unwrap().outcome.as_deref(), Some(WATER));
    assert_eq!(told(&flow, NoticeKind::Decided), [Recipient::Unit(unit(JINJIANG_DESK))]);
    assert!(flow.clock(Stage::Dispatch).runs());
    let refusal = flow.refuses(&dispatcher(), &send(TRAFFIC), "dispatch.ruled");
    assert!(refusal.accepted.contains(WATER));
    flow.gives(&dispatcher(), send(WATER));
    assert_eq!(flow.case().lead, Some(unit(WATER)));
}

#[test]
fn who_asked_for_a_ruling_does_not_rule() {
    // Somebody who is dispatcher and may rule too: the two deeds stay apart by person.
    let rules =
        rules_with(&[("\"ask_ruling\", \"decide_return\"", "\"ask_ruling\", \"rule\", \"decide_return\"")]);
    let mut flow = under(rules);
    let dispatch = flow.no(ThreadKind::Dispatch);
    flow.gives(&dispatcher(), Command::AskRuling { thread: dispatch, text: text(4) });
    let thread = flow.no(ThreadKind::Ruling);
    let lead = Some(unit(WATER));
    let rule = Command::Rule { thread, upheld: None, lead, instead: vec![], text: text(6) };
    flow.refuses(&dispatcher(), &rule, "powers.apart");
}

#[test]
fn an_order_is_given_back_in_time_or_not_at_all() {
    let mut flow = reported();
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    let thread = flow.handling(CITY_MANAGEMENT);
    let ask = Command::AskReturn { thread, text: text(5) };
    flow.until(at("2026-03-04 09:00"));
    let refusal = flow.refuses(&staff("handler", CITY_MANAGEMENT), &ask, "return.late");
    assert!(refusal.basis.is_some_and(|b| b.contains("退单")));
}

#[test]
fn an_order_near_its_due_is_urged_by_rule_and_a_late_one_put_on_notice() {
    let mut flow = reported();
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT).contact(CITY_MANAGEMENT);
    let thread = flow.handling(CITY_MANAGEMENT);
    let clock = flow.clock(Stage::Handle).clone();
    flow.until(clock.near.unwrap().plus(minutes(1)));
    let pressed = |flow: &Flow| flow.case().thread(thread).unwrap().pressed.clone().unwrap();
    assert_eq!((pressed(&flow).urged, flow.case().urged), (1, 1));
    assert_eq!(told(&flow, NoticeKind::Urged), [Recipient::Unit(unit(CITY_MANAGEMENT))]);
    flow.until(clock.due.plus(minutes(1)));
    let notice = flow.clock(Stage::Notice).clone();
    assert_eq!((notice.thread, notice.kept()), (Some(thread), None));
    flow.until(notice.due.plus(minutes(1)));
    assert_eq!((pressed(&flow).on_notice, flow.case().on_notice), (1, 1));
    assert_eq!(told(&flow, NoticeKind::PutOnNotice), [Recipient::Unit(unit(CITY_MANAGEMENT))]);
    assert_eq!(flow.open(ThreadKind::Supervision).holder, Holder::unit(unit(JINJIANG_DESK)));
    // Nobody is scored by how long a notice took to come.
    assert_eq!(flow.clock(Stage::Notice).kept(), None);
    // Urged once more, it stands on notice once more.
    flow.gives(&supervisor(), Command::Urge { thread: Some(thread), text: Some(text(6)) });
    let again = flow.clock(Stage::Notice).due;
    flow.until(again.plus(minutes(1)));
    assert_eq!(flow.case().on_notice, 2);
    // What is done is pressed no longer.
    flow.finish(CITY_MANAGEMENT);
    assert!(!flow.case().clocks.iter().any(|c| c.stage == Stage::Notice && c.runs()));
}

#[test]
fn who_was_given_an_order_by_name_is_the_one_who_hears_that_it_is_nearly_due() {
    let mut flow = reported();
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT).contact(CITY_MANAGEMENT);
    let handler = staff("handler", CITY_MANAGEMENT);
    let Actor::Staff(own) = &handler else { panic!("staff") };
    let (thread, person) = (flow.handling(CITY_MANAGEMENT), own.person.clone());
    flow.gives(&handler, Command::Hand { thread, person: person.clone() });
    let clock = flow.clock(Stage::Handle).no;
    flow.until(flow.clock(Stage::Handle).near.unwrap().plus(minutes(1)));
    let near = |n: &usize| {
        let told = notices(&flow.records[*n], flow.fold(*n).as_ref(), &flow.fold(*n + 1).unwrap());
        told.into_iter().find(|t| t.kind == NoticeKind::NearDue && t.clock == Some(clock)).map(|t| t.to)
    };
    let to: Vec<Recipient> = (0..flow.records.len()).filter_map(|n| near(&n)).collect();
    assert_eq!(to, [Recipient::Person { unit: unit(CITY_MANAGEMENT), person }]);
}

#[test]
fn an_order_that_nobody_urged_is_put_on_notice_where_the_profile_says_so() {
    let never = [("stages = [\"handle\", \"rule\"]", "stages = [\"check\"]")];
    let mut flow = under(rules_with(&never));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT).contact(CITY_MANAGEMENT);
    let mut only_urged = flow.clone();
    let heeded = ("\"contact\", \"handle\", \"return\"", "\"contact\", \"return\"");
    only_urged.rules = rules_with(&[never[0], heeded]);
    flow.until(at("2026-06-01 09:00"));
    assert!(flow.clock(Stage::Handle).missed_at.is_some());
    assert_eq!((flow.case().urged, flow.case().on_notice), (0, 1));
    only_urged.until(at("2026-06-01 09:00"));
    assert_eq!((only_urged.case().urged, only_urged.case().on_notice), (0, 0));
    // Overdue already when it is urged: the time until a notice begins there.
    let mut flow = reported();
    flow.dispatch(CITY_MANAGEMENT, &[WATER]).sign(CITY_MANAGEMENT).sign(WATER).contact(CITY_MANAGEMENT);
    let thread = flow.handling(WATER);
    flow.until(flow.clock(Stage::Handle).due.plus(minutes(1)));
    assert_eq!(flow.case().clocks.iter().filter(|c| c.stage == Stage::Notice).count(), 2);
    assert_eq!(flow.case().thread(thread).unwrap().pressed.as_ref().unwrap().urged, 1);
}

#[test]
fn the_resident_the_hotline_and_the_accountable_unit_urge_and_nobody_their_own() {
    let mut flow = reported();
    let all = Command::Urge { thread: None, text: None };
    flow.gives(&Actor::Caller, all.clone());
    assert_eq!(
        told(&flow, NoticeKind::Urged),
        [Recipient::Unit(unit(JINJIANG_DESK))],
        "the dispatcher has it"
    );
    flow.later(minutes(5)).dispatch(CITY_MANAGEMENT, &[WATER]);
    flow.later(minutes(5)).gives(&Actor::Caller, all.clone());
    assert_eq!(flow.case().urged, 3);
    let refusal = flow.later(hours(1)).refuses(&Actor::Caller, &all, "urge.again");
    assert!(refusal.accepted.contains("2026-03-02"), "{}", refusal.accepted);
    let (own, co) = (flow.handling(CITY_MANAGEMENT), flow.handling(WATER));
    let urge = |thread| Command::Urge { thread: Some(thread), text: Some(text(6)) };
    flow.later(hours(5));
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &urge(own), "urge.whose");
    flow.refuses(&staff("handler", TRAFFIC), &urge(co), "urge.whose");
    flow.gives(&staff("handler", CITY_MANAGEMENT), urge(co));
    flow.gives(&dispatcher(), urge(own));
    flow.refuses(&staff("closer", JINJIANG_DESK), &urge(own), "urge.again");
    flow.later(hours(5)).gives(&staff("handler", CITY_MANAGEMENT), all.clone());
    assert_eq!(told(&flow, NoticeKind::Urged), [Recipient::Unit(unit(WATER))], "nobody urges themselves");
    flow.handled(WATER);
    flow.later(hours(5)).refuses(&staff("handler", CITY_MANAGEMENT), &all, "urge.nothing");
    flow.refuses(&dispatcher(), &urge(co), "urge.thread");
    flow.handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT).says(Solved::Solved, Satisfied::Very);
    flow.refuses(&Actor::Caller, &all, "spine.step");
}

#[test]
fn a_caller_who_is_never_reached_leaves_no_valid_callback() {
    let mut flow = reported();
    flow.dispatch(CITY_MANAGEMENT, &[]).handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    let thread = flow.no(ThreadKind::Callback);
    let tries = Command::Callback { thread, reached: false, verdict: Verdict::default(), text: None };
    for n in 1..=3 {
        flow.stands(Spine::Answered);
        flow.later(hours(2)).gives(&staff("callback", JINJIANG_DESK), tries.clone());
        assert_eq!(flow.case().thread(thread).unwrap().tries, n.min(2));
    }
    flow.stands(Spine::Closed);
    assert_eq!(flow.case().ground.as_deref(), Some("no_callback"));
    assert_eq!((flow.case().verdict_by, flow.case().verdict), (Some(VerdictBy::Nobody), Verdict::default()));
    // Whoever said nothing, but was not tried in vain, closes on the usual ground.
    let mut report = complaint(JINJIANG);
    report.contact = None;
    let mut flow = Flow::reported(report, at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[])
        .sign(CITY_MANAGEMENT)
        .finish(CITY_MANAGEMENT)
        .replied(CITY_MANAGEMENT);
    flow.until(at("2026-04-10 09:00")).stands(Spine::Closed);
    assert_eq!(flow.case().ground.as_deref(), Some("done"));
}

#[test]
fn a_case_is_left_out_of_scores_by_two_hands() {
    let mut flow = reported();
    flow.dispatch(CITY_MANAGEMENT, &[]).handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    flow.says(Solved::Partly, Satisfied::NotSatisfied).stands(Spine::Closed);
    let handler = staff("handler", CITY_MANAGEMENT);
    let evaluator = staff("evaluator", JINJIANG_DESK);
    let alone = Command::Exclude { ground: "malicious".into(), text: text(3) };
    flow.refuses(&evaluator, &alone, "exclusion.hands");
    let ask = |ground: &str| Command::AskExclusion { ground: ground.into(), text: text(3) };
    flow.refuses(&handler, &ask("bored"), "word.unknown");
    flow.gives(&handler, ask("malicious"));
    flow.refuses(&handler, &ask("no_power"), "thread.pending");
    let thread = flow.no(ThreadKind::Exclusion);
    assert_eq!(flow.open(ThreadKind::Exclusion).holder, Holder::unit(unit(JINJIANG_DESK)));
    let decide = |thread, granted| Command::DecideExclusion { thread, granted, text: None };
    flow.refuses(&handler, &decide(thread, true), "powers.role");
    flow.gives(&evaluator, decide(thread, false));
    assert_eq!(told(&flow, NoticeKind::Decided), [Recipient::Unit(unit(CITY_MANAGEMENT))]);
    assert_eq!(flow.case().excluded, None);
    // The evaluator may see it too, and asks; then another evaluator decides.
    flow.gives(&evaluator, ask("no_power"));
    let thread = flow.no(ThreadKind::Exclusion);
    flow.refuses(&evaluator, &decide(thread, true), "powers.apart");
    flow.gives(&staff("evaluator", CITY_DESK), decide(thread, true));
    assert_eq!(flow.case().excluded.as_deref(), Some("no_power"));
    flow.refuses(&handler, &ask("malicious"), "exclusion.done");
}

#[test]
fn a_case_of_another_system_is_left_out_by_two_hands_too() {
    let mut flow = Flow::new(at(MONDAY));
    let mut seen = Observation::of(SystemId::new("12345").unwrap(), "A-1");
    seen.opened = Recorded::Is(Stamp::At(at(MONDAY)));
    let row = Command::Observe { observation: Box::new(seen), texts: vec![text(3)], exact: None };
    flow.gives(&Actor::System(SystemId::new("import").unwrap()), row);
    let ask = Command::AskExclusion { ground: "malicious".into(), text: text(3) };
    flow.gives(&staff("evaluator", CITY_DESK), ask);
    let thread = flow.no(ThreadKind::Exclusion);
    flow.until(at("2026-03-09 09:00"));
    assert_eq!(flow.clock(Stage::Rule).kept(), Some(false), "whoever decides has a clock, and it rings");
    let decide = Command::DecideExclusion { thread, granted: true, text: None };
    flow.gives(&nth("evaluator", CITY_DESK, 1), decide);
    assert!(flow.case().excluded.is_some());
}

#[test]
fn more_time_is_granted_only_so_often_and_only_so_far() {
    let limited = rules_with(&[("by = \"15 working days\"\n", "by = \"5 working days\"\n")]);
    let mut flow = under(limited);
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    let thread = flow.handling(CITY_MANAGEMENT);
    let handler = staff("handler", CITY_MANAGEMENT);
    let due = flow.clock(Stage::Handle).due;
    let ask = |until| Command::AskExtension { thread, until, text: text(5) };
    flow.refuses(&handler, &ask(due.plus(hours(24 * 20))), "extension.long");
    for n in 1..=2 {
        let until = flow.clock(Stage::Handle).due.plus(hours(24));
        flow.gives(&handler, ask(until));
        let thread = flow.no(ThreadKind::Extension);
        flow.gives(
            &staff("approver", JINJIANG_DESK),
            Command::DecideExtension { thread, granted: true, text: None },
        );
        assert_eq!(flow.case().extensions, n);
    }
    let until = flow.clock(Stage::Handle).due.plus(hours(24));
    flow.refuses(&handler, &ask(until), "extension.times");
}
