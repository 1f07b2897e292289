//! Counts per address and day, in memory: calls of residents, and guesses at query codes.
//!
//! A restart starts the day's counts anew. An IPv6 network of 64 bits counts as one address, because one
//! subscriber has all of it.

use crate::limits::MAX_ADDRESSES;
use jiff::civil::Date;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts of one day.
#[derive(Debug, Default)]
pub(crate) struct Quota(Mutex<Day>);

#[derive(Debug, Default)]
struct Day {
    date: Option<Date>,
    counts: HashMap<Option<IpAddr>, u32>,
}

impl Quota {
    fn today(&self, date: Date) -> MutexGuard<'_, Day> {
        let mut day = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if day.date != Some(date) {
            *day = Day { date: Some(date), counts: HashMap::new() };
        }
        day
    }

    /// Takes one of the day's `most`; false when all are taken.
    pub(crate) fn take(&self, from: IpAddr, date: Date, most: u32) -> bool {
        let mut day = self.today(date);
        let key = day.key(from);
        let count = day.counts.entry(key).or_default();
        let room = *count < most;
        *count += u32::from(room);
        room
    }

    /// Gives one back that was not used.
    pub(crate) fn give_back(&self, from: IpAddr, date: Date) {
        let mut day = self.today(date);
        let key = day.key(from);
        if let Some(count) = day.counts.get_mut(&key) {
            *count = count.saturating_sub(1);
        }
    }

    /// Whether all of the day's `most` are taken.
    pub(crate) fn is_spent(&self, from: IpAddr, date: Date, most: u32) -> bool {
        let day = self.today(date);
        day.counts.get(&day.key(from)).is_some_and(|count| *count >= most)
    }
}

impl Day {
    fn key(&self, from: IpAddr) -> Option<IpAddr> {
        let key = Some(network(from));
        (self.counts.len() < MAX_ADDRESSES || self.counts.contains_key(&key)).then_some(key).flatten()
    }
}

fn network(address: IpAddr) -> IpAddr {
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
    use jiff::civil::date;

    #[test]
    fn the_limit_is_taken_and_not_one_more_and_a_new_day_starts_anew() {
        let (quota, today) = (Quota::default(), date(2026, 11, 23));
        let from: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::ffff".parse().unwrap();
        assert!(quota.take(from, today, 2) && quota.take(neighbour, today, 2));
        assert!(!quota.take(from, today, 2) && quota.is_spent(from, today, 2));
        assert!(quota.take("2001:db8:1::1".parse().unwrap(), today, 2));
        quota.give_back(from, today);
        assert!(quota.take(from, today, 2));
        assert!(quota.take(from, date(2026, 11, 24), 2));
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        assert!(quota.take(mapped, today, 1) && !quota.take("10.0.0.1".parse().unwrap(), today, 1));
    }
}
