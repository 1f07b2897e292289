//! Near cases 疑似重复: what is asked before a report is taken in, and what was found.
//!
//! The distance is between the points of the journal, never between exact points that are sealed: whoever
//! could ask for those distances could find a home by asking three times. So a distance is exact only where
//! both points stand exactly in the journal (finds on patrol, sensors); otherwise it is one between nodes of
//! the profile's lattice, which says "the same corner of the city" and no more. What is found is a snapshot:
//! it is written into the report's event, because a moment later the answer would be another.

use super::event::Point;
use super::state::{Case, Spine};
use crate::ids::{CaseId, MatterCode};
use crate::profile::{DuplicateRule, Fits, Profile};
use crate::time::Time;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// An open case near a report, as it was when the report was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearby {
    /// The other case.
    pub case: CaseId,
    /// Whole metres between the points of the journal.
    pub metres: u32,
    /// Whether both points are exact; else the metres are between nodes of the lattice.
    pub exact: bool,
}

/// What is looked for: open cases of a category around a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// The point, as the journal holds it.
    pub point: Point,
    /// Whether it is exact.
    pub exact: bool,
    /// At most so many metres away.
    pub metres: u32,
    /// Reported at most so many hours before.
    pub hours: u32,
    /// The beginning that the matter's code shares.
    pub stem: CompactString,
}

/// What was found of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearCase {
    /// What is recorded of it.
    pub near: Nearby,
    /// Its public number.
    pub number: CompactString,
    /// Where it stands.
    pub spine: Spine,
    /// The case it follows.
    pub follows: Option<CaseId>,
    /// When it was reported.
    pub reported_at: Time,
}

/// What another case is compared by. Only an open case with a matter and a point is compared at all, and
/// never one about a unit or a restricted one: those do not exist for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Its public number.
    pub number: CompactString,
    /// Its matter.
    pub matter: MatterCode,
    /// Its point, as the journal holds it.
    pub point: Point,
    /// Whether that is exact.
    pub exact: bool,
    /// Where it stands.
    pub spine: Spine,
    /// The case it follows.
    pub follows: Option<CaseId>,
    /// When it was reported.
    pub reported_at: Time,
}

impl Compared {
    /// What `case` is compared by; none where it is not compared.
    pub fn of(case: &Case) -> Option<Compared> {
        if !case.spine.is_open() || case.restricted.is_some() {
            return None;
        }
        let facts = case.facts.as_ref().filter(|f| f.about.is_none())?;
        Some(Compared {
            number: case.number.clone(),
            matter: facts.matter.clone()?,
            point: facts.location.point?,
            exact: facts.location.exact.is_none(),
            spine: case.spine,
            follows: case.follows,
            reported_at: case.reported_at,
        })
    }

    /// How near it is to what is looked for by `now`; none where it is too far, too old or of another
    /// category.
    pub fn near(&self, id: CaseId, around: &Around, now: Time) -> Option<NearCase> {
        let old = now.since(self.reported_at) > i64::from(around.hours) * MS_PER_HOUR;
        if old || !self.matter.as_str().starts_with(around.stem.as_str()) {
            return None;
        }
        let metres = self.point.metres_to(around.point)?;
        if metres > f64::from(around.metres) {
            return None;
        }
        // At most the rule's own metres, so a whole number of them.
        let near = Nearby { case: id, metres: metres.round() as u32, exact: self.exact && around.exact };
        Some(NearCase {
            near,
            number: self.number.clone(),
            spine: self.spine,
            follows: self.follows,
            reported_at: self.reported_at,
        })
    }
}

/// Nearest first; what lies equally near, by the older case.
pub fn nearest_first(found: &mut [NearCase]) {
    found.sort_by_key(|n| (n.near.metres, n.near.case));
}

/// What to look for around a case that was taken in, with the rule that says so.
pub fn around<'p>(case: &Case, profile: &'p Profile) -> Option<(&'p DuplicateRule, Around)> {
    let facts = case.facts.as_ref()?;
    asked(profile, &Fits::of(case)?, facts.location.point, facts.location.exact.is_none())
}

/// What to look for around a point, with the rule that says so; none without a matter, a point or a rule.
pub(super) fn asked<'p>(
    profile: &'p Profile,
    fits: &Fits<'_>,
    point: Option<Point>,
    exact: bool,
) -> Option<(&'p DuplicateRule, Around)> {
    let (matter, point) = (fits.matter?, point?);
    let rule = profile.duplicate_rule(fits)?;
    let (metres, hours) = (rule.metres, rule.hours);
    Some((rule, Around { point, exact, metres, hours, stem: rule.stem(matter).into() }))
}

/// Milliseconds of an hour; a fact, not a rule.
const MS_PER_HOUR: i64 = 3_600_000;
