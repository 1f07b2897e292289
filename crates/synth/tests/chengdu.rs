//! The whole of Chengdu made from the files that ship: sums, tiling, addresses, and the same bytes twice.
//!
//! Everything is judged from the folder's files alone, with readers of this test's own, so that a mistake in
//! the room's structures cannot hide itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use huying_core::city::{City, Folder};
use huying_core::fault::Severity;
use huying_synth::{Ingredients, Made, make};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::OnceLock;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/chengdu")
}

fn made(seed: u64, only: &[&str]) -> Made {
    let text = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let mut base = Folder::new();
    for name in ["city.toml", "places.csv", "codes.csv", "trees.csv", "units.csv", "people.csv", "posts.csv"]
    {
        base.put(name, text(name));
    }
    let polygons = text("geometry/districts.geojson");
    let (body, names) = (text("synth/body.toml"), text("synth/names.toml"));
    let from = Ingredients { polygons: polygons.as_bytes(), body: &body, seed, only };
    make(&base, &from, &names, &|_, _, _| {}).unwrap()
}

fn whole() -> &'static Made {
    static WHOLE: OnceLock<Made> = OnceLock::new();
    WHOLE.get_or_init(|| made(1, &[]))
}

type Row = HashMap<String, String>;

fn rows(made: &Made, file: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(made.folder.get(file).unwrap());
    reader.deserialize().map(Result::unwrap).collect()
}

fn number(row: &Row, column: &str) -> u64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

#[test]
fn numbers_sum_at_every_level() {
    let places = rows(whole(), "places.csv");
    let mut sums: HashMap<(&str, &str), (u64, u64)> = HashMap::new();
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for p in &places {
        *counts.entry((&p["level"], &p["kind"])).or_default() += 1;
        if p["level"] != "city" && p["level"] != "zone" {
            let sum = sums.entry((&p["parent"], &p["level"])).or_default();
            sum.0 += number(p, "residents");
            sum.1 += number(p, "households");
        }
    }
    assert_eq!(counts[&("grid", "general")], 14_020);
    assert_eq!(counts[&("micro-grid", "")], 126_449);
    let mut parents = 0;
    for p in &places {
        for level in ["district", "street", "community", "grid", "micro-grid"] {
            if let Some(sum) = sums.get(&(p["id"].as_str(), level)) {
                assert_eq!((number(p, "residents"), number(p, "households")), *sum, "{}", p["id"]);
                parents += 1;
            }
        }
    }
    assert_eq!(parents, 1 + 20 + 261 + 3047 + 14_020);
    let top = places.iter().find(|p| p["level"] == "city").unwrap();
    assert_eq!((number(top, "residents"), number(top, "households")), (20_937_757, 7_419_822));
    let most = places.iter().filter(|p| p["level"] == "grid").map(|p| number(p, "households")).max();
    assert!(most <= Some(700), "{most:?}");
    let special = places.iter().filter(|p| p["kind"] == "special");
    assert!(special.clone().count() > 1000 && special.clone().all(|p| p["households"] == "0"));
}

#[test]
fn the_folder_has_no_errors_and_says_the_share_out_of_band() {
    let (city, faults) = City::read(&whole().folder);
    let errors: Vec<_> = faults.iter().filter(|f| f.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{:?}", errors.first());
    let warnings: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(warnings.iter().any(|w| w.contains("一般网格") && w.contains("300 to 500")), "{warnings:?}");
    assert!(warnings.len() <= 2, "{warnings:?}");
    let city = city.unwrap();
    assert!(city.people.posts().len() > 140_000 && city.people.posts().iter().all(|p| p.person.is_some()));
    let toml = String::from_utf8_lossy(whole().folder.get("city.toml").unwrap()).into_owned();
    assert!(toml.contains("SYNTHETIC"));
}

#[test]
fn every_household_is_in_one_row_of_members() {
    let micro: HashMap<String, u64> = rows(whole(), "places.csv")
        .iter()
        .filter(|p| p["level"] == "micro-grid")
        .map(|p| (p["id"].clone(), number(p, "households")))
        .collect();
    let compounds: HashMap<String, Row> =
        rows(whole(), "addresses/compounds.csv").into_iter().map(|c| (c["id"].clone(), c)).collect();
    let buildings: HashSet<(String, String)> = rows(whole(), "addresses/buildings.csv")
        .iter()
        .map(|b| (b["compound"].clone(), b["building"].clone()))
        .collect();
    let (mut of_micro, mut of_compound): (HashMap<String, u64>, HashMap<String, u64>) = Default::default();
    let mut stairs: HashMap<(String, String, String), Vec<(u64, u64)>> = HashMap::new();
    for m in rows(whole(), "addresses/members.csv") {
        let compound = &compounds[&m["compound"]];
        assert!(m["micro_grid"].starts_with(&compound["grid"]), "{m:?}");
        assert!(buildings.contains(&(m["compound"].clone(), m["building"].clone())), "{m:?}");
        *of_micro.entry(m["micro_grid"].clone()).or_default() += number(&m, "households");
        *of_compound.entry(m["compound"].clone()).or_default() += number(&m, "households");
        let floors = match m["floor_from"].is_empty() {
            true => (0, u64::MAX),
            false => (number(&m, "floor_from"), number(&m, "floor_to")),
        };
        let stair = (m["compound"].clone(), m["building"].clone(), m["unit"].clone());
        stairs.entry(stair).or_default().push(floors);
    }
    assert_eq!(of_micro, micro);
    for (id, compound) in &compounds {
        assert_eq!(of_compound.get(id).copied().unwrap_or(0), number(compound, "households"), "{id}");
    }
    for (stair, mut floors) in stairs {
        floors.sort_unstable();
        assert!(floors.windows(2).all(|w| w[0].1 < w[1].0), "two micro-grids on one floor: {stair:?}");
    }
    assert!((12_000..=25_000).contains(&compounds.len()), "{}", compounds.len());
    assert!(buildings.len() <= 300_000);
}

/// Twice the area of each place of a level, by the arcs of the file.
fn areas(topology: &Value, level: &str) -> HashMap<String, i64> {
    let arcs: Vec<Vec<(i64, i64)>> = topology["arcs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arc| {
            let (mut x, mut y) = (0, 0);
            let step = |p: &Value| {
                (x, y) = (x + p[0].as_i64().unwrap(), y + p[1].as_i64().unwrap());
                (x - 1_040_000_000, y - 300_000_000)
            };
            arc.as_array().unwrap().iter().map(step).collect()
        })
        .collect();
    let ring = |arc: &Value| -> i64 {
        let n = arc.as_i64().unwrap();
        let line = &arcs[usize::try_from(if n < 0 { !n } else { n }).unwrap()];
        let sum: i64 = line.windows(2).map(|w| w[0].0 * w[1].1 - w[0].1 * w[1].0).sum();
        if n < 0 { -sum } else { sum }
    };
    let polygon = |rings: &Value| -> i64 {
        rings.as_array().unwrap().iter().flat_map(|r| r.as_array().unwrap()).map(ring).sum()
    };
    let geometries = topology["objects"][level]["geometries"].as_array().unwrap();
    let area = |g: &Value| match g["type"].as_str().unwrap() {
        "Polygon" => polygon(&g["arcs"]),
        _ => g["arcs"].as_array().unwrap().iter().map(polygon).sum(),
    };
    geometries.iter().map(|g| (g["id"].as_str().unwrap().to_owned(), area(g))).collect()
}

#[test]
fn each_level_tiles_its_parent_on_the_lattice() {
    let topology: Value = serde_json::from_slice(whole().folder.get("geometry.topojson").unwrap()).unwrap();
    let places = rows(whole(), "places.csv");
    let parent: HashMap<&str, &str> =
        places.iter().map(|p| (p["id"].as_str(), p["parent"].as_str())).collect();
    let levels = ["district", "street", "community", "grid"];
    for pair in levels.windows(2) {
        let (over, under) = (areas(&topology, pair[0]), areas(&topology, pair[1]));
        let mut sums: HashMap<String, i64> = HashMap::new();
        for (id, area) in &under {
            assert!(*area > 0, "{id}");
            *sums.entry(parent[id.as_str()].to_owned()).or_default() += area;
        }
        assert_eq!(sums, over, "{} in {}", pair[1], pair[0]);
    }
    // Micro-grids that share a cell count once.
    let mut cells: HashMap<String, (String, i64)> = HashMap::new();
    let area = areas(&topology, "micro-grid");
    for g in topology["objects"]["micro-grid"]["geometries"].as_array().unwrap() {
        let id = g["id"].as_str().unwrap();
        cells.insert(g["arcs"].to_string(), (parent[id].to_owned(), area[id]));
    }
    let mut sums: HashMap<String, i64> = HashMap::new();
    cells.into_values().for_each(|(grid, area)| *sums.entry(grid).or_default() += area);
    let general = areas(&topology, "grid").into_iter().filter(|(id, _)| id.contains('G'));
    assert_eq!(sums, general.collect());
    assert_eq!(area.len(), 126_449);
    assert!(topology["huying"]["levels"]["street"]["synthetic"] == Value::Bool(true));
    assert!(topology["huying"]["levels"]["district"]["synthetic"] == Value::Bool(false));
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let only = ["510105"];
    let (a, b, c) = (made(7, &only), made(7, &only), made(8, &only));
    assert!(a.folder == b.folder);
    let differs = |file: &str| a.folder.get(file) != c.folder.get(file);
    let files = ["places.csv", "geometry.topojson", "addresses/compounds.csv", "addresses/members.csv"];
    assert!(files.into_iter().all(differs));
}
