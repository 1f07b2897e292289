//! Standing orders of a city: who is on duty 值班, which mode holds where 平急转换, which routine tasks are
//! admitted 准入.
//!
//! An [`Order`] is asked for; [`accept`] makes a [`StandingChange`] of it or refuses. Changes are facts of
//! the city's own stream and fold into a [`Standing`]; folding asks nothing. **The shape of
//! [`StandingChange`] is permanent.** Each kind of order has a file: `duty.rs`, `mode.rs`, `admission.rs`.

mod admission;
mod duty;
mod mode;

pub use admission::{Asked, Decision, Stand, TaskRequest};
pub(crate) use duty::keeps;
pub use duty::{Gap, HandedOver, OnDuty, Posted, Sitting};
pub use mode::Declared;

use crate::case::event::{Staff, TextRef};
use crate::case::refusal::Refusal;
use crate::duty::{DutyRoster, Handover, Swap};
use crate::ids::{PlaceId, UnitId};
use crate::rules::Rules;
use crate::time::Time;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of an order for ever: the version of the record of the city's stream that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderNo(pub u64);

impl fmt::Display for OrderNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What somebody orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// 排班: a seat of a unit has this roster from its first shift on, or from now.
    SetDuty {
        /// The roster.
        roster: Box<DutyRoster>,
    },
    /// A unit keeps a seat no more.
    EndDuty {
        /// The unit.
        unit: UnitId,
        /// The seat.
        seat: CompactString,
    },
    /// 替班: somebody stands in.
    SwapDuty {
        /// The unit.
        unit: UnitId,
        /// The seat.
        seat: CompactString,
        /// Who, and for how long.
        swap: Swap,
    },
    /// 交接班: whoever goes or comes signs what is handed on.
    HandOver {
        /// The unit.
        unit: UnitId,
        /// The seat.
        seat: CompactString,
        /// Open matters, by public number.
        #[serde(default)]
        open: Vec<CompactString>,
        /// The note.
        text: TextRef,
    },
    /// 平急转换: an area is in a mode for a time.
    DeclareMode {
        /// The mode.
        mode: CompactString,
        /// The area.
        place: PlaceId,
        /// From then on; from now where it is not said.
        #[serde(default)]
        from: Option<Time>,
        /// Up to then.
        to: Time,
        /// The ground.
        text: TextRef,
    },
    /// A declared mode ends before its time.
    EndMode {
        /// Which declaration.
        no: OrderNo,
        /// Why.
        text: TextRef,
    },
    /// 准入申请: a department wants grid workers to do something regularly.
    AskTask {
        /// What.
        request: Box<TaskRequest>,
        /// What for.
        text: TextRef,
    },
    /// 准入审核: admitted, rejected, or one with another.
    ReviewTask {
        /// Which request.
        no: OrderNo,
        /// What is decided.
        decision: Decision,
        /// On what ground.
        text: TextRef,
    },
    /// An admitted task ends.
    EndTask {
        /// Which request.
        no: OrderNo,
        /// Why.
        text: TextRef,
    },
}

impl Order {
    /// Its name, as the record of the city's stream holds it.
    pub fn name(&self) -> &'static str {
        match self {
            Order::SetDuty { .. } => "set_duty",
            Order::EndDuty { .. } => "end_duty",
            Order::SwapDuty { .. } => "swap_duty",
            Order::HandOver { .. } => "hand_over",
            Order::DeclareMode { .. } => "declare_mode",
            Order::EndMode { .. } => "end_mode",
            Order::AskTask { .. } => "ask_task",
            Order::ReviewTask { .. } => "review_task",
            Order::EndTask { .. } => "end_task",
        }
    }

    /// The words of the order, which are sealed before it is decided.
    pub fn text_mut(&mut self) -> Option<&mut TextRef> {
        match self {
            Order::SetDuty { .. } | Order::EndDuty { .. } | Order::SwapDuty { .. } => None,
            Order::HandOver { text, .. }
            | Order::DeclareMode { text, .. }
            | Order::EndMode { text, .. }
            | Order::AskTask { text, .. }
            | Order::ReviewTask { text, .. }
            | Order::EndTask { text, .. } => Some(text),
        }
    }
}

/// One change of the standing orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandingChange {
    /// A seat has a roster.
    DutySet {
        /// The roster.
        roster: Box<DutyRoster>,
        /// From then on.
        from: Time,
    },
    /// A seat is kept no more.
    DutyEnded {
        /// The unit.
        unit: UnitId,
        /// The seat.
        seat: CompactString,
        /// From then on.
        at: Time,
    },
    /// Somebody stands in.
    DutySwapped {
        /// The unit.
        unit: UnitId,
        /// The seat.
        seat: CompactString,
        /// Who, and for how long.
        swap: Swap,
    },
    /// A turn was handed over.
    DutyHandedOver {
        /// The unit.
        unit: UnitId,
        /// The seat.
        seat: CompactString,
        /// Between whom, and what.
        handover: Box<Handover>,
    },
    /// An area is in a mode.
    ModeDeclared(Box<Declared>),
    /// A declared mode ended before its time.
    ModeEnded {
        /// Which declaration.
        no: OrderNo,
        /// When.
        at: Time,
        /// Why.
        text: TextRef,
    },
    /// A department asks for the admission of a task.
    TaskAsked(Box<Asked>),
    /// It was decided on.
    TaskReviewed {
        /// Which request.
        no: OrderNo,
        /// What was decided.
        decision: Decision,
        /// On what ground.
        text: TextRef,
    },
    /// An admitted task ended.
    TaskEnded {
        /// Which request.
        no: OrderNo,
        /// When.
        at: Time,
        /// Why.
        text: TextRef,
    },
}

impl StandingChange {
    /// Whether a city folder says it too, so that loading one replaces it: a roster of duty.
    pub fn is_of_folder(&self) -> bool {
        use StandingChange::*;
        matches!(self, DutySet { .. } | DutyEnded { .. } | DutySwapped { .. })
    }
}

/// The standing orders as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Standing {
    /// Rosters of duty, past ones too.
    pub duty: Vec<Posted>,
    /// Handovers that were signed, the oldest first.
    pub handovers: Vec<HandedOver>,
    /// Declared modes, past ones too, in the order of their declaration.
    pub modes: Vec<Declared>,
    /// Requests for admission, in the order they were made.
    pub tasks: Vec<Asked>,
}

impl Standing {
    /// The orders after a change. What does not fit is passed over: it was asked about when it was given.
    pub fn take(&mut self, change: &StandingChange) {
        match change {
            StandingChange::DutySet { roster, from } => self.post(roster, *from),
            StandingChange::DutyEnded { unit, seat, at } => self.unpost(unit, seat, *at),
            StandingChange::DutySwapped { unit, seat, swap } => self.swap(unit, seat, swap),
            StandingChange::DutyHandedOver { unit, seat, handover } => self.handovers.push(HandedOver {
                unit: unit.clone(),
                seat: seat.clone(),
                handover: (**handover).clone(),
            }),
            StandingChange::ModeDeclared(declared) => self.modes.push((**declared).clone()),
            StandingChange::ModeEnded { no, at, .. } => self.end_mode(*no, *at),
            StandingChange::TaskAsked(asked) => self.tasks.push((**asked).clone()),
            StandingChange::TaskReviewed { no, decision, .. } => self.review(*no, decision),
            StandingChange::TaskEnded { no, at, .. } => self.end_task(*no, *at),
        }
    }

    /// The orders after changes.
    pub fn after<'a>(mut self, changes: impl IntoIterator<Item = &'a StandingChange>) -> Standing {
        changes.into_iter().for_each(|change| self.take(change));
        self
    }
}

/// The change that an order makes, numbered `no`; without somebody the operator of the machine gives it.
///
/// # Errors
/// A refusal with rule and legal basis.
pub fn accept(
    rules: &Rules,
    order: &Order,
    no: OrderNo,
    by: Option<&Staff>,
    now: Time,
) -> Result<StandingChange, Refusal> {
    let giver = Giver { rules, by, now };
    let change = match order {
        Order::SetDuty { roster } => giver.set_duty(roster),
        Order::EndDuty { unit, seat } => giver.end_duty(unit, seat),
        Order::SwapDuty { unit, seat, swap } => giver.swap_duty(unit, seat, swap),
        Order::HandOver { unit, seat, open, text } => giver.hand_over(unit, seat, open, *text),
        Order::DeclareMode { mode, place, from, to, text } => {
            giver.declare_mode(no, mode, place, from.unwrap_or(now), *to, *text)
        }
        Order::EndMode { no, text } => giver.end_mode(*no, *text),
        Order::AskTask { request, text } => giver.ask_task(no, request, *text),
        Order::ReviewTask { no, decision, text } => giver.review_task(*no, decision, *text),
        Order::EndTask { no, text } => giver.end_task(*no, *text),
    };
    change.map_err(|refusal| Refusal { basis: rules.basis(refusal.rule), ..refusal })
}

/// Who gives an order, and when.
struct Giver<'a> {
    rules: &'a Rules,
    by: Option<&'a Staff>,
    now: Time,
}

impl<'a> Giver<'a> {
    fn standing(&self) -> &'a Standing {
        &self.rules.standing
    }

    /// The person who gives it, who must still hold their post; some orders are nobody else's.
    fn somebody(&self) -> Result<&'a Staff, Refusal> {
        let Some(staff) = self.by else {
            return Err(Refusal::new("powers.person", "nobody signs for it", "a person with a post"));
        };
        if self.rules.holds_post(staff, self.now) {
            return Ok(staff);
        }
        let why = format!("{} does not hold the post `{}` now", staff.person, staff.post);
        Err(Refusal::new("powers.post", why, "a post that is held today"))
    }

    /// Refuses a giver whose role lacks a power. The operator of the machine has every power.
    fn may(&self, power: &str) -> Result<(), Refusal> {
        if self.by.is_none() {
            return Ok(());
        }
        let staff = self.somebody()?;
        let role = self.rules.profile.roles.get(staff.role.as_str());
        if role.is_some_and(|r| r.may.iter().any(|m| m == power)) {
            return Ok(());
        }
        let why = format!("a {} does not give this order", staff.role);
        Err(Refusal::new("powers.role", why, format!("a role whose `may` lists `{power}`")))
    }

    /// Refuses a giver whose territory does not cover a place.
    fn reaches(&self, place: &PlaceId) -> Result<(), Refusal> {
        match self.by {
            Some(staff) if !self.rules.covers(staff, Some(place), self.now) => {
                let why = format!("`{place}` lies outside the territory of `{}`", staff.post);
                Err(Refusal::new("powers.territory", why, "a post of the same or a wider territory"))
            }
            _ => Ok(()),
        }
    }
}
