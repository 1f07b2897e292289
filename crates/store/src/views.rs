//! The views: a file of its own that follows the ledger with a watermark and can be deleted at any time.
//!
//! Lists, inboxes and facts read here, so that their many indexes cost the ledger's commits nothing. The
//! follower copies the rows of every case that has a record after the watermark; copying one again changes
//! nothing, so a crash at any point only means copying some twice. Questions are asked in `list.rs`.

use crate::cell::{Cell, get};
use crate::connect;
use crate::error::{Doing, StoreError};
use crate::folder::Folder;
use crate::limits::{FOLLOW_BULK, FOLLOW_STEP};
use crate::reader::Reader;
use crate::rows::{CaseRow, ThreadRow};
use huying_core::ids::{CaseId, Seq};
use rusqlite::{Connection, Transaction};
use std::fs;
use std::time::{Duration, Instant};

/// Raised whenever the views' tables change; views of another number are made anew.
const VIEWS: i64 = 6;
/// How often a waiting reader looks at the watermark.
const LOOK: Duration = Duration::from_millis(2);

/// Indexes for the lists: every one ends in the order of the list, so that a page is a range of one of them.
const INDEXES: &[(&str, &str)] = &[
    ("case_opened", "case_view (opened_at DESC, case_id DESC)"),
    ("case_state", "case_view (state, opened_at DESC, case_id DESC)"),
    ("case_unit", "case_view (lead_unit, opened_at DESC, case_id DESC)"),
    ("case_unit_state", "case_view (lead_unit, state, opened_at DESC, case_id DESC)"),
    ("case_place", "case_view (place, opened_at DESC, case_id DESC)"),
    ("case_matter", "case_view (matter, opened_at DESC, case_id DESC)"),
    ("case_channel", "case_view (channel, opened_at DESC, case_id DESC)"),
    ("case_due", "case_view (due_at) WHERE closed_at IS NULL AND due_at IS NOT NULL"),
    ("case_number", "case_view (number) WHERE number IS NOT NULL"),
    ("case_external", "case_view (external_id) WHERE external_id IS NOT NULL"),
    ("case_about", "case_view (about) WHERE about IS NOT NULL"),
    ("case_restricted", "case_view (case_id) WHERE restricted_to IS NOT NULL"),
    ("thread_unit", "thread_view (holder_unit, due_at, case_id, thread)"),
    ("thread_person", "thread_view (holder_person, due_at, case_id, thread)"),
    (
        "thread_awaited_unit",
        "thread_view (awaited_unit, due_at, case_id, thread) WHERE awaited_unit IS NOT NULL",
    ),
    (
        "thread_awaited_person",
        "thread_view (awaited_person, due_at, case_id, thread) WHERE awaited_person IS NOT NULL",
    ),
];

/// Copies what the ledger has into the views. One per folder.
#[derive(Debug)]
pub struct Follower {
    ledger: Reader,
    views: Connection,
}

/// Reads the views.
#[derive(Debug)]
pub struct Views {
    pub(crate) conn: Connection,
}

fn watermark(conn: &Connection) -> Result<Seq, StoreError> {
    conn.query_row("SELECT seq FROM watermark", [], |r| get(r, 0)).doing("reading the watermark")
}

fn schema() -> String {
    let table = |name: &str, columns: Vec<String>, key: &str, rest: &str| {
        format!("CREATE TABLE {name} ({}, PRIMARY KEY ({key})){rest};\n", columns.join(", "))
    };
    // An INTEGER PRIMARY KEY is the row id itself, which a table-wide clause would not make it for a pair.
    let mut sql = table("case_view", CaseRow::columns_sql(), "case_id", "");
    sql += &table("thread_view", ThreadRow::columns_sql(), "case_id, thread", " WITHOUT ROWID");
    sql += "CREATE TABLE watermark (seq INTEGER NOT NULL, projection INTEGER NOT NULL); INSERT INTO watermark VALUES (0, 0);\n";
    sql + &indexes() + &format!("PRAGMA user_version={VIEWS};")
}

fn indexes() -> String {
    INDEXES.iter().map(|(name, on)| format!("CREATE INDEX IF NOT EXISTS {name} ON {on};\n")).collect()
}

fn no_indexes() -> String {
    INDEXES.iter().map(|(name, _)| format!("DROP INDEX IF EXISTS {name};\n")).collect()
}

/// Opens the views for writing. A file that is damaged or of another format is set aside by making it anew:
/// nothing in it is truth.
fn open_views(folder: &Folder, cache_bytes: u64) -> Result<Connection, StoreError> {
    let path = folder.views();
    let fits = |conn: &Connection| {
        conn.query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0)).is_ok_and(|v| v == VIEWS)
            && watermark(conn).is_ok()
    };
    if let Ok(conn) = connect::derived(&path, cache_bytes)
        && fits(&conn)
    {
        conn.execute_batch(&format!("BEGIN; {} COMMIT;", indexes())).doing("indexing the views")?;
        return Ok(conn);
    }
    remove_views(folder)?;
    let conn = connect::derived(&path, cache_bytes)?;
    conn.execute_batch(&format!("BEGIN; {} COMMIT;", schema())).doing("making the views")?;
    Ok(conn)
}

/// Deletes the views; the follower makes them anew.
pub(crate) fn remove_views(folder: &Folder) -> Result<(), StoreError> {
    for tail in ["", "-wal", "-shm"] {
        let mut path = folder.views().into_os_string();
        path.push(tail);
        let path = std::path::PathBuf::from(path);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::file("removing the views", &path, e));
            }
            _ => {}
        }
    }
    Ok(())
}

impl Follower {
    /// Opens the follower of a folder whose ledger exists. `cache_bytes` is its page cache.
    pub fn open(folder: &Folder, cache_bytes: u64) -> Result<Self, StoreError> {
        let ledger = Reader::open(folder)?;
        let mut views = open_views(folder, cache_bytes)?;
        if watermark(&views)? > ledger.position()? {
            // The ledger was restored to an earlier state: the views know of records that are lost.
            drop(views);
            remove_views(folder)?;
            views = open_views(folder, cache_bytes)?;
        }
        Ok(Self { ledger, views })
    }

    /// Takes in one step of what is new; true when there may be more.
    pub fn step(&mut self) -> Result<bool, StoreError> {
        let doing = "following the ledger";
        self.start_over_after_swap()?;
        let from = watermark(&self.views)?;
        // One transaction of the reader, so that the rows are those of the position or later, never earlier.
        self.ledger.conn.execute_batch("BEGIN").doing(doing)?;
        let done = self.copy(from);
        self.ledger.conn.execute_batch("COMMIT").doing(doing)?;
        let to = done?;
        Ok(to.0 - from.0 >= FOLLOW_STEP)
    }

    /// A rebuild that swapped the ledger's projections makes every copied row doubtful.
    fn start_over_after_swap(&mut self) -> Result<(), StoreError> {
        let doing = "following a rebuild";
        let sql = "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'projection'";
        let live: i64 = self.ledger.maybe(doing, sql, &[], |r| r.get(0))?.unwrap_or(0);
        let sql = "SELECT projection FROM watermark";
        let copied: i64 = self.views.query_row(sql, [], |r| r.get(0)).doing(doing)?;
        if live == copied {
            return Ok(());
        }
        let tx = self.views.transaction().doing(doing)?;
        tx.execute_batch("DELETE FROM case_view; DELETE FROM thread_view;").doing(doing)?;
        tx.execute("UPDATE watermark SET seq = 0, projection = ?1", [live]).doing(doing)?;
        tx.commit().doing(doing)
    }

    fn copy(&mut self, from: Seq) -> Result<Seq, StoreError> {
        let doing = "following the ledger";
        let to = Seq(self.ledger.position()?.0.min(from.0 + FOLLOW_STEP));
        if to <= from {
            return Ok(from);
        }
        let sql =
            "SELECT DISTINCT stream FROM journal WHERE seq > ?1 AND seq <= ?2 AND stream > 0 ORDER BY stream";
        let changed: Vec<CaseId> = self.ledger.all(doing, sql, &[&from.put(), &to.put()], |r| get(r, 0))?;
        let tx = self.views.transaction().doing(doing)?;
        for case in changed {
            copy_case(&self.ledger, &tx, case)?;
        }
        tx.execute("UPDATE watermark SET seq = ?1", [to.put()]).doing(doing)?;
        tx.commit().doing(doing)?;
        Ok(to)
    }

    /// Takes in everything there is; says up to where.
    ///
    /// Views that start from nothing on a large ledger are filled first and indexed after, so that each
    /// index is written in its own order. Cut off in between, the next opening makes the indexes.
    pub fn catch_up(&mut self) -> Result<Seq, StoreError> {
        let doing = "indexing the views";
        let bulk = self.watermark()?.0 == 0 && self.ledger.position()?.0 > FOLLOW_BULK;
        if bulk {
            self.views.execute_batch(&format!("BEGIN; {} COMMIT;", no_indexes())).doing(doing)?;
        }
        while self.step()? {}
        if bulk {
            self.views.execute_batch(&format!("BEGIN; {} COMMIT;", indexes())).doing(doing)?;
        }
        self.watermark()
    }

    /// Up to where the views follow.
    pub fn watermark(&self) -> Result<Seq, StoreError> {
        watermark(&self.views)
    }
}

fn copy_case(ledger: &Reader, tx: &Transaction<'_>, case: CaseId) -> Result<(), StoreError> {
    let doing = "following a case";
    let Some(row) = ledger.case(case)? else {
        return Ok(());
    };
    let sql =
        format!("INSERT OR REPLACE INTO case_view ({}) VALUES ({})", CaseRow::names(), CaseRow::marks());
    let mut put = tx.prepare_cached(&sql).doing(doing)?;
    row.bind(&mut put, 1).doing(doing)?;
    put.raw_execute().doing(doing)?;
    tx.prepare_cached("DELETE FROM thread_view WHERE case_id = ?1")
        .doing(doing)?
        .execute([case.put()])
        .doing(doing)?;
    let sql = format!("INSERT INTO thread_view ({}) VALUES ({})", ThreadRow::names(), ThreadRow::marks());
    let mut put = tx.prepare_cached(&sql).doing(doing)?;
    for thread in ledger.threads(case)? {
        thread.bind(&mut put, 1).doing(doing)?;
        put.raw_execute().doing(doing)?;
    }
    Ok(())
}

impl Views {
    /// Opens the views of a folder for reading; a follower must have made them.
    pub fn open(folder: &Folder) -> Result<Self, StoreError> {
        let path = folder.views();
        if !path.exists() {
            return Err(StoreError::Missing { what: format!("views `{}`", path.display()) });
        }
        Ok(Self { conn: connect::reader(&path)? })
    }

    /// Up to where the views follow.
    pub fn watermark(&self) -> Result<Seq, StoreError> {
        watermark(&self.conn)
    }

    /// Waits until the views show position `seq`, so that a writer reads its own writes. False when
    /// `patience` ran out.
    pub fn wait_for(&self, seq: Seq, patience: Duration) -> Result<bool, StoreError> {
        let start = Instant::now();
        while self.watermark()? < seq {
            if start.elapsed() >= patience {
                return Ok(false);
            }
            std::thread::sleep(LOOK);
        }
        Ok(true)
    }
}
