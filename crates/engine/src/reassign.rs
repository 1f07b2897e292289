//! Reassigning everything that somebody holds: one command for each case, with a report of what was refused.
//!
//! The list of cases is the views'; each case decides for itself, so that what moved since is refused by its
//! own rule and named, and nothing is moved twice.

use crate::engine::{Engine, plain};
use crate::error::{EngineError, Rejected};
use crate::limits::MAX_REASSIGNED;
use crate::submission::{Key, Submission};
use compact_str::CompactString;
use huying_core::case::command::Command;
use huying_core::case::event::Actor;
use huying_core::case::refusal::Refusal;
use huying_core::ids::{CaseId, PersonId, UnitId};
use sha2::{Digest as _, Sha256};

/// Somebody whose threads move, or who gets them: a unit, or one person of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The unit.
    pub unit: UnitId,
    /// The person in it; none means the unit, and on the giving side everybody in it.
    pub person: Option<PersonId>,
}

/// What came of reassigning some cases.
#[derive(Debug, Clone, Default)]
pub struct Reassigned {
    /// The public numbers of the cases whose threads moved.
    pub moved: Vec<CompactString>,
    /// The cases that were refused, with why.
    pub refused: Vec<(CompactString, Refusal)>,
    /// Where to go on, none when there is no more.
    pub next: Option<CaseId>,
}

impl Engine {
    /// Gives what `from` holds of the cases after `after` to `to`, at most [`MAX_REASSIGNED`] cases at once.
    /// The `key` makes each case's command one that is given once. Cases for which `exists` is false are
    /// passed over, as if there were none.
    ///
    /// # Errors
    /// The store's faults and the queue's, where they stand against the first; after that the answer ends
    /// early, and its `next` says where.
    pub fn reassign(
        &self,
        key: Option<Key>,
        actor: &Actor,
        (from, to): (&Party, &Party),
        after: Option<CaseId>,
        exists: impl Fn(&str) -> bool,
    ) -> Result<Reassigned, Rejected> {
        self.catch_up()?;
        let cases = self.views(None, |views| {
            views.held_by(&from.unit, from.person.as_ref(), after.unwrap_or_default(), MAX_REASSIGNED)
        });
        let cases = cases.map_err(EngineError::from)?;
        let mut done = Reassigned { next: cases.last().copied(), ..Reassigned::default() };
        done.next = done.next.filter(|_| cases.len() == MAX_REASSIGNED);
        let mut tried = None;
        for case in cases {
            let row = self.read(|ledger| ledger.case(case)).map_err(EngineError::from)?;
            let Some(number) = row.and_then(|row| row.number).filter(|n| exists(n)) else { continue };
            let command = Command::Reassign {
                from: from.unit.clone(),
                from_person: from.person.clone(),
                to: to.unit.clone(),
                to_person: to.person.clone(),
            };
            let key = key.map(|key| key_of(&key, case));
            match self.submit(Submission { key, ..plain(actor.clone(), case, command) }) {
                Ok(_) => done.moved.push(number),
                Err(Rejected::Refused(refusal)) => done.refused.push((number, refusal)),
                // What moved is told; the next call goes on from here, or says what is in the way.
                Err(_) if tried.is_some() => return Ok(Reassigned { next: tried, ..done }),
                Err(other) => return Err(other),
            }
            tried = Some(case);
        }
        Ok(done)
    }
}

fn key_of(key: &Key, case: CaseId) -> Key {
    let hash = Sha256::new().chain_update(b"huying reassign\n").chain_update(key);
    hash.chain_update(case.0.to_be_bytes()).finalize().into()
}
