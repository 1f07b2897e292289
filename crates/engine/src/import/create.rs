//! A city from its export: the folder to begin with, and the folder that also holds the names a file uses.
//!
//! Pure: folders in, folders out. Which names are new is `names.rs`; putting a folder in force is the
//! engine's.

use super::map::Map;
use super::names::{MATTER_DIGITS, NewName, Registry};
use compact_str::CompactString;
use huying_core::catalogue::{Catalogue, CatalogueEdition, Matter, MatterKind};
use huying_core::city::{City, Folder};
use huying_core::ids::{BadId, MatterCode, PlaceId, UnitId};
use huying_core::place::{LevelNo, Place, PlaceError, Places, TreeNo};
use huying_core::unit::{Lines, Unit, Units};
use std::sync::Arc;

/// The kind of units that an import creates: a file names them and says nothing more.
const UNIT_KIND: &str = "unit";
/// Characters of a word that names a city or a kind.
const WORD_CHARS: usize = 32;

/// Why the names of a file cannot become part of a city.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The city has no place to hang new ones below.
    #[error("the city has no place at the top; accepted: a places.csv with one place of the widest level")]
    NoRoot,
    /// No level may stand below the parent's.
    #[error(
        "line {line}: `{name}` cannot be created: no level of the city may stand below that of `{parent}`; \
         accepted: fewer columns in the map's [place], or another [[level]] in city.toml"
    )]
    NoLevel {
        /// The line of the export.
        line: u64,
        /// The new place.
        name: String,
        /// The place it would hang below.
        parent: String,
    },
    /// An id that cannot be one.
    #[error(transparent)]
    Id(#[from] BadId),
    /// The places do not fit together.
    #[error(transparent)]
    Places(#[from] PlaceError),
}

/// The word under which matters of an export are numbered: its system's name in a–z, 0–9 and hyphens.
pub fn kind_of(system: &str) -> CompactString {
    let mut word = CompactString::default();
    for c in system.chars().map(|c| c.to_ascii_lowercase()).take(WORD_CHARS) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
        } else if !word.is_empty() && !word.ends_with('-') {
            word.push('-');
        }
    }
    let word = word.trim_end_matches('-');
    if word.is_empty() { "imported".into() } else { word.into() }
}

/// The folder of a city that is known by nothing but an export: `base` with its calendar in the map's zone,
/// and one place, which stands for the whole and bears the system's name.
pub fn city_of_export(base: &Folder, map: &Map) -> Folder {
    const CALENDAR: &str = "calendar.toml";
    let word = kind_of(map.system.as_str());
    let name = map.system.as_str();
    let zone = map.zone.iana_name().unwrap_or("UTC");
    let mut folder = base.clone();
    folder.put(
        "city.toml",
        format!("id = \"{word}\"\nname = {}\nzone = \"{zone}\"\n", toml::Value::from(name)),
    );
    folder.put("places.csv", format!("id,name,level\n{name},{name},city\n"));
    if let Some(text) = base.get(CALENDAR).and_then(|bytes| std::str::from_utf8(bytes).ok()) {
        let zoned: String = text
            .lines()
            .map(|line| {
                if line.starts_with("zone =") { format!("zone = \"{zone}\"\n") } else { format!("{line}\n") }
            })
            .collect();
        folder.put(CALENDAR, zoned);
    }
    folder
}

/// The folder with the names that `registry` collected, and what changed in it: a copy of `folder` in which
/// only the files of places, units and matters are written anew, each only when it gained a row.
///
/// # Errors
/// [`CreateError`] when a place has no room in the city's levels.
pub fn with_new_names(folder: &Folder, city: &City, registry: &Registry) -> Result<Folder, CreateError> {
    let mut city = city.clone();
    let root = city.places.roots(TreeNo::MAIN).next().ok_or(CreateError::NoRoot)?;
    let root = city.places.get(root).id.clone();
    let mut files: Vec<&str> = Vec::new();
    if !registry.new_places().is_empty() {
        city.places = Arc::new(places(&city.places, registry.new_places(), &root)?);
        files.extend(["places.csv", "codes.csv"]);
    }
    if !registry.new_units().is_empty() {
        let mut units = city.units.all().to_vec();
        for new in registry.new_units() {
            units.push(unit(new, &root)?);
        }
        city.units = Arc::new(Units::new(units));
        files.push("units.csv");
    }
    if !registry.new_matters().is_empty() {
        city.catalogue = Arc::new(catalogue(&city.catalogue, registry)?);
        files.extend(["catalogue/catalogue.toml", "catalogue/matters.csv"]);
    }
    let written = city.write();
    let mut folder = folder.clone();
    for file in files {
        if let Some(bytes) = written.get(file) {
            folder.put(file, bytes);
        }
    }
    Ok(folder)
}

fn places(old: &Places, new: &[NewName], root: &PlaceId) -> Result<Places, CreateError> {
    let mut book = old.book().clone();
    let mut level_of: std::collections::HashMap<PlaceId, LevelNo> =
        book.places.iter().map(|p| (p.id.clone(), p.level)).collect();
    for one in new {
        let parent = match &one.parent {
            Some(id) => PlaceId::new(id)?,
            None => root.clone(),
        };
        let over = level_of.get(&parent).copied();
        let Some(level) = over.and_then(|over| level_below(&book, over)) else {
            let (line, name) = (one.line, one.name.clone());
            return Err(CreateError::NoLevel { line, name, parent: parent.to_string() });
        };
        let id = PlaceId::new(&one.id)?;
        level_of.insert(id.clone(), level);
        book.places.push(Place {
            id,
            name: one.name.as_str().into(),
            name_en: None,
            level,
            kind: None,
            tree: TreeNo::MAIN,
            parent: Some(parent),
            residents: None,
            households: None,
            from: None,
            to: None,
            successor: None,
            source: None,
            count_source: None,
        });
    }
    Ok(Places::build(book)?)
}

/// The level that most places below `over` have in the main tree; where there are none yet, the widest that
/// may stand there.
fn level_below(book: &huying_core::place::PlaceBook, over: LevelNo) -> Option<LevelNo> {
    let allowed = (0_u8..).zip(&book.levels).filter(|(_, level)| level.under.contains(&over));
    let used = |level: u8| {
        book.places
            .iter()
            .filter(|p| p.level == LevelNo(level) && p.tree == TreeNo::MAIN && p.parent.is_some())
            .count()
    };
    allowed.map(|(no, _)| no).max_by_key(|no| (used(*no), std::cmp::Reverse(*no))).map(LevelNo)
}

fn unit(new: &NewName, root: &PlaceId) -> Result<Unit, BadId> {
    Ok(Unit {
        id: UnitId::new(&new.id)?,
        name: new.name.as_str().into(),
        name_en: None,
        kind: UNIT_KIND.into(),
        parent: None,
        territory: root.clone(),
        lines: Lines::default(),
        hours: None,
        credit_code: None,
        from: None,
        to: None,
        source: None,
    })
}

/// The catalogue with new matters under a kind of their own, which has an edition of its own.
fn catalogue(old: &Catalogue, registry: &Registry) -> Result<Catalogue, BadId> {
    let mut book = old.book().clone();
    let kind = CompactString::from(registry.kind());
    if !book.editions.iter().any(|e| e.id == kind) {
        book.editions.push(CatalogueEdition {
            id: kind.clone(),
            standard_ref: format!("names in the exports of {kind}"),
            from: None,
            note: "Numbered in the order in which an import met them.".to_owned(),
        });
    }
    if !book.kinds.iter().any(|k| k.id == kind) {
        book.kinds.push(MatterKind {
            id: kind.clone(),
            name: kind.to_string(),
            name_en: String::new(),
            edition: kind,
            width: MATTER_DIGITS as u8,
            major_width: 0,
        });
    }
    for new in registry.new_matters() {
        book.matters.push(Matter {
            code: MatterCode::new(&new.id)?,
            name: new.name.as_str().into(),
            name_en: None,
            requests: Vec::new(),
            open_when: None,
            close_when: None,
            in_use: true,
        });
    }
    Ok(Catalogue::new(book))
}
