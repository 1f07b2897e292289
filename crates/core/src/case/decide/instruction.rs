//! Instructions 批示 and coordination meetings 协调会: what a leader asks of a unit on one case, and what those
//! who met decided.
//!
//! An instruction is a thread of its own: signed for, answered, and confirmed by the leader who gave it, in
//! person or by a deputy. Whether it holds an answer or a closing back is the procedure's `blocks`. A meeting
//! is a record; who does what by when becomes dated steps 节点 of the units named.

use super::draft::{Clocks, Draft};
use crate::case::command::{Command, Task};
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::Spine;
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{ThreadNo, UnitId};
use crate::profile::Instructing;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Instruct { units, text } => instruct(draft, units, *text),
        Command::Meet { thread, units, tasks, text } => meet(draft, *thread, units, tasks, *text),
        _ => Ok(()),
    }
}

fn rule<'a>(draft: &Draft<'a>) -> Result<&'a Instructing, Refusal> {
    draft.desk.rules.profile.instructing.as_ref().ok_or_else(|| {
        let why = "this city's profile has no rules for instructions";
        Refusal::new("instruction.none", why, "a profile with a table [instruction]")
    })
}

fn instruct(draft: &mut Draft<'_>, units: &[UnitId], text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Reported, Spine::Open, Spine::Answered, Spine::Verdict])?;
    let rule = rule(draft)?;
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    let leader = Holder::Unit { unit: staff.unit.clone(), person: Some(staff.person.clone()) };
    if units.is_empty() {
        return Err(Refusal::new("instruction.empty", "nobody is instructed", "`units`: at least one"));
    }
    for unit in units {
        may_be_named(draft, unit)?;
        let kind = draft.desk.rules.kind_of_unit(unit).unwrap_or_default();
        if !rule.units.iter().any(|k| k == kind) {
            let why = format!("{unit} is a {kind}, which gets no instructions");
            return Err(Refusal::new("instruction.unit", why, rule.units.join(" or ")));
        }
        if *unit == staff.unit {
            let why = format!("{unit} is the leader's own unit");
            return Err(Refusal::new("instruction.self", why, "another unit"));
        }
        if draft.case.open_of(ThreadKind::Instruction).any(|t| t.holder.as_unit() == Some(unit)) {
            let why = format!("{unit} has an open instruction on this case");
            return Err(Refusal::new("instruction.twice", why, "one at a time for each unit"));
        }
        let no = draft.open_with(ThreadKind::Instruction, Holder::unit(unit.clone()), |t| {
            t.caller = leader.clone();
            t.text = Some(text);
        })?;
        draft.start_limited(Stage::Sign, no, &rule.sign, true)?;
        draft.start_limited(Stage::Resolve, no, &rule.answer, true)?;
    }
    Ok(())
}

/// A unit of the city that is not the one complained of, nor below it.
pub(super) fn may_be_named(draft: &Draft<'_>, unit: &UnitId) -> Result<(), Refusal> {
    draft.desk.rules.known_unit(unit, draft.desk.now)?;
    if draft.accused(unit) {
        let why = format!("{unit} is complained of here, or reports to the unit that is");
        return Err(Refusal::new("report.accused-unit", why, "a unit outside the accused unit's line"));
    }
    Ok(())
}

/// 签收
pub(super) fn sign(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    let thread = draft.open_thread(no, ThreadKind::Instruction)?;
    if thread.step != Step::Sent {
        return Err(Refusal::new("instruction.signed", "it is signed for already", "`finish`"));
    }
    draft.prove_late(no, Stage::Sign)?;
    draft.step(no, Step::Signed, None)?;
    draft.meet(no, Stage::Sign);
    Ok(())
}

/// 办结反馈: the unit answers; the leader takes the answer or sends it back.
pub(super) fn finish(draft: &mut Draft<'_>, no: ThreadNo, text: TextRef) -> Result<(), Refusal> {
    let thread = draft.open_thread(no, ThreadKind::Instruction)?;
    if thread.step == Step::Sent {
        return Err(Refusal::new("instruction.sign-first", "it is not signed for", "`sign` first"));
    }
    let rule = rule(draft)?;
    draft.prove_late(no, Stage::Resolve)?;
    draft.step(no, Step::Done, Some(text))?;
    draft.end_clocks(|c| c.thread == Some(no), Clocks::Met);
    draft.start_limited(Stage::Check, no, &rule.confirm, false)
}

/// 阅示: the leader takes the answer, or sends the unit back to it with full time.
pub(super) fn confirm(
    draft: &mut Draft<'_>,
    no: ThreadNo,
    confirmed: bool,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let thread = draft.open_thread(no, ThreadKind::Instruction)?;
    if thread.step != Step::Done {
        let why = format!("thread {no} stands on {:?}", thread.step);
        return Err(Refusal::new("confirm.early", why, "`confirm` once the unit has said `finish`"));
    }
    if confirmed {
        return draft.end(no, Step::Confirmed, text, Clocks::Met);
    }
    if text.is_none() {
        let why = "an answer that is sent back needs words that say why";
        return Err(Refusal::new("instruction.words", why, "`text`"));
    }
    let rule = rule(draft)?;
    draft.step(no, Step::Signed, text)?;
    draft.end_clocks(|c| c.thread == Some(no), Clocks::Met);
    draft.start_limited(Stage::Resolve, no, &rule.answer, true)
}

/// 撤回: the leader calls an instruction off.
pub(super) fn withdraw(draft: &mut Draft<'_>, no: ThreadNo, text: TextRef) -> Result<(), Refusal> {
    draft.open_thread(no, ThreadKind::Instruction)?;
    draft.end(no, Step::Withdrawn, Some(text), Clocks::Stopped)
}

/// 协调会: who met, what was decided in words, and who does what by when.
fn meet(
    draft: &mut Draft<'_>,
    whistle: Option<ThreadNo>,
    units: &[UnitId],
    tasks: &[Task],
    text: TextRef,
) -> Result<(), Refusal> {
    draft.on(&[Spine::Reported, Spine::Open, Spine::Answered, Spine::Verdict])?;
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    if let Some(no) = whistle {
        draft.open_thread(no, ThreadKind::Whistle)?;
    } else if draft.case.lead.as_ref() != Some(&staff.unit) {
        let lead = draft.case.lead.as_ref().map(ToString::to_string).unwrap_or_default();
        let why = "only the accountable unit calls a meeting on the case as a whole";
        return Err(Refusal::new("meeting.lead", why, format!("somebody of {lead}, or `thread`: a whistle")));
    }
    for (i, unit) in units.iter().enumerate() {
        may_be_named(draft, unit)?;
        if units[..i].contains(unit) {
            return Err(Refusal::new("meeting.twice", format!("{unit} is named twice"), "each unit once"));
        }
    }
    if !units.iter().any(|u| *u != staff.unit) {
        return Err(Refusal::new("meeting.alone", "nobody else met", "`units`: at least one other unit"));
    }
    draft.emit(Event::Met { thread: whistle, units: units.to_vec(), text });
    let before = draft.case.threads.iter().filter(|t| t.kind == ThreadKind::Milestone).count();
    for (i, task) in tasks.iter().enumerate() {
        draft.word(&draft.desk.rules.profile.words.milestone, "milestone", &task.label)?;
        if !units.contains(&task.unit) && task.unit != staff.unit {
            let why = format!("{} did not meet, and cannot be bound by it", task.unit);
            return Err(Refusal::new("meeting.task", why, "a unit that met"));
        }
        if task.until <= draft.desk.now {
            let why = format!("`{}` is due {}, which has passed", task.label, task.until);
            return Err(Refusal::new("time.past", why, "an instant to come"));
        }
        draft.not_too_far(task.until)?;
        let no = draft.open_with(ThreadKind::Milestone, Holder::unit(task.unit.clone()), |t| {
            t.under = whistle;
            t.rank = u8::try_from(before + i + 1).ok();
            t.label = Some(task.label.clone());
            t.until = Some(task.until);
            t.text = Some(text);
        })?;
        draft.start_fixed(Stage::Milestone, no, task.until);
    }
    Ok(())
}
