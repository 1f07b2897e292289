//! Clocks of a case: starting, meeting, pausing, resetting, and what follows when one reaches an edge.
//!
//! How long a limit lasts is `clock/`; here it is only said which clock runs when. A clock keeps the limit
//! as it was written when it started, so that a later profile never changes what was promised.

use super::draft::{Clocks, Draft};
use super::{external, hang, proposal, routine, rung, supervise, urge, verdict, whistle};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::*;
use crate::case::thread::{Step, ThreadKind};
use crate::clock::{Deadline, Limit, Remaining};
use crate::ids::*;
use crate::profile::{HolderRule, Trigger};
use crate::time::Time;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Fire { clock, generation, edge } => fire(draft, *clock, *generation, *edge),
        Command::ResetClocks {} => reset_all(draft),
        _ => Ok(()),
    }
}

fn fire(draft: &mut Draft<'_>, no: ClockNo, generation: u16, edge: Edge) -> Result<(), Refusal> {
    let stale = |why: &str| Err(Refusal::new("clock.stale", why, "the clock as it stands"));
    let Some(clock) = draft.case.clock(no) else { return stale("there is no such clock") };
    let at = if edge == Edge::Due { Some(clock.due) } else { clock.near };
    let done = clock.missed_at.is_some() || (edge == Edge::Near && clock.near_fired);
    let Some(at) = at.filter(|_| clock.runs() && clock.generation == generation && !done) else {
        return stale("the clock has moved on");
    };
    if at > draft.desk.now {
        return stale("the clock has not got there");
    }
    let (stage, thread) = (clock.stage, clock.thread);
    draft.emit(Event::ClockFired { clock: no, edge, at });
    match (edge, stage, thread) {
        (Edge::Due, Stage::Rating, Some(rating)) => draft.end(rating, Step::Lapsed, None, Clocks::Stopped),
        (Edge::Due, Stage::Reexamine, Some(rests)) if draft.thread(rests)?.kind == ThreadKind::Visit => {
            routine::wake(draft, rests)
        }
        (Edge::Due, Stage::Reexamine, Some(hung)) => hang::resume(draft, hung, None),
        (Edge::Due, Stage::Notice, Some(thread)) => urge::notice(draft, thread),
        (Edge::Due, _, Some(thread)) => {
            missed(draft, stage, thread)?;
            urge::missed(draft, thread)
        }
        (Edge::Near, _, Some(thread)) => urge::near(draft, stage, thread),
        (Edge::Due, Stage::Promise, None) => draft.trigger(Trigger::PromiseMissed).map(|_| ()),
        _ => Ok(()),
    }
}

/// What a missed clock of the ladder or of a whistle brings about by itself.
fn missed(draft: &mut Draft<'_>, stage: Stage, no: ThreadNo) -> Result<(), Refusal> {
    match (draft.thread(no)?.kind, stage) {
        (ThreadKind::Rung, Stage::Check) => rung::silent(draft, no),
        (ThreadKind::Rung, _) => rung::missed(draft, no),
        (ThreadKind::Visit, _) => routine::missed(draft, no),
        // A department, the convener that does not sign off, and who does not rule: each takes the whistle
        // a step further.
        (ThreadKind::Summons | ThreadKind::Whistle | ThreadKind::Ruling, _) => {
            whistle::missed(draft, no).map(|_| ())
        }
        (ThreadKind::Proposal, _) => proposal::missed(draft, no),
        (ThreadKind::Supervision, _) => supervise::missed(draft, no),
        (ThreadKind::Milestone, _) => {
            draft.step(no, Step::Missed, None)?;
            if whistle::missed(draft, no)? {
                return Ok(());
            }
            draft.trigger(Trigger::MilestoneMissed).map(|_| ())
        }
        _ => Ok(()),
    }
}

/// 历法更新: whatever still runs gets the due time that today's calendar gives it.
fn reset_all(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    routine::look_again(draft)?;
    let open: Vec<Clock> = draft
        .case
        .clocks
        .iter()
        .filter(|c| c.runs() && c.missed_at.is_none() && c.base != Base::Given)
        .cloned()
        .collect();
    for clock in open {
        let limit = draft.limit_of(&clock)?;
        let deadline = match &clock.base {
            Base::Resumed { at, left } => draft.resumed(&limit, left, *at, clock.hours.as_ref())?,
            _ => draft.deadline(&limit, clock.start, clock.hours.as_ref())?,
        };
        let deadline = not_past(draft.desk.now, &clock, deadline);
        if (deadline.due, deadline.near, deadline.provisional) != (clock.due, clock.near, clock.provisional) {
            draft.emit(Event::ClockReset {
                clock: clock.no,
                due: deadline.due,
                near: deadline.near,
                provisional: deadline.provisional,
                why: ResetWhy::Calendar,
                limit: None,
            });
        }
    }
    if draft.record.events.is_empty() {
        return Err(Refusal::new(
            "calendar.same",
            "no due time of the case changes",
            "a case with a changed due time",
        ));
    }
    Ok(())
}

fn out_of_range(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(
        "clock.out-of-range",
        error.to_string(),
        "a calendar whose hours the limit can be counted in",
    )
}

/// A new due time never lies in the past: nobody can keep what was not asked of them then.
fn not_past(now: Time, clock: &Clock, deadline: Deadline) -> Deadline {
    Deadline { due: deadline.due.max(now.min(clock.due)), ..deadline }
}

/// A near rule that asks for more than the limit has makes the clock near at once, not before it began.
fn near_from(start: Time, deadline: Deadline) -> Deadline {
    Deadline { near: deadline.near.map(|n| n.max(start).min(deadline.due)), ..deadline }
}

impl Draft<'_> {
    /// The limit of a stage: the first rule of the procedure that fits and says one.
    pub(super) fn limit(&self, stage: Stage) -> Result<Option<Limit>, Refusal> {
        let rules = self.desk.rules;
        let written = self.case.facts.as_ref().and_then(|facts| rules.catalogue_limit(facts, stage));
        let found = self.procedure()?.limits.iter().filter(|r| r.stage == stage).find_map(|rule| {
            if !self.fits(|facts| rule.when.fits(facts)) {
                return None;
            }
            rule.limit.clone().or_else(|| written.clone())
        });
        Ok(found.map(|limit| rules.with_near(limit)))
    }

    pub(super) fn deadline(
        &self,
        limit: &Limit,
        start: Time,
        hours: Option<&HoursId>,
    ) -> Result<Deadline, Refusal> {
        let deadline =
            limit.deadline(start, hours, &self.desk.rules.calendar).map_err(|e| out_of_range(&e))?;
        Ok(near_from(start, deadline))
    }

    fn resumed(
        &self,
        limit: &Limit,
        left: &Remaining,
        at: Time,
        hours: Option<&HoursId>,
    ) -> Result<Deadline, Refusal> {
        let deadline =
            limit.resume(left, at, hours, &self.desk.rules.calendar).map_err(|e| out_of_range(&e))?;
        Ok(near_from(at, deadline))
    }

    fn limit_of(&self, clock: &Clock) -> Result<Limit, Refusal> {
        clock.limit.clone().ok_or_else(|| out_of_range(&"the clock's due time was given and is not counted"))
    }

    /// When what is timed from now on begins: when the record counts, whatever time is claimed. What a
    /// clock has brought about begins when it could be told, which after an outage is later than its due.
    fn begins(&self) -> Time {
        if *self.desk.actor == Actor::Clock { self.desk.now } else { self.record.effective() }
    }

    /// Starts the clock of a stage, when the procedure limits it.
    pub(super) fn start_clock(
        &mut self,
        stage: Stage,
        thread: Option<ThreadNo>,
        hours: Option<HoursId>,
    ) -> Result<(), Refusal> {
        let Some(limit) = self.limit(stage)? else { return Ok(()) };
        let start = self.begins();
        let deadline = self.deadline(&limit, start, hours.as_ref())?;
        let clock = if stage == Stage::Promise { ClockNo(1) } else { self.case.next_clock() };
        self.emit(Event::ClockStarted(Box::new(ClockStarted {
            clock,
            stage,
            thread,
            limit: Some(limit),
            start,
            due: deadline.due,
            near: deadline.near,
            provisional: deadline.provisional,
            hours,
            unscored: false,
        })));
        Ok(())
    }

    /// Starts a clock whose limit another part of the profile gives, in the hours of whoever must act next.
    pub(super) fn start_limited(
        &mut self,
        stage: Stage,
        no: ThreadNo,
        limit: &Limit,
        scored: bool,
    ) -> Result<(), Refusal> {
        let party = self.case.awaited(self.thread(no)?);
        let hours = party.as_unit().and_then(|u| self.desk.rules.hours_of(u));
        let limit = self.desk.rules.with_near(limit.clone());
        let start = self.begins();
        let deadline = self.deadline(&limit, start, hours.as_ref())?;
        let clock = self.case.next_clock();
        self.emit(Event::ClockStarted(Box::new(ClockStarted {
            clock,
            stage,
            thread: Some(no),
            limit: Some(limit),
            start,
            due: deadline.due,
            near: deadline.near,
            provisional: deadline.provisional,
            hours,
            unscored: !scored,
        })));
        Ok(())
    }

    pub(super) fn start_promise(&mut self) -> Result<(), Refusal> {
        self.start_clock(Stage::Promise, None, None)
    }

    /// The promise of a governed case is what the system above says.
    pub(super) fn start_given_promise(&mut self, due: Time) {
        self.start_given(ClockNo(1), Stage::Promise, None, due);
    }

    /// A clock whose due time was set by hand.
    pub(super) fn start_fixed(&mut self, stage: Stage, thread: ThreadNo, due: Time) {
        self.start_given(self.case.next_clock(), stage, Some(thread), due);
    }

    fn start_given(&mut self, clock: ClockNo, stage: Stage, thread: Option<ThreadNo>, due: Time) {
        let start = self.begins();
        self.emit(Event::ClockStarted(Box::new(ClockStarted {
            clock,
            stage,
            thread,
            limit: None,
            start,
            due,
            near: None,
            provisional: false,
            hours: None,
            unscored: false,
        })));
    }

    /// A case taken up again is promised anew; the first promise stays as it was kept or missed.
    pub(super) fn restart_promise(&mut self) -> Result<(), Refusal> {
        let Some(limit) = self.limit(Stage::Promise)? else { return Ok(()) };
        let start = self.begins();
        let deadline = self.deadline(&limit, start, None)?;
        let clock = self.case.next_clock();
        self.emit(Event::ClockStarted(Box::new(ClockStarted {
            clock,
            stage: Stage::Promise,
            thread: None,
            limit: Some(limit),
            start,
            due: deadline.due,
            near: deadline.near,
            provisional: deadline.provisional,
            hours: None,
            unscored: false,
        })));
        Ok(())
    }

    /// A case classed anew is promised what its class is promised, and handled within what its class allows,
    /// from the same start.
    pub(super) fn reset_classed(&mut self) -> Result<(), Refusal> {
        let classed = |c: &&Clock| matches!(c.stage, Stage::Promise | Stage::Handle);
        let running = |c: &&Clock| c.runs() && c.base == Base::Start && c.limit.is_some();
        let clocks: Vec<Clock> = self.case.clocks.iter().filter(classed).filter(running).cloned().collect();
        clocks.iter().try_for_each(|clock| self.reset_one(clock))
    }

    fn reset_one(&mut self, clock: &Clock) -> Result<(), Refusal> {
        let Some(limit) = self.limit(clock.stage)? else { return Ok(()) };
        if clock.limit.as_ref() == Some(&limit) {
            return Ok(());
        }
        let deadline = self.deadline(&limit, clock.start, clock.hours.as_ref())?;
        let deadline = not_past(self.desk.now, clock, deadline);
        self.emit(Event::ClockReset {
            clock: clock.no,
            due: deadline.due,
            near: deadline.near,
            provisional: deadline.provisional,
            why: ResetWhy::Reclassified,
            limit: Some(limit),
        });
        Ok(())
    }

    /// More time for one handling thread, and for the promise where the procedure says that the caller is
    /// told.
    pub(super) fn extend(&mut self, handling: ThreadNo, until: Time) -> Result<(), Refusal> {
        let given = external::given_due(&self.case);
        let with_promise = self.procedure()?.extension_moves_promise
            && self.thread(handling)?.part == Some(Part::Lead)
            && given.is_none();
        // Nobody here gives more time than the system above has given.
        let until = given.map_or(until, |due| until.min(due));
        let moved: Vec<Clock> = self
            .case
            .clocks
            .iter()
            .filter(|c| matches!(c.ticking, Ticking::Running) && c.due < until)
            .filter(|c| {
                (c.stage == Stage::Handle && c.thread == Some(handling))
                    || (with_promise && c.stage == Stage::Promise)
            })
            .cloned()
            .collect();
        for clock in moved {
            let near = clock.near.map(|n| until.plus(-clock.due.since(n)));
            let (no, why) = (clock.no, ResetWhy::Extension);
            self.emit(Event::ClockReset {
                clock: no,
                due: until,
                near,
                provisional: false,
                why,
                limit: None,
            });
        }
        Ok(())
    }

    /// Refuses a dated step farther off than the procedure lets anybody plan.
    pub(super) fn not_too_far(&self, until: Time) -> Result<(), Refusal> {
        let Some(longest) = &self.procedure()?.plan_longest else { return Ok(()) };
        let last = self.deadline(longest, self.desk.now, None)?.due;
        if until <= last {
            return Ok(());
        }
        let why = format!("{until} is farther off than may be planned ahead, {last}");
        Err(Refusal::new("plan.far", why, format!("a date until {last}, and a later plan after it")))
    }

    /// Ends the counting clocks that `chosen` names.
    pub(super) fn end_clocks(&mut self, chosen: impl Fn(&Clock) -> bool, clocks: Clocks) {
        let at = self.record.effective();
        let all: Vec<ClockNo> = self
            .case
            .clocks
            .iter()
            .filter(|c| matches!(c.ticking, Ticking::Running | Ticking::Paused { .. }) && chosen(c))
            .map(|c| c.no)
            .collect();
        for clock in all {
            self.emit(match clocks {
                Clocks::Met => Event::ClockMet { clock, at },
                Clocks::Stopped => Event::ClockStopped { clock },
            });
        }
    }

    /// What one clock of a thread timed is done.
    pub(super) fn meet(&mut self, thread: ThreadNo, stage: Stage) {
        self.end_clocks(|c| c.thread == Some(thread) && c.stage == stage, Clocks::Met);
    }

    /// A late claim undoes nothing: it asks the evaluator whether the missed clock was kept after all.
    pub(super) fn prove_late(&mut self, thread: ThreadNo, stage: Stage) -> Result<(), Refusal> {
        let Some(claim) = self.desk.occurred else { return Ok(()) };
        let missed = self.case.clocks.iter().find(|c| {
            let within = c.start <= claim.at && claim.at <= c.due;
            let scored = c.missed_at.is_some() && !c.unscored;
            c.thread == Some(thread) && c.stage == stage && scored && within
        });
        let pending = |no: &ClockNo| self.case.open_of(ThreadKind::Correction).any(|t| t.clock == Some(*no));
        match missed.map(|c| c.no).filter(|no| !pending(no)) {
            Some(clock) => self.open_correction(clock, claim.evidence),
            None => Ok(()),
        }
    }

    /// Opens what a handler asks of somebody: a return, more time, a lawful wait. One of a kind at a time.
    pub(super) fn ask(
        &mut self,
        handling: ThreadNo,
        kind: ThreadKind,
        of: &HolderRule,
        text: TextRef,
        until: Option<Time>,
    ) -> Result<(), Refusal> {
        let of_rung = kind == ThreadKind::Suspension && self.thread(handling)?.kind == ThreadKind::Rung;
        let asking =
            self.open_thread(handling, if of_rung { ThreadKind::Rung } else { ThreadKind::Handling })?;
        if of_rung && asking.step == Step::Done {
            return Err(Refusal::new("rung.done", "it is done already", "`confirm` by who called for it"));
        }
        if let Some(open) = self.case.open_of(kind).find(|t| t.under == Some(handling)) {
            let why = format!("thread {} already asks for it", open.no);
            return Err(Refusal::new("thread.pending", why, "its decision"));
        }
        let holder = self.holder(kind, of);
        self.open_with(kind, holder, |t| {
            t.under = Some(handling);
            t.text = Some(text);
            t.until = until;
        })?;
        Ok(())
    }

    /// What follows from the new state, whatever the command was.
    pub(super) fn settle(&mut self) -> Result<(), Refusal> {
        // What follows from a routine's new state is said where it is decided.
        if self.case.facts.is_none() || self.case.routine.is_some() {
            return Ok(());
        }
        rung::settle(self);
        external::settle(self)?;
        if self.all_handled() {
            self.trigger(Trigger::Handled)?;
        }
        verdict::silence(self)?;
        // The silence of a caller may have confirmed a rung: another one answers for the case then.
        rung::settle(self);
        urge::settle(self);
        self.settle_pauses()?;
        verdict::close_by_rule(self)
    }

    /// Whether this record ended the last open part of an order whose lead unit is done.
    fn all_handled(&self) -> bool {
        let ended = self.record.events.iter().any(|e| {
            matches!(e, Event::ThreadMoved { thread, .. }
                if self.case.thread(*thread).is_some_and(|t| t.kind == ThreadKind::Handling && !t.is_open()))
        });
        ended
            && self.case.spine == Spine::Open
            && self.case.open_of(ThreadKind::Handling).next().is_none()
            && self.case.last_order().is_some_and(|t| t.step == Step::Done)
    }

    /// Pauses what should stand still and lets the rest run.
    fn settle_pauses(&mut self) -> Result<(), Refusal> {
        let at = self.record.effective();
        for clock in self.case.clocks.clone() {
            let still = self.stands_still(&clock)?;
            match (&clock.ticking, still) {
                (Ticking::Running, true)
                    if clock.missed_at.is_none() && clock.limit.is_some() && at <= clock.due =>
                {
                    let limit = self.limit_of(&clock)?;
                    let calendar = &self.desk.rules.calendar;
                    let deadline =
                        Deadline { due: clock.due, near: clock.near, provisional: clock.provisional };
                    let left = limit.remaining(&deadline, at, clock.hours.as_ref(), calendar);
                    let left = left.map_err(|e| out_of_range(&e))?;
                    self.emit(Event::ClockPaused { clock: clock.no, at, left });
                }
                (Ticking::Paused { left, .. }, false) => {
                    let limit = self.limit_of(&clock)?;
                    let deadline = self.resumed(&limit, left, at, clock.hours.as_ref())?;
                    self.emit(Event::ClockResumed {
                        clock: clock.no,
                        at,
                        due: deadline.due,
                        near: deadline.near,
                        provisional: deadline.provisional || clock.provisional,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a dated step is still to come, of a plan of which none was missed: what is late buys no time.
    fn on_plan(&self, step: &Thread) -> bool {
        let late = |t: &Thread| t.under == step.under && t.step == Step::Missed;
        step.step == Step::Waiting && !self.case.open_of(ThreadKind::Milestone).any(late)
    }

    fn stands_still(&self, clock: &Clock) -> Result<bool, Refusal> {
        let pauses = &self.procedure()?.pauses;
        Ok(self.case.open_threads().any(|t| {
            let hangs = match t.kind {
                ThreadKind::Suspension => t.step == Step::Hung,
                ThreadKind::Milestone => self.on_plan(t),
                _ => true,
            };
            let of_lead = || {
                t.under
                    .and_then(|u| self.case.thread(u))
                    .is_none_or(|u| u.part == Some(Part::Lead) || u.kind == ThreadKind::Rung)
            };
            // What the case as a whole waits for: our answer, then the caller's word on it.
            let of = clock.thread.and_then(|no| self.case.thread(no)).map(|t| t.kind);
            let whole = clock.stage == Stage::Promise
                || matches!(of, Some(ThreadKind::Callback | ThreadKind::Rating));
            let concerned = clock.thread.is_some_and(|no| self.case.grew_from(t, no)) || (whole && of_lead());
            hangs && concerned && pauses.iter().any(|p| p.during == t.kind && p.stops.contains(&clock.stage))
        }))
    }
}
