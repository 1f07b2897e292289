//! `huying bench replay`: a stream of cases from a seed, decoded, upcast and applied, each timed by itself.

use super::{histories, peak_mib};
use crate::Outcome;
use crate::city::disk;
use huying_core::case::apply::{apply_next, blank};
use huying_core::case::event::{Record, SCHEMA};
use huying_core::case::record;
use huying_core::case::state::Case;
use huying_core::ids::{CaseId, Edition, StreamId};
use huying_core::rules::Rules;
use huying_core::time::Time;
use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Cases in the stream
    #[arg(long, default_value_t = 1_000_000)]
    cases: u64,
    /// Cases that are open at once
    #[arg(long, default_value_t = 300_000)]
    open: u64,
    /// Different histories the stream is made of
    #[arg(long, default_value_t = 400)]
    histories: u64,
    /// Where they come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// How many records are made, decoded and applied at a time, so that memory holds the open cases and little
/// else.
const CHUNK: usize = 20_000;

#[derive(Default)]
struct Spent {
    decode: Duration,
    upcast: Duration,
    apply: Duration,
    records: u64,
    events: u64,
    bytes: u64,
    most_open: usize,
}

pub(super) fn run(args: &Args) -> Outcome {
    let chengdu =
        disk::shipped().into_iter().find(|(n, _)| *n == "chengdu").map(|(_, f)| f).unwrap_or_default();
    let rules = Rules::read(&chengdu, Edition(1)).0.ok_or("the shipped city has faults")?;
    // A Monday morning, so that working hours run.
    const START: Time = Time(1_795_396_800_000);
    let templates = histories::make(&rules, args.seed, START, args.histories);
    drop(rules);
    let longest = templates.iter().map(Vec::len).max().unwrap_or(1) as u64;
    // A case is open from its first step to its last but one.
    let steps: usize = templates.iter().map(|t| t.len().saturating_sub(1)).sum();
    let stride = args.open * args.histories / (steps.max(1) as u64);
    let mut spent = Spent::default();
    let mut open: HashMap<StreamId, Box<Case>> = HashMap::new();
    let mut chunk: Vec<Vec<u8>> = Vec::with_capacity(CHUNK);
    // At tick t, case t takes its first step, case t − stride its second, and so on: many cases are open at
    // once.
    for tick in 0..args.cases + stride * longest {
        for step in 0..longest {
            let Some(case) = tick.checked_sub(step * stride).filter(|c| *c < args.cases) else { continue };
            let history = &templates[usize::try_from(case % args.histories).unwrap_or(0)];
            if let Some(template) = history.get(usize::try_from(step).unwrap_or(0)) {
                chunk.push(stamped(template, case + 1)?);
            }
        }
        if chunk.len() >= CHUNK {
            play(&chunk, &mut open, &mut spent)?;
            chunk.clear();
        }
    }
    play(&chunk, &mut open, &mut spent)?;
    report(args, &templates, &spent);
    Ok(ExitCode::SUCCESS)
}

fn stamped(template: &Record, case: u64) -> Result<Vec<u8>, serde_json::Error> {
    let mut record = template.clone();
    record.stream = StreamId(case);
    record::write(&record)
}

fn play(chunk: &[Vec<u8>], open: &mut HashMap<StreamId, Box<Case>>, spent: &mut Spent) -> Outcome {
    let start = Instant::now();
    let records: Vec<Record> = chunk.iter().map(|b| record::decode(b)).collect::<Result<_, _>>()?;
    spent.decode += start.elapsed();
    let start = Instant::now();
    let records: Vec<Record> = records.into_iter().map(record::upcast).collect::<Result<_, _>>()?;
    spent.upcast += start.elapsed();
    let start = Instant::now();
    for record in &records {
        let case = open.entry(record.stream).or_insert_with(|| Box::new(blank(CaseId(record.stream.0))));
        apply_next(case, record);
        if !case.spine.is_open() {
            open.remove(&record.stream);
        }
    }
    spent.apply += start.elapsed();
    spent.records += records.len() as u64;
    spent.events += records.iter().map(|r| r.events.len() as u64).sum::<u64>();
    spent.bytes += chunk.iter().map(|b| b.len() as u64).sum::<u64>();
    spent.most_open = spent.most_open.max(open.len());
    Ok(ExitCode::SUCCESS)
}

fn report(args: &Args, templates: &[Vec<Record>], spent: &Spent) {
    let rate = |took: Duration| spent.events as f64 / took.as_secs_f64().max(f64::EPSILON) / 1e6;
    let lengths = templates.iter().map(Vec::len);
    println!("cases                  {} of {} histories", args.cases, templates.len());
    println!(
        "records, events        {}, {} ({:.1} to {} records a case)",
        spent.records,
        spent.events,
        lengths.clone().sum::<usize>() as f64 / templates.len().max(1) as f64,
        lengths.max().unwrap_or(0)
    );
    println!(
        "bytes an event         {:.0} (schema {SCHEMA})",
        spent.bytes as f64 / spent.events.max(1) as f64
    );
    println!("decode                 {:.2} M events/s", rate(spent.decode));
    println!("upcast                 {:.2} M events/s", rate(spent.upcast));
    println!("apply                  {:.2} M events/s", rate(spent.apply));
    println!("together               {:.2} M events/s", rate(spent.decode + spent.upcast + spent.apply));
    println!("most cases open        {}", spent.most_open);
    if let Some(mib) = peak_mib() {
        println!("peak memory            {mib} MiB");
    }
}
