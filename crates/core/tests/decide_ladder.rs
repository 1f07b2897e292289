//! The ladder 呼应 at work: who is called, what climbs, who confirms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::notice::{NoticeKind, Recipient, notices};
use huying_core::case::state::{Spine, Thread};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::*;
use huying_core::observation::{Satisfied, Solved};
use huying_core::rules::Rules;

const MONDAY: &str = "2026-03-02 09:00";

fn begun(source: &str, by: &Actor, place: &str) -> Flow {
    begun_under(ladder_rules(), source, by, place)
}

fn begun_under(rules: &'static Rules, source: &str, by: &Actor, place: &str) -> Flow {
    let mut flow = Flow::under(rules, at(MONDAY));
    let mut report = complaint(place);
    report.source = source.into();
    if source == "by-grid" {
        report.contact = None;
    }
    flow.gives(by, Command::Report(Box::new(report)));
    flow
}

fn called(place: &str) -> Flow {
    begun("to-grid", &Actor::Caller, place)
}

fn one(role: &str, of: &str) -> Actor {
    who(ladder_rules(), role, of, 0)
}

fn leader() -> Actor {
    one("grid-leader", MICRO)
}

fn worker() -> Actor {
    one("grid-worker", GRID)
}

/// The rungs so far: label, step, unit.
fn rungs(flow: &Flow) -> Vec<(&str, Step, &str)> {
    let rungs = flow.case().threads.iter().filter(|t| t.kind == ThreadKind::Rung);
    rungs.map(|t| (t.label.as_deref().unwrap(), t.step, t.holder.as_unit().unwrap().as_str())).collect()
}

fn finish(flow: &mut Flow, by: &Actor) {
    let thread = flow.no(ThreadKind::Rung);
    flow.gives(by, Command::Finish { thread, effort: Effort::default(), text: text(20) });
}

fn reply(flow: &mut Flow, by: &Actor) {
    flow.gives(by, Command::Reply { text: text(21) });
}

/// The notices of the last record: what, to whom.
fn told(flow: &Flow) -> Vec<(NoticeKind, Recipient)> {
    let before = flow.fold(flow.records.len() - 1);
    let all = notices(flow.records.last().unwrap(), before.as_ref(), flow.case());
    all.into_iter().map(|n| (n.kind, n.to)).collect()
}

fn person(unit_id: &str, of: &Actor) -> Recipient {
    let Actor::Staff(staff) = of else { panic!() };
    Recipient::Person { unit: unit(unit_id), person: staff.person.clone() }
}

/// 群众呼网格应: the nearest hand answers, the resident is asked, the case closes.
#[test]
fn a_neighbours_call_is_answered_by_the_micro_grid_leader() {
    let mut flow = called(MICRO_PLACE);
    assert_eq!(rungs(&flow), [("micro-grid", Step::Sent, MICRO)]);
    assert_eq!(flow.case().lead, Some(unit(MICRO)));
    assert!(told(&flow).contains(&(NoticeKind::Assigned, person(MICRO, &leader()))));
    flow.later(minutes(20));
    let thread = flow.no(ThreadKind::Rung);
    flow.gives(&leader(), Command::Acknowledge { thread });
    flow.later(hours(2));
    finish(&mut flow, &leader());
    reply(&mut flow, &leader());
    flow.says(Solved::Solved, Satisfied::Very);
    flow.stands(Spine::Closed);
    assert!(told(&flow).contains(&(NoticeKind::Verdict, Recipient::Unit(unit(MICRO)))));
    assert!(told(&flow).contains(&(NoticeKind::Ended, Recipient::Caller)));
}

/// 逾期自动上呼: clocks of a volunteer climb like any other and are never scored.
#[test]
fn a_missed_clock_climbs_by_itself_and_a_volunteer_is_not_scored() {
    let mut flow = called(MICRO_PLACE);
    flow.until(at("2026-03-02 10:01"));
    assert_eq!(rungs(&flow), [("micro-grid", Step::Climbed, MICRO), ("grid", Step::Sent, GRID)]);
    assert_eq!(flow.case().lead, Some(unit(GRID)));
    // A volunteer says neither yes nor no to the grid: the resident does, who called.
    assert_eq!(flow.open(ThreadKind::Rung).caller, Holder::Caller);
    let own = |f: &Flow, no: u16, stage: Stage| {
        f.case().clocks.iter().find(|c| c.thread == Some(ThreadNo(no)) && c.stage == stage).unwrap().clone()
    };
    let missed = own(&flow, 1, Stage::Acknowledge);
    assert_eq!((missed.missed_at, missed.kept()), (Some(at("2026-03-02 10:00")), None));
    let all = told(&flow);
    for to in [person(MICRO, &leader()), person(GRID, &worker()), Recipient::Caller] {
        assert!(all.contains(&(NoticeKind::Escalation, to.clone())), "{to:?} in {all:?}");
    }
    // The grid worker is paid, and is scored.
    flow.until(at("2026-03-02 11:05"));
    assert_eq!(own(&flow, 2, Stage::Acknowledge).kept(), Some(false));
    assert_eq!(rungs(&flow)[2], ("community", Step::Sent, COMMUNITY));
    // Nobody at all answers: it climbs until the city, and there it is watched, once; so is the case, for the
    // promise that is missed.
    flow.until(at("2026-04-20 09:00"));
    let labels: Vec<&str> = rungs(&flow).iter().map(|r| r.0).collect();
    assert_eq!(labels, ["micro-grid", "grid", "community", "street", "district", "city"]);
    let watches = || flow.case().open_of(ThreadKind::Supervision);
    assert_eq!(watches().filter(|t| t.under == Some(flow.no(ThreadKind::Rung))).count(), 1);
    // For the promise; above who let that pass, its leader; above that one, the city's.
    let mut whole: Vec<&str> =
        watches().filter(|t| t.under.is_none()).map(|t| t.holder.as_unit().unwrap().as_str()).collect();
    whole.sort_unstable();
    assert_eq!(whole, ["u510100", "u510104", JINJIANG_DESK]);
    let pressed = flow.open(ThreadKind::Rung).pressed.clone().unwrap();
    assert!(pressed.on_notice > 0, "put on notice although nobody urged it: {pressed:?}");
    let ranks: Vec<_> = flow.case().threads.iter().filter_map(|t| t.rank).collect();
    assert_eq!(ranks, [1, 2, 3, 4, 5, 6]);
}

/// After an outage the miss is recorded at its due time, and the next rung has its whole time.
#[test]
fn after_an_outage_the_next_rung_begins_when_it_could_be_told() {
    let mut flow = called(MICRO_PLACE);
    let (due, clock, generation, edge) = {
        let clocks = &flow.case().clocks;
        let c = clocks.iter().find(|c| c.stage == Stage::Acknowledge).unwrap();
        (c.due, c.no, c.generation, Edge::Due)
    };
    flow.now = at("2026-03-02 15:00");
    flow.gives(&Actor::Clock, Command::Fire { clock, generation, edge });
    let record = flow.records.last().unwrap();
    assert_eq!(record.effective_at, Some(due));
    let next = flow.case().clocks.iter().rfind(|c| c.stage == Stage::Acknowledge).unwrap();
    assert_eq!((next.start, next.due), (at("2026-03-02 15:00"), at("2026-03-02 16:00")));
}

/// The shipped rules over the street, of a ladder that hands nothing on to the hotline.
fn without_an_order() -> &'static Rules {
    let mut folder = ladder_folder();
    let without = "[profile]\non = \"chengdu\"\nwithout = [\"procedure.grid-call.opens.beyond_ladder\"]\n";
    folder.put("profile.toml", without);
    Box::leak(Box::new(rules_of(&folder)))
}

/// A call at the highest rung there is, with the city.
fn at_the_top(rules: &'static Rules) -> (Flow, Actor, Command) {
    let mut flow = begun_under(rules, "to-grid", &Actor::Caller, GRID_PLACE);
    let thread = flow.no(ThreadKind::Rung);
    flow.gives(&worker(), Command::Climb { thread, text: text(22) });
    assert_eq!(rungs(&flow), [("grid", Step::Climbed, GRID), ("community", Step::Sent, COMMUNITY)]);
    // The grid called the community: not anybody of the community.
    let thread = flow.no(ThreadKind::Rung);
    let community = one("community", COMMUNITY);
    flow.refuses(&worker(), &Command::Acknowledge { thread }, "thread.holder");
    flow.gives(&community, Command::Climb { thread, text: text(22) });
    let thread = flow.no(ThreadKind::Rung);
    flow.gives(&one("street", STREET), Command::Climb { thread, text: text(22) });
    let thread = flow.no(ThreadKind::Rung);
    flow.gives(&one("closer", JINJIANG_DESK), Command::Climb { thread, text: text(22) });
    let thread = flow.no(ThreadKind::Rung);
    (flow, one("closer", CITY_DESK), Command::Climb { thread, text: text(22) })
}

#[test]
fn what_is_beyond_its_power_climbs_and_the_top_has_nobody_above() {
    let (mut flow, top, climb) = at_the_top(without_an_order());
    let refusal = flow.refuses(&top, &climb, "rung.top");
    assert!(refusal.basis.is_some(), "a refusal says on what it stands");
    assert!(refusal.accepted.contains("whistle"));
}

/// 转热线办理: beyond the power of all rungs it is an order: given back, dispatched anew and reworked as one.
#[test]
fn what_is_beyond_the_ladder_becomes_an_order() {
    let (mut flow, top, climb) = at_the_top(ladder_rules());
    flow.gives(&top, climb);
    assert_eq!(flow.case().open_of(ThreadKind::Rung).count(), 0);
    assert_eq!(flow.case().lead, Some(unit(CITY_DESK)), "until the order is sent");
    // Of an order that left the ladder holds what holds of any: a ruling before it is sent, a district that
    // stands in, an end of giving back.
    let thread = flow.no(ThreadKind::Dispatch);
    let desk = staff("dispatcher", JINJIANG_DESK);
    flow.clone().gives(&desk, Command::AskRuling { thread, text: text(24) });
    flow.clone().gives(&desk, Command::PassDown { thread, unit: unit(CITY_DESK), text: text(24) });
    flow.dispatch(WATER, &[]);
    let mut late = flow.clone();
    late.until(late.now.plus(hours(72)));
    let ask = Command::AskReturn { thread: late.handling(WATER), text: text(23) };
    late.refuses(&staff("handler", WATER), &ask, "return.late");
    let ask = Command::AskReturn { thread: flow.handling(WATER), text: text(23) };
    flow.gives(&staff("handler", WATER), ask);
    let thread = flow.no(ThreadKind::Return);
    flow.gives(
        &staff("dispatcher", JINJIANG_DESK),
        Command::DecideReturn { thread, granted: true, text: None },
    );
    flow.dispatch(CITY_MANAGEMENT, &[]).handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    flow.says(Solved::NotSolved, Satisfied::NotSatisfied);
    assert_eq!(flow.handling(CITY_MANAGEMENT), flow.case().last_order().unwrap().no);
    flow.handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    flow.says(Solved::Solved, Satisfied::Satisfied);
    flow.stands(Spine::Closed);
}

/// Answered by the desk before it was sent, and not solved: it stays an order, and no rung has it again.
#[test]
fn what_left_the_ladder_is_not_sent_back_to_it() {
    let mut folder = ladder_folder();
    let unblocked = r#"
[profile]
on = "chengdu"
[[procedure]]
id = "grid-call"
blocks = { answer = ["rung"], close = [] }
source = "this test"
status = "proposal"
"#;
    folder.put("profile.toml", unblocked);
    let (mut flow, top, climb) = at_the_top(Box::leak(Box::new(rules_of(&folder))));
    flow.gives(&top, climb);
    let ask = Command::AskRuling { thread: flow.no(ThreadKind::Dispatch), text: text(24) };
    flow.gives(&staff("dispatcher", JINJIANG_DESK), ask);
    flow.gives(&top, Command::Reply { text: text(40) });
    flow.says(Solved::NotSolved, Satisfied::NotSatisfied);
    let open = |kind| flow.case().open_of(kind).count();
    assert_eq!((open(ThreadKind::Rung), open(ThreadKind::Dispatch), open(ThreadKind::Ruling)), (0, 1, 0));
    assert_eq!(flow.case().reworks, 1);
    // Answered so again and again, it is raised like any other.
    for _ in 2..=3 {
        flow.gives(&top, Command::Reply { text: text(40) });
        flow.says(Solved::NotSolved, Satisfied::NotSatisfied);
    }
    assert_eq!((flow.case().reworks, flow.case().open_of(ThreadKind::Rung).count()), (3, 0));
    assert_eq!(flow.case().open_of(ThreadKind::Supervision).count(), 1);
}

/// A call that nobody outside waits for is answered by itself, once the whistle asked for on it is refused.
#[test]
fn a_call_within_the_ladder_waits_for_the_whistle_that_is_asked_for() {
    let mut flow = begun("by-grid", &worker(), GRID_PLACE);
    let community = one("community", COMMUNITY);
    let ask = Command::AskWhistle { kind: "everyday".into(), units: vec![unit(WATER)], text: text(30) };
    flow.gives(&community, ask);
    finish(&mut flow, &community);
    let thread = flow.no(ThreadKind::Rung);
    flow.gives(&worker(), Command::Confirm { thread, confirmed: true, grade: None, text: None });
    flow.stands(Spine::Open);
    let thread = flow.no(ThreadKind::Proposal);
    let no = Command::DecideWhistle { thread, granted: false, units: Vec::new(), text: Some(text(31)) };
    flow.gives(&one("street", STREET), no);
    assert_ne!(flow.case().spine, Spine::Open, "it is answered: {:?}", flow.events());
    assert!(flow.events().iter().any(|e| matches!(e, Event::Answered { .. })));
}

/// 快速处置: a grid worker who calls for a small thing mends it before anybody has answered, and shows it.
#[test]
fn a_grid_worker_mends_a_small_thing_at_once() {
    let mut flow = begun("by-grid", &worker(), GRID_PLACE);
    assert_eq!(rungs(&flow), [("community", Step::Sent, COMMUNITY)]);
    let at_once = Command::HandleAtOnce { effort: Effort { minutes: 9, trips: 0, forms: 0 }, text: text(6) };
    flow.refuses(&worker(), &at_once, "quick.pictures");
    flow.shows(&worker(), &["before", "after"]);
    let mut answered = flow.clone();
    flow.gives(&worker(), at_once.clone()).stands(Spine::Closed);
    assert!(flow.case().quick);
    assert!(told(&flow).contains(&(NoticeKind::Withdrawn, Recipient::Unit(unit(COMMUNITY)))));
    // Once the community has answered it is theirs.
    let thread = answered.no(ThreadKind::Rung);
    answered.gives(&one("community", COMMUNITY), Command::Acknowledge { thread });
    answered.refuses(&worker(), &at_once, "quick.ordered");
}

/// 网格呼社区应: who called confirms, twice not solved is a rung up.
#[test]
fn the_grid_confirms_the_community_and_twice_no_is_a_rung_up() {
    let mut flow = called(GRID_PLACE);
    let thread = flow.no(ThreadKind::Rung);
    flow.gives(&worker(), Command::Climb { thread, text: text(22) });
    let community = one("community", COMMUNITY);
    let colleague = who(ladder_rules(), "community", COMMUNITY, 1);
    for round in 1..=2u16 {
        finish(&mut flow, &community);
        assert!(told(&flow).contains(&(NoticeKind::ToConfirm, person(GRID, &worker()))));
        let thread = flow.no(ThreadKind::Rung);
        let yes = Command::Confirm { thread, confirmed: true, grade: None, text: None };
        flow.refuses(&colleague, &yes, "thread.caller");
        flow.refuses(&community, &yes, "powers.apart");
        // Only who called takes back that it is done.
        flow.refuses(&community, &Command::Acknowledge { thread }, "rung.done");
        flow.gives(
            &worker(),
            Command::Confirm { thread, confirmed: false, grade: None, text: Some(text(23)) },
        );
        if round == 1 {
            assert_eq!(flow.open(ThreadKind::Rung).round, 1);
            assert_eq!(flow.open(ThreadKind::Rung).step, Step::Acknowledged);
        }
    }
    assert_eq!(rungs(&flow)[1..], [("community", Step::Climbed, COMMUNITY), ("street", Step::Sent, STREET)]);
    let street = one("street", STREET);
    finish(&mut flow, &street);
    let thread = flow.no(ThreadKind::Rung);
    flow.gives(
        &colleague,
        Command::Confirm { thread, confirmed: true, grade: Some("good".into()), text: None },
    );
    flow.stands(Spine::Open);
    reply(&mut flow, &street);
    flow.says(Solved::Solved, Satisfied::Very);
    flow.stands(Spine::Closed);
}

/// 群众不认可: the resident's no goes back to who said it was done; twice, and it is a rung up.
#[test]
fn not_solved_goes_back_and_twice_means_a_rung_up() {
    let mut flow = called("510104017001");
    let community = one("community", COMMUNITY);
    finish(&mut flow, &community);
    let early =
        Command::Confirm { thread: flow.no(ThreadKind::Rung), confirmed: true, grade: None, text: None };
    // The resident confirms by being asked, not by a desk.
    flow.refuses(&one("street", STREET), &early, "confirm.caller");
    reply(&mut flow, &community);
    flow.says(Solved::NotSolved, Satisfied::NotSatisfied);
    flow.stands(Spine::Open);
    assert_eq!(rungs(&flow), [("community", Step::Acknowledged, COMMUNITY)]);
    finish(&mut flow, &community);
    reply(&mut flow, &community);
    flow.says(Solved::NotSolved, Satisfied::NotSatisfied);
    assert_eq!(rungs(&flow), [("community", Step::Climbed, COMMUNITY), ("street", Step::Sent, STREET)]);
    assert_eq!((flow.case().reworks, &flow.case().lead), (2, &Some(unit(STREET))));
    let street = one("street", STREET);
    finish(&mut flow, &street);
    reply(&mut flow, &street);
    flow.says(Solved::Solved, Satisfied::Satisfied);
    flow.stands(Spine::Closed);
    assert!(flow.case().threads.iter().filter(|t| t.kind == ThreadKind::Rung).all(|t| !t.is_open()));
    // 15 days to take it up again.
    flow.until(at(MONDAY).plus(hours(24 * 10)));
    let again = Command::Reopen { ground: "came_back".into(), text: text(24) };
    flow.gives(&one("callback", JINJIANG_DESK), again.clone());
    assert_eq!(rungs(&flow).last().unwrap(), &("community", Step::Sent, COMMUNITY));
    flow.until(at("2026-03-20 09:00"));
}

/// 网格员以自己的名义呼: a grid worker calls in their own right, and their word is the last.
#[test]
fn a_grid_worker_calls_in_their_own_right() {
    let mut flow = begun("by-grid", &worker(), GRID_PLACE);
    assert_eq!(rungs(&flow), [("community", Step::Sent, COMMUNITY)]);
    let Actor::Staff(staff) = worker() else { panic!() };
    let caller = Holder::Unit { unit: unit(GRID), person: Some(staff.person.clone()) };
    assert_eq!(flow.open(ThreadKind::Rung).caller, caller);
    finish(&mut flow, &one("community", COMMUNITY));
    let thread = flow.no(ThreadKind::Rung);
    flow.gives(&worker(), Command::Confirm { thread, confirmed: true, grade: None, text: None });
    flow.stands(Spine::Closed);
    assert_eq!(flow.case().promise().unwrap().kept(), Some(true));
}

/// Who called and says nothing in time has said yes.
#[test]
fn silence_of_who_called_is_a_yes() {
    let mut flow = begun("by-grid", &worker(), GRID_PLACE);
    finish(&mut flow, &one("community", COMMUNITY));
    flow.until(at("2026-03-05 09:00"));
    flow.stands(Spine::Closed);
    let rung: &Thread = &flow.case().threads[0];
    assert_eq!((rung.step, rung.outcome.as_deref()), (Step::Confirmed, Some("silence")));
}

/// 转为突发: what turns out to be dangerous wakes every rung above at once; one alone cannot stand down.
#[test]
fn a_call_that_turns_out_an_emergency_wakes_all_rungs_above() {
    let mut flow = called(GRID_PLACE);
    let thread = flow.no(ThreadKind::Rung);
    let down = |thread| Command::Withdraw { thread, text: text(25) };
    flow.refuses(&worker(), &down(thread), "rung.last");
    let urgency = Some(Urgency::Emergency);
    let class =
        Command::Reclassify { matter: None, circumstance: None, request_type: None, urgency, complex: None };
    flow.gives(&one("dispatcher", JINJIANG_DESK), class);
    let open: Vec<&str> = rungs(&flow).iter().map(|r| r.0).collect();
    assert_eq!(open, ["grid", "community", "street", "district", "city"]);
    assert_eq!(flow.case().lead, Some(unit(GRID)), "nobody has answered: the first that was called");
    let at_the_street = flow.case().open_of(ThreadKind::Rung).nth(2).unwrap().no;
    flow.gives(&one("street", STREET), Command::Acknowledge { thread: at_the_street });
    assert_eq!(flow.case().lead, Some(unit(STREET)), "the highest that has answered");
    flow.gives(&worker(), down(thread));
    assert_eq!(rungs(&flow)[0].1, Step::Withdrawn);
    // The city comes, and stands down: the street answers for it again.
    let at_the_city = flow.case().open_of(ThreadKind::Rung).last().unwrap().no;
    let city = one("closer", CITY_DESK);
    flow.gives(&city, Command::Acknowledge { thread: at_the_city });
    assert_eq!(flow.case().lead, Some(unit(CITY_DESK)));
    flow.gives(&city, down(at_the_city));
    assert_eq!(flow.case().lead, Some(unit(STREET)));
    // The street cannot do it, while the district above is called already: the first that was called.
    flow.gives(&one("street", STREET), Command::Climb { thread: at_the_street, text: text(22) });
    assert_eq!(flow.case().lead, Some(unit(COMMUNITY)));
}

/// 值班: a clock that misses finds the person on duty, and the event says whom.
#[test]
fn a_missed_clock_finds_the_person_on_duty() {
    let mut flow = called(GRID_PLACE);
    let Actor::Staff(duty) = who(ladder_rules(), "community", COMMUNITY, 1) else { panic!() };
    flow.duty = vec![(unit(COMMUNITY), duty.person.clone())];
    flow.until(at("2026-03-02 10:01"));
    let holder = Holder::Unit { unit: unit(COMMUNITY), person: Some(duty.person.clone()) };
    assert_eq!(flow.open(ThreadKind::Rung).holder, holder);
    // Somebody who has no post there is nobody's duty.
    let mut flow = called(GRID_PLACE);
    flow.duty = vec![(unit(COMMUNITY), PersonId::new("p0001").unwrap())];
    flow.until(at("2026-03-02 10:01"));
    assert_eq!(flow.open(ThreadKind::Rung).holder, Holder::unit(unit(COMMUNITY)));
}

/// 属地更正: the rungs of another place.
#[test]
fn a_call_moved_to_another_district_begins_anew_there() {
    let mut flow = called(GRID_PLACE);
    let location = location(QINGYANG);
    flow.gives(&one("dispatcher", JINJIANG_DESK), Command::Move { location, text: None });
    assert_eq!(rungs(&flow), [("grid", Step::Withdrawn, GRID), ("street", Step::Sent, "u510105005")]);
    assert_eq!(flow.case().lead, Some(unit("u510105005")));
}

/// 突发事件: whoever has mended it answers the resident, when those above have stood down; and a move calls all
/// rungs of the other place, with the first of them accountable.
#[test]
fn the_crew_that_mended_an_emergency_answers_the_resident() {
    let mut flow = Flow::under(ladder_rules(), at(MONDAY));
    let mut report = complaint(GRID_PLACE);
    (report.source, report.urgency) = ("to-grid".into(), Urgency::Emergency);
    flow.gives(&Actor::Caller, Command::Report(Box::new(report)));
    assert_eq!(flow.case().lead, Some(unit(GRID)));
    let mut moved = flow.clone();
    let away = Command::Move { location: location(QINGYANG), text: None };
    moved.gives(&one("dispatcher", JINJIANG_DESK), away);
    assert_eq!(moved.case().lead, Some(unit("u510105005")));
    let rung = |n: usize| flow.case().open_of(ThreadKind::Rung).nth(n).unwrap().no;
    let all = [rung(0), rung(1), rung(2), rung(3), rung(4)];
    let hands = [
        worker(),
        one("community", COMMUNITY),
        one("street", STREET),
        one("closer", JINJIANG_DESK),
        one("closer", CITY_DESK),
    ];
    for (thread, by) in all.into_iter().zip(&hands) {
        flow.gives(by, Command::Acknowledge { thread });
    }
    flow.later(minutes(30));
    flow.gives(&worker(), Command::Finish { thread: all[0], effort: Effort::default(), text: text(20) });
    for (thread, by) in all.into_iter().zip(&hands).skip(1) {
        flow.gives(by, Command::Withdraw { thread, text: text(25) });
    }
    assert_eq!(flow.case().lead, Some(unit(GRID)));
    reply(&mut flow, &worker());
    flow.says(Solved::Solved, Satisfied::Very);
    flow.stands(Spine::Closed);
}

/// The unit complained of never stands on a rung.
#[test]
fn the_accused_community_is_passed_over() {
    let mut flow = Flow::under(ladder_rules(), at(MONDAY));
    let mut report = complaint("510104017001");
    report.source = "to-grid".into();
    report.about = Some(unit(COMMUNITY));
    flow.gives(&Actor::Caller, Command::Report(Box::new(report)));
    assert_eq!(rungs(&flow), [("street", Step::Sent, STREET)]);
}
