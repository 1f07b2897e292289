//! What can go wrong around a decision: everything that is not a refusal.

use huying_core::case::record::RecordError;
use huying_core::case::refusal::Refusal;
use huying_core::fault::{Fault, chain};
use huying_store::StoreError;
use std::sync::Arc;

/// Why the engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The profile says nothing of what handling costs.
    #[error(
        "the profile has no table [cost]; accepted: one with rates of a minute, a trip, a form and a transfer"
    )]
    NoCosts,
    /// The profile has no whistles.
    #[error("the profile has no table [whistling]; accepted: one that says which grades count as good")]
    NoWhistles,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A record of the journal cannot be read.
    #[error("record {seq} of the journal cannot be read")]
    Record {
        /// Its place.
        seq: u64,
        /// Why.
        #[source]
        source: RecordError,
    },
    /// The city folder has faults.
    #[error("the city folder has {} faults; the first: {}", .0.len(), first(.0))]
    City(Vec<Fault>),
    /// The data folder holds no city yet.
    #[error("the data folder holds no city: load one first (`huying city load DIR --data DATA`)")]
    NoCity,
    /// A city would be loaded over a roster that changed since the last loading.
    #[error(
        "the roster changed {0} times since the city was loaded, and the folder would undo it: export the city \
         and begin from that (`huying city export --data DATA OUT`), or load with --replace-roster"
    )]
    Roster(usize),
    /// The stored city cannot be read.
    #[error("edition {0} of the city cannot be read from the data folder")]
    Edition(u32),
    /// The writer's thread could not be started.
    #[error("the writer's thread could not be started")]
    Thread(#[source] std::io::Error),
    /// Something could not be written as JSON.
    #[error("a value could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The city has no such level of places.
    #[error("the city has no level `{given}`; accepted: {accepted}")]
    NoLevel {
        /// The word given.
        given: String,
        /// The levels there are.
        accepted: String,
    },
    /// The views stand still behind the ledger.
    #[error(
        "the lists and figures stand at record {at} of {of} and do not move on: an import that is running follows at its end; otherwise, is the disk full?"
    )]
    Behind {
        /// Where they stand.
        at: u64,
        /// Where the ledger stands.
        of: u64,
    },
    /// No randomness to be had.
    #[error("the system gives no randomness: {0}")]
    Randomness(String),
}

impl EngineError {
    /// Whether the ledger itself is at fault, so that what is whole of it can still be read.
    pub fn is_damage(&self) -> bool {
        matches!(self, EngineError::Store(error) if error.is_damage())
    }
}

fn first(faults: &[Fault]) -> String {
    faults.first().map(ToString::to_string).unwrap_or_default()
}

/// Why a submitted command was not accepted. Nothing has changed, except perhaps after [`Rejected::Unknown`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum Rejected {
    /// A rule stands against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such case.
    #[error("there is no case `{0}`")]
    NoCase(String),
    /// The idempotency key was used for something else.
    #[error("the idempotency key was used for another command")]
    KeyReused,
    /// A text is too long, or there are too many.
    #[error("{what}: {given} is over the limit of {limit}")]
    TooLarge {
        /// What is.
        what: &'static str,
        /// How much there is.
        given: usize,
        /// How much is taken.
        limit: usize,
    },
    /// Too much waits already.
    #[error("too many commands wait; try again in a moment")]
    Busy,
    /// The engine is stopping.
    #[error("the engine is stopping")]
    Stopped,
    /// The ledger is damaged and only read: why, and what to do.
    #[error("nothing can be written: {0}")]
    ReadOnly(Arc<str>),
    /// It could not be decided or made durable.
    #[error("the command was not taken: {}", chain(.0.as_ref()))]
    Failed(Arc<EngineError>),
    /// The disk failed while it was made durable: it may be there or not. The same again with the same
    /// idempotency key tells which, and does it if it is not.
    #[error("whether the command was taken is not known: {}", chain(.0.as_ref()))]
    Unknown(Arc<EngineError>),
}

impl From<EngineError> for Rejected {
    fn from(error: EngineError) -> Self {
        Rejected::Failed(Arc::new(error))
    }
}

impl From<StoreError> for Rejected {
    fn from(error: StoreError) -> Self {
        Rejected::from(EngineError::from(error))
    }
}
