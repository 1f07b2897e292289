//! The ledger as its users see it: conformance, reopening after a kill, locks, newer files, full disks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
use common::{AT, place};
use huying_core::ids::{CaseId, Seq, StreamId};
use huying_core::time::Time;
use huying_store::conformance::{calls, record, run};
use huying_store::{Batch, Folder, Options, Reader, Store, StoreError};
use std::cell::RefCell;

#[test]
fn sqlite_conforms() {
    let places = RefCell::new(Vec::new());
    let mut make = || {
        let place = place();
        let store = place.open();
        places.borrow_mut().push(place);
        store
    };
    let mut reopen = |store: Store| {
        let folder = store.folder().clone();
        drop(store);
        Store::open(&folder, Options::default())
    };
    run(&mut make, &mut reopen).unwrap();
}

#[test]
fn a_second_writer_is_told_who_holds_the_folder() {
    let place = place();
    let first = place.open().unwrap();
    let refused = place.open().unwrap_err();
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    assert!(Reader::open(&place.folder).is_ok(), "readers are welcome");
    drop(first);
    assert_eq!(place.open().unwrap().epoch(), 2, "every writer has an epoch of its own");
}

#[test]
fn a_writer_whose_lease_has_passed_on_is_fenced() {
    let place = place();
    let mut store = place.open().unwrap();
    let other = rusqlite::Connection::open(place.folder.ledger()).unwrap();
    other.execute_batch("UPDATE lease SET epoch = epoch + 1").unwrap();
    let fenced = store.commit(&calls(1, 1, AT).unwrap()).unwrap_err();
    assert!(matches!(fenced, StoreError::Fenced { mine: 1, now: 2 }), "{fenced}");
    assert_eq!(store.position().unwrap(), Seq(0));
}

#[test]
fn a_newer_ledger_is_left_untouched() {
    let place = place();
    drop(place.open().unwrap());
    let other = rusqlite::Connection::open(place.folder.ledger()).unwrap();
    other.execute_batch("PRAGMA journal_mode=DELETE; PRAGMA user_version=99").unwrap();
    drop(other);
    let before = std::fs::read(place.folder.ledger()).unwrap();
    assert!(matches!(place.open(), Err(StoreError::NewerSchema { found: 99, .. })));
    assert!(matches!(Reader::open(&place.folder), Err(StoreError::NewerSchema { .. })));
    assert_eq!(std::fs::read(place.folder.ledger()).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_and_a_locked_one_are_told_apart() {
    let place = place();
    drop(place.open().unwrap());
    let mut store = place.open().unwrap();
    let other = rusqlite::Connection::open(place.folder.ledger()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = store.commit(&calls(1, 1, AT).unwrap()).unwrap_err();
    assert!(matches!(busy, StoreError::Busy { .. }), "{busy}");
    other.execute_batch("ROLLBACK").unwrap();
    store.commit(&calls(1, 1, AT).unwrap()).unwrap();
    drop((store, other));
    for tail in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(place.folder.root().join(format!("ledger.db{tail}")));
    }
    std::fs::write(place.folder.ledger(), vec![b'x'; 20_000]).unwrap();
    assert!(matches!(place.open(), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_full_disk_leaves_no_half_batch_and_the_store_goes_on() {
    let place = place();
    let mut store = place.open().unwrap();
    store.commit(&calls(1, 10, AT).unwrap()).unwrap();
    store.limit_pages_for_tests(Some(60)).unwrap();
    let full = store.commit(&calls(11, 2000, AT).unwrap()).unwrap_err();
    assert!(matches!(full, StoreError::Full { .. }), "{full}");
    assert_eq!(store.position().unwrap(), Seq(10));
    assert!(store.case(CaseId(11)).unwrap().is_none());
    store.limit_pages_for_tests(None).unwrap();
    assert_eq!(store.commit(&calls(11, 2000, AT).unwrap()).unwrap().first_seq, Seq(11));
    assert!(store.verify(None, &mut |_, _| {}).unwrap().is_whole());
}

/// Not a test by itself: the process that the next test kills. Says each position once it is durable.
#[test]
fn child_that_commits_until_killed() {
    let Ok(dir) = std::env::var("HUYING_STORE_KILL_DIR") else { return };
    let mut store = Store::open(&Folder::at(dir.as_ref()), Options::default()).unwrap();
    let mut next = store.high_marks().unwrap().stream.0 + 1;
    loop {
        let done = store.commit(&calls(next, 1 + next % 40, AT).unwrap()).unwrap();
        next = done.last_seq.0 + 1;
        let line = format!("durable {}\n", done.last_seq);
        std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    use std::io::{BufRead as _, BufReader};
    let place = place();
    let mut acknowledged = 0;
    for round in 1..=5 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_commits_until_killed", "--nocapture"])
            .env("HUYING_STORE_KILL_DIR", place.folder.root())
            .stderr(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        for line in lines.map_while(Result::ok).filter(|l| l.starts_with("durable ")).take(7 * round) {
            acknowledged = line["durable ".len()..].parse().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let store = place.open().unwrap();
        let position = store.position().unwrap().0;
        assert!(position >= acknowledged, "{acknowledged} was acknowledged, {position} is there");
        assert_eq!(store.high_marks().unwrap().stream.0, position, "every call is whole");
        assert_eq!(store.outcomes() as u64, position);
        let found = store.verify(None, &mut |_, _| {}).unwrap();
        assert!(found.is_whole(), "{:?}", found.damages);
    }
    assert!(acknowledged > 0);
}

#[test]
fn outcomes_are_remembered_until_their_horizon() {
    let place = place();
    let mut store = place.open().unwrap();
    let (old, new) = (calls(1, 5, AT).unwrap(), calls(6, 5, AT.plus(1000)).unwrap());
    store.commit(&old).unwrap();
    store.commit(&new).unwrap();
    assert_eq!(store.outcome_of(&old.keys[1].key).unwrap().unwrap(), old.keys[1]);
    assert_eq!(store.forget_outcomes(AT.plus(1)).unwrap(), 5);
    assert!(store.outcome_of(&old.keys[1].key).unwrap().is_none());
    drop(store);
    let store = place.open().unwrap();
    assert_eq!(store.outcome_of(&new.keys[4].key).unwrap().unwrap(), new.keys[4]);
}

#[test]
fn the_outbox_is_trimmed_behind_the_slowest_cursor_and_never_starts_over() {
    let place = place();
    let mut store = place.open().unwrap();
    store.commit(&calls(1, 5, AT).unwrap()).unwrap();
    store.move_cursor("stream", 5).unwrap();
    store.move_cursor("hook", 2).unwrap();
    store.move_cursor("hook", 1).unwrap();
    assert_eq!(store.cursor("hook").unwrap(), 2, "a cursor never goes back");
    assert_eq!(store.trim_outbox(5).unwrap(), 2);
    store.move_cursor("hook", 5).unwrap();
    assert_eq!(store.trim_outbox(5).unwrap(), 2);
    drop(store);
    let mut store = place.open().unwrap();
    store.commit(&calls(6, 1, AT).unwrap()).unwrap();
    let left: Vec<u64> = store.outbox_after(0, 10).unwrap().iter().map(|e| e.position).collect();
    assert_eq!(left, [5, 6]);
}

#[test]
fn the_log_stays_bounded_by_checkpoints_of_another_thread() {
    let place = place();
    let mut store = place.open().unwrap();
    for n in 0..20 {
        store.commit(&calls(1 + n * 100, 100, AT).unwrap()).unwrap();
    }
    std::thread::sleep(std::time::Duration::from_millis(800));
    let grown = std::fs::metadata(place.folder.ledger()).unwrap().len();
    assert!(grown > 1_000_000, "the checkpoint thread has moved the log into the file: {grown}");
    store.checkpoint_wal().unwrap();
    assert_eq!(std::fs::metadata(place.folder.root().join("ledger.db-wal")).unwrap().len(), 0);
}

#[test]
fn a_record_over_its_limit_is_refused_and_at_it_is_taken() {
    use huying_store::limits::MAX_PAYLOAD_BYTES;
    let place = place();
    let mut store = place.open().unwrap();
    let mut one = record(1, 1, AT);
    one.payload.extend(std::iter::repeat_n(b' ', MAX_PAYLOAD_BYTES - one.payload.len()));
    let mut batch = Batch { recorded_at: AT, records: vec![one], ..Batch::default() };
    store.commit(&batch).unwrap();
    batch.records[0] = record(2, 1, AT);
    let missing = MAX_PAYLOAD_BYTES + 1 - batch.records[0].payload.len();
    batch.records[0].payload.extend(std::iter::repeat_n(b' ', missing));
    assert!(matches!(store.commit(&batch), Err(StoreError::Limit { .. })));
}

#[test]
fn accounts_tokens_and_editions_are_kept() {
    use huying_core::ids::{Edition, PersonId};
    use huying_store::{AccountRow, EditionRow, TokenRow, digest};
    let place = place();
    let mut store = place.open().unwrap();
    let person = PersonId::new("p1").unwrap();
    let account = AccountRow {
        person: person.clone(),
        display: "Desk 1".into(),
        roles: "[]".into(),
        active: true,
        made_at: AT,
    };
    store.put_account(&account).unwrap();
    let hash = digest(b"secret");
    let expires_at = Some(AT.plus(1000));
    let token = TokenRow {
        hash,
        person: person.clone(),
        label: "phone".into(),
        made_at: AT,
        expires_at,
        revoked_at: None,
    };
    store.put_token(&token).unwrap();
    assert!(matches!(store.put_token(&token), Err(StoreError::Exists { .. })));
    assert_eq!(store.token_owner("secret", AT).unwrap(), Some(account.clone()));
    assert_eq!(store.token_owner("other", AT).unwrap(), None);
    assert_eq!(store.token_owner("secret", AT.plus(1000)).unwrap(), None, "it has expired");
    store.put_account(&AccountRow { active: false, ..account.clone() }).unwrap();
    assert_eq!(store.token_owner("secret", AT).unwrap(), None, "the account is locked");
    store.put_account(&account).unwrap();
    assert!(store.revoke_token(&hash, AT).unwrap());
    assert!(!store.revoke_token(&hash, AT).unwrap());
    assert_eq!(store.token_owner("secret", AT).unwrap(), None);
    let edition =
        EditionRow { edition: Edition(1), digest: [3; 32], file: "editions/1".into(), loaded_at: AT };
    store.put_edition(&edition).unwrap();
    assert!(store.put_edition(&edition).is_err());
    assert_eq!(store.editions().unwrap(), [edition]);
}

#[test]
fn the_first_commit_may_be_of_any_time() {
    let place = place();
    let mut store = place.open().unwrap();
    store
        .commit(&Batch { recorded_at: Time(-5), records: vec![record(1, 1, Time(-5))], ..Batch::default() })
        .unwrap();
    assert_eq!(store.load(StreamId(1)).unwrap()[0].recorded_at, Time(-5));
}

#[test]
fn the_cases_of_an_external_system_are_read_in_order() {
    use huying_core::ids::SystemId;
    use huying_store::{ExternalRow, Rows};
    let place = place();
    let mut store = place.open().unwrap();
    let system = SystemId::new("hotline").unwrap();
    let row = |id: &str, case| ExternalRow {
        system: system.clone(),
        external_id: id.into(),
        case_id: CaseId(case),
        digest: [0; 32],
    };
    let rows = Rows { externals: vec![row("b", 1), row("a", 2)], ..Rows::default() };
    store.commit(&Batch { recorded_at: AT, rows, ..Batch::default() }).unwrap();
    let mut read = Vec::new();
    store.externals(&system, &mut |r| read.push(r.case_id.0)).unwrap();
    assert_eq!(read, [2, 1]);
}

#[test]
fn a_ledger_whose_making_was_interrupted_is_named_so_and_finished_by_the_next_writer() {
    let place = common::place();
    drop(place.open().unwrap());
    let path = place.folder.ledger();
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(place.folder.root().join(name));
    }
    let keys = |place: &common::Place| std::fs::read(place.folder.root().join("keys/master.key")).unwrap();
    let before = keys(&place);

    // Made, and nothing in it.
    std::fs::write(&path, b"").unwrap();
    let missing = Reader::open(&place.folder).unwrap_err();
    assert!(missing.to_string().contains("interrupted"), "{missing}");

    // In the middle of its first change, with the journal that takes it back.
    let maker = rusqlite::Connection::open(&path).unwrap();
    maker
        .execute_batch(
            "PRAGMA cache_size=1; CREATE TABLE a(b); INSERT INTO a VALUES (1); PRAGMA cache_spill=1; BEGIN;",
        )
        .unwrap();
    for _ in 0..200 {
        maker.execute("INSERT INTO a VALUES (randomblob(900))", []).unwrap();
    }
    maker.execute_batch("DROP TABLE IF EXISTS c").unwrap();
    let copies: Vec<_> = ["ledger.db", "ledger.db-journal"]
        .map(|name| (name, std::fs::read(place.folder.root().join(name)).unwrap()))
        .into();
    assert!(copies[1].1.len() > 512, "the journal is there");
    drop(maker);
    for (name, bytes) in copies {
        std::fs::write(place.folder.root().join(name), bytes).unwrap();
    }
    let missing = Reader::open(&place.folder).unwrap_err();
    assert!(matches!(missing, StoreError::Missing { .. }), "{missing}");
    for name in ["ledger.db", "ledger.db-journal"] {
        std::fs::remove_file(place.folder.root().join(name)).unwrap();
    }
    std::fs::write(&path, b"").unwrap();
    drop(place.open().unwrap());
    assert!(Reader::open(&place.folder).is_ok());
    assert_eq!(keys(&place), before);
}

/// Not a test by itself: the process that the next test kills. Commits and seals without end.
#[test]
fn child_that_seals_until_killed() {
    let Ok(dir) = std::env::var("HUYING_STORE_SEAL_DIR") else { return };
    let mut store = Store::open(&Folder::at(dir.as_ref()), Options::default()).unwrap();
    let mut next = store.high_marks().unwrap().stream.0 + 1;
    loop {
        next = store.commit(&calls(next, 1 + next % 9, AT).unwrap()).unwrap().last_seq.0 + 1;
        let sealed = store.seal(AT).unwrap().pop().unwrap().checkpoint.last_seq;
        let line = format!("sealed {sealed}\n");
        std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    }
}

#[test]
fn a_crash_in_the_middle_of_sealing_leaves_whole_checkpoints_only() {
    use std::io::{BufRead as _, BufReader};
    let place = place();
    let mut told = 0;
    for round in 1..=6 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_seals_until_killed", "--nocapture"])
            .env("HUYING_STORE_SEAL_DIR", place.folder.root())
            .stderr(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        for line in lines.map_while(Result::ok).filter(|l| l.starts_with("sealed ")).take(5 * round) {
            told = line["sealed ".len()..].parse().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let mut store = place.open().unwrap();
        let sealed = store.last_checkpoint().unwrap().unwrap().checkpoint.last_seq;
        assert!(sealed.0 >= told, "{told} was told to be sealed, {sealed} is");
        store.prove(StreamId(1)).unwrap();
        store.seal(AT).unwrap();
        let found = store.verify(None, &mut |_, _| {}).unwrap();
        assert!(found.is_whole(), "{:?}", found.damages);
        assert_eq!(found.sealed, found.position);
    }
    assert!(told > 0);
}

#[test]
fn a_commit_that_the_disk_breaks_is_there_or_not_and_only_opening_again_tells() {
    for lasts in [true, false] {
        let place = place();
        let mut store = place.open().unwrap();
        store.commit(&calls(1, 3, AT).unwrap()).unwrap();
        store.break_next_commit_for_tests(lasts);
        let second = calls(4, 2, AT).unwrap();
        let error = store.commit(&second).unwrap_err();
        assert!(error.leaves_unknown() && !error.to_string().contains("nothing was stored"), "{error}");
        assert!(store.is_unusable());
        assert!(matches!(store.commit(&second), Err(StoreError::Reopen)));
        store.reopen(Options::default()).unwrap();
        assert_eq!(store.last_seq(), Seq(if lasts { 5 } else { 3 }));
        assert_eq!(store.outcome_of(&second.keys[0].key).unwrap().is_some(), lasts, "the keys tell which");
        assert!(store.verify(None, &mut |_, _| {}).unwrap().is_whole());
    }
}

#[test]
fn a_reader_finds_outcomes_as_the_writer_does() {
    let place = place();
    let mut store = place.open().unwrap();
    let (keys, reader) = (store.keys(), Reader::open(&place.folder).unwrap());
    let batch = calls(1, 5, AT).unwrap();
    assert!(reader.outcome_of(&keys, &batch.keys[1].key).unwrap().is_none());
    store.commit(&batch).unwrap();
    assert_eq!(reader.outcome_of(&keys, &batch.keys[1].key).unwrap().as_ref(), Some(&batch.keys[1]));
    store.commit(&calls(6, 1, AT.plus(9)).unwrap()).unwrap();
    store.forget_outcomes(AT.plus(1)).unwrap();
    assert!(reader.outcome_of(&keys, &batch.keys[1].key).unwrap().is_none());
}

#[test]
fn a_part_of_a_history_is_read_by_what_stands_in_it() {
    let place = place();
    let mut store = place.open().unwrap();
    let mut batch = Batch { recorded_at: AT, ..Batch::default() };
    for (version, name) in (1..).zip(["reported", "moved", "thread_moved", "closed", "moved"]) {
        let mut record = record(1, version, AT);
        let text = String::from_utf8(record.payload).unwrap();
        record.payload = text.replace("\"reported\":", &format!("\"{name}\":")).into_bytes();
        batch.records.push(record);
    }
    batch.records.push(record(2, 1, AT));
    store.commit(&batch).unwrap();
    let found = |words: &[&str]| -> Vec<u32> {
        store.load_with(StreamId(1), words).unwrap().iter().map(|r| r.version.0).collect()
    };
    assert_eq!(found(&["\"moved\":"]), [2, 5]);
    assert_eq!(found(&["\"reported\":", "\"moved\":"]), [1, 2, 5]);
    assert_eq!(found(&["\"undone\":"]), [0; 0]);
    assert_eq!(found(&[]), [0; 0]);
}
