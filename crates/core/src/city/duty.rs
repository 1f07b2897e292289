//! `duty.toml`: who sits at which desk when, around the clock. How a roster turns is `crate::duty`.

use super::folder::Folder;
use super::toml_file::{Node, TomlText};
use crate::actor::People;
use crate::duty::{DutyRoster, Shift, Swap};
use crate::fault::Fault;
use crate::ids::{PersonId, UnitId};
use crate::time::Time;
use crate::unit::Units;
use jiff::Timestamp;
use std::fmt::Write as _;
use std::str::FromStr;

/// The file of duty rosters.
pub const FILE: &str = "duty.toml";

/// A fact, not a rule: the minutes of a civil day.
const DAY_MINUTES: i64 = 1_440;

/// Reads the rosters; a folder without the file has none.
pub(super) fn read(
    folder: &Folder,
    units: &Units,
    people: &People,
    faults: &mut Vec<Fault>,
) -> Vec<DutyRoster> {
    let Some(text) = TomlText::read(folder, FILE, false, faults) else { return Vec::new() };
    let table = text.parse(faults);
    let root = text.node(&table, "", 1);
    root.only(&["roster"], faults);
    let mut all: Vec<DutyRoster> = Vec::new();
    for node in root.tables("roster", faults) {
        let Some(roster) = roster(&node, units, people, faults) else { continue };
        let same =
            |r: &&DutyRoster| (&r.unit, &r.seat, r.since) == (&roster.unit, &roster.seat, roster.since);
        if all.iter().any(|r| same(&r)) {
            let problem =
                format!("`{}` has two rosters for `{}` since {}", roster.unit, roster.seat, roster.since);
            faults.push(node.error("seat", problem, "one roster of a seat for each `since`"));
            continue;
        }
        for fault in roster.faults() {
            faults.push(node.error("shifts", fault.to_string(), ""));
        }
        all.push(roster);
    }
    all
}

fn parsed<T: FromStr>(node: &Node<'_>, key: &str, accepted: &str, faults: &mut Vec<Fault>) -> Option<T> {
    let text = node.must(key, accepted, faults);
    if text.is_empty() {
        return None;
    }
    let value = text.parse().ok();
    if value.is_none() {
        faults.push(node.error(key, format!("`{text}` is not accepted"), accepted));
    }
    value
}

fn roster(node: &Node<'_>, units: &Units, people: &People, faults: &mut Vec<Fault>) -> Option<DutyRoster> {
    node.only(&["unit", "seat", "since", "crew", "shift", "swap"], faults);
    let unit: Option<UnitId> = parsed(node, "unit", "the id of a listed unit", faults);
    let seat = node.word("seat", faults);
    let since = node.date("since", faults);
    if !node.has("since") {
        faults.push(node.error("since", "the key is missing", "a day such as 2026-01-01"));
    }
    let mut crew = Vec::new();
    for id in node.texts("crew", faults) {
        crew.extend(person(node, "crew", &id, unit.as_ref(), people, faults));
    }
    let mut shifts = Vec::new();
    for shift in node.tables("shift", faults) {
        shift.only(&["name", "start", "minutes"], faults);
        let name = shift.must("name", "a name such as 白班", faults);
        let start = parsed(&shift, "start", "a time of day such as 08:00", faults);
        let minutes = shift.number("minutes", 1, DAY_MINUTES, faults);
        if !shift.has("minutes") {
            faults.push(shift.error("minutes", "the key is missing", format!("1 to {DAY_MINUTES}")));
        }
        let minutes = minutes.and_then(|m| u32::try_from(m).ok());
        shifts.extend(start.zip(minutes).map(|(start, minutes)| Shift { name: name.into(), start, minutes }));
    }
    let mut swaps = Vec::new();
    for swap in node.tables("swap", faults) {
        swap.only(&["from", "to", "person"], faults);
        let instant = "an instant such as 2026-03-02T08:00:00Z";
        let from: Option<Timestamp> = parsed(&swap, "from", instant, faults);
        let to: Option<Timestamp> = parsed(&swap, "to", instant, faults);
        let id = swap.must("person", "the id of a listed person", faults);
        let person = person(&swap, "person", &id, unit.as_ref(), people, faults);
        if let (Some(from), Some(to), Some(person)) = (from, to, person) {
            swaps.push(Swap { from: Time::from(from), to: Time::from(to), person });
        }
    }
    let unit = unit?;
    if units.get(&unit).is_none() {
        faults.push(node.error("unit", format!("unit `{unit}` is not listed"), "the id of a listed unit"));
        return None;
    }
    Some(DutyRoster { unit, seat: seat.into(), since: since?, shifts, crew, swaps })
}

/// Somebody of the crew: listed, and with a post in the unit.
fn person(
    node: &Node<'_>,
    key: &str,
    id: &str,
    unit: Option<&UnitId>,
    people: &People,
    faults: &mut Vec<Fault>,
) -> Option<PersonId> {
    let found = PersonId::new(id).ok().filter(|p| people.person(p).is_some());
    let Some(person) = found else {
        faults.push(node.error(key, format!("person `{id}` is not listed"), "ids of listed people"));
        return None;
    };
    if unit.is_some_and(|unit| !people.all_of_unit(unit).any(|p| p.person.as_ref() == Some(&person))) {
        let problem = format!("person `{person}` has no post in the unit; nobody would sit there");
        let fault = node.error(key, problem, "people with a post in the unit");
        faults.push(Fault { severity: crate::fault::Severity::Warning, ..fault });
    }
    Some(person)
}

/// The rosters as the file writes them.
pub fn write(rosters: &[DutyRoster]) -> String {
    let mut out = String::new();
    for roster in rosters {
        let shift = |s: &Shift| {
            format!(
                "{{ name = {}, start = \"{}\", minutes = {} }}",
                quoted(&s.name),
                s.start.strftime("%H:%M"),
                s.minutes
            )
        };
        let swap =
            |s: &Swap| format!("{{ from = \"{}\", to = \"{}\", person = \"{}\" }}", s.from, s.to, s.person);
        let list = |all: Vec<String>| all.join(", ");
        // Writing to a String cannot fail.
        let _ = writeln!(out, "[[roster]]\nunit = \"{}\"\nseat = {}", roster.unit, quoted(&roster.seat));
        let crew = list(roster.crew.iter().map(|p| format!("\"{p}\"")).collect());
        let _ = writeln!(out, "since = {}\ncrew = [{crew}]", roster.since);
        let _ = writeln!(out, "shift = [{}]", list(roster.shifts.iter().map(shift).collect()));
        if !roster.swaps.is_empty() {
            let _ = writeln!(out, "swap = [{}]", list(roster.swaps.iter().map(swap).collect()));
        }
        out.push('\n');
    }
    out
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
