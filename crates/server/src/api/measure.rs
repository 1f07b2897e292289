//! The server's counts for Prometheus: to this machine, or to whoever may administer.

use super::problems::ReadProblems;
use crate::app::App;
use crate::call::Call;
use crate::problem::Problem;
use crate::sign_in;
use axum::extract::State;
use axum::http::{HeaderName, header};
use std::sync::Arc;

/// Counts of the server itself, as Prometheus reads them
///
/// Asked for from this machine no token is needed; from elsewhere, and through any proxy that says so with
/// `X-Forwarded-For`, `Forwarded` or `X-Real-IP`, one whose role may `administer`.
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics", tag = "server",
    responses(
        (status = 200, body = String, content_type = "application/openmetrics-text"),
        ReadProblems,
    ),
    security((), ("token" = [])),
)]
pub(crate) async fn metrics(
    State(app): State<Arc<App>>,
    mut call: Call,
) -> Result<([(HeaderName, &'static str); 1], String), Problem> {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    app.run(move |app| {
        // Whoever is behind a proxy on this machine comes from loopback too; its header gives it away.
        let here = call.from.is_loopback() && !call.is_handed_on();
        if !here && !sign_in::desk(app, &call)?.may("administer") {
            let detail = "counts of the server are for this machine and for administrators";
            return Err(sign_in::forbidden("powers.role", detail, "a role that may `administer`"));
        }
        call.end(&[])?;
        Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], app.metrics.text(app)?))
    })
    .await
}
