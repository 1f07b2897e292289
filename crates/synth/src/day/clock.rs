//! A clock that stands where it is put, or runs as fast as wanted, and never goes back.

use huying_core::time::Time;
use huying_engine::TimeSource;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

#[derive(Debug)]
struct Hand {
    since: Instant,
    at: Time,
    speed: f64,
    shown: Time,
}

/// The clock of a made-up city.
#[derive(Debug)]
pub struct FastTime(Mutex<Hand>);

impl FastTime {
    /// A clock that stands at `at`.
    pub fn at(at: Time) -> FastTime {
        FastTime(Mutex::new(Hand { since: Instant::now(), at, speed: 0.0, shown: at }))
    }

    /// Puts it to `at`, where it stands; an instant it has passed changes nothing.
    pub fn set(&self, at: Time) {
        self.turn(Some(at), 0.0);
    }

    /// Lets it run from where it is, `speed` seconds in one.
    pub fn run(&self, speed: f64) {
        self.turn(None, speed);
    }

    fn turn(&self, at: Option<Time>, speed: f64) {
        let now = self.now();
        let mut hand = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *hand = Hand { since: Instant::now(), at: at.unwrap_or(now).max(now), speed, shown: now };
    }
}

impl TimeSource for FastTime {
    fn now(&self) -> Time {
        let mut hand = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = hand.since.elapsed().as_secs_f64() * hand.speed * 1_000.0;
        hand.shown = hand.shown.max(hand.at.plus(passed as i64));
        hand.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_runs_and_never_goes_back() {
        let clock = FastTime::at(Time(1_000));
        assert_eq!(clock.now(), Time(1_000));
        clock.set(Time(5_000));
        clock.set(Time(2_000));
        assert_eq!(clock.now(), Time(5_000));
        clock.run(1e9);
        let (a, b) = (clock.now(), clock.now());
        assert!(Time(5_000) <= a && a <= b);
        clock.set(Time(0));
        assert!(clock.now() >= b);
    }
}
