//! What a case is, folded from its stream: the spine, its threads, its clocks, who did what.
//!
//! Everything here is derived from events and nothing else; two folds of the same stream are equal to the
//! bit. Finished threads stay, small, because powers, figures and the timeline ask for them. Next:
//! `apply.rs`.

use super::event::*;
use super::routine::Routine;
use super::thread::{Step, ThreadKind};
use crate::clock::{Limit, Remaining};
use crate::ids::*;
use crate::observation::Observation;
use crate::time::Time;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Where a case stands. Six states, never more: whatever else goes on is a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spine {
    /// 已登记: taken in, not yet known to be true or ours.
    Reported,
    /// 已立案: somebody is at it.
    Open,
    /// 已答复: the caller has an answer.
    Answered,
    /// 已评判: the caller's word is known, or known not to come.
    Verdict,
    /// 已结案
    Closed,
    /// 已作废
    Void,
}

impl Spine {
    /// Whether the case still needs anybody.
    pub fn is_open(self) -> bool {
        !matches!(self, Spine::Closed | Spine::Void)
    }

    /// The word used in the API and in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Spine::Reported => "reported",
            Spine::Open => "open",
            Spine::Answered => "answered",
            Spine::Verdict => "verdict",
            Spine::Closed => "closed",
            Spine::Void => "void",
        }
    }
}

/// A deed that powers are kept apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Found or took in the call.
    Reported,
    /// Verified it on site.
    Verified,
    /// Chose the handling unit.
    Dispatched,
    /// Handled it.
    Handled,
    /// Wrote the reply.
    Replied,
    /// Approved something: a reply, an extension, a suspension.
    Approved,
    /// Checked the result.
    Checked,
    /// Called back.
    CalledBack,
    /// Closed it.
    Closed,
    /// Decided a score.
    Evaluated,
}

/// Who did a deed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// What was done.
    pub deed: Deed,
    /// By which natural person.
    pub person: PersonId,
    /// Acting for which unit.
    pub unit: UnitId,
}

/// A thread as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Its number in the case.
    pub no: ThreadNo,
    /// Its machine.
    pub kind: ThreadKind,
    /// Where it stands.
    pub step: Step,
    /// Who called for it.
    pub caller: Holder,
    /// Who has it.
    pub holder: Holder,
    /// The thread it grew from.
    pub under: Option<ThreadNo>,
    /// Rework or redispatch count.
    #[serde(default)]
    pub round: u16,
    /// Its place in an ordered row: the rung of the ladder.
    pub rank: Option<u8>,
    /// What it is more exactly, a word of the profile.
    pub label: Option<CompactString>,
    /// How its last labelled step came out: a ruling, a ground, a grade, a receipt.
    pub outcome: Option<CompactString>,
    /// Lead or co-unit.
    pub part: Option<Part>,
    /// The words it opened with: a reply awaiting approval, a reason.
    pub text: Option<TextRef>,
    /// The other case of a merge.
    pub other: Option<CaseId>,
    /// The clock whose score is appealed.
    pub clock: Option<ClockNo>,
    /// The time asked for, by whom handles it or of a system above.
    pub until: Option<Time>,
    /// When it began.
    pub opened_at: Time,
    /// When it last took a step.
    pub moved_at: Time,
    /// When the holder signed.
    pub signed_at: Option<Time>,
    /// When the caller was first contacted.
    pub contacted_at: Option<Time>,
    /// How often the caller was tried in vain.
    #[serde(default)]
    pub tries: u8,
    /// What it took so far.
    #[serde(default)]
    pub effort: Effort,
    /// Of a joint action: who goes out together under which powers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub joint: Option<Box<Joint>>,
    /// Of a rung or summons: who spoke for its holder; of a reply's approval: who reviewed it. Boxed,
    /// because most threads have none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spoke: Option<Box<Spoke>>,
    /// How its holder was pressed. Boxed, because most threads never are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pressed: Option<Box<Pressed>>,
}

/// How the holder of a thread was pressed 催办、通报.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    /// How often urged.
    pub urged: u16,
    /// When last urged; of a thread that never was, when it was put on notice.
    pub at: Time,
    /// How often put on notice.
    #[serde(default)]
    pub on_notice: u16,
}

/// Who spoke for the holder of a rung or summons, or asked for what a thread is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spoke {
    /// Who said that it is done, or that it is refused: they never confirm it or rule on it. Of an exclusion,
    /// a ruling before a dispatch, an appeal and a whistle asked for, who asked: they never decide it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<PersonId>,
    /// Who had spoken before them: whoever asked, and whoever decided an earlier step.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub before: Vec<PersonId>,
    /// What they said of the whistle 评哨, a word of the profile.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grade: Option<CompactString>,
    /// Of a whistle that is asked for: who would be called.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub units: Vec<UnitId>,
    /// Of a summons that is done: who is asked to sign it off, where nobody of the convener may.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub asks: Option<Holder>,
}

impl Thread {
    /// Whether it still needs anybody.
    pub fn is_open(&self) -> bool {
        !self.step.ends(self.kind)
    }

    /// Who is asked to sign a summons off in place of its convener.
    pub fn asks(&self) -> Option<&Holder> {
        self.spoke.as_ref()?.asks.as_ref()
    }

    /// Who last said for its holder that it is done or refused, or who asked for it.
    pub fn spoken_by(&self) -> Option<&PersonId> {
        self.spoke.as_ref().and_then(|s| s.by.as_ref())
    }

    /// Whether `person` has spoken on it at any step.
    pub fn spoke_on(&self, person: &PersonId) -> bool {
        self.spoke.as_ref().is_some_and(|s| s.by.as_ref() == Some(person) || s.before.contains(person))
    }
}

/// What a clock is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ticking {
    /// Counts.
    Running,
    /// Does not count; what remains is in the limit's own measure.
    Paused {
        /// Since when.
        at: Time,
        /// What remains.
        left: Remaining,
    },
    /// What it timed is done.
    Met(Time),
    /// What it timed no longer matters.
    Stopped,
}

/// What a due time was counted from, should the calendar change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// The start.
    Start,
    /// What was left at a resumption.
    Resumed {
        /// When it ran again.
        at: Time,
        /// What was left.
        left: Remaining,
    },
    /// Nothing: somebody set the due time.
    Given,
}

/// A clock as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Its number in the case; 1 is the promise.
    pub no: ClockNo,
    /// What it times.
    pub stage: Stage,
    /// The thread it belongs to.
    pub thread: Option<ThreadNo>,
    /// The limit, as it was when the clock started; none where somebody gave the due time.
    pub limit: Option<Limit>,
    /// When it began.
    pub start: Time,
    /// When it is due.
    pub due: Time,
    /// When it is near due.
    pub near: Option<Time>,
    /// Whether the due time leans on unpublished days.
    pub provisional: bool,
    /// Whose hours it counts in.
    pub hours: Option<HoursId>,
    /// Grows with each change of the due time: an alarm set for an older one is void.
    pub generation: u16,
    /// What its due time was counted from.
    pub base: Base,
    /// What it is doing.
    pub ticking: Ticking,
    /// Whether the near edge was reached.
    pub near_fired: bool,
    /// When the due edge was reached: the clock was missed, whatever came after.
    pub missed_at: Option<Time>,
    /// A later correction of the score, where there was one.
    pub corrected: Option<bool>,
    /// Whether nobody is scored by it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub unscored: bool,
}

impl Clock {
    /// Whether it counts now.
    pub fn runs(&self) -> bool {
        self.ticking == Ticking::Running
    }

    /// Whether it was kept: `None` while nobody can say yet, and for what is nobody's duty: a rating need not
    /// come, a suspension ends by itself, and a volunteer owes nothing that is scored.
    pub fn kept(&self) -> Option<bool> {
        if self.unscored || matches!(self.stage, Stage::Rating | Stage::Reexamine | Stage::Notice) {
            return None;
        }
        match (self.corrected, &self.ticking, self.missed_at) {
            (Some(kept), _, _) => Some(kept),
            (None, _, Some(_)) => Some(false),
            (None, Ticking::Met(at), None) => Some(*at <= self.due),
            _ => None,
        }
    }
}

/// A case, folded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// How many records it has.
    pub version: Version,
    /// Where it stands.
    pub spine: Spine,
    /// What was taken in; corrected facts replace those first reported.
    pub facts: Option<Box<Reported>>,
    /// What another system's record says, for a case taken over from an export.
    pub observed: Option<Box<Observation>>,
    /// The exact point of that system's record, in the vault, where `observed` says less of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub observed_exact: Option<TextRef>,
    /// Its public number.
    pub number: CompactString,
    /// The one accountable unit; none for an observed case that names none.
    pub lead: Option<UnitId>,
    /// Its threads, in the order they opened.
    #[serde(default)]
    pub threads: Vec<Thread>,
    /// Its clocks, in the order they started.
    #[serde(default)]
    pub clocks: Vec<Clock>,
    /// Who did what.
    #[serde(default)]
    pub hands: Vec<Hand>,
    /// Who did what beside: said of a rung or summons that it is done or refused, wrote a reply, dispatched
    /// anew. Kept apart from others like `hands`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub deeds: Vec<Hand>,
    /// When it was taken in.
    pub reported_at: Time,
    /// When it was opened 立案.
    pub opened_at: Option<Time>,
    /// When the caller was first contacted.
    pub contacted_at: Option<Time>,
    /// When the caller first got an answer.
    pub answered_at: Option<Time>,
    /// When the caller last got an answer.
    pub last_answered_at: Option<Time>,
    /// The last answer.
    pub last_answer: Option<TextRef>,
    /// When it was closed or voided.
    pub closed_at: Option<Time>,
    /// On what ground.
    pub ground: Option<CompactString>,
    /// The caller's word.
    #[serde(default)]
    pub verdict: Verdict,
    /// Who gave it.
    pub verdict_by: Option<VerdictBy>,
    /// What was said last of an answer that was sent back, or of a case that was taken up again, unless it
    /// was solved. It is no verdict any more, and stands in the figures until somebody says more: who is slow
    /// to mend must not look better for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_before: Option<(Verdict, VerdictBy)>,
    /// 返工 count.
    #[serde(default)]
    pub reworks: u16,
    /// 退单 count.
    #[serde(default)]
    pub returns: u16,
    /// How often another unit was given it.
    #[serde(default)]
    pub transfers: u16,
    /// How often it changed hands since a lead unit last took it to its end: to another unit, or down to a
    /// district.
    #[serde(skip_serializing_if = "crate::is_default", default)]
    pub adrift: u16,
    /// How often its dispatch was passed down to a district 区级兜底.
    #[serde(skip_serializing_if = "crate::is_default", default)]
    pub passed_down: u16,
    /// 催办 count, of all its threads.
    #[serde(skip_serializing_if = "crate::is_default", default)]
    pub urged: u16,
    /// 通报 count.
    #[serde(skip_serializing_if = "crate::is_default", default)]
    pub on_notice: u16,
    /// 延期 count.
    #[serde(default)]
    pub extensions: u16,
    /// Times taken up again.
    #[serde(default)]
    pub reopened: u16,
    /// The case it follows.
    pub follows: Option<CaseId>,
    /// The cases that follow it.
    #[serde(default)]
    pub followers: Vec<CaseId>,
    /// The case that it repeats, where it was voided as such.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repeats: Option<CaseId>,
    /// 快速处置: mended at once by who found it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub quick: bool,
    /// 强制结案: closed over the heads of open threads.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub forced: bool,
    /// Out of scoring, on this ground.
    pub excluded: Option<CompactString>,
    /// The highest number a thread ever had, in undone steps too: a number never names two threads.
    #[serde(default)]
    pub last_thread: ThreadNo,
    /// The highest number a clock ever had, so that no alarm of an undone clock rings for another.
    #[serde(default)]
    pub last_clock: ClockNo,
    /// The label of each file that was added.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attached: Vec<Option<CompactString>>,
    /// The items of the vault that were destroyed.
    #[serde(default)]
    pub erased: Vec<ItemId>,
    /// The acts of enforcement, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub enforced: Vec<Enforced>,
    /// Where it was diverted to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub diverted: Option<Box<Diverted>>,
    /// For whom alone it is 限制知悉; for everybody whose powers reach it, without.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub restricted: Option<Box<Restricted>>,
    /// The routine that it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub routine: Option<Box<Routine>>,
    /// The last step, by whom and when, for an undo.
    pub last: Option<LastStep>,
}

/// An act of enforcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforced {
    /// Of what kind, as the profile names it.
    pub act: CompactString,
    /// The code of the power.
    pub power: CompactString,
    /// By which unit.
    pub unit: Option<UnitId>,
    /// When.
    pub at: Time,
}

/// The body that decides instead, and on what basis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diverted {
    /// The way out, as the profile names it.
    pub to: CompactString,
    /// The legal basis.
    pub basis: CompactString,
}

/// For whom alone a case is 限制知悉.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restricted {
    /// Natural persons, through any of their posts.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub persons: Vec<PersonId>,
    /// Posts, whoever holds them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub posts: Vec<PostId>,
    /// Why, as the profile lists.
    pub ground: CompactString,
}

impl Restricted {
    /// Whether somebody is named: in person, by post, or as the deputy of one who is.
    pub fn names(&self, staff: &Staff) -> bool {
        let person = |p: &PersonId| self.persons.contains(p);
        person(&staff.person)
            || staff.deputy_of.as_ref().is_some_and(person)
            || self.posts.contains(&staff.post)
    }
}

/// The last command of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastStep {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub command: CompactString,
    /// Who did it, when somebody with a post did.
    pub person: Option<PersonId>,
    /// When it was recorded.
    pub at: Time,
}

impl Case {
    /// The thread with this number.
    pub fn thread(&self, no: ThreadNo) -> Option<&Thread> {
        self.threads.iter().find(|t| t.no == no)
    }

    /// The clock with this number.
    pub fn clock(&self, no: ClockNo) -> Option<&Clock> {
        self.clocks.iter().find(|c| c.no == no)
    }

    /// The promise to the caller: the one that counts now, where a case taken up again was promised anew.
    pub fn promise(&self) -> Option<&Clock> {
        self.clocks.iter().rev().find(|c| c.stage == Stage::Promise)
    }

    /// The open threads.
    pub fn open_threads(&self) -> impl Iterator<Item = &Thread> {
        self.threads.iter().filter(|t| t.is_open())
    }

    /// The open threads of a kind.
    pub fn open_of(&self, kind: ThreadKind) -> impl Iterator<Item = &Thread> {
        self.open_threads().filter(move |t| t.kind == kind)
    }

    /// The place, as far as it is proved.
    pub fn place(&self) -> Option<&PlaceId> {
        let reported = self.facts.as_ref().and_then(|f| f.location.place.as_ref());
        reported.or_else(|| self.observed.as_ref().and_then(|o| o.place.get()))
    }

    /// The point as it may be seen, with the reference to the exact one where that says more.
    pub fn point(&self) -> (Option<Point>, Option<TextRef>) {
        match (&self.facts, &self.observed) {
            (Some(facts), _) => (facts.location.point, facts.location.exact),
            (None, observed) => (observed.as_ref().and_then(|o| o.point.get().copied()), self.observed_exact),
        }
    }

    /// The matter, when it is known.
    pub fn matter(&self) -> Option<&MatterCode> {
        let reported = self.facts.as_ref().and_then(|f| f.matter.as_ref());
        reported.or_else(|| self.observed.as_ref().and_then(|o| o.matter.get()))
    }

    /// Whether the words behind a reference were destroyed.
    pub fn is_erased(&self, text: &TextRef) -> bool {
        self.erased.contains(&text.item)
    }

    /// Whether there is a caller who can be reached: one who left a contact that was not destroyed.
    pub fn reachable(&self) -> bool {
        let contact = self.facts.as_ref().and_then(|f| f.contact.as_ref());
        contact.is_some_and(|c| !self.is_erased(c))
    }

    /// What was last said of the case, and by whom: the verdict, or what was said before while there is none.
    /// The later word takes the place of the earlier one, also for what it leaves out. None while nobody said
    /// anything.
    pub fn judged(&self) -> Option<(Verdict, VerdictBy)> {
        let said = self.verdict_by.filter(|by| *by != VerdictBy::Nobody).map(|by| (self.verdict, by));
        said.or(self.said_before)
    }

    /// Who must act next on an open thread: its holder; of what its holder says is done, the unit that called
    /// for it, of a summons the convener or whoever signs for it; of a word that is owed to a system above,
    /// the desk that owes it.
    pub fn awaited<'c>(&'c self, thread: &'c Thread) -> &'c Holder {
        let called = match (thread.kind, thread.step) {
            (ThreadKind::External, _) => &thread.caller,
            (ThreadKind::Rung | ThreadKind::Instruction, Step::Done) => &thread.caller,
            (ThreadKind::Summons, Step::Done) => thread.asks().unwrap_or_else(|| self.convener(thread)),
            _ => &thread.holder,
        };
        // The word of the person who called comes by a callback or a rating: until then it is the unit's.
        if *called == Holder::Caller { &thread.holder } else { called }
    }

    /// Who convenes the whistle that a summons stands under; who called for it, where it stands under none.
    pub fn convener<'c>(&'c self, summons: &'c Thread) -> &'c Holder {
        summons.under.and_then(|no| self.thread(no)).map_or(&summons.caller, |whistle| &whistle.holder)
    }

    /// Whether a thread grew from another: its own, its whistle's, its rung's.
    pub fn grew_from(&self, thread: &Thread, no: ThreadNo) -> bool {
        let mut at = thread.under;
        // A thread only grows from an older one; the bound is for a journal written otherwise.
        for _ in 0..self.threads.len() {
            match at {
                Some(under) if under == no => return true,
                Some(under) => at = self.thread(under).and_then(|t| t.under),
                None => return false,
            }
        }
        false
    }

    /// The lead unit's handling in the last order; the threads of its co-units follow it.
    pub fn last_order(&self) -> Option<&Thread> {
        let lead = |t: &&Thread| t.kind == ThreadKind::Handling && t.part == Some(Part::Lead);
        self.threads.iter().rev().find(lead)
    }

    /// The threads of the last order: its lead unit's, and those of its co-units.
    pub fn of_last_order(&self) -> impl Iterator<Item = &Thread> {
        let last = self.last_order().map(|t| t.no);
        self.threads.iter().filter(move |t| t.kind == ThreadKind::Handling && last.is_some_and(|l| t.no >= l))
    }

    /// Whether `person` did `deed`.
    pub fn did(&self, person: &PersonId, deed: Deed) -> bool {
        self.hands.iter().any(|h| h.deed == deed && &h.person == person)
    }

    /// The number the next thread gets.
    pub fn next_thread(&self) -> ThreadNo {
        ThreadNo(self.last_thread.0.saturating_add(1))
    }

    /// The number the next clock gets; 1 stays for the promise.
    pub fn next_clock(&self) -> ClockNo {
        ClockNo(self.last_clock.0.max(1).saturating_add(1))
    }
}
