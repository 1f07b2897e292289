//! Delivering notices to subscribers: at least once, each under its stable id, in their order, each
//! subscriber by a task of its own, so that a dead one never holds up another.
//!
//! How far a subscriber is stands in the ledger and is written after a page of deliveries; what a crash makes
//! forgotten is delivered again under the same ids. A failed delivery is tried again after growing pauses of
//! the profile; a subscriber that answers 410, or nothing good for too long, is paused and says why. Next:
//! `deliver/post.rs` for one delivery, `deliver/letter.rs` for what is in it, `deliver/seal.rs` for how it is
//! signed, docs/notices.md for receivers.

mod letter;
mod owed;
mod post;
mod seal;

pub(crate) use letter::text_of;
pub(crate) use owed::is_receipt;
pub(crate) use post::Target;
pub use seal::secret_text;

use crate::app::App;
use crate::limits::{DELIVERY_PAGE, DELIVERY_SKIPPED, DELIVERY_TICK};
use crate::metrics::Fate;
use crate::problem::Problem;
use huying_core::profile::Notices;
use huying_core::time::Time;
use huying_engine::store::{NoticeEntry, SubscriptionRow};
use huying_engine::{LIVE, PAUSED, Subscription, notice_id};
use post::Outcome;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Whether something can be delivered to an address; what is accepted where it cannot.
///
/// # Errors
/// What is accepted.
pub fn check_address(url: &str) -> Result<(), &'static str> {
    url.parse::<Target>().map(drop)
}

/// Delivers until the server stops.
pub(crate) async fn run(app: Arc<App>) {
    let news = Arc::new(Notify::new());
    let told = news.clone();
    app.engine.subscribe(Box::new(move |_| told.notify_one()));
    let mut stopping = app.stopping.clone();
    let (mut rounds, mut out) = (JoinSet::new(), HashSet::new());
    // How far each has come, also where that is not written down yet.
    let mut passed: HashMap<u64, u64> = HashMap::new();
    let mut said = String::new();
    while !*stopping.borrow() {
        match due(&app, &passed).await {
            Ok(all) => {
                for subscription in all {
                    if !out.insert(subscription.row.id) {
                        continue;
                    }
                    rounds.spawn(round(app.clone(), subscription));
                }
                said.clear();
            }
            Err(problem) => say_once(&app, &mut said, &problem),
        }
        tokio::select! {
            Some(done) = rounds.join_next() => match done {
                Ok((id, position)) => {
                    out.remove(&id);
                    passed.insert(id, position);
                }
                // Which one it was nobody knows; all that are still out finish by themselves.
                Err(_) => out.clear(),
            },
            () = news.notified() => {}
            () = tokio::time::sleep(DELIVERY_TICK) => {}
            _ = stopping.changed() => {}
        }
    }
    while rounds.join_next().await.is_some() {}
}

fn say_once(app: &App, said: &mut String, problem: &Problem) {
    let why = problem.cause.as_deref().unwrap_or(&problem.detail);
    if why != said {
        (app.log)(&format!("error: notices cannot be delivered now: {why}"));
        why.clone_into(said);
    }
}

/// The subscriptions with something to be tried now.
async fn due(app: &Arc<App>, passed: &HashMap<u64, u64>) -> Result<Vec<Subscription>, Problem> {
    let passed = passed.clone();
    app.run(move |app| {
        let end = app.engine.read(|r| r.notice_end())?;
        let now = app.engine.now();
        let mut all = app.engine.subscriptions()?;
        for s in &mut all {
            s.row.position = s.row.position.max(passed.get(&s.row.id).copied().unwrap_or(0));
        }
        all.retain(|s| s.row.state == LIVE && s.row.position < end && s.row.next_try <= now);
        Ok(all)
    })
    .await
}

/// Delivers to one subscriber until it has everything, or a delivery fails, or the server stops.
async fn round(app: Arc<App>, mut subscription: Subscription) -> (u64, u64) {
    let id = subscription.row.id;
    let mut kept = subscription.row.position;
    while !*app.stopping.borrow() {
        let Ok(page) = page(&app, subscription.row.position).await else { break };
        let last = page.is_empty();
        let done = deliver(&app, &mut subscription, page).await;
        let row = &subscription.row;
        // A cursor that only passed what is for others need not be durable each time.
        let moved = row.position - kept;
        if done.tried || moved >= DELIVERY_SKIPPED {
            match note(&app, row.clone(), done.state).await {
                Ok(true) => kept = row.position,
                // It was taken back, or the store fails: what is not noted is delivered again.
                Ok(false) | Err(_) => return (id, kept),
            }
        }
        if last || done.ends {
            break;
        }
    }
    (id, subscription.row.position)
}

async fn page(app: &Arc<App>, after: u64) -> Result<Vec<NoticeEntry>, Problem> {
    app.run(move |app| Ok(app.engine.read(|r| r.notices_after(after, DELIVERY_PAGE))?)).await
}

/// Notes how far a subscriber is. False where it is no longer there, or no longer live.
async fn note(app: &Arc<App>, row: SubscriptionRow, state: Option<&'static str>) -> Result<bool, Problem> {
    app.run(move |app| {
        let id = row.id;
        let there = app.engine.with_store(move |store, _| store.note_delivery(&row, state))?;
        let all = app.engine.read(|r| r.subscriptions())?;
        Ok(there && all.iter().any(|s| s.id == id && s.state == LIVE))
    })
    .await
}

/// What came of a page.
#[derive(Clone, Copy, Default)]
struct Done {
    /// Something was sent.
    tried: bool,
    /// Nothing more is to be sent now.
    ends: bool,
    /// The state the subscriber comes to.
    state: Option<&'static str>,
}

async fn deliver(app: &Arc<App>, subscription: &mut Subscription, page: Vec<NoticeEntry>) -> Done {
    let mut done = Done::default();
    let Some(settings) = app.rules().profile.notices.clone() else { return Done { ends: true, ..done } };
    for notice in page {
        if subscription.scope.takes(&notice, &app.rules()) {
            done.tried = true;
            let outcome = send(app, &subscription.row, &notice, &settings).await;
            let taken = matches!(outcome, Outcome::Taken(_));
            app.metrics.delivered(&subscription.row.name, if taken { Fate::Taken } else { Fate::Failed });
            match outcome {
                Outcome::Taken(_) => taken_by(&mut subscription.row),
                Outcome::Gone => {
                    let why = "the receiver answered 410, that it is gone";
                    return pause(app, &mut subscription.row, why, done);
                }
                Outcome::Failed(why) => {
                    return fail(app, &mut subscription.row, &settings, why, done);
                }
            }
        }
        subscription.row.position = notice.position;
        if *app.stopping.borrow() {
            return Done { ends: true, ..done };
        }
    }
    done
}

async fn send(app: &Arc<App>, row: &SubscriptionRow, notice: &NoticeEntry, settings: &Notices) -> Outcome {
    let target = match row.url.parse::<Target>() {
        Ok(target) => target,
        Err(problem) => return Outcome::Failed(problem.to_owned()),
    };
    let letter = match letter_of(app, notice).await {
        Ok(letter) => letter,
        Err(problem) => return Outcome::Failed(problem.cause.unwrap_or(problem.detail)),
    };
    let id = notice_id(&notice.row);
    let headers = seal::headers(&app.engine.secret_of(row), &id, app.engine.now(), &letter);
    let patience = Duration::from_secs(u64::from(settings.answer_seconds));
    let outcome = post::post(&target, headers, letter, patience).await;
    let Outcome::Taken(body) = &outcome else { return outcome };
    if owed::of(notice).is_none() {
        return outcome;
    }
    let (body, notice) = (body.clone(), notice.clone());
    match app.run(move |app| Ok(owed::answered(app, &notice, &body))).await {
        Ok(Ok(())) => outcome,
        Ok(Err(why)) => Outcome::Failed(why),
        Err(problem) => Outcome::Failed(problem.cause.unwrap_or(problem.detail)),
    }
}

async fn letter_of(app: &Arc<App>, notice: &NoticeEntry) -> Result<Vec<u8>, Problem> {
    if owed::of(notice).is_none() {
        return Ok(letter::of(notice, &app.rules()));
    }
    let notice = notice.clone();
    app.run(move |app| owed::letter(app, &notice)).await
}

fn taken_by(row: &mut SubscriptionRow) {
    row.delivered += 1;
    (row.failures, row.failing_since, row.next_try) = (0, None, Time(0));
    row.reason.clear();
}

fn pause(app: &App, row: &mut SubscriptionRow, why: &str, done: Done) -> Done {
    row.failed += 1;
    row.reason = why.to_owned();
    (app.log)(&format!("the subscription `{}` is paused: {why}", row.name));
    Done { ends: true, state: Some(PAUSED), ..done }
}

/// Another try later, twice as late as the last; none when it has failed for too long.
fn fail(app: &App, row: &mut SubscriptionRow, settings: &Notices, why: String, done: Done) -> Done {
    let now = app.engine.now();
    let since = *row.failing_since.get_or_insert(now);
    if now.since(since) >= i64::from(settings.give_up_hours) * HOUR_MS {
        let why = format!("nothing could be delivered since {since}: {why}");
        return pause(app, row, &why, done);
    }
    if row.failures == 0 {
        (app.log)(&format!("the subscription `{}` fails and is tried again: {why}", row.name));
    }
    row.next_try = now.plus(pause_ms(settings, row.failures));
    row.failures = row.failures.saturating_add(1);
    row.failed += 1;
    row.reason = why;
    Done { ends: true, ..done }
}

/// Milliseconds of an hour; a fact, not a rule.
const HOUR_MS: i64 = 3_600_000;

/// How long until the next try after so many failures before this one.
fn pause_ms(settings: &Notices, failures: u32) -> i64 {
    let first = i64::from(settings.retry_seconds) * 1_000;
    let most = i64::from(settings.retry_most_seconds) * 1_000;
    let factor = 1_i64.checked_shl(failures.min(32)).unwrap_or(i64::MAX);
    first.saturating_mul(factor).min(most.max(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use huying_core::profile::Status;

    #[test]
    fn pauses_double_up_to_the_most_and_never_overflow() {
        let settings = Notices {
            keep_days: 1,
            answer_seconds: 1,
            retry_seconds: 2,
            retry_most_seconds: 60,
            give_up_hours: 1,
            texts: Vec::new(),
            source: String::new(),
            status: Status::Proposal,
        };
        let pauses: Vec<i64> = [0, 1, 2, 4, 5, 31, 32, u32::MAX].map(|n| pause_ms(&settings, n)).into();
        assert_eq!(pauses, [2_000, 4_000, 8_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
    }
}
