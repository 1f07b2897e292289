//! From the words of an address to compounds and micro-grids, each with its reasons.
//!
//! Names give candidates (`search.rs`); road and number, places named in the words, a point nearby and
//! whether the building exists put them in order. The numbers below order readings of one text; they decide
//! about no case and are no rule of a city.

use super::parse::{Parsed, parse};
use crate::api::{AddressHit, Reason};
use crate::datum::convert;
use crate::geo::metres;
use crate::read::Atlas;
use crate::search::{Heard, Kind, Named, tolerance};
use crate::topology::NONE;
use huying_core::observation::Point;
use std::collections::BTreeMap;

/// Readings that are answered.
const READINGS: usize = 10;

/// One reading while it is weighed.
#[derive(Default)]
struct Reading {
    likeness: f32,
    covered: f32,
    reasons: Vec<Reason>,
}

/// What the words are, heard and taken apart.
struct Asked {
    parsed: Parsed,
    head: Heard,
    near: Option<[i32; 2]>,
    /// Places that the words name, with the length of their names.
    places: Vec<(u32, usize)>,
}

impl Atlas {
    /// Reads an address; the likeliest reading first, at most ten. `near` (any datum) prefers what is close.
    pub fn locate_address(&self, words: &str, near: Option<Point>) -> Vec<AddressHit> {
        let parsed = parse(words);
        let head = Heard::new(&parsed.head);
        if head.len() == 0 {
            return Vec::new();
        }
        let near = near.map(|p| convert(p, self.map.datum)).map(|p| [p.lon, p.lat]);
        let mut asked = Asked { parsed, head, near, places: Vec::new() };
        asked.places = self.places_named(&asked.head);
        let mut readings: BTreeMap<(bool, u32), Reading> = BTreeMap::new();
        let wanted = |n: Named| n.kind != Kind::Place;
        for at in self.names.like(&asked.head, wanted) {
            self.weigh_name(&asked.head, at, &mut readings);
        }
        self.weigh_roads(&asked, &mut readings);
        let mut hits: Vec<AddressHit> = readings
            .into_iter()
            .filter_map(|((spot, target), r)| self.answer(&asked, spot, target, r))
            .collect();
        if hits.is_empty() {
            hits.extend(self.place_alone(&asked));
        }
        hits.sort_by(|a, b| {
            let metres =
                |h: &AddressHit| asked.near.zip(h.at).map_or(0.0, |(n, p)| metres(n, [p.lon, p.lat]));
            b.score
                .total_cmp(&a.score)
                .then(metres(a).total_cmp(&metres(b)))
                .then(a.compound.cmp(&b.compound))
        });
        hits.truncate(READINGS);
        hits
    }

    /// Places above the smallest level that the words hold by their whole name.
    fn places_named(&self, head: &Heard) -> Vec<(u32, usize)> {
        let smallest = self.map.levels.len().saturating_sub(1) as u8;
        let wanted = |n: Named| n.kind == Kind::Place && self.map.level[n.target as usize] < smallest;
        let mut found = Vec::new();
        for at in self.names.like(head, wanted) {
            let name = Heard::new(self.names.text(&self.map, &self.book, at));
            if name.len() >= 2 && name.edits_within(head).0 == 0.0 {
                found.push((self.names.named(at).target, name.len()));
            }
        }
        found
    }

    fn weigh_name(&self, head: &Heard, at: u32, readings: &mut BTreeMap<(bool, u32), Reading>) {
        let named = self.names.named(at);
        let text = self.names.text(&self.map, &self.book, at);
        let name = Heard::new(text);
        let (mut edits, _, mut covered) = name.edits_within(head);
        let mut length = name.len();
        if edits > tolerance(length) {
            // People leave off the end of a long name, seldom its beginning.
            let (short, _, _) = head.edits_within(&name);
            if short > tolerance(head.len()) || head.len() * 2 < length {
                return;
            }
            (edits, covered) = (short + (length - head.len().min(length)) as f32 / 2.0, head.len());
            length = length.max(head.len());
        }
        let reading = readings.entry((named.kind == Kind::Spot, named.target)).or_default();
        let likeness = (1.0 - edits / length.max(1) as f32).max(0.0);
        let covered = covered as f32 / head.len().max(1) as f32;
        if (likeness, covered) <= (reading.likeness, reading.covered) {
            return;
        }
        let reason = match (edits == 0.0, named.kind) {
            (true, Kind::Alias | Kind::Spot) => Reason::Alias { alias: text.to_owned() },
            (true, _) => Reason::Name,
            (false, _) => Reason::Alike { name: text.to_owned(), edits },
        };
        (reading.likeness, reading.covered) = (likeness, covered);
        reading.reasons = vec![reason];
    }

    fn weigh_roads(&self, asked: &Asked, readings: &mut BTreeMap<(bool, u32), Reading>) {
        let (Some(road), Some(number)) = (&asked.parsed.road, &asked.parsed.number) else { return };
        let book = &self.book;
        for compound in 0..book.compounds.len() {
            let known = book.roads.get(compound);
            // The words before a road run into its name: 锦江区总府路 ends with 总府路.
            let same = !known.is_empty() && road.ends_with(known) && book.numbers.get(compound) == number;
            if same {
                readings.entry((false, compound as u32)).or_default().reasons.push(Reason::Road);
            }
        }
    }

    fn answer(&self, asked: &Asked, spot: bool, target: u32, mut r: Reading) -> Option<AddressHit> {
        let (map, book) = (&self.map, &self.book);
        let at = target as usize;
        let (grid, point) = if spot {
            (book.spots[at].grid, book.spots[at].at)
        } else {
            (book.compounds[at].grid, book.compounds[at].at)
        };
        let road = r.reasons.contains(&Reason::Road);
        let mut score = r.likeness * 0.6 + r.covered * 0.15;
        score += if road && r.likeness == 0.0 { 0.7 } else { f32::from(u8::from(road)) * 0.2 };
        let named = asked.places.iter().filter(|(p, _)| map.line(grid).any(|q| q == *p));
        if let Some((place, _)) = named.max_by_key(|(p, _)| map.level[*p as usize]) {
            score += 0.1;
            r.reasons.push(Reason::Under { place: map.place_id(*place)? });
        }
        if let Some(near) = asked.near {
            let far = metres(near, point);
            score += 0.1 / (1.0 + far as f32 / 1_000.0);
            // Half a kilometre is worth a word to the person who reads the reasons.
            if far <= 500.0 {
                r.reasons.push(Reason::Near { metres: far as u32 });
            }
        }
        let (mut place, mut candidates, mut point) = (grid, Vec::new(), point);
        if !spot {
            self.below(asked, target, &mut r, &mut score, (&mut place, &mut candidates, &mut point));
        }
        let name = if spot { book.spot_names.get(at) } else { book.names.get(at) };
        Some(AddressHit {
            compound: (!spot).then(|| book.ids.get(at).to_owned()),
            name: name.to_owned(),
            parsed: asked.parsed.clone(),
            place: map.place_id(place)?,
            level: map.levels[map.level[place as usize] as usize].id.clone(),
            candidates: candidates.into_iter().filter_map(|p| map.place_id(p)).collect(),
            at: Some(Point { lon: point[0], lat: point[1], datum: map.datum }),
            score: score.clamp(0.0, 1.0),
            reasons: r.reasons,
        })
    }

    /// From compound to micro-grid by building, unit and floor.
    fn below(
        &self,
        asked: &Asked,
        compound: u32,
        r: &mut Reading,
        score: &mut f32,
        (place, candidates, point): (&mut u32, &mut Vec<u32>, &mut [i32; 2]),
    ) {
        let (map, book, p) = (&self.map, &self.book, &asked.parsed);
        let mut building = None;
        if let Some(key) = &p.building {
            building = book.building(compound, key);
            match building {
                Some(b) => {
                    *score += 0.05;
                    *point = book.buildings[b as usize].at;
                    r.reasons.push(Reason::Building);
                }
                None => {
                    *score -= 0.05;
                    r.reasons.push(Reason::NoSuchBuilding);
                }
            }
        }
        // A building that is not known leaves only what holds for the whole compound.
        let within = if p.building.is_some() { Some(building.unwrap_or(NONE)) } else { None };
        let mut micros = book.micros(compound, within, p.unit.as_deref(), p.floor);
        if micros.is_empty() && building.is_some() {
            r.reasons.push(Reason::NoSuchUnit);
            micros = book.micros(compound, within, None, None);
        }
        match micros[..] {
            [] => {}
            [one] => *place = one,
            [first, ..] => {
                let over = micros.iter().try_fold(first, |a, b| map.common(a, *b));
                *place = over.filter(|o| map.line(*o).any(|q| q == *place)).unwrap_or(*place);
                *candidates = micros;
            }
        }
    }

    /// Words that name a place and nothing more.
    fn place_alone(&self, asked: &Asked) -> Option<AddressHit> {
        let map = &self.map;
        let deepest = |(p, len): &&(u32, usize)| (map.level[*p as usize], *len);
        let (place, len) = *asked.places.iter().max_by_key(deepest)?;
        let centre = map.centres[place as usize];
        let at = (centre != crate::shape::NOWHERE).then_some(Point {
            lon: centre[0],
            lat: centre[1],
            datum: map.datum,
        });
        Some(AddressHit {
            compound: None,
            name: map.names.get(place as usize).to_owned(),
            parsed: asked.parsed.clone(),
            place: map.place_id(place)?,
            level: map.levels[map.level[place as usize] as usize].id.clone(),
            candidates: Vec::new(),
            at,
            score: (0.3 + 0.3 * len as f32 / asked.head.len().max(1) as f32).min(1.0),
            reasons: vec![Reason::Under { place: map.place_id(place)? }],
        })
    }
}
