//! Where things are: the place at a point, the places that words lead to, the shape of a place. Public: this
//! is the map of the city, not of its people.

use super::PROBLEM;
use super::cases::Named;
use super::new_case::find_place;
use crate::app::App;
use crate::call::Call;
use crate::fields::shown;
use crate::limits::{MAX_ADDRESS, MAX_FOUND};
use crate::live::degrees;
use crate::plain::{self, Said};
use crate::problem::{Kind, Problem};
use axum::Json;
use axum::extract::{Path, State};
use huying_atlas::{Atlas, Evidence};
use huying_core::ids::PlaceId;
use huying_core::observation::{Datum, Point};
use huying_core::rules::Rules;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// What a point is taken to be in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AtPoint {
    /// The smallest places it may be in, the likeliest first.
    candidates: Vec<CandidateView>,
    /// The id of the most exact place that is proved.
    proved: Option<String>,
    /// The id of the place that a call from there would be given to; less exact where borders are made up.
    routed: Option<String>,
    /// The line of places from the top to the proved one.
    line: Vec<Named>,
    /// The point in the city's datum.
    point: Option<PointView>,
    /// Whether the point lies in no place.
    outside: bool,
}

/// A point.
#[derive(Debug, Serialize, ToSchema)]
struct PointView {
    /// East longitude in degrees.
    lon: f64,
    /// North latitude in degrees.
    lat: f64,
}

/// A place that a point may be in.
#[derive(Debug, Serialize, ToSchema)]
struct CandidateView {
    /// The id of the place.
    place: String,
    /// Its names.
    name: Said,
    /// Its level's word.
    level: String,
    /// From 0 to 1.
    confidence: f32,
    /// Whether its border was made up.
    synthetic: bool,
}

/// What words lead to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundList {
    /// The best first.
    hits: Vec<FoundView>,
}

/// A place or an address.
#[derive(Debug, Serialize, ToSchema)]
struct FoundView {
    /// `place`, `compound` or `alias`.
    #[schema(value_type = String, example = "compound")]
    kind: huying_atlas::HitKind,
    /// Its name.
    name: String,
    /// The place it is or lies in.
    place: String,
    /// The level of that place.
    level: String,
    /// The names of the places around it, from the widest.
    line: String,
    /// East longitude in degrees, in the city's datum.
    lon: Option<f64>,
    /// North latitude in degrees.
    lat: Option<f64>,
}

pub(crate) fn atlas(app: &App) -> Result<Arc<Atlas>, Problem> {
    app.engine.atlas().ok_or_else(|| {
        Problem::new(Kind::NotFound, "this city has no geometry")
            .accept("a city folder with geometry.topojson; docs/atlas.md")
    })
}

/// A place with its names.
pub(crate) fn name(rules: &Rules, id: &PlaceId) -> Named {
    let places = &rules.city.places;
    let said = places.find(id).map(|no| plain::place(places.get(no)));
    Named { id: id.to_string(), name: said.unwrap_or_else(|| Said::new(id.as_str(), id.as_str())) }
}

/// The place at a point
#[utoipa::path(
    get, path = "/api/v1/places/at", operation_id = "place_at", tag = "city",
    params(
        ("lon" = f64, Query, description = "East longitude in degrees"),
        ("lat" = f64, Query, description = "North latitude in degrees"),
        ("datum" = Option<String>, Query, description = "wgs84, gcj02 or cgcs2000; wgs84 without"),
        ("accuracy_m" = Option<u32>, Query, description = "How far the point may be off, in metres"),
    ),
    responses(
        (status = 200, body = AtPoint),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
    security(()),
)]
pub(crate) async fn at(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<AtPoint>, Problem> {
    let point = point(&mut call);
    let accuracy_m = call.parse::<u32>("accuracy_m", "metres, a whole number");
    call.end(&["lon", "lat", "datum", "accuracy_m"])?;
    atlas(&app)?;
    let evidence = Evidence { at: point, accuracy_m, words: None };
    let Some((located, routed)) = app.engine.locate(evidence) else {
        return Err(Problem::internal("no atlas"));
    };
    let rules = app.rules();
    let candidate = |c: &huying_atlas::Candidate| CandidateView {
        place: c.place.to_string(),
        name: name(&rules, &c.place).name,
        level: c.level.clone(),
        confidence: c.confidence,
        synthetic: c.synthetic,
    };
    Ok(Json(AtPoint {
        candidates: located.candidates.iter().map(candidate).collect(),
        proved: located.proved.as_ref().map(ToString::to_string),
        routed: routed.as_ref().map(ToString::to_string),
        line: located.line.iter().rev().map(|p| name(&rules, p)).collect(),
        point: located.at.map(|p| PointView { lon: degrees(p.lon), lat: degrees(p.lat) }),
        outside: located.outside,
    }))
}

fn point(call: &mut Call) -> Option<Point> {
    let mut part = |field: &str, most: f64| {
        let accepted = format!("a number of degrees from -{most} to {most}");
        let degrees = call.parse::<f64>(field, &accepted);
        let Some(degrees) = degrees.filter(|d| d.abs() <= most) else {
            call.fault(field, "is missing or out of range", accepted);
            return None;
        };
        // Ten-millionths of a degree, a fact of the format.
        Some((degrees * 1e7).round() as i32)
    };
    let (lon, lat) = (part("lon", 180.0), part("lat", 90.0));
    let words = Datum::ALL.map(|(word, _)| word);
    let datum = call.word("datum", &words);
    let datum = Datum::ALL.iter().find(|(word, _)| Some(*word) == datum.as_deref()).map(|(_, d)| *d);
    Some(Point { lon: lon?, lat: lat?, datum: datum.unwrap_or(Datum::Wgs84) })
}

/// Places and addresses that words lead to: names, codes, aliases, with typing mistakes
#[utoipa::path(
    get, path = "/api/v1/places/search", operation_id = "search_places", tag = "city",
    params(
        ("q" = String, Query, description = "Words: a name, a code, an address"),
        ("within" = Option<String>, Query, description = "Id or code of a place to look in"),
        ("limit" = Option<u32>, Query, description = "Finds, 1 to 50; 10 without"),
    ),
    responses(
        (status = 200, body = FoundList),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
    security(()),
)]
pub(crate) async fn search(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<FoundList>, Problem> {
    const FEW: usize = 10;
    let words = call.take("q").unwrap_or_default();
    if words.trim().is_empty() || words.chars().count() > MAX_ADDRESS {
        call.fault("q", "is missing or too long", format!("1 to {MAX_ADDRESS} characters"));
    }
    let within = call.take("within").and_then(|text| {
        let place = find_place(&app.rules(), &text, app.engine.now());
        if place.is_none() {
            call.fault("within", format!("`{}` is no place", shown(&text)), "the id or code of a place");
        }
        place
    });
    let accepted = format!("a whole number from 1 to {MAX_FOUND}");
    let limit = call.parse::<usize>("limit", &accepted).unwrap_or(FEW);
    if limit == 0 || limit > MAX_FOUND {
        call.fault("limit", format!("`{limit}` is not accepted"), accepted);
    }
    call.end(&["q", "within", "limit"])?;
    let hits = app
        .run(move |app| {
            let atlas = atlas(app)?;
            let view = |hit: huying_atlas::Hit| FoundView {
                kind: hit.kind,
                name: hit.name,
                place: hit.place.to_string(),
                level: hit.level,
                line: hit.within,
                lon: hit.at.map(|p| degrees(p.lon)),
                lat: hit.at.map(|p| degrees(p.lat)),
            };
            Ok(atlas.search(words.trim(), within.as_ref(), limit).into_iter().map(view).collect())
        })
        .await?;
    Ok(Json(FoundList { hits }))
}

/// The shape of a place as GeoJSON, in the city's datum
#[utoipa::path(
    get, path = "/api/v1/places/{code}/shape", operation_id = "place_shape", tag = "city",
    params(("code" = String, Path, description = "A code, new or old, or the id", example = "510104")),
    responses(
        (status = 200, body = Object, description = "A GeoJSON Feature"),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
    security(()),
)]
pub(crate) async fn shape(
    State(app): State<Arc<App>>,
    Path(code): Path<String>,
    mut call: Call,
) -> Result<Json<Value>, Problem> {
    call.end(&[])?;
    let rules = app.rules();
    let found = find_place(&rules, &code, app.engine.now());
    let atlas = atlas(&app)?;
    let shape = found.as_ref().and_then(|id| Some((id, atlas.shape(id)?)));
    let (id, shape) = shape.ok_or_else(|| {
        Problem::new(Kind::NotFound, format!("there is no shape of `{}`", shown(&code)))
            .accept("a code or id of a place that the geometry draws")
    })?;
    let ring = |ring: &Vec<[i32; 2]>| ring.iter().map(|[x, y]| json!([degrees(*x), degrees(*y)])).collect();
    let polygon = |rings: &Vec<Vec<[i32; 2]>>| rings.iter().map(ring).collect::<Vec<Value>>();
    let polygons: Vec<Vec<Value>> = shape.polygons.iter().map(polygon).collect();
    let properties = json!({ "name": name(&rules, id).name, "datum": shape.datum.to_string() });
    let geometry = json!({ "type": "MultiPolygon", "coordinates": polygons });
    Ok(Json(json!({ "type": "Feature", "id": id, "properties": properties, "geometry": geometry })))
}
