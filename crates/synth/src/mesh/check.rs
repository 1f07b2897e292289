//! The proof of a mesh, independent of how it was cut: no two edges cross, no vertex lies on an edge it does
//! not end, every cell is a simple ring, and the cells' areas sum to those of what they tile, on the lattice.

use super::Mesh;
use crate::error::SynthError;
use crate::plane::{Pt, area2, cross, turn};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Whether c lies on the closed segment a–b.
fn on(a: Pt, b: Pt, c: Pt) -> bool {
    turn(a, b, c) == 0
        && (a.x.min(b.x)..=a.x.max(b.x)).contains(&c.x)
        && (a.y.min(b.y)..=a.y.max(b.y)).contains(&c.y)
}

/// Checks edges against each other, near ones only: each is put into every cell of a raster it may touch.
pub(crate) fn edges(edges: &[(Pt, Pt)]) -> Result<(), SynthError> {
    const CELL: i32 = 20_000;
    let mut raster: HashMap<(i32, i32), Vec<u32>> = HashMap::new();
    for (i, (a, b)) in edges.iter().enumerate() {
        for x in a.x.min(b.x).div_euclid(CELL)..=a.x.max(b.x).div_euclid(CELL) {
            for y in a.y.min(b.y).div_euclid(CELL)..=a.y.max(b.y).div_euclid(CELL) {
                raster.entry((x, y)).or_default().push(i as u32);
            }
        }
    }
    for cell in raster.values() {
        for (k, i) in cell.iter().enumerate() {
            let (a, b) = edges[*i as usize];
            for j in &cell[k + 1..] {
                let (c, d) = edges[*j as usize];
                let touching = [c, d].iter().any(|p| *p != a && *p != b && on(a, b, *p))
                    || [a, b].iter().any(|p| *p != c && *p != d && on(c, d, *p));
                let same = (a, b) == (c, d) || (a, b) == (d, c);
                if touching || same || cross(a, b, c, d) {
                    let at = format!("{} {} and {} {}", a.lon(), a.lat(), c.lon(), c.lat());
                    return Err(SynthError::Inexact(format!("two edges meet beside their ends: {at}")));
                }
            }
        }
    }
    Ok(())
}

/// Checks the faces that a city ends in, each under the district it belongs to: `whole` is twice the area of
/// each district by its outline.
pub(crate) fn faces(mesh: &mut Mesh, leaves: &[(usize, usize)], whole: &[i64]) -> Result<(), SynthError> {
    let mut sums: BTreeMap<usize, i64> = BTreeMap::new();
    let mut directed: HashSet<(Pt, Pt)> = HashSet::new();
    for (face, district) in leaves {
        let ring = mesh.ring(*face);
        let own = area2(&ring);
        let mut seen = HashSet::new();
        if own <= 0 || !ring.iter().all(|p| seen.insert(*p)) {
            let at = format!("{} {}", ring[0].lon(), ring[0].lat());
            return Err(SynthError::Inexact(format!("the cell at {at} is no simple ring")));
        }
        for (i, a) in ring.iter().enumerate() {
            if !directed.insert((*a, ring[(i + 1) % ring.len()])) {
                let at = format!("{} {}", a.lon(), a.lat());
                return Err(SynthError::Inexact(format!("two cells lie on one side of the edge at {at}")));
            }
        }
        *sums.entry(*district).or_default() += own;
    }
    for (district, whole) in whole.iter().enumerate() {
        let sum = sums.get(&district).copied().unwrap_or(0);
        if sum != *whole {
            let what = format!("district {district} has twice the area {whole}, its cells {sum}");
            return Err(SynthError::Inexact(what));
        }
    }
    let all: Vec<(Pt, Pt)> = {
        let mut all: Vec<(Pt, Pt)> =
            directed.iter().filter(|(a, b)| a < b || !directed.contains(&(*b, *a))).copied().collect();
        all.sort_unstable();
        all
    };
    edges(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_that_cross_or_touch_are_found() {
        let p = Pt::new;
        assert!(edges(&[(p(0, 0), p(9, 9)), (p(9, 9), p(0, 9)), (p(0, 9), p(0, 0))]).is_ok());
        assert!(edges(&[(p(0, 0), p(9, 9)), (p(0, 9), p(9, 0))]).is_err());
        assert!(edges(&[(p(0, 0), p(8, 8)), (p(4, 4), p(9, 0))]).is_err());
        assert!(edges(&[(p(0, 0), p(8, 8)), (p(8, 8), p(0, 0))]).is_err());
    }
}
