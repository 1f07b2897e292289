//! `huying duty`: who is on duty, read beside a running server.

use crate::table::render;
use crate::{Outcome, Told};
use clap::Subcommand;
use huying_core::ids::{PlaceId, UnitId};
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::rules_of;
use huying_engine::store::{Folder, Reader};
use jiff::Timestamp;
use std::path::PathBuf;
use std::process::ExitCode;

/// Who is on duty 值班
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Who sits in each seat, and which seats that must be staffed are empty; exit 1 when any is
    Show {
        /// The data folder; a server may be running on it
        #[arg(long)]
        data: PathBuf,
        /// Only this unit
        #[arg(long)]
        unit: Option<UnitId>,
        /// Only units whose territory lies in this place, by its id
        #[arg(long)]
        place: Option<PlaceId>,
        /// Another instant than now, such as 2026-03-02T08:00:00+08:00
        #[arg(long)]
        at: Option<Timestamp>,
    },
}

pub(crate) fn run(args: Args) -> Outcome {
    let Command::Show { data, unit, place, at } = args.command;
    let rules = rules_of(&Reader::open(&Folder::at(&data))?)?;
    let at = Time::from(at.unwrap_or_else(Timestamp::now));
    if let Some(unit) = unit.as_ref().filter(|u| rules.city.units.get(u).is_none()) {
        return Err(Told::from(format!("there is no unit `{unit}`; accepted: an id of units.csv")));
    }
    if let Some(place) = place.as_ref().filter(|p| rules.city.places.find(p).is_none()) {
        return Err(Told::from(format!("there is no place `{place}`; accepted: an id of places.csv")));
    }
    let wanted = |of: &UnitId| {
        let within = |p: &PlaceId| rules.city.units.get(of).is_some_and(|u| rules.lies_in(&u.territory, p));
        unit.as_ref().is_none_or(|u| u == of) && place.as_ref().is_none_or(within)
    };
    let seats = rules.standing.sitting(&rules, at).filter(|s| wanted(&s.roster.unit));
    let mut rows = vec![["unit", "seat", "shift", "person", "from", "to"].map(str::to_owned).to_vec()];
    rows.extend(seats.map(|s| {
        let person = if s.vacant { format!("{} (gone)", s.turn.person) } else { s.turn.person.to_string() };
        let (unit, seat) = (s.roster.unit.to_string(), s.roster.seat.to_string());
        let (from, to) = (civil(&rules, s.turn.from), civil(&rules, s.turn.to));
        vec![unit, seat, s.turn.shift.name.to_string(), person, from, to]
    }));
    print!("{}", render(&rows, &[]));
    let gaps: Vec<_> = rules.standing.gaps(&rules, at).into_iter().filter(|g| wanted(&g.unit)).collect();
    for gap in &gaps {
        println!("nobody sits in `{}` of {}", gap.seat, gap.unit);
    }
    Ok(if gaps.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn civil(rules: &Rules, at: Time) -> String {
    rules.calendar.civil(at).strftime("%Y-%m-%d %H:%M").to_string()
}
