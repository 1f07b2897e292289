//! Whole histories of cases, decided by the real rules, to be replayed.

use super::calls::{Calls, Seed};
use huying_core::case::command::Command;
use huying_core::case::decide::{Answers, Desk, decide};
use huying_core::case::event::{Actor, Digest, Effort, Record, Satisfied, Solved, Staff, TextRef, Verdict};
use huying_core::case::state::Case;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::{ItemId, StreamId};
use huying_core::rules::Rules;
use huying_core::time::Time;

const MINUTE: i64 = 60_000;

/// Decides `count` different histories from a seed, each from call to close where the rules let it come so
/// far.
pub(super) fn make(rules: &Rules, seed: u64, start: Time, count: u64) -> Vec<Vec<Record>> {
    let mut calls = Calls::new(rules, seed);
    (0..count)
        .map(|n| {
            let mut history =
                History { rules, case: None, records: Vec::new(), now: start, seed: Seed(seed ^ n) };
            let (command, _) = calls.next();
            history.give(&Actor::Caller, command);
            while history.step() {}
            history.records
        })
        .collect()
}

struct History<'r> {
    rules: &'r Rules,
    case: Option<Case>,
    records: Vec<Record>,
    now: Time,
    seed: Seed,
}

fn words() -> TextRef {
    TextRef { item: ItemId(7), commit: Digest([7; 32]) }
}

impl History<'_> {
    /// Takes the next step that somebody with a post can take; false when the case is over or nobody can.
    fn step(&mut self) -> bool {
        let Some(case) = self.case.clone() else { return false };
        let open: Vec<_> = case.open_threads().filter(|t| t.holder.as_unit().is_some()).cloned().collect();
        let reply = Command::Reply { text: words() };
        let step = open.iter().find_map(|t| {
            let command = match t.kind {
                ThreadKind::Verify => Command::Verify {
                    thread: t.no,
                    confirmed: true,
                    circumstance: None,
                    ground: None,
                    of: None,
                    text: None,
                },
                ThreadKind::Register => Command::Register {
                    thread: t.no,
                    granted: true,
                    circumstance: None,
                    ground: None,
                    of: None,
                    text: None,
                },
                ThreadKind::Dispatch => {
                    let lead = self.rules.owner(case.place(), case.matter(), self.now)?;
                    Command::Dispatch { thread: t.no, lead, co: Vec::new(), text: None }
                }
                ThreadKind::Handling if t.signed_at.is_none() => Command::Sign { thread: t.no },
                ThreadKind::Handling if t.contacted_at.is_none() => {
                    Command::Contact { thread: t.no, text: None }
                }
                ThreadKind::Handling => Command::Finish { thread: t.no, effort: effort(), text: words() },
                ThreadKind::Check => Command::Check { thread: t.no, passed: true, text: None },
                ThreadKind::Approval => Command::DecideReply { thread: t.no, granted: true, text: None },
                ThreadKind::Callback => {
                    Command::Callback { thread: t.no, reached: true, verdict: self.verdict(), text: None }
                }
                _ => return None,
            };
            Some((t.holder.as_unit().cloned(), command))
        });
        let (unit, command) = step.unwrap_or((case.lead.clone(), reply));
        self.now = self.now.plus(MINUTE * (1 + i64::try_from(self.seed.below(90)).unwrap_or(0)));
        let posts = self.rules.city.people.posts().iter().filter(|p| Some(&p.unit) == unit.as_ref());
        let actors: Vec<Actor> = posts
            .filter_map(|p| {
                let person = p.person.clone()?;
                let (post, unit, role) = (p.id.clone(), p.unit.clone(), p.role.clone());
                Some(Actor::Staff(Box::new(Staff { person, post, unit, role, deputy_of: None })))
            })
            .collect();
        actors.iter().any(|actor| self.give(actor, command.clone()))
    }

    /// Mostly solved; now and then not, which sends the case back once.
    fn verdict(&self) -> Verdict {
        let solved = if self.records.len() < 12 && self.seed.0.is_multiple_of(5) {
            Solved::NotSolved
        } else {
            Solved::Solved
        };
        Verdict { solved: Some(solved), satisfied: Some(Satisfied::Satisfied) }
    }

    fn give(&mut self, actor: &Actor, mut command: Command) -> bool {
        for text in command.texts_mut() {
            *text = words();
        }
        let answers = Answers { number: Some("2026112351010400001".into()), ..Answers::default() };
        let desk = Desk {
            now: self.now,
            stream: StreamId(1),
            actor,
            occurred: None,
            rules: self.rules,
            answers: &answers,
        };
        match decide(self.case.as_ref(), &command, &desk) {
            Ok(decided) => {
                self.records.push(decided.record);
                self.case = Some(decided.case);
                true
            }
            Err(_) => false,
        }
    }
}

fn effort() -> Effort {
    Effort { minutes: 35, trips: 1, forms: 1 }
}
