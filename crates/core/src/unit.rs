//! Units 单位 and their lines of matters 条: who answers for which matter in which place.
//!
//! A unit has a territory (块) and lines (条); the owner of (place, matter) is read off both. Whether a unit is
//! open at an hour is the calendar's business. Next: `catalogue.rs` for what a matter is.

use crate::ids::{HoursId, MatterCode, PlaceId, UnitId};
use crate::place::{PlaceNo, Places, TreeNo, holds};
use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// A set of matters written as patterns: `*`, `matter.*`, `matter.06`, `matter.06010`, and `!matter.06027` to
/// take some out again. The longest pattern that fits decides; at equal length the exception does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lines(Vec<CompactString>);

/// What a pattern of [`Lines`] may look like, for messages.
pub const LINES_ACCEPTED: &str = "patterns divided by blanks, each `*`, `KIND.*`, `KIND.DIGITS` or one of these after `!`, such as `matter.06 !matter.06027`";

impl Lines {
    /// Whether no pattern is written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The patterns as written, without their `!`.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|p| p.strip_prefix('!').unwrap_or(p))
    }

    /// How closely these lines cover a matter: the length of the deciding pattern, `None` when not covered.
    pub fn covers(&self, matter: &MatterCode) -> Option<usize> {
        let mut best: Option<(usize, bool)> = None;
        for pattern in &self.0 {
            let (except, text) = match pattern.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, pattern.as_str()),
            };
            if fits(text, matter.as_str()) {
                best = best.max(Some((stem(text).len(), except)));
            }
        }
        best.filter(|(_, except)| !except).map(|(length, _)| length)
    }
}

fn stem(pattern: &str) -> &str {
    pattern.strip_suffix('*').unwrap_or(pattern)
}

/// Whether a pattern without its `!` fits a matter's code.
pub fn fits(pattern: &str, matter: &str) -> bool {
    matter.starts_with(stem(pattern))
}

fn is_pattern(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let Some((kind, code)) = text.split_once('.') else { return false };
    let kind_ok =
        !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    kind_ok
        && (code == "*" || (!code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')))
}

impl FromStr for Lines {
    type Err = String;
    /// # Errors
    /// The first word that is no pattern.
    fn from_str(text: &str) -> Result<Lines, String> {
        let words: Vec<CompactString> = text.split_whitespace().map(CompactString::from).collect();
        match words.iter().find(|w| !is_pattern(w.strip_prefix('!').unwrap_or(w))) {
            Some(bad) => Err(format!("`{bad}` is no pattern of matters; accepted: {LINES_ACCEPTED}")),
            None => Ok(Lines(words)),
        }
    }
}

impl TryFrom<String> for Lines {
    type Error = String;
    fn try_from(text: String) -> Result<Lines, String> {
        text.parse()
    }
}

impl From<Lines> for String {
    fn from(lines: Lines) -> String {
        lines.to_string()
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, pattern) in self.0.iter().enumerate() {
            write!(f, "{}{pattern}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// A unit that handles, convenes or supervises cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// The permanent id.
    pub id: UnitId,
    /// Its name in the city's language.
    pub name: CompactString,
    /// Its name in English, where one is in use.
    pub name_en: Option<Box<str>>,
    /// What it is, as a word: `department`, `street-office`, `community`, `enterprise`.
    pub kind: CompactString,
    /// The unit it belongs to.
    pub parent: Option<UnitId>,
    /// Where it is competent.
    pub territory: PlaceId,
    /// The matters it answers for.
    pub lines: Lines,
    /// Its working hours; `None` means its parent's, or the city's.
    pub hours: Option<HoursId>,
    /// Its unified social credit code 统一社会信用代码, when known.
    pub credit_code: Option<CompactString>,
    /// The first day it exists.
    pub from: Option<Date>,
    /// The first day it no longer exists.
    pub to: Option<Date>,
    /// Where the row comes from, by position in the city's sources.
    pub source: Option<u8>,
}

/// All units of a city, in the order of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Units {
    units: Vec<Unit>,
    at: HashMap<UnitId, u32>,
    by_territory: HashMap<PlaceId, Vec<u32>>,
}

/// A unit that may answer for a matter in a place, and why it ranks where it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The unit.
    pub unit: &'a Unit,
    /// The tree in which its territory contains the place.
    pub tree: TreeNo,
    /// How deep its territory lies in that tree.
    pub depth: u8,
    /// The length of the pattern that covers the matter.
    pub closeness: usize,
}

impl Units {
    /// Takes the rows of `units.csv`; of rows with one id the last is found.
    pub fn new(units: Vec<Unit>) -> Units {
        let at = units.iter().enumerate().map(|(i, u)| (u.id.clone(), i as u32)).collect();
        let mut by_territory: HashMap<PlaceId, Vec<u32>> = HashMap::new();
        for (i, unit) in units.iter().enumerate() {
            by_territory.entry(unit.territory.clone()).or_default().push(i as u32);
        }
        Units { units, at, by_territory }
    }

    /// Every unit, past and present.
    pub fn all(&self) -> &[Unit] {
        &self.units
    }

    /// The unit with this id.
    pub fn get(&self, id: &UnitId) -> Option<&Unit> {
        self.at.get(id).map(|i| &self.units[*i as usize])
    }

    /// The units whose territory is exactly this place.
    pub fn of_place(&self, place: &PlaceId) -> impl Iterator<Item = &Unit> {
        self.by_territory.get(place).into_iter().flatten().map(|i| &self.units[*i as usize])
    }

    /// The working hours of a unit: its own, else the nearest superior's that states any.
    pub fn hours(&self, unit: &UnitId) -> Option<&HoursId> {
        let mut next = self.get(unit);
        // The folder check refuses circles among units; the bound keeps a list built otherwise from looping.
        for _ in 0..=self.units.len() {
            let unit = next?;
            if unit.hours.is_some() {
                return unit.hours.as_ref();
            }
            next = self.get(unit.parent.as_ref()?);
        }
        None
    }

    /// Who answers for a matter in a place on a day: the first of [`Units::owners`].
    pub fn owner(&self, places: &Places, place: PlaceNo, matter: &MatterCode, at: Date) -> Option<&Unit> {
        self.owners(places, place, matter, at).first().map(|c| c.unit)
    }

    /// Every unit that may answer, the best claim first: the deepest territory, then the tree of higher rank,
    /// then the closest pattern, then the lowest id. A territory in a tree beside the main one counts in that
    /// tree only.
    pub fn owners(&self, places: &Places, place: PlaceNo, matter: &MatterCode, at: Date) -> Vec<Claim<'_>> {
        let trees = places.trees_by_rank();
        let mut claims: Vec<(usize, Claim<'_>)> = Vec::new();
        for (rank, tree) in trees.iter().enumerate() {
            for over in places.line(*tree, place) {
                let Some(depth) = places.depth(*tree, over) else { continue };
                for unit in self.of_place(&places.get(over).id).filter(|u| holds(u.from, u.to, at)) {
                    let known = claims.iter().any(|(_, c)| c.unit.id == unit.id);
                    let closeness = if known { None } else { unit.lines.covers(matter) };
                    if let Some(closeness) = closeness {
                        claims.push((rank, Claim { unit, tree: *tree, depth, closeness }));
                    }
                }
            }
        }
        claims.sort_by(|(ra, a), (rb, b)| {
            (Reverse(a.depth), ra, Reverse(a.closeness), &a.unit.id).cmp(&(
                Reverse(b.depth),
                rb,
                Reverse(b.closeness),
                &b.unit.id,
            ))
        });
        claims.into_iter().map(|(_, c)| c).collect()
    }
}

const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Whether a text is a unified social credit code 统一社会信用代码: 18 characters of the alphabet of GB 32100,
/// the last of which makes the sum of positions weighted by powers of 3 divisible by 31.
pub fn is_credit_code(text: &str) -> bool {
    let value = |b: u8| CREDIT_ALPHABET.iter().position(|c| *c == b);
    let mut weight = 1;
    let mut sum = 0;
    for b in text.bytes().take(17) {
        let Some(v) = value(b) else { return false };
        sum += v * weight;
        weight = weight * 3 % 31;
    }
    text.len() == 18 && text.bytes().last().and_then(value) == Some((31 - sum % 31) % 31)
}

#[cfg(test)]
#[path = "unit_tests.rs"]
mod tests;
