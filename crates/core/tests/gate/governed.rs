//! An order that the city hotline above governs: number, due time and verdict are its own, ours are
//! obligations.

use crate::common::*;
use crate::story::{
    Story, Told, answered, call, events, goes, goes_as, lead, meets, of, opened, opens, starts, verdict,
};
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::state::Spine;
use huying_core::case::thread::{Step::*, ThreadKind::*};
use huying_core::ids::*;
use huying_core::observation::{Satisfied, Solved};

const ABOVE: &str = "city-hotline";

fn above() -> Governed {
    Governed { system: SystemId::new(ABOVE).unwrap(), external_id: "CD-2026-000123".into(), format: None }
}

fn system() -> Actor {
    Actor::System(above().system)
}

/// 上级热线派单: its due time is ours, our reply is owed with a receipt, its verdict closes.
#[test]
fn an_order_governed_by_the_city_hotline_above() {
    let mut s = Story::begins("2026-03-02 09:00");
    s.does(
        system(),
        "report",
        events![
            call(CITY_DESK, |c| {
                c.source = "transfer".into();
                c.governed = Some(above());
            }),
            starts(1, Stage::Promise, 0, "2026-03-06 18:00"),
            opened(),
            opens(1, Dispatch, JINJIANG_DESK),
            starts(2, Stage::Dispatch, 1, "2026-03-03 09:00"),
        ],
    );
    s.so(Spine::Open, CITY_DESK, &[(1, JINJIANG_DESK)]).running(&[1, 2]);

    let mut report = complaint(JINJIANG);
    report.source = "transfer".into();
    report.governed = Some((above(), at("2026-03-06 18:00")));
    let mut flow = Flow::new(at("2026-03-02 09:00"));
    flow.gives(&system(), Command::Report(Box::new(report)));
    assert_eq!(flow.case().promise().unwrap().due, at("2026-03-06 18:00"));
    s.same_as(&flow);

    // What we owe above is a thread with that system, with its own clock and receipt.
    s.does(
        of(JINJIANG_DESK),
        "acknowledge_above",
        events![
            opens(2, External, JINJIANG_DESK).with_system(ABOVE).label("signed").called_by(JINJIANG_DESK),
            goes(2, Sent),
            goes_as(2, Acknowledged, "receipt-1"),
        ],
    );
    s.does(
        of(JINJIANG_DESK),
        "dispatch",
        events![
            goes(1, Sent),
            meets(2),
            lead(CITY_MANAGEMENT),
            opens(3, Handling, CITY_MANAGEMENT).part(Part::Lead),
        ],
    );
    // More time is asked of the system above, and its answer is an input.
    s.does(
        of(CITY_MANAGEMENT),
        "ask_extension",
        events![opens(4, Extension, JINJIANG_DESK).with_system(ABOVE).under(3).until("2026-03-10 18:00"),],
    );
    s.so(Spine::Open, CITY_MANAGEMENT, &[(3, CITY_MANAGEMENT), (4, ABOVE)]);
    let due = at("2026-03-10 18:00");
    let later = |due| Event::ClockReset {
        clock: ClockNo(1),
        due,
        near: None,
        provisional: false,
        why: ResetWhy::Governed,
        limit: None,
    };
    s.does(system(), "decide_extension", events![goes(4, Granted), later(due)]);
    assert_eq!(s.case().promise().unwrap().due, due);
    s.does(of(CITY_MANAGEMENT), "finish", events![goes(3, Signed), goes(3, Done)]);
    s.at("2026-03-09 10:00").does(
        of(CITY_MANAGEMENT),
        "reply",
        events![
            answered(),
            meets(1),
            opens(5, External, JINJIANG_DESK).with_system(ABOVE).label("reply").called_by(JINJIANG_DESK),
            starts(3, Stage::Resolve, 5, "2026-03-10 18:00"),
        ],
    );
    // The first reply is refused above for want of a picture; the second is taken.
    s.does(of(JINJIANG_DESK), "send", events![goes(5, Sent)]);
    s.does(
        system(),
        "receipt",
        events![
            goes_as(5, Refused, "picture-missing"),
            Told::Meets(3),
            opens(6, External, JINJIANG_DESK).with_system(ABOVE).label("reply").round(1),
            starts(4, Stage::Resolve, 6, "2026-03-10 18:00"),
        ],
    );
    s.so(Spine::Answered, CITY_MANAGEMENT, &[(6, ABOVE)]).running(&[4]);
    s.does(
        of(JINJIANG_DESK),
        "attach",
        events![
            Event::Attached {
                files: vec!["b3-1".into()],
                thread: Some(ThreadNo(3)),
                label: Some("after".into())
            },
            goes(6, Sent),
        ],
    );
    s.does(system(), "receipt", events![goes_as(6, Acknowledged, "receipt-2"), meets(4)]);
    let word = Verdict { solved: Some(Solved::Solved), satisfied: Some(Satisfied::Basically) };
    s.at("2026-03-12 10:00").does(
        system(),
        "verdict",
        events![
            verdict(VerdictBy::Governing, word),
            Event::Closed { ground: "done".into(), by_rule: true, forced: false },
        ],
    );
    s.so(Spine::Closed, CITY_MANAGEMENT, &[]).kept(1, true).kept(4, true);
    assert_eq!(s.case().facts.as_ref().unwrap().governed, Some(above()));
    s.ends("an-order-governed-by-the-city-hotline-above");
}
