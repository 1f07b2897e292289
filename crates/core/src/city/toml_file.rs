//! A TOML file of a city folder: values by key with their lines, and a fault for every key nobody knows.

use super::folder::Folder;
use super::text;
use crate::fault::Fault;
use jiff::civil::Date;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// The text of a TOML file, kept so that values can point into it.
pub(super) struct TomlText<'a> {
    file: &'static str,
    text: Cow<'a, str>,
}

impl<'a> TomlText<'a> {
    /// The text of a file; a missing one is an error when `required`.
    pub(super) fn read(
        folder: &'a Folder,
        file: &'static str,
        required: bool,
        faults: &mut Vec<Fault>,
    ) -> Option<TomlText<'a>> {
        if folder.get(file).is_none() && required {
            faults.push(Fault::error(
                file,
                0,
                "",
                "the file is missing",
                "a TOML file; docs/city-folder.md says how to begin",
            ));
        }
        text::read(folder, file, faults).map(|text| TomlText { file, text })
    }

    /// Parses the text and reports everything that is not TOML.
    pub(super) fn parse(&self, faults: &mut Vec<Fault>) -> DeTable<'_> {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        for e in errors {
            let line = e.span().map_or(0, |s| text::line_at(&self.text, s.start));
            faults.push(Fault::error(self.file, line, "", e.message(), "TOML 1.0"));
        }
        table.into_inner()
    }

    /// A table of the text, to read values from. `path` says where it is, such as `level[2]`.
    pub(super) fn node<'t>(&'t self, table: &'t DeTable<'t>, path: &str, line: u32) -> Node<'t> {
        Node { text: self, table, path: path.to_owned(), line }
    }

    fn line(&self, span: Range<usize>) -> u32 {
        text::line_at(&self.text, span.start)
    }
}

/// A table within a TOML file.
pub(super) struct Node<'t> {
    text: &'t TomlText<'t>,
    table: &'t DeTable<'t>,
    path: String,
    line: u32,
}

type Value<'t> = &'t Spanned<DeValue<'t>>;

impl<'t> Node<'t> {
    /// The line the table begins on.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// The path of a key within the file.
    fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Reports keys other than `known`.
    pub(super) fn only(&self, known: &[&str], faults: &mut Vec<Fault>) {
        for key in self.table.keys() {
            let name: &DeString<'_> = key.get_ref();
            if !known.contains(&name.as_ref()) {
                let line = self.text.line(key.span());
                let problem = format!("`{name}` is no key here");
                faults.push(Fault::error(self.text.file, line, &self.path(name), problem, known.join(", ")));
            }
        }
    }

    fn get(&self, key: &str) -> Option<Value<'t>> {
        self.table.iter().find(|(k, _)| k.get_ref() == key).map(|(_, v)| v)
    }

    /// Whether a key is written.
    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// An error at a key, or at the table when it lacks the key.
    pub(super) fn error(&self, key: &str, problem: impl Into<String>, accepted: impl Into<String>) -> Fault {
        let line = self.get(key).map_or(self.line, |v| self.text.line(v.span()));
        Fault::error(self.text.file, line, &self.path(key), problem, accepted)
    }

    /// A text that may be absent.
    pub(super) fn text(&self, key: &str, faults: &mut Vec<Fault>) -> Option<String> {
        let value = self.get(key)?;
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            faults.push(self.error(
                key,
                format!("a value of type {} stands here", value.get_ref().type_str()),
                "text in quotes",
            ));
        }
        text
    }

    /// A text that must be present and not empty.
    pub(super) fn must(&self, key: &str, accepted: &str, faults: &mut Vec<Fault>) -> String {
        if self.get(key).is_none() {
            faults.push(self.error(key, "the key is missing", accepted));
        }
        let text = self.text(key, faults).unwrap_or_default();
        if text.trim().is_empty() && self.get(key).is_some_and(|v| v.get_ref().is_str()) {
            faults.push(self.error(key, "the text is empty", accepted));
        }
        text
    }

    /// A word of lower-case letters, digits and hyphens that must be present.
    pub(super) fn word(&self, key: &str, faults: &mut Vec<Fault>) -> String {
        let word = self.must(key, WORD, faults);
        if !word.is_empty() && !is_word(&word) {
            faults.push(self.error(key, format!("`{word}` is no word"), WORD));
        }
        word
    }

    /// A whole number from `low` to `high` that may be absent.
    pub(super) fn number(&self, key: &str, low: i64, high: i64, faults: &mut Vec<Fault>) -> Option<i64> {
        let value = self.get(key)?.get_ref();
        let number = value.as_integer().and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok());
        let good = number.filter(|n| (low..=high).contains(n));
        if good.is_none() {
            let shown =
                number.map_or_else(|| format!("a value of type {}", value.type_str()), |n| n.to_string());
            faults.push(self.error(
                key,
                format!("{shown} stands here"),
                format!("a whole number from {low} to {high}"),
            ));
        }
        good
    }

    /// A day, as a TOML date or a text, that may be absent.
    pub(super) fn date(&self, key: &str, faults: &mut Vec<Fault>) -> Option<Date> {
        let value = self.get(key)?.get_ref();
        let text = value.as_datetime().map(ToString::to_string).or_else(|| value.as_str().map(str::to_owned));
        let date = text.and_then(|t| t.parse().ok());
        if date.is_none() {
            faults.push(self.error(key, "no day stands here", "a day such as 2024-05-01"));
        }
        date
    }

    /// A list of texts that may be absent.
    pub(super) fn texts(&self, key: &str, faults: &mut Vec<Fault>) -> Vec<String> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let items = value.get_ref().as_array();
        let texts: Vec<String> = items
            .iter()
            .flat_map(|a| a.iter())
            .filter_map(|v| v.get_ref().as_str())
            .map(str::to_owned)
            .collect();
        if items.is_none_or(|a| a.len() != texts.len()) {
            faults.push(self.error(
                key,
                "something else than a list of texts stands here",
                "[\"one\", \"two\"]",
            ));
        }
        texts
    }

    /// A list of tables that may be absent.
    pub(super) fn tables(&self, key: &str, faults: &mut Vec<Fault>) -> Vec<Node<'t>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let items = value.get_ref().as_array();
        let mut nodes = Vec::new();
        for (i, item) in items.iter().flat_map(|a| a.iter()).enumerate() {
            if let Some(table) = item.get_ref().as_table() {
                let line = self.text.line(item.span());
                nodes.push(Node {
                    text: self.text,
                    table,
                    path: format!("{}[{}]", self.path(key), i + 1),
                    line,
                });
            }
        }
        if items.is_none_or(|a| a.len() != nodes.len()) {
            faults.push(self.error(
                key,
                "something else than a list of tables stands here",
                format!("[[{key}]]"),
            ));
        }
        nodes
    }
}

/// What a word looks like, for messages.
pub(super) const WORD: &str = "a word of a-z, 0-9 and -";

/// Whether a text is a word of lower-case letters, digits and hyphens.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
