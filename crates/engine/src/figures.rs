//! Figures over every case of the views: from rows to facts to the core's collector, at one journal position.
//!
//! What a figure means is the core's affair (`huying_core::figures`). The command and the server both ask here, so
//! that they can never disagree.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::rows::fact;
use huying_core::figures::{By, Collector, FigureRules, Figures, Origin, Question};
use huying_core::ids::{MatterCode, PlaceId, ShardId, UnitId};
use huying_core::rules::Rules;
use huying_store::CaseFilter;

/// Answers `question` from the views as they stand; the answer names the position and the editions it is from.
///
/// # Errors
/// The store's faults.
pub fn collect(engine: &Engine, question: Question) -> Result<Figures, EngineError> {
    let rules = engine.rules();
    let figure_rules = FigureRules::shipped()?;
    let (collector, position) = engine.views(None, |views| {
        views.at_one_position(|views, position| {
            let mut collector = Collector::new(question, figure_rules);
            views.facts(&CaseFilter::default(), |row| collector.add(&fact(&row)))?;
            Ok((collector, position))
        })
    })?;
    let mut figures = collector.finish(Origin {
        position: [(ShardId(0), position)].into(),
        city_edition: Some(rules.edition),
        profile_edition: Some(rules.profile.id.clone()),
    });
    figures.name_rows(|key| name_of(&rules, question.by, key));
    Ok(figures)
}

/// What the city calls the thing that a row stands for.
fn name_of(rules: &Rules, by: By, key: &str) -> Option<String> {
    let city = &rules.city;
    match by {
        By::None => None,
        By::Unit => city.units.get(&UnitId::new(key).ok()?).map(|u| u.name.to_string()),
        By::Place => {
            city.places.find(&PlaceId::new(key).ok()?).map(|no| city.places.get(no).name.to_string())
        }
        By::Matter => city.catalogue.get(&MatterCode::new(key).ok()?).map(|m| m.name.to_string()),
        By::Channel => word(&rules.profile.words.channel, key),
        By::RequestType => word(&rules.profile.words.request_type, key),
    }
}

fn word(words: &[huying_core::profile::Word], code: &str) -> Option<String> {
    words.iter().find(|w| w.code == code).map(|w| w.name.clone())
}
