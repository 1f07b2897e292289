//! Personal words on their way out: who may read which class, read in clear only after the access ledger
//! has the row that says so, masked with the reason for everybody else.

use crate::app::App;
use crate::limits::MAX_CLEAR;
use crate::plain;
use crate::problem::Problem;
use crate::sign_in::Desk;
use huying_core::case::decide::handles;
use huying_core::case::event::{Identity, Record, TextRef};
use huying_core::case::state::Case;
use huying_core::ids::{ItemId, PersonId, PostId, Seq, UnitId};
use huying_core::profile::Reads;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::store::{AccessEntry, Clear};
use serde::Serialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// What stands in the place of words that may not be read.
const MASK: &str = "•••";

/// Words, as far as the reader may read them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Words {
    /// What kind of words: `content`, `contact`, `address`, `point` (the exact one), `reply` or `note`.
    #[schema(example = "content")]
    class: &'static str,
    /// The item of the vault.
    item: u64,
    /// `clear`, `masked` or `erased`.
    #[schema(example = "clear")]
    state: &'static str,
    /// The words: an object for `content`, `contact` and `point`, a text otherwise; a mask when they may
    /// not be read.
    #[schema(value_type = serde_json::Value)]
    text: Value,
    /// Why they are masked, or that they were destroyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What was read of a case's words.
pub(crate) struct Library {
    content: Result<(), String>,
    contact: Result<(), String>,
    address: Result<(), String>,
    point: Result<(), String>,
    clear: HashMap<ItemId, Clear>,
    erased: HashSet<ItemId>,
}

/// Whether a unit has, or had, a hand in the case.
fn involved(case: &Case, unit: &UnitId) -> bool {
    case.lead.as_ref() == Some(unit)
        || case.facts.as_ref().is_some_and(|f| &f.lead == unit)
        || case.hands.iter().any(|h| &h.unit == unit)
        || case.threads.iter().any(|t| t.holder.as_unit() == Some(unit) || t.caller.as_unit() == Some(unit))
        || case.open_threads().any(|t| case.awaited(t).as_unit() == Some(unit))
}

/// Whether the post may read any words of the case: its unit has a hand in it, or watches over its place.
fn near(case: &Case, desk: &Desk, rules: &Rules, now: Time) -> bool {
    let watches = desk.role.any_unit && rules.covers(&desk.staff, case.place(), now);
    watches || involved(case, &desk.staff.unit)
}

/// Whether a post may read what a case holds beside its public facts, given a purpose; if not, why.
pub(crate) fn content_of(desk: &Desk, case: &Case, rules: &Rules, now: Time) -> Result<(), String> {
    if near(case, desk, rules, now) {
        content_right(desk)
    } else {
        Err("the unit of this post has no hand in the case".to_owned())
    }
}

impl Library {
    /// Reads what a post may read, for a purpose; without a purpose nothing is read in clear.
    ///
    /// # Errors
    /// The store's faults.
    pub(crate) fn of_desk(
        app: &App,
        desk: &Desk,
        case: &Case,
        records: &[(Seq, Record)],
        purpose: Option<&str>,
    ) -> Result<Library, Problem> {
        let (rules, now) = (app.rules(), app.engine.now());
        let barred = match purpose {
            None => Err("no purpose was given: add ?purpose=… to read in clear".to_owned()),
            Some(_) if !near(case, desk, &rules, now) => {
                Err("the unit of this post has no hand in the case".to_owned())
            }
            Some(_) => Ok(()),
        };
        let right = |own: &dyn Fn() -> Result<(), String>| barred.clone().and_then(|()| own());
        let mut library = Library {
            content: right(&|| content_right(desk)),
            contact: right(&|| contact_right(desk, case)),
            address: right(&|| address_right(desk, case)),
            point: right(&|| point_right(desk, case)),
            clear: HashMap::new(),
            erased: erased(case),
        };
        let wanted = library.wanted(records);
        let staff = &desk.staff;
        library.read(app, case, &staff.person, Some(&staff.post), purpose, &wanted)?;
        Ok(library)
    }

    /// Reads the answers that a resident got, for themselves.
    ///
    /// # Errors
    /// The store's faults.
    pub(crate) fn of_resident(app: &App, case: &Case, answers: &[TextRef]) -> Result<Library, Problem> {
        let mut library = Library {
            content: Ok(()),
            contact: Ok(()),
            address: Ok(()),
            point: Ok(()),
            clear: HashMap::new(),
            erased: erased(case),
        };
        let wanted: Vec<ItemId> =
            answers.iter().map(|t| t.item).filter(|i| !library.erased.contains(i)).collect();
        let resident = PersonId::new("caller").map_err(|e| Problem::internal(e.to_string()))?;
        library.read(app, case, &resident, None, Some("own case"), &wanted)?;
        Ok(library)
    }

    fn right(&self, class: &str) -> &Result<(), String> {
        match class {
            "contact" => &self.contact,
            "address" => &self.address,
            "point" => &self.point,
            _ => &self.content,
        }
    }

    fn wanted(&self, records: &[(Seq, Record)]) -> Vec<ItemId> {
        let mut seen = HashSet::new();
        let texts =
            records.iter().flat_map(|(_, r)| r.events.iter().map(move |e| plain::texts(e, &r.command)));
        texts
            .flatten()
            .filter(|(class, text)| self.right(class).is_ok() && !self.erased.contains(&text.item))
            .map(|(_, text)| text.item)
            .filter(|item| seen.insert(*item))
            .collect()
    }

    fn read(
        &mut self,
        app: &App,
        case: &Case,
        actor: &PersonId,
        post: Option<&PostId>,
        purpose: Option<&str>,
        wanted: &[ItemId],
    ) -> Result<(), Problem> {
        let purpose = purpose.unwrap_or_default();
        for items in wanted.chunks(MAX_CLEAR) {
            let entry = AccessEntry {
                at: app.engine.now(),
                actor: actor.clone(),
                post: post.cloned(),
                purpose: purpose.into(),
                case_id: case.id,
            };
            let clear = app.engine.read_clear(entry, items.to_vec())?;
            self.clear.extend(items.iter().copied().zip(clear));
        }
        Ok(())
    }

    /// The words behind a reference, as far as they may be read.
    pub(crate) fn show(&self, class: &'static str, text: &TextRef) -> Words {
        let item = text.item.0;
        let masked = |state, reason: &str| Words {
            class,
            item,
            state,
            text: Value::String(MASK.to_owned()),
            reason: Some(reason.to_owned()),
        };
        if self.erased.contains(&text.item) {
            return masked("erased", "the words were destroyed");
        }
        match (self.right(class), self.clear.get(&text.item)) {
            (Err(reason), _) => masked("masked", reason),
            (Ok(()), Some(Clear::Text(opened))) => {
                let text = String::from_utf8_lossy(&opened.text);
                let json = matches!(class, "content" | "contact" | "point");
                let object = json.then(|| serde_json::from_str(&text).ok()).flatten();
                let text = object.unwrap_or_else(|| Value::String(text.into_owned()));
                Words { class, item, state: "clear", text, reason: None }
            }
            (Ok(()), Some(Clear::Erased)) => masked("erased", "the words were destroyed"),
            (Ok(()), None) => masked("masked", "the words were not asked for"),
        }
    }
}

fn erased(case: &Case) -> HashSet<ItemId> {
    case.erased.iter().copied().collect()
}

fn content_right(desk: &Desk) -> Result<(), String> {
    if desk.reads(Reads::Content) {
        return Ok(());
    }
    Err(format!("a {} does not read the words of cases", desk.staff.role))
}

/// Words of an address tell who called, unless the caller is named anyway; whoever has to go there must know.
fn address_right(desk: &Desk, case: &Case) -> Result<(), String> {
    content_right(desk)?;
    let named = case.facts.as_ref().is_none_or(|f| f.identity == Identity::Named);
    if named || handles(case, &desk.staff.unit) { Ok(()) } else { contact_right(desk, case) }
}

/// The exact point is for whoever has to go there; the lattice node is enough to watch or to count.
fn point_right(desk: &Desk, case: &Case) -> Result<(), String> {
    content_right(desk)?;
    if handles(case, &desk.staff.unit) {
        return Ok(());
    }
    Err("the exact point is for the units that handle the case".to_owned())
}

fn contact_right(desk: &Desk, case: &Case) -> Result<(), String> {
    let identity = case.facts.as_ref().map_or(Identity::Named, |f| f.identity);
    let may = match identity {
        Identity::Named => desk.reads(Reads::Contact) || desk.reads(Reads::Confidential),
        Identity::Confidential => desk.reads(Reads::Confidential),
        Identity::Anonymous => false,
    };
    match (may, identity) {
        (true, _) => Ok(()),
        (false, Identity::Confidential) => {
            Err("the call is confidential: only those who call back read who called".to_owned())
        }
        (false, Identity::Anonymous) => Err("the call is anonymous".to_owned()),
        (false, Identity::Named) => Err(format!("a {} does not read who called", desk.staff.role)),
    }
}
