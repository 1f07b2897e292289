//! When a changed value binds: a parameter of each sort is changed under a running case, and exactly the
//! promised happens.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::decide::touched;
use huying_core::case::event::*;
use huying_core::case::state::Spine;
use huying_core::case::thread::ThreadKind;
use huying_core::clock::Limit;
use huying_core::figures::{Rate, WhistleFigures};
use huying_core::observation::{Satisfied, Solved};
use huying_core::profile::Binds;
use huying_core::rules::Rules;

const MONDAY: &str = "2026-03-02 09:00";

/// The shipped city whose profile says more on top of Chengdu's.
fn changed(more: &str) -> &'static Rules {
    let mut folder = ladder_folder();
    folder.put("profile.toml", format!("[profile]\non = \"chengdu\"\n{more}"));
    Box::leak(Box::new(rules_of(&folder)))
}

fn limit(stage: &str, when: &str, limit: &str) -> String {
    format!(
        "[[procedure.limit]]\nstage = \"{stage}\"\n{when}limit = \"{limit}\"\nsource = \"test\"\n\
         status = \"proposal\"\n"
    )
}

fn hotline(text: &str) -> String {
    format!("[[procedure]]\nid = \"hotline\"\n{text}")
}

/// A case that is dispatched and signed, and the rules that come into force then.
fn signed() -> Flow {
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    flow
}

#[test]
fn a_limit_binds_the_clocks_that_start_after_it() {
    assert_eq!(Binds::of("procedure.limit.limit", Some("1 h")), Binds::ClockStart);
    let short = changed(&hotline(&(limit("handle", "", "1 working day") + &limit("callback", "", "2 h"))));
    let mut flow = signed();
    let before = flow.clock(Stage::Handle).clone();
    flow.rules = short;
    assert_eq!(flow.clock(Stage::Handle), &before, "a clock that runs keeps its limit and its due");
    flow.later(hours(3)).contact(CITY_MANAGEMENT);
    assert_eq!(
        (flow.clock(Stage::Handle).due, flow.clock(Stage::Handle).limit.clone()),
        (before.due, before.limit)
    );
    // Even setting clocks anew, as a published calendar does, counts the limit the clock started with.
    let same = flow.decides(&Actor::Clock, &Command::ResetClocks {}).unwrap_err();
    assert_eq!(same.rule, "calendar.same");
    // A clock that starts now has the new limit, in the same case.
    flow.finish(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    assert_eq!(
        flow.clock(Stage::Callback).limit.clone().unwrap().amount,
        "2 h".parse::<Limit>().unwrap().amount
    );
    // And a case that comes now has both.
    let mut next = Flow::under(short, at(MONDAY));
    next.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(complaint(JINJIANG))));
    next.dispatch(CITY_MANAGEMENT, &[]);
    assert!(next.clock(Stage::Handle).due < before.due);
}

#[test]
fn what_other_limits_would_touch_is_said_and_touches_nothing() {
    let short = changed(&hotline(&(limit("handle", "", "1 working day") + &limit("callback", "", "2 h"))));
    let flow = signed();
    assert_eq!(touched(flow.case(), flow.rules, flow.now), []);
    let before = flow.case().clone();
    let found = touched(flow.case(), short, flow.now);
    assert_eq!(flow.case(), &before);
    let said: Vec<_> =
        found.iter().map(|t| (t.stage, t.would.as_ref().unwrap().amount.to_string())).collect();
    assert_eq!(said, [(Stage::Handle, "1 working days".to_owned())], "the callback does not run yet");
    // Rules that lack the procedure say no limit at all.
    let none = changed("without = [\"procedure.hotline\"]\n");
    let lost = touched(flow.case(), none, flow.now);
    assert!(!lost.is_empty() && lost.iter().all(|t| t.would.is_none()));
}

#[test]
fn the_near_rule_binds_when_a_clock_starts() {
    assert_eq!(Binds::of("settings.near", Some("20%")), Binds::ClockStart);
    let early = changed("[settings]\nnear = \"90%\"\nsource = \"test\"\nstatus = \"proposal\"\n");
    let mut flow = signed();
    let (handle, promise) = (flow.clock(Stage::Handle).near, flow.case().promise().unwrap().near);
    flow.rules = early;
    flow.later(hours(1)).contact(CITY_MANAGEMENT).finish(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    assert_eq!((flow.clock(Stage::Handle).near, flow.case().promise().unwrap().near), (handle, promise));
    let callback = flow.clock(Stage::Callback);
    let (near, span) = (callback.near.unwrap(), callback.due.0 - callback.start.0);
    assert!(near.0 - callback.start.0 < span / 2, "of a clock that starts now most of the time is near");
}

#[test]
fn a_procedure_binds_the_cases_that_are_opened_after_it() {
    assert_eq!(Binds::of("procedure.when", None), Binds::Opening);
    // A new procedure that would fit the open case, in front of all others.
    let base = huying_core::profile::shipped("base").unwrap();
    let from = base.find("[[procedure]]\nid = \"hotline\"").unwrap();
    let table = &base[from..from + base[from..].find("[[procedure.limit]]").unwrap()];
    let swift = table.replace("\"hotline\"", "\"swift\"") + &limit("promise", "", "1 h");
    let new = changed(&swift);
    let mut flow = signed();
    flow.rules = new;
    flow.later(hours(1)).contact(CITY_MANAGEMENT).finish(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    flow.says(Solved::Solved, Satisfied::Satisfied);
    assert_eq!(flow.case().facts.as_ref().unwrap().procedure.as_str(), "hotline");
    let mut next = Flow::under(new, at(MONDAY));
    next.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(complaint(JINJIANG))));
    assert_eq!(next.case().facts.as_ref().unwrap().procedure.as_str(), "swift");
    assert_eq!(next.case().promise().unwrap().due, at("2026-03-02 10:00"));
}

#[test]
fn a_live_value_counts_at_once_on_a_case_that_runs() {
    for path in
        ["settings.undo_minutes", "procedure.contact_first", "procedure.rework.raise_after", "role.may"]
    {
        assert_eq!(Binds::of(path, None), Binds::Live, "{path}");
    }
    assert_eq!(Binds::of("procedure.closing.reopen", Some("15 days")), Binds::Live);
    // How long a step can be taken back.
    let strict = changed("[settings]\nundo_minutes = 5\nsource = \"test\"\nstatus = \"proposal\"\n");
    let mut flow = signed();
    flow.later(minutes(10));
    let undo = Command::Undo {};
    assert!(flow.decides(&staff("handler", CITY_MANAGEMENT), &undo).is_ok());
    flow.rules = strict;
    let late = flow.refuses(&staff("handler", CITY_MANAGEMENT), &undo, "undo.not-yours");
    assert_eq!(late.accepted, "within 5 minutes");
    // Whether the caller must be contacted before an order is finished.
    let lax = changed(&hotline("contact_first = false\nsource = \"test\"\nstatus = \"proposal\"\n"));
    let finish =
        Command::Finish { thread: flow.handling(CITY_MANAGEMENT), effort: Effort::default(), text: text(3) };
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &finish, "handling.contact-first");
    flow.rules = lax;
    flow.gives(&staff("handler", CITY_MANAGEMENT), finish);
    // How long a closed case can be taken up again.
    flow.replied(CITY_MANAGEMENT).says(Solved::Solved, Satisfied::Satisfied);
    flow.stands(Spine::Closed);
    let short = changed(&hotline("closing.reopen = \"1 h\"\nsource = \"test\"\nstatus = \"proposal\"\n"));
    flow.later(hours(24));
    let reopen = Command::Reopen { ground: "not_solved".into(), text: text(4) };
    assert!(flow.decides(&staff("callback", JINJIANG_DESK), &reopen).is_ok());
    flow.rules = short;
    flow.refuses(&staff("callback", JINJIANG_DESK), &reopen, "reopen.late");
}

#[test]
fn what_counts_as_good_binds_the_figures_that_are_drawn_after_it() {
    assert_eq!(Binds::of("whistling.good", None), Binds::PeriodEnd);
    let rules = ladder_rules();
    let one = |role: &str, of: &str| who(rules, role, of, 0);
    let mut flow = Flow::under(rules, at(MONDAY));
    let mut report = complaint(JINJIANG);
    report.source = "to-grid".into();
    flow.gives(&Actor::Caller, Command::Report(Box::new(report)));
    let rung = flow.no(ThreadKind::Rung);
    flow.gives(&one("street", STREET), Command::Acknowledge { thread: rung });
    let blow = Command::Whistle { kind: "everyday".into(), units: vec![unit(HOUSING)], text: text(30) };
    flow.gives(&one("street", STREET), blow);
    let thread = flow.no(ThreadKind::Summons);
    flow.gives(&one("handler", HOUSING), Command::Arrive { thread, text: None });
    let measure = Some("repaired".into());
    flow.gives(&one("handler", HOUSING), Command::StateMeasure { thread, measure, text: text(32) });
    flow.gives(
        &one("handler", HOUSING),
        Command::Finish { thread, effort: Effort::default(), text: text(33) },
    );
    let fair = Command::Confirm { thread, confirmed: true, grade: Some("fair".into()), text: None };
    flow.gives(&one("street", STREET), fair);
    let strict = changed("[whistling]\ngood = [\"good\"]\nsource = \"test\"\nstatus = \"proposal\"\n");
    let good = |rules: &Rules| {
        let mut figures = WhistleFigures::default();
        figures.add(flow.case(), rules.profile.whistling.as_ref().unwrap());
        figures.rate(&unit(HOUSING), "summons_good")
    };
    assert_eq!(
        (good(rules), good(strict)),
        (Rate::new(1, 1), Rate::new(0, 1)),
        "of the same case, by the rules when it is drawn"
    );
}
