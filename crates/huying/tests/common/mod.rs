//! What the end-to-end tests of the command share: running it, and finding the larger data sets.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses its part; helpers are not inside #[test] functions"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs the built binary: exit code, standard output, standard error.
pub(crate) fn huying(args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_huying")).args(args).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A path of the repository.
pub(crate) fn shipped(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path).to_str().unwrap().to_owned()
}

/// A path of the folder that `HUYING_DATA` names, or `None` with a line that says what is skipped.
pub(crate) fn large(path: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("HUYING_DATA") else {
        println!("skipped: HUYING_DATA is not set, {path} is not at hand");
        return None;
    };
    Some(PathBuf::from(folder).join(path).to_str().unwrap().to_owned())
}

/// The figures of a data folder as JSON.
pub(crate) fn figures(data: &str, more: &[&str]) -> serde_json::Value {
    let mut args = vec!["figures", "--data", data, "--format", "json"];
    args.extend(more);
    let (code, out, err) = huying(&args);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

/// The count that the report of an import gives a name.
pub(crate) fn count(report: &str, name: &str) -> u64 {
    let line = report.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
    line.trim_start()[name.len()..].split_whitespace().next().unwrap().replace(',', "").parse().unwrap()
}
