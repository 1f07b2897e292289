//! Notices 告知: who must be told what by a record. Derived from its events, so that each promised notice
//! exists exactly once; how and when it is delivered is the engine's business.
//!
//! A notice names units, people by id, threads and clocks; never words, never who called. Its id is stable:
//! the same record gives the same notices whenever it is read. Next: `event.rs` for what the steps mean.

use super::event::*;
use super::state::{Case, Thread};
use super::thread::{Step, ThreadKind};
use crate::ids::*;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// The name of a notice for ever: the record, and the place among its notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NoticeId {
    /// The stream of the record.
    pub stream: StreamId,
    /// Its version.
    pub version: Version,
    /// The place among the record's notices, from 0.
    pub index: u16,
}

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// 待办: a thread waits for its holder.
    Assigned,
    /// 吹哨: a department is summoned.
    Summons,
    /// 上呼/督办: a call has climbed, or somebody above watches.
    Escalation,
    /// 催办: what one has is urged.
    Urged,
    /// 通报: what one has stayed overdue.
    PutOnNotice,
    /// 临期
    NearDue,
    /// 超期
    Overdue,
    /// 移交: a thread or the whole case is somebody else's now.
    HandedOver,
    /// 撤回: what somebody had was taken away.
    Withdrawn,
    /// 待确认: what one called for is said to be done.
    ToConfirm,
    /// 已确认
    Confirmed,
    /// 退回: not taken, or not solved.
    SentBack,
    /// 批复/裁定: what one asked for was decided.
    Decided,
    /// 答复: the caller has an answer.
    Answered,
    /// 评判: the caller's word is known.
    Verdict,
    /// 结案、作废
    Ended,
    /// 报送: our word that is owed to a system above.
    Owed,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// A unit: whoever is on duty there.
    Unit(UnitId),
    /// One person of a unit.
    Person {
        /// The unit they stand for.
        unit: UnitId,
        /// The person.
        person: PersonId,
    },
    /// The person who called; only while they can be reached.
    Caller,
    /// Another system.
    System(SystemId),
}

/// One thing that one recipient must be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its name for ever.
    pub id: NoticeId,
    /// What is told.
    pub kind: NoticeKind,
    /// To whom.
    pub to: Recipient,
    /// The thread it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thread: Option<ThreadNo>,
    /// The clock it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock: Option<ClockNo>,
    /// By when something is asked of the recipient, where a clock says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due: Option<Time>,
}

/// The notices of `record`, which made `before` into `after`. The same thing is told nobody twice.
pub fn notices(record: &Record, before: Option<&Case>, after: &Case) -> Vec<Notice> {
    let mut telling = Telling { record, before, after, all: Vec::new() };
    for event in &record.events {
        telling.of(event);
    }
    telling.all
}

struct Telling<'a> {
    record: &'a Record,
    before: Option<&'a Case>,
    after: &'a Case,
    all: Vec<Notice>,
}

fn recipient(holder: &Holder) -> Recipient {
    match holder {
        Holder::Unit { unit, person: Some(person) } => {
            Recipient::Person { unit: unit.clone(), person: person.clone() }
        }
        Holder::Unit { unit, person: None } => Recipient::Unit(unit.clone()),
        Holder::Caller => Recipient::Caller,
        Holder::System(system) => Recipient::System(system.clone()),
    }
}

impl<'a> Telling<'a> {
    fn of(&mut self, event: &Event) {
        match event {
            Event::ThreadOpened(opened) => self.opened(opened),
            Event::ThreadMoved { thread, step, .. } => {
                if let Some(thread) = self.thread(*thread) {
                    self.moved(thread, *step);
                }
            }
            Event::SignOffAsked { thread, of } => {
                self.tell(NoticeKind::ToConfirm, of, Some(*thread), None);
            }
            Event::Urged { thread, .. } => self.pressed(*thread, NoticeKind::Urged),
            Event::PutOnNotice { thread } => {
                self.pressed(*thread, NoticeKind::PutOnNotice);
                let held = self.thread(*thread).and_then(|t| t.holder.as_unit());
                if held != self.after.lead.as_ref() {
                    self.lead(NoticeKind::PutOnNotice);
                }
            }
            Event::ThreadHeld { thread, holder } => {
                self.tell(NoticeKind::HandedOver, holder, Some(*thread), None);
            }
            Event::LeadSet { lead } => {
                self.tell(NoticeKind::HandedOver, &Holder::unit(lead.clone()), None, None);
            }
            Event::ClockFired { clock, edge, .. } => self.fired(*clock, *edge),
            Event::Answered { .. } => self.tell(NoticeKind::Answered, &Holder::Caller, None, None),
            Event::VerdictGiven { .. } => self.verdict(NoticeKind::Verdict),
            Event::SentBack { .. } => self.verdict(NoticeKind::SentBack),
            Event::Closed { .. } | Event::Voided { .. } => {
                self.tell(NoticeKind::Ended, &Holder::Caller, None, None);
                self.lead(NoticeKind::Ended);
            }
            Event::ClockReset { why: ResetWhy::Governed, clock, .. } => self.urged(Some(*clock)),
            Event::Noted { .. } if self.record.command == "urge_above" => self.urged(None),
            Event::Undone { .. } => self.undone(),
            _ => {}
        }
    }

    /// The thread as the record leaves it; one that was undone, as it was.
    fn thread(&self, no: ThreadNo) -> Option<&'a Thread> {
        self.after.thread(no).or_else(|| self.before.and_then(|b| b.thread(no)))
    }

    fn tell(&mut self, kind: NoticeKind, to: &Holder, thread: Option<ThreadNo>, clock: Option<ClockNo>) {
        let to = recipient(to);
        // Nobody is there to be told.
        if to == Recipient::Caller && !self.after.reachable() {
            return;
        }
        let same = |n: &Notice| n.kind == kind && n.to == to && n.thread == thread && n.clock == clock;
        if self.all.iter().any(same) {
            return;
        }
        let index = u16::try_from(self.all.len()).unwrap_or(u16::MAX);
        let id = NoticeId { stream: self.record.stream, version: self.record.version, index };
        let due = clock.and_then(|c| self.after.clock(c)).map(|c| c.due).or_else(|| self.due_of(thread?));
        self.all.push(Notice { id, kind, to, thread, clock, due });
    }

    /// The earliest due time that runs for a thread.
    fn due_of(&self, thread: ThreadNo) -> Option<Time> {
        let own = self.after.clocks.iter().filter(|c| c.thread == Some(thread) && c.runs());
        own.filter(|c| c.missed_at.is_none()).map(|c| c.due).min()
    }

    fn lead(&mut self, kind: NoticeKind) {
        if let Some(lead) = &self.after.lead {
            self.tell(kind, &Holder::unit(lead.clone()), None, None);
        }
    }

    fn pressed(&mut self, no: ThreadNo, kind: NoticeKind) {
        if let Some(thread) = self.thread(no) {
            self.tell(kind, &thread.holder, Some(no), None);
        }
    }

    fn opened(&mut self, opened: &ThreadOpened) {
        let climbed = |no: ThreadNo| self.thread(no).is_some_and(|t| t.step == Step::Climbed);
        let kind = match opened.kind {
            // A convener knows what it has blown, unless another unit did; a plan's steps are its own.
            ThreadKind::Whistle if !self.acts(&opened.holder) => NoticeKind::Assigned,
            ThreadKind::Milestone if opened.joint.is_some() || opened.holder != opened.caller => {
                return self.bound(opened);
            }
            ThreadKind::Whistle | ThreadKind::Milestone | ThreadKind::Merge | ThreadKind::Rating => return,
            // What comes back by its cadence is told when it is near, unless it is new or to be made good.
            ThreadKind::Visit if self.record.command != "assign" && opened.round == 0 => return,
            // The system above hears our word when it is given.
            ThreadKind::External => return,
            ThreadKind::Summons => NoticeKind::Summons,
            ThreadKind::Supervision => NoticeKind::Escalation,
            ThreadKind::Rung if opened.under.is_some_and(climbed) => NoticeKind::Escalation,
            _ => NoticeKind::Assigned,
        };
        // Calling somebody back is not told the caller beforehand.
        if opened.holder != Holder::Caller {
            self.tell(kind, &opened.holder, Some(opened.thread), None);
        }
        if opened.kind == ThreadKind::Supervision {
            match opened.under.and_then(|no| self.thread(no)) {
                Some(over) => self.tell(NoticeKind::Escalation, &over.holder, Some(opened.thread), None),
                // Taken under somebody's eyes by hand: whoever answers for the case hears of it.
                None if self.record.command == "supervise" => {
                    let lead = self.after.lead.clone().map(Holder::unit);
                    lead.iter().for_each(|l| self.tell(NoticeKind::Escalation, l, Some(opened.thread), None));
                }
                None => {}
            }
        }
    }

    /// Whether somebody of the holder's unit gave the command.
    fn acts(&self, holder: &Holder) -> bool {
        matches!(&self.record.actor, Actor::Staff(staff) if holder.as_unit() == Some(&staff.unit))
    }

    /// A dated step that binds others than the one who set it: each is told.
    fn bound(&mut self, opened: &ThreadOpened) {
        let all = opened.joint.iter().flat_map(|j| &j.units).cloned().map(Holder::unit);
        for holder in all.chain([opened.holder.clone()]).filter(|h| *h != opened.caller) {
            self.tell(NoticeKind::Assigned, &holder, Some(opened.thread), None);
        }
    }

    fn moved(&mut self, thread: &'a Thread, step: Step) {
        use ThreadKind::*;
        let (no, called) = (Some(thread.no), &thread.caller);
        match (thread.kind, step) {
            (Rung, Step::Climbed) => {
                self.tell(NoticeKind::Escalation, &thread.holder, no, None);
                self.tell(NoticeKind::Escalation, called, no, None);
                self.tell(NoticeKind::Escalation, &Holder::Caller, no, None);
            }
            (Whistle, Step::Climbed) => self.tell(NoticeKind::Escalation, &thread.holder, no, None),
            (Rung, Step::Done) if *called == Holder::Caller => {}
            (Summons, Step::Done) => self.tell(NoticeKind::ToConfirm, self.after.convener(thread), no, None),
            (Rung | Instruction, Step::Done) => self.tell(NoticeKind::ToConfirm, called, no, None),
            (Instruction, Step::Signed) if self.was(thread.no) == Some(Step::Done) => {
                self.tell(NoticeKind::SentBack, &thread.holder, no, None);
            }
            (Rung | Summons | Instruction, Step::Confirmed) => {
                self.tell(NoticeKind::Confirmed, &thread.holder, no, None);
            }
            // Back on a step it had left: who had it has it again.
            (Rung, Step::Acknowledged) | (Summons, Step::OnSite)
                if self.was(thread.no) == Some(Step::Done) =>
            {
                self.tell(NoticeKind::SentBack, &thread.holder, no, None);
            }
            (Supervision, Step::Confirmed) => {
                let over = thread.under.and_then(|no| self.thread(no)).map(|t| t.holder.clone());
                let lead = || self.after.lead.clone().map(Holder::unit);
                over.or_else(lead).iter().for_each(|to| self.tell(NoticeKind::Confirmed, to, no, None));
            }
            (Summons, Step::Sent | Step::Excused) => {
                self.tell(NoticeKind::Decided, &thread.holder, no, None);
            }
            (Summons, Step::Refused) | (Ruling, Step::Ruled) => {
                self.tell(NoticeKind::Decided, called, no, None);
            }
            (
                Return | Extension | Suspension | Correction | Exclusion | Approval | Register | Proposal,
                Step::Granted | Step::Refused | Step::Hung,
            ) => {
                self.tell(NoticeKind::Decided, called, no, None);
            }
            (Suspension, Step::Resumed) => self.tell(NoticeKind::Assigned, called, no, None),
            (External, Step::Sent) => self.tell(NoticeKind::Owed, &thread.holder, no, None),
            (External, Step::Refused) => self.tell(NoticeKind::SentBack, called, no, None),
            (External, _) => {}
            // The leader hears that their instruction ended with the case.
            (Instruction, Step::Withdrawn) if self.record.command != "withdraw" => {
                self.tell(NoticeKind::Withdrawn, &thread.holder, no, None);
                self.tell(NoticeKind::Withdrawn, called, no, None);
            }
            // Who asked hears that nobody decides any more.
            (Proposal, Step::Withdrawn) => {
                self.tell(NoticeKind::Withdrawn, &thread.holder, no, None);
                self.tell(NoticeKind::Withdrawn, called, no, None);
            }
            // Another visit stands for one that rested.
            (Visit, Step::Withdrawn) if self.after.open_of(Visit).next().is_some() => {}
            (_, Step::Withdrawn) if thread.holder != Holder::Caller && thread.kind != Milestone => {
                self.tell(NoticeKind::Withdrawn, &thread.holder, no, None);
            }
            _ => {}
        }
    }

    /// Where a thread stood before the record.
    fn was(&self, no: ThreadNo) -> Option<Step> {
        self.before.and_then(|b| b.thread(no)).map(|t| t.step)
    }

    fn fired(&mut self, no: ClockNo, edge: Edge) {
        let kind = if edge == Edge::Near { NoticeKind::NearDue } else { NoticeKind::Overdue };
        let Some(clock) = self.after.clock(no).or_else(|| self.before.and_then(|b| b.clock(no))) else {
            return;
        };
        let Some(thread) = clock.thread.and_then(|t| self.thread(t)) else {
            if let Some(lead) = &self.after.lead {
                self.tell(kind, &Holder::unit(lead.clone()), None, Some(no));
            }
            return;
        };
        // Nobody is reminded of what they owe to nobody: a rating, and the end of a wait.
        if matches!(clock.stage, Stage::Rating | Stage::Reexamine | Stage::Notice) {
            return;
        }
        // As it stood when the clock rang: whoever kept silent is told that their time is over.
        let late = self.before.and_then(|b| Some(b.awaited(b.thread(thread.no)?)));
        let party = late.unwrap_or_else(|| self.after.awaited(thread));
        self.tell(kind, party, Some(thread.no), Some(no));
        // Who called for a thread hears of its delay; the person outside is told when the call climbs.
        if edge == Edge::Due && thread.caller != Holder::Caller {
            self.tell(kind, &thread.caller, Some(thread.no), Some(no));
        }
    }

    /// The caller's word reaches the accountable unit and everybody who said that it was done.
    fn verdict(&mut self, kind: NoticeKind) {
        self.lead(kind);
        let did = |t: &&Thread| {
            let order = t.kind == ThreadKind::Handling && t.step == Step::Done;
            order || (matches!(t.kind, ThreadKind::Rung | ThreadKind::Summons) && t.spoke.is_some())
        };
        let all: Vec<&Thread> = self.after.threads.iter().filter(did).collect();
        for thread in all {
            self.tell(kind, &thread.holder, Some(thread.no), None);
        }
    }

    /// The accountable unit and everybody at work on it.
    fn urged(&mut self, clock: Option<ClockNo>) {
        let promise = |no: &ClockNo| self.after.clock(*no).is_some_and(|c| c.stage == Stage::Promise);
        let clock = clock.filter(promise).or_else(|| self.after.promise().map(|c| c.no));
        if let Some(lead) = &self.after.lead {
            self.tell(NoticeKind::Urged, &Holder::unit(lead.clone()), None, clock);
        }
        for thread in self.after.open_of(ThreadKind::Handling) {
            self.tell(NoticeKind::Urged, &thread.holder, None, clock);
        }
    }

    /// What came back is somebody's again, what is gone is nobody's.
    fn undone(&mut self) {
        let Some(before) = self.before else { return };
        for thread in self.after.open_threads().filter(|t| t.holder.as_unit().is_some()) {
            let same = |t: &Thread| t.step == thread.step && t.holder == thread.holder;
            if !before.thread(thread.no).is_some_and(same) {
                self.tell(NoticeKind::HandedOver, &thread.holder, Some(thread.no), None);
            }
        }
        let kept = |no: ThreadNo| self.after.thread(no).is_some_and(Thread::is_open);
        let gone = before.open_threads().filter(|t| !kept(t.no) && t.holder.as_unit().is_some());
        for thread in gone.collect::<Vec<_>>() {
            self.tell(NoticeKind::Withdrawn, &thread.holder, Some(thread.no), None);
        }
        if before.lead != self.after.lead {
            self.lead(NoticeKind::HandedOver);
        }
    }
}
