//! A history in words: when, who, what was asked, and what followed.

use huying_core::case::command::Command;
use huying_core::case::decide::Decided;
use huying_core::case::event::{Actor, Event};
use huying_core::case::refusal::Refusal;
use huying_core::rules::Rules;
use huying_core::time::Time;
use serde_json::Value;

/// The civil time of the city.
pub(super) fn civil(rules: &Rules, at: Time) -> String {
    rules.calendar.civil(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A length of time.
pub(super) fn span(ms: i64) -> String {
    let minutes = ms / super::MINUTE;
    format!("{} h {} min", minutes / 60, minutes % 60)
}

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Staff(s) => {
            let deputy = s.deputy_of.as_ref().map(|p| format!(", for {p}")).unwrap_or_default();
            format!("{} ({} of {}{deputy})", s.person, s.role, s.unit)
        }
        Actor::Caller => "the caller".into(),
        Actor::System(system) => format!("system {system}"),
        Actor::Clock => "a clock".into(),
    }
}

/// One command and what came of it.
pub(super) fn asked(
    case: u64,
    actor: &Actor,
    command: &Command,
    decided: Result<&Decided, &Refusal>,
) -> String {
    let followed = match decided {
        Ok(decided) => {
            let events: Vec<String> = decided.record.events.iter().map(short).collect();
            format!("-> {}", events.join("; "))
        }
        Err(refusal) => format!("-> refused: {refusal}"),
    };
    format!("case {case}: {}: {}\n    {followed}", who(actor), plain(command))
}

/// The command without what says nothing: references to words, and what is not there.
fn plain(command: &Command) -> String {
    let Ok(mut value) = serde_json::to_value(command) else { return command.name().to_owned() };
    strip(&mut value);
    let rest = value.as_object_mut().map(|fields| {
        fields.remove("name");
        Value::Object(fields.clone()).to_string()
    });
    format!("{} {}", command.name(), rest.filter(|r| r != "{}").unwrap_or_default())
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, v| !v.is_null() && v.get("commit").is_none());
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

fn short(event: &Event) -> String {
    match event {
        Event::ThreadOpened(t) => format!("{:?} {} opens with {:?}", t.kind, t.thread, t.holder),
        Event::ThreadMoved { thread, step, .. } => format!("{thread} is {step:?}"),
        Event::ClockStarted(c) => format!("clock {} of {:?} until {}", c.clock, c.stage, c.due),
        Event::ClockFired { clock, edge, at } => format!("clock {clock} rings, {edge:?} {at}"),
        Event::ClockPaused { clock, .. } => format!("clock {clock} stands"),
        Event::ClockResumed { clock, due, .. } => format!("clock {clock} goes on until {due}"),
        Event::ClockReset { clock, due, why, .. } => format!("clock {clock} is due {due} ({why:?})"),
        Event::ClockMet { clock, .. } => format!("clock {clock} is met"),
        Event::ClockStopped { clock } => format!("clock {clock} stops"),
        Event::LeadSet { lead } => format!("{lead} leads"),
        Event::Reported(facts) => format!("reported, {} leads, `{}`", facts.lead, facts.procedure),
        Event::Undone { version, .. } => format!("step {version} is undone"),
        other => format!("{other:?}").chars().take(LONGEST).collect(),
    }
}

/// Of an event that has no words of its own, so many characters.
const LONGEST: usize = 60;
