//! Where somebody called from: a lattice node in the journal, the exact point in the vault, gone with it.
//! And what is remembered of a command by its key: nothing that its words could be guessed from.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Datum, Event, Location, Point};
use huying_core::ids::{CaseId, PersonId, SystemId};
use huying_core::observation::{Observation, Stamp};
use huying_engine::import::{EngineSink, Row, Sink, TrialSink};
use huying_engine::store::{AccessEntry, Clear};
use huying_engine::{Submission, plain};
use std::path::{Path, PathBuf};

const HOME: Point = Point { lon: 1_040_657_123, lat: 306_598_765, datum: Datum::Wgs84 };
const NODE: Point = Point { lon: 1_040_660_000, lat: 306_600_000, datum: Datum::Wgs84 };

fn call(source: &str, point: Point, key: Option<[u8; 32]>) -> Submission {
    let mut submission = complaint("楼道里堆满了杂物", key);
    let Command::Report(report) = &mut submission.command else { panic!() };
    report.source = source.into();
    report.location.point = Some(point);
    submission
}

/// The files below `dir` that hold the longitude or latitude of a point as its digits.
fn holding(dir: &Path, point: Point) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, point));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let digits = [point.lon, point.lat].map(|n| n.to_string().into_bytes());
        if digits.iter().any(|d| bytes.windows(d.len()).any(|w| w == d)) {
            found.push(path);
        }
    }
    found
}

fn location(town: &Town, id: CaseId) -> Location {
    town.case(id).facts.unwrap().location
}

fn read(town: &Town, id: CaseId) -> Option<Point> {
    let (_, exact) = town.case(id).point();
    let actor = PersonId::new("p0001").unwrap();
    let at = town.engine().now();
    let entry = AccessEntry { at, actor, post: None, purpose: "test".into(), case_id: id };
    match town.engine().read_clear(entry, vec![exact.unwrap().item]).unwrap().pop().unwrap() {
        Clear::Text(opened) => Some(serde_json::from_slice(&opened.text).unwrap()),
        Clear::Erased => None,
    }
}

#[test]
fn a_residents_exact_point_is_sealed_and_goes_with_the_erasure() {
    let mut town = Town::new();
    let id = town.engine().submit(call("public", HOME, None)).unwrap().case;
    let near = Point { lon: HOME.lon + 10, lat: HOME.lat + 3_000, ..HOME };
    let other = town.engine().submit(call("public", near, None)).unwrap().case;
    let found = town.engine().submit(call("patrol", near, None)).unwrap().case;
    assert_eq!((location(&town, id).point, read(&town, id)), (Some(NODE), Some(HOME)));
    assert_eq!((location(&town, found).point, location(&town, found).exact), (Some(near), None));
    assert_eq!(holding(&town.root(), HOME), Vec::<PathBuf>::new(), "nowhere in clear");
    assert!(!holding(&town.root(), NODE).is_empty(), "and this test can see points");

    // Machines compare without a row in the access ledger, and see no digits.
    let rows = town.reader().accesses_of(id).unwrap().len();
    let exact = |id| town.engine().exact_point(id).unwrap();
    let metres = exact(id).unwrap().metres_to(&exact(other).unwrap()).unwrap();
    assert!((metres - 33.4).abs() < 0.1, "{metres}");
    assert!(exact(found).unwrap().metres_to_point(near).unwrap() < 0.001);
    assert_eq!(format!("{:?}", exact(id).unwrap()), "ExactPoint(…)");
    assert_eq!(town.reader().accesses_of(id).unwrap().len(), rows);

    town.engine().erase(id, "request", town.staff("administrator", CITY_DESK)).unwrap();
    assert_eq!((read(&town, id), location(&town, id).point, exact(id)), (None, Some(NODE), None));
    let Some(Event::Erased { items, .. }) = town.records(id).last().unwrap().events.first().cloned() else {
        panic!()
    };
    assert!(items.contains(&town.case(id).point().1.unwrap().item));
    // Where it is may still be corrected; nothing can be sealed any more.
    let far = Point { lat: HOME.lat + 90_000, ..HOME };
    let to = Location { place: location(&town, id).place, point: Some(far), ..Location::default() };
    let moved = Command::Move { location: to, text: None };
    town.gives(id, &town.staff("dispatcher", DISTRICT_DESK), moved).unwrap();
    assert_eq!((location(&town, id).point, location(&town, id).exact), (Some(far.snapped(20_000)), None));
    town.is_sound();
}

#[test]
fn a_corrected_place_is_covered_by_the_source_of_its_case() {
    let town = Town::new();
    let dispatcher = town.staff("dispatcher", DISTRICT_DESK);
    for (source, clear) in [("public", NODE), ("patrol", HOME)] {
        let id = town.engine().submit(call(source, Point { lon: 0, lat: 0, ..HOME }, None)).unwrap().case;
        let to = Location { place: location(&town, id).place, point: Some(HOME), ..Location::default() };
        town.gives(id, &dispatcher, Command::Move { location: to, text: None }).unwrap();
        assert_eq!(location(&town, id).point, Some(clear), "{source}");
        assert_eq!(location(&town, id).exact.is_some(), clear == NODE);
    }
}

fn observation(system: &str, point: Point) -> Observation {
    let mut row = Observation::of(SystemId::new(system).unwrap(), "A-1");
    row.opened = Stamp::At(MONDAY).into();
    row.point = point.into();
    row
}

fn import(sink: &mut dyn Sink, observation: &Observation) -> String {
    let row =
        Row { line: 1, observation: observation.clone(), texts: Default::default(), damaged: Vec::new() };
    sink.offer(vec![row]).unwrap();
    format!("{:?}", sink.answer().unwrap().pop().unwrap())
}

#[test]
fn an_imported_point_is_covered_unless_its_system_publishes_it() {
    let mut town = Town::new();
    let row = observation("hotline12345", HOME);
    let id = {
        let engine = town.engine();
        let mut sink = EngineSink::new(engine);
        assert!(import(&mut sink, &row).starts_with("New"));
        engine.read(|r| r.external(&row.system, "A-1")).unwrap().unwrap().0
    };
    assert_eq!((town.case(id).point().0, read(&town, id)), (Some(NODE), Some(HOME)));
    assert_eq!(holding(&town.root(), HOME), Vec::<PathBuf>::new());
    // The same row again, also in a trial, is the same although the journal says less than it.
    assert!(import(&mut EngineSink::new(town.engine()), &row).starts_with("Same"));
    assert!(import(&mut TrialSink::new(Some(town.engine())), &row).starts_with("Same"));
    assert_eq!(town.reader().items_of(id).unwrap().len(), 1);

    // It moves, then loses its point: what was sealed of the old one is the case's no more.
    let far = Point { lon: HOME.lon + 50_000, ..HOME };
    assert!(import(&mut EngineSink::new(town.engine()), &observation("hotline12345", far)).starts_with("Ch"));
    assert_eq!(read(&town, id), Some(far));
    let mut blank = row.clone();
    blank.point = huying_core::observation::Recorded::Blank;
    assert!(import(&mut EngineSink::new(town.engine()), &blank).starts_with("Changed"));
    assert_eq!(town.case(id).point(), (None, None));

    // After an erasure a newer row is still taken, without what cannot be sealed.
    town.engine().erase(id, "request", town.staff("administrator", CITY_DESK)).unwrap();
    assert!(import(&mut EngineSink::new(town.engine()), &row).starts_with("Changed"));
    assert_eq!(town.case(id).point(), (Some(NODE), None));

    let open = observation("nyc311", HOME);
    assert!(import(&mut EngineSink::new(town.engine()), &open).starts_with("New"));
    let open = town.engine().read(|r| r.external(&open.system, "A-1")).unwrap().unwrap().0;
    assert_eq!(town.case(open).point(), (Some(HOME), None));
    town.is_sound();
}

/// What is kept under a key: the hash of what was sent, as stored.
fn remembered(town: &mut Town, key: &[u8; 32]) -> Option<String> {
    let row = town.store().outcome_of(key).unwrap().expect("the key is known");
    town.start();
    let outcome: Option<serde_json::Value> = serde_json::from_slice(&row.outcome).ok();
    outcome.map(|o| o["body"].as_str().unwrap().to_owned())
}

#[test]
fn what_is_remembered_of_words_is_keyed_and_goes_with_them() {
    let (mut town, mut other) = (Town::new(), Town::new());
    let keys: Vec<[u8; 32]> = (1..=4).map(|n| [n; 32]).collect();
    let first = town.engine().submit(call("public", HOME, Some(keys[0]))).unwrap();
    other.engine().submit(call("public", HOME, Some(keys[0]))).unwrap();
    let here = remembered(&mut town, &keys[0]).unwrap();
    assert_ne!(here, remembered(&mut other, &keys[0]).unwrap(), "nobody without the key can guess words");

    let kept = town.engine().submit(call("public", HOME, Some(keys[1]))).unwrap();
    let noted = |town: &Town, words: &str| {
        town.engine().submit(Submission { key: Some(keys[2]), ..note(&Actor::Caller, first.case, words) })
    };
    let note = noted(&town, "补充").unwrap();
    assert!(matches!(noted(&town, "别的"), Err(huying_engine::Rejected::KeyReused)));
    let erase = Command::Erase { items: Vec::new(), ground: "request".into() };
    let administrator = town.staff("administrator", CITY_DESK);
    let erase =
        || Submission { key: Some(keys[3]), ..plain(administrator.clone(), first.case, erase.clone()) };
    let erased = town.engine().submit(erase()).unwrap();
    town.engine().tick().unwrap();

    for key in [&keys[0], &keys[2]] {
        assert_eq!(remembered(&mut town, key), None, "emptied");
    }
    assert!(remembered(&mut town, &keys[1]).is_some(), "another's is not");
    // Sent again, each is answered as before, and nothing is done twice.
    let again = town.engine().submit(call("public", HOME, Some(keys[0]))).unwrap();
    assert_eq!(again, huying_engine::Accepted { repeated: true, ..first });
    assert_eq!(noted(&town, "补充").unwrap(), huying_engine::Accepted { repeated: true, ..note });
    let second = town.engine().submit(erase()).unwrap();
    assert_eq!((second.version, second.repeated), (erased.version, true));
    assert_eq!(town.records(first.case).len(), 3);
    assert_eq!(town.engine().submit(call("public", HOME, Some(keys[1]))).unwrap().case, kept.case);
    assert_eq!(town.engine().position().unwrap(), erased.seq);
    town.is_sound();
}
