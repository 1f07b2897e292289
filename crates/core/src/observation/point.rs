//! What can be done with a point: snapping it to a lattice, measuring to another. Nothing is converted from
//! one datum to another here.

use super::Point;

/// Metres of a degree of a great circle: a fact, not a rule (mean radius of the earth 6 371 008.8 m, IUGG).
const METRES_PER_DEGREE: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0;
/// Units of a degree in a [`Point`].
const UNITS: f64 = 1e7;

impl Point {
    /// The nearest node of a lattice whose nodes lie `step` apart, in 10⁻⁷ degree; 0 leaves the point exact.
    /// Snapping again changes nothing, and the node is always a point of the earth.
    #[must_use]
    pub fn snapped(self, step: u32) -> Point {
        Point { lon: node(self.lon, step, MAX_LON), lat: node(self.lat, step, MAX_LAT), ..self }
    }

    /// The distance in metres along the ground; none between points of different data. On a sphere, so up
    /// to half a per cent off, which is nothing beside how a point is found.
    pub fn metres_to(self, other: Point) -> Option<f64> {
        if self.datum != other.datum {
            return None;
        }
        let radians = |units: i32| (f64::from(units) / UNITS).to_radians();
        let (a, b) = (radians(self.lat), radians(other.lat));
        let (half_lat, half_lon) = ((b - a) / 2.0, (radians(other.lon) - radians(self.lon)) / 2.0);
        // Haversines, which stay exact where two points nearly meet.
        let h = half_lat.sin().powi(2) + a.cos() * b.cos() * half_lon.sin().powi(2);
        Some(2.0 * h.sqrt().min(1.0).asin().to_degrees() * METRES_PER_DEGREE)
    }
}

/// The outermost longitude and latitude: a fact, not a rule.
const MAX_LON: i64 = 1_800_000_000;
const MAX_LAT: i64 = 900_000_000;

fn node(value: i32, step: u32, outermost: i64) -> i32 {
    if step == 0 {
        return value;
    }
    let (value, step) = (i64::from(value), i64::from(step));
    let below = value.div_euclid(step) * step;
    let nearest = if value - below >= step - (value - below) { below + step } else { below };
    // Beyond the edge the node on this side of it is taken.
    let inside = if nearest.abs() > outermost { value - value % step } else { nearest };
    i32::try_from(inside).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Datum;
    use proptest::prelude::*;

    fn point(lon: i32, lat: i32) -> Point {
        Point { lon, lat, datum: Datum::Wgs84 }
    }

    #[test]
    fn a_point_goes_to_the_nearest_node() {
        for (value, step, want) in
            [(1_040_657_001, 20_000, 1_040_660_000), (-7, 5, -5), (-8, 5, -10), (0, 9, 0), (12, 0, 12)]
        {
            assert_eq!(point(value, value / 2).snapped(step).lon, want);
        }
        assert_eq!(
            point(1_800_000_000, -900_000_000).snapped(700_000_001),
            point(1_400_000_002, -700_000_001)
        );
    }

    #[test]
    fn distances_agree_with_a_published_one() {
        // Beijing (39.9 N 116.4 E) to Chengdu (30.67 N 104.06 E): 1516 km by the usual great-circle tables.
        let metres = point(1_164_000_000, 399_000_000).metres_to(point(1_040_600_000, 306_700_000)).unwrap();
        assert!((metres / 1000.0 - 1516.0).abs() < 5.0, "{metres}");
        // One ten-thousandth of a degree of latitude is 11.12 m everywhere.
        let metres = point(1_040_600_000, 306_700_000).metres_to(point(1_040_600_000, 306_701_000)).unwrap();
        assert!((metres - 11.12).abs() < 0.01, "{metres}");
        let other = Point { datum: Datum::Gcj02, ..point(0, 0) };
        assert_eq!(point(0, 0).metres_to(other), None);
    }

    proptest! {
        #[test]
        fn a_node_is_near_and_stays(
            lon in -1_800_000_000..=1_800_000_000_i32,
            lat in -900_000_000..=900_000_000_i32,
            step in 0..2_000_000_u32,
        ) {
            let (exact, node) = (point(lon, lat), point(lon, lat).snapped(step));
            prop_assert_eq!(node.snapped(step), node);
            prop_assert!(node.lon.abs() <= 1_800_000_000 && node.lat.abs() <= 900_000_000);
            prop_assert!(i64::from(exact.lon.abs_diff(node.lon)) < i64::from(step).max(1));
            if step > 0 {
                prop_assert_eq!(i64::from(node.lon) % i64::from(step), 0);
            }
        }

        /// Whoever sees the node cannot tell the points apart that it stands for.
        #[test]
        fn points_of_one_cell_become_one(
            cell in -5_000..5_000_i32,
            a in -9_999..9_999_i32,
            b in -9_999..9_999_i32,
        ) {
            let near = |off: i32| point(cell * 20_000 + off, off);
            prop_assert_eq!(near(a).snapped(20_000), near(b).snapped(20_000));
        }
    }
}
