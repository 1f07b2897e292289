//! Every limit of this room in one place, each with the reason it has that size.

/// Records of one batch: bounds the work that is lost with a failed commit and the time others wait.
pub const MAX_BATCH_RECORDS: usize = 20_000;
/// Bytes of one record's payload. Long texts belong in the vault, files in the file store.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;
/// Bytes of one sealed vault item.
pub const MAX_VAULT_ITEM_BYTES: usize = 1024 * 1024;
/// Bytes of one staged file. A city of twenty million with its geometry and addresses is one file of 100 MB.
pub const MAX_FILE_BYTES: usize = 256 * 1024 * 1024;
/// Bytes of one remembered outcome.
pub const MAX_OUTCOME_BYTES: usize = 16 * 1024;
/// Rows of one list page.
pub const MAX_PAGE: usize = 500;
/// Values of one list in a filter (units, places).
pub const MAX_FILTER_VALUES: usize = 5_000;
/// Rows one bounded read (due clocks, outbox) hands back at most.
pub const MAX_READ: usize = 100_000;
/// Batches of one sealed segment: bounds the work of one proof.
pub const MAX_SEGMENT_BATCHES: u64 = 65_536;
/// Differences a rebuild reports before it only counts them.
pub const MAX_DIFFERENCES: usize = 1_000;
/// Vault items one clear reading may ask for.
pub const MAX_CLEAR_ITEMS: usize = 1_000;
/// Bytes of write-ahead log after which the writer itself finishes a checkpoint, so that the log stays
/// bounded. Not a hard edge: it grows on while a checkpoint runs, and for as long as a reader holds an old
/// state.
pub const WAL_HARD_BYTES: u64 = 256 * 1024 * 1024;
/// Records the follower takes into the views in one transaction.
pub const FOLLOW_STEP: u64 = 20_000;
/// Records of a ledger above which views that start from nothing are filled first and indexed after.
pub const FOLLOW_BULK: u64 = 200_000;
