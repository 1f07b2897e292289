//! The city-management case 数字城管案件, told as stories: two axes that stay apart, stage clocks under a total
//! that is kept, what is not registered, what is mended at once, closing by force, and the three steps of an
//! appeal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::state::{Deed, Spine};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::*;
use huying_core::roster::{RosterChange, change};

const MONDAY: &str = "2026-03-02 09:00";

fn desk(role: &str) -> Actor {
    staff(role, JINJIANG_DESK)
}

/// Found on patrol, nobody called.
fn found() -> Flow {
    let mut report = complaint(JINJIANG);
    (report.source, report.channel, report.contact) = ("patrol".into(), "field".into(), None);
    report.matter = Some(MatterCode::new("matter.06010").unwrap());
    let mut flow = Flow::new(at(MONDAY));
    flow.gives(&desk("verifier"), Command::Report(Box::new(report)));
    flow
}

fn mended() -> Flow {
    let mut flow = found();
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT).finish(CITY_MANAGEMENT);
    flow
}

fn check(flow: &Flow, passed: bool) -> Command {
    let text = (!passed).then(|| text(31));
    Command::Check { thread: flow.no(ThreadKind::Check), passed, text }
}

fn close() -> Command {
    Command::Close { ground: "done".into(), text: None }
}

/// 两轴分离: who commands does not supervise, who handles does not check, and one natural person is on one side.
#[test]
fn the_command_axis_sends_and_the_supervision_axis_checks_and_closes() {
    let mut flow = found();
    let thread = flow.no(ThreadKind::Dispatch);
    let dispatch = Command::Dispatch { thread, lead: unit(CITY_MANAGEMENT), co: vec![], text: None };
    for supervision in ["verifier", "checker", "closer", "evaluator"] {
        flow.refuses(&desk(supervision), &dispatch, "powers.role");
    }
    flow.dispatch(CITY_MANAGEMENT, &[]);
    let dispatcher = desk("dispatcher");
    flow.sign(CITY_MANAGEMENT).finish(CITY_MANAGEMENT);
    let passed = check(&flow, true);
    flow.refuses(&dispatcher, &passed, "powers.role");
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &passed, "powers.role");
    flow.gives(&desk("checker"), passed);
    flow.refuses(&dispatcher, &close(), "powers.role");
    // The dispatcher at the duty head's post is still the person who dispatched.
    let (Actor::Staff(sent), Actor::Staff(post)) = (&dispatcher, desk("closer")) else { panic!("staff") };
    let mut other = (*post).clone();
    (other.person, other.deputy_of) = (sent.person.clone(), Some(post.person.clone()));
    flow.refuses(&Actor::Staff(Box::new(other)), &close(), "powers.apart");
    flow.gives(&desk("closer"), close()).stands(Spine::Closed);
    assert!(!flow.case().forced && !flow.case().quick);
}

/// 核查两小时、返工计数: a repair is looked at within two hours, and what fails goes back with full clocks.
#[test]
fn a_repair_is_checked_within_two_hours_and_comes_back_when_it_fails() {
    let mut flow = mended();
    let done = flow.now;
    assert_eq!(flow.clock(Stage::Check).due, done.plus(hours(2)));
    let failed = check(&flow, false);
    flow.later(hours(1)).gives(&desk("checker"), failed);
    assert_eq!(flow.case().reworks, 1);
    let back = flow.open(ThreadKind::Handling);
    assert_eq!((back.round, back.holder.as_unit()), (1, Some(&unit(CITY_MANAGEMENT))));
    assert_eq!(flow.clock(Stage::Handle).start, flow.now, "a full clock, from now");
    flow.sign(CITY_MANAGEMENT).finish(CITY_MANAGEMENT);
    flow.later(hours(3));
    assert_eq!(flow.clock(Stage::Check).kept(), Some(false), "the second look came late");
    let passed = check(&flow, true);
    flow.gives(&desk("checker"), passed).gives(&desk("closer"), close());
}

/// 捆绑计时: where a stage is late, the next one has its full clock all the same, and the total is kept.
#[test]
fn a_late_stage_takes_nothing_from_the_next_and_the_total_stays() {
    let (mut quick, mut late) = (found(), found());
    let total = late.case().promise().unwrap().due;
    quick.dispatch(CITY_MANAGEMENT, &[]);
    let full = quick.clock(Stage::Handle).limit.clone();
    late.until(at("2026-03-03 10:00"));
    assert_eq!(late.clock(Stage::Dispatch).kept(), Some(false), "two working hours had passed");
    late.dispatch(CITY_MANAGEMENT, &[]);
    let handle = late.clock(Stage::Handle);
    assert_eq!((handle.start, &handle.limit), (late.now, &full));
    assert_eq!(late.case().promise().unwrap().due, total);
}

/// 缓办挂账: while it waits for a lawful reason, the stage and the total stand still.
#[test]
fn a_postponed_case_has_its_clocks_stopped() {
    let mut flow = found();
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    let (thread, reexamine) = (flow.handling(CITY_MANAGEMENT), at("2026-03-09 09:00"));
    flow.gives(
        &staff("handler", CITY_MANAGEMENT),
        Command::AskSuspension { thread, reexamine, text: text(5) },
    );
    let thread = flow.no(ThreadKind::Suspension);
    flow.gives(&desk("approver"), Command::DecideSuspension { thread, granted: true, text: None });
    let stands = |flow: &Flow| [Stage::Promise, Stage::Handle].map(|stage| flow.clock(stage).runs());
    assert_eq!(stands(&flow), [false, false]);
    flow.until(at("2026-03-06 09:00"));
    flow.gives(&desk("approver"), Command::Resume { thread, text: None });
    assert_eq!(stands(&flow), [true, true]);
    assert!([Stage::Promise, Stage::Handle].iter().all(|s| flow.clock(*s).missed_at.is_none()));
}

/// 不予立案: what repeats another case names it; what does not, does not.
#[test]
fn what_is_not_registered_as_a_repetition_names_the_case_it_repeats() {
    let mut flow = found();
    let void = |ground: &str, of: Option<u64>| {
        let of = of.map(CaseId);
        Command::Void { ground: ground.into(), of, text: None }
    };
    let dispatcher = desk("dispatcher");
    flow.refuses(&dispatcher, &void("duplicate", None), "void.other");
    let own = flow.id.0;
    flow.refuses(&dispatcher, &void("duplicate", Some(own)), "void.other");
    flow.refuses(&dispatcher, &void("duplicate", Some(99)), "void.other");
    flow.other = Some((Spine::Void, None));
    flow.refuses(&dispatcher, &void("duplicate", Some(3)), "void.other");
    flow.other = Some((Spine::Open, None));
    flow.refuses(&dispatcher, &void("below_standard", Some(3)), "void.other");
    flow.gives(&dispatcher, void("duplicate", Some(3))).stands(Spine::Void);
    assert_eq!(flow.case().repeats, Some(CaseId(3)));
    freeze("event-voided-of", &flow);
    let reopen = Command::Reopen { ground: "wrongly_closed".into(), text: text(9) };
    flow.gives(&desk("supervisor"), reopen);
    assert_eq!(flow.case().repeats, None, "taken up again, it stands for itself");
}

/// 快速处置: who finds a small thing mends it, shows it, and it is counted; nobody is sent.
#[test]
fn a_small_thing_is_mended_at_once_with_pictures_before_and_after() {
    let mut flow = found();
    let verifier = desk("verifier");
    let at_once = Command::HandleAtOnce { effort: Effort { minutes: 12, trips: 1, forms: 0 }, text: text(6) };
    let refusal = flow.refuses(&verifier, &at_once, "quick.pictures");
    assert!(refusal.why.contains("before") && refusal.why.contains("after"), "{refusal}");
    flow.shows(&verifier, &["before", "after"]);
    flow.gives(&verifier, at_once.clone()).stands(Spine::Closed);
    freeze("command-handle_at_once", &flow);
    let case = flow.case();
    assert!(case.quick && !case.forced);
    assert_eq!(case.ground.as_deref(), Some("quick"));
    assert_eq!(case.promise().unwrap().kept(), Some(true));
    assert!(case.hands.iter().any(|h| h.deed == Deed::Handled), "who mended it has handled it");
    assert!(case.open_threads().next().is_none());

    // What somebody was sent to is theirs; what was called for is not small.
    let mut sent = found();
    sent.dispatch(CITY_MANAGEMENT, &[]);
    sent.refuses(&verifier, &at_once, "quick.ordered");
    Flow::reported(complaint(JINJIANG), at(MONDAY)).refuses(&verifier, &at_once, "quick.none");
}

/// 强制结案: by a duty head or a leader, with a reason, and marked for ever as such.
#[test]
fn a_forced_close_is_marked_and_keeps_no_promise() {
    let mut flow = found();
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    let force = Command::ForceClose { ground: "no_power".into(), text: text(8) };
    flow.refuses(&desk("dispatcher"), &force, "powers.role");
    flow.gives(&staff("leader", "u510104"), force).stands(Spine::Closed);
    freeze("event-closed-forced", &flow);
    assert!(flow.case().forced);
    assert_ne!(flow.case().promise().unwrap().kept(), Some(true));
    let reopen = Command::Reopen { ground: "wrongly_closed".into(), text: text(9) };
    flow.gives(&desk("supervisor"), reopen);
    assert!(!flow.case().forced);
}

/// What an instruction still waits for is not swept aside by whoever mends the thing.
#[test]
fn what_is_mended_at_once_waits_for_what_keeps_a_case_open() {
    let mut flow = found();
    flow.gives(
        &staff("leader", "u510104"),
        Command::Instruct { units: vec![unit(CITY_MANAGEMENT)], text: text(60) },
    );
    flow.shows(&desk("verifier"), &["before", "after"]);
    let at_once = Command::HandleAtOnce { effort: Effort::default(), text: text(6) };
    flow.refuses(&desk("verifier"), &at_once, "quick.blocked");
}

/// Under whose appeal a person sits twice, by another post: the asker, and whoever decided an earlier step.
#[test]
fn nobody_decides_two_steps_of_an_appeal_nor_their_own() {
    let mut flow = found();
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    flow.until(at("2026-03-16 09:00"));
    let clock = flow.clock(Stage::Handle).no;
    let handler = staff("handler", CITY_MANAGEMENT);
    flow.gives(&handler, Command::AskCorrection { clock, text: text(11) });
    let thread = flow.no(ThreadKind::Correction);
    let decide = Command::DecideCorrection { thread, granted: true, text: None };
    flow.gives(&desk("evaluator"), decide.clone()).gives(&desk("supervisor"), decide.clone());

    let Actor::Staff(leader) = staff("leader", "u510104") else { panic!("staff") };
    for same in [handler, desk("evaluator"), desk("supervisor")] {
        let Actor::Staff(same) = same else { panic!("staff") };
        let person = same.person.clone();
        let filled = RosterChange::Filled { post: leader.post.clone(), person: Some(person.clone()) };
        let mut flow = flow.clone();
        flow.rules =
            Box::leak(Box::new(flow.rules.with_people(change::fold(&flow.rules.city.people, &[filled]))));
        let same = Actor::Staff(Box::new(Staff { person, ..(*leader).clone() }));
        flow.refuses(&same, &decide, "powers.apart");
    }
}

/// 申诉三级: 预审, 部门, 领导; each its office and another person, the last one grants.
#[test]
fn an_appeal_takes_three_steps_and_three_persons() {
    let mut flow = found();
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    flow.until(at("2026-03-16 09:00"));
    let clock = flow.clock(Stage::Handle).no;
    assert_eq!(flow.clock(Stage::Handle).kept(), Some(false));
    flow.gives(&staff("handler", CITY_MANAGEMENT), Command::AskCorrection { clock, text: text(11) });
    let thread = flow.no(ThreadKind::Correction);
    let decide = |granted| Command::DecideCorrection { thread, granted, text: Some(text(12)) };
    let mut kept = flow.clone();
    flow.refuses(&desk("supervisor"), &decide(true), "correction.step");
    flow.gives(&desk("evaluator"), decide(true));
    freeze("event-correction-reviewed", &flow);
    assert_eq!(flow.open(ThreadKind::Correction).step, Step::Reviewed);
    assert!(flow.clock(Stage::Rule).runs(), "each step has a full clock");
    assert_eq!(flow.case().clock(clock).unwrap().kept(), Some(false), "nothing is corrected yet");
    flow.refuses(&staff("evaluator", CITY_DESK), &decide(true), "correction.step");
    flow.gives(&desk("supervisor"), decide(true));
    let leader = staff("leader", "u510104");
    assert_eq!(flow.open(ThreadKind::Correction).holder.as_unit(), Some(&unit("u510104")));
    flow.gives(&leader, decide(true));
    assert_eq!(flow.case().clock(clock).unwrap().kept(), Some(true));

    // Any step may refuse it; then the score stays.
    kept.gives(&desk("evaluator"), decide(true)).gives(&desk("supervisor"), decide(false));
    assert_eq!(kept.case().clock(clock).unwrap().kept(), Some(false));
    assert_eq!(kept.case().open_of(ThreadKind::Correction).count(), 0);
}
