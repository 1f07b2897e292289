//! The city itself: its names, levels and trees, for whoever draws it. Public.

use super::PROBLEM;
use crate::app::App;
use crate::call::Call;
use crate::live::degrees;
use crate::plain::{self, Said};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The city.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CityView {
    /// Its id.
    id: String,
    /// Its names.
    name: Said,
    /// The IANA zone of its civil time.
    zone: String,
    /// Its languages, the default first.
    languages: Vec<String>,
    /// The edition in force.
    edition: u32,
    /// The place that everything stands under, when there is one.
    root: Option<String>,
    /// Levels from the widest to the smallest.
    levels: Vec<LevelView>,
    /// West, south, east and north of the geometry in degrees; none without geometry.
    bbox: Option<[f64; 4]>,
    /// The datum of shapes, tiles and points that the server gives out.
    datum: Option<String>,
    /// How that is known.
    datum_evidence: Option<String>,
    /// The smallest level that is named without an account.
    public_level: String,
    /// Whether everything here is made up, people, calls and answers: a demonstration.
    made_up: bool,
}

/// A level of the city.
#[derive(Debug, Serialize, ToSchema)]
struct LevelView {
    /// Its word, as in places and tiles.
    id: String,
    /// Its names.
    name: Said,
    /// How many places it has.
    places: usize,
    /// Whether its borders were made up; none when the geometry does not draw it.
    synthetic: Option<bool>,
    /// How far its borders may be off, in metres.
    accuracy_m: Option<f64>,
}

/// The city: names, levels, what is public
#[utoipa::path(
    get, path = "/api/v1/city", operation_id = "get_city", tag = "city",
    responses((status = 200, body = CityView), (status = 400, body = Problem, content_type = PROBLEM)),
    security(()),
)]
pub(crate) async fn city(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<CityView>, Problem> {
    call.end(&[])?;
    let rules = app.rules();
    let (about, book) = (&rules.city.about, rules.city.places.book());
    let mut counts = vec![0_usize; book.levels.len()];
    for place in &book.places {
        counts[usize::from(place.level.0)] += 1;
    }
    let atlas = app.engine.atlas();
    let drawn = |level: &str| {
        let facts = atlas.as_ref().map(|a| a.levels()).unwrap_or_default();
        facts.iter().find(|l| l.id == level && l.shapes)
    };
    let levels = book.levels.iter().zip(counts).map(|(level, places)| LevelView {
        id: level.id.to_string(),
        name: plain::both(&level.name, Some(&level.name_en)),
        places,
        synthetic: drawn(&level.id).map(|l| l.synthetic),
        accuracy_m: drawn(&level.id).and_then(|l| l.accuracy_m),
    });
    Ok(Json(CityView {
        id: about.id.to_string(),
        name: plain::both(&about.name, Some(&about.name_en)),
        zone: about.zone.clone(),
        languages: about.languages.clone(),
        edition: rules.edition.0,
        root: book.places.iter().find(|p| p.parent.is_none()).map(|p| p.id.to_string()),
        levels: levels.collect(),
        bbox: atlas.as_ref().and_then(|a| a.bbox(None)).map(|b| b.map(degrees)),
        datum: atlas.as_ref().map(|a| a.datum().to_string()),
        datum_evidence: atlas.as_ref().map(|a| a.datum_evidence().to_owned()),
        public_level: rules.profile.public.level.to_string(),
        made_up: app.made_up,
    }))
}
