//! Addresses 地址: compounds, buildings, members and aliases of the city folder, and how words lead to them.
//!
//! `read.rs` reads the tables with their faults, `parse.rs` takes an address apart, `find.rs` finds what it
//! means. A micro-grid may be a stairwell: below the general grid an address decides, not the map.

mod find;
pub mod parse;
pub(crate) mod read;

use crate::topology::{NONE, Texts};

/// The tables of addresses in a city folder.
pub(crate) const FILES: [&str; 4] = [read::COMPOUNDS, read::BUILDINGS, read::MEMBERS, read::ALIASES];

/// A compound 小区、院落、楼宇…: its place, point and counts. Coordinates are i32 in u32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Compound {
    pub(crate) grid: u32,
    pub(crate) at: [i32; 2],
    pub(crate) households: u32,
    pub(crate) kind: u32,
    /// Where its aliases start.
    pub(crate) aliases: u32,
}

/// A building of a compound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Building {
    pub(crate) compound: u32,
    pub(crate) at: [i32; 2],
    pub(crate) floors: u32,
    pub(crate) units: u32,
}

/// Which stairs and floors belong to which micro-grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) compound: u32,
    /// `NONE` for the whole compound.
    pub(crate) building: u32,
    /// By position in the unit names; `NONE` for the whole building.
    pub(crate) unit: u32,
    /// The floors, both counted in; `i32::MIN` to `i32::MAX` for all.
    pub(crate) floors: [i32; 2],
    pub(crate) households: u32,
    pub(crate) micro: u32,
}

/// A name in use that is no compound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) grid: u32,
    pub(crate) at: [i32; 2],
}

/// All addresses. Compounds are sorted by id, buildings by compound and key, members by compound and
/// building.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Book {
    pub(crate) ids: Texts,
    pub(crate) names: Texts,
    pub(crate) roads: Texts,
    pub(crate) numbers: Texts,
    pub(crate) compounds: Vec<Compound>,
    /// Aliases of compounds, flat.
    pub(crate) aliases: Texts,
    pub(crate) keys: Texts,
    pub(crate) buildings: Vec<Building>,
    pub(crate) unit_names: Texts,
    pub(crate) members: Vec<Member>,
    pub(crate) spot_names: Texts,
    pub(crate) spots: Vec<Spot>,
}

impl Book {
    /// The aliases of a compound.
    pub(crate) fn aliases_of(&self, compound: u32) -> std::ops::Range<usize> {
        let at = |c: usize| self.compounds.get(c).map_or(self.aliases.len(), |c| c.aliases as usize);
        at(compound as usize)..at(compound as usize + 1)
    }

    /// The buildings of a compound.
    pub(crate) fn buildings_of(&self, compound: u32) -> std::ops::Range<usize> {
        let start = self.buildings.partition_point(|b| b.compound < compound);
        start..start + self.buildings[start..].partition_point(|b| b.compound == compound)
    }

    /// The building with a canonical key.
    pub(crate) fn building(&self, compound: u32, key: &str) -> Option<u32> {
        self.buildings_of(compound).find(|b| self.keys.get(*b) == key).map(|b| b as u32)
    }

    /// The rows of membership of a compound.
    pub(crate) fn members_of(&self, compound: u32) -> &[Member] {
        let start = self.members.partition_point(|m| m.compound < compound);
        let len = self.members[start..].partition_point(|m| m.compound == compound);
        &self.members[start..start + len]
    }

    /// The micro-grids that building, unit and floor leave possible, in the order of ids. `building` as
    /// `Some(NONE)` asks for rows of the whole compound only.
    pub(crate) fn micros(
        &self,
        compound: u32,
        building: Option<u32>,
        unit: Option<&str>,
        floor: Option<i16>,
    ) -> Vec<u32> {
        let fits = |m: &&Member| {
            building.is_none_or(|b| m.building == NONE || m.building == b)
                && unit.is_none_or(|u| m.unit == NONE || self.unit_names.get(m.unit as usize) == u)
                && floor.is_none_or(|f| (m.floors[0]..=m.floors[1]).contains(&i32::from(f)))
        };
        let mut found: Vec<u32> = self.members_of(compound).iter().filter(fits).map(|m| m.micro).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    pub(crate) fn bytes(&self) -> usize {
        let texts = [
            &self.ids,
            &self.names,
            &self.roads,
            &self.numbers,
            &self.aliases,
            &self.keys,
            &self.unit_names,
            &self.spot_names,
        ];
        texts.iter().map(|t| t.bytes()).sum::<usize>()
            + self.compounds.len() * size_of::<Compound>()
            + self.buildings.len() * size_of::<Building>()
            + self.members.len() * size_of::<Member>()
            + self.spots.len() * size_of::<Spot>()
    }
}
