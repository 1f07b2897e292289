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
    let facts = case.facts.as_ref();
    let procedure = facts.and_then(|f| taken.rules.profile.procedure(f.procedure.as_str()));
    accountable(case)?;
    // What was overdue before a city began to put on notice stays as it was.
    let always = taken.earlier.iter().all(|r| r.edition == taken.record.edition);
    let notice = procedure.and_then(|p| p.urging.as_ref()).is_some_and(|u| u.notice.is_some()) && always;
    for thread in case.open_threads() {
        next(case, thread, notice)?;
    }
    whistles(case)?;
    // Handled and not answered yet: the accountable unit owes the reply, or the closer the close.
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

/// Whoever is accountable is at it: the unit of the lead order; where rungs are open the highest that has
/// answered, until one has the first that was called, or the department that a ruling named.
fn accountable(case: &Case) -> Result<(), Broken> {
    let with = |t: &&Thread| t.holder.as_unit() == case.lead.as_ref();
    let leads = |t: &&Thread| t.kind == Handling && t.part == Some(Part::Lead);
    let order = case.open_threads().find(leads);
    holds!("lead.one", order.as_ref().is_none_or(with), "{:?} answers for the case of {order:?}", case.lead);
    let rungs: Vec<&Thread> = case.open_of(Rung).collect();
    let answered = rungs.iter().filter(|t| t.step != Step::Sent).max_by_key(|t| t.rank);
    let Some(rung) = answered.or(rungs.iter().min_by_key(|t| t.rank)) else { return Ok(()) };
    let named =
        case.threads.iter().filter(|t| t.kind == Summons && t.step != Step::Withdrawn).any(|t| with(&t));
    holds!("lead.one", with(rung) || named, "{:?} answers for the case, not {rung:?}", case.lead);
    Ok(())
}

/// An open thread has something that will move it: a clock with an edge to come, a thread under it (a watch
/// among them), a wait with a name, or a notice that it stayed overdue. What the profile limits has its clock
/// by `clocks.started`; a thread without any that counts is one that it does not limit, which rungs,
/// whistles, rulings and milestones never are.
fn next(case: &Case, thread: &Thread, notice: bool) -> Result<(), Broken> {
    // A rating need not come, a watch ends with what it watches, a score moves no case; another case and a
    // system above are waits with a name.
    if matches!(thread.kind, Rating | Supervision | Merge | External) || thread.kind.is_of_score() {
        return Ok(());
    }
    let counts = |c: &&Clock| {
        c.thread == Some(thread.no) && matches!(c.ticking, Ticking::Running | Ticking::Paused { .. })
    };
    let own: Vec<&Clock> = case.clocks.iter().filter(counts).collect();
    let timed = own.iter().any(|c| !c.runs() || c.missed_at.is_none());
    let under = |no| case.open_threads().any(|t| t.under == Some(no) && !t.kind.is_of_score());
    // The word of whoever called: the resident's of a rung, the convener's, the leader's.
    let word = thread.step == Step::Done
        && (thread.caller == Holder::Caller || matches!(thread.kind, Summons | Instruction));
    let noticed = thread.pressed.as_ref().is_some_and(|p| p.on_notice > 0);
    let free = own.is_empty() && !matches!(thread.kind, Rung | Whistle | Ruling | Milestone);
    let late = !own.is_empty() && (noticed || !notice);
    let moved = timed || under(thread.no) || word || free || late;
    holds!("thread.next", moved, "nothing moves {thread:?}, with {own:?}");
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
