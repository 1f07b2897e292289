//! What must last: the journal, the vault, the projections written with it, and the operational tables.
//!
//! The store knows no rule and no HTTP. A record's payload is opaque bytes to it, except for the three header
//! fields (`stream`, `version`, `recorded_at`) that must say the same as the row that carries them.
//!
//! Read `rows.rs` for what a commit carries, `ledger.rs` for the contract every backend keeps, `sqlite.rs`
//! for the backend that ships, then `docs/journal.md` for the format of what is on disk.

mod access;
mod backup;
mod batch;
mod cell;
mod checkpointer;
mod connect;
mod counts;
mod deeds;
mod error;
mod files;
mod folder;
mod idempotency;
mod ledger;
mod list;
mod merkle;
mod migrate;
mod notices;
mod operational;
mod reader;
mod rebuild;
mod restore;
mod routines;
mod rows;
mod segment;
mod sqlite;
mod vault;
mod verify;
mod views;

pub mod conformance;
pub mod limits;
pub mod proof;

pub use access::{AccessEntry, AccessRow, Clear};
pub use backup::BackupReport;
pub use batch::{BatchHeader, Digest, digest, hex};
pub use counts::DayCount;
pub use deeds::{DeedRow, Doer, MADE, REVOKED};
pub use error::StoreError;
pub use files::FileStore;
pub use folder::{Erasure, Folder, Hold};
pub use idempotency::Keys;
pub use ledger::{Commit, Ledger};
pub use list::{CaseFilter, CasePage, PageKey};
pub use notices::{BoxOf, NoticeEntry, NoticeRow, SubscriptionRow};
pub use operational::{AccountRow, EditionRow, NOT_REBUILT, PROJECTIONS, TokenRow};
pub use reader::Reader;
pub use rebuild::{Difference, RebuildReport};
pub use restore::{Loss, Lost, RestoreReport, restore};
pub use routines::RoutineSum;
pub use rows::*;
pub use segment::{Checkpoint, SignedCheckpoint};
pub use sqlite::{Options, Store};
pub use vault::{
    DataKey, ItemPlace, MasterKey, Opened, VaultItem, VaultKey, commitment, open_file, open_item, seal,
    seal_file,
};
pub use verify::{Damage, ItemRef, References, VerifyReport};
pub use views::{Follower, Views};
