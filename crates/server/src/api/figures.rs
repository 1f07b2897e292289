//! Figures over all cases, exactly as the command prints them: one function of the engine answers both.

use super::PROBLEM;
use crate::app::App;
use crate::call::Call;
use crate::problem::Problem;
use crate::sign_in;
use axum::Json;
use axum::extract::State;
use huying_core::figures::{Basis, By, Period, to_json};
use huying_engine::figures::Question;
use huying_engine::store::CaseFilter;
use serde_json::Value;
use std::sync::Arc;

/// Figures over all cases: counts, rates with numerator, denominator and interval, durations
///
/// What is not rated or not measured is null, never 100 %. `origin` names the journal position and the
/// editions. Cases about the asker's own line of units are not counted.
#[utoipa::path(
    get, path = "/api/v1/figures", operation_id = "get_figures", tag = "desk",
    params(
        ("by" = Option<String>, Query, description = "none, unit, place, matter, channel or request-type"),
        ("basis" = Option<String>, Query, description = "The time that counts: opened, due, closed"),
        ("from" = Option<String>, Query, description = "The first instant of the period"),
        ("to" = Option<String>, Query, description = "The first instant after the period"),
        ("level" = Option<String>, Query, description = "Lifts places to this level of the city"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Object, description = "`question`, `origin`, `rules`, `total` and `rows`"),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 401, body = Problem, content_type = PROBLEM),
        (status = 403, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn collect(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Value>, Problem> {
    app.run(move |app| {
        let desk = sign_in::desk(app, &call)?;
        let filter = CaseFilter { kept_from: app.kept_from(&desk), ..CaseFilter::default() };
        let question = Question { filter, ..question(&mut call, app) };
        call.end(&["by", "basis", "from", "to", "level"])?;
        Ok(Json(to_json(&huying_engine::figures::collect(&app.engine, &question)?)))
    })
    .await
}

fn question(call: &mut Call, app: &App) -> Question {
    let by = call.word("by", &By::ALL.map(|(word, _)| word));
    let basis = call.word("basis", &Basis::ALL.map(|(word, _)| word));
    let rules = app.rules();
    let levels: Vec<&str> = rules.city.places.book().levels.iter().map(|l| l.id.as_str()).collect();
    let level = call.word("level", &levels);
    let (from, to) = (call.time("from"), call.time("to"));
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        call.fault("to", "does not come after `from`", "an instant after `from`");
    }
    Question {
        by: By::ALL.iter().find(|(w, _)| Some(*w) == by.as_deref()).map_or(By::None, |(_, by)| *by),
        basis: Basis::ALL
            .iter()
            .find(|(w, _)| Some(*w) == basis.as_deref())
            .map_or(Basis::Opened, |(_, b)| *b),
        period: Period { from, to },
        as_of: None,
        level: level.map(Into::into),
        filter: Default::default(),
    }
}
