//! Whether arcs meet only at their ends: the ground on which all tests of tiling stand.
//!
//! No two segments may cross, touch or overlap, and no arc may pass through a point of another. Exact. Used
//! for the geometry as it is read and, zoom by zoom, for what `tiles/simplify.rs` leaves of it.

use crate::lattice::{Grid, P, collide};
use crate::topojson::bounds;

/// A segment and the line it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) a: P,
    pub(crate) b: P,
    pub(crate) line: u32,
}

/// The most pairs that are looked at before the search gives up, so that a knot cannot hold the machine.
const MAX_PAIRS: usize = 2_000_000_000;

/// Pairs of segments that meet anywhere but at ends that both have; at most `most` of them.
pub(crate) fn collisions(segments: &[Segment], most: usize) -> Vec<(Segment, Segment)> {
    let ends: Vec<P> = segments.iter().flat_map(|s| [s.a, s.b]).collect();
    if ends.is_empty() {
        return Vec::new();
    }
    let grid = Grid::over(bounds(&ends), (segments.len() * 2).clamp(1, 1 << 24));
    drop(ends);
    let mut starts = vec![0u32; grid.len() + 1];
    for s in segments {
        grid.touched(s.a, s.b, |c| starts[c as usize + 1] += 1);
    }
    for i in 0..grid.len() {
        starts[i + 1] += starts[i];
    }
    let mut next = starts.clone();
    let mut items = vec![0u32; starts[grid.len()] as usize];
    for (i, s) in segments.iter().enumerate() {
        grid.touched(s.a, s.b, |c| {
            items[next[c as usize] as usize] = i as u32;
            next[c as usize] += 1;
        });
    }
    let mut found: Vec<(u32, u32)> = Vec::new();
    let mut pairs = 0usize;
    for cell in starts.windows(2) {
        let list = &items[cell[0] as usize..cell[1] as usize];
        for (k, i) in list.iter().enumerate() {
            let s = segments[*i as usize];
            for j in &list[k + 1..] {
                let t = segments[*j as usize];
                if collide(s.a, s.b, t.a, t.b) {
                    found.push((*i.min(j), *i.max(j)));
                }
            }
            pairs += list.len() - k - 1;
        }
        if found.len() > most * 4 + 64 || pairs > MAX_PAIRS {
            break;
        }
    }
    found.sort_unstable();
    found.dedup();
    found.truncate(most);
    found.into_iter().map(|(i, j)| (segments[i as usize], segments[j as usize])).collect()
}

/// Points that an arc passes through while another arc (or the same again) has a point there too.
pub(crate) fn passed_through(starts: &[u32], points: &[P], most: usize) -> Vec<P> {
    let mut all: Vec<(P, bool)> = Vec::with_capacity(points.len());
    for w in starts.windows(2) {
        let arc = &points[w[0] as usize..w[1] as usize];
        let last = arc.len().saturating_sub(1);
        all.extend(arc.iter().enumerate().map(|(i, p)| (*p, i != 0 && i != last)));
    }
    all.sort_unstable();
    let same = all.chunk_by(|a, b| a.0 == b.0);
    same.filter(|c| c.len() > 1 && c.iter().any(|(_, inner)| *inner)).map(|c| c[0].0).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_collision_is_found(
            ends in prop::collection::vec([-60i32..60, -60i32..60, -60i32..60, -60i32..60], 2..40),
        ) {
            let segments: Vec<Segment> = ends
                .iter()
                .enumerate()
                .map(|(i, e)| Segment { a: [e[0], e[1]], b: [e[2], e[3]], line: i as u32 })
                .filter(|s| s.a != s.b)
                .collect();
            let mut want = Vec::new();
            for (i, s) in segments.iter().enumerate() {
                for t in &segments[i + 1..] {
                    if collide(s.a, s.b, t.a, t.b) {
                        want.push((s.line, t.line));
                    }
                }
            }
            let got: Vec<_> = collisions(&segments, 10_000).iter().map(|(s, t)| (s.line, t.line)).collect();
            prop_assert_eq!(got, want);
        }
    }

    #[test]
    fn a_point_inside_an_arc_is_nobody_elses() {
        let points = [[0, 0], [5, 5], [9, 0], [9, 0], [5, 5], [0, 9]];
        assert_eq!(passed_through(&[0, 3, 6], &points, 9), [[5, 5]]);
        assert_eq!(passed_through(&[0, 3, 5], &[[0, 0], [5, 5], [9, 0], [9, 0], [5, 6]], 9), [[0; 2]; 0]);
    }
}
