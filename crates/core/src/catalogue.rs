//! The catalogue 目录: which matters 事项 there are, under which edition, and the limits stated for them.
//!
//! Part and matter codes of the national table overlap, so a matter is named by kind and code together:
//! `component.01002`, `matter.01002`, `request.0301`. A new edition that gives an old code another meaning
//! takes a kind of its own; codes in the journal never change meaning. How a written limit is read is
//! `clock.rs`. Next: `unit.rs` for who answers for a matter.

use crate::ids::MatterCode;
use crate::unit::fits;
use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// An edition of a code table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueEdition {
    /// The word that kinds refer to.
    pub id: CompactString,
    /// The standard or rule it reproduces, such as `GB/T 47678.5-2026`.
    pub standard_ref: String,
    /// The first day it is in force.
    pub from: Option<Date>,
    /// What a reader should know, such as how it was checked.
    pub note: String,
}

/// A kind of matter with its code layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatterKind {
    /// The word before the dot of a matter code.
    pub id: CompactString,
    /// Its name in the city's language.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
    /// The edition its codes come from.
    pub edition: CompactString,
    /// How many characters a code has.
    pub width: u8,
    /// How many of them name the major class.
    pub major_width: u8,
}

/// A type of request 诉求类型, such as consultation or complaint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestType {
    /// The word that cases and limits use.
    pub id: CompactString,
    /// Its name in the city's language.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
}

/// A circumstance 立案情形 that a matter is met under and a limit may be stated for, such as a burst pipe that
/// is not fenced off yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstance {
    /// The word that cases and limits use.
    pub id: CompactString,
    /// Its name in the city's language.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
}

/// A major class of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Major {
    /// The kind it belongs to.
    pub kind: CompactString,
    /// The leading characters of its matters' codes.
    pub code: CompactString,
    /// Its name in the city's language.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
}

/// How far a stated fact has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Read in an official text.
    Verified,
    /// Read in a copy, a press report or another city's rule.
    Reported,
    /// Proposed by whoever made the folder; a city must confirm it.
    Proposal,
}

impl Standing {
    /// Every standing with the word that the files use.
    pub const WORDS: [(&'static str, Standing); 3] = [
        ("verified", Standing::Verified),
        ("reported", Standing::Reported),
        ("proposal", Standing::Proposal),
    ];

    /// The word that the files use.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, s)| *s == self).map_or("", |(w, _)| w)
    }
}

/// A matter: what a case can be about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// Kind and code, such as `matter.06010`.
    pub code: MatterCode,
    /// Its name in the city's language.
    pub name: CompactString,
    /// Its name in English, where one is in use.
    pub name_en: Option<Box<str>>,
    /// The request types it may come as; empty for all.
    pub requests: Vec<CompactString>,
    /// When a case may be opened 立案条件.
    pub open_when: Option<Box<str>>,
    /// When a case may be closed 结案条件.
    pub close_when: Option<Box<str>>,
    /// Whether it may still be chosen for a new case.
    pub in_use: bool,
}

impl Matter {
    /// The kind: the word before the dot.
    pub fn kind(&self) -> &str {
        self.code.as_str().split_once('.').map_or("", |(kind, _)| kind)
    }

    /// The code within its kind: what follows the dot.
    pub fn number(&self) -> &str {
        self.code.as_str().split_once('.').map_or("", |(_, number)| number)
    }
}

/// A limit stated for some matters at one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageLimit {
    /// The matters, as one pattern of [`crate::unit::Lines`]: `*`, `matter.*`, `matter.06`, `matter.06010`.
    pub matters: CompactString,
    /// The request type it is stated for; `None` for every type.
    pub request: Option<CompactString>,
    /// The stage it limits, one of the catalogue's stages.
    pub stage: CompactString,
    /// The [`Circumstance`] it is stated for; `None` for the ordinary case. A text that names none is a note.
    pub when: Option<CompactString>,
    /// A limit of the profile by name, or a limit written out, such as `4 working hours`.
    pub limit: CompactString,
    /// When the stage counts as done.
    pub close_when: Option<Box<str>>,
    /// Where the limit is stated.
    pub source: String,
    /// How far that has been checked.
    pub standing: Standing,
}

/// Everything a case can be about, with limits by stage. Lookup by code is a hash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    book: CatalogueBook,
    at: HashMap<MatterCode, u32>,
}

/// What a catalogue is built from, exactly as a folder states it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CatalogueBook {
    /// The stages that limits may name.
    pub stages: Vec<CompactString>,
    /// The editions.
    pub editions: Vec<CatalogueEdition>,
    /// The kinds.
    pub kinds: Vec<MatterKind>,
    /// The request types.
    pub requests: Vec<RequestType>,
    /// The circumstances that limits may name.
    #[serde(default)]
    pub circumstances: Vec<Circumstance>,
    /// The major classes.
    pub majors: Vec<Major>,
    /// The matters.
    pub matters: Vec<Matter>,
    /// The limits.
    pub limits: Vec<StageLimit>,
}

impl Catalogue {
    /// Takes the parts of `catalogue/`; of matters with one code the last is found.
    pub fn new(book: CatalogueBook) -> Catalogue {
        let at = book.matters.iter().enumerate().map(|(i, m)| (m.code.clone(), i as u32)).collect();
        Catalogue { book, at }
    }

    /// What the catalogue was built from.
    pub fn book(&self) -> &CatalogueBook {
        &self.book
    }

    /// Every matter, in the order of the folder.
    pub fn matters(&self) -> &[Matter] {
        &self.book.matters
    }

    /// The matter with this code.
    pub fn get(&self, code: &MatterCode) -> Option<&Matter> {
        self.at.get(code).map(|i| &self.book.matters[*i as usize])
    }

    /// The major class of a matter.
    pub fn major(&self, matter: &Matter) -> Option<&Major> {
        let kind = self.kind(matter.kind())?;
        let head = matter.number().get(..kind.major_width as usize)?;
        self.book.majors.iter().find(|m| m.kind == kind.id && m.code == head)
    }

    /// The kind with this word.
    pub fn kind(&self, id: &str) -> Option<&MatterKind> {
        self.book.kinds.iter().find(|k| k.id == id)
    }

    /// The edition a matter's code comes from.
    pub fn edition(&self, matter: &Matter) -> Option<&CatalogueEdition> {
        let kind = self.kind(matter.kind())?;
        self.book.editions.iter().find(|e| e.id == kind.edition)
    }

    /// The request type with this word.
    pub fn request(&self, id: &str) -> Option<&RequestType> {
        self.book.requests.iter().find(|r| r.id == id)
    }

    /// The circumstances that limits of a matter are stated for, in the order of the catalogue.
    pub fn circumstances(&self, matter: &MatterCode) -> Vec<&Circumstance> {
        let stated = |c: &&Circumstance| {
            self.book
                .limits
                .iter()
                .any(|l| l.when.as_ref() == Some(&c.id) && fits(&l.matters, matter.as_str()))
        };
        self.book.circumstances.iter().filter(stated).collect()
    }

    /// The circumstance with this word.
    pub fn circumstance(&self, id: &str) -> Option<&Circumstance> {
        self.book.circumstances.iter().find(|c| c.id == id)
    }

    /// Every limit that fits a matter at a stage, whatever its circumstance: those stated for one first, then
    /// the closest pattern, then those for the request type, then in the order of the folder.
    pub fn limits(&self, matter: &MatterCode, request: Option<&str>, stage: &str) -> Vec<&StageLimit> {
        let fit = |l: &&StageLimit| {
            l.stage == stage
                && fits(&l.matters, matter.as_str())
                && l.request.as_deref().is_none_or(|r| Some(r) == request)
        };
        let mut found: Vec<&StageLimit> = self.book.limits.iter().filter(fit).collect();
        let closeness =
            |l: &&StageLimit| (l.when.is_some(), l.matters.trim_end_matches('*').len(), l.request.is_some());
        found.sort_by_key(|l| std::cmp::Reverse(closeness(l)));
        found
    }

    /// The limit that binds: the first of [`Catalogue::limits`] stated for the circumstance or for none.
    pub fn limit(
        &self,
        matter: &MatterCode,
        request: Option<&str>,
        circumstance: Option<&str>,
        stage: &str,
    ) -> Option<&StageLimit> {
        let binds = |l: &&StageLimit| l.when.as_deref().is_none_or(|when| Some(when) == circumstance);
        self.limits(matter, request, stage).into_iter().find(binds)
    }
}
