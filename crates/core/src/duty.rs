//! Duty 值班: who is on duty in a unit at an instant, around the clock; substitutions and handovers.
//!
//! A roster is data: shifts that together fill a day, and a crew that takes them in turn. It answers what
//! `decide` asks by `Needs::duty`; where rosters are kept and changed is `standing/duty.rs`. Next:
//! `case/decide/rung.rs`, which puts the person found into the event.

use crate::calendar::Calendar;
use crate::ids::{PersonId, UnitId};
use crate::time::Time;
use compact_str::CompactString;
use jiff::civil::{Date, Time as Clock};
use serde::{Deserialize, Serialize};

/// A fact, not a rule: the minutes of a civil day.
const DAY_MINUTES: u32 = 1_440;
const MS_PER_MINUTE: i64 = 60_000;

/// One shift of the day 班次. It may run past midnight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// Its name, such as 白班.
    pub name: CompactString,
    /// When it begins, in the city's civil time.
    pub start: Clock,
    /// How long it lasts.
    pub minutes: u32,
}

/// Somebody stands in 替班, from an instant up to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Swap {
    /// From then on.
    pub from: Time,
    /// Up to then, which no longer belongs to it.
    pub to: Time,
    /// Who stands in.
    pub person: PersonId,
}

/// The roster of a unit's duty seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyRoster {
    /// The unit.
    pub unit: UnitId,
    /// The seat, such as `hotline` or `duty-room`: a unit may keep several, the profile's first
    /// is asked.
    pub seat: CompactString,
    /// The first day it holds; on it the crew's first person takes the first shift.
    pub since: Date,
    /// The shifts of a day, each beginning where the one before ends.
    pub shifts: Vec<Shift>,
    /// Who takes the shifts, in turn.
    pub crew: Vec<PersonId>,
    /// Substitutions; the last that fits counts.
    #[serde(default)]
    pub swaps: Vec<Swap>,
}

/// A turn of duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn<'a> {
    /// Which shift.
    pub shift: &'a Shift,
    /// Who has it.
    pub person: &'a PersonId,
    /// When it began.
    pub from: Time,
    /// When it ends: the next turn begins then.
    pub to: Time,
}

/// What one turn hands to the next 交接班.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// When it was signed.
    pub at: Time,
    /// Who goes.
    pub from: PersonId,
    /// Who comes.
    pub to: PersonId,
    /// The open matters that are handed on, by public number.
    #[serde(default)]
    pub open: Vec<CompactString>,
    /// The note, in the vault.
    pub note: crate::case::event::TextRef,
}

/// Why a roster or a handover does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDuty {
    /// Nobody is named.
    #[error("the crew of `{0}` is empty; accepted: at least one person")]
    NoCrew(CompactString),
    /// The shifts leave a gap or overlap.
    #[error("shift `{0}` ends {1} and the next begins {2}; accepted: shifts that fill the day without a gap")]
    Gap(CompactString, Clock, Clock),
    /// The shifts are more or less than a day.
    #[error("the shifts of `{0}` last {1} minutes together; accepted: {DAY_MINUTES}")]
    NotADay(CompactString, u32),
    /// A substitution ends before it begins.
    #[error("a substitution by {0} ends before it begins; accepted: `to` after `from`")]
    Backwards(PersonId),
}

impl DutyRoster {
    /// Every fault of the roster; none when somebody is on duty at every instant from its first shift on.
    pub fn faults(&self) -> Vec<BadDuty> {
        let mut all = Vec::new();
        if self.crew.is_empty() {
            all.push(BadDuty::NoCrew(self.seat.clone()));
        }
        let total: u32 = self.shifts.iter().fold(0, |sum, s| sum.saturating_add(s.minutes));
        if total != DAY_MINUTES {
            all.push(BadDuty::NotADay(self.seat.clone(), total));
        }
        for (i, shift) in self.shifts.iter().enumerate() {
            let Some(next) = self.shifts.get((i + 1) % self.shifts.len()) else { continue };
            let end = (minute(shift.start) + shift.minutes) % DAY_MINUTES;
            if end != minute(next.start) {
                all.push(BadDuty::Gap(shift.name.clone(), clock(end), next.start));
            }
        }
        all.extend(
            self.swaps.iter().filter(|s| s.to <= s.from).map(|s| BadDuty::Backwards(s.person.clone())),
        );
        all
    }

    /// The turn at an instant; none before the first, nor with a roster that has faults.
    pub fn turn(&self, at: Time, calendar: &Calendar) -> Option<Turn<'_>> {
        let civil = calendar.civil(at);
        let today = minute(civil.time());
        // The shift that began last before this minute, perhaps yesterday.
        let begun = |day: Date, limit: u32| {
            let of_day = self.shifts.iter().enumerate().filter(|(_, s)| minute(s.start) <= limit);
            of_day.max_by_key(|(_, s)| minute(s.start)).map(|(i, s)| (day, i, s))
        };
        let (day, index, shift) = begun(civil.date(), today)
            .or_else(|| begun(civil.date().yesterday().ok()?, DAY_MINUTES))
            .filter(|(day, _, _)| *day >= self.since)?;
        let from = calendar.instant(day.to_datetime(shift.start));
        let to = from.plus(i64::from(shift.minutes) * MS_PER_MINUTE);
        // A shift after midnight of a roster that begins in the evening belongs to the day before.
        let days = i64::from(self.since.until(day).ok()?.get_days());
        let wrapped = self.shifts.first().is_some_and(|f| minute(shift.start) < minute(f.start));
        let days = days - i64::from(wrapped);
        let count = i64::try_from(self.shifts.len()).ok()?;
        let turn = days.checked_mul(count)?.checked_add(i64::try_from(index).ok()?)?;
        let turn = usize::try_from(turn).ok()?;
        let regular = self.crew.get(turn.checked_rem(self.crew.len())?)?;
        let swap = self.swaps.iter().rev().find(|s| s.from <= at && at < s.to);
        Some(Turn { shift, person: swap.map_or(regular, |s| &s.person), from, to })
    }

    /// When its first shift begins.
    pub fn begins(&self, calendar: &Calendar) -> Time {
        let first = self.shifts.first().map_or(Clock::MIN, |s| s.start);
        calendar.instant(self.since.to_datetime(first))
    }
}

fn minute(at: Clock) -> u32 {
    u32::from(at.hour().unsigned_abs()) * 60 + u32::from(at.minute().unsigned_abs())
}

fn clock(minute: u32) -> Clock {
    let part = |n: u32| i8::try_from(n).unwrap_or(0);
    Clock::new(part(minute / 60 % 24), part(minute % 60), 0, 0).unwrap_or(Clock::MIN)
}

#[cfg(test)]
#[path = "duty_tests.rs"]
mod tests;
