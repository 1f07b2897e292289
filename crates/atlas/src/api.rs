//! What the atlas answers with: plain data, ready to be printed as JSON.
//!
//! Owns no logic. `locate.rs`, `addresses/` and `search.rs` fill these.

use crate::addresses::parse::Parsed;
use huying_core::ids::PlaceId;
use huying_core::observation::{Datum, Point};
use serde::Serialize;

/// What is known of a spot; what is not known is `None`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// A point in any datum.
    pub at: Option<Point>,
    /// How far the point may be off, in metres; `None` takes it as exact.
    pub accuracy_m: Option<u32>,
    /// The words of an address.
    pub words: Option<&'a str>,
}

/// Where something is, as far as the evidence proves it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Located {
    /// The point in the city's stored datum.
    pub at: Option<Point>,
    /// The smallest places it may be in, the likeliest first; confidences sum to 1 with those left out.
    pub candidates: Vec<Candidate>,
    /// Candidates that were left out of the list.
    pub more: usize,
    /// The most exact place that all evidence agrees on; `None` outside the city or when it contradicts
    /// itself.
    pub proved: Option<PlaceId>,
    /// The most exact place on the way up from `proved` whose border is not synthetic: without the operator's
    /// leave a real call is routed no deeper.
    pub proved_measured: Option<PlaceId>,
    /// The line of places from `proved` to the top.
    pub line: Vec<PlaceId>,
    /// Whether the point (or its whole circle) lies in no place of the geometry.
    pub outside: bool,
    /// Whether address and point name places that exclude each other; `proved` is then what holds both.
    pub contradiction: bool,
    /// The address that decided, when words were given and found.
    pub address: Option<AddressHit>,
}

/// A place that something may be in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// The place.
    pub place: PlaceId,
    /// Its name.
    pub name: String,
    /// The id of its level.
    pub level: String,
    /// 0 to 1: the share of the circle of uncertainty, divided among stacked places by households.
    pub confidence: f32,
    /// Whether its border was made up.
    pub synthetic: bool,
}

/// Why an address was taken for a compound; in the order of weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub enum Reason {
    /// The words hold the name itself.
    Name,
    /// The words hold an alias itself.
    Alias {
        /// The alias.
        alias: String,
    },
    /// The words hold something like the name; `edits` counts the differences.
    Alike {
        /// The name or alias that is like it.
        name: String,
        /// Characters that differ, by sound counted half.
        edits: f32,
    },
    /// Road and number are the compound's.
    Road,
    /// The words name a place that the compound lies in.
    Under {
        /// That place.
        place: PlaceId,
    },
    /// It lies near the point that was given.
    Near {
        /// How far, in metres.
        metres: u32,
    },
    /// The building is known.
    Building,
    /// The compound has no such building.
    NoSuchBuilding,
    /// The building has no such unit or floor on record.
    NoSuchUnit,
}

/// One reading of an address.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AddressHit {
    /// The compound's id; `None` for a name in use that is no compound.
    pub compound: Option<String>,
    /// The compound's or the alias' name.
    pub name: String,
    /// What was read out of the words.
    pub parsed: Parsed,
    /// The most exact place the address proves.
    pub place: PlaceId,
    /// Its level's id.
    pub level: String,
    /// The micro-grids it may be in, when the words leave several; empty when `place` is one of them.
    pub candidates: Vec<PlaceId>,
    /// The building's or the compound's point, in the city's stored datum.
    pub at: Option<Point>,
    /// 0 to 1.
    pub score: f32,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// What sort of thing a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HitKind {
    /// A place of the city.
    Place,
    /// A compound.
    Compound,
    /// A name in use that is no compound.
    Alias,
}

/// One find of a search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// What it is.
    pub kind: HitKind,
    /// The id of the place or compound; empty for an alias.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The place it is or lies in.
    pub place: PlaceId,
    /// The level of that place.
    pub level: String,
    /// The names of the places around it, from the widest: `武侯区 桂溪街道`.
    pub within: String,
    /// A point inside, in the city's stored datum.
    pub at: Option<Point>,
    /// 0 to 1.
    pub score: f32,
}

/// The shape of a place: polygons, each an outer ring (counter-clockwise) and its holes (clockwise), closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// polygons → rings → (lon, lat) on the lattice, in the stored datum.
    pub polygons: Vec<Vec<Vec<[i32; 2]>>>,
    /// The stored datum.
    pub datum: Datum,
}

/// What the geometry says of a level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelFacts {
    /// The level's id in city.toml.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether the geometry has shapes of it.
    pub shapes: bool,
    /// Whether its borders were made up.
    pub synthetic: bool,
    /// How far its borders may be off, in metres; `None` where that has no meaning.
    pub accuracy_m: Option<f64>,
}

/// Sizes, for benchmarks and for the operator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Places, with and without a shape.
    pub places: usize,
    /// Distinct footprints that points are located in.
    pub footprints: usize,
    /// Arcs.
    pub arcs: usize,
    /// Points of all arcs.
    pub points: usize,
    /// Cells of the raster grid.
    pub cells: usize,
    /// Cells that need the exact test.
    pub border_cells: usize,
    /// Compounds, buildings and members of addresses.
    pub compounds: usize,
    /// Buildings.
    pub buildings: usize,
    /// Rows of membership.
    pub members: usize,
    /// Bytes of all tables in memory, the cache of tiles left out.
    pub bytes: usize,
}

/// Why an index could not be saved or opened. What to do: read the folder anew and save again.
#[derive(Debug, thiserror::Error)]
pub enum AtlasError {
    /// The file could not be read or written.
    #[error("{0} could not be read or written")]
    Io(std::path::PathBuf, #[source] std::io::Error),
    /// The file was made from another folder or by another version of this program.
    #[error("{path} was made from something else ({what}); it is to be made again")]
    Other {
        /// The file.
        path: std::path::PathBuf,
        /// What differs.
        what: &'static str,
    },
    /// The file is damaged.
    #[error("{path} is damaged ({what}); it is to be made again")]
    Damaged {
        /// The file.
        path: std::path::PathBuf,
        /// Where.
        what: String,
    },
}
