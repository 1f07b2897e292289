//! Standing orders in the journal: they hold at once, after a restart and over a new edition; their words lie
//! in the vault; and whoever is on duty is found by a clock that misses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::event::{Actor, Event, Holder, TextRef};
use huying_core::case::thread::ThreadKind;
use huying_core::duty::Swap;
use huying_core::ids::{PersonId, PlaceId, UnitId};
use huying_core::standing::{Order, StandingChange};
use huying_engine::store::{AccessEntry, Clear, Store};
use huying_engine::{
    CITY_CASE, CITY_STREAM, CityRecord, ClearText, Engine, EngineError, Loading, OrderGiven, Ordered,
    Rejected, Settings,
};

const SEAT: &str = "duty-desk";

fn unit(id: &str) -> UnitId {
    UnitId::new(id).unwrap()
}

fn person(actor: &Actor) -> PersonId {
    let Actor::Staff(staff) = actor else { panic!() };
    staff.person.clone()
}

fn gives(town: &Town, actor: &Actor, order: Order, words: Option<&str>) -> Result<Ordered, Rejected> {
    let text = words.map(|w| ClearText { class: "note".into(), text: w.to_owned() });
    town.engine().order(OrderGiven { key: None, actor: actor.clone(), order, text })
}

fn swap(town: &Town, who: &PersonId) -> Order {
    let now = town.engine().now();
    let swap = Swap { from: now, to: now.plus(30 * DAY), person: who.clone() };
    Order::SwapDuty { unit: unit(DISTRICT_DESK), seat: SEAT.into(), swap }
}

fn declare(town: &Town) -> Order {
    Order::DeclareMode {
        mode: "epidemic".into(),
        place: PlaceId::new("510104").unwrap(),
        from: None,
        to: town.engine().now().plus(5 * DAY),
        text: TextRef::pending(0),
    }
}

fn mode(town: &Town) -> String {
    let (rules, now) = (town.rules(), town.engine().now());
    rules.mode_at(&PlaceId::new(STREET).unwrap(), now).unwrap().id.to_string()
}

fn on_duty(town: &Town) -> Option<PersonId> {
    let (rules, now) = (town.rules(), town.engine().now());
    rules.standing.on_duty(&rules, now).people.get(&unit(DISTRICT_DESK)).cloned()
}

#[test]
fn an_order_holds_at_once_after_a_restart_and_over_a_new_edition() {
    let mut town = Town::new();
    let (head, stands_in) =
        (town.staff("closer", DISTRICT_DESK), person(&town.staff("callback", DISTRICT_DESK)));
    gives(&town, &head, swap(&town, &stands_in), None).unwrap();
    let supervisor = town.staff("supervisor", DISTRICT_DESK);
    gives(&town, &supervisor, declare(&town), Some("街道出现聚集性疫情")).unwrap();
    assert_eq!((on_duty(&town), mode(&town).as_str()), (Some(stands_in.clone()), "epidemic"));
    town.start();
    assert_eq!((on_duty(&town), mode(&town).as_str()), (Some(stands_in.clone()), "epidemic"));

    // The export has the substitution; loading it undoes nothing, and the mode outlives the edition.
    let exported = town.engine().city_folder().unwrap();
    town.engine().load_city(exported, Actor::Clock).unwrap();
    assert_eq!((on_duty(&town), mode(&town).as_str()), (Some(stands_in.clone()), "epidemic"));

    // A folder without it would undo it, and is only taken when that is meant.
    gives(&town, &head, Order::EndDuty { unit: unit(DISTRICT_DESK), seat: SEAT.into() }, None).unwrap();
    let changed = |town: &Town| {
        let mut folder = city();
        let text = String::from_utf8(folder.get("profile.toml").unwrap().to_vec()).unwrap();
        folder.put("profile.toml", format!("# again\n{text}"));
        let _ = town;
        folder
    };
    let folder = changed(&town);
    let refused = town.engine().load_city(folder.clone(), Actor::Clock);
    let Err(Rejected::Failed(error)) = refused else { panic!("{:?}", refused.map(drop)) };
    assert!(matches!(*error, EngineError::Roster(1)), "{error:?}");
    town.stop();
    let loading = Loading { replace_roster: true, accept_synthetic: None };
    let settings = Settings { loading, ..town.settings() };
    drop(Engine::open_with_city(&town.root(), settings, &folder).unwrap());
    town.start();
    assert!(on_duty(&town).is_some_and(|p| p != stands_in));
    assert_eq!(mode(&town), "epidemic");
    town.is_sound();
}

#[test]
fn the_words_of_an_order_are_sealed_and_read_for_a_purpose() {
    let mut town = Town::new();
    let supervisor = town.staff("supervisor", DISTRICT_DESK);
    let words = "街道出现聚集性疫情";
    let no = gives(&town, &supervisor, declare(&town), Some(words)).unwrap().no;
    let more = gives(&town, &supervisor, declare(&town), Some("延长")).unwrap().no;
    let stored = town.engine().read(|r| r.load(CITY_STREAM)).unwrap();
    let texts: Vec<TextRef> = stored
        .iter()
        .filter_map(|r| match serde_json::from_slice(&r.payload).unwrap() {
            CityRecord::Standing(s) => Some(s),
            _ => None,
        })
        .flat_map(|s| s.orders)
        .filter_map(|o| if let StandingChange::ModeDeclared(d) = o { Some(d.text) } else { None })
        .collect();
    assert_eq!((texts.len(), more.0), (2, no.0 + 1));
    assert!(stored.iter().all(|r| !String::from_utf8_lossy(&r.payload).contains(words)));
    let entry = AccessEntry {
        at: town.engine().now(),
        actor: person(&supervisor),
        post: None,
        purpose: "督查".into(),
        case_id: CITY_CASE,
    };
    let clear = town.engine().read_clear(entry, texts.iter().map(|t| t.item).collect()).unwrap();
    let Clear::Text(opened) = &clear[0] else { panic!("{clear:?}") };
    assert_eq!(opened.text, words.as_bytes());
    town.is_sound();
}

#[test]
fn the_same_key_is_one_order_and_another_order_under_it_is_refused() {
    let town = Town::new();
    let supervisor = town.staff("supervisor", DISTRICT_DESK);
    let order = declare(&town);
    let gives = |order: Order| {
        let text = Some(ClearText { class: "note".into(), text: "疫情".into() });
        town.engine().order(OrderGiven { key: Some([7; 32]), actor: supervisor.clone(), order, text })
    };
    let first = gives(order.clone()).unwrap();
    let again = gives(order.clone()).unwrap();
    assert_eq!(again, Ordered { no: first.no, repeated: true });
    assert_eq!(town.rules().standing.modes.len(), 1);
    let Order::DeclareMode { mode, place, from, text, to } = order else { panic!() };
    let other = Order::DeclareMode { mode, place, from, text, to: to.plus(1) };
    assert!(matches!(gives(other), Err(Rejected::KeyReused)));
}

#[test]
fn an_order_that_may_or_may_not_be_stored_is_said_so_and_the_rules_follow_the_journal() {
    for lasts in [true, false] {
        let town = Town::new();
        let supervisor = town.staff("supervisor", DISTRICT_DESK);
        let cut = move |store: &mut Store, _| {
            store.break_next_commit_for_tests(lasts);
            Ok(())
        };
        town.engine().with_store(cut).unwrap();
        let answer = gives(&town, &supervisor, declare(&town), Some("疫情"));
        assert!(matches!(answer, Err(Rejected::Unknown(_))), "{answer:?}");
        town.engine().tick().unwrap();
        assert_eq!(mode(&town) == "epidemic", lasts);
    }
}

/// 值班: the engine says who is on duty, and what a missed clock brings about goes to them by name.
#[test]
fn a_clock_that_misses_finds_the_person_on_duty() {
    let mut town = Town::new();
    let stands_in = person(&town.staff("callback", DISTRICT_DESK));
    gives(&town, &town.staff("closer", DISTRICT_DESK), swap(&town, &stands_in), None).unwrap();
    let mut call = complaint("水管爆裂", None);
    let huying_core::case::command::Command::Report(report) = &mut call.command else { panic!() };
    report.source = "to-grid".into();
    let id = town.engine().submit(call).unwrap().case;
    // Nobody answers anywhere: it climbs to the top and is watched there.
    let watched = |town: &Town| town.case(id).threads.iter().any(|t| t.kind == ThreadKind::Supervision);
    for _ in 0..60 {
        town.later(DAY);
        town.engine().tick().unwrap();
        if watched(&town) {
            break;
        }
    }
    let rules = town.rules();
    let records = town.records(id);
    let opened = records.iter().find_map(|r| {
        r.events.iter().find_map(|e| match e {
            Event::ThreadOpened(o) if o.kind == ThreadKind::Supervision => {
                Some((r.recorded_at, o.holder.clone()))
            }
            _ => None,
        })
    });
    let (when, holder) = opened.expect("a supervision");
    let Holder::Unit { unit: of, person: Some(found) } = holder else { panic!("{holder:?}") };
    assert_eq!(rules.standing.on_duty(&rules, when).people.get(&of), Some(&found));
    town.is_sound();
}

#[test]
fn the_shape_of_standing_orders_is_kept() {
    let lines = include_str!("fixtures/standing_records.jsonl");
    let mut kinds = std::collections::BTreeSet::new();
    for line in lines.lines() {
        let record: CityRecord = serde_json::from_str(line).unwrap();
        let CityRecord::Standing(standing) = &record else { panic!("{line}") };
        kinds.extend(
            standing.orders.iter().map(|c| {
                serde_json::to_value(c).unwrap().as_object().unwrap().keys().next().unwrap().clone()
            }),
        );
        let written = serde_json::to_value(&record).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(line).unwrap());
    }
    let stranger = serde_json::from_str::<StandingChange>(r#"{"stranger":{}}"#).unwrap_err().to_string();
    let known = stranger.split_once("expected one of").unwrap().1;
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    assert_eq!(kinds.len(), known.len(), "{kinds:?} of {known:?}: every change has a fixture");
}
