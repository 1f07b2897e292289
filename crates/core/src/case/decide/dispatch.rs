//! Dispatching: finding the unit, by a ruling or by a district where the duty is unclear; signing, giving
//! back, dispatching anew.

use super::draft::{Clocks, Draft};
use super::{instruction, powers, reassign, routine, verdict, whistle};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{ThreadNo, UnitId};

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Dispatch { thread, lead, co, text } => {
            draft.on(&[Spine::Open])?;
            draft.open_thread(*thread, ThreadKind::Dispatch)?;
            ruled(draft, *thread, Some(lead))?;
            draft.end(*thread, Step::Sent, *text, Clocks::Met)?;
            whistle::order_lets_go(draft, |unit| unit == lead || co.contains(unit))?;
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
            whistle::order_lets_go(draft, |unit| unit == lead || co.contains(unit))?;
            order(draft, lead, co)
        }
        Command::PassDown { thread, unit, text } => pass_down(draft, *thread, unit, *text),
        Command::AskRuling { thread, text } => ask_ruling(draft, *thread, *text),
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
            in_time(draft, *thread)?;
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
    verdict::raise_adrift(draft)
}

/// Whether a ruling stands against sending the order, or passing it on: one that is still to come, or one
/// that named another unit.
fn ruled(draft: &Draft<'_>, dispatch: ThreadNo, lead: Option<&UnitId>) -> Result<(), Refusal> {
    let of = |t: &&Thread| t.kind == ThreadKind::Ruling && t.under == Some(dispatch);
    let Some(ruling) = draft.case.threads.iter().rev().find(of) else { return Ok(()) };
    if ruling.is_open() {
        let why = format!("whose duty it is waits for the ruling of thread {}", ruling.no);
        return Err(Refusal::new("dispatch.ruling", why, "`rule` first"));
    }
    match (ruling.step, &ruling.outcome) {
        (Step::Ruled, Some(named)) if lead.is_none_or(|l| l.as_str() != named) => {
            let why = format!("the ruling of thread {} names {named}", ruling.no);
            Err(Refusal::new("dispatch.ruled", why, format!("`lead` = {named}")))
        }
        _ => Ok(()),
    }
}

/// 区级兜底: the district answers for it now, with a full clock of its own.
fn pass_down(draft: &mut Draft<'_>, no: ThreadNo, unit: &UnitId, text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Open])?;
    let held = draft.open_thread(no, ThreadKind::Dispatch)?.holder.clone();
    ruled(draft, no, None)?;
    let rule = draft.procedure()?.fallback.as_ref().ok_or_else(|| {
        let why = "no district stands in for a dispatch in this procedure";
        Refusal::new("fallback.none", why, "`dispatch`, or a procedure with a table [procedure.fallback]")
    })?;
    let (rules, now) = (draft.desk.rules, draft.desk.now);
    rules.known_unit(unit, now)?;
    if draft.accused(unit) {
        let why = format!("{unit} is complained of here, or reports to the unit that is");
        return Err(Refusal::new("report.accused-unit", why, "a unit outside the accused unit's line"));
    }
    let refuse = |why: String| {
        let accepted = format!("another unit with a post of role {} around the place", rule.role);
        Err(Refusal::new("fallback.unit", why, accepted))
    };
    if held.as_unit() == Some(unit) {
        return refuse(format!("{unit} has it already"));
    }
    if !rules.has_role(unit, &rule.role, now)
        || powers::barred(&draft.case, unit, ThreadKind::Dispatch, rules)
    {
        return refuse(format!("nobody of {unit} could dispatch it"));
    }
    // A place known no better than the city is around the district instead.
    let around = |place| rules.serves(unit, place, now) || rules.is_within(unit, place);
    if draft.case.place().is_some_and(|place| !around(place)) {
        return refuse(format!("the case lies outside the territory of {unit}"));
    }
    if draft.case.passed_down >= rule.at_most {
        let why = format!("the case was passed down {} times", draft.case.passed_down);
        return Err(Refusal::new("fallback.often", why, "`dispatch` to a unit"));
    }
    draft.step(no, Step::PassedDown, Some(text))?;
    draft.meet(no, Stage::Dispatch);
    draft.emit(Event::ThreadHeld { thread: no, holder: Holder::unit(unit.clone()) });
    draft.emit(Event::LeadSet { lead: unit.clone() });
    draft.start_clock(Stage::Dispatch, Some(no), rules.hours_of(unit))?;
    verdict::raise_adrift(draft)
}

/// 提请现场裁定: nothing is sent before it is ruled whose duty it is.
fn ask_ruling(draft: &mut Draft<'_>, no: ThreadNo, text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Open])?;
    let asking = draft.open_thread(no, ThreadKind::Dispatch)?.holder.clone();
    ruled(draft, no, None)?;
    let rule = draft.procedure()?.ruling.as_ref().ok_or_else(|| {
        let why = "nobody rules before a dispatch in this procedure";
        Refusal::new("ruling.none", why, "`dispatch`, or a procedure with a table [procedure.ruling]")
    })?;
    let ruler = draft.holder(ThreadKind::Ruling, &rule.ruler);
    let ruling = draft.open_with(ThreadKind::Ruling, ruler, |t| {
        t.caller = asking;
        t.under = Some(no);
        t.text = Some(text);
    })?;
    draft.start_limited(Stage::Rule, ruling, &rule.limit, true)
}

/// 退单时限: an order that was held too long is no longer given back.
fn in_time(draft: &Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    let handling = draft.open_thread(no, ThreadKind::Handling)?;
    let Some(rule) = &draft.procedure()?.returns else { return Ok(()) };
    let hours = handling.holder.as_unit().and_then(|u| draft.desk.rules.hours_of(u));
    let until = draft.deadline(&rule.within, handling.opened_at, hours.as_ref())?.due;
    if draft.desk.now <= until {
        return Ok(());
    }
    let why = format!("the order was sent {}; it could be given back until {until}", handling.opened_at);
    Err(Refusal::new("return.late", why, "`finish`, `ask_extension`, or `redispatch` by the dispatcher"))
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
    reassign::may_get(draft, &unit, person)?;
    if draft.thread(thread)?.kind == ThreadKind::Visit {
        routine::may_take(draft, &unit, Some(person))?;
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
    whistle::order_lets_go(draft, |_| false)?;
    if let Actor::Staff(staff) = draft.desk.actor {
        draft.emit(Event::LeadSet { lead: staff.unit.clone() });
    }
    draft.find_anew()
}
