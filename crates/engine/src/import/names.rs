//! The names that a file uses for places, units and matters: known ones found, new ones collected.
//!
//! A new place or unit gets an id made from its name: letters and digits of any script are kept, in lower
//! case, everything else becomes a hyphen; a taken id is numbered in the order of appearance. A new matter
//! gets the next number of the export's own kind. The same file gives the same ids. How new names become a
//! city: `create.rs`.

use compact_str::{CompactString, format_compact};
use huying_core::city::City;
use huying_core::city::limits::MAX_NAME_BYTES;
use huying_core::ids::{MAX_ID_BYTES, MatterCode, PlaceId, UnitId};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Characters of the number of a matter that an import creates.
pub(super) const MATTER_DIGITS: usize = 5;
/// The kind of such matters where the registry was told none.
const PLAIN_KIND: &str = "imported";

/// A name of the file that the city lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewName {
    /// The id made for it.
    pub id: CompactString,
    /// The name as the file writes it.
    pub name: String,
    /// The id of the place above it, new or known; always `None` for units and matters.
    pub parent: Option<CompactString>,
    /// The line of the file that named it first.
    pub line: u64,
}

/// Why a name cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NameFault {
    Unknown,
    Ambiguous,
    /// Too long to become a name of the city, or more names than there are numbers.
    Unfit,
}

/// Between the names of a place path; no name can hold it.
const STEP: char = '\u{1f}';

/// Key to id; `None` where several share it.
type Keys = HashMap<String, Option<CompactString>>;

fn note(keys: &mut Keys, key: &str, id: &str) {
    let entry = keys.entry(key.to_owned()).or_insert_with(|| Some(id.into()));
    if entry.as_deref() != Some(id) {
        *entry = None;
    }
}

/// Whole names are looked up before ids and ids before ends of paths: an id made from one name may be
/// another's name, and the same file must find the same things before and after the city has learnt them.
#[derive(Debug, Clone, Default)]
struct Names {
    whole: Keys,
    ids: Keys,
    ends: Keys,
    taken: HashSet<CompactString>,
    new: Vec<NewName>,
}

impl Names {
    fn know(&mut self, name: &str, id: &str) {
        self.know_id(id);
        note(&mut self.whole, name, id);
    }

    fn know_id(&mut self, id: &str) {
        self.taken.insert(id.into());
        note(&mut self.ids, id, id);
    }

    fn find(&self, key: &str) -> Result<CompactString, NameFault> {
        match [&self.whole, &self.ids, &self.ends].into_iter().find_map(|keys| keys.get(key)) {
            Some(Some(id)) => Ok(id.clone()),
            Some(None) => Err(NameFault::Ambiguous),
            None => Err(NameFault::Unknown),
        }
    }

    fn create(
        &mut self,
        key: &str,
        name: &str,
        parent: Option<CompactString>,
        line: u64,
        id: CompactString,
    ) -> Result<CompactString, NameFault> {
        if name.len() > MAX_NAME_BYTES {
            return Err(NameFault::Unfit);
        }
        self.taken.insert(id.clone());
        self.whole.insert(key.to_owned(), Some(id.clone()));
        self.new.push(NewName { id: id.clone(), name: name.to_owned(), parent, line });
        Ok(id)
    }

    fn free_id(&self, name: &str) -> CompactString {
        let slug = slug(name, MAX_ID_BYTES);
        if !self.taken.contains(slug.as_str()) {
            return slug.into();
        }
        let mut number = 2_u64;
        loop {
            let tail = format!("-{number}");
            let id = format!("{}{tail}", slug_cut(&slug, MAX_ID_BYTES - tail.len()));
            if !self.taken.contains(id.as_str()) {
                return id.into();
            }
            number += 1;
        }
    }

    /// The next number of a kind of matters that nobody has.
    fn free_number(&self, kind: &str) -> Result<CompactString, NameFault> {
        let most = 10_u64.pow(MATTER_DIGITS as u32);
        let first = self.new.len() as u64 + 1;
        (first..most)
            .map(|number| format_compact!("{kind}.{number:0MATTER_DIGITS$}"))
            .find(|code| !self.taken.contains(code))
            .ok_or(NameFault::Unfit)
    }
}

/// A name as a city can hold it: control characters become spaces.
fn clean(name: &str) -> Cow<'_, str> {
    if name.chars().any(char::is_control) {
        Cow::Owned(name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
    } else {
        Cow::Borrowed(name)
    }
}

/// The id made from a name, at most `limit` bytes; a name without letters or digits gives `unnamed`.
fn slug(name: &str, limit: usize) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_alphanumeric() {
            slug.extend(c.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug_cut(&slug, limit).to_owned();
    if slug.is_empty() { "unnamed".to_owned() } else { slug }
}

fn slug_cut(slug: &str, limit: usize) -> &str {
    let mut end = slug.len().min(limit);
    while !slug.is_char_boundary(end) {
        end -= 1;
    }
    slug.get(..end).unwrap_or("").trim_end_matches('-')
}

/// Names and ids of a city, and those that an import adds.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    create: bool,
    kind: CompactString,
    units: Names,
    matters: Names,
    places: Names,
}

impl Registry {
    /// An empty registry. With `create`, names that are not known are collected instead of refused.
    pub fn new(create: bool) -> Self {
        Self { create, kind: PLAIN_KIND.into(), ..Self::default() }
    }

    /// The registry of a city, past places and units included.
    pub fn of_city(city: &City, create: bool) -> Self {
        let mut registry = Self::new(create);
        for unit in city.units.all() {
            registry.know_unit(&unit.name, &unit.id);
        }
        for matter in city.catalogue.matters() {
            registry.know_matter(&matter.name, &matter.code);
        }
        for (no, place) in city.places.iter() {
            let mut path: Vec<&str> =
                city.places.line(place.tree, no).map(|over| city.places.get(over).name.as_str()).collect();
            path.reverse();
            registry.know_place(&path, &place.id);
            for code in city.places.codes(no) {
                note(&mut registry.places.ids, &code.code, place.id.as_str());
            }
        }
        registry
    }

    /// The kind under which new matters are numbered: a word such as `nyc311`.
    #[must_use]
    pub fn with_kind(mut self, kind: &str) -> Self {
        self.kind = kind.into();
        self
    }

    /// The kind under which new matters are numbered.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// A unit of the city: found by name and by id.
    pub fn know_unit(&mut self, name: &str, id: &UnitId) {
        self.units.know(name, id.as_str());
    }

    /// A matter of the city: found by name and by code.
    pub fn know_matter(&mut self, name: &str, code: &MatterCode) {
        self.matters.know(name, code.as_str());
    }

    /// A place of the city: found by id and by any lower end of `path`, which runs from the city down to
    /// it. The whole path, with the city or without, goes before ends of other paths.
    pub fn know_place(&mut self, path: &[&str], id: &PlaceId) {
        self.places.know_id(id.as_str());
        for start in 0..path.len() {
            let keys = if start < 2 { &mut self.places.whole } else { &mut self.places.ends };
            note(keys, &join(path.get(start..).unwrap_or_default()), id.as_str());
        }
    }

    pub(super) fn unit(&mut self, name: &str, line: u64) -> Result<UnitId, NameFault> {
        let name = clean(name);
        let id = match self.units.find(&name) {
            Err(NameFault::Unknown) if self.create => {
                let id = self.units.free_id(&name);
                self.units.create(&name, &name, None, line, id)
            }
            found => found,
        };
        UnitId::try_from(id?).map_err(|_| NameFault::Unknown)
    }

    pub(super) fn matter(&mut self, name: &str, line: u64) -> Result<MatterCode, NameFault> {
        let name = clean(name);
        let id = match self.matters.find(&name) {
            Err(NameFault::Unknown) if self.create => {
                let code = self.matters.free_number(&self.kind)?;
                self.matters.create(&name, &name, None, line, code)
            }
            found => found,
        };
        MatterCode::try_from(id?).map_err(|_| NameFault::Unknown)
    }

    /// `path` runs from the highest level the file names down to the place; it is not empty.
    pub(super) fn place(&mut self, path: &[&str], line: u64) -> Result<PlaceId, NameFault> {
        let path: Vec<Cow<'_, str>> = path.iter().map(|name| clean(name)).collect();
        let mut found = self.places.find(&join(&path));
        if found == Err(NameFault::Unknown) && self.create {
            found = self.create_path(&path, line);
        }
        PlaceId::try_from(found?).map_err(|_| NameFault::Unknown)
    }

    fn create_path(&mut self, path: &[Cow<'_, str>], line: u64) -> Result<CompactString, NameFault> {
        if path.iter().any(|name| name.len() > MAX_NAME_BYTES) {
            return Err(NameFault::Unfit);
        }
        let mut parent: Option<CompactString> = None;
        for end in 1..=path.len() {
            let key = join(path.get(..end).unwrap_or_default());
            let name = path.get(end - 1).map(AsRef::as_ref).unwrap_or_default();
            let id = match self.places.find(&key) {
                Err(NameFault::Unknown) => {
                    let id = self.places.free_id(name);
                    self.places.create(&key, name, parent, line, id)
                }
                found => found,
            };
            parent = Some(id?);
        }
        parent.ok_or(NameFault::Unknown)
    }

    /// Units that the file names and the city lacks, in order of appearance.
    pub fn new_units(&self) -> &[NewName] {
        &self.units.new
    }

    /// Matters that the file names and the city lacks, in order of appearance.
    pub fn new_matters(&self) -> &[NewName] {
        &self.matters.new
    }

    /// Places that the file names and the city lacks, each after the one above it.
    pub fn new_places(&self) -> &[NewName] {
        &self.places.new
    }
}

fn join<T: AsRef<str>>(path: &[T]) -> String {
    path.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(STEP.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_from_names_and_numbered_when_taken() {
        let mut registry = Registry::new(true);
        let mut id = |name: &str| registry.unit(name, 1).unwrap().to_string();
        assert_eq!(id("HEAT/HOT WATER"), "heat-hot-water");
        assert_eq!(id("PLUMBING"), "plumbing");
        assert_eq!(id("Plumbing"), "plumbing-2");
        assert_eq!(id("PLUMBING"), "plumbing");
        assert_eq!(id("噪音 扰民（夜间）"), "噪音-扰民-夜间");
        assert_eq!(id("???"), "unnamed");
        let long = "很".repeat(40);
        assert_eq!(id(&long), "很".repeat(21));
        assert_eq!(id(&format!("{long}长")), format!("{}-2", "很".repeat(20)));
        assert_eq!(registry.new_units().len(), 7);
        assert_eq!(registry.unit(&"x".repeat(MAX_NAME_BYTES + 1), 1), Err(NameFault::Unfit));
        assert!(registry.unit(&"x".repeat(MAX_NAME_BYTES), 1).is_ok());
    }

    #[test]
    fn new_matters_are_numbered_within_their_kind() {
        let mut registry = Registry::new(true).with_kind("nyc311");
        registry.know_matter("Noise", &MatterCode::new("nyc311.00002").unwrap());
        let mut code = |name: &str| registry.matter(name, 1).unwrap().to_string();
        assert_eq!(code("HEAT/HOT WATER"), "nyc311.00001");
        assert_eq!(code("Noise"), "nyc311.00002");
        assert_eq!(code("PLUMBING"), "nyc311.00003");
        assert_eq!(code("HEAT/HOT WATER"), "nyc311.00001");
    }

    #[test]
    fn what_a_file_created_is_found_again_though_ids_look_like_names() {
        let ask = |registry: &mut Registry| {
            let units = ["DEP", "dep", "a\nb"].map(|n| registry.unit(n, 1).unwrap().to_string());
            let places = [vec!["QUEENS", "05"], vec!["05"], vec!["BRONX", "05"]]
                .map(|path| registry.place(&path, 1).unwrap().to_string());
            (units, places)
        };
        let mut first = Registry::new(true);
        let made = ask(&mut first);
        let mut second = Registry::new(false);
        for unit in first.new_units() {
            second.know_unit(&unit.name, &UnitId::new(&unit.id).unwrap());
        }
        for (path, id) in [(vec!["city", "QUEENS"], "queens"), (vec!["city", "QUEENS", "05"], "05")] {
            second.know_place(&path, &PlaceId::new(id).unwrap());
        }
        second.know_place(&["city", "05"], &PlaceId::new("05-2").unwrap());
        second.know_place(&["city", "BRONX", "05"], &PlaceId::new("05-3").unwrap());
        assert_eq!(ask(&mut second), made);
    }

    #[test]
    fn known_names_are_found_and_unknown_ones_refused() {
        let mut registry = Registry::new(false);
        let id = PlaceId::new("510104001").unwrap();
        registry.know_place(&["成都市", "锦江区", "中心社区"], &id);
        assert_eq!(registry.place(&["锦江区", "中心社区"], 1), Ok(id.clone()));
        assert_eq!(registry.place(&["510104001"], 1), Ok(id));
        assert_eq!(registry.place(&["金牛区", "中心社区"], 1), Err(NameFault::Unknown));
        registry.know_place(&["成都市", "金牛区", "中心社区"], &PlaceId::new("510106001").unwrap());
        assert_eq!(registry.place(&["中心社区"], 1), Err(NameFault::Ambiguous));
        assert_eq!(registry.place(&["金牛区", "中心社区"], 1).unwrap().as_str(), "510106001");
        assert_eq!(registry.unit("NYPD", 1), Err(NameFault::Unknown));
    }

    #[test]
    fn new_places_hang_below_their_parents() {
        let mut registry = Registry::new(true);
        registry.place(&["QUEENS", "05"], 7).unwrap();
        registry.place(&["BRONX", "05"], 8).unwrap();
        registry.place(&["QUEENS"], 9).unwrap();
        let new: Vec<_> =
            registry.new_places().iter().map(|n| (n.id.as_str(), n.parent.as_deref(), n.line)).collect();
        assert_eq!(
            new,
            [("queens", None, 7), ("05", Some("queens"), 7), ("bronx", None, 8), ("05-2", Some("bronx"), 8)]
        );
    }
}
