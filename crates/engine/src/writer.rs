//! The one thread that writes: it drains the queue, lets due clocks ring first, decides, commits, answers.
//!
//! Nothing is answered, published or remembered before the batch is durable. When a commit fails the whole batch
//! is as if it had never been: its cases leave the cache, its senders are told, the store is opened again.

use crate::batch::{Done, Prepared, Work};
use crate::cache::Cache;
use crate::error::{EngineError, Rejected};
use crate::limits::{CACHE_GENERATION, MAX_ALARMS, TICK_MS};
use crate::outbox::{FOLLOW, Owed};
use crate::queue::Queue;
use crate::sealing::{CASE_SUBJECT, Sealed, random, seal_into};
use crate::submission::{Answer, ClearText, Published};
use crate::time::TimeSource;
use huying_core::case::command::{Command, Followed};
use huying_core::case::event::{Actor, Edge, TextRef};
use huying_core::case::state::Case;
use huying_core::city::Folder as CityFolder;
use huying_core::ids::{CaseId, PersonId, SystemId};
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_store::{AccessEntry, AccountRow, Clear, ClockRow, Folder, Options, Store, StoreError, TokenRow};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::Sender;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Who is called with the answer.
pub(crate) type Reply<T> = Box<dyn FnOnce(T) + Send>;
/// Who is told of what became durable.
pub type Subscriber = Box<dyn Fn(&[Published]) + Send + Sync>;

/// Answers a job, once it is known whether its batch failed.
type Settle = Box<dyn FnOnce(Option<&Rejected>)>;

/// What waits for the writer.
pub(crate) enum Job {
    /// One command.
    One(Box<Prepared>, Reply<Answer>),
    /// Many commands of an import, answered together.
    Many(Vec<Prepared>, Reply<Vec<Answer>>),
    /// Something else that only the writer may do.
    Other(Box<dyn FnOnce(&mut Writer) + Send>),
}

/// What the writer shares with whoever asks.
pub(crate) struct Shared {
    pub(crate) folder: Folder,
    pub(crate) rules: RwLock<Arc<Rules>>,
    pub(crate) next_case: AtomicU64,
    pub(crate) next_item: AtomicU64,
    pub(crate) queue: Queue<Job>,
    pub(crate) time: Arc<dyn TimeSource>,
    pub(crate) follower: Sender<()>,
    pub(crate) subscribers: RwLock<Vec<Subscriber>>,
}

impl Shared {
    pub(crate) fn rules(&self) -> Arc<Rules> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The writer.
pub(crate) struct Writer {
    pub(crate) store: Store,
    options: Options,
    shared: Arc<Shared>,
    cache: Cache,
    owes: bool,
    broken: bool,
}

impl Writer {
    pub(crate) fn new(store: Store, options: Options, shared: Arc<Shared>) -> Writer {
        Writer { store, options, shared, cache: Cache::new(CACHE_GENERATION), owes: true, broken: false }
    }

    /// Runs until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        let shared = self.shared.clone();
        let _at_the_end = StopServing(shared.clone());
        while let Some(jobs) = shared.queue.drain(Duration::from_millis(TICK_MS)) {
            if self.broken && self.reopen().is_err() {
                refuse_all(jobs, &Rejected::Busy);
                continue;
            }
            self.ring();
            self.pay();
            self.serve(jobs);
            self.pay();
        }
    }

    fn now(&self) -> Time {
        self.shared.time.now().max(self.store.last_recorded())
    }

    /// Opens the store again after a failure that could not be undone in place.
    fn reopen(&mut self) -> Result<(), EngineError> {
        self.store.reopen(self.options)?;
        self.cache.clear();
        self.broken = false;
        Ok(())
    }

    fn serve(&mut self, jobs: Vec<Job>) {
        let mut commands = Vec::with_capacity(jobs.len());
        for job in jobs {
            match job {
                Job::Other(work) => {
                    self.commit_all(std::mem::take(&mut commands));
                    work(self);
                }
                job => commands.push(job),
            }
        }
        self.commit_all(commands);
    }

    /// Decides and commits jobs as one batch, then answers them.
    fn commit_all(&mut self, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let rules = self.shared.rules();
        let (now, last) = (self.now(), self.store.last_seq());
        let mut work = Work::new(&self.store, &rules, &mut self.cache, now, last);
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
                Job::Other(_) => {}
            }
        }
        let done = work.finish();
        let failed = self.commit(done).err();
        for reply in replies {
            reply(failed.as_ref());
        }
    }

    fn commit(&mut self, done: Done) -> Result<(), Rejected> {
        if done.batch.records.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.store.commit(&done.batch) {
            self.cache.clear();
            self.broken = matches!(
                error,
                StoreError::Reopen
                    | StoreError::Disk { .. }
                    | StoreError::Damaged { .. }
                    | StoreError::Fenced { .. }
            );
            return Err(error.into());
        }
        self.owes |= done.batch.outbox.iter().any(|m| m.topic == FOLLOW);
        for case in done.cases {
            self.cache.put(case);
        }
        // A follower that is gone follows again at the next start.
        let _ = self.shared.follower.send(());
        for subscriber in self.shared.subscribers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            subscriber(&done.published);
        }
        Ok(())
    }

    /// Clocks due by now ring before any command is decided, in the order in which they fell due.
    fn ring(&mut self) {
        loop {
            let now = self.now();
            let Ok(due) = self.store.due_clocks(now, MAX_ALARMS) else { return };
            if due.is_empty() {
                return;
            }
            let full = due.len() == MAX_ALARMS;
            let alarms: Vec<Prepared> = due.iter().filter_map(|row| self.alarm(row, now)).collect();
            if alarms.is_empty() {
                return;
            }
            self.commit_all(vec![Job::Many(alarms, Box::new(drop))]);
            if !full || self.broken {
                return;
            }
        }
    }

    fn alarm(&mut self, row: &ClockRow, now: Time) -> Option<Prepared> {
        let case = self.case(row.case_id).ok()??;
        let clock = case.clock(row.clock)?;
        let near = clock.near.filter(|n| !clock.near_fired && *n <= now && *n < clock.due);
        let edge = if near.is_some() { Edge::Near } else { Edge::Due };
        let command = Command::Fire { clock: row.clock, generation: clock.generation, edge };
        Some(own(row.case_id, Actor::Clock, command))
    }

    pub(crate) fn case(&mut self, id: CaseId) -> Result<Option<Arc<Case>>, EngineError> {
        if let Some(case) = self.cache.get(id) {
            return Ok(Some(case));
        }
        Ok(crate::batch::fold(&self.store.load(id.stream())?, None)?.map(Arc::new))
    }

    /// Delivers what merged cases owe each other: at least once, and the second time changes nothing.
    fn pay(&mut self) {
        while self.owes && !self.broken {
            self.owes = false;
            if let Err(error) = self.pay_some() {
                drop(error);
                return;
            }
        }
    }

    fn pay_some(&mut self) -> Result<(), EngineError> {
        const NAME: &str = "follow";
        const STEP: usize = 256;
        let mut at = self.store.cursor(NAME)?;
        loop {
            let messages = self.store.outbox_after(at, STEP)?;
            let Some(last) = messages.last().map(|m| m.position) else { return Ok(()) };
            let mut jobs = Vec::new();
            for message in messages.iter().filter(|m| m.row.topic == FOLLOW) {
                jobs.push(self.owed(&serde_json::from_slice(&message.row.payload)?)?);
            }
            if !jobs.is_empty() {
                // A refusal means that it was delivered before, or that the other case has gone its own way.
                self.commit_all(vec![Job::Many(jobs, Box::new(drop))]);
                if self.broken {
                    return Ok(());
                }
            }
            at = last;
            self.store.move_cursor(NAME, at)?;
        }
    }

    fn owed(&mut self, owed: &Owed) -> Result<Prepared, EngineError> {
        let actor = Actor::System(own_name());
        match *owed {
            Owed::Joined { to, from, joined } => Ok(own(to, actor, Command::Joined { other: from, joined })),
            Owed::Follow { to, from, what } => {
                let mut command = Command::Follow { from, what };
                let mut sealed = Sealed::default();
                if let Followed::Answered { text: Some(text) } = what {
                    sealed.items = self.passed_on(&mut command, to, from, text)?;
                }
                Ok(Prepared { sealed, ..own(to, actor, command) })
            }
        }
    }

    /// The reply's words, sealed anew under the key of the case that gets them.
    fn passed_on(
        &mut self,
        command: &mut Command,
        to: CaseId,
        from: CaseId,
        text: TextRef,
    ) -> Result<Vec<huying_store::VaultItem>, EngineError> {
        let at = self.now();
        let entry =
            AccessEntry { at, actor: own_person(), post: None, purpose: "follow".into(), case_id: from };
        let Some(Clear::Text(opened)) = self.store.read_clear(&entry, &[text.item])?.pop() else {
            return Ok(Vec::new());
        };
        let key = match self.store.data_key(to, CASE_SUBJECT, self.store.master()) {
            Ok(key) => key,
            Err(StoreError::Erased { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let text =
            ClearText { class: "reply".into(), text: String::from_utf8_lossy(&opened.text).into_owned() };
        if let Command::Follow { what: Followed::Answered { text }, .. } = command {
            *text = Some(TextRef::pending(0));
        }
        seal_into(command, &[text], to, &key, &self.shared.next_item)
    }

    /// Loads a city folder as a new edition and puts it in force.
    pub(crate) fn load_city(&mut self, city: &CityFolder, actor: Actor) -> Result<Arc<Rules>, EngineError> {
        let now = self.now();
        let rules = Arc::new(crate::city::load(&mut self.store, &self.shared.folder, city, actor, now)?);
        *self.shared.rules.write().unwrap_or_else(PoisonError::into_inner) = rules.clone();
        Ok(rules)
    }

    /// Opens an account with a token.
    pub(crate) fn put_token(&mut self, account: &AccountRow, token: &TokenRow) -> Result<(), EngineError> {
        if self.store.account(&account.person)?.is_none() {
            self.store.put_account(account)?;
        }
        Ok(self.store.put_token(token)?)
    }

    /// Destroys the words of a case, with the event that says so.
    pub(crate) fn erase(&mut self, case: CaseId, ground: &str, actor: Actor) -> Answer {
        let items = self.store.items_of(case)?.iter().map(|i| i.place.item).collect();
        let command = Command::Erase { items, ground: ground.into() };
        let mut answer = Err(Rejected::Stopped);
        let (tell, told) = std::sync::mpsc::channel();
        let job = own(case, actor, command);
        self.commit_all(vec![Job::One(Box::new(job), Box::new(move |a| drop(tell.send(a))))]);
        if let Ok(told) = told.recv() {
            answer = told;
        }
        if answer.is_ok() {
            let now = self.now();
            self.store.erase(case, None, now)?;
        }
        answer
    }
}

/// The name under which the engine itself acts.
#[expect(clippy::expect_used, reason = "a constant that is an id")]
fn own_name() -> SystemId {
    SystemId::new("huying").expect("`huying` is an id")
}

#[expect(clippy::expect_used, reason = "a constant that is an id")]
fn own_person() -> PersonId {
    PersonId::new("huying").expect("`huying` is an id")
}

fn own(case: CaseId, actor: Actor, command: Command) -> Prepared {
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
    }
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
            Job::Other(_) => {}
        }
    }
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
