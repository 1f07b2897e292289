//! What the caller says and does not say: the complaint reworked three times, the false report, the erasure.

use crate::common::*;
use crate::story::{
    Story, Told, answered, call, closed, events, goes, lead, meets, of, opened, opens, starts, stops, verdict,
};
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::state::Spine;
use huying_core::case::thread::{Step::*, ThreadKind, ThreadKind::*};
use huying_core::ids::*;
use huying_core::observation::{Satisfied, Solved};

const DUE: &str = "2026-03-23 18:00";

fn handed_out(lead_unit: &str) -> Vec<Told> {
    events![
        goes(1, Sent),
        meets(2),
        lead(lead_unit),
        opens(2, Handling, lead_unit).part(Part::Lead),
        starts(3, Stage::Sign, 2, DUE),
        starts(4, Stage::Contact, 2, DUE),
        starts(5, Stage::Handle, 2, DUE),
    ]
}

/// 三次返工，提级督办.
#[test]
fn a_complaint_reworked_three_times_and_raised() {
    let mut s = Story::begins("2026-03-02 09:00");
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
    s.does(of(JINJIANG_DESK), "dispatch", handed_out(CITY_MANAGEMENT));
    let bad = Verdict { solved: Some(Solved::NotSolved), satisfied: Some(Satisfied::NotSatisfied) };
    // The numbers of a round: its handling thread, and its first clock.
    for (round, t, c) in [(0, 2, 3), (1, 6, 9), (2, 10, 15), (3, 14, 21)] {
        // The third rework opened a supervision with its clock beside the order.
        let extra = u16::from(round == 3);
        s.does(of(CITY_MANAGEMENT), "sign", events![goes(t, Signed), meets(c)]);
        s.does(of(CITY_MANAGEMENT), "contact", events![goes(t, Contacted), meets(c + 1)]);
        let took = Event::EffortLogged { thread: ThreadNo(t), effort: Effort::default() };
        s.does(of(CITY_MANAGEMENT), "finish", events![took, goes(t, Done), meets(c + 2)]);
        let (approval, calls, rating) = (t + 1 + extra, t + 2 + extra, t + 3 + extra);
        let c = c + 3 + extra;
        s.does(
            of(CITY_MANAGEMENT),
            "reply",
            events![opens(approval, Approval, JINJIANG_DESK), starts(c, Stage::Approval, approval, DUE),],
        );
        let mut answer = events![goes(approval, Granted), meets(c), answered()];
        answer.extend((round == 0).then(|| meets(1)));
        answer.extend(events![
            opens(calls, Callback, JINJIANG_DESK),
            starts(c + 1, Stage::Callback, calls, DUE),
            opens(rating, Rating, "caller"),
            starts(c + 2, Stage::Rating, rating, DUE),
        ]);
        s.does(of(JINJIANG_DESK), "decide_reply", answer);
        s.so(
            Spine::Answered,
            CITY_MANAGEMENT,
            &match round {
                3 => vec![(15, CITY_DESK), (calls, JINJIANG_DESK), (rating, "caller")],
                _ => vec![(calls, JINJIANG_DESK), (rating, "caller")],
            },
        );
        if round == 3 {
            let good = Verdict { solved: Some(Solved::Solved), satisfied: Some(Satisfied::Satisfied) };
            s.does(
                of(JINJIANG_DESK),
                "callback",
                events![
                    goes(calls, Reached),
                    meets(c + 1),
                    verdict(VerdictBy::Callback, good),
                    goes(15, Withdrawn),
                    stops(24),
                    closed(true),
                ],
            );
            break;
        }
        let next = t + 4;
        let mut back = events![
            goes(calls, Reached),
            meets(c + 1),
            verdict(VerdictBy::Callback, bad),
            goes(rating, Withdrawn),
            stops(c + 2),
            Event::SentBack { round: round + 1 },
            opens(next, Handling, CITY_MANAGEMENT).part(Part::Lead).round(round + 1),
            starts(c + 3, Stage::Sign, next, DUE),
            starts(c + 4, Stage::Contact, next, DUE),
            starts(c + 5, Stage::Handle, next, DUE),
        ];
        if round == 2 {
            back.extend(events![opens(15, Supervision, CITY_DESK), starts(24, Stage::Resolve, 15, DUE)]);
        }
        s.does(of(JINJIANG_DESK), "callback", back);
        s.so(
            Spine::Open,
            CITY_MANAGEMENT,
            &if round == 2 {
                vec![(next, CITY_MANAGEMENT), (15, CITY_DESK)]
            } else {
                vec![(next, CITY_MANAGEMENT)]
            },
        );
    }
    s.so(Spine::Closed, CITY_MANAGEMENT, &[(18, "caller")]).kept(1, true);
    assert_eq!(s.case().reworks, 3);

    let mut flow = Flow::reported(complaint(JINJIANG), at("2026-03-02 09:00"));
    flow.dispatch(CITY_MANAGEMENT, &[]);
    for round in 0..=3 {
        flow.handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
        let bad = round < 3;
        let (solved, satisfied) = if bad {
            (Solved::NotSolved, Satisfied::NotSatisfied)
        } else {
            (Solved::Solved, Satisfied::Satisfied)
        };
        flow.says(solved, satisfied);
    }
    s.same_as(&flow);
    s.ends("a-complaint-reworked-three-times-and-raised");
}

/// 不实举报: somebody went and looked.
#[test]
fn a_false_report() {
    let mut s = Story::begins("2026-03-02 09:00");
    s.does(
        of(CITY_DESK),
        "report",
        events![
            call(CITY_DESK, |c| c.matter = Some(MatterCode::new("matter.06010").unwrap())),
            starts(1, Stage::Promise, 0, DUE),
            opens(1, Verify, JINJIANG_DESK),
            starts(2, Stage::Verify, 1, "2026-03-03 09:00"),
        ],
    );
    s.so(Spine::Reported, CITY_DESK, &[(1, JINJIANG_DESK)]).running(&[1, 2]);
    s.at("2026-03-02 11:00").does(
        of(JINJIANG_DESK),
        "verify",
        events![goes(1, Refuted), meets(2), stops(1), Event::Voided { ground: "untrue".into(), of: None },],
    );
    s.so(Spine::Void, CITY_DESK, &[]).running(&[]);

    let mut report = complaint(JINJIANG);
    report.matter = Some(MatterCode::new("matter.06010").unwrap());
    let mut flow = Flow::reported(report, at("2026-03-02 09:00"));
    let thread = flow.no(ThreadKind::Verify);
    let command = Command::Verify {
        thread,
        confirmed: false,
        circumstance: None,
        ground: Some("untrue".into()),
        of: None,
        text: Some(text(3)),
    };
    let silent =
        Command::Verify { thread, confirmed: false, circumstance: None, ground: None, of: None, text: None };
    flow.refuses(&staff("verifier", JINJIANG_DESK), &silent, "verify.ground");
    flow.later(hours(2)).gives(&staff("verifier", JINJIANG_DESK), command);
    s.same_as(&flow);
    s.ends("a-false-report");
}

/// 中途申请删除个人信息: the contact is gone, so nobody can call back; the case goes on and the proof holds.
#[test]
fn an_erasure_request_in_the_middle() {
    let mut s = Story::begins("2026-03-02 09:00");
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
    s.does(of(JINJIANG_DESK), "dispatch", handed_out(CITY_MANAGEMENT));
    s.does(of(CITY_MANAGEMENT), "sign", events![goes(2, Signed), meets(3)]);
    let erased = |items: &[u64]| Event::Erased {
        items: items.iter().map(|i| ItemId(*i)).collect(),
        ground: "request".into(),
    };
    s.does(of(CITY_DESK), "erase", events![erased(&[2])]);
    s.so(Spine::Open, CITY_MANAGEMENT, &[(2, CITY_MANAGEMENT)]);
    assert!(!s.case().reachable() && s.case().is_erased(&text(2)) && !s.case().is_erased(&text(1)));
    // First contact can no longer be asked for, and nobody is called back.
    let took = Event::EffortLogged { thread: ThreadNo(2), effort: Effort::default() };
    s.does(of(CITY_MANAGEMENT), "finish", events![took, stops(4), goes(2, Done), meets(5)]);
    s.does(
        of(CITY_MANAGEMENT),
        "reply",
        events![opens(3, Approval, JINJIANG_DESK), starts(6, Stage::Approval, 3, DUE)],
    );
    s.does(
        of(JINJIANG_DESK),
        "decide_reply",
        events![
            goes(3, Granted),
            meets(6),
            answered(),
            meets(1),
            opens(4, Rating, "caller"),
            starts(7, Stage::Rating, 4, DUE),
        ],
    );
    s.so(Spine::Answered, CITY_MANAGEMENT, &[(4, "caller")]).running(&[7]);

    let mut flow = Flow::reported(complaint(JINJIANG), at("2026-03-02 09:00"));
    flow.dispatch(CITY_MANAGEMENT, &[]).sign(CITY_MANAGEMENT);
    let erase = Command::Erase { items: vec![ItemId(2)], ground: "request".into() };
    flow.gives(&staff("administrator", CITY_DESK), erase);
    flow.finish(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    s.same_as(&flow);
    s.ends("an-erasure-request-in-the-middle");
}

/// The same request once the callback waits: it is taken away, and silence closes the case in the end.
#[test]
fn an_erasure_while_the_callback_waits() {
    let mut flow = Flow::reported(complaint(JINJIANG), at("2026-03-02 09:00"));
    flow.dispatch(CITY_MANAGEMENT, &[]).handled(CITY_MANAGEMENT).replied(CITY_MANAGEMENT);
    let callback = flow.no(ThreadKind::Callback);
    let erase = Command::Erase { items: vec![ItemId(1), ItemId(2)], ground: "request".into() };
    flow.gives(&staff("administrator", CITY_DESK), erase);
    assert_eq!(flow.case().thread(callback).unwrap().step, Withdrawn);
    flow.stands(Spine::Answered);
    flow.later(hours(24 * 16)).stands(Spine::Closed);
    assert_eq!(flow.case().verdict_by, Some(VerdictBy::Nobody));
}
