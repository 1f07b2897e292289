//! Calls per second that the store makes durable, beside the same bytes appended raw with fdatasync.
//!
//! `cargo bench -p huying-store --bench commit -- [--prefill MILLIONS] [--calls N] [--cache MEGABYTES] [--dir DIR]`
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use huying_core::time::Time;
use huying_store::conformance::calls;
use huying_store::{Batch, Folder, Options, Store};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

struct Args {
    prefill: f64,
    calls: u64,
    cache: u64,
    dir: Option<String>,
}

fn args() -> Args {
    let mut out = Args { prefill: 0.0, calls: 100_000, cache: 256, dir: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("{word} needs a value"));
        match word.as_str() {
            "--prefill" => out.prefill = value().parse().expect("millions of cases"),
            "--calls" => out.calls = value().parse().expect("a number of calls"),
            "--cache" => out.cache = value().parse().expect("megabytes"),
            "--dir" => out.dir = Some(value()),
            "--bench" => {}
            other => panic!("{other}: accepted are --prefill, --calls, --cache, --dir"),
        }
    }
    out
}

/// The bytes of a batch that must last in any case.
fn raw_bytes(batch: &Batch) -> Vec<u8> {
    let mut out = Vec::new();
    batch.records.iter().for_each(|r| out.extend_from_slice(&r.payload));
    batch.vault.iter().for_each(|i| out.extend_from_slice(&i.ciphertext));
    batch.vault_keys.iter().for_each(|k| out.extend_from_slice(&k.wrapped));
    batch.outbox.iter().for_each(|o| out.extend_from_slice(&o.payload));
    batch.keys.iter().for_each(|k| out.extend_from_slice(&k.outcome));
    out
}

fn percentile(sorted: &[Duration], p: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * p) as usize]
}

fn folder_bytes(dir: &Path) -> u64 {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().metadata().unwrap())
        .filter(|m| m.is_file())
        .map(|m| m.len())
        .sum()
}

fn main() {
    let args = args();
    let temp = tempfile::tempdir().unwrap();
    let dir = args.dir.as_ref().map_or(temp.path().to_owned(), |d| Path::new(d).to_owned());
    let folder = Folder::at(&dir.join("store"));
    let mut store = Store::open(&folder, Options { cache_bytes: args.cache << 20 }).unwrap();
    let mut next = store.high_marks().unwrap().stream.0 + 1;
    let mut at = Time(1_700_000_000_000).max(store.high_marks().unwrap().recorded_at);
    let goal = (args.prefill * 1e6) as u64;
    let start = Instant::now();
    while next <= goal {
        store.commit(&calls(next, 10_000, at).unwrap()).unwrap();
        next += 10_000;
        at = at.plus(1000);
    }
    if goal > 0 {
        println!("prefilled to {} cases in {:.0} s", next - 1, start.elapsed().as_secs_f64());
    }
    let before = folder_bytes(folder.root());
    let first = next;
    for size in [1, 100, 1000] {
        let batches = (args.calls / size).clamp(20, 2000);
        let made: Vec<Batch> =
            (0..batches).map(|b| calls(next + b * size, size, at.plus(b as i64)).unwrap()).collect();
        next += batches * size;
        at = at.plus(batches as i64);
        let mut took = Vec::new();
        let start = Instant::now();
        for batch in &made {
            let one = Instant::now();
            store.commit(batch).unwrap();
            took.push(one.elapsed());
        }
        let durable = (batches * size) as f64 / start.elapsed().as_secs_f64();
        took.sort();
        let bytes: Vec<Vec<u8>> = made.iter().map(raw_bytes).collect();
        let mut raw = File::create(dir.join("raw")).unwrap();
        let start = Instant::now();
        for batch in &bytes {
            raw.write_all(batch).unwrap();
            raw.sync_data().unwrap();
        }
        let appended = (batches * size) as f64 / start.elapsed().as_secs_f64();
        println!(
            "batch {size:>5}: {durable:>9.0} calls/s, p50 {:>8.2?}, p99 {:>8.2?}, max {:>8.2?}; raw {appended:>9.0} calls/s ({} B each), ratio 1/{:.1}",
            percentile(&took, 0.5),
            percentile(&took, 0.99),
            took[took.len() - 1],
            bytes.iter().map(Vec::len).sum::<usize>() as u64 / (batches * size),
            appended / durable
        );
    }
    store.checkpoint_wal().unwrap();
    println!(
        "{} bytes of store per call",
        (folder_bytes(folder.root()).saturating_sub(before)) / (next - first)
    );
}
