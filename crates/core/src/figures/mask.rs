//! What of figures the public may see: no count so small that a neighbour would know whom it means.
//!
//! A count above nothing and below the smallest cell is masked. So is whatever would give it away: its
//! neighbours in the column, until the total less what is shown leaves every masked cell its whole range;
//! what the row's `received` less another count would leave; rates and times that rest on a masked count.
//! What two different questions say of the same cases is not compared: publish one cut of one period.

use super::definition::{Kind, SCORE, definitions};
use super::{Duration, Figures, Rate, Row};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// The word that stands in the place of what is not shown though it is not small.
pub const WITHHELD: &str = "withheld";
/// What the marks mean, for headings.
pub(super) const MEANING: &str = "and withheld is what would give them away";

/// Why a figure is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hidden {
    /// It is above nothing and below the smallest cell.
    Small,
    /// It would give away one that is.
    Withheld,
}

impl Hidden {
    /// What stands in its place.
    pub fn text(self, smallest: Option<u32>) -> String {
        match (self, smallest) {
            (Hidden::Small, Some(cell)) => format!("<{cell}"),
            _ => WITHHELD.to_owned(),
        }
    }
}

/// What rests on a count so closely that it would give it away.
const RESTS_ON: [(&str, &[&str]); 10] = [
    ("unreachable", &["reached"]),
    ("reworked", &["reworked_of_due"]),
    ("open", &["unclosed"]),
    ("closed_dated", &["closed_status", "to_close", "on_time", "on_time_judged"]),
    ("closed_status", &["closed_dated", "unclosed"]),
    ("answered", &["to_reply"]),
    ("overdue_open", &["on_time_judged"]),
    ("void", &["unclosed"]),
    ("excluded", &["unclosed"]),
    ("closing_unknown", &["unclosed"]),
];
/// Parts that add up to `received`; what stands together is the same part by two readings.
const PARTS: [&[&str]; 4] = [&["open"], &["closed_dated", "closed_status"], &["void"], &["closing_unknown"]];
/// Counts that are not of the cases `received` counts.
const APART: [&str; 3] = ["received", "due", "contradictions"];
/// Rates of the same cases of which two give the third.
const TRIPLE: [&str; 3] = ["closed_of_due", "on_time_of_due", "late_of_due"];

/// The figures of one kind, by which a column is looked at.
type Column = (CompactString, Kind);

impl Figures {
    /// These figures as the public may see them. `smallest` is the profile's `smallest_cell`; with 0 or 1
    /// everything is shown.
    #[must_use]
    pub fn for_the_public(mut self, smallest: u32) -> Figures {
        self.smallest_cell = Some(smallest);
        let columns: Vec<Column> =
            definitions(&self.rules).into_iter().map(|one| (one.key.into(), one.kind)).collect();
        let cell = u64::from(smallest);
        let mut before = usize::MAX;
        while before != self.hidden() {
            before = self.hidden();
            for row in self.rows.iter_mut().chain([&mut self.total]) {
                within_row(row, &columns, cell);
            }
            columns.iter().for_each(|column| self.down(column, cell));
        }
        self.rows.iter_mut().chain([&mut self.total]).for_each(blank);
        // The order of what is masked must not tell its size.
        let shown = |row: &Row| row.count("received").filter(|_| !row.hidden.contains_key("received"));
        self.rows.sort_by(|a, b| shown(b).cmp(&shown(a)).then_with(|| a.key.cmp(&b.key)));
        self
    }

    fn hidden(&self) -> usize {
        self.rows.iter().chain([&self.total]).map(|row| row.hidden.len()).sum()
    }

    /// Hides more of a column until the total less what is shown says nothing of what is hidden.
    fn down(&mut self, column: &Column, cell: u64) {
        while !self.total.hidden.contains_key(&column.0) {
            let hidden: Vec<(Rate, Hidden)> = self
                .rows
                .iter()
                .filter_map(|row| Some((size(row, column), *row.hidden.get(&column.0)?)))
                .filter(|(size, _)| size.denominator > 0)
                .collect();
            if hidden.is_empty() || safe(&hidden, column.1, cell) {
                return;
            }
            let open =
                |row: &&mut Row| !row.hidden.contains_key(&column.0) && size(row, column).denominator > 0;
            let least = self.rows.iter_mut().filter(open).min_by_key(|row| size(row, column).denominator);
            hide(least.unwrap_or(&mut self.total), &column.0, Hidden::Withheld);
        }
    }
}

/// How many cases a figure is of, and of a rate how many meet it; a count meets nothing.
fn size(row: &Row, (key, kind): &Column) -> Rate {
    match kind {
        Kind::Count => Rate::new(0, row.count(key).unwrap_or(0)),
        Kind::Rate => row.rate(key).unwrap_or_default(),
        Kind::Duration => Rate::new(0, row.duration(key).map_or(0, |one| one.n)),
        Kind::Score => Rate::default(),
    }
}

/// Whether the sum of what is hidden in a column, which anybody can work out, leaves each of it open.
fn safe(hidden: &[(Rate, Hidden)], kind: Kind, cell: u64) -> bool {
    let sum = |part: fn(&Rate) -> u64| hidden.iter().map(|(size, _)| part(size)).sum::<u64>();
    let all = sum(|r| r.denominator);
    if hidden.len() < 2 {
        return false;
    }
    if kind != Kind::Count {
        let small = |n: u64| n > 0 && n < cell;
        return all >= cell && (kind == Kind::Duration || !small(sum(|r| r.numerator)) && !small(sum(rest)));
    }
    let small = hidden.iter().filter(|(_, why)| *why == Hidden::Small).count() as u64;
    let withheld = hidden.len() as u64 - small;
    // Each small cell is known to lie from 1 to cell − 1 and each withheld one not below cell. The largest
    // that one can be with all others at their least, and the least with all others at their largest.
    let roomy = all >= (cell - 1) + small.saturating_sub(1) + withheld * cell;
    roomy && (withheld > 0 || all <= 1 + (small - 1) * (cell - 1))
}

fn rest(rate: &Rate) -> u64 {
    rate.denominator - rate.numerator
}

fn hide(row: &mut Row, key: &str, why: Hidden) {
    row.hidden.entry(key.into()).or_insert(why);
}

fn within_row(row: &mut Row, columns: &[Column], cell: u64) {
    let small = |n: u64| n > 0 && n < cell;
    let received = row.count("received").unwrap_or(0);
    for column in columns {
        let (key, kind) = column;
        let of = size(row, column);
        let left = received.saturating_sub(of.denominator);
        match kind {
            Kind::Count if small(of.denominator) => hide(row, key, Hidden::Small),
            // What it leaves of the row is small.
            Kind::Count if of.denominator > 0 && small(left) && !APART.contains(&key.as_str()) => {
                hide(row, key, Hidden::Withheld);
            }
            Kind::Rate if small(of.numerator) || small(rest(&of)) => hide(row, key, Hidden::Withheld),
            Kind::Rate | Kind::Duration if small(of.denominator) => hide(row, key, Hidden::Withheld),
            _ => {}
        }
    }
    let is_hidden = |row: &Row, key: &str| row.hidden.contains_key(key);
    for (key, kind) in columns {
        let rests = |on: &str, list: &[&str]| is_hidden(row, on) && list.contains(&key.as_str());
        let gives_away = RESTS_ON.iter().any(|(on, list)| rests(on, list))
            || is_hidden(row, "received")
            || (is_hidden(row, "answered") && key.starts_with("replied_within"))
            || (is_hidden(row, "due") && key.ends_with("_of_due"))
            || (TRIPLE.contains(&key.as_str()) && TRIPLE.iter().any(|one| is_hidden(row, one)));
        if gives_away && size(row, &(key.clone(), *kind)).denominator > 0 {
            hide(row, key, Hidden::Withheld);
        }
    }
    // A score says what a rate that is not shown must be.
    let of_three = |key: &&str| is_hidden(row, key) && row.rate(key).is_some_and(|r| r.denominator > 0);
    if ["responded", "solved", "satisfied"].iter().any(of_three) {
        hide(row, SCORE, Hidden::Withheld);
    }
    parts(row);
}

/// One hidden part of `received` would be what the others leave: another is withheld.
fn parts(row: &mut Row) {
    let value = |part: &[&str]| part.iter().filter_map(|key| row.count(key)).max().unwrap_or(0);
    let is_hidden = |part: &[&str]| part.iter().any(|key| row.hidden.contains_key(*key));
    let (hidden, shown): (Vec<&[&str]>, Vec<&[&str]>) =
        PARTS.into_iter().filter(|part| value(part) > 0).partition(|part| is_hidden(part));
    if hidden.len() == 1
        && let Some(least) = shown.into_iter().min_by_key(|part| value(part))
    {
        for key in least {
            hide(row, key, Hidden::Withheld);
        }
    }
}

/// Takes the values out of what is hidden: what is not there cannot be printed by mistake.
fn blank(row: &mut Row) {
    let Row { counts, rates, durations, hidden, .. } = row;
    counts.iter_mut().filter(|(key, _)| hidden.contains_key(key)).for_each(|(_, one)| *one = 0);
    rates.iter_mut().filter(|(key, _)| hidden.contains_key(key)).for_each(|(_, one)| *one = Rate::default());
    durations
        .iter_mut()
        .filter(|(key, _)| hidden.contains_key(key))
        .for_each(|(_, one)| *one = Duration::default());
}

#[cfg(test)]
mod tests;
