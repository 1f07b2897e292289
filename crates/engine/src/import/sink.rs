//! The sink that puts rows into a city's journal, and the one that only says what it would do.
//!
//! The engine seals the words of a batch while it commits the one before. A row whose case is on its way
//! waits until that case is durable, so that its words are sealed under the key the case has. What a row
//! means is `row.rs`.

use super::memory::MemorySink;
use super::row::{Reject, Row};
use super::run::{Outcome, Sink, SinkError};
use crate::engine::Engine;
use crate::error::{EngineError, Rejected};
use crate::external::row_digest;
use crate::submission::{Answer, ClearText, Submission};
use compact_str::CompactString;
use huying_core::case::command::Command;
use huying_core::case::cover::cover_observation;
use huying_core::case::event::{Actor, TextRef};
use huying_core::ids::CaseId;
use huying_core::observation::{Observation, Recorded, Texts};
use huying_core::rules::Rules;
use std::collections::{HashSet, VecDeque};
use std::sync::mpsc::{Receiver, channel};

/// What is known of a row before it is submitted.
type Known = Option<(CaseId, [u8; 32])>;

/// One batch of the import, split into runs in which every case comes once.
#[derive(Debug, Default)]
struct Pending {
    /// Outcomes that are known, `None` for rows of the runs on their way.
    outcomes: Vec<Option<Outcome>>,
    /// Places in `outcomes` that the run on its way answers, in order.
    places: Vec<usize>,
    /// The run on its way.
    run: Option<Receiver<Vec<Answer>>>,
    /// The ids of the cases of that run.
    ids: HashSet<CompactString>,
}

/// Submits rows to an engine as observations.
#[derive(Debug)]
pub struct EngineSink<'a> {
    engine: &'a Engine,
    pending: VecDeque<Pending>,
}

impl<'a> EngineSink<'a> {
    /// A sink into `engine`.
    pub fn new(engine: &'a Engine) -> Self {
        Self { engine, pending: VecDeque::new() }
    }

    /// Waits for the runs on their way that hold one of these cases.
    fn wait_for(&mut self, ids: &HashSet<CompactString>) -> Result<(), SinkError> {
        for pending in self.pending.iter_mut().filter(|p| !p.ids.is_disjoint(ids)) {
            pending.settle()?;
        }
        Ok(())
    }

    /// Submits a run of rows in which every case comes once.
    fn submit(&mut self, pending: &mut Pending, rows: Vec<(usize, Row)>) -> Result<(), SinkError> {
        pending.settle()?;
        let ids: HashSet<CompactString> =
            rows.iter().map(|(_, row)| row.observation.external_id.clone()).collect();
        self.wait_for(&ids)?;
        let known = self.known(&rows)?;
        let rules = self.engine.rules();
        let mut submissions = Vec::with_capacity(rows.len());
        for ((at, row), known) in rows.into_iter().zip(known) {
            if known.is_some_and(|(_, digest)| digest == row_digest(&covered(&row.observation, &rules))) {
                // To the byte what is held: nothing to seal, nothing to decide.
                pending.put(at, Outcome::Same { contradictions: Vec::new() });
                continue;
            }
            pending.places.push(at);
            submissions.push(submission(row, known.map(|(case, _)| case)));
        }
        if !submissions.is_empty() {
            let (tell, told) = channel();
            self.engine.submit_many_then(submissions, Box::new(move |all| drop(tell.send(all))));
            pending.run = Some(told);
            pending.ids = ids;
        }
        Ok(())
    }

    fn known(&self, rows: &[(usize, Row)]) -> Result<Vec<Known>, EngineError> {
        let known = self.engine.read(|reader| {
            rows.iter()
                .map(|(_, row)| reader.external(&row.observation.system, &row.observation.external_id))
                .collect()
        })?;
        Ok(known)
    }
}

impl Sink for EngineSink<'_> {
    fn offer(&mut self, rows: Vec<Row>) -> Result<(), SinkError> {
        let mut pending = Pending { outcomes: vec![None; rows.len()], ..Pending::default() };
        let (mut run, mut seen) = (Vec::with_capacity(rows.len()), HashSet::new());
        for (at, row) in rows.into_iter().enumerate() {
            if !seen.insert(row.observation.external_id.clone()) {
                seen = HashSet::from([row.observation.external_id.clone()]);
                self.submit(&mut pending, std::mem::take(&mut run))?;
            }
            run.push((at, row));
        }
        self.submit(&mut pending, run)?;
        self.pending.push_back(pending);
        Ok(())
    }

    fn answer(&mut self) -> Result<Vec<Outcome>, SinkError> {
        let mut pending = self.pending.pop_front().unwrap_or_default();
        pending.settle()?;
        Ok(pending.outcomes.into_iter().flatten().collect())
    }
}

impl Pending {
    fn put(&mut self, at: usize, outcome: Outcome) {
        if let Some(slot) = self.outcomes.get_mut(at) {
            *slot = Some(outcome);
        }
    }

    /// Waits for the run on its way.
    fn settle(&mut self) -> Result<(), SinkError> {
        let Some(run) = self.run.take() else { return Ok(()) };
        let answers = run.recv().map_err(|_| Rejected::Stopped)?;
        for (at, answer) in std::mem::take(&mut self.places).into_iter().zip(answers) {
            self.put(at, outcome(answer)?);
        }
        self.ids.clear();
        Ok(())
    }
}

/// A refusal is the row's; anything else is the engine's trouble, and stops the import.
fn outcome(answer: Answer) -> Result<Outcome, SinkError> {
    let accepted = match answer {
        Ok(accepted) => accepted,
        Err(Rejected::Refused(refusal)) => return Ok(refused(refusal.to_string())),
        Err(large @ Rejected::TooLarge { .. }) => return Ok(refused(large.to_string())),
        Err(other) => return Err(other.into()),
    };
    let Some(observed) = accepted.observed else {
        return Err("the engine answered a row as if it were another command".into());
    };
    let contradictions = observed.contradictions;
    Ok(match (observed.new, observed.changed) {
        (true, _) => Outcome::New,
        (false, true) => Outcome::Changed { contradictions },
        (false, false) => Outcome::Same { contradictions },
    })
}

fn refused(reason: String) -> Outcome {
    Outcome::Refused(Reject { field: String::new(), reason })
}

/// The observation as the journal holds it: how exactly it says where is the profile's.
fn covered(observation: &Observation, rules: &Rules) -> Observation {
    let mut covered = observation.clone();
    cover_observation(&mut covered, &rules.profile);
    covered
}

fn submission(row: Row, case: Option<CaseId>) -> Submission {
    let Row { observation, texts, .. } = row;
    let texts = clear(texts);
    let refs = (0..texts.len() as u64).map(TextRef::pending).collect();
    Submission {
        key: None,
        actor: Actor::System(observation.system.clone()),
        occurred: None,
        case,
        command: Command::Observe { observation: Box::new(observation), texts: refs, exact: None },
        texts,
    }
}

fn clear(texts: Texts) -> Vec<ClearText> {
    let Texts { title, body, reply, address } = texts;
    [("title", title), ("body", body), ("reply", reply), ("address", address)]
        .into_iter()
        .filter_map(|(class, text)| match text {
            Recorded::Is(text) => Some(ClearText { class: class.into(), text }),
            _ => None,
        })
        .collect()
}

/// Says what an import would do, and does nothing. Memory grows with the cases of the file.
#[derive(Debug)]
pub struct TrialSink<'a> {
    engine: Option<&'a Engine>,
    memory: MemorySink,
}

impl<'a> TrialSink<'a> {
    /// A trial against what `engine` holds, or against an empty city.
    pub fn new(engine: Option<&'a Engine>) -> Self {
        Self { engine, memory: MemorySink::default() }
    }

    fn held(&self, row: &Observation) -> Result<Option<Observation>, EngineError> {
        let Some(engine) = self.engine.filter(|_| !self.memory.holds(row)) else { return Ok(None) };
        let Some((case, _)) = engine.read(|r| r.external(&row.system, &row.external_id))? else {
            return Ok(None);
        };
        Ok(engine.history(case)?.and_then(|history| history.case.observed).map(|held| *held))
    }
}

impl Sink for TrialSink<'_> {
    fn offer(&mut self, mut rows: Vec<Row>) -> Result<(), SinkError> {
        if let Some(engine) = self.engine {
            let rules = engine.rules();
            rows.iter_mut().for_each(|row| row.observation = covered(&row.observation, &rules));
        }
        for row in &rows {
            if let Some(held) = self.held(&row.observation)? {
                self.memory.hold(held);
            }
        }
        self.memory.offer(rows)
    }

    fn answer(&mut self) -> Result<Vec<Outcome>, SinkError> {
        self.memory.answer()
    }
}
