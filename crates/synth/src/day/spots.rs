//! Where calls come from: the compounds of the city's addresses where it has them, its smallest places
//! where not; the more people live there, the more often.

use super::dice::Dice;
use huying_core::case::event::{Datum, Point};
use huying_core::city::{City, Folder};
use huying_core::ids::PlaceId;
use huying_core::place::{PlaceNo, Places, TreeNo};
use serde::Deserialize;
use std::collections::HashMap;

/// One spot.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// The smallest place known.
    pub place: PlaceId,
    /// The name of the compound; none where the city has no addresses.
    pub near: Option<String>,
    /// Road and number.
    pub road: String,
    /// Building and unit.
    pub inside: String,
    /// Where it is.
    pub point: Option<Point>,
}

#[derive(Debug, Deserialize)]
struct Compound {
    id: String,
    name: String,
    #[serde(default)]
    road: String,
    #[serde(default)]
    number: String,
    grid: String,
    lon: f64,
    lat: f64,
    #[serde(default)]
    aliases: String,
    #[serde(default)]
    households: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Building {
    compound: String,
    building: String,
    lon: f64,
    lat: f64,
}

#[derive(Debug, Deserialize)]
struct Member {
    compound: String,
    #[serde(default)]
    building: String,
    #[serde(default)]
    unit: String,
    micro_grid: String,
}

/// Building and unit, the smallest place, and longitude and latitude where known.
type Door = (String, PlaceId, Option<(f64, f64)>);

/// A compound with the doors that are known in it.
#[derive(Debug)]
struct Yard {
    compound: Compound,
    doors: Vec<Door>,
}

/// Every spot of a city.
#[derive(Debug)]
pub struct Spots {
    yards: Vec<Yard>,
    places: Vec<PlaceId>,
    sums: Vec<f64>,
    datum: Option<Datum>,
}

const COMPOUNDS: &str = "addresses/compounds.csv";
const BUILDINGS: &str = "addresses/buildings.csv";
const MEMBERS: &str = "addresses/members.csv";

/// The rows of a file that a city need not have. A row that is none is the business of `city check`; here
/// it only is no spot.
fn rows<T: for<'d> Deserialize<'d>>(folder: &Folder, file: &str) -> Vec<T> {
    let bytes = folder.get(file).unwrap_or_default();
    csv::Reader::from_reader(bytes).into_deserialize().filter_map(Result::ok).collect()
}

impl Spots {
    /// The spots of a city and its folder.
    pub fn of(city: &City, folder: &Folder) -> Spots {
        let compounds: Vec<Compound> = rows(folder, COMPOUNDS);
        let known = |id: &str| PlaceId::new(id).ok().filter(|p| city.places.find(p).is_some());
        let mut yards: Vec<Yard> = compounds
            .into_iter()
            .filter(|c| known(&c.grid).is_some())
            .map(|compound| Yard { compound, doors: Vec::new() })
            .collect();
        if yards.is_empty() {
            return Spots::of_places(&city.places);
        }
        let at: HashMap<String, usize> =
            yards.iter().enumerate().map(|(i, y)| (y.compound.id.clone(), i)).collect();
        let buildings: HashMap<(usize, String), (f64, f64)> = rows::<Building>(folder, BUILDINGS)
            .into_iter()
            .filter_map(|b| Some(((*at.get(&b.compound)?, b.building), (b.lon, b.lat))))
            .collect();
        for member in rows::<Member>(folder, MEMBERS) {
            let (Some(&i), Some(place)) = (at.get(&member.compound), known(&member.micro_grid)) else {
                continue;
            };
            let point = buildings.get(&(i, member.building.clone())).copied();
            if let Some(yard) = yards.get_mut(i) {
                yard.doors.push((format!("{}{}", member.building, member.unit), place, point));
            }
        }
        let sums = summed(yards.iter().map(|y| y.compound.households.unwrap_or(0.0).max(1.0)));
        Spots { yards, places: Vec::new(), sums, datum: datum(folder) }
    }

    fn of_places(places: &Places) -> Spots {
        let mut weights = Vec::new();
        for root in places.roots(TreeNo::MAIN) {
            spread(places, root, 1.0, &mut weights);
        }
        let sums = summed(weights.iter().map(|(_, w)| *w));
        Spots { yards: Vec::new(), places: weights.into_iter().map(|(p, _)| p).collect(), sums, datum: None }
    }

    /// How many there are to choose from.
    pub fn len(&self) -> usize {
        self.sums.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// A spot, as likely as people live there.
    pub fn throw(&self, dice: &mut Dice) -> Option<Spot> {
        let hit = dice.unit() * self.sums.last()?;
        let i = self.sums.partition_point(|s| *s <= hit).min(self.sums.len() - 1);
        if let Some(place) = self.places.get(i) {
            let (road, inside) = (String::new(), String::new());
            return Some(Spot { place: place.clone(), near: None, road, inside, point: None });
        }
        self.in_yard(self.yards.get(i)?, dice)
    }

    /// A spot within a place that has compounds of its own; the place alone where none is known.
    pub fn at(&self, place: &PlaceId, dice: &mut Dice) -> Spot {
        let here: Vec<&Yard> = self.yards.iter().filter(|y| y.compound.grid == place.as_str()).collect();
        let yard = here.get(dice.below(here.len())).and_then(|y| self.in_yard(y, dice));
        yard.unwrap_or_else(|| Spot {
            place: place.clone(),
            near: None,
            road: String::new(),
            inside: String::new(),
            point: None,
        })
    }

    fn in_yard(&self, yard: &Yard, dice: &mut Dice) -> Option<Spot> {
        let compound = &yard.compound;
        let door = yard.doors.get(dice.below(yard.doors.len()));
        let aliases: Vec<&str> = compound.aliases.split('|').filter(|a| !a.is_empty()).collect();
        // Now and then people say what everybody calls it.
        let alias = if dice.below(8) == 0 { aliases.get(dice.below(aliases.len())) } else { None };
        let (lon, lat) = door.and_then(|d| d.2).unwrap_or((compound.lon, compound.lat));
        // Degrees to units of 10⁻⁷: a fact, not a rule.
        let unit = |degrees: f64| (degrees * 1e7).round() as i32;
        Some(Spot {
            place: door.map_or_else(|| PlaceId::new(&compound.grid).ok(), |d| Some(d.1.clone()))?,
            near: Some(alias.map_or_else(|| compound.name.clone(), |a| (*a).to_owned())),
            road: format!("{}{}", compound.road, compound.number),
            inside: door.map(|d| d.0.clone()).unwrap_or_default(),
            point: self.datum.map(|datum| Point { lon: unit(lon), lat: unit(lat), datum }),
        })
    }
}

fn summed(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    weights
        .scan(0.0, |sum, w| {
            *sum += w;
            Some(*sum)
        })
        .collect()
}

/// Shares `weight` out among the smallest places under `place`: by households where all children state them,
/// by residents where all state those, evenly otherwise.
fn spread(places: &Places, place: PlaceNo, weight: f64, found: &mut Vec<(PlaceId, f64)>) {
    let children: Vec<PlaceNo> = places.children(TreeNo::MAIN, place).collect();
    if children.is_empty() {
        return found.push((places.get(place).id.clone(), weight));
    }
    let counts = |of: fn(&huying_core::place::Place) -> Option<u32>| -> Option<Vec<f64>> {
        children.iter().map(|c| of(places.get(*c)).map(f64::from)).collect()
    };
    let shares = counts(|p| p.households).or_else(|| counts(|p| p.residents));
    let shares = shares.filter(|s| s.iter().sum::<f64>() > 0.0).unwrap_or_else(|| vec![1.0; children.len()]);
    let sum: f64 = shares.iter().sum();
    for (child, share) in children.into_iter().zip(shares) {
        spread(places, child, weight * share / sum, found);
    }
}

/// The datum that the folder's geometry is in.
fn datum(folder: &Folder) -> Option<Datum> {
    let bytes = folder.get("geometry.topojson")?;
    let find = |needle: &str| {
        let needle = needle.as_bytes();
        bytes.windows(needle.len()).rposition(|w| w == needle).map(|at| at + needle.len())
    };
    let from = find("\"datum\":")?;
    let word = std::str::from_utf8(bytes.get(from..from + 16)?).ok()?.to_lowercase();
    let word = word.replace('-', "");
    Datum::ALL.iter().find(|(name, _)| word.contains(name)).map(|(_, datum)| *datum)
}
