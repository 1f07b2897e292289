//! What waits for somebody's word: a case to be opened 立案审批, a whistle asked for 提请吹哨 and signed, and a
//! lawful wait 挂账 that begins after the caller has an answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::notice::{NoticeKind, Recipient, notices};
use huying_core::case::state::{Spine, Ticking};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::*;
use huying_core::observation::{Satisfied, Solved};
use huying_core::roster::{RosterChange, change};
use huying_core::rules::Rules;
use huying_core::time::Time;

const MONDAY: &str = "2026-03-02 09:00";
/// The government of the district, where its leader has a post.
const JINJIANG_OFFICE: &str = "u510104";

fn rules_under(name: &str) -> &'static Rules {
    let mut folder = ladder_folder();
    folder.put("profile.toml", format!("[profile]\non = \"{name}\"\n"));
    Box::leak(Box::new(rules_of(&folder)))
}

fn told(flow: &Flow, kind: NoticeKind) -> Vec<Recipient> {
    let before = flow.fold(flow.records.len() - 1);
    let all = notices(flow.records.last().unwrap(), before.as_ref(), flow.case());
    all.into_iter().filter(|n| n.kind == kind).map(|n| n.to).collect()
}

// ---- 立案审批 ----

fn found(source: &str) -> Flow {
    let mut flow = Flow::under(rules_under("classic-city-management"), at(MONDAY));
    let mut report = complaint(JINJIANG);
    report.source = source.into();
    if source == "patrol" {
        report.contact = None;
    }
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(report)));
    flow
}

fn register(flow: &Flow, granted: bool, ground: Option<&str>) -> Command {
    let thread = flow.no(ThreadKind::Register);
    Command::Register {
        thread,
        granted,
        circumstance: None,
        ground: ground.map(Into::into),
        of: None,
        text: None,
    }
}

#[test]
fn a_find_is_opened_by_the_duty_head_and_then_dispatched() {
    let mut flow = found("patrol");
    flow.stands(Spine::Reported);
    assert!(flow.case().open_of(ThreadKind::Dispatch).next().is_none(), "nobody dispatches it yet");
    let clock = flow.clock(Stage::Register).clone();
    assert_eq!(clock.due, at("2026-03-02 10:00"));
    let desk = staff("dispatcher", JINJIANG_DESK);
    flow.refuses(&desk, &register(&flow.clone(), true, None), "powers.role");
    flow.later(minutes(20));
    let head = staff("closer", JINJIANG_DESK);
    flow.shows(&staff("verifier", JINJIANG_DESK), &["near", "far"]);
    // What a caller adds proves nothing, whatever it is called.
    flow.shows(&Actor::Caller, &["landmark"]);
    let refusal = flow.refuses(&head, &register(&flow.clone(), true, None), "evidence.pictures");
    assert_eq!(refusal.why, "there is no picture labelled landmark");
    flow.shows(&staff("verifier", JINJIANG_DESK), &["landmark"]);
    flow.gives(&head, register(&flow.clone(), true, None));
    freeze("command-register", &flow);
    flow.stands(Spine::Open);
    assert_eq!(flow.case().clock(clock.no).unwrap().kept(), Some(true));
    assert_eq!(told(&flow, NoticeKind::Decided), [Recipient::Unit(unit(CITY_DESK))]);
    flow.dispatch(CITY_MANAGEMENT, &[WATER]).sign(CITY_MANAGEMENT).sign(WATER);
    let (handler, effort) = (staff("handler", CITY_MANAGEMENT), Effort::default());
    let thread = flow.handling(CITY_MANAGEMENT);
    let done = Command::Finish { thread, effort, text: text(30) };
    flow.refuses(&handler, &done, "evidence.pictures");
    flow.finish(WATER).shows(&handler, &["after"]).finish(CITY_MANAGEMENT);
    assert!(flow.case().open_of(ThreadKind::Check).next().is_some());
}

#[test]
fn what_is_not_opened_has_a_ground_and_is_told_to_who_reported_it() {
    let mut flow = found("patrol");
    let head = staff("closer", JINJIANG_DESK);
    flow.refuses(&head, &register(&flow.clone(), false, None), "register.ground");
    flow.refuses(&head, &register(&flow.clone(), false, Some("nonsense")), "word.unknown");
    flow.refuses(&head, &register(&flow.clone(), false, Some("duplicate")), "void.other");
    flow.gives(&head, register(&flow.clone(), false, Some("below_standard")));
    flow.stands(Spine::Void);
    assert_eq!(flow.case().ground.as_deref(), Some("below_standard"));
    assert_eq!(told(&flow, NoticeKind::Decided), [Recipient::Unit(unit(CITY_DESK))]);
    assert_eq!(flow.case().open_threads().count(), 0);
}

#[test]
fn a_public_report_is_verified_first_and_its_late_opening_is_missed() {
    let mut flow = found("public");
    let thread = flow.no(ThreadKind::Verify);
    assert!(flow.case().open_of(ThreadKind::Register).next().is_none());
    let verifier = staff("verifier", JINJIANG_DESK);
    flow.shows(&verifier, &["near", "far", "landmark"]);
    flow.gives(
        &verifier,
        Command::Verify { thread, confirmed: true, circumstance: None, ground: None, of: None, text: None },
    );
    flow.stands(Spine::Reported);
    let clock = flow.clock(Stage::Register).no;
    flow.later(hours(2));
    assert_eq!(flow.case().clock(clock).unwrap().kept(), Some(false));
    flow.gives(&staff("closer", JINJIANG_DESK), register(&flow.clone(), true, None));
    flow.stands(Spine::Open);
}

#[test]
fn what_is_mended_at_once_needs_no_opening() {
    let mut flow = Flow::under(rules_under("classic-city-management"), at(MONDAY));
    let mut report = complaint(JINJIANG);
    (report.source, report.contact) = ("patrol".into(), None);
    let verifier = staff("verifier", JINJIANG_DESK);
    flow.gives(&verifier, Command::Report(Box::new(report)));
    flow.shows(&verifier, &["before", "after"]);
    flow.gives(&verifier, Command::HandleAtOnce { effort: Effort::default(), text: text(9) });
    flow.stands(Spine::Closed);
}

// ---- 提请吹哨 ----

/// A complaint in a community of the street, under Beijing's rules, with the street.
fn with_the_street() -> Flow {
    let mut flow = Flow::under(rules_under("beijing"), at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(complaint(GRID_PLACE))));
    flow.dispatch(STREET, &[]);
    flow
}

fn one(flow: &Flow, role: &str, of: &str, nth: usize) -> Actor {
    who(flow.rules, role, of, nth)
}

fn asks(kind: &str, units: &[&str]) -> Command {
    Command::AskWhistle { kind: kind.into(), units: units.iter().map(|u| unit(u)).collect(), text: text(30) }
}

fn decides(flow: &Flow, granted: bool, units: &[&str], words: bool) -> Command {
    let units = units.iter().map(|u| unit(u)).collect();
    let thread = flow.no(ThreadKind::Proposal);
    Command::DecideWhistle { thread, granted, units, text: words.then(|| text(31)) }
}

#[test]
fn a_community_asks_its_street_and_the_leader_blows_the_whistle() {
    let mut flow = with_the_street();
    let community = one(&flow, "community", COMMUNITY, 0);
    let blow = Command::Whistle { kind: "everyday".into(), units: vec![unit(HOUSING)], text: text(30) };
    flow.refuses(&community, &blow, "whistle.convener");
    flow.refuses(&community, &asks("everyday", &[]), "whistle.empty");
    flow.refuses(&community, &asks("everyday", &[HOUSING, HOUSING]), "whistle.twice");
    flow.refuses(&community, &asks("everyday", &[COMMUNITY]), "whistle.summons");
    flow.gives(&community, asks("everyday", &[HOUSING]));
    freeze("command-ask_whistle", &flow);
    // Nobody of the street signs: whoever does above it has the request, and is told.
    assert_eq!(told(&flow, NoticeKind::Assigned), [Recipient::Unit(unit(JINJIANG_OFFICE))]);
    let asked = flow.open(ThreadKind::Proposal).clone();
    assert_eq!(asked.holder, Holder::unit(unit(JINJIANG_OFFICE)));
    assert_eq!(asked.spoke.unwrap().units, [unit(HOUSING)]);
    assert_eq!(flow.clock(Stage::Approval).due, at("2026-03-02 13:00"));
    flow.refuses(&one(&flow, "community", COMMUNITY, 1), &asks("everyday", &[WATER]), "whistle.asked");
    // No department is called yet, and the answer waits for the street's word.
    assert_eq!(flow.case().open_of(ThreadKind::Summons).count(), 0);
    flow.refuses(&one(&flow, "street", STREET, 0), &decides(&flow, true, &[], false), "thread.holder");
    let leader = one(&flow, "leader", JINJIANG_OFFICE, 0);
    flow.gives(&leader, decides(&flow, true, &[], false));
    freeze("command-decide_whistle", &flow);
    assert_eq!(told(&flow, NoticeKind::Assigned), [Recipient::Unit(unit(STREET))], "blown in its name");
    assert_eq!(flow.open(ThreadKind::Whistle).holder, Holder::unit(unit(STREET)), "the street convenes");
    assert_eq!(flow.open(ThreadKind::Summons).holder, Holder::unit(unit(HOUSING)));
    assert_eq!(told(&flow, NoticeKind::Decided), [Recipient::Unit(unit(COMMUNITY))]);
    assert_eq!(told(&flow, NoticeKind::Summons), [Recipient::Unit(unit(HOUSING))]);
}

#[test]
fn a_streets_own_whistle_is_signed_and_its_results_are_signed_off_by_a_leader() {
    let mut flow = with_the_street();
    let (clerk, leader) = (one(&flow, "street", STREET, 0), one(&flow, "leader", JINJIANG_OFFICE, 0));
    let blow =
        |kind: &str| Command::Whistle { kind: kind.into(), units: vec![unit(HOUSING)], text: text(30) };
    flow.refuses(&clerk, &blow("everyday"), "whistle.signature");
    flow.gives(&clerk, asks("everyday", &[HOUSING]));
    flow.refuses(&leader, &decides(&flow, false, &[], false), "whistle.words");
    flow.gives(&leader, decides(&flow, false, &[], true));
    assert_eq!(flow.case().threads.last().unwrap().step, Step::Refused);
    // Asked again; the leader calls another department than was asked for.
    flow.gives(&clerk, asks("everyday", &[HOUSING]));
    flow.gives(&leader, decides(&flow, true, &[WATER], false));
    let more =
        Command::Summon { thread: flow.no(ThreadKind::Whistle), units: vec![unit(HOUSING)], text: text(31) };
    flow.refuses(&clerk, &more, "whistle.signature");
    let thread = flow.no(ThreadKind::Summons);
    let water = one(&flow, "handler", WATER, 0);
    flow.gives(&water, Command::Arrive { thread, text: None });
    flow.gives(&water, Command::StateMeasure { thread, measure: None, text: text(32) });
    flow.gives(&water, Command::Finish { thread, effort: Effort::default(), text: text(33) });
    let confirm = |confirmed| Command::Confirm { thread, confirmed, grade: None, text: None };
    // Whose word is asked is told, and has it in their hours; the street knows what became of its call.
    freeze("event-sign_off_asked", &flow);
    let of = Holder::unit(unit(JINJIANG_OFFICE));
    assert!(flow.events().contains(&Event::SignOffAsked { thread, of: of.clone() }));
    assert_eq!(flow.case().awaited(flow.case().thread(thread).unwrap()), &of);
    let both = [JINJIANG_OFFICE, STREET].map(|u| Recipient::Unit(unit(u)));
    let asked = told(&flow, NoticeKind::ToConfirm);
    assert!(asked.len() == 2 && both.iter().all(|r| asked.contains(r)), "{asked:?}");
    // Where the office ends, another unit is asked, which must have somebody who signs.
    let (mut ended, supervisor) = (flow.clone(), staff("supervisor", JINJIANG_DESK));
    let give = |to: &str| {
        let (from, to) = (unit(JINJIANG_OFFICE), unit(to));
        Command::Reassign { from, from_person: None, to, to_person: None }
    };
    ended.refuses(&supervisor, &give(HOUSING), "whistle.signature");
    ended.refuses(&supervisor, &give(WATER), "whistle.self");
    ended.gives(&supervisor, give("u510100"));
    assert_eq!(told(&ended, NoticeKind::ToConfirm), [Recipient::Unit(unit("u510100"))]);
    ended.gives(&one(&ended, "leader", "u510100", 0), confirm(true));
    flow.refuses(&clerk, &confirm(true), "confirm.signature");
    let due = flow.clock(Stage::Check).due;
    flow.until(due.plus(1));
    assert!(told(&flow, NoticeKind::Overdue).contains(&Recipient::Unit(unit(JINJIANG_OFFICE))));
    flow.gives(&leader, confirm(true));
    assert_eq!(flow.case().thread(thread).unwrap().spoke.as_ref().unwrap().asks, None);
    assert_eq!(flow.case().open_of(ThreadKind::Whistle).count(), 0);
    // An emergency waits for nobody's signature.
    flow.gives(&clerk, blow("emergency"));
}

#[test]
fn nobody_signs_their_own_request_and_the_accused_are_asked_for_nothing() {
    let mut flow = with_the_street();
    flow.gives(&one(&flow, "street", STREET, 0), asks("everyday", &[HOUSING]));
    flow.refuses(&one(&flow, "street", STREET, 0), &decides(&flow, true, &[], false), "powers.apart");
    // A department's own request is signed above it too; a leader of its own line there is none.
    let mut flow = Flow::under(flow.rules, at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(complaint(GRID_PLACE))));
    flow.dispatch(WATER, &[]);
    flow.gives(&one(&flow, "handler", WATER, 0), asks("everyday", &[STREET]));
    assert_eq!(flow.open(ThreadKind::Proposal).holder, Holder::unit(unit(JINJIANG_OFFICE)));
    flow.gives(&one(&flow, "leader", JINJIANG_OFFICE, 0), decides(&flow.clone(), true, &[], false));
    assert_eq!(flow.open(ThreadKind::Whistle).holder, Holder::unit(unit(WATER)), "the department convenes");
    // A report about the street goes above it.
    let mut report = complaint(GRID_PLACE);
    (report.request_type, report.about) = ("report".into(), Some(unit(STREET)));
    let mut flow = Flow::under(flow.rules, at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(report)));
    flow.dispatch(CITY_MANAGEMENT, &[]);
    flow.refuses(
        &one(&flow, "community", COMMUNITY, 0),
        &asks("everyday", &[HOUSING]),
        "report.accused-unit",
    );
}

/// 街道领导签发、签认: where the street has a leader of its own, everything stays in the street.
#[test]
fn a_streets_own_leader_signs_and_signs_off() {
    let mut folder = ladder_folder();
    for (file, row) in
        [("people.csv", "qsl,staff,虚构,yes"), ("posts.csv", "q-sl,qsl,u510104017,street-leader")]
    {
        let text = String::from_utf8(folder.get(file).unwrap().to_vec()).unwrap();
        folder.put(file, format!("{}\n{row}\n", text.trim_end()).into_bytes());
    }
    folder.put("profile.toml", "[profile]\non = \"beijing\"\n");
    let mut flow = with_the_street();
    flow.rules = Box::leak(Box::new(rules_of(&folder)));
    let (clerk, leader) = (one(&flow, "street", STREET, 0), one(&flow, "street-leader", STREET, 0));
    flow.gives(&clerk, asks("everyday", &[WATER]));
    assert_eq!(flow.open(ThreadKind::Proposal).holder, Holder::unit(unit(STREET)));
    flow.refuses(
        &one(&flow, "street", STREET, 1),
        &decides(&flow.clone(), true, &[], false),
        "whistle.signature",
    );
    flow.gives(&leader, decides(&flow.clone(), true, &[], false));
    assert!(told(&flow, NoticeKind::Assigned).is_empty(), "the street blew it");
    let thread = flow.no(ThreadKind::Summons);
    let water = one(&flow, "handler", WATER, 0);
    flow.gives(&water, Command::Arrive { thread, text: None });
    flow.gives(&water, Command::StateMeasure { thread, measure: None, text: text(32) });
    flow.gives(&water, Command::Finish { thread, effort: Effort::default(), text: text(33) });
    assert_eq!(told(&flow, NoticeKind::ToConfirm), [Recipient::Unit(unit(STREET))]);
    let confirm = Command::Confirm { thread, confirmed: true, grade: None, text: None };
    flow.refuses(&clerk, &confirm, "confirm.signature");
    flow.gives(&leader, confirm);
    // The street's leader signs for no department: that goes above it.
    let rules = flow.rules;
    let mut flow = Flow::under(rules, at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(complaint(GRID_PLACE))));
    flow.dispatch(WATER, &[]);
    flow.gives(&one(&flow, "handler", WATER, 0), asks("everyday", &[HOUSING]));
    assert_eq!(flow.open(ThreadKind::Proposal).holder, Holder::unit(unit(JINJIANG_OFFICE)));
}

/// A request that nobody decides is watched over by who would watch the whistle first, and by nobody once it
/// is decided.
#[test]
fn a_request_that_nobody_decides_is_watched_over() {
    let mut flow = with_the_street();
    flow.gives(&one(&flow, "community", COMMUNITY, 0), asks("everyday", &[HOUSING]));
    let asked = flow.no(ThreadKind::Proposal);
    flow.later(hours(5));
    let watch = flow.open(ThreadKind::Supervision);
    assert_eq!((watch.under, watch.label.as_deref()), (Some(asked), Some("district-office")));
    let told = told(&flow, NoticeKind::Escalation);
    assert!(told.contains(&Recipient::Unit(unit(JINJIANG_OFFICE))), "who has it hears of it: {told:?}");
    flow.gives(&one(&flow, "leader", JINJIANG_OFFICE, 0), decides(&flow.clone(), false, &[], true));
    assert_eq!(flow.case().open_of(ThreadKind::Supervision).count(), 0);
}

/// 督办超期: who watches and lets the time pass is watched by a leader, once.
#[test]
fn who_watches_and_sleeps_is_told_on() {
    let mut flow = with_the_street();
    flow.gives(
        &one(&flow, "supervisor", JINJIANG_DESK, 0),
        Command::Supervise { thread: None, text: text(9) },
    );
    let watch = flow.clock(Stage::Resolve).clone();
    flow.until(watch.due.plus(1));
    let labels: Vec<&Holder> = flow.case().open_of(ThreadKind::Supervision).map(|t| &t.holder).collect();
    assert_eq!(labels.last().unwrap().as_unit(), Some(&unit(JINJIANG_OFFICE)), "{labels:?}");
    let second = flow.clock(Stage::Resolve).clone();
    assert!(second.no > watch.no);
    let count = labels.len();
    flow.until(second.due.plus(1));
    let leaders = |t: &&huying_core::case::state::Thread| t.holder.as_unit() == Some(&unit(JINJIANG_OFFICE));
    assert_eq!(flow.case().open_of(ThreadKind::Supervision).filter(leaders).count(), 1);
    assert!(flow.case().open_of(ThreadKind::Supervision).count() >= count);
}

/// A second post is no way round: who serves the department neither decides on its call nor signs its result.
#[test]
fn a_leader_who_serves_the_department_decides_nothing_of_it() {
    let mut flow = with_the_street();
    let leader = one(&flow, "leader", JINJIANG_OFFICE, 0);
    let Actor::Staff(by) = &leader else { panic!("staff") };
    let Actor::Staff(water) = one(&flow, "handler", WATER, 0) else { panic!("staff") };
    flow.gives(&one(&flow, "street", STREET, 0), asks("everyday", &[WATER]));
    let before = flow.rules;
    let second = RosterChange::Filled { post: water.post.clone(), person: Some(by.person.clone()) };
    let people = change::fold(&before.city.people, &[second]);
    let serving: &'static Rules = Box::leak(Box::new(before.with_people(people)));
    flow.rules = serving;
    flow.refuses(&leader, &decides(&flow.clone(), false, &[], true), "powers.apart");
    flow.rules = before;
    flow.gives(&leader, decides(&flow.clone(), true, &[], false));
    let thread = flow.no(ThreadKind::Summons);
    let handler = one(&flow, "handler", WATER, 0);
    flow.gives(&handler, Command::Arrive { thread, text: None });
    flow.gives(&handler, Command::StateMeasure { thread, measure: None, text: text(32) });
    flow.gives(&handler, Command::Finish { thread, effort: Effort::default(), text: text(33) });
    let confirm = Command::Confirm { thread, confirmed: true, grade: None, text: None };
    flow.rules = serving;
    flow.refuses(&leader, &confirm, "powers.apart");
    flow.rules = before;
    flow.gives(&leader, confirm);
}

// ---- 挂账 after the answer ----

fn answered() -> Flow {
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]).handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    flow.stands(Spine::Answered);
    flow
}

fn order(flow: &Flow) -> ThreadNo {
    flow.case().last_order().unwrap().no
}

fn hang(flow: &mut Flow, until: Time) {
    let thread = order(flow);
    let handler = staff("handler", CITY_MANAGEMENT);
    flow.gives(&handler, Command::AskSuspension { thread, reexamine: until, text: text(50) });
    let thread = flow.no(ThreadKind::Suspension);
    let approver = staff("approver", JINJIANG_DESK);
    flow.gives(&approver, Command::DecideSuspension { thread, granted: true, text: None });
}

fn paused(flow: &Flow, stage: Stage) -> bool {
    matches!(flow.clock(stage).ticking, Ticking::Paused { .. })
}

#[test]
fn an_answered_order_is_hung_and_goes_on_at_its_date() {
    let mut flow = answered();
    hang(&mut flow, at("2026-06-01 09:00"));
    flow.stands(Spine::Answered);
    assert!(paused(&flow, Stage::Callback) && paused(&flow, Stage::Rating), "nobody is asked meanwhile");
    let thread = flow.no(ThreadKind::Callback);
    let solved = Verdict { solved: Some(Solved::Solved), satisfied: None };
    let call = Command::Callback { thread, reached: true, verdict: solved, text: None };
    flow.refuses(&staff("callback", JINJIANG_DESK), &call, "callback.suspended");
    let again =
        Command::AskSuspension { thread: order(&flow), reexamine: at("2026-07-01 09:00"), text: text(51) };
    flow.refuses(&staff("handler", CITY_MANAGEMENT), &again, "thread.pending");
    // On its date it is with the unit again, with full clocks, and counts as no rework.
    flow.until(at("2026-06-01 10:00"));
    flow.stands(Spine::Open);
    assert_eq!((flow.case().reworks, flow.case().open_of(ThreadKind::Callback).count()), (0, 0));
    assert!(flow.events().contains(&Event::TakenUp {}), "it is not told as sent back");
    freeze("event-taken_up", &flow);
    assert_eq!(flow.clock(Stage::Handle).start, at("2026-06-01 09:00").plus(1));
    flow.handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    flow.says(Solved::Solved, Satisfied::Satisfied);
    flow.stands(Spine::Closed);
    assert_eq!(flow.case().promise().unwrap().kept(), Some(true), "the promise was an answer");
}

#[test]
fn the_callers_own_word_ends_a_wait() {
    let mut flow = answered();
    hang(&mut flow, at("2026-06-01 09:00"));
    let no = Verdict { solved: Some(Solved::NotSolved), satisfied: None };
    flow.gives(&Actor::Caller, Command::Rate { verdict: no, text: None });
    flow.stands(Spine::Open);
    assert_eq!(flow.case().reworks, 1);
    assert_eq!(flow.case().open_of(ThreadKind::Suspension).count(), 0);
}

#[test]
fn a_wait_that_is_refused_changes_nothing_and_one_taken_up_early_goes_on() {
    let mut flow = answered();
    let handler = staff("handler", CITY_MANAGEMENT);
    let ask =
        Command::AskSuspension { thread: order(&flow), reexamine: at("2026-06-01 09:00"), text: text(50) };
    flow.refuses(&staff("handler", WATER), &ask, "thread.holder");
    flow.gives(&handler, ask);
    let thread = flow.no(ThreadKind::Suspension);
    let approver = staff("approver", JINJIANG_DESK);
    flow.gives(&approver, Command::DecideSuspension { thread, granted: false, text: Some(text(52)) });
    assert!(!paused(&flow, Stage::Callback));
    hang(&mut flow, at("2026-06-01 09:00"));
    let thread = flow.no(ThreadKind::Suspension);
    // Whoever granted it ends it, and whoever asked for it; nobody else.
    let resume = Command::Resume { thread, text: Some(text(53)) };
    flow.refuses(&staff("handler", WATER), &resume, "thread.holder");
    flow.clone().gives(&staff("handler", CITY_MANAGEMENT), resume.clone()).stands(Spine::Open);
    flow.gives(&approver, resume);
    flow.stands(Spine::Open);
    assert_eq!(flow.handling(CITY_MANAGEMENT), order(&flow));
}

#[test]
fn where_nobody_can_be_asked_the_wait_keeps_the_case_from_closing() {
    let mut flow = answered();
    hang(&mut flow, at("2026-06-01 09:00"));
    let erased = Command::Erase { items: vec![ItemId(2)], ground: "request".into() };
    flow.gives(&staff("administrator", CITY_DESK), erased);
    flow.until(at("2026-05-31 09:00"));
    flow.stands(Spine::Answered);
    flow.until(at("2026-06-01 10:00"));
    flow.stands(Spine::Open);
}
