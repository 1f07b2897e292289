//! `huying profile diff A B --data DIR`: which clocks that run would have another limit under B.

use crate::case::views;
use crate::journal::reader;
use crate::table::{render, thousands};
use crate::{Outcome, Told};
use huying_core::case::decide::{Touched, touched};
use huying_core::city::outside;
use huying_core::ids::Edition;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::store::CaseFilter;
use huying_engine::{history_of, loaded_city};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// Numbers of cases that are named of each change.
const NAMED: usize = 3;

/// What one change of a limit would touch.
#[derive(Default)]
struct Touches {
    clocks: u64,
    named: Vec<String>,
}

pub(super) fn run(data: &Path, name: &str, text: String) -> Outcome {
    let rules = rules_under(data, text)?;
    let (reader, now) = (reader(data)?, Time::from(jiff::Timestamp::now()));
    let (mut open, mut all) = (0_u64, BTreeMap::<[String; 4], Touches>::new());
    let mut cases = Vec::new();
    let filter = CaseFilter { state: Some("open".into()), ..CaseFilter::default() };
    views(data, &reader)?.facts(&filter, |row| cases.push(row.case_id))?;
    for id in cases {
        let Some(history) = history_of(&reader, id)?.filter(|h| h.case.spine.is_open()) else { continue };
        open += 1;
        let case = &history.case;
        let procedure = case.facts.as_ref().map_or_else(|| "-".to_owned(), |f| f.procedure.to_string());
        for touch in touched(case, &rules, now) {
            let (has, would) = said(&touch)?;
            let stage = serde_json::to_value(touch.stage)?.as_str().unwrap_or_default().to_owned();
            let of = all.entry([procedure.clone(), stage, has, would]).or_default();
            of.clocks += 1;
            if of.named.len() < NAMED {
                of.named.push(case.number.to_string());
            }
        }
    }
    let mut rows = vec![["procedure", "stage", "has", name, "clocks", "such as"].map(str::to_owned).to_vec()];
    rows.extend(all.iter().map(|(of, touches)| {
        let count = [thousands(touches.clocks), touches.named.join(", ")];
        of.iter().cloned().chain(count).collect()
    }));
    if rows.len() > 1 {
        print!("{}", render(&rows, &[4]));
    }
    let clocks: u64 = all.values().map(|touches| touches.clocks).sum();
    println!(
        "{} running clocks of {} open cases would have another limit under {name}; they keep theirs",
        thousands(clocks),
        thousands(open)
    );
    Ok(ExitCode::SUCCESS)
}

/// Both limits in words; in full where their amounts are the same.
fn said(touch: &Touched) -> Result<(String, String), Told> {
    let Some(would) = &touch.would else { return Ok((touch.has.amount.to_string(), "–".to_owned())) };
    if touch.has.amount != would.amount {
        return Ok((touch.has.amount.to_string(), would.amount.to_string()));
    }
    Ok((serde_json::to_string(&touch.has)?, serde_json::to_string(would)?))
}

/// The city of a data folder under another profile.
fn rules_under(data: &Path, text: String) -> Result<Rules, Told> {
    let Some(mut folder) = loaded_city(data)? else {
        return Err(format!("{} holds no city; accepted: a data folder that has one", data.display()).into());
    };
    folder.put(outside::PROFILE, text);
    let (rules, faults) = Rules::read(&folder, Edition(1));
    rules.ok_or_else(|| super::told(&faults))
}
