//! The words of made-up calls and answers: a grammar of our own, as data, and how a text grows from it.
//!
//! A file holds one table of rules; a rule is a list of alternatives. `read.rs` reads the files and names
//! every fault by file and line, `part.rs` is the notation of an alternative, `grow.rs` makes a text,
//! `rough.rs` puts slips of the pen in. docs/synth-texts.md tells a writer how.

mod grow;
mod part;
mod read;
mod rough;

pub use grow::Slots;
pub use read::Texts;
