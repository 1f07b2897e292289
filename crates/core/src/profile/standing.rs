//! The standing orders that a profile knows: seats of duty, modes, task templates and their admission.
//!
//! Values alone: who declared what, and what was admitted, is `crate::standing`.

use super::{HolderRule, Status};
use crate::clock::Limit;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// A seat of duty 值班席, and which units keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// What rosters call it.
    pub id: CompactString,
    /// The Chinese name.
    pub name: String,
    /// The English name.
    #[serde(default)]
    pub name_en: String,
    /// Units of these kinds keep it.
    #[serde(default)]
    pub kinds: Vec<CompactString>,
    /// Units with a post of one of these roles keep it.
    #[serde(default)]
    pub roles: Vec<CompactString>,
    /// Whether somebody must sit there at every hour: a unit that keeps it without a roster has a gap.
    #[serde(default)]
    pub always: bool,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// A mode of the grid 平急模式. The first in the profile is the most urgent; one that nobody declares is what
/// holds where no other does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// What stands in orders.
    pub id: CompactString,
    /// The Chinese name.
    pub name: String,
    /// The English name.
    #[serde(default)]
    pub name_en: String,
    /// Who may declare it, for places of which level, on whose authority.
    #[serde(default)]
    pub declare: Vec<Declares>,
    /// The longest time it may be set for.
    #[serde(default)]
    pub longest: Option<Limit>,
    /// Seats that are asked first while it holds, and that units which keep them must staff.
    #[serde(default)]
    pub seats: Vec<CompactString>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// Who may declare a mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declares {
    /// For a place of this level.
    pub level: CompactString,
    /// Somebody in one of these roles.
    pub roles: Vec<CompactString>,
    /// The authority that the declaration stands on: what stands in the order.
    pub authority: CompactString,
}

/// A template of routine work 任务模板: a patrol, a visit owed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// What stands in orders and events.
    pub id: CompactString,
    /// The Chinese name.
    pub name: String,
    /// The English name.
    #[serde(default)]
    pub name_en: String,
    /// Who may be given it.
    pub roles: Vec<CompactString>,
    /// Whether the list of duties 职责清单 of these roles has it.
    #[serde(default)]
    pub listed: bool,
    /// Minutes that one time is expected to take.
    pub minutes: u32,
    /// How often, by mode; where a mode has none, the task rests while it holds.
    pub every: Vec<Every>,
    /// At least how often it is looked at again while it rests.
    pub rest: Limit,
    /// How long after a miss it must be made good; none means that it climbs at once.
    #[serde(default)]
    pub retry: Option<Limit>,
    /// How often a miss may be made good before it climbs.
    #[serde(default)]
    pub retries: u8,
    /// Who watches over what was missed too often.
    pub climb: HolderRule,
    /// How long they may take.
    pub climb_limit: Limit,
    /// Whether misses are scored; those of volunteers never are.
    #[serde(default)]
    pub scored: bool,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// How often in a mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Every {
    /// The mode.
    pub mode: CompactString,
    /// From one time to the next.
    pub within: Limit,
}

/// Task admission 准入: what a department must ask before grid workers get work of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admission {
    /// Kinds of units that must ask; others give their own people what they will.
    pub askers: Vec<CompactString>,
    /// Whether a task that no list of duties has may be admitted all the same.
    #[serde(default)]
    pub unlisted: bool,
    /// The longest time a task is admitted for.
    pub longest: Limit,
    /// The most minutes a week in one grid that may be admitted.
    pub most_minutes: u32,
    /// The most forms that may be asked for.
    pub most_forms: u16,
    /// Whether a request must name the money that comes with the task 费随事转.
    #[serde(default)]
    pub budgeted: bool,
    /// Minutes of routine work a week above which a worker's load is a warning.
    pub load_warning: u32,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

impl Task {
    /// How often in a mode; none when it rests.
    pub fn within(&self, mode: &str) -> Option<&Limit> {
        self.every.iter().find(|e| e.mode == mode).map(|e| &e.within)
    }

    /// How often where a mode holds; where the profile has no modes, as the first that is named.
    pub fn cadence(&self, mode: Option<&str>) -> Option<&Limit> {
        mode.map_or_else(|| self.every.first().map(|e| &e.within), |mode| self.within(mode))
    }

    /// Minutes a week that it is expected to take in a mode, rounded up; in the first that has a cadence,
    /// where that one has none.
    pub fn weekly(&self, mode: Option<&str>) -> u32 {
        let within = self.cadence(mode).or_else(|| self.every.first().map(|e| &e.within));
        let week = within.and_then(|limit| limit.in_a_week());
        week.map_or(self.minutes, |(times, of)| self.minutes.saturating_mul(times).div_ceil(of))
    }
}
