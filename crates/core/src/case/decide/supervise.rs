//! Supervision by hand 督办: whoever watches over the city's cases takes one under their eyes, whole or by one
//! thread, and lets it go with a reason. What the rules raise by themselves opens the same thread.

use super::draft::{Clocks, Draft};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Case, Spine};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{ThreadNo, UnitId};
use crate::profile::{HolderRule, Trigger};
use compact_str::CompactString;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Supervise { thread, text } => supervise(draft, *thread, *text),
        Command::EndSupervision { thread, text } => end(draft, *thread, *text),
        _ => Ok(()),
    }
}

/// 督办
fn supervise(draft: &mut Draft<'_>, over: Option<ThreadNo>, text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Reported, Spine::Open, Spine::Answered, Spine::Verdict])?;
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    if let Some(no) = over {
        let thread = draft.thread(no)?;
        if !watchable(thread.kind) || !thread.is_open() || thread.holder.as_unit().is_none() {
            let why = format!("thread {no} ({:?} on {:?}) is not watched over", thread.kind, thread.step);
            return Err(Refusal::new("supervise.thread", why, "an open thread of a unit, or the whole case"));
        }
        if thread.holder.as_unit() == Some(&staff.unit) {
            let why = format!("thread {no} is with {} itself", staff.unit);
            return Err(Refusal::new("supervise.own", why, "a thread of another unit"));
        }
    }
    if let Some(open) = watched(&draft.case, over, &staff.unit) {
        let why = format!("{} watches it already, by thread {open}", staff.unit);
        return Err(Refusal::new("supervise.twice", why, "`end_supervision`, or `urge`"));
    }
    let holder = Holder::Unit { unit: staff.unit.clone(), person: Some(staff.person.clone()) };
    draft.open_with(ThreadKind::Supervision, holder, |t| {
        t.under = over;
        t.text = Some(text);
    })?;
    Ok(())
}

/// Whether a thread of this kind can be watched over: one by which somebody works.
pub(super) fn watchable(kind: ThreadKind) -> bool {
    !kind.is_of_score()
        && !matches!(
            kind,
            ThreadKind::Supervision | ThreadKind::Merge | ThreadKind::Rating | ThreadKind::External
        )
}

/// The thread by which a unit watches the case, or one thread of it, already.
pub(super) fn watched(case: &Case, over: Option<ThreadNo>, unit: &UnitId) -> Option<ThreadNo> {
    let watches = case.open_of(ThreadKind::Supervision);
    watches.into_iter().find(|t| t.under == over && t.holder.as_unit() == Some(unit)).map(|t| t.no)
}

/// A thread is watched over by rule, by name where somebody is on duty; `label` and `rank` say by which step.
pub(super) fn watch(
    draft: &mut Draft<'_>,
    over: ThreadNo,
    by: &HolderRule,
    label: Option<CompactString>,
    rank: Option<u8>,
) -> Result<(), Refusal> {
    let holder = draft.by_name(draft.holder(ThreadKind::Supervision, by));
    draft.open_with(ThreadKind::Supervision, holder, |t| {
        t.under = Some(over);
        t.label = label;
        t.rank = rank;
    })?;
    Ok(())
}

/// 督办超期: who watches and lets the time pass is watched by somebody else, who does not stand below them.
pub(super) fn missed(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    let Some(slept) = draft.thread(no)?.holder.as_unit().cloned() else { return Ok(()) };
    let rules = draft.desk.rules;
    draft.trigger_among(Trigger::SupervisionMissed, None, |unit| !rules.accused(unit, &slept)).map(|_| ())
}

/// 解除督办
fn end(draft: &mut Draft<'_>, no: ThreadNo, text: TextRef) -> Result<(), Refusal> {
    draft.open_thread(no, ThreadKind::Supervision)?;
    draft.step(no, Step::Done, Some(text))?;
    draft.end(no, Step::Confirmed, None, Clocks::Met)
}
