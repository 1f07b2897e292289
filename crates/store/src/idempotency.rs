//! The index of idempotency keys. Keys are random, so a tree ordered by them would touch a page a key at
//! every commit; the rows are appended in order of time instead, and where each key lies is kept in memory:
//! changed by the one writer, read by whoever asks.

use crate::cell::{Cell, get};
use crate::error::{Doing, StoreError};
use crate::reader::Reader;
use crate::rows::IdempotencyRow;
use huying_core::ids::StreamId;
use huying_core::time::Time;
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

/// The first eight bytes of a key are already a hash.
#[derive(Debug, Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*b);
        }
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

/// Where each remembered key lies.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex {
    rows: HashMap<u64, i64, BuildHasherDefault<AsIs>>,
    /// Keys whose first eight bytes met an earlier key's.
    twins: Vec<(u64, i64)>,
    last: i64,
}

fn short(key: &[u8; 32]) -> u64 {
    u64::from_le_bytes([key[0], key[1], key[2], key[3], key[4], key[5], key[6], key[7]])
}

impl KeyIndex {
    /// Reads the keys of the table.
    pub(crate) fn load(conn: &Connection) -> Result<Self, StoreError> {
        let doing = "reading the idempotency keys";
        let mut index = Self::default();
        let mut query = conn.prepare("SELECT id, key FROM idempotency ORDER BY id").doing(doing)?;
        let mut rows = query.query([]).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            let key: [u8; 32] = crate::cell::get(row, 1).doing(doing)?;
            index.add(&key, row.get(0).doing(doing)?);
        }
        Ok(index)
    }

    /// The row of the next new key.
    pub(crate) fn next(&self) -> i64 {
        self.last + 1
    }

    pub(crate) fn add(&mut self, key: &[u8; 32], id: i64) {
        self.last = self.last.max(id);
        let short = short(key);
        if let std::collections::hash_map::Entry::Vacant(free) = self.rows.entry(short) {
            free.insert(id);
        } else {
            self.twins.push((short, id));
        }
    }

    /// Rows that may hold the key.
    pub(crate) fn candidates(&self, key: &[u8; 32]) -> impl Iterator<Item = i64> {
        let short = short(key);
        let twins = self.twins.iter().filter(move |(s, _)| *s == short).map(|(_, id)| *id);
        self.rows.get(&short).copied().into_iter().chain(twins)
    }

    /// How many keys are remembered.
    pub(crate) fn len(&self) -> usize {
        self.rows.len() + self.twins.len()
    }
}

/// Empties what is remembered of a stream's commands up to an instant, because it was made of their words.
/// The rows stay, with key, stream and version: a command sent again is still known, and not done again.
pub(crate) fn empty_outcomes(conn: &Connection, stream: StreamId, until: Time) -> Result<(), StoreError> {
    let doing = "emptying outcomes";
    let sql = "SELECT DISTINCT recorded_at FROM journal WHERE stream = ?1 AND recorded_at <= ?2";
    let mut query = conn.prepare_cached(sql).doing(doing)?;
    let times = query.query_map([stream.put(), until.put()], |r| get(r, 0)).doing(doing)?;
    let times: Vec<Time> = times.collect::<Result<_, _>>().doing(doing)?;
    let sql = "UPDATE idempotency SET outcome = x'' WHERE id >= ?1 AND id < ?2 AND stream = ?3";
    let mut empty = conn.prepare_cached(sql).doing(doing)?;
    for at in times {
        let (from, to) = (first_at(conn, at)?, first_at(conn, Time(at.0.saturating_add(1)))?);
        empty.execute((from, to, stream.put())).doing(doing)?;
    }
    Ok(())
}

/// The first row recorded at an instant or later. Rows are in order of time, so it is found by halving, and
/// no commit pays for an index that only erasure needs.
fn first_at(conn: &Connection, at: Time) -> Result<i64, StoreError> {
    let doing = "finding outcomes by time";
    let ends = "SELECT coalesce(min(id), 1), coalesce(max(id), 0) + 1 FROM idempotency";
    let (mut low, mut high): (i64, i64) =
        conn.query_row(ends, [], |r| Ok((r.get(0)?, r.get(1)?))).doing(doing)?;
    let sql = "SELECT at FROM idempotency WHERE id >= ?1 ORDER BY id LIMIT 1";
    let mut query = conn.prepare_cached(sql).doing(doing)?;
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<Time> = query.query_row([middle], |r| get(r, 0)).optional().doing(doing)?;
        if found.is_some_and(|found| found < at) { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

/// The index of one store, shared with its readers.
#[derive(Debug, Clone)]
pub struct Keys(Arc<RwLock<KeyIndex>>);

impl Keys {
    pub(crate) fn of(index: KeyIndex) -> Self {
        Self(Arc::new(RwLock::new(index)))
    }

    // A panic elsewhere leaves whole entries only.
    fn read<T>(&self, ask: impl FnOnce(&KeyIndex) -> T) -> T {
        ask(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut KeyIndex)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn replace(&self, index: KeyIndex) {
        self.write(|held| *held = index);
    }

    pub(crate) fn add<'k>(&self, new: impl Iterator<Item = (&'k [u8; 32], i64)>) {
        self.write(|held| new.for_each(|(key, id)| held.add(key, id)));
    }

    pub(crate) fn next(&self) -> i64 {
        self.read(KeyIndex::next)
    }

    pub(crate) fn len(&self) -> usize {
        self.read(KeyIndex::len)
    }

    fn candidates(&self, key: &[u8; 32]) -> Vec<i64> {
        self.read(|held| held.candidates(key).collect())
    }
}

impl Reader {
    /// The remembered outcome of a command's key, found through the writer's index.
    pub fn outcome_of(&self, keys: &Keys, key: &[u8; 32]) -> Result<Option<IdempotencyRow>, StoreError> {
        let doing = "reading an outcome";
        let candidates = keys.candidates(key);
        if candidates.is_empty() {
            return Ok(None);
        }
        let mut query = self
            .conn
            .prepare_cached("SELECT stream, version, outcome FROM idempotency WHERE id = ?1 AND key = ?2")
            .doing(doing)?;
        for id in candidates {
            let found = query
                .query_row((id, key.put()), |r| {
                    let (stream, version, outcome) = (get(r, 0)?, get(r, 1)?, get(r, 2)?);
                    Ok(IdempotencyRow { key: *key, stream, version, outcome })
                })
                .optional()
                .doing(doing)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stream_left_is_emptied_and_nothing_else() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE journal (stream, recorded_at);
             CREATE TABLE idempotency (id INTEGER PRIMARY KEY, at, stream, outcome);",
        )
        .unwrap();
        // Twelve rows, three to an instant; the first four were forgotten and one in the middle is missing.
        for id in (5..17_i64).filter(|id| *id != 9) {
            let (at, stream) = (id / 3 * 10, id % 3);
            conn.execute("INSERT INTO idempotency VALUES (?1, ?2, ?3, 'x')", [id, at, stream]).unwrap();
            conn.execute("INSERT INTO journal VALUES (?1, ?2)", [stream, at]).unwrap();
        }
        empty_outcomes(&conn, StreamId(1), Time(40)).unwrap();
        let mut query = conn.prepare("SELECT id FROM idempotency WHERE outcome = x'' ORDER BY id").unwrap();
        let emptied: Vec<i64> = query.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(emptied, [7, 10, 13]);
        empty_outcomes(&conn, StreamId(7), Time(40)).unwrap();
    }

    #[test]
    fn keys_that_begin_alike_are_all_found() {
        let mut index = KeyIndex::default();
        let (mut a, mut b) = ([5; 32], [5; 32]);
        a[31] = 1;
        b[31] = 2;
        index.add(&a, 1);
        index.add(&b, 2);
        assert_eq!(index.candidates(&b).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(index.candidates(&[6; 32]).count(), 0);
        assert_eq!((index.next(), index.len()), (3, 2));
    }
}
