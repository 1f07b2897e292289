//! `huying figures` end to end: any export's figures equal an independent computation to the last digit.

#![allow(clippy::unwrap_used, reason = "helpers of a test file are not inside #[test] functions")]

mod common;

use common::{figures, huying, shipped};
use std::fmt::Write as _;
use std::process::Command;

const MAP: &str = r#"
system = "test"
zone = "Asia/Shanghai"
[id]
column = "id"
[opened]
column = "opened"
formats = ["%Y-%m-%d %H:%M:%S"]
[due]
column = "due"
formats = ["%Y-%m-%d %H:%M:%S"]
[closed]
column = "closed"
formats = ["%Y-%m-%d %H:%M:%S"]
[unit]
column = "unit"
[title]
column = "title"
"#;

/// xorshift64*: a seed gives the same export everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

/// Quotes, repeated ids, missing times, closings before openings, units that differ by case alone.
fn export(seed: u64, rows: u64) -> String {
    let mut dice = Dice(seed);
    let units = ["城管局", " 城管局", "住建局,一科", "水务\"\"集团", "DEP", "dep", ""];
    let mut text = "id,opened,due,closed,unit,title\n".to_owned();
    let at = |minutes: i64| {
        let t = jiff::civil::date(2024, 2, 27).at(0, 0, 0, 0) + jiff::SignedDuration::from_mins(minutes);
        t.strftime("%Y-%m-%d %H:%M:%S").to_string()
    };
    for i in 0..rows {
        let opened = dice.below(60_000) as i64;
        let due =
            if dice.below(5) == 0 { String::new() } else { at(opened + dice.below(5_000) as i64 - 100) };
        let closed = match dice.below(8) {
            0 | 1 => String::new(),
            2 => due.clone(),
            _ => at(opened + dice.below(6_000) as i64 - 50),
        };
        let id = if dice.below(10) == 0 { i / 2 } else { i };
        let unit = units[dice.below(units.len() as u64) as usize];
        let _ = writeln!(text, "{id},{},{due},{closed},\"{unit}\",\"a \"\"b\"\", c\nd {i}\"", at(opened));
    }
    text
}

/// Unit → the columns of the oracle that a file with due and closing times fills.
fn ours(data: &str) -> Vec<String> {
    let found = figures(data, &["--by", "unit"]);
    let number = |value: &serde_json::Value, places: usize| {
        value.as_f64().map_or_else(String::new, |n| format!("{n:.places$}"))
    };
    let line = |name: &str, row: &serde_json::Value| {
        let (rate, took) = (&row["on_time"], &row["to_close"]);
        let mut cells = vec![name.to_owned(), row["received"].to_string()];
        cells.extend([
            rate["numerator"].to_string(),
            rate["denominator"].to_string(),
            number(&rate["percent"], 2),
        ]);
        cells.push(took["n"].to_string());
        cells.extend(["mean_s", "p50_s", "p75_s", "p90_s"].map(|key| number(&took[key], 3)));
        cells.join("|")
    };
    let rows = found["rows"].as_array().unwrap();
    let mut all: Vec<String> = rows.iter().map(|row| line(row["name"].as_str().unwrap_or(""), row)).collect();
    all.sort();
    all.push(line("*", &found["total"]));
    all
}

fn theirs(export: &str) -> Option<Vec<String>> {
    let mut command = Command::new("python3");
    command.arg(shipped("tools/figures_oracle.py")).arg(export).env("PYTHONIOENCODING", "utf-8");
    command.args(["--format", "%Y-%m-%d %H:%M:%S", "--id", "id", "--opened", "opened"]);
    command.args(["--due", "due", "--closed", "closed", "--unit", "unit"]);
    let Ok(output) = command.output() else {
        println!("skipped: python3 is not at hand");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let first_ten = |row: csv::StringRecord| row.iter().take(10).collect::<Vec<_>>().join("|");
    let mut all: Vec<String> = reader.records().map(|row| first_ten(row.unwrap())).collect();
    let total = all.pop().unwrap();
    all.sort();
    all.push(total);
    Some(all)
}

#[test]
fn figures_equal_an_independent_computation_to_the_last_digit() {
    for seed in [7919, 104_729] {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let (file, map, data) = (path("export.csv"), path("map.toml"), path("data"));
        std::fs::write(&file, export(seed, 4_000)).unwrap();
        std::fs::write(&map, MAP).unwrap();
        let args = ["import", "cases", &file, "--map", &map, "--data", &data, "--create-missing"];
        let (code, _, err) = huying(&args);
        assert_eq!(code, 0, "{err}");
        let Some(theirs) = theirs(&file) else { return };
        assert_eq!(ours(&data), theirs, "seed {seed}");
        assert_eq!(theirs.len(), 7);
    }
}

#[test]
fn a_question_that_cannot_be_answered_says_what_is_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").to_str().unwrap().to_owned();
    let (code, _, err) = huying(&["figures", "--data", &data]);
    assert!(code == 2 && err.contains("does not exist"), "{err}");
    let city = dir.path().join("city").to_str().unwrap().to_owned();
    huying(&["city", "make", "chengdu", &city]);
    assert_eq!(huying(&["city", "load", &city, "--data", &data]).0, 0);
    let ask = |more: &[&str]| {
        let mut args = vec!["figures", "--data", &data];
        args.extend(more);
        huying(&args)
    };
    for (more, accepted) in [
        (&["--by", "weather"][..], "accepted: none, unit, place"),
        (&["--by", "place", "--level", "county"], "accepted: city, zone, district"),
        (&["--level", "district"], "--by place --level"),
        (&["--from", "May"], "accepted is a day such as 2024-05-01"),
    ] {
        let (code, _, err) = ask(more);
        assert!(code == 2 && err.contains(accepted), "{more:?}: {err}");
    }
    let (code, out, _) = ask(&[]);
    assert!(code == 0 && out.contains("not rated, for want of cases"), "{out}");
    assert!(ask(&["--definitions"]).1.contains("按期结案率 on time of due"));
}
