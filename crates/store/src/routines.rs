//! Routines that run, as rows: written with their records, asked for by admission, worker and due time.

use crate::cell::{Cell, get};
use crate::error::{Doing, StoreError, within};
use crate::limits::MAX_READ;
use crate::reader::Reader;
use crate::rows::{RoutineRow, Rows};
use crate::sqlite::replace;
use huying_core::ids::{CaseId, PersonId, UnitId};
use huying_core::time::Time;
use rusqlite::Connection;

/// What runs under one admission in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutineSum {
    /// The unit.
    pub unit: UnitId,
    /// How many.
    pub count: u32,
    /// Minutes a week, together.
    pub weekly: u32,
}

pub(crate) fn write(conn: &Connection, schema: &str, rows: &Rows) -> Result<(), StoreError> {
    let doing = "writing a routine";
    if !rows.routines.is_empty() {
        let sql = replace(schema, "routine_row", &RoutineRow::names(), &RoutineRow::marks());
        let mut put = conn.prepare_cached(&sql).doing(doing)?;
        for row in &rows.routines {
            row.bind(&mut put, 1).doing(doing)?;
            put.raw_execute().doing(doing)?;
        }
    }
    if !rows.ended_routines.is_empty() {
        let sql = format!("DELETE FROM {schema}routine_row WHERE case_id = ?");
        let mut end = conn.prepare_cached(&sql).doing(doing)?;
        for case in &rows.ended_routines {
            end.execute([case.put()]).doing(doing)?;
        }
    }
    Ok(())
}

impl Reader {
    /// What runs under an admission, by unit.
    pub fn routines_under(&self, admission: u64) -> Result<Vec<RoutineSum>, StoreError> {
        let sql = "SELECT unit, count(*), sum(weekly) FROM routine_row WHERE admission = ?1 GROUP BY unit";
        self.all("counting routines", sql, &[&admission.put()], |r| {
            Ok(RoutineSum { unit: get(r, 0)?, count: get(r, 1)?, weekly: get(r, 2)? })
        })
    }

    /// The routines that run, the soonest due first, after one that was read before; of one worker, where one
    /// is named.
    pub fn routines(
        &self,
        person: Option<&PersonId>,
        after: Option<(Time, CaseId)>,
        limit: usize,
    ) -> Result<Vec<RoutineRow>, StoreError> {
        within("routines at once", limit, MAX_READ)?;
        let (due, case) = after.unwrap_or((Time(i64::MIN), CaseId(0)));
        let sql = format!(
            "SELECT {} FROM routine_row WHERE (due_at, case_id) > (?1, ?2) AND (?3 IS NULL OR person = ?3) \
             ORDER BY due_at, case_id LIMIT ?4",
            RoutineRow::names()
        );
        let (person, limit) = (person.cloned(), limit as u64);
        let values: [&dyn rusqlite::ToSql; 4] = [&due.put(), &case.put(), &person.put(), &limit.put()];
        self.all("reading routines", &sql, &values, |r| RoutineRow::read(r, 0))
    }
}
