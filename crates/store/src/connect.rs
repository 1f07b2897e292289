//! Opening SQLite files with the settings this room relies on. Next: `migrate.rs`.

use crate::error::{Doing, StoreError};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Bytes of a page. Chosen so that a call's rows of about 2 KiB share few pages; other sizes have not been
/// compared.
const PAGE_BYTES: u32 = 8192;
/// How long a connection waits for another one's lock.
const PATIENCE: Duration = Duration::from_secs(5);
/// Statements kept prepared per connection.
const STATEMENTS: usize = 128;

/// The writer of a durable file: every commit is synced before it returns, and checkpoints are left to
/// others.
pub(crate) fn writer(path: &Path, cache_bytes: u64) -> Result<Connection, StoreError> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    // Overwriting what is deleted is what makes an erased key unreadable in the file.
    conn.execute_batch(&format!(
        "PRAGMA page_size={PAGE_BYTES}; PRAGMA synchronous=FULL;
         PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;
         PRAGMA foreign_keys=OFF; PRAGMA cache_size=-{};",
        cache_bytes / 1024
    ))
    .doing("opening the ledger")?;
    write_ahead(&conn, path)?;
    Ok(conn)
}

/// The writer of a file that can be made anew: fast, and after a crash of the machine possibly behind.
pub(crate) fn derived(path: &Path, cache_bytes: u64) -> Result<Connection, StoreError> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    conn.execute_batch(&format!(
        "PRAGMA page_size={PAGE_BYTES}; PRAGMA synchronous=NORMAL;
         PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; PRAGMA cache_size=-{};",
        cache_bytes / 1024
    ))
    .doing("opening the views")?;
    write_ahead(&conn, path)?;
    Ok(conn)
}

/// Asks for the write-ahead log and reads the answer: SQLite falls back to another mode without an error,
/// in which a commit that was acknowledged may be undone by a power cut.
fn write_ahead(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let mode: String = conn
        .query_row("PRAGMA journal_mode=WAL", [], |r| r.get(0))
        .doing("switching the file to its write-ahead log")?;
    if mode == "wal" {
        return Ok(());
    }
    let what = format!(
        "`{}` cannot have a write-ahead log (SQLite answers `{mode}`): use a local file system with shared memory",
        path.display()
    );
    Err(StoreError::Broken { what })
}

/// A reader that cannot write.
pub(crate) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // Touches the file, so that a missing or foreign one is refused here and not at the first question.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).doing("opening for reading")?;
    Ok(conn)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .doing("opening the file")?;
    conn.busy_timeout(PATIENCE).doing("setting the patience of a connection")?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_write_ahead_log_is_refused() {
        // A database in memory never has one, and says so without an error.
        let refused = writer(Path::new(":memory:"), 1 << 20).unwrap_err();
        assert!(
            matches!(refused, StoreError::Broken { .. }) && refused.to_string().contains("`memory`"),
            "{refused}"
        );

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("held.db");
        let other = Connection::open(&path).unwrap();
        other.execute_batch("CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)").unwrap();
        assert!(writer(&path, 1 << 20).is_err(), "another program writes in another mode");
        other.execute_batch("COMMIT").unwrap();
        drop(other);
        assert!(writer(&path, 1 << 20).is_ok());
    }
}
