//! The parts of a limit: what is counted, from when, to which end, where it rolls, when it is near.
//!
//! Owns the plain data and what each rule means. How they are written is `written.rs`; how they are counted
//! is `mod.rs` and `due.rs`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The most days a limit may have: ten years.
pub const MAX_DAYS: u32 = 3_660;
/// The most minutes a limit may have: ten years of 24 hours.
pub const MAX_MINUTES: u32 = MAX_DAYS * 1_440;

/// What a limit counts, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Amount {
    /// Continuous minutes, day and night 紧急工作时, 小时.
    Minutes(u32),
    /// Minutes within the windows of the holder's hours 工作时; 1.5 working hours are 90.
    WorkingMinutes(u32),
    /// Working days by the calendar, make-up days included 工作日.
    WorkingDays(u32),
    /// Stretches of 24 hours 紧急工作日.
    ContinuousDays(u32),
    /// Civil days 自然日.
    CalendarDays(u32),
    /// The day of the start 当日.
    SameDay(Option<CutOff>),
    /// A date of the calendar, whenever the clock started; the reading of the clock in minutes, if one is
    /// set.
    Fixed(Date, Option<u16>),
    /// No due until an event names it 节点.
    Milestone,
}

/// When the same day no longer counts: a start after the reading has so many continuous minutes instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CutOff {
    /// The last reading that still counts as the same day, in minutes after 00:00.
    pub until: u16,
    /// The continuous minutes a later start has.
    pub then: u32,
}

/// When counting begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartRule {
    /// At the start itself. In days the day of the start is not counted: the next is the first (Civil Code of
    /// the PRC, article 201).
    AtOnce,
    /// At the first working moment at or after the start: a call at night is as if it came at opening.
    NextWorkingMoment,
    /// When the first working day after the date of the start opens; that day is the first counted.
    NextWorkingDay,
    /// At 00:00 of the date after the start; that day is the first counted.
    NextDay,
}

/// Where within its last day a limit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndRule {
    /// Exactly: hours to the millisecond, days at the clock reading of the start. In working days a start
    /// on a day off counts as 00:00 of the next working day.
    SameTime,
    /// When the last window of the last day ends; at 24:00 when that day has none (Civil Code, article 203:
    /// where there are business hours, the last day ends with them). Hours are lengthened to the first such
    /// end.
    EndOfWorkingDay,
    /// At 24:00 of the last day (Civil Code, article 203), which is the first instant of the next.
    EndOfDay,
}

/// What happens when the due day is a day off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollRule {
    /// The due stays.
    None,
    /// The due moves to the next working day (Civil Code, article 203: the day after the holiday is the
    /// last).
    NextWorkingDay,
    /// The due moves to the working day before, but never before counting begins.
    PreviousWorkingDay,
}

/// When a running clock is near its due 即将超时.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NearRule {
    /// Never.
    Never,
    /// When this percentage of the limit is left, 0 to 100, measured as the limit is measured.
    Percent(u8),
    /// So many continuous minutes before the due.
    Minutes(u32),
    /// So many working minutes before the due.
    WorkingMinutes(u32),
    /// At the same clock reading so many working days before the due.
    WorkingDays(u32),
}

impl Amount {
    /// The end rule used where a limit names none: days run to the end of a day, hours are exact.
    pub(crate) fn usual_end(self) -> EndRule {
        match self {
            Self::WorkingDays(_) => EndRule::EndOfWorkingDay,
            Self::CalendarDays(_) | Self::SameDay(_) | Self::Fixed(_, None) => EndRule::EndOfDay,
            _ => EndRule::SameTime,
        }
    }

    /// Whether the limit is measured in working time.
    pub fn is_working(self) -> bool {
        matches!(self, Self::WorkingMinutes(_) | Self::WorkingDays(_))
    }
}
