//! What is owed: a message that cannot be delivered is seen, is tried again, and stands in nobody's way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Digest, Event, TextRef};
use huying_core::case::state::Spine;
use huying_core::ids::{CaseId, ItemId, SystemId};
use huying_core::observation::{Observation, Stamp};
use huying_engine::Submission;

/// Puts messages into the outbox as if records owed them; hands back the place of the first.
fn owe(town: &mut Town, payloads: &[String]) -> u64 {
    town.stop();
    let conn = rusqlite::Connection::open(town.root().join("ledger.db")).unwrap();
    let end: i64 = conn.query_row("SELECT max(position) FROM outbox", [], |r| r.get(0)).unwrap();
    for (payload, position) in payloads.iter().zip(end + 1..) {
        let row = (position, payload.as_bytes());
        conn.execute("INSERT INTO outbox VALUES (?1, 'follow', 1, 1, ?2)", row).unwrap();
    }
    town.start();
    town.engine().tick().unwrap();
    u64::try_from(end + 1).unwrap()
}

fn joined(to: CaseId, from: CaseId) -> String {
    format!(r#"{{"joined":{{"to":{to},"from":{from},"joined":true}}}}"#)
}

fn logged(town: &Town, words: &str) -> usize {
    town.log().iter().filter(|line| line.contains(words)).count()
}

fn gone(town: &Town, id: CaseId) -> bool {
    town.reader().items_of(id).unwrap().iter().all(|i| i.ciphertext.is_empty())
}

#[test]
fn a_message_that_does_not_read_blocks_no_delivery_and_no_destruction() {
    let mut town = Town::new();
    let [lead, a, b] = ["爆管了", "路上全是水", "家里没水"].map(|w| town.report(w).case);
    let bad = owe(&mut town, &["nonsense".into()]);
    let into = Command::Merge { into: lead };
    town.gives(a, &town.staff("dispatcher", DISTRICT_DESK), into).unwrap();
    let administrator = town.staff("administrator", CITY_DESK);
    town.engine().erase(b, "request", administrator.clone()).unwrap();
    let erase = Command::Erase { items: Vec::new(), ground: "request".into() };
    town.gives(a, &administrator, erase).unwrap();
    town.engine().tick().unwrap();
    assert_eq!(town.case(lead).followers, [a], "what comes after it is delivered");
    assert!(gone(&town, b) && gone(&town, a) && !gone(&town, lead), "and destroyed");

    let delivery = town.engine().delivery();
    assert_eq!((delivery.position, delivery.stuck_since), (bad - 1, Some(MONDAY)));
    assert!(delivery.behind >= 4, "{delivery:?}");
    for _ in 0..5 {
        town.later(60_000);
        town.engine().tick().unwrap();
    }
    let named = format!("owed message {bad} (follow) is stuck");
    assert_eq!(logged(&town, &named), 1, "named once: {:?}", town.log());
    assert_eq!(town.engine().delivery().stuck_since, Some(MONDAY));

    // Delivered after it, and not again at the next start, though the cursor stays before it.
    let at = town.engine().position().unwrap();
    town.start();
    town.engine().tick().unwrap();
    assert_eq!(town.engine().position().unwrap(), at);
    assert_eq!(town.engine().delivery().position, bad - 1);

    town.stop();
    let conn = rusqlite::Connection::open(town.root().join("ledger.db")).unwrap();
    conn.execute("DELETE FROM outbox WHERE payload = CAST('nonsense' AS BLOB)", []).unwrap();
    drop(conn);
    town.start();
    town.engine().tick().unwrap();
    let delivery = town.engine().delivery();
    assert_eq!((delivery.behind, delivery.stuck_since), (0, None));
    town.is_sound();
}

#[test]
fn an_answer_that_is_no_refusal_is_not_dropped() {
    let mut town = Town::new();
    let [a, b] = ["停电", "停水"].map(|w| town.report(w).case);
    // No such case yet: the delivery cannot be done now, and what follows for the same case must wait.
    let soon = CaseId(b.0 + 1);
    let first = owe(&mut town, &[joined(soon, a), joined(soon, b), joined(b, a)]);
    assert_eq!(town.case(b).followers, [a], "other cases get theirs");
    assert_eq!(town.engine().delivery().position, first - 1);
    assert_eq!(logged(&town, "is stuck and is tried again: there is no case"), 2);
    assert_eq!(town.report("没气").case, soon);
    town.engine().tick().unwrap();
    assert_eq!(town.case(soon).followers, [], "not at once");
    town.later(6_000);
    town.engine().tick().unwrap();
    assert_eq!(town.case(soon).followers, [a, b], "in their order");
    assert_eq!(logged(&town, "is no longer stuck"), 2);
    let delivery = town.engine().delivery();
    assert_eq!((delivery.behind, delivery.stuck_since), (0, None));
    town.is_sound();
}

#[test]
fn words_that_do_not_read_are_passed_on_as_none() {
    let mut town = Town::new();
    let [lead, a, b] = ["爆管了", "路上全是水", "家里没水"].map(|w| town.report(w).case);
    let dispatcher = town.staff("dispatcher", DISTRICT_DESK);
    for id in [a, b] {
        town.gives(id, &dispatcher, Command::Merge { into: lead }).unwrap();
    }
    town.engine().tick().unwrap();
    let follow = |to: CaseId, item: u64| {
        let text = TextRef { item: ItemId(item), commit: Digest([7; 32]) };
        let text = serde_json::to_string(&text).unwrap();
        let what = format!(r#"{{"answered":{{"text":{text}}}}}"#);
        format!(r#"{{"follow":{{"to":{to},"from":{lead},"what":{what}}}}}"#)
    };
    // One item is missing, one of another case, which is as bad.
    let others = town.case(a).facts.unwrap().content.item.0;
    owe(&mut town, &[follow(a, 424_242), follow(b, others)]);
    for id in [a, b] {
        let case = town.case(id);
        assert_eq!(case.spine, Spine::Answered, "{:?} {:?}", town.commands(id), town.log());
        assert_eq!(case.last_answer, None);
        let records = town.records(id);
        let mut events = records.iter().flat_map(|r| &r.events);
        assert!(events.any(|e| matches!(e, Event::Answered { text: None })));
    }
    assert_eq!(logged(&town, "is answered without words"), 2);
    assert_eq!(town.engine().delivery().stuck_since, None);
    town.is_sound();
}

#[test]
fn a_refusal_that_is_not_expected_is_logged_and_one_that_is_goes_by() {
    let mut town = Town::new();
    let [a, b] = ["停电", "停水"].map(|w| town.report(w).case);
    let closed =
        |to: CaseId, from: CaseId| format!(r#"{{"follow":{{"to":{to},"from":{from},"what":"closed"}}}}"#);
    owe(&mut town, &[closed(a, b)]);
    assert_eq!(logged(&town, "passed over"), 0, "it does not follow that case: gone its own way");
    // The same to a case that is observed only, which nothing but its own system moves.
    let system = SystemId::new("hotline").unwrap();
    let mut row = Observation::of(system.clone(), "A-1");
    row.opened = Stamp::At(MONDAY).into();
    let command = Command::Observe { observation: Box::new(row), texts: Vec::new(), exact: None };
    let actor = Actor::System(system);
    let (key, occurred, case, texts) = (None, None, None, Vec::new());
    let seen = town.engine().submit(Submission { key, actor, occurred, case, command, texts });
    let observed = seen.unwrap().case;
    owe(&mut town, &[closed(observed, b)]);
    assert_eq!(logged(&town, "case.observed"), 1, "{:?}", town.log());
    assert_eq!(town.engine().delivery().stuck_since, None);
}
