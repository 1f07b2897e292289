//! `huying bench`: figures that are quoted, each against the physical limit in the same run. Never a test.

mod acks;
mod answers;
mod calls;
mod histories;
mod intake;
mod locate;
mod raw;
mod replay;

use crate::Outcome;
use clap::Subcommand;

/// Measure on this machine
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Accepted calls a second, durable, beside the same bytes appended raw and synced
    Intake(intake::Args),
    /// Events a second: decoding, upcasting and applying a stream of cases from a seed
    Replay(replay::Args),
    /// Points a second on one core, exact, beside an R-tree with the same exact test
    Locate(locate::Args),
    /// Durable acknowledgements one a line, for the fault driver
    #[command(hide = true)]
    Acks(acks::Args),
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.what {
        What::Intake(args) => intake::run(&args),
        What::Replay(args) => replay::run(&args),
        What::Locate(args) => locate::run(&args),
        What::Acks(args) => acks::run(&args),
    }
}

/// The largest memory this process had so far, in MiB, where the system says so.
pub(crate) fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}
