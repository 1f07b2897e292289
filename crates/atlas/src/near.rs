//! Moving points: open cases by where they are, for duplicates nearby and for the tile layer of cases.
//!
//! A hash of square buckets of about 500 m; every operation is local. Does not know what a key means. The
//! tile of these points is made in `tiles/points.rs`.

use crate::geo::{metres, metres_per_unit};
use crate::limits::MAX_NEAR_M;
use std::collections::HashMap;

/// A bucket's side as a power of two of lattice units: 2¹⁶ units are about 630 m east and 730 m north in
/// Chengdu.
const SHIFT: u32 = 16;

/// A point that was found, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// The key it was put under.
    pub key: u64,
    /// Where it is, on the lattice.
    pub at: [i32; 2],
    /// Metres from the point that was asked for.
    pub metres: f64,
}

/// Points by key, in one datum of the caller's choice (the city's stored one, if tiles are to be made of
/// them).
#[derive(Debug, Clone, Default)]
pub struct NearIndex {
    points: HashMap<u64, [i32; 2]>,
    buckets: HashMap<(i32, i32), Vec<u64>>,
}

fn bucket(at: [i32; 2]) -> (i32, i32) {
    (at[0] >> SHIFT, at[1] >> SHIFT)
}

impl NearIndex {
    /// An empty index.
    pub fn new() -> NearIndex {
        NearIndex::default()
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Where a key is.
    pub fn get(&self, key: u64) -> Option<[i32; 2]> {
        self.points.get(&key).copied()
    }

    /// Puts a key at a point (lon, lat on the lattice); a key that was elsewhere moves.
    pub fn insert(&mut self, key: u64, at: [i32; 2]) {
        self.remove(key);
        self.points.insert(key, at);
        self.buckets.entry(bucket(at)).or_default().push(key);
    }

    /// Takes a key out and says where it was.
    pub fn remove(&mut self, key: u64) -> Option<[i32; 2]> {
        let at = self.points.remove(&key)?;
        if let Some(keys) = self.buckets.get_mut(&bucket(at)) {
            keys.retain(|k| *k != key);
            if keys.is_empty() {
                self.buckets.remove(&bucket(at));
            }
        }
        Some(at)
    }

    /// The points at most `radius` metres away, nearest first, then by key. A radius above
    /// [`MAX_NEAR_M`] is cut to it.
    pub fn within(&self, at: [i32; 2], radius: f64) -> Vec<Near> {
        let radius = radius.clamp(0.0, f64::from(MAX_NEAR_M));
        let (east, north) = metres_per_unit(at[1]);
        // A hundredth more than the radius: the scale at the rim differs a little from that at the centre.
        let reach = |scale: f64| ((radius * 1.01 / scale.max(1e-6)).ceil()).min(1e9) as i32;
        let (dx, dy) = (reach(east), reach(north));
        let low = [at[0].saturating_sub(dx), at[1].saturating_sub(dy)];
        let high = [at[0].saturating_add(dx), at[1].saturating_add(dy)];
        let mut found: Vec<Near> = self
            .in_box(low, high)
            .map(|(key, p)| Near { key, at: p, metres: metres(at, p) })
            .filter(|n| n.metres <= radius)
            .collect();
        found.sort_by(|a, b| a.metres.total_cmp(&b.metres).then(a.key.cmp(&b.key)));
        found
    }

    /// The points of a closed box, in no order.
    pub fn in_box(&self, low: [i32; 2], high: [i32; 2]) -> Box<dyn Iterator<Item = (u64, [i32; 2])> + '_> {
        let inside = move |p: &[i32; 2]| (0..2).all(|i| low[i] <= p[i] && p[i] <= high[i]);
        let (a, b) = (bucket(low), bucket(high));
        let buckets = (i64::from(b.0) - i64::from(a.0) + 1) * (i64::from(b.1) - i64::from(a.1) + 1);
        if buckets > self.buckets.len() as i64 {
            return Box::new(self.points.iter().map(|(k, p)| (*k, *p)).filter(move |(_, p)| inside(p)));
        }
        let cells = (a.0..=b.0).flat_map(move |x| (a.1..=b.1).map(move |y| (x, y)));
        let keys = cells.filter_map(|c| self.buckets.get(&c)).flatten();
        Box::new(keys.filter_map(|k| self.points.get(k).map(|p| (*k, *p))).filter(move |(_, p)| inside(p)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nearby_is_what_walking_the_list_finds(
            steps in prop::collection::vec((0u64..40, 0i32..400_000, 0i32..400_000, 0u8..4), 1..120),
            (x, y, r) in (0i32..400_000, 0i32..400_000, 0f64..3000.0),
        ) {
            let mut index = NearIndex::new();
            let mut plain: HashMap<u64, [i32; 2]> = HashMap::new();
            let base = [1_040_000_000, 306_000_000];
            for (key, dx, dy, what) in steps {
                if what == 0 {
                    prop_assert_eq!(index.remove(key), plain.remove(&key));
                } else {
                    let at = [base[0] + dx, base[1] + dy];
                    index.insert(key, at);
                    plain.insert(key, at);
                }
            }
            let at = [base[0] + x, base[1] + y];
            let mut want: Vec<u64> =
                plain.iter().filter(|(_, p)| metres(at, **p) <= r).map(|(k, _)| *k).collect();
            let mut got: Vec<u64> = index.within(at, r).iter().map(|n| n.key).collect();
            want.sort_unstable();
            got.sort_unstable();
            prop_assert_eq!(got, want);
            prop_assert_eq!(index.len(), plain.len());
        }
    }

    #[test]
    fn the_nearest_comes_first() {
        let mut index = NearIndex::new();
        let at = [1_040_000_000, 306_000_000];
        index.insert(7, [at[0] + 5_000, at[1]]);
        index.insert(8, [at[0] + 1_000, at[1]]);
        index.insert(9, [at[0] + 9_000_000, at[1]]);
        assert_eq!(index.within(at, 200.0).iter().map(|n| n.key).collect::<Vec<_>>(), [8, 7]);
    }
}
