//! Notices 告知 and where they are delivered to: operational tables, not rebuilt. What a notice says and who
//! is told is the core's, how it is delivered the server's; here each stands once, in the transaction of its
//! record, until everybody who is to get it has got it.

use crate::cell::{Cell, get};
use crate::error::{Doing, StoreError, within};
use crate::limits::{MAX_FILTER_VALUES, MAX_PAGE, MAX_READ};
use crate::reader::Reader;
use crate::sqlite::{Store, unique};
use compact_str::CompactString;
use huying_core::ids::{ClockNo, PersonId, PlaceId, StreamId, SystemId, ThreadNo, UnitId, Version};
use huying_core::time::Time;
use rusqlite::{Connection, Row, ToSql};

/// A notice as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// The stream of its record.
    pub stream: StreamId,
    /// The record's version.
    pub version: Version,
    /// Its place among the record's notices.
    pub index: u16,
    /// When the record was recorded.
    pub at: Time,
    /// What is told, as the core names it.
    pub kind: CompactString,
    /// The unit told; of a person too.
    pub unit: Option<UnitId>,
    /// The person told.
    pub person: Option<PersonId>,
    /// The system told. Neither unit, person nor system: the caller.
    pub system: Option<SystemId>,
    /// The thread it is about.
    pub thread: Option<ThreadNo>,
    /// The clock it is about.
    pub clock: Option<ClockNo>,
    /// By when something is asked of whoever is told.
    pub due: Option<Time>,
}

/// A notice with its place in the order of all, and what is known of its case now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeEntry {
    /// Its place, counted from 1.
    pub position: u64,
    /// The notice.
    pub row: NoticeRow,
    /// The public number of the case.
    pub number: Option<CompactString>,
    /// Where the case is.
    pub place: Option<PlaceId>,
    /// The unit the case is about.
    pub about: Option<UnitId>,
    /// Whether the case is for named persons and posts alone.
    pub restricted: bool,
    /// Whether whoever looks has read it.
    pub read: bool,
}

/// Whose notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoxOf<'a> {
    /// Those to a unit as a whole, and those to this person in it.
    Post(&'a UnitId, &'a PersonId),
    /// Those to a person by name, from whatever unit.
    Person(&'a PersonId),
}

/// Where notices are delivered to 订阅.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRow {
    /// Its number, 0 for one that is not kept yet.
    pub id: u64,
    /// What it is called; one living one of a name.
    pub name: CompactString,
    /// Where it is delivered to.
    pub url: String,
    /// What its secret is made of, with the key of the folder.
    pub salt: [u8; 16],
    /// Which notices it gets, as JSON of the engine.
    pub scope: String,
    /// When it was made.
    pub made_at: Time,
    /// By whom.
    pub made_by: CompactString,
    /// `live` or `paused`.
    pub state: CompactString,
    /// Why it is paused, or what went wrong last.
    pub reason: String,
    /// Everything up to this place is delivered.
    pub position: u64,
    /// Tries of the next notice that failed.
    pub failures: u32,
    /// Since when nothing could be delivered.
    pub failing_since: Option<Time>,
    /// Not tried again before.
    pub next_try: Time,
    /// Deliveries that were taken.
    pub delivered: u64,
    /// Tries that failed.
    pub failed: u64,
}

const SUBSCRIPTION: &str = "id, name, url, salt, scope, made_at, made_by, state, reason, position, failures, \
                            failing_since, next_try, delivered, failed";

fn subscription(row: &Row<'_>) -> rusqlite::Result<SubscriptionRow> {
    Ok(SubscriptionRow {
        id: get(row, 0)?,
        name: get(row, 1)?,
        url: row.get(2)?,
        salt: get(row, 3)?,
        scope: row.get(4)?,
        made_at: get(row, 5)?,
        made_by: get(row, 6)?,
        state: get(row, 7)?,
        reason: row.get(8)?,
        position: get(row, 9)?,
        failures: get(row, 10)?,
        failing_since: get(row, 11)?,
        next_try: get(row, 12)?,
        delivered: get(row, 13)?,
        failed: get(row, 14)?,
    })
}

const ENTRY: &str = "n.position, n.stream, n.version, n.place, n.at, n.kind, n.unit, n.person, n.system, \
                     n.thread, n.clock, n.due, c.number, c.place, c.about, \
                     c.restricted_to IS NOT NULL";

fn entry(row: &Row<'_>) -> rusqlite::Result<NoticeEntry> {
    Ok(NoticeEntry {
        position: get(row, 0)?,
        row: NoticeRow {
            stream: get(row, 1)?,
            version: get(row, 2)?,
            index: get(row, 3)?,
            at: get(row, 4)?,
            kind: get(row, 5)?,
            unit: get(row, 6)?,
            person: get(row, 7)?,
            system: get(row, 8)?,
            thread: get(row, 9)?,
            clock: get(row, 10)?,
            due: get(row, 11)?,
        },
        number: get(row, 12)?,
        place: get(row, 13)?,
        about: get(row, 14)?,
        restricted: get(row, 15)?,
        read: false,
    })
}

/// Writes the notices of a batch, in the batch's own transaction.
pub(crate) fn write(conn: &Connection, notices: &[NoticeRow]) -> Result<(), StoreError> {
    let doing = "writing notices";
    let sql = "INSERT INTO notice \
               (stream, version, place, at, kind, unit, person, system, thread, clock, due) \
               VALUES (?,?,?,?,?,?,?,?,?,?,?)";
    let mut insert = conn.prepare_cached(sql).doing(doing)?;
    for n in notices {
        let row: [&dyn ToSql; 11] = [
            &n.stream.put(),
            &n.version.put(),
            &n.index.put(),
            &n.at.put(),
            &n.kind.put(),
            &n.unit.put(),
            &n.person.put(),
            &n.system.put(),
            &n.thread.put(),
            &n.clock.put(),
            &n.due.put(),
        ];
        insert.execute(row).doing(doing)?;
    }
    Ok(())
}

impl Reader {
    /// The place of the newest notice, 0 for none ever.
    pub fn notice_end(&self) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(max(position), 0) FROM notice";
        Ok(self.maybe("reading notices", sql, &[], |r| get(r, 0))?.unwrap_or(0))
    }

    /// The first notices after a place, in their order.
    ///
    /// # Errors
    /// `Limit` above [`MAX_READ`]; the faults of the disk.
    pub fn notices_after(&self, position: u64, limit: usize) -> Result<Vec<NoticeEntry>, StoreError> {
        within("notices at once", limit, MAX_READ)?;
        let sql = format!(
            "SELECT {ENTRY} FROM notice n LEFT JOIN case_row c ON c.case_id = n.stream \
             WHERE n.position > ?1 ORDER BY n.position LIMIT ?2"
        );
        self.all("reading notices", &sql, &[&position.put(), &(limit as u64).put()], entry)
    }

    /// When the first notice after a place was recorded, and how many there are behind it.
    pub fn notices_waiting(&self, position: u64) -> Result<(Option<Time>, u64), StoreError> {
        let sql = "SELECT (SELECT at FROM notice WHERE position > ?1 ORDER BY position LIMIT 1), \
                   (SELECT count(*) FROM notice WHERE position > ?1)";
        let found =
            self.maybe("counting notices", sql, &[&position.put()], |r| Ok((get(r, 0)?, get(r, 1)?)))?;
        Ok(found.unwrap_or((None, 0)))
    }

    /// A page of a box, newest first: the notices before a place, with whether `reader` has read each. Those
    /// of cases about one of `kept` are left out, as if there were none, and of those restricted to others
    /// than `names`.
    ///
    /// # Errors
    /// `Limit` above [`MAX_PAGE`]; the faults of the disk.
    pub fn notice_box(
        &self,
        of: BoxOf<'_>,
        reader: &PersonId,
        (kept, names): (&[UnitId], &[CompactString]),
        unread: bool,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<NoticeEntry>, StoreError> {
        within("notices of a page", limit, MAX_PAGE)?;
        within("units kept from", kept.len() + names.len(), MAX_FILTER_VALUES)?;
        let whose = match of {
            BoxOf::Post(..) => "n.unit = ?1 AND (n.person IS NULL OR n.person = ?2)",
            BoxOf::Person(_) => "n.person = ?2",
        };
        let places: Vec<String> = (0..kept.len()).map(|i| format!("?{}", i + 6)).collect();
        let apart = if kept.is_empty() {
            String::new()
        } else {
            format!(" AND (c.about IS NULL OR c.about NOT IN ({}))", places.join(","))
        };
        let named: String = (0..names.len())
            .map(|i| format!(" OR instr(c.restricted_to, ?{}) > 0", i + 6 + kept.len()))
            .collect();
        let sql = format!(
            "SELECT {ENTRY}, m.at IS NOT NULL FROM notice n \
             LEFT JOIN case_row c ON c.case_id = n.stream \
             LEFT JOIN notice_mark m ON m.person = ?3 AND m.position = n.position \
             WHERE {whose} AND n.position < ?4 AND (m.at IS NULL OR NOT ?5){apart} \
             AND (c.restricted_to IS NULL{named}) \
             ORDER BY n.position DESC LIMIT {limit}"
        );
        let (unit, person) = match of {
            BoxOf::Post(unit, person) => (unit.as_str(), person),
            BoxOf::Person(person) => ("", person),
        };
        let (person, reader) = (person.put(), reader.put());
        let before = before.unwrap_or(u64::MAX);
        let before = before.put();
        let kept: Vec<_> = kept.iter().map(Cell::put).collect();
        let mut values: Vec<&dyn ToSql> = vec![&unit, &person, &reader, &before, &unread];
        let names: Vec<String> = names.iter().map(|name| format!(" {name} ")).collect();
        values.extend(kept.iter().map(|u| u as &dyn ToSql));
        values.extend(names.iter().map(|n| n as &dyn ToSql));
        self.all("reading a box of notices", &sql, &values, |r| {
            Ok(NoticeEntry { read: get(r, 16)?, ..entry(r)? })
        })
    }

    /// Every living subscription, oldest first.
    pub fn subscriptions(&self) -> Result<Vec<SubscriptionRow>, StoreError> {
        let sql = format!("SELECT {SUBSCRIPTION} FROM subscription WHERE ended_at IS NULL ORDER BY id");
        self.all("reading subscriptions", &sql, &[], subscription)
    }
}

impl Store {
    /// Notes that a person has read notices; says how many of them are new to it.
    ///
    /// # Errors
    /// The faults of the disk; nothing has changed then.
    pub fn mark_notices(&mut self, person: &PersonId, places: &[u64], at: Time) -> Result<usize, StoreError> {
        let doing = "marking notices";
        self.transact(doing, |store| {
            let sql = "INSERT OR IGNORE INTO notice_mark (person, position, at) \
                       SELECT ?1, position, ?3 FROM notice WHERE position = ?2";
            let mut put = store.conn.prepare_cached(sql).doing(doing)?;
            let mut marked = 0;
            for place in places {
                marked += put.execute((person.put(), place.put(), at.put())).doing(doing)?;
            }
            Ok(marked)
        })
    }

    /// Keeps a new subscription, beginning behind the newest notice there is; hands it back as kept.
    ///
    /// # Errors
    /// `Exists` for a name that lives; the faults of the disk.
    pub fn put_subscription(&mut self, s: &SubscriptionRow) -> Result<SubscriptionRow, StoreError> {
        let doing = "writing a subscription";
        let position = self.notice_end()?;
        let id = self.transact(doing, |store| {
            let sql = "INSERT INTO subscription (name, url, salt, scope, made_at, made_by, state, reason, \
                       position, failures, next_try, delivered, failed) VALUES (?,?,?,?,?,?,?,?,?,0,0,0,0)";
            let row = (
                s.name.put(),
                &s.url,
                s.salt.put(),
                &s.scope,
                s.made_at.put(),
                s.made_by.put(),
                s.state.put(),
                &s.reason,
                position.put(),
            );
            unique(store.conn.execute(sql, row), doing, || format!("the subscription `{}`", s.name))?;
            Ok(store.conn.last_insert_rowid())
        })?;
        Ok(SubscriptionRow { id: id.cast_unsigned(), position, ..s.clone() })
    }

    /// Writes how far a subscription is and how it fares; its cursor never goes back. Its state stays
    /// unless `state` says another. False where it was taken back meanwhile.
    ///
    /// # Errors
    /// The faults of the disk; nothing has changed then.
    pub fn note_delivery(&mut self, s: &SubscriptionRow, state: Option<&str>) -> Result<bool, StoreError> {
        let doing = "noting deliveries";
        let sql = "UPDATE subscription SET position = max(position, ?2), failures = ?3, failing_since = ?4, \
                   next_try = ?5, delivered = ?6, failed = ?7, reason = ?8, state = coalesce(?9, state) \
                   WHERE id = ?1 AND ended_at IS NULL";
        self.transact(doing, |store| {
            let row = (
                s.id.put(),
                s.position.put(),
                s.failures.put(),
                s.failing_since.put(),
                s.next_try.put(),
                s.delivered.put(),
                s.failed.put(),
                &s.reason,
                state,
            );
            Ok(store.conn.prepare_cached(sql).doing(doing)?.execute(row).doing(doing)? > 0)
        })
    }

    /// Pauses a subscription, or lets it live again and be tried at once. False where there is none.
    ///
    /// # Errors
    /// The faults of the disk; nothing has changed then.
    pub fn set_subscription(&mut self, name: &str, state: &str, reason: &str) -> Result<bool, StoreError> {
        let doing = "changing a subscription";
        let sql = "UPDATE subscription SET state = ?2, reason = ?3, failures = 0, failing_since = NULL, \
                   next_try = 0 WHERE name = ?1 AND ended_at IS NULL";
        self.transact(doing, |store| Ok(store.conn.execute(sql, (name, state, reason)).doing(doing)? > 0))
    }

    /// Takes a subscription back; its secret is good for nothing any more. False where there is none.
    ///
    /// # Errors
    /// The faults of the disk; nothing has changed then.
    pub fn end_subscription(&mut self, name: &str, by: &str, at: Time) -> Result<bool, StoreError> {
        let doing = "ending a subscription";
        let sql = "UPDATE subscription SET ended_at = ?2, ended_by = ?3, salt = zeroblob(16) \
                   WHERE name = ?1 AND ended_at IS NULL";
        self.transact(doing, |store| Ok(store.conn.execute(sql, (name, at.put(), by)).doing(doing)? > 0))
    }

    /// Forgets notices recorded before `kept` that every subscription which lives and is not paused has got,
    /// with their marks; at most `most` of them. The newest stays.
    ///
    /// # Errors
    /// The faults of the disk; nothing has changed then.
    pub fn trim_notices(&mut self, kept: Time, most: usize) -> Result<usize, StoreError> {
        let doing = "trimming notices";
        self.transact(doing, |store| {
            let sql = "DELETE FROM notice WHERE position IN (SELECT position FROM notice WHERE at < ?1 \
                       AND position <= coalesce((SELECT min(position) FROM subscription \
                         WHERE ended_at IS NULL AND state = 'live'), 9223372036854775807) \
                       AND position < (SELECT max(position) FROM notice) ORDER BY position LIMIT ?2)";
            let gone = store.conn.execute(sql, (kept.put(), (most as u64).put())).doing(doing)?;
            if gone > 0 {
                let sql = "DELETE FROM notice_mark WHERE position < (SELECT min(position) FROM notice)";
                store.conn.execute(sql, []).doing(doing)?;
            }
            Ok(gone)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, Folder, Options, Record};

    fn notice(stream: u64, index: u16, unit: Option<&str>) -> NoticeRow {
        NoticeRow {
            stream: StreamId(stream),
            version: Version(1),
            index,
            at: Time(stream as i64),
            kind: "assigned".into(),
            unit: unit.map(|u| UnitId::new(u).unwrap()),
            person: None,
            system: None,
            thread: None,
            clock: None,
            due: None,
        }
    }

    fn record(stream: u64) -> Record {
        let payload = format!(r#"{{"stream":{stream},"version":1,"recorded_at":{stream}}}"#).into_bytes();
        Record { stream: StreamId(stream), version: Version(1), payload }
    }

    /// A store with a notice to `u1` in each of so many batches.
    fn store(folder: &Folder, batches: u64) -> Store {
        let mut store = Store::open(folder, Options::default()).unwrap();
        for n in 1..=batches {
            let notices = vec![notice(n, 0, Some("u1"))];
            let records = vec![record(n)];
            store
                .commit(&Batch { recorded_at: Time(n as i64), records, notices, ..Batch::default() })
                .unwrap();
        }
        store
    }

    fn hook(name: &str) -> SubscriptionRow {
        SubscriptionRow {
            id: 0,
            name: name.into(),
            url: "http://127.0.0.1:9/".into(),
            salt: [7; 16],
            scope: "{}".into(),
            made_at: Time(1),
            made_by: "p1".into(),
            state: "live".into(),
            reason: String::new(),
            position: 0,
            failures: 0,
            failing_since: None,
            next_try: Time(0),
            delivered: 0,
            failed: 0,
        }
    }

    #[test]
    fn a_notice_stands_once_and_only_with_its_record() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = store(&Folder::at(dir.path()), 1);
        let twice = vec![notice(2, 0, None), notice(2, 0, None)];
        let batch =
            Batch { recorded_at: Time(2), records: vec![record(2)], notices: twice, ..Batch::default() };
        assert!(store.commit(&batch).is_err());
        assert_eq!((store.notice_end().unwrap(), store.position().unwrap().0), (1, 1));
    }

    #[test]
    fn what_a_live_subscription_has_not_got_is_kept_and_the_newest_always() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = store(&Folder::at(dir.path()), 5);
        let slow = store.put_subscription(&hook("slow")).unwrap();
        assert_eq!(slow.position, 5, "what was told before is not for it");
        assert!(matches!(store.put_subscription(&hook("slow")), Err(StoreError::Exists { .. })));
        store.conn.execute("UPDATE subscription SET position = 2", []).unwrap();
        let places =
            |s: &Store| -> Vec<u64> { s.notices_after(0, 10).unwrap().iter().map(|n| n.position).collect() };
        let u1 = UnitId::new("u1").unwrap();
        let p1 = PersonId::new("p1").unwrap();
        assert_eq!(store.mark_notices(&p1, &[1, 4], Time(9)).unwrap(), 2);
        assert_eq!(store.trim_notices(Time(9), 100).unwrap(), 2);
        assert_eq!(places(&store), [3, 4, 5]);
        store.set_subscription("slow", "paused", "it is gone").unwrap();
        assert_eq!(store.trim_notices(Time(4), 100).unwrap(), 1, "a paused one keeps nothing; its box does");
        assert_eq!(store.trim_notices(Time(9), 100).unwrap(), 1);
        assert_eq!(places(&store), [5], "the newest stays, so that places never start over");
        let unread = store.notice_box(BoxOf::Post(&u1, &p1), &p1, (&[], &[]), true, None, 10).unwrap();
        assert_eq!(unread.iter().map(|n| n.position).collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn a_cursor_never_goes_back_and_what_was_taken_back_is_noted_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = store(&Folder::at(dir.path()), 5);
        let row = store.put_subscription(&hook("a")).unwrap();
        let behind = SubscriptionRow { position: 3, delivered: 1, ..row.clone() };
        assert!(store.note_delivery(&behind, Some("paused")).unwrap());
        let kept = store.subscriptions().unwrap().remove(0);
        assert_eq!((kept.position, kept.delivered, kept.state.as_str()), (5, 1, "paused"));
        assert!(store.note_delivery(&behind, None).unwrap());
        assert_eq!(store.subscriptions().unwrap()[0].state, "paused", "its state is an administrator's");
        assert!(store.end_subscription("a", "p2", Time(9)).unwrap());
        assert!(!store.end_subscription("a", "p2", Time(9)).unwrap());
        assert!(!store.note_delivery(&behind, None).unwrap() && store.subscriptions().unwrap().is_empty());
        let salt: Vec<u8> = store.conn.query_row("SELECT salt FROM subscription", [], |r| r.get(0)).unwrap();
        assert_eq!(salt, [0; 16], "its secret is good for nothing");
    }
}
