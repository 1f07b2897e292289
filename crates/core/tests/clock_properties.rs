//! The clock engine against a brute force that walks minute after minute and day after day, over random
//! calendars in zones with and without summer time; and the laws that pausing, near moments and order must
//! keep.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may stop")]

use huying_core::calendar::Calendar;
use huying_core::clock::{
    Amount, ClockError, CutOff, Deadline, EndRule, Limit, NearRule, RollRule, StartRule,
};
use huying_core::time::Time;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

const MINUTE: i64 = 60_000;

/// Zones: none, one hour, half an hour, at midnight (Cairo, Santiago), and far east.
const ZONES: &[&str] = &[
    "Asia/Shanghai",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Kathmandu",
    "Pacific/Auckland",
];

/// A calendar as the tests know it: everything the brute force reads.
#[derive(Debug, Clone)]
struct City {
    zone: usize,
    weekend: BTreeSet<i8>,
    off: BTreeSet<Date>,
    made_up: BTreeSet<Date>,
    windows: Vec<(u16, u16)>,
    every: bool,
}

fn day_of(n: i32) -> Date {
    date(2026, 1, 1) + Span::new().days(n)
}

/// Cuts the day at random minutes and keeps every second piece; a night piece may cross midnight.
fn windows() -> impl Strategy<Value = Vec<(u16, u16)>> {
    (prop::collection::btree_set(0_u16..1440, 2..=6), any::<bool>()).prop_map(|(cuts, night)| {
        let mut cuts: Vec<u16> = cuts.into_iter().collect();
        if cuts.len() % 2 == 1 {
            cuts.pop();
        }
        if night {
            let first = cuts.remove(0);
            cuts.push(first + 1440);
        }
        cuts.chunks(2).map(|pair| (pair[0], pair[1])).collect()
    })
}

fn city() -> impl Strategy<Value = City> {
    let dates = || prop::collection::btree_set(0..730_i32, 0..60);
    let weekend = prop::collection::btree_set(1..=7_i8, 0..=4);
    (0..ZONES.len(), weekend, dates(), dates(), windows(), any::<bool>()).prop_map(
        |(zone, weekend, off, made_up, windows, every)| {
            let off: BTreeSet<Date> = off.into_iter().map(day_of).collect();
            let made_up = made_up.into_iter().map(day_of).filter(|d| !off.contains(d)).collect();
            City { zone, weekend, off, made_up, windows, every }
        },
    )
}

impl City {
    fn text(&self) -> String {
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let weekend: Vec<&str> = self.weekend.iter().map(|n| names[*n as usize - 1]).collect();
        let clock = |m: u16| format!("{:02}:{:02}", m % 1440 / 60, m % 60);
        let windows: Vec<String> =
            self.windows.iter().map(|(a, b)| format!("{}-{}", clock(*a), clock(*b))).collect();
        let mut text = format!(
            "zone = {:?}\nweekend = {weekend:?}\ndefault_hours = \"h\"\n\
             [hours.h]\nname = \"h\"\ndays = {:?}\n\
             windows = {windows:?}\n",
            ZONES[self.zone],
            if self.every { "every" } else { "working" }
        );
        for year in [2026, 2027] {
            text += &format!("[year.{year}]\npublished = true\nsource = \"test\"\nholidays = [\n");
            let of = |dates: &BTreeSet<Date>| -> Vec<Date> {
                dates.iter().copied().filter(|d| d.year() == year).collect()
            };
            let mut off = of(&self.off);
            // A make-up day needs a holiday to name; one outside the days walked serves when there is none.
            if off.is_empty() {
                off.push(if year == 2026 { date(2025, 12, 1) } else { date(2028, 1, 31) });
            }
            for day in off {
                text += &format!("{{ name = \"x\", from = {day}, to = {day} }},\n");
            }
            text += "]\nmake_up = [\n";
            for day in of(&self.made_up) {
                text += &format!("{{ date = {day}, for = \"x\" }},\n");
            }
            text += "]\n";
        }
        text
    }

    fn calendar(&self) -> Calendar {
        let (calendar, faults) = Calendar::read("random", &self.text());
        calendar.unwrap_or_else(|| panic!("{faults:?}\n{}", self.text()))
    }

    fn works(&self, day: Date) -> bool {
        if self.off.contains(&day) {
            return false;
        }
        self.made_up.contains(&day) || !self.weekend.contains(&day.weekday().to_monday_one_offset())
    }
}

/// The brute force: it knows the zone only as "what do clocks show at this instant".
struct Walker<'c> {
    city: &'c City,
    zone: TimeZone,
    shifts: RefCell<BTreeMap<Date, Vec<(i64, i64)>>>,
}

impl<'c> Walker<'c> {
    fn new(city: &'c City) -> Self {
        Self { city, zone: TimeZone::get(ZONES[city.zone]).unwrap(), shifts: RefCell::default() }
    }

    fn shown(&self, at: i64) -> DateTime {
        self.zone.to_datetime(Time(at).timestamp())
    }

    /// The first instant at which clocks show `minute` of `day` or later.
    fn reading(&self, day: Date, minute: u16) -> i64 {
        let civil = day.at(0, 0, 0, 0) + i64::from(minute).minutes();
        let utc = TimeZone::UTC.to_timestamp(civil).unwrap().as_millisecond();
        (-15 * 60..).map(|m| utc + m * MINUTE).find(|at| self.shown(*at) >= civil).unwrap()
    }

    fn shifts(&self, day: Date) -> Vec<(i64, i64)> {
        let windows = &self.city.windows;
        let make = || windows.iter().map(|(a, b)| (self.reading(day, *a), self.reading(day, *b))).collect();
        self.shifts.borrow_mut().entry(day).or_insert_with(make).clone()
    }

    fn working(&self, at: i64) -> bool {
        let today = self.shown(at).date();
        [today - 1.day(), today].into_iter().any(|day| {
            (self.city.every || self.city.works(day))
                && self.shifts(day).iter().any(|(a, b)| *a <= at && at < *b)
        })
    }

    /// The instant by which `minutes` have been worked from `at`; None when that takes more than 150 days.
    fn after(&self, at: i64, minutes: u32) -> Option<i64> {
        let mut left = minutes;
        for step in 0..150 * 1440 {
            if left == 0 {
                return Some(at + step * MINUTE);
            }
            left -= u32::from(self.working(at + step * MINUTE));
        }
        None
    }

    fn next_works(&self, mut day: Date, forward: bool) -> Option<Date> {
        for _ in 0..400 {
            if self.city.works(day) {
                return Some(day);
            }
            day = if forward { day + 1.day() } else { day - 1.day() };
        }
        None
    }

    fn end_of(&self, day: Date, end: EndRule) -> i64 {
        let open = self.city.every || self.city.works(day);
        let shifts = self.shifts(day);
        match end {
            EndRule::EndOfWorkingDay if open && shifts.iter().any(|(a, b)| b > a) => {
                shifts.iter().filter(|(a, b)| b > a).map(|(_, b)| *b).max().unwrap()
            }
            _ => self.reading(day, 1440),
        }
    }
}

fn start() -> impl Strategy<Value = i64> {
    // 2026-01-05 to 2027-06: room on both sides of the listed years.
    (0..540 * 1440_i64).prop_map(|minute| 1_767_571_200_000 + minute * MINUTE)
}

/// `PROPTEST_CASES` asks for more; a failure prints the city and the limit that failed.
fn config(cases: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(cases);
    ProptestConfig {
        cases,
        failure_persistence: None,
        max_global_rejects: cases * 10,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn working_hours_equal_the_walk(city in city(), start in start(), minutes in 1_u32..2_000) {
        let (calendar, walker) = (city.calendar(), Walker::new(&city));
        let limit = Limit::of(Amount::WorkingMinutes(minutes));
        if let Some(due) = walker.after(start, minutes) {
            let found = limit.deadline(Time(start), None, &calendar).unwrap();
            prop_assert_eq!(found.due, Time(due));
            let elapsed = limit.elapsed(Time(start), found.due, None, &calendar).unwrap();
            prop_assert_eq!(elapsed, i64::from(minutes) * MINUTE);
        }
    }

    #[test]
    fn working_days_equal_the_walk(
        city in city(), start in start(), n in 1_u32..40,
        end in prop::sample::select(vec![EndRule::EndOfWorkingDay, EndRule::EndOfDay]),
        rule in prop::sample::select(vec![StartRule::AtOnce, StartRule::NextDay, StartRule::NextWorkingDay]),
    ) {
        let (calendar, walker) = (city.calendar(), Walker::new(&city));
        let mut day = walker.shown(start).date();
        let mut known = true;
        for _ in 0..n {
            match walker.next_works(day + 1.day(), true) {
                Some(next) => day = next,
                None => known = false,
            }
        }
        let limit = Limit { start: rule, end, ..Limit::of(Amount::WorkingDays(n)) };
        // All three start rules name the same days here: the day of the start is not counted.
        if known && day.year() < 2029 {
            let mut own = city.clone();
            own.every = false;
            let due = Walker::new(&own).end_of(day, end);
            prop_assert_eq!(limit.deadline(Time(start), None, &calendar).unwrap().due, Time(due));
        }
    }

    #[test]
    fn calendar_days_and_rolls_equal_the_walk(
        city in city(), start in start(), n in 1_u32..60,
        roll in prop::sample::select(vec![
            RollRule::None, RollRule::NextWorkingDay, RollRule::PreviousWorkingDay,
        ]),
        end in prop::sample::select(vec![EndRule::EndOfWorkingDay, EndRule::EndOfDay]),
    ) {
        let (calendar, walker) = (city.calendar(), Walker::new(&city));
        let last = walker.shown(start).date() + i64::from(n).days();
        let rolled = match roll {
            RollRule::None => Some(last),
            RollRule::NextWorkingDay => walker.next_works(last, true),
            RollRule::PreviousWorkingDay => walker.next_works(last, false),
        };
        let limit = Limit { roll, end, ..Limit::of(Amount::CalendarDays(n)) };
        if let Some(day) = rolled.filter(|day| day.year() < 2029) {
            let due = walker.end_of(day, end).max(start);
            prop_assert_eq!(limit.deadline(Time(start), None, &calendar).unwrap().due, Time(due));
        }
    }

    #[test]
    fn a_call_at_night_counts_from_opening(city in city(), start in start(), minutes in 1_u32..600) {
        let (calendar, walker) = (city.calendar(), Walker::new(&city));
        let opening = (0..60 * 1440).map(|m| start + m * MINUTE).find(|at| walker.working(*at));
        let limit = Limit { start: StartRule::NextWorkingMoment, ..Limit::of(Amount::Minutes(minutes)) };
        if let Some(opening) = opening {
            let due = opening + i64::from(minutes) * MINUTE;
            prop_assert_eq!(limit.deadline(Time(start), None, &calendar).unwrap().due, Time(due));
        }
    }

    #[test]
    fn same_day_and_its_cut_off_equal_the_walk(city in city(), start in start(), until in 0_u16..1440) {
        let (calendar, walker) = (city.calendar(), Walker::new(&city));
        let limit = Limit::of(Amount::SameDay(Some(CutOff { until, then: 90 })));
        let shown = walker.shown(start);
        let late = shown.hour() as u16 * 60 + shown.minute() as u16 > until;
        let due = if late { start + 90 * MINUTE } else { walker.reading(shown.date(), 1440) };
        prop_assert_eq!(limit.deadline(Time(start), None, &calendar).unwrap().due, Time(due));
    }
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        (0_u32..5_000).prop_map(Amount::Minutes),
        (0_u32..5_000).prop_map(Amount::WorkingMinutes),
        (0_u32..40).prop_map(Amount::WorkingDays),
        (0_u32..40).prop_map(Amount::ContinuousDays),
        (0_u32..40).prop_map(Amount::CalendarDays),
        Just(Amount::SameDay(None)),
        (0_u16..1440, 0_u32..3000).prop_map(|(until, then)| Amount::SameDay(Some(CutOff { until, then }))),
        (0..700_i32, prop::option::of(0_u16..1440)).prop_map(|(n, m)| Amount::Fixed(day_of(n), m)),
    ]
}

fn limit() -> impl Strategy<Value = Limit> {
    let start = prop::sample::select(vec![
        StartRule::AtOnce,
        StartRule::NextWorkingMoment,
        StartRule::NextWorkingDay,
        StartRule::NextDay,
    ]);
    let end = prop::sample::select(vec![EndRule::SameTime, EndRule::EndOfWorkingDay, EndRule::EndOfDay]);
    let roll =
        prop::sample::select(vec![RollRule::None, RollRule::NextWorkingDay, RollRule::PreviousWorkingDay]);
    let near = prop_oneof![
        Just(NearRule::Never),
        (0_u8..=100).prop_map(NearRule::Percent),
        (0_u32..3000).prop_map(NearRule::Minutes),
        (0_u32..3000).prop_map(NearRule::WorkingMinutes),
        (0_u32..9).prop_map(NearRule::WorkingDays),
    ];
    (amount(), start, end, roll, near).prop_map(|(amount, start, end, roll, near)| Limit {
        amount,
        start,
        end,
        roll,
        hours: None,
        near,
    })
}

/// A deadline, unless nobody ever works in that city.
fn deadline(limit: &Limit, at: i64, calendar: &Calendar) -> Option<Deadline> {
    match limit.deadline(Time(at), None, calendar) {
        Ok(found) => Some(found),
        Err(ClockError::NoWorkingTime(_) | ClockError::OutOfRange { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(config(120))]

    #[test]
    fn a_pause_of_no_time_changes_nothing(
        city in city(), limit in limit(), at in start(), later in 0_i64..6_000_000_000,
    ) {
        let calendar = city.calendar();
        if let Some(before) = deadline(&limit, at, &calendar) {
            let pause = Time(at + later);
            let left = limit.remaining(&before, pause, None, &calendar).unwrap();
            let text = serde_json::to_string(&left).unwrap();
            prop_assert_eq!(serde_json::from_str::<huying_core::clock::Remaining>(&text).unwrap(), left);
            let after = limit.resume(&left, pause, None, &calendar).unwrap();
            prop_assert_eq!((after.due, after.near), (before.due, before.near));
        }
    }

    #[test]
    fn a_pause_gives_back_exactly_what_it_took(
        city in city(), limit in limit(), at in start(),
        run in 0_i64..3_000_000_000, rest in 0_i64..3_000_000_000,
    ) {
        let calendar = city.calendar();
        let Some(before) = deadline(&limit, at, &calendar) else { return Ok(()) };
        let (a, b) = (Time(at + run), Time(at + run + rest));
        let left = limit.remaining(&before, a, None, &calendar).unwrap();
        let after = limit.resume(&left, b, None, &calendar).unwrap();
        prop_assert!(after.due >= before.due, "a pause never brings the due nearer");
        let fixed = matches!(limit.amount, Amount::Fixed(..));
        let measured = |x, y| limit.elapsed(x, y, None, &calendar).unwrap();
        if fixed {
            prop_assert_eq!(after, before);
        } else {
            prop_assert_eq!(measured(b, after.due), measured(a, before.due));
            let again = limit.remaining(&after, b, None, &calendar).unwrap();
            prop_assert_eq!(again.ms(), left.ms());
            if limit.amount.is_working() && measured(a, b) == 0 {
                prop_assert_eq!(after.due, before.due, "nobody worked during the pause");
            }
        }
    }

    #[test]
    fn a_later_start_is_never_due_earlier(
        city in city(), limit in limit(), at in start(), gap in 0_i64..900_000_000,
    ) {
        // Where clocks go back, a later instant may show an earlier reading, and a rule about readings
        // follows it.
        let readings = limit.end == EndRule::SameTime;
        prop_assume!(!readings || city.zone == 0 || ZONES[city.zone] == "Asia/Kathmandu");
        // A reading that rolls keeps the reading: Sunday 01:00 comes out before Saturday 22:00.
        prop_assume!(!(limit.end == EndRule::SameTime && limit.roll != RollRule::None));
        // After its cut-off the same day is another limit, which may well be the shorter: what the city
        // wrote.
        prop_assume!(!matches!(limit.amount, Amount::SameDay(Some(_))));
        let calendar = city.calendar();
        let both = (deadline(&limit, at, &calendar), deadline(&limit, at + gap, &calendar));
        if let (Some(first), Some(second)) = both {
            prop_assert!(first.due <= second.due, "{} then {}", first.due, second.due);
        }
    }

    #[test]
    fn no_due_lies_before_counting_begins_and_near_is_never_late(
        city in city(), limit in limit(), at in start(),
    ) {
        let calendar = city.calendar();
        if let Some(found) = deadline(&limit, at, &calendar) {
            if !matches!(limit.amount, Amount::Fixed(..)) {
                prop_assert!(found.due >= limit.begins(Time(at), None, &calendar).unwrap());
            }
            prop_assert!(found.near.is_none_or(|near| near <= found.due));
            prop_assert_eq!(found.near.is_none(), limit.near == NearRule::Never);
        }
    }

    #[test]
    fn every_instant_and_every_amount_has_an_answer(
        city in city(), limit in limit(), at in any::<i64>(), due in any::<i64>(),
        near_year in -4_000_000_000_000_i64..8_000_000_000_000,
    ) {
        let calendar = city.calendar();
        for at in [at, near_year, i64::MIN, i64::MAX] {
            let _ = limit.deadline(Time(at), None, &calendar);
            for due in [due, near_year, i64::MIN, i64::MAX] {
                if let Ok(named) = limit.deadline_named(Time(at), Time(due), None, &calendar)
                    && let Ok(left) = limit.remaining(&named, Time(at), None, &calendar)
                {
                    let _ = limit.resume(&left, Time(due), None, &calendar);
                }
            }
        }
    }

    #[test]
    fn what_is_written_reads_back(limit in limit()) {
        let json = serde_json::to_string(&limit).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Limit>(&json).unwrap(), &limit);
        let text = toml::to_string(&limit).unwrap();
        prop_assert_eq!(toml::from_str::<Limit>(&text).unwrap(), limit);
    }
}
