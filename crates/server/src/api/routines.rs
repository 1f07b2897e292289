//! Routines: which visits are due of whom, how much each worker has, which tasks there are and what of them
//! is taken. A routine begins here; what is done with it are commands of its case.

use super::cases::{Named, limit};
use super::command::{Given, read_assign};
use super::problems::{ReadProblems, WriteProblems};
use super::standing::mode_named;
use super::{PROBLEM, geography, instant};
use crate::app::{App, answered};
use crate::call::{Body, Call};
use crate::fields::shown;
use crate::limits::MAX_PAGE;
use crate::plain;
use crate::problem::Problem;
use crate::sign_in::{self, Desk};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use huying_core::case::event::Actor;
use huying_core::ids::{CaseId, PersonId, PlaceId, UnitId};
use huying_core::profile::Task;
use huying_core::rules::Rules;
use huying_core::standing::{Asked, Stand};
use huying_core::time::Time;
use huying_engine::Submission;
use huying_engine::store::RoutineRow;
use huying_engine::store::limits::MAX_READ;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A task for a worker.
#[derive(ToSchema)]
#[schema(as = NewRoutine)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct NewRoutine {
    /// A task of the profile, see `/api/v1/tasks`.
    #[schema(example = "patrol")]
    task: String,
    /// The id or code of a place.
    #[schema(example = "510104017001G01")]
    place: String,
    /// The unit whose worker does it.
    unit: String,
    /// The worker; anybody of the unit without.
    person: Option<String>,
    /// The number of the admitted request, for units that must ask.
    admission: Option<u32>,
    /// The person to be visited: `name`, `phone`, `address`; sealed, and read for a purpose only.
    #[schema(value_type = Object)]
    whom: Option<serde_json::Value>,
    /// What is to be looked at.
    #[schema(max_length = 12000)]
    text: String,
}

/// Gives a worker a routine task 派任务
///
/// A unit that must ask gives what was admitted, within its quota and its minutes; any other gives its own
/// people what it will. Moving and ending a routine, and its visits, are commands of its case.
#[utoipa::path(
    post, path = "/api/v1/routines", operation_id = "begin_routine", tag = "routines",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Done once for each key and sender"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    request_body(content = NewRoutine, content_type = "application/json"),
    responses(
        (status = 201, body = Given), (status = 200, description = "Sent before", body = Given),
        WriteProblems,
        (status = 409, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    mut call: Call,
    Body(map): Body,
) -> Result<(StatusCode, Json<Given>), Problem> {
    let told = app
        .run(move |app| {
            call.end(&[])?;
            let desk = sign_in::desk(app, &call)?;
            let key = call.key(&desk.scope())?;
            let (command, texts) = read_assign(map, app)?;
            let actor = Actor::Staff(Box::new(desk.staff));
            Ok(app.submit(Submission { key, actor, occurred: None, case: None, command, texts }))
        })
        .await?;
    let accepted = answered(told.await)?;
    let status = if accepted.repeated { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(accepted.into())))
}

/// A routine that runs, with the visit that is owed.
#[derive(Debug, Serialize, ToSchema)]
struct RoutineItem {
    /// The public number of its case.
    number: String,
    /// The task.
    task: Named,
    /// Where.
    place: Option<Named>,
    /// The unit whose worker does it.
    unit: Named,
    /// The worker; anybody of the unit where there is none.
    person: Option<String>,
    /// The request that admits it.
    admission: Option<u64>,
    /// Minutes a week that it takes.
    weekly_minutes: u32,
    /// The visit, a thread of the case, for the command `visit`.
    visit: u16,
    /// How often the one before was missed.
    round: u16,
    /// The mode by which it is due.
    mode: Option<Named>,
    /// Whether the mode asks for no visit: `due` is when that is looked at again.
    rests: bool,
    /// When the visit is due.
    #[schema(format = DateTime)]
    due: Option<String>,
    /// Whether that has passed.
    overdue: bool,
}

/// Routines that run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Routines {
    /// The soonest due first.
    routines: Vec<RoutineItem>,
    /// Where the next page begins; none after the last.
    after: Option<String>,
}

/// The routines that run 巡查走访, the soonest due first
///
/// Those of the post's own person or unit, and those within its territory.
#[utoipa::path(
    get, path = "/api/v1/routines", operation_id = "list_routines", tag = "routines",
    params(
        ("person" = Option<String>, Query, description = "A worker; `me` for one's own"),
        ("place" = Option<String>, Query, description = "A code or id: those in it"),
        ("due" = Option<String>, Query, description = "An instant: visits due by then"),
        ("after" = Option<String>, Query, description = "`after` of the page before"),
        ("limit" = Option<u32>, Query, description = "Routines, 1 to 500; 50 without"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Routines),
        ReadProblems,
        (status = 422, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn list(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Routines>, Problem> {
    app.run(move |app| {
        let desk = sign_in::desk(app, &call)?;
        let (rules, now) = (app.rules(), app.engine.now());
        let person = match call.take("person") {
            Some(me) if me == "me" => Some(desk.staff.person.clone()),
            Some(text) => {
                let id = PersonId::new(&text).ok();
                if id.is_none() {
                    call.fault("person", format!("`{}` is not accepted", shown(&text)), "an id, or `me`");
                }
                id
            }
            None => None,
        };
        let place = place(&mut call, &rules, now);
        let due = call.time("due").unwrap_or(Time(i64::MAX));
        let after = call.take("after").and_then(|text| {
            let read = after(&text);
            if read.is_none() {
                call.fault("after", format!("`{}` is not accepted", shown(&text)), "`after` of a page");
            }
            read
        });
        let limit = limit(&mut call);
        call.end(&["person", "place", "due", "after", "limit"])?;
        let sees = Sees { app, rules: &rules, desk: &desk, now };
        let wanted = |row: &RoutineRow| {
            let here = |p: &PlaceId| row.place.as_ref().is_some_and(|place| rules.lies_in(place, p));
            Ok(place.as_ref().is_none_or(here) && sees.it(row)?)
        };
        let rows = read_some(app, person.as_ref(), after, due, limit + 1, &wanted)?;
        let more = rows.get(limit.saturating_sub(1)).filter(|_| rows.len() > limit);
        let after = more.and_then(|row| Some(format!("{},{}", row.due_at?.0, row.case_id.0)));
        let items = rows.iter().take(limit).map(|row| item(app, &rules, row, now));
        Ok(Json(Routines { routines: items.collect::<Result<_, _>>()?, after }))
    })
    .await
}

/// A place that a query names.
fn place(call: &mut Call, rules: &Rules, now: Time) -> Option<PlaceId> {
    let text = call.take("place")?;
    let found = super::new_case::find_place(rules, &text, now);
    if found.is_none() {
        call.fault("place", format!("there is no place `{}`", shown(&text)), "a code or id of a place");
    }
    found
}

fn after(text: &str) -> Option<(Time, CaseId)> {
    let (due, case) = text.split_once(',')?;
    Some((Time(due.parse().ok()?), CaseId(case.parse().ok()?)))
}

/// What a post sees of routines.
struct Sees<'a> {
    app: &'a App,
    rules: &'a Rules,
    desk: &'a Desk,
    now: Time,
}

impl Sees<'_> {
    fn it(&self, row: &RoutineRow) -> Result<bool, Problem> {
        let staff = &self.desk.staff;
        let own = row.unit == staff.unit || row.person.as_ref() == Some(&staff.person);
        Ok((own || self.rules.covers(staff, row.place.as_ref(), self.now)) && self.named(row.case_id)?)
    }

    /// A routine that is restricted is for those it names.
    fn named(&self, case: CaseId) -> Result<bool, Problem> {
        let row = self.app.engine.read(|r| r.case(case))?;
        Ok(row.is_some_and(|row| self.desk.is_named(&row)))
    }
}

/// The first rows that are wanted, page by page.
fn read_some(
    app: &App,
    person: Option<&PersonId>,
    mut after: Option<(Time, CaseId)>,
    due: Time,
    most: usize,
    wanted: &dyn Fn(&RoutineRow) -> Result<bool, Problem>,
) -> Result<Vec<RoutineRow>, Problem> {
    let mut found = Vec::new();
    loop {
        let rows = app.engine.read(|r| r.routines(person, after, MAX_READ))?;
        let full = rows.len() == MAX_READ;
        after = rows.last().and_then(|row| Some((row.due_at?, row.case_id)));
        for row in rows {
            if row.due_at.is_none_or(|at| at > due) || found.len() >= most {
                return Ok(found);
            }
            if wanted(&row)? {
                found.push(row);
            }
        }
        if !full || after.is_none() {
            return Ok(found);
        }
    }
}

fn item(app: &App, rules: &Rules, row: &RoutineRow, now: Time) -> Result<RoutineItem, Problem> {
    let case = app.engine.read(|r| r.case(row.case_id))?;
    let number = case.and_then(|c| c.number).map(|n| n.to_string()).unwrap_or_default();
    Ok(RoutineItem {
        number,
        task: task_named(rules, &row.task),
        place: row.place.as_ref().map(|p| geography::name(rules, p)),
        unit: unit_named(rules, &row.unit),
        person: row.person.as_ref().map(ToString::to_string),
        admission: row.admission,
        weekly_minutes: row.weekly,
        visit: row.visit.0,
        round: row.round,
        mode: row.mode.as_ref().and_then(|id| rules.profile.mode(id)).map(mode_named),
        rests: row.rests,
        due: row.due_at.map(instant),
        overdue: !row.rests && row.due_at.is_some_and(|due| due < now),
    })
}

fn task_named(rules: &Rules, id: &str) -> Named {
    Named { id: id.to_owned(), name: plain::task(rules, id) }
}

fn unit_named(rules: &Rules, unit: &UnitId) -> Named {
    Named { id: unit.to_string(), name: plain::unit(rules, unit) }
}

/// How much routine work workers have.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Workload {
    /// Minutes a week above which a load is a warning; none where the profile says nothing of admission.
    warning_above: Option<u32>,
    /// The workers, the one with most first.
    workers: Vec<Worker>,
    /// How many workers there are in all.
    total: usize,
}

/// The load of one worker.
#[derive(Debug, Serialize, ToSchema)]
struct Worker {
    /// The unit.
    unit: Named,
    /// The worker; none for what anybody of the unit does.
    person: Option<String>,
    /// Routines that run.
    routines: u32,
    /// Minutes a week of routine work, by the cadence of every day.
    weekly_minutes: u32,
    /// Open threads they hold, visits among them.
    open_threads: u64,
    /// Whether that is more than the profile warns of.
    above: bool,
}

/// How much each worker of one's territory has 工作量: minutes a week of routine work, and open threads
///
/// Derived and told; it stands against no command.
#[utoipa::path(
    get, path = "/api/v1/workload", operation_id = "workload", tag = "routines",
    params(
        ("place" = Option<String>, Query, description = "A code or id: workers whose unit lies in it"),
        ("limit" = Option<u32>, Query, description = "Workers, 1 to 500; 50 without"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Workload),
        ReadProblems,
        (status = 422, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn workload(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Workload>, Problem> {
    app.run(move |app| {
        let desk = sign_in::desk(app, &call)?;
        let (rules, now) = (app.rules(), app.engine.now());
        let place = place(&mut call, &rules, now);
        let limit = limit(&mut call);
        call.end(&["place", "limit"])?;
        let within = |unit: &UnitId| {
            let territory = rules.city.units.get(unit).map(|u| &u.territory);
            let own = *unit == desk.staff.unit;
            let sees = own || territory.is_some_and(|t| rules.covers(&desk.staff, Some(t), now));
            sees && place.as_ref().is_none_or(|p| rules.is_within(unit, p))
        };
        let all = loads(&Sees { app, rules: &rules, desk: &desk, now }, &within)?;
        let above = rules.profile.admission.as_ref().map(|a| a.load_warning);
        let total = all.len();
        let workers = all.into_iter().take(limit).map(|((unit, person), load)| Worker {
            unit: unit_named(&rules, &unit),
            person: person.map(|p| p.to_string()),
            routines: load.routines,
            weekly_minutes: load.minutes,
            open_threads: load.threads,
            above: above.is_some_and(|most| load.minutes > most),
        });
        Ok(Json(Workload { warning_above: above, workers: workers.collect(), total }))
    })
    .await
}

#[derive(Debug, Clone, Copy, Default)]
struct Load {
    routines: u32,
    minutes: u32,
    threads: u64,
}

type Who = (UnitId, Option<PersonId>);

/// The loads of workers, the greatest first: of everybody with a post that tasks are given to, and of whoever
/// has a routine that is shown to whoever asks.
fn loads(sees: &Sees<'_>, within: &dyn Fn(&UnitId) -> bool) -> Result<Vec<(Who, Load)>, Problem> {
    let Sees { app, rules, now, .. } = *sees;
    let mut all: BTreeMap<Who, Load> = BTreeMap::new();
    let day = rules.day(now);
    let works = |role: &str| rules.profile.tasks.iter().any(|t| t.roles.iter().any(|r| r == role));
    for post in rules.city.people.posts().iter().filter(|p| p.holds(day) && works(&p.role)) {
        if let Some(person) = post.person.clone().filter(|_| within(&post.unit)) {
            all.entry((post.unit.clone(), Some(person))).or_default();
        }
    }
    let every = |row: &RoutineRow| Ok(within(&row.unit) && sees.named(row.case_id)?);
    for row in read_some(app, None, None, Time(i64::MAX), usize::MAX, &every)? {
        let load = all.entry((row.unit, row.person)).or_default();
        load.routines += 1;
        load.minutes = load.minutes.saturating_add(row.weekly);
    }
    for (unit, person, n) in app.engine.views(None, |v| v.held_by_person())? {
        if let Some(load) = all.get_mut(&(unit, Some(person))) {
            load.threads = n;
        }
    }
    let mut all: Vec<(Who, Load)> = all.into_iter().collect();
    all.sort_by_key(|(_, load)| std::cmp::Reverse((load.minutes, load.threads)));
    Ok(all)
}

/// The tasks of the profile, and what was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tasks {
    /// Every task.
    tasks: Vec<TaskView>,
    /// Kinds of units that must ask before they give one.
    askers: Vec<String>,
    /// Requests within the post's territory or of its unit, the newest first.
    requests: Vec<RequestView>,
}

/// A task of the profile.
#[derive(Debug, Serialize, ToSchema)]
struct TaskView {
    /// The task.
    task: Named,
    /// Who may be given it.
    roles: Vec<String>,
    /// Whether the list of duties has it.
    listed: bool,
    /// Minutes of one time.
    minutes: u32,
    /// Minutes a week, by the cadence of every day.
    weekly_minutes: u32,
    /// The modes in which it is due.
    modes: Vec<Named>,
}

/// A request for admission, and what of it is taken.
#[derive(Debug, Serialize, ToSchema)]
struct RequestView {
    /// Its number.
    no: u64,
    /// The task.
    task: Named,
    /// Who asked.
    unit: Named,
    /// The area.
    place: Named,
    /// The first day.
    from: String,
    /// The first day that no longer belongs to it.
    to: String,
    /// `asked`, `admitted`, `ended`, `rejected` or `merged`.
    stand: String,
    /// How often it may be given to somebody at once.
    quota: Option<u32>,
    /// How many run under it.
    taken: u32,
    /// How many more may.
    left: Option<u32>,
    /// Minutes a week in one unit at most.
    weekly_minutes: Option<u32>,
    /// The legal basis, as it was cited.
    basis: String,
    /// Minutes a week in one unit that were asked for.
    asked_minutes: u32,
    /// Forms to be filled in each time.
    forms: u16,
    /// The money that comes with it, in hundredths of the currency.
    budget: u64,
    /// The request it was merged into, on which it counts.
    merged_into: Option<u64>,
}

/// The tasks of the profile, and the requests for their admission 准入 with what is taken and left
#[utoipa::path(
    get, path = "/api/v1/tasks", operation_id = "list_tasks", tag = "routines",
    params(("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several")),
    responses((status = 200, body = Tasks), ReadProblems),
    security(("token" = [])),
)]
pub(crate) async fn tasks(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Tasks>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let desk = sign_in::desk(app, &call)?;
        let (rules, now) = (app.rules(), app.engine.now());
        let sees = |asked: &&Asked| {
            asked.unit == desk.staff.unit || rules.covers(&desk.staff, Some(&asked.request.place), now)
        };
        let requests = rules.standing.tasks.iter().rev().filter(sees).take(MAX_PAGE);
        Ok(Json(Tasks {
            tasks: rules.profile.tasks.iter().map(|t| task_view(&rules, t)).collect(),
            askers: rules.profile.admission.iter().flat_map(|a| &a.askers).map(ToString::to_string).collect(),
            requests: requests.map(|asked| request_view(app, &rules, asked)).collect::<Result<_, _>>()?,
        }))
    })
    .await
}

fn task_view(rules: &Rules, task: &Task) -> TaskView {
    let modes = task.every.iter().filter_map(|e| rules.profile.mode(&e.mode)).map(mode_named);
    TaskView {
        task: task_named(rules, &task.id),
        roles: task.roles.iter().map(ToString::to_string).collect(),
        listed: task.listed,
        minutes: task.minutes,
        weekly_minutes: task.weekly(rules.profile.everyday().map(|m| m.id.as_str())),
        modes: modes.collect(),
    }
}

fn request_view(app: &App, rules: &Rules, asked: &Asked) -> Result<RequestView, Problem> {
    let taken = app.engine.read(|r| r.routines_under(asked.no.0))?.iter().map(|sum| sum.count).sum();
    let (quota, minutes) = match &asked.stand {
        Stand::Admitted { quota, minutes, .. } => (Some(*quota), Some(*minutes)),
        _ => (None, None),
    };
    let to = if let Stand::Admitted { to, .. } = &asked.stand { *to } else { asked.request.to };
    Ok(RequestView {
        no: asked.no.0,
        task: task_named(rules, &asked.request.task),
        unit: unit_named(rules, &asked.unit),
        place: geography::name(rules, &asked.request.place),
        from: asked.request.from.to_string(),
        to: to.to_string(),
        stand: asked.stand.word().to_owned(),
        quota,
        taken,
        left: quota.map(|q| q.saturating_sub(taken)),
        weekly_minutes: minutes,
        basis: asked.request.basis.to_string(),
        asked_minutes: asked.request.minutes,
        forms: asked.request.forms,
        budget: asked.request.budget,
        merged_into: if let Stand::Merged { into } = asked.stand { Some(into.0) } else { None },
    })
}
