//! Moves the write-ahead log into the database file from a thread of its own, so that no commit waits for it.
//!
//! A passive checkpoint never blocks the writer, but under steady load it never catches up either; when the
//! log passes its limit, the thread raises a flag and the writer finishes the little that is left after its
//! next commit, upon which the log starts anew.

use crate::connect;
use crate::error::{Doing, StoreError};
use crate::limits::WAL_HARD_BYTES;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the log is moved while nothing asks for it.
const PERIOD: Duration = Duration::from_millis(250);

/// The thread, stopped and joined when dropped.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    over: Arc<AtomicBool>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Pages in the log, and how many of them are moved.
pub(crate) fn checkpoint(conn: &Connection, mode: &str) -> Result<(u64, u64), StoreError> {
    conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |r| {
        Ok((r.get::<_, i64>(1)?, r.get::<_, i64>(2)?))
    })
    .map(|(log, moved)| (u64::try_from(log).unwrap_or(0), u64::try_from(moved).unwrap_or(0)))
    .doing("checkpointing")
}

impl Checkpointer {
    /// Starts the thread on a ledger that exists.
    pub(crate) fn start(ledger: &Path) -> Result<Self, StoreError> {
        let conn = connect::writer(ledger, 4 << 20)?;
        let page: u64 = conn
            .query_row("PRAGMA page_size", [], |r| r.get::<_, i64>(0))
            .doing("reading the page size")
            .map(|n| u64::try_from(n).unwrap_or(1))?;
        let over = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = channel::<()>();
        let flag = Arc::clone(&over);
        let turn = move || {
            while matches!(stopped.recv_timeout(PERIOD), Err(RecvTimeoutError::Timeout)) {
                // A failure here loses nothing: the log stays, the next turn tries again, and the writer
                // reports a disk that is full or failing at its own next commit.
                if let Ok((log, _)) = checkpoint(&conn, "PASSIVE")
                    && log * page > WAL_HARD_BYTES
                {
                    flag.store(true, Ordering::Relaxed);
                }
            }
        };
        let thread = std::thread::Builder::new().name("checkpoint".into()).spawn(turn);
        let thread = thread.map_err(|e| StoreError::file("starting the checkpoint thread", ledger, e))?;
        Ok(Self { over, stop: Some(stop), thread: Some(thread) })
    }

    /// True once after the log has passed its limit.
    pub(crate) fn take_over(&self) -> bool {
        self.over.load(Ordering::Relaxed) && self.over.swap(false, Ordering::Relaxed)
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
