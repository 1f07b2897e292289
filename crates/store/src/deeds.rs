//! The ledger of accounts: who made tokens for whom, and who took them back. Chained like the access ledger
//! and apart from it. A token is made in the transaction that says so; its text and hash stand nowhere here.

use crate::batch::{Digest, NO_CHAIN};
use crate::cell::{Cell, get};
use crate::error::{Doing, StoreError};
use crate::operational::{AccountRow, TokenRow};
use crate::reader::Reader;
use crate::sqlite::{Store, unique};
use compact_str::CompactString;
use huying_core::ids::{PersonId, PostId};
use huying_core::time::Time;
use rusqlite::{OptionalExtension as _, Row};
use sha2::{Digest as _, Sha256};

/// A token was made.
pub const MADE: &str = "made";
/// Tokens were taken back.
pub const REVOKED: &str = "revoked";

/// Who does something to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doer {
    /// The natural person, or `terminal` for whoever ran the command beside the data folder.
    pub actor: CompactString,
    /// The post they act under.
    pub post: Option<PostId>,
}

impl Doer {
    /// Somebody with the data folder in hand, whom no token names.
    pub fn terminal() -> Doer {
        Doer { actor: "terminal".into(), post: None }
    }
}

/// A row of the ledger of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeedRow {
    /// Its place, counted from 1.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Doer,
    /// [`MADE`] or [`REVOKED`].
    pub deed: CompactString,
    /// Whose account.
    pub person: PersonId,
    /// How many tokens.
    pub tokens: u64,
    /// What its owner calls the token.
    pub label: CompactString,
    /// When the token ends by itself.
    pub expires_at: Option<Time>,
    /// The hash of the row before.
    pub previous: Digest,
    /// The hash of this row.
    pub hash: Digest,
}

impl DeedRow {
    /// The hash the row must have: every field with its length in front, after the previous hash.
    fn expected(&self) -> Digest {
        let mut hash = Sha256::new().chain_update(b"huying account\n").chain_update(self.previous);
        let post = self.by.post.as_ref().map_or("", |p| p.as_str());
        for text in [&*self.by.actor, post, &*self.deed, self.person.as_str(), &*self.label] {
            hash = hash.chain_update((text.len() as u64).to_be_bytes()).chain_update(text);
        }
        // Before every instant there is: no token ends then.
        let expires = self.expires_at.map_or(i64::MIN, |at| at.0);
        hash.chain_update(self.seq.to_be_bytes())
            .chain_update(self.at.0.to_be_bytes())
            .chain_update(self.tokens.to_be_bytes())
            .chain_update(expires.to_be_bytes())
            .finalize()
            .into()
    }
}

const DEED: &str = "seq, at, actor, post, deed, person, tokens, label, expires_at, previous, hash";

fn deed_row(row: &Row<'_>) -> rusqlite::Result<DeedRow> {
    Ok(DeedRow {
        seq: get(row, 0)?,
        at: get(row, 1)?,
        by: Doer { actor: get(row, 2)?, post: get(row, 3)? },
        deed: get(row, 4)?,
        person: get(row, 5)?,
        tokens: get(row, 6)?,
        label: get(row, 7)?,
        expires_at: get(row, 8)?,
        previous: get(row, 9)?,
        hash: get(row, 10)?,
    })
}

impl Reader {
    /// The ledger of accounts, oldest first.
    pub fn account_deeds(&self) -> Result<Vec<DeedRow>, StoreError> {
        let sql = format!("SELECT {DEED} FROM account_deed ORDER BY seq");
        self.all("reading the ledger of accounts", &sql, &[], deed_row)
    }

    /// Recomputes the chain of the ledger of accounts; names the first row that breaks it. Says how many rows
    /// there are.
    pub fn verify_account_deeds(&self) -> Result<Result<u64, u64>, StoreError> {
        let (mut count, mut previous) = (0, NO_CHAIN);
        for row in self.account_deeds()? {
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
    /// Adds a token, with the account if the person has none, and the row that says by whom: all or nothing.
    ///
    /// # Errors
    /// `Exists` for a token that is there; the faults of the disk.
    pub fn make_token(&mut self, a: &AccountRow, t: &TokenRow, by: &Doer) -> Result<(), StoreError> {
        let doing = "writing a token";
        self.transact(doing, |store| {
            let sql = "INSERT OR IGNORE INTO account (person, display, roles, active, made_at) VALUES (?,?,?,?,?)";
            let row = (a.person.put(), &a.display, &a.roles, a.active, a.made_at.put());
            store.conn.execute(sql, row).doing(doing)?;
            let sql = "INSERT INTO token (hash, person, label, made_at, expires_at, revoked_at) VALUES (?,?,?,?,?,?)";
            let (hash, person, label) = (t.hash.put(), t.person.put(), t.label.put());
            let row = (hash, person, label, t.made_at.put(), t.expires_at.put(), t.revoked_at.put());
            unique(store.conn.execute(sql, row), doing, || "this token".into())?;
            store.log_deed(DeedRow {
                seq: 0,
                at: t.made_at,
                by: by.clone(),
                deed: MADE.into(),
                person: t.person.clone(),
                tokens: 1,
                label: t.label.clone(),
                expires_at: t.expires_at,
                previous: NO_CHAIN,
                hash: NO_CHAIN,
            })
        })
    }

    /// Takes every living token of a person back and writes the row that says by whom; says how many there
    /// were.
    ///
    /// # Errors
    /// The faults of the disk; nothing has changed then.
    pub fn revoke_tokens(&mut self, person: &PersonId, at: Time, by: &Doer) -> Result<u64, StoreError> {
        let doing = "revoking tokens";
        self.transact(doing, |store| {
            let sql = "UPDATE token SET revoked_at = ?2 WHERE person = ?1 AND revoked_at IS NULL";
            let tokens = store.conn.execute(sql, [person.put(), at.put()]).doing(doing)? as u64;
            store.log_deed(DeedRow {
                seq: 0,
                at,
                by: by.clone(),
                deed: REVOKED.into(),
                person: person.clone(),
                tokens,
                label: CompactString::default(),
                expires_at: None,
                previous: NO_CHAIN,
                hash: NO_CHAIN,
            })?;
            Ok(tokens)
        })
    }

    fn log_deed(&mut self, mut row: DeedRow) -> Result<(), StoreError> {
        let doing = "writing the ledger of accounts";
        let sql = "SELECT seq, hash FROM account_deed ORDER BY seq DESC LIMIT 1";
        let last: Option<(u64, Digest)> =
            self.conn.query_row(sql, [], |r| Ok((get(r, 0)?, get(r, 1)?))).optional().doing(doing)?;
        (row.seq, row.previous) = last.map_or((1, NO_CHAIN), |(seq, hash)| (seq + 1, hash));
        row.hash = row.expected();
        let sql = format!("INSERT INTO account_deed ({DEED}) VALUES (?,?,?,?,?,?,?,?,?,?,?)");
        let cells = (
            row.seq.put(),
            row.at.put(),
            row.by.actor.put(),
            row.by.post.put(),
            row.deed.put(),
            row.person.put(),
            row.tokens.put(),
            row.label.put(),
            row.expires_at.put(),
            row.previous.put(),
            row.hash.put(),
        );
        self.conn.execute(&sql, cells).doing(doing).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Folder, Options, digest};

    #[test]
    fn every_token_has_its_row_and_an_altered_row_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(&Folder::at(dir.path()), Options::default()).unwrap();
        let (person, at) = (PersonId::new("p1").unwrap(), Time(1_000));
        let account = AccountRow {
            person: person.clone(),
            display: String::new(),
            roles: "[]".into(),
            active: true,
            made_at: at,
        };
        let token = |text: &str| TokenRow {
            hash: digest(text.as_bytes()),
            person: person.clone(),
            label: "desk".into(),
            made_at: at,
            expires_at: Some(Time(9_000)),
            revoked_at: None,
        };
        let by = Doer { actor: "p9".into(), post: PostId::new("post-9").ok() };
        store.make_token(&account, &token("a"), &by).unwrap();
        assert!(matches!(store.make_token(&account, &token("a"), &by), Err(StoreError::Exists { .. })));
        store.make_token(&account, &token("b"), &Doer::terminal()).unwrap();
        assert_eq!(store.revoke_tokens(&person, Time(2_000), &by).unwrap(), 2);
        assert_eq!(store.token_owner("b", Time(2_000)).unwrap(), None);
        let rows = store.account_deeds().unwrap();
        let told: Vec<_> = rows.iter().map(|r| (&*r.by.actor, &*r.deed, r.tokens)).collect();
        assert_eq!(told, [("p9", MADE, 1), ("terminal", MADE, 1), ("p9", REVOKED, 2)]);
        assert_eq!(store.verify_account_deeds().unwrap(), Ok(3));
        store.conn.execute("UPDATE account_deed SET actor = 'p8' WHERE seq = 2", []).unwrap();
        assert_eq!(store.verify_account_deeds().unwrap(), Err(2));
        store.conn.execute("DELETE FROM account_deed WHERE seq = 2", []).unwrap();
        assert_eq!(store.verify_account_deeds().unwrap(), Err(2));
    }
}
