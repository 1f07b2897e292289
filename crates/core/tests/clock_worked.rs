//! Worked deadlines: each row of the fixture holds a start, a limit, a due and the sentence of its rule.
//! The dues were computed by `tools/calendar_oracle.py`, which walks minutes and shares no code with the
//! engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may stop")]

use huying_core::calendar::Calendar;
use huying_core::clock::Limit;
use huying_core::ids::HoursId;
use jiff::civil::DateTime;
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    calendar: String,
    start: String,
    limit: String,
    hours: String,
    due: String,
    provisional: bool,
    rule: String,
}

#[derive(Deserialize)]
struct Wrapped {
    limit: Limit,
}

fn read_limit(text: &str) -> Limit {
    let quoted = if text.starts_with('{') { text.to_owned() } else { format!("\"{text}\"") };
    toml::from_str::<Wrapped>(&format!("limit = {quoted}")).unwrap_or_else(|e| panic!("{text}: {e}")).limit
}

#[test]
fn the_worked_deadlines_come_out() {
    let read = |text| Calendar::read("calendar.toml", text).0.unwrap();
    let chengdu = read(include_str!("../../../data/chengdu/calendar.toml"));
    let new_york = read(include_str!("fixtures/new_york_calendar.toml"));
    let mut rows = 0;
    let mut differ = Vec::new();
    for row in
        csv::Reader::from_reader(include_str!("fixtures/worked_deadlines.csv").as_bytes()).deserialize()
    {
        let row: Row = row.unwrap();
        let calendar = if row.calendar == "chengdu" { &chengdu } else { &new_york };
        let instant = |text: &str| calendar.instant(text.parse::<DateTime>().unwrap());
        let holder = HoursId::new(&row.hours).ok();
        let found = read_limit(&row.limit).deadline(instant(&row.start), holder.as_ref(), calendar).unwrap();
        if found.due != instant(&row.due) || found.provisional != row.provisional {
            let civil = calendar.civil(found.due);
            differ.push(format!(
                "{} + {}: {civil} {}, the rule says {} {} ({})",
                row.start, row.limit, found.provisional, row.due, row.provisional, row.rule
            ));
        }
        rows += 1;
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(rows >= 40, "only {rows} worked deadlines");
}
