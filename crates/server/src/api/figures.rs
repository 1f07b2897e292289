//! Figures over all cases, exactly as the command prints them: one function of the engine answers both.

use super::PROBLEM;
use super::new_case::find_place;
use super::problems::ReadProblems;
use crate::app::App;
use crate::call::Call;
use crate::limits::{FIGURES_AT_ONCE, FIGURES_KEPT, MAX_FIGURES_BYTES, MAX_FIGURES_WAITING};
use crate::problem::{Kind, Problem};
use crate::sign_in;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use compact_str::CompactString;
use huying_core::case::event::Identity;
use huying_core::figures::{Basis, By, Period, to_json};
use huying_core::profile::PublicPeriod;
use huying_core::rules::Rules;
use huying_engine::figures::Question;
use huying_engine::store::CaseFilter;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{Mutex as Turn, Semaphore};

/// Figures over all cases: counts, rates with numerator, denominator and interval, durations
///
/// What is not rated or not measured is null, never 100 %. `origin` names the journal position and the
/// editions. Cases about the asker's own line of units are not counted.
///
/// Without an account anybody may ask, of the cases that anybody may know of: none about a unit, none of a
/// kind of request that is withheld. What is so small that a neighbour would know whom it means is masked
/// then, and the answer may be a few seconds old. So that masking holds, a period begins and ends with a
/// civil day of the city, or as the profile's `public.period` says, and `under` is no place smaller than its
/// `public.level`.
#[utoipa::path(
    get, path = "/api/v1/figures", operation_id = "get_figures", tag = "desk",
    params(
        ("by" = Option<String>, Query, description = "unit, place, matter, channel, request-type, hour; or none"),
        ("basis" = Option<String>, Query, description = "The time that counts: opened, due, closed"),
        ("from" = Option<String>, Query, description = "The first instant of the period; without an account of a day"),
        ("to" = Option<String>, Query, description = "The first instant after the period; likewise"),
        ("level" = Option<String>, Query, description = "Lifts places to this level of the city"),
        ("under" = Option<String>, Query, description = "Id or code of a place; only cases in it count"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Object, description = "`question`, `origin`, `rules`, `total` and `rows`"),
        ReadProblems,
        (status = 503, body = Problem, content_type = PROBLEM),
    ),
    security((), ("token" = [])),
)]
pub(crate) async fn collect(State(app): State<Arc<App>>, mut call: Call) -> Result<Response, Problem> {
    const KNOWN: [&str; 6] = ["by", "basis", "from", "to", "level", "under"];
    if !call.signs_in() {
        let rules = app.rules();
        let asked = question(&mut call, &app, &rules);
        in_public(&mut call, &rules, &asked);
        call.end(&KNOWN)?;
        let level = public_level(&rules, &asked);
        let answer = public(&app, Question { level, filter: public_filter(&rules), ..asked }).await?;
        return Ok(([(header::CONTENT_TYPE, "application/json")], answer).into_response());
    }
    app.run(move |app| {
        let desk = sign_in::desk(app, &call)?;
        let asked = question(&mut call, app, &app.rules());
        call.end(&KNOWN)?;
        let filter = CaseFilter { kept_from: app.kept_from(&desk), ..CaseFilter::default() };
        let figures = huying_engine::figures::collect(&app.engine, &Question { filter, ..asked })?;
        Ok(Json(to_json(&figures)).into_response())
    })
    .await
}

/// Refuses what would let two masked answers be compared down to a single case.
fn in_public(call: &mut Call, rules: &Rules, question: &Question) {
    let Period { from, to } = question.period;
    let edge = match rules.profile.public.period {
        PublicPeriod::Day => "the first instant of a civil day of the city",
        PublicPeriod::Month => "the first instant of the first civil day of a month of the city",
    };
    for (field, at) in [("from", from), ("to", to)] {
        if at.is_some_and(|at| !rules.is_public_edge(at)) {
            call.fault(field, "lies within a period that is not divided in public", edge);
        }
    }
    let places = &rules.city.places;
    let within = question.within.as_ref().and_then(|place| places.find(place));
    if within.is_some_and(|place| !rules.is_public_place(place)) {
        let accepted = format!("a place of the level `{}` or a wider one", rules.profile.public.level);
        call.fault("under", "is smaller than what is told apart in public", accepted);
    }
}

/// Which cases anybody may know of; what `live.rs` says of one row, as a filter.
fn public_filter(rules: &Rules) -> CaseFilter {
    let unnamed = [Identity::Confidential, Identity::Anonymous];
    let kept = if rules.profile.public.unnamed { &[][..] } else { &unnamed[..] };
    CaseFilter {
        about_none: true,
        without_requests: rules.profile.public.withheld.clone(),
        without_identities: kept.iter().map(|i| i.as_str().into()).collect(),
        ..CaseFilter::default()
    }
}

/// What anybody may know. Small counts are masked, and the same question within a few seconds costs nothing.
/// Each question is drawn once however many ask it, and few are drawn at once: whoever asks without an
/// account must not take the disk from those who work.
async fn public(app: &Arc<App>, question: Question) -> Result<Bytes, Problem> {
    if let Some(answer) = app.figures.recent(&question) {
        return Ok(answer);
    }
    let busy = || Problem::new(Kind::Unavailable, "too many ask for figures").accept("the same again");
    let waits = app.figures.waiting.clone().try_acquire_owned().map_err(|_| busy())?;
    let turn = app.figures.turn(&question).lock_owned().await;
    if let Some(answer) = app.figures.recent(&question) {
        return Ok(answer);
    }
    let room = app.figures.room.clone().acquire_owned().await.map_err(|_| busy())?;
    app.run(move |app| {
        // Held until the figures are drawn, even when whoever asked has left.
        let _held = (waits, turn, room);
        let figures = huying_engine::figures::collect(&app.engine, &question)?;
        let smallest = app.rules().profile.settings.smallest_cell;
        let answer = serde_json::to_vec(&to_json(&figures.for_the_public(smallest)));
        let answer = Bytes::from(answer.map_err(|e| Problem::internal(e.to_string()))?);
        app.figures.keep(question, &answer);
        Ok(answer)
    })
    .await
}

/// The level that places are lifted to: what was asked for, but none smaller than the public one.
fn public_level(rules: &Rules, question: &Question) -> Option<CompactString> {
    if question.by != By::Place {
        // It changes nothing there, and must not make one question many.
        return None;
    }
    let public = &rules.profile.public.level;
    let rank = |id: &str| rules.city.places.book().levels.iter().position(|l| l.id == id);
    let asked = question.level.as_ref().filter(|level| rank(level) <= rank(public));
    Some(asked.unwrap_or(public).clone())
}

/// Public figures: answers of the last seconds, and who draws or waits for others.
#[derive(Debug)]
pub(crate) struct Recent {
    kept: Mutex<Kept>,
    /// For each question that is being drawn or waited for, whose turn it is.
    turns: Mutex<Vec<(Question, Arc<Turn<()>>)>>,
    room: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The oldest first.
    answers: VecDeque<(Instant, Question, Bytes)>,
    bytes: usize,
}

impl Kept {
    fn forget(&mut self, mut is_over: impl FnMut(Instant, usize) -> bool) {
        while self.answers.front().is_some_and(|(at, ..)| is_over(*at, self.bytes)) {
            let gone = self.answers.pop_front().map_or(0, |(.., answer)| answer.len());
            self.bytes = self.bytes.saturating_sub(gone);
        }
    }
}

impl Default for Recent {
    fn default() -> Recent {
        Recent {
            kept: Mutex::default(),
            turns: Mutex::default(),
            room: Arc::new(Semaphore::new(FIGURES_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(MAX_FIGURES_WAITING)),
        }
    }
}

impl Recent {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent(&self, question: &Question) -> Option<Bytes> {
        let mut kept = self.kept();
        kept.forget(|at, _| at.elapsed() >= FIGURES_KEPT);
        kept.answers.iter().find(|(_, asked, _)| asked == question).map(|(.., answer)| answer.clone())
    }

    fn keep(&self, question: Question, answer: &Bytes) {
        if answer.len() > MAX_FIGURES_BYTES {
            return;
        }
        let mut kept = self.kept();
        kept.forget(|_, bytes| bytes + answer.len() > MAX_FIGURES_BYTES);
        kept.bytes += answer.len();
        kept.answers.push_back((Instant::now(), question, answer.clone()));
    }

    /// What everybody with the same question waits for. At most [`MAX_FIGURES_WAITING`] are remembered.
    fn turn(&self, question: &Question) -> Arc<Turn<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|(_, turn)| Arc::strong_count(turn) > 1);
        if let Some((_, turn)) = turns.iter().find(|(asked, _)| asked == question) {
            return turn.clone();
        }
        let turn = Arc::<Turn<()>>::default();
        turns.push((question.clone(), turn.clone()));
        turn
    }
}

fn question(call: &mut Call, app: &App, rules: &Rules) -> Question {
    let by = call.word("by", &By::ALL.map(|(word, _)| word));
    let levels: Vec<&str> = rules.city.places.book().levels.iter().map(|l| l.id.as_str()).collect();
    let level = call.word("level", &levels).map(Into::into);
    let by = By::ALL.iter().find(|(w, _)| Some(*w) == by.as_deref()).map_or(By::None, |(_, by)| *by);
    Question { by, level, ..asked(call, app, rules) }
}

/// Of which cases something is asked: the time that counts, the period, the place.
pub(super) fn asked(call: &mut Call, app: &App, rules: &Rules) -> Question {
    let basis = call.word("basis", &Basis::ALL.map(|(word, _)| word));
    let (from, to) = (call.time("from"), call.time("to"));
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        call.fault("to", "does not come after `from`", "an instant after `from`");
    }
    let within = call.take("under").and_then(|text| {
        let place = find_place(rules, &text, app.engine.now());
        if place.is_none() {
            let problem = format!("`{}` is no place of the city", crate::fields::shown(&text));
            call.fault("under", problem, "the id or code of a place");
        }
        place
    });
    Question {
        basis: Basis::ALL
            .iter()
            .find(|(w, _)| Some(*w) == basis.as_deref())
            .map_or(Basis::Opened, |(_, b)| *b),
        period: Period { from, to },
        within,
        ..Question::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(matter: i64) -> Question {
        let period = Period { from: Some(huying_core::time::Time(matter)), to: None };
        Question { period, ..Question::default() }
    }

    #[test]
    fn answers_are_kept_within_bounds_and_the_oldest_go_first() {
        let recent = Recent::default();
        let third = Bytes::from(vec![0; MAX_FIGURES_BYTES / 3]);
        (0..5).for_each(|n| recent.keep(about(n), &third));
        let held: Vec<i64> = (0..5).filter(|n| recent.recent(&about(*n)).is_some()).collect();
        assert_eq!((held, recent.kept().bytes), (vec![2, 3, 4], 3 * third.len()));
        recent.keep(about(9), &Bytes::from(vec![0; MAX_FIGURES_BYTES + 1]));
        assert!(recent.recent(&about(9)).is_none() && recent.recent(&about(4)).is_some());
        recent.keep(about(10), &Bytes::from(vec![0; MAX_FIGURES_BYTES]));
        assert_eq!(recent.kept().answers.len(), 1);
    }

    #[test]
    fn one_question_is_one_turn_for_all_who_ask_it() {
        let recent = Recent::default();
        let (one, same, other) = (recent.turn(&about(1)), recent.turn(&about(1)), recent.turn(&about(2)));
        assert!(Arc::ptr_eq(&one, &same) && !Arc::ptr_eq(&one, &other));
        drop((one, same, other));
        recent.turn(&about(3));
        assert_eq!(recent.turns.lock().unwrap().len(), 1, "turns that nobody waits for are forgotten");
    }
}
