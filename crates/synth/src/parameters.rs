//! The figures that describe a city, read from TOML: counts, bands, shares, centres of density, parts of
//! names.
//!
//! Unknown keys are errors, so that a misspelt one is not silently lost; what the figures are used for is
//! in the file itself, data/chengdu/synth/body.toml, and names are in names.toml beside it.

use crate::error::SynthError;
use compact_str::CompactString;
use huying_core::duty::Shift;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Everything in body.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// How the published polygons are read.
    pub geometry: Geometry,
    /// Exact numbers of grids.
    pub counts: Counts,
    /// Households of a general grid.
    pub general: General,
    /// Households of a micro-grid.
    pub micro: Micro,
    /// Rings of districts, from the core out.
    pub ring: Vec<Ring>,
    /// Sizes of communities.
    pub community: Community,
    /// Where people live dense.
    pub field: Field,
    /// How cuts look at each level: `street`, `community`, `grid`, `cell`.
    pub look: BTreeMap<String, Look>,
    /// Kinds of special grids.
    pub special: Vec<Special>,
    /// How homes stand.
    pub form: Vec<Form>,
    /// Who works where.
    pub people: People,
    /// Who sits where when.
    pub roster: Vec<Roster>,
    /// How many things have names that no list has.
    pub aliases: Aliases,
}

/// How the published polygons are read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Geometry {
    /// Names in the file that differ from the city's, with the place each means.
    pub names: BTreeMap<String, String>,
    /// The datum they are assumed to be in.
    pub datum: String,
    /// Why, and how sure that is.
    pub datum_evidence: String,
    /// Published areas by place id, to compare with.
    pub areas_km2: BTreeMap<String, f64>,
    /// How far off a vertex may be, in metres.
    pub accuracy_m: u32,
    /// How near a vertex counts as lying on a border, in units of the lattice.
    pub snap_units: f64,
    /// The smallest detached piece that is believed, in m².
    pub speck_m2: f64,
    /// The latitude at which lengths are measured.
    pub middle_latitude: f64,
    /// The middle of the city, in degrees.
    pub centre: [f64; 2],
}

/// Exact numbers of grids.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// General grids 一般网格.
    pub general_grids: u32,
    /// Micro-grids 微网格.
    pub micro_grids: u32,
    /// Full-time grid workers 专职网格员.
    pub grid_workers: u32,
}

/// Households of a general grid.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct General {
    /// Fewer are made only where a community has fewer.
    pub least: u32,
    /// The most that the mean grid of a community has.
    pub usual_most: u32,
    /// None has more.
    pub most: u32,
    /// How much the grids of one community differ.
    pub spread: f64,
}

/// Households of a micro-grid.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Micro {
    /// What is aimed at in a neighbourhood.
    pub usual: f64,
    /// What is aimed at in a village.
    pub usual_village: f64,
    /// Fewer are made only where a grid has fewer.
    pub least: u32,
    /// None has more.
    pub most: u32,
    /// How much the micro-grids of one grid differ.
    pub spread: f64,
}

/// A ring of districts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// Its name.
    pub id: String,
    /// Place ids.
    pub districts: Vec<String>,
    /// Residents to a household.
    pub household_size: f64,
    /// People per km² in the middle of a district's seat, above the field.
    pub peak: f64,
    /// How wide the seat is.
    pub reach_km: f64,
}

/// Sizes of communities.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Community {
    /// Relative residents of a neighbourhood under a street.
    pub neighbourhood_street: f64,
    /// Of a neighbourhood under a town.
    pub neighbourhood_town: f64,
    /// Of a village under a street.
    pub village_street: f64,
    /// Of a village under a town.
    pub village_town: f64,
    /// How much communities of one kind differ.
    pub spread: f64,
    /// How much their household sizes differ.
    pub household_spread: f64,
    /// The largest share of residents without a household.
    pub collective: f64,
}

/// Where people live dense.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// People per km² where nobody else is near.
    pub floor: f64,
    /// Centres beside the seats of the districts.
    pub centre: Vec<Centre>,
    /// Mountains.
    pub thin: Vec<Thin>,
}

/// A centre of density.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Centre {
    /// Degrees.
    pub at: [f64; 2],
    /// People per km² in the middle.
    pub peak: f64,
    /// The distance in which it falls by e.
    pub reach_km: f64,
}

/// Land where few can live.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thin {
    /// Degrees.
    pub at: [f64; 2],
    /// How wide it is.
    pub reach_km: f64,
    /// What density is multiplied by in the middle.
    pub factor: f64,
}

/// How cuts look.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// How near an end is drawn to a crossing, in metres.
    pub snap_m: f64,
    /// From what length on a cut is bent.
    pub bend_m: f64,
    /// How strongly the urban half is drawn to the dense side.
    pub pull: f64,
}

/// A kind of special grid.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Special {
    /// The word of compounds.csv.
    pub kind: String,
    /// How many per 100,000 residents, by ring.
    pub per_100k: BTreeMap<String, f64>,
    /// Its land, in general grids.
    pub land: [f64; 2],
    /// Who lives there without a household.
    pub residents: [u32; 2],
    /// Buildings.
    pub buildings: [u32; 2],
    /// Floors of each.
    pub floors: [u32; 2],
    /// How its name ends.
    pub names: Vec<String>,
}

/// How homes stand.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its name in this file.
    pub id: String,
    /// The word of compounds.csv.
    pub kind: String,
    /// Whether villages have it, beside neighbourhoods when `density` says so.
    pub village: bool,
    /// Residents per km² of the communities that have it.
    pub density: [f64; 2],
    /// How often.
    pub weight: f64,
    /// Households of a compound.
    pub households: [u32; 2],
    /// Micro-grids in one cell.
    pub stack: [u32; 2],
    /// Floors.
    pub floors: [u32; 2],
    /// Stairs of a building.
    pub units: [u32; 2],
    /// Homes to a floor and stair.
    pub doors: [u32; 2],
    /// How its name ends.
    pub names: Vec<String>,
}

/// A kind of people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// The role of their posts.
    pub role: String,
    /// What they are called.
    pub title: String,
}

/// Who works where.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// 专职网格员, full time.
    pub grid_worker: Work,
    /// 微网格长, unpaid.
    pub micro_leader: Work,
    /// 一般网格长, a member of the community's committee.
    pub grid_head: Work,
    /// 总网格长.
    pub community_head: Work,
    /// 专属网格长, of the managing body.
    pub special_head: Work,
    /// Who sits at a street's duty desk.
    pub street_duty: Work,
    /// Who leads a street.
    pub street_leader: Work,
    /// Grids with the same head.
    pub grids_per_head: usize,
    /// Posts of a street's duty desk.
    pub street_duty_posts: usize,
}

/// The roster of every desk of a kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// `street` or `community`.
    pub of: String,
    /// The seat of the profile.
    pub seat: CompactString,
    /// The first day it holds.
    pub since: Date,
    /// The shifts of a day.
    pub shift: Vec<Shift>,
}

/// How many things have names that no list has.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aliases {
    /// Share of compounds with one.
    pub compound_share: f64,
    /// Names in use per community.
    pub per_community: [u32; 2],
}

/// Parts of names, names.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// First characters of compounds.
    pub first: String,
    /// Second characters.
    pub second: String,
    /// Employers whose houses these were.
    pub works: Vec<String>,
    /// Family names.
    pub families: String,
    /// First characters of roads.
    pub road_first: String,
    /// Second characters.
    pub road_second: String,
    /// Endings of roads.
    pub road_kinds: Vec<String>,
    /// Endings of roads in villages.
    pub village_road_kinds: Vec<String>,
    /// Patterns of other names of a compound.
    pub compound_aliases: Vec<String>,
    /// Patterns of names that are no compound's.
    pub place_aliases: Vec<String>,
    /// The word before every invented person's title.
    pub person: String,
}

/// Reads a file of parameters; `file` is its name for messages.
///
/// # Errors
/// [`SynthError::Parameters`] that names line and key.
pub fn read<T: for<'d> Deserialize<'d>>(file: &str, text: &str) -> Result<T, SynthError> {
    toml::from_str(text).map_err(|e| SynthError::Parameters(format!("{file}: {e}")))
}

impl Body {
    /// The ring of a district.
    ///
    /// # Errors
    /// [`SynthError::Parameters`] when none lists it.
    pub fn ring_of(&self, district: &str) -> Result<&Ring, SynthError> {
        self.ring.iter().find(|r| r.districts.iter().any(|d| d == district)).ok_or_else(|| {
            SynthError::Parameters(format!("body.toml: no [[ring]] lists district {district} in `districts`"))
        })
    }

    /// How cuts of a level look.
    ///
    /// # Errors
    /// [`SynthError::Parameters`] when the file does not say.
    pub fn look(&self, level: &str) -> Result<Look, SynthError> {
        self.look
            .get(level)
            .copied()
            .ok_or_else(|| SynthError::Parameters(format!("body.toml: [look.{level}] is missing")))
    }
}
