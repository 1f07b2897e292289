//! What the writer does beside commands: sealing, trimming, readings that share a sync, and what a sender is
//! told when a commit breaks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::ids::PersonId;
use huying_engine::store::{AccessEntry, Clear, proof};
use huying_engine::{Engine, Rejected};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Lets the writer be idle for a few of its turns, until something holds.
fn idle_until(holds: impl Fn() -> bool) -> bool {
    (0..20).any(|_| {
        std::thread::sleep(Duration::from_millis(300));
        holds()
    })
}

#[test]
fn the_journal_is_sealed_while_the_engine_runs_and_when_it_stops() {
    let mut town = Town::new();
    let id = town.report("噪音").case;
    let minutes = town.rules().profile.settings.seal_minutes.unwrap();
    let sealed = |town: &Town| {
        town.reader().last_checkpoint().unwrap().map_or(0, |signed| signed.checkpoint.last_seq.0)
    };
    town.later(i64::from(minutes) * 60_000 - 1);
    assert!(!idle_until(|| sealed(&town) > 0), "not before its time");
    town.later(1);
    let position = town.engine().position().unwrap().0;
    assert!(idle_until(|| sealed(&town) == position), "in its time, beside whatever runs");
    let report = proof::check(&town.reader().prove(id.stream()).unwrap(), None).unwrap();
    assert_eq!(report.records, 1);

    let second = town.report("噪音又来了");
    town.stop();
    assert_eq!(sealed(&town), second.seq.0, "a clean stop seals the rest");
    let before = town.reader().checkpoints().unwrap().len();
    town.start();
    town.stop();
    assert_eq!(town.reader().checkpoints().unwrap().len(), before, "nothing new, nothing sealed");
    town.is_sound();
}

#[test]
fn what_everybody_has_got_leaves_the_outbox() {
    let mut town = Town::new();
    let [lead, a] = ["爆管了", "路上全是水"].map(|w| town.report(w).case);
    town.gives(a, &town.staff("dispatcher", DISTRICT_DESK), Command::Merge { into: lead }).unwrap();
    town.engine().tick().unwrap();
    let places = |town: &Town| -> Vec<u64> {
        town.reader().outbox_after(0, 100).unwrap().iter().map(|m| m.position).collect()
    };
    let all = places(&town);
    assert!(all.len() > 3);
    town.later(61_000);
    assert!(idle_until(|| places(&town).len() == 1), "{:?}", places(&town));
    assert_eq!(places(&town), all[all.len() - 1..], "the newest stays, so that places never start over");
    town.start();
    let b = town.report("家里没水").case;
    town.gives(b, &town.staff("dispatcher", DISTRICT_DESK), Command::Merge { into: lead }).unwrap();
    town.engine().tick().unwrap();
    assert_eq!(town.case(lead).followers, [a, b], "and deliveries go on");
    assert_eq!(town.engine().delivery().behind, 0);

    // A consumer that is behind keeps what it has not got.
    town.stop();
    let keep = *places(&town).last().unwrap() - 1;
    let mut store = town.store();
    store.move_cursor("hook", keep - 1).unwrap();
    drop(store);
    town.start();
    town.later(61_000);
    assert!(idle_until(|| places(&town)[0] == keep), "{:?}, {keep}", places(&town));
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(places(&town)[0], keep);
    town.is_sound();
}

#[test]
fn readings_of_a_turn_share_one_sync_and_do_not_split_the_batch() {
    let mut town = Town::new();
    let id = town.report("李四家的秘密").case;
    let content = town.case(id).facts.unwrap().content;
    town.stop();
    let engine = Arc::new(Engine::open(&town.root(), town.settings()).unwrap());
    // Past the first idle turn, in which old outcomes are forgotten.
    std::thread::sleep(Duration::from_millis(700));
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = sizes.clone();
    engine.subscribe(Box::new(move |published| seen.lock().unwrap().push(published.len())));
    let before = engine.with_store(|store, _| Ok(store.transactions())).unwrap();

    let waiting = hold(&engine);
    let (tell, told) = channel();
    let mut readers = Vec::new();
    for n in 0..20_u8 {
        let tell = tell.clone();
        engine.submit_then(complaint("停水", Some([n; 32])), Box::new(move |a| drop(tell.send(a))));
        let (reading, at) = (engine.clone(), engine.now());
        let actor = PersonId::new("p0001").unwrap();
        // One in five asks for an item that is not there, and spoils nothing.
        let item = if n % 5 == 0 { huying_core::ids::ItemId(999_999) } else { content.item };
        let entry = AccessEntry { at, actor, post: None, purpose: "test".into(), case_id: id };
        readers.push(std::thread::spawn(move || reading.read_clear(entry, vec![item])));
        std::thread::sleep(Duration::from_millis(10));
    }
    // A lookup of a key waits for no writer.
    assert!(!engine.is_known(&[3; 32]).unwrap());
    drop(waiting);
    assert!((0..20).all(|_| told.recv().unwrap().is_ok()));
    let found: Vec<_> = readers.into_iter().map(|r| r.join().unwrap()).collect();
    let clear = |found: &Result<Vec<Clear>, Rejected>| match found.as_deref() {
        Ok([Clear::Text(opened)]) => opened.text == "李四家的秘密".as_bytes(),
        _ => false,
    };
    assert_eq!(found.iter().filter(|r| clear(r)).count(), 16);
    assert_eq!(found.iter().filter(|r| r.is_err()).count(), 4);
    assert_eq!(*sizes.lock().unwrap(), [20], "one batch");
    let after = engine.with_store(|store, _| Ok(store.transactions())).unwrap();
    assert_eq!(after - before, 2, "one sync for the batch, one for the readings");
    assert!(engine.is_known(&[3; 32]).unwrap());
    drop(engine);
    assert_eq!(town.reader().accesses_of(id).unwrap().len(), 16);
    town.is_sound();
}

#[test]
fn a_commit_that_the_disk_breaks_is_told_as_unknown_and_the_key_tells() {
    for (lasts, key) in [(true, [7; 32]), (false, [8; 32])] {
        let mut town = Town::new();
        std::thread::sleep(Duration::from_millis(700));
        let broken = move |store: &mut huying_engine::store::Store, _| {
            store.break_next_commit_for_tests(lasts);
            Ok(())
        };
        town.engine().with_store(broken).unwrap();
        let told = town.engine().submit(complaint("停电", Some(key))).unwrap_err();
        assert!(matches!(told, Rejected::Unknown(_)), "{told}");
        assert!(told.to_string().starts_with("whether the command was taken is not known"), "{told}");
        let again = town.engine().submit(complaint("停电", Some(key))).unwrap();
        assert_eq!(again.repeated, lasts, "taken once, whichever it was");
        assert!(again.number.ends_with("00001"), "{again:?}");
        town.is_sound();
    }
}
