//! The atlas 地图: where things are. Geometry, locating, addresses, neighbours, vector tiles; no cases.
//!
//! An [`Atlas`] is read once from a city folder (`read.rs`), never changes and is shared between threads.
//! Point location is exact on the integer lattice (`raster.rs`); addresses decide below it (`addresses/`).
//! Read
//! `topology.rs` first (arcs, rings, faces), then `locate.rs`. Units everywhere: 10⁻⁷ degree, metres. The
//! formats are written for people in docs/atlas.md.

pub mod addresses;
pub mod api;
pub mod datum;
mod faces;
mod file;
pub mod geo;
pub mod lattice;
pub mod limits;
mod locate;
mod near;
mod planar;
mod raster;
mod read;
pub mod sample;
mod search;
mod shape;
pub mod tiles;
mod topojson;
mod topology;

pub use addresses::parse::Parsed;
pub use api::{
    AddressHit, AtlasError, Candidate, Evidence, Hit, HitKind, LevelFacts, Located, Reason, Shape, Stats,
};
pub use near::{Near, NearIndex};
pub use read::{Atlas, check, digest};
pub use tiles::{TileError, Value, points_tile};
pub use topojson::{FILE, datum_word};

#[cfg(test)]
mod tests;
