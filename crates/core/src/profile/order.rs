//! What a procedure says of an order under way: who finds a unit where the duty is unclear, how long it may
//! be given back, how it is urged, how much more time it may get, who decides that it is left out of scores.
//!
//! Every table is optional: a procedure without it has none of this. How it is done is `case/decide/`.

use super::{HolderRule, Status, When};
use crate::case::event::Stage;
use crate::case::thread::ThreadKind;
use crate::clock::Limit;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// 区级兜底: a dispatch whose duty is unclear goes down to a district, whose own dispatcher finds the unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// Units with a post of this role may get it.
    pub role: CompactString,
    /// How often one case may be passed down.
    pub at_most: u16,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// 现场裁定: whose duty it is, ruled before an order is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyRuling {
    /// Who rules.
    pub ruler: HolderRule,
    /// How long that may take.
    pub limit: Limit,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// 退单时限: how long an order may be given back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returning {
    /// From when it was sent, in the hours of the unit that has it.
    pub within: Limit,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// 作废: who may void a case that somebody works on, or has worked on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voiding {
    /// Roles; nobody else voids it then. Without any, whoever may `void` at all.
    #[serde(default)]
    pub roles: Vec<CompactString>,
    /// Grounds that name the case it repeats.
    #[serde(default)]
    pub names_other: Vec<CompactString>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// 快速处置: what whoever finds it mends at once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quick {
    /// For which cases.
    #[serde(default)]
    pub when: When,
    /// Pictures that must be there, by their labels.
    #[serde(default)]
    pub pictures: Vec<CompactString>,
    /// Closes by itself with this ground; without it, it is checked and closed like any other.
    #[serde(default)]
    pub closes: Option<CompactString>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// 取证: which pictures must be there before a step is taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Step by step.
    pub pictures: Vec<Pictures>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// The pictures that one step asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pictures {
    /// The step.
    pub before: EvidenceStep,
    /// For which cases.
    #[serde(default)]
    pub when: When,
    /// The labels of files that the case must have.
    pub labels: Vec<CompactString>,
}

/// A step that pictures may be asked for: a command in its affirmative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceStep {
    /// 核实: found as it was reported.
    Verify,
    /// 立案: opened.
    Register,
    /// 处置反馈: mended, by a unit that had the order.
    Finish,
    /// 核查: the repair passed.
    Check,
}

/// 申诉: the steps that the appeal of a score goes through; each may refuse it, the last grants it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appeal {
    /// In their order.
    pub steps: Vec<AppealStep>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// One step of an appeal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppealStep {
    /// What stands in events.
    pub id: CompactString,
    /// The Chinese name.
    pub name: String,
    /// The English name.
    #[serde(default)]
    pub name_en: String,
    /// Who decides it, of the unit of this role around the place.
    pub role: CompactString,
}

impl Appeal {
    /// Which step an id is, from 0.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|s| s.id == id)
    }
}

/// 催办、通报: what is urged, and when it is put on notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Urging {
    /// Threads that may be urged.
    pub threads: Vec<ThreadKind>,
    /// Clocks of such a thread that urge it by rule when they are near due, and that count as overdue once it
    /// was urged.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// Clocks of such a thread that count as overdue although nobody urged it.
    #[serde(default)]
    pub overdue: Vec<Stage>,
    /// How long after an urging the same thread may be urged again; by rule it is urged in any case.
    #[serde(default)]
    pub apart: Option<Limit>,
    /// A thread that stays overdue for longer than this is put on notice.
    #[serde(default)]
    pub notice: Option<Limit>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// 延期次数与限度: how much more time one order may get.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extending {
    /// How often it may be granted for one order.
    #[serde(default)]
    pub times: Option<u16>,
    /// How far beyond its due time each may reach.
    #[serde(default)]
    pub by: Option<Limit>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// 剔除: a case is left out of scores by two hands, one that asks and one that approves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// Who approves.
    pub approver: HolderRule,
    /// How long that may take.
    pub limit: Limit,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}
