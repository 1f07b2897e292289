//! The laws of the simulation against planted faults: each catches its own, and what breaks it is told
//! shortly.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use huying_core::case::apply::apply_record;
use huying_core::case::command::Command;
use huying_core::case::decide::{Answers, Decided, Desk, allowed, decide};
use huying_core::case::event::*;
use huying_core::case::notice::{Notice, NoticeKind, Recipient, notices};
use huying_core::case::refusal::Refusal;
use huying_core::case::routine::Taken;
use huying_core::case::state::Case;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::*;
use huying_core::standing::Stand;
use huying_synth::simulate::{Ended, Failure, Plan, RULES, Tried, check};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Faults tried at once.
const THREADS: usize = 2;

type Decision = Result<Decided, Refusal>;

/// The record with its events changed, and the case they make: a fault within the rules, not beside them.
fn with(case: Option<&Case>, decided: Decision, change: impl FnOnce(&mut Vec<Event>)) -> Decision {
    decided.map(|mut decided| {
        change(&mut decided.record.events);
        decided.case = apply_record(case.cloned(), &decided.record);
        decided
    })
}

fn drops_a_clock(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        events.retain(|e| !matches!(e, Event::ClockStarted(c) if c.stage == Stage::Dispatch));
    })
}

fn backwards(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::ClockStarted(c) = event {
                c.due = c.start.plus(-1);
            }
        }
    })
}

fn pauses_too_long(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::ClockResumed { due, .. } = event {
                *due = due.plus(3_600_000);
            }
        }
    })
}

fn scores_volunteers(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::ClockStarted(c) = event {
                c.unscored = false;
            }
        }
    })
}

fn second_lead(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::ThreadOpened(t) = event
                && t.part == Some(Part::Co)
            {
                t.part = Some(Part::Lead);
            }
        }
    })
}

fn nobody_leads(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        let nobody = UnitId::new("u-nobody").unwrap();
        events.extend((desk.actor != &Actor::Clock).then_some(Event::LeadSet { lead: nobody }));
    })
}

/// Rungs open, answer and climb, and the case stays with whom it was.
fn leads_on(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        let rung = |e: &Event| matches!(e, Event::ThreadOpened(t) if t.kind == ThreadKind::Rung);
        let many = events.iter().filter(|e| rung(e)).count() > 1;
        events.retain(|e| !(many && matches!(e, Event::LeadSet { .. })));
    })
}

fn times_no_measure(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        events.retain(|e| !matches!(e, Event::ClockStarted(c) if c.stage == Stage::Measure));
    })
}

fn forgets_what_is_late(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        events.retain(|e| !matches!(e, Event::ClockStarted(c) if c.stage == Stage::Notice));
    })
}

fn loses_threads(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        events.retain(|e| !matches!(e, Event::ThreadOpened(t) if t.kind == ThreadKind::Dispatch));
    })
}

fn opens_twice(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        let opened = events.iter().find(|e| matches!(e, Event::ThreadOpened(_))).cloned();
        events.extend(opened);
    })
}

fn jumps(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::ThreadMoved { step: step @ Step::Signed, .. } = event {
                *step = Step::Hung;
            }
        }
    })
}

fn rings_early(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::ClockFired { at, .. } = event {
                *at = at.plus(1);
            }
        }
    })
}

fn never_rings(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    if matches!(command, Command::Fire { .. }) {
        return Err(Refusal::new("clock.stale", "it sleeps", "another day"))
            .map_err(|r| Refusal { basis: Some("none".into()), ..r });
    }
    decide(case, command, desk)
}

/// The rules of everybody whose powers were not asked about.
fn as_if(case: Option<&Case>, command: &Command, desk: &Desk<'_>, change: impl Fn(&mut Staff)) -> Decision {
    let Actor::Staff(staff) = desk.actor else { return decide(case, command, desk) };
    let decided = decide(case, command, desk);
    let Err(refusal) = &decided else { return decided };
    if !refusal.rule.starts_with("powers") && refusal.rule != "report.accused-unit" {
        return decided;
    }
    // Whoever may is taken for whoever asks.
    let posts = desk.rules.city.people.posts().iter().filter(|p| p.person.is_some());
    for post in posts {
        let mut other = Staff {
            person: post.person.clone().unwrap(),
            post: post.id.clone(),
            unit: post.unit.clone(),
            role: post.role.clone(),
            deputy_of: None,
        };
        let actor = Actor::Staff(Box::new(other.clone()));
        if let Ok(mut decided) = decide(case, command, &Desk { actor: &actor, ..*desk }) {
            other.clone_from(staff);
            change(&mut other);
            decided.record.actor = Actor::Staff(Box::new(other));
            decided.case = apply_record(case.cloned(), &decided.record);
            return Ok(decided);
        }
    }
    decided
}

fn anybody_may(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    as_if(case, command, desk, |_| {})
}

fn only_apart(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let decided = decide(case, command, desk);
    let closes = matches!(command, Command::Close { .. } | Command::ForceClose { .. });
    if closes && decided.as_ref().is_err_and(|r| r.rule == "powers.apart") {
        return as_if(case, command, desk, |_| {});
    }
    decided
}

fn forgets_to_say(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    decide(case, command, desk).map_err(|r| Refusal { basis: None, ..r })
}

fn says_nothing(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    decide(case, command, desk).map_err(|r| Refusal { accepted: String::new(), ..r })
}

fn allows_what_it_refuses(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    decide(case, command, desk).map_err(|r| Refusal { allowed: Command::GIVEN.to_vec(), ..r })
}

fn decides_otherwise(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    decide(case, command, desk).map(|mut d| {
        d.case.reworks += 1;
        d
    })
}

fn empty(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), Vec::clear)
}

fn skips(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    decide(case, command, desk).map(|mut d| {
        d.record.version = Version(d.record.version.0 + 1);
        d
    })
}

fn never_closes(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let ends =
        matches!(command, Command::Dispatch { .. } | Command::Void { .. } | Command::ForceClose { .. });
    let also =
        matches!(command, Command::AnswerDirect { .. } | Command::Merge { .. } | Command::Divert { .. });
    match decide(case, command, desk) {
        Ok(_) if ends || also => {
            let refused = Refusal::new("never", "it is never enough", "nothing");
            let allowed = case.map(|c| allowed(c, desk.actor, desk.rules, desk.now)).unwrap_or_default();
            Err(Refusal { basis: Some("none".into()), allowed, ..refused })
        }
        decided => decided,
    }
}

fn accused_handles(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let about = case.and_then(|c| c.facts.as_ref()).and_then(|f| f.about.clone());
    with(case, decide(case, command, desk), |events| {
        let Some(about) = about else { return };
        for event in events {
            // A rung makes its holder answer for the case, which another law knows.
            if let Event::ThreadOpened(t) = event
                && t.kind != ThreadKind::Rung
            {
                t.holder = Holder::unit(about.clone());
            }
        }
    })
}

fn forgets_the_next_visit(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        let next = |e: &Event| matches!(e, Event::ThreadOpened(t) if t.kind == ThreadKind::Visit);
        if matches!(command, Command::Visit { .. }) {
            events.retain(|e| !next(e) && !matches!(e, Event::ClockStarted(_)));
        }
    })
}

fn visits_without_a_date(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        if matches!(command, Command::Assign(_) | Command::Visit { .. }) {
            events.retain(|e| !matches!(e, Event::ClockStarted(c) if c.stage == Stage::Milestone));
        }
    })
}

/// By which admission a task was given is not written.
fn forgets_the_admission(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::Assigned(given) = event {
                given.admission = None;
            }
        }
    })
}

/// What others take already is not looked at.
fn counts_nothing(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let answers = Answers { taken: Taken::default(), ..desk.answers.clone() };
    decide(case, command, &Desk { answers: &answers, ..*desk })
}

/// An admission that has ended is gone on with.
fn goes_on(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let mut standing = (*desk.rules.standing).clone();
    for task in &mut standing.tasks {
        if let Stand::Admitted { ended, .. } = &mut task.stand {
            *ended = None;
        }
    }
    let rules = desk.rules.with_standing(standing);
    decide(case, command, &Desk { rules: &rules, ..*desk })
}

/// A repetition does not say of what.
fn repeats_nothing(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::Voided { of, .. } = event {
                *of = None;
            }
        }
    })
}

/// What was mended at once is believed without a picture.
fn believes(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let decided = decide(case, command, desk);
    if decided.as_ref().is_err_and(|r| r.rule == "quick.pictures") {
        let mut shown = case.cloned().unwrap();
        shown.attached = vec![Some("before".into()), Some("after".into())];
        return with(case, decide(Some(&shown), command, desk), |_| {});
    }
    decided
}

fn hides_force(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::Closed { forced, .. } = event {
                *forced = false;
            }
        }
    })
}

/// The first step of an appeal grants it.
fn grants_early(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        let of = |no: ThreadNo| case.and_then(|c| c.thread(no)).and_then(|t| t.clock);
        let reviewed = events.iter().find_map(|e| match e {
            Event::ThreadMoved { thread, step: Step::Reviewed, .. } => of(*thread),
            _ => None,
        });
        events.extend(reviewed.map(|clock| Event::ScoreCorrected { clock, met: true }));
    })
}

fn tells_nobody(_: &Record, _: Option<&Case>, _: &Case) -> Vec<Notice> {
    Vec::new()
}

fn tells_twice(record: &Record, before: Option<&Case>, after: &Case) -> Vec<Notice> {
    let mut all = notices(record, before, after);
    all.extend(all.first().cloned());
    all
}

fn tells_the_accused(record: &Record, before: Option<&Case>, after: &Case) -> Vec<Notice> {
    let mut all = notices(record, before, after);
    let about = after.facts.as_ref().and_then(|f| f.about.clone());
    if let (Some(about), Some(first)) = (about, all.first_mut()) {
        first.to = Recipient::Unit(about);
    }
    all
}

fn without(all: Vec<Notice>, kind: NoticeKind, to: impl Fn(&Notice) -> bool) -> Vec<Notice> {
    all.into_iter().filter(|n| n.kind != kind || !to(n)).collect()
}

fn hides_a_climb(record: &Record, before: Option<&Case>, after: &Case) -> Vec<Notice> {
    without(notices(record, before, after), NoticeKind::Escalation, |n| n.to == Recipient::Caller)
}

fn hides_decisions(record: &Record, before: Option<&Case>, after: &Case) -> Vec<Notice> {
    without(notices(record, before, after), NoticeKind::Decided, |_| true)
}

fn hides_what_is_on_notice(record: &Record, before: Option<&Case>, after: &Case) -> Vec<Notice> {
    without(notices(record, before, after), NoticeKind::PutOnNotice, |_| true)
}

fn hides_what_came_back(record: &Record, before: Option<&Case>, after: &Case) -> Vec<Notice> {
    without(notices(record, before, after), NoticeKind::SentBack, |n| n.thread.is_none())
}

fn tells_a_ghost(record: &Record, before: Option<&Case>, after: &Case) -> Vec<Notice> {
    let mut all = notices(record, before, after);
    all.iter_mut().for_each(|n| n.to = Recipient::Caller);
    all
}

fn forgets(before: Option<Case>, record: &Record) -> Case {
    let mut case = apply_record(before, record);
    case.threads.retain(|t| t.is_open());
    case
}

const DECIDE: Tried = RULES;

const fn deciding(decide: fn(Option<&Case>, &Command, &Desk<'_>) -> Decision) -> Tried {
    Tried { decide, ..DECIDE }
}

const fn telling(notices: fn(&Record, Option<&Case>, &Case) -> Vec<Notice>) -> Tried {
    Tried { notices, ..DECIDE }
}

/// Each planted fault, with the laws that may be the first to catch it.
const MUTANTS: &[(&str, Tried, &[&str])] = &[
    ("a clock is dropped", deciding(drops_a_clock), &["clocks.started"]),
    ("a clock is due before it starts", deciding(backwards), &["clocks.back"]),
    ("a pause gives an hour too much", deciding(pauses_too_long), &["clocks.pause"]),
    ("a volunteer is scored", deciding(scores_volunteers), &["clocks.scored"]),
    ("an alarm counts a moment late", deciding(rings_early), &["clocks.edge"]),
    ("no alarm rings", deciding(never_rings), &["clocks.ring"]),
    ("two units lead", deciding(second_lead), &["lead.one"]),
    ("nobody leads", deciding(nobody_leads), &["lead.one"]),
    ("the lead stays with whom it was", deciding(leads_on), &["lead.one"]),
    ("a summons runs on no clock", deciding(times_no_measure), &["clocks.started"]),
    ("what is overdue is forgotten", deciding(forgets_what_is_late), &["thread.next"]),
    ("a thread is lost", deciding(loses_threads), &["case.moves"]),
    ("a number names two threads", deciding(opens_twice), &["thread.number"]),
    ("a thread jumps", deciding(jumps), &["thread.step"]),
    (
        "anybody may do anything",
        deciding(anybody_may),
        &["powers.role", "powers.post", "powers.allowed", "powers.accused"],
    ),
    ("one hand does what two must", deciding(only_apart), &["powers.apart"]),
    ("the accused handles", deciding(accused_handles), &["accused.holder", "lead.one"]),
    ("the next visit is forgotten", deciding(forgets_the_next_visit), &["visit.one"]),
    ("a visit has no date", deciding(visits_without_a_date), &["visit.due"]),
    ("an admission is not written", deciding(forgets_the_admission), &["visit.admitted"]),
    ("an ended admission is gone on with", deciding(goes_on), &["visit.admitted"]),
    ("a quota is not counted", deciding(counts_nothing), &["quota.kept"]),
    ("a repetition does not say of what", deciding(repeats_nothing), &["void.named"]),
    ("what is mended at once is not shown", deciding(believes), &["quick.shown"]),
    ("force is not said", deciding(hides_force), &["closed.forced"]),
    ("an appeal is granted at its first step", deciding(grants_early), &["appeal.last"]),
    ("a refusal stands on nothing", deciding(forgets_to_say), &["refusal.basis"]),
    ("a refusal does not help", deciding(says_nothing), &["refusal.says"]),
    ("a refusal promises too much", deciding(allows_what_it_refuses), &["refusal.allowed"]),
    ("what is decided is not written", deciding(decides_otherwise), &["record.folds"]),
    ("a record says nothing", deciding(empty), &["record.events"]),
    ("a version is skipped", deciding(skips), &["record.version"]),
    ("a case never ends", deciding(never_closes), &["end.reached"]),
    ("nobody is told", telling(tells_nobody), &["notices.promised"]),
    ("the resident is not told of a climb", telling(hides_a_climb), &["notices.promised"]),
    ("a decision is told nobody", telling(hides_decisions), &["notices.promised"]),
    ("nobody hears that they are on notice", telling(hides_what_is_on_notice), &["notices.promised"]),
    ("what came back is told nobody", telling(hides_what_came_back), &["notices.promised"]),
    ("somebody is told twice", telling(tells_twice), &["notices.once"]),
    ("the accused is told", telling(tells_the_accused), &["accused.told"]),
    ("who cannot be reached is told", telling(tells_a_ghost), &["notices.caller"]),
    ("the fold forgets", Tried { apply_record: forgets, ..DECIDE }, &["record.folds"]),
];

/// The failure that a planted fault leads to.
fn failure(tried: Tried) -> Option<Failure> {
    // Most are caught in the first cities; what only a rare turn of events shows is looked for at length.
    let plan = Plan { seed: 1, steps: 2_000, cities: 400, profile: Some("chengdu".into()), threads: 1 };
    match check(&plan, tried, |_| {}, |_| {}) {
        Err(Ended::Broken(failure)) => Some(*failure),
        Err(city) => panic!("{city}"),
        Ok(_) => None,
    }
}

#[test]
fn each_law_catches_its_own() {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(mutant) = MUTANTS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = uncaught(mutant);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is wrong, when another law catches a planted fault, or none does.
fn uncaught((fault, tried, laws): &(&str, Tried, &[&str])) -> Option<String> {
    match failure(*tried) {
        Some(found) if laws.contains(&found.broken.law) => None,
        Some(found) => Some(format!("{fault}: caught by `{}`\n{found}", found.broken.law)),
        None => Some(format!("{fault}: no law catches it")),
    }
}

/// A lost dispatch breaks at the call itself: nothing else is left of the history.
#[test]
fn the_history_told_is_the_shortest() {
    let found = failure(deciding(loses_threads)).expect("it is caught");
    assert_eq!(found.steps.len(), 1, "{found}");
    assert!(found.story.contains("report"), "{found}");
    assert!(found.again.starts_with("huying simulate check --seed "), "{found}");
    // A pause takes a call, an order, a wait that is asked for, granted, and ended.
    let found = failure(deciding(pauses_too_long)).expect("it is caught");
    assert!(found.steps.len() <= 9, "{found}");
}

#[test]
fn the_same_seed_breaks_the_same() {
    let once = || failure(deciding(pauses_too_long)).map(|f| f.to_string());
    assert_eq!(once(), once());
}
