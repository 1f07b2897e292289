//! Shapes, centres, areas and neighbours of places, from shared arcs.
//!
//! A centre is a point of the lattice inside the place, good for a label; it is no centroid.

use crate::lattice::{P, winding};
use crate::topology::Map;

/// What a place without a shape has for a centre.
pub(crate) const NOWHERE: P = [i32::MIN, i32::MIN];

/// The centres of all places, in their order.
pub(crate) fn centres(map: &Map) -> Vec<P> {
    let mut centres: Vec<P> = Vec::with_capacity(map.ids.len());
    for place in 0..map.ids.len() as u32 {
        let rings: Vec<Vec<P>> = map.rings_of(place).map(|r| map.ring_points(map.ring(r))).collect();
        centres.push(if rings.is_empty() { NOWHERE } else { centre(&rings, map.boxes[place as usize]) });
    }
    centres
}

/// A point inside: the middle of the widest piece of the horizontal line through the middle of the box or,
/// when the lattice is too coarse there, of another line; at last a point of the border that belongs to the
/// place.
fn centre(rings: &[Vec<P>], bbox: [i32; 4]) -> P {
    let tall = i64::from(bbox[3]) - i64::from(bbox[1]);
    // Halves, quarters, eighths…: wherever the place is at all wide, one of the lines meets it.
    let tries = (1..=6u32).flat_map(|k| (1..1i64 << k).step_by(2).map(move |i| (i, 1i64 << k)));
    for (i, parts) in tries {
        let y = (i64::from(bbox[1]) + tall * i / parts) as i32;
        if let Some(p) = widest(rings, y).filter(|p| winding(rings, *p) == 1) {
            return p;
        }
    }
    rings.iter().flatten().copied().find(|p| winding(rings, *p) == 1).unwrap_or(rings[0][0])
}

fn widest(rings: &[Vec<P>], y: i32) -> Option<P> {
    let mut xs: Vec<f64> = Vec::new();
    for s in rings.iter().flat_map(|r| r.windows(2)) {
        let (a, b) = (s[0], s[1]);
        if (a[1] > y) != (b[1] > y) {
            let t = (f64::from(y) + 0.5 - f64::from(a[1])) / (f64::from(b[1]) - f64::from(a[1]));
            xs.push(f64::from(a[0]) + t * (f64::from(b[0]) - f64::from(a[0])));
        }
    }
    xs.sort_unstable_by(f64::total_cmp);
    let pieces = xs.chunks_exact(2);
    let best = pieces.max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))?;
    Some([f64::midpoint(best[0], best[1]).floor() as i32, y])
}

/// Places of the same level across the arcs of a place, in the order of ids.
pub(crate) fn neighbours(map: &Map, place: u32) -> Vec<u32> {
    let level = map.level[place as usize];
    let mut found: Vec<u32> = Vec::new();
    let mut last = 0;
    for h in map.edges_of(place) {
        let face = map.left[(h ^ 1) as usize];
        if face == 0 || face == last {
            continue;
        }
        last = face;
        let stack = map.stack(face).iter();
        found.extend(stack.filter_map(|p| map.at_level(*p, level)).filter(|p| *p != place));
    }
    // Those who share the very footprint are the nearest of all.
    if let Some(face) = map.edges_of(place).first().map(|h| map.left[*h as usize]).filter(|f| *f != 0) {
        let stack = map.stack(face);
        if stack.contains(&place) {
            found.extend(stack.iter().filter(|p| **p != place));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Polygons → rings → closed points.
pub(crate) fn polygons(map: &Map, place: u32) -> Vec<Vec<Vec<P>>> {
    let mut polygons: Vec<Vec<Vec<P>>> = Vec::new();
    for ring in map.rings_of(place) {
        let points = map.ring_points(map.ring(ring));
        match polygons.last_mut() {
            Some(polygon) if map.ring_outer[ring] == 0 => polygon.push(points),
            _ => polygons.push(vec![points]),
        }
    }
    polygons
}
