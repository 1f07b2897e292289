//! The thread that follows the journal for whoever watches, and counts the open cases at the start.
//!
//! It goes in small turns: a page of the journal, a page of open cases, now and then a fresh snapshot. So no
//! work of the start keeps news waiting, and it stops within a turn. Every case is read as it stands now, so
//! that what is noted last is never older than what was noted before.

use super::known::{Known, Memory};
use super::open::{Change, OpenCase, Pair, above, public_places};
use super::{Feed, Happened, city_datum, item, page, shown};
use crate::app::Log;
use crate::limits::{LIVE_IDLE, LIVE_TRIES, MAX_PAGE, OPEN_EVERY};
use huying_atlas::datum;
use huying_core::case::state::Spine;
use huying_core::ids::{CaseId, Seq};
use huying_core::rules::Rules;
use huying_engine::limits::VIEWS_STANDSTILL;
use huying_engine::store::{CaseFilter, CaseRow, PageKey, StoreError};
use huying_engine::{Engine, EngineError};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How far the count of the open cases is.
enum Count {
    /// The lists do not show everything up to `until` yet; where they stood when they last moved.
    Behind {
        until: Seq,
        at: Seq,
        moved: Instant,
    },
    /// The next page begins here.
    Paging(Option<PageKey>),
    Done,
}

pub(super) struct Keeper {
    feed: Arc<Feed>,
    log: Log,
    open: Pair,
    known: Memory,
    /// The rules the cases were counted under.
    rules: Option<Arc<Rules>>,
    count: Count,
    counted: u64,
    seen: u64,
    /// How often in a row the journal could not be followed.
    failed: u32,
    /// Whether it was said already that the open cases cannot be counted.
    said: bool,
    published: Instant,
    begun: Instant,
}

impl Keeper {
    pub(super) fn new(feed: Arc<Feed>, log: Log, seen: u64) -> Keeper {
        let now = Instant::now();
        Keeper {
            feed,
            log,
            open: Pair::default(),
            known: Memory::default(),
            rules: None,
            count: Count::Done,
            counted: 0,
            seen,
            failed: 0,
            said: false,
            published: now,
            begun: now,
        }
    }

    /// Goes on until the feed is stopped or the engine has ended.
    pub(super) fn run(mut self, engine: &Weak<Engine>, woken: &Receiver<()>) {
        loop {
            if self.feed.stops() {
                return;
            }
            let Some(engine) = engine.upgrade() else { return };
            let wait = self.turn(&engine);
            drop(engine);
            if woken.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected) {
                return;
            }
        }
    }

    /// Does a little of everything there is to do; says how long it may wait for more.
    fn turn(&mut self, engine: &Arc<Engine>) -> Duration {
        let rules = engine.rules();
        if self.rules.as_ref().is_none_or(|held| !Arc::ptr_eq(held, &rules)) {
            // Places have other numbers under another edition, and other cases may be public.
            self.open.change(Change::Reset(public_places(&rules)));
            self.rules = Some(rules.clone());
            self.begin_count();
        }
        let mut busy = match self.follow(engine, &rules) {
            Ok(more) => more,
            Err(error) => {
                self.failed += 1;
                if self.failed == 1 {
                    (self.log)(&format!("error: the live stream cannot follow the journal: {error}"));
                }
                false
            }
        };
        match self.count(engine, &rules) {
            Ok(more) => busy |= more,
            Err(error) => {
                if !std::mem::replace(&mut self.said, true) {
                    (self.log)(&format!("error: the open cases are counted again: {error}"));
                }
                self.begin_count();
            }
        }
        if self.published.elapsed() >= OPEN_EVERY {
            self.open.publish(&self.feed.open);
            self.published = Instant::now();
        }
        if busy {
            Duration::ZERO
        } else if self.open.is_due() {
            OPEN_EVERY.saturating_sub(self.published.elapsed())
        } else {
            LIVE_IDLE
        }
    }

    /// Takes in a page of what came since; says whether there may be more.
    fn follow(&mut self, engine: &Engine, rules: &Rules) -> Result<bool, StoreError> {
        let (steps, reached) = engine.read(|r| page(r, self.seen))?;
        if reached == self.seen {
            return Ok(false);
        }
        let made = steps.iter().map(|step| self.take(engine, rules, step)).collect::<Result<Vec<_>, _>>();
        match made {
            Ok(items) => {
                self.feed.kept().put(items.into_iter().flatten().map(Arc::new).collect(), reached);
                self.failed = 0;
            }
            Err(error) if self.failed < LIVE_TRIES => return Err(error),
            // Something of this page cannot be read: whoever watches finds out in the journal.
            Err(_) => {
                self.feed.kept().skip_to(reached);
                self.known = Memory::default();
                self.failed = 0;
                self.begin_count();
            }
        }
        self.seen = reached;
        self.feed.newest.send_replace(reached);
        Ok(true)
    }

    /// Notes where the case of a record stands now, and makes the item.
    fn take(
        &mut self,
        engine: &Engine,
        rules: &Rules,
        step: &Happened,
    ) -> Result<Option<super::Item>, StoreError> {
        let case = step.case();
        let Some(row) = engine.read(|r| r.case(case))? else { return Ok(None) };
        let known = match self.known.get(case) {
            Some(mut known) => {
                step.record.events.iter().for_each(|e| known.learn(e));
                known
            }
            // The journal holds this record already, and perhaps later ones.
            None => engine.read(|r| Known::load(r, case))?,
        };
        self.known.put(case, known);
        self.note(engine, rules, &row, known);
        Ok(item(engine, rules, step, &row, known))
    }

    /// Notes where a case stands now.
    fn note(&mut self, engine: &Engine, rules: &Rules, row: &CaseRow, known: Known) {
        let ended = [Spine::Closed, Spine::Void].iter().any(|s| s.as_str() == row.state);
        if ended || known.accuses || known.restricted || !shown(rules, row) {
            return self.open.change(Change::Remove(row.case_id.0));
        }
        let point = known.point.filter(|_| rules.profile.public.points);
        let case = OpenCase {
            number: row.number.clone().unwrap_or_default(),
            state: row.state.clone(),
            matter: row.matter.as_ref().map(|m| m.as_str().into()),
            urgency: row.urgency.clone(),
            due: row.due_at,
            over: above(rules, row.place.as_ref().and_then(|p| rules.public_place(p))),
        };
        let at = point.map(|p| datum::convert(p, city_datum(engine))).map(|p| [p.lon, p.lat]);
        self.open.change(Change::Put(row.case_id.0, case, at));
    }

    fn begin_count(&mut self) {
        let at = Instant::now();
        self.count = Count::Behind { until: Seq(self.seen), at: Seq(0), moved: at };
        (self.counted, self.begun) = (0, at);
    }

    /// Counts a page of the cases that are open; says whether there are more.
    fn count(&mut self, engine: &Engine, rules: &Rules) -> Result<bool, EngineError> {
        match self.count {
            Count::Done => Ok(false),
            Count::Behind { until, at, moved } => {
                // After a restore or an upgrade the lists are still being made.
                let now = engine.views(None, |v| v.watermark())?;
                if now >= until || (now == at && moved.elapsed() > VIEWS_STANDSTILL) {
                    self.count = Count::Paging(None);
                    return Ok(true);
                }
                if now != at {
                    self.count = Count::Behind { until, at: now, moved: Instant::now() };
                }
                Ok(false)
            }
            Count::Paging(after) => {
                let filter = CaseFilter { open_only: true, ..CaseFilter::default() };
                let page = engine.list(&filter, after, MAX_PAGE, None)?;
                let cases: Vec<CaseId> = page.rows.iter().map(|r| r.case_id).collect();
                self.counted += cases.len() as u64;
                for (row, known) in self.stand(engine, rules, &cases)? {
                    self.note(engine, rules, &row, known);
                }
                self.count = page.next.map_or(Count::Done, |next| Count::Paging(Some(next)));
                if page.next.is_none() {
                    let (n, seconds) = (self.counted, self.begun.elapsed().as_secs_f64());
                    self.said = false;
                    (self.log)(&format!("live: {n} open cases counted in {seconds:.1} s"));
                }
                Ok(page.next.is_some())
            }
        }
    }

    /// How cases stand in the ledger now: lists may lag behind what was noted already.
    fn stand(
        &self,
        engine: &Engine,
        rules: &Rules,
        cases: &[CaseId],
    ) -> Result<Vec<(CaseRow, Known)>, StoreError> {
        engine.read(|reader| {
            let mut all = Vec::with_capacity(cases.len());
            for case in cases {
                let Some(row) = reader.case(*case)? else { continue };
                let held = self.known.get(*case);
                let known = match held {
                    Some(known) => known,
                    None if shown(rules, &row) => Known::load(reader, *case)?,
                    None => Known::default(),
                };
                all.push((row, known));
            }
            Ok(all)
        })
    }
}
