//! Figures that are drawn beside the rates of cases: both sides of whistles, and what cases cost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, TextRef};
use huying_core::case::thread::ThreadKind;
use huying_core::city::Folder as CityFolder;
use huying_core::figures::{Basis, Period, Signal, WhistleFigures, WhistleSheet};
use huying_core::ids::{CaseId, UnitId};
use huying_engine::figures::{Question, Reading, collect, whistles};

const OFFICE: &str = "u510104017";

fn add(folder: &mut CityFolder, file: &str, row: &str) {
    let text = String::from_utf8(folder.get(file).unwrap().to_vec()).unwrap();
    folder.put(file, format!("{}\n{row}\n", text.trim_end()).into_bytes());
}

/// The town with somebody in the office of one street.
fn town() -> Town {
    let mut folder = city();
    add(&mut folder, "people.csv", "qs1,staff,虚构,yes");
    add(&mut folder, "posts.csv", "q-s1,qs1,u510104017,street");
    Town::of(&folder)
}

/// A call that the street's office has taken up.
fn at_the_street(town: &Town, words: &str) -> (CaseId, Actor) {
    let mut call = complaint(words, None);
    if let Command::Report(report) = &mut call.command {
        report.source = "to-grid".into();
    }
    let case = town.engine().submit(call).unwrap().case;
    let street = town.staff("street", OFFICE);
    let thread = town.open(case, ThreadKind::Rung);
    town.gives(case, &street, Command::Acknowledge { thread }).unwrap();
    (case, street)
}

fn blow(town: &Town, case: CaseId, street: &Actor) {
    let units = vec![UnitId::new(OTHERS).unwrap()];
    let whistle = Command::Whistle { kind: "everyday".into(), units, text: TextRef::pending(0) };
    town.says(case, street, whistle, "请水务到场").unwrap();
}

fn drawn(town: &Town, question: &Question) -> WhistleSheet {
    town.engine().catch_up().unwrap();
    whistles(town.engine(), question).unwrap()
}

#[test]
fn rows_say_who_a_case_came_to_and_whistled_cases_are_folded() {
    let mut town = town();
    let (first, street) = at_the_street(&town, "井盖坏了");
    blow(&town, first, &street);
    let (second, _) = at_the_street(&town, "路灯不亮");
    let thread = town.open(first, ThreadKind::Summons);
    town.later(HOUR / 60);
    town.gives(first, &town.staff("handler", OTHERS), Command::Acknowledge { thread }).unwrap();
    let other = town.report("噪音").case;
    town.dispatch(other);

    let sheet = drawn(&town, &Question::default());
    let mut whole = WhistleFigures::default();
    let whistling = town.rules().profile.whistling.clone().unwrap();
    for case in [first, second, other] {
        whole.add(&town.case(case), &whistling);
    }
    for side in &sheet.units {
        for (key, rate) in &side.rates {
            assert_eq!(*rate, whole.rate(&side.unit, key), "{} {key}", side.unit);
        }
    }
    let water = sheet.units.iter().find(|side| side.unit.as_str() == OTHERS).unwrap();
    assert_eq!((water.rates[0].1.numerator, water.rates[0].1.denominator), (1, 1), "it came in time");
    let streets = sheet.charts.iter().find(|charts| charts.kind == "street-office").unwrap();
    let point = streets.shares.points.iter().find(|point| point.key == OFFICE).unwrap();
    assert_eq!((point.count, point.cases, point.signal), (1, 2, Signal::Within));
    assert!(point.blind_below, "two cases tell nothing of too few");
    assert_eq!(sheet.whistling, whistling);
    assert_eq!(sheet.origin.profile_edition.as_deref(), Some(town.rules().profile.id.as_str()));

    // A period of which no case is, and one whose case is left out.
    let later = Period { from: Some(town.engine().now().plus(DAY)), to: None };
    let none = drawn(&town, &Question { period: later, ..Question::default() });
    assert_eq!((none.units.len(), none.charts.len()), (0, 0));
    let closed = drawn(&town, &Question { basis: Basis::Closed, ..Question::default() });
    assert!(closed.units.is_empty(), "none is closed");

    // Beside a running engine the same comes out.
    let beside = Reading::open(&town.root(), town.settings()).unwrap();
    assert!(matches!(beside, Reading::Beside(_)));
    let question = Question { as_of: Some(sheet.question.as_of), ..Question::default() };
    assert_eq!(beside.whistles(&question).unwrap(), sheet);
    town.is_sound();
}

#[test]
fn a_void_case_came_to_nobody() {
    let mut town = town();
    let (case, street) = at_the_street(&town, "井盖坏了");
    blow(&town, case, &street);
    let void = Command::Void { ground: "out_of_scope".into(), of: None, text: None };
    // Somebody works on it: only the head of the shift voids it.
    town.gives(case, &town.staff("closer", DISTRICT_DESK), void).unwrap();
    let sheet = drawn(&town, &Question::default());
    assert!(sheet.units.is_empty() && sheet.charts.is_empty(), "{sheet:?}");
    assert_eq!(collect(town.engine(), &Question::default()).unwrap().total.count("void"), Some(1));
    town.is_sound();
}
