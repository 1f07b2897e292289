//! History imported as observation: what another system's export says of a case, and nothing it does not say.
//!
//! Owns the observed fields, how a newer row changes an older one (`observation/difference.rs`) and which
//! facts of a row contradict each other (`observation/contradiction.rs`). It does not read files (the
//! engine's `import`), and it holds no text: titles, bodies, replies and addresses are [`Texts`], sealed in
//! the vault.

mod contradiction;
mod difference;
mod point;

pub use contradiction::{Contradiction, ContradictionKind, contradictions};
pub use difference::{Change, Difference, Field, difference, merge};

use crate::ids::{MatterCode, PlaceId, SystemId, UnitId};
use crate::time::Time;
use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// What an export says of one field.
///
/// *Not recorded* and *blank* differ when a row is read again: a column the export lacks changes nothing, a
/// cell that has become blank takes the value back. In JSON a field not recorded is absent, a blank is
/// `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Recorded<T> {
    /// The export has no such column.
    #[default]
    Not,
    /// The export has the column and this row leaves it empty.
    Blank,
    /// The export's value.
    Is(T),
}

impl<T> Recorded<T> {
    /// The value, if there is one.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the export says nothing of this field, not even that it is empty.
    pub fn is_not(&self) -> bool {
        matches!(self, Self::Not)
    }

    /// Whether the export has the column and leaves it empty.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Blank)
    }
}

impl<T> From<T> for Recorded<T> {
    fn from(value: T) -> Self {
        Self::Is(value)
    }
}

impl<T: Serialize> Serialize for Recorded<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Is(value) => s.serialize_some(value),
            _ => s.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Recorded<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(d)?.map_or(Self::Blank, Self::Is))
    }
}

impl<T: fmt::Display> fmt::Display for Recorded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(value) => value.fmt(f),
            Self::Blank => f.write_str("(blank)"),
            Self::Not => f.write_str("(not recorded)"),
        }
    }
}

/// An observed moment. A bare date is a number of its own kind, so that no duration is ever made from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Stamp {
    /// An instant.
    At(Time),
    /// Only the day is known and the map excludes it from times; `day` is its first instant in the city's
    /// zone.
    Day {
        /// The first instant of the day.
        day: Time,
    },
}

impl Stamp {
    /// The instant, when it may be used in a duration or compared with a deadline.
    pub fn exact(self) -> Option<Time> {
        match self {
            Self::At(time) => Some(time),
            Self::Day { .. } => None,
        }
    }

    /// The instant, or the first instant of the day: good for ordering and for periods, not for durations.
    pub fn start(self) -> Time {
        match self {
            Self::At(time) | Self::Day { day: time } => time,
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(time) => time.fmt(f),
            Self::Day { day } => write!(f, "day from {day}"),
        }
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a status of the other system means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Work goes on, or has not begun.
    Open,
    /// Answered 答复, not yet closed.
    Answered,
    /// Closed 结案.
    Closed,
    /// Struck out 作废: it never was a case.
    Void,
}

impl Standing {
    /// Every standing with the word a map uses for it.
    pub const ALL: [(&'static str, Standing); 4] =
        [("open", Self::Open), ("answered", Self::Answered), ("closed", Self::Closed), ("void", Self::Void)];
}

/// A status as the other system writes it, and what the map says it means.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Status {
    /// The value of the export, unchanged.
    pub raw: CompactString,
    /// Its meaning by the map's table.
    pub means: Standing,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.raw, self.means)
    }
}

/// The resident's word on whether the matter is solved 解决.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Solved {
    /// 解决.
    Solved,
    /// 部分解决; not counted as solved.
    Partly,
    /// 未解决.
    NotSolved,
}

impl Solved {
    /// Every answer with the word a map uses for it.
    pub const ALL: [(&'static str, Solved); 3] =
        [("solved", Self::Solved), ("partly", Self::Partly), ("not-solved", Self::NotSolved)];
}

/// The resident's word on the handling 满意.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Satisfied {
    /// 非常满意.
    Very,
    /// 满意.
    Satisfied,
    /// 基本满意; counted as satisfied.
    Basically,
    /// 不满意.
    NotSatisfied,
    /// 非常不满意.
    NotAtAll,
}

impl Satisfied {
    /// Whether it counts as satisfied in 满意率.
    pub fn counts(self) -> bool {
        !matches!(self, Self::NotSatisfied | Self::NotAtAll)
    }
}

impl Satisfied {
    /// Every answer with the word a map uses for it.
    pub const ALL: [(&'static str, Satisfied); 5] = [
        ("very", Self::Very),
        ("satisfied", Self::Satisfied),
        ("basically", Self::Basically),
        ("not-satisfied", Self::NotSatisfied),
        ("not-at-all", Self::NotAtAll),
    ];
}

macro_rules! plain_display {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let word = Self::ALL.iter().find(|(_, value)| value == self).map_or("", |(word, _)| word);
                f.write_str(word)
            }
        }
    )+};
}
plain_display!(Standing, Solved, Satisfied);

/// The datum of a point's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Datum {
    /// World Geodetic System 1984.
    Wgs84,
    /// The shifted system of Chinese web maps 火星坐标.
    Gcj02,
    /// China Geodetic Coordinate System 2000.
    Cgcs2000,
}

impl Datum {
    /// Every datum with the word a map uses for it.
    pub const ALL: [(&'static str, Datum); 3] =
        [("wgs84", Self::Wgs84), ("gcj02", Self::Gcj02), ("cgcs2000", Self::Cgcs2000)];
}
plain_display!(Datum);

/// A point as the export gives it, in units of 10⁻⁷ degree (about 1 cm), never converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Point {
    /// East longitude, −1 800 000 000 to 1 800 000 000.
    pub lon: i32,
    /// North latitude, −900 000 000 to 900 000 000.
    pub lat: i32,
    /// The datum the map names.
    pub datum: Datum,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.7} {:.7} {}", f64::from(self.lon) / 1e7, f64::from(self.lat) / 1e7, self.datum)
    }
}

/// What one row of an export says of one case, or, as a patch, what a newer row says anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The system the export comes from. With `external_id` it names the case, once in the city.
    pub system: SystemId,
    /// The case's number in that system.
    pub external_id: CompactString,
    /// When the export says the row was last changed; orders two rows of one case.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub updated: Recorded<Stamp>,
    /// When the case was opened. Always there in a whole row; absent only in a patch.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub opened: Recorded<Stamp>,
    /// When it was to be done.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub due: Recorded<Stamp>,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub closed: Recorded<Stamp>,
    /// When the resident was first contacted.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub contacted: Recorded<Stamp>,
    /// When the first contact was due.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub contact_due: Recorded<Stamp>,
    /// When the resident was answered.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub replied: Recorded<Stamp>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub matter: Recorded<MatterCode>,
    /// Who handles it.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub unit: Recorded<UnitId>,
    /// Where it is, as a place of the city.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub place: Recorded<PlaceId>,
    /// Where it is, as a point.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub point: Recorded<Point>,
    /// How the call came: the map's word.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub channel: Recorded<CompactString>,
    /// The type of the request: the map's word.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub request_type: Recorded<CompactString>,
    /// The status, raw and mapped.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub status: Recorded<Status>,
    /// The callback's first question.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub solved: Recorded<Solved>,
    /// The callback's second question.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub satisfied: Recorded<Satisfied>,
    /// Whether the case is left out of scores 剔除.
    #[serde(default, skip_serializing_if = "Recorded::is_not")]
    pub excluded: Recorded<bool>,
}

impl Observation {
    /// An observation of which nothing is recorded yet.
    pub fn of(system: SystemId, external_id: &str) -> Self {
        Self {
            system,
            external_id: external_id.into(),
            updated: Recorded::Not,
            opened: Recorded::Not,
            due: Recorded::Not,
            closed: Recorded::Not,
            contacted: Recorded::Not,
            contact_due: Recorded::Not,
            replied: Recorded::Not,
            matter: Recorded::Not,
            unit: Recorded::Not,
            place: Recorded::Not,
            point: Recorded::Not,
            channel: Recorded::Not,
            request_type: Recorded::Not,
            status: Recorded::Not,
            solved: Recorded::Not,
            satisfied: Recorded::Not,
            excluded: Recorded::Not,
        }
    }

    /// What the status means, when there is one.
    pub fn standing(&self) -> Option<Standing> {
        self.status.get().map(|status| status.means)
    }
}

/// The words of a row, to be sealed in the vault and never to enter the journal. An address is among them:
/// with a matter beside it, it tells who called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    /// The title.
    pub title: Recorded<String>,
    /// What the resident wrote or said.
    pub body: Recorded<String>,
    /// What the resident was answered.
    pub reply: Recorded<String>,
    /// The address in words.
    pub address: Recorded<String>,
}
