//! Routines 巡查走访: work of a grid worker that comes back by a cadence. A routine is a case of its own, whose
//! visits are threads that follow one another; no resident called, and no figure of calls counts it.
//!
//! What is asked and what stands in events and in the case; what follows from it is `decide/routine.rs`, how
//! often what is due is the profile's `[[task]]`, what a department may give is `standing/admission.rs`.

use super::event::{Effort, TextRef};
use super::state::{Case, Thread};
use super::thread::ThreadKind;
use crate::ids::{CaseId, PersonId, PlaceId, ThreadNo, UnitId};
use crate::standing::OrderNo;
use crate::time::Time;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Where a routine comes from, and the procedure it follows: no report may say so.
pub const ROUTINE: &str = "routine";

/// The ground on which a routine ends by rule: its task is no more, or is admitted no more.
pub const ENDED: &str = "task_ended";

/// Ended visits that a case remembers beside the one that is owed; the journal has them all. A bound of this
/// room, not a rule: without it a patrol of three years would be a thousand threads.
pub(super) const REMEMBERED: usize = 30;

/// 派任务: a task of the profile is given to a worker, or a routine that runs to another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assign {
    /// The template of the profile.
    pub task: CompactString,
    /// Where.
    pub place: PlaceId,
    /// The unit whose worker does it.
    pub unit: UnitId,
    /// The worker; anybody of the unit, where nobody is named.
    #[serde(default)]
    pub person: Option<PersonId>,
    /// The request it is admitted by, for whoever must ask.
    #[serde(default)]
    pub admission: Option<OrderNo>,
    /// The person to be visited: name and door, in the vault.
    #[serde(default)]
    pub whom: Option<TextRef>,
    /// What is to be looked at.
    pub text: TextRef,
}

/// What a visit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitResult {
    /// Done, and nothing was wrong.
    Done,
    /// Done, and something was found: a report that names the visit says what.
    Found,
    /// 未遇: nobody was there. The visit is still owed.
    Nobody,
}

impl VisitResult {
    /// The word in events.
    pub fn as_str(self) -> &'static str {
        match self {
            VisitResult::Done => "done",
            VisitResult::Found => "found",
            VisitResult::Nobody => "nobody",
        }
    }
}

/// The visit on which something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Visited {
    /// The routine.
    pub case: CaseId,
    /// The visit.
    pub thread: ThreadNo,
}

/// A routine was given to a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// The template of the profile.
    pub task: CompactString,
    /// The unit whose worker does it.
    pub unit: UnitId,
    /// The worker.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub person: Option<PersonId>,
    /// The request that admits it, after any merging.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub admission: Option<OrderNo>,
    /// Minutes a week that it takes, by the cadence of every day as it was then.
    pub weekly: u32,
    /// The person to be visited, in the vault.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub whom: Option<TextRef>,
    /// What is to be looked at.
    pub text: TextRef,
}

/// What a case is as a routine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routine {
    /// The template of the profile.
    pub task: CompactString,
    /// The unit whose worker does it.
    pub unit: UnitId,
    /// The worker.
    pub person: Option<PersonId>,
    /// The request that admits it.
    pub admission: Option<OrderNo>,
    /// Minutes a week that it takes.
    pub weekly: u32,
    /// The person to be visited, in the vault.
    pub whom: Option<TextRef>,
    /// What is to be looked at.
    pub text: TextRef,
    /// Visits that were done, whatever was found.
    #[serde(default)]
    pub done: u32,
    /// Visits that were missed.
    #[serde(default)]
    pub missed: u32,
    /// When the last one was done.
    #[serde(default)]
    pub last_done: Option<Time>,
    /// What the visits took that are remembered no more.
    #[serde(default)]
    pub forgotten: Effort,
    /// What was found of late: the visit, and the case it became.
    #[serde(default)]
    pub finds: Vec<(ThreadNo, CaseId)>,
}

/// What a routine takes of an admission while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taking<'c> {
    /// The request.
    pub admission: OrderNo,
    /// The unit whose worker does it.
    pub unit: &'c UnitId,
    /// Minutes a week.
    pub weekly: u32,
}

/// What other routines take of an admission already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Taken {
    /// Routines that run under it.
    pub given: u32,
    /// Minutes a week of those that one unit does.
    pub minutes: u32,
}

impl Case {
    /// The routine that it is, while it runs.
    pub fn running(&self) -> Option<&Routine> {
        self.routine.as_deref().filter(|_| self.spine.is_open())
    }

    /// A visit of it.
    pub fn visit(&self, no: ThreadNo) -> Option<Thread> {
        self.thread(no).filter(|t| t.kind == ThreadKind::Visit).cloned()
    }

    /// What it takes of an admission: something while it runs, nothing once it has ended.
    pub fn taking(&self) -> Option<Taking<'_>> {
        let routine = self.running()?;
        Some(Taking { admission: routine.admission?, unit: &routine.unit, weekly: routine.weekly })
    }
}
