//! Nothing that happens is told without words: every event ever written is read and put into words.

use super::*;
use huying_core::case::apply::apply_record;
use huying_core::case::event::Record;
use huying_core::case::record;
use huying_core::city::Folder;
use huying_core::ids::Edition;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { below(&path, found) } else { found.push(path) }
    }
}

fn chengdu() -> Rules {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/chengdu");
    let (mut paths, mut folder) = (Vec::new(), Folder::new());
    below(&root, &mut paths);
    for path in paths {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        folder.put(&name, std::fs::read(&path).unwrap());
    }
    Rules::read(&folder, Edition(1)).0.unwrap()
}

/// Every frozen history: its file and its records.
fn every_history() -> Vec<(PathBuf, Vec<Record>)> {
    let mut paths = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/fixtures/records"), &mut paths);
    let read = |path: PathBuf| {
        let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let records = file["records"].as_array().unwrap().iter();
        let records = records.map(|one| record::read(&serde_json::to_vec(one).unwrap()).unwrap()).collect();
        (path, records)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_event_has_words_in_both_languages() {
    let rules = chengdu();
    let mut told = 0;
    for (path, records) in every_history() {
        let mut case = None;
        for record in records {
            let now = apply_record(case.take(), &record);
            for event in &record.events {
                let said = super::event(event, &now, &rules);
                assert!(!said.zh.is_empty() && !said.en.is_empty(), "{}: {event:?}", path.display());
                let word = crate::live::word(event);
                assert!(word.is_none_or(|w| crate::live::SAID.contains(&w)), "{word:?}");
                told += 1;
            }
            case = Some(now);
        }
    }
    assert!(told > 100, "{told}");
}

/// How many references to words a value holds.
fn references(value: &Value) -> usize {
    match value {
        Value::Object(fields) if fields.len() == 2 && fields.contains_key("item") => 1,
        Value::Object(fields) => fields.values().map(references).sum(),
        Value::Array(items) => items.iter().map(references).sum(),
        _ => 0,
    }
}

#[test]
fn every_word_that_was_written_can_be_read() {
    let contact = Some(huying_core::case::event::TextRef::pending(1));
    let mut events = vec![Event::Amended { about: None, identity: None, contact }];
    events.extend(every_history().into_iter().flat_map(|(_, records)| records).flat_map(|r| r.events));
    for event in &events {
        let routine = matches!(event, Event::Reported(r) if r.source == ROUTINE);
        // What is undone shows the case as it was: its words are read where they were written.
        if routine || matches!(event, Event::Undone { .. }) {
            continue;
        }
        let written = references(&serde_json::to_value(event).unwrap());
        assert_eq!(texts(event, "note").len(), written, "{event:?}");
    }
}

#[test]
fn a_name_without_english_stays_a_name() {
    assert_eq!(both("锦官驿街道", None), Said::new("锦官驿街道", "锦官驿街道"));
    assert_eq!(both("锦江区", Some("")), Said::new("锦江区", "锦江区"));
    assert_eq!(both("锦江区", Some("Jinjiang")).en, "Jinjiang");
}

/// Several rungs and departments may be at one case: each is said by name, and a rung is never "raised".
#[test]
fn rungs_whistles_and_summonses_are_said_by_name() {
    let rules = chengdu();
    let mut told = Vec::new();
    for (_, records) in every_history() {
        let mut case = None;
        for record in records {
            let now = apply_record(case.take(), &record);
            told.extend(record.events.iter().map(|e| super::event(e, &now, &rules).zh));
            case = Some(now);
        }
    }
    for begins in ["呼叫专职网格员：", "通知报到："] {
        assert!(told.iter().any(|t| t.starts_with(begins)), "{begins} {told:?}");
    }
    assert!(told.iter().any(|t| t.contains("吹响")), "{told:?}");
    assert!(told.iter().any(|t| t.ends_with("：已上呼")), "{told:?}");
    assert!(!told.iter().any(|t| t.starts_with("呼应：")), "{told:?}");
}
