//! Figures over all cases, exactly as the command prints them: one function of the engine answers both.

use super::PROBLEM;
use super::new_case::find_place;
use crate::app::App;
use crate::call::Call;
use crate::limits::{FIGURES_KEPT, MAX_FIGURES_KEPT};
use crate::problem::Problem;
use crate::sign_in;
use axum::Json;
use axum::extract::State;
use compact_str::CompactString;
use huying_core::figures::{Basis, By, Period, to_json};
use huying_core::rules::Rules;
use huying_engine::figures::Question;
use huying_engine::store::CaseFilter;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Figures over all cases: counts, rates with numerator, denominator and interval, durations
///
/// What is not rated or not measured is null, never 100 %. `origin` names the journal position and the
/// editions. Without an account anybody may ask; what is so small that a neighbour would know whom it means
/// is masked then, and the answer may be a few seconds old. Cases about the asker's own line of units are
/// not counted.
#[utoipa::path(
    get, path = "/api/v1/figures", operation_id = "get_figures", tag = "desk",
    params(
        ("by" = Option<String>, Query, description = "unit, place, matter, channel, request-type, hour; or none"),
        ("basis" = Option<String>, Query, description = "The time that counts: opened, due, closed"),
        ("from" = Option<String>, Query, description = "The first instant of the period"),
        ("to" = Option<String>, Query, description = "The first instant after the period"),
        ("level" = Option<String>, Query, description = "Lifts places to this level of the city"),
        ("under" = Option<String>, Query, description = "Id or code of a place; only cases in it count"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Object, description = "`question`, `origin`, `rules`, `total` and `rows`"),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 401, body = Problem, content_type = PROBLEM),
        (status = 403, body = Problem, content_type = PROBLEM),
    ),
    security((), ("token" = [])),
)]
pub(crate) async fn collect(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Value>, Problem> {
    app.run(move |app| {
        let desk = if call.signs_in() { Some(sign_in::desk(app, &call)?) } else { None };
        let asked = question(&mut call, app);
        call.end(&["by", "basis", "from", "to", "level", "under"])?;
        let Some(desk) = desk else { return public(app, &asked).map(Json) };
        let filter = CaseFilter { kept_from: app.kept_from(&desk), ..CaseFilter::default() };
        let figures = huying_engine::figures::collect(&app.engine, &Question { filter, ..asked })?;
        Ok(Json(to_json(&figures)))
    })
    .await
}

/// What anybody may know. No place smaller than the public level is told apart, small counts are masked, and
/// the same question within a few seconds costs nothing.
fn public(app: &App, question: &Question) -> Result<Value, Problem> {
    let rules = app.rules();
    let question = Question { level: public_level(&rules, question), ..question.clone() };
    if let Some(answer) = app.figures.recent(&question) {
        return Ok(answer);
    }
    let figures = huying_engine::figures::collect(&app.engine, &question)?;
    let answer = to_json(&figures.for_the_public(rules.profile.settings.smallest_cell));
    app.figures.keep(question, &answer);
    Ok(answer)
}

/// The level that places are lifted to: what was asked for, but none smaller than the public one.
fn public_level(rules: &Rules, question: &Question) -> Option<CompactString> {
    if question.by != By::Place {
        return question.level.clone();
    }
    let public = &rules.profile.public.level;
    let rank = |id: &str| rules.city.places.book().levels.iter().position(|l| l.id == id);
    let asked = question.level.as_ref().filter(|level| rank(level) <= rank(public));
    Some(asked.unwrap_or(public).clone())
}

/// Public answers of the last seconds.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Vec<(Instant, Question, Value)>>);

impl Recent {
    fn recent(&self, question: &Question) -> Option<Value> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(at, _, _)| at.elapsed() < FIGURES_KEPT);
        kept.iter().find(|(_, asked, _)| asked == question).map(|(_, _, answer)| answer.clone())
    }

    fn keep(&self, question: Question, answer: &Value) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_FIGURES_KEPT {
            kept.remove(0);
        }
        kept.push((Instant::now(), question, answer.clone()));
    }
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
    let within = call.take("under").and_then(|text| {
        let place = find_place(&rules, &text, app.engine.now());
        if place.is_none() {
            let problem = format!("`{}` is no place of the city", crate::fields::shown(&text));
            call.fault("under", problem, "the id or code of a place");
        }
        place
    });
    Question {
        by: By::ALL.iter().find(|(w, _)| Some(*w) == by.as_deref()).map_or(By::None, |(_, by)| *by),
        basis: Basis::ALL
            .iter()
            .find(|(w, _)| Some(*w) == basis.as_deref())
            .map_or(Basis::Opened, |(_, b)| *b),
        period: Period { from, to },
        as_of: None,
        level: level.map(Into::into),
        within,
        filter: Default::default(),
    }
}
