//! How much the server takes at once, and how long it waits. Every bound of this room is in this file.

use std::time::Duration;

/// Bytes of one request body.
pub const MAX_BODY_BYTES: usize = 128 * 1024;
/// Bytes of the request line and all headers together.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Headers of one request.
pub const MAX_HEADERS: usize = 64;
/// Connections open at once; more wait to be accepted.
pub const MAX_CONNECTIONS: usize = 4_096;
/// Requests at work at once; one more is told to come back.
pub const MAX_CONCURRENT: usize = 2_048;
/// How long a client may take to send its headers.
pub const HEADER_TIME: Duration = Duration::from_secs(10);
/// How long one request may take.
pub const REQUEST_TIME: Duration = Duration::from_secs(30);
/// How long accepted requests may still take after the signal to stop.
pub const STOP_TIME: Duration = Duration::from_secs(30);
/// Threads that wait for the store on behalf of requests.
pub const BLOCKING_THREADS: usize = 64;
/// Seconds after which a client that found no room should come back.
pub const RETRY_SECONDS: u64 = 1;

/// Live streams open at once; one more is told to come back.
pub const MAX_LIVE: usize = 2_000;
/// Live streams of one address; an office behind one address has a few hundred desks.
pub const MAX_LIVE_ADDRESS: usize = 400;
/// Live streams that may read the journal at once.
pub const LIVE_CATCHING: usize = 4;
/// How long a client may leave what is sent to it unread before the connection is closed.
pub const WRITE_TIME: Duration = Duration::from_secs(60);
/// Items of the live stream that are kept at hand; who is further behind reads the journal.
pub const LIVE_KEPT: usize = 8_192;
/// Records of the journal that a live stream reads at a time while it catches up, and items it takes at once.
pub const LIVE_PAGE: usize = 512;
/// Records a live stream catches up with; who is further behind begins again from what is.
pub const MAX_LIVE_PAST: u64 = 200_000;
/// Cases whose points the live stream remembers, a generation; about 100 bytes each.
pub const MAX_KNOWN_CASES: usize = 200_000;
/// How often the feed tries again what it could not read before it goes on without.
pub const LIVE_TRIES: u32 = 5;
/// How long the feed waits for news before it looks by itself.
pub const LIVE_IDLE: Duration = Duration::from_secs(1);
/// How often the open cases are given out anew.
pub const OPEN_EVERY: Duration = Duration::from_millis(300);
/// How often a silent live stream says that it is there.
pub const LIVE_BREATH: Duration = Duration::from_secs(15);

/// How long a public answer of figures is given again.
pub const FIGURES_KEPT: Duration = Duration::from_secs(5);
/// Bytes of public answers of figures that are kept.
pub const MAX_FIGURES_BYTES: usize = 16 * 1024 * 1024;
/// Public figures drawn at once; each reads every case.
pub const FIGURES_AT_ONCE: usize = 2;
/// Requests for public figures that may wait for their turn; one more is told to come back.
pub const MAX_FIGURES_WAITING: usize = 256;

/// Rows of one page, when the client names no number.
pub const PAGE: usize = 50;
/// Rows of one page at most: what the store gives.
pub const MAX_PAGE: usize = huying_engine::store::limits::MAX_PAGE;
/// Vault items of one clear reading.
pub const MAX_CLEAR: usize = huying_engine::store::limits::MAX_CLEAR_ITEMS;

/// Characters of a case's title.
pub const MAX_TITLE: usize = 200;
/// Characters of a case's body and of any other longer text.
pub const MAX_TEXT: usize = 12_000;
/// Characters of a name, a telephone number, a purpose, a label.
pub const MAX_SHORT: usize = 100;
/// Finds of one search.
pub const MAX_FOUND: usize = 50;
/// Characters of an address.
pub const MAX_ADDRESS: usize = 500;
/// Units of one order.
pub const MAX_UNITS: usize = 50;
/// Characters of an idempotency key.
pub const MAX_KEY: usize = 200;
/// Hexadecimal digits of a key of a sender without account: 128 bits.
pub const KEY_DIGITS: usize = 32;
/// Different digits among them at least. Of a random key one in 25 million has fewer; of a counter, a date or
/// a repeated digit nearly all.
pub const KEY_VARIETY: usize = 8;

/// Addresses whose calls are counted; beyond it all new addresses share one count.
pub const MAX_ADDRESSES: usize = 200_000;
/// How often counts of the day are written to the store; what a crash forgets of them.
pub const KEEP_TIME: Duration = Duration::from_secs(1);
/// Bytes of one file of a case.
pub const MAX_FILE_BYTES: usize = huying_engine::limits::MAX_FILE_BYTES;
/// Bytes of all files that are on their way in at once; one that finds no room is told to come back. A file
/// takes up to three times its size while it is stripped and sealed.
pub const MAX_UPLOADS: usize = 128 * 1024 * 1024;
/// Days a token may live at most.
pub const MAX_TOKEN_DAYS: u32 = 3_660;

/// Subscriptions that live at once: each delivers by a task of its own.
pub const MAX_SUBSCRIPTIONS: usize = 64;
/// Notices a subscriber's task holds at once; so many may be delivered again after a crash.
pub const DELIVERY_PAGE: usize = 50;
/// Notices that are not for a subscriber which it may pass before that is written down.
pub const DELIVERY_SKIPPED: u64 = 1_000;
/// How long until subscribers are looked at again when nothing happens.
pub const DELIVERY_TICK: Duration = Duration::from_millis(500);
/// Bytes of a receiver's answer.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// Characters of the address of a receiver.
pub const MAX_URL: usize = 500;
/// Notices that can be marked as read at once.
pub const MAX_MARKS: usize = 500;
