//! Import: the export of another system, read row by row by a map, offered to a [`Sink`] as observations.
//!
//! A row that cannot be used goes to the rejects file with its line and reason; facts of a row that
//! contradict each other are listed and the row is taken. Owns the map file (`map.rs`, `map_file.rs`),
//! times (`times.rs`), bytes and encodings (`bytes.rs`), a row's meaning (`row.rs`), the names that a file
//! uses (`names.rs`) and the run as a whole (`run.rs`). What becomes of an observation is the sink's:
//! `sink.rs` for a city, `memory.rs` for tests; `create.rs` makes the names that a file uses part of a
//! city.

mod bytes;
mod create;
pub mod limits;
mod map;
mod map_file;
mod memory;
mod names;
mod row;
mod run;
mod sink;
mod times;
mod toml_walk;

pub use create::{CreateError, city_of_export, kind_of, with_new_names};
pub use map::{Choice, ColumnRef, Encoding, Map, PlaceRule, PointRule, Source, Taken, TextField};
pub use memory::{MemorySink, NoSink};
pub use names::{NewName, Registry};
pub use row::{Reject, Row};
pub use run::{ImportError, Job, Outcome, Progress, Report, Sink, SinkError, run};
pub use sink::{EngineSink, TrialSink};
pub use times::{DateOnly, Dst, TimeField, TimeRule};

#[cfg(test)]
mod tests;
