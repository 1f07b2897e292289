//! What is owed to a system above: our word on its order, with the words of the reply, and the receipt that
//! may come in the answer. The reading of the words stands in the access ledger like every other.

use crate::api::instant;
use crate::app::App;
use crate::problem::Problem;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Event, TextRef};
use huying_core::case::thread::Step;
use huying_core::ids::{CaseId, PersonId, SystemId, ThreadNo};
use huying_engine::store::{AccessEntry, Clear, NoticeEntry};
use huying_engine::{Key, Rejected, Submission, notice_id};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The kind of notice by which a word is delivered.
const KIND: &str = "owed";

/// Characters of a receipt: a number or a code of the other system, never words.
const MAX_RECEIPT: usize = 64;

/// The system and thread of a word that is owed.
pub(super) fn of(notice: &NoticeEntry) -> Option<(&SystemId, ThreadNo)> {
    let row = &notice.row;
    row.system.as_ref().filter(|_| row.kind == KIND).zip(row.thread)
}

/// The body of a delivery: our word on an order.
///
/// # Errors
/// The store's faults; a case that is not there.
pub(super) fn letter(app: &App, notice: &NoticeEntry) -> Result<Vec<u8>, Problem> {
    let case = CaseId(notice.row.stream.0);
    let gone = || Problem::internal("a notice names a case or thread that is not there");
    let history = app.engine.history(case)?.ok_or_else(gone)?;
    let (system, no) = of(notice).ok_or_else(gone)?;
    let thread = history.case.thread(no).ok_or_else(gone)?;
    let record = history.records.iter().find(|(_, r)| r.version == notice.row.version);
    let text = record.and_then(|(_, r)| {
        r.events.iter().find_map(|event| match event {
            Event::ThreadMoved { thread, step: Step::Sent, text, .. } if *thread == no => *text,
            _ => None,
        })
    });
    let governed = history.case.facts.as_ref().and_then(|f| f.governed.as_ref());
    let words = text.map(|text| words(app, case, system, text)).transpose()?.flatten();
    let letter = json!({
        "id": notice_id(&notice.row),
        "type": format!("notice.{KIND}"),
        "timestamp": instant(notice.row.at),
        "data": {
            "kind": KIND,
            "to": {"system": system},
            "order": governed.map(|g| &g.external_id),
            "number": history.case.number,
            "thread": no.0,
            "owed": thread.label,
            "round": thread.round,
            "until": thread.until.map(instant),
            "text": words,
            "files": history.case.attached.len(),
        },
    });
    Ok(letter.to_string().into_bytes())
}

/// The words of a reply; none where they were destroyed.
fn words(app: &App, case: CaseId, system: &SystemId, text: TextRef) -> Result<Option<String>, Problem> {
    let entry = AccessEntry {
        at: app.engine.now(),
        actor: PersonId::new("huying").map_err(|e| Problem::internal(e.to_string()))?,
        post: None,
        purpose: format!("report to {system}").into(),
        case_id: case,
    };
    let found = app.engine.read_clear(entry, vec![text.item])?.pop();
    Ok(match found {
        Some(Clear::Text(opened)) => Some(String::from_utf8_lossy(&opened.text).into_owned()),
        _ => None,
    })
}

/// Takes in the receipt that came in an answer; none is there when it is to come later.
///
/// # Errors
/// Why it could not be stored; then our word is delivered again.
pub(super) fn answered(app: &App, notice: &NoticeEntry, answer: &[u8]) -> Result<(), String> {
    let Some((system, thread)) = of(notice) else { return Ok(()) };
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return Ok(()) };
    let Some(accepted) = answer["accepted"].as_bool() else { return Ok(()) };
    let receipt = answer["receipt"].as_str().filter(|r| is_receipt(r)).map(Into::into);
    let hash = Sha256::new().chain_update("huying receipt\n").chain_update(notice_id(&notice.row));
    let key: Key = hash.finalize().into();
    let submission = Submission {
        key: Some(key),
        actor: Actor::System(system.clone()),
        occurred: None,
        case: Some(CaseId(notice.row.stream.0)),
        command: Command::Receipt { thread, accepted, receipt },
        texts: Vec::new(),
    };
    match app.engine.submit(submission) {
        // Our word came twice, or its receipt was here already: the first one counts.
        Ok(_) | Err(Rejected::Refused(_) | Rejected::KeyReused) => Ok(()),
        Err(error) => Err(format!("its receipt could not be stored: {error}")),
    }
}

/// Whether a text is a receipt: a number or code of the other system, never words.
pub(crate) fn is_receipt(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b':');
    (1..=MAX_RECEIPT).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_a_code_and_never_words() {
        for good in ["r-1", "CD:2026.7_x", &"a".repeat(MAX_RECEIPT)] {
            assert!(is_receipt(good), "{good}");
        }
        for bad in ["", "图片缺失", "not complete", &"a".repeat(MAX_RECEIPT + 1)] {
            assert!(!is_receipt(bad), "{bad}");
        }
    }
}
