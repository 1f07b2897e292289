//! Names by their sounds: finding places, compounds and names in use, typing mistakes forgiven.
//!
//! Every name is a bag of pairs of neighbouring (and next but one) characters, each character taken by its
//! sound: most mistakes in typed Chinese are homophones, and people here mix zh and z, n and l, ing and in.
//! Posting lists of the pairs give some dozens of names, which are then compared character by character. What
//! an address means beyond its name is `addresses/find.rs`.

use crate::addresses::Book;
use crate::addresses::parse::plain;
use crate::api::{Hit, HitKind};
use crate::limits::{MAX_HITS, MAX_WORDS};
use crate::read::Atlas;
use crate::shape::NOWHERE;
use crate::topology::{Map, NONE};
use huying_core::city::City;
use huying_core::ids::PlaceId;
use huying_core::observation::Point;
use pinyin::ToPinyin;

/// What a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) kind: Kind,
    /// The number of the place, compound, spot; for an alias that of its compound.
    pub(crate) target: u32,
    /// The number of the alias.
    pub(crate) alias: u32,
}

/// What sort of name it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Place,
    Compound,
    Alias,
    Spot,
}

/// All names and the posting lists of their pairs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Names {
    /// kind, target, alias of each name.
    pub(crate) names: Vec<[u32; 3]>,
    /// How many pairs each name has.
    pub(crate) sizes: Vec<u32>,
    /// Its first character, for words of one.
    pub(crate) firsts: Vec<u32>,
    pub(crate) keys: Vec<u32>,
    pub(crate) starts: Vec<u32>,
    pub(crate) postings: Vec<u32>,
}

/// A pair that more names than this have says little, as long as rarer ones are there; a fact of the search.
const COMMON: usize = 4_000;
/// Names that are compared character by character.
const COMPARED: usize = 200;

/// The sound of a character as 15 bits; for one without a sound the character itself.
fn sound(c: char) -> u16 {
    let Some(pinyin) = c.to_pinyin() else { return 0x8000 | (c as u32 & 0x7fff) as u16 };
    let mut text = pinyin.plain();
    let mut hash = 0x811c_9dc5u32;
    let mut feed = |b: u8| hash = (hash ^ u32::from(b)).wrapping_mul(0x0100_0193);
    for pair in [("zh", b'z'), ("ch", b'c'), ("sh", b's'), ("l", b'n')] {
        if let Some(rest) = text.strip_prefix(pair.0) {
            feed(pair.1);
            text = rest;
            break;
        }
    }
    let text = text.strip_suffix('g').filter(|t| t.ends_with('n')).unwrap_or(text);
    text.bytes().for_each(feed);
    ((hash >> 16) ^ hash) as u16 & 0x7fff
}

/// A text with its sounds.
pub(crate) struct Heard {
    chars: Vec<char>,
    sounds: Vec<u16>,
}

impl Heard {
    pub(crate) fn new(text: &str) -> Heard {
        let chars: Vec<char> = plain(text).chars().take(MAX_WORDS).collect();
        let sounds = chars.iter().map(|c| sound(*c)).collect();
        Heard { chars, sounds }
    }
    pub(crate) fn len(&self) -> usize {
        self.chars.len()
    }
    fn pairs(&self) -> Vec<u32> {
        let s = &self.sounds;
        let key = |a: u16, b: u16, salt: u32| (u32::from(a) << 16 | u32::from(b)) ^ salt;
        let next = s.windows(2).map(|w| key(w[0], w[1], 0));
        let skip = s.windows(3).map(|w| key(w[0], w[2], 0x5bd1_e995));
        let mut pairs: Vec<u32> = next.chain(skip).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }
    /// The fewest edits that make this text out of a part of `other`: another character of the same sound
    /// counts half. Also where that part ends, and its length.
    pub(crate) fn edits_within(&self, other: &Heard) -> (f32, usize, usize) {
        let n = self.len();
        // For each length of the text's head: edits, and where the part began.
        let mut row: Vec<(f32, usize)> = (0..=n).map(|i| (i as f32, 0)).collect();
        let mut best = (row[n].0, 0, 0);
        for j in 0..other.len() {
            let mut diagonal = row[0];
            row[0] = (0.0, j + 1);
            for i in 0..n {
                let cost = if self.chars[i] == other.chars[j] {
                    0.0
                } else if self.sounds[i] == other.sounds[j] {
                    0.5
                } else {
                    1.0
                };
                let swap = (diagonal.0 + cost, diagonal.1);
                let (up, side) = ((row[i + 1].0 + 1.0, row[i + 1].1), (row[i].0 + 1.0, row[i].1));
                diagonal = row[i + 1];
                row[i + 1] = [up, side].into_iter().fold(swap, |a, b| if b.0 < a.0 { b } else { a });
            }
            if row[n].0 < best.0 {
                best = (row[n].0, j + 1, j + 1 - row[n].1.min(j + 1));
            }
        }
        best
    }
}

/// How many edits a name of a length may have and still be meant; a fact of the search.
pub(crate) fn tolerance(len: usize) -> f32 {
    match len {
        0 | 1 => 0.0,
        2 => 0.5,
        3 | 4 => 1.0,
        5 | 6 => 2.0,
        n => n as f32 / 3.0,
    }
}

impl Names {
    /// Indexes every name of the map and the book. Zones and other trees are places too.
    pub(crate) fn build(map: &Map, book: &Book, _city: &City) -> Names {
        let mut names = Names::default();
        for place in 0..map.ids.len() as u32 {
            names.names.push([0, place, 0]);
        }
        for compound in 0..book.compounds.len() as u32 {
            names.names.push([1, compound, 0]);
            names.names.extend(book.aliases_of(compound).map(|a| [2, compound, a as u32]));
        }
        names.names.extend((0..book.spots.len() as u32).map(|s| [3, s, 0]));
        let mut all: Vec<u64> = Vec::new();
        for at in 0..names.names.len() as u32 {
            let heard = Heard::new(names.text(map, book, at));
            let pairs = heard.pairs();
            names.firsts.push(heard.chars.first().map_or(0, |c| *c as u32));
            names.sizes.push(pairs.len() as u32);
            all.extend(pairs.into_iter().map(|k| u64::from(k) << 32 | u64::from(at)));
        }
        all.sort_unstable();
        for item in all {
            let key = (item >> 32) as u32;
            if names.keys.last() != Some(&key) {
                names.keys.push(key);
                names.starts.push(names.postings.len() as u32);
            }
            names.postings.push(item as u32);
        }
        names.starts.push(names.postings.len() as u32);
        names
    }

    pub(crate) fn named(&self, at: u32) -> Named {
        let [kind, target, alias] = self.names[at as usize];
        let kind = match kind {
            0 => Kind::Place,
            1 => Kind::Compound,
            2 => Kind::Alias,
            _ => Kind::Spot,
        };
        Named { kind, target, alias }
    }

    pub(crate) fn text<'a>(&self, map: &'a Map, book: &'a Book, at: u32) -> &'a str {
        let n = self.named(at);
        match n.kind {
            Kind::Place => map.names.get(n.target as usize),
            Kind::Compound => book.names.get(n.target as usize),
            Kind::Alias => book.aliases.get(n.alias as usize),
            Kind::Spot => book.spot_names.get(n.target as usize),
        }
    }

    fn list(&self, key: u32) -> &[u32] {
        match self.keys.binary_search(&key) {
            Ok(i) => &self.postings[self.starts[i] as usize..self.starts[i + 1] as usize],
            Err(_) => &[],
        }
    }

    /// The names most like a text, the likeliest first, among those `wanted`.
    pub(crate) fn like(&self, words: &Heard, wanted: impl Fn(Named) -> bool) -> Vec<u32> {
        if let [one] = words.chars[..] {
            // A single character has no pair; the list of names is walked.
            let holds =
                |at: &u32| wanted(self.named(*at)) && self.firsts.get(*at as usize) == Some(&(one as u32));
            return (0..self.names.len() as u32).filter(holds).take(COMPARED).collect();
        }
        let pairs = words.pairs();
        let mut lists: Vec<&[u32]> = pairs.iter().map(|k| self.list(*k)).filter(|l| !l.is_empty()).collect();
        lists.sort_by_key(|l| l.len());
        let rare = lists.iter().take_while(|l| l.len() <= COMMON).count();
        let used = if rare > 0 { rare } else { lists.len().min(2) };
        let mut counts = vec![0f32; self.names.len()];
        let mut touched: Vec<u32> = Vec::new();
        for list in &lists[..used] {
            // A rare pair says more than a common one.
            let says = 1.0 + (self.names.len() as f32 / list.len() as f32).ln().max(0.0) / 8.0;
            for at in *list {
                let count = &mut counts[*at as usize];
                if *count == 0.0 {
                    touched.push(*at);
                }
                *count += says;
            }
        }
        let of_words = pairs.len().max(1) as f32;
        let mut found: Vec<(f32, u32)> = touched
            .into_iter()
            .filter(|at| wanted(self.named(*at)))
            .map(|at| (at, counts[at as usize]))
            .map(|(at, n)| (n / self.sizes[at as usize].max(1) as f32 + n / of_words, at))
            .collect();
        let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if found.len() > COMPARED {
            found.select_nth_unstable_by(COMPARED, order);
            found.truncate(COMPARED);
        }
        found.sort_unstable_by(order);
        found.into_iter().map(|(_, at)| at).collect()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.names.len() * 20 + (self.keys.len() + self.starts.len() + self.postings.len()) * 4
    }
}

impl Atlas {
    /// Finds places by id, code-like prefix of the id or name, and compounds and names in use by name; whole
    /// words or their beginnings, typing mistakes forgiven. `within` keeps what lies under a place. At most
    /// `limit` and [`MAX_HITS`]; the likeliest first, wider places before smaller ones.
    pub fn search(&self, words: &str, within: Option<&PlaceId>, limit: usize) -> Vec<Hit> {
        let limit = limit.min(MAX_HITS);
        let over = match within.map(|p| self.map.find(p.as_str())) {
            Some(None) => return Vec::new(),
            over => over.flatten(),
        };
        let under = |place: u32| over.is_none_or(|o| self.map.line(place).any(|p| p == o));
        let words = words.trim();
        let mut found: Vec<(f32, u8, Named)> = self.by_id(words, limit, &under);
        let heard = Heard::new(words);
        if heard.len() > 0 && found.len() < limit {
            let wanted = |n: Named| self.place_of(n).is_some_and(&under);
            let candidates = self.names.like(&heard, wanted);
            found.extend(candidates.into_iter().filter_map(|at| {
                let score = self.likeness(&heard, at)?;
                let named = self.names.named(at);
                Some((score, self.place_of(named).map_or(0, |p| self.map.level[p as usize]), named))
            }));
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.target.cmp(&b.2.target)));
        let mut seen = std::collections::HashSet::new();
        found.retain(|(_, _, n)| {
            seen.insert((matches!(n.kind, Kind::Place), matches!(n.kind, Kind::Spot), n.target))
        });
        found.truncate(limit);
        found.into_iter().filter_map(|(score, _, named)| self.hit(named, score)).collect()
    }

    /// Places whose id begins with the words.
    fn by_id(&self, words: &str, limit: usize, under: &dyn Fn(u32) -> bool) -> Vec<(f32, u8, Named)> {
        let coded = words.len() >= 2 && words.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        if !coded {
            return Vec::new();
        }
        let map = &self.map;
        let (mut low, mut high) = (0, map.ids.len());
        while low < high {
            let middle = low.midpoint(high);
            if map.ids.get(middle) < words { low = middle + 1 } else { high = middle }
        }
        let like = (low..map.ids.len()).take_while(|i| map.ids.get(*i).starts_with(words));
        let like = like.map(|i| i as u32).filter(|p| under(*p));
        let mut found: Vec<u32> = like.collect();
        found.sort_by_key(|p| (map.level[*p as usize], *p));
        found.truncate(limit);
        let score = |p: u32| if map.ids.get(p as usize) == words { 1.0 } else { 0.9 };
        let named = |p: u32| Named { kind: Kind::Place, target: p, alias: 0 };
        found.into_iter().map(|p| (score(p), map.level[p as usize], named(p))).collect()
    }

    /// How much a name is what was typed, 0 to 1; `None` when it is not.
    fn likeness(&self, words: &Heard, at: u32) -> Option<f32> {
        let text = self.names.text(&self.map, &self.book, at);
        let name = Heard::new(text);
        let (edits, end, _) = words.edits_within(&name);
        let typed = words.len() as f32;
        if edits <= tolerance(words.len()) {
            let whole = typed / name.len().max(1) as f32;
            let starts = if end as f32 <= typed + edits { 0.1 } else { 0.0 };
            return Some(((1.0 - edits / typed) * (0.6 + 0.3 * whole.min(1.0)) + starts).min(1.0));
        }
        let (edits, _, _) = name.edits_within(words);
        let fits = edits <= tolerance(name.len()) && name.len() >= 2;
        fits.then(|| (1.0 - edits / name.len() as f32) * 0.6 * (name.len() as f32 / typed).min(1.0).sqrt())
    }

    /// The place that a name is or lies in.
    pub(crate) fn place_of(&self, n: Named) -> Option<u32> {
        match n.kind {
            Kind::Place => Some(n.target),
            Kind::Compound | Kind::Alias => self.book.compounds.get(n.target as usize).map(|c| c.grid),
            Kind::Spot => self.book.spots.get(n.target as usize).map(|s| s.grid),
        }
    }

    fn hit(&self, n: Named, score: f32) -> Option<Hit> {
        let (map, book) = (&self.map, &self.book);
        let place = self.place_of(n)?;
        let at = n.target as usize;
        let (kind, id, name, spot) = match n.kind {
            Kind::Place => (HitKind::Place, map.ids.get(at), map.names.get(at), map.centres[at]),
            Kind::Compound => {
                (HitKind::Compound, book.ids.get(at), book.names.get(at), book.compounds[at].at)
            }
            Kind::Alias => (HitKind::Compound, book.ids.get(at), book.names.get(at), book.compounds[at].at),
            Kind::Spot => (HitKind::Alias, "", book.spot_names.get(at), book.spots[at].at),
        };
        let mut around: Vec<&str> = map
            .line(place)
            .filter(|p| (*p != place || n.kind != Kind::Place) && map.parent[*p as usize] != NONE)
            .map(|p| map.names.get(p as usize))
            .collect();
        around.reverse();
        Some(Hit {
            kind,
            id: id.to_owned(),
            name: name.to_owned(),
            place: map.place_id(place)?,
            level: map.levels[map.level[place as usize] as usize].id.clone(),
            within: around.join(" "),
            at: (spot != NOWHERE).then_some(Point { lon: spot[0], lat: spot[1], datum: map.datum }),
            score,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sounds_forgive_what_people_mix() {
        for (a, b) in [('张', '章'), ('是', '四'), ('蓝', '南'), ('心', '星'), ('院', '苑')] {
            assert_eq!(sound(a), sound(b), "{a}{b}");
        }
        assert_ne!(sound('东'), sound('西'));
    }

    fn edits(a: &[char], b: &[char]) -> f32 {
        // The textbook's recursion, slow and plain.
        match (a, b) {
            ([], _) => b.len() as f32,
            (_, []) => a.len() as f32,
            ([x, ra @ ..], [y, rb @ ..]) => {
                let cost = if x == y {
                    0.0
                } else if sound(*x) == sound(*y) {
                    0.5
                } else {
                    1.0
                };
                (edits(ra, rb) + cost).min(edits(ra, b) + 1.0).min(edits(a, rb) + 1.0)
            }
        }
    }

    proptest! {
        #[test]
        fn edits_are_those_of_the_best_part(a in "[东西院苑里]{1,4}", b in "[东西院苑里]{0,6}") {
            let (chars, other): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            let mut want = chars.len() as f32;
            for i in 0..=other.len() {
                for j in i..=other.len() {
                    want = want.min(edits(&chars, &other[i..j]));
                }
            }
            prop_assert_eq!(Heard::new(&a).edits_within(&Heard::new(&b)).0, want);
        }
    }
}
