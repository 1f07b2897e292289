//! Answering: the reply to the caller, drafted, reviewed, approved, given.

use super::draft::{Clocks, Draft};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Deed, Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{PersonId, ThreadNo};
use crate::profile::{HolderRule, Issues, Trigger};

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::AnswerDirect { text } => {
            draft.on(&[Spine::Reported, Spine::Open])?;
            if draft.case.threads.iter().any(|t| t.kind == ThreadKind::Handling) {
                let why = "the case was dispatched";
                return Err(Refusal::new("answer.dispatched", why, "`reply` by the lead unit"));
            }
            follows_nobody(draft)?;
            if let Some(open) = draft.case.open_threads().find(|t| at_it(t)) {
                let why = format!("thread {} ({:?}) is at it already", open.no, open.kind);
                return Err(Refusal::new("answer.dispatched", why, "`reply` by the lead unit"));
            }
            if draft.opens(Trigger::Drafted, ThreadKind::Approval)? {
                let why = "the answer to such a call is approved first";
                return Err(Refusal::new("answer.approval", why, "an order, and `reply` by its lead unit"));
            }
            draft.withdraw(|t| !t.kind.is_of_score() && t.kind != ThreadKind::Instruction)?;
            if draft.case.spine == Spine::Reported {
                draft.emit(Event::Opened {});
            }
            give_as(draft, Some(*text), Trigger::AnsweredDirect)
        }
        Command::Reply { text } => reply(draft, *text),
        Command::DecideReply { thread, granted, text } => decide_reply(draft, *thread, *granted, *text),
        _ => Ok(()),
    }
}

/// Whether somebody on the ladder or at a whistle works on the case by this thread.
pub(super) fn at_it(thread: &Thread) -> bool {
    matches!(thread.kind, ThreadKind::Whistle | ThreadKind::Summons)
        || (thread.kind == ThreadKind::Rung && thread.step != Step::Sent)
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
    if draft.case.open_of(ThreadKind::Merge).next().is_none() {
        return Ok(());
    }
    let why = "the case follows another one, by which it is answered";
    Err(Refusal::new("merge.follows", why, "`part` first"))
}

fn decide_reply(
    draft: &mut Draft<'_>,
    thread: ThreadNo,
    granted: bool,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let approval = draft.open_thread(thread, ThreadKind::Approval)?;
    let (step, reply, reviewer) = (approval.step, approval.text, approval.spoken_by().cloned());
    if !granted {
        if text.is_none() {
            let why = "a draft that is sent back needs words that say why";
            return Err(Refusal::new("approval.words", why, "`text`"));
        }
        return draft.end(thread, Step::Refused, text, Clocks::Met);
    }
    let issues = draft.procedure()?.issues.iter().find(|i| draft.fits(|facts| i.when.fits(facts)));
    if step == Step::Asked && (draft.procedure()?.two_step_approval || issues.is_some()) {
        return reviewed(draft, thread, issues, text);
    }
    if let (Step::Reviewed, Actor::Staff(staff)) = (step, draft.desk.actor) {
        may_issue(draft, staff, reviewer.as_ref(), issues)?;
    }
    draft.end(thread, Step::Granted, text, Clocks::Met)?;
    match reply {
        Some(text) => give(draft, Some(text)),
        None => Err(Refusal::new("answer.empty", "the approval carries no reply", "a drafted reply")),
    }
}

/// 审核: the reply goes to whoever issues it.
fn reviewed(
    draft: &mut Draft<'_>,
    thread: ThreadNo,
    issues: Option<&Issues>,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    draft.step(thread, Step::Reviewed, text)?;
    let Some(issues) = issues else { return Ok(()) };
    let holder = draft.holder(ThreadKind::Approval, &issues.holder);
    if draft.thread(thread)?.holder != holder {
        draft.emit(Event::ThreadHeld { thread, holder });
    }
    Ok(())
}

/// 签发: by another hand than the reviewer's, and of the role that the profile names for such a case.
fn may_issue(
    draft: &Draft<'_>,
    staff: &Staff,
    reviewer: Option<&PersonId>,
    issues: Option<&Issues>,
) -> Result<(), Refusal> {
    // Of a review older than this release it is only known who approved something of the case.
    let reviewed =
        reviewer.map_or_else(|| draft.case.did(&staff.person, Deed::Approved), |r| *r == staff.person);
    if reviewed {
        let why = "who reviewed the reply does not issue it";
        return Err(Refusal::new("powers.apart", why, "another approver"));
    }
    match issues.map(|i| &i.holder) {
        Some(HolderRule::Role(role)) if *role != staff.role => {
            let why = format!("a reply to such a case is issued by a {role}, not by a {}", staff.role);
            Err(Refusal::new("approval.issuer", why, format!("a post of the role {role}")))
        }
        _ => Ok(()),
    }
}

/// The caller gets the answer; the promise is kept or was missed.
pub(super) fn give(draft: &mut Draft<'_>, text: Option<TextRef>) -> Result<(), Refusal> {
    give_as(draft, text, Trigger::Answered)
}

fn give_as(draft: &mut Draft<'_>, text: Option<TextRef>, on: Trigger) -> Result<(), Refusal> {
    draft.emit(Event::Answered { text });
    draft.end_clocks(|c| c.stage == Stage::Promise, Clocks::Met);
    draft.trigger(on).map(|_| ())
}
