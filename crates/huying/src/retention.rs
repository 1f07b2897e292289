//! `huying case due-for-erasure`: the closed cases whose retention has ended, and their erasure.
//!
//! The list reads beside a running server. The erasure is the ordinary one, case by case, each a record of
//! its own; broken off at any point it is run again and goes on with what is left.

use crate::Outcome;
use crate::case::{print_refusal, staff};
use crate::journal::{Data, reader};
use crate::table::render;
use huying_core::case::event::Actor;
use huying_core::ids::{PersonId, PostId};
use huying_engine::{Due, Engine, RETENTION, Rejected, Settings, due_for_erasure, rules_of};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// List closed cases whose words were to be kept no longer, or destroy those words
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    data: Data,
    /// As on this day of the city, such as 2026-03-02; today without it
    #[arg(long, value_name = "DAY")]
    at: Option<Date>,
    /// Destroy the words of every case listed, for ever
    #[arg(long, requires = "by")]
    erase: bool,
    /// Who orders it: a person with a post whose role may erase
    #[arg(long, value_name = "PERSON")]
    by: Option<PersonId>,
    /// Under which of their posts; needed when several may
    #[arg(long)]
    post: Option<PostId>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    match &args.by {
        Some(by) if args.erase => erase(args, by),
        _ => list(args),
    }
}

fn list(args: &Args) -> Outcome {
    let reader = reader(&args.data.data)?;
    let rules = rules_of(&reader)?;
    let day = args.at.unwrap_or_else(|| rules.day(jiff::Timestamp::now().into()));
    let mut rows = vec![["number", "class", "closed", "kept until"].map(str::to_owned).to_vec()];
    let mut classes = BTreeMap::new();
    due_for_erasure(&reader, &rules, day, &mut |due| {
        *classes.entry(due.class.clone()).or_insert(0_u64) += 1;
        rows.push(line(&due));
        true
    })?;
    if rows.len() > 1 {
        print!("{}", render(&rows, &[]));
    }
    for (class, count) in &classes {
        println!("{class}: {count}");
    }
    println!("{} due for erasure as on {day}", rows.len() - 1);
    Ok(ExitCode::SUCCESS)
}

fn line(due: &Due) -> Vec<String> {
    vec![due.number.to_string(), due.class.to_string(), due.closed.to_string(), due.kept_until.to_string()]
}

fn erase(args: &Args, by: &PersonId) -> Outcome {
    drop(reader(&args.data.data)?);
    let engine = Engine::open(&args.data.data, Settings { follow: false, ..Settings::default() })?;
    let (rules, today) = (engine.rules(), engine.rules().day(engine.now()));
    let day = args.at.unwrap_or(today);
    if day > today {
        return Err(
            format!("--at {day} is not yet: accepted with --erase is {today} or an earlier day").into()
        );
    }
    let actor = Actor::Staff(Box::new(staff(&rules, by, args.post.as_ref(), "erase", engine.now())?));
    let mut due = Vec::new();
    engine.read(|reader| {
        Ok(due_for_erasure(reader, &rules, day, &mut |one| {
            due.push(one);
            true
        }))
    })??;
    let (mut erased, mut refused) = (0_u64, 0_u64);
    for one in &due {
        match engine.erase(one.case, RETENTION, actor.clone()) {
            Ok(done) => {
                println!("{} ({}, closed {}): record {}", one.number, one.class, one.closed, done.seq);
                erased += 1;
            }
            Err(Rejected::Refused(refusal)) => {
                println!("{}", one.number);
                print_refusal(&refusal);
                refused += 1;
            }
            Err(other) => return Err(other.into()),
        }
    }
    println!("the words of {erased} cases are destroyed, {refused} were refused");
    if erased > 0 {
        println!("earlier backups still hold them, sealed: let them expire");
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
