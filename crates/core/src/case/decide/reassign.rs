//! Reassigning 移交: when somebody leaves or a unit ends, what they hold of a case goes to another, all of it
//! or none. Threads move by command and never by lookup, so that the journal says who had what when.

use super::draft::Draft;
use super::instruction::may_be_named;
use super::{powers, routine, whistle};
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::Thread;
use crate::case::thread::ThreadKind;
use crate::ids::{PersonId, ThreadNo, UnitId};
use compact_str::CompactString;

/// A unit, or one person of it.
pub(super) struct Party<'c> {
    pub(super) unit: &'c UnitId,
    pub(super) person: Option<&'c PersonId>,
}

impl Party<'_> {
    fn holds(&self, thread: &Thread) -> bool {
        let Holder::Unit { unit, person } = &thread.holder else { return false };
        unit == self.unit && self.person.is_none_or(|p| person.as_ref() == Some(p))
    }

    /// Whether the unit as a whole is asked to sign a summons off.
    fn signs(&self, thread: &Thread) -> bool {
        self.person.is_none() && thread.asks().and_then(Holder::as_unit) == Some(self.unit)
    }

    fn holder(&self) -> Holder {
        Holder::Unit { unit: self.unit.clone(), person: self.person.cloned() }
    }
}

/// Whether a thread of a unit may go to a person: one with a post there, who serves nobody complained of.
pub(super) fn may_get(draft: &Draft<'_>, unit: &UnitId, person: &PersonId) -> Result<(), Refusal> {
    if !draft.desk.rules.works_in(person, unit, draft.desk.now) {
        let why = format!("{person} has no post in {unit} now");
        return Err(Refusal::new("person.unit", why, format!("somebody with a post in {unit}")));
    }
    if draft.serves_accused(person) {
        let why = format!("{person} serves the unit complained of here, or one that reports to it");
        return Err(Refusal::new("report.accused-unit", why, "somebody outside the accused unit's line"));
    }
    Ok(())
}

/// Whether a summons and its whistle would be with one unit, once what `from` holds is with `to`.
fn of_one(draft: &Draft<'_>, summons: &Thread, from: &Party<'_>, to: &Party<'_>) -> bool {
    let whistle = summons.under.and_then(|no| draft.case.thread(no));
    let with = |t: &Thread| if from.holds(t) { Some(to.unit.clone()) } else { t.holder.as_unit().cloned() };
    // Nor may it be with the unit that is asked to sign it off.
    let asks = summons.asks().and_then(Holder::as_unit);
    let signs = asks.map(|unit| if from.signs(summons) { to.unit } else { unit });
    whistle.is_some_and(|w| with(w) == with(summons)) || (signs.is_some() && with(summons).as_ref() == signs)
}

/// Who is asked to sign off in place of a unit must be somebody who may.
fn may_sign(draft: &Draft<'_>, summons: ThreadNo, to: &UnitId) -> Result<(), Refusal> {
    // Where the profile says nothing any more of who signs, nobody is kept from it.
    let Ok(rule) = whistle::rule_over(draft, summons) else { return Ok(()) };
    let roles = &rule.signed_off_by;
    let named = |role: &CompactString| draft.desk.rules.has_role(to, role, draft.desk.now);
    let another = whistle::convenes(draft, rule, to).is_ok();
    if roles.is_empty() || (!another && roles.iter().any(named)) {
        return Ok(());
    }
    let why = format!("{to} signs off no summons of another unit's whistle, such as {summons}");
    let accepted = format!("a unit that convenes none itself, with one of {}", roles.join(", "));
    Err(Refusal::new("whistle.signature", why, accepted))
}

pub(super) fn reassign(draft: &mut Draft<'_>, from: &Party<'_>, to: &Party<'_>) -> Result<(), Refusal> {
    let rules = draft.desk.rules;
    may_be_named(draft, to.unit)?;
    if let Some(person) = to.person {
        may_get(draft, to.unit, person)?;
    }
    if from.holder() == to.holder() {
        return Err(Refusal::new("reassign.same", "both are the same", "another unit or person"));
    }
    let held: Vec<Thread> = draft.case.open_threads().filter(|t| from.holds(t)).cloned().collect();
    let moves = from.unit != to.unit;
    let signs = |t: &&Thread| moves && from.signs(t);
    let asked: Vec<ThreadNo> = draft.case.open_of(ThreadKind::Summons).filter(signs).map(|t| t.no).collect();
    let leads = moves && from.person.is_none() && draft.case.lead.as_ref() == Some(from.unit);
    if held.is_empty() && asked.is_empty() && !leads {
        let who = from.person.map_or_else(|| from.unit.to_string(), ToString::to_string);
        let why = format!("{who} holds no open thread of this case");
        return Err(Refusal::new("reassign.none", why, "who holds one"));
    }
    let visit = |t: &&Thread| t.kind == ThreadKind::Visit && moves;
    if let Some(visit) = held.iter().find(visit) {
        let why =
            format!("thread {} is a visit, and what another unit may be given is asked first", visit.no);
        return Err(Refusal::new("routine.unit", why, "`assign` to a worker of that unit"));
    }
    if held.iter().any(|t| t.kind == ThreadKind::Visit) {
        routine::may_take(draft, to.unit, to.person)?;
    }
    // What a unit did keeps it off what it would take over: nothing of the case moves, and a person decides.
    if let Some(barred) = held.iter().find(|t| moves && powers::barred(&draft.case, to.unit, t.kind, rules)) {
        let why = format!("thread {} ({:?}) must not be with {}", barred.no, barred.kind, to.unit);
        return Err(Refusal::new("powers.apart", why, "another unit"));
    }
    if let Some(both) = draft.case.open_of(ThreadKind::Summons).find(|t| moves && of_one(draft, t, from, to))
    {
        let why = format!("{} would answer the summons {} and judge it", to.unit, both.no);
        return Err(Refusal::new("whistle.self", why, "a unit on neither side of the whistle"));
    }
    asked.iter().try_for_each(|no| may_sign(draft, *no, to.unit))?;
    for thread in &held {
        draft.emit(Event::ThreadHeld { thread: thread.no, holder: to.holder() });
    }
    for thread in asked {
        draft.emit(Event::SignOffAsked { thread, of: Holder::unit(to.unit.clone()) });
    }
    if leads || (moves && held.iter().any(|t| t.part == Some(Part::Lead))) {
        draft.emit(Event::LeadSet { lead: to.unit.clone() });
    }
    Ok(())
}
