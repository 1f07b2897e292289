//! Whistles 吹哨报到 at work: who may call whom, on site, measure, sign-off, refusal, escalation, grades.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::{Command, Milestone};
use huying_core::case::event::*;
use huying_core::case::notice::{NoticeKind, Recipient, notices};
use huying_core::case::state::{Clock, Spine, Ticking};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::figures::{WhistleFigures, whistle_definitions};
use huying_core::ids::*;
use huying_core::observation::{Satisfied, Solved};

const MONDAY: &str = "2026-03-02 09:00";
/// The government of the district, whose leader is told at the second step.
const JINJIANG_OFFICE: &str = "u510104";

fn one(role: &str, of: &str) -> Actor {
    who(ladder_rules(), role, of, 0)
}

fn street() -> Actor {
    one("street", STREET)
}

fn blow(kind: &str, units: &[&str]) -> Command {
    Command::Whistle { kind: kind.into(), units: units.iter().map(|u| unit(u)).collect(), text: text(30) }
}

/// A call that the street has acknowledged.
fn at_the_street() -> Flow {
    let mut flow = Flow::under(ladder_rules(), at(MONDAY));
    let mut report = complaint(JINJIANG);
    report.source = "to-grid".into();
    flow.gives(&Actor::Caller, Command::Report(Box::new(report)));
    let thread = flow.no(ThreadKind::Rung);
    flow.gives(&street(), Command::Acknowledge { thread });
    flow
}

fn blown(kind: &str, units: &[&str]) -> Flow {
    let mut flow = at_the_street();
    flow.gives(&street(), blow(kind, units));
    flow
}

#[track_caller]
fn summons(flow: &Flow, of: &str) -> ThreadNo {
    flow.case().open_of(ThreadKind::Summons).find(|t| t.holder.as_unit() == Some(&unit(of))).unwrap().no
}

fn arrive(flow: &mut Flow, of: &str) {
    let thread = summons(flow, of);
    flow.gives(&one("handler", of), Command::Arrive { thread, text: None });
}

fn finishing(flow: &Flow, of: &str) -> Command {
    Command::Finish { thread: summons(flow, of), effort: Effort::default(), text: text(31) }
}

fn done(flow: &mut Flow, of: &str) {
    arrive(flow, of);
    let thread = summons(flow, of);
    let measure = Some("repaired".into());
    flow.gives(&one("handler", of), Command::StateMeasure { thread, measure, text: text(32) });
    let finish = finishing(flow, of);
    flow.gives(&one("handler", of), finish);
}

fn sign_off(flow: &Flow, of: &str, confirmed: bool) -> Command {
    let grade = Some(if confirmed { "good" } else { "poor" }.into());
    Command::Confirm { thread: summons(flow, of), confirmed, grade, text: None }
}

fn told(flow: &Flow) -> Vec<(NoticeKind, Recipient)> {
    let before = flow.fold(flow.records.len() - 1);
    let all = notices(flow.records.last().unwrap(), before.as_ref(), flow.case());
    all.into_iter().map(|n| (n.kind, n.to)).collect()
}

#[test]
fn who_may_blow_and_who_may_be_called() {
    let mut flow = at_the_street();
    flow.refuses(&street(), &blow("night", &[WATER]), "whistle.kind");
    flow.refuses(&street(), &blow("everyday", &[]), "whistle.empty");
    flow.refuses(&street(), &blow("everyday", &[STREET]), "whistle.self");
    flow.refuses(&street(), &blow("everyday", &[WATER, WATER]), "whistle.twice");
    flow.refuses(&street(), &blow("everyday", &[COMMUNITY]), "whistle.summons");
    flow.refuses(&street(), &blow("everyday", &["u-nobody"]), "unit.unknown");
    let refusal = flow.refuses(&one("community", COMMUNITY), &blow("key-task", &[WATER]), "powers.territory");
    assert!(refusal.basis.is_some());
    flow.refuses(&one("closer", JINJIANG_DESK), &blow("key-task", &[GRID]), "whistle.summons");
    flow.gives(&street(), blow("everyday", &[WATER, HOUSING]));
    let all = told(&flow);
    for department in [WATER, HOUSING] {
        let summons = (NoticeKind::Summons, Recipient::Unit(unit(department)));
        assert_eq!(all.iter().filter(|n| **n == summons).count(), 1);
    }
    flow.refuses(&street(), &blow("emergency", &[WATER]), "whistle.twice");
    // 三哨: one problem may need several, one after the other or beside it.
    flow.gives(&street(), blow("emergency", &[TRAFFIC]));
    let thread = flow.case().open_of(ThreadKind::Whistle).next().unwrap().no;
    let more = Command::Summon { thread, units: vec![unit(CITY_MANAGEMENT)], text: text(33) };
    flow.gives(&street(), more);
    assert_eq!(flow.case().open_of(ThreadKind::Summons).count(), 4);
}

/// 事不完、人不走.
#[test]
fn nobody_leaves_before_a_measure_and_nothing_is_done_before_the_sign_off() {
    let mut flow = blown("emergency", &[WATER]);
    let water = one("handler", WATER);
    let finish = finishing(&flow, WATER);
    flow.refuses(&water, &finish, "summons.on-site-first");
    flow.later(minutes(20));
    arrive(&mut flow, WATER);
    assert_eq!(flow.clock(Stage::OnSite).kept(), Some(true));
    let refusal = flow.refuses(&water, &finish, "summons.measure-first");
    assert!(refusal.basis.unwrap().contains("人不走"));
    let thread = summons(&flow, WATER);
    let refuse = Command::Refuse { thread, ground: "other_unit".into(), text: text(34) };
    flow.refuses(&water, &refuse, "summons.on-site");
    let grade = Command::Grade { thread, grade: "warranted".into() };
    flow.gives(&water, Command::StateMeasure { thread, measure: None, text: text(32) });
    flow.gives(&water, grade.clone());
    flow.refuses(&water, &grade, "grade.twice");
    let early = sign_off(&flow, WATER, true);
    flow.refuses(&street(), &early, "confirm.early");
    flow.gives(&water, finish);
    // The department does not sign itself off, nor does anybody answer before that.
    let yes = sign_off(&flow, WATER, true);
    flow.refuses(&water, &yes, "powers.apart");
    flow.refuses(&one("handler", HOUSING), &yes, "thread.caller");
    flow.refuses(&street(), &Command::Reply { text: text(35) }, "answer.blocked");
    flow.gives(&street(), sign_off(&flow, WATER, false));
    assert_eq!(flow.open(ThreadKind::Summons).step, Step::OnSite);
    assert!(told(&flow).contains(&(NoticeKind::SentBack, Recipient::Unit(unit(WATER)))));
    flow.gives(&water, Command::StateMeasure { thread, measure: None, text: text(32) });
    flow.gives(&water, finishing(&flow, WATER));
    flow.gives(&street(), sign_off(&flow, WATER, true));
    assert_eq!(flow.open(ThreadKind::Rung).step, Step::Done, "the street's rung is done with its whistle");
    let summons = flow.case().threads.iter().find(|t| t.kind == ThreadKind::Summons).unwrap();
    assert_eq!(summons.outcome.as_deref(), Some("good"));
    assert_eq!(summons.spoke.as_ref().unwrap().grade.as_deref(), Some("warranted"));
    both_sides(&flow);
    // The case closes when the caller was asked.
    let close = Command::Close { ground: "done".into(), text: None };
    flow.refuses(&one("closer", JINJIANG_DESK), &close, "close.blocked");
    flow.gives(&street(), Command::Reply { text: text(35) });
    flow.says(Solved::Solved, Satisfied::Very);
    flow.stands(Spine::Closed);
}

/// 再报到: the caller says that it is not solved, and who said done is back; who was let off stays off.
#[test]
fn who_said_done_is_called_again_when_it_is_not_solved() {
    let mut flow = blown("everyday", &[WATER, HOUSING]);
    let off = Command::Withdraw { thread: summons(&flow, HOUSING), text: text(38) };
    flow.gives(&street(), off);
    done(&mut flow, WATER);
    flow.gives(&street(), sign_off(&flow, WATER, true));
    flow.gives(&street(), Command::Reply { text: text(35) });
    flow.says(Solved::NotSolved, Satisfied::NotSatisfied);
    flow.stands(Spine::Open);
    let whistle = flow.open(ThreadKind::Whistle);
    assert_eq!(
        (whistle.round, whistle.label.as_deref(), whistle.text),
        (1, Some("everyday"), Some(text(30)))
    );
    let again: Vec<&Holder> = flow.case().open_of(ThreadKind::Summons).map(|t| &t.holder).collect();
    assert_eq!(again, [&Holder::unit(unit(WATER))]);
    assert!(flow.clock(Stage::Acknowledge).runs());
    assert!(told(&flow).contains(&(NoticeKind::Summons, Recipient::Unit(unit(WATER)))), "{:?}", told(&flow));
    freeze("whistle-again", &flow);
    // Whoever answers for the case lets it off too, where it has nothing to do with what is still wrong.
    let off = Command::Withdraw { thread: summons(&flow, WATER), text: text(39) };
    flow.gives(&street(), off);
    assert!(flow.case().open_of(ThreadKind::Whistle).next().is_none());
}

/// An order with the street, whose everyday whistle is out.
fn ordered(units: &[&str]) -> Flow {
    let mut flow = Flow::under(ladder_rules(), at(MONDAY));
    flow.gives(&one("intake", CITY_DESK), Command::Report(Box::new(complaint(GRID_PLACE))));
    flow.dispatch(STREET, &[]);
    flow.gives(&street(), blow("everyday", units));
    flow
}

fn whistles(flow: &Flow) -> (usize, usize) {
    let open = |kind| flow.case().open_of(kind).count();
    (open(ThreadKind::Whistle), open(ThreadKind::Summons))
}

/// 十五日内重开: what was closed and is taken up again is whistled for again, by hand and by a late rating.
#[test]
fn a_closed_case_taken_up_again_is_whistled_for_again() {
    for by_hand in [true, false] {
        let mut flow = ordered(&[WATER]);
        done(&mut flow, WATER);
        flow.gives(&street(), sign_off(&flow, WATER, true));
        let thread = flow.handling(STREET);
        flow.gives(&street(), Command::Sign { thread });
        flow.gives(&street(), Command::Contact { thread, text: None });
        flow.gives(&street(), Command::Finish { thread, effort: Effort::default(), text: text(31) });
        flow.gives(&street(), Command::Reply { text: text(35) });
        let thread = flow.no(ThreadKind::Approval);
        let issue = Command::DecideReply { thread, granted: true, text: None };
        flow.gives(&one("approver", JINJIANG_DESK), issue);
        flow.says(Solved::Solved, Satisfied::Satisfied);
        flow.stands(Spine::Closed);
        assert_eq!(whistles(&flow), (0, 0));
        if by_hand {
            let reopen = Command::Reopen { ground: "wrongly_closed".into(), text: text(9) };
            flow.gives(&one("supervisor", JINJIANG_DESK), reopen);
        } else {
            let verdict = Verdict { solved: Some(Solved::NotSolved), satisfied: None };
            flow.gives(&Actor::Caller, Command::Rate { verdict, text: None });
        }
        flow.stands(Spine::Open);
        assert_eq!(whistles(&flow), (1, 1), "{:?}", flow.events());
        assert_eq!(flow.open(ThreadKind::Summons).holder, Holder::unit(unit(WATER)));
        let again = flow.open(ThreadKind::Whistle);
        assert_eq!(again.holder, Holder::unit(unit(STREET)));
        assert!(again.round > 0, "it counts in no whistle rate");
        if by_hand {
            // Sent to another unit this time, the old one's whistle is over.
            flow.dispatch(TRAFFIC, &[]);
            assert_eq!(whistles(&flow), (0, 0));
        }
    }
}

/// An order that goes to another unit takes the whistles of who had it with it; who keeps a part of it keeps
/// theirs. So does one that is given back, and one whose place was wrong.
#[test]
fn the_whistles_of_who_has_it_no_more_are_called_off() {
    let dispatcher = one("dispatcher", JINJIANG_DESK);
    let again = |lead: &str, co: &[&str]| {
        let co = co.iter().map(|u| unit(u)).collect();
        Command::Redispatch { lead: unit(lead), co, text: text(33) }
    };
    let out = || {
        let mut flow = ordered(&[WATER]);
        let community = one("community", COMMUNITY);
        let asks =
            Command::AskWhistle { kind: "everyday".into(), units: vec![unit(HOUSING)], text: text(30) };
        flow.gives(&community, asks);
        flow
    };
    let mut flow = out();
    flow.gives(&dispatcher, again(STREET, &[TRAFFIC]));
    assert_eq!(whistles(&flow), (1, 1), "its whistle stays with it");
    assert_eq!(flow.case().open_of(ThreadKind::Proposal).count(), 1);
    flow.gives(&dispatcher, again(TRAFFIC, &[STREET]));
    assert_eq!(whistles(&flow), (1, 1), "and with a co-unit");
    flow.gives(&dispatcher, again(CITY_MANAGEMENT, &[]));
    assert_eq!(whistles(&flow), (0, 0));
    assert_eq!(flow.case().open_of(ThreadKind::Proposal).count(), 0);
    assert!(told(&flow).contains(&(NoticeKind::Withdrawn, Recipient::Unit(unit(WATER)))));
    // Who never had it keeps what they began: an emergency of the street's, while two departments hand it on.
    let mut flow = Flow::under(ladder_rules(), at(MONDAY));
    flow.gives(&one("intake", CITY_DESK), Command::Report(Box::new(complaint(GRID_PLACE))));
    flow.dispatch(WATER, &[]);
    flow.gives(&street(), blow("emergency", &[HOUSING]));
    flow.gives(&dispatcher, again(TRAFFIC, &[]));
    assert_eq!(whistles(&flow), (1, 1));
    // Given back.
    let mut flow = out();
    let thread = flow.handling(STREET);
    flow.gives(&street(), Command::AskReturn { thread, text: text(23) });
    let thread = flow.no(ThreadKind::Return);
    flow.gives(&dispatcher, Command::DecideReturn { thread, granted: true, text: None });
    assert_eq!((whistles(&flow), flow.case().open_of(ThreadKind::Proposal).count()), ((0, 0), 0));
    // The wrong place, with a refusal that waits for its ruling and a department's own whistle.
    let mut flow = out();
    flow.gives(&street(), blow("emergency", &[CITY_MANAGEMENT, TRAFFIC]));
    let thread = summons(&flow, TRAFFIC);
    let ground = "other_unit".into();
    flow.gives(&one("handler", TRAFFIC), Command::Refuse { thread, ground, text: text(34) });
    flow.gives(&one("handler", CITY_MANAGEMENT), blow("emergency", &[HOUSING]));
    assert_eq!((whistles(&flow), flow.case().open_of(ThreadKind::Ruling).count()), ((3, 4), 1));
    let moved = Command::Move { location: location(QINGYANG), text: None };
    flow.gives(&one("intake", CITY_DESK), moved);
    assert_eq!(whistles(&flow), (0, 0));
    let left: Vec<ThreadKind> = flow.case().open_threads().map(|t| t.kind).collect();
    assert_eq!(left, [ThreadKind::Dispatch], "nothing of the old street's is left");
}

/// 部门反吹哨: a street that a department calls answers like any other.
#[test]
fn a_street_that_a_department_calls_reports_in() {
    let mut flow = Flow::under(ladder_rules(), at(MONDAY));
    flow.gives(&one("intake", CITY_DESK), Command::Report(Box::new(complaint(GRID_PLACE))));
    flow.dispatch(WATER, &[]);
    flow.gives(&one("handler", WATER), blow("everyday", &[STREET]));
    let thread = summons(&flow, STREET);
    flow.gives(&street(), Command::Arrive { thread, text: None });
    flow.gives(&street(), Command::StateMeasure { thread, measure: None, text: text(32) });
    let finish = finishing(&flow, STREET);
    flow.gives(&street(), finish);
    flow.gives(&one("handler", WATER), sign_off(&flow, STREET, true));
    assert_eq!(whistles(&flow), (0, 0));
}

/// An emergency is called for anew by whoever sees one.
#[test]
fn an_emergency_whistle_is_not_blown_by_rule() {
    let mut flow = blown("emergency", &[WATER]);
    done(&mut flow, WATER);
    flow.gives(&street(), sign_off(&flow, WATER, true));
    flow.gives(&street(), Command::Reply { text: text(35) });
    flow.says(Solved::NotSolved, Satisfied::NotSatisfied);
    assert!(flow.case().open_of(ThreadKind::Whistle).next().is_none());
}

/// Who handled does not call the caller back: a department's word counts as handling.
#[test]
fn who_spoke_for_a_department_keeps_other_deeds_off() {
    let mut flow = blown("everyday", &[WATER]);
    done(&mut flow, WATER);
    flow.gives(&street(), sign_off(&flow, WATER, true));
    flow.gives(&street(), Command::Reply { text: text(35) });
    let callback = flow.open(ThreadKind::Callback).holder.as_unit().unwrap().clone();
    assert_ne!(callback, unit(WATER));
    assert_ne!(callback, unit(STREET));
}

/// 逐级提级: district office, district leader, list of the city; never a fourth.
#[test]
fn missed_clocks_escalate_in_steps() {
    let mut flow = blown("emergency", &[WATER, TRAFFIC]);
    flow.later(minutes(11));
    let labels = |f: &Flow| -> Vec<String> {
        let all = f.case().open_of(ThreadKind::Supervision);
        all.map(|t| t.label.clone().unwrap().to_string()).collect()
    };
    // Two departments slept: two steps, each told to the one above and to the convener.
    assert_eq!(labels(&flow), ["district-office", "district-leader"]);
    assert_eq!(flow.open(ThreadKind::Whistle).step, Step::Climbed);
    let all = told(&flow);
    assert!(all.contains(&(NoticeKind::Escalation, Recipient::Unit(unit(JINJIANG_OFFICE)))), "{all:?}");
    assert!(all.contains(&(NoticeKind::Escalation, Recipient::Unit(unit(STREET)))), "{all:?}");
    flow.later(minutes(40));
    assert_eq!(labels(&flow), ["district-office", "district-leader", "city-list"]);
    // The third step goes higher: to the city, not to the district's desk once more.
    let with: Vec<&Holder> = flow.case().open_of(ThreadKind::Supervision).map(|t| &t.holder).collect();
    let [district, leader, city] = [JINJIANG_DESK, JINJIANG_OFFICE, CITY_DESK].map(|u| Holder::unit(unit(u)));
    assert_eq!(with, [&district, &leader, &city]);
    done(&mut flow, WATER);
    done(&mut flow, TRAFFIC);
    flow.gives(&street(), sign_off(&flow, WATER, true));
    flow.gives(&street(), sign_off(&flow, TRAFFIC, true));
    assert!(labels(&flow).is_empty(), "nobody watches what is over");
}

/// 裁定: neither party rules; overruled it is back with full clocks, upheld with nobody in its place the
/// whistle is over and the street has its call again.
#[test]
fn a_refusal_waits_for_its_ruling() {
    let mut flow = blown("everyday", &[WATER, HOUSING]);
    let thread = summons(&flow, WATER);
    let water = one("handler", WATER);
    let refuse = |ground: &str| Command::Refuse { thread, ground: ground.into(), text: text(36) };
    flow.refuses(&water, &refuse("tired"), "word.unknown");
    flow.gives(&water, refuse("no_legal_power"));
    assert!(told(&flow).contains(&(NoticeKind::Assigned, Recipient::Unit(unit(JINJIANG_DESK)))));
    assert!(told(&flow).contains(&(NoticeKind::Decided, Recipient::Unit(unit(STREET)))));
    flow.refuses(&water, &Command::Arrive { thread, text: None }, "thread.step");
    let ruling = flow.no(ThreadKind::Ruling);
    let rule = |upheld: bool, instead: Vec<UnitId>, lead: Option<UnitId>| Command::Rule {
        thread: ruling,
        upheld: Some(upheld),
        lead,
        instead,
        text: text(37),
    };
    let judge = one("supervisor", JINJIANG_DESK);
    flow.refuses(&judge, &rule(false, vec![unit(TRAFFIC)], None), "ruling.instead");
    flow.refuses(&judge, &rule(false, vec![], Some(unit(TRAFFIC))), "ruling.lead");
    flow.gives(&judge, rule(false, vec![], None));
    assert_eq!(flow.case().thread(thread).unwrap().step, Step::Sent);
    assert!(flow.case().clocks.iter().any(|c| c.thread == Some(thread) && c.runs()));
    // What was overruled is not refused again. The other department is upheld, and this one called off.
    let refusal = flow.refuses(&water, &refuse("other_unit"), "summons.overruled");
    assert!(refusal.basis.is_some());
    assert!(!flow.case().threads.iter().any(|t| t.kind == ThreadKind::Ruling && t.is_open()));
    let other = summons(&flow, HOUSING);
    let refuse = Command::Refuse { thread: other, ground: "other_unit".into(), text: text(36) };
    flow.gives(&one("handler", HOUSING), refuse);
    let thread = flow.no(ThreadKind::Ruling);
    let rule = Command::Rule { thread, upheld: Some(true), lead: None, instead: vec![], text: text(37) };
    flow.gives(&judge, rule);
    flow.gives(&street(), Command::Withdraw { thread: summons(&flow, WATER), text: text(38) });
    let last = flow.case().threads.iter().find(|t| t.kind == ThreadKind::Whistle).unwrap();
    assert_eq!(last.step, Step::Withdrawn);
    assert_eq!(flow.open(ThreadKind::Rung).step, Step::Acknowledged);
}

/// Nor is a street that has handed its call on named again: the rung above has the call.
#[test]
fn a_ruling_names_no_convener_that_has_not_the_call() {
    let mut flow = blown("everyday", &[WATER, HOUSING]);
    let thread = summons(&flow, WATER);
    let refuse = Command::Refuse { thread, ground: "other_unit".into(), text: text(36) };
    flow.gives(&one("handler", WATER), refuse);
    let thread = flow.no(ThreadKind::Rung);
    flow.gives(&street(), Command::Climb { thread, text: text(37) });
    let has_it = flow.case().lead.clone();
    let thread = flow.no(ThreadKind::Ruling);
    let rule = |lead: Option<&str>| Command::Rule {
        thread,
        upheld: Some(true),
        lead: lead.map(unit),
        instead: vec![],
        text: text(38),
    };
    let judge = one("supervisor", JINJIANG_DESK);
    flow.refuses(&judge, &rule(Some(STREET)), "ruling.lead");
    flow.gives(&judge, rule(None));
    assert_eq!(flow.case().lead, has_it);
}

/// Whose order it is, a ruling on a summons does not change: the order has a lead, who is accountable.
#[test]
fn a_ruling_names_no_lead_over_an_order() {
    let mut flow = Flow::under(ladder_rules(), at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(complaint(JINJIANG))));
    flow.dispatch(CITY_MANAGEMENT, &[]);
    let handler = one("handler", CITY_MANAGEMENT);
    flow.gives(&handler, blow("everyday", &[WATER, HOUSING]));
    let thread = summons(&flow, WATER);
    let refuse = Command::Refuse { thread, ground: "other_unit".into(), text: text(36) };
    flow.gives(&one("handler", WATER), refuse);
    let thread = flow.no(ThreadKind::Ruling);
    let rule = |lead: Option<UnitId>| Command::Rule {
        thread,
        upheld: Some(true),
        lead,
        instead: vec![],
        text: text(37),
    };
    let judge = one("supervisor", JINJIANG_DESK);
    flow.refuses(&judge, &rule(Some(unit(HOUSING))), "ruling.lead");
    flow.gives(&judge, rule(None));
    assert_eq!(flow.case().lead, Some(unit(CITY_MANAGEMENT)));
}

/// 反向吹哨: a department whistles a street and another department back, under its own summons.
#[test]
fn a_department_whistles_back() {
    let mut flow = blown("key-task", &[WATER]);
    let water = one("handler", WATER);
    arrive(&mut flow, WATER);
    let thread = summons(&flow, WATER);
    flow.gives(&water, blow("everyday", &["u510104022", HOUSING]));
    let own = flow.case().open_of(ThreadKind::Whistle).find(|t| t.under == Some(thread)).unwrap().no;
    flow.gives(&water, Command::StateMeasure { thread, measure: None, text: text(32) });
    let finish = finishing(&flow, WATER);
    flow.refuses(&water, &finish, "summons.waits");
    // The street it summoned answers to it, and the department signs off.
    done(&mut flow, "u510104022");
    done(&mut flow, HOUSING);
    let wrong = sign_off(&flow, HOUSING, true);
    flow.refuses(&street(), &wrong, "thread.caller");
    flow.gives(&water, wrong);
    flow.gives(&water, Command::Withdraw { thread: summons(&flow, "u510104022"), text: text(38) });
    assert_eq!(flow.case().thread(own).unwrap().step, Step::Confirmed);
    flow.gives(&water, finish);
}

/// 攻坚哨: no plan in three working days is a missed clock; with a plan the milestones count.
#[test]
fn a_key_task_needs_a_plan_in_time() {
    let mut flow = blown("key-task", &[HOUSING]);
    let whistle = flow.no(ThreadKind::Whistle);
    let plan = |until: &[&str]| Command::Plan {
        thread: Some(whistle),
        milestones: until.iter().map(|u| Milestone { label: "cleared".into(), until: at(u) }).collect(),
    };
    flow.refuses(&street(), &plan(&[]), "plan.empty");
    flow.refuses(&street(), &plan(&["2026-03-20 18:00", "2026-03-10 18:00"]), "plan.order");
    flow.refuses(&street(), &plan(&["2026-03-01 18:00"]), "plan.order");
    let refusal = flow.refuses(&street(), &plan(&["2026-03-10 18:00", "2027-03-20 18:00"]), "plan.far");
    assert!(refusal.basis.is_some());
    flow.refuses(&one("handler", HOUSING), &plan(&["2026-03-20 18:00"]), "thread.holder");
    done(&mut flow, HOUSING);
    flow.gives(&street(), plan(&["2026-03-10 18:00", "2026-03-20 18:00"]));
    flow.gives(&street(), sign_off(&flow, HOUSING, true));
    // The rung's own time stands still while the plan runs.
    let resolve = |f: &Flow| {
        let own = |c: &&Clock| c.stage == Stage::Resolve && c.thread == Some(f.no(ThreadKind::Rung));
        f.case().clocks.iter().find(own).unwrap().ticking.clone()
    };
    flow.until(at("2026-03-10 17:00"));
    assert!(matches!(resolve(&flow), Ticking::Paused { .. }), "{:?}", resolve(&flow));
    // What is late buys no time: the whistle is over, so that the case is watched, and the rung's clock runs.
    flow.until(at("2026-03-15 09:00"));
    let rung = flow.open(ThreadKind::Rung).clone();
    assert_eq!((rung.step, resolve(&flow)), (Step::Acknowledged, Ticking::Running));
    let first = flow.case().open_of(ThreadKind::Milestone).next().unwrap();
    assert_eq!(first.step, Step::Missed);
    assert_eq!(flow.open(ThreadKind::Supervision).holder, Holder::unit(unit(JINJIANG_DESK)));
    let mut asleep = flow.clone();
    asleep.until(at("2026-04-01 09:00"));
    assert_eq!(asleep.case().thread(rung.no).unwrap().step, Step::Climbed, "and it climbs");
    let all: Vec<ThreadNo> = flow.case().open_of(ThreadKind::Milestone).map(|t| t.no).collect();
    for thread in all {
        flow.gives(&street(), Command::Reach { thread, text: None });
    }
    let finish = Command::Finish { thread: rung.no, effort: Effort::default(), text: text(39) };
    flow.gives(&street(), finish);
    flow.gives(&street(), Command::Reply { text: text(35) });
}

/// 裁定逾期、签认逾期: who has to rule and the convener that has to sign off are late like a department, and
/// each miss takes the whistle a step higher.
#[test]
fn a_late_ruling_and_a_late_sign_off_go_higher_too() {
    let mut flow = blown("everyday", &[WATER, HOUSING]);
    let thread = summons(&flow, WATER);
    let refuse = Command::Refuse { thread, ground: "other_unit".into(), text: text(36) };
    flow.gives(&one("handler", WATER), refuse);
    done(&mut flow, HOUSING);
    let labels = |f: &Flow| -> Vec<String> {
        let all = f.case().open_of(ThreadKind::Supervision);
        all.filter_map(|t| Some(t.label.clone()?.to_string())).collect()
    };
    assert!(labels(&flow).is_empty());
    // A working day for each.
    flow.until(at("2026-03-03 18:01"));
    assert_eq!(labels(&flow), ["district-office", "district-leader"]);
    assert_eq!(flow.open(ThreadKind::Whistle).step, Step::Climbed);
    // The ruling stays somebody's: near its due it was urged, and in the end its holder is put on notice.
    flow.until(at("2026-03-12 09:00"));
    let ruling = flow.open(ThreadKind::Ruling);
    assert_eq!(ruling.pressed.as_ref().map(|p| (p.urged > 0, p.on_notice)), Some((true, 1)));
}

/// 30 分钟到场: at thirty minutes to the second it is in time, a minute later it is not.
#[test]
fn thirty_minutes_on_site_to_the_minute() {
    for (after, kept, watched) in [(30, true, 0), (31, false, 1)] {
        let mut flow = blown("emergency", &[WATER]);
        let thread = summons(&flow, WATER);
        flow.gives(&one("handler", WATER), Command::Acknowledge { thread });
        flow.later(minutes(after));
        arrive(&mut flow, WATER);
        let clock = flow.clock(Stage::OnSite);
        assert_eq!((clock.due, clock.kept()), (at("2026-03-02 09:30"), Some(kept)), "{after} minutes");
        assert_eq!(flow.case().open_of(ThreadKind::Supervision).count(), watched);
        // Late or not, it is there: the measure is owed from now on.
        assert_eq!(flow.clock(Stage::Measure).start, flow.now);
        assert_eq!(flow.open(ThreadKind::Summons).step, Step::OnSite);
    }
}

/// A whistle that is called off leaves nobody standing.
#[test]
fn a_convener_calls_a_whistle_off() {
    let mut flow = blown("everyday", &[WATER, HOUSING]);
    let thread = summons(&flow, WATER);
    let refuse = Command::Refuse { thread, ground: "other_unit".into(), text: text(36) };
    flow.gives(&one("handler", WATER), refuse);
    let thread = flow.no(ThreadKind::Whistle);
    flow.refuses(&one("handler", WATER), &Command::Withdraw { thread, text: text(38) }, "thread.holder");
    flow.gives(&street(), Command::Withdraw { thread, text: text(38) });
    let open: Vec<ThreadKind> = flow.case().open_threads().map(|t| t.kind).collect();
    assert_eq!(open, [ThreadKind::Rung]);
    assert!(told(&flow).contains(&(NoticeKind::Withdrawn, Recipient::Unit(unit(HOUSING)))));
}

/// Both sides of the emergency above: the department came in time, was sent back once, and found the
/// whistle warranted; the street blew one whistle on the one case that came to it.
fn both_sides(flow: &Flow) {
    let mut figures = WhistleFigures::default();
    figures.add(flow.case(), flow.rules.profile.whistling.as_ref().unwrap());
    let rate = |of: &str, key: &str| {
        let rate = figures.rate(&unit(of), key);
        (rate.numerator, rate.denominator)
    };
    assert_eq!(rate(WATER, "summons_acknowledged"), (0, 1), "it spoke only on site, after 20 minutes");
    assert_eq!(rate(WATER, "summons_on_site"), (1, 1));
    assert_eq!(rate(WATER, "summons_measure"), (2, 2), "stated twice, because it was sent back");
    assert_eq!(rate(WATER, "summons_good"), (1, 1));
    assert_eq!(rate(STREET, "whistles_warranted"), (1, 1));
    assert_eq!(rate(HOUSING, "summons_done"), (0, 0), "not rated");
    let (shares, blown) = figures.subgroups(|u| *u == unit(STREET));
    assert_eq!((shares[0].count, shares[0].cases, blown[0].count), (1, 1, 1));
    assert!(figures.units().all(|u| [WATER, STREET].contains(&u.as_str())));
    let keys: Vec<String> = whistle_definitions().into_iter().map(|d| d.key).collect();
    assert!(keys.contains(&"whistle_rate".to_owned()) && keys.len() == 9);
}
