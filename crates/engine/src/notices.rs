//! Notices 告知 as the engine keeps them: written with their record, shown in boxes, and handed in their order
//! to whoever delivers them. Who is told what is the core's; how it travels is the server's.

use crate::engine::Engine;
use crate::error::{EngineError, Rejected};
use crate::sealing::random;
use crate::store::{NoticeEntry, NoticeRow, SubscriptionRow};
use huying_core::case::event::Record;
use huying_core::case::notice::{NoticeKind, Recipient, notices};
use huying_core::case::state::Case;
use huying_core::ids::{PlaceId, SystemId, UnitId};
use huying_core::rules::Rules;
use huying_store::Doer;
use serde::{Deserialize, Serialize};

/// The state of a subscription that is delivered to.
pub const LIVE: &str = "live";
/// The state of one that waits for an administrator.
pub const PAUSED: &str = "paused";

/// The rows of everything that a record promises to tell.
pub(crate) fn rows(record: &Record, before: Option<&Case>, case: &Case) -> Vec<NoticeRow> {
    let all = notices(record, before, case).into_iter();
    all.map(|n| {
        let (unit, person, system) = match n.to {
            Recipient::Unit(unit) => (Some(unit), None, None),
            Recipient::Person { unit, person } => (Some(unit), Some(person), None),
            Recipient::System(system) => (None, None, Some(system)),
            Recipient::Caller => (None, None, None),
        };
        NoticeRow {
            stream: n.id.stream,
            version: n.id.version,
            index: n.id.index,
            at: record.recorded_at,
            kind: n.kind.as_str().into(),
            unit,
            person,
            system,
            thread: n.thread,
            clock: n.clock,
            due: n.due,
        }
    })
    .collect()
}

/// The kind that a word is.
pub fn kind_of(word: &str) -> Option<NoticeKind> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

/// The name of a notice for ever, as subscribers get it.
pub fn notice_id(row: &NoticeRow) -> String {
    format!("{}-{}-{}", row.stream, row.version.0, row.index)
}

/// The account that the tokens of a system above are of.
pub fn account_of(system: &SystemId) -> String {
    format!("system-{system}")
}

/// Which notices a subscriber gets. Everything that is set narrows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Those to this unit and the units below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Those of cases in this place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// What is owed to this system; without it nothing that is told to systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<SystemId>,
    /// Those of these kinds; of every kind without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<NoticeKind>,
    /// Whether those to callers come too, for a gateway of text messages.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub callers: bool,
}

impl Scope {
    /// Whether a notice is for whoever subscribed so; never one about a case of which its unit must not know.
    pub fn takes(&self, notice: &NoticeEntry, rules: &Rules) -> bool {
        let row = &notice.row;
        if self.system.is_some() || row.system.is_some() {
            return self.system == row.system;
        }
        // A restricted case is for those it names, in their own boxes; it is pushed to no system.
        if notice.restricted && row.unit.is_some() {
            return false;
        }
        let to = match (&row.unit, &self.unit) {
            (None, _) => self.callers,
            (Some(unit), Some(over)) => rules.reports_to(unit, over),
            (Some(_), None) => true,
        };
        let here = self
            .place
            .as_ref()
            .is_none_or(|over| notice.place.as_ref().is_some_and(|place| rules.lies_in(place, over)));
        let kind = || kind_of(&row.kind).is_some_and(|kind| self.kinds.contains(&kind));
        let kept = |unit: &UnitId| notice.about.as_ref().is_some_and(|about| rules.accused(unit, about));
        to && here && (self.kinds.is_empty() || kind()) && !self.unit.as_ref().is_some_and(kept)
    }
}

/// A subscription with its scope read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The row as it is kept.
    pub row: SubscriptionRow,
    /// Which notices it gets.
    pub scope: Scope,
}

impl Engine {
    /// Every living subscription, oldest first.
    ///
    /// # Errors
    /// The store's faults; a scope that does not read.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>, EngineError> {
        let rows = self.read(|r| r.subscriptions())?;
        rows.into_iter()
            .map(|row| Ok(Subscription { scope: serde_json::from_str(&row.scope)?, row }))
            .collect()
    }

    /// Makes a subscription that gets what is promised from now on; its secret is shown this once.
    ///
    /// # Errors
    /// `Exists` for a name that lives; the store's faults.
    pub fn subscribe_to(
        &self,
        by: &Doer,
        name: &str,
        url: &str,
        scope: &Scope,
    ) -> Result<(Subscription, [u8; 32]), Rejected> {
        let row = SubscriptionRow {
            id: 0,
            name: name.into(),
            url: url.to_owned(),
            salt: random::<16>()?,
            scope: serde_json::to_string(scope).map_err(EngineError::from)?,
            made_at: self.now(),
            made_by: by.actor.clone(),
            state: LIVE.into(),
            reason: String::new(),
            position: 0,
            failures: 0,
            failing_since: None,
            next_try: huying_core::time::Time(0),
            delivered: 0,
            failed: 0,
        };
        let row = self.with_store(move |store, _| store.put_subscription(&row))?;
        let secret = self.secret_of(&row);
        Ok((Subscription { row, scope: scope.clone() }, secret))
    }

    /// The secret that deliveries to a subscriber are signed with. It is kept nowhere: it follows from the
    /// row and the key of the folder.
    pub fn secret_of(&self, row: &SubscriptionRow) -> [u8; 32] {
        self.mac("subscription", &[&row.salt, row.name.as_bytes()])
    }
}
