//! The command loop: queue → gather answers → `decide` → commit → publish.
//!
//! `engine.rs` is what callers see; `writer.rs` is the one thread that writes; `batch.rs` decides a group
//! of commands; `ring.rs` rings due clocks; `owed.rs` delivers what cases owe each other; `sealing.rs`
//! seals words on the way in; `standing.rs` puts standing orders in force; `points.rs` covers where somebody
//! called from; `duplicates.rs` knows what is near;
//! `reassign.rs` moves what somebody holds; `rows.rs` says what of a case the store keeps in columns;
//! `verify.rs` and `rebuild.rs` look at the journal as a whole; `import` reads exports of other systems;
//! `retention.rs` says whose words are due to be destroyed; `figures` counts what is there.
//! No rule is decided here and no HTTP is spoken.

mod batch;
mod cache;
mod city;
mod duplicates;
mod engine;
mod erasures;
mod error;
mod external;
pub mod figures;
mod files;
pub mod import;
pub mod limits;
mod log;
mod modes;
mod notices;
mod outbox;
mod owed;
mod points;
mod queue;
mod quota;
mod read_only;
mod reassign;
mod rebuild;
mod retention;
mod ring;
mod rows;
mod sealing;
mod standing;
mod submission;
mod time;
mod verify;
mod writer;

pub use city::{CITY_STREAM, CityRecord, Loaded, Loading, RosterChanged, StandingChanged, loaded_city};
pub use duplicates::NearFound;
pub use engine::{Engine, History, Settings, history_of, plain, rules_of};
pub use error::{EngineError, Rejected};
pub use files::Attachment;
pub use huying_store as store;
pub use log::Log;
pub use notices::{LIVE, PAUSED, Scope, Subscription, account_of, kind_of, notice_id};
pub use outbox::{CASES, Owed, owed};
pub use owed::{Delivery, GONE_ITS_WAY};
pub use points::ExactPoint;
pub use read_only::Damaged;
pub use reassign::{Party, Reassigned};
pub use rebuild::rebuild;
pub use retention::{Due, RETENTION, due_for_erasure};
pub use rows::fact;
pub use standing::{CITY_CASE, OrderGiven, Ordered};
pub use submission::{Accepted, Answer, ClearText, Key, Observed, Published, Submission};
pub use time::{MachineTime, SetTime, TimeSource};
pub use verify::verify;
pub use writer::Subscriber;
