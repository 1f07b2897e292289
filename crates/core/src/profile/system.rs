//! Systems above 上级系统 that govern cases here: what is owed to each, by when, in which form.
//!
//! How a case owes it is `case/decide/external.rs`; nothing here knows a case.

use super::Status;
use crate::clock::Limit;
use crate::ids::SystemId;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// A system that sends orders down 派单 and wants our word on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Its id, as its orders come under it.
    pub id: SystemId,
    /// The Chinese name.
    pub name: String,
    /// The English name.
    #[serde(default)]
    pub name_en: String,
    /// Where its orders come from, a word of `source`.
    pub comes_from: CompactString,
    /// How they come, a word of `channel`.
    pub channel: CompactString,
    /// The request type of an order that names none.
    pub request_type: CompactString,
    /// How long its receipt may be waited for; a missed one is told to the desk that owes the word.
    pub receipt: Limit,
    /// Whether its verdict is the case's: nobody here calls the caller back.
    #[serde(default)]
    pub verdict: bool,
    /// The void ground of an order that it takes back.
    pub returned: CompactString,
    /// What is owed to it.
    #[serde(default)]
    pub owes: Vec<Obligation>,
    /// The forms a reply may have to have 回复格式.
    #[serde(rename = "format", default)]
    pub formats: Vec<ReplyFormat>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// On what a word is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwedOn {
    /// The order was dispatched 派遣.
    Dispatched,
    /// A unit signed for it 签收.
    Signed,
    /// The caller has an answer 答复.
    Answered,
    /// The desk gives the order back 退单.
    Returned,
    /// More time was granted here than the order has 延期.
    Extended,
}

/// One word that is owed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obligation {
    /// What stands in events as the label of its thread.
    pub label: CompactString,
    /// On what.
    pub on: OwedOn,
    /// Within what time of the order; for an answer, and without it, by the due time of the order.
    #[serde(default)]
    pub within: Option<Limit>,
}

/// What a reply must have before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyFormat {
    /// What an order calls it.
    pub id: CompactString,
    /// Files the case must have at least.
    #[serde(default)]
    pub files: u16,
    /// A file with each of these labels must be among them, such as a picture taken after.
    #[serde(default)]
    pub labels: Vec<CompactString>,
    /// Whether the caller must have been contacted.
    #[serde(default)]
    pub contacted: bool,
}

impl System {
    /// The obligation of a label.
    pub fn owed(&self, label: &str) -> Option<&Obligation> {
        self.owes.iter().find(|o| o.label == label)
    }

    /// The obligation that arises on something.
    pub fn owed_on(&self, on: OwedOn) -> Option<&Obligation> {
        self.owes.iter().find(|o| o.on == on)
    }

    /// The form of an id.
    pub fn format(&self, id: &str) -> Option<&ReplyFormat> {
        self.formats.iter().find(|f| f.id == id)
    }
}
