//! Datums 坐标系: WGS84, GCJ-02 and CGCS2000, and the way between them.
//!
//! GCJ-02 is the shifted system of Chinese web maps. Its formula was never published by its owner; the one
//! here is the one that the trade has used since 2012, and `tests/datum_oracle.csv` compares it with two
//! independent programs. The way back is by iteration. Does not know which datum a city is stored in.

use crate::geo::PER_DEGREE;
use huying_core::observation::{Datum, Point};
use std::f64::consts::PI;

/// The semi-major axis of Krassovsky's ellipsoid, in metres; a fact, not a rule: the formula uses it.
const A: f64 = 6_378_245.0;
/// Its first eccentricity squared; a fact, not a rule.
const EE: f64 = 0.006_693_421_622_965_943;
/// The box that the formula is meant for, in degrees, as west, east, south, north; a fact, not a rule.
const BOX: [f64; 4] = [72.004, 137.8347, 0.8293, 55.8271];
/// Steps of the inverse at most. The shift changes by less than 1 % of the way, so each gains two digits.
const STEPS: usize = 12;

/// How far a converted point may lie from the truth, in metres, whatever its source said.
///
/// Between WGS84 and GCJ-02 the way there and back is exact to 10⁻⁷ degree, but the formula is a
/// reconstruction: comparisons in the trade stay within about a metre of what licensed maps show. WGS84 and
/// CGCS2000 share their ellipsoid but for a flattening that moves a point by 0.1 mm; what differs is the
/// date: plates drift 3 to 4 cm a year, about a metre since 2000.
pub fn accuracy_m(from: Datum, to: Datum) -> f64 {
    match (from, to) {
        (a, b) if a == b => 0.0,
        (Datum::Gcj02, Datum::Wgs84) | (Datum::Wgs84, Datum::Gcj02) => 1.0,
        (Datum::Gcj02, Datum::Cgcs2000) | (Datum::Cgcs2000, Datum::Gcj02) => 2.0,
        _ => 1.0,
    }
}

/// The same spot in another datum. Outside China GCJ-02 is WGS84. There and back is the same point to one
/// unit of 10⁻⁷ degree in each direction.
pub fn convert(p: Point, to: Datum) -> Point {
    let shifted = |d: Datum| d == Datum::Gcj02;
    if shifted(p.datum) == shifted(to) {
        return Point { datum: to, ..p };
    }
    let (lon, lat) = (f64::from(p.lon) / PER_DEGREE, f64::from(p.lat) / PER_DEGREE);
    let (lon, lat) = if shifted(to) { wgs84_to_gcj02(lon, lat) } else { gcj02_to_wgs84(lon, lat) };
    Point { lon: (lon * PER_DEGREE).round() as i32, lat: (lat * PER_DEGREE).round() as i32, datum: to }
}

/// Degrees of WGS84 as degrees of GCJ-02.
pub fn wgs84_to_gcj02(lon: f64, lat: f64) -> (f64, f64) {
    if outside(lon, lat) {
        return (lon, lat);
    }
    let (dlon, dlat) = shift(lon, lat);
    (lon + dlon, lat + dlat)
}

/// Degrees of GCJ-02 as degrees of WGS84, by iteration until nothing moves by 10⁻¹⁰ degree.
pub fn gcj02_to_wgs84(lon: f64, lat: f64) -> (f64, f64) {
    if outside(lon, lat) {
        return (lon, lat);
    }
    let (mut x, mut y) = (lon, lat);
    for _ in 0..STEPS {
        let (dlon, dlat) = shift(x, y);
        let (nx, ny) = (lon - dlon, lat - dlat);
        let moved = (nx - x).abs().max((ny - y).abs());
        (x, y) = (nx, ny);
        if moved < 1e-10 {
            break;
        }
    }
    (x, y)
}

fn outside(lon: f64, lat: f64) -> bool {
    !(BOX[0]..=BOX[1]).contains(&lon) || !(BOX[2]..=BOX[3]).contains(&lat)
}

/// The shift of GCJ-02 at a place of WGS84, in degrees.
fn shift(lon: f64, lat: f64) -> (f64, f64) {
    let (x, y) = (lon - 105.0, lat - 35.0);
    let root = x.abs().sqrt();
    let ripple = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let wave = |t: f64, near: f64, far: f64| {
        (20.0 * (t * PI).sin() + 40.0 * (t / 3.0 * PI).sin()) * 2.0 / 3.0
            + (near * (t / 12.0 * PI).sin() + far * (t / 30.0 * PI).sin()) * 2.0 / 3.0
    };
    let north =
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple + wave(y, 160.0, 320.0);
    let east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple + wave(x, 150.0, 300.0);
    let phi = lat.to_radians();
    let w = 1.0 - EE * phi.sin().powi(2);
    let dlat = north.to_degrees() / (A * (1.0 - EE) / (w * w.sqrt()));
    let dlon = east.to_degrees() / (A / w.sqrt() * phi.cos());
    (dlon, dlat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rows of lon, lat, gcj lon, gcj lat by coord-convert and by eviltransform; tools/datum_oracle.py made
    /// them.
    const ORACLE: &str = include_str!("../tests/datum_oracle.csv");

    #[test]
    fn the_shift_is_what_two_other_programs_say() {
        let mut rows = 0;
        for line in ORACLE.lines().skip(1) {
            let v: Vec<f64> = line.split(',').map(|c| c.parse().unwrap()).collect();
            let (lon, lat) = wgs84_to_gcj02(v[0], v[1]);
            // The second program computes with another ellipsoid: up to 2 cm apart.
            for (want_lon, want_lat, within) in [(v[2], v[3], 2e-9), (v[4], v[5], 2e-7)] {
                let off = (lon - want_lon).abs().max((lat - want_lat).abs());
                assert!(off < within, "{line}: {lon} {lat}, {off}");
            }
            rows += 1;
        }
        assert!(rows >= 200, "{rows}");
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_point(
            lon in 735_000_000i32..1_350_000_000,
            lat in 180_000_000i32..535_000_000,
        ) {
            let p = Point { lon, lat, datum: Datum::Wgs84 };
            let g = convert(p, Datum::Gcj02);
            let back = convert(g, Datum::Wgs84);
            prop_assert!((back.lon - lon).abs() <= 1 && (back.lat - lat).abs() <= 1, "{p} {back}");
            let (x, y) = (f64::from(lon) / 1e7, f64::from(lat) / 1e7);
            let (gx, gy) = wgs84_to_gcj02(x, y);
            let (bx, by) = gcj02_to_wgs84(gx, gy);
            prop_assert!((bx - x).abs() < 1e-9 && (by - y).abs() < 1e-9);
        }

        #[test]
        fn cgcs2000_is_wgs84_to_the_unit(
            lon in -1_800_000_000i32..1_800_000_000,
            lat in -900_000_000i32..900_000_000,
        ) {
            let p = Point { lon, lat, datum: Datum::Wgs84 };
            let c = convert(p, Datum::Cgcs2000);
            prop_assert_eq!((c.lon, c.lat, c.datum), (lon, lat, Datum::Cgcs2000));
        }
    }

    #[test]
    fn outside_china_nothing_moves() {
        assert_eq!(wgs84_to_gcj02(2.35, 48.85), (2.35, 48.85));
        assert_eq!(gcj02_to_wgs84(-73.9, 40.7), (-73.9, 40.7));
    }
}
