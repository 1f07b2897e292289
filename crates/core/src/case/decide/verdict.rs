//! The caller's word: calling back, rating, rework, closing, taking up again.

use super::draft::{Clocks, Draft};
use super::{external, hang, powers, rung, whistle};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::ThreadNo;
use crate::profile::Trigger;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Callback { thread, reached, verdict, text } => {
            callback(draft, *thread, *reached, *verdict, *text)
        }
        Command::Rate { verdict, text } => rate(draft, *verdict, *text),
        Command::Close { ground, text } => close(draft, ground, *text),
        Command::ForceClose { ground, text } => {
            draft.on(&[Spine::Reported, Spine::Open, Spine::Answered, Spine::Verdict])?;
            draft.word(&draft.desk.rules.profile.words.close_ground, "close_ground", ground)?;
            draft.emit(Event::Noted { text: *text, thread: None });
            finish(draft, ground, Ending::Forced)
        }
        Command::Reopen { ground, text } => reopen(draft, ground, *text),
        _ => Ok(()),
    }
}

fn callback(
    draft: &mut Draft<'_>,
    thread: ThreadNo,
    reached: bool,
    verdict: Verdict,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let tries = draft.open_thread(thread, ThreadKind::Callback)?.tries;
    if let Some(hung) = hang::waits(&draft.case) {
        let until = hung.until.map_or_else(String::new, |t| format!(" until {t}"));
        let why = format!("the order waits by thread {}{until}", hung.no);
        return Err(Refusal::new("callback.suspended", why, "a callback once it was taken up and answered"));
    }
    if !reached {
        if tries + 1 < draft.procedure()?.callback_tries {
            draft.emit(Event::Tried { thread });
            return Ok(());
        }
        draft.end(thread, Step::Unreachable, text, Clocks::Met)?;
        return conclude(draft, Verdict::default(), VerdictBy::Nobody, text);
    }
    if verdict == Verdict::default() {
        let why = "the caller was reached and no answer is given";
        return Err(Refusal::new(
            "callback.empty",
            why,
            "`verdict.solved`, `verdict.satisfied`, or reached = false",
        ));
    }
    draft.end(thread, Step::Reached, text, Clocks::Met)?;
    conclude(draft, verdict, VerdictBy::Callback, text)
}

fn rate(draft: &mut Draft<'_>, verdict: Verdict, text: Option<TextRef>) -> Result<(), Refusal> {
    if verdict == Verdict::default() {
        return Err(Refusal::new(
            "rating.empty",
            "the rating says nothing",
            "`verdict.solved` or `verdict.satisfied`",
        ));
    }
    draft.on(&[Spine::Answered, Spine::Verdict, Spine::Closed])?;
    let rating = draft.case.open_of(ThreadKind::Rating).next().map(|t| t.no);
    let rating = rating.ok_or_else(|| {
        Refusal::new(
            "rating.closed",
            "the time for a rating is over, or it was given",
            "one rating for each answer",
        )
    })?;
    draft.end(rating, Step::Rated, text, Clocks::Met)?;
    // Whoever rated by themselves need not be called: their word stands.
    draft.withdraw(|t| t.kind == ThreadKind::Callback)?;
    conclude(draft, verdict, VerdictBy::Rating, text)
}

/// Nobody is left who could say whether it was solved: the word is known not to come.
pub(super) fn silence(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    // A lawful wait is no silence.
    let asked =
        |t: &Thread| matches!(t.kind, ThreadKind::Callback | ThreadKind::Rating | ThreadKind::Suspension);
    let above = external::judged_above(draft);
    if draft.case.spine != Spine::Answered || above || draft.case.open_threads().any(asked) {
        return Ok(());
    }
    conclude(draft, Verdict::default(), VerdictBy::Nobody, None)
}

/// The word is known: it stands, or it sends the case back.
pub(super) fn conclude(
    draft: &mut Draft<'_>,
    verdict: Verdict,
    by: VerdictBy,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    // Their word has come: nothing waits for it any more.
    draft.withdraw(|t| t.kind == ThreadKind::Suspension)?;
    draft.emit(Event::VerdictGiven { verdict, by, text });
    let rule = &draft.procedure()?.rework;
    let unsolved = verdict.solved.is_some_and(|s| rule.on_solved.contains(&s));
    let unsatisfied =
        by == VerdictBy::Rating && verdict.satisfied.is_some_and(|s| rule.on_satisfied.contains(&s));
    if unsolved || unsatisfied { rework(draft) } else { rung::heard(draft, by) }
}

/// 返工: back to the units that handled it, with full clocks; as often as it takes, raised after the profile's
/// number of times.
pub(super) fn rework(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let round = draft.case.reworks + 1;
    if rung::climbs(draft) {
        rung::not_solved(draft, round)?;
    } else if !send_back(draft, Event::SentBack { round }, round)? {
        return raise(draft, round);
    }
    whistle::recall(draft, round)?;
    raise(draft, round)
}

/// What waited after its answer goes on with the units that had it, and counts as no rework.
pub(super) fn take_up(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let round = draft.case.reworks;
    send_back(draft, Event::TakenUp {}, round).map(|_| ())
}

/// Back to the units of the last order; `false` where there is none, and a unit is found anew.
fn send_back(draft: &mut Draft<'_>, event: Event, round: u16) -> Result<bool, Refusal> {
    // An order whose lead was taken from it, as by a merge, is found a unit anew.
    let led = draft.case.last_order().is_some_and(|t| t.step == Step::Done);
    let done = draft.case.of_last_order().filter(|t| led && t.step == Step::Done);
    let units: Vec<(Holder, Option<Part>)> = done.map(|t| (t.holder.clone(), t.part)).collect();
    let units = with_lead(draft, units);
    let stays =
        |k: ThreadKind| k.is_of_score() || matches!(k, ThreadKind::Supervision | ThreadKind::Instruction);
    draft.withdraw(|t| !stays(t.kind))?;
    draft.emit(event);
    if units.is_empty() {
        draft.find_anew()?;
        return Ok(false);
    }
    for (holder, part) in units {
        draft.open_with(ThreadKind::Handling, holder, |t| {
            t.part = part;
            t.round = round;
        })?;
    }
    Ok(true)
}

/// The same units, where another one answers for the case by now (移交): it has the order in place of the unit
/// that led it. One that a separation bars from handling finds another: then there is nobody yet.
fn with_lead(draft: &Draft<'_>, mut units: Vec<(Holder, Option<Part>)>) -> Vec<(Holder, Option<Part>)> {
    let Some(lead) = draft.case.lead.clone() else { return units };
    let led = units.iter_mut().find(|(_, part)| *part == Some(Part::Lead));
    let Some((holder, _)) = led.filter(|(holder, _)| holder.as_unit() != Some(&lead)) else { return units };
    if powers::barred(&draft.case, &lead, ThreadKind::Handling, draft.desk.rules) {
        return Vec::new();
    }
    *holder = Holder::unit(lead.clone());
    units.retain(|(holder, part)| *part == Some(Part::Lead) || holder.as_unit() != Some(&lead));
    units
}

fn raise(draft: &mut Draft<'_>, round: u16) -> Result<(), Refusal> {
    let often = round >= draft.procedure()?.rework.raise_after;
    if often { draft.trigger(Trigger::ReworkedTooOften).map(|_| ()) } else { Ok(()) }
}

/// Passed on as often as the profile bears, and no lead unit has brought it to an end.
pub(super) fn raise_adrift(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let after = draft.procedure()?.rework.raise_after_transfers;
    let often = after.is_some_and(|n| draft.case.adrift >= n);
    if often { draft.trigger(Trigger::TransferredTooOften).map(|_| ()) } else { Ok(()) }
}

fn close(draft: &mut Draft<'_>, ground: &str, text: Option<TextRef>) -> Result<(), Refusal> {
    draft.word(&draft.desk.rules.profile.words.close_ground, "close_ground", ground)?;
    if !ripe(draft)? {
        let after = draft.procedure()?.closing.after;
        let open: Vec<String> =
            blocking(draft)?.into_iter().map(|(no, kind)| format!("{no} {kind:?}")).collect();
        let why =
            format!("the case is {}, with open threads [{}]", draft.case.spine.as_str(), open.join(", "));
        let accepted = format!("a case that is {} and that nothing blocks, or `force_close`", after.as_str());
        return Err(Refusal::new("close.blocked", why, accepted));
    }
    if let Some(text) = text {
        draft.emit(Event::Noted { text, thread: None });
    }
    finish(draft, ground, Ending::ByHand)
}

fn blocking(draft: &Draft<'_>) -> Result<Vec<(ThreadNo, ThreadKind)>, Refusal> {
    let procedure = draft.procedure()?;
    Ok(draft.case.open_threads().filter(|t| procedure.keeps_open(t)).map(|t| (t.no, t.kind)).collect())
}

/// Whether the case has got as far as its procedure asks, and nothing blocks.
fn ripe(draft: &Draft<'_>) -> Result<bool, Refusal> {
    let after = draft.procedure()?.closing.after;
    let owed = external::owes(draft);
    Ok(draft.case.spine.is_open() && draft.case.spine >= after && blocking(draft)?.is_empty() && !owed)
}

/// Closes by rule, where the procedure says so.
pub(super) fn close_by_rule(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.case.facts.is_none() {
        return Ok(());
    }
    let closing = &draft.procedure()?.closing;
    let Some(done) = &closing.by_rule else { return Ok(()) };
    let ground = closing.unreachable.as_ref().filter(|_| unheard(draft)).unwrap_or(done);
    if ripe(draft)? { finish(draft, ground, Ending::ByRule) } else { Ok(()) }
}

/// Whether the caller was tried in vain: there is no valid callback.
fn unheard(draft: &Draft<'_>) -> bool {
    let last = draft.case.threads.iter().rev().find(|t| t.kind == ThreadKind::Callback);
    draft.case.verdict_by == Some(VerdictBy::Nobody) && last.is_some_and(|t| t.step == Step::Unreachable)
}

/// How a case is closed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// By somebody's hand.
    ByHand,
    /// By rule: nobody's hand.
    ByRule,
    /// By rule, with the case that it follows: what was promised of it is no longer asked.
    Followed,
    /// 强制结案: over the heads of open threads. A promise that no answer has kept was not kept by this.
    Forced,
}

/// 结案. The caller may still rate and an appeal goes on: their threads and clocks stay. Closing keeps a
/// promise that no answer has kept before, as where nobody called, unless it is forced.
pub(super) fn finish(draft: &mut Draft<'_>, ground: &str, ending: Ending) -> Result<(), Refusal> {
    let stays = |t: &Thread| t.kind.is_of_score() || t.kind == ThreadKind::Rating;
    let (forced, followed) = (ending == Ending::Forced, ending == Ending::Followed);
    draft.withdraw(|t| !stays(t))?;
    let promise = if forced || followed { Clocks::Stopped } else { Clocks::Met };
    draft.end_clocks(|c| c.stage == Stage::Promise, promise);
    let open: Vec<_> = draft.case.open_threads().map(|t| t.no).collect();
    draft.end_clocks(|c| c.thread.is_none_or(|t| !open.contains(&t)), Clocks::Stopped);
    draft.emit(Event::Closed {
        ground: ground.into(),
        by_rule: followed || ending == Ending::ByRule,
        forced,
    });
    Ok(())
}

fn reopen(draft: &mut Draft<'_>, ground: &str, text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Closed, Spine::Void])?;
    draft.word(&draft.desk.rules.profile.words.reopen_ground, "reopen_ground", ground)?;
    let limit = &draft.procedure()?.closing.reopen;
    let closed = draft.case.closed_at.unwrap_or(draft.case.reported_at);
    let until = draft.deadline(limit, closed, None)?.due;
    if draft.desk.now > until {
        let why = format!("the case was closed {closed}; it could be taken up again until {until}");
        return Err(Refusal::new("reopen.late", why, "a new call that names this case"));
    }
    draft.withdraw(|t| t.kind == ThreadKind::Rating)?;
    draft.emit(Event::Noted { text, thread: None });
    draft.emit(Event::Reopened { ground: ground.into() });
    draft.restart_promise()?;
    draft.find_anew()?;
    let round = draft.case.reworks.max(1);
    whistle::recall(draft, round)
}
