//! A procedure 流程: which happenings open which threads, how long each stage may take, what blocks what.

use super::{
    Appeal, DutyRuling, Evidence, Extending, Fallback, Issues, Quick, Returning, Status, Urging, Voiding,
};
use crate::case::event::{Stage, Urgency};
use crate::case::state::{Case, Thread};
use crate::case::thread::ThreadKind;
use crate::clock::Limit;
use crate::ids::{MatterCode, ProcedureId};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// What a condition looks at; by default of a case of which nothing is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fits<'a> {
    /// Where the case comes from.
    pub source: &'a str,
    /// How it came.
    pub channel: &'a str,
    /// Its request type.
    pub request_type: &'a str,
    /// Its matter.
    pub matter: Option<&'a MatterCode>,
    /// How pressing it is.
    pub urgency: Urgency,
    /// Whether it is hard and complex 疑难复杂.
    pub complex: bool,
    /// Whether there is a caller to be answered.
    pub reachable: bool,
}

impl<'a> Fits<'a> {
    /// What a case that was taken in here is told by; none of one that was only observed.
    pub fn of(case: &'a Case) -> Option<Fits<'a>> {
        let facts = case.facts.as_ref()?;
        Some(Fits {
            source: &facts.source,
            channel: &facts.channel,
            request_type: &facts.request_type,
            matter: facts.matter.as_ref(),
            urgency: facts.urgency,
            complex: facts.complex,
            reachable: case.reachable(),
        })
    }
}

/// A condition: every list that is given must hold the case's value; an empty condition always fits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<CompactString>,
    /// Channels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channel: Vec<CompactString>,
    /// Request types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_type: Vec<CompactString>,
    /// Beginnings of matter codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matter: Vec<CompactString>,
    /// Urgencies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urgency: Vec<Urgency>,
    /// Whether it is hard and complex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complex: Option<bool>,
    /// Whether there is a caller to be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reachable: Option<bool>,
}

impl When {
    /// Whether `facts` meet the condition.
    pub fn fits(&self, facts: &Fits<'_>) -> bool {
        let listed = |list: &[CompactString], value: &str| list.is_empty() || list.iter().any(|v| v == value);
        let matter = facts.matter.map_or("", MatterCode::as_str);
        listed(&self.source, facts.source)
            && listed(&self.channel, facts.channel)
            && listed(&self.request_type, facts.request_type)
            && (self.matter.is_empty() || self.matter.iter().any(|m| matter.starts_with(m.as_str())))
            && (self.urgency.is_empty() || self.urgency.contains(&facts.urgency))
            && self.complex.is_none_or(|c| c == facts.complex)
            && self.reachable.is_none_or(|r| r == facts.reachable)
    }
}

/// What opens a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The call was taken in.
    Reported,
    /// It need not be verified, or was found true 受理.
    Accepted,
    /// It was opened 立案.
    Opened,
    /// Every handling thread is done.
    Handled,
    /// A reply was drafted.
    Drafted,
    /// The caller has an answer.
    Answered,
    /// The caller was answered at once, without an order 直接答复.
    AnsweredDirect,
    /// It was reworked as often as `raise_after` says.
    ReworkedTooOften,
    /// It changed hands as often as `raise_after_transfers` says, and no lead unit brought it to an end.
    TransferredTooOften,
    /// A thread stayed overdue and was put on notice.
    PutOnNotice,
    /// The promise to the caller was missed.
    PromiseMissed,
    /// A dated step was missed that stands under no open whistle.
    MilestoneMissed,
    /// Who watches over the case, or a thread of it, let the time for it pass.
    SupervisionMissed,
    /// The highest rung says that it is beyond its power, and no other is at it 转热线办理.
    BeyondLadder,
}

/// Who gets a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderRule {
    /// The unit whose post of this role has the smallest territory around the case's place.
    Role(CompactString),
    /// The same a level up: the next wider territory of such a post, where there is one.
    Above(CompactString),
    /// The unit accountable for the case.
    Lead,
    /// The unit that owns the matter at the place.
    Owner,
    /// The person who called.
    Caller,
    /// Whoever stands on the rungs of the ladder; only for threads of kind `rung`.
    Ladder,
}

/// One thread that a procedure opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opens {
    /// On what.
    pub on: Trigger,
    /// Which machine.
    pub thread: ThreadKind,
    /// With whom.
    pub holder: HolderRule,
    /// For which cases.
    #[serde(default)]
    pub when: When,
}

/// How long a stage may take; the first rule that fits is taken.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitRule {
    /// The stage.
    pub stage: Stage,
    /// For which cases.
    #[serde(default)]
    pub when: When,
    /// The limit; none means that the catalogue's own limit for the matter is taken, and the next rule where
    /// the catalogue has none.
    #[serde(default)]
    pub limit: Option<Limit>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// Which clocks stand still while a thread of a kind is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pauses {
    /// While this is open (a suspension: while it hangs).
    pub during: ThreadKind,
    /// These stand still.
    pub stops: Vec<Stage>,
}

/// Which open threads hold the spine back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Blocks {
    /// From being answered.
    pub answer: Vec<ThreadKind>,
    /// From being closed.
    pub close: Vec<ThreadKind>,
}

/// Who decides what a handler asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deciders {
    /// Of giving an order back.
    pub returns: HolderRule,
    /// Of more time.
    pub extension: HolderRule,
    /// Of a lawful wait.
    pub suspension: HolderRule,
    /// Of the score of a clock.
    pub correction: HolderRule,
}

/// When a case closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// Closes by itself, with this ground, when it has reached the needed step and nothing blocks.
    #[serde(default)]
    pub by_rule: Option<CompactString>,
    /// The ground instead, where the caller was tried in vain and there is no valid callback.
    #[serde(default)]
    pub unreachable: Option<CompactString>,
    /// The ground on which a case closes that followed another one.
    pub followed: CompactString,
    /// How far a case must have got.
    pub after: crate::case::state::Spine,
    /// Within this time of closing it can be taken up again; written as a limit.
    pub reopen: Limit,
}

/// What happens when the caller says it is not solved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rework {
    /// Answers that send the case back.
    pub on_solved: Vec<crate::case::event::Solved>,
    /// Gradings of a caller's own rating that send it back.
    #[serde(default)]
    pub on_satisfied: Vec<crate::case::event::Satisfied>,
    /// After this many reworks it is raised 提级督办.
    pub raise_after: u16,
    /// After it changed hands this often without a lead unit bringing it to an end it is raised too.
    #[serde(default)]
    pub raise_after_transfers: Option<u16>,
}

/// A procedure.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// Its id.
    pub id: ProcedureId,
    /// Its Chinese name.
    pub name: String,
    /// Its English name.
    #[serde(default)]
    pub name_en: String,
    /// For which cases.
    #[serde(default)]
    pub when: When,
    /// Threads it opens.
    pub opens: Vec<Opens>,
    /// Limits of its stages.
    #[serde(rename = "limit", default)]
    pub limits: Vec<LimitRule>,
    /// What stops the clocks.
    #[serde(default)]
    pub pauses: Vec<Pauses>,
    /// What holds the spine back.
    #[serde(default)]
    pub blocks: Blocks,
    /// Who decides what a handler asks for.
    pub deciders: Deciders,
    /// When it closes.
    pub closing: Closing,
    /// What follows from "not solved".
    pub rework: Rework,
    /// Districts that stand in for a dispatch.
    #[serde(default)]
    pub fallback: Option<Fallback>,
    /// Who rules whose duty it is before an order is sent.
    #[serde(default)]
    pub ruling: Option<DutyRuling>,
    /// Who voids a case that is worked on.
    #[serde(default)]
    pub voiding: Option<Voiding>,
    /// What is mended at once by who finds it.
    #[serde(default)]
    pub quick: Option<Quick>,
    /// Which pictures its steps ask for.
    #[serde(default)]
    pub evidence: Option<Evidence>,
    /// The steps of an appeal; without them `deciders.correction` decides alone.
    #[serde(default)]
    pub appeal: Option<Appeal>,
    /// How long an order may be given back.
    #[serde(default)]
    pub returns: Option<Returning>,
    /// What is urged.
    #[serde(default)]
    pub urging: Option<Urging>,
    /// How much more time an order may get.
    #[serde(default)]
    pub extending: Option<Extending>,
    /// How often a caller is tried before they count as unreachable.
    pub callback_tries: u8,
    /// How far ahead a dated step may lie: of a plan, of a meeting's task, of a joint action.
    #[serde(default)]
    pub plan_longest: Option<Limit>,
    /// Whether a handler must have contacted the caller before finishing.
    pub contact_first: bool,
    /// Whether more time for the lead unit also moves the promise to the caller.
    pub extension_moves_promise: bool,
    /// Whether approval takes two persons 审核、签发.
    pub two_step_approval: bool,
    /// Who issues a reply that was reviewed; one that fits makes two steps of it.
    #[serde(default)]
    pub issues: Vec<Issues>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

impl Procedure {
    /// Whether a case does not close while such a thread is open.
    pub fn keeps_open(&self, thread: &Thread) -> bool {
        self.blocks.close.contains(&thread.kind)
    }
}
