//! A played stretch of a small day: the same commands twice, outcomes in the ranges the book states, few
//! refusals, nothing stuck.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod common;

use huying_core::time::Time;
use huying_engine::{Engine, Settings, TimeSource as _};
use huying_synth::day::{FastTime, Makings, Player, Tally, Town};
use std::path::Path;
use std::sync::Arc;

/// Monday 2026-03-02, 08:00 in Chengdu.
const MONDAY: &str = "2026-03-02T00:00:00Z";

struct Played {
    tally: Tally,
    waiting: usize,
    expect: Vec<(String, String, f64, f64)>,
}

fn play(data: &Path, seed: u64, per_day: f64, hours: i64) -> Played {
    let from = Time::from(MONDAY.parse::<jiff::Timestamp>().unwrap());
    let clock = Arc::new(FastTime::at(from));
    let settings = Settings { time: clock.clone(), follow: false, ..Settings::default() };
    let folder = common::chengdu();
    let engine = Arc::new(Engine::open_with_city(data, settings, &folder).unwrap());
    let makings = Makings::shipped().unwrap();
    assert_eq!(makings.book.strange_to("day.toml", &engine.rules()), []);
    let expect = makings.book.expect.iter().map(|e| (e.what.clone(), e.of.clone(), e.from, e.to)).collect();
    let town = Town::new(engine.rules(), &folder, makings, seed);
    let mut player = Player::new(engine, clock.clone(), town, per_day, from);
    player.fill(from.plus(hours * 3_600_000), 120_000, &mut |_, _| {}).unwrap();
    assert_eq!(clock.now(), from.plus(hours * 3_600_000));
    Played { waiting: player.waiting(), tally: std::mem::take(&mut player.tally), expect }
}

#[test]
fn the_same_day_is_played_twice_the_same() {
    let (a, b, c) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [one, two] = [a.path(), b.path()].map(|data| play(data, 7, 900.0, 8));
    assert!(one.tally.commands() > 500, "{:?}", one.tally.accepted);
    assert_eq!(one.tally.digest(), two.tally.digest());
    assert_eq!(one.tally.accepted, two.tally.accepted);
    let other = play(c.path(), 8, 900.0, 8);
    assert_ne!(one.tally.digest(), other.tally.digest(), "another seed, another day");
}

#[test]
fn a_played_week_is_as_the_book_says() {
    let data = tempfile::tempdir().unwrap();
    let Played { tally, waiting, expect } = play(data.path(), 3, 500.0, 24 * 9);
    println!("accepted {:?}\nhappened {:?}", tally.accepted, tally.happened);
    println!(
        "refused {:?}\nstuck {} idle {} waiting {waiting}",
        tally.refused,
        tally.stuck,
        tally.idle.len()
    );
    for (what, of, from, to) in expect {
        let share = tally.share(&what, &of);
        println!("{what} of {of}: {} of {}", share.count, share.all);
        let value = share.value().unwrap();
        assert!((from..=to).contains(&value), "{what} of {of}: {value:.4}, wanted {from} to {to}");
    }
    let refusals = tally.refusals() as f64 / tally.commands() as f64;
    assert!(refusals < 0.005, "{:?}", tally.refused);
    assert_eq!(tally.stuck, 0, "{:?}", tally.refused);
    assert_eq!(tally.idle.len(), 0, "{:?}", tally.idle);
}
