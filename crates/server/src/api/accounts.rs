//! Tokens of accounts, made and taken back by an administrator while the server runs.

use super::problems::ReadProblems;
use super::{PROBLEM, instant};
use crate::app::App;
use crate::call::{Body, Call};
use crate::fields::{Fields, shown};
use crate::limits::{MAX_SHORT, MAX_TOKEN_DAYS};
use crate::problem::{Kind, Problem};
use crate::sign_in;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use huying_core::ids::PersonId;
use huying_core::roster::change::within_reach;
use huying_core::time::Time;
use huying_engine::store::Doer;
use jiff::ToSpan as _;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What the new token is to be.
#[derive(ToSchema)]
#[schema(as = NewToken)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct NewTokenSchema {
    /// What its owner calls it.
    #[schema(example = "desk", max_length = 100)]
    label: Option<String>,
    /// Days until it ends by itself; without, it does not.
    #[schema(minimum = 1, maximum = 3660)]
    days: Option<u32>,
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// The token. Only its hash is kept: it is shown this once.
    token: String,
    /// Whose it is.
    person: String,
    /// When it ends by itself.
    #[schema(format = DateTime)]
    expires: Option<String>,
}

/// How many tokens were taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Revoked {
    /// How many lived.
    revoked: u64,
}

/// Who asks, for the ledger of accounts, when they may.
/// A token is all that its person may do: whoever gives or takes one must have a say over every post of the
/// person, as for a change of the roster.
fn administrator(
    app: &App,
    call: &Call,
    of: impl FnOnce() -> Result<PersonId, Problem>,
) -> Result<(Doer, PersonId), Problem> {
    let desk = sign_in::desk(app, call)?;
    desk.administers("administer accounts")?;
    let person = of()?;
    within_reach(&app.rules(), &person, &desk.staff, app.engine.now())?;
    Ok((Doer { actor: desk.staff.person.as_str().into(), post: Some(desk.staff.post) }, person))
}

fn known(app: &App, person: &str) -> Result<PersonId, Problem> {
    let id = PersonId::new(person).ok().filter(|id| app.rules().city.people.person(id).is_some());
    id.ok_or_else(|| {
        Problem::new(Kind::NotFound, format!("there is no person `{}`", shown(person)))
            .accept("an id of people.csv of the city folder")
    })
}

/// Makes a token for a person, and an account if they have none
///
/// The ledger of accounts keeps by whom, never the token.
#[utoipa::path(
    post, path = "/api/v1/accounts/{person}/tokens", operation_id = "make_token", tag = "accounts",
    params(
        ("person" = String, Path, description = "The id of the person"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    request_body(content = NewTokenSchema, content_type = "application/json"),
    responses(
        (status = 201, body = MadeToken),
        ReadProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 413, body = Problem, content_type = PROBLEM),
        (status = 415, body = Problem, content_type = PROBLEM),
        (status = 422, body = Problem, content_type = PROBLEM),
        (status = 507, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn make(
    State(app): State<Arc<App>>,
    Path(person): Path<String>,
    mut call: Call,
    Body(map): Body,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let (by, person) = administrator(app, &call, || known(app, &person))?;
        let mut f = Fields::of(map);
        let label = f.text("label", MAX_SHORT).unwrap_or_default();
        let days = f.whole("days", 1, u64::from(MAX_TOKEN_DAYS));
        f.end()?;
        let expires = days.map(|days| after_days(app.engine.now(), days));
        let token = app.engine.new_token(by, person.clone(), &label, expires)?;
        let made = MadeToken { token, person: person.to_string(), expires: expires.map(instant) };
        Ok((StatusCode::CREATED, Json(made)))
    })
    .await
}

/// The instant so many times 24 hours later.
fn after_days(now: Time, days: u64) -> Time {
    let hours = i64::try_from(days).unwrap_or(0).saturating_mul(24).hours();
    now.timestamp().checked_add(hours).map_or(now, Time::from)
}

/// Takes every token of a person back
#[utoipa::path(
    delete, path = "/api/v1/accounts/{person}/tokens", operation_id = "revoke_tokens", tag = "accounts",
    params(
        ("person" = String, Path, description = "The id of the person"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Revoked),
        ReadProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 507, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    Path(person): Path<String>,
    mut call: Call,
) -> Result<Json<Revoked>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let named = || PersonId::new(&person).map_err(|e| Problem::new(Kind::NotFound, e.to_string()));
        let (by, person) = administrator(app, &call, named)?;
        Ok(Json(Revoked { revoked: app.engine.revoke_tokens(by, person)? }))
    })
    .await
}
