//! `huying case`: show a case with its threads, clocks and timeline, list cases, erase one.
//!
//! Showing and listing read beside a running server; words are not shown, because reading them in clear is
//! an act of somebody for a purpose, which only the API can ask for. Erasing goes through the rules like
//! any other step.

use crate::Outcome;
use crate::journal::{Data, reader};
use crate::table::render;
use clap::Subcommand;
use huying_core::case::event::{Actor, Event, Holder, Record, Staff};
use huying_core::case::refusal::Refusal;
use huying_core::case::state::{Case, Clock, Thread, Ticking};
use huying_core::ids::{PersonId, PostId, Seq, UnitId};
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::store::{CaseFilter, CaseRow, Folder, Follower, Reader, Views};
use huying_engine::{Engine, Party, Rejected, Settings, history_of, rules_of};
use jiff::tz::TimeZone;
use std::path::Path;
use std::process::ExitCode;

/// Show, list and erase cases
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show a case: where it stands, its threads, clocks and timeline
    Show {
        /// Its public number
        number: String,
        #[command(flatten)]
        data: Data,
    },
    /// List cases, the newest first
    List {
        #[command(flatten)]
        data: Data,
        /// Only those that stand here: reported, open, answered, verdict, closed, void
        #[arg(long)]
        state: Option<String>,
        /// How many, up to 500
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// List closed cases whose words were to be kept no longer, or destroy those words with `--erase`
    DueForErasure(crate::retention::Args),
    /// Give everything that a unit or a person holds to another, as when staff leave; one command a case
    Reassign {
        #[command(flatten)]
        data: Data,
        /// Who holds it: UNIT, or UNIT/PERSON
        #[arg(long, value_name = "UNIT[/PERSON]", value_parser = party)]
        from: Party,
        /// Who gets it: UNIT, or UNIT/PERSON
        #[arg(long, value_name = "UNIT[/PERSON]", value_parser = party)]
        to: Party,
        /// Who orders it: a person with a post whose role may reassign
        #[arg(long, value_name = "PERSON")]
        by: PersonId,
        /// Under which of their posts; needed when several may
        #[arg(long)]
        post: Option<PostId>,
    },
    /// Destroy the words and names of a case for ever; its records stay and say so
    Erase {
        /// Its public number
        number: String,
        #[command(flatten)]
        data: Data,
        /// The ground, a word of the profile's `erase_ground`
        #[arg(long)]
        ground: String,
        /// Who orders it: a person with a post whose role may erase
        #[arg(long, value_name = "PERSON")]
        by: PersonId,
        /// Under which of their posts; needed when several may
        #[arg(long)]
        post: Option<PostId>,
    },
}

/// Views are small beside the ledger; a listing needs no more cache than this.
const VIEWS_CACHE: u64 = 32 << 20;

pub(crate) fn run(args: Args) -> Outcome {
    match args.command {
        Command::Show { number, data } => show(&number, &data.data),
        Command::List { data, state, limit } => list(&data.data, state.as_deref(), limit),
        Command::DueForErasure(args) => crate::retention::run(&args),
        Command::Reassign { data, from, to, by, post } => {
            reassign(&data.data, &from, &to, &by, post.as_ref())
        }
        Command::Erase { number, data, ground, by, post } => {
            erase(&number, &data.data, &ground, &by, post.as_ref())
        }
    }
}

/// Prints instants in the city's zone.
struct Zone(TimeZone);

impl Zone {
    fn of(rules: &Rules) -> Result<Zone, jiff::Error> {
        TimeZone::get(&rules.city.about.zone).map(Zone)
    }

    fn at(&self, time: Time) -> String {
        self.0.to_datetime(time.timestamp()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn maybe(&self, time: Option<Time>) -> String {
        time.map(|t| self.at(t)).unwrap_or_default()
    }
}

fn show(number: &str, data: &Path) -> Outcome {
    let reader = reader(data)?;
    let row = reader.case_numbered(number)?.ok_or_else(|| format!("there is no case `{number}`"))?;
    let history =
        history_of(&reader, row.case_id)?.ok_or("the case has a row and no record: run `journal rebuild`")?;
    let zone = Zone::of(&rules_of(&reader)?)?;
    print_case(&history.case, &zone);
    print_threads(&history.case, &zone);
    print_clocks(&history.case, &zone);
    println!("timeline");
    print!(
        "{}",
        render(&history.records.iter().map(|(seq, r)| line(*seq, r, &zone)).collect::<Vec<_>>(), &[0])
    );
    Ok(ExitCode::SUCCESS)
}

fn print_case(case: &Case, zone: &Zone) {
    let text = |id: Option<&str>| id.unwrap_or("-").to_owned();
    let mut rows = vec![
        vec!["case".to_owned(), format!("{} (stream {}, version {})", case.number, case.id, case.version)],
        vec!["stands".to_owned(), case.spine.as_str().to_owned()],
        vec!["lead".to_owned(), text(case.lead.as_ref().map(|u| u.as_str()))],
        vec!["matter".to_owned(), text(case.matter().map(|m| m.as_str()))],
        vec!["place".to_owned(), text(case.place().map(|p| p.as_str()))],
        vec!["reported".to_owned(), zone.at(case.reported_at)],
    ];
    for (name, at) in [
        ("opened", case.opened_at),
        ("contacted", case.contacted_at),
        ("answered", case.answered_at),
        ("closed", case.closed_at),
    ] {
        rows.extend(at.map(|at| vec![name.to_owned(), zone.at(at)]));
    }
    rows.extend(case.ground.as_ref().map(|g| vec!["ground".to_owned(), g.to_string()]));
    rows.extend(case.follows.map(|c| vec!["follows".to_owned(), format!("stream {c}")]));
    if !case.erased.is_empty() {
        rows.push(vec!["erased".to_owned(), format!("{} texts", case.erased.len())]);
    }
    print!("{}", render(&rows, &[]));
}

fn held_by(holder: &Holder) -> String {
    match holder {
        Holder::Unit { unit, person: Some(person) } => format!("{unit} ({person})"),
        Holder::Unit { unit, person: None } => unit.to_string(),
        Holder::Caller => "the caller".to_owned(),
        Holder::System(system) => system.to_string(),
    }
}

fn print_threads(case: &Case, zone: &Zone) {
    let row = |t: &Thread| {
        let open = if t.is_open() { "open" } else { "ended" };
        vec![
            t.no.to_string(),
            t.kind.as_str().to_owned(),
            t.step.as_str().to_owned(),
            open.to_owned(),
            held_by(&t.holder),
            zone.at(t.opened_at),
        ]
    };
    println!("threads");
    print!("{}", render(&case.threads.iter().map(row).collect::<Vec<_>>(), &[0]));
}

fn print_clocks(case: &Case, zone: &Zone) {
    let row = |c: &Clock| {
        let doing = match &c.ticking {
            Ticking::Running => "running".to_owned(),
            Ticking::Paused { at, .. } => format!("paused {}", zone.at(*at)),
            Ticking::Met(at) => format!("met {}", zone.at(*at)),
            Ticking::Stopped => "stopped".to_owned(),
        };
        let missed = c.missed_at.map(|at| format!("missed {}", zone.at(at))).unwrap_or_default();
        let due = format!("due {}{}", zone.at(c.due), if c.provisional { " (provisional)" } else { "" });
        let of = c.thread.map(|t| format!("thread {t}")).unwrap_or_default();
        vec![c.no.to_string(), c.stage.as_str().to_owned(), of, due, doing, missed]
    };
    println!("clocks");
    print!("{}", render(&case.clocks.iter().map(row).collect::<Vec<_>>(), &[0]));
}

/// One record as a line: when it counts, who, what, and the events by name.
fn line(seq: Seq, record: &Record, zone: &Zone) -> Vec<String> {
    let who = match &record.actor {
        Actor::Staff(staff) => format!("{} as {}", staff.person, staff.role),
        Actor::Caller => "the caller".to_owned(),
        Actor::System(system) => system.to_string(),
        Actor::Clock => "a clock".to_owned(),
    };
    let late = if record.effective() == record.recorded_at {
        String::new()
    } else {
        format!(" (recorded {})", zone.at(record.recorded_at))
    };
    let events: Vec<String> = record.events.iter().map(name).collect();
    vec![
        seq.to_string(),
        format!("{}{late}", zone.at(record.effective())),
        who,
        record.command.to_string(),
        events.join(" "),
    ]
}

/// The event's name, as it stands in the record.
fn name(event: &Event) -> String {
    match serde_json::to_value(event) {
        Ok(serde_json::Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The views of a data folder, brought up to its ledger.
pub(crate) fn views(data: &Path, reader: &Reader) -> Result<Views, crate::Told> {
    let folder = Folder::at(data);
    let behind = Views::open(&folder).and_then(|v| Ok(v.watermark()? < reader.position()?)).unwrap_or(true);
    if behind {
        // Following twice at once, should a server do so too, only copies some rows twice.
        Follower::open(&folder, VIEWS_CACHE)?.catch_up()?;
    }
    Ok(Views::open(&folder)?)
}

fn list(data: &Path, state: Option<&str>, limit: usize) -> Outcome {
    let reader = reader(data)?;
    let views = views(data, &reader)?;
    let zone = Zone::of(&rules_of(&reader)?)?;
    let filter = CaseFilter { state: state.map(Into::into), ..CaseFilter::default() };
    let page = views.page(&filter, None, limit)?;
    let rows: Vec<Vec<String>> = page.rows.iter().map(|row| listed(row, &zone)).collect();
    print!("{}", render(&rows, &[]));
    if page.next.is_some() {
        println!("and more");
    }
    Ok(ExitCode::SUCCESS)
}

fn listed(row: &CaseRow, zone: &Zone) -> Vec<String> {
    let text = |id: Option<&str>| id.unwrap_or("-").to_owned();
    vec![
        text(row.number.as_deref()),
        row.state.to_string(),
        text(row.matter.as_ref().map(|m| m.as_str())),
        text(row.place.as_ref().map(|p| p.as_str())),
        text(row.lead_unit.as_ref().map(|u| u.as_str())),
        format!("opened {}", zone.at(row.opened_at)),
        row.due_at.map(|_| format!("due {}", zone.maybe(row.due_at))).unwrap_or_default(),
        if row.overdue > 0 { format!("{} overdue", row.overdue) } else { String::new() },
    ]
}

/// The post from which a person may give a command now.
pub(crate) fn staff(
    rules: &Rules,
    person: &PersonId,
    post: Option<&PostId>,
    command: &str,
    now: Time,
) -> Result<Staff, String> {
    let day = rules.day(now);
    let may = |role: &str| rules.profile.roles.get(role).is_some_and(|r| r.may.iter().any(|c| c == command));
    let own: Vec<_> = rules
        .city
        .people
        .of_person(person, day)
        .filter(|p| post.is_none_or(|wanted| &p.id == wanted))
        .collect();
    // Without a post that may, the rules refuse the first one, with rule and basis.
    let chosen = own.iter().find(|p| may(&p.role)).or(own.first());
    let post = chosen.ok_or_else(|| {
        format!("`{person}` holds no such post of this city today; accepted: a person of posts.csv, see `huying city show`")
    })?;
    Ok(Staff {
        person: person.clone(),
        post: post.id.clone(),
        unit: post.unit.clone(),
        role: post.role.clone(),
        deputy_of: None,
    })
}

fn erase(number: &str, data: &Path, ground: &str, by: &PersonId, post: Option<&PostId>) -> Outcome {
    drop(reader(data)?);
    let engine = Engine::open(data, Settings { follow: false, ..Settings::default() })?;
    let case = engine.by_number(number)?.ok_or_else(|| format!("there is no case `{number}`"))?.case_id;
    let actor = Actor::Staff(Box::new(staff(&engine.rules(), by, post, "erase", engine.now())?));
    match engine.erase(case, ground, actor) {
        Ok(done) => {
            println!("the words of case {number} are destroyed; record {} says so", done.seq);
            println!("earlier backups still hold them, sealed: let them expire");
            Ok(ExitCode::SUCCESS)
        }
        Err(Rejected::Refused(refusal)) => {
            print_refusal(&refusal);
            Ok(ExitCode::from(1))
        }
        Err(other) => Err(other.into()),
    }
}

/// Reads `UNIT` or `UNIT/PERSON`.
fn party(text: &str) -> Result<Party, String> {
    let (unit, person) = text.split_once('/').map_or((text, None), |(unit, person)| (unit, Some(person)));
    let read = || Some((UnitId::new(unit).ok()?, person.map(PersonId::new).transpose().ok()?));
    let (unit, person) =
        read().ok_or("accepted: the id of a unit, or UNIT/PERSON with the id of one of its persons")?;
    Ok(Party { unit, person })
}

fn reassign(data: &Path, from: &Party, to: &Party, by: &PersonId, post: Option<&PostId>) -> Outcome {
    drop(reader(data)?);
    let engine = Engine::open(data, Settings { follow: false, ..Settings::default() })?;
    let actor = Actor::Staff(Box::new(staff(&engine.rules(), by, post, "reassign", engine.now())?));
    let (mut moved, mut refused, mut after) = (0, 0, None);
    loop {
        let done = engine.reassign(None, &actor, (from, to), after, |_| true)?;
        for number in &done.moved {
            println!("moved     {number}");
        }
        for (number, refusal) in &done.refused {
            println!("case      {number}");
            print_refusal(refusal);
        }
        moved += done.moved.len();
        refused += done.refused.len();
        after = done.next;
        if after.is_none() {
            break;
        }
    }
    println!("{moved} cases moved, {refused} refused");
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

pub(crate) fn print_refusal(refusal: &Refusal) {
    println!("REFUSED   {}: {}", refusal.rule, refusal.why);
    if let Some(basis) = &refusal.basis {
        println!("basis     {basis}");
    }
    println!("accepted  {}", refusal.accepted);
}
