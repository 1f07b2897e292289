//! Sealing the words of a command before it is queued, off the writer's thread.
//!
//! A new case gets a data key of its own, wrapped in the same commit; words added later are sealed under
//! the key the case already has. Subject 0 is the case as such: its caller, its texts.

use crate::error::{EngineError, Rejected};
use crate::limits::{MAX_TEXT_BYTES, MAX_TEXTS};
use crate::submission::ClearText;
use huying_core::case::command::Command;
use huying_core::case::event::{Digest, TextRef};
use huying_core::ids::{CaseId, ItemId};
use huying_store::{DataKey, ItemPlace, MasterKey, VaultItem, VaultKey, seal};
use std::sync::atomic::{AtomicU64, Ordering};

/// The subject that a case's own words are sealed under.
pub(crate) const CASE_SUBJECT: u32 = 0;

/// Words that were sealed for one command.
#[derive(Debug, Default)]
pub(crate) struct Sealed {
    pub(crate) items: Vec<VaultItem>,
    pub(crate) key: Option<VaultKey>,
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], EngineError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| EngineError::Randomness(e.to_string()))?;
    Ok(bytes)
}

/// A key for a case that is being taken in.
pub(crate) fn new_key(case: CaseId, master: &MasterKey) -> Result<(DataKey, VaultKey), EngineError> {
    let key = DataKey::from_bytes(random()?);
    let wrapped = master.wrap(case, CASE_SUBJECT, &key, random()?)?;
    Ok((key, wrapped))
}

/// Refuses more, or longer, words than are taken.
pub(crate) fn check(texts: &[ClearText]) -> Result<(), Rejected> {
    if texts.len() > MAX_TEXTS {
        return Err(Rejected::TooLarge { what: "texts of a command", given: texts.len(), limit: MAX_TEXTS });
    }
    match texts.iter().find(|t| t.text.len() > MAX_TEXT_BYTES) {
        Some(t) => {
            Err(Rejected::TooLarge { what: "bytes of a text", given: t.text.len(), limit: MAX_TEXT_BYTES })
        }
        None => Ok(()),
    }
}

/// Seals one text under `key`.
pub(crate) fn seal_text(
    text: &ClearText,
    case: CaseId,
    key: &DataKey,
    next_item: &AtomicU64,
) -> Result<(VaultItem, TextRef), EngineError> {
    let item = ItemId(next_item.fetch_add(1, Ordering::Relaxed));
    let place = ItemPlace { item, case_id: case, subject: CASE_SUBJECT, class: text.class.clone() };
    let (sealed, commit) = seal(key, place, random()?, random()?, text.text.as_bytes())?;
    Ok((sealed, TextRef { item, commit: Digest(commit) }))
}

/// Takes the words out of a command that says something without them too, for a case whose key is destroyed:
/// what another system says of it, and where it is. Whether the command is one.
pub(crate) fn go_without_words(command: &mut Command) -> bool {
    match command {
        Command::Observe { texts, exact, .. } => {
            texts.clear();
            *exact = None;
            true
        }
        Command::Move { location, text: None } if location.words.is_none() => {
            location.exact = None;
            true
        }
        _ => false,
    }
}

/// Seals `texts` under `key` and puts the references into `command`, in order.
pub(crate) fn seal_into(
    command: &mut Command,
    texts: &[ClearText],
    case: CaseId,
    key: &DataKey,
    next_item: &AtomicU64,
) -> Result<Vec<VaultItem>, EngineError> {
    let mut items = Vec::with_capacity(texts.len());
    let mut refs: Vec<TextRef> = Vec::with_capacity(texts.len());
    for text in texts {
        let (sealed, reference) = seal_text(text, case, key, next_item)?;
        items.push(sealed);
        refs.push(reference);
    }
    for slot in command.texts_mut() {
        let index = usize::try_from(slot.item.0).unwrap_or(usize::MAX);
        if let Some(sealed) = refs.get(index) {
            *slot = *sealed;
        }
    }
    Ok(items)
}
