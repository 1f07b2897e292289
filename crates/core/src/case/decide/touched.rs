//! What other rules would ask of clocks that run 追溯: nothing is decided, only said.
//!
//! Clocks keep the limit they started with, so a changed profile touches none of them. Whoever wants to know
//! which would be touched asks here, before a change or instead of one.

use super::draft::Draft;
use super::{Answers, Desk};
use crate::case::command::Command;
use crate::case::event::{Actor, Stage};
use crate::case::state::{Base, Case, Clock};
use crate::case::thread::ThreadKind;
use crate::clock::{Limit, NearRule};
use crate::ids::ClockNo;
use crate::rules::Rules;
use crate::time::Time;

/// A running clock that would have another limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Touched {
    /// Which of the case's.
    pub clock: ClockNo,
    /// What it times.
    pub stage: Stage,
    /// The limit it has.
    pub has: Limit,
    /// What these rules would give it; none where they limit the stage no more or lack the procedure.
    pub would: Option<Limit>,
}

/// The running clocks of a case whose limit the procedure says and to which these rules would give another
/// one. Clocks of the ladder, of whistles and of instructions have limits elsewhere and are not compared,
/// nor those whose due time somebody gave.
pub fn touched(case: &Case, rules: &Rules, now: Time) -> Vec<Touched> {
    let answers = Answers::default();
    let stream = case.id.stream();
    let desk = Desk { now, stream, actor: &Actor::Clock, occurred: None, rules, answers: &answers };
    let draft = Draft::new(Some(case), &Command::ResetClocks {}, &desk);
    let running = case.clocks.iter().filter(|c| c.runs() && c.base != Base::Given && of_procedure(case, c));
    running
        .filter_map(|clock| {
            let has = plain(clock.limit.clone()?);
            let would = draft.limit(clock.stage).ok().flatten().map(plain);
            let touched = would.as_ref() != Some(&has);
            touched.then_some(Touched { clock: clock.no, stage: clock.stage, has, would })
        })
        .collect()
}

fn of_procedure(case: &Case, clock: &Clock) -> bool {
    let elsewhere = [
        ThreadKind::Rung,
        ThreadKind::Whistle,
        ThreadKind::Proposal,
        ThreadKind::Summons,
        ThreadKind::Ruling,
        ThreadKind::Milestone,
        ThreadKind::Instruction,
    ];
    clock.thread.and_then(|no| case.thread(no)).is_none_or(|thread| !elsewhere.contains(&thread.kind))
}

/// When a clock is near is not what it is limited to.
fn plain(limit: Limit) -> Limit {
    Limit { near: NearRule::Never, ..limit }
}
