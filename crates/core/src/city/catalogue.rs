//! The files of `catalogue/`: editions, kinds, request types, majors, matters and limits, with every fault.
//!
//! Whether a limit is well written is asked of [`Outside`]; what it means is `clock.rs`.

use super::folder::Folder;
use super::manifest::twice;
use super::outside::Outside;
use super::sheet::{Column, Row, Sheet};
use super::toml_file::{Node, TomlText, WORD, is_word};
use crate::catalogue::{
    Catalogue, CatalogueBook, CatalogueEdition, Circumstance, Major, Matter, MatterKind, RequestType,
    StageLimit, Standing,
};
use crate::fault::Fault;
use crate::ids::MatterCode;
use crate::unit::{Lines, fits};
use compact_str::CompactString;
use std::collections::HashMap;

/// The file of editions, kinds, request types and stages.
pub(super) const FILE: &str = "catalogue/catalogue.toml";
/// The file of major classes.
pub(super) const MAJORS: &str = "catalogue/majors.csv";
/// The file of matters.
pub(super) const MATTERS: &str = "catalogue/matters.csv";
/// The file of limits.
pub(super) const LIMITS: &str = "catalogue/limits.csv";

const MAJOR_COLUMNS: &[Column] =
    &[Column("kind", true), Column("code", true), Column("name", true), Column("name_en", false)];
const MATTER_COLUMNS: &[Column] = &[
    Column("kind", true),
    Column("code", true),
    Column("name", true),
    Column("name_en", false),
    Column("requests", false),
    Column("open_when", false),
    Column("close_when", false),
    Column("in_use", false),
];
const LIMIT_COLUMNS: &[Column] = &[
    Column("matters", true),
    Column("request", false),
    Column("stage", true),
    Column("when", false),
    Column("limit", true),
    Column("close_when", false),
    Column("source", false),
    Column("standing", true),
];

/// Reads the folder's catalogue; a folder without one has no matters.
pub(super) fn read(folder: &Folder, outside: &Outside<'_>, faults: &mut Vec<Fault>) -> Catalogue {
    let mut book = CatalogueBook::default();
    let tables = [MAJORS, MATTERS, LIMITS].iter().any(|f| folder.get(f).is_some());
    if let Some(text) = TomlText::read(folder, FILE, tables, faults) {
        let table = text.parse(faults);
        head(&text.node(&table, "", 1), &mut book, faults);
    }
    let sheet = Sheet::read(folder, MAJORS, MAJOR_COLUMNS, false, faults);
    book.majors = sheet.rows().filter_map(|row| major(row, &book, faults)).collect();
    check_twice(&sheet, &["kind", "code"], faults);
    let sheet = Sheet::read(folder, MATTERS, MATTER_COLUMNS, false, faults);
    let majors: HashMap<(CompactString, CompactString), ()> =
        book.majors.iter().map(|m| ((m.kind.clone(), m.code.clone()), ())).collect();
    book.matters = sheet.rows().filter_map(|row| matter(row, &book, &majors, faults)).collect();
    check_twice(&sheet, &["kind", "code"], faults);
    let sheet = Sheet::read(folder, LIMITS, LIMIT_COLUMNS, false, faults);
    book.limits = sheet.rows().filter_map(|row| limit(row, &book, outside, faults)).collect();
    check_twice(&sheet, &["matters", "request", "stage", "when"], faults);
    Catalogue::new(book)
}

fn head(root: &Node<'_>, book: &mut CatalogueBook, faults: &mut Vec<Fault>) {
    root.only(&["stages", "edition", "kind", "request", "circumstance"], faults);
    for stage in root.texts("stages", faults) {
        if !is_word(&stage) {
            faults.push(root.error("stages", format!("`{stage}` is no word"), WORD));
        }
        book.stages.push(stage.into());
    }
    let nodes = root.tables("edition", faults);
    for node in &nodes {
        node.only(&["id", "standard_ref", "from", "note"], faults);
        book.editions.push(CatalogueEdition {
            id: node.word("id", faults).into(),
            standard_ref: node.must("standard_ref", "the standard's number, or what the table is", faults),
            from: node.date("from", faults),
            note: node.text("note", faults).unwrap_or_default(),
        });
    }
    twice(&nodes, &book.editions.iter().map(|e| e.id.to_string()).collect::<Vec<_>>(), faults);
    let nodes = root.tables("kind", faults);
    for node in &nodes {
        let kind = kind(node, book, faults);
        book.kinds.push(kind);
    }
    twice(&nodes, &book.kinds.iter().map(|k| k.id.to_string()).collect::<Vec<_>>(), faults);
    let types = named(root, "request", "the type's name", faults);
    book.requests = types.map(|(id, name, name_en)| RequestType { id, name, name_en }).collect();
    let met = named(root, "circumstance", "the circumstance's name", faults);
    book.circumstances = met.map(|(id, name, name_en)| Circumstance { id, name, name_en }).collect();
}

/// The words of a table that have nothing but their names: id, name, name in English.
fn named(
    root: &Node<'_>,
    table: &str,
    what: &str,
    faults: &mut Vec<Fault>,
) -> impl Iterator<Item = (CompactString, String, String)> {
    let nodes = root.tables(table, faults);
    let mut found: Vec<(CompactString, String, String)> = Vec::new();
    for node in &nodes {
        node.only(&["id", "name", "name_en"], faults);
        let (id, name) = (node.word("id", faults).into(), node.must("name", what, faults));
        found.push((id, name, node.text("name_en", faults).unwrap_or_default()));
    }
    twice(&nodes, &found.iter().map(|(id, ..)| id.to_string()).collect::<Vec<_>>(), faults);
    found.into_iter()
}

fn kind(node: &Node<'_>, book: &CatalogueBook, faults: &mut Vec<Fault>) -> MatterKind {
    node.only(&["id", "name", "name_en", "edition", "width", "major_width"], faults);
    let edition = node.must("edition", "the id of an [[edition]]", faults);
    if !edition.is_empty() && !book.editions.iter().any(|e| e.id == edition) {
        let words: Vec<&str> = book.editions.iter().map(|e| e.id.as_str()).collect();
        faults.push(node.error("edition", format!("`{edition}` is no edition"), words.join(", ")));
    }
    for key in ["width", "major_width"] {
        if !node.has(key) {
            faults.push(node.error(key, "the key is missing", "a whole number of characters"));
        }
    }
    let width = node.number("width", 1, 32, faults).unwrap_or(1);
    MatterKind {
        id: node.word("id", faults).into(),
        name: node.must("name", "the kind's name", faults),
        name_en: node.text("name_en", faults).unwrap_or_default(),
        edition: edition.into(),
        width: width as u8,
        major_width: node.number("major_width", 0, width, faults).unwrap_or(0) as u8,
    }
}

/// The kind and the code of a row, the code having the width that `width` reads off the kind.
fn coded<'b>(
    row: Row<'_>,
    book: &'b CatalogueBook,
    width: fn(&MatterKind) -> u8,
    faults: &mut Vec<Fault>,
) -> Option<(&'b MatterKind, CompactString)> {
    let words: Vec<&str> = book.kinds.iter().map(|k| k.id.as_str()).collect();
    let accepted = format!("a kind of {FILE}: {}", words.join(", "));
    let kind = row.must("kind", &accepted, faults, |t| book.kinds.iter().find(|k| k.id == t));
    let wanted = kind.map(width);
    let accepted =
        wanted.map_or_else(|| "letters and digits".to_owned(), |w| format!("{w} letters and digits"));
    let code = row.must("code", &accepted, faults, |t| {
        let good =
            t.bytes().all(|b| b.is_ascii_alphanumeric()) && wanted.is_none_or(|w| t.len() == usize::from(w));
        good.then(|| t.into())
    });
    Some((kind?, code?))
}

fn major(row: Row<'_>, book: &CatalogueBook, faults: &mut Vec<Fault>) -> Option<Major> {
    let name = row.name(faults);
    let (kind, code) = coded(row, book, |k| k.major_width, faults)?;
    Some(Major { kind: kind.id.clone(), code, name, name_en: row.cell("name_en").to_owned() })
}

fn matter(
    row: Row<'_>,
    book: &CatalogueBook,
    majors: &HashMap<(CompactString, CompactString), ()>,
    faults: &mut Vec<Fault>,
) -> Option<Matter> {
    let name = row.name(faults).into();
    let words: Vec<&str> = book.requests.iter().map(|r| r.id.as_str()).collect();
    let mut requests: Vec<CompactString> = Vec::new();
    for word in row.cell("requests").split_whitespace() {
        if !words.contains(&word) {
            faults.push(row.error("requests", format!("`{word}` is no request type"), words.join(", ")));
        }
        requests.push(word.into());
    }
    let in_use = row.may("in_use", "yes, no, or nothing for yes", faults, |t| match t {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    });
    let (kind, number) = coded(row, book, |k| k.width, faults)?;
    let head: CompactString = number.get(..usize::from(kind.major_width)).unwrap_or_default().into();
    if kind.major_width > 0 && !majors.contains_key(&(kind.id.clone(), head.clone())) {
        faults.push(row.warning(
            "code",
            format!("major class {head} of {} has no name", kind.id),
            format!("a line in {MAJORS}"),
        ));
    }
    Some(Matter {
        code: MatterCode::new(&format!("{}.{number}", kind.id)).ok()?,
        name,
        name_en: row.text("name_en"),
        requests,
        open_when: row.text("open_when"),
        close_when: row.text("close_when"),
        in_use: in_use.unwrap_or(true),
    })
}

fn limit(
    row: Row<'_>,
    book: &CatalogueBook,
    outside: &Outside<'_>,
    faults: &mut Vec<Fault>,
) -> Option<StageLimit> {
    let pattern = "one pattern of matters, such as *, matter.*, matter.06 or matter.06010";
    let matters = row.must("matters", pattern, faults, |t| {
        let one = t.parse::<Lines>().is_ok() && !t.contains(char::is_whitespace) && !t.starts_with('!');
        one.then(|| CompactString::from(t))
    });
    if let Some(p) = matters.as_ref().filter(|p| !book.matters.iter().any(|m| fits(p, m.code.as_str()))) {
        faults.push(row.warning(
            "matters",
            format!("`{p}` fits no matter"),
            format!("patterns of codes in {MATTERS}"),
        ));
    }
    let words: Vec<&str> = book.requests.iter().map(|r| r.id.as_str()).collect();
    let request = row.may("request", &format!("{}, or nothing", words.join(", ")), faults, |t| {
        words.contains(&t).then(|| t.into())
    });
    let words: Vec<&str> = book.stages.iter().map(|s| s.as_str()).collect();
    let stage = row.must("stage", &words.join(", "), faults, |t| words.contains(&t).then(|| t.into()));
    let words: Vec<&str> = Standing::WORDS.iter().map(|(w, _)| *w).collect();
    let standing = row.must("standing", &words.join(", "), faults, |t| {
        Standing::WORDS.iter().find(|(w, _)| *w == t).map(|(_, s)| *s)
    });
    let limit = row.must("limit", "a limit's name, or a limit such as `4 working hours`", faults, |t| {
        Some(CompactString::from(t))
    });
    if let (Some(limit), Some(check)) = (&limit, outside.limit)
        && let Err(accepted) = check(limit)
    {
        faults.push(row.error("limit", format!("`{limit}` is no limit"), accepted));
    }
    if standing.is_some_and(|s| s != Standing::Proposal) && row.cell("source").is_empty() {
        faults.push(row.error(
            "source",
            "a limit that is not a proposal must say where it is stated",
            "a title or an address",
        ));
    }
    Some(StageLimit {
        matters: matters?,
        request,
        stage: stage?,
        when: when(&row, book, faults),
        limit: limit?,
        close_when: row.text("close_when"),
        source: row.cell("source").to_owned(),
        standing: standing?,
    })
}

/// The circumstance of a limit. Words that name none are kept: they were notes in folders of an earlier form.
fn when(row: &Row<'_>, book: &CatalogueBook, faults: &mut Vec<Fault>) -> Option<CompactString> {
    let word = row.cell("when");
    if !word.is_empty() && !book.circumstances.iter().any(|c| c.id == word) {
        let words: Vec<&str> = book.circumstances.iter().map(|c| c.id.as_str()).collect();
        let accepted = match words.as_slice() {
            [] => format!("a [[circumstance]] of {FILE}, or nothing"),
            words => format!("{}, or nothing", words.join(", ")),
        };
        faults.push(row.warning(
            "when",
            format!("`{word}` is no circumstance: the limit never binds"),
            accepted,
        ));
    }
    (!word.is_empty()).then(|| word.into())
}

/// Reports rows that agree in all of `columns` with an earlier row.
fn check_twice(sheet: &Sheet, columns: &[&str], faults: &mut Vec<Fault>) {
    let mut seen: HashMap<Vec<&str>, u32> = HashMap::new();
    for row in sheet.rows() {
        let key: Vec<&str> = columns.iter().map(|c| row.cell(c)).collect();
        if let Some(first) = seen.get(&key) {
            let problem = format!("the row says again what line {first} says of {}", columns.join(", "));
            faults.push(row.error(columns[columns.len() - 1], problem, "one row for each"));
        } else {
            seen.insert(key, row.line());
        }
    }
}
