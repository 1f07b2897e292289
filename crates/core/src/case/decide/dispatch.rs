//! Dispatching: finding the unit, signing, giving back, dispatching anew.

use super::draft::{Clocks, Draft};
use super::instruction;
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::Spine;
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{ThreadNo, UnitId};
use crate::profile::Trigger;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Dispatch { thread, lead, co, text } => {
            draft.on(&[Spine::Open])?;
            draft.open_thread(*thread, ThreadKind::Dispatch)?;
            draft.end(*thread, Step::Sent, *text, Clocks::Met)?;
            order(draft, lead, co)
        }
        Command::Redispatch { lead, co, text } => {
            draft.on(&[Spine::Open])?;
            if draft.case.open_of(ThreadKind::Handling).next().is_none() {
                let why = "nobody handles the case now";
                return Err(Refusal::new("dispatch.none", why, "`dispatch` on the open dispatch thread"));
            }
            draft.emit(Event::Noted { text: *text, thread: None });
            withdraw_handling(draft)?;
            order(draft, lead, co)
        }
        Command::Sign { thread } if draft.thread(*thread)?.kind == ThreadKind::Instruction => {
            instruction::sign(draft, *thread)
        }
        Command::Sign { thread } => {
            draft.open_thread(*thread, ThreadKind::Handling)?;
            draft.step(*thread, Step::Signed, None)?;
            draft.meet(*thread, Stage::Sign);
            draft.prove_late(*thread, Stage::Sign)
        }
        Command::Hand { thread, person } => hand(draft, *thread, person),
        Command::AskReturn { thread, text } => {
            let of = &draft.procedure()?.deciders.returns;
            draft.ask(*thread, ThreadKind::Return, of, *text, None)
        }
        Command::DecideReturn { thread, granted, text } => decide_return(draft, *thread, *granted, *text),
        _ => Ok(()),
    }
}

/// Sends the order to its units: one accountable lead, any number of co-units.
fn order(draft: &mut Draft<'_>, lead: &UnitId, co: &[UnitId]) -> Result<(), Refusal> {
    for (i, unit) in std::iter::once(lead).chain(co).enumerate() {
        draft.desk.rules.known_unit(unit, draft.desk.now)?;
        if draft.accused(unit) {
            let why = format!("{unit} is complained of here, or reports to the unit that is");
            return Err(Refusal::new("report.accused-unit", why, "a unit outside the accused unit's line"));
        }
        if i > 0 && (unit == lead || co[..i - 1].contains(unit)) {
            return Err(Refusal::new("dispatch.twice", format!("{unit} is named twice"), "each unit once"));
        }
    }
    draft.emit(Event::LeadSet { lead: lead.clone() });
    let round = draft.case.reworks;
    for (unit, part) in std::iter::once((lead, Part::Lead)).chain(co.iter().map(|u| (u, Part::Co))) {
        draft.open_with(ThreadKind::Handling, Holder::unit(unit.clone()), |t| {
            t.part = Some(part);
            t.round = round;
        })?;
    }
    Ok(())
}

/// Takes the order from all its units, with everything they asked for.
pub(super) fn withdraw_handling(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    use ThreadKind::*;
    draft.withdraw(|t| matches!(t.kind, Handling | Return | Extension | Suspension | Approval | Check))
}

fn hand(draft: &mut Draft<'_>, thread: ThreadNo, person: &crate::ids::PersonId) -> Result<(), Refusal> {
    let open = draft.thread(thread)?;
    let Some(unit) = open.holder.as_unit().cloned().filter(|_| open.is_open()) else {
        return Err(Refusal::new(
            "thread.holder",
            "the thread is with no unit now",
            "an open thread of a unit",
        ));
    };
    if !draft.desk.rules.works_in(person, &unit, draft.desk.now) {
        let why = format!("{person} has no post in {unit} now");
        return Err(Refusal::new("person.unit", why, format!("somebody with a post in {unit}")));
    }
    draft.emit(Event::ThreadHeld { thread, holder: Holder::Unit { unit, person: Some(person.clone()) } });
    Ok(())
}

fn decide_return(
    draft: &mut Draft<'_>,
    thread: ThreadNo,
    granted: bool,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let Some(handling) = draft.open_thread(thread, ThreadKind::Return)?.under else { return Ok(()) };
    let step = if granted { Step::Granted } else { Step::Refused };
    draft.end(thread, step, text, Clocks::Met)?;
    if !granted {
        return Ok(());
    }
    let lead = draft.thread(handling)?.part == Some(Part::Lead);
    draft.withdraw(|t| t.under == Some(handling))?;
    draft.end(handling, Step::Returned, None, Clocks::Stopped)?;
    if !lead {
        return Ok(());
    }
    // Without its lead the order is void for the co-units too; the dispatcher who took it back answers for
    // it.
    withdraw_handling(draft)?;
    if let Actor::Staff(staff) = draft.desk.actor {
        draft.emit(Event::LeadSet { lead: staff.unit.clone() });
    }
    draft.trigger(Trigger::Opened).map(|_| ())
}
