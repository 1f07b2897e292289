//! The papers agree: what README tells a person to run is what the Makefile has and what CI runs.

use crate::{report, tree};

/// Lines of a README that are still its first screen.
const FIRST_SCREEN: usize = 40;
/// The command that runs it and the command that tests it.
const COMMANDS: [&str; 2] = ["make run", "make test"];

fn check_readme(path: &str, text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().take(FIRST_SCREEN).collect();
    let missing = COMMANDS.iter().filter(|c| !code.iter().any(|line| line.starts_with(**c)));
    missing.map(|c| format!("{path}: the first screen does not show `{c}` on a line of its own")).collect()
}

fn check_makefile(text: &str) -> Vec<String> {
    let targets = COMMANDS.map(|c| c.replace("make ", ""));
    let missing = targets.iter().filter(|t| !text.lines().any(|line| line.starts_with(&format!("{t}:"))));
    missing.map(|t| format!("Makefile: no target {t}, which README promises")).collect()
}

/// CI runs the command README names for testing, as a step that is not commented out.
fn check_ci(text: &str) -> Vec<String> {
    let runs = text.lines().map(str::trim).any(|line| line.starts_with(&format!("step {}", COMMANDS[1])));
    let strict = text.lines().any(|line| line == "set -euo pipefail");
    let mut findings = Vec::new();
    if !runs {
        findings.push(format!(".ci/run: no step `{}`, which README promises", COMMANDS[1]));
    }
    if !strict {
        findings.push(".ci/run: wants `set -euo pipefail`".to_owned());
    }
    findings
}

fn text(path: &str) -> String {
    tree::texts(|p| p == path).pop().unwrap_or_else(|| panic!("{path} is missing")).1
}

#[test]
fn readmes_name_the_two_commands() {
    assert_eq!(check_readme("x", "Use make run.\n").len(), 2);
    assert_eq!(check_readme("x", &format!("{}make run\nmake test\n", "\n".repeat(FIRST_SCREEN))).len(), 2);
    report(&["README.md", "README.zh.md"].iter().flat_map(|p| check_readme(p, &text(p))).collect::<Vec<_>>());
}

#[test]
fn the_entrance_has_them() {
    assert_eq!(check_makefile("tests: x\n").len(), 2);
    report(&check_makefile(&text("Makefile")));
}

#[test]
fn ci_takes_the_same_steps() {
    assert_eq!(check_ci("# step make test\nset -e\n").len(), 2);
    report(&check_ci(&text(".ci/run")));
}

#[test]
fn the_licence_is_there() {
    assert!(
        text("LICENSE").contains("Apache License") && text("LICENSE").contains("END OF TERMS AND CONDITIONS")
    );
    assert!(text("NOTICE").contains("Huying"));
}
