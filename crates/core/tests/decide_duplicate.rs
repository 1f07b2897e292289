//! Duplicates 重复: what a report near an open case of its category comes to, by profile; and who is never
//! turned away.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::{Command, Report};
use huying_core::case::decide::needs;
use huying_core::case::duplicate::{Around, Compared, NearCase, Nearby};
use huying_core::case::event::*;
use huying_core::case::state::Spine;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::{CaseId, MatterCode};
use huying_core::time::Time;
use proptest::prelude::*;

const HERE: Point = Point { lon: 1_040_657_123, lat: 306_598_765, datum: Datum::Wgs84 };
const MONDAY: &str = "2026-03-02 09:00";

fn found_by(source: &str) -> Report {
    let mut report = complaint(JINJIANG);
    report.source = source.into();
    report.matter = Some(MatterCode::new("matter.06003").unwrap());
    report.location.point = Some(HERE);
    report
}

fn near(case: u64, metres: u32, exact: bool) -> NearCase {
    NearCase {
        near: Nearby { case: CaseId(case), metres, exact },
        number: compact_str::format_compact!("2026030251010400{case:03}"),
        spine: Spine::Open,
        follows: None,
        reported_at: at(MONDAY),
    }
}

fn flow(near: Vec<NearCase>) -> Flow {
    let mut flow = Flow::new(at("2026-03-02 10:00"));
    flow.near = near;
    flow
}

fn collector() -> Actor {
    staff("verifier", JINJIANG_DESK)
}

fn report(source: &str) -> Command {
    Command::Report(Box::new(found_by(source)))
}

fn asked(report: Report) -> Option<Around> {
    needs(None, &Command::Report(Box::new(report)), rules()).near
}

#[test]
fn what_is_looked_for_follows_the_profile() {
    let around = asked(found_by("patrol")).unwrap();
    assert_eq!((around.metres, around.hours, around.exact), (50, 24, true));
    assert_eq!((around.stem.as_str(), around.point), ("matter.06003", HERE));
    // A resident's point is covered: what is looked around is the node.
    let around = asked(found_by("public")).unwrap();
    assert_eq!((around.metres, around.hours, around.exact), (250, 72, false));
    assert_eq!(around.point, HERE.snapped(20_000));
    // Sealed already on its way in: the node that is left is not exact, though it looks like it.
    let mut sealed = found_by("public");
    sealed.location.point = Some(HERE.snapped(20_000));
    sealed.location.exact = Some(text(9));
    assert!(!asked(sealed).unwrap().exact);
    let without = |change: fn(&mut Report)| {
        let mut report = found_by("patrol");
        change(&mut report);
        asked(report)
    };
    assert_eq!(without(|r| r.matter = None), None);
    assert_eq!(without(|r| r.location.point = None), None);
    assert_eq!(without(|r| r.about = Some(unit(WATER))), None, "a report about a unit asks nothing");
}

#[test]
fn a_find_near_an_open_case_is_refused_with_its_number_and_basis() {
    let mut flow = flow(vec![near(3, 12, true)]);
    let refusal = flow.refuses(&collector(), &report("patrol"), "duplicate.near");
    assert!(refusal.why.contains("2026030251010400003") && refusal.why.contains("12 m"), "{refusal}");
    assert!(refusal.basis.unwrap().contains("不重复立案"));
}

#[test]
fn nobody_is_refused_by_a_node_of_the_lattice_nor_any_resident_at_all() {
    let mut patrol = flow(vec![near(3, 0, false)]);
    patrol.gives(&collector(), report("patrol"));
    assert_eq!(patrol.case().facts.as_ref().unwrap().nearby, [near(3, 0, false).near]);
    let refusing = rules_with(&[(
        "act = \"suggest\"\nsource = \"no rule of a city: a desk is shown",
        "act = \"refuse\"\nsource = \"no rule of a city: a desk is shown",
    )]);
    let mut resident = Flow::under(refusing, at("2026-03-02 10:00"));
    resident.near = vec![near(3, 12, true)];
    resident.gives(&Actor::Caller, report("public"));
    resident.stands(Spine::Reported);
    assert_eq!(resident.case().facts.as_ref().unwrap().nearby.len(), 1);
}

#[test]
fn an_alarm_that_repeats_follows_its_case_from_the_start() {
    let mut answered = near(2, 3, true);
    answered.spine = Spine::Answered;
    let mut following = near(4, 5, true);
    following.follows = Some(CaseId(2));
    let mut alarm = flow(vec![near(1, 0, false), answered.clone(), following.clone(), near(5, 9, true)]);
    let desk = staff("intake", CITY_DESK);
    alarm.gives(&desk, report("sensor"));
    freeze("event-reported-nearby", &alarm);
    alarm.stands(Spine::Open);
    assert_eq!(alarm.case().follows, Some(CaseId(5)), "the first that is worked on, exact, and leads");
    let open: Vec<ThreadKind> = alarm.case().open_threads().map(|t| t.kind).collect();
    assert_eq!(open, [ThreadKind::Merge], "nobody has to look for a unit");
    assert_eq!(alarm.case().facts.as_ref().unwrap().nearby.len(), 4);
    assert!(alarm.clock(Stage::Promise).runs(), "the promise stands until the other is answered");
    // With nobody to follow it is a case like any other.
    let mut alone = flow(vec![answered, following]);
    alone.gives(&desk, report("sensor"));
    assert_eq!(alone.case().follows, None);
    assert!(alone.case().open_threads().count() > 0);
}

#[test]
fn a_report_is_compared_as_it_stands_in_the_journal() {
    let mut patrol = flow(Vec::new());
    patrol.gives(&collector(), report("patrol"));
    let compared = Compared::of(patrol.case()).unwrap();
    assert!(compared.exact && compared.point == HERE);
    let mut about = flow(Vec::new());
    let mut on_unit = found_by("public");
    on_unit.about = Some(unit(WATER));
    about.gives(&Actor::Caller, Command::Report(Box::new(on_unit)));
    assert_eq!(Compared::of(about.case()), None, "a case about a unit is near nothing");
}

#[test]
fn distances_and_times_are_taken_to_the_limit_and_not_beyond() {
    let around = Around { point: HERE, exact: true, metres: 50, hours: 24, stem: "matter.06".into() };
    let other = |lat: i32, matter: &str| Compared {
        number: "n".into(),
        matter: MatterCode::new(matter).unwrap(),
        point: Point { lat: HERE.lat + lat, ..HERE },
        exact: false,
        spine: Spine::Open,
        follows: None,
        reported_at: Time(0),
    };
    let is_near = |other: &Compared, now: i64| other.near(CaseId(1), &around, Time(now)).is_some();
    // 4 496 units of latitude are 49.99 m.
    assert!(is_near(&other(4_496, "matter.06001"), hours(24)));
    assert!(!is_near(&other(4_498, "matter.06001"), hours(24)));
    assert!(!is_near(&other(0, "matter.06001"), hours(24) + 1));
    assert!(!is_near(&other(0, "matter.07001"), 0) && !is_near(&other(0, "component.06001"), 0));
    let found = other(0, "matter.06001").near(CaseId(1), &around, Time(0)).unwrap();
    assert!(!found.near.exact, "exact only where both are");
    let mut gcj = other(0, "matter.06001");
    gcj.point.datum = Datum::Gcj02;
    assert!(!is_near(&gcj, 0), "points of different data are not measured");
}

proptest! {
    /// Whatever lies near, a resident is taken in, and nothing that is not exact refuses or merges.
    #[test]
    fn only_exact_points_turn_away_or_merge(
        found in prop::collection::vec((1u64..40, 0u32..50, any::<bool>()), 0..8),
        source in prop::sample::select(vec!["patrol", "sensor", "public"]),
        staffed in any::<bool>(),
    ) {
        let all: Vec<NearCase> = found.iter().map(|(c, m, e)| near(c + 100, *m, *e)).collect();
        let mut case = flow(all.clone());
        let exact = all.iter().any(|n| n.near.exact);
        let actor = if staffed { collector() } else { Actor::Caller };
        match case.tries(&actor, &report(source)) {
            Ok(()) => {
                prop_assert!(!(staffed && source == "patrol" && exact));
                let merged = source == "sensor" && exact;
                prop_assert_eq!(case.case().follows.is_some(), merged);
            }
            Err(refusal) => {
                prop_assert_eq!(refusal.rule, "duplicate.near");
                prop_assert!(staffed && source == "patrol" && exact);
            }
        }
    }
}
