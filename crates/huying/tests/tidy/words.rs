//! Words that have no place in the repository: paths of one machine, and how a text was made instead of
//! what it says.
//!
//! The words are assembled from pieces, so that this file passes its own check.

use crate::{report, tree};

/// Fragments that are wrong anywhere.
fn fragments() -> Vec<String> {
    let pieces: [&[&str]; 16] = [
        &["/wo", "rk/"],
        &["/ro", "ot/"],
        &["/ho", "me/"],
        &["../sha", "red"],
        &["bash", "_jobs"],
        &["Clau", "de"],
        &["clau", "de-"],
        &["Anth", "ropic"],
        &["Chat", "GP", "T"],
        &["Ope", "nA", "I"],
        &["Co", "pilot"],
        &["sub", "agent"],
        &["sub-", "agent"],
        &["coding ", "agent"],
        &["language ", "model"],
        &["context ", "window"],
    ];
    pieces.iter().map(|p| p.concat()).collect()
}

/// Words that are wrong when they stand alone.
fn whole_words() -> Vec<String> {
    [["A", "I"], ["LL", "M"], ["LL", "Ms"], ["GP", "T"], ["CE", "O"], ["work", "tree"]]
        .iter()
        .map(|p| p.concat())
        .collect()
}

/// The one place that may name the folder beside the clone.
fn may_say(path: &str, fragment: &str) -> bool {
    path == ".ci/run" && fragment.starts_with("..")
}

fn check_words(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let found = fragments().into_iter().find(|f| line.contains(f.as_str()) && !may_say(path, f));
        let found = found.or_else(|| whole_words().into_iter().find(|w| stands_alone(line, w)));
        findings.extend(found.map(|w| format!("{path}:{number}: does not belong here: {w}")));
    }
    findings
}

fn stands_alone(line: &str, word: &str) -> bool {
    let joins = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(joins) && !line[at + word.len()..].starts_with(joins))
}

/// Text that people of this project wrote: data keeps its own words, lock files list other people's names.
fn is_ours(path: &str) -> bool {
    !path.starts_with("data/")
        && !path.ends_with(".lock")
        && !path.ends_with("lock.json")
        && path != "LICENSE"
}

#[test]
fn words_of_the_workshop_stay_out() {
    let path = ["cd /wo", "rk/main"].concat();
    assert_eq!(check_words("x.md", &path).len(), 1);
    assert_eq!(check_words("x.md", &["made with A", "I."].concat()).len(), 1);
    assert_eq!(check_words("x.md", "the MAIN API of the AIR quality service"), [""; 0]);
    let beside = ["../sha", "red/data"].concat();
    assert_eq!(check_words("README.md", &beside).len(), 1);
    assert!(check_words(".ci/run", &beside).is_empty());
    report(&tree::texts(is_ours).iter().flat_map(|(p, t)| check_words(p, t)).collect::<Vec<_>>());
}
