//! Files of cases, sealed by the caller and kept under the digest of their sealed bytes. A file is staged,
//! synced and placed before a record may refer to it; a crash leaves at most an unreferenced file.

use crate::batch::{Digest, digest, hex};
use crate::error::{OnFile, StoreError, within};
use crate::folder::{random, sync_dir};
use crate::limits::MAX_FILE_BYTES;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The files under one data folder.
#[derive(Debug, Clone)]
pub struct FileStore {
    placed: PathBuf,
    staging: PathBuf,
}

impl FileStore {
    pub(crate) fn at(root: &Path) -> Self {
        Self { placed: root.join("files").join("sha256"), staging: root.join("staging") }
    }

    pub(crate) fn prepare(&self) -> Result<(), StoreError> {
        fs::create_dir_all(&self.placed).on("making the folder of files", &self.placed)?;
        fs::create_dir_all(&self.staging).on("making the folder of staged files", &self.staging)
    }

    /// Where the file of a digest lies: fanned out over 256 folders.
    pub fn path(&self, digest: &Digest) -> PathBuf {
        let name = hex(digest);
        self.placed.join(&name[..2]).join(&name[2..])
    }

    /// Makes sealed bytes durable and hands back their digest. The same bytes again are one file.
    pub fn put(&self, sealed: &[u8]) -> Result<Digest, StoreError> {
        within("a file", sealed.len(), MAX_FILE_BYTES)?;
        let name = digest(sealed);
        let path = self.path(&name);
        if path.exists() && self.get(&name).is_ok() {
            return Ok(name);
        }
        let staged = self.staging.join(hex(&random::<16>()?));
        let mut file = File::create_new(&staged).on("staging a file", &staged)?;
        file.write_all(sealed).on("staging a file", &staged)?;
        file.sync_all().on("syncing a staged file", &staged)?;
        let parent = self.placed.join(&hex(&name)[..2]);
        if !parent.is_dir() {
            fs::create_dir_all(&parent).on("making a folder of files", &parent)?;
            sync_dir(&self.placed)?;
        }
        fs::rename(&staged, &path).on("placing a file", &path)?;
        sync_dir(&parent)?;
        Ok(name)
    }

    /// Reads a file and checks it against its digest.
    pub fn get(&self, name: &Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.path(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::Missing { what: format!("file {}", hex(name)) });
            }
            Err(e) => return Err(StoreError::file("reading a file", &path, e)),
        };
        if digest(&bytes) == *name {
            Ok(bytes)
        } else {
            Err(StoreError::Broken {
                what: format!("file {} has been altered: its bytes have another digest", hex(name)),
            })
        }
    }

    /// Removes a file durably; one that is not there is gone already.
    pub fn remove(&self, name: &Digest) -> Result<(), StoreError> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Ok(()) => path.parent().map_or(Ok(()), sync_dir),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(StoreError::file("removing a file", &path, e)),
        }
    }

    /// Removes what a crash left in staging; says how many.
    pub(crate) fn sweep(&self) -> Result<usize, StoreError> {
        let entries = fs::read_dir(&self.staging).on("reading staged files", &self.staging)?;
        let mut swept = 0;
        for entry in entries {
            let path = entry.on("reading staged files", &self.staging)?.path();
            fs::remove_file(&path).on("removing a staged file", &path)?;
            swept += 1;
        }
        Ok(swept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_kept_once_and_an_altered_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let files = FileStore::at(dir.path());
        files.prepare().unwrap();
        let name = files.put(b"sealed").unwrap();
        assert_eq!(files.put(b"sealed").unwrap(), name);
        assert_eq!(files.get(&name).unwrap(), b"sealed");
        fs::write(files.path(&name), b"other").unwrap();
        assert!(matches!(files.get(&name), Err(StoreError::Broken { .. })));
        assert_eq!(files.put(b"sealed").unwrap(), name, "a damaged file is put back");
        assert_eq!(files.get(&name).unwrap(), b"sealed");
        files.remove(&name).unwrap();
        files.remove(&name).unwrap();
        assert!(matches!(files.get(&name), Err(StoreError::Missing { .. })));
        fs::write(dir.path().join("staging/left"), b"x").unwrap();
        assert_eq!(files.sweep().unwrap(), 1);
    }
}
