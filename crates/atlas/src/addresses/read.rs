//! Reading `addresses/*.csv`: every row checked, every fault named by file, line and column.
//!
//! Accepted are the columns of docs/atlas.md. A city may have geometry without addresses.

use super::parse::{building_key, unit_key};
use super::{Book, Building, Compound, Member, Spot};
use crate::limits::{MAX_ALIASES, MAX_FLOOR};
use crate::topology::{Map, NONE, Texts};
use huying_core::city::Folder;
use huying_core::city::sheet::{Column, Row, Sheet};
use huying_core::fault::Fault;
use std::collections::HashMap;

pub(crate) const COMPOUNDS: &str = "addresses/compounds.csv";
pub(crate) const BUILDINGS: &str = "addresses/buildings.csv";
pub(crate) const MEMBERS: &str = "addresses/members.csv";
pub(crate) const ALIASES: &str = "addresses/aliases.csv";

/// The kinds of compounds.
pub(crate) const KINDS: [&str; 13] = [
    "compound",
    "village-group",
    "tower",
    "market",
    "park",
    "campus",
    "hospital",
    "station",
    "factory",
    "site",
    "dock",
    "street-block",
    "other",
];

static COMPOUND_COLUMNS: [Column; 10] = [
    Column("id", true),
    Column("name", true),
    Column("kind", true),
    Column("road", false),
    Column("number", false),
    Column("grid", true),
    Column("lon", true),
    Column("lat", true),
    Column("aliases", false),
    Column("households", false),
];
static BUILDING_COLUMNS: [Column; 6] = [
    Column("compound", true),
    Column("building", true),
    Column("lon", true),
    Column("lat", true),
    Column("floors", false),
    Column("units", false),
];
static MEMBER_COLUMNS: [Column; 7] = [
    Column("compound", true),
    Column("building", false),
    Column("unit", false),
    Column("floor_from", false),
    Column("floor_to", false),
    Column("households", false),
    Column("micro_grid", true),
];
static ALIAS_COLUMNS: [Column; 5] = [
    Column("alias", true),
    Column("grid", true),
    Column("lon", true),
    Column("lat", true),
    Column("note", false),
];

struct Reader<'a> {
    map: &'a Map,
    faults: &'a mut Vec<Fault>,
    book: Book,
}

/// Reads the tables that are there.
pub(crate) fn read(folder: &Folder, map: &Map, faults: &mut Vec<Fault>) -> Book {
    let mut reader = Reader { map, faults, book: Book::default() };
    let has = |name| folder.get(name).is_some();
    if has(COMPOUNDS) || has(BUILDINGS) || has(MEMBERS) {
        let sheet = Sheet::read(folder, COMPOUNDS, &COMPOUND_COLUMNS, true, reader.faults);
        reader.compounds(&sheet);
        drop(sheet);
    }
    if has(BUILDINGS) {
        let sheet = Sheet::read(folder, BUILDINGS, &BUILDING_COLUMNS, true, reader.faults);
        reader.buildings(&sheet);
    }
    if has(MEMBERS) {
        let sheet = Sheet::read(folder, MEMBERS, &MEMBER_COLUMNS, true, reader.faults);
        reader.members(&sheet);
    }
    if has(ALIASES) {
        let sheet = Sheet::read(folder, ALIASES, &ALIAS_COLUMNS, true, reader.faults);
        reader.spots(&sheet);
    }
    reader.book
}

/// Decimal degrees with up to 7 places, as units of 10⁻⁷ degree, exactly.
fn degrees(text: &str, most: i32) -> Option<i32> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |t| (-1, t));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || part.len() > 7 || !plain(whole) || !plain(part) {
        return None;
    }
    let value: i64 = format!("{whole}{part:0<7}").parse().ok()?;
    (value <= i64::from(most) * 10_000_000).then_some((sign * value) as i32)
}

impl Reader<'_> {
    fn at(&mut self, row: Row<'_>) -> Option<[i32; 2]> {
        let lon = row.must("lon", "degrees east with up to 7 places", self.faults, |t| degrees(t, 180));
        let lat = row.must("lat", "degrees north with up to 7 places", self.faults, |t| degrees(t, 90));
        Some([lon?, lat?])
    }

    fn place(&mut self, row: Row<'_>, column: &str) -> Option<u32> {
        row.must(column, "the id of a place of places.csv", self.faults, |t| self.map.find(t))
    }

    fn count(&mut self, row: Row<'_>, column: &str) -> u32 {
        let accepted = "a whole number up to 1,000,000, or nothing";
        row.may(column, accepted, self.faults, |t| t.parse().ok().filter(|n| *n <= 1_000_000)).unwrap_or(0)
    }

    fn compound(&mut self, row: Row<'_>) -> Option<u32> {
        let ids = &self.book.ids;
        row.must("compound", "the id of a compound of compounds.csv", self.faults, |t| {
            ids.find(t).map(|i| i as u32)
        })
    }

    fn compounds(&mut self, sheet: &Sheet) {
        let mut rows = Vec::new();
        for row in sheet.rows() {
            let id = row.must("id", "1 to 64 bytes", self.faults, |t| (t.len() <= 64).then_some(()));
            let id = id.map(|()| row.cell("id"));
            let name = row.name(self.faults);
            let kind =
                row.must("kind", &KINDS.join(", "), self.faults, |t| KINDS.iter().position(|k| *k == t));
            let (grid, at) = (self.place(row, "grid"), self.at(row));
            let aliases = row.cell("aliases").split('|').map(str::trim).filter(|a| !a.is_empty());
            let aliases: Vec<&str> = aliases.collect();
            if aliases.len() > MAX_ALIASES {
                let problem = format!("{} aliases", aliases.len());
                self.faults.push(row.error("aliases", problem, format!("up to {MAX_ALIASES}")));
            }
            let households = self.count(row, "households");
            if let (Some(id), Some(kind), Some(grid), Some(at)) = (id, kind, grid, at) {
                let made = Compound { grid, at, households, kind: kind as u32, aliases: 0 };
                rows.push((id, name, made, aliases, row));
            }
        }
        rows.sort_by(|a, b| a.0.cmp(b.0));
        let mut last = "";
        for (id, name, mut made, aliases, row) in rows {
            if id == last {
                self.faults.push(row.error("id", format!("`{id}` is listed twice"), "each compound once"));
                continue;
            }
            last = id;
            let book = &mut self.book;
            made.aliases = book.aliases.len() as u32;
            aliases.iter().for_each(|a| book.aliases.push(a));
            book.ids.push(id);
            book.names.push(&name);
            book.roads.push(row.cell("road"));
            book.numbers.push(row.cell("number").trim_end_matches('号'));
            book.compounds.push(made);
        }
    }

    fn buildings(&mut self, sheet: &Sheet) {
        let mut rows: Vec<(u32, String, Building, u32)> = Vec::new();
        for row in sheet.rows() {
            let compound = self.compound(row);
            let key = row.must("building", "such as 3栋, A座 or 2组", self.faults, |t| {
                (t.len() <= 64).then(|| building_key(t))
            });
            let (at, floors, units) = (self.at(row), self.count(row, "floors"), self.count(row, "units"));
            if floors > MAX_FLOOR as u32 {
                self.faults.push(row.error("floors", floors.to_string(), format!("up to {MAX_FLOOR}")));
            }
            if let (Some(compound), Some(key), Some(at)) = (compound, key, at) {
                rows.push((compound, key, Building { compound, at, floors, units }, row.line()));
            }
        }
        rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        for pair in rows.windows(2).filter(|w| (w[0].0, &w[0].1) == (w[1].0, &w[1].1)) {
            let problem = format!("building `{}` of this compound is listed twice", pair[1].1);
            self.faults.push(Fault::error(BUILDINGS, pair[1].3, "building", problem, "each building once"));
        }
        for (_, key, building, _) in rows {
            self.book.keys.push(&key);
            self.book.buildings.push(building);
        }
    }

    fn members(&mut self, sheet: &Sheet) {
        let mut units: HashMap<String, u32> = HashMap::new();
        let mut names = Texts::default();
        let floor = |t: &str| t.parse::<i32>().ok().filter(|f| f.abs() <= i32::from(MAX_FLOOR) && *f != 0);
        for row in sheet.rows() {
            let compound = self.compound(row);
            let micro = self.place(row, "micro_grid");
            let building = compound.and_then(|c| {
                let book = &self.book;
                let find = |t: &str| book.building(c, &building_key(t));
                row.may("building", "a building of buildings.csv, or nothing", self.faults, find)
            });
            let unit = row.cell("unit");
            let unit = if unit.is_empty() {
                NONE
            } else {
                *units.entry(unit_key(unit)).or_insert_with_key(|u| {
                    names.push(u);
                    names.len() as u32 - 1
                })
            };
            let accepted = format!("a floor from -{MAX_FLOOR} to {MAX_FLOOR}, not 0, or nothing");
            let from = row.may("floor_from", &accepted, self.faults, floor);
            let to = row.may("floor_to", &accepted, self.faults, floor);
            let floors = [from.unwrap_or(i32::MIN), to.unwrap_or(i32::MAX)];
            if floors[0] > floors[1] {
                let problem = format!("the floors end at {} but begin at {}", floors[1], floors[0]);
                self.faults.push(row.error("floor_to", problem, "a floor at or above floor_from"));
            }
            let households = self.count(row, "households");
            if let (Some(compound), Some(micro)) = (compound, micro) {
                let grid = self.book.compounds[compound as usize].grid;
                if !self.map.line(micro).any(|p| p == grid) {
                    let problem = format!(
                        "the micro-grid is not of the compound's grid {}",
                        self.map.ids.get(grid as usize)
                    );
                    self.faults.push(row.error("micro_grid", problem, "a micro-grid of the compound's grid"));
                }
                let building = building.unwrap_or(NONE);
                self.book.members.push(Member { compound, building, unit, floors, households, micro });
            }
        }
        self.book.members.sort_by_key(|m| (m.compound, m.building));
        self.book.unit_names = names;
    }

    fn spots(&mut self, sheet: &Sheet) {
        for row in sheet.rows() {
            let short = |t: &str| (t.len() <= 200).then_some(());
            let alias = row.must("alias", "1 to 200 bytes", self.faults, short).map(|()| row.cell("alias"));
            if let (Some(alias), Some(grid), Some(at)) = (alias, self.place(row, "grid"), self.at(row)) {
                self.book.spot_names.push(alias);
                self.book.spots.push(Spot { grid, at });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_exact() {
        assert_eq!(degrees("104.0657123", 180), Some(1_040_657_123));
        assert_eq!(degrees("-0.5", 180), Some(-5_000_000));
        assert_eq!(degrees("180", 180), Some(1_800_000_000));
        for bad in ["", "180.0000001", "104.06571234", "1e2", " 104", "1o4"] {
            assert_eq!(degrees(bad, 180), None, "{bad}");
        }
    }
}
