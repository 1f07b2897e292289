//! From the lattice to a tile and back (web mercator of the stored datum), and clipping to a tile.
//!
//! Every vertex is rounded to tile units before it is clipped, so two neighbours round a shared vertex alike.

use super::mvt::{EXTENT, T};
use crate::geo::PER_DEGREE;
use crate::lattice::P;
use std::f64::consts::PI;

/// How far beyond its edge a tile's shapes reach, in tile units.
pub(crate) const BUFFER: i64 = 64;

/// One tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TileNo {
    pub(crate) z: u8,
    pub(crate) x: u32,
    pub(crate) y: u32,
}

impl TileNo {
    fn units(self) -> f64 {
        (1u64 << self.z) as f64 * EXTENT as f64
    }

    /// A lattice point in units of this tile.
    pub(crate) fn project(self, p: P) -> T {
        let phi = (f64::from(p[1]) / PER_DEGREE).clamp(-85.06, 85.06).to_radians();
        let x = (f64::from(p[0]) / PER_DEGREE + 180.0) / 360.0;
        let y = (1.0 - phi.tan().asinh() / PI) / 2.0;
        let units = self.units();
        let at = |v: f64, n: u32| (v * units).round() as i64 - i64::from(n) * EXTENT;
        [at(x, self.x), at(y, self.y)]
    }

    /// The lattice box of the tile and its buffer, a unit wider.
    pub(crate) fn bbox(self) -> [i32; 4] {
        let edge = |n: u32, units: i64| ((i64::from(n) * EXTENT + units) as f64) / self.units();
        let lon = |v: f64| ((v * 360.0 - 180.0) * PER_DEGREE).clamp(-1.8e9, 1.8e9);
        let lat = |v: f64| ((PI * (1.0 - 2.0 * v)).sinh().atan().to_degrees() * PER_DEGREE).clamp(-9e8, 9e8);
        let (low, high) = (-BUFFER - 1, EXTENT + BUFFER + 1);
        [
            lon(edge(self.x, low)).floor() as i32,
            lat(edge(self.y, high)).floor() as i32,
            lon(edge(self.x, high)).ceil() as i32,
            lat(edge(self.y, low)).ceil() as i32,
        ]
    }
}

/// A ring (open: the first point not repeated) cut to the tile with its buffer; empty when nothing is left.
pub(crate) fn clip(ring: Vec<T>) -> Vec<T> {
    let (low, high) = (-BUFFER, EXTENT + BUFFER);
    let mut points = ring;
    for (axis, bound, keep_above) in [(0, low, true), (0, high, false), (1, low, true), (1, high, false)] {
        let inside = |p: &T| if keep_above { p[axis] >= bound } else { p[axis] <= bound };
        if points.iter().all(inside) {
            continue;
        }
        let mut out = Vec::with_capacity(points.len() + 8);
        for (i, b) in points.iter().enumerate() {
            let a = points[(i + points.len() - 1) % points.len()];
            if inside(&a) != inside(b) {
                out.push(cut(a, *b, axis, bound));
            }
            if inside(b) {
                out.push(*b);
            }
        }
        points = out;
    }
    points.dedup();
    while points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    if points.len() < 3 || doubled(&points) == 0 { Vec::new() } else { points }
}

fn cut(a: T, b: T, axis: usize, bound: i64) -> T {
    // From the lower end always, so that both neighbours of an edge cut it at the same point.
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let other = 1 - axis;
    let t = (bound - a[axis]) as f64 / (b[axis] - a[axis]) as f64;
    let mut p = [0; 2];
    p[axis] = bound;
    p[other] = a[other] + (t * (b[other] - a[other]) as f64).round() as i64;
    p
}

/// Twice the area of an open ring.
pub(crate) fn doubled(points: &[T]) -> i64 {
    let next = |i: usize| points[(i + 1) % points.len()];
    points.iter().enumerate().map(|(i, p)| p[0] * next(i)[1] - next(i)[0] * p[1]).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn clipping_keeps_the_area_within(
            (x, y) in (-5000i64..5000, -5000i64..5000),
            (w, h) in (1i64..9000, 1i64..9000),
        ) {
            let ring = vec![[x, y], [x + w, y], [x + w, y + h], [x, y + h]];
            let clipped = clip(ring);
            let side = |at: i64, len: i64| {
                ((at + len).min(EXTENT + BUFFER) - at.max(-BUFFER)).max(0)
            };
            let area = if clipped.is_empty() { 0 } else { doubled(&clipped) };
            prop_assert_eq!(area, 2 * side(x, w) * side(y, h));
        }

        #[test]
        fn the_box_holds_what_the_tile_shows(
            z in 0u8..18,
            lon in 1_030_000_000i32..1_050_000_000,
            lat in 300_000_000i32..315_000_000,
        ) {
            let world = TileNo { z: 0, x: 0, y: 0 }.project([lon, lat]);
            prop_assert!((0..EXTENT).contains(&world[0]) && (0..EXTENT).contains(&world[1]));
            let n = (1u64 << z) as f64;
            let x = ((f64::from(lon) / 1e7 + 180.0) / 360.0 * n) as u32;
            let phi = (f64::from(lat) / 1e7).to_radians();
            let y = ((1.0 - phi.tan().asinh() / PI) / 2.0 * n) as u32;
            let tile = TileNo { z, x, y };
            let p = tile.project([lon, lat]);
            prop_assert!((0..=EXTENT).contains(&p[0]) && (0..=EXTENT).contains(&p[1]));
            let b = tile.bbox();
            prop_assert!(b[0] <= lon && lon <= b[2] && b[1] <= lat && lat <= b[3]);
        }
    }
}
