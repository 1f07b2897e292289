//! The limits of an import, each tested at the limit and one over.

/// The longest record of an export, in bytes. A longer one is nearly always a quote that nobody closed.
pub const MAX_RECORD_BYTES: u64 = 4 * 1024 * 1024;
/// The longest id of a case in another system, in bytes.
pub const MAX_EXTERNAL_ID_BYTES: usize = 128;
/// The longest channel or request type, in bytes.
pub const MAX_WORD_BYTES: usize = 64;
/// Rows offered to the sink at once.
pub const BATCH_ROWS: usize = 1_000;
/// Bytes of raw rows offered to the sink at once; reaching it sends the batch early.
pub const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Batches that the sink may have unanswered while the next is read.
pub const BATCHES_AHEAD: usize = 2;
