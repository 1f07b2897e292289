//! Records of every schema that was ever written are read for ever: `tests/fixtures/records/vN/`.
//!
//! A file holds `records`, and for a whole stream also the `case` it folds to. Frozen files are never
//! changed; a new event or command adds a file, a new schema a folder. `HUYING_FREEZE=DIR` makes the gate
//! and the simulation write.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use huying_core::case::apply::apply_record;
use huying_core::case::command::Command;
use huying_core::case::event::{Event, Record, SCHEMA};
use huying_core::case::record;
use huying_core::case::state::Case;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn folder(schema: u16) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/records/v{schema}"))
}

fn files(schema: u16) -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = std::fs::read_dir(folder(schema))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (path.file_name().unwrap().to_string_lossy().into_owned(), value)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!all.is_empty());
    all
}

fn records(name: &str, value: &Value) -> Vec<Record> {
    let read = |v: &Value| {
        let bytes = serde_json::to_vec(v).unwrap();
        record::read(&bytes).unwrap_or_else(|e| panic!("{name}: {e}: {:?}", std::error::Error::source(&e)))
    };
    value["records"].as_array().unwrap().iter().map(read).collect()
}

/// The variants of an enum, as serde names them when it meets a stranger.
fn variants<T: serde::de::DeserializeOwned>(stranger: &str) -> BTreeSet<String> {
    let error = serde_json::from_str::<T>(stranger).err().expect("a stranger is refused").to_string();
    let listed = error.split_once("expected one of").expect("the known variants are listed").1;
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whatever stands in the frozen case stands in the folded one. It may have gained fields since.
fn within(path: &str, frozen: &Value, folded: &Value) {
    match (frozen, folded) {
        (Value::Object(frozen), Value::Object(folded)) => {
            for (key, value) in frozen {
                within(&format!("{path}.{key}"), value, folded.get(key).unwrap_or(&Value::Null));
            }
        }
        (Value::Array(frozen), Value::Array(folded)) if frozen.len() == folded.len() => {
            for (i, (a, b)) in frozen.iter().zip(folded).enumerate() {
                within(&format!("{path}[{i}]"), a, b);
            }
        }
        _ => assert_eq!(frozen, folded, "{path} folds otherwise"),
    }
}

#[test]
fn every_frozen_record_reads_writes_the_same_and_folds() {
    for schema in 1..=SCHEMA {
        for (name, value) in files(schema) {
            let records = records(&name, &value);
            if schema == SCHEMA {
                for (record, frozen) in records.iter().zip(value["records"].as_array().unwrap()) {
                    let written: Value = serde_json::from_slice(&record::write(record).unwrap()).unwrap();
                    assert_eq!(&written, frozen, "{name}");
                }
            }
            let case = records.iter().fold(None, |case, r| Some(apply_record(case, r))).unwrap();
            assert_eq!(case.version, records.last().unwrap().version, "{name}");
            if let Some(frozen) = value.get("case") {
                serde_json::from_value::<Case>(frozen.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
                within(&name, frozen, &serde_json::to_value(&case).unwrap());
            }
        }
    }
}

#[test]
fn every_event_and_every_command_is_frozen() {
    let all: Vec<Record> = files(SCHEMA).iter().flat_map(|(n, v)| records(n, v)).collect();
    let of = |e: &Event| serde_json::to_value(e).unwrap().as_object().unwrap().keys().next().unwrap().clone();
    let events: BTreeSet<String> = all.iter().flat_map(|r| &r.events).map(of).collect();
    let known = variants::<Event>(r#"{"stranger":{}}"#);
    assert!(known.len() > 30, "{known:?}");
    assert_eq!(known.difference(&events).collect::<Vec<_>>(), Vec::<&String>::new(), "no fixture holds them");
    let commands: BTreeSet<String> = all.iter().map(|r| r.command.to_string()).collect();
    let known = variants::<Command>(r#"{"name":"stranger"}"#);
    assert_eq!(
        known.difference(&commands).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "no fixture holds them"
    );
}

#[test]
fn what_a_later_release_wrote_is_refused_by_name() {
    let (name, mut value) = files(SCHEMA).remove(0);
    value["records"][0]["schema"] = Value::from(SCHEMA + 1);
    let bytes = serde_json::to_vec(&value["records"][0]).unwrap();
    let refused = record::read(&bytes).expect_err("a later schema");
    assert!(matches!(refused, record::RecordError::Newer { found } if found == SCHEMA + 1), "{name}");
    assert!(matches!(record::read(b"{}"), Err(record::RecordError::NoRecord(_))));
    let shapeless = br#"{"schema":1,"events":[]}"#;
    assert!(matches!(record::read(shapeless), Err(record::RecordError::Shape { schema: 1, .. })));
}

/// What a location says of an exact point came later within the schema: records without it are above.
#[test]
fn an_exact_point_in_the_vault_is_folded_from_where_it_stands() {
    let folded = |name: &str| {
        let all = files(1);
        let (name, value) = all.iter().find(|(n, _)| n == name).unwrap();
        let records = records(name, value);
        let case = |n: usize| {
            records.iter().take(n).fold(None, |case, r| Some(apply_record(case, r))).unwrap().point()
        };
        [case(1), case(2)].map(|(point, exact)| (point.unwrap(), exact.unwrap().item.0))
    };
    let [first, then] = folded("point-exact-in-the-vault.json");
    assert_eq!(((first.0.lat, first.1), (then.0.lat, then.1)), ((306_600_000, 9), (306_620_000, 10)));
    let [first, then] = folded("point-exact-of-another-system.json");
    assert_eq!(((first.0.lon, first.1), (then.0.lon, then.1)), ((1_040_660_000, 4), (1_040_680_000, 5)));
}
