//! Commands through the engine: the whole way of a case, shared commits, keys, numbers, lanes, undo.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Verdict};
use huying_core::case::state::Spine;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::{CaseId, PersonId};
use huying_core::observation::{Satisfied, Solved};
use huying_engine::store::{AccessEntry, Clear};
use huying_engine::{Answer, Engine, Rejected, Submission, plain};
use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

#[test]
fn the_whole_way_of_a_case() {
    let mut town = Town::new();
    let id = town.report("门口垃圾三天没人清").case;
    assert_eq!(town.case(id).spine, Spine::Open);
    town.dispatch(id);
    town.later(HOUR);
    town.handle(id);
    town.answer(id, "已清运,感谢来电");
    assert_eq!(town.case(id).spine, Spine::Answered);
    town.later(HOUR);
    let thread = town.open(id, ThreadKind::Callback);
    let verdict = Verdict { solved: Some(Solved::Solved), satisfied: Some(Satisfied::Very) };
    let call = Command::Callback { thread, reached: true, verdict, text: None };
    let accepted = town.gives(id, &town.staff("callback", DISTRICT_DESK), call).unwrap();
    assert_eq!(accepted.spine, Spine::Closed, "closed by rule");
    let row = town.engine().by_number(&accepted.number).unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.solved, row.version), ("closed", Some(1), accepted.version));
    let steps = ["report", "dispatch", "sign", "contact", "finish", "reply", "decide_reply", "callback"];
    assert_eq!(town.commands(id), steps);
    let answer = town.case(id).last_answer.unwrap();
    let entry = AccessEntry {
        at: town.engine().now(),
        actor: PersonId::new("p0001").unwrap(),
        post: None,
        purpose: "test".into(),
        case_id: id,
    };
    let clear = town.engine().read_clear(entry, vec![answer.item]).unwrap();
    assert!(matches!(&clear[..], [Clear::Text(t)] if t.text == "已清运,感谢来电".as_bytes()));
    assert_eq!(town.reader().accesses_of(id).unwrap().len(), 1);
    town.is_sound();
}

/// Who is slow to mend must not look better for it: what sent an answer back is counted until more is said.
#[test]
fn what_sent_an_answer_back_stands_in_the_figures_until_the_next_word() {
    let mut town = Town::new();
    let id = town.report("门口垃圾三天没人清").case;
    town.dispatch(id);
    town.handle(id);
    town.answer(id, "已清运,感谢来电");
    let callback = |reached, solved, satisfied| {
        let verdict = Verdict { solved, satisfied };
        let command =
            Command::Callback { thread: town.open(id, ThreadKind::Callback), reached, verdict, text: None };
        town.gives(id, &town.staff("callback", DISTRICT_DESK), command).unwrap();
        let row = town.engine().by_number(&town.case(id).number).unwrap().unwrap();
        (row.state.to_string(), row.solved, row.satisfied, row.reached)
    };
    let no = callback(true, Some(Solved::NotSolved), Some(Satisfied::NotSatisfied));
    assert_eq!((no.0.as_str(), no.3), ("open", Some(true)), "sent back");
    let (solved, satisfied) = (no.1.unwrap(), no.2.unwrap());
    assert_eq!(town.case(id).verdict, Verdict::default(), "no verdict on the case any more");
    town.handle(id);
    town.answer(id, "已再次清运");
    let yes = callback(true, Some(Solved::Solved), Some(Satisfied::Very));
    assert_eq!((yes.0.as_str(), yes.1), ("closed", Some(1)));
    assert_ne!((yes.1.unwrap(), yes.2.unwrap()), (solved, satisfied));
    town.is_sound();
}

#[test]
fn a_dropped_engine_that_follows_ends() {
    let mut town = Town::new();
    town.stop();
    let settings = huying_engine::Settings { follow: true, ..town.settings() };
    let engine = Engine::open(&town.root(), settings).unwrap();
    let seq = engine.submit(complaint("路灯不亮", None)).unwrap().seq;
    let page = engine.list(&Default::default(), None, 10, Some(seq)).unwrap();
    assert_eq!(page.rows.len(), 1);
    let (tell, told) = channel();
    std::thread::spawn(move || {
        drop(engine);
        let _ = tell.send(());
    });
    told.recv_timeout(Duration::from_secs(20)).expect("dropping an engine must not wait for ever");
}

fn engine_of(town: &mut Town) -> Arc<Engine> {
    town.stop();
    Arc::new(Engine::open(&town.root(), town.settings()).unwrap())
}

#[test]
fn commands_share_a_commit_and_see_each_other() {
    let mut town = Town::new();
    let engine = engine_of(&mut town);
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = sizes.clone();
    engine.subscribe(Box::new(move |published| seen.lock().unwrap().push(published.len())));
    let waiting = hold(&engine);
    let (tell, told) = channel();
    for n in 0..64_u8 {
        let tell = tell.clone();
        let submission = complaint("停水", Some([n % 60; 32]));
        engine.submit_then(submission, Box::new(move |a| drop(tell.send(a))));
    }
    drop(waiting);
    let answers: Vec<Answer> = (0..64).map(|_| told.recv().unwrap()).collect();
    assert_eq!(*sizes.lock().unwrap(), [60], "one commit, and four repeats that are in it once");
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|a| a.repeated).count(), 4);
    let numbers: BTreeSet<_> = answers.iter().map(|a| a.number.clone()).collect();
    assert_eq!(numbers.len(), 60);
    assert!(answers.iter().all(|a| a.recorded_at == answers[0].recorded_at));
    drop(engine);
    town.is_sound();
}

#[test]
fn a_key_is_forgotten_after_the_days_of_the_profile_and_not_before() {
    const DAY: i64 = 86_400_000;
    let town = Town::new();
    let (old, key) = (Some([7; 32]), Some([8; 32]));
    let first = town.engine().submit(complaint("井盖松动", old)).unwrap();
    let days = i64::from(town.rules().profile.settings.idempotency_days);
    town.later((days - 1) * DAY);
    assert!(town.engine().submit(complaint("井盖松动", old)).unwrap().repeated);
    town.engine().submit(complaint("路灯不亮", key)).unwrap();
    town.later(2 * DAY);
    // The writer forgets when nobody waits: it is idle within a few of its turns.
    let forgotten = (0..10).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(700));
        town.engine().with_store(|store, _| Ok(store.outcomes())).unwrap() == 1
    });
    assert!(forgotten);
    let anew = town.engine().submit(complaint("井盖松动", old)).unwrap();
    assert!(!anew.repeated && anew.case != first.case);
    assert!(town.engine().submit(complaint("路灯不亮", key)).unwrap().repeated);
}

#[test]
fn a_key_stands_for_one_command() {
    let mut town = Town::new();
    let key = Some([7; 32]);
    let first = town.engine().submit(complaint("井盖松动", key)).unwrap();
    let again = town.engine().submit(complaint("井盖松动", key)).unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!((again.case, &again.number, again.seq), (first.case, &first.number, first.seq));
    let other = town.engine().submit(complaint("井盖丢了", key));
    assert!(matches!(other, Err(Rejected::KeyReused)), "{other:?}");
    let claimed = Submission { occurred: Some(MONDAY), ..complaint("井盖松动", key) };
    assert!(matches!(town.engine().submit(claimed), Err(Rejected::KeyReused)));
    let at = town.engine().position().unwrap();
    town.start();
    let later = town.engine().submit(complaint("井盖松动", key)).unwrap();
    assert!(later.repeated && later.case == first.case, "and over a restart");
    assert_eq!(town.engine().position().unwrap(), at);

    // The answer of a command on a case that was erased since is still the answer.
    let caller = Actor::Caller;
    let keyed = Submission { key: Some([8; 32]), ..note(&caller, first.case, "补充") };
    town.engine().submit(keyed.clone()).unwrap();
    let administrator = town.staff("administrator", CITY_DESK);
    town.engine().erase(first.case, "request", administrator).unwrap();
    assert!(town.engine().submit(keyed).unwrap().repeated);
    town.is_sound();
}

#[test]
fn numbers_have_no_gaps_and_no_twins() {
    let mut town = Town::new();
    let mut numbers = Vec::new();
    for round in 0..3_u8 {
        let engine = engine_of(&mut town);
        let gate = Arc::new(Barrier::new(8));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (engine, gate) = (engine.clone(), gate.clone());
                std::thread::spawn(move || {
                    gate.wait();
                    let call = |n: u32| {
                        // Every third is refused, and must use no number.
                        let mut call = complaint("噪音", None);
                        if n.is_multiple_of(3)
                            && let Command::Report(report) = &mut call.command
                        {
                            report.channel = "pigeon".into();
                        }
                        engine.submit(call).ok().map(|a| a.number)
                    };
                    (0..30).filter_map(call).collect::<Vec<_>>()
                })
            })
            .collect();
        for thread in threads {
            numbers.extend(thread.join().unwrap());
        }
        assert_eq!(numbers.len(), usize::from(round + 1) * 160);
        drop(engine);
    }
    let mut counted: Vec<u32> = numbers.iter().map(|n| n[n.len() - 5..].parse().unwrap()).collect();
    counted.sort_unstable();
    assert_eq!(counted, (1..=480).collect::<Vec<_>>());
    town.is_sound();
}

#[test]
fn live_commands_go_before_an_import() {
    let mut town = Town::new();
    let engine = engine_of(&mut town);
    let held = engine.submit(complaint("先来的", None)).unwrap();
    let waiting = hold(&engine);
    let inner = engine.clone();
    let bulk = std::thread::spawn(move || {
        let rows = (0..3_000).map(|_| complaint("导入", None)).collect();
        inner.submit_many(rows)
    });
    // The import waits in the queue before the live command comes.
    std::thread::sleep(Duration::from_millis(1_500));
    let (tell, told) = channel();
    let live = note(&Actor::Caller, held.case, "后来的");
    engine.submit_then(live, Box::new(move |a| drop(tell.send(a))));
    drop(waiting);
    let live = told.recv().unwrap().unwrap();
    let imported: Vec<_> = bulk.join().unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(live.seq.0, held.seq.0 + 1, "first of all that waited");
    assert_eq!(imported.len(), 3_000);
    let commits: BTreeSet<_> = imported.iter().map(|a| a.recorded_at).collect();
    assert_eq!(commits.len(), 1, "the clock of this test stands");
    drop(engine);
    town.is_sound();
}

#[test]
fn a_step_is_undone_and_its_rows_with_it() {
    let mut town = Town::new();
    let id = town.report("油烟扰民").case;
    let before = town.case(id);
    town.dispatch(id);
    let dispatcher = town.staff("dispatcher", DISTRICT_DESK);
    let other = town.staff("dispatcher", CITY_DESK);
    assert_eq!(rule(town.gives(id, &other, Command::Undo {})), "undo.not-yours");
    town.gives(id, &dispatcher, Command::Undo {}).unwrap();
    let after = town.case(id);
    assert_eq!((after.spine, &after.lead), (before.spine, &before.lead));
    assert_eq!(town.open(id, ThreadKind::Dispatch), before.open_of(ThreadKind::Dispatch).next().unwrap().no);
    let threads = town.reader().threads(id).unwrap();
    assert!(threads.iter().all(|t| t.kind != "handling"), "{threads:?}");
    town.dispatch(id);
    assert_eq!(town.reader().threads(id).unwrap().iter().filter(|t| t.kind == "handling").count(), 1);
    town.is_sound();
}

#[test]
fn a_refusal_names_rule_and_what_would_be_allowed() {
    let town = Town::new();
    let id = town.report("占道经营").case;
    let thread = town.open(id, ThreadKind::Dispatch);
    let handler = town.staff("handler", HANDLERS);
    let dispatch = Command::Dispatch {
        thread,
        lead: huying_core::ids::UnitId::new(HANDLERS).unwrap(),
        co: Vec::new(),
        text: None,
    };
    let refused = town.gives(id, &handler, dispatch);
    let Err(Rejected::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.rule, "powers.role");
    assert!(refusal.accepted.contains("dispatcher") && refusal.basis.is_some(), "{refusal:?}");
    let unknown = town.gives(CaseId(999), &town.staff("intake", CITY_DESK), Command::Undo {});
    assert!(matches!(unknown, Err(Rejected::NoCase(_))), "{unknown:?}");
    let unknown = town.engine().submit(note(&Actor::Caller, CaseId(999), "没有这个单"));
    assert!(matches!(unknown, Err(Rejected::NoCase(_))), "{unknown:?}");
}

#[test]
fn one_command_too_large_fails_alone() {
    let mut town = Town::new();
    let engine = engine_of(&mut town);
    let id = engine.submit(complaint("有照片", None)).unwrap().case;
    let staff = town_staff(&engine);
    let waiting = hold(&engine);
    let (tell, told) = channel();
    let large = Command::Attach { files: vec!["f".repeat(100).into(); 3_000], thread: None, label: None };
    let small = Command::Attach { files: vec!["f".into()], thread: None, label: None };
    for command in [large, small] {
        let tell = tell.clone();
        engine.submit_then(plain(staff.clone(), id, command), Box::new(move |a| drop(tell.send(a))));
    }
    drop(waiting);
    let first = told.recv().unwrap();
    assert!(matches!(first, Err(Rejected::TooLarge { given, limit, .. }) if given > limit), "{first:?}");
    told.recv().unwrap().unwrap();
    drop(engine);
    town.is_sound();
}

fn town_staff(engine: &Engine) -> Actor {
    let rules = engine.rules();
    let posts = rules.city.people.posts();
    let post = posts.iter().find(|p| p.role == "intake" && p.unit.as_str() == CITY_DESK).unwrap();
    Actor::Staff(Box::new(huying_core::case::event::Staff {
        person: post.person.clone().unwrap(),
        post: post.id.clone(),
        unit: post.unit.clone(),
        role: post.role.clone(),
        deputy_of: None,
    }))
}

#[test]
fn nobody_waits_for_an_engine_that_is_gone() {
    let mut town = Town::new();
    let engine = engine_of(&mut town);
    let waiting = hold(&engine);
    let (tell, told) = channel();
    engine.submit_then(complaint("最后一个", None), Box::new(move |a| drop(tell.send(a))));
    drop(waiting);
    drop(engine);
    let started = Instant::now();
    told.recv_timeout(Duration::from_secs(20)).unwrap().expect("what waits is served before the end");
    assert!(started.elapsed() < Duration::from_secs(20));
    let case = town.reader().high_marks().unwrap().stream;
    assert_eq!(case.0, 1);
}
