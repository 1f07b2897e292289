//! Orders that a system above governs: what is owed to it, in which form, its receipts, urges and verdict.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::apply::apply_record;
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::notice::{NoticeKind, Recipient, notices};
use huying_core::case::state::{Case, Spine, Thread};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::*;
use huying_core::observation::{Satisfied, Solved};
use huying_core::time::Time;

const DESK: &str = JINJIANG_DESK;

fn above() -> Actor {
    Actor::System(SystemId::new("hotline-12345").unwrap())
}

fn due() -> Time {
    at("2026-03-06 18:00")
}

/// An order of the system above, in a form.
fn ordered(format: Option<&str>) -> Flow {
    let mut report = complaint(JINJIANG);
    (report.source, report.channel) = ("transfer".into(), "system".into());
    report.request_type = "help".into();
    let system = SystemId::new("hotline-12345").unwrap();
    let format = format.map(Into::into);
    report.governed = Some((Governed { system, external_id: "CD-1".into(), format }, due()));
    let mut flow = Flow::new(at("2026-03-02 09:00"));
    flow.gives(&above(), Command::Report(Box::new(report)));
    flow
}

fn owed<'a>(flow: &'a Flow, label: &str) -> &'a Thread {
    let all = &flow.case().threads;
    let found =
        all.iter().rev().find(|t| t.kind == ThreadKind::External && t.label.as_deref() == Some(label));
    found.unwrap_or_else(|| panic!("`{label}` is not owed: {all:?}"))
}

fn answered(format: Option<&str>) -> Flow {
    let mut flow = ordered(format);
    flow.dispatch(CITY_MANAGEMENT, &[]);
    flow.handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    flow
}

fn receipt(flow: &Flow, label: &str, accepted: bool) -> Command {
    Command::Receipt { thread: owed(flow, label).no, accepted, receipt: Some("r-1".into()) }
}

fn judge() -> Command {
    let verdict = Verdict { solved: Some(Solved::Solved), satisfied: Some(Satisfied::Basically) };
    Command::Judge { verdict, text: None }
}

fn told(flow: &Flow) -> Vec<(NoticeKind, Recipient)> {
    let n = flow.records.len();
    let before: Option<Case> = flow.fold(n - 1);
    let after = apply_record(before.clone(), &flow.records[n - 1]);
    notices(&flow.records[n - 1], before.as_ref(), &after).into_iter().map(|n| (n.kind, n.to)).collect()
}

fn freeze(flow: &Flow, name: &str) {
    if let Ok(dir) = std::env::var("HUYING_FREEZE") {
        let frozen = serde_json::json!({ "records": flow.records, "case": flow.case });
        let path = std::path::Path::new(&dir).join(format!("{name}.json"));
        std::fs::write(path, serde_json::to_string_pretty(&frozen).unwrap()).unwrap();
    }
}

/// 延期 of a governed order: our own approval asks above, and only the system above moves its time.
#[test]
fn more_time_is_asked_of_the_system_above_which_alone_moves_the_order() {
    let mut flow = ordered(Some("plain"));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    let (thread, handler) = (flow.handling(CITY_MANAGEMENT), staff("handler", CITY_MANAGEMENT));
    let (until, order) = (at("2026-03-13 18:00"), flow.clock(Stage::Handle).due);
    flow.gives(&handler, Command::AskExtension { thread, until, text: text(20) });
    let asked = flow.no(ThreadKind::Extension);
    let grant = Command::DecideExtension { thread: asked, granted: true, text: Some(text(21)) };
    flow.gives(&staff("approver", JINJIANG_DESK), grant);
    freeze(&flow, "governed-more-time");
    assert_eq!(flow.case().promise().unwrap().due, due(), "nobody here moves it");
    assert_eq!(flow.clock(Stage::Handle).due, order, "nor what it is due from the unit");
    assert_eq!((owed(&flow, "more-time").step, owed(&flow, "more-time").until), (Step::Sent, Some(until)));
    let yes = receipt(&flow, "more-time", true);
    flow.gives(&above(), yes);
    let later = at("2026-03-11 18:00");
    flow.gives(&above(), Command::UrgeAbove { due: Some(later), text: None });
    assert_eq!(flow.case().promise().unwrap().due, later);
    assert_eq!(flow.clock(Stage::Handle).due, later, "what was granted, as far as the system above lets it");
}

#[test]
fn a_refused_request_for_more_time_leaves_the_order_due_when_it_was() {
    let mut flow = ordered(None);
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    let (thread, until) = (flow.handling(CITY_MANAGEMENT), at("2026-03-13 18:00"));
    flow.gives(&staff("handler", CITY_MANAGEMENT), Command::AskExtension { thread, until, text: text(20) });
    let asked = flow.no(ThreadKind::Extension);
    let grant = Command::DecideExtension { thread: asked, granted: true, text: None };
    flow.gives(&staff("approver", JINJIANG_DESK), grant);
    flow.gives(&above(), receipt(&flow, "more-time", false));
    assert_eq!(flow.case().promise().unwrap().due, due());
    assert!(flow.case().open_of(ThreadKind::External).all(|t| t.label.as_deref() != Some("more-time")));

    let rules = rules_with(&[("{ label = \"more-time\", on = \"extended\" },", "")]);
    let mut flow = Flow { rules, ..ordered(None) };
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    let ask = Command::AskExtension { thread: flow.handling(CITY_MANAGEMENT), until, text: text(20) };
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &ask, "extension.governed");
}

/// A time that has passed is no leave to set another.
#[test]
fn an_order_that_is_overdue_above_is_given_no_time_below() {
    let rules = rules_with(&[("{ label = \"more-time\", on = \"extended\" },", "")]);
    let mut flow = Flow { rules, ..ordered(None) };
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    flow.until(due().plus(minutes(60)));
    assert_eq!(flow.case().promise().unwrap().kept(), Some(false));
    let (thread, until) = (flow.handling(CITY_MANAGEMENT), at("2026-03-20 18:00"));
    let ask = Command::AskExtension { thread, until, text: text(20) };
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &ask, "extension.governed");
}

#[test]
fn an_order_is_signed_answered_refused_once_answered_again_judged_and_closed() {
    let mut flow = ordered(Some("plain"));
    assert_eq!(flow.case().promise().unwrap().due, due());
    assert_eq!(
        (owed(&flow, "signed").step, &owed(&flow, "signed").caller),
        (Step::Waiting, &Holder::unit(unit(DESK)))
    );
    flow.dispatch(CITY_MANAGEMENT, &[]);
    assert_eq!(owed(&flow, "signed").step, Step::Waiting, "the unit has not signed yet");
    flow.sign(CITY_MANAGEMENT);
    assert_eq!(owed(&flow, "signed").step, Step::Sent);
    let system = SystemId::new("hotline-12345").unwrap();
    assert!(
        told(&flow).contains(&(NoticeKind::Owed, Recipient::System(system.clone()))),
        "{:?}",
        told(&flow)
    );
    let signed = receipt(&flow, "signed", true);
    flow.gives(&above(), signed.clone());
    flow.refuses(&above(), &signed, "thread.ended");
    flow.contact(CITY_MANAGEMENT).finish(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    flow.stands(Spine::Answered);
    assert!(flow.case().open_of(ThreadKind::Callback).next().is_none(), "the system above asks the caller");
    assert_eq!(owed(&flow, "reply").step, Step::Sent);

    flow.gives(&above(), receipt(&flow, "reply", false));
    let second = owed(&flow, "reply");
    assert_eq!((second.step, second.round), (Step::Waiting, 1));
    assert!(told(&flow).contains(&(NoticeKind::SentBack, Recipient::Unit(unit(DESK)))), "{:?}", told(&flow));
    let thread = second.no;
    let send = Command::Send { thread, text: Some(text(40)) };
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &send, "powers.role");
    flow.gives(&staff("dispatcher", DESK), send.clone());
    flow.refuses(&staff("dispatcher", DESK), &send, "external.sent");
    flow.gives(&above(), receipt(&flow, "reply", true));
    flow.stands(Spine::Answered);
    flow.gives(&above(), judge());
    flow.stands(Spine::Closed);
    assert_eq!(flow.case().verdict_by, Some(VerdictBy::Governing));
    freeze(&flow, "governed-two-rounds");
}

#[test]
fn an_urge_and_another_due_time_are_inputs() {
    let mut flow = ordered(None);
    let urge = |due, text| Command::UrgeAbove { due, text };
    flow.refuses(&above(), &urge(None, None), "urge.empty");
    flow.refuses(&above(), &urge(Some(at("2026-03-01 09:00")), None), "urge.due");
    let other = Actor::System(SystemId::new("elsewhere").unwrap());
    flow.refuses(&other, &urge(None, Some(text(41))), "powers.actor");
    flow.gives(&above(), urge(Some(at("2026-03-04 18:00")), Some(text(41))));
    assert_eq!(flow.case().promise().unwrap().due, at("2026-03-04 18:00"));
    assert!(flow.events().iter().any(|e| matches!(e, Event::ClockReset { why: ResetWhy::Governed, .. })));
    assert_eq!(told(&flow).iter().filter(|(kind, _)| *kind == NoticeKind::Urged).count(), 1);
    freeze(&flow, "governed-urged");
}

#[test]
fn an_order_that_is_not_ours_is_given_back_in_time_and_only_with_a_yes() {
    let back = Command::ReturnAbove { text: text(42) };
    let mut flow = ordered(None);
    flow.gives(&staff("dispatcher", DESK), back.clone());
    flow.refuses(&staff("dispatcher", DESK), &back, "thread.pending");
    flow.gives(&above(), receipt(&flow, "returned", false));
    flow.stands(Spine::Open);
    flow.gives(&staff("dispatcher", DESK), back.clone());
    flow.gives(&above(), receipt(&flow, "returned", true));
    flow.stands(Spine::Void);
    freeze(&flow, "governed-given-back");

    let mut late = ordered(None);
    late.until(at("2026-03-04 09:00"));
    late.refuses(&staff("dispatcher", DESK), &back, "external.return-late");
    let mut own = Flow::reported(complaint(JINJIANG), at("2026-03-02 09:00"));
    own.refuses(&staff("dispatcher", DESK), &back, "external.none");
}

#[test]
fn a_reply_waits_until_it_has_what_its_form_asks_for() {
    let mut flow = answered(Some("with-pictures"));
    let thread = owed(&flow, "reply").no;
    assert_eq!(owed(&flow, "reply").step, Step::Waiting);
    let send = Command::Send { thread, text: None };
    let refusal = flow.refuses(&staff("dispatcher", DESK), &send, "external.format");
    assert!(refusal.to_string().contains("1 files"), "{refusal}");
    let files = Command::Attach { files: vec!["b3-1".into()], thread: None, label: Some("after".into()) };
    flow.gives(&staff("intake", CITY_DESK), files);
    flow.gives(&staff("dispatcher", DESK), send);
    assert_eq!(owed(&flow, "reply").step, Step::Sent);
    assert_eq!(flow.case().clock(ClockNo(1)).unwrap().due, due());
}

#[test]
fn a_word_that_happens_by_itself_is_not_sent_by_hand() {
    let mut flow = ordered(None);
    let thread = owed(&flow, "signed").no;
    flow.refuses(&staff("dispatcher", DESK), &Command::Send { thread, text: None }, "external.early");
    flow.refuses(&above(), &receipt(&flow, "signed", true), "thread.step");
    flow.refuses(&above(), &judge(), "spine.step");
}

#[test]
fn a_missed_receipt_is_told_to_the_desk_and_the_verdict_ends_the_wait() {
    let mut flow = answered(Some("plain"));
    flow.later(hours(3));
    let missed: Vec<_> = flow.case().clocks.iter().filter(|c| c.missed_at.is_some()).collect();
    assert!(missed.iter().any(|c| c.stage == Stage::Acknowledge), "{missed:?}");
    assert!(told(&flow).contains(&(NoticeKind::Overdue, Recipient::Unit(unit(DESK)))), "{:?}", told(&flow));
    assert!(owed(&flow, "reply").is_open());
    flow.gives(&above(), judge());
    flow.stands(Spine::Closed);
}

#[test]
fn a_verdict_of_not_solved_sends_the_case_back_and_another_reply_is_owed() {
    let mut flow = answered(Some("plain"));
    flow.gives(&above(), receipt(&flow, "reply", true));
    let verdict = Verdict { solved: Some(Solved::NotSolved), satisfied: None };
    flow.gives(&above(), Command::Judge { verdict, text: None });
    flow.stands(Spine::Open);
    flow.handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    assert_eq!(owed(&flow, "reply").step, Step::Sent);
}
