//! What is in a delivery: who is to be told what, of which case, by when, and a short text of the profile. No
//! word of a caller and no name: a gateway that must know a telephone number reads it with a purpose, logged.

use crate::api::instant;
use crate::plain::Said;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::store::{NoticeEntry, NoticeRow};
use huying_engine::{kind_of, notice_id};
use serde_json::{Value, json};

/// The body of a delivery.
pub(super) fn of(notice: &NoticeEntry, rules: &Rules) -> Vec<u8> {
    let row = &notice.row;
    let letter = json!({
        "id": notice_id(row),
        "type": format!("notice.{}", row.kind),
        "timestamp": instant(row.at),
        "data": {
            "kind": row.kind,
            "to": told(row),
            "number": notice.number,
            "thread": row.thread.map(|t| t.0),
            "due": row.due.map(instant),
            "text": text_of(notice, rules).map(|said| json!({"zh": said.zh, "en": said.en})),
        },
    });
    letter.to_string().into_bytes()
}

/// Who is told.
fn told(row: &NoticeRow) -> Value {
    match (&row.unit, &row.person, &row.system) {
        (Some(unit), Some(person), _) => json!({"unit": unit, "person": person}),
        (Some(unit), None, _) => json!({"unit": unit}),
        (None, _, Some(system)) => json!({"system": system}),
        (None, _, None) => json!({"caller": true}),
    }
}

/// What is told, in the words of the profile; none where it has none for the kind.
pub(crate) fn text_of(notice: &NoticeEntry, rules: &Rules) -> Option<Said> {
    let text = rules.profile.notices.as_ref()?.text(kind_of(&notice.row.kind)?)?;
    let due = notice.row.due.map(|due| local(rules, due));
    let number = notice.number.as_deref().unwrap_or_default();
    Some(Said::new(text.of(false, number, due.as_deref()), text.of(true, number, due.as_deref())))
}

/// An instant as the city's clocks show it.
fn local(rules: &Rules, at: Time) -> String {
    rules.calendar.civil(at).strftime("%Y-%m-%d %H:%M").to_string()
}
