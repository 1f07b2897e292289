//! What the profile's `retention_years` and `smallest_cell` do, through the built binary: words past their
//! years are listed and destroyed, and figures for the public mask what is small.

#![allow(clippy::unwrap_used, reason = "helpers of a test file are not inside #[test] functions")]

mod common;

use common::{huying, shipped};

const MAP: &str = r#"
system = "town"
zone = "Asia/Shanghai"
[id]
column = "id"
[title]
column = "title"
[opened]
column = "opened"
formats = ["%Y-%m-%d %H:%M:%S"]
[closed]
column = "closed"
formats = ["%Y-%m-%d %H:%M:%S"]
"#;

const EXPORT: &str = "id,opened,closed,title\n\
    A,2010-03-01 08:00:00,2010-03-02 08:00:00,旧事一\n\
    B,2012-03-01 08:00:00,2012-03-02 23:30:00,旧事二\n\
    C,2012-03-01 08:00:00,,还开着\n";

#[test]
fn words_past_their_years_are_listed_and_destroyed_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("map.toml"), MAP).unwrap();
    std::fs::write(path("export.csv"), EXPORT).unwrap();
    let data = path("data");
    let done = huying(&["city", "load", &shipped("data/chengdu"), "--data", &data]);
    assert_eq!(done.0, 0, "{done:?}");
    let done = huying(&["import", "cases", &path("export.csv"), "--map", &path("map.toml"), "--data", &data]);
    assert_eq!(done.0, 0, "{done:?}");

    let run = |more: &[&str]| huying(&[&["case", "due-for-erasure", "--data", &data], more].concat());
    let last = |out: &str| out.lines().last().unwrap().to_owned();
    let (code, out, err) = run(&["--at", "2015-03-03"]);
    assert_eq!((code, last(&out)), (0, "1 due for erasure as on 2015-03-03".to_owned()), "{err}");
    assert!(out.contains("general  2010-03-02  2015-03-02") && out.contains("general: 1"), "{out}");
    let (_, out, _) = run(&["--at", "2017-03-02"]);
    assert_eq!(last(&out), "1 due for erasure as on 2017-03-02");
    let (_, out, _) = run(&[]);
    assert!(last(&out).starts_with("2 due for erasure"), "{out}");

    // Nobody's order, nobody who may, and a day that has not come.
    assert_eq!(run(&["--erase"]).0, 2);
    let (code, out, _) = run(&["--erase", "--by", "p0001"]);
    assert!(code == 1 && out.contains("powers.role") && out.contains("of 0 cases"), "{out}");
    let (code, _, err) = run(&["--erase", "--by", "p0027", "--at", "2999-01-01"]);
    assert!(code == 2 && err.contains("is not yet"), "{err}");

    // One of them first, as if broken off; then what is left; then nothing.
    let (code, out, err) = run(&["--erase", "--by", "p0027", "--at", "2015-03-03"]);
    assert!(code == 0 && out.contains("the words of 1 cases are destroyed, 0 were refused"), "{out}{err}");
    let (_, out, _) = run(&["--erase", "--by", "p0027"]);
    assert!(out.contains("the words of 1 cases are destroyed"), "{out}");
    let before = huying(&["case", "list", "--data", &data]).1;
    let (code, out, _) = run(&["--erase", "--by", "p0027"]);
    assert!(code == 0 && out.contains("of 0 cases"), "{out}");
    assert_eq!(huying(&["case", "list", "--data", &data]).1, before);
    let (code, out, err) = huying(&["journal", "verify", "--data", &data]);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn figures_for_the_public_mask_what_is_small() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("map.toml"), format!("{MAP}[unit]\ncolumn = \"unit\"\n")).unwrap();
    let mut export = "id,opened,closed,title,unit\n".to_owned();
    for (unit, cases) in [("甲", 2), ("乙", 7), ("丙", 30)] {
        for n in 0..cases {
            export.push_str(&format!("{unit}{n},2024-03-01 08:00:00,2024-03-02 08:00:00,事,{unit}\n"));
        }
    }
    std::fs::write(path("export.csv"), export).unwrap();
    let data = path("data");
    let (file, map) = (path("export.csv"), path("map.toml"));
    let done = huying(&["import", "cases", &file, "--map", &map, "--data", &data, "--create-missing"]);
    assert_eq!(done.0, 0, "{done:?}");
    let received = |more: &[&str]| -> Vec<String> {
        let (code, out, err) =
            huying(&[&["figures", "--data", &data, "--by", "unit", "--format", "csv"], more].concat());
        assert_eq!(code, 0, "{err}");
        let mut all: Vec<String> = out.lines().skip(1).map(|l| l.split(',').nth(2).unwrap().into()).collect();
        all.sort();
        all
    };
    assert_eq!(received(&[]), ["2", "30", "39", "7"]);
    assert_eq!(received(&["--public"]), ["30", "39", "<5", "withheld"]);
    let (_, out, _) = huying(&["figures", "--data", &data, "--definitions"]);
    assert!(out.contains("a count from 1 to n - 1 reads <n"));
}
