//! Places 地点: the levels, the trees over them, and an arena that answers "under what?" in two comparisons.
//!
//! A place has a permanent id; its codes have validity and successors, and a code's prefix is only an index.
//! Several trees stand over the same leaves: the first is the main one, every other tree says only where it
//! differs (a street of 武侯区 that 高新区 runs), and takes the rest from the main tree. The arena is built once
//! and never changed; reading a folder and naming its faults is `city/`. Next: `unit.rs`, which asks
//! `contains` to find who answers for a place.

use crate::ids::PlaceId;
use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// A place's position in its arena. Good only for the [`Places`] that gave it; ids are what lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceNo(pub u32);

/// A tree's position in the city's list of trees; 0 is the main tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
pub struct TreeNo(pub u8);

/// A level's position in the city's list of levels, from the widest to the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LevelNo(pub u8);

impl TreeNo {
    /// The main tree, in which every leaf has its parent.
    pub const MAIN: TreeNo = TreeNo(0);
}

/// A level 层级 of the city, such as district or community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The word that `places.csv` uses.
    pub id: CompactString,
    /// Its name in the city's language.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
    /// How many characters a code of this level has; `None` when its places carry no code or any code.
    pub width: Option<u8>,
    /// How many leading characters of its code the codes of its children share; by default all of them.
    pub prefix: Option<u8>,
    /// The levels a place of this level may stand under; empty for the top.
    pub under: Vec<LevelNo>,
    /// The kinds a place of this level may have; empty when kinds are not told apart.
    pub kinds: Vec<Kind>,
    /// How many households a place of this level should have.
    #[serde(default, skip_serializing_if = "Band::is_open")]
    pub households: Band,
}

/// How many of something there should be: a place outside the band is a finding, never an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Band {
    /// The least; open when `None`.
    pub least: Option<u32>,
    /// The most; open when `None`.
    pub most: Option<u32>,
}

impl Band {
    /// Whether nothing is asked.
    pub fn is_open(&self) -> bool {
        *self == Band::default()
    }

    /// Whether a figure lies within.
    pub fn holds(&self, figure: u32) -> bool {
        self.least.is_none_or(|l| l <= figure) && self.most.is_none_or(|m| figure <= m)
    }
}

impl Level {
    /// The band of households for places of a kind, and the kind when it has a band of its own.
    pub fn band(&self, kind: Option<u8>) -> (Band, Option<u8>) {
        match kind.and_then(|k| self.kinds.get(usize::from(k))).map(|k| k.households) {
            Some(own) if !own.is_open() => (own, kind),
            _ => (self.households, None),
        }
    }
}

/// A kind of place within a level, such as neighbourhood 居委会 and village 村委会.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// The word that `places.csv` uses.
    pub id: CompactString,
    /// Its name in the city's language.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
    /// How many households a place of this kind should have; open: what its level says.
    #[serde(default, skip_serializing_if = "Band::is_open")]
    pub households: Band,
}

/// A tree 条线 over the city's places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// The word that `places.csv` and `trees.csv` use.
    pub id: CompactString,
    /// Its name in the city's language.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
    /// Which tree's unit answers when units of two trees claim a matter at equal depth: the higher rank.
    pub rank: u8,
}

/// Where facts come from and under which licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The word that the files use.
    pub id: CompactString,
    /// What it is, for a person.
    pub title: String,
    /// Its licence; empty when none was stated.
    pub licence: String,
    /// Where it can be read.
    pub url: String,
    /// The day it describes.
    pub date: Option<Date>,
}

/// A place of any level, as its folder states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The permanent id, by custom the first code.
    pub id: PlaceId,
    /// Its name in the city's language.
    pub name: CompactString,
    /// Its name in English, where one is in use.
    pub name_en: Option<Box<str>>,
    /// Its level.
    pub level: LevelNo,
    /// Its kind, by position in its level's kinds.
    pub kind: Option<u8>,
    /// The tree it belongs to: the main one, or the one other tree in which it exists at all.
    pub tree: TreeNo,
    /// Its parent in that tree.
    pub parent: Option<PlaceId>,
    /// Residents 常住人口, when a source states them.
    pub residents: Option<u32>,
    /// Households 户, when a source states them.
    pub households: Option<u32>,
    /// The first day it exists.
    pub from: Option<Date>,
    /// The first day it no longer exists.
    pub to: Option<Date>,
    /// The place that took over.
    pub successor: Option<PlaceId>,
    /// The source of name, code and parent, by position in the city's sources.
    pub source: Option<u8>,
    /// The source of residents and households.
    pub count_source: Option<u8>,
}

/// One code of one place over one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceCode {
    /// The place that carries it.
    pub place: PlaceId,
    /// The code.
    pub code: CompactString,
    /// The numbering it belongs to; empty for the city's own.
    pub scheme: CompactString,
    /// The first day it holds; open when `None`.
    pub from: Option<Date>,
    /// The first day it no longer holds; open when `None`.
    pub to: Option<Date>,
    /// The code that replaced it, when that is on record.
    pub successor: Option<CompactString>,
}

/// One statement of a tree beside the main one: here `place` stands under `parent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeLink {
    /// The tree that says so; never the main one.
    pub tree: TreeNo,
    /// The place.
    pub place: PlaceId,
    /// Its parent in that tree.
    pub parent: PlaceId,
    /// Where the statement comes from, by position in the city's sources.
    pub source: Option<u8>,
}

/// What the arena is built from, exactly as a folder states it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlaceBook {
    /// Levels from the widest to the smallest.
    pub levels: Vec<Level>,
    /// Trees, the main one first.
    pub trees: Vec<Tree>,
    /// Sources that rows refer to.
    pub sources: Vec<Source>,
    /// All places.
    pub places: Vec<Place>,
    /// All codes.
    pub codes: Vec<PlaceCode>,
    /// Where the other trees differ from the main one.
    pub links: Vec<TreeLink>,
}

/// Why a book cannot become an arena. `city/` reports these one by one, with lines, before it builds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Two places share an id.
    #[error("place `{0}` is listed twice; accepted is one row per id")]
    Twice(PlaceId),
    /// A parent, code or link names a place that the book does not hold.
    #[error("`{1}` refers to place `{0}`, which is not listed; accepted are ids of listed places")]
    Unknown(PlaceId, String),
    /// A place stands under itself.
    #[error("place `{0}` stands under itself; accepted is a line of parents that ends at the top")]
    Cycle(PlaceId),
    /// More places than 32 bits can number.
    #[error("{0} places; accepted are fewer than 4,294,967,295")]
    Many(usize),
}

const NONE: u32 = u32::MAX;

/// One tree laid out in depth-first order: the places under `p` are those that entered within its span.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Layout {
    parent: Vec<u32>,
    enter: Vec<u32>,
    exit: Vec<u32>,
    depth: Vec<u8>,
    order: Vec<u32>,
}

/// All places of a city. About 150 bytes a place and tree; lookups by id or code are binary searches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    book: PlaceBook,
    by_id: Vec<u32>,
    codes_by_code: Vec<u32>,
    code_places: Vec<u32>,
    codes_by_place: Vec<u32>,
    layouts: Vec<Layout>,
}

impl Places {
    /// Builds the arena.
    ///
    /// # Errors
    /// [`PlaceError`] when ids repeat, a reference leads nowhere or a line of parents is a circle.
    pub fn build(book: PlaceBook) -> Result<Places, PlaceError> {
        let n = book.places.len();
        if n >= NONE as usize {
            return Err(PlaceError::Many(n));
        }
        let mut by_id: Vec<u32> = (0..n as u32).collect();
        by_id.sort_by(|a, b| book.places[*a as usize].id.cmp(&book.places[*b as usize].id));
        for pair in by_id.windows(2) {
            let id = &book.places[pair[0] as usize].id;
            if *id == book.places[pair[1] as usize].id {
                return Err(PlaceError::Twice(id.clone()));
            }
        }
        let mut places = Places {
            by_id,
            codes_by_code: Vec::new(),
            code_places: Vec::new(),
            codes_by_place: Vec::new(),
            layouts: Vec::new(),
            book,
        };
        places.index_codes()?;
        for tree in 0..places.book.trees.len().max(1) {
            let layout = places.lay_out(TreeNo(tree as u8))?;
            places.layouts.push(layout);
        }
        Ok(places)
    }

    fn index_codes(&mut self) -> Result<(), PlaceError> {
        for code in &self.book.codes {
            self.code_places.push(self.known(&code.place, &code.code)?.0);
        }
        let codes = &self.book.codes;
        let mut order: Vec<u32> = (0..codes.len() as u32).collect();
        order.sort_by_key(|i| {
            let c = &codes[*i as usize];
            (&c.code, c.from)
        });
        self.codes_by_code = order;
        let mut order: Vec<u32> = (0..codes.len() as u32).collect();
        order.sort_by_key(|i| (self.code_places[*i as usize], *i));
        self.codes_by_place = order;
        Ok(())
    }

    fn known(&self, id: &PlaceId, who: &str) -> Result<PlaceNo, PlaceError> {
        self.find(id).ok_or_else(|| PlaceError::Unknown(id.clone(), who.to_owned()))
    }

    fn parents(&self, tree: TreeNo) -> Result<(Vec<u32>, Vec<bool>), PlaceError> {
        let mut parent = vec![NONE; self.book.places.len()];
        let mut member = vec![false; self.book.places.len()];
        for (i, place) in self.book.places.iter().enumerate() {
            member[i] = place.tree == TreeNo::MAIN || place.tree == tree;
            if member[i]
                && let Some(id) = &place.parent
            {
                parent[i] = self.known(id, place.id.as_str())?.0;
            }
        }
        for link in self.book.links.iter().filter(|l| l.tree == tree && tree != TreeNo::MAIN) {
            let place = self.known(&link.place, "trees.csv")?;
            parent[place.0 as usize] = self.known(&link.parent, link.place.as_str())?.0;
        }
        Ok((parent, member))
    }

    fn lay_out(&self, tree: TreeNo) -> Result<Layout, PlaceError> {
        let (parent, member) = self.parents(tree)?;
        let n = parent.len();
        let (starts, children) = by_parent(&parent, &member);
        let mut layout =
            Layout { enter: vec![NONE; n], exit: vec![0; n], depth: vec![0; n], ..Layout::default() };
        let mut stack: Vec<(u32, bool)> = (0..n as u32)
            .rev()
            .filter(|i| member[*i as usize] && parent[*i as usize] == NONE)
            .map(|i| (i, false))
            .collect();
        while let Some((at, done)) = stack.pop() {
            let i = at as usize;
            if done {
                layout.exit[i] = layout.order.len() as u32;
                continue;
            }
            layout.enter[i] = layout.order.len() as u32;
            layout.order.push(at);
            if parent[i] != NONE {
                layout.depth[i] = layout.depth[parent[i] as usize].saturating_add(1);
            }
            stack.push((at, true));
            let span = starts[i] as usize..starts[i + 1] as usize;
            stack.extend(children[span].iter().rev().map(|c| (*c, false)));
        }
        layout.parent = parent;
        match (0..n).find(|i| member[*i] && layout.enter[*i] == NONE) {
            Some(lost) => Err(PlaceError::Cycle(self.book.places[lost].id.clone())),
            None => Ok(layout),
        }
    }

    /// What the arena was built from.
    pub fn book(&self) -> &PlaceBook {
        &self.book
    }

    /// How many places there are, of all trees.
    pub fn len(&self) -> usize {
        self.book.places.len()
    }

    /// Whether there is no place at all.
    pub fn is_empty(&self) -> bool {
        self.book.places.is_empty()
    }

    /// Every place, in the order of the folder.
    pub fn iter(&self) -> impl Iterator<Item = (PlaceNo, &Place)> {
        self.book.places.iter().enumerate().map(|(i, p)| (PlaceNo(i as u32), p))
    }

    /// The place at a position this arena gave.
    pub fn get(&self, at: PlaceNo) -> &Place {
        &self.book.places[at.0 as usize]
    }

    /// The level of a place.
    pub fn level(&self, at: PlaceNo) -> &Level {
        &self.book.levels[self.get(at).level.0 as usize]
    }

    /// The kind of a place within its level.
    pub fn kind(&self, at: PlaceNo) -> Option<&Kind> {
        self.get(at).kind.and_then(|k| self.level(at).kinds.get(k as usize))
    }

    /// The trees, the main one first.
    pub fn trees(&self) -> impl Iterator<Item = (TreeNo, &Tree)> {
        self.book.trees.iter().enumerate().map(|(i, t)| (TreeNo(i as u8), t))
    }

    /// The place with this id.
    pub fn find(&self, id: &PlaceId) -> Option<PlaceNo> {
        self.by_id
            .binary_search_by(|i| self.book.places[*i as usize].id.cmp(id))
            .ok()
            .map(|k| PlaceNo(self.by_id[k]))
    }

    /// The place that carries `code` on day `at`, in any numbering.
    pub fn by_code(&self, code: &str, at: Date) -> Option<PlaceNo> {
        let (place, _) = self.codes_like(code).find(|(_, c)| holds(c.from, c.to, at))?;
        Some(place)
    }

    /// The place that a code leads to on day `at`: who carries it then, or else who carries what replaced it.
    pub fn resolve(&self, code: &str, at: Date) -> Option<PlaceNo> {
        let mut code = code;
        // A chain of successors cannot be longer than the list of codes; a circle among them ends here too.
        for _ in 0..=self.book.codes.len() {
            if let Some(place) = self.by_code(code, at) {
                return Some(place);
            }
            let (place, last) = self.codes_like(code).last()?;
            match &last.successor {
                Some(next) => code = next,
                None => return self.heir(place, at),
            }
        }
        None
    }

    fn heir(&self, place: PlaceNo, at: Date) -> Option<PlaceNo> {
        let mut place = place;
        for _ in 0..=self.len() {
            if self.exists(place, at) {
                return Some(place);
            }
            place = self.find(self.get(place).successor.as_ref()?)?;
        }
        None
    }

    fn codes_like<'a>(&'a self, code: &'a str) -> impl Iterator<Item = (PlaceNo, &'a PlaceCode)> {
        let first = self.codes_by_code.partition_point(|i| self.book.codes[*i as usize].code.as_str() < code);
        self.codes_by_code[first..]
            .iter()
            .map(|i| (PlaceNo(self.code_places[*i as usize]), &self.book.codes[*i as usize]))
            .take_while(move |(_, c)| c.code == code)
    }

    /// Places whose code begins with `prefix` on day `at`: an index for searching, never a statement of who
    /// stands under whom.
    pub fn by_prefix<'a>(&'a self, prefix: &'a str, at: Date) -> impl Iterator<Item = PlaceNo> {
        let first =
            self.codes_by_code.partition_point(|i| self.book.codes[*i as usize].code.as_str() < prefix);
        self.codes_by_code[first..]
            .iter()
            .map(|i| (self.code_places[*i as usize], &self.book.codes[*i as usize]))
            .take_while(move |(_, c)| c.code.starts_with(prefix))
            .filter(move |(_, c)| holds(c.from, c.to, at))
            .map(|(place, _)| PlaceNo(place))
    }

    /// All codes of a place, past and present, in the order of the folder.
    pub fn codes(&self, at: PlaceNo) -> impl Iterator<Item = &PlaceCode> {
        let first = self.codes_by_place.partition_point(|i| self.code_places[*i as usize] < at.0);
        self.codes_by_place[first..]
            .iter()
            .take_while(move |i| self.code_places[**i as usize] == at.0)
            .map(|i| &self.book.codes[*i as usize])
    }

    /// The code of a place in the city's own numbering on a day.
    pub fn code(&self, place: PlaceNo, at: Date) -> Option<&str> {
        self.codes(place).find(|c| c.scheme.is_empty() && holds(c.from, c.to, at)).map(|c| c.code.as_str())
    }

    /// Whether a place exists on a day.
    pub fn exists(&self, place: PlaceNo, at: Date) -> bool {
        let p = self.get(place);
        holds(p.from, p.to, at)
    }

    fn layout(&self, tree: TreeNo) -> Option<&Layout> {
        self.layouts.get(tree.0 as usize)
    }

    /// The parent of a place in a tree.
    pub fn parent(&self, tree: TreeNo, place: PlaceNo) -> Option<PlaceNo> {
        let parent = *self.layout(tree)?.parent.get(place.0 as usize)?;
        (parent != NONE).then_some(PlaceNo(parent))
    }

    /// The place itself, its parent, and so on to the top. Empty when the place is not in the tree.
    pub fn line(&self, tree: TreeNo, place: PlaceNo) -> impl Iterator<Item = PlaceNo> {
        let start = self.is_in(tree, place).then_some(place);
        std::iter::successors(start, move |p| self.parent(tree, *p))
    }

    /// Whether a place exists in a tree at all.
    pub fn is_in(&self, tree: TreeNo, place: PlaceNo) -> bool {
        self.layout(tree).is_some_and(|l| l.enter.get(place.0 as usize).is_some_and(|e| *e != NONE))
    }

    /// How many parents a place has in a tree; 0 at the top.
    pub fn depth(&self, tree: TreeNo, place: PlaceNo) -> Option<u8> {
        self.is_in(tree, place).then(|| self.layouts[tree.0 as usize].depth[place.0 as usize])
    }

    /// Whether `place` is `over` itself or stands under it in a tree.
    pub fn contains(&self, tree: TreeNo, over: PlaceNo, place: PlaceNo) -> bool {
        let Some(l) = self.layout(tree).filter(|_| self.is_in(tree, over) && self.is_in(tree, place)) else {
            return false;
        };
        let at = l.enter[place.0 as usize];
        l.enter[over.0 as usize] <= at && at < l.exit[over.0 as usize]
    }

    /// A place and everything under it in a tree, parents before children.
    pub fn under(&self, tree: TreeNo, place: PlaceNo) -> impl Iterator<Item = PlaceNo> {
        let span = match self.layout(tree) {
            Some(l) if self.is_in(tree, place) => {
                &l.order[l.enter[place.0 as usize] as usize..l.exit[place.0 as usize] as usize]
            }
            _ => &[],
        };
        span.iter().map(|i| PlaceNo(*i))
    }

    /// The children of a place in a tree, in the order of the folder.
    pub fn children(&self, tree: TreeNo, place: PlaceNo) -> impl Iterator<Item = PlaceNo> {
        let layout = self.layout(tree).filter(|_| self.is_in(tree, place));
        let bounds = layout.map_or((0, 0), |l| (l.enter[place.0 as usize] + 1, l.exit[place.0 as usize]));
        let mut next = bounds.0;
        std::iter::from_fn(move || {
            let l = layout.filter(|_| next < bounds.1)?;
            let child = l.order[next as usize];
            next = l.exit[child as usize];
            Some(PlaceNo(child))
        })
    }

    /// The places without a parent in a tree.
    pub fn roots(&self, tree: TreeNo) -> impl Iterator<Item = PlaceNo> {
        self.iter().map(|(at, _)| at).filter(move |p| self.is_in(tree, *p) && self.parent(tree, *p).is_none())
    }

    /// Residents of a place: its own figure, else the sum of its children when every one of them has one.
    pub fn residents(&self, tree: TreeNo, place: PlaceNo) -> Option<u64> {
        self.total(tree, place, |p| p.residents)
    }

    /// Households of a place: its own figure, else the sum of its children when every one of them has one.
    pub fn households(&self, tree: TreeNo, place: PlaceNo) -> Option<u64> {
        self.total(tree, place, |p| p.households)
    }

    fn total(&self, tree: TreeNo, place: PlaceNo, figure: fn(&Place) -> Option<u32>) -> Option<u64> {
        if let Some(own) = figure(self.get(place)) {
            return Some(u64::from(own));
        }
        let mut sum = None;
        for child in self.children(tree, place) {
            sum = Some(sum.unwrap_or(0) + self.total(tree, child, figure)?);
        }
        sum
    }

    /// How many places of each level stand under a place (itself left out), as (level, count), widest first.
    pub fn counts(&self, tree: TreeNo, place: PlaceNo) -> Vec<(LevelNo, usize)> {
        let mut counts = vec![0usize; self.book.levels.len()];
        for p in self.under(tree, place).skip(1) {
            counts[self.get(p).level.0 as usize] += 1;
        }
        counts.into_iter().enumerate().filter(|(_, n)| *n > 0).map(|(i, n)| (LevelNo(i as u8), n)).collect()
    }

    /// Places whose name is exactly `name`, or whose English name is but for case; the widest level first.
    pub fn by_name(&self, name: &str) -> Vec<PlaceNo> {
        let named =
            |p: &Place| p.name == name || p.name_en.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name));
        let mut found: Vec<PlaceNo> = self.iter().filter(|(_, p)| named(p)).map(|(at, _)| at).collect();
        found.sort_by_key(|at| (self.get(*at).level, *at));
        found
    }

    /// Trees in the order in which they decide who answers: the highest rank first.
    pub fn trees_by_rank(&self) -> Vec<TreeNo> {
        let mut trees: Vec<TreeNo> = self.trees().map(|(no, _)| no).collect();
        trees.sort_by_key(|no| (Reverse(self.book.trees[no.0 as usize].rank), *no));
        trees
    }
}

/// Whether a half-open period, open-ended where `None`, holds on a day.
pub fn holds(from: Option<Date>, to: Option<Date>, at: Date) -> bool {
    from.is_none_or(|d| d <= at) && to.is_none_or(|d| at < d)
}

/// The children of every place as one list, and where each place's part of it starts.
fn by_parent(parent: &[u32], member: &[bool]) -> (Vec<u32>, Vec<u32>) {
    let n = parent.len();
    let mut starts = vec![0u32; n + 1];
    for (i, p) in parent.iter().enumerate() {
        if member[i] && *p != NONE {
            starts[*p as usize + 1] += 1;
        }
    }
    for i in 0..n {
        starts[i + 1] += starts[i];
    }
    let mut next = starts.clone();
    let mut children = vec![0u32; starts[n] as usize];
    for (i, p) in parent.iter().enumerate() {
        if member[i] && *p != NONE {
            children[next[*p as usize] as usize] = i as u32;
            next[*p as usize] += 1;
        }
    }
    (starts, children)
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
