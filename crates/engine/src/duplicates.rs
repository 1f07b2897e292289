//! Open cases by where they are, for the question which of them a new report repeats 疑似重复.
//!
//! Derived and in memory: what was reported within the longest time that any rule of the profile looks back,
//! read from the journal when it is first asked for, and kept by every commit since. It holds the points of
//! the journal and no others; `huying_core::case::duplicate` says what a distance between them means. What
//! is found is a snapshot, and the command that used it writes it down.

use crate::batch::fold;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::limits::{HOUR_MS, MAX_NEAR_CASES};
use huying_atlas::NearIndex;
use huying_core::case::duplicate::{Around, Compared, NearCase, around, nearest_first};
use huying_core::case::event::Datum;
use huying_core::case::state::Case;
use huying_core::ids::CaseId;
use huying_core::profile::DuplicateRule;
use huying_core::time::Time;
use huying_store::{Reader, StoreError};
use std::collections::HashMap;
use std::sync::PoisonError;

/// The index looks a little farther than asked, since it measures a little otherwise than the core does.
const MARGIN: f64 = 1.02;

/// The open cases of the last hours by point, a map for each datum.
#[derive(Debug, Default)]
pub(crate) struct Duplicates {
    /// How far back it reaches; none before it was first asked for.
    hours: Option<u32>,
    points: HashMap<Datum, NearIndex>,
    cases: HashMap<CaseId, Compared>,
}

impl Duplicates {
    /// Makes sure that it reaches back `hours` from `now`.
    pub(crate) fn reach(&mut self, hours: u32, ledger: &Reader, now: Time) -> Result<(), EngineError> {
        if self.hours.is_some_and(|reached| reached >= hours) {
            return Ok(());
        }
        *self = Duplicates { hours: Some(hours), ..Duplicates::default() };
        for case in ledger.reported_since(now.plus(-i64::from(hours) * HOUR_MS))? {
            if let Some(case) = fold(&ledger.load(case.stream())?, None)? {
                self.put(&case, now);
            }
        }
        Ok(())
    }

    /// Takes in how a case stands now; lets it go when it is not compared any more.
    pub(crate) fn put(&mut self, case: &Case, now: Time) {
        let Some(hours) = self.hours else { return };
        let fresh = |c: &Compared| now.since(c.reported_at) <= i64::from(hours) * HOUR_MS;
        match Compared::of(case).filter(fresh) {
            Some(compared) => {
                self.forget(case.id);
                let (at, datum) = (compared.point, compared.point.datum);
                self.points.entry(datum).or_default().insert(case.id.0, [at.lon, at.lat]);
                self.cases.insert(case.id, compared);
            }
            None => self.forget(case.id),
        }
    }

    fn forget(&mut self, case: CaseId) {
        if let Some(known) = self.cases.remove(&case)
            && let Some(points) = self.points.get_mut(&known.point.datum)
        {
            points.remove(case.0);
        }
    }

    /// Lets go of what no rule looks back to any more.
    pub(crate) fn forget_old(&mut self, now: Time) {
        let Some(hours) = self.hours else { return };
        let old = |c: &Compared| now.since(c.reported_at) > i64::from(hours) * HOUR_MS;
        let gone: Vec<CaseId> = self.cases.iter().filter(|(_, c)| old(c)).map(|(id, _)| *id).collect();
        gone.into_iter().for_each(|case| self.forget(case));
    }

    /// What is near, without the cases that `changed` says are otherwise now.
    pub(crate) fn near(&self, around: &Around, now: Time, changed: impl Fn(CaseId) -> bool) -> Vec<NearCase> {
        let Some(points) = self.points.get(&around.point.datum) else { return Vec::new() };
        let at = [around.point.lon, around.point.lat];
        let found = points.within(at, f64::from(around.metres) * MARGIN);
        let found = found.iter().map(|n| CaseId(n.key)).filter(|id| !changed(*id));
        found.filter_map(|id| self.cases.get(&id)?.near(id, around, now)).collect()
    }
}

/// The nearest of what was found, as many as a record holds.
pub(crate) fn nearest(mut found: Vec<NearCase>) -> Vec<NearCase> {
    nearest_first(&mut found);
    found.truncate(MAX_NEAR_CASES);
    found
}

/// The open cases near one, with the rule that says what near means for it.
#[derive(Debug, Clone, PartialEq)]
pub struct NearFound {
    /// The rule.
    pub rule: DuplicateRule,
    /// What it looked for.
    pub around: Around,
    /// The cases, nearest first.
    pub cases: Vec<NearCase>,
}

impl Engine {
    /// The open cases near a case that was taken in here, by the profile's rule for it; none where no rule is
    /// for it, or it has no matter or no point.
    ///
    /// # Errors
    /// The store's faults.
    pub fn near(&self, case: &Case) -> Result<Option<NearFound>, EngineError> {
        let (rules, now) = (self.rules(), self.now());
        let about = case.facts.as_ref().is_some_and(|f| f.about.is_some());
        let Some((rule, around)) = around(case, &rules.profile).filter(|_| !about) else { return Ok(None) };
        let hours = rules.profile.duplicate_hours().unwrap_or(rule.hours);
        let found = self.read(|ledger| {
            let mut known = self.duplicates().lock().unwrap_or_else(PoisonError::into_inner);
            Ok(known.reach(hours, ledger, now).map(|()| known.near(&around, now, |id| id == case.id)))
        });
        let found = found.map_err(|e: StoreError| EngineError::from(e))??;
        Ok(Some(NearFound { rule: rule.clone(), around, cases: nearest(found) }))
    }
}
