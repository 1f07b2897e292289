//! The profile of a city: every number, word and switch that another city would set otherwise.
//!
//! A profile is one TOML file, and may stand on another one. It holds values, switches and templates, never
//! new states and never scripts. Every table says where its values come from (`source`) and how sure that is
//! (`status`). What a thread or a stage *is* lives in `case/`. Next: `read.rs` for how the file is checked,
//! `procedure.rs` and `order.rs` for what a procedure says, `privacy.rs` for what may stand in clear.

mod binds;
mod cost;
mod desk;
mod duplicate;
mod entries;
mod flat;
mod ladder;
mod layers;
mod notices;
mod order;
mod privacy;
mod procedure;
mod read;
mod shipped;
mod standing;
mod system;
mod whistle;

pub use binds::Binds;
pub use cost::Costs;
pub use desk::{Diversion, Enforcement, Instructing, Issues, Power};
pub use duplicate::{DuplicateAct, DuplicateRule};
pub use entries::{Entry, entries};
pub use flat::{flat, settled};
pub use ladder::*;
pub use layers::Find;
pub use notices::*;
pub use order::*;
pub use privacy::{GENERAL, Origin, Privacy, Retention};
pub use procedure::*;
pub use shipped::{SHIPPED, shipped};
pub use standing::*;
pub use system::*;
pub use whistle::*;

use crate::case::state::Deed;
use crate::clock::{BadLimit, NearRule};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How sure a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Read on an official page or a primary text.
    Verified,
    /// Read at second hand.
    Reported,
    /// General knowledge, not checked.
    General,
    /// Our own proposal.
    Proposal,
}

/// Source and status of single keys of a table, where they differ from the table's own.
pub type OfKeys = BTreeMap<CompactString, Stands>;

/// A word of a list, with its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// What is written in events.
    pub code: CompactString,
    /// The Chinese name.
    pub name: String,
    /// The English name.
    #[serde(default)]
    pub name_en: String,
}

/// Where values stand, in a table that cannot say so itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stands {
    /// The rule, standard or page they come from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// The lists of words that commands may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Where the words stand; older folders say nothing.
    #[serde(default)]
    pub stands: Option<Stands>,
    /// Where a case comes from.
    pub source: Vec<Word>,
    /// How it comes.
    pub channel: Vec<Word>,
    /// 诉求类型
    pub request_type: Vec<Word>,
    /// Why a report is not opened or is voided.
    pub void_ground: Vec<Word>,
    /// On what ground a case closes.
    pub close_ground: Vec<Word>,
    /// Why a case is taken up again.
    pub reopen_ground: Vec<Word>,
    /// Why a case is out of scoring.
    pub exclude_ground: Vec<Word>,
    /// Why words are destroyed.
    pub erase_ground: Vec<Word>,
    /// Why a case is restricted.
    #[serde(default)]
    pub restrict_ground: Vec<Word>,
    /// The types of whistle.
    #[serde(default)]
    pub whistle: Vec<Word>,
    /// Why a department refuses a summons.
    #[serde(default)]
    pub refuse_ground: Vec<Word>,
    /// What a department does on site.
    #[serde(default)]
    pub measure: Vec<Word>,
    /// How who called for a rung or summons takes its answer.
    #[serde(default)]
    pub grade: Vec<Word>,
    /// What a department says of a whistle.
    #[serde(default)]
    pub whistle_grade: Vec<Word>,
    /// The dated steps of a hard task.
    #[serde(default)]
    pub milestone: Vec<Word>,
}

/// What a role may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The Chinese name.
    pub name: String,
    /// The English name.
    #[serde(default)]
    pub name_en: String,
    /// The commands it may give, by name, and the [`POWERS`] it has.
    pub may: Vec<CompactString>,
    /// Whether it may act on threads of any unit within its territory, not only of its own.
    #[serde(default)]
    pub any_unit: bool,
    /// Whose words it may read, beyond what it handles.
    #[serde(default)]
    pub reads: Vec<Reads>,
    /// The rule, standard or page it comes from; older folders say none.
    #[serde(default)]
    pub source: Option<String>,
    /// How sure that is.
    #[serde(default)]
    pub status: Option<Status>,
}

/// Powers that are no commands on a case: `administer` makes and takes back tokens, `audit` reads who read
/// the words of a case, `duty` sets rosters of duty, `ask_task` asks for the admission of a routine task, and
/// `review_task` decides on it.
pub const POWERS: [&str; 5] = ["administer", "audit", "duty", "ask_task", "review_task"];

/// A class of words a role may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reads {
    /// Title, body, replies.
    Content,
    /// Who called, unless confidential.
    Contact,
    /// Who called, even when confidential.
    Confidential,
}

/// How far two deeds are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Apart {
    /// Not the same natural person.
    Person,
    /// Not even the same unit.
    Unit,
}

/// Two deeds on one case that must be in different hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Separation {
    /// The two deeds.
    pub deeds: (Deed, Deed),
    /// How far apart.
    pub by: Apart,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// The public number of a case: `date` `code` `sequence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberFormat {
    /// The code put in when the place is unknown.
    pub code: CompactString,
    /// How many digits of the place's code are taken.
    pub code_digits: usize,
    /// The least width of the sequence; it grows when a day is fuller.
    pub sequence_digits: usize,
    /// The letter that marks a record taken over from another system.
    pub observed: CompactString,
    /// The rule, standard or page it comes from; older folders say none.
    #[serde(default)]
    pub source: Option<String>,
    /// How sure that is.
    #[serde(default)]
    pub status: Option<Status>,
}

/// A near rule, written as in a limit: `20%`, `2 h`, `1 working day`, `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Near(pub NearRule);

impl TryFrom<String> for Near {
    type Error = BadLimit;
    fn try_from(text: String) -> Result<Near, BadLimit> {
        text.parse().map(Near)
    }
}

impl From<Near> for String {
    fn from(near: Near) -> String {
        near.0.to_string()
    }
}

/// Small rules that stand alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Minutes in which a person may undo their own last step.
    pub undo_minutes: u32,
    /// Calls a resident without an account may make in a day from one address.
    pub calls_per_day: u32,
    /// Wrong query codes from one address in a day, after which the next is told to wait; a right one always
    /// passes. As many as `calls_per_day` where it is not said.
    #[serde(default)]
    pub wrong_codes_per_day: Option<u32>,
    /// Files that callers without an account may add in a day from one address; as many as `calls_per_day`
    /// where it is not said.
    #[serde(default)]
    pub files_per_day: Option<u32>,
    /// Days an idempotency key is remembered.
    pub idempotency_days: u32,
    /// Minutes after which what was recorded is sealed under a signed checkpoint; where a profile does not
    /// say, it is sealed only when the server stops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal_minutes: Option<u32>,
    /// Years after closing until words and names are due to be destroyed.
    pub retention_years: u32,
    /// When a clock is near its due, where its limit has no rule of its own.
    pub near: Near,
    /// The role whose unit answers for a call nobody of the city took in, until it is dispatched.
    pub intake_role: CompactString,
    /// Groups smaller than this are not shown in public statistics.
    pub smallest_cell: u32,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// What anybody may see of a case without an account: on the public map, in the live stream, in open feeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Public {
    /// The smallest level that is named; what is known more exactly is lifted to it.
    pub level: CompactString,
    /// Whether the point of a case, as the journal holds it, is shown.
    pub points: bool,
    /// Whether cases of callers who wish to stay confidential or anonymous are shown.
    pub unnamed: bool,
    /// Request types that are never shown.
    pub withheld: Vec<CompactString>,
    /// Where a period of public figures may begin and end. A folder older than this value means days.
    #[serde(default)]
    pub period: PublicPeriod,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// Where a period of public figures may begin and end. Two periods that differ by a moment tell of one call;
/// edges that are far apart keep enough calls between them for small counts to be masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PublicPeriod {
    /// With a civil day of the city.
    #[default]
    Day,
    /// With the first civil day of a month.
    Month,
}

/// The weights of the three rates 三率.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Weight of the response rate, in hundredths.
    pub response: u32,
    /// Weight of the solved rate, in hundredths.
    pub solved: u32,
    /// Weight of the satisfied rate, in hundredths.
    pub satisfied: u32,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// A rule's legal basis, shown with each refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The rule it stands on, in our words.
    pub text: String,
    /// In English.
    #[serde(default)]
    pub text_en: String,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// A city's profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its id.
    pub id: CompactString,
    /// Its Chinese name.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// The lists of words.
    pub words: Words,
    /// The public number.
    pub number: NumberFormat,
    /// Small rules that stand alone.
    pub settings: Settings,
    /// What anybody may see.
    pub public: Public,
    /// What may stand in clear, and for how long words are kept; none in folders older than it.
    pub privacy: Option<Privacy>,
    /// The weights of the three rates.
    pub weights: Weights,
    /// Roles by name.
    pub roles: BTreeMap<CompactString, Role>,
    /// Powers kept apart.
    pub separations: Vec<Separation>,
    /// Procedures; the first that fits a case is taken.
    pub procedures: Vec<Procedure>,
    /// The ladder, where the city has one.
    pub ladder: Option<Ladder>,
    /// What all whistles share, where the city has any.
    pub whistling: Option<Whistling>,
    /// The types of whistle.
    pub whistles: Vec<WhistleRule>,
    /// When two cases are the same; the first that fits a report counts.
    pub duplicates: Vec<DuplicateRule>,
    /// How instructions are followed up, where the city has any.
    pub instructing: Option<Instructing>,
    /// Ways out of the city's own handling.
    pub diversions: Vec<Diversion>,
    /// Powers to enforce that were moved down.
    pub powers: Vec<Power>,
    /// What handling costs, where the city says so.
    pub costs: Option<Costs>,
    /// The kinds of acts of enforcement.
    pub enforcements: Vec<Enforcement>,
    /// How notices are kept and delivered; none are promised where the city has no such table.
    pub notices: Option<Notices>,
    /// Seats of duty.
    pub seats: Vec<Seat>,
    /// Modes, the most urgent first.
    pub modes: Vec<Mode>,
    /// Templates of routine work.
    pub tasks: Vec<Task>,
    /// What is asked of departments that give routine work; none where they need not ask.
    pub admission: Option<Admission>,
    /// Who approves that a case is left out of scores, where that takes two hands.
    pub exclusion: Option<Exclusion>,
    /// The systems above.
    pub systems: Vec<System>,
    /// Legal bases by rule.
    pub bases: BTreeMap<String, Basis>,
}

impl Profile {
    /// The procedure with this id.
    pub fn procedure(&self, id: &str) -> Option<&Procedure> {
        self.procedures.iter().find(|p| p.id.as_str() == id)
    }

    /// The rules of a type of whistle.
    pub fn whistle(&self, id: &str) -> Option<&WhistleRule> {
        self.whistles.iter().find(|w| w.id == id)
    }

    /// The seat of duty with this id.
    pub fn seat(&self, id: &str) -> Option<&Seat> {
        self.seats.iter().find(|s| s.id == id)
    }

    /// The mode with this id.
    pub fn mode(&self, id: &str) -> Option<&Mode> {
        self.modes.iter().find(|m| m.id == id)
    }

    /// The mode that holds where nobody declared another.
    pub fn everyday(&self) -> Option<&Mode> {
        self.modes.iter().find(|m| m.declare.is_empty())
    }

    /// The template of routine work with this id.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.iter().find(|t| t.id == id)
    }

    /// The first procedure that fits.
    pub fn procedure_for(&self, facts: &Fits<'_>) -> Option<&Procedure> {
        self.procedures.iter().find(|p| p.when.fits(facts))
    }
}
