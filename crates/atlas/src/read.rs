//! The atlas itself (the signatures that others build against; bodies follow on this branch).
use crate::api::*;
use crate::near::NearIndex;
use crate::tiles::{TileError, Value};
use huying_core::city::{City, Folder};
use huying_core::fault::Fault;
use huying_core::ids::PlaceId;
use huying_core::observation::{Datum, Point};
use std::path::Path;
use std::sync::Arc;

/// Where things are in one city. Immutable; share it in an `Arc`.
pub struct Atlas {}

/// The digest of everything in a folder that an atlas is made of.
pub fn digest(_folder: &Folder) -> String {
    String::new()
}

impl Atlas {
    /// Reads geometry and addresses; `None` without geometry.topojson or with an error in it.
    pub fn read(_folder: &Folder, _city: &City) -> (Option<Atlas>, Vec<Fault>) {
        (None, Vec::new())
    }
    /// Opens `path` if it was made from `folder`, else reads the folder and writes the file anew.
    pub fn open_or_read(_path: &Path, _folder: &Folder, _city: &City) -> (Option<Atlas>, Vec<Fault>) {
        (None, Vec::new())
    }
    /// Writes the binary index.
    pub fn save(&self, path: &Path) -> Result<(), AtlasError> {
        Err(AtlasError::Other { path: path.to_owned(), what: "nothing to save" })
    }
    /// Opens a binary index made from a folder with this digest.
    pub fn open(path: &Path, _digest: &str) -> Result<Atlas, AtlasError> {
        Err(AtlasError::Other { path: path.to_owned(), what: "nothing to open" })
    }
    /// Locates a point; `at` carries its datum.
    pub fn locate(&self, at: Point, accuracy_m: Option<u32>) -> Located {
        self.locate_by(Evidence { at: Some(at), accuracy_m, words: None })
    }
    /// Locates by point and address together.
    pub fn locate_by(&self, _evidence: Evidence<'_>) -> Located {
        Located {
            at: None,
            candidates: Vec::new(),
            more: 0,
            proved: None,
            proved_measured: None,
            line: Vec::new(),
            outside: true,
            contradiction: false,
            address: None,
        }
    }
    /// Reads an address; the best reading first. `near` breaks ties.
    pub fn locate_address(&self, _words: &str, _near: Option<Point>) -> Vec<AddressHit> {
        Vec::new()
    }
    /// Finds places (name, code, id, also by prefix), compounds and aliases.
    pub fn search(&self, _words: &str, _within: Option<&PlaceId>, _limit: usize) -> Vec<Hit> {
        Vec::new()
    }
    /// Places of the same level that share a border of more than a point.
    pub fn neighbours(&self, _place: &PlaceId) -> Vec<PlaceId> {
        Vec::new()
    }
    /// The shape of a place.
    pub fn shape(&self, _place: &PlaceId) -> Option<Shape> {
        None
    }
    /// A point inside a place, stored datum.
    pub fn centre(&self, _place: &PlaceId) -> Option<Point> {
        None
    }
    /// Square metres.
    pub fn area_m2(&self, _place: &PlaceId) -> Option<f64> {
        None
    }
    /// West, south, east, north of a place, or of the whole geometry.
    pub fn bbox(&self, _place: Option<&PlaceId>) -> Option<[i32; 4]> {
        None
    }
    /// The stored datum.
    pub fn datum(&self) -> Datum {
        Datum::Gcj02
    }
    /// What the geometry says of each level.
    pub fn levels(&self) -> Vec<LevelFacts> {
        Vec::new()
    }
    /// A vector tile of the levels (layers named by level id, and `labels`), cached.
    pub fn tile(&self, z: u8, x: u32, y: u32) -> Result<Arc<[u8]>, TileError> {
        Err(TileError::NoSuchTile(z, x, y))
    }
    /// Sizes.
    pub fn stats(&self) -> Stats {
        Stats::default()
    }
}

/// A vector tile of moving points in one layer; attributes by key, `None` leaves a point out.
pub fn points_tile(
    _points: &NearIndex,
    _layer: &str,
    (z, x, y): (u8, u32, u32),
    _attributes: impl Fn(u64) -> Option<Vec<(&'static str, Value)>>,
) -> Result<Vec<u8>, TileError> {
    Err(TileError::NoSuchTile(z, x, y))
}
