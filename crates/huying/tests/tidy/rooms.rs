//! The arrows between the rooms, read from the manifests; and what the core may not reach for.
//!
//! Owns the table of rooms. An exception to the table is a line of ARCHITECTURE.md, `- exception: ROOM ->
//! ROOM: why`; one that no manifest needs any more is a finding too. Does not check how rooms use each
//! other: the compiler does.

use crate::{report, tree};
use std::collections::BTreeSet;

/// A room: its folder in `crates/`, the rooms it may depend on, and outside crates that would break what it
/// is.
struct Room {
    name: &'static str,
    below: &'static [&'static str],
    never: &'static [&'static str],
}

const HTTP: [&str; 6] = ["axum", "hyper", "reqwest", "tower-http", "utoipa", "utoipa-axum"];
const SQL: [&str; 4] = ["rusqlite", "libsqlite3-sys", "tokio-postgres", "sqlx"];
const OUTSIDE: [&str; 12] = [
    "tokio",
    "async-std",
    "smol",
    "futures",
    "rayon",
    "getrandom",
    "rand",
    "fastrand",
    "uuid",
    "memmap2",
    "tempfile",
    "crossbeam-channel",
];

/// From the ground up; a room that is not in the table is a finding.
const ROOMS: [Room; 10] = [
    Room { name: "core", below: &[], never: &OUTSIDE },
    Room { name: "atlas", below: &["core"], never: &[] },
    Room { name: "store", below: &["core"], never: &["axum", "tokio"] },
    Room { name: "sensing", below: &["core"], never: &[] },
    Room { name: "planning", below: &["core", "atlas"], never: &[] },
    Room { name: "listening", below: &["core"], never: &[] },
    Room {
        name: "engine",
        below: &["core", "atlas", "store", "sensing", "planning", "listening"],
        never: &["axum"],
    },
    Room { name: "synth", below: &["core", "atlas", "engine"], never: &[] },
    Room { name: "server", below: &["core", "atlas", "engine"], never: &["rand"] },
    Room { name: "huying", below: &["core", "atlas", "engine", "synth", "server"], never: &[] },
];

/// Rooms that know nothing of HTTP, and rooms that know nothing of SQL.
const NO_HTTP: [&str; 7] = ["core", "atlas", "store", "engine", "synth", "sensing", "planning"];
const NO_SQL: [&str; 8] = ["core", "atlas", "engine", "synth", "sensing", "planning", "server", "huying"];

/// The names in every dependency table that ends up in the product; `dev` adds those of the tests.
fn dependencies(manifest: &toml::Table, dev: bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut tables = vec![manifest];
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    tables.extend(targets.into_iter().flatten().filter_map(|(_, t)| t.as_table()));
    for table in tables {
        for (key, value) in table {
            let product = key == "dependencies" || key == "build-dependencies";
            if product || (dev && key == "dev-dependencies") {
                names
                    .extend(value.as_table().into_iter().flatten().map(|(name, spec)| real_name(name, spec)));
            }
        }
    }
    names
}

/// The crate a dependency line means, seen through `package = "…"`.
fn real_name(name: &str, spec: &toml::Value) -> String {
    spec.get("package").and_then(toml::Value::as_str).unwrap_or(name).to_owned()
}

/// What is wrong with one manifest. `excepted` holds (room, room) pairs; those used are taken out of it.
fn check_manifest(room: &str, manifest: &str, excepted: &mut BTreeSet<(String, String)>) -> Vec<String> {
    let Some(rule) = ROOMS.iter().find(|r| r.name == room) else {
        return vec![format!("crates/{room}: not a room of the table in rooms.rs")];
    };
    let manifest: toml::Table = manifest.parse().unwrap();
    let mut findings = Vec::new();
    for name in dependencies(&manifest, true) {
        if let Some(other) = name.strip_prefix("huying-").or((name == "huying").then_some("huying"))
            && !rule.below.contains(&other)
            && !excepted.remove(&(room.to_owned(), other.to_owned()))
        {
            findings.push(format!("crates/{room}: must not depend on the room {other}"));
        }
    }
    for name in dependencies(&manifest, false) {
        let banned = rule.never.contains(&name.as_str())
            || (NO_HTTP.contains(&room) && HTTP.contains(&name.as_str()))
            || (NO_SQL.contains(&room) && SQL.contains(&name.as_str()));
        if banned && !excepted.remove(&(room.to_owned(), name.clone())) {
            findings.push(format!("crates/{room}: must not depend on {name}"));
        }
    }
    let inherits = |table: &str, key: &str| {
        let value = manifest.get(table).and_then(|t| t.get(key));
        value.is_some_and(|v| v.as_bool() == Some(true) || v.get("workspace").is_some())
    };
    if !inherits("lints", "workspace") {
        findings.push(format!("crates/{room}: wants `[lints] workspace = true`"));
    }
    for key in ["version", "edition", "license"] {
        if !inherits("package", key) {
            findings.push(format!("crates/{room}: wants `{key}.workspace = true`"));
        }
    }
    findings
}

/// The exceptions that ARCHITECTURE.md lists, each with a reason.
fn exceptions(architecture: &str) -> BTreeSet<(String, String)> {
    let lines = architecture.lines().filter_map(|l| l.strip_prefix("- exception: "));
    let parts =
        lines.filter_map(|l| l.split_once(" -> ")).filter_map(|(a, rest)| Some((a, rest.split_once(": ")?)));
    parts
        .filter(|(_, (_, why))| !why.trim().is_empty())
        .map(|(a, (b, _))| (a.to_owned(), b.to_owned()))
        .collect()
}

/// What the core may not name: the world outside has a time, a disk, a network, threads and dice.
const WORLD: [&str; 17] = [
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "std::env",
    "std::io::stdin",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "getrandom",
    "rand::",
    "tokio",
    "async fn",
    "OnceLock<Mutex",
    "thread_local!",
    "static mut",
];

/// Where product code of the core reaches for the world.
fn check_core(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in tree::product_lines(text) {
        let grouped = line.split_once("std::{").map(|(_, rest)| rest.split(['{', '}', ',', ' ', ':']));
        let in_group =
            grouped.into_iter().flatten().find(|w| ["fs", "net", "thread", "process", "env"].contains(w));
        let named = WORLD.iter().find(|w| contains_word(&line, w)).copied().or(in_group);
        findings.extend(named.map(|w| format!("{path}:{number}: the core must not reach for {w}")));
    }
    findings
}

/// Whether `line` holds `word` not as the tail of a longer name (`operand::` is not `rand::`).
fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

#[test]
fn a_bad_manifest_is_found() {
    let none = &mut BTreeSet::new();
    let head = "[package]\nversion.workspace = true\nedition.workspace = true\nlicense.workspace = true\n\
                [lints]\nworkspace = true\n";
    let check = |room: &str, tail: &str, excepted: &mut BTreeSet<_>| {
        check_manifest(room, &format!("{head}{tail}"), excepted).len()
    };
    assert_eq!(check("server", "[dependencies]\nhuying-engine.workspace = true\n", none), 0);
    assert_eq!(
        check("server", "[dependencies]\nhuying-store.workspace = true\n", none),
        1,
        "round another room"
    );
    assert_eq!(check("core", "[dev-dependencies]\nhuying-engine.workspace = true\n", none), 1, "up");
    assert_eq!(check("core", "[dependencies]\ntokio = \"1\"\nrand = \"1\"\n", none), 2);
    assert_eq!(
        check("core", "[target.'cfg(unix)'.dependencies]\ndb = { package = \"rusqlite\" }\n", none),
        1
    );
    assert_eq!(check("engine", "[dependencies]\nrusqlite = \"0\"\naxum = \"0\"\n", none), 2);
    assert_eq!(check("attic", "", none), 1, "a room nobody knows");
    assert_eq!(check_manifest("core", "[package]\nversion = \"1\"\n", none).len(), 4, "nothing inherited");
    let listed =
        &mut exceptions("text\n- exception: huying -> store: bench opens it raw\n- exception: a -> b: \n");
    assert_eq!(check("huying", "[dependencies]\nhuying-store.workspace = true\n", listed), 0);
    assert!(listed.is_empty(), "used, and the one without a reason was never taken");
}

#[test]
fn a_core_that_reaches_out_is_found() {
    let bad =
        "use std::fs;\nuse std::{fmt, thread};\nlet t = std::time::SystemTime::now();\nrand::random();\n";
    assert_eq!(check_core("x.rs", bad).len(), 4);
    let good = "use std::{fmt, cell};\n// std::fs is for others\nlet strand = operand::new();\n";
    assert_eq!(check_core("x.rs", good), [""; 0]);
}

#[test]
fn arrows_point_down() {
    let architecture =
        tree::texts(|p| p == "ARCHITECTURE.md").pop().map(|(_, text)| text).unwrap_or_default();
    let mut excepted = exceptions(&architecture);
    let mut findings = Vec::new();
    for (path, text) in tree::texts(|p| p.starts_with("crates/") && p.ends_with("/Cargo.toml")) {
        findings.extend(check_manifest(path.split('/').nth(1).unwrap(), &text, &mut excepted));
    }
    findings
        .extend(excepted.iter().map(|(a, b)| format!("ARCHITECTURE.md: exception {a} -> {b} is not used")));
    report(&findings);
}

#[test]
fn the_core_touches_nothing() {
    let sources =
        tree::texts(|p| p.starts_with("crates/core/src/") && tree::is_rust(p) && !tree::is_test_file(p));
    assert!(!sources.is_empty());
    report(&sources.iter().flat_map(|(path, text)| check_core(path, text)).collect::<Vec<_>>());
}
