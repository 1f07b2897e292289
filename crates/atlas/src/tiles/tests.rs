//! Tiles as a reader sees them: decoded by a reader of this file's own, areas summed, limits met.

use super::*;
use crate::near::NearIndex;
use crate::sample::{Plan as City_, folder};
use std::collections::HashMap;

/// A feature as read back.
struct Read {
    id: u64,
    tags: HashMap<String, String>,
    kind: u64,
    rings: Vec<Vec<T>>,
}

fn varint(b: &mut &[u8]) -> u64 {
    let (mut v, mut shift) = (0, 0);
    loop {
        let byte = b[0];
        *b = &b[1..];
        v |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return v;
        }
    }
}

/// Fields of a message: (number, value of a varint, bytes).
fn fields(mut b: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut all = Vec::new();
    while !b.is_empty() {
        let tag = varint(&mut b);
        match tag & 7 {
            0 => all.push((tag >> 3, varint(&mut b), &b[..0])),
            1 => {
                all.push((tag >> 3, 0, &b[..8]));
                b = &b[8..];
            }
            2 => {
                let len = varint(&mut b) as usize;
                all.push((tag >> 3, 0, &b[..len]));
                b = &b[len..];
            }
            wire => panic!("wire type {wire}"),
        }
    }
    all
}

fn zigzag(v: u64) -> i64 {
    (v >> 1) as i64 ^ -((v & 1) as i64)
}

fn rings(mut b: &[u8]) -> Vec<Vec<T>> {
    let (mut pen, mut all): (T, Vec<Vec<T>>) = ([0, 0], Vec::new());
    while !b.is_empty() {
        let command = varint(&mut b);
        for _ in 0..command >> 3 {
            match command & 7 {
                7 => {
                    let first = all.last().unwrap()[0];
                    all.last_mut().unwrap().push(first);
                }
                kind => {
                    pen = [pen[0] + zigzag(varint(&mut b)), pen[1] + zigzag(varint(&mut b))];
                    if kind == 1 {
                        all.push(Vec::new());
                    }
                    all.last_mut().unwrap().push(pen);
                }
            }
        }
    }
    all
}

fn value(b: &[u8]) -> String {
    let (field, number, bytes) = fields(b)[0];
    match field {
        1 => String::from_utf8(bytes.to_vec()).unwrap(),
        3 => f64::from_le_bytes(bytes.try_into().unwrap()).to_string(),
        6 => zigzag(number).to_string(),
        7 => (number == 1).to_string(),
        other => panic!("value {other}"),
    }
}

fn read(tile: &[u8]) -> HashMap<String, Vec<Read>> {
    let mut layers = HashMap::new();
    for (_, _, layer) in fields(tile) {
        let parts = fields(layer);
        let of = |n: u64| parts.iter().filter(move |p| p.0 == n);
        assert_eq!((of(15).next().unwrap().1, of(5).next().unwrap().1), (2, EXTENT as u64));
        let text = |b: &[u8]| String::from_utf8(b.to_vec()).unwrap();
        let keys: Vec<String> = of(3).map(|p| text(p.2)).collect();
        let values: Vec<String> = of(4).map(|p| value(p.2)).collect();
        let features = of(2).map(|f| {
            let parts = fields(f.2);
            let get = |n: u64| parts.iter().find(|p| p.0 == n).copied().unwrap();
            let mut packed = get(2).2;
            let mut tags = HashMap::new();
            while !packed.is_empty() {
                let (k, v) = (varint(&mut packed) as usize, varint(&mut packed) as usize);
                tags.insert(keys[k].clone(), values[v].clone());
            }
            Read { id: get(1).1, tags, kind: get(3).1, rings: rings(get(4).2) }
        });
        layers.insert(text(of(1).next().unwrap().2), features.collect());
    }
    layers
}

fn atlas() -> Atlas {
    let folder = folder(City_ { columns: 90, rows: 80, detail: 3, ..City_::default() });
    let (city, _) = City::read(&folder);
    Atlas::read(&folder, &city.unwrap()).0.unwrap()
}

/// The tile that holds a lattice point.
fn around(z: u8, p: P) -> (u32, u32) {
    let world = TileNo { z, x: 0, y: 0 }.project(p);
    ((world[0] / EXTENT) as u32, (world[1] / EXTENT) as u32)
}

fn signed(ring: &[T]) -> i64 {
    ring.windows(2).map(|w| w[0][0] * w[1][1] - w[1][0] * w[0][1]).sum()
}

#[test]
fn a_tile_within_the_city_is_filled_by_every_level_without_gap_or_overlap() {
    let atlas = atlas();
    let b = atlas.bbox(None).unwrap();
    let middle = [i32::midpoint(b[0], b[2]), i32::midpoint(b[1], b[3])];
    for z in 14..=18 {
        let (x, y) = around(z, middle);
        let layers = read(&atlas.tile(z, x, y).unwrap());
        for level in ["district", "street", "community", "grid", "micro-grid"] {
            let sum: i64 = layers[level].iter().flat_map(|f| &f.rings).map(|r| signed(r)).sum();
            let whole = 2 * (EXTENT + 2 * project::BUFFER).pow(2);
            // Rounding to tile units may turn a sliver inside out; such slivers are thinner than a unit.
            let off = (sum - whole).abs() as f64 / whole as f64;
            assert!(off < 2e-5, "{level} at zoom {z}: {sum} of {whole}");
            for f in &layers[level] {
                assert_eq!((f.kind, f.tags["level"].as_str()), (3, level));
                assert!(signed(&f.rings[0]) > 0, "outer rings come first and run clockwise on the screen");
                assert_eq!(f.tags["synthetic"], (level != "district").to_string());
                let place = atlas.map.find(&f.tags["id"]).unwrap();
                assert_eq!(u64::from(place), f.id);
                assert_eq!(f.tags["name"], atlas.map.names.get(place as usize));
            }
        }
        let labels = &layers["labels"];
        assert!(labels.iter().all(|f| f.kind == 1 && f.rings[0][0].iter().all(|v| (0..EXTENT).contains(v))));
    }
}

#[test]
fn levels_come_with_their_zoom_and_tiles_stay_small() {
    let atlas = atlas();
    let b = atlas.bbox(None).unwrap();
    for z in 0..=MAX_ZOOM {
        let (x, y) = around(z, [b[0] + 300_000, b[1] + 300_000]);
        let tile = atlas.tile(z, x, y).unwrap();
        assert!(tile.len() <= MAX_TILE_BYTES);
        let layers = read(&tile);
        assert_eq!(layers.contains_key("district"), z >= 5, "zoom {z}");
        assert_eq!(layers.contains_key("grid"), z >= 13, "zoom {z}");
        assert!(Arc::ptr_eq(&tile, &atlas.tile(z, x, y).unwrap()), "the second reader gets the same bytes");
    }
    assert!(atlas.tile(10, 0, 0).unwrap().is_empty(), "elsewhere there is nothing");
    assert!(atlas.tile(22, (1 << 22) - 1, 0).is_ok());
    for (z, x, y) in [(23, 0, 0), (3, 8, 0), (3, 0, 8), (0, 1, 0)] {
        assert_eq!(atlas.tile(z, x, y), Err(TileError::NoSuchTile(z, x, y)));
    }
}

#[test]
fn stacks_are_drawn_once_with_their_sum() {
    let atlas = atlas();
    let map = &atlas.map;
    let face = (1..map.face_start.len() as u32 - 1).find(|f| map.stack(*f).len() > 1).unwrap();
    let stack = map.stack(face);
    let (x, y) = around(17, map.centres[stack[0] as usize]);
    let layers = read(&atlas.tile(17, x, y).unwrap());
    let drawn: Vec<&Read> =
        layers["micro-grid"].iter().filter(|f| stack.iter().any(|p| u64::from(*p) == f.id)).collect();
    assert_eq!(drawn.len(), 1);
    assert_eq!(drawn[0].tags["stack"], stack.len().to_string());
    assert_eq!(drawn[0].tags["households"], (stack.len() * 50).to_string());
}

#[test]
fn moving_points_are_drawn_and_gathered_when_there_are_too_many() {
    let mut points = NearIndex::new();
    let (x, y) = around(10, [1_040_000_000, 306_000_000]);
    let b = TileNo { z: 10, x, y }.bbox();
    let at = [i32::midpoint(b[0], b[2]), i32::midpoint(b[1], b[3])];
    for k in 0..crate::limits::MAX_TILE_POINTS as u64 {
        points.insert(k, [at[0] + (k % 100) as i32 * 500, at[1] + (k / 100) as i32 * 500]);
    }
    let tags = |key: u64| (key != 3).then(|| vec![("status", Value::Text(format!("s{}", key % 3)))]);
    let layers = read(&points_tile(&points, "cases", (10, x, y), tags).unwrap());
    assert_eq!(layers["cases"].len(), crate::limits::MAX_TILE_POINTS - 1);
    assert!(layers["cases"].iter().all(|f| f.tags["status"] == format!("s{}", f.id % 3)));
    points.insert(900_000, at);
    points.insert(900_001, at);
    let never = |key: u64| panic!("the attributes of {key} are drawn nowhere");
    let layers = read(&points_tile(&points, "cases", (10, x, y), never).unwrap());
    let sum: usize = layers["cases"].iter().map(|f| f.tags["count"].parse::<usize>().unwrap()).sum();
    assert_eq!(sum, crate::limits::MAX_TILE_POINTS + 2);
    assert!(layers["cases"].len() < 1_000);
    assert!(points_tile(&points, "cases", (2, 9, 9), tags).is_err());
}

#[test]
fn a_folders_own_plan_is_read_and_its_faults_are_named() {
    let mut folder = folder(City_::default());
    let (city, _) = City::read(&folder);
    let city = city.unwrap();
    let mut faults = Vec::new();
    let own = "tolerance_px = 1\nfull_from = 12\nlabels = false\n[level.grid]\nfrom = 3\nto = 9\n";
    folder.put(FILE, own);
    let plan = read_plan(&folder, &city, &mut faults);
    assert!(faults.is_empty() && plan.draws(4, 9) && !plan.draws(4, 10) && !plan.draws(1, 9));
    for (bad, field) in [
        ("x = 1\n".to_owned(), ""),
        (own.replace("level.grid", "level.village"), "level.village"),
        (own.replace("to = 9", "to = 2"), "level.grid"),
        (own.replace("full_from = 12", "full_from = 17"), "full_from"),
        (own.replace("tolerance_px = 1", "tolerance_px = nan"), "tolerance_px"),
    ] {
        folder.put(FILE, bad);
        let mut faults = Vec::new();
        read_plan(&folder, &city, &mut faults);
        assert!(faults.iter().any(|f| f.to_string().contains(field) && f.file == FILE), "{faults:?}");
    }
}
