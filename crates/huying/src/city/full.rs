//! `huying city make CITY DIR --full`: a whole city, made up below its districts. The making is the room
//! synth.

use super::disk;
use crate::Outcome;
use huying_core::city::Folder;
use huying_synth::{Ingredients, make};
use std::cell::RefCell;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Makes the folder, with a line of progress on standard error and a report on standard output.
pub(crate) fn run((city, base): &(String, Folder), dir: &Path, seed: u64) -> Outcome {
    disk::is_free(dir)?;
    let file = |name: &str| {
        let bytes = disk::ingredient(city, name);
        bytes.ok_or_else(|| format!("{city} cannot be made in full: it ships no {name}"))
    };
    let text = |name: &str| file(name).map(|b| String::from_utf8_lossy(b).into_owned());
    let (body, names) = (text("synth/body.toml")?, text("synth/names.toml")?);
    let polygons = file("geometry/districts.geojson")?;
    let from = Ingredients { polygons, body: &body, seed, only: &[] };
    let started = Instant::now();
    let last = RefCell::new(String::new());
    let progress = |step: &str, done: usize, of: usize| {
        // A new step begins a new line; a step under way writes over its own.
        let mut last = last.borrow_mut();
        let end = if last.is_empty() || *last == step { "" } else { "\n" };
        let part = if of > 1 { format!(" {}/{of}", done + 1) } else { String::new() };
        eprint!("{end}\r{:5.1} s  {step}{part}", started.elapsed().as_secs_f64());
        step.clone_into(&mut last);
    };
    let made = make(base, &from, &names, &progress);
    eprintln!();
    let mut made = made?;
    if let Some(licence) = disk::ingredient(city, "geometry/LICENSE.md") {
        made.folder.put("geometry/LICENSE.md", licence);
    }
    let files = disk::write(&made.folder, dir)?;
    for line in &made.report {
        println!("{line}");
    }
    println!("区（市）县以下的边界、人口、网格、地址、人员全部为合成。");
    println!("SYNTHETIC: every border, figure, grid, address and person below the district is made up.");
    println!(
        "{files} files written to {} in {:.1} s; check them with: huying city check {}",
        dir.display(),
        started.elapsed().as_secs_f64(),
        dir.display()
    );
    Ok(ExitCode::SUCCESS)
}
