//! Somebody who knows the mask's rules and can subtract must not learn what is masked.

use super::*;
use crate::figures::{Basis, By, CaseFact, Collector, FigureRules, Origin, Period, Question};
use crate::figures::{to_csv, to_json, to_table};
use crate::observation::{Solved, Stamp, Standing};
use crate::time::Time;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000;
const CELL: u64 = 5;

/// A case of a unit: 0 open, 1 closed in time, 2 late, 3 void, 4 left out, 5 nothing of its closing known.
fn case(unit: u8, what: u8) -> CaseFact {
    let at = |hours: i64| Some(Stamp::At(Time(hours * HOUR)));
    let mut fact = CaseFact::opened(Stamp::At(Time(0)));
    fact.unit = Some(format!("u{unit}").into());
    fact.due = at(24);
    fact.standing = Some(Standing::Open);
    if matches!(what, 1 | 2 | 4) {
        fact.closed = at(if what == 2 { 30 } else { 10 });
        fact.replied = fact.closed;
        fact.standing = Some(Standing::Closed);
        fact.solved = Some(if unit.is_multiple_of(2) { Solved::Solved } else { Solved::NotSolved });
    }
    match what {
        3 => fact.standing = Some(Standing::Void),
        4 => fact.excluded = true,
        5 => (fact.standing, fact.closing_recorded) = (None, false),
        _ => {}
    }
    fact
}

fn figures(cases: &[(u8, u8)]) -> Figures {
    let question =
        Question { by: By::Unit, basis: Basis::Opened, period: Period::default(), as_of: Time(100 * HOUR) };
    let mut collector = Collector::new(question, FigureRules::shipped().unwrap());
    cases.iter().for_each(|(unit, what)| collector.add(&case(*unit, *what)));
    collector.finish(Origin::default())
}

fn many(unit: u8, what: u8, n: usize) -> Vec<(u8, u8)> {
    vec![(unit, what); n]
}

fn row<'a>(figures: &'a Figures, unit: &str) -> &'a Row {
    figures.rows.iter().find(|row| row.key.as_deref() == Some(unit)).unwrap()
}

#[test]
fn one_small_unit_takes_a_neighbour_with_it() {
    let cases = [many(1, 0, 3), many(2, 0, 40), many(3, 0, 9), many(4, 0, 20)].concat();
    let shown = figures(&cases).for_the_public(5);
    assert_eq!(row(&shown, "u1").hidden["received"], Hidden::Small);
    assert_eq!(row(&shown, "u3").hidden["received"], Hidden::Withheld, "the least of the others");
    assert_eq!(row(&shown, "u2").count("received"), Some(40));
    assert!(row(&shown, "u1").hidden.contains_key("unclosed"), "no rate of three cases");
    assert!(!row(&shown, "u4").hidden.contains_key("received"));
    assert_eq!(
        (row(&shown, "u1").count("received"), row(&shown, "u3").count("received")),
        (Some(0), Some(0))
    );

    let csv = to_csv(&shown);
    let line = |key: &str| csv.lines().find(|l| l.starts_with(key)).unwrap().to_owned();
    assert!(line("u1,").starts_with("u1,,<5,<5,") && line("u3,").starts_with("u3,,withheld,"), "{csv}");
    assert_eq!(csv.lines().map(|l| l.split(',').count()).collect::<std::collections::BTreeSet<_>>().len(), 1);
    let json = to_json(&shown);
    assert_eq!(json["smallest_cell"], 5);
    let small = json["rows"].as_array().unwrap().iter().find(|r| r["key"] == "u1").unwrap();
    assert_eq!((&small["received"], &small["unclosed"]["withheld"]), (&"<5".into(), &true.into()));
    assert!(small["unclosed"]["denominator"].is_null());
    let table = to_table(&shown);
    assert!(
        table.contains("counts below 5 are masked") && table.contains("<5") && table.contains("withheld")
    );
}

#[test]
fn a_neighbour_that_leaves_no_room_is_not_enough() {
    // 1 and 5 make 6: were those two alone hidden, the small one could only be 1.
    let cases = [many(1, 0, 1), many(2, 0, 5), many(3, 0, 30)].concat();
    let shown = figures(&cases).for_the_public(5);
    assert!(["u1", "u2", "u3"].iter().all(|u| row(&shown, u).hidden.contains_key("received")));
}

#[test]
fn what_a_row_leaves_is_masked_and_large_things_are_not() {
    let cases = [many(1, 0, 18), many(1, 1, 2), many(2, 0, 18), many(2, 1, 3), many(3, 1, 50)].concat();
    let shown = figures(&cases).for_the_public(5);
    let one = row(&shown, "u1");
    assert_eq!(one.hidden["closed_dated"], Hidden::Small);
    assert_eq!(one.hidden["open"], Hidden::Withheld, "20 received less 18 open are the 2");
    assert!(one.hidden.contains_key("unclosed") && one.hidden.contains_key("to_close"));
    assert_eq!(one.count("received"), Some(20));
    let all = figures(&cases);
    for smallest in [0, 1] {
        let shown = all.clone().for_the_public(smallest);
        assert!(shown.rows.iter().all(|r| r.hidden.is_empty()) && shown.total == all.total);
    }
}

/// What somebody knows of a hidden cell: its least and its most.
fn known(why: Hidden) -> (u64, u64) {
    if why == Hidden::Small { (1, CELL - 1) } else { (CELL, u64::MAX / 1_000) }
}

fn attack(shown: &Figures, key: &str) {
    if shown.total.hidden.contains_key(key) {
        return;
    }
    let seen: u64 = shown.rows.iter().filter_map(|r| r.count(key)).sum();
    let left = shown.total.count(key).unwrap() - seen;
    let hidden: Vec<(u64, u64)> =
        shown.rows.iter().filter_map(|r| r.hidden.get(key)).map(|why| known(*why)).collect();
    for (i, (least, most)) in hidden.iter().enumerate() {
        let others = || hidden.iter().enumerate().filter(move |(j, _)| *j != i).map(|(_, known)| known);
        let low = left.saturating_sub(others().map(|(_, most)| most).sum()).max(*least);
        let high = left.saturating_sub(others().map(|(least, _)| least).sum()).min(*most);
        let small = *most < CELL;
        assert!(high > low, "{key}: a hidden cell can only be {low}: {hidden:?} of {left}");
        assert!(!small || (low, high) == (1, CELL - 1), "{key}: {low} to {high}: {hidden:?} of {left}");
    }
}

proptest! {
    #[test]
    fn nothing_small_is_seen_or_left_over(
        cases in proptest::collection::vec(
            (0..7_u8, prop_oneof![8 => Just(0_u8), 8 => Just(1), 4 => 2..6_u8]),
            0..220,
        ),
    ) {
        let all = figures(&cases);
        let shown = all.clone().for_the_public(5);
        let keys: Vec<CompactString> = shown.total.counts.iter().map(|(key, _)| key.clone()).collect();
        for row in shown.rows.iter().chain([&shown.total]) {
            let same = |r: &&Row| r.key == row.key && row.key.is_some();
            let before = all.rows.iter().find(same).unwrap_or(&all.total);
            for key in &keys {
                let (now, was) = (row.count(key).unwrap(), before.count(key).unwrap());
                match row.hidden.get(key) {
                    None => prop_assert!(now == was && !(1..CELL).contains(&now)),
                    Some(Hidden::Small) => prop_assert!(now == 0 && (1..CELL).contains(&was)),
                    Some(Hidden::Withheld) => prop_assert!(now == 0 && was >= CELL),
                }
                let received = row.count("received").filter(|_| !row.hidden.contains_key("received"));
                if let Some(received) = received.filter(|_| !APART.contains(&key.as_str()) && now > 0) {
                    prop_assert!(!(1..CELL).contains(&(received - now)), "{key}");
                }
            }
            for (key, rate) in row.rates.iter().filter(|(key, _)| !row.hidden.contains_key(key)) {
                for part in [rate.numerator, rest(rate), rate.denominator] {
                    prop_assert!(!(1..CELL).contains(&part), "{key}: {rate:?}");
                }
            }
        }
        keys.iter().for_each(|key| attack(&shown, key));
        let totals = shown.total.rates.iter().filter(|(key, _)| !shown.total.hidden.contains_key(key));
        for (key, total) in totals {
            let hidden = shown.rows.iter().filter(|r| r.hidden.contains_key(key)).count();
            let seen = |part: fn(&Rate) -> u64| -> u64 {
                shown.rows.iter().filter_map(|r| r.rate(key)).map(|r| part(&r)).sum()
            };
            let left = [total.numerator - seen(|r| r.numerator), rest(total) - seen(rest)];
            prop_assert!(hidden != 1 && left.iter().all(|n| !(1..CELL).contains(n)), "{key}: {left:?}");
        }
    }
}
