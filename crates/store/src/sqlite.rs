//! The ledger on SQLite: one writer, one transaction a batch, every commit synced before it returns.
//! Reading is `reader.rs`; erasing and clear reading are `access.rs`; sealing segments is `segment.rs`.

use crate::batch::{BATCH_SCHEMA, BatchHeader, Digest, NO_CHAIN, SHA256};
use crate::cell::{Cell, get};
use crate::checkpointer::{Checkpointer, checkpoint};
use crate::connect;
use crate::error::{Doing, StoreError, within};
use crate::folder::Folder;
use crate::idempotency::{KeyIndex, Keys};
use crate::ledger::{Commit, Ledger};
use crate::limits::{MAX_BATCH_RECORDS, MAX_OUTCOME_BYTES, MAX_PAYLOAD_BYTES, MAX_VAULT_ITEM_BYTES};
use crate::merkle;
use crate::migrate;
use crate::reader::Reader;
use crate::routines;
use crate::rows::{
    Batch, CaseRow, ClockRow, ExternalRow, HighMarks, IdempotencyRow, OutboxEntry, Rows, StoredRecord,
    ThreadRow,
};
use crate::vault::{MasterKey, VaultItem};
use huying_core::ids::{CaseId, Seq, ShardId, StreamId, SystemId, Version};
use huying_core::time::Time;
use rusqlite::Connection;
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::File;
use std::ops::Deref;

/// How a store is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Bytes of page cache of the writer. The benchmark on five million cases runs with 256 MiB.
    pub cache_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 128 << 20 }
    }
}

/// Where the chain stands after the last commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tip {
    pub(crate) batch_no: u64,
    pub(crate) seq: u64,
    pub(crate) chain: Digest,
    pub(crate) recorded_at: Time,
    pub(crate) outbox: u64,
}

/// The one writer of a data folder.
#[derive(Debug)]
pub struct Store {
    pub(crate) reader: Reader,
    pub(crate) tip: Tip,
    pub(crate) keys: Keys,
    pub(crate) master: MasterKey,
    epoch: u64,
    unusable: bool,
    transactions: u64,
    /// Whether the next commit fails as on a broken disk, and if so whether it lasts all the same.
    broken_commit: Option<bool>,
    checkpointer: Checkpointer,
    _lock: File,
}

/// A store reads like a reader.
impl Deref for Store {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.reader
    }
}

/// The header fields a payload must carry.
#[derive(Deserialize)]
pub(crate) struct PayloadHeader {
    pub(crate) stream: StreamId,
    pub(crate) version: Version,
    pub(crate) recorded_at: Option<Time>,
}

/// Says what of a payload's header differs from the row's, none when it agrees.
pub(crate) fn header_fault(payload: &[u8], stream: StreamId, version: Version, at: Time) -> Option<String> {
    match serde_json::from_slice::<PayloadHeader>(payload) {
        Err(e) => Some(format!("does not read ({e}); accepted is a JSON object with `stream` and `version`")),
        Ok(h) if h.stream != stream => Some(format!("says stream {}", h.stream)),
        Ok(h) if h.version != version => Some(format!("says version {}", h.version)),
        Ok(h) => {
            h.recorded_at.filter(|t| *t != at).map(|t| format!("says recorded_at {}, the row {}", t.0, at.0))
        }
    }
}

impl Store {
    /// Opens the folder for writing, making what is missing, and replays erasures that a crash left half
    /// done.
    pub fn open(folder: &Folder, options: Options) -> Result<Self, StoreError> {
        folder.prepare()?;
        let lock = folder.lock()?;
        folder.refuse_half_restored()?;
        Self::open_locked(folder, options, lock).map(|(store, _)| store)
    }

    /// Opens a folder whose lock is held already; says how many erasures were replayed.
    pub(crate) fn open_locked(
        folder: &Folder,
        options: Options,
        lock: File,
    ) -> Result<(Self, usize), StoreError> {
        let master = folder.master_key()?;
        folder.signing_key()?;
        let path = folder.ledger();
        if path.exists() {
            // Looked at through a reader first: a file that is not ours or too new must stay untouched.
            match connect::reader(&path) {
                Err(error) if error.is_half_made() => {}
                other => drop(migrate::inspect(&other?, &path)?),
            }
        }
        let mut conn = connect::writer(&path, options.cache_bytes)?;
        migrate::migrate(&mut conn, &path)?;
        folder.files().sweep()?;
        let epoch = take_lease(&conn)?;
        let keys = Keys::of(KeyIndex::load(&conn)?);
        let reader = Reader { conn, folder: folder.clone(), shard: ShardId(0) };
        let tip = read_tip(&reader)?;
        let checkpointer = Checkpointer::start(&path)?;
        let mut store = Self {
            reader,
            tip,
            keys,
            master,
            epoch,
            unusable: false,
            transactions: 0,
            broken_commit: None,
            checkpointer,
            _lock: lock,
        };
        let replayed = store.replay_erasures()?;
        Ok((store, replayed))
    }

    /// The key that wraps this folder's data keys.
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// When the last batch was recorded.
    pub fn last_recorded(&self) -> Time {
        self.tip.recorded_at
    }

    /// The last record's place.
    pub fn last_seq(&self) -> Seq {
        Seq(self.tip.seq)
    }

    /// Opens the file again after a failure that could not be undone in place; the lock is kept meanwhile.
    pub fn reopen(&mut self, options: Options) -> Result<(), StoreError> {
        let path = self.folder.ledger();
        let conn = connect::writer(&path, options.cache_bytes)?;
        self.keys.replace(KeyIndex::load(&conn)?);
        self.reader.conn = conn;
        self.tip = read_tip(&self.reader)?;
        self.unusable = false;
        self.replay_erasures().map(drop)
    }

    /// Bounds the ledger's file to so many pages more than it has: past them a batch is refused as by a full
    /// disk. Holds until the store is opened again; without a number there is no bound.
    ///
    /// # Errors
    /// The faults of the disk.
    pub fn bound_growth(&mut self, pages: Option<u32>) -> Result<(), StoreError> {
        let doing = "bounding the ledger's file";
        let pragma = |sql: &str| self.conn.query_row(sql, [], |r| r.get::<_, i64>(0)).doing(doing);
        // The most pages a file of SQLite can have; a fact, not a rule.
        let most = match pages {
            Some(pages) => pragma("PRAGMA page_count")? + i64::from(pages),
            None => 4_294_967_294,
        };
        pragma(&format!("PRAGMA max_page_count = {most}")).map(drop)
    }

    /// Whether an earlier failure left the connection unusable until it is opened again.
    pub fn is_unusable(&self) -> bool {
        self.unusable
    }

    /// How many transactions were committed since the opening. Each is a sync.
    pub fn transactions(&self) -> u64 {
        self.transactions
    }

    /// The index of the keys of outcomes, for readers on other threads.
    pub fn keys(&self) -> Keys {
        self.keys.clone()
    }

    /// The last message's place in the outbox, 0 for none ever.
    pub fn outbox_end(&self) -> u64 {
        self.tip.outbox
    }

    /// The fencing epoch of this writer.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Runs `work` in one transaction; on failure everything of it is undone.
    pub(crate) fn transact<T>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.unusable {
            return Err(StoreError::Reopen);
        }
        self.conn.execute_batch("BEGIN IMMEDIATE").doing(doing)?;
        let done = work(self).and_then(|value| {
            self.end(doing)?;
            Ok(value)
        });
        self.transactions += u64::from(done.is_ok());
        if let Err(error) = &done {
            let undone = self.conn.is_autocommit() || self.conn.execute_batch("ROLLBACK").is_ok();
            // After a failed write or sync nobody knows what the log holds: only a reopening reads it back.
            self.unusable = !undone || matches!(error, StoreError::Disk { .. } | StoreError::Damaged { .. });
        }
        done
    }

    fn end(&mut self, doing: &'static str) -> Result<(), StoreError> {
        match self.broken_commit.take() {
            None => self.conn.execute_batch("COMMIT").doing(doing),
            Some(lasts) => {
                self.conn.execute_batch(if lasts { "COMMIT" } else { "ROLLBACK" }).doing(doing)?;
                let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC);
                Err(StoreError::Disk { doing, source: rusqlite::Error::SqliteFailure(code, None) })
            }
        }
    }

    /// Lets the next commit fail as when the disk does not sync, and last all the same or not.
    #[doc(hidden)]
    pub fn break_next_commit_for_tests(&mut self, lasts: bool) {
        self.broken_commit = Some(lasts);
    }

    /// Makes a batch durable, whole or not at all.
    ///
    /// # Errors
    /// `Conflict` when a record does not follow its stream, `Exists` when a number, external id or item
    /// is taken, `Header`, `Limit` and `Backwards` for a batch that may not be stored, and the faults
    /// of the disk. After `Disk` and `Damaged` the store must be reopened: the batch may or may not be
    /// there, and the idempotency keys tell which.
    pub fn commit(&mut self, batch: &Batch) -> Result<Commit, StoreError> {
        check(batch, self.tip.recorded_at)?;
        let header = self.header_of(batch);
        let first_key = self.keys.next();
        self.transact("committing a batch", |store| store.write(batch, header.as_ref(), first_key))?;
        let first_seq = Seq(self.tip.seq + 1);
        self.tip.outbox += batch.outbox.len() as u64;
        self.keys.add(batch.keys.iter().map(|row| &row.key).zip(first_key..));
        if let Some((header, _)) = &header {
            self.tip.batch_no = header.batch_no;
            self.tip.seq = header.last_seq.0;
            self.tip.chain = header.chain();
            self.tip.recorded_at = header.recorded_at;
        }
        if self.checkpointer.take_over() {
            // The batch is durable already; if a reader keeps the log from starting anew, the next turn
            // tries again.
            let _ = checkpoint(&self.conn, "RESTART");
        }
        let batch_no = header.map(|(h, _)| h.batch_no);
        Ok(Commit { first_seq, last_seq: Seq(self.tip.seq), batch_no })
    }

    fn header_of(&self, batch: &Batch) -> Option<(BatchHeader, Vec<Digest>)> {
        if batch.records.is_empty() {
            return None;
        }
        let leaves: Vec<Digest> = batch.records.iter().map(|r| merkle::leaf(&r.payload)).collect();
        let header = BatchHeader {
            shard: self.shard,
            batch_no: self.tip.batch_no + 1,
            first_seq: Seq(self.tip.seq + 1),
            last_seq: Seq(self.tip.seq + batch.records.len() as u64),
            recorded_at: batch.recorded_at,
            root: merkle::root(&leaves),
            previous: self.tip.chain,
            algorithm: SHA256,
            schema: BATCH_SCHEMA,
        };
        Some((header, leaves))
    }

    fn write(
        &self,
        batch: &Batch,
        header: Option<&(BatchHeader, Vec<Digest>)>,
        first_key: i64,
    ) -> Result<(), StoreError> {
        self.check_lease()?;
        if let Some((header, leaves)) = header {
            self.write_records(batch)?;
            self.write_header(header, leaves)?;
        }
        let seqs: HashMap<StreamId, Seq> =
            batch.records.iter().zip(self.tip.seq + 1..).map(|(r, seq)| (r.stream, Seq(seq))).collect();
        write_rows(&self.conn, "", &batch.rows, |case| seqs.get(&case.stream()).copied())?;
        self.write_vault(batch)?;
        self.write_outbox(batch)?;
        crate::notices::write(&self.conn, &batch.notices)?;
        self.write_keys(batch, first_key)
    }

    fn check_lease(&self) -> Result<(), StoreError> {
        let mut query =
            self.conn.prepare_cached("SELECT epoch FROM lease WHERE shard = 0").doing("reading the lease")?;
        let now: u64 = query.query_row([], |r| crate::cell::get(r, 0)).doing("reading the lease")?;
        if now == self.epoch { Ok(()) } else { Err(StoreError::Fenced { mine: self.epoch, now }) }
    }

    fn write_records(&self, batch: &Batch) -> Result<(), StoreError> {
        let doing = "appending to the journal";
        let mut insert = self
            .conn
            .prepare_cached(
                "INSERT INTO journal (seq, stream, version, recorded_at, payload) VALUES (?,?,?,?,?)",
            )
            .doing(doing)?;
        let mut before = self
            .conn
            .prepare_cached("SELECT 1 FROM journal WHERE stream = ? AND version = ?")
            .doing(doing)?;
        for (record, seq) in batch.records.iter().zip(self.tip.seq + 1..) {
            let (stream, version) = (record.stream, record.version);
            let follows = version.0 == 1
                || (version.0 > 1
                    && before.exists([stream.put(), Version(version.0 - 1).put()]).doing(doing)?);
            if !follows {
                return Err(self.conflict(stream, version)?);
            }
            let row = (seq.put(), stream.put(), version.put(), batch.recorded_at.put(), record.payload.put());
            match insert.execute(row) {
                Ok(_) => {}
                Err(e) if is_constraint(&e) => return Err(self.conflict(stream, version)?),
                Err(e) => return Err(StoreError::sql(doing, e)),
            }
        }
        Ok(())
    }

    fn conflict(&self, stream: StreamId, given: Version) -> Result<StoreError, StoreError> {
        Ok(StoreError::Conflict { stream, given, last: self.last_version(stream)? })
    }

    fn write_header(&self, header: &BatchHeader, leaves: &[Digest]) -> Result<(), StoreError> {
        let doing = "chaining a batch";
        let mut insert = self
            .conn
            .prepare_cached(
                "INSERT INTO batch (batch_no, first_seq, last_seq, recorded_at, root, previous, algorithm, schema, \
                 chain, leaves) VALUES (?,?,?,?,?,?,?,?,?,?)",
            )
            .doing(doing)?;
        insert
            .execute((
                header.batch_no.put(),
                header.first_seq.put(),
                header.last_seq.put(),
                header.recorded_at.put(),
                header.root.put(),
                header.previous.put(),
                header.algorithm.put(),
                i64::from(header.schema),
                header.chain().put(),
                leaves.as_flattened(),
            ))
            .doing(doing)?;
        Ok(())
    }

    fn write_vault(&self, batch: &Batch) -> Result<(), StoreError> {
        let doing = "writing the vault";
        let mut key = self
            .conn
            .prepare_cached("INSERT INTO vault_key (case_id, subject, made_at, wrapped) VALUES (?,?,?,?)")
            .doing(doing)?;
        for k in &batch.vault_keys {
            let what = || format!("the key of case {}, subject {}", k.case_id, k.subject);
            unique(
                key.execute((k.case_id.put(), k.subject.put(), batch.recorded_at.put(), k.wrapped.put())),
                doing,
                what,
            )?;
        }
        let mut item = self
            .conn
            .prepare_cached(
                "INSERT INTO vault_item (item, case_id, subject, class, nonce, ciphertext) VALUES (?,?,?,?,?,?)",
            )
            .doing(doing)?;
        for VaultItem { place: p, nonce, ciphertext } in &batch.vault {
            let row = (
                p.item.put(),
                p.case_id.put(),
                p.subject.put(),
                p.class.put(),
                nonce.put(),
                ciphertext.put(),
            );
            unique(item.execute(row), doing, || format!("vault item {}", p.item))?;
        }
        let mut file = self
            .conn
            .prepare_cached(
                "INSERT OR IGNORE INTO file_ref (digest, case_id, subject, bytes) VALUES (?,?,?,?)",
            )
            .doing(doing)?;
        for f in &batch.files {
            file.execute((f.digest.put(), f.case_id.put(), f.subject.put(), f.bytes.put())).doing(doing)?;
        }
        Ok(())
    }

    fn write_outbox(&self, batch: &Batch) -> Result<(), StoreError> {
        let doing = "writing the outbox";
        let mut insert = self
            .conn
            .prepare_cached(
                "INSERT INTO outbox (position, topic, stream, version, payload) VALUES (?,?,?,?,?)",
            )
            .doing(doing)?;
        for (row, position) in batch.outbox.iter().zip(self.tip.outbox + 1..) {
            let row =
                (position.put(), row.topic.put(), row.stream.put(), row.version.put(), row.payload.put());
            insert.execute(row).doing(doing)?;
        }
        Ok(())
    }

    fn write_keys(&self, batch: &Batch, first: i64) -> Result<(), StoreError> {
        let doing = "remembering outcomes";
        let mut insert = self
            .conn
            .prepare_cached(
                "INSERT INTO idempotency (id, key, at, stream, version, outcome) VALUES (?,?,?,?,?,?)",
            )
            .doing(doing)?;
        for (k, id) in batch.keys.iter().zip(first..) {
            let row =
                (id, k.key.put(), batch.recorded_at.put(), k.stream.put(), k.version.put(), k.outcome.put());
            insert.execute(row).doing(doing)?;
        }
        let mut counter = self
            .conn
            .prepare_cached(
                "INSERT INTO counter (name, value) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )
            .doing(doing)?;
        for (name, value) in &batch.counters {
            counter.execute((name.as_str(), value.put())).doing(doing)?;
        }
        Ok(())
    }

    /// The remembered outcome of a command's key.
    pub fn outcome_of(&self, key: &[u8; 32]) -> Result<Option<IdempotencyRow>, StoreError> {
        self.reader.outcome_of(&self.keys, key)
    }

    /// How many outcomes are remembered.
    pub fn outcomes(&self) -> usize {
        self.keys.len()
    }

    /// Forgets the outcomes recorded before `horizon`; says how many.
    pub fn forget_outcomes(&mut self, horizon: Time) -> Result<usize, StoreError> {
        let doing = "forgetting outcomes";
        // The newest row stays, so that row ids never start over.
        let sql = "DELETE FROM idempotency WHERE at < ?1 AND id < (SELECT max(id) FROM idempotency)";
        let gone = self.transact(doing, |s| s.conn.execute(sql, [horizon.put()]).doing(doing))?;
        self.keys.replace(KeyIndex::load(&self.conn)?);
        Ok(gone)
    }

    /// Lets the ledger grow to so many pages only, as a full disk would; none takes the limit away.
    #[doc(hidden)]
    pub fn limit_pages_for_tests(&self, pages: Option<u32>) -> Result<(), StoreError> {
        let pages = pages.unwrap_or(u32::MAX - 1);
        self.conn
            .query_row(&format!("PRAGMA max_page_count={pages}"), [], |_| Ok(()))
            .doing("limiting the ledger")
    }

    /// Moves the whole write-ahead log into the ledger and empties it.
    pub fn checkpoint_wal(&mut self) -> Result<(), StoreError> {
        checkpoint(&self.conn, "TRUNCATE").map(|_| ())
    }
}

fn check(batch: &Batch, last: Time) -> Result<(), StoreError> {
    within("the records of a batch", batch.records.len(), MAX_BATCH_RECORDS)?;
    if batch.recorded_at < last {
        return Err(StoreError::Backwards { last, given: batch.recorded_at });
    }
    for r in &batch.records {
        within("the payload of a record", r.payload.len(), MAX_PAYLOAD_BYTES)?;
        if let Some(problem) = header_fault(&r.payload, r.stream, r.version, batch.recorded_at) {
            return Err(StoreError::Header { stream: r.stream, version: r.version, problem });
        }
    }
    // A sealed text is its clear text with salt and tag around it.
    batch
        .vault
        .iter()
        .try_for_each(|i| within("a vault item", i.ciphertext.len(), MAX_VAULT_ITEM_BYTES + 64))?;
    batch.keys.iter().try_for_each(|k| within("an outcome", k.outcome.len(), MAX_OUTCOME_BYTES))
}

fn is_constraint(e: &rusqlite::Error) -> bool {
    e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
}

/// Tells a row that exists already from every other failure.
pub(crate) fn unique<T>(
    done: rusqlite::Result<T>,
    doing: &'static str,
    what: impl FnOnce() -> String,
) -> Result<T, StoreError> {
    done.map_err(|e| {
        if is_constraint(&e) { StoreError::Exists { what: what() } } else { StoreError::sql(doing, e) }
    })
}

/// Writes projections into the tables of `schema` (empty for the ledger itself, `shadow.` for a rebuild).
pub(crate) fn write_rows(
    conn: &Connection,
    schema: &str,
    rows: &Rows,
    seq_of: impl Fn(CaseId) -> Option<Seq>,
) -> Result<(), StoreError> {
    let doing = "writing a case";
    let mut case = conn.prepare_cached(&case_upsert(schema)).doing(doing)?;
    for row in &rows.cases {
        row.bind(&mut case, 1).doing(doing)?;
        let last_seq = seq_of(row.case_id).unwrap_or(row.last_seq);
        case.raw_bind_parameter(LAST_SEQ, last_seq.put()).doing(doing)?;
        let what = || format!("case number {}", row.number.as_deref().unwrap_or_default());
        unique(case.raw_execute(), doing, what)?;
    }
    write_threads(conn, schema, rows)?;
    write_clocks(conn, schema, rows)?;
    routines::write(conn, schema, rows)?;
    let doing = "writing an external id";
    let sql = replace(schema, "external_row", &ExternalRow::names(), &ExternalRow::marks());
    let mut external = conn.prepare_cached(&sql).doing(doing)?;
    for row in &rows.externals {
        row.bind(&mut external, 1).doing(doing)?;
        external.raw_execute().doing(doing)?;
    }
    Ok(())
}

/// The parameter of `last_seq`, which the store fills in.
const LAST_SEQ: usize = 5;

fn case_upsert(schema: &str) -> String {
    let set =
        CaseRow::COLUMNS[1..].iter().map(|c| format!("{c}=excluded.{c}")).collect::<Vec<_>>().join(", ");
    format!(
        "INSERT INTO {schema}case_row ({}) VALUES ({}) ON CONFLICT (case_id) DO UPDATE SET {set}",
        CaseRow::names(),
        CaseRow::marks()
    )
}

pub(crate) fn replace(schema: &str, table: &str, names: &str, marks: &str) -> String {
    format!("INSERT OR REPLACE INTO {schema}{table} ({names}) VALUES ({marks})")
}

fn write_threads(conn: &Connection, schema: &str, rows: &Rows) -> Result<(), StoreError> {
    let doing = "writing a thread";
    let sql = replace(schema, "thread_row", &ThreadRow::names(), &ThreadRow::marks());
    let mut put = conn.prepare_cached(&sql).doing(doing)?;
    for row in &rows.threads {
        row.bind(&mut put, 1).doing(doing)?;
        put.raw_execute().doing(doing)?;
    }
    let sql = format!("DELETE FROM {schema}thread_row WHERE case_id = ? AND thread = ?");
    let mut end = conn.prepare_cached(&sql).doing(doing)?;
    for (case, thread) in &rows.ended_threads {
        end.execute([case.put(), thread.put()]).doing(doing)?;
    }
    Ok(())
}

fn write_clocks(conn: &Connection, schema: &str, rows: &Rows) -> Result<(), StoreError> {
    let doing = "writing a clock";
    let sql = replace(schema, "clock_row", &ClockRow::names(), &ClockRow::marks());
    let mut put = conn.prepare_cached(&sql).doing(doing)?;
    for row in &rows.clocks {
        row.bind(&mut put, 1).doing(doing)?;
        put.raw_execute().doing(doing)?;
    }
    let sql = format!("DELETE FROM {schema}clock_row WHERE case_id = ? AND clock = ?");
    let mut stop = conn.prepare_cached(&sql).doing(doing)?;
    for (case, clock) in &rows.stopped_clocks {
        stop.execute([case.put(), clock.put()]).doing(doing)?;
    }
    Ok(())
}

fn take_lease(conn: &Connection) -> Result<u64, StoreError> {
    conn.query_row(
        "INSERT INTO lease (shard, epoch, pid, at) VALUES (0, 1, ?1, unixepoch())
         ON CONFLICT (shard) DO UPDATE SET epoch = epoch + 1, pid = excluded.pid, at = excluded.at \
         RETURNING epoch",
        [std::process::id()],
        |r| get(r, 0),
    )
    .doing("taking the lease")
}

/// Reads where the chain stands.
pub(crate) fn read_tip(reader: &Reader) -> Result<Tip, StoreError> {
    let last = reader.last_batch()?;
    let position = reader.position()?;
    let outbox = reader
        .maybe("reading the outbox", "SELECT coalesce(max(position), 0) FROM outbox", &[], |r| get(r, 0))?
        .unwrap_or(0);
    let tip =
        last.map_or(Tip { batch_no: 0, seq: 0, chain: NO_CHAIN, recorded_at: Time(i64::MIN), outbox }, |b| {
            Tip {
                batch_no: b.batch_no,
                seq: b.last_seq.0,
                chain: b.chain(),
                recorded_at: b.recorded_at,
                outbox,
            }
        });
    if tip.seq == position.0 {
        return Ok(tip);
    }
    let what =
        format!("the journal ends at {position}, its last batch at {}: the ledger is damaged", tip.seq);
    Err(StoreError::Broken { what })
}

impl Ledger for Store {
    fn shard(&self) -> ShardId {
        self.reader.shard()
    }
    fn position(&self) -> Result<Seq, StoreError> {
        self.reader.position()
    }
    fn high_marks(&self) -> Result<HighMarks, StoreError> {
        self.reader.high_marks()
    }
    fn commit(&mut self, batch: &Batch) -> Result<Commit, StoreError> {
        Store::commit(self, batch)
    }
    fn load(&self, stream: StreamId) -> Result<Vec<StoredRecord>, StoreError> {
        self.reader.load(stream)
    }
    fn records_from(&self, from: Seq, take: &mut dyn FnMut(StoredRecord) -> bool) -> Result<(), StoreError> {
        self.reader.records_from(from, take)
    }
    fn case(&self, case: CaseId) -> Result<Option<CaseRow>, StoreError> {
        self.reader.case(case)
    }
    fn threads(&self, case: CaseId) -> Result<Vec<ThreadRow>, StoreError> {
        self.reader.threads(case)
    }
    fn clocks(&self, case: CaseId) -> Result<Vec<ClockRow>, StoreError> {
        self.reader.clocks(case)
    }
    fn due_clocks(&self, until: Time, limit: usize) -> Result<Vec<ClockRow>, StoreError> {
        self.reader.due_clocks(until, limit)
    }
    fn outbox_after(&self, position: u64, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        self.reader.outbox_after(position, limit)
    }
    fn external(&self, system: &SystemId, id: &str) -> Result<Option<(CaseId, [u8; 32])>, StoreError> {
        self.reader.external(system, id)
    }
    fn counter(&self, name: &str) -> Result<u64, StoreError> {
        self.reader.counter(name)
    }
    fn outcome_of(&self, key: &[u8; 32]) -> Result<Option<IdempotencyRow>, StoreError> {
        Store::outcome_of(self, key)
    }
}
