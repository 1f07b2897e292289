//! Each face to one district: overlaps, gaps and specks are resolved by the longest common border.

use super::faces::{both_ways, cycles, index};
use super::noding::node;
use super::{Repairs, Source};
use crate::error::SynthError;
use crate::plane::{Metre, Pt, area2, around, inside};
use std::collections::{BTreeMap, BTreeSet};

/// A piece of a border with the district on either side, by position; `None` is outside the city.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Border {
    /// One end.
    pub a: Pt,
    /// The other end.
    pub b: Pt,
    /// The district to the left of a → b.
    pub left: Option<usize>,
    /// The district to the right.
    pub right: Option<usize>,
}

/// The exact partition of the city into districts.
#[derive(Debug, Clone)]
pub struct Borders {
    /// Place ids of the districts.
    pub ids: Vec<String>,
    /// All borders, each once.
    pub pieces: Vec<Border>,
}

/// A face while it is being given away.
struct Face {
    area2: i64,
    rings: Vec<Vec<Pt>>,
    claims: Vec<usize>,
    owner: Option<usize>,
}

struct Plane {
    edges: Vec<(Pt, Pt)>,
    /// The face to the left of each directed edge.
    face_of: Vec<Option<usize>>,
    faces: Vec<Face>,
    /// For each pair of faces that meet: how long, in metres.
    length: BTreeMap<usize, BTreeMap<usize, f64>>,
}

/// Repairs published polygons into an exact partition. `snap` is how near (units) a vertex counts as
/// lying on a border; detached pieces under `speck` m² are given away.
///
/// # Errors
/// [`SynthError::Geometry`] when the borders cannot be noded.
pub fn repair(
    sources: &[Source],
    snap: f64,
    speck: f64,
    metre: Metre,
    repairs: &mut Repairs,
) -> Result<Borders, SynthError> {
    let ids: Vec<String> = sources.iter().map(|s| s.id.clone()).collect();
    let rings = sources.iter().enumerate().flat_map(|(d, s)| s.rings.iter().map(move |r| (d, r.as_slice())));
    let edges = node(rings, &ids, snap, repairs)?;
    let mut plane = Plane::new(edges, metre);
    plane.claim(sources);
    plane.give_away(&ids, metre, repairs);
    plane.take_specks(&ids, speck, metre, repairs);
    Ok(Borders { pieces: plane.borders(), ids })
}

impl Plane {
    fn new(undirected: BTreeSet<(Pt, Pt)>, metre: Metre) -> Plane {
        let edges = both_ways(undirected.into_iter());
        let rings: Vec<(Vec<usize>, Vec<Pt>)> = cycles(&edges)
            .into_iter()
            .map(|c| {
                let ring = c.iter().map(|i| edges[*i].0).collect();
                (c, ring)
            })
            .collect();
        let mut face_of = vec![None; edges.len()];
        let mut faces: Vec<Face> = Vec::new();
        for (cycle, ring) in &rings {
            let area2 = area2(ring);
            if area2 > 0 {
                cycle.iter().for_each(|i| face_of[*i] = Some(faces.len()));
                faces.push(Face { area2, rings: vec![ring.clone()], claims: Vec::new(), owner: None });
            }
        }
        for (cycle, ring) in rings.iter().filter(|(_, ring)| area2(ring) <= 0) {
            let around = faces.iter().enumerate().filter(|(_, f)| {
                let outer = &f.rings[..1];
                !outer[0].contains(&ring[0]) && inside((f64::from(ring[0].x), f64::from(ring[0].y)), outer)
            });
            let smallest = around.min_by_key(|(_, f)| f.area2).map(|(i, _)| i);
            cycle.iter().for_each(|i| face_of[*i] = smallest);
            if let Some(face) = smallest {
                faces[face].rings.push(ring.clone());
            }
        }
        let mut plane = Plane { edges, face_of, faces, length: BTreeMap::new() };
        plane.measure(metre);
        plane
    }

    fn measure(&mut self, metre: Metre) {
        let at = index(&self.edges);
        for (i, (a, b)) in self.edges.iter().enumerate() {
            let other = at.get(&(*b, *a)).and_then(|j| self.face_of[*j]);
            if let (Some(own), Some(other)) = (self.face_of[i], other) {
                let (x, y) = metre.of(*b, *a);
                *self.length.entry(own).or_default().entry(other).or_default() += x.hypot(y);
            }
        }
    }

    fn claim(&mut self, sources: &[Source]) {
        for face in &mut self.faces {
            let Some(point) = interior(&face.rings) else { continue };
            // Ring by ring: where two parts of one district overlap, or a ring its own end, it is still
            // its land.
            let within = |s: &Source| s.rings.iter().any(|r| around(point, r));
            face.claims = (0..sources.len()).filter(|d| within(&sources[*d])).collect();
            if let [only] = face.claims.as_slice() {
                face.owner = Some(*only);
            }
        }
    }

    /// The owner among those asked with whom a face shares the longest border; the lowest when two are
    /// equal.
    fn neighbour(&self, face: usize, asked: impl Fn(usize) -> bool) -> Option<usize> {
        let mut by_owner: BTreeMap<usize, f64> = BTreeMap::new();
        for (other, metres) in self.length.get(&face).into_iter().flatten() {
            if let Some(owner) = self.faces[*other].owner.filter(|o| *other != face && asked(*o)) {
                *by_owner.entry(owner).or_default() += metres;
            }
        }
        by_owner.into_iter().rev().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(owner, _)| owner)
    }

    fn give_away(&mut self, ids: &[String], metre: Metre, repairs: &mut Repairs) {
        loop {
            let open = (0..self.faces.len()).filter(|f| self.faces[*f].owner.is_none());
            let given: Vec<(usize, usize)> = open
                .filter_map(|f| {
                    let claims = &self.faces[f].claims;
                    let owner = self.neighbour(f, |o| claims.is_empty() || claims.contains(&o));
                    owner.map(|o| (f, o))
                })
                .collect();
            if given.is_empty() {
                break;
            }
            for (face, owner) in given {
                let kind = if self.faces[face].claims.is_empty() { "gap" } else { "overlap" };
                repairs.add(&ids[owner], kind, metre.area(self.faces[face].area2));
                self.faces[face].owner = Some(owner);
            }
        }
        // A face that borders none of those who claim it goes to the first of them.
        for face in &mut self.faces {
            if let (None, Some(first)) = (face.owner, face.claims.first()) {
                repairs.add(&ids[*first], "overlap", metre.area(face.area2));
                face.owner = Some(*first);
            }
        }
    }

    fn take_specks(&mut self, ids: &[String], speck: f64, metre: Metre, repairs: &mut Repairs) {
        let mut seen = vec![false; self.faces.len()];
        for start in 0..self.faces.len() {
            let Some(owner) = self.faces[start].owner.filter(|_| !seen[start]) else { continue };
            let (mut piece, mut at) = (vec![start], 0);
            seen[start] = true;
            while let Some(face) = piece.get(at).copied() {
                at += 1;
                for next in self.length.get(&face).into_iter().flat_map(BTreeMap::keys) {
                    if !seen[*next] && self.faces[*next].owner == Some(owner) {
                        seen[*next] = true;
                        piece.push(*next);
                    }
                }
            }
            let area = metre.area(piece.iter().map(|f| self.faces[*f].area2).sum());
            if area < speck {
                let around = self.neighbour(start, |o| o != owner);
                repairs.add(&ids[owner], "speck", area);
                piece.iter().for_each(|f| self.faces[*f].owner = around);
            }
        }
    }

    fn borders(&self) -> Vec<Border> {
        let at = index(&self.edges);
        let owner = |i: usize| self.face_of[i].and_then(|f| self.faces[f].owner);
        let mut borders = Vec::new();
        for (i, (a, b)) in self.edges.iter().enumerate().filter(|(_, (a, b))| a < b) {
            let (left, right) = (owner(i), at.get(&(*b, *a)).and_then(|j| owner(*j)));
            if left != right {
                borders.push(Border { a: *a, b: *b, left, right });
            }
        }
        borders
    }
}

/// A point inside rings: the middle of the widest stretch on one of some lines between their vertices.
fn interior(rings: &[Vec<Pt>]) -> Option<(f64, f64)> {
    let mut ys: Vec<i32> = rings.iter().flatten().map(|p| p.y).collect();
    ys.sort_unstable();
    ys.dedup();
    let step = (ys.len() / 16).max(1);
    let mut best: Option<(f64, (f64, f64))> = None;
    for pair in ys.windows(2).step_by(step) {
        let y = (f64::from(pair[0]) + f64::from(pair[1])) / 2.0;
        let mut xs = Vec::new();
        for ring in rings {
            for (i, a) in ring.iter().enumerate() {
                let b = ring[(i + 1) % ring.len()];
                let (ay, by) = (f64::from(a.y), f64::from(b.y));
                if (ay > y) != (by > y) {
                    xs.push(f64::from(a.x) + (y - ay) / (by - ay) * (f64::from(b.x) - f64::from(a.x)));
                }
            }
        }
        xs.sort_by(f64::total_cmp);
        for stretch in xs.chunks_exact(2) {
            let wide = stretch[1] - stretch[0];
            if best.is_none_or(|(w, _)| wide > w) {
                best = Some((wide, (stretch[0] + wide / 2.0, y)));
            }
        }
    }
    best.map(|(_, p)| p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(id: &str, x: i32, y: i32, w: i32, h: i32) -> Source {
        let p = |x, y| Pt::new(x * 10_000, y * 10_000);
        let ring = vec![p(x, y), p(x + w, y), p(x + w, y + h), p(x, y + h)];
        Source { id: id.to_owned(), rings: vec![ring], label: None }
    }

    fn owned(borders: &Borders, district: usize) -> i64 {
        let edges = borders.pieces.iter().flat_map(|b| {
            [
                (b.left == Some(district)).then_some((b.a, b.b)),
                (b.right == Some(district)).then_some((b.b, b.a)),
            ]
        });
        let edges: Vec<(Pt, Pt)> = edges.flatten().collect();
        cycles(&edges).iter().map(|c| area2(&c.iter().map(|i| edges[*i].0).collect::<Vec<_>>())).sum()
    }

    #[test]
    fn overlaps_and_gaps_are_given_away_once() {
        // Two overlap by a strip of 1 × 4; between the second and the third lies a gap of 1 × 4, open above
        // and below, so it is no gap but outside; a fourth closes it.
        let sources = [
            square("a", 0, 0, 5, 4),
            square("b", 4, 0, 4, 4),
            square("c", 9, 0, 3, 4),
            square("d", 0, 4, 12, 2),
            square("e", 0, -2, 12, 2),
        ];
        let mut repairs = Repairs::default();
        let borders = repair(&sources, 20.0, 1.0, Metre { x: 1.0, y: 1.0 }, &mut repairs).unwrap();
        assert_eq!(repairs.total("overlap"), (1, 4e8));
        assert_eq!(repairs.total("gap"), (1, 4e8));
        let total: i64 = (0..5).map(|d| owned(&borders, d)).sum();
        assert_eq!(total, 2 * 12 * 8 * 100_000_000, "nothing is counted twice, nothing is left");
    }

    #[test]
    fn a_speck_goes_to_whom_it_lies_in() {
        let mut a = square("a", 0, 0, 10, 10);
        a.rings.push(square("a", 11, 11, 1, 1).rings.remove(0));
        let mut repairs = Repairs::default();
        let borders = repair(&[a], 20.0, 5e8, Metre { x: 1.0, y: 1.0 }, &mut repairs).unwrap();
        assert_eq!(repairs.total("speck"), (1, 1e8));
        assert_eq!(owned(&borders, 0), 2 * 100 * 100_000_000);
    }
}
