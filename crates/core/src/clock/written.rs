//! How a limit is written in a profile: `"3 working days"`, or a table with its rules.
//!
//! Owns the unit words, parsing and printing; `docs/clocks.md` lists the words for people. What the parts
//! mean is `rules.rs`.

use super::Limit;
use super::rules::{Amount, CutOff, EndRule, MAX_DAYS, MAX_MINUTES, NearRule, RollRule, StartRule};
use crate::calendar::minute_of;
use crate::ids::HoursId;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Why a text is no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLimit {
    /// The words are not known.
    #[error(
        "`{0}` is no limit: accepted are such as `30 min`, `24 h`, `4 working hours`, `3 working days`, \
         `2 continuous days`, `15 days`, `same day`, `same day until 18:00 then 24 h`, `by 2026-12-31`, \
         `by 2026-12-31 18:00`, `milestone`"
    )]
    Words(String),
    /// The number cannot be counted in that unit.
    #[error("`{0}` is not a whole number of minutes or days")]
    Fraction(String),
    /// The number is too large.
    #[error("`{0}` is too long: at most {MAX_DAYS} days or {MAX_MINUTES} minutes")]
    TooLong(String),
    /// The text is no near rule.
    #[error(
        "`{0}` is no near rule: accepted are such as `20%`, `2 h`, `1 working hour`, `1 working day`, `never`"
    )]
    Near(String),
}

#[derive(Clone, Copy)]
enum Unit {
    Minutes(u32),
    WorkingMinutes(u32),
    WorkingDays,
    ContinuousDays,
    CalendarDays,
}

/// The unit words. Matching is on the whole word after the number, in lower case, single spaces.
const UNITS: &[(&[&str], Unit)] = &[
    (&["min", "minute", "minutes", "continuous minute", "continuous minutes", "分钟"], Unit::Minutes(1)),
    (
        &[
            "h",
            "hour",
            "hours",
            "continuous hour",
            "continuous hours",
            "小时",
            "个小时",
            "紧急工作时",
            "个紧急工作时",
        ],
        Unit::Minutes(60),
    ),
    (&["working min", "working minute", "working minutes", "工作分钟"], Unit::WorkingMinutes(1)),
    (
        &["working h", "working hour", "working hours", "工作时", "个工作时", "工作小时", "个工作小时"],
        Unit::WorkingMinutes(60),
    ),
    (&["working day", "working days", "工作日", "个工作日"], Unit::WorkingDays),
    (&["continuous day", "continuous days", "紧急工作日", "个紧急工作日"], Unit::ContinuousDays),
    (&["day", "days", "calendar day", "calendar days", "自然日", "个自然日", "日", "天"], Unit::CalendarDays),
];

/// `number × per`, when it is a whole number. The number is decimal digits with an optional fraction.
fn whole(text: &str, number: &str, per: u32) -> Result<u32, BadLimit> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() > 9 || fraction.len() > 6 {
        return Err(BadLimit::TooLong(text.into()));
    }
    let scale = 10_u64.pow(u32::try_from(fraction.len()).unwrap_or(0));
    let digits = format!("{whole}{fraction}").parse::<u64>().map_err(|_| BadLimit::Words(text.into()))?;
    let total = digits * u64::from(per);
    if total % scale != 0 {
        return Err(BadLimit::Fraction(text.into()));
    }
    u32::try_from(total / scale).map_err(|_| BadLimit::TooLong(text.into()))
}

impl FromStr for Amount {
    type Err = BadLimit;
    fn from_str(text: &str) -> Result<Self, BadLimit> {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        match words.as_str() {
            "same day" | "当日" => return Ok(Self::SameDay(None)),
            "milestone" | "节点" => return Ok(Self::Milestone),
            _ => {}
        }
        if let Some(rest) = words.strip_prefix("same day until ") {
            return cut_off(text, rest);
        }
        if let Some(rest) = words.strip_prefix("by ") {
            return fixed(text, rest);
        }
        counted(text, &words)
    }
}

fn counted(text: &str, words: &str) -> Result<Amount, BadLimit> {
    let cut = words.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(words.len());
    let (number, word) = (&words[..cut], words[cut..].trim_start());
    let unit = UNITS.iter().find(|(names, _)| names.contains(&word)).map(|(_, unit)| *unit);
    let Some(unit) = unit.filter(|_| number.starts_with(|c: char| c.is_ascii_digit())) else {
        return Err(BadLimit::Words(text.into()));
    };
    let amount = match unit {
        Unit::Minutes(per) => Amount::Minutes(whole(text, number, per)?),
        Unit::WorkingMinutes(per) => Amount::WorkingMinutes(whole(text, number, per)?),
        Unit::WorkingDays => Amount::WorkingDays(whole(text, number, 1)?),
        Unit::ContinuousDays => Amount::ContinuousDays(whole(text, number, 1)?),
        Unit::CalendarDays => Amount::CalendarDays(whole(text, number, 1)?),
    };
    let bounded = match amount {
        Amount::Minutes(n) | Amount::WorkingMinutes(n) => n <= MAX_MINUTES,
        Amount::WorkingDays(n) | Amount::ContinuousDays(n) | Amount::CalendarDays(n) => n <= MAX_DAYS,
        _ => true,
    };
    if bounded { Ok(amount) } else { Err(BadLimit::TooLong(text.into())) }
}

fn cut_off(text: &str, rest: &str) -> Result<Amount, BadLimit> {
    let words = || BadLimit::Words(text.into());
    let (until, then) = rest.split_once(" then ").ok_or_else(words)?;
    let until = minute_of(until).ok_or_else(words)?;
    match counted(text, then)? {
        Amount::Minutes(then) => Ok(Amount::SameDay(Some(CutOff { until, then }))),
        _ => Err(words()),
    }
}

fn fixed(text: &str, rest: &str) -> Result<Amount, BadLimit> {
    let (date, clock) = rest.split_once(' ').map_or((rest, None), |(date, clock)| (date, Some(clock)));
    let date = date.parse().map_err(|_| BadLimit::Words(text.into()))?;
    let minute =
        clock.map(|clock| minute_of(clock).ok_or_else(|| BadLimit::Words(text.into()))).transpose()?;
    Ok(Amount::Fixed(date, minute))
}

fn hours(minutes: u32, f: &mut fmt::Formatter<'_>, working: &str) -> fmt::Result {
    if minutes > 0 && minutes.is_multiple_of(60) {
        write!(f, "{} {working}h", minutes / 60)
    } else {
        write!(f, "{minutes} {working}min")
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(n) => hours(*n, f, ""),
            Self::WorkingMinutes(n) => hours(*n, f, "working "),
            Self::WorkingDays(n) => write!(f, "{n} working days"),
            Self::ContinuousDays(n) => write!(f, "{n} continuous days"),
            Self::CalendarDays(n) => write!(f, "{n} days"),
            Self::SameDay(None) => f.write_str("same day"),
            Self::SameDay(Some(CutOff { until, then })) => {
                write!(f, "same day until {:02}:{:02} then ", until / 60, until % 60)?;
                hours(*then, f, "")
            }
            Self::Fixed(date, None) => write!(f, "by {date}"),
            Self::Fixed(date, Some(at)) => write!(f, "by {date} {:02}:{:02}", at / 60, at % 60),
            Self::Milestone => f.write_str("milestone"),
        }
    }
}

impl FromStr for NearRule {
    type Err = BadLimit;
    fn from_str(text: &str) -> Result<Self, BadLimit> {
        let bad = || BadLimit::Near(text.into());
        if text.trim() == "never" {
            return Ok(Self::Never);
        }
        if let Some(percent) = text.trim().strip_suffix('%') {
            let percent = percent.trim_end().parse::<u8>().ok().filter(|p| *p <= 100);
            return percent.map(Self::Percent).ok_or_else(bad);
        }
        match text.parse::<Amount>() {
            Ok(Amount::Minutes(n)) => Ok(Self::Minutes(n)),
            Ok(Amount::WorkingMinutes(n)) => Ok(Self::WorkingMinutes(n)),
            Ok(Amount::WorkingDays(n)) => Ok(Self::WorkingDays(n)),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for NearRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Minutes(n) => Amount::Minutes(*n).fmt(f),
            Self::WorkingMinutes(n) => Amount::WorkingMinutes(*n).fmt(f),
            Self::WorkingDays(n) => Amount::WorkingDays(*n).fmt(f),
        }
    }
}

macro_rules! as_text {
    ($($name:ty),+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> { to.collect_str(self) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(de::Error::custom)
            }
        }
    )+};
}
as_text!(Amount, NearRule);

impl FromStr for Limit {
    type Err = BadLimit;
    fn from_str(text: &str) -> Result<Self, BadLimit> {
        Ok(Self::of(text.parse()?))
    }
}

/// The long form, as a TOML table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    amount: Amount,
    start: Option<StartRule>,
    end: Option<EndRule>,
    roll: Option<RollRule>,
    hours: Option<HoursId>,
    near: Option<NearRule>,
}

struct LimitVisitor;

impl<'de> Visitor<'de> for LimitVisitor {
    type Value = Limit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a limit such as \"3 working days\", or a table with amount, start, end, roll, hours, near",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Limit, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Limit, A::Error> {
        let written = Written::deserialize(MapAccessDeserializer::new(map))?;
        let usual = Limit::of(written.amount);
        Ok(Limit {
            amount: written.amount,
            start: written.start.unwrap_or(usual.start),
            end: written.end.unwrap_or(usual.end),
            roll: written.roll.unwrap_or(usual.roll),
            hours: written.hours,
            near: written.near.unwrap_or(usual.near),
        })
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(LimitVisitor)
    }
}

impl Serialize for Limit {
    /// Writes every rule out, so that a recorded limit reads the same should a default ever change.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut table = to.serialize_struct("Limit", if self.hours.is_some() { 6 } else { 5 })?;
        table.serialize_field("amount", &self.amount)?;
        table.serialize_field("start", &self.start)?;
        table.serialize_field("end", &self.end)?;
        table.serialize_field("roll", &self.roll)?;
        if let Some(hours) = &self.hours {
            table.serialize_field("hours", hours)?;
        }
        table.serialize_field("near", &self.near)?;
        table.end()
    }
}
