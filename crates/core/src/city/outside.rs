//! Calendar and profile as the folder sees them: texts that are passed through, and questions to whoever
//! reads them. This is the one place where `Calendar::read` and `Profile::read` are to be called for a
//! folder: build an [`Outside`] from what they return and pass it to [`super::City::read_with`].

use super::folder::Folder;
use super::text;
use crate::fault::Fault;
use std::collections::BTreeSet;

/// The calendar's file.
pub const CALENDAR: &str = "calendar.toml";
/// The profile's file.
pub const PROFILE: &str = "profile.toml";
/// The file of a city's own rules for figures; read by whoever draws figures.
pub const FIGURES: &str = "figures.toml";
/// Shapes of places; read by the atlas.
pub const GEOMETRY: &str = "geometry.topojson";
/// Which level is drawn when; read by the atlas.
pub const TILES: &str = "tiles.toml";
/// Addresses; read by the atlas.
pub const ADDRESSES: [&str; 4] =
    ["addresses/compounds.csv", "addresses/buildings.csv", "addresses/members.csv", "addresses/aliases.csv"];

/// Says whether a text is a limit, and if not, what would be.
pub type LimitCheck<'a> = &'a dyn Fn(&str) -> Result<(), String>;

/// What is known from outside the folder's own tables; what is `None` is not checked.
#[derive(Default, Clone, Copy)]
pub struct Outside<'a> {
    /// Whether a text names or writes a limit.
    pub limit: Option<LimitCheck<'a>>,
    /// The tables of working hours that the calendar has.
    pub hours: Option<&'a BTreeSet<String>>,
    /// The roles that the profile has.
    pub roles: Option<&'a BTreeSet<String>>,
}

/// The text of a file that is read elsewhere; bad encoding is reported here.
pub(super) fn passed_through(folder: &Folder, file: &'static str, faults: &mut Vec<Fault>) -> Option<String> {
    text::read(folder, file, faults).map(|t| t.into_owned())
}

/// Names of a set, for messages.
pub(super) fn list(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
