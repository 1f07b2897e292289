//! `huying city locate`: where a point or an address is, what is proved and what speaks for it.

use super::disk;
use crate::Outcome;
use huying_atlas::{Atlas, Evidence, Located, datum, datum_word};
use huying_core::city::City;
use huying_core::fault::Severity;
use huying_core::observation::{Datum, Point};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder, with geometry.topojson
    dir: PathBuf,
    /// A point in degrees
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true, required_unless_present = "address")]
    at: Option<String>,
    /// The datum of the point: WGS84, GCJ-02 or CGCS2000; by default the folder's own
    #[arg(long)]
    datum: Option<String>,
    /// How far the point may be off, in metres
    #[arg(long, value_name = "METRES")]
    accuracy: Option<u32>,
    /// The words of an address
    #[arg(long)]
    address: Option<String>,
    /// Keep what is derived of the folder in this file, and use it while the folder is the same
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The atlas of a folder on disk, from its index where that is still true.
pub(crate) fn atlas(dir: &std::path::Path, index: Option<&std::path::Path>) -> Result<Atlas, crate::Told> {
    let folder = disk::read(dir)?;
    let (city, faults) = City::read(&folder);
    let first = |faults: &[huying_core::fault::Fault]| {
        faults.iter().find(|f| f.severity == Severity::Error).map(ToString::to_string).unwrap_or_default()
    };
    let city = city.ok_or_else(|| format!("{}: {}", dir.display(), first(&faults)))?;
    let (atlas, faults) = match index {
        Some(path) => Atlas::open_or_read(path, &folder, &city),
        None => Atlas::read(&folder, &city),
    };
    match atlas {
        Some(atlas) => Ok(atlas),
        None if faults.is_empty() => {
            Err(format!("{} has no {}; accepted: a folder with shapes", dir.display(), huying_atlas::FILE)
                .into())
        }
        None => Err(format!("{}; `huying city check` names all faults", first(&faults)).into()),
    }
}

fn point(text: &str, datum: Datum) -> Result<Point, crate::Told> {
    let bad = || format!("`{text}` is no point; accepted: LON,LAT in degrees, such as 104.0657,30.6598");
    let (lon, lat) = text.split_once(',').ok_or_else(bad)?;
    let degrees = |t: &str, most: f64| t.trim().parse::<f64>().ok().filter(|d| d.abs() <= most);
    let (lon, lat) = degrees(lon, 180.0).zip(degrees(lat, 90.0)).ok_or_else(bad)?;
    Ok(Point { lon: (lon * 1e7).round() as i32, lat: (lat * 1e7).round() as i32, datum })
}

pub(super) fn run(args: &Args) -> Outcome {
    let atlas = atlas(&args.dir, args.index.as_deref())?;
    let datum = match &args.datum {
        None => atlas.datum(),
        Some(word) => datum_word(word)
            .ok_or_else(|| format!("`{word}` is no datum; accepted: WGS84, GCJ-02, CGCS2000"))?,
    };
    let at = args.at.as_deref().map(|t| point(t, datum)).transpose()?;
    let evidence = Evidence { at, accuracy_m: args.accuracy, words: args.address.as_deref() };
    let found = atlas.locate_by(evidence);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        print!("{}", text(&atlas, &found, datum));
        for hit in args.address.iter().flat_map(|w| atlas.locate_address(w, at)) {
            let reasons = serde_json::to_string(&hit.reasons)?;
            println!("  {:.2}  {} {}  {}", hit.score, hit.place, hit.name, reasons);
        }
    }
    Ok(if found.proved.is_some() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn text(atlas: &Atlas, found: &Located, datum: Datum) -> String {
    let mut out = String::new();
    if let Some(at) = found.at {
        let off = datum::accuracy_m(datum, at.datum);
        out.push_str(&format!("point     {at}"));
        out.push_str(&if off > 0.0 { format!(", converted within {off} m\n") } else { "\n".to_owned() });
    }
    let name = |id: &Option<huying_core::ids::PlaceId>| {
        id.as_ref().map_or("nothing".to_owned(), ToString::to_string)
    };
    out.push_str(&format!("proved    {}\n", name(&found.proved)));
    out.push_str(&format!("measured  {}\n", name(&found.proved_measured)));
    let line: Vec<String> = found.line.iter().map(ToString::to_string).collect();
    out.push_str(&format!("line      {}\n", line.join(" < ")));
    if found.outside {
        out.push_str("the point lies outside the city's shapes\n");
    }
    if found.contradiction {
        out.push_str("address and point exclude each other\n");
    }
    for c in &found.candidates {
        let made_up = if c.synthetic { "  (synthetic border)" } else { "" };
        out.push_str(&format!(
            "  {:>5.1} %  {} {} {}{made_up}\n",
            c.confidence * 100.0,
            c.place,
            c.level,
            c.name
        ));
    }
    if found.more > 0 {
        out.push_str(&format!("  and {} more\n", found.more));
    }
    if let Some(level) = atlas.levels().iter().find(|l| l.synthetic) {
        out.push_str(&format!("borders of {} and below may be made up, see docs/atlas.md\n", level.id));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_to_the_unit() {
        let p = point("104.0657123, 30.5", Datum::Gcj02).unwrap();
        assert_eq!((p.lon, p.lat), (1_040_657_123, 305_000_000));
        for bad in ["", "104", "104,91", "x,1", "181,0"] {
            assert!(point(bad, Datum::Gcj02).is_err(), "{bad}");
        }
    }
}
