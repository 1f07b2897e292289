//! A layered profile written as one text that stands on nothing: what a city folder holds.
//!
//! Keys stand in the order of the lowest layer that has them, `source` and `status` last, words of lists
//! one a line, and what is written in braces in a layer is written in braces here. The text reads back as
//! the same profile.

use super::layers::{Layers, Value, join};
use super::{Find, Profile};
use crate::city::{Folder, outside};
use crate::fault::Fault;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use toml::de::{DeArray, DeTable, DeValue};

/// A line of the text is at most so long where it can be broken.
const WIDTH: usize = 119;

/// A list of tables in braces stands on one line up to this length.
const SHORT: usize = 60;

/// A profile with all its layers as one text. Nothing when a layer is missing or is not TOML.
pub fn flat(file: &str, text: &str, find: Find<'_>) -> Result<String, Vec<Fault>> {
    let mut faults = Vec::new();
    let layers = Layers::gather(file, text, find, &mut faults);
    let merged = layers.merged(&mut faults);
    match merged {
        Some(merged) if faults.is_empty() => Ok(Writer::new(&layers).text(&merged)),
        _ => Err(faults),
    }
}

/// A city folder whose profile stands on nothing: what a city is loaded and kept as, so that no later
/// version of the product changes the rules of an edition. A folder whose profile has faults is left as it
/// is, for them to be named where they are written.
pub fn settled(folder: &Folder) -> Folder {
    let mut folder = folder.clone();
    let text = folder.get(outside::PROFILE).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let stands = |text: &&str| Layers::stands_on(text).is_some() && Profile::read(text).0.is_some();
    let find = |name: &str| super::shipped(name).map(str::to_owned);
    if let Some(Ok(flat)) = text.filter(stands).map(|text| flat(outside::PROFILE, text, &find)) {
        folder.put(outside::PROFILE, flat);
    }
    folder
}

pub(super) struct Writer<'a> {
    layers: &'a Layers,
    /// Where keys stand, by their path without entries: the order of the lowest layer that has them.
    ranks: BTreeMap<String, usize>,
    out: String,
}

impl<'a> Writer<'a> {
    pub(super) fn new(layers: &'a Layers) -> Writer<'a> {
        let mut ranks = BTreeMap::new();
        for table in layers.tables(&mut Vec::new()).unwrap_or_default().iter().rev() {
            rank(table, "", &mut ranks);
        }
        Writer { layers, ranks, out: String::new() }
    }

    fn text(mut self, table: &DeTable<'_>) -> String {
        let names: Vec<&str> = self.layers.layers.iter().skip(1).map(|l| l.name.as_str()).collect();
        if !names.is_empty() {
            let _ = writeln!(self.out, "# Written out from the profiles that ship: {}.", names.join(" on "));
            self.out.push_str("# docs/profile.md explains each table.\n");
        }
        self.table(table, "", "");
        self.out
    }

    /// A table's own values, then the tables within it. `path` is without entries, `header` what TOML says.
    fn table(&mut self, table: &DeTable<'_>, path: &str, header: &str) {
        let (tables, values): (Vec<_>, Vec<_>) =
            self.ordered(table, path).into_iter().partition(|(_, value)| self.has_header(value));
        for (key, value) in values {
            let inner = join(path, key);
            let _ = writeln!(self.out, "{} = {}", quoted(key), self.value(value, &inner));
        }
        for (key, value) in tables {
            let (inner, header) = (join(path, key), join(header, &quoted(key)));
            match value.get_ref() {
                DeValue::Array(items) => {
                    for (item, table) in items.iter().filter_map(|i| Some((i, i.get_ref().as_table()?))) {
                        let _ = write!(self.out, "\n{}[[{header}]]\n", self.remarks(item));
                        self.table(table, &inner, &header);
                    }
                }
                DeValue::Table(table) => {
                    if table.values().any(|v| !self.has_header(v)) || table.is_empty() {
                        let _ = write!(self.out, "\n{}[{header}]\n", self.remarks(value));
                    }
                    self.table(table, &inner, &header);
                }
                _ => {}
            }
        }
    }

    /// The remarks that stand right above a header, and above those a heading with a blank line between.
    fn remarks(&self, value: &Value<'_>) -> String {
        let at = value.span().start;
        let from = self.layers.layer(at).map_or(0, |layer| layer.start);
        let above = self.layers.book.get(from..at).unwrap_or_default();
        let lines: Vec<&str> =
            above.lines().rev().take_while(|line| line.is_empty() || line.starts_with('#')).collect();
        // What begins a file speaks of the file.
        if lines.len() == above.lines().count() {
            return String::new();
        }
        let remarks: Vec<&str> = lines.into_iter().rev().skip_while(|line| line.is_empty()).collect();
        remarks.iter().fold(String::new(), |text, line| format!("{text}{line}\n"))
    }

    /// Keys and values in the order of the lowest layer that has them.
    pub(super) fn ordered<'v, 't>(
        &self,
        table: &'v DeTable<'t>,
        path: &str,
    ) -> Vec<(&'v str, &'v Value<'t>)> {
        let mut all: Vec<_> = table.iter().map(|(key, value)| (key.get_ref().as_ref(), value)).collect();
        let last =
            |key: &str, value: &Value<'_>| matches!(key, "source" | "status") && value.get_ref().is_str();
        let rank = |key: &str| self.ranks.get(&join(path, key)).copied();
        all.sort_by_key(|(key, value)| (last(key, value), rank(key)));
        all
    }

    fn has_header(&self, value: &Value<'_>) -> bool {
        match value.get_ref() {
            DeValue::Table(_) => !self.layers.braced(value),
            DeValue::Array(items) => {
                let tables = !items.is_empty() && items.iter().all(|i| i.get_ref().is_table());
                tables && items.iter().any(|i| !self.layers.braced(i))
            }
            _ => false,
        }
    }

    /// A value on one line, or a list that is too long for it on several.
    fn value(&self, value: &Value<'_>, path: &str) -> String {
        let line = self.inline(value, path);
        let room = WIDTH.saturating_sub(path.rsplit('.').next().map_or(0, str::len) + 3);
        match value.get_ref() {
            DeValue::Array(items) if line.len() > SHORT && items.iter().all(|i| i.get_ref().is_table()) => {
                let rows = items.iter().map(|i| format!("  {},\n", self.inline(i, path)));
                format!("[\n{}]", rows.collect::<String>())
            }
            DeValue::Array(items) if line.len() > room => self.filled(items, path),
            _ => line,
        }
    }

    fn filled(&self, items: &DeArray<'_>, path: &str) -> String {
        let mut lines = vec![String::from(" ")];
        for item in items {
            let word = format!(" {},", self.inline(item, path));
            match lines.last_mut() {
                Some(line) if line.len() + word.len() <= WIDTH => line.push_str(&word),
                _ => lines.push(format!(" {word}")),
            }
        }
        format!("[\n{}\n]", lines.join("\n"))
    }

    /// A value on one line.
    pub(super) fn inline(&self, value: &Value<'_>, path: &str) -> String {
        match value.get_ref() {
            DeValue::String(text) => toml::Value::String(text.to_string()).to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(yes) => yes.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Array(items) => {
                let items: Vec<String> = items.iter().map(|i| self.inline(i, path)).collect();
                format!("[{}]", items.join(", "))
            }
            DeValue::Table(table) => {
                let keys = self.ordered(table, path).into_iter();
                let keys: Vec<String> = keys
                    .map(|(key, v)| format!("{} = {}", quoted(key), self.inline(v, &join(path, key))))
                    .collect();
                if keys.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", keys.join(", ")) }
            }
        }
    }
}

/// Numbers the keys of a layer as they stand, those of lower layers before.
fn rank(table: &DeTable<'_>, path: &str, ranks: &mut BTreeMap<String, usize>) {
    let mut keys: Vec<_> = table.iter().collect();
    keys.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in keys {
        let inner = join(path, key.get_ref());
        let next = ranks.len();
        ranks.entry(inner.clone()).or_insert(next);
        match value.get_ref() {
            DeValue::Table(table) => rank(table, &inner, ranks),
            DeValue::Array(items) => {
                items.iter().filter_map(|i| i.get_ref().as_table()).for_each(|t| rank(t, &inner, ranks));
            }
            _ => {}
        }
    }
}

/// A key, in quotes where TOML wants them.
pub(super) fn quoted(key: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !key.is_empty() && key.bytes().all(bare) {
        return key.to_owned();
    }
    toml::Value::String(key.to_owned()).to_string()
}
