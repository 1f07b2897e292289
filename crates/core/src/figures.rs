//! Figures: counts, rates with their denominators and intervals, and durations, drawn from facts about cases.
//!
//! Pure: facts go in one by one, [`Figures`] come out. Owns what each figure means
//! (`figures/definition.rs`), the arithmetic (`rate.rs`, `quantile.rs`), the collecting (`tally.rs`), what
//! of them the public may see (`mask.rs`) and the printed forms (`render.rs`, `json.rs`). It does not know
//! where facts come from, nor the time of day.
//! Rates are kept as two integers; a rate without cases is *not rated*, never 100 %. Read `fact.rs` first,
//! then `tally.rs`.

mod control;
mod cost;
mod definition;
mod fact;
mod json;
mod mask;
mod quantile;
mod rate;
mod render;
mod rules;
mod score;
mod sides;
mod tally;
mod whistle;

pub use control::{Chart, Control, Point, Signal, Subgroup, control};
pub use cost::{CostFigures, CostRow, Took};
pub use definition::{Cohort, Definition, Kind, definitions, definitions_text};
pub use fact::CaseFact;
pub use json::{definitions_json, to_json};
pub use mask::{Hidden, WITHHELD};
pub use quantile::{Duration, Exact};
pub use rate::{Rate, decimal, z_of};
pub use render::{to_csv, to_table};
pub use rules::{BadRules, FigureRules};
pub use score::{BadSheet, Score, ScoreSheet, Site};
pub use sides::{KindCharts, Side, WhistleSheet};
pub use tally::Collector;
pub use whistle::{WhistleFigures, came_to, whistle_definitions, whistle_definitions_text};

use crate::ids::{Edition, Seq, ShardId};
use crate::profile::Weights;
use crate::time::Time;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the rows of the figures stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// One row of the whole.
    #[default]
    None,
    /// A row for each unit.
    Unit,
    /// A row for each place.
    Place,
    /// A row for each matter.
    Matter,
    /// A row for each channel.
    Channel,
    /// A row for each request type.
    RequestType,
    /// A row for each hour of the day, 00 to 23, at which calls came in, in the city's civil time.
    Hour,
}

impl By {
    /// Every grouping with its word on the command line.
    pub const ALL: [(&'static str, By); 7] = [
        ("none", Self::None),
        ("unit", Self::Unit),
        ("place", Self::Place),
        ("matter", Self::Matter),
        ("channel", Self::Channel),
        ("request-type", Self::RequestType),
        ("hour", Self::Hour),
    ];

    /// The word of the command line.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, by)| *by == self).map_or("none", |(word, _)| word)
    }
}

/// Which time of a case must fall in the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The opening: what came in during the period.
    #[default]
    Opened,
    /// The deadline: what was to be done in the period.
    Due,
    /// The closing: what was finished in the period.
    Closed,
}

impl Basis {
    /// Every basis with its word on the command line.
    pub const ALL: [(&'static str, Basis); 3] =
        [("opened", Self::Opened), ("due", Self::Due), ("closed", Self::Closed)];
}

/// A half-open period: `from` belongs to it, `to` does not. An end left out is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Period {
    /// First instant of the period.
    pub from: Option<Time>,
    /// First instant after the period.
    pub to: Option<Time>,
}

impl Period {
    /// Whether `at` falls in the period.
    pub fn holds(self, at: Time) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

/// What is asked of the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The rows.
    pub by: By,
    /// Which time must fall in the period. The figures of what was due (`definitions` marks them) always go
    /// by the deadline.
    pub basis: Basis,
    /// The period.
    pub period: Period,
    /// The instant at which an open case is judged overdue: no earlier than the last fact given.
    pub as_of: Time,
}

/// Where figures come from: without it a published figure proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The journal position: the last record read of each shard.
    pub position: BTreeMap<ShardId, Seq>,
    /// The edition of the city.
    pub city_edition: Option<Edition>,
    /// The edition of the profile.
    pub profile_edition: Option<CompactString>,
}

/// The figures of one unit, place, matter or of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The id of the unit, place or matter; `None` where the cases record none, and for the whole.
    pub key: Option<CompactString>,
    /// Its name, where the caller has given one.
    pub name: Option<String>,
    /// Counts by the key of their definition, in the order of the definitions.
    pub counts: Vec<(CompactString, u64)>,
    /// Rates, likewise.
    pub rates: Vec<(CompactString, Rate)>,
    /// Durations, likewise.
    pub durations: Vec<(CompactString, Duration)>,
    /// Figures that the public does not see here, and why; their values above are blank. Empty in figures
    /// for the city itself.
    pub hidden: BTreeMap<CompactString, Hidden>,
}

fn named<'a, T>(list: &'a [(CompactString, T)], key: &str) -> Option<&'a T> {
    list.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

impl Row {
    /// A count; `None` when no figure has that key.
    pub fn count(&self, key: &str) -> Option<u64> {
        named(&self.counts, key).copied()
    }

    /// A rate; `None` when no figure has that key.
    pub fn rate(&self, key: &str) -> Option<Rate> {
        named(&self.rates, key).copied()
    }

    /// 三率综合得分: the score of the three rates by their weights, in points of 100; `None` where one of them is
    /// not rated or not shown.
    pub fn score(&self, weights: &Weights) -> Option<Exact> {
        let parts =
            [("responded", weights.response), ("solved", weights.solved), ("satisfied", weights.satisfied)];
        let mut sum = Exact { numerator: 0, denominator: 1 };
        for (key, weight) in parts {
            let rate = self.rate(key).filter(|r| r.denominator > 0 && !self.hidden.contains_key(key))?;
            let (n, d) = (i128::from(rate.numerator) * i128::from(weight), i128::from(rate.denominator));
            sum = Exact {
                numerator: sum.numerator * d + n * sum.denominator,
                denominator: sum.denominator * d,
            };
        }
        Some(sum)
    }

    /// A duration; `None` when no figure has that key.
    pub fn duration(&self, key: &str) -> Option<&Duration> {
        named(&self.durations, key)
    }
}

/// Figures, with the question they answer and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The question.
    pub question: Question,
    /// Journal position and editions.
    pub origin: Origin,
    /// How they were drawn.
    pub rules: FigureRules,
    /// The whole: every case of the period.
    pub total: Row,
    /// The groups, most cases first; empty when the question asks for none.
    pub rows: Vec<Row>,
    /// Counts below this are masked: set in figures for the public.
    pub smallest_cell: Option<u32>,
}

impl Figures {
    /// Gives the rows their names.
    pub fn name_rows(&mut self, name_of: impl Fn(&str) -> Option<String>) {
        for row in &mut self.rows {
            row.name = row.key.as_deref().and_then(&name_of);
        }
    }
}

#[cfg(test)]
mod tests;
