//! What a case's stream holds: records, and the events in them. **This format is permanent.**
//!
//! One accepted command is one [`Record`]; its events are facts that already carry everything that was
//! looked up (deadlines, holders, editions), so that reading them needs neither profile, calendar nor
//! roster. Personal words never stand here: a [`TextRef`] points into the vault. A changed shape raises
//! [`SCHEMA`] and gets an upcast in `record.rs`; fixtures of every version are kept. Next: `state.rs`,
//! `apply.rs`.

use super::duplicate::Nearby;
use super::routine::{Assigned, Visited};
use super::state::{Case, Restricted};
use super::thread::{Step, ThreadKind};
use crate::clock::{Limit, Remaining};
use crate::ids::*;
use crate::observation::Observation;
pub use crate::observation::{Datum, Point, Satisfied, Solved};
use crate::time::Time;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// The schema version that is written today.
pub const SCHEMA: u16 = 1;

/// One accepted command: who did what, when, under which editions, and what followed from it.
///
/// Flat on purpose: the store and an offline auditor read `stream`, `version` and `recorded_at` at the top.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Schema version of this record.
    pub schema: u16,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in the stream, from 1 without gaps.
    pub version: Version,
    /// When it was accepted here; never falls within a shard.
    pub recorded_at: Time,
    /// When it counts for rules and figures, where that is another time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effective_at: Option<Time>,
    /// When the actor says it happened, and on what evidence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub occurred: Option<Claim>,
    /// Who did it.
    pub actor: Actor,
    /// The command's name.
    pub command: CompactString,
    /// The edition of city, profile and calendar that was in force.
    pub edition: Edition,
    /// What happened, in order.
    pub events: Vec<Event>,
}

impl Record {
    /// When the record counts for rules and figures.
    pub fn effective(&self) -> Time {
        self.effective_at.unwrap_or(self.recorded_at)
    }
}

/// A claimed time of an act, made after the act: an offline worker's answer, say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The time claimed.
    pub at: Time,
    /// What supports it: a device's log entry, a picture's digest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evidence: Option<TextRef>,
}

/// Who acts. Powers are kept apart by natural person, through all posts and deputies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Somebody with a post.
    Staff(Box<Staff>),
    /// The person who called, without an account.
    Caller,
    /// Another system, by name.
    System(SystemId),
    /// A clock that fell due.
    Clock,
}

/// A natural person acting from a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// The natural person.
    pub person: PersonId,
    /// The post acted from.
    pub post: PostId,
    /// The unit of the post.
    pub unit: UnitId,
    /// The role of the post, as the profile names it.
    pub role: CompactString,
    /// Whose deputy the person was in this act.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deputy_of: Option<PersonId>,
}

/// Words or a file in the vault: where, and a salted commitment to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRef {
    /// The item of the vault.
    pub item: ItemId,
    /// SHA-256 of salt, class and words.
    pub commit: Digest,
}

impl TextRef {
    /// A reference that the engine fills in: the `index`th text handed over with the command.
    pub fn pending(index: u64) -> TextRef {
        TextRef { item: ItemId(index), commit: Digest([0; 32]) }
    }
}

/// 32 bytes, written as unpadded URL-safe base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

/// How pressing a case is 紧急程度.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// 一般
    #[default]
    General,
    /// 紧急: water, power, gas, heat, extreme weather.
    Urgent,
    /// 突发: danger to life or property, public health.
    Emergency,
}

/// How the caller wants to be known 匿名/保密.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// Handlers may see who called.
    #[default]
    Named,
    /// Only those who call back may see who called.
    Confidential,
    /// Nobody knows who called.
    Anonymous,
}

/// Where a case is, with what is known of how well.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Location {
    /// The most exact place proved; none when only words are known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<PlaceId>,
    /// The words of the address, in the vault.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub words: Option<TextRef>,
    /// Longitude and latitude in degrees × 10⁷, snapped to the profile's lattice unless the case's source
    /// may keep it exact.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub point: Option<Point>,
    /// The exact point, in the vault, where `point` says less.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exact: Option<TextRef>,
}

/// A case governed elsewhere: number, due time and verdict are that system's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Governed {
    /// The system above.
    pub system: SystemId,
    /// Its number for the case.
    pub external_id: CompactString,
    /// The form it wants our reply in, a word of the profile.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub format: Option<CompactString>,
}

/// A call or find taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// The public number.
    pub number: CompactString,
    /// Where it came from: `public`, `patrol`, `sensor`, `transfer`, … as the profile lists.
    pub source: CompactString,
    /// How it came: `phone`, `web`, `app`, … as the profile lists.
    pub channel: CompactString,
    /// The request type 诉求类型 as the catalogue lists.
    pub request_type: CompactString,
    /// The matter, when it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub matter: Option<MatterCode>,
    /// The circumstance of its matter 立案情形, when it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub circumstance: Option<CompactString>,
    /// How pressing.
    #[serde(default)]
    pub urgency: Urgency,
    /// Whether it is hard and complex 疑难复杂.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub complex: bool,
    /// Title and body.
    pub content: TextRef,
    /// How the caller wants to be known.
    #[serde(default)]
    pub identity: Identity,
    /// Name, telephone and address of the caller.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact: Option<TextRef>,
    /// Where it is.
    #[serde(default)]
    pub location: Location,
    /// The unit complained of: it never handles the case, nor does anyone who reports to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub about: Option<UnitId>,
    /// The procedure it follows.
    pub procedure: ProcedureId,
    /// The unit that answers for it until it is dispatched 首接负责.
    pub lead: UnitId,
    /// The system that governs it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub governed: Option<Governed>,
    /// The earlier case it takes up again, where that one could no longer be reopened.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub related: Option<CaseId>,
    /// The open cases of its category that lay near when it was taken in 疑似重复, nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub nearby: Vec<Nearby>,
    /// The visit on which it was found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub visit: Option<Visited>,
}

/// Who a thread is with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A unit, and within it a person when somebody was named.
    Unit {
        /// The unit that answers.
        unit: UnitId,
        /// The person in it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        person: Option<PersonId>,
    },
    /// The person who called.
    Caller,
    /// Another system.
    System(SystemId),
}

impl Holder {
    /// The holder that is `unit` as a whole.
    pub fn unit(unit: UnitId) -> Holder {
        Holder::Unit { unit, person: None }
    }

    /// The unit, when it is one.
    pub fn as_unit(&self) -> Option<&UnitId> {
        if let Holder::Unit { unit, .. } = self { Some(unit) } else { None }
    }
}

/// The part a unit has in handling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 主办: the one accountable.
    Lead,
    /// 协办
    Co,
}

/// A thread begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThreadOpened {
    /// Its number in the case.
    pub thread: ThreadNo,
    /// Its machine.
    pub kind: ThreadKind,
    /// Who called for it, and confirms or rejects its answer.
    pub caller: Holder,
    /// Who has it.
    pub holder: Holder,
    /// The thread it grew from: the handling that asks for more time, the whistle of a summons.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub under: Option<ThreadNo>,
    /// 0 at first; counts reworks and redispatches.
    #[serde(skip_serializing_if = "crate::is_default", default)]
    pub round: u16,
    /// Its place in an ordered row, from 1: the rung of the ladder, the milestone of a hard task.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rank: Option<u8>,
    /// What it is more exactly, as a word of the profile: the rung's name, the type of a whistle, the name
    /// of a milestone, what is owed to another system, the ground of an exclusion.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<CompactString>,
    /// Lead or co-unit, for handling.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub part: Option<Part>,
    /// Why, or what exactly: the words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<TextRef>,
    /// The other case, for a merge.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub other: Option<CaseId>,
    /// The clock whose score is appealed, for a correction.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock: Option<ClockNo>,
    /// What is asked for, where a time is asked: an extension's new due, a suspension's re-examination.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Time>,
    /// Who goes out together under which powers, for a joint action.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub joint: Option<Box<Joint>>,
    /// Who would be called, for a whistle that is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub units: Vec<UnitId>,
}

/// Who goes out together 联合执法, and under which powers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joint {
    /// The units, the one that planned it first.
    pub units: Vec<UnitId>,
    /// The codes of the powers.
    pub powers: Vec<CompactString>,
}

/// A power that was used, with its legal basis as it stood then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Its code in the city's list.
    pub code: CompactString,
    /// The basis.
    pub basis: CompactString,
}

/// What a clock times. The promise faces the resident; all others are inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The whole, as promised to the caller.
    Promise,
    /// Verifying on site.
    Verify,
    /// Finding the unit.
    Dispatch,
    /// Signing for the order.
    Sign,
    /// First contact with the caller.
    Contact,
    /// Handling.
    Handle,
    /// Deciding a return.
    Return,
    /// Deciding an extension.
    Extension,
    /// Deciding a suspension.
    Suspension,
    /// Looking again at a hung case.
    Reexamine,
    /// Approving a reply, or a whistle that was asked for.
    Approval,
    /// Checking the result.
    Check,
    /// Calling back.
    Callback,
    /// Waiting for a rating.
    Rating,
    /// Acknowledging a rung or summons.
    Acknowledge,
    /// Being on site.
    OnSite,
    /// Stating the measure.
    Measure,
    /// Resolving a rung, finishing a summons.
    Resolve,
    /// Ruling a dispute, deciding an appeal.
    Rule,
    /// A milestone's date, a visit's day.
    Milestone,
    /// How long an urged thread may stay overdue before it is put on notice 通报. Nobody is scored by it.
    Notice,
    /// Deciding whether a case is opened 立案审批.
    Register,
}

/// A clock begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockStarted {
    /// Its number in the case; 1 is the promise.
    pub clock: ClockNo,
    /// What it times.
    pub stage: Stage,
    /// The thread it belongs to; none for the promise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thread: Option<ThreadNo>,
    /// The limit, as it was when the clock started; none where somebody gave the due time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<Limit>,
    /// When it began.
    pub start: Time,
    /// When it is due.
    pub due: Time,
    /// When it is near due.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub near: Option<Time>,
    /// Whether the due time leans on days that no notice has published yet.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub provisional: bool,
    /// Whose working hours it counts in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hours: Option<HoursId>,
    /// Whether nobody is scored by it: a volunteer's clock climbs, and that is all.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub unscored: bool,
}

/// Which edge of a clock was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// 临期
    Near,
    /// 超期
    Due,
}

/// Why a clock got another due time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetWhy {
    /// More time was granted.
    Extension,
    /// The year's holidays were published or changed.
    Calendar,
    /// The case was classed anew.
    Reclassified,
    /// The system above gave another time.
    Governed,
}

/// The caller's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// Solved, when they said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub solved: Option<Solved>,
    /// Satisfied, when they said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub satisfied: Option<Satisfied>,
}

/// Who gave the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictBy {
    /// 回访
    Callback,
    /// 评价 by the caller's own hand.
    Rating,
    /// The system above.
    Governing,
    /// Nobody could be reached.
    Nobody,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are named by the field's own words; each variant is documented")]
pub enum Event {
    /// 登记: the call was taken in. Spine: reported.
    Reported(Box<Reported>),
    /// 立案. Spine: open.
    Opened {},
    /// 答复: the caller has an answer. Spine: answered.
    Answered {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        text: Option<TextRef>,
    },
    /// The caller's word is known, or is known not to come. Spine: verdict.
    VerdictGiven {
        verdict: Verdict,
        by: VerdictBy,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        text: Option<TextRef>,
    },
    /// 返工: not solved, handled again. Spine: open.
    SentBack {
        round: u16,
    },
    /// 恢复办理: what hung after its answer is handled again, which is no rework. Spine: open.
    TakenUp {},
    /// 结案. Spine: closed. `ground` as the profile lists; `by_rule` when nobody's hand closed it.
    Closed {
        ground: CompactString,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        by_rule: bool,
        /// 强制结案: over the heads of open threads.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        forced: bool,
    },
    /// 作废/不予立案. Spine: void. `ground` as the profile lists; `of` is the case that it repeats.
    Voided {
        ground: CompactString,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        of: Option<CaseId>,
    },
    /// 快速处置: mended at once by who found it, as the thread says.
    HandledAtOnce {
        thread: ThreadNo,
    },
    /// Taken up again. Spine: open.
    Reopened {
        ground: CompactString,
    },
    ThreadOpened(Box<ThreadOpened>),
    /// A thread takes a step of its machine. `label` says how, more exactly: the outcome of a ruling (before
    /// a dispatch, the unit that was named), the ground of a refusal, how the caller of the thread graded its
    /// answer, the receipt of another system.
    ThreadMoved {
        thread: ThreadNo,
        step: Step,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        label: Option<CompactString>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        text: Option<TextRef>,
    },
    /// 评哨: the holder of a summons says of the whistle whether it was warranted.
    Graded {
        thread: ThreadNo,
        grade: CompactString,
    },
    /// 请签认: who is asked to sign the result of a summons off, where nobody of the convener may.
    SignOffAsked {
        thread: ThreadNo,
        of: Holder,
    },
    /// 催办: the holder of a thread was urged; by whom the record says, by rule where a clock did.
    Urged {
        thread: ThreadNo,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        text: Option<TextRef>,
    },
    /// 通报: the holder of a thread that stayed overdue stands on notice.
    PutOnNotice {
        thread: ThreadNo,
    },
    /// The caller was tried in vain.
    Tried {
        thread: ThreadNo,
    },
    /// A thread gets another holder, or a person within its unit.
    ThreadHeld {
        thread: ThreadNo,
        holder: Holder,
    },
    /// 主办 changed.
    LeadSet {
        lead: UnitId,
    },
    ClockStarted(Box<ClockStarted>),
    /// Stops counting; `left` says what remains, in the limit's own measure.
    ClockPaused {
        clock: ClockNo,
        at: Time,
        left: Remaining,
    },
    ClockResumed {
        clock: ClockNo,
        at: Time,
        due: Time,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        near: Option<Time>,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        provisional: bool,
    },
    ClockReset {
        clock: ClockNo,
        due: Time,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        near: Option<Time>,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        provisional: bool,
        why: ResetWhy,
        /// The limit that counts from now on, where it is another.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        limit: Option<Limit>,
    },
    /// Reached an edge, at its own time and not at the time somebody looked.
    ClockFired {
        clock: ClockNo,
        edge: Edge,
        at: Time,
    },
    /// What it timed is done.
    ClockMet {
        clock: ClockNo,
        at: Time,
    },
    /// What it timed no longer matters.
    ClockStopped {
        clock: ClockNo,
    },
    /// What it is about was corrected.
    Reclassified {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        matter: Option<MatterCode>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        circumstance: Option<CompactString>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        request_type: Option<CompactString>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        urgency: Option<Urgency>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        complex: Option<bool>,
    },
    /// Who called or the unit complained of was corrected; what is not said stays as it was.
    Amended {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        about: Option<UnitId>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        identity: Option<Identity>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        contact: Option<TextRef>,
    },
    /// Where it is was corrected.
    Moved {
        location: Box<Location>,
    },
    /// Words were added that change nothing; to a thread, even to one that has ended.
    Noted {
        text: TextRef,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        thread: Option<ThreadNo>,
    },
    /// Files were added: digests of stored files; `label` says as what, such as a picture taken before.
    Attached {
        files: Vec<CompactString>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        thread: Option<ThreadNo>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        label: Option<CompactString>,
    },
    /// 成本: what it took.
    EffortLogged {
        thread: ThreadNo,
        effort: Effort,
    },
    /// Another case now follows this one.
    Joined {
        other: CaseId,
    },
    /// It no longer does.
    Parted {
        other: CaseId,
    },
    /// 协调会: these units met over the case or a whistle; the words say what was decided.
    Met {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        thread: Option<ThreadNo>,
        units: Vec<UnitId>,
        text: TextRef,
    },
    /// 依法分流: another body decides it, on this legal basis as it stood then.
    Diverted {
        to: CompactString,
        basis: CompactString,
    },
    /// 派任务: a routine is with a worker, under an admission where one is asked for.
    Assigned(Box<Assigned>),
    /// What was found on a visit is a case of its own.
    Found {
        thread: ThreadNo,
        case: CaseId,
    },
    /// 执法: an act of enforcement under a power, with the digests of its evidence; of a joint action, or of
    /// a unit that has work on the case.
    Enforced {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        thread: Option<ThreadNo>,
        act: CompactString,
        power: Used,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        files: Vec<CompactString>,
        text: TextRef,
    },
    /// 限制知悉: for the persons and posts named, and for nobody else.
    Restricted(Box<Restricted>),
    /// 解除限制
    Unrestricted {},
    /// A score was corrected: the clock counts as met, or as missed.
    ScoreCorrected {
        clock: ClockNo,
        met: bool,
    },
    /// 剔除: out of scoring, with the ground and by approval.
    Excluded {
        ground: CompactString,
    },
    /// A wrong step was undone: what the case was before it. A field that `Case` gains later must have a
    /// default, because cases stand in journals here.
    Undone {
        version: Version,
        before: Box<Case>,
    },
    /// Words and names were destroyed.
    Erased {
        items: Vec<ItemId>,
        ground: CompactString,
    },
    /// A record of another system was taken over as it stood; `exact` is its point, where the observation
    /// says less of it.
    Observed {
        number: CompactString,
        observation: Box<Observation>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        texts: Vec<TextRef>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        exact: Option<TextRef>,
    },
    /// That system later said something else; the patch records only what is new.
    ObservationChanged {
        patch: Box<Observation>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        texts: Vec<TextRef>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        exact: Option<TextRef>,
    },
}

/// What an act cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Effort {
    /// Working minutes.
    #[serde(default)]
    pub minutes: u32,
    /// Trips made.
    #[serde(default)]
    pub trips: u16,
    /// Forms filled.
    #[serde(default)]
    pub forms: u16,
}

impl Effort {
    /// Adds another effort.
    pub fn add(&mut self, more: Effort) {
        self.minutes = self.minutes.saturating_add(more.minutes);
        self.trips = self.trips.saturating_add(more.trips);
        self.forms = self.forms.saturating_add(more.forms);
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl Digest {
    /// The digest as text.
    pub fn to_text(self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads what `to_text` wrote.
    pub fn from_text(text: &str) -> Option<Digest> {
        use base64::Engine as _;
        let mut bytes = [0; 32];
        let n = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (n == bytes.len()).then_some(Digest(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        let mut text = [0u8; 43];
        let n = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).unwrap_or(0);
        s.serialize_str(std::str::from_utf8(&text[..n]).unwrap_or(""))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Digest::from_text(&text)
            .ok_or_else(|| serde::de::Error::custom("accepted: 32 bytes as URL-safe base64"))
    }
}
