//! Addresses: compounds, buildings, who belongs to which micro-grid, and what people call places.
//!
//! Every household of a micro-grid is in exactly one row of members.csv, as many as the micro-grid has. The
//! files are described in docs/city-folder.md.

use crate::body::Ground;
use crate::dice::Dice;
use crate::error::SynthError;
use crate::land::{Land, Part};
use crate::mesh::within;
use crate::names::Namer;
use crate::numbers::Community;
use crate::parameters::{Form, Names};
use crate::plane::Pt;
use crate::share::{share, share_freely};
use crate::table::Table;
use std::collections::BTreeMap;

/// The four files, and the names of special grids by community and position.
pub(crate) struct Addresses {
    pub(crate) compounds: String,
    pub(crate) buildings: String,
    pub(crate) members: String,
    pub(crate) aliases: String,
    pub(crate) specials: BTreeMap<(usize, usize), String>,
}

/// The code of a general grid.
pub(crate) fn general_code(community: &Community, grid: usize) -> String {
    format!("{}G{:02}", community.code, grid + 1)
}

/// The code of a special grid.
pub(crate) fn special_code(community: &Community, special: usize) -> String {
    format!("{}S{:02}", community.code, special + 1)
}

/// The code of a micro-grid.
pub(crate) fn micro_code(community: &Community, grid: usize, micro: usize) -> String {
    format!("{}{:02}", general_code(community, grid), micro + 1)
}

struct Writer<'a> {
    ground: &'a Ground,
    compounds: Table,
    buildings: Table,
    members: Table,
    aliases: Table,
    specials: BTreeMap<(usize, usize), String>,
}

/// A cell of a compound: its land and its micro-grids.
struct Cell {
    ring: Vec<Pt>,
    from: usize,
    to: usize,
}

/// A compound with its cells.
type Compounds = BTreeMap<(usize, usize), Vec<Cell>>;

/// What a community holds: its compounds, and the land of its special grids.
type Held = (Compounds, Vec<(usize, Vec<Pt>)>);

/// Writes every address of the ground.
pub(crate) fn addresses(ground: &mut Ground, names: &Names, seed: u64) -> Result<Addresses, SynthError> {
    let mut land: Vec<Land> = std::mem::take(&mut ground.land);
    let mut rings: Vec<BTreeMap<usize, Held>> = Vec::new();
    for own in &land {
        let mut communities: BTreeMap<usize, Held> = BTreeMap::new();
        let mut seen = std::collections::HashSet::new();
        for leaf in &own.leaves {
            let ring = ground.mesh.ring(leaf.face);
            let entry = communities.entry(leaf.community).or_default();
            match leaf.part {
                Part::Cell { grid, compound, from, to } if seen.insert((leaf.community, grid, from)) => {
                    entry.0.entry((grid, compound)).or_default().push(Cell { ring, from, to });
                }
                Part::Special(special) => entry.1.push((special, ring)),
                // A detached piece of a cell has no houses of its own.
                Part::Cell { .. } | Part::Annex => {}
            }
        }
        rings.push(communities);
    }
    std::mem::swap(&mut ground.land, &mut land);
    let mut writer = Writer {
        ground,
        compounds: Table::of("id,name,kind,road,number,grid,lon,lat,aliases,households"),
        buildings: Table::of("compound,building,lon,lat,floors,units"),
        members: Table::of("compound,building,unit,floor_from,floor_to,households,micro_grid"),
        aliases: Table::of("alias,grid,lon,lat,note"),
        specials: BTreeMap::new(),
    };
    for communities in rings {
        let mut namer = Namer::new(names);
        let mut roads: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (community, (compounds, specials)) in communities {
            let own = &writer.ground.numbers.communities[community];
            // Streets of nine digits share their roads.
            let street = own.code.get(..9).unwrap_or(&own.code).to_owned();
            let pool = roads.entry(format!("{street} {}", own.village)).or_insert_with(|| {
                let mut dice = Dice::of(seed, &format!("roads {street} {}", own.village));
                namer.roads(ROADS, own.village, &mut dice)
            });
            let mut dice = Dice::of(seed, &format!("addresses {}", own.id));
            let from = dice.whole(0, ROADS as u32 - 1) as usize;
            let roads: Vec<String> =
                (0..NEAR).filter_map(|i| pool.get((from + i) % pool.len().max(1)).cloned()).collect();
            writer.community(community, compounds, specials, &roads, &mut namer, &mut dice)?;
        }
    }
    Ok(Addresses {
        compounds: writer.compounds.text(),
        buildings: writer.buildings.text(),
        members: writer.members.text(),
        aliases: writer.aliases.text(),
        specials: writer.specials,
    })
}

/// Roads of a street, and those that touch one community: enough to look natural.
const ROADS: usize = 24;
const NEAR: usize = 5;

impl Writer<'_> {
    fn community(
        &mut self,
        at: usize,
        compounds: Compounds,
        specials: Vec<(usize, Vec<Pt>)>,
        roads: &[String],
        namer: &mut Namer<'_>,
        dice: &mut Dice,
    ) -> Result<(), SynthError> {
        let ground = self.ground;
        let community = &ground.numbers.communities[at];
        let mut number = dice.whole(1, 20);
        let mut groups = 0;
        let (low, high) = (ground.body.aliases.per_community[0], ground.body.aliases.per_community[1]);
        let mut left = dice.whole(low, high);
        let homes = ground.land.iter().flat_map(|l| &l.homes).find(|h| h.0 == at);
        for ((grid, compound), cells) in compounds {
            let form = homes.map_or(0, |h| h.1[grid].compounds[compound].form);
            let form = &ground.body.form[form];
            let code = general_code(community, grid);
            let id = format!("{code}C{}", compound + 1);
            let road = dice.pick(roads).cloned().unwrap_or_default();
            number += dice.whole(1, 9);
            let (stem, name) =
                namer.compound(&form.names, form.kind == "village-group", (&road, number), dice);
            let alias = match dice.unit() < ground.body.aliases.compound_share {
                true => namer.compound_alias(&stem, &road, dice),
                false => String::new(),
            };
            let homes: u32 =
                cells.iter().flat_map(|c| &community.grids[grid].micros[c.from..c.to]).map(|m| m.0).sum();
            let gate = self.spot(&cells[0].ring, dice);
            let (lon, lat) = (gate.lon(), gate.lat());
            let (number, homes) = (number.to_string(), homes.to_string());
            self.compounds.row(&[&id, &name, &form.kind, &road, &number, &code, &lon, &lat, &alias, &homes]);
            let mut block = 0;
            for cell in &cells {
                let homes: Vec<u32> =
                    community.grids[grid].micros[cell.from..cell.to].iter().map(|m| m.0).collect();
                let micros: Vec<String> =
                    (cell.from..cell.to).map(|m| micro_code(community, grid, m)).collect();
                if form.kind == "village-group" {
                    groups += 1;
                    self.whole(&id, &format!("{groups}组"), cell, form, (homes[0], &micros[0]), dice);
                } else if homes.len() == 1 {
                    self.houses(&id, &mut block, cell, form, (homes[0], &micros[0]), dice)?;
                } else {
                    block += 1;
                    self.tower(&id, &format!("{block}栋"), cell, form, (&homes, &micros), dice)?;
                }
            }
            if left > 0 {
                left -= 1;
                let spot = self.spot(&cells[cells.len() - 1].ring, dice);
                let alias = namer.place_alias(&road, dice);
                self.aliases.row(&[&alias, &code, &spot.lon(), &spot.lat(), "合成"]);
            }
        }
        for (special, ring) in specials {
            let own = &ground.body.special[community.specials[special].kind];
            let code = special_code(community, special);
            let (id, name) = (format!("{code}C1"), namer.special(own, dice));
            let road = dice.pick(roads).cloned().unwrap_or_default();
            number += dice.whole(1, 9);
            let gate = self.spot(&ring, dice);
            let (lon, lat, number) = (gate.lon(), gate.lat(), number.to_string());
            self.compounds.row(&[&id, &name, &own.kind, &road, &number, &code, &lon, &lat, "", "0"]);
            for house in 1..=dice.whole(own.buildings[0], own.buildings[1]) {
                let spot = self.spot(&ring, dice);
                let floors = dice.whole(own.floors[0], own.floors[1]).to_string();
                self.buildings.row(&[&id, &format!("{house}栋"), &spot.lon(), &spot.lat(), &floors, "1"]);
            }
            self.specials.insert((at, special), name);
        }
        Ok(())
    }

    /// One building that is one micro-grid: a village group.
    fn whole(&mut self, id: &str, name: &str, cell: &Cell, form: &Form, home: (u32, &str), dice: &mut Dice) {
        let spot = self.spot(&cell.ring, dice);
        let floors = dice.whole(form.floors[0], form.floors[1]).to_string();
        self.buildings.row(&[id, name, &spot.lon(), &spot.lat(), &floors, "1"]);
        self.members.row(&[id, name, "", "", "", &home.0.to_string(), home.1]);
    }

    /// As many buildings as one micro-grid's homes fill.
    fn houses(
        &mut self,
        id: &str,
        block: &mut u32,
        cell: &Cell,
        form: &Form,
        home: (u32, &str),
        dice: &mut Dice,
    ) -> Result<(), SynthError> {
        let mut floors = dice.whole(form.floors[0], form.floors[1]);
        let units = dice.whole(form.units[0], form.units[1]);
        let doors = dice.whole(form.doors[0], form.doors[1]).max(1);
        let houses = home.0.div_ceil((floors * units * doors).max(1)).max(1);
        if houses == 1 {
            // A house with no empty floors.
            floors = home.0.div_ceil(units * doors).clamp(1, floors);
        }
        let homes = share_freely("homes", u64::from(home.0), &vec![1.0; houses as usize])?;
        for own in homes {
            *block += 1;
            let spot = self.spot(&cell.ring, dice);
            let name = format!("{block}栋");
            let (floors, units) = (floors.to_string(), units.to_string());
            self.buildings.row(&[id, &name, &spot.lon(), &spot.lat(), &floors, &units]);
            self.members.row(&[id, &name, "", "", "", &own.to_string(), home.1]);
        }
        Ok(())
    }

    /// One building whose stairs, or floors of a stair, are micro-grids of their own.
    fn tower(
        &mut self,
        id: &str,
        name: &str,
        cell: &Cell,
        form: &Form,
        (homes, micros): (&[u32], &[String]),
        dice: &mut Dice,
    ) -> Result<(), SynthError> {
        let spot = self.spot(&cell.ring, dice);
        let units = (dice.whole(form.units[0], form.units[1]) as usize).clamp(1, homes.len());
        let floors = dice.whole(form.floors[0], form.floors[1]).max(homes.len() as u32);
        let shown = (floors.to_string(), units.to_string());
        self.buildings.row(&[id, name, &spot.lon(), &spot.lat(), &shown.0, &shown.1]);
        let per_unit = share_freely("micro-grids", homes.len() as u64, &vec![1.0; units])?;
        let mut at = 0;
        for (unit, count) in per_unit.into_iter().enumerate() {
            let own = at..at + count as usize;
            at = own.end;
            let unit = format!("{}单元", unit + 1);
            let weights: Vec<f64> = homes[own.clone()].iter().map(|h| f64::from(*h)).collect();
            let n = weights.len();
            let stacks = share("floors", u64::from(floors), &weights, &vec![1; n], &vec![floors; n])?;
            let mut floor = 1;
            for (micro, stack) in own.zip(stacks) {
                let (from, to) = (floor.to_string(), (floor + stack - 1).to_string());
                let (from, to) = if n == 1 { ("", "") } else { (from.as_str(), to.as_str()) };
                self.members.row(&[id, name, &unit, from, to, &homes[micro].to_string(), &micros[micro]]);
                floor += stack;
            }
        }
        Ok(())
    }

    /// A point within a ring, away from its border: the best of some throws.
    fn spot(&self, ring: &[Pt], dice: &mut Dice) -> Pt {
        let mesh = &self.ground.mesh;
        let metres = mesh.metres(ring);
        let low = metres.iter().fold((f64::MAX, f64::MAX), |l, p| (l.0.min(p.0), l.1.min(p.1)));
        let high = metres.iter().fold((f64::MIN, f64::MIN), |h, p| (h.0.max(p.0), h.1.max(p.1)));
        let mut best = (f64::MIN, ring[0]);
        for throw in 0..THROWS {
            let p = (dice.between(low.0, high.0), dice.between(low.1, high.1));
            let lattice = mesh.lattice(p);
            if within(p, &metres) && crate::plane::inside_ring(lattice, ring) {
                let far = ring
                    .iter()
                    .enumerate()
                    .map(|(i, a)| crate::plane::distance(lattice, *a, ring[(i + 1) % ring.len()]).0);
                let clear = far.fold(f64::MAX, f64::min);
                if clear > best.0 {
                    best = (clear, lattice);
                }
                if throw >= ENOUGH {
                    break;
                }
            }
        }
        best.1
    }
}

/// Throws for a point within a ring, and how many are enough once one is inside.
const THROWS: usize = 200;
const ENOUGH: usize = 3;
