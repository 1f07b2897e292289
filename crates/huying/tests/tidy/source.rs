//! The shape of a source file: width, length, a doc at its top, documented errors, no rule of a city as a
//! number.
//!
//! Does not judge what rustfmt and clippy judge.

use crate::{report, tree};
use std::collections::BTreeSet;
use std::path::Path;

/// Columns a line may have; the same as `max_width` in rustfmt.toml, which leaves strings and comments alone.
const WIDTH: usize = 110;
/// Lines a file may have unless its first lines say why it is longer.
const LENGTH: usize = 800;
/// How the reason for a longer file begins.
const REASON: &str = "Longer than 800 lines because";
/// What a comment beside a number, or on the line above it, says when no city could want to change it.
const EXCUSE: &str = "a fact, not a rule";
/// Bytes above which a file wants to be fetched, not committed.
const SIZE: usize = 8 << 20;

/// A line that is wide for one long string is left alone: a message in one piece can be searched for.
fn check_width(path: &str, text: &str) -> Vec<String> {
    let wide = (1..).zip(text.lines()).filter(|(_, line)| line.chars().count() > WIDTH && !one_message(line));
    wide.map(|(n, line)| format!("{path}:{n}: {} columns, at most {WIDTH}", line.chars().count())).collect()
}

/// Whether the line, comment or not, would fit without its longest string.
fn one_message(line: &str) -> bool {
    let comment = line.trim_start().starts_with("//");
    let longest = line.split('"').skip(1).step_by(2).map(|s| s.chars().count()).max().unwrap_or(0);
    !comment && longest > WIDTH / 2 && line.chars().count() - longest <= WIDTH
}

fn check_length(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let excused = text.lines().take(20).any(|line| line.contains(REASON));
    if lines <= LENGTH || excused {
        return Vec::new();
    }
    vec![format!("{path}: {lines} lines; split it, or say at its top \"{REASON} …\"")]
}

fn check_module_doc(path: &str, text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let documented =
        lines.next().and_then(|l| l.strip_prefix("//! ")).is_some_and(|l| l.chars().count() > 15);
    if documented { Vec::new() } else { vec![format!("{path}:1: begin with `//! ` and what this file owns")] }
}

/// Public enums of errors and refusals are what callers program against: each says what it is about.
fn check_error_docs(path: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut findings = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = line.strip_prefix("pub enum ").and_then(|l| l.split([' ', '<']).next()) else {
            continue;
        };
        if !["Error", "Refusal", "Fault"].iter().any(|end| name.ends_with(end)) {
            continue;
        }
        let above =
            lines[..at].iter().rev().find(|l| !(l.starts_with("#[") || l.starts_with(')') || l.is_empty()));
        if !above.is_some_and(|l| l.starts_with("///")) {
            findings.push(format!("{path}:{}: the public error {name} wants a doc", at + 1));
        }
        let body = lines[at + 1..].iter().take_while(|l| **l != "}");
        findings.extend(
            undocumented_variants(body).map(|v| format!("{path}: the variant {name}::{v} wants a doc")),
        );
    }
    findings
}

/// Variants (rustfmt puts each on its own line) that no `///` stands above.
fn undocumented_variants<'a>(body: impl Iterator<Item = &'a &'a str>) -> impl Iterator<Item = &'a str> {
    let mut documented = false;
    let mut depth = 0_i32;
    body.filter_map(move |line| {
        let name = line.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        let starts = depth == 0 && name.starts_with(char::is_uppercase);
        depth += line.matches(['{', '(']).count().cast_signed() as i32;
        depth -= line.matches(['}', ')']).count().cast_signed() as i32;
        documented |= line.starts_with("///");
        (starts && !std::mem::take(&mut documented)).then_some(name)
    })
}

/// Files where a number of seconds in an hour is arithmetic, and the one file of limits each crate has.
fn converts_units(path: &str) -> bool {
    let stem = Path::new(path).file_stem().map_or("", |s| s.to_str().unwrap());
    let folder = path.rsplit('/').nth(1).unwrap_or("");
    ["calendar", "clock", "clocks", "time", "limits", "constants", "civil"]
        .iter()
        .any(|n| *n == stem || *n == folder)
}

/// A heuristic for deadlines, cadences, weights and thresholds that were written into Rust.
fn check_numbers(path: &str, text: &str) -> Vec<String> {
    let exempt = converts_units(path);
    let raw: Vec<&str> = text.lines().collect();
    let excused = |number: usize| raw[number.saturating_sub(2)..number].iter().any(|l| l.contains(EXCUSE));
    let mut findings = Vec::new();
    for (number, line) in tree::product_lines(text) {
        let packed: String = line.chars().filter(|c| !c.is_whitespace() && *c != '_').collect();
        let length = ["*60*60", "*3600", "*86400", "*24*60"].iter().any(|p| packed.contains(p));
        if excused(number) {
            continue;
        }
        if (!exempt && (length || calls_with_a_length(&packed))) || names_a_rule(&line) {
            let line = line.trim();
            findings
                .push(format!("{path}:{number}: a rule of a city belongs in a profile or data file: {line}"));
        }
    }
    findings
}

/// `days(15)`, `from_hours(2)` and the like with a literal above 1: a unit is arithmetic, a count is a rule.
fn calls_with_a_length(packed: &str) -> bool {
    ["days(", "hours(", "minutes(", "weeks(", "months(", "fromsecs("].iter().any(|call| {
        packed.match_indices(call).any(|(at, _)| {
            let number: String = packed[at + call.len()..].chars().take_while(char::is_ascii_digit).collect();
            number.parse::<u64>().is_ok_and(|n| n > 1)
        })
    })
}

/// A constant with a number in it whose name says that it is a rule.
fn names_a_rule(line: &str) -> bool {
    let Some((name, value)) = line.split_once("const ").and_then(|(_, rest)| rest.split_once(':')) else {
        return false;
    };
    let ruled = ["DEADLINE", "THRESHOLD", "WEIGHT", "CADENCE", "GRACE", "DUE_"]
        .iter()
        .any(|word| name.contains(word));
    ruled && value.split_once('=').is_some_and(|(_, v)| v.trim().starts_with(|c: char| c.is_ascii_digit()))
}

/// A file that nobody can read in a review: built, too big, or marked executable bytes.
fn check_binary(path: &str, bytes: &[u8]) -> Vec<String> {
    let known = [".png", ".ico", ".woff2", ".gz", ".parquet", ".sqlite"];
    let binary = bytes.iter().take(8192).any(|b| *b == 0) && !known.iter().any(|end| path.ends_with(end));
    let built = [".so", ".o", ".a", ".rlib", ".pyc", ".exe", ".orig", ".rej", ".swp"]
        .iter()
        .any(|e| path.ends_with(e));
    let mut findings = Vec::new();
    if binary || built {
        findings.push(format!("{path}: a binary has no business here"));
    }
    if bytes.len() > SIZE {
        findings.push(format!("{path}: {} bytes, at most {SIZE}", bytes.len()));
    }
    findings
}

/// Texts in sources that look like the rule of a refusal and are none.
const NO_RULES: [&str; 2] = ["atlas.index", "public.level"];

/// The rules that a source refuses by: words in quotes, of letters, with one dot.
fn rules_in(text: &str) -> impl Iterator<Item = &str> {
    let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let rule = move |t: &&str| t.split_once('.').is_some_and(|(family, rule)| word(family) && word(rule));
    let file = |t: &str| t.ends_with(".toml") || t.ends_with(".csv");
    text.split('"').filter(rule).filter(move |t| !file(t) && !NO_RULES.contains(t))
}

/// Each rule has its words in Chinese, each once and in order, and no words are left of a rule that is gone.
fn check_refusals(words: &str, sources: &[(String, String)]) -> Vec<String> {
    let said: Vec<&str> = words.lines().map(|l| l.split('\t').next().unwrap_or_default()).collect();
    let rules: BTreeSet<&str> = sources.iter().flat_map(|(_, text)| rules_in(text)).collect();
    let dumb = rules.iter().filter(|r| !said.contains(r)).map(|r| format!("{r}: has no words in Chinese"));
    let left = said.iter().filter(|r| !rules.contains(*r)).map(|r| format!("{r}: no rule refuses by it"));
    dumb.chain(left).chain(disorder(&said)).collect()
}

/// Lines that do not stand in the order of their first column, or stand twice.
fn disorder(said: &[&str]) -> Vec<String> {
    let wrong = said.windows(2).filter(|w| w[0] >= w[1]);
    wrong.map(|w| format!("{}: stands before {}", w[0], w[1])).collect()
}

/// The sentences that a reader of requests says of a field: what is wrong with it and what is accepted, with
/// `{}` for what differs. Words of the field's own, such as its name, have no blank in them.
fn faults_in(text: &str) -> impl Iterator<Item = String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let calls =
        [".fault(", ".need(", "FieldProblem::new("].into_iter().flat_map(|call| code.split(call).skip(1));
    let said = calls.flat_map(|after| {
        let call = after.split(';').next().and_then(|call| call.split(" else {").next()).unwrap_or_default();
        call.split('"').skip(1).step_by(2)
    });
    said.filter(|text| text.contains(' ') && *text != ", ").map(differing)
}

/// A format string with `{}` for all that it inserts.
fn differing(text: &str) -> String {
    let mut parts = text.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| format!("{all}{{}}{}", part.split_once('}').map_or("", |(_, rest)| rest)))
}

/// Each of them has its words in Chinese, each once, in order, with no more gaps than there are.
fn check_faults(words: &str, sources: &[(String, String)]) -> Vec<String> {
    let lines: Vec<(&str, &str)> = words.lines().filter_map(|l| l.split_once('\t')).collect();
    let said: Vec<&str> = lines.iter().map(|(said, _)| *said).collect();
    let faults: BTreeSet<String> = sources.iter().flat_map(|(_, text)| faults_in(text)).collect();
    let dumb = faults
        .iter()
        .filter(|f| !said.contains(&f.as_str()))
        .map(|f| format!("{f}: has no words in Chinese"));
    let uneven =
        lines.iter().filter(|(said, chinese)| said.matches("{}").count() < chinese.matches("{}").count());
    let uneven = uneven.map(|(said, _)| format!("{said}: the Chinese has more gaps"));
    dumb.chain(uneven).chain(disorder(&said)).collect()
}

fn rust() -> Vec<(String, String)> {
    tree::texts(tree::is_rust)
}

fn is_code(path: &str) -> bool {
    let named = path == "Makefile" || path == ".ci/run";
    named || Path::new(path).extension().is_some_and(|e| ["rs", "c", "h", "py", "sh"].iter().any(|x| e == *x))
}

#[test]
fn lines_fit() {
    assert_eq!(check_width("x", &format!("{}\n{}\n", "呼".repeat(110), "x".repeat(111))).len(), 1);
    assert!(check_width("x", &format!("    say(\"{}\");\n", "x".repeat(120))).is_empty());
    assert_eq!(check_width("x", &format!("    // \"{}\"\n", "x".repeat(120))).len(), 1, "not code");
    report(&tree::texts(is_code).iter().flat_map(|(p, t)| check_width(p, t)).collect::<Vec<_>>());
}

#[test]
fn files_are_short() {
    assert_eq!(check_length("x", &"\n".repeat(801)).len(), 1);
    assert!(check_length("x", &"\n".repeat(800)).is_empty());
    assert!(check_length("x", &format!("//! {REASON} it is a table.\n{}", "\n".repeat(900))).is_empty());
    report(&tree::texts(is_code).iter().flat_map(|(p, t)| check_length(p, t)).collect::<Vec<_>>());
}

#[test]
fn files_say_what_they_own() {
    assert_eq!(check_module_doc("x", "use std::fmt;\n").len(), 1);
    assert_eq!(check_module_doc("x", "//! Things.\n").len(), 1, "too short to say anything");
    assert!(check_module_doc("x", "//! The limits of this crate.\n").is_empty());
    report(&rust().iter().flat_map(|(p, t)| check_module_doc(p, t)).collect::<Vec<_>>());
}

#[test]
fn public_errors_are_documented() {
    assert_eq!(check_error_docs("x", "#[derive(Debug)]\npub enum StoreError {\n}\n").len(), 1);
    let sample = "/// Why.\n#[derive(Debug)]\npub enum StoreError {\n    /// Full.\n    \
                  #[error(\"no\")]\n    Full {\n        path: Path,\n    },\n    Locked(u8),\n}\n";
    assert_eq!(check_error_docs("x", sample), ["x: the variant StoreError::Locked wants a doc"]);
    report(&rust().iter().flat_map(|(p, t)| check_error_docs(p, t)).collect::<Vec<_>>());
}

#[test]
fn no_rule_of_a_city_is_a_number() {
    let bad = [
        "let d = 15 * 24 * 60 * 60;",
        "span.days(15)",
        "Duration::from_secs(1_800)",
        "const DUE_SOON: u32 = 30;",
    ];
    for line in bad {
        assert_eq!(check_numbers("crates/core/src/case.rs", line).len(), 1, "{line}");
    }
    let good =
        ["span.days(1)", "span.days(limit.amount)", "// 15 * 60 * 60", "const PAGE_ROWS: usize = 500;"];
    for line in good {
        assert!(check_numbers("crates/core/src/case.rs", line).is_empty(), "{line}");
    }
    let excused = "/// The longest civil day: a fact, not a rule.\nconst LONGEST: i64 = 25 * 3_600;\n";
    assert!(check_numbers("crates/core/src/case.rs", excused).is_empty());
    assert!(check_numbers("crates/core/src/clock/limit.rs", "hours * 60 * 60").is_empty());
    assert_eq!(check_numbers("crates/core/src/clock.rs", "const GRACE: i64 = 3;").len(), 1, "even there");
    let ruled = |p: &str| p.starts_with("crates/core/src/") || p.starts_with("crates/engine/src/");
    let sources = tree::texts(|p| ruled(p) && tree::is_rust(p) && !tree::is_test_file(p));
    report(&sources.iter().flat_map(|(p, t)| check_numbers(p, t)).collect::<Vec<_>>());
}

#[test]
fn every_refusal_has_its_words() {
    let source = vec![("x".to_owned(), "Refusal::new(\n\"a.b\", \"no such b.\")".to_owned())];
    assert_eq!(check_refusals("", &source), ["a.b: has no words in Chinese"]);
    assert_eq!(check_refusals("a.b\t无\na.c\t无\n", &source), ["a.c: no rule refuses by it"]);
    assert_eq!(check_refusals("a.b\t无\na.b\t无\n", &source).len(), 1);
    assert!(check_refusals("a.b\t无\n", &source).is_empty());
    let refuses = |p: &str| {
        let core = ["case", "standing", "roster", "rules.rs"];
        let inner = core.iter().any(|part| p.starts_with(&format!("crates/core/src/{part}")));
        let outer = p.starts_with("crates/engine/src/") || p == "crates/server/src/api/files.rs";
        (inner || outer || p == "crates/server/src/api/webhooks.rs")
            && tree::is_rust(p)
            && !tree::is_test_file(p)
    };
    let words = std::fs::read_to_string(tree::root().join("crates/server/src/refusals.tsv")).unwrap();
    report(&check_refusals(&words, &tree::texts(refuses)));
}

#[test]
fn no_binary_strays_in() {
    assert_eq!(check_binary("x", b"ELF\0").len(), 1);
    assert_eq!(check_binary("lib.so", b"text").len(), 1);
    assert_eq!(check_binary("data/x.csv", &vec![b'x'; SIZE + 1]).len(), 1);
    assert!(check_binary("web/icon.png", b"PNG\0").is_empty());
    report(&tree::files().iter().flat_map(|(p, b)| check_binary(p, b)).collect::<Vec<_>>());
}

#[test]
fn every_fault_of_a_field_has_its_words() {
    let source = r#"f.fault("at", format!("`{}` is no {x}", 1), "a b"); f.need("c", d, "e f");"#;
    let source = vec![("x".to_owned(), source.to_owned())];
    let dumb = ["`{}` is no {}", "a b", "e f"].map(|said| format!("{said}: has no words in Chinese"));
    assert_eq!(check_faults("", &source), dumb);
    assert!(check_faults("`{}` is no {}\t无\na b\t无\ne f\t无\n", &source).is_empty());
    assert_eq!(check_faults("b b\t{}\na b\t无\n", &[]).len(), 2);
    let words = std::fs::read_to_string(tree::root().join("crates/server/src/faults.tsv")).unwrap();
    let reads = |p: &str| p.starts_with("crates/server/src/") && tree::is_rust(p) && !tree::is_test_file(p);
    report(&check_faults(&words, &tree::texts(reads)));
}
