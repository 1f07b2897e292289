//! When a value of a profile binds 生效时点: from the opening of a case, from the start of a clock, with the
//! figures of a period, or at once.
//!
//! The one place that says so; `tests/binding.rs` changes a value of each sort under a running case.

use crate::clock::Limit;
use serde::Serialize;

/// When a changed value begins to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binds {
    /// For cases that are opened after it; those that are open keep what they were opened under.
    Opening,
    /// For clocks that start after it; a clock that runs keeps its limit.
    ClockStart,
    /// In figures that are drawn after it, whatever period they are of.
    PeriodEnd,
    /// At once, for what happens next on any case.
    Live,
}

impl Binds {
    /// Its name in English, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Binds::Opening => "opening",
            Binds::ClockStart => "clock-start",
            Binds::PeriodEnd => "period-end",
            Binds::Live => "live",
        }
    }

    /// Its Chinese name.
    pub fn name_zh(self) -> &'static str {
        match self {
            Binds::Opening => "立案时",
            Binds::ClockStart => "计时开始时",
            Binds::PeriodEnd => "统计时",
            Binds::Live => "即时",
        }
    }

    /// When the value at a path binds; the path is without the names of entries (`procedure.limit.limit`).
    /// The longest beginning that [`TABLE`] knows decides; what it does not know is a clock's where it is a
    /// limit, and live otherwise.
    pub fn of(path: &str, value: Option<&str>) -> Binds {
        let begins =
            |known: &str| path.strip_prefix(known).is_some_and(|r| r.is_empty() || r.starts_with('.'));
        let known = TABLE.iter().filter(|(known, _)| begins(known)).max_by_key(|(known, _)| known.len());
        let limit = value.is_some_and(|text| text.parse::<Limit>().is_ok());
        known.map_or(if limit { Binds::ClockStart } else { Binds::Live }, |(_, binds)| *binds)
    }
}

/// What the form of a value does not show.
const TABLE: [(&str, Binds); 22] = [
    ("mode.longest", Binds::Live),
    ("admission.longest", Binds::Live),
    ("procedure.urging.apart", Binds::Live),
    ("procedure.plan_longest", Binds::Live),
    ("procedure.returns", Binds::Live),
    ("number", Binds::Opening),
    ("procedure.when", Binds::Opening),
    ("duplicate", Binds::Opening),
    ("settings.intake_role", Binds::Opening),
    ("settings.near", Binds::ClockStart),
    ("procedure.limit", Binds::ClockStart),
    ("procedure.closing", Binds::Live),
    ("procedure.extending", Binds::Live),
    ("ladder.rung.emergency", Binds::ClockStart),
    ("ladder.rung.scored", Binds::ClockStart),
    ("cost", Binds::PeriodEnd),
    ("weights", Binds::PeriodEnd),
    ("whistling.sigmas", Binds::PeriodEnd),
    ("whistling.good", Binds::PeriodEnd),
    ("whistling.warranted", Binds::PeriodEnd),
    ("words", Binds::Live),
    ("basis", Binds::Live),
];
