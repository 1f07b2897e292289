//! Corrections, powers kept apart, undoing, merged cases, scores: told as stories.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::{Command, Followed};
use huying_core::case::decide::kept_from;
use huying_core::case::event::*;
use huying_core::case::state::*;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::*;
use huying_core::observation::{Satisfied, Solved};

const MONDAY: &str = "2026-03-02 09:00";

fn reported() -> Flow {
    Flow::reported(complaint(JINJIANG), at(MONDAY))
}

fn dispatched() -> Flow {
    let mut flow = reported();
    flow.later(minutes(20)).dispatch(CITY_MANAGEMENT, &[]);
    flow
}

fn dispatcher() -> Actor {
    staff("dispatcher", JINJIANG_DESK)
}

/// The same natural person acting from another post.
fn same_person(person: &Actor, post: &Actor, deputy: bool) -> Actor {
    let (Actor::Staff(person), Actor::Staff(post)) = (person, post) else { panic!("staff") };
    let mut acting = (**post).clone();
    acting.deputy_of = deputy.then(|| post.person.clone());
    acting.person = person.person.clone();
    Actor::Staff(Box::new(acting))
}

#[test]
fn only_ones_own_last_step_is_undone_in_its_time_and_before_others_acted() {
    let mut flow = reported();
    flow.later(minutes(5));
    let before = flow.case().clone();
    flow.dispatch(CITY_MANAGEMENT, &[]);
    let (thread, clock) = (flow.handling(CITY_MANAGEMENT), flow.clock(Stage::Handle).clone());
    let mut late = flow.clone();
    let mut acted = flow.clone();
    flow.refuses(&nth("dispatcher", CITY_DESK, 0), &Command::Undo {}, "undo.not-yours");
    flow.later(minutes(30)).gives(&dispatcher(), Command::Undo {});
    assert_eq!(flow.case().lead, before.lead);
    assert_eq!(flow.case().hands, before.hands, "what was undone is nobody's deed");
    let again = flow.case().clock(flow.case().clocks[1].no).unwrap();
    assert!(again.runs() && again.generation > 1, "the alarm of the met clock is void");
    let stale = Command::Fire { clock: clock.no, generation: clock.generation, edge: Edge::Due };
    flow.refuses(&Actor::Clock, &stale, "clock.stale");
    flow.refuses(&dispatcher(), &Command::Undo {}, "undo.not-yours");
    flow.dispatch(WATER, &[]);
    assert!(flow.handling(WATER) > thread, "a number never names two threads");
    assert!(flow.clock(Stage::Handle).no > clock.no, "nor two clocks");
    flow.gives(&dispatcher(), Command::Undo {});

    late.later(minutes(30) + 1).refuses(&dispatcher(), &Command::Undo {}, "undo.not-yours");
    acted.sign(CITY_MANAGEMENT);
    acted.refuses(&dispatcher(), &Command::Undo {}, "undo.not-yours");
}

#[test]
fn a_move_is_undone_even_by_whose_territory_it_left() {
    let mut flow = dispatched();
    let moved = Command::Move { location: location(QINGYANG), text: None };
    flow.gives(&dispatcher(), moved);
    flow.gives(&dispatcher(), Command::Undo {});
    assert_eq!(flow.case().place().unwrap().as_str(), JINJIANG);
    flow.handling(CITY_MANAGEMENT);
}

#[test]
fn a_move_takes_the_order_from_a_unit_that_does_not_serve_the_new_place() {
    let mut flow = dispatched();
    flow.sign(CITY_MANAGEMENT);
    let promise = flow.case().promise().unwrap().clone();
    flow.gives(&dispatcher(), Command::Move { location: location(QINGYANG), text: Some(text(5)) });
    assert_eq!(flow.open(ThreadKind::Dispatch).holder, Holder::unit(unit(QINGYANG_DESK)));
    assert_eq!(flow.case().lead, Some(unit(QINGYANG_DESK)));
    assert_eq!(flow.case().open_of(ThreadKind::Handling).count(), 0);
    assert_eq!(flow.case().promise(), Some(&promise), "the caller's promise does not move");
    let thread = flow.no(ThreadKind::Dispatch);
    let order = |lead: &str| Command::Dispatch { thread, lead: unit(lead), co: vec![], text: None };
    flow.refuses(&dispatcher(), &order(CITY_MANAGEMENT), "thread.holder");
    flow.gives(&staff("dispatcher", QINGYANG_DESK), order("u510105-city-management"));
    assert_eq!(flow.case().transfers, 1);

    // A city department serves both districts and keeps the order; a waiting dispatch goes along.
    let mut flow = reported();
    flow.gives(&dispatcher(), Command::Move { location: location(QINGYANG), text: None });
    assert_eq!(flow.open(ThreadKind::Dispatch).holder, Holder::unit(unit(QINGYANG_DESK)));
    let thread = flow.no(ThreadKind::Dispatch);
    let lead = unit("u510100-city-management");
    let order = Command::Dispatch { thread, lead: lead.clone(), co: vec![], text: None };
    flow.gives(&staff("dispatcher", QINGYANG_DESK), order);
    let back = Command::Move { location: location(JINJIANG), text: None };
    flow.gives(&staff("dispatcher", QINGYANG_DESK), back);
    assert_eq!(flow.open(ThreadKind::Handling).holder, Holder::unit(lead));
}

#[test]
fn a_case_classed_anew_is_promised_what_its_class_is_promised() {
    let mut flow = reported();
    let first = flow.case().promise().unwrap().clone();
    let class = |kind: &str| Command::Reclassify {
        matter: None,
        request_type: Some(kind.into()),
        urgency: None,
        circumstance: None,
        complex: None,
    };
    let empty = Command::Reclassify {
        matter: None,
        circumstance: None,
        request_type: None,
        urgency: None,
        complex: None,
    };
    flow.refuses(&dispatcher(), &empty, "reclassify.empty");
    flow.refuses(&dispatcher(), &class("suggestion"), "word.unknown");
    flow.later(hours(1)).gives(&dispatcher(), class("consult"));
    let now = flow.case().promise().unwrap();
    assert!(now.due < first.due && now.start == first.start && now.generation == 2);
    // Ten days on, three days have passed already: it is due now, not in the past.
    let mut flow = reported();
    flow.later(hours(240)).gives(&dispatcher(), class("consult"));
    assert_eq!(flow.case().promise().unwrap().due, flow.now);
}

#[test]
fn powers_stay_apart_by_person_by_unit_and_through_deputies() {
    let mut report = complaint("510104017001");
    report.matter = Some(MatterCode::new("matter.06010").unwrap());
    report.urgency = Urgency::Urgent;
    let street = "u510104017";
    let mut flow = Flow::reported(report, at(MONDAY));
    flow.dispatch(street, &[]).handled(street);
    let check = flow.open(ThreadKind::Check).clone();
    assert_eq!(check.holder, Holder::unit(unit(JINJIANG_DESK)), "never with the unit that may not");
    let check = Command::Check { thread: check.no, passed: true, text: None };
    let refusal = flow.refuses(&staff("checker", street), &check, "powers.apart");
    assert!(!refusal.allowed.contains(&"check"));
    // The handler of the street, acting as the deputy of the district's checker, is still the handler.
    let (handler, checker) = (staff("handler", street), staff("checker", JINJIANG_DESK));
    let deputy = same_person(&handler, &checker, true);
    let refusal = flow.refuses(&deputy, &check, "powers.apart");
    assert!(refusal.basis.unwrap().contains("监督与处置分离"));
    let pretender = same_person(&handler, &checker, false);
    flow.refuses(&pretender, &check, "powers.post");
    flow.gives(&checker, check);
    flow.replied(street);
    let closer = staff("closer", JINJIANG_DESK);
    let close = Command::ForceClose { ground: "answered".into(), text: text(3) };
    let refusal = flow.refuses(&same_person(&dispatcher(), &closer, true), &close, "powers.apart");
    assert!(refusal.accepted.contains("another person"));
    flow.gives(&closer, close);
}

#[test]
fn a_report_never_reaches_the_accused_unit_nor_anyone_below_it() {
    let mut report = complaint(JINJIANG);
    report.request_type = "report".into();
    report.about = Some(unit("u510104"));
    let mut flow = Flow::reported(report, at(MONDAY));
    let waiting = flow.open(ThreadKind::Dispatch).clone();
    assert_eq!(waiting.holder, Holder::unit(unit(CITY_DESK)), "the district's own desk is below the accused");
    let order =
        |lead: &str| Command::Dispatch { thread: waiting.no, lead: unit(lead), co: vec![], text: None };
    flow.refuses(&dispatcher(), &order("u510100-city-management"), "report.accused-unit");
    let refusal =
        flow.refuses(&dispatcher(), &Command::Note { text: text(3), thread: None }, "report.accused-unit");
    assert_eq!(refusal.allowed, Vec::<&str>::new());
    assert!(refusal.basis.is_some());
    let city = staff("dispatcher", CITY_DESK);
    flow.refuses(&city, &order("u510104"), "report.accused-unit");
    flow.refuses(&city, &order(CITY_MANAGEMENT), "report.accused-unit");
    flow.gives(&city, order("u510100-city-management"));
}

/// Chengdu with posts.csv changed.
fn with_posts(change: impl Fn(&str) -> String) -> &'static huying_core::rules::Rules {
    let mut folder = folder();
    let posts = String::from_utf8(folder.get("posts.csv").unwrap().to_vec()).unwrap();
    folder.put("posts.csv", change(&posts).into_bytes());
    Box::leak(Box::new(rules_of(&folder)))
}

#[test]
fn a_second_post_in_the_accused_unit_shuts_every_post_of_the_person() {
    let city = staff("dispatcher", CITY_DESK);
    let Actor::Staff(of_city) = &city else { panic!() };
    let second = format!("second-1,{},{WATER},handler\n", of_city.person);
    let rules = with_posts(|posts| format!("{posts}{second}"));
    let mut report = complaint(JINJIANG);
    report.about = Some(unit(WATER));
    let mut flow = Flow::under(rules, at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(report)));
    let note = Command::Note { text: text(3), thread: None };
    let refusal = flow.refuses(&city, &note, "report.accused-unit");
    assert!(refusal.allowed.is_empty());
    flow.gives(&nth("dispatcher", CITY_DESK, 1), note);
    let kept = |actor: &Actor| {
        let Actor::Staff(staff) = actor else { panic!() };
        kept_from(staff, rules, flow.now).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        kept(&city),
        [CITY_DESK, "u510104", WATER],
        "those above it, but not the unit above everybody"
    );
    let mut deputy = same_person(&nth("dispatcher", CITY_DESK, 1), &city, true);
    assert!(kept(&deputy).contains(&WATER.to_owned()), "nor through whom they stand in for");
    let Actor::Staff(acting) = &mut deputy else { panic!() };
    acting.deputy_of = None;
    assert!(!kept(&deputy).contains(&WATER.to_owned()));
}

#[test]
fn a_thread_never_falls_back_to_the_accused_unit_though_it_is_the_city_s_first() {
    // Nobody checks in this city, and the handling unit may not.
    let rules = with_posts(|posts| {
        posts.lines().filter(|l| !l.ends_with(",checker")).map(|l| format!("{l}\n")).collect()
    });
    for (about, holder) in [(None, "u510100"), (Some("u510100"), "u510104017")] {
        let mut report = complaint("510104017001");
        report.matter = Some(MatterCode::new("matter.06010").unwrap());
        report.urgency = Urgency::Urgent;
        report.about = about.map(unit);
        let mut flow = Flow::under(rules, at(MONDAY));
        flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(report)));
        flow.dispatch("u510104017", &[]).handled("u510104017");
        assert_eq!(flow.open(ThreadKind::Check).holder, Holder::unit(unit(holder)), "{about:?}");
    }
}

#[test]
fn what_a_post_does_not_give_is_refused_with_who_could() {
    let mut flow = dispatched();
    let thread = flow.handling(CITY_MANAGEMENT);
    let refusal = flow.refuses(&dispatcher(), &Command::Sign { thread }, "powers.role");
    assert_eq!(refusal.accepted, "roles: community, handler, street");
    assert!(refusal.basis.is_some() && refusal.allowed.contains(&"redispatch"), "{:?}", refusal.allowed);
    flow.refuses(&staff("handler", WATER), &Command::Sign { thread }, "thread.holder");
    let undone = Command::Void { ground: "untrue".into(), of: None, text: None };
    flow.refuses(&staff("dispatcher", QINGYANG_DESK), &undone, "powers.territory");
    flow.refuses(&Actor::Caller, &undone, "powers.actor");
    flow.refuses(&Actor::Clock, &undone, "powers.actor");
    let ghost = Command::Sign { thread: ThreadNo(99) };
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &ghost, "thread.unknown");
    let handler = staff("handler", CITY_MANAGEMENT);
    let Actor::Staff(other) = staff("handler", WATER) else { panic!() };
    let hand = Command::Hand { thread, person: other.person.clone() };
    flow.refuses(&handler, &hand, "person.unit");
    let Actor::Staff(own) = &handler else { panic!() };
    flow.gives(&handler, Command::Hand { thread, person: own.person.clone() });
    flow.sign(CITY_MANAGEMENT);
    flow.refuses(&handler, &Command::Sign { thread }, "thread.step");
}

#[test]
fn a_late_claim_asks_for_the_score_and_undoes_nothing() {
    let mut flow = dispatched();
    flow.later(hours(30));
    let missed = flow.clock(Stage::Sign).clone();
    assert_eq!(missed.kept(), Some(false));
    flow.occurred = Some(Claim { at: at("2026-03-02 10:00"), evidence: Some(text(9)) });
    flow.sign(CITY_MANAGEMENT);
    let correction = flow.open(ThreadKind::Correction).clone();
    assert_eq!((correction.clock, correction.text), (Some(missed.no), Some(text(9))));
    assert_eq!(flow.clock(Stage::Sign).kept(), Some(false));
    let again = Command::AskCorrection { clock: missed.no, text: text(3) };
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &again, "correction.pending");
    let grant = Command::DecideCorrection { thread: correction.no, granted: true, text: None };
    let evaluator = staff("evaluator", JINJIANG_DESK);
    flow.gives(&evaluator, grant);
    assert_eq!(flow.clock(Stage::Sign).kept(), Some(true));
    assert_eq!(flow.clock(Stage::Sign).missed_at, missed.missed_at, "what happened stays");
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &again, "correction.kept");
}

#[test]
fn an_appeal_outlives_the_close() {
    let mut flow = dispatched();
    flow.later(hours(30)).sign(CITY_MANAGEMENT);
    let clock = flow.clock(Stage::Sign).no;
    flow.gives(&staff("handler", CITY_MANAGEMENT), Command::AskCorrection { clock, text: text(3) });
    flow.contact(CITY_MANAGEMENT).finish(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    flow.says(Solved::Solved, Satisfied::Very).stands(Spine::Closed);
    let thread = flow.no(ThreadKind::Correction);
    let refuse = Command::DecideCorrection { thread, granted: false, text: None };
    flow.gives(&staff("evaluator", JINJIANG_DESK), refuse);
    assert_eq!(flow.case().clock(clock).unwrap().kept(), Some(false));
}

#[test]
fn a_merged_case_gets_what_the_other_got_and_is_asked_for_itself() {
    let other = CaseId(3);
    let merge = Command::Merge { into: other };
    let mut flow = reported();
    flow.refuses(&dispatcher(), &merge, "merge.into");
    flow.refuses(&dispatcher(), &Command::Merge { into: flow.id }, "merge.into");
    for bad in [(Spine::Closed, None), (Spine::Answered, None), (Spine::Open, Some(CaseId(2)))] {
        flow.other = Some(bad);
        flow.refuses(&dispatcher(), &merge, "merge.into");
    }
    flow.other = Some((Spine::Open, None));
    flow.gives(&dispatcher(), merge.clone());
    assert_eq!(flow.case().follows, Some(other));
    flow.refuses(&dispatcher(), &merge, "merge.follows");
    assert!(flow.case().promise().unwrap().runs(), "its own caller is still promised an answer");
    let mut parted = flow.clone();
    let mut voided = flow.clone();

    let engine = Actor::System(SystemId::new("huying").unwrap());
    let follow = Command::Follow { from: other, what: Followed::Answered { text: Some(text(50)) } };
    flow.gives(&engine, follow.clone());
    flow.stands(Spine::Answered);
    flow.refuses(&engine, &follow, "merge.none");
    flow.says(Solved::NotSolved, Satisfied::NotSatisfied);
    flow.stands(Spine::Open);
    flow.dispatch(CITY_MANAGEMENT, &[]);
    flow.refuses(&engine, &follow, "merge.none");
    flow.stands(Spine::Open);

    let thread = parted.no(ThreadKind::Merge);
    parted.gives(&dispatcher(), Command::Part { thread });
    assert_eq!(parted.case().follows, None);
    parted.dispatch(CITY_MANAGEMENT, &[]);

    voided.gives(&engine, Command::Follow { from: other, what: Followed::Voided });
    assert_eq!(voided.case().follows, None);
    voided.dispatch(CITY_MANAGEMENT, &[]);
}

#[test]
fn a_case_closed_over_the_heads_of_its_followers_closes_them() {
    let mut flow = reported();
    flow.other = Some((Spine::Open, None));
    flow.gives(&dispatcher(), Command::Merge { into: CaseId(3) });
    let engine = Actor::System(SystemId::new("huying").unwrap());
    flow.gives(&engine, Command::Follow { from: CaseId(3), what: Followed::Closed });
    flow.stands(Spine::Closed);
    assert_eq!(flow.case().ground.as_deref(), Some("followed"));
    assert_eq!(flow.case().promise().unwrap().kept(), None);
}

#[test]
fn a_step_that_others_followed_is_not_undone() {
    let mut flow = reported();
    let engine = Actor::System(SystemId::new("huying").unwrap());
    let second = CaseId(9);
    flow.gives(&engine, Command::Joined { other: second, joined: true });
    flow.refuses(&dispatcher(), &Command::Merge { into: CaseId(3) }, "merge.into");
    flow.gives(&dispatcher(), Command::Void { ground: "withdrawn".into(), of: None, text: None });
    flow.refuses(&dispatcher(), &Command::Undo {}, "undo.not-yours");
    flow.gives(&engine, Command::Joined { other: second, joined: false });
    assert!(flow.case().followers.is_empty());
}

#[test]
fn a_clock_rings_once_at_its_own_time_and_shows_when_it_is_near() {
    let mut flow = dispatched();
    let sign = flow.clock(Stage::Sign).clone();
    let near = sign.near.expect("the profile's own near rule");
    assert!(sign.start < near && near < sign.due);
    flow.later(hours(5));
    let rung: Vec<_> = flow
        .records
        .iter()
        .filter(|r| r.actor == Actor::Clock)
        .flat_map(|r| r.events.iter().map(|e| (r.effective(), e)))
        .filter_map(|(t, e)| match e {
            Event::ClockFired { clock, edge, at } if *clock == sign.no => Some((t, *edge, *at)),
            _ => None,
        })
        .collect();
    assert_eq!(rung, [(near, Edge::Near, near), (sign.due, Edge::Due, sign.due)]);
    let early = flow.clock(Stage::Handle).clone();
    let fire = Command::Fire { clock: early.no, generation: early.generation, edge: Edge::Due };
    flow.refuses(&Actor::Clock, &fire, "clock.stale");
    let again = Command::Fire { clock: sign.no, generation: sign.generation, edge: Edge::Due };
    flow.refuses(&Actor::Clock, &again, "clock.stale");
    flow.sign(CITY_MANAGEMENT);
    assert_eq!(flow.case().thread(flow.handling(CITY_MANAGEMENT)).unwrap().step, Step::Signed);
}

#[test]
fn the_catalogues_promise_by_request_type_binds_where_the_profile_says_none() {
    let silent = rules_with(&[(
        "when = { request_type = [\"consult\"] }\nlimit = \"3 working days\"",
        "when = { request_type = [\"consult\"] }",
    )]);
    let mut report = complaint(JINJIANG);
    report.request_type = "consult".into();
    report.matter = Some(MatterCode::new("request.0301").unwrap());
    let mut flow = Flow::under(silent, at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(report.clone())));
    let written = flow.case().promise().unwrap().clone();
    let stated = Flow::reported(report, at(MONDAY));
    assert_eq!(written.due, stated.case().promise().unwrap().due);
    assert_eq!(written.due, at("2026-03-05 18:00"));
}

#[test]
fn a_profile_word_that_the_catalogue_does_not_know_is_a_fault() {
    let mut folder = folder();
    let text = String::from_utf8(folder.get("profile.toml").unwrap().to_vec()).unwrap();
    folder.put("profile.toml", text.replace("code = \"suggest\"", "code = \"idea\"").into_bytes());
    let (rules, faults) = huying_core::rules::Rules::read(&folder, Edition(1));
    assert!(rules.is_none());
    assert!(faults.iter().any(|f| f.field == "words.request_type" && f.problem.contains("idea")));
}

#[test]
fn an_observed_case_is_moved_by_its_own_system_only() {
    use huying_core::observation::{Observation, Recorded};
    let mut observation = Observation::of(SystemId::new("12345").unwrap(), "A-1");
    observation.unit = Recorded::Is(unit(CITY_MANAGEMENT));
    let mut flow = Flow::new(at(MONDAY));
    let engine = Actor::System(SystemId::new("import").unwrap());
    let observe = Command::Observe { observation: Box::new(observation), texts: Vec::new(), exact: None };
    flow.gives(&engine, observe.clone());
    flow.refuses(&engine, &observe, "observe.same");
    let void = Command::Void { ground: "untrue".into(), of: None, text: None };
    flow.refuses(&dispatcher(), &void, "case.observed");
    flow.gives(&dispatcher(), Command::Note { text: text(3), thread: None });
}
