//! A map: which column of an export means what. Read from a file by `map_file.rs`, bound to a header here.

use super::times::{Dst, TimeField, TimeRule};
use compact_str::CompactString;
use csv::StringRecord;
use huying_core::fault::{Fault, Severity};
use huying_core::ids::SystemId;
use huying_core::observation::{Datum, Satisfied, Solved, Standing};
use jiff::tz::TimeZone;

/// How the bytes of the file are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB 18030, which holds GBK and GB 2312.
    Gb18030,
}

impl Encoding {
    /// Every encoding with its words in a map.
    pub const ALL: [(&'static str, Encoding); 4] = [
        ("utf-8", Self::Utf8),
        ("gb18030", Self::Gb18030),
        ("gbk", Self::Gb18030),
        ("gb2312", Self::Gb18030),
    ];
}

/// A column that a map names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRef {
    /// Its name in the header.
    pub name: String,
    /// Where the map names it, such as `opened.column`.
    pub key: String,
    /// The line of the map.
    pub line: u32,
    /// Its index once the map is bound to a header.
    pub index: usize,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A column.
    Column(ColumnRef),
    /// The same value for every row.
    Constant(String),
}

/// What becomes of a value that a value table holds, or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken<T> {
    /// It means this.
    As(T),
    /// It means that nothing is said.
    Blank,
}

/// A value table: raw value to meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<T> {
    /// Where the raw value comes from.
    pub source: Source,
    /// The table.
    pub values: Vec<(String, Taken<T>)>,
    /// What any other value means; `None` rejects the row.
    pub other: Option<Taken<T>>,
    /// Whether any other value is taken as it is: only for channels and request types.
    pub keep_other: bool,
}

/// The columns of a place, from the highest level down. Blank ones are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRule {
    /// The levels.
    pub levels: Vec<Source>,
}

/// The columns of a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointRule {
    /// East longitude in degrees.
    pub lon: ColumnRef,
    /// North latitude in degrees.
    pub lat: ColumnRef,
    /// Their datum.
    pub datum: Datum,
    /// The decimal mark, `.` or `,`.
    pub decimal: char,
}

/// A text of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextField {
    /// The title.
    Title,
    /// What the resident wrote.
    Body,
    /// What the resident was answered.
    Reply,
    /// The address in words.
    Address,
}

impl TextField {
    /// Every text with its table in a map.
    pub const ALL: [(&'static str, TextField); 4] =
        [("title", Self::Title), ("body", Self::Body), ("reply", Self::Reply), ("address", Self::Address)];
}

/// A checked map.
#[derive(Debug, Clone)]
pub struct Map {
    /// The file it was read from, for faults.
    pub file: String,
    /// The system whose export this reads.
    pub system: SystemId,
    /// The zone of its civil times.
    pub zone: TimeZone,
    /// What doubled and dropped civil times mean.
    pub dst: Dst,
    /// The encoding of the file.
    pub encoding: Encoding,
    /// The delimiter between fields.
    pub delimiter: u8,
    /// Values that say nothing, beside the empty one.
    pub blank: Vec<String>,
    /// The case's number.
    pub id: ColumnRef,
    /// The times; the opening is always among them.
    pub times: Vec<(TimeField, TimeRule)>,
    /// What it is about.
    pub matter: Option<Source>,
    /// Who handles it.
    pub unit: Option<Source>,
    /// Where it is.
    pub place: Option<PlaceRule>,
    /// The point.
    pub point: Option<PointRule>,
    /// How the call came.
    pub channel: Option<Choice<CompactString>>,
    /// The type of the request.
    pub request_type: Option<Choice<CompactString>>,
    /// The status.
    pub status: Option<Choice<Standing>>,
    /// The first question of the callback.
    pub solved: Option<Choice<Solved>>,
    /// The second question of the callback.
    pub satisfied: Option<Choice<Satisfied>>,
    /// Whether it is left out of scores.
    pub excluded: Option<Choice<bool>>,
    /// The texts, each joined from one column or more.
    pub texts: Vec<(TextField, Vec<ColumnRef>)>,
}

impl Map {
    /// Finds the index of every column in the header of `export`. Names every column that is missing or
    /// that the header holds twice.
    pub fn bind(&mut self, header: &StringRecord, export: &str) -> Result<(), Vec<Fault>> {
        let names: Vec<&str> = header.iter().map(str::trim).collect();
        let file = self.file.clone();
        let mut faults = Vec::new();
        for column in self.columns_mut() {
            let mut found =
                names.iter().enumerate().filter(|(_, name)| **name == column.name).map(|(i, _)| i);
            let problem = match (found.next(), found.next()) {
                (Some(index), None) => {
                    column.index = index;
                    continue;
                }
                (Some(_), Some(_)) => {
                    format!("the header of {export} holds the column `{}` twice", column.name)
                }
                (None, _) => format!("the header of {export} has no column `{}`", column.name),
            };
            faults.push(Fault {
                severity: Severity::Error,
                file: file.clone(),
                line: column.line,
                field: column.key.clone(),
                problem,
                accepted: format!("one of: {}", names.join(", ")),
            });
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn columns_mut(&mut self) -> Vec<&mut ColumnRef> {
        let mut all = vec![&mut self.id];
        all.extend(self.times.iter_mut().map(|(_, rule)| &mut rule.column));
        let mut sources: Vec<&mut Source> = Vec::new();
        sources.extend(self.matter.iter_mut().chain(self.unit.iter_mut()));
        sources.extend(self.place.iter_mut().flat_map(|rule| &mut rule.levels));
        sources
            .extend(self.channel.iter_mut().chain(self.request_type.iter_mut()).map(|one| &mut one.source));
        sources.extend(self.status.iter_mut().map(|one| &mut one.source));
        sources.extend(self.solved.iter_mut().map(|one| &mut one.source));
        sources.extend(self.satisfied.iter_mut().map(|one| &mut one.source));
        sources.extend(self.excluded.iter_mut().map(|one| &mut one.source));
        all.extend(sources.into_iter().filter_map(|source| match source {
            Source::Column(column) => Some(column),
            Source::Constant(_) => None,
        }));
        all.extend(self.point.iter_mut().flat_map(|point| [&mut point.lon, &mut point.lat]));
        all.extend(self.texts.iter_mut().flat_map(|(_, columns)| columns));
        all
    }
}
