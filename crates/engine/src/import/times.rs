//! Times of an export: text, formats, zone, and the hours that a change of clocks doubles or drops.

use super::map::ColumnRef;
use huying_core::observation::Stamp;
use huying_core::time::Time;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{Disambiguation, TimeZone};

/// A time of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeField {
    /// When the case was opened.
    Opened,
    /// When the row was last changed.
    Updated,
    /// When it was to be done.
    Due,
    /// When it was closed.
    Closed,
    /// First contact.
    Contacted,
    /// When the first contact was due.
    ContactDue,
    /// When it was answered.
    Replied,
}

impl TimeField {
    /// Every time with its table in a map.
    pub const ALL: [(&'static str, TimeField); 7] = [
        ("opened", Self::Opened),
        ("updated", Self::Updated),
        ("due", Self::Due),
        ("closed", Self::Closed),
        ("contacted", Self::Contacted),
        ("contact_due", Self::ContactDue),
        ("replied", Self::Replied),
    ];
}

/// What a value without a time of day means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOnly {
    /// The row cannot be used.
    Reject,
    /// The first instant of the day.
    StartOfDay,
    /// The last millisecond of the day: what a deadline in days means.
    EndOfDay,
    /// The day is kept and enters no time and no rate.
    ExcludeFromTimes,
}

impl DateOnly {
    /// Every rule with its word in a map.
    pub const ALL: [(&'static str, DateOnly); 4] = [
        ("reject", Self::Reject),
        ("start-of-day", Self::StartOfDay),
        ("end-of-day", Self::EndOfDay),
        ("exclude-from-times", Self::ExcludeFromTimes),
    ];
}

/// What a civil time means that the clocks pass twice (autumn) or never (spring).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dst {
    /// The first of two; a dropped time is moved on by the length of the gap (RFC 5545).
    Compatible,
    /// The first of two; a dropped time is moved back by the length of the gap.
    Earlier,
    /// The second of two; a dropped time is moved on.
    Later,
    /// The row cannot be used.
    Reject,
}

impl Dst {
    /// Every rule with its word in a map.
    pub const ALL: [(&'static str, Dst); 4] = [
        ("compatible", Self::Compatible),
        ("earlier", Self::Earlier),
        ("later", Self::Later),
        ("reject", Self::Reject),
    ];

    fn jiff(self) -> Disambiguation {
        match self {
            Self::Compatible => Disambiguation::Compatible,
            Self::Earlier => Disambiguation::Earlier,
            Self::Later => Disambiguation::Later,
            Self::Reject => Disambiguation::Reject,
        }
    }
}

/// How one time column is read.
#[derive(Debug, Clone)]
pub struct TimeRule {
    /// The column.
    pub column: ColumnRef,
    /// Formats as of strptime, tried in order.
    pub formats: Vec<String>,
    /// What a bare date means.
    pub date_only: DateOnly,
    /// The zone of values without an offset of their own.
    pub zone: TimeZone,
    /// What a doubled or dropped civil time means.
    pub dst: Dst,
}

impl TimeRule {
    /// Reads a value, which is not blank. The error says what is wrong with it and what is accepted.
    pub fn read(&self, value: &str) -> Result<Stamp, String> {
        let mut first_fault = None;
        for format in &self.formats {
            match BrokenDownTime::parse(format, value) {
                Ok(parts) => match self.instant(&parts) {
                    Ok(stamp) => return Ok(stamp),
                    Err(fault) => {
                        first_fault.get_or_insert(fault);
                    }
                },
                Err(_) => continue,
            }
        }
        let fault = first_fault.unwrap_or_else(|| format!("`{value}` is not a time"));
        Err(format!("{fault}; accepted: {}", self.formats.join(" or ")))
    }

    fn instant(&self, parts: &BrokenDownTime) -> Result<Stamp, String> {
        if parts.offset().is_some() || parts.timestamp().is_some() {
            return parts.to_timestamp().map(|t| Stamp::At(t.into())).map_err(|e| e.to_string());
        }
        let date = parts.to_date().map_err(|e| e.to_string())?;
        if parts.hour().is_some() {
            let time = parts.to_time().map_err(|e| e.to_string())?;
            return self.zoned(date.to_datetime(time)).map(Stamp::At);
        }
        match self.date_only {
            DateOnly::Reject => Err(format!("`{date}` has no time of day")),
            DateOnly::StartOfDay => self.midnight(date).map(Stamp::At),
            DateOnly::EndOfDay => {
                let next = date.tomorrow().map_err(|e| e.to_string())?;
                self.midnight(next).map(|t| Stamp::At(t.plus(-1)))
            }
            DateOnly::ExcludeFromTimes => self.midnight(date).map(|day| Stamp::Day { day }),
        }
    }

    fn zoned(&self, at: DateTime) -> Result<Time, String> {
        let ambiguous = self.zone.to_ambiguous_timestamp(at);
        ambiguous.disambiguate(self.dst.jiff()).map(Time::from).map_err(|_| {
            format!("`{at}` is passed twice or never on the day the clocks change (dst = \"reject\")")
        })
    }

    /// A day begins at its first instant, even where the clocks change at midnight.
    fn midnight(&self, date: Date) -> Result<Time, String> {
        let start = self.zone.to_ambiguous_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
        start.compatible().map(Time::from).map_err(|e| e.to_string())
    }
}

/// Whether a format can be parsed at all, and whether it holds a time of day: tried on a value it prints
/// itself.
pub(super) fn probe(format: &str) -> Result<bool, String> {
    let sample = jiff::Timestamp::UNIX_EPOCH;
    let printed = BrokenDownTime::from(sample).to_string(format).map_err(|e| e.to_string())?;
    let parts = BrokenDownTime::parse(format, &printed).map_err(|e| e.to_string())?;
    if parts.timestamp().is_some() {
        return Ok(true);
    }
    parts.to_date().map_err(|e| e.to_string())?;
    parts.to_time().map_err(|e| e.to_string())?;
    Ok(parts.hour().is_some())
}
