//! From a folded case to the rows of the store, and from a row to the fact that figures count.
//!
//! The only place where the words of the core meet the columns of the store. Everything is derived from the
//! case, so that a rebuild of the journal gives the same rows. No exact point is among them, so that
//! erasure need not look here.

use crate::external::row_digest;
use crate::quota::routine_row;
use compact_str::{CompactString, format_compact};
use huying_core::case::event::{Effort, Holder, Identity, Satisfied, Solved, Stage, VerdictBy};
use huying_core::case::routine::ROUTINE;
use huying_core::case::state::{Case, Clock, Restricted, Spine, Thread};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::figures::{CaseFact, came_to};
use huying_core::ids::{CaseId, PersonId, PostId, ProcedureId, Seq, UnitId};
use huying_core::observation::{Observation, Recorded, Stamp, Standing, contradictions};
use huying_core::time::Time;
use huying_store::{CaseRow, ClockRow, ExternalRow, Rows, ThreadRow};

/// Adds what changed between two states of a case.
pub(crate) fn project(before: Option<&Case>, after: &Case, rows: &mut Rows) {
    rows.cases.push(case_row(after));
    for thread in after.threads.iter().filter(|t| t.is_open()) {
        rows.threads.push(thread_row(after, thread));
    }
    for clock in after.clocks.iter() {
        rows.clocks.extend(clock_row(after.id, clock));
    }
    if let Some(observation) = &after.observed {
        rows.externals.push(external_row(after.id, observation));
    }
    rows.routines.extend(routine_row(after));
    let Some(before) = before else { return };
    if before.running().is_some() && after.running().is_none() {
        rows.ended_routines.push(after.id);
    }
    let open = |t: &&Thread| t.is_open();
    for thread in before.threads.iter().filter(open) {
        if !after.thread(thread.no).is_some_and(Thread::is_open) {
            rows.ended_threads.push((after.id, thread.no));
        }
    }
    for clock in &before.clocks {
        let rang = clock_row(before.id, clock).is_some();
        let rings = after.clock(clock.no).is_some_and(|c| clock_row(after.id, c).is_some());
        if rang && !rings {
            rows.stopped_clocks.push((after.id, clock.no));
        }
    }
}

/// The next edge of a clock that counts; none when it will not ring again.
pub(crate) fn clock_row(case_id: CaseId, clock: &Clock) -> Option<ClockRow> {
    if !clock.runs() || clock.missed_at.is_some() {
        return None;
    }
    let near = clock.near.filter(|n| !clock.near_fired && *n < clock.due);
    let due_at = near.unwrap_or(clock.due);
    Some(ClockRow { case_id, clock: clock.no, due_at, generation: u32::from(clock.generation) })
}

fn external_row(case_id: CaseId, observation: &Observation) -> ExternalRow {
    ExternalRow {
        system: observation.system.clone(),
        external_id: observation.external_id.clone(),
        case_id,
        digest: row_digest(observation),
    }
}

fn thread_row(case: &Case, thread: &Thread) -> ThreadRow {
    let due = case.clocks.iter().filter(|c| c.thread == Some(thread.no) && c.runs()).map(|c| c.due).min();
    // A word owed to a system above is in the desk's worklist until its receipt is there.
    let owed = thread.kind == ThreadKind::External;
    let holder = if owed { &thread.caller } else { &thread.holder };
    let awaited = Some(case.awaited(thread)).filter(|a| *a != holder);
    ThreadRow {
        case_id: case.id,
        thread: thread.no,
        kind: thread.kind.as_str().into(),
        step: thread.step.as_str().into(),
        holder_unit: holder.as_unit().cloned(),
        holder_post: None,
        holder_person: person_of(&thread.holder),
        caller_unit: thread.caller.as_unit().cloned(),
        opened_at: thread.opened_at,
        due_at: due,
        awaited_unit: awaited.and_then(|a| a.as_unit().cloned()),
        awaited_person: awaited.and_then(person_of),
    }
}

fn person_of(holder: &Holder) -> Option<PersonId> {
    if let Holder::Unit { person, .. } = holder { person.clone() } else { None }
}

fn case_row(case: &Case) -> CaseRow {
    match &case.observed {
        Some(observation) => observed_row(case, observation),
        None => own_row(case),
    }
}

fn base_row(case: &Case) -> CaseRow {
    let said = case.judged().map_or(case.verdict, |(said, _)| said);
    CaseRow {
        case_id: case.id,
        number: Some(case.number.clone()),
        state: case.spine.as_str().into(),
        version: case.version,
        last_seq: Seq(0),
        channel: Default::default(),
        request_type: None,
        matter: case.matter().cloned(),
        place: case.place().cloned(),
        lead_unit: case.lead.clone(),
        procedure: none_procedure(),
        urgency: None,
        confidentiality: None,
        merged_into: case.follows,
        governed_by: None,
        system: None,
        external_id: None,
        opened_at: case.reported_at,
        registered_at: case.opened_at,
        due_at: None,
        due_provisional: false,
        contact_due_at: None,
        first_contact_at: case.contacted_at,
        replied_at: case.answered_at,
        answered_at: case.last_answered_at,
        closed_at: case.closed_at,
        close_ground: case.ground.clone(),
        solved: said.solved.map(solved_code),
        satisfied: said.satisfied.map(satisfied_code),
        rating: None,
        reworks: case.reworks,
        returns: case.returns,
        extensions: case.extensions,
        overdue: u16::try_from(case.clocks.iter().filter(|c| c.kept() == Some(false)).count())
            .unwrap_or(u16::MAX),
        suspended: case.threads.iter().any(|t| t.kind == ThreadKind::Suspension && t.step == Step::Hung),
        excluded: case.excluded.is_some(),
        observed_status: None,
        day_only: 0,
        contradictions: 0,
        reached: None,
        about: case.facts.as_ref().and_then(|f| f.about.clone()),
        restricted_to: case.restricted.as_ref().map(|r| named(r)),
        minutes: sum(case, |e| e.minutes),
        trips: sum(case, |e| u32::from(e.trips)),
        forms: sum(case, |e| u32::from(e.forms)),
        transfers: case.transfers,
        came_to: between_blanks(came_to(case).iter().map(UnitId::as_str)),
        whistles: u16::try_from(case.threads.iter().filter(|t| t.kind == ThreadKind::Whistle).count())
            .unwrap_or(u16::MAX),
        passed_down: case.passed_down,
        urged: case.urged,
        on_notice: case.on_notice,
        quick: case.quick,
        forced: case.forced,
    }
}

/// Persons and posts for whom alone a case is.
fn named(restricted: &Restricted) -> CompactString {
    let persons = restricted.persons.iter().map(PersonId::as_str);
    let all = between_blanks(persons.chain(restricted.posts.iter().map(PostId::as_str)));
    all.unwrap_or_else(|| " ".into())
}

/// Ids, each between blanks, which no id holds: one is found by its id between two. None for none.
fn between_blanks<'a>(ids: impl Iterator<Item = &'a str>) -> Option<CompactString> {
    let all = ids.fold(CompactString::from(" "), |all, id| format_compact!("{all}{id} "));
    Some(all).filter(|all| all.len() > 1)
}

fn sum(case: &Case, of: impl Fn(&Effort) -> u32) -> u32 {
    case.threads.iter().fold(0, |all: u32, thread| all.saturating_add(of(&thread.effort)))
}

fn none_procedure() -> ProcedureId {
    // A case taken over follows no procedure here; the column says so in a word.
    #[expect(clippy::expect_used, reason = "a constant that is an id")]
    ProcedureId::new("observed").expect("`observed` is an id")
}

fn own_row(case: &Case) -> CaseRow {
    let mut row = base_row(case);
    if let Some(facts) = &case.facts {
        row.channel = facts.channel.clone();
        row.request_type = Some(facts.request_type.clone());
        row.procedure = facts.procedure.clone();
        if let Some(routine) = &case.routine {
            // The visits that the case has let go of count on.
            row.overdue = u16::try_from(routine.missed).unwrap_or(u16::MAX);
            row.minutes = row.minutes.saturating_add(routine.forgotten.minutes);
            row.trips = row.trips.saturating_add(u32::from(routine.forgotten.trips));
            row.forms = row.forms.saturating_add(u32::from(routine.forgotten.forms));
        }
        row.urgency = Some(facts.urgency.as_str().into());
        row.confidentiality = (facts.identity != Identity::Named).then(|| facts.identity.as_str().into());
        row.governed_by = facts.governed.as_ref().map(|g| g.system.clone());
        row.external_id = facts.governed.as_ref().map(|g| g.external_id.clone());
    }
    if let Some(promise) = case.clocks.iter().rev().find(|c| c.stage == Stage::Promise) {
        row.due_at = Some(promise.due);
        row.due_provisional = promise.provisional;
    }
    let contact = case.clocks.iter().filter(|c| c.stage == Stage::Contact).map(|c| c.due).min();
    row.contact_due_at = contact;
    let judged = case.judged();
    let rated = judged.filter(|(_, by)| *by == VerdictBy::Rating).and_then(|(said, _)| said.satisfied);
    row.rating = rated.map(|s| {
        5 - u8::try_from(Satisfied::ALL.iter().position(|(_, v)| *v == s).unwrap_or(0)).unwrap_or(0)
    });
    row.reached = match (case.verdict_by, judged) {
        // Nobody said anything: the caller was tried in vain, or nobody asked them.
        (Some(VerdictBy::Nobody), _) if tried_in_vain(case) => Some(false),
        (_, Some((_, VerdictBy::Callback))) => Some(true),
        _ => None,
    };
    row
}

fn tried_in_vain(case: &Case) -> bool {
    let last = case.threads.iter().rev().find(|t| t.kind == ThreadKind::Callback);
    last.is_some_and(|t| t.step == Step::Unreachable)
}

/// The times of an observation with the bit of each in `day_only`.
fn stamps(o: &Observation) -> [(u8, &Recorded<Stamp>); 6] {
    [(1, &o.opened), (2, &o.due), (4, &o.contact_due), (8, &o.contacted), (16, &o.replied), (32, &o.closed)]
}

fn observed_row(case: &Case, o: &Observation) -> CaseRow {
    let mut row = base_row(case);
    let time = |stamp: &Recorded<Stamp>| stamp.get().map(|s| s.start());
    row.channel = o.channel.get().cloned().unwrap_or_default();
    row.request_type = o.request_type.get().cloned();
    row.system = Some(o.system.clone());
    row.external_id = Some(o.external_id.clone());
    row.due_at = time(&o.due);
    row.contact_due_at = time(&o.contact_due);
    row.excluded |= o.excluded.get().copied().unwrap_or(false);
    row.observed_status = o.status.get().map(|s| s.raw.clone());
    row.day_only = stamps(o)
        .into_iter()
        .filter(|(_, stamp)| matches!(stamp.get(), Some(Stamp::Day { .. })))
        .map(|(bit, _)| bit)
        .sum();
    if o.closed.is_not() && o.status.is_not() {
        row.day_only |= CLOSINGS_NOT_RECORDED;
    }
    row.contradictions = u16::try_from(contradictions(o).len()).unwrap_or(u16::MAX);
    row
}

/// The bit of `day_only` of a case whose source records neither closings nor a status.
const CLOSINGS_NOT_RECORDED: u8 = 64;

const SOLVED: [(i8, Solved); 3] = [(1, Solved::Solved), (0, Solved::NotSolved), (2, Solved::Partly)];
const SATISFIED: [(i8, Satisfied); 5] = [
    (1, Satisfied::Satisfied),
    (0, Satisfied::NotSatisfied),
    (2, Satisfied::Basically),
    (3, Satisfied::Very),
    (4, Satisfied::NotAtAll),
];

fn solved_code(value: Solved) -> i8 {
    SOLVED.iter().find(|(_, v)| *v == value).map_or(0, |(code, _)| *code)
}

fn satisfied_code(value: Satisfied) -> i8 {
    SATISFIED.iter().find(|(_, v)| *v == value).map_or(0, |(code, _)| *code)
}

/// Whether a case is somebody's call or find: a routine is none, and no figure of calls counts it.
pub(crate) fn is_call(row: &CaseRow) -> bool {
    row.procedure.as_str() != ROUTINE
}

/// What figures count of a row. `place` is left as it stands; the caller lifts it to the level it reports on.
pub fn fact(row: &CaseRow) -> CaseFact {
    let stamp = |bit: u8, at: Option<Time>| {
        at.map(|t| if row.day_only & bit != 0 { Stamp::Day { day: t } } else { Stamp::At(t) })
    };
    let opened = stamp(1, Some(row.opened_at)).unwrap_or(Stamp::At(row.opened_at));
    let known = row.system.is_none() || row.observed_status.is_some();
    let standing = known.then(|| standing(&row.state)).flatten();
    CaseFact {
        unit: row.lead_unit.as_ref().map(|u| u.as_str().into()),
        place: row.place.as_ref().map(|p| p.as_str().into()),
        matter: row.matter.as_ref().map(|m| m.as_str().into()),
        channel: Some(row.channel.clone()).filter(|c| !c.is_empty()),
        request_type: row.request_type.clone(),
        due: stamp(2, row.due_at),
        contact_due: stamp(4, row.contact_due_at),
        contacted: stamp(8, row.first_contact_at),
        replied: stamp(16, row.replied_at),
        closed: stamp(32, row.closed_at),
        standing,
        solved: row.solved.and_then(|c| SOLVED.iter().find(|(code, _)| *code == c)).map(|(_, v)| *v),
        satisfied: row.satisfied.and_then(|c| SATISFIED.iter().find(|(code, _)| *code == c)).map(|(_, v)| *v),
        reached: row.reached,
        closing_recorded: row.day_only & CLOSINGS_NOT_RECORDED == 0,
        excluded: row.excluded,
        reworked: row.system.is_none().then_some(row.reworks),
        transferred: row.transfers,
        urged: row.urged,
        on_notice: row.on_notice,
        quick: row.quick,
        forced: row.forced,
        contradictions: u32::from(row.contradictions),
        ..CaseFact::opened(opened)
    }
}

fn standing(state: &str) -> Option<Standing> {
    let is = |spine: Spine| spine.as_str() == state;
    if is(Spine::Closed) {
        Some(Standing::Closed)
    } else if is(Spine::Void) {
        Some(Standing::Void)
    } else if is(Spine::Answered) || is(Spine::Verdict) {
        Some(Standing::Answered)
    } else {
        Some(Standing::Open)
    }
}
