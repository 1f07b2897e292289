//! How much the engine takes at once. Every bound is tested at its limit and one over.

/// The most commands of one group commit.
pub const MAX_BATCH: usize = 1_000;
/// The most commands that wait; one more is told to come back.
pub const MAX_QUEUE: usize = 20_000;
/// The most clock alarms of one turn.
pub const MAX_ALARMS: usize = 1_000;
/// The most texts of one command.
pub const MAX_TEXTS: usize = 8;
/// The longest text, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;
/// The largest file, in bytes.
pub const MAX_FILE_BYTES: usize = 20 * 1024 * 1024;
/// How many cases each of the two generations of the cache holds.
pub const CACHE_GENERATION: usize = 50_000;
/// How long the writer sleeps at most before it looks at the clocks again, in milliseconds.
pub const TICK_MS: u64 = 250;
/// Milliseconds of a minute; a fact, not a rule.
pub(crate) const MINUTE_MS: i64 = 60_000;
/// Milliseconds of an hour; a fact, not a rule.
pub(crate) const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of a day; a fact, not a rule.
pub(crate) const DAY_MS: i64 = 86_400_000;
/// How often outcomes of old commands are forgotten, when the writer is idle, in milliseconds.
pub const FORGET_EVERY_MS: i64 = DAY_MS;
/// How often the writer tidies when it is idle, in milliseconds: what was delivered is trimmed.
pub const TIDY_EVERY_MS: i64 = 60_000;
/// The most cases that are reassigned in one call.
pub const MAX_REASSIGNED: usize = 200;
/// The most near cases that a report is compared with and its record names.
pub const MAX_NEAR_CASES: usize = 20;
/// The most messages of the outbox looked at, or trimmed, in one go.
pub const OUTBOX_STEP: usize = 4_096;
/// The most messages that cannot be delivered before nothing behind them is tried any more.
pub const MAX_STUCK: usize = 1_000;
/// How long until a message that could not be delivered is tried again, in milliseconds.
pub const STUCK_EVERY_MS: i64 = 5_000;
/// The most idle reading connections that are kept.
pub const MAX_READERS: usize = 8;
/// How long a reader waits for the views to catch up, in milliseconds.
pub const FOLLOW_PATIENCE_MS: u64 = 2_000;
/// How long the views may stand still while somebody waits for them.
pub const VIEWS_STANDSTILL: std::time::Duration = std::time::Duration::from_secs(30);
