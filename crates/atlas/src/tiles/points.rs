//! A tile of moving points, such as open cases; too many are drawn together, with their count.

use super::mvt::{Commands, EXTENT, Layer, Shape, Value};
use super::{TileError, numbered};
use crate::limits::MAX_TILE_POINTS;
use crate::near::NearIndex;
use std::collections::BTreeMap;

/// Cells across a tile into which points are gathered when there are too many.
const GATHERED: i64 = 64;

/// A vector tile with one layer of moving points. `attributes` gives those of a key; `None` leaves the point
/// out. Above [`MAX_TILE_POINTS`] points of one 64th of the tile are drawn as one with the attribute `count`
/// alone, and nothing is asked of `attributes`: a tile of the whole city costs no more than a look at its
/// points. Points must be in the datum of the tiles below.
///
/// # Errors
/// [`TileError`] for a tile that cannot exist.
pub fn points_tile(
    points: &NearIndex,
    layer: &str,
    (z, x, y): (u8, u32, u32),
    attributes: impl Fn(u64) -> Option<Vec<(&'static str, Value)>>,
) -> Result<Vec<u8>, TileError> {
    let no = numbered(z, x, y)?;
    let b = no.bbox();
    let mut found: Vec<(u64, [i32; 2])> = points.in_box([b[0], b[1]], [b[2], b[3]]).collect();
    found.sort_unstable();
    let mut out = Layer::new(layer);
    let mut put = |key: u64, at: [i64; 2], tags: &[(&str, Value)]| {
        let mut point = Commands::new();
        point.point(at);
        out.feature(key, Shape::Point, &point, tags);
    };
    if found.len() <= MAX_TILE_POINTS {
        for (key, at) in found {
            if let Some(tags) = attributes(key) {
                put(key, no.project(at), &tags);
            }
        }
        return Ok(out.finish());
    }
    let mut cells: BTreeMap<[i64; 2], (u64, [i64; 2], i64)> = BTreeMap::new();
    for (key, at) in found {
        let at = no.project(at);
        let cell = at.map(|v| v.div_euclid(EXTENT / GATHERED));
        cells.entry(cell).or_insert((key, at, 0)).2 += 1;
    }
    cells.into_values().for_each(|(key, at, n)| put(key, at, &[("count", Value::Int(n))]));
    Ok(out.finish())
}
