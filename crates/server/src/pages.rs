//! The files of the page: read from the folder that the front end was built into.
//!
//! Names of built assets carry a digest of what is in them, so they may be kept for ever; everything else is
//! asked for again. A path that is no file and no API is the page itself: its address is the page's own
//! affair. Without a folder the root says how to build it.

use crate::problem::{Kind, Problem};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use std::path::{Path, PathBuf};
use tower::ServiceExt as _;
use tower_http::services::{ServeDir, ServeFile};

/// What a page may load: its own files, and maps drawn by workers of its own making.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self'; worker-src 'self' blob:; child-src blob:; img-src 'self' data: blob:; \
     style-src 'self' 'unsafe-inline'; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; \
     base-uri 'self'; form-action 'self'",
);
/// The folder of assets whose names change with what is in them.
const ASSETS: &str = "/assets/";

/// Answers with a file of the folder, or with the page.
pub(crate) async fn answer(folder: Option<PathBuf>, request: Request<Body>) -> Response {
    let path = request.uri().path().to_owned();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let Some(folder) = folder.filter(|_| reads && !path.starts_with("/api/")) else {
        let problem = Problem::new(Kind::NotFound, "there is no such path").accept("see /openapi.json");
        return problem.into_response();
    };
    if !folder.join("index.html").is_file() {
        // Where the folder lies is the operator's affair: the log says it.
        let mut problem =
            Problem::new(Kind::NotFound, "the page was not built").accept("make web, or --web DIR");
        problem.cause = Some(format!("the page was not built into `{}`", folder.display()));
        return problem.into_response();
    }
    file(&folder, &path, request).await
}

async fn file(folder: &Path, path: &str, request: Request<Body>) -> Response {
    let named = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let files = ServeDir::new(folder).precompressed_gzip();
    let found = if named {
        files.oneshot(request).await.map(axum::response::IntoResponse::into_response)
    } else {
        let page = files.fallback(ServeFile::new(folder.join("index.html")));
        page.oneshot(request).await.map(axum::response::IntoResponse::into_response)
    };
    let Ok(mut response) = found;
    // What was not modified says the same again: a browser takes these headers over into what it kept.
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        let kept = if path.starts_with(ASSETS) { "public, max-age=31536000, immutable" } else { "no-cache" };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
        headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    }
    response
}
