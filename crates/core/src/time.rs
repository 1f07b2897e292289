//! An instant. Civil time, zones and working hours live in `calendar.rs` and `clock.rs`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An instant as milliseconds since 1970-01-01T00:00Z. Reads the same on every machine; never a civil time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// The instant as a jiff timestamp; an instant outside jiff's years −9999..9999 becomes the nearest end.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }

    /// Milliseconds from `earlier` to `self`, negative when `self` is the earlier.
    pub fn since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `self` moved by `ms` milliseconds.
    pub fn plus(self, ms: i64) -> Time {
        Time(self.0.saturating_add(ms))
    }
}

impl From<Timestamp> for Time {
    fn from(t: Timestamp) -> Self {
        Time(t.as_millisecond())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}
