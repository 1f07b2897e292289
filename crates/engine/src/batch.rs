//! One group commit in the making: commands are decided one after the other, each sees the earlier ones, and
//! nothing is believed before the whole batch is durable.

use crate::cache::Cache;
use crate::duplicates::{Duplicates, nearest};
use crate::engine::erased;
use crate::error::{EngineError, Rejected};
use crate::rows::project;
use crate::sealing::{CASE_SUBJECT, Sealed, go_without_words};
use crate::submission::{Accepted, Answer, Key, Observed, Published};
use compact_str::{CompactString, format_compact};
use huying_core::case::apply::apply_record;
use huying_core::case::command::Command;
use huying_core::case::decide::{Answers, Decided, Desk, Needs, decide, leads, needs};
use huying_core::case::duplicate::{Around, Compared, NearCase};
use huying_core::case::event::{Actor, Claim};
use huying_core::case::record::{read, write};
use huying_core::case::state::Case;
use huying_core::ids::{CaseId, PersonId, Seq, StreamId, SystemId, UnitId, Version};
use huying_core::observation::difference;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_store::limits::MAX_PAYLOAD_BYTES;
use huying_store::{
    Batch, FileRow, IdempotencyRow, OutboxRow, Record, Rows, Store, StoreError, StoredRecord,
};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// A command ready to be decided: its words are sealed.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) key: Option<Key>,
    /// What was sent, hashed: the same key must mean the same command.
    pub(crate) body: [u8; 32],
    pub(crate) actor: Actor,
    pub(crate) occurred: Option<Time>,
    pub(crate) case: CaseId,
    pub(crate) new: bool,
    pub(crate) command: Command,
    pub(crate) sealed: Sealed,
    pub(crate) files: Vec<FileRow>,
    /// Why it cannot be taken, unless it was taken before under its key.
    pub(crate) barred: Option<Rejected>,
}

/// What is remembered of a command with a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Outcome {
    /// The keyed hash of what was sent; none once the words of the case were destroyed.
    body: Option<huying_core::case::event::Digest>,
    accepted: Accepted,
}

#[derive(Debug)]
struct Touched {
    before: Option<Arc<Case>>,
    after: Arc<Case>,
}

/// What is known beside the journal when a batch begins.
pub(crate) struct Known<'a> {
    /// The open cases by where they are.
    pub(crate) near: &'a Mutex<Duplicates>,
    /// Who is on duty, by unit.
    pub(crate) duty: Arc<HashMap<UnitId, PersonId>>,
}

/// A batch in the making.
pub(crate) struct Work<'a> {
    pub(crate) store: &'a Store,
    rules: &'a Rules,
    cache: &'a mut Cache,
    known: Known<'a>,
    now: Time,
    first_seq: u64,
    touched: HashMap<CaseId, Touched>,
    order: Vec<CaseId>,
    counters: HashMap<CompactString, u64>,
    externals: HashMap<(SystemId, CompactString), CaseId>,
    ordered: HashMap<(SystemId, CompactString), CaseId>,
    outcomes: HashMap<Key, Outcome>,
    erasing: HashSet<CaseId>,
    pub(crate) batch: Batch,
    pub(crate) published: Vec<Published>,
}

/// What a committed batch leaves behind.
pub(crate) struct Done {
    pub(crate) batch: Batch,
    pub(crate) cases: Vec<Arc<Case>>,
    pub(crate) published: Vec<Published>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(
        store: &'a Store,
        rules: &'a Rules,
        cache: &'a mut Cache,
        known: Known<'a>,
        now: Time,
    ) -> Work<'a> {
        Work {
            store,
            rules,
            cache,
            known,
            now,
            first_seq: store.last_seq().0 + 1,
            touched: HashMap::new(),
            order: Vec::new(),
            counters: HashMap::new(),
            externals: HashMap::new(),
            ordered: HashMap::new(),
            outcomes: HashMap::new(),
            erasing: HashSet::new(),
            batch: Batch { recorded_at: now, ..Batch::default() },
            published: Vec::new(),
        }
    }

    /// Decides one command on the case as the batch leaves it so far.
    pub(crate) fn take(&mut self, mut job: Prepared) -> Answer {
        if let Some(key) = job.key
            && let Some(outcome) = self.outcome(&key)?
        {
            return repeat(&outcome, &job.body);
        }
        if let Some(why) = job.barred {
            return Err(why);
        }
        if let Some(known) = self.ordered_before(&job.command)? {
            return Ok(known);
        }
        if let Some(known) = self.known_as(&job.command)?
            && known != job.case
        {
            // Its words were sealed for another case, because the row that made this one was not seen yet.
            (job.case, job.new, job.sealed) = (known, false, Sealed::default());
            go_without_words(&mut job.command);
        }
        let case = self.case(job.case)?;
        if case.is_none() && !job.new {
            return Err(Rejected::NoCase(job.case.to_string()));
        }
        if let Some(same) = case.as_deref().and_then(|c| self.same(c, &job.command)) {
            return Ok(same);
        }
        self.keep_erased(&mut job)?;
        let (decided, counter) = self.decide(case.as_deref(), &job)?;
        self.accept(job, case, decided, counter)
    }

    /// An erasure names every word there is; and to a case whose key is destroyed no word is added, which
    /// nobody could ever read again.
    fn keep_erased(&mut self, job: &mut Prepared) -> Result<(), Rejected> {
        if let Command::Erase { items, .. } = &mut job.command {
            let sealed = self.store.items_of(job.case)?;
            let here = self.batch.vault.iter().filter(|i| i.place.case_id == job.case);
            *items = sealed.iter().chain(here).map(|i| i.place.item).collect();
            return Ok(());
        }
        if job.new || (job.sealed.items.is_empty() && job.files.is_empty()) {
            return Ok(());
        }
        let gone = || match self.store.data_key(job.case, CASE_SUBJECT, self.store.master()) {
            Ok(_) => Ok(false),
            Err(StoreError::Erased { .. }) => Ok(true),
            Err(error) => Err(error),
        };
        if !self.erasing.contains(&job.case) && !gone()? {
            return Ok(());
        }
        if !job.files.is_empty() || !go_without_words(&mut job.command) {
            return Err(erased());
        }
        job.sealed = Sealed::default();
        Ok(())
    }

    /// The case that an observed row is of, when it was seen before.
    fn known_as(&self, command: &Command) -> Result<Option<CaseId>, Rejected> {
        let Command::Observe { observation, .. } = command else { return Ok(None) };
        let at = (observation.system.clone(), observation.external_id.clone());
        if let Some(case) = self.externals.get(&at) {
            return Ok(Some(*case));
        }
        Ok(self.store.external(&at.0, &at.1)?.map(|(case, _)| case))
    }

    /// The answer to an order of a system above that came before: what it said then stands, whatever it says
    /// now; another due time is an urge.
    fn ordered_before(&mut self, command: &Command) -> Result<Option<Accepted>, Rejected> {
        let Command::Report(report) = command else { return Ok(None) };
        let Some((governed, _)) = &report.governed else { return Ok(None) };
        let at = (governed.system.clone(), governed.external_id.clone());
        let known = match self.ordered.get(&at) {
            Some(case) => Some(*case),
            None => self.store.governed(&at.0, &at.1)?.map(|row| row.case_id),
        };
        let Some(case) = known.map(|id| self.case(id)).transpose()?.flatten() else { return Ok(None) };
        Ok(Some(self.told_again(&case, None)))
    }

    /// The answer to what leaves a case as it stands.
    fn told_again(&self, case: &Case, observed: Option<Observed>) -> Accepted {
        Accepted {
            case: case.id,
            number: case.number.clone(),
            version: case.version,
            seq: Seq(self.first_seq.saturating_sub(1)),
            recorded_at: self.now,
            spine: case.spine,
            repeated: true,
            observed,
        }
    }

    /// The answer to a row that says nothing new: accepted, and nothing happens.
    fn same(&self, case: &Case, command: &Command) -> Option<Accepted> {
        let (Command::Observe { observation, .. }, Some(held)) = (command, &case.observed) else {
            return None;
        };
        let found = difference(held, observation);
        found.is_empty().then(|| {
            let contradictions = found.contradictions;
            self.told_again(case, Some(Observed { new: false, changed: false, contradictions }))
        })
    }

    fn decide(
        &mut self,
        case: Option<&Case>,
        job: &Prepared,
    ) -> Result<(Decided, Option<(CompactString, u64)>), Rejected> {
        let needed = needs(case, &job.command, self.rules);
        let (answers, counter) = self.answer(job.case, &needed)?;
        let occurred = job.occurred.map(|at| Claim { at, evidence: None });
        let desk = Desk {
            now: self.now,
            stream: StreamId(job.case.0),
            actor: &job.actor,
            occurred: occurred.as_ref(),
            rules: self.rules,
            answers: &answers,
        };
        let decided = decide(case, &job.command, &desk)?;
        Ok((decided, counter))
    }

    fn answer(
        &mut self,
        id: CaseId,
        needed: &Needs,
    ) -> Result<(Answers, Option<(CompactString, u64)>), Rejected> {
        let mut answers = Answers::default();
        let mut counter = None;
        if needed.duty {
            answers.duty = self.known.duty.clone();
        }
        if let Some(code) = &needed.number {
            let day = self.rules.day(self.now);
            let scope = format_compact!("{}{code}", day.strftime("%Y%m%d"));
            let next = self.counter(&scope)? + 1;
            let width = self.rules.profile.number.sequence_digits;
            answers.number = Some(format_compact!("{scope}{next:0width$}"));
            counter = Some((scope, next));
        }
        if let Some(version) = needed.before {
            answers.before = self.case_at(id, version)?.map(Box::new);
        }
        if let Some(other) = needed.other {
            answers.other = self.case(other)?.and_then(|c| leads(&c));
        }
        if let Some(visited) = needed.visit {
            answers.visit = self.case(visited.case)?.and_then(|c| c.visit(visited.thread)).map(Box::new);
        }
        if let Some((no, unit)) = &needed.taken {
            answers.taken = self.taken(id, *no, unit)?;
        }
        if needed.files {
            let here = self.batch.files.iter().filter(|f| f.case_id == id).map(|f| f.digest);
            let all = self.store.files_of_case(id)?.into_iter().chain(here);
            answers.files = all.map(|digest| huying_store::hex(&digest).into()).collect();
        }
        if let Some(around) = &needed.near {
            answers.near = self.near(id, around)?;
        }
        Ok((answers, counter))
    }

    /// The open cases near a point: those that are durable, and how the batch leaves those it changes.
    fn near(&self, id: CaseId, around: &Around) -> Result<Vec<NearCase>, Rejected> {
        let mut known = self.known.near.lock().unwrap_or_else(PoisonError::into_inner);
        let hours = self.rules.profile.duplicate_hours().unwrap_or(around.hours);
        known.reach(hours, self.store, self.now)?;
        let mut found = known.near(around, self.now, |other| other == id || self.touched(other));
        let changed = self.touched.iter().filter(|(other, _)| **other != id);
        found.extend(
            changed.filter_map(|(other, case)| Compared::of(&case.after)?.near(*other, around, self.now)),
        );
        Ok(nearest(found))
    }

    fn counter(&self, name: &CompactString) -> Result<u64, Rejected> {
        match self.counters.get(name) {
            Some(value) => Ok(*value),
            None => Ok(self.store.counter(name)?),
        }
    }

    fn outcome(&self, key: &Key) -> Result<Option<Outcome>, Rejected> {
        if let Some(outcome) = self.outcomes.get(key) {
            return Ok(Some(outcome.clone()));
        }
        let Some(row) = self.store.outcome_of(key)? else { return Ok(None) };
        if row.outcome.is_empty() {
            return self.outcome_told_again(row.stream, row.version).map(Some);
        }
        Ok(Some(serde_json::from_slice(&row.outcome).map_err(EngineError::from)?))
    }

    /// The outcome of a command on a case that was erased since: what was remembered of it is gone, and the
    /// journal still says what it led to. Whether it is sent again with the same words nobody can say now.
    fn outcome_told_again(&self, stream: StreamId, version: Version) -> Result<Outcome, Rejected> {
        let stored = self.store.load(stream)?;
        let case = fold(&stored, Some(version))?;
        let (Some(case), Some(record)) = (case, stored.iter().find(|r| r.version == version)) else {
            return Err(Rejected::NoCase(stream.to_string()));
        };
        let accepted = Accepted {
            case: case.id,
            number: case.number,
            version,
            seq: record.seq,
            recorded_at: record.recorded_at,
            spine: case.spine,
            repeated: true,
            observed: None,
        };
        Ok(Outcome { body: None, accepted })
    }

    /// The cases that the batch changes, as they were before it and as it leaves them.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (Option<&Case>, &Case)> {
        self.touched.values().map(|t| (t.before.as_deref(), &*t.after))
    }

    /// Whether the batch changes the case.
    pub(crate) fn touched(&self, id: CaseId) -> bool {
        self.touched.contains_key(&id)
    }

    pub(crate) fn case(&mut self, id: CaseId) -> Result<Option<Arc<Case>>, Rejected> {
        if let Some(touched) = self.touched.get(&id) {
            return Ok(Some(touched.after.clone()));
        }
        if let Some(case) = self.cache.get(id) {
            return Ok(Some(case));
        }
        let folded = fold(&self.store.load(id.stream())?, None)?.map(Arc::new);
        if let Some(case) = &folded {
            self.cache.put(case.clone());
        }
        Ok(folded)
    }

    fn case_at(&self, id: CaseId, version: Version) -> Result<Option<Case>, Rejected> {
        let committed = fold(&self.store.load(id.stream())?, Some(version))?;
        let in_batch = self.batch.records.iter().filter(|r| r.stream == id.stream() && r.version <= version);
        let mut case = committed;
        for record in in_batch {
            let record = read(&record.payload).map_err(|source| EngineError::Record { seq: 0, source })?;
            case = Some(apply_record(case, &record));
        }
        Ok(case)
    }

    fn accept(
        &mut self,
        job: Prepared,
        before: Option<Arc<Case>>,
        decided: Decided,
        counter: Option<(CompactString, u64)>,
    ) -> Answer {
        let Decided { record, case } = decided;
        let observed = observed(&job.command, before.as_deref());
        let seq = Seq(self.first_seq + self.batch.records.len() as u64);
        // Everything that can fail comes before anything is added: a command is in the batch whole, or not
        // at all.
        let payload = write(&record).map_err(EngineError::from)?;
        if payload.len() > MAX_PAYLOAD_BYTES {
            let (what, given) = ("bytes of a record", payload.len());
            return Err(Rejected::TooLarge { what, given, limit: MAX_PAYLOAD_BYTES });
        }
        let messages = crate::outbox::messages(&record, before.as_deref(), &case)?;
        let promised = self.rules.profile.notices.is_some();
        let notices =
            if promised { crate::notices::rows(&record, before.as_deref(), &case) } else { Vec::new() };
        let accepted = Accepted {
            case: case.id,
            number: case.number.clone(),
            version: record.version,
            seq,
            recorded_at: record.recorded_at,
            spine: case.spine,
            repeated: false,
            observed,
        };
        if let Some(key) = job.key {
            self.remember(key, job.body, &accepted)?;
        }
        // Reserved numbers are used only by commands that are accepted: the sequence has no gaps.
        self.counters.extend(counter);
        if matches!(job.command, Command::Erase { .. }) {
            self.erasing.insert(case.id);
        }
        self.batch.records.push(Record { stream: record.stream, version: record.version, payload });
        self.batch.vault.extend(job.sealed.items);
        self.batch.vault_keys.extend(job.sealed.key);
        self.batch.files.extend(job.files);
        self.batch.outbox.extend(messages);
        self.batch.notices.extend(notices);
        if let Some(o) = &case.observed {
            self.externals.insert((o.system.clone(), o.external_id.clone()), case.id);
        }
        if let Some(g) = case.facts.as_ref().and_then(|f| f.governed.as_ref()) {
            self.ordered.insert((g.system.clone(), g.external_id.clone()), case.id);
        }
        self.published.push(Published {
            seq,
            case: case.id,
            number: case.number.clone(),
            spine: case.spine,
            recorded_at: record.recorded_at,
            command: record.command,
            events: record.events,
        });
        self.touch(before, Arc::new(case));
        Ok(accepted)
    }

    fn remember(&mut self, key: Key, body: [u8; 32], accepted: &Accepted) -> Result<(), Rejected> {
        let body = Some(huying_core::case::event::Digest(body));
        let outcome = Outcome { body, accepted: accepted.clone() };
        let bytes = serde_json::to_vec(&outcome).map_err(EngineError::from)?;
        let (stream, version) = (accepted.case.stream(), accepted.version);
        self.batch.keys.push(IdempotencyRow { key, stream, version, outcome: bytes });
        self.outcomes.insert(key, outcome);
        Ok(())
    }

    fn touch(&mut self, before: Option<Arc<Case>>, after: Arc<Case>) {
        let id = after.id;
        match self.touched.get_mut(&id) {
            Some(touched) => touched.after = after,
            None => {
                self.order.push(id);
                self.touched.insert(id, Touched { before, after });
            }
        }
    }

    /// The batch to commit, with the rows that follow from it.
    pub(crate) fn finish(mut self) -> Done {
        let mut rows = Rows::default();
        let mut cases = Vec::with_capacity(self.order.len());
        for id in &self.order {
            if let Some(touched) = self.touched.remove(id) {
                project(touched.before.as_deref(), &touched.after, &mut rows);
                cases.push(touched.after);
            }
        }
        self.batch.rows = rows;
        self.batch.counters = self.counters.into_iter().collect();
        Done { batch: self.batch, cases, published: self.published }
    }
}

fn repeat(outcome: &Outcome, body: &[u8; 32]) -> Answer {
    if outcome.body.is_some_and(|known| &known.0 != body) {
        return Err(Rejected::KeyReused);
    }
    Ok(Accepted { repeated: true, ..outcome.accepted.clone() })
}

fn observed(command: &Command, before: Option<&Case>) -> Option<Observed> {
    let Command::Observe { observation, .. } = command else { return None };
    let held = before.and_then(|c| c.observed.as_deref());
    Some(match held {
        None => Observed { new: true, changed: false, contradictions: Vec::new() },
        Some(held) => Observed {
            new: false,
            changed: true,
            contradictions: difference(held, observation).contradictions,
        },
    })
}

/// Folds stored records, up to a version.
pub(crate) fn fold(records: &[StoredRecord], until: Option<Version>) -> Result<Option<Case>, EngineError> {
    let mut case = None;
    for stored in records.iter().filter(|r| until.is_none_or(|v| r.version <= v)) {
        let record =
            read(&stored.payload).map_err(|source| EngineError::Record { seq: stored.seq.0, source })?;
        case = Some(apply_record(case, &record));
    }
    Ok(case)
}

/// The key of messages to the outside; see `outbox.rs`.
pub(crate) type Messages = Vec<OutboxRow>;
