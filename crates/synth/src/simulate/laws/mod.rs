//! What must hold after every command, whoever gave it and whatever it was.
//!
//! A law reads the record, the case before and after, and the rules in force, and says what is broken. It
//! does not ask the rules what is right, where that can be told otherwise. `steps.rs` looks at the events one
//! by one, `standing.rs` at the case as the record leaves it, `clocks.rs` at its time, `powers.rs` at who
//! acted, `told.rs` at the notices, `routine.rs` at patrols and visits,
//! `city.rs` at the city-management case. Each law has a name; planted faults that they must catch are in
//! `crates/synth/tests/mutants.rs`. Only that bytes read as they were written (`record.reads`,
//! `replay.folds`, `replay.reads`) has none: the frozen records of the core prove that.

mod city;
mod clocks;
mod powers;
mod routine;
mod standing;
mod steps;
mod told;

pub(super) use routine::quotas;

use super::life::Tried;
use huying_core::case::apply::blank;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Record};
use huying_core::case::notice::NoticeId;
use huying_core::case::record;
use huying_core::case::refusal::Refusal;
use huying_core::case::state::Case;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::CaseId;
use huying_core::rules::Rules;
use huying_core::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// A law that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its name, such as `powers.apart`.
    pub law: &'static str,
    /// What was found.
    pub what: String,
}

impl Broken {
    pub(super) fn of(law: &'static str, what: String) -> Broken {
        Broken { law, what }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.law, self.what)
    }
}

/// Ends with the law broken, unless what it says holds.
macro_rules! holds {
    ($law:literal, $condition:expr, $($what:tt)+) => {
        if !$condition {
            return Err($crate::simulate::laws::Broken::of($law, format!($($what)+)));
        }
    };
}
pub(super) use holds;

/// A command that was accepted.
pub(super) struct Taken<'a> {
    pub(super) before: Option<&'a Case>,
    pub(super) record: &'a Record,
    pub(super) after: &'a Case,
    pub(super) actor: &'a Actor,
    pub(super) command: &'a Command,
    pub(super) rules: &'a Rules,
    pub(super) tried: &'a Tried,
    /// The records of the case so far.
    pub(super) earlier: &'a [Record],
}

/// What an accepted command must keep. `made` and `told` are what was opened and told in the case so far.
pub(super) fn accepted(
    taken: &Taken<'_>,
    made: &mut BTreeMap<u16, ThreadKind>,
    told: &mut BTreeSet<NoticeId>,
) -> Result<(), Broken> {
    written(taken)?;
    pending(steps::hold(taken, made))?;
    pending(clocks::hold(taken))?;
    pending(routine::hold(taken))?;
    pending(city::hold(taken))?;
    pending(standing::hold(taken))?;
    pending(powers::hold(taken))?;
    pending(told::hold(taken, told))
}

/// Laws that the rules do not keep yet; each is mended with a test of its own, and leaves this list.
const PENDING: [&str; 0] = [];

/// Lets a law pass that is not kept yet.
pub(super) fn pending<T: Default>(held: Result<T, Broken>) -> Result<T, Broken> {
    held.or_else(|broken| if PENDING.contains(&broken.law) { Ok(T::default()) } else { Err(broken) })
}

/// The record reads as it was written, follows the one before, and folds to the case that was decided.
fn written(taken: &Taken<'_>) -> Result<(), Broken> {
    let (record, before) = (taken.record, taken.before);
    holds!("record.events", !record.events.is_empty(), "a record of `{}` without events", record.command);
    let version = before.map_or(0, |c| c.version.0) + 1;
    holds!("record.version", record.version.0 == version, "version {} after {}", record.version, version - 1);
    let last = taken.earlier.last().map_or(record.recorded_at, |r| r.recorded_at);
    holds!("record.time", record.recorded_at >= last, "recorded {} after {last}", record.recorded_at);
    let bytes = record::write(record).map_err(|e| Broken::of("record.reads", e.to_string()))?;
    let read = record::read(&bytes).map_err(|e| Broken::of("record.reads", e.to_string()))?;
    holds!("record.reads", read == *record, "{record:?} reads as {read:?}");
    let folded = (taken.tried.apply_record)(before.cloned(), &read);
    holds!(
        "record.folds",
        folded == *taken.after,
        "the fold is not what was decided by `{}`",
        record.command
    );
    Ok(())
}

/// What a refusal must say.
pub(super) fn refused(
    case: Option<&Case>,
    actor: &Actor,
    command: &Command,
    refusal: &Refusal,
    rules: &Rules,
    now: Time,
) -> Result<(), Broken> {
    let says = !refusal.rule.is_empty() && !refusal.why.is_empty() && !refusal.accepted.is_empty();
    holds!("refusal.says", says, "`{}` is refused by {refusal:?}", command.name());
    holds!("refusal.basis", refusal.basis.is_some(), "{refusal:?} stands on nothing");
    powers::refused(case, actor, command, refusal, rules, now)
}

/// The whole stream, through bytes and without rules, folds to the case; and the case reads as it is
/// written.
pub(super) fn replay(case: Option<&Case>, records: &[Record], tried: &Tried) -> Result<(), Broken> {
    let mut folded = None;
    for record in records {
        let read = record::write(record).ok().and_then(|bytes| record::read(&bytes).ok());
        let Some(read) = read else { return Err(Broken::of("record.reads", format!("{record:?}"))) };
        folded = Some((tried.apply_record)(folded, &read));
    }
    holds!("replay.folds", folded.as_ref() == case, "the stream does not fold to the case");
    let Some(case) = case else { return Ok(()) };
    let again = serde_json::to_string(case).ok().and_then(|text| serde_json::from_str::<Case>(&text).ok());
    holds!("replay.reads", again.as_ref() == Some(case), "the case does not read as it is written");
    Ok(())
}

/// The case before, or one of which nothing is known.
fn before(taken: &Taken<'_>) -> Case {
    taken.before.cloned().unwrap_or_else(|| blank(CaseId(taken.record.stream.0)))
}
