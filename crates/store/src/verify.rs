//! Recomputing everything: leaves, roots, chain, checkpoints, order, headers, vault, access ledger. Damage
//! is named by batch and record, and everything that still reads is still verified.

use crate::batch::{BatchHeader, Digest, NO_CHAIN, hex};
use crate::cell::{Cell, get};
use crate::error::{Doing as _, StoreError};
use crate::merkle;
use crate::reader::Reader;
use crate::rows::StoredRecord;
use crate::segment::segment_leaves;
use crate::sqlite::header_fault;
use crate::vault::{commitment, open_item};
use huying_core::ids::{ItemId, Seq};
use std::fmt;

/// One damage, as narrow as it can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The batch, when it is known.
    pub batch_no: Option<u64>,
    /// The first record affected, 0 when no record is.
    pub first_seq: Seq,
    /// The last record affected.
    pub last_seq: Seq,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(batch) = self.batch_no {
            write!(f, "batch {batch}, ")?;
        }
        match (self.first_seq.0, self.last_seq.0) {
            (0, _) => write!(f, "no record"),
            (a, b) if a == b => write!(f, "record {a}"),
            (a, b) => write!(f, "records {a} to {b}"),
        }?;
        write!(f, ": {}", self.problem)
    }
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Batches there are.
    pub batches: u64,
    /// Records that are whole.
    pub records: u64,
    /// Checkpoints there are.
    pub checkpoints: u64,
    /// Records under a checkpoint.
    pub sealed: Seq,
    /// Rows of the access ledger.
    pub accesses: u64,
    /// Vault items that records refer to and that are there or erased.
    pub items: u64,
    /// The last record.
    pub position: Seq,
    /// Everything that is wrong.
    pub damages: Vec<Damage>,
}

/// A vault item that a record refers to, with the commitment the record holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRef {
    /// The item.
    pub item: ItemId,
    /// SHA-256(salt ‖ class ‖ 0x00 ‖ text).
    pub commitment: Digest,
}

/// Finds the vault items a record refers to; only the engine knows where they stand in a payload.
pub type References<'a> = &'a dyn Fn(&StoredRecord) -> Vec<ItemRef>;

/// What is known at one point of the walk along the chain.
struct Walk<'r> {
    reader: &'r Reader,
    references: Option<References<'r>>,
    report: VerifyReport,
    /// Chain hash and last record of the batch before; none after one that does not read.
    before: Option<(Digest, Seq)>,
}

impl Reader {
    /// Verifies everything. `progress` hears (batches done, batches there are).
    ///
    /// # Errors
    /// Only when not even the number of batches reads; every other damage is in the report.
    pub fn verify(
        &self,
        references: Option<References<'_>>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<VerifyReport, StoreError> {
        // One snapshot for all of it: beside a writer the last batch and the last record are of one moment.
        let snapshot = self.conn.execute_batch("BEGIN").is_ok();
        let report = self.verify_now(references, progress);
        if snapshot {
            self.conn.execute_batch("ROLLBACK").doing("ending the reading")?;
        }
        report
    }

    fn verify_now(
        &self,
        references: Option<References<'_>>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<VerifyReport, StoreError> {
        let last = self.last_batch_no()?;
        let report = VerifyReport { batches: last, ..VerifyReport::default() };
        let mut walk = Walk { reader: self, references, report, before: Some((NO_CHAIN, Seq(0))) };
        for batch_no in 1..=last {
            walk.batch(batch_no);
            progress(batch_no, last);
        }
        walk.tail();
        walk.checkpoints();
        walk.streams();
        walk.accesses();
        walk.account_deeds();
        walk.structure();
        Ok(walk.report)
    }

    /// The last batch's number, through the index when the table's end does not read.
    fn last_batch_no(&self) -> Result<u64, StoreError> {
        let doing = "reading the last batch";
        let direct = "SELECT coalesce(max(batch_no), 0) FROM batch";
        let index = "SELECT coalesce(max(batch_no), 0) FROM batch INDEXED BY batch_seq WHERE first_seq > 0";
        let read = |sql| self.maybe(doing, sql, &[], |r| get::<u64>(r, 0)).map(Option::unwrap_or_default);
        read(direct).or_else(|_| read(index))
    }

    /// Hands over every record that reads between two places, and names the places that do not.
    pub fn salvage(&self, first: Seq, last: Seq, take: &mut dyn FnMut(StoredRecord)) -> Vec<Seq> {
        let mut lost = Vec::new();
        for seq in (first.0..=last.0).map(Seq) {
            match self.record(seq) {
                Ok(Some(record)) => take(record),
                Ok(None) | Err(_) => lost.push(seq),
            }
        }
        lost
    }
}

impl Walk<'_> {
    fn damage(&mut self, batch_no: Option<u64>, first_seq: Seq, last_seq: Seq, problem: impl Into<String>) {
        self.report.damages.push(Damage { batch_no, first_seq, last_seq, problem: problem.into() });
    }

    fn batch(&mut self, batch_no: u64) {
        let (header, chain) = match self.reader.batch(batch_no) {
            Ok(Some(found)) => found,
            Ok(None) => return self.unreadable_batch(batch_no, "the batch is missing".into()),
            Err(e) => return self.unreadable_batch(batch_no, format!("the batch does not read: {e}")),
        };
        let (first, last) = (header.first_seq, header.last_seq);
        if let Some((previous, end)) = self.before {
            if header.previous != previous {
                self.damage(Some(batch_no), first, last, "the chain does not continue the batch before");
            }
            if first.0 != end.0 + 1 {
                self.damage(Some(batch_no), first, last, format!("record {} should be its first", end.0 + 1));
            }
        }
        if header.chain() != chain {
            self.damage(Some(batch_no), first, last, "the batch's header does not give its chain hash");
        }
        self.before = Some((chain, last));
        self.report.position = last;
        self.records(&header);
    }

    fn unreadable_batch(&mut self, batch_no: u64, problem: String) {
        let first = Seq(self.before.map_or(self.report.position.0, |(_, end)| end.0) + 1);
        // The batch after it, when that reads, says where this one ended.
        let next = self.reader.batch(batch_no + 1).ok().flatten();
        let last = next.map_or(first, |(h, _)| Seq(h.first_seq.0.saturating_sub(1)));
        self.damage(Some(batch_no), first, last, problem);
        self.before = None;
    }

    fn records(&mut self, header: &BatchHeader) {
        let (first, last) = (header.first_seq, header.last_seq);
        let leaves = self.reader.leaves(header.batch_no).unwrap_or_default();
        let intact =
            leaves.len() as u64 == header.size().unwrap_or(0) && merkle::root(&leaves) == header.root;
        if !intact {
            self.damage(Some(header.batch_no), first, last, "the batch's leaves do not give its root");
        }
        let mut found = Vec::new();
        let lost = self.reader.salvage(first, last, &mut |record| found.push(record));
        for (from, to) in runs(&lost) {
            self.damage(Some(header.batch_no), from, to, "does not read: the file is damaged there");
        }
        if !intact && lost.is_empty() {
            let all: Vec<Digest> = found.iter().map(|r| merkle::leaf(&r.payload)).collect();
            if merkle::root(&all) == header.root {
                // The records are whole; only the stored copy of their hashes is not.
                return found.iter().for_each(|r| self.record(r, header));
            }
        }
        for record in &found {
            let leaf = leaves.get(usize::try_from(record.seq.0 - first.0).unwrap_or(usize::MAX));
            if intact && leaf != Some(&merkle::leaf(&record.payload)) {
                self.damage(Some(header.batch_no), record.seq, record.seq, "its bytes were altered");
            } else {
                self.record(record, header);
            }
        }
    }

    fn record(&mut self, record: &StoredRecord, header: &BatchHeader) {
        let seq = record.seq;
        let at = header.recorded_at;
        if record.recorded_at != at {
            self.damage(Some(header.batch_no), seq, seq, "the row's recorded_at is not its batch's");
        } else if let Some(problem) = header_fault(&record.payload, record.stream, record.version, at) {
            self.damage(Some(header.batch_no), seq, seq, format!("the payload's header {problem}"));
        } else {
            self.report.records += 1;
        }
        for reference in self.references.map(|find| find(record)).unwrap_or_default() {
            match self.item(&reference) {
                Ok(()) => self.report.items += 1,
                Err(problem) => self.damage(Some(header.batch_no), seq, seq, problem),
            }
        }
    }

    fn item(&self, reference: &ItemRef) -> Result<(), String> {
        let ItemRef { item, commitment: committed } = reference;
        let missing = format!("vault item {item}, which it refers to,");
        let sealed = match self.reader.item(*item) {
            Ok(Some(sealed)) => sealed,
            Ok(None) => return Err(format!("{missing} is missing")),
            Err(e) => return Err(format!("{missing} does not read: {e}")),
        };
        let (case, subject) = (sealed.place.case_id, sealed.place.subject);
        let key = match self.reader.folder.master_key().map(|m| self.reader.data_key(case, subject, &m)) {
            Ok(Ok(key)) => key,
            Ok(Err(StoreError::Erased { .. })) => return Ok(()),
            Ok(Err(e)) | Err(e) => return Err(format!("{missing} cannot be opened: {e}")),
        };
        let opened = open_item(&key, &sealed).map_err(|e| e.to_string())?;
        if commitment(&opened.salt, &sealed.place.class, &opened.text) == *committed {
            Ok(())
        } else {
            Err(format!("{missing} is not the text that was committed to"))
        }
    }

    /// Records after the last batch belong to no commit.
    fn tail(&mut self) {
        let end = self.report.position;
        match self.reader.position() {
            Ok(last) if last > end => {
                self.damage(None, Seq(end.0 + 1), last, "no batch holds these records");
            }
            Ok(_) => {}
            Err(e) => self.damage(None, Seq(0), Seq(0), format!("the end of the journal does not read: {e}")),
        }
    }

    fn checkpoints(&mut self) {
        let checkpoints = match self.reader.checkpoints() {
            Ok(found) => found,
            Err(e) => return self.damage(None, Seq(0), Seq(0), format!("checkpoints do not read: {e}")),
        };
        let (mut previous, mut next) = (NO_CHAIN, 1);
        for signed in &checkpoints {
            let c = &signed.checkpoint;
            let mut fault = |problem: &str| {
                let problem = format!("checkpoint {}: {problem}", c.segment);
                self.report.damages.push(Damage {
                    batch_no: None,
                    first_seq: c.first_seq,
                    last_seq: c.last_seq,
                    problem,
                });
            };
            if !signed.is_signed() {
                fault("its signature does not fit");
            }
            if c.previous != previous || c.first_batch != next {
                fault("it does not continue the checkpoint before");
            }
            let headers = self.reader.headers(c.first_batch, c.last_batch).unwrap_or_default();
            if merkle::root(&segment_leaves(&headers)) != c.root {
                fault("its root is not that of its batches");
            }
            if headers.last().map(BatchHeader::chain) != Some(c.chain) {
                fault("its chain hash is not that of its last batch");
            }
            previous = signed.digest();
            next = c.last_batch + 1;
            self.report.checkpoints += 1;
            self.report.sealed = c.last_seq;
        }
    }

    fn streams(&mut self) {
        let sql = "SELECT stream, count(*), min(version), max(version) FROM journal GROUP BY stream
                   HAVING min(version) <> 1 OR count(*) <> max(version)";
        let read = |r: &rusqlite::Row<'_>| {
            Ok(format!(
                "stream {}: {} records, versions {} to {}",
                r.get::<_, i64>(0)?,
                r.get::<_, i64>(1)?,
                r.get::<_, i64>(2)?,
                r.get::<_, i64>(3)?
            ))
        };
        match self.reader.all("reading the streams", sql, &[], read) {
            Ok(gaps) => gaps.into_iter().for_each(|gap| self.damage(None, Seq(0), Seq(0), gap)),
            Err(e) => self.damage(None, Seq(0), Seq(0), format!("the index of streams does not read: {e}")),
        }
    }

    fn accesses(&mut self) {
        match self.reader.verify_accesses() {
            Ok(Ok(rows)) => self.report.accesses = rows,
            Ok(Err(row)) => {
                self.damage(None, Seq(0), Seq(0), format!("the access ledger is altered at row {row}"));
            }
            Err(e) => self.damage(None, Seq(0), Seq(0), format!("the access ledger does not read: {e}")),
        }
    }

    fn account_deeds(&mut self) {
        match self.reader.verify_account_deeds() {
            Ok(Ok(_)) => {}
            Ok(Err(row)) => {
                self.damage(None, Seq(0), Seq(0), format!("the ledger of accounts is altered at row {row}"));
            }
            Err(e) => self.damage(None, Seq(0), Seq(0), format!("the ledger of accounts does not read: {e}")),
        }
    }

    /// SQLite's own check finds pages that no question above came to.
    fn structure(&mut self) {
        match self.reader.all("checking the file", "PRAGMA quick_check(20)", &[], |r| r.get::<_, String>(0)) {
            Ok(lines) => {
                for line in lines.into_iter().filter(|l| l != "ok") {
                    self.damage(None, Seq(0), Seq(0), format!("the file's structure: {line}"));
                }
            }
            Err(e) => self.damage(None, Seq(0), Seq(0), format!("the file's structure does not read: {e}")),
        }
    }
}

/// Neighbouring places as runs.
fn runs(places: &[Seq]) -> Vec<(Seq, Seq)> {
    let mut out: Vec<(Seq, Seq)> = Vec::new();
    for seq in places {
        match out.last_mut() {
            Some((_, last)) if last.0 + 1 == seq.0 => *last = *seq,
            _ => out.push((*seq, *seq)),
        }
    }
    out
}

impl VerifyReport {
    /// True when nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.damages.is_empty()
    }
}

impl Reader {
    /// The chain hash after the last batch, in hexadecimal: what two copies of a ledger compare.
    pub fn chain_text(&self) -> Result<String, StoreError> {
        let sql = "SELECT chain FROM batch ORDER BY batch_no DESC LIMIT 1";
        let chain: Option<Digest> = self.maybe("reading the chain", sql, &[], |r| get(r, 0))?;
        Ok(hex(&chain.unwrap_or(NO_CHAIN)))
    }

    /// The chain hash after one batch, none when it is not there or does not read.
    pub(crate) fn chain_at(&self, batch_no: u64) -> Option<Digest> {
        let sql = "SELECT chain FROM batch WHERE batch_no = ?1";
        self.maybe("reading the chain", sql, &[&batch_no.put()], |r| get(r, 0)).ok().flatten()
    }
}
