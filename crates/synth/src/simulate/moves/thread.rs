//! What is asked of a thread of an order: verifying, dispatching, handling, answering, calling back.

use super::Pen;
use compact_str::CompactString;
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::state::Thread;
use huying_core::case::thread::Step;
use huying_core::ids::CaseId;
use huying_core::profile::EvidenceStep;

type P<'p, 'a, 'w> = &'p mut Pen<'a, 'w>;

pub(super) fn verify(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    if let Some(picture) = evidence(pen, EvidenceStep::Verify) {
        return picture;
    }
    let ground = pen.dice.chance(0.9).then(|| pen.word(&pen.life.rules.profile.words.void_ground));
    let of = repeats(pen, ground.as_deref());
    let (confirmed, circumstance) = opened(pen);
    Command::Verify { thread: t.no, confirmed, circumstance, ground, of, text: pen.maybe_words() }
}

pub(super) fn register(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    if let Some(picture) = evidence(pen, EvidenceStep::Register) {
        return picture;
    }
    let ground = pen.dice.chance(0.9).then(|| pen.word(&pen.life.rules.profile.words.void_ground));
    let of = repeats(pen, ground.as_deref());
    let (granted, circumstance) = opened(pen);
    Command::Register { thread: t.no, granted, circumstance, ground, of, text: pen.maybe_words() }
}

/// The picture that a step asks for and the case has not, more often than not.
fn evidence(pen: P<'_, '_, '_>, step: EvidenceStep) -> Option<Command> {
    let case = pen.life.case(pen.at)?;
    let procedure = pen.life.rules.profile.procedure(case.facts.as_ref()?.procedure.as_str())?;
    let asked = procedure.evidence.iter().flat_map(|e| &e.pictures).filter(|p| p.before == step);
    let has = |label: &CompactString| case.attached.iter().any(|a| a.as_ref() == Some(label));
    let label = asked.flat_map(|p| &p.labels).find(|label| !has(label)).cloned()?;
    let takes = pen.ending || pen.dice.chance(0.6);
    takes.then(|| Command::Attach { files: vec!["f".into()], thread: None, label: Some(label) })
}

/// Whether it is opened, and under which circumstance; what is not has one only by mistake.
fn opened(pen: P<'_, '_, '_>) -> (bool, Option<CompactString>) {
    let yes = pen.yes();
    let matter = pen.life.case(pen.at).and_then(|c| c.matter().cloned());
    let told = yes || pen.dice.chance(0.1);
    (yes, if told { super::whole::circumstance(pen, matter.as_ref()) } else { None })
}

/// The case that a report voided on a ground repeats: most often where the ground asks for one.
pub(super) fn repeats(pen: P<'_, '_, '_>, ground: Option<&str>) -> Option<CaseId> {
    let asks = ground == Some("duplicate") && pen.dice.chance(0.8);
    (asks || pen.dice.chance(0.03)).then(|| pen.some_case())
}

pub(super) fn dispatch(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let lead = pen.department();
    let co = if pen.ending { 0 } else { pen.dice.below(3) };
    let co = (0..co).map(|_| pen.department()).collect();
    Command::Dispatch { thread: t.no, lead, co, text: pen.maybe_words() }
}

pub(super) fn sign(_: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Sign { thread: t.no }
}

pub(super) fn contact(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Contact { thread: t.no, text: pen.maybe_words() }
}

pub(super) fn finish(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    if let Some(picture) = evidence(pen, EvidenceStep::Finish) {
        return picture;
    }
    let minutes = pen.dice.below(90) as u32;
    let effort = Effort { minutes, ..Effort::default() };
    Command::Finish { thread: t.no, effort, text: pen.words() }
}

pub(super) fn hand(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let staff: Vec<&Staff> = pen.life.crowd.staff().collect();
    let own: Vec<&Staff> = staff.iter().copied().filter(|s| Some(&s.unit) == t.holder.as_unit()).collect();
    let from = if pen.dice.chance(0.9) && !own.is_empty() { own } else { staff };
    let person =
        super::one(pen.dice, &from).map_or_else(|| pen.life.world.nobody.clone(), |s| s.person.clone());
    Command::Hand { thread: t.no, person }
}

pub(super) fn ask_return(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::AskReturn { thread: t.no, text: pen.words() }
}

pub(super) fn ask_extension(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::AskExtension { thread: t.no, until: pen.soon(), text: pen.words() }
}

pub(super) fn ask_suspension(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::AskSuspension { thread: t.no, reexamine: pen.soon(), text: pen.words() }
}

pub(super) fn decide_return(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::DecideReturn { thread: t.no, granted: pen.no(), text: pen.maybe_words() }
}

pub(super) fn decide_extension(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::DecideExtension { thread: t.no, granted: pen.no(), text: pen.maybe_words() }
}

pub(super) fn decide_suspension(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::DecideSuspension { thread: t.no, granted: pen.no(), text: pen.maybe_words() }
}

pub(super) fn resume(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Resume { thread: t.no, text: pen.maybe_words() }
}

pub(super) fn decide_reply(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::DecideReply { thread: t.no, granted: pen.yes(), text: pen.maybe_words() }
}

pub(super) fn check(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    if let Some(picture) = evidence(pen, EvidenceStep::Check) {
        return picture;
    }
    Command::Check { thread: t.no, passed: pen.yes(), text: pen.maybe_words() }
}

pub(super) fn verdict(pen: P<'_, '_, '_>) -> Verdict {
    if pen.ending {
        return Verdict { solved: Some(Solved::Solved), satisfied: None };
    }
    let solved =
        *super::one(pen.dice, &[None, Some(Solved::Solved), Some(Solved::NotSolved)]).unwrap_or(&None);
    let said = [None, Some(Satisfied::Very), Some(Satisfied::NotAtAll)];
    Verdict { solved, satisfied: *super::one(pen.dice, &said).unwrap_or(&None) }
}

pub(super) fn callback(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let verdict = verdict(pen);
    Command::Callback { thread: t.no, reached: pen.yes(), verdict, text: pen.maybe_words() }
}

pub(super) fn rate(pen: P<'_, '_, '_>, _: &Thread) -> Command {
    Command::Rate { verdict: verdict(pen), text: pen.maybe_words() }
}

pub(super) fn part(_: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::Part { thread: t.no }
}

pub(super) fn decide_correction(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::DecideCorrection { thread: t.no, granted: pen.yes(), text: pen.maybe_words() }
}

pub(super) fn decide_exclusion(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::DecideExclusion { thread: t.no, granted: pen.yes(), text: pen.maybe_words() }
}

/// To a unit that could dispatch, most often.
pub(super) fn pass_down(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    let desks: Vec<&Staff> = pen.life.crowd.staff().filter(|s| s.role == "dispatcher").collect();
    let unit = super::one(pen.dice, &desks).map(|s| s.unit.clone()).filter(|_| pen.dice.chance(0.9));
    Command::PassDown { thread: t.no, unit: unit.unwrap_or_else(|| pen.department()), text: pen.words() }
}

pub(super) fn ask_ruling(pen: P<'_, '_, '_>, t: &Thread) -> Command {
    Command::AskRuling { thread: t.no, text: pen.words() }
}

pub(super) fn log_effort(_: P<'_, '_, '_>, t: &Thread) -> Command {
    let trips = u16::from(t.step != Step::Sent);
    Command::LogEffort { thread: t.no, effort: Effort { minutes: 1, trips, forms: 1 } }
}
