//! Holes: a face around another district is cut open by two bridges, so that every face is one ring.

use super::{Half, Mesh};
use crate::plane::{Pt, area2, distance, inside, meet};

/// Units that a bridge keeps clear of what it does not touch, as in `divide.rs`. A fact, not a rule.
const CLEAR: f64 = 25.0;

impl Mesh {
    /// Cuts the rings of one district open: outer rings come back as they are or in two, holes are gone.
    /// `None` when a hole lies in no ring or cannot be bridged.
    pub(super) fn bridged(&mut self, rings: Vec<Vec<Half>>) -> Option<Vec<Vec<Half>>> {
        let (mut outer, holes): (Vec<_>, Vec<_>) =
            rings.into_iter().partition(|r| area2(&self.vertices(r)) > 0);
        for hole in holes {
            let first = self.vertices(&hole)[0];
            let p = (f64::from(first.x), f64::from(first.y));
            let at = outer.iter().position(|o| {
                let ring = self.vertices(o);
                !ring.contains(&first) && inside(p, &[ring])
            })?;
            let around = outer.swap_remove(at);
            outer.extend(self.open_up(&around, &hole)?);
        }
        Some(outer)
    }

    fn vertices(&self, ring: &[Half]) -> Vec<Pt> {
        ring.iter().map(|h| self.points[self.start(*h) as usize]).collect()
    }

    fn open_up(&mut self, outer: &[Half], hole: &[Half]) -> Option<[Vec<Half>; 2]> {
        let (ring, well) = (self.vertices(outer), self.vertices(hole));
        let mut pairs: Vec<(i64, usize, usize)> = Vec::new();
        for (o, p) in ring.iter().enumerate() {
            for (h, q) in well.iter().enumerate() {
                let (dx, dy) = (i64::from(p.x) - i64::from(q.x), i64::from(p.y) - i64::from(q.y));
                pairs.push((dx * dx + dy * dy, o, h));
            }
        }
        pairs.sort_unstable();
        let free = |o: usize, h: usize| {
            let clear = |around: &[Pt]| {
                (0..around.len()).all(|i| {
                    let (p, q) = (around[i], around[(i + 1) % around.len()]);
                    [p, q].iter().any(|e| *e == ring[o] || *e == well[h])
                        || (!meet(ring[o], well[h], p, q)
                            && [p, q].iter().all(|e| distance(*e, ring[o], well[h]).0 > CLEAR))
                })
            };
            clear(&ring) && clear(&well)
        };
        let (_, o1, h1) = *pairs.iter().find(|(_, o, h)| free(*o, *h))?;
        let apart = |i: usize, j: usize, n: usize| {
            let way = i.abs_diff(j);
            // The second bridge stands across the hole from the first: a third of the way around or more.
            3 * way.min(n - way) >= n
        };
        let (_, o2, h2) = *pairs.iter().find(|(_, o, h)| {
            *o != o1
                && apart(*h, h1, well.len())
                && !meet(ring[*o], well[*h], ring[o1], well[h1])
                && free(*o, *h)
        })?;
        let one = self.edge(self.start(outer[o1]), self.start(hole[h1]));
        let two = self.edge(self.start(outer[o2]), self.start(hole[h2]));
        let walk = |ring: &[Half], from: usize, to: usize| {
            let long = (to + ring.len() - from) % ring.len();
            (0..long).map(|i| ring[(from + i) % ring.len()]).collect::<Vec<Half>>()
        };
        let side = |o: (usize, usize), h: (usize, usize), out: Half, back: Half| {
            let mut side = walk(outer, o.0, o.1);
            side.push(out);
            side.extend(walk(hole, h.0, h.1));
            side.push(back);
            side
        };
        let first = side((o1, o2), (h2, h1), two * 2, one * 2 + 1);
        let second = side((o2, o1), (h1, h2), one * 2, two * 2 + 1);
        Some([first, second])
    }
}
