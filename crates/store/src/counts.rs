//! Counts of a day per sender: an operational table, so that a restart does not start the day anew. What is
//! counted, and how much is too much, is the server's and the profile's affair. Who is counted is a keyed
//! hash: no address is stored.

use crate::cell::{Cell, get};
use crate::error::{Doing, StoreError};
use crate::reader::Reader;
use crate::sqlite::Store;
use compact_str::CompactString;

/// How often somebody did something in a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCount {
    /// What was done.
    pub kind: CompactString,
    /// Who, as a keyed hash.
    pub who: [u8; 32],
    /// How often.
    pub count: u64,
}

impl Reader {
    /// The counts of a day, written as `2026-11-24`.
    pub fn day_counts(&self, day: &str) -> Result<Vec<DayCount>, StoreError> {
        let sql = "SELECT kind, who, count FROM day_count WHERE day = ?1";
        self.all("reading the day's counts", sql, &[&day], |r| {
            Ok(DayCount { kind: get(r, 0)?, who: get(r, 1)?, count: get(r, 2)? })
        })
    }
}

impl Store {
    /// Writes counts of a day, and forgets every other day.
    ///
    /// # Errors
    /// The faults of the disk; nothing has changed then.
    pub fn put_day_counts(&mut self, day: &str, counts: &[DayCount]) -> Result<(), StoreError> {
        let doing = "writing the day's counts";
        self.transact(doing, |store| {
            store.conn.execute("DELETE FROM day_count WHERE day <> ?1", [day]).doing(doing)?;
            let sql = "INSERT OR REPLACE INTO day_count (day, kind, who, count) VALUES (?,?,?,?)";
            let mut put = store.conn.prepare_cached(sql).doing(doing)?;
            for row in counts {
                put.execute((day, row.kind.put(), row.who.put(), row.count.put())).doing(doing)?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Folder, Options};

    #[test]
    fn counts_outlive_the_store_and_another_day_begins_with_none() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(dir.path());
        let row = |who, count| DayCount { kind: "call".into(), who: [who; 32], count };
        let mut store = Store::open(&folder, Options::default()).unwrap();
        store.put_day_counts("2026-11-24", &[row(1, 2), row(2, 7)]).unwrap();
        store.put_day_counts("2026-11-24", &[row(1, 3)]).unwrap();
        drop(store);
        let mut store = Store::open(&folder, Options::default()).unwrap();
        assert_eq!(store.day_counts("2026-11-24").unwrap(), [row(1, 3), row(2, 7)]);
        store.put_day_counts("2026-11-25", &[row(3, 1)]).unwrap();
        assert_eq!(store.day_counts("2026-11-24").unwrap(), []);
        assert_eq!(store.day_counts("2026-11-25").unwrap(), [row(3, 1)]);
    }
}
