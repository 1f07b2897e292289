//! Reading district polygons from GeoJSON, and repairs within one ring: repeated vertices, spikes, parts
//! without area.

use super::Repairs;
use crate::error::SynthError;
use crate::plane::{Pt, area2, turn};
use serde_json::Value;
use std::collections::BTreeMap;

/// A district as published, cleaned ring by ring.
#[derive(Debug, Clone)]
pub struct Source {
    /// The district's place id.
    pub id: String,
    /// The rings of all its parts.
    pub rings: Vec<Vec<Pt>>,
    /// Where its seat is drawn, when the file says so.
    pub label: Option<Pt>,
}

/// Reads a collection of features. `names` maps the names that the file uses to place ids; a feature of
/// another name, and a place without a feature, is an error. The districts come in the order of their ids.
///
/// # Errors
/// [`SynthError::Geometry`] that names the feature.
pub fn read(
    bytes: &[u8],
    names: &BTreeMap<String, String>,
    repairs: &mut Repairs,
) -> Result<Vec<Source>, SynthError> {
    let bad = |what: String| SynthError::Geometry(what);
    let json: Value = serde_json::from_slice(bytes).map_err(|e| bad(format!("the file is no JSON: {e}")))?;
    let features = json["features"].as_array().ok_or_else(|| bad("no `features`".to_owned()))?;
    let mut found: BTreeMap<String, Source> = BTreeMap::new();
    for feature in features {
        let name = feature["properties"]["name"].as_str().unwrap_or_default();
        let Some(id) = names.get(name) else {
            let accepted = names.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(bad(format!("a feature is named `{name}`; accepted: {accepted}")));
        };
        let parts = parts(&feature["geometry"]).ok_or_else(|| {
            bad(format!("`{name}` is no Polygon or MultiPolygon without holes, of pairs of degrees"))
        })?;
        let label = pair(&feature["properties"]["cp"]);
        let rings = parts.into_iter().filter_map(|ring| clean(ring, id, repairs)).collect();
        if found.insert(id.clone(), Source { id: id.clone(), rings, label }).is_some() {
            return Err(bad(format!("`{name}` is there twice; accepted is one feature a district")));
        }
    }
    if let Some((name, _)) = names.iter().find(|(_, id)| !found.contains_key(*id)) {
        return Err(bad(format!("no feature is named `{name}`; accepted is one feature a district")));
    }
    Ok(found.into_values().collect())
}

fn pair(value: &Value) -> Option<Pt> {
    let (lon, lat) = (value.get(0)?.as_f64()?, value.get(1)?.as_f64()?);
    (lon.abs() <= 180.0 && lat.abs() <= 90.0).then(|| Pt::of_degrees(lon, lat))
}

fn parts(geometry: &Value) -> Option<Vec<Vec<Pt>>> {
    let coordinates = geometry["coordinates"].as_array()?;
    let polygon = |rings: &Value| match rings.as_array()?.as_slice() {
        [ring] => ring.as_array()?.iter().map(pair).collect::<Option<Vec<Pt>>>(),
        _ => None,
    };
    match geometry["type"].as_str()? {
        "Polygon" => Some(vec![polygon(&geometry["coordinates"])?]),
        "MultiPolygon" => coordinates.iter().map(polygon).collect(),
        _ => None,
    }
}

/// A ring without repeated vertices and without lines that run out and back; `None` when no area is left.
fn clean(mut ring: Vec<Pt>, district: &str, repairs: &mut Repairs) -> Option<Vec<Pt>> {
    if ring.first() == ring.last() {
        ring.pop();
    }
    let mut out: Vec<Pt> = Vec::with_capacity(ring.len());
    for p in ring {
        take(&mut out, p, district, repairs);
    }
    // The seam is a place like any other.
    while out.len() > 2 {
        let n = out.len();
        if out[0] == out[n - 1] {
            repairs.add(district, "duplicate-vertex", 0.0);
            out.pop();
        } else if is_spike(out[n - 2], out[n - 1], out[0]) {
            repairs.add(district, "spike", 0.0);
            out.pop();
        } else if is_spike(out[n - 1], out[0], out[1]) {
            repairs.add(district, "spike", 0.0);
            out.remove(0);
        } else {
            break;
        }
    }
    if out.len() < 3 || area2(&out) == 0 {
        repairs.add(district, "zero-part", 0.0);
        return None;
    }
    Some(out)
}

fn take(out: &mut Vec<Pt>, p: Pt, district: &str, repairs: &mut Repairs) {
    if out.last() == Some(&p) {
        repairs.add(district, "duplicate-vertex", 0.0);
        return;
    }
    if let [.., a, b] = out.as_slice()
        && is_spike(*a, *b, p)
    {
        repairs.add(district, "spike", 0.0);
        out.pop();
        return take(out, p, district, repairs);
    }
    out.push(p);
}

/// Whether the way a → b → c turns back on itself.
fn is_spike(a: Pt, b: Pt, c: Pt) -> bool {
    let back = (i64::from(b.x) - i64::from(a.x)) * (i64::from(c.x) - i64::from(b.x))
        + (i64::from(b.y) - i64::from(a.y)) * (i64::from(c.y) - i64::from(b.y));
    turn(a, b, c) == 0 && back < 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(points: &[(i32, i32)]) -> (Option<usize>, u32, u32) {
        let mut repairs = Repairs::default();
        let ring = points.iter().map(|(x, y)| Pt::new(*x, *y)).collect();
        let out = clean(ring, "d", &mut repairs).map(|r| r.len());
        (out, repairs.total("duplicate-vertex").0, repairs.total("spike").0)
    }

    #[test]
    fn a_ring_loses_repeats_and_spikes() {
        assert_eq!(cleaned(&[(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)]), (Some(4), 0, 0));
        assert_eq!(cleaned(&[(0, 0), (0, 0), (4, 0), (4, 0), (4, 4), (0, 4)]), (Some(4), 2, 0));
        assert_eq!(cleaned(&[(0, 0), (4, 0), (9, 0), (4, 0), (4, 4), (0, 4)]), (Some(4), 1, 1));
        assert_eq!(cleaned(&[(4, 0), (4, 4), (0, 4), (0, 0), (-5, 0), (0, 0)]), (Some(4), 1, 1));
        assert_eq!(cleaned(&[(0, 0), (4, 0), (0, 0), (4, 0)]).0, None);
    }

    #[test]
    fn a_stranger_and_a_missing_district_are_named() {
        let names = BTreeMap::from([("A".to_owned(), "1".to_owned()), ("B".to_owned(), "2".to_owned())]);
        let feature = |name: &str| {
            format!(
                r#"{{"properties":{{"name":"{name}"}},"geometry":{{"type":"Polygon",
                "coordinates":[[[1,1],[2,1],[2,2],[1,1]]]}}}}"#
            )
        };
        let read = |names_in: &[&str]| {
            let all: Vec<String> = names_in.iter().map(|n| feature(n)).collect();
            let text = format!(r#"{{"features":[{}]}}"#, all.join(","));
            read(text.as_bytes(), &names, &mut Repairs::default()).map(|s| s.len()).map_err(|e| e.to_string())
        };
        assert_eq!(read(&["A", "B"]), Ok(2));
        assert!(read(&["A", "C"]).unwrap_err().contains("accepted: A, B"));
        assert!(read(&["A"]).unwrap_err().contains("`B`"));
        assert!(read(&["A", "A", "B"]).unwrap_err().contains("twice"));
    }
}
