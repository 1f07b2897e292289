//! The profiles that ship: no fault on their own or with the city, every value with its source.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::profile::{Binds, Entry, Profile, SHIPPED, entries, shipped};
use std::collections::BTreeSet;

fn find(name: &str) -> Option<String> {
    shipped(name).map(str::to_owned)
}

fn all(name: &str) -> Vec<Entry> {
    entries("profile.toml", shipped(name).unwrap(), &find).unwrap()
}

/// The shipped city under a shipped profile, with somebody on every rung.
fn folder_under(name: &str) -> huying_core::city::Folder {
    let mut folder = ladder_folder();
    folder.put("profile.toml", format!("[profile]\non = \"{name}\"\n"));
    folder
}

#[test]
fn each_has_no_fault_on_its_own_and_with_the_city() {
    for (name, text) in SHIPPED {
        let (profile, faults) = Profile::read(text);
        assert!(faults.is_empty(), "{name}: {faults:#?}");
        assert_eq!(profile.unwrap().id, name);
        let (rules, faults) =
            huying_core::rules::Rules::read(&folder_under(name), huying_core::ids::Edition(1));
        assert!(faults.is_empty() && rules.is_some(), "{name}: {faults:#?}");
    }
}

#[test]
fn every_value_says_where_it_stands_and_how_sure_that_is() {
    for (name, _) in SHIPPED {
        for entry in all(name) {
            if entry.path.starts_with("profile.") {
                continue;
            }
            assert!(!entry.source.trim().is_empty(), "{name}: {} has no source", entry.path);
            let known = ["verified", "reported", "general", "proposal"];
            assert!(known.contains(&entry.status.as_str()), "{name}: {} is {:?}", entry.path, entry.status);
        }
    }
}

#[test]
fn paths_are_each_one_value_and_lines_are_those_of_the_layers_file() {
    for (name, _) in SHIPPED {
        let all = all(name);
        let paths: BTreeSet<&str> = all.iter().map(|e| e.path.as_str()).collect();
        assert_eq!(paths.len(), all.len(), "{name}");
        for entry in &all {
            let file = if entry.layer == "profile.toml" { name } else { entry.layer.as_str() };
            let lines = shipped(file).unwrap().lines().count();
            assert!((1..=lines).contains(&(entry.line as usize)), "{name}: {entry:?}");
        }
    }
    let chengdu = all("chengdu");
    let of = |path: &str| chengdu.iter().find(|e| e.path == path).unwrap_or_else(|| panic!("{path}"));
    let promise = of("procedure.hotline.limit.promise(request_type=consult).limit");
    assert_eq!((promise.value.as_str(), promise.status.as_str()), ("\"3 working days\"", "verified"));
    assert_eq!((promise.layer.as_str(), promise.binds), ("profile.toml", Binds::ClockStart));
    let undo = of("settings.undo_minutes");
    assert_eq!((undo.layer.as_str(), undo.binds), ("base", Binds::Live));
    assert!(undo.source.starts_with("house proposal"));
    // A value that was inherited keeps the source of the layer that said it.
    let raise = of("procedure.hotline.callback_tries");
    assert_eq!(raise.source, "the common outline of hotline procedures");
    assert_eq!(of("whistling.good").binds, Binds::PeriodEnd);
    assert_eq!(of("procedure.grid-call.when").binds, Binds::Opening);
    assert_eq!(of("procedure.hotline.closing.reopen").binds, Binds::Live);
    assert_eq!(of("ladder.rung.grid.acknowledge").binds, Binds::ClockStart);
    assert_eq!(of("whistle.emergency.on_site").binds, Binds::ClockStart);
}
