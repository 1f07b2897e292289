//! The plane of the lattice: points in units of 10⁻⁷ degree and the exact tests on them.
//!
//! Differences of two points of one city fit 2²⁵, so products of two fit an `i64` with room; nothing here
//! rounds. What a metre is, is [`Metre`]: only choices are made in metres, never tests.

/// A point of the lattice: degrees × 10⁷, east and north.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pt {
    /// East.
    pub x: i32,
    /// North.
    pub y: i32,
}

/// Units of the lattice in one degree: a fact, not a rule.
pub const UNITS: f64 = 1e7;
/// Metres in one degree of latitude on a sphere of the earth's mean radius: a fact, not a rule.
const METRES_PER_DEGREE: f64 = 111_194.93;

impl Pt {
    /// A point.
    pub fn new(x: i32, y: i32) -> Pt {
        Pt { x, y }
    }

    /// From degrees, to the nearest point of the lattice.
    pub fn of_degrees(lon: f64, lat: f64) -> Pt {
        Pt { x: (lon * UNITS).round() as i32, y: (lat * UNITS).round() as i32 }
    }

    /// East longitude in degrees with the seven places that are all a lattice point has.
    pub fn lon(self) -> String {
        degrees(self.x)
    }

    /// North latitude in degrees.
    pub fn lat(self) -> String {
        degrees(self.y)
    }
}

fn degrees(units: i32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let whole = units.unsigned_abs();
    format!("{sign}{}.{:07}", whole / 10_000_000, whole % 10_000_000)
}

/// Twice the signed area of the triangle a, b, c: positive when c lies to the left of a → b.
pub fn turn(a: Pt, b: Pt, c: Pt) -> i64 {
    let (ax, ay) = (i64::from(a.x), i64::from(a.y));
    (i64::from(b.x) - ax) * (i64::from(c.y) - ay) - (i64::from(b.y) - ay) * (i64::from(c.x) - ax)
}

/// Twice the signed area of a ring (its last point is not its first), positive when it runs to the left.
pub fn area2(ring: &[Pt]) -> i64 {
    let Some(first) = ring.first() else { return 0 };
    ring.windows(2).map(|w| turn(*first, w[0], w[1])).sum()
}

/// Whether the closed segments a–b and c–d share a point.
pub fn meet(a: Pt, b: Pt, c: Pt, d: Pt) -> bool {
    let apart = |p: i32, q: i32, r: i32, s: i32| p.max(q) < r.min(s) || r.max(s) < p.min(q);
    if apart(a.x, b.x, c.x, d.x) || apart(a.y, b.y, c.y, d.y) {
        return false;
    }
    let (c1, d1) = (turn(a, b, c).signum(), turn(a, b, d).signum());
    let (a1, b1) = (turn(c, d, a).signum(), turn(c, d, b).signum());
    c1 * d1 <= 0 && a1 * b1 <= 0
}

/// Whether a–b and c–d cross in one point inside both.
pub fn cross(a: Pt, b: Pt, c: Pt, d: Pt) -> bool {
    let (c1, d1) = (turn(a, b, c).signum(), turn(a, b, d).signum());
    let (a1, b1) = (turn(c, d, a).signum(), turn(c, d, b).signum());
    c1 * d1 < 0 && a1 * b1 < 0
}

/// The lattice point nearest to where the lines a–b and c–d meet; `None` when they are parallel.
pub fn crossing(a: Pt, b: Pt, c: Pt, d: Pt) -> Option<Pt> {
    let (up, down) = (turn(c, d, a) as f64, turn(c, d, a) as f64 - turn(c, d, b) as f64);
    if down == 0.0 {
        return None;
    }
    let t = up / down;
    let along = |p: i32, q: i32| (f64::from(p) + t * (f64::from(q) - f64::from(p))).round() as i32;
    Some(Pt::new(along(a.x, b.x), along(a.y, b.y)))
}

/// How far `p` lies from the segment a–b, in units of the lattice, and where along it its foot is (0 to 1).
pub fn distance(p: Pt, a: Pt, b: Pt) -> (f64, f64) {
    let (dx, dy) = (f64::from(b.x) - f64::from(a.x), f64::from(b.y) - f64::from(a.y));
    let (px, py) = (f64::from(p.x) - f64::from(a.x), f64::from(p.y) - f64::from(a.y));
    let long = dx * dx + dy * dy;
    let t = if long == 0.0 { 0.0 } else { ((px * dx + py * dy) / long).clamp(0.0, 1.0) };
    ((px - t * dx).hypot(py - t * dy), t)
}

/// How often a ring winds around a point that is not on it, by the half-open rule.
fn winding(p: (f64, f64), ring: &[Pt]) -> i32 {
    let mut turns = 0;
    for (i, a) in ring.iter().enumerate() {
        let b = ring[(i + 1) % ring.len()];
        let (ay, by) = (f64::from(a.y), f64::from(b.y));
        if (ay > p.1) != (by > p.1) {
            let x = f64::from(a.x) + (p.1 - ay) / (by - ay) * (f64::from(b.x) - f64::from(a.x));
            if x > p.0 {
                turns += if by > ay { 1 } else { -1 };
            }
        }
    }
    turns
}

/// Whether a point lies inside rings: a ray to the east crosses their edges an odd number of times.
pub fn inside(p: (f64, f64), rings: &[Vec<Pt>]) -> bool {
    rings.iter().map(|r| winding(p, r)).sum::<i32>() % 2 != 0
}

/// Whether a ring winds around a point at all, though it cross itself.
pub fn around(p: (f64, f64), ring: &[Pt]) -> bool {
    winding(p, ring) != 0
}

/// Whether a lattice point lies strictly inside a ring: exact.
pub fn inside_ring(p: Pt, ring: &[Pt]) -> bool {
    let mut odd = false;
    for (i, a) in ring.iter().enumerate() {
        let b = ring[(i + 1) % ring.len()];
        let side = turn(*a, b, p);
        let within = |u: i32, v: i32, w: i32| (u.min(v)..=u.max(v)).contains(&w);
        if side == 0 && within(a.x, b.x, p.x) && within(a.y, b.y, p.y) {
            return false;
        }
        if (a.y > p.y) != (b.y > p.y) {
            odd ^= (side > 0) == (b.y > a.y);
        }
    }
    odd
}

/// Metres for choices: an equirectangular picture around one latitude.
#[derive(Debug, Clone, Copy)]
pub struct Metre {
    /// Metres of one unit eastward.
    pub x: f64,
    /// Metres of one unit northward.
    pub y: f64,
}

impl Metre {
    /// The picture around a latitude in degrees.
    pub fn at(lat: f64) -> Metre {
        let y = METRES_PER_DEGREE / UNITS;
        Metre { x: y * lat.to_radians().cos(), y }
    }

    /// A point in metres from `from`.
    pub fn of(self, p: Pt, from: Pt) -> (f64, f64) {
        ((f64::from(p.x) - f64::from(from.x)) * self.x, (f64::from(p.y) - f64::from(from.y)) * self.y)
    }

    /// Twice an area of the lattice as square metres.
    pub fn area(self, area2: i64) -> f64 {
        area2 as f64 / 2.0 * self.x * self.y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_keep_seven_places() {
        assert_eq!(Pt::of_degrees(104.0666667, 30.0000001).lon(), "104.0666667");
        assert_eq!(Pt::of_degrees(104.0, 30.0000001).lat(), "30.0000001");
        assert_eq!(Pt::new(-5, 0).lon(), "-0.0000005");
    }

    #[test]
    fn segments_that_touch_meet_and_those_that_cross_cross() {
        let p = Pt::new;
        assert!(cross(p(0, 0), p(4, 4), p(0, 4), p(4, 0)));
        assert!(!cross(p(0, 0), p(4, 4), p(2, 2), p(4, 0)) && meet(p(0, 0), p(4, 4), p(2, 2), p(4, 0)));
        assert!(!meet(p(0, 0), p(4, 4), p(5, 4), p(6, 0)));
        assert_eq!(crossing(p(0, 0), p(4, 4), p(0, 4), p(4, 0)), Some(p(2, 2)));
        assert_eq!(area2(&[p(0, 0), p(2, 0), p(2, 3), p(0, 3)]), 12);
    }
}
