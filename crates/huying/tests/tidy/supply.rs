//! What the product is built from: licences, bans and sources of `deny.toml`, and how many crates there are.
//!
//! `cargo deny check` reads the same file and knows advisories besides; this test needs nothing installed.

use crate::{report, tree};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Crates of the default binary, our own counted.
const CRATES: usize = 400;

/// One package of `cargo metadata`.
struct Package {
    name: String,
    license: String,
    source: String,
}

/// Parts of deny.toml that are enforced here.
struct Policy {
    licenses: BTreeSet<String>,
    banned: BTreeSet<String>,
    git: BTreeSet<String>,
    registries: BTreeSet<String>,
}

fn policy(text: &str) -> Policy {
    let table: toml::Table = text.parse().unwrap();
    let names = |section: &str, key: &str, inner: &str| -> BTreeSet<String> {
        let list = table[section][key].as_array().unwrap().iter();
        list.map(|v| v.as_str().unwrap_or_else(|| v[inner].as_str().unwrap()).to_owned()).collect()
    };
    Policy {
        licenses: names("licenses", "allow", ""),
        banned: names("bans", "deny", "crate"),
        git: names("sources", "allow-git", ""),
        registries: names("sources", "allow-registry", ""),
    }
}

/// Every exception in deny.toml has its reason: behind `#` on its line, or as `reason = "…"`.
fn check_reasons(text: &str) -> Vec<String> {
    let entries =
        (1..).zip(text.lines()).filter(|(_, l)| l.starts_with("    \"") || l.trim().starts_with("{ crate"));
    let silent = entries.filter(|(_, l)| !l.contains('#') && !l.contains("reason ="));
    silent.map(|(n, line)| format!("deny.toml:{n}: no reason: {}", line.trim())).collect()
}

/// Whether an SPDX expression can be satisfied with allowed licences. `/` is the old spelling of `OR`; AND
/// binds tighter than OR, as in the SPDX specification, annex D.
fn allowed(expression: &str, licenses: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    either(&tokens, &mut at, licenses) && at == tokens.len()
}

fn either(tokens: &[&str], at: &mut usize, licenses: &BTreeSet<String>) -> bool {
    let mut held = both(tokens, at, licenses);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        held |= both(tokens, at, licenses);
    }
    held
}

fn both(tokens: &[&str], at: &mut usize, licenses: &BTreeSet<String>) -> bool {
    let mut held = one(tokens, at, licenses);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        held &= one(tokens, at, licenses);
    }
    held
}

fn one(tokens: &[&str], at: &mut usize, licenses: &BTreeSet<String>) -> bool {
    let Some(token) = tokens.get(*at) else { return false };
    *at += 1;
    if *token == "(" {
        let held = either(tokens, at, licenses);
        let closed = tokens.get(*at) == Some(&")");
        *at += 1;
        return held && closed;
    }
    let mut name = (*token).to_owned();
    if tokens.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", tokens.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    licenses.contains(&name)
}

fn check_package(package: &Package, policy: &Policy) -> Vec<String> {
    let Package { name, license, source } = package;
    let mut findings = Vec::new();
    if !allowed(license, &policy.licenses) {
        findings.push(format!("{name}: licence \"{license}\" is not allowed by deny.toml"));
    }
    if policy.banned.contains(name) {
        findings.push(format!("{name}: banned by deny.toml"));
    }
    let known = source.is_empty()
        || source.strip_prefix("registry+").is_some_and(|s| policy.registries.contains(s))
        || source.strip_prefix("git+").is_some_and(|s| policy.git.iter().any(|g| s.starts_with(g)));
    if !known {
        findings.push(format!("{name}: from {source}, which deny.toml does not know"));
    }
    findings
}

/// The same repository at two revisions is two truths.
fn check_git(packages: &[&Package]) -> Vec<String> {
    let mut revisions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in packages.iter().filter_map(|p| p.source.strip_prefix("git+")) {
        revisions.entry(source.split(['?', '#']).next().unwrap()).or_default().insert(source);
    }
    let twice = revisions.into_iter().filter(|(_, seen)| seen.len() > 1);
    twice.map(|(repository, _)| format!("{repository}: more than one revision")).collect()
}

fn metadata() -> Value {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(rustc.stdout).unwrap();
    let host = version.lines().find_map(|l| l.strip_prefix("host: ")).unwrap();
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", host])
        .current_dir(tree::root())
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    serde_json::from_slice(&cargo.stdout).unwrap()
}

/// Packages by id.
fn packages(metadata: &Value) -> BTreeMap<&str, Package> {
    let text = |v: &Value| v.as_str().unwrap_or("").to_owned();
    let read = |p: &Value| Package {
        name: text(&p["name"]),
        license: text(&p["license"]),
        source: text(&p["source"]),
    };
    metadata["packages"].as_array().unwrap().iter().map(|p| (p["id"].as_str().unwrap(), read(p))).collect()
}

/// Ids that end up in the binary `root` or are needed to build it; what only tests need is left out.
fn linked<'a>(metadata: &'a Value, root: &'a str) -> BTreeSet<&'a str> {
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let by_id: BTreeMap<&str, &Value> = nodes.iter().map(|n| (n["id"].as_str().unwrap(), n)).collect();
    let mut seen = BTreeSet::from([root]);
    let mut waiting = vec![root];
    while let Some(id) = waiting.pop() {
        for dependency in by_id[id]["deps"].as_array().unwrap() {
            let product = dependency["dep_kinds"].as_array().unwrap().iter().any(|k| k["kind"] != "dev");
            let id = dependency["pkg"].as_str().unwrap();
            if product && seen.insert(id) {
                waiting.push(id);
            }
        }
    }
    seen
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    let mit = BTreeSet::from(["MIT".to_owned(), "Zlib".to_owned()]);
    for good in
        ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(GPL-3.0 OR MIT) AND Zlib", "GPL-3.0 AND BSD OR MIT"]
    {
        assert!(allowed(good, &mit), "{good}");
    }
    for bad in
        ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT WITH strings", "(MIT", "MIT MIT", "GPL-3.0 AND (MIT OR Zlib)"]
    {
        assert!(!allowed(bad, &mit), "{bad}");
    }
}

#[test]
fn a_bad_package_is_found() {
    let policy = policy(include_str!("../../../../deny.toml"));
    let package = |name: &str, license: &str, source: &str| Package {
        name: name.to_owned(),
        license: license.to_owned(),
        source: source.to_owned(),
    };
    assert_eq!(check_package(&package("chrono", "GPL-3.0", "git+https://example.org/x#1"), &policy).len(), 3);
    assert!(check_package(&package("huying", "Apache-2.0", ""), &policy).is_empty());
    let (one, two) =
        (package("a", "MIT", "git+https://x/y?rev=1#1"), package("b", "MIT", "git+https://x/y?rev=2#2"));
    assert_eq!(check_git(&[&one, &two]).len(), 1);
    assert_eq!(check_reasons("allow = [\n    \"GPL-3.0\",\n    \"MIT\", # most of it\n]\n").len(), 1);
}

#[test]
fn what_we_build_from_is_allowed() {
    let policy = policy(include_str!("../../../../deny.toml"));
    let metadata = metadata();
    let packages = packages(&metadata);
    let mut findings: Vec<_> = packages.values().flat_map(|p| check_package(p, &policy)).collect();
    findings.extend(check_git(&packages.values().collect::<Vec<_>>()));
    findings.extend(check_reasons(include_str!("../../../../deny.toml")));
    report(&findings);
}

#[test]
fn the_default_binary_stays_small() {
    let metadata = metadata();
    let packages = packages(&metadata);
    let root = packages.iter().find(|(_, p)| p.name == "huying").unwrap().0;
    let count = linked(&metadata, root).len();
    assert!(count > 20, "{count} crates: the graph was not read");
    assert!(count <= CRATES, "{count} crates in the default binary, at most {CRATES}");
    println!("{count} crates in the default binary");
}
