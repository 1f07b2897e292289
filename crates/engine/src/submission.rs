//! What is handed to the engine, and what comes back once it is durable.

use crate::error::Rejected;
use compact_str::CompactString;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Event};
use huying_core::case::state::Spine;
use huying_core::ids::{CaseId, Seq, Version};
use huying_core::observation::Contradiction;
use huying_core::time::Time;
use serde::{Deserialize, Serialize};

/// The fixed length of an idempotency key within its sender's scope: SHA-256 of scope and key.
pub type Key = [u8; 32];

/// A text to be sealed, in the order in which the command refers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClearText {
    /// What kind of text: `content`, `contact`, `address`, `note`…
    pub class: CompactString,
    /// The words.
    pub text: String,
}

/// A command to be decided. Its text references stand in order for `texts`, see `TextRef::pending`.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Sent again with the same key, the same answer comes back and nothing happens twice.
    pub key: Option<Key>,
    /// Who acts.
    pub actor: Actor,
    /// When they say it happened.
    pub occurred: Option<Time>,
    /// The case it is for; none for a new one, and for an observation, which finds its own.
    pub case: Option<CaseId>,
    /// What is asked.
    pub command: Command,
    /// The words it refers to.
    pub texts: Vec<ClearText>,
}

/// A command that was accepted and is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The case.
    pub case: CaseId,
    /// Its public number.
    pub number: CompactString,
    /// Its version after the command.
    pub version: Version,
    /// The journal position that makes it durable.
    pub seq: Seq,
    /// When it was recorded.
    pub recorded_at: Time,
    /// Where the case stands.
    pub spine: Spine,
    /// Whether this very command had been accepted before.
    #[serde(default)]
    pub repeated: bool,
    /// What an observation changed; none for any other command.
    #[serde(skip)]
    pub observed: Option<Observed>,
}

/// What became of an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Whether the case is new.
    pub new: bool,
    /// Whether it changed.
    pub changed: bool,
    /// What contradicts what was held.
    pub contradictions: Vec<Contradiction>,
}

/// The answer to a submission.
pub type Answer = Result<Accepted, Rejected>;

/// One durable record, as subscribers see it: no personal words.
#[derive(Debug, Clone)]
pub struct Published {
    /// Its place in the journal.
    pub seq: Seq,
    /// The case.
    pub case: CaseId,
    /// Its public number.
    pub number: CompactString,
    /// Where it stands now.
    pub spine: Spine,
    /// When it was recorded.
    pub recorded_at: Time,
    /// The command's name.
    pub command: CompactString,
    /// What happened.
    pub events: Vec<Event>,
}
