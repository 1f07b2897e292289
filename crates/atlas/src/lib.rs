//! The atlas 地图: where things are. Geometry, locating, addresses, neighbours, vector tiles; no cases.

pub mod addresses;
pub mod api;
pub mod datum;
pub mod geo;
pub mod limits;
mod near;
mod read;
pub mod tiles;

pub use addresses::parse::Parsed;
pub use api::{
    AddressHit, AtlasError, Candidate, Evidence, Hit, HitKind, LevelFacts, Located, Reason, Shape, Stats,
};
pub use near::{Near, NearIndex};
pub use read::{Atlas, digest, points_tile};
pub use tiles::{TileError, Value};
