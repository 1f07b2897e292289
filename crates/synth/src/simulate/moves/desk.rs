//! What a leader's desk asks: instructions, meetings, diversion, joint enforcement, restricting, reassigning.

use super::Pen;
use huying_core::case::command::{Command, Task};
use huying_core::case::state::{Case, Thread};
use huying_core::case::thread::ThreadKind;

type P<'p, 'a, 'w> = &'p mut Pen<'a, 'w>;

pub(super) fn instruct(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::Instruct { units: pen.departments(), text: pen.words() }
}

pub(super) fn supervise(pen: P<'_, '_, '_>, case: &Case) -> Command {
    let open: Vec<_> = case.open_threads().map(|t| t.no).collect();
    let thread = super::one(pen.dice, &open).copied().filter(|_| pen.dice.chance(0.6));
    Command::Supervise { thread, text: pen.words() }
}

pub(super) fn end_supervision(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::EndSupervision { thread: t.no, text: pen.words() }
}

pub(super) fn meet(pen: P<'_, '_, '_>, case: &Case) -> Command {
    let whistle = case.open_of(ThreadKind::Whistle).next().map(|t| t.no);
    let units = pen.departments();
    let task = super::one(pen.dice, &units).cloned().filter(|_| pen.dice.chance(0.5));
    let word = |pen: P<'_, '_, '_>| pen.word(&pen.life.rules.profile.words.milestone);
    let tasks = task.map(|unit| Task { unit, label: word(pen), until: pen.soon() }).into_iter().collect();
    Command::Meet { thread: whistle.filter(|_| pen.dice.chance(0.5)), units, tasks, text: pen.words() }
}

pub(super) fn divert(pen: P<'_, '_, '_>, _: &Case) -> Command {
    let to = super::one(pen.dice, &pen.life.rules.profile.diversions).map(|d| d.id.clone());
    Command::Divert { to: to.unwrap_or_else(|| "nonsense".into()), text: pen.words() }
}

fn power(pen: P<'_, '_, '_>) -> compact_str::CompactString {
    super::one(pen.dice, &pen.life.rules.profile.powers).map_or_else(|| "0".into(), |p| p.code.clone())
}

pub(super) fn plan_joint(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let thread = (t.kind == ThreadKind::Whistle).then_some(t.no);
    let (units, powers) = (pen.departments(), vec![power(pen)]);
    Command::PlanJoint { thread, units, powers, at: pen.soon(), text: pen.words() }
}

pub(super) fn enforce(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let thread = t.joint.as_ref().map(|_| t.no);
    let planned = t.joint.as_ref().and_then(|j| super::one(pen.dice, &j.powers)).cloned();
    let act = super::one(pen.dice, &pen.life.rules.profile.enforcements).map(|e| e.id.clone());
    let files = if pen.dice.chance(0.5) { vec!["f".into()] } else { Vec::new() };
    let power = planned.unwrap_or_else(|| power(pen));
    Command::Enforce { thread, act: act.unwrap_or_else(|| "none".into()), power, files, text: pen.words() }
}

/// Restricted to the offices, who can open it again, and to somebody else.
pub(super) fn restrict(pen: P<'_, '_, '_>, _: &Case) -> Command {
    let ground = pen.word(&pen.life.rules.profile.words.restrict_ground);
    let staff = pen.life.crowd.staff();
    let office = staff.filter(|s| super::super::city::is_office(&s.unit)).map(|s| s.person.clone());
    Command::Restrict { persons: office.collect(), posts: Vec::new(), ground, text: pen.maybe_words() }
}

pub(super) fn unrestrict(pen: P<'_, '_, '_>, _: &Case) -> Command {
    Command::Unrestrict { text: pen.words() }
}

pub(super) fn reassign(pen: P<'_, '_, '_>, case: &Case) -> Command {
    let held: Vec<_> = case.open_threads().filter_map(|t| t.holder.as_unit()).cloned().collect();
    let from = super::one(pen.dice, &held).cloned().unwrap_or_else(|| pen.lead());
    let to = pen.department();
    let staff: Vec<_> = pen.life.crowd.staff().filter(|s| s.unit == to).collect();
    let to_person = super::one(pen.dice, &staff).map(|s| s.person.clone()).filter(|_| pen.dice.chance(0.5));
    Command::Reassign { from, from_person: None, to, to_person }
}
