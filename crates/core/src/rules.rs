//! What is in force: a city, its profile and its calendar, and the questions that decisions ask of them.
//!
//! The one place where the case meets the city. Everything is looked up in memory and as at a given instant.

use crate::actor::{People, PersonKind, Post};
use crate::calendar::Calendar;
use crate::case::event::{Identity, Reported, Staff, Stage};
use crate::case::refusal::Refusal;
use crate::city::{City, Folder, Outside, outside};
use crate::clock::{Limit, NearRule};
use crate::fault::{Fault, Severity, chain};
use crate::figures::FigureRules;
use crate::ids::*;
use crate::place::{PlaceNo, TreeNo};
use crate::profile::{Power, Profile, PublicPeriod, RungHolder, RungRule};
use crate::roster::Roster;
use crate::standing::Standing;
use crate::time::Time;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::Arc;

/// City, profile and calendar of one edition.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The edition.
    pub edition: Edition,
    /// The city.
    pub city: City,
    /// The profile.
    pub profile: Profile,
    /// The calendar.
    pub calendar: Calendar,
    /// How figures are drawn.
    pub figures: FigureRules,
    /// The standing orders in force.
    pub standing: Arc<Standing>,
    roster: Arc<Roster>,
}

impl Rules {
    /// Reads a city folder with its calendar and profile. Every fault is listed; there are rules exactly when
    /// none of them is an error.
    pub fn read(folder: &Folder, edition: Edition) -> (Option<Rules>, Vec<Fault>) {
        let mut faults = Vec::new();
        let text =
            |file: &str| folder.get(file).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default();
        for file in [outside::CALENDAR, outside::PROFILE] {
            if folder.get(file).is_none() {
                faults.push(Fault::error(
                    file,
                    0,
                    "",
                    "the file is missing",
                    "a TOML file; docs/city-folder.md",
                ));
            }
        }
        let (calendar, found) = Calendar::read(outside::CALENDAR, text(outside::CALENDAR));
        faults.extend(found);
        let (profile, found) = Profile::read(text(outside::PROFILE));
        faults.extend(found);
        let hours =
            calendar.as_ref().map(|c| c.hours().map(|(id, _)| id.to_string()).collect::<BTreeSet<_>>());
        let roles =
            profile.as_ref().map(|p| p.roles.keys().map(ToString::to_string).collect::<BTreeSet<_>>());
        let limit = |text: &str| text.parse::<Limit>().map(|_| ()).map_err(|e| e.to_string());
        let known = Outside { limit: Some(&limit), hours: hours.as_ref(), roles: roles.as_ref() };
        let (city, found) = City::read_with(folder, &known);
        faults.extend(found);
        if let (Some(city), Some(profile)) = (&city, &profile) {
            faults.extend(strange_requests(city, profile));
            faults.extend(strange_level(city, profile));
            faults.extend(strange_levels(city, profile));
        }
        let own = folder.get(outside::FIGURES).map(String::from_utf8_lossy);
        let figures = own.map_or_else(FigureRules::shipped, |text| FigureRules::parse(&text));
        if let Err(bad) = &figures {
            let accepted = "as docs/figures.md says";
            faults.push(Fault::error(outside::FIGURES, 0, "", chain(bad), accepted));
        }
        let broken = faults.iter().any(|f| f.severity == Severity::Error);
        let rules = match (city, profile, calendar, figures) {
            (Some(city), Some(profile), Some(calendar), Ok(figures)) if !broken => {
                let roster = Arc::new(Roster::of(&city));
                let standing = Arc::new(Standing::of_folder(&city.duty, &calendar));
                Some(Rules { edition, city, profile, calendar, figures, standing, roster })
            }
            _ => None,
        };
        if let Some(rules) = &rules {
            faults.extend(unstaffed(rules));
        }
        (rules, faults)
    }

    /// The same rules under other standing orders.
    pub fn with_standing(&self, standing: Standing) -> Rules {
        Rules { standing: Arc::new(standing), ..self.clone() }
    }

    /// The same rules with another roster.
    pub fn with_people(&self, people: People) -> Rules {
        let mut rules = self.clone();
        rules.city.people = Arc::new(people);
        rules.roster = Arc::new(Roster::of(&rules.city));
        rules
    }

    /// The civil day of an instant.
    pub fn day(&self, at: Time) -> Date {
        self.calendar.date(at)
    }

    fn place_no(&self, place: Option<&PlaceId>) -> Option<PlaceNo> {
        place.and_then(|p| self.city.places.find(p))
    }

    /// The place as anybody may know it: `place` itself, or the one above it at the level that the profile
    /// makes public.
    pub fn public_place(&self, place: &PlaceId) -> Option<PlaceNo> {
        let places = &self.city.places;
        let no = places.find(place)?;
        let levels = &places.book().levels;
        let public = levels.iter().position(|l| l.id == self.profile.public.level)?;
        let tree = places.get(no).tree;
        places.line(tree, no).find(|p| usize::from(places.get(*p).level.0) <= public)
    }

    /// Whether a place is named without an account: it is of the profile's public level or a wider one.
    pub fn is_public_place(&self, place: PlaceNo) -> bool {
        self.public_place(&self.city.places.get(place).id) == Some(place)
    }

    /// Whether a period of public figures may begin or end at an instant: where the profile's unit of civil
    /// time begins in the city.
    pub fn is_public_edge(&self, at: Time) -> bool {
        let day = self.day(at);
        let first = match self.profile.public.period {
            PublicPeriod::Day => true,
            PublicPeriod::Month => day.day() == 1,
        };
        first && self.calendar.instant(day.to_datetime(jiff::civil::Time::midnight())) == at
    }

    /// Whether a place is another or lies under it, in any tree.
    pub fn lies_in(&self, place: &PlaceId, over: &PlaceId) -> bool {
        let places = &self.city.places;
        let (Some(place), Some(over)) = (places.find(place), places.find(over)) else { return false };
        places.trees().any(|(tree, _)| places.contains(tree, over, place))
    }

    /// Whether anybody may see a case of this kind of request and of a caller who wishes to be known so.
    pub fn is_public(&self, request_type: &str, identity: Identity) -> bool {
        let public = &self.profile.public;
        let named = identity == Identity::Named || public.unnamed;
        named && !public.withheld.iter().any(|r| r == request_type)
    }

    /// The basis of a rule: of itself, of the family before its dot, or what the profile has for any.
    pub fn basis(&self, rule: &str) -> Option<String> {
        let family = rule.split('.').next().unwrap_or(rule);
        let bases = &self.profile.bases;
        let found = bases.get(rule).or_else(|| bases.get(family)).or_else(|| bases.get(ANY_RULE));
        found.map(|b| b.text.clone())
    }

    /// The code of a place that is in force.
    pub fn code_of(&self, place: &PlaceId) -> Option<&str> {
        let no = self.city.places.find(place)?;
        self.city.places.codes(no).last().map(|c| c.code.as_str())
    }

    /// The working hours a unit keeps.
    pub fn hours_of(&self, unit: &UnitId) -> Option<HoursId> {
        self.city.units.hours(unit).cloned()
    }

    /// Whether `unit` is `over`, or stands below it.
    pub fn reports_to(&self, unit: &UnitId, over: &UnitId) -> bool {
        let mut at = Some(unit);
        for _ in 0..MAX_UNIT_DEPTH {
            match at {
                Some(u) if u == over => return true,
                Some(u) => at = self.city.units.get(u).and_then(|u| u.parent.as_ref()),
                None => return false,
            }
        }
        false
    }

    /// Whether `unit` is the accused one or stands below it. Below a unit that stands below nobody is
    /// everybody: there only the unit itself is meant, or no hand would be left.
    pub fn accused(&self, unit: &UnitId, about: &UnitId) -> bool {
        let has_parent = self.city.units.get(about).is_some_and(|u| u.parent.is_some());
        unit == about || (has_parent && self.reports_to(unit, about))
    }

    /// Whether the place lies in the unit's territory; a place the city does not know is everybody's.
    pub fn serves(&self, unit: &UnitId, place: &PlaceId, now: Time) -> bool {
        let Some(place) = self.place_no(Some(place)) else { return true };
        let day = self.day(now);
        let found = self.city.units.get(unit).filter(|u| crate::place::holds(u.from, u.to, day));
        let territory = found.and_then(|u| self.place_no(Some(&u.territory)));
        territory.is_some_and(|t| self.contains(t, place).is_some())
    }

    /// Whether the territory of `unit` lies within a place.
    pub fn is_within(&self, unit: &UnitId, place: &PlaceId) -> bool {
        self.city.units.get(unit).is_some_and(|u| self.lies_in(&u.territory, place))
    }

    /// The limit with the profile's near rule, where it has none of its own.
    pub fn with_near(&self, limit: Limit) -> Limit {
        if limit.near != NearRule::Never {
            limit
        } else {
            Limit { near: self.profile.settings.near.0, ..limit }
        }
    }

    /// The unit without a parent that came first.
    pub fn root_unit(&self, now: Time) -> Option<UnitId> {
        let day = self.day(now);
        let root = |u: &&crate::unit::Unit| u.parent.is_none() && crate::place::holds(u.from, u.to, day);
        self.city.units.all().iter().find(root).map(|u| u.id.clone())
    }

    /// The territory of a post: its own, or its unit's.
    fn territory(&self, post: &Post) -> Option<PlaceNo> {
        let unit = || self.city.units.get(&post.unit).map(|u| &u.territory);
        self.place_no(post.territory.as_ref().or_else(unit))
    }

    fn contains(&self, over: PlaceNo, place: PlaceNo) -> Option<u8> {
        self.city
            .places
            .trees_by_rank()
            .into_iter()
            .find(|t| self.city.places.contains(*t, over, place))
            .and_then(|t: TreeNo| self.city.places.depth(t, over))
    }

    /// The unit whose post of `role` has the smallest territory around `place`, among those that `may`; the
    /// first id where two are equal. Without a place: the widest territory.
    pub fn unit_for(
        &self,
        role: &str,
        place: Option<&PlaceId>,
        now: Time,
        may: impl Fn(&UnitId) -> bool,
    ) -> Option<UnitId> {
        let day = self.day(now);
        let best = |place: PlaceNo| {
            let posts = self.roster.at(role, place).iter().filter_map(|i| self.city.people.posts().get(*i));
            posts.filter(|p| p.holds(day) && p.person.is_some() && may(&p.unit)).map(|p| &p.unit).min()
        };
        let depth = |place: PlaceNo| self.contains(place, place);
        let Some(place) = self.place_no(place) else {
            let all = self.roster.places(role).filter_map(|p| Some((depth(p)?, best(p)?)));
            return all.min().map(|(_, unit)| unit.clone());
        };
        // In each tree the first holder on the way up; the deepest of them, the smallest id among equals.
        let places = &self.city.places;
        let found = places.trees_by_rank().into_iter().filter_map(|tree| {
            let mut line = places.line(tree, place);
            line.find_map(|over| Some((places.depth(tree, over)?, best(over)?)))
        });
        found.max_by(|(a, u), (b, v)| a.cmp(b).then_with(|| v.cmp(u))).map(|(_, unit)| unit.clone())
    }

    /// The same a level up: the unit whose post of `role` has the next wider territory, or the smallest where
    /// none is wider.
    pub fn unit_above(
        &self,
        role: &str,
        place: Option<&PlaceId>,
        now: Time,
        may: impl Fn(&UnitId) -> bool,
    ) -> Option<UnitId> {
        let territory = |unit: &UnitId| self.city.units.get(unit).map(|u| &u.territory);
        let near = self.unit_for(role, place, now, &may)?;
        let wider = |unit: &UnitId| may(unit) && territory(unit) != territory(&near);
        Some(self.unit_for(role, place, now, wider).unwrap_or(near))
    }

    /// Whether somebody of `unit` has a post of `role` now.
    pub fn has_role(&self, unit: &UnitId, role: &str, now: Time) -> bool {
        let day = self.day(now);
        let own = |p: &&Post| p.unit == *unit && p.role == role && p.person.is_some() && p.holds(day);
        self.city.people.posts().iter().any(|p| own(&p))
    }

    /// The unit that owns a matter at a place.
    pub fn owner(&self, place: Option<&PlaceId>, matter: Option<&MatterCode>, now: Time) -> Option<UnitId> {
        let (place, day) = (self.place_no(place)?, self.day(now));
        self.city.units.owner(&self.city.places, place, matter?, day).map(|u| u.id.clone())
    }

    /// Who stands on a rung of the ladder above a place: the unit, and the person where the rung is a
    /// person's. The first kind of holder that is found, the lowest id among equals; none where nobody that
    /// `may` stands there.
    pub fn on_rung(
        &self,
        rung: &RungRule,
        place: Option<&PlaceId>,
        matter: Option<&MatterCode>,
        now: Time,
        may: impl Fn(&UnitId, Option<&PersonId>) -> bool,
    ) -> Option<(UnitId, Option<PersonId>)> {
        let (place, day) = (self.place_no(place)?, self.day(now));
        let places = &self.city.places;
        for over in places.trees_by_rank().into_iter().flat_map(|tree| places.line(tree, place)) {
            if places.level(over).id != rung.level {
                continue;
            }
            let found = rung.holder.iter().find_map(|holder| match holder {
                RungHolder::Role(role) => {
                    let all = self.roster.at(role, over).iter();
                    all.filter_map(|i| self.city.people.posts().get(*i))
                        .filter(|p| p.holds(day) && p.person.is_some())
                        .map(|p| (&p.unit, p.person.as_ref().filter(|_| rung.person)))
                        .filter(|(unit, person)| may(unit, *person))
                        .min()
                }
                RungHolder::Kind(kind) => {
                    let all = self.city.units.of_place(&places.get(over).id);
                    all.filter(|u| u.kind == *kind && crate::place::holds(u.from, u.to, day))
                        .map(|u| (&u.id, None))
                        .filter(|(unit, _)| may(unit, None))
                        .min()
                }
                RungHolder::Owner => {
                    let claims = self.city.units.owners(places, over, matter?, day);
                    let here = |u: &&crate::unit::Unit| u.territory == places.get(over).id;
                    claims
                        .into_iter()
                        .map(|c| c.unit)
                        .filter(here)
                        .find(|u| may(&u.id, None))
                        .map(|u| (&u.id, None))
                }
            });
            if let Some((unit, person)) = found {
                return Some((unit.clone(), person.cloned()));
            }
        }
        None
    }

    /// Whether a person is a volunteer, whom nothing is scored by.
    pub fn volunteers(&self, person: &PersonId) -> bool {
        self.city.people.person(person).is_some_and(|p| p.kind == PersonKind::Volunteer)
    }

    /// Whether a unit holds a power at an instant: by the profile, or through an officer resident there whom
    /// a unit that holds it has sent.
    pub fn holds_power(&self, unit: &UnitId, power: &Power, at: Time) -> bool {
        let day = self.day(at);
        let of_kind = |u: &UnitId| self.kind_of_unit(u).is_some_and(|k| power.kinds.iter().any(|p| p == k));
        let lists = |u: &UnitId| power.units.contains(u) || of_kind(u);
        let sent = |p: &&Post| p.unit == *unit && p.person.is_some() && p.holds(day);
        let mut posts = self.city.people.posts().iter().filter(sent);
        crate::place::holds(Some(power.since), power.until, day)
            && (lists(unit) || posts.any(|p| p.sending_unit.as_ref().is_some_and(lists)))
    }

    /// What kind of unit it is, as a word of the city.
    pub fn kind_of_unit(&self, unit: &UnitId) -> Option<&str> {
        self.city.units.get(unit).map(|u| u.kind.as_str())
    }

    fn post(&self, staff: &Staff, now: Time) -> Option<&Post> {
        let day = self.day(now);
        self.city.people.post(&staff.post).filter(|p| {
            // A vacant post is nobody's: neither of whom left it nor of anybody else.
            let held =
                |person: &PersonId| *person == staff.person || staff.deputy_of.as_ref() == Some(person);
            let own = p.person.as_ref().is_some_and(held);
            own && p.unit == staff.unit && p.role == staff.role && p.holds(day)
        })
    }

    /// Whether the person holds the post now.
    pub fn holds_post(&self, staff: &Staff, now: Time) -> bool {
        self.post(staff, now).is_some()
    }

    /// Whether the post's territory covers the place; a case without a place is everybody's.
    pub fn covers(&self, staff: &Staff, place: Option<&PlaceId>, now: Time) -> bool {
        let Some(place) = self.place_no(place) else { return true };
        let territory = self.post(staff, now).and_then(|p| self.territory(p));
        territory.is_some_and(|t| self.contains(t, place).is_some())
    }

    /// Whether the role may hand threads of its own unit around.
    pub fn may_reassign(&self, staff: &Staff) -> bool {
        self.profile.roles.get(staff.role.as_str()).is_some_and(|r| r.may.iter().any(|c| c == "hand"))
    }

    /// Whether a person has a post in a unit now.
    pub fn works_in(&self, person: &PersonId, unit: &UnitId, now: Time) -> bool {
        let day = self.day(now);
        self.city.people.of_person(person, day).any(|p| &p.unit == unit)
    }

    /// The catalogue's own limit for a stage of what a case is about; none while its matter is not known.
    pub fn catalogue_limit(&self, facts: &Reported, stage: Stage) -> Option<Limit> {
        let stage = match stage {
            Stage::Verify => "verify",
            Stage::Dispatch => "dispatch",
            Stage::Sign => "sign",
            Stage::Handle => "handle",
            Stage::Check => "check",
            Stage::Callback => "callback",
            Stage::Promise => "total",
            _ => return None,
        };
        let request = Some(facts.request_type.as_str());
        let circumstance = facts.circumstance.as_deref();
        self.city.catalogue.limit(facts.matter.as_ref()?, request, circumstance, stage)?.limit.parse().ok()
    }

    /// Refuses a matter the catalogue lacks.
    pub(crate) fn known_matter(&self, matter: &MatterCode) -> Result<(), Refusal> {
        if self.city.catalogue.get(matter).is_some() {
            return Ok(());
        }
        Err(Refusal::new(
            "matter.unknown",
            format!("`{matter}` is not in the catalogue"),
            "a code of the catalogue",
        ))
    }

    /// Refuses a circumstance that no limit of the matter is stated for.
    pub(crate) fn known_circumstance(&self, matter: Option<&MatterCode>, word: &str) -> Result<(), Refusal> {
        let known = matter.map(|m| self.city.catalogue.circumstances(m)).unwrap_or_default();
        if known.iter().any(|c| c.id == word) {
            return Ok(());
        }
        let of = matter.map_or_else(|| "a case without a matter".to_owned(), |m| format!("`{m}`"));
        let accepted = match known.iter().map(|c| c.id.as_str()).collect::<Vec<_>>() {
            none if none.is_empty() => {
                "no circumstance, or a matter that has limits by circumstance".to_owned()
            }
            some => some.join(", "),
        };
        let problem = format!("`{word}` is no circumstance of {of}");
        Err(Refusal::new("circumstance.unknown", problem, accepted))
    }

    /// Refuses a place the city lacks.
    pub(crate) fn known_place(&self, place: &PlaceId) -> Result<(), Refusal> {
        if self.city.places.find(place).is_some() {
            return Ok(());
        }
        Err(Refusal::new(
            "place.unknown",
            format!("`{place}` is no place of the city"),
            "an id of places.csv",
        ))
    }

    /// Refuses a unit the city lacks now.
    pub(crate) fn known_unit(&self, unit: &UnitId, now: Time) -> Result<(), Refusal> {
        let day = self.day(now);
        match self.city.units.get(unit) {
            Some(u) if crate::place::holds(u.from, u.to, day) => Ok(()),
            Some(_) => Err(Refusal::new(
                "unit.ended",
                format!("`{unit}` exists no longer or not yet"),
                "its successor",
            )),
            None => Err(Refusal::new(
                "unit.unknown",
                format!("`{unit}` is no unit of the city"),
                "an id of units.csv",
            )),
        }
    }
}

/// Request types of the profile that a catalogue with request types does not know: its limits would never
/// bind.
fn strange_requests(city: &City, profile: &Profile) -> Vec<Fault> {
    let known: Vec<&str> = city.catalogue.book().requests.iter().map(|r| r.id.as_str()).collect();
    let strange =
        profile.words.request_type.iter().filter(|w| !known.is_empty() && !known.contains(&w.code.as_str()));
    strange
        .map(|word| {
            let problem = format!("`{}` is no request type of the catalogue", word.code);
            Fault::error(outside::PROFILE, 0, "words.request_type", problem, known.join(", "))
        })
        .collect()
}

fn strange_level(city: &City, profile: &Profile) -> Option<Fault> {
    let levels = &city.places.book().levels;
    let public = &profile.public.level;
    if levels.iter().any(|l| l.id == *public) {
        return None;
    }
    let known: Vec<&str> = levels.iter().map(|l| l.id.as_str()).collect();
    let problem = format!("`{public}` is no level of the city");
    Some(Fault::error(outside::PROFILE, 0, "public.level", problem, known.join(", ")))
}

/// Rungs of the profile that stand on a level the city does not have: nobody would ever be found there.
fn strange_levels(city: &City, profile: &Profile) -> Vec<Fault> {
    let known: Vec<&str> = city.places.book().levels.iter().map(|l| l.id.as_str()).collect();
    let rungs = profile.ladder.iter().flat_map(|l| &l.rungs);
    let strange = rungs.filter(|r| !known.contains(&r.level.as_str()));
    strange
        .map(|rung| {
            let problem = format!("`{}` is no level of the city", rung.level);
            Fault::warning(outside::PROFILE, 0, "ladder.rung.level", problem, known.join(", "))
        })
        .collect()
}

/// Seats that somebody must sit in at every hour, in units that keep them without a roster.
fn unstaffed(rules: &Rules) -> Vec<Fault> {
    let mut faults = Vec::new();
    for seat in rules.profile.seats.iter().filter(|s| s.always) {
        let keeps = |u: &&crate::unit::Unit| crate::standing::keeps(rules, u, seat);
        let manned = |u: &UnitId| rules.city.duty.iter().any(|r| r.unit == *u && r.seat == seat.id);
        let units = rules.city.units.all().iter().filter(keeps);
        let empty: Vec<&str> = units.filter(|u| !manned(&u.id)).map(|u| u.id.as_str()).collect();
        if let Some(first) = empty.first() {
            let why = format!(
                "{} units keep the seat `{}` without a roster, such as {first}",
                empty.len(),
                seat.id
            );
            faults.push(Fault::warning(
                crate::city::DUTY,
                0,
                "unit",
                why,
                "a [[roster]] for each; docs/standing.md",
            ));
        }
    }
    faults
}

/// The basis of whatever has none of its own.
const ANY_RULE: &str = "any";

/// Deeper than any line of command; ends a loop in a broken roster.
const MAX_UNIT_DEPTH: usize = 32;
