//! Simplified borders, zoom by zoom, on what neighbours share: no gap and no overlap can arise.
//!
//! At each zoom the finest level drawn has a border graph. Its chains between junctions are thinned (Douglas
//! and Peucker 1973), once for both sides and for every wider level, whose borders are made of the same
//! chains; junctions stay. Where two thinned chains would meet, both are thinned less, until `planar.rs`
//! finds nothing.

use super::Plan;
use crate::geo::metres_per_unit;
use crate::lattice::P;
use crate::planar::{Segment, collisions};
use crate::topology::{Map, NONE};
use std::collections::BTreeSet;

/// Zooms that can be simplified: a bit each.
pub(crate) const ZOOMS: u8 = 16;
/// Rounds of thinning less, each half of the one before; after them a chain keeps all its points.
const ROUNDS: u32 = 6;
/// Collisions that one round mends at most.
const MENDED: usize = 200_000;

/// A border between two junctions, as the numbers of its points; where arcs meet, both their ends.
struct Chain {
    points: Vec<u32>,
}

/// By point of the map: the zooms (bits) at which it is drawn.
pub(crate) fn build(map: &Map, plan: &Plan) -> Vec<u16> {
    let mut masks = vec![0u16; map.points.len()];
    let mut known: Option<(u8, Vec<Chain>)> = None;
    for zoom in 0..ZOOMS.min(plan.full_from) {
        let Some(level) = plan.finest(map, zoom) else { continue };
        if known.as_ref().is_none_or(|(l, _)| *l != level) {
            known = Some((level, chains(map, level)));
        }
        if let Some((_, chains)) = &known {
            thin(map, chains, plan.tolerance_m(map, zoom), 1 << zoom, &mut masks);
        }
    }
    masks
}

/// The chains of the borders of a level.
fn chains(map: &Map, level: u8) -> Vec<Chain> {
    let place = |face: u32| {
        let first = (face != 0).then(|| map.stack(face)[0]);
        first.and_then(|p| map.at_level(p, level)).unwrap_or(NONE)
    };
    let faces: Vec<u32> = (0..map.face_start.len() as u32 - 1).map(place).collect();
    let border = |arc: u32| {
        let side = |h: u32| faces[map.left[h as usize] as usize];
        side(arc * 2) != side(arc * 2 + 1)
    };
    let mut out: Vec<(P, u32)> = (0..map.arcs() as u32)
        .filter(|a| border(*a))
        .flat_map(|a| [a * 2, a * 2 + 1])
        .map(|h| (map.origin(h), h))
        .collect();
    out.sort_unstable();
    let node = |p: P| {
        let start = out.partition_point(|(q, _)| *q < p);
        let len = out[start..].partition_point(|(q, _)| *q == p);
        &out[start..start + len]
    };
    let mut used = vec![false; map.arcs()];
    let mut chains = Vec::new();
    // First from junctions; what is left are closed borders without one.
    for junctions in [true, false] {
        for (p, first) in &out {
            if used[*first as usize / 2] || (node(*p).len() != 2) != junctions {
                continue;
            }
            let mut chain = Chain { points: Vec::new() };
            let mut half = *first;
            loop {
                used[half as usize / 2] = true;
                let arc = half as usize / 2;
                let (start, end) = (map.starts[arc], map.starts[arc + 1]);
                if half & 1 == 0 {
                    chain.points.extend(start..end);
                } else {
                    chain.points.extend((start..end).rev());
                }
                let at = node(map.origin(half ^ 1));
                let next = at.iter().map(|(_, h)| *h).find(|h| *h != half ^ 1);
                match next {
                    Some(next) if at.len() == 2 && !used[next as usize / 2] => half = next,
                    _ => break,
                }
            }
            chains.push(chain);
        }
    }
    chains
}

fn thin(map: &Map, chains: &[Chain], tolerance: f64, bit: u16, masks: &mut [u16]) {
    let bbox = map.bbox();
    let scale = metres_per_unit(i32::midpoint(bbox[1], bbox[3]));
    let mut rounds = vec![0u32; chains.len()];
    let mut kept: Vec<Vec<u32>> = chains.iter().map(|c| thinned(map, c, tolerance, scale)).collect();
    loop {
        let mut segments = Vec::new();
        for (line, points) in kept.iter().enumerate() {
            let at = |i: u32| map.points[i as usize];
            let pairs = points.windows(2).map(|w| Segment { a: at(w[0]), b: at(w[1]), line: line as u32 });
            segments.extend(pairs.filter(|s| s.a != s.b));
        }
        let meet = collisions(&segments, MENDED);
        let again: BTreeSet<u32> = meet.iter().flat_map(|(s, t)| [s.line, t.line]).collect();
        let mut changed = false;
        for line in again {
            let line = line as usize;
            if rounds[line] > ROUNDS {
                continue;
            }
            rounds[line] += 1;
            changed = true;
            kept[line] = if rounds[line] > ROUNDS {
                chains[line].points.clone()
            } else {
                thinned(map, &chains[line], tolerance / f64::from(1u32 << rounds[line]), scale)
            };
        }
        if !changed {
            break;
        }
    }
    for point in kept.into_iter().flatten() {
        masks[point as usize] |= bit;
    }
}

/// The points of a chain that stay, both copies where two arcs meet.
fn thinned(map: &Map, chain: &Chain, tolerance: f64, scale: (f64, f64)) -> Vec<u32> {
    let points = &chain.points;
    let last = points.len() - 1;
    let at = |i: usize| {
        let p = map.points[points[i] as usize];
        (f64::from(p[0]) * scale.0, f64::from(p[1]) * scale.1)
    };
    let mut keep = vec![false; points.len()];
    (keep[0], keep[last]) = (true, true);
    let mut stack = vec![(0, last)];
    if at(0) == at(last) {
        // A closed border stands on its first point and on the one farthest from it.
        let far = |i: usize| (at(i).0 - at(0).0).hypot(at(i).1 - at(0).1);
        let farthest = (0..=last).max_by(|a, b| far(*a).total_cmp(&far(*b))).unwrap_or(0);
        keep[farthest] = true;
        stack = vec![(0, farthest), (farthest, last)];
    }
    while let Some((i, j)) = stack.pop() {
        let (a, b) = (at(i), at(j));
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length = dx.hypot(dy);
        let off = |k: usize| {
            let (px, py) = (at(k).0 - a.0, at(k).1 - a.1);
            if length > 0.0 { (dx * py - dy * px).abs() / length } else { px.hypot(py) }
        };
        let worst = (i + 1..j).map(|k| (off(k), k)).fold((0.0, i), |w, v| if v.0 > w.0 { v } else { w });
        if worst.0 > tolerance {
            keep[worst.1] = true;
            stack.extend([(i, worst.1), (worst.1, j)]);
        }
    }
    // Where arcs meet, a point stands twice: both copies stay or neither.
    for i in 1..points.len() {
        if map.points[points[i] as usize] == map.points[points[i - 1] as usize] {
            (keep[i], keep[i - 1]) = (keep[i] || keep[i - 1], keep[i] || keep[i - 1]);
        }
    }
    points.iter().zip(keep).filter(|(_, k)| *k).map(|(p, _)| *p).collect()
}
