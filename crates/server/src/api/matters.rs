//! The catalogue of matters, and the words a call may use. Public.

use super::PROBLEM;
use crate::app::App;
use crate::call::Call;
use crate::plain::Said;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use huying_core::profile::Word;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A word or matter with its names.
#[derive(Debug, Serialize, ToSchema)]
struct Coded {
    /// What calls and commands use.
    code: String,
    /// Its names.
    name: Said,
}

/// A matter.
#[derive(Debug, Serialize, ToSchema)]
struct MatterView {
    /// Its code.
    code: String,
    /// Its names.
    name: Said,
    /// The class it belongs to.
    class: Option<Said>,
    /// The request types it may come as; empty for all.
    requests: Vec<String>,
}

/// What a call may be about and which words it may use.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Matters {
    /// The edition of the city.
    edition: u32,
    /// Matters that may be chosen for a new case.
    matters: Vec<MatterView>,
    /// Request types.
    request_types: Vec<Coded>,
    /// Channels.
    channels: Vec<Coded>,
}

/// The matters of the catalogue and the words a call may use
#[utoipa::path(
    get, path = "/api/v1/matters", operation_id = "list_matters", tag = "city",
    params(("kind" = Option<String>, Query, description = "Only this kind of matter")),
    responses((status = 200, body = Matters), (status = 400, body = Problem, content_type = PROBLEM)),
    security(()),
)]
pub(crate) async fn list(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Matters>, Problem> {
    let rules = app.rules();
    let catalogue = &rules.city.catalogue;
    let kinds: Vec<&str> = catalogue.book().kinds.iter().map(|k| k.id.as_str()).collect();
    let kind = call.word("kind", &kinds);
    call.end(&["kind"])?;
    let chosen = catalogue
        .matters()
        .iter()
        .filter(|m| m.in_use && kind.as_deref().is_none_or(|kind| m.kind() == kind));
    let view = |m: &huying_core::catalogue::Matter| MatterView {
        code: m.code.to_string(),
        name: Said::new(m.name.as_str(), m.name_en.as_deref().unwrap_or(m.code.as_str())),
        class: catalogue.major(m).map(|c| Said::new(&c.name, &c.name_en)),
        requests: m.requests.iter().map(ToString::to_string).collect(),
    };
    Ok(Json(Matters {
        edition: rules.edition.0,
        matters: chosen.map(view).collect(),
        request_types: coded(&rules.profile.words.request_type),
        channels: coded(&rules.profile.words.channel),
    }))
}

fn coded(words: &[Word]) -> Vec<Coded> {
    words.iter().map(|w| Coded { code: w.code.to_string(), name: Said::new(&w.name, &w.name_en) }).collect()
}
