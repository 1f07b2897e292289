//! Operational tables: accounts, tokens, city editions, delivery cursors. They are not rebuilt from the
//! journal.

use crate::batch::{Digest, digest};
use crate::cell::{Cell, get};
use crate::error::{Doing, StoreError};
use crate::reader::Reader;
use crate::sqlite::{Store, unique};
use compact_str::CompactString;
use huying_core::ids::{Edition, PersonId};
use huying_core::time::Time;
use rusqlite::{Row, ToSql};

/// The tables that follow from the journal and can be rebuilt.
pub const PROJECTIONS: &[&str] = &["case_row", "thread_row", "clock_row", "external_row", "routine_row"];
/// The tables that are truth or operation themselves and are never rebuilt.
pub const NOT_REBUILT: &[&str] = &[
    "journal",
    "batch",
    "checkpoint",
    "vault_item",
    "vault_key",
    "file_ref",
    "access",
    "outbox",
    "delivery_cursor",
    "notice",
    "notice_mark",
    "subscription",
    "idempotency",
    "counter",
    "account",
    "token",
    "account_deed",
    "day_count",
    "city_edition",
    "lease",
    "meta",
];

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// The natural person.
    pub person: PersonId,
    /// What to show for them at a desk: a work name, never data of a resident.
    pub display: String,
    /// Roles that are not posts (such as `admin`), as JSON of the engine.
    pub roles: String,
    /// False when locked.
    pub active: bool,
    /// When it was made.
    pub made_at: Time,
}

/// A token, known only by its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// SHA-256 of the token.
    pub hash: Digest,
    /// Whose it is.
    pub person: PersonId,
    /// What its owner calls it.
    pub label: CompactString,
    /// When it was made.
    pub made_at: Time,
    /// When it ends by itself.
    pub expires_at: Option<Time>,
    /// When it was taken back.
    pub revoked_at: Option<Time>,
}

/// A loaded edition of the city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionRow {
    /// Its number.
    pub edition: Edition,
    /// Digest of the folder as loaded.
    pub digest: Digest,
    /// Where the loaded folder is kept, as the engine names it.
    pub file: String,
    /// When it was loaded.
    pub loaded_at: Time,
}

fn account(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    let (person, active, made_at) = (get(row, 0)?, get(row, 3)?, get(row, 4)?);
    Ok(AccountRow { person, display: row.get(1)?, roles: row.get(2)?, active, made_at })
}

fn token(row: &Row<'_>) -> rusqlite::Result<TokenRow> {
    Ok(TokenRow {
        hash: get(row, 0)?,
        person: get(row, 1)?,
        label: get(row, 2)?,
        made_at: get(row, 3)?,
        expires_at: get(row, 4)?,
        revoked_at: get(row, 5)?,
    })
}

fn edition(row: &Row<'_>) -> rusqlite::Result<EditionRow> {
    Ok(EditionRow { edition: get(row, 0)?, digest: get(row, 1)?, file: row.get(2)?, loaded_at: get(row, 3)? })
}

impl Reader {
    /// Every account, by person.
    pub fn accounts(&self) -> Result<Vec<AccountRow>, StoreError> {
        let sql = "SELECT person, display, roles, active, made_at FROM account ORDER BY person";
        self.all("reading accounts", sql, &[], account)
    }

    /// One account.
    pub fn account(&self, person: &PersonId) -> Result<Option<AccountRow>, StoreError> {
        let sql = "SELECT person, display, roles, active, made_at FROM account WHERE person = ?1";
        self.maybe("reading an account", sql, &[&person.put()], account)
    }

    /// Whose token this is, when the token lives at `now` and its account is active.
    pub fn token_owner(&self, token_text: &str, now: Time) -> Result<Option<AccountRow>, StoreError> {
        let sql = "SELECT a.person, a.display, a.roles, a.active, a.made_at FROM token t JOIN account a USING (person)
                   WHERE t.hash = ?1 AND t.revoked_at IS NULL \
                   AND (t.expires_at IS NULL OR t.expires_at > ?2) AND a.active";
        self.maybe("looking up a token", sql, &[&digest(token_text.as_bytes()).put(), &now.put()], account)
    }

    /// The tokens of a person, oldest first.
    pub fn tokens(&self, person: &PersonId) -> Result<Vec<TokenRow>, StoreError> {
        let sql = "SELECT hash, person, label, made_at, expires_at, revoked_at FROM token WHERE person = ?1
                   ORDER BY made_at, hash";
        self.all("reading tokens", sql, &[&person.put()], token)
    }

    /// The city's editions in order.
    pub fn editions(&self) -> Result<Vec<EditionRow>, StoreError> {
        let sql = "SELECT edition, digest, file, loaded_at FROM city_edition ORDER BY edition";
        self.all("reading editions", sql, &[], edition)
    }

    /// Up to where a consumer of the outbox has delivered, 0 for nothing.
    pub fn cursor(&self, name: &str) -> Result<u64, StoreError> {
        let sql = "SELECT position FROM delivery_cursor WHERE name = ?1";
        Ok(self.maybe("reading a delivery cursor", sql, &[&name], |r| get(r, 0))?.unwrap_or(0))
    }
}

impl Store {
    fn run(&mut self, doing: &'static str, sql: &str, params: &[&dyn ToSql]) -> Result<usize, StoreError> {
        self.transact(doing, |store| {
            store.conn.prepare_cached(sql).doing(doing)?.execute(params).doing(doing)
        })
    }

    /// Makes or changes an account.
    pub fn put_account(&mut self, a: &AccountRow) -> Result<(), StoreError> {
        let sql =
            "INSERT OR REPLACE INTO account (person, display, roles, active, made_at) VALUES (?,?,?,?,?)";
        let row: [&dyn ToSql; 5] = [&a.person.put(), &a.display, &a.roles, &a.active, &a.made_at.put()];
        self.run("writing an account", sql, &row).map(|_| ())
    }

    /// Adds a token.
    pub fn put_token(&mut self, t: &TokenRow) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO token (hash, person, label, made_at, expires_at, revoked_at) VALUES (?,?,?,?,?,?)";
        let doing = "writing a token";
        self.transact(doing, |store| {
            let row = (
                t.hash.put(),
                t.person.put(),
                t.label.put(),
                t.made_at.put(),
                t.expires_at.put(),
                t.revoked_at.put(),
            );
            unique(store.conn.execute(sql, row), doing, || "this token".into())
        })
        .map(|_| ())
    }

    /// Takes a token back. True when there was a living one.
    pub fn revoke_token(&mut self, hash: &Digest, at: Time) -> Result<bool, StoreError> {
        let sql = "UPDATE token SET revoked_at = ?2 WHERE hash = ?1 AND revoked_at IS NULL";
        self.run("revoking a token", sql, &[&hash.put(), &at.put()]).map(|n| n > 0)
    }

    /// Notes a loaded edition of the city.
    pub fn put_edition(&mut self, e: &EditionRow) -> Result<(), StoreError> {
        let doing = "writing an edition";
        let sql = "INSERT INTO city_edition (edition, digest, file, loaded_at) VALUES (?,?,?,?)";
        self.transact(doing, |store| {
            let row = (e.edition.put(), e.digest.put(), &e.file, e.loaded_at.put());
            unique(store.conn.execute(sql, row), doing, || format!("edition {}", e.edition))
        })
        .map(|_| ())
    }

    /// Moves a consumer's cursor forward; it never goes back.
    pub fn move_cursor(&mut self, name: &str, position: u64) -> Result<(), StoreError> {
        let sql = "INSERT INTO delivery_cursor (name, position) VALUES (?1, ?2)
                   ON CONFLICT (name) DO UPDATE SET position = max(position, excluded.position)";
        self.run("moving a delivery cursor", sql, &[&name, &position.put()]).map(|_| ())
    }

    /// Forgets messages that every cursor has passed, up to `position`; says how many. The newest message
    /// stays, so that positions never start over.
    pub fn trim_outbox(&mut self, position: u64) -> Result<usize, StoreError> {
        let sql = "DELETE FROM outbox WHERE position <= ?1
                   AND position <= coalesce((SELECT min(position) FROM delivery_cursor), 0)
                   AND position < (SELECT max(position) FROM outbox)";
        self.run("trimming the outbox", sql, &[&position.put()])
    }
}
