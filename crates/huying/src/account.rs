//! `huying account`: who may sign in, and their tokens, while no server holds the data folder.

use crate::{Outcome, table};
use clap::{Args as ClapArgs, Subcommand};
use huying_core::ids::{PersonId, SystemId};
use huying_core::time::Time;
use huying_engine::store::{AccountRow, Doer, StoreError, TokenRow};
use huying_engine::{Engine, EngineError, Settings, account_of};
use jiff::ToSpan as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make and take back accounts and tokens while no server runs
#[derive(ClapArgs)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make an account for a person of the city
    Add(Person),
    /// Make a token, and the account if there is none; it is printed this once
    Token {
        #[command(flatten)]
        person: Person,
        /// What its owner calls it
        #[arg(long, default_value = "")]
        label: String,
        /// Days until it ends by itself; without, it does not
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3660))]
        days: Option<u32>,
    },
    /// Make a token for a system above; it is printed this once
    System {
        /// The data folder
        #[arg(long)]
        data: PathBuf,
        /// The id of the system, a [[system]] of the profile in force
        #[arg(long)]
        system: SystemId,
        /// Days until it ends by itself; without, it does not
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3660))]
        days: Option<u32>,
    },
    /// List accounts with their living tokens and their posts of today
    List {
        /// The data folder
        #[arg(long)]
        data: PathBuf,
    },
    /// Who made and took back tokens, oldest first
    Log {
        /// The data folder
        #[arg(long)]
        data: PathBuf,
    },
    /// Take every token of a person back
    Revoke(Person),
}

#[derive(ClapArgs)]
struct Person {
    /// The data folder
    #[arg(long)]
    data: PathBuf,
    /// The id of the person in people.csv of the city folder
    #[arg(long)]
    person: PersonId,
}

/// Why an account could not be made or changed.
#[derive(Debug, thiserror::Error)]
enum AccountError {
    #[error(
        "a server holds the data folder (process {0}): stop it first, or let an administrator make the token \
         while it serves: POST /api/v1/accounts/PERSON/tokens"
    )]
    Held(String),
    #[error("there is no data folder `{0}`; accepted: one that `huying city load`, `serve` or `demo` made")]
    NoFolder(String),
    #[error("`{0}` is no system of the profile in force; accepted: the id of a [[system]]")]
    System(SystemId),
    #[error("`{0}` is no person of the city in force; accepted: an id of people.csv")]
    Unknown(PersonId),
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.command {
        Command::Add(person) => add(&person),
        Command::Token { person, label, days } => token(&person, &label, days),
        Command::System { data, system, days } => system_token(&data, &system, days),
        Command::List { data } => list(&data),
        Command::Log { data } => log(&data),
        Command::Revoke(person) => {
            let engine = open(&person.data)?;
            let revoked = engine.revoke_tokens(Doer::terminal(), person.person)?;
            println!("{revoked} tokens taken back");
            Ok(if revoked > 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
    }
}

/// The engine over a data folder that no server holds.
pub(crate) fn open(data: &Path) -> Result<Engine, Box<dyn std::error::Error>> {
    // A mistyped name must not become a folder.
    if !data.is_dir() {
        return Err(AccountError::NoFolder(data.display().to_string()).into());
    }
    let settings = Settings { follow: false, ..Settings::default() };
    match Engine::open(data, settings) {
        Err(EngineError::Store(StoreError::Held { pid, .. })) => Err(AccountError::Held(pid).into()),
        other => Ok(other?),
    }
}

fn known(engine: &Engine, person: &PersonId) -> Result<(), AccountError> {
    let found = engine.rules().city.people.person(person).is_some();
    found.then_some(()).ok_or_else(|| AccountError::Unknown(person.clone()))
}

/// The posts a person holds today, each with its role and unit.
fn posts(engine: &Engine, person: &PersonId) -> Vec<String> {
    let rules = engine.rules();
    let today = rules.day(engine.now());
    let people = &rules.city.people;
    people.of_person(person, today).map(|p| format!("{} ({} of {})", p.id, p.role, p.unit)).collect()
}

fn add(of: &Person) -> Outcome {
    let engine = open(&of.data)?;
    known(&engine, &of.person)?;
    let (person, made_at) = (of.person.clone(), engine.now());
    let made = engine.with_store(move |store, _| {
        if store.account(&person)?.is_some() {
            return Ok(false);
        }
        let row = AccountRow { person, display: String::new(), roles: "[]".into(), active: true, made_at };
        store.put_account(&row).map(|()| true)
    })?;
    let posts = posts(&engine, &of.person);
    println!("{} {}", of.person, if made { "has an account now" } else { "had an account already" });
    println!("posts today: {}", if posts.is_empty() { "none".to_owned() } else { posts.join(", ") });
    Ok(ExitCode::SUCCESS)
}

fn token(of: &Person, label: &str, days: Option<u32>) -> Outcome {
    let engine = open(&of.data)?;
    known(&engine, &of.person)?;
    let expires = ends(&engine, days)?;
    let token = engine.new_token(Doer::terminal(), of.person.clone(), label, expires)?;
    if posts(&engine, &of.person).is_empty() {
        eprintln!("warning: {} holds no post today and can do nothing but ask who they are", of.person);
    }
    println!("{token}");
    Ok(ExitCode::SUCCESS)
}

/// When a token of so many days ends. Times 24 hours, so that it does not hang on a zone: a fact, not a rule.
fn ends(engine: &Engine, days: Option<u32>) -> Result<Option<Time>, Box<dyn std::error::Error>> {
    let end = |days| engine.now().timestamp().checked_add((i64::from(days) * 24).hours()).map(Time::from);
    Ok(days.map(end).transpose()?)
}

fn system_token(data: &Path, system: &SystemId, days: Option<u32>) -> Outcome {
    let engine = open(data)?;
    if !engine.rules().profile.systems.iter().any(|s| s.id == *system) {
        return Err(AccountError::System(system.clone()).into());
    }
    let (account, expires) = (PersonId::new(&account_of(system))?, ends(&engine, days)?);
    println!("{}", engine.new_token(Doer::terminal(), account, "system", expires)?);
    Ok(ExitCode::SUCCESS)
}

fn log(data: &Path) -> Outcome {
    let deeds = open(data)?.read(|reader| reader.account_deeds())?;
    let mut rows = vec![["at", "by", "post", "deed", "tokens", "of", "label"].map(str::to_owned).to_vec()];
    for row in deeds {
        let post = row.by.post.map_or_else(String::new, |p| p.to_string());
        let (by, deed, tokens) = (row.by.actor.into(), row.deed.into(), row.tokens.to_string());
        rows.push(vec![row.at.to_string(), by, post, deed, tokens, row.person.to_string(), row.label.into()]);
    }
    print!("{}", table::render(&rows, &[4]));
    Ok(ExitCode::SUCCESS)
}

fn list(data: &Path) -> Outcome {
    let engine = open(data)?;
    let accounts = engine.read(|reader| {
        let all = reader.accounts()?;
        all.into_iter().map(|a| Ok((reader.tokens(&a.person)?, a))).collect::<Result<Vec<_>, StoreError>>()
    })?;
    let now = engine.now();
    let lives = |t: &&TokenRow| t.revoked_at.is_none() && t.expires_at.is_none_or(|end| end > now);
    let mut rows = vec![["person", "tokens", "posts today"].map(str::to_owned).to_vec()];
    for (tokens, account) in &accounts {
        let living = tokens.iter().filter(lives).count();
        rows.push(vec![
            account.person.to_string(),
            living.to_string(),
            posts(&engine, &account.person).join(", "),
        ]);
    }
    print!("{}", table::render(&rows, &[1]));
    Ok(ExitCode::SUCCESS)
}
