//! Urging 催办 and notice 通报: pressing whoever has a thread.
//!
//! What may be urged, how often, and when an urged thread that stays overdue is put on notice is the
//! profile's `[procedure.urging]`.

use super::draft::Draft;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Clock, Spine, Thread};
use crate::case::thread::ThreadKind;
use crate::ids::{ClockNo, ThreadNo, UnitId};
use crate::profile::{Trigger, Urging};
use crate::time::Time;

/// 催办: one thread, or every thread of the case that may be urged and is not with whoever urges.
pub(super) fn urge(
    draft: &mut Draft<'_>,
    thread: Option<ThreadNo>,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    draft.on(&[Spine::Reported, Spine::Open, Spine::Answered, Spine::Verdict])?;
    let rule = draft.procedure()?.urging.as_ref().ok_or_else(|| {
        let why = "orders of this procedure are not urged";
        Refusal::new("urge.none", why, "a procedure with a table [procedure.urging]")
    })?;
    let chosen = match thread {
        Some(no) => vec![urgeable(draft, rule, no)?],
        None => of_others(draft, rule)?,
    };
    let mut again: Option<Time> = None;
    let mut urged = 0;
    for no in chosen {
        match not_before(draft, rule, no)?.filter(|at| *at > draft.desk.now) {
            Some(at) => again = Some(again.map_or(at, |a| a.min(at))),
            None => {
                urged += 1;
                press(draft, rule, no, text)?;
            }
        }
    }
    match again.filter(|_| urged == 0) {
        Some(at) => {
            let why = "it was urged already, and may be again after a while";
            Err(Refusal::new("urge.again", why, format!("urging after {at}")))
        }
        None => Ok(()),
    }
}

/// Whether a thread is one that is urged: open, and with a unit.
pub(super) fn may_be(thread: &Thread, rule: &Urging) -> bool {
    thread.is_open() && rule.threads.contains(&thread.kind) && thread.holder.as_unit().is_some()
}

fn urgeable(draft: &Draft<'_>, rule: &Urging, no: ThreadNo) -> Result<ThreadNo, Refusal> {
    let thread = draft.thread(no)?;
    if may_be(thread, rule) {
        return Ok(no);
    }
    let why = format!("thread {no} ({:?} on {:?}) is not urged", thread.kind, thread.step);
    Err(Refusal::new("urge.thread", why, accepted(rule)))
}

fn accepted(rule: &Urging) -> String {
    let kinds: Vec<&str> = rule.threads.iter().map(|k| k.as_str()).collect();
    format!("an open thread of a unit: {}", kinds.join(", "))
}

fn of_others(draft: &Draft<'_>, rule: &Urging) -> Result<Vec<ThreadNo>, Refusal> {
    let own: Option<&UnitId> =
        if let Actor::Staff(staff) = draft.desk.actor { Some(&staff.unit) } else { None };
    let open = draft.case.open_threads().filter(|t| may_be(t, rule));
    let all: Vec<ThreadNo> =
        open.filter(|t| own.is_none() || t.holder.as_unit() != own).map(|t| t.no).collect();
    if all.is_empty() {
        let why = "nobody has anything of this case that could be urged";
        return Err(Refusal::new("urge.nothing", why, accepted(rule)));
    }
    Ok(all)
}

/// When a thread that was urged may be urged again.
fn not_before(draft: &Draft<'_>, rule: &Urging, no: ThreadNo) -> Result<Option<Time>, Refusal> {
    let pressed = draft.thread(no)?.pressed.as_ref().filter(|p| p.urged > 0);
    let (Some(apart), Some(pressed)) = (&rule.apart, pressed) else { return Ok(None) };
    Ok(Some(draft.deadline(apart, pressed.at, None)?.due))
}

fn press(draft: &mut Draft<'_>, rule: &Urging, no: ThreadNo, text: Option<TextRef>) -> Result<(), Refusal> {
    draft.emit(Event::Urged { thread: no, text });
    watch(draft, rule, no)
}

/// What is urged by rule; a case of another system follows no procedure here.
fn by_rule<'a>(draft: &Draft<'a>) -> Option<&'a Urging> {
    draft.procedure().ok()?.urging.as_ref()
}

/// A clock is near its due: by rule, whoever has its thread is urged.
pub(super) fn near(draft: &mut Draft<'_>, stage: Stage, no: ThreadNo) -> Result<(), Refusal> {
    let Some(rule) = by_rule(draft) else { return Ok(()) };
    if rule.stages.contains(&stage) && may_be(draft.thread(no)?, rule) {
        press(draft, rule, no, None)?;
    }
    Ok(())
}

/// A clock was missed: where its thread was urged before, or need not be, the time until a notice begins.
pub(super) fn missed(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    let Some(rule) = by_rule(draft) else { return Ok(()) };
    if draft.case.thread(no).is_some_and(Thread::is_open) { watch(draft, rule, no) } else { Ok(()) }
}

/// Whether a clock of a thread is missed, and what it times is still to be done.
fn overdue(clock: &Clock) -> bool {
    let timer = matches!(clock.stage, Stage::Notice | Stage::Rating | Stage::Reexamine);
    clock.runs() && clock.missed_at.is_some() && !timer
}

/// What was done meanwhile is put on no notice.
pub(super) fn settle(draft: &mut Draft<'_>) {
    let clocks = &draft.case.clocks;
    let late = |no: ThreadNo| clocks.iter().any(|c| c.thread == Some(no) && overdue(c));
    let waits = |c: &&Clock| c.stage == Stage::Notice && c.runs() && c.missed_at.is_none();
    let idle = clocks.iter().filter(waits).filter(|c| !c.thread.is_some_and(late));
    let idle: Vec<ClockNo> = idle.map(|c| c.no).collect();
    for clock in idle {
        draft.emit(Event::ClockStopped { clock });
    }
}

/// Starts the time until a notice, once a thread is overdue, and urged where nothing else puts it on notice.
fn watch(draft: &mut Draft<'_>, rule: &Urging, no: ThreadNo) -> Result<(), Refusal> {
    let Some(limit) = &rule.notice else { return Ok(()) };
    let thread = draft.thread(no)?;
    // Whoever called for a thread and does not take its answer is late themselves, not its holder.
    let theirs = |c: &Clock| c.stage != Stage::Check || thread.kind == ThreadKind::Check;
    let counts = |c: &Clock| {
        let urged = thread.pressed.as_ref().is_some_and(|p| p.urged > 0) && rule.stages.contains(&c.stage);
        overdue(c) && theirs(c) && (urged || (rule.overdue.contains(&c.stage) && may_be(thread, rule)))
    };
    let waits = |c: &Clock| c.missed_at.is_none() && c.stage == Stage::Notice;
    let own: Vec<&Clock> = draft.case.clocks.iter().filter(|c| c.thread == Some(no) && c.runs()).collect();
    if own.iter().any(|c| counts(c)) && !own.iter().any(|c| waits(c)) {
        draft.start_limited(Stage::Notice, no, limit, false)?;
    }
    Ok(())
}

/// 通报: it stayed overdue.
pub(super) fn notice(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    draft.emit(Event::PutOnNotice { thread: no });
    draft.trigger(Trigger::PutOnNotice).map(|_| ())
}
