//! District polygons as published, repaired into one exact partition of the city.
//!
//! `read.rs` reads GeoJSON and takes out what is wrong within one ring, `noding.rs` cuts all borders where
//! they meet, `faces.rs` finds the faces between them, `repair.rs` gives each face to one district. What was
//! repaired is counted, district by district, and written beside the geometry.

pub(crate) mod faces;
mod noding;
mod read;
mod repair;

pub use read::{Source, read};
pub use repair::{Border, Borders, repair};

use std::collections::BTreeMap;

/// What was repaired: for each district and kind how often, and how much land changed hands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Repairs {
    counts: BTreeMap<(String, &'static str), (u32, f64)>,
}

/// The kinds of repair with what each is, in the order of work.
pub const KINDS: [(&str, &str); 8] = [
    ("duplicate-vertex", "a vertex that repeats the one before it was taken out"),
    ("spike", "a line that runs out and back was taken out"),
    ("zero-part", "a part without area was taken out"),
    ("border-vertex", "a vertex of a neighbour was put into the border it lies on"),
    ("crossing", "two borders that cross got a common vertex there"),
    ("overlap", "land claimed by several districts was given to the one it borders longest"),
    ("gap", "land claimed by no district was given to the one it borders longest"),
    ("speck", "a detached piece too small to be real was given to the district around it, or left out"),
];

impl Repairs {
    /// Counts a repair in a district, with the area in m² that it moved.
    pub(crate) fn add(&mut self, district: &str, kind: &'static str, square_metres: f64) {
        let entry = self.counts.entry((district.to_owned(), kind)).or_default();
        entry.0 += 1;
        entry.1 += square_metres;
    }

    /// Each district, kind, count and m², by district and in the order of kinds.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &'static str, u32, f64)> {
        self.counts.iter().map(|((d, k), (n, a))| (d.as_str(), *k, *n, *a))
    }

    /// How often a kind was repaired in all districts, and m².
    pub fn total(&self, kind: &str) -> (u32, f64) {
        let of_kind = self.rows().filter(|r| r.1 == kind);
        of_kind.fold((0, 0.0), |sum, r| (sum.0 + r.2, sum.1 + r.3))
    }
}
