//! Scores: the appeal of a clock's score 申诉, and leaving a case out of scores 剔除 by two hands.

use super::draft::{Clocks, Draft};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{ClockNo, ThreadNo, UnitId};
use crate::profile::{AppealStep, Exclusion, HolderRule};
use compact_str::CompactString;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::AskCorrection { clock, text } => ask_correction(draft, *clock, *text),
        Command::DecideCorrection { thread, granted, text } => {
            decide_correction(draft, *thread, *granted, *text)
        }
        Command::Exclude { ground, text } => exclude(draft, ground, *text),
        Command::AskExclusion { ground, text } => ask_exclusion(draft, ground, *text),
        Command::DecideExclusion { thread, granted, text } => {
            decide_exclusion(draft, *thread, *granted, *text)
        }
        _ => Ok(()),
    }
}

fn ask_correction(draft: &mut Draft<'_>, clock: ClockNo, text: TextRef) -> Result<(), Refusal> {
    let known = draft.case.clock(clock).ok_or_else(|| {
        let all: Vec<String> = draft.case.clocks.iter().map(|c| format!("{} {:?}", c.no, c.stage)).collect();
        let accepted = if all.is_empty() { "a case with a clock".to_owned() } else { all.join(", ") };
        Refusal::new("clock.unknown", format!("the case has no clock {clock}"), accepted)
    })?;
    if known.kept() != Some(false) {
        return Err(Refusal::new("correction.kept", "the clock was not missed", "a missed clock"));
    }
    draft.open_correction(clock, Some(text))
}

fn decide_correction(
    draft: &mut Draft<'_>,
    thread: ThreadNo,
    granted: bool,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let appeal = draft.open_thread(thread, ThreadKind::Correction)?;
    let (clock, at) = (appeal.clock, appeal.outcome.clone());
    if let Ok(procedure) = draft.procedure()
        && let Some(steps) = &procedure.appeal
    {
        let at = at.as_ref().and_then(|id| steps.place(id)).unwrap_or(0);
        may_decide(draft, steps.steps.get(at))?;
        if let Some(next) = steps.steps.get(at + 1).filter(|_| granted) {
            return pass_on(draft, thread, next, text);
        }
    }
    let step = if granted { Step::Granted } else { Step::Refused };
    draft.end(thread, step, text, Clocks::Met)?;
    if let (true, Some(clock)) = (granted, clock) {
        draft.emit(Event::ScoreCorrected { clock, met: true });
    }
    Ok(())
}

/// Each step of an appeal is for its office. Where nobody over the place holds that office the appeal came to
/// another unit, which decides it by whoever there may.
fn may_decide(draft: &Draft<'_>, step: Option<&AppealStep>) -> Result<(), Refusal> {
    let (Some(step), Actor::Staff(staff)) = (step, draft.desk.actor) else { return Ok(()) };
    let fair = |unit: &UnitId| !draft.accused(unit);
    let office = draft.desk.rules.unit_for(&step.role, draft.case.place(), draft.desk.now, fair);
    if office.is_some() && staff.role != step.role {
        let why = format!("the step `{}` of an appeal is decided by a {}", step.id, step.role);
        return Err(Refusal::new("correction.step", why, format!("a post of the role {}", step.role)));
    }
    Ok(())
}

/// 申诉三级: what one step finds right goes on to the next, with a full clock.
fn pass_on(
    draft: &mut Draft<'_>,
    thread: ThreadNo,
    next: &AppealStep,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    draft.step_as(thread, Step::Reviewed, Some(next.id.clone()), text)?;
    draft.end_clocks(|c| c.thread == Some(thread), Clocks::Met);
    let holder = draft.holder(ThreadKind::Correction, &HolderRule::Role(next.role.clone()));
    if draft.thread(thread)?.holder != holder {
        draft.emit(Event::ThreadHeld { thread, holder: holder.clone() });
    }
    let hours = holder.as_unit().and_then(|u| draft.desk.rules.hours_of(u));
    draft.start_clock(Stage::Rule, Some(thread), hours)
}

/// Who approves an exclusion, where the city asks for a second hand.
fn second_hand<'a>(draft: &Draft<'a>) -> Option<&'a Exclusion> {
    draft.desk.rules.profile.exclusion.as_ref()
}

fn exclude(draft: &mut Draft<'_>, ground: &CompactString, text: TextRef) -> Result<(), Refusal> {
    if second_hand(draft).is_some() {
        let why = "a case is left out of scores by two hands here";
        return Err(Refusal::new(
            "exclusion.hands",
            why,
            "`ask_exclusion`, and `decide_exclusion` by another",
        ));
    }
    draft.word(&draft.desk.rules.profile.words.exclude_ground, "exclude_ground", ground)?;
    draft.emit(Event::Noted { text, thread: None });
    draft.emit(Event::Excluded { ground: ground.clone() });
    Ok(())
}

fn ask_exclusion(draft: &mut Draft<'_>, ground: &CompactString, text: TextRef) -> Result<(), Refusal> {
    let rule = second_hand(draft).ok_or_else(|| {
        let why = "nobody approves exclusions in this city";
        Refusal::new("exclusion.none", why, "`exclude`, or a profile with a table [exclusion]")
    })?;
    draft.word(&draft.desk.rules.profile.words.exclude_ground, "exclude_ground", ground)?;
    if let Some(ground) = &draft.case.excluded {
        let why = format!("the case is left out of scores already, as {ground}");
        return Err(Refusal::new("exclusion.done", why, "a case that is scored"));
    }
    if let Some(open) = draft.case.open_of(ThreadKind::Exclusion).next() {
        let why = format!("thread {} already asks for it", open.no);
        return Err(Refusal::new("thread.pending", why, "its decision"));
    }
    let holder = draft.holder(ThreadKind::Exclusion, &rule.approver);
    let no = draft.open_with(ThreadKind::Exclusion, holder, |t| {
        t.label = Some(ground.clone());
        t.text = Some(text);
    })?;
    draft.start_limited(Stage::Rule, no, &rule.limit, true)
}

fn decide_exclusion(
    draft: &mut Draft<'_>,
    thread: ThreadNo,
    granted: bool,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let ground = draft.open_thread(thread, ThreadKind::Exclusion)?.label.clone().unwrap_or_default();
    let step = if granted { Step::Granted } else { Step::Refused };
    draft.end(thread, step, text, Clocks::Met)?;
    if granted {
        draft.emit(Event::Excluded { ground });
    }
    Ok(())
}

impl Draft<'_> {
    /// 申诉: the evaluator is asked whether a clock was kept after all.
    pub(super) fn open_correction(&mut self, clock: ClockNo, text: Option<TextRef>) -> Result<(), Refusal> {
        let pending = self.case.open_of(ThreadKind::Correction).any(|t| t.clock == Some(clock));
        if pending {
            return Err(Refusal::new(
                "correction.pending",
                "the clock's score is under appeal",
                "one appeal at a time",
            ));
        }
        let procedure = self.procedure()?;
        let first = procedure.appeal.as_ref().and_then(|a| a.steps.first());
        let holder = match first {
            Some(step) => self.holder(ThreadKind::Correction, &HolderRule::Role(step.role.clone())),
            None => self.holder(ThreadKind::Correction, &procedure.deciders.correction),
        };
        self.open_with(ThreadKind::Correction, holder, |t| {
            t.text = text;
            t.clock = Some(clock);
        })?;
        Ok(())
    }
}
