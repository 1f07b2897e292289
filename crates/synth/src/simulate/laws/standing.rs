//! The case as a record leaves it: one accountable lead, every thread with somebody and with something that
//! will move it, nothing lost.

use super::{Broken, Taken, holds};
use huying_core::case::event::*;
use huying_core::case::state::*;
use huying_core::case::thread::{Step, ThreadKind, ThreadKind::*};

pub(super) fn hold(taken: &Taken<'_>) -> Result<(), Broken> {
    let case = taken.after;
    for thread in case.open_threads() {
        if let Some(unit) = thread.holder.as_unit() {
            holds!("thread.holder", taken.rules.city.units.get(unit).is_some(), "nobody holds {thread:?}");
        }
        if !matches!(thread.kind, Rating | Merge | External) {
            let unit = thread.holder.as_unit().is_some();
            holds!("thread.holder", unit, "{thread:?} is with no unit");
        }
    }
    let merged: Vec<&Thread> = case.open_of(Merge).collect();
    holds!("merge.alone", merged.len() <= 1, "the case follows twice: {merged:?}");
    if !merged.is_empty() {
        let also = |t: &&Thread| matches!(t.kind, Handling | Dispatch | Callback);
        let works = case.open_threads().find(also);
        holds!("merge.alone", works.is_none(), "a merged case is worked on by itself: {works:?}");
    }
    if case.facts.is_none() {
        return Ok(());
    }
    let leads = |t: &&Thread| t.kind == Handling && t.part == Some(Part::Lead);
    holds!("lead.one", case.open_threads().filter(leads).count() <= 1, "two lead units");
    if case.spine.is_open() { open(taken) } else { closed(case) }
}

fn closed(case: &Case) -> Result<(), Broken> {
    // A word to a system above may still wait for its receipt.
    let stays = |t: &&Thread| matches!(t.kind, Rating | External) || t.kind.is_of_score();
    let left = case.open_threads().find(|t| !stays(t));
    holds!("closed.threads", left.is_none(), "a case that is {} has {left:?}", case.spine.as_str());
    let promise = case.clocks.iter().find(|c| c.runs() && c.thread.is_none());
    holds!(
        "closed.promise",
        promise.is_none(),
        "a case that is {} promises: {promise:?}",
        case.spine.as_str()
    );
    Ok(())
}

fn open(taken: &Taken<'_>) -> Result<(), Broken> {
    let case = taken.after;
    let known = case.lead.as_ref().is_some_and(|u| taken.rules.city.units.get(u).is_some());
    holds!("lead.one", known, "an open case is with {:?}", case.lead);
    for thread in case.open_threads() {
        moves(case, thread)?;
    }
    whistles(case)?;
    // Handled and not answered yet: the accountable unit owes the reply, or the closer the close.
    let facts = case.facts.as_ref();
    let procedure = facts.and_then(|f| taken.rules.profile.procedure(f.procedure.as_str()));
    let closer = procedure.is_some_and(|p| p.closing.by_rule.is_none());
    let held = case.open_threads().any(|t| !t.kind.is_of_score() && t.kind != Supervision);
    let owed = match case.spine {
        Spine::Open => {
            let answered = |t: &Thread| t.kind == Rung && t.step == Step::Confirmed;
            case.last_order().is_some_and(|t| t.step == Step::Done) || case.threads.iter().any(answered)
        }
        // A system above that governs the case gives the verdict: a wait that is named.
        Spine::Answered => facts.is_some_and(|f| f.governed.is_some()),
        spine => closer && spine == Spine::Verdict,
    };
    let threads: Vec<_> = case.threads.iter().map(|t| (t.no, t.kind, t.step)).collect();
    holds!("case.moves", held || owed, "nothing moves the case, which is {:?}: {threads:?}", case.spine);
    Ok(())
}

/// A thread of the ladder or of whistles has something that will move it: a clock, a thread under it, or for
/// a finished rung the word of who called.
fn moves(case: &Case, thread: &Thread) -> Result<(), Broken> {
    if !matches!(thread.kind, Rung | Whistle | Summons | Ruling | Milestone) {
        return Ok(());
    }
    let timed = case.clocks.iter().any(|c| {
        let stands = matches!(c.ticking, Ticking::Running | Ticking::Paused { .. });
        c.thread == Some(thread.no) && stands
    });
    let under = case.open_threads().any(|t| t.under == Some(thread.no));
    // A profile need not limit what a department does between its answer and its result.
    let free = thread.kind == Summons
        && matches!(thread.step, Step::Acknowledged | Step::OnSite | Step::MeasureStated);
    let word = thread.step == Step::Done && thread.caller == Holder::Caller;
    holds!("thread.moves", timed || under || word || free, "nothing moves {thread:?}");
    Ok(())
}

fn whistles(case: &Case) -> Result<(), Broken> {
    let over = |t: &Thread| t.under.and_then(|no| case.thread(no));
    for summons in case.open_of(Summons) {
        let Some(whistle) = over(summons).filter(|w| w.kind == ThreadKind::Whistle && w.is_open()) else {
            return Err(Broken::of("whistle.summons", format!("{summons:?} is of no open whistle")));
        };
        let self_summoned = summons.holder.as_unit() == whistle.holder.as_unit();
        holds!("whistle.summons", !self_summoned, "{summons:?} is its convener's own");
        let ruled = case.open_of(Ruling).filter(|r| r.under == Some(summons.no)).count();
        let wanted = usize::from(summons.step == Step::Refused);
        holds!("whistle.ruling", ruled == wanted, "{ruled} rulings of {summons:?}");
    }
    for ruling in case.open_of(Ruling) {
        let waits = |t: &Thread| t.step == Step::Refused || (t.kind == Dispatch && t.is_open());
        let about = over(ruling).is_some_and(waits);
        holds!("whistle.ruling", about, "{ruling:?} is about no refusal and no dispatch");
    }
    for whistle in case.open_of(Whistle) {
        let waits = case.open_of(Summons).any(|s| s.under == Some(whistle.no));
        holds!("whistle.summons", waits, "{whistle:?} waits for nobody");
    }
    Ok(())
}
