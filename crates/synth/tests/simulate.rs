//! Histories of random cities under random rules: whatever people do, the laws hold, every command is tried
//! and taken somewhere, and every history can be brought to its end.
//!
//! `HUYING_SIMULATE` sets the number of commands, `HUYING_SEED` the first seed; a failure prints the shortest
//! history that breaks a law, and the command that repeats it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

use huying_core::case::command::Command;
use huying_core::case::event::{Event, Record};
use huying_synth::simulate::{Plan, RULES, check, names};
use std::collections::BTreeSet;

/// A look at each command; `make simulate` gives a million in the release build.
const COMMANDS: u64 = 40_000;
/// Among so many, each command is accepted somewhere.
const ALL: u64 = 500_000;
/// Commands in one city.
const OF_A_CITY: u64 = 2_000;
const THREADS: usize = 2;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().expect("a number"))
}

/// With `HUYING_FREEZE` set, the first record of each command and of each event is written there, to be read
/// for ever by `crates/core/tests/fixtures.rs`; that is done once for each schema.
fn freeze(records: &[Record]) {
    let Ok(dir) = std::env::var("HUYING_FREEZE") else { return };
    for record in records {
        let mut names = vec![format!("command-{}", record.command)];
        for event in &record.events {
            let value = serde_json::to_value(event).unwrap();
            names.extend(value.as_object().unwrap().keys().map(|k| format!("event-{k}")));
            if matches!(event, Event::ClockStarted(c) if c.unscored) {
                names.push("event-clock_started-unscored".to_owned());
            }
        }
        for name in names {
            let path = std::path::Path::new(&dir).join(format!("{name}.json"));
            if !path.exists() {
                let frozen = serde_json::json!({ "records": [record] });
                std::fs::write(path, serde_json::to_string_pretty(&frozen).unwrap()).unwrap();
            }
        }
    }
}

#[test]
fn whatever_people_do_the_laws_hold() {
    let (commands, seed) = (number("HUYING_SIMULATE", COMMANDS), number("HUYING_SEED", 1));
    let plan = Plan {
        seed,
        steps: OF_A_CITY,
        cities: commands.div_ceil(OF_A_CITY),
        profile: None,
        threads: THREADS,
    };
    let tally = check(&plan, RULES, |_| {}, freeze).unwrap_or_else(|e| panic!("{e}"));
    eprintln!("from seed {seed}: {tally:?}");
    let never = tally.never();
    assert!(commands < ALL || never.is_empty(), "never accepted: {never:?}");
}

/// The commands there are, as serde names them when it meets a stranger.
#[test]
fn every_command_has_a_move() {
    let error =
        serde_json::from_str::<Command>(r#"{"name":"a stranger"}"#).expect_err("a stranger").to_string();
    let listed = error.split_once("expected one of").expect("the known variants are listed").1;
    let all: BTreeSet<&str> = listed.split('`').skip(1).step_by(2).collect();
    let moves: BTreeSet<&str> = names().into_iter().collect();
    assert_eq!(moves, all, "add a line to crates/synth/src/simulate/moves/mod.rs");
    assert!(Command::GIVEN.iter().all(|name| moves.contains(name)));
}
