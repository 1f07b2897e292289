//! How exact a place may stand in clear, and how long words are kept: the profile's `[privacy]`.
//!
//! The journal is never erased, so what it says in clear of where somebody called from is said for ever.
//! Here is decided which points may stand there as they came, onto which lattice all others are snapped, and
//! how long which words are kept. Who seals the exact point is the engine; `case/cover.rs` asks for it.

use super::{Fits, Profile, Status, When};
use crate::case::event::Urgency;
use crate::case::state::Case;
use crate::ids::SystemId;
use crate::observation::Point;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// What of personal data may stand where, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// The distance of the lattice's nodes in 10⁻⁷ degree; 0 leaves every point exact.
    pub point_lattice: u32,
    /// Words of `source` whose cases keep their exact point in clear: finds about public things.
    #[serde(default)]
    pub exact_sources: Vec<CompactString>,
    /// Systems whose imported records keep it: those that publish it themselves.
    #[serde(default)]
    pub exact_systems: Vec<SystemId>,
    /// Classes of cases whose words are kept for another time than `settings.retention_years` says; the
    /// first that fits counts.
    #[serde(default)]
    pub retention: Vec<Retention>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// How long the words of one class of cases are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// The name of the class, shown in lists.
    pub class: CompactString,
    /// Which cases.
    pub when: When,
    /// Years after closing.
    pub years: u32,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// The class of cases that no `[[privacy.retention]]` names.
pub const GENERAL: &str = "general";

/// Where a point comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// A case taken in here, by its `source`; none when it is not known.
    Source(Option<&'a str>),
    /// Another system's record.
    System(&'a SystemId),
}

impl Profile {
    /// What of a point may stand in clear. A profile without `[privacy]`, such as older folders have, lets
    /// none stand: the exact one lies in the vault alone.
    pub fn clear_point(&self, origin: Origin<'_>, point: Point) -> Option<Point> {
        let rules = self.privacy.as_ref()?;
        let exact = match origin {
            Origin::Source(source) => {
                source.is_some_and(|source| rules.exact_sources.iter().any(|s| s == source))
            }
            Origin::System(system) => rules.exact_systems.contains(system),
        };
        Some(if exact { point } else { point.snapped(rules.point_lattice) })
    }

    /// The retention class of a case as it stands, and how many years after its closing its words are kept.
    pub fn retention_of(&self, case: &Case) -> (&str, u32) {
        let (facts, seen) = (case.facts.as_ref(), case.observed.as_deref());
        let channel = facts.map(|f| &f.channel).or_else(|| seen.and_then(|o| o.channel.get()));
        let request = facts.map(|f| &f.request_type).or_else(|| seen.and_then(|o| o.request_type.get()));
        self.retention(&Fits {
            source: facts.map_or("", |f| f.source.as_str()),
            channel: channel.map_or("", CompactString::as_str),
            request_type: request.map_or("", CompactString::as_str),
            matter: case.matter(),
            urgency: facts.map_or(Urgency::General, |f| f.urgency),
            complex: facts.is_some_and(|f| f.complex),
            reachable: case.reachable(),
        })
    }

    /// The retention class of a case, and how many years after its closing its words are kept.
    pub fn retention(&self, facts: &Fits<'_>) -> (&str, u32) {
        let classes = self.privacy.iter().flat_map(|p| &p.retention);
        classes
            .into_iter()
            .find(|class| class.when.fits(facts))
            .map_or((GENERAL, self.settings.retention_years), |class| (class.class.as_str(), class.years))
    }

    /// The fewest years after which any case's words may be due.
    pub fn least_retention(&self) -> u32 {
        let classes = self.privacy.iter().flat_map(|p| &p.retention).map(|class| class.years);
        classes.fold(self.settings.retention_years, u32::min)
    }
}
