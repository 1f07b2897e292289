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
    let other_unit = matches!(refusal.rule, "report.accused-unit" | "thread.caller");
    if !refusal.rule.starts_with("powers") && !other_unit {
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

/// A refusal that no rule stands behind, in the form of one.
fn never(case: Option<&Case>, desk: &Desk<'_>) -> Refusal {
    let allowed = case.map(|c| allowed(c, desk.actor, desk.rules, desk.now)).unwrap_or_default();
    Refusal { basis: Some("none".into()), allowed, ..Refusal::new("never", "it is never enough", "nothing") }
}

fn never_closes(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let ends =
        matches!(command, Command::Dispatch { .. } | Command::Void { .. } | Command::ForceClose { .. });
    let also =
        matches!(command, Command::AnswerDirect { .. } | Command::Merge { .. } | Command::Divert { .. });
    match decide(case, command, desk) {
        Ok(_) if ends || also => Err(never(case, desk)),
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
    if !matches!(command, Command::Visit { .. } | Command::Assign(_)) {
        return decide(case, command, desk);
    }
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

/// What was found or mended is believed without a picture.
fn believes(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let decided = decide(case, command, desk);
    if decided.as_ref().is_err_and(|r| matches!(r.rule, "quick.pictures" | "evidence.pictures")) {
        let mut shown = case.cloned().unwrap();
        let labels = ["before", "after", "near", "far", "landmark"];
        shown.attached = labels.map(|label| Some(label.into())).to_vec();
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

/// The case is answered for by whom it accuses, until it is sent. On the ladder another law knows who does.
fn accused_leads(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::Reported(facts) = event
                && facts.procedure.as_str() != "grid-call"
            {
                facts.lead = facts.about.clone().unwrap_or(facts.lead.clone());
            }
        }
    })
}

/// An alarm rings and is not told to have rung.
fn rings_on(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let lead = case.and_then(|c| c.lead.clone());
    let rings = matches!(command, Command::Fire { .. });
    with(case, decide(case, command, desk), |events| {
        if let Some(lead) = lead.filter(|_| rings) {
            *events = vec![Event::LeadSet { lead }];
        }
    })
}

fn is_near_after_its_due(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::ClockStarted(c) = event {
                c.near = Some(c.due.plus(1));
            }
        }
    })
}

/// The clocks of what the caller was promised.
fn promises(case: Option<&Case>) -> Vec<ClockNo> {
    let clocks = case.into_iter().flat_map(|c| &c.clocks);
    clocks.filter(|k| k.thread.is_none()).map(|k| k.no).collect()
}

/// What ends leaves its clocks running.
fn stops_no_clock(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let of_promise = promises(case);
    with(case, decide(case, command, desk), |events| {
        events.retain(|e| !matches!(e, Event::ClockStopped { clock } if !of_promise.contains(clock)));
    })
}

/// A case that is closed goes on promising.
fn promises_on(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let of_promise = promises(case);
    with(case, decide(case, command, desk), |events| {
        let ends = |e: &Event| match e {
            Event::ClockStopped { clock } | Event::ClockMet { clock, .. } => of_promise.contains(clock),
            _ => false,
        };
        events.retain(|e| !ends(e));
    })
}

/// What is closed leaves its threads open.
fn closes_over(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        if events.iter().any(|e| matches!(e, Event::Closed { .. })) {
            events.retain(|e| !matches!(e, Event::ThreadMoved { step: Step::Withdrawn, .. }));
        }
    })
}

/// Who follows another case goes on with its own.
fn follows_and_works(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        if matches!(command, Command::Merge { .. }) {
            events.retain(|e| !matches!(e, Event::ThreadMoved { .. } | Event::ClockStopped { .. }));
        }
    })
}

fn holds_by_nobody(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        for event in events {
            if let Event::ThreadOpened(t) = event
                && t.kind == ThreadKind::Callback
            {
                t.holder = Holder::Caller;
            }
        }
    })
}

/// What has ended is handed on.
fn hands_on_what_ended(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let ended = case.and_then(|c| c.threads.iter().find(|t| !t.is_open())).cloned();
    with(case, decide(case, command, desk), |events| {
        events.extend(ended.map(|t| Event::ThreadHeld { thread: t.no, holder: t.holder }));
    })
}

/// A visit is with whoever asked for it.
fn visits_itself(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        let Actor::Staff(staff) = desk.actor else { return };
        for event in events {
            if let Event::ThreadOpened(t) = event
                && t.kind == ThreadKind::Visit
            {
                t.holder = Holder::unit(staff.unit.clone());
            }
        }
    })
}

/// What another was sent to is mended all the same.
fn mends_anothers(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let decided = decide(case, command, desk);
    if decided.as_ref().is_err_and(|r| r.rule == "quick.ordered") {
        let mut alone = case.cloned().unwrap();
        alone.threads.retain(|t| t.kind != ThreadKind::Handling);
        alone.attached = vec![Some("before".into()), Some("after".into())];
        let mended = decide(Some(&alone), command, desk);
        return if mended.is_ok() { with(case, mended, |_| {}) } else { decided };
    }
    decided
}

fn records_the_past(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let first = case.is_none() || matches!(command, Command::Fire { .. });
    decide(case, command, desk).map(|mut decided| {
        if first {
            return decided;
        }
        decided.record.recorded_at = decided.record.recorded_at.plus(-hours(1_000));
        decided.case = apply_record(case.cloned(), &decided.record);
        decided
    })
}

fn hours(n: i64) -> i64 {
    n * 3_600_000
}

/// Whoever blows a whistle calls themselves.
fn calls_itself(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        let blown = events.iter().find_map(|e| match e {
            Event::ThreadOpened(t) if t.kind == ThreadKind::Whistle => Some(t.holder.clone()),
            _ => None,
        });
        for event in events {
            if let (Event::ThreadOpened(t), Some(convener)) = (event, &blown)
                && t.kind == ThreadKind::Summons
            {
                t.holder.clone_from(convener);
            }
        }
    })
}

/// A refusal is left without a ruling.
fn rules_nothing(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    with(case, decide(case, command, desk), |events| {
        if matches!(command, Command::Refuse { .. }) {
            let ruling = |e: &Event| matches!(e, Event::ThreadOpened(t) if t.kind == ThreadKind::Ruling);
            events.retain(|e| !ruling(e) && !matches!(e, Event::ClockStarted(_)));
        }
    })
}

/// Who did it signs it off, or anybody else.
fn signs_own_work(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let summons = |no| case.and_then(|c| c.thread(no)).is_some_and(|t| t.kind == ThreadKind::Summons);
    let decided = decide(case, command, desk);
    match command {
        Command::Confirm { thread, .. } if summons(*thread) => match &decided {
            Err(refusal) if matches!(refusal.rule, "powers.apart" | "thread.caller") => {
                as_if(case, command, desk, |_| {})
            }
            _ => decided,
        },
        _ => decided,
    }
}

/// What lies near an open case is taken in beside it.
fn sees_nothing_near(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    let decided = decide(case, command, desk);
    if decided.as_ref().is_err_and(|r| r.rule == "duplicate.near") {
        let answers = Answers { near: Vec::new(), ..desk.answers.clone() };
        let near: Vec<_> = desk.answers.near.iter().map(|n| n.near.clone()).collect();
        let blind = Desk { answers: &answers, ..*desk };
        return with(case, decide(case, command, &blind), |events| {
            for event in events {
                if let Event::Reported(facts) = event {
                    facts.nearby.clone_from(&near);
                }
            }
        });
    }
    decided
}

/// What is owed to a case is never taken.
fn takes_nothing(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Decision {
    match decide(case, command, desk) {
        Ok(_) if matches!(command, Command::Follow { .. } | Command::Joined { .. }) => Err(never(case, desk)),
        decided => decided,
    }
}

/// Who is told depends on who asks.
fn tells_by_turns(record: &Record, before: Option<&Case>, after: &Case) -> Vec<Notice> {
    static ODD: AtomicUsize = AtomicUsize::new(0);
    let mut all = notices(record, before, after);
    if ODD.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
        all.clear();
    }
    all
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
    ("what was found or mended is not shown", deciding(believes), &["quick.shown", "evidence.shown"]),
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
    ("the accused leads", deciding(accused_leads), &["accused.lead"]),
    ("an alarm rings for ever", deciding(rings_on), &["clocks.end"]),
    ("near comes after due", deciding(is_near_after_its_due), &["clocks.near"]),
    ("what ended is timed", deciding(stops_no_clock), &["clocks.thread"]),
    ("what is closed promises", deciding(promises_on), &["closed.promise"]),
    ("what is closed goes on", deciding(closes_over), &["closed.threads"]),
    ("who follows works", deciding(follows_and_works), &["merge.alone"]),
    ("a thread is with nobody", deciding(holds_by_nobody), &["thread.holder"]),
    ("what ended is handed on", deciding(hands_on_what_ended), &["thread.held"]),
    ("a visit is with who asks", deciding(visits_itself), &["visit.worker"]),
    ("another's is mended at once", deciding(mends_anothers), &["quick.alone"]),
    ("a record is of the past", deciding(records_the_past), &["record.time"]),
    ("a whistle calls its convener", deciding(calls_itself), &["whistle.summons"]),
    ("a refusal is not ruled on", deciding(rules_nothing), &["whistle.ruling"]),
    ("who did it signs it off", deciding(signs_own_work), &["whistle.signed", "powers.allowed"]),
    ("what is near is not seen", deciding(sees_nothing_near), &["duplicate.refused"]),
    ("what is owed is not taken", deciding(takes_nothing), &["owed.delivered"]),
    ("who is told depends on who asks", telling(tells_by_turns), &["notices.same"]),
    ("who cannot be reached is told", telling(tells_a_ghost), &["notices.caller"]),
    ("the fold forgets", Tried { apply_record: forgets, ..DECIDE }, &["record.folds"]),
];

/// The city in which a fault that only a rare turn of events shows was last caught: it is looked at first.
const RARE: &[(&str, u64)] = &[
    ("an ended admission is gone on with", 6),
    ("who did it signs it off", 7),
    ("another's is mended at once", 13),
    ("a quota is not counted", 15),
    ("what is near is not seen", 15),
];

/// The failure that a planted fault leads to.
fn failure(tried: Tried) -> Option<Failure> {
    failure_from(1, tried)
}

/// The same, from a city on: most are caught in the first ones, the rest is looked for at length.
fn failure_from(seed: u64, tried: Tried) -> Option<Failure> {
    let plan = Plan { seed, steps: 2_000, cities: 400, profile: Some("chengdu".into()), threads: 1 };
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
    let seed = RARE.iter().find(|(rare, _)| rare == fault).map_or(1, |(_, seed)| *seed);
    match failure_from(seed, *tried) {
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
