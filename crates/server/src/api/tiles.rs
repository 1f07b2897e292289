//! Vector tiles of the places of the city, by level and zoom, and of the cases that are open.

use super::PROBLEM;
use super::geography::atlas;
use crate::app::App;
use crate::call::Call;
use crate::problem::{Kind, Problem};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use huying_atlas::Value;
use std::sync::Arc;

/// The media type of Mapbox vector tiles.
pub(crate) const MVT: &str = "application/vnd.mapbox-vector-tile";

/// A vector tile of places: a layer for each level, and labels
#[utoipa::path(
    get, path = "/api/v1/tiles/{z}/{x}/{y}", operation_id = "places_tile", tag = "city",
    params(
        ("z" = u8, Path, description = "Zoom, 0 to 22"),
        ("x" = u32, Path, description = "Column from the west"),
        ("y" = String, Path, description = "Row from the north, with the ending `.mvt`"),
    ),
    responses(
        (status = 200, body = String, content_type = "application/vnd.mapbox-vector-tile"),
        (status = 304, body = String, content_type = "application/vnd.mapbox-vector-tile"),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
    security(()),
)]
pub(crate) async fn places(
    State(app): State<Arc<App>>,
    Path((z, x, y)): Path<(u8, u32, String)>,
    mut call: Call,
) -> Result<Response, Problem> {
    call.end(&[])?;
    let row = row(&y)?;
    // By what tiles are made of and how, not by the edition's number: another city may have the same one.
    let tag = atlas(&app)?.digest().to_owned();
    let tag = format!("\"{tag}-{}\"", huying_atlas::tiles::ENCODING);
    if call.header(header::IF_NONE_MATCH.as_str()) == Some(tag.as_str()) {
        return Ok(kept((StatusCode::NOT_MODIFIED, Body::empty()).into_response(), &tag));
    }
    let tile = app
        .run(move |app| {
            let tile = atlas(app)?.tile(z, x, row);
            tile.map_err(|e| Problem::new(Kind::NotFound, e.to_string()))
        })
        .await?;
    let mut response = Response::new(Body::from(tile.to_vec()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MVT));
    Ok(kept(response, &tag))
}

/// A vector tile of open cases: one layer `cases` of points
#[utoipa::path(
    get, path = "/api/v1/tiles/cases/{z}/{x}/{y}", operation_id = "cases_tile", tag = "cases",
    params(
        ("z" = u8, Path, description = "Zoom, 0 to 22"),
        ("x" = u32, Path, description = "Column from the west"),
        ("y" = String, Path, description = "Row from the north, with the ending `.mvt`"),
        ("turn" = Option<String>, Query, description = "Anything; another turn is asked for anew"),
    ),
    responses(
        (status = 200, body = String, content_type = "application/vnd.mapbox-vector-tile"),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
    security(()),
)]
pub(crate) async fn cases(
    State(app): State<Arc<App>>,
    Path((z, x, y)): Path<(u8, u32, String)>,
    mut call: Call,
) -> Result<Response, Problem> {
    call.take("turn");
    call.end(&["turn"])?;
    let row = row(&y)?;
    let tile = app
        .run(move |app| {
            let (open, now) = (app.feed.open(), app.engine.now());
            let attributes = |id: u64| {
                let case = open.cases.get(&id)?;
                let text = |text: &str| Value::Text(text.to_owned());
                let mut all = vec![
                    ("number", text(&case.number)),
                    ("state", text(&case.state)),
                    ("overdue", Value::Bool(case.due.is_some_and(|due| due < now))),
                ];
                all.extend(case.matter.as_deref().map(|m| ("matter", text(m))));
                all.extend(case.urgency.as_deref().map(|u| ("urgency", text(u))));
                Some(all)
            };
            let tile = huying_atlas::points_tile(&open.points, "cases", (z, x, row), attributes);
            tile.map_err(|e| Problem::new(Kind::NotFound, e.to_string()))
        })
        .await?;
    let mut response = Response::new(Body::from(tile));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MVT));
    Ok(response)
}

/// The row of a tile's file name.
pub(crate) fn row(y: &str) -> Result<u32, Problem> {
    y.strip_suffix(".mvt").and_then(|y| y.parse().ok()).ok_or_else(|| {
        Problem::new(Kind::NotFound, "there is no such tile").accept("/api/v1/tiles/{z}/{x}/{y}.mvt")
    })
}

/// Kept by whoever asked, and asked for again by its tag.
fn kept(mut response: Response, tag: &str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
