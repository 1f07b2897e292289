//! What routines take of admissions 准入额度: a hard reservation. What is durable is summed over the rows of
//! running routines, which follow from the journal; what the batch under way gives or frees is laid over it,
//! so that of two commands for the last place one is refused. A routine that has ended takes nothing.

use crate::batch::Work;
use crate::error::Rejected;
use huying_core::case::routine::Taken;
use huying_core::case::state::Case;
use huying_core::ids::{CaseId, UnitId};
use huying_core::standing::OrderNo;
use huying_store::RoutineRow;

/// The row of a routine that runs.
pub(crate) fn routine_row(case: &Case) -> Option<RoutineRow> {
    use huying_core::case::event::Stage;
    use huying_core::case::thread::ThreadKind;
    let routine = case.running()?;
    let visit = case.open_of(ThreadKind::Visit).next()?;
    let clock = case.clocks.iter().find(|c| c.thread == Some(visit.no) && c.runs());
    Some(RoutineRow {
        case_id: case.id,
        task: routine.task.clone(),
        place: case.place().cloned(),
        unit: routine.unit.clone(),
        person: routine.person.clone(),
        admission: routine.admission.map(|no| no.0),
        weekly: routine.weekly,
        visit: visit.no,
        round: visit.round,
        mode: visit.label.clone(),
        rests: clock.is_none_or(|c| c.stage == Stage::Reexamine),
        due_at: clock.map(|c| c.due),
    })
}

impl Work<'_> {
    /// What other routines than `own` take of an admission, and of it in a unit.
    pub(crate) fn taken(&mut self, own: CaseId, no: OrderNo, unit: &UnitId) -> Result<Taken, Rejected> {
        let case = self.case(own)?;
        let (mut given, mut minutes) = (0_i64, 0_i64);
        for sum in self.store.routines_under(no.0)? {
            given += i64::from(sum.count);
            minutes += if sum.unit == *unit { i64::from(sum.weekly) } else { 0 };
        }
        let mut count = |case: Option<&Case>, sign: i64| {
            if let Some(taking) = case.and_then(Case::taking).filter(|t| t.admission == no) {
                given += sign;
                minutes += if taking.unit == unit { sign * i64::from(taking.weekly) } else { 0 };
            }
        };
        for (before, after) in self.changed() {
            count(before, -1);
            count(Some(after), 1);
        }
        count(case.as_deref(), -1);
        let known = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
        Ok(Taken { given: known(given), minutes: known(minutes) })
    }
}
