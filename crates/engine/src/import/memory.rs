//! A sink that only remembers: for a trial run before a city takes an export in, and for tests.

use super::row::Row;
use super::run::{Outcome, Sink, SinkError};
use huying_core::observation::{Observation, difference, merge};
use std::collections::HashMap;

/// Holds the newest observation of each case. Memory grows with the number of cases.
#[derive(Debug, Clone, Default)]
pub struct MemorySink {
    held: HashMap<String, Observation>,
}

impl MemorySink {
    /// The observations held, in no order.
    pub fn observations(&self) -> impl Iterator<Item = &Observation> {
        self.held.values()
    }
}

impl Sink for MemorySink {
    fn take(&mut self, rows: Vec<Row>) -> Result<Vec<Outcome>, SinkError> {
        Ok(rows.into_iter().map(|row| self.one(row.observation)).collect())
    }
}

impl MemorySink {
    fn one(&mut self, row: Observation) -> Outcome {
        let key = format!("{}\u{1f}{}", row.system, row.external_id);
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
