//! The schema of the ledger, one numbered step a change. A step is applied in one transaction with its
//! number, so that applying twice changes nothing; a file newer than this program is refused before
//! anything is written.

use crate::error::{Doing, StoreError};
use rusqlite::Connection;
use std::path::Path;

/// Marks a file as ours: "HUYI".
const APPLICATION_ID: i64 = 0x4855_5949;

/// The steps in order; the number of a step is its place counted from 1. Never edit one that has been
/// released.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_ledger.sql"),
    include_str!("migrations/0002_kept_apart.sql"),
    include_str!("migrations/0003_notices.sql"),
    include_str!("migrations/0004_desk.sql"),
    include_str!("migrations/0005_figures.sql"),
    include_str!("migrations/0006_routines.sql"),
    include_str!("migrations/0007_city_management.sql"),
    include_str!("migrations/0008_awaited.sql"),
];

/// The newest schema this program knows.
pub(crate) fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

fn pragma(conn: &Connection, name: &str) -> Result<i64, StoreError> {
    conn.query_row(&format!("PRAGMA {name}"), [], |r| r.get(0)).doing("reading the schema number")
}

/// Refuses a file of another program or of a later version; says which schema it has, 0 for an empty file.
pub(crate) fn inspect(conn: &Connection, path: &Path) -> Result<i64, StoreError> {
    let found = pragma(conn, "user_version")?;
    let id = pragma(conn, "application_id")?;
    let tables: i64 =
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0)).doing("reading the schema")?;
    if tables > 0 && id != APPLICATION_ID {
        return Err(StoreError::Foreign { path: path.to_owned(), found: id });
    }
    if found > known() {
        return Err(StoreError::NewerSchema { path: path.to_owned(), found, known: known() });
    }
    Ok(found)
}

/// Brings the file to the newest schema; says how many steps were applied.
pub(crate) fn migrate(conn: &mut Connection, path: &Path) -> Result<usize, StoreError> {
    let found = usize::try_from(inspect(conn, path)?).unwrap_or(0);
    for (done, step) in STEPS.iter().enumerate().skip(found) {
        let tx = conn.transaction().doing("beginning a migration")?;
        tx.execute_batch(step).doing("applying a migration")?;
        let number = done + 1;
        tx.execute_batch(&format!("PRAGMA user_version={number}; PRAGMA application_id={APPLICATION_ID};"))
            .doing("numbering a migration")?;
        tx.commit().doing("committing a migration")?;
    }
    Ok(STEPS.len() - found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applied_twice_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("l.db");
        let mut conn = Connection::open(&path).unwrap();
        assert_eq!(migrate(&mut conn, &path).unwrap(), STEPS.len());
        let schema = |c: &Connection| -> Vec<String> {
            let mut q = c.prepare("SELECT coalesce(sql,name) FROM sqlite_schema ORDER BY name").unwrap();
            q.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let once = schema(&conn);
        assert_eq!(migrate(&mut conn, &path).unwrap(), 0);
        assert_eq!(schema(&conn), once);
    }

    /// The columns that came with later steps than the first.
    const NEWER: [&str; 13] = [
        "about",
        "restricted_to",
        "minutes",
        "trips",
        "forms",
        "transfers",
        "came_to",
        "whistles",
        "passed_down",
        "urged",
        "on_notice",
        "quick",
        "forced",
    ];

    #[test]
    fn the_second_step_reads_whom_a_case_is_about_out_of_its_record() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(STEPS[0]).unwrap();
        conn.execute_batch(&format!("PRAGMA user_version=1; PRAGMA application_id={APPLICATION_ID};"))
            .unwrap();
        let old: Vec<&str> = crate::CaseRow::COLUMNS.iter().copied().filter(|c| !NEWER.contains(c)).collect();
        let put =
            format!("INSERT INTO case_row ({}) VALUES ({})", old.join(","), vec!["?"; old.len()].join(","));
        let payloads = [
            r#"{"stream":1,"version":1,"events":[{"reported":{"about":"u7"}}]}"#,
            r#"{"stream":2,"version":1,"events":[{"reported":{"number":"2"}}]}"#,
            "no json",
        ];
        for (case, payload) in (1_i64..).zip(payloads) {
            let mut row = crate::conformance::case_row(case as u64, 1, huying_core::time::Time(1)).unwrap();
            row.number = Some(format!("{case}").into());
            let mut insert = conn.prepare(&put).unwrap();
            // The last column is the new one, which the old table has not.
            let bound = row.bind(&mut insert, 1);
            assert!(bound.is_err(), "one parameter too many is told");
            insert.raw_execute().unwrap();
            let sql = "INSERT INTO journal (stream, version, recorded_at, payload) VALUES (?1, 1, 1, ?2)";
            conn.execute(sql, (case, payload.as_bytes())).unwrap();
        }
        assert_eq!(migrate(&mut conn, Path::new(":memory:")).unwrap(), STEPS.len() - 1);
        let mut query = conn.prepare("SELECT about FROM case_row ORDER BY case_id").unwrap();
        let about: Vec<Option<String>> =
            query.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(about, [Some("u7".to_owned()), None, None]);
    }

    #[test]
    fn a_newer_or_foreign_file_is_refused_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("l.db");
        let mut conn = Connection::open(&path).unwrap();
        migrate(&mut conn, &path).unwrap();
        conn.execute_batch("PRAGMA user_version=999").unwrap();
        drop(conn);
        let before = std::fs::read(&path).unwrap();
        let mut conn = Connection::open(&path).unwrap();
        let refused = migrate(&mut conn, &path).unwrap_err();
        assert!(matches!(refused, StoreError::NewerSchema { found: 999, .. }), "{refused}");
        drop(conn);
        assert_eq!(std::fs::read(&path).unwrap(), before);

        let other = dir.path().join("other.db");
        let mut conn = Connection::open(&other).unwrap();
        conn.execute_batch("CREATE TABLE theirs(a)").unwrap();
        assert!(matches!(migrate(&mut conn, &other), Err(StoreError::Foreign { .. })));
    }

    #[test]
    fn the_tables_have_the_columns_of_their_rows() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, Path::new(":memory:")).unwrap();
        let columns = |table: &str| -> Vec<String> {
            let mut q = conn.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
            q.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
        };
        assert_eq!(columns("case_row"), crate::CaseRow::COLUMNS);
        assert_eq!(columns("thread_row"), crate::ThreadRow::COLUMNS);
        assert_eq!(columns("clock_row"), crate::ClockRow::COLUMNS);
        assert_eq!(columns("external_row"), crate::ExternalRow::COLUMNS);
        assert_eq!(columns("routine_row"), crate::RoutineRow::COLUMNS);
    }
}
