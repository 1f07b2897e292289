//! Noding: borders are cut where they meet, until no two of them share more than an end.
//!
//! Vertices that lie on a border (within `snap`, below the rounding of the source) are put into it; borders
//! that cross get a common vertex at the nearest lattice point. Both are repeated until nothing is left to
//! do, since rounding a crossing moves a border a little.

use super::Repairs;
use crate::error::SynthError;
use crate::plane::{Pt, cross, crossing, distance};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A border piece with its ends in order, and the districts that drew it.
type Pieces = BTreeMap<(Pt, Pt), BTreeSet<usize>>;

/// Rounds after which it is given up: each halves what rounding can still move. A fact, not a rule.
const ROUNDS: usize = 20;

/// Cuts the edges of all rings. `rings` are (district, ring).
pub(super) fn node<'r>(
    rings: impl Iterator<Item = (usize, &'r [Pt])>,
    ids: &[String],
    snap: f64,
    repairs: &mut Repairs,
) -> Result<BTreeSet<(Pt, Pt)>, SynthError> {
    let mut pieces = Pieces::new();
    for (district, ring) in rings {
        for (i, a) in ring.iter().enumerate() {
            put(&mut pieces, *a, ring[(i + 1) % ring.len()], district);
        }
    }
    let mut stops = Stops::new(snap);
    for (a, b) in pieces.keys() {
        stops.put(*a);
        stops.put(*b);
    }
    for _ in 0..ROUNDS {
        let cuts = cuts(&pieces, snap, &mut stops);
        if cuts.is_empty() {
            return Ok(pieces.into_keys().collect());
        }
        for ((a, b), mut at) in cuts {
            let Some(owners) = pieces.remove(&(a, b)) else { continue };
            at.sort_by(|p, q| distance(p.0, a, b).1.total_cmp(&distance(q.0, a, b).1));
            at.dedup_by_key(|p| p.0);
            for (_, kind) in &at {
                for owner in &owners {
                    repairs.add(&ids[*owner], kind, 0.0);
                }
            }
            let stops: Vec<Pt> =
                std::iter::once(a).chain(at.iter().map(|p| p.0)).chain(std::iter::once(b)).collect();
            for pair in stops.windows(2) {
                for owner in &owners {
                    put(&mut pieces, pair[0], pair[1], *owner);
                }
            }
        }
    }
    Err(SynthError::Geometry("the borders could not be cut apart on the lattice".to_owned()))
}

fn put(pieces: &mut Pieces, a: Pt, b: Pt, district: usize) {
    if a != b {
        pieces.entry((a.min(b), a.max(b))).or_default().insert(district);
    }
}

/// All vertices. No two made here lie within twice `snap`: a triangle smaller than that would be cut for
/// ever.
struct Stops {
    cell: f64,
    by_cell: HashMap<(i64, i64), Vec<Pt>>,
}

impl Stops {
    fn new(snap: f64) -> Stops {
        Stops { cell: (2.0 * snap).max(1.0), by_cell: HashMap::new() }
    }

    fn cell_of(&self, p: Pt) -> (i64, i64) {
        ((f64::from(p.x) / self.cell).floor() as i64, (f64::from(p.y) / self.cell).floor() as i64)
    }

    fn put(&mut self, p: Pt) {
        let own = self.by_cell.entry(self.cell_of(p)).or_default();
        if !own.contains(&p) {
            own.push(p);
        }
    }

    /// The nearest vertex within reach, or else the point itself, which becomes one.
    fn at(&mut self, p: Pt) -> Pt {
        let (x, y) = self.cell_of(p);
        let around = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (x + dx, y + dy)));
        let near = around.flat_map(|c| self.by_cell.get(&c).into_iter().flatten());
        let far = |q: &Pt| f64::from(q.x - p.x).hypot(f64::from(q.y - p.y));
        let nearest =
            near.filter(|q| far(q) <= self.cell).min_by(|a, b| far(a).total_cmp(&far(b)).then(a.cmp(b)));
        let p = nearest.copied().unwrap_or(p);
        self.put(p);
        p
    }
}

/// Where each piece is to be cut, and why.
type Cuts = BTreeMap<(Pt, Pt), Vec<(Pt, &'static str)>>;

fn cuts(pieces: &Pieces, snap: f64, stops: &mut Stops) -> Cuts {
    let all: Vec<(Pt, Pt)> = pieces.keys().copied().collect();
    let longest = all.iter().map(|(a, b)| (b.x - a.x).abs().max((b.y - a.y).abs())).max().unwrap_or(1);
    // Two pieces that meet begin less than two of the longest apart.
    let cell = longest.max(1);
    let mut buckets: BTreeMap<(i32, i32), Vec<usize>> = BTreeMap::new();
    for (i, (a, _)) in all.iter().enumerate() {
        buckets.entry((a.x / cell, a.y / cell)).or_default().push(i);
    }
    let mut cuts = Cuts::new();
    for (i, (a, b)) in all.iter().enumerate() {
        for dx in -2..=2 {
            for dy in -2..=2 {
                let near = buckets.get(&(a.x / cell + dx, a.y / cell + dy));
                for j in near.into_iter().flatten().filter(|j| **j > i) {
                    pair((*a, *b), all[*j], snap, stops, &mut cuts);
                }
            }
        }
    }
    cuts
}

fn pair(s: (Pt, Pt), t: (Pt, Pt), snap: f64, stops: &mut Stops, cuts: &mut Cuts) {
    let mut touched = false;
    for (end, piece) in [(t.0, s), (t.1, s), (s.0, t), (s.1, t)] {
        if end != piece.0 && end != piece.1 {
            let (far, along) = distance(end, piece.0, piece.1);
            if far <= snap && along > 0.0 && along < 1.0 {
                cuts.entry(piece).or_default().push((end, "border-vertex"));
                touched = true;
            }
        }
    }
    if !touched
        && cross(s.0, s.1, t.0, t.1)
        && let Some(p) = crossing(s.0, s.1, t.0, t.1)
    {
        let p = stops.at(p);
        for piece in [s, t] {
            if p != piece.0 && p != piece.1 {
                cuts.entry(piece).or_default().push((p, "crossing"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plane::meet;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn noded_borders_share_ends_only(points in prop::collection::vec((0i32..40, 0i32..40), 3..24)) {
            let ring: Vec<Pt> = points.iter().map(|(x, y)| Pt::new(x * 997, y * 997)).collect();
            let ids = ["d".to_owned()];
            let out = node([(0, ring.as_slice())].into_iter(), &ids, 20.0, &mut Repairs::default()).unwrap();
            let out: Vec<(Pt, Pt)> = out.into_iter().collect();
            for (i, s) in out.iter().enumerate() {
                for t in &out[i + 1..] {
                    let shared = s.0 == t.0 || s.0 == t.1 || s.1 == t.0 || s.1 == t.1;
                    prop_assert!(shared || !meet(s.0, s.1, t.0, t.1), "{s:?} {t:?}");
                    prop_assert!(!cross(s.0, s.1, t.0, t.1));
                }
            }
        }
    }
}
