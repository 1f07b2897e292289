//! Editions of the city: the folder that was loaded, kept as a file under its digest, and the rules read
//! from it.
//!
//! Loading is a record of stream 0, so that the journal says which edition was in force when.

use crate::error::EngineError;
use compact_str::CompactString;
use huying_core::case::event::{Actor, Digest};
use huying_core::city::Folder as CityFolder;
use huying_core::ids::{Edition, StreamId, Version};
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_store::{Batch, EditionRow, Folder, Reader, Record, Store, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The stream of the city itself.
pub const CITY_STREAM: StreamId = StreamId(0);
/// The schema of its records.
const SCHEMA: u16 = 1;

/// One record of the city's stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CityRecord {
    /// Schema version.
    pub schema: u16,
    /// Always [`CITY_STREAM`].
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: Version,
    /// When it was recorded.
    pub recorded_at: Time,
    /// Who loaded it.
    pub actor: Actor,
    /// The command's name.
    pub command: CompactString,
    /// The edition that came into force.
    pub edition: Edition,
    /// SHA-256 of the folder as kept.
    pub digest: Digest,
    /// Places, units, posts and matters in it.
    pub counts: BTreeMap<CompactString, u64>,
}

/// A folder as it is kept: names to texts. A city folder holds texts only.
fn pack(folder: &CityFolder) -> Result<Vec<u8>, EngineError> {
    let texts: BTreeMap<&str, std::borrow::Cow<'_, str>> =
        folder.iter().map(|(name, bytes)| (name, String::from_utf8_lossy(bytes))).collect();
    Ok(serde_json::to_vec(&texts)?)
}

fn unpack(bytes: &[u8]) -> Result<CityFolder, EngineError> {
    let texts: BTreeMap<String, String> = serde_json::from_slice(bytes)?;
    Ok(texts.into_iter().collect())
}

/// The newest edition that the journal knows.
fn in_force(reader: &Reader) -> Result<EditionRow, EngineError> {
    let mut editions = reader.editions()?.into_iter();
    let found = match recorded(reader) {
        // A page that does not read must not take the whole city down: the row names the edition too.
        Err(EngineError::Store(StoreError::Damaged { .. })) => editions.next_back(),
        recorded => {
            let recorded = recorded?;
            editions.rfind(|e| Some(e.edition) == recorded)
        }
    };
    found.ok_or(EngineError::NoCity)
}

/// Reads the rules of the newest edition.
pub(crate) fn current(reader: &Reader, folder: &Folder) -> Result<Rules, EngineError> {
    let row = in_force(reader)?;
    let kept = unpack(&folder.files().get(&row.digest)?)?;
    let (rules, faults) = Rules::read(&kept, row.edition);
    rules.ok_or(EngineError::City(faults))
}

/// The city folder that a data folder holds, none when there is no data or no city in it yet. Reads beside
/// a writer.
///
/// # Errors
/// The store's faults.
pub fn loaded_city(root: &std::path::Path) -> Result<Option<CityFolder>, EngineError> {
    let folder = Folder::at(root);
    if !folder.ledger().exists() {
        return Ok(None);
    }
    match kept(&Reader::open(&folder)?, &folder) {
        Ok(city) => Ok(Some(city)),
        Err(EngineError::NoCity) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The folder of the newest edition.
pub(crate) fn kept(reader: &Reader, folder: &Folder) -> Result<CityFolder, EngineError> {
    let row = in_force(reader)?;
    unpack(&folder.files().get(&row.digest)?)
}

/// Loads a city folder as a new edition; the same folder again is the edition it already is.
pub(crate) fn load(
    store: &mut Store,
    folder: &Folder,
    city: &CityFolder,
    actor: Actor,
    now: Time,
) -> Result<Rules, EngineError> {
    let bytes = pack(city)?;
    let newest = store.editions()?.into_iter().max_by_key(|e| e.edition);
    let digest = huying_store::digest(&bytes);
    // A crash may leave a row without its record: the same folder again then gets that row's number.
    let same = newest.as_ref().filter(|e| e.digest == digest).map(|e| e.edition);
    let edition = same.unwrap_or(Edition(newest.map_or(0, |e| e.edition.0) + 1));
    let (rules, faults) = Rules::read(city, edition);
    let Some(rules) = rules else { return Err(EngineError::City(faults)) };
    if same.is_some() && same == recorded(store)? {
        return Ok(rules);
    }
    folder.files().put(&bytes)?;
    let recorded_at = now.max(store.last_recorded());
    let version = Version(store.last_version(CITY_STREAM)?.0 + 1);
    let record = CityRecord {
        schema: SCHEMA,
        stream: CITY_STREAM,
        version,
        recorded_at,
        actor,
        command: "load_city".into(),
        edition,
        digest: Digest(digest),
        counts: counts(&rules),
    };
    let payload = serde_json::to_vec(&record)?;
    // The row first: an edition without its record is loaded again, a record without its row could not be
    // read.
    let row = EditionRow { edition, digest, file: huying_store::hex(&digest), loaded_at: recorded_at };
    if same.is_none() {
        store.put_edition(&row)?;
    }
    let records = vec![Record { stream: CITY_STREAM, version, payload }];
    store.commit(&Batch { recorded_at, records, ..Batch::default() })?;
    Ok(rules)
}

/// The newest edition that the journal says was loaded.
fn recorded(reader: &Reader) -> Result<Option<Edition>, EngineError> {
    let last = reader.load(CITY_STREAM)?.pop();
    let read = |stored: huying_store::StoredRecord| -> Result<Edition, serde_json::Error> {
        Ok(serde_json::from_slice::<CityRecord>(&stored.payload)?.edition)
    };
    Ok(last.map(read).transpose()?)
}

fn counts(rules: &Rules) -> BTreeMap<CompactString, u64> {
    let city = &rules.city;
    [
        ("places", city.places.len()),
        ("units", city.units.all().len()),
        ("posts", city.people.posts().len()),
        ("matters", city.catalogue.matters().len()),
    ]
    .into_iter()
    .map(|(name, n)| (name.into(), n as u64))
    .collect()
}
