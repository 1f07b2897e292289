//! `huying profile`: the profiles that ship and those of city folders: list, check, show and compare them.

mod touch;

use crate::Outcome;
use crate::city::{CheckFormat, check as report, disk};
use crate::table::{render, short};
use clap::{Subcommand, ValueEnum};
use huying_core::city::outside;
use huying_core::fault::Fault;
use huying_core::ids::Edition;
use huying_core::profile::{Entry, Profile, SHIPPED, entries, flat, shipped};
use huying_core::rules::Rules;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// List, check, show and compare profiles: the rules of a city; docs/profile.md
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the profiles that ship
    List,
    /// Name every fault of a profile; exit 0 when none of them is an error
    Check {
        /// A profile that ships, a file, or a city folder, whose profile is then checked against the city
        profile: String,
        /// How to print the faults
        #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
        format: CheckFormat,
    },
    /// Show every value with the layer that says it, when it binds, its source and how sure that is
    Show {
        /// A profile that ships, a file, or a city folder
        profile: String,
        /// Only what begins so, such as `procedure.hotline.limit` or `whistle`
        path: Option<String>,
        /// How to print; `toml` is the whole profile as one text that stands on nothing
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Show the values in which two profiles differ, side by side
    Diff {
        /// A profile that ships, a file, or a city folder
        one: String,
        /// Another one
        other: String,
        /// Only what begins so
        path: Option<String>,
        /// How to print
        #[arg(long, value_enum, default_value_t = DiffFormat::Table)]
        format: DiffFormat,
        /// A data folder: say which of its running clocks the other profile would give another limit. None of
        /// them changes, now or when that profile is loaded
        #[arg(long, conflicts_with = "format")]
        data: Option<std::path::PathBuf>,
    },
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Table,
    Json,
    Toml,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum DiffFormat {
    Table,
    Json,
}

/// Columns of a terminal that a value may take in a table; JSON has it whole.
const VALUE: usize = 52;

pub(crate) fn run(args: Args) -> Outcome {
    match args.command {
        Command::List => list(),
        Command::Check { profile, format } => report(&faults(&Text::of(&profile)?), format),
        Command::Show { profile, format: Format::Toml, path: None } => {
            print!("{}", Text::of(&profile)?.flat()?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Show { format: Format::Toml, path: Some(path), .. } => Err(format!(
            "`--format toml` writes the whole profile, not `{path}` alone; accepted: json, table"
        )
        .into()),
        Command::Show { profile, path, format } => {
            show(&within(Text::of(&profile)?.entries()?, path.as_deref())?, format)
        }
        Command::Diff { one, other, path, format, data } => {
            let (a, b) = (Text::of(&one)?, Text::of(&other)?);
            diff((&one, a.entries()?), (&other, b.entries()?), path.as_deref(), format)?;
            match data {
                Some(data) => touch::run(&data, &other, b.flat()?),
                None => Ok(ExitCode::SUCCESS),
            }
        }
    }
}

/// The text of a profile, and what faults call its file.
struct Text {
    file: String,
    text: String,
    /// The city folder it lies in.
    folder: Option<huying_core::city::Folder>,
}

impl Text {
    /// A profile that ships, a city folder's, or a file.
    fn of(name: &str) -> Result<Text, crate::Told> {
        if let Some(text) = shipped(name) {
            return Ok(Text { file: format!("profiles/{name}.toml"), text: text.to_owned(), folder: None });
        }
        let path = Path::new(name);
        if path.is_dir() {
            let folder = disk::read(path)?;
            let Some(bytes) = folder.get(outside::PROFILE) else {
                return Err(format!(
                    "{name} has no {}; accepted: a city folder that has one",
                    outside::PROFILE
                )
                .into());
            };
            let text = String::from_utf8_lossy(bytes).into_owned();
            return Ok(Text { file: outside::PROFILE.to_owned(), text, folder: Some(folder) });
        }
        if !path.is_file() {
            let known = SHIPPED.map(|(name, _)| name).join(", ");
            return Err(format!("`{name}` is no profile; accepted: {known}, a file, or a city folder").into());
        }
        let bytes = std::fs::read(path).map_err(|e| disk::DiskError::Read(path.to_owned(), e))?;
        let text = String::from_utf8(bytes)
            .map_err(|e| format!("{name}: not UTF-8 from byte {}", e.utf8_error().valid_up_to() + 1))?;
        Ok(Text { file: name.to_owned(), text, folder: None })
    }

    fn entries(&self) -> Result<Vec<Entry>, crate::Told> {
        entries(&self.file, &self.text, &find).map_err(|faults| told(&faults))
    }

    fn flat(&self) -> Result<String, crate::Told> {
        flat(&self.file, &self.text, &find).map_err(|faults| told(&faults))
    }
}

/// A profile that ships, written out for a city folder.
pub(crate) fn written_out(name: &str) -> Result<String, crate::Told> {
    match shipped(name) {
        Some(text) => flat(outside::PROFILE, text, &find).map_err(|faults| told(&faults)),
        None => {
            let known = SHIPPED.map(|(name, _)| name).join(", ");
            Err(format!("no profile `{name}` ships; accepted: {known}").into())
        }
    }
}

fn find(name: &str) -> Option<String> {
    shipped(name).map(str::to_owned)
}

fn told(faults: &[Fault]) -> crate::Told {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n").into()
}

/// Every fault of a profile; of a city folder's also what does not fit the city.
fn faults(text: &Text) -> Vec<Fault> {
    let Some(folder) = &text.folder else { return Profile::read_among(&text.file, &text.text, &find).1 };
    let (_, mut faults) = Rules::read(folder, Edition(1));
    faults.retain(|fault| fault.file == outside::PROFILE || fault.file.starts_with("profiles/"));
    faults
}

fn list() -> Outcome {
    let mut rows = vec![["name", "名称", "stands on", "values", "of its own"].map(str::to_owned).to_vec()];
    for (name, text) in SHIPPED {
        let (profile, found) = Profile::read(text);
        let profile = profile.ok_or_else(|| told(&found))?;
        let all = entries(outside::PROFILE, text, &find).map_err(|faults| told(&faults))?;
        let own = all.iter().filter(|entry| entry.layer == outside::PROFILE).count();
        let below: Vec<&str> =
            all.iter().map(|e| e.layer.as_str()).filter(|l| *l != outside::PROFILE).collect();
        let below = below.first().copied().unwrap_or("-").to_owned();
        rows.push(vec![name.to_owned(), profile.name, below, all.len().to_string(), own.to_string()]);
    }
    print!("{}", render(&rows, &[3, 4]));
    Ok(ExitCode::SUCCESS)
}

/// The entries under a path. A path that is not there is told with those that could be meant.
fn within(mut all: Vec<Entry>, path: Option<&str>) -> Result<Vec<Entry>, crate::Told> {
    let Some(path) = path else { return Ok(all) };
    let mut tops: Vec<String> =
        all.iter().filter_map(|e| e.path.split('.').next()).map(str::to_owned).collect();
    all.retain(|entry| lies_under(&entry.path, path));
    if all.is_empty() {
        tops.dedup();
        return Err(format!(
            "the profile says nothing under `{path}`; accepted: what begins with {}",
            tops.join(", ")
        )
        .into());
    }
    Ok(all)
}

fn lies_under(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '(']))
}

fn show(all: &[Entry], format: Format) -> Outcome {
    if format == Format::Json {
        println!("{}", serde_json::to_string_pretty(all)?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows =
        vec![["path", "value", "binds 生效", "layer", "status", "source"].map(str::to_owned).to_vec()];
    rows.extend(all.iter().map(|e| {
        let binds = format!("{} {}", e.binds.name(), e.binds.name_zh());
        let layer = format!("{}:{}", e.layer, e.line);
        vec![e.path.clone(), short(&e.value, VALUE), binds, layer, e.status.clone(), e.source.clone()]
    }));
    print!("{}", render(&rows, &[]));
    Ok(ExitCode::SUCCESS)
}

/// One value in which two profiles differ.
#[derive(serde::Serialize)]
struct Difference<'a> {
    path: &'a str,
    binds: &'static str,
    one: Option<&'a Entry>,
    other: Option<&'a Entry>,
}

fn differences<'a>(one: &'a [Entry], other: &'a [Entry]) -> Vec<Difference<'a>> {
    let mut left: BTreeMap<&str, &Entry> = other.iter().map(|e| (e.path.as_str(), e)).collect();
    let mut all = Vec::new();
    for a in one {
        let b = left.remove(a.path.as_str());
        if b.is_none_or(|b| b.value != a.value) {
            all.push(Difference { path: &a.path, binds: a.binds.name(), one: Some(a), other: b });
        }
    }
    let only = other.iter().filter(|e| left.contains_key(e.path.as_str()));
    all.extend(only.map(|b| Difference { path: &b.path, binds: b.binds.name(), one: None, other: Some(b) }));
    all
}

fn diff(
    (a, one): (&str, Vec<Entry>),
    (b, other): (&str, Vec<Entry>),
    path: Option<&str>,
    format: DiffFormat,
) -> Outcome {
    let mut all = differences(&one, &other);
    all.retain(|d| path.is_none_or(|path| lies_under(d.path, path)));
    if format == DiffFormat::Json {
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(ExitCode::SUCCESS);
    }
    let value = |entry: Option<&Entry>| entry.map_or("–".to_owned(), |e| short(&e.value, VALUE));
    let mut rows = vec![vec!["path".to_owned(), a.to_owned(), b.to_owned(), "binds".to_owned()]];
    rows.extend(
        all.iter().map(|d| vec![d.path.to_owned(), value(d.one), value(d.other), d.binds.to_owned()]),
    );
    if all.is_empty() {
        println!("{a} and {b} say the same");
    } else {
        print!("{}", render(&rows, &[]));
        println!("{} of {} values differ", all.len(), one.len().max(other.len()));
    }
    Ok(ExitCode::SUCCESS)
}
