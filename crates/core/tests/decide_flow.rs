//! A hotline order from the call to the close, and what may happen to it on the way, told as stories.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::{Command, Report};
use huying_core::case::event::*;
use huying_core::case::state::*;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::clock::{Amount, Limit};
use huying_core::ids::*;
use huying_core::observation::{Satisfied, Solved};

const MONDAY: &str = "2026-03-02 09:00";

fn dispatched() -> Flow {
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.later(minutes(20)).dispatch(CITY_MANAGEMENT, &[]);
    flow
}

fn answered() -> Flow {
    let mut flow = dispatched();
    flow.later(minutes(30)).handled(CITY_MANAGEMENT).later(minutes(30)).replied(CITY_MANAGEMENT);
    flow
}

#[test]
fn the_whole_way_of_a_verified_order() {
    let mut report = complaint(JINJIANG);
    report.matter = Some(MatterCode::new("matter.06010").unwrap());
    let mut flow = Flow::reported(report, at(MONDAY));
    flow.stands(Spine::Reported);
    assert_eq!(flow.case().lead, Some(unit(CITY_DESK)), "who took it in answers for it");
    assert_eq!(flow.case().promise().unwrap().no, ClockNo(1));
    let thread = flow.no(ThreadKind::Verify);
    let verify = Command::Verify {
        thread,
        confirmed: true,
        circumstance: None,
        ground: None,
        of: None,
        text: Some(text(3)),
    };
    flow.later(hours(1)).gives(&staff("verifier", JINJIANG_DESK), verify);
    flow.stands(Spine::Open);
    flow.later(minutes(10)).dispatch(CITY_MANAGEMENT, &[WATER]);
    assert_eq!(flow.case().lead, Some(unit(CITY_MANAGEMENT)));
    assert_eq!(flow.clock(Stage::Dispatch).kept(), Some(true));
    flow.later(minutes(10)).handled(CITY_MANAGEMENT);
    assert!(flow.case().open_of(ThreadKind::Check).next().is_none(), "the co-unit is not done");
    let limit = flow.case().clocks.iter().find(|c| c.stage == Stage::Handle).unwrap().limit.clone().unwrap();
    assert_eq!(limit.amount, huying_core::clock::Amount::WorkingMinutes(240), "the catalogue's own limit");
    flow.later(minutes(10)).sign(WATER).finish(WATER);
    let contacts = flow.case().clocks.iter().filter(|c| c.stage == Stage::Contact).count();
    assert_eq!(contacts, 1, "only the lead unit contacts the caller");
    let thread = flow.no(ThreadKind::Check);
    flow.gives(&staff("checker", "u510104017"), Command::Check { thread, passed: true, text: None });
    flow.gives(&staff("handler", CITY_MANAGEMENT), Command::Reply { text: text(40) });
    flow.stands(Spine::Open);
    let thread = flow.no(ThreadKind::Approval);
    let approve = Command::DecideReply { thread, granted: true, text: None };
    flow.gives(&staff("approver", JINJIANG_DESK), approve);
    flow.stands(Spine::Answered);
    assert_eq!(flow.case().promise().unwrap().kept(), Some(true));
    flow.later(hours(20)).says(Solved::Solved, Satisfied::Very);
    flow.stands(Spine::Closed);
    assert!(matches!(flow.events().last(), Some(Event::Closed { by_rule: true, .. })));
    assert_eq!(flow.case().verdict_by, Some(VerdictBy::Callback));
    let left: Vec<_> = flow.case().open_threads().map(|t| t.kind).collect();
    assert_eq!(left, [ThreadKind::Rating], "the caller may still rate");
}

#[test]
fn a_refused_return_goes_on_and_a_granted_one_is_dispatched_anew() {
    let mut flow = dispatched();
    let thread = flow.handling(CITY_MANAGEMENT);
    let ask = Command::AskReturn { thread, text: text(5) };
    let due = flow.clock(Stage::Handle).due;
    flow.gives(&staff("handler", CITY_MANAGEMENT), ask.clone());
    assert!(!flow.clock(Stage::Sign).runs(), "a return stops the inner clocks");
    assert!(flow.case().promise().unwrap().runs(), "and not the promise");
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &ask, "thread.pending");
    let decide = |flow: &Flow, granted| Command::DecideReturn {
        thread: flow.no(ThreadKind::Return),
        granted,
        text: None,
    };
    flow.later(hours(2));
    let refused = decide(&flow, false);
    flow.gives(&staff("dispatcher", JINJIANG_DESK), refused);
    assert!(flow.clock(Stage::Sign).runs());
    assert!(flow.clock(Stage::Handle).due >= due);
    flow.gives(&staff("handler", CITY_MANAGEMENT), ask);
    let granted = decide(&flow, true);
    flow.gives(&staff("dispatcher", JINJIANG_DESK), granted);
    assert_eq!(flow.case().lead, Some(unit(JINJIANG_DESK)), "who took it back answers for it");
    assert_eq!(flow.open(ThreadKind::Dispatch).round, 1);
    assert_eq!((flow.case().returns, flow.case().transfers), (2, 0));
    flow.dispatch(WATER, &[]);
    assert_eq!(flow.case().transfers, 1);
}

#[test]
fn a_co_unit_that_gives_its_part_back_last_does_not_leave_the_case_waiting() {
    let mut report = complaint(JINJIANG);
    report.matter = Some(MatterCode::new("matter.06010").unwrap());
    report.urgency = Urgency::Urgent;
    let mut flow = Flow::reported(report, at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[WATER]).handled(CITY_MANAGEMENT);
    let thread = flow.handling(WATER);
    flow.gives(&staff("handler", WATER), Command::AskReturn { thread, text: text(5) });
    let thread = flow.no(ThreadKind::Return);
    let grant = Command::DecideReturn { thread, granted: true, text: None };
    flow.gives(&staff("dispatcher", JINJIANG_DESK), grant);
    assert_eq!(flow.case().lead, Some(unit(CITY_MANAGEMENT)));
    flow.open(ThreadKind::Check);
}

#[test]
fn more_time_moves_the_order_and_the_promise_and_is_never_granted_by_the_one_who_asks() {
    let mut flow = dispatched();
    flow.sign(CITY_MANAGEMENT).contact(CITY_MANAGEMENT);
    let thread = flow.handling(CITY_MANAGEMENT);
    let until = at("2026-04-03 18:00");
    let handler = staff("handler", CITY_MANAGEMENT);
    let short = Command::AskExtension { thread, until: at("2026-03-03 18:00"), text: text(5) };
    flow.refuses(&handler, &short, "extension.shorter");
    let past = Command::AskExtension { thread, until: at("2026-03-01 18:00"), text: text(5) };
    flow.refuses(&handler, &past, "time.past");
    flow.gives(&handler, Command::AskExtension { thread, until, text: text(5) });
    let thread = flow.no(ThreadKind::Extension);
    let grant = Command::DecideExtension { thread, granted: true, text: None };
    flow.refuses(&handler, &grant, "powers.role");
    flow.gives(&staff("approver", JINJIANG_DESK), grant);
    assert_eq!(flow.clock(Stage::Handle).due, until);
    assert_eq!(flow.case().promise().unwrap().due, until);
    assert_eq!(flow.case().extensions, 1);
    // A lawful wait after more time still stops both clocks.
    let thread = flow.handling(CITY_MANAGEMENT);
    let ask = Command::AskSuspension { thread, reexamine: at("2026-03-20 10:00"), text: text(6) };
    flow.gives(&handler, ask);
    let thread = flow.no(ThreadKind::Suspension);
    let grant = Command::DecideSuspension { thread, granted: true, text: None };
    flow.gives(&staff("approver", JINJIANG_DESK), grant);
    assert!(!flow.clock(Stage::Handle).runs() && !flow.case().promise().unwrap().runs());
}

#[test]
fn a_lawful_wait_gives_back_exactly_what_was_left_and_ends_by_itself() {
    let mut flow = dispatched();
    flow.sign(CITY_MANAGEMENT).contact(CITY_MANAGEMENT);
    let handler = staff("handler", CITY_MANAGEMENT);
    let thread = flow.handling(CITY_MANAGEMENT);
    let reexamine = at("2026-03-12 10:00");
    flow.gives(&handler, Command::AskSuspension { thread, reexamine, text: text(6) });
    assert!(flow.clock(Stage::Handle).runs(), "asking stops nothing");
    flow.until(at("2026-03-03 10:00"));
    let (handle, promise) = (flow.clock(Stage::Handle).clone(), flow.case().promise().unwrap().clone());
    let hung = flow.no(ThreadKind::Suspension);
    let grant = Command::DecideSuspension { thread: hung, granted: true, text: None };
    flow.gives(&staff("approver", JINJIANG_DESK), grant);
    let fire = Command::Fire { clock: handle.no, generation: handle.generation, edge: Edge::Due };
    flow.refuses(&Actor::Clock, &fire, "clock.stale");
    let done = Command::Finish { thread, effort: Effort::default(), text: text(7) };
    flow.refuses(&handler, &done, "handling.suspended");
    flow.until(at("2026-03-16 09:00"));
    assert_eq!(flow.case().thread(hung).unwrap().step, Step::Resumed);
    let resumed = flow.records.last().unwrap();
    assert_eq!(resumed.effective(), reexamine, "it ends at its date, not when somebody looks");
    let calendar = &rules().calendar;
    for before in [handle, promise] {
        let after = flow.case().clock(before.no).unwrap();
        let limit = before.limit.as_ref().unwrap();
        let left = |from, due| limit.elapsed(from, due, before.hours.as_ref(), calendar).unwrap();
        assert!(after.runs());
        assert_eq!(left(at("2026-03-03 10:00"), before.due), left(reexamine, after.due));
    }
    assert_eq!(flow.clock(Stage::Reexamine).kept(), None, "nobody's duty, nobody's score");
    flow.gives(&handler, done);
}

#[test]
fn an_unsolved_order_goes_back_to_its_units_and_is_raised_the_third_time() {
    let mut flow = answered();
    for round in 1..=3 {
        flow.later(hours(1)).says(Solved::NotSolved, Satisfied::NotSatisfied);
        flow.stands(Spine::Open);
        assert_eq!(flow.case().reworks, round);
        assert_eq!(flow.case().verdict, Verdict::default(), "the word on the old answer is spent");
        let handling = flow.open(ThreadKind::Handling);
        assert_eq!((handling.round, handling.part), (round, Some(Part::Lead)));
        assert_eq!(flow.case().open_of(ThreadKind::Supervision).count(), usize::from(round == 3));
        flow.later(minutes(30)).sign(CITY_MANAGEMENT).contact(CITY_MANAGEMENT);
        flow.finish(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    }
    flow.later(hours(1)).says(Solved::Solved, Satisfied::Satisfied);
    flow.stands(Spine::Closed);
}

#[test]
fn after_a_redispatch_only_the_last_order_is_reworked() {
    let mut flow = dispatched();
    flow.handled(CITY_MANAGEMENT);
    let undone = Flow::clone(&flow);
    flow.replied(CITY_MANAGEMENT);
    flow.says(Solved::NotSolved, Satisfied::NotSatisfied);
    let redispatch = Command::Redispatch { lead: unit(WATER), co: vec![], text: text(8) };
    flow.gives(&staff("dispatcher", JINJIANG_DESK), redispatch.clone());
    flow.handled(WATER).replied(WATER).says(Solved::NotSolved, Satisfied::NotSatisfied);
    assert_eq!(flow.open(ThreadKind::Handling).holder, Holder::unit(unit(WATER)));
    let mut undone = undone;
    undone.refuses(&staff("dispatcher", JINJIANG_DESK), &redispatch, "dispatch.none");
}

#[test]
fn a_refused_draft_goes_back_to_the_lead_unit() {
    let mut flow = dispatched();
    flow.handled(CITY_MANAGEMENT);
    flow.refuses(&staff("handler", WATER), &Command::Reply { text: text(40) }, "answer.lead");
    flow.gives(&staff("handler", CITY_MANAGEMENT), Command::Reply { text: text(40) });
    let thread = flow.no(ThreadKind::Approval);
    let refuse = Command::DecideReply { thread, granted: false, text: Some(text(41)) };
    flow.gives(&staff("approver", JINJIANG_DESK), refuse);
    flow.stands(Spine::Open);
    flow.replied(CITY_MANAGEMENT).stands(Spine::Answered);
}

#[test]
fn whoever_rates_by_themselves_is_not_called() {
    let mut flow = answered();
    let good = Verdict { solved: Some(Solved::Solved), satisfied: Some(Satisfied::Very) };
    let empty = Command::Rate { verdict: Verdict::default(), text: None };
    flow.refuses(&Actor::Caller, &empty, "rating.empty");
    let rate = Command::Rate { verdict: good, text: None };
    flow.gives(&Actor::Caller, rate.clone());
    flow.stands(Spine::Closed);
    assert_eq!(flow.case().verdict_by, Some(VerdictBy::Rating));
    assert_eq!(flow.case().open_threads().count(), 0);
    flow.refuses(&Actor::Caller, &rate, "rating.closed");
}

#[test]
fn who_cannot_be_reached_may_still_rate_and_a_bad_rating_takes_a_closed_case_up() {
    let mut flow = answered();
    let thread = flow.no(ThreadKind::Callback);
    let caller = staff("callback", JINJIANG_DESK);
    let vain = Command::Callback { thread, reached: false, verdict: Verdict::default(), text: None };
    let silent = Command::Callback { thread, reached: true, verdict: Verdict::default(), text: None };
    flow.refuses(&caller, &silent, "callback.empty");
    for tries in 1..=2 {
        flow.later(hours(1)).gives(&caller, vain.clone());
        assert_eq!(flow.case().thread(thread).unwrap().tries, tries);
    }
    flow.gives(&caller, vain);
    flow.stands(Spine::Closed);
    assert_eq!(flow.case().verdict_by, Some(VerdictBy::Nobody));
    let mut late = flow.clone();
    let bad = Verdict { solved: None, satisfied: Some(Satisfied::NotAtAll) };
    flow.later(hours(48)).gives(&Actor::Caller, Command::Rate { verdict: bad, text: None });
    flow.stands(Spine::Open);
    assert_eq!((flow.case().reworks, flow.case().closed_at), (1, None));
    let closed = late.case().closed_at;
    late.later(hours(24 * 16));
    assert_eq!(late.case().open_threads().count(), 0, "after its time the rating lapses");
    assert_eq!((late.case().closed_at, late.clock(Stage::Rating).kept()), (closed, None));
}

#[test]
fn an_anonymous_call_is_answered_for_all_to_read_and_closes_by_silence() {
    let mut report = complaint(JINJIANG);
    report.identity = Identity::Anonymous;
    let mut flow = Flow::new(at(MONDAY));
    let take = |r: &huying_core::case::command::Report| Command::Report(Box::new(r.clone()));
    flow.refuses(&staff("intake", CITY_DESK), &take(&report), "caller.anonymous");
    report.contact = None;
    flow.gives(&staff("intake", CITY_DESK), take(&report));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT).finish(CITY_MANAGEMENT);
    flow.replied(CITY_MANAGEMENT).stands(Spine::Answered);
    assert_eq!(flow.case().open_of(ThreadKind::Callback).count(), 0);
    flow.later(hours(24 * 16));
    flow.stands(Spine::Closed);
    assert_eq!(flow.case().verdict_by, Some(VerdictBy::Nobody));
}

#[test]
fn a_confidential_caller_is_not_called_by_the_handler_but_is_called_back() {
    let mut report = complaint(JINJIANG);
    report.identity = Identity::Confidential;
    let mut flow = Flow::reported(report, at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT).finish(CITY_MANAGEMENT);
    assert!(flow.case().clocks.iter().all(|c| c.stage != Stage::Contact));
    flow.replied(CITY_MANAGEMENT).says(Solved::Solved, Satisfied::Satisfied).stands(Spine::Closed);
}

#[test]
fn a_named_caller_is_contacted_before_the_order_is_finished() {
    let mut flow = dispatched();
    flow.sign(CITY_MANAGEMENT);
    let thread = flow.handling(CITY_MANAGEMENT);
    let finish = Command::Finish { thread, effort: Effort::default(), text: text(9) };
    let refusal = flow.refuses(&staff("handler", CITY_MANAGEMENT), &finish, "handling.contact-first");
    assert_eq!(refusal.basis.as_deref(), Some("承办单位应当先行联系诉求人。"));
    assert!(refusal.allowed.contains(&"contact"), "{:?}", refusal.allowed);
    assert!(!refusal.allowed.contains(&"dispatch"));
}

#[test]
fn reopening_promises_anew_within_its_window_and_not_after() {
    let mut flow = answered();
    flow.says(Solved::Solved, Satisfied::Satisfied);
    let reopen = Command::Reopen { ground: "came_back".into(), text: text(9) };
    let mut late = flow.clone();
    flow.later(hours(24 * 5)).gives(&staff("supervisor", JINJIANG_DESK), reopen.clone());
    flow.stands(Spine::Open);
    let promise = flow.case().promise().unwrap();
    assert!(promise.no > ClockNo(1) && promise.runs() && promise.start == flow.now);
    assert_eq!(flow.case().clock(ClockNo(1)).unwrap().kept(), Some(true));
    assert_eq!(flow.case().open_of(ThreadKind::Rating).count(), 0);
    flow.dispatch(WATER, &[]);
    late.later(hours(24 * 17));
    let refusal = late.refuses(&staff("supervisor", JINJIANG_DESK), &reopen, "reopen.late");
    assert!(refusal.accepted.contains("new call"));
}

#[test]
fn force_close_goes_over_open_threads_and_close_does_not() {
    let mut flow = dispatched();
    let closer = staff("closer", JINJIANG_DESK);
    let close = Command::Close { ground: "done".into(), text: None };
    flow.refuses(&closer, &close, "close.blocked");
    let strange = Command::ForceClose { ground: "because".into(), text: text(9) };
    let refusal = flow.refuses(&closer, &strange, "word.unknown");
    assert!(refusal.accepted.contains("no_power"));
    flow.gives(&closer, Command::ForceClose { ground: "no_power".into(), text: text(9) });
    flow.stands(Spine::Closed);
    assert_eq!(flow.case().open_threads().count(), 0);
    assert!(flow.case().clocks.iter().all(|c| !c.runs()));
    assert_eq!(flow.case().promise().unwrap().kept(), None, "closing by force keeps no promise");
}

#[test]
fn a_question_is_answered_at_once_and_a_complaint_is_not() {
    let mut report = complaint(JINJIANG);
    let intake = staff("intake", CITY_DESK);
    let answer = Command::AnswerDirect { text: text(4) };
    Flow::reported(report.clone(), at(MONDAY)).refuses(&intake, &answer, "answer.approval");
    report.request_type = "consult".into();
    let mut flow = Flow::reported(report, at(MONDAY));
    flow.gives(&intake, answer);
    flow.stands(Spine::Answered);
    assert_eq!(flow.case().open_of(ThreadKind::Dispatch).count(), 0);
    assert_eq!(
        flow.case().open_of(ThreadKind::Callback).count(),
        0,
        "who was answered at once is not called"
    );
    let verdict = Verdict { solved: Some(Solved::Solved), satisfied: Some(Satisfied::Very) };
    flow.gives(&Actor::Caller, Command::Rate { verdict, text: None }).stands(Spine::Closed);
}

#[test]
fn a_patrol_find_keeps_its_promise_by_being_closed() {
    let mut report = complaint(JINJIANG);
    report.source = "patrol".into();
    report.channel = "field".into();
    report.contact = None;
    let mut flow = Flow::reported(report, at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT).finish(CITY_MANAGEMENT);
    let thread = flow.no(ThreadKind::Check);
    let failed = Command::Check { thread, passed: false, text: Some(text(3)) };
    flow.gives(&staff("checker", JINJIANG_DESK), failed);
    assert_eq!(flow.case().reworks, 1);
    flow.sign(CITY_MANAGEMENT).finish(CITY_MANAGEMENT);
    let thread = flow.no(ThreadKind::Check);
    flow.gives(&staff("checker", JINJIANG_DESK), Command::Check { thread, passed: true, text: None });
    flow.gives(&staff("closer", JINJIANG_DESK), Command::Close { ground: "done".into(), text: None });
    assert_eq!(flow.case().promise().unwrap().kept(), Some(true));
}

/// How long the handling may take.
fn handling(flow: &Flow) -> Amount {
    flow.clock(Stage::Handle).limit.as_ref().unwrap().amount
}

fn amount(written: &str) -> Amount {
    written.parse::<Limit>().unwrap().amount
}

fn met(circumstance: &str) -> Command {
    Command::Reclassify {
        matter: None,
        circumstance: Some(circumstance.into()),
        request_type: None,
        urgency: None,
        complex: None,
    }
}

#[test]
fn a_limit_follows_the_circumstance_that_was_met_on_site() {
    let mut report = complaint(JINJIANG);
    report.matter = Some(MatterCode::new("matter.06001").unwrap());
    let mut flow = Flow::reported(report, at(MONDAY));
    let thread = flow.no(ThreadKind::Verify);
    let verify = |confirmed: bool, circumstance: &str| {
        let ground = (!confirmed).then(|| "untrue".into());
        Command::Verify {
            thread,
            confirmed,
            circumstance: Some(circumstance.into()),
            ground,
            of: None,
            text: None,
        }
    };
    let verifier = staff("verifier", JINJIANG_DESK);
    flow.refuses(&verifier, &verify(true, "fenced"), "circumstance.unknown");
    flow.refuses(&verifier, &verify(false, "being-built"), "circumstance.void");
    flow.later(hours(1)).gives(&verifier, verify(true, "being-built"));
    flow.later(minutes(10)).dispatch(CITY_MANAGEMENT, &[]);
    assert_eq!(
        handling(&flow),
        amount("4 working hours"),
        "a building that still grows is stopped the same day"
    );

    // Stopped: from here on the penalty is decided on, and at last it is an ordinary illegal structure again.
    flow.later(hours(2)).gives(&staff("dispatcher", JINJIANG_DESK), met("penalty"));
    freeze("field-circumstance", &flow);
    assert_eq!(handling(&flow), amount("7 working days"));
    assert_eq!(flow.clock(Stage::Handle).generation, 2, "the running clock was set anew");
    let class = Command::Reclassify {
        matter: Some(MatterCode::new("matter.06010").unwrap()),
        circumstance: None,
        request_type: None,
        urgency: None,
        complex: None,
    };
    flow.gives(&staff("dispatcher", JINJIANG_DESK), class);
    assert_eq!(flow.case().facts.as_ref().unwrap().circumstance, None, "it was one of the matter before");
    assert_eq!(handling(&flow), amount("4 working hours"));
    flow.refuses(&staff("dispatcher", JINJIANG_DESK), &met("penalty"), "circumstance.unknown");
}

#[test]
fn a_burst_pipe_is_to_be_fenced_at_once_and_repaired_after() {
    let mut report = complaint(JINJIANG);
    report.request_type = "help".into();
    report.urgency = Urgency::Urgent;
    report.matter = Some(MatterCode::new("request.0401").unwrap());
    let wrong = Report { circumstance: Some("flooded".into()), ..report.clone() };
    let wrong = Command::Report(Box::new(wrong));
    let refused = Flow::new(at(MONDAY)).refuses(&staff("intake", CITY_DESK), &wrong, "circumstance.unknown");
    assert_eq!(refused.accepted, "not-fenced, fenced");
    report.circumstance = Some("not-fenced".into());
    let mut flow = Flow::reported(report, at(MONDAY));
    flow.later(minutes(5)).dispatch(WATER, &[]);
    assert_eq!(handling(&flow), amount("3 h"));
    flow.later(hours(2)).gives(&staff("dispatcher", JINJIANG_DESK), met("fenced"));
    assert_eq!(handling(&flow), amount("8 h"));
}
