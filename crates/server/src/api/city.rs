//! The city itself: its names, levels and trees, for whoever draws it. Public.

use super::PROBLEM;
use crate::app::App;
use crate::call::Call;
use crate::plain::Said;
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
    top: Option<String>,
    /// Levels from the widest to the smallest.
    levels: Vec<LevelView>,
    /// The smallest level that is named without an account.
    public_level: String,
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
    let levels = book.levels.iter().zip(counts).map(|(level, places)| LevelView {
        id: level.id.to_string(),
        name: Said::new(&level.name, &level.name_en),
        places,
    });
    Ok(Json(CityView {
        id: about.id.to_string(),
        name: Said::new(&about.name, &about.name_en),
        zone: about.zone.clone(),
        languages: about.languages.clone(),
        edition: rules.edition.0,
        top: book.places.iter().find(|p| p.parent.is_none()).map(|p| p.id.to_string()),
        levels: levels.collect(),
        public_level: rules.profile.public.level.to_string(),
    }))
}
