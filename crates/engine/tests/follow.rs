//! Merged cases through the engine: every merged caller gets the answer, sealed as their own, exactly once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::TextRef;
use huying_core::case::state::Spine;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::{CaseId, PersonId};
use huying_engine::store::{AccessEntry, Clear};

const REPLY: &str = "管道已修复,感谢三位市民来电";

fn merge(town: &Town, id: CaseId, into: CaseId) {
    town.gives(id, &town.staff("dispatcher", DISTRICT_DESK), Command::Merge { into }).unwrap();
}

fn clear(town: &Town, id: CaseId, text: TextRef) -> String {
    let at = town.engine().now();
    let actor = PersonId::new("p0001").unwrap();
    let entry = AccessEntry { at, actor, post: None, purpose: "test".into(), case_id: id };
    match town.engine().read_clear(entry, vec![text.item]).unwrap().pop() {
        Some(Clear::Text(opened)) => String::from_utf8(opened.text).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Takes back how far the engine has delivered, as a crash between a delivery and its cursor would.
fn forget_deliveries(town: &mut Town) {
    town.stop();
    let conn = rusqlite::Connection::open(town.root().join("ledger.db")).unwrap();
    conn.execute("UPDATE delivery_cursor SET position = 0", []).unwrap();
}

#[test]
fn every_merged_caller_gets_the_answer_once() {
    let mut town = Town::new();
    let [lead, a, b] = ["爆管了", "路上全是水", "家里没水"].map(|w| town.report(w).case);
    merge(&town, a, lead);
    merge(&town, b, lead);
    town.engine().tick().unwrap();
    assert_eq!(town.case(lead).followers, [a, b]);
    town.dispatch(lead);
    town.handle(lead);
    town.answer(lead, REPLY);
    town.engine().tick().unwrap();
    for id in [a, b] {
        let case = town.case(id);
        assert_eq!(case.spine, Spine::Answered, "{:?}", town.commands(id));
        let (own, leads) = (case.last_answer.unwrap(), town.case(lead).last_answer.unwrap());
        assert!(own.item != leads.item && own.commit != leads.commit, "sealed anew");
        assert_eq!(clear(&town, id, own), REPLY);
        town.open(id, ThreadKind::Callback);
    }
    let read: Vec<_> = town.reader().accesses_of(lead).unwrap();
    assert!(
        read.iter().any(|r| r.entry.purpose == "follow"),
        "the engine's own reading is in the ledger too"
    );

    let at = town.engine().position().unwrap();
    for _ in 0..2 {
        forget_deliveries(&mut town);
        town.start();
        town.engine().tick().unwrap();
    }
    assert_eq!(town.engine().position().unwrap(), at, "delivered again, nothing happens");
    assert_eq!(town.case(lead).followers, [a, b]);
    town.is_sound();
}

#[test]
fn a_crash_before_the_delivery_only_delays_it() {
    let mut town = Town::new();
    let [lead, a] = ["爆管了", "路上全是水"].map(|w| town.report(w).case);
    merge(&town, a, lead);
    town.dispatch(lead);
    town.handle(lead);
    let sealed = town.engine().position().unwrap();
    // Another program holds the file just while the engine delivers: the answer is durable, its passing on
    // is not.
    let root = town.root();
    let (tell, told) = std::sync::mpsc::channel::<()>();
    let blocked = std::sync::Arc::new(std::sync::Mutex::new(None));
    let keep = blocked.clone();
    town.engine().subscribe(Box::new(move |published| {
        if published.iter().any(|p| p.command == "decide_reply") {
            let conn = rusqlite::Connection::open(root.join("ledger.db")).unwrap();
            conn.execute_batch("BEGIN IMMEDIATE").unwrap();
            *keep.lock().unwrap() = Some(conn);
            let _ = tell.send(());
        }
    }));
    town.answer(lead, REPLY);
    told.recv().unwrap();
    assert_eq!(town.case(lead).spine, Spine::Answered);
    assert!(town.engine().position().unwrap() > sealed);
    // Longer than the store's patience: the delivery has failed at least once when this comes back.
    town.engine().tick().unwrap();
    assert_eq!(town.case(a).spine, Spine::Open, "not yet");
    drop(blocked.lock().unwrap().take());
    town.engine().tick().unwrap();
    town.engine().tick().unwrap();
    assert_eq!(town.case(a).spine, Spine::Answered, "it stayed owed: {:?}", town.commands(a));
    town.is_sound();
}

#[test]
fn a_parted_or_voided_lead_lets_its_followers_go() {
    let mut town = Town::new();
    let [lead, a, b] = ["一", "二", "三"].map(|w| town.report(w).case);
    let dispatcher = town.staff("dispatcher", DISTRICT_DESK);
    merge(&town, a, lead);
    merge(&town, b, lead);
    let thread = town.open(a, ThreadKind::Merge);
    town.gives(a, &dispatcher, Command::Part { thread }).unwrap();
    town.engine().tick().unwrap();
    assert_eq!(town.case(lead).followers, [b]);
    town.open(a, ThreadKind::Dispatch);
    town.gives(lead, &dispatcher, Command::Void { ground: "untrue".into(), of: None, text: None }).unwrap();
    town.engine().tick().unwrap();
    town.open(b, ThreadKind::Dispatch);
    assert_eq!(town.case(b).follows, None);
    town.is_sound();
}

#[test]
fn a_follower_that_was_erased_meanwhile_is_answered_without_words() {
    let mut town = Town::new();
    let [lead, a] = ["爆管了", "路上全是水"].map(|w| town.report(w).case);
    merge(&town, a, lead);
    town.dispatch(lead);
    town.handle(lead);
    town.engine().erase(a, "request", town.staff("administrator", CITY_DESK)).unwrap();
    town.answer(lead, REPLY);
    town.engine().tick().unwrap();
    assert_eq!(town.case(a).spine, Spine::Answered);
    assert_eq!(
        town.case(a).last_answer,
        None,
        "no reference into the other case, which nobody here may read"
    );
    assert_eq!(town.reader().items_of(a).unwrap().iter().filter(|i| !i.ciphertext.is_empty()).count(), 0);
    town.is_sound();
}
