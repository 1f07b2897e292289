//! What `huying city show` says of a city and of a place, as one report for people and for programs.

use crate::table::{render, thousands};
use huying_core::city::City;
use huying_core::ids::PlaceId;
use huying_core::place::{PlaceNo, TreeNo};
use jiff::civil::Date;
use serde::Serialize;

/// How many names are suggested for one that is not found.
const SUGGESTIONS: usize = 5;

/// A place, or the city as its widest place.
#[derive(Serialize)]
pub(crate) struct Report {
    #[serde(flatten)]
    place: Named,
    codes: Vec<OfCode>,
    /// From the top to the place, in every tree that has a line of its own.
    lines: Vec<Line>,
    residents: Option<u64>,
    households: Option<u64>,
    counts_source: Option<String>,
    levels: Vec<OfLevel>,
    children: Vec<Child>,
    units: Vec<OfUnit>,
    /// What the folder holds besides places; only for the whole city.
    #[serde(skip_serializing_if = "Option::is_none")]
    holdings: Option<Holdings>,
}

#[derive(Serialize, Clone)]
struct Named {
    id: String,
    code: Option<String>,
    name: String,
    name_en: Option<String>,
    level: String,
    kind: Option<String>,
}

#[derive(Serialize)]
struct OfCode {
    code: String,
    scheme: String,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Serialize)]
struct Line {
    tree: String,
    places: Vec<Named>,
}

#[derive(Serialize)]
struct OfLevel {
    level: String,
    name: String,
    tree: String,
    places: usize,
    /// By kind of place, where the level tells kinds apart.
    kinds: Vec<(String, usize)>,
    /// The sum over those places that state it, and how many do.
    residents: Option<u64>,
    with_residents: usize,
    households: Option<u64>,
    with_households: usize,
}

#[derive(Serialize)]
struct Child {
    #[serde(flatten)]
    place: Named,
    residents: Option<u64>,
    households: Option<u64>,
    places_under: usize,
}

#[derive(Serialize)]
struct OfUnit {
    id: String,
    name: String,
    kind: String,
    posts: Vec<OfPost>,
}

#[derive(Serialize)]
struct OfPost {
    id: String,
    role: String,
    person: Option<String>,
    name: Option<String>,
    synthetic: bool,
}

#[derive(Serialize)]
struct Holdings {
    zone: String,
    trees: Vec<(String, String)>,
    units: usize,
    posts: usize,
    people: usize,
    synthetic_people: usize,
    matters: Vec<(String, String, usize)>,
    limits: usize,
    calendar: bool,
    profile: bool,
}

/// Finds a place by id, by code (also a replaced one) or by name.
pub(crate) fn find(city: &City, text: &str, today: Date) -> Result<PlaceNo, String> {
    let places = &city.places;
    let by_id = PlaceId::new(text).ok().and_then(|id| places.find(&id));
    if let Some(found) = by_id.or_else(|| places.resolve(text, today)) {
        return Ok(found);
    }
    let named = places.by_name(text);
    match named.as_slice() {
        [one] => Ok(*one),
        [] => Err(format!(
            "no place has the id, code or name `{text}`; near to it: {}",
            near(city, text, today).join(", ")
        )),
        many => {
            let list: Vec<String> = many.iter().map(|p| described(city, *p)).collect();
            Err(format!(
                "{} places have the name `{text}`; accepted is one id of: {}",
                many.len(),
                list.join(", ")
            ))
        }
    }
}

fn described(city: &City, place: PlaceNo) -> String {
    let names: Vec<&str> = city
        .places
        .line(city.places.get(place).tree, place)
        .map(|p| city.places.get(p).name.as_str())
        .collect();
    let names: Vec<&str> = names.into_iter().rev().collect();
    format!("{} ({})", city.places.get(place).id, names.join(" "))
}

/// The places whose code shares the longest beginning with `text`, or whose name is most like it.
fn near(city: &City, text: &str, today: Date) -> Vec<String> {
    let places = &city.places;
    if text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        for end in (2..text.len()).rev() {
            // Codes as long as the one asked for come first: a street is rarely mistaken for a community.
            let mut found: Vec<PlaceNo> = places.by_prefix(&text[..end], today).collect();
            found.sort_by_key(|p| places.code(*p, today).is_none_or(|c| c.len() != text.len()));
            let found: Vec<String> =
                found.into_iter().take(SUGGESTIONS).map(|p| described(city, p)).collect();
            if !found.is_empty() {
                return found;
            }
        }
    }
    let likeness = |name: &str| if name.contains(text) { 1.0 } else { strsim::jaro_winkler(name, text) };
    let score = |at: PlaceNo| {
        let p = places.get(at);
        likeness(&p.name).max(
            p.name_en
                .as_deref()
                .map_or(0.0, |n| strsim::jaro_winkler(&n.to_lowercase(), &text.to_lowercase())),
        )
    };
    let mut scored: Vec<(f64, PlaceNo)> = places.iter().map(|(at, _)| (score(at), at)).collect();
    scored.sort_by(|a, b| {
        b.0.total_cmp(&a.0).then(places.get(a.1).level.cmp(&places.get(b.1).level)).then(a.1.cmp(&b.1))
    });
    scored.into_iter().take(SUGGESTIONS).map(|(_, p)| described(city, p)).collect()
}

/// The whole city: its widest place, and what the folder holds besides.
pub(crate) fn city(city: &City, today: Date) -> Report {
    let top = city.places.roots(TreeNo::MAIN).next().unwrap_or(PlaceNo(0));
    let mut report = place(city, top, today);
    let book = city.catalogue.book();
    let of_kind = |id: &str| city.catalogue.matters().iter().filter(|m| m.kind() == id).count();
    let edition = |id: &str| {
        book.editions.iter().find(|e| e.id == id).map(|e| e.standard_ref.clone()).unwrap_or_default()
    };
    report.holdings = Some(Holdings {
        zone: city.about.zone.clone(),
        trees: city.places.trees().map(|(_, t)| (t.id.to_string(), t.name.clone())).collect(),
        units: city.units.all().len(),
        posts: city.people.posts().len(),
        people: city.people.persons().len(),
        synthetic_people: city.people.persons().iter().filter(|p| p.synthetic).count(),
        matters: book.kinds.iter().map(|k| (k.name.clone(), edition(&k.edition), of_kind(&k.id))).collect(),
        limits: book.limits.len(),
        calendar: city.calendar_text().is_some(),
        profile: city.profile_text().is_some(),
    });
    report
}

/// One place.
pub(crate) fn place(city: &City, at: PlaceNo, today: Date) -> Report {
    let places = &city.places;
    let tree = places.get(at).tree;
    let shown = |d: Option<Date>| d.map(|d| d.to_string());
    let codes = places.codes(at).map(|c| OfCode {
        code: c.code.to_string(),
        scheme: c.scheme.to_string(),
        from: shown(c.from),
        to: shown(c.to),
    });
    let source = places.get(at).count_source.and_then(|s| places.book().sources.get(s as usize));
    Report {
        place: named(city, at, today),
        codes: codes.collect(),
        lines: lines(city, at, today),
        residents: places.residents(tree, at),
        households: places.households(tree, at),
        counts_source: source.map(|s| s.title.clone()),
        levels: levels(city, at),
        children: children(city, tree, at, today),
        units: units(city, at, today),
        holdings: None,
    }
}

fn named(city: &City, at: PlaceNo, today: Date) -> Named {
    let place = city.places.get(at);
    Named {
        id: place.id.to_string(),
        code: city.places.code(at, today).map(str::to_owned),
        name: place.name.to_string(),
        name_en: place.name_en.as_deref().map(str::to_owned),
        level: city.places.level(at).id.to_string(),
        kind: city.places.kind(at).map(|k| k.id.to_string()),
    }
}

fn lines(city: &City, at: PlaceNo, today: Date) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut seen: Vec<Vec<PlaceNo>> = Vec::new();
    for (no, tree) in city.places.trees() {
        let mut line: Vec<PlaceNo> = city.places.line(no, at).collect();
        line.reverse();
        if !line.is_empty() && !seen.contains(&line) {
            lines.push(Line {
                tree: tree.id.to_string(),
                places: line.iter().map(|p| named(city, *p, today)).collect(),
            });
            seen.push(line);
        }
    }
    lines
}

/// Places under `at` by level: those of its own tree, and levels that only another tree has.
fn levels(city: &City, at: PlaceNo) -> Vec<OfLevel> {
    let places = &city.places;
    let mut out: Vec<OfLevel> = Vec::new();
    for (tree, about) in places.trees() {
        for (no, count) in places.counts(tree, at) {
            let level = &places.book().levels[no.0 as usize];
            if out.iter().any(|l| l.level == level.id) {
                continue;
            }
            let of: Vec<PlaceNo> =
                places.under(tree, at).skip(1).filter(|p| places.get(*p).level == no).collect();
            let of_kind = |k: u8| of.iter().filter(|p| places.get(**p).kind == Some(k)).count();
            let sum = |figures: &[u64]| (!figures.is_empty()).then(|| figures.iter().sum());
            let residents: Vec<u64> = of.iter().filter_map(|p| places.residents(tree, *p)).collect();
            let households: Vec<u64> = of.iter().filter_map(|p| places.households(tree, *p)).collect();
            out.push(OfLevel {
                level: level.id.to_string(),
                name: level.name.clone(),
                tree: about.id.to_string(),
                places: count,
                kinds: level
                    .kinds
                    .iter()
                    .enumerate()
                    .map(|(i, k)| (k.name.clone(), of_kind(i as u8)))
                    .collect(),
                residents: sum(&residents),
                with_residents: residents.len(),
                households: sum(&households),
                with_households: households.len(),
            });
        }
    }
    out
}

fn children(city: &City, tree: TreeNo, at: PlaceNo, today: Date) -> Vec<Child> {
    let child = |p| Child {
        place: named(city, p, today),
        residents: city.places.residents(tree, p),
        households: city.places.households(tree, p),
        places_under: city.places.under(tree, p).count() - 1,
    };
    city.places.children(tree, at).map(child).collect()
}

fn units(city: &City, at: PlaceNo, today: Date) -> Vec<OfUnit> {
    let post = |p: &huying_core::actor::Post| {
        let person = p.person.as_ref().and_then(|id| city.people.person(id));
        OfPost {
            id: p.id.to_string(),
            role: p.role.to_string(),
            person: person.map(|p| p.id.to_string()),
            name: person.map(|p| p.name.clone()),
            synthetic: person.is_some_and(|p| p.synthetic),
        }
    };
    let unit = |u: &huying_core::unit::Unit| OfUnit {
        id: u.id.to_string(),
        name: u.name.to_string(),
        kind: u.kind.to_string(),
        posts: city.people.of_unit(&u.id, today).map(post).collect(),
    };
    city.units.of_place(&city.places.get(at).id).map(unit).collect()
}

fn figure(n: Option<u64>) -> String {
    n.map_or_else(|| "-".to_owned(), thousands)
}

/// The report for a terminal.
pub(crate) fn text(report: &Report) -> String {
    let p = &report.place;
    let english = p.name_en.as_deref().map(|n| format!(" {n}")).unwrap_or_default();
    let kind = p.kind.as_deref().filter(|k| *k != p.level).map(|k| format!(", {k}")).unwrap_or_default();
    let mut out = format!(
        "{}{english}  ({}{kind})  id {}  code {}\n",
        p.name,
        p.level,
        p.id,
        p.code.as_deref().unwrap_or("-")
    );
    let others: Vec<String> = report
        .codes
        .iter()
        .filter(|c| Some(&c.code) != p.code.as_ref())
        .map(|c| format!("{} ({})", c.code, if c.scheme.is_empty() { "earlier" } else { &c.scheme }))
        .collect();
    if !others.is_empty() {
        out.push_str(&format!("other codes: {}\n", others.join(", ")));
    }
    for line in &report.lines {
        let names: Vec<String> = line.places.iter().map(|p| format!("{} {}", p.id, p.name)).collect();
        out.push_str(&format!("{}: {}\n", line.tree, names.join(" > ")));
    }
    out.push_str(&format!(
        "residents {}  households {}",
        figure(report.residents),
        figure(report.households)
    ));
    out.push_str(
        &report.counts_source.as_ref().map(|s| format!("  ({s})\n")).unwrap_or_else(|| "\n".to_owned()),
    );
    out.push_str(&level_text(&report.levels));
    out.push_str(&child_text(&report.children));
    out.push_str(&unit_text(&report.units));
    out.push_str(&report.holdings.as_ref().map(holding_text).unwrap_or_default());
    out
}

fn titled(title: &str, head: &[&str], rows: Vec<Vec<String>>, right: &[usize]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head = head.iter().map(|h| (*h).to_owned()).collect();
    let all: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    format!("\n{title}\n{}", render(&all, right))
}

fn level_text(levels: &[OfLevel]) -> String {
    let part = |n: Option<u64>, with: usize, of: usize| match n {
        Some(n) if with < of => format!("{} (of {with})", thousands(n)),
        n => figure(n),
    };
    let row = |l: &OfLevel| {
        let kinds: Vec<String> = l
            .kinds
            .iter()
            .filter(|k| k.1 > 0)
            .map(|k| format!("{} {}", k.0, thousands(k.1 as u64)))
            .collect();
        vec![
            l.level.clone(),
            l.name.clone(),
            thousands(l.places as u64),
            part(l.residents, l.with_residents, l.places),
            part(l.households, l.with_households, l.places),
            l.tree.clone(),
            kinds.join(", "),
        ]
    };
    titled(
        "Places under it",
        &["level", "", "places", "residents", "households", "tree", "kinds"],
        levels.iter().map(row).collect(),
        &[2, 3, 4],
    )
}

fn child_text(children: &[Child]) -> String {
    let row = |c: &Child| {
        let p = &c.place;
        vec![
            p.code.clone().unwrap_or_else(|| p.id.clone()),
            p.name.clone(),
            p.name_en.clone().unwrap_or_default(),
            p.kind.clone().unwrap_or_else(|| p.level.clone()),
            figure(c.residents),
            figure(c.households),
            thousands(c.places_under as u64),
        ]
    };
    let head = ["code", "name", "", "kind", "residents", "households", "places under"];
    titled("Next level", &head, children.iter().map(row).collect(), &[4, 5, 6])
}

fn unit_text(units: &[OfUnit]) -> String {
    let row = |u: &OfUnit| {
        let people: Vec<String> = u.posts.iter().map(post_text).collect();
        vec![u.id.clone(), u.name.clone(), u.kind.clone(), people.join(", ")]
    };
    titled("Units and people", &["unit", "name", "kind", "posts"], units.iter().map(row).collect(), &[])
}

fn post_text(p: &OfPost) -> String {
    match (&p.person, &p.name) {
        (None, _) => format!("{}: vacant", p.role),
        (Some(_), Some(name)) if !name.is_empty() => {
            format!("{}: {name}{}", p.role, if p.synthetic { " (synthetic)" } else { "" })
        }
        (Some(id), _) => format!("{}: {id}", p.role),
    }
}

fn holding_text(h: &Holdings) -> String {
    let trees: Vec<String> = h.trees.iter().map(|(id, name)| format!("{id} {name}")).collect();
    let matters: Vec<String> =
        h.matters.iter().map(|(name, edition, n)| format!("{n} {name} ({edition})")).collect();
    let present = |there: bool| if there { "present" } else { "missing" }.to_owned();
    let rows = vec![
        vec!["zone".to_owned(), h.zone.clone()],
        vec!["trees".to_owned(), trees.join(", ")],
        vec!["units".to_owned(), thousands(h.units as u64)],
        vec!["posts".to_owned(), thousands(h.posts as u64)],
        vec![
            "people".to_owned(),
            format!("{} ({} synthetic)", thousands(h.people as u64), thousands(h.synthetic_people as u64)),
        ],
        vec!["catalogue".to_owned(), matters.join(", ")],
        vec!["limits".to_owned(), thousands(h.limits as u64)],
        vec!["calendar".to_owned(), present(h.calendar)],
        vec!["profile".to_owned(), present(h.profile)],
    ];
    format!("\nThe folder holds\n{}", render(&rows, &[]))
}
