//! A CSV file of a city folder: columns by name, cells that know where they are, and the faults of the form.
//!
//! What the cells mean is said by `places.rs`, `units.rs` and the others.

use super::folder::Folder;
use super::limits::{MAX_CELL_BYTES, MAX_NAME_BYTES, MAX_ROWS};
use super::text;
use crate::fault::Fault;
use csv::StringRecord;
use jiff::civil::Date;

/// A column: its name and whether the file must have it.
pub struct Column(pub &'static str, pub bool);

/// A CSV file, read whole.
pub struct Sheet {
    file: &'static str,
    columns: &'static [Column],
    index: Vec<Option<usize>>,
    rows: Vec<(u32, StringRecord)>,
}

/// One row of a sheet.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    sheet: &'a Sheet,
    at: usize,
}

/// Counts lines up to where records begin. The reader's own count is one behind after CR LF.
struct LineCounter<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
}

impl LineCounter<'_> {
    /// The line of the first byte at or after `offset` that is no line end. Offsets must not go back.
    fn of(&mut self, offset: usize) -> u32 {
        while let Some(b) = self.text.get(self.at).filter(|b| self.at < offset || matches!(b, b'\r' | b'\n'))
        {
            self.line += u32::from(*b == b'\n');
            self.at += 1;
        }
        self.line
    }
}

impl Sheet {
    /// Reads a file. A missing file gives an empty sheet, and an error when `required`.
    pub fn read(
        folder: &Folder,
        file: &'static str,
        columns: &'static [Column],
        required: bool,
        faults: &mut Vec<Fault>,
    ) -> Sheet {
        let mut sheet = Sheet { file, columns, index: vec![None; columns.len()], rows: Vec::new() };
        if folder.get(file).is_none() && required {
            let accepted = format!("a CSV file with the columns {}", names(columns, true));
            faults.push(Fault::error(file, 0, "", "the file is missing", accepted));
        }
        if let Some(text) = text::read(folder, file, faults) {
            check_quotes(file, &text, faults);
            sheet.fill(&text, faults);
        }
        sheet
    }

    fn fill(&mut self, text: &str, faults: &mut Vec<Fault>) {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut width = None;
        let mut lines = LineCounter { text: text.as_bytes(), at: 0, line: 1 };
        for record in reader.records() {
            let Ok(record) = record else { continue };
            let line = lines.of(record.position().map_or(0, |p| p.byte()) as usize);
            if record.len() == 1 && record[0].trim().is_empty() {
                continue;
            }
            match width {
                None => {
                    self.head(line, &record, faults);
                    width = Some(record.len());
                }
                Some(w) if record.len() != w => {
                    let problem = format!("the row has {} fields", record.len());
                    faults.push(Fault::error(
                        self.file,
                        line,
                        "",
                        problem,
                        format!("{w} fields, as in the first line"),
                    ));
                }
                Some(_) if self.rows.len() == MAX_ROWS => {
                    faults.push(Fault::error(
                        self.file,
                        line,
                        "",
                        "too many rows",
                        format!("up to {MAX_ROWS} rows"),
                    ));
                    return;
                }
                Some(_) => self.row(line, record, faults),
            }
        }
        if width.is_none() {
            let accepted = format!("a first line that names the columns {}", names(self.columns, true));
            faults.push(Fault::error(self.file, 1, "", "the file is empty", accepted));
        }
    }

    fn head(&mut self, line: u32, record: &StringRecord, faults: &mut Vec<Fault>) {
        for (i, name) in record.iter().enumerate() {
            match self.columns.iter().position(|c| c.0 == name.trim()) {
                Some(c) if self.index[c].is_some() => {
                    faults.push(Fault::error(
                        self.file,
                        line,
                        name,
                        "the column is named twice",
                        "each column once",
                    ));
                }
                Some(c) => self.index[c] = Some(i),
                None => {
                    let problem = format!("`{name}` is no column of this file");
                    faults.push(Fault::error(self.file, line, name, problem, names(self.columns, false)));
                }
            }
        }
        for (c, column) in self.columns.iter().enumerate() {
            if column.1 && self.index[c].is_none() {
                let problem = "the column is missing";
                faults.push(Fault::error(self.file, line, column.0, problem, names(self.columns, false)));
            }
        }
    }

    fn row(&mut self, line: u32, record: StringRecord, faults: &mut Vec<Fault>) {
        for (c, column) in self.columns.iter().enumerate() {
            let Some(cell) = self.index[c].and_then(|i| record.get(i)) else { continue };
            if cell.len() > MAX_CELL_BYTES {
                let problem = format!("the cell has {} bytes", cell.len());
                faults.push(Fault::error(
                    self.file,
                    line,
                    column.0,
                    problem,
                    format!("up to {MAX_CELL_BYTES} bytes"),
                ));
            }
            if cell.trim() != cell {
                faults.push(Fault::warning(
                    self.file,
                    line,
                    column.0,
                    format!("`{cell}` has blanks around it"),
                    "none",
                ));
            }
            if cell.chars().any(char::is_control) {
                let problem = "the cell holds a line end, a tab or another control character";
                faults.push(Fault::error(
                    self.file,
                    line,
                    column.0,
                    problem,
                    "plain text; is a quote not closed?",
                ));
            }
        }
        self.rows.push((line, record));
    }

    /// Every row that has as many fields as the first line.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.rows.len()).map(|at| Row { sheet: self, at })
    }
}

impl<'a> Row<'a> {
    /// The line it begins on.
    pub fn line(self) -> u32 {
        self.sheet.rows[self.at].0
    }

    /// The file it is in.
    pub fn file(self) -> &'static str {
        self.sheet.file
    }

    /// The cell of a column without surrounding blanks; empty when the file lacks the column.
    pub fn cell(self, column: &str) -> &'a str {
        let c = self.sheet.columns.iter().position(|c| c.0 == column);
        let i = c.and_then(|c| self.sheet.index[c]);
        i.and_then(|i| self.sheet.rows[self.at].1.get(i)).unwrap_or("").trim()
    }

    /// An error in a cell.
    pub fn error(self, column: &str, problem: impl Into<String>, accepted: impl Into<String>) -> Fault {
        Fault::error(self.file(), self.line(), column, problem, accepted)
    }

    /// A warning about a cell.
    pub fn warning(self, column: &str, problem: impl Into<String>, accepted: impl Into<String>) -> Fault {
        Fault::warning(self.file(), self.line(), column, problem, accepted)
    }

    /// A cell that must not be empty, as whatever it parses to.
    pub fn must<T>(
        self,
        column: &str,
        accepted: &str,
        faults: &mut Vec<Fault>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if self.cell(column).is_empty() {
            faults.push(self.error(column, "the cell is empty", accepted));
            return None;
        }
        self.may(column, accepted, faults, parse)
    }

    /// A cell that may be empty, as whatever it parses to.
    pub fn may<T>(
        self,
        column: &str,
        accepted: &str,
        faults: &mut Vec<Fault>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let cell = self.cell(column);
        if cell.is_empty() {
            return None;
        }
        let value = parse(cell);
        if value.is_none() {
            faults.push(self.error(column, format!("`{cell}` is not accepted here"), accepted));
        }
        value
    }

    /// A name in the column `name`, which must not be empty.
    pub fn name(self, faults: &mut Vec<Fault>) -> String {
        let accepted = format!("1 to {MAX_NAME_BYTES} bytes of text");
        self.must("name", &accepted, faults, |t| (t.len() <= MAX_NAME_BYTES).then(|| t.to_owned()))
            .unwrap_or_default()
    }

    /// An optional text.
    pub fn text(self, column: &str) -> Option<Box<str>> {
        let cell = self.cell(column);
        (!cell.is_empty()).then(|| cell.into())
    }

    /// The period of the columns `from` and `to`; a reversed one is an error.
    pub fn period(self, faults: &mut Vec<Fault>) -> (Option<Date>, Option<Date>) {
        let from = self.may("from", DATE, faults, |t| t.parse().ok());
        let to = self.may("to", DATE, faults, |t| t.parse().ok());
        if let (Some(a), Some(b)) = (from, to)
            && a >= b
        {
            faults.push(self.error(
                "to",
                format!("the period ends on {b} but begins on {a}"),
                format!("a day after {a}"),
            ));
        }
        (from, to)
    }
}

/// What a day looks like, for messages.
pub const DATE: &str = "a day such as 2024-05-01, or nothing";

/// What an id looks like, for messages.
pub const ID: &str = "1 to 64 bytes without blanks, commas, quotes or control characters";

fn names(columns: &[Column], required: bool) -> String {
    let names: Vec<&str> = columns.iter().filter(|c| c.1 || !required).map(|c| c.0).collect();
    names.join(", ")
}

/// Reports quotes that a CSV reader would have to guess about.
fn check_quotes(file: &str, text: &str, faults: &mut Vec<Fault>) {
    for (i, line) in text.lines().enumerate().filter(|(_, l)| l.contains('"')) {
        if let Some(problem) = bad_quote(line) {
            let accepted = "a cell with a quote or comma stands in quotes, and quotes in it are doubled: \"say \"\"A, B\"\"\"";
            faults.push(Fault::error(file, i as u32 + 1, "", problem, accepted));
        }
    }
}

fn bad_quote(line: &str) -> Option<&'static str> {
    let mut bytes = line.bytes().peekable();
    let (mut quoted, mut fresh) = (false, true);
    while let Some(b) = bytes.next() {
        match b {
            b'"' if quoted => match bytes.peek() {
                Some(b'"') => drop(bytes.next()),
                None | Some(b',') => quoted = false,
                Some(_) => return Some("text follows a closing quote"),
            },
            b'"' if fresh => quoted = true,
            b'"' => return Some("a quote stands inside a cell that does not begin with one"),
            _ => {}
        }
        fresh = b == b',' && !quoted;
    }
    quoted.then_some("a quote is not closed on its line")
}
