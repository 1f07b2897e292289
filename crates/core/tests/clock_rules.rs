//! The rules of a limit one by one: how it is written, whose hours count, near, zero, pausing, and what is
//! refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may stop")]

use huying_core::calendar::{Calendar, YearTable};
use huying_core::clock::{Amount, BadLimit, ClockError, CutOff, Deadline, Limit, MAX_DAYS, NearRule};
use huying_core::ids::HoursId;
use huying_core::time::Time;
use jiff::civil::{DateTime, date};
use serde::Deserialize;

fn chengdu() -> Calendar {
    Calendar::read("calendar.toml", include_str!("../../../data/chengdu/calendar.toml")).0.unwrap()
}

fn at(calendar: &Calendar, text: &str) -> Time {
    calendar.instant(text.parse::<DateTime>().unwrap())
}

fn limit(text: &str) -> Limit {
    #[derive(Deserialize)]
    struct Wrapped {
        limit: Limit,
    }
    toml::from_str::<Wrapped>(&format!("limit = {text}")).unwrap_or_else(|e| panic!("{text}: {e}")).limit
}

#[test]
fn the_unit_words_are_known_in_both_languages() {
    let check = |texts: &[&str], amount: Amount| {
        for text in texts {
            assert_eq!(text.parse::<Amount>(), Ok(amount), "{text}");
        }
        assert_eq!(amount.to_string().parse::<Amount>(), Ok(amount), "{amount}");
    };
    check(&["30 min", "30 minutes", "0.5 h", "30分钟", "30 continuous minutes"], Amount::Minutes(30));
    check(
        &["3 h", "3 hours", "3 Continuous  Hours", "3紧急工作时", "3小时", "180 min"],
        Amount::Minutes(180),
    );
    check(
        &["1.5 working hours", "90 working minutes", "1.5工作时", "1.5 个工作时"],
        Amount::WorkingMinutes(90),
    );
    check(&["3 working days", "3工作日", "3个工作日", "1 working day"][..3], Amount::WorkingDays(3));
    check(&["2 continuous days", "2紧急工作日"], Amount::ContinuousDays(2));
    check(&["15 days", "15 day", "15 calendar days", "15自然日", "15天", "15日"], Amount::CalendarDays(15));
    check(&["same day", "当日"], Amount::SameDay(None));
    let cut = CutOff { until: 18 * 60, then: 24 * 60 };
    check(&["same day until 18:00 then 24 h"], Amount::SameDay(Some(cut)));
    check(&["by 2026-12-31"], Amount::Fixed(date(2026, 12, 31), None));
    check(&["by 2026-12-31 18:00"], Amount::Fixed(date(2026, 12, 31), Some(1080)));
    check(&["milestone", "节点"], Amount::Milestone);
}

#[test]
fn what_is_no_limit_is_refused_with_its_reason() {
    let refused = |text: &str| text.parse::<Limit>().unwrap_err();
    for text in [
        "",
        "3",
        "working days",
        "-3 days",
        "3 fortnights",
        "by noon",
        "same day until 25:00 then 1 h",
        ". h",
    ] {
        assert!(matches!(refused(text), BadLimit::Words(_)), "{text}");
    }
    assert!(matches!(refused("1.5 days"), BadLimit::Fraction(_)));
    assert!(matches!(refused("0.001 working hours"), BadLimit::Fraction(_)));
    assert!(format!("{MAX_DAYS} days").parse::<Limit>().is_ok());
    assert!(matches!(refused(&format!("{} days", MAX_DAYS + 1)), BadLimit::TooLong(_)));
    assert!(matches!(refused("99999999999999999999 days"), BadLimit::TooLong(_)));
    assert!(matches!("101%".parse::<NearRule>(), Err(BadLimit::Near(_))));
    let unknown = toml::from_str::<Limit>("amount = \"3 days\"\nfrom = \"now\"").unwrap_err();
    assert!(unknown.to_string().contains("from"), "{unknown}");
}

#[test]
fn the_limits_own_hours_come_before_the_holders_and_those_before_the_default() {
    let calendar = chengdu();
    let start = at(&calendar, "2026-08-05T16:30");
    let (window, always) = (HoursId::new("window").unwrap(), HoursId::new("always").unwrap());
    let due =
        |text: &str, holder: Option<&HoursId>| limit(text).deadline(start, holder, &calendar).unwrap().due;
    assert_eq!(due("\"3 working hours\"", None), at(&calendar, "2026-08-06T09:30"));
    assert_eq!(due("\"3 working hours\"", Some(&window)), at(&calendar, "2026-08-06T11:30"));
    let own = "{ amount = \"3 working hours\", hours = \"always\" }";
    assert_eq!(due(own, Some(&window)), at(&calendar, "2026-08-05T19:30"));
    // Working days of a round-the-clock unit are still the calendar's, and end at midnight.
    assert_eq!(due("\"1 working day\"", Some(&always)), at(&calendar, "2026-08-07T00:00"));
    let unknown = HoursId::new("moon").unwrap();
    let refused = limit("\"3 working hours\"").deadline(start, Some(&unknown), &calendar);
    assert_eq!(refused, Err(ClockError::UnknownHours(unknown.clone())));
    assert!(limit("\"3 h\"").deadline(start, Some(&unknown), &calendar).is_ok(), "hours that nobody reads");
}

#[test]
fn near_is_data_and_measured_as_the_limit_is() {
    let calendar = chengdu();
    let near = |amount: &str, rule: &str, start: &str| {
        let limit = limit(&format!("{{ amount = \"{amount}\", near = \"{rule}\" }}"));
        let near = limit.deadline(at(&calendar, start), None, &calendar).unwrap().near;
        near.map(|near| calendar.civil(near).to_string())
    };
    let check = |amount, rule, start, expected: &str| {
        assert_eq!(near(amount, rule, start).as_deref(), Some(expected), "{amount} {rule}");
    };
    assert_eq!(near("24 h", "never", "2026-08-05T10:00"), None);
    check("24 h", "25%", "2026-08-05T10:00", "2026-08-06T04:00:00");
    check("4 working hours", "25%", "2026-08-07T16:00", "2026-08-10T09:00:00");
    check("4 working hours", "50%", "2026-08-07T16:00", "2026-08-07T18:00:00");
    check("3 working days", "1 working day", "2026-09-28T10:00", "2026-09-30T18:00:00");
    check("3 working days", "2 working hours", "2026-08-03T10:00", "2026-08-06T16:00:00");
    check("15 days", "1 working day", "2026-01-31T10:00", "2026-02-15T00:00:00");
    check("by 2026-12-31", "48 h", "2026-08-03T10:00", "2026-12-30T00:00:00");
}

#[test]
fn nothing_is_due_at_once_and_due_itself_is_in_time() {
    let calendar = chengdu();
    let start = at(&calendar, "2026-10-03T10:00");
    for text in ["0 min", "0 working hours", "0 working days", "0 continuous days", "0 days"] {
        let found = text.parse::<Limit>().unwrap().deadline(start, None, &calendar).unwrap();
        assert_eq!(found, Deadline { due: start, near: None, provisional: false }, "{text}");
        assert!(found.met_at(start) && !found.met_at(start.plus(1)));
        assert!(!found.is_near(start) && found.is_near(start.plus(1)));
    }
}

#[test]
fn pausing_each_evening_wins_nothing() {
    let calendar = chengdu();
    let limit = limit("\"3 working days\"");
    let mut deadline = limit.deadline(at(&calendar, "2026-08-03T10:00"), None, &calendar).unwrap();
    for day in 3..6 {
        let pause = at(&calendar, &format!("2026-08-0{day}T17:59"));
        let left = limit.remaining(&deadline, pause, None, &calendar).unwrap();
        let back = at(&calendar, &format!("2026-08-0{}T08:01", day + 1));
        deadline = limit.resume(&left, back, None, &calendar).unwrap();
    }
    assert_eq!(deadline.due, at(&calendar, "2026-08-07T08:06"), "three times two minutes");
}

#[test]
fn a_pause_moves_working_time_by_working_time_and_a_date_not_at_all() {
    let calendar = chengdu();
    let cycle = |text: &str, start: &str, pause: &str, back: &str| {
        let limit = limit(text);
        let deadline = limit.deadline(at(&calendar, start), None, &calendar).unwrap();
        let left = limit.remaining(&deadline, at(&calendar, pause), None, &calendar).unwrap();
        let after = limit.resume(&left, at(&calendar, back), None, &calendar).unwrap();
        (left.ms() / 60_000, calendar.civil(after.due).to_string())
    };
    let monday = "2026-08-03T10:00";
    let check = |text, pause, back, left: i64, due: &str| {
        assert_eq!(cycle(text, monday, pause, back), (left, due.to_owned()), "{text}");
    };
    check("\"4 working hours\"", "2026-08-03T11:00", "2026-08-04T09:00", 180, "2026-08-04T12:00:00");
    check("\"5 working days\"", "2026-08-03T18:00", "2026-08-05T18:00", 2400, "2026-08-12T18:00:00");
    check("\"24 h\"", "2026-08-03T12:00", "2026-08-03T13:30", 22 * 60, "2026-08-04T11:30:00");
    check(
        "\"by 2026-08-31\"",
        "2026-08-03T12:00",
        "2026-08-09T13:30",
        28 * 1440 + 720,
        "2026-09-01T00:00:00",
    );
    // Paused when two hours overdue: as overdue after the pause.
    check("\"4 working hours\"", "2026-08-03T18:00", "2026-08-05T12:00", -120, "2026-08-05T10:00:00");
}

#[test]
fn a_milestone_waits_for_its_name() {
    let calendar = chengdu();
    let limit = limit("{ amount = \"milestone\", near = \"25%\" }");
    let start = at(&calendar, "2026-08-03T10:00");
    assert_eq!(limit.deadline(start, None, &calendar), Err(ClockError::NotNamed));
    let due = at(&calendar, "2026-08-07T10:00");
    let named = limit.deadline_named(start, due, None, &calendar).unwrap();
    assert_eq!(named.near, Some(at(&calendar, "2026-08-06T10:00")));
}

#[test]
fn a_holiday_published_after_the_deadline_was_set_resets_it() {
    let calendar = chengdu();
    let limit = limit("\"5 working days\"");
    let start = at(&calendar, "2026-12-28T10:00");
    let before = limit.deadline(start, None, &calendar).unwrap();
    assert_eq!((before.due, before.provisional), (at(&calendar, "2027-01-05T18:00"), true));
    let year: YearTable = toml::from_str(
        r#"published = true
           source = "a notice of the test"
           holidays = [{ name = "元旦", from = "2027-01-01", to = "2027-01-04" }]
           make_up = [{ date = "2027-01-09", for = "元旦" }]"#,
    )
    .unwrap();
    let calendar = calendar.with_year(2027, year).unwrap();
    let after = limit.deadline(start, None, &calendar).unwrap();
    assert_eq!((after.due, after.provisional), (at(&calendar, "2027-01-06T18:00"), false));
}

#[test]
fn a_city_where_nobody_works_and_a_year_out_of_reach_are_errors() {
    let all = "[\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\", \"saturday\", \"sunday\"]";
    let text = format!(
        "zone = \"Asia/Shanghai\"\nweekend = {all}\ndefault_hours = \"office\"\n\
         [hours.office]\nname = \"o\"\n\
         windows = [\"08:00-12:00\"]\n[year.2026]\npublished = false\n"
    );
    let idle = Calendar::read("idle", &text).0.unwrap();
    for text in ["1 working hour", "1 working day"] {
        let found = text.parse::<Limit>().unwrap().deadline(Time(1_780_000_000_000), None, &idle);
        assert_eq!(found, Err(ClockError::NoWorkingTime(HoursId::new("office").unwrap())));
    }
    let rolled = limit("{ amount = \"2 days\", roll = \"next-working-day\" }");
    assert!(matches!(
        rolled.deadline(Time(1_780_000_000_000), None, &idle),
        Err(ClockError::OutOfRange { .. })
    ));
    let calendar = chengdu();
    let far = limit("\"3000 working days\"").deadline(at(&calendar, "2030-01-01T10:00"), None, &calendar);
    assert!(matches!(far, Err(ClockError::OutOfRange { first: 1994, last: 2039, .. })), "{far:?}");
    assert!(
        limit("\"3 h\"").deadline(Time(i64::MAX), None, &calendar).is_ok(),
        "plain hours need no calendar"
    );
}
