//! Both sides of whistles: the rows say which units a case came to, and the few cases on which a whistle was
//! blown are folded, up to the very version their row shows.

use super::{Inside, Look, Question, name_of, origin};
use crate::batch::fold;
use crate::error::EngineError;
use huying_core::case::state::Spine;
use huying_core::figures::{By, WhistleFigures, WhistleSheet};
use huying_core::ids::{Seq, UnitId};

pub(super) fn draw(look: &Look<'_>, question: &Question) -> Result<WhistleSheet, EngineError> {
    let rules = look.rules;
    let whistling = rules.profile.whistling.clone().ok_or(EngineError::NoWhistles)?;
    let mut figures = WhistleFigures::default();
    let mut inside = Inside::of(rules, question);
    let (mut blown, mut at) = (Vec::new(), Seq(0));
    look.views.facts_at(&question.filter, &mut at, |row| {
        let counts = !row.excluded && row.state != Spine::Void.as_str();
        if !counts || !question.holds(&row) || !inside.holds(row.place.as_ref()) {
            return;
        }
        if row.whistles > 0 {
            blown.push((row.case_id, row.version));
            return;
        }
        let units = row.came_to.as_deref().unwrap_or_default().split_whitespace();
        units.filter_map(|id| UnitId::new(id).ok()).for_each(|unit| figures.came(unit));
    })?;
    for (case, version) in blown {
        if let Some(case) = fold(&(look.load)(case)?, Some(version))? {
            figures.add(&case, &whistling);
        }
    }
    let known = |unit: &UnitId| {
        let kind = rules.city.units.get(unit)?.kind.clone();
        Some((name_of(rules, By::Unit, unit.as_str())?, kind))
    };
    let convenes =
        |kind: &str| rules.profile.whistles.iter().any(|w| w.conveners.iter().any(|of| of == kind));
    let asked = (question.core(look.now), origin(rules, at));
    Ok(figures.sheet(asked, (rules.figures.clone(), whistling), known, convenes))
}
