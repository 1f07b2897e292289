//! One case: for a desk its timeline, threads and clocks; for a resident with the query code who has it, by
//! when, what was answered, and why it was turned down.

use super::cases::{CaseItem, Named};
use super::files::{FileView, files_of};
use super::matters::{Coded, met};
use super::problems::ReadProblems;
use super::words::{Library, Words, content_of};
use super::{PROBLEM, instant};
use crate::app::{App, no_case};
use crate::call::Call;
use crate::limits::MAX_SHORT;
use crate::plain::{self, Said};
use crate::problem::Problem;
use crate::sign_in::{self, Desk};
use axum::Json;
use axum::extract::{Path, State};
use huying_core::case::decide::{allowed, offered};
use huying_core::case::event::{Actor, Event, Holder, Record, Verdict};
use huying_core::case::state::{Case, Clock, Spine, Thread, Ticking};
use huying_core::clock::Remaining;
use huying_core::ids::{Seq, ThreadNo, UnitId};
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::History;
use huying_engine::store::{AccessEntry, CaseRow};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// One case: the whole for a desk, their own view for a resident.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum CaseAnswer {
    Desk(Box<CaseView>),
    Resident(Box<OwnCase>),
}

/// A case as a desk sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseView {
    /// The public facts.
    case: CaseItem,
    /// The accountable unit with its names.
    lead: Option<Named>,
    /// How many records it has.
    version: u32,
    /// The journal position of the last of them.
    position: u64,
    /// The commands this post could give now, as far as powers and the state of case and threads say.
    allowed: Vec<&'static str>,
    /// The same, each with the threads it could be given on.
    offers: Vec<Offer>,
    /// Its threads, in the order they opened.
    threads: Vec<ThreadView>,
    /// Its clocks, in the order they started.
    clocks: Vec<ClockView>,
    /// The caller's word.
    #[schema(value_type = Object)]
    verdict: Verdict,
    /// The number of the case it follows.
    follows: Option<String>,
    /// The number of the case it repeats, where it was voided as such.
    repeats: Option<String>,
    /// The number of the earlier case that it takes up again.
    related: Option<String>,
    /// The circumstance of its matter 立案情形, with its names.
    circumstance: Option<Coded>,
    /// Whether it is hard and complex 疑难复杂.
    complex: bool,
    /// Whether it was mended at once by who found it.
    quick: bool,
    /// Whether it was closed by force.
    forced: bool,
    /// What happened, oldest first.
    timeline: Vec<Moment>,
}

/// A command that could be given now.
#[derive(Debug, Serialize, ToSchema)]
struct Offer {
    /// The command.
    command: &'static str,
    /// The open threads that it is for; none where it is for the case as a whole.
    threads: Vec<u16>,
}

/// A thread of a case.
#[derive(Debug, Serialize, ToSchema)]
struct ThreadView {
    /// Its number, for commands.
    thread: u16,
    /// Its kind.
    kind: String,
    /// The same in words.
    kind_words: Said,
    /// Where it stands.
    step: String,
    /// The same in words.
    step_words: Said,
    /// Whether it still needs anybody.
    open: bool,
    /// The unit that has it.
    unit: Option<Named>,
    /// The person in it; only for their own unit and for roles over all units.
    person: Option<String>,
    /// Whether the caller has it.
    with_caller: bool,
    /// The thread it grew from.
    under: Option<u16>,
    /// What it is more exactly: the name of a rung, the type of a whistle, the step of a plan.
    label: Option<Said>,
    /// How its last step came out: a ground, a measure, a grade, a ruling.
    outcome: Option<Said>,
    /// Who would be called, where a whistle is asked for.
    units: Vec<Named>,
    /// The unit that called for it, where one did.
    caller: Option<Named>,
    /// Its place in a row: which rung from below, which step of a plan.
    rank: Option<u8>,
    /// How often it was handled anew.
    round: u16,
    /// `lead` or `co`, for handling.
    #[schema(value_type = Option<String>)]
    part: Value,
    /// When it opened.
    #[schema(format = DateTime)]
    opened: String,
    /// When it last took a step.
    #[schema(format = DateTime)]
    moved: String,
    /// The next due time of its running clocks.
    #[schema(format = DateTime)]
    due: Option<String>,
    /// The time asked for, in an extension or suspension.
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// A clock of a case.
#[derive(Debug, Serialize, ToSchema)]
struct ClockView {
    /// Its number, for commands; 1 faces the caller.
    clock: u16,
    /// What it times.
    stage: String,
    /// The same in words.
    stage_words: Said,
    /// Its thread.
    thread: Option<u16>,
    /// `running`, `paused`, `met` or `stopped`.
    state: &'static str,
    /// When it began.
    #[schema(format = DateTime)]
    start: String,
    /// When it is due; while it is paused, when it would have been.
    #[schema(format = DateTime)]
    due: String,
    /// When it is near due.
    #[schema(format = DateTime)]
    near: Option<String>,
    /// Whether the due time leans on days that no notice has published yet.
    provisional: bool,
    /// Since when it is paused.
    #[schema(format = DateTime)]
    paused: Option<String>,
    /// What is left while it is paused, in whole seconds of its measure.
    left_seconds: Option<i64>,
    /// The measure: `elapsed` or `working` time.
    left_in: Option<&'static str>,
    /// When it was missed.
    #[schema(format = DateTime)]
    missed: Option<String>,
    /// Whether it was kept; absent while nobody can say.
    kept: Option<bool>,
}

/// One accepted command of the timeline.
#[derive(Debug, Serialize, ToSchema)]
struct Moment {
    /// Its journal position.
    position: u64,
    /// Its place in the case.
    version: u32,
    /// When it was recorded.
    #[schema(format = DateTime)]
    at: String,
    /// When it counts for rules, where that is another time.
    #[schema(format = DateTime)]
    effective: Option<String>,
    /// When the actor says it happened.
    #[schema(format = DateTime)]
    occurred: Option<String>,
    /// Who, by role and unit.
    actor: Said,
    /// The person; only for their own unit and for roles over all units.
    person: Option<String>,
    /// The command.
    command: String,
    /// What happened.
    events: Vec<Happening>,
}

/// One event of the timeline.
#[derive(Debug, Serialize, ToSchema)]
struct Happening {
    /// The event's name.
    event: String,
    /// The same in words.
    words: Said,
    /// The personal words that came with it, as far as they may be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    texts: Vec<Words>,
    /// The files that came with it, for posts that may read them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<FileView>,
}

/// A case as its caller sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnCase {
    /// The public number.
    number: String,
    /// Where it stands.
    state: String,
    /// The same in words.
    state_words: Said,
    /// Who has it: the accountable unit.
    with: Option<Said>,
    /// When it was reported.
    #[schema(format = DateTime)]
    reported: String,
    /// By when an answer is promised.
    #[schema(format = DateTime)]
    due: Option<String>,
    /// Whether that leans on holidays that are not published yet.
    due_provisional: bool,
    /// Whether the promise stands still for now.
    paused: bool,
    /// Whether the promise was missed.
    overdue: bool,
    /// The answers given, oldest first.
    answers: Vec<Answer>,
    /// The caller's own files, oldest first.
    files: Vec<FileView>,
    /// Why it was turned down or closed.
    why: Option<Said>,
    /// The caller's own word.
    #[schema(value_type = Object)]
    verdict: Verdict,
    /// What can be done now with the query code.
    allowed: Vec<&'static str>,
    /// The position of its last record.
    position: u64,
}

/// An answer that a caller got.
#[derive(Debug, Serialize, ToSchema)]
struct Answer {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Its words.
    reply: Option<Words>,
}

/// One case with its timeline, threads and clocks
///
/// An account sees the public facts of every case that is not about its own line of units: such a case does
/// not exist for it. Words in clear only with
/// a `purpose`, which is logged in the access ledger together with who read them. Without an account the
/// query code shows a resident their own case.
#[utoipa::path(
    get, path = "/api/v1/cases/{number}", operation_id = "get_case", tag = "cases",
    params(
        ("number" = String, Path, description = "The public number"),
        ("purpose" = Option<String>, Query, description = "Why words are to be read in clear; logged"),
        ("query_code" = Option<String>, Query, description = "A resident's code; better sent as a header"),
        ("X-Huying-Query-Code" = Option<String>, Header, description = "A resident's query code"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = CaseAnswer),
        ReadProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 429, body = Problem, content_type = PROBLEM),
        (status = 503, body = Problem, content_type = PROBLEM),
    ),
    security((), ("token" = [])),
)]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    mut call: Call,
) -> Result<Json<CaseAnswer>, Problem> {
    app.run(move |app| {
        let (code, purpose) = (call.code(), purpose(&mut call));
        call.end(&["query_code", "purpose"])?;
        match code {
            Some(code) if !call.signs_in() => {
                let history = sign_in::resident(app, &call, &number, &code)?;
                own(app, &history).map(|own| Json(CaseAnswer::Resident(Box::new(own))))
            }
            _ => {
                let desk = sign_in::desk(app, &call)?;
                let view = view(app, &desk, &number, purpose.as_deref())?;
                Ok(Json(CaseAnswer::Desk(Box::new(view))))
            }
        }
    })
    .await
}

/// Reads `purpose`.
pub(crate) fn purpose(call: &mut Call) -> Option<String> {
    let purpose = call.take("purpose")?;
    let length = purpose.trim().chars().count();
    if length == 0 || length > MAX_SHORT || purpose.chars().any(char::is_control) {
        call.fault("purpose", "is not accepted", format!("a reason of 1 to {MAX_SHORT} characters"));
    }
    Some(purpose.trim().to_owned())
}

fn view(app: &App, desk: &Desk, number: &str, purpose: Option<&str>) -> Result<CaseView, Problem> {
    let (rules, now) = (app.rules(), app.engine.now());
    let row = app.row_for(desk, number)?;
    let History { case, records } = app.engine.history(row.case_id)?.ok_or_else(|| no_case(number))?;
    if row.restricted_to.is_some() {
        opened(app, desk, &row)?;
    }
    let library = Library::of_desk(app, desk, &case, &records, purpose)?;
    let offered = offered(&case, &desk.staff, &rules, now);
    let offer = |(command, threads): (_, Vec<ThreadNo>)| Offer {
        command,
        threads: threads.iter().map(|no| no.0).collect(),
    };
    // Another case is named where this desk may see it.
    let number_of = |other: Option<huying_core::ids::CaseId>| -> Result<Option<String>, Problem> {
        let Some(other) = other else { return Ok(None) };
        let row = app.engine.read(|r| r.case(other))?;
        Ok(row.and_then(|r| app.row_for(desk, &r.number?).ok()?.number).map(|number| number.to_string()))
    };
    let (follows, repeats) = (number_of(case.follows)?, number_of(case.repeats)?);
    let related = number_of(case.facts.as_ref().and_then(|f| f.related))?;
    let page = Page {
        case: &case,
        desk,
        rules: &rules,
        library: &library,
        files: content_of(desk, &case, &rules, now).is_ok(),
    };
    Ok(CaseView {
        case: CaseItem::from(&row),
        lead: case.lead.as_ref().map(|u| Named { id: u.to_string(), name: plain::unit(&rules, u) }),
        version: case.version.0,
        position: records.last().map_or(0, |(seq, _)| seq.0),
        allowed: offered.iter().map(|(command, _)| *command).collect(),
        offers: offered.into_iter().map(offer).collect(),
        threads: case.threads.iter().map(|t| thread(&case, t, desk, &rules)).collect(),
        clocks: case.clocks.iter().map(|c| clock(&case, c)).collect(),
        verdict: case.verdict,
        follows,
        repeats,
        related,
        circumstance: case
            .facts
            .as_ref()
            .and_then(|f| f.circumstance.as_deref())
            .map(|id| circumstance(&rules, id)),
        complex: case.facts.as_ref().is_some_and(|f| f.complex),
        quick: case.quick,
        forced: case.forced,
        timeline: records.iter().map(|(seq, r)| page.moment(*seq, r)).collect(),
    })
}

/// A circumstance; one that an earlier edition had goes by its word.
fn circumstance(rules: &Rules, id: &str) -> Coded {
    let unknown = || Coded { code: id.to_owned(), name: plain::both(id, None) };
    rules.city.catalogue.circumstance(id).map_or_else(unknown, met)
}

/// 调阅留痕: whoever opens a restricted case stands in the access ledger, before anything of it is shown.
fn opened(app: &App, desk: &Desk, row: &CaseRow) -> Result<(), Problem> {
    let entry = AccessEntry {
        at: app.engine.now(),
        actor: desk.staff.person.clone(),
        post: Some(desk.staff.post.clone()),
        purpose: "restricted case opened".into(),
        case_id: row.case_id,
    };
    app.engine.read_clear(entry, Vec::new())?;
    Ok(())
}

/// A plain enum's word.
pub(super) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        _ => String::new(),
    }
}

/// Whether persons of a unit are shown to a post.
fn shows_persons(desk: &Desk, unit: &huying_core::ids::UnitId) -> bool {
    desk.role.any_unit || &desk.staff.unit == unit
}

fn thread(case: &Case, t: &Thread, desk: &Desk, rules: &Rules) -> ThreadView {
    let due = case.clocks.iter().filter(|c| c.thread == Some(t.no) && c.runs()).map(|c| c.due).min();
    let (unit, person) = match &t.holder {
        Holder::Unit { unit, person } => (Some(unit), person.as_ref().filter(|_| shows_persons(desk, unit))),
        _ => (None, None),
    };
    let named = |u: &UnitId| Named { id: u.to_string(), name: plain::unit(rules, u) };
    ThreadView {
        thread: t.no.0,
        kind: word(&t.kind),
        kind_words: plain::kind(t.kind),
        step: word(&t.step),
        step_words: plain::stands(t.kind, t.step),
        open: t.is_open(),
        unit: unit.map(named),
        person: person.map(ToString::to_string),
        with_caller: t.holder == Holder::Caller,
        under: t.under.map(|n| n.0),
        label: plain::label(rules, t),
        outcome: plain::outcome(rules, t),
        units: t.spoke.iter().flat_map(|s| &s.units).map(named).collect(),
        caller: t.caller.as_unit().map(named),
        rank: t.rank,
        round: t.round,
        part: serde_json::to_value(t.part).unwrap_or_default(),
        opened: instant(t.opened_at),
        moved: instant(t.moved_at),
        due: due.map(instant),
        until: t.until.map(instant),
    }
}

fn clock(case: &Case, c: &Clock) -> ClockView {
    let (state, paused, left) = match &c.ticking {
        Ticking::Running => ("running", None, None),
        Ticking::Paused { at, left } => ("paused", Some(*at), Some(left)),
        Ticking::Met(_) => ("met", None, None),
        Ticking::Stopped => ("stopped", None, None),
    };
    let left = left.map(|left| match left {
        Remaining::Elapsed { ms, .. } | Remaining::Fixed { ms, .. } => (*ms / 1_000, "elapsed"),
        Remaining::Working { ms, .. } => (*ms / 1_000, "working"),
    });
    ClockView {
        clock: c.no.0,
        stage: word(&c.stage),
        stage_words: plain::times(c.stage, c.thread.and_then(|no| case.thread(no))),
        thread: c.thread.map(|n| n.0),
        state,
        start: instant(c.start),
        due: instant(c.due),
        near: c.near.map(instant),
        provisional: c.provisional,
        paused: paused.map(instant),
        left_seconds: left.map(|(s, _)| s),
        left_in: left.map(|(_, measure)| measure),
        missed: c.missed_at.map(instant),
        kept: c.kept(),
    }
}

/// What a timeline is told from, and for whom.
struct Page<'a> {
    case: &'a Case,
    desk: &'a Desk,
    rules: &'a Rules,
    library: &'a Library,
    /// Whether files are listed.
    files: bool,
}

impl Page<'_> {
    fn moment(&self, seq: Seq, r: &Record) -> Moment {
        let person = match &r.actor {
            Actor::Staff(s) if shows_persons(self.desk, &s.unit) => Some(s.person.to_string()),
            _ => None,
        };
        let show = |(class, text): &(&'static str, _)| self.library.show(class, text);
        let happening = |event: &Event| Happening {
            event: name(event),
            words: plain::event(event, self.case, self.rules),
            texts: plain::texts(event, &r.command).iter().map(show).collect(),
            files: if self.files { files_of(event, r, self.case) } else { Vec::new() },
        };
        Moment {
            position: seq.0,
            version: r.version.0,
            at: instant(r.recorded_at),
            effective: r.effective_at.map(instant),
            occurred: r.occurred.as_ref().map(|c| instant(c.at)),
            actor: plain::actor(&r.actor, self.rules),
            person,
            command: r.command.to_string(),
            events: r.events.iter().map(happening).collect(),
        }
    }
}

/// The name of an event: the one key of its JSON.
fn name(event: &Event) -> String {
    match serde_json::to_value(event) {
        Ok(Value::Object(map)) => map.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

fn own(app: &App, history: &History) -> Result<OwnCase, Problem> {
    let (rules, now) = (app.rules(), app.engine.now());
    let History { case, records } = history;
    let given: Vec<(Time, Option<huying_core::case::event::TextRef>)> = records
        .iter()
        .flat_map(|(_, r)| r.events.iter().map(move |e| (r.recorded_at, e)))
        .filter_map(|(at, event)| match event {
            Event::Answered { text } => Some((at, *text)),
            _ => None,
        })
        .collect();
    let texts: Vec<_> = given.iter().filter_map(|(_, text)| *text).collect();
    let library = Library::of_resident(app, case, &texts)?;
    let answer = |(at, text): &(Time, Option<_>)| Answer {
        at: instant(*at),
        reply: text.as_ref().map(|t| library.show("reply", t)),
    };
    let state = case.spine.as_str();
    let promise = case.promise();
    Ok(OwnCase {
        number: case.number.to_string(),
        state: state.to_owned(),
        state_words: plain::state(state),
        with: case.lead.as_ref().map(|u| plain::unit(&rules, u)),
        reported: instant(case.reported_at),
        due: promise.map(|c| instant(c.due)),
        due_provisional: promise.is_some_and(|c| c.provisional),
        paused: promise.is_some_and(|c| matches!(c.ticking, Ticking::Paused { .. })),
        overdue: promise.is_some_and(|c| c.missed_at.is_some() || (c.runs() && c.due < now)),
        answers: given.iter().map(answer).collect(),
        files: own_files(case, records),
        why: why(case, &rules),
        verdict: case.verdict,
        allowed: allowed(case, &Actor::Caller, &rules, now),
        position: records.last().map_or(0, |(seq, _)| seq.0),
    })
}

/// The files that the caller added.
fn own_files(case: &Case, records: &[(Seq, Record)]) -> Vec<FileView> {
    let own = records.iter().filter(|(_, r)| r.actor == Actor::Caller);
    own.flat_map(|(_, r)| r.events.iter().flat_map(move |event| files_of(event, r, case))).collect()
}

fn why(case: &Case, rules: &Rules) -> Option<Said> {
    let ground = case.ground.as_deref()?;
    let words = &rules.profile.words;
    let list = if case.spine == Spine::Void { &words.void_ground } else { &words.close_ground };
    Some(plain::named(list, ground))
}
