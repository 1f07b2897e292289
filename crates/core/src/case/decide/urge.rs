//! Urging 催办 and notice 通报: pressing whoever has a thread.
//!
//! What may be urged, how often, and when an urged thread that stays overdue is put on notice is the
//! profile's `[procedure.urging]`.

use super::draft::Draft;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Clock, Spine, Thread};
use crate::ids::{ThreadNo, UnitId};
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

fn may_be(thread: &Thread, rule: &Urging) -> bool {
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
    let (Some(apart), Some(pressed)) = (&rule.apart, &draft.thread(no)?.pressed) else { return Ok(None) };
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

/// A clock was missed: where its thread was urged before, the time until a notice begins.
pub(super) fn missed(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    let Some(rule) = by_rule(draft) else { return Ok(()) };
    if draft.case.thread(no).is_some_and(Thread::is_open) { watch(draft, rule, no) } else { Ok(()) }
}

/// Starts the time until a notice, once a thread is both urged and overdue.
fn watch(draft: &mut Draft<'_>, rule: &Urging, no: ThreadNo) -> Result<(), Refusal> {
    let Some(limit) = &rule.notice else { return Ok(()) };
    let own = |c: &&Clock| c.thread == Some(no) && c.runs();
    let overdue = |c: &Clock| c.missed_at.is_some() && rule.stages.contains(&c.stage);
    let waits = |c: &Clock| c.missed_at.is_none() && c.stage == Stage::Notice;
    let clocks = &draft.case.clocks;
    let due = clocks.iter().filter(own).any(overdue) && !clocks.iter().filter(own).any(waits);
    if due && draft.thread(no)?.pressed.is_some() {
        draft.start_limited(Stage::Notice, no, limit, false)?;
    }
    Ok(())
}

/// 通报: it stayed overdue although it was urged.
pub(super) fn notice(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    draft.emit(Event::PutOnNotice { thread: no });
    draft.trigger(Trigger::PutOnNotice).map(|_| ())
}
