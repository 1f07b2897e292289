//! Faces: the cycles that a planar set of edges makes, each with its land to the left.
//!
//! Half-edges leave a point in the order of their angle; whoever walks a face turns, at each point, to the
//! next half-edge clockwise from where it came. Exact: angles are compared by signs of cross products.

use crate::plane::{Pt, turn};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

/// The order of two directions from `o` by angle, counter-clockwise from the east.
pub(crate) fn by_angle(o: Pt, a: Pt, b: Pt) -> Ordering {
    let upper = |p: Pt| !(p.y > o.y || (p.y == o.y && p.x > o.x));
    upper(a).cmp(&upper(b)).then_with(|| 0.cmp(&turn(o, a, b)))
}

/// A directed line between two points, which may pass others on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// Where it begins.
    pub(crate) from: Pt,
    /// The first point after its beginning.
    pub(crate) toward: Pt,
    /// Where it ends.
    pub(crate) to: Pt,
    /// The last point before its end.
    pub(crate) back: Pt,
}

/// Every cycle of directed edges; see [`way_cycles`].
pub(crate) fn cycles(edges: &[(Pt, Pt)]) -> Vec<Vec<usize>> {
    let ways: Vec<Way> = edges.iter().map(|(a, b)| Way { from: *a, toward: *b, to: *b, back: *a }).collect();
    way_cycles(&ways)
}

/// Every cycle of ways in which each is followed by the next one clockwise from its way back. A way is in
/// one cycle. Ways are taken in their order, so the result is the same each time.
pub(crate) fn way_cycles(ways: &[Way]) -> Vec<Vec<usize>> {
    let mut leaving: BTreeMap<Pt, Vec<usize>> = BTreeMap::new();
    for (i, way) in ways.iter().enumerate() {
        leaving.entry(way.from).or_default().push(i);
    }
    for (o, out) in &mut leaving {
        out.sort_by(|i, j| by_angle(*o, ways[*i].toward, ways[*j].toward));
    }
    let next = |i: usize| -> Option<usize> {
        let (at, back) = (ways[i].to, ways[i].back);
        let out = leaving.get(&at)?;
        // The first that is not before the way back, then one back in the circle: the next one clockwise.
        let place = out.partition_point(|j| by_angle(at, ways[*j].toward, back) == Ordering::Less);
        Some(out[(place + out.len() - 1) % out.len()])
    };
    let mut seen = vec![false; ways.len()];
    let mut cycles = Vec::new();
    for start in 0..ways.len() {
        let mut cycle = Vec::new();
        let mut at = Some(start);
        while let Some(i) = at.filter(|i| !seen[*i]) {
            seen[i] = true;
            cycle.push(i);
            at = next(i);
        }
        if !cycle.is_empty() {
            cycles.push(cycle);
        }
    }
    cycles
}

/// Both directions of undirected edges.
pub(crate) fn both_ways(edges: impl Iterator<Item = (Pt, Pt)>) -> Vec<(Pt, Pt)> {
    edges.flat_map(|(a, b)| [(a, b), (b, a)]).collect()
}

/// Where each directed edge stands.
pub(crate) fn index(edges: &[(Pt, Pt)]) -> HashMap<(Pt, Pt), usize> {
    edges.iter().enumerate().map(|(i, e)| (*e, i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plane::area2;

    #[test]
    fn two_squares_have_two_faces_and_an_outside() {
        let p = Pt::new;
        let edges = [
            (p(0, 0), p(2, 0)),
            (p(2, 0), p(2, 2)),
            (p(0, 2), p(2, 2)),
            (p(0, 0), p(0, 2)),
            (p(2, 0), p(4, 0)),
            (p(4, 0), p(4, 2)),
            (p(2, 2), p(4, 2)),
        ];
        let half = both_ways(edges.into_iter());
        let cycles = cycles(&half);
        let mut areas: Vec<i64> =
            cycles.iter().map(|c| area2(&c.iter().map(|i| half[*i].0).collect::<Vec<_>>())).collect();
        areas.sort_unstable();
        assert_eq!(areas, [-16, 8, 8]);
    }

    #[test]
    fn squares_that_touch_in_a_point_stay_apart() {
        let p = Pt::new;
        let square = |x: i32, y: i32| {
            let c = [p(x, y), p(x + 2, y), p(x + 2, y + 2), p(x, y + 2)];
            (0..4).map(move |i| (c[i], c[(i + 1) % 4]))
        };
        // Land to the left only: the rings of one district whose two parts touch.
        let edges: Vec<(Pt, Pt)> = square(0, 0).chain(square(2, 2)).collect();
        assert_eq!(cycles(&edges).iter().map(Vec::len).collect::<Vec<_>>(), [4, 4]);
    }
}
