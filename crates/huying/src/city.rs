//! `huying city`: check, show and make city folders, load one into a data folder and write it back. Finding
//! and naming what is shown is `city/show.rs`; what an edition changes is `city/load.rs`; making a whole
//! city up is `city/full.rs`.

pub(crate) mod disk;
mod full;
pub(crate) use full::run as full;
mod load;
mod locate;
mod show;

use crate::Outcome;
use clap::{Subcommand, ValueEnum};
use huying_core::city::{City, Folder, outside};
use huying_core::fault::{Fault, Severity};
use huying_core::ids::Edition;
use huying_core::rules::Rules;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check, show, make, load and export city folders
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Name every fault of a city folder; exit 0 when none of them is an error
    Check {
        /// The folder
        dir: PathBuf,
        /// How to print the faults
        #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
        format: CheckFormat,
    },
    /// Show a city, or one of its places with its line of parents, people and counts
    Show {
        /// The folder
        dir: PathBuf,
        /// The id, code or name of a place; the whole city without it
        place: Option<String>,
        /// How to print
        #[arg(long, value_enum, default_value_t = ShowFormat::Table)]
        format: ShowFormat,
    },
    /// Locate a point, an address or both, and say what is proved and why
    Locate(locate::Args),
    /// Write a city that ships with this program into a new folder
    Make {
        /// The city; see --list
        #[arg(required_unless_present = "list")]
        city: Option<String>,
        /// The folder, new or empty
        #[arg(required_unless_present = "list")]
        dir: Option<PathBuf>,
        /// Make up streets, communities, grids, addresses and people below the districts, all synthetic
        #[arg(long)]
        full: bool,
        /// What a full city is made up from: the same number makes the same city
        #[arg(long, default_value_t = 1, requires = "full")]
        seed: u64,
        /// The rules it begins with, of the profiles that ship; see `huying profile list`
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
        /// List the cities that ship
        #[arg(long)]
        list: bool,
    },
    /// Put a folder in force as the next edition of a data folder's city, and say what it changes
    Load {
        /// The folder
        dir: PathBuf,
        /// The data folder; made when it is not there
        #[arg(long)]
        data: PathBuf,
        /// Only say what it would change
        #[arg(long)]
        dry_run: bool,
        /// Take the people and posts of the folder, even if the roster changed since the last loading
        #[arg(long)]
        replace_roster: bool,
        /// Give leave to route calls by borders that were made up, or take it back
        #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
        accept_synthetic: Option<bool>,
    },
    /// Write the edition in force into a new folder
    Export {
        /// The data folder; a server may be running on it
        #[arg(long)]
        data: PathBuf,
        /// The folder, new or empty
        out: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum CheckFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum ShowFormat {
    Table,
    Json,
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.command {
        Command::Check { dir, format } => {
            let folder = disk::read(&dir)?;
            check(&all_faults(&folder), format)
        }
        Command::Locate(args) => locate::run(&args),
        Command::Show { dir, place, format } => show_place(&dir, place.as_deref(), format),
        Command::Make { list: true, .. } => {
            for (name, folder) in disk::shipped() {
                println!("{name}  {} files", folder.iter().count());
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Load { dir, data, dry_run, replace_roster, accept_synthetic } => {
            load::run(&dir, &data, dry_run, huying_engine::Loading { replace_roster, accept_synthetic })
        }
        Command::Export { data, out } => export(&data, &out),
        Command::Make { city, dir, full: true, seed, profile, .. } => {
            let base = base(&city.unwrap_or_default(), profile.as_deref())?;
            full::run(&base, &dir.unwrap_or_default(), seed)
        }
        Command::Make { city, dir, profile, .. } => {
            let dir = dir.unwrap_or_default();
            let files = disk::write(&base(&city.unwrap_or_default(), profile.as_deref())?.1, &dir)?;
            println!(
                "{files} files written to {}; check them with: huying city check {}",
                dir.display(),
                dir.display()
            );
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A city that ships with its own rules, or with those of another profile that ships.
fn base(city: &str, profile: Option<&str>) -> Result<(String, Folder), crate::Told> {
    let mut folder = disk::find(city)?;
    if let Some(name) = profile {
        folder.put(outside::PROFILE, crate::profile::written_out(name)?);
    }
    Ok((city.to_owned(), folder))
}

fn export(data: &std::path::Path, out: &std::path::Path) -> Outcome {
    let Some(folder) = huying_engine::loaded_city(data)? else {
        return Err(
            format!("{} holds no city; accepted: a folder that one was loaded into", data.display()).into()
        );
    };
    println!("{} files written to {}", disk::write(&folder, out)?, out.display());
    Ok(ExitCode::SUCCESS)
}

/// Every fault that loading would name. A folder that is just begun may lack calendar and profile: it can be
/// looked at, and is told that it cannot be loaded yet.
fn all_faults(folder: &Folder) -> Vec<Fault> {
    let (rules, mut faults) = Rules::read(folder, Edition(1));
    let lacking = [outside::CALENDAR, outside::PROFILE].into_iter().filter(|file| folder.get(file).is_none());
    for file in lacking {
        faults.retain(|fault| fault.file != file);
        let problem = "the file is missing: the city can be looked at, not yet loaded or served";
        faults.push(Fault::warning(
            file,
            0,
            "",
            problem,
            "`on = \"base\"` under [profile], a calendar like data/base's; docs/city-folder.md",
        ));
    }
    // Shapes and addresses speak of places: they are looked at once the places are sound.
    let city = rules.map_or_else(|| City::read(folder).0, |rules| Some(rules.city));
    faults.extend(city.iter().flat_map(|city| huying_atlas::check(folder, city)));
    faults
}

/// Prints faults and their count; the exit code says whether one is an error.
pub(crate) fn check(faults: &[Fault], format: CheckFormat) -> Outcome {
    let errors = faults.iter().filter(|f| f.severity == Severity::Error).count();
    let warnings = faults.len() - errors;
    match format {
        CheckFormat::Json => {
            let report = serde_json::json!({ "errors": errors, "warnings": warnings, "faults": faults });
            println!("{}", serde_json::to_string_pretty(&report)?);
        }
        CheckFormat::Text => {
            for fault in faults {
                println!("{fault}");
            }
            println!("{errors} errors, {warnings} warnings");
        }
    }
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn show_place(dir: &std::path::Path, place: Option<&str>, format: ShowFormat) -> Outcome {
    let (city, faults) = City::read(&disk::read(dir)?);
    let Some(city) = city else {
        let errors = faults.iter().filter(|f| f.severity == Severity::Error).count();
        let first = faults
            .iter()
            .find(|f| f.severity == Severity::Error)
            .map(ToString::to_string)
            .unwrap_or_default();
        return Err(format!(
            "{} has {errors} errors, such as {first}; `huying city check` names all",
            dir.display()
        )
        .into());
    };
    let today = jiff::tz::TimeZone::get(&city.about.zone)?.to_datetime(jiff::Timestamp::now()).date();
    let report = match place {
        Some(text) => show::place(&city, show::find(&city, text, today)?, today),
        None => show::city(&city, today),
    };
    match format {
        ShowFormat::Json => println!("{}", serde_json::to_string_pretty(&report)?),
        ShowFormat::Table => print!("{}", show::text(&report)),
    }
    Ok(ExitCode::SUCCESS)
}
