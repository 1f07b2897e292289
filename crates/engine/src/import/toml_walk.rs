//! A TOML document walked by hand, so that every fault is found at once and named by line and key.

use huying_core::fault::{Fault, Severity};
use std::cell::RefCell;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The document, and the faults found in it so far.
pub(super) struct Document<'a> {
    pub(super) file: &'a str,
    text: &'a str,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Document<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, faults: RefCell::default() }
    }

    pub(super) fn line_of(&self, offset: usize) -> u32 {
        let before = self.text.get(..offset).unwrap_or(self.text);
        u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
    }

    pub(super) fn fault(
        &self,
        line: u32,
        key: &str,
        problem: impl Into<String>,
        accepted: impl Into<String>,
    ) {
        self.faults.borrow_mut().push(Fault {
            severity: Severity::Error,
            file: self.file.to_owned(),
            line,
            field: key.to_owned(),
            problem: problem.into(),
            accepted: accepted.into(),
        });
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by(|a, b| (a.line, &a.field).cmp(&(b.line, &b.field)));
        faults
    }
}

/// A value with its line.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) line: u32,
}

/// A table of strings: key and value, with their lines.
pub(super) type Pairs = At<Vec<At<(String, String)>>>;

/// One table of the document.
pub(super) struct Walk<'a, 'd> {
    pub(super) doc: &'a Document<'a>,
    table: &'d DeTable<'d>,
    path: String,
    pub(super) line: u32,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a, 'd> Walk<'a, 'd> {
    pub(super) fn root(doc: &'a Document<'a>, table: &'d DeTable<'d>) -> Self {
        Self { doc, table, path: String::new(), line: 0, asked: RefCell::default() }
    }

    /// The path of a key, such as `opened.formats`.
    pub(super) fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    fn get(&self, key: &'static str) -> Option<(&'d DeValue<'d>, u32)> {
        self.asked.borrow_mut().push(key);
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((value.get_ref(), self.doc.line_of(value.span().start)))
    }

    fn wrong<T>(&self, key: &str, line: u32, value: &DeValue<'_>, accepted: &str) -> Option<T> {
        self.doc.fault(line, &self.key(key), format!("is {} {}", article(value), value.type_str()), accepted);
        None
    }

    pub(super) fn text(&self, key: &'static str) -> Option<At<String>> {
        let (value, line) = self.get(key)?;
        match value.as_str() {
            Some(text) => Some(At { value: text.to_owned(), line }),
            None => self.wrong(key, line, value, "a string"),
        }
    }

    /// A string, or an array of strings.
    pub(super) fn texts(&self, key: &'static str) -> Option<At<Vec<At<String>>>> {
        let (value, line) = self.get(key)?;
        if let Some(text) = value.as_str() {
            return Some(At { value: vec![At { value: text.to_owned(), line }], line });
        }
        let Some(list) = value.as_array() else {
            return self.wrong(key, line, value, "a string, or an array of strings");
        };
        let mut texts = Vec::new();
        for item in list.iter() {
            let line = self.doc.line_of(item.span().start);
            match item.get_ref().as_str() {
                Some(text) => texts.push(At { value: text.to_owned(), line }),
                None => return self.wrong(key, line, item.get_ref(), "an array of strings"),
            }
        }
        Some(At { value: texts, line })
    }

    /// A table of strings, such as a value table: key, value.
    pub(super) fn pairs(&self, key: &'static str) -> Option<Pairs> {
        let (value, line) = self.get(key)?;
        let Some(table) = value.as_table() else { return self.wrong(key, line, value, "a table of strings") };
        let mut pairs = Vec::new();
        for (name, item) in table.iter() {
            let line = self.doc.line_of(name.span().start);
            match item.get_ref().as_str() {
                Some(text) => pairs.push(At { value: (name.get_ref().to_string(), text.to_owned()), line }),
                None => return self.wrong(key, line, item.get_ref(), "a table of strings"),
            }
        }
        Some(At { value: pairs, line })
    }

    pub(super) fn table(&self, key: &'static str) -> Option<Walk<'a, 'd>> {
        self.asked.borrow_mut().push(key);
        let (name, value): (&Spanned<_>, _) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        let line = self.doc.line_of(name.span().start);
        match value.get_ref().as_table() {
            Some(table) => {
                Some(Walk { doc: self.doc, table, path: self.key(key), line, asked: RefCell::default() })
            }
            None => self.wrong(key, line, value.get_ref(), "a table"),
        }
    }

    /// Names every key that nobody asked for.
    pub(super) fn finish(&self) {
        let asked = self.asked.borrow();
        for (name, _) in self.table.iter() {
            if !asked.iter().any(|key| name.get_ref() == key) {
                let line = self.doc.line_of(name.span().start);
                self.doc.fault(line, &self.key(name.get_ref()), "is not a key of a map", asked.join(", "));
            }
        }
    }
}

fn article(value: &DeValue<'_>) -> &'static str {
    if value.type_str().starts_with(['a', 'i']) { "an" } else { "a" }
}
