//! What is asked on the ladder and with whistles.

use super::Pen;
use compact_str::CompactString;
use huying_core::case::command::{Command, Milestone};
use huying_core::case::state::Thread;
use huying_core::ids::UnitId;
use huying_core::profile::WhistleRule;

type P<'p, 'a, 'w> = &'p mut Pen<'a, 'w>;

pub(super) fn acknowledge(_: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Acknowledge { thread: t.no }
}

pub(super) fn climb(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Climb { thread: t.no, text: pen.words() }
}

pub(super) fn confirm(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let grade = pen.dice.chance(0.5).then(|| pen.word(&pen.life.rules.profile.words.grade));
    Command::Confirm { thread: t.no, confirmed: pen.yes(), grade, text: pen.maybe_words() }
}

pub(super) fn withdraw(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Withdraw { thread: t.no, text: pen.words() }
}

pub(super) fn whistle(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let (kind, units) = called(pen, t, |rule, of| rule.conveners.iter().any(|k| k == of));
    Command::Whistle { kind, units, text: pen.words() }
}

pub(super) fn ask_whistle(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let (kind, units) = called(pen, t, |rule, of| {
        rule.asking.as_ref().is_some_and(|a| a.by.iter().chain(&rule.conveners).any(|k| k == of))
    });
    Command::AskWhistle { kind, units, text: pen.words() }
}

/// A type of whistle, most often one that whoever has the thread may blow or ask for, and units that it
/// calls; now and then any.
fn called(
    pen: P<'_, '_, '_>,
    t: &Thread,
    may: impl Fn(&WhistleRule, &str) -> bool,
) -> (CompactString, Vec<UnitId>) {
    let rules = &pen.life.rules;
    let own = t.holder.as_unit().and_then(|u| rules.kind_of_unit(u)).unwrap_or_default();
    let fit: Vec<&WhistleRule> = rules.profile.whistles.iter().filter(|rule| may(rule, own)).collect();
    let Some(rule) = super::one(pen.dice, &fit).copied().filter(|_| pen.dice.chance(0.9)) else {
        return (pen.word(&rules.profile.words.whistle), pen.departments());
    };
    let other = |u: &&UnitId| {
        let kind = rules.kind_of_unit(u).unwrap_or_default();
        Some(*u) != t.holder.as_unit() && rule.summons.iter().any(|k| k == kind)
    };
    let all: Vec<&UnitId> = pen.life.world.units.iter().filter(other).collect();
    let mut units: Vec<UnitId> =
        (0..=pen.dice.below(2)).filter_map(|_| super::one(pen.dice, &all).copied().cloned()).collect();
    units.dedup();
    (rule.id.clone(), units)
}

pub(super) fn decide_whistle(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let units = if pen.dice.chance(0.3) { pen.departments() } else { Vec::new() };
    let text = if pen.ending { Some(pen.words()) } else { pen.maybe_words() };
    Command::DecideWhistle { thread: t.no, granted: pen.no(), units, text }
}

pub(super) fn summon(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Summon { thread: t.no, units: pen.departments(), text: pen.words() }
}

pub(super) fn arrive(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Arrive { thread: t.no, text: pen.maybe_words() }
}

pub(super) fn state_measure(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let measure = pen.dice.chance(0.5).then(|| pen.word(&pen.life.rules.profile.words.measure));
    Command::StateMeasure { thread: t.no, measure, text: pen.words() }
}

pub(super) fn refuse(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let ground = pen.word(&pen.life.rules.profile.words.refuse_ground);
    Command::Refuse { thread: t.no, ground, text: pen.words() }
}

pub(super) fn rule(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    // Before a dispatch the lead is named, and nothing is upheld.
    if t.spoke.is_some() && pen.dice.chance(0.5) {
        let lead = Some(pen.department());
        return Command::Rule { thread: t.no, upheld: None, lead, instead: Vec::new(), text: pen.words() };
    }
    let upheld = pen.yes();
    let others = !pen.ending && upheld && pen.dice.chance(0.6);
    let instead = if others { vec![pen.department()] } else { Vec::new() };
    let lead = (!pen.ending && pen.dice.chance(0.2)).then(|| pen.department());
    Command::Rule { thread: t.no, upheld: Some(upheld), lead, instead, text: pen.words() }
}

pub(super) fn grade(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Grade { thread: t.no, grade: pen.word(&pen.life.rules.profile.words.whistle_grade) }
}

pub(super) fn plan(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let thread = (t.kind == huying_core::case::thread::ThreadKind::Whistle).then_some(t.no);
    let mut until = pen.life.now;
    let mut steps = Vec::new();
    for _ in 0..=pen.dice.below(3) {
        until = until.plus(super::super::hours(pen.dice.below(200) as i64));
        steps.push(Milestone { label: pen.word(&pen.life.rules.profile.words.milestone), until });
    }
    Command::Plan { thread, milestones: steps }
}

pub(super) fn reach(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Reach { thread: t.no, text: pen.maybe_words() }
}
