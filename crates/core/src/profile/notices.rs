//! How notices 告知 are kept and delivered, and the words they are told in.
//!
//! Who is told what is `case/notice.rs`; nothing here knows a case.

use super::Status;
use crate::case::notice::NoticeKind;
use serde::{Deserialize, Serialize};

/// How a city's notices are kept and delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notices {
    /// Days a notice stays in its box; longer while a subscriber has not got it.
    pub keep_days: u32,
    /// Seconds a subscriber may take to answer.
    pub answer_seconds: u32,
    /// Seconds until a failed delivery is tried again; twice as long each time after.
    pub retry_seconds: u32,
    /// Seconds between two tries at most.
    pub retry_most_seconds: u32,
    /// Hours of nothing but failures after which a subscriber is paused until an administrator resumes it.
    pub give_up_hours: u32,
    /// The words of each kind.
    #[serde(rename = "text", default)]
    pub texts: Vec<NoticeText>,
    /// The rule, standard or page it comes from.
    pub source: String,
    /// How sure that is.
    pub status: Status,
}

/// The words of one kind of notice. `{number}` and `{due}` are put in; a text without a due time loses the
/// sentence that asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeText {
    /// What is told.
    pub kind: NoticeKind,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// What follows where there is a due time, in Chinese.
    #[serde(default)]
    pub due_zh: String,
    /// The same in English.
    #[serde(default)]
    pub due_en: String,
}

/// What may be put into a text.
pub const HOLES: [&str; 2] = ["{number}", "{due}"];

impl NoticeText {
    /// The four texts, with their names.
    pub fn all(&self) -> [(&'static str, &str); 4] {
        [("zh", &self.zh), ("en", &self.en), ("due_zh", &self.due_zh), ("due_en", &self.due_en)]
    }

    /// The first hole that nothing is ever put into, such as `{name}`.
    pub fn strange_hole(&self) -> Option<(&'static str, String)> {
        self.all().into_iter().find_map(|(field, text)| {
            let rest = HOLES.iter().fold(text.to_owned(), |text, hole| text.replace(hole, ""));
            let at = rest.find(['{', '}'])?;
            Some((field, rest.get(at..).unwrap_or_default().chars().take(20).collect()))
        })
    }

    /// The text of a notice about a case, with its due time as the city writes it.
    pub fn of(&self, english: bool, number: &str, due: Option<&str>) -> String {
        let (text, more) = if english { (&self.en, &self.due_en) } else { (&self.zh, &self.due_zh) };
        let whole = due.map_or_else(|| text.clone(), |_| format!("{text}{more}"));
        whole.replace("{number}", number).replace("{due}", due.unwrap_or(""))
    }
}

impl Notices {
    /// The words of a kind.
    pub fn text(&self, kind: NoticeKind) -> Option<&NoticeText> {
        self.texts.iter().find(|t| t.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> NoticeText {
        NoticeText {
            kind: NoticeKind::Assigned,
            zh: "{number}待办。".into(),
            en: "{number} is waiting.".into(),
            due_zh: "限{due}前办结。".into(),
            due_en: " Due {due}.".into(),
        }
    }

    #[test]
    fn number_and_due_are_put_in_and_a_due_that_is_not_there_is_not_asked_for() {
        assert_eq!(text().of(false, "1", Some("3月2日18时")), "1待办。限3月2日18时前办结。");
        assert_eq!(text().of(true, "1", None), "1 is waiting.");
    }

    #[test]
    fn a_hole_for_a_name_is_found() {
        assert_eq!(text().strange_hole(), None);
        let named = NoticeText { due_en: "{due} {name}".into(), ..text() };
        assert_eq!(named.strange_hole(), Some(("due_en", "{name}".into())));
    }
}
