//! What is told to others once a record is durable: the public part of it, and orders to cases that follow.

use crate::batch::Messages;
use crate::error::EngineError;
use huying_core::case::command::Followed;
use huying_core::case::event::{Event, Record};
use huying_core::case::state::{Case, Spine};
use huying_core::ids::{CaseId, ThreadNo};
use huying_store::OutboxRow;
use serde::{Deserialize, Serialize};

/// The topic of what subscribers get.
pub const CASES: &str = "case";
/// The topic of what merged cases owe each other; delivered by the engine itself.
pub(crate) const FOLLOW: &str = "follow";

/// What the engine owes another case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the cases that each variant's words name")]
pub enum Owed {
    /// Tell `to` that `from` joined or left.
    Joined { to: CaseId, from: CaseId, joined: bool },
    /// Pass on to `to` what `from` got.
    Follow { to: CaseId, from: CaseId, what: Followed },
    /// Tell the routine `to` that something was found on its visit `thread`, and is the case `from`.
    Found { to: CaseId, from: CaseId, thread: ThreadNo },
    /// Destroy the words of `case`: the record that says so is durable.
    Destroy { case: CaseId },
}

/// What a subscriber is told: nothing of what was said or who said it.
#[derive(Serialize)]
struct Told<'a> {
    number: &'a str,
    version: u32,
    command: &'a str,
    state: &'a str,
}

pub(crate) fn messages(record: &Record, before: Option<&Case>, case: &Case) -> Result<Messages, EngineError> {
    let mut rows = Vec::with_capacity(1);
    let told = Told {
        number: &case.number,
        version: record.version.0,
        command: &record.command,
        state: case.spine.as_str(),
    };
    let row = |topic: &'static str, payload: Vec<u8>| OutboxRow {
        topic: topic.into(),
        stream: record.stream,
        version: record.version,
        payload,
    };
    rows.push(row(CASES, serde_json::to_vec(&told)?));
    for owed in owed(record, before, case) {
        rows.push(row(FOLLOW, serde_json::to_vec(&owed)?));
    }
    Ok(rows)
}

/// What a record owes other cases, in the order in which it is delivered.
pub fn owed(record: &Record, before: Option<&Case>, case: &Case) -> Vec<Owed> {
    let mut all = Vec::new();
    // By what the case follows before and after, so that an undone merge is told like a parted one.
    let (was, is) = (before.and_then(|b| b.follows), case.follows);
    if was != is {
        let told = |to: CaseId, joined: bool| Owed::Joined { to, from: case.id, joined };
        all.extend(was.map(|to| told(to, false)));
        all.extend(is.map(|to| told(to, true)));
    }
    for event in &record.events {
        match event {
            Event::Reported(facts) => all.extend(facts.visit.map(|visit| Owed::Found {
                to: visit.case,
                from: case.id,
                thread: visit.thread,
            })),
            Event::Joined { other } => {
                all.extend(got(case).map(|what| Owed::Follow { to: *other, from: case.id, what }));
            }
            Event::Erased { .. } => all.push(Owed::Destroy { case: case.id }),
            Event::Answered { text } => {
                all.extend(to_all(case, Followed::Answered { text: *text }));
            }
            Event::Closed { .. } => all.extend(to_all(case, Followed::Closed)),
            Event::Voided { .. } => all.extend(to_all(case, Followed::Voided)),
            _ => {}
        }
    }
    all
}

/// What a case got before another one joined it: the joining was decided before, and is told of only now.
fn got(case: &Case) -> Option<Followed> {
    match case.spine {
        Spine::Void => Some(Followed::Voided),
        _ if case.last_answer.is_some() => Some(Followed::Answered { text: case.last_answer }),
        Spine::Closed => Some(Followed::Closed),
        _ => None,
    }
}

fn to_all(case: &Case, what: Followed) -> impl Iterator<Item = Owed> + '_ {
    case.followers.iter().map(move |to| Owed::Follow { to: *to, from: case.id, what })
}
