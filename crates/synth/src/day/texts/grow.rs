//! A text grows from a rule: an alternative is thrown for, its pieces are filled in, in order.

use super::part::{Part, chinese};
use super::read::Texts;
use crate::day::dice::Dice;
use std::collections::BTreeSet;

/// How many texts are made to choose from where one must fit another: more fit better and differ less.
const TRIES: usize = 5;

/// What a text is told from outside, and what it is about.
#[derive(Debug, Clone, Default)]
pub struct Slots {
    /// Values of slots, by name.
    pub values: Vec<(&'static str, String)>,
    /// What the text is about: `night`, `ask`, the number of a matter.
    pub tags: Vec<String>,
}

impl Slots {
    /// Adds a value.
    #[must_use]
    pub fn with(mut self, slot: &'static str, value: impl Into<String>) -> Slots {
        self.values.push((slot, value.into()));
        self
    }

    fn has(&self, tags: &[String]) -> bool {
        tags.is_empty() || tags.iter().any(|t| self.tags.contains(t))
    }

    pub(in crate::day) fn value(&self, slot: &str) -> &str {
        self.values.iter().rev().find(|(name, _)| *name == slot).map_or("", |(_, v)| v.as_str())
    }
}

impl Texts {
    /// A text of a rule, as the family says it. Alternatives that are tagged for what the text is about go
    /// before those for everything.
    pub fn grow(&self, family: &str, rule: &str, slots: &Slots, dice: &mut Dice) -> String {
        let mut text = String::new();
        self.grow_into(family, rule, slots, dice, &mut text);
        tidy(&text)
    }

    /// The same with so many slips of the pen for each thousand characters.
    pub fn grow_rough(&self, family: &str, rule: &str, slots: &Slots, slips: f64, dice: &mut Dice) -> String {
        let text = self.grow(family, rule, slots, dice);
        self.slips.put(text, slips, dice)
    }

    /// Of a few texts of a rule the one that shares most with `about`: the title of what was said, the wish
    /// that goes with it.
    pub fn grow_about(
        &self,
        family: &str,
        rule: &str,
        about: &str,
        slots: &Slots,
        dice: &mut Dice,
    ) -> String {
        let pairs =
            |text: &str| -> BTreeSet<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
        let known = pairs(about);
        let mut best: Option<(usize, String)> = None;
        for _ in 0..TRIES {
            let text = self.grow(family, rule, slots, dice);
            let shared = pairs(&text).intersection(&known).count();
            if best.as_ref().is_none_or(|(most, _)| shared > *most) {
                best = Some((shared, text));
            }
        }
        best.map(|(_, text)| text).unwrap_or_default()
    }

    /// What the parts of one call must agree on is made first: the problem and the question, then the title
    /// and the wish that fit the problem.
    #[must_use]
    pub fn agreed(&self, family: &str, slots: &Slots, dice: &mut Dice) -> Slots {
        let problem = self.grow(family, "problem", slots, dice);
        let ask = self.grow(family, "ask", slots, dice);
        let title = self.grow_about(family, "title", &problem, slots, dice);
        let wish = self.grow_about(family, "wish", &problem, slots, dice);
        let ask_title = self.grow_about(family, "ask_title", &ask, slots, dice);
        let told = slots.clone().with("problem", problem).with("ask", ask).with("title", title);
        let told = told.with("wish", wish).with("ask_title", ask_title);
        let (who, what) =
            (self.grow(family, "praise_who", slots, dice), self.grow(family, "suggest_do", slots, dice));
        told.with("praise_who", who).with("suggest_do", what)
    }

    fn grow_into(&self, family: &str, rule: &str, slots: &Slots, dice: &mut Dice, text: &mut String) {
        // What was said once is told from outside and stands for its rule.
        if let Some((_, told)) = slots.values.iter().find(|(name, _)| *name == rule) {
            return text.push_str(told);
        }
        let Some(found) = self.rule(family, rule) else { return };
        let tagged = found.ways.iter().any(|w| !w.tags.is_empty() && slots.has(&w.tags));
        let fits: Vec<_> =
            found.ways.iter().filter(|w| slots.has(&w.tags) && (!tagged || !w.tags.is_empty())).collect();
        // One in three keeps to what everybody says even where something special could be said.
        let plain: Vec<_> = found.ways.iter().filter(|w| w.tags.is_empty()).collect();
        let ways = if tagged && !plain.is_empty() && dice.below(3) == 0 { plain } else { fits };
        let Some(way) = ways.get(dice.weighted(ways.iter().map(|w| w.weight))) else { return };
        for part in &way.parts {
            match part {
                Part::Words(words) => text.push_str(words),
                Part::Rule(next) => self.grow_into(family, next, slots, dice, text),
                Part::Slot(slot) => text.push_str(slots.value(slot)),
                Part::Number { from, to, chinese: said } => {
                    let n = dice.between(*from, *to);
                    text.push_str(&if *said { chinese(n) } else { n.to_string() });
                }
                Part::One(words) => {
                    text.push_str(words.get(dice.below(words.len())).map_or("", String::as_str));
                }
            }
        }
    }
}

/// Stops that met because a piece between them was empty become one, the stronger.
fn tidy(text: &str) -> String {
    let strength = |c: char| match c {
        '，' => 1,
        '；' | '：' => 2,
        '。' => 3,
        '！' | '？' => 4,
        _ => 0,
    };
    let mut tidy = String::with_capacity(text.len());
    for c in text.chars() {
        let before = tidy.chars().next_back().map_or(0, strength);
        let here = strength(c);
        if here > 0 && (tidy.is_empty() || (before >= here && before > 0 && here < 4)) {
            continue;
        }
        if here > 0 && before > 0 && before < here {
            tidy.pop();
        }
        tidy.push(c);
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_that_meet_become_one() {
        assert_eq!(tidy("，你好，，吵。，很烦，。走！。"), "你好，吵。很烦。走！");
    }
}
