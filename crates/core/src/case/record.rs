//! Records as bytes: written once, never re-serialised; older schemas are upcast when they are read.
//!
//! A new schema adds an arm to [`read`] that turns the older JSON into today's shape, and a fixture of the
//! older bytes under `tests/fixtures/records/` that is read for ever.

use super::event::{Record, SCHEMA};
use serde::Deserialize;

/// Why bytes are no record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// They are not what the schema says.
    #[error("a record of schema {schema} cannot be read")]
    Shape {
        /// The schema it claims.
        schema: u16,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// They come from a later release.
    #[error("a record of schema {found} was written by a later release; this one reads up to {SCHEMA}")]
    Newer {
        /// The schema it claims.
        found: u16,
    },
    /// They are no JSON object with a schema.
    #[error("the bytes are no record")]
    NoRecord(#[source] serde_json::Error),
}

#[derive(Deserialize)]
struct Peek {
    schema: u16,
}

/// The bytes of a record, to be stored as they are.
///
/// # Errors
/// Never for a record that `decide` made; serde's error otherwise.
pub fn write(record: &Record) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(record)
}

/// Reads the bytes of a record of any schema up to [`SCHEMA`].
///
/// # Errors
/// [`RecordError`] when the bytes are of a later release or of no known shape.
pub fn read(bytes: &[u8]) -> Result<Record, RecordError> {
    upcast(decode(bytes)?)
}

/// Decodes bytes as today's shape. Today's schema is by far the most common, so it is tried first and
/// looked at more closely only when that fails.
///
/// # Errors
/// As for [`read`].
pub fn decode(bytes: &[u8]) -> Result<Record, RecordError> {
    serde_json::from_slice::<Record>(bytes).or_else(|source| {
        let peek: Peek = serde_json::from_slice(bytes).map_err(RecordError::NoRecord)?;
        if peek.schema > SCHEMA {
            return Err(RecordError::Newer { found: peek.schema });
        }
        Err(RecordError::Shape { schema: peek.schema, source })
    })
}

/// Turns a decoded record into one of today's schema; there is only one schema so far, so only a later one
/// fails.
///
/// # Errors
/// `Newer` for a record of a later release.
pub fn upcast(record: Record) -> Result<Record, RecordError> {
    if record.schema == SCHEMA { Ok(record) } else { Err(RecordError::Newer { found: record.schema }) }
}
