//! `people.csv` and `posts.csv`: every fault of the lists of people and posts. The lookups are
//! `crate::actor`.

use super::folder::Folder;
use super::outside::{Outside, list};
use super::places::Ids;
use super::sheet::{Column, ID, Row, Sheet};
use super::toml_file::{WORD, is_word};
use super::units::LineCheck;
use crate::actor::{People, Person, PersonKind, Post};
use crate::catalogue::Catalogue;
use crate::fault::Fault;
use crate::ids::{PersonId, PlaceId, PostId, UnitId};
use crate::unit::Units;
use std::collections::HashMap;

/// The file of people.
pub const PERSONS: &str = "people.csv";
/// The file of posts.
pub const POSTS: &str = "posts.csv";

const PERSON_COLUMNS: &[Column] =
    &[Column("id", true), Column("kind", true), Column("name", false), Column("synthetic", false)];
const POST_COLUMNS: &[Column] = &[
    Column("id", true),
    Column("person", true),
    Column("unit", true),
    Column("role", true),
    Column("territory", false),
    Column("lines", false),
    Column("from", false),
    Column("to", false),
    Column("sending_unit", false),
    Column("deputy_of", false),
];

/// Reads both files; a folder without them has neither people nor posts.
pub(super) fn read(
    folder: &Folder,
    ids: &Ids,
    units: &Units,
    catalogue: &Catalogue,
    outside: &Outside<'_>,
    faults: &mut Vec<Fault>,
) -> People {
    let persons = persons(folder, faults);
    let sheet = Sheet::read(folder, POSTS, POST_COLUMNS, false, faults);
    let mut reading = Posts { persons: &persons, ids, units, outside, lines: LineCheck::new(catalogue) };
    let mut posts: Vec<Post> = Vec::new();
    let mut seen: HashMap<PostId, u32> = HashMap::new();
    let mut deputies: Vec<(Row<'_>, PostId)> = Vec::new();
    for row in sheet.rows() {
        let Some(post) = reading.post(row, faults) else { continue };
        if let Some(first) = seen.get(&post.id) {
            let problem = format!("post `{}` is listed twice, first on line {first}", post.id);
            faults.push(row.error("id", problem, "each id once"));
            continue;
        }
        seen.insert(post.id.clone(), row.line());
        deputies.extend(post.deputy_of.clone().map(|of| (row, of)));
        posts.push(post);
    }
    for (row, of) in deputies {
        if !seen.contains_key(&of) || row.cell("id") == of.as_str() {
            faults.push(row.error(
                "deputy_of",
                format!("`{of}` is no other post"),
                "the id of another listed post, or nothing",
            ));
        }
    }
    People::new(persons.list, posts)
}

struct Persons {
    list: Vec<Person>,
    seen: HashMap<PersonId, u32>,
}

fn persons(folder: &Folder, faults: &mut Vec<Fault>) -> Persons {
    let sheet = Sheet::read(folder, PERSONS, PERSON_COLUMNS, false, faults);
    let mut persons = Persons { list: Vec::new(), seen: HashMap::new() };
    for row in sheet.rows() {
        let id = row.must("id", ID, faults, |t| PersonId::new(t).ok());
        let words: Vec<&str> = PersonKind::WORDS.iter().map(|(w, _)| *w).collect();
        let kind = row.must("kind", &words.join(", "), faults, |t| {
            PersonKind::WORDS.iter().find(|(w, _)| *w == t).map(|(_, k)| *k)
        });
        let yes_no = |t: &str| match t {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        let synthetic = row.may("synthetic", "yes, no, or nothing for no", faults, yes_no).unwrap_or(false);
        let name = row.cell("name").to_owned();
        if !name.is_empty() && !synthetic && kind != Some(PersonKind::System) {
            let accepted =
                "no name, or `yes` in the column synthetic; names of real people belong into the vault";
            faults.push(row.warning("name", "a folder is no place for the name of a real person", accepted));
        }
        let (Some(id), Some(kind)) = (id, kind) else { continue };
        if let Some(first) = persons.seen.get(&id) {
            let problem = format!("person `{id}` is listed twice, first on line {first}");
            faults.push(row.error("id", problem, "each id once"));
            continue;
        }
        persons.seen.insert(id.clone(), row.line());
        persons.list.push(Person { id, kind, name, synthetic });
    }
    persons
}

struct Posts<'a> {
    persons: &'a Persons,
    ids: &'a Ids,
    units: &'a Units,
    outside: &'a Outside<'a>,
    lines: LineCheck<'a>,
}

impl Posts<'_> {
    fn post(&mut self, row: Row<'_>, faults: &mut Vec<Fault>) -> Option<Post> {
        let known_unit = |t: &str| UnitId::new(t).ok().filter(|id| self.units.get(id).is_some());
        let id = row.must("id", ID, faults, |t| PostId::new(t).ok());
        let person = row.may("person", "the id of a listed person, or nothing while vacant", faults, |t| {
            PersonId::new(t).ok().filter(|id| self.persons.seen.contains_key(id))
        });
        let unit = row.must("unit", "the id of a listed unit", faults, known_unit);
        let sending_unit = row.may("sending_unit", "the id of a listed unit, or nothing", faults, known_unit);
        let territory =
            row.may("territory", "the id of a listed place, or nothing for the unit's", faults, |t| {
                PlaceId::new(t).ok().filter(|id| self.ids.contains_key(id))
            });
        let roles = self
            .outside
            .roles
            .map_or_else(|| WORD.to_owned(), |known| format!("{} of profile.toml", list(known)));
        let role = row.must("role", &roles, faults, |t| {
            let known = self.outside.roles.is_none_or(|known| known.contains(t));
            (is_word(t) && known).then(|| t.into())
        });
        let deputy_of = row.may("deputy_of", ID, faults, |t| PostId::new(t).ok());
        let (from, to) = row.period(faults);
        let lines = self.lines.read(row, faults);
        let (id, unit, role) = (id?, unit?, role?);
        Some(Post { id, person, unit, role, territory, lines, from, to, sending_unit, deputy_of })
    }
}
