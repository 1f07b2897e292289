//! Duplicates 重复 as a city sets them: how near in category, distance and time two cases must be, and what
//! follows from it.
//!
//! What is done about a near case is `case/decide/duplicate.rs`; who finds it is the engine.

use super::{Fits, Profile, Status, When};
use crate::ids::MatterCode;
use serde::{Deserialize, Serialize};

/// What follows when a report lies near an open case of its category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateAct {
    /// It is taken in, and whoever works on it is shown the other.
    Suggest,
    /// 不予立案: it is not taken in. A resident's call is never turned away by this; it is a suggestion then.
    Refuse,
    /// 并案: it is taken in and follows the other from the start.
    Merge,
}

/// When two cases are the same, for one kind of report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DuplicateRule {
    /// For which reports.
    #[serde(default)]
    pub when: When,
    /// How many signs of the matter's code after its kind must agree; where a code is shorter, all of it.
    pub digits: u8,
    /// At most so many metres apart.
    pub metres: u32,
    /// Reported at most so many hours before.
    pub hours: u32,
    /// What follows.
    pub act: DuplicateAct,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

impl DuplicateRule {
    /// The beginning of a matter's code that another must share.
    pub fn stem<'m>(&self, matter: &'m MatterCode) -> &'m str {
        let code = matter.as_str();
        let kind = code.find('.').map_or(0, |dot| dot + 1);
        let digits = code.get(kind..).unwrap_or_default().char_indices().nth(usize::from(self.digits));
        let end = digits.map_or(code.len(), |(at, _)| kind + at);
        code.get(..end).unwrap_or(code)
    }
}

impl Profile {
    /// The rule on duplicates of a report: the first that fits.
    pub fn duplicate_rule(&self, facts: &Fits<'_>) -> Option<&DuplicateRule> {
        self.duplicates.iter().find(|rule| rule.when.fits(facts))
    }

    /// How far back any rule on duplicates looks, in hours; none where the city has none.
    pub fn duplicate_hours(&self) -> Option<u32> {
        self.duplicates.iter().map(|rule| rule.hours).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_depth_of_a_category_counts_after_its_kind() {
        let stem = |digits: u8, code: &str| {
            let rule = DuplicateRule {
                when: When::default(),
                digits,
                metres: 50,
                hours: 24,
                act: DuplicateAct::Suggest,
                source: String::new(),
                status: Status::Proposal,
            };
            rule.stem(&MatterCode::new(code).unwrap()).to_owned()
        };
        assert_eq!(stem(5, "component.01001"), "component.01001");
        assert_eq!(stem(2, "component.01001"), "component.01");
        assert_eq!(stem(0, "matter.09003"), "matter.");
        assert_eq!(stem(9, "request.0501"), "request.0501");
        assert_eq!(stem(2, "plain"), "pl");
    }
}
