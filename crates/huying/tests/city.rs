//! `huying city` end to end, through the built binary.

// Helpers of a test file are not inside #[test] functions, where clippy allows this by itself.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

fn huying(args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_huying")).args(args).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn chengdu() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("chengdu").to_str().unwrap().to_owned();
    assert_eq!(huying(&["city", "make", "chengdu", &path]).0, 0);
    (dir, path)
}

#[test]
fn the_made_city_has_no_fault_and_is_not_made_twice() {
    let (_dir, path) = chengdu();
    let (code, out, _) = huying(&["city", "check", &path]);
    assert_eq!((code, out.lines().last()), (0, Some("0 errors, 0 warnings")));
    let (code, _, err) = huying(&["city", "make", "chengdu", &path]);
    assert_eq!(code, 2);
    assert!(err.contains("is not empty; accepted is a new or an empty folder"), "{err}");
    let (code, _, err) = huying(&["city", "make", "atlantis", &path]);
    assert!(code == 2 && err.contains("accepted: chengdu"), "{err}");
    assert!(huying(&["city", "make", "--list"]).1.contains("chengdu"));
}

#[test]
fn a_fault_is_told_by_file_line_and_field_and_exits_one() {
    let (_dir, path) = chengdu();
    let units = format!("{path}/units.csv");
    let text = std::fs::read_to_string(&units).unwrap().replacen(",510100,", ",519999,", 1);
    std::fs::write(&units, text).unwrap();
    let (code, out, _) = huying(&["city", "check", &path]);
    assert_eq!(code, 1);
    assert!(out.contains("error: units.csv:2 [territory]: `519999` is not accepted here"), "{out}");
    let (code, out, _) = huying(&["city", "check", &path, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let fault = |f: &serde_json::Value| f["file"] == "units.csv" && f["line"] == 2;
    assert!(code == 1 && report["faults"].as_array().unwrap().iter().any(fault), "{out}");
    let (code, _, err) = huying(&["city", "show", &path]);
    assert!(code == 2 && err.contains("`huying city check` names all"), "{err}");
    assert_eq!(huying(&["city", "check", "/no/such/folder"]).0, 2);
    assert_eq!(huying(&["city", "check"]).0, 2);
}

#[test]
fn a_place_is_found_by_id_code_and_name_and_its_neighbours_are_suggested() {
    let (_dir, path) = chengdu();
    let show = |what: &str| {
        let (code, out, err) = huying(&["city", "show", &path, what, "--format", "json"]);
        assert_eq!(code, 0, "{err}");
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    };
    for what in ["510107064", "510172704", "桂溪街道"] {
        let report = show(what);
        assert_eq!(report["id"], "510107064");
        let line: Vec<&str> = report["lines"][1]["places"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["name"].as_str().unwrap())
            .collect();
        assert_eq!(line, ["成都市", "成都高新技术产业开发区", "桂溪街道"]);
        assert_eq!(report["levels"][0]["places"], 13);
        assert_eq!(report["units"][0]["posts"][0]["synthetic"], true);
    }
    let (code, _, err) = huying(&["city", "show", &path, "510107099"]);
    assert!(code == 2 && err.contains("near to it: 510107001 (成都市 武侯区 浆洗街街道)"), "{err}");
    let (code, _, err) = huying(&["city", "show", &path, "锦江"]);
    assert!(code == 2 && err.contains("510104 (成都市 锦江区)"), "{err}");
    let (code, _, err) = huying(&["city", "show", &path, "永兴社区居委会"]);
    assert!(code == 2 && err.contains("places have the name"), "{err}");
}

#[test]
fn the_overview_counts_places_and_aligns_chinese_columns() {
    let (_dir, path) = chengdu();
    let (code, out, _) = huying(&["city", "show", &path]);
    assert_eq!(code, 0);
    assert!(out.contains("residents 20,937,757  households 7,419,822"), "{out}");
    assert!(out.contains("居民委员会 1,753, 村民委员会 1,294"), "{out}");
    let figures: Vec<&str> = out.lines().filter(|l| l.contains("902,933") || l.contains("710,056")).collect();
    let cells = |line: &str, end: &str| {
        unicode_width::UnicodeWidthStr::width(&line[..line.find(end).unwrap() + end.len()])
    };
    assert_eq!(cells(figures[0], "902,933"), cells(figures[1], "710,056"));
}
