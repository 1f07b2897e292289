//! Limits and deadlines 时限: from a start to a due, and through pauses.
//!
//! Owns how one limit is counted on a calendar. Does not own a running clock: which stage it belongs to,
//! whether it is paused and what it fires is the case's state (`../case/`), composed from
//! [`Limit::deadline`], [`Limit::remaining`] and [`Limit::resume`]. Everything is total: no loop here is
//! longer than a day's windows and every amount is bounded. Read `rules.rs` first, then `due.rs`, then
//! `pause.rs`.

mod due;
mod pause;
mod rules;
mod written;

pub use pause::Remaining;
pub use rules::{Amount, CutOff, EndRule, MAX_DAYS, MAX_MINUTES, NearRule, RollRule, StartRule};
pub use written::BadLimit;

use crate::calendar::{Calendar, Days, Shifts};
use crate::ids::HoursId;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A limit as data: what is counted, from when, to which end, where it rolls, by whose hours, when it is
/// near.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Limit {
    /// What is counted and how much. Nothing (0) is due the moment counting begins, whatever the other
    /// rules say.
    pub amount: Amount,
    /// When counting begins.
    pub start: StartRule,
    /// Where within the last day it ends.
    pub end: EndRule,
    /// What happens when the due day is a day off.
    pub roll: RollRule,
    /// The table of hours to count by. Without one it is the holder's, and without that the calendar's
    /// default.
    pub hours: Option<HoursId>,
    /// When the clock is near.
    pub near: NearRule,
}

/// The answer to a start: when it is due. A clock is overdue **after** `due`; at `due` it is still in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Deadline {
    /// The last instant in time.
    pub due: Time,
    /// When the clock becomes near; may lie before the start when the rule asks for more than the limit has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<Time>,
    /// Whether a day that decided the due lies in a year whose holidays are not published.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
}

impl Deadline {
    /// Whether work finished `at` was in time.
    pub fn met_at(&self, at: Time) -> bool {
        at <= self.due
    }

    /// Whether a clock still running `at` is near its due or past it.
    pub fn is_near(&self, at: Time) -> bool {
        at > self.due || self.near.is_some_and(|near| at >= near)
    }
}

/// Why a deadline cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// The count leaves the years the calendar covers.
    #[error(
        "counting from {at} leaves the years {first} to {last} of the calendar: add the missing year to it"
    )]
    OutOfRange {
        /// Where counting began.
        at: Time,
        /// The first covered year.
        first: i16,
        /// The last covered year.
        last: i16,
    },
    /// Nobody ever works by the hours that count.
    #[error("no working time in the hours `{0}`: every day of the calendar is off")]
    NoWorkingTime(HoursId),
    /// The calendar has no such table of hours.
    #[error("the calendar has no hours `{0}`")]
    UnknownHours(HoursId),
    /// A milestone has no due before an event names it; see [`Limit::deadline_named`].
    #[error("a milestone has no due before it is named")]
    NotNamed,
}

/// What one count reads: the days, the shifts if any rule needs them, and what was walked.
struct View<'c> {
    calendar: &'c Calendar,
    days: &'c Days,
    shifts: Option<&'c Shifts>,
    /// Where counting began, for the error.
    origin: Time,
    provisional: bool,
}

impl<'c> View<'c> {
    fn beyond(&self) -> ClockError {
        let (first, last) = self.calendar.covered_years();
        ClockError::OutOfRange { at: self.origin, first, last }
    }

    fn day(&self, at: i64) -> Result<usize, ClockError> {
        self.days.of(at).ok_or_else(|| self.beyond())
    }

    fn shifts(&self) -> Result<&'c Shifts, ClockError> {
        self.shifts.ok_or_else(|| ClockError::NoWorkingTime(self.calendar.default_hours().clone()))
    }

    /// Notes that the days from `from` to `to` decided the due.
    fn walk(&mut self, from: usize, to: usize) {
        self.provisional = self.provisional || self.days.unpublished(from, to);
    }

    fn worked(&self, at: i64) -> Result<i64, ClockError> {
        Ok(self.shifts()?.worked(self.day(at)?, at))
    }

    /// The earliest instant by which `worked` has been worked, and the beginning of the next stretch if it
    /// ends one.
    fn when(&self, worked: i64) -> Result<(i64, i64), ClockError> {
        self.shifts()?.when(worked).ok_or_else(|| self.beyond())
    }

    /// The `n`th working day from `day`, as [`Days::nth`]; the days between are walked.
    fn nth(&mut self, day: usize, n: i64) -> Result<usize, ClockError> {
        let found = self.days.nth(day, n).ok_or_else(|| self.beyond())?;
        self.walk(day, found);
        Ok(found)
    }
}

/// Days of a week: a fact, not a rule.
const DAYS: u32 = 7;
/// Minutes of a week: a fact, not a rule.
const WEEK_MINUTES: u32 = DAYS * 24 * 60;
/// Working days of a week without holidays: a fact, not a rule.
const WORKING_DAYS: u32 = 5;
/// Working minutes of such a week, 每周 40 小时 of 国务院关于职工工作时间的规定: a fact, not a rule.
const WORKING_WEEK_MINUTES: u32 = 40 * 60;

impl Limit {
    /// A limit with the usual rules of its kind: starts at once (in days: the day of the start is not
    /// counted), working days end with the working day, calendar days at 24:00, hours exactly; no roll,
    /// never near, the holder's hours.
    pub fn of(amount: Amount) -> Self {
        Self {
            amount,
            start: StartRule::AtOnce,
            end: amount.usual_end(),
            roll: RollRule::None,
            hours: None,
            near: NearRule::Never,
        }
    }

    /// When a clock started at `start` is due. `holder` is the table of hours of the unit that holds the
    /// clock, used unless the limit names its own. Fails when the count leaves the covered years, when the
    /// hours are unknown or empty, and for a milestone.
    pub fn deadline(
        &self,
        start: Time,
        holder: Option<&HoursId>,
        calendar: &Calendar,
    ) -> Result<Deadline, ClockError> {
        let mut view = self.view(start, holder, calendar)?;
        let begin = self.begin(start.0, &mut view)?;
        let due = self.due(begin, &mut view)?;
        let near = self.near_at(begin, due, &mut view)?;
        Ok(Deadline { due: Time(due), near: near.map(Time), provisional: view.provisional })
    }

    /// The deadline of a clock whose due an event has named, as for a milestone; only the near rule is
    /// counted.
    pub fn deadline_named(
        &self,
        start: Time,
        due: Time,
        holder: Option<&HoursId>,
        calendar: &Calendar,
    ) -> Result<Deadline, ClockError> {
        let mut view = self.view(start, holder, calendar)?;
        let near = self.near_at(start.0, due.0, &mut view)?;
        Ok(Deadline { due, near: near.map(Time), provisional: view.provisional })
    }

    /// How often it passes in a week without holidays, as a fraction; none where it does not come back.
    pub fn in_a_week(&self) -> Option<(u32, u32)> {
        let (of, amount) = match self.amount {
            Amount::Minutes(n) => (WEEK_MINUTES, n),
            Amount::WorkingMinutes(n) => (WORKING_WEEK_MINUTES, n),
            Amount::WorkingDays(n) => (WORKING_DAYS, n),
            Amount::ContinuousDays(n) | Amount::CalendarDays(n) => (DAYS, n),
            Amount::SameDay(_) => (DAYS, 1),
            Amount::Fixed(..) | Amount::Milestone => return None,
        };
        (amount > 0).then_some((of, amount))
    }

    /// When counting begins for a clock started at `start`.
    pub fn begins(
        &self,
        start: Time,
        holder: Option<&HoursId>,
        calendar: &Calendar,
    ) -> Result<Time, ClockError> {
        let mut view = self.view(start, holder, calendar)?;
        self.begin(start.0, &mut view).map(Time)
    }

    fn view<'c>(
        &self,
        origin: Time,
        holder: Option<&HoursId>,
        calendar: &'c Calendar,
    ) -> Result<View<'c>, ClockError> {
        let mut view = View { calendar, days: calendar.days(), shifts: None, origin, provisional: false };
        if self.needs_hours() {
            let name = self.hours.as_ref().or(holder);
            let named = || name.unwrap_or_else(|| calendar.default_hours()).clone();
            let counted = calendar.counted(name).ok_or_else(|| ClockError::UnknownHours(named()))?;
            let shifts = counted.shifts(matches!(self.amount, Amount::WorkingDays(_)));
            if shifts.is_empty() {
                return Err(ClockError::NoWorkingTime(named()));
            }
            view.shifts = Some(shifts);
        }
        Ok(view)
    }

    fn needs_hours(&self) -> bool {
        self.amount.is_working()
            || matches!(self.start, StartRule::NextWorkingMoment | StartRule::NextWorkingDay)
            || self.end == EndRule::EndOfWorkingDay
            || matches!(self.near, NearRule::WorkingMinutes(_))
    }
}
