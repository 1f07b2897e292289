//! What every request passes: room, time, the log line, the headers of safety, problems written out.

use crate::app::App;
use crate::limits::{MAX_CONCURRENT, REQUEST_TIME};
use crate::metrics;
use crate::problem::{Kind, Problem};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// Requests that may be at work at once.
pub(crate) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MAX_CONCURRENT))
}

/// Refuses a request that finds no room, and ends one that takes too long.
pub(crate) async fn bounded(State(room): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let Ok(_place) = room.try_acquire() else {
        return Problem::new(Kind::Unavailable, "too many requests are at work").into_response();
    };
    match tokio::time::timeout(REQUEST_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "the request took too long; a command may still be carried out";
            Problem::new(Kind::Unavailable, detail)
                .accept("the same again with the same Idempotency-Key")
                .into_response()
        }
    }
}

/// One line of the log for each request, without anything a person wrote: the path is the template.
pub(crate) async fn logged(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = metrics::known(request.method());
    let path = request.extensions().get::<MatchedPath>().map(|p| p.as_str().to_owned());
    let english = wants_english(request.headers());
    let response = finish(next.run(request).await, english, &app);
    let (path, status) = (path.as_deref().unwrap_or("(page)"), response.status().as_u16());
    let seconds = start.elapsed().as_secs_f64();
    app.metrics.count(method, path, status, seconds);
    (app.log)(&format!("{method} {path} {status} {:.1} ms", seconds * 1e3));
    response
}

/// Chinese is the language of a city's residents; English is for who asks for it before Chinese.
fn wants_english(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut best = (0.0_f32, false);
    for part in accepted.split(',') {
        let (tag, quality) = part.split_once(';').unwrap_or((part, ""));
        let quality = quality.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
        let language = tag.trim().get(..2).unwrap_or_default().to_ascii_lowercase();
        if quality > best.0 && (language == "en" || language == "zh") {
            best = (quality, language == "en");
        }
    }
    best.1
}

const SAFETY: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What time it is for the rules: a screen whose own clock is off, or a city whose days are played fast,
/// counts what is left by this one.
const TIME: HeaderName = HeaderName::from_static("x-huying-time");

fn finish(response: Response, english: bool, app: &App) -> Response {
    let mut response = written(response, english, app);
    if let Ok(now) = HeaderValue::from_str(&crate::api::instant(app.engine.now())) {
        response.headers_mut().insert(TIME, now);
    }
    for (name, value) in SAFETY {
        // A page and a tile say themselves what they may load and how long they keep.
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Writes a problem as JSON; a bare error of the framework becomes a problem first.
fn written(response: Response, english: bool, app: &App) -> Response {
    let (mut parts, body) = response.into_parts();
    let status = parts.status.as_u16();
    let found = parts.extensions.remove::<Problem>();
    if found.is_none() && status < 400 {
        return Response::from_parts(parts, body);
    }
    let mut problem = found.unwrap_or_else(|| {
        let of = Kind::of_status(status);
        let mut problem = Problem::new(of, "see docs/api.md for the paths and methods there are");
        problem.status = status;
        problem
    });
    if let Some(cause) = problem.cause.take().filter(|c| !c.is_empty()) {
        (app.log)(&format!("error: {cause}"));
    }
    problem.title = problem.of.title(english).to_owned();
    let problem = problem.with_basis(&app.rules());
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(serde_json::to_vec(&problem).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_is_for_who_prefers_it_to_chinese() {
        let asks = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(text).unwrap());
            wants_english(&headers)
        };
        assert!(asks("en") && asks("en-GB,zh;q=0.5") && asks("fr,en;q=0.3"));
        assert!(!asks("zh-CN,en;q=0.8") && !asks("fr") && !asks("") && !wants_english(&HeaderMap::new()));
    }
}
