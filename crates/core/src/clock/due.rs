//! From a start to a due: the start rule, the amount, the end rule, the roll, and the near moment.
//!
//! Owns the order in which the rules apply, which is the order of this file.

use super::{Amount, ClockError, EndRule, Limit, NearRule, RollRule, StartRule, View};
use crate::calendar::{DAY_MS, MINUTE_MS};

/// A due and the day that ended with it. A night shift may end on the date after its day; an exact due ends
/// none, and 00:00 then still belongs to the day before.
type Ending = (i64, Option<usize>);

impl Limit {
    /// When counting begins.
    pub(super) fn begin(&self, start: i64, view: &mut View<'_>) -> Result<i64, ClockError> {
        if matches!(self.amount, Amount::Fixed(..)) {
            return Ok(start);
        }
        match self.start {
            StartRule::AtOnce => Ok(start),
            StartRule::NextWorkingMoment => {
                let day = view.day(start)?;
                let shifts = view.shifts()?;
                let begin = shifts.next_moment(day, start).ok_or_else(|| view.beyond())?;
                if shifts.sensitive {
                    let last = view.day(begin)?;
                    view.walk(day, last);
                }
                Ok(begin)
            }
            StartRule::NextWorkingDay => {
                let day = view.day(start)?;
                let next = view.nth(day, 1)?;
                Ok(view.shifts()?.begins(next).unwrap_or(view.days.starts[next]))
            }
            StartRule::NextDay => {
                let next = view.day(start)? + 1;
                Ok(view.days.starts[next])
            }
        }
    }

    /// When a clock that begins counting at `begin` is due.
    pub(super) fn due(&self, begin: i64, view: &mut View<'_>) -> Result<i64, ClockError> {
        let (due, day) = match self.amount {
            Amount::Minutes(0)
            | Amount::WorkingMinutes(0)
            | Amount::WorkingDays(0)
            | Amount::ContinuousDays(0)
            | Amount::CalendarDays(0) => return Ok(begin),
            Amount::Milestone => return Err(ClockError::NotNamed),
            Amount::Minutes(n) => self.lengthen(begin.saturating_add(i64::from(n) * MINUTE_MS), view)?,
            Amount::ContinuousDays(n) => self.lengthen(begin.saturating_add(i64::from(n) * DAY_MS), view)?,
            Amount::WorkingMinutes(n) => {
                let due = self.after_work(begin, i64::from(n) * MINUTE_MS, view)?;
                self.lengthen(due, view)?
            }
            Amount::WorkingDays(n) => self.working_days(begin, i64::from(n), view)?,
            Amount::CalendarDays(n) => self.calendar_days(begin, n as usize, view)?,
            Amount::SameDay(cut) => {
                let day = view.day(begin)?;
                match cut {
                    Some(cut) if view.days.clock(day, begin) > i64::from(cut.until) * MINUTE_MS => {
                        (begin.saturating_add(i64::from(cut.then) * MINUTE_MS), None)
                    }
                    // After closing the working day cannot end before it began; the civil day ends it then.
                    _ => {
                        let end = self.day_end(day, begin, view)?;
                        (if end < begin { view.days.at(day, DAY_MS) } else { end }, Some(day))
                    }
                }
            }
            Amount::Fixed(date, minute) => {
                let day = view.days.of_date(date).ok_or_else(|| view.beyond())?;
                let due = match minute {
                    Some(minute) => view.days.at(day, i64::from(minute) * MINUTE_MS),
                    None => self.day_end(day, view.days.starts[day], view)?,
                };
                (due, Some(day))
            }
        };
        self.rolled(begin, due, day, view)
    }

    fn after_work(&self, begin: i64, work: i64, view: &mut View<'_>) -> Result<i64, ClockError> {
        let (due, _) = view.when(view.worked(begin)? + work)?;
        if view.shifts()?.sensitive {
            let (from, to) = (view.day(begin)?, view.day(due.saturating_sub(1))?);
            view.walk(from, to);
        }
        Ok(due)
    }

    fn working_days(&self, begin: i64, n: i64, view: &mut View<'_>) -> Result<Ending, ClockError> {
        let day = view.day(begin)?;
        if self.end == EndRule::SameTime {
            // A start on a day off counts as 00:00 of the next working day, so that later starts are never
            // due earlier.
            let base = view.nth(day, 0)?;
            let clock = if base == day { view.days.clock(day, begin) } else { 0 };
            let last = view.nth(base, n)?;
            return Ok((view.days.at(last, clock), None));
        }
        let last = if self.counts_first_day() {
            let first = view.nth(day, 0)?;
            if n == 1 { first } else { view.nth(first, n - 1)? }
        } else {
            view.nth(day, n)?
        };
        Ok((self.day_end(last, begin, view)?, Some(last)))
    }

    fn calendar_days(&self, begin: i64, n: usize, view: &mut View<'_>) -> Result<Ending, ClockError> {
        let day = view.day(begin)?;
        let last =
            if self.counts_first_day() && self.end != EndRule::SameTime { day + n - 1 } else { day + n };
        if last >= view.days.len() {
            return Err(view.beyond());
        }
        let clock = view.days.clock(day, begin);
        let end = self.day_end(last, view.days.at(last, clock), view)?;
        Ok((end, (self.end != EndRule::SameTime).then_some(last)))
    }

    /// Whether the day on which counting begins is itself the first counted.
    fn counts_first_day(&self) -> bool {
        matches!(self.start, StartRule::NextDay | StartRule::NextWorkingDay)
    }

    /// The end of a day by the end rule; `exact` for a rule that keeps the time.
    fn day_end(&self, day: usize, exact: i64, view: &mut View<'_>) -> Result<i64, ClockError> {
        match self.end {
            EndRule::SameTime => Ok(exact),
            EndRule::EndOfDay => Ok(view.days.at(day, DAY_MS)),
            EndRule::EndOfWorkingDay => {
                let shifts = view.shifts()?;
                if shifts.sensitive {
                    view.walk(day, day);
                }
                Ok(shifts.ends(day).unwrap_or_else(|| view.days.at(day, DAY_MS)))
            }
        }
    }

    /// Hours under an end rule other than the exact one run on to the first end of a day at or after `due`.
    fn lengthen(&self, due: i64, view: &mut View<'_>) -> Result<Ending, ClockError> {
        if self.end == EndRule::SameTime {
            return Ok((due, None));
        }
        let day = view.day(due.saturating_sub(1))?;
        // The night shift of the day before may still be on; the end of the day after is always late enough.
        let last = (day + 2).min(view.days.len());
        for candidate in day.saturating_sub(1)..last {
            let end = self.day_end(candidate, due, view)?;
            if end >= due {
                return Ok((end, Some(candidate)));
            }
        }
        Err(view.beyond())
    }

    fn rolled(
        &self,
        begin: i64,
        due: i64,
        ended: Option<usize>,
        view: &mut View<'_>,
    ) -> Result<i64, ClockError> {
        if self.roll == RollRule::None {
            return Ok(due);
        }
        let day = ended.map_or_else(|| view.day(due.saturating_sub(1)), Ok)?;
        view.walk(day, day);
        if view.days.works(day) {
            return Ok(due);
        }
        let step = if self.roll == RollRule::NextWorkingDay { 1 } else { -1 };
        let target = view.nth(day, step)?;
        let clock = clock_at(day, due, view);
        let exact = view.days.at(target, clock);
        Ok(self.day_end(target, exact, view)?.max(begin))
    }

    /// The near moment of a clock that counts from `begin` to `due`.
    pub(super) fn near_at(
        &self,
        begin: i64,
        due: i64,
        view: &mut View<'_>,
    ) -> Result<Option<i64>, ClockError> {
        let near = match self.near {
            NearRule::Never => return Ok(None),
            NearRule::Percent(percent) if self.amount.is_working() => {
                let end = view.worked(due)?;
                let gap = share(end - view.worked(begin)?, percent);
                worked_before(end - gap, view)?
            }
            NearRule::Percent(percent) => due.saturating_sub(share(due.saturating_sub(begin), percent)),
            NearRule::Minutes(n) => due.saturating_sub(i64::from(n) * MINUTE_MS),
            NearRule::WorkingMinutes(n) => {
                let end = view.worked(due)?;
                worked_before(end - i64::from(n) * MINUTE_MS, view)?
            }
            NearRule::WorkingDays(0) => due,
            NearRule::WorkingDays(n) => {
                let day = view.day(due.saturating_sub(1))?;
                let target = view.days.nth(day, -i64::from(n)).ok_or_else(|| view.beyond())?;
                let clock = clock_at(day, due, view);
                view.days.at(target, clock)
            }
        };
        Ok(Some(near.min(due)))
    }
}

/// What the clock shows at `due`, seen from the day it ends: the first instant of the next day reads 24:00.
fn clock_at(day: usize, due: i64, view: &View<'_>) -> i64 {
    if due >= view.days.starts[day + 1] { DAY_MS } else { view.days.clock(day, due) }
}

/// `percent` of `total`, nothing when `total` is not positive.
fn share(total: i64, percent: u8) -> i64 {
    let total = i128::from(total.max(0));
    i64::try_from(total * i128::from(percent) / 100).unwrap_or(0)
}

/// The instant by which `worked` had been worked; the beginning of the covered years when that lies before
/// them.
pub(super) fn worked_before(worked: i64, view: &View<'_>) -> Result<i64, ClockError> {
    if worked <= 0 { Ok(view.days.starts[0]) } else { Ok(view.when(worked)?.0) }
}
