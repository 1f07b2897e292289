//! Sinks without a city: one that only remembers, for trial runs and tests, and one that forgets.

use super::row::Row;
use super::run::{Outcome, Sink, SinkError};
use huying_core::observation::{Observation, difference, merge};
use std::collections::{HashMap, VecDeque};

/// Holds the newest observation of each case. Memory grows with the number of cases.
#[derive(Debug, Clone, Default)]
pub struct MemorySink {
    held: HashMap<String, Observation>,
    answers: VecDeque<Vec<Outcome>>,
}

impl MemorySink {
    /// The observations held, in no order.
    pub fn observations(&self) -> impl Iterator<Item = &Observation> {
        self.held.values()
    }
}

impl Sink for MemorySink {
    fn offer(&mut self, rows: Vec<Row>) -> Result<(), SinkError> {
        let outcomes = rows.into_iter().map(|row| self.one(row.observation)).collect();
        self.answers.push_back(outcomes);
        Ok(())
    }

    fn answer(&mut self) -> Result<Vec<Outcome>, SinkError> {
        Ok(self.answers.pop_front().unwrap_or_default())
    }
}

impl MemorySink {
    /// Whether an observation of that case is held.
    pub fn holds(&self, row: &Observation) -> bool {
        self.held.contains_key(&key(row))
    }

    /// Holds an observation as if a row had said it.
    pub fn hold(&mut self, row: Observation) {
        self.held.insert(key(&row), row);
    }

    fn one(&mut self, row: Observation) -> Outcome {
        let key = key(&row);
        let Some(held) = self.held.get_mut(&key) else {
            self.held.insert(key, row);
            return Outcome::New;
        };
        let found = difference(held, &row);
        if found.is_empty() {
            return Outcome::Same { contradictions: found.contradictions };
        }
        *held = merge(held, &found.patch);
        Outcome::Changed { contradictions: found.contradictions }
    }
}

/// Takes every row and keeps none: for a reading whose purpose is the names or the speed.
#[derive(Debug, Clone, Default)]
pub struct NoSink(VecDeque<usize>);

impl Sink for NoSink {
    fn offer(&mut self, rows: Vec<Row>) -> Result<(), SinkError> {
        self.0.push_back(rows.len());
        Ok(())
    }

    fn answer(&mut self) -> Result<Vec<Outcome>, SinkError> {
        Ok(vec![Outcome::New; self.0.pop_front().unwrap_or(0)])
    }
}

fn key(row: &Observation) -> String {
    format!("{}\u{1f}{}", row.system, row.external_id)
}
