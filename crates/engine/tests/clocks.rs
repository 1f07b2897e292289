//! Clocks through the engine: in due order, before any command, at their own time, once, and never a stale
//! one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Edge, Event, Stage};
use huying_core::case::thread::ThreadKind;
use huying_core::ids::{CaseId, ClockNo};
use huying_core::time::Time;
use huying_engine::{Engine, plain};

/// The edges that rang in a case, with the time each counts at and the time it was recorded at.
fn rang(town: &Town, id: CaseId) -> Vec<(ClockNo, Edge, Time, Time)> {
    let fired = |r: &huying_core::case::event::Record| {
        r.events.iter().find_map(|e| match e {
            Event::ClockFired { clock, edge, at } => {
                assert_eq!(*at, r.effective(), "it counts at its own time");
                Some((*clock, *edge, *at, r.recorded_at))
            }
            _ => None,
        })
    };
    town.records(id).iter().filter_map(fired).collect()
}

#[test]
fn after_an_outage_every_edge_rings_once_in_due_order_before_the_first_command() {
    let mut town = Town::new();
    let first = town.report("路面塌陷").case;
    town.later(HOUR);
    let second = town.report("树枝压线").case;
    town.dispatch(second);
    town.stop();
    town.time.set(MONDAY.plus(20 * DAY));
    town.start();
    // The very first command after the outage finds the clocks rung.
    town.engine().submit(note(&Actor::Caller, first, "还没有人来")).unwrap();
    let commands = town.commands(first);
    assert_eq!(commands.last().unwrap(), "note");
    assert!(commands.iter().filter(|c| *c == "fire").count() >= 2, "dispatch and promise: {commands:?}");

    let mut all: Vec<_> = Vec::new();
    for id in [first, second] {
        all.extend(rang(&town, id));
    }
    let recorded: Vec<_> = all.iter().map(|r| r.3).collect();
    assert!(recorded.iter().all(|at| *at == MONDAY.plus(20 * DAY)), "recorded when it could be known");
    let journal = town.engine().history(first).unwrap().unwrap().records;
    let other = town.engine().history(second).unwrap().unwrap().records;
    let mut fires: Vec<_> = journal.iter().chain(&other).filter(|(_, r)| r.command == "fire").collect();
    fires.sort_by_key(|(seq, _)| *seq);
    let due: Vec<Time> = fires.iter().map(|(_, r)| r.effective()).collect();
    assert!(due.is_sorted(), "in due order across cases: {due:?}");
    assert!(due.len() >= 5);

    // Near and due of one clock both rang, each at its own time.
    let sign = town.case(second).clocks.iter().find(|c| c.stage == Stage::Sign).unwrap().clone();
    let edges: Vec<_> = rang(&town, second).into_iter().filter(|r| r.0 == sign.no).collect();
    assert_eq!(edges.last().map(|e| (e.1, e.2)), Some((Edge::Due, sign.due)));
    assert_eq!(sign.missed_at, Some(sign.due));

    let at = town.engine().position().unwrap();
    for _ in 0..2 {
        town.start();
        town.engine().tick().unwrap();
    }
    assert_eq!(town.engine().position().unwrap(), at, "nothing rings twice");
    town.is_sound();
}

#[test]
fn at_its_due_time_a_clock_is_still_in_time() {
    let mut town = Town::new();
    let id = town.report("路灯不亮").case;
    let due = town.case(id).clocks.iter().find(|c| c.stage == Stage::Dispatch).unwrap().due;
    town.time.set(due);
    town.dispatch(id);
    let clock = town.case(id).clocks.iter().find(|c| c.stage == Stage::Dispatch).unwrap().clone();
    assert_eq!((clock.kept(), clock.missed_at), (Some(true), None));

    let late = town.report("路灯又不亮").case;
    let due = town.case(late).clocks.iter().find(|c| c.stage == Stage::Dispatch).unwrap().due;
    town.time.set(due.plus(1));
    town.dispatch(late);
    let clock = town.case(late).clocks.iter().find(|c| c.stage == Stage::Dispatch).unwrap().clone();
    assert_eq!(
        (clock.kept(), clock.missed_at),
        (Some(false), Some(due)),
        "rung before the command that came late"
    );
    town.is_sound();
}

#[test]
fn an_alarm_of_an_older_due_time_never_rings() {
    let mut town = Town::new();
    let id = town.report("水管漏水").case;
    town.dispatch(id);
    let handler = town.staff("handler", HANDLERS);
    let thread = town.open(id, ThreadKind::Handling);
    town.gives(id, &handler, Command::Sign { thread }).unwrap();
    town.gives(id, &handler, Command::Contact { thread, text: None }).unwrap();
    let handle = town.case(id).clocks.iter().find(|c| c.stage == Stage::Handle).unwrap().clone();
    let until = handle.due.plus(20 * DAY);
    let ask = Command::AskExtension { thread, until, text: huying_core::case::event::TextRef::pending(0) };
    town.says(id, &handler, ask, "需要招标").unwrap();
    let thread = town.open(id, ThreadKind::Extension);
    let grant = Command::DecideExtension { thread, granted: true, text: None };
    town.gives(id, &town.staff("approver", DISTRICT_DESK), grant).unwrap();
    let moved = town.case(id).clock(handle.no).unwrap().clone();
    assert!(moved.generation > handle.generation && moved.due == until);

    let stale = Command::Fire { clock: handle.no, generation: handle.generation, edge: Edge::Due };
    town.time.set(handle.due.plus(DAY));
    assert_eq!(rule(town.gives(id, &Actor::Clock, stale)), "clock.stale");
    assert!(
        rang(&town, id).iter().all(|r| (r.0, r.1) != (handle.no, Edge::Due)),
        "the old due time passed in silence"
    );
    town.time.set(until.plus(1));
    town.engine().tick().unwrap();
    let due: Vec<_> = rang(&town, id).into_iter().filter(|r| (r.0, r.1) == (handle.no, Edge::Due)).collect();
    assert_eq!(due.iter().map(|r| r.2).collect::<Vec<_>>(), [until]);
    town.is_sound();
}

#[test]
fn alarms_that_cannot_ring_hold_up_neither_the_others_nor_the_engine() {
    let mut town = Town::new();
    // More than one reading takes, all of a procedure that the next edition no longer has.
    let calls = (0..1_200).map(|_| complaint("噪音", None)).collect();
    assert!(town.engine().submit_many(calls).iter().all(Result::is_ok));
    let mut folder = city();
    let profile = String::from_utf8(folder.get("profile.toml").unwrap().to_vec()).unwrap();
    folder.put("profile.toml", profile.replace("id = \"hotline\"", "id = \"hotline-2\"").into_bytes());
    town.engine().load_city(folder, Actor::Clock).unwrap();
    town.later(HOUR);
    let newer = town.report("新的").case;
    town.later(20 * DAY);
    town.engine().tick().unwrap();
    assert!(rang(&town, newer).len() >= 2, "{:?}", town.commands(newer));
    assert_eq!(town.commands(CaseId(1)), ["report"]);

    // Once the rules know the procedure again, the alarms ring, at their own times.
    town.engine().load_city(city(), Actor::Clock).unwrap();
    town.engine().tick().unwrap();
    assert!(rang(&town, CaseId(1)).iter().all(|r| r.2 < town.engine().now()));
    assert!(rang(&town, CaseId(1)).len() >= 2);
    assert!(rang(&town, CaseId(1_200)).len() >= 2);
    town.is_sound();
}

#[test]
fn a_clock_that_goes_back_does_not_take_the_journal_with_it() {
    let mut town = Town::new();
    town.later(DAY);
    let id = town.report("井盖松动").case;
    town.time.set(MONDAY);
    let back = town.engine().submit(note(&Actor::Caller, id, "补充")).unwrap();
    assert_eq!(back.recorded_at, MONDAY.plus(DAY), "recorded_at never falls");
    town.is_sound();
}

#[test]
fn the_engine_rings_by_itself() {
    let mut town = Town::new();
    let id = town.report("占道").case;
    town.time.set(MONDAY.plus(20 * DAY));
    for _ in 0..100 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        if !rang(&town, id).is_empty() {
            break;
        }
    }
    assert!(!rang(&town, id).is_empty(), "without any command");
    let fire = Command::Fire { clock: ClockNo(1), generation: 0, edge: Edge::Due };
    let engine: &Engine = town.engine();
    assert_eq!(rule(engine.submit(plain(Actor::Caller, id, fire))), "powers.actor");
    town.is_sound();
}
