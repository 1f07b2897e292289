//! Routines 巡查走访: given to a worker under an admission or by their own line, done, missed, made good,
//! watched, at rest, and ended.
//!
//! A routine that runs owes exactly one visit. The next one is counted from when the last was done, as the
//! record counts and not as is claimed, so that two never lie farther apart than the cadence and no claim
//! draws one nearer. The mode of its place decides how often; where it says nothing the task rests, and is
//! looked at again at least every `rest`. When a mode begins or ends, what rests wakes and what is asked for
//! more often is asked for sooner.
//! A miss is made good within `retry`, so often; then whoever the task climbs to watches, until a visit is
//! done. Whether a department may give it is asked of what was admitted, before every visit.

use super::draft::{Clocks, Draft};
use super::verdict::Ending;
use super::{Desk, verdict};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::routine::{Assign, Assigned, ENDED, ROUTINE, Routine, VisitResult, Visited};
use crate::case::state::{Case, Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{CaseId, PersonId, ProcedureId, ThreadNo, UnitId};
use crate::profile::{Mode, Task};
use crate::rules::Rules;
use crate::standing::{Asked, OrderNo, Stand};
use crate::time::Time;
use compact_str::CompactString;

/// What a routine takes; whatever else is asked of cases is not asked of it.
pub(super) const TAKES: [&str; 17] = [
    "assign",
    "visit",
    "end_routine",
    "found",
    "note",
    "attach",
    "log_effort",
    "hand",
    "reassign",
    "ask_correction",
    "decide_correction",
    "restrict",
    "unrestrict",
    "undo",
    "erase",
    "fire",
    "reset_clocks",
];

/// What only a routine takes.
const OWN: [&str; 4] = ["assign", "visit", "end_routine", "found"];

/// Whether a case that is a routine, or is none, takes a command.
pub(super) fn suits(case: &Case, command: &str) -> bool {
    if case.routine.is_some() { TAKES.contains(&command) } else { !OWN.contains(&command) }
}

/// Refuses what a routine does not take, and what is for routines alone.
pub(super) fn check(case: &Case, command: &str) -> Result<(), Refusal> {
    if suits(case, command) {
        return Ok(());
    }
    let (why, accepted) = if case.routine.is_some() {
        let given: Vec<&str> = TAKES.into_iter().filter(|c| Command::GIVEN.contains(c)).collect();
        ("it is a routine, and nobody's call", given.join(", "))
    } else {
        ("it is no routine", "a case that `assign` began".to_owned())
    };
    Err(Refusal::new("routine.takes", why, accepted))
}

/// The request that `assign` would draw on, with the unit that would do it.
pub(super) fn draws(assign: &Assign, rules: &Rules) -> Option<(OrderNo, UnitId)> {
    let asked = rules.standing.admitted_as(assign.admission?)?;
    Some((asked.no, assign.unit.clone()))
}

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Assign(assign) => hand_over(draft, assign),
        Command::Visit { thread, result, effort, text } => visit(draft, *thread, *result, *effort, *text),
        Command::EndRoutine { ground, text } => {
            draft.on(&[Spine::Open])?;
            if let Actor::Staff(staff) = draft.desk.actor {
                may_end(&draft.case, staff, draft.desk.rules)?;
            }
            draft.word(&draft.desk.rules.profile.words.close_ground, "close_ground", ground)?;
            draft.emit(Event::Noted { text: *text, thread: None });
            verdict::finish(draft, ground, Ending::ByHand)
        }
        Command::Found { thread, case } => found(draft, *thread, *case),
        _ => Ok(()),
    }
}

// ---- giving ----

/// 派任务: a routine begins.
pub(super) fn begin(draft: &mut Draft<'_>, assign: &Assign) -> Result<(), Refusal> {
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    let rules = draft.desk.rules;
    rules.known_place(&assign.place)?;
    if !rules.covers(staff, Some(&assign.place), draft.desk.now) {
        let why = format!("`{}` lies outside the territory of {}", assign.place, staff.post);
        return Err(Refusal::new("powers.territory", why, "a post whose territory covers the place"));
    }
    let (task, admission) = may_be_given(draft.desk, assign)?;
    let number = draft.desk.answers.number.clone().ok_or_else(|| {
        let why = "no public number was reserved";
        Refusal::new("number.none", why, "the engine reserves one")
    })?;
    let procedure = ProcedureId::new(ROUTINE)
        .map_err(|e| Refusal::new("procedure.none", e.to_string(), "a procedure `routine`"))?;
    draft.emit(Event::Reported(Box::new(Reported {
        number,
        source: ROUTINE.into(),
        channel: CompactString::default(),
        request_type: CompactString::default(),
        matter: None,
        urgency: Urgency::General,
        circumstance: None,
        complex: false,
        content: assign.text,
        identity: Identity::Named,
        contact: None,
        location: Location { place: Some(assign.place.clone()), ..Location::default() },
        about: None,
        procedure,
        lead: staff.unit.clone(),
        governed: None,
        related: None,
        nearby: Vec::new(),
        visit: None,
    })));
    draft.emit(Event::Opened {});
    give(draft, assign, task, admission);
    next(draft, 0)
}

/// The routine goes to another worker, with whatever is due.
fn hand_over(draft: &mut Draft<'_>, assign: &Assign) -> Result<(), Refusal> {
    draft.on(&[Spine::Open])?;
    let Some(routine) = draft.case.routine.clone() else { return Ok(()) };
    let place = draft.case.place().cloned();
    let admission = assign.admission.and_then(|no| draft.desk.rules.standing.admitted_as(no)).map(|a| a.no);
    let same = routine.task == assign.task && Some(&assign.place) == place.as_ref();
    if !same || assign.whom.is_some() || routine.admission != admission {
        let why = "another task, place or admission is another routine";
        let stands = format!("`{}` at {}", routine.task, place.map(|p| p.to_string()).unwrap_or_default());
        return Err(Refusal::new("routine.other", why, stands));
    }
    let worker = Holder::Unit { unit: assign.unit.clone(), person: assign.person.clone() };
    let owed: Vec<ThreadNo> = draft.case.open_of(ThreadKind::Visit).map(|t| t.no).collect();
    if (&routine.unit, &routine.person) == (&assign.unit, &assign.person) {
        let why = "they have it already";
        return Err(Refusal::new("routine.same", why, "another worker"));
    }
    let (task, admission) = may_be_given(draft.desk, assign)?;
    let assign = Assign { whom: routine.whom, ..assign.clone() };
    give(draft, &assign, task, admission);
    for thread in owed {
        draft.emit(Event::ThreadHeld { thread, holder: worker.clone() });
    }
    Ok(())
}

fn give(draft: &mut Draft<'_>, assign: &Assign, task: &Task, admission: Option<OrderNo>) {
    draft.emit(Event::Assigned(Box::new(Assigned {
        task: task.id.clone(),
        unit: assign.unit.clone(),
        person: assign.person.clone(),
        admission,
        weekly: weekly(task, draft.desk.rules),
        whom: assign.whom,
        text: assign.text,
    })));
}

/// Minutes a week by the cadence of every day; what a mode asks for beyond it holds up nobody.
fn weekly(task: &Task, rules: &Rules) -> u32 {
    task.weekly(rules.profile.everyday().map(|m| m.id.as_str()))
}

/// Who gave a routine ends it, those to whom its worker reports, and who watches over any unit.
pub(super) fn may_end(case: &Case, staff: &Staff, rules: &Rules) -> Result<(), Refusal> {
    let (lead, Some(routine)) = (case.lead.as_ref(), case.routine.as_deref()) else { return Ok(()) };
    let any_unit = rules.profile.roles.get(staff.role.as_str()).is_some_and(|role| role.any_unit);
    if any_unit || lead == Some(&staff.unit) || rules.reports_to(&routine.unit, &staff.unit) {
        return Ok(());
    }
    let gave = lead.map(ToString::to_string).unwrap_or_default();
    let why =
        format!("the routine was given by {gave}, and {} does not report to {}", routine.unit, staff.unit);
    Err(Refusal::new("routine.whose", why, format!("{gave}, or whoever {} reports to", routine.unit)))
}

/// Whether whoever acts may give the task to that worker; under which admission.
fn may_be_given<'a>(desk: &Desk<'a>, assign: &Assign) -> Result<(&'a Task, Option<OrderNo>), Refusal> {
    let rules = desk.rules;
    let Actor::Staff(staff) = desk.actor else {
        return Err(Refusal::new("powers.person", "nobody answers for it", "a person with a post"));
    };
    let task = rules.profile.task(&assign.task).ok_or_else(|| {
        let known: Vec<&str> = rules.profile.tasks.iter().map(|t| t.id.as_str()).collect();
        Refusal::new("task.unknown", format!("`{}` is no task", assign.task), known.join(", "))
    })?;
    worker(desk, task, assign)?;
    let kind = rules.kind_of_unit(&staff.unit);
    let asks =
        rules.profile.admission.as_ref().is_some_and(|a| a.askers.iter().any(|k| Some(k.as_str()) == kind));
    if !asks && !rules.reports_to(&assign.unit, &staff.unit) {
        let why = format!("{} does not report to {}", assign.unit, staff.unit);
        return Err(Refusal::new("task.people", why, "a unit below one's own"));
    }
    match assign.admission {
        Some(no) => Ok((task, Some(drawn(desk, assign, no, asks.then_some(&staff.unit))?))),
        None if asks => {
            let why = format!("{} gives grid workers only what was admitted", staff.unit);
            Err(Refusal::new("task.not-admitted", why, "`admission`: the number of an admitted request"))
        }
        None => Ok((task, None)),
    }
}

/// The worker does such tasks, and works there.
fn worker(desk: &Desk<'_>, task: &Task, assign: &Assign) -> Result<(), Refusal> {
    let (rules, now) = (desk.rules, desk.now);
    rules.known_unit(&assign.unit, now)?;
    does(desk, task, &assign.unit, assign.person.as_ref())?;
    if !rules.serves(&assign.unit, &assign.place, now) {
        let why = format!("`{}` lies outside the territory of {}", assign.place, assign.unit);
        return Err(Refusal::new("task.place", why, "a place of the worker's own"));
    }
    Ok(())
}

/// Whether the task is one for somebody of a unit, or for one person there.
fn does(desk: &Desk<'_>, task: &Task, unit: &UnitId, person: Option<&PersonId>) -> Result<(), Refusal> {
    let (rules, now) = (desk.rules, desk.now);
    let has = |role: &CompactString| match person {
        Some(person) => {
            let mut posts = rules.city.people.of_person(person, rules.day(now));
            posts.any(|p| p.unit == *unit && p.role == *role)
        }
        None => rules.has_role(unit, role, now),
    };
    if task.roles.iter().any(has) {
        return Ok(());
    }
    let who = person.map_or("anybody", |p| p.as_str());
    let why = format!("no post of {who} in {unit} is one that `{}` is given to", task.id);
    Err(Refusal::new("task.worker", why, format!("a {}", task.roles.join(" or "))))
}

/// Whether a visit that is owed may go to somebody else of the unit.
pub(super) fn may_take(draft: &Draft<'_>, unit: &UnitId, person: Option<&PersonId>) -> Result<(), Refusal> {
    let routine = draft.case.routine.as_deref();
    let task = routine.and_then(|r| draft.desk.rules.profile.task(&r.task));
    task.map_or(Ok(()), |task| does(draft.desk, task, unit, person))
}

/// What was admitted covers the task, and has room; the request that counts, after any merging.
fn drawn(desk: &Desk<'_>, assign: &Assign, no: OrderNo, by: Option<&UnitId>) -> Result<OrderNo, Refusal> {
    let (rules, now) = (desk.rules, desk.now);
    let found = rules.standing.task(no).zip(rules.standing.admitted_as(no));
    let Some((asked, counts)) = found.filter(|(a, _)| a.request.task == assign.task) else {
        let why = format!("request {no} is no request for `{}`", assign.task);
        return Err(Refusal::new("task.not-admitted", why, "the number of an admitted request"));
    };
    counts.holds(now, rules.day(now))?;
    if let Some(unit) = by.filter(|unit| asked.unit != **unit) {
        let why = format!("request {no} was made by {}", asked.unit);
        return Err(Refusal::new("task.unit", why, format!("a request of {unit}")));
    }
    if !rules.lies_in(&assign.place, &asked.request.place) {
        let why = format!("`{}` lies outside `{}`", assign.place, asked.request.place);
        return Err(Refusal::new("task.scope", why, "a place within what was admitted"));
    }
    room(desk, assign, counts)?;
    Ok(counts.no)
}

fn room(desk: &Desk<'_>, assign: &Assign, counts: &Asked) -> Result<(), Refusal> {
    let Stand::Admitted { quota, minutes, .. } = &counts.stand else { return Ok(()) };
    let taken = desk.answers.taken;
    if taken.given >= *quota {
        let why = format!("{} of {quota} run already under request {}", taken.given, counts.no);
        return Err(Refusal::new("task.quota", why, "`end_routine` of one of them, or a wider admission"));
    }
    let task = desk.rules.profile.task(&assign.task);
    let more = task.map_or(0, |t| weekly(t, desk.rules));
    if taken.minutes.saturating_add(more) > *minutes {
        let why = format!(
            "{} has {} minutes a week of it, and {more} more would be above {minutes}",
            assign.unit, taken.minutes
        );
        return Err(Refusal::new("task.minutes", why, "a worker of another unit, or a wider admission"));
    }
    Ok(())
}

// ---- visits ----

/// Whether its task may still be asked of anybody.
fn admitted(draft: &Draft<'_>, routine: &Routine, at: Time) -> bool {
    let rules = draft.desk.rules;
    let holds = |no| rules.standing.task(no).is_some_and(|a| a.holds(at, rules.day(at)).is_ok());
    routine.admission.is_none_or(holds)
}

/// The task of a routine that may go on.
fn goes_on<'a>(draft: &Draft<'a>) -> Option<(Routine, &'a Task)> {
    let routine = draft.case.routine.as_deref()?.clone();
    let task = draft.desk.rules.profile.task(&routine.task)?;
    admitted(draft, &routine, draft.desk.now).then_some((routine, task))
}

/// Its task is no more, or is admitted no more: it ends by rule.
fn over(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    verdict::finish(draft, ENDED, Ending::ByRule)
}

fn mode<'a>(draft: &Draft<'a>) -> Option<&'a Mode> {
    draft.case.place().and_then(|place| draft.desk.rules.mode_at(place, draft.desk.now))
}

/// Opens the visit that is owed next; a `round` above 0 makes a missed one good.
fn next(draft: &mut Draft<'_>, round: u16) -> Result<(), Refusal> {
    let Some((routine, task)) = goes_on(draft) else { return over(draft) };
    let rules = draft.desk.rules;
    let person = routine.person.filter(|p| rules.works_in(p, &routine.unit, draft.desk.now));
    let scored = task.scored && !person.as_ref().is_some_and(|p| rules.volunteers(p));
    let mode = mode(draft);
    let within = if round > 0 { task.retry.as_ref() } else { task.cadence(mode.map(|m| m.id.as_str())) };
    let caller = draft.case.lead.clone().map_or(Holder::Caller, Holder::unit);
    let holder = Holder::Unit { unit: routine.unit, person };
    let no = draft.open_with(ThreadKind::Visit, holder, |t| {
        t.caller = caller;
        t.round = round;
        t.label = mode.map(|m| m.id.clone());
    })?;
    match within {
        Some(limit) => draft.start_limited(Stage::Milestone, no, limit, scored),
        None => rest(draft, no, task),
    }
}

/// The mode asks for no visit: the task rests, until a mode begins or ends here or `rest` has passed.
fn rest(draft: &mut Draft<'_>, no: ThreadNo, task: &Task) -> Result<(), Refusal> {
    let (rules, now) = (draft.desk.rules, draft.desk.now);
    let again = draft.deadline(&task.rest, now, None)?.due;
    let edge = draft.case.place().and_then(|place| rules.next_mode_edge(place, now));
    draft.start_fixed(Stage::Reexamine, no, edge.map_or(again, |e| e.min(again)));
    Ok(())
}

/// A rest is looked at again.
pub(super) fn wake(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    let Some((_, task)) = goes_on(draft) else { return over(draft) };
    if task.cadence(mode(draft).map(|m| m.id.as_str())).is_none() {
        draft.end_clocks(|c| c.thread == Some(no), Clocks::Met);
        return rest(draft, no, task);
    }
    draft.end(no, Step::Withdrawn, None, Clocks::Met)?;
    next(draft, 0)
}

/// Another mode holds here than when the visit was asked for, or will before a rest is looked at: what rests
/// wakes, and a visit that the mode asks for sooner is asked for sooner. What is owed is never put off.
pub(super) fn look_again(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some((_, task)) = goes_on(draft) else { return Ok(()) };
    let owed = draft.case.open_of(ThreadKind::Visit).next();
    let Some((no, label, round)) = owed.map(|t| (t.no, t.label.clone(), t.round)) else { return Ok(()) };
    let clock = draft.case.clocks.iter().find(|c| c.thread == Some(no) && c.runs());
    let Some((stage, due)) = clock.map(|c| (c.stage, c.due)) else { return Ok(()) };
    let (rules, now) = (draft.desk.rules, draft.desk.now);
    let mode = mode(draft);
    let cadence = task.cadence(mode.map(|m| m.id.as_str()));
    if stage == Stage::Reexamine {
        let edge = draft.case.place().and_then(|place| rules.next_mode_edge(place, now));
        return if cadence.is_some() || edge.is_some_and(|e| e < due) { wake(draft, no) } else { Ok(()) };
    }
    let Some(limit) = cadence.filter(|_| round == 0 && label != mode.map(|m| m.id.clone())) else {
        return Ok(());
    };
    if draft.deadline(limit, now, None)?.due < due {
        draft.end(no, Step::Withdrawn, None, Clocks::Stopped)?;
        next(draft, 0)?;
    }
    Ok(())
}

/// A visit was not done in time.
pub(super) fn missed(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    let due = draft.record.effective();
    let owed = draft.case.routine.as_deref().is_some_and(|r| admitted(draft, r, due));
    if !owed {
        return over(draft);
    }
    let round = draft.thread(no)?.round;
    draft.end(no, Step::Missed, None, Clocks::Stopped)?;
    let Some((_, task)) = goes_on(draft) else { return over(draft) };
    if task.retry.is_some() && round < u16::from(task.retries) {
        return next(draft, round + 1);
    }
    climb(draft, no, task)?;
    next(draft, 0)
}

/// Whoever the task climbs to watches until a visit is done.
fn climb(draft: &mut Draft<'_>, no: ThreadNo, task: &Task) -> Result<(), Refusal> {
    if draft.case.open_of(ThreadKind::Supervision).next().is_some() {
        return Ok(());
    }
    let holder = draft.by_name(draft.holder(ThreadKind::Supervision, &task.climb));
    let volunteer = match &holder {
        Holder::Unit { person: Some(person), .. } => draft.desk.rules.volunteers(person),
        _ => false,
    };
    let watch = draft.open_with(ThreadKind::Supervision, holder, |t| {
        t.under = Some(no);
        t.label = Some(task.id.clone());
    })?;
    draft.start_limited(Stage::Resolve, watch, &task.climb_limit, !volunteer)
}

fn visit(
    draft: &mut Draft<'_>,
    no: ThreadNo,
    result: VisitResult,
    effort: Effort,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    draft.open_thread(no, ThreadKind::Visit)?;
    if effort != Effort::default() {
        draft.emit(Event::EffortLogged { thread: no, effort });
    }
    if result == VisitResult::Nobody {
        return nobody(draft, no, text);
    }
    let missed = |t: &&Thread| t.kind == ThreadKind::Visit && t.step == Step::Missed;
    let earlier: Vec<ThreadNo> = draft.case.threads.iter().filter(missed).map(|t| t.no).collect();
    for missed in earlier {
        draft.prove_late(missed, Stage::Milestone)?;
    }
    draft.end_as(no, Step::Done, Some(result.as_str().into()), text, Clocks::Met)?;
    let watched: Vec<ThreadNo> = draft.case.open_of(ThreadKind::Supervision).map(|t| t.no).collect();
    for watch in watched {
        draft.step(watch, Step::Done, None)?;
        draft.end(watch, Step::Confirmed, None, Clocks::Met)?;
    }
    next(draft, 0)
}

/// 未遇: the visit is still owed; who is not met as often as a miss may be made good, and once more, is
/// somebody else's worry at once.
fn nobody(draft: &mut Draft<'_>, no: ThreadNo, text: Option<TextRef>) -> Result<(), Refusal> {
    draft.emit(Event::Tried { thread: no });
    if let Some(text) = text {
        draft.emit(Event::Noted { text, thread: Some(no) });
    }
    let tries = draft.thread(no)?.tries;
    match goes_on(draft) {
        Some((_, task)) if tries > task.retries => climb(draft, no, task),
        _ => Ok(()),
    }
}

// ---- what was found ----

/// A report names the visit on which it was found; whoever reports is of the unit that did it.
pub(super) fn names_visit(desk: &Desk<'_>, visited: &Visited) -> Result<(), Refusal> {
    let Some(thread) = desk.answers.visit.as_deref() else {
        let why = format!("case {} has no visit {} of late", visited.case, visited.thread);
        return Err(Refusal::new("visit.unknown", why, "a visit of a routine"));
    };
    let own = matches!(desk.actor, Actor::Staff(s) if thread.holder.as_unit() == Some(&s.unit));
    if own {
        return Ok(());
    }
    let whose = thread.holder.as_unit().map(ToString::to_string).unwrap_or_default();
    let why = format!("the visit {} is with {whose}", visited.thread);
    Err(Refusal::new("visit.whose", why, format!("somebody of {whose}")))
}

fn found(draft: &mut Draft<'_>, thread: ThreadNo, case: CaseId) -> Result<(), Refusal> {
    let visit = draft.case.thread(thread).is_some_and(|t| t.kind == ThreadKind::Visit);
    let known = draft.case.routine.as_deref().is_some_and(|r| r.finds.contains(&(thread, case)));
    if !visit || known {
        let why = format!("visit {thread} is gone, or the case is known to be found on it");
        return Err(Refusal::new("visit.none", why, "a visit that stands"));
    }
    draft.emit(Event::Found { thread, case });
    Ok(())
}
