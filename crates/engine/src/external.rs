//! Rows of other systems: how the same row is known again.

use huying_core::observation::Observation;
use sha2::{Digest as _, Sha256};

/// SHA-256 of what is held of a case of another system. It follows from the journal, so a rebuild finds it
/// again.
pub(crate) fn row_digest(observation: &Observation) -> [u8; 32] {
    let bytes = serde_json::to_vec(observation).unwrap_or_default();
    Sha256::digest(bytes).into()
}
