//! The ladder 呼应 as a city sets it: its rungs, who stands on each, and how long each may take.
//!
//! How a ladder is climbed is `case/decide/rung.rs`; nothing here knows a case.

use super::{HolderRule, Status};
use crate::clock::Limit;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// The ladder of a city 微网格—网格—社区—街道—区—市.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// Sources by which a reporter calls in their own right: their call begins above their own rung.
    #[serde(default)]
    pub own: Vec<CompactString>,
    /// After this many "not solved" the call is a rung up.
    pub raise_after: u16,
    /// How long the unit that called for a rung may take to confirm it; its silence then counts as a yes.
    pub confirm: Limit,
    /// Who watches 提级督办 when the highest rung misses a clock and there is none above.
    pub top: HolderRule,
    /// The rungs, the lowest first.
    #[serde(rename = "rung")]
    pub rungs: Vec<RungRule>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// Who stands on a rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RungHolder {
    /// A post of this role whose territory is the place of the rung's level.
    Role(CompactString),
    /// A unit of this kind whose territory is that place.
    Kind(CompactString),
    /// The unit that owns the matter and whose territory is that place.
    Owner,
}

/// One rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RungRule {
    /// What stands in events as the rung's label.
    pub id: CompactString,
    /// The Chinese name.
    pub name: String,
    /// The English name.
    #[serde(default)]
    pub name_en: String,
    /// The level of the city whose place around the case counts.
    pub level: CompactString,
    /// Who stands on it: the first that is found.
    pub holder: Vec<RungHolder>,
    /// Whether it is a person's, not only their unit's.
    #[serde(default)]
    pub person: bool,
    /// Roles that call from here in their own right: their call begins at the next rung.
    #[serde(default)]
    pub callers: Vec<CompactString>,
    /// Whether its clocks are scored; those of volunteers never are.
    #[serde(default = "yes")]
    pub scored: bool,
    /// Until it has answered 应答.
    pub acknowledge: Limit,
    /// Until it is solved 办结.
    pub resolve: Limit,
    /// How it is woken at once in an emergency; a rung without this is not.
    #[serde(default)]
    pub emergency: Option<Woken>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// The limits of a rung in an emergency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Woken {
    /// Until it has answered.
    pub acknowledge: Limit,
    /// Until it is solved.
    pub resolve: Limit,
}

fn yes() -> bool {
    true
}

impl Ladder {
    /// Where a rung stands, from 0.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.rungs.iter().position(|r| r.id == id)
    }
}
