//! Reading the ledger. A [`Reader`] never writes; [`Store`](crate::Store) is one too, over its own
//! connection.

use crate::batch::{BatchHeader, Digest};
use crate::cell::{Cell, get};
use crate::connect;
use crate::error::{Doing, StoreError, within};
use crate::folder::Folder;
use crate::limits::MAX_READ;
use crate::migrate;
use crate::rows::{
    CaseRow, ClockRow, ExternalRow, HighMarks, OutboxEntry, OutboxRow, StoredRecord, ThreadRow,
};
use crate::vault::{DataKey, ItemPlace, MasterKey, VaultItem, VaultKey};
use huying_core::ids::{CaseId, ItemId, Seq, ShardId, StreamId, SystemId, Version};
use huying_core::time::Time;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql};

/// The columns of [`StoredRecord`], in its order.
const RECORD: &str = "seq, stream, version, recorded_at, payload";

/// A connection that answers questions of the ledger.
#[derive(Debug)]
pub struct Reader {
    pub(crate) conn: Connection,
    pub(crate) folder: Folder,
    pub(crate) shard: ShardId,
}

pub(crate) fn record(row: &Row<'_>) -> rusqlite::Result<StoredRecord> {
    Ok(StoredRecord {
        seq: get(row, 0)?,
        stream: get(row, 1)?,
        version: get(row, 2)?,
        recorded_at: get(row, 3)?,
        payload: get(row, 4)?,
    })
}

fn one<T: Cell>(row: &Row<'_>) -> rusqlite::Result<T> {
    get(row, 0)
}

impl Reader {
    /// Opens a folder for reading; works beside a writer, and on a damaged file as far as it is whole.
    pub fn open(folder: &Folder) -> Result<Self, StoreError> {
        folder.refuse_half_restored()?;
        Self::open_as_it_lies(folder)
    }

    /// The same in the middle of a restore.
    pub(crate) fn open_as_it_lies(folder: &Folder) -> Result<Self, StoreError> {
        let path = folder.ledger();
        if !path.exists() {
            return Err(StoreError::Missing { what: format!("ledger `{}`", path.display()) });
        }
        let unfinished = || {
            let why = "its making was interrupted before anything was stored; the next opening for writing finishes it";
            Err(StoreError::Missing { what: format!("ledger `{}` ({why})", path.display()) })
        };
        let conn = match connect::reader(&path) {
            Err(error) if error.is_half_made() => return unfinished(),
            other => other?,
        };
        let step = migrate::inspect(&conn, &path)?;
        let empty =
            || conn.query_row("SELECT NOT EXISTS (SELECT 1 FROM journal)", [], |r| r.get::<_, bool>(0));
        // A cut between two steps of its making: what later steps add is not there to be read.
        if step == 0 || (step < migrate::known() && empty().doing("looking whether anything was stored")?) {
            return unfinished();
        }
        Ok(Self { conn, folder: folder.clone(), shard: ShardId(0) })
    }

    /// The folder this reads.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(crate) fn all<T>(
        &self,
        doing: &'static str,
        sql: &str,
        params: &[&dyn ToSql],
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut query = self.conn.prepare_cached(sql).doing(doing)?;
        let rows = query.query_map(params, read).doing(doing)?;
        rows.collect::<Result<_, _>>().doing(doing)
    }

    pub(crate) fn maybe<T>(
        &self,
        doing: &'static str,
        sql: &str,
        params: &[&dyn ToSql],
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut query = self.conn.prepare_cached(sql).doing(doing)?;
        query.query_row(params, read).optional().doing(doing)
    }

    /// The shard this file holds.
    pub fn shard(&self) -> ShardId {
        self.shard
    }

    /// The last record's place, 0 for none.
    pub fn position(&self) -> Result<Seq, StoreError> {
        let last: Option<Option<Seq>> =
            self.maybe("reading the position", "SELECT max(seq) FROM journal", &[], one)?;
        Ok(last.flatten().unwrap_or_default())
    }

    /// Where ids stand.
    pub fn high_marks(&self) -> Result<HighMarks, StoreError> {
        let stream: Option<Option<StreamId>> =
            self.maybe("reading the last stream", "SELECT max(stream) FROM journal", &[], one)?;
        let item: Option<Option<ItemId>> =
            self.maybe("reading the last item", "SELECT max(item) FROM vault_item", &[], one)?;
        let last = self.last_batch()?;
        Ok(HighMarks {
            stream: stream.flatten().unwrap_or_default(),
            item: item.flatten().unwrap_or_default(),
            recorded_at: last.as_ref().map(|b| b.recorded_at).unwrap_or_default(),
            seq: last.map(|b| b.last_seq).unwrap_or_default(),
        })
    }

    /// The records of a stream in order.
    pub fn load(&self, stream: StreamId) -> Result<Vec<StoredRecord>, StoreError> {
        let sql = format!("SELECT {RECORD} FROM journal WHERE stream = ?1 ORDER BY version");
        self.all("loading a stream", &sql, &[&stream.put()], record)
    }

    /// The records of a stream whose bytes hold one of some words, in order: the few that matter of a long
    /// history, without the cost of reading all of it. A word that stands in a record by chance gives one too
    /// many, never one too few.
    pub fn load_with(&self, stream: StreamId, words: &[&str]) -> Result<Vec<StoredRecord>, StoreError> {
        let holds = |n: usize| format!("instr(payload, ?{}) > 0", n + 2);
        let any: Vec<String> = (0..words.len()).map(holds).collect();
        let any = if any.is_empty() { "0".to_owned() } else { any.join(" OR ") };
        let sql = format!("SELECT {RECORD} FROM journal WHERE stream = ?1 AND ({any}) ORDER BY version");
        // As bytes: a word given as text would be compared in characters of a decoded payload.
        let bytes: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
        let stream = stream.put();
        let of: Vec<&dyn ToSql> =
            std::iter::once(&stream as &dyn ToSql).chain(bytes.iter().map(|b| b as &dyn ToSql)).collect();
        self.all("loading a part of a stream", &sql, &of, record)
    }

    /// One record by its place.
    pub fn record(&self, seq: Seq) -> Result<Option<StoredRecord>, StoreError> {
        let sql = format!("SELECT {RECORD} FROM journal WHERE seq = ?1");
        self.maybe("reading a record", &sql, &[&seq.put()], record)
    }

    /// The last version of a stream, 0 for none.
    pub fn last_version(&self, stream: StreamId) -> Result<Version, StoreError> {
        let sql = "SELECT max(version) FROM journal WHERE stream = ?1";
        let last: Option<Option<Version>> = self.maybe("reading a version", sql, &[&stream.put()], one)?;
        Ok(last.flatten().unwrap_or_default())
    }

    /// Hands over every record from `from` on, in order, until the taker says stop by `false`.
    pub fn records_from(
        &self,
        from: Seq,
        take: &mut dyn FnMut(StoredRecord) -> bool,
    ) -> Result<(), StoreError> {
        let doing = "reading the journal";
        let sql = format!("SELECT {RECORD} FROM journal WHERE seq >= ?1 ORDER BY seq");
        let mut query = self.conn.prepare_cached(&sql).doing(doing)?;
        let mut rows = query.query([from.put()]).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            if !take(record(row).doing(doing)?) {
                break;
            }
        }
        Ok(())
    }

    /// One case's row.
    pub fn case(&self, case: CaseId) -> Result<Option<CaseRow>, StoreError> {
        let sql = format!("SELECT {} FROM case_row WHERE case_id = ?1", CaseRow::names());
        self.maybe("reading a case", &sql, &[&case.put()], |r| CaseRow::read(r, 0))
    }

    /// Cases after `after`, by number, that are closed or void since before `until` (or since a time that is
    /// not recorded) and whose words or files are not destroyed. Looks at every row, so not for a hot path.
    pub fn closed_with_words(
        &self,
        until: Time,
        after: CaseId,
        limit: usize,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM case_row c WHERE case_id > ?1 AND state IN ('closed', 'void')
               AND (closed_at IS NULL OR closed_at < ?2)
               AND (EXISTS (SELECT 1 FROM vault_item i WHERE i.case_id = c.case_id
                            AND i.ciphertext IS NOT NULL)
                 OR EXISTS (SELECT 1 FROM file_ref f WHERE f.case_id = c.case_id))
             ORDER BY case_id LIMIT ?3",
            CaseRow::names()
        );
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let of = [&after.put() as &dyn ToSql, &until.put(), &limit.put()];
        self.all("looking for closed cases", &sql, &of, |r| CaseRow::read(r, 0))
    }

    /// The open cases taken in here since an instant that can be compared with others: with a matter, and
    /// about nobody. Walks the newest part of the journal alone.
    pub fn reported_since(&self, since: Time) -> Result<Vec<CaseId>, StoreError> {
        let doing = "looking for new cases";
        let sql = "SELECT last_seq FROM batch WHERE recorded_at < ?1 ORDER BY batch_no DESC LIMIT 1";
        let before: Option<Seq> = self.maybe(doing, sql, &[&since.put()], one)?;
        let sql = "SELECT c.case_id FROM journal j JOIN case_row c ON c.case_id = j.stream
                   WHERE j.seq > ?1 AND j.version = 1 AND c.closed_at IS NULL AND c.system IS NULL
                     AND c.matter IS NOT NULL AND c.about IS NULL ORDER BY j.seq";
        self.all(doing, sql, &[&before.unwrap_or_default().put()], one)
    }

    /// The digests of the files of a case that are kept.
    pub fn files_of_case(&self, case: CaseId) -> Result<Vec<Digest>, StoreError> {
        let sql = "SELECT digest FROM file_ref WHERE case_id = ?1 ORDER BY digest";
        self.all("reading the files of a case", sql, &[&case.put()], one)
    }

    /// The case of a public number.
    pub fn case_numbered(&self, number: &str) -> Result<Option<CaseRow>, StoreError> {
        let sql = format!("SELECT {} FROM case_row WHERE number = ?1", CaseRow::names());
        self.maybe("reading a case", &sql, &[&number], |r| CaseRow::read(r, 0))
    }

    /// The case of an order of a system above, by its number there.
    pub fn governed(&self, system: &SystemId, order: &str) -> Result<Option<CaseRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM case_row WHERE governed_by = ?1 AND external_id = ?2 ORDER BY case_id LIMIT 1",
            CaseRow::names()
        );
        self.maybe("reading a case", &sql, &[&system.put(), &order], |r| CaseRow::read(r, 0))
    }

    /// One case's open threads.
    pub fn threads(&self, case: CaseId) -> Result<Vec<ThreadRow>, StoreError> {
        let sql = format!("SELECT {} FROM thread_row WHERE case_id = ?1 ORDER BY thread", ThreadRow::names());
        self.all("reading threads", &sql, &[&case.put()], |r| ThreadRow::read(r, 0))
    }

    /// One case's running clocks.
    pub fn clocks(&self, case: CaseId) -> Result<Vec<ClockRow>, StoreError> {
        let sql = format!("SELECT {} FROM clock_row WHERE case_id = ?1 ORDER BY clock", ClockRow::names());
        self.all("reading clocks", &sql, &[&case.put()], |r| ClockRow::read(r, 0))
    }

    /// Clocks due at or before `until`, in order of due time, then case, then clock.
    pub fn due_clocks(&self, until: Time, limit: usize) -> Result<Vec<ClockRow>, StoreError> {
        within("due clocks at once", limit, MAX_READ)?;
        let sql = format!(
            "SELECT {} FROM clock_row WHERE due_at <= ?1 ORDER BY due_at, case_id, clock LIMIT ?2",
            ClockRow::names()
        );
        self.all("reading due clocks", &sql, &[&until.put(), &(limit as u64).put()], |r| ClockRow::read(r, 0))
    }

    /// Messages after a position, in order.
    pub fn outbox_after(&self, position: u64, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        within("outbox messages at once", limit, MAX_READ)?;
        let sql = "SELECT position, topic, stream, version, payload FROM outbox WHERE position > ?1 \
                   ORDER BY position LIMIT ?2";
        self.all("reading the outbox", sql, &[&position.put(), &(limit as u64).put()], |r| {
            let row =
                OutboxRow { topic: get(r, 1)?, stream: get(r, 2)?, version: get(r, 3)?, payload: get(r, 4)? };
            Ok(OutboxEntry { position: get(r, 0)?, row })
        })
    }

    /// The case of an external system's id, with the digest of the last row taken.
    pub fn external(&self, system: &SystemId, id: &str) -> Result<Option<(CaseId, [u8; 32])>, StoreError> {
        let sql = "SELECT case_id, digest FROM external_row WHERE system = ?1 AND external_id = ?2";
        self.maybe("reading an external id", sql, &[&system.put(), &id], |r| Ok((get(r, 0)?, get(r, 1)?)))
    }

    /// The cases of an external system, in order of their ids there.
    pub fn externals(&self, system: &SystemId, take: &mut dyn FnMut(ExternalRow)) -> Result<(), StoreError> {
        let doing = "reading external ids";
        let sql = format!(
            "SELECT {} FROM external_row WHERE system = ?1 ORDER BY external_id",
            ExternalRow::names()
        );
        let mut query = self.conn.prepare_cached(&sql).doing(doing)?;
        let mut rows = query.query([system.put()]).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            take(ExternalRow::read(row, 0).doing(doing)?);
        }
        Ok(())
    }

    /// A counter's value, 0 when it was never set.
    pub fn counter(&self, name: &str) -> Result<u64, StoreError> {
        let sql = "SELECT value FROM counter WHERE name = ?1";
        Ok(self.maybe("reading a counter", sql, &[&name], one)?.unwrap_or(0))
    }

    /// The sealed items of a case in order of minting; an erased one has no ciphertext.
    pub fn items_of(&self, case: CaseId) -> Result<Vec<VaultItem>, StoreError> {
        let sql = "SELECT item, case_id, subject, class, nonce, ciphertext FROM vault_item WHERE case_id = ?1 ORDER BY item";
        self.all("reading the vault", sql, &[&case.put()], item_row)
    }

    pub(crate) fn item(&self, item: ItemId) -> Result<Option<VaultItem>, StoreError> {
        let sql = "SELECT item, case_id, subject, class, nonce, ciphertext FROM vault_item WHERE item = ?1";
        self.maybe("reading the vault", sql, &[&item.put()], item_row)
    }

    /// The key of (case, subject), so that more can be sealed under it.
    ///
    /// # Errors
    /// `Erased` when it was destroyed, `Missing` when there never was one.
    pub fn data_key(&self, case: CaseId, subject: u32, master: &MasterKey) -> Result<DataKey, StoreError> {
        let sql = "SELECT wrapped FROM vault_key WHERE case_id = ?1 AND subject = ?2";
        let found: Option<Option<Vec<u8>>> =
            self.maybe("reading a key", sql, &[&case.put(), &subject.put()], one)?;
        match found {
            Some(Some(wrapped)) => master.unwrap_key(&VaultKey { case_id: case, subject, wrapped }),
            Some(None) => Err(StoreError::Erased { case, subject }),
            None => Err(StoreError::Missing { what: format!("the key of case {case}, subject {subject}") }),
        }
    }

    pub(crate) fn last_batch(&self) -> Result<Option<BatchHeader>, StoreError> {
        let sql = format!("SELECT {HEADER} FROM batch ORDER BY batch_no DESC LIMIT 1");
        self.maybe("reading the last batch", &sql, &[], |r| header(r, self.shard))
    }

    pub(crate) fn batch(&self, batch_no: u64) -> Result<Option<(BatchHeader, Digest)>, StoreError> {
        let sql = format!("SELECT {HEADER}, chain FROM batch WHERE batch_no = ?1");
        self.maybe("reading a batch", &sql, &[&batch_no.put()], |r| Ok((header(r, self.shard)?, get(r, 8)?)))
    }

    pub(crate) fn leaves(&self, batch_no: u64) -> Result<Vec<Digest>, StoreError> {
        let sql = "SELECT leaves FROM batch WHERE batch_no = ?1";
        let blob: Option<Vec<u8>> = self.maybe("reading a batch's leaves", sql, &[&batch_no.put()], one)?;
        let blob = blob.ok_or_else(|| StoreError::Missing { what: format!("batch {batch_no}") })?;
        let (whole, rest) = blob.as_chunks::<32>();
        if rest.is_empty() {
            Ok(whole.to_vec())
        } else {
            Err(StoreError::Broken { what: format!("batch {batch_no}: its leaves are cut off") })
        }
    }
}

/// The columns of [`BatchHeader`] without the shard.
pub(crate) const HEADER: &str =
    "batch_no, first_seq, last_seq, recorded_at, root, previous, algorithm, schema";

pub(crate) fn header(row: &Row<'_>, shard: ShardId) -> rusqlite::Result<BatchHeader> {
    Ok(BatchHeader {
        shard,
        batch_no: get(row, 0)?,
        first_seq: get(row, 1)?,
        last_seq: get(row, 2)?,
        recorded_at: get(row, 3)?,
        root: get(row, 4)?,
        previous: get(row, 5)?,
        algorithm: get(row, 6)?,
        schema: get(row, 7)?,
    })
}

fn item_row(row: &Row<'_>) -> rusqlite::Result<VaultItem> {
    let place =
        ItemPlace { item: get(row, 0)?, case_id: get(row, 1)?, subject: get(row, 2)?, class: get(row, 3)? };
    let nonce: Option<[u8; 24]> = get(row, 4)?;
    let ciphertext: Option<Vec<u8>> = get(row, 5)?;
    Ok(VaultItem { place, nonce: nonce.unwrap_or_default(), ciphertext: ciphertext.unwrap_or_default() })
}
