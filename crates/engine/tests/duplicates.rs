//! Duplicates 重复 through the engine: what is near is found in the batch, in the journal and after a start;
//! and merged cases all get the answer of the one they follow, however long the line of them is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Datum, Point, TextRef};
use huying_core::case::state::Spine;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::{CaseId, MatterCode};
use huying_engine::{Answer, Submission};

const HERE: Point = Point { lon: 1_040_657_123, lat: 306_598_765, datum: Datum::Wgs84 };
/// Some 33 m farther north.
const THERE: Point = Point { lat: HERE.lat + 3_000, ..HERE };
/// Some 67 m farther north.
const BEYOND: Point = Point { lat: HERE.lat + 6_000, ..HERE };

fn found(town: &Town, source: &str, point: Point) -> Submission {
    let mut submission = complaint("垃圾成堆", None);
    let Command::Report(report) = &mut submission.command else { panic!() };
    report.source = source.into();
    report.matter = Some(MatterCode::new("matter.06003").unwrap());
    report.location.point = Some(point);
    if source != "public" {
        let role = if source == "patrol" { ("verifier", DISTRICT_DESK) } else { ("intake", CITY_DESK) };
        submission.actor = town.staff(role.0, role.1);
    }
    submission
}

fn taken(town: &Town, source: &str, point: Point) -> CaseId {
    town.engine().submit(found(town, source, point)).unwrap().case
}

fn near(town: &Town, id: CaseId) -> Vec<(CaseId, u32, bool)> {
    let found = town.engine().near(&town.case(id)).unwrap().unwrap();
    found.cases.iter().map(|n| (n.near.case, n.near.metres, n.near.exact)).collect()
}

#[test]
fn a_find_is_refused_near_an_open_one_and_not_beyond_the_distance_or_the_time() {
    let mut town = Town::new();
    let first = taken(&town, "patrol", HERE);
    assert_eq!(rule(town.engine().submit(found(&town, "patrol", THERE))), "duplicate.near");
    let beyond = taken(&town, "patrol", BEYOND);
    // The engine starts again and knows it from the journal.
    town.start();
    assert_eq!(rule(town.engine().submit(found(&town, "patrol", THERE))), "duplicate.near");
    assert_eq!(near(&town, beyond), []);
    // Voided, it is near nothing any more.
    let void = Command::Void { ground: "untrue".into(), of: None, text: None };
    town.gives(first, &town.staff("closer", DISTRICT_DESK), void.clone()).unwrap();
    town.gives(beyond, &town.staff("closer", DISTRICT_DESK), void).unwrap();
    taken(&town, "patrol", THERE);
    town.later(25 * HOUR);
    taken(&town, "patrol", HERE);
    town.is_sound();
}

#[test]
fn two_reports_of_one_batch_see_each_other() {
    let mut town = Town::new();
    let both = vec![found(&town, "sensor", HERE), found(&town, "sensor", THERE)];
    let answers = town.engine().submit_many(both);
    let ids: Vec<CaseId> = answers.into_iter().map(|a: Answer| a.unwrap().case).collect();
    assert_eq!(town.case(ids[1]).follows, Some(ids[0]));
    town.engine().tick().unwrap();
    assert_eq!(town.case(ids[0]).followers, [ids[1]]);
    town.is_sound();
}

#[test]
fn a_resident_is_taken_in_and_compared_by_the_node() {
    let town = Town::new();
    let first = taken(&town, "public", HERE);
    let second = taken(&town, "public", BEYOND);
    let recorded = town.case(second).facts.unwrap().nearby;
    assert_eq!(recorded.len(), 1);
    // Both snapped to one node: the distance says the node, not the 67 m.
    assert_eq!((recorded[0].case, recorded[0].metres, recorded[0].exact), (first, 0, false));
    assert_eq!(near(&town, first), [(second, 0, false)]);
    // A find close by is not refused because of a resident's node.
    let patrol = taken(&town, "patrol", HERE);
    assert!(near(&town, second).iter().any(|n| n.0 == patrol && !n.2));
}

/// C follows B, B follows A: decided in one batch, before A or B heard of it.
fn line(town: &Town) -> [CaseId; 3] {
    let [a, b, c] = ["爆管了", "路上全是水", "家里没水"].map(|w| town.report(w).case);
    let dispatcher = town.staff("dispatcher", DISTRICT_DESK);
    let merge = |id: CaseId, into: CaseId| Submission {
        key: None,
        actor: dispatcher.clone(),
        occurred: None,
        case: Some(id),
        command: Command::Merge { into },
        texts: Vec::new(),
    };
    for answer in town.engine().submit_many(vec![merge(c, b), merge(b, a)]) {
        answer.unwrap();
    }
    town.engine().tick().unwrap();
    assert_eq!((town.case(a).followers, town.case(b).followers), (vec![b], vec![c]));
    [a, b, c]
}

#[test]
fn every_caller_of_a_line_of_merged_cases_is_answered_and_asked() {
    let mut town = Town::new();
    let [a, b, c] = line(&town);
    town.dispatch(a);
    town.handle(a);
    town.answer(a, "水管已修好");
    town.engine().tick().unwrap();
    for id in [a, b, c] {
        let case = town.case(id);
        assert_eq!(case.spine, Spine::Answered, "{:?}", town.commands(id));
        assert!(case.last_answer.is_some() && case.open_of(ThreadKind::Callback).count() == 1);
    }
    let items = [b, c].map(|id| town.case(id).last_answer.unwrap().item);
    assert_ne!(items[0], items[1], "each reply is sealed for its own case");
    town.is_sound();
}

#[test]
fn a_voided_lead_sets_its_followers_free_and_they_lead_their_own() {
    let mut town = Town::new();
    let [a, b, c] = line(&town);
    let void = Command::Void { ground: "untrue".into(), of: None, text: None };
    town.gives(a, &town.staff("dispatcher", DISTRICT_DESK), void).unwrap();
    town.engine().tick().unwrap();
    let case = town.case(b);
    assert_eq!((case.spine, case.follows), (Spine::Open, None), "{:?}", town.commands(b));
    assert_eq!(case.open_of(ThreadKind::Dispatch).count(), 1, "it is looked after by itself again");
    assert_eq!(town.case(c).follows, Some(b), "and its own follower stays with it");
    town.dispatch(b);
    town.handle(b);
    town.answer(b, "已恢复供水");
    town.engine().tick().unwrap();
    assert_eq!(town.case(c).spine, Spine::Answered);
    // Voided in the middle: the last one stands alone.
    let [_, b, c] = line(&town);
    let closer = town.staff("closer", DISTRICT_DESK);
    town.says(b, &closer, Command::ForceClose { ground: "done".into(), text: TextRef::pending(0) }, "误报")
        .unwrap();
    town.engine().tick().unwrap();
    assert_eq!(town.case(c).spine, Spine::Closed, "closed with the one it followed");
    assert!(matches!(town.records(c).last().unwrap().actor, Actor::System(_)));
    town.is_sound();
}
