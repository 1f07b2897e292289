//! A made-up city on a ragged lattice, as a folder: for benchmarks and tests that have no city at hand.
//!
//! Every level's borders are frayed at random, so that there are islands, holes and places that touch
//! themselves at a point; some footprints carry stacks. The same size and seed give the same folder. Not a
//! model of any city: that is the business of the room `synth`.

use crate::lattice::{P, doubled_area, winding};
use huying_core::city::Folder;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// Where the lattice begins, and its spacing: about 100 m in Chengdu.
const ORIGIN: P = [1_040_000_000, 306_000_000];
const SPACING: i32 = 10_000;
/// Cells of a block by level: district, street, community, grid, micro-grid.
const BLOCKS: [i64; 5] = [96, 24, 12, 4, 1];
const LEVELS: [&str; 5] = ["district", "street", "community", "grid", "micro-grid"];

/// How a made-up city is made.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Lattice cells from west to east.
    pub columns: u32,
    /// Lattice cells from south to north.
    pub rows: u32,
    /// Points between two corners of a cell.
    pub detail: u32,
    /// One footprint in this many carries a stack of two to four micro-grids; 0 for none.
    pub stacks: u32,
    /// Whether borders are frayed.
    pub ragged: bool,
    /// Where everything comes from.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan { columns: 30, rows: 24, detail: 1, stacks: 9, ragged: true, seed: 1 }
    }
}

/// A well-mixed number of a seed and a position.
pub fn mix(seed: u64, a: u64, b: u64) -> u64 {
    let mut z = seed ^ a.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ b.wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    for _ in 0..2 {
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
    }
    z
}

/// One place while the folder is written.
struct Made {
    id: String,
    parent: String,
    level: usize,
    stack: Vec<String>,
}

struct Maker {
    plan: Plan,
    made: Vec<Made>,
    /// By cell: the number of its place at each level.
    labels: Vec<[u32; 5]>,
    /// By arc: the corners it runs through.
    arcs: Vec<Vec<(u32, u32)>>,
    /// By half-edge: the labels on its left.
    left: Vec<Option<[u32; 5]>>,
    /// Half-edges by the corner they leave, with the side they leave to.
    leaving: HashMap<(u32, u32), Vec<(u8, u32)>>,
}

/// Makes the folder: `city.toml`, `places.csv`, `geometry.topojson`, `addresses/`.
pub fn folder(plan: Plan) -> Folder {
    let mut maker = Maker {
        plan,
        made: Vec::new(),
        labels: Vec::new(),
        arcs: Vec::new(),
        left: Vec::new(),
        leaving: HashMap::new(),
    };
    maker.label();
    maker.cut();
    let mut folder = Folder::new();
    folder.put("city.toml", CITY);
    folder.put("places.csv", maker.places());
    folder.put(crate::topojson::FILE, maker.topojson());
    maker.addresses(&mut folder);
    folder
}

const CITY: &str = r#"id = "sample"
name = "样例市"
name_en = "Sample"
zone = "Asia/Shanghai"
languages = ["zh-CN", "en"]
level = [
  { id = "city", name = "市", name_en = "City", under = [] },
  { id = "district", name = "区", name_en = "District", width = 6, under = ["city"] },
  { id = "street", name = "街道", name_en = "Street", width = 9, under = ["district"] },
  { id = "community", name = "社区", name_en = "Community", width = 12, under = ["street"] },
  { id = "grid", name = "网格", name_en = "Grid", width = 15, under = ["community"] },
  { id = "micro-grid", name = "微网格", name_en = "Micro-grid", width = 17, under = ["grid"] },
]
[[tree]]
id = "administrative"
name = "行政区划"
name_en = "Administrative"
rank = 0
"#;

impl Maker {
    fn label(&mut self) {
        let (w, h) = (self.plan.columns, self.plan.rows);
        let mut numbers: BTreeMap<(u32, i64, i64), u32> = BTreeMap::new();
        let mut children: HashMap<u32, u32> = HashMap::new();
        for cell in 0..w * h {
            let (x, y) = (cell % w, cell / w);
            let mut label = [0; 5];
            let mut parent = u32::MAX;
            for (level, block) in BLOCKS.iter().enumerate() {
                let fray = |axis: u64| {
                    let r = mix(self.plan.seed + level as u64 * 7 + axis, u64::from(x), u64::from(y));
                    if self.plan.ragged && level < 4 { i64::from(r.is_multiple_of(5)) } else { 0 }
                };
                let key = ((i64::from(x) + fray(0)) / block, (i64::from(y) + fray(1)) / block);
                let key = if level == 4 { (key.0, key.1 / (1 + i64::from(x % 3 == 0))) } else { key };
                let parent_id = self.made.get(parent as usize).map_or("999".to_owned(), |m| m.id.clone());
                let number = *numbers.entry((parent, key.0, key.1)).or_insert_with(|| {
                    let n = children.entry(parent).or_insert(0);
                    *n += 1;
                    let id = match level {
                        0..=2 => format!("{parent_id}{n:03}"),
                        3 => format!("{parent_id}G{n:02}"),
                        _ => format!("{parent_id}{n:02}"),
                    };
                    let parent = if level == 0 { "999000".to_owned() } else { parent_id };
                    self.made.push(Made { id, parent, level, stack: Vec::new() });
                    self.made.len() as u32 - 1
                });
                label[level] = number;
                parent = number;
            }
            self.labels.push(label);
        }
        for i in 0..self.made.len() {
            let n = mix(self.plan.seed, 77, i as u64);
            let m = &self.made[i];
            if m.level == 4 && self.plan.stacks > 0 && n.is_multiple_of(u64::from(self.plan.stacks)) {
                let more = 1 + (n >> 32) % 3;
                self.made[i].stack = (0..more).map(|k| format!("{}.{}", m.id, k + 2)).collect();
            }
        }
    }

    fn of(&self, x: i64, y: i64) -> Option<[u32; 5]> {
        let (w, h) = (i64::from(self.plan.columns), i64::from(self.plan.rows));
        (0 <= x && x < w && 0 <= y && y < h).then(|| self.labels[(y * w + x) as usize])
    }

    /// The labels left and right of the step from a corner to a side: 0 east, 1 north, 2 west, 3 south.
    fn sides(&self, (x, y): (u32, u32), side: u8) -> (Option<[u32; 5]>, Option<[u32; 5]>) {
        let (x, y) = (i64::from(x), i64::from(y));
        match side {
            0 => (self.of(x, y), self.of(x, y - 1)),
            1 => (self.of(x - 1, y), self.of(x, y)),
            2 => (self.of(x - 1, y - 1), self.of(x - 1, y)),
            _ => (self.of(x, y - 1), self.of(x - 1, y - 1)),
        }
    }

    fn is_border(&self, at: (u32, u32), side: u8) -> bool {
        let (l, r) = self.sides(at, side);
        l.map(|l| l[4]) != r.map(|r| r[4])
    }

    fn borders(&self, at: (u32, u32)) -> impl Iterator<Item = u8> {
        (0..4u8).filter(move |s| self.is_border(at, *s))
    }

    fn step((x, y): (u32, u32), side: u8) -> (u32, u32) {
        match side {
            0 => (x + 1, y),
            1 => (x, y + 1),
            2 => (x.wrapping_sub(1), y),
            _ => (x, y.wrapping_sub(1)),
        }
    }

    /// Cuts the borders into arcs between junctions; what has no junction is a closed arc.
    fn cut(&mut self) {
        let mut seen = std::collections::HashSet::new();
        let corners: Vec<(u32, u32)> =
            (0..=self.plan.rows).flat_map(|y| (0..=self.plan.columns).map(move |x| (x, y))).collect();
        for junctions in [true, false] {
            for at in &corners {
                if (self.borders(*at).count() > 2) != junctions {
                    continue;
                }
                for side in self.borders(*at).collect::<Vec<_>>() {
                    if seen.contains(&(*at, side)) {
                        continue;
                    }
                    self.follow(*at, side, &mut seen);
                }
            }
        }
    }

    fn follow(
        &mut self,
        start: (u32, u32),
        first: u8,
        seen: &mut std::collections::HashSet<((u32, u32), u8)>,
    ) {
        let (left, right) = self.sides(start, first);
        let (mut at, mut side) = (start, first);
        let mut corners = vec![start];
        loop {
            seen.insert((at, side));
            at = Self::step(at, side);
            let back = (side + 2) % 4;
            seen.insert((at, back));
            corners.push(at);
            let on: Vec<u8> = self.borders(at).filter(|s| *s != back).collect();
            if on.len() != 1 || at == start {
                let arc = self.arcs.len() as u32;
                self.leaving.entry(start).or_default().push((first, arc * 2));
                self.leaving.entry(at).or_default().push((back, arc * 2 + 1));
                self.arcs.push(corners);
                self.left.push(left);
                self.left.push(right);
                return;
            }
            side = on[0];
        }
    }

    fn end(&self, half: u32) -> ((u32, u32), u8) {
        let arc = &self.arcs[half as usize / 2];
        let (from, at) =
            if half & 1 == 0 { (arc[arc.len() - 2], arc[arc.len() - 1]) } else { (arc[1], arc[0]) };
        let side = (0..4).find(|s| Self::step(from, *s) == at).unwrap_or(0);
        (at, side)
    }

    /// The rings of a place: its half-edges, joined by the sharpest left turn.
    fn rings(&self, halves: &[u32]) -> Vec<Vec<u32>> {
        let mut free: std::collections::BTreeSet<u32> = halves.iter().copied().collect();
        let mut rings = Vec::new();
        while let Some(first) = free.pop_first() {
            let mut ring = vec![first];
            loop {
                let (at, side) = self.end(ring[ring.len() - 1]);
                let turn = |out: u8| (u32::from(side) + 5 - u32::from(out)) % 4;
                let next = self.leaving.get(&at).into_iter().flatten();
                let next = next.filter(|(_, h)| free.contains(h) || *h == first);
                let Some((_, next)) = next.min_by_key(|(s, _)| turn(*s)) else { break };
                if *next == first {
                    break;
                }
                free.remove(next);
                ring.push(*next);
            }
            rings.push(ring);
        }
        rings
    }

    fn corner(&self, (x, y): (u32, u32)) -> P {
        let jitter = |axis| {
            let r = mix(self.plan.seed ^ 0xA5, u64::from(x) << 20 | u64::from(y), axis);
            (r % (SPACING as u64 / 2)) as i32 - SPACING / 4
        };
        [ORIGIN[0] + x as i32 * SPACING + jitter(1), ORIGIN[1] + y as i32 * SPACING + jitter(2)]
    }

    fn points(&self, arc: &[(u32, u32)]) -> Vec<P> {
        let mut points = vec![self.corner(arc[0])];
        for (i, pair) in arc.windows(2).enumerate() {
            let (a, b) = (self.corner(pair[0]), self.corner(pair[1]));
            let parts = self.plan.detail as i32 + 1;
            for k in 1..parts {
                let sway =
                    |axis| (mix(self.plan.seed ^ 0x3C, i as u64 * 64 + k as u64, axis) % 400) as i32 - 200;
                let at = |d: usize| a[d] + (b[d] - a[d]) / parts * k;
                points.push([at(0) + sway(a[0] as u64), at(1) + sway(a[1] as u64)]);
            }
            points.push(b);
        }
        points
    }

    fn topojson(&self) -> String {
        let arcs: Vec<Vec<P>> = self.arcs.iter().map(|a| self.points(a)).collect();
        let mut of: Vec<Vec<u32>> = vec![Vec::new(); self.made.len()];
        for h in 0..self.left.len() as u32 {
            let (l, r) = (self.left[h as usize], self.left[(h ^ 1) as usize]);
            for level in 0..5 {
                if let Some(label) = l.filter(|l| r.is_none_or(|r| r[level] != l[level])) {
                    of[label[level] as usize].push(h);
                }
            }
        }
        let mut out = String::from(
            "{\"type\":\"Topology\",\"transform\":{\"scale\":[1e-7,1e-7],\"translate\":[0,0]},\
             \"huying\":{\"datum\":\"GCJ-02\",\"datum_evidence\":\"made up\",\"levels\":{",
        );
        let facts = LEVELS.iter().map(|l| {
            let synthetic = *l != "district";
            format!("\"{l}\":{{\"synthetic\":{synthetic},\"accuracy_m\":100}}")
        });
        out.push_str(&facts.collect::<Vec<_>>().join(","));
        out.push_str("}},\"objects\":{");
        for (level, name) in LEVELS.iter().enumerate() {
            let shapes = self.made.iter().enumerate().filter(|(_, m)| m.level == level).flat_map(|(i, m)| {
                let arcs = self.polygons(&of[i], &arcs);
                let ids = std::iter::once(&m.id).chain(&m.stack);
                ids.map(move |id| format!("{{\"type\":\"MultiPolygon\",\"id\":\"{id}\",\"arcs\":{arcs}}}"))
                    .collect::<Vec<_>>()
            });
            let shapes = shapes.collect::<Vec<_>>().join(",\n");
            let comma = if level == 0 { "" } else { "," };
            let _ = write!(
                out,
                "{comma}\"{name}\":{{\"type\":\"GeometryCollection\",\"geometries\":[{shapes}]}}"
            );
        }
        out.push_str("},\"arcs\":[");
        for (i, arc) in arcs.iter().enumerate() {
            let mut last = [0, 0];
            let deltas = arc.iter().map(|p| {
                let d = format!("[{},{}]", p[0] - last[0], p[1] - last[1]);
                last = *p;
                d
            });
            let deltas = deltas.collect::<Vec<_>>().join(",");
            let _ = write!(out, "{}[{deltas}]", if i == 0 { "" } else { ",\n" });
        }
        out.push_str("]}\n");
        out
    }

    /// Rings as polygons of signed arcs: each outer ring with the holes inside it.
    fn polygons(&self, halves: &[u32], arcs: &[Vec<P>]) -> String {
        let points = |ring: &[u32]| {
            let mut all: Vec<P> = Vec::new();
            for h in ring {
                let mut arc = arcs[*h as usize / 2].clone();
                if h & 1 == 1 {
                    arc.reverse();
                }
                all.extend(arc.iter().skip(usize::from(!all.is_empty())));
            }
            all
        };
        let rings: Vec<(Vec<u32>, Vec<P>)> =
            self.rings(halves).into_iter().map(|r| (r.clone(), points(&r))).collect();
        let (outer, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(|(_, p)| doubled_area(p) > 0);
        let signed = |ring: &[u32]| {
            let arcs = ring.iter().map(|h| if h & 1 == 0 { i64::from(h / 2) } else { !i64::from(h / 2) });
            format!("[{}]", arcs.map(|a| a.to_string()).collect::<Vec<_>>().join(","))
        };
        let mut polygons: Vec<Vec<String>> = outer.iter().map(|(r, _)| vec![signed(r)]).collect();
        for (ring, points) in &holes {
            let middle =
                [i32::midpoint(points[0][0], points[1][0]), i32::midpoint(points[0][1], points[1][1])];
            let home = (0..outer.len()).filter(|k| winding([&outer[*k].1], middle) != 0);
            let home = home.min_by_key(|k| doubled_area(&outer[*k].1)).unwrap_or(0);
            polygons[home].push(signed(ring));
        }
        format!("[{}]", polygons.iter().map(|p| format!("[{}]", p.join(","))).collect::<Vec<_>>().join(","))
    }

    fn places(&self) -> String {
        let mut out = String::from("id,code,name,level,parent,households\n999000,999000,样例市,city,,\n");
        for m in &self.made {
            for id in std::iter::once(&m.id).chain(&m.stack) {
                let tail: String = id.chars().skip(3).collect();
                let unit = ["区", "街道", "社区", "网格", "微网格"][m.level];
                let households = if m.level == 4 { "50" } else { "" };
                let code = if id.contains('.') { "" } else { id.as_str() };
                let _ =
                    writeln!(out, "{id},{code},样{tail}{unit},{},{},{households}", LEVELS[m.level], m.parent);
            }
        }
        out
    }

    fn addresses(&self, folder: &mut Folder) {
        let (roads, homes) = (
            ["梧桐", "望江", "芙蓉", "青羊", "锦里", "春熙", "玉林", "科华"],
            ["锦绣花园", "翠竹苑", "江畔明珠", "银杏小区", "望江名门", "学府雅居", "金沙庭院", "桂香里"],
        );
        let mut compounds = String::from("id,name,kind,road,number,grid,lon,lat,aliases,households\n");
        let mut buildings = String::from("compound,building,lon,lat,floors,units\n");
        let mut members = String::from("compound,building,unit,floor_from,floor_to,households,micro_grid\n");
        let degrees = |p: P| format!("{:.7},{:.7}", f64::from(p[0]) / 1e7, f64::from(p[1]) / 1e7);
        let mut spots: HashMap<u32, P> = HashMap::new();
        let w = self.plan.columns;
        for (cell, label) in self.labels.iter().enumerate() {
            let at = (cell as u32 % w, cell as u32 / w);
            let (a, c) = (self.corner(at), self.corner((at.0 + 1, at.1 + 1)));
            let middle = [i32::midpoint(a[0], c[0]), i32::midpoint(a[1], c[1])];
            for l in label {
                spots.entry(*l).or_insert(middle);
            }
        }
        let mut children: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, m) in self.made.iter().enumerate().filter(|(_, m)| m.level == 4) {
            children.entry(&m.parent).or_default().push(i);
        }
        for (n, grid) in self.made.iter().filter(|m| m.level == 3).enumerate() {
            let (road, home) = (roads[n % 8], homes[n / 8 % 8]);
            let id = format!("C{n:05}");
            let mine = children.get(grid.id.as_str()).map_or(&[][..], Vec::as_slice);
            let at = mine.first().and_then(|m| spots.get(&(*m as u32))).copied().unwrap_or(ORIGIN);
            let name = format!("{home}{}期", n / 64 + 1);
            let _ = writeln!(
                compounds,
                "{id},{name},compound,{road}路,{},{},{},{road}{home}大院{n},{}",
                n + 1,
                grid.id,
                degrees(at),
                mine.len() * 50
            );
            for (b, micro) in mine.iter().enumerate() {
                let m = &self.made[*micro];
                let at = spots.get(&(*micro as u32)).copied().unwrap_or(at);
                let _ = writeln!(buildings, "{id},{}栋,{},18,2", b + 1, degrees(at));
                let stack: Vec<&String> = std::iter::once(&m.id).chain(&m.stack).collect();
                for (k, micro) in stack.iter().enumerate() {
                    let floors = if stack.len() == 1 {
                        ",".to_owned()
                    } else {
                        format!("{},{}", k * 6 + 1, if k + 1 == stack.len() { 99 } else { k * 6 + 6 })
                    };
                    let _ = writeln!(members, "{id},{}栋,,{floors},50,{micro}", b + 1);
                }
            }
        }
        let first = self.made.iter().find(|m| m.level == 3).map_or("", |m| &m.id);
        let aliases = format!("alias,grid,lon,lat,note\n老菜市后门,{first},{},\n", degrees(ORIGIN));
        folder.put("addresses/compounds.csv", compounds);
        folder.put("addresses/buildings.csv", buildings);
        folder.put("addresses/members.csv", members);
        folder.put("addresses/aliases.csv", aliases);
    }
}
