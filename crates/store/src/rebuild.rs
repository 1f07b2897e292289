//! Rebuilding the projections into a shadow, comparing it row by row with what is live, and swapping on
//! request. What a record projects to is the engine's; which tables are projections is listed in
//! `operational.rs`.

use crate::error::{Doing, OnFile, StoreError};
use crate::limits::MAX_DIFFERENCES;
use crate::operational::PROJECTIONS;
use crate::reader::Reader;
use crate::rows::{CaseRow, ClockRow, ExternalRow, RoutineRow, Rows, StoredRecord, ThreadRow};
use crate::sqlite::{Store, write_rows};
use huying_core::ids::Seq;
use std::fs;
use std::path::Path;

/// A row in which the shadow and the live table differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The row's key.
    pub key: String,
    /// Columns that differ as `name: live → shadow`; or that the row is missing on one side.
    pub what: String,
}

/// What a rebuild found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RebuildReport {
    /// Records read.
    pub records: u64,
    /// Rows of the shadow, per table.
    pub rows: Vec<(&'static str, u64)>,
    /// The first differences.
    pub differences: Vec<Difference>,
    /// How many differences there are in all.
    pub different: u64,
    /// True when the shadow took the live tables' place.
    pub swapped: bool,
}

/// Columns and key of a projection.
fn shape(table: &str) -> (&'static [&'static str], Vec<String>, &'static [&'static str]) {
    match table {
        "case_row" => (CaseRow::COLUMNS, CaseRow::columns_sql(), &["case_id"]),
        "thread_row" => (ThreadRow::COLUMNS, ThreadRow::columns_sql(), &["case_id", "thread"]),
        "clock_row" => (ClockRow::COLUMNS, ClockRow::columns_sql(), &["case_id", "clock"]),
        "routine_row" => (RoutineRow::COLUMNS, RoutineRow::columns_sql(), &["case_id"]),
        _ => (ExternalRow::COLUMNS, ExternalRow::columns_sql(), &["system", "external_id"]),
    }
}

impl Store {
    /// Replays the journal through `project` into a shadow and compares. `swap` puts the shadow in place of
    /// the live tables when they differ; the views then follow from the beginning.
    pub fn rebuild(
        &mut self,
        mut project: impl FnMut(&StoredRecord) -> Result<Rows, StoreError>,
        swap: bool,
        progress: &mut dyn FnMut(Seq),
    ) -> Result<RebuildReport, StoreError> {
        let path = self.folder.root().join("shadow.db");
        remove(&path)?;
        let doing = "making the shadow";
        self.conn.execute("ATTACH ?1 AS shadow", [path.to_string_lossy()]).doing(doing)?;
        let done = self.fill_shadow(&mut project, progress).and_then(|records| {
            let mut report = RebuildReport { records, ..RebuildReport::default() };
            self.compare_shadow(&mut report)?;
            if swap && report.different > 0 {
                self.swap_shadow()?;
                report.swapped = true;
            }
            Ok(report)
        });
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("ROLLBACK").doing("dropping the shadow")?;
        }
        // The statements on the shadow would keep it from being detached.
        self.conn.flush_prepared_statement_cache();
        let detached = self.conn.execute_batch("DETACH shadow").doing("closing the shadow");
        remove(&path)?;
        done.and_then(|report| detached.map(|()| report))
    }

    fn fill_shadow(
        &mut self,
        project: &mut dyn FnMut(&StoredRecord) -> Result<Rows, StoreError>,
        progress: &mut dyn FnMut(Seq),
    ) -> Result<u64, StoreError> {
        let doing = "filling the shadow";
        self.conn
            .execute_batch("PRAGMA shadow.journal_mode=OFF; PRAGMA shadow.synchronous=OFF;")
            .doing(doing)?;
        for table in PROJECTIONS {
            let (_, columns, key) = shape(table);
            let rowid = if *table == "case_row" { "" } else { " WITHOUT ROWID" };
            let sql = format!(
                "CREATE TABLE shadow.{table} ({}, PRIMARY KEY ({})){rowid}",
                columns.join(","),
                key.join(",")
            );
            self.conn.execute_batch(&sql).doing(doing)?;
        }
        let journal = Reader::open(&self.folder)?;
        let (mut records, mut failed) = (0, None);
        self.conn.execute_batch("BEGIN").doing(doing)?;
        journal.records_from(Seq(1), &mut |record| {
            let written = project(&record).and_then(|rows| {
                write_rows(&self.conn, "shadow.", &rows, |case| {
                    (case.stream() == record.stream).then_some(record.seq)
                })
            });
            records += 1;
            progress(record.seq);
            failed = written.err();
            failed.is_none()
        })?;
        failed.map_or(Ok(()), Err)?;
        self.conn.execute_batch("COMMIT").doing(doing)?;
        Ok(records)
    }

    fn compare_shadow(&self, report: &mut RebuildReport) -> Result<(), StoreError> {
        let doing = "comparing the shadow";
        for table in PROJECTIONS {
            let sql = format!("SELECT count(*) FROM shadow.{table}");
            let rows: i64 = self.conn.query_row(&sql, [], |r| r.get(0)).doing(doing)?;
            report.rows.push((table, u64::try_from(rows).unwrap_or(0)));
            for sql in [
                changed_sql(table),
                missing_sql(table, "main", "shadow"),
                missing_sql(table, "shadow", "main"),
            ] {
                let mut query = self.conn.prepare(&sql).doing(doing)?;
                let mut rows = query.query([]).doing(doing)?;
                while let Some(row) = rows.next().doing(doing)? {
                    report.different += 1;
                    if report.differences.len() < MAX_DIFFERENCES {
                        let (key, what) = (row.get(0).doing(doing)?, row.get(1).doing(doing)?);
                        report.differences.push(Difference { table, key, what });
                    }
                }
            }
        }
        Ok(())
    }

    fn swap_shadow(&mut self) -> Result<(), StoreError> {
        let doing = "swapping the shadow in";
        self.transact(doing, |store| {
            for table in PROJECTIONS {
                let (columns, _, _) = shape(table);
                let names = columns.join(",");
                let sql = format!(
                    "DELETE FROM main.{table}; INSERT INTO main.{table} ({names}) SELECT {names} FROM shadow.{table};"
                );
                store.conn.execute_batch(&sql).doing(doing)?;
            }
            // By this the views know that what they copied is no longer what is live.
            let sql = "INSERT INTO meta VALUES ('projection', '1')
                       ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1";
            store.conn.execute_batch(sql).doing(doing)
        })
    }
}

fn on(key: &[&str]) -> String {
    key.iter().map(|k| format!("l.{k} = s.{k}")).collect::<Vec<_>>().join(" AND ")
}

fn shown(key: &[&str]) -> String {
    key.iter().map(|k| format!("l.{k}")).collect::<Vec<_>>().join(" || ' ' || ")
}

fn changed_sql(table: &str) -> String {
    let (columns, _, key) = shape(table);
    let differs = columns.iter().map(|c| format!("l.{c} IS NOT s.{c}")).collect::<Vec<_>>().join(" OR ");
    let what = columns
        .iter()
        .map(|c| format!("iif(l.{c} IS s.{c}, '', '{c}: ' || quote(l.{c}) || ' → ' || quote(s.{c}) || '; ')"))
        .collect::<Vec<_>>()
        .join(" || ");
    let (on, shown) = (on(key), shown(key));
    format!(
        "SELECT CAST({shown} AS TEXT), {what} FROM main.{table} l JOIN shadow.{table} s ON {on} WHERE {differs}"
    )
}

fn missing_sql(table: &str, here: &str, there: &str) -> String {
    let (_, _, key) = shape(table);
    let (on, shown, first) = (on(key), shown(key), key[0]);
    let side = if there == "shadow" { "shadow" } else { "live table" };
    format!(
        "SELECT CAST({shown} AS TEXT), 'missing in the {side}' FROM {here}.{table} l \
         LEFT JOIN {there}.{table} s ON {on} WHERE s.{first} IS NULL"
    )
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.on("removing the shadow", path),
    }
}
