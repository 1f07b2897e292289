//! What the public part of a case needs and its row does not say, remembered a while for the busiest cases.

use crate::limits::MAX_KNOWN_CASES;
use huying_core::case::event::{Event, Point};
use huying_core::case::record::read;
use huying_core::ids::CaseId;
use huying_engine::store::{Reader, StoreError};
use std::collections::HashMap;

/// What a record holds that says something of [`Known`]: the names of those events in its bytes.
const TELLING: [&str; 7] = [
    "\"reported\":",
    "\"observed\":",
    "\"moved\":",
    "\"observation_changed\":",
    "\"undone\":",
    "\"restricted\":",
    "\"unrestricted\":",
];

/// What a case's records say and its row does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// Where it is, as the journal holds it in clear: on the lattice, where its source is not public.
    pub(super) point: Option<Point>,
    /// Whether it is about somebody's conduct.
    pub(super) accuses: bool,
    /// Whether it is restricted to persons and posts named.
    pub(super) restricted: bool,
}

impl Known {
    /// Reads what matters of a case's history as it stands now.
    pub(super) fn load(reader: &Reader, case: CaseId) -> Result<Known, StoreError> {
        let mut known = Known::default();
        let stored = reader.load_with(case.stream(), &TELLING)?;
        let records = stored.iter().filter_map(|s| read(&s.payload).ok());
        records.for_each(|record| record.events.iter().for_each(|e| known.learn(e)));
        Ok(known)
    }

    /// Takes in one event more.
    pub(super) fn learn(&mut self, event: &Event) {
        match event {
            Event::Reported(reported) => {
                self.point = reported.location.point;
                self.accuses = reported.about.is_some();
            }
            Event::Restricted(_) => self.restricted = true,
            Event::Unrestricted {} => self.restricted = false,
            Event::Moved { location } => self.point = location.point,
            Event::Observed { observation, .. } => self.point = observation.point.get().copied(),
            // What the newer row does not record stays as it was.
            Event::ObservationChanged { patch, .. } if !patch.point.is_not() => {
                self.point = patch.point.get().copied();
            }
            Event::Undone { before, .. } => {
                self.point = before.point().0;
                self.restricted = before.restricted.is_some();
                self.accuses = before.facts.as_ref().is_some_and(|f| f.about.is_some());
            }
            _ => {}
        }
    }
}

/// The cases of the last while, in two generations: what nothing happened to during a whole one is forgotten.
#[derive(Debug, Default)]
pub(super) struct Memory {
    young: HashMap<CaseId, Known>,
    old: HashMap<CaseId, Known>,
}

impl Memory {
    pub(super) fn get(&self, case: CaseId) -> Option<Known> {
        self.young.get(&case).or_else(|| self.old.get(&case)).copied()
    }

    pub(super) fn put(&mut self, case: CaseId, known: Known) {
        if self.young.len() >= MAX_KNOWN_CASES {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(case, known);
    }
}
