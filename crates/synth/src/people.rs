//! People: posts for every level below the street, all invented, and the rosters of their duty desks.
//!
//! Units are the folder's own (committees and street offices); a committee's unit has the id `u` and the
//! place's. Unpaid micro-grid leaders are volunteers.

use crate::addresses::{general_code, micro_code, special_code};
use crate::body::Ground;
use crate::error::SynthError;
use crate::numbers::Community;
use crate::parameters::{Names, Work};
use crate::table::Table;
use huying_core::duty::DutyRoster;
use huying_core::ids::{PersonId, UnitId};
use std::collections::{BTreeSet, HashMap};

/// Two files, and rosters of duty.
pub(crate) struct Staff {
    pub(crate) people: String,
    pub(crate) posts: String,
    /// Rosters to be added to the folder's own.
    pub(crate) duty: Vec<DutyRoster>,
}

struct Hiring<'a> {
    ground: &'a Ground,
    names: &'a Names,
    people: Table,
    posts: Posts,
    /// How many of each kind were named.
    named: HashMap<String, u32>,
}

/// posts.csv with its columns where the folder has them.
struct Posts {
    table: Table,
    columns: Vec<String>,
}

impl Posts {
    fn add(&mut self, cells: &[(&str, &str)]) {
        let find = |column: &String| cells.iter().find(|c| c.0 == column).map_or("", |c| c.1);
        let row: Vec<&str> = self.columns.iter().map(find).collect();
        self.table.row(&row);
    }
}

/// Adds a `territory` to a table that lacks it, so that new rows can have one.
fn with_territory(posts: &str) -> (String, Vec<String>) {
    let head = posts.lines().next().unwrap_or_default();
    let mut columns: Vec<String> = head.split(',').map(str::to_owned).collect();
    if columns.iter().any(|c| c == "territory") {
        return (posts.to_owned(), columns);
    }
    columns.push("territory".to_owned());
    let mut out = String::with_capacity(posts.len() * 2);
    for (i, line) in posts.lines().enumerate() {
        out.push_str(line);
        out.push_str(if i == 0 { ",territory\n" } else { ",\n" });
    }
    (out, columns)
}

/// Fills every post. `people` and `posts` are the folder's own files; `units` the ids it has.
pub(crate) fn staff(
    ground: &Ground,
    names: &Names,
    people: &str,
    posts: &str,
    units: &BTreeSet<String>,
) -> Result<Staff, SynthError> {
    let (posts, columns) = with_territory(posts);
    let mut hiring = Hiring {
        ground,
        names,
        people: Table::after(people),
        posts: Posts { table: Table::after(&posts), columns },
        named: HashMap::new(),
    };
    let mut duty = Vec::new();
    for street in &ground.numbers.streets {
        let unit = unit_of(&street.id, units)?;
        let crew: Vec<String> = (1..=ground.body.people.street_duty_posts)
            .map(|n| {
                let (post, work) = (format!("{unit}-duty-{n}"), &ground.body.people.street_duty);
                let person = hiring.hire("staff", &format!("{}d{n}", street.id), work);
                hiring.post(&post, &person, &unit, work, "");
                person
            })
            .collect();
        rosters(&mut duty, ground, "street", &unit, &crew)?;
        let work = &ground.body.people.street_leader;
        let leader = hiring.hire("staff", &format!("{}l", street.id), work);
        hiring.post(&format!("{unit}-leader"), &leader, &unit, work, "");
    }
    let all: usize = ground.numbers.communities.iter().map(|c| c.grids.len()).sum();
    let mut shared = all.saturating_sub(ground.body.counts.grid_workers as usize);
    for community in &ground.numbers.communities {
        let unit = unit_of(&community.id, units)?;
        let mut crew = hiring.committee(community, &unit);
        crew.extend(hiring.grids(community, &unit, &mut shared));
        rosters(&mut duty, ground, "community", &unit, &crew)?;
    }
    Ok(Staff { people: hiring.people.text(), posts: hiring.posts.table.text(), duty })
}

fn unit_of(place: &str, units: &BTreeSet<String>) -> Result<String, SynthError> {
    let unit = format!("u{place}");
    match units.contains(&unit) {
        true => Ok(unit),
        false => Err(SynthError::City(format!("units.csv: place {place} has no unit `{unit}`"))),
    }
}

/// The rosters of one desk: its people take the shifts in turn.
fn rosters(
    duty: &mut Vec<DutyRoster>,
    ground: &Ground,
    of: &str,
    unit: &str,
    crew: &[String],
) -> Result<(), SynthError> {
    let bad = |e: huying_core::ids::BadId| SynthError::City(e.to_string());
    let people = crew.iter().map(|p| PersonId::new(p)).collect::<Result<Vec<_>, _>>().map_err(bad)?;
    for roster in ground.body.roster.iter().filter(|r| r.of == of) {
        duty.push(DutyRoster {
            unit: UnitId::new(unit).map_err(bad)?,
            seat: roster.seat.clone(),
            since: roster.since,
            shifts: roster.shift.clone(),
            crew: people.clone(),
            swaps: Vec::new(),
        });
    }
    Ok(())
}

impl Hiring<'_> {
    fn hire(&mut self, kind: &str, id: &str, work: &Work) -> String {
        let person = format!("p{id}");
        let count = self.named.entry(work.title.clone()).or_default();
        *count += 1;
        let name = format!("{}{}{count:06}", self.names.person, work.title);
        self.people.row(&[&person, kind, &name, "yes"]);
        person
    }

    fn post(&mut self, id: &str, person: &str, unit: &str, work: &Work, territory: &str) {
        let cells =
            [("id", id), ("person", person), ("unit", unit), ("role", &work.role), ("territory", territory)];
        self.posts.add(&cells);
    }

    /// The head of the community and the heads of its grids, who are members of its committee.
    fn committee(&mut self, community: &Community, unit: &str) -> Vec<String> {
        let ground = self.ground;
        let work = &ground.body.people.community_head;
        let person = self.hire("staff", &format!("{}h", community.id), work);
        self.post(&format!("{unit}-head"), &person, unit, work, "");
        let mut crew = vec![person];
        let work = &ground.body.people.grid_head;
        let mut person = String::new();
        for grid in 0..community.grids.len() {
            let code = general_code(community, grid);
            if grid % ground.body.people.grids_per_head.max(1) == 0 {
                person = self.hire("staff", &format!("{code}h"), work);
                crew.push(person.clone());
            }
            self.post(&format!("{code}-head"), &person, unit, work, &code);
        }
        let work = &ground.body.people.special_head;
        for special in 0..community.specials.len() {
            let code = special_code(community, special);
            let person = self.hire("contractor", &format!("{code}h"), work);
            self.post(&format!("{code}-head"), &person, unit, work, &code);
        }
        crew
    }

    /// Workers and micro-grid leaders. While there are fewer workers than grids, the last grid of a
    /// community shares the worker of the one before it.
    fn grids(&mut self, community: &Community, unit: &str, shared: &mut usize) -> Vec<String> {
        let ground = self.ground;
        let (mut crew, mut worker) = (Vec::new(), String::new());
        let last = community.grids.len().saturating_sub(1);
        for (grid, own) in community.grids.iter().enumerate() {
            let code = general_code(community, grid);
            if grid > 0 && grid == last && *shared > 0 {
                *shared -= 1;
            } else {
                worker = self.hire("contractor", &format!("{code}w"), &ground.body.people.grid_worker);
                crew.push(worker.clone());
            }
            let work = &ground.body.people.grid_worker;
            self.post(&format!("{code}-worker"), &worker, unit, work, &code);
            for micro in 0..own.micros.len() {
                let code = micro_code(community, grid, micro);
                let work = &ground.body.people.micro_leader;
                let person = self.hire("volunteer", &code, work);
                self.post(&format!("{code}-leader"), &person, unit, work, &code);
            }
        }
        crew
    }
}
