//! Tampering, damage, erasure, backup and restore.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
use common::{AT, Place, place, sealed_call};
use huying_core::ids::{CaseId, ItemId, PersonId, Seq, StreamId};
use huying_store::conformance::{calls, record};
use huying_store::proof::{Proof, ProofError, check};
use huying_store::{
    AccessEntry, Batch, Clear, FileRow, ItemRef, Loss, Lost, Options, Reader, Store, StoreError,
    StoredRecord, commitment, restore,
};

fn whole(store: &Reader) {
    let found = store.verify(Some(&references), &mut |_, _| {}).unwrap();
    assert!(found.is_whole(), "{:?}", found.damages);
}

fn references(record: &StoredRecord) -> Vec<ItemRef> {
    let payload: serde_json::Value = serde_json::from_slice(&record.payload).unwrap();
    let Some(item) = payload["item"].as_u64() else { return Vec::new() };
    let hex = payload["commitment"].as_str().unwrap();
    let commitment = std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap());
    vec![ItemRef { item: ItemId(item), commitment }]
}

fn raw(place: &Place) -> rusqlite::Connection {
    rusqlite::Connection::open(place.folder.ledger()).unwrap()
}

fn entry(case: u64) -> AccessEntry {
    let actor = PersonId::new("p1").unwrap();
    AccessEntry { at: AT, actor, post: None, purpose: "handle".into(), case_id: CaseId(case) }
}

/// A case of three records over two segments, among others.
fn proved() -> (Place, Store, Proof) {
    let place = place();
    let mut store = place.open().unwrap();
    store.commit(&calls(1, 7, AT).unwrap()).unwrap();
    let more = vec![record(3, 2, AT), record(5, 2, AT)];
    store.commit(&Batch { recorded_at: AT, records: more, ..Batch::default() }).unwrap();
    store.seal(AT).unwrap();
    store.commit(&Batch { recorded_at: AT, records: vec![record(3, 3, AT)], ..Batch::default() }).unwrap();
    assert!(matches!(store.prove(StreamId(3)), Err(StoreError::NotSealed { seq: Seq(10) })));
    assert_eq!(store.seal(AT).unwrap().len(), 1);
    assert!(store.seal(AT).unwrap().is_empty(), "nothing new to seal");
    let proof = store.prove(StreamId(3)).unwrap();
    (place, store, proof)
}

#[test]
fn a_proof_is_checked_without_the_data() {
    let (_place, store, proof) = proved();
    let key = store.signing_key().unwrap().unwrap();
    let report = check(&Proof::parse(&proof.text().unwrap()).unwrap(), Some(&key)).unwrap();
    assert_eq!((report.stream, report.records, report.checkpoints.len()), (StreamId(3), 3, 2));
    assert!(report.key_trusted && !check(&proof, None).unwrap().key_trusted);
    assert!(matches!(check(&proof, Some(&[1; 32])), Err(ProofError::Checkpoint { .. })));
    whole(&store);
}

#[test]
fn any_byte_of_a_proof_that_is_altered_is_noticed() {
    let (_place, _store, proof) = proved();
    let text = proof.text().unwrap().into_bytes();
    for at in 0..text.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut other = text.clone();
            other[at] ^= flip;
            let refused = match String::from_utf8(other) {
                Err(_) => true,
                Ok(other) => Proof::parse(&other).and_then(|p| check(&p, None)).is_err(),
            };
            assert!(refused, "byte {at} ({:?}) ^ {flip:#x} was not noticed", text[at] as char);
        }
    }
}

#[test]
fn a_proof_with_a_record_left_out_swapped_or_of_another_stream_is_refused() {
    let (_place, store, proof) = proved();
    let mut gap = proof.clone();
    gap.leaves.remove(1);
    assert!(check(&gap, None).is_err());
    let mut swapped = proof.clone();
    swapped.leaves.swap(0, 1);
    assert!(check(&swapped, None).is_err());
    let mut other = proof.clone();
    other.leaves[0] = store.prove(StreamId(1)).unwrap().leaves[0].clone();
    assert!(check(&other, None).is_err());
    let mut renamed = proof;
    renamed.stream = StreamId(4);
    assert!(check(&renamed, None).is_err());
}

#[test]
fn whatever_is_altered_in_the_ledger_is_named() {
    let alterations = [
        (
            "UPDATE journal SET payload = CAST(replace(payload, 'phone', 'phony') AS BLOB) WHERE seq = 4",
            4,
            "altered",
        ),
        ("UPDATE journal SET recorded_at = recorded_at + 1 WHERE seq = 9", 9, "recorded_at"),
        ("UPDATE journal SET stream = 77 WHERE seq = 2", 2, "stream"),
        ("DELETE FROM journal WHERE seq = 6", 6, "does not read"),
        (
            "UPDATE batch SET previous = zeroblob(32) WHERE batch_no = 2",
            8,
            "does not continue the batch before",
        ),
        ("UPDATE batch SET recorded_at = 5 WHERE batch_no = 2", 8, "chain hash"),
        ("DELETE FROM batch WHERE batch_no = 2", 8, "missing"),
        ("UPDATE batch SET leaves = zeroblob(64) WHERE batch_no = 2", 8, "leaves"),
        ("DELETE FROM batch WHERE batch_no = 3", 10, "no batch holds"),
        ("INSERT INTO journal VALUES (11, 1, 2, 0, x'7b7d')", 11, "no batch holds"),
        ("UPDATE checkpoint SET text = CAST(replace(text, 'shard 0', 'shard 1') AS BLOB)", 1, "signature"),
        ("DELETE FROM checkpoint WHERE segment = 1", 10, "does not continue"),
    ];
    for (sql, seq, word) in alterations {
        let (place, store, _) = proved();
        drop(store);
        raw(&place).execute_batch(sql).unwrap();
        let found = Reader::open(&place.folder).unwrap().verify(None, &mut |_, _| {}).unwrap();
        let named = found
            .damages
            .iter()
            .any(|d| (d.first_seq.0..=d.last_seq.0).contains(&seq) && d.problem.contains(word));
        assert!(named, "{sql}: {:?}", found.damages);
    }
}

#[test]
fn a_damaged_page_is_named_and_the_rest_is_served() {
    let place = place();
    let mut store = place.open().unwrap();
    for n in 0..30 {
        store.commit(&calls(1 + n * 20, 20, AT).unwrap()).unwrap();
    }
    store.checkpoint_wal().unwrap();
    let backup = place.dir.path().join("backup");
    store.backup(&backup).unwrap();
    store.commit(&calls(601, 5, AT).unwrap()).unwrap();
    store.checkpoint_wal().unwrap();
    drop(store);
    let (page, page_bytes) = leaf_page(&place, 300);
    let mut bytes = std::fs::read(place.folder.ledger()).unwrap();
    bytes[(page - 1) * page_bytes..page * page_bytes].fill(0xa5);
    std::fs::write(place.folder.ledger(), bytes).unwrap();

    let reader = Reader::open(&place.folder).unwrap();
    let found = reader.verify(None, &mut |_, _| {}).unwrap();
    let named: Vec<_> = found
        .damages
        .iter()
        .filter(|d| d.problem.contains("does not read") && d.batch_no.is_some())
        .collect();
    assert!(named.iter().any(|d| (d.first_seq.0..=d.last_seq.0).contains(&300)), "{:?}", found.damages);
    let unread: u64 = named.iter().map(|d| d.last_seq.0 - d.first_seq.0 + 1).sum();
    assert!(unread < 30, "one page is one page: {named:?}");
    assert_eq!(found.records + unread, 605, "everything else is still verified");
    assert_eq!(reader.load(StreamId(20)).unwrap().len(), 1);
    assert!(matches!(reader.load(StreamId(300)), Err(StoreError::Damaged { .. })));
    drop(reader);

    let report = restore(&place.folder, &backup, Options::default()).unwrap();
    assert_eq!(report.records, Loss::Rows(Lost { first: 601, last: 605, readable: 5 }));
    assert_eq!(report.accesses, Loss::Nothing);
    assert_eq!(report.position, Seq(600));
    assert!(report.kept.unwrap().join("ledger.db").exists());
    let mut store = place.open().unwrap();
    whole(&store);
    store.commit(&calls(601, 1, AT).unwrap()).unwrap();
}

/// The page that holds a record, found by the record's own bytes.
fn leaf_page(place: &Place, seq: u64) -> (usize, usize) {
    let bytes = std::fs::read(place.folder.ledger()).unwrap();
    let page_bytes = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let needle = format!(r#"{{"stream":{seq},"version":1"#);
    let at = bytes.windows(needle.len()).position(|w| w == needle.as_bytes()).unwrap();
    (at / page_bytes + 1, page_bytes)
}

#[test]
fn no_clear_text_without_a_row_in_the_access_ledger() {
    let place = place();
    let mut store = place.open().unwrap();
    let batch = sealed_call(&store, 1, "水管爆了", AT);
    store.commit(&batch).unwrap();
    let read = store.read_clear(&entry(1), &[ItemId(2)]).unwrap();
    assert!(matches!(&read[0], Clear::Text(t) if t.text == "水管爆了".as_bytes()));
    let rows = store.accesses_of(CaseId(1)).unwrap();
    assert_eq!(
        (rows.len(), &rows[0].items[..], rows[0].entry.purpose.as_str()),
        (1, &[ItemId(2)][..], "handle")
    );
    assert!(
        matches!(store.read_clear(&entry(2), &[ItemId(2)]), Err(StoreError::Missing { .. })),
        "another case's item"
    );
    let other = raw(&place);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(store.read_clear(&entry(1), &[ItemId(2)]), Err(StoreError::Busy { .. })));
    other.execute_batch("ROLLBACK").unwrap();
    store.read_clear(&entry(1), &[ItemId(2)]).unwrap();
    assert_eq!(store.verify_accesses().unwrap(), Ok(2));
    other.execute_batch("UPDATE access SET purpose = 'curious' WHERE seq = 1").unwrap();
    assert_eq!(store.verify_accesses().unwrap(), Err(1));
}

#[test]
fn erasure_destroys_text_key_and_file_and_leaves_the_proof() {
    let place = place();
    let mut store = place.open().unwrap();
    let mut batch = sealed_call(&store, 1, "住址某街某号", AT);
    let digest = place.folder.files().put(b"a sealed picture").unwrap();
    batch.files = vec![FileRow { digest, case_id: CaseId(1), subject: 0, bytes: 16 }];
    let (secret, key) = (batch.vault[0].ciphertext.clone(), batch.vault_keys[0].wrapped.clone());
    store.commit(&batch).unwrap();
    let second = sealed_call(&store, 2, "另一件", AT);
    store.commit(&second).unwrap();
    store.seal(AT).unwrap();
    whole(&store);
    let proof = store.prove(StreamId(1)).unwrap();
    assert!(on_disk(&place, &secret) && on_disk(&place, &key));

    store.erase(CaseId(1), None, AT).unwrap();
    store.erase(CaseId(1), None, AT).unwrap();
    assert!(!on_disk(&place, &secret) && !on_disk(&place, &key), "neither file nor log keeps a copy");
    assert!(!place.folder.files().path(&digest).exists());
    assert_eq!(store.read_clear(&entry(1), &[ItemId(2)]).unwrap(), [Clear::Erased]);
    assert!(matches!(store.data_key(CaseId(1), 0, store.master()), Err(StoreError::Erased { .. })));
    assert!(
        matches!(store.read_clear(&entry(2), &[ItemId(4)]).unwrap()[0], Clear::Text(_)),
        "only the one case"
    );
    assert_eq!(store.prove(StreamId(1)).unwrap(), proof);
    check(&proof, None).unwrap();
    whole(&store);
}

fn on_disk(place: &Place, needle: &[u8]) -> bool {
    ["ledger.db", "ledger.db-wal"].iter().any(|name| {
        let bytes = std::fs::read(place.folder.root().join(name)).unwrap_or_default();
        bytes.windows(needle.len()).any(|w| w == needle)
    })
}

#[test]
fn a_restored_older_ledger_replays_the_erasures() {
    let place = place();
    let mut store = place.open().unwrap();
    let batch = sealed_call(&store, 1, "住址", AT);
    let secret = batch.vault[0].ciphertext.clone();
    store.commit(&batch).unwrap();
    let backup = place.dir.path().join("backup");
    let report = store.backup(&backup).unwrap();
    assert_eq!((report.position, report.batch_no), (Seq(1), 1));
    assert!(matches!(restore(&place.folder, &backup, Options::default()), Err(StoreError::Held { .. })));
    store.erase(CaseId(1), None, AT).unwrap();
    drop(store);

    let report = restore(&place.folder, &backup, Options::default()).unwrap();
    assert_eq!((report.erasures, report.records), (1, Loss::Nothing));
    assert!(!on_disk(&place, &secret));
    // A copy put there by hand, past the restore command, fares no better: opening replays the list.
    std::fs::copy(backup.join("ledger.db"), place.folder.ledger()).unwrap();
    for tail in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(place.folder.root().join(format!("ledger.db{tail}")));
    }
    let mut store = place.open().unwrap();
    assert_eq!(store.read_clear(&entry(1), &[ItemId(2)]).unwrap(), [Clear::Erased]);
}

#[test]
fn an_erasure_cut_off_after_its_line_is_finished_at_the_next_opening() {
    let place = place();
    let mut store = place.open().unwrap();
    let batch = sealed_call(&store, 1, "住址", AT);
    store.commit(&batch).unwrap();
    let line = place.folder.root().join("erasures.log");
    store.erase(CaseId(9), None, AT).unwrap();
    let other = std::fs::read_to_string(&line).unwrap();
    drop(store);
    // The line of case 1 as `erase` would write it, and after it one that a crash tore.
    let body = format!("erase 1 * {}", AT.0);
    let check = huying_store::hex(&huying_store::digest(body.as_bytes())[..8]);
    std::fs::write(&line, format!("{other}{body} {check}\nerase 2 * 17")).unwrap();
    let mut store = place.open().unwrap();
    assert_eq!(store.read_clear(&entry(1), &[ItemId(2)]).unwrap(), [Clear::Erased]);
    drop(store);
    std::fs::write(&line, format!("{body} 0000000000000000\n")).unwrap();
    assert!(
        matches!(place.open(), Err(StoreError::BadLine { line: 1, .. })),
        "an altered line is not passed over"
    );
}

#[test]
fn a_backup_of_another_ledger_or_a_damaged_one_is_refused() {
    let (one, two) = (place(), place());
    let mut first = one.open().unwrap();
    first.commit(&calls(1, 3, AT).unwrap()).unwrap();
    let mut second = two.open().unwrap();
    second.commit(&calls(1, 4, AT).unwrap()).unwrap();
    let backup = two.dir.path().join("backup");
    second.backup(&backup).unwrap();
    drop((first, second));
    let refused = restore(&one.folder, &backup, Options::default()).unwrap_err();
    assert!(refused.to_string().contains("another ledger"), "{refused}");
    let copy = rusqlite::Connection::open(backup.join("ledger.db")).unwrap();
    copy.execute_batch("UPDATE journal SET payload = x'7b7d' WHERE seq = 2").unwrap();
    drop(copy);
    let refused = restore(&two.folder, &backup, Options::default()).unwrap_err();
    assert!(refused.to_string().contains("damaged itself"), "{refused}");
    assert_eq!(one.open().unwrap().position().unwrap(), Seq(3), "the folder is untouched");
}

#[test]
fn a_ledger_without_its_keys_gets_no_new_ones() {
    let place = place();
    drop(place.open().unwrap());
    std::fs::remove_file(place.folder.root().join("keys/master.key")).unwrap();
    assert!(matches!(place.open(), Err(StoreError::Missing { .. })));
}

#[test]
fn keys_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = place();
    drop(place.open().unwrap());
    for name in ["master.key", "checkpoint.key"] {
        let mode =
            std::fs::metadata(place.folder.root().join("keys").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_commitment_says_nothing_without_its_salt() {
    assert_ne!(commitment(&[1; 16], "body", b"a"), commitment(&[2; 16], "body", b"a"));
    assert_ne!(commitment(&[1; 16], "body", b"a"), commitment(&[1; 16], "bod", b"ya"));
}

/// A short text is overwritten by luck when its page is next written; this one spills over several pages,
/// which SQLite would only put on its free list, and its key lies among many others.
#[test]
fn no_fragment_of_an_erased_text_or_key_stays_in_the_file() {
    let place = place();
    let mut store = place.open().unwrap();
    let text: String = (0..40_000u64).map(|n| char::from(b'a' + (n * n % 26) as u8)).collect();
    let mut fragments = Vec::new();
    for case in 1..=120 {
        let batch = sealed_call(&store, case, if case == 60 { &text } else { "kurz" }, AT);
        if case == 60 {
            let sealed = &batch.vault[0].ciphertext;
            fragments.extend((0..39_000).step_by(1_500).map(|at| sealed[at..at + 24].to_vec()));
            let key = &batch.vault_keys[0].wrapped;
            fragments.extend([key[..24].to_vec(), key[24..48].to_vec(), key[48..].to_vec()]);
        }
        store.commit(&batch).unwrap();
    }
    store.checkpoint_wal().unwrap();
    let found = || fragments.iter().filter(|f| on_disk(&place, f)).count();
    assert!(found() > 20, "the search finds what is there");
    store.erase(CaseId(60), None, AT).unwrap();
    assert_eq!(found(), 0, "fragments left in the ledger or its log");
    assert!(
        matches!(store.read_clear(&entry(59), &[ItemId(118)]).unwrap()[0], Clear::Text(_)),
        "neighbours stay"
    );
}

#[test]
fn readings_asked_together_are_recorded_by_one_sync_and_a_wrong_one_fails_alone() {
    let place = place();
    let mut store = place.open().unwrap();
    store.commit(&sealed_call(&store, 1, "住址", AT)).unwrap();
    let before = store.transactions();
    let (one, other) = (entry(1), entry(9));
    let items = [ItemId(2)];
    let readings: Vec<(&AccessEntry, &[ItemId])> =
        vec![(&one, &items), (&other, &items), (&one, &items), (&one, &[])];
    let found = store.read_clear_all(&readings).unwrap();
    assert!(
        matches!(&found[0], Ok(all) if matches!(&all[..], [Clear::Text(t)] if t.text == "住址".as_bytes()))
    );
    assert!(matches!(&found[1], Err(StoreError::Missing { .. })));
    assert!(found[2].is_ok() && found[3].as_ref().is_ok_and(Vec::is_empty));
    assert_eq!(store.transactions() - before, 1);
    assert_eq!(store.accesses_of(CaseId(1)).unwrap().len(), 3);
    assert!(store.accesses_of(CaseId(9)).unwrap().is_empty());
    assert_eq!(store.verify_accesses().unwrap(), Ok(3));

    // No record, no text: the disk fails just then.
    store.break_next_commit_for_tests(false);
    assert!(store.read_clear_all(&readings).is_err());
}
