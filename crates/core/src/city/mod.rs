//! A city is a folder 城市文件夹: reading one, naming every fault by file, line and field, and writing it back.
//!
//! Pure: the input is file names and bytes, the output a [`City`] or the list of what is wrong. Each file
//! of the folder has a file here: `manifest.rs` (city.toml), `places.rs`, `units.rs`, `people.rs`,
//! `catalogue.rs`, `duty.rs`;
//! `sheet.rs` and `toml_file.rs` hold the form, `write.rs` the way back. The format is
//! written for people in docs/city-folder.md. Calendar and profile are passed through as text, see
//! `outside.rs`.

mod catalogue;
mod duty;
mod folder;
pub mod limits;
mod manifest;
pub mod outside;
mod people;
mod places;
pub mod sheet;
mod text;
mod toml_file;
mod units;
mod write;

pub use duty::{FILE as DUTY, write as write_duty};
pub use folder::Folder;
pub use outside::Outside;
pub use people::{PERSONS, POSTS};

use crate::actor::People;
use crate::catalogue::Catalogue;
use crate::duty::DutyRoster;
use crate::fault::{Fault, Severity};
use crate::place::Places;
use crate::unit::Units;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a city says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct About {
    /// A word that names the city among others, such as `chengdu`.
    pub id: String,
    /// Its name in its own language.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
    /// Its civil time, as an IANA zone such as `Asia/Shanghai`.
    pub zone: String,
    /// The languages its people are served in, the first by default, as BCP 47 tags.
    pub languages: Vec<String>,
}

/// A city as its folder states it. Its parts are shared, so that a change of one copies that one alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct City {
    /// Name, zone and languages.
    pub about: About,
    /// Where things are.
    pub places: Arc<Places>,
    /// Who answers.
    pub units: Arc<Units>,
    /// Who acts.
    pub people: Arc<People>,
    /// What cases are about.
    pub catalogue: Arc<Catalogue>,
    /// Who is on duty when.
    pub duty: Arc<Vec<DutyRoster>>,
    calendar: Option<String>,
    profile: Option<String>,
}

/// What a folder may hold beside what is read: kept for people, or read by other rooms.
pub const OTHERS: [&str; 3] = ["geometry-repairs.csv", "geometry/districts.geojson", "rosters.csv"];

/// Every file that is read; Markdown files may lie anywhere and are not.
pub const FILES: [&str; 21] = [
    manifest::FILE,
    places::FILE,
    places::CODES,
    places::TREES,
    units::FILE,
    people::PERSONS,
    people::POSTS,
    duty::FILE,
    catalogue::FILE,
    catalogue::MAJORS,
    catalogue::MATTERS,
    catalogue::LIMITS,
    outside::CALENDAR,
    outside::PROFILE,
    outside::FIGURES,
    outside::GEOMETRY,
    outside::TILES,
    outside::ADDRESSES[0],
    outside::ADDRESSES[1],
    outside::ADDRESSES[2],
    outside::ADDRESSES[3],
];

/// Figures and texts from which days are made up may lie beside the city; it does not read them.
const SYNTH: &str = "synth/";

impl City {
    /// Reads a folder. Every fault is listed, in the order of files and lines; there is a city exactly when
    /// none of them is an error.
    pub fn read(folder: &Folder) -> (Option<City>, Vec<Fault>) {
        City::read_with(folder, &Outside::default())
    }

    /// Reads a folder and checks it against what calendar and profile say, as far as `outside` knows.
    pub fn read_with(folder: &Folder, outside: &Outside<'_>) -> (Option<City>, Vec<Fault>) {
        let mut faults = Vec::new();
        strangers(folder, &mut faults);
        let manifest = manifest::read(folder, &mut faults);
        let (book, ids) = places::read(folder, &manifest, &mut faults);
        let catalogue = catalogue::read(folder, outside, &mut faults);
        let units = units::read(folder, &manifest, &ids, &catalogue, outside, &mut faults);
        let people = people::read(folder, &ids, &units, &catalogue, outside, &mut faults);
        let duty = duty::read(folder, &units, &people, &mut faults);
        let calendar = outside::passed_through(folder, outside::CALENDAR, &mut faults);
        let profile = outside::passed_through(folder, outside::PROFILE, &mut faults);
        let mut city = None;
        if faults.iter().all(|f| f.severity == Severity::Warning) {
            match Places::build(book) {
                Ok(places) => {
                    let (about, places) = (manifest.about, Arc::new(places));
                    let (units, catalogue, people) = (Arc::new(units), Arc::new(catalogue), Arc::new(people));
                    let duty = Arc::new(duty);
                    city = Some(City { about, places, units, people, catalogue, duty, calendar, profile });
                }
                Err(e) => faults.push(Fault::error(places::FILE, 0, "", e.to_string(), "")),
            }
        }
        faults.sort_by(|a, b| (&a.file, a.line, &a.field).cmp(&(&b.file, b.line, &b.field)));
        (city, faults)
    }

    /// The text of `calendar.toml`, unread.
    pub fn calendar_text(&self) -> Option<&str> {
        self.calendar.as_deref()
    }

    /// The text of `profile.toml`, unread.
    pub fn profile_text(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// The folder that reads back as this city.
    pub fn write(&self) -> Folder {
        write::folder(self)
    }
}

fn strangers(folder: &Folder, faults: &mut Vec<Fault>) {
    for (name, _) in folder.iter() {
        let known = FILES.contains(&name) || OTHERS.contains(&name) || name.starts_with(SYNTH);
        if !known && !name.ends_with(".md") {
            let accepted = format!("{}, {}, and Markdown files", FILES.join(", "), OTHERS.join(", "));
            faults.push(Fault::warning(name, 0, "", "no part of a city folder; it is not read", accepted));
        }
    }
}

#[cfg(test)]
mod tests;
