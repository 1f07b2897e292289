//! The profiles that ship: no fault on their own or with the city, every value with its source.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::state::Spine;
use huying_core::case::thread::ThreadKind;
use huying_core::observation::{Satisfied, Solved};
use huying_core::profile::{Binds, Entry, Profile, SHIPPED, entries, shipped};
use huying_core::rules::Rules;
use std::collections::BTreeSet;

fn find(name: &str) -> Option<String> {
    shipped(name).map(str::to_owned)
}

fn all(name: &str) -> Vec<Entry> {
    entries("profile.toml", shipped(name).unwrap(), &find).unwrap()
}

/// The shipped city under a shipped profile, with somebody on every rung.
fn folder_under(name: &str) -> huying_core::city::Folder {
    let mut folder = ladder_folder();
    folder.put("profile.toml", format!("[profile]\non = \"{name}\"\n"));
    folder
}

#[test]
fn each_has_no_fault_on_its_own_and_with_the_city() {
    for (name, text) in SHIPPED {
        let (profile, faults) = Profile::read(text);
        assert!(faults.is_empty(), "{name}: {faults:#?}");
        assert_eq!(profile.unwrap().id, name);
        let (rules, faults) =
            huying_core::rules::Rules::read(&folder_under(name), huying_core::ids::Edition(1));
        assert!(faults.is_empty() && rules.is_some(), "{name}: {faults:#?}");
    }
}

/// 立案审批 is with somebody who may give it; each fault is said once.
#[test]
fn a_case_is_registered_by_a_role_that_may() {
    let text = shipped("classic-city-management").unwrap();
    let ships = r#"thread = "register", holder = { role = "closer" }"#;
    assert_eq!(text.matches(ships).count(), 1);
    for (holder, problem) in [
        (r#"{ role = "intake" }"#, "a intake does not give `register`"),
        (r#"{ role = "closr" }"#, "`closr` is no role"),
        (r#""caller""#, "`register` is with Caller"),
    ] {
        let other = text.replace(ships, &format!(r#"thread = "register", holder = {holder}"#));
        let (_, faults) = Profile::read(&other);
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(said.len() == 1 && said[0].contains(problem), "{holder}: {said:?}");
    }
}

#[test]
fn every_value_says_where_it_stands_and_how_sure_that_is() {
    for (name, _) in SHIPPED {
        for entry in all(name) {
            if entry.path.starts_with("profile.") {
                continue;
            }
            assert!(!entry.source.trim().is_empty(), "{name}: {} has no source", entry.path);
            let known = ["verified", "reported", "general", "proposal"];
            assert!(known.contains(&entry.status.as_str()), "{name}: {} is {:?}", entry.path, entry.status);
        }
    }
}

#[test]
fn paths_are_each_one_value_and_lines_are_those_of_the_layers_file() {
    for (name, _) in SHIPPED {
        let all = all(name);
        let paths: BTreeSet<&str> = all.iter().map(|e| e.path.as_str()).collect();
        assert_eq!(paths.len(), all.len(), "{name}");
        for entry in &all {
            let file = if entry.layer == "profile.toml" { name } else { entry.layer.as_str() };
            let lines = shipped(file).unwrap().lines().count();
            assert!((1..=lines).contains(&(entry.line as usize)), "{name}: {entry:?}");
        }
    }
    let chengdu = all("chengdu");
    let of = |path: &str| chengdu.iter().find(|e| e.path == path).unwrap_or_else(|| panic!("{path}"));
    let promise = of("procedure.hotline.limit.promise(request_type=consult).limit");
    assert_eq!((promise.value.as_str(), promise.status.as_str()), ("\"3 working days\"", "verified"));
    assert_eq!((promise.layer.as_str(), promise.binds), ("profile.toml", Binds::ClockStart));
    // One value may be surer than the table it stands in.
    let (on_site, measure) = (of("whistle.emergency.on_site"), of("whistle.emergency.measure"));
    assert_eq!((on_site.status.as_str(), measure.status.as_str()), ("verified", "proposal"));
    assert!(on_site.source.contains("Pinggu") && !chengdu.iter().any(|e| e.path.contains("stands")));
    let undo = of("settings.undo_minutes");
    assert_eq!((undo.layer.as_str(), undo.binds), ("base", Binds::Live));
    assert!(undo.source.starts_with("house proposal"));
    // A value that was inherited keeps the source of the layer that said it.
    let raise = of("procedure.hotline.callback_tries");
    assert_eq!(raise.source, "the common outline of hotline procedures");
    assert_eq!(of("whistling.good").binds, Binds::PeriodEnd);
    assert_eq!(of("procedure.grid-call.when").binds, Binds::Opening);
    assert_eq!(of("procedure.hotline.closing.reopen").binds, Binds::Live);
    assert_eq!(of("ladder.rung.grid.acknowledge").binds, Binds::ClockStart);
    assert_eq!(of("whistle.emergency.on_site").binds, Binds::ClockStart);
}

// ---- each drives what it has ----

fn rules_under(name: &str) -> &'static Rules {
    Box::leak(Box::new(rules_of(&folder_under(name))))
}

fn taken_in(name: &str, source: &str, by: &Actor) -> Flow {
    let mut flow = Flow::under(rules_under(name), at("2026-03-02 09:00"));
    let mut report = complaint(JINJIANG);
    report.source = source.into();
    if source != "public" {
        report.contact = None;
    }
    flow.gives(by, Command::Report(Box::new(report)));
    flow
}

#[test]
fn a_hotline_order_runs_to_its_close_under_each_that_has_one() {
    for (name, promise) in [
        ("base", "2026-03-23 18:00"),
        ("beijing", "2026-03-11 00:00"),
        ("chengdu", "2026-03-23 18:00"),
        ("guangming", "2026-03-23 18:00"),
        ("pudong", "2026-03-23 18:00"),
    ] {
        let mut flow = taken_in(name, "public", &staff("intake", CITY_DESK));
        assert_eq!(flow.case().facts.as_ref().unwrap().procedure.as_str(), "hotline", "{name}");
        assert_eq!(flow.case().promise().unwrap().due, at(promise), "{name}");
        flow.dispatch(CITY_MANAGEMENT, &[]).handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
        flow.says(Solved::Solved, Satisfied::Satisfied);
        flow.stands(Spine::Closed);
    }
    let classic = taken_in("classic-city-management", "public", &staff("intake", CITY_DESK));
    assert_eq!(classic.case().facts.as_ref().unwrap().procedure.as_str(), "city-management");
    assert_eq!(
        classic.clock(Stage::Verify).due,
        at("2026-03-03 09:00"),
        "a public report is looked at first"
    );
}

/// 疑难复杂: what is hard and complex is answered and handled within fifteen days, from the same start.
#[test]
fn what_is_hard_and_complex_has_fifteen_days_in_beijing() {
    let mut flow = taken_in("beijing", "public", &staff("intake", CITY_DESK));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    assert_eq!(flow.clock(Stage::Handle).due, at("2026-03-10 00:00"));
    let complex = Some(true);
    let class =
        Command::Reclassify { matter: None, circumstance: None, request_type: None, urgency: None, complex };
    flow.gives(&staff("dispatcher", JINJIANG_DESK), class);
    freeze("event-reclassified-complex", &flow);
    assert_eq!(flow.case().promise().unwrap().due, at("2026-03-18 00:00"));
    assert_eq!(flow.clock(Stage::Handle).due, at("2026-03-18 00:00"));
    assert!(flow.case().open_of(ThreadKind::Check).next().is_none(), "an order of its hotline has no check");
}

#[test]
fn a_find_of_a_patrol_is_dispatched_handled_checked_and_closed_under_each() {
    for (name, _) in SHIPPED {
        let mut flow = taken_in(name, "patrol", &staff("checker", JINJIANG_DESK));
        let waits = flow.case().open_of(ThreadKind::Register).next().map(|t| t.no);
        if let Some(thread) = waits {
            assert_eq!(name, "classic-city-management", "there the duty head opens it first");
            let opens = Command::Register {
                thread,
                granted: true,
                circumstance: None,
                ground: None,
                of: None,
                text: None,
            };
            flow.shows(&staff("verifier", JINJIANG_DESK), &["near", "far", "landmark"]);
            flow.gives(&staff("closer", JINJIANG_DESK), opens);
        }
        flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
        flow.shows(&staff("handler", CITY_MANAGEMENT), &["after"]).finish(CITY_MANAGEMENT);
        assert_eq!(flow.clock(Stage::Check).due, at("2026-03-02 11:00"), "{name}");
        let thread = flow.no(ThreadKind::Check);
        let pass = Command::Check { thread, passed: true, text: Some(text(5)) };
        flow.gives(&nth("checker", JINJIANG_DESK, 0), pass);
        flow.gives(&staff("closer", JINJIANG_DESK), Command::Close { ground: "done".into(), text: None });
        flow.stands(Spine::Closed);
    }
}

#[test]
fn a_call_on_the_ladder_begins_at_the_lowest_rung_of_each_that_has_one() {
    for (name, source, rung, unit, due) in [
        ("base", "to-grid", "micro-grid", MICRO, "2026-03-02 10:00"),
        ("chengdu", "to-grid", "micro-grid", MICRO, "2026-03-02 10:00"),
        ("guangming", "station", "grid", GRID, "2026-03-02 09:10"),
        ("pudong", "to-grid", "community", COMMUNITY, "2026-03-02 10:00"),
    ] {
        let mut flow = Flow::under(rules_under(name), at("2026-03-02 09:00"));
        let mut report = complaint(MICRO_PLACE);
        report.source = source.into();
        flow.gives(&Actor::Caller, Command::Report(Box::new(report)));
        let thread = flow.open(ThreadKind::Rung);
        assert_eq!(
            (thread.label.as_deref(), thread.holder.as_unit().unwrap().as_str()),
            (Some(rung), unit),
            "{name}"
        );
        assert_eq!(flow.clock(Stage::Acknowledge).due, at(due), "{name}");
        // A missed clock climbs.
        flow.until(at(due).plus(1000));
        assert_ne!(flow.open(ThreadKind::Rung).label.as_deref(), Some(rung), "{name}");
    }
    assert!(rules_under("beijing").profile.ladder.is_none());
}

#[test]
fn a_whistle_is_blown_and_answered_under_each_that_has_one() {
    for (name, kind, on_site) in [
        ("base", "emergency", Some("2026-03-02 09:30")),
        ("beijing", "emergency", Some("2026-03-02 09:30")),
        ("chengdu", "emergency", Some("2026-03-02 09:30")),
        ("guangming", "order", Some("2026-03-03 09:00")),
    ] {
        let mut flow = taken_in(name, "public", &staff("intake", CITY_DESK));
        flow.dispatch(STREET, &[]);
        let by = who(flow.rules, "street", STREET, 0);
        let blow = Command::Whistle { kind: kind.into(), units: vec![unit(HOUSING)], text: text(30) };
        flow.gives(&by, blow);
        if let Some(due) = on_site {
            assert_eq!(flow.clock(Stage::OnSite).due, at(due), "{name}");
        }
        let thread = flow.no(ThreadKind::Summons);
        flow.gives(&who(flow.rules, "handler", HOUSING, 0), Command::Arrive { thread, text: None });
    }
    for name in ["pudong", "classic-city-management"] {
        assert!(rules_under(name).profile.whistles.is_empty(), "{name}");
    }
}

/// 人工二次甄别: what a sensor found is looked at by a person within ten minutes, and is nothing or is sent.
#[test]
fn an_alarm_in_pudong_gets_a_second_look() {
    let sensor = Actor::System(huying_core::ids::SystemId::new("cameras").unwrap());
    for (confirmed, spine) in [(true, Spine::Open), (false, Spine::Void)] {
        let mut flow = taken_in("pudong", "sensor", &sensor);
        assert_eq!(flow.clock(Stage::Verify).due, at("2026-03-02 09:10"));
        assert!(flow.case().open_of(ThreadKind::Dispatch).next().is_none());
        let (thread, ground) = (flow.no(ThreadKind::Verify), (!confirmed).then(|| "untrue".into()));
        let verify = Command::Verify { thread, confirmed, circumstance: None, ground, of: None, text: None };
        flow.gives(&staff("verifier", JINJIANG_DESK), verify);
        flow.stands(spine);
        assert_eq!(flow.case().open_of(ThreadKind::Dispatch).count(), usize::from(confirmed));
    }
}

/// 社区发令、部门执行: the community orders a department, verifies what it did, and nobody else does.
#[test]
fn a_community_in_guangming_orders_and_verifies() {
    let mut flow = Flow::under(rules_under("guangming"), at("2026-03-02 09:00"));
    let mut report = complaint(MICRO_PLACE);
    report.source = "station".into();
    flow.gives(&Actor::Caller, Command::Report(Box::new(report)));
    let thread = flow.no(ThreadKind::Rung);
    let worker = who(flow.rules, "grid-worker", GRID, 0);
    flow.gives(&worker, Command::Climb { thread, text: text(20) });
    let thread = flow.no(ThreadKind::Rung);
    let community = who(flow.rules, "community", COMMUNITY, 0);
    flow.gives(&community, Command::Acknowledge { thread });
    let order = Command::Whistle { kind: "order".into(), units: vec![unit(HOUSING)], text: text(30) };
    flow.refuses(&worker, &order, "powers.role");
    flow.gives(&community, order);
    assert_eq!(flow.clock(Stage::Acknowledge).due, at("2026-03-02 09:10"));
    let thread = flow.no(ThreadKind::Summons);
    let housing = who(flow.rules, "handler", HOUSING, 0);
    flow.gives(&housing, Command::Arrive { thread, text: None });
    flow.gives(&housing, Command::StateMeasure { thread, measure: None, text: text(31) });
    flow.gives(&housing, Command::Finish { thread, effort: Effort::default(), text: text(32) });
    let verify = |confirmed| Command::Confirm { thread, confirmed, grade: None, text: None };
    flow.refuses(&who(flow.rules, "street", STREET, 0), &verify(true), "thread.caller");
    let close = Command::Close { ground: "done".into(), text: None };
    flow.refuses(&staff("closer", JINJIANG_DESK), &close, "close.blocked");
    flow.gives(&community, verify(true));
    assert_eq!(flow.open(ThreadKind::Rung).step, huying_core::case::thread::Step::Done);
}

/// 咨询、求助、投诉、举报、建议: each of the five is an order of the hotline, and has an answer in the end.
#[test]
fn each_of_the_five_types_of_call_in_beijing_is_answered() {
    let types: Vec<String> =
        rules_under("beijing").profile.words.request_type.iter().map(|w| w.code.to_string()).collect();
    assert_eq!(types, ["consult", "help", "complaint", "report", "suggest"]);
    for kind in types {
        let mut flow = Flow::under(rules_under("beijing"), at("2026-03-02 09:00"));
        let mut report = complaint(JINJIANG);
        report.request_type = kind.as_str().into();
        flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(report)));
        if kind == "consult" {
            // What is known at the desk is answered there, and no order is made.
            flow.gives(&staff("intake", CITY_DESK), Command::AnswerDirect { text: text(4) });
            assert!(flow.case().threads.iter().all(|t| t.kind != ThreadKind::Handling), "{kind}");
            continue;
        }
        flow.dispatch(CITY_MANAGEMENT, &[]).handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
        flow.says(Solved::Solved, Satisfied::Satisfied);
        flow.stands(Spine::Closed);
    }
}
