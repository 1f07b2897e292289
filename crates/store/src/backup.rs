//! Backup: a folder with a copy of the ledger, the list of erasures and the files; the keys are not in it and
//! must be kept elsewhere, so that a stolen backup says nothing. Coming back from one is `restore.rs`.

use crate::connect;
use crate::error::{Doing, OnFile, StoreError};
use crate::folder::{Folder, sync_dir};
use crate::migrate;
use crate::reader::Reader;
use huying_core::ids::{Seq, ShardId};
use std::fs::{self, File};
use std::path::Path;

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

pub(crate) fn describe(ledger: &Path) -> Result<BackupReport, StoreError> {
    let conn = connect::reader(ledger)?;
    migrate::inspect(&conn, ledger)?;
    let root = ledger.parent().unwrap_or(Path::new("."));
    let copy = Reader { conn, folder: Folder::at(root), shard: ShardId(0) };
    let batch_no = copy.last_batch()?.map_or(0, |b| b.batch_no);
    Ok(BackupReport { position: copy.position()?, batch_no, chain: copy.chain_text()?, files: 0 })
}

pub(crate) fn sync_file(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|f| f.sync_all()).on("syncing", path)
}

pub(crate) fn remove_if_there(path: &Path) -> Result<(), StoreError> {
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
pub(crate) fn copy_files(from: &Path, to: &Path) -> Result<u64, StoreError> {
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
