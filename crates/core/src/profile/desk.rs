//! What a leader's desk needs of a profile: instructions 批示, who issues a reply 签发, lawful diversion 依法分流,
//! and the powers of joint enforcement 综合执法.
//!
//! What they do to a case is `case/decide/instruction.rs`, `answer.rs`, `divert.rs` and `joint.rs`.

use super::{HolderRule, Profile, Status, When};
use crate::clock::Limit;
use crate::ids::UnitId;
use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How instructions are followed up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instructing {
    /// Kinds of units that may be given one.
    pub units: Vec<CompactString>,
    /// Until it is signed for 签收.
    pub sign: Limit,
    /// Until it is answered 办结, from the instruction.
    pub answer: Limit,
    /// Until the leader has taken the answer or sent it back; nobody is scored by it.
    pub confirm: Limit,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// Who issues 签发 a reply that was reviewed 审核; a reply for which one fits takes two steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issues {
    /// For which cases.
    #[serde(default)]
    pub when: When,
    /// Who issues it.
    pub holder: HolderRule,
}

/// One way out of the city's own handling 依法分流: what another body decides by law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diversion {
    /// A word of the list `void_ground`: the ground on which the case ends here.
    pub id: CompactString,
    /// The body that decides, as the caller is told.
    pub to: String,
    /// The same in English.
    #[serde(default)]
    pub to_en: String,
    /// For which cases; any without it.
    #[serde(default)]
    pub when: When,
    /// The legal basis, as the caller is told.
    pub basis: String,
    /// The same in English.
    #[serde(default)]
    pub basis_en: String,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// A power to enforce that was moved down 下放执法职权.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// Its code in the city's list.
    pub code: CompactString,
    /// What it is, in Chinese.
    pub name: String,
    /// In English.
    #[serde(default)]
    pub name_en: String,
    /// The department it comes from, by the name of its line (the kind of unit or its words).
    pub from: String,
    /// Kinds of units that hold it now.
    #[serde(default)]
    pub kinds: Vec<CompactString>,
    /// Units that hold it now, beside those kinds: the department itself.
    #[serde(default)]
    pub units: Vec<UnitId>,
    /// The legal basis.
    pub basis: String,
    /// The first day it is held.
    pub since: Date,
    /// The first day it is held no longer.
    #[serde(default)]
    pub until: Option<Date>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

impl Profile {
    /// The way out with this id.
    pub fn diversion(&self, id: &str) -> Option<&Diversion> {
        self.diversions.iter().find(|d| d.id == id)
    }

    /// The power with this code.
    pub fn power(&self, code: &str) -> Option<&Power> {
        self.powers.iter().find(|p| p.code == code)
    }
}

/// One kind of act of enforcement: an inspection 检查, an order 责令, a penalty 处罚.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enforcement {
    /// What stands in events.
    pub id: CompactString,
    /// The Chinese name.
    pub name: String,
    /// The English name.
    #[serde(default)]
    pub name_en: String,
    /// Whether it needs evidence: a file of the case.
    #[serde(default)]
    pub evidence: bool,
    /// Acts under the same power that must have come before.
    #[serde(default)]
    pub after: Vec<CompactString>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}
