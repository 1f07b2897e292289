//! Both sides of whistles, exactly as the command prints them.

use super::PROBLEM;
use super::figures::asked;
use super::problems::ReadProblems;
use crate::app::App;
use crate::call::Call;
use crate::problem::Problem;
use crate::sign_in;
use axum::Json;
use axum::extract::State;
use huying_engine::figures::Question;
use huying_engine::store::CaseFilter;
use serde_json::Value;
use std::sync::Arc;

/// Both sides of whistles: how departments came, whether conveners were right to call, and how often they do
///
/// `units` has the rates of each unit as in `/api/v1/figures`. `charts` has two control charts for each
/// kind of units that convene: shares of cases with a whistle (p) and whistles for each case (u), shares
/// between 0 and 1. A point `below` its limits is as wrong as one `above`; `blind_below` says that it has
/// so few cases that not even none would be a signal. Grades and limits are those of the profile now,
/// whatever the period. Cases about the asker's own line of units, and restricted ones that do not name them,
/// are not counted. For accounts; 404 in a city without whistles.
#[utoipa::path(
    get, path = "/api/v1/figures/whistles", operation_id = "get_whistle_figures", tag = "desk",
    params(
        ("basis" = Option<String>, Query, description = "The time that counts: opened, due, closed"),
        ("from" = Option<String>, Query, description = "The first instant of the period"),
        ("to" = Option<String>, Query, description = "The first instant after the period"),
        ("under" = Option<String>, Query, description = "Id or code of a place; only cases in it count"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Object, description = "`question`, `origin`, `rules`, `whistling`, `units`, `charts`"),
        ReadProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 503, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn collect(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Value>, Problem> {
    app.run(move |app| {
        let desk = sign_in::desk(app, &call)?;
        let asked = asked(&mut call, app, &app.rules());
        call.end(&["basis", "from", "to", "under"])?;
        let filter = app.shown_to(&desk, CaseFilter::default());
        let sheet = huying_engine::figures::whistles(&app.engine, &Question { filter, ..asked })?;
        Ok(Json(sheet.to_json()))
    })
    .await
}
