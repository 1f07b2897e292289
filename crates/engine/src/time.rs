//! Where the time of day comes from: the machine, or a test.

use huying_core::time::Time;
use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of the time of day.
pub trait TimeSource: Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Time;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachineTime;

impl TimeSource for MachineTime {
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands where it was set.
#[derive(Debug, Default)]
pub struct SetTime(AtomicI64);

impl SetTime {
    /// A clock that stands at `at`.
    pub fn at(at: Time) -> SetTime {
        SetTime(AtomicI64::new(at.0))
    }

    /// Sets it.
    pub fn set(&self, at: Time) {
        self.0.store(at.0, Ordering::SeqCst);
    }
}

impl TimeSource for SetTime {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }
}
