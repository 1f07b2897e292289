//! Every day of 2024–2026 against an independent calendar, and what the file reader refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may stop")]

use huying_core::calendar::{Calendar, DayKind, MakeUp, YearTable};
use huying_core::fault::Severity;
use huying_core::ids::HoursId;
use jiff::civil::{Date, date};

const CHENGDU: &str = include_str!("../../../data/chengdu/calendar.toml");

fn chengdu() -> Calendar {
    let (calendar, faults) = Calendar::read("calendar.toml", CHENGDU);
    assert_eq!(faults, [], "the shipped calendar has faults");
    calendar.unwrap()
}

#[test]
fn every_day_of_three_years_is_what_the_independent_calendar_says() {
    let calendar = chengdu();
    let mut days = 0;
    for line in include_str!("fixtures/china_days.csv").lines().skip(1) {
        let (day, expected) = line.split_once(',').unwrap();
        let day: Date = day.parse().unwrap();
        let kind = match calendar.day(day) {
            DayKind::Workday => "workday",
            DayKind::Weekend => "weekend",
            DayKind::Holiday { .. } => "holiday",
            DayKind::MakeUp { .. } => "makeup",
        };
        assert_eq!(kind, expected, "{day}");
        assert_eq!(calendar.is_working_day(day), matches!(expected, "workday" | "makeup"), "{day}");
        days += 1;
    }
    assert_eq!(days, 366 + 365 + 365);
}

#[test]
fn the_shipped_calendar_knows_what_is_published() {
    let calendar = chengdu();
    assert_eq!(calendar.last_published_year(), Some(2026));
    assert!(calendar.published(2024) && !calendar.published(2027) && !calendar.published(2019));
    assert_eq!(calendar.day(date(2026, 2, 14)), DayKind::MakeUp { of: "春节" });
    assert_eq!(calendar.day(date(2025, 10, 6)), DayKind::Holiday { name: "国庆节、中秋节" });
    assert_eq!(calendar.covered_years(), (1994, 2039));
}

#[test]
fn civil_time_and_windows_follow_the_zone() {
    let calendar = chengdu();
    let noon = calendar.instant(date(2026, 8, 3).at(12, 0, 0, 0));
    assert_eq!(noon.to_string(), "2026-08-03T04:00:00Z");
    assert_eq!(calendar.civil(noon), date(2026, 8, 3).at(12, 0, 0, 0));
    let windows = calendar.windows(date(2026, 8, 3), None).unwrap();
    assert_eq!(windows.len(), 2);
    assert_eq!(windows[0].1, noon);
    assert!(calendar.windows(date(2026, 10, 1), None).unwrap().is_empty());
    assert_eq!(calendar.windows(date(2026, 10, 1), Some(&HoursId::new("always").unwrap())).unwrap().len(), 1);
    assert!(calendar.windows(date(2026, 10, 1), Some(&HoursId::new("none").unwrap())).is_none());
}

#[test]
fn a_reading_in_the_gap_is_the_jump_and_a_reading_shown_twice_is_the_first() {
    let (calendar, _) = Calendar::read("new_york", include_str!("fixtures/new_york_calendar.toml"));
    let calendar = calendar.unwrap();
    let gap = calendar.instant(date(2026, 3, 8).at(2, 30, 0, 0));
    assert_eq!(gap.to_string(), "2026-03-08T07:00:00Z");
    let fold = calendar.instant(date(2026, 11, 1).at(1, 30, 0, 0));
    assert_eq!(fold.to_string(), "2026-11-01T05:30:00Z");
}

/// Reads the shipped calendar with `from` replaced by `to` and lists its faults as `line [field]`.
fn broken(from: &str, to: &str) -> Vec<String> {
    assert!(CHENGDU.contains(from), "{from}");
    let (calendar, faults) = Calendar::read("calendar.toml", &CHENGDU.replacen(from, to, 1));
    let errors = faults.iter().filter(|f| f.severity == Severity::Error).count();
    assert_eq!(calendar.is_none(), errors > 0);
    faults
        .iter()
        .map(|f| {
            assert!(!f.problem.is_empty(), "{f}");
            format!("{} [{}]", f.line, f.field)
        })
        .collect()
}

fn line_of(text: &str) -> usize {
    CHENGDU.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn each_fault_is_named_by_line_and_key() {
    let check = |from: &str, to: &str, field: &str| {
        assert_eq!(broken(from, to), [format!("{} [{field}]", line_of(from))], "{from} -> {to}");
    };
    check("Asia/Shanghai", "Asia/Chengdu", "zone");
    check("\"saturday\", \"sunday\"", "\"saturday\", \"so\"", "weekend[1]");
    check("\"sunday\"]", "7]", "weekend[1]");
    check("default_hours = \"office\"", "default_hours = \"offices\"", "default_hours");
    check("[\"08:00-12:00\", \"14:00-18:00\"]", "[\"08:00-12:00\", \"11:00-18:00\"]", "hours.office.windows");
    check("[\"08:00-12:00\", \"14:00-18:00\"]", "[\"22:00-09:00\", \"08:00-10:00\"]", "hours.office.windows");
    check("[\"09:00-12:00\", \"13:00-17:00\"]", "[]", "hours.window.windows");
    check("\"09:00-12:00\"", "\"9-12\"", "hours.window.windows[0]");
    check("days = \"every\"", "days = \"most\"", "hours.always.days");
    check("to = 2026-02-23", "to = 2026-02-03", "year.2026.holidays[1].to");
    check(
        "from = 2026-06-19, to = 2026-06-21",
        "from = 2025-06-19, to = 2025-06-19",
        "year.2026.holidays[4].from",
    );
    check(
        "{ date = 2026-02-28, for = \"春节\" }",
        "{ date = 2026-02-28, for = \"过年\" }",
        "year.2026.make_up[2].for",
    );
    check("{ date = 2026-02-28, for", "{ date = 2026-02-20, for", "year.2026.make_up[2].date");
    check("source = \"国办发明电〔2025〕7号\"", "source = 7", "year.2026.source");
    check("[year.2027]", "[year.27x]", "year.27x");
}

#[test]
fn missing_keys_unknown_keys_and_several_faults_are_all_named() {
    let (none, faults) = Calendar::read("c", "");
    assert!(none.is_none());
    let fields: Vec<&str> = faults.iter().map(|f| f.field.as_str()).collect();
    assert_eq!(fields, ["zone", "weekend", "hours", "default_hours", "year"]);
    let text =
        CHENGDU.replace("to = 2026-01-03", "until = 2026-01-03").replace("Asia/Shanghai", "Mars/Olympus");
    let (none, faults) = Calendar::read("c", &text);
    assert!(none.is_none());
    let fields: Vec<&str> = faults.iter().map(|f| f.field.as_str()).collect();
    assert!(fields.contains(&"zone"), "{fields:?}");
    assert!(fields.contains(&"year.2026.holidays[0].until"), "{fields:?}");
    assert!(fields.contains(&"year.2026.holidays[0].to"), "{fields:?}");
}

#[test]
fn a_make_up_day_on_a_working_day_is_only_a_warning() {
    let to = "{ date = 2026-02-27, for";
    let (calendar, faults) = Calendar::read("c", &CHENGDU.replace("{ date = 2026-02-28, for", to));
    assert!(calendar.is_some());
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].severity, Severity::Warning);
}

#[test]
fn a_year_can_be_added_and_replaced_without_touching_the_rest() {
    let calendar = chengdu();
    let table: YearTable = toml::from_str(
        r#"published = true
           source = "a later notice"
           holidays = [{ name = "元旦", from = "2027-01-01", to = "2027-01-03" }]
           make_up = [{ date = "2027-01-09", for = "元旦" }]"#,
    )
    .unwrap();
    let later = calendar.with_year(2027, table.clone()).unwrap();
    assert!(later.published(2027) && !calendar.published(2027));
    assert_eq!(later.day(date(2027, 1, 9)), DayKind::MakeUp { of: "元旦" });
    assert_eq!(later.day(date(2026, 10, 1)), DayKind::Holiday { name: "国庆节" });
    let text = serde_json::to_string(&table).unwrap();
    assert_eq!(serde_json::from_str::<YearTable>(&text).unwrap(), table);

    let mut clash = table;
    clash.make_up.push(MakeUp { date: date(2027, 1, 2), of: "元旦".into() });
    let faults = calendar.with_year(2027, clash).unwrap_err();
    assert_eq!(faults[0].field, "year.2027.make_up[1].date");
    let far = YearTable { published: false, source: String::new(), holidays: vec![], make_up: vec![] };
    assert!(calendar.with_year(2150, far.clone()).is_err(), "too many years between first and last");
    assert!(calendar.with_year(2123, far).is_ok());
}

#[test]
fn broken_toml_is_one_fault_with_its_line() {
    let (none, faults) = Calendar::read("calendar.toml", "zone = \"Asia/Shanghai\"\nweekend = [\n");
    assert!(none.is_none());
    assert!(!faults.is_empty() && faults[0].line >= 2, "{faults:?}");
}
