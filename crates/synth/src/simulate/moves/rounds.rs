//! What is asked of patrols and visits, and what is ordered about them: modes and admissions.

use super::Pen;
use crate::day::Dice;
use crate::simulate::life::{Life, Step as Next};
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::routine::{Assign, VisitResult, Visited};
use huying_core::case::state::{Case, Thread};
use huying_core::case::thread::ThreadKind;
use huying_core::ids::*;
use huying_core::standing::{Asked, Declared, OrderNo, Stand, StandingChange, TaskRequest};

type P<'p, 'a, 'w> = &'p mut Pen<'a, 'w>;

/// The admissions that something runs under.
fn running(life: &Life<'_>) -> Vec<OrderNo> {
    let cases = life.lines.iter().filter_map(|l| l.case.as_ref());
    cases.filter_map(Case::taking).map(|taking| taking.admission).collect()
}

/// A task for a worker, with the unit that most likely gives it.
pub(super) fn given(pen: P<'_, '_, '_>) -> (Assign, Option<UnitId>) {
    let rules = &pen.life.rules;
    // Most often under an admission, and under one that something runs under already: a quota is small.
    let used = super::one(pen.dice, &running(pen.life)).and_then(|no| rules.standing.task(*no));
    let any = super::one(pen.dice, &rules.standing.tasks);
    let asked = used.filter(|_| pen.dice.chance(0.5)).or(any).filter(|_| pen.dice.chance(0.8));
    let named = super::one(pen.dice, &rules.profile.tasks).map(|t| t.id.clone());
    let task = asked.map(|a| a.request.task.clone()).or(named).unwrap_or_else(|| "none".into());
    let roles = rules.profile.task(&task).map(|t| t.roles.clone()).unwrap_or_default();
    let within = |s: &&&Staff| {
        roles.contains(&s.role)
            && asked.is_none_or(|a| rules.is_within(&s.unit, &a.request.place) || a.request.task.is_empty())
    };
    let staff: Vec<&Staff> = pen.life.crowd.staff().collect();
    let able: Vec<&Staff> = staff.iter().filter(within).copied().collect();
    let worker = super::one(pen.dice, if able.is_empty() { &staff } else { &able });
    let unit = worker.map_or_else(|| pen.life.world.root.clone(), |s| s.unit.clone());
    let own = rules.city.units.get(&unit).map(|u| u.territory.clone());
    let any = super::one(pen.dice, &pen.life.world.places).cloned();
    let place = own.filter(|_| pen.dice.chance(0.9)).or(any);
    let above = rules.city.units.get(&unit).and_then(|u| u.parent.clone());
    let assign = Assign {
        task,
        place: place.unwrap_or_else(|| pen.life.world.places[0].clone()),
        unit,
        person: worker.map(|s| s.person.clone()).filter(|_| pen.dice.chance(0.8)),
        admission: asked.map(|a| a.no),
        whom: pen.dice.chance(0.3).then(|| pen.words()),
        text: pen.words(),
    };
    (assign, asked.map(|a| a.unit.clone()).or(above))
}

/// A routine goes to another worker, most often as it stands otherwise.
pub(super) fn assign(pen: P<'_, '_, '_>, case: &Case) -> Command {
    let (mut assign, _) = given(pen);
    if let (Some(routine), Some(place), true) = (&case.routine, case.place(), pen.dice.chance(0.9)) {
        let staff: Vec<&Staff> = pen.life.crowd.staff().filter(|s| s.unit == routine.unit).collect();
        let other = super::one(pen.dice, &staff).filter(|_| pen.dice.chance(0.8));
        assign.task.clone_from(&routine.task);
        assign.place = place.clone();
        (assign.admission, assign.whom) = (routine.admission, None);
        if let Some(other) = other {
            (assign.unit, assign.person) = (other.unit.clone(), Some(other.person.clone()));
        }
    }
    Command::Assign(Box::new(assign))
}

pub(super) fn visit(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let results = [VisitResult::Done, VisitResult::Done, VisitResult::Found, VisitResult::Nobody];
    let result = *super::one(pen.dice, &results).unwrap_or(&VisitResult::Done);
    let minutes = pen.dice.below(60) as u32;
    let effort = Effort { minutes, ..Effort::default() };
    Command::Visit { thread: t.no, result, effort, text: pen.maybe_words() }
}

pub(super) fn end_routine(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::EndRoutine { ground: pen.word(&pen.life.rules.profile.words.close_ground), text: pen.words() }
}

/// A message that was never owed.
pub(super) fn found(pen: P<'_, '_, '_>, case: &Case) -> Command {
    let thread = super::one(pen.dice, &case.threads).map_or(ThreadNo(1), |t| t.no);
    Command::Found { thread, case: CaseId(20 + pen.dice.below(3) as u64) }
}

/// A visit of a case of the history, most often one there is, with the unit that has it.
pub(super) fn visited(pen: P<'_, '_, '_>) -> Option<(Visited, Option<UnitId>)> {
    let cases = pen.life.lines.iter().filter_map(|l| l.case.as_ref());
    let visits = cases.flat_map(|c| {
        let own = c.threads.iter().filter(|t| t.kind == ThreadKind::Visit);
        own.map(|t| (Visited { case: c.id, thread: t.no }, t.holder.as_unit().cloned()))
    });
    let all: Vec<_> = visits.collect();
    super::one(pen.dice, &all).cloned()
}

/// What is ordered: a mode begins or ends, a task is admitted or is no more.
pub(super) fn order(life: &Life<'_>, dice: &mut Dice) -> Option<Next> {
    let standing = &life.rules.standing;
    let (now, text) = (life.now, super::text(dice.below(9) as u64 + 1));
    let no = OrderNo(FIRST + (standing.modes.len() + standing.tasks.len()) as u64);
    let change = match dice.below(5) {
        0 | 1 => {
            let modes: Vec<_> = life.rules.profile.modes.iter().filter(|m| !m.declare.is_empty()).collect();
            let mode = super::one(dice, &modes)?.id.clone();
            let from = now.plus(super::super::hours(dice.below(12) as i64));
            StandingChange::ModeDeclared(Box::new(Declared {
                no,
                mode,
                place: super::one(dice, &life.world.places)?.clone(),
                from,
                to: from.plus(super::super::hours(1 + dice.below(70) as i64)),
                authority: "made up".into(),
                post: life.crowd.staff().next()?.post.clone(),
                text,
            }))
        }
        2 => StandingChange::ModeEnded { no: super::one(dice, &standing.modes)?.no, at: now, text },
        // Most often one that something runs under.
        _ => {
            let (used, any) = (running(life), super::one(dice, &standing.tasks)?.no);
            let no = super::one(dice, &used).copied().filter(|_| dice.chance(0.7)).unwrap_or(any);
            StandingChange::TaskEnded { no, at: now, text }
        }
    };
    Some(Next::Order(Box::new(change)))
}

/// The number of the first order of a history; what is admitted from the beginning has lower ones.
const FIRST: u64 = 1_000;

/// A request of a department that was admitted, with room for very little.
pub(in super::super) fn admitted(
    dice: &mut Dice,
    no: u64,
    (unit, person, place): (UnitId, PersonId, PlaceId),
    (task, weekly): (&str, u32),
) -> Asked {
    let (from, to) = (jiff::civil::date(2026, 1, 1), jiff::civil::date(2027, 6, 1));
    let (quota, minutes) = (dice.between(1, 2), weekly.saturating_mul(dice.between(1, 2)));
    let request = TaskRequest {
        task: task.into(),
        basis: "made up".into(),
        place,
        from,
        to,
        minutes,
        forms: 0,
        budget: 0,
        quota,
    };
    let stand = Stand::Admitted { quota, minutes, to, ended: None };
    Asked { no: OrderNo(no), unit, person, request, listed: true, text: super::text(1), stand }
}
