//! `geometry.topojson` as it lies in the folder: parsed, decoded from deltas, faults named; not yet checked
//! against the city.
//!
//! Accepted is TopoJSON 1.1 on the lattice of 10⁻⁷ degree with one GeometryCollection per level and a member
//! `huying` that says datum and provenance. What the shapes must fulfil is `read.rs` and `faces.rs`.

use crate::lattice::P;
use crate::limits::{MAX_ARCS, MAX_EXTENT, MAX_POINTS};
use huying_core::city::limits::MAX_FILE_BYTES;
use huying_core::fault::Fault;
use huying_core::observation::Datum;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// The file of shapes.
pub const FILE: &str = "geometry.topojson";
/// What the scale of `transform` must be; the lattice is a fact, not a rule.
const SCALE: [f64; 2] = [1e-7, 1e-7];

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    transform: Option<Transform>,
    objects: BTreeMap<String, Collection>,
    arcs: Vec<Vec<[i64; 2]>>,
    huying: Option<Meta>,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Deserialize)]
struct Collection {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    geometries: Vec<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    arcs: Option<Nest>,
}

#[derive(Deserialize)]
struct Meta {
    datum: String,
    #[serde(default)]
    datum_evidence: String,
    #[serde(default)]
    levels: BTreeMap<String, LevelMeta>,
}

/// What the file says of a level's borders.
#[derive(Deserialize, Clone, Copy, Default)]
pub(crate) struct LevelMeta {
    /// Whether they were made up.
    #[serde(default)]
    pub(crate) synthetic: bool,
    /// How far they may be off, in metres; `null` where that has no meaning.
    #[serde(default)]
    pub(crate) accuracy_m: Option<f64>,
}

/// Numbers in lists of any depth: rings of a Polygon, polygons of a MultiPolygon.
enum Nest {
    Number(i64),
    List(Vec<Nest>),
}

impl<'de> Deserialize<'de> for Nest {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Nest, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Nest;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("whole numbers of arcs, in lists")
            }
            fn visit_i64<E>(self, v: i64) -> Result<Nest, E> {
                Ok(Nest::Number(v))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Nest, E> {
                Ok(Nest::Number(i64::try_from(v).unwrap_or(i64::MAX)))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Nest, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = seq.next_element()? {
                    list.push(item);
                }
                Ok(Nest::List(list))
            }
        }
        d.deserialize_any(Any)
    }
}

/// One geometry: polygons → rings → signed arcs, as the file has them.
pub(crate) struct RawShape {
    /// Where it is in the file, such as `objects.street.geometries[3]`.
    pub(crate) path: String,
    /// The place it says it is.
    pub(crate) id: String,
    /// Polygons, the outer ring of each first; arcs as half-edges (2 × arc, + 1 backwards).
    pub(crate) polygons: Vec<Vec<Vec<u32>>>,
}

/// The file, decoded.
pub(crate) struct Parsed {
    pub(crate) datum: Datum,
    pub(crate) evidence: String,
    pub(crate) levels: BTreeMap<String, LevelMeta>,
    /// Where each arc's points start; one more than arcs.
    pub(crate) starts: Vec<u32>,
    /// The points of all arcs.
    pub(crate) points: Vec<P>,
    /// Shapes by the name of their object.
    pub(crate) objects: Vec<(String, Vec<RawShape>)>,
}

fn error(field: &str, problem: impl Into<String>, accepted: impl Into<String>) -> Fault {
    Fault::error(FILE, 0, field, problem, accepted)
}

/// Reads the file; `None` when nothing more can be said about it.
pub(crate) fn parse(bytes: &[u8], faults: &mut Vec<Fault>) -> Option<Parsed> {
    if bytes.len() > MAX_FILE_BYTES {
        let accepted = format!("up to {MAX_FILE_BYTES} bytes");
        faults.push(error("", format!("the file has {} bytes", bytes.len()), accepted));
        return None;
    }
    let raw: Raw = match serde_json::from_slice(bytes) {
        Ok(raw) => raw,
        Err(e) => {
            let accepted = "a TopoJSON topology with whole numbers in its arcs; see docs/atlas.md";
            faults.push(Fault::error(FILE, e.line() as u32, "", e.to_string(), accepted));
            return None;
        }
    };
    let before = faults.len();
    check_head(&raw, faults);
    let datum = read_datum(raw.huying.as_ref(), faults);
    let (starts, points) = decode_arcs(&raw.arcs, faults);
    let mut objects = Vec::new();
    for (name, collection) in raw.objects {
        let path = format!("objects.{name}");
        if collection.kind != "GeometryCollection" {
            faults.push(error(&path, format!("it is a {}", collection.kind), "a GeometryCollection"));
            continue;
        }
        let arcs = starts.len().saturating_sub(1);
        let shapes = collection.geometries.into_iter().enumerate();
        let shapes = shapes.filter_map(|(i, g)| shape(&format!("{path}.geometries[{i}]"), g, arcs, faults));
        objects.push((name, shapes.collect()));
    }
    let meta = raw.huying?;
    (faults.len() == before || faults[before..].iter().all(|f| f.field.contains("geometries"))).then(|| {
        Parsed {
            datum: datum.unwrap_or(Datum::Wgs84),
            evidence: meta.datum_evidence,
            levels: meta.levels,
            starts,
            points,
            objects,
        }
    })
}

fn check_head(raw: &Raw, faults: &mut Vec<Fault>) {
    if raw.kind != "Topology" {
        faults.push(error("type", format!("`{}`", raw.kind), "Topology"));
    }
    let close = |a: [f64; 2], b: [f64; 2]| (0..2).all(|i| (a[i] - b[i]).abs() <= b[i].abs() * 1e-9);
    match &raw.transform {
        Some(t) if close(t.scale, SCALE) && t.translate == [0.0, 0.0] => {}
        Some(t) => {
            let problem = format!("scale {:?}, translate {:?}", t.scale, t.translate);
            faults.push(error("transform", problem, "scale [1e-7, 1e-7] and translate [0, 0]"));
        }
        None => faults.push(error("transform", "missing", "scale [1e-7, 1e-7] and translate [0, 0]")),
    }
    for (level, meta) in raw.huying.iter().flat_map(|m| &m.levels) {
        if let Some(metres) = meta.accuracy_m.filter(|m| !(m.is_finite() && *m >= 0.0)) {
            let field = format!("huying.levels.{level}.accuracy_m");
            faults.push(error(&field, metres.to_string(), "metres, 0 or more, or null"));
        }
    }
}

fn read_datum(meta: Option<&Meta>, faults: &mut Vec<Fault>) -> Option<Datum> {
    let accepted = "WGS84, GCJ-02 or CGCS2000";
    let Some(meta) = meta else {
        faults.push(error("huying", "missing", format!("a member with `datum` ({accepted}) and `levels`")));
        return None;
    };
    let datum = datum_word(&meta.datum);
    if datum.is_none() {
        faults.push(error("huying.datum", format!("`{}`", meta.datum), accepted));
    }
    datum
}

/// The datum a person or file means: `GCJ-02`, `gcj02`, `WGS84`, `wgs-84`, `CGCS2000`.
pub fn datum_word(word: &str) -> Option<Datum> {
    let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    Datum::ALL.into_iter().find(|(w, _)| *w == plain).map(|(_, d)| d)
}

fn decode_arcs(arcs: &[Vec<[i64; 2]>], faults: &mut Vec<Fault>) -> (Vec<u32>, Vec<P>) {
    let total: usize = arcs.iter().map(Vec::len).sum();
    if arcs.len() > MAX_ARCS || total > MAX_POINTS {
        let problem = format!("{} arcs with {total} points", arcs.len());
        faults.push(error("arcs", problem, format!("up to {MAX_ARCS} arcs with {MAX_POINTS} points")));
        return (vec![0], Vec::new());
    }
    let mut starts = Vec::with_capacity(arcs.len() + 1);
    let mut points: Vec<P> = Vec::with_capacity(total);
    starts.push(0);
    for (i, arc) in arcs.iter().enumerate() {
        let field = || format!("arcs[{i}]");
        if arc.len() < 2 {
            faults.push(error(&field(), format!("{} points", arc.len()), "two points or more"));
        }
        let (mut x, mut y) = (0i64, 0i64);
        for (k, d) in arc.iter().enumerate() {
            (x, y) = (x.saturating_add(d[0]), y.saturating_add(d[1]));
            if x.abs() > 1_800_000_000 || y.abs() > 900_000_000 {
                let problem = format!("point {k} is at {x} {y}");
                faults.push(error(
                    &field(),
                    problem,
                    "longitudes within 180°, latitudes within 90°, times 10^7",
                ));
                break;
            }
            if k > 0 && *d == [0, 0] {
                faults.push(error(
                    &field(),
                    format!("point {k} repeats the one before"),
                    "points that differ",
                ));
            }
            points.push([x as i32, y as i32]);
        }
        starts.push(points.len() as u32);
    }
    let bounds = bounds(&points);
    let wide = i64::from(bounds[2]) - i64::from(bounds[0]);
    let tall = i64::from(bounds[3]) - i64::from(bounds[1]);
    if !points.is_empty() && wide.max(tall) > MAX_EXTENT {
        let problem = format!("the arcs span {wide} × {tall} units");
        faults.push(error("arcs", problem, format!("a city within {MAX_EXTENT} units (20°) each way")));
    }
    (starts, points)
}

/// West, south, east, north of points; an inside-out box of none.
pub(crate) fn bounds(points: &[P]) -> [i32; 4] {
    points.iter().fold([i32::MAX, i32::MAX, i32::MIN, i32::MIN], |b, p| {
        [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])]
    })
}

fn shape(path: &str, g: Geometry, arcs: usize, faults: &mut Vec<Fault>) -> Option<RawShape> {
    let Some(id) = g.id else {
        faults.push(error(path, "it has no `id`", "the id of a place, as text"));
        return None;
    };
    let field = format!("{path} ({id})");
    let depth = match g.kind.as_str() {
        "Polygon" => 2,
        "MultiPolygon" => 3,
        other => {
            faults.push(error(&field, format!("it is a {other}"), "Polygon or MultiPolygon"));
            return None;
        }
    };
    let nest = g.arcs.unwrap_or(Nest::List(Vec::new()));
    let nest = if depth == 2 { Nest::List(vec![nest]) } else { nest };
    match polygons(nest, arcs) {
        Ok(polygons) => Some(RawShape { path: field, id, polygons }),
        Err(problem) => {
            let accepted = format!("rings of arcs from {} to {}", -(arcs as i64), arcs as i64 - 1);
            faults.push(error(&field, problem, accepted));
            None
        }
    }
}

fn list(nest: Nest) -> Result<Vec<Nest>, String> {
    match nest {
        Nest::List(items) if !items.is_empty() => Ok(items),
        Nest::List(_) => Err("a list is empty".to_owned()),
        Nest::Number(n) => Err(format!("the number {n} stands where a list is wanted")),
    }
}

fn polygons(nest: Nest, arcs: usize) -> Result<Vec<Vec<Vec<u32>>>, String> {
    let half = |n: Nest| match n {
        Nest::Number(a) if a >= 0 && (a as u64) < arcs as u64 => Ok(a as u32 * 2),
        Nest::Number(a) if a < 0 && ((!a) as u64) < arcs as u64 => Ok((!a) as u32 * 2 + 1),
        Nest::Number(a) => Err(format!("there is no arc {a}")),
        Nest::List(_) => Err("a list stands where an arc's number is wanted".to_owned()),
    };
    let ring = |n: Nest| list(n)?.into_iter().map(half).collect::<Result<Vec<u32>, String>>();
    let polygon = |n: Nest| list(n)?.into_iter().map(ring).collect::<Result<Vec<_>, String>>();
    list(nest)?.into_iter().map(polygon).collect()
}
