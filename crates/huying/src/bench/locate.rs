//! `huying bench locate`: points a second on one core into the smallest places, each compared with the exact
//! test; beside it the plain path, an R-tree of boxes with the same exact test.

use super::peak_mib;
use crate::Outcome;
use crate::city::disk;
use crate::table::thousands;
use huying_atlas::lattice::{P, on_segment, winding};
use huying_atlas::sample::{Plan, folder, mix};
use huying_atlas::{Atlas, digest};
use huying_core::city::{City, Folder};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub(super) struct Args {
    /// A city folder with geometry.topojson; without it a made-up lattice city
    #[arg(long)]
    city: Option<PathBuf>,
    /// Points of each sort
    #[arg(long, default_value_t = 4_000_000)]
    points: usize,
    /// Cells of the made-up city
    #[arg(long, default_value_t = 145_000)]
    cells: u32,
    /// Where the points come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

type Boxed = GeomWithData<Rectangle<[i32; 2]>, u32>;

/// The plain path: boxes in an R-tree, then the exact test, then the rule for the outer rim.
struct Plain {
    tree: RTree<Boxed>,
    rings: Vec<Vec<Vec<P>>>,
    places: Vec<u32>,
}

impl Plain {
    fn build(atlas: &Atlas) -> Plain {
        let places: Vec<u32> = atlas.footprints().collect();
        let rings: Vec<Vec<Vec<P>>> = places.iter().map(|p| atlas.rings(*p)).collect();
        let boxed = |(i, rings): (usize, &Vec<Vec<P>>)| {
            let corner = |f: fn(i32, i32) -> i32, axis: usize| {
                rings.iter().flatten().map(|p| p[axis]).reduce(f).unwrap_or_default()
            };
            let low = [corner(i32::min, 0), corner(i32::min, 1)];
            let high = [corner(i32::max, 0), corner(i32::max, 1)];
            GeomWithData::new(Rectangle::from_corners(low, high), i as u32)
        };
        let tree = RTree::bulk_load(rings.iter().enumerate().map(boxed).collect());
        Plain { tree, rings, places }
    }

    fn find(&self, p: P) -> Option<u32> {
        let mut rim: Option<u32> = None;
        for item in self.tree.locate_in_envelope_intersecting(AABB::from_point(p)) {
            let rings = &self.rings[item.data as usize];
            if winding(rings, p) == 1 {
                return Some(self.places[item.data as usize]);
            }
            let touches = || rings.iter().flat_map(|r| r.windows(2)).any(|s| on_segment(s[0], s[1], p));
            let place = self.places[item.data as usize];
            if rim.is_none_or(|r| place < r) && touches() {
                rim = Some(place);
            }
        }
        rim
    }
}

pub(super) fn run(args: &Args) -> Outcome {
    let folder = match &args.city {
        Some(dir) => disk::read(dir)?,
        None => {
            let columns = (f64::from(args.cells)).sqrt().ceil() as u32;
            folder(Plan { columns, rows: columns, detail: 3, stacks: 4, ragged: true, seed: args.seed })
        }
    };
    let atlas = prepare(&folder)?;
    let plain = Plain::build(&atlas);
    println!("\n{:<28} {:>10} {:>10} {:>7}  equal", "points", "raster", "R-tree", "ratio");
    let sorts: [(&str, Vec<P>); 4] = [
        ("anywhere in the box", anywhere(&atlas, args)),
        ("where the small places are", crowded(&plain, args)),
        ("vertices of borders", vertices(&plain, args)),
        ("on borders and beside them", borders(&plain, args)),
    ];
    let mut differ = 0;
    for (name, points) in &sorts {
        differ += compare(name, &atlas, &plain, points);
    }
    super::answers::run(&atlas, args.seed);
    println!("\npeak memory of this run {} MiB, the R-tree's rings included", peak_mib().unwrap_or(0));
    if differ > 0 {
        return Err(format!("{differ} points differ from the exact test").into());
    }
    Ok(ExitCode::SUCCESS)
}

fn ms(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// Reads, saves and opens, each timed; the opened atlas is the one that is measured.
fn prepare(folder: &Folder) -> Result<Atlas, crate::Told> {
    let (city, _) = City::read(folder);
    let city = city.ok_or("the folder has faults; `huying city check` names them")?;
    let start = Instant::now();
    let (atlas, faults) = Atlas::read(folder, &city);
    let read = start.elapsed();
    let atlas = atlas
        .ok_or_else(|| faults.first().map_or("the folder has no shapes".to_owned(), ToString::to_string))?;
    let path = std::env::temp_dir().join(format!("huying-bench-{}.atlas", std::process::id()));
    let start = Instant::now();
    atlas.save(&path)?;
    let saved = start.elapsed();
    drop(atlas);
    let start = Instant::now();
    let digest = digest(folder);
    let digested = start.elapsed();
    let start = Instant::now();
    let opened = Atlas::open(&path, &digest);
    let open = start.elapsed();
    let size = std::fs::metadata(&path).map_or(0, |m| m.len());
    drop(std::fs::remove_file(&path));
    let atlas = opened?;
    let s = atlas.stats();
    let n = |n: usize| thousands(n as u64);
    println!("places, footprints       {}, {}", n(s.places), n(s.footprints));
    println!("arcs, points             {}, {}", n(s.arcs), n(s.points));
    println!("cells, with borders      {}, {}", n(s.cells), n(s.border_cells));
    println!("compounds, members       {}, {}", n(s.compounds), n(s.members));
    println!("index in memory, on disk {} MiB, {} MiB", s.bytes >> 20, size >> 20);
    println!("read and proved          {}", ms(read));
    println!("saved                    {}", ms(saved));
    println!("folder's digest          {}", ms(digested));
    println!("opened                   {}", ms(open));
    Ok(atlas)
}

fn pick(seed: u64, k: usize, low: i32, high: i32) -> i32 {
    let span = (i64::from(high) - i64::from(low)).max(1) as u64;
    (i64::from(low) + (mix(seed, k as u64, 1) % span) as i64) as i32
}

fn anywhere(atlas: &Atlas, args: &Args) -> Vec<P> {
    let b = atlas.bbox(None).unwrap_or_default();
    let one = |k| [pick(args.seed, k, b[0], b[2]), pick(args.seed ^ 0xFF, k, b[1], b[3])];
    (0..args.points).map(one).collect()
}

/// A footprint by lot, and a point in its box: as dense as people are.
fn crowded(plain: &Plain, args: &Args) -> Vec<P> {
    let one = |k| {
        let rings = &plain.rings[(mix(args.seed, k as u64, 2) % plain.rings.len().max(1) as u64) as usize];
        let span = |axis: usize| {
            let all = || rings.iter().flatten().map(|p| p[axis]);
            (all().min().unwrap_or_default(), all().max().unwrap_or_default())
        };
        let (x, y) = (span(0), span(1));
        [pick(args.seed ^ 3, k, x.0, x.1), pick(args.seed ^ 5, k, y.0, y.1)]
    };
    (0..args.points).map(one).collect()
}

fn segment(plain: &Plain, seed: u64, k: usize) -> (P, P) {
    let rings = &plain.rings[(mix(seed, k as u64, 7) % plain.rings.len().max(1) as u64) as usize];
    let ring = &rings[(mix(seed, k as u64, 8) % rings.len().max(1) as u64) as usize];
    let i = (mix(seed, k as u64, 9) % (ring.len() as u64 - 1)) as usize;
    (ring[i], ring[i + 1])
}

fn vertices(plain: &Plain, args: &Args) -> Vec<P> {
    (0..args.points / 4).map(|k| segment(plain, args.seed, k).0).collect()
}

/// Lattice points on segments where there are any, else the nearest beside them.
fn borders(plain: &Plain, args: &Args) -> Vec<P> {
    let one = |k| {
        let (a, b) = segment(plain, args.seed ^ 11, k);
        let (dx, dy) = (i64::from(b[0]) - i64::from(a[0]), i64::from(b[1]) - i64::from(a[1]));
        let steps = gcd(dx.unsigned_abs(), dy.unsigned_abs()).max(1) as i64;
        let steps = if steps > 1 { steps } else { 97 };
        let t = (mix(args.seed, k as u64, 12) % steps as u64) as i64;
        [(i64::from(a[0]) + dx * t / steps) as i32, (i64::from(a[1]) + dy * t / steps) as i32]
    };
    (0..args.points / 4).map(one).collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Times both paths over the same points and counts the points where they differ.
fn compare(name: &str, atlas: &Atlas, plain: &Plain, points: &[P]) -> usize {
    let start = Instant::now();
    let fast: Vec<Option<u32>> = points.iter().map(|p| atlas.footprint(*p)).collect();
    let raster = start.elapsed();
    let start = Instant::now();
    let slow: Vec<Option<u32>> = points.iter().map(|p| plain.find(*p)).collect();
    let tree = start.elapsed();
    let differ = fast.iter().zip(&slow).filter(|(a, b)| a != b).count();
    let rate = |t: Duration| points.len() as f64 / t.as_secs_f64().max(f64::EPSILON) / 1e6;
    println!(
        "{name:<28} {:>8.2} M {:>8.2} M {:>6.1}×  {} of {}",
        rate(raster),
        rate(tree),
        rate(raster) / rate(tree),
        points.len() - differ,
        points.len()
    );
    differ
}
