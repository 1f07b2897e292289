//! The rules of a city, as pure functions over plain data.
//!
//! Nothing here reads the time of day, touches a file, spawns a thread or rolls a die: time, ids and answers
//! from outside are arguments. Read `ids.rs` and `time.rs` first, then `clock.rs`, then `case/`.

pub mod actor;
pub mod calendar;
pub mod case;
pub mod catalogue;
pub mod city;
pub mod clock;
pub mod duty;
pub mod fault;
pub mod figures;
pub mod ids;
pub mod observation;
pub mod place;
pub mod profile;
pub mod roster;
pub mod rules;
pub mod standing;
pub mod time;
pub mod unit;

/// Whether a field says no more than its absence would, so that serde leaves it out.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
