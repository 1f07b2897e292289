//! What has just happened, kept a while for whoever watches: public facts alone, in order of the journal.
//!
//! A thread of its own follows the journal, woken by every batch, and turns records into [`Item`]s; so the
//! writer never waits for a watcher, and nothing grows while the thread is behind. The last items are kept; a
//! watcher that is further behind reads the journal itself ([`Feed::past`]). The same thread counts the open
//! cases (`live/follow.rs`, `live/open.rs`). What is public is the profile's word. The stream itself is
//! `api/live.rs`; how many there may be is `live/seats.rs`.

mod follow;
mod known;
mod open;
mod seats;

pub(crate) use open::OpenCases;
pub(crate) use seats::{NoSeat, Seat, Seats};

use crate::app::Log;
use crate::limits::{LIVE_KEPT, LIVE_PAGE};
use crate::plain::{self, Said};
use follow::Keeper;
use huying_atlas::datum;
use huying_core::case::event::{Datum, Event, Identity, Record};
use huying_core::case::record::read;
use huying_core::case::routine::ROUTINE;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::{CaseId, PlaceId, Seq};
use huying_core::rules::Rules;
use huying_engine::Engine;
use huying_engine::store::{CaseRow, Reader, StoreError};
use known::Known;
use serde::Serialize;
use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::watch;
use utoipa::ToSchema;

/// One thing that happened to a case, as anybody may know it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Item {
    /// Its position in the journal.
    pub(crate) position: u64,
    /// The id of the case within the journal.
    case: u64,
    /// The public number.
    number: String,
    /// Where the case stands now.
    state: String,
    /// What happened: `reported`, `registered`, `dispatched`, `signed`, `answered`, `rated`, `closed`, …
    what: Vec<&'static str>,
    /// The matter.
    matter: Option<String>,
    /// Its names.
    matter_name: Option<Said>,
    /// The place, no smaller than the profile makes public.
    place: Option<String>,
    /// Its names.
    place_name: Option<Said>,
    /// East longitude in degrees, in the city's datum.
    lon: Option<f64>,
    /// North latitude in degrees.
    lat: Option<f64>,
    /// How pressing it is.
    urgency: Option<String>,
    /// How the call came.
    channel: String,
    /// When it was recorded.
    #[schema(format = DateTime)]
    at: String,
    /// Whether the promise to the caller is missed now.
    overdue: bool,
    #[serde(skip)]
    lies: Option<PlaceId>,
}

impl Item {
    /// Whether it lies in a territory, as far as its public place tells.
    pub(crate) fn within(&self, rules: &Rules, territory: &PlaceId) -> bool {
        self.lies.as_ref().is_some_and(|place| rules.lies_in(place, territory))
    }
}

/// A record of a case and its place in the journal.
struct Happened {
    seq: Seq,
    record: Record,
}

impl Happened {
    fn case(&self) -> CaseId {
        CaseId(self.record.stream.0)
    }
}

/// Reads at most a page of records after a position, and up to where was read.
fn page(reader: &Reader, after: u64) -> Result<(Vec<Happened>, u64), StoreError> {
    let (mut steps, mut reached, mut left) = (Vec::new(), after, LIVE_PAGE);
    reader.records_from(Seq(after + 1), &mut |stored| {
        reached = stored.seq.0;
        steps.extend(read(&stored.payload).ok().map(|record| Happened { seq: stored.seq, record }));
        left -= 1;
        left > 0
    })?;
    Ok((steps, reached))
}

/// The last items.
#[derive(Debug, Default)]
struct Kept {
    items: VecDeque<Arc<Item>>,
    /// Every public item after this position, up to `seen`, is in `items`.
    floor: u64,
    seen: u64,
}

impl Kept {
    fn put(&mut self, items: Vec<Arc<Item>>, reached: u64) {
        self.items.extend(items);
        self.seen = self.seen.max(reached);
        while self.items.len() > LIVE_KEPT {
            self.floor = self.items.pop_front().map_or(self.floor, |i| i.position);
        }
    }

    /// Goes on from a position without what came before it: whoever wants that reads the journal.
    fn skip_to(&mut self, reached: u64) {
        self.items.clear();
        (self.floor, self.seen) = (reached, reached);
    }

    /// At most a page of items after a position, and up to where they reach; none when they are not kept.
    fn after(&self, position: u64) -> Option<(Vec<Arc<Item>>, u64)> {
        if position < self.floor {
            return None;
        }
        let start = self.items.partition_point(|i| i.position <= position);
        let items: Vec<_> = self.items.range(start..).take(LIVE_PAGE).cloned().collect();
        let cut = start + items.len() < self.items.len();
        let reached = items.last().filter(|_| cut).map_or(self.seen, |i| i.position);
        Some((items, reached))
    }
}

/// The feed of a server.
pub(crate) struct Feed {
    kept: Mutex<Kept>,
    open: Mutex<Arc<OpenCases>>,
    newest: watch::Sender<u64>,
    wake: SyncSender<()>,
    stopping: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Feed {
    /// A feed that follows `engine` from its present position on.
    ///
    /// # Errors
    /// The store's faults; the system's, when it gives no thread.
    pub(crate) fn follow(engine: &Arc<Engine>, log: Log) -> Result<Arc<Feed>, crate::ServerError> {
        // One word is enough: whoever is woken reads all there is.
        let (wake, woken) = sync_channel(1);
        let tell = wake.clone();
        engine.subscribe(Box::new(move |_| {
            let _ = tell.try_send(());
        }));
        let at = engine.position().map_err(crate::ServerError::Engine)?.0;
        let feed = Arc::new(Feed {
            kept: Mutex::new(Kept { floor: at, seen: at, ..Kept::default() }),
            open: Mutex::default(),
            newest: watch::Sender::new(at),
            wake,
            stopping: AtomicBool::new(false),
            thread: Mutex::default(),
        });
        // Weak: the thread must not keep alive the engine whose end it waits for.
        let (weak, keeper) = (Arc::downgrade(engine), Keeper::new(feed.clone(), log, at));
        let thread = std::thread::Builder::new()
            .name("huying-live".into())
            .spawn(move || keeper.run(&weak, &woken))
            .map_err(crate::ServerError::Runtime)?;
        *feed.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(feed)
    }

    /// Ends the thread and waits for it, so that it never is the last to hold the engine.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _ = self.wake.try_send(());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A thread that panicked holds nothing any more.
        let _ = thread.map(JoinHandle::join);
    }

    fn stops(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The open cases as they stood a moment ago, as far as they were counted since the start.
    pub(crate) fn open(&self) -> Arc<OpenCases> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells of every newest position; ends when the feed ends.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// At most a page of items after a position, and up to where they reach; none when they lie too far back
    /// to be kept.
    pub(crate) fn after(&self, position: u64) -> Option<(Vec<Arc<Item>>, u64)> {
        self.kept().after(position)
    }

    /// Reads a page of the journal after a position: the public items in it, and up to where was read. Leaves
    /// no trace: what the feed knows of cases is what is true now, and this is of the past.
    ///
    /// # Errors
    /// The store's faults; nothing is left out because of one.
    pub(crate) fn past(&self, engine: &Engine, after: u64) -> Result<(Vec<Item>, u64), StoreError> {
        let rules = engine.rules();
        let (steps, reached) = engine.read(|r| page(r, after))?;
        let mut cases: HashMap<CaseId, Option<(CaseRow, Known)>> = HashMap::new();
        let mut items = Vec::new();
        for step in &steps {
            let case = step.case();
            let stands = || {
                engine.read(|r| {
                    let Some(row) = r.case(case)? else { return Ok(None) };
                    // What is not public need not be known any better.
                    let known = if shown(&rules, &row) { Known::load(r, case)? } else { Known::default() };
                    Ok(Some((row, known)))
                })
            };
            let held = match cases.entry(case) {
                Entry::Occupied(held) => held.into_mut(),
                Entry::Vacant(free) => free.insert(stands()?),
            };
            if let Some((row, known)) = held {
                items.extend(item(engine, &rules, step, row, *known));
            }
        }
        Ok((items, reached))
    }
}

/// The datum that points are given out in.
fn city_datum(engine: &Engine) -> Datum {
    engine.atlas().map_or(Datum::Wgs84, |a| a.datum())
}

/// Whether anybody may see the case, as far as its row tells.
fn shown(rules: &Rules, row: &CaseRow) -> bool {
    let identities = [Identity::Confidential, Identity::Anonymous];
    let identity = row.confidentiality.as_deref();
    let identity = identities.into_iter().find(|i| Some(i.as_str()) == identity).unwrap_or_default();
    let call = row.procedure.as_str() != ROUTINE;
    let open = call && row.about.is_none() && row.restricted_to.is_none();
    open && rules.is_public(row.request_type.as_deref().unwrap_or_default(), identity)
}

/// The public item of a record; none when nothing of it is public.
fn item(engine: &Engine, rules: &Rules, step: &Happened, row: &CaseRow, known: Known) -> Option<Item> {
    let mut what: Vec<&'static str> = step.record.events.iter().filter_map(word).collect();
    what.dedup();
    if what.is_empty() || known.accuses || known.restricted || !shown(rules, row) {
        return None;
    }
    let places = &rules.city.places;
    let place = row.place.as_ref().and_then(|p| rules.public_place(p)).map(|no| places.get(no));
    let point = known.point.filter(|_| rules.profile.public.points);
    let point = point.map(|p| datum::convert(p, city_datum(engine)));
    let open = row.closed_at.is_none();
    Some(Item {
        position: step.seq.0,
        case: row.case_id.0,
        number: row.number.as_deref().unwrap_or_default().to_owned(),
        state: row.state.to_string(),
        what,
        matter: row.matter.as_ref().map(ToString::to_string),
        matter_name: row.matter.as_ref().map(|m| plain::matter(rules, m)),
        place: place.map(|p| p.id.to_string()),
        place_name: place.map(plain::place),
        lon: point.map(|p| degrees(p.lon)),
        lat: point.map(|p| degrees(p.lat)),
        urgency: row.urgency.as_ref().map(ToString::to_string),
        channel: row.channel.to_string(),
        at: crate::api::instant(step.record.recorded_at),
        overdue: open && row.due_at.is_some_and(|due| due < engine.now()),
        lies: place.map(|p| p.id.clone()),
    })
}

/// Degrees are kept in ten-millionths, a fact of the format.
pub(crate) fn degrees(part: i32) -> f64 {
    f64::from(part) / 1e7
}

/// Every word that [`Item::what`] may hold.
pub(crate) const SAID: [&str; 19] = [
    "reported",
    "observed",
    "registered",
    "dispatched",
    "signed",
    "rung",
    "climbed",
    "whistle",
    "summons",
    "on_site",
    "supervised",
    "clock",
    "moved",
    "answered",
    "rated",
    "sent_back",
    "closed",
    "void",
    "reopened",
];

/// What an event is called in the stream; none for what is of no interest outside.
pub(crate) fn word(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Reported(_) => "reported",
        Event::Observed { .. } => "observed",
        Event::Opened {} => "registered",
        Event::Answered { .. } => "answered",
        Event::VerdictGiven { .. } => "rated",
        Event::SentBack { .. } => "sent_back",
        Event::Closed { .. } => "closed",
        Event::Voided { .. } => "void",
        Event::Reopened { .. } => "reopened",
        Event::Moved { .. } => "moved",
        Event::ThreadOpened(opened) => match opened.kind {
            ThreadKind::Handling => "dispatched",
            ThreadKind::Whistle => "whistle",
            ThreadKind::Summons => "summons",
            ThreadKind::Rung => "rung",
            ThreadKind::Supervision => "supervised",
            _ => return None,
        },
        Event::ThreadMoved { step, .. } => match step {
            Step::Signed => "signed",
            Step::OnSite => "on_site",
            Step::Climbed => "climbed",
            _ => return None,
        },
        Event::ClockFired { .. } => "clock",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
