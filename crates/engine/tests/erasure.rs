//! Erasure, looked for in the bytes of every file: words are never there in clear, and afterwards not
//! sealed either.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Event};
use huying_core::case::state::Spine;
use huying_core::ids::{CaseId, PersonId};
use huying_engine::store::{AccessEntry, Clear, Folder, Loss, Options, proof, restore};
use huying_engine::{Attachment, Engine, Rejected, Settings};
use std::path::{Path, PathBuf};

/// Long enough to span pages of the ledger.
fn words() -> String {
    (0..900).map(|n| format!("李四家的秘密{n}号。")).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}

/// The files below `dir` that hold `bytes`.
fn holding(dir: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| std::fs::read(path).unwrap().windows(bytes.len()).any(|w| w == bytes);
    files(dir).into_iter().filter(holds).collect()
}

/// What of a case must not be on disk: its words in clear, and what is sealed, in pieces.
struct Trail {
    clear: Vec<Vec<u8>>,
    sealed: Vec<Vec<u8>>,
}

impl Trail {
    fn of(town: &Town, id: CaseId) -> Trail {
        let clear = ["李四家的秘密", "13900001111", "补充的话"].map(|w| w.as_bytes().to_vec()).to_vec();
        let items = town.reader().items_of(id).unwrap();
        // Pieces, because a long value is spread over pages.
        let sealed = items
            .iter()
            .flat_map(|i| i.ciphertext.chunks_exact(24).step_by(20))
            .map(<[u8]>::to_vec)
            .collect();
        Trail { clear, sealed }
    }

    fn in_clear(&self, root: &Path) -> Vec<PathBuf> {
        self.clear.iter().flat_map(|w| holding(root, w)).collect()
    }

    fn sealed(&self, root: &Path) -> usize {
        self.sealed.iter().filter(|piece| !holding(root, piece).is_empty()).count()
    }
}

fn with_views(town: &mut Town) -> Engine {
    town.stop();
    Engine::open(&town.root(), Settings { follow: true, ..town.settings() }).unwrap()
}

fn entry(town: &Town, id: CaseId) -> AccessEntry {
    let actor = PersonId::new("p0001").unwrap();
    AccessEntry { at: town.engine().now(), actor, post: None, purpose: "test".into(), case_id: id }
}

#[test]
fn the_words_of_an_erased_case_are_nowhere() {
    let mut town = Town::new();
    let id = town.report(&words()).case;
    let kept = town.report("李四家的秘密与此无关").case;
    town.engine().submit(note(&Actor::Caller, id, "补充的话")).unwrap();
    let picture =
        Attachment { bytes: b"%PDF-1.7 the statement of somebody".to_vec(), thread: None, label: None };
    town.engine().attach(town.staff("intake", CITY_DESK), id, &picture).unwrap();
    let administrator = town.staff("administrator", CITY_DESK);
    let engine = with_views(&mut town);
    engine.list(&Default::default(), None, 10, Some(engine.position().unwrap())).unwrap();
    drop(engine);
    town.start();

    let trail = Trail::of(&town, id);
    let root = town.root();
    assert_eq!(trail.in_clear(&root), Vec::<PathBuf>::new(), "before: not in clear");
    assert_eq!(trail.sealed(&root), trail.sealed.len(), "before: sealed, and this test can see it");
    assert_eq!(holding(&root, b"the statement"), Vec::<PathBuf>::new());
    let files_before = files(&root.join("files")).len();
    town.engine().with_store(|store, at| store.seal(at)).unwrap();
    let before = town.reader().prove(id.stream()).unwrap();

    assert_eq!(rule(town.engine().erase(id, "request", town.staff("intake", CITY_DESK))), "powers.role");
    assert_eq!(rule(town.engine().erase(id, "because", administrator.clone())), "word.unknown");
    let erased = town.engine().erase(id, "request", administrator.clone()).unwrap();
    // While the engine still runs, its log and views open.
    assert_eq!(trail.sealed(&root), 0, "not sealed either, also not in the log");
    assert_eq!(files(&root.join("files")).len(), files_before - 1);
    let records = town.records(id);
    let Some(Event::Erased { items, .. }) = records.last().unwrap().events.first() else { panic!() };
    assert_eq!(items.len(), 3, "content, contact and the caller's note");
    assert_eq!(town.case(id).erased.len(), 3);

    let content = town.case(id).facts.unwrap().content;
    let clear = town.engine().read_clear(entry(&town, id), vec![content.item]).unwrap();
    assert!(matches!(&clear[..], [Clear::Erased]));
    let other = town.case(kept).facts.unwrap().content;
    let clear = town.engine().read_clear(entry(&town, kept), vec![other.item]).unwrap();
    assert!(matches!(&clear[..], [Clear::Text(_)]), "nobody else's words are touched");

    // No word can be added; steps without words go on.
    assert_eq!(rule(town.engine().submit(note(&Actor::Caller, id, "再补充"))), "case.erased");
    assert_eq!(rule(town.engine().attach(town.staff("intake", CITY_DESK), id, &picture)), "case.erased");
    town.dispatch(id);
    assert_eq!(town.case(id).spine, Spine::Open);

    // Proofs still pass, the one made before too, and the whole still proves.
    assert!(proof::check(&before, None).is_ok());
    town.engine().with_store(|store, at| store.seal(at)).unwrap();
    let after = proof::check(&town.reader().prove(id.stream()).unwrap(), None).unwrap();
    assert_eq!(after.records, erased.version.0 + 1);
    town.is_sound();
    assert_eq!(trail.in_clear(&root), Vec::<PathBuf>::new());
    assert_eq!(trail.sealed(&root), 0);
}

#[test]
fn an_older_backup_does_not_bring_words_back() {
    let mut town = Town::new();
    let id = town.report(&words()).case;
    let trail = Trail::of(&town, id);
    let backup = town.dir.path().join("backup");
    town.reader().backup(&backup).unwrap();
    let administrator = town.staff("administrator", CITY_DESK);
    town.engine().erase(id, "request", administrator).unwrap();
    let later = town.report("备份之后的诉求");
    town.stop();
    let report = restore(&Folder::at(&town.root()), &backup, Options::default()).unwrap();
    assert_eq!(report.erasures, 1);
    let Loss::Rows(lost) = report.records else { panic!("{report:?}") };
    assert_eq!((lost.last, lost.readable), (later.seq.0, 2), "the erasure's record and the later call");
    let kept = report.kept.unwrap();
    assert!(Trail { clear: Vec::new(), sealed: trail.sealed.clone() }.sealed(&kept) == 0);
    std::fs::remove_dir_all(&kept).unwrap();
    assert_eq!(trail.sealed(&town.root()), 0, "replayed before anything is served");
    town.start();
    assert_eq!(rule(town.engine().submit(note(&Actor::Caller, id, "再说"))), "case.erased");
    let records = town.records(id);
    let Some(Event::Erased { items, ground }) = records.last().unwrap().events.first() else { panic!() };
    assert_eq!((items.len(), ground.as_str()), (2, "restored"), "and the case says so again");
    town.start();
    town.engine().tick().unwrap();
    assert_eq!(town.records(id).len(), records.len(), "once");
    // The number of the call that was lost is given again, to another case, whose words are its own.
    let again = town.report("新的诉求");
    assert_eq!(again.number, later.number);
    assert_eq!(
        town.reader().items_of(again.case).unwrap().iter().filter(|i| i.ciphertext.is_empty()).count(),
        0
    );
    town.is_sound();
}

#[test]
fn a_crash_between_the_record_and_the_destruction_is_made_good() {
    let mut town = Town::new();
    let id = town.report(&words()).case;
    let trail = Trail::of(&town, id);
    // Decided like any other command, through the queue; what destroys is owed by its record.
    let erase = Command::Erase { items: Vec::new(), ground: "request".into() };
    town.gives(id, &town.staff("administrator", CITY_DESK), erase).unwrap();
    town.engine().tick().unwrap();
    assert_eq!(trail.sealed(&town.root()), 0);
    assert_eq!(town.case(id).erased.len(), 2, "whatever the sender names, every word is named");

    // The same as after a crash: the record is there, the key and the cursor are as before.
    let second = town.report(&words()).case;
    let trail = Trail::of(&town, second);
    let saved = town.dir.path().join("saved");
    town.stop();
    copy(&town.root(), &saved);
    town.start();
    town.engine().erase(second, "request", town.staff("administrator", CITY_DESK)).unwrap();
    town.stop();
    // Take the destruction back by hand: vault and cursor of the copy, journal and outbox of the new one.
    let conn = rusqlite::Connection::open(town.root().join("ledger.db")).unwrap();
    conn.execute("ATTACH ?1 AS old", [saved.join("ledger.db").to_str().unwrap()]).unwrap();
    conn.execute_batch(
        "DELETE FROM vault_key; INSERT INTO vault_key SELECT * FROM old.vault_key;
         DELETE FROM vault_item; INSERT INTO vault_item SELECT * FROM old.vault_item;
         DELETE FROM delivery_cursor; INSERT INTO delivery_cursor SELECT * FROM old.delivery_cursor;",
    )
    .unwrap();
    drop(conn);
    std::fs::copy(saved.join("erasures.log"), town.root().join("erasures.log")).unwrap();
    std::fs::remove_dir_all(&saved).unwrap();
    assert!(trail.sealed(&town.root()) > 0);
    town.start();
    town.engine().tick().unwrap();
    assert_eq!(trail.sealed(&town.root()), 0);
    town.is_sound();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { std::fs::copy(&path, &target).map(drop).unwrap() }
    }
}

#[test]
fn words_on_their_way_at_the_erasure_are_refused_and_not_lost() {
    let mut town = Town::new();
    let id = town.report(&words()).case;
    let administrator = town.staff("administrator", CITY_DESK);
    town.stop();
    let engine = std::sync::Arc::new(Engine::open(&town.root(), town.settings()).unwrap());
    let waiting = hold(&engine);
    // Both are sealed and queued while the key still lives; the erasure is decided first.
    let (tell, told) = std::sync::mpsc::channel();
    let erase = Command::Erase { items: Vec::new(), ground: "request".into() };
    for submission in [huying_engine::plain(administrator, id, erase), note(&Actor::Caller, id, "补充的话")]
    {
        let tell = tell.clone();
        engine.submit_then(submission, Box::new(move |a| drop(tell.send(a))));
    }
    drop(waiting);
    told.recv().unwrap().unwrap();
    assert_eq!(rule(told.recv().unwrap()), "case.erased");
    drop(engine);
    town.is_sound();
}

#[test]
fn an_erasure_and_a_file_are_taken_once_for_each_key_and_a_refused_file_is_not_kept() {
    let town = Town::new();
    let id = town.report("噪音").case;
    let intake = town.staff("intake", CITY_DESK);
    let file = |bytes: &[u8]| Attachment { bytes: bytes.to_vec(), thread: None, label: None };
    let kept = || files(&town.root().join("files")).len();
    let (engine, before) = (town.engine(), kept());
    let attach = |key, bytes: &[u8]| engine.attach_once(Some([key; 32]), intake.clone(), id, &file(bytes));
    let first = attach(1, b"%PDF-1.7 a").unwrap();
    let again = attach(1, b"%PDF-1.7 a").unwrap();
    assert!(again.repeated && again.seq == first.seq && kept() == before + 1, "{again:?}");
    assert!(matches!(attach(1, b"%PDF-1.7 b"), Err(Rejected::KeyReused)));
    assert!(!attach(2, b"%PDF-1.7 a").unwrap().repeated);
    assert_eq!(kept(), before + 2);
    let dispatcher = town.staff("dispatcher", CITY_DESK);
    assert_eq!(rule(engine.attach(dispatcher, id, &file(b"%PDF-1.7 c"))), "powers.role");
    assert_eq!(kept(), before + 2, "what no record names is removed");

    let administrator = town.staff("administrator", CITY_DESK);
    let erase = |key, ground| engine.erase_once(Some([key; 32]), id, ground, administrator.clone());
    let (first, again) = (erase(3, "request").unwrap(), erase(3, "request").unwrap());
    assert!(!first.repeated && again.repeated && again.version == first.version, "{again:?}");
    // What was asked under a key is forgotten with the words, so another ground is not told from the first.
    assert!(erase(3, "retention").is_ok_and(|a| a.repeated && a.version == first.version));
    assert_eq!(town.records(id).len(), usize::try_from(first.version.0).unwrap());
    assert_eq!(kept(), before, "the files are destroyed with the words");
}
