//! A small random city: a few places of each level, units with and without hours, posts of every role, some
//! of them vacant, persons with two posts, volunteers; and the rules that are in force in it, one edition
//! after another.
//!
//! The forms are those of any city folder, and the folder is read like any other: what is made here has to
//! be valid. The levels, roles and words are those of the profile that is tried.

use super::profiles;
use crate::day::Dice;
use huying_core::calendar::Calendar;
use huying_core::city::Folder;
use huying_core::fault::Fault;
use huying_core::ids::{Edition, MatterCode, PersonId, PlaceId, SystemId, UnitId};
use huying_core::profile::{Profile, SHIPPED};
use huying_core::rules::Rules;
use huying_core::standing::{Asked, Standing};
use huying_core::unit::Unit as Unit_;
use std::fmt::Write as _;
use std::sync::Arc;

const MANIFEST: &str = include_str!("../../../../data/chengdu/city.toml");
const CALENDAR: &str = include_str!("../../../../data/chengdu/calendar.toml");

/// The unit without a parent.
const ROOT: &str = "u0";
/// What has no unit of its own to work in works in one of these two: whoever an office is accused by, or
/// kept apart from, there is another.
const OFFICES: [&str; 2] = ["u0-desk", "u0-centre"];

/// A city, and the rules that may be in force in it.
#[derive(Debug)]
pub struct World {
    /// What it was made from.
    pub seed: u64,
    /// The shipped profile it began with.
    pub profile: &'static str,
    /// The rules, the first of which are in force at first. All are of the same places and units.
    pub editions: Vec<Arc<Rules>>,
    /// The places, and one that does not exist.
    pub places: Vec<PlaceId>,
    /// The units, some of which are no more.
    pub units: Vec<UnitId>,
    /// The matters, and one that is not in the catalogue.
    pub matters: Vec<MatterCode>,
    /// Nobody, and the system above.
    pub(super) nobody: PersonId,
    pub(super) above: SystemId,
    pub(super) root: UnitId,
}

impl World {
    /// The city of a seed, under a shipped profile by name or under any of them.
    ///
    /// # Errors
    /// The faults of the folder made: a defect of this program, or of the shipped files.
    pub fn new(seed: u64, profile: Option<&str>) -> Result<World, Vec<Fault>> {
        let mut dice = Dice::of(&[seed, 1]);
        let named = profile.and_then(|name| SHIPPED.iter().find(|s| s.0 == name));
        let profile = named.or_else(|| SHIPPED.get(dice.below(SHIPPED.len()))).map_or("base", |s| s.0);
        let shipped = profiles::whole(profile)?;
        let mut town = Town::new(&mut dice, &shipped)?;
        town.people(&mut dice);
        let mut editions = Vec::new();
        for number in 1..=3 {
            let rules = town.rules(&mut dice, &shipped, Edition(number))?;
            editions.push(rules);
        }
        let places = town.places.iter().map(|p| p.id.as_str()).chain(["nowhere"]);
        let places = places.filter_map(|p| PlaceId::new(p).ok()).collect();
        let units = town.units.iter().filter_map(|u| UnitId::new(&u.id).ok()).collect();
        let matters = MATTERS.iter().map(|(kind, code)| format!("{kind}.{code}"));
        let matters = matters.chain(["matter.99999".to_owned()]);
        let matters = matters.filter_map(|m| MatterCode::new(&m).ok()).collect();
        let own = (PersonId::new("nobody"), SystemId::new("hotline-12345"), UnitId::new(ROOT));
        let (Ok(nobody), Ok(above), Ok(root)) = own else { return Err(Vec::new()) };
        let tasks = editions.first().map(|rules| admitted(&mut dice, rules, &nobody)).unwrap_or_default();
        let standing = |rules: &Rules| Standing { tasks: tasks.clone(), ..Standing::clone(&rules.standing) };
        let editions = editions.iter().map(|rules| Arc::new(rules.with_standing(standing(rules)))).collect();
        Ok(World { seed, profile, editions, places, units, matters, nobody, above, root })
    }
}

/// A few tasks of departments that are admitted from the beginning.
fn admitted(dice: &mut Dice, rules: &Rules, nobody: &PersonId) -> Vec<Asked> {
    let asks = |unit: &&Unit_| {
        let kind = rules.kind_of_unit(&unit.id).unwrap_or_default();
        rules.profile.admission.iter().any(|a| a.askers.iter().any(|k| k == kind))
    };
    let units: Vec<&Unit_> = rules.city.units.all().iter().filter(asks).collect();
    let some = (1..=dice.between(1, 3)).filter_map(|no| {
        let (unit, task) = (super::one(dice, &units)?, super::one(dice, &rules.profile.tasks)?);
        let by = (unit.id.clone(), nobody.clone(), unit.territory.clone());
        let weekly = task.weekly(rules.profile.everyday().map(|m| m.id.as_str()));
        Some(super::moves::rounds::admitted(dice, u64::from(no), by, (&task.id, weekly)))
    });
    some.collect()
}

/// A few matters, two of each kind that the shipped conditions ask for.
const MATTERS: [(&str, &str); 4] =
    [("component", "01001"), ("component", "02001"), ("matter", "06010"), ("request", "0301")];

/// Circumstances that limits are stated for.
const CIRCUMSTANCES: [&str; 2] = ["wet", "dry"];

/// Limits that the catalogue of one city or another has.
const CATALOGUED: [&str; 4] = ["4 working hours", "2 working days", "24 h", "7 days"];

#[derive(Debug)]
struct Place {
    id: String,
    level: &'static str,
    parent: Option<String>,
}

#[derive(Debug)]
struct Unit {
    id: String,
    kind: &'static str,
    parent: Option<String>,
    place: String,
    lines: &'static str,
    hours: &'static str,
    /// Its last day, when it is no more.
    to: &'static str,
}

/// A city in the making.
struct Town {
    places: Vec<Place>,
    units: Vec<Unit>,
    posts: String,
    persons: String,
    profile: Profile,
    count: usize,
}

impl Town {
    fn new(dice: &mut Dice, shipped: &str) -> Result<Town, Vec<Fault>> {
        let (profile, faults) = Profile::read(shipped);
        let profile = profile.ok_or(faults)?;
        let (posts, persons) = (String::new(), String::new());
        let mut town = Town { places: Vec::new(), units: Vec::new(), posts, persons, profile, count: 0 };
        town.land(dice);
        town.institutions(dice);
        Ok(town)
    }

    fn place(&mut self, id: &str, level: &'static str, parent: Option<&str>) -> String {
        self.places.push(Place { id: id.to_owned(), level, parent: parent.map(str::to_owned) });
        id.to_owned()
    }

    /// One to two of each level under each, with gaps: a community without grids, a grid without micro-grids.
    fn land(&mut self, dice: &mut Dice) {
        let city = self.place("510100", "city", None);
        for d in 1..=dice.between(1, 2) {
            let district = self.place(&format!("51010{d}"), "district", Some(&city));
            for s in 1..=dice.between(1, 2) {
                let street = self.place(&format!("{district}00{s}"), "street", Some(&district));
                for c in 1..=dice.between(0, 2) {
                    let community = self.place(&format!("{street}00{c}"), "community", Some(&street));
                    for g in 1..=dice.between(0, 2) {
                        let grid = self.place(&format!("{community}G0{g}"), "grid", Some(&community));
                        for m in 1..=dice.between(0, 1) {
                            self.place(&format!("{grid}0{m}"), "micro-grid", Some(&grid));
                        }
                    }
                }
            }
        }
    }

    fn unit(&mut self, dice: &mut Dice, id: &str, kind: &'static str, parent: Option<&str>, place: &str) {
        // Most keep the hours of the city; some say nothing, some work at night.
        let hours = *super::one(dice, &["", "", "", "office", "window", "always", "daytime"]).unwrap_or(&"");
        let lines = match kind {
            "government" => "*",
            "department" | "enterprise" => {
                super::one(dice, &["component.*", "matter.06 request.*", "matter.*", "*", "component.01", ""])
                    .copied()
                    .unwrap_or("*")
            }
            _ => "",
        };
        let (id, parent, place) = (id.to_owned(), parent.map(str::to_owned), place.to_owned());
        self.units.push(Unit { id, kind, parent, place, lines, hours, to: "" });
    }

    fn institutions(&mut self, dice: &mut Dice) {
        self.unit(dice, ROOT, "government", None, "510100");
        for office in OFFICES {
            self.unit(dice, office, "department", Some(ROOT), "510100");
        }
        self.unit(dice, "u0-works", "department", Some(ROOT), "510100");
        self.unit(dice, "u0-water", "enterprise", Some(ROOT), "510100");
        let places: Vec<(String, &'static str, Option<String>)> =
            self.places.iter().map(|p| (p.id.clone(), p.level, p.parent.clone())).collect();
        for (place, level, parent) in places {
            let id = format!("u{place}");
            let over = parent.map(|p| format!("u{p}"));
            match level {
                "district" => {
                    self.unit(dice, &id, "government", Some(ROOT), &place);
                    for n in 1..=dice.between(1, 3) {
                        self.unit(dice, &format!("{id}-d{n}"), "department", Some(&id), &place);
                    }
                    self.unit(dice, &format!("{id}-gone"), "department", Some(&id), &place);
                    if let Some(gone) = self.units.last_mut() {
                        gone.to = "2026-01-01";
                    }
                    if dice.chance(0.5) {
                        self.unit(dice, &format!("{id}-desk"), "department", Some(&id), &place);
                    }
                }
                "street" => self.unit(dice, &id, "street-office", over.as_deref(), &place),
                // Here and there nobody has set the unit up.
                "community" if dice.chance(0.9) => {
                    self.unit(dice, &id, "community", over.as_deref(), &place);
                }
                "grid" if dice.chance(0.8) => {
                    let over = over.filter(|o| self.units.iter().any(|u| &u.id == o));
                    self.unit(dice, &id, "grid", over.as_deref().or(Some(ROOT)), &place);
                }
                "micro-grid" if dice.chance(0.8) => {
                    let over = over.filter(|o| self.units.iter().any(|u| &u.id == o));
                    self.unit(dice, &id, "micro-grid", over.as_deref().or(Some(ROOT)), &place);
                }
                _ => {}
            }
        }
    }

    fn person(&mut self, kind: &str) -> String {
        self.count += 1;
        let id = format!("p{}", self.count);
        let _ = writeln!(self.persons, "{id},{kind}");
        id
    }

    fn post(&mut self, person: &str, unit: &str, role: &str) {
        self.count += 1;
        let _ = writeln!(self.posts, "b{},{person},{unit},{role}", self.count);
    }

    /// Posts of every role of the profile, where that role is at home.
    fn people(&mut self, dice: &mut Dice) {
        let roles: Vec<String> = self.profile.roles.keys().map(ToString::to_string).collect();
        let units: Vec<(String, &'static str)> = self.units.iter().map(|u| (u.id.clone(), u.kind)).collect();
        let mut before: Vec<String> = Vec::new();
        for role in &roles {
            let own: &[&str] = match role.as_str() {
                "grid-leader" => &["micro-grid"],
                "grid-worker" => &["grid"],
                "community" => &["community"],
                "street" | "street-leader" => &["street-office"],
                "handler" => &["department", "enterprise"],
                _ => &[],
            };
            for (unit, kind) in &units {
                let office = OFFICES.contains(&unit.as_str());
                let desk = own.is_empty() && unit.ends_with("-desk");
                if office && own.is_empty() {
                    for _ in 0..2 {
                        let person = self.person("staff");
                        self.post(&person, unit, role);
                    }
                }
                if !office && (own.contains(kind) || desk) {
                    self.staff(dice, unit, role, &mut before);
                }
            }
        }
    }

    /// One to three posts of a role in a unit: filled, vacant, or held by somebody who has another post.
    fn staff(&mut self, dice: &mut Dice, unit: &str, role: &str, before: &mut Vec<String>) {
        for _ in 0..dice.between(1, 3) {
            if dice.chance(0.15) {
                self.post("", unit, role);
                continue;
            }
            let shared = dice.chance(0.15).then(|| super::one(dice, before).cloned()).flatten();
            let person = shared.unwrap_or_else(|| {
                let unpaid = role == "grid-leader" || dice.chance(0.05);
                self.person(if unpaid { "volunteer" } else { "staff" })
            });
            self.post(&person, unit, role);
            before.push(person);
        }
    }

    fn rules(&self, dice: &mut Dice, shipped: &str, edition: Edition) -> Result<Rules, Vec<Fault>> {
        let mut folder = self.folder(dice);
        // How far this edition is from what ships: not at all, a little, far.
        let share = super::one(dice, &[0.0, 0.03, 0.15]).copied().unwrap_or(0.0);
        for share in [share, 0.0] {
            let text = profiles::vary(shipped, dice, share);
            folder.put(huying_core::city::outside::PROFILE, text.into_bytes());
            let (rules, faults) = Rules::read(&folder, edition);
            match rules {
                Some(rules) => return Ok(rules),
                None if share == 0.0 => return Err(faults),
                None => {}
            }
        }
        Err(Vec::new())
    }

    fn folder(&self, dice: &mut Dice) -> Folder {
        let mut folder = Folder::new();
        let mut put = |file: &str, text: String| folder.put(file, text.into_bytes());
        put("city.toml", MANIFEST.to_owned());
        put("calendar.toml", calendar(dice));
        let mut text = "id,code,name,level,parent\n".to_owned();
        for p in &self.places {
            let _ = writeln!(text, "{0},{0},{0},{1},{2}", p.id, p.level, p.parent.as_deref().unwrap_or(""));
        }
        put("places.csv", text);
        let mut text = "id,name,kind,parent,territory,lines,hours,to\n".to_owned();
        for u in &self.units {
            let parent = u.parent.as_deref().unwrap_or("");
            let _ = writeln!(
                text,
                "{0},{0},{1},{parent},{2},{3},{4},{5}",
                u.id, u.kind, u.place, u.lines, u.hours, u.to
            );
        }
        put("units.csv", text);
        put("people.csv", format!("id,kind\n{}", self.persons));
        put("posts.csv", format!("id,person,unit,role\n{}", self.posts));
        self.catalogue(dice, &mut put);
        folder
    }

    fn catalogue(&self, dice: &mut Dice, put: &mut impl FnMut(&str, String)) {
        let stages =
            "stages = [\"verify\", \"dispatch\", \"sign\", \"handle\", \"check\", \"callback\", \"total\"]\n";
        let mut text = format!("{stages}[[edition]]\nid = \"e\"\nstandard_ref = \"made up\"\n");
        for (kind, width) in [("component", 5), ("matter", 5), ("request", 4)] {
            let _ = writeln!(
                text,
                "[[kind]]\nid = \"{kind}\"\nname = \"{kind}\"\nedition = \"e\"\nwidth = {width}\n\
                 major_width = 2"
            );
        }
        for word in &self.profile.words.request_type {
            let _ = writeln!(text, "[[request]]\nid = \"{0}\"\nname = \"{0}\"", word.code);
        }
        for word in CIRCUMSTANCES {
            let _ = writeln!(text, "[[circumstance]]\nid = \"{word}\"\nname = \"{word}\"");
        }
        put("catalogue/catalogue.toml", text);
        let majors = MATTERS.map(|(kind, code)| format!("{kind},{},m\n", &code[..2]));
        put("catalogue/majors.csv", format!("kind,code,name\n{}", majors.concat()));
        let matters = MATTERS.map(|(kind, code)| format!("{kind},{code},m\n"));
        put("catalogue/matters.csv", format!("kind,code,name\n{}", matters.concat()));
        let mut limits = "matters,stage,when,limit,standing\n".to_owned();
        for stage in ["handle", "total"] {
            for when in CIRCUMSTANCES.iter().copied().chain([""]) {
                if dice.chance(0.5) {
                    let limit = super::one(dice, &CATALOGUED).copied().unwrap_or_default();
                    let _ = writeln!(limits, "matter.*,{stage},{when},{limit},proposal");
                }
            }
        }
        put("catalogue/limits.csv", limits);
    }
}

/// The shipped calendar, the year to come published or not, and now and then a day off more.
fn calendar(dice: &mut Dice) -> String {
    let mut text = CALENDAR.to_owned();
    if dice.chance(0.5) {
        let notice = "[year.2027]\npublished = true\nsource = \"a notice made up\"";
        text = text.replace("[year.2027]\npublished = false", notice);
    }
    if dice.chance(0.3) {
        let more = "holidays = [\n  { name = \"一日\", from = 2026-03-05, to = 2026-03-06 },\n";
        let at = text.find("[year.2026]").unwrap_or(0);
        let (head, tail) = text.split_at(at);
        text = format!("{head}{}", tail.replacen("holidays = [\n", more, 1));
    }
    text
}

/// The instant of a civil time in the city.
pub(super) fn instant(calendar: &Calendar, civil: &str) -> huying_core::time::Time {
    civil.parse().map_or_else(|_| huying_core::time::Time(0), |civil| calendar.instant(civil))
}

/// Whether a unit is one of the two offices that keep their people.
pub(super) fn is_office(unit: &UnitId) -> bool {
    OFFICES.contains(&unit.as_str())
}
