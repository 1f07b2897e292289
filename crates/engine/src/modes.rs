//! Modes 平急转换: when one is declared, begins or ends, the routines of its area are looked at again.
//!
//! Which were looked at is not stored: after a start all whose mode is another than at their last visit are,
//! and those to which nothing is to be done write nothing.

use crate::error::Rejected;
use crate::limits::MAX_BATCH;
use crate::ring::is_of_the_case;
use crate::writer::{Writer, own};
use huying_core::case::command::Command;
use huying_core::case::event::Actor;
use huying_core::ids::CaseId;
use huying_core::rules::Rules;
use huying_core::standing::Standing;
use huying_core::time::Time;
use huying_store::RoutineRow;
use std::sync::Arc;

/// Under which modes the routines were looked at last.
pub(crate) struct Looked {
    standing: Arc<Standing>,
    /// When the next mode begins or ends; none when none is to come.
    until: Option<Time>,
}

impl Looked {
    fn holds(&self, standing: &Arc<Standing>, now: Time) -> bool {
        let same = Arc::ptr_eq(&self.standing, standing) || self.standing.modes == standing.modes;
        same && self.until.is_none_or(|until| now < until)
    }
}

/// Whether something may be to be done to a routine: what is due of it was set under another mode, or a mode
/// begins before a rest ends.
fn concerned(row: &RoutineRow, rules: &Rules, now: Time) -> bool {
    let Some(place) = &row.place else { return false };
    let holds = rules.mode_at(place, now).map(|m| m.id.as_str());
    let sooner = || rules.next_mode_edge(place, now).is_some_and(|e| row.due_at.is_none_or(|due| e < due));
    holds != row.mode.as_deref() || (row.rests && sooner())
}

impl Writer {
    /// Looks at the routines again, when a mode was declared, began or ended since they were.
    ///
    /// # Errors
    /// The store's faults: then no command may be decided either, and they are looked at by the next turn.
    pub(crate) fn heed_modes(&mut self) -> Result<(), Rejected> {
        let (rules, now) = (self.shared.rules(), self.now);
        if self.looked.as_ref().is_some_and(|looked| looked.holds(&rules.standing, now)) {
            return Ok(());
        }
        let mut after: Option<(Time, CaseId)> = None;
        // Where no mode was ever declared, every visit was asked for under the one that holds every day.
        while !rules.standing.modes.is_empty() {
            let page = self.store.routines(None, after, MAX_BATCH)?;
            let Some(last) = page.last() else { break };
            after = Some((last.due_at.unwrap_or(Time(i64::MAX)), last.case_id));
            let theirs: Vec<CaseId> =
                page.iter().filter(|row| concerned(row, &rules, now)).map(|row| row.case_id).collect();
            self.relook(&theirs)?;
        }
        let until = rules.standing.next_mode_edge(now);
        self.looked = Some(Looked { standing: rules.standing.clone(), until });
        Ok(())
    }

    fn relook(&mut self, routines: &[CaseId]) -> Result<(), Rejected> {
        if routines.is_empty() {
            return Ok(());
        }
        let jobs = routines.iter().map(|case| own(*case, Actor::Clock, Command::ResetClocks {})).collect();
        // To whom nothing is to be done, or who cannot be moved, holds up nobody else.
        let mut failed = self.commit_own(jobs)?.into_iter().filter_map(Result::err);
        failed.find(|why| !is_of_the_case(why)).map_or(Ok(()), Err)
    }
}
