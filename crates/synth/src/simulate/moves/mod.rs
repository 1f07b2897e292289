//! What is asked: one line a command, in [`MOVES`]. To add a command, add its line: its name, whether it is
//! one that can bring a case to its end, the threads and steps it is for (or the case as a whole), and a
//! function that writes it. A command that people may give and that has no line fails
//! `crates/synth/tests/simulate.rs`.
//!
//! `thread.rs` writes what is asked of a thread, `street.rs` what is asked on the ladder and with whistles,
//! `rounds.rs` what is asked of patrols and visits, `desk.rs` what a leader's desk asks, `above.rs` what a
//! system above and we owe each other, `whole.rs` what is asked of the case as a whole.

mod above;
mod desk;
pub(super) mod rounds;
mod street;
mod thread;
mod whole;

use super::life::{Ask, Life, Step as Next};
use super::{one, people};
use crate::day::Dice;
use huying_core::case::command::Command;
use huying_core::case::event::*;
use huying_core::case::state::{Case, Spine, Thread};
use huying_core::case::thread::{Step, Step::*, ThreadKind, ThreadKind::*};
use huying_core::ids::*;
use huying_core::profile::Word;
use huying_core::roster::RosterChange;

/// The kinds of thread a command is for, and the steps; no step means any.
type Threads = &'static [(ThreadKind, &'static [Step])];

/// A command, and how it is written.
pub(super) struct Move {
    /// Its name.
    pub(super) name: &'static str,
    /// Whether it is one that brings a case nearer to its end.
    pub(super) ends: bool,
    pub(super) on: On,
}

/// What a command is asked of.
pub(super) enum On {
    /// A thread of one of these kinds, on one of these steps.
    Thread(Threads, fn(&mut Pen<'_, '_>, &Thread) -> Command),
    /// The case as a whole; so often, beside the others.
    Case(u8, fn(&mut Pen<'_, '_>, &Case) -> Command),
}

const fn on(name: &'static str, of: Threads, write: fn(&mut Pen<'_, '_>, &Thread) -> Command) -> Move {
    Move { name, ends: true, on: On::Thread(of, write) }
}

const fn beside(name: &'static str, of: Threads, write: fn(&mut Pen<'_, '_>, &Thread) -> Command) -> Move {
    Move { name, ends: false, on: On::Thread(of, write) }
}

const fn whole(name: &'static str, often: u8, write: fn(&mut Pen<'_, '_>, &Case) -> Command) -> Move {
    Move { name, ends: false, on: On::Case(often, write) }
}

const fn ends(name: &'static str, often: u8, write: fn(&mut Pen<'_, '_>, &Case) -> Command) -> Move {
    Move { name, ends: true, on: On::Case(often, write) }
}

/// Every command. Those that end something stand in the order in which the end of a history tries them.
pub(super) const MOVES: &[Move] = &[
    on("verify", &[(Verify, &[])], thread::verify),
    on("register", &[(Register, &[])], thread::register),
    on("dispatch", &[(Dispatch, &[])], thread::dispatch),
    on("decide_return", &[(Return, &[])], thread::decide_return),
    on("decide_extension", &[(Extension, &[])], thread::decide_extension),
    on("decide_suspension", &[(Suspension, &[Asked])], thread::decide_suspension),
    on("resume", &[(Suspension, &[Hung])], thread::resume),
    on("decide_whistle", &[(Proposal, &[])], street::decide_whistle),
    on("rule", &[(Ruling, &[])], street::rule),
    on("reach", &[(Milestone, &[])], street::reach),
    on("arrive", &[(Summons, &[Sent, Acknowledged])], street::arrive),
    on("state_measure", &[(Summons, &[OnSite])], street::state_measure),
    on("sign", &[(Handling, &[Sent]), (Instruction, &[Sent])], thread::sign),
    on("contact", &[(Handling, &[Signed])], thread::contact),
    on(
        "finish",
        &[
            (Handling, &[Signed, Contacted]),
            (Summons, &[MeasureStated]),
            (Rung, &[Sent, Acknowledged]),
            (Instruction, &[Signed]),
        ],
        thread::finish,
    ),
    on("confirm", &[(Rung, &[Done]), (Summons, &[Done]), (Instruction, &[Done])], street::confirm),
    on("check", &[(Check, &[])], thread::check),
    on("decide_reply", &[(Approval, &[])], thread::decide_reply),
    on("callback", &[(Callback, &[])], thread::callback),
    on("rate", &[(Rating, &[])], thread::rate),
    on("decide_correction", &[(Correction, &[])], thread::decide_correction),
    on("decide_exclusion", &[(Exclusion, &[])], thread::decide_exclusion),
    on("withdraw", &[(Rung, &[]), (Whistle, &[]), (Summons, &[]), (Instruction, &[])], street::withdraw),
    on("climb", &[(Rung, &[Sent, Acknowledged])], street::climb),
    on("part", &[(Merge, &[])], thread::part),
    ends("unrestrict", 1, desk::unrestrict),
    ends("end_routine", 1, rounds::end_routine),
    on("send", &[(External, &[Waiting])], above::send),
    on("receipt", &[(External, &[Sent])], above::receipt),
    ends("judge", 2, above::judge),
    ends("reply", 14, whole::reply),
    ends("close", 4, whole::close),
    ends("redispatch", 2, whole::redispatch),
    // What does not bring a case nearer to its end.
    beside("acknowledge", &[(Rung, &[Sent]), (Summons, &[Sent])], street::acknowledge),
    beside("visit", &[(Visit, &[])], rounds::visit),
    beside("refuse", &[(Summons, &[Sent, Acknowledged])], street::refuse),
    beside("grade", &[(Summons, &[])], street::grade),
    beside("summon", &[(Whistle, &[])], street::summon),
    beside("plan", &[(Whistle, &[]), (Rung, &[])], street::plan),
    beside("whistle", &[(Rung, &[Sent, Acknowledged]), (Summons, &[]), (Handling, &[])], street::whistle),
    beside("ask_whistle", &[(Rung, &[]), (Handling, &[])], street::ask_whistle),
    beside("hand", &[(Handling, &[]), (Rung, &[])], thread::hand),
    beside("ask_return", &[(Handling, &[])], thread::ask_return),
    beside("ask_extension", &[(Handling, &[])], thread::ask_extension),
    beside("ask_suspension", &[(Handling, &[]), (Rung, &[])], thread::ask_suspension),
    beside("log_effort", &[(Handling, &[]), (Rung, &[]), (Verify, &[])], thread::log_effort),
    beside("pass_down", &[(Dispatch, &[])], thread::pass_down),
    beside("ask_ruling", &[(Dispatch, &[])], thread::ask_ruling),
    beside("end_supervision", &[(Supervision, &[])], desk::end_supervision),
    beside("plan_joint", &[(Whistle, &[]), (Rung, &[]), (Handling, &[])], desk::plan_joint),
    beside("enforce", &[(Milestone, &[]), (Rung, &[]), (Handling, &[])], desk::enforce),
    whole("assign", 3, rounds::assign),
    whole("return_above", 2, above::return_above),
    whole("urge_above", 2, above::urge),
    whole("supervise", 2, desk::supervise),
    whole("instruct", 2, desk::instruct),
    whole("meet", 2, desk::meet),
    whole("restrict", 1, desk::restrict),
    whole("reassign", 2, desk::reassign),
    whole("divert", 1, desk::divert),
    whole("report", 0, whole::report),
    whole("void", 1, whole::void),
    whole("handle_at_once", 3, whole::handle_at_once),
    whole("answer_direct", 2, whole::answer_direct),
    whole("force_close", 1, whole::force_close),
    whole("reopen", 6, whole::reopen),
    whole("merge", 3, whole::merge),
    whole("move", 4, whole::relocate),
    whole("reclassify", 3, whole::reclassify),
    whole("amend", 3, whole::amend),
    whole("note", 2, whole::note),
    whole("attach", 5, whole::attach),
    whole("ask_correction", 6, whole::ask_correction),
    whole("ask_exclusion", 2, whole::ask_exclusion),
    whole("urge", 4, whole::urge),
    whole("exclude", 2, whole::exclude),
    whole("undo", 6, whole::undo),
    whole("erase", 2, whole::erase),
    // The engine's own.
    whole("reset_clocks", 4, whole::reset_clocks),
    whole("found", 1, rounds::found),
    whole("joined", 1, whole::joined),
    whole("follow", 1, whole::follow),
    whole("observe", 1, whole::observe),
];

/// The names of all commands that are tried.
pub fn names() -> Vec<&'static str> {
    MOVES.iter().map(|m| m.name).chain(["fire"]).collect()
}

/// What writes a command: dice, and the history it is for.
pub(super) struct Pen<'a, 'w> {
    pub(super) dice: &'a mut Dice,
    pub(super) life: &'a Life<'w>,
    /// The case it is about, from 0.
    pub(super) at: usize,
    /// Whether what is written is to bring the case to its end.
    pub(super) ending: bool,
}

impl Pen<'_, '_> {
    /// One more often than not; always, when the case is to end.
    fn yes(&mut self) -> bool {
        self.ending || self.dice.chance(0.7)
    }

    /// The same, where it is the no that ends.
    fn no(&mut self) -> bool {
        !self.ending && self.dice.chance(0.7)
    }

    fn words(&mut self) -> TextRef {
        text(self.dice.below(9) as u64 + 1)
    }

    fn maybe_words(&mut self) -> Option<TextRef> {
        self.dice.chance(0.5).then(|| self.words())
    }

    /// A word of a list of the profile; now and then, one that is in none.
    fn word(&mut self, list: &[Word]) -> compact_str::CompactString {
        if !self.ending && self.dice.chance(0.02) {
            return "nonsense".into();
        }
        one(self.dice, list).map_or_else(|| "none".into(), |w| w.code.clone())
    }

    fn unit(&mut self) -> Option<UnitId> {
        one(self.dice, &self.life.world.units).cloned()
    }

    fn some_unit(&mut self) -> UnitId {
        self.unit().unwrap_or_else(|| self.lead())
    }

    /// A unit that could handle: most often a department.
    fn department(&mut self) -> UnitId {
        let rules = &self.life.rules;
        let works = |u: &&UnitId| {
            // The offices have nobody who handles.
            !(self.ending && super::city::is_office(u))
                && matches!(rules.kind_of_unit(u), Some("department" | "enterprise" | "street-office"))
        };
        let all: Vec<&UnitId> = self.life.world.units.iter().filter(works).collect();
        match one(self.dice, &all) {
            Some(unit) if self.ending || self.dice.chance(0.9) => (*unit).clone(),
            _ => self.some_unit(),
        }
    }

    /// Some of them, most often each once and none the accountable unit itself.
    fn departments(&mut self) -> Vec<UnitId> {
        let mut units: Vec<UnitId> = (0..=self.dice.below(3)).map(|_| self.department()).collect();
        if self.dice.chance(0.9) {
            units.sort();
            units.dedup();
            let lead = self.lead();
            units.retain(|u| *u != lead);
        }
        units
    }

    fn lead(&self) -> UnitId {
        let lead = self.life.case(self.at).and_then(|c| c.lead.clone());
        lead.unwrap_or_else(|| self.life.world.root.clone())
    }

    /// An instant to come, within some weeks.
    fn soon(&mut self) -> huying_core::time::Time {
        self.life.now.plus(super::hours(20 + self.dice.below(400) as i64))
    }

    fn some_case(&mut self) -> CaseId {
        CaseId(self.dice.below(self.life.lines.len() + 1) as u64 + 1)
    }
}

/// A reference to words in the vault.
pub(super) fn text(n: u64) -> TextRef {
    TextRef { item: ItemId(n), commit: Digest([u8::try_from(n % 251).unwrap_or(0); 32]) }
}

// ---- what comes next ----

/// The next step of a history.
pub(super) fn next(life: &Life<'_>, dice: &mut Dice) -> Next {
    match dice.below(100) {
        0..=19 => return wait(dice),
        20 => return Next::Outage(span(dice)),
        21 if dice.chance(0.3) => return Next::Edition(dice.below(life.world.editions.len())),
        22 if dice.chance(0.4) => return roster(life, dice),
        23 if dice.chance(0.3) => return duty(life, dice),
        23 => return rounds::order(life, dice).unwrap_or(Next::Wait(0)),
        24..=30 if !life.owed.is_empty() => {
            return Next::Deliver { to: dice.below(life.lines.len()), twice: dice.chance(0.2) };
        }
        _ => {}
    }
    let at = dice.below(life.lines.len());
    let Some(case) = life.case(at) else { return intake(life, dice, at) };
    // An order that was answered may still be hung.
    let answered = case.last_order().filter(|_| case.spine == Spine::Answered);
    let open: Vec<&Thread> = case.open_threads().chain(answered).collect();
    if dice.chance(0.1) {
        return nonsense(life, dice, at);
    }
    if dice.chance(0.08) {
        return alarm(life, dice, at, case);
    }
    let thread = if dice.chance(0.65) { one(dice, &open).copied() } else { None };
    let fits = |m: &&Move| match (&m.on, thread) {
        (On::Thread(of, _), Some(t)) => {
            of.iter().any(|(kind, steps)| *kind == t.kind && (steps.is_empty() || steps.contains(&t.step)))
        }
        (On::Case(often, _), None) => *often > 0,
        _ => false,
    };
    let all: Vec<&Move> = MOVES.iter().filter(fits).collect();
    let weights = all.iter().map(|m| match m.on {
        On::Case(often, _) => f64::from(often),
        // What is to be done is done more often than what else may be asked.
        On::Thread(..) => {
            if m.ends {
                3.0
            } else {
                2.0
            }
        }
    });
    let Some(chosen) = all.get(dice.weighted(weights)) else { return wait(dice) };
    ask(life, dice, at, chosen, thread.or_else(|| open.first().copied()))
}

fn ask(life: &Life<'_>, dice: &mut Dice, at: usize, chosen: &Move, thread: Option<&Thread>) -> Next {
    let mut pen = Pen { dice, life, at, ending: false };
    let command = match (&chosen.on, thread, life.case(at)) {
        (On::Thread(_, write), Some(thread), _) => write(&mut pen, thread),
        (On::Case(_, write), _, Some(case)) => write(&mut pen, case),
        _ => return wait(pen.dice),
    };
    let actor = somebody(life, dice, at, &command);
    asked(life, dice, at, actor, command)
}

fn asked(life: &Life<'_>, dice: &mut Dice, at: usize, actor: Actor, command: Command) -> Next {
    let claim =
        |dice: &mut Dice| Claim { at: life.now.plus(-super::hours(dice.below(40) as i64)), evidence: None };
    let occurred = dice.chance(0.15).then(|| claim(dice));
    let about = about(life, at, &command);
    Next::Ask(Box::new(Ask { case: at, actor, command, occurred, about }))
}

/// The thread a command is about, by kind and order.
pub(super) fn about(life: &Life<'_>, at: usize, command: &Command) -> Option<(ThreadKind, usize)> {
    let (no, made) = (command.thread()?.0, &life.lines.get(at)?.made);
    let kind = *made.get(&no)?;
    Some((kind, made.range(..no).filter(|(_, k)| **k == kind).count()))
}

fn wait(dice: &mut Dice) -> Next {
    Next::Wait(span(dice))
}

/// Most often minutes, now and then days.
fn span(dice: &mut Dice) -> i64 {
    let most = match dice.below(20) {
        0 => super::hours(24 * 6),
        1..=3 => super::hours(30),
        4..=8 => super::hours(3),
        _ => super::hours(1) / 4,
    };
    dice.below(usize::try_from(most).unwrap_or(1)) as i64
}

fn intake(life: &Life<'_>, dice: &mut Dice, at: usize) -> Next {
    let mut pen = Pen { dice, life, at, ending: false };
    if pen.dice.chance(0.04) {
        let command = whole::observation(&mut pen);
        return asked(life, dice, at, people::system("import"), command);
    }
    if pen.dice.chance(0.16) {
        let (assign, unit) = rounds::given(&mut pen);
        let command = Command::Assign(Box::new(assign));
        let actor = life.crowd.able(dice, &life.rules, &command, unit.as_ref());
        return asked(life, dice, at, actor, command);
    }
    let found = rounds::visited(&mut pen).filter(|_| pen.dice.chance(0.5));
    let command = whole::call(&mut pen, found.as_ref().map(|f| f.0));
    if let Some((_, unit)) = found {
        let actor = life.crowd.able(dice, &life.rules, &command, unit.as_ref());
        return asked(life, dice, at, actor, command);
    }
    let actor = match dice.below(4) {
        0 => Actor::Caller,
        1 => people::system("city-hotline"),
        _ => life.crowd.able(dice, &life.rules, &command, None),
    };
    asked(life, dice, at, actor, command)
}

/// Any command on any thread by anybody.
fn nonsense(life: &Life<'_>, dice: &mut Dice, at: usize) -> Next {
    let kind = *one(dice, &ThreadKind::ALL).unwrap_or(&Verify);
    let no = ThreadNo(u16::try_from(dice.below(20)).unwrap_or(1));
    let step = one(dice, &kind.steps()).copied().unwrap_or(kind.first());
    let real = life.case(at).and_then(|c| one(dice, &c.threads)).cloned();
    let thread = real.filter(|_| dice.chance(0.5)).unwrap_or_else(|| blank(no, kind, step));
    let Some(chosen) = one(dice, MOVES) else { return wait(dice) };
    let mut pen = Pen { dice, life, at, ending: false };
    let command = match (&chosen.on, life.case(at)) {
        (On::Thread(_, write), _) => write(&mut pen, &thread),
        (On::Case(_, write), Some(case)) => write(&mut pen, case),
        _ => return wait(dice),
    };
    let actor = life.crowd.anybody(dice);
    asked(life, dice, at, actor, command)
}

/// Alarms that must never ring: of an older due time, of a clock that stands or has ended.
fn alarm(life: &Life<'_>, dice: &mut Dice, at: usize, case: &Case) -> Next {
    let Some(clock) = one(dice, &case.clocks) else { return wait(dice) };
    let edge = if dice.chance(0.5) { Edge::Near } else { Edge::Due };
    let generation = clock.generation.wrapping_sub(u16::from(dice.chance(0.5)));
    let command = Command::Fire { clock: clock.no, generation, edge };
    asked(life, dice, at, Actor::Clock, command)
}

/// Who asks: somebody who could, most often of the unit that it is with.
fn somebody(life: &Life<'_>, dice: &mut Dice, at: usize, command: &Command) -> Actor {
    match command {
        Command::Follow { .. } | Command::Joined { .. } | Command::Found { .. } | Command::ResetClocks {} => {
            return people::system("engine");
        }
        Command::Observe { .. } => return people::system("import"),
        Command::Receipt { .. } | Command::UrgeAbove { .. } | Command::Judge { .. } => {
            return Actor::System(life.world.above.clone());
        }
        Command::Rate { .. } => return Actor::Caller,
        Command::Undo {} => {
            let last = life.lines.get(at).and_then(|l| l.records.last());
            return last.map_or(Actor::Caller, |r| r.actor.clone());
        }
        _ => {}
    }
    let case = life.case(at);
    let unit = case.and_then(|c| speaker(c, command));
    life.crowd.able(dice, &life.rules, command, unit)
}

/// The unit that a command is most likely given by: the holder of its thread, for a confirmation who called
/// for it, or the accountable unit.
pub(super) fn speaker<'c>(case: &'c Case, command: &Command) -> Option<&'c UnitId> {
    let thread = command.thread().and_then(|no| case.thread(no));
    let over = |t: &Thread| t.under.and_then(|no| case.thread(no)).map(|w| &w.holder);
    let party = thread.map(|t| match (command.name(), t.kind) {
        ("confirm", Rung) => &t.caller,
        ("confirm" | "withdraw", Summons) => over(t).unwrap_or(&t.caller),
        ("confirm" | "withdraw", Instruction) | ("send", External) => &t.caller,
        _ => &t.holder,
    });
    party.and_then(Holder::as_unit).or(case.lead.as_ref())
}

fn roster(life: &Life<'_>, dice: &mut Dice) -> Next {
    let posts = life.rules.city.people.posts();
    // The offices keep their people: whether somebody is left who can end a case is the rules' business here,
    // not the personnel's.
    let moves = |p: &&huying_core::actor::Post| !super::city::is_office(&p.unit);
    let some: Vec<_> = posts.iter().filter(moves).collect();
    let Some(post) = one(dice, &some) else { return wait(dice) };
    let other = one(dice, &some).and_then(|p| p.person.clone());
    let id = post.id.clone();
    Next::Roster(match (dice.below(3), &post.person) {
        (0, Some(person)) => RosterChange::Left { person: person.clone() },
        (1, Some(_)) => RosterChange::Filled { post: id, person: None },
        _ => RosterChange::Filled { post: id, person: other },
    })
}

fn duty(life: &Life<'_>, dice: &mut Dice) -> Next {
    let staff: Vec<&Staff> = life.crowd.staff().collect();
    let some = (0..dice.below(9)).filter_map(|_| one(dice, &staff).copied());
    Next::Duty(some.map(|s| (s.unit.clone(), s.person.clone())).collect())
}

fn blank(no: ThreadNo, kind: ThreadKind, step: Step) -> Thread {
    Thread {
        no,
        kind,
        step,
        caller: Holder::Caller,
        holder: Holder::Caller,
        under: None,
        round: 0,
        rank: None,
        label: None,
        outcome: None,
        part: None,
        text: None,
        other: None,
        clock: None,
        until: None,
        joint: None,
        opened_at: huying_core::time::Time(0),
        moved_at: huying_core::time::Time(0),
        signed_at: None,
        contacted_at: None,
        tries: 0,
        effort: Effort::default(),
        spoke: None,
        pressed: None,
    }
}
