//! What turns out otherwise: the late answer, the wrong district, the holiday.

use crate::common::*;
use crate::story::{Story, call, events, goes, lead, meets, nears, of, opened, opens, rings, starts, stops};
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::state::Spine;
use huying_core::case::thread::{Step::*, ThreadKind, ThreadKind::*};
use huying_core::ids::*;

const DUE: &str = "2026-03-23 18:00";
const MONDAY: &str = "2026-03-02 09:00";

fn begun() -> Story {
    let mut s = Story::begins(MONDAY);
    s.does(
        of(CITY_DESK),
        "report",
        events![
            call(CITY_DESK, |_| ()),
            starts(1, Stage::Promise, 0, DUE),
            opened(),
            opens(1, Dispatch, JINJIANG_DESK),
            starts(2, Stage::Dispatch, 1, DUE),
        ],
    );
    s.does(
        of(JINJIANG_DESK),
        "dispatch",
        events![
            goes(1, Sent),
            meets(2),
            lead(CITY_MANAGEMENT),
            opens(2, Handling, CITY_MANAGEMENT).part(Part::Lead),
            starts(3, Stage::Sign, 2, "2026-03-02 11:00"),
            starts(4, Stage::Contact, 2, DUE),
            starts(5, Stage::Handle, 2, DUE),
        ],
    );
    s
}

/// 离线网格员的迟到答复: signed in time without a network. The miss stands until somebody decides on the evidence.
#[test]
fn an_offline_workers_late_answer() {
    let mut s = begun();
    s.does(Actor::Clock, "fire", events![nears(3, at("2026-03-02 10:36"))]);
    s.at("2026-03-02 11:00").does(
        Actor::Clock,
        "fire",
        events![rings(3, "2026-03-02 11:00"), starts(6, Stage::Notice, 2, "2026-03-09 11:00")],
    );
    s.kept(3, false);
    s.at("2026-03-02 15:00").claiming("2026-03-02 10:00").does(
        of(CITY_MANAGEMENT),
        "sign",
        events![
            goes(2, Signed),
            meets(3),
            opens(3, Correction, JINJIANG_DESK).of_clock(3),
            starts(7, Stage::Rule, 3, DUE),
            stops(6),
        ],
    );
    s.so(Spine::Open, CITY_MANAGEMENT, &[(2, CITY_MANAGEMENT), (3, JINJIANG_DESK)]).kept(3, false);
    s.at("2026-03-02 16:00").does(
        of(JINJIANG_DESK),
        "decide_correction",
        events![goes(3, Granted), meets(7), Event::ScoreCorrected { clock: ClockNo(3), met: true },],
    );
    s.kept(3, true);

    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]).until(at("2026-03-02 15:00"));
    flow.occurred = Some(Claim { at: at("2026-03-02 10:00"), evidence: Some(text(9)) });
    flow.sign(CITY_MANAGEMENT);
    let thread = flow.no(ThreadKind::Correction);
    let grant = Command::DecideCorrection { thread, granted: true, text: None };
    flow.later(hours(1)).gives(&staff("evaluator", JINJIANG_DESK), grant);
    s.same_as(&flow);
    s.ends("an-offline-workers-late-answer");
}

/// The same on the ladder: the rung has climbed and does not come back; the words are put to it all the same.
#[test]
fn a_late_answer_to_a_rung_that_has_climbed() {
    let mut s = Story::begins(MONDAY);
    s.does(
        of("u-street"),
        "report",
        events![
            call("u-street", |_| ()),
            opened(),
            opens(1, Rung, "u-grid").rank(1).label("grid"),
            starts(2, Stage::Acknowledge, 1, "2026-03-02 09:30"),
        ],
    );
    s.at("2026-03-02 09:30").does(
        Actor::Clock,
        "fire",
        events![
            rings(2, "2026-03-02 09:30"),
            goes(1, Climbed),
            stops(2),
            opens(2, Rung, "u-community").rank(2).label("community").called_by("u-grid").under(1),
            starts(3, Stage::Acknowledge, 2, "2026-03-02 10:30"),
        ],
    );
    let words = Event::Noted { text: text(8), thread: Some(ThreadNo(1)) };
    s.at("2026-03-02 10:00").claiming("2026-03-02 09:10").does(
        of("u-grid"),
        "acknowledge",
        events![words, opens(3, Correction, "u-evaluation").of_clock(2),],
    );
    s.so(Spine::Open, "u-street", &[(2, "u-community"), (3, "u-evaluation")]).kept(2, false).running(&[3]);
    s.ends("a-late-answer-to-a-rung-that-has-climbed");
}

/// 派遣后更正行政区: the order is taken back, the new district's desk finds a unit, the promise stays.
#[test]
fn a_move_to_another_district_after_dispatch() {
    let mut s = begun();
    s.does(of(CITY_MANAGEMENT), "sign", events![goes(2, Signed), meets(3)]);
    s.does(
        of(JINJIANG_DESK),
        "move",
        events![
            Event::Moved { location: Box::new(location(QINGYANG)) },
            goes(2, Withdrawn),
            stops(4),
            stops(5),
            opens(3, Dispatch, QINGYANG_DESK).round(1),
            starts(6, Stage::Dispatch, 3, DUE),
            lead(QINGYANG_DESK),
        ],
    );
    s.so(Spine::Open, QINGYANG_DESK, &[(3, QINGYANG_DESK)]).running(&[1, 6]);
    let new = "u510105-city-management";
    s.does(
        of(QINGYANG_DESK),
        "dispatch",
        events![
            goes(3, Sent),
            meets(6),
            lead(new),
            opens(4, Handling, new).part(Part::Lead),
            starts(7, Stage::Sign, 4, DUE),
            starts(8, Stage::Contact, 4, DUE),
            starts(9, Stage::Handle, 4, DUE),
        ],
    );
    s.so(Spine::Open, new, &[(4, new)]).running(&[1, 7, 8, 9]);
    assert_eq!(
        (s.case().transfers, s.case().number.as_str()),
        (1, "2026070651010400001"),
        "the number stays"
    );

    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    flow.gives(
        &staff("dispatcher", JINJIANG_DESK),
        Command::Move { location: location(QINGYANG), text: None },
    );
    let thread = flow.no(ThreadKind::Dispatch);
    let order = Command::Dispatch { thread, lead: unit(new), co: vec![], text: None };
    flow.gives(&staff("dispatcher", QINGYANG_DESK), order);
    s.same_as(&flow);
    s.ends("a-move-to-another-district-after-dispatch");
}

/// 时限确定后才公布的放假安排: a provisional due time is shown as such, and reset once by the notice.
#[test]
fn a_holiday_published_after_the_deadline_was_set() {
    let start = "2026-12-24 16:00";
    let mut s = Story::begins(start);
    s.does(
        of(CITY_DESK),
        "report",
        events![
            call(CITY_DESK, |_| ()),
            starts(1, Stage::Promise, 0, "2027-01-15 18:00"),
            opened(),
            opens(1, Dispatch, JINJIANG_DESK),
            starts(2, Stage::Dispatch, 1, "2026-12-25 16:00"),
        ],
    );
    let reset = |due: &str| Event::ClockReset {
        clock: ClockNo(1),
        due: at(due),
        near: None,
        provisional: false,
        why: ResetWhy::Calendar,
        limit: None,
    };
    s.does(Actor::Clock, "reset_clocks", events![reset("2027-01-18 18:00")]);
    s.so(Spine::Open, CITY_DESK, &[(1, JINJIANG_DESK)]).running(&[1, 2]);

    let mut flow = Flow::reported(complaint(JINJIANG), at(start));
    let before = flow.case().promise().unwrap().clone();
    assert!(before.provisional && !flow.clock(Stage::Dispatch).provisional);
    let mut folder = folder();
    let text = String::from_utf8(folder.get("calendar.toml").unwrap().to_vec()).unwrap();
    let notice = text
        .replace("[year.2027]\npublished = false", "[year.2027]\npublished = true\nsource = \"made up\"")
        .replace("from = 2027-01-01, to = 2027-01-01", "from = 2027-01-01, to = 2027-01-04");
    assert_ne!(text, notice);
    folder.put("calendar.toml", notice.into_bytes());
    flow.rules = Box::leak(Box::new(rules_of(&folder)));
    flow.gives(&Actor::Clock, Command::ResetClocks {});
    let after = flow.case().promise().unwrap().clone();
    assert_eq!((before.due, after.due), (at("2027-01-15 18:00"), at("2027-01-18 18:00")));
    assert!(!after.provisional && after.generation == before.generation + 1);
    let stale = Command::Fire { clock: ClockNo(1), generation: before.generation, edge: Edge::Due };
    flow.refuses(&Actor::Clock, &stale, "clock.stale");
    flow.refuses(&Actor::Clock, &Command::ResetClocks {}, "calendar.same");
    s.same_as(&flow);
    s.ends("a-holiday-published-after-the-deadline-was-set");
}
