//! What a restore says of its loss, also when it was interrupted, and what it takes back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
use common::{AT, Place, place, sealed_call};
use huying_core::ids::{CaseId, ItemId, PersonId, Seq};
use huying_store::conformance::calls;
use huying_store::{
    AccessEntry, AccountRow, Folder, Loss, Lost, Options, Reader, RestoreReport, Store, TokenRow, digest,
    restore,
};
use std::path::PathBuf;

fn entry() -> AccessEntry {
    let actor = PersonId::new("p1").unwrap();
    AccessEntry { at: AT, actor, post: None, purpose: "handle".into(), case_id: CaseId(1) }
}

/// A ledger with a backup, and five records, one reading and a revoked token after it.
fn ground() -> (Place, PathBuf) {
    let place = place();
    let mut store = place.open().unwrap();
    store.commit(&sealed_call(&store, 1, "住址", AT)).unwrap();
    store.read_clear(&entry(), &[ItemId(2)]).unwrap();
    for (person, text) in [("p1", "one"), ("p2", "two")] {
        let person = PersonId::new(person).unwrap();
        let account = AccountRow {
            person: person.clone(),
            display: String::new(),
            roles: "[]".into(),
            active: true,
            made_at: AT,
        };
        store.put_account(&account).unwrap();
        let hash = digest(text.as_bytes());
        let label = "desk".into();
        let token = TokenRow { hash, person, label, made_at: AT, expires_at: None, revoked_at: None };
        store.put_token(&token).unwrap();
    }
    let backup = place.dir.path().join("backup");
    store.backup(&backup).unwrap();
    store.commit(&calls(2, 5, AT).unwrap()).unwrap();
    store.read_clear(&entry(), &[ItemId(2)]).unwrap();
    store.read_clear(&entry(), &[ItemId(2)]).unwrap();
    assert!(store.revoke_token(&digest(b"one"), AT).unwrap());
    (place, backup)
}

fn come_back(place: &Place, backup: &std::path::Path) -> RestoreReport {
    restore(&place.folder, backup, Options { cache_bytes: 4 << 20 }).unwrap()
}

fn rows(first: u64, last: u64) -> Loss {
    Loss::Rows(Lost { first, last, readable: last + 1 - first })
}

#[test]
fn no_token_of_the_backup_lives_and_lost_readings_are_named() {
    let (place, backup) = ground();
    let report = come_back(&place, &backup);
    assert_eq!((report.position, report.tokens), (Seq(1), 2));
    assert_eq!((&report.records, &report.accesses), (&rows(2, 6), &rows(2, 3)));
    let store = place.open().unwrap();
    for text in ["one", "two"] {
        assert_eq!(store.token_owner(text, AT).unwrap(), None, "`{text}` was taken back");
    }
    assert!(store.erasures_are_untold().unwrap());
    assert!(store.verify(None, &mut |_, _| {}).unwrap().is_whole());
}

#[test]
fn without_a_ledger_the_loss_is_unknown_and_not_nothing() {
    let (place, backup) = ground();
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(place.folder.root().join(name));
    }
    let report = come_back(&place, &backup);
    let Loss::Unknown { from, because } = &report.records else { panic!("{report:?}") };
    assert!(*from == 2 && because.contains("no ledger here"), "{report:?}");
    assert!(matches!(report.accesses, Loss::Unknown { from: 2, .. }), "{report:?}");
    assert_eq!(report.kept, None);
}

#[test]
fn a_ledger_that_does_not_open_leaves_the_loss_unknown() {
    let (place, backup) = ground();
    std::fs::write(place.folder.ledger(), vec![0xa5; 9000]).unwrap();
    let report = come_back(&place, &backup);
    let Loss::Unknown { because, .. } = &report.records else { panic!("{report:?}") };
    assert!(because.contains("does not open"), "{because}");
}

/// The folder as a crash at some point of a restore leaves it: `crash` is handed the root and the place of
/// the replaced ledger, while everything is as before the restore.
fn interrupted(crash: impl FnOnce(&std::path::Path, &std::path::Path, &std::path::Path)) -> RestoreReport {
    let (place, backup) = ground();
    let root = place.folder.root().to_owned();
    crash(&root, &root.join("replaced-1"), &backup);
    assert!(Store::open(&place.folder, Options::default()).is_err(), "refused until it is run again");
    assert!(Reader::open(&place.folder).is_err());
    let report = come_back(&place, &backup);
    let store = place.open().unwrap();
    assert_eq!(store.position().unwrap(), Seq(1));
    assert!(store.verify(None, &mut |_, _| {}).unwrap().is_whole());
    let kept = Reader::open(&Folder::at(report.kept.as_ref().unwrap())).unwrap();
    assert_eq!(kept.position().unwrap(), Seq(6), "the replaced ledger is whole, with its log");
    report
}

#[test]
fn a_restore_that_was_interrupted_still_says_what_is_lost() {
    let mark = |root: &std::path::Path| std::fs::write(root.join("RESTORE"), "replaced-1\n").unwrap();
    let stage = |root: &std::path::Path, backup: &std::path::Path| {
        std::fs::copy(backup.join("ledger.db"), root.join("ledger.db.restoring")).map(drop).unwrap();
    };
    // A log that is not yet in the file, as a killed writer leaves it.
    let unmoved = |root: &std::path::Path| {
        let conn = rusqlite::Connection::open(root.join("ledger.db")).unwrap();
        conn.execute_batch("PRAGMA wal_autocheckpoint=0; DELETE FROM access WHERE seq = 3").unwrap();
        let parts = ["ledger.db", "ledger.db-wal"].map(|name| root.join(name));
        let bytes = parts.clone().map(|path| std::fs::read(path).unwrap());
        drop(conn);
        parts.iter().zip(bytes).for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    };
    let reports = [
        // Before anything was moved.
        interrupted(|root, _, backup| {
            stage(root, backup);
            mark(root);
        }),
        // Between the ledger and its log.
        interrupted(|root, aside, backup| {
            unmoved(root);
            stage(root, backup);
            mark(root);
            std::fs::create_dir(aside).unwrap();
            std::fs::rename(root.join("ledger.db"), aside.join("ledger.db")).unwrap();
        }),
        // After the backup took its place.
        interrupted(|root, aside, backup| {
            mark(root);
            std::fs::create_dir(aside).unwrap();
            for name in ["ledger.db", "ledger.db-wal"] {
                let _ = std::fs::rename(root.join(name), aside.join(name));
            }
            std::fs::copy(backup.join("ledger.db"), root.join("ledger.db")).unwrap();
        }),
    ];
    for (report, last) in reports.iter().zip([3, 2, 3]) {
        // What only the log knows is known: it lies where its ledger lies.
        assert_eq!((&report.records, &report.accesses), (&rows(2, 6), &rows(2, last)), "{report:?}");
        assert!(report.kept.as_ref().is_some_and(|kept| kept.ends_with("replaced-1")));
    }
}
