//! Delivering what a durable record owes: news to the cases that follow, and destruction after an erasure.
//!
//! What is owed stands in the outbox, written with the record. It is delivered at least once; each message
//! has an idempotency key of its own, so that a crash between delivery and cursor changes nothing.

use crate::batch::Prepared;
use crate::error::{EngineError, Rejected};
use crate::outbox::{FOLLOW, Owed};
use crate::sealing::{CASE_SUBJECT, Sealed, seal_text};
use crate::submission::{ClearText, Key};
use crate::writer::{Writer, own};
use huying_core::case::command::{Command, Followed};
use huying_core::case::event::{Actor, TextRef};
use huying_core::ids::{CaseId, PersonId, SystemId};
use huying_store::{AccessEntry, Clear, OutboxEntry, StoreError, VaultItem};
use sha2::{Digest as _, Sha256};

/// The name of the cursor.
const NAME: &str = "follow";
/// Messages looked at in one go.
const STEP: usize = 4_096;

/// The idempotency key of a message.
fn key(message: &OutboxEntry) -> Key {
    Sha256::new()
        .chain_update(b"huying owed\n")
        .chain_update(message.position.to_be_bytes())
        .finalize()
        .into()
}

impl Writer {
    /// Delivers everything that is owed by now, and what follows from it.
    ///
    /// # Errors
    /// The store's faults; what was not delivered stays owed.
    pub(crate) fn pay(&mut self) -> Result<(), Rejected> {
        while self.owes {
            self.owes = false;
            if let Err(error) = self.pay_some() {
                self.owes = true;
                return Err(error);
            }
        }
        Ok(())
    }

    fn pay_some(&mut self) -> Result<(), Rejected> {
        let from = self.store.cursor(NAME)?;
        let mut at = from;
        loop {
            let messages = self.store.outbox_after(at, STEP)?;
            let Some(last) = messages.last().map(|m| m.position) else { break };
            let mut jobs = Vec::new();
            for message in messages.iter().filter(|m| m.row.topic == FOLLOW) {
                let owed = serde_json::from_slice(&message.row.payload).map_err(EngineError::from)?;
                if self.store.outcome_of(&key(message))?.is_none() {
                    jobs.extend(self.owed(&owed)?.map(|job| Prepared { key: Some(key(message)), ..job }));
                }
            }
            if !jobs.is_empty() {
                // A refusal means that the other case has gone its own way.
                self.commit_own(jobs)?;
                self.store.move_cursor(NAME, last)?;
            }
            at = last;
        }
        if at > from {
            self.store.move_cursor(NAME, at)?;
        }
        Ok(())
    }

    /// Does what is owed, or says by which command it is done.
    fn owed(&mut self, owed: &Owed) -> Result<Option<Prepared>, EngineError> {
        let actor = Actor::System(own_name());
        match *owed {
            Owed::Destroy { case } => {
                self.store.erase(case, None, self.now)?;
                Ok(None)
            }
            Owed::Joined { to, from, joined } => {
                Ok(Some(own(to, actor, Command::Joined { other: from, joined })))
            }
            Owed::Follow { to, from, what } => {
                let mut command = Command::Follow { from, what };
                let mut sealed = Sealed::default();
                if let Followed::Answered { text: Some(text) } = what
                    && let Some((item, text)) = self.passed_on(to, from, text)?
                {
                    command = Command::Follow { from, what: Followed::Answered { text: Some(text) } };
                    sealed.items.push(item);
                }
                Ok(Some(Prepared { sealed, ..own(to, actor, command) }))
            }
        }
    }

    /// The reply's words, sealed anew under the key of the case that gets them. Where either case was erased
    /// meanwhile the reference stays the other case's: the step is still taken, and there is nothing to read.
    fn passed_on(
        &mut self,
        to: CaseId,
        from: CaseId,
        text: TextRef,
    ) -> Result<Option<(VaultItem, TextRef)>, EngineError> {
        let key = match self.store.data_key(to, CASE_SUBJECT, self.store.master()) {
            Ok(key) => key,
            Err(StoreError::Erased { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let entry = AccessEntry {
            at: self.now,
            actor: own_person(),
            post: None,
            purpose: "follow".into(),
            case_id: from,
        };
        let Some(Clear::Text(opened)) = self.store.read_clear(&entry, &[text.item])?.pop() else {
            return Ok(None);
        };
        let text =
            ClearText { class: "reply".into(), text: String::from_utf8_lossy(&opened.text).into_owned() };
        Ok(Some(seal_text(&text, to, &key, &self.shared.next_item)?))
    }
}

/// The name under which the engine itself acts.
#[expect(clippy::expect_used, reason = "a constant that is an id")]
fn own_name() -> SystemId {
    SystemId::new("huying").expect("`huying` is an id")
}

#[expect(clippy::expect_used, reason = "a constant that is an id")]
fn own_person() -> PersonId {
    PersonId::new("huying").expect("`huying` is an id")
}
