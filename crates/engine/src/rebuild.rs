//! Rebuilding the rows from the journal: each record is folded onto its case and projected as at its commit.

use crate::batch::fold;
use crate::cache::Cache;
use crate::city::CITY_STREAM;
use crate::error::EngineError;
use crate::limits::CACHE_GENERATION;
use crate::rows::project;
use huying_core::case::apply::apply_record;
use huying_core::case::record::read;
use huying_core::ids::{CaseId, Seq, Version};
use huying_store::{Reader, RebuildReport, Rows, Store, StoreError, StoredRecord};
use std::sync::Arc;

/// Replays the journal into a shadow of the rows, compares it with what is live, and on `swap` puts it in
/// place when they differ. `progress` hears each record.
///
/// # Errors
/// The store's faults, and a record that does not read, by its place.
pub fn rebuild(
    store: &mut Store,
    swap: bool,
    progress: &mut dyn FnMut(Seq),
) -> Result<RebuildReport, EngineError> {
    let journal = Reader::open(store.folder())?;
    let mut cache = Cache::new(CACHE_GENERATION);
    Ok(store.rebuild(|stored| rows(stored, &journal, &mut cache).map_err(broken), swap, progress)?)
}

fn rows(stored: &StoredRecord, journal: &Reader, cache: &mut Cache) -> Result<Rows, EngineError> {
    let mut rows = Rows::default();
    if stored.stream == CITY_STREAM {
        return Ok(rows);
    }
    let record = read(&stored.payload).map_err(|source| EngineError::Record { seq: stored.seq.0, source })?;
    let id = CaseId(stored.stream.0);
    let before = match cache.get(id) {
        Some(case) => Some(case),
        None if stored.version.0 == 1 => None,
        None => fold(&journal.load(stored.stream)?, Some(Version(stored.version.0 - 1)))?.map(Arc::new),
    };
    let after = Arc::new(apply_record(before.as_deref().cloned(), &record));
    project(before.as_deref(), &after, &mut rows);
    cache.put(after);
    Ok(rows)
}

/// The store asks for an error of its own.
fn broken(error: EngineError) -> StoreError {
    match error {
        EngineError::Store(error) => error,
        other => {
            let cause = std::error::Error::source(&other).map(|s| format!(": {s}")).unwrap_or_default();
            StoreError::Broken { what: format!("{other}{cause}") }
        }
    }
}
