//! The typed ids of the house: what names a case, a place, a unit, a person.
//!
//! Ids are permanent and are minted outside the core; codes and names may change over an id's life.
//! A text id is 1 to 64 bytes without white space or control characters. Next: `time.rs`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest text id, in bytes.
pub const MAX_ID_BYTES: usize = 64;

/// Why a text cannot be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be an id: accepted are 1 to {MAX_ID_BYTES} bytes without spaces, commas or control characters"
)]
pub struct BadId(pub String);

fn checked(text: &str) -> Result<CompactString, BadId> {
    let clean = !text.chars().any(|c| c.is_whitespace() || c.is_control() || c == ',' || c == '"');
    if text.is_empty() || text.len() > MAX_ID_BYTES || !clean {
        Err(BadId(text.to_owned()))
    } else {
        Ok(text.into())
    }
}

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "CompactString")]
        pub struct $name(CompactString);
        impl $name {
            /// Checks and takes `text` as an id.
            pub fn new(text: &str) -> Result<Self, BadId> { checked(text).map(Self) }
            /// The id as it is written.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl TryFrom<CompactString> for $name {
            type Error = BadId;
            fn try_from(text: CompactString) -> Result<Self, BadId> { checked(&text).map(|_| Self(text)) }
        }
        impl std::str::FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> { Self::new(text) }
        }
        impl AsRef<str> for $name { fn as_ref(&self) -> &str { &self.0 } }
        impl std::borrow::Borrow<str> for $name { fn borrow(&self) -> &str { &self.0 } }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )+};
}

text_id! {
    /// A place 地点 of any level or tree. By custom the first code it ever had.
    PlaceId,
    /// A unit 单位: department, street office, community, company that handles cases.
    UnitId,
    /// A natural person with an account or a post. Never a name.
    PersonId,
    /// A post 岗位: role × territory × line × period, held by a person.
    PostId,
    /// The code of a matter 事项 in the catalogue, such as `matter.01002`.
    MatterCode,
    /// The name of an external system that governs or feeds cases.
    SystemId,
    /// The name of a procedure in the profile.
    ProcedureId,
    /// The name of a limit in the profile.
    LimitName,
    /// The name of a working-hours table in the calendar.
    HoursId,
}

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident($inner:ty)),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
        #[serde(transparent)]
        pub struct $name(pub $inner);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )+};
}

number_id! {
    /// A stream of the journal: 0 is the city itself, every other number is a case.
    StreamId(u64),
    /// A case 诉求/案件. Grows with time within a shard; equal to its stream.
    CaseId(u64),
    /// A thread within one case, counted from 1.
    ThreadNo(u16),
    /// A clock within one case, counted from 1. Clock 1 faces the resident.
    ClockNo(u16),
    /// The place of a record in its stream, counted from 1.
    Version(u32),
    /// A shard of the journal, counted from 0.
    ShardId(u16),
    /// The place of a record in its shard, counted from 1.
    Seq(u64),
    /// An item of the vault.
    ItemId(u64),
    /// A loaded edition of the city, counted from 1.
    Edition(u32),
}

impl CaseId {
    /// The stream that holds the case.
    pub fn stream(self) -> StreamId {
        StreamId(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_id_takes_up_to_its_limit_and_not_one_more() {
        assert!(PlaceId::new(&"a".repeat(MAX_ID_BYTES)).is_ok());
        assert!(PlaceId::new(&"a".repeat(MAX_ID_BYTES + 1)).is_err());
        for bad in ["", "a b", "a,b", "a\tb", "a\"b"] {
            assert!(UnitId::new(bad).is_err(), "{bad:?}");
        }
        assert!(serde_json::from_str::<UnitId>("\"a b\"").is_err());
    }
}
