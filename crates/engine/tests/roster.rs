//! People and posts that change while the city is at work: facts of the journal, folded at the next start.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::actor::{Person, PersonKind};
use huying_core::case::event::Actor;
use huying_core::ids::{PersonId, PostId};
use huying_core::roster::RosterChange;
use huying_engine::store::Store;
use huying_engine::{CITY_STREAM, CityRecord, Engine, EngineError, Loading, Rejected, Settings, loaded_city};

fn newcomer() -> Person {
    Person {
        id: PersonId::new("p-new").unwrap(),
        kind: PersonKind::Staff,
        name: String::new(),
        synthetic: false,
    }
}

/// A filled post of the shipped city, its holder and its unit's territory.
fn some_post(town: &Town, role: &str, within: &str) -> PostId {
    let rules = town.rules();
    let mut posts = rules.city.people.posts().iter();
    let found = posts.find(|p| p.role == role && p.unit.as_str().starts_with(within) && p.person.is_some());
    found.unwrap().id.clone()
}

fn refused(answer: Result<std::sync::Arc<huying_core::rules::Rules>, Rejected>) -> &'static str {
    match answer {
        Err(Rejected::Refused(refusal)) => refusal.rule,
        other => panic!("{:?}", other.map(drop)),
    }
}

#[test]
fn a_change_holds_at_once_and_after_a_restart_and_stands_in_the_export() {
    let mut town = Town::new();
    let post = some_post(&town, "dispatcher", "u510104");
    let before = town.rules().city.people.post(&post).unwrap().person.clone().unwrap();
    let person = newcomer().id;
    let changes = vec![
        RosterChange::Joined(newcomer()),
        RosterChange::Left { person: before.clone() },
        RosterChange::Filled { post: post.clone(), person: Some(person.clone()) },
    ];
    town.engine().change_roster(changes, Actor::Clock).unwrap();
    let holder = |town: &Town| town.rules().city.people.post(&post).unwrap().person.clone();
    assert_eq!(holder(&town), Some(person.clone()));
    let day = town.rules().day(town.engine().now());
    assert_eq!(town.rules().city.people.of_person(&before, day).count(), 0);
    assert_eq!(town.rules().city.people.of_person(&person, day).count(), 1);

    town.start();
    assert_eq!(holder(&town), Some(person));
    // The same folder again is the edition it already is, and does not undo the change.
    town.stop();
    drop(Engine::open_with_city(&town.root(), town.settings(), &city()).unwrap());
    town.start();
    assert_ne!(holder(&town), Some(before.clone()));

    // Another folder would undo it: that must be meant.
    let mut other = city();
    other.put("NOTES.md", "changed");
    town.stop();
    let opened = Engine::open_with_city(&town.root(), town.settings(), &other);
    assert!(matches!(opened, Err(EngineError::Roster(3))), "{:?}", opened.map(drop));
    // The exported folder holds the change, so it may be loaded.
    let exported = loaded_city(&town.root()).unwrap().unwrap();
    assert!(std::str::from_utf8(exported.get("posts.csv").unwrap()).unwrap().contains("p-new"));
    drop(Engine::open_with_city(&town.root(), town.settings(), &exported).unwrap());
    let meant =
        Settings { loading: Loading { replace_roster: true, ..Loading::default() }, ..town.settings() };
    drop(Engine::open_with_city(&town.root(), meant, &other).unwrap());
    town.start();
    assert_eq!(holder(&town), Some(before));
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let town = Town::new();
    let engine = town.engine();
    let post = some_post(&town, "dispatcher", "u510104");
    let (rules, at) = (town.rules(), engine.position().unwrap());
    let nobody = Some(PersonId::new("p-nobody").unwrap());
    let held = rules.city.people.post(&post).unwrap().clone();
    let named = Person { id: PersonId::new("p-named").unwrap(), name: "张三".into(), ..newcomer() };
    let looped = huying_core::actor::Post { deputy_of: Some(post.clone()), ..held.clone() };
    let strange = huying_core::actor::Post { role: "king".into(), ..held.clone() };
    for (change, rule) in [
        (RosterChange::Filled { post: post.clone(), person: nobody }, "roster.person"),
        (RosterChange::Joined(named), "roster.name"),
        (RosterChange::Made(Box::new(held)), "roster.post"),
        (RosterChange::Altered(Box::new(looped)), "roster.deputy"),
        (RosterChange::Altered(Box::new(strange)), "roster.role"),
        (
            RosterChange::Ended { post: PostId::new("gone").unwrap(), to: "2030-01-01".parse().unwrap() },
            "roster.post",
        ),
    ] {
        // The first change is good: all of them or none.
        assert_eq!(
            refused(engine.change_roster(vec![RosterChange::Joined(newcomer()), change], Actor::Clock)),
            rule
        );
    }
    assert_eq!(refused(engine.change_roster(Vec::new(), Actor::Clock)), "roster.count");
    assert_eq!(engine.position().unwrap(), at);
    assert_eq!(town.rules().city.people, rules.city.people);
}

#[test]
fn a_post_reaches_as_far_as_its_territory() {
    let town = Town::new();
    let here = town.staff("dispatcher", "u510104-hotline");
    let theirs = some_post(&town, "dispatcher", "u510105");
    let own = some_post(&town, "callback", "u510104");
    let vacate = |post| vec![RosterChange::Filled { post, person: None }];
    assert_eq!(refused(town.engine().change_roster(vacate(theirs), here.clone())), "powers.territory");
    town.engine().change_roster(vacate(own), here).unwrap();
}

#[test]
fn a_change_that_may_or_may_not_be_stored_is_said_so_and_the_rules_follow_the_journal() {
    for lasts in [true, false] {
        let town = Town::new();
        let post = some_post(&town, "dispatcher", "u510104");
        let vacate = vec![RosterChange::Filled { post: post.clone(), person: None }];
        let cut = move |store: &mut Store, _| {
            store.break_next_commit_for_tests(lasts);
            Ok(())
        };
        town.engine().with_store(cut).unwrap();
        let answer = town.engine().change_roster(vacate, Actor::Clock);
        assert!(matches!(answer, Err(Rejected::Unknown(_))), "{:?}", answer.map(drop));
        town.engine().tick().unwrap();
        assert_eq!(town.rules().city.people.post(&post).unwrap().person.is_none(), lasts);
    }
}

#[test]
fn figures_do_not_wait_for_a_case_after_the_roster_changed() {
    let mut town = Town::new();
    town.stop();
    let settings = Settings { follow: true, ..town.settings() };
    let engine = Engine::open(&town.root(), settings).unwrap();
    engine.change_roster(vec![RosterChange::Joined(newcomer())], Actor::Clock).unwrap();
    let figures = huying_engine::figures::collect(&engine, &Default::default()).unwrap();
    assert_eq!(figures.total.count("received"), Some(0));
}

#[test]
fn the_shape_of_the_citys_records_is_kept() {
    let lines = include_str!("fixtures/city_records.jsonl");
    let mut kinds = std::collections::BTreeSet::new();
    for line in lines.lines() {
        let record: CityRecord = serde_json::from_str(line).unwrap();
        assert_eq!(
            serde_json::to_value(&record).unwrap(),
            serde_json::from_str::<serde_json::Value>(line).unwrap()
        );
        match record {
            CityRecord::Loaded(loaded) => assert_eq!(loaded.stream, CITY_STREAM),
            CityRecord::Standing(_) => panic!("of another file"),
            CityRecord::Roster(roster) => kinds.extend(roster.changes.iter().map(|c| {
                serde_json::to_value(c).unwrap().as_object().unwrap().keys().next().unwrap().clone()
            })),
        }
    }
    let all = ["altered", "ended", "filled", "joined", "left", "made"];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), all, "every change has a fixture");
}
