//! Reading a Chinese standard address: road and number, compound, building, unit, floor, room.
use serde::Serialize;

/// What was read out of an address; what it does not say is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Parsed {
    /// The words before the building, in half width and without blanks: places, road, compound.
    pub head: String,
    /// The road, such as `总府路`.
    pub road: Option<String>,
    /// The number on the road, such as `35` or `35附2`.
    pub number: Option<String>,
    /// The building's canonical key: `3` for 3栋, 三幢 and 3号楼; `A` for A座; `2组` for a rural group.
    pub building: Option<String>,
    /// The unit 单元.
    pub unit: Option<String>,
    /// The floor; basements are negative.
    pub floor: Option<i16>,
    /// The room, as written.
    pub room: Option<String>,
}
