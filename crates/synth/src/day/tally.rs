//! What became of a played stretch: commands by name, refusals by rule, outcomes of cases, shares of them.

use huying_core::case::event::Event;
use huying_core::case::state::Spine;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::CaseId;
use huying_engine::Rejected;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Counts of a played stretch.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Accepted commands, by name.
    pub accepted: BTreeMap<&'static str, u64>,
    /// Refused commands, by command and rule.
    pub refused: BTreeMap<String, u64>,
    /// Happenings, by a word of this file.
    pub happened: BTreeMap<&'static str, u64>,
    /// Cases that were left alone after their deed was refused too often.
    pub stuck: u64,
    /// Open cases on which nobody has anything to do.
    pub idle: BTreeSet<CaseId>,
    /// The version at which each open case was last looked at.
    looked: HashMap<CaseId, u32>,
    /// Everything that was sent, in order.
    digest: Sha256,
}

/// A share that was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// What.
    pub what: String,
    /// Of what.
    pub of: String,
    /// How many.
    pub count: u64,
    /// Of how many.
    pub all: u64,
}

impl Share {
    /// The share; none of nothing.
    pub fn value(&self) -> Option<f64> {
        (self.all > 0).then(|| self.count as f64 / self.all as f64)
    }
}

impl Tally {
    /// Accepted commands in all.
    pub fn commands(&self) -> u64 {
        self.accepted.values().sum()
    }

    /// Refused commands in all.
    pub fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }

    /// The share of two counts: names of commands, or of happenings.
    pub fn share(&self, what: &str, of: &str) -> Share {
        let count = |name: &str| self.accepted.get(name).or(self.happened.get(name)).copied().unwrap_or(0);
        Share { what: what.to_owned(), of: of.to_owned(), count: count(what), all: count(of) }
    }

    pub(super) fn sent(&mut self, line: &[u8]) {
        self.digest.update((line.len() as u64).to_be_bytes());
        self.digest.update(line);
    }

    /// A digest of everything that was sent, with its words, in order.
    pub fn digest(&self) -> [u8; 32] {
        self.digest.clone().finalize().into()
    }

    /// The version of a case that was counted already.
    pub(super) fn seen(&self, case: CaseId) -> u32 {
        self.looked.get(&case).copied().unwrap_or(0)
    }

    /// Notes that a case was looked at.
    pub(super) fn look(&mut self, case: CaseId, version: u32) {
        self.idle.remove(&case);
        self.looked.insert(case, version);
    }

    /// Notes that nobody has anything to do on an open case.
    pub(super) fn idle(&mut self, case: CaseId) {
        self.idle.insert(case);
    }

    pub(super) fn took(&mut self, command: &'static str) {
        *self.accepted.entry(command).or_default() += 1;
    }

    pub(super) fn refuse(&mut self, command: &'static str, why: &Rejected) {
        let rule = match why {
            Rejected::Refused(refusal) => refusal.rule.to_owned(),
            other => other.to_string(),
        };
        *self.refused.entry(format!("{command}: {rule}")).or_default() += 1;
    }

    /// Counts what an accepted command brought about.
    pub(super) fn saw(&mut self, events: &[Event], spine: Spine) {
        let mut happened = |word: &'static str| *self.happened.entry(word).or_default() += 1;
        for event in events {
            match event {
                Event::Voided { .. } => happened("voided"),
                Event::Closed { .. } => happened("closed"),
                Event::Answered { .. } => happened("answered"),
                Event::SentBack { .. } => happened("rework"),
                Event::ThreadOpened(t) if t.kind == ThreadKind::Return => happened("return_asked"),
                Event::ThreadOpened(t) if t.kind == ThreadKind::Handling => happened("order"),
                Event::ThreadMoved { step: Step::Unreachable, .. } => happened("unreachable"),
                Event::ThreadMoved { step: Step::Reached, .. } => happened("reached"),
                Event::ClockMet { .. } => happened("clock_met"),
                Event::ClockFired { edge: huying_core::case::event::Edge::Due, .. } => {
                    happened("clock_missed");
                }
                Event::VerdictGiven { verdict, .. } => {
                    if let Some(satisfied) = verdict.satisfied {
                        happened("judged");
                        if satisfied.counts() {
                            happened("satisfied");
                        }
                    }
                }
                _ => {}
            }
        }
        if spine == Spine::Closed && events.iter().any(|e| matches!(e, Event::Reported(_))) {
            happened("closed_at_once");
        }
    }
}
