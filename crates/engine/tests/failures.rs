//! What a sender is told when the store cannot go on, and that nothing half is left behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::event::Actor;
use huying_core::case::state::Spine;
use huying_engine::store::StoreError;
use huying_engine::{Engine, EngineError, Rejected};
use rusqlite::Connection;

fn ledger(town: &Town) -> Connection {
    Connection::open(town.root().join("ledger.db")).unwrap()
}

#[test]
fn a_locked_file_refuses_the_batch_and_nothing_of_it_is_believed() {
    let mut town = Town::new();
    let id = town.report("噪音").case;
    let before = town.engine().position().unwrap();
    let other = ledger(&town);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let key = Some([3; 32]);
    let refused = town.engine().submit(complaint("停电", key)).unwrap_err();
    let told = refused.to_string();
    assert!(told.contains("locked by another program") && told.contains("nothing was stored"), "{told}");
    let refused = town.engine().submit(note(&Actor::Caller, id, "补充")).unwrap_err();
    assert!(matches!(refused, Rejected::Failed(_)), "{refused}");
    other.execute_batch("COMMIT").unwrap();
    drop(other);
    assert_eq!(town.engine().position().unwrap(), before);
    // The cache holds nothing of the failed batches: versions and numbers go on without a gap.
    let again = town.engine().submit(complaint("停电", key)).unwrap();
    assert!(!again.repeated && again.number.ends_with("00002"), "{again:?}");
    assert_eq!(town.engine().submit(note(&Actor::Caller, id, "补充")).unwrap().version.0, 2);
    town.is_sound();
}

#[test]
fn a_damaged_page_is_named_and_the_other_cases_go_on() {
    let mut town = Town::new();
    let ids: Vec<_> = (0..60).map(|n| town.report(&format!("诉求{n}")).case).collect();
    town.stop();
    let (page, size): (u64, u64) = {
        let conn = ledger(&town);
        conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        let root: u64 = conn
            .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'journal'", [], |r| {
                r.get::<_, i64>(0)
            })
            .map(|n| n.try_into().unwrap())
            .unwrap();
        let size: i64 = conn.query_row("PRAGMA page_size", [], |r| r.get(0)).unwrap();
        (first_leaf(&town, root, size as u64), size as u64)
    };
    let path = town.root().join("ledger.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = ((page - 1) * size) as usize;
    bytes[at..at + size as usize].fill(0xEE);
    std::fs::write(&path, bytes).unwrap();

    town.start();
    let told = town.engine().submit(note(&Actor::Caller, ids[0], "补充")).unwrap_err().to_string();
    assert!(told.contains("the file is damaged") && told.contains("huying journal verify"), "{told}");
    let last = *ids.last().unwrap();
    town.engine().submit(note(&Actor::Caller, last, "补充")).unwrap();
    assert_eq!(town.case(last).spine, Spine::Open);
    town.stop();
    let report = huying_engine::verify(&town.reader(), &mut |_, _| {}).unwrap();
    assert!(!report.is_whole());
    let named: Vec<_> = report.damages.iter().filter(|d| d.first_seq.0 > 0).collect();
    assert!(named.iter().any(|d| d.first_seq.0 <= 2), "the range is named: {:#?}", report.damages);
    assert!(report.records > 10, "the rest is still verified");
}

/// The leftmost leaf below a page of a table.
fn first_leaf(town: &Town, root: u64, size: u64) -> u64 {
    let bytes = std::fs::read(town.root().join("ledger.db")).unwrap();
    let at = ((root - 1) * size) as usize;
    let header = &bytes[at..];
    assert_eq!(header[0], 0x05, "the journal of sixty records has an inner page");
    let cell = usize::from(u16::from_be_bytes([header[12], header[13]]));
    u64::from(u32::from_be_bytes(header[cell..cell + 4].try_into().unwrap()))
}

#[test]
fn a_newer_or_foreign_file_is_left_as_it_is() {
    let mut town = Town::new();
    town.report("噪音");
    town.stop();
    ledger(&town).execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA user_version = 999").unwrap();
    let path = town.root().join("ledger.db");
    let before = std::fs::read(&path).unwrap();
    let refused = Engine::open(&town.root(), town.settings()).unwrap_err();
    let EngineError::Store(StoreError::NewerSchema { found: 999, .. }) = &refused else {
        panic!("{refused}")
    };
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("Use a newer program"), "{cause}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_second_engine_is_told_who_holds_the_folder() {
    let town = Town::new();
    let refused = Engine::open(&town.root(), town.settings()).unwrap_err();
    let EngineError::Store(StoreError::Held { pid, .. }) = &refused else { panic!("{refused}") };
    assert_eq!(*pid, std::process::id().to_string());
}

#[test]
fn a_folder_without_a_city_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let refused = Engine::open(&dir.path().join("data"), huying_engine::Settings::default()).unwrap_err();
    assert!(matches!(refused, EngineError::NoCity), "{refused}");
}

#[test]
fn an_edition_whose_record_was_lost_is_recorded_when_loaded_again() {
    let mut town = Town::new();
    town.stop();
    // As a crash between the edition's row and its record leaves it.
    ledger(&town).execute_batch("DELETE FROM journal; DELETE FROM batch").unwrap();
    let refused = Engine::open(&town.root(), town.settings()).unwrap_err();
    assert!(matches!(refused, EngineError::NoCity), "an edition that the journal does not know: {refused}");
    let engine = Engine::open_with_city(&town.root(), town.settings(), &city()).unwrap();
    assert_eq!((engine.rules().edition.0, engine.position().unwrap().0), (1, 1));
    drop(engine);
    let engine = Engine::open_with_city(&town.root(), town.settings(), &city()).unwrap();
    assert_eq!(engine.position().unwrap().0, 1, "the same folder again is the same edition");
    drop(engine);
    town.is_sound();
}
