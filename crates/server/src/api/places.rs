//! A place of the city: its line of parents, what is under it, who answers there. Public.

use super::PROBLEM;
use super::cases::Named;
use super::new_case::find_place;
use super::standing::mode_named;
use crate::app::App;
use crate::call::Call;
use crate::fields::shown;
use crate::live::OpenCases;
use crate::plain::{self, Said};
use crate::problem::{Kind, Problem};
use axum::Json;
use axum::extract::{Path, State};
use huying_core::place::{PlaceNo, Places};
use huying_core::rules::Rules;
use huying_core::time::Time;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceView {
    /// The permanent id.
    id: String,
    /// The code in force, in the city's own numbering.
    code: Option<String>,
    /// Its names.
    name: Said,
    /// The word of its level, as in tiles.
    level_id: String,
    /// Its level.
    level: Said,
    /// Its kind within the level.
    kind: Option<Said>,
    /// In each tree it stands in, its parents from the top.
    lines: Vec<Line>,
    /// The places directly under it, in the tree it belongs to.
    children: Vec<ChildView>,
    /// Residents, where a source states them.
    residents: Option<u64>,
    /// Households, where a source states them.
    households: Option<u64>,
    /// Units whose territory it is.
    units: Vec<Named>,
    /// The mode that holds there now, where the city has any.
    mode: Option<Named>,
}

/// A place directly under another.
#[derive(Debug, Serialize, ToSchema)]
struct ChildView {
    /// Its id.
    id: String,
    /// Its names.
    name: Said,
    /// How many cases that anybody may know of are open in it and under it; none for a place that is smaller
    /// than the public level, where a count would say which door it is.
    open: Option<u32>,
    /// How many places are directly under it.
    children: usize,
}

/// A line of parents in one tree.
#[derive(Debug, Serialize, ToSchema)]
struct Line {
    /// The tree.
    tree: Said,
    /// The parents, from the top.
    parents: Vec<Named>,
}

/// A place by its code or id
#[utoipa::path(
    get, path = "/api/v1/places/{code}", operation_id = "get_place", tag = "city",
    params(("code" = String, Path, description = "A code, new or old, or the id", example = "510104")),
    responses(
        (status = 200, body = PlaceView),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
    security(()),
)]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path(code): Path<String>,
    mut call: Call,
) -> Result<Json<PlaceView>, Problem> {
    call.end(&[])?;
    app.run(move |app| {
        let (rules, now) = (app.rules(), app.engine.now());
        let found = find_place(&rules, &code, now).and_then(|id| rules.city.places.find(&id));
        let place = found.ok_or_else(|| {
            Problem::new(Kind::NotFound, format!("there is no place `{}`", shown(&code)))
                .accept("a code of the city's numbering or the id of a place")
        })?;
        Ok(Json(view(&rules, &app.feed.open(), place, now)))
    })
    .await
}

pub(crate) fn named(places: &Places, at: PlaceNo) -> Named {
    let place = places.get(at);
    Named { id: place.id.to_string(), name: plain::place(place) }
}

fn view(rules: &Rules, open: &OpenCases, at: PlaceNo, now: Time) -> PlaceView {
    let day = rules.day(now);
    let places = &rules.city.places;
    let child = |p: PlaceNo| {
        let Named { id, name } = named(places, p);
        // Asked of the rules too: an edition may have made the public level wider since cases were counted.
        let open = rules.is_public_place(p).then(|| open.under(p).unwrap_or(0));
        ChildView { id, name, open, children: places.children(places.get(p).tree, p).count() }
    };
    let place = places.get(at);
    let level = places.level(at);
    let line = |(no, tree): (huying_core::place::TreeNo, &huying_core::place::Tree)| {
        let mut parents: Vec<Named> = places.line(no, at).skip(1).map(|p| named(places, p)).collect();
        parents.reverse();
        Line { tree: plain::both(&tree.name, Some(&tree.name_en)), parents }
    };
    let unit = |u: &huying_core::unit::Unit| Named { id: u.id.to_string(), name: plain::unit(rules, &u.id) };
    PlaceView {
        id: place.id.to_string(),
        code: places.code(at, day).map(str::to_owned),
        name: named(places, at).name,
        level_id: level.id.to_string(),
        level: plain::both(&level.name, Some(&level.name_en)),
        kind: places.kind(at).map(|k| plain::both(&k.name, Some(&k.name_en))),
        lines: places.trees().filter(|(no, _)| places.is_in(*no, at)).map(line).collect(),
        children: places.children(place.tree, at).map(child).collect(),
        residents: places.residents(place.tree, at),
        households: places.households(place.tree, at),
        units: rules.city.units.of_place(&place.id).map(unit).collect(),
        mode: rules.mode_at(&place.id, now).map(mode_named),
    }
}
