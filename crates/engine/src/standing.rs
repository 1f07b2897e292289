//! Standing orders on their way into the journal: words are sealed under the city's own key, the order is
//! decided on the rules in force and is one record of the city's stream. Who is on duty now is looked up here
//! and remembered until somebody's turn ends.

use crate::city::{CITY_STREAM, InForce};
use crate::error::{EngineError, Rejected};
use crate::sealing::{self, CASE_SUBJECT};
use crate::submission::{ClearText, Key};
use crate::writer::Writer;
use huying_core::case::event::{Actor, Digest};
use huying_core::ids::{CaseId, PersonId, UnitId};
use huying_core::rules::Rules;
use huying_core::standing::{OnDuty, Order, OrderNo};
use huying_core::time::Time;
use huying_store::{IdempotencyRow, StoreError, VaultItem, VaultKey};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// What the words of standing orders are kept under in the vault: the city itself, which is no case.
pub const CITY_CASE: CaseId = CaseId(0);

/// An order as somebody gives it.
#[derive(Debug)]
pub struct OrderGiven {
    /// The key under which it is done once.
    pub key: Option<Key>,
    /// Who gives it.
    pub actor: Actor,
    /// The order; its words are a pending reference.
    pub order: Order,
    /// Its words.
    pub text: Option<ClearText>,
}

/// An order that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ordered {
    /// Its number.
    pub no: OrderNo,
    /// Whether it was given before under the same key.
    pub repeated: bool,
}

/// What is remembered of an order with a key.
#[derive(Serialize, Deserialize)]
struct Outcome {
    body: Digest,
    no: OrderNo,
}

/// Who is on duty under some rules, until somebody's turn ends.
pub(crate) struct Watch {
    rules: Arc<Rules>,
    from: Time,
    on_duty: OnDuty,
}

impl Watch {
    fn holds(&self, rules: &Arc<Rules>, now: Time) -> bool {
        Arc::ptr_eq(&self.rules, rules) && self.from <= now && self.on_duty.until.is_none_or(|u| now < u)
    }
}

impl Writer {
    /// Who is on duty in each unit now.
    pub(crate) fn on_duty(&mut self, rules: &Arc<Rules>) -> Arc<HashMap<UnitId, PersonId>> {
        let now = self.now;
        if let Some(watch) = self.watch.as_ref().filter(|w| w.holds(rules, now)) {
            return watch.on_duty.people.clone();
        }
        let on_duty = rules.standing.on_duty(rules, now);
        let people = on_duty.people.clone();
        self.watch = Some(Watch { rules: rules.clone(), from: now, on_duty });
        people
    }

    /// Puts an order in force.
    pub(crate) fn order(&mut self, given: OrderGiven) -> Result<Ordered, Rejected> {
        let OrderGiven { key, actor, mut order, text } = given;
        let body = self.body(&order, text.as_ref())?;
        if let Some(known) = key.map(|key| self.known(&key, &body)).transpose()?.flatten() {
            return Ok(known);
        }
        let words = self.seal_words(&mut order, text.as_ref())?;
        let (city, now) = (self.shared.city(), self.now);
        let (rules, no, mut batch) = crate::city::order(&self.store, &city.rules, &order, actor, now)?;
        if let Some((item, key)) = words {
            batch.vault.push(item);
            batch.vault_keys.extend(key);
        }
        if let (Some(key), Some(record)) = (key, batch.records.first()) {
            let outcome =
                serde_json::to_vec(&Outcome { body: Digest(body), no }).map_err(EngineError::from)?;
            batch.keys.push(IdempotencyRow { key, stream: CITY_STREAM, version: record.version, outcome });
        }
        if let Err(error) = self.store.commit(&batch) {
            return Err(self.city_failed(error));
        }
        self.put_in_force(InForce { rules: Arc::new(rules), ..city });
        Ok(Ordered { no, repeated: false })
    }

    /// What was sent, hashed with a key, because it is made of words.
    fn body(&self, order: &Order, text: Option<&ClearText>) -> Result<[u8; 32], Rejected> {
        let order = serde_json::to_vec(order).map_err(EngineError::from)?;
        let text = text.map_or(&[][..], |t| t.text.as_bytes());
        Ok(self.store.master().mac("standing order", [order.as_slice(), text]))
    }

    fn known(&self, key: &Key, body: &[u8; 32]) -> Result<Option<Ordered>, Rejected> {
        let Some(row) = self.store.outcome_of(key)? else { return Ok(None) };
        let outcome: Outcome = serde_json::from_slice(&row.outcome).map_err(EngineError::from)?;
        if outcome.body.0 == *body {
            return Ok(Some(Ordered { no: outcome.no, repeated: true }));
        }
        Err(Rejected::KeyReused)
    }

    /// Seals the words of an order; the first words of all bring the key they are sealed under.
    fn seal_words(
        &self,
        order: &mut Order,
        text: Option<&ClearText>,
    ) -> Result<Option<(VaultItem, Option<VaultKey>)>, Rejected> {
        let (Some(slot), Some(text)) = (order.text_mut(), text) else { return Ok(None) };
        sealing::check(std::slice::from_ref(text))?;
        let (key, wrapped) = match self.store.data_key(CITY_CASE, CASE_SUBJECT, self.store.master()) {
            Ok(key) => (key, None),
            Err(StoreError::Missing { .. }) => {
                let (key, wrapped) = sealing::new_key(CITY_CASE, self.store.master())?;
                (key, Some(wrapped))
            }
            Err(error) => return Err(error.into()),
        };
        let (item, reference) = sealing::seal_text(text, CITY_CASE, &key, &self.shared.next_item)?;
        *slot = reference;
        Ok(Some((item, wrapped)))
    }
}
