//! `huying simulate`: the rules tried in random cities, from a seed.

use crate::table::thousands;
use crate::{Outcome, Told};
use clap::Subcommand;
use huying_core::profile::SHIPPED;
use huying_synth::simulate::{self, Ended, Plan, RULES, Tally};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Try the rules in random cities, people and times
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Give random commands and check after each that every law of the rules holds
    Check(Check),
}

#[derive(clap::Args)]
struct Check {
    /// The seed of the first city
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Commands in all, shared out evenly among the cities
    #[arg(long, default_value_t = 100_000)]
    steps: u64,
    /// How many cities [default: one for every 2000 commands]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    cities: Option<u64>,
    /// The shipped profile to begin with [default: any]
    #[arg(long, value_parser = profiles())]
    profile: Option<String>,
    /// Cities tried at once [default: one for every processor]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Fail when there is a command of which none was ever accepted
    #[arg(long)]
    every: bool,
}

/// Commands in one city, where the number of cities is not said.
const OF_A_CITY: u64 = 2_000;
/// How often a line of progress is written.
const EVERY: Duration = Duration::from_secs(5);

fn profiles() -> Vec<&'static str> {
    SHIPPED.iter().map(|s| s.0).collect()
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.what {
        What::Check(args) => check(&args),
    }
}

fn check(args: &Check) -> Outcome {
    let cities = args.cities.unwrap_or_else(|| args.steps.div_ceil(OF_A_CITY).max(1));
    let steps = args.steps.div_ceil(cities);
    let threads = args
        .threads
        .map_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get), usize::from);
    let plan = Plan { seed: args.seed, steps, cities, profile: args.profile.clone(), threads };
    let started = Instant::now();
    let last = Mutex::new(started);
    let progress = |tally: &Tally| {
        let Ok(mut last) = last.lock() else { return };
        if last.elapsed() >= EVERY {
            *last = Instant::now();
            eprintln!("{} commands in {} cities", thousands(tally.commands), thousands(tally.cities));
        }
    };
    match simulate::check(&plan, RULES, progress, |_| {}) {
        Ok(tally) => {
            summary(&tally, started.elapsed());
            let never = tally.never();
            if !never.is_empty() {
                println!("never accepted: {}", never.join(", "));
            }
            Ok(if args.every && !never.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
        Err(Ended::Broken(failure)) => {
            println!("{failure}");
            Ok(ExitCode::FAILURE)
        }
        Err(city) => Err(Told::from(city)),
    }
}

fn summary(tally: &Tally, took: Duration) {
    println!("{:<20} {:>12} {:>12}", "command", "accepted", "refused");
    for (name, (accepted, refused)) in &tally.kinds {
        println!("{name:<20} {:>12} {:>12}", thousands(*accepted), thousands(*refused));
    }
    let seconds = took.as_secs_f64().max(0.001);
    println!(
        "{} commands in {} histories of {} cities ({} of them closed by force), every law held; {seconds:.1} s, {} commands/s",
        thousands(tally.commands),
        thousands(tally.histories),
        thousands(tally.cities),
        thousands(tally.forced),
        thousands((tally.commands as f64 / seconds) as u64)
    );
}
