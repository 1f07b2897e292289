//! Who acted: somebody who holds the post, whose hands are clean of what must be in others', and who does not
//! serve the unit complained of, nor is one told or given anything that does.

use super::{Broken, Taken, holds};
use huying_core::case::command::Command;
use huying_core::case::decide::allowed;
use huying_core::case::event::*;
use huying_core::case::refusal::Refusal;
use huying_core::case::state::{Case, Deed};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::{PersonId, ThreadNo, UnitId};
use huying_core::profile::Apart;
use huying_core::rules::Rules;
use huying_core::time::Time;

pub(super) fn hold(taken: &Taken<'_>) -> Result<(), Broken> {
    whistled(taken)?;
    if let Actor::Staff(staff) = taken.actor {
        post(taken, staff)?;
        apart(taken, staff)?;
        if let Some(case) = taken.before {
            unaccused(taken, case, staff)?;
            let name = taken.command.name();
            let allowed = allowed(case, taken.actor, taken.rules, taken.record.recorded_at);
            let said = allowed.contains(&name) || name == "report";
            holds!("powers.allowed", said, "`{name}` is accepted of {staff:?}, who is told {allowed:?}");
        }
    }
    holders(taken)
}

/// Nobody signs off what they or their unit did, nor decides whether their own unit is called; where the type
/// of whistle names roles, one of these does.
fn whistled(taken: &Taken<'_>) -> Result<(), Broken> {
    let Actor::Staff(staff) = taken.actor else { return Ok(()) };
    let (case, now) = (super::before(taken), taken.record.recorded_at);
    let own = |unit: Option<&UnitId>| serves(taken.rules, staff, now).any(|u| Some(u) == unit);
    let rule = |no: Option<ThreadNo>| {
        let label = no.and_then(|no| case.thread(no)).and_then(|t| t.label.as_deref());
        label.and_then(|kind| taken.rules.profile.whistle(kind))
    };
    for event in &taken.record.events {
        let Event::ThreadMoved { thread, step, .. } = event else { continue };
        let Some(moved) = case.thread(*thread) else { continue };
        match (moved.kind, step, taken.command.name()) {
            (ThreadKind::Summons, Step::Confirmed, "confirm") => {
                let did =
                    moved.spoken_by() == Some(&staff.person) || moved.holder.as_unit() == Some(&staff.unit);
                holds!("whistle.signed", !did, "{staff:?} signs off what they did, {moved:?}");
                let roles = rule(moved.under).map(|r| &r.signed_off_by[..]).unwrap_or_default();
                let named = roles.is_empty() || roles.contains(&staff.role);
                holds!("whistle.signed", named, "{staff:?} signs off, not {roles:?}");
            }
            (ThreadKind::Proposal, Step::Granted, _) => {
                let called = taken.after.threads.iter().filter(|t| t.kind == ThreadKind::Summons);
                let new = called.filter(|t| case.thread(t.no).is_none());
                let bad = new.map(|t| t.holder.as_unit()).find(|u| own(*u));
                holds!("whistle.signed", bad.is_none(), "{staff:?} calls their own {bad:?}");
                let roles = rule(Some(*thread)).map(|r| &r.signed_by[..]).unwrap_or_default();
                let named = roles.is_empty() || roles.contains(&staff.role);
                holds!("whistle.signed", named, "{staff:?} blows it, not {roles:?}");
            }
            _ => {}
        }
    }
    Ok(())
}

/// The post is there, is filled by them or by whom they stand in for, and holds today.
fn post(taken: &Taken<'_>, staff: &Staff) -> Result<(), Broken> {
    let day = taken.rules.day(taken.record.recorded_at);
    let held = taken.rules.city.people.posts().iter().find(|p| p.id == staff.post && p.holds(day));
    let person = held.and_then(|p| p.person.as_ref());
    let own = person.is_some_and(|p| *p == staff.person || Some(p) == staff.deputy_of.as_ref());
    holds!("powers.post", own, "{staff:?} acts from a post that is held by {person:?}");
    let role = taken.rules.profile.roles.get(staff.role.as_str());
    let may = role.is_some_and(|r| r.may.iter().any(|m| m == taken.command.name()));
    holds!("powers.role", may, "a {} gave `{}`", staff.role, taken.command.name());
    Ok(())
}

/// The deed a command is, for keeping powers apart.
fn deed(command: &str) -> Option<Deed> {
    Some(match command {
        "report" => Deed::Reported,
        "verify" => Deed::Verified,
        "dispatch" | "redispatch" | "pass_down" | "decide_return" => Deed::Dispatched,
        "sign" | "contact" | "finish" | "enforce" | "handle_at_once" => Deed::Handled,
        "reply" => Deed::Replied,
        "decide_reply" | "decide_extension" | "decide_suspension" | "register" => Deed::Approved,
        "check" => Deed::Checked,
        "callback" => Deed::CalledBack,
        "close" | "force_close" | "void" => Deed::Closed,
        "decide_correction" | "decide_exclusion" | "exclude" => Deed::Evaluated,
        _ => return None,
    })
}

/// What was done in the case so far and not undone, told by the names of its commands.
fn deeds<'r>(records: &'r [Record], case: &Case) -> Vec<(Deed, &'r Staff)> {
    let mut done: Vec<Option<(Deed, &Staff)>> = Vec::new();
    for record in records {
        if record.command == "undo" {
            // What was undone is the record before, whatever it was.
            done.pop();
            done.push(None);
            continue;
        }
        let by = if let Actor::Staff(staff) = &record.actor { Some(&**staff) } else { None };
        // Answering a leader's instruction is no handling.
        let answers = matches!(record.command.as_str(), "sign" | "finish") && !handled(record, case);
        // Nor is it a callback when nobody was reached and it is tried again.
        let tried = record.events.iter().any(|e| matches!(e, Event::Tried { .. }));
        done.push(deed(&record.command).filter(|_| !answers && !tried).zip(by));
    }
    done.into_iter().flatten().collect()
}

/// Whether a record is about an order, a rung or a summons.
fn handled(record: &Record, case: &Case) -> bool {
    let of = |no: &ThreadNo| case.thread(*no).is_none_or(|t| t.kind != ThreadKind::Instruction);
    record.events.iter().any(|e| matches!(e, Event::ThreadMoved { thread, .. } if of(thread)))
}

/// Powers are apart by natural person and by unit, through all posts and deputies.
fn apart(taken: &Taken<'_>, staff: &Staff) -> Result<(), Broken> {
    let Some(deed) = deed(taken.command.name()) else { return Ok(()) };
    let before = deeds(taken.earlier, taken.after);
    for rule in &taken.rules.profile.separations {
        let (a, b) = rule.deeds;
        let other = match deed {
            d if d == a => b,
            d if d == b => a,
            _ => continue,
        };
        for (_, by) in before.iter().filter(|(d, _)| *d == other) {
            let person = by.person == staff.person;
            let unit = rule.by == Apart::Unit && by.unit == staff.unit;
            holds!("powers.apart", !person && !unit, "{staff:?} {deed:?} what {by:?} {other:?}");
        }
    }
    Ok(())
}

/// Every unit that a person serves, through any post and for anybody they stand in for.
fn serves<'r>(rules: &'r Rules, staff: &'r Staff, now: Time) -> impl Iterator<Item = &'r UnitId> {
    let posts = rules.city.people.posts().iter().filter(move |p| p.holds(rules.day(now)));
    let theirs = posts.filter(|p| {
        p.person.as_ref() == Some(&staff.person) || (staff.deputy_of.is_some() && p.person == staff.deputy_of)
    });
    theirs.map(|p| &p.unit).chain([&staff.unit])
}

fn about(case: &Case) -> Option<&UnitId> {
    case.facts.as_ref().and_then(|f| f.about.as_ref())
}

/// Whether a unit is the accused one or stands below it; below a unit that stands below nobody is everybody.
pub(super) fn accused(rules: &Rules, unit: &UnitId, about: &UnitId) -> bool {
    let parent = |u: &UnitId| rules.city.units.get(u).and_then(|u| u.parent.clone());
    if parent(about).is_none() {
        return unit == about;
    }
    let mut line = Some(unit.clone());
    while let Some(at) = line {
        if at == *about {
            return true;
        }
        line = parent(&at);
    }
    false
}

fn unaccused(taken: &Taken<'_>, case: &Case, staff: &Staff) -> Result<(), Broken> {
    let Some(about) = about(case) else { return Ok(()) };
    let now = taken.record.recorded_at;
    let bad = serves(taken.rules, staff, now).find(|u| accused(taken.rules, u, about));
    holds!("powers.accused", bad.is_none(), "{staff:?} serves {bad:?} and acts in a case about {about}");
    Ok(())
}

/// Whether a person serves a unit complained of, or one below it, through any post.
pub(super) fn serving(rules: &Rules, person: &PersonId, day: jiff::civil::Date, about: &UnitId) -> bool {
    rules.city.people.of_person(person, day).any(|post| accused(rules, &post.unit, about))
}

/// Nothing is given to the unit complained of, nor to anybody who serves it.
fn holders(taken: &Taken<'_>) -> Result<(), Broken> {
    let Some(about) = about(taken.after) else { return Ok(()) };
    let (rules, day) = (taken.rules, taken.rules.day(taken.record.recorded_at));
    let bad_unit = |unit: &UnitId| accused(rules, unit, about);
    let bad_person = |person: &PersonId| serving(rules, person, day, about);
    let bad = |holder: &Holder| match holder {
        Holder::Unit { unit, person } => bad_unit(unit) || person.as_ref().is_some_and(bad_person),
        _ => false,
    };
    for event in &taken.record.events {
        match event {
            Event::ThreadOpened(t) => {
                holds!("accused.holder", !bad(&t.holder), "{t:?} goes to those complained of, {about}");
            }
            Event::ThreadHeld { thread, holder } => {
                holds!("accused.holder", !bad(holder), "thread {thread} goes to {holder:?}, about {about}");
            }
            Event::LeadSet { lead } => {
                holds!("accused.lead", !bad_unit(lead), "{lead} leads a case about {about}");
            }
            Event::Reported(facts) => {
                let lead = &facts.lead;
                holds!("accused.lead", !bad_unit(lead), "{lead} leads a case about {about}");
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a refusal says is allowed is not refused for want of powers; sampled by the command that was refused.
pub(super) fn refused(
    case: Option<&Case>,
    actor: &Actor,
    command: &Command,
    refusal: &Refusal,
    rules: &Rules,
    now: Time,
) -> Result<(), Broken> {
    let Some(case) = case else { return Ok(()) };
    let named = refusal.allowed.contains(&command.name());
    // The thread may be another one's; what is asked of the case as a whole is allowed or it is not.
    let either = matches!(command.name(), "plan" | "meet" | "plan_joint" | "urge" | "supervise");
    let whole = !either && command.thread().is_none() && matches!(actor, Actor::Staff(_));
    let powers = ["powers.role", "powers.post", "powers.territory"];
    let empty = named && whole && powers.contains(&refusal.rule);
    holds!(
        "refusal.allowed",
        !empty,
        "`{}` is said to be allowed and is refused: {refusal:?}",
        command.name()
    );
    let again = allowed(case, actor, rules, now);
    holds!("refusal.allowed", refusal.allowed == again, "{refusal:?}, but allowed is {again:?}");
    Ok(())
}
