//! The files of the workspace, as the checks see them.
//!
//! Owns which folders are ours and which are built or borrowed, and the split of a Rust file into product
//! and tests.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are made by tools, at any depth.
const MADE: [&str; 7] = ["target", "out", ".git", "node_modules", "__pycache__", "build", "dist"];

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// Every file of the repository as (path from the root with `/`, bytes), sorted by path.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    walk(&root(), "", &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && !MADE.contains(&name.as_str()) {
            walk(&entry.path(), &format!("{prefix}{name}/"), found);
        } else if kind.is_file() && name != ".git" {
            found.push((format!("{prefix}{name}"), fs::read(entry.path()).unwrap()));
        }
    }
}

/// The files whose path satisfies `keep` and whose bytes are UTF-8, as (path, text).
pub(crate) fn texts(keep: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    files()
        .into_iter()
        .filter(|(path, _)| keep(path))
        .filter_map(|(path, bytes)| String::from_utf8(bytes).ok().map(|text| (path, text)))
        .collect()
}

/// Whether the path is Rust.
pub(crate) fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|e| e == "rs")
}

/// Whether the Rust file at `path` is a test as a whole.
pub(crate) fn is_test_file(path: &str) -> bool {
    path.contains("/tests/")
        || path.contains("/benches/")
        || path.ends_with("/tests.rs")
        || path.ends_with("_tests.rs")
}

/// The lines of a Rust file that are product code, numbered from 1: comments are blanked and inline
/// `#[cfg(test)]` items left out. Relies on rustfmt: such an item ends at the first closing brace at its
/// own indent.
pub(crate) fn product_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut test_item: Option<String> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        if let Some(outer) = &test_item {
            let over = line.starts_with(&format!("{outer}}}")) || (indent == *outer && line.ends_with(';'));
            if over {
                test_item = None;
            }
        } else if line.trim() == "#[cfg(test)]" {
            test_item = Some(indent);
        } else {
            lines.push((number, without_comment(line)));
        }
    }
    lines
}

/// The line up to a `//` that stands outside a string.
fn without_comment(line: &str) -> String {
    let mut in_string = false;
    let mut previous = ' ';
    for (at, c) in line.char_indices() {
        if c == '"' && previous != '\\' {
            in_string = !in_string;
        } else if c == '/' && previous == '/' && !in_string {
            return line[..at - 1].to_owned();
        }
        previous = c;
    }
    line.to_owned()
}

#[test]
fn test_items_and_comments_are_no_product() {
    let text = "fn a() {} // why\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n\
                fn c() { \"//\"; }\n#[cfg(test)]\nmod d;\nfn e() {}\n";
    let kept: Vec<_> = product_lines(text).into_iter().map(|(n, l)| format!("{n}:{l}")).collect();
    assert_eq!(kept, ["1:fn a() {} ", "6:fn c() { \"//\"; }", "9:fn e() {}"]);
}

#[test]
fn the_walk_finds_the_tree_and_not_what_is_built() {
    let paths: Vec<_> = files().into_iter().map(|(path, _)| path).collect();
    assert!(paths.iter().any(|p| p == "Cargo.toml"));
    assert!(paths.iter().any(|p| p == "crates/core/src/lib.rs"));
    assert!(!paths.iter().any(|p| p.starts_with("target/") || p.starts_with(".git/")));
}
