//! The calendar of a city 工作日历: its zone, weekend, holidays, make-up days and tables of working hours.
//!
//! Owns what each day is and when people work. Pure data: a year is added by adding a table to the city's
//! `calendar.toml`, never by a release. Does not own limits and deadlines (`../clock/mod.rs`), nor the
//! digest of an edition. Read `year.rs` and `hours.rs` for the data, `read.rs` for the file, `index.rs` for
//! the arithmetic.

mod hours;
mod index;
mod read;
mod year;

pub use hours::{BadWindow, DaysWorked, HoursTable, MonthDay, Season, Window};
pub use year::{Holiday, MakeUp, YearTable};

pub(crate) use hours::minute_of;
pub(crate) use index::{Counted, DAY_MS, Days, MINUTE_MS, Shifts};

use crate::fault::{Fault, Severity};
use crate::ids::HoursId;
use crate::time::Time;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use year::Listed;

/// The first year a table may be for.
pub const FIRST_YEAR: i16 = 1950;
/// The last year a table may be for.
pub const LAST_YEAR: i16 = 2200;
/// Years covered before the first listed one, so that old records can be counted.
pub const YEARS_BEFORE: i16 = 30;
/// Years covered after the last listed one; no limit reaches further.
pub const YEARS_AFTER: i16 = 12;
/// The most years between the first and the last listed one.
pub const MAX_YEARS: i16 = 100;
/// The most holidays and make-up days of one year's table.
pub const MAX_ENTRIES: usize = 200;
/// The most days of one holiday.
pub const MAX_HOLIDAY_DAYS: i32 = 61;
/// The most tables of hours.
pub const MAX_HOURS: usize = 64;
/// The most windows of one day.
pub const MAX_WINDOWS: usize = 12;

/// What a civil day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind<'a> {
    /// An ordinary working day.
    Workday,
    /// An ordinary day of the weekend.
    Weekend,
    /// A day off under a holiday's name, on a weekday or a weekend.
    Holiday {
        /// The holiday.
        name: &'a str,
    },
    /// A day worked to make up for a holiday.
    MakeUp {
        /// The holiday it makes up for.
        of: &'a str,
    },
}

/// The calendar of a city, checked and ready to count with. Made by [`Calendar::read`].
#[derive(Debug, Clone)]
pub struct Calendar {
    zone_name: String,
    weekend: Vec<Weekday>,
    years: BTreeMap<i16, YearTable>,
    hours: Vec<(HoursId, HoursTable, Counted)>,
    default_hours: usize,
    listed: BTreeMap<Date, Listed>,
    days: Days,
}

/// The checked parts a calendar is made of.
struct Parts {
    zone: TimeZone,
    zone_name: String,
    weekend: Vec<Weekday>,
    years: BTreeMap<i16, YearTable>,
    hours: Vec<(HoursId, HoursTable)>,
    default_hours: usize,
}

impl Calendar {
    fn build(parts: Parts, listed: BTreeMap<Date, Listed>) -> Self {
        let Parts { zone, zone_name, weekend, years, hours, default_hours } = parts;
        let first = years.keys().next().copied().unwrap_or(FIRST_YEAR) - YEARS_BEFORE;
        let last = years.keys().next_back().copied().unwrap_or(FIRST_YEAR) + YEARS_AFTER;
        let works = |date: Date| listed.get(&date).map_or(!weekend.contains(&date.weekday()), |l| l.works);
        let published = |year: i16| years.get(&year).is_some_and(|y| y.published);
        let days = Days::build(&zone, first..=last, works, published);
        let hours = hours
            .into_iter()
            .map(|(id, table)| {
                let counted = Counted::build(&table, &days);
                (id, table, counted)
            })
            .collect();
        Self { zone_name, weekend, years, hours, default_hours, listed, days }
    }

    /// The IANA name of the city's zone.
    pub fn zone(&self) -> &str {
        &self.zone_name
    }

    /// What `date` is. Total: a year that is not listed has ordinary weeks only.
    pub fn day(&self, date: Date) -> DayKind<'_> {
        match self.listed.get(&date) {
            Some(Listed { works: true, name }) => DayKind::MakeUp { of: name },
            Some(Listed { works: false, name }) => DayKind::Holiday { name },
            None if self.weekend.contains(&date.weekday()) => DayKind::Weekend,
            None => DayKind::Workday,
        }
    }

    /// Whether `date` is worked.
    pub fn is_working_day(&self, date: Date) -> bool {
        matches!(self.day(date), DayKind::Workday | DayKind::MakeUp { .. })
    }

    /// Whether the holiday notice of `year` is published.
    pub fn published(&self, year: i16) -> bool {
        self.years.get(&year).is_some_and(|y| y.published)
    }

    /// The last year whose notice is published.
    pub fn last_published_year(&self) -> Option<i16> {
        self.years.iter().rev().find(|(_, table)| table.published).map(|(year, _)| *year)
    }

    /// The listed years, in order.
    pub fn years(&self) -> impl Iterator<Item = (i16, &YearTable)> {
        self.years.iter().map(|(year, table)| (*year, table))
    }

    /// The first and last year working time can be counted in.
    pub fn covered_years(&self) -> (i16, i16) {
        (self.days.date(0).year(), self.days.date(self.days.len() - 1).year())
    }

    /// The tables of hours, in order of their names.
    pub fn hours(&self) -> impl Iterator<Item = (&HoursId, &HoursTable)> {
        self.hours.iter().map(|(id, table, _)| (id, table))
    }

    /// The table used where neither the limit nor the holder names one.
    pub fn default_hours(&self) -> &HoursId {
        &self.hours[self.default_hours].0
    }

    /// The civil date and clock reading of an instant in the city.
    pub fn civil(&self, at: Time) -> DateTime {
        self.days.zone.to_datetime(at.timestamp())
    }

    /// The civil date of an instant in the city.
    pub fn date(&self, at: Time) -> Date {
        self.civil(at).date()
    }

    /// The first instant at which the city's clocks show `civil` or later: a reading skipped in spring is the
    /// moment of the jump, a reading shown twice in autumn is its first showing.
    pub fn instant(&self, civil: DateTime) -> Time {
        Time(index::reading(&self.days.zone, civil))
    }

    /// The working windows that begin on `date`, as instants, by the named table or the default one. Empty
    /// for a day off; `None` when no table has that name.
    pub fn windows(&self, date: Date, hours: Option<&HoursId>) -> Option<Vec<(Time, Time)>> {
        let (_, table, _) = match hours {
            None => &self.hours[self.default_hours],
            Some(name) => self.hours.iter().find(|(id, _, _)| id == name)?,
        };
        if table.days == DaysWorked::Working && !self.is_working_day(date) {
            return Some(Vec::new());
        }
        let midnight = date.to_datetime(jiff::civil::Time::midnight());
        let at = |minute: u16| {
            let civil = midnight.saturating_add(jiff::Span::new().minutes(i64::from(minute)));
            self.instant(civil)
        };
        let windows = table.windows_on(date).iter().map(|w| (at(w.from), at(w.to)));
        Some(windows.filter(|(from, to)| from < to).collect())
    }

    /// The calendar with the table of one year added or replaced, as when a holiday notice comes out after
    /// deadlines were set. The faults are those of the table and of its fit with the other years.
    pub fn with_year(&self, year: i16, table: YearTable) -> Result<Self, Vec<Fault>> {
        let mut years = self.years.clone();
        years.insert(year, table);
        let mut faults = Vec::new();
        let listed = check_years(&years, &self.weekend, &mut |field, problem, accepted, severity| {
            faults.push(Fault { severity, file: String::new(), line: 0, field, problem, accepted });
        });
        if faults.iter().any(|f| f.severity == Severity::Error) {
            return Err(faults);
        }
        let parts = Parts {
            zone: self.days.zone.clone(),
            zone_name: self.zone_name.clone(),
            weekend: self.weekend.clone(),
            years,
            hours: self.hours.iter().map(|(id, table, _)| (id.clone(), table.clone())).collect(),
            default_hours: self.default_hours,
        };
        Ok(Self::build(parts, listed))
    }

    pub(crate) fn days(&self) -> &Days {
        &self.days
    }

    /// The counted hours under a name, or the default ones.
    pub(crate) fn counted(&self, hours: Option<&HoursId>) -> Option<&Counted> {
        match hours {
            None => Some(&self.hours[self.default_hours].2),
            Some(name) => self.hours.iter().find(|(id, _, _)| id == name).map(|(_, _, counted)| counted),
        }
    }
}

type Report<'a> = &'a mut dyn FnMut(String, String, String, Severity);

/// Checks the tables of all years together and lists their dates.
fn check_years(
    years: &BTreeMap<i16, YearTable>,
    weekend: &[Weekday],
    report: Report<'_>,
) -> BTreeMap<Date, Listed> {
    let mut listed = BTreeMap::new();
    let (first, last) = (years.keys().next(), years.keys().next_back());
    if let (Some(first), Some(last)) = (first, last)
        && (*first < FIRST_YEAR || *last > LAST_YEAR || last - first >= MAX_YEARS)
    {
        let accepted =
            format!("years from {FIRST_YEAR} to {LAST_YEAR}, at most {MAX_YEARS} from first to last");
        report("year".into(), format!("years {first} to {last}"), accepted, Severity::Error);
        return listed;
    }
    for (year, table) in years {
        for flaw in table.check_into(*year, &mut listed) {
            let field = format!("year.{year}.{}", flaw.key);
            report(field, flaw.problem, flaw.accepted.to_owned(), Severity::Error);
        }
        for (i, day) in table.make_up.iter().enumerate() {
            let counts = listed.get(&day.date).is_some_and(|l: &Listed| l.works);
            if counts && !weekend.contains(&day.date.weekday()) {
                let field = format!("year.{year}.make_up[{i}].date");
                let problem = format!("{} is a working day already", day.date);
                report(field, problem, "a day of the weekend".into(), Severity::Warning);
            }
        }
        if table.published && table.holidays.is_empty() {
            let problem = format!("{year} is published without any holiday");
            report(format!("year.{year}.holidays"), problem, String::new(), Severity::Warning);
        }
    }
    listed
}
