//! What of a point reaches the journal: decided from the profile, for every command that carries one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use huying_core::case::command::Command;
use huying_core::case::cover::{asks_source, cover, exact_slot};
use huying_core::case::event::{Datum, Location, Point};
use huying_core::ids::SystemId;
use huying_core::observation::Observation;
use huying_core::profile::{GENERAL, Profile};

const EXACT: Point = Point { lon: 1_040_657_123, lat: 306_598_765, datum: Datum::Gcj02 };
const NODE: Point = Point { lon: 1_040_660_000, lat: 306_600_000, datum: Datum::Gcj02 };

fn text() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/profiles/base.toml");
    std::fs::read_to_string(path).unwrap()
}

fn profile(text: &str) -> Profile {
    let (profile, faults) = Profile::read(text);
    profile.unwrap_or_else(|| panic!("{faults:#?}"))
}

fn moved() -> Command {
    Command::Move { location: Location { point: Some(EXACT), ..Location::default() }, text: None }
}

fn observed(system: &str) -> Command {
    let mut observation = Observation::of(SystemId::new(system).unwrap(), "1");
    observation.point = EXACT.into();
    Command::Observe { observation: Box::new(observation), texts: Vec::new(), exact: None }
}

fn point_of(command: &Command) -> Option<Point> {
    match command {
        Command::Move { location, .. } => location.point,
        Command::Observe { observation, .. } => observation.point.get().copied(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_source_says_whether_a_point_stays_exact() {
    let profile = profile(&text());
    for (source, clear, sealed) in [
        (Some("public"), NODE, Some(EXACT)),
        (Some("patrol"), EXACT, None),
        (Some("sensor"), EXACT, None),
        (Some("leader"), NODE, Some(EXACT)),
        (None, NODE, Some(EXACT)),
    ] {
        let mut command = moved();
        assert!(asks_source(&command));
        assert_eq!((cover(&mut command, source, &profile), point_of(&command)), (sealed, Some(clear)));
        assert_eq!(cover(&mut command, source, &profile), None, "covering again loses nothing more");
        assert_eq!(point_of(&command), Some(clear));
    }
    for (system, clear, sealed) in [("nyc311", EXACT, None), ("hotline12345", NODE, Some(EXACT))] {
        let mut command = observed(system);
        assert_eq!((cover(&mut command, None, &profile), point_of(&command)), (sealed, Some(clear)));
        assert!(exact_slot(&mut command).is_some_and(|slot| slot.is_none()));
    }
}

#[test]
fn a_lattice_of_nothing_is_exact_and_no_rule_is_no_point() {
    let exact = profile(&text().replace("point_lattice = 20000", "point_lattice = 0"));
    let mut command = moved();
    assert_eq!((cover(&mut command, Some("public"), &exact), point_of(&command)), (None, Some(EXACT)));

    let text = text();
    let (from, to) = (text.find("[privacy]").unwrap(), text.find("[weights]").unwrap());
    let silent = profile(&format!("{}{}", &text[..from], &text[to..]));
    for mut command in [moved(), observed("nyc311")] {
        assert_eq!((cover(&mut command, Some("patrol"), &silent), point_of(&command)), (Some(EXACT), None));
    }
}

#[test]
fn faults_of_the_table_are_named() {
    for (from, to, field) in [
        ("\"patrol\", \"sensor\"]", "\"patroll\"]", "privacy.exact_sources"),
        ("point_lattice = 20000", "point_lattice = -1", "privacy"),
        ("point_lattice = 20000", "lattice = 1", "privacy"),
        ("[weights]", CLASSES, "privacy.retention.class"),
    ] {
        let (read, faults) = Profile::read(&text().replacen(from, to, 1));
        assert!(read.is_none());
        assert_eq!(faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), [field], "{faults:#?}");
    }
}

const CLASSES: &str = r#"
[[privacy.retention]]
class = "reports"
when = { request_type = ["report"] }
years = 10
source = "test"
status = "proposal"

[[privacy.retention]]
class = "reports"
when = {}
years = 2
source = "test"
status = "proposal"

[weights]"#;

#[test]
fn retention_is_the_first_class_that_fits() {
    let rules = profile(&text().replacen(
        "[weights]",
        &CLASSES.replacen("reports\"\nwhen = {}", "rest\"\nwhen = {}", 1),
        1,
    ));
    let facts = |request_type| huying_core::profile::Fits {
        source: "public",
        channel: "phone",
        request_type,
        matter: None,
        urgency: Default::default(),
        complex: false,
        reachable: true,
    };
    assert_eq!(rules.retention(&facts("report")), ("reports", 10));
    assert_eq!(rules.retention(&facts("help")), ("rest", 2));
    assert_eq!(rules.least_retention(), 2);
    assert_eq!(profile(&text()).retention(&facts("help")), (GENERAL, 5));
}
