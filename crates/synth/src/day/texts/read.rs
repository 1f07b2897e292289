//! Reads the files of texts: one family of matters a file, `common.toml` for all, `slips.toml` for slips of
//! the pen. Every fault is found, by file and line.

use super::part::{Part, Way, way};
use super::rough::Slips;
use crate::day::book::{line, read_toml};
use huying_core::fault::Fault;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// The file of what all families share.
const COMMON: &str = "common";
/// The file of slips of the pen.
const SLIPS: &str = "slips";

/// What a text may be told from outside.
pub(crate) const SLOTS: [&str; 10] =
    ["addr", "near", "place", "street", "district", "matter", "unit", "other", "spot", "date"];

/// Rules that every family must have; where a family lacks another rule, the common one is taken.
pub(crate) const NEEDED: [&str; 8] =
    ["title", "problem", "ask", "ask_title", "wish", "find", "done", "answer"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rules: BTreeMap<String, Vec<Spanned<String>>>,
}

/// A rule, with where it stands.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) ways: Vec<Way>,
    file: String,
    lines: Vec<u32>,
}

/// The whole grammar.
#[derive(Debug)]
pub struct Texts {
    pub(super) families: BTreeMap<String, BTreeMap<String, Rule>>,
    pub(super) slips: Slips,
}

impl Texts {
    /// Reads files, as name and text, such as `("noise.toml", "…")`.
    ///
    /// # Errors
    /// Every fault: what TOML cannot read, alternatives that are none, rules and slots that do not exist,
    /// rules that a family lacks.
    pub fn read<'t>(files: impl Iterator<Item = (&'t str, &'t str)>) -> Result<Texts, Vec<Fault>> {
        let (mut families, mut faults, mut slips) = (BTreeMap::new(), Vec::new(), None);
        for (name, text) in files {
            let stem = name.rsplit('/').next().and_then(|n| n.strip_suffix(".toml")).unwrap_or(name);
            if stem == SLIPS {
                match Slips::read(name, text) {
                    Ok(read) => slips = Some(read),
                    Err(found) => faults.extend(found),
                }
                continue;
            }
            match read_toml::<File>(name, text) {
                Ok(file) => {
                    families.insert(stem.to_owned(), rules(name, text, file, &mut faults));
                }
                Err(found) => faults.extend(found),
            }
        }
        for needed in [COMMON, SLIPS] {
            if needed == COMMON && !families.contains_key(COMMON) || needed == SLIPS && slips.is_none() {
                faults.push(Fault::error(
                    &format!("{needed}.toml"),
                    0,
                    "",
                    "is missing or broken",
                    "the file",
                ));
            }
        }
        let Some(slips) = slips.filter(|_| faults.is_empty()) else { return Err(faults) };
        let texts = Texts { families, slips };
        let faults = texts.faults();
        if faults.is_empty() { Ok(texts) } else { Err(faults) }
    }

    /// The families of matters there are.
    pub fn families(&self) -> Vec<&str> {
        self.families.keys().map(String::as_str).filter(|f| *f != COMMON).collect()
    }

    /// Whether the common texts have a rule.
    pub fn has_common(&self, rule: &str) -> bool {
        self.families.get(COMMON).is_some_and(|c| c.contains_key(rule))
    }

    /// The rule as a family says it, or as all do.
    pub(super) fn rule(&self, family: &str, rule: &str) -> Option<&Rule> {
        let of = |family: &str| self.families.get(family).and_then(|f| f.get(rule));
        of(family).or_else(|| of(COMMON))
    }

    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (family, rules) in &self.families {
            for needed in NEEDED.iter().filter(|n| family != COMMON && !rules.contains_key(**n)) {
                let file = format!("{family}.toml");
                faults.push(Fault::error(&file, 0, needed, "the rule is missing", NEEDED.join(", ")));
            }
            for (name, rule) in rules {
                for (way, line) in rule.ways.iter().zip(&rule.lines) {
                    for problem in way.parts.iter().filter_map(|part| self.loose(family, part)) {
                        faults.push(Fault::error(
                            &rule.file,
                            *line,
                            name,
                            problem,
                            "a rule or slot there is",
                        ));
                    }
                }
                if rule.ways.is_empty() {
                    faults.push(Fault::error(&rule.file, 0, name, "has no alternative", "one or more"));
                }
            }
        }
        faults.extend(self.circles());
        faults
    }

    /// What a part names that does not exist. The common texts may name what every family has.
    fn loose(&self, family: &str, part: &Part) -> Option<String> {
        match part {
            Part::Rule(name) if family == COMMON && NEEDED.contains(&name.as_str()) => None,
            Part::Rule(name) if self.rule(family, name).is_none() => {
                Some(format!("there is no rule `{name}`"))
            }
            Part::Slot(name) if !SLOTS.contains(&name.as_str()) => {
                Some(format!("there is no slot `{name}`: {}", SLOTS.join(", ")))
            }
            _ => None,
        }
    }

    /// Rules that lead to themselves, and so to a text without end.
    fn circles(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for family in self.families() {
            let names =
                [family, COMMON].into_iter().filter_map(|f| self.families.get(f)).flat_map(BTreeMap::keys);
            for name in names.collect::<BTreeSet<_>>() {
                let mut seen = BTreeSet::new();
                self.below(family, name, &mut seen);
                if seen.contains(name) {
                    let file = format!("{family}.toml");
                    faults.push(Fault::error(&file, 0, name, "leads to itself", "a rule that ends"));
                }
            }
        }
        faults
    }

    /// Every rule that `name` leads to in a family.
    pub(super) fn below(&self, family: &str, name: &str, seen: &mut BTreeSet<String>) {
        let Some(rule) = self.rule(family, name) else { return };
        for part in rule.ways.iter().flat_map(|w| &w.parts) {
            if let Part::Rule(next) = part
                && seen.insert(next.clone())
            {
                self.below(family, next, seen);
            }
        }
    }

    /// Rules that nothing leads to from `roots`, as family and rule: words that nobody will ever read.
    pub fn unreachable(&self, roots: &[&str]) -> Vec<(String, String)> {
        let mut read: BTreeSet<(String, String)> = BTreeSet::new();
        for family in self.families() {
            let mut seen: BTreeSet<String> = roots.iter().map(|r| (*r).to_owned()).collect();
            for root in roots {
                self.below(family, root, &mut seen);
            }
            for name in seen {
                let own = self.families.get(family).is_some_and(|f| f.contains_key(&name));
                read.insert((if own { family } else { COMMON }.to_owned(), name));
            }
        }
        let all = self.families.iter().flat_map(|(f, rules)| rules.keys().map(|r| (f.clone(), r.clone())));
        all.filter(|rule| !read.contains(rule)).collect()
    }
}

fn rules(name: &str, text: &str, file: File, faults: &mut Vec<Fault>) -> BTreeMap<String, Rule> {
    let mut rules = BTreeMap::new();
    for (rule, written) in file.rules {
        let (mut ways, mut lines) = (Vec::new(), Vec::new());
        for one in written {
            let at = line(text, one.span().start);
            match way(one.as_ref()) {
                Ok(read) => {
                    ways.push(read);
                    lines.push(at);
                }
                Err(problem) => {
                    faults.push(Fault::error(name, at, &rule, problem, "see docs/synth-texts.md"));
                }
            }
        }
        rules.insert(rule, Rule { ways, file: name.to_owned(), lines });
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "[rules]\ntitle=['a']\nproblem=['{$addr}']\nask=['c']\nask_title=['t']\n\
                         wish=['d']\nfind=['e']\nanswer=['f']\ndone=['{nothing}']\n";
    const ALL: &str = "[rules]\nnothing=['{title}']\n";
    const SLIP: &str = "pairs=[['在','再']]\nends=['。']\nsaid=[['没有','没得']]\n";

    fn faults(family: &str, common: &str, slips: &str) -> Vec<String> {
        let files = [("t/noise.toml", family), ("t/common.toml", common), ("t/slips.toml", slips)];
        Texts::read(files.into_iter()).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_grammar_is_read() {
        assert_eq!(faults(WHOLE, ALL, SLIP), [""; 0]);
    }

    #[test]
    fn faults_name_file_and_line() {
        let found = |family: &str, common: &str| faults(family, common, SLIP).join("\n");
        assert!(found(&format!("{WHOLE}x=[\n'fine',\n'{{oops}}']\n"), ALL).contains("t/noise.toml:12 [x]"));
        assert!(found(&format!("{WHOLE}x=['{{$oops}}']\n"), ALL).contains("no slot `oops`"));
        assert!(found(&WHOLE.replace("wish", "wash"), ALL).contains("[wish]: the rule is missing"));
        assert!(found("[rules]\nx=3", ALL).contains("t/noise.toml:2"));
        assert!(found(&format!("{WHOLE}a=['{{b}}']\nb=['{{a}}']\n"), ALL).contains("leads to itself"));
        assert!(
            found(&format!("{WHOLE}a=['{{b']\n"), ALL).contains("t/noise.toml:10 [a]: a `{` is not closed")
        );
        assert!(faults(WHOLE, ALL, "pairs=3").join("").contains("slips.toml"));
    }

    #[test]
    fn a_rule_nobody_reads_is_found() {
        let family = format!("{WHOLE}lost=['x']\n");
        let files = [("noise.toml", family.as_str()), ("common.toml", ALL), ("slips.toml", SLIP)];
        let texts = Texts::read(files.into_iter()).unwrap();
        let lost =
            texts.unreachable(&["title", "problem", "ask", "ask_title", "wish", "find", "done", "answer"]);
        assert_eq!(lost, [("noise".to_owned(), "lost".to_owned())]);
    }
}
