//! The engine as its callers see it: submit a command, wait until it is durable, ask what stands where.

use crate::batch::{Prepared, fold};
use crate::city::Loading;
use crate::duplicates::Duplicates;
use crate::error::{EngineError, Rejected};
use crate::limits::{FOLLOW_PATIENCE_MS, MAX_BATCH, MAX_READERS};
use crate::log::Log;
use crate::owed::Delivery;
use crate::queue::{Closed, Lane, Queue};
use crate::read_only::Damaged;
use crate::sealing::{self, CASE_SUBJECT, Sealed, seal_into};
use crate::standing::{OrderGiven, Ordered};
use crate::submission::{Answer, Key, Submission};
use crate::time::{MachineTime, TimeSource};
use crate::writer::{Job, Reading, Reply, Shared, Subscriber, Writer, token_text};
use huying_atlas::{Atlas, Evidence, Located};
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Record};
use huying_core::case::record::read;
use huying_core::case::state::Case;
use huying_core::city::Folder as CityFolder;
use huying_core::ids::{CaseId, ItemId, PersonId, PlaceId, Seq};
use huying_core::roster::RosterChange;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_store::{
    AccessEntry, AccountRow, CaseFilter, CasePage, CaseRow, Clear, DataKey, Doer, FileRow, Folder, Follower,
    MasterKey, Options, PageKey, Reader, Store, StoreError, StoredRecord, TokenRow, Views,
};
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

/// How an engine is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Bytes of page cache of the writer.
    pub cache_bytes: u64,
    /// Bytes of page cache of the views.
    pub views_cache_bytes: u64,
    /// Whether the views are kept up to date by this engine.
    pub follow: bool,
    /// Where the time of day comes from.
    pub time: Arc<dyn TimeSource>,
    /// How a city that is given is loaded over the one in force.
    pub loading: Loading,
    /// Where the engine says what an operator should know.
    pub log: Log,
}

impl Default for Settings {
    fn default() -> Self {
        let cache = Options::default().cache_bytes;
        Settings {
            cache_bytes: cache,
            views_cache_bytes: cache / 2,
            follow: true,
            time: Arc::new(MachineTime),
            loading: Loading::default(),
            log: Log::default(),
        }
    }
}

/// A case with everything that led to it.
#[derive(Debug, Clone)]
pub struct History {
    /// The case as it stands.
    pub case: Case,
    /// Its records with their places in the journal.
    pub records: Vec<(Seq, Record)>,
}

/// A running engine over one data folder. Stops, having served what waits, when it is dropped.
pub struct Engine {
    shared: Arc<Shared>,
    master: MasterKey,
    readers: Mutex<Vec<Reader>>,
    views: Mutex<Vec<Views>>,
    threads: Vec<JoinHandle<()>>,
    follows: bool,
    views_cache_bytes: u64,
    pub(crate) damaged: Option<Arc<Damaged>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("folder", &self.shared.folder).finish_non_exhaustive()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shared.queue.close();
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to serve.
            let _ = thread.join();
        }
    }
}

impl Engine {
    /// Opens the data folder that holds a city.
    ///
    /// # Errors
    /// `NoCity` when none was loaded yet; the store's faults.
    #[expect(clippy::needless_pass_by_value, reason = "settings are made for one engine")]
    pub fn open(root: &Path, settings: Settings) -> Result<Engine, EngineError> {
        Engine::start(root, &settings, None)
    }

    /// Opens the data folder, making it if it is not there, and loads `city` into it as its newest edition.
    ///
    /// # Errors
    /// `City` with every fault of the folder; the store's faults.
    #[expect(clippy::needless_pass_by_value, reason = "settings are made for one engine")]
    pub fn open_with_city(root: &Path, settings: Settings, city: &CityFolder) -> Result<Engine, EngineError> {
        Engine::start(root, &settings, Some(city))
    }

    pub(crate) fn start(
        root: &Path,
        settings: &Settings,
        city: Option<&CityFolder>,
    ) -> Result<Engine, EngineError> {
        let folder = Folder::at(root);
        let options = Options { cache_bytes: settings.cache_bytes };
        let mut store = Store::open(&folder, options)?;
        let now = settings.time.now();
        let city = match city {
            Some(city) => crate::city::load(&mut store, &folder, city, settings.loading, Actor::Clock, now)?,
            None => crate::city::open(&store, &folder)?,
        };
        let marks = store.high_marks()?;
        let master = store.master().clone();
        let (tell, told) = channel();
        let shared = Arc::new(Shared {
            folder: folder.clone(),
            city: RwLock::new(city),
            next_case: AtomicU64::new(marks.stream.0 + 1),
            next_item: AtomicU64::new(marks.item.0 + 1),
            queue: Queue::new(),
            time: settings.time.clone(),
            subscribers: RwLock::new(Vec::new()),
            keys: Some(store.keys()),
            delivery: Mutex::new(Delivery::default()),
            duplicates: Mutex::default(),
        });
        let writer = Writer::new(store, options, shared.clone(), tell, settings.log.clone());
        let mut threads = vec![spawn("huying-writer", move || writer.run())?];
        if settings.follow {
            let follower = Follower::open(&folder, settings.views_cache_bytes)?;
            threads.push(spawn("huying-follower", move || follow(follower, &told))?);
        }
        Ok(Engine::of(shared, master, threads, settings, None))
    }

    pub(crate) fn of(
        shared: Arc<Shared>,
        master: MasterKey,
        threads: Vec<JoinHandle<()>>,
        settings: &Settings,
        damaged: Option<Arc<Damaged>>,
    ) -> Engine {
        Engine {
            shared,
            master,
            readers: Mutex::default(),
            views: Mutex::default(),
            threads,
            follows: settings.follow,
            views_cache_bytes: settings.views_cache_bytes,
            damaged,
        }
    }

    /// How far what the records owe is delivered.
    pub fn delivery(&self) -> Delivery {
        *self.shared.delivery.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a command under this key was accepted and is remembered. Asks no writer.
    ///
    /// # Errors
    /// The store's faults.
    pub fn is_known(&self, key: &Key) -> Result<bool, EngineError> {
        let Some(keys) = &self.shared.keys else { return Ok(false) };
        Ok(self.read(|reader| reader.outcome_of(keys, key))?.is_some())
    }

    /// The rules in force.
    pub fn rules(&self) -> Arc<Rules> {
        self.shared.rules()
    }

    /// Where things are; none where the city's folder holds no geometry.
    pub fn atlas(&self) -> Option<Arc<Atlas>> {
        self.shared.city().atlas
    }

    /// Where something is, by point and words, and the place that a call about it belongs to: the most exact
    /// one that all evidence proves, but no smaller than borders that are real unless the operator gave leave
    /// to go by made-up ones. None without geometry.
    pub fn locate(&self, evidence: Evidence<'_>) -> Option<(Located, Option<PlaceId>)> {
        let city = self.shared.city();
        let located = city.atlas?.locate_by(evidence);
        let place = if city.accept_synthetic { &located.proved } else { &located.proved_measured };
        let place = place.clone();
        Some((located, place))
    }

    /// Now, by the engine's clock.
    pub fn now(&self) -> Time {
        self.shared.time.now()
    }

    /// Calls `subscriber` with every batch, once it is durable, on the writer's thread: it must not linger.
    pub fn subscribe(&self, subscriber: Subscriber) {
        self.shared.subscribers.write().unwrap_or_else(PoisonError::into_inner).push(subscriber);
    }

    /// Submits a command and waits until it is durable or refused.
    ///
    /// # Errors
    /// [`Rejected`]; nothing has changed then, except perhaps after `Unknown`.
    pub fn submit(&self, submission: Submission) -> Answer {
        let (tell, told) = channel();
        self.submit_then(submission, Box::new(move |answer| drop(tell.send(answer))));
        told.recv().unwrap_or(Err(Rejected::Stopped))
    }

    /// Submits a command; `reply` is called once with the answer, on the writer's thread or on this one.
    pub fn submit_then(&self, submission: Submission, reply: Reply<Answer>) {
        let prepared = match self.prepare(submission) {
            Ok(prepared) => prepared,
            Err(rejected) => return reply(Err(rejected)),
        };
        self.push(Lane::Live, Job::One(Box::new(prepared), reply));
    }

    /// Submits a command that names files which are already durable. `body` is what was sent, hashed: the
    /// names of sealed files are new each time.
    pub(crate) fn submit_with_files(
        &self,
        submission: Submission,
        body: [u8; 32],
        files: Vec<FileRow>,
    ) -> Answer {
        let prepared = Prepared { body, files, ..self.prepare(submission)? };
        let (tell, told) = channel();
        self.push(Lane::Live, Job::One(Box::new(prepared), Box::new(move |answer| drop(tell.send(answer)))));
        told.recv().unwrap_or(Err(Rejected::Stopped))
    }

    pub(crate) fn duplicates(&self) -> &Mutex<Duplicates> {
        &self.shared.duplicates
    }

    /// A keyed hash under the folder's own key.
    pub(crate) fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.master.mac(purpose, parts.iter().copied())
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.shared.folder
    }

    /// The key that a case's own words and files are sealed under.
    pub(crate) fn data_key(&self, case: CaseId) -> Result<DataKey, StoreError> {
        self.read(|r| r.data_key(case, CASE_SUBJECT, &self.master))
    }

    fn push(&self, lane: Lane, job: Job) {
        // The job is lost with its reply when it is refused, so the sender is told by the reply's channel
        // closing; whoever gave a reply of its own is told here.
        if let Err((job, why)) = self.shared.queue.push(lane, job) {
            let rejected = if why == Closed::Full { Rejected::Busy } else { Rejected::Stopped };
            match job {
                Job::One(_, reply) => reply(Err(rejected)),
                Job::Many(all, reply) => reply(all.iter().map(|_| Err(rejected.clone())).collect()),
                Job::Read(reading) => (reading.reply)(Err(rejected)),
                Job::Other(work) => work(Err(rejected)),
            }
        }
    }

    /// Submits many commands after everything live, and waits for all of them.
    pub fn submit_many(&self, submissions: Vec<Submission>) -> Vec<Answer> {
        let all = submissions.len();
        let (tell, told) = channel();
        self.submit_many_then(submissions, Box::new(move |answers| drop(tell.send(answers))));
        told.recv().unwrap_or_else(|_| (0..all).map(|_| Err(Rejected::Stopped)).collect())
    }

    /// Submits many commands after everything live; `reply` is called once with all answers in their order,
    /// on the writer's thread or on this one.
    pub fn submit_many_then(&self, submissions: Vec<Submission>, reply: Reply<Vec<Answer>>) {
        let (mut ready, mut places) = (Vec::with_capacity(submissions.len()), Vec::new());
        let mut answers: Vec<Answer> = Vec::with_capacity(submissions.len());
        for (i, submission) in submissions.into_iter().enumerate() {
            match self.prepare(submission) {
                Ok(prepared) => {
                    places.push(i);
                    ready.push(prepared);
                    answers.push(Err(Rejected::Stopped));
                }
                Err(rejected) => answers.push(Err(rejected)),
            }
        }
        // In pieces of a batch, so that no live command ever waits for a whole import.
        let pieces = ready.len().div_ceil(MAX_BATCH);
        if pieces == 0 {
            return reply(answers);
        }
        let gathering = Arc::new(Mutex::new(Gathering { answers, missing: pieces, reply: Some(reply) }));
        let (mut ready, mut places) = (ready.into_iter(), places.into_iter());
        for _ in 0..pieces {
            let piece: Vec<Prepared> = ready.by_ref().take(MAX_BATCH).collect();
            let places: Vec<usize> = places.by_ref().take(MAX_BATCH).collect();
            let gathering = gathering.clone();
            let answered = move |all| {
                gathering.lock().unwrap_or_else(PoisonError::into_inner).take(places, all);
            };
            self.push(Lane::Bulk, Job::Many(piece, Box::new(answered)));
        }
    }

    /// Mints ids and seals words, on the caller's thread.
    fn prepare(&self, submission: Submission) -> Result<Prepared, Rejected> {
        sealing::check(&submission.texts)?;
        let body = body_digest(&submission, &self.master).map_err(EngineError::from)?;
        let Submission { key, actor, occurred, case, mut command, mut texts } = submission;
        self.cover(case, &mut command, &mut texts)?;
        let known = match case {
            None if !texts.is_empty() => self.observed_before(&command)?,
            given => given,
        };
        let new = known.is_none();
        let case = known.unwrap_or_else(|| CaseId(self.shared.next_case.fetch_add(1, Ordering::Relaxed)));
        let (mut sealed, mut barred) = (Sealed::default(), None);
        if new {
            let (data_key, wrapped) = sealing::new_key(case, &self.master)?;
            sealed.items = seal_into(&mut command, &texts, case, &data_key, &self.shared.next_item)?;
            sealed.key = Some(wrapped);
        } else if !texts.is_empty() {
            match self.data_key(case) {
                Ok(key) => {
                    sealed.items = seal_into(&mut command, &texts, case, &key, &self.shared.next_item)?;
                }
                Err(StoreError::Missing { .. }) => barred = Some(Rejected::NoCase(case.to_string())),
                Err(StoreError::Erased { .. }) => {
                    barred = (!sealing::go_without_words(&mut command)).then(erased);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Prepared { key, body, actor, occurred, case, new, command, sealed, files: Vec::new(), barred })
    }

    /// The case of an observed row that was seen before, so that its newer words are sealed under its own
    /// key.
    fn observed_before(&self, command: &Command) -> Result<Option<CaseId>, StoreError> {
        let Command::Observe { observation, .. } = command else { return Ok(None) };
        let known = self.read(|r| r.external(&observation.system, &observation.external_id))?;
        Ok(known.map(|(case, _)| case))
    }

    /// Runs `ask` on one of the reading connections to the ledger: what was committed last is seen.
    ///
    /// # Errors
    /// The store's faults.
    pub fn read<T>(&self, ask: impl FnOnce(&Reader) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let pooled = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match pooled {
            Some(reader) => reader,
            None => Reader::open(&self.shared.folder)?,
        };
        let answer = ask(&reader);
        let mut pool = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < MAX_READERS {
            pool.push(reader);
        }
        answer
    }

    /// Runs `ask` on the views once they show everything up to `seen`, or as far as they are after a while.
    pub fn views<T>(
        &self,
        seen: Option<Seq>,
        ask: impl FnOnce(&Views) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let pooled = self.views.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let views = match pooled {
            Some(views) => views,
            None => Views::open(&self.shared.folder)?,
        };
        if let Some(seen) = seen {
            views.wait_for(seen, Duration::from_millis(FOLLOW_PATIENCE_MS))?;
        }
        let answer = ask(&views);
        let mut pool = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < MAX_READERS {
            pool.push(views);
        }
        answer
    }

    /// Brings the views up to everything that is durable now, and says up to where. An engine opened with
    /// `follow` off does it here: a large import is followed faster in one go.
    ///
    /// # Errors
    /// `Behind` when the views do not follow; the store's faults.
    pub fn catch_up(&self) -> Result<Seq, EngineError> {
        if !self.follows {
            return Ok(Follower::open(&self.shared.folder, self.views_cache_bytes)?.catch_up()?);
        }
        let seen = self.position()?;
        self.views_at(seen, |_| Ok(seen))
    }

    /// Runs `ask` on the views once they show everything up to `seen`, however long that takes, as long as
    /// they move.
    pub(crate) fn views_at<T>(
        &self,
        seen: Seq,
        ask: impl FnOnce(&Views) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let views = Views::open(&self.shared.folder)?;
        crate::figures::wait_for(&views, seen)?;
        ask(&views)
    }

    /// One page of cases.
    pub fn list(
        &self,
        filter: &CaseFilter,
        after: Option<PageKey>,
        limit: usize,
        seen: Option<Seq>,
    ) -> Result<CasePage, EngineError> {
        Ok(self.views(seen, |v| v.page(filter, after, limit))?)
    }

    /// The row of a public number.
    pub fn by_number(&self, number: &str) -> Result<Option<CaseRow>, EngineError> {
        Ok(self.read(|r| r.case_numbered(number))?)
    }

    /// A case with its whole history.
    pub fn history(&self, case: CaseId) -> Result<Option<History>, EngineError> {
        let stored = self.read(|r| r.load(case.stream()))?;
        history(stored)
    }

    /// The last durable position.
    pub fn position(&self) -> Result<Seq, EngineError> {
        Ok(self.read(Reader::position)?)
    }

    /// Does something that only the writer may do, and waits for it.
    fn with_writer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, Rejected> + Send + 'static,
    ) -> Result<T, Rejected> {
        let (tell, told) = channel();
        self.push(Lane::Live, Job::Other(Box::new(move |writer| drop(tell.send(writer.and_then(work))))));
        told.recv().unwrap_or(Err(Rejected::Stopped))
    }

    /// Reads words in clear. The reading stands in the access ledger, durably, before a word is handed out.
    ///
    /// # Errors
    /// The store's faults. What was erased comes back as such.
    pub fn read_clear(&self, entry: AccessEntry, items: Vec<ItemId>) -> Result<Vec<Clear>, Rejected> {
        let (tell, told) = channel();
        let reply = Box::new(move |found| drop(tell.send(found)));
        self.push(Lane::Live, Job::Read(Reading { entry, items, reply }));
        told.recv().unwrap_or(Err(Rejected::Stopped))
    }

    /// Destroys the words and names of a case; the event that says so is appended first.
    ///
    /// # Errors
    /// A refusal by `decide`, or the store's faults.
    pub fn erase(&self, case: CaseId, ground: &str, actor: Actor) -> Answer {
        self.erase_once(None, case, ground, actor)
    }

    /// The same under an idempotency key.
    ///
    /// # Errors
    /// As for [`Engine::erase`]; `KeyReused` when the key came with another command.
    pub fn erase_once(&self, key: Option<Key>, case: CaseId, ground: &str, actor: Actor) -> Answer {
        let ground = ground.to_owned();
        self.with_writer(move |w| w.erase(key, case, &ground, actor))
    }

    /// Puts another edition of the city in force.
    ///
    /// # Errors
    /// `City` with every fault of the folder; the store's faults.
    pub fn load_city(&self, city: CityFolder, actor: Actor) -> Result<Arc<Rules>, Rejected> {
        self.with_writer(move |w| w.load_city(&city, actor))
    }

    /// Changes the roster in force: people and posts.
    ///
    /// # Errors
    /// A refusal that names the change that makes no sense; the store's faults.
    pub fn change_roster(&self, changes: Vec<RosterChange>, actor: Actor) -> Result<Arc<Rules>, Rejected> {
        self.with_writer(move |w| w.change_roster(changes, actor))
    }

    /// Gives a standing order: of duty, of a mode, of the admission of a task.
    ///
    /// # Errors
    /// A refusal with rule and legal basis; `KeyReused`; the store's faults.
    pub fn order(&self, given: OrderGiven) -> Result<Ordered, Rejected> {
        self.with_writer(move |w| w.order(given))
    }

    /// The folder of the edition in force, with the roster as it stands.
    pub fn city_folder(&self) -> Result<CityFolder, EngineError> {
        let reader = Reader::open(&self.shared.folder)?;
        crate::city::kept(&reader, &self.shared.folder)
    }

    /// Makes a token for a person, and an account if they have none; the token's text is shown this once. The
    /// ledger of accounts says by whom it was made.
    ///
    /// # Errors
    /// The store's faults.
    pub fn new_token(
        &self,
        by: Doer,
        person: PersonId,
        label: &str,
        expires_at: Option<Time>,
    ) -> Result<String, Rejected> {
        let text = token_text()?;
        let now = self.now();
        let account = AccountRow {
            person: person.clone(),
            display: String::new(),
            roles: "[]".into(),
            active: true,
            made_at: now,
        };
        let hash = huying_store::digest(text.as_bytes());
        let token =
            TokenRow { hash, person, label: label.into(), made_at: now, expires_at, revoked_at: None };
        self.with_writer(move |w| Ok(w.store.make_token(&account, &token, &by)?))?;
        Ok(text)
    }

    /// Takes every living token of a person back; says how many there were. The ledger of accounts says by
    /// whom.
    ///
    /// # Errors
    /// The store's faults.
    pub fn revoke_tokens(&self, by: Doer, person: PersonId) -> Result<u64, Rejected> {
        let now = self.now();
        self.with_writer(move |w| Ok(w.store.revoke_tokens(&person, now, &by)?))
    }

    /// Whose token it is, if it is anybody's now.
    pub fn token_owner(&self, token: &str) -> Result<Option<PersonId>, EngineError> {
        let now = self.now();
        let owner = self.read(|r| r.token_owner(token, now))?;
        Ok(owner.filter(|a| a.active).map(|a| a.person))
    }

    /// Runs `work` on the writer's store between two batches: sealing, proving, backing up.
    ///
    /// # Errors
    /// The store's faults.
    pub fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store, Time) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Rejected> {
        let now = self.now();
        self.with_writer(move |w| Ok(work(&mut w.store, now)?))
    }

    /// Lets clocks that are due ring now rather than at the next tick.
    pub fn tick(&self) -> Result<(), Rejected> {
        self.with_writer(|_| Ok(()))
    }
}

fn history(stored: Vec<StoredRecord>) -> Result<Option<History>, EngineError> {
    let Some(case) = fold(&stored, None)? else { return Ok(None) };
    let records = stored
        .into_iter()
        .map(|s| {
            let record = read(&s.payload).map_err(|source| EngineError::Record { seq: s.seq.0, source })?;
            Ok((s.seq, record))
        })
        .collect::<Result<Vec<_>, EngineError>>()?;
    Ok(Some(History { case, records }))
}

/// A case with its whole history, read beside whatever writes to the folder.
pub fn history_of(reader: &Reader, case: CaseId) -> Result<Option<History>, EngineError> {
    history(reader.load(case.stream())?)
}

/// The rules in force, read beside whatever writes to the folder.
pub fn rules_of(reader: &Reader) -> Result<Rules, EngineError> {
    crate::city::current(reader, reader.folder())
}

pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, EngineError> {
    std::thread::Builder::new().name(name.into()).spawn(work).map_err(EngineError::Thread)
}

/// The answers to commands that were sent in pieces, until the last piece is answered.
struct Gathering {
    answers: Vec<Answer>,
    missing: usize,
    reply: Option<Reply<Vec<Answer>>>,
}

impl Gathering {
    fn take(&mut self, places: Vec<usize>, all: Vec<Answer>) {
        for (i, answer) in places.into_iter().zip(all) {
            if let Some(slot) = self.answers.get_mut(i) {
                *slot = answer;
            }
        }
        self.missing -= 1;
        if self.missing == 0
            && let Some(reply) = self.reply.take()
        {
            reply(std::mem::take(&mut self.answers));
        }
    }
}

/// Keeps the views up to date until every sender is gone.
pub(crate) fn follow(mut follower: Follower, told: &Receiver<()>) {
    loop {
        // What cannot be followed now is followed at the next word; the views are no truth.
        let _ = follower.catch_up();
        if told.recv().is_err() {
            return;
        }
        while told.try_recv().is_ok() {}
    }
}

pub(crate) fn erased() -> Rejected {
    Rejected::Refused(huying_core::case::refusal::Refusal::new(
        "case.erased",
        "the words of the case were destroyed; none can be added under its name",
        "a command without words",
    ))
}

/// What was sent, hashed before anything of it is minted or sealed. With a key, because it is kept in clear
/// and made of words: a short note could be guessed from a plain hash of it.
fn body_digest(submission: &Submission, master: &MasterKey) -> Result<[u8; 32], serde_json::Error> {
    if submission.key.is_none() {
        return Ok([0; 32]);
    }
    let command = serde_json::to_vec(&submission.command)?;
    let of = serde_json::to_vec(&(submission.case, submission.occurred))?;
    let texts = submission.texts.iter().flat_map(|t| [t.class.as_bytes(), t.text.as_bytes()]);
    Ok(master.mac("idempotency", [command.as_slice(), of.as_slice()].into_iter().chain(texts)))
}

/// A command about one case without words.
pub fn plain(actor: Actor, case: CaseId, command: Command) -> Submission {
    Submission { key: None, actor, occurred: None, case: Some(case), command, texts: Vec::new() }
}
