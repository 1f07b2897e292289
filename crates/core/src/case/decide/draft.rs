//! A decision in the making: events so far, and the case as they leave it.
//!
//! Every event is applied as soon as it is drafted, so the code that follows sees its effect and the case
//! handed back is the fold of the record by construction.

use super::{Decided, Desk, external, powers, rung};
use crate::case::apply::{apply, blank, seal};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::*;
use crate::case::thread::{Step, ThreadKind};
use crate::ids::*;
use crate::profile::{Fits, HolderRule, Opens, Procedure, Trigger};
use compact_str::CompactString;

pub(super) struct Draft<'a> {
    pub(super) case: Case,
    pub(super) record: Record,
    pub(super) desk: &'a Desk<'a>,
}

/// How a thread ends, for its clocks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Clocks {
    /// What they timed was done.
    Met,
    /// It no longer matters.
    Stopped,
}

impl<'a> Draft<'a> {
    pub(super) fn new(case: Option<&Case>, command: &Command, desk: &'a Desk<'a>) -> Draft<'a> {
        let effective_at = effective(case, command, desk);
        Draft {
            case: case.cloned().unwrap_or_else(|| blank(CaseId(desk.stream.0))),
            record: Record {
                schema: SCHEMA,
                stream: desk.stream,
                version: Version(case.map_or(0, |c| c.version.0) + 1),
                recorded_at: desk.now,
                effective_at,
                occurred: desk.occurred.cloned(),
                actor: desk.actor.clone(),
                command: command.name().into(),
                edition: desk.rules.edition,
                events: Vec::with_capacity(6),
            },
            desk,
        }
    }

    pub(super) fn emit(&mut self, event: Event) {
        apply(&mut self.case, &self.record, &event);
        self.record.events.push(event);
    }

    pub(super) fn done(mut self) -> Decided {
        seal(&mut self.case, &self.record);
        Decided { record: self.record, case: self.case }
    }

    /// The procedure of the case: the profile's, by the id that the case was given.
    pub(super) fn procedure(&self) -> Result<&'a Procedure, Refusal> {
        let id = self.case.facts.as_ref().map_or("", |f| f.procedure.as_str());
        self.desk.rules.profile.procedure(id).ok_or_else(|| {
            Refusal::new(
                "case.no-procedure",
                "the case follows no procedure of this profile",
                "a case taken in here",
            )
        })
    }

    pub(super) fn fits<T>(&self, read: impl FnOnce(&Fits<'_>) -> T) -> T {
        read(&Fits::of(&self.case).unwrap_or_default())
    }

    /// Opens whatever the procedure opens on `trigger`.
    pub(super) fn trigger(&mut self, trigger: Trigger) -> Result<usize, Refusal> {
        self.trigger_with(trigger, None)
    }

    /// The same, with the words the threads are about.
    pub(super) fn trigger_with(&mut self, trigger: Trigger, text: Option<TextRef>) -> Result<usize, Refusal> {
        self.trigger_among(trigger, text, |_| true)
    }

    /// The same, the threads being with units that `may_too`; a watch that would be with another is none.
    pub(super) fn trigger_among(
        &mut self,
        trigger: Trigger,
        text: Option<TextRef>,
        may_too: impl Fn(&UnitId) -> bool,
    ) -> Result<usize, Refusal> {
        if matches!(trigger, Trigger::Answered | Trigger::AnsweredDirect) && external::judged_above(self) {
            return Ok(0);
        }
        let opens: Vec<&Opens> = self.procedure()?.opens.iter().filter(|o| o.on == trigger).collect();
        let mut opened = 0;
        for rule in opens {
            if !self.fits(|facts| rule.when.fits(facts)) {
                continue;
            }
            opened += 1;
            if rule.thread == ThreadKind::Rung {
                rung::begin(self)?;
            } else {
                let holder = self.holder_among(rule.thread, &rule.holder, &may_too);
                let watches = holder.as_unit().is_some_and(&may_too) && !self.watched_by(&holder);
                if rule.thread != ThreadKind::Supervision || watches {
                    self.open(rule.thread, holder, None, text)?;
                }
            }
        }
        Ok(opened)
    }

    /// Somebody is found anew: as when the case was opened, or by the dispatch that a call left the ladder
    /// for.
    pub(super) fn find_anew(&mut self) -> Result<(), Refusal> {
        let was_dispatched = self.case.threads.iter().any(|t| t.kind == ThreadKind::Dispatch);
        let left = was_dispatched && self.opens(Trigger::BeyondLadder, ThreadKind::Dispatch)?;
        self.trigger(if left { Trigger::BeyondLadder } else { Trigger::Opened }).map(|_| ())
    }

    /// Whether the case as a whole is watched by the unit of `holder` already, by whomever there.
    fn watched_by(&self, holder: &Holder) -> bool {
        let same = |t: &Thread| t.holder.as_unit() == holder.as_unit();
        self.case.open_of(ThreadKind::Supervision).any(|t| t.under.is_none() && same(t))
    }

    /// Who a rule points at, among units that may take a thread of `kind`. Where there is none: the
    /// accountable unit, so that nothing is ever nobody's, or the city's first unit where that one may not;
    /// where a separation bars both, the accountable unit. Never the unit complained of or one below it.
    pub(super) fn holder(&self, kind: ThreadKind, rule: &HolderRule) -> Holder {
        self.holder_among(kind, rule, |_| true)
    }

    /// The same, among units that `may_too`.
    pub(super) fn holder_among(
        &self,
        kind: ThreadKind,
        rule: &HolderRule,
        may_too: impl Fn(&UnitId) -> bool,
    ) -> Holder {
        let (rules, now) = (self.desk.rules, self.desk.now);
        let fair = |unit: &UnitId| !self.accused(unit);
        let may =
            |unit: &UnitId| may_too(unit) && fair(unit) && !powers::barred(&self.case, unit, kind, rules);
        let unit = match rule {
            HolderRule::Caller => return Holder::Caller,
            HolderRule::Lead | HolderRule::Ladder => None,
            HolderRule::Role(role) => rules.unit_for(role, self.case.place(), now, may),
            HolderRule::Above(role) => rules.unit_above(role, self.case.place(), now, may),
            HolderRule::Owner => rules.owner(self.case.place(), self.case.matter(), now).filter(may),
        };
        let (lead, root) = (self.case.lead.clone(), rules.root_unit(now));
        unit.or_else(|| lead.clone().filter(may))
            .or_else(|| root.clone().filter(may))
            .or_else(|| lead.filter(fair))
            .or_else(|| root.filter(fair))
            .map_or(Holder::Caller, Holder::unit)
    }

    /// The person on duty in a unit now, where it keeps a roster and they still have a post there.
    pub(super) fn on_duty(&self, unit: &UnitId) -> Option<PersonId> {
        let found = self.desk.answers.duty.get(unit).cloned();
        found.filter(|p| self.desk.rules.works_in(p, unit, self.desk.now) && !self.serves_accused(p))
    }

    /// A unit's holder by name where somebody is on duty there now: what a missed clock brings about must
    /// find a person.
    pub(super) fn by_name(&self, holder: Holder) -> Holder {
        match holder {
            Holder::Unit { unit, person: None } => {
                let person = self.on_duty(&unit);
                Holder::Unit { unit, person }
            }
            other => other,
        }
    }

    /// Whether `unit` is the one complained of, or reports to it.
    pub(super) fn accused(&self, unit: &UnitId) -> bool {
        let about = self.case.facts.as_ref().and_then(|f| f.about.as_ref());
        about.is_some_and(|a| self.desk.rules.accused(unit, a))
    }

    /// Whether a person serves the unit complained of, or one that reports to it, through any post.
    pub(super) fn serves_accused(&self, person: &PersonId) -> bool {
        let (rules, day) = (self.desk.rules, self.desk.rules.day(self.desk.now));
        rules.city.people.of_person(person, day).any(|post| self.accused(&post.unit))
    }

    /// Whether the procedure would open a thread of `kind` on `trigger` for this case.
    pub(super) fn opens(&self, trigger: Trigger, kind: ThreadKind) -> Result<bool, Refusal> {
        let mut opens = self.procedure()?.opens.iter().filter(|o| o.on == trigger && o.thread == kind);
        Ok(opens.any(|rule| self.fits(|facts| rule.when.fits(facts))))
    }

    /// Whether whoever handles the case may know who called, and can reach them.
    pub(super) fn handler_may_call(&self) -> bool {
        let named = self.case.facts.as_ref().is_some_and(|f| f.identity == Identity::Named);
        named && self.case.reachable()
    }

    /// Opens a thread with the clock of its stage.
    pub(super) fn open(
        &mut self,
        kind: ThreadKind,
        holder: Holder,
        under: Option<ThreadNo>,
        text: Option<TextRef>,
    ) -> Result<ThreadNo, Refusal> {
        self.open_with(kind, holder, |t| {
            t.under = under;
            t.text = text;
        })
    }

    /// Opens a thread, `shape` filling in what its kind needs.
    pub(super) fn open_with(
        &mut self,
        kind: ThreadKind,
        holder: Holder,
        shape: impl FnOnce(&mut ThreadOpened),
    ) -> Result<ThreadNo, Refusal> {
        let thread = self.case.next_thread();
        let caller = self.caller();
        let round =
            self.case.threads.iter().filter(|t| t.kind == kind && t.kind == ThreadKind::Dispatch).count();
        let mut opened = ThreadOpened {
            thread,
            kind,
            caller,
            holder,
            under: None,
            round: u16::try_from(round).unwrap_or(u16::MAX),
            rank: None,
            label: None,
            part: None,
            text: None,
            other: None,
            clock: None,
            until: None,
            joint: None,
            units: Vec::new(),
        };
        shape(&mut opened);
        self.spare(&mut opened.holder);
        self.spare(&mut opened.caller);
        let hours = opened.holder.as_unit().and_then(|u| self.desk.rules.hours_of(u));
        // First contact is the lead unit's duty, and only where it may know who called.
        let contacts = opened.part != Some(Part::Co) && self.handler_may_call();
        self.emit(Event::ThreadOpened(Box::new(opened)));
        if self.case.routine.is_some() && self.procedure().is_err() {
            return Ok(thread);
        }
        for &stage in stages_of(kind).iter().filter(|s| contacts || **s != Stage::Contact) {
            self.start_clock(stage, Some(thread), hours.clone())?;
        }
        Ok(thread)
    }

    /// Nothing goes by name to somebody who serves the unit complained of, though they had it before or
    /// called for it: their unit has it then.
    fn spare(&self, party: &mut Holder) {
        let Holder::Unit { person, .. } = party else { return };
        if person.as_ref().is_some_and(|p| self.serves_accused(p)) {
            *person = None;
        }
    }

    /// Who calls for a thread opened now: the acting unit, or the person who called.
    fn caller(&self) -> Holder {
        match self.desk.actor {
            // Whoever reports their own line of command is not given away to it.
            Actor::Staff(staff) if !self.accused(&staff.unit) => Holder::unit(staff.unit.clone()),
            Actor::System(system) => Holder::System(system.clone()),
            Actor::Staff(_) | Actor::Caller | Actor::Clock => {
                self.case.lead.clone().map_or(Holder::Caller, Holder::unit)
            }
        }
    }

    /// Takes a step of a thread's machine.
    pub(super) fn step(&mut self, no: ThreadNo, step: Step, text: Option<TextRef>) -> Result<(), Refusal> {
        self.step_as(no, step, None, text)
    }

    /// The same, as a word says more exactly.
    pub(super) fn step_as(
        &mut self,
        no: ThreadNo,
        step: Step,
        label: Option<CompactString>,
        text: Option<TextRef>,
    ) -> Result<(), Refusal> {
        let thread = self.thread(no)?;
        if !thread.kind.after(thread.step).contains(&step) {
            let accepted: Vec<String> =
                thread.kind.after(thread.step).iter().map(|s| format!("{s:?}")).collect();
            let why = format!(
                "thread {no} ({:?}) stands on {:?} and cannot go to {step:?}",
                thread.kind, thread.step
            );
            return Err(Refusal::new("thread.step", why, accepted.join(", ")));
        }
        self.emit(Event::ThreadMoved { thread: no, step, label, text });
        Ok(())
    }

    /// Ends a thread and its clocks.
    pub(super) fn end(
        &mut self,
        no: ThreadNo,
        step: Step,
        text: Option<TextRef>,
        clocks: Clocks,
    ) -> Result<(), Refusal> {
        self.end_as(no, step, None, text, clocks)
    }

    /// The same, as a word says more exactly.
    pub(super) fn end_as(
        &mut self,
        no: ThreadNo,
        step: Step,
        label: Option<CompactString>,
        text: Option<TextRef>,
        clocks: Clocks,
    ) -> Result<(), Refusal> {
        self.step_as(no, step, label, text)?;
        self.end_clocks(|c| c.thread == Some(no), clocks);
        Ok(())
    }

    /// Withdraws every open thread that `chosen` names, with its clocks; nobody watches over it then.
    pub(super) fn withdraw(&mut self, chosen: impl Fn(&Thread) -> bool) -> Result<(), Refusal> {
        self.withdraw_all(&chosen)
    }

    fn withdraw_all(&mut self, chosen: &dyn Fn(&Thread) -> bool) -> Result<(), Refusal> {
        let all: Vec<ThreadNo> = self.case.open_threads().filter(|t| chosen(t)).map(|t| t.no).collect();
        for no in all {
            // It may have gone with another one.
            let Some(thread) = self.case.thread(no).filter(|t| t.is_open()) else { continue };
            let after = thread.kind.after(thread.step);
            let ends = [Step::Withdrawn, Step::Lapsed, Step::Resumed].into_iter().find(|s| after.contains(s));
            let Some(step) = ends else { continue };
            self.end(no, step, None, Clocks::Stopped)?;
            self.withdraw_all(&|t| t.kind == ThreadKind::Supervision && t.under == Some(no))?;
        }
        Ok(())
    }

    pub(super) fn thread(&self, no: ThreadNo) -> Result<&Thread, Refusal> {
        self.case.thread(no).ok_or_else(|| {
            Refusal::new("thread.unknown", format!("the case has no thread {no}"), self.open_list())
        })
    }

    /// The thread, when it is of `kind` and open.
    pub(super) fn open_thread(&self, no: ThreadNo, kind: ThreadKind) -> Result<&Thread, Refusal> {
        let thread = self.thread(no)?;
        if thread.kind != kind {
            let why = format!("thread {no} is {:?}, not {kind:?}", thread.kind);
            return Err(Refusal::new("thread.kind", why, self.open_list()));
        }
        if !thread.is_open() {
            let why = format!("thread {no} has ended on {:?}", thread.step);
            return Err(Refusal::new("thread.ended", why, self.open_list()));
        }
        Ok(thread)
    }

    fn open_list(&self) -> String {
        let open: Vec<String> =
            self.case.open_threads().map(|t| format!("{} {:?} on {:?}", t.no, t.kind, t.step)).collect();
        if open.is_empty() {
            "no thread is open".to_owned()
        } else {
            format!("open threads: {}", open.join("; "))
        }
    }

    /// The case must stand on one of `spines`.
    pub(super) fn on(&self, spines: &[Spine]) -> Result<(), Refusal> {
        if spines.contains(&self.case.spine) {
            return Ok(());
        }
        let wanted: Vec<&str> = spines.iter().map(|s| s.as_str()).collect();
        let why = format!("the case is {}", self.case.spine.as_str());
        Err(Refusal::new("spine.step", why, format!("a case that is {}", wanted.join(" or "))))
    }

    /// A word of the profile.
    pub(super) fn word(&self, list: &[crate::profile::Word], field: &str, word: &str) -> Result<(), Refusal> {
        if list.iter().any(|w| w.code == word) {
            return Ok(());
        }
        let accepted: Vec<&str> = list.iter().map(|w| w.code.as_str()).collect();
        let accepted = if accepted.is_empty() {
            format!("a profile with words of the list `{field}`")
        } else {
            accepted.join(", ")
        };
        Err(Refusal::new("word.unknown", format!("`{word}` is no {field} of this city"), accepted))
    }
}

/// An alarm counts at the time it was set for, not at the time somebody looked.
fn effective(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Option<crate::time::Time> {
    let Command::Fire { clock, edge, .. } = command else { return None };
    let clock = case?.clock(*clock)?;
    let at = if *edge == Edge::Due { clock.due } else { clock.near? };
    (at < desk.now).then_some(at)
}

/// The stages that start with a thread.
fn stages_of(kind: ThreadKind) -> &'static [Stage] {
    match kind {
        ThreadKind::Verify => &[Stage::Verify],
        ThreadKind::Dispatch => &[Stage::Dispatch],
        ThreadKind::Handling => &[Stage::Sign, Stage::Contact, Stage::Handle],
        ThreadKind::Return => &[Stage::Return],
        ThreadKind::Extension => &[Stage::Extension],
        ThreadKind::Suspension => &[Stage::Suspension],
        ThreadKind::Approval => &[Stage::Approval],
        ThreadKind::Check => &[Stage::Check],
        ThreadKind::Callback => &[Stage::Callback],
        ThreadKind::Rating => &[Stage::Rating],
        ThreadKind::Correction => &[Stage::Rule],
        ThreadKind::Supervision => &[Stage::Resolve],
        ThreadKind::Register => &[Stage::Register],
        _ => &[],
    }
}
