//! Who there is: the posts of a city by unit and role, who answers for what, and what texts are told.

use super::dice::{Dice, name};
use super::spots::Spots;
use super::texts::Slots;
use super::{Book, Makings};
use huying_core::case::decide::allowed;
use huying_core::case::event::{Actor, Staff};
use huying_core::case::state::Case;
use huying_core::city::Folder;
use huying_core::ids::{MatterCode, PlaceId, UnitId};
use huying_core::place::TreeNo;
use huying_core::rules::Rules;
use huying_core::time::Time;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A city with its people, and what its days are made from.
#[derive(Debug)]
pub struct Town {
    /// City, profile and calendar.
    pub rules: Arc<Rules>,
    /// Figures and words.
    pub makings: Makings,
    /// Where calls come from.
    pub spots: Spots,
    /// Where everything comes from.
    pub seed: u64,
    pub(super) by_command: BTreeMap<String, Vec<Staff>>,
    pub(super) by_unit: HashMap<UnitId, Vec<Staff>>,
    families: HashMap<String, String>,
}

impl Town {
    /// The town of a city in force; `folder` is where its addresses are looked for.
    pub fn new(rules: Arc<Rules>, folder: &Folder, makings: Makings, seed: u64) -> Town {
        let (mut by_command, mut by_unit) =
            (BTreeMap::<_, Vec<Staff>>::new(), HashMap::<_, Vec<Staff>>::new());
        for post in rules.city.people.posts() {
            // Who stands in for others has a post of their own as well.
            let Some(person) = post.person.clone().filter(|_| post.deputy_of.is_none()) else { continue };
            let (post_id, unit, role) = (post.id.clone(), post.unit.clone(), post.role.clone());
            let may = rules.profile.roles.get(role.as_str()).map(|r| r.may.as_slice()).unwrap_or_default();
            let staff = Staff { person, post: post_id, unit: unit.clone(), role, deputy_of: None };
            for command in may {
                by_command.entry(command.to_string()).or_default().push(staff.clone());
            }
            by_unit.entry(unit).or_default().push(staff);
        }
        let spots = Spots::of(&rules.city, folder);
        let book = &makings.book;
        let families = book.matter.iter().chain(&book.find);
        let families = families.map(|m| (m.code.as_ref().clone(), m.family.as_ref().clone())).collect();
        Town { rules, makings, spots, seed, by_command, by_unit, families }
    }

    /// The figures.
    pub fn book(&self) -> &Book {
        &self.makings.book
    }

    /// Dice for one question about one case.
    pub(super) fn dice(&self, case: &Case, question: &str, n: u64) -> Dice {
        Dice::of(&[self.seed, case.id.0, name(question), n])
    }

    pub(super) fn may(&self, staff: &Staff, command: &str) -> bool {
        let role = self.rules.profile.roles.get(staff.role.as_str());
        role.is_some_and(|r| r.may.iter().any(|c| c == command))
    }

    /// Somebody of a role: any of them, thrown for.
    pub(super) fn anybody(&self, role: &str, dice: &mut Dice) -> Option<Actor> {
        let all: Vec<&Staff> = self.by_command.get("report")?.iter().filter(|s| s.role == role).collect();
        all.get(dice.below(all.len())).map(|s| Actor::Staff(Box::new((*s).clone())))
    }

    /// The unit nearest to a place that has somebody who may give `command`.
    pub(super) fn nearest(&self, command: &str, place: Option<&PlaceId>, now: Time) -> Option<UnitId> {
        let mut roles = self.rules.profile.roles.iter().filter(|(_, r)| r.may.iter().any(|c| c == command));
        roles.find_map(|(role, _)| self.rules.unit_for(role, place, now, |_| true))
    }

    /// Somebody of the nearest unit who may give `command`, and report.
    pub(super) fn near(&self, command: &str, place: &PlaceId, now: Time, dice: &mut Dice) -> Option<Actor> {
        let staff = self.by_unit.get(&self.nearest(command, Some(place), now)?)?;
        let able: Vec<&Staff> =
            staff.iter().filter(|s| self.may(s, command) && self.may(s, "report")).collect();
        able.get(dice.below(able.len())).map(|s| Actor::Staff(Box::new((*s).clone())))
    }

    /// Somebody of `unit` who may give `command` on the case now, as their desk shows it; where the unit has
    /// nobody, anybody whose desk shows it.
    pub(super) fn hand(
        &self,
        case: &Case,
        unit: Option<&UnitId>,
        command: &str,
        now: Time,
        dice: &mut Dice,
    ) -> Option<Actor> {
        let may = |s: &Staff| {
            let actor = Actor::Staff(Box::new(s.clone()));
            let able = self.may(s, command) && allowed(case, &actor, &self.rules, now).contains(&command);
            able.then_some(actor)
        };
        let turned = |list: &Vec<Staff>, from: usize| {
            (0..list.len()).find_map(|i| list.get((from + i) % list.len()).and_then(may))
        };
        let from = dice.below(usize::MAX);
        let own = unit.and_then(|u| self.by_unit.get(u));
        own.and_then(|list| turned(list, from % list.len().max(1))).or_else(|| {
            let reach = |s: &&Staff| {
                self.rules.profile.roles.get(s.role.as_str()).is_some_and(|r| r.any_unit)
                    || case.lead.as_ref() == Some(&s.unit)
            };
            self.by_command.get(command)?.iter().filter(reach).find_map(may)
        })
    }

    /// Whether a unit has anybody who handles orders: who stands on a rung alone does not.
    pub(super) fn handles(&self, unit: &UnitId) -> bool {
        let able = |s: &Staff| self.may(s, "finish") && self.may(s, "contact");
        self.by_unit.get(unit).is_some_and(|all| all.iter().any(able))
    }

    /// The unit that should handle a matter at a place: the best claim whose unit has hands, else who stands
    /// above it, else whoever takes calls in.
    pub(super) fn right(
        &self,
        place: Option<&PlaceId>,
        matter: Option<&MatterCode>,
        now: Time,
    ) -> Option<UnitId> {
        let units = &self.rules.city.units;
        let no = place.and_then(|p| self.rules.city.places.find(p));
        let claims = match (no, matter) {
            (Some(no), Some(matter)) => {
                units.owners(&self.rules.city.places, no, matter, self.rules.day(now))
            }
            _ => Vec::new(),
        };
        let own = claims.iter().map(|c| &c.unit.id).find(|u| self.handles(u)).cloned();
        let above = || {
            let mut at = claims.first().map(|c| c.unit);
            while let Some(unit) = at {
                if self.handles(&unit.id) {
                    return Some(unit.id.clone());
                }
                at = unit.parent.as_ref().and_then(|p| units.get(p));
            }
            None
        };
        let intake = &self.rules.profile.settings.intake_role;
        own.or_else(above).or_else(|| self.rules.unit_for(intake, place, now, |u| self.handles(u)))
    }

    /// Another unit that serves a place, such as a dispatcher could take for the right one.
    pub(super) fn other(&self, place: Option<&PlaceId>, not: &[&UnitId], dice: &mut Dice) -> Option<UnitId> {
        let places = &self.rules.city.places;
        let line = places.line(TreeNo::MAIN, places.find(place?)?);
        let units = line.flat_map(|p| self.rules.city.units.of_place(&places.get(p).id)).map(|u| &u.id);
        let all: Vec<&UnitId> = units.filter(|u| self.handles(u) && !not.contains(u)).collect();
        // The nearer half is what gets mixed up: departments of one district.
        all.get(dice.below(all.len().div_ceil(2))).map(|u| (*u).clone())
    }

    /// The family of words of a matter.
    pub(super) fn family(&self, matter: Option<&MatterCode>) -> &str {
        let found = matter.and_then(|m| self.families.get(m.as_str()));
        found.or_else(|| self.families.values().min()).map_or("", String::as_str)
    }

    /// What any text about a matter at a place is told.
    pub(super) fn slots(&self, place: Option<&PlaceId>, matter: Option<&MatterCode>, at: Time) -> Slots {
        let places = &self.rules.city.places;
        let line: Vec<_> = place
            .and_then(|p| places.find(p))
            .map(|no| places.line(TreeNo::MAIN, no).collect())
            .unwrap_or_default();
        let named = |level: &str| {
            let found = line.iter().find(|no| places.level(**no).id == level);
            found.map(|no| places.get(*no).name.to_string()).unwrap_or_default()
        };
        let community = named("community");
        let community = community.trim_end_matches("居委会").trim_end_matches("村委会");
        let catalogue = &self.rules.city.catalogue;
        let about = matter.and_then(|m| catalogue.get(m)).map(|m| m.name.to_string()).unwrap_or_default();
        let civil = self.rules.calendar.civil(at);
        let mut slots = Slots::default()
            .with("district", named("district"))
            .with("street", named("street"))
            .with("place", community)
            .with("matter", about)
            .with("date", format!("{}月{}日", civil.month(), civil.day()));
        slots.tags.extend(matter.and_then(|m| m.as_str().split_once('.')).map(|(_, n)| format!("m{n}")));
        slots.tags.push(part_of_day(civil.hour()).to_owned());
        slots.tags.push(season(civil.month()).to_owned());
        slots
    }

    /// The name of a unit.
    pub(super) fn unit_name(&self, unit: Option<&UnitId>) -> String {
        unit.and_then(|u| self.rules.city.units.get(u)).map(|u| u.name.to_string()).unwrap_or_default()
    }
}

/// How people call the hour; a fact of the language, not a rule.
fn part_of_day(hour: i8) -> &'static str {
    match hour {
        0..=5 | 22.. => "night",
        6..=10 => "morning",
        11..=17 => "noon",
        _ => "evening",
    }
}

fn season(month: i8) -> &'static str {
    match month {
        3..=5 => "spring",
        6..=8 => "summer",
        9..=11 => "autumn",
        _ => "winter",
    }
}
