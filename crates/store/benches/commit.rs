//! Calls per second that the store makes durable, beside the same bytes appended raw with fdatasync.
//!
//! `cargo bench -p huying-store --bench commit -- [--prefill MILLIONS] [--calls N] [--cache MEGABYTES]
//! [--dir DIR] [--views]`; `--views` also lets the views follow and asks them for pages.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use huying_core::ids::{PlaceId, UnitId};
use huying_core::time::Time;
use huying_store::conformance::calls;
use huying_store::{Batch, CaseFilter, Folder, Follower, Options, Store, Views};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

struct Args {
    prefill: f64,
    calls: u64,
    cache: u64,
    dir: Option<String>,
    views: bool,
}

fn args() -> Args {
    let mut out = Args { prefill: 0.0, calls: 100_000, cache: 256, dir: None, views: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("{word} needs a value"));
        match word.as_str() {
            "--prefill" => out.prefill = value().parse().expect("millions of cases"),
            "--calls" => out.calls = value().parse().expect("a number of calls"),
            "--cache" => out.cache = value().parse().expect("megabytes"),
            "--dir" => out.dir = Some(value()),
            "--views" => out.views = true,
            "--bench" => {}
            other => panic!("{other}: accepted are --prefill, --calls, --cache, --dir, --views"),
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

/// How fast the views follow, and how long pages of the lists take.
fn views(folder: &Folder, cache: u64) {
    let mut follower = Follower::open(folder, cache << 20).unwrap();
    let from = follower.watermark().unwrap().0;
    let start = Instant::now();
    let to = follower.catch_up().unwrap().0;
    let took = start.elapsed().as_secs_f64();
    println!(
        "views followed {} records in {took:.1} s: {:.0} records/s",
        to - from,
        (to - from) as f64 / took
    );
    let views = Views::open(folder).unwrap();
    let unit = |n: u32| UnitId::new(&format!("unit-{n}")).unwrap();
    let places = (0..900).map(|n| PlaceId::new(&format!("510107{n:06}")).unwrap()).collect();
    let filters = [
        ("all", CaseFilter::default()),
        (
            "one unit, open",
            CaseFilter { units: vec![unit(7)], state: Some("open".into()), ..CaseFilter::default() },
        ),
        ("900 places", CaseFilter { places, ..CaseFilter::default() }),
        ("a number", CaseFilter { number: Some("20261124000000777".into()), ..CaseFilter::default() }),
        (
            "overdue, three units",
            CaseFilter {
                units: vec![unit(1), unit(2), unit(3)],
                overdue_at: Some(Time(i64::MAX)),
                ..CaseFilter::default()
            },
        ),
    ];
    for (name, filter) in filters {
        let (mut after, mut took) = (None, Vec::new());
        for _ in 0..50 {
            let start = Instant::now();
            let page = views.page(&filter, after, 50).unwrap();
            took.push(start.elapsed());
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        took.sort();
        println!(
            "  pages of 50, {name}: p50 {:.2?}, max {:.2?}",
            percentile(&took, 0.5),
            took[took.len() - 1]
        );
    }
    let start = Instant::now();
    let count = views
        .facts(&CaseFilter::default(), |row| {
            std::hint::black_box(row);
        })
        .unwrap();
    println!("  facts: {count} rows in {:.1} s", start.elapsed().as_secs_f64());
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
    // The log is emptied on both sides, so that the difference is what calls take in the file.
    store.checkpoint_wal().unwrap();
    let before = folder_bytes(folder.root());
    let first = next;
    for size in [1, 100, 1000] {
        // One call a commit is bound by the disk's sync; a few thousand say enough.
        let batches = (if size == 1 { args.calls.min(5000) } else { args.calls } / size).max(20);
        measure(&mut store, &dir, next, size, batches, at);
        next += batches * size;
        at = at.plus(batches as i64);
    }
    store.checkpoint_wal().unwrap();
    let per_call = folder_bytes(folder.root()).saturating_sub(before) / (next - first);
    println!("{per_call} bytes of store per call");
    drop(store);
    let store = Store::open(&folder, Options { cache_bytes: args.cache << 20 }).unwrap();
    assert_eq!(store.position().unwrap().0, next - 1, "every call that was counted is there after reopening");
    assert_eq!(store.outcomes() as u64, next - 1);
    if args.views {
        views(&folder, args.cache);
    }
}

/// Commits batches as fast as they come from a thread that makes them, as the engine's would, and counts
/// wall-clock time from the first to the last: checkpoints, stalls and waiting for the maker included.
fn measure(store: &mut Store, dir: &Path, from: u64, size: u64, batches: u64, at: Time) {
    let (send, receive) = std::sync::mpsc::sync_channel(4);
    let maker = std::thread::spawn(move || {
        for b in 0..batches {
            send.send(calls(from + b * size, size, at.plus(b as i64)).unwrap()).unwrap();
        }
    });
    let mut took = Vec::new();
    let start = Instant::now();
    let mut raw_batches: Vec<Vec<u8>> = Vec::new();
    for batch in receive {
        let one = Instant::now();
        store.commit(&batch).unwrap();
        took.push(one.elapsed());
        // A sample of the same bytes for the raw run; all of them would not fit into memory.
        if raw_batches.len() < 200 {
            raw_batches.push(raw_bytes(&batch));
        }
    }
    let elapsed = start.elapsed();
    maker.join().unwrap();
    let durable = (batches * size) as f64 / elapsed.as_secs_f64();
    took.sort();
    let mut raw = File::create(dir.join("raw")).unwrap();
    let start = Instant::now();
    for batch in raw_batches.iter().cycle().take(batches as usize) {
        raw.write_all(batch).unwrap();
        raw.sync_data().unwrap();
    }
    let appended = (batches * size) as f64 / start.elapsed().as_secs_f64();
    let sampled = raw_batches.len() as u64 * size;
    println!(
        "batch {size:>5}: {durable:>9.0} calls/s over {:.1} s, p50 {:>8.2?}, p99 {:>8.2?}, max {:>8.2?}; raw {appended:>9.0} calls/s ({} B each), ratio 1/{:.1}",
        elapsed.as_secs_f64(),
        percentile(&took, 0.5),
        percentile(&took, 0.99),
        took[took.len() - 1],
        raw_batches.iter().map(Vec::len).sum::<usize>() as u64 / sampled,
        appended / durable
    );
}
