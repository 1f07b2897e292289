//! Arcs: what cells and all their parents share, and the rings of each place as a walk over arcs.
//!
//! A place's ring at any level is made of the same arcs as its cells' rings, so whoever simplifies arcs
//! simplifies all levels alike and opens no gap.

use super::Mesh;
use crate::districts::faces::{Way, way_cycles};
use crate::plane::{Pt, area2, inside};
use std::collections::{BTreeMap, HashMap};

/// A face with the place it belongs to at each level, from the widest; the last may be missing.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The face.
    pub face: usize,
    /// Places by level: numbers that the caller gives.
    pub places: Vec<Option<u32>>,
}

/// Arcs and, for each level, the polygons of each place.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    /// Lines of lattice points; each is on the border of at least one cell.
    pub arcs: Vec<Vec<Pt>>,
    /// By level and place: polygons, each an outer ring and its holes, of arcs: `n` forward, `!n` backward.
    pub places: Vec<BTreeMap<u32, Vec<Vec<Vec<i32>>>>>,
}

/// The topology of cells that tile the city.
pub fn topology(mesh: &mut Mesh, cells: &[Cell], levels: usize) -> Topology {
    let mut left: HashMap<(Pt, Pt), u32> = HashMap::new();
    for (i, cell) in cells.iter().enumerate() {
        let ring = mesh.ring(cell.face);
        for (k, a) in ring.iter().enumerate() {
            left.insert((*a, ring[(k + 1) % ring.len()]), i as u32);
        }
    }
    let (arcs, sides) = arcs(&left);
    let mut places = Vec::new();
    for level in 0..levels {
        let owner = |cell: Option<u32>| cell.and_then(|c| cells[c as usize].places[level]);
        let mut borders: BTreeMap<u32, Vec<i32>> = BTreeMap::new();
        for (i, (l, r)) in sides.iter().enumerate() {
            let (l, r) = (owner(*l), owner(*r));
            if l != r {
                l.into_iter().for_each(|p| borders.entry(p).or_default().push(i as i32));
                r.into_iter().for_each(|p| borders.entry(p).or_default().push(!(i as i32)));
            }
        }
        places.push(borders.into_iter().map(|(p, b)| (p, polygons(&arcs, &b))).collect());
    }
    Topology { arcs, places }
}

/// The cells to the left and to the right of an arc.
type Sides = (Option<u32>, Option<u32>);

fn arcs(left: &HashMap<(Pt, Pt), u32>) -> (Vec<Vec<Pt>>, Vec<Sides>) {
    let mut around: BTreeMap<Pt, Vec<Pt>> = BTreeMap::new();
    for (a, b) in left.keys() {
        around.entry(*a).or_default().push(*b);
        if !left.contains_key(&(*b, *a)) {
            around.entry(*b).or_default().push(*a);
        }
    }
    for next in around.values_mut() {
        next.sort_unstable();
    }
    let mut done: HashMap<(Pt, Pt), ()> = HashMap::new();
    let (mut arcs, mut sides) = (Vec::new(), Vec::new());
    let is_node = |p: &Pt| around.get(p).is_some_and(|n| n.len() != 2);
    // Arcs from nodes first; what is left are rings without a node, begun at their lowest point.
    for nodes in [true, false] {
        for (start, next) in around.iter().filter(|(p, _)| !nodes || is_node(p)) {
            for first in next {
                if done.contains_key(&(*start, *first)) {
                    continue;
                }
                let (mut line, mut at) = (vec![*start, *first], *first);
                while !is_node(&at) && at != *start {
                    let from = line[line.len() - 2];
                    let Some(on) = around[&at].iter().find(|p| **p != from) else { break };
                    at = *on;
                    line.push(at);
                }
                for pair in line.windows(2) {
                    done.insert((pair[0], pair[1]), ());
                    done.insert((pair[1], pair[0]), ());
                }
                let side = |a: Pt, b: Pt| left.get(&(a, b)).copied();
                sides.push((side(line[0], line[1]), side(line[1], line[0])));
                arcs.push(line);
            }
        }
    }
    (arcs, sides)
}

fn polygons(arcs: &[Vec<Pt>], border: &[i32]) -> Vec<Vec<Vec<i32>>> {
    let ways: Vec<Way> = border
        .iter()
        .map(|b| {
            let line = &arcs[if *b < 0 { !*b } else { *b } as usize];
            let n = line.len();
            let way = Way { from: line[0], toward: line[1], to: line[n - 1], back: line[n - 2] };
            match *b < 0 {
                true => Way { from: way.to, toward: way.back, to: way.from, back: way.toward },
                false => way,
            }
        })
        .collect();
    let rings = way_cycles(&ways).into_iter().map(|c| {
        let ring: Vec<i32> = c.iter().map(|i| border[*i]).collect();
        let points = points(arcs, &ring);
        (ring, area2(&points), points)
    });
    let (outer, holes): (Vec<_>, Vec<_>) = rings.partition(|r| r.1 > 0);
    let mut polygons: Vec<(Vec<Vec<i32>>, i64, Vec<Pt>)> =
        outer.into_iter().map(|(ring, area, points)| (vec![ring], area, points)).collect();
    for (ring, _, points) in holes {
        let p = points[0];
        let q = points[1 % points.len()];
        let middle =
            (f64::midpoint(f64::from(p.x), f64::from(q.x)), f64::midpoint(f64::from(p.y), f64::from(q.y)));
        let around = polygons.iter_mut().filter(|o| inside(middle, std::slice::from_ref(&o.2)));
        if let Some(smallest) = around.min_by_key(|o| o.1) {
            smallest.0.push(ring);
        }
    }
    polygons.sort_by_key(|p| std::cmp::Reverse(p.1));
    polygons.into_iter().map(|p| p.0).collect()
}

/// The points of a ring of arcs, its last not its first.
pub(crate) fn points(arcs: &[Vec<Pt>], ring: &[i32]) -> Vec<Pt> {
    let mut points: Vec<Pt> = Vec::new();
    for b in ring {
        let line = &arcs[if *b < 0 { !*b } else { *b } as usize];
        let n = line.len() - 1;
        match *b < 0 {
            true => points.extend(line[1..].iter().rev()),
            false => points.extend(&line[..n]),
        }
    }
    points
}
