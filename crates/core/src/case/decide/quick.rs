//! Quick handling 快速处置: who finds a small thing on patrol mends it at once. Nobody is sent, and it is
//! counted like any other case; what counts as small, and which pictures show it, is the profile's
//! `[procedure.quick]`.

use super::draft::{Clocks, Draft};
use super::verdict::Ending;
use super::{answer, evidence, verdict};
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Case, Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::profile::Procedure;

pub(super) fn handle_at_once(draft: &mut Draft<'_>, effort: Effort, text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Reported, Spine::Open])?;
    let procedure = draft.procedure()?;
    let rule = procedure.quick.as_ref().filter(|rule| draft.fits(|facts| rule.when.fits(facts)));
    let Some(rule) = rule else {
        let why = "such a case is not mended at once by who finds it";
        return Err(Refusal::new("quick.none", why, "a case that `[procedure.quick]` of the profile fits"));
    };
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    answer::follows_nobody(draft)?;
    if let Some(thread) = at_work(&draft.case) {
        let why = format!("thread {} ({:?}) is at it", thread.no, thread.kind);
        return Err(Refusal::new("quick.ordered", why, "`finish` by whoever has it"));
    }
    let missing = evidence::missing(&draft.case, &rule.pictures);
    if !missing.is_empty() {
        let why = format!("there is no picture labelled {}", missing.join(", "));
        return Err(Refusal::new("quick.pictures", why, "`attach` them first"));
    }
    if let Some(thread) = draft.case.open_threads().find(|t| rests_on(procedure, t)) {
        let why = format!(
            "thread {} ({:?}) is open, and the case cannot close before it ends",
            thread.no, thread.kind
        );
        return Err(Refusal::new("quick.blocked", why, "that thread's end first"));
    }
    draft.withdraw(ordering)?;
    if draft.case.spine == Spine::Reported {
        draft.emit(Event::Opened {});
    }
    if draft.case.lead.as_ref() != Some(&staff.unit) {
        draft.emit(Event::LeadSet { lead: staff.unit.clone() });
    }
    let holder = Holder::Unit { unit: staff.unit.clone(), person: Some(staff.person.clone()) };
    let thread = draft.open_with(ThreadKind::Handling, holder, |t| t.part = Some(Part::Lead))?;
    draft.emit(Event::HandledAtOnce { thread });
    draft.step(thread, Step::Signed, None)?;
    if effort != Effort::default() {
        draft.emit(Event::EffortLogged { thread, effort });
    }
    draft.end(thread, Step::Done, Some(text), Clocks::Met)?;
    match &rule.closes {
        Some(ground) => verdict::finish(draft, ground, Ending::ByRule),
        None => Ok(()),
    }
}

/// Whether a thread only led to somebody being sent: it is over once the thing is mended. So is a call on the
/// ladder that nobody has answered.
fn ordering(thread: &Thread) -> bool {
    use ThreadKind::*;
    matches!(thread.kind, Verify | Register | Dispatch | Ruling)
        || (thread.kind == Rung && thread.step == Step::Sent)
}

/// Whether an open thread keeps the case from closing, mended or not: an instruction, a whistle, a plan.
pub(super) fn rests_on(procedure: &Procedure, thread: &Thread) -> bool {
    !ordering(thread) && procedure.keeps_open(thread)
}

/// Whether somebody was sent, or is at it.
pub(super) fn at_work(case: &Case) -> Option<&Thread> {
    case.threads.iter().find(|t| t.kind == ThreadKind::Handling || (t.is_open() && answer::at_it(t)))
}
