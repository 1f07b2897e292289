//! The names that a file uses for places, units and matters: known ones found, new ones collected.
//!
//! A new name gets an id made from it: letters and digits of any script are kept, in lower case, everything else
//! becomes a hyphen; a taken id is numbered in the order of appearance. The same file gives the same ids.

use compact_str::CompactString;
use huying_core::ids::{MAX_ID_BYTES, MatterCode, PlaceId, UnitId};
use std::collections::{HashMap, HashSet};

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
}

/// Between the names of a place path; no name can hold it.
const STEP: char = '\u{1f}';

#[derive(Debug, Clone, Default)]
struct Names {
    /// Name, id or place path to id; `None` where several share it.
    known: HashMap<String, Option<CompactString>>,
    taken: HashSet<CompactString>,
    new: Vec<NewName>,
}

impl Names {
    fn know(&mut self, key: &str, id: &str) {
        self.taken.insert(id.into());
        let entry = self.known.entry(key.to_owned()).or_insert_with(|| Some(id.into()));
        if entry.as_deref() != Some(id) {
            *entry = None;
        }
    }

    fn find(&self, key: &str) -> Result<CompactString, NameFault> {
        match self.known.get(key) {
            Some(Some(id)) => Ok(id.clone()),
            Some(None) => Err(NameFault::Ambiguous),
            None => Err(NameFault::Unknown),
        }
    }

    fn create(&mut self, key: &str, name: &str, parent: Option<CompactString>, line: u64) -> CompactString {
        let id = self.free_id(name);
        self.taken.insert(id.clone());
        self.known.insert(key.to_owned(), Some(id.clone()));
        self.new.push(NewName { id: id.clone(), name: name.to_owned(), parent, line });
        id
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
    units: Names,
    matters: Names,
    places: Names,
}

impl Registry {
    /// An empty registry. With `create`, names that are not known are collected instead of refused.
    pub fn new(create: bool) -> Self {
        Self { create, ..Self::default() }
    }

    /// A unit of the city: found by name and by id.
    pub fn know_unit(&mut self, name: &str, id: &UnitId) {
        self.units.know(id.as_str(), id.as_str());
        self.units.know(name, id.as_str());
    }

    /// A matter of the city: found by name and by code.
    pub fn know_matter(&mut self, name: &str, code: &MatterCode) {
        self.matters.know(code.as_str(), code.as_str());
        self.matters.know(name, code.as_str());
    }

    /// A place of the city: found by id and by any lower end of `path`, which runs from the city down to it.
    pub fn know_place(&mut self, path: &[&str], id: &PlaceId) {
        self.places.know(id.as_str(), id.as_str());
        for start in 0..path.len() {
            self.places.know(&join(path.get(start..).unwrap_or_default()), id.as_str());
        }
    }

    pub(super) fn unit(&mut self, name: &str, line: u64) -> Result<UnitId, NameFault> {
        let id = one(&mut self.units, self.create, name, line)?;
        UnitId::try_from(id).map_err(|_| NameFault::Unknown)
    }

    pub(super) fn matter(&mut self, name: &str, line: u64) -> Result<MatterCode, NameFault> {
        let id = one(&mut self.matters, self.create, name, line)?;
        MatterCode::try_from(id).map_err(|_| NameFault::Unknown)
    }

    /// `path` runs from the highest level the file names down to the place; it is not empty.
    pub(super) fn place(&mut self, path: &[&str], line: u64) -> Result<PlaceId, NameFault> {
        let mut found = self.places.find(&join(path));
        if found == Err(NameFault::Unknown) && self.create {
            let mut parent: Option<CompactString> = None;
            for end in 1..=path.len() {
                let key = join(path.get(..end).unwrap_or_default());
                let name = path.get(end - 1).copied().unwrap_or_default();
                let id = match self.places.find(&key) {
                    Ok(id) => id,
                    Err(NameFault::Unknown) => self.places.create(&key, name, parent, line),
                    Err(NameFault::Ambiguous) => return Err(NameFault::Ambiguous),
                };
                parent = Some(id);
            }
            found = parent.ok_or(NameFault::Unknown);
        }
        PlaceId::try_from(found?).map_err(|_| NameFault::Unknown)
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

fn one(names: &mut Names, create: bool, name: &str, line: u64) -> Result<CompactString, NameFault> {
    match names.find(name) {
        Err(NameFault::Unknown) if create => Ok(names.create(name, name, None, line)),
        found => found,
    }
}

fn join(path: &[&str]) -> String {
    path.join(STEP.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_from_names_and_numbered_when_taken() {
        let mut registry = Registry::new(true);
        let mut id = |name: &str| registry.matter(name, 1).unwrap().to_string();
        assert_eq!(id("HEAT/HOT WATER"), "heat-hot-water");
        assert_eq!(id("PLUMBING"), "plumbing");
        assert_eq!(id("Plumbing"), "plumbing-2");
        assert_eq!(id("PLUMBING"), "plumbing");
        assert_eq!(id("噪音 扰民（夜间）"), "噪音-扰民-夜间");
        assert_eq!(id("???"), "unnamed");
        let long = "很".repeat(40);
        assert_eq!(id(&long), "很".repeat(21));
        assert_eq!(id(&format!("{long}长")), format!("{}-2", "很".repeat(20)));
        assert_eq!(registry.new_matters().len(), 7);
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
