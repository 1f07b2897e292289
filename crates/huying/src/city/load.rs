//! `huying city load`: a folder becomes the next edition of a city, after saying what it changes.

use super::disk;
use crate::Outcome;
use crate::import::read_city;
use crate::table::{render, thousands};
use huying_core::city::{City, Folder};
use huying_core::profile::settled;
use huying_engine::{Engine, Loading, Settings, loaded_city};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::process::ExitCode;

/// Names of each sort that are listed before they are only counted.
const LISTED: usize = 10;

/// What one edition changes in one table.
#[derive(Debug, Default, PartialEq, Eq)]
struct Change {
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<String>,
}

pub(super) fn run(dir: &Path, data: &Path, dry_run: bool, loading: Loading) -> Outcome {
    let folder = disk::read(dir)?;
    let city = read_city(&folder)?;
    let folder = settled(&folder);
    let held = loaded_city(data)?;
    let before = held.as_ref().map(read_city).transpose()?;
    match (&held, &before) {
        (Some(held), _) if *held == folder => println!("the folder is the edition in force: nothing changes"),
        (Some(held), Some(before)) => print!("{}", changes(held, before, &folder, &city)),
        _ => println!(
            "a first city: {} places, {} units, {} posts, {} matters",
            thousands(city.places.len() as u64),
            thousands(city.units.all().len() as u64),
            thousands(city.people.posts().len() as u64),
            thousands(city.catalogue.matters().len() as u64)
        ),
    }
    if dry_run {
        println!("nothing was changed");
        return Ok(ExitCode::SUCCESS);
    }
    let settings = Settings { follow: false, loading, ..Settings::default() };
    let engine = Engine::open_with_city(data, settings, &folder)?;
    println!("edition {} is in force in {}", engine.rules().edition, data.display());
    Ok(ExitCode::SUCCESS)
}

fn changes(old: &Folder, before: &City, new: &Folder, after: &City) -> String {
    let tables = [
        (
            "places",
            of(before.places.iter().map(|(_, p)| (&p.id, p)), after.places.iter().map(|(_, p)| (&p.id, p))),
        ),
        (
            "codes",
            of(
                before.places.book().codes.iter().map(|c| ((&c.code, &c.scheme, &c.place, c.from), c)),
                after.places.book().codes.iter().map(|c| ((&c.code, &c.scheme, &c.place, c.from), c)),
            ),
        ),
        (
            "units",
            of(before.units.all().iter().map(|u| (&u.id, u)), after.units.all().iter().map(|u| (&u.id, u))),
        ),
        (
            "posts",
            of(
                before.people.posts().iter().map(|p| (&p.id, p)),
                after.people.posts().iter().map(|p| (&p.id, p)),
            ),
        ),
        (
            "matters",
            of(
                before.catalogue.matters().iter().map(|m| (&m.code, m)),
                after.catalogue.matters().iter().map(|m| (&m.code, m)),
            ),
        ),
        ("files", of(old.iter(), new.iter())),
    ];
    let mut rows = vec![["", "added", "removed", "changed"].map(str::to_owned).to_vec()];
    let mut names = String::new();
    for (table, change) in &tables {
        let lists = [("+", &change.added), ("-", &change.removed), ("~", &change.changed)];
        let mut row = vec![(*table).to_owned()];
        row.extend(lists.iter().map(|(_, list)| thousands(list.len() as u64)));
        rows.push(row);
        for (sign, list) in lists {
            names.extend(list.iter().take(LISTED).map(|id| format!("  {sign} {table} {id}\n")));
            if list.len() > LISTED {
                names.push_str(&format!("  {sign} {table}: {} more\n", list.len() - LISTED));
            }
        }
    }
    format!("{}{names}", render(&rows, &[1, 2, 3]))
}

fn of<K: Debug, T: PartialEq>(
    old: impl Iterator<Item = (K, T)>,
    new: impl Iterator<Item = (K, T)>,
) -> Change {
    let mut old: BTreeMap<String, T> = old.map(|(key, row)| (format!("{key:?}"), row)).collect();
    let mut change = Change::default();
    for (key, row) in new {
        let key = format!("{key:?}");
        match old.remove(&key) {
            None => change.added.push(key),
            Some(before) if before != row => change.changed.push(key),
            Some(_) => {}
        }
    }
    change.removed.extend(old.into_keys());
    change
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_compared_by_id() {
        let old = [(1, "a"), (2, "b"), (3, "c")];
        let new = [(2, "b"), (3, "d"), (4, "e")];
        let found = of(old.into_iter(), new.into_iter());
        let want = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(found, Change { added: want(&["4"]), removed: want(&["1"]), changed: want(&["3"]) });
    }
}
