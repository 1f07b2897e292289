//! Routines: one visit is owed while one runs, nothing is asked that was not admitted, and nothing is given
//! beyond a quota.

use super::{Broken, Taken, holds};
use huying_core::case::event::*;
use huying_core::case::routine::Taking;
use huying_core::case::state::{Case, Clock};
use huying_core::case::thread::ThreadKind;
use huying_core::ids::UnitId;
use huying_core::standing::{OrderNo, Stand, Standing};
use std::collections::BTreeMap;

pub(super) fn hold(taken: &Taken<'_>) -> Result<(), Broken> {
    let case = taken.after;
    let owed: Vec<_> = case.open_of(ThreadKind::Visit).collect();
    let wanted = usize::from(case.routine.is_some() && case.spine.is_open());
    holds!("visit.one", owed.len() == wanted, "{} visits are owed, not {wanted}: {owed:?}", owed.len());
    for visit in owed {
        let rings = |c: &&Clock| c.thread == Some(visit.no) && c.runs() && c.missed_at.is_none();
        let due: Vec<_> = case.clocks.iter().filter(rings).map(|c| c.stage).collect();
        let named = matches!(due.as_slice(), [Stage::Milestone | Stage::Reexamine]);
        holds!("visit.due", named, "{visit:?} has the clocks {due:?}");
        let routine = case.routine.as_deref();
        let held = routine.map(|r| Holder::Unit { unit: r.unit.clone(), person: r.person.clone() });
        // Who has left is named in the routine until it is somebody else's.
        let same = held.as_ref().is_some_and(|h| h.as_unit() == visit.holder.as_unit());
        holds!("visit.worker", same, "{visit:?} is not with the worker, {held:?}");
    }
    taken.record.events.iter().try_for_each(|event| asked(taken, event))
}

/// What is asked of a worker was admitted, where whoever asks needs that.
fn asked(taken: &Taken<'_>, event: &Event) -> Result<(), Broken> {
    let rules = taken.rules;
    match event {
        Event::Assigned(given) => {
            let Actor::Staff(staff) = taken.actor else {
                return Err(Broken::of("visit.admitted", format!("{given:?} is given by nobody")));
            };
            let kind = rules.kind_of_unit(&staff.unit).unwrap_or_default();
            let asks = rules.profile.admission.iter().any(|a| a.askers.iter().any(|k| k == kind));
            let admitted = !asks || given.admission.is_some();
            holds!("visit.admitted", admitted, "{} gives what was not admitted: {given:?}", staff.unit);
        }
        Event::ThreadOpened(opened) if opened.kind == ThreadKind::Visit => {
            let Some(no) = taken.after.routine.as_deref().and_then(|r| r.admission) else { return Ok(()) };
            let (at, day) = (taken.record.recorded_at, rules.day(taken.record.recorded_at));
            let stand = rules.standing.task(no).map(|a| (&a.stand, &a.request));
            let holds_now = stand.is_some_and(|(stand, request)| match stand {
                Stand::Admitted { to, ended, .. } => {
                    day < *to && day >= request.from && ended.is_none_or(|e| e > at)
                }
                _ => false,
            });
            holds!("visit.admitted", holds_now, "{opened:?} is asked under {stand:?}");
        }
        _ => {}
    }
    Ok(())
}

/// What runs under each admission, all cases together, is within it.
pub(in super::super) fn quotas<'c>(
    standing: &Standing,
    cases: impl Iterator<Item = &'c Case>,
) -> Result<(), Broken> {
    let mut given: BTreeMap<OrderNo, u32> = BTreeMap::new();
    let mut minutes: BTreeMap<(OrderNo, &UnitId), u32> = BTreeMap::new();
    for Taking { admission, unit, weekly } in cases.filter_map(Case::taking) {
        *given.entry(admission).or_default() += 1;
        *minutes.entry((admission, unit)).or_default() += weekly;
    }
    let stand = |no: OrderNo| match standing.task(no).map(|a| &a.stand) {
        Some(Stand::Admitted { quota, minutes, .. }) => Some((*quota, *minutes)),
        _ => None,
    };
    for (no, n) in given {
        let most = stand(no).map(|s| s.0);
        holds!("quota.kept", most.is_some_and(|most| n <= most), "{n} run under request {no}, of {most:?}");
    }
    for ((no, unit), n) in minutes {
        let most = stand(no).map(|s| s.1);
        let kept = most.is_some_and(|most| n <= most);
        holds!("quota.kept", kept, "{unit} has {n} minutes a week of request {no}, of {most:?}");
    }
    Ok(())
}
