//! Pause and resume: what is left of a deadline, and the deadline that gives exactly that back.
//!
//! A limit in working time (working hours, working days) is paused in working time, so a pause that lies in
//! the night or over a weekend changes nothing and one that spans two working hours moves the due by two
//! working hours. Every other limit is paused in elapsed time. A fixed date does not move. What is left is
//! kept to the millisecond and is not rounded up to the end of a day again: otherwise pausing for a minute
//! each evening would make a clock stand still.

use super::due::worked_before;
use super::{Amount, ClockError, Deadline, Limit, NearRule, View};
use crate::calendar::Calendar;
use crate::ids::HoursId;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What is left of a deadline at an instant; negative once overdue. Keep it while a clock is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "in", rename_all = "kebab-case")]
pub enum Remaining {
    /// Elapsed time, for continuous hours and days, calendar days, the same day and milestones.
    Elapsed {
        /// Milliseconds left.
        ms: i64,
        /// From the near moment to the due, in the same measure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        near: Option<i64>,
    },
    /// Working time, for working hours and working days.
    Working {
        /// Working milliseconds left.
        ms: i64,
        /// How long after the last working moment before it the due lies, as when it is at 24:00.
        #[serde(default, skip_serializing_if = "crate::is_default")]
        after: i64,
        /// From the near moment to the due, in working time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        near: Option<i64>,
    },
    /// A fixed date, which no pause moves.
    Fixed {
        /// Elapsed milliseconds left.
        ms: i64,
        /// The deadline as it was.
        deadline: Deadline,
    },
}

impl Remaining {
    /// Milliseconds left in the limit's own measure; negative once overdue.
    pub fn ms(&self) -> i64 {
        match self {
            Self::Elapsed { ms, .. } | Self::Working { ms, .. } | Self::Fixed { ms, .. } => *ms,
        }
    }

    /// Whether [`Remaining::ms`] is working time.
    pub fn is_working(&self) -> bool {
        matches!(self, Self::Working { .. })
    }
}

impl Limit {
    /// What is left of `deadline` at `at`, counted by the hours the deadline was counted by.
    pub fn remaining(
        &self,
        deadline: &Deadline,
        at: Time,
        holder: Option<&HoursId>,
        calendar: &Calendar,
    ) -> Result<Remaining, ClockError> {
        let due = deadline.due;
        if matches!(self.amount, Amount::Fixed(..)) {
            return Ok(Remaining::Fixed { ms: due.since(at), deadline: *deadline });
        }
        // Only a share of the whole has to be remembered; every other near rule is counted from the due
        // again.
        let near = deadline.near.filter(|_| matches!(self.near, NearRule::Percent(_)));
        if !self.amount.is_working() {
            return Ok(Remaining::Elapsed { ms: due.since(at), near: near.map(|near| due.since(near)) });
        }
        let view = self.view(at, holder, calendar)?;
        let end = view.worked(due.0)?;
        let after = due.0 - worked_before(end, &view)?;
        let near = near.map(|near| Ok(end - view.worked(near.0)?)).transpose()?;
        Ok(Remaining::Working { ms: end - view.worked(at.0)?, after, near })
    }

    /// The deadline of a clock that goes on at `at` with `remaining` left. `provisional` tells of the days
    /// from `at` to the due only; a case keeps the flag of the deadline before if that was set.
    pub fn resume(
        &self,
        remaining: &Remaining,
        at: Time,
        holder: Option<&HoursId>,
        calendar: &Calendar,
    ) -> Result<Deadline, ClockError> {
        match *remaining {
            Remaining::Fixed { deadline, .. } => Ok(deadline),
            Remaining::Elapsed { ms, near } => {
                let mut view = self.view(at, holder, calendar)?;
                let due = at.plus(ms);
                let near = match near {
                    Some(gap) => Some(due.0.saturating_sub(gap)),
                    None => self.near_again(due.0, &mut view)?,
                };
                Ok(Deadline { due, near: near.map(Time), provisional: view.provisional })
            }
            Remaining::Working { ms, after, near } => {
                let mut view = self.view(at, holder, calendar)?;
                let end = view.worked(at.0)?.saturating_add(ms);
                let due = place(end, after, &view)?;
                if view.shifts()?.sensitive {
                    let (from, to) = (view.day(at.0)?, view.day(due.saturating_sub(1))?);
                    view.walk(from, to);
                }
                let near = match near {
                    Some(gap) => Some(worked_before(end.saturating_sub(gap), &view)?.min(due)),
                    None => self.near_again(due, &mut view)?,
                };
                Ok(Deadline { due: Time(due), near: near.map(Time), provisional: view.provisional })
            }
        }
    }

    /// Milliseconds from `from` to `to` in the limit's own measure: working time for working hours and days,
    /// elapsed time otherwise. Negative when `to` is the earlier. For the time a stage took, sum its running
    /// stretches.
    pub fn elapsed(
        &self,
        from: Time,
        to: Time,
        holder: Option<&HoursId>,
        calendar: &Calendar,
    ) -> Result<i64, ClockError> {
        if !self.amount.is_working() {
            return Ok(to.since(from));
        }
        let view = self.view(from, holder, calendar)?;
        Ok(view.worked(to.0)? - view.worked(from.0)?)
    }

    fn near_again(&self, due: i64, view: &mut View<'_>) -> Result<Option<i64>, ClockError> {
        if matches!(self.near, NearRule::Percent(_)) { Ok(None) } else { self.near_at(due, due, view) }
    }
}

/// The instant by which `worked` has been worked, and `after` it as far as nobody works there.
fn place(worked: i64, after: i64, view: &View<'_>) -> Result<i64, ClockError> {
    if worked <= 0 {
        return worked_before(worked, view).map(|start| start.saturating_add(after));
    }
    let (at, until) = view.when(worked)?;
    Ok(at + after.clamp(0, until - at))
}
