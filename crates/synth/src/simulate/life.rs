//! One history under way: the cases of a city, its people and its time; and what a step does to them.
//!
//! A step is said in full (who, what, how long), so that a list of steps played again gives the same history
//! whatever dice had made it: that is what lets a history be shortened.

use super::city::World;
use super::laws::{self, Broken};
use super::people::Crowd;
use super::tally::Tally;
use super::told;
use compact_str::format_compact;
use huying_core::case::apply::apply_record;
use huying_core::case::command::Command;
use huying_core::case::decide::{self, Answers, Decided, Desk, Needs};
use huying_core::case::duplicate::{Around, Compared, NearCase, nearest_first};
use huying_core::case::event::{Actor, Claim, Edge, Event, Record};
use huying_core::case::notice::{Notice, NoticeId, notices};
use huying_core::case::refusal::Refusal;
use huying_core::case::routine::Taken;
use huying_core::case::state::Case;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::*;
use huying_core::roster::{RosterChange, change};
use huying_core::rules::Rules;
use huying_core::standing::{Standing, StandingChange};
use huying_core::time::Time;
use huying_engine::Owed;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Alarms that ring in one wait at most: a clock that rings for ever is found by it.
const MAX_RINGS: usize = 500;

/// What is tried: the rules themselves, or in a test of the laws some with a planted fault.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "each is the function of the core that has its name")]
pub struct Tried {
    pub decide: fn(Option<&Case>, &Command, &Desk<'_>) -> Result<Decided, Refusal>,
    pub apply_record: fn(Option<Case>, &Record) -> Case,
    pub notices: fn(&Record, Option<&Case>, &Case) -> Vec<Notice>,
}

/// The rules as they are.
pub const RULES: Tried = Tried { decide: decide::decide, apply_record, notices };

/// Somebody asks something of a case.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The case, from 0.
    pub case: usize,
    /// Who asks.
    pub actor: Actor,
    /// What is asked.
    pub command: Command,
    /// When they say that it happened.
    pub occurred: Option<Claim>,
    /// The thread it is about, by its kind and how many of that kind were opened before: where a shorter
    /// history numbers its threads otherwise, the same one is meant.
    pub(super) about: Option<(ThreadKind, usize)>,
}

/// One step of a history.
#[derive(Debug, Clone)]
pub enum Step {
    /// Somebody asks.
    Ask(Box<Ask>),
    /// So many milliseconds pass, and what falls due rings.
    Wait(i64),
    /// So many milliseconds pass while nothing rings; it rings late, at the next wait.
    Outage(i64),
    /// Other rules are in force from now on: those of this edition, from 0.
    Edition(usize),
    /// Somebody comes, leaves, or takes a post.
    Roster(RosterChange),
    /// Who is on duty from now on, by unit.
    Duty(Vec<(UnitId, PersonId)>),
    /// A mode begins or ends, a task is admitted or is no more.
    Order(Box<StandingChange>),
    /// The first message that is owed to the case is delivered; and once more.
    Deliver {
        /// The case, from 0.
        to: usize,
        /// Whether it comes twice.
        twice: bool,
    },
}

/// A case of the history.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: CaseId,
    pub(super) case: Option<Case>,
    /// As it was before its last record.
    pub(super) before: Option<Case>,
    pub(super) records: Vec<Record>,
    /// The notices that exist.
    pub(super) told: BTreeSet<NoticeId>,
    /// Every thread that was ever opened, in undone steps too.
    pub(super) made: BTreeMap<u16, ThreadKind>,
}

pub(super) struct Life<'w> {
    pub(super) world: &'w World,
    pub(super) tried: Tried,
    pub(super) rules: Arc<Rules>,
    edition: usize,
    changes: Vec<RosterChange>,
    /// The standing orders, where some were given since the history began.
    standing: Option<Standing>,
    duty: Vec<(UnitId, PersonId)>,
    pub(super) crowd: Crowd,
    pub(super) now: Time,
    pub(super) lines: Vec<Line>,
    /// What cases owe each other, in the order it became owed.
    pub(super) owed: Vec<Owed>,
    pub(super) tally: Tally,
    /// What happened, in words, where it is to be told.
    pub(super) log: Option<Vec<String>>,
}

impl<'w> Life<'w> {
    pub(super) fn new(world: &'w World, tried: Tried, start: Time, cases: usize) -> Option<Life<'w>> {
        let rules = world.editions.first()?.clone();
        let line = |n: usize| Line {
            id: CaseId(n as u64 + 1),
            case: None,
            before: None,
            records: Vec::new(),
            told: BTreeSet::new(),
            made: BTreeMap::new(),
        };
        Some(Life {
            world,
            tried,
            crowd: Crowd::of(&rules),
            rules,
            edition: 0,
            changes: Vec::new(),
            standing: None,
            duty: Vec::new(),
            now: start,
            lines: (0..cases).map(line).collect(),
            owed: Vec::new(),
            tally: Tally::default(),
            log: None,
        })
    }

    pub(super) fn case(&self, at: usize) -> Option<&Case> {
        self.lines.get(at).and_then(|l| l.case.as_ref())
    }

    /// Takes one step.
    pub(super) fn take(&mut self, step: &Step) -> Result<(), Broken> {
        match step {
            Step::Ask(ask) => {
                let command = self.same_thread(ask);
                self.give(ask.case, &ask.actor, &command, ask.occurred.as_ref()).map(drop)
            }
            Step::Wait(ms) => self.wait(*ms),
            Step::Outage(ms) => {
                self.now = self.now.plus(*ms);
                self.say(|| format!("an outage of {}", told::span(*ms)));
                Ok(())
            }
            Step::Edition(n) => {
                self.say(|| format!("edition {} comes into force", n + 1));
                self.edition = *n;
                self.put_in_force();
                Ok(())
            }
            Step::Roster(change) => {
                self.say(|| format!("roster: {change:?}"));
                // What makes no sense is refused there as it is to anybody.
                if change::accept(&self.rules, std::slice::from_ref(change), None, self.now).is_ok() {
                    self.changes.push(change.clone());
                    self.put_in_force();
                }
                Ok(())
            }
            Step::Duty(duty) => {
                self.say(|| format!("on duty: {duty:?}"));
                self.duty.clone_from(duty);
                Ok(())
            }
            Step::Order(change) => {
                self.say(|| format!("order: {change:?}"));
                let standing = self.standing.take().unwrap_or_else(|| Standing::clone(&self.rules.standing));
                self.standing = Some(standing.after([&**change]));
                self.put_in_force();
                Ok(())
            }
            Step::Deliver { to, twice } => self.deliver(*to, *twice),
        }
    }

    fn say(&mut self, what: impl FnOnce() -> String) {
        let now = told::civil(&self.rules, self.now);
        if let Some(log) = &mut self.log {
            log.push(format!("{now}  {}", what()));
        }
    }

    fn put_in_force(&mut self) {
        let Some(rules) = self.world.editions.get(self.edition % self.world.editions.len().max(1)) else {
            return;
        };
        self.rules = if self.changes.is_empty() {
            rules.clone()
        } else {
            Arc::new(rules.with_people(change::fold(&rules.city.people, &self.changes)))
        };
        if let Some(standing) = &self.standing {
            self.rules = Arc::new(self.rules.with_standing(standing.clone()));
        }
        self.crowd.come(&self.rules);
    }

    // ---- time ----

    /// Time passes; what falls due rings, in due order, all cases together.
    fn wait(&mut self, ms: i64) -> Result<(), Broken> {
        let until = self.now.plus(ms);
        for n in 0.. {
            let Some((due, at, clock, generation, edge)) = self.next_ring().filter(|r| r.0 < until) else {
                break;
            };
            if n > MAX_RINGS {
                return Err(Broken::of("clocks.end", format!("clock {clock} rings without end")));
            }
            // At its due a clock is still in time; it rings when that has passed.
            self.now = self.now.max(due.plus(1)).min(until.max(self.now));
            let fire = Command::Fire { clock, generation, edge };
            if let Some(refusal) = self.give(at, &Actor::Clock, &fire, None)? {
                let what = format!("clock {clock} is due and does not ring: {refusal}");
                return Err(Broken::of("clocks.ring", what));
            }
        }
        self.now = until;
        Ok(())
    }

    /// The next edge of all running clocks: when, of which case, and of which clock.
    pub(super) fn next_ring(&self) -> Option<(Time, usize, ClockNo, u16, Edge)> {
        let cases = self.lines.iter().enumerate().filter_map(|(i, l)| Some((i, l.case.as_ref()?)));
        let edges = cases.flat_map(|(at, case)| {
            let running = case.clocks.iter().filter(|c| c.runs() && c.missed_at.is_none());
            running.flat_map(move |c| {
                let near = c.near.filter(|_| !c.near_fired);
                let near = near.map(|n| (n, at, c.no, c.generation, Edge::Near));
                [near, Some((c.due, at, c.no, c.generation, Edge::Due))]
            })
        });
        edges.flatten().min_by_key(|(t, at, no, _, edge)| (*t, *edge, *at, *no))
    }

    // ---- asking ----

    /// The command, addressed to the thread that was meant.
    fn same_thread(&self, ask: &Ask) -> Command {
        let Some((kind, nth)) = ask.about else { return ask.command.clone() };
        let made = self.lines.get(ask.case).map(|l| &l.made);
        let same = made.into_iter().flatten().filter(|(_, k)| **k == kind).nth(nth).map(|(no, _)| *no);
        match (same, ask.command.thread()) {
            (Some(no), Some(said)) if said.0 != no => readdressed(&ask.command, no),
            _ => ask.command.clone(),
        }
    }

    pub(super) fn answers(&self, line: &Line, command: &Command) -> Answers {
        let needs = decide::needs(line.case.as_ref(), command, &self.rules);
        let other = |id: CaseId| self.lines.iter().find(|l| l.id == id).and_then(|l| l.case.as_ref());
        Answers {
            taken: self.taken(line, &needs),
            number: needs.number.map(|code| format_compact!("20260302{code}{:05}", line.id.0)),
            before: needs.before.and(line.before.clone()).map(Box::new),
            other: needs.other.and_then(other).and_then(decide::leads),
            visit: needs.visit.and_then(|v| other(v.case)?.visit(v.thread)).map(Box::new),
            duty: Arc::new(if needs.duty { self.duty.iter().cloned().collect() } else { Default::default() }),
            files: if needs.files { files(line) } else { Vec::new() },
            near: needs.near.map(|around| self.near(line, &around)).unwrap_or_default(),
        }
    }

    /// The other cases near a report.
    fn near(&self, line: &Line, around: &Around) -> Vec<NearCase> {
        let others = self.lines.iter().filter(|l| l.id != line.id);
        let compared = others.filter_map(|l| Some((l.id, Compared::of(l.case.as_ref()?)?)));
        let mut found: Vec<_> = compared.filter_map(|(id, c)| c.near(id, around, self.now)).collect();
        nearest_first(&mut found);
        found
    }

    /// What the routines of the other cases take of an admission.
    fn taken(&self, line: &Line, needs: &Needs) -> Taken {
        let Some((no, unit)) = &needs.taken else { return Taken::default() };
        let others = self.lines.iter().filter(|l| l.id != line.id).filter_map(|l| l.case.as_ref());
        let taking = others.filter_map(Case::taking).filter(|t| t.admission == *no);
        taking.fold(Taken::default(), |sum, t| Taken {
            given: sum.given + 1,
            minutes: sum.minutes + if t.unit == unit { t.weekly } else { 0 },
        })
    }

    /// Decides without keeping it.
    pub(super) fn decides(
        &self,
        at: usize,
        actor: &Actor,
        command: &Command,
        occurred: Option<&Claim>,
    ) -> Option<Result<Decided, Refusal>> {
        let line = self.lines.get(at)?;
        let answers = self.answers(line, command);
        let desk = Desk {
            now: self.now,
            stream: line.id.stream(),
            actor,
            occurred,
            rules: &self.rules,
            answers: &answers,
        };
        Some((self.tried.decide)(line.case.as_ref(), command, &desk))
    }

    /// Gives a command; the refusal, when there is one. Whatever happens, the laws must hold.
    pub(super) fn give(
        &mut self,
        at: usize,
        actor: &Actor,
        command: &Command,
        occurred: Option<&Claim>,
    ) -> Result<Option<Refusal>, Broken> {
        let Some(decided) = self.decides(at, actor, command, occurred) else { return Ok(None) };
        self.tally.count(command.name(), decided.is_ok());
        let number = self.lines.get(at).map_or(0, |l| l.id.0);
        self.say(|| told::asked(number, actor, command, decided.as_ref()));
        match decided {
            Ok(decided) => self.keep(at, actor, command, decided).map(|()| None),
            Err(refusal) => {
                let case = self.case(at);
                laws::refused(case, actor, command, &refusal, &self.rules, self.now)?;
                Ok(Some(refusal))
            }
        }
    }

    fn keep(&mut self, at: usize, actor: &Actor, command: &Command, decided: Decided) -> Result<(), Broken> {
        let Some(line) = self.lines.get_mut(at) else { return Ok(()) };
        let taken = laws::Taken {
            before: line.case.as_ref(),
            record: &decided.record,
            after: &decided.case,
            actor,
            command,
            rules: &self.rules,
            tried: &self.tried,
            earlier: &line.records,
        };
        laws::accepted(&taken, &mut line.made, &mut line.told)?;
        let owed = huying_engine::owed(&decided.record, line.case.as_ref(), &decided.case);
        line.before = line.case.replace(decided.case);
        line.records.push(decided.record);
        // What is owed to a case that is none of this history is nobody's here.
        self.owed.extend(owed.into_iter().filter(|o| self.lines.iter().any(|l| l.id == receiver(o))));
        laws::quotas(&self.rules.standing, self.lines.iter().filter_map(|l| l.case.as_ref()))
    }

    // ---- what cases owe each other ----

    fn deliver(&mut self, to: usize, twice: bool) -> Result<(), Broken> {
        let Some(id) = self.lines.get(to).map(|l| l.id) else { return Ok(()) };
        let Some(first) = self.owed.iter().position(|o| receiver(o) == id) else { return Ok(()) };
        let owed = self.owed.remove(first);
        let command = match owed {
            Owed::Joined { from, joined, .. } => Command::Joined { other: from, joined },
            Owed::Follow { from, what, .. } => Command::Follow { from, what },
            Owed::Found { from, thread, .. } => Command::Found { thread, case: from },
            Owed::Destroy { .. } => return Ok(()),
        };
        let engine = super::people::system("engine");
        for time in 0..=usize::from(twice) {
            let refusal = self.give(to, &engine, &command, None)?;
            // The other case may have gone its own way; anything else would be owed for ever.
            let lost = refusal.filter(|r| time == 0 && !huying_engine::GONE_ITS_WAY.contains(&r.rule));
            if let Some(refusal) = lost {
                return Err(Broken::of("owed.delivered", format!("{owed:?} is refused: {refusal}")));
            }
        }
        Ok(())
    }

    /// The end of a history: everything that was kept reads again as it was written.
    pub(super) fn replay(&self) -> Result<(), Broken> {
        self.lines.iter().try_for_each(|line| laws::replay(line.case.as_ref(), &line.records, &self.tried))
    }
}

/// The files that were attached to a case.
fn files(line: &Line) -> Vec<compact_str::CompactString> {
    let events = line.records.iter().flat_map(|r| &r.events);
    let attached = |e: &Event| if let Event::Attached { files, .. } = e { files.clone() } else { Vec::new() };
    events.flat_map(attached).collect()
}

/// The case a message is for.
pub(super) fn receiver(owed: &Owed) -> CaseId {
    match *owed {
        Owed::Joined { to, .. } | Owed::Follow { to, .. } | Owed::Found { to, .. } => to,
        Owed::Destroy { case } => case,
    }
}

/// The same command about another thread, through what it looks like as JSON: so that a command that is new
/// needs nothing here.
fn readdressed(command: &Command, no: u16) -> Command {
    let again = serde_json::to_value(command).ok().and_then(|mut value| {
        *value.get_mut("thread")? = no.into();
        serde_json::from_value(value).ok()
    });
    again.unwrap_or_else(|| command.clone())
}
