//! The whole: a city folder down to the micro-grid, from the folder that ships and a seed.

use crate::districts::{Repairs, Source, read, repair};
use crate::error::SynthError;
use crate::land::{Cutter, Land};
use crate::mesh::{Mesh, check};
use crate::numbers::Numbers;
use crate::parameters::{self, Body};
use crate::plane::{Metre, Pt};
use huying_core::city::City;
use std::collections::BTreeMap;

/// What a city is made of.
#[derive(Clone, Copy)]
pub struct Ingredients<'a> {
    /// The published polygons.
    pub polygons: &'a [u8],
    /// body.toml.
    pub body: &'a str,
    /// The same seed makes the same city.
    pub seed: u64,
    /// Only these districts are cut; all when empty. For looking at a part.
    pub only: &'a [&'a str],
}

/// Tells what is being done: a step, how much of it is done, and of how much.
pub type Progress<'a> = &'a dyn Fn(&str, usize, usize);

/// Numbers, land and what was repaired.
pub struct Ground {
    /// The parameters.
    pub body: Body,
    /// Everybody, counted.
    pub numbers: Numbers,
    /// The mesh of all cells.
    pub mesh: Mesh,
    /// Cut land, by district.
    pub land: Vec<Land>,
    /// What was repaired.
    pub repairs: Repairs,
    /// Area of each district after the repair, in km².
    pub areas: Vec<(String, f64)>,
}

/// Makes the ground: everything but addresses and people.
///
/// # Errors
/// [`SynthError`], see its variants.
pub fn ground(city: &City, from: &Ingredients<'_>, progress: Progress<'_>) -> Result<Ground, SynthError> {
    let body: Body = parameters::read("body.toml", from.body)?;
    progress("numbers", 0, 1);
    let numbers = Numbers::of(city, &body, from.seed)?;
    progress("district polygons", 0, 1);
    let metre = Metre::at(body.geometry.middle_latitude);
    let mut repairs = Repairs::default();
    let sources = sources(&numbers, &body, from.polygons, &mut repairs)?;
    let borders = repair(&sources, body.geometry.snap_units, body.geometry.speck_m2, metre, &mut repairs)?;
    let (mut mesh, parts) = Mesh::of(&borders, metre)?;
    let outlines: Vec<Vec<usize>> =
        parts.iter().map(|faces| faces.iter().map(|f| mesh.outline(*f)).collect()).collect();
    let whole: Vec<i64> = outlines.iter().map(|faces| faces.iter().map(|f| mesh.area2(*f)).sum()).collect();
    let areas = borders.ids.iter().zip(&whole).map(|(id, a)| (id.clone(), metre.area(*a) / 1e6)).collect();
    let [lon, lat] = body.geometry.centre;
    let centre = metre.of(Pt::of_degrees(lon, lat), mesh.origin);
    let cutter = Cutter { body: &body, numbers: &numbers, seed: from.seed, centre };
    let mut land = Vec::new();
    let mut leaves = Vec::new();
    let wanted = |id: &str| from.only.is_empty() || from.only.contains(&id);
    for (district, upper) in numbers.districts.iter().enumerate() {
        progress("cutting the land", district, numbers.districts.len());
        let at = borders.ids.iter().position(|id| *id == upper.id).unwrap_or(district);
        if wanted(&upper.id) {
            let own = cutter.district(&mut mesh, district, &parts[at], &sources[at])?;
            leaves.extend(own.leaves.iter().map(|l| (l.face, at)));
            land.push(own);
        } else {
            land.push(Land::default());
            leaves.extend(parts[at].iter().map(|f| (*f, at)));
        }
    }
    progress("proving the borders", 0, 1);
    // A vertex put into a border moves it by less than a unit, for the districts on both sides of it.
    let whole: Vec<i64> = outlines.iter().map(|faces| faces.iter().map(|f| mesh.area2(*f)).sum()).collect();
    check::faces(&mut mesh, &leaves, &whole)?;
    Ok(Ground { body, numbers, mesh, land, repairs, areas })
}

fn sources(
    numbers: &Numbers,
    body: &Body,
    polygons: &[u8],
    repairs: &mut Repairs,
) -> Result<Vec<Source>, SynthError> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for district in &numbers.districts {
        let other = body.geometry.names.iter().find(|(_, id)| **id == district.id);
        let name = other.map_or_else(|| district.name.clone(), |(name, _)| name.clone());
        names.insert(name, district.id.clone());
    }
    read(polygons, &names, repairs)
}
