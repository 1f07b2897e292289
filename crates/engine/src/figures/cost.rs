//! What cases cost, from the rows of those that were handled here.

use super::{Inside, Look, Question};
use crate::error::EngineError;
use crate::rows::is_call;
use huying_core::case::state::Spine;
use huying_core::figures::{By, CostFigures, Took};

pub(super) fn draw(look: &Look<'_>, question: &Question) -> Result<CostFigures, EngineError> {
    let rates = look.rules.profile.costs.clone().ok_or(EngineError::NoCosts)?;
    let mut figures = CostFigures::new(rates);
    let mut inside = Inside::of(look.rules, question);
    look.views.facts(&question.filter, |row| {
        let counts = row.system.is_none() && is_call(&row) && question.holds(&row);
        if !counts || !inside.holds(row.place.as_ref()) {
            return;
        }
        let group = match question.by {
            By::Unit => Some(row.lead_unit.as_ref().map(|u| u.as_str().into())),
            By::Matter => Some(row.matter.as_ref().map(|m| m.as_str().into())),
            _ => None,
        };
        let (minutes, trips, forms, transfers) = (row.minutes, row.trips, row.forms, row.transfers);
        let closed = row.state == Spine::Closed.as_str();
        figures.add(&Took { minutes, trips, forms, transfers, closed }, group);
    })?;
    Ok(figures)
}
