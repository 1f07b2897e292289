//! Exact tests on the integer lattice: which side of a line, inside which ring, which cells a segment
//! crosses.
//!
//! **The border rule.** Every point is looked at as if it lay a hair north of itself, and a hair of that hair
//! east. So a point on a border belongs to what lies directly north of it, on a border that runs exactly
//! north-south to what lies east: the southern and western edges of a place are its own, the northern and
//! eastern are not (half-open). In a tiling each point then has exactly one face. Only on the outer rim can
//! the hair fall out of the city; there the touching place with the lowest id takes it. All differences of
//! coordinates stay below [`crate::limits::MAX_EXTENT`], so 64 bits hold every product.

/// A point: (lon, lat) in 10⁻⁷ degree.
pub type P = [i32; 2];

/// Twice the area of the triangle a, b, p: above zero when p is left of the line from a to b.
#[inline]
pub fn cross(a: P, b: P, p: P) -> i64 {
    let dx = i64::from(b[0]) - i64::from(a[0]);
    let dy = i64::from(b[1]) - i64::from(a[1]);
    let px = i64::from(p[0]) - i64::from(a[0]);
    let py = i64::from(p[1]) - i64::from(a[1]);
    dx * py - dy * px
}

/// Whether p, moved by the hair of the border rule, is left of the line from a to b (a ≠ b).
#[inline]
pub fn left_of(a: P, b: P, p: P) -> bool {
    let c = cross(a, b, p);
    if c != 0 {
        c > 0
    } else if a[0] != b[0] {
        b[0] > a[0]
    } else {
        b[1] < a[1]
    }
}

/// Whether p lies on the closed segment a–b.
#[inline]
pub fn on_segment(a: P, b: P, p: P) -> bool {
    cross(a, b, p) == 0 && (0..2).all(|i| a[i].min(b[i]) <= p[i] && p[i] <= a[i].max(b[i]))
}

/// How often closed rings wind around p (moved by the hair); 1 inside a place, 0 outside.
pub fn winding<R: AsRef<[P]>>(rings: impl IntoIterator<Item = R>, p: P) -> i32 {
    let mut turns = 0;
    for ring in rings {
        for s in ring.as_ref().windows(2) {
            turns += turn(s[0], s[1], p);
        }
    }
    turns
}

/// What one segment adds to the winding around p: crossings of a ray that goes east.
#[inline]
pub fn turn(a: P, b: P, p: P) -> i32 {
    if (a[1] > p[1]) == (b[1] > p[1]) {
        return 0;
    }
    let up = b[1] > a[1];
    match (up, left_of(a, b, p)) {
        (true, true) => 1,
        (false, false) => -1,
        _ => 0,
    }
}

/// Twice the area of a closed ring; above zero when it runs counter-clockwise.
pub fn doubled_area(ring: &[P]) -> i128 {
    let Some(&o) = ring.first() else { return 0 };
    ring.windows(2).map(|s| i128::from(cross(o, s[0], s[1]))).sum()
}

/// Whether two segments meet anywhere but in ends that both have: crossing, touching or overlapping.
pub fn collide(a: P, b: P, c: P, d: P) -> bool {
    let apart = |i: usize| a[i].max(b[i]) < c[i].min(d[i]) || c[i].max(d[i]) < a[i].min(b[i]);
    if apart(0) || apart(1) {
        return false;
    }
    let (shared, one, other) = match (a == c, a == d, b == c, b == d) {
        (true, _, _, true) | (_, true, true, _) => return true,
        (true, ..) => (a, b, d),
        (_, true, ..) => (a, b, c),
        (_, _, true, _) => (b, a, d),
        (.., true) => (b, a, c),
        _ => {
            let (s, t) = (cross(a, b, c).signum(), cross(a, b, d).signum());
            let (u, v) = (cross(c, d, a).signum(), cross(c, d, b).signum());
            return (s * t < 0 && u * v < 0)
                || on_segment(a, b, c)
                || on_segment(a, b, d)
                || on_segment(c, d, a)
                || on_segment(c, d, b);
        }
    };
    on_segment(shared, one, other) || on_segment(shared, other, one)
}

/// A grid of cells over a box, sides being powers of two of lattice units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grid {
    /// The south-west corner.
    pub origin: P,
    /// The side of a cell as a power of two.
    pub shift: u32,
    /// Cells from west to east.
    pub columns: u32,
    /// Cells from south to north.
    pub rows: u32,
}

impl Grid {
    /// The finest grid over the closed box `[west, south, east, north]` that has at most `most` cells.
    pub fn over(bbox: [i32; 4], most: usize) -> Grid {
        let span = |a: i32, b: i32, s: u32| ((i64::from(b) - i64::from(a)) >> s) + 1;
        let mut shift = 0;
        while span(bbox[0], bbox[2], shift) * span(bbox[1], bbox[3], shift) > most.max(1) as i64 {
            shift += 1;
        }
        let (columns, rows) = (span(bbox[0], bbox[2], shift), span(bbox[1], bbox[3], shift));
        Grid { origin: [bbox[0], bbox[1]], shift, columns: columns as u32, rows: rows as u32 }
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.columns as usize * self.rows as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The (column, row) of a point, when it is within the grid.
    #[inline]
    pub fn cell(&self, p: P) -> Option<(u32, u32)> {
        let x = i64::from(p[0]) - i64::from(self.origin[0]);
        let y = i64::from(p[1]) - i64::from(self.origin[1]);
        if x < 0 || y < 0 {
            return None;
        }
        let (c, r) = ((x >> self.shift) as u64, (y >> self.shift) as u64);
        (c < u64::from(self.columns) && r < u64::from(self.rows)).then_some((c as u32, r as u32))
    }

    /// The south-west corner of a cell.
    #[inline]
    pub fn corner(&self, column: u32, row: u32) -> P {
        let at = |o: i32, n: u32| (i64::from(o) + (i64::from(n) << self.shift)) as i32;
        [at(self.origin[0], column), at(self.origin[1], row)]
    }

    /// Calls `f` with the number of every cell that the closed segment a–b touches, its eastern edge counted
    /// in, and perhaps a few more.
    pub fn touched(&self, a: P, b: P, mut f: impl FnMut(u32)) {
        let s = self.shift;
        let rel = |p: P, i: usize| i64::from(p[i]) - i64::from(self.origin[i]);
        let ((ax, ay), (bx, by)) = ((rel(a, 0), rel(a, 1)), (rel(b, 0), rel(b, 1)));
        let column = |x: i64| (x >> s).clamp(0, i64::from(self.columns) - 1);
        let (low, high) = (ay.min(by), ay.max(by));
        let (west, east) = (ax.min(bx), ax.max(bx));
        for row in (low >> s).max(0)..=(high >> s).min(i64::from(self.rows) - 1) {
            let (mut x0, mut x1) = (west, east);
            if low >> s != high >> s && column(west - 1) != column(east) {
                let at = |y: i64| (y - ay) * (bx - ax);
                let (dy, y0, y1) = (by - ay, (row << s).max(low), ((row + 1) << s).min(high));
                let (p, q) = ((ax + at(y0).div_euclid(dy)), (ax + at(y1).div_euclid(dy)));
                // Division rounds down for a falling line and up for a rising one; one more on both sides.
                (x0, x1) = ((p.min(q) - 1).max(west), (p.max(q) + 1).min(east));
            }
            let base = row as u32 * self.columns;
            for c in column(x0 - 1)..=column(x1) {
                f(base + c as u32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point() -> impl Strategy<Value = P> {
        [-40i32..40, -40i32..40]
    }

    proptest! {
        #[test]
        fn the_hair_is_a_hair(a in point(), b in point(), p in point()) {
            prop_assume!(a != b);
            // The same test with the hair drawn out: everything scaled up, one unit east, a thousand north.
            let k = |q: P| [q[0] * 1_000_000, q[1] * 1_000_000];
            let q = [p[0] * 1_000_000 + 1, p[1] * 1_000_000 + 1_000];
            prop_assert_eq!(left_of(a, b, p), cross(k(a), k(b), q) > 0);
        }

        #[test]
        fn collisions_are_those_of_rational_numbers(a in point(), b in point(), c in point(), d in point()) {
            prop_assume!(a != b && c != d);
            let hit = collide(a, b, c, d);
            prop_assert_eq!(hit, collide(c, d, b, a));
            // An intersection in rational numbers, by Cramer's rule.
            let by = |p: P, q: P| [i64::from(q[0] - p[0]), i64::from(q[1] - p[1])];
            let det = |p: [i64; 2], q: [i64; 2]| p[0] * q[1] - p[1] * q[0];
            let den = det(by(a, b), by(c, d));
            if den != 0 {
                let t = det(by(a, c), by(c, d));
                let u = det(by(a, c), by(a, b));
                let within = |v: i64| if den > 0 { 0 <= v && v <= den } else { den <= v && v <= 0 };
                let end = |v: i64| v == 0 || v == den;
                let want = within(t) && within(u) && !(end(t) && end(u));
                prop_assert_eq!(hit, want);
            }
        }

        #[test]
        fn a_segment_touches_the_cells_its_points_are_in(a in point(), b in point(), shift in 0u32..5) {
            let columns = (81u32 >> shift) + 1;
            let grid = Grid { origin: [-40, -40], shift, columns, rows: columns };
            let mut cells = Vec::new();
            grid.touched(a, b, |c| cells.push(c));
            for t in 0..=1000i64 {
                let part = t as f64 / 1000.0;
                let at = |i: usize| (f64::from(a[i]) + f64::from(b[i] - a[i]) * part).floor() as i32;
                let (c, r) = grid.cell([at(0), at(1)]).unwrap();
                prop_assert!(cells.contains(&(r * grid.columns + c)));
            }
            let mut once = cells.clone();
            once.dedup();
            prop_assert_eq!(once, cells);
        }
    }
}
