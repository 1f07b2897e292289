//! Who asks: everybody with a post in the city, those who stand in for others, those who left and try all
//! the same, the caller, clocks and other systems.

use crate::day::Dice;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Staff};
use huying_core::ids::{PersonId, SystemId, UnitId};
use huying_core::rules::Rules;

/// Everybody who ever had a post. Nobody is taken out: who has left may still try.
#[derive(Debug)]
pub(super) struct Crowd {
    all: Vec<Actor>,
}

impl Crowd {
    pub(super) fn of(rules: &Rules) -> Crowd {
        let mut crowd = Crowd { all: Vec::new() };
        crowd.come(rules);
        crowd
    }

    /// Takes in whoever is new.
    pub(super) fn come(&mut self, rules: &Rules) {
        let posts = rules.city.people.posts();
        for (n, post) in posts.iter().enumerate() {
            let Some(own) = &post.person else { continue };
            let of = |person: &PersonId, deputy_of: Option<&PersonId>| {
                let (post, unit, role) = (post.id.clone(), post.unit.clone(), post.role.clone());
                let deputy_of = deputy_of.cloned();
                Actor::Staff(Box::new(Staff { person: person.clone(), post, unit, role, deputy_of }))
            };
            self.add(of(own, None));
            // Every third post has somebody who stands in: powers are apart by natural person.
            let other = posts.get(n * 7 % posts.len()).and_then(|p| p.person.as_ref());
            if let Some(other) = other.filter(|o| n % 3 == 0 && *o != own) {
                self.add(of(other, Some(own)));
            }
        }
    }

    fn add(&mut self, actor: Actor) {
        if !self.all.contains(&actor) {
            self.all.push(actor);
        }
    }

    pub(super) fn staff(&self) -> impl Iterator<Item = &Staff> {
        self.all.iter().filter_map(|a| if let Actor::Staff(s) = a { Some(&**s) } else { None })
    }

    /// Anybody at all.
    pub(super) fn anybody(&self, dice: &mut Dice) -> Actor {
        match dice.below(10) {
            0 => Actor::Caller,
            1 => Actor::Clock,
            2 => system("import"),
            _ => super::one(dice, &self.all).cloned().unwrap_or(Actor::Caller),
        }
    }

    /// Somebody whose role may give the command, three times in four of `unit`.
    pub(super) fn able(
        &self,
        dice: &mut Dice,
        rules: &Rules,
        command: &Command,
        unit: Option<&UnitId>,
    ) -> Actor {
        let able: Vec<&Actor> = self.all.iter().filter(|a| may(a, rules, command.name())).collect();
        let of = |a: &&&Actor| matches!(a, Actor::Staff(s) if Some(&s.unit) == unit);
        let own: Vec<&Actor> = able.iter().filter(of).copied().collect();
        let from = if !own.is_empty() && dice.chance(0.75) { &own } else { &able };
        super::one(dice, from).map_or_else(|| self.anybody(dice), |a| (*a).clone())
    }

    /// Everybody whose role may give the command, those of `unit` first.
    pub(super) fn all_able(&self, rules: &Rules, command: &str, unit: Option<&UnitId>) -> Vec<Actor> {
        let able = self.all.iter().filter(|a| may(a, rules, command));
        let mut able: Vec<Actor> = able.cloned().collect();
        able.sort_by_key(|a| !matches!(a, Actor::Staff(s) if Some(&s.unit) == unit));
        able
    }
}

fn may(actor: &Actor, rules: &Rules, command: &str) -> bool {
    let Actor::Staff(staff) = actor else { return false };
    rules.profile.roles.get(staff.role.as_str()).is_some_and(|r| r.may.iter().any(|m| m == command))
}

/// Another system.
pub(super) fn system(name: &str) -> Actor {
    SystemId::new(name).map_or(Actor::Clock, Actor::System)
}
