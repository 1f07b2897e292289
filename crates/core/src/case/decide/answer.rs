//! Answering: the reply to the caller, drafted, reviewed, approved, given.

use super::draft::{Clocks, Draft};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Deed, Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::ThreadNo;
use crate::profile::Trigger;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::AnswerDirect { text } => {
            draft.on(&[Spine::Reported, Spine::Open])?;
            if draft.case.threads.iter().any(|t| t.kind == ThreadKind::Handling) {
                let why = "the case was dispatched";
                return Err(Refusal::new("answer.dispatched", why, "`reply` by the lead unit"));
            }
            follows_nobody(draft)?;
            let at_it = |t: &Thread| {
                matches!(t.kind, ThreadKind::Whistle | ThreadKind::Summons)
                    || (t.kind == ThreadKind::Rung && t.step != Step::Sent)
            };
            if let Some(open) = draft.case.open_threads().find(|t| at_it(t)) {
                let why = format!("thread {} ({:?}) is at it already", open.no, open.kind);
                return Err(Refusal::new("answer.dispatched", why, "`reply` by the lead unit"));
            }
            if draft.opens(Trigger::Drafted, ThreadKind::Approval)? {
                let why = "the answer to such a call is approved first";
                return Err(Refusal::new("answer.approval", why, "an order, and `reply` by its lead unit"));
            }
            draft.withdraw(|t| t.kind != ThreadKind::Correction)?;
            if draft.case.spine == Spine::Reported {
                draft.emit(Event::Opened {});
            }
            give(draft, Some(*text))
        }
        Command::Reply { text } => reply(draft, *text),
        Command::DecideReply { thread, granted, text } => decide_reply(draft, *thread, *granted, *text),
        _ => Ok(()),
    }
}

fn reply(draft: &mut Draft<'_>, text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Open])?;
    follows_nobody(draft)?;
    let blocks = &draft.procedure()?.blocks.answer;
    // A rung that is done waits for the caller's word on the answer.
    let waits = |t: &Thread| t.kind == ThreadKind::Rung && t.step == Step::Done;
    if let Some(open) = draft.case.open_threads().find(|t| blocks.contains(&t.kind) && !waits(t)) {
        let why = format!("thread {} ({:?}) is still open", open.no, open.kind);
        return Err(Refusal::new("answer.blocked", why, "a reply once it has ended"));
    }
    if draft.case.open_of(ThreadKind::Approval).next().is_some() {
        return Err(Refusal::new(
            "answer.pending",
            "a reply already awaits approval",
            "`decide_reply` on it",
        ));
    }
    let by_lead = matches!(draft.desk.actor, Actor::Staff(s) if draft.case.lead.as_ref() == Some(&s.unit));
    if !by_lead {
        let lead = draft.case.lead.as_ref().map(ToString::to_string).unwrap_or_default();
        return Err(Refusal::new(
            "answer.lead",
            "only the accountable unit replies",
            format!("somebody of {lead}"),
        ));
    }
    draft.trigger_with(Trigger::Drafted, Some(text))?;
    if draft.case.open_of(ThreadKind::Approval).next().is_some() { Ok(()) } else { give(draft, Some(text)) }
}

/// A merged case is answered with the case it follows, or parts first.
pub(super) fn follows_nobody(draft: &Draft<'_>) -> Result<(), Refusal> {
    match draft.case.open_of(ThreadKind::Merge).next().and_then(|t| t.other) {
        Some(other) => {
            Err(Refusal::new("merge.follows", format!("the case follows {other}"), "`part` first"))
        }
        None => Ok(()),
    }
}

fn decide_reply(
    draft: &mut Draft<'_>,
    thread: ThreadNo,
    granted: bool,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let approval = draft.open_thread(thread, ThreadKind::Approval)?;
    let (step, reply) = (approval.step, approval.text);
    if !granted {
        return draft.end(thread, Step::Refused, text, Clocks::Met);
    }
    if draft.procedure()?.two_step_approval && step == Step::Asked {
        return draft.step(thread, Step::Reviewed, text);
    }
    if let (Step::Reviewed, Actor::Staff(staff)) = (step, draft.desk.actor)
        && draft.case.did(&staff.person, Deed::Approved)
    {
        let why = "who reviewed the reply does not issue it";
        return Err(Refusal::new("powers.apart", why, "another approver"));
    }
    draft.end(thread, Step::Granted, text, Clocks::Met)?;
    match reply {
        Some(text) => give(draft, Some(text)),
        None => Err(Refusal::new("answer.empty", "the approval carries no reply", "a drafted reply")),
    }
}

/// The caller gets the answer; the promise is kept or was missed.
pub(super) fn give(draft: &mut Draft<'_>, text: Option<TextRef>) -> Result<(), Refusal> {
    draft.emit(Event::Answered { text });
    draft.end_clocks(|c| c.stage == Stage::Promise, Clocks::Met);
    draft.trigger(Trigger::Answered).map(|_| ())
}
