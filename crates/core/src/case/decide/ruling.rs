//! The ruling 裁定: the district says whose duty it is, when a department refuses a summons (which does not
//! free it), or before an order is sent.

use super::draft::{Clocks, Draft};
use super::whistle::{rule_over, settle, start_anew, summon_all, whistle_of};
use super::{powers, rung};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Case, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{ThreadNo, UnitId};

/// How a ruling comes out, as the label of its last step.
const UPHELD: &str = "upheld";
const OVERRULED: &str = "overruled";

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Refuse { thread, ground, text } => refuse(draft, *thread, ground, *text),
        Command::Rule { thread, upheld, lead, instead, text } => {
            let under = draft.open_thread(*thread, ThreadKind::Ruling)?.under;
            let before =
                under.and_then(|no| draft.case.thread(no)).is_some_and(|t| t.kind == ThreadKind::Dispatch);
            if before {
                return name_duty(draft, *thread, *upheld, lead.as_ref(), instead, *text);
            }
            let upheld = upheld.ok_or_else(|| {
                let why = "a refusal is upheld or overruled";
                Refusal::new("ruling.upheld", why, "`upheld`: true or false")
            })?;
            rule(draft, *thread, upheld, lead.as_ref(), instead, *text)
        }
        _ => Ok(()),
    }
}

fn refuse(draft: &mut Draft<'_>, no: ThreadNo, ground: &str, text: TextRef) -> Result<(), Refusal> {
    draft.word(&draft.desk.rules.profile.words.refuse_ground, "refuse_ground", ground)?;
    let summons = draft.open_thread(no, ThreadKind::Summons)?;
    match summons.step {
        Step::Sent | Step::Acknowledged => {}
        Step::Refused => {
            let why = "the refusal waits for its ruling";
            return Err(Refusal::new("summons.refused", why, "`rule` by the district"));
        }
        _ => {
            let why = "a department that has been on site does not leave by refusing";
            let accepted = "`state_measure` and `finish`, or a withdrawal by the convener";
            return Err(Refusal::new("summons.on-site", why, accepted));
        }
    }
    if overruled(&draft.case, no) {
        let why = "a refusal of this summons was overruled, and that ruling stands";
        let accepted = "`arrive`, `state_measure` and `finish`, or a withdrawal by the convener";
        return Err(Refusal::new("summons.overruled", why, accepted));
    }
    let rule = rule_over(draft, no)?;
    let whistling = draft.desk.rules.profile.whistling.as_ref().ok_or_else(|| {
        Refusal::new("whistle.none", "the profile has no table [whistling]", "a profile that says who rules")
    })?;
    let (whistle, raised) = (whistle_of(draft, no)?.no, whistle_of(draft, no)?.step != Step::Sent);
    let convener = whistle_of(draft, no)?.holder.clone();
    draft.step_as(no, Step::Refused, Some(ground.into()), Some(text))?;
    draft.end_clocks(|c| c.thread == Some(no), Clocks::Stopped);
    let (one, other) = (draft.thread(no)?.holder.clone(), convener.clone());
    let neither = |u: &UnitId| one.as_unit() != Some(u) && other.as_unit() != Some(u);
    let ruler = draft.holder_among(ThreadKind::Ruling, &whistling.ruler, neither);
    let ruling = draft.open_with(ThreadKind::Ruling, ruler, |t| {
        t.caller = convener;
        t.under = Some(no);
        t.text = Some(text);
    })?;
    draft.start_limited(Stage::Rule, ruling, &whistling.ruling, true)?;
    if rule.raise_on_refusal && !raised {
        draft.step(whistle, Step::Climbed, None)?;
    }
    Ok(())
}

/// Whether it was ruled already that a summons stays with its department.
pub(super) fn overruled(case: &Case, summons: ThreadNo) -> bool {
    let ruled = |t: &Thread| t.kind == ThreadKind::Ruling && t.under == Some(summons);
    case.threads.iter().any(|t| ruled(t) && t.outcome.as_deref() == Some(OVERRULED))
}

/// Before an order is sent: the ruling names the lead, and the dispatcher sends the order to it.
fn name_duty(
    draft: &mut Draft<'_>,
    no: ThreadNo,
    upheld: Option<bool>,
    lead: Option<&UnitId>,
    instead: &[UnitId],
    text: TextRef,
) -> Result<(), Refusal> {
    if upheld.is_some() || !instead.is_empty() {
        let why = "nobody has refused; the ruling names the lead unit, and no more";
        return Err(Refusal::new("ruling.instead", why, "`lead` alone"));
    }
    let lead = lead.ok_or_else(|| {
        Refusal::new("ruling.lead", "the ruling names nobody", "`lead`: the unit whose duty it is")
    })?;
    draft.desk.rules.known_unit(lead, draft.desk.now)?;
    if draft.accused(lead) {
        let why = format!("{lead} is complained of here, or reports to the unit that is");
        return Err(Refusal::new("report.accused-unit", why, "a unit outside the accused unit's line"));
    }
    if powers::barred(&draft.case, lead, ThreadKind::Handling, draft.desk.rules) {
        let why = format!("{lead} did something on the case that keeps it from handling it");
        return Err(Refusal::new("powers.apart", why, "another unit"));
    }
    draft.end_as(no, Step::Ruled, Some(lead.as_str().into()), Some(text), Clocks::Met)
}

fn rule(
    draft: &mut Draft<'_>,
    no: ThreadNo,
    upheld: bool,
    lead: Option<&UnitId>,
    instead: &[UnitId],
    text: TextRef,
) -> Result<(), Refusal> {
    let Some(summons) = draft.open_thread(no, ThreadKind::Ruling)?.under else {
        return Err(Refusal::new(
            "ruling.nothing",
            "the ruling is about no summons",
            "a ruling of a refusal",
        ));
    };
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    neutral(draft, summons, staff)?;
    if !upheld && !instead.is_empty() {
        let why = "the department stays summoned, and others are named in its place";
        return Err(Refusal::new("ruling.instead", why, "`instead` with `upheld` = true, or `summon`"));
    }
    let whistle = whistle_of(draft, summons)?.no;
    let rule = rule_over(draft, summons)?;
    let word = if upheld { UPHELD } else { OVERRULED };
    draft.end_as(no, Step::Ruled, Some(word.into()), Some(text), Clocks::Met)?;
    if upheld {
        draft.end(summons, Step::Excused, None, Clocks::Stopped)?;
    } else {
        draft.step(summons, Step::Sent, None)?;
    }
    if !instead.is_empty() {
        summon_all(draft, whistle, rule, instead, &Holder::unit(staff.unit.clone()), Some(text))?;
    }
    name_lead(draft, whistle, lead)?;
    if !upheld {
        start_anew(draft, summons, rule)?;
    }
    settle(draft, whistle)
}

/// Neither the department that refused nor the convener rules in its own cause.
fn neutral(draft: &Draft<'_>, summons: ThreadNo, staff: &Staff) -> Result<(), Refusal> {
    let refused = draft.thread(summons)?;
    let convener = whistle_of(draft, summons)?;
    let own = |t: &Thread| t.holder.as_unit() == Some(&staff.unit);
    if own(refused) || own(convener) || refused.spoken_by() == Some(&staff.person) {
        let why = format!("{} of {} would rule in their own cause", staff.person, staff.unit);
        return Err(Refusal::new("powers.apart", why, "somebody who neither refused nor convened"));
    }
    Ok(())
}

fn name_lead(draft: &mut Draft<'_>, whistle: ThreadNo, lead: Option<&UnitId>) -> Result<(), Refusal> {
    let Some(lead) = lead.filter(|l| draft.case.lead.as_ref() != Some(l)) else { return Ok(()) };
    let here = |t: &Thread| t.holder.as_unit() == Some(lead);
    let summoned = draft.case.open_of(ThreadKind::Summons).any(|t| t.under == Some(whistle) && here(t));
    if !summoned && !draft.thread(whistle).is_ok_and(here) {
        let why = format!("{lead} has no open summons of this whistle");
        return Err(Refusal::new("ruling.lead", why, "a summoned department, or the convener"));
    }
    if let Some(rung) = rung::answering(&draft.case).filter(|t| !summoned && !here(t)) {
        let why = format!("{lead} stands on no rung, and thread {} answers for the call", rung.no);
        return Err(Refusal::new("ruling.lead", why, "a summoned department, or whoever has the call"));
    }
    let leads = |t: &&Thread| t.part == Some(Part::Lead);
    if let Some(order) = draft.case.open_of(ThreadKind::Handling).find(leads) {
        let why = format!("the order has its lead unit, by thread {}", order.no);
        return Err(Refusal::new("ruling.lead", why, "a ruling without `lead`, and `redispatch`"));
    }
    draft.emit(Event::LeadSet { lead: lead.clone() });
    Ok(())
}
