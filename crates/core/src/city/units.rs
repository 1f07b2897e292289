//! `units.csv`: every fault a list of units can have. The lookups are `crate::unit`.

use super::folder::Folder;
use super::manifest::Manifest;
use super::outside::{Outside, list};
use super::places::{Ids, circles};
use super::sheet::{Column, ID, Row, Sheet};
use super::toml_file::{WORD, is_word};
use crate::catalogue::Catalogue;
use crate::fault::Fault;
use crate::ids::{HoursId, PlaceId, UnitId};
use crate::unit::{LINES_ACCEPTED, Lines, Unit, Units, fits, is_credit_code};
use std::collections::{HashMap, HashSet};

/// The file's name.
pub(super) const FILE: &str = "units.csv";

const COLUMNS: &[Column] = &[
    Column("id", true),
    Column("name", true),
    Column("name_en", false),
    Column("kind", true),
    Column("parent", false),
    Column("territory", true),
    Column("lines", false),
    Column("hours", false),
    Column("credit_code", false),
    Column("from", false),
    Column("to", false),
    Column("source", false),
];

/// Reads the file; a folder without it has no units.
pub(super) fn read(
    folder: &Folder,
    manifest: &Manifest,
    ids: &Ids,
    catalogue: &Catalogue,
    outside: &Outside<'_>,
    faults: &mut Vec<Fault>,
) -> Units {
    let sheet = Sheet::read(folder, FILE, COLUMNS, false, faults);
    let mut units: Vec<Unit> = Vec::new();
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut at: HashMap<UnitId, usize> = HashMap::new();
    let mut lines = LineCheck::new(catalogue);
    // Listed, though their rows do not read: that is one fault each, and none of what stands below them.
    let mut faulty: HashSet<UnitId> = HashSet::new();
    for row in sheet.rows() {
        let Some(unit) = unit(row, manifest, ids, outside, &mut lines, faults) else {
            faulty.extend(row.text("id").and_then(|id| UnitId::new(&id).ok()));
            continue;
        };
        if let Some(first) = at.get(&unit.id) {
            let first: &Row<'_> = &rows[*first];
            let problem = format!("unit `{}` is listed twice, first on line {}", unit.id, first.line());
            faults.push(row.error("id", problem, "each id once"));
            continue;
        }
        at.insert(unit.id.clone(), units.len());
        units.push(unit);
        rows.push(row);
    }
    check_parents(&units, &rows, &at, &faulty, faults);
    check_credit_codes(&units, &rows, faults);
    Units::new(units)
}

fn unit(
    row: Row<'_>,
    manifest: &Manifest,
    ids: &Ids,
    outside: &Outside<'_>,
    lines: &mut LineCheck<'_>,
    faults: &mut Vec<Fault>,
) -> Option<Unit> {
    let id = row.must("id", ID, faults, |t| UnitId::new(t).ok());
    let territory = row.must("territory", "the id of a listed place", faults, |t| {
        PlaceId::new(t).ok().filter(|id| ids.contains_key(id))
    });
    let kind = row.must("kind", WORD, faults, |t| is_word(t).then(|| t.into()));
    let accepted = "18 characters of GB 32100 with its check character, or nothing";
    let credit_code = row.may("credit_code", accepted, faults, |t| is_credit_code(t).then(|| t.into()));
    let (from, to) = row.period(faults);
    let name = row.name(faults).into();
    let parent = row.may("parent", ID, faults, |t| UnitId::new(t).ok());
    let source = row.may("source", &manifest.source_words(), faults, |t| manifest.source(t));
    let lines = lines.read(row, faults);
    let hours = hours(row, outside, faults);
    let (id, territory, kind) = (id?, territory?, kind?);
    Some(Unit {
        id,
        name,
        name_en: row.text("name_en"),
        kind,
        parent,
        territory,
        lines,
        hours,
        credit_code,
        from,
        to,
        source,
    })
}

fn hours(row: Row<'_>, outside: &Outside<'_>, faults: &mut Vec<Fault>) -> Option<HoursId> {
    let accepted =
        outside.hours.map_or_else(|| ID.to_owned(), |known| format!("{} of calendar.toml", list(known)));
    let known = |id: &HoursId| outside.hours.is_none_or(|known| known.contains(id.as_str()));
    row.may("hours", &accepted, faults, |t| HoursId::new(t).ok().filter(known))
}

fn check_parents(
    units: &[Unit],
    rows: &[Row<'_>],
    at: &HashMap<UnitId, usize>,
    faulty: &HashSet<UnitId>,
    faults: &mut Vec<Fault>,
) {
    for (unit, row) in units.iter().zip(rows) {
        let unknown = |p: &&UnitId| !at.contains_key(*p) && !faulty.contains(*p);
        if let Some(parent) = unit.parent.as_ref().filter(unknown) {
            faults.push(row.error(
                "parent",
                format!("unit `{parent}` is not listed"),
                "the id of a listed unit, or nothing",
            ));
        }
    }
    for i in circles(units.len(), |i| units[i].parent.as_ref().and_then(|p| at.get(p)).copied()) {
        let problem = format!("unit `{}` belongs to itself", units[i].id);
        faults.push(rows[i].error("parent", problem, "a line of parents that ends"));
    }
}

fn check_credit_codes(units: &[Unit], rows: &[Row<'_>], faults: &mut Vec<Fault>) {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for (unit, row) in units.iter().zip(rows) {
        let Some(code) = &unit.credit_code else { continue };
        if let Some(first) = seen.insert(code, row.line()) {
            let problem = format!("credit code `{code}` is also that of the unit on line {first}");
            faults.push(row.warning("credit_code", problem, "one unit for a code"));
        }
    }
}

/// Reads lines of matters and warns, once for each pattern, of those that fit nothing in the catalogue.
pub(super) struct LineCheck<'c> {
    catalogue: &'c Catalogue,
    fitting: HashMap<String, bool>,
}

impl<'c> LineCheck<'c> {
    /// A check against a catalogue; an empty catalogue is not checked against.
    pub(super) fn new(catalogue: &'c Catalogue) -> LineCheck<'c> {
        LineCheck { catalogue, fitting: HashMap::new() }
    }

    /// The lines of the column `lines`.
    pub(super) fn read(&mut self, row: Row<'_>, faults: &mut Vec<Fault>) -> Lines {
        let lines = match row.cell("lines").parse::<Lines>() {
            Ok(lines) => lines,
            Err(problem) => {
                let problem = problem.split("; accepted").next().unwrap_or_default().to_owned();
                faults.push(row.error("lines", problem, LINES_ACCEPTED));
                return Lines::default();
            }
        };
        for pattern in lines.patterns().filter(|_| !self.catalogue.matters().is_empty()) {
            if self.is_new_and_idle(pattern) {
                let problem = format!("`{pattern}` fits no matter of the catalogue");
                faults.push(row.warning("lines", problem, "patterns of codes in catalogue/matters.csv"));
            }
        }
        lines
    }

    fn is_new_and_idle(&mut self, pattern: &str) -> bool {
        if self.fitting.contains_key(pattern) {
            return false;
        }
        let used = self.catalogue.matters().iter().any(|m| fits(pattern, m.code.as_str()));
        self.fitting.insert(pattern.to_owned(), used);
        !used
    }
}
