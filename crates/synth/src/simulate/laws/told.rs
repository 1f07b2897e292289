//! The notices of a record: each promised one exists once, the same whoever reads it, and none reaches the
//! unit complained of.

use super::powers::{accused, serving};
use super::{Broken, Taken, holds};
use huying_core::case::event::*;
use huying_core::case::notice::{Notice, NoticeId, NoticeKind, Recipient};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::ThreadNo;
use std::collections::BTreeSet;

pub(super) fn hold(taken: &Taken<'_>, told: &mut BTreeSet<NoticeId>) -> Result<(), Broken> {
    let read = || (taken.tried.notices)(taken.record, taken.before, taken.after);
    let all = read();
    holds!("notices.same", all == read(), "the notices of `{}` depend on who asks", taken.record.command);
    for notice in &all {
        holds!("notices.once", told.insert(notice.id), "{notice:?} exists twice");
        let own = notice.id.stream == taken.record.stream && notice.id.version == taken.record.version;
        holds!("notices.once", own, "{notice:?} is not named after its record");
        let unit = match &notice.to {
            Recipient::Unit(unit) | Recipient::Person { unit, .. } => Some(unit),
            Recipient::Caller | Recipient::System(_) => None,
        };
        let about = taken.after.facts.as_ref().and_then(|f| f.about.as_ref());
        let (rules, day) = (taken.rules, taken.rules.day(taken.record.recorded_at));
        let by_name = match &notice.to {
            // What was theirs before is told to be theirs no more.
            Recipient::Person { person, .. } if notice.kind != NoticeKind::Withdrawn => Some(person),
            _ => None,
        };
        let bad = about.is_some_and(|about| {
            unit.is_some_and(|unit| accused(rules, unit, about))
                || by_name.is_some_and(|person| serving(rules, person, day, about))
        });
        holds!("accused.told", !bad, "{notice:?} reaches those complained of, {about:?}");
    }
    let callers = all.iter().any(|n| n.to == Recipient::Caller);
    holds!("notices.caller", taken.after.reachable() || !callers, "nobody is there to be told: {all:?}");
    taken.record.events.iter().try_for_each(|event| promised(taken, event, &all))
}

fn count(all: &[Notice], kind: NoticeKind, thread: ThreadNo, holder: &Holder) -> usize {
    let to = |n: &&Notice| match (&n.to, holder) {
        (Recipient::Unit(u), Holder::Unit { unit, person: None }) => u == unit,
        (Recipient::Person { unit: u, person: p }, Holder::Unit { unit, person }) => {
            u == unit && Some(p) == person.as_ref()
        }
        (Recipient::System(a), Holder::System(b)) => a == b,
        _ => false,
    };
    all.iter().filter(|n| n.kind == kind && n.thread == Some(thread)).filter(to).count()
}

/// Whether a step is the decision that whoever called for its thread waits for.
fn decides(kind: ThreadKind, step: Step) -> bool {
    use ThreadKind::*;
    match kind {
        Return | Extension | Suspension | Approval | Correction | Exclusion | Register | Proposal => {
            matches!(step, Step::Granted | Step::Refused | Step::Hung)
        }
        Summons => step == Step::Refused,
        Ruling => step == Step::Ruled,
        _ => false,
    }
}

fn promised(taken: &Taken<'_>, event: &Event, all: &[Notice]) -> Result<(), Broken> {
    let one = |kind: NoticeKind, thread: ThreadNo, holder: &Holder| {
        let n = count(all, kind, thread, holder);
        holds!("notices.promised", n == 1, "{n} notices {kind:?} of thread {thread} to {holder:?}: {all:?}");
        Ok(())
    };
    match event {
        Event::ThreadOpened(t) if t.kind == ThreadKind::Summons => {
            one(NoticeKind::Summons, t.thread, &t.holder)?;
        }
        Event::ThreadOpened(t) if t.kind == ThreadKind::Supervision => {
            one(NoticeKind::Escalation, t.thread, &t.holder)?;
        }
        Event::ThreadMoved { thread, step: Step::Climbed, .. } => {
            let Some(climbed) = taken.after.thread(*thread) else { return Ok(()) };
            one(NoticeKind::Escalation, *thread, &climbed.holder)?;
            if climbed.kind == ThreadKind::Rung && climbed.caller != Holder::Caller {
                one(NoticeKind::Escalation, *thread, &climbed.caller)?;
            }
            let resident = |n: &&Notice| n.kind == NoticeKind::Escalation && n.to == Recipient::Caller;
            let n = all.iter().filter(resident).filter(|n| n.thread == Some(*thread)).count();
            let wanted = usize::from(climbed.kind == ThreadKind::Rung && taken.after.reachable());
            holds!("notices.promised", n == wanted, "{n} notices to the resident that {climbed:?} climbed");
        }
        Event::ThreadMoved { thread, step, .. } => {
            let Some(decided) = taken.after.thread(*thread).filter(|t| decides(t.kind, *step)) else {
                return Ok(());
            };
            if matches!(decided.caller, Holder::Unit { .. }) {
                one(NoticeKind::Decided, *thread, &decided.caller)?;
            }
        }
        Event::SignOffAsked { thread, of } => one(NoticeKind::ToConfirm, *thread, of)?,
        Event::PutOnNotice { thread } => {
            let Some(late) = taken.after.thread(*thread) else { return Ok(()) };
            one(NoticeKind::PutOnNotice, *thread, &late.holder)?;
        }
        Event::Urged { thread, .. } => {
            let Some(urged) = taken.after.thread(*thread) else { return Ok(()) };
            one(NoticeKind::Urged, *thread, &urged.holder)?;
        }
        Event::ThreadHeld { thread, holder } => one(NoticeKind::HandedOver, *thread, holder)?,
        Event::ClockFired { clock, edge, .. } => {
            let Some(clock) = taken.after.clock(*clock) else { return Ok(()) };
            if !matches!(clock.stage, Stage::Rating | Stage::Reexamine | Stage::Notice) {
                let kind = if *edge == Edge::Near { NoticeKind::NearDue } else { NoticeKind::Overdue };
                let told = all.iter().any(|n| n.kind == kind && n.clock == Some(clock.no));
                holds!("notices.promised", told, "nobody is told that {clock:?} is {edge:?}");
            }
        }
        Event::VerdictGiven { .. } | Event::SentBack { .. } => {
            let back = matches!(event, Event::SentBack { .. });
            let kind = if back { NoticeKind::SentBack } else { NoticeKind::Verdict };
            let lead = taken.after.lead.clone().map(Recipient::Unit);
            let told = all.iter().filter(|n| n.kind == kind && n.thread.is_none());
            let n = told.filter(|n| Some(&n.to) == lead.as_ref()).count();
            holds!("notices.promised", n == 1, "{n} notices {kind:?} to {lead:?}");
        }
        _ => {}
    }
    Ok(())
}
