//! The room as a whole, against brute force, on ragged made-up cities.

use crate::api::{Evidence, Reason};
use crate::lattice::{P, doubled_area, on_segment, winding};
use crate::planar::{Segment, collisions};
use crate::read::{Atlas, check, digest};
use crate::sample::{Plan, folder, mix};
use crate::tiles::simplify::ZOOMS;
use crate::topojson::FILE;
use crate::topology::NONE;
use huying_core::city::{City, Folder};
use huying_core::fault::Severity;
use huying_core::ids::PlaceId;
use huying_core::observation::{Datum, Point};
use proptest::prelude::*;

fn city(folder: &Folder) -> City {
    let (city, faults) = City::read(folder);
    city.unwrap_or_else(|| panic!("{faults:?}"))
}

fn atlas(plan: Plan) -> Atlas {
    let folder = folder(plan);
    let (atlas, faults) = Atlas::read(&folder, &city(&folder));
    assert!(faults.is_empty(), "{:?}", &faults[..faults.len().min(5)]);
    atlas.unwrap()
}

fn gcj(p: P) -> Point {
    Point { lon: p[0], lat: p[1], datum: Datum::Gcj02 }
}

/// Every shaped place with its rings.
fn all_rings(atlas: &Atlas) -> Vec<(u32, Vec<Vec<P>>)> {
    let map = &atlas.map;
    let rings = |p: u32| map.rings_of(p).map(|r| map.ring_points(map.ring(r))).collect();
    (0..map.ids.len() as u32).filter(|p| map.has_shape(*p)).map(|p| (p, rings(p))).collect()
}

/// The place of each level by the border rule, by looking at every ring of every place.
fn brute(atlas: &Atlas, rings: &[(u32, Vec<Vec<P>>)], p: P) -> Vec<Option<u32>> {
    let map = &atlas.map;
    let level = |place: &u32| map.level[*place as usize] as usize;
    let mut found: Vec<Option<u32>> = vec![None; map.levels.len()];
    for (place, rings) in rings {
        let turns = winding(rings, p);
        assert!(turns == 0 || turns == 1, "a place winds {turns} times around {p:?}");
        if turns == 1 && found[level(place)].is_none() {
            found[level(place)] = Some(*place);
        }
    }
    if found.iter().all(Option::is_none) {
        let smallest = map.levels.len() - 1;
        let touches =
            |rings: &[Vec<P>]| rings.iter().flat_map(|r| r.windows(2)).any(|s| on_segment(s[0], s[1], p));
        let rim = rings.iter().filter(|(q, _)| level(q) == smallest).find(|(_, r)| touches(r));
        for q in rim.into_iter().flat_map(|(q, _)| map.line(*q)).filter(|q| map.has_shape(*q)) {
            found[level(&q)] = Some(q);
        }
    }
    found
}

#[test]
fn locating_is_the_exact_test_everywhere_borders_and_vertices_included() {
    for (seed, ragged, detail) in [(1, true, 1), (2, true, 0), (3, false, 2), (4, true, 3)] {
        let atlas = atlas(Plan { columns: 14, rows: 11, detail, stacks: 5, ragged, seed });
        let (map, rings) = (&atlas.map, all_rings(&atlas));
        let b = map.bbox();
        let mut points: Vec<P> = map.points.clone();
        for s in (0..map.arcs() as u32).flat_map(|a| map.arc(a).windows(2)) {
            // A lattice point strictly within a segment, where there is one; and its neighbours.
            let d = [s[1][0] - s[0][0], s[1][1] - s[0][1]];
            let g = (1..=200).rev().find(|k| d[0] % k == 0 && d[1] % k == 0).unwrap_or(1);
            let on = [s[0][0] + d[0] / g, s[0][1] + d[1] / g];
            points.extend([on, [on[0] + 1, on[1]], [on[0], on[1] - 1]]);
        }
        for k in 0..4_000 {
            let within = |low: i32, high: i32, n: u64| low - 500 + (n % (high - low + 1_000) as u64) as i32;
            points.push([within(b[0], b[2], mix(seed, k, 1)), within(b[1], b[3], mix(seed, k, 2))]);
        }
        points.extend([[b[0], b[1]], [b[2], b[3]], [i32::MIN, 0], [i32::MAX, i32::MAX]]);
        for p in points {
            let want = brute(&atlas, &rings, p);
            let face = atlas.raster.face(map, p);
            let got = if face == 0 { NONE } else { map.stack(face)[0] };
            for (level, want) in want.iter().enumerate() {
                let got = (got != NONE).then(|| map.at_level(got, level as u8)).flatten();
                let got = got.filter(|q| map.has_shape(*q));
                assert_eq!(got, *want, "seed {seed}, level {level}, {p:?}");
            }
        }
    }
}

#[test]
fn coarse_and_fine_grids_answer_alike() {
    let atlas = atlas(Plan { columns: 12, rows: 10, ..Plan::default() });
    for most in [1, 7, 200, 50_000] {
        let other = crate::raster::Raster::build(&atlas.map, most);
        for p in &atlas.map.points {
            assert_eq!(other.face(&atlas.map, *p), atlas.raster.face(&atlas.map, *p), "{most} cells");
        }
    }
}

fn faults_of(folder: &Folder) -> Vec<String> {
    let faults = check(folder, &city(folder));
    faults.iter().filter(|f| f.severity == Severity::Error).map(ToString::to_string).collect()
}

/// The sample with its geometry changed.
fn changed(f: impl FnOnce(&mut serde_json::Value)) -> Folder {
    changed_with(4, f)
}

fn changed_with(stacks: u32, f: impl FnOnce(&mut serde_json::Value)) -> Folder {
    let mut folder = folder(Plan { columns: 8, rows: 6, detail: 0, stacks, ragged: true, seed: 5 });
    let mut json: serde_json::Value = serde_json::from_slice(folder.get(FILE).unwrap()).unwrap();
    f(&mut json);
    folder.put(FILE, serde_json::to_vec(&json).unwrap());
    folder
}

#[test]
fn what_is_wrong_with_a_geometry_is_named() {
    assert_eq!(faults_of(&changed(|_| {})), [""; 0]);
    let has = |folder: &Folder, words: &str| {
        let faults = faults_of(folder);
        assert!(faults.iter().any(|f| f.contains(words)), "{words}: {:?}", &faults[..faults.len().min(4)]);
    };
    has(&changed(|j| j["type"] = "Feature".into()), "[type]");
    has(&changed(|j| j["transform"]["scale"][0] = 1e-6.into()), "[transform]");
    has(&changed(|j| j["huying"]["datum"] = "mars".into()), "WGS84, GCJ-02 or CGCS2000");
    has(&changed(|j| drop(j.as_object_mut().unwrap().remove("huying"))), "[huying]");
    has(&changed(|j| j["arcs"][3][0][0] = 0.5.into()), "geometry.topojson:");
    has(&changed(|j| j["arcs"][3][1] = serde_json::json!([0, 0])), "[arcs[3]]");
    has(&changed(|j| j["arcs"][3][0][0] = 1_900_000_000.into()), "within 180");
    let grid = |j: &mut serde_json::Value, n: usize| j["objects"]["grid"]["geometries"][n].take();
    has(
        &changed(|j| drop(j["objects"]["grid"]["geometries"].as_array_mut().unwrap().remove(0))),
        "has no shape",
    );
    has(
        &changed(|j| {
            let g = grid(j, 0);
            j["objects"]["grid"]["geometries"][0] = g.clone();
            j["objects"]["grid"]["geometries"].as_array_mut().unwrap().push(g);
        }),
        "has a shape already",
    );
    has(
        &changed(|j| j["objects"]["grid"]["geometries"][0]["id"] = "nowhere".into()),
        "no place of places.csv",
    );
    has(&changed(|j| j["objects"]["street"]["geometries"][0]["id"] = "999001".into()), "not a street");
    has(&changed(|j| j["objects"]["grid"]["geometries"][0]["type"] = "LineString".into()), "LineString");
    has(
        &changed(|j| j["objects"]["grid"]["geometries"][0]["arcs"][0][0][0] = 999_999.into()),
        "there is no arc",
    );
    has(&changed(|j| j["objects"]["village"] = j["objects"]["grid"].clone()), "no level of city.toml");
    has(
        &changed(|j| {
            let ring = j["objects"]["grid"]["geometries"][0]["arcs"][0][0].as_array_mut().unwrap();
            ring.pop();
        }),
        "not closed",
    );
    has(
        &changed(|j| {
            let (a, b) = (grid(j, 0), grid(j, 1));
            let (mut c, mut d) = (a.clone(), b.clone());
            (c["arcs"], d["arcs"]) = (b["arcs"].clone(), a["arcs"].clone());
            j["objects"]["grid"]["geometries"][0] = c;
            j["objects"]["grid"]["geometries"][1] = d;
        }),
        "children",
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    /// A vertex moved so far that it leaves its surroundings breaks the ground all tests stand on.
    #[test]
    fn a_vertex_that_jumps_is_found(arc in 0usize..40, far in 60_000i64..90_000) {
        let mut on_rim = false;
        let folder = changed_with(0, |j| {
            let text = j["objects"]["micro-grid"].to_string();
            let numbers = text.split(|c: char| !(c.is_ascii_digit() || c == '-'));
            let arcs = j["arcs"].as_array_mut().unwrap();
            let arc = arc % arcs.len();
            let me = [arc.to_string(), (!(arc as i64)).to_string()];
            on_rim = numbers.filter(|n| me.iter().any(|m| m == n)).count() < 2;
            let points = arcs[arc].as_array_mut().unwrap();
            // A new point between the first two, far away.
            let step = points[1].clone();
            points[1] = serde_json::json!([far, far / 3]);
            let rest = [step[0].as_i64().unwrap() - far, step[1].as_i64().unwrap() - far / 3];
            points.insert(2, serde_json::json!(rest));
        });
        // The city itself may reach out as it likes.
        prop_assert!(on_rim || !faults_of(&folder).is_empty());
    }

    /// Cutting any one child's ring out of its level is found.
    #[test]
    fn a_shape_taken_for_anothers_is_found(i in 0usize..30, k in 1usize..30) {
        // Without stacks: leaving one footprint for another is no fault where others hold it.
        let folder = changed_with(0, |j| {
            let all = j["objects"]["micro-grid"]["geometries"].as_array_mut().unwrap();
            let (a, b) = (i % all.len(), (i + k) % all.len());
            let other = all[b]["arcs"].clone();
            all[a]["arcs"] = other;
        });
        let same = folder.get(FILE) == changed_with(0, |_| {}).get(FILE);
        prop_assert_eq!(faults_of(&folder).is_empty(), same);
    }
}

#[test]
fn addresses_without_geometry_are_a_fault_and_nothing_at_all_is_none() {
    let whole = folder(Plan::default());
    let without: Folder =
        whole.iter().filter(|(n, _)| *n != FILE).map(|(n, b)| (n.to_owned(), b.to_vec())).collect();
    assert_eq!(faults_of(&without).len(), 1);
    let bare: Folder = whole
        .iter()
        .filter(|(n, _)| n.ends_with("toml") || *n == "places.csv")
        .map(|(n, b)| (n.to_owned(), b.to_vec()))
        .collect();
    assert_eq!(faults_of(&bare), [""; 0]);
    assert!(Atlas::read(&bare, &city(&bare)).0.is_none());
}

#[test]
fn a_row_of_addresses_that_is_wrong_is_named() {
    let mut folder = folder(Plan::default());
    let mut broken = |file: &str, from: &str, to: &str, field: &str| {
        let good = String::from_utf8(folder.get(file).unwrap().to_vec()).unwrap();
        let bad = good.replacen(from, to, 1);
        assert_ne!(good, bad);
        folder.put(file, bad);
        let faults = faults_of(&folder);
        assert!(faults.iter().any(|f| f.contains(file) && f.contains(field)), "{faults:?}");
        folder.put(file, good);
    };
    broken("addresses/compounds.csv", "C00001,", "C00000,", "[id]");
    broken("addresses/compounds.csv", ",compound,", ",castle,", "[kind]");
    broken("addresses/compounds.csv", "104.", "504.", "[lon]");
    broken("addresses/compounds.csv", ",999", ",998", "[grid]");
    broken("addresses/buildings.csv", "C00000,2栋", "C00000,1栋", "[building]");
    broken("addresses/members.csv", "C00000,1栋", "C00000,77栋", "[building]");
    broken("addresses/members.csv", "C00000,1栋,,", "C00000,1栋,,0", "[floor_from]");
    broken("addresses/members.csv", "C00000,1栋", "C00001,1栋", "[micro_grid]");
    broken("addresses/aliases.csv", "老菜市后门,", ",", "[alias]");
}

#[test]
fn an_uncertain_point_has_candidates_and_proves_what_they_share() {
    let atlas = atlas(Plan { columns: 30, rows: 24, stacks: 0, ragged: false, ..Plan::default() });
    let map = &atlas.map;
    for place in (0..map.ids.len() as u32).filter(|p| map.has_shape(*p)) {
        let at = map.centres[place as usize];
        let exact = atlas.locate(gcj(at), None);
        let smallest = exact.proved.clone().unwrap();
        assert!(exact.line.contains(&map.place_id(place).unwrap()), "the centre lies inside");
        assert_eq!((exact.candidates.len(), exact.outside), (1, false));
        assert_eq!(
            exact.proved_measured.as_ref().map(|p| map.level[map.find(p.as_str()).unwrap() as usize]),
            Some(1)
        );
        let wide = atlas.locate(gcj(at), Some(400));
        let sum: f32 = wide.candidates.iter().map(|c| c.confidence).sum();
        assert!(wide.more > 0 || (sum - 1.0).abs() < 0.01 || wide.proved.is_none(), "{sum}");
        assert!(wide.more > 0 || wide.candidates.iter().any(|c| c.place == smallest));
        if let Some(proved) = wide.proved {
            assert!(exact.line.contains(&proved), "never beside the truth");
        }
    }
    let far = atlas.locate(gcj([1_000_000_000, 300_000_000]), Some(50));
    assert!(far.outside && far.proved.is_none() && far.candidates.is_empty());
    let blind = atlas.locate(gcj(map.centres[map.ids.len() - 1]), Some(crate::limits::MAX_ACCURACY_M + 1));
    assert_eq!(blind.proved, None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    /// Whatever spot of the circle is the true one, what was proved holds it.
    #[test]
    fn what_is_proved_holds_for_every_spot_of_the_circle(seed in 0u64..1_000, metres in 1u32..300) {
        static ATLAS: std::sync::OnceLock<Atlas> = std::sync::OnceLock::new();
        let atlas = ATLAS.get_or_init(|| self::atlas(Plan { columns: 20, rows: 20, ..Plan::default() }));
        let b = atlas.map.bbox();
        let p = [
            b[0] + (mix(seed, 1, 1) % (b[2] - b[0]) as u64) as i32,
            b[1] + (mix(seed, 2, 1) % (b[3] - b[1]) as u64) as i32,
        ];
        let Some(proved) = atlas.locate(gcj(p), Some(metres)).proved else { return Ok(()) };
        for k in 0..500u64 {
            let turn = k as f64 * 0.7;
            let r = f64::from(metres) * ((k as f64 + 1.0) / 500.0).sqrt();
            let (east, north) = crate::geo::metres_per_unit(p[1]);
            let q = [p[0] + (r * turn.cos() / east) as i32, p[1] + (r * turn.sin() / north) as i32];
            let there = atlas.locate(gcj(q), None);
            prop_assert!(there.line.contains(&proved), "{proved} {:?}", there.line);
        }
    }
}

#[test]
fn a_stack_wants_an_address() {
    let atlas = atlas(Plan { stacks: 3, ..Plan::default() });
    let (map, book) = (&atlas.map, &atlas.book);
    let mut seen = 0;
    for face in 1..map.face_start.len() as u32 - 1 {
        let stack = map.stack(face);
        if stack.len() < 2 {
            continue;
        }
        let at = gcj(map.centres[stack[0] as usize]);
        let found = atlas.locate(at, None);
        assert_eq!(found.candidates.len(), stack.len());
        let grid = map.place_id(map.parent[stack[0] as usize]);
        assert_eq!(found.proved, grid, "the grid is certain, the micro-grid is not");
        let member = book.members.iter().find(|m| m.micro == stack[1]).unwrap();
        let name = book.names.get(member.compound as usize);
        let road = book.roads.get(member.compound as usize);
        let number = book.numbers.get(member.compound as usize);
        let words = format!(
            "{road}{number}号{name}{}栋{}楼",
            book.keys.get(member.building as usize),
            member.floors[0]
        );
        let both = atlas.locate_by(Evidence { at: Some(at), accuracy_m: None, words: Some(&words) });
        assert_eq!(both.proved, map.place_id(stack[1]), "{words}: {:?}", both.address);
        assert!(!both.contradiction);
        let alone = atlas.locate_by(Evidence { at: None, accuracy_m: None, words: Some(&words) });
        assert_eq!(alone.proved, map.place_id(stack[1]));
        seen += 1;
    }
    assert!(seen > 10);
}

#[test]
fn address_and_point_that_exclude_each_other_prove_what_holds_both() {
    let atlas = atlas(Plan { columns: 120, rows: 100, stacks: 0, ..Plan::default() });
    let book = &atlas.book;
    let last = book.compounds.len() - 1;
    let words = format!("{}{}号{}", book.roads.get(last), book.numbers.get(last), book.names.get(last));
    let at = gcj(book.compounds[0].at);
    let found = atlas.locate_by(Evidence { at: Some(at), accuracy_m: None, words: Some(&words) });
    assert!(found.contradiction);
    assert_eq!(found.proved, Some(PlaceId::new("999000").unwrap()));
}

#[test]
fn words_lead_to_the_compound_in_spite_of_mistakes() {
    let atlas = atlas(Plan { columns: 60, rows: 60, ..Plan::default() });
    let first = |words: &str| {
        atlas.locate_address(words, None).into_iter().next().unwrap_or_else(|| panic!("{words}"))
    };
    let spot = first("老菜市后门");
    assert!(spot.compound.is_none() && spot.score > 0.7);
    assert_eq!(first("老菜是后门").name, "老菜市后门", "a homophone");
    assert_eq!(first("就在老菜市后门那里").name, "老菜市后门");
    // Compound 9 is 望江9's neighbour: road 望江, number 10.
    let id = |words: &str| first(words).compound.unwrap_or_default();
    assert_eq!(id("望江翠竹苑大院9"), "C00009", "an alias");
    assert_eq!(id("望江路10号翠竹苑1期"), "C00009");
    assert_eq!(id("望江路10号翠竹院一期"), "C00009", "苑 written 院");
    assert_eq!(id("望江路10号"), "C00009", "road and number alone");
    assert_eq!(id("望江路１０号 翠竹园"), "C00009");
    let hit = first("望江路10号翠竹苑1期99栋");
    assert!(hit.reasons.contains(&Reason::NoSuchBuilding) && hit.level == "grid");
    assert!(atlas.locate_address("", None).is_empty());
    assert!(atlas.locate_address("完全没有的地方啊啊", None).is_empty());
    // The same name many times: the one nearby comes first.
    let book = &atlas.book;
    for c in [3usize, 70, 130] {
        let near = Some(gcj(book.compounds[c].at));
        let hit = atlas.locate_address(book.names.get(c), near).into_iter().next().unwrap();
        assert_eq!(hit.name, book.names.get(c));
        let metres = |p: P| crate::geo::metres(p, book.compounds[c].at);
        let p = hit.at.unwrap();
        assert!(metres([p.lon, p.lat]) <= 1.0);
    }
}

#[test]
fn search_finds_by_id_by_name_and_within() {
    let atlas = atlas(Plan::default());
    let ids = |words: &str, within: Option<&str>| -> Vec<String> {
        let within = within.map(|w| PlaceId::new(w).unwrap());
        atlas.search(words, within.as_ref(), 20).into_iter().map(|h| h.id).collect()
    };
    assert_eq!(ids("999001001", None)[0], "999001001");
    assert_eq!(ids("999001", None)[0], "999001");
    assert!(ids("锦绣花园", None).contains(&"C00000".to_owned()));
    assert!(ids("锦秀花园", None).contains(&"C00000".to_owned()));
    assert_eq!(ids("老菜市", None).len(), 1);
    let name = atlas.map.names.get(atlas.map.find("999001001").unwrap() as usize);
    assert_eq!(ids(name, None)[0], "999001001");
    for hit in atlas.search("花园", Some(&PlaceId::new("999001001").unwrap()), 50) {
        assert!(hit.place.as_str().starts_with("999001001"));
    }
    assert!(ids("花园", Some("nowhere")).is_empty());
    assert_eq!(atlas.search("样", None, 3).len(), 3, "the limit");
}

#[test]
fn neighbours_share_an_arc_both_ways() {
    let atlas = atlas(Plan { columns: 26, rows: 20, ..Plan::default() });
    let map = &atlas.map;
    let id = |p: u32| map.place_id(p).unwrap();
    for place in (0..map.ids.len() as u32).filter(|p| map.has_shape(*p)) {
        for other in atlas.neighbours(&id(place)) {
            assert!(atlas.neighbours(&other).contains(&id(place)), "{other}");
            assert_eq!(map.level[map.find(other.as_str()).unwrap() as usize], map.level[place as usize]);
        }
        let shape = atlas.shape(&id(place)).unwrap();
        let rings: Vec<&Vec<P>> = shape.polygons.iter().flatten().collect();
        assert!(rings.iter().all(|r| r.first() == r.last() && r.len() > 3));
        let area: i128 = rings.iter().map(|r| doubled_area(r)).sum();
        let m2 = atlas.area_m2(&id(place)).unwrap();
        assert!(area > 0 && m2 > 0.0);
        let c = atlas.centre(&id(place)).unwrap();
        assert_eq!(winding(rings, [c.lon, c.lat]), 1);
    }
}

#[test]
fn simplified_borders_never_meet_and_keep_their_junctions() {
    let atlas = atlas(Plan { columns: 60, rows: 50, detail: 6, ..Plan::default() });
    let map = &atlas.map;
    let mut kept_before = 0;
    for zoom in 5..ZOOMS {
        let bit = 1u16 << zoom;
        let mut segments = Vec::new();
        let mut kept = 0;
        let level = atlas.tiles.plan.finest(map, zoom).unwrap();
        let place = |face: u32| (face != 0).then(|| map.at_level(map.stack(face)[0], level)).flatten();
        let mut ends: std::collections::HashMap<P, (usize, bool)> = std::collections::HashMap::new();
        // Runs of kept points along arcs; joined over arcs, every run ends where another begins or at a
        // junction.
        for arc in 0..map.arcs() as u32 {
            if place(map.left[arc as usize * 2]) == place(map.left[arc as usize * 2 + 1]) {
                continue;
            }
            let start = map.starts[arc as usize] as usize;
            let line = map.arc(arc);
            for end in [0, line.len() - 1] {
                let e = ends.entry(line[end]).or_insert((0, true));
                e.0 += 1;
                e.1 &= atlas.tiles.masks[start + end] & bit != 0;
            }
            let shown: Vec<P> = (0..line.len())
                .filter(|i| atlas.tiles.masks[start + i] & bit != 0)
                .map(|i| line[i])
                .collect();
            kept += shown.len();
            segments.extend(shown.windows(2).map(|w| Segment { a: w[0], b: w[1], line: arc }));
        }
        assert!(ends.values().all(|(n, kept)| *n == 2 || *kept), "a junction was lost at zoom {zoom}");
        assert_eq!(collisions(&segments, 5), [], "zoom {zoom}");
        assert!(level < atlas.map.levels.len() as u8 && kept > 0);
        if level == 5 {
            assert!(kept >= kept_before, "more detail with more zoom");
            kept_before = kept;
        }
    }
    let all: usize = map.points.len();
    assert!(kept_before < all, "something was left out: {kept_before} of {all}");
}

#[test]
fn the_derived_file_is_the_atlas_and_damage_is_seen() {
    let folder = folder(Plan::default());
    let city = city(&folder);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("atlas.bin");
    let (read, _) = Atlas::open_or_read(&path, &folder, &city);
    let read = read.unwrap();
    let opened = Atlas::open(&path, &digest(&folder)).unwrap();
    assert_eq!(read.map, opened.map);
    assert_eq!(read.raster, opened.raster);
    assert_eq!(read.book, opened.book);
    assert_eq!(read.names, opened.names);
    assert_eq!((&read.tiles.plan, &read.tiles.masks), (&opened.tiles.plan, &opened.tiles.masks));
    assert_eq!(read.stats(), opened.stats());
    assert!(Atlas::open(&path, "else").is_err_and(|e| e.to_string().contains("another folder")));
    let good = std::fs::read(&path).unwrap();
    for k in 0..60 {
        let mut bad = good.clone();
        let at = (mix(9, k, 0) % bad.len() as u64) as usize;
        bad[at] ^= 1 << (k % 8);
        std::fs::write(&path, &bad).unwrap();
        assert!(Atlas::open(&path, &digest(&folder)).is_err(), "byte {at}");
    }
    for len in [0, 7, 11, 100, good.len() / 2, good.len() - 1] {
        std::fs::write(&path, &good[..len]).unwrap();
        assert!(Atlas::open(&path, &digest(&folder)).is_err(), "{len} bytes");
    }
    let (again, faults) = Atlas::open_or_read(&path, &folder, &city);
    assert!(again.is_some() && faults.is_empty());
    assert_eq!(std::fs::read(&path).unwrap(), good, "made again, the same");
}

#[test]
fn a_changed_folder_has_another_digest() {
    let one = folder(Plan::default());
    let mut two = one.clone();
    assert_eq!(digest(&one), digest(&two));
    two.put("addresses/aliases.csv", "alias,grid,lon,lat,note\n");
    assert_ne!(digest(&one), digest(&two));
    let mut three = one.clone();
    three.put("profile.toml", "x = 1");
    assert_eq!(digest(&one), digest(&three), "what the atlas does not read does not count");
    let tag = |folder: &Folder| {
        let (city, _) = City::read(folder);
        Atlas::read(folder, &city.unwrap()).0.unwrap().tile_tag()
    };
    let mut drawn = one.clone();
    drawn.put("tiles.toml", "tolerance_px = 1\nfull_from = 12\nlabels = false\n[level.grid]\nfrom = 3\n");
    assert_eq!(tag(&one), tag(&three));
    assert_ne!(tag(&one), tag(&drawn), "tiles drawn by another plan are others");
}

#[test]
fn an_arc_that_divides_nothing_is_a_warning_and_harmless() {
    let folder = changed(|j| {
        let arcs = j["arcs"].as_array_mut().unwrap();
        let start = arcs[0][0].clone();
        arcs.push(serde_json::json!([start, [37, 41]]));
    });
    let (atlas, faults) = Atlas::read(&folder, &city(&folder));
    assert!(atlas.is_some());
    assert!(faults.len() == 1 && faults[0].to_string().contains("1 arcs are used by no shape"), "{faults:?}");
}
