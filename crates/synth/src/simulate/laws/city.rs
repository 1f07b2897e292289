//! The city-management case: what is near an open case is refused or follows it, what repeats names what it
//! repeats, what is opened, mended or passed is shown, what is mended at once was nobody else's, a case is
//! marked as closed by force exactly when it was, and an appeal is granted by the office of the last of its
//! steps, wherever somebody over the place holds it.

use super::powers::accused;
use super::{Broken, Taken, holds};
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::state::Case;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::{ThreadNo, UnitId};
use huying_core::profile::{DuplicateAct, EvidenceStep, Fits, Procedure};

pub(super) fn hold(taken: &Taken<'_>) -> Result<(), Broken> {
    let facts = taken.after.facts.as_ref();
    let Some(procedure) = facts.and_then(|f| taken.rules.profile.procedure(f.procedure.as_str())) else {
        return Ok(());
    };
    evidence(taken, procedure)?;
    taken.record.events.iter().try_for_each(|event| of(taken, procedure, event))
}

/// What the procedure wants to see pictures of was seen on them.
fn evidence(taken: &Taken<'_>, procedure: &Procedure) -> Result<(), Broken> {
    let step = match taken.command {
        Command::Verify { confirmed: true, .. } => EvidenceStep::Verify,
        Command::Register { granted: true, .. } => EvidenceStep::Register,
        Command::Check { passed: true, .. } => EvidenceStep::Check,
        Command::Finish { thread, .. } if lead_of(taken.after, *thread) => EvidenceStep::Finish,
        _ => return Ok(()),
    };
    let Some(fits) = Fits::of(taken.after) else { return Ok(()) };
    let asked = procedure.evidence.iter().flat_map(|e| &e.pictures);
    let asked = asked.filter(|p| p.before == step && p.when.fits(&fits)).flat_map(|p| &p.labels);
    let lacks = asked.into_iter().find(|l| !taken.after.attached.iter().any(|a| a.as_ref() == Some(*l)));
    holds!("evidence.shown", lacks.is_none(), "{step:?} without a picture labelled {lacks:?}");
    Ok(())
}

fn lead_of(case: &Case, thread: ThreadNo) -> bool {
    let thread = case.threads.iter().find(|t| t.no == thread);
    thread.is_some_and(|t| t.kind == ThreadKind::Handling && t.part == Some(Part::Lead))
}

/// What must not be taken in twice is taken in once; what follows at once follows what was found near.
fn twice(taken: &Taken<'_>, facts: &Reported) -> Result<(), Broken> {
    let fits = Fits::of(taken.after);
    let rule = fits.and_then(|fits| taken.rules.profile.duplicate_rule(&fits));
    let (exact, act) = (facts.nearby.iter().any(|n| n.exact), rule.map(|r| r.act));
    let again = act == Some(DuplicateAct::Refuse) && exact && *taken.actor != Actor::Caller;
    holds!("duplicate.refused", !again, "taken in beside {:?}", facts.nearby);
    let Some(leader) = taken.after.follows else { return Ok(()) };
    let near = facts.nearby.iter().any(|n| n.case == leader && n.exact);
    let merged = act == Some(DuplicateAct::Merge) && near;
    holds!("duplicate.merged", merged, "follows {leader} from the start, beside {:?}", facts.nearby);
    Ok(())
}

fn of(taken: &Taken<'_>, procedure: &Procedure, event: &Event) -> Result<(), Broken> {
    let command = taken.command.name();
    match event {
        Event::Voided { ground, of } if matches!(command, "void" | "verify" | "register") => {
            let names = procedure.voiding.as_ref().is_some_and(|v| v.names_other.contains(ground));
            let other = of.is_some_and(|of| of != taken.after.id);
            holds!("void.named", names == other, "`{ground}` of {of:?}, case {}", taken.after.id);
        }
        Event::Reported(facts) => twice(taken, facts)?,
        Event::HandledAtOnce { .. } => quick(taken, procedure)?,
        Event::Closed { forced, .. } => {
            let by_force = command == "force_close";
            holds!("closed.forced", *forced == by_force, "closed by `{command}`, forced: {forced}");
        }
        Event::ScoreCorrected { clock, .. } => {
            let last = procedure.appeal.as_ref().and_then(|a| a.steps.last());
            let role = if let Actor::Staff(staff) = taken.actor { Some(&staff.role) } else { None };
            let (place, about) =
                (taken.after.place(), taken.after.facts.as_ref().and_then(|f| f.about.as_ref()));
            let fair = |unit: &UnitId| about.is_none_or(|about| !accused(taken.rules, unit, about));
            let office =
                |role: &str| taken.rules.unit_for(role, place, taken.record.recorded_at, fair).is_some();
            let granted = last.is_none_or(|step| role == Some(&step.role) || !office(&step.role));
            holds!("appeal.last", granted, "the score of {clock} is corrected by a {role:?}");
        }
        _ => {}
    }
    Ok(())
}

fn quick(taken: &Taken<'_>, procedure: &Procedure) -> Result<(), Broken> {
    let rule = procedure.quick.as_ref();
    let sent = |c: &Case| c.threads.iter().any(|t| t.kind == ThreadKind::Handling);
    let before = super::before(taken);
    holds!("quick.alone", !sent(&before), "somebody was sent, and another mends it");
    let has = |label| before.attached.iter().any(|a| a.as_ref() == Some(label));
    let shown = rule.is_some_and(|r| r.pictures.iter().all(has));
    holds!("quick.shown", shown, "mended with {:?}, where the rule is {rule:?}", before.attached);
    Ok(())
}
