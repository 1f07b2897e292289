//! A table of working hours: which days it works, which windows of the day, by season.
//!
//! Owns the plain data and its faults. A window that crosses midnight belongs to the day it begins on. Which
//! instants the windows are in a zone is `index.rs`.

use super::MAX_WINDOWS;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Minutes in a civil day.
pub(crate) const DAY_MINUTES: u16 = 1440;

/// A window of a civil day, in minutes after 00:00. `to` above 1440 lies on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    /// The first minute, 0 to 1439.
    pub from: u16,
    /// The minute after the last, above `from` and at most 24 hours after it.
    pub to: u16,
}

/// Why a text is no window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no window of the day: accepted is HH:MM-HH:MM, such as 08:00-12:00, 00:00-24:00 or 22:00-06:00"
)]
pub struct BadWindow(pub String);

/// Reads `HH:MM` as minutes after 00:00; `24:00` is 1440.
pub(crate) fn minute_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let two = |part: &str| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u16>().ok())?
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= DAY_MINUTES).then_some(minute)
}

impl FromStr for Window {
    type Err = BadWindow;
    fn from_str(text: &str) -> Result<Self, BadWindow> {
        let bad = || BadWindow(text.to_owned());
        let (from, to) = text.split_once('-').ok_or_else(bad)?;
        let (from, to) = (minute_of(from).ok_or_else(bad)?, minute_of(to).ok_or_else(bad)?);
        if from == DAY_MINUTES || from == to {
            return Err(bad());
        }
        Ok(Self { from, to: if to > from { to } else { to + DAY_MINUTES } })
    }
}

impl TryFrom<String> for Window {
    type Error = BadWindow;
    fn try_from(text: String) -> Result<Self, BadWindow> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = if self.to > DAY_MINUTES { self.to - DAY_MINUTES } else { self.to };
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, to / 60, to % 60)
    }
}

/// Which days a table of hours works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DaysWorked {
    /// The working days of the calendar, make-up days included.
    #[default]
    Working,
    /// Every day of the year, holidays included.
    Every,
}

/// A day of any year, as month and day; 29 February is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay {
    /// 1 to 12.
    pub month: i8,
    /// 1 to the month's last day.
    pub day: i8,
}

impl MonthDay {
    /// Reads `MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let date: jiff::civil::Date = format!("2024-{text}").parse().ok()?;
        (text.len() == 5).then_some(Self { month: date.month(), day: date.day() })
    }
}

/// Other windows for a part of the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Season {
    /// The first day.
    pub from: MonthDay,
    /// The last day; a season whose `to` lies before its `from` runs over the year's end.
    pub to: MonthDay,
    /// The windows of these days.
    pub windows: Vec<Window>,
}

impl Season {
    /// Whether the season holds on `date`.
    pub fn holds(&self, date: jiff::civil::Date) -> bool {
        let day = MonthDay { month: date.month(), day: date.day() };
        if self.from <= self.to {
            self.from <= day && day <= self.to
        } else {
            day >= self.from || day <= self.to
        }
    }
}

/// A table of working hours 工作时间.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoursTable {
    /// What people call it.
    pub name: String,
    /// Which days it works.
    pub days: DaysWorked,
    /// Its windows outside every season, in order.
    pub windows: Vec<Window>,
    /// Parts of the year with other windows; the first that holds counts.
    pub seasons: Vec<Season>,
}

impl HoursTable {
    /// The windows of a day it works.
    pub fn windows_on(&self, date: jiff::civil::Date) -> &[Window] {
        self.seasons.iter().find(|s| s.holds(date)).map_or(&self.windows, |s| &s.windows)
    }
}

/// What is wrong with a list of windows, if anything: none, too many, or two that overlap, also around
/// midnight.
pub(super) fn windows_flaw(windows: &[Window]) -> Option<String> {
    if windows.is_empty() {
        return Some("no window: nobody would ever work".into());
    }
    if windows.len() > MAX_WINDOWS {
        return Some(format!("{} windows", windows.len()));
    }
    let mut minutes = [None; DAY_MINUTES as usize];
    for window in windows {
        for minute in window.from..window.to {
            let slot = &mut minutes[usize::from(minute % DAY_MINUTES)];
            match slot {
                Some(other) => return Some(format!("the windows {other} and {window} overlap")),
                None => *slot = Some(*window),
            }
        }
    }
    None
}
