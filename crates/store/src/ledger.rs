//! The contract every ledger keeps: SQLite here, PostgreSQL at scale. `conformance.rs` tests it.

use crate::error::StoreError;
use crate::rows::{Batch, CaseRow, ClockRow, HighMarks, OutboxEntry, StoredRecord, ThreadRow};
use huying_core::ids::{CaseId, Seq, ShardId, StreamId, SystemId};
use huying_core::time::Time;

/// What a commit became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// The first record's place.
    pub first_seq: Seq,
    /// The last record's place; before `first_seq` when the batch held no record.
    pub last_seq: Seq,
    /// The Merkle batch, none when the batch held no record.
    pub batch_no: Option<u64>,
}

/// One shard of the journal with everything written in its transactions. Has one writer.
pub trait Ledger {
    /// The shard.
    fn shard(&self) -> ShardId;
    /// The last record's place, 0 for none.
    fn position(&self) -> Result<Seq, StoreError>;
    /// Where ids stand.
    fn high_marks(&self) -> Result<HighMarks, StoreError>;
    /// Makes a batch durable, whole or not at all.
    fn commit(&mut self, batch: &Batch) -> Result<Commit, StoreError>;
    /// The records of a stream in order.
    fn load(&self, stream: StreamId) -> Result<Vec<StoredRecord>, StoreError>;
    /// Hands over every record from `from` on, in order, until the taker says stop by `false`.
    fn records_from(&self, from: Seq, take: &mut dyn FnMut(StoredRecord) -> bool) -> Result<(), StoreError>;
    /// One case's row.
    fn case(&self, case: CaseId) -> Result<Option<CaseRow>, StoreError>;
    /// One case's open threads.
    fn threads(&self, case: CaseId) -> Result<Vec<ThreadRow>, StoreError>;
    /// One case's running clocks.
    fn clocks(&self, case: CaseId) -> Result<Vec<ClockRow>, StoreError>;
    /// Clocks due at or before `until`, in order of due time, then case, then clock.
    fn due_clocks(&self, until: Time, limit: usize) -> Result<Vec<ClockRow>, StoreError>;
    /// Messages after a position, in order.
    fn outbox_after(&self, position: u64, limit: usize) -> Result<Vec<OutboxEntry>, StoreError>;
    /// The case of an external system's id, with the digest of the last row taken.
    fn external(&self, system: &SystemId, id: &str) -> Result<Option<(CaseId, [u8; 32])>, StoreError>;
    /// A counter's value, 0 when it was never set.
    fn counter(&self, name: &str) -> Result<u64, StoreError>;
    /// The remembered outcome of a command's key.
    fn outcome_of(&self, key: &[u8; 32]) -> Result<Option<crate::IdempotencyRow>, StoreError>;
}
