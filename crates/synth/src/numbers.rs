//! Numbers: residents, households and grids shared out over the city, exact at every level.
//!
//! Residents of a district and households of the city are the city folder's; all below is made up.
//! Communities get residents by kind, households by ring; grids and micro-grids are counted out so that
//! the city has exactly as many as it says. Land is cut by these numbers in `land.rs`.

use crate::dice::Dice;
use crate::error::SynthError;
use crate::parameters::Body;
use crate::share::{share, share_freely};
use huying_core::city::City;
use huying_core::ids::PlaceId;
use std::collections::HashMap;

/// A district or street: what its row says, and its children.
#[derive(Debug, Clone)]
pub struct Upper {
    /// Place id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether its kind is a town 镇.
    pub town: bool,
    /// Residents.
    pub residents: u32,
    /// Households.
    pub households: u32,
    /// Positions of its streets or communities.
    pub kids: Vec<usize>,
}

/// A community with its grids.
#[derive(Debug, Clone)]
pub struct Community {
    /// Place id.
    pub id: String,
    /// Its present code, with which those of its grids begin.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether it is a village.
    pub village: bool,
    /// Position of its district.
    pub district: usize,
    /// Residents, those of special grids with them.
    pub residents: u32,
    /// Households.
    pub households: u32,
    /// General grids.
    pub grids: Vec<Grid>,
    /// Special grids.
    pub specials: Vec<SpecialGrid>,
}

/// A general grid: households and residents of its micro-grids.
#[derive(Debug, Clone)]
pub struct Grid {
    /// Households.
    pub households: u32,
    /// Residents.
    pub residents: u32,
    /// (households, residents) of each micro-grid.
    pub micros: Vec<(u32, u32)>,
}

/// A special grid.
#[derive(Debug, Clone)]
pub struct SpecialGrid {
    /// Position of its kind in the parameters.
    pub kind: usize,
    /// Its land, in mean general grids.
    pub land: f64,
    /// Residents without a household.
    pub residents: u32,
}

/// The city in numbers.
#[derive(Debug, Clone)]
pub struct Numbers {
    /// Districts in the order of the folder.
    pub districts: Vec<Upper>,
    /// Streets.
    pub streets: Vec<Upper>,
    /// Communities.
    pub communities: Vec<Community>,
}

/// The most special grids of a community that two digits of a code can number. A fact, not a rule.
const MOST_SPECIAL: usize = 99;

impl Numbers {
    /// Shares a city's people out.
    ///
    /// # Errors
    /// [`SynthError::City`] when the folder lacks districts, residents or households; [`SynthError::Share`]
    /// when the counts of the parameters cannot be met.
    pub fn of(city: &City, body: &Body, seed: u64) -> Result<Numbers, SynthError> {
        let mut numbers = tree(city)?;
        let households = city_households(city)?;
        numbers.people(body, households, seed)?;
        numbers.specials(body, seed)?;
        numbers.grids(body, seed)?;
        numbers.micro_grids(body, seed)?;
        Ok(numbers)
    }

    fn people(&mut self, body: &Body, households: u32, seed: u64) -> Result<(), SynthError> {
        let mut homes = Vec::new();
        for district in &self.districts {
            homes.push(f64::from(district.residents) / body.ring_of(&district.id)?.household_size);
        }
        let homes = share_freely("households over districts", u64::from(households), &homes)?;
        for (d, homes) in homes.into_iter().enumerate() {
            self.districts[d].households = homes;
            let mut own: Vec<(usize, f64)> = Vec::new();
            for s in self.districts[d].kids.clone() {
                for c in self.streets[s].kids.clone() {
                    own.push((c, weight(&self.communities[c], self.streets[s].town, body, seed)));
                }
            }
            let name = &self.districts[d].name;
            let weights: Vec<f64> = own.iter().map(|o| o.1).collect();
            let people = u64::from(self.districts[d].residents);
            let residents = share_freely(&format!("residents over {name}"), people, &weights)?;
            let spread = body.community.household_spread;
            let sizes = own.iter().zip(&residents).map(|((c, _), r)| {
                let id = &self.communities[*c].id;
                f64::from(*r) * Dice::of(seed, &format!("size {id}")).factor(spread)
            });
            let sizes: Vec<f64> = sizes.collect();
            let homes = share_freely(&format!("households over {name}"), u64::from(homes), &sizes)?;
            for (i, (c, _)) in own.iter().enumerate() {
                self.communities[*c].residents = residents[i];
                self.communities[*c].households = homes[i];
            }
        }
        for street in &mut self.streets {
            street.residents = street.kids.iter().map(|c| self.communities[*c].residents).sum();
            street.households = street.kids.iter().map(|c| self.communities[*c].households).sum();
        }
        Ok(())
    }

    fn specials(&mut self, body: &Body, seed: u64) -> Result<(), SynthError> {
        for community in &mut self.communities {
            let ring = &body.ring_of(&self.districts[community.district].id)?.id;
            let mut dice = Dice::of(seed, &format!("special {}", community.id));
            let most = f64::from(community.residents) * body.community.collective;
            let mut left = most as u32;
            for (kind, special) in body.special.iter().enumerate() {
                let rate = special.per_100k.get(ring).copied().unwrap_or(0.0);
                // Per 100,000: the key's own unit, a fact, not a rule.
                let wanted = rate * f64::from(community.residents) / 100_000.0;
                let count = wanted.floor() as usize + usize::from(dice.unit() < wanted.fract());
                for _ in 0..count {
                    let land = dice.between(special.land[0], special.land[1]);
                    let residents = dice.whole(special.residents[0], special.residents[1]).min(left);
                    left -= residents;
                    if community.specials.len() < MOST_SPECIAL {
                        community.specials.push(SpecialGrid { kind, land, residents });
                    }
                }
            }
        }
        Ok(())
    }

    fn grids(&mut self, body: &Body, seed: u64) -> Result<(), SynthError> {
        let homes: Vec<u32> = self.communities.iter().map(|c| c.households).collect();
        let weights: Vec<f64> = homes.iter().map(|h| f64::from(*h)).collect();
        let low: Vec<u32> = homes.iter().map(|h| h.div_ceil(body.general.usual_most).max(1)).collect();
        let high: Vec<u32> =
            homes.iter().zip(&low).map(|(h, l)| (h / body.general.least.max(1)).min(99).max(*l)).collect();
        let total = u64::from(body.counts.general_grids);
        let counts = share("general grids over communities", total, &weights, &low, &high)?;
        for (community, count) in self.communities.iter_mut().zip(counts) {
            let mut dice = Dice::of(seed, &format!("grids {}", community.id));
            let weights: Vec<f64> = (0..count).map(|_| dice.factor(body.general.spread)).collect();
            let n = weights.len();
            let least = body.general.least.min(community.households / count.max(1));
            let total = u64::from(community.households);
            let what = format!("households over the grids of {}", community.name);
            let homes = share(&what, total, &weights, &vec![least; n], &vec![body.general.most; n])?;
            let grid = |households| Grid { households, residents: 0, micros: Vec::new() };
            community.grids = homes.into_iter().map(grid).collect();
        }
        Ok(())
    }

    fn micro_grids(&mut self, body: &Body, seed: u64) -> Result<(), SynthError> {
        let micro = &body.micro;
        let (mut weights, mut low, mut high) = (Vec::new(), Vec::new(), Vec::new());
        for community in &self.communities {
            let usual = if community.village { micro.usual_village } else { micro.usual };
            for grid in &community.grids {
                weights.push(f64::from(grid.households) / usual);
                let least = grid.households.div_ceil(micro.most).max(1);
                low.push(least);
                high.push((grid.households / micro.least.max(1)).min(99).max(least));
            }
        }
        let total = u64::from(body.counts.micro_grids);
        let counts = share("micro-grids over general grids", total, &weights, &low, &high)?;
        let mut counts = counts.into_iter();
        for community in &mut self.communities {
            let mut dice = Dice::of(seed, &format!("micro {}", community.id));
            let collective: u32 = community.specials.iter().map(|s| s.residents).sum();
            let mut homes: Vec<u32> = Vec::new();
            let mut people: Vec<f64> = Vec::new();
            for grid in &mut community.grids {
                let n = counts.next().unwrap_or(1) as usize;
                let weights: Vec<f64> = (0..n).map(|_| dice.factor(micro.spread)).collect();
                let least = micro.least.min(grid.households / n as u32);
                let what = format!("households over the micro-grids of {}", community.name);
                let total = u64::from(grid.households);
                let own = share(&what, total, &weights, &vec![least; n], &vec![micro.most; n])?;
                people
                    .extend(own.iter().map(|h| f64::from(*h) * dice.factor(body.community.household_spread)));
                grid.micros = own.iter().map(|h| (*h, 0)).collect();
                homes.extend(own);
            }
            let total = u64::from(community.residents - collective);
            let mut people = share_freely(&community.name, total, &people)?.into_iter();
            for grid in &mut community.grids {
                for micro in &mut grid.micros {
                    micro.1 = people.next().unwrap_or(0);
                }
                grid.residents = grid.micros.iter().map(|m| m.1).sum();
            }
        }
        Ok(())
    }
}

fn weight(community: &Community, town: bool, body: &Body, seed: u64) -> f64 {
    let c = &body.community;
    let usual = match (community.village, town) {
        (false, false) => c.neighbourhood_street,
        (false, true) => c.neighbourhood_town,
        (true, false) => c.village_street,
        (true, true) => c.village_town,
    };
    usual * Dice::of(seed, &format!("people {}", community.id)).factor(c.spread)
}

fn city_households(city: &City) -> Result<u32, SynthError> {
    let top = city.places.book().places.iter().find(|p| p.parent.is_none());
    top.and_then(|p| p.households).ok_or_else(|| {
        SynthError::City("places.csv: the city's row states no households; they are shared out".to_owned())
    })
}

/// The districts, streets and communities of a folder.
fn tree(city: &City) -> Result<Numbers, SynthError> {
    let book = city.places.book();
    let codes: HashMap<&PlaceId, &str> = book
        .codes
        .iter()
        .rev()
        .filter(|c| c.scheme.is_empty() && c.to.is_none())
        .map(|c| (&c.place, c.code.as_str()))
        .collect();
    let level = |l: u8| book.levels[l as usize].id.as_str();
    let mut out = Numbers { districts: Vec::new(), streets: Vec::new(), communities: Vec::new() };
    let mut at: HashMap<&str, (usize, usize)> = HashMap::new();
    let unknown = |id: &str| SynthError::City(format!("places.csv: `{id}` stands under no district"));
    for wanted in ["district", "street", "community"] {
        for place in book.places.iter().filter(|p| level(p.level.0) == wanted) {
            let kind =
                place.kind.map_or("", |k| book.levels[place.level.0 as usize].kinds[k as usize].id.as_str());
            let id = place.id.to_string();
            let over = place.parent.as_ref().and_then(|p| at.get(p.as_str())).copied();
            let upper = Upper {
                id: id.clone(),
                name: place.name.to_string(),
                town: kind == "town",
                residents: place.residents.unwrap_or(0),
                households: 0,
                kids: Vec::new(),
            };
            match (wanted, over) {
                ("district", _) => {
                    if place.residents.is_none() {
                        let what =
                            format!("places.csv: district `{id}` states no residents; they are shared out");
                        return Err(SynthError::City(what));
                    }
                    at.insert(place.id.as_str(), (out.districts.len(), 0));
                    out.districts.push(upper);
                }
                ("street", Some((d, _))) => {
                    at.insert(place.id.as_str(), (d, out.streets.len()));
                    out.districts[d].kids.push(out.streets.len());
                    out.streets.push(upper);
                }
                (_, Some((district, s))) => {
                    out.streets[s].kids.push(out.communities.len());
                    out.communities.push(Community {
                        code: codes.get(&place.id).map_or_else(|| id.clone(), |c| (*c).to_owned()),
                        id,
                        name: upper.name,
                        village: kind == "village",
                        district,
                        residents: 0,
                        households: 0,
                        grids: Vec::new(),
                        specials: Vec::new(),
                    });
                }
                (_, None) => return Err(unknown(&id)),
            }
        }
    }
    // Whoever has no child would have people that nobody below holds.
    let childless = out.districts.iter().chain(&out.streets).find(|u| u.kids.is_empty());
    match childless {
        Some(place) => Err(SynthError::City(format!("places.csv: `{}` has nothing under it", place.id))),
        None => Ok(out),
    }
}
