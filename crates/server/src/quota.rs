//! Counts per sender and day: calls, wrong query codes and files of callers without an account.
//!
//! Counted in memory and written to the store every moment and at the end, so that a restart goes on where
//! the day stood; a crash forgets a moment at most. A sender is a keyed hash of an address. An IPv6 network
//! of 64 bits counts as one address, because one subscriber has all of it. How much is too much is the
//! profile's affair.

use crate::limits::MAX_ADDRESSES;
use crate::problem::Problem;
use huying_engine::Engine;
use huying_engine::store::DayCount;
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    /// Calls that were taken in.
    Calls,
    /// Query codes that were wrong.
    Guesses,
    /// Files that were taken.
    Files,
}

impl Counted {
    const ALL: [(&'static str, Counted); 3] =
        [("calls", Counted::Calls), ("guesses", Counted::Guesses), ("files", Counted::Files)];

    fn word(self) -> &'static str {
        Counted::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| *word)
    }
}

/// A sender, as a keyed hash.
pub(crate) type Who = [u8; 32];
/// All senders together that came when there was no more room.
const THE_REST: Who = [0; 32];

type Key = (Counted, Who);

/// Counts of one day.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<Day>);

#[derive(Debug, Default)]
struct Day {
    date: Option<Date>,
    counts: HashMap<Key, u32>,
    changed: HashSet<Key>,
}

impl Counts {
    /// The counts of a day as the store has them.
    pub(crate) fn load(engine: &Engine, date: Date) -> Result<Counts, Problem> {
        let rows = engine.read(|r| r.day_counts(&date.to_string()))?;
        let key = |row: DayCount| {
            let (_, kind) = Counted::ALL.into_iter().find(|(word, _)| *word == row.kind)?;
            Some(((kind, row.who), u32::try_from(row.count).unwrap_or(u32::MAX)))
        };
        let counts = rows.into_iter().filter_map(key).collect();
        Ok(Counts(Mutex::new(Day { date: Some(date), counts, changed: HashSet::new() })))
    }

    fn lock(&self) -> MutexGuard<'_, Day> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn on(&self, date: Date) -> MutexGuard<'_, Day> {
        let mut day = self.lock();
        if day.date != Some(date) {
            *day = Day { date: Some(date), ..Day::default() };
        }
        day
    }

    /// Takes one of the day's `most`; false when all are taken.
    pub(crate) fn take(&self, kind: Counted, who: Who, date: Date, most: u32) -> bool {
        let mut day = self.on(date);
        let key = day.key(kind, who);
        let count = day.counts.entry(key).or_default();
        let room = *count < most;
        *count += u32::from(room);
        if room {
            day.changed.insert(key);
        }
        room
    }

    /// Gives one back that was not used.
    pub(crate) fn give_back(&self, kind: Counted, who: Who, date: Date) {
        let mut day = self.lock();
        if day.date != Some(date) {
            // That day is over, and its counts with it.
            return;
        }
        let key = day.key(kind, who);
        if let Some(count) = day.counts.get_mut(&key) {
            *count = count.saturating_sub(1);
            day.changed.insert(key);
        }
    }

    /// Writes what changed since the last time.
    ///
    /// # Errors
    /// The store's; what was not written is written the next time.
    pub(crate) fn keep(&self, engine: &Engine) -> Result<(), Problem> {
        let (date, keys, rows) = {
            let mut day = self.lock();
            let keys = std::mem::take(&mut day.changed);
            let row = |key: &Key| {
                let count = u64::from(day.counts.get(key).copied().unwrap_or(0));
                DayCount { kind: key.0.word().into(), who: key.1, count }
            };
            let rows: Vec<DayCount> = keys.iter().map(row).collect();
            (day.date, keys, rows)
        };
        let Some(date) = date.filter(|_| !rows.is_empty()) else { return Ok(()) };
        let written = engine.with_store(move |store, _| store.put_day_counts(&date.to_string(), &rows));
        if written.is_err() {
            let mut day = self.lock();
            if day.date == Some(date) {
                day.changed.extend(keys);
            }
        }
        Ok(written?)
    }
}

impl Day {
    fn key(&self, kind: Counted, who: Who) -> Key {
        let room = self.counts.len() < MAX_ADDRESSES || self.counts.contains_key(&(kind, who));
        (kind, if room { who } else { THE_REST })
    }
}

/// What counts as one address.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Counted::{Calls, Guesses};
    use jiff::civil::date;

    #[test]
    fn the_limit_is_taken_and_not_one_more_and_a_new_day_starts_anew() {
        let (counts, today, who) = (Counts::default(), date(2026, 11, 23), [1; 32]);
        assert!(counts.take(Calls, who, today, 2) && counts.take(Calls, who, today, 2));
        assert!(!counts.take(Calls, who, today, 2) && counts.take(Guesses, who, today, 2));
        assert!(counts.take(Calls, [2; 32], today, 2));
        counts.give_back(Calls, who, today);
        assert!(counts.take(Calls, who, today, 2));
        assert!(counts.take(Calls, who, date(2026, 11, 24), 2));
    }

    #[test]
    fn one_subscriber_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }
}
