//! `city.toml`: name, zone, languages, levels, trees and sources.

use super::About;
use super::folder::Folder;
use super::limits::{MAX_KINDS, MAX_LEVELS, MAX_PEOPLE, MAX_SOURCES, MAX_TREES};
use super::toml_file::{Node, TomlText};
use crate::fault::Fault;
use crate::place::{Band, Kind, Level, LevelNo, Source, Tree};
use compact_str::CompactString;
use jiff::tz::TimeZone;

/// The file's name.
pub(super) const FILE: &str = "city.toml";

/// The levels of a city that states none: wide to small, without codes.
const PLAIN_LEVELS: [(&str, &str, &str); 6] = [
    ("city", "市", "City"),
    ("district", "区县", "District"),
    ("street", "街道乡镇", "Street"),
    ("community", "社区村", "Community"),
    ("grid", "一般网格", "Grid"),
    ("micro-grid", "微网格", "Micro-grid"),
];

/// What `city.toml` says.
#[derive(Default)]
pub(super) struct Manifest {
    pub(super) about: About,
    pub(super) levels: Vec<Level>,
    pub(super) trees: Vec<Tree>,
    pub(super) sources: Vec<Source>,
}

impl Manifest {
    /// The position of a source.
    pub(super) fn source(&self, id: &str) -> Option<u8> {
        self.sources.iter().position(|s| s.id == id).map(|i| i as u8)
    }

    /// The sources' words, for messages.
    pub(super) fn source_words(&self) -> String {
        let words: Vec<&str> = self.sources.iter().map(|s| s.id.as_str()).collect();
        if words.is_empty() {
            "nothing, as city.toml lists no [[source]]".to_owned()
        } else {
            words.join(", ")
        }
    }
}

/// Reads `city.toml`. With faults the parts that could be read are returned, so that other files can be
/// checked.
pub(super) fn read(folder: &Folder, faults: &mut Vec<Fault>) -> Manifest {
    let mut manifest = Manifest::default();
    if let Some(text) = TomlText::read(folder, FILE, true, faults) {
        let table = text.parse(faults);
        let root = text.node(&table, "", 1);
        root.only(&["id", "name", "name_en", "zone", "languages", "level", "tree", "source"], faults);
        manifest.about = about(&root, faults);
        manifest.levels = levels(&root, faults);
        manifest.trees = trees(&root, faults);
        manifest.sources = sources(&root, faults);
    }
    if manifest.levels.is_empty() {
        manifest.levels = plain_levels();
    }
    if manifest.trees.is_empty() {
        let (name, name_en) = ("行政区划".to_owned(), "Administrative".to_owned());
        manifest.trees = vec![Tree { id: "main".into(), name, name_en, rank: 0 }];
    }
    manifest
}

fn about(root: &Node<'_>, faults: &mut Vec<Fault>) -> About {
    let id = root.word("id", faults);
    let name = root.must("name", "the city's name", faults);
    let zone = root.must("zone", "an IANA zone such as \"Asia/Shanghai\"", faults);
    if !zone.is_empty() && TimeZone::get(&zone).is_err() {
        faults.push(root.error(
            "zone",
            format!("`{zone}` is no known zone"),
            "an IANA zone such as \"Asia/Shanghai\"",
        ));
    }
    let name_en = root.text("name_en", faults).unwrap_or_default();
    About { id, name, name_en, zone, languages: root.texts("languages", faults) }
}

fn plain_levels() -> Vec<Level> {
    let level = |(i, (id, name, name_en)): (usize, &(&str, &str, &str))| Level {
        id: (*id).into(),
        name: (*name).to_owned(),
        name_en: (*name_en).to_owned(),
        width: None,
        prefix: None,
        under: (0..i as u8).map(LevelNo).collect(),
        kinds: Vec::new(),
        households: Band::default(),
    };
    PLAIN_LEVELS.iter().enumerate().map(level).collect()
}

fn levels(root: &Node<'_>, faults: &mut Vec<Fault>) -> Vec<Level> {
    let nodes = root.tables("level", faults);
    too_many(root, "level", nodes.len(), MAX_LEVELS, faults);
    let ids: Vec<String> = nodes.iter().map(|n| n.word("id", faults)).collect();
    twice(&nodes, &ids, faults);
    let mut levels = Vec::new();
    for (i, node) in nodes.iter().enumerate().take(MAX_LEVELS) {
        node.only(&["id", "name", "name_en", "width", "prefix", "under", "kinds", LEAST, MOST], faults);
        let width = node.number("width", 1, 32, faults);
        let prefix = node.number("prefix", 0, width.unwrap_or(32), faults);
        levels.push(Level {
            id: ids[i].as_str().into(),
            name: node.must("name", "the level's name", faults),
            name_en: node.text("name_en", faults).unwrap_or_default(),
            width: width.map(|w| w as u8),
            prefix: prefix.map(|p| p as u8),
            under: under(node, &ids, i, faults),
            kinds: kinds(node, faults),
            households: band(node, faults),
        });
    }
    levels
}

/// The levels a level may stand under: as written, or every wider one when nothing is written.
fn under(node: &Node<'_>, ids: &[String], own: usize, faults: &mut Vec<Fault>) -> Vec<LevelNo> {
    if !node.has("under") {
        return (0..own as u8).map(LevelNo).collect();
    }
    let mut under = Vec::new();
    for word in node.texts("under", faults) {
        match ids.iter().position(|id| *id == word) {
            Some(i) if i < MAX_LEVELS => under.push(LevelNo(i as u8)),
            _ => faults.push(node.error("under", format!("`{word}` is no level"), ids.join(", "))),
        }
    }
    under
}

/// The keys of a band of households.
pub(super) const LEAST: &str = "households_least";
/// The other one.
pub(super) const MOST: &str = "households_most";

fn band(node: &Node<'_>, faults: &mut Vec<Fault>) -> Band {
    let most = i64::from(MAX_PEOPLE);
    let least = node.number(LEAST, 0, most, faults);
    let most = node.number(MOST, least.unwrap_or(0), most, faults);
    Band { least: least.map(|n| n as u32), most: most.map(|n| n as u32) }
}

fn kinds(node: &Node<'_>, faults: &mut Vec<Fault>) -> Vec<Kind> {
    let nodes = node.tables("kinds", faults);
    too_many(node, "kinds", nodes.len(), MAX_KINDS, faults);
    let ids: Vec<String> = nodes.iter().map(|n| n.word("id", faults)).collect();
    twice(&nodes, &ids, faults);
    let mut kinds = Vec::new();
    for (n, id) in nodes.iter().zip(&ids).take(MAX_KINDS) {
        n.only(&["id", "name", "name_en", LEAST, MOST], faults);
        let name = n.must("name", "the kind's name", faults);
        kinds.push(Kind {
            id: id.as_str().into(),
            name,
            name_en: n.text("name_en", faults).unwrap_or_default(),
            households: band(n, faults),
        });
    }
    kinds
}

fn trees(root: &Node<'_>, faults: &mut Vec<Fault>) -> Vec<Tree> {
    let nodes = root.tables("tree", faults);
    too_many(root, "tree", nodes.len(), MAX_TREES, faults);
    let ids: Vec<String> = nodes.iter().map(|n| n.word("id", faults)).collect();
    twice(&nodes, &ids, faults);
    let mut trees = Vec::new();
    for (node, id) in nodes.iter().zip(&ids).take(MAX_TREES) {
        node.only(&["id", "name", "name_en", "rank"], faults);
        trees.push(Tree {
            id: CompactString::from(id.as_str()),
            name: node.must("name", "the tree's name", faults),
            name_en: node.text("name_en", faults).unwrap_or_default(),
            rank: node.number("rank", 0, 255, faults).unwrap_or(0) as u8,
        });
    }
    trees
}

fn sources(root: &Node<'_>, faults: &mut Vec<Fault>) -> Vec<Source> {
    let nodes = root.tables("source", faults);
    too_many(root, "source", nodes.len(), MAX_SOURCES, faults);
    let ids: Vec<String> = nodes.iter().map(|n| n.word("id", faults)).collect();
    twice(&nodes, &ids, faults);
    let mut sources = Vec::new();
    for (node, id) in nodes.iter().zip(&ids).take(MAX_SOURCES) {
        node.only(&["id", "title", "licence", "url", "date"], faults);
        sources.push(Source {
            id: CompactString::from(id.as_str()),
            title: node.must("title", "what the source is", faults),
            licence: node.text("licence", faults).unwrap_or_default(),
            url: node.text("url", faults).unwrap_or_default(),
            date: node.date("date", faults),
        });
    }
    sources
}

/// Reports ids that an earlier table of the same list already has.
pub(super) fn twice(nodes: &[Node<'_>], ids: &[String], faults: &mut Vec<Fault>) {
    for (i, id) in ids.iter().enumerate().filter(|(_, id)| !id.is_empty()) {
        if let Some(first) = ids[..i].iter().position(|other| other == id) {
            let problem = format!("`{id}` is listed twice, first on line {}", nodes[first].line());
            faults.push(nodes[i].error("id", problem, "each id once"));
        }
    }
}

fn too_many(node: &Node<'_>, key: &str, count: usize, most: usize, faults: &mut Vec<Fault>) {
    if count > most {
        faults.push(node.error(key, format!("{count} are listed"), format!("up to {most}")));
    }
}
