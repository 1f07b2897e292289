//! After a restore older than an erasure: the words are destroyed again before anything is served, and here
//! the cases get the record that says so, which was lost with the ledger that was replaced.

use crate::batch::{Prepared, fold};
use crate::error::{EngineError, Rejected};
use crate::limits::MAX_BATCH;
use crate::owed::own_name;
use crate::writer::{Writer, own};
use huying_core::case::command::Command;
use huying_core::case::event::Actor;
use huying_core::fault::chain;
use huying_core::ids::CaseId;
use std::collections::BTreeSet;

/// The word of the profile's `erase_ground` that stands for it.
const GROUND: &str = "restored";

impl Writer {
    /// Records what a restore destroyed again, if one did and it is not recorded yet. What cannot be recorded
    /// is named in the log and tried again at the next start, or when a city is loaded.
    pub(crate) fn tell_erasures(&mut self) {
        if !std::mem::take(&mut self.untold) {
            return;
        }
        match self.tell() {
            Ok(true) => {}
            Ok(false) => self.log.line("erasures that a restore repeated stay unrecorded for now"),
            Err(error) => self.log.line(&format!("erasures that a restore repeated: {error}")),
        }
    }

    /// True when every case says so now.
    fn tell(&mut self) -> Result<bool, Rejected> {
        if !self.store.erasures_are_untold()? {
            return Ok(true);
        }
        let erased: BTreeSet<CaseId> = self.store.folder().erasures()?.iter().map(|e| e.case_id).collect();
        let (mut jobs, mut whole) = (Vec::new(), true);
        for case in erased {
            match self.is_silent(case) {
                Ok(true) => {
                    let command = Command::Erase { items: Vec::new(), ground: GROUND.into() };
                    jobs.push(own(case, Actor::System(own_name()), command));
                }
                Ok(false) => {}
                Err(error) => {
                    whole = false;
                    self.log.line(&format!("case {case}, whose words were erased: {}", chain(&error)));
                }
            }
        }
        while !jobs.is_empty() {
            let rest = jobs.split_off(jobs.len().min(MAX_BATCH));
            whole &= self.tell_some(std::mem::replace(&mut jobs, rest))?;
        }
        if whole {
            self.store.erasures_are_told()?;
        }
        Ok(whole)
    }

    fn tell_some(&mut self, jobs: Vec<Prepared>) -> Result<bool, Rejected> {
        let cases: Vec<CaseId> = jobs.iter().map(|job| job.case).collect();
        let mut whole = true;
        for (case, answer) in cases.into_iter().zip(self.commit_own(jobs)?) {
            if let Err(error) = answer {
                whole = false;
                self.log.line(&format!(
                    "case {case} cannot say that its words were destroyed (`{GROUND}` must be a word of \
                     `erase_ground`): {error}"
                ));
            }
        }
        Ok(whole)
    }

    /// Whether words of a case are destroyed and its journal does not say so.
    fn is_silent(&self, id: CaseId) -> Result<bool, EngineError> {
        let gone: Vec<_> = self.store.items_of(id)?.into_iter().filter(|i| i.ciphertext.is_empty()).collect();
        if gone.is_empty() {
            return Ok(false);
        }
        let case = fold(&self.store.load(id.stream())?, None)?;
        Ok(case.is_some_and(|c| gone.iter().any(|i| !c.erased.contains(&i.place.item))))
    }
}
