//! Delivering what a durable record owes: destruction after an erasure, and news to the cases that follow.
//!
//! What is owed stands in the outbox, written with the record. It is delivered at least once; each message
//! has an idempotency key of its own, so that a crash between delivery and cursor changes nothing.
//!
//! There are two courses, each with its cursor, so that no news can hold up a destruction. A message that
//! cannot be delivered for a reason of its own holds up only what comes after it for the same case: it stays
//! at hand, is named in the log and in the engine's state, is tried again, and its cursor stays before it.

use crate::batch::Prepared;
use crate::error::{EngineError, Rejected};
use crate::limits::{MAX_STUCK, OUTBOX_STEP, STUCK_EVERY_MS};
use crate::outbox::{FOLLOW, Owed};
use crate::sealing::{CASE_SUBJECT, Sealed, seal_text};
use crate::submission::{Answer, ClearText, Key};
use crate::writer::{Writer, own};
use huying_core::case::command::{Command, Followed};
use huying_core::case::event::{Actor, TextRef};
use huying_core::fault::chain;
use huying_core::ids::{CaseId, PersonId, SystemId};
use huying_core::time::Time;
use huying_store::{AccessEntry, Clear, OutboxEntry, StoreError, VaultItem};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashSet};

/// Refusals that mean that the other case has gone its own way since: nothing is owed to it any more.
pub const GONE_ITS_WAY: [&str; 3] = ["merge.none", "spine.step", "visit.none"];

/// How far the engine has delivered what its records owe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Everything up to this place of the outbox is delivered.
    pub position: u64,
    /// How many messages lie behind that place, most of which may be delivered.
    pub behind: u64,
    /// Since when the first one that is not delivered could not be; none when nothing is in the way.
    pub stuck_since: Option<Time>,
}

/// What is delivered by which cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Destroy,
    Follow,
}

impl Kind {
    /// The name of the cursor.
    fn name(self) -> &'static str {
        match self {
            Kind::Destroy => "destroy",
            Kind::Follow => "follow",
        }
    }

    fn delivers(self, owed: &Owed) -> bool {
        matches!(owed, Owed::Destroy { .. }) == (self == Kind::Destroy)
    }
}

#[derive(Debug)]
struct Course {
    kind: Kind,
    /// Everything up to here was tried.
    tried: u64,
    /// Where the durable cursor stands.
    cursor: u64,
    /// What cannot be delivered now; without what it owes a message does not even read.
    stuck: BTreeMap<u64, Option<Owed>>,
    /// Since when each of those is stuck; each was named in the log then.
    since: BTreeMap<u64, Time>,
}

impl Course {
    /// Everything up to here is delivered.
    fn position(&self) -> u64 {
        self.stuck.keys().next().map_or(self.tried, |first| first - 1)
    }
}

/// What the writer knows of its deliveries.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    courses: Vec<Course>,
    /// When what is stuck was last tried again.
    retried: Option<Time>,
    /// Since when the store keeps anything from being delivered, with what was said of it.
    failing: Option<(Time, String)>,
}

/// What came of one message.
enum Outcome {
    Done,
    /// It is to be done by this command.
    By(Box<Prepared>),
}

/// The idempotency key of a message.
fn key(position: u64) -> Key {
    Sha256::new().chain_update(b"huying owed\n").chain_update(position.to_be_bytes()).finalize().into()
}

/// The case a message is for.
fn receiver(owed: &Owed) -> CaseId {
    match *owed {
        Owed::Joined { to, .. } | Owed::Follow { to, .. } | Owed::Found { to, .. } => to,
        Owed::Destroy { case } => case,
    }
}

impl Writer {
    /// Delivers everything that is owed by now, and what follows from it.
    ///
    /// # Errors
    /// The store's faults; what was not delivered stays owed.
    pub(crate) fn pay(&mut self) -> Result<(), Rejected> {
        let paid = self.pay_all();
        match &paid {
            Ok(()) => self.deliveries.failing = None,
            Err(error) => self.note_failing(error.to_string()),
        }
        self.show_deliveries();
        paid
    }

    fn pay_all(&mut self) -> Result<(), Rejected> {
        while self.owes {
            self.owes = false;
            if let Err(error) = self.destroy_owed().and_then(|()| self.course(Kind::Follow)) {
                self.owes = true;
                return Err(error);
            }
        }
        self.retry_stuck()
    }

    /// Destroys what is to be destroyed, whatever else is owed.
    ///
    /// # Errors
    /// The store's faults; the destruction stays owed.
    pub(crate) fn destroy_owed(&mut self) -> Result<(), Rejected> {
        self.course(Kind::Destroy)
    }

    /// Forgets what is known of deliveries, after the store was opened again: the cursors tell.
    pub(crate) fn deliver_anew(&mut self) {
        let failing = self.deliveries.failing.take();
        self.deliveries = Deliveries { failing, ..Deliveries::default() };
        self.owes = true;
    }

    /// Tries everything that is new on a course.
    fn course(&mut self, kind: Kind) -> Result<(), Rejected> {
        let mut course = match self.deliveries.courses.iter().position(|c| c.kind == kind) {
            Some(at) => self.deliveries.courses.swap_remove(at),
            None => self.open_course(kind)?,
        };
        let done = self.try_new(&mut course).and_then(|worked| {
            // Where nothing was delivered the cursor is moved at the next tidying.
            if worked { self.keep(&mut course) } else { Ok(()) }
        });
        self.deliveries.courses.push(course);
        done
    }

    fn open_course(&mut self, kind: Kind) -> Result<Course, Rejected> {
        let mut cursor = self.store.cursor(kind.name())?;
        if cursor == 0 && kind == Kind::Destroy {
            // There was one cursor for both once.
            cursor = self.store.cursor(Kind::Follow.name())?;
        }
        Ok(Course { kind, tried: cursor, cursor, stuck: BTreeMap::new(), since: BTreeMap::new() })
    }

    /// Moves the durable cursor to before the first message that is not delivered.
    fn keep(&mut self, course: &mut Course) -> Result<(), Rejected> {
        let position = course.position();
        if position > course.cursor {
            self.store.move_cursor(course.kind.name(), position)?;
            course.cursor = position;
        }
        Ok(())
    }

    /// True when there was something to deliver.
    fn try_new(&mut self, course: &mut Course) -> Result<bool, Rejected> {
        let mut worked = false;
        while course.tried < self.store.outbox_end() && course.stuck.len() < MAX_STUCK {
            let messages = self.store.outbox_after(course.tried, OUTBOX_STEP)?;
            let Some(last) = messages.last().map(|m| m.position) else { break };
            let mut step = Vec::new();
            for message in messages.iter().filter(|m| m.row.topic == FOLLOW) {
                match read(message) {
                    Ok(owed) if course.kind.delivers(&owed) => step.push((message.position, owed)),
                    Ok(_) => {}
                    // Nobody knows which course it is of, so it is held on the one that can wait.
                    Err(problem) if course.kind == Kind::Follow => {
                        self.stick(course, message.position, None, &problem);
                    }
                    Err(_) => {}
                }
            }
            worked |= !step.is_empty();
            self.deliver(course, step)?;
            course.tried = last;
        }
        Ok(worked)
    }

    /// Delivers messages in their order, those of one case never past one of it that is stuck.
    fn deliver(&mut self, course: &mut Course, messages: Vec<(u64, Owed)>) -> Result<(), Rejected> {
        let (mut jobs, mut sent) = (Vec::new(), Vec::new());
        let mut held: HashSet<CaseId> =
            course.stuck.values().filter_map(|owed| owed.as_ref().map(receiver)).collect();
        for (position, owed) in messages {
            if held.contains(&receiver(&owed)) {
                self.stick(course, position, Some(owed), "it waits for an earlier one of its case");
                continue;
            }
            match self.prepare_owed(position, &owed) {
                Ok(Outcome::Done) => {}
                Ok(Outcome::By(job)) => {
                    jobs.push(*job);
                    sent.push((position, owed));
                }
                Err(error) if is_of_the_message(&error) => {
                    held.insert(receiver(&owed));
                    self.stick(course, position, Some(owed), &chain(&error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if jobs.is_empty() {
            return Ok(());
        }
        for ((position, owed), answer) in sent.into_iter().zip(self.commit_own(jobs)?) {
            self.settle(course, position, owed, answer);
        }
        Ok(())
    }

    fn settle(&self, course: &mut Course, position: u64, owed: Owed, answer: Answer) {
        match answer {
            Ok(_) => {}
            Err(Rejected::Refused(refusal)) if GONE_ITS_WAY.contains(&refusal.rule) => {}
            Err(Rejected::Refused(refusal)) => {
                let case = receiver(&owed);
                self.log.line(&format!(
                    "owed message {position}: case {case} refused it and it is passed over: {}: {refusal}",
                    refusal.rule
                ));
            }
            Err(error) => self.stick(course, position, Some(owed), &error.to_string()),
        }
    }

    fn stick(&self, course: &mut Course, position: u64, owed: Option<Owed>, problem: &str) {
        let name = course.kind.name();
        course.stuck.insert(position, owed);
        course.since.entry(position).or_insert_with(|| {
            self.log
                .line(&format!("owed message {position} ({name}) is stuck and is tried again: {problem}"));
            self.now
        });
    }

    /// Tries what is stuck again, from time to time.
    fn retry_stuck(&mut self) -> Result<(), Rejected> {
        let soon = self.deliveries.retried.is_some_and(|at| self.now.since(at) < STUCK_EVERY_MS);
        if soon || self.deliveries.courses.iter().all(|c| c.stuck.is_empty()) {
            return Ok(());
        }
        self.deliveries.retried = Some(self.now);
        let mut courses = std::mem::take(&mut self.deliveries.courses);
        let done = courses.iter_mut().try_for_each(|course| self.retry(course));
        self.deliveries.courses = courses;
        done
    }

    fn retry(&mut self, course: &mut Course) -> Result<(), Rejected> {
        let waiting = std::mem::take(&mut course.stuck);
        // Whatever was not tried for want of room is tried when there is room again.
        self.owes |= waiting.len() >= MAX_STUCK;
        let messages: Vec<(u64, Owed)> =
            waiting.iter().filter_map(|(at, owed)| owed.map(|owed| (*at, owed))).collect();
        let done = self.deliver(course, messages);
        for (position, owed) in waiting {
            if course.stuck.contains_key(&position) {
                continue;
            }
            if done.is_err() || owed.is_none() {
                // The store failed as a whole, or the message does not read: as it was.
                course.stuck.insert(position, owed);
            } else {
                course.since.remove(&position);
                self.log.line(&format!("owed message {position} is no longer stuck"));
            }
        }
        done.and_then(|()| self.keep(course))
    }

    fn note_failing(&mut self, problem: String) {
        let known = self.deliveries.failing.as_ref();
        if known.is_none_or(|(_, before)| *before != problem) {
            self.log.line(&format!("what is owed cannot be delivered now and is tried again: {problem}"));
            let since = known.map_or(self.now, |(since, _)| *since);
            self.deliveries.failing = Some((since, problem));
        }
    }

    /// Shows whoever asks how far deliveries are.
    fn show_deliveries(&self) {
        let end = self.store.outbox_end();
        let courses = &self.deliveries.courses;
        let stuck = courses.iter().flat_map(|c| c.since.values().copied()).min();
        let failing = self.deliveries.failing.as_ref().map(|(since, _)| *since);
        let nothing = stuck.is_none() && failing.is_none() && !self.owes;
        let reached = courses.iter().map(Course::position).min().unwrap_or(0);
        let position = if nothing { end } else { reached };
        let stuck_since = stuck.into_iter().chain(failing).min();
        self.shared.show(Delivery { position, behind: end.saturating_sub(position), stuck_since });
    }

    /// Passes what is for others or delivered, and drops what every cursor has passed, a step at a time.
    ///
    /// # Errors
    /// The store's faults: then it is done the next time.
    pub(crate) fn trim(&mut self) -> Result<usize, Rejected> {
        if self.owes {
            return Ok(0);
        }
        let end = self.store.outbox_end();
        let mut courses = std::mem::take(&mut self.deliveries.courses);
        let kept = courses.iter_mut().try_for_each(|course| {
            // Nothing was owed since: whatever lies behind is for others.
            course.tried = if course.stuck.len() < MAX_STUCK { end } else { course.tried };
            self.keep(course)
        });
        self.deliveries.courses = courses;
        kept?;
        let first = self.store.outbox_after(0, 1)?.first().map_or(end, |m| m.position);
        Ok(self.store.trim_outbox(first + OUTBOX_STEP as u64)?)
    }

    /// Does what is owed, or says by which command it is done.
    fn prepare_owed(&mut self, position: u64, owed: &Owed) -> Result<Outcome, EngineError> {
        let key = key(position);
        if let Owed::Destroy { case } = *owed {
            if self.store.holds_words(case)? {
                self.store.erase(case, None, self.now)?;
            } else {
                // Destroyed before a crash, perhaps, and the log was not emptied.
                self.store.checkpoint_wal()?;
            }
            return Ok(Outcome::Done);
        }
        if self.store.outcome_of(&key)?.is_some() {
            return Ok(Outcome::Done);
        }
        let actor = Actor::System(own_name());
        let job = match *owed {
            Owed::Joined { to, from, joined } => own(to, actor, Command::Joined { other: from, joined }),
            Owed::Found { to, from, thread } => own(to, actor, Command::Found { thread, case: from }),
            Owed::Follow { to, from, what } => {
                let (what, sealed) = self.passed_on(to, from, what)?;
                Prepared { sealed, ..own(to, actor, Command::Follow { from, what }) }
            }
            Owed::Destroy { .. } => return Ok(Outcome::Done),
        };
        Ok(Outcome::By(Box::new(Prepared { key: Some(key), ..job })))
    }

    /// What is passed on, with the reply's words sealed anew under the key of the case that gets them.
    fn passed_on(
        &mut self,
        to: CaseId,
        from: CaseId,
        what: Followed,
    ) -> Result<(Followed, Sealed), EngineError> {
        let Followed::Answered { text: Some(text) } = what else { return Ok((what, Sealed::default())) };
        match self.sealed_anew(to, from, text)? {
            Some((item, text)) => {
                let sealed = Sealed { items: vec![item], ..Sealed::default() };
                Ok((Followed::Answered { text: Some(text) }, sealed))
            }
            // The step is still taken; a reference into another case would be nobody's to read.
            None => Ok((Followed::Answered { text: None }, Sealed::default())),
        }
    }

    /// None where either case was erased meanwhile, or the words do not read.
    fn sealed_anew(
        &mut self,
        to: CaseId,
        from: CaseId,
        text: TextRef,
    ) -> Result<Option<(VaultItem, TextRef)>, EngineError> {
        let key = match self.store.data_key(to, CASE_SUBJECT, self.store.master()) {
            Ok(key) => key,
            Err(StoreError::Erased { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let entry = AccessEntry {
            at: self.now,
            actor: own_person(),
            post: None,
            purpose: "follow".into(),
            case_id: from,
        };
        let opened = match self.store.read_clear(&entry, &[text.item]).map(|mut all| all.pop()) {
            Ok(Some(Clear::Text(opened))) => opened,
            Ok(_) => return Ok(None),
            Err(error) if is_of_the_words(&error) && !self.store.is_unusable() => {
                self.log.line(&format!("case {to} is answered without words, item {}: {error}", text.item));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let text =
            ClearText { class: "reply".into(), text: String::from_utf8_lossy(&opened.text).into_owned() };
        Ok(Some(seal_text(&text, to, &key, &self.shared.next_item)?))
    }
}

fn read(message: &OutboxEntry) -> Result<Owed, String> {
    serde_json::from_slice(&message.row.payload).map_err(|e| format!("it does not read: {e}"))
}

/// Whether it is the words themselves that do not read.
fn is_of_the_words(error: &StoreError) -> bool {
    matches!(error, StoreError::Missing { .. } | StoreError::Sealed { .. } | StoreError::Damaged { .. })
}

/// Whether a message failed for a reason that lies with it and not with the store as a whole.
fn is_of_the_message(error: &EngineError) -> bool {
    match error {
        EngineError::Record { .. } => true,
        EngineError::Store(error) => is_of_the_words(error) || matches!(error, StoreError::Broken { .. }),
        _ => false,
    }
}

/// The name under which the engine itself acts.
#[expect(clippy::expect_used, reason = "a constant that is an id")]
pub(crate) fn own_name() -> SystemId {
    SystemId::new("huying").expect("`huying` is an id")
}

#[expect(clippy::expect_used, reason = "a constant that is an id")]
fn own_person() -> PersonId {
    PersonId::new("huying").expect("`huying` is an id")
}
