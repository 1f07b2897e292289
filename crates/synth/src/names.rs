//! Names that are made up from parts: roads, compounds, and what people call them.

use crate::dice::Dice;
use crate::parameters::{Names, Special};
use std::collections::HashSet;

/// Names of one district: no compound's name is used twice in it.
pub(crate) struct Namer<'a> {
    names: &'a Names,
    first: Vec<char>,
    second: Vec<char>,
    families: Vec<char>,
    used: HashSet<String>,
}

/// Throws after which a name gets a number instead.
const THROWS: usize = 30;

impl<'a> Namer<'a> {
    pub(crate) fn new(names: &'a Names) -> Namer<'a> {
        let letters = |text: &str| text.chars().collect();
        Namer {
            first: letters(&names.first),
            second: letters(&names.second),
            families: letters(&names.families),
            names,
            used: HashSet::new(),
        }
    }

    /// Some roads of a street, all different.
    pub(crate) fn roads(&self, count: usize, village: bool, dice: &mut Dice) -> Vec<String> {
        let (first, second): (Vec<char>, Vec<char>) =
            (self.names.road_first.chars().collect(), self.names.road_second.chars().collect());
        let kinds = if village { &self.names.village_road_kinds } else { &self.names.road_kinds };
        let mut roads: Vec<String> = Vec::new();
        for _ in 0..count * THROWS {
            let mut road: String = [dice.pick(&first), dice.pick(&second)].into_iter().flatten().collect();
            road.push_str(dice.pick(kinds).map_or("", String::as_str));
            if roads.len() < count && !roads.contains(&road) {
                roads.push(road);
            }
        }
        roads
    }

    /// The stem of a name: two characters.
    fn stem(&self, dice: &mut Dice) -> String {
        [dice.pick(&self.first), dice.pick(&self.second)].into_iter().flatten().collect()
    }

    /// A compound's stem and its name, which ends as its form does.
    pub(crate) fn compound(
        &mut self,
        endings: &[String],
        village: bool,
        door: (&str, u32),
        dice: &mut Dice,
    ) -> (String, String) {
        let mut name = (String::new(), String::new());
        for throw in 0..THROWS {
            let ending = dice.pick(endings).map_or("", String::as_str);
            let stem = match village {
                true => dice.pick(&self.families).map(|f| format!("{f}家")).unwrap_or_default(),
                false => self.stem(dice),
            };
            name = match ending {
                "号院" => (stem, format!("{}{}号院", door.0, door.1)),
                "老宿舍" | "宿舍" => {
                    let works = dice.pick(&self.names.works).map_or("", String::as_str);
                    (works.to_owned(), format!("{works}{ending}"))
                }
                _ => (stem.clone(), format!("{stem}{ending}")),
            };
            // Few families and many villages: the road tells them apart.
            if throw > THROWS / 3 {
                name.1 = format!("{}{}", door.0, name.1);
            }
            if self.used.insert(name.1.clone()) {
                return name;
            }
        }
        name.1 = format!("{}{}号", name.1, door.1);
        self.used.insert(name.1.clone());
        name
    }

    /// The name of what a special grid holds.
    pub(crate) fn special(&mut self, kind: &Special, dice: &mut Dice) -> String {
        for _ in 0..THROWS {
            let name = format!("{}{}", self.stem(dice), dice.pick(&kind.names).map_or("", String::as_str));
            if self.used.insert(name.clone()) {
                return name;
            }
        }
        let name = format!("{}{}", self.stem(dice), kind.names.first().map_or("", String::as_str));
        format!("{name}{}", self.used.len())
    }

    /// What people call a compound.
    pub(crate) fn compound_alias(&self, stem: &str, road: &str, dice: &mut Dice) -> String {
        let works = dice.pick(&self.names.works).map_or("", String::as_str);
        let pattern = dice.pick(&self.names.compound_aliases).map_or("", String::as_str);
        pattern.replace("{name}", stem).replace("{road}", road).replace("{works}", works)
    }

    /// What people call a place that no list has.
    pub(crate) fn place_alias(&self, road: &str, dice: &mut Dice) -> String {
        dice.pick(&self.names.place_aliases).map_or("", String::as_str).replace("{road}", road)
    }
}
