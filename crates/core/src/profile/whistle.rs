//! Whistles 吹哨报到 as a city sets them: the types, who may blow and be summoned, the clocks, the steps of
//! escalation, who rules, and the two-sided limits of the whistle rate.
//!
//! What a whistle does to a case is `case/decide/whistle.rs`; nothing here knows a case.

use super::{HolderRule, OfKeys, Status};
use crate::clock::Limit;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// What all types of whistle share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whistling {
    /// Who rules 裁定 when a department refuses: never the department itself, nor the convener.
    pub ruler: HolderRule,
    /// How long the ruling may take.
    pub ruling: Limit,
    /// How many standard deviations the whistle rate may lie from its mean, either way, before it is a
    /// signal 吹哨率双向管控.
    pub sigmas: f64,
    /// The words of `grade` by which a convener calls a result good.
    pub good: Vec<CompactString>,
    /// The words of `whistle_grade` by which a department says that a whistle was warranted.
    pub warranted: Vec<CompactString>,
    /// Of keys that are surer, or less sure, than the rest.
    #[serde(default)]
    pub stands: OfKeys,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// One type of whistle 日常哨、应急哨、攻坚哨.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhistleRule {
    /// A word of the list `whistle`.
    pub id: CompactString,
    /// Kinds of units that may blow it.
    pub conveners: Vec<CompactString>,
    /// Kinds of units it may summon.
    pub summons: Vec<CompactString>,
    /// Who asks a convener for it 提请吹哨, beside conveners themselves; none where it is only blown.
    #[serde(default)]
    pub asking: Option<Asking>,
    /// Roles that blow it 签发; all that may where none is named. Others ask.
    #[serde(default)]
    pub signed_by: Vec<CompactString>,
    /// Roles that sign a result off 领导签认; all that may where none is named.
    #[serde(default)]
    pub signed_off_by: Vec<CompactString>,
    /// Until a department has answered 签收.
    pub acknowledge: Limit,
    /// Until it is on site 到场, from the summons.
    #[serde(default)]
    pub on_site: Option<Limit>,
    /// Until a measure is stated 明确措施, from the arrival; from the acknowledgement where that is not timed.
    #[serde(default)]
    pub measure: Option<Limit>,
    /// Until it is done 办结, from the measure; from the acknowledgement where no measure is timed.
    #[serde(default)]
    pub resolve: Option<Limit>,
    /// Until the convener has signed a result off or sent it back.
    pub sign_off: Limit,
    /// Until a plan with milestones stands 攻坚计划; none where no plan is asked.
    #[serde(default)]
    pub plan: Option<Limit>,
    /// Whether a refusal raises the whistle at once, without a missed clock.
    #[serde(default)]
    pub raise_on_refusal: bool,
    /// Whether the units that said they were done are called again 再报到, when the caller says that it is
    /// not solved.
    #[serde(default)]
    pub recall: bool,
    /// Who watches after the first missed clock, the second, and so on.
    pub escalate: Vec<Escalation>,
    /// Of keys that are surer, or less sure, than the rest.
    #[serde(default)]
    pub stands: OfKeys,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

impl WhistleRule {
    /// Whether a list of roles names `role`, or nobody in particular.
    pub fn names(roles: &[CompactString], role: &str) -> bool {
        roles.is_empty() || roles.iter().any(|r| r == role)
    }
}

/// Who asks a convener to whistle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asking {
    /// Kinds of units that ask; none where only conveners do, to have their own signed.
    #[serde(default)]
    pub by: Vec<CompactString>,
    /// How long the decision may take.
    pub limit: Limit,
}

/// One step of escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// What stands in events as the supervision's label.
    pub id: CompactString,
    /// The Chinese name.
    pub name: String,
    /// The English name.
    #[serde(default)]
    pub name_en: String,
    /// Who watches from then on.
    pub holder: HolderRule,
}
