//! A refusal: a value that says which rule stands against a command, on what basis, and what would be
//! allowed.

use serde::Serialize;

/// Why a command was not accepted. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{rule}: {why}")]
pub struct Refusal {
    /// The rule, such as `powers.apart`; a key of the profile's legal bases.
    pub rule: &'static str,
    /// What stands against it here, in one sentence.
    pub why: String,
    /// The legal basis, in Chinese, where the profile has one.
    pub basis: Option<String>,
    /// What would be accepted instead, or who could do it.
    pub accepted: String,
    /// The commands this actor could give on this case now.
    pub allowed: Vec<&'static str>,
}

impl Refusal {
    /// A refusal by `rule`; basis and allowed commands are filled in at the edge of `decide`.
    pub fn new(rule: &'static str, why: impl Into<String>, accepted: impl Into<String>) -> Refusal {
        Refusal { rule, why: why.into(), basis: None, accepted: accepted.into(), allowed: Vec::new() }
    }
}
