//! The live stream: server-sent events of what happens, by territory, resumed from any position.
//!
//! A stream that falls behind reads the journal in pages, so a slow client costs one page of memory. What
//! items hold is `live.rs` of this room.

use super::PROBLEM;
use super::new_case::find_place;
use crate::app::App;
use crate::call::Call;
use crate::limits::{LIVE_BREATH, MAX_LIVE_PAST};
use crate::live::{Item, NoSeat, Seat};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use huying_core::ids::PlaceId;
use huying_core::rules::Rules;
use serde_json::json;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;

/// What happens to cases, live: public facts as server-sent events
///
/// Each event `case` carries one item and its journal position as id; a client that comes back with
/// `Last-Event-ID`, or with `after`, misses nothing. `ready` says that the past is caught up with; `gap` that
/// the position lay too far back: lists are to be read again. Without a position it begins now.
#[utoipa::path(
    get, path = "/api/v1/live", operation_id = "live", tag = "cases",
    params(
        ("place" = Option<String>, Query, description = "Id or code of a place of the smallest public level or above; all under it counts"),
        ("after" = Option<u64>, Query, description = "A journal position; what came after it is told first"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as browsers send it"),
    ),
    responses(
        (status = 200, body = Item, content_type = "text/event-stream"),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 429, body = Problem, content_type = PROBLEM),
        (status = 503, body = Problem, content_type = PROBLEM),
    ),
    security(()),
)]
pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    mut call: Call,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let rules = app.rules();
    let territory = call.take("place").and_then(|text| match territory(&rules, &text, app.engine.now()) {
        Ok(id) => Some(id),
        Err((problem, accepted)) => {
            call.fault("place", problem, accepted);
            None
        }
    });
    let mut after = call.parse::<u64>("after", "a journal position");
    if let Some(last) = call.header("last-event-id").and_then(|v| v.parse().ok()) {
        after = Some(last);
    }
    call.end(&["place", "after"])?;
    let seat = app.watchers.take(app.codes.sender(call.from)).map_err(|why| match why {
        NoSeat::Full => Problem::new(Kind::Unavailable, "too many live streams are open"),
        NoSeat::TooMany => Problem::new(Kind::TooMany, "too many live streams are open from this address"),
    })?;
    let newest = app.feed.watch();
    let at = *newest.borrow();
    let mut ready = VecDeque::new();
    // A position of a journal that is no longer this one counts as too far back, too.
    let last = after.unwrap_or(at);
    let gap = last > at || at - last > MAX_LIVE_PAST;
    if gap {
        ready.push_back(
            Event::default().event("gap").id(at.to_string()).data(json!({ "position": at }).to_string()),
        );
    }
    let last = if gap { at } else { last };
    let watcher = Watcher { app, territory, newest, last, goal: Some(at), ready, _seat: seat };
    let events = futures_util::stream::unfold(watcher, |mut w| async move { Some((Ok(w.next().await?), w)) });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(LIVE_BREATH)))
}

/// The place that a stream is of. One smaller than what is public would tell where exactly each case lies.
fn territory(rules: &Rules, text: &str, now: huying_core::time::Time) -> Result<PlaceId, (String, String)> {
    let shown = crate::fields::shown(text);
    let Some(id) = find_place(rules, text, now) else {
        let problem = format!("`{shown}` is no place of the city");
        return Err((problem, "the id or code of a place".to_owned()));
    };
    let public = rules.public_place(&id).map(|no| &rules.city.places.get(no).id);
    if public == Some(&id) {
        return Ok(id);
    }
    let level = &rules.profile.public.level;
    let problem = format!("`{shown}` is smaller than the places that are public");
    Err((problem, format!("a place of the level `{level}` or above")))
}

struct Watcher {
    app: Arc<App>,
    territory: Option<PlaceId>,
    newest: watch::Receiver<u64>,
    /// Everything up to here was told.
    last: u64,
    /// Where the present began; told once it is reached.
    goal: Option<u64>,
    ready: VecDeque<Event>,
    _seat: Seat,
}

impl Watcher {
    /// The next event; none when the server stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if *self.app.stopping.borrow() {
                return None;
            }
            if self.goal.take_if(|goal| self.last >= *goal).is_some() {
                let data = json!({ "position": self.last }).to_string();
                return Some(Event::default().event("ready").id(self.last.to_string()).data(data));
            }
            if self.last >= *self.newest.borrow_and_update() {
                let mut stopping = self.app.stopping.clone();
                tokio::select! {
                    changed = self.newest.changed() => changed.ok()?,
                    _ = stopping.changed() => return None,
                }
            }
            self.gather().await?;
        }
    }

    /// Takes what came after the last item told; none when the journal cannot be read.
    async fn gather(&mut self) -> Option<()> {
        if let Some((items, seen)) = self.app.feed.after(self.last) {
            self.tell(items.iter().map(Arc::as_ref));
            self.last = seen.max(self.last);
            return Some(());
        }
        let (app, last) = (self.app.clone(), self.last);
        // A few at a time: after a restart everybody comes back at once.
        let _turn = app.watchers.catching.acquire().await.ok()?;
        let read = move |app: &App| Ok(app.feed.past(&app.engine, last)?);
        let (items, reached) = app.run(read).await.ok()?;
        self.tell(items.iter());
        self.last = reached;
        Some(())
    }

    fn tell<'a>(&mut self, items: impl Iterator<Item = &'a Item>) {
        let rules = self.app.rules();
        let here = self.territory.as_ref();
        let wanted = items.filter(|i| here.is_none_or(|place| i.within(&rules, place)));
        let event = |item: &Item| {
            let data = serde_json::to_string(item).unwrap_or_default();
            Event::default().event("case").id(item.position.to_string()).data(data)
        };
        self.ready.extend(wanted.map(event));
    }
}
