//! The paths of `/api/v1`, each with its description for OpenAPI beside its handler. One file a thing.

mod accesses;
mod accounts;
mod case;
mod cases;
mod city;
mod command;
mod costs;
mod duplicates;
mod external;
mod figures;
mod files;
mod geography;
mod inbox;
mod live;
mod matters;
mod me;
mod measure;
mod new_case;
mod notices;
mod places;
mod problems;
mod reassign;
mod roster;
mod routines;
mod standing;
mod tiles;
mod webhooks;
mod whistles;
mod words;

use crate::app::App;
use crate::layers;
use crate::pages;
use crate::problem::Problem;
use axum::extract::State;
use axum::middleware;
use axum::{Json, Router, routing};
use huying_core::case::command::Command;
use huying_core::case::thread::ThreadKind;
use huying_engine::store::Reader;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use figures::Recent;

/// What the API says of itself.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Huying 呼应",
        description = "The JSON API of a city's cases: a call is taken, followed, handled, checked and judged. \
                       docs/api.md tells what to do about each status.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "cases", description = "Taking a call, following it, acting on it"),
        (name = "desk", description = "What waits, what was reached"),
        (name = "city", description = "Places and matters"),
        (name = "external", description = "Orders of a system above"),
        (name = "accounts", description = "Who may act"),
        (name = "standing", description = "Duty, modes, admitted tasks"),
        (name = "routines", description = "Patrols and visits, how much workers have, which tasks are admitted"),
        (name = "server", description = "The server itself"),
    ),
)]
struct Description;

fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(new_case::create, cases::list))
        .routes(routes!(case::one))
        .routes(routes!(command::give))
        .routes(routes!(duplicates::list))
        .routes(routes!(files::attach))
        .routes(routes!(files::read))
        .routes(routes!(accesses::list))
        .routes(routes!(inbox::list))
        .routes(routes!(notices::list))
        .routes(routes!(notices::mark))
        .routes(routes!(webhooks::list, webhooks::make))
        .routes(routes!(webhooks::end))
        .routes(routes!(webhooks::change))
        .routes(routes!(external::order))
        .routes(routes!(external::urge))
        .routes(routes!(external::receipt))
        .routes(routes!(external::verdict))
        .routes(routes!(figures::collect))
        .routes(routes!(costs::collect))
        .routes(routes!(whistles::collect))
        .routes(routes!(roster::change))
        .routes(routes!(reassign::reassign))
        .routes(routes!(standing::give))
        .routes(routes!(standing::one))
        .routes(routes!(standing::duty))
        .routes(routes!(standing::modes))
        .routes(routes!(routines::begin, routines::list))
        .routes(routes!(routines::workload))
        .routes(routes!(routines::tasks))
        .routes(routes!(live::stream))
        .routes(routes!(city::city))
        .routes(routes!(geography::at))
        .routes(routes!(geography::search))
        .routes(routes!(geography::shape))
        .routes(routes!(tiles::places))
        .routes(routes!(tiles::cases))
        .routes(routes!(places::one))
        .routes(routes!(matters::list))
        .routes(routes!(me::me))
        .routes(routes!(accounts::make, accounts::revoke))
        .routes(routes!(healthz))
        .routes(routes!(measure::metrics))
}

/// The description of the API as OpenAPI 3.1, as it is committed in docs/openapi.json.
pub fn openapi() -> Value {
    describe(described().into_openapi())
}

fn describe(mut api: utoipa::openapi::OpenApi) -> Value {
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    api.components.get_or_insert_default().security_schemes.insert("token".into(), bearer.into());
    let mut described = serde_json::to_value(&api).unwrap_or_default();
    for (member, words) in vocabulary() {
        let place = format!("/components/schemas/{member}");
        if let Some(Value::Object(member)) = described.pointer_mut(&place) {
            member.insert("enum".into(), words);
        }
    }
    described
}

/// The words that members of the description may hold, by their place in it.
fn vocabulary() -> [(&'static str, Value); 6] {
    let kinds = ThreadKind::ALL;
    let steps: BTreeSet<String> =
        kinds.iter().flat_map(|k| k.steps()).map(|step| case::word(&step)).collect();
    let given: Vec<&str> = Command::GIVEN.into_iter().filter(|c| !["report", "attach"].contains(c)).collect();
    let states = ["reported", "open", "answered", "verdict", "closed", "void"];
    [
        ("ThreadView/properties/kind", json!(kinds)),
        ("ThreadView/properties/step", json!(steps)),
        ("NewCommand/allOf/1/properties/name", json!(given)),
        ("Item/properties/what/items", json!(crate::live::SAID)),
        ("Item/properties/state", json!(states)),
        ("CaseItem/properties/state", json!(states)),
    ]
}

/// Everything that is served.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (router, api) = described().split_for_parts();
    let (document, folder) = (describe(api), app.pages.clone());
    router
        .route("/openapi.json", routing::get(move || async move { Json(document) }))
        .fallback(move |request| pages::answer(folder.clone(), request))
        .layer(middleware::from_fn_with_state(layers::room(), layers::bounded))
        .layer(middleware::from_fn_with_state(app.clone(), layers::logged))
        .with_state(app)
}

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// `ok`, or `read-only` while a damaged ledger is read and takes nothing; anything else is a problem.
    #[schema(example = "ok")]
    status: &'static str,
    /// The last durable journal position.
    position: u64,
    /// The edition of the city in force.
    edition: u32,
    /// The version of the program.
    version: &'static str,
    /// How far what the records owe other cases is delivered.
    owed: Owed,
    /// Each damage of a ledger that is only read, with the records it affects, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    damages: Option<Vec<String>>,
}

/// How far what the records owe is delivered: destruction after an erasure, news to cases that follow.
#[derive(Debug, Serialize, ToSchema)]
struct Owed {
    /// Everything up to this place of the outbox is delivered.
    position: u64,
    /// How many messages lie behind that place.
    behind: u64,
    /// Since when the first one that is not delivered could not be; the log says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    stuck_since: Option<String>,
}

/// Whether the server can answer: reads the ledger once
#[utoipa::path(
    get, path = "/healthz", operation_id = "health", tag = "server",
    responses((status = 200, body = Health), (status = 503, body = Problem, content_type = PROBLEM)),
)]
async fn healthz(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    app.run(|app| {
        let position = app.engine.read(Reader::position)?.0;
        let edition = app.rules().edition.0;
        let delivery = app.engine.delivery();
        let stuck_since = delivery.stuck_since.map(instant);
        let owed = Owed { position: delivery.position, behind: delivery.behind, stuck_since };
        let damaged = app.engine.damaged();
        let status = if damaged.is_some() { "read-only" } else { "ok" };
        let damages = damaged.map(|d| d.named.get().cloned().unwrap_or_default());
        let version = env!("CARGO_PKG_VERSION");
        Ok(Json(Health { status, position, edition, version, owed, damages }))
    })
    .await
}

/// The media type of problems.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// An instant as the API writes it.
pub(crate) fn instant(at: huying_core::time::Time) -> String {
    at.to_string()
}

#[cfg(test)]
mod tests;
