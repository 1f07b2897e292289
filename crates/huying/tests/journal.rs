//! The journal's commands as an operator runs them: verify, prove, check, rebuild, export, back up,
//! restore, salvage, and cases shown, listed and erased.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Place(tempfile::TempDir);

impl Place {
    /// A data folder with `count` cases; hands back their numbers.
    fn with(count: u32) -> (Place, Vec<String>) {
        let place = Place(tempfile::tempdir().unwrap());
        let acks = place.run(&["bench", "acks", "--count", &count.to_string(), "--seed", "1"], true);
        assert!(acks.status.success(), "{acks:?}");
        let numbers = text(&acks).lines().map(|l| l.split(' ').nth(2).unwrap().to_owned()).collect();
        (place, numbers)
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn run(&self, words: &[&str], with_data: bool) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_huying"));
        command.args(words);
        if with_data {
            command.arg("--data").arg(self.data());
        }
        command.output().unwrap()
    }

    /// What a command prints, when it exits with `code`.
    fn says(&self, code: i32, words: &[&str]) -> String {
        let done = self.run(words, words[0] != "proof");
        assert_eq!(done.status.code(), Some(code), "{words:?}: {done:?}");
        text(&done)
    }

    /// Overwrites the bytes `from` wherever they stand in the ledger, which no program holds; they must be
    /// there. What is told of a record may stand before the record itself.
    fn alter(&self, from: &[u8], to: &[u8]) {
        let path = self.data().join("ledger.db");
        // A program that ended may have left a write-ahead log, which would cover the change.
        let ledger = rusqlite::Connection::open(&path).unwrap();
        ledger.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(ledger);
        let mut bytes = std::fs::read(&path).unwrap();
        let found: Vec<usize> =
            bytes.windows(from.len()).enumerate().filter(|(_, w)| *w == from).map(|(at, _)| at).collect();
        assert!(!found.is_empty(), "the bytes are in the ledger");
        for at in found {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
        std::fs::write(&path, bytes).unwrap();
    }
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_whole_journal_verifies_and_an_altered_record_is_named() {
    let (place, numbers) = Place::with(4);
    assert!(place.says(0, &["journal", "verify"]).ends_with("whole\n"));
    place.alter(format!("\"number\":\"{}\"", numbers[2]).as_bytes(), b"\"number\":\"20991231");
    let said = place.says(1, &["journal", "verify"]);
    assert!(said.contains("DAMAGED      batch 4, record 4: its bytes were altered"), "{said}");
    let json: serde_json::Value =
        serde_json::from_str(&place.says(1, &["journal", "verify", "--format", "json"])).unwrap();
    assert_eq!((&json["whole"], &json["damages"][0]["first_seq"]), (&false.into(), &4.into()));

    let salvaged = place.run(&["journal", "salvage"], true);
    assert_eq!(
        text(&salvaged).lines().count(),
        5,
        "an altered record still reads; it is verify that names it"
    );
    let refused = place.run(&["journal", "prove", &numbers[2], "-o", &place.path("p")], true);
    assert_eq!(refused.status.code(), Some(2));
    place.says(0, &["journal", "prove", &numbers[1], "-o", &place.path("whole")]);
}

#[test]
fn a_proof_needs_no_data_folder_and_fails_when_altered() {
    let (place, numbers) = Place::with(3);
    let proof = place.path("proof.json");
    let said = place.says(0, &["journal", "prove", &numbers[0], "-o", &proof]);
    let key = said.lines().find_map(|l| l.strip_prefix("signed by ")).unwrap().to_owned();
    assert_eq!(
        place.run(&["journal", "prove", &numbers[0], "-o", &proof], true).status.code(),
        Some(2),
        "no overwriting"
    );
    std::fs::remove_dir_all(place.data()).unwrap();
    let said = place.says(0, &["proof", "check", &proof]);
    assert!(
        said.starts_with("holds: stream 1, records 1 to 1") && said.contains("no key was given"),
        "{said}"
    );
    let said = place.says(0, &["proof", "check", &proof, "--key", &key]);
    assert!(said.contains("the key you trust"), "{said}");
    std::fs::write(place.path("key"), format!("{key}\n")).unwrap();
    place.says(0, &["proof", "check", &proof, "--key", &place.path("key")]);
    let said = place.says(1, &["proof", "check", &proof, "--key", &"ab".repeat(32)]);
    assert!(said.starts_with("DOES NOT HOLD: checkpoint 1"), "{said}");
    place.says(2, &["proof", "check", &proof, "--key", "nonsense"]);

    let whole = std::fs::read_to_string(&proof).unwrap();
    let payload = whole.find("\"payload\":\"").unwrap() + 40;
    let mut altered = whole.clone().into_bytes();
    altered[payload] = if altered[payload] == b'A' { b'B' } else { b'A' };
    std::fs::write(&proof, &altered).unwrap();
    assert!(place.says(1, &["proof", "check", &proof]).starts_with("DOES NOT HOLD"));
    std::fs::write(&proof, &whole[..whole.len() / 2]).unwrap();
    assert!(place.says(1, &["proof", "check", &proof]).contains("does not read"));
}

#[test]
fn checkpoints_are_signed_texts_for_a_witness() {
    let (place, _) = Place::with(2);
    let first = place.says(0, &["journal", "checkpoint"]);
    assert!(first.starts_with("huying checkpoint 1\nshard 0\nsegment 1\n"), "{first}");
    assert_eq!(place.says(0, &["journal", "checkpoint"]), first, "nothing new, nothing sealed");
    place.run(&["bench", "acks", "--count", "1", "--seed", "2"], true);
    assert!(place.says(0, &["journal", "checkpoint"]).contains("segment 2\n"));
}

#[test]
fn rows_that_differ_from_the_journal_are_named_and_swapped() {
    let (place, numbers) = Place::with(2);
    assert!(place.says(0, &["journal", "rebuild"]).ends_with("the live rows are those of the journal\n"));
    // The number of a row, not that of the record: the row's column stands alone.
    let row = format!("{}reported", numbers[0]);
    let open = format!("{}open", numbers[0]);
    let ledger = std::fs::read(place.data().join("ledger.db")).unwrap();
    let found = [row, open].into_iter().find(|r| ledger.windows(r.len()).any(|w| w == r.as_bytes())).unwrap();
    let wrong = format!("{}X", &numbers[0]);
    place.alter(found.as_bytes(), wrong.as_bytes());
    let said = place.says(1, &["journal", "rebuild"]);
    assert!(said.contains("DIFFERENT    case_row 1: state:"), "{said}");
    assert!(place.says(0, &["journal", "rebuild", "--swap"]).contains("the rebuilt rows are now live"));
    place.says(0, &["journal", "rebuild"]);
}

#[test]
fn an_export_holds_every_record_and_no_words() {
    let (place, numbers) = Place::with(3);
    for words in [&["journal", "export"][..], &["journal", "export", "--public"]] {
        let out = place.says(0, words);
        let lines: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[3]["seq"], 4);
        assert!(numbers.iter().all(|n| out.contains(&format!("\"number\":\"{n}\""))));
        assert!(!out.contains("来电人") && !out.contains("139"), "{out}");
    }
    assert_eq!(place.says(0, &["journal", "export", "--from", "3"]).lines().count(), 2);
}

#[test]
fn a_backup_comes_back_and_says_what_is_lost() {
    let (place, numbers) = Place::with(2);
    let backup = place.path("backup");
    assert!(place.says(0, &["journal", "backup", &backup]).contains("the keys are not in it"));
    let erase = ["case", "erase", &numbers[0], "--ground", "request", "--by"];
    let refused = place.says(1, &[&erase[..], &["p0001"]].concat());
    assert!(refused.contains("REFUSED   powers.role") && refused.contains("basis     岗位职责"), "{refused}");
    let nobody = place.run(&[&erase[..], &["nobody"]].concat(), true);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(errors(&nobody).contains("holds no such post"), "{nobody:?}");
    place.says(0, &[&erase[..], &["p0027"]].concat());
    assert!(place.says(0, &["case", "show", &numbers[0]]).contains("erased    2 texts"));

    let said = place.says(0, &["journal", "restore", "--from", &backup]);
    assert!(said.contains("1 erasures done again"), "{said}");
    assert!(said.contains("LOST: records 4 to 4; 1 of them still read"), "{said}");
    place.says(0, &["journal", "verify"]);
    assert!(Path::new(&place.data()).join("replaced-1/ledger.db").exists());
    // The next start says of the case what the lost record said.
    place.run(&["bench", "acks", "--count", "1", "--seed", "2"], true);
    assert!(place.says(0, &["case", "show", &numbers[0]]).contains("erased    2 texts"));

    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(place.data().join(name));
    }
    let said = place.says(0, &["journal", "restore", "--from", &backup]);
    assert!(said.contains("LOST: unknown whether any records from 4 on"), "{said}");
    assert!(said.contains("0 tokens taken back"), "{said}");
}

#[test]
fn cases_are_shown_and_listed() {
    let (place, numbers) = Place::with(3);
    let shown = place.says(0, &["case", "show", &numbers[1]]);
    assert!(shown.contains("timeline") && shown.contains("promise") && !shown.contains("来电人"), "{shown}");
    let listed = place.says(0, &["case", "list"]);
    assert!(numbers.iter().all(|n| listed.contains(n)), "{listed}");
    assert!(place.says(0, &["case", "list", "--limit", "1"]).ends_with("and more\n"));
    assert_eq!(place.says(0, &["case", "list", "--state", "void"]), "");
    assert_eq!(place.run(&["case", "show", "123"], true).status.code(), Some(2));
}

#[test]
fn a_path_that_is_no_data_folder_is_not_made_into_one() {
    let place = Place(tempfile::tempdir().unwrap());
    for words in
        [&["journal", "verify"][..], &["journal", "rebuild"], &["journal", "checkpoint"], &["case", "list"]]
    {
        let done = place.run(words, true);
        assert_eq!(done.status.code(), Some(2), "{words:?}");
        assert!(errors(&done).contains("does not exist"), "{done:?}");
        assert!(!place.data().exists(), "{words:?}");
    }
}
