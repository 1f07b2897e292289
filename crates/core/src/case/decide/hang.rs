//! The lawful wait 挂账: of an order under way, of a rung, or of an order that the caller has an answer to
//! which says why it cannot be done now. Somebody else grants it; it ends on its date, or before.

use super::draft::{Clocks, Draft};
use super::handling::later;
use super::verdict;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Case, Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::ThreadNo;
use crate::time::Time;

/// Whether a thread is the order that the caller's answer rests on, and their word on it is still to come.
pub(super) fn answered(case: &Case, thread: &Thread) -> bool {
    let last = || case.last_order().filter(|t| t.step == Step::Done);
    case.spine == Spine::Answered && last().is_some_and(|t| t.no == thread.no)
}

/// The wait by which a case stands still that was answered already.
pub(super) fn waits(case: &Case) -> Option<&Thread> {
    case.open_of(ThreadKind::Suspension).find(|t| case.spine == Spine::Answered && t.step == Step::Hung)
}

/// 申请挂账
pub(super) fn ask(
    draft: &mut Draft<'_>,
    no: ThreadNo,
    reexamine: Time,
    text: TextRef,
) -> Result<(), Refusal> {
    later(draft, reexamine, "reexamine")?;
    let decider = &draft.procedure()?.deciders.suspension;
    if !answered(&draft.case, draft.thread(no)?) {
        return draft.ask(no, ThreadKind::Suspension, decider, text, Some(reexamine));
    }
    if let Some(open) = draft.case.open_of(ThreadKind::Suspension).next() {
        let why = format!("thread {} asks for it, or hangs", open.no);
        return Err(Refusal::new("thread.pending", why, "its decision, or `resume`"));
    }
    let holder = draft.holder(ThreadKind::Suspension, decider);
    draft.open_with(ThreadKind::Suspension, holder, |t| {
        t.under = Some(no);
        t.text = Some(text);
        t.until = Some(reexamine);
    })?;
    Ok(())
}

/// 挂账审批
pub(super) fn decide(
    draft: &mut Draft<'_>,
    thread: ThreadNo,
    granted: bool,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let until = draft.open_thread(thread, ThreadKind::Suspension)?.until;
    if !granted {
        return draft.end(thread, Step::Refused, text, Clocks::Met);
    }
    if let Some(until) = until {
        later(draft, until, "reexamine")?;
    }
    draft.step(thread, Step::Hung, text)?;
    draft.meet(thread, Stage::Suspension);
    if let Some(until) = until {
        draft.start_fixed(Stage::Reexamine, thread, until);
    }
    Ok(())
}

/// 恢复办理: by hand, or on the date of re-examination. An order that was answered goes back to whoever had
/// it, who handles it now, or asks to wait again.
pub(super) fn resume(draft: &mut Draft<'_>, no: ThreadNo, text: Option<TextRef>) -> Result<(), Refusal> {
    draft.open_thread(no, ThreadKind::Suspension)?;
    let after_answer = waits(&draft.case).is_some_and(|t| t.no == no);
    draft.end(no, Step::Resumed, text, Clocks::Met)?;
    if after_answer { verdict::take_up(draft) } else { Ok(()) }
}
