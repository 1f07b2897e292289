//! A planar subdivision on the lattice that is only ever cut: what tiled its parent once tiles it for ever.
//!
//! A face is a ring of half-edges. An edge that gets a vertex is split in place, and every face that runs
//! along it sees the split when it next looks at its ring, so neighbours share their vertices by
//! construction. `chord.rs` says where a good cut lies, `divide.rs` cuts a face into shares, `check.rs`
//! proves the result on its own, `topology.rs` finds the arcs that cells and their parents share.

mod bridge;
pub(crate) mod check;
mod chord;
mod divide;
mod topology;

pub use chord::Dot;
pub(crate) use chord::within;
pub use divide::{Kid, Style, divide};
pub use topology::{Cell, Topology, topology};

use crate::districts::Borders;
use crate::districts::faces::cycles;
use crate::error::SynthError;
use crate::plane::{Metre, Pt, area2};
use std::collections::HashMap;

/// A directed edge: the edge's number twice, and one more when it runs from its end to its beginning.
type Half = u32;

#[derive(Debug, Clone)]
struct Edge {
    a: u32,
    b: u32,
    halves: Option<(u32, u32)>,
}

/// Faces, edges and vertices.
#[derive(Debug, Clone)]
pub struct Mesh {
    points: Vec<Pt>,
    edges: Vec<Edge>,
    faces: Vec<Vec<Half>>,
    /// What a unit is in metres, for choices.
    pub metre: Metre,
    /// Where metres are counted from.
    pub origin: Pt,
}

/// Where a cut ends: at a vertex of the ring, or at a new one on the edge that leaves the vertex there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum End {
    /// The vertex at a place in the ring.
    Vertex(usize),
    /// A new vertex on the edge that begins at a place in the ring.
    Edge(usize, Pt),
}

impl Mesh {
    /// The mesh of a partition into districts, and the faces of each: its parts, the widest first.
    ///
    /// # Errors
    /// [`SynthError::Geometry`] when a district has a hole that cannot be bridged.
    pub fn of(borders: &Borders, metre: Metre) -> Result<(Mesh, Vec<Vec<usize>>), SynthError> {
        let corner = borders.pieces.iter().flat_map(|b| [b.a, b.b]);
        let origin = corner.fold(Pt::new(i32::MAX, i32::MAX), |o, p| Pt::new(o.x.min(p.x), o.y.min(p.y)));
        let mut mesh = Mesh { points: Vec::new(), edges: Vec::new(), faces: Vec::new(), metre, origin };
        let mut number: HashMap<Pt, u32> = HashMap::new();
        let mut edge_at: HashMap<(Pt, Pt), u32> = HashMap::new();
        for piece in &borders.pieces {
            let mut of = |p: Pt| {
                *number.entry(p).or_insert_with(|| {
                    mesh.points.push(p);
                    mesh.points.len() as u32 - 1
                })
            };
            let (a, b) = (of(piece.a), of(piece.b));
            edge_at.insert((piece.a, piece.b), mesh.edges.len() as u32 * 2);
            edge_at.insert((piece.b, piece.a), mesh.edges.len() as u32 * 2 + 1);
            mesh.edges.push(Edge { a, b, halves: None });
        }
        let mut parts = Vec::new();
        for (district, id) in borders.ids.iter().enumerate() {
            let own = borders.pieces.iter().flat_map(|b| {
                let left = (b.left == Some(district)).then_some((b.a, b.b));
                let right = (b.right == Some(district)).then_some((b.b, b.a));
                [left, right]
            });
            let own: Vec<(Pt, Pt)> = own.flatten().collect();
            let rings: Vec<Vec<Half>> =
                cycles(&own).iter().map(|c| c.iter().map(|i| edge_at[&own[*i]]).collect()).collect();
            let rings = mesh.bridged(rings).ok_or_else(|| {
                SynthError::Geometry(format!("district {id} has a hole that cannot be bridged"))
            })?;
            let mut faces: Vec<usize> = (0..rings.len()).map(|i| mesh.faces.len() + i).collect();
            mesh.faces.extend(rings);
            faces.sort_by_key(|f| std::cmp::Reverse(mesh.area2(*f)));
            parts.push(faces);
        }
        Ok((mesh, parts))
    }

    /// A second face with the ring of a first: it stays whole when the first is cut, and sees its new
    /// vertices.
    pub(crate) fn outline(&mut self, face: usize) -> usize {
        self.faces.push(self.faces[face].clone());
        self.faces.len() - 1
    }

    fn start(&self, half: Half) -> u32 {
        let edge = &self.edges[half as usize / 2];
        if half & 1 == 0 { edge.a } else { edge.b }
    }

    /// Brings a face's ring up to date with the splits of its edges.
    fn freshen(&mut self, face: usize) {
        if self.faces[face].iter().any(|h| self.edges[*h as usize / 2].halves.is_some()) {
            let mut fresh = Vec::with_capacity(self.faces[face].len() + 4);
            for half in &self.faces[face] {
                self.unfold(*half, &mut fresh);
            }
            self.faces[face] = fresh;
        }
    }

    fn unfold(&self, half: Half, out: &mut Vec<Half>) {
        match self.edges[half as usize / 2].halves {
            None => out.push(half),
            Some((first, second)) if half & 1 == 0 => {
                self.unfold(first * 2, out);
                self.unfold(second * 2, out);
            }
            Some((first, second)) => {
                self.unfold(second * 2 + 1, out);
                self.unfold(first * 2 + 1, out);
            }
        }
    }

    /// The vertices of a face, its land to the left.
    pub fn ring(&mut self, face: usize) -> Vec<Pt> {
        self.freshen(face);
        self.faces[face].iter().map(|h| self.points[self.start(*h) as usize]).collect()
    }

    /// Twice the area of a face on the lattice.
    pub fn area2(&mut self, face: usize) -> i64 {
        let ring = self.ring(face);
        area2(&ring)
    }

    /// Points in metres from the origin.
    pub fn metres(&self, ring: &[Pt]) -> Vec<(f64, f64)> {
        ring.iter().map(|p| self.metre.of(*p, self.origin)).collect()
    }

    /// The lattice point nearest to metres from the origin.
    pub fn lattice(&self, at: (f64, f64)) -> Pt {
        let x = f64::from(self.origin.x) + at.0 / self.metre.x;
        let y = f64::from(self.origin.y) + at.1 / self.metre.y;
        Pt::new(x.round() as i32, y.round() as i32)
    }

    fn point(&mut self, p: Pt) -> u32 {
        self.points.push(p);
        self.points.len() as u32 - 1
    }

    fn edge(&mut self, a: u32, b: u32) -> u32 {
        self.edges.push(Edge { a, b, halves: None });
        self.edges.len() as u32 - 1
    }

    fn settle(&mut self, face: usize, end: End) -> u32 {
        match end {
            End::Vertex(at) => self.start(self.faces[face][at]),
            End::Edge(at, p) => {
                let edge = self.faces[face][at] / 2;
                let (a, b) = (self.edges[edge as usize].a, self.edges[edge as usize].b);
                let middle = self.point(p);
                let halves = (self.edge(a, middle), self.edge(middle, b));
                self.edges[edge as usize].halves = Some(halves);
                middle
            }
        }
    }

    /// Cuts a fresh face along `from`, `between`, `to`, whose ends lie on two edges or vertices of it. The
    /// face keeps what lies to the left of the cut; the number of the new face, to the right, is returned.
    fn cut(&mut self, face: usize, from: End, between: &[Pt], to: End) -> usize {
        let (a, b) = (self.settle(face, from), self.settle(face, to));
        self.freshen(face);
        let mut line = Vec::new();
        let mut last = a;
        for p in between {
            let next = self.point(*p);
            line.push(self.edge(last, next));
            last = next;
        }
        line.push(self.edge(last, b));
        let ring = std::mem::take(&mut self.faces[face]);
        let place = |v: u32| ring.iter().position(|h| self.start(*h) == v).unwrap_or(0);
        let (pa, pb) = (place(a), place(b));
        let walk = |from: usize, to: usize| {
            let long = (to + ring.len() - from) % ring.len();
            (0..long).map(|i| ring[(from + i) % ring.len()]).collect::<Vec<Half>>()
        };
        let left = line.iter().map(|e| e * 2).chain(walk(pb, pa)).collect();
        let right = line.iter().rev().map(|e| e * 2 + 1).chain(walk(pa, pb)).collect();
        self.faces[face] = left;
        self.faces.push(right);
        self.faces.len() - 1
    }
}
