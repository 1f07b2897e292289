//! The roster against a walk that counts turn by turn, and what it refuses.

use super::*;
use proptest::prelude::*;
use std::sync::OnceLock;

fn calendar() -> &'static Calendar {
    static READ: OnceLock<Calendar> = OnceLock::new();
    READ.get_or_init(|| {
        let text = include_str!("../../../data/chengdu/calendar.toml");
        Calendar::read("calendar.toml", text).0.unwrap()
    })
}

fn person(n: usize) -> PersonId {
    PersonId::new(&format!("p{n}")).unwrap()
}

fn roster(starts: &[(i8, u32)], crew: usize) -> DutyRoster {
    let shift = |(hour, minutes): &(i8, u32)| Shift {
        name: format!("from {hour}").into(),
        start: Clock::new(*hour, 0, 0, 0).unwrap(),
        minutes: *minutes,
    };
    DutyRoster {
        unit: UnitId::new("u1").unwrap(),
        seat: "duty-room".into(),
        since: "2026-03-02".parse().unwrap(),
        shifts: starts.iter().map(shift).collect(),
        crew: (0..crew).map(person).collect(),
        swaps: Vec::new(),
    }
}

const DAY_AND_NIGHT: [(i8, u32); 2] = [(8, 720), (20, 720)];
const THREE: [(i8, u32); 3] = [(0, 480), (8, 480), (16, 480)];
const FROM_EVENING: [(i8, u32); 3] = [(18, 360), (0, 480), (8, 600)];

fn at(text: &str) -> Time {
    calendar().instant(text.parse().unwrap())
}

#[test]
fn the_night_shift_runs_past_midnight() {
    let (r, c) = (roster(&DAY_AND_NIGHT, 3), calendar());
    assert_eq!(r.faults(), []);
    let who = |text: &str| r.turn(at(text), c).map(|t| t.person.to_string());
    assert_eq!(who("2026-03-02T07:59"), None, "before its first shift");
    assert_eq!(who("2026-03-02T08:00").as_deref(), Some("p0"));
    assert_eq!(who("2026-03-02T20:00").as_deref(), Some("p1"));
    assert_eq!(who("2026-03-03T07:59").as_deref(), Some("p1"));
    assert_eq!(who("2026-03-03T08:00").as_deref(), Some("p2"));
    let turn = r.turn(at("2026-03-03T02:00"), c).unwrap();
    assert_eq!((turn.from, turn.to), (at("2026-03-02T20:00"), at("2026-03-03T08:00")));
}

#[test]
fn somebody_stands_in_and_then_no_longer() {
    let (mut r, c) = (roster(&DAY_AND_NIGHT, 3), calendar());
    let (from, to) = (at("2026-03-02T10:00"), at("2026-03-02T12:00"));
    r.swaps.push(Swap { from, to, person: person(9) });
    assert_eq!(r.turn(from, c).unwrap().person, &person(9));
    assert_eq!(r.turn(to, c).unwrap().person, &person(0));
    r.swaps.push(Swap { from: to, to: from, person: person(8) });
    assert_eq!(r.faults(), [BadDuty::Backwards(person(8))]);
}

#[test]
fn gaps_and_empty_crews_are_named() {
    let faults = roster(&[(8, 600), (20, 720)], 0).faults();
    assert!(faults.contains(&BadDuty::NoCrew("duty-room".into())));
    assert!(faults.contains(&BadDuty::NotADay("duty-room".into(), 1_320)));
    assert!(faults.iter().any(|f| matches!(f, BadDuty::Gap(..))), "{faults:?}");
}

proptest! {
    /// Walking from the first shift turn by turn finds the same person, and never a gap.
    #[test]
    fn every_instant_has_one_person(
        which in 0usize..3, crew in 1usize..7, steps in 0usize..90, into in 0i64..360,
    ) {
        let starts: &[(i8, u32)] = [&DAY_AND_NIGHT[..], &THREE[..], &FROM_EVENING[..]][which];
        let (r, c) = (roster(starts, crew), calendar());
        prop_assert_eq!(r.faults(), []);
        let mut from = c.instant(r.since.to_datetime(r.shifts[0].start));
        for step in 0..=steps {
            let shift = &r.shifts[step % r.shifts.len()];
            let turn = r.turn(from.plus(into * MS_PER_MINUTE), c).unwrap();
            prop_assert_eq!(turn.person, &r.crew[step % crew]);
            prop_assert_eq!((turn.from, turn.shift), (from, shift));
            from = turn.to;
        }
    }
}
