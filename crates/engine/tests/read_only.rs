//! A ledger too damaged to be written is read as far as it is whole, and the damage is named.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::event::Actor;
use huying_core::ids::PersonId;
use huying_engine::store::{AccessEntry, Folder, Options, Store, StoreError};
use huying_engine::{Engine, EngineError, Rejected};
use std::time::Duration;

fn named(engine: &Engine) -> Vec<String> {
    let damaged = engine.damaged().expect("it is only read");
    for _ in 0..100 {
        if let Some(named) = damaged.named.get() {
            return named.clone();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the damage is not named")
}

/// Damages a ledger of sixty cases by `damage`, then looks at what is served.
fn served(damage: impl FnOnce(&Town), word: &str) {
    let mut town = Town::new();
    let key = Some([5; 32]);
    let ids: Vec<_> = (0..60)
        .map(|n| town.engine().submit(complaint(&format!("诉求{n}"), key.filter(|_| n == 0))))
        .collect();
    let ids: Vec<_> = ids.into_iter().map(|a| a.unwrap().case).collect();
    let item = town.case(ids[0]).facts.unwrap().content.item;
    town.stop();
    damage(&town);

    let refused = Engine::open(&town.root(), town.settings()).unwrap_err();
    assert!(refused.is_damage(), "{refused}");
    let engine = Engine::open_as_far_as_whole(&town.root(), town.settings(), None).unwrap();
    assert!(town.log().iter().any(|l| l.starts_with("READ ONLY: ")), "said at the start");
    for id in &ids {
        assert_eq!(engine.history(*id).unwrap().unwrap().records.len(), 1);
    }
    for key in [None, Some([6; 32])] {
        let told = engine.submit(complaint("停电", key)).unwrap_err();
        let Rejected::ReadOnly(why) = &told else { panic!("{told}") };
        assert!(why.contains("huying journal verify") && why.contains("huying journal restore"), "{why}");
    }
    let told = engine.submit(note(&Actor::Caller, ids[3], "补充")).unwrap_err();
    assert!(matches!(told, Rejected::ReadOnly(_)), "{told}");
    let (at, actor) = (engine.now(), PersonId::new("p0001").unwrap());
    let entry = AccessEntry { at, actor, post: None, purpose: "test".into(), case_id: ids[0] };
    let told = engine.read_clear(entry, vec![item]).unwrap_err();
    assert!(matches!(told, Rejected::ReadOnly(_)), "no record of the reading, no word: {told}");
    let damages = named(&engine);
    assert!(damages.iter().any(|d| d.contains(word)), "{damages:#?}");
    let held = Store::open(&Folder::at(&town.root()), Options::default()).unwrap_err();
    assert!(matches!(held, StoreError::Held { .. }), "no restore under a server that reads: {held}");
    drop(engine);
}

#[test]
fn a_journal_whose_last_batch_is_gone_is_read() {
    let damage = |town: &Town| {
        let conn = rusqlite::Connection::open(town.root().join("ledger.db")).unwrap();
        conn.execute("DELETE FROM batch WHERE batch_no = (SELECT max(batch_no) FROM batch)", []).unwrap();
    };
    served(damage, "record 61: no batch holds these records");
}

#[test]
fn a_page_that_only_the_writer_needs_is_lost() {
    let damage = |town: &Town| {
        let path = town.root().join("ledger.db");
        let conn = rusqlite::Connection::open(&path).unwrap();
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'idempotency'";
        let page: i64 = conn.query_row(sql, [], |r| r.get(0)).unwrap();
        let size: i64 = conn.query_row("PRAGMA page_size", [], |r| r.get(0)).unwrap();
        drop(conn);
        let (page, size) = (usize::try_from(page).unwrap(), usize::try_from(size).unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[(page - 1) * size..page * size].fill(0xEE);
        std::fs::write(&path, bytes).unwrap();
    };
    served(damage, "no record: the file's structure");
}

#[test]
fn what_is_no_damage_is_still_an_error() {
    let town = Town::new();
    let refused = Engine::open_as_far_as_whole(&town.root(), town.settings(), None).unwrap_err();
    assert!(matches!(refused, EngineError::Store(StoreError::Held { .. })), "{refused}");
}
