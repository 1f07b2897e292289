//! The map file: TOML, read so that every fault is named by line and key with what is accepted.
//! The format is described in `docs/import.md`.

use super::map::{Choice, ColumnRef, Encoding, Map, PlaceRule, PointRule, Source, Taken, TextField};
use super::times::{DateOnly, Dst, TimeField, TimeRule, probe};
use super::toml_walk::{At, Document, Walk};
use compact_str::CompactString;
use huying_core::fault::Fault;
use huying_core::ids::SystemId;
use huying_core::observation::{Datum, Satisfied, Solved, Standing};
use jiff::tz::TimeZone;
use toml::de::DeTable;

impl Map {
    /// Reads a map; `file` is its name for faults. The error holds every fault.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let doc = Document::new(file, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let line = error.span().map_or(0, |span| doc.line_of(span.start));
            doc.fault(line, "", format!("not TOML: {}", error.message()), "TOML 1.0");
        }
        if !errors.is_empty() {
            // What a broken file lacks says nothing of what its author meant.
            return Err(doc.into_faults());
        }
        let map = read(&Walk::root(&doc, table.get_ref()));
        let faults = doc.into_faults();
        match map {
            Some(map) if faults.is_empty() => Ok(map),
            _ => Err(faults),
        }
    }
}

/// The settings that several tables need.
struct Common {
    zone: TimeZone,
    dst: Dst,
}

fn read(root: &Walk<'_, '_>) -> Option<Map> {
    let system = system(root);
    let zone = zone(root);
    let dst = word(root, "dst", &Dst::ALL, Some(Dst::Compatible));
    let encoding = word(root, "encoding", &Encoding::ALL, Some(Encoding::Utf8));
    let delimiter = delimiter(root);
    let blank =
        root.texts("blank").map_or_else(Vec::new, |list| list.value.into_iter().map(|at| at.value).collect());
    let id = required(root, "id").and_then(|table| {
        let column = column(&table, "column");
        table.finish();
        column
    });
    // Faults of the tables are worth naming even where the settings above are at fault.
    let common = Common { zone: zone.clone().unwrap_or(TimeZone::UTC), dst: dst.unwrap_or(Dst::Compatible) };
    let times = times(root, &common);
    let (matter, unit) = (name(root, "matter"), name(root, "unit"));
    let (place, point) = (place(root), point(root));
    let channel = words(root, "channel");
    let request_type = words(root, "request_type");
    let status = choice(root, "status", &Standing::ALL);
    let solved = choice(root, "solved", &Solved::ALL);
    let satisfied = choice(root, "satisfied", &Satisfied::ALL);
    let excluded = choice(root, "excluded", &[("yes", true), ("no", false)]);
    let texts = texts(root);
    root.finish();
    Some(Map {
        file: root.doc.file.to_owned(),
        system: system?,
        zone: zone?,
        dst: dst?,
        encoding: encoding?,
        delimiter: delimiter?,
        blank,
        id: id?,
        times,
        matter,
        unit,
        place,
        point,
        channel,
        request_type,
        status,
        solved,
        satisfied,
        excluded,
        texts,
    })
}

fn required<'a, 'd>(root: &Walk<'a, 'd>, key: &'static str) -> Option<Walk<'a, 'd>> {
    let table = root.table(key);
    if table.is_none() {
        root.doc.fault(0, key, "is missing", format!("a table [{key}] with column = \"…\""));
    }
    table
}

fn missing<T>(walk: &Walk<'_, '_>, key: &'static str, accepted: &str) -> Option<T> {
    walk.doc.fault(walk.line, &walk.key(key), "is missing", accepted);
    None
}

fn system(root: &Walk<'_, '_>) -> Option<SystemId> {
    let accepted = "a short name of the exporting system, such as \"nyc311\"";
    let Some(text) = root.text("system") else { return missing(root, "system", accepted) };
    match SystemId::new(&text.value) {
        Ok(id) => Some(id),
        Err(fault) => {
            root.doc.fault(text.line, "system", fault.to_string(), accepted);
            None
        }
    }
}

fn zone(root: &Walk<'_, '_>) -> Option<TimeZone> {
    let accepted = "a zone of the IANA database, such as \"Asia/Shanghai\"";
    let Some(text) = root.text("zone") else { return missing(root, "zone", accepted) };
    let zone = TimeZone::get(&text.value).ok();
    if zone.is_none() {
        root.doc.fault(text.line, "zone", format!("`{}` is not a known time zone", text.value), accepted);
    }
    zone
}

fn delimiter(root: &Walk<'_, '_>) -> Option<u8> {
    let Some(text) = root.text("delimiter") else { return Some(b',') };
    match text.value.as_bytes() {
        [one] if one.is_ascii() && !matches!(one, b'"' | b'\n' | b'\r') => Some(*one),
        _ => {
            let problem = format!("`{}` cannot delimit fields", text.value);
            root.doc.fault(
                text.line,
                "delimiter",
                problem,
                "one ASCII character, such as \",\" \";\" or \"\\t\"",
            );
            None
        }
    }
}

/// A key whose value is one of a list of words. `default` stands when the key is absent.
fn word<T: Copy>(walk: &Walk<'_, '_>, key: &'static str, all: &[(&str, T)], default: Option<T>) -> Option<T> {
    let Some(text) = walk.text(key) else { return default };
    let found = find(all, &text.value);
    if found.is_none() {
        walk.doc.fault(text.line, &walk.key(key), format!("`{}` is not known", text.value), list(all));
    }
    found
}

fn find<T: Copy>(all: &[(&str, T)], word: &str) -> Option<T> {
    all.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

fn list<T>(all: &[(&str, T)]) -> String {
    all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn column_at(walk: &Walk<'_, '_>, key: &str, at: &At<String>) -> ColumnRef {
    ColumnRef { name: at.value.trim().to_owned(), key: walk.key(key), line: at.line, index: usize::MAX }
}

fn column(walk: &Walk<'_, '_>, key: &'static str) -> Option<ColumnRef> {
    match walk.text(key) {
        Some(text) => Some(column_at(walk, key, &text)),
        None => missing(walk, key, "the name of a column of the export"),
    }
}

/// `column = "…"` or `constant = "…"`, one of them.
fn source(walk: &Walk<'_, '_>) -> Option<Source> {
    match (walk.text("column"), walk.text("constant")) {
        (Some(text), None) => Some(Source::Column(column_at(walk, "column", &text))),
        (None, Some(text)) if !text.value.trim().is_empty() => {
            Some(Source::Constant(text.value.trim().to_owned()))
        }
        (Some(_), Some(text)) => {
            walk.doc.fault(text.line, walk.path(), "has both `column` and `constant`", "one of them");
            None
        }
        _ => missing(walk, "column", "column = \"…\", or constant = \"…\" for the same value in every row"),
    }
}

fn name(root: &Walk<'_, '_>, key: &'static str) -> Option<Source> {
    let table = root.table(key)?;
    let source = source(&table);
    table.finish();
    source
}

fn times(root: &Walk<'_, '_>, common: &Common) -> Vec<(TimeField, TimeRule)> {
    let mut times = Vec::new();
    for (key, field) in TimeField::ALL {
        let table = if field == TimeField::Opened { required(root, key) } else { root.table(key) };
        if let Some(rule) = table.and_then(|table| time(&table, common)) {
            times.push((field, rule));
        }
    }
    times
}

fn time(walk: &Walk<'_, '_>, common: &Common) -> Option<TimeRule> {
    let column = column(walk, "column");
    let formats = formats(walk);
    let date_only = word(walk, "date_only", &DateOnly::ALL, None);
    if formats.as_ref().is_some_and(|(_, bare)| *bare) && date_only.is_none() {
        let problem = "is missing, though a format has no time of day";
        walk.doc.fault(walk.line, &walk.key("date_only"), problem, list(&DateOnly::ALL));
    }
    let dst = word(walk, "dst", &Dst::ALL, Some(common.dst));
    walk.finish();
    let formats = formats?.0;
    let date_only = date_only.unwrap_or(DateOnly::Reject);
    Some(TimeRule { column: column?, formats, date_only, zone: common.zone.clone(), dst: dst? })
}

/// The formats, and whether one of them has no time of day.
fn formats(walk: &Walk<'_, '_>) -> Option<(Vec<String>, bool)> {
    let accepted = "formats of strptime, such as [\"%Y-%m-%d %H:%M:%S\"]";
    let Some(texts) = walk.texts("formats") else { return missing(walk, "formats", accepted) };
    let (mut formats, mut bare) = (Vec::new(), false);
    for format in texts.value {
        match probe(&format.value) {
            Ok(has_time) => {
                bare |= !has_time;
                formats.push(format.value);
            }
            Err(fault) => {
                let problem = format!("`{}` is no format: {fault}", format.value);
                walk.doc.fault(format.line, &walk.key("formats"), problem, accepted);
            }
        }
    }
    if formats.is_empty() { None } else { Some((formats, bare)) }
}

fn place(root: &Walk<'_, '_>) -> Option<PlaceRule> {
    let table = root.table("place")?;
    let columns = table.texts("columns");
    let rule = match columns {
        Some(columns) => {
            let levels = columns
                .value
                .into_iter()
                .map(|at| Source::Column(column_at(&table, "columns", &at)))
                .collect();
            Some(PlaceRule { levels })
        }
        None => source(&table).map(|source| PlaceRule { levels: vec![source] }),
    };
    table.finish();
    rule
}

fn point(root: &Walk<'_, '_>) -> Option<PointRule> {
    let table = root.table("point")?;
    let (lon, lat) = (column(&table, "lon"), column(&table, "lat"));
    let datum = word(&table, "datum", &Datum::ALL, None);
    if datum.is_none() && table.text("datum").is_none() {
        let none: Option<()> = missing(&table, "datum", &list(&Datum::ALL));
        debug_assert!(none.is_none());
    }
    let decimal = word(&table, "decimal", &[(".", '.'), (",", ',')], Some('.'));
    table.finish();
    Some(PointRule { lon: lon?, lat: lat?, datum: datum?, decimal: decimal? })
}

/// A table of values with a closed list of meanings; `none` means that nothing is said.
fn choice<T: Copy>(root: &Walk<'_, '_>, key: &'static str, all: &[(&str, T)]) -> Option<Choice<T>> {
    let table = root.table(key)?;
    let source = source(&table);
    let accepted = format!("{}, none", list(all));
    let meaning = |text: &str| {
        if text == "none" { Some(Taken::Blank) } else { find(all, text).map(Taken::As) }
    };
    let mut values = Vec::new();
    match table.pairs("values") {
        Some(pairs) => {
            for At { value: (raw, text), line } in pairs.value {
                match meaning(&text) {
                    Some(taken) => values.push((raw, taken)),
                    None => {
                        let problem = format!("`{raw}` = `{text}` is not known");
                        table.doc.fault(line, &table.key("values"), problem, accepted.as_str());
                    }
                }
            }
        }
        None => {
            return missing(
                &table,
                "values",
                &format!("a table of the export's values, each to one of: {accepted}"),
            );
        }
    }
    let other = table.text("other").and_then(|text| {
        let taken = meaning(&text.value);
        if taken.is_none() {
            let problem = format!("`{}` is not known", text.value);
            table.doc.fault(text.line, &table.key("other"), problem, accepted.as_str());
        }
        taken
    });
    table.finish();
    Some(Choice { source: source?, values, other, keep_other: false })
}

/// A channel or request type: any word; values outside the table are kept as they are, unless `other`
/// rejects them.
fn words(root: &Walk<'_, '_>, key: &'static str) -> Option<Choice<CompactString>> {
    let table = root.table(key)?;
    let source = source(&table);
    let pairs = table.pairs("values").map_or_else(Vec::new, |pairs| pairs.value);
    let values = pairs.into_iter().map(|At { value: (raw, text), .. }| {
        let taken = if text == "none" { Taken::Blank } else { Taken::As(CompactString::from(text)) };
        (raw, taken)
    });
    let values = values.collect();
    let keep_other = word(&table, "other", &[("keep", true), ("reject", false)], Some(true));
    table.finish();
    Some(Choice { source: source?, values, other: None, keep_other: keep_other? })
}

fn texts(root: &Walk<'_, '_>) -> Vec<(TextField, Vec<ColumnRef>)> {
    let mut all = Vec::new();
    for (key, field) in TextField::ALL {
        let Some(table) = root.table(key) else { continue };
        let names = match (table.text("column"), table.texts("columns")) {
            (Some(one), None) => vec![one],
            (None, Some(several)) => several.value,
            (Some(one), Some(_)) => {
                table.doc.fault(one.line, table.path(), "has both `column` and `columns`", "one of them");
                continue;
            }
            (None, None) => {
                let _: Option<()> =
                    missing(&table, "column", "the name of a column, or columns = [\"…\", \"…\"]");
                continue;
            }
        };
        table.finish();
        all.push((field, names.into_iter().map(|at| column_at(&table, "column", &at)).collect()));
    }
    all
}
