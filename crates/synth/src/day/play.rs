//! Plays a city: calls come in, workers do what the policy says, all through the engine's own commands.
//!
//! In steps: everything that is due by the end of a step is sent together. Whatever changes a case (a deed,
//! a clock, a person at a screen) makes the policy look at it again. `fill` puts the clock forward step by
//! step as fast as the engine takes it; `live` follows a clock that runs.

use super::calls::{Call, Calls};
use super::clock::FastTime;
use super::tally::Tally;
use super::town::Town;
use huying_core::case::apply::apply_record;
use huying_core::case::record::{RecordError, read};
use huying_core::case::state::Case;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::CaseId;
use huying_core::time::Time;
use huying_engine::store::{CaseFilter, StoreError};
use huying_engine::{Engine, EngineError, Rejected, Submission, TimeSource as _};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Cases of a page when a city is taken up again.
const PAGE: usize = 200;
/// How long a running city rests between two looks.
const REST: Duration = Duration::from_millis(40);
/// An hour in milliseconds.
const HOUR_MS: i64 = 3_600_000; // a fact, not a rule

/// Why a city could not be played on.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The engine failed.
    #[error("the engine failed")]
    Engine(#[from] EngineError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The engine takes nothing any more.
    #[error("the engine takes nothing any more")]
    Rejected(#[from] Rejected),
    /// A record does not read.
    #[error("a record of case {0} does not read")]
    Record(CaseId, #[source] RecordError),
}

/// Somebody's next deed on a case.
struct Waiting {
    submission: Submission,
    command: &'static str,
    /// Only the newest plan of a case counts.
    plan: u64,
}

/// Plays a city.
pub struct Player {
    engine: Arc<Engine>,
    clock: Arc<FastTime>,
    town: Town,
    per_day: f64,
    due: BinaryHeap<Reverse<(Time, CaseId, u64)>>,
    waiting: HashMap<CaseId, Waiting>,
    tries: HashMap<CaseId, u8>,
    plans: u64,
    calls: VecDeque<Call>,
    hour: Time,
    touched: Receiver<CaseId>,
    /// What became of it so far.
    pub tally: Tally,
}

impl Player {
    /// A player over an engine that runs by `clock`. Calls come from `from` on.
    pub fn new(engine: Arc<Engine>, clock: Arc<FastTime>, town: Town, per_day: f64, from: Time) -> Player {
        let (tell, touched) = channel();
        engine.subscribe(Box::new(move |published| {
            for record in published {
                // A player that has gone needs to hear nothing.
                let _ = tell.send(record.case);
            }
        }));
        let hour = Calls::hour_of(&town.rules, from);
        let mut player = Player {
            engine,
            clock,
            town,
            per_day,
            due: BinaryHeap::new(),
            waiting: HashMap::new(),
            tries: HashMap::new(),
            plans: 0,
            calls: VecDeque::new(),
            hour,
            touched,
            tally: Tally::default(),
        };
        player.call_up(from);
        player.calls.retain(|c| c.at >= from);
        player
    }

    /// The town it plays.
    pub fn town(&self) -> &Town {
        &self.town
    }

    /// How many deeds wait to be done.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes up the cases that are open in the engine.
    ///
    /// # Errors
    /// What the store or a record has against it.
    pub fn take_up(&mut self) -> Result<usize, PlayError> {
        let seen = self.engine.catch_up()?;
        let filter = CaseFilter { open_only: true, ..CaseFilter::default() };
        let (mut after, mut cases, now) = (None, BTreeSet::new(), self.clock.now());
        loop {
            let page = self.engine.list(&filter, after, PAGE, Some(seen))?;
            cases.extend(page.rows.iter().map(|r| r.case_id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut soonest = None;
        loop {
            let page = self.engine.read(|r| r.routines(None, soonest, PAGE))?;
            let last = page.last().map(|r| (r.due_at.unwrap_or(Time(i64::MIN)), r.case_id));
            cases.extend(page.iter().map(|r| r.case_id));
            if last.is_none() || last == soonest {
                break;
            }
            soonest = last;
        }
        for case in &cases {
            self.plan(*case, now)?;
        }
        self.tally.happened.clear();
        Ok(cases.len())
    }

    /// Plays until `to` as fast as the engine takes it, `step_ms` of the city's clock at a time; `told` hears
    /// of every step.
    ///
    /// # Errors
    /// What the engine has against it.
    pub fn fill(
        &mut self,
        to: Time,
        step_ms: i64,
        told: &mut dyn FnMut(Time, &Tally),
    ) -> Result<(), PlayError> {
        let mut at = self.clock.now();
        self.begin_rounds(at)?;
        while at < to {
            at = at.plus(step_ms.max(1)).min(to);
            self.clock.set(at);
            self.step(at)?;
            told(at, &self.tally);
        }
        Ok(())
    }

    /// Gives the routines that run from the beginning; given once more they change nothing.
    fn begin_rounds(&mut self, now: Time) -> Result<(), PlayError> {
        let routines = self.town.routines(now);
        for submission in &routines {
            self.tally.sent(&line(submission));
        }
        for answer in self.engine.submit_many(routines) {
            match answer {
                Ok(accepted) if accepted.repeated => {}
                Ok(_) => self.tally.took("assign"),
                Err(Rejected::Stopped) => return Err(Rejected::Stopped.into()),
                Err(why) => self.tally.refuse("assign", &why),
            }
        }
        Ok(())
    }

    /// Follows the running clock until `stop`.
    ///
    /// # Errors
    /// What the engine has against it.
    pub fn live(&mut self, stop: &AtomicBool) -> Result<(), PlayError> {
        while !stop.load(Ordering::Relaxed) {
            match self.step(self.clock.now()) {
                Err(PlayError::Rejected(Rejected::Stopped)) => return Ok(()),
                done => done?,
            }
            std::thread::sleep(REST);
        }
        Ok(())
    }

    /// Makes the calls of every hour that has begun by `until`.
    fn call_up(&mut self, until: Time) {
        let book = &self.town.makings.book;
        while self.hour <= until {
            let calls = Calls { book, seed: self.town.seed, per_day: self.per_day };
            self.calls.extend(calls.of_hour(&self.town.rules, self.hour));
            self.hour = self.hour.plus(HOUR_MS);
        }
    }

    /// Sends everything that is due by `until` and looks again at what changed.
    fn step(&mut self, until: Time) -> Result<(), PlayError> {
        self.call_up(until);
        let (mut batch, mut of) = (Vec::new(), Vec::new());
        while self.calls.front().is_some_and(|c| c.at <= until) {
            let Some(call) = self.calls.pop_front() else { break };
            let calls = Calls { book: &self.town.makings.book, seed: self.town.seed, per_day: self.per_day };
            if let Some(submission) = self.town.submission(&calls, &call) {
                batch.push(submission);
                of.push(("report", None));
            }
        }
        while self.due.peek().is_some_and(|Reverse((at, _, _))| *at <= until) {
            let Some(Reverse((_, case, plan))) = self.due.pop() else { break };
            if self.waiting.get(&case).is_some_and(|w| w.plan == plan)
                && let Some(waiting) = self.waiting.remove(&case)
            {
                batch.push(waiting.submission);
                of.push((waiting.command, Some(case)));
            }
        }
        for submission in &batch {
            self.tally.sent(&line(submission));
        }
        let answers = if batch.is_empty() { Vec::new() } else { self.engine.submit_many(batch) };
        let mut again = Vec::new();
        for ((command, case), answer) in of.into_iter().zip(answers) {
            match answer {
                Ok(accepted) if accepted.repeated => {}
                Ok(accepted) => {
                    self.tally.took(command);
                    self.tries.remove(&accepted.case);
                }
                Err(Rejected::Stopped) => return Err(Rejected::Stopped.into()),
                Err(why) => {
                    self.tally.refuse(command, &why);
                    again.extend(case);
                }
            }
        }
        let touched: BTreeSet<CaseId> = self.touched.try_iter().filter(|c| c.0 > 0).collect();
        for case in touched {
            self.plan(case, until)?;
        }
        for case in again {
            self.retry(case, until)?;
        }
        Ok(())
    }

    /// A refused deed is tried again later, a few times, by what the case looks like then.
    fn retry(&mut self, case: CaseId, now: Time) -> Result<(), PlayError> {
        let tries = self.tries.entry(case).or_default();
        *tries += 1;
        if *tries >= self.town.book().work.tries {
            self.tally.stuck += 1;
            self.waiting.remove(&case);
            return Ok(());
        }
        self.plan(case, self.town.again(now).unwrap_or(now))
    }

    /// Looks at a case and plans what is done next on it, not before `from`.
    fn plan(&mut self, id: CaseId, from: Time) -> Result<(), PlayError> {
        let Some(case) = self.case(id)? else { return Ok(()) };
        self.tally.look(id, case.version.0);
        if let Some((at, submission)) = self.town.finds(&case, from) {
            self.wait(id, at, "report", submission);
            return Ok(());
        }
        let Some(deed) = self.town.next(&case, from) else {
            self.waiting.remove(&id);
            // Whoever cannot be called back may still rate; when that time is over the case closes by itself.
            let may_rate = case.open_of(ThreadKind::Rating).next().is_some();
            // A routine that rests waits for a mode, or for being looked at again.
            let waits = may_rate || self.town.rests(&case);
            if case.spine.is_open() && case.follows.is_none() && !waits {
                self.tally.idle(id);
            }
            return Ok(());
        };
        let texts = self.town.words(&case, &deed);
        let (at, command) = (deed.at, deed.command.name());
        let submission = Submission {
            key: None,
            actor: deed.actor,
            occurred: None,
            case: Some(id),
            command: deed.command,
            texts,
        };
        self.wait(id, at, command, submission);
        Ok(())
    }

    fn wait(&mut self, id: CaseId, at: Time, command: &'static str, submission: Submission) {
        self.plans += 1;
        self.due.push(Reverse((at, id, self.plans)));
        self.waiting.insert(id, Waiting { submission, command, plan: self.plans });
    }

    /// The case as it stands in the journal, counting what is new since it was last looked at.
    fn case(&mut self, id: CaseId) -> Result<Option<Case>, PlayError> {
        let stored = self.engine.read(|r| r.load(id.stream()))?;
        let seen = self.tally.seen(id);
        let mut case = None;
        for record in &stored {
            let record = read(&record.payload).map_err(|why| PlayError::Record(id, why))?;
            let applied = apply_record(case.take(), &record);
            if record.version.0 > seen {
                self.tally.saw(&record.events, applied.spine);
            }
            case = Some(applied);
        }
        Ok(case)
    }
}

/// A submission as bytes that are the same for the same deed.
fn line(submission: &Submission) -> Vec<u8> {
    let Submission { actor, case, command, texts, .. } = submission;
    let texts: Vec<(&str, &str)> = texts.iter().map(|t| (t.class.as_str(), t.text.as_str())).collect();
    serde_json::to_vec(&(actor, case, command, texts)).unwrap_or_default()
}
