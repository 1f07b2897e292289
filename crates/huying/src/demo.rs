//! `huying demo`: a living city on this machine, made up from a seed. Makes the city, plays the hours before,
//! serves the API and plays on until it is told to stop; started again it goes on from where it was.

use crate::Outcome;
use crate::city::disk;
use huying_core::city::Folder;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::store::{Folder as DataFolder, Reader};
use huying_engine::{Engine, Loading, Settings, TimeSource as _, loaded_city, rules_of};
use huying_server::{Options, serve};
use huying_synth::day::{Demo, FastTime, Makings, Player, Tally, Town};
use jiff::Timestamp;
use jiff::civil::{DateTime, Time as Civil};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// See a made-up day of Chengdu live: calls come in, are handled, answered, judged
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The data folder; made when it is not there, gone on with when it is
    #[arg(long, default_value = "out/demo")]
    data: PathBuf,
    /// How many seconds of the city pass in one; as day.toml says without it
    #[arg(long)]
    speed: Option<f64>,
    /// Cases a day, all sources together; as day.toml says without it
    #[arg(long)]
    calls_per_day: Option<f64>,
    /// Where everything made up comes from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The port on loopback; 0 takes a free one
    #[arg(long, default_value_t = 7311)]
    port: u16,
    /// A city folder in place of Chengdu; its `synth/` is used where it has one
    #[arg(long)]
    city: Option<PathBuf>,
    /// The folder of the built page; by default `web/dist` below the working folder, when it is there
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let begun = Instant::now();
    println!(
        "演示:以下全部数据均为虚构 · everything shown here is synthetic: people, calls, answers, figures"
    );
    let speed = args.speed.filter(|s| !(*s > 0.0 && s.is_finite()));
    if let Some(speed) = speed {
        return Err(format!("--speed {speed} is no speed; accepted: a number above 0, such as 60").into());
    }
    if let Some(calls) = args.calls_per_day.filter(|c| !(*c >= 1.0 && c.is_finite())) {
        return Err(format!("--calls-per-day {calls} is too few; accepted: 1 and more").into());
    }
    let held = holds_city(&args.data)?;
    let folder = city(args, held)?;
    let makings = makings(&folder)?;
    let per_day = args.calls_per_day.unwrap_or(makings.book.volume.cases_per_day);
    let speed = args.speed.unwrap_or(makings.book.demo.speed);
    let (clock, engine, until) = open(args, held, &folder, &makings.book.demo)?;
    let strange = makings.book.strange_to("day.toml", &engine.rules());
    if !strange.is_empty() {
        return Err(faults(&strange).into());
    }
    let step_ms = makings.book.demo.step_seconds * 1_000;
    let from = clock.now().plus(if held { -step_ms } else { 0 });
    let town = Town::new(engine.rules(), &folder, makings, args.seed);
    let mut player = Player::new(engine.clone(), clock.clone(), town, per_day, from);
    match until {
        Some(until) => fill(&mut player, until, step_ms)?,
        None => println!("{} open cases taken up", player.take_up()?),
    }
    engine.catch_up()?;
    live(args, engine, &clock, player, speed, begun)
}

/// The folder of the city: the one that was named, the one made beside the data, or Chengdu made now.
fn city(args: &Args, held: bool) -> Result<Folder, crate::Told> {
    if let Some(dir) = &args.city {
        return Ok(disk::read(dir)?);
    }
    let dir = args.data.join("city");
    if !dir.join("city.toml").exists() {
        if held {
            return Ok(loaded_city(&args.data)?.unwrap_or_default());
        }
        crate::city::full(&("chengdu".to_owned(), disk::find("chengdu")?), &dir, args.seed)?;
    }
    Ok(disk::read(&dir)?)
}

/// Whether a data folder holds a city already.
fn holds_city(data: &Path) -> Result<bool, crate::Told> {
    let folder = DataFolder::at(data);
    Ok(folder.ledger().exists() && !Reader::open(&folder)?.editions()?.is_empty())
}

fn faults(all: &[huying_core::fault::Fault]) -> String {
    let lines: Vec<String> = all.iter().map(ToString::to_string).collect();
    format!("the makings of the day have faults:\n{}", lines.join("\n"))
}

fn makings(folder: &Folder) -> Result<Makings, crate::Told> {
    let own: Vec<(&str, &str)> = folder
        .iter()
        .filter_map(|(name, bytes)| Some((name.strip_prefix("synth/")?, std::str::from_utf8(bytes).ok()?)))
        .filter(|(name, _)| *name == huying_synth::day::BOOK || name.starts_with(huying_synth::day::TEXTS))
        .collect();
    let read = if own.is_empty() { Makings::shipped() } else { Makings::read(&own) };
    read.map_err(|all| faults(&all).into())
}

type Opened = (Arc<FastTime>, Arc<Engine>, Option<Time>);

/// The engine, and until when the hours before are played; none where the folder holds a city that lives.
fn open(args: &Args, held: bool, folder: &Folder, demo: &Demo) -> Result<Opened, crate::Told> {
    if held {
        let last = last_recorded(&args.data)?;
        let clock = Arc::new(FastTime::at(last));
        let settings = Settings { time: clock.clone(), ..Settings::default() };
        let engine = match &args.city {
            Some(_) => Engine::open_with_city(&args.data, settings, folder)?,
            None => Engine::open(&args.data, settings)?,
        };
        return Ok((clock, Arc::new(engine), None));
    }
    let (rules, found) = Rules::read(folder, huying_core::ids::Edition(1));
    let rules = rules.ok_or_else(|| {
        let first = found.iter().find(|f| f.severity == huying_core::fault::Severity::Error);
        format!("the city cannot be loaded: {}", first.map(ToString::to_string).unwrap_or_default())
    })?;
    let until = shows(&rules, demo, Time::from(Timestamp::now()))?;
    // An hour in milliseconds: a fact, not a rule.
    let clock = Arc::new(FastTime::at(until.plus(-demo.fill_hours * 3_600_000)));
    // Everything here is made up, and whoever looks is told so: calls may go by made-up borders.
    let loading = Loading { accept_synthetic: Some(true), ..Loading::default() };
    let settings = Settings { time: clock.clone(), loading, ..Settings::default() };
    let engine = Engine::open_with_city(&args.data, settings, folder)?;
    Ok((clock, Arc::new(engine), Some(until)))
}

/// What time it is in the city when the demonstration begins: now, where that is a time at which people
/// work; else the last such morning.
fn shows(rules: &Rules, demo: &Demo, now: Time) -> Result<Time, crate::Told> {
    let time = |text: &str| -> Result<Civil, crate::Told> {
        text.parse()
            .map_err(|e| format!("day.toml [demo]: `{text}` is no time of day such as 09:30: {e}").into())
    };
    let (from, to, otherwise) = (time(&demo.awake.0)?, time(&demo.awake.1)?, time(&demo.otherwise)?);
    let civil = rules.calendar.civil(now);
    if rules.calendar.is_working_day(civil.date()) && (from..=to).contains(&civil.time()) {
        return Ok(now);
    }
    let mut day = civil.date();
    while !rules.calendar.is_working_day(day)
        || rules.calendar.instant(DateTime::from_parts(day, otherwise)) > now
    {
        day = day.yesterday()?;
    }
    Ok(rules.calendar.instant(DateTime::from_parts(day, otherwise)))
}

/// When the newest record of a data folder was made.
fn last_recorded(data: &Path) -> Result<Time, crate::Told> {
    let reader = Reader::open(&DataFolder::at(data))?;
    rules_of(&reader)?;
    let last = reader.record(reader.position()?)?;
    Ok(last.map_or_else(|| Time::from(Timestamp::now()), |r| r.recorded_at))
}

fn fill(player: &mut Player, until: Time, step_ms: i64) -> Result<(), crate::Told> {
    let (begun, mut told) = (Instant::now(), Instant::now());
    let zone = player.town().rules.clone();
    player.fill(until, step_ms, &mut |at, tally| {
        if told.elapsed().as_millis() > 500 {
            told = Instant::now();
            eprint!(
                "\rplaying the hours before: {} · {} commands ",
                zone.calendar.civil(at),
                tally.commands()
            );
        }
    })?;
    let tally = &player.tally;
    let (calls, commands) = (tally.accepted.get("report").copied().unwrap_or(0), tally.commands());
    let seconds = begun.elapsed().as_secs_f64();
    let per = |n: u64| n as f64 / seconds.max(f64::EPSILON);
    eprintln!("\r{:72}\r", "");
    println!(
        "{calls} calls, {commands} commands in {seconds:.1} s ({:.0} calls/s, {:.0} commands/s), {} refused, {} left alone",
        per(calls),
        per(commands),
        tally.refusals(),
        tally.stuck
    );
    Ok(())
}

fn live(
    args: &Args,
    engine: Arc<Engine>,
    clock: &Arc<FastTime>,
    mut player: Player,
    speed: f64,
    begun: Instant,
) -> Outcome {
    let stop = Arc::new(AtomicBool::new(false));
    let city = player.town().rules.city.about.name.clone();
    let started = player.town().rules.calendar.civil(clock.now());
    clock.run(speed);
    let stopped = stop.clone();
    let playing = std::thread::Builder::new().name("huying-demo".into()).spawn(move || {
        let played = player.live(&stopped);
        (played, std::mem::take(&mut player.tally))
    })?;
    let options = Options {
        listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), args.port),
        allow_remote: false,
        proxies: Vec::new(),
        pages: Some(args.web.clone().unwrap_or_else(|| PathBuf::from(crate::serve::BUILT_PAGE))),
        made_up: true,
        log: Arc::new(|line: &str| eprintln!("{line}")),
    };
    let served = serve(engine, &args.data, options, |address| {
        println!("ready in {:.1} s", begun.elapsed().as_secs_f64());
        println!("listening on http://{address}");
        println!("{city}: it is {started} there, and {speed} s pass in one; stop with Ctrl-C");
        println!("look at   http://{address}/                the page, where one was built");
        println!("          http://{address}/openapi.json    the API");
        println!("          huying case list --data {}      the newest cases", args.data.display());
    });
    stop.store(true, Ordering::Relaxed);
    let (played, tally) = playing.join().map_err(|_| "the player's thread ended early")?;
    println!("{}", said(&tally));
    played?;
    served?;
    Ok(ExitCode::SUCCESS)
}

fn said(tally: &Tally) -> String {
    let refused: Vec<String> = tally.refused.iter().map(|(rule, n)| format!("{rule} ×{n}")).collect();
    let refused = if refused.is_empty() { "none".to_owned() } else { refused.join(", ") };
    format!("stopped after {} commands; refused: {refused}", tally.commands())
}
