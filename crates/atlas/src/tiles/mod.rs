//! Vector tiles 矢量瓦片: one layer a level, labels, and moving points; Mapbox Vector Tile 2.1.
//!
//! Tiles are web mercator of the city's stored datum, unshifted: the page has no other map below them. Which
//! level is drawn at which zoom is data (`default.toml`, or `tiles.toml` of the folder). `simplify.rs` thins
//! borders, `project.rs` projects and clips, `mvt.rs` writes, `points.rs` draws moving points.

pub(crate) mod mvt;
mod points;
mod project;
pub(crate) mod simplify;

pub use mvt::Value;
pub use points::points_tile;

use crate::geo::{metres_per_unit, square_metres};
use crate::lattice::P;
use crate::limits::{MAX_TILE_BYTES, MAX_ZOOM, TILE_CACHE_BYTES};
use crate::read::Atlas;
use crate::topology::{Map, NONE};
use huying_core::city::{City, Folder};
use huying_core::fault::Fault;
use mvt::{Commands, EXTENT, Layer, Shape, T};
use project::{TileNo, clip, doubled};
use serde::Deserialize;
use simplify::ZOOMS;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};

/// The file of a folder that says which level is drawn when.
pub const FILE: &str = "tiles.toml";
/// How tiles are made: raised whenever the same atlas gives other bytes than before, so that nobody keeps old
/// ones.
pub const ENCODING: u32 = 1;
const DEFAULT: &str = include_str!("default.toml");

/// Why there is no tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// No such tile exists.
    #[error("there is no tile {0}/{1}/{2}; accepted: zoom 0 to 22, x and y from 0 to 2^zoom - 1")]
    NoSuchTile(u8, u32, u32),
}

/// Which level is drawn when, as the file has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    tolerance_px: f64,
    full_from: u8,
    labels: bool,
    level: BTreeMap<String, Zooms>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Zooms {
    from: u8,
    #[serde(default = "deepest")]
    to: u8,
}

fn deepest() -> u8 {
    MAX_ZOOM
}

/// Which level is drawn when.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Plan {
    /// Half-open pixels that a border may stray.
    pub(crate) tolerance_px: f64,
    /// The zoom from which nothing is simplified.
    pub(crate) full_from: u8,
    pub(crate) labels: bool,
    /// By level: first and last zoom; (1, 0) for never.
    pub(crate) zooms: Vec<(u8, u8)>,
}

/// Reads `tiles.toml`, or what ships when there is none or it has faults.
pub(crate) fn read_plan(folder: &Folder, city: &City, faults: &mut Vec<Fault>) -> Plan {
    let accepted = "tolerance_px, full_from, labels, and [level.ID] with from and to; see docs/atlas.md";
    let mut wrong = |field: &str, problem: String| {
        faults.push(Fault::error(FILE, 0, field, problem, accepted));
    };
    let own = folder.get(FILE).and_then(|bytes| match std::str::from_utf8(bytes) {
        Ok(text) => toml::from_str::<PlanFile>(text).map_err(|e| wrong("", e.to_string())).ok(),
        Err(_) => {
            wrong("", "the file is not UTF-8".to_owned());
            None
        }
    });
    let levels = &city.places.book().levels;
    if let Some(own) = &own {
        for (id, z) in &own.level {
            if !levels.iter().any(|l| l.id == id.as_str()) {
                wrong(&format!("level.{id}"), "no level of city.toml".to_owned());
            }
            if z.from > z.to || z.to > MAX_ZOOM {
                wrong(&format!("level.{id}"), format!("zooms {} to {}", z.from, z.to));
            }
        }
        if !(0.0..=16.0).contains(&own.tolerance_px) || own.full_from > ZOOMS {
            wrong("", format!("tolerance_px {}, full_from {}", own.tolerance_px, own.full_from));
        }
    }
    let Some(file) = own.or_else(|| toml::from_str(DEFAULT).ok()) else { return Plan::default() };
    let zooms = levels.iter().map(|l| file.level.get(l.id.as_str()).map_or((1, 0), |z| (z.from, z.to)));
    let zooms = zooms.collect();
    Plan { tolerance_px: file.tolerance_px, full_from: file.full_from, labels: file.labels, zooms }
}

impl Plan {
    fn draws(&self, level: usize, zoom: u8) -> bool {
        self.zooms.get(level).is_some_and(|(from, to)| (*from..=*to).contains(&zoom))
    }

    /// The finest level with shapes that is drawn at a zoom.
    pub(crate) fn finest(&self, map: &Map, zoom: u8) -> Option<u8> {
        (0..map.levels.len()).rev().find(|l| map.levels[*l].shapes && self.draws(*l, zoom)).map(|l| l as u8)
    }

    /// How far a border may stray at a zoom, in metres on the ground.
    pub(crate) fn tolerance_m(&self, map: &Map, zoom: u8) -> f64 {
        let bbox = map.bbox();
        let pixels = 256.0 * f64::from(1u32 << zoom);
        let (east, _) = metres_per_unit(i32::midpoint(bbox[1], bbox[3]));
        self.tolerance_px * 3.6e9 / pixels * east
    }
}

/// What tiles are made from beside the map, and those made lately.
#[derive(Default)]
pub(crate) struct Tiles {
    pub(crate) plan: Plan,
    /// By point of the map: the zooms (bits) at which it is drawn.
    pub(crate) masks: Vec<u16>,
    /// By level: its shaped places; of a stack the lowest alone.
    pub(crate) by_level: Vec<Vec<u32>>,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    tiles: HashMap<TileNo, Arc<[u8]>>,
    order: VecDeque<TileNo>,
    bytes: usize,
}

impl Cache {
    fn keep(&mut self, no: TileNo, tile: &Arc<[u8]>) {
        if self.tiles.insert(no, Arc::clone(tile)).is_none() {
            self.order.push_back(no);
            self.bytes += tile.len();
        }
        while self.bytes > TILE_CACHE_BYTES {
            let Some(oldest) = self.order.pop_front() else { break };
            self.bytes -= self.tiles.remove(&oldest).map_or(0, |t| t.len());
        }
    }
}

impl Tiles {
    pub(crate) fn build(map: &Map, plan: Plan) -> Tiles {
        let masks = simplify::build(map, &plan);
        Tiles::with(map, plan, masks)
    }

    pub(crate) fn with(map: &Map, plan: Plan, masks: Vec<u16>) -> Tiles {
        let mut hidden = vec![false; map.ids.len()];
        for face in 1..map.face_start.len().saturating_sub(1) as u32 {
            map.stack(face).iter().skip(1).for_each(|p| hidden[*p as usize] = true);
        }
        let mut by_level = vec![Vec::new(); map.levels.len()];
        for place in (0..map.ids.len() as u32).filter(|p| map.has_shape(*p) && !hidden[*p as usize]) {
            by_level[map.level[place as usize] as usize].push(place);
        }
        Tiles { plan, masks, by_level, cache: Mutex::default() }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.masks.len() * 2 + self.by_level.iter().map(|l| l.len() * 4).sum::<usize>()
    }
}

pub(crate) fn numbered(z: u8, x: u32, y: u32) -> Result<TileNo, TileError> {
    let exists = z <= MAX_ZOOM && u64::from(x.max(y)) < 1 << z;
    if exists { Ok(TileNo { z, x, y }) } else { Err(TileError::NoSuchTile(z, x, y)) }
}

impl Atlas {
    /// A vector tile: a layer for each level drawn at this zoom, named by the level's id, and `labels` with a
    /// point inside each place. Attributes: `id`, `name`, `level`, `synthetic`, `stack` (how many places
    /// share the footprint), `households` and `density` (households a km²) where known. A tile above
    /// [`MAX_TILE_BYTES`] loses its finest level. Tiles are kept in memory; empty ones are empty.
    ///
    /// # Errors
    /// [`TileError`] for a tile that cannot exist.
    pub fn tile(&self, z: u8, x: u32, y: u32) -> Result<Arc<[u8]>, TileError> {
        let no = numbered(z, x, y)?;
        let kept = self.tiles.cache.lock().ok().and_then(|c| c.tiles.get(&no).cloned());
        if let Some(tile) = kept {
            return Ok(tile);
        }
        let tile: Arc<[u8]> = self.draw(no).into();
        if let Ok(mut cache) = self.tiles.cache.lock() {
            cache.keep(no, &tile);
        }
        Ok(tile)
    }

    fn draw(&self, no: TileNo) -> Vec<u8> {
        let mut tile = Vec::new();
        let mut labels = Layer::new("labels");
        for level in 0..self.map.levels.len() {
            if !self.tiles.plan.draws(level, no.z) {
                continue;
            }
            let layer = self.layer(no, level, &mut labels);
            if tile.len() + layer.len() > MAX_TILE_BYTES {
                return tile;
            }
            tile.extend(layer);
        }
        let labels = labels.finish();
        if tile.len() + labels.len() <= MAX_TILE_BYTES {
            tile.extend(labels);
        }
        tile
    }

    fn layer(&self, no: TileNo, level: usize, labels: &mut Layer) -> Vec<u8> {
        let (map, bbox) = (&self.map, no.bbox());
        let mut layer = Layer::new(&map.levels[level].id);
        for place in &self.tiles.by_level[level] {
            let b = map.boxes[*place as usize];
            if b[0] > bbox[2] || b[2] < bbox[0] || b[1] > bbox[3] || b[3] < bbox[1] {
                continue;
            }
            let commands = self.outline(no, bbox, *place);
            if commands.is_empty() {
                continue;
            }
            let tags = self.tags(*place);
            layer.feature(u64::from(*place), Shape::Polygon, &commands, &tags);
            let centre = no.project(map.centres[*place as usize]);
            if self.tiles.plan.labels && centre.iter().all(|v| (0..EXTENT).contains(v)) {
                let mut point = Commands::new();
                point.point(centre);
                labels.feature(u64::from(*place), Shape::Point, &point, &tags);
            }
        }
        layer.finish()
    }

    fn tags(&self, place: u32) -> Vec<(&'static str, Value)> {
        let (map, at) = (&self.map, place as usize);
        let level = &map.levels[map.level[at] as usize];
        let mut tags = vec![
            ("id", Value::Text(map.ids.get(at).to_owned())),
            ("name", Value::Text(map.names.get(at).to_owned())),
            ("level", Value::Text(level.id.clone())),
            ("synthetic", Value::Bool(level.synthetic)),
        ];
        let halves = map.edges_of(place);
        let stack = halves.first().map_or(&[][..], |h| map.stack(map.left[*h as usize]));
        let stack = if stack.contains(&place) { stack } else { &[] };
        if stack.len() > 1 {
            tags.push(("stack", Value::Int(stack.len() as i64)));
        }
        let all = if stack.len() > 1 { stack } else { std::slice::from_ref(&place) };
        let households = all.iter().map(|p| map.households[*p as usize]).filter(|n| *n != NONE);
        let households: Vec<u64> = households.map(u64::from).collect();
        if !households.is_empty() {
            let sum: u64 = households.iter().sum();
            let b = map.boxes[at];
            let km2 = square_metres(i128::from(map.areas[at]), i32::midpoint(b[1], b[3])) / 1e6;
            tags.push(("households", Value::Int(sum as i64)));
            tags.push(("density", Value::Float((sum as f64 / km2.max(1e-6)).round())));
        }
        tags
    }

    /// The rings of a place in a tile: outer ones clockwise on the screen, as the format wants.
    fn outline(&self, no: TileNo, bbox: [i32; 4], place: u32) -> Commands {
        let map = &self.map;
        let mut commands = Commands::new();
        let mut outer_drawn = false;
        for ring in map.rings_of(place) {
            let outer = map.ring_outer[ring] == 1;
            if !outer && !outer_drawn {
                continue;
            }
            let points = clip(self.drawn(no, bbox, map.ring(ring)));
            if outer {
                outer_drawn = !points.is_empty();
            }
            if points.is_empty() {
                continue;
            }
            // Tile units run down: what was counter-clockwise has a negative area now.
            let mut points = points;
            if (doubled(&points) > 0) != outer {
                points.reverse();
            }
            commands.ring(&points);
        }
        commands
    }

    /// The points of a ring that are drawn, in tile units, open. Of an arc that lies beside the tile on one
    /// side only its first and last drawn points count: between them it stays on that side.
    fn drawn(&self, no: TileNo, bbox: [i32; 4], halves: &[u32]) -> Vec<T> {
        let (map, full) = (&self.map, no.z >= self.tiles.plan.full_from.min(ZOOMS));
        let bit = if full { 0 } else { 1u16 << no.z };
        let mut points: Vec<T> = Vec::new();
        for h in halves {
            let arc = h / 2;
            let start = map.starts[arc as usize] as usize;
            let line: &[P] = map.arc(arc);
            let shown = |i: &usize| full || self.tiles.masks[start + i] & bit != 0;
            let b = map.arc_boxes[arc as usize];
            let beside = b[0] > bbox[2] || b[2] < bbox[0] || b[1] > bbox[3] || b[3] < bbox[1];
            let mut put = |i: usize| {
                let p = no.project(line[i]);
                if points.last() != Some(&p) {
                    points.push(p);
                }
            };
            let forward = h & 1 == 0;
            if beside {
                let (first, last) = ((0..line.len()).find(shown), (0..line.len()).rev().find(shown));
                let ends = if forward { [first, last] } else { [last, first] };
                ends.into_iter().flatten().for_each(&mut put);
            } else if forward {
                (0..line.len()).filter(shown).for_each(&mut put);
            } else {
                (0..line.len()).rev().filter(shown).for_each(&mut put);
            }
        }
        while points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        points
    }
}

#[cfg(test)]
mod tests;
