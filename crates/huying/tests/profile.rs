//! `huying profile` end to end, through the built binary.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are not inside #[test] functions")]

mod common;

use common::huying;
use serde_json::Value;

const NAMES: [&str; 6] = ["base", "beijing", "chengdu", "guangming", "pudong", "classic-city-management"];

#[track_caller]
fn json(args: &[&str]) -> Vec<Value> {
    let (code, out, err) = huying(args);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn what_ships_is_listed_and_has_no_fault() {
    let (code, out, _) = huying(&["profile", "list"]);
    assert_eq!((code, out.lines().count()), (0, 1 + NAMES.len()));
    for name in NAMES {
        assert!(out.lines().any(|line| line.split_whitespace().next() == Some(name)), "{out}");
        assert_eq!(huying(&["profile", "check", name]), (0, "0 errors, 0 warnings\n".into(), String::new()));
    }
}

#[test]
fn a_fault_of_a_file_is_named_by_file_line_field_and_what_is_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.toml").to_str().unwrap().to_owned();
    let begin = "[profile]\non = \"beijing\"\nid = \"mine\"\nname = \"我的\"\n";
    std::fs::write(&path, begin).unwrap();
    assert_eq!(huying(&["profile", "check", &path]).0, 0);
    let more = "[settings]\nundo_minutes = 5\n[[procedure.limit]]\n[settings2]\n";
    std::fs::write(&path, format!("{begin}{more}")).unwrap();
    let (code, out, _) = huying(&["profile", "check", &path]);
    let want =
        format!("error: {path}:5 [settings]: values are changed, and nothing says where the new ones stand");
    assert!(code == 1 && out.contains(&want), "{out}");
    assert!(
        out.contains(&format!("error: {path}:8 [settings2]: no table of a profile; accepted: profile, ")),
        "{out}"
    );
    let (code, out, _) = huying(&["profile", "check", &path, "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert!(code == 1 && report["errors"].as_u64().unwrap() >= 2, "{out}");
    std::fs::write(&path, "[profile]\non = \"peking\"\n").unwrap();
    let (code, out, _) = huying(&["profile", "check", &path]);
    assert!(
        code == 1 && out.contains(":2 [profile.on]: no profile `peking` ships; accepted: base, beijing"),
        "{out}"
    );
    let (code, _, err) = huying(&["profile", "check", "atlantis"]);
    assert!(code == 2 && err.contains("`atlantis` is no profile; accepted: base, "), "{err}");
}

#[test]
fn a_city_is_made_with_any_profile_and_checked_against_it() {
    let dir = tempfile::tempdir().unwrap();
    for name in NAMES {
        let path = dir.path().join(name).to_str().unwrap().to_owned();
        assert_eq!(huying(&["city", "make", "chengdu", &path, "--profile", name]).0, 0);
        assert_eq!(huying(&["profile", "check", &path]).0, 0, "{name}");
        assert_eq!(
            huying(&["city", "check", &path]).1.lines().last(),
            Some("0 errors, 0 warnings"),
            "{name}"
        );
        let text = std::fs::read_to_string(format!("{path}/profile.toml")).unwrap();
        assert!(text.contains(&format!("id = \"{name}\"")) && !text.contains("\non = "));
        // What the city got is what ships.
        let (code, out, _) = huying(&["profile", "diff", name, &path]);
        assert_eq!((code, out), (0, format!("{name} and {path} say the same\n")));
        if name == "pudong" {
            std::fs::write(
                format!("{path}/profile.toml"),
                text.replace("level = \"community\"", "level = \"ward\""),
            )
            .unwrap();
            let (code, out, _) = huying(&["profile", "check", &path]);
            assert!(
                code == 1 && out.contains("[public.level]: `ward` is no level of the city; accepted: city, "),
                "{out}"
            );
        }
    }
    let to = dir.path().join("no").to_str().unwrap().to_owned();
    let (code, _, err) = huying(&["city", "make", "chengdu", &to, "--profile", "peking"]);
    assert!(code == 2 && err.contains("no profile `peking` ships; accepted: base, "), "{err}");
}

#[test]
fn a_value_is_shown_with_layer_line_source_status_and_when_it_binds() {
    let path = "procedure.hotline.limit.promise(request_type=consult).limit";
    let all = json(&["profile", "show", "chengdu", path, "--format", "json"]);
    assert_eq!(all.len(), 1);
    let value = &all[0];
    assert_eq!(value["value"], "\"3 working days\"");
    assert_eq!((&value["status"], &value["binds"]), (&"verified".into(), &"clock-start".into()));
    assert_eq!(value["layer"], "profiles/chengdu.toml");
    assert!(value["source"].as_str().unwrap().starts_with("Sichuan hotline rules"));
    assert_eq!(
        json(&["profile", "show", "chengdu", "settings.undo_minutes", "--format", "json"])[0]["layer"],
        "base"
    );
    let (code, out, _) = huying(&["profile", "show", "beijing", "whistle.emergency"]);
    assert!(code == 0 && out.lines().all(|line| line.starts_with("  ")), "{out}");
    assert!(out.contains("whistle.emergency.on_site") && out.contains("clock-start 计时开始时"), "{out}");
    let (code, _, err) = huying(&["profile", "show", "beijing", "ladder"]);
    assert!(
        code == 2 && err.contains("nothing under `ladder`; accepted: what begins with profile, "),
        "{err}"
    );
    let (code, _, err) = huying(&["profile", "show", "beijing", "whistle", "--format", "toml"]);
    assert!(code == 2 && err.contains("accepted: json, table"), "{err}");
    let (_, text, _) = huying(&["profile", "show", "beijing", "--format", "toml"]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("b.toml");
    std::fs::write(&file, text).unwrap();
    assert_eq!(huying(&["profile", "check", file.to_str().unwrap()]).0, 0);
}

#[test]
fn two_profiles_are_compared_value_by_value() {
    let (_, out, _) = huying(&["profile", "diff", "beijing", "pudong", "procedure.hotline.limit.promise"]);
    let line = out.lines().find(|line| line.contains("promise(request_type=consult).limit")).unwrap();
    assert!(line.contains('–') && line.contains("1 working day"), "{out}");
    assert!(out.lines().last().unwrap().contains("values differ"));
    let all = json(&["profile", "diff", "base", "chengdu", "--format", "json"]);
    let of = |path: &str| all.iter().find(|d| d["path"] == path);
    let level = of("public.level").unwrap();
    assert_eq!(
        (&level["one"]["value"], &level["other"]["value"]),
        (&"\"community\"".into(), &"\"grid\"".into())
    );
    assert!(of("settings.undo_minutes").is_none());
    assert_eq!(huying(&["profile", "diff", "base", "base"]).1, "base and base say the same\n");
}

#[test]
fn what_another_profile_would_touch_is_counted_in_a_data_folder() {
    let dir = tempfile::tempdir().unwrap();
    let of = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (city, data) = (of("city"), of("data"));
    assert_eq!(huying(&["city", "make", "chengdu", &city]).0, 0);
    assert_eq!(huying(&["city", "load", &city, "--data", &data]).0, 0);
    let (code, out, err) = huying(&["profile", "diff", "chengdu", "pudong", "weights", "--data", &data]);
    assert_eq!(code, 0, "{err}");
    let want = "0 running clocks of 0 open cases would have another limit under pudong; they keep theirs";
    assert_eq!(out.lines().last(), Some(want));
    let (code, _, err) = huying(&["profile", "diff", "chengdu", "pudong", "--data", &of("none")]);
    assert!(code == 2 && err.contains("none holds no city; accepted: a data folder that has one"), "{err}");
    // The edition keeps what the folder said, written out, even where the folder itself stands on a profile.
    std::fs::write(format!("{city}/profile.toml"), "[profile]\non = \"beijing\"\n").unwrap();
    assert_eq!(huying(&["city", "load", &city, "--data", &data]).0, 0);
    let (_, out, _) = huying(&["city", "load", &city, "--data", &data]);
    assert!(out.starts_with("the folder is the edition in force: nothing changes"), "{out}");
    let back = of("back");
    assert_eq!(huying(&["city", "export", "--data", &data, &back]).0, 0);
    assert_eq!(
        huying(&["profile", "diff", "beijing", &back]).1,
        format!("beijing and {back} say the same\n")
    );
    assert!(!std::fs::read_to_string(format!("{back}/profile.toml")).unwrap().contains("\non = "));
}
