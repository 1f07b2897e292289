//! `huying bench intake`: how many calls a second are accepted, durably, with every row that is written
//! with them.

use super::calls::Calls;
use super::{peak_mib, raw};
use crate::Outcome;
use crate::city::disk;
use huying_engine::{Engine, Settings};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub(super) struct Args {
    /// A folder for the store; kept, so that a filled one can be measured again
    #[arg(long)]
    data: PathBuf,
    /// Cases that the store must hold before the measurement begins
    #[arg(long, default_value_t = 0)]
    prefill: u64,
    /// Calls to measure
    #[arg(long, default_value_t = 200_000)]
    calls: u64,
    /// Calls under way at once
    #[arg(long, default_value_t = 4_000)]
    inflight: usize,
    /// Threads that send
    #[arg(long, default_value_t = 1)]
    senders: u64,
    /// Page cache of the writer in MiB
    #[arg(long, default_value_t = 512)]
    cache: u64,
    /// Keep the views up to date meanwhile
    #[arg(long)]
    follow: bool,
    /// Where the calls come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What one stretch of calls came to.
struct Run {
    took: Duration,
    latencies_us: Vec<u64>,
    batches: u64,
}

pub(super) fn run(args: &Args) -> Outcome {
    let chengdu =
        disk::shipped().into_iter().find(|(n, _)| *n == "chengdu").map(|(_, f)| f).unwrap_or_default();
    let settings = Settings { cache_bytes: args.cache << 20, follow: args.follow, ..Settings::default() };
    let engine = Arc::new(Engine::open_with_city(&args.data, settings, &chengdu)?);
    let held = engine.position()?.0.saturating_sub(1);
    if held < args.prefill {
        let missing = args.prefill - held;
        eprintln!("filling the store with {missing} cases …");
        let fill = send(&engine, missing, args.inflight, args.senders, args.seed ^ held)?;
        eprintln!("filled in {:.0} s ({:.0} calls/s)", fill.took.as_secs_f64(), rate(missing, fill.took));
    }
    // The log of the filling must not count as what the calls will add.
    engine.with_store(|store, _| store.checkpoint_wal().map(drop))?;
    let before = sizes(&args.data);
    let held = engine.position()?.0.saturating_sub(1);
    let run = send(&engine, args.calls, args.inflight, args.senders, !args.seed ^ held)?;
    let engine = Arc::into_inner(engine).ok_or("a sender is still at work")?;
    drop(engine);
    let grown = sizes(&args.data).saturating_sub(before);
    report(args, held, &run, grown)?;
    Ok(ExitCode::SUCCESS)
}

fn report(args: &Args, held: u64, run: &Run, grown: u64) -> std::io::Result<()> {
    let bytes = grown / args.calls.max(1);
    let batch_bytes = usize::try_from(grown / run.batches.max(1)).unwrap_or(usize::MAX);
    let raw =
        raw::append(&args.data.join("raw.tmp"), batch_bytes, usize::try_from(run.batches).unwrap_or(1))?;
    let (ours, theirs) = (rate(args.calls, run.took), rate(args.calls, raw));
    println!("cases held before      {held}");
    println!("calls accepted         {}", args.calls);
    println!("calls a second         {ours:.0}");
    println!("bytes a call           {bytes}");
    println!(
        "commits                {} ({:.0} calls each)",
        run.batches,
        args.calls as f64 / run.batches.max(1) as f64
    );
    let at = |q: f64| run.latencies_us.get(((run.latencies_us.len() as f64 - 1.0) * q) as usize).copied();
    for (name, q) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
        println!("latency {name}            {:.1} ms", at(q).unwrap_or_default() as f64 / 1000.0);
    }
    println!("raw appends a second   {theirs:.0} (the same bytes, the same batches, each synced)");
    println!("ratio to raw           {:.3}", ours / theirs);
    if let Some(mib) = peak_mib() {
        println!("peak memory            {mib} MiB");
    }
    Ok(())
}

fn rate(n: u64, took: Duration) -> f64 {
    n as f64 / took.as_secs_f64().max(f64::EPSILON)
}

/// Bytes of the ledger once its log was written back. The log's own file is left out: it keeps its length
/// when it begins anew, and goes when the ledger is closed.
fn sizes(dir: &Path) -> u64 {
    std::fs::metadata(dir.join("ledger.db")).map_or(0, |m| m.len())
}

/// Sends `calls` calls with at most `inflight` under way; fails at the first that is not accepted.
fn send(engine: &Arc<Engine>, calls: u64, inflight: usize, senders: u64, seed: u64) -> Result<Run, String> {
    let commits = Arc::new(AtomicU64::new(0));
    let counted = commits.clone();
    engine.subscribe(Box::new(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    let start = Instant::now();
    let workers: Vec<_> = (0..senders)
        .map(|n| {
            let engine = engine.clone();
            let share = calls / senders + u64::from(n < calls % senders);
            let window = inflight / usize::try_from(senders).unwrap_or(1);
            std::thread::spawn(move || one_sender(&engine, share, window.max(1), seed.wrapping_add(n << 32)))
        })
        .collect();
    let mut latencies_us = Vec::new();
    for worker in workers {
        latencies_us.extend(worker.join().map_err(|_| "a sender stopped")??);
    }
    let took = start.elapsed();
    latencies_us.sort_unstable();
    Ok(Run { took, latencies_us, batches: commits.load(Ordering::Relaxed) })
}

fn one_sender(engine: &Engine, calls: u64, window: usize, seed: u64) -> Result<Vec<u64>, String> {
    let mut source = Calls::new(&engine.rules(), seed);
    let (tell, told) = sync_channel(window);
    let mut latencies = Vec::with_capacity(usize::try_from(calls).unwrap_or(0));
    let mut under_way = 0;
    let take = |latencies: &mut Vec<u64>| -> Result<(), String> {
        let took: Result<u64, String> = told.recv().map_err(|e| e.to_string())?;
        latencies.push(took?);
        Ok(())
    };
    for _ in 0..calls {
        if under_way == window {
            take(&mut latencies)?;
            under_way -= 1;
        }
        let submission = source.submission();
        let tell = tell.clone();
        let sent = Instant::now();
        engine.submit_then(
            submission,
            Box::new(move |answer| {
                let us = u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX);
                drop(tell.send(answer.map(|_| us).map_err(|e| e.to_string())));
            }),
        );
        under_way += 1;
    }
    for _ in 0..under_way {
        take(&mut latencies)?;
    }
    Ok(latencies)
}
