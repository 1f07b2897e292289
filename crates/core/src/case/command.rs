//! What can be asked of a case. A command is accepted and becomes a record, or is refused and changes
//! nothing.
//!
//! Words are handed over apart from the command; what stands here is a [`TextRef`] that the engine has
//! sealed. The field `name` of each variant in JSON is the name that profiles use in `roles`. Next:
//! `decide/`.

mod reading;

use super::event::*;
use super::routine::{Assign, VisitResult, Visited};
use crate::ids::*;
use crate::observation::Observation;
use crate::time::Time;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// A call or find to be taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Where it comes from, a word of the profile.
    pub source: CompactString,
    /// How it comes, a word of the profile.
    pub channel: CompactString,
    /// The request type, a word of the profile.
    pub request_type: CompactString,
    /// The matter, when it is known.
    #[serde(default)]
    pub matter: Option<MatterCode>,
    /// The circumstance of the matter, when it is known.
    #[serde(default)]
    pub circumstance: Option<CompactString>,
    /// How pressing.
    #[serde(default)]
    pub urgency: Urgency,
    /// Whether it is hard and complex 疑难复杂.
    #[serde(default)]
    pub complex: bool,
    /// Title and body.
    pub content: TextRef,
    /// How the caller wants to be known.
    #[serde(default)]
    pub identity: Identity,
    /// Name, telephone and address of the caller.
    #[serde(default)]
    pub contact: Option<TextRef>,
    /// Where it is.
    #[serde(default)]
    pub location: Location,
    /// The unit complained of.
    #[serde(default)]
    pub about: Option<UnitId>,
    /// The system that governs it, with the due time it set.
    #[serde(default)]
    pub governed: Option<(Governed, Time)>,
    /// The earlier case it takes up again.
    #[serde(default)]
    pub related: Option<CaseId>,
    /// The visit on which it was found.
    #[serde(default)]
    pub visit: Option<Visited>,
}

/// What is asked of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
#[expect(missing_docs, reason = "the fields are named by the field's own words; each variant is documented")]
pub enum Command {
    /// 登记: take a call in.
    Report(Box<Report>),
    /// 核实: say what was found on site.
    Verify {
        thread: ThreadNo,
        confirmed: bool,
        /// The circumstance of the matter that was met.
        #[serde(default)]
        circumstance: Option<CompactString>,
        #[serde(default)]
        ground: Option<CompactString>,
        /// The case that it repeats.
        #[serde(default)]
        of: Option<CaseId>,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 立案审批: say whether what was taken in is opened; a no needs a ground.
    Register {
        thread: ThreadNo,
        granted: bool,
        /// The circumstance it is opened under 立案情形.
        #[serde(default)]
        circumstance: Option<CompactString>,
        #[serde(default)]
        ground: Option<CompactString>,
        /// The case that it repeats.
        #[serde(default)]
        of: Option<CaseId>,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 快速处置: who found a small thing has mended it at once, with pictures before and after.
    HandleAtOnce {
        #[serde(default)]
        effort: Effort,
        text: TextRef,
    },
    /// 作废: void a case that is not ours or not real.
    Void {
        ground: CompactString,
        /// The case that it repeats.
        #[serde(default)]
        of: Option<CaseId>,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 直接答复: answer at once without an order.
    AnswerDirect { text: TextRef },
    /// 派遣
    Dispatch {
        thread: ThreadNo,
        lead: UnitId,
        #[serde(default)]
        co: Vec<UnitId>,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 改派: take the order from its units and dispatch anew, without being asked.
    Redispatch {
        lead: UnitId,
        #[serde(default)]
        co: Vec<UnitId>,
        text: TextRef,
    },
    /// 区级兜底: pass a dispatch whose duty is unclear down to a district, whose own dispatcher finds the unit.
    PassDown { thread: ThreadNo, unit: UnitId, text: TextRef },
    /// 提请现场裁定: ask whose duty it is before the order is sent.
    AskRuling { thread: ThreadNo, text: TextRef },
    /// 催办: urge whoever has a thread, or every thread of the case that is urged.
    Urge {
        #[serde(default)]
        thread: Option<ThreadNo>,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 签收
    Sign { thread: ThreadNo },
    /// 指定经办人: hand an open thread to a person of its unit.
    Hand { thread: ThreadNo, person: PersonId },
    /// 先行联系
    Contact {
        thread: ThreadNo,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 申请退单
    AskReturn { thread: ThreadNo, text: TextRef },
    /// 退单审核
    DecideReturn {
        thread: ThreadNo,
        granted: bool,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 申请延期, until an instant.
    AskExtension { thread: ThreadNo, until: Time, text: TextRef },
    /// 延期审批
    DecideExtension {
        thread: ThreadNo,
        granted: bool,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 申请挂账, to be looked at again at an instant; of an order under way, or of one that was replied to.
    AskSuspension { thread: ThreadNo, reexamine: Time, text: TextRef },
    /// 挂账审批
    DecideSuspension {
        thread: ThreadNo,
        granted: bool,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 恢复办理: end a suspension.
    Resume {
        thread: ThreadNo,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 办结反馈: a handler says it is done.
    Finish {
        thread: ThreadNo,
        #[serde(default)]
        effort: Effort,
        text: TextRef,
    },
    /// 核查
    Check {
        thread: ThreadNo,
        passed: bool,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 拟稿: the lead's reply to the caller.
    Reply { text: TextRef },
    /// 审核、签发
    DecideReply {
        thread: ThreadNo,
        granted: bool,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 回访. Not reached: tried again until the profile's number of tries.
    Callback {
        thread: ThreadNo,
        reached: bool,
        #[serde(default)]
        verdict: Verdict,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 评价 by the caller's own hand.
    Rate {
        verdict: Verdict,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 结案
    Close {
        ground: CompactString,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 督办: somebody who watches over the city's cases watches this one, or one thread of it.
    Supervise {
        #[serde(default)]
        thread: Option<ThreadNo>,
        text: TextRef,
    },
    /// 解除督办: whoever watches need not any more.
    EndSupervision { thread: ThreadNo, text: TextRef },
    /// 强制结案: over the heads of open threads.
    ForceClose { ground: CompactString, text: TextRef },
    /// 重新受理
    Reopen { ground: CompactString, text: TextRef },
    /// 并案: follow another case.
    Merge { into: CaseId },
    /// 解除并案
    Part { thread: ThreadNo },
    /// The engine's own: what the followed case got, this one gets too.
    Follow { from: CaseId, what: Followed },
    /// The engine's own: another case follows this one, or no longer does.
    Joined { other: CaseId, joined: bool },
    /// 更正地点
    Move {
        location: Location,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 更正分类
    Reclassify {
        #[serde(default)]
        matter: Option<MatterCode>,
        #[serde(default)]
        circumstance: Option<CompactString>,
        #[serde(default)]
        request_type: Option<CompactString>,
        #[serde(default)]
        urgency: Option<Urgency>,
        #[serde(default)]
        complex: Option<bool>,
    },
    /// 更正来电人与被反映单位: who called, how they want to be known, or the unit complained of was taken down
    /// wrongly.
    Amend {
        #[serde(default)]
        about: Option<UnitId>,
        #[serde(default)]
        identity: Option<Identity>,
        #[serde(default)]
        contact: Option<TextRef>,
        text: TextRef,
    },
    /// 备注
    Note {
        text: TextRef,
        #[serde(default)]
        thread: Option<ThreadNo>,
    },
    /// Files that were stored, by digest.
    Attach {
        files: Vec<CompactString>,
        #[serde(default)]
        thread: Option<ThreadNo>,
        #[serde(default)]
        label: Option<CompactString>,
    },
    /// 成本
    LogEffort { thread: ThreadNo, effort: Effort },
    /// 申诉: ask that a clock's score be corrected.
    AskCorrection { clock: ClockNo, text: TextRef },
    /// 申诉裁定
    DecideCorrection {
        thread: ThreadNo,
        granted: bool,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 申请剔除: ask that the case be left out of scores.
    AskExclusion { ground: CompactString, text: TextRef },
    /// 剔除审批
    DecideExclusion {
        thread: ThreadNo,
        granted: bool,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 剔除 in one hand, where the city asks for no second.
    Exclude { ground: CompactString, text: TextRef },
    /// 应答: a rung or a summons says that it is there.
    Acknowledge { thread: ThreadNo },
    /// 超出权限上呼: a rung hands the call to the next one, beyond its power.
    Climb { thread: ThreadNo, text: TextRef },
    /// 确认/不认可: who called for a rung or summons takes its answer, or sends it back.
    Confirm {
        thread: ThreadNo,
        confirmed: bool,
        #[serde(default)]
        grade: Option<CompactString>,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 撤回: an emergency's rung stands down; a convener calls a summons or its whole whistle off.
    Withdraw { thread: ThreadNo, text: TextRef },
    /// 吹哨: call departments together.
    Whistle { kind: CompactString, units: Vec<UnitId>, text: TextRef },
    /// 提请吹哨: ask the convener above to call departments together, or have one's own whistle signed.
    AskWhistle { kind: CompactString, units: Vec<UnitId>, text: TextRef },
    /// 吹哨签发: whoever speaks for the convener blows the whistle asked for, to other units where named.
    DecideWhistle {
        thread: ThreadNo,
        granted: bool,
        #[serde(default)]
        units: Vec<UnitId>,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 增呼: another summons under a whistle that was blown.
    Summon { thread: ThreadNo, units: Vec<UnitId>, text: TextRef },
    /// 到场: a summoned department is on site.
    Arrive {
        thread: ThreadNo,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 明确措施: a concrete measure is stated on site.
    StateMeasure {
        thread: ThreadNo,
        #[serde(default)]
        measure: Option<CompactString>,
        text: TextRef,
    },
    /// 不予报到: a department refuses its summons, with a ground; the district rules on it.
    Refuse { thread: ThreadNo, ground: CompactString, text: TextRef },
    /// 裁定: a refusal is upheld or overruled, others may be summoned, and the lead be named; before a
    /// dispatch, the lead is named and nothing is upheld.
    Rule {
        thread: ThreadNo,
        #[serde(default)]
        upheld: Option<bool>,
        #[serde(default)]
        lead: Option<UnitId>,
        #[serde(default)]
        instead: Vec<UnitId>,
        text: TextRef,
    },
    /// 攻坚计划: the dated steps of a hard task; of a whistle, or of the case as a whole.
    Plan {
        #[serde(default)]
        thread: Option<ThreadNo>,
        milestones: Vec<Milestone>,
    },
    /// 节点完成: a dated step is done.
    Reach {
        thread: ThreadNo,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 评哨: a summoned department says whether the whistle was warranted.
    Grade { thread: ThreadNo, grade: CompactString },
    /// 批示: a leader asks something of units on this case.
    Instruct { units: Vec<UnitId>, text: TextRef },
    /// 协调会: who met, what was decided, and who does what by when.
    Meet {
        #[serde(default)]
        thread: Option<ThreadNo>,
        units: Vec<UnitId>,
        #[serde(default)]
        tasks: Vec<Task>,
        text: TextRef,
    },
    /// 依法分流: another body decides this by law; the caller is told so.
    Divert { to: CompactString, text: TextRef },
    /// 联合执法计划: which units go out together, when, and under which powers.
    PlanJoint {
        #[serde(default)]
        thread: Option<ThreadNo>,
        #[serde(default)]
        units: Vec<UnitId>,
        powers: Vec<CompactString>,
        at: Time,
        text: TextRef,
    },
    /// 执法: an inspection, an order or a penalty, under a power and with its evidence.
    Enforce {
        #[serde(default)]
        thread: Option<ThreadNo>,
        act: CompactString,
        power: CompactString,
        #[serde(default)]
        files: Vec<CompactString>,
        text: TextRef,
    },
    /// 限制知悉: from now on only for the persons and posts named.
    Restrict {
        #[serde(default)]
        persons: Vec<PersonId>,
        #[serde(default)]
        posts: Vec<PostId>,
        ground: CompactString,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 解除限制
    Unrestrict { text: TextRef },
    /// 移交: what a unit, or a person of it, holds of the case goes to another.
    Reassign {
        from: UnitId,
        #[serde(default)]
        from_person: Option<PersonId>,
        to: UnitId,
        #[serde(default)]
        to_person: Option<PersonId>,
    },
    /// 派任务: a routine begins with a worker, or goes to another one.
    Assign(Box<Assign>),
    /// 巡查、走访: what the visit that is owed came to.
    Visit {
        thread: ThreadNo,
        result: VisitResult,
        #[serde(default)]
        effort: Effort,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 结束任务: nobody owes the routine any more.
    EndRoutine { ground: CompactString, text: TextRef },
    /// The engine's own: something was found on a visit, and is a case of its own.
    Found { thread: ThreadNo, case: CaseId },
    /// 报送上级: our word on an order of the system above, once more or with what its form asked for.
    Send {
        thread: ThreadNo,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 退单上级: the order is not ours; the system above is asked to take it back.
    ReturnAbove { text: TextRef },
    /// 回执: the system above took our word, or refused it; `receipt` is its own, or why.
    Receipt {
        thread: ThreadNo,
        accepted: bool,
        #[serde(default)]
        receipt: Option<CompactString>,
    },
    /// 催办、改期: the system above urges, or gives another due time.
    UrgeAbove {
        #[serde(default)]
        due: Option<Time>,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 上级评判: the verdict of the system above.
    Judge {
        verdict: Verdict,
        #[serde(default)]
        text: Option<TextRef>,
    },
    /// 撤销: undo one's own last step.
    Undo {},
    /// 销毁: the words and names of the case were destroyed. Items are named by the vault.
    Erase { items: Vec<ItemId>, ground: CompactString },
    /// The engine's own: a clock reached an edge.
    Fire { clock: ClockNo, generation: u16, edge: Edge },
    /// 历法更新: set the provisional or changed due times anew.
    ResetClocks {},
    /// History of another system, taken over as observation, with the words of the row.
    Observe {
        observation: Box<Observation>,
        #[serde(default)]
        texts: Vec<TextRef>,
        /// The exact point, where the observation says less of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exact: Option<TextRef>,
    },
}

/// One dated step of a hard task 攻坚节点.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// What is to be reached, a word of the profile.
    pub label: CompactString,
    /// By when.
    pub until: Time,
}

/// What a unit that met has to do by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Who does it.
    pub unit: UnitId,
    /// What is to be reached, a word of the profile.
    pub label: CompactString,
    /// By when.
    pub until: Time,
}

/// What a followed case passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the one field is the reply's place in the vault")]
pub enum Followed {
    /// It was answered with this reply.
    Answered { text: Option<TextRef> },
    /// It was closed.
    Closed,
    /// It was voided: the follower stands alone again.
    Voided,
}
