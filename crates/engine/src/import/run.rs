//! One import from first byte to report: streaming, in bounded memory, nothing dropped without a line that
//! says so.
//!
//! Three things are written: the sink gets usable rows in batches, the rejects file gets unusable rows with
//! their line and reason in front of the columns they came with (so they can be mended and imported again),
//! the list gets every contradiction.

use super::bytes::{Bounded, Utf8};
use super::limits::{BATCH_BYTES, BATCH_ROWS, BATCHES_AHEAD, MAX_RECORD_BYTES};
use super::map::Map;
use super::names::Registry;
use super::row::{Reject, Row, read};
use csv::{ByteRecord, ReaderBuilder, Writer};
use huying_core::fault::Fault;
use huying_core::observation::{Contradiction, ContradictionKind, Field, contradictions};
use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::rc::Rc;

/// What a sink's own failure is.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Where usable rows go. A sink may work on one batch while the next is read.
pub trait Sink {
    /// Takes rows in the order of the file. An error stops the import; rows of earlier batches stay.
    fn offer(&mut self, rows: Vec<Row>) -> Result<(), SinkError>;
    /// Says what became of each row of the oldest offer not answered yet, in its order. Once it returns,
    /// what it says is durable. Called once for each offer.
    fn answer(&mut self) -> Result<Vec<Outcome>, SinkError>;
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A case not seen before.
    New,
    /// It says nothing new; a row older than what is held is such a row and is listed.
    Same {
        /// Against what is held.
        contradictions: Vec<Contradiction>,
    },
    /// It changed a case.
    Changed {
        /// Against what is held.
        contradictions: Vec<Contradiction>,
    },
    /// The city refused it.
    Refused(Reject),
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The map does not fit the file.
    #[error("the map does not fit the export")]
    Map(Vec<Fault>),
    /// The file could not be read or is not delimited text.
    #[error("{file}:{line}: cannot be read: {source}")]
    Read {
        /// The export.
        file: String,
        /// The line of the record at fault.
        line: u64,
        /// What went wrong.
        source: csv::Error,
    },
    /// A record without end.
    #[error(
        "{file}:{line}: a record longer than {MAX_RECORD_BYTES} bytes begins here; is a quote left open?"
    )]
    LongRecord {
        /// The export.
        file: String,
        /// The line on which it begins.
        line: u64,
    },
    /// The file has no header.
    #[error("{0}: is empty; accepted: a header line and one row per case")]
    Empty(String),
    /// Rejects or list could not be written.
    #[error("cannot write the {what}: {source}")]
    Write {
        /// `rejects file` or `list of contradictions`.
        what: &'static str,
        /// What went wrong.
        source: csv::Error,
    },
    /// The sink failed.
    #[error("rows from line {line} on were not taken: {source}")]
    Sink {
        /// The first line of the batch.
        line: u64,
        /// What went wrong.
        source: SinkError,
    },
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Records read.
    pub rows: u64,
    /// Bytes read, of the decoded text.
    pub bytes: u64,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Records read.
    pub rows: u64,
    /// Cases not seen before.
    pub new: u64,
    /// Rows that said nothing new.
    pub same: u64,
    /// Rows that changed a case.
    pub changed: u64,
    /// Rows in the rejects file.
    pub rejected: u64,
    /// Contradictions listed, by kind.
    pub contradictions: BTreeMap<ContradictionKind, u64>,
}

impl Report {
    /// Contradictions listed, of every kind.
    pub fn contradictions_total(&self) -> u64 {
        self.contradictions.values().sum()
    }
}

/// What an import works with.
pub struct Job<'a, R, S, W1: Write, W2: Write> {
    /// The export's name, for messages.
    pub file: &'a str,
    /// The export.
    pub input: R,
    /// The map, not yet bound.
    pub map: Map,
    /// Names of the city; afterwards also the new ones.
    pub registry: &'a mut Registry,
    /// Where usable rows go.
    pub sink: &'a mut S,
    /// The rejects file.
    pub rejects: W1,
    /// The list of contradictions.
    pub list: W2,
    /// Called after each batch.
    pub progress: &'a mut dyn FnMut(Progress),
}

/// Runs an import to its end.
pub fn run<R: Read, S: Sink, W1: Write, W2: Write>(
    job: Job<'_, R, S, W1, W2>,
) -> Result<Report, ImportError> {
    let Job { file, input, mut map, registry, sink, rejects, list, progress } = job;
    let mark = Rc::new(Cell::new(0));
    let input = Bounded::new(Utf8::new(input, map.encoding), Rc::clone(&mark));
    let mut reader = ReaderBuilder::new().delimiter(map.delimiter).flexible(true).from_reader(input);
    let header = reader.headers().map_err(|error| failed(file, 1, error))?.clone();
    if header.is_empty() {
        return Err(ImportError::Empty(file.to_owned()));
    }
    map.bind(&header, file).map_err(ImportError::Map)?;
    let columns = header.len();
    let mut run = Run {
        file,
        sink,
        rejects: Paper::rejects(rejects, &header)?,
        mended: mended(&header),
        list: Paper::list(list)?,
        batch: Batch::default(),
        offered: VecDeque::new(),
        report: Report::default(),
    };
    let mut record = ByteRecord::new();
    loop {
        let (line, start) = (reader.position().line(), reader.position().byte());
        mark.set(start);
        if !reader.read_byte_record(&mut record).map_err(|error| failed(file, line, error))? {
            break;
        }
        run.report.rows += 1;
        let line = record.position().map_or(line, csv::Position::line);
        let read = if record.len() == columns {
            read(&map, &record, line, registry)
        } else {
            Err(ragged(&record, columns))
        };
        match read {
            Ok(row) => run.batch.push(row, &record),
            Err(reject) => run.reject(line, &reject, &record)?,
        }
        if run.batch.is_full() {
            run.send()?;
            progress(Progress { rows: run.report.rows, bytes: reader.position().byte() });
        }
    }
    run.send()?;
    run.settle(0)?;
    progress(Progress { rows: run.report.rows, bytes: reader.position().byte() });
    run.finish()
}

fn failed(file: &str, line: u64, error: csv::Error) -> ImportError {
    let too_long =
        matches!(error.kind(), csv::ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::FileTooLarge);
    let file = file.to_owned();
    if too_long {
        ImportError::LongRecord { file, line }
    } else {
        ImportError::Read { file, line, source: error }
    }
}

fn ragged(record: &ByteRecord, columns: usize) -> Reject {
    let reason = format!("the row has {} fields; accepted: {columns}, as the header", record.len());
    Reject { field: String::new(), reason }
}

#[derive(Default)]
struct Batch {
    rows: Vec<Row>,
    raw: Vec<ByteRecord>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, row: Row, record: &ByteRecord) {
        self.bytes += record.as_slice().len();
        self.rows.push(row);
        self.raw.push(record.clone());
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }
}

/// A batch that the sink has and has not answered.
struct Offered {
    line: u64,
    noted: Vec<(u64, String, Vec<Contradiction>)>,
    raw: Vec<ByteRecord>,
}

struct Run<'a, S, W1: Write, W2: Write> {
    file: &'a str,
    sink: &'a mut S,
    rejects: Paper<W1>,
    /// Columns in front that an earlier import put there: the file is a rejects file that was mended.
    mended: usize,
    list: Paper<W2>,
    batch: Batch,
    offered: VecDeque<Offered>,
    report: Report,
}

impl<S: Sink, W1: Write, W2: Write> Run<'_, S, W1, W2> {
    fn reject(&mut self, line: u64, reject: &Reject, record: &ByteRecord) -> Result<(), ImportError> {
        self.report.rejected += 1;
        let line = line.to_string();
        let front = [line.as_bytes(), reject.field.as_bytes(), reject.reason.as_bytes()];
        self.rejects.write(front.into_iter().chain(record.iter().skip(self.mended)))
    }

    /// Offers the batch, once no more than so many others wait for their answer.
    fn send(&mut self) -> Result<(), ImportError> {
        let Batch { rows, raw, .. } = std::mem::take(&mut self.batch);
        let Some(line) = rows.first().map(|row| row.line) else { return Ok(()) };
        let noted = rows.iter().map(noted).collect();
        self.sink.offer(rows).map_err(|source| ImportError::Sink { line, source })?;
        self.offered.push_back(Offered { line, noted, raw });
        self.settle(BATCHES_AHEAD)
    }

    /// Takes answers until at most `left` batches wait for theirs.
    fn settle(&mut self, left: usize) -> Result<(), ImportError> {
        while self.offered.len() > left {
            let Some(offered) = self.offered.pop_front() else { return Ok(()) };
            let line = offered.line;
            let outcomes = self.sink.answer().map_err(|source| ImportError::Sink { line, source })?;
            self.book(outcomes, offered)?;
        }
        Ok(())
    }

    fn book(&mut self, outcomes: Vec<Outcome>, offered: Offered) -> Result<(), ImportError> {
        let Offered { line: first, noted, raw } = offered;
        if outcomes.len() != noted.len() {
            let source = format!("the sink answered {} of {} rows", outcomes.len(), noted.len()).into();
            return Err(ImportError::Sink { line: first, source });
        }
        for ((outcome, (line, id, mut found)), record) in outcomes.into_iter().zip(noted).zip(&raw) {
            let (count, more) = match outcome {
                Outcome::New => (&mut self.report.new, Vec::new()),
                Outcome::Same { contradictions } => (&mut self.report.same, contradictions),
                Outcome::Changed { contradictions } => (&mut self.report.changed, contradictions),
                Outcome::Refused(reject) => {
                    self.reject(line, &reject, record)?;
                    continue;
                }
            };
            *count += 1;
            found.extend(more.into_iter().filter(|one| !found.contains(one)).collect::<Vec<_>>());
            self.note(line, &id, &found)?;
        }
        Ok(())
    }

    fn note(&mut self, line: u64, id: &str, found: &[Contradiction]) -> Result<(), ImportError> {
        for one in found {
            *self.report.contradictions.entry(one.kind).or_default() += 1;
            let (line, kind) = (line.to_string(), one.kind.to_string());
            let cells =
                [self.file, &line, id, &kind, one.field.name(), &one.value, &one.against, one.kind.kept()];
            self.list.write(cells.into_iter().map(str::as_bytes))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Report, ImportError> {
        self.rejects.close()?;
        self.list.close()?;
        Ok(self.report)
    }
}

/// What the row itself contradicts, known before the sink has seen it.
fn noted(row: &Row) -> (u64, String, Vec<Contradiction>) {
    let mut found = contradictions(&row.observation);
    found.extend(row.damaged.iter().map(|text| Contradiction {
        kind: ContradictionKind::DamagedText,
        field: Field::Text,
        value: (*text).to_owned(),
        against: "bytes that are not of the file's encoding".to_owned(),
    }));
    (row.line, row.observation.external_id.to_string(), found)
}

/// What stands in front of a row in the rejects file.
const REJECTED: [&str; 3] = ["reject_line", "reject_field", "reject_reason"];

/// How many columns in front come from a rejects file that was mended and is imported again.
fn mended(header: &csv::StringRecord) -> usize {
    if header.iter().take(REJECTED.len()).eq(REJECTED) { REJECTED.len() } else { 0 }
}

/// A CSV file that is written line by line.
struct Paper<W: Write> {
    what: &'static str,
    writer: Writer<W>,
}

impl<W: Write> Paper<W> {
    fn new(what: &'static str, to: W) -> Self {
        Self { what, writer: csv::WriterBuilder::new().flexible(true).from_writer(to) }
    }

    fn rejects(to: W, header: &csv::StringRecord) -> Result<Self, ImportError> {
        let mut paper = Self::new("rejects file", to);
        let own = header.iter().skip(mended(header));
        paper.write(REJECTED.into_iter().chain(own).map(str::as_bytes))?;
        Ok(paper)
    }

    fn list(to: W) -> Result<Self, ImportError> {
        let mut paper = Self::new("list of contradictions", to);
        let header = ["file", "line", "id", "kind", "field", "value", "against", "kept"];
        paper.write(header.into_iter().map(str::as_bytes))?;
        Ok(paper)
    }

    fn write<'c>(&mut self, cells: impl Iterator<Item = &'c [u8]>) -> Result<(), ImportError> {
        let what = self.what;
        self.writer.write_record(cells).map_err(|source| ImportError::Write { what, source })
    }

    fn close(mut self) -> Result<(), ImportError> {
        let what = self.what;
        self.writer.flush().map_err(|error| ImportError::Write { what, source: error.into() })
    }
}
