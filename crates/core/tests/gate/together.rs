//! Many hands at once: the pipe burst, the disputed duty, the illegal structure, the department that refused.

use crate::story::{
    Story, Told, answered, call, closed, events, goes, goes_as, lead, meets, of, opened, opens, rings,
    starts, stops, verdict,
};
use huying_core::case::event::{Actor, Stage, Urgency, Verdict, VerdictBy};
use huying_core::case::state::Spine;
use huying_core::case::thread::{Step::*, ThreadKind::*};
use huying_core::ids::ThreadNo;
use huying_core::observation::{Satisfied, Solved};

const GRID: &str = "u-grid-3";
const COMMUNITY: &str = "u-community";
const STREET: &str = "u-street";
const DISTRICT: &str = "u-district";
const WATER: &str = "u-water";
const HOUSING: &str = "u-housing";
const POLICE: &str = "u-traffic-police";

fn content() -> Verdict {
    Verdict { solved: Some(Solved::Solved), satisfied: Some(Satisfied::Very) }
}

/// 水管爆裂，各级同时响应: danger to life; every rung is called at once, and the street whistles while they answer.
#[test]
fn a_pipe_burst_with_all_rungs_open_at_once() {
    let mut s = Story::begins("2026-07-06 22:10");
    s.does(
        of(STREET),
        "report",
        events![
            call(STREET, |c| c.urgency = Urgency::Emergency),
            starts(1, Stage::Promise, 0, "2026-07-07 22:10"),
            opened(),
            opens(1, Rung, GRID).rank(1).label("grid"),
            starts(2, Stage::Acknowledge, 1, "2026-07-06 22:15"),
            starts(3, Stage::Resolve, 1, "2026-07-06 23:10"),
            opens(2, Rung, COMMUNITY).rank(2).label("community").called_by(GRID).under(1),
            starts(4, Stage::Acknowledge, 2, "2026-07-06 22:15"),
            opens(3, Rung, STREET).rank(3).label("street").called_by(COMMUNITY).under(2),
            starts(5, Stage::Acknowledge, 3, "2026-07-06 22:20"),
            opens(4, Rung, DISTRICT).rank(4).label("district").called_by(STREET).under(3),
            starts(6, Stage::Acknowledge, 4, "2026-07-06 22:20"),
        ],
    );
    s.so(Spine::Open, STREET, &[(1, GRID), (2, COMMUNITY), (3, STREET), (4, DISTRICT)]);
    s.running(&[1, 2, 3, 4, 5, 6]);
    s.at("2026-07-06 22:13").does(of(GRID), "acknowledge", events![goes(1, Acknowledged), meets(2)]);
    s.at("2026-07-06 22:14").does(of(STREET), "acknowledge", events![goes(3, Acknowledged), meets(5)]);
    // The community sleeps: its rung climbs at its own due time. The street is awake already.
    s.at("2026-07-06 22:15").does(
        Actor::Clock,
        "fire",
        events![rings(4, "2026-07-06 22:15"), goes(2, Climbed), stops(4)],
    );
    s.at("2026-07-06 22:16").does(
        of(STREET),
        "whistle",
        events![
            opens(5, Whistle, STREET).label("emergency").called_by(STREET).under(3),
            opens(6, Summons, WATER).called_by(STREET).under(5),
            starts(7, Stage::Acknowledge, 6, "2026-07-06 22:26"),
            starts(8, Stage::OnSite, 6, "2026-07-06 22:46"),
            opens(7, Summons, POLICE).called_by(STREET).under(5),
            starts(9, Stage::Acknowledge, 7, "2026-07-06 22:26"),
        ],
    );
    s.so(Spine::Open, STREET, &[(1, GRID), (3, STREET), (4, DISTRICT), (5, STREET), (6, WATER), (7, POLICE)]);
    s.kept(4, false);
    s.at("2026-07-06 22:18").does(of(DISTRICT), "acknowledge", events![goes(4, Acknowledged), meets(6)]);
    s.does(of(WATER), "acknowledge", events![goes(6, Acknowledged), meets(7)]);
    s.does(of(POLICE), "acknowledge", events![goes(7, Acknowledged), meets(9)]);
    s.at("2026-07-06 22:40").does(
        of(WATER),
        "arrive",
        events![goes(6, OnSite), meets(8), starts(10, Stage::Measure, 6, "2026-07-06 23:10")],
    );
    s.does(of(POLICE), "arrive", events![goes(7, OnSite)]);
    s.does(of(POLICE), "state_measure", events![goes_as(7, MeasureStated, "road-closed"), goes(7, Done)]);
    s.does(of(WATER), "state_measure", events![goes_as(6, MeasureStated, "valve-closed"), meets(10)]);
    s.at("2026-07-06 23:00").does(of(GRID), "finish", events![goes(1, Done), meets(3)]);
    s.at("2026-07-07 02:00").does(of(WATER), "finish", events![goes(6, Done)]);
    // Whoever called for an answer confirms it: the street those it whistled, each rung the one below.
    s.at("2026-07-07 02:10").does(
        of(STREET),
        "confirm",
        events![
            goes_as(6, Confirmed, "satisfied"),
            goes_as(7, Confirmed, "satisfied"),
            goes(5, Done),
            goes(5, Confirmed),
            goes(3, Done),
        ],
    );
    s.does(of(DISTRICT), "withdraw", events![goes(4, Withdrawn)]);
    s.so(Spine::Open, STREET, &[(1, GRID), (3, STREET)]).running(&[1]);
    s.at("2026-07-07 08:00").does(
        of(STREET),
        "reply",
        events![answered(), meets(1), opens(8, Callback, COMMUNITY)],
    );
    s.does(
        of(COMMUNITY),
        "callback",
        events![
            goes(8, Reached),
            verdict(VerdictBy::Callback, content()),
            goes(1, Confirmed),
            goes(3, Confirmed),
            closed(true),
        ],
    );
    s.so(Spine::Closed, STREET, &[]).kept(1, true);
    let rungs: Vec<_> = s.case().threads.iter().filter(|t| t.kind == Rung).map(|t| t.rank).collect();
    assert_eq!(rungs, [Some(1), Some(2), Some(3), Some(4)]);
    s.ends("a-pipe-burst-with-all-rungs-open-at-once");
}

/// 职责争议，现场裁定: two departments each say it is the other's; the district rules on the spot.
#[test]
fn a_disputed_duty_with_a_ruling_on_site() {
    let mut s = Story::begins("2026-07-06 09:00");
    s.does(of(STREET), "report", events![call(STREET, |_| ()), opened()]);
    s.does(
        of(STREET),
        "whistle",
        events![
            opens(1, Whistle, STREET).label("joint-enforcement").called_by(STREET),
            opens(2, Summons, WATER).called_by(STREET).under(1),
            opens(3, Summons, HOUSING).called_by(STREET).under(1),
        ],
    );
    s.at("2026-07-06 10:00").does(of(WATER), "acknowledge", events![goes(2, Acknowledged)]);
    s.does(of(HOUSING), "acknowledge", events![goes(3, Acknowledged)]);
    s.at("2026-07-06 11:00").does(
        of(WATER),
        "refuse",
        events![
            goes_as(2, Refused, "other-unit"),
            opens(4, Ruling, DISTRICT).called_by(STREET).under(2),
            starts(1, Stage::Rule, 4, "2026-07-06 18:00"),
        ],
    );
    // It waits for its ruling: refused is not free.
    s.so(Spine::Open, STREET, &[(1, STREET), (2, WATER), (3, HOUSING), (4, DISTRICT)]);
    s.at("2026-07-06 11:40").does(
        of(DISTRICT),
        "rule",
        events![goes_as(4, Ruled, "water-leads"), meets(1), goes(2, Sent), lead(WATER),],
    );
    assert_eq!(s.case().thread(ThreadNo(4)).unwrap().outcome.as_deref(), Some("water-leads"));
    s.so(Spine::Open, WATER, &[(1, STREET), (2, WATER), (3, HOUSING)]);
    s.does(
        of(WATER),
        "arrive",
        events![goes(2, Acknowledged), goes(2, OnSite), goes(2, MeasureStated), goes(2, Done)],
    );
    s.does(of(HOUSING), "arrive", events![goes(3, OnSite), goes(3, MeasureStated), goes(3, Done)]);
    // The street is not content with one of them: back to the site, the same summons.
    s.does(of(STREET), "confirm", events![goes(2, Confirmed), goes_as(3, OnSite, "half-done")]);
    s.so(Spine::Open, WATER, &[(1, STREET), (3, HOUSING)]);
    s.does(of(HOUSING), "finish", events![goes(3, MeasureStated), goes(3, Done)]);
    s.does(of(STREET), "confirm", events![goes(3, Confirmed), goes(1, Done), goes(1, Confirmed)]);
    s.so(Spine::Open, WATER, &[]);
    s.ends("a-disputed-duty-with-a-ruling-on-site");
}

/// 违建六周，三次吹哨: a hard task with dated steps, a lawful wait, and three whistles of different kinds.
#[test]
fn an_illegal_structure_of_six_weeks_with_three_whistles() {
    let mut s = Story::begins("2026-03-02 09:00");
    s.does(
        of(STREET),
        "report",
        events![
            call(STREET, |c| c.request_type = "report".into()),
            starts(1, Stage::Promise, 0, "2026-03-20 09:00"),
            opened(),
            opens(1, Milestone, STREET).rank(1).label("stop-work").until("2026-03-04 18:00"),
            starts(2, Stage::Milestone, 1, "2026-03-04 18:00"),
            opens(2, Milestone, STREET).rank(2).label("penalty-decided").until("2026-03-13 18:00"),
            starts(3, Stage::Milestone, 2, "2026-03-13 18:00"),
            opens(3, Milestone, STREET).rank(3).label("torn-down").until("2026-04-13 18:00"),
            starts(4, Stage::Milestone, 3, "2026-04-13 18:00"),
        ],
    );
    // First whistle: stop the building.
    whistle(&mut s, "2026-03-02 10:00", 4, "stop-work", &[HOUSING, POLICE]);
    s.at("2026-03-03 17:00").does(of(STREET), "reach", events![goes(1, Done), meets(2)]);
    // Second: survey and decide. The decision comes late.
    whistle(&mut s, "2026-03-09 10:00", 7, "survey", &[HOUSING, WATER]);
    s.at("2026-03-13 18:00").does(
        Actor::Clock,
        "fire",
        events![rings(3, "2026-03-13 18:00"), goes(2, Missed)],
    );
    s.at("2026-03-16 10:00").does(of(STREET), "reach", events![goes_as(2, Done, "penalty-no-17"), meets(3)]);
    s.kept(2, true).kept(3, false);
    // The owner sues: a lawful wait stops the promise, and only what it names.
    s.at("2026-03-16 11:00").does(
        of(STREET),
        "ask_suspension",
        events![opens(10, Suspension, DISTRICT).called_by(STREET).until("2026-04-06 09:00"),],
    );
    s.does(
        of(DISTRICT),
        "decide_suspension",
        events![
            goes_as(10, Hung, "litigation"),
            starts(5, Stage::Reexamine, 10, "2026-04-06 09:00"),
            Told::Pauses(1, 4 * 24 * 3_600_000 - 2 * 3_600_000),
        ],
    );
    s.running(&[4, 5]);
    s.at("2026-04-06 09:00").does(
        Actor::Clock,
        "fire",
        events![
            rings(5, "2026-04-06 09:00"),
            goes(10, Resumed),
            meets(5),
            Told::Resumes(1, "2026-04-10 07:00"),
        ],
    );
    s.running(&[1, 4]);
    // Third: tear it down.
    whistle(&mut s, "2026-04-08 08:00", 11, "tear-down", &[HOUSING, POLICE]);
    s.at("2026-04-09 17:00").does(of(STREET), "reach", events![goes(3, Done), meets(4)]);
    s.does(of(STREET), "reply", events![answered(), meets(1)]);
    s.so(Spine::Answered, STREET, &[]).kept(1, true);
    let labels: Vec<_> =
        s.case().threads.iter().filter(|t| t.kind == Whistle).filter_map(|t| t.label.clone()).collect();
    assert_eq!(labels, ["stop-work", "survey", "tear-down"]);
    s.ends("an-illegal-structure-of-six-weeks-with-three-whistles");
}

/// One whistle with its summonses, from the blast to the street's grade.
fn whistle(s: &mut Story, when: &str, no: u16, kind: &str, units: &[&str]) {
    let numbers: Vec<u16> = (1..).take(units.len()).map(|i| no + i).collect();
    let mut blast = events![opens(no, Whistle, STREET).label(kind).called_by(STREET)];
    blast.extend(
        units.iter().zip(&numbers).map(|(u, n)| opens(*n, Summons, u).called_by(STREET).under(no).into()),
    );
    s.at(when).does(of(STREET), "whistle", blast);
    for (u, n) in units.iter().zip(&numbers) {
        s.does(
            of(u),
            "report_in",
            [Acknowledged, OnSite, MeasureStated, Done].map(|step| goes(*n, step).into()),
        );
    }
    let mut end: Vec<Told> = numbers.iter().map(|n| goes_as(*n, Confirmed, "satisfied").into()).collect();
    end.extend(events![goes(no, Done), goes(no, Confirmed)]);
    s.does(of(STREET), "confirm", end);
}

/// 部门拒绝报到: the ground is on record, the ruling excuses it, and another is summoned; the whistle climbs
/// meanwhile.
#[test]
fn a_department_that_refused() {
    let mut s = Story::begins("2026-07-06 09:00");
    s.does(of(STREET), "report", events![call(STREET, |_| ()), opened()]);
    s.does(
        of(STREET),
        "whistle",
        events![
            opens(1, Whistle, STREET).label("key-work").called_by(STREET),
            opens(2, Summons, HOUSING).called_by(STREET).under(1),
            starts(1, Stage::Acknowledge, 2, "2026-07-06 11:00"),
        ],
    );
    s.at("2026-07-06 10:00").does(
        of(HOUSING),
        "refuse",
        events![
            goes_as(2, Refused, "no-legal-power"),
            stops(1),
            opens(3, Ruling, DISTRICT).called_by(STREET).under(2),
            starts(2, Stage::Rule, 3, "2026-07-07 10:00"),
            goes(1, Climbed),
        ],
    );
    s.so(Spine::Open, STREET, &[(1, STREET), (2, HOUSING), (3, DISTRICT)]).running(&[2]);
    s.at("2026-07-06 16:00").does(
        of(DISTRICT),
        "rule",
        events![
            goes_as(3, Ruled, "refusal-upheld"),
            meets(2),
            goes(2, Excused),
            opens(4, Summons, WATER).called_by(DISTRICT).under(1),
            starts(3, Stage::Acknowledge, 4, "2026-07-06 18:00"),
        ],
    );
    s.so(Spine::Open, STREET, &[(1, STREET), (4, WATER)]);
    assert_eq!(s.case().thread(ThreadNo(2)).unwrap().outcome.as_deref(), Some("no-legal-power"));
    s.at("2026-07-06 17:00").does(of(WATER), "acknowledge", events![goes(4, Acknowledged), meets(3)]);
    // The street calls it off: the caller has withdrawn. Nobody is left standing on site.
    s.does(of(WATER), "arrive", events![goes(4, OnSite)]);
    let withdrawn = huying_core::case::event::Event::Voided { ground: "withdrawn".into(), of: None };
    s.does(of(STREET), "void", events![goes(4, Withdrawn), goes(1, Withdrawn), withdrawn]);
    s.so(Spine::Void, STREET, &[]).running(&[]);
    s.ends("a-department-that-refused");
}
