//! The way back: the folder that reads as a given city. Files with nothing in them are left out.

use super::folder::Folder;
use super::{City, catalogue, duty, manifest, outside, people, places, units};
use crate::catalogue::CatalogueBook;
use crate::ids::PlaceId;
use crate::place::{Level, LevelNo, PlaceBook, PlaceCode, TreeNo};
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

/// Writes every file.
pub(super) fn folder(city: &City) -> Folder {
    let mut folder = Folder::new();
    let book = city.places.book();
    folder.put(manifest::FILE, city_toml(city));
    folder.put(places::FILE, place_rows(book));
    put_rows(&mut folder, places::CODES, code_rows(book));
    put_rows(&mut folder, places::TREES, tree_rows(book));
    put_rows(&mut folder, units::FILE, unit_rows(city));
    let (persons, posts) = people_rows(city);
    put_rows(&mut folder, people::PERSONS, persons);
    put_rows(&mut folder, people::POSTS, posts);
    if !city.duty.is_empty() {
        folder.put(duty::FILE, duty::write(&city.duty));
    }
    let matters = city.catalogue.book();
    if *matters != CatalogueBook::default() {
        folder.put(catalogue::FILE, catalogue_toml(matters));
        put_rows(&mut folder, catalogue::MAJORS, major_rows(matters));
        put_rows(&mut folder, catalogue::MATTERS, matter_rows(matters));
        put_rows(&mut folder, catalogue::LIMITS, limit_rows(matters));
    }
    for (file, text) in [(outside::CALENDAR, city.calendar_text()), (outside::PROFILE, city.profile_text())] {
        if let Some(text) = text {
            folder.put(file, text);
        }
    }
    folder
}

/// A CSV text that is begun with its columns and grows by rows.
struct Rows {
    text: String,
    count: usize,
}

impl Rows {
    fn of(columns: &str) -> Rows {
        Rows { text: format!("{columns}\n"), count: 0 }
    }

    fn add(&mut self, cells: &[&str]) {
        for (i, cell) in cells.iter().enumerate() {
            if i > 0 {
                self.text.push(',');
            }
            if cell.contains([',', '"']) {
                self.text.push('"');
                self.text.push_str(&cell.replace('"', "\"\""));
                self.text.push('"');
            } else {
                self.text.push_str(cell);
            }
        }
        self.text.push('\n');
        self.count += 1;
    }
}

fn put_rows(folder: &mut Folder, file: &str, rows: Rows) {
    if rows.count > 0 {
        folder.put(file, rows.text);
    }
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Adds `key = "text"` unless the text is empty.
fn key(out: &mut String, key: &str, text: &str) {
    if !text.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{key} = {}", quoted(text));
    }
}

fn date_key(out: &mut String, name: &str, date: Option<Date>) {
    if let Some(date) = date {
        let _ = writeln!(out, "{name} = {date}");
    }
}

fn text_list<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    format!("[{}]", texts.map(quoted).collect::<Vec<_>>().join(", "))
}

fn city_toml(city: &City) -> String {
    let (about, book) = (&city.about, city.places.book());
    let mut out = String::new();
    for (name, text) in
        [("id", &about.id), ("name", &about.name), ("name_en", &about.name_en), ("zone", &about.zone)]
    {
        key(&mut out, name, text);
    }
    if !about.languages.is_empty() {
        let _ = writeln!(out, "languages = {}", text_list(about.languages.iter().map(String::as_str)));
    }
    for level in &book.levels {
        level_toml(&mut out, level, &book.levels);
    }
    for tree in &book.trees {
        out.push_str("\n[[tree]]\n");
        key(&mut out, "id", &tree.id);
        key(&mut out, "name", &tree.name);
        key(&mut out, "name_en", &tree.name_en);
        let _ = writeln!(out, "rank = {}", tree.rank);
    }
    for source in &book.sources {
        out.push_str("\n[[source]]\n");
        key(&mut out, "id", &source.id);
        key(&mut out, "title", &source.title);
        key(&mut out, "licence", &source.licence);
        key(&mut out, "url", &source.url);
        date_key(&mut out, "date", source.date);
    }
    out
}

fn level_toml(out: &mut String, level: &Level, levels: &[Level]) {
    out.push_str("\n[[level]]\n");
    key(out, "id", &level.id);
    key(out, "name", &level.name);
    key(out, "name_en", &level.name_en);
    for (name, number) in [("width", level.width), ("prefix", level.prefix)] {
        if let Some(number) = number {
            let _ = writeln!(out, "{name} = {number}");
        }
    }
    for (name, number) in [(manifest::LEAST, level.households.least), (manifest::MOST, level.households.most)]
    {
        if let Some(number) = number {
            let _ = writeln!(out, "{name} = {number}");
        }
    }
    let word = |l: &LevelNo| levels[l.0 as usize].id.as_str();
    let _ = writeln!(out, "under = {}", text_list(level.under.iter().map(word)));
    if !level.kinds.is_empty() {
        out.push_str("kinds = [\n");
        for kind in &level.kinds {
            let _ = write!(out, "  {{ id = {}, name = {}", quoted(&kind.id), quoted(&kind.name));
            if !kind.name_en.is_empty() {
                let _ = write!(out, ", name_en = {}", quoted(&kind.name_en));
            }
            let band = [(manifest::LEAST, kind.households.least), (manifest::MOST, kind.households.most)];
            for (name, number) in band {
                if let Some(number) = number {
                    let _ = write!(out, ", {name} = {number}");
                }
            }
            out.push_str(" },\n");
        }
        out.push_str("]\n");
    }
}

fn place_rows(book: &PlaceBook) -> String {
    let mut present = HashMap::new();
    for code in present_codes(book) {
        present.insert(&code.place, code.code.as_str());
    }
    let source = |no: Option<u8>| no.map_or("", |n| book.sources[n as usize].id.as_str());
    let mut rows = Rows::of(
        "id,code,name,name_en,level,kind,parent,tree,residents,households,from,to,successor,source,count_source",
    );
    for p in &book.places {
        let level = &book.levels[p.level.0 as usize];
        rows.add(&[
            p.id.as_str(),
            present.get(&p.id).copied().unwrap_or(""),
            &p.name,
            p.name_en.as_deref().unwrap_or(""),
            &level.id,
            p.kind.map_or("", |k| &level.kinds[k as usize].id),
            p.parent.as_ref().map_or("", |i| i.as_str()),
            if p.tree == TreeNo::MAIN { "" } else { &book.trees[p.tree.0 as usize].id },
            &shown(p.residents),
            &shown(p.households),
            &shown(p.from),
            &shown(p.to),
            p.successor.as_ref().map_or("", |i| i.as_str()),
            source(p.source),
            source(p.count_source),
        ]);
    }
    rows.text
}

/// The codes that `places.csv` holds: of the city's own numbering, and with exactly the period that reading
/// them from there gives. All others go to `codes.csv`.
fn present_codes(book: &PlaceBook) -> Vec<&PlaceCode> {
    let own = |c: &&PlaceCode| c.scheme.is_empty();
    let mut ends: HashMap<&PlaceId, Vec<Option<Date>>> = HashMap::new();
    for code in book.codes.iter().filter(own) {
        ends.entry(&code.place).or_default().push(code.to);
    }
    let lives: HashMap<&PlaceId, (Option<Date>, Option<Date>)> =
        book.places.iter().map(|p| (&p.id, (p.from, p.to))).collect();
    let fits = |c: &&PlaceCode| {
        let Some((from, to)) = lives.get(&c.place) else { return false };
        let others = &ends[&c.place];
        let last = others.iter().filter(|t| **t != c.to).max().copied().flatten();
        let alone = others.iter().filter(|t| **t == c.to).count() == 1;
        alone && c.successor.is_none() && c.to == *to && c.from == last.or(*from)
    };
    book.codes.iter().filter(own).filter(fits).collect()
}

fn code_rows(book: &PlaceBook) -> Rows {
    let present: HashSet<*const PlaceCode> =
        present_codes(book).into_iter().map(std::ptr::from_ref).collect();
    let mut rows = Rows::of("place,code,scheme,from,to,successor");
    for c in book.codes.iter().filter(|c| !present.contains(&std::ptr::from_ref(*c))) {
        let next = c.successor.as_deref().unwrap_or("");
        rows.add(&[c.place.as_str(), &c.code, &c.scheme, &shown(c.from), &shown(c.to), next]);
    }
    rows
}

fn tree_rows(book: &PlaceBook) -> Rows {
    let mut rows = Rows::of("tree,place,parent,source");
    for l in &book.links {
        let source = l.source.map_or("", |n| book.sources[n as usize].id.as_str());
        rows.add(&[&book.trees[l.tree.0 as usize].id, l.place.as_str(), l.parent.as_str(), source]);
    }
    rows
}

fn unit_rows(city: &City) -> Rows {
    let sources = &city.places.book().sources;
    let mut rows = Rows::of("id,name,name_en,kind,parent,territory,lines,hours,credit_code,from,to,source");
    for u in city.units.all() {
        rows.add(&[
            u.id.as_str(),
            &u.name,
            u.name_en.as_deref().unwrap_or(""),
            &u.kind,
            u.parent.as_ref().map_or("", |i| i.as_str()),
            u.territory.as_str(),
            &u.lines.to_string(),
            u.hours.as_ref().map_or("", |h| h.as_str()),
            u.credit_code.as_deref().unwrap_or(""),
            &shown(u.from),
            &shown(u.to),
            u.source.map_or("", |n| sources[n as usize].id.as_str()),
        ]);
    }
    rows
}

fn people_rows(city: &City) -> (Rows, Rows) {
    let mut persons = Rows::of("id,kind,name,synthetic");
    for p in city.people.persons() {
        persons.add(&[p.id.as_str(), p.kind.word(), &p.name, if p.synthetic { "yes" } else { "" }]);
    }
    let mut posts = Rows::of("id,person,unit,role,territory,lines,from,to,sending_unit,deputy_of");
    for p in city.people.posts() {
        posts.add(&[
            p.id.as_str(),
            p.person.as_ref().map_or("", |i| i.as_str()),
            p.unit.as_str(),
            &p.role,
            p.territory.as_ref().map_or("", |i| i.as_str()),
            &p.lines.to_string(),
            &shown(p.from),
            &shown(p.to),
            p.sending_unit.as_ref().map_or("", |i| i.as_str()),
            p.deputy_of.as_ref().map_or("", |i| i.as_str()),
        ]);
    }
    (persons, posts)
}

fn catalogue_toml(book: &CatalogueBook) -> String {
    let mut out = format!("stages = {}\n", text_list(book.stages.iter().map(|s| s.as_str())));
    for e in &book.editions {
        out.push_str("\n[[edition]]\n");
        key(&mut out, "id", &e.id);
        key(&mut out, "standard_ref", &e.standard_ref);
        date_key(&mut out, "from", e.from);
        key(&mut out, "note", &e.note);
    }
    for k in &book.kinds {
        out.push_str("\n[[kind]]\n");
        key(&mut out, "id", &k.id);
        key(&mut out, "name", &k.name);
        key(&mut out, "name_en", &k.name_en);
        key(&mut out, "edition", &k.edition);
        let _ = writeln!(out, "width = {}\nmajor_width = {}", k.width, k.major_width);
    }
    let types = book.requests.iter().map(|r| ("request", &r.id, &r.name, &r.name_en));
    let met = book.circumstances.iter().map(|c| ("circumstance", &c.id, &c.name, &c.name_en));
    for (table, id, name, name_en) in types.chain(met) {
        let _ = write!(out, "\n[[{table}]]\n");
        key(&mut out, "id", id);
        key(&mut out, "name", name);
        key(&mut out, "name_en", name_en);
    }
    out
}

fn major_rows(book: &CatalogueBook) -> Rows {
    let mut rows = Rows::of("kind,code,name,name_en");
    for m in &book.majors {
        rows.add(&[&m.kind, &m.code, &m.name, &m.name_en]);
    }
    rows
}

fn matter_rows(book: &CatalogueBook) -> Rows {
    let mut rows = Rows::of("kind,code,name,name_en,requests,open_when,close_when,in_use");
    for m in &book.matters {
        rows.add(&[
            m.kind(),
            m.number(),
            &m.name,
            m.name_en.as_deref().unwrap_or(""),
            &m.requests.join(" "),
            m.open_when.as_deref().unwrap_or(""),
            m.close_when.as_deref().unwrap_or(""),
            if m.in_use { "" } else { "no" },
        ]);
    }
    rows
}

fn limit_rows(book: &CatalogueBook) -> Rows {
    let mut rows = Rows::of("matters,request,stage,when,limit,close_when,source,standing");
    for l in &book.limits {
        rows.add(&[
            &l.matters,
            l.request.as_deref().unwrap_or(""),
            &l.stage,
            l.when.as_deref().unwrap_or(""),
            &l.limit,
            l.close_when.as_deref().unwrap_or(""),
            &l.source,
            l.standing.word(),
        ]);
    }
    rows
}
