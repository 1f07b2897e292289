//! Amending 更正当事人: who called, how they want to be known, or the unit complained of was taken down wrongly.
//!
//! What a caller was promised is not taken from them: a name that was to be kept stays kept. A unit that is
//! named as the one complained of must have had no hand in the case, because it would be told of it; and it
//! is kept out from then on.

use super::draft::{Clocks, Draft};
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Case, Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{PersonId, ThreadNo, UnitId};

/// What is said anew.
pub(super) struct Change<'a> {
    pub(super) about: Option<&'a UnitId>,
    pub(super) identity: Option<Identity>,
    pub(super) contact: Option<TextRef>,
}

pub(super) fn amend(draft: &mut Draft<'_>, change: &Change<'_>, text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Reported, Spine::Open, Spine::Answered, Spine::Verdict])?;
    if change.about.is_none() && change.identity.is_none() && change.contact.is_none() {
        let accepted = "`about`, `identity` or `contact`";
        return Err(Refusal::new("amend.empty", "nothing is changed", accepted));
    }
    let facts = draft.case.facts.as_ref();
    if let Some(facts) = facts {
        known_as(facts, change)?;
    }
    if let Some(about) = change.about {
        draft.desk.rules.known_unit(about, draft.desk.now)?;
        no_hand_in_it(draft, about)?;
    }
    draft.emit(Event::Noted { text, thread: None });
    let (about, identity, contact) = (change.about.cloned(), change.identity, change.contact);
    draft.emit(Event::Amended { about, identity, contact });
    if !draft.handler_may_call() {
        // Whoever handles it may no longer know whom to call.
        draft.end_clocks(|c| c.stage == Stage::Contact, Clocks::Stopped);
    }
    Ok(())
}

/// How the caller is known afterwards: never in clearer light than they asked for, and with a contact exactly
/// where they are not anonymous.
fn known_as(facts: &Reported, change: &Change<'_>) -> Result<(), Refusal> {
    let refuse = |why: &str, accepted: &str| Err(Refusal::new("amend.identity", why, accepted));
    let after = change.identity.unwrap_or(facts.identity);
    let contact = change.contact.or(facts.contact);
    match (facts.identity, after) {
        (Identity::Confidential, Identity::Named) => {
            refuse("the caller asked that their name be kept", "`confidential` or `anonymous`")
        }
        (_, Identity::Anonymous) if contact.is_some() => {
            refuse("the case has a contact of the caller", "`confidential`, which keeps it from handlers")
        }
        (Identity::Anonymous, Identity::Named | Identity::Confidential) if change.contact.is_none() => {
            refuse("nobody knows who called", "`contact` with it")
        }
        _ => Ok(()),
    }
}

/// Neither the unit now complained of nor one below it leads the case, took it in, holds or called for
/// anything of it, or said that it was done.
fn no_hand_in_it(draft: &Draft<'_>, about: &UnitId) -> Result<(), Refusal> {
    let rules = draft.desk.rules;
    let theirs = |unit: &UnitId| rules.accused(unit, about);
    if let Actor::Staff(staff) = draft.desk.actor
        && theirs(&staff.unit)
    {
        let why = format!("{} is of the unit complained of", staff.person);
        return Err(Refusal::new("report.accused-unit", why, "somebody outside the accused unit's line"));
    }
    let by_name = || by_name(draft, theirs);
    let Some(what) = hand_of(&draft.case, theirs).or_else(by_name) else { return another_one(draft, about) };
    let why = format!("{about}, or a unit below it, {what}");
    let accepted =
        "once others have it (`redispatch`, `reassign`, `hand`); what it has answered, by a new report";
    Err(Refusal::new("amend.held", why, accepted))
}

/// A unit once complained of stays kept out: the case is widened to one above it, never turned to another.
fn another_one(draft: &Draft<'_>, about: &UnitId) -> Result<(), Refusal> {
    let Some(was) = draft.case.facts.as_ref().and_then(|f| f.about.as_ref()) else { return Ok(()) };
    if was == about {
        let why = format!("the case is about {about} already");
        return Err(Refusal::new("amend.same", why, "a unit above it"));
    }
    if !draft.desk.rules.accused(was, about) {
        let why = format!("the case is about {was}, to which it would be shown once it were about {about}");
        let accepted = format!("a unit above {was}; for another one, `void` and a new report");
        return Err(Refusal::new("amend.other", why, accepted));
    }
    Ok(())
}

/// Who has, had or called for a thread that counts by name, and serves one of `theirs` too, through another
/// post.
fn by_name(draft: &Draft<'_>, theirs: impl Fn(&UnitId) -> bool) -> Option<String> {
    let rules = draft.desk.rules;
    let day = rules.day(draft.desk.now);
    let serves = |p: &PersonId| rules.city.people.of_person(p, day).any(|post| theirs(&post.unit));
    draft.case.threads.iter().filter(|t| counts(t)).find_map(|t| {
        let person = [&t.holder, &t.caller].into_iter().find_map(|party| match party {
            Holder::Unit { person: Some(person), .. } if serves(person) => Some(person),
            _ => None,
        })?;
        Some(format!("is served by {person}, who has or had thread {} or called for it", t.no))
    })
}

/// Whether whoever has or had a thread is told of the case again: it is open, an order that was done, or
/// somebody spoke on it.
fn counts(thread: &Thread) -> bool {
    let order = thread.kind == ThreadKind::Handling && thread.step == Step::Done;
    thread.is_open() || order || thread.spoke.is_some()
}

/// What one of `theirs` has to do with the case.
fn hand_of(case: &Case, theirs: impl Fn(&UnitId) -> bool) -> Option<String> {
    if case.lead.as_ref().is_some_and(&theirs) {
        return Some("answers for the case".to_owned());
    }
    if case.facts.as_ref().is_some_and(|f| theirs(&f.lead)) {
        return Some("took the case in".to_owned());
    }
    let parties = |t: &Thread| {
        let joint = t.joint.iter().flat_map(|j| &j.units);
        let asked = case.awaited(t).as_unit();
        t.holder.as_unit().into_iter().chain(t.caller.as_unit()).chain(asked).chain(joint).any(&theirs)
    };
    let thread: Option<ThreadNo> = case.threads.iter().find(|t| counts(t) && parties(t)).map(|t| t.no);
    thread.map(|no| format!("has to do with thread {no}"))
}
