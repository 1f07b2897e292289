//! A whistle asked for 提请吹哨: a community asks its street, or a street's own staff have theirs signed. Whoever
//! speaks for the convener decides, and may call other units than were asked for.

use super::draft::{Clocks, Draft};
use super::{answer, powers, rung, supervise, whistle};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{ThreadNo, UnitId};
use crate::profile::{Asking, WhistleRule};

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::AskWhistle { kind, units, text } => ask(draft, kind, units, *text),
        Command::DecideWhistle { thread, granted, units, text } => {
            decide(draft, *thread, *granted, units, *text)
        }
        _ => Ok(()),
    }
}

/// How such a whistle is asked for by a unit of `kind`: one that the rule names, or one that convenes itself.
pub(super) fn may_ask<'r>(rule: &'r WhistleRule, kind: &str) -> Option<&'r Asking> {
    let asking = rule.asking.as_ref()?;
    asking.by.iter().chain(&rule.conveners).any(|k| k == kind).then_some(asking)
}

/// 提请吹哨
fn ask(draft: &mut Draft<'_>, kind: &str, units: &[UnitId], text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Open])?;
    answer::follows_nobody(draft)?;
    let rule = whistle::rule_of(draft, kind)?;
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    let own = draft.desk.rules.kind_of_unit(&staff.unit).unwrap_or_default();
    let Some(asking) = may_ask(rule, own) else {
        let why = format!("{} is a {own}, which does not ask for a `{kind}` whistle", staff.unit);
        let asked = rule.asking.iter().flat_map(|a| &a.by).chain(&rule.conveners);
        let by: Vec<&str> = asked.map(|k| k.as_str()).collect();
        let accepted = match rule.asking {
            Some(_) => format!("a unit that is a {}", by.join(" or a ")),
            None => format!("`whistle` by a {}", by.join(" or a ")),
        };
        return Err(Refusal::new("whistle.asking", why, accepted));
    };
    let convener = convener_above(draft, rule, &staff.unit)?;
    let same =
        |t: &&Thread| t.label.as_deref() == Some(kind) && convener_of(draft, t).is_ok_and(|c| c == convener);
    if let Some(open) = draft.case.open_of(ThreadKind::Proposal).find(same) {
        let why = format!("thread {} asks {convener} for it already", open.no);
        return Err(Refusal::new("whistle.asked", why, "its decision"));
    }
    whistle::may_be_called(draft, rule, &convener, units)?;
    let holder = whistle::signatory(draft, rule, &rule.signed_by, &convener, units).unwrap_or(convener);
    let no = draft.open_with(ThreadKind::Proposal, Holder::unit(holder), |t| {
        t.label = Some(rule.id.clone());
        t.text = Some(text);
        t.units = units.to_vec();
    })?;
    draft.start_limited(Stage::Approval, no, &asking.limit, true)
}

/// In whose name a request would be granted: the unit that has it where that convenes itself (it may have
/// been handed on with all that another had), else the nearest one above who asked.
pub(super) fn convener_of(draft: &Draft<'_>, proposal: &Thread) -> Result<UnitId, Refusal> {
    let rule = whistle::rule_of(draft, proposal.label.as_deref().unwrap_or_default())?;
    let own = proposal.holder.as_unit().filter(|unit| whistle::convenes(draft, rule, unit).is_ok());
    match own.or(proposal.caller.as_unit()) {
        Some(unit) => convener_above(draft, rule, unit),
        None => Err(Refusal::new("whistle.convener", "nobody asked for it", "`granted`: false")),
    }
}

/// Nobody decided on a request in time: who would watch the whistle first watches over it.
pub(super) fn missed(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    let kind = draft.thread(no)?.label.clone().unwrap_or_default();
    // A type that the city has no more escalates to nobody.
    let Some(first) = whistle::rule_of(draft, &kind).ok().and_then(|r| r.escalate.first()) else {
        return Ok(());
    };
    supervise::watch(draft, no, &first.holder, Some(first.id.clone()), None)
}

/// The nearest unit above, or the unit itself, that convenes such whistles and is not complained of.
fn convener_above(draft: &Draft<'_>, rule: &WhistleRule, unit: &UnitId) -> Result<UnitId, Refusal> {
    let rules = draft.desk.rules;
    let line = std::iter::successors(Some(unit), |u| rules.city.units.get(u)?.parent.as_ref());
    let there = |u: &UnitId| rules.known_unit(u, draft.desk.now).is_ok();
    let convenes = |u: &&UnitId| whistle::convenes(draft, rule, u).is_ok() && there(u) && !draft.accused(u);
    line.take(powers::MAX_LINE).find(convenes).cloned().ok_or_else(|| {
        let why = format!("nobody above {unit} convenes a `{}` whistle", rule.id);
        Refusal::new("whistle.convener", why, format!("a unit under a {}", rule.conveners.join(" or a ")))
    })
}

/// 吹哨签发
fn decide(
    draft: &mut Draft<'_>,
    no: ThreadNo,
    granted: bool,
    units: &[UnitId],
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let proposal = draft.open_thread(no, ThreadKind::Proposal)?.clone();
    let rule = whistle::rule_of(draft, proposal.label.as_deref().unwrap_or_default())?;
    let asked = proposal.spoke.as_ref().map_or(&[][..], |s| &s.units);
    whistle::signs(draft, rule)?;
    if let Actor::Staff(staff) = draft.desk.actor {
        powers::serves_none(staff, asked.iter().chain(units), draft.desk.rules, draft.desk.now)?;
    }
    if !granted {
        if text.is_none() {
            let why = "who asked must hear why no whistle is blown";
            return Err(Refusal::new("whistle.words", why, "`text`"));
        }
        unwatch(draft, no)?;
        draft.end(no, Step::Refused, text, Clocks::Met)?;
        // A call within the ladder that waited for this alone is answered now.
        return if rung::climbs(draft) { rung::answered_within(draft) } else { Ok(()) };
    }
    draft.on(&[Spine::Open])?;
    let unit = convener_of(draft, &proposal)?;
    let units = if units.is_empty() { asked } else { units }.to_vec();
    draft.prove_late(no, Stage::Approval)?;
    unwatch(draft, no)?;
    draft.end(no, Step::Granted, text, Clocks::Met)?;
    whistle::call(draft, rule, &whistle::Call { unit, text: proposal.text, units }, 0)
}

/// Nobody watches over a request that is decided.
fn unwatch(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    draft.withdraw(|t| t.under == Some(no) && t.kind == ThreadKind::Supervision)
}
