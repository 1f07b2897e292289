//! Exact points: sealed on the way in where the journal may only hold a lattice node, and opened again for
//! comparisons inside the process.
//!
//! A person who reads an exact point does so like any other words: `Engine::read_clear`, with a purpose and
//! a row in the access ledger. A machine that compares the points of open cases (are two calls within fifty
//! metres?) reads thousands of them a minute and tells nobody; a row each would bury the readings that
//! matter. Hence [`Engine::exact_point`]: no row, but what it gives can only be measured with. It neither
//! prints nor serialises, and dies with its holder. What may be passed on is the answer (near or not),
//! never the point.

use crate::engine::Engine;
use crate::error::{EngineError, Rejected};
use crate::submission::ClearText;
use huying_core::case::command::Command;
use huying_core::case::cover::{POINT_CLASS, asks_source, cover, exact_slot};
use huying_core::case::event::{Point, TextRef};
use huying_core::ids::CaseId;
use huying_store::{StoreError, open_item};
use std::fmt;

/// The exact point of an open case, to be measured with and not to be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ExactPoint(Point);

impl fmt::Debug for ExactPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExactPoint(…)")
    }
}

impl ExactPoint {
    /// The distance in metres to another case's point; none when their data differ.
    pub fn metres_to(&self, other: &ExactPoint) -> Option<f64> {
        self.0.metres_to(other.0)
    }

    /// The distance in metres to a point that is public, such as a component's; none when their data differ.
    pub fn metres_to_point(&self, other: Point) -> Option<f64> {
        self.0.metres_to(other)
    }
}

impl Engine {
    /// Covers the point of a command as the profile in force asks, and puts the exact one among the words to
    /// be sealed.
    pub(crate) fn cover(
        &self,
        case: Option<CaseId>,
        command: &mut Command,
        texts: &mut Vec<ClearText>,
    ) -> Result<(), Rejected> {
        let known = match case {
            Some(case) if asks_source(command) => self.history(case)?.and_then(|h| h.case.facts),
            _ => None,
        };
        let source = known.as_ref().map(|facts| facts.source.as_str());
        let Some(exact) = cover(command, source, &self.rules().profile) else { return Ok(()) };
        let text = serde_json::to_string(&exact).map_err(EngineError::from)?;
        if let Some(slot) = exact_slot(command) {
            *slot = Some(TextRef::pending(texts.len() as u64));
            texts.push(ClearText { class: POINT_CLASS.into(), text });
        }
        Ok(())
    }

    /// The exact point of an open case, for comparisons inside this process; see the module's word on why
    /// no row in the access ledger is written. None for a case that is closed or void, has no point, or was
    /// erased: then only the lattice node in its events is left.
    ///
    /// # Errors
    /// The store's faults; `Sealed` for a vault item that was altered.
    pub fn exact_point(&self, case: CaseId) -> Result<Option<ExactPoint>, EngineError> {
        let Some(case) = self.history(case)?.map(|h| h.case).filter(|c| c.spine.is_open()) else {
            return Ok(None);
        };
        let exact = match case.point() {
            (_, Some(exact)) => exact,
            (clear, None) => return Ok(clear.map(ExactPoint)),
        };
        if case.is_erased(&exact) {
            return Ok(None);
        }
        let key = match self.data_key(case.id) {
            Ok(key) => key,
            Err(StoreError::Erased { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let items = self.read(|reader| reader.items_of(case.id))?;
        let Some(sealed) = items.iter().find(|i| i.place.item == exact.item && !i.ciphertext.is_empty())
        else {
            return Ok(None);
        };
        let opened = open_item(&key, sealed)?;
        Ok(Some(ExactPoint(serde_json::from_slice(&opened.text)?)))
    }
}
