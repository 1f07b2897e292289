//! `huying webhook`: subscriptions to notices, made and taken back beside the data folder while no server
//! runs. With a server running, an administrator does the same through `/api/v1/webhooks`.

use crate::Outcome;
use crate::account::open;
use crate::table;
use clap::{Args as ClapArgs, Subcommand};
use huying_core::ids::{PlaceId, SystemId, UnitId};
use huying_engine::store::Doer;
use huying_engine::{LIVE, PAUSED, Scope, kind_of};
use huying_server::{check_address, secret_text};
use std::path::PathBuf;
use std::process::ExitCode;

/// Make and take back subscriptions to notices while no server runs
#[derive(ClapArgs)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a subscription to what is told from now on; its secret is printed this once
    Add(Box<New>),
    /// List the living subscriptions, how far each is and what went wrong last
    List {
        /// The data folder
        #[arg(long)]
        data: PathBuf,
    },
    /// Deliver nothing to it until it is resumed
    Pause(Named),
    /// Deliver to it again, from where it was
    Resume(Named),
    /// Take it back
    Remove(Named),
}

#[derive(ClapArgs)]
struct Named {
    /// The data folder
    #[arg(long)]
    data: PathBuf,
    /// What the subscription is called
    #[arg(long)]
    name: String,
}

#[derive(ClapArgs)]
struct New {
    #[command(flatten)]
    named: Named,
    /// Where it is delivered to: plain HTTP, to a gateway of your own
    #[arg(long)]
    url: String,
    /// Only what is told to this unit and the units below it
    #[arg(long)]
    unit: Option<UnitId>,
    /// Only what is told of cases in this place
    #[arg(long)]
    place: Option<PlaceId>,
    /// Only what is owed to this system
    #[arg(long)]
    system: Option<SystemId>,
    /// Only this kind of notice; may be given several times
    #[arg(long = "kind")]
    kinds: Vec<String>,
    /// Also what is told to callers
    #[arg(long)]
    callers: bool,
}

/// Why a subscription could not be made or changed.
#[derive(Debug, thiserror::Error)]
enum WebhookError {
    #[error("`{0}` is no kind of notice; accepted: see docs/notices.md")]
    Kind(String),
    #[error("`{given}` is not accepted; accepted: {accepted}")]
    Address { given: String, accepted: &'static str },
    #[error("`{0}` is no unit of the city in force; accepted: an id of units.csv")]
    Unit(UnitId),
    #[error("`{0}` is no place of the city in force; accepted: an id of places.csv")]
    Place(PlaceId),
    #[error("there is no subscription `{0}`; `huying webhook list` shows those there are")]
    Unknown(String),
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.command {
        Command::Add(new) => add(&new),
        Command::List { data } => list(&data),
        Command::Pause(named) => set(named, PAUSED, "paused at the terminal"),
        Command::Resume(named) => set(named, LIVE, ""),
        Command::Remove(Named { data, name }) => {
            let of = name.clone();
            let by = Doer::terminal().actor;
            let there = open(&data)?.with_store(move |store, now| store.end_subscription(&of, &by, now))?;
            changed(there, name, "taken back")
        }
    }
}

fn add(new: &New) -> Outcome {
    let refused = |accepted| WebhookError::Address { given: new.url.clone(), accepted };
    check_address(&new.url).map_err(refused)?;
    let kind = |word: &String| kind_of(word).ok_or_else(|| WebhookError::Kind(word.clone()));
    let kinds = new.kinds.iter().map(kind).collect::<Result<_, _>>()?;
    let engine = open(&new.named.data)?;
    let rules = engine.rules();
    if let Some(unit) = new.unit.as_ref().filter(|u| rules.city.units.get(u).is_none()) {
        return Err(WebhookError::Unit(unit.clone()).into());
    }
    if let Some(place) = new.place.as_ref().filter(|p| rules.city.places.find(p).is_none()) {
        return Err(WebhookError::Place(place.clone()).into());
    }
    let (unit, place, system) = (new.unit.clone(), new.place.clone(), new.system.clone());
    let scope = Scope { unit, place, system, kinds, callers: new.callers };
    let (_, secret) = engine.subscribe_to(&Doer::terminal(), &new.named.name, &new.url, &scope)?;
    println!("{}", secret_text(&secret));
    Ok(ExitCode::SUCCESS)
}

fn set(named: Named, state: &'static str, reason: &'static str) -> Outcome {
    let Named { data, name } = named;
    let of = name.clone();
    let there = open(&data)?.with_store(move |store, _| store.set_subscription(&of, state, reason))?;
    changed(there, name, state)
}

fn changed(there: bool, name: String, what: &str) -> Outcome {
    if !there {
        return Err(WebhookError::Unknown(name).into());
    }
    println!("{name}: {what}");
    Ok(ExitCode::SUCCESS)
}

fn list(data: &std::path::Path) -> Outcome {
    let engine = open(data)?;
    let head = ["name", "state", "behind", "delivered", "failed", "url", "scope", "reason"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for one in engine.subscriptions()? {
        let (_, behind) = engine.read(|r| r.notices_waiting(one.row.position))?;
        let counts = [behind, one.row.delivered, one.row.failed].map(|n| n.to_string());
        let [behind, delivered, failed] = counts;
        let (name, state) = (one.row.name.to_string(), one.row.state.to_string());
        let row = one.row;
        rows.push(vec![name, state, behind, delivered, failed, row.url, row.scope, row.reason]);
    }
    print!("{}", table::render(&rows, &[2, 3, 4]));
    Ok(ExitCode::SUCCESS)
}
