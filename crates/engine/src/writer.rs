//! The one thread that writes: it drains the queue, lets due clocks ring first, decides, commits, answers.
//!
//! Nothing is answered, published or remembered before the batch is durable. When a commit fails the whole
//! batch is as if it had never been: its cases leave the cache, its senders are told, the store is opened
//! again. Readings in clear of one turn share one sync of their own beside the batch. Ringing is `ring.rs`;
//! delivering what cases owe each other is `owed.rs`. What can wait is done when the queue is empty: old
//! outcomes are forgotten, delivered messages trimmed, the journal sealed.

use crate::batch::{Done, Known, Prepared, Work};
use crate::cache::Cache;
use crate::city::{InForce, Loading};
use crate::duplicates::Duplicates;
use crate::error::{EngineError, Rejected};
use crate::limits::{
    CACHE_GENERATION, DAY_MS, FORGET_EVERY_MS, MINUTE_MS, OUTBOX_STEP, TICK_MS, TIDY_EVERY_MS,
};
use crate::log::Log;
use crate::modes::Looked;
use crate::outbox::FOLLOW;
use crate::owed::{Deliveries, Delivery};
use crate::queue::{Queue, Weighed};
use crate::ring::Stuck;
use crate::sealing::{Sealed, random};
use crate::standing::Watch;
use crate::submission::{Answer, Key, Published};
use crate::time::TimeSource;
use huying_core::case::command::Command;
use huying_core::case::event::Actor;
use huying_core::city::Folder as CityFolder;
use huying_core::fault::chain;
use huying_core::ids::{CaseId, ItemId};
use huying_core::roster::RosterChange;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_store::{AccessEntry, Clear, Folder, Hold, Keys, Options, Store, StoreError};
use sha2::{Digest as _, Sha256};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// Who is called with the answer.
pub(crate) type Reply<T> = Box<dyn FnOnce(T) + Send>;
/// Who is told of what became durable.
pub type Subscriber = Box<dyn Fn(&[Published]) + Send + Sync>;

/// Answers a job, once it is known whether its batch failed.
type Settle = Box<dyn FnOnce(Option<&Rejected>)>;

/// Work on the writer's own thread, handed the writer or the reason why there is none to be had.
pub(crate) type Errand = Box<dyn FnOnce(Result<&mut Writer, Rejected>) + Send>;

/// What waits for the writer.
pub(crate) enum Job {
    /// One command.
    One(Box<Prepared>, Reply<Answer>),
    /// Many commands of an import, answered together.
    Many(Vec<Prepared>, Reply<Vec<Answer>>),
    /// Words to be read in clear: those of one turn are recorded together.
    Read(Reading),
    /// Something else that only the writer may do.
    Other(Errand),
}

/// What is to be read, for whom, and who waits for it.
pub(crate) struct Reading {
    pub(crate) entry: AccessEntry,
    pub(crate) items: Vec<ItemId>,
    pub(crate) reply: Reply<Result<Vec<Clear>, Rejected>>,
}

impl Weighed for Job {
    fn weight(&self) -> usize {
        if let Job::Many(all, _) = self { all.len() } else { 1 }
    }
}

/// What the writer shares with whoever asks.
pub(crate) struct Shared {
    pub(crate) folder: Folder,
    pub(crate) city: RwLock<InForce>,
    pub(crate) next_case: AtomicU64,
    pub(crate) next_item: AtomicU64,
    pub(crate) queue: Queue<Job>,
    pub(crate) time: Arc<dyn TimeSource>,
    pub(crate) subscribers: RwLock<Vec<Subscriber>>,
    /// Where outcomes lie, none while the ledger is only read.
    pub(crate) keys: Option<Keys>,
    pub(crate) delivery: Mutex<Delivery>,
    /// Open cases by where they are.
    pub(crate) duplicates: Mutex<Duplicates>,
}

impl Shared {
    pub(crate) fn rules(&self) -> Arc<Rules> {
        self.city().rules
    }

    pub(crate) fn city(&self) -> InForce {
        self.city.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn show(&self, delivery: Delivery) {
        *self.delivery.lock().unwrap_or_else(PoisonError::into_inner) = delivery;
    }
}

/// The writer.
pub(crate) struct Writer {
    pub(crate) store: Store,
    pub(crate) shared: Arc<Shared>,
    pub(crate) cache: Cache,
    options: Options,
    /// Wakes the follower; gone with the writer, by which the follower knows that nothing more will come.
    follower: Sender<()>,
    /// The time of this turn: what is due by it rang before any command of the turn is decided.
    pub(crate) now: Time,
    pub(crate) owes: bool,
    pub(crate) broken: bool,
    /// Whether a record of the city may or may not have been stored.
    city_unsure: bool,
    pub(crate) stuck: Stuck,
    pub(crate) deliveries: Deliveries,
    pub(crate) log: Log,
    /// Who is on duty, as it was looked up last.
    pub(crate) watch: Option<Watch>,
    /// Under which modes routines were looked at last.
    pub(crate) looked: Option<Looked>,
    /// Whether a restore may have destroyed words again of which no record says so yet.
    pub(crate) untold: bool,
    /// When old outcomes were last forgotten.
    forgot: Time,
    /// When the outbox was last trimmed.
    tidied: Time,
    /// When the journal was last sealed, or sealing it last failed.
    sealed: Time,
}

impl Writer {
    pub(crate) fn new(
        store: Store,
        options: Options,
        shared: Arc<Shared>,
        follower: Sender<()>,
        log: Log,
    ) -> Writer {
        let started = shared.time.now().max(store.last_recorded());
        Writer {
            now: store.last_recorded(),
            cache: Cache::new(CACHE_GENERATION),
            store,
            shared,
            options,
            follower,
            owes: true,
            broken: false,
            city_unsure: false,
            stuck: Stuck::default(),
            deliveries: Deliveries::default(),
            log,
            watch: None,
            looked: None,
            untold: true,
            forgot: Time(0),
            tidied: started,
            sealed: started,
        }
    }

    /// Runs until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        let shared = self.shared.clone();
        let _at_the_end = StopServing(shared.clone());
        while let Some(jobs) = shared.queue.drain(Duration::from_millis(TICK_MS)) {
            let idle = jobs.is_empty();
            match self.ready() {
                Ok(()) => self.serve(jobs),
                Err(why) => refuse_all(jobs, &untried(why)),
            }
            // What could not be delivered now is owed still and is tried again at the next turn.
            let _ = self.pay();
            if idle {
                self.forget();
                self.tidy();
            }
            self.seal_in_time(idle);
        }
        if !self.is_broken() {
            self.seal();
        }
        // A clean stop leaves the ledger in one file; what cannot be moved now is read from the log next
        // time.
        let _ = self.store.checkpoint_wal();
    }

    /// Whether the store must be opened again before it takes anything.
    fn is_broken(&self) -> bool {
        self.broken || self.store.is_unusable()
    }

    /// What comes before any command of a turn: a usable store, and every clock that is due by now.
    fn ready(&mut self) -> Result<(), Rejected> {
        if self.is_broken() {
            self.reopen()?;
        }
        self.now = self.shared.time.now().max(self.store.last_recorded());
        self.tell_erasures();
        self.ring()?;
        self.heed_modes()?;
        let paid = self.pay();
        if self.is_broken() { paid } else { Ok(()) }
    }

    /// Forgets outcomes of commands older than the profile remembers them, when nobody waits.
    fn forget(&mut self) {
        if self.is_broken() || self.now.since(self.forgot) < FORGET_EVERY_MS {
            return;
        }
        self.forgot = self.now;
        let days = self.shared.rules().profile.settings.idempotency_days;
        // What cannot be forgotten now is forgotten the next time.
        let _ = self.store.forget_outcomes(self.now.plus(-i64::from(days) * DAY_MS));
    }

    /// Drops messages of the outbox that everybody has got, a step at every idle turn until none is left.
    fn tidy(&mut self) {
        if self.is_broken() || self.now.since(self.tidied) < TIDY_EVERY_MS {
            return;
        }
        self.shared.duplicates.lock().unwrap_or_else(PoisonError::into_inner).forget_old(self.now);
        // What fails now is done the next time.
        if !matches!(self.trim(), Ok(1..)) && !matches!(self.trim_notices(), Ok(1..)) {
            self.tidied = self.now;
        }
    }

    /// Drops notices that are older than their boxes keep them and that every living subscriber has got.
    fn trim_notices(&mut self) -> Result<usize, StoreError> {
        let rules = self.shared.rules();
        let Some(notices) = &rules.profile.notices else { return Ok(0) };
        let kept = self.now.plus(-i64::from(notices.keep_days) * DAY_MS);
        self.store.trim_notices(kept, OUTBOX_STEP)
    }

    /// Seals the journal when the profile's time is over; a queue that is never empty puts it off only once.
    fn seal_in_time(&mut self, idle: bool) {
        let Some(minutes) = self.shared.rules().profile.settings.seal_minutes else { return };
        let (over, every) = (self.now.since(self.sealed), i64::from(minutes) * MINUTE_MS);
        if !self.is_broken() && (over >= every.saturating_mul(2) || (idle && over >= every)) {
            self.seal();
        }
    }

    /// Puts everything recorded under a signed checkpoint, so that it can be proved beside a running server.
    fn seal(&mut self) {
        self.sealed = self.now;
        if let Err(error) = self.store.seal(self.now.max(self.store.last_recorded())) {
            self.log.line(&format!("the journal could not be sealed and is sealed later: {}", chain(&error)));
        }
    }

    /// Opens the store again after a failure that could not be undone in place.
    fn reopen(&mut self) -> Result<(), EngineError> {
        self.store.reopen(self.options)?;
        self.cache.clear();
        *self.shared.duplicates.lock().unwrap_or_else(PoisonError::into_inner) = Duplicates::default();
        self.stuck = Stuck::default();
        self.broken = false;
        if std::mem::take(&mut self.city_unsure) {
            let city = crate::city::open(&self.store, &self.shared.folder)?;
            self.put_in_force(city);
        }
        self.deliver_anew();
        Ok(())
    }

    fn serve(&mut self, jobs: Vec<Job>) {
        let (mut commands, mut readings) = (Vec::with_capacity(jobs.len()), Vec::new());
        for job in jobs {
            match job {
                Job::Other(work) => {
                    self.commit_all(std::mem::take(&mut commands));
                    self.read_all(std::mem::take(&mut readings));
                    work(Ok(&mut *self));
                }
                Job::Read(reading) => readings.push(reading),
                job => commands.push(job),
            }
        }
        self.commit_all(commands);
        self.read_all(readings);
    }

    /// Opens words in clear, once the access ledger durably holds who reads them.
    fn read_all(&mut self, readings: Vec<Reading>) {
        if readings.is_empty() {
            return;
        }
        let asked: Vec<(&AccessEntry, &[ItemId])> =
            readings.iter().map(|r| (&r.entry, r.items.as_slice())).collect();
        match self.store.read_clear_all(&asked) {
            Ok(found) => {
                for (reading, found) in readings.into_iter().zip(found) {
                    (reading.reply)(found.map_err(Rejected::from));
                }
            }
            Err(error) => {
                let why = Rejected::from(error);
                readings.into_iter().for_each(|reading| (reading.reply)(Err(why.clone())));
            }
        }
    }

    /// Decides and commits jobs as one batch, then answers them.
    pub(crate) fn commit_all(&mut self, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let rules = self.shared.rules();
        let known = Known { duty: self.on_duty(&rules), near: &self.shared.duplicates };
        let mut work = Work::new(&self.store, &rules, &mut self.cache, known, self.now);
        let mut replies: Vec<Settle> = Vec::with_capacity(jobs.len());
        for job in jobs {
            match job {
                Job::One(prepared, reply) => {
                    let answer = work.take(*prepared);
                    replies.push(Box::new(move |failed| reply(settled(answer, failed))));
                }
                Job::Many(all, reply) => {
                    let answers: Vec<Answer> = all.into_iter().map(|one| work.take(one)).collect();
                    replies.push(Box::new(move |failed| {
                        reply(answers.into_iter().map(|a| settled(a, failed)).collect());
                    }));
                }
                Job::Read(_) | Job::Other(_) => {}
            }
        }
        let done = work.finish();
        let failed = self.commit(done).err();
        for reply in replies {
            reply(failed.as_ref());
        }
    }

    /// The same for commands of the engine's own: their answers, or why nothing of them was stored.
    pub(crate) fn commit_own(&mut self, jobs: Vec<Prepared>) -> Result<Vec<Answer>, Rejected> {
        let rules = self.shared.rules();
        let known = Known { duty: self.on_duty(&rules), near: &self.shared.duplicates };
        let mut work = Work::new(&self.store, &rules, &mut self.cache, known, self.now);
        let answers = jobs.into_iter().map(|job| work.take(job)).collect();
        let done = work.finish();
        self.commit(done).map(|()| answers)
    }

    pub(crate) fn commit(&mut self, done: Done) -> Result<(), Rejected> {
        if done.batch.records.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.store.commit(&done.batch) {
            return Err(self.failed(error));
        }
        self.owes |= done.batch.outbox.iter().any(|m| m.topic == FOLLOW);
        let mut near = self.shared.duplicates.lock().unwrap_or_else(PoisonError::into_inner);
        for case in done.cases {
            near.put(&case, self.now);
            self.cache.put(case);
        }
        drop(near);
        // A follower that is gone follows again at the next start.
        let _ = self.follower.send(());
        for subscriber in self.shared.subscribers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            subscriber(&done.published);
        }
        Ok(())
    }

    /// What a commit that failed means: nothing of it is remembered, and whoever sent it is told whether it
    /// may be there all the same.
    fn failed(&mut self, error: StoreError) -> Rejected {
        self.cache.clear();
        self.broken = matches!(
            error,
            StoreError::Reopen
                | StoreError::Disk { .. }
                | StoreError::Damaged { .. }
                | StoreError::Fenced { .. }
        );
        let unknown = error.leaves_unknown();
        let error = Arc::new(EngineError::from(error));
        if unknown { Rejected::Unknown(error) } else { Rejected::Failed(error) }
    }

    /// The same for a record of the city itself: the rules in force are read again before anything else.
    pub(crate) fn city_failed(&mut self, error: StoreError) -> Rejected {
        self.city_unsure = true;
        self.failed(error)
    }

    /// Loads a city folder as a new edition and puts it in force.
    pub(crate) fn load_city(&mut self, city: &CityFolder, actor: Actor) -> Result<Arc<Rules>, Rejected> {
        let (how, now) = (Loading::default(), self.now);
        match crate::city::load(&mut self.store, &self.shared.folder, city, how, actor, now) {
            Ok(loaded) => Ok(self.put_in_force(loaded)),
            Err(EngineError::Store(error)) => Err(self.city_failed(error)),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn put_in_force(&mut self, city: InForce) -> Arc<Rules> {
        // Lists and figures follow the city's own records too, to know that they miss nothing.
        let _ = self.follower.send(());
        let rules = city.rules.clone();
        (self.stuck, self.untold) = (Stuck::default(), true);
        *self.shared.city.write().unwrap_or_else(PoisonError::into_inner) = city;
        rules
    }

    /// Changes the roster in force.
    pub(crate) fn change_roster(
        &mut self,
        changes: Vec<RosterChange>,
        actor: Actor,
    ) -> Result<Arc<Rules>, Rejected> {
        let (city, now) = (self.shared.city(), self.now);
        let (rules, batch) = crate::city::change_roster(&self.store, &city.rules, changes, actor, now)?;
        if let Err(error) = self.store.commit(&batch) {
            return Err(self.city_failed(error));
        }
        Ok(self.put_in_force(InForce { rules: Arc::new(rules), ..city }))
    }

    /// Destroys the words of a case, after the event that says so.
    ///
    /// Should the destruction itself fail, the event stands, and the destruction is owed until it is done.
    pub(crate) fn erase(&mut self, key: Option<Key>, case: CaseId, ground: &str, actor: Actor) -> Answer {
        let command = Command::Erase { items: Vec::new(), ground: ground.into() };
        let body = Sha256::new().chain_update(case.0.to_be_bytes()).chain_update(ground).finalize().into();
        let answer = self.commit_own(vec![Prepared { key, body, ..own(case, actor, command) }])?.pop();
        let accepted = answer.unwrap_or(Err(Rejected::Stopped))?;
        self.destroy_owed()?;
        Ok(accepted)
    }
}

/// A command of the engine's own.
pub(crate) fn own(case: CaseId, actor: Actor, command: Command) -> Prepared {
    Prepared {
        key: None,
        body: [0; 32],
        actor,
        occurred: None,
        case,
        new: false,
        command,
        sealed: Sealed::default(),
        files: Vec::new(),
        barred: None,
    }
}

/// What broke before a turn's commands left none of them half done: they were not tried.
fn untried(why: Rejected) -> Rejected {
    if let Rejected::Unknown(error) = why { Rejected::Failed(error) } else { why }
}

/// What was decided counts only when the batch was committed; a refusal stands in any case but says so too.
fn settled(answer: Answer, failed: Option<&Rejected>) -> Answer {
    match failed {
        Some(failed) => Err(failed.clone()),
        None => answer,
    }
}

fn refuse_all(jobs: Vec<Job>, why: &Rejected) {
    for job in jobs {
        match job {
            Job::One(_, reply) => reply(Err(why.clone())),
            Job::Many(all, reply) => reply(all.iter().map(|_| Err(why.clone())).collect()),
            Job::Read(reading) => (reading.reply)(Err(why.clone())),
            Job::Other(work) => work(Err(why.clone())),
        }
    }
}

/// In place of a writer, while a damaged ledger is only read: everything is refused with what to do.
pub(crate) fn refuse_until_closed(shared: &Arc<Shared>, why: &Rejected, hold: Hold) {
    let _at_the_end = StopServing(shared.clone());
    while let Some(jobs) = shared.queue.drain(Duration::from_millis(TICK_MS)) {
        refuse_all(jobs, why);
    }
    drop(hold);
}

/// However the writer ends, nobody waits for it for ever.
struct StopServing(Arc<Shared>);

impl Drop for StopServing {
    fn drop(&mut self) {
        self.0.queue.close();
        while let Some(jobs) = self.0.queue.drain(Duration::ZERO) {
            refuse_all(jobs, &Rejected::Stopped);
        }
    }
}

/// A token's text: 32 random bytes as hexadecimal, shown once.
pub(crate) fn token_text() -> Result<String, EngineError> {
    Ok(huying_store::hex(&random::<32>()?))
}
