//! The second half of `huying bench locate`: addresses with a typing mistake, and tiles, each as time an
//! answer.

use huying_atlas::sample::mix;
use huying_atlas::{Atlas, TileError};
use std::time::{Duration, Instant};

/// Addresses that are asked for, and tiles of each zoom.
const ASKED: usize = 500;
const TILES: usize = 60;

/// Prints both tables.
pub(super) fn run(atlas: &Atlas, seed: u64) {
    println!("\n{:<28} {:>9} {:>9} {:>9}  found first", "addresses", "mean", "99 %", "worst");
    let sorts: [(&str, Write); 4] = [
        ("road, number, name", |[name, road, number, _]| format!("{road}{number}号{name}")),
        ("and building", |[name, road, number, b]| format!("{road}{number}号{name}{b}栋1单元3楼")),
        ("one character wrong", |[name, road, number, _]| format!("{road}{number}号{}", mistyped(name))),
        ("within a sentence", |[name, road, number, _]| format!("我住在{road}{number}号{name}楼下很吵")),
    ];
    for (title, write) in sorts {
        addresses(atlas, seed, title, write);
    }
    println!("\n{:<28} {:>9} {:>9} {:>9}  largest", "tiles", "mean", "99 %", "worst");
    for zoom in [6, 8, 10, 12, 13, 14, 15, 16, 18] {
        tiles(atlas, seed, zoom);
    }
}

type Write = fn([&str; 4]) -> String;

/// The name with its second character replaced by one that no name has.
fn mistyped(name: &str) -> String {
    name.chars().enumerate().map(|(i, c)| if i == 1 { '囍' } else { c }).collect()
}

fn print(title: &str, mut times: Vec<Duration>, tail: &str) {
    times.sort_unstable();
    let sum: Duration = times.iter().sum();
    let ms = |t: Duration| t.as_secs_f64() * 1_000.0;
    let mean = ms(sum) / times.len().max(1) as f64;
    let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1)));
    let late = ms(at(99).copied().unwrap_or_default());
    let worst = ms(times.last().copied().unwrap_or_default());
    println!("{title:<28} {mean:>6.2} ms {late:>6.2} ms {worst:>6.2} ms  {tail}");
}

fn addresses(atlas: &Atlas, seed: u64, title: &str, write: Write) {
    let count = atlas.compounds();
    let (mut times, mut first) = (Vec::new(), 0);
    for k in 0..ASKED.min(count) {
        let Some(of) = atlas.compound((mix(seed, k as u64, 21) % count as u64) as usize) else { continue };
        let words = write(of);
        let start = Instant::now();
        let hits = atlas.locate_address(&words, None);
        times.push(start.elapsed());
        first += usize::from(hits.first().is_some_and(|h| h.name == of[0]));
    }
    let tail = format!("{first} of {}", times.len());
    print(title, times, &tail);
}

fn tiles(atlas: &Atlas, seed: u64, zoom: u8) {
    let footprints: Vec<u32> = atlas.footprints().collect();
    let (mut times, mut largest) = (Vec::new(), 0);
    let mut seen = std::collections::HashSet::new();
    for k in 0..TILES {
        let at = footprints[(mix(seed, k as u64, 31) % footprints.len().max(1) as u64) as usize];
        let Some(p) = atlas.place_id(at).and_then(|id| atlas.centre(&id)) else { continue };
        let n = f64::from(1u32 << zoom);
        let x = (f64::from(p.lon) / 1e7 + 180.0) / 360.0 * n;
        let phi = (f64::from(p.lat) / 1e7).to_radians();
        let y = (1.0 - phi.tan().asinh() / std::f64::consts::PI) / 2.0 * n;
        if !seen.insert((x as u32, y as u32)) {
            continue;
        }
        let start = Instant::now();
        let tile: Result<_, TileError> = atlas.tile(zoom, x as u32, y as u32);
        times.push(start.elapsed());
        largest = largest.max(tile.map_or(0, |t| t.len()));
    }
    print(&format!("zoom {zoom}, {} tiles", times.len()), times, &format!("{} KiB", largest >> 10));
}
