//! What one record means by a map: an observation and its texts, or the reason why it cannot be used.

use super::limits::{MAX_EXTERNAL_ID_BYTES, MAX_WORD_BYTES};
use super::map::{Choice, ColumnRef, Map, PointRule, Source, Taken, TextField};
use super::names::{NameFault, Registry};
use super::times::TimeField;
use compact_str::CompactString;
use csv::ByteRecord;
use huying_core::city::limits::MAX_NAME_BYTES;
use huying_core::observation::{Observation, Point, Recorded, Status, Texts};

/// A usable row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line of the export on which it begins, counted from 1.
    pub line: u64,
    /// What it says.
    pub observation: Observation,
    /// Its words.
    pub texts: Texts,
    /// The texts whose bytes were not of the file's encoding, by their table in the map.
    pub damaged: Vec<&'static str>,
}

/// Why a row cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The column at fault; empty when the whole record is.
    pub field: String,
    /// What is wrong and what is accepted.
    pub reason: String,
}

impl Reject {
    fn of(column: &ColumnRef, reason: impl Into<String>) -> Self {
        Self { field: column.name.clone(), reason: reason.into() }
    }
}

/// Reads one record. `map` is bound to the header the record belongs to.
pub(super) fn read(
    map: &Map,
    record: &ByteRecord,
    line: u64,
    registry: &mut Registry,
) -> Result<Row, Reject> {
    let cells = Cells { map, record };
    let mut row = Observation::of(map.system.clone(), &external_id(&cells)?);
    times(&cells, &mut row)?;
    row.status = status(&cells)?;
    row.solved = chosen(&cells, map.solved.as_ref())?;
    row.satisfied = chosen(&cells, map.satisfied.as_ref())?;
    row.excluded = chosen(&cells, map.excluded.as_ref())?;
    row.channel = kept(&cells, map.channel.as_ref())?;
    row.request_type = kept(&cells, map.request_type.as_ref())?;
    row.point = match &map.point {
        Some(rule) => point(&cells, rule)?,
        None => Recorded::Not,
    };
    let mut damaged = Vec::new();
    let texts = texts(&cells, &mut damaged);
    // Names come last: a row rejected for another reason must not leave a new unit behind.
    names(&cells, &mut row, line, registry)?;
    Ok(Row { line, observation: row, texts, damaged })
}

struct Cells<'a> {
    map: &'a Map,
    record: &'a ByteRecord,
}

impl<'a> Cells<'a> {
    fn raw(&self, column: &ColumnRef) -> &'a [u8] {
        self.record.get(column.index).unwrap_or_default()
    }

    /// The trimmed value; `None` when it is blank.
    fn value(&self, column: &ColumnRef) -> Result<Option<&'a str>, Reject> {
        let text = std::str::from_utf8(self.raw(column)).map_err(|_| {
            Reject::of(
                column,
                "holds bytes that are not UTF-8; accepted: UTF-8, or encoding = \"gb18030\" in the map",
            )
        })?;
        let text = text.trim();
        if text.contains('\u{fffd}') {
            return Err(Reject::of(column, "holds bytes that are not of the file's encoding"));
        }
        Ok(if text.is_empty() || self.map.blank.iter().any(|blank| blank == text) {
            None
        } else {
            Some(text)
        })
    }

    fn source(&self, source: &'a Source) -> Result<Option<&'a str>, Reject> {
        match source {
            Source::Column(column) => self.value(column),
            Source::Constant(text) => Ok(Some(text)),
        }
    }
}

fn external_id(cells: &Cells<'_>) -> Result<CompactString, Reject> {
    let column = &cells.map.id;
    let Some(text) = cells.value(column)? else {
        return Err(Reject::of(column, "is blank; accepted: the case's number"));
    };
    if text.len() > MAX_EXTERNAL_ID_BYTES || text.chars().any(char::is_control) {
        let reason = format!("accepted: at most {MAX_EXTERNAL_ID_BYTES} bytes without control characters");
        return Err(Reject::of(column, reason));
    }
    Ok(text.into())
}

fn times(cells: &Cells<'_>, row: &mut Observation) -> Result<(), Reject> {
    for (field, rule) in &cells.map.times {
        let stamp = match cells.value(&rule.column)? {
            Some(text) => Recorded::Is(rule.read(text).map_err(|fault| Reject::of(&rule.column, fault))?),
            None => Recorded::Blank,
        };
        match field {
            TimeField::Opened if stamp.is_blank() => {
                return Err(Reject::of(&rule.column, "is blank; accepted: the time the case was opened"));
            }
            TimeField::Opened => row.opened = stamp,
            TimeField::Updated => row.updated = stamp,
            TimeField::Due => row.due = stamp,
            TimeField::Closed => row.closed = stamp,
            TimeField::Contacted => row.contacted = stamp,
            TimeField::ContactDue => row.contact_due = stamp,
            TimeField::Replied => row.replied = stamp,
        }
    }
    Ok(())
}

fn unknown<T>(choice: &Choice<T>, text: &str) -> Reject {
    let known: Vec<&str> = choice.values.iter().map(|(raw, _)| raw.as_str()).collect();
    let reason = format!("`{text}` is not in the map's values; accepted: {}", known.join(", "));
    match &choice.source {
        Source::Column(column) => Reject::of(column, reason),
        Source::Constant(_) => Reject { field: String::new(), reason },
    }
}

fn taken<T: Clone>(taken: &Taken<T>) -> Recorded<T> {
    match taken {
        Taken::As(value) => Recorded::Is(value.clone()),
        Taken::Blank => Recorded::Blank,
    }
}

fn chosen<T: Clone>(cells: &Cells<'_>, choice: Option<&Choice<T>>) -> Result<Recorded<T>, Reject> {
    let Some(choice) = choice else { return Ok(Recorded::Not) };
    let Some(text) = cells.source(&choice.source)? else { return Ok(Recorded::Blank) };
    let found = choice.values.iter().find(|(raw, _)| raw == text).map(|(_, meaning)| meaning);
    found.or(choice.other.as_ref()).map(taken).ok_or_else(|| unknown(choice, text))
}

fn status(cells: &Cells<'_>) -> Result<Recorded<Status>, Reject> {
    let Some(choice) = &cells.map.status else { return Ok(Recorded::Not) };
    let raw = cells.source(&choice.source)?.unwrap_or_default();
    let checked = if raw.is_empty() { Recorded::Blank } else { chosen(cells, Some(choice))? };
    Ok(match checked {
        Recorded::Is(means) => Recorded::Is(Status { raw: raw.into(), means }),
        Recorded::Blank => Recorded::Blank,
        Recorded::Not => Recorded::Not,
    })
}

fn kept(
    cells: &Cells<'_>,
    choice: Option<&Choice<CompactString>>,
) -> Result<Recorded<CompactString>, Reject> {
    let Some(choice) = choice else { return Ok(Recorded::Not) };
    let Some(text) = cells.source(&choice.source)? else { return Ok(Recorded::Blank) };
    match choice.values.iter().find(|(raw, _)| raw == text) {
        Some((_, meaning)) => Ok(taken(meaning)),
        None if choice.keep_other && text.len() <= MAX_WORD_BYTES => Ok(Recorded::Is(text.into())),
        None => Err(unknown(choice, text)),
    }
}

/// A row with one of the two numbers blank has no point.
fn point(cells: &Cells<'_>, rule: &PointRule) -> Result<Recorded<Point>, Reject> {
    let (Some(lon), Some(lat)) = (cells.value(&rule.lon)?, cells.value(&rule.lat)?) else {
        return Ok(Recorded::Blank);
    };
    let lon = degrees(lon, rule.decimal, 180).map_err(|fault| Reject::of(&rule.lon, fault))?;
    let lat = degrees(lat, rule.decimal, 90).map_err(|fault| Reject::of(&rule.lat, fault))?;
    Ok(Recorded::Is(Point { lon, lat, datum: rule.datum }))
}

/// Degrees in units of 10⁻⁷, digits beyond the seventh cut off: the same text always gives the same point.
fn degrees(text: &str, decimal: char, limit: i64) -> Result<i32, String> {
    let fault = || {
        format!(
            "`{text}` is not degrees; accepted: a decimal from -{limit} to {limit} such as 104{decimal}0657"
        )
    };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once(decimal).unwrap_or((digits, ""));
    let clean = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !clean(whole) || !clean(part) {
        return Err(fault());
    }
    let padded: String = part.chars().chain(std::iter::repeat('0')).take(7).collect();
    let units = format!("{whole}{padded}").parse::<i64>().map_err(|_| fault())?;
    if units > limit * 10_000_000 {
        return Err(fault());
    }
    i32::try_from(if negative { -units } else { units }).map_err(|_| fault())
}

fn texts(cells: &Cells<'_>, damaged: &mut Vec<&'static str>) -> Texts {
    let mut texts = Texts::default();
    for (field, columns) in &cells.map.texts {
        let parts: Vec<_> = columns.iter().map(|column| String::from_utf8_lossy(cells.raw(column))).collect();
        let parts: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        let text = if parts.is_empty() { Recorded::Blank } else { Recorded::Is(parts.join(" ")) };
        if parts.iter().any(|part| part.contains('\u{fffd}')) {
            damaged.extend(TextField::ALL.iter().find(|(_, one)| one == field).map(|(key, _)| *key));
        }
        match field {
            TextField::Title => texts.title = text,
            TextField::Body => texts.body = text,
            TextField::Reply => texts.reply = text,
            TextField::Address => texts.address = text,
        }
    }
    texts
}

fn names(cells: &Cells<'_>, row: &mut Observation, line: u64, registry: &mut Registry) -> Result<(), Reject> {
    // Cells are read before any name is created: a row rejected for its bytes creates none.
    let matter = cells.map.matter.as_ref().map(|source| cells.source(source)).transpose()?;
    let unit = cells.map.unit.as_ref().map(|source| cells.source(source)).transpose()?;
    let mut path = Vec::new();
    for level in cells.map.place.iter().flat_map(|rule| &rule.levels) {
        path.extend(cells.source(level)?);
    }
    if cells.map.place.is_some() {
        row.place = if path.is_empty() {
            Recorded::Blank
        } else {
            let found = registry.place(&path, line);
            Recorded::Is(found.map_err(|fault| refused("place", &path.join(" / "), &fault))?)
        };
    }
    if let Some(name) = unit {
        row.unit = match name {
            Some(name) => {
                Recorded::Is(registry.unit(name, line).map_err(|fault| refused("unit", name, &fault))?)
            }
            None => Recorded::Blank,
        };
    }
    if let Some(name) = matter {
        row.matter = match name {
            Some(name) => {
                Recorded::Is(registry.matter(name, line).map_err(|fault| refused("matter", name, &fault))?)
            }
            None => Recorded::Blank,
        };
    }
    Ok(())
}

fn refused(what: &'static str, name: &str, fault: &NameFault) -> Reject {
    let reason = match fault {
        NameFault::Unknown => {
            format!(
                "the city has no {what} `{name}`; accepted: a name or id of the city folder, or --create-missing"
            )
        }
        NameFault::Unfit => {
            format!("the {what} cannot be created: accepted are names of at most {MAX_NAME_BYTES} bytes")
        }
        NameFault::Ambiguous => {
            format!(
                "the city has several {what}s `{name}`; accepted: an id, or for places the columns of the levels above"
            )
        }
    };
    Reject { field: what.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::degrees;

    #[test]
    fn degrees_are_exact() {
        assert_eq!(degrees("104.0657", '.', 180), Ok(1_040_657_000));
        assert_eq!(degrees("-73.87862009", '.', 180), Ok(-738_786_200));
        assert_eq!(degrees("30,5", ',', 90), Ok(305_000_000));
        assert_eq!(degrees("180", '.', 180), Ok(1_800_000_000));
        for bad in ["180.0000001", "-181", "abc", "", ".", "1.2.3", "1e2", "30,5"] {
            assert!(degrees(bad, '.', 180).is_err(), "{bad}");
        }
    }
}
