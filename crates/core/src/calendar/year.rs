//! The days off and the make-up days of one year, as its holiday notice lists them.
//!
//! Owns the plain data of a year and the faults that data alone can have. Does not know weekends, zones or
//! hours. Next: `hours.rs`.

use super::{MAX_ENTRIES, MAX_HOLIDAY_DAYS};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A run of days off under one name 节假日.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// The name, such as `春节`.
    pub name: String,
    /// The first day off.
    pub from: Date,
    /// The last day off, not before `from`.
    pub to: Date,
}

/// A day that would be off and is worked to make up for a holiday 调休上班.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeUp {
    /// The day worked.
    pub date: Date,
    /// The name of the holiday it makes up for; a holiday of the same year's table.
    #[serde(rename = "for")]
    pub of: String,
}

/// One year's table. A notice may reach into the days beside its year (31 December before New Year).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearTable {
    /// Whether the notice is out. Until then every deadline that walks this year is provisional.
    pub published: bool,
    /// The notice, by number; must be given once the year is published.
    #[serde(default)]
    pub source: String,
    /// Runs of days off.
    #[serde(default)]
    pub holidays: Vec<Holiday>,
    /// Days worked in exchange.
    #[serde(default)]
    pub make_up: Vec<MakeUp>,
}

/// What one listed date is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) works: bool,
    pub(super) name: String,
}

/// A fault of a table: the key below the year, what is wrong, what is accepted.
pub(super) struct Flaw {
    pub(super) key: String,
    pub(super) problem: String,
    pub(super) accepted: &'static str,
}

impl YearTable {
    /// Every fault the table has by itself, and its dates added to `listed`.
    pub(super) fn check_into(&self, year: i16, listed: &mut BTreeMap<Date, Listed>) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        if self.published && self.source.trim().is_empty() {
            flaw(
                &mut flaws,
                "source".into(),
                "a published year names no notice".into(),
                "the notice's number",
            );
        }
        if self.holidays.len() + self.make_up.len() > MAX_ENTRIES {
            let count = self.holidays.len() + self.make_up.len();
            flaw(&mut flaws, "holidays".into(), format!("{count} entries"), "at most 200 entries a year");
            return flaws;
        }
        for (i, holiday) in self.holidays.iter().enumerate() {
            list_holiday(year, i, holiday, listed, &mut flaws);
        }
        for (i, day) in self.make_up.iter().enumerate() {
            let key = format!("make_up[{i}]");
            if !self.holidays.iter().any(|h| h.name == day.of) {
                let problem = format!("`{}` is no holiday of {year}", day.of);
                flaw(
                    &mut flaws,
                    format!("{key}.for"),
                    problem,
                    "the name of a holiday in the same year's table",
                );
            }
            list(year, day.date, true, &day.of, &format!("{key}.date"), listed, &mut flaws);
        }
        flaws
    }
}

fn list_holiday(
    year: i16,
    i: usize,
    holiday: &Holiday,
    listed: &mut BTreeMap<Date, Listed>,
    flaws: &mut Vec<Flaw>,
) {
    let key = format!("holidays[{i}]");
    if holiday.name.trim().is_empty() {
        flaw(flaws, format!("{key}.name"), "the name is empty".into(), "the holiday's name");
    }
    if holiday.to < holiday.from {
        let problem = format!("the last day {} comes before the first {}", holiday.to, holiday.from);
        return flaw(flaws, format!("{key}.to"), problem, "a date not before `from`");
    }
    let days = (holiday.to - holiday.from).get_days();
    if days >= MAX_HOLIDAY_DAYS {
        return flaw(
            flaws,
            format!("{key}.to"),
            format!("a holiday of {} days", days + 1),
            "at most 61 days",
        );
    }
    for date in holiday.from.series(jiff::Span::new().days(1)).take_while(|d| *d <= holiday.to) {
        list(year, date, false, &holiday.name, &format!("{key}.from"), listed, flaws);
    }
}

fn list(
    year: i16,
    date: Date,
    works: bool,
    name: &str,
    key: &str,
    listed: &mut BTreeMap<Date, Listed>,
    flaws: &mut Vec<Flaw>,
) {
    let near = date.year() == year
        || (date.year() == year - 1 && date.month() == 12)
        || (date.year() == year + 1 && date.month() == 1);
    if !near {
        let accepted = "a date of the table's year, or of the month before or after it";
        return flaw(flaws, key.into(), format!("{date} does not belong to {year}"), accepted);
    }
    if let Some(before) = listed.get(&date) {
        let kind = if before.works { "a make-up day for" } else { "off for" };
        let problem = format!("{date} is already listed as {kind} `{}`", before.name);
        return flaw(flaws, key.into(), problem, "each date once");
    }
    listed.insert(date, Listed { works, name: name.to_owned() });
}

fn flaw(flaws: &mut Vec<Flaw>, key: String, problem: String, accepted: &'static str) {
    flaws.push(Flaw { key, problem, accepted });
}
