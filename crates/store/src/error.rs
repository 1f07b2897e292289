//! The faults of this room. Each says what happened, where, and what to do about it.

use huying_core::ids::{CaseId, Seq, StreamId, Version};
use huying_core::time::Time;
use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

/// Why the store could not do what it was asked. Nothing of the batch has been stored, except after
/// [`StoreError::leaves_unknown`]: then nobody knows before the ledger is opened again.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room on the disk.
    #[error("{doing}: the disk is full; nothing was stored. Free some space, then send the command again")]
    Full {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// Another process or connection holds the file.
    #[error("{doing}: the file is locked by another program; nothing was stored. Close it, then try again")]
    Busy {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The file is damaged.
    #[error(
        "{doing}: the file is damaged. Run `huying journal verify` to name the damage; \
         read what is whole with a read-only opening, and restore from a backup"
    )]
    Damaged {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The disk or file system failed.
    #[error(
        "{doing}: reading or writing the disk failed; what was being stored may be there or not, which only \
         opening again tells. Check the disk before going on"
    )]
    Disk {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// Any other refusal of the database.
    #[error("{doing}: the database refused")]
    Sql {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A file operation failed.
    #[error("{doing} `{}`", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A line or field of one of the store's own text files does not read.
    #[error("`{}` line {line}: {problem}", path.display())]
    BadLine {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong and what is accepted.
        problem: String,
    },
    /// The file was written by a later version of this program. It has not been touched.
    #[error("`{}` has schema {found}; this program knows up to {known}. Use a newer program; the file is untouched", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The schema found.
        found: i64,
        /// The newest schema this program knows.
        known: i64,
    },
    /// The file is an SQLite file of some other program.
    #[error("`{}` was not written by this program (application id {found:#x}); it is untouched", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The application id found.
        found: i64,
    },
    /// The data folder has a writer already.
    #[error("`{}` is in use by process {pid}: one writer at a time. Stop it, or open the folder read-only", path.display())]
    Held {
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, as it wrote it down.
        pid: String,
    },
    /// Another writer took the lease over; this one must stop.
    #[error(
        "the lease of the ledger has passed from epoch {mine} to {now}: this writer must stop and reopen"
    )]
    Fenced {
        /// The epoch this writer was given.
        mine: u64,
        /// The epoch the ledger has now.
        now: u64,
    },
    /// An earlier commit failed in a way that could not be undone in place.
    #[error("an earlier failure left this connection unusable: close the store and open it again")]
    Reopen,
    /// A record does not follow the last one of its stream.
    #[error(
        "stream {stream}: version {given} cannot follow version {last}; load the stream again and decide anew"
    )]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// The version handed in.
        given: Version,
        /// The last version there is, 0 for none.
        last: Version,
    },
    /// A row that must be the only one of its kind exists already.
    #[error("{what} exists already")]
    Exists {
        /// What exists.
        what: String,
    },
    /// A row or file that must be there is not.
    #[error("{what} does not exist")]
    Missing {
        /// What is missing.
        what: String,
    },
    /// The clock of this machine went back.
    #[error(
        "recorded_at {given} is before {last}, when the last batch was recorded: set the clock of this machine"
    )]
    Backwards {
        /// When the last batch was recorded.
        last: Time,
        /// What was handed in.
        given: Time,
    },
    /// Something is larger than its limit.
    #[error("{what}: {given} is over the limit of {limit}")]
    Limit {
        /// What is limited.
        what: &'static str,
        /// How much was handed in.
        given: usize,
        /// How much is accepted.
        limit: usize,
    },
    /// The header of a payload says something else than the row that carries it.
    #[error("stream {stream} version {version}: the payload's header {problem}")]
    Header {
        /// The stream of the row.
        stream: StreamId,
        /// The version of the row.
        version: Version,
        /// What differs.
        problem: String,
    },
    /// The key or text was destroyed by an erasure.
    #[error("case {case}, subject {subject}: erased; the text and its key are gone")]
    Erased {
        /// The case.
        case: CaseId,
        /// The subject within the case.
        subject: u32,
    },
    /// A sealed thing does not open: wrong master key, or altered.
    #[error("{what} does not open: the master key is another one, or the bytes were altered")]
    Sealed {
        /// What does not open.
        what: String,
    },
    /// Records that are not yet under a signed checkpoint cannot be proved.
    #[error("record {seq} is not yet under a signed checkpoint: seal the journal first")]
    NotSealed {
        /// The record.
        seq: Seq,
    },
    /// What is stored contradicts itself.
    #[error("{what}")]
    Broken {
        /// What contradicts what.
        what: String,
    },
    /// The system gave no random bytes.
    #[error("the system's random source failed: {0}")]
    Random(String),
}

impl StoreError {
    /// Whether a commit that failed so may have stored its batch all the same.
    pub fn leaves_unknown(&self) -> bool {
        matches!(self, Self::Disk { .. } | Self::Damaged { .. })
    }

    /// Whether the file itself is at fault, so that what is whole of it can still be read.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Broken { .. })
    }

    /// Sorts an SQLite error by what the reader can do about it.
    pub(crate) fn sql(doing: &'static str, source: rusqlite::Error) -> Self {
        let code = source.sqlite_error_code();
        match code {
            Some(ErrorCode::DiskFull) => Self::Full { doing, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { doing, source },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { doing, source },
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly) => {
                Self::Disk { doing, source }
            }
            _ => Self::Sql { doing, source },
        }
    }

    /// Whether a file was opened for reading that still has its rollback journal. A ledger has one only
    /// until it is switched to its write-ahead log, before anything is stored in it.
    pub(crate) fn is_half_made(&self) -> bool {
        let Self::Disk { source, .. } = self else { return false };
        source.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK)
    }

    pub(crate) fn file(doing: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::File { doing, path: path.to_owned(), source }
    }
}

/// Names what was being done when SQLite failed.
pub(crate) trait Doing<T> {
    /// The result with the error sorted and named.
    fn doing(self, what: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, rusqlite::Error> {
    fn doing(self, what: &'static str) -> Result<T, StoreError> {
        self.map_err(|e| StoreError::sql(what, e))
    }
}

/// Names which file was being worked on when the system failed.
pub(crate) trait OnFile<T> {
    /// The result with the error named.
    fn on(self, what: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> OnFile<T> for Result<T, std::io::Error> {
    fn on(self, what: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|e| StoreError::file(what, path, e))
    }
}

/// Refuses what is over a limit.
pub(crate) fn within(what: &'static str, given: usize, limit: usize) -> Result<(), StoreError> {
    if given > limit { Err(StoreError::Limit { what, given, limit }) } else { Ok(()) }
}
