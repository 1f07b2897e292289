//! Backup and restore. A backup is a folder with a copy of the ledger, the list of erasures and the files;
//! the keys are not in it and must be kept elsewhere, so that a stolen backup says nothing.
//!
//! A restore puts the damaged ledger aside, never deletes it, replays the list of erasures before anything is
//! served, and says what is lost.

use crate::batch::hex;
use crate::connect;
use crate::error::{Doing, OnFile, StoreError};
use crate::folder::{Folder, sync_dir};
use crate::migrate;
use crate::reader::Reader;
use crate::sqlite::{Options, Store};
use crate::views::remove_views;
use huying_core::ids::{Seq, ShardId};
use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// The last record in it.
    pub position: Seq,
    /// The last batch in it.
    pub batch_no: u64,
    /// The chain hash after that batch, in hexadecimal.
    pub chain: String,
    /// Files copied this time; those there already are not copied again.
    pub files: u64,
}

/// What a restore could not bring back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The first record lost.
    pub first_seq: Seq,
    /// The last record lost; none when the damaged ledger did not even say where it ended.
    pub last_seq: Option<Seq>,
    /// How many of them still read in the ledger put aside.
    pub readable: u64,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// The last record there is now.
    pub position: Seq,
    /// Erasures that the backup did not know and that were done again.
    pub erasures: usize,
    /// What is lost, none when the backup had everything.
    pub lost: Option<Lost>,
    /// Where the ledger that was replaced is kept, none when there was none.
    pub kept: Option<PathBuf>,
}

/// The name of a copied ledger until it takes its place.
const RESTORING: &str = "ledger.db.restoring";

impl Folder {
    /// Refuses a folder whose restore was interrupted: its ledger may be away.
    pub(crate) fn refuse_half_restored(&self) -> Result<(), StoreError> {
        let path = self.root().join(RESTORING);
        if path.exists() {
            let what = format!("`{}` is there: a restore was interrupted; run it again", path.display());
            return Err(StoreError::Broken { what });
        }
        Ok(())
    }
}

impl Reader {
    /// Writes a backup into a folder, which may hold an earlier one; works beside a running writer.
    pub fn backup(&self, to: &Path) -> Result<BackupReport, StoreError> {
        fs::create_dir_all(to).on("making the backup folder", to)?;
        let staged = to.join("ledger.db.new");
        remove_if_there(&staged)?;
        self.conn.execute("VACUUM INTO ?1", [staged.to_string_lossy()]).doing("copying the ledger")?;
        sync_file(&staged)?;
        let report = describe(&staged)?;
        // After the ledger: every erasure of which the copy does not know is then in the list.
        copy_if_there(&self.folder.erasure_log(), &to.join("erasures.log"))?;
        let files = copy_files(&self.folder.root().join("files"), &to.join("files"))?;
        fs::rename(&staged, to.join("ledger.db")).on("placing the backup", to)?;
        sync_dir(to)?;
        Ok(BackupReport { files, ..report })
    }
}

fn describe(ledger: &Path) -> Result<BackupReport, StoreError> {
    let conn = connect::reader(ledger)?;
    migrate::inspect(&conn, ledger)?;
    let root = ledger.parent().unwrap_or(Path::new("."));
    let copy = Reader { conn, folder: Folder::at(root), shard: ShardId(0) };
    let batch_no = copy.last_batch()?.map_or(0, |b| b.batch_no);
    Ok(BackupReport { position: copy.position()?, batch_no, chain: copy.chain_text()?, files: 0 })
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
    let lost = compare(folder, &backup, &end)?;
    drop(backup);
    copy_ledger(&source, folder)?;
    merge_erasures(&source, folder)?;
    copy_files(&from.join("files"), &folder.root().join("files"))?;
    let kept = put_aside(folder)?;
    fs::rename(folder.root().join(RESTORING), folder.ledger()).on("placing the ledger", folder.root())?;
    sync_dir(folder.root())?;
    remove_views(folder)?;
    let (store, erasures) = Store::open_locked(folder, options, lock)?;
    Ok(RestoreReport { position: store.position()?, erasures, lost, kept })
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

/// What the folder's own ledger has beyond the backup.
fn compare(folder: &Folder, backup: &Reader, end: &BackupReport) -> Result<Option<Lost>, StoreError> {
    let first_seq = Seq(end.position.0 + 1);
    if !folder.ledger().exists() {
        return Ok(None);
    }
    let unknown = Some(Lost { first_seq, last_seq: None, readable: 0 });
    let Ok(damaged) = Reader::open(folder) else {
        return Ok(unknown);
    };
    let (theirs, ours) = (backup.chain_at(end.batch_no), damaged.chain_at(end.batch_no));
    if theirs.is_some() && ours.is_some() && theirs != ours {
        let shown = ours.map(|c| hex(&c)).unwrap_or_default();
        let what =
            format!("the backup is of another ledger: at batch {} this one has chain {shown}", end.batch_no);
        return Err(StoreError::Broken { what });
    }
    let last = damaged.last_batch().ok().flatten().map(|b| b.last_seq).max(damaged.position().ok());
    let Some(last) = last else {
        return Ok(unknown);
    };
    if last < first_seq {
        return Ok(None);
    }
    let mut readable = 0;
    damaged.salvage(first_seq, last, &mut |_| readable += 1);
    Ok(Some(Lost { first_seq, last_seq: Some(last), readable }))
}

fn copy_ledger(source: &Folder, folder: &Folder) -> Result<(), StoreError> {
    let staged = folder.root().join(RESTORING);
    let copying = folder.root().join("ledger.db.copying");
    fs::copy(source.ledger(), &copying).on("copying the backup", &copying)?;
    sync_file(&copying)?;
    fs::rename(&copying, &staged).on("staging the backup", &staged)?;
    sync_dir(folder.root())
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

/// Moves the ledger that is replaced into a folder of its own.
fn put_aside(folder: &Folder) -> Result<Option<PathBuf>, StoreError> {
    if !folder.ledger().exists() {
        return Ok(None);
    }
    let free = (1..).map(|n| folder.root().join(format!("replaced-{n}"))).find(|p| !p.exists());
    let Some(aside) = free else { return Ok(None) };
    fs::create_dir(&aside).on("making a folder for the replaced ledger", &aside)?;
    // The ledger itself goes last: while it is there, a repeated restore finds it and its log together.
    for name in ["ledger.db-shm", "ledger.db-wal", "ledger.db"] {
        let path = folder.root().join(name);
        if path.exists() {
            fs::rename(&path, aside.join(name)).on("putting the replaced ledger aside", &path)?;
        }
    }
    sync_dir(&aside)?;
    sync_dir(folder.root())?;
    Ok(Some(aside))
}

fn sync_file(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|f| f.sync_all()).on("syncing", path)
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(StoreError::file("removing", path, e)),
        _ => Ok(()),
    }
}

fn copy_if_there(from: &Path, to: &Path) -> Result<(), StoreError> {
    if !from.exists() {
        return Ok(());
    }
    let staged = to.with_extension("new");
    fs::copy(from, &staged).on("copying", from)?;
    sync_file(&staged)?;
    fs::rename(&staged, to).on("placing", to)
}

/// Copies what is missing of a tree of files; names are digests, so what is there is the same.
fn copy_files(from: &Path, to: &Path) -> Result<u64, StoreError> {
    if !from.is_dir() {
        return Ok(0);
    }
    fs::create_dir_all(to).on("making a folder of files", to)?;
    let mut copied = 0;
    for entry in fs::read_dir(from).on("reading a folder of files", from)? {
        let entry = entry.on("reading a folder of files", from)?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copied += copy_files(&path, &target)?;
        } else if !target.exists() {
            copy_if_there(&path, &target)?;
            copied += 1;
        }
    }
    sync_dir(to)?;
    Ok(copied)
}
