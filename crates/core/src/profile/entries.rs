//! A profile as a list of values, each with its path, the layer that says it, its source, and when it binds.
//!
//! What `huying profile show` prints and `huying profile diff` compares. A path names entries of lists by
//! what they are known by: `procedure.hotline.limit.promise(request_type=consult).limit`.

use super::Find;
use super::binds::Binds;
use super::flat::{Writer, quoted};
use super::layers::{Layers, List, Value, join, list_of};
use crate::fault::{Fault, Severity};
use serde::Serialize;
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// One value of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Where it is.
    pub path: String,
    /// What it is, as TOML.
    pub value: String,
    /// When it binds.
    pub binds: Binds,
    /// The layer that says it.
    pub layer: String,
    /// The line of that layer's file.
    pub line: u32,
    /// The rule, standard or page it comes from, in that layer's words.
    pub source: String,
    /// How sure that is.
    pub status: String,
}

/// Every value of a profile, in the order in which it is written out.
///
/// # Errors
/// Every fault, when a layer is missing or is not TOML.
pub fn entries(file: &str, text: &str, find: Find<'_>) -> Result<Vec<Entry>, Vec<Fault>> {
    let mut faults = Vec::new();
    let layers = Layers::gather(file, text, find, &mut faults);
    let Some(merged) = layers.merged(&mut faults) else { return Err(faults) };
    if faults.iter().any(|f| f.severity == Severity::Error) {
        return Err(faults);
    }
    let mut stands = Vec::new();
    for table in layers.tables(&mut faults).unwrap_or_default() {
        let mut of_layer = BTreeMap::new();
        collect(&table, &Path::default(), &mut of_layer);
        stands.push(of_layer);
    }
    let mut listing = Listing { layers: &layers, writer: Writer::new(&layers), stands, all: Vec::new() };
    listing.table(&merged, &Path::default(), &[]);
    Ok(listing.all)
}

/// Source and status of each table of one layer, by its path.
type Stands = BTreeMap<String, (String, String)>;

/// A path with and without the names of entries.
#[derive(Debug, Clone, Default)]
struct Path {
    shown: String,
    plain: String,
}

impl Path {
    fn key(&self, key: &str) -> Path {
        Path { shown: join(&self.shown, &quoted(key)), plain: join(&self.plain, key) }
    }

    fn entry(&self, name: &str) -> Path {
        Path { shown: join(&self.shown, name), plain: self.plain.clone() }
    }
}

/// What an entry of a list is called in a path.
fn name(entry: &DeTable<'_>, by: &List) -> String {
    let mut name = String::new();
    for key in by.keys {
        match entry.get(*key).map(toml::Spanned::get_ref) {
            Some(DeValue::String(text)) if name.is_empty() => name.push_str(text),
            Some(DeValue::String(text)) => name.push_str(&format!("-{text}")),
            Some(DeValue::Array(items)) => {
                name.push_str(
                    &items.iter().filter_map(|i| i.get_ref().as_str()).collect::<Vec<_>>().join("+"),
                );
            }
            Some(DeValue::Table(when)) => name.push_str(&format!("({})", condition(when))),
            _ => {}
        }
    }
    if by.lack.is_some_and(|key| !entry.contains_key(key)) {
        name.push_str("(catalogue)");
    }
    if name.is_empty() { "(any)".to_owned() } else { name }
}

/// A condition in short: `request_type=help|suggest,reachable=true`.
fn condition(when: &DeTable<'_>) -> String {
    let one = |value: &Value<'_>| match value.get_ref() {
        DeValue::Boolean(yes) => yes.to_string(),
        DeValue::String(text) => text.to_string(),
        DeValue::Array(items) => {
            items.iter().filter_map(|i| i.get_ref().as_str()).collect::<Vec<_>>().join("|")
        }
        _ => "…".to_owned(),
    };
    when.iter().map(|(key, value)| format!("{}={}", key.get_ref(), one(value))).collect::<Vec<_>>().join(",")
}

fn text_of(table: &DeTable<'_>, key: &str) -> Option<String> {
    Some(table.get(key)?.get_ref().as_str()?.to_owned())
}

fn known(value: &Value<'_>, path: &str) -> Option<&'static List> {
    let items = value.get_ref().as_array().filter(|items| !items.is_empty())?;
    let tables = items.iter().all(|i| i.get_ref().is_table());
    tables.then(|| list_of(path, &items.iter().collect::<Vec<_>>())).flatten()
}

/// What a table says of itself.
fn said(table: &DeTable<'_>) -> Option<(String, String)> {
    text_of(table, "source").zip(text_of(table, "status"))
}

fn collect(table: &DeTable<'_>, path: &Path, all: &mut Stands) {
    all.extend(said(table).map(|said| (path.shown.clone(), said)));
    for (key, value) in table {
        let inner = path.key(key.get_ref());
        match value.get_ref() {
            DeValue::Table(stands) if key.get_ref() == STANDS => {
                all.extend(said(stands).map(|said| (path.shown.clone(), said)));
                // Of single keys.
                for (key, value) in stands {
                    let said = value.get_ref().as_table().and_then(said);
                    all.extend(said.map(|said| (path.key(key.get_ref()).shown, said)));
                }
            }
            DeValue::Table(table) => collect(table, &inner, all),
            DeValue::Array(items) => {
                let Some(by) = known(value, &inner.plain) else { continue };
                for entry in items.iter().filter_map(|i| i.get_ref().as_table()) {
                    collect(entry, &inner.entry(&name(entry, by)), all);
                }
            }
            _ => {}
        }
    }
}

/// Where a table cannot say its own source, since a list of that name is in it; and where it says that of
/// single keys.
const STANDS: &str = "stands";

struct Listing<'a> {
    layers: &'a Layers,
    writer: Writer<'a>,
    /// Of each layer, the upper ones first.
    stands: Vec<Stands>,
    all: Vec<Entry>,
}

impl Listing<'_> {
    fn table(&mut self, table: &DeTable<'_>, path: &Path, skip: &[&str]) {
        let said =
            |key: &str, value: &Value<'_>| matches!(key, "source" | "status") && value.get_ref().is_str();
        for (key, value) in self.writer.ordered(table, &path.plain) {
            if skip.contains(&key) || said(key, value) || key == STANDS {
                continue;
            }
            self.value(key, value, &path.key(key));
        }
    }

    fn value(&mut self, key: &str, value: &Value<'_>, path: &Path) {
        match (value.get_ref(), known(value, &path.plain)) {
            (DeValue::Array(items), Some(by)) => {
                for item in items {
                    let Some(entry) = item.get_ref().as_table() else { continue };
                    let inner = path.entry(&name(entry, by));
                    // A word is one value: its names belong together.
                    if by.keys == ["code"] {
                        self.leaf(item, &inner);
                    } else {
                        self.table(entry, &inner, by.keys);
                    }
                }
            }
            (DeValue::Table(table), _) if table.len() > 1 && key != "when" => self.table(table, path, &[]),
            (DeValue::Table(table), _) if !self.layers.braced(value) => self.table(table, path, &[]),
            _ => self.leaf(value, path),
        }
    }

    fn leaf(&mut self, value: &Value<'_>, path: &Path) {
        let at = value.span().start;
        let Some(place) = self.layers.layers.iter().rposition(|l| l.start <= at) else { return };
        let (_, line) = self.layers.place(at);
        let (source, status) = self.stands_on(place, &path.shown);
        self.all.push(Entry {
            path: path.shown.clone(),
            value: self.writer.inline(value, &path.plain),
            binds: Binds::of(&path.plain, value.get_ref().as_str()),
            layer: self.layers.layers[place].name.clone(),
            line,
            source,
            status,
        });
    }

    /// What the layer itself says of the nearest table around a path; a layer below, where it says nothing.
    fn stands_on(&self, place: usize, path: &str) -> (String, String) {
        for layer in self.stands.iter().skip(place) {
            let nearest = layer.iter().filter(|(table, _)| {
                path.strip_prefix(table.as_str()).is_some_and(|rest| rest.starts_with('.') || rest.is_empty())
            });
            if let Some((_, said)) = nearest.max_by_key(|(table, _)| table.len()) {
                return said.clone();
            }
        }
        Default::default()
    }
}
