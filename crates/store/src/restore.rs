//! Restore: puts a backup in place of a folder's ledger, and says what is lost.
//!
//! The ledger that is replaced is put aside, never deleted. Before the backup takes its place, every token in
//! it is taken back (one that was revoked after the backup would live again) and the list of erasures is
//! merged; both are done before anything is served. While a restore runs a marker names where the replaced
//! ledger lies, so that one that was interrupted still says what is lost when it is run again; until then the
//! folder refuses to open.

use crate::backup::{BackupReport, copy_files, describe, remove_if_there, sync_file};
use crate::batch::hex;
use crate::cell::{Cell, get};
use crate::error::{Doing, OnFile, StoreError};
use crate::folder::{Folder, sync_dir};
use crate::reader::Reader;
use crate::sqlite::{Options, Store};
use crate::views::remove_views;
use huying_core::ids::Seq;
use rusqlite::Connection;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rows that a restore could not bring back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// The first place lost.
    pub first: u64,
    /// The last place lost.
    pub last: u64,
    /// How many of them still read in the ledger put aside.
    pub readable: u64,
}

/// What a restore knows of its loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// The backup had every row.
    Nothing,
    /// These rows are lost.
    Rows(Lost),
    /// Whatever came after the backup is lost, and nobody knows what that was.
    Unknown {
        /// The first place that may be lost.
        from: u64,
        /// Why it is not known.
        because: String,
    },
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// The last record there is now.
    pub position: Seq,
    /// Erasures that the backup did not know and that were done again.
    pub erasures: usize,
    /// Living tokens that were taken back.
    pub tokens: usize,
    /// Records that are lost, by their places in the journal.
    pub records: Loss,
    /// Rows of the access ledger that are lost, by their places in it.
    pub accesses: Loss,
    /// Where the ledger that was replaced is kept, none when there was none.
    pub kept: Option<PathBuf>,
}

/// The name of a copied ledger until it takes its place.
const RESTORING: &str = "ledger.db.restoring";
/// Names where the replaced ledger lies, while a restore runs.
const MARKER: &str = "RESTORE";
/// What the marker names when there is no ledger to put aside.
const NONE: &str = "-";
/// The files of a ledger. The ledger itself goes first: a log that stayed behind is moved after it.
const PARTS: [&str; 3] = ["ledger.db", "ledger.db-wal", "ledger.db-shm"];

impl Folder {
    /// Refuses a folder whose restore was interrupted: its ledger may be away.
    pub(crate) fn refuse_half_restored(&self) -> Result<(), StoreError> {
        let found = [RESTORING, MARKER].map(|name| self.root().join(name)).into_iter().find(|p| p.exists());
        match found {
            None => Ok(()),
            Some(path) => {
                let what = format!("`{}` is there: a restore was interrupted; run it again", path.display());
                Err(StoreError::Broken { what })
            }
        }
    }
}

/// Puts the ledger of a backup in place of the folder's own.
///
/// # Errors
/// `Held` while a writer runs, `Missing` for a backup without ledger or a folder without keys, `Broken` when
/// the backup is damaged itself or is of another ledger. The folder is then untouched.
pub fn restore(folder: &Folder, from: &Path, options: Options) -> Result<RestoreReport, StoreError> {
    folder.prepare()?;
    let lock = folder.lock()?;
    let source = Folder::at(from);
    let backup = Reader::open(&source)?;
    let found = backup.verify(None, &mut |_, _| {})?;
    if let Some(damage) = found.damages.first() {
        let what = format!("the backup is damaged itself ({damage}); take an earlier one");
        return Err(StoreError::Broken { what });
    }
    keys_are_there(folder)?;
    let end = describe(&source.ledger())?;
    let aside = aside(folder)?;
    let (records, accesses) = compare(folder, aside.as_deref(), &backup, &end)?;
    drop(backup);
    let tokens = stage(&source, folder)?;
    merge_erasures(&source, folder)?;
    copy_files(&from.join("files"), &folder.root().join("files"))?;
    put_aside(folder, aside.as_deref())?;
    // A log that lies here now is of no ledger that is still here.
    PARTS[1..].iter().try_for_each(|name| remove_if_there(&folder.root().join(name)))?;
    fs::rename(folder.root().join(RESTORING), folder.ledger()).on("placing the ledger", folder.root())?;
    sync_dir(folder.root())?;
    remove_views(folder)?;
    let (store, erasures) = Store::open_locked(folder, options, lock)?;
    let position = store.position()?;
    remove_if_there(&folder.root().join(MARKER))?;
    sync_dir(folder.root())?;
    Ok(RestoreReport { position, erasures, tokens, records, accesses, kept: aside })
}

fn keys_are_there(folder: &Folder) -> Result<(), StoreError> {
    for name in ["master.key", "checkpoint.key"] {
        let path = folder.root().join("keys").join(name);
        if !path.exists() {
            let what = format!(
                "`{}`: put the keys back before restoring; the backup does not hold them; it",
                path.display()
            );
            return Err(StoreError::Missing { what });
        }
    }
    Ok(())
}

/// Where the replaced ledger goes, or lies already when an earlier restore was interrupted.
fn aside(folder: &Folder) -> Result<Option<PathBuf>, StoreError> {
    let marker = folder.root().join(MARKER);
    match fs::read_to_string(&marker) {
        Ok(name) if name.trim() == NONE => return Ok(None),
        Ok(name) if !name.trim().is_empty() => return Ok(Some(folder.root().join(name.trim()))),
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(StoreError::file("reading the marker of a restore", &marker, e)),
    }
    if !folder.ledger().exists() {
        return Ok(None);
    }
    Ok((1_u64..).map(|n| folder.root().join(format!("replaced-{n}"))).find(|p| !p.exists()))
}

/// What the folder's own ledger has beyond the backup: records, and rows of the access ledger.
fn compare(
    folder: &Folder,
    aside: Option<&Path>,
    backup: &Reader,
    end: &BackupReport,
) -> Result<(Loss, Loss), StoreError> {
    let (record, access) = (end.position.0 + 1, backup.last_access()? + 1);
    let unknown = |because: String| {
        let loss = |from| Loss::Unknown { from, because: because.clone() };
        (loss(record), loss(access))
    };
    let Some(aside) = aside else {
        return Ok(unknown("there is no ledger here to compare the backup with".into()));
    };
    let there = aside.join(PARTS[0]).exists();
    if there && !folder.ledger().exists() {
        // Cut off while the parts were moved: the log belongs to the ledger that is there already.
        move_parts(folder, aside)?;
    }
    let previous = if there { Folder::at(aside) } else { folder.clone() };
    let damaged = match Reader::open_as_it_lies(&previous) {
        Ok(reader) => reader,
        Err(error) => return Ok(unknown(format!("the replaced ledger does not open: {error}"))),
    };
    let (theirs, ours) = (backup.chain_at(end.batch_no), damaged.chain_at(end.batch_no));
    if theirs.is_some() && ours.is_some() && theirs != ours {
        let shown = ours.map(|c| hex(&c)).unwrap_or_default();
        let what =
            format!("the backup is of another ledger: at batch {} this one has chain {shown}", end.batch_no);
        return Err(StoreError::Broken { what });
    }
    let last = damaged.last_batch().ok().flatten().map(|b| b.last_seq).max(damaged.position().ok());
    let records = loss(record, last.map(|seq| seq.0), |first, last| {
        let mut readable = 0;
        damaged.salvage(Seq(first), Seq(last), &mut |_| readable += 1);
        readable
    });
    let accesses = loss(access, damaged.last_access().ok(), |first, last| {
        (first..=last).filter(|seq| damaged.has_access(*seq)).count() as u64
    });
    Ok((records, accesses))
}

fn loss(first: u64, last: Option<u64>, readable: impl FnOnce(u64, u64) -> u64) -> Loss {
    match last {
        None => Loss::Unknown { from: first, because: "the replaced ledger's end does not read".into() },
        Some(last) if last < first => Loss::Nothing,
        Some(last) => Loss::Rows(Lost { first, last, readable: readable(first, last) }),
    }
}

/// Copies the backup's ledger beside its place, with every token taken back and the note that its cases do
/// not say yet which of their words are destroyed. Says how many tokens lived.
fn stage(source: &Folder, folder: &Folder) -> Result<usize, StoreError> {
    let copying = folder.root().join("ledger.db.copying");
    for tail in ["", "-journal", "-wal", "-shm"] {
        remove_if_there(&folder.root().join(format!("ledger.db.copying{tail}")))?;
    }
    fs::copy(source.ledger(), &copying).on("copying the backup", &copying)?;
    let doing = "taking back the tokens of the backup";
    let conn = Connection::open(&copying).doing(doing)?;
    let revoke = "UPDATE token SET revoked_at = unixepoch() * 1000 WHERE revoked_at IS NULL";
    let tokens = conn.execute(revoke, []).doing(doing)?;
    conn.execute("INSERT OR REPLACE INTO meta VALUES ('erasures_untold', '1')", []).doing(doing)?;
    conn.close().map_err(|(_, error)| StoreError::sql(doing, error))?;
    sync_file(&copying)?;
    fs::rename(&copying, folder.root().join(RESTORING)).on("staging the backup", &copying)?;
    sync_dir(folder.root())?;
    Ok(tokens)
}

/// The folder's own list is the newer one; on a new machine only the backup has one.
fn merge_erasures(source: &Folder, folder: &Folder) -> Result<(), StoreError> {
    let known: HashSet<String> = folder.erasures()?.iter().map(|e| e.line()).collect();
    source
        .erasures()?
        .into_iter()
        .filter(|e| !known.contains(&e.line()))
        .try_for_each(|e| folder.log_erasure(e))
}

/// Moves the ledger that is replaced into a folder of its own, having written down which.
fn put_aside(folder: &Folder, aside: Option<&Path>) -> Result<(), StoreError> {
    let name = aside.and_then(Path::file_name).map_or(NONE.into(), |name| name.to_string_lossy());
    let (marker, staged) = (folder.root().join(MARKER), folder.root().join("RESTORE.new"));
    fs::write(&staged, format!("{name}\n")).on("writing the marker of a restore", &staged)?;
    sync_file(&staged)?;
    fs::rename(&staged, &marker).on("placing the marker of a restore", &marker)?;
    sync_dir(folder.root())?;
    let Some(aside) = aside else { return Ok(()) };
    fs::create_dir_all(aside).on("making a folder for the replaced ledger", aside)?;
    if aside.join(PARTS[0]).exists() {
        // What lies in the ledger's place is the copy that an interrupted restore put there.
        return PARTS.iter().try_for_each(|name| remove_if_there(&folder.root().join(name)));
    }
    move_parts(folder, aside)
}

fn move_parts(folder: &Folder, aside: &Path) -> Result<(), StoreError> {
    for name in PARTS {
        let path = folder.root().join(name);
        if path.exists() {
            fs::rename(&path, aside.join(name)).on("putting the replaced ledger aside", &path)?;
        }
    }
    sync_dir(aside)?;
    sync_dir(folder.root())
}

impl Reader {
    /// The last place of the access ledger, 0 for none.
    fn last_access(&self) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(max(seq), 0) FROM access";
        Ok(self.maybe("reading the end of the access ledger", sql, &[], |r| get(r, 0))?.unwrap_or(0))
    }

    fn has_access(&self, seq: u64) -> bool {
        let sql = "SELECT actor, purpose, items, hash FROM access WHERE seq = ?1";
        let read = |r: &rusqlite::Row<'_>| {
            (0..3).try_for_each(|n| r.get::<_, String>(n).map(drop))?;
            r.get::<_, Vec<u8>>(3).map(drop)
        };
        self.maybe("reading the access ledger", sql, &[&seq.put()], read).is_ok_and(|found| found.is_some())
    }

    /// Whether a restore destroyed words again of which the journal does not say yet that they are.
    pub fn erasures_are_untold(&self) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM meta WHERE name = 'erasures_untold'";
        Ok(self.maybe("reading what a restore left to do", sql, &[], |_| Ok(()))?.is_some())
    }
}

impl Store {
    /// Notes that the journal says of every erasure now.
    pub fn erasures_are_told(&mut self) -> Result<(), StoreError> {
        let doing = "noting what a restore left to do";
        let sql = "DELETE FROM meta WHERE name = 'erasures_untold'";
        self.transact(doing, |store| store.conn.execute(sql, []).doing(doing)).map(drop)
    }
}
