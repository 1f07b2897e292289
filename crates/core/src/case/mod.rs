//! A case: its permanent events, the fold of them, and the decisions that add to them.
//!
//! Read `event.rs` (the format), `state.rs` (what it folds to), `thread.rs` (the machines), `decide/mod.rs`,
//! `notice.rs` (who is told).

pub mod apply;
pub mod command;
pub mod cover;
pub mod decide;
pub mod duplicate;
pub mod event;
pub mod notice;
pub mod record;
pub mod refusal;
pub mod routine;
pub mod state;
pub mod thread;
mod words;
