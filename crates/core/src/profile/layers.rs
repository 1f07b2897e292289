//! A profile that stands on another one: finding the layers, and laying the upper ones over the lower.
//!
//! `[profile] on = "base"` names a profile that ships. What the upper layer writes under a header is merged
//! by key; what it writes in braces or brackets is one value and replaces the one below; a list whose
//! entries have an identity (`id`, `code`, or what [`LISTS`] says) is merged entry by entry. Each value
//! keeps the place where it was written: the layers' texts lie one behind the other in one *book*, and a
//! place in the book is a layer, a file and a line. Next: `read.rs` for what the merged tables mean,
//! `flat.rs` for the way back to one text.

use crate::fault::Fault;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// A value and where in the book it is written.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// Gives the text of the profile of a name.
pub type Find<'a> = &'a dyn Fn(&str) -> Option<String>;

/// So many profiles may stand on one another; more is a circle.
const MOST: usize = 8;

/// A list whose entries are known by something else than `id` or `code`, or where the first that fits counts.
pub(super) struct List {
    path: &'static str,
    pub(super) keys: &'static [&'static str],
    /// A key whose lack is part of the identity: a limit that is not said is the catalogue's, another rule.
    pub(super) lack: Option<&'static str>,
    /// Whether a new entry that stands before no known one goes to the front, so that it fits first.
    first_fits: bool,
}

const LISTS: [List; 12] = [
    List { path: "procedure.issues", keys: &["when"], lack: None, first_fits: true },
    List { path: "notices.text", keys: &["kind"], lack: None, first_fits: false },
    List { path: "task.every", keys: &["mode"], lack: None, first_fits: false },
    List { path: "mode.declare", keys: &["level"], lack: None, first_fits: false },
    List { path: "system.owes", keys: &["label"], lack: None, first_fits: false },
    List { path: "procedure.opens", keys: &["on", "thread", "when"], lack: None, first_fits: false },
    List { path: "procedure.pauses", keys: &["during"], lack: None, first_fits: false },
    List { path: "duplicate", keys: &["when"], lack: None, first_fits: true },
    List { path: "procedure", keys: &["id"], lack: None, first_fits: true },
    List { path: "procedure.limit", keys: &["stage", "when"], lack: Some("limit"), first_fits: true },
    List { path: "privacy.retention", keys: &["class"], lack: None, first_fits: true },
    List { path: "separate", keys: &["deeds"], lack: None, first_fits: false },
];

/// Any other list whose entries all have one of these keys is known by it.
const BY_ID: List = List { path: "", keys: &["id"], lack: None, first_fits: false };
const BY_CODE: List = List { path: "", keys: &["code"], lack: None, first_fits: false };

/// One layer, and where in the book it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layer {
    /// The name it ships under, or its file's.
    pub(super) name: String,
    /// The file faults are named by.
    pub(super) file: String,
    /// Where its text begins.
    pub(super) start: usize,
}

/// The layers of a profile, the upper ones first.
#[derive(Debug)]
pub(super) struct Layers {
    /// Their texts, one behind the other.
    pub(super) book: String,
    pub(super) layers: Vec<Layer>,
    /// Each text again, behind so many line ends that its places are those of the book.
    padded: Vec<String>,
}

impl Layers {
    /// Follows `on` down to the profile that stands on none.
    pub(super) fn gather(file: &str, text: &str, find: Find<'_>, faults: &mut Vec<Fault>) -> Layers {
        let mut stack = Layers { book: String::new(), layers: Vec::new(), padded: Vec::new() };
        stack.push(file, file.to_owned(), text);
        while let Some((name, at)) = stack.below() {
            let field = "profile.on";
            if stack.layers.len() == MOST || stack.layers.iter().any(|l| l.name == name) {
                let problem = format!("`{name}` stands on itself");
                stack.fault(faults, at, field, problem, format!("up to {MOST} layers, each once"));
                break;
            }
            let Some(text) = find(&name) else {
                let shipped = super::SHIPPED.map(|(name, _)| name).join(", ");
                stack.fault(faults, at, field, format!("no profile `{name}` ships"), shipped);
                break;
            };
            stack.push(&name, format!("profiles/{name}.toml"), &text);
        }
        stack
    }

    fn push(&mut self, name: &str, file: String, text: &str) {
        let start = self.book.len();
        self.layers.push(Layer { name: name.to_owned(), file, start });
        self.padded.push(format!("{}{text}", "\n".repeat(start)));
        self.book.push_str(text);
        self.book.push('\n');
    }

    /// What the lowest layer says it stands on.
    fn below(&self) -> Option<(String, usize)> {
        Layers::stands_on(self.padded.last()?)
    }

    /// What a text says it stands on, and where it says so.
    pub(super) fn stands_on(text: &str) -> Option<(String, usize)> {
        let (table, _) = DeTable::parse_recoverable(text);
        let on = table.get_ref().get("profile")?.get_ref().as_table()?.get("on")?;
        Some((on.get_ref().as_str()?.to_owned(), on.span().start))
    }

    /// The layer in which a place of the book lies.
    pub(super) fn layer(&self, at: usize) -> Option<&Layer> {
        self.layers.iter().rev().find(|l| l.start <= at)
    }

    /// The file and line of a place of the book.
    pub(super) fn place(&self, at: usize) -> (&str, u32) {
        let Some(layer) = self.layer(at) else { return ("", 0) };
        let text = self.book.get(layer.start..at).unwrap_or_default();
        let line = text.bytes().filter(|b| *b == b'\n').count() + 1;
        (&layer.file, u32::try_from(line).unwrap_or(u32::MAX))
    }

    /// An error at a place of the book.
    pub(super) fn fault(
        &self,
        faults: &mut Vec<Fault>,
        at: usize,
        field: &str,
        problem: impl Into<String>,
        accepted: impl Into<String>,
    ) {
        let (file, line) = self.place(at);
        faults.push(Fault::error(file, line, field, problem, accepted));
    }

    /// Each layer's own tables; none when one of them is not TOML.
    pub(super) fn tables(&self, faults: &mut Vec<Fault>) -> Option<Vec<DeTable<'_>>> {
        let mut tables = Vec::new();
        for (layer, text) in self.layers.iter().zip(&self.padded) {
            let (table, errors) = DeTable::parse_recoverable(text);
            for e in &errors {
                let at = e.span().map_or(layer.start, |s| s.start);
                self.fault(faults, at, "", e.message(), "TOML 1.0");
            }
            tables.push(table.into_inner());
            if !errors.is_empty() {
                return None;
            }
        }
        Some(tables)
    }

    /// The layers as one. Nothing when one of them is not TOML.
    pub(super) fn merged(&self, faults: &mut Vec<Fault>) -> Option<DeTable<'_>> {
        let mut merged = DeTable::new();
        for mut table in self.tables(faults)?.into_iter().rev() {
            let mut laying = Laying { layers: self, faults };
            laying.cut(&mut merged, &mut table);
            merged = laying.over(merged, table, "", 0);
        }
        Some(merged)
    }

    /// Whether what is written at this place is in braces: one value, not a table of its own.
    pub(super) fn braced(&self, value: &Value<'_>) -> bool {
        self.book.as_bytes().get(value.span().start) == Some(&b'{')
    }
}

/// One layer on its way over those below.
struct Laying<'a> {
    layers: &'a Layers,
    faults: &'a mut Vec<Fault>,
}

impl Laying<'_> {
    /// Takes `on` and `without` out of a layer, and what `without` names out of those below.
    fn cut(&mut self, below: &mut DeTable<'_>, above: &mut DeTable<'_>) {
        let Some(DeValue::Table(head)) = above.get_mut("profile").map(Spanned::get_mut) else { return };
        head.remove("on");
        let Some(without) = head.remove("without") else { return };
        let field = "profile.without";
        let accepted = "paths such as \"ladder\", \"whistle.key-task\" or \"procedure.hotline.limit\"";
        let Some(paths) = without.get_ref().as_array() else {
            self.layers.fault(self.faults, without.span().start, field, "no list stands here", accepted);
            return;
        };
        for path in paths {
            let text = path.get_ref().as_str().unwrap_or_default();
            let steps: Vec<&str> = text.split('.').collect();
            if !cut(below, &steps, "") {
                let problem = format!("`{text}` is nothing that stands in the profile below");
                self.layers.fault(self.faults, path.span().start, field, problem, accepted);
            }
        }
    }

    fn over<'t>(&mut self, mut below: DeTable<'t>, above: DeTable<'t>, path: &str, at: usize) -> DeTable<'t> {
        self.sourced(&below, &above, path, at);
        for (key, value) in above {
            let inner = join(path, key.get_ref());
            let value = match below.remove_entry(key.get_ref().as_ref()) {
                Some((_, old)) => self.one(old, value, &inner),
                None => value,
            };
            below.insert(key, value);
        }
        below
    }

    fn one<'t>(&mut self, below: Value<'t>, above: Value<'t>, path: &str) -> Value<'t> {
        let (braced, span) = (self.layers.braced(&above), above.span());
        let value = match (below.into_inner(), above.into_inner()) {
            (DeValue::Table(below), DeValue::Table(above)) if !braced => {
                DeValue::Table(self.over(below, above, path, span.start))
            }
            (DeValue::Array(below), DeValue::Array(above)) => match known_by(path, &below, &above) {
                Some(by) => DeValue::Array(self.list(below, above, path, by)),
                None => DeValue::Array(above),
            },
            (_, above) => above,
        };
        Spanned::new(span, value)
    }

    /// Entries that both have are merged where they stand below; a new one stands before the next entry that
    /// both have, and where there is none at the end, or at the front of a list whose first that fits counts.
    fn list<'t>(&mut self, below: DeArray<'t>, above: DeArray<'t>, path: &str, by: &List) -> DeArray<'t> {
        let mut all: Vec<Value<'t>> = below.into_iter().collect();
        let mut at = if by.first_fits { 0 } else { all.len() };
        let mut seen: Vec<Value<'t>> = Vec::new();
        for entry in above.into_iter().rev() {
            if seen.iter().any(|other| same(other, &entry, by)) {
                let problem = format!("two entries with the same {}", by.keys.join(" and "));
                self.layers.fault(self.faults, entry.span().start, path, problem, "each once");
            }
            seen.push(entry.clone());
            match all.iter().position(|other| same(other, &entry, by)) {
                Some(i) => {
                    let old = all.remove(i);
                    all.insert(i, self.entry(old, entry, path));
                    at = i;
                }
                None => all.insert(at, entry),
            }
        }
        all.into_iter().collect()
    }

    /// An entry of a list is merged by key however it is written.
    fn entry<'t>(&mut self, below: Value<'t>, above: Value<'t>, path: &str) -> Value<'t> {
        let span = above.span();
        let value = match (below.into_inner(), above.into_inner()) {
            (DeValue::Table(below), DeValue::Table(above)) => {
                DeValue::Table(self.over(below, above, path, span.start))
            }
            (_, above) => above,
        };
        Spanned::new(span, value)
    }

    /// Whoever changes a value says where the new one stands.
    fn sourced(&mut self, below: &DeTable<'_>, above: &DeTable<'_>, path: &str, at: usize) {
        if !below.contains_key("source") || !below.contains_key("status") || path == "words" {
            return;
        }
        let ids = [
            "id", "code", "class", "deeds", "stage", "when", "on", "thread", "during", "kind", "mode",
            "level", "label",
        ];
        let own = |(key, value): (&Spanned<_>, &Value<'_>)| {
            let key: &std::borrow::Cow<'_, str> = key.get_ref();
            let lone =
                !ids.contains(&key.as_ref()) || below.get(key.as_ref()).is_none_or(|old| !equal(old, value));
            lone && match value.get_ref() {
                DeValue::Table(_) => self.layers.braced(value),
                DeValue::Array(items) => {
                    items.iter().any(|i| !i.get_ref().is_table() || self.layers.braced(i))
                }
                _ => true,
            }
        };
        let lacks = !above.contains_key("source") || !above.contains_key("status");
        if lacks && above.iter().any(own) {
            let problem = "values are changed, and nothing says where the new ones stand";
            self.layers.fault(self.faults, at, path, problem, "`source` and `status` beside them");
        }
    }
}

/// By what the entries of two lists are known; none where a list has no such entries and is replaced. An
/// empty list always replaces.
fn known_by(path: &str, below: &DeArray<'_>, above: &DeArray<'_>) -> Option<&'static List> {
    if above.is_empty() || !below.iter().chain(above).all(|v| v.get_ref().is_table()) {
        return None;
    }
    list_of(path, &below.iter().chain(above).collect::<Vec<_>>())
}

/// By what the entries of a list are known.
pub(super) fn list_of(path: &str, items: &[&Value<'_>]) -> Option<&'static List> {
    let all = |key: &str| items.iter().all(|v| v.get_ref().as_table().is_some_and(|t| t.contains_key(key)));
    let plain = || [&BY_ID, &BY_CODE].into_iter().find(|by| by.keys.iter().all(|key| all(key)));
    LISTS.iter().find(|l| l.path == path).or_else(plain)
}

fn same(one: &Value<'_>, other: &Value<'_>, by: &List) -> bool {
    let (Some(one), Some(other)) = (one.get_ref().as_table(), other.get_ref().as_table()) else {
        return false;
    };
    let keys = by.keys.iter().all(|key| match (one.get(*key), other.get(*key)) {
        (Some(one), Some(other)) => equal(one, other),
        (one, other) => one.is_none() && other.is_none(),
    });
    keys && by.lack.is_none_or(|key| one.contains_key(key) == other.contains_key(key))
}

/// Whether two values say the same, wherever they are written.
pub(super) fn equal(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one.get_ref(), other.get_ref()) {
        (DeValue::String(a), DeValue::String(b)) => a == b,
        (DeValue::Integer(a), DeValue::Integer(b)) => (a.as_str(), a.radix()) == (b.as_str(), b.radix()),
        (DeValue::Float(a), DeValue::Float(b)) => a.as_str() == b.as_str(),
        (DeValue::Boolean(a), DeValue::Boolean(b)) => a == b,
        (DeValue::Datetime(a), DeValue::Datetime(b)) => a == b,
        (DeValue::Array(a), DeValue::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (DeValue::Table(a), DeValue::Table(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && equal(a, b))
        }
        _ => false,
    }
}

/// Takes out what a path names, and says whether there was anything.
fn cut<'t>(table: &mut DeTable<'t>, steps: &[&str], path: &str) -> bool {
    let [key, rest @ ..] = steps else { return false };
    if rest.is_empty() {
        return table.remove(*key).is_some();
    }
    let inner = join(path, key);
    match table.get_mut(*key).map(Spanned::get_mut) {
        Some(DeValue::Table(table)) => cut(table, rest, &inner),
        Some(DeValue::Array(items)) => cut_entry(items, rest, &inner),
        _ => false,
    }
}

fn cut_entry<'t>(items: &mut DeArray<'t>, steps: &[&str], path: &str) -> bool {
    let ([id, rest @ ..], Some(by)) = (steps, list_of(path, &items.iter().collect::<Vec<_>>())) else {
        return false;
    };
    let meant = |v: &Value<'_>| {
        let written = v.get_ref().as_table().and_then(|t| t.get(by.keys[0]));
        written.and_then(|v| v.get_ref().as_str()) == Some(id)
    };
    if !rest.is_empty() {
        let entries = items.iter_mut().filter(|v| meant(v));
        let tables = entries.filter_map(|v| match v.get_mut() {
            DeValue::Table(table) => Some(table),
            _ => None,
        });
        // From each of them, not only from the first that has it.
        return tables.filter_map(|table| cut(table, rest, path).then_some(())).count() > 0;
    }
    let before = items.len();
    *items = std::mem::replace(items, DeArray::new()).into_iter().filter(|v| !meant(v)).collect();
    items.len() < before
}

/// A path and one step more.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
