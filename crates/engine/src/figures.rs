//! Figures of a data folder: facts streamed from the views, counted by the core, named and dated.
//!
//! Owns which facts are asked for and where figures say they come from. What each figure means is
//! `huying_core::figures`; how a row becomes a fact is `rows.rs`. Works beside a running server, see
//! [`Reading`]. What cases cost is `cost.rs`, both sides of whistles `whistles.rs`.

mod cost;
mod whistles;

use crate::engine::{Engine, Settings};
use crate::error::EngineError;
use crate::rows::{fact, is_call};
use compact_str::CompactString;
use huying_core::figures::{
    Basis, By, Collector, CostFigures, FigureRules, Figures, Origin, Period, Question as CoreQuestion,
    WhistleSheet,
};
use huying_core::ids::{CaseId, MatterCode, PlaceId, Seq, ShardId, UnitId};
use huying_core::place::{LevelNo, Places};
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_store::{CaseFilter, CaseRow, Folder, Reader, StoreError, StoredRecord, Views};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long the views may stand still before they are given up.
const STANDSTILL: Duration = crate::limits::VIEWS_STANDSTILL;

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The rows.
    pub by: By,
    /// Which time of a case must fall in the period.
    pub basis: Basis,
    /// The period, half-open.
    pub period: Period,
    /// The instant at which an open case is judged overdue; none for now.
    pub as_of: Option<Time>,
    /// The level to which places are lifted; none leaves them as the cases name them.
    pub level: Option<CompactString>,
    /// Only cases in this place or under it, in any tree.
    pub within: Option<PlaceId>,
    /// Which cases; all by default.
    pub filter: CaseFilter,
}

impl Question {
    fn core(&self, now: Time) -> CoreQuestion {
        let Question { by, basis, period, as_of, .. } = *self;
        CoreQuestion { by, basis, period, as_of: as_of.unwrap_or(now) }
    }

    /// Whether a row belongs to the period, by the time that counts.
    fn holds(&self, row: &CaseRow) -> bool {
        let at = match self.basis {
            Basis::Opened => Some(row.opened_at),
            Basis::Due => row.due_at,
            Basis::Closed => row.closed_at,
        };
        at.is_some_and(|at| self.period.holds(at))
    }
}

/// Draws figures from a running engine, of everything that is durable when it is called.
///
/// # Errors
/// `NoLevel` for a level the city lacks, `Behind` when the views do not follow; the store's faults.
pub fn collect(engine: &Engine, question: &Question) -> Result<Figures, EngineError> {
    look(engine, |look| draw(look, question))
}

/// What the cases of a running engine cost; see [`Reading::cost`].
///
/// # Errors
/// `NoCosts` where the profile has no rates; as [`collect`].
pub fn cost(engine: &Engine, question: &Question) -> Result<CostFigures, EngineError> {
    look(engine, |look| cost::draw(look, question))
}

/// Both sides of the whistles of a running engine; see [`Reading::whistles`].
///
/// # Errors
/// `NoWhistles` where the profile has none; as [`collect`].
pub fn whistles(engine: &Engine, question: &Question) -> Result<WhistleSheet, EngineError> {
    look(engine, |look| whistles::draw(look, question))
}

/// What figures are drawn from: views that show everything durable, and the records of one case.
struct Look<'a> {
    views: &'a Views,
    rules: &'a Rules,
    now: Time,
    load: &'a dyn Fn(CaseId) -> Result<Vec<StoredRecord>, StoreError>,
}

fn look<T>(engine: &Engine, ask: impl FnOnce(&Look<'_>) -> Result<T, EngineError>) -> Result<T, EngineError> {
    let (seen, rules, now) = (engine.position()?, engine.rules(), engine.now());
    let load = |case: CaseId| engine.read(|reader| reader.load(case.stream()));
    engine.views_at(seen, |views| ask(&Look { views, rules: &rules, now, load: &load }))
}

/// A data folder opened for its figures.
#[derive(Debug)]
pub enum Reading {
    /// Nobody else had it: the views are followed here.
    Alone(Box<Engine>),
    /// A server has it, and follows the views.
    Beside(Box<Beside>),
}

/// What can be read of a folder that another process writes.
#[derive(Debug)]
pub struct Beside {
    reader: Reader,
    views: Views,
    rules: Arc<Rules>,
    now: Time,
}

impl Reading {
    /// Opens a folder; when another process holds it, for reading only.
    ///
    /// # Errors
    /// `NoCity` when none was loaded yet, `Store` with `Missing` when there is no such folder; the store's
    /// faults.
    pub fn open(root: &Path, settings: Settings) -> Result<Reading, EngineError> {
        let folder = Folder::at(root);
        if !folder.ledger().exists() {
            let what = format!("ledger `{}`", folder.ledger().display());
            return Err(StoreError::Missing { what }.into());
        }
        let now = settings.time.now();
        match Engine::open(root, settings) {
            Ok(engine) => Ok(Reading::Alone(Box::new(engine))),
            Err(EngineError::Store(StoreError::Held { .. })) => {
                let reader = Reader::open(&folder)?;
                let rules = Arc::new(crate::city::current(&reader, &folder)?);
                let views = Views::open(&folder)?;
                Ok(Reading::Beside(Box::new(Beside { reader, views, rules, now })))
            }
            Err(other) => Err(other),
        }
    }

    /// The rules in force.
    pub fn rules(&self) -> Arc<Rules> {
        match self {
            Reading::Alone(engine) => engine.rules(),
            Reading::Beside(beside) => beside.rules.clone(),
        }
    }

    fn look<T>(&self, ask: impl FnOnce(&Look<'_>) -> Result<T, EngineError>) -> Result<T, EngineError> {
        match self {
            Reading::Alone(engine) => look(engine, ask),
            Reading::Beside(b) => {
                wait_for(&b.views, b.reader.position()?)?;
                let load = |case: CaseId| b.reader.load(case.stream());
                ask(&Look { views: &b.views, rules: &b.rules, now: b.now, load: &load })
            }
        }
    }

    /// Draws figures; see [`collect`].
    ///
    /// # Errors
    /// As [`collect`].
    pub fn collect(&self, question: &Question) -> Result<Figures, EngineError> {
        self.look(|look| draw(look, question))
    }

    /// What the cases cost, by the profile's rates: of all, and by unit or matter. The period and its basis
    /// are the question's; cases of other systems are left out, since no effort of them is known.
    ///
    /// # Errors
    /// `NoCosts` where the profile has no rates; as [`collect`].
    pub fn cost(&self, question: &Question) -> Result<CostFigures, EngineError> {
        self.look(|look| cost::draw(look, question))
    }

    /// Both sides of whistles: how departments came, whether conveners were right to call, and how often
    /// they do. Of the question, `by` and `level` mean nothing here. Grades and limits are those of the
    /// profile now, whatever the period.
    ///
    /// # Errors
    /// `NoWhistles` where the profile has none; as [`collect`].
    pub fn whistles(&self, question: &Question) -> Result<WhistleSheet, EngineError> {
        self.look(|look| whistles::draw(look, question))
    }
}

/// Waits until the views show `seen`, as long as they move.
pub(crate) fn wait_for(views: &Views, seen: Seq) -> Result<(), EngineError> {
    loop {
        let before = views.watermark()?;
        if views.wait_for(seen, STANDSTILL)? {
            return Ok(());
        }
        let after = views.watermark()?;
        if after == before {
            return Err(EngineError::Behind { at: after.0, of: seen.0 });
        }
    }
}

fn draw(look: &Look<'_>, question: &Question) -> Result<Figures, EngineError> {
    let rules = look.rules;
    let mut lift = Lift::to(&rules.city.places, question.level.as_deref())?;
    let by = question.by;
    let weights = Some(rules.profile.weights.clone());
    let mut collector =
        Collector::new(question.core(look.now), FigureRules { weights, ..rules.figures.clone() });
    let by_place = by == By::Place;
    let mut inside = Inside::of(rules, question);
    let mut at = Seq(0);
    look.views.facts_at(&question.filter, &mut at, |row| {
        if !is_call(&row) || !inside.holds(row.place.as_ref()) {
            return;
        }
        let mut fact = fact(&row);
        if by == By::Hour {
            let hour = rules.calendar.civil(row.opened_at).hour();
            fact.hour = Some(format!("{hour:02}").into());
        }
        if by_place {
            fact.place = row.place.as_ref().and_then(|place| lift.place(place));
        }
        collector.add(&fact);
    })?;
    let mut figures = collector.finish(origin(rules, at));
    figures.name_rows(|key| name_of(rules, by, key));
    Ok(figures)
}

fn origin(rules: &Rules, at: Seq) -> Origin {
    Origin {
        position: BTreeMap::from([(ShardId(0), at)]),
        city_edition: Some(rules.edition),
        profile_edition: Some(rules.profile.id.clone()),
    }
}

/// The Chinese name of a row's key.
pub fn name_of(rules: &Rules, by: By, key: &str) -> Option<String> {
    let words = &rules.profile.words;
    let word =
        |list: &[huying_core::profile::Word]| list.iter().find(|w| w.code == key).map(|w| w.name.clone());
    match by {
        By::None | By::Hour => None,
        By::Unit => rules.city.units.get(&UnitId::new(key).ok()?).map(|u| u.name.to_string()),
        By::Place => {
            let places = &rules.city.places;
            places.find(&PlaceId::new(key).ok()?).map(|no| places.get(no).name.to_string())
        }
        By::Matter => rules.city.catalogue.get(&MatterCode::new(key).ok()?).map(|m| m.name.to_string()),
        By::Channel => word(&words.channel),
        By::RequestType => word(&words.request_type),
    }
}

/// Tells cases inside a place from others, each place asked about once.
struct Inside<'a> {
    rules: &'a Rules,
    within: Option<&'a PlaceId>,
    known: HashMap<PlaceId, bool>,
}

impl<'a> Inside<'a> {
    fn of(rules: &'a Rules, question: &'a Question) -> Inside<'a> {
        Inside { rules, within: question.within.as_ref(), known: HashMap::new() }
    }

    fn holds(&mut self, place: Option<&PlaceId>) -> bool {
        let Some(within) = self.within else { return true };
        let Some(place) = place else { return false };
        if let Some(known) = self.known.get(place) {
            return *known;
        }
        let holds = self.rules.lies_in(place, within);
        self.known.insert(place.clone(), holds);
        holds
    }
}

/// Lifts places to a level. A place that has no place of that level above it, being wider or unknown, is
/// none.
struct Lift<'a> {
    places: &'a Places,
    level: Option<LevelNo>,
    known: HashMap<PlaceId, Option<CompactString>>,
}

impl<'a> Lift<'a> {
    fn to(places: &'a Places, level: Option<&str>) -> Result<Lift<'a>, EngineError> {
        let levels = &places.book().levels;
        let level = match level {
            None => None,
            Some(word) => match (0_u8..).zip(levels).find(|(_, level)| level.id == word) {
                Some((no, _)) => Some(LevelNo(no)),
                None => {
                    let words: Vec<&str> = levels.iter().map(|l| l.id.as_str()).collect();
                    return Err(EngineError::NoLevel { given: word.to_owned(), accepted: words.join(", ") });
                }
            },
        };
        Ok(Lift { places, level, known: HashMap::new() })
    }

    fn place(&mut self, place: &PlaceId) -> Option<CompactString> {
        let Some(level) = self.level else { return Some(place.as_str().into()) };
        if let Some(known) = self.known.get(place) {
            return known.clone();
        }
        let lifted = self.places.find(place).and_then(|no| {
            // The tree of highest rank that has such a place above it: a zone's streets count with the zone.
            self.places.trees_by_rank().into_iter().find_map(|tree| {
                let mut line = self.places.line(tree, no);
                line.find(|over| self.places.get(*over).level == level)
            })
        });
        let lifted = lifted.map(|no| self.places.get(no).id.as_str().into());
        self.known.insert(place.clone(), lifted.clone());
        lifted
    }
}
