//! `places.csv`, `codes.csv` and `trees.csv`: every fault a list of places can have.
//!
//! Rows that are too broken to stand for a place are left out and reported; the rest is checked to the end,
//! so that one reading names everything. The arena itself is `crate::place`.

use super::folder::Folder;
use super::limits::{MAX_CODE_BYTES, MAX_PEOPLE};
use super::manifest::Manifest;
use super::sheet::{Column, DATE, ID, Row, Sheet};
use crate::fault::Fault;
use crate::ids::PlaceId;
use crate::place::{LevelNo, Place, PlaceBook, PlaceCode, TreeLink, TreeNo};
use compact_str::CompactString;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

/// The file of places.
pub(super) const FILE: &str = "places.csv";
/// The file of earlier and other codes.
pub(super) const CODES: &str = "codes.csv";
/// The file of trees beside the main one.
pub(super) const TREES: &str = "trees.csv";

const COLUMNS: &[Column] = &[
    Column("id", true),
    Column("code", false),
    Column("name", true),
    Column("name_en", false),
    Column("level", true),
    Column("kind", false),
    Column("parent", false),
    Column("tree", false),
    Column("residents", false),
    Column("households", false),
    Column("from", false),
    Column("to", false),
    Column("successor", false),
    Column("source", false),
    Column("count_source", false),
];
const CODE_COLUMNS: &[Column] = &[
    Column("place", true),
    Column("code", true),
    Column("scheme", false),
    Column("from", false),
    Column("to", false),
    Column("successor", false),
];
const TREE_COLUMNS: &[Column] =
    &[Column("tree", true), Column("place", true), Column("parent", true), Column("source", false)];

/// Where each listed place stands among the rows, by id.
pub(super) type Ids = HashMap<PlaceId, usize>;

/// Reads the three files.
pub(super) fn read(folder: &Folder, manifest: &Manifest, faults: &mut Vec<Fault>) -> (PlaceBook, Ids) {
    let sheet = Sheet::read(folder, FILE, COLUMNS, true, faults);
    let mut reading = Reading { manifest, rows: Vec::new(), places: Vec::new(), ids: Ids::new() };
    for row in sheet.rows() {
        reading.take(row, faults);
    }
    if sheet.rows().next().is_none() && folder.get(FILE).is_some() {
        faults.push(Fault::error(
            FILE,
            0,
            "",
            "the file lists no place",
            "at least one place of the widest level",
        ));
    }
    reading.check_parents(faults);
    reading.check_sums(faults);
    reading.check_bands(faults);
    let code_sheet = Sheet::read(folder, CODES, CODE_COLUMNS, false, faults);
    let codes = reading.codes(&code_sheet, faults);
    reading.check_prefixes(&codes, faults);
    let tree_sheet = Sheet::read(folder, TREES, TREE_COLUMNS, false, faults);
    let links = reading.links(&tree_sheet, faults);
    reading.check_circles(&links, faults);
    let book = PlaceBook {
        levels: manifest.levels.clone(),
        trees: manifest.trees.clone(),
        sources: manifest.sources.clone(),
        places: reading.places,
        codes,
        links,
    };
    (book, reading.ids)
}

struct Reading<'a> {
    manifest: &'a Manifest,
    rows: Vec<Row<'a>>,
    places: Vec<Place>,
    ids: Ids,
}

/// A figure that a place may state.
type Figure = fn(&Place) -> Option<u32>;

/// A code with the row that states it, for checks between rows.
type Stated<'a> = (PlaceCode, Row<'a>);

impl<'a> Reading<'a> {
    fn take(&mut self, row: Row<'a>, faults: &mut Vec<Fault>) {
        let m = self.manifest;
        let id = row.must("id", ID, faults, |t| PlaceId::new(t).ok());
        let words = words(m.levels.iter().map(|l| l.id.as_str()));
        let level =
            row.must("level", &words, faults, |t| position(m.levels.iter().map(|l| l.id.as_str()), t));
        let kind = level.and_then(|l| {
            let kinds = &m.levels[l as usize].kinds;
            let words = words_or_nothing(kinds.iter().map(|k| k.id.as_str()));
            row.may("kind", &words, faults, |t| position(kinds.iter().map(|k| k.id.as_str()), t))
        });
        let trees = words_or_nothing(m.trees.iter().map(|t| t.id.as_str()));
        let tree = row.may("tree", &trees, faults, |t| position(m.trees.iter().map(|t| t.id.as_str()), t));
        let (from, to) = row.period(faults);
        let count = format!("a whole number from 0 to {MAX_PEOPLE}, or nothing");
        let people = |t: &str| t.parse::<u32>().ok().filter(|n| *n <= MAX_PEOPLE);
        let name = row.name(faults).into();
        let parent = row.may("parent", ID, faults, |t| PlaceId::new(t).ok());
        let residents = row.may("residents", &count, faults, people);
        let households = row.may("households", &count, faults, people);
        let successor = row.may("successor", ID, faults, |t| PlaceId::new(t).ok());
        let source = row.may("source", &m.source_words(), faults, |t| m.source(t));
        let count_source = row.may("count_source", &m.source_words(), faults, |t| m.source(t));
        let (Some(id), Some(level)) = (id, level) else { return };
        if let Some(first) = self.ids.get(&id) {
            let problem = format!("place `{id}` is listed twice, first on line {}", self.rows[*first].line());
            faults.push(row.error("id", problem, "each id once"));
            return;
        }
        self.ids.insert(id.clone(), self.places.len());
        self.rows.push(row);
        self.places.push(Place {
            id,
            name,
            name_en: row.text("name_en"),
            level: LevelNo(level),
            kind,
            tree: TreeNo(tree.unwrap_or(0)),
            parent,
            residents,
            households,
            from,
            to,
            successor,
            source,
            count_source,
        });
    }

    fn level_words(&self, levels: &[LevelNo]) -> String {
        words(levels.iter().map(|l| self.manifest.levels[l.0 as usize].id.as_str()))
    }

    fn tree_word(&self, tree: TreeNo) -> &str {
        self.manifest.trees.get(tree.0 as usize).map_or("", |t| t.id.as_str())
    }

    fn check_parents(&self, faults: &mut Vec<Fault>) {
        for (place, row) in self.places.iter().zip(&self.rows) {
            let level = &self.manifest.levels[place.level.0 as usize];
            match &place.parent {
                Some(parent) => self.check_parent(*row, place, parent, place.tree, faults),
                None if level.under.is_empty() || !row.cell("parent").is_empty() => {}
                None => {
                    let problem = format!("a {} must have a parent", level.id);
                    let accepted = format!("the id of a place of level {}", self.level_words(&level.under));
                    faults.push(row.error("parent", problem, accepted));
                }
            }
            if let Some(next) = &place.successor {
                if !self.ids.contains_key(next) {
                    faults.push(row.error(
                        "successor",
                        format!("place `{next}` is not listed"),
                        "the id of a listed place",
                    ));
                } else if place.to.is_none() {
                    faults.push(row.error(
                        "to",
                        "a place with a successor must say when it ended",
                        "a day such as 2024-05-01",
                    ));
                }
            }
        }
    }

    fn check_parent(
        &self,
        row: Row<'_>,
        place: &Place,
        parent: &PlaceId,
        tree: TreeNo,
        faults: &mut Vec<Fault>,
    ) {
        let Some(over) = self.ids.get(parent).map(|i| &self.places[*i]) else {
            faults.push(row.error(
                "parent",
                format!("place `{parent}` is not listed"),
                "the id of a listed place",
            ));
            return;
        };
        let level = &self.manifest.levels[place.level.0 as usize];
        if !level.under.contains(&over.level) {
            let above = &self.manifest.levels[over.level.0 as usize].id;
            let problem = format!("a {} cannot stand under `{parent}`, a {above}", level.id);
            let accepted = match level.under.is_empty() {
                true => "nothing, as this is the widest level".to_owned(),
                false => format!("a place of level {}", self.level_words(&level.under)),
            };
            faults.push(row.error("parent", problem, accepted));
        }
        if over.tree != TreeNo::MAIN && over.tree != tree {
            let problem = format!("`{parent}` exists in tree {} only", self.tree_word(over.tree));
            let accepted = format!("a place of tree {} or of the main tree", self.tree_word(tree));
            faults.push(row.error("parent", problem, accepted));
        }
    }

    /// Compares each stated figure with the sum of the children's, within the tree a place belongs to.
    fn check_sums(&self, faults: &mut Vec<Fault>) {
        let figures: [(&str, Figure); 2] = [("residents", |p| p.residents), ("households", |p| p.households)];
        for (column, figure) in figures {
            // For each parent: the sum of its children's figures, and whether a child has none.
            let mut sums: HashMap<usize, (u64, bool)> = HashMap::new();
            for child in &self.places {
                let over = child.parent.as_ref().and_then(|p| self.ids.get(p));
                if let Some(over) = over.filter(|o| self.places[**o].tree == child.tree) {
                    let sum = sums.entry(*over).or_default();
                    sum.0 += u64::from(figure(child).unwrap_or(0));
                    sum.1 |= figure(child).is_none();
                }
            }
            for (i, (place, row)) in self.places.iter().zip(&self.rows).enumerate() {
                let (Some(own), Some((sum, partial))) = (figure(place).map(u64::from), sums.get(&i)) else {
                    continue;
                };
                if *sum > own || (!partial && *sum != own) {
                    let problem = format!("{own} {column}, but those under it sum to {sum}");
                    faults.push(row.warning(column, problem, "a figure equal to the sum, or none"));
                }
            }
        }
    }

    /// Says, once for each level and kind with a band of households, what share lies outside it.
    fn check_bands(&self, faults: &mut Vec<Fault>) {
        // For each level and kind: places with a figure, those under and those over the band.
        let mut counts: BTreeMap<(u8, Option<u8>), [u64; 3]> = BTreeMap::new();
        for place in &self.places {
            let level = &self.manifest.levels[place.level.0 as usize];
            let (band, kind) = level.band(place.kind);
            let Some(households) = place.households.filter(|_| !band.is_open()) else { continue };
            let count = counts.entry((place.level.0, kind)).or_default();
            count[0] += 1;
            count[1] += u64::from(band.least.is_some_and(|l| households < l));
            count[2] += u64::from(band.most.is_some_and(|m| households > m));
        }
        for ((level, kind), [all, under, over]) in counts.into_iter().filter(|(_, c)| c[1] + c[2] > 0) {
            let level = &self.manifest.levels[level as usize];
            let (band, _) = level.band(kind);
            let what = kind.map_or(level.name.as_str(), |k| level.kinds[k as usize].name.as_str());
            let share = (under + over) as f64 / all as f64 * 100.0;
            let problem = format!(
                "{} of {all} places that are {what} ({share:.1} %) are outside the band of households: {under} \
                 under, {over} over",
                under + over
            );
            let shown = |bound: Option<u32>| bound.map_or("any".to_owned(), |b| b.to_string());
            let accepted = format!("{} to {} households each", shown(band.least), shown(band.most));
            faults.push(Fault::warning(FILE, 0, "households", problem, accepted));
        }
    }

    fn codes(&self, sheet: &'a Sheet, faults: &mut Vec<Fault>) -> Vec<PlaceCode> {
        let mut stated: Vec<Stated<'a>> = Vec::new();
        // The day on which the last earlier code of a place ended: its present one begins then.
        let mut begins: HashMap<PlaceId, Option<Date>> = HashMap::new();
        for row in sheet.rows() {
            if let Some(code) = self.earlier_code(row, faults) {
                if code.scheme.is_empty() {
                    let begin = begins.entry(code.place.clone()).or_default();
                    *begin = (*begin).max(code.to);
                }
                stated.push((code, row));
            }
        }
        let earlier = stated.len();
        for (place, row) in self.places.iter().zip(&self.rows) {
            let Some(code) = self.code_cell(*row, place, false, faults) else { continue };
            let from = begins.get(&place.id).copied().flatten().or(place.from);
            let scheme = CompactString::default();
            let code =
                PlaceCode { place: place.id.clone(), code, scheme, from, to: place.to, successor: None };
            stated.push((code, *row));
        }
        check_overlaps(&stated, faults);
        check_successors(&stated[..earlier], &stated, faults);
        // Present codes first: the order in which people meet them.
        stated.rotate_left(earlier);
        stated.into_iter().map(|(code, _)| code).collect()
    }

    fn earlier_code(&self, row: Row<'_>, faults: &mut Vec<Fault>) -> Option<PlaceCode> {
        let place = row.must("place", "the id of a listed place", faults, |t| {
            PlaceId::new(t).ok().filter(|id| self.ids.contains_key(id))
        });
        let (from, to) = row.period(faults);
        let place = place?;
        let scheme = CompactString::from(row.cell("scheme"));
        let code = self.code_cell(row, &self.places[self.ids[&place]], !scheme.is_empty(), faults)?;
        let successor = row.text("successor").map(|s| CompactString::from(&*s));
        Some(PlaceCode { place, code, scheme, from, to, successor })
    }

    fn code_cell(
        &self,
        row: Row<'_>,
        place: &Place,
        foreign: bool,
        faults: &mut Vec<Fault>,
    ) -> Option<CompactString> {
        let accepted = format!("1 to {MAX_CODE_BYTES} letters and digits");
        let plain = |t: &str| t.len() <= MAX_CODE_BYTES && t.bytes().all(|b| b.is_ascii_alphanumeric());
        let code = row.may("code", &accepted, faults, |t| plain(t).then(|| CompactString::from(t)))?;
        let level = &self.manifest.levels[place.level.0 as usize];
        if let Some(width) = level.width.filter(|w| usize::from(*w) != code.len() && !foreign) {
            let problem = format!("code `{code}` has {} characters", code.len());
            faults.push(row.error("code", problem, format!("{width} characters, as level {} has", level.id)));
        }
        Some(code)
    }

    /// Warns of a present code that does not begin as its parent's present code does.
    fn check_prefixes(&self, codes: &[PlaceCode], faults: &mut Vec<Fault>) {
        let present: HashMap<&PlaceId, &str> =
            codes.iter().rev().filter(|c| c.scheme.is_empty()).map(|c| (&c.place, c.code.as_str())).collect();
        for (place, row) in self.places.iter().zip(&self.rows).filter(|(p, _)| p.tree == TreeNo::MAIN) {
            let Some(over) = place.parent.as_ref().and_then(|p| self.ids.get(p)).map(|i| &self.places[*i])
            else {
                continue;
            };
            let (Some(own), Some(above)) = (present.get(&place.id), present.get(&over.id)) else { continue };
            let shared = self.manifest.levels[over.level.0 as usize].prefix.map_or(above.len(), usize::from);
            let head = above.get(..shared).unwrap_or(above);
            if !own.starts_with(head) {
                let problem = format!("code `{own}` does not begin as that of its parent, `{above}`");
                faults.push(row.warning("code", problem, format!("a code that begins with {head}")));
            }
        }
    }

    fn links(&self, sheet: &Sheet, faults: &mut Vec<Fault>) -> Vec<TreeLink> {
        let m = self.manifest;
        let others = words(m.trees.iter().skip(1).map(|t| t.id.as_str()));
        let others = format!("the id of a [[tree]] after the first: {others}");
        let mut links: Vec<TreeLink> = Vec::new();
        let mut seen: HashMap<(TreeNo, PlaceId), u32> = HashMap::new();
        for row in sheet.rows() {
            let tree = row.must("tree", &others, faults, |t| {
                position(m.trees.iter().map(|t| t.id.as_str()), t).filter(|i| *i > 0).map(TreeNo)
            });
            let place = row.must("place", "the id of a listed place", faults, |t| {
                PlaceId::new(t).ok().filter(|id| self.ids.contains_key(id))
            });
            let parent = row.must("parent", "the id of a listed place", faults, |t| PlaceId::new(t).ok());
            let source = row.may("source", &m.source_words(), faults, |t| m.source(t));
            let (Some(tree), Some(place), Some(parent)) = (tree, place, parent) else { continue };
            let own = &self.places[self.ids[&place]];
            if own.tree != TreeNo::MAIN && own.tree != tree {
                let problem = format!("`{place}` exists in tree {} only", self.tree_word(own.tree));
                faults.push(row.error("place", problem, "a place of this tree or of the main tree"));
            }
            self.check_parent(row, own, &parent, tree, faults);
            if let Some(first) = seen.insert((tree, place.clone()), row.line()) {
                let problem = format!("`{place}` already has a parent in this tree, on line {first}");
                faults.push(row.error("place", problem, "one line for a place and tree"));
            }
            links.push(TreeLink { tree, place, parent, source });
        }
        links
    }

    /// Reports every circle of parents, once per tree, at the first of its rows.
    fn check_circles(&self, links: &[TreeLink], faults: &mut Vec<Fault>) {
        let mut told = Vec::new();
        for tree in 0..self.manifest.trees.len() {
            let tree = TreeNo(tree as u8);
            let stated: HashMap<&PlaceId, &PlaceId> =
                links.iter().filter(|l| l.tree == tree).map(|l| (&l.place, &l.parent)).collect();
            let parent = |i: usize| {
                let p = &self.places[i];
                let over = stated
                    .get(&p.id)
                    .copied()
                    .or(p.parent.as_ref().filter(|_| p.tree.0 == 0 || p.tree == tree));
                over.and_then(|id| self.ids.get(id)).copied()
            };
            for start in circles(self.places.len(), parent) {
                // A circle of the main tree is not told again for each other tree.
                if tree == TreeNo::MAIN {
                    told.push(start);
                } else if told.contains(&start) {
                    continue;
                }
                let problem = format!(
                    "`{}` stands under itself in tree {}",
                    self.places[start].id,
                    self.tree_word(tree)
                );
                faults.push(self.rows[start].error(
                    "parent",
                    problem,
                    "a line of parents that ends at the top",
                ));
            }
        }
    }
}

/// One member, the lowest, of every circle that following `parent` from 0..n runs into.
pub(super) fn circles(n: usize, parent: impl Fn(usize) -> Option<usize>) -> Vec<usize> {
    let mut walk = vec![0usize; n];
    let mut found = Vec::new();
    for start in 0..n {
        let (mut at, mark) = (Some(start), start + 1);
        while let Some(i) = at.filter(|i| walk[*i] == 0) {
            walk[i] = mark;
            at = parent(i);
        }
        let Some(meet) = at.filter(|i| walk[*i] == mark) else { continue };
        let around = std::iter::successors(parent(meet), |i| parent(*i)).take_while(|i| *i != meet);
        found.push(around.min().map_or(meet, |lowest| lowest.min(meet)));
    }
    found
}

/// Reports codes that hold at one time for two places, and periods of one place that overlap.
fn check_overlaps(stated: &[Stated<'_>], faults: &mut Vec<Fault>) {
    let overlap = |a: &PlaceCode, b: &PlaceCode| {
        a.from.is_none_or(|f| b.to.is_none_or(|t| f < t)) && b.from.is_none_or(|f| a.to.is_none_or(|t| f < t))
    };
    let mut by_code: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut by_place: HashMap<(&PlaceId, &str), Vec<usize>> = HashMap::new();
    for (i, (code, row)) in stated.iter().enumerate() {
        let here =
            |j: usize| -> String { format!("on line {} of {}", stated[j].1.line(), stated[j].1.file()) };
        let same = by_code.entry(&code.code).or_default();
        let other = same.iter().find(|j| stated[**j].0.place != code.place && overlap(&stated[**j].0, code));
        if let Some(j) = other {
            let problem = format!(
                "code `{}` is carried by `{}` at the same time, {}",
                code.code,
                stated[*j].0.place,
                here(*j)
            );
            faults.push(row.error("code", problem, "one place for a code on any day"));
        }
        same.push(i);
        let own = by_place.entry((&code.place, &code.scheme)).or_default();
        if let Some(j) = own.iter().find(|j| overlap(&stated[**j].0, code)) {
            let problem = format!(
                "place `{}` carries code `{}` at the same time, {}",
                code.place,
                stated[*j].0.code,
                here(*j)
            );
            faults.push(row.error("code", problem, format!("periods that do not overlap; `to` is {DATE}")));
        }
        own.push(i);
    }
}

fn check_successors(earlier: &[Stated<'_>], all: &[Stated<'_>], faults: &mut Vec<Fault>) {
    let known: std::collections::HashSet<&str> = all.iter().map(|(c, _)| c.code.as_str()).collect();
    for (code, row) in earlier {
        if let Some(next) = code.successor.as_ref().filter(|s| !known.contains(s.as_str())) {
            faults.push(row.error(
                "successor",
                format!("code `{next}` is not listed"),
                "a code of places.csv or codes.csv",
            ));
        }
    }
}

fn position<'w>(mut words: impl Iterator<Item = &'w str>, word: &str) -> Option<u8> {
    words.position(|w| w == word).map(|i| i as u8)
}

fn words<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn words_or_nothing<'w>(all: impl Iterator<Item = &'w str>) -> String {
    let list = words(all);
    if list.is_empty() { "nothing".to_owned() } else { format!("{list}, or nothing") }
}
