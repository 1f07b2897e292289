//! `huying import cases`: another system's export into a data folder, and the report of what became of its
//! rows.
//!
//! With `--create-missing` the file is read twice: first for the names it uses, which become part of the
//! city at once, then for its rows. What a row means, and what becomes of it, is the engine's `import`.

use crate::Outcome;
use crate::city::disk;
use crate::progress::{Counted, Meter};
use crate::table::{render, thousands};
use huying_core::city::{City, Folder};
use huying_core::fault::Fault;
use huying_core::ids::Edition;
use huying_core::rules::Rules;
use huying_engine::import::{
    EngineSink, ImportError, Job, Map, NoSink, Progress, Registry, Report, Sink, TrialSink, city_of_export,
    kind_of, run as import, with_new_names,
};
use huying_engine::{Engine, Settings, loaded_city};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

type Error = Box<dyn std::error::Error>;

/// Take in the records of another system
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Take in an export with one row per case; exit 1 when rows were rejected. docs/import.md explains the
    /// map
    Cases(Box<Cases>),
}

#[derive(clap::Args)]
struct Cases {
    /// The export: delimited text with a header
    file: PathBuf,
    /// Which column means what
    #[arg(long)]
    map: PathBuf,
    /// The data folder; made when it is not there
    #[arg(long)]
    data: PathBuf,
    /// Create places, units and matters that the file names and the city lacks; without a city, start one
    #[arg(long)]
    create_missing: bool,
    /// Load this city folder first
    #[arg(long)]
    city: Option<PathBuf>,
    /// Where rows go that cannot be used [default: DATA.rejects.csv]
    #[arg(long)]
    rejects: Option<PathBuf>,
    /// Where contradictions are listed [default: DATA.contradictions.csv]
    #[arg(long)]
    contradictions: Option<PathBuf>,
    /// Say what would become of each row, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Show progress on standard error even when that is no terminal
    #[arg(long)]
    progress: bool,
}

pub(crate) fn run(args: Args) -> Outcome {
    let Command::Cases(cases) = args.command;
    cases.run()
}

impl Cases {
    fn run(&self) -> Outcome {
        let map_text = std::fs::read_to_string(&self.map).map_err(|e| about(&self.map, &e))?;
        let map = Map::parse(&self.map.to_string_lossy(), &map_text).map_err(listed)?;
        let held = loaded_city(&self.data)?;
        let start = self.first_folder(&map, held.as_ref())?;
        let city = read_city(&start)?;
        let mut registry =
            Registry::of_city(&city, self.create_missing).with_kind(&kind_of(map.system.as_str()));
        if self.dry_run {
            return self.try_out(map, &mut registry, held.is_some());
        }
        let folder = if self.create_missing {
            self.pass("names", map.clone(), &mut registry, &mut NoSink::default(), io::sink(), io::sink())?;
            with_new_names(&start, &city, &registry)?
        } else {
            start
        };
        let settings = Settings { follow: false, ..Settings::default() };
        let engine = if held.as_ref() == Some(&folder) {
            Engine::open(&self.data, settings)?
        } else {
            Engine::open_with_city(&self.data, settings, &folder)?
        };
        self.take(map, &mut registry, &engine)
    }

    /// The city folder to begin with: the one named, the one in force, or a new one.
    fn first_folder(&self, map: &Map, held: Option<&Folder>) -> Result<Folder, Error> {
        match (&self.city, held) {
            (Some(dir), _) => Ok(disk::read(dir)?),
            (None, Some(held)) => Ok(held.clone()),
            (None, None) if self.create_missing => Ok(city_of_export(&disk::base(), map)),
            (None, None) => Err(format!(
                "{} holds no city; accepted: --city DIR, or --create-missing to start one from the export",
                self.data.display()
            )
            .into()),
        }
    }

    fn try_out(&self, map: Map, registry: &mut Registry, held: bool) -> Outcome {
        let settings = Settings { follow: false, ..Settings::default() };
        let engine = if held { Some(Engine::open(&self.data, settings)?) } else { None };
        let started = Instant::now();
        let mut sink = TrialSink::new(engine.as_ref());
        let report = self.pass("rows", map, registry, &mut sink, io::sink(), io::sink())?;
        println!("nothing was changed; this is what would be:");
        print!("{}", text(&report, started, None));
        print!("{}", created(registry));
        Ok(verdict(&report))
    }

    fn take(&self, map: Map, registry: &mut Registry, engine: &Engine) -> Outcome {
        let rejects = Paper::at(self.path(self.rejects.as_ref(), "rejects"))?;
        let list = Paper::at(self.path(self.contradictions.as_ref(), "contradictions"))?;
        let started = Instant::now();
        let mut sink = EngineSink::new(engine);
        let done = self.pass("rows", map, registry, &mut sink, &rejects.file, &list.file);
        let failed = done.is_err();
        let paths = [rejects.place(&self.file, failed)?, list.place(&self.file, failed)?];
        let report = done?;
        print!("{}", text(&report, started, Some(&paths)));
        print!("{}", created(registry));
        let started = Instant::now();
        let position = engine.catch_up()?;
        println!(
            "journal at {position}, city edition {}; lists and figures followed in {:.1} s",
            engine.rules().edition,
            started.elapsed().as_secs_f64()
        );
        Ok(verdict(&report))
    }

    /// Reads the file once from beginning to end.
    fn pass<S: Sink>(
        &self,
        what: &'static str,
        map: Map,
        registry: &mut Registry,
        sink: &mut S,
        rejects: impl Write,
        list: impl Write,
    ) -> Result<Report, Error> {
        let file = File::open(&self.file).map_err(|e| about(&self.file, &e))?;
        let total = file.metadata().map_err(|e| about(&self.file, &e))?.len();
        let shown = self.progress || io::stderr().is_terminal();
        let (input, read) = Counted::new(file);
        let mut meter = Meter::new(what, total, read);
        let mut progress = |at: Progress| {
            if shown {
                meter.show(at.rows);
            }
        };
        let name = self.file.to_string_lossy();
        let job = Job {
            file: &name,
            input,
            map,
            registry,
            sink,
            rejects: BufWriter::new(rejects),
            list: BufWriter::new(list),
            progress: &mut progress,
        };
        let report = import(job);
        if shown {
            meter.end();
        }
        report.map_err(|error| match error {
            ImportError::Map(faults) => listed(faults),
            other => other.into(),
        })
    }

    /// A file beside the data folder, which bears its name.
    fn path(&self, given: Option<&PathBuf>, what: &str) -> PathBuf {
        given.cloned().unwrap_or_else(|| {
            let mut name = self.data.components().as_path().as_os_str().to_owned();
            name.push(format!(".{what}.csv"));
            name.into()
        })
    }
}

fn about(path: &Path, error: &io::Error) -> Error {
    format!("{}: {error}", path.display()).into()
}

/// Faults as one message, each on a line of its own.
pub(crate) fn listed(faults: Vec<Fault>) -> Error {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    format!("{} faults:\n{}", lines.len(), lines.join("\n")).into()
}

/// The city of a folder that has no errors.
pub(crate) fn read_city(folder: &Folder) -> Result<City, Error> {
    let (rules, faults) = Rules::read(folder, Edition(0));
    rules.map(|rules| rules.city).ok_or_else(|| listed(faults))
}

/// A list that takes its place only when the import is over: the file that is read may be an earlier one of
/// them.
struct Paper {
    target: PathBuf,
    staged: PathBuf,
    file: File,
}

impl Paper {
    fn at(target: PathBuf) -> Result<Paper, Error> {
        let mut staged = target.clone().into_os_string();
        staged.push(".new");
        let staged = PathBuf::from(staged);
        if let Some(folder) = target.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| about(folder, &e))?;
        }
        // Rows that were rejected hold the words of people: only the owner may read them.
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&staged)
            .map_err(|e| about(&staged, &e))?;
        Ok(Paper { target, staged, file })
    }

    /// Puts the list in its place. After a failure the file that was being read stays.
    fn place(self, read: &Path, failed: bool) -> Result<PathBuf, Error> {
        let same = || self.target.canonicalize().ok() == read.canonicalize().ok();
        if failed && same() {
            return Ok(self.staged);
        }
        std::fs::rename(&self.staged, &self.target).map_err(|e| about(&self.target, &e))?;
        Ok(self.target)
    }
}

fn verdict(report: &Report) -> ExitCode {
    if report.rejected == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn text(report: &Report, started: Instant, paths: Option<&[PathBuf; 2]>) -> String {
    let seconds = started.elapsed().as_secs_f64();
    let rate = (report.rows as f64 / seconds.max(0.001)).round() as u64;
    let path = |i: usize| paths.map_or_else(String::new, |p| p[i].display().to_string());
    let line = |name: &str, count: u64, path: String| vec![name.to_owned(), thousands(count), path];
    let mut lines = vec![
        line("new", report.new, String::new()),
        line("same", report.same, String::new()),
        line("changed", report.changed, String::new()),
        line("rejected", report.rejected, path(0)),
        line("contradictions", report.contradictions_total(), path(1)),
    ];
    lines.extend(report.contradictions.iter().map(|(kind, n)| line(&format!("  {kind}"), *n, String::new())));
    format!(
        "{} rows in {seconds:.1} s, {} rows/s\n{}",
        thousands(report.rows),
        thousands(rate),
        render(&lines, &[1])
    )
}

fn created(registry: &Registry) -> String {
    let counts = [
        (registry.new_places().len(), "places"),
        (registry.new_units().len(), "units"),
        (registry.new_matters().len(), "matters"),
    ];
    if counts.iter().all(|(n, _)| *n == 0) {
        return String::new();
    }
    let parts: Vec<String> =
        counts.iter().map(|(n, what)| format!("{} {what}", thousands(*n as u64))).collect();
    format!("created: {}\n", parts.join(", "))
}
