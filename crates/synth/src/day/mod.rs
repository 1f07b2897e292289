//! A day of a city, made from a seed: its calls, their words, and the people who work on them.
//!
//! `book.rs` holds the figures (read from `day.toml`), `texts/` the grammar, `spots.rs` where calls come
//! from, `calls.rs` when and about what, `report.rs` what is said. `town.rs` knows who may act, `work.rs`,
//! `street.rs` and `rounds.rs` are the policy: given a case, who does what next and when. `play.rs`
//! gives it all to an engine, `clock.rs` is the clock that runs as fast as wanted. Everything made
//! here is synthetic.

mod book;
mod calls;
mod clock;
mod dice;
mod play;
mod report;
mod rounds;
mod spots;
mod street;
mod tally;
pub mod texts;
mod town;
mod work;

pub use book::{Book, By, Demo, HOURS, Matter};
pub use calls::{Call, Calls};
pub use clock::FastTime;
pub use dice::Dice;
pub use play::{PlayError, Player};
pub use report::ROOTS;
pub use spots::{Spot, Spots};
pub use tally::{Share, Tally};
pub use town::Town;
pub use work::{Deed, Say};

use huying_core::fault::Fault;
use include_dir::{Dir, include_dir};
use texts::Texts;

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../data/chengdu/synth");

/// The file of figures.
pub const BOOK: &str = "day.toml";
/// The folder of texts.
pub const TEXTS: &str = "texts/";

/// What a day is made from: figures and words.
#[derive(Debug)]
pub struct Makings {
    /// The figures.
    pub book: Book,
    /// The words.
    pub texts: Texts,
}

impl Makings {
    /// Reads files, as name and text: `day.toml` and those of `texts/`.
    ///
    /// # Errors
    /// Every fault, by file and line.
    pub fn read(files: &[(&str, &str)]) -> Result<Makings, Vec<Fault>> {
        let texts = Texts::read(files.iter().copied().filter(|(name, _)| name.starts_with(TEXTS)))?;
        let Some((_, text)) = files.iter().find(|(name, _)| *name == BOOK) else {
            return Err(vec![Fault::error(BOOK, 0, "", "the file is missing", "the figures of a day")]);
        };
        let book = Book::read(BOOK, text, &texts.families(), &|rule| texts.has_common(rule))?;
        Ok(Makings { book, texts })
    }

    /// Those that ship with this program.
    ///
    /// # Errors
    /// Every fault; a test sees that there is none.
    pub fn shipped() -> Result<Makings, Vec<Fault>> {
        let mut files = Vec::new();
        embedded(&SHIPPED, &mut files);
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        Makings::read(&files)
    }
}

fn embedded(dir: &Dir<'static>, files: &mut Vec<(String, &'static str)>) {
    for file in dir.files() {
        let name = file.path().to_string_lossy().replace('\\', "/");
        files.extend(file.contents_utf8().map(|text| (name, text)));
    }
    for sub in dir.dirs() {
        embedded(sub, files);
    }
}
