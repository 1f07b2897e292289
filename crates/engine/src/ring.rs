//! Clocks that are due ring before any command is decided, each at its own time and in the order of those
//! times.
//!
//! After an outage many edges have passed, several of one clock among them, and an alarm may start, stop or
//! move other clocks of its case. So what is due is a heap, and each alarm puts the edges that follow from
//! it back in.

use crate::batch::{Known, Work};
use crate::error::{EngineError, Rejected};
use crate::limits::{MAX_ALARMS, MAX_BATCH};
use crate::rows::clock_row;
use crate::writer::{Writer, own};
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Edge};
use huying_core::case::state::Case;
use huying_core::ids::{CaseId, ClockNo};
use huying_core::time::Time;
use huying_store::{ClockRow, StoreError};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// One edge of a clock: when, whose, which, and of which of its due times.
type Alarm = (Time, CaseId, ClockNo, u32);

/// Alarms that cannot ring under the rules in force, or whose case does not read: they must not hold up the
/// rest.
pub(crate) type Stuck = HashSet<Alarm>;

fn alarm(row: &ClockRow) -> Alarm {
    (row.due_at, row.case_id, row.clock, row.generation)
}

/// The edges of a case that are due by `until`.
fn edges(case: &Case, until: Time) -> impl Iterator<Item = Alarm> + '_ {
    case.clocks
        .iter()
        .filter_map(|c| clock_row(case.id, c))
        .filter(move |r| r.due_at <= until)
        .map(|r| alarm(&r))
}

/// The command for an alarm, none when the clock has moved on.
fn fire(case: &Case, wanted: &Alarm) -> Option<Command> {
    let clock = case.clock(wanted.2)?;
    let stands = clock_row(case.id, clock).is_some_and(|row| alarm(&row) == *wanted);
    let edge = if wanted.0 == clock.due { Edge::Due } else { Edge::Near };
    stands.then(|| Command::Fire { clock: clock.no, generation: clock.generation, edge })
}

impl Writer {
    /// Rings everything that is due by this turn's time.
    ///
    /// # Errors
    /// The store's faults: then no command may be decided either.
    pub(crate) fn ring(&mut self) -> Result<(), Rejected> {
        // At its due time a clock is still in time.
        let passed = self.now.plus(-1);
        loop {
            let limit = (MAX_ALARMS + self.stuck.len()).min(huying_store::limits::MAX_READ);
            let mut due = self.store.due_clocks(passed, limit)?;
            // Beyond the last row of a full reading there may be rows that are due before what follows from
            // these.
            let until = if due.len() == limit { due.last().map_or(passed, |r| r.due_at) } else { passed };
            due.retain(|row| !self.stuck.contains(&alarm(row)));
            if due.is_empty() || !self.ring_some(&due, until)? {
                return Ok(());
            }
        }
    }

    /// Rings one batch of alarms. False when nothing came of it.
    fn ring_some(&mut self, due: &[ClockRow], until: Time) -> Result<bool, Rejected> {
        let rules = self.shared.rules();
        let stuck_before = self.stuck.len();
        let known = Known { duty: self.on_duty(&rules), near: &self.shared.duplicates };
        let mut work = Work::new(&self.store, &rules, &mut self.cache, known, self.now);
        let mut waiting: BinaryHeap<Reverse<Alarm>> = due.iter().map(|row| Reverse(alarm(row))).collect();
        let mut seen: HashSet<Alarm> = due.iter().map(alarm).collect();
        while let Some(Reverse(next)) = waiting.pop() {
            if work.batch.records.len() >= MAX_BATCH {
                break;
            }
            match sound(&mut work, &next) {
                Ok(Some(case)) => {
                    waiting.extend(edges(&case, until).filter(|a| seen.insert(*a)).map(Reverse));
                }
                Ok(None) => {}
                Err(error) if is_of_the_case(&error) => {
                    self.stuck.insert(next);
                }
                Err(error) => return Err(error),
            }
        }
        let done = work.finish();
        let rang = !done.batch.records.is_empty();
        self.commit(done)?;
        Ok(rang || self.stuck.len() > stuck_before)
    }
}

/// Lets one alarm ring; the case after it, or nothing when an earlier alarm of the batch made it void.
fn sound(work: &mut Work<'_>, next: &Alarm) -> Result<Option<std::sync::Arc<Case>>, Rejected> {
    let case = work.case(next.1)?.ok_or_else(|| Rejected::NoCase(next.1.to_string()))?;
    let Some(command) = fire(&case, next) else {
        // The row that is wrong is left to a rebuild to find.
        return if work.touched(next.1) { Ok(None) } else { Err(Rejected::NoCase(next.1.to_string())) };
    };
    work.take(own(next.1, Actor::Clock, command))?;
    work.case(next.1)
}

/// Whether an alarm failed for a reason that lies with its case and not with the store as a whole.
pub(crate) fn is_of_the_case(error: &Rejected) -> bool {
    match error {
        Rejected::Failed(why) => matches!(
            **why,
            EngineError::Record { .. }
                | EngineError::Store(StoreError::Damaged { .. } | StoreError::Broken { .. })
        ),
        _ => true,
    }
}
