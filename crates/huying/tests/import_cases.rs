//! `huying import cases` end to end: real exports come out exactly, twice changes nothing, and a city grows.

#![allow(clippy::unwrap_used, reason = "helpers of a test file are not inside #[test] functions")]

mod common;

use common::{count, figures, huying, large, shipped};
use serde_json::json;

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
[unit]
column = "unit"
[place]
columns = ["district", "street"]
"#;

struct Town {
    dir: tempfile::TempDir,
}

impl Town {
    fn new() -> Town {
        let town = Town { dir: tempfile::tempdir().unwrap() };
        std::fs::write(town.path("map.toml"), MAP).unwrap();
        town
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn import(&self, rows: &[&str], more: &[&str]) -> (i32, String, String) {
        let export = self.path("export.csv");
        let text = format!("id,opened,closed,unit,district,street,title\n{}\n", rows.join("\n"));
        std::fs::write(&export, text).unwrap();
        self.import_file(&export, more)
    }

    fn import_file(&self, export: &str, more: &[&str]) -> (i32, String, String) {
        let (map, data) = (self.path("map.toml"), self.path("data"));
        let mut args = vec!["import", "cases", export, "--map", &map, "--data", &data];
        args.extend(more);
        huying(&args)
    }

    fn position(&self) -> u64 {
        let origin = &figures(&self.path("data"), &[])["origin"];
        origin["position"]["0"].as_u64().unwrap()
    }
}

#[test]
fn a_day_of_new_york_comes_out_exactly_and_twice_changes_nothing() {
    let Some(export) = large("requests311/nyc311_one_day.csv") else { return };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("nyc").to_str().unwrap().to_owned();
    let map = shipped("data/samples/nyc311/map.toml");
    let args = ["import", "cases", &export, "--map", &map, "--data", &data, "--create-missing"];
    let (code, report, err) = huying(&args);
    assert_eq!(code, 0, "{err}");
    assert_eq!((count(&report, "new"), count(&report, "rejected")), (6765, 0), "{report}");
    assert_eq!(count(&report, "contradictions"), 119);
    let list = std::fs::read_to_string(format!("{data}.contradictions.csv")).unwrap();
    assert_eq!(list.lines().count(), 120);
    let found = figures(&data, &["--by", "unit"]);
    let total = &found["total"];
    assert_eq!((&total["received"], found["rows"].as_array().unwrap().len()), (&json!(6765), 19));
    assert_eq!((&total["closed_dated"], &total["closed_status"]), (&json!(2441), &json!(2326)));
    assert_eq!(total["contradictions"], 119);
    let hours = total["to_close"]["p50_s"].as_f64().unwrap() / 3600.0;
    assert_eq!(format!("{hours:.2}"), "1.82");
    assert_eq!(figures(&data, &["--by", "matter"])["rows"].as_array().unwrap().len(), 116);
    let before = found["origin"]["position"].clone();
    let (code, report, _) = huying(&args);
    assert_eq!((code, count(&report, "same"), count(&report, "new")), (0, 6765, 0));
    assert_eq!(std::fs::read_to_string(format!("{data}.contradictions.csv")).unwrap(), list);
    assert_eq!(figures(&data, &[])["origin"]["position"], before);
}

#[test]
fn real_messages_come_out_exactly() {
    let Some(export) = large("messages/replied.csv") else { return };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("mail").to_str().unwrap().to_owned();
    let map = shipped("data/maps/messages.toml");
    let args = ["import", "cases", &export, "--map", &map, "--data", &data, "--create-missing"];
    let (code, report, err) = huying(&args);
    assert_eq!((code, count(&report, "new")), (0, 2816), "{err}");
    let total = figures(&data, &[])["total"].clone();
    let within = &total["replied_within_360h"];
    assert_eq!((&total["to_reply"]["n"], &within["denominator"]), (&json!(2815), &json!(2815)));
    let percent = 100.0 * within["numerator"].as_f64().unwrap() / 2815.0;
    let days = total["to_reply"]["p50_s"].as_f64().unwrap() / 86_400.0;
    assert_eq!((format!("{percent:.1}"), format!("{days:.1}")), ("61.5".to_owned(), "11.2".to_owned()));
    assert_eq!((&total["open"], &total["closing_unknown"]), (&json!(0), &json!(2816)));
}

#[test]
fn newer_rows_change_what_they_say_and_the_same_rows_nothing() {
    let town = Town::new();
    let rows = ["1,2024-05-01 08:00:00,,城管局,东区,一街,甲", "2,2024-05-01 09:00:00,,城管局,东区,二街,乙"];
    let (code, report, err) = town.import(&rows, &["--create-missing"]);
    assert_eq!((code, count(&report, "new")), (0, 2), "{err}");
    assert!(report.contains("created: 3 places, 1 units"), "{report}");
    let at = town.position();
    assert_eq!(count(&town.import(&rows, &["--create-missing"]).1, "same"), 2);
    assert_eq!(count(&town.import(&rows, &[]).1, "same"), 2);
    assert_eq!(town.position(), at);
    // Twice within a file: the words of the second are sealed under the key that the first made.
    let newer = [
        "1,2024-05-01 08:00:00,2024-05-02 08:00:00,城管局,东区,一街,甲",
        "3,2024-05-01 08:00:00,,城管局,东区,一街,丙",
        "3,2024-05-01 08:00:00,2024-05-03 08:00:00,城管局,东区,一街,丙二",
        "3,2024-05-01 08:00:00,,城管局,东区,一街,丙三",
    ];
    let (code, report, err) = town.import(&newer, &[]);
    assert_eq!((code, count(&report, "new"), count(&report, "changed")), (0, 1, 3), "{report}{err}");
    assert_eq!(count(&report, "closing-taken-back"), 1);
    assert_eq!(town.position(), at + 4);
    let total = &figures(&town.path("data"), &[])["total"];
    assert_eq!((&total["received"], &total["closed_dated"]), (&json!(3), &json!(1)));
}

#[test]
fn unknown_names_are_rejected_and_the_mended_rejects_import_over_themselves() {
    let town = Town::new();
    town.import(&["1,2024-05-01 08:00:00,,城管局,东区,一街,甲"], &["--create-missing"]);
    let (code, report, _) = town.import(&["2,2024-05-01 08:00:00,,水务局,东区,一街,乙"], &[]);
    assert_eq!((code, count(&report, "rejected")), (1, 1), "{report}");
    let rejects = town.path("data.rejects.csv");
    let text = std::fs::read_to_string(&rejects).unwrap();
    assert!(text.contains("2,unit,\"the city has no unit `水务局`; accepted: a name or id"), "{text}");
    std::fs::write(&rejects, text.replace(",水务局,", ",城管局,")).unwrap();
    let (code, report, err) = town.import_file(&rejects, &[]);
    assert_eq!((code, count(&report, "new")), (0, 1), "{report}{err}");
    assert_eq!(std::fs::read_to_string(&rejects).unwrap().lines().count(), 1);
}

#[test]
fn a_trial_changes_nothing_and_says_what_would_be() {
    let town = Town::new();
    let rows = ["1,2024-05-01 08:00:00,,城管局,东区,一街,甲"];
    let (code, _, err) = town.import(&rows, &[]);
    assert!(code == 2 && err.contains("--city DIR, or --create-missing"), "{err}");
    let (code, report, _) = town.import(&rows, &["--create-missing", "--dry-run"]);
    assert_eq!((code, count(&report, "new")), (0, 1));
    assert!(!std::path::Path::new(&town.path("data")).exists());
    town.import(&rows, &["--create-missing"]);
    let at = town.position();
    let (_, report, _) =
        town.import(&["1,2024-05-01 08:00:00,2024-05-01 09:00:00,城管局,东区,一街,甲"], &["--dry-run"]);
    assert_eq!((count(&report, "changed"), town.position()), (1, at), "{report}");
}

#[test]
fn a_city_goes_out_and_in_again_with_the_names_of_the_export() {
    let town = Town::new();
    town.import(&["1,2024-05-01 08:00:00,,\"城管局, \"\"一科\"\"\",东区,一街,甲"], &["--create-missing"]);
    let (data, out) = (town.path("data"), town.path("out"));
    assert_eq!(huying(&["city", "export", "--data", &data, &out]).0, 0);
    let (code, checked, _) = huying(&["city", "check", &out]);
    assert!(code == 0 && checked.contains("0 errors, 0 warnings"), "{checked}");
    assert!(std::fs::read_to_string(format!("{out}/units.csv")).unwrap().contains("城管局, \"\"一科\"\""));
    let (_, said, _) = huying(&["city", "load", &out, "--data", &data]);
    assert!(said.contains("nothing changes") && said.contains("edition 1 is in force"), "{said}");
    let places = format!("{out}/places.csv");
    let text = std::fs::read_to_string(&places).unwrap().replace("东区,,东区", "东区,,东城区");
    std::fs::write(&places, text).unwrap();
    let (_, said, _) = huying(&["city", "load", &out, "--data", &data, "--dry-run"]);
    assert!(said.contains("~ places 东区") && said.contains("nothing was changed"), "{said}");
    let (code, said, err) = huying(&["city", "load", &out, "--data", &data]);
    assert!(code == 0 && said.contains("edition 2 is in force"), "{said}{err}");
    let rows = figures(&data, &["--by", "place", "--level", "district"])["rows"].clone();
    assert_eq!((&rows[0]["key"], &rows[0]["name"]), (&json!("东区"), &json!("东城区")));
}
