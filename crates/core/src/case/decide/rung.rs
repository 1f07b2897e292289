//! The ladder 呼应: whoever calls is answered by the nearest hand, and the call climbs by itself until it is.
//!
//! A rung is a thread with a caller: the resident, then each holder below. Its caller takes its answer or
//! sends it back. Who stands where and how long each may take is the profile's `[ladder]`. Next:
//! `whistle.rs` for what a street does that cannot solve a call by itself.

use super::draft::{Clocks, Draft};
use super::{answer, instruction, supervise, whistle};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Case, Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::clock::Limit;
use crate::ids::{PersonId, ThreadNo, UnitId};
use crate::profile::{Ladder, RungRule, Trigger};
use compact_str::CompactString;

/// How a rung is confirmed where its caller said nothing in time.
const SILENCE: &str = "silence";

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Acknowledge { thread } => {
            if draft.thread(*thread)?.kind == ThreadKind::Summons {
                return whistle::acknowledge(draft, *thread);
            }
            if draft.open_thread(*thread, ThreadKind::Rung)?.step == Step::Done {
                let why = "its holder has said that it is done";
                return Err(Refusal::new("rung.done", why, "`confirm` by who called for it"));
            }
            draft.prove_late(*thread, Stage::Acknowledge)?;
            acknowledge(draft, *thread)
        }
        Command::Climb { thread, text } => {
            let rung = draft.open_thread(*thread, ThreadKind::Rung)?;
            if rung.step == Step::Done {
                let why = "its holder has said that it is done";
                return Err(Refusal::new("rung.done", why, "`confirm` by who called for it"));
            }
            if climb(draft, *thread, Some(*text))? {
                return Ok(());
            }
            if beyond(draft, *thread, *text)? {
                return Ok(());
            }
            let why = "there is no rung above this one";
            Err(Refusal::new("rung.top", why, "`whistle`, `ask_suspension`, or an answer that says why not"))
        }
        Command::Confirm { thread, confirmed, grade, text } => {
            if let Some(grade) = grade {
                draft.word(&draft.desk.rules.profile.words.grade, "grade", grade)?;
            }
            match draft.thread(*thread)?.kind {
                ThreadKind::Summons => whistle::confirm(draft, *thread, *confirmed, grade.clone(), *text),
                ThreadKind::Instruction => instruction::confirm(draft, *thread, *confirmed, *text),
                _ => confirm(draft, *thread, *confirmed, grade.clone(), *text),
            }
        }
        Command::Withdraw { thread, text } => match draft.thread(*thread)?.kind {
            ThreadKind::Rung => stand_down(draft, *thread, *text),
            ThreadKind::Instruction => instruction::withdraw(draft, *thread, *text),
            _ => whistle::withdraw(draft, *thread, *text),
        },
        _ => Ok(()),
    }
}

fn ladder<'a>(draft: &Draft<'a>) -> Result<&'a Ladder, Refusal> {
    draft.desk.rules.profile.ladder.as_ref().ok_or_else(|| {
        Refusal::new("rung.no-ladder", "this city's profile has no ladder", "a profile with a table [ladder]")
    })
}

/// Who stands on a rung.
type Stands = (usize, UnitId, Option<PersonId>);

/// The first rung from `from` on where somebody stands who is neither accused nor the one who calls.
fn first_from(draft: &Draft<'_>, ladder: &Ladder, from: usize, caller: &Holder) -> Option<Stands> {
    (from..ladder.rungs.len()).find_map(|at| stands_on(draft, ladder, at, caller))
}

fn stands_on(draft: &Draft<'_>, ladder: &Ladder, at: usize, caller: &Holder) -> Option<Stands> {
    let rung = ladder.rungs.get(at)?;
    let may = |unit: &UnitId, person: Option<&PersonId>| {
        let same = matches!(caller, Holder::Unit { unit: u, person: p } if u == unit && p.as_ref() == person);
        !same && !draft.accused(unit) && !person.is_some_and(|p| draft.serves_accused(p))
    };
    let (place, matter) = (draft.case.place(), draft.case.matter());
    let (unit, person) = draft.desk.rules.on_rung(rung, place, matter, draft.desk.now, may)?;
    let person = person.or_else(|| draft.on_duty(&unit));
    Some((at, unit, person))
}

fn emergency(draft: &Draft<'_>) -> bool {
    draft.case.facts.as_ref().is_some_and(|f| f.urgency == Urgency::Emergency)
}

/// The call goes to the lowest rung, or to all at once where life or property is in danger. Who calls in
/// their own right calls the rung above their own.
pub(super) fn begin(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let ladder = ladder(draft)?;
    let own = draft.case.facts.as_ref().is_some_and(|f| ladder.own.contains(&f.source));
    let (from, caller) = match draft.desk.actor {
        Actor::Staff(staff) if own && !draft.accused(&staff.unit) => {
            let own_rung = ladder.rungs.iter().rposition(|r| r.callers.contains(&staff.role));
            let person = Some(staff.person.clone());
            (own_rung.map_or(0, |i| i + 1), Holder::Unit { unit: staff.unit.clone(), person })
        }
        // Taken up again, or moved: who called in their own right at first still does.
        _ => (0, first_caller(draft).unwrap_or(Holder::Caller)),
    };
    if emergency(draft) && wake(draft, ladder, from, None, caller.clone())? {
        return Ok(());
    }
    let Some(found) = first_from(draft, ladder, from, &caller) else { return last_resort(draft, ladder) };
    step_onto(draft, ladder, found, None, caller)
}

fn first_caller(draft: &Draft<'_>) -> Option<Holder> {
    let rungs = draft.case.threads.iter().filter(|t| t.kind == ThreadKind::Rung);
    rungs.filter(|t| t.under.is_none()).map(|t| t.caller.clone()).next()
}

/// Nobody stands anywhere: the accountable unit has the highest rung, so that the call is never nobody's.
fn last_resort(draft: &mut Draft<'_>, ladder: &Ladder) -> Result<(), Refusal> {
    let at = ladder.rungs.len().saturating_sub(1);
    let holder = draft.holder(ThreadKind::Rung, &ladder.top);
    let unit = holder.as_unit().cloned().ok_or_else(|| {
        Refusal::new(
            "holder.missing",
            "the city has no unit for any rung",
            "a unit without parent in units.csv",
        )
    })?;
    step_onto(draft, ladder, (at, unit, None), None, Holder::Caller)
}

/// Opens every rung from `from` on that an emergency wakes; whether there was any.
fn wake(
    draft: &mut Draft<'_>,
    ladder: &Ladder,
    from: usize,
    under: Option<ThreadNo>,
    caller: Holder,
) -> Result<bool, Refusal> {
    let (mut under, mut caller, mut any) = (under, caller, false);
    for at in (from..ladder.rungs.len()).filter(|i| ladder.rungs[*i].emergency.is_some()) {
        let Some(found) = stands_on(draft, ladder, at, &caller) else { continue };
        let holder = Holder::Unit { unit: found.1.clone(), person: found.2.clone() };
        let next = calls_on(draft, ladder.rungs.get(at), &holder, &caller);
        under = Some(open(draft, ladder, found, under, caller)?);
        caller = next;
        any = true;
    }
    Ok(any)
}

/// A case that turns out to be an emergency wakes the rungs above those that are at it already.
pub(super) fn wake_above(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let highest = draft.case.open_of(ThreadKind::Rung).max_by_key(|t| t.rank);
    let Some(highest) = highest.cloned() else { return Ok(()) };
    let ladder = ladder(draft)?;
    let at = highest.label.as_deref().and_then(|l| ladder.find(l));
    let caller = calls_on(draft, at.and_then(|i| ladder.rungs.get(i)), &highest.holder, &highest.caller);
    let from = at.map_or(ladder.rungs.len(), |i| i + 1);
    wake(draft, ladder, from, Some(highest.no), caller).map(|_| ())
}

/// One rung opens, for whoever called.
fn step_onto(
    draft: &mut Draft<'_>,
    ladder: &Ladder,
    found: Stands,
    under: Option<ThreadNo>,
    caller: Holder,
) -> Result<(), Refusal> {
    open(draft, ladder, found, under, caller)?;
    name_lead(draft);
    Ok(())
}

/// The rung that the accountable unit stands on: the highest that has answered, until one has the first that
/// was called.
pub(super) fn answering(case: &Case) -> Option<&Thread> {
    let answered = case.open_of(ThreadKind::Rung).filter(|t| t.step != Step::Sent).max_by_key(|t| t.rank);
    answered.or_else(|| case.open_of(ThreadKind::Rung).min_by_key(|t| t.rank))
}

/// The accountable unit among rungs is the one that answers. A department that a ruling named stays it while
/// its summons is open, and for the answer that is then owed.
fn name_lead(draft: &mut Draft<'_>) {
    let case = &draft.case;
    let answer_owed = case.open_of(ThreadKind::Rung).all(|t| t.step == Step::Done);
    let named = |t: &Thread| {
        let at_it = t.is_open() || (answer_owed && t.step == Step::Confirmed);
        t.kind == ThreadKind::Summons && at_it && t.holder.as_unit() == case.lead.as_ref()
    };
    if case.threads.iter().any(named) {
        return;
    }
    let lead = answering(case).and_then(|t| t.holder.as_unit()).cloned();
    if let Some(lead) = lead.filter(|l| case.lead.as_ref() != Some(l)) {
        draft.emit(Event::LeadSet { lead });
    }
}

/// What a record did to rungs may make another one accountable, and so may a summons that is called off.
pub(super) fn settle(draft: &mut Draft<'_>) {
    let kind = |no: ThreadNo| draft.case.thread(no).map(|t| t.kind);
    let of_rung = |event: &Event| match event {
        Event::ThreadOpened(t) => t.kind == ThreadKind::Rung,
        Event::ThreadMoved { thread, step: Step::Withdrawn | Step::Excused, .. } => {
            matches!(kind(*thread), Some(ThreadKind::Rung | ThreadKind::Summons))
        }
        Event::ThreadMoved { thread, .. } | Event::ThreadHeld { thread, .. } => {
            kind(*thread) == Some(ThreadKind::Rung)
        }
        _ => false,
    };
    if draft.record.events.iter().any(of_rung) {
        name_lead(draft);
    }
}

/// Who calls the rung above one: whoever stands on it, but a volunteer's silence says yes for nobody, so that
/// an unpaid rung hands on who called it.
fn calls_on(draft: &Draft<'_>, rule: Option<&RungRule>, holder: &Holder, caller: &Holder) -> Holder {
    let unpaid = match holder {
        Holder::Unit { person: Some(person), .. } => draft.desk.rules.volunteers(person),
        _ => false,
    };
    if unpaid || rule.is_some_and(|r| !r.scored) { caller.clone() } else { holder.clone() }
}

fn open(
    draft: &mut Draft<'_>,
    ladder: &Ladder,
    (at, unit, person): Stands,
    under: Option<ThreadNo>,
    caller: Holder,
) -> Result<ThreadNo, Refusal> {
    let below = under.and_then(|no| draft.case.thread(no)).and_then(|t| t.rank).unwrap_or(0);
    let Some(rung) = ladder.rungs.get(at) else {
        return Err(Refusal::new("rung.unknown", "the ladder has no such rung", "a rung of the profile"));
    };
    let no = draft.open_with(ThreadKind::Rung, Holder::Unit { unit, person }, |t| {
        t.caller = caller;
        t.under = under;
        t.rank = Some(below.saturating_add(1));
        t.label = Some(rung.id.clone());
    })?;
    start(draft, no, Stage::Acknowledge)?;
    start(draft, no, Stage::Resolve)?;
    Ok(no)
}

/// Starts a clock of a rung, by the rules of its rung and as pressing as the case is.
fn start(draft: &mut Draft<'_>, no: ThreadNo, stage: Stage) -> Result<(), Refusal> {
    let Some(rung) = rule_of(draft, no)? else { return Ok(()) };
    let woken = rung.emergency.as_ref().filter(|_| emergency(draft));
    let limit: &Limit = match (stage, woken) {
        (Stage::Acknowledge, Some(w)) => &w.acknowledge,
        (Stage::Acknowledge, None) => &rung.acknowledge,
        (_, Some(w)) => &w.resolve,
        (_, None) => &rung.resolve,
    };
    let person = match &draft.thread(no)?.holder {
        Holder::Unit { person, .. } => person.clone(),
        _ => None,
    };
    let volunteer = person.is_some_and(|p| draft.desk.rules.volunteers(&p));
    draft.start_limited(stage, no, limit, rung.scored && !volunteer)
}

/// The rules of a rung that is open; of one that the profile has lost since, those of the place it had, or of
/// the highest there is.
fn rule_of<'a>(draft: &Draft<'a>, no: ThreadNo) -> Result<Option<&'a RungRule>, Refusal> {
    let rung = draft.thread(no)?;
    let ladder = ladder(draft)?;
    let place = || usize::from(rung.rank.unwrap_or(1)).saturating_sub(1);
    let at = rung.label.as_deref().and_then(|l| ladder.find(l)).unwrap_or_else(place);
    Ok(ladder.rungs.get(at).or(ladder.rungs.last()))
}

fn acknowledge(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    draft.step(no, Step::Acknowledged, None)?;
    draft.meet(no, Stage::Acknowledge);
    Ok(())
}

/// The call goes a rung up, unless one above is at it already. `false` when there is none above: then
/// nothing has happened.
fn climb(draft: &mut Draft<'_>, no: ThreadNo, text: Option<TextRef>) -> Result<bool, Refusal> {
    let ladder = ladder(draft)?;
    let rung = draft.open_thread(no, ThreadKind::Rung)?.clone();
    let above = draft.case.open_of(ThreadKind::Rung).any(|t| t.rank > rung.rank);
    // A rung that the profile has lost since is taken for the place it had.
    let was = rung.label.as_deref().and_then(|l| ladder.find(l));
    let from = was.map_or_else(|| usize::from(rung.rank.unwrap_or(0)), |i| i + 1);
    let found = first_from(draft, ladder, from, &rung.holder);
    if !above && found.is_none() {
        return Ok(false);
    }
    draft.withdraw(|t| {
        t.under == Some(no) && matches!(t.kind, ThreadKind::Suspension | ThreadKind::Supervision)
    })?;
    draft.end(no, Step::Climbed, text, Clocks::Stopped)?;
    if let Some(found) = found.filter(|_| !above) {
        let caller = calls_on(draft, was.and_then(|i| ladder.rungs.get(i)), &rung.holder, &rung.caller);
        step_onto(draft, ladder, found, Some(no), caller)?;
    }
    Ok(true)
}

/// 转热线办理: what is beyond the power of the highest rung becomes an order, where the procedure dispatches it.
/// `false` where it does not, or another rung is at it: then nothing has happened.
fn beyond(draft: &mut Draft<'_>, no: ThreadNo, text: TextRef) -> Result<bool, Refusal> {
    let others = draft.case.open_of(ThreadKind::Rung).any(|t| t.no != no);
    if others || !draft.opens(Trigger::BeyondLadder, ThreadKind::Dispatch)? {
        return Ok(false);
    }
    draft.withdraw(|t| {
        t.under == Some(no) && matches!(t.kind, ThreadKind::Suspension | ThreadKind::Supervision)
    })?;
    draft.end(no, Step::Climbed, Some(text), Clocks::Stopped)?;
    draft.trigger(Trigger::BeyondLadder)?;
    Ok(true)
}

/// A clock of a rung fell due: it climbs by itself. The highest is watched instead, once.
pub(super) fn missed(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    if draft.thread(no)?.step == Step::Done || climb(draft, no, None)? {
        return Ok(());
    }
    if draft.case.open_of(ThreadKind::Supervision).any(|t| t.under == Some(no)) {
        return Ok(());
    }
    let label = draft.thread(no)?.label.clone();
    supervise::watch(draft, no, &ladder(draft)?.top, label, None)
}

/// Whoever called for a rung said nothing in time: its answer stands.
pub(super) fn silent(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    draft.end_as(no, Step::Confirmed, Some(SILENCE.into()), None, Clocks::Met)?;
    answered_within(draft)
}

/// 办结: the holder of a rung says that it is done.
pub(super) fn finish(draft: &mut Draft<'_>, no: ThreadNo, text: TextRef) -> Result<(), Refusal> {
    let rung = draft.open_thread(no, ThreadKind::Rung)?;
    if rung.step == Step::Done {
        return Err(Refusal::new("rung.done", "it is done already", "`confirm` by who called for it"));
    }
    let blocks = |t: &&Thread| {
        let own = t.under == Some(no);
        own && (t.kind == ThreadKind::Whistle || (t.kind == ThreadKind::Suspension && t.step == Step::Hung))
    };
    if let Some(open) = draft.case.open_threads().find(blocks) {
        let why = format!("thread {} ({:?}) under it is still open", open.no, open.kind);
        return Err(Refusal::new("rung.waits", why, "the end of that thread first"));
    }
    draft.prove_late(no, Stage::Resolve)?;
    if draft.thread(no)?.step == Step::Sent {
        acknowledge(draft, no)?;
    }
    done(draft, no, Some(text))
}

/// A rung is done and waits for the word of who called for it.
pub(super) fn done(draft: &mut Draft<'_>, no: ThreadNo, text: Option<TextRef>) -> Result<(), Refusal> {
    draft.withdraw(|t| {
        t.under == Some(no) && matches!(t.kind, ThreadKind::Suspension | ThreadKind::Supervision)
    })?;
    draft.step(no, Step::Done, text)?;
    draft.end_clocks(|c| c.thread == Some(no), Clocks::Met);
    if draft.thread(no)?.caller == Holder::Caller {
        return Ok(());
    }
    let limit = &ladder(draft)?.confirm;
    draft.start_limited(Stage::Check, no, limit, true)
}

fn confirm(
    draft: &mut Draft<'_>,
    no: ThreadNo,
    confirmed: bool,
    grade: Option<CompactString>,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let rung = draft.open_thread(no, ThreadKind::Rung)?;
    if rung.step != Step::Done {
        let why = format!("thread {no} stands on {:?}", rung.step);
        return Err(Refusal::new("confirm.early", why, "`confirm` once its holder has said `finish`"));
    }
    if confirmed {
        draft.end_as(no, Step::Confirmed, grade, text, Clocks::Met)?;
        return answered_within(draft);
    }
    send_back(draft, no, text)
}

/// 不认可: back to the same rung with a full clock; a rung up when it was sent back as often as the profile
/// says, unless there is none.
fn send_back(draft: &mut Draft<'_>, no: ThreadNo, text: Option<TextRef>) -> Result<(), Refusal> {
    let often = draft.thread(no)?.round.saturating_add(1) >= ladder(draft)?.raise_after;
    draft.end_clocks(|c| c.thread == Some(no), Clocks::Met);
    if often && climb(draft, no, text)? {
        return Ok(());
    }
    draft.step(no, Step::Acknowledged, text)?;
    start(draft, no, Stage::Resolve)
}

/// Where there is no caller to be asked, the word of the last rung's caller is the last word.
pub(super) fn answered_within(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let rungs = draft.case.open_of(ThreadKind::Rung).next().is_some();
    if rungs || draft.case.spine != Spine::Open || draft.case.reachable() {
        return Ok(());
    }
    let blocks = &draft.procedure()?.blocks.answer;
    if draft.case.open_threads().any(|t| blocks.contains(&t.kind)) {
        return Ok(());
    }
    answer::give(draft, None)
}

/// An emergency's rung that is not needed stands down, while another is at it.
fn stand_down(draft: &mut Draft<'_>, no: ThreadNo, text: TextRef) -> Result<(), Refusal> {
    let rung = draft.open_thread(no, ThreadKind::Rung)?;
    if rung.step == Step::Done {
        return Err(Refusal::new("rung.done", "it is done already", "`confirm` by who called for it"));
    }
    if !draft.case.open_of(ThreadKind::Rung).any(|t| t.no != no) {
        let why = "no other rung is at it";
        return Err(Refusal::new("rung.last", why, "`climb`, `finish`, or another rung that is open"));
    }
    draft.withdraw(|t| {
        t.under == Some(no) && matches!(t.kind, ThreadKind::Suspension | ThreadKind::Supervision)
    })?;
    draft.end(no, Step::Withdrawn, Some(text), Clocks::Stopped)
}

/// Whether the case is answered by the ladder: it stood on a rung, and did not leave it for a dispatch since.
pub(super) fn climbs(draft: &Draft<'_>) -> bool {
    let found = |t: &&Thread| matches!(t.kind, ThreadKind::Rung | ThreadKind::Dispatch);
    let last = draft.case.threads.iter().rev().find(found);
    last.is_some_and(|t| t.kind == ThreadKind::Rung)
        && draft.case.last_order().is_none()
        && draft.desk.rules.profile.ladder.is_some()
}

/// The caller's word: a yes confirms every rung that is done, the silence of one who cannot be asked only
/// those that they called for themselves.
pub(super) fn heard(draft: &mut Draft<'_>, by: VerdictBy) -> Result<(), Refusal> {
    let done = |t: &&Thread| t.step == Step::Done && (by != VerdictBy::Nobody || t.caller == Holder::Caller);
    let all: Vec<ThreadNo> = draft.case.open_of(ThreadKind::Rung).filter(done).map(|t| t.no).collect();
    let label = (by == VerdictBy::Nobody).then(|| CompactString::from(SILENCE));
    for no in all {
        draft.end_as(no, Step::Confirmed, label.clone(), None, Clocks::Met)?;
    }
    Ok(())
}

/// Not solved: the rungs that said so get it back. Where all were confirmed already, the last one does,
/// or the one above it when that has happened as often as the profile says.
pub(super) fn not_solved(draft: &mut Draft<'_>, round: u16) -> Result<(), Refusal> {
    let stays = |k: ThreadKind| {
        use ThreadKind::*;
        matches!(k, Rung | Whistle | Summons | Ruling | Milestone | Supervision | Correction | Instruction)
    };
    draft.withdraw(|t| !stays(t.kind))?;
    draft.emit(Event::SentBack { round });
    let done = |t: &&Thread| t.step == Step::Done;
    let all: Vec<ThreadNo> = draft.case.open_of(ThreadKind::Rung).filter(done).map(|t| t.no).collect();
    for no in &all {
        send_back(draft, *no, None)?;
    }
    if draft.case.open_of(ThreadKind::Rung).next().is_some() {
        return Ok(());
    }
    let ladder = ladder(draft)?;
    let last = draft.case.threads.iter().filter(|t| t.kind == ThreadKind::Rung);
    let last = last.rev().find(|t| t.step == Step::Confirmed).cloned();
    let Some(last) = last else { return begin(draft) };
    let at = last.label.as_deref().and_then(|l| ladder.find(l)).unwrap_or(0);
    let above = || first_from(draft, ladder, at + 1, &last.holder);
    let found = if round >= ladder.raise_after { above() } else { None };
    let found = found.or_else(|| stands_on(draft, ladder, at, &last.caller));
    match found {
        Some(found) if found.0 > at => {
            let caller = calls_on(draft, ladder.rungs.get(at), &last.holder, &last.caller);
            step_onto(draft, ladder, found, Some(last.no), caller)
        }
        Some(found) => step_onto(draft, ladder, found, last.under, last.caller),
        None => begin(draft),
    }
}

/// 属地更正: another place has other rungs. Whoever is at it lets go, and the call begins anew there.
pub(super) fn relocate(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let now = draft.desk.now;
    let Some(place) = draft.case.place().cloned() else { return Ok(()) };
    let away = |t: &Thread| t.holder.as_unit().is_some_and(|u| !draft.desk.rules.serves(u, &place, now));
    if !draft.case.open_of(ThreadKind::Rung).any(away) {
        return Ok(());
    }
    use ThreadKind::*;
    draft.withdraw(|t| {
        matches!(t.kind, Rung | Whistle | Proposal | Summons | Ruling | Milestone | Suspension | Supervision)
    })?;
    begin(draft)
}
