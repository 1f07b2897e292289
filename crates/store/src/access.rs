//! Reading the vault in clear, and destroying what lies in it.
//!
//! No text leaves without a durable row in the access ledger, which is chained like the journal but apart
//! from it. Erasure destroys key and ciphertext of a (case, subject); the journal keeps only commitments,
//! so proofs still pass. The order is: list of erasures (synced), ledger (synced), log emptied, files
//! removed. Each step may be repeated; opening a store repeats them all for whatever a crash or a restored
//! backup left undone.

use crate::batch::{Digest, NO_CHAIN};
use crate::cell::{Cell, get};
use crate::error::{Doing, StoreError, within};
use crate::folder::Erasure;
use crate::idempotency::empty_outcomes;
use crate::limits::MAX_CLEAR_ITEMS;
use crate::reader::Reader;
use crate::sqlite::Store;
use crate::vault::{Opened, VaultItem, open_item};
use compact_str::CompactString;
use huying_core::ids::{CaseId, ItemId, PersonId, PostId};
use huying_core::time::Time;
use rusqlite::{OptionalExtension as _, Row, ToSql};
use sha2::{Digest as _, Sha256};

/// Who wants to read what, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// When.
    pub at: Time,
    /// The natural person.
    pub actor: PersonId,
    /// The post they act under.
    pub post: Option<PostId>,
    /// The purpose, as the profile names it.
    pub purpose: CompactString,
    /// The case whose items are read.
    pub case_id: CaseId,
}

/// A row of the access ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRow {
    /// Its place, counted from 1.
    pub seq: u64,
    /// Who, when and why.
    pub entry: AccessEntry,
    /// The items read.
    pub items: Vec<ItemId>,
    /// The hash of the row before.
    pub previous: Digest,
    /// The hash of this row.
    pub hash: Digest,
}

/// What a clear reading gives for one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clear {
    /// The text with the salt of its commitment.
    Text(Opened),
    /// It was erased.
    Erased,
}

impl AccessRow {
    /// The hash the row must have: every field with its length in front, after the previous hash.
    fn expected(&self) -> Digest {
        let mut hash = Sha256::new().chain_update(b"huying access\n").chain_update(self.previous);
        let post = self.entry.post.as_ref().map_or("", |p| p.as_str());
        for text in [self.entry.actor.as_str(), post, &self.entry.purpose, &item_list(&self.items)] {
            hash = hash.chain_update((text.len() as u64).to_be_bytes()).chain_update(text);
        }
        hash.chain_update(self.seq.to_be_bytes())
            .chain_update(self.entry.at.0.to_be_bytes())
            .chain_update(self.entry.case_id.0.to_be_bytes())
            .finalize()
            .into()
    }
}

fn item_list(items: &[ItemId]) -> String {
    items.iter().map(ItemId::to_string).collect::<Vec<_>>().join(",")
}

fn access_row(row: &Row<'_>) -> rusqlite::Result<AccessRow> {
    let items: CompactString = get(row, 6)?;
    let (actor, post, purpose, case_id) = (get(row, 2)?, get(row, 3)?, get(row, 4)?, get(row, 5)?);
    Ok(AccessRow {
        seq: get(row, 0)?,
        entry: AccessEntry { at: get(row, 1)?, actor, post, purpose, case_id },
        items: items.split(',').filter_map(|n| n.parse().ok().map(ItemId)).collect(),
        previous: get(row, 7)?,
        hash: get(row, 8)?,
    })
}

const ACCESS: &str = "seq, at, actor, post, purpose, case_id, items, previous, hash";

impl Reader {
    /// The clear readings of a case, oldest first.
    pub fn accesses_of(&self, case: CaseId) -> Result<Vec<AccessRow>, StoreError> {
        let sql = format!("SELECT {ACCESS} FROM access WHERE case_id = ?1 ORDER BY seq");
        self.all("reading the access ledger", &sql, &[&case.put()], access_row)
    }

    /// Recomputes the access ledger's chain; names the first row that breaks it. Says how many rows there
    /// are.
    pub fn verify_accesses(&self) -> Result<Result<u64, u64>, StoreError> {
        let doing = "reading the access ledger";
        let mut query =
            self.conn.prepare(&format!("SELECT {ACCESS} FROM access ORDER BY seq")).doing(doing)?;
        let rows = query.query_map([], access_row).doing(doing)?;
        let (mut count, mut previous) = (0, NO_CHAIN);
        for row in rows {
            let row = row.doing(doing)?;
            count += 1;
            if row.seq != count || row.previous != previous || row.expected() != row.hash {
                return Ok(Err(count));
            }
            previous = row.hash;
        }
        Ok(Ok(count))
    }
}

impl Store {
    /// Records the access durably, then opens the items. Without the record there is no text.
    ///
    /// # Errors
    /// `Missing` for an item that is not of the entry's case, `Sealed` for an altered one, the faults of the
    /// disk.
    pub fn read_clear(&mut self, entry: &AccessEntry, items: &[ItemId]) -> Result<Vec<Clear>, StoreError> {
        self.read_clear_all(&[(entry, items)])?.pop().unwrap_or(Ok(Vec::new()))
    }

    /// Many readings at once: their records are made durable together, by one sync, then each is opened. A
    /// reading that is at fault itself is refused alone and leaves no record.
    ///
    /// # Errors
    /// When the records could not be made durable: then nothing is opened.
    pub fn read_clear_all(
        &mut self,
        readings: &[(&AccessEntry, &[ItemId])],
    ) -> Result<Vec<Result<Vec<Clear>, StoreError>>, StoreError> {
        let found: Vec<_> = readings.iter().map(|(entry, items)| self.to_open(entry, items)).collect();
        if found.iter().any(Result::is_ok) {
            self.transact("writing the access ledger", |store| {
                let taken = readings.iter().zip(&found).filter(|(_, found)| found.is_ok());
                taken.map(|(reading, _)| reading).try_for_each(|(e, items)| store.log_access(e, items))
            })?;
        }
        let open = |sealed: Vec<VaultItem>| sealed.iter().map(|item| self.open_sealed(item)).collect();
        Ok(found.into_iter().map(|found| found.and_then(open)).collect())
    }

    fn to_open(&self, entry: &AccessEntry, items: &[ItemId]) -> Result<Vec<VaultItem>, StoreError> {
        within("items of one clear reading", items.len(), MAX_CLEAR_ITEMS)?;
        items.iter().map(|item| self.sealed_of(entry.case_id, *item)).collect()
    }

    fn sealed_of(&self, case: CaseId, item: ItemId) -> Result<VaultItem, StoreError> {
        let found = self.item(item)?.filter(|found| found.place.case_id == case);
        found.ok_or_else(|| StoreError::Missing { what: format!("vault item {item} of case {case}") })
    }

    fn open_sealed(&self, item: &VaultItem) -> Result<Clear, StoreError> {
        if item.ciphertext.is_empty() {
            return Ok(Clear::Erased);
        }
        match self.data_key(item.place.case_id, item.place.subject, &self.master) {
            Ok(key) => open_item(&key, item).map(Clear::Text),
            Err(StoreError::Erased { .. }) => Ok(Clear::Erased),
            Err(other) => Err(other),
        }
    }

    fn log_access(&self, entry: &AccessEntry, items: &[ItemId]) -> Result<(), StoreError> {
        let doing = "writing the access ledger";
        let last: Option<(u64, Digest)> = self
            .conn
            .query_row("SELECT seq, hash FROM access ORDER BY seq DESC LIMIT 1", [], |r| {
                Ok((get(r, 0)?, get(r, 1)?))
            })
            .optional()
            .doing(doing)?;
        let (seq, previous) = last.map_or((1, NO_CHAIN), |(seq, hash)| (seq + 1, hash));
        let mut row =
            AccessRow { seq, entry: entry.clone(), items: items.to_vec(), previous, hash: NO_CHAIN };
        row.hash = row.expected();
        let mut insert = self
            .conn
            .prepare_cached(&format!("INSERT INTO access ({ACCESS}) VALUES (?,?,?,?,?,?,?,?,?)"))
            .doing(doing)?;
        insert
            .execute((
                row.seq.put(),
                entry.at.put(),
                entry.actor.put(),
                entry.post.put(),
                entry.purpose.put(),
                entry.case_id.put(),
                item_list(items),
                row.previous.put(),
                row.hash.put(),
            ))
            .doing(doing)?;
        Ok(())
    }

    /// Destroys keys and texts of a case, or of one subject of it, in the ledger, its log and the files.
    /// Again is no error. What is sealed later under a new subject is not touched. The event of the erasure
    /// is the engine's.
    pub fn erase(&mut self, case_id: CaseId, subject: Option<u32>, at: Time) -> Result<(), StoreError> {
        // Not before the last batch, so that every key the ledger holds by now is older than its erasure.
        let erasure = Erasure { case_id, subject, at: at.max(self.tip.recorded_at) };
        self.folder.log_erasure(erasure)?;
        self.destroy(erasure)?;
        self.checkpoint_wal()
    }

    /// Whether anything is left to destroy of a case.
    pub fn holds_words(&self, case_id: CaseId) -> Result<bool, StoreError> {
        self.has_clear(Erasure { case_id, subject: None, at: Time(i64::MAX) })
    }

    /// Repeats every erasure of the list that the ledger does not show as done; says how many it repeated.
    pub(crate) fn replay_erasures(&mut self) -> Result<usize, StoreError> {
        let mut replayed = 0;
        for erasure in self.folder.erasures()? {
            if self.has_clear(erasure)? {
                self.destroy(erasure)?;
                replayed += 1;
            }
        }
        if replayed > 0 {
            self.checkpoint_wal()?;
        }
        Ok(replayed)
    }

    fn has_clear(&self, erasure: Erasure) -> Result<bool, StoreError> {
        let sql =
            "SELECT 1 FROM vault_key k WHERE case_id = ?1 AND (?2 IS NULL OR subject = ?2) AND made_at <= ?3
                     AND (wrapped IS NOT NULL
                       OR EXISTS (SELECT 1 FROM vault_item i WHERE i.case_id = k.case_id
                                  AND i.subject = k.subject AND i.ciphertext IS NOT NULL)
                       OR EXISTS (SELECT 1 FROM file_ref f WHERE f.case_id = k.case_id \
                                  AND f.subject = k.subject))";
        let who = [&erasure.case_id.put() as &dyn ToSql, &erasure.subject.put(), &erasure.at.put()];
        Ok(self.maybe("looking for what to erase", sql, &who, |_| Ok(()))?.is_some())
    }

    fn destroy(&mut self, erasure: Erasure) -> Result<(), StoreError> {
        let doing = "erasing";
        let sql = "SELECT subject FROM vault_key WHERE case_id = ?1 AND (?2 IS NULL OR subject = ?2) AND made_at <= ?3";
        let who = [&erasure.case_id.put() as &dyn ToSql, &erasure.subject.put(), &erasure.at.put()];
        for subject in self.all::<u32>(doing, sql, &who, |r| get(r, 0))? {
            self.destroy_subject(erasure, subject)?;
        }
        Ok(())
    }

    fn destroy_subject(&mut self, erasure: Erasure, subject: u32) -> Result<(), StoreError> {
        let (doing, case) = ("erasing", erasure.case_id);
        self.transact(doing, |store| {
            // What is removed is overwritten, also in pages set free and in copies that page splits left,
            // because the connection runs with `secure_delete`.
            for set in ["vault_key SET wrapped = NULL", "vault_item SET ciphertext = NULL, nonce = NULL"] {
                let sql = format!("UPDATE {set} WHERE case_id = ?1 AND subject = ?2");
                store.conn.execute(&sql, [case.put(), subject.put()]).doing(doing)?;
            }
            empty_outcomes(&store.conn, case.stream(), erasure.at)
        })?;
        let sql = "SELECT digest FROM file_ref WHERE case_id = ?1 AND subject = ?2";
        let files: Vec<Digest> = self.all(doing, sql, &[&case.put(), &subject.put()], |r| get(r, 0))?;
        files.iter().try_for_each(|digest| self.forget_file(digest, case, subject))
    }

    /// Removes a file unless a living subject still refers to the same bytes. The reference goes last, so
    /// that a crash in between leaves something to repeat.
    fn forget_file(&mut self, digest: &Digest, case: CaseId, subject: u32) -> Result<(), StoreError> {
        let doing = "erasing a file";
        let of = [&digest.put() as &dyn ToSql, &case.put(), &subject.put()];
        let sql = "SELECT 1 FROM file_ref WHERE digest = ?1 AND NOT (case_id = ?2 AND subject = ?3)";
        if self.maybe(doing, sql, &of, |_| Ok(()))?.is_none() {
            self.folder.files().remove(digest)?;
        }
        self.transact(doing, |store| {
            let sql = "DELETE FROM file_ref WHERE digest = ?1 AND case_id = ?2 AND subject = ?3";
            store.conn.execute(sql, of).doing(doing)
        })?;
        Ok(())
    }
}
