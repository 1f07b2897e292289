//! What is counted of whistles 吹哨报到双考核: of each department how it came when it was called, of each convener
//! whether it was right to call, and how often it does.
//!
//! Drawn from folded cases; void and excluded ones enter no rate. Which grades count as good is the
//! profile's. Next: `sides.rs` for what is made of it.

use super::control::Subgroup;
use super::definition::{Cohort, Definition, Kind, text_of};
use super::rate::Rate;
use crate::case::event::Stage;
use crate::case::state::{Case, Spine};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::UnitId;
use crate::profile::Whistling;
use compact_str::CompactString;
use std::collections::{BTreeMap, BTreeSet};

/// The key of the share of a unit's cases on which it blew a whistle.
pub(super) const WHISTLE_RATE: &str = "whistle_rate";
/// The key of the whistles for each case.
pub(super) const WHISTLES_FOR_EACH: &str = "whistles_for_each_case";
const CAME: &str = "cases that came to the unit: it held a rung or an order to handle, or convened";

type Line = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Key, Chinese, English, numerator, denominator; the order of every output.
const LINES: [Line; 9] = [
    (
        "summons_acknowledged",
        "接哨及时率",
        "summons answered in time",
        "answered no later than due",
        "summonses whose answer was due or given",
    ),
    ("summons_on_site", "到场及时率", "on site in time", "on site no later than due", "arrivals due or made"),
    (
        "summons_measure",
        "措施及时率",
        "measure stated in time",
        "stated no later than due",
        "measures due or stated",
    ),
    (
        "summons_done",
        "办结及时率",
        "done in time",
        "said to be done no later than due",
        "results due or said to be there",
    ),
    (
        "summons_good",
        "签认好评率",
        "signed off as good",
        "graded by the convener with a grade the profile counts as good",
        "summonses signed off with a grade",
    ),
    (
        "refusals_overruled",
        "拒报被驳率",
        "refusals overruled",
        "ruled to be the department's duty",
        "refusals that were ruled on",
    ),
    (
        "whistles_warranted",
        "吹哨合理率",
        "whistles warranted",
        "graded by a summoned department as warranted",
        "summonses whose department graded the whistle",
    ),
    (
        WHISTLE_RATE,
        "吹哨率",
        "whistle rate",
        "of them, cases on which the unit blew a whistle (control chart p)",
        CAME,
    ),
    (
        WHISTLES_FOR_EACH,
        "件均吹哨数",
        "whistles for each case",
        "whistles the unit blew (control chart u)",
        CAME,
    ),
];

/// What each figure of whistles means.
pub fn whistle_definitions() -> Vec<Definition> {
    LINES
        .iter()
        .map(|(key, zh, en, numerator, denominator)| Definition {
            key: (*key).to_owned(),
            kind: Kind::Rate,
            cohort: Cohort::Basis,
            zh,
            en: (*en).to_owned(),
            numerator: (*numerator).to_owned(),
            denominator,
            source: "吹哨报到双考核: both sides are scored; limits of the whistle rate after Shewhart",
        })
        .collect()
}

/// The same as text for people.
pub fn whistle_definitions_text() -> String {
    text_of(&whistle_definitions())
}

/// The rates of whistles, by unit and key; a unit without a rate is not rated.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WhistleFigures {
    rates: BTreeMap<UnitId, BTreeMap<&'static str, Rate>>,
    came: BTreeMap<UnitId, (u64, u64, u64)>,
}

impl WhistleFigures {
    /// Counts one case.
    pub fn add(&mut self, case: &Case, rules: &Whistling) {
        if case.excluded.is_some() || case.spine == Spine::Void {
            return;
        }
        // One that is called again by rule was blown by nobody.
        let blown = case.threads.iter().filter(|t| t.kind == ThreadKind::Whistle && t.round == 0);
        let convened: Vec<&UnitId> = blown.filter_map(|t| t.holder.as_unit()).collect();
        for unit in came_to(case) {
            let blown = convened.iter().filter(|c| ***c == unit).count() as u64;
            self.came_with(unit.clone(), blown);
        }
        for summons in case.threads.iter().filter(|t| t.kind == ThreadKind::Summons) {
            let Some(unit) = summons.holder.as_unit() else { continue };
            let stages = [
                (Stage::Acknowledge, "summons_acknowledged"),
                (Stage::OnSite, "summons_on_site"),
                (Stage::Measure, "summons_measure"),
                (Stage::Resolve, "summons_done"),
            ];
            for (stage, key) in stages {
                let own = case.clocks.iter().filter(|c| c.thread == Some(summons.no) && c.stage == stage);
                for kept in own.filter_map(|c| c.kept()) {
                    self.ask(unit, key, kept);
                }
            }
            if let (Step::Confirmed, Some(grade)) = (summons.step, &summons.outcome) {
                self.ask(unit, "summons_good", rules.good.contains(grade));
            }
            let rulings =
                case.threads.iter().filter(|t| t.under == Some(summons.no) && t.step == Step::Ruled);
            for ruling in rulings {
                self.ask(unit, "refusals_overruled", ruling.outcome.as_deref() == Some(OVERRULED));
            }
            let whistle = summons.under.and_then(|no| case.thread(no));
            let grade = summons.spoke.as_ref().and_then(|s| s.grade.as_ref());
            if let (Some(grade), Some(convener)) = (grade, whistle.and_then(|w| w.holder.as_unit())) {
                self.ask(convener, "whistles_warranted", rules.warranted.contains(grade));
            }
        }
    }

    pub(super) fn ask(&mut self, unit: &UnitId, key: &'static str, meets: bool) {
        self.rates.entry(unit.clone()).or_default().entry(key).or_default().count(meets);
    }

    /// Counts one case that came to a unit, on which nobody blew a whistle: nothing else is drawn of it.
    pub fn came(&mut self, unit: UnitId) {
        self.came_with(unit, 0);
    }

    pub(super) fn came_with(&mut self, unit: UnitId, blown: u64) {
        let entry = self.came.entry(unit).or_default();
        *entry = (entry.0 + 1, entry.1 + u64::from(blown > 0), entry.2 + blown);
    }

    /// A rate of a unit; not rated where it has none.
    pub fn rate(&self, unit: &UnitId, key: &str) -> Rate {
        self.rates.get(unit).and_then(|r| r.get(key)).copied().unwrap_or_default()
    }

    /// Every unit with a rate.
    pub fn units(&self) -> impl Iterator<Item = &UnitId> {
        self.rates.keys()
    }

    /// Every unit that cases came to, with whether it blew a whistle.
    pub fn visited(&self) -> impl Iterator<Item = (&UnitId, bool)> {
        self.came.iter().map(|(unit, (_, with, _))| (unit, *with > 0))
    }

    /// The points of the two charts, of the units that `counts`: shares of cases with a whistle, and
    /// whistles for each case. Units of one kind compare; a street and a department do not.
    pub fn subgroups(&self, counts: impl Fn(&UnitId) -> bool) -> (Vec<Subgroup>, Vec<Subgroup>) {
        let of = self.came.iter().filter(|(unit, _)| counts(unit));
        of.map(|(unit, (cases, with, blown))| {
            let point =
                |count: u64| Subgroup { key: CompactString::from(unit.as_str()), count, cases: *cases };
            (point(*with), point(*blown))
        })
        .unzip()
    }
}

/// The units that a case came to: each that held a rung or an order to handle, or convened.
pub fn came_to(case: &Case) -> BTreeSet<UnitId> {
    let kinds = [ThreadKind::Rung, ThreadKind::Handling, ThreadKind::Whistle];
    kinds.into_iter().flat_map(|kind| of(case, kind)).cloned().collect()
}

fn of(case: &Case, kind: ThreadKind) -> impl Iterator<Item = &UnitId> {
    case.threads.iter().filter(move |t| t.kind == kind).filter_map(|t| t.holder.as_unit())
}

/// How a ruling against the department stands in events.
const OVERRULED: &str = "overruled";
