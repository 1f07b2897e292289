//! Joint enforcement 综合执法: an action planned by several units under powers that one of them holds, and what
//! was inspected, ordered or penalised, each under its power and with its evidence.
//!
//! A power moved down is held by the kinds of units that the profile names, by those it names themselves, and
//! wherever an officer is resident whom a unit that holds it has sent. What is used of a power (its code and
//! its basis on that day) stands in the event.

use super::draft::Draft;
use super::instruction::may_be_named;
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::Spine;
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{ThreadNo, UnitId};
use crate::profile::Power;
use crate::time::Time;
use compact_str::CompactString;

/// The label of the dated step that a joint action is.
pub(super) const ACTION: &str = "joint-action";

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::PlanJoint { thread, units, powers, at, text } => {
            plan(draft, *thread, units, powers, *at, *text)
        }
        Command::Enforce { thread, act, power, files, text } => {
            enforce(draft, *thread, act, power, files, *text)
        }
        _ => Ok(()),
    }
}

fn power<'a>(draft: &Draft<'a>, code: &str) -> Result<&'a Power, Refusal> {
    let profile = &draft.desk.rules.profile;
    profile.power(code).ok_or_else(|| {
        let known: Vec<&str> = profile.powers.iter().map(|p| p.code.as_str()).collect();
        let accepted =
            if known.is_empty() { "a profile with [[power]]".to_owned() } else { known.join(", ") };
        Refusal::new("power.unknown", format!("`{code}` is no power of this city's list"), accepted)
    })
}

/// Refuses a power that none of `units` holds at an instant.
fn held(draft: &Draft<'_>, power: &Power, units: &[UnitId], at: Time) -> Result<(), Refusal> {
    let rules = draft.desk.rules;
    if units.iter().any(|unit| rules.holds_power(unit, power, at)) {
        return Ok(());
    }
    let who: Vec<&str> = units.iter().map(UnitId::as_str).collect();
    let why = format!("none of {} holds the power {} ({}) then", who.join(", "), power.code, power.name);
    let mut holders: Vec<String> = power.kinds.iter().map(|k| format!("a {k}")).collect();
    holders.extend(power.units.iter().map(ToString::to_string));
    let accepted =
        format!("with {}, or an officer sent by such a unit; from {} on", holders.join(" or "), power.since);
    Err(Refusal::new("power.held", why, accepted))
}

/// 联合执法计划
fn plan(
    draft: &mut Draft<'_>,
    whistle: Option<ThreadNo>,
    units: &[UnitId],
    powers: &[CompactString],
    at: Time,
    text: TextRef,
) -> Result<(), Refusal> {
    draft.on(&[Spine::Open])?;
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    if let Some(no) = whistle {
        draft.open_thread(no, ThreadKind::Whistle)?;
    } else if draft.case.lead.as_ref() != Some(&staff.unit) {
        let lead = draft.case.lead.as_ref().map(ToString::to_string).unwrap_or_default();
        let why = "only the accountable unit plans an action on the case as a whole";
        return Err(Refusal::new("joint.lead", why, format!("somebody of {lead}, or `thread`: a whistle")));
    }
    if at <= draft.desk.now {
        return Err(Refusal::new(
            "time.past",
            format!("`at` is {at}, which has passed"),
            "an instant to come",
        ));
    }
    draft.not_too_far(at)?;
    if powers.is_empty() {
        return Err(Refusal::new("joint.powers", "no power is named", "`powers`: at least one"));
    }
    let mut all = vec![staff.unit.clone()];
    for unit in units {
        may_be_named(draft, unit)?;
        if all.contains(unit) {
            return Err(Refusal::new("joint.twice", format!("{unit} takes part already"), "each unit once"));
        }
        all.push(unit.clone());
    }
    for code in powers {
        held(draft, power(draft, code)?, &all, at)?;
    }
    let joint = Joint { units: all, powers: powers.to_vec() };
    let before = draft.case.threads.iter().filter(|t| t.kind == ThreadKind::Milestone).count();
    let no = draft.open_with(ThreadKind::Milestone, Holder::unit(staff.unit.clone()), |t| {
        t.under = whistle;
        t.rank = u8::try_from(before + 1).ok();
        t.label = Some(ACTION.into());
        t.until = Some(at);
        t.text = Some(text);
        t.joint = Some(Box::new(joint));
    })?;
    draft.start_fixed(Stage::Milestone, no, at);
    Ok(())
}

/// 检查、责令、处罚: one act of enforcement, under a power that the acting unit holds.
fn enforce(
    draft: &mut Draft<'_>,
    action: Option<ThreadNo>,
    act: &CompactString,
    code: &CompactString,
    files: &[CompactString],
    text: TextRef,
) -> Result<(), Refusal> {
    draft.on(&[Spine::Open, Spine::Answered, Spine::Verdict])?;
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    let rules = draft.desk.rules;
    let known = &rules.profile.enforcements;
    let rule = known.iter().find(|e| e.id == *act).ok_or_else(|| {
        let known: Vec<&str> = known.iter().map(|e| e.id.as_str()).collect();
        Refusal::new(
            "enforcement.unknown",
            format!("`{act}` is no act of enforcement here"),
            known.join(", "),
        )
    })?;
    takes_part(draft, action, &staff.unit, code)?;
    let power = power(draft, code)?;
    held(draft, power, std::slice::from_ref(&staff.unit), draft.desk.now)?;
    if rule.evidence && files.is_empty() {
        let why = format!("a `{act}` needs evidence");
        return Err(Refusal::new("enforcement.evidence", why, "`files`: digests of files of this case"));
    }
    if let Some(strange) = files.iter().find(|f| !draft.desk.answers.files.contains(f)) {
        let why = format!("`{strange}` is no file of this case");
        return Err(Refusal::new("enforcement.files", why, "digests of files that were attached to it"));
    }
    let first = |id: &CompactString| draft.case.enforced.iter().any(|e| e.act == *id && e.power == *code);
    if let Some(missing) = rule.after.iter().find(|id| !first(id)) {
        let why = format!("there was no `{missing}` under {code} before");
        return Err(Refusal::new("enforcement.order", why, format!("`{missing}` first")));
    }
    let (act, power) = (act.clone(), Used { code: code.clone(), basis: power.basis.as_str().into() });
    draft.emit(Event::Enforced { thread: action, act, power, files: files.to_vec(), text });
    Ok(())
}

/// Whoever enforces takes part in the action named, or has work on the case.
fn takes_part(
    draft: &Draft<'_>,
    action: Option<ThreadNo>,
    unit: &UnitId,
    code: &CompactString,
) -> Result<(), Refusal> {
    let Some(no) = action else {
        let works = draft.case.open_threads().any(|t| t.holder.as_unit() == Some(unit));
        if works || draft.case.lead.as_ref() == Some(unit) {
            return Ok(());
        }
        let why = format!("{unit} has no work on this case");
        return Err(Refusal::new(
            "enforcement.part",
            why,
            "a unit with an open thread, or `thread`: an action",
        ));
    };
    let thread = draft.thread(no)?;
    let Some(joint) = thread.joint.as_deref().filter(|_| thread.step != Step::Withdrawn) else {
        return Err(Refusal::new("enforcement.part", format!("thread {no} is no joint action"), "an action"));
    };
    if !joint.units.contains(unit) {
        let units: Vec<&str> = joint.units.iter().map(UnitId::as_str).collect();
        let why = format!("{unit} takes no part in the action {no}");
        return Err(Refusal::new("enforcement.part", why, units.join(", ")));
    }
    if !joint.powers.contains(code) {
        let why = format!("the action {no} was not planned under {code}");
        return Err(Refusal::new("joint.powers", why, joint.powers.join(", ")));
    }
    Ok(())
}
