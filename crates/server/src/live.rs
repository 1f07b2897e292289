//! What has just happened, kept a while for whoever watches: public facts alone, in order of the journal.
//!
//! Batches come from the engine once they are durable. A thread of its own turns them into [`Item`]s, so that
//! the writer never waits for a watcher, and keeps the last of them. A watcher that is further behind reads
//! the journal itself ([`past`]); so nothing is missed and no queue grows. What is public is the profile's
//! word. The stream itself is `api/live.rs`.

use crate::limits::{LIVE_KEPT, MAX_KNOWN_CASES, MAX_PAGE};
use crate::plain::{self, Said};
use compact_str::CompactString;
use huying_atlas::{NearIndex, datum};
use huying_core::case::event::{Datum, Event, Identity, Location, Point, Record};
use huying_core::case::record::read;
use huying_core::case::state::Spine;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::{CaseId, PlaceId, Seq};
use huying_core::place::{PlaceNo, TreeNo};
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::store::{CaseFilter, CaseRow, StoreError};
use huying_engine::{Engine, Published};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
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
    exact: Option<PlaceId>,
}

impl Item {
    /// Whether it lies in a territory.
    pub(crate) fn within(&self, rules: &Rules, tree: TreeNo, territory: PlaceNo) -> bool {
        let places = &rules.city.places;
        let place = self.exact.as_ref().and_then(|p| places.find(p));
        place.is_some_and(|p| places.contains(tree, territory, p))
    }
}

/// A record, from the engine's hand or from the journal.
struct Happened<'a> {
    seq: Seq,
    case: CaseId,
    at: Time,
    events: &'a [Event],
}

impl<'a> Happened<'a> {
    fn of(published: &'a Published) -> Happened<'a> {
        let Published { seq, case, recorded_at, events, .. } = published;
        Happened { seq: *seq, case: *case, at: *recorded_at, events }
    }
}

/// What a case's first records say and its row does not.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    point: Option<Point>,
    accuses: bool,
}

impl Known {
    fn learn(&mut self, event: &Event) {
        let mut at = |location: &Location| self.point = location.point.or(self.point);
        match event {
            Event::Reported(reported) => {
                at(&reported.location);
                self.accuses = reported.about.is_some();
            }
            Event::Moved { location } => self.point = location.point,
            Event::Observed { observation, .. } => self.point = observation.point.get().copied(),
            _ => {}
        }
    }
}

/// A case that is open now, as anybody may know it.
#[derive(Debug, Clone)]
pub(crate) struct OpenCase {
    pub(crate) number: CompactString,
    pub(crate) state: CompactString,
    pub(crate) matter: Option<CompactString>,
    pub(crate) urgency: Option<CompactString>,
    pub(crate) due: Option<Time>,
    place: Option<PlaceNo>,
}

/// All open cases that are public: by id, by point, and counted for each place and all above it.
#[derive(Debug, Default)]
pub(crate) struct OpenCases {
    pub(crate) cases: HashMap<u64, OpenCase>,
    pub(crate) points: NearIndex,
    counts: HashMap<PlaceNo, u32>,
}

impl OpenCases {
    /// Open cases in a place and under it; none where none was counted, as below the public level.
    pub(crate) fn under(&self, place: PlaceNo) -> Option<u32> {
        self.counts.get(&place).copied()
    }

    fn put(&mut self, rules: &Rules, id: u64, case: OpenCase, point: Option<Point>) {
        self.remove(rules, id);
        if let Some(point) = point {
            self.points.insert(id, [point.lon, point.lat]);
        }
        for over in above(rules, case.place) {
            *self.counts.entry(over).or_default() += 1;
        }
        self.cases.insert(id, case);
    }

    fn remove(&mut self, rules: &Rules, id: u64) {
        self.points.remove(id);
        let Some(case) = self.cases.remove(&id) else { return };
        for over in above(rules, case.place) {
            if let Some(count) = self.counts.get_mut(&over) {
                *count = count.saturating_sub(1);
            }
        }
    }
}

/// A place and all above it, in every tree.
fn above(rules: &Rules, place: Option<PlaceNo>) -> BTreeSet<PlaceNo> {
    let places = &rules.city.places;
    let lines = place.into_iter().flat_map(|place| places.trees().map(move |(tree, _)| (tree, place)));
    lines.flat_map(|(tree, place)| places.line(tree, place)).collect()
}

/// The last items, and what is known of the cases they are of.
#[derive(Debug, Default)]
struct Kept {
    items: VecDeque<Arc<Item>>,
    /// Every public item after this position, up to `seen`, is in `items`.
    floor: u64,
    seen: u64,
    cases: HashMap<CaseId, Known>,
}

/// The feed of a server.
pub(crate) struct Feed {
    kept: Mutex<Kept>,
    open: RwLock<OpenCases>,
    newest: watch::Sender<u64>,
}

impl Feed {
    /// A feed that follows `engine` from its present position on.
    ///
    /// # Errors
    /// The store's faults; the system's, when it gives no thread.
    pub(crate) fn follow(engine: &Arc<Engine>) -> Result<Arc<Feed>, crate::ServerError> {
        let at = engine.position().map_err(crate::ServerError::Engine)?.0;
        let kept = Kept { floor: at, seen: at, ..Kept::default() };
        let feed = Arc::new(Feed {
            kept: Mutex::new(kept),
            open: RwLock::default(),
            newest: watch::Sender::new(at),
        });
        let (tell, told) = channel::<Vec<Published>>();
        engine.subscribe(Box::new(move |batch| drop(tell.send(batch.to_vec()))));
        // Weak: the thread must not keep alive the engine whose end it waits for.
        let (keeper, weak) = (feed.clone(), Arc::downgrade(engine));
        let run = move || keep(&keeper, &weak, &told);
        std::thread::Builder::new()
            .name("huying-live".into())
            .spawn(run)
            .map_err(crate::ServerError::Runtime)?;
        Ok(feed)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The open cases, as far as they were counted since the start.
    pub(crate) fn open(&self) -> RwLockReadGuard<'_, OpenCases> {
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes where a case stands now.
    fn note(&self, engine: &Engine, rules: &Rules, row: &CaseRow, known: Known) {
        let public = !known.accuses && row.about.is_none() && shown(rules, row);
        let ended = [Spine::Closed, Spine::Void].iter().any(|s| s.as_str() == row.state);
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if ended || !public {
            return open.remove(rules, row.case_id.0);
        }
        let place = row.place.as_ref().and_then(|p| rules.public_place(p));
        let point = known.point.filter(|_| rules.profile.public.points);
        let case = OpenCase {
            number: row.number.clone().unwrap_or_default(),
            state: row.state.clone(),
            matter: row.matter.as_ref().map(|m| m.as_str().into()),
            urgency: row.urgency.clone(),
            due: row.due_at,
            place,
        };
        open.put(rules, row.case_id.0, case, point.map(|p| datum::convert(p, city_datum(engine))));
    }

    /// Counts the cases that are open at the start.
    fn count(&self, engine: &Engine) -> Result<(), huying_engine::EngineError> {
        let filter = CaseFilter { open_only: true, ..CaseFilter::default() };
        let (rules, mut after) = (engine.rules(), None);
        loop {
            let page = engine.list(&filter, after, MAX_PAGE, None)?;
            for row in &page.rows {
                let known = self.known(engine, row.case_id, &[])?;
                self.note(engine, &rules, row, known);
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Tells of every newest position; ends when the feed ends.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// The items after a position and up to where they reach; none when they lie too far back to be kept.
    pub(crate) fn after(&self, position: u64) -> Option<(Vec<Arc<Item>>, u64)> {
        let kept = self.kept();
        let start = kept.items.partition_point(|i| i.position <= position);
        (position >= kept.floor).then(|| (kept.items.range(start..).cloned().collect(), kept.seen))
    }

    fn take(&self, engine: &Engine, batch: &[Published]) {
        let Some(last) = batch.iter().map(|p| p.seq.0).max() else { return };
        let rules = engine.rules();
        let made: Vec<Arc<Item>> = batch
            .iter()
            .filter_map(|p| self.item(engine, &rules, &Happened::of(p), true))
            .map(Arc::new)
            .collect();
        let mut kept = self.kept();
        kept.items.extend(made);
        kept.seen = kept.seen.max(last);
        while kept.items.len() > LIVE_KEPT {
            kept.floor = kept.items.pop_front().map_or(kept.floor, |i| i.position);
        }
        drop(kept);
        self.newest.send_replace(last);
    }

    /// The public item of a record; none when nothing of it is public, or it cannot be read now.
    fn item(&self, engine: &Engine, rules: &Rules, step: &Happened<'_>, live: bool) -> Option<Item> {
        let mut what: Vec<&'static str> = step.events.iter().filter_map(word).collect();
        what.dedup();
        let row = engine.read(|r| r.case(step.case)).ok()??;
        let known = self.known(engine, step.case, step.events).ok()?;
        if live {
            self.note(engine, rules, &row, known);
        }
        if what.is_empty() || known.accuses || row.about.is_some() || !shown(rules, &row) {
            return None;
        }
        Some(item(rules, (engine.now(), city_datum(engine)), step, &row, known, what))
    }

    fn known(&self, engine: &Engine, case: CaseId, events: &[Event]) -> Result<Known, StoreError> {
        let held = self.kept().cases.get(&case).copied();
        let mut known = match held {
            Some(known) => known,
            None => {
                let mut known = Known::default();
                for record in
                    engine.read(|r| r.load(case.stream()))?.iter().filter_map(|s| read(&s.payload).ok())
                {
                    record.events.iter().for_each(|e| known.learn(e));
                }
                known
            }
        };
        events.iter().for_each(|e| known.learn(e));
        let cases = &mut self.kept().cases;
        if cases.len() >= MAX_KNOWN_CASES {
            cases.clear();
        }
        cases.insert(case, known);
        Ok(known)
    }

    /// Reads at most `limit` records of the journal after a position: the public items among them, and up to
    /// where was read.
    ///
    /// # Errors
    /// The store's faults.
    pub(crate) fn past(
        &self,
        engine: &Engine,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<Item>, u64), StoreError> {
        let rules = engine.rules();
        let (mut records, mut reached): (Vec<(Seq, Record)>, u64) = (Vec::new(), after);
        let mut left = limit;
        engine.read(|r| {
            r.records_from(Seq(after + 1), &mut |stored| {
                reached = stored.seq.0;
                records.extend(read(&stored.payload).ok().map(|record| (stored.seq, record)));
                left = left.saturating_sub(1);
                left > 0
            })
        })?;
        let of = |(seq, record): (Seq, Record)| {
            let (case, at, events) = (CaseId(record.stream.0), record.recorded_at, &record.events);
            self.item(engine, &rules, &Happened { seq, case, at, events }, false)
        };
        Ok((records.into_iter().filter_map(of).collect(), reached))
    }
}

/// The datum that points are given out in.
fn city_datum(engine: &Engine) -> Datum {
    engine.atlas().map_or(Datum::Wgs84, |a| a.datum())
}

fn keep(feed: &Feed, engine: &std::sync::Weak<Engine>, told: &Receiver<Vec<Published>>) {
    if let Some(engine) = engine.upgrade() {
        // What could not be counted is counted when something happens to it.
        let _ = feed.count(&engine);
    }
    while let Ok(mut batch) = told.recv() {
        while let Ok(more) = told.try_recv() {
            batch.extend(more);
        }
        let Some(engine) = engine.upgrade() else { return };
        feed.take(&engine, &batch);
    }
}

fn shown(rules: &Rules, row: &CaseRow) -> bool {
    let identities = [Identity::Confidential, Identity::Anonymous];
    let identity = row.confidentiality.as_deref();
    let identity = identities.into_iter().find(|i| Some(i.as_str()) == identity).unwrap_or_default();
    rules.is_public(row.request_type.as_deref().unwrap_or_default(), identity)
}

fn item(
    rules: &Rules,
    (now, city_datum): (Time, Datum),
    step: &Happened<'_>,
    row: &CaseRow,
    known: Known,
    what: Vec<&'static str>,
) -> Item {
    let places = &rules.city.places;
    let place = row.place.as_ref().and_then(|p| rules.public_place(p)).map(|no| places.get(no));
    let point = known.point.filter(|_| rules.profile.public.points).map(|p| datum::convert(p, city_datum));
    let open = row.closed_at.is_none();
    Item {
        position: step.seq.0,
        case: row.case_id.0,
        number: row.number.as_deref().unwrap_or_default().to_owned(),
        state: row.state.to_string(),
        what,
        matter: row.matter.as_ref().map(ToString::to_string),
        matter_name: row.matter.as_ref().map(|m| plain::matter(rules, m)),
        place: place.map(|p| p.id.to_string()),
        place_name: place
            .map(|p| Said::new(p.name.as_str(), p.name_en.as_deref().unwrap_or(p.name.as_str()))),
        lon: point.map(|p| degrees(p.lon)),
        lat: point.map(|p| degrees(p.lat)),
        urgency: row.urgency.as_ref().map(ToString::to_string),
        channel: row.channel.to_string(),
        at: crate::api::instant(step.at),
        overdue: open && row.due_at.is_some_and(|due| due < now),
        exact: row.place.clone(),
    }
}

/// Degrees are kept in ten-millionths, a fact of the format.
pub(crate) fn degrees(part: i32) -> f64 {
    f64::from(part) / 1e7
}

/// What an event is called in the stream; none for what is of no interest outside.
fn word(event: &Event) -> Option<&'static str> {
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
