//! `huying bench acks`: submits calls and handling steps through the engine and prints each
//! acknowledgement, flushed, once it is durable. The fault driver breaks the disk under it and looks
//! whether what was printed is still there.

use super::calls::Calls;
use crate::Outcome;
use crate::city::disk;
use huying_engine::{Answer, Engine, Settings};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The data folder
    #[arg(long)]
    data: PathBuf,
    /// Cases to report
    #[arg(long)]
    count: u64,
    /// Where the calls come from
    #[arg(long)]
    seed: u64,
    /// Calls under way at once, so that several share a commit
    #[arg(long, default_value_t = 1)]
    inflight: u64,
    /// A city folder; Chengdu as it ships without it
    #[arg(long)]
    city: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let city = match &args.city {
        Some(dir) => disk::read(dir)?,
        None => {
            disk::shipped().into_iter().find(|(n, _)| *n == "chengdu").map(|(_, f)| f).unwrap_or_default()
        }
    };
    let engine = Engine::open_with_city(&args.data, Settings::default(), &city)?;
    // A run on the same data goes on where the last one ended, whatever of it became durable.
    let mut calls = Calls::new(&engine.rules(), args.seed ^ engine.position()?.0.rotate_left(32));
    let (tell, told) = channel();
    let mut under_way = 0;
    let mut printed = 0;
    for _ in 0..args.count {
        if under_way == args.inflight.max(1) {
            printed = acknowledge(&told, printed)?;
            under_way -= 1;
        }
        let tell = tell.clone();
        engine.submit_then(calls.submission(), Box::new(move |answer| drop(tell.send(answer))));
        under_way += 1;
    }
    for _ in 0..under_way {
        printed = acknowledge(&told, printed)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits for one answer and prints it; says how many are printed.
fn acknowledge(told: &Receiver<Answer>, printed: u64) -> Result<u64, crate::Told> {
    let accepted = told.recv()??;
    let n = printed + 1;
    let mut out = std::io::stdout().lock();
    writeln!(out, "ack {n} {} {}", accepted.number, accepted.seq)?;
    out.flush()?;
    Ok(n)
}
