//! What cases cost, exactly as the command prints it.

use super::PROBLEM;
use super::figures::asked;
use super::problems::ReadProblems;
use crate::app::App;
use crate::call::Call;
use crate::problem::Problem;
use crate::sign_in;
use axum::Json;
use axum::extract::State;
use huying_core::figures::By;
use huying_engine::figures::{Question, name_of};
use huying_engine::store::CaseFilter;
use serde_json::Value;
use std::sync::Arc;

/// By what costs are told apart.
const BY: [(&str, By); 3] = [("none", By::None), ("unit", By::Unit), ("matter", By::Matter)];

/// What cases cost: minutes, trips, forms and transfers, valued by the rates of the profile
///
/// Money in hundredths of the currency of `rates`. A case of which no effort was logged did not cost nothing:
/// `recorded` of `cases` say anything, and `per_closed_case` is of those that are closed and say so, null
/// where there is none. Cases about the asker's own line of units, and restricted ones that do not name them,
/// are not counted. For accounts; 404 in a city whose profile has no rates.
#[utoipa::path(
    get, path = "/api/v1/figures/costs", operation_id = "get_cost_figures", tag = "desk",
    params(
        ("by" = Option<String>, Query, description = "unit, matter; or none"),
        ("basis" = Option<String>, Query, description = "The time that counts: opened, due, closed"),
        ("from" = Option<String>, Query, description = "The first instant of the period"),
        ("to" = Option<String>, Query, description = "The first instant after the period"),
        ("under" = Option<String>, Query, description = "Id or code of a place; only cases in it count"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Object, description = "`rates`, `total` and `rows`, each row with its `key` and `name`"),
        ReadProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 503, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn collect(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Value>, Problem> {
    app.run(move |app| {
        let desk = sign_in::desk(app, &call)?;
        let by = call.word("by", &BY.map(|(word, _)| word));
        let by = BY.iter().find(|(word, _)| Some(*word) == by.as_deref()).map_or(By::None, |(_, by)| *by);
        let asked = asked(&mut call, app, &app.rules());
        call.end(&["by", "basis", "from", "to", "under"])?;
        let filter = app.shown_to(&desk, CaseFilter::default());
        let cost = huying_engine::figures::cost(&app.engine, &Question { by, filter, ..asked })?;
        let rules = app.rules();
        Ok(Json(cost.to_json(|key| name_of(&rules, by, key))))
    })
    .await
}
