//! A played stretch of a small day: the same commands twice, outcomes in the ranges the book states, few
//! refusals, nothing stuck, and the street's rules at work.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod common;

use huying_core::case::apply::apply_record;
use huying_core::case::event::Holder;
use huying_core::case::record::read;
use huying_core::case::state::{Case, Spine, Thread};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::CaseId;
use huying_core::time::Time;
use huying_engine::{Engine, Settings, TimeSource as _};
use huying_synth::day::{FastTime, Makings, Player, Tally, Town};
use std::path::Path;
use std::sync::Arc;

/// Monday 2026-03-02, 08:00 in Chengdu.
const MONDAY: &str = "2026-03-02T00:00:00Z";

struct Played {
    engine: Arc<Engine>,
    tally: Tally,
    waiting: usize,
    expect: Vec<(String, String, f64, f64)>,
}

fn play(data: &Path, seed: u64, per_day: f64, hours: i64) -> Played {
    let from = Time::from(MONDAY.parse::<jiff::Timestamp>().unwrap());
    let clock = Arc::new(FastTime::at(from));
    let settings = Settings { time: clock.clone(), follow: false, ..Settings::default() };
    let folder = common::chengdu_with_grids();
    let engine = Arc::new(Engine::open_with_city(data, settings, &folder).unwrap());
    let makings = Makings::shipped().unwrap();
    assert_eq!(makings.book.strange_to("day.toml", &engine.rules()), []);
    let expect = makings.book.expect.iter().map(|e| (e.what.clone(), e.of.clone(), e.from, e.to)).collect();
    let town = Town::new(engine.rules(), &folder, makings, seed);
    let mut player = Player::new(engine.clone(), clock.clone(), town, per_day, from);
    player.fill(from.plus(hours * 3_600_000), 120_000, &mut |_, _| {}).unwrap();
    assert_eq!(clock.now(), from.plus(hours * 3_600_000));
    Played { engine, waiting: player.waiting(), tally: std::mem::take(&mut player.tally), expect }
}

#[test]
fn the_same_day_is_played_twice_the_same() {
    let (a, b, c) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [one, two] = [a.path(), b.path()].map(|data| play(data, 7, 900.0, 8));
    assert!(one.tally.commands() > 500, "{:?}", one.tally.accepted);
    assert!(one.tally.accepted["assign"] > 100, "{:?}", one.tally.accepted);
    assert_eq!(one.tally.digest(), two.tally.digest());
    assert_eq!(one.tally.accepted, two.tally.accepted);
    let other = play(c.path(), 8, 900.0, 8);
    assert_ne!(one.tally.digest(), other.tally.digest(), "another seed, another day");
}

#[test]
fn a_played_week_is_as_the_book_says() {
    let data = tempfile::tempdir().unwrap();
    let Played { engine, tally, waiting, expect } = play(data.path(), 3, 500.0, 24 * 9);
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
    let cases = cases(&engine);
    let open = |c: &Case| -> Vec<String> {
        let told = |t: &Thread| format!("{:?} {:?} {:?} under {:?}", t.kind, t.step, t.holder, t.under);
        c.open_threads().map(told).collect()
    };
    let idle: Vec<_> = cases.iter().filter(|c| tally.idle.contains(&c.id)).map(|c| (c.id, open(c))).collect();
    assert!(idle.is_empty(), "{idle:#?}");
    the_street_lives_its_rules(&cases);
}

/// Every case as it stands: they are numbered in turn.
fn cases(engine: &Engine) -> Vec<Case> {
    let whole = |id: u64| {
        let stored = engine.read(|r| r.load(CaseId(id).stream())).unwrap();
        let records = stored.iter().map(|r| read(&r.payload).unwrap());
        records.fold(None, |case, record| Some(apply_record(case, &record)))
    };
    (1..).map_while(whole).collect()
}

fn the_street_lives_its_rules(cases: &[Case]) {
    let count = |what: &str, of: &dyn Fn(&Case) -> bool| {
        let n = cases.iter().filter(|c| of(c)).count();
        println!("{what}: {n} of {}", cases.len());
        assert!(n > 0, "no case {what}");
    };
    let any = |case: &Case, of: &dyn Fn(&Thread) -> bool| case.threads.iter().any(of);
    let under = |case: &Case, no, kind: ThreadKind| -> Vec<Thread> {
        case.threads.iter().filter(|t| t.kind == kind && t.under == Some(no)).cloned().collect()
    };
    let climbed = |t: &Thread| t.kind == ThreadKind::Rung && t.step == Step::Climbed;
    count("climbed", &|c| any(c, &climbed));
    count("climbed by a missed clock", &|c| {
        let missed = |t: &Thread| {
            climbed(t) && c.clocks.iter().any(|k| k.thread == Some(t.no) && k.missed_at.is_some())
        };
        any(c, &missed)
    });
    count("has a whistle whose summonses are all done", &|c| {
        any(c, &|t| {
            let summoned = under(c, t.no, ThreadKind::Summons);
            let done = |s: &Thread| s.step == Step::Confirmed;
            t.kind == ThreadKind::Whistle && summoned.len() >= 2 && summoned.iter().all(done)
        })
    });
    count("has a refused summons that was ruled on", &|c| {
        any(c, &|t| t.kind == ThreadKind::Ruling && t.step == Step::Ruled)
    });
    count("has both sides of a whistle graded", &|c| {
        any(c, &|t| {
            let graded = t.spoke.as_ref().is_some_and(|s| s.grade.is_some());
            t.kind == ThreadKind::Summons && t.step == Step::Confirmed && t.outcome.is_some() && graded
        })
    });
    let from = |c: &Case, source: &str| c.facts.as_ref().is_some_and(|f| f.source == source);
    count("is a resident's call that the grid answered, and was called back about", &|c| {
        let reached = any(c, &|t| t.kind == ThreadKind::Callback && t.step == Step::Reached);
        from(c, "to-grid") && c.spine == Spine::Closed && c.verdict.solved.is_some() && reached
    });
    let visited = |c: &Case, outcome: &str| {
        let came = |t: &Thread| t.kind == ThreadKind::Visit && t.outcome.as_deref() == Some(outcome);
        any(c, &came)
    };
    count("is a routine with visits done", &|c| visited(c, "done"));
    count("is a routine whose find is a case of its own", &|c| {
        c.routine.as_ref().is_some_and(|r| !r.finds.is_empty())
    });
    count("is a routine where nobody was met", &|c| any(c, &|t| t.kind == ThreadKind::Visit && t.tries > 0));
    count("is a grid worker's call that was confirmed by them", &|c| {
        let own = |t: &Thread| t.under.is_none() && t.caller != Holder::Caller && t.step == Step::Confirmed;
        from(c, "by-grid") && c.spine == Spine::Closed && any(c, &own)
    });
}
