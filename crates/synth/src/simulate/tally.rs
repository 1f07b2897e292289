//! What was tried: commands by kind, accepted and refused.

use std::collections::BTreeMap;

/// What was tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cities made.
    pub cities: u64,
    /// Histories lived.
    pub histories: u64,
    /// Commands given.
    pub commands: u64,
    /// Of each kind of command, how many were accepted and how many refused.
    pub kinds: BTreeMap<&'static str, (u64, u64)>,
    /// Histories that came to their end by force, because nobody was left who could do what was open.
    pub forced: u64,
}

impl Tally {
    pub(super) fn count(&mut self, command: &'static str, accepted: bool) {
        self.commands += 1;
        let kind = self.kinds.entry(command).or_default();
        if accepted { kind.0 += 1 } else { kind.1 += 1 }
    }

    /// The commands that nobody's were accepted of. Where a case is left out of scores by two hands, as the
    /// shipped rules have it, one hand never does it.
    pub fn never(&self) -> Vec<&'static str> {
        let accepted = |name: &&str| self.kinds.get(name).is_some_and(|(accepted, _)| *accepted > 0);
        super::names().into_iter().filter(|n| !accepted(n) && *n != "exclude").collect()
    }

    /// Adds what another one counted.
    pub fn add(&mut self, other: &Tally) {
        self.cities += other.cities;
        self.histories += other.histories;
        self.commands += other.commands;
        self.forced += other.forced;
        for (command, (accepted, refused)) in &other.kinds {
            let kind = self.kinds.entry(command).or_default();
            *kind = (kind.0 + accepted, kind.1 + refused);
        }
    }
}
