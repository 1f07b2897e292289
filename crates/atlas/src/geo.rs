//! Metres and degrees: the little geodesy that the room needs.
//!
//! Areas and distances are for people and for ranking; what decides about borders is integer arithmetic on
//! the lattice, in `lattice.rs`.

/// The semi-major axis of WGS84, in metres; a fact, not a rule. CGCS2000 has the same.
const A: f64 = 6_378_137.0;
/// The first eccentricity squared of WGS84; a fact, not a rule.
const E2: f64 = 0.006_694_379_990_141_3;
/// Units of the lattice in a degree.
pub const PER_DEGREE: f64 = 1e7;

/// Metres of one lattice unit at a latitude (in lattice units), as (east, north).
pub fn metres_per_unit(lat: i32) -> (f64, f64) {
    let phi = (f64::from(lat) / PER_DEGREE).to_radians();
    let w = 1.0 - E2 * phi.sin().powi(2);
    let unit = 1f64.to_radians() / PER_DEGREE;
    (A / w.sqrt() * phi.cos() * unit, A * (1.0 - E2) / (w * w.sqrt()) * unit)
}

/// Metres between two lattice points. Within 0.1 % up to 100 km.
pub fn metres(a: [i32; 2], b: [i32; 2]) -> f64 {
    let middle = i64::midpoint(i64::from(a[1]), i64::from(b[1]));
    let (east, north) = metres_per_unit(middle as i32);
    let dx = (i64::from(a[0]) - i64::from(b[0])) as f64 * east;
    let dy = (i64::from(a[1]) - i64::from(b[1])) as f64 * north;
    dx.hypot(dy)
}

/// Square metres of a doubled lattice area around a latitude. Within 0.1 % for areas up to 100 km across.
pub fn square_metres(doubled: i128, lat: i32) -> f64 {
    let (east, north) = metres_per_unit(lat);
    doubled as f64 / 2.0 * east * north
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_has_its_length() {
        // Lengths of a degree at 30° N by the usual tables of the ellipsoid: 110,852 m north, 96,486 m east.
        let (east, north) = metres_per_unit(300_000_000);
        assert!((north * 1e7 - 110_852.0).abs() < 10.0, "{}", north * 1e7);
        assert!((east * 1e7 - 96_486.0).abs() < 10.0, "{}", east * 1e7);
        let d = metres([1_040_000_000, 300_000_000], [1_040_010_000, 300_000_000]);
        assert!((d - 96.486).abs() < 0.1);
    }
}
