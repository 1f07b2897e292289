//! Editions of the city: the folder that was loaded, kept as a file under its digest, and the rules read
//! from it.
//!
//! Loading is a record of stream 0, so that the journal says which edition was in force when; so is every
//! change of the roster since, and every standing order. How an order is sealed and stored is `standing.rs`.

use crate::error::{EngineError, Rejected};
use compact_str::CompactString;
use huying_atlas::Atlas;
use huying_core::case::event::{Actor, Digest};
use huying_core::city::{DUTY, Folder as CityFolder, PERSONS, POSTS};
use huying_core::fault::Severity;
use huying_core::ids::{Edition, StreamId, Version};
use huying_core::profile::settled;
use huying_core::roster::{RosterChange, change};
use huying_core::rules::Rules;
use huying_core::standing::{Order, OrderNo, Standing, StandingChange};
use huying_core::time::Time;
use huying_store::{Batch, EditionRow, Folder, Reader, Record, Store, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The stream of the city itself.
pub const CITY_STREAM: StreamId = StreamId(0);
/// The schema of its records.
const SCHEMA: u16 = 1;

/// One record of the city's stream. **The format is permanent.**
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CityRecord {
    /// An edition came into force.
    Loaded(Loaded),
    /// The roster changed.
    Roster(RosterChanged),
    /// The standing orders changed.
    Standing(StandingChanged),
}

/// Somebody gave a standing order: of duty, of a mode, of the admission of a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StandingChanged {
    /// Schema version.
    pub schema: u16,
    /// Always [`CITY_STREAM`].
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: Version,
    /// When it was recorded.
    pub recorded_at: Time,
    /// Who gave the order.
    pub actor: Actor,
    /// The order's name.
    pub command: CompactString,
    /// The edition in force.
    pub edition: Edition,
    /// What changed, in order.
    pub orders: Vec<StandingChange>,
}

/// Somebody came, left, took or gave up a post.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RosterChanged {
    /// Schema version.
    pub schema: u16,
    /// Always [`CITY_STREAM`].
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: Version,
    /// When it was recorded.
    pub recorded_at: Time,
    /// Who gave the command.
    pub actor: Actor,
    /// The command's name.
    pub command: CompactString,
    /// The edition whose roster it changes.
    pub edition: Edition,
    /// What changed, in order.
    pub changes: Vec<RosterChange>,
}

/// A folder became an edition.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Loaded {
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
    /// The operator's leave to route calls by borders that were made up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept_synthetic: bool,
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

/// What the journal says of the city: the edition loaded last, how its roster changed since, and which
/// standing orders there are.
#[derive(Default)]
struct Told {
    edition: Option<Edition>,
    accept_synthetic: bool,
    changes: Vec<RosterChange>,
    orders: Vec<StandingChange>,
    last: Time,
}

impl Told {
    fn take(&mut self, record: CityRecord) {
        match record {
            CityRecord::Loaded(loaded) => {
                (self.edition, self.accept_synthetic) = (Some(loaded.edition), loaded.accept_synthetic);
                self.changes.clear();
                // Rosters of duty are the folder's; what was declared and admitted outlives it.
                self.orders.retain(|order| !order.is_of_folder());
                self.last = loaded.recorded_at;
            }
            CityRecord::Roster(roster) => {
                self.changes.extend(roster.changes);
                self.last = roster.recorded_at;
            }
            CityRecord::Standing(standing) => {
                self.orders.extend(standing.orders);
                self.last = standing.recorded_at;
            }
        }
    }

    /// How often people, posts or rosters of duty changed since the edition was loaded.
    fn since_loading(&self) -> usize {
        self.changes.len() + self.orders.iter().filter(|order| order.is_of_folder()).count()
    }
}

fn told(reader: &Reader) -> Result<Told, EngineError> {
    let mut told = Told::default();
    for stored in reader.load(CITY_STREAM)? {
        told.take(serde_json::from_slice(&stored.payload)?);
    }
    Ok(told)
}

/// The newest edition that the journal knows, and how it stands.
fn in_force(reader: &Reader) -> Result<(EditionRow, Told), EngineError> {
    let mut editions = reader.editions()?.into_iter();
    let found = match told(reader) {
        // A page that does not read must not take the whole city down: the row names the edition too.
        Err(EngineError::Store(StoreError::Damaged { .. })) => (editions.next_back(), Told::default()),
        told => {
            let told = told?;
            (editions.rfind(|e| Some(e.edition) == told.edition), told)
        }
    };
    found.0.map(|row| (row, found.1)).ok_or(EngineError::NoCity)
}

/// A city at work: what is in force, and where things are.
#[derive(Clone)]
pub(crate) struct InForce {
    pub(crate) rules: Arc<Rules>,
    /// None where the folder holds no geometry.
    pub(crate) atlas: Option<Arc<Atlas>>,
    pub(crate) accept_synthetic: bool,
}

/// The index of the geometry, derived from the folder in force and made again when that changes.
const INDEX: &str = "atlas.index";

impl InForce {
    fn of(
        rules: Rules,
        folder: &Folder,
        city: &CityFolder,
        accept_synthetic: bool,
    ) -> Result<InForce, EngineError> {
        let (atlas, faults) = Atlas::open_or_read(&folder.root().join(INDEX), city, &rules.city);
        if faults.iter().any(|f| f.severity == Severity::Error) {
            return Err(EngineError::City(faults));
        }
        Ok(InForce { rules: Arc::new(rules), atlas: atlas.map(Arc::new), accept_synthetic })
    }
}

fn read_rules(city: &CityFolder, edition: Edition, told: &Told) -> Result<Rules, EngineError> {
    let (rules, faults) = Rules::read(city, edition);
    let mut rules = rules.ok_or(EngineError::City(faults))?;
    if !told.changes.is_empty() {
        let people = change::fold(&rules.city.people, &told.changes);
        rules = rules.with_people(people);
    }
    if told.orders.is_empty() {
        return Ok(rules);
    }
    let standing = Standing::clone(&rules.standing).after(&told.orders);
    Ok(rules.with_standing(standing))
}

/// Reads the rules of the newest edition with the roster and the standing orders as they are.
pub(crate) fn current(reader: &Reader, folder: &Folder) -> Result<Rules, EngineError> {
    let (row, told) = in_force(reader)?;
    read_rules(&unpack(&folder.files().get(&row.digest)?)?, row.edition, &told)
}

/// The newest edition at work.
pub(crate) fn open(reader: &Reader, folder: &Folder) -> Result<InForce, EngineError> {
    let (row, told) = in_force(reader)?;
    let kept = unpack(&folder.files().get(&row.digest)?)?;
    let rules = read_rules(&kept, row.edition, &told)?;
    InForce::of(rules, folder, &kept, told.accept_synthetic)
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

/// The folder of the newest edition, with people, posts and rosters of duty as they stand.
pub(crate) fn kept(reader: &Reader, folder: &Folder) -> Result<CityFolder, EngineError> {
    let (row, told) = in_force(reader)?;
    let mut kept = unpack(&folder.files().get(&row.digest)?)?;
    if told.since_loading() == 0 {
        return Ok(kept);
    }
    let rules = read_rules(&kept, row.edition, &told)?;
    let mut city = rules.city;
    city.duty = Arc::new(rules.standing.rosters(told.last).cloned().collect());
    let written = city.write();
    if kept.get(DUTY).is_some() {
        // Where no roster is left the file is not written.
        kept.put(DUTY, "");
    }
    for file in [PERSONS, POSTS, DUTY] {
        if let Some(bytes) = written.get(file) {
            kept.put(file, bytes);
        }
    }
    Ok(kept)
}

/// Loads a city folder as a new edition; the same folder again is the edition it already is. Changes of the
/// roster since the last loading are lost when the folder does not hold them, so they must be meant to be. A
/// profile that stands on one that ships is kept written out: an edition's rules do not change with the
/// product.
pub(crate) fn load(
    store: &mut Store,
    folder: &Folder,
    city: &CityFolder,
    how: Loading,
    actor: Actor,
    now: Time,
) -> Result<InForce, EngineError> {
    let city = &settled(city);
    let bytes = pack(city)?;
    let newest = store.editions()?.into_iter().max_by_key(|e| e.edition);
    let digest = huying_store::digest(&bytes);
    // A crash may leave a row without its record: the same folder again then gets that row's number.
    let same = newest.as_ref().filter(|e| e.digest == digest).map(|e| e.edition);
    let edition = same.unwrap_or(Edition(newest.map_or(0, |e| e.edition.0) + 1));
    let mut told = told(store)?;
    let (recorded, accept_synthetic) = (told.edition, told.accept_synthetic);
    let accepts = how.accept_synthetic.unwrap_or(accept_synthetic);
    if same.is_some() && same == recorded && !how.replace_roster && accepts == accept_synthetic {
        return InForce::of(read_rules(city, edition, &told)?, folder, city, accepts);
    }
    let changed = told.since_loading();
    (told.changes, told.orders) =
        (Vec::new(), told.orders.into_iter().filter(|order| !order.is_of_folder()).collect());
    let rules = read_rules(city, edition, &told)?;
    if !how.replace_roster && changed > 0 && would_undo(&rules, &current(store, folder)?, now) {
        return Err(EngineError::Roster(changed));
    }
    let counts = counts(&rules);
    let loaded = InForce::of(rules, folder, city, accepts)?;
    folder.files().put(&bytes)?;
    let recorded_at = now.max(store.last_recorded());
    let version = Version(store.last_version(CITY_STREAM)?.0 + 1);
    let record = CityRecord::Loaded(Loaded {
        schema: SCHEMA,
        stream: CITY_STREAM,
        version,
        recorded_at,
        actor,
        command: "load_city".into(),
        edition,
        digest: Digest(digest),
        counts,
        accept_synthetic: accepts,
    });
    // The row first: an edition without its record is loaded again, a record without its row could not be
    // read.
    let row = EditionRow { edition, digest, file: huying_store::hex(&digest), loaded_at: recorded_at };
    if same.is_none() {
        store.put_edition(&row)?;
    }
    store.commit(&batch(version, recorded_at, &record)?)?;
    Ok(loaded)
}

/// Whether a folder holds other people, posts or rosters of duty than those in force.
fn would_undo(loaded: &Rules, current: &Rules, now: Time) -> bool {
    let duty = |rules: &Rules| rules.standing.rosters(now).cloned().collect::<Vec<_>>();
    current.city.people != loaded.city.people || duty(current) != duty(loaded)
}

/// How a city is loaded over the one in force.
#[derive(Debug, Clone, Copy, Default)]
pub struct Loading {
    /// Take people, posts and rosters of duty of the folder even if they changed since the last loading.
    pub replace_roster: bool,
    /// Whether calls may be routed by borders that were made up; none keeps what was said before, at first
    /// no.
    pub accept_synthetic: Option<bool>,
}

/// The rules with a changed roster, and the batch that makes them so.
pub(crate) fn change_roster(
    store: &Store,
    rules: &Rules,
    changes: Vec<RosterChange>,
    actor: Actor,
    now: Time,
) -> Result<(Rules, Batch), Rejected> {
    let by = if let Actor::Staff(staff) = &actor { Some(&**staff) } else { None };
    let people = change::accept(rules, &changes, by, now).map_err(Rejected::Refused)?;
    let recorded_at = now.max(store.last_recorded());
    let version = Version(store.last_version(CITY_STREAM)?.0 + 1);
    let record = CityRecord::Roster(RosterChanged {
        schema: SCHEMA,
        stream: CITY_STREAM,
        version,
        recorded_at,
        actor,
        command: "change_roster".into(),
        edition: rules.edition,
        changes,
    });
    Ok((rules.with_people(people), batch(version, recorded_at, &record)?))
}

/// The rules under an order, its number, and the batch that makes it so.
pub(crate) fn order(
    store: &Store,
    rules: &Rules,
    order: &Order,
    actor: Actor,
    now: Time,
) -> Result<(Rules, OrderNo, Batch), Rejected> {
    let by = if let Actor::Staff(staff) = &actor { Some(&**staff) } else { None };
    let version = Version(store.last_version(CITY_STREAM)?.0 + 1);
    let no = OrderNo(u64::from(version.0));
    let change = huying_core::standing::accept(rules, order, no, by, now).map_err(Rejected::Refused)?;
    let standing = Standing::clone(&rules.standing).after([&change]);
    let recorded_at = now.max(store.last_recorded());
    let record = CityRecord::Standing(StandingChanged {
        schema: SCHEMA,
        stream: CITY_STREAM,
        version,
        recorded_at,
        actor,
        command: order.name().into(),
        edition: rules.edition,
        orders: vec![change],
    });
    Ok((rules.with_standing(standing), no, batch(version, recorded_at, &record)?))
}

fn batch(version: Version, recorded_at: Time, record: &CityRecord) -> Result<Batch, EngineError> {
    let payload = serde_json::to_vec(record)?;
    let records = vec![Record { stream: CITY_STREAM, version, payload }];
    Ok(Batch { recorded_at, records, ..Batch::default() })
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
