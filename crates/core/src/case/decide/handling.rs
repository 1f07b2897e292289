//! Handling: first contact, more time, the result, and its check by other eyes.

use super::draft::{Clocks, Draft};
use super::{evidence, external, hang, instruction, rung, verdict, whistle};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::Thread;
use crate::case::thread::{Step, ThreadKind};
use crate::ids::ThreadNo;
use crate::profile::EvidenceStep;
use crate::time::Time;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Contact { thread, text } => {
            draft.open_thread(*thread, ThreadKind::Handling)?;
            draft.step(*thread, Step::Contacted, *text)?;
            draft.meet(*thread, Stage::Contact);
            draft.prove_late(*thread, Stage::Contact)
        }
        Command::AskExtension { thread, until, text } => ask_extension(draft, *thread, *until, *text),
        Command::DecideExtension { thread, granted, text } => {
            decide_extension(draft, *thread, *granted, *text)
        }
        Command::AskSuspension { thread, reexamine, text } => hang::ask(draft, *thread, *reexamine, *text),
        Command::DecideSuspension { thread, granted, text } => hang::decide(draft, *thread, *granted, *text),
        Command::Resume { thread, text } => hang::resume(draft, *thread, *text),
        Command::Finish { thread, effort, text } => {
            let kind = draft.thread(*thread)?.kind;
            if !matches!(kind, ThreadKind::Rung | ThreadKind::Summons | ThreadKind::Instruction) {
                return finish(draft, *thread, *effort, *text);
            }
            if *effort != Effort::default() {
                draft.emit(Event::EffortLogged { thread: *thread, effort: *effort });
            }
            let done = match kind {
                ThreadKind::Rung => rung::finish,
                ThreadKind::Instruction => instruction::finish,
                _ => whistle::finish,
            };
            done(draft, *thread, *text)
        }
        Command::Check { thread, passed, text } => {
            draft.open_thread(*thread, ThreadKind::Check)?;
            let step = if *passed { Step::Passed } else { Step::Failed };
            if *passed {
                evidence::shown(draft, EvidenceStep::Check)?;
            }
            draft.prove_late(*thread, Stage::Check)?;
            draft.end(*thread, step, *text, Clocks::Met)?;
            if *passed { Ok(()) } else { verdict::rework(draft) }
        }
        Command::LogEffort { thread, effort } => {
            draft.thread(*thread)?;
            draft.emit(Event::EffortLogged { thread: *thread, effort: *effort });
            Ok(())
        }
        _ => Ok(()),
    }
}

pub(super) fn later(draft: &Draft<'_>, at: Time, field: &str) -> Result<(), Refusal> {
    if at > draft.desk.now {
        return Ok(());
    }
    Err(Refusal::new("time.past", format!("`{field}` is {at}, which has passed"), "an instant to come"))
}

fn ask_extension(draft: &mut Draft<'_>, thread: ThreadNo, until: Time, text: TextRef) -> Result<(), Refusal> {
    later(draft, until, "until")?;
    let due = draft.case.clocks.iter().find(|c| c.thread == Some(thread) && c.stage == Stage::Handle);
    if let Some(clock) = due.filter(|c| c.due >= until) {
        let why = format!("the order is due {} already", clock.due);
        return Err(Refusal::new("extension.shorter", why, "a later instant"));
    }
    external::more_time(draft, until)?;
    within_limits(draft, thread, until)?;
    draft.ask(thread, ThreadKind::Extension, &draft.procedure()?.deciders.extension, text, Some(until))
}

/// 延期: no oftener and no longer than the procedure allows one order.
fn within_limits(draft: &Draft<'_>, thread: ThreadNo, until: Time) -> Result<(), Refusal> {
    let Some(rule) = &draft.procedure()?.extending else { return Ok(()) };
    let of_order = |t: &&Thread| t.kind == ThreadKind::Extension && t.under == Some(thread);
    let granted = draft.case.threads.iter().filter(of_order).filter(|t| t.step == Step::Granted).count();
    if let Some(times) = rule.times.filter(|n| granted >= usize::from(*n)) {
        let why = format!("the order got more time {granted} times");
        return Err(Refusal::new("extension.times", why, format!("at most {times} for one order")));
    }
    let due = draft.case.clocks.iter().find(|c| c.thread == Some(thread) && c.stage == Stage::Handle);
    let (Some(by), Some(clock)) = (&rule.by, due) else { return Ok(()) };
    let longest = draft.deadline(by, clock.due, clock.hours.as_ref())?.due;
    if until > longest {
        let why = format!("the order is due {} and would be due {until}", clock.due);
        return Err(Refusal::new("extension.long", why, format!("an instant until {longest}")));
    }
    Ok(())
}

fn decide_extension(
    draft: &mut Draft<'_>,
    thread: ThreadNo,
    granted: bool,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let asked = draft.open_thread(thread, ThreadKind::Extension)?;
    let (under, until, why_asked) = (asked.under, asked.until, asked.text);
    let hung = |t: &&crate::case::state::Thread| t.under == under && t.step == Step::Hung;
    if let Some(hung) = draft.case.open_threads().find(hung).filter(|_| granted) {
        let why = format!("the order stands still by thread {}", hung.no);
        return Err(Refusal::new("extension.suspended", why, "a decision once it goes on"));
    }
    if let Some(until) = until.filter(|until| granted && *until <= draft.desk.now) {
        let why = format!("it was asked for until {until}, which has passed");
        return Err(Refusal::new("extension.late", why, "a no, and another request"));
    }
    let step = if granted { Step::Granted } else { Step::Refused };
    draft.end(thread, step, text, Clocks::Met)?;
    if let (true, Some(handling), Some(until)) = (granted, under, until) {
        external::ask_more_time(draft, until, text.or(why_asked))?;
        draft.extend(handling, until)?;
    }
    Ok(())
}

fn finish(draft: &mut Draft<'_>, thread: ThreadNo, effort: Effort, text: TextRef) -> Result<(), Refusal> {
    let handling = draft.open_thread(thread, ThreadKind::Handling)?;
    let must_contact =
        draft.procedure()?.contact_first && handling.part == Some(Part::Lead) && draft.handler_may_call();
    if must_contact && handling.contacted_at.is_none() && draft.case.contacted_at.is_none() {
        let why = "the caller left a contact and was not contacted";
        return Err(Refusal::new("handling.contact-first", why, "`contact` first"));
    }
    if let Some(hung) = draft.case.open_threads().find(|t| t.under == Some(thread) && t.step == Step::Hung) {
        let why = format!("the order is suspended by thread {}", hung.no);
        return Err(Refusal::new("handling.suspended", why, "`resume` first"));
    }
    if handling.part == Some(Part::Lead) {
        evidence::shown(draft, EvidenceStep::Finish)?;
    }
    if effort != Effort::default() {
        draft.emit(Event::EffortLogged { thread, effort });
    }
    let asked: Vec<ThreadNo> =
        draft.case.open_threads().filter(|t| t.under == Some(thread)).map(|t| t.no).collect();
    draft.withdraw(|t| asked.contains(&t.no))?;
    draft.prove_late(thread, Stage::Handle)?;
    if draft.thread(thread)?.contacted_at.is_none() {
        draft.end_clocks(|c| c.thread == Some(thread) && c.stage == Stage::Contact, Clocks::Stopped);
    }
    draft.end(thread, Step::Done, Some(text), Clocks::Met)
}
