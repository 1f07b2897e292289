//! Slips of the pen: characters that sound alike, words as they are said, stops that were forgotten.

use crate::day::book::read_toml;
use crate::day::dice::Dice;
use huying_core::fault::Fault;
use serde::Deserialize;

/// What is written wrong, and how.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slips {
    /// What is meant, what is typed.
    pairs: Vec<(String, String)>,
    /// What a stop becomes.
    ends: Vec<String>,
    /// What is written, what is said.
    said: Vec<(String, String)>,
}

impl Slips {
    pub(super) fn read(file: &str, text: &str) -> Result<Slips, Vec<Fault>> {
        let slips: Slips = read_toml(file, text)?;
        if slips.pairs.iter().chain(&slips.said).any(|(from, _)| from.is_empty()) {
            return Err(vec![Fault::error(file, 0, "pairs", "a pair has nothing to replace", "two texts")]);
        }
        Ok(slips)
    }

    /// `text` with so many slips for each thousand characters, where there is anything to slip on.
    pub(super) fn put(&self, text: String, per_thousand: f64, dice: &mut Dice) -> String {
        // The measure in which slips are stated: a fact, not a rule.
        let share = per_thousand / 1_000.0;
        let many = text.chars().count() as f64 * share;
        let count = many as usize + usize::from(dice.chance(many.fract()));
        let mut text = text;
        for _ in 0..count {
            text = self.one(&text, dice);
        }
        text
    }

    fn one(&self, text: &str, dice: &mut Dice) -> String {
        let stop = || text.match_indices('。').map(|(at, found)| (at, found.len()));
        match dice.below(3) {
            0 => {
                let stops: Vec<_> = stop().collect();
                let with = self.ends.get(dice.below(self.ends.len()));
                replaced(text, stops.get(dice.below(stops.len())).copied(), with.map_or("", String::as_str))
            }
            kind => {
                let list = if kind == 1 { &self.pairs } else { &self.said };
                let hits: Vec<(usize, usize, &str)> = list
                    .iter()
                    .flat_map(|(from, to)| {
                        text.match_indices(from.as_str()).map(|(at, found)| (at, found.len(), to.as_str()))
                    })
                    .collect();
                match hits.get(dice.below(hits.len())) {
                    Some((at, length, with)) => replaced(text, Some((*at, *length)), with),
                    None => text.to_owned(),
                }
            }
        }
    }
}

fn replaced(text: &str, at: Option<(usize, usize)>, with: &str) -> String {
    let Some((at, length)) = at else { return text.to_owned() };
    format!("{}{with}{}", &text[..at], &text[at + length..])
}
