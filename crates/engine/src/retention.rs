//! Whose words are due to be destroyed: closed cases whose retention has ended by the profile.
//!
//! Nothing is remembered of a run. What is due follows from the journal and the vault alone, so a run that
//! was broken off is taken up where it stopped by running it again, and a case is never erased twice.

use crate::engine::history_of;
use crate::error::EngineError;
use compact_str::CompactString;
use huying_core::ids::CaseId;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_store::Reader;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// The ground of an erasure at the end of retention, as every profile's `erase_ground` names it.
pub const RETENTION: &str = "retention";

/// Cases looked at in one go.
const STEP: usize = 512;
/// The time after a year that no zone's day can lie outside of: a fact, not a rule.
const SLACK_MS: i64 = 2 * 86_400_000;

/// A case whose words are due to be destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The case.
    pub case: CaseId,
    /// Its public number.
    pub number: CompactString,
    /// The retention class of the profile.
    pub class: CompactString,
    /// The day it closed; where no closing time was recorded, the day of its last record.
    pub closed: Date,
    /// The last day its words were to be kept.
    pub kept_until: Date,
}

/// Tells `take` of every closed or void case whose words were to be kept up to a day before `day`, until it
/// says false. In the order in which cases were taken in.
///
/// # Errors
/// The store's faults; a record that does not read.
pub fn due_for_erasure(
    reader: &Reader,
    rules: &Rules,
    day: Date,
    take: &mut dyn FnMut(Due) -> bool,
) -> Result<(), EngineError> {
    // No case that closed later can be due; those before are asked one by one.
    let latest = years(day, -i64::from(rules.profile.least_retention()));
    let until = Time::from(jiff::tz::TimeZone::UTC.to_timestamp(latest.at(0, 0, 0, 0)).unwrap_or_default());
    let mut after = CaseId(0);
    loop {
        let rows = reader.closed_with_words(until.plus(SLACK_MS), after, STEP)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.case_id;
        for row in rows {
            if let Some(due) = due(reader, rules, row.case_id)?.filter(|due| due.kept_until < day)
                && !take(due)
            {
                return Ok(());
            }
        }
    }
}

fn due(reader: &Reader, rules: &Rules, id: CaseId) -> Result<Option<Due>, EngineError> {
    let Some(history) = history_of(reader, id)? else { return Ok(None) };
    let case = history.case;
    if case.spine.is_open() {
        return Ok(None);
    }
    // Whatever closed it was recorded no later than its last record.
    let last = history.records.last().map(|(_, record)| record.recorded_at);
    let Some(closed) = case.closed_at.or(last).map(|at| rules.day(at)) else { return Ok(None) };
    let (class, kept) = rules.profile.retention_of(&case);
    let kept_until = years(closed, i64::from(kept));
    Ok(Some(Due { case: id, number: case.number.clone(), class: class.into(), closed, kept_until }))
}

/// So many years later or earlier; 29 February becomes the 28th, what lies beyond all calendars their edge.
fn years(day: Date, years: i64) -> Date {
    day.saturating_add(years.years())
}
