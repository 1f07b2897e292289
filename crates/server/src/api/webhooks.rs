//! Subscriptions 订阅 to notices: made and taken back by administrators, each within its own territory.

use super::problems::{ReadProblems, WriteProblems};
use super::{PROBLEM, instant};
use crate::app::App;
use crate::call::{Body, Call};
use crate::deliver::{Target, secret_text};
use crate::fields::{Fields, shown};
use crate::limits::{MAX_SHORT, MAX_SUBSCRIPTIONS, MAX_URL};
use crate::problem::{Kind, Problem};
use crate::sign_in::{self, Desk, forbidden};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use huying_core::ids::{PlaceId, SystemId, UnitId};
use huying_engine::store::{Doer, StoreError};
use huying_engine::{EngineError, LIVE, PAUSED, Rejected, Scope, Subscription, kind_of};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// What the new subscription is to be.
#[derive(ToSchema)]
#[schema(as = NewWebhook)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct NewWebhookSchema {
    /// What it is called, for ever.
    #[schema(example = "sms-gateway", max_length = 100)]
    name: String,
    /// Where it is delivered to: plain HTTP, to a gateway of your own.
    #[schema(example = "http://127.0.0.1:8080/huying", max_length = 500)]
    url: String,
    /// Only what is told to this unit and the units below it.
    unit: Option<String>,
    /// Only what is told of cases in this place; without, in the territory of the post.
    place: Option<String>,
    /// Only what is owed to this system.
    system: Option<String>,
    /// Only these kinds of notice.
    kinds: Option<Vec<String>>,
    /// Whether what is told to callers comes too.
    callers: Option<bool>,
}

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhook {
    /// What it is called.
    name: String,
    /// Where it is delivered to.
    url: String,
    /// Which notices it gets.
    #[schema(value_type = Object)]
    scope: Scope,
    /// When it was made.
    #[schema(format = DateTime)]
    made: String,
    /// By whom.
    made_by: String,
    /// `live` or `paused`.
    state: String,
    /// Why it is paused, or what went wrong last.
    reason: Option<String>,
    /// Since when nothing could be delivered.
    #[schema(format = DateTime)]
    failing_since: Option<String>,
    /// Tries of the next notice that failed.
    failures: u32,
    /// Deliveries that were taken.
    delivered: u64,
    /// Tries that failed.
    failed: u64,
    /// Notices that it has not passed yet, most of which may be for others.
    behind: u64,
    /// The secret its deliveries are signed with: shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// The subscriptions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhooks {
    /// Oldest first.
    webhooks: Vec<Webhook>,
}

/// Who asks, when they may administer.
fn administrator(app: &App, call: &Call) -> Result<(Doer, Desk), Problem> {
    let desk = sign_in::desk(app, call)?;
    desk.administers("administer subscriptions")?;
    let by = Doer { actor: desk.staff.person.as_str().into(), post: Some(desk.staff.post.clone()) };
    Ok((by, desk))
}

/// Whether what a subscription gets lies in the territory of a post.
fn within(app: &App, desk: &Desk, scope: &Scope) -> bool {
    let (rules, now) = (app.rules(), app.engine.now());
    let root = || rules.root_unit(now).and_then(|u| rules.city.units.get(&u).map(|u| u.territory.clone()));
    let of_unit = |unit: &UnitId| rules.city.units.get(unit).map(|u| u.territory.clone());
    let place = scope.place.clone().or_else(|| scope.unit.as_ref().and_then(of_unit)).or_else(root);
    rules.covers(&desk.staff, place.as_ref(), now)
}

fn view(app: &App, subscription: Subscription, secret: Option<String>) -> Result<Webhook, Problem> {
    let Subscription { row, scope } = subscription;
    let (_, behind) = app.engine.read(|r| r.notices_waiting(row.position))?;
    Ok(Webhook {
        name: row.name.to_string(),
        url: row.url,
        scope,
        made: instant(row.made_at),
        made_by: row.made_by.to_string(),
        state: row.state.to_string(),
        reason: Some(row.reason).filter(|r| !r.is_empty()),
        failing_since: row.failing_since.map(instant),
        failures: row.failures,
        delivered: row.delivered,
        failed: row.failed,
        behind,
        secret,
    })
}

/// The subscriptions in the territory of the post
#[utoipa::path(
    get, path = "/api/v1/webhooks", operation_id = "list_webhooks", tag = "server",
    params(("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several")),
    responses(
        (status = 200, body = Webhooks),
        ReadProblems,
    ),
    security(("token" = [])),
)]
pub(crate) async fn list(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Webhooks>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let (_, desk) = administrator(app, &call)?;
        let all = app.engine.subscriptions()?.into_iter();
        let mine = all.filter(|s| within(app, &desk, &s.scope));
        let webhooks = mine.map(|s| view(app, s, None)).collect::<Result<_, _>>()?;
        Ok(Json(Webhooks { webhooks }))
    })
    .await
}

/// Makes a subscription to what is told from now on
///
/// The secret is shown this once. docs/notices.md tells how a receiver verifies what it gets.
#[utoipa::path(
    post, path = "/api/v1/webhooks", operation_id = "make_webhook", tag = "server",
    params(("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several")),
    request_body(content = NewWebhookSchema, content_type = "application/json"),
    responses(
        (status = 201, body = Webhook),
        WriteProblems,
        (status = 409, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn make(
    State(app): State<Arc<App>>,
    mut call: Call,
    Body(map): Body,
) -> Result<(StatusCode, Json<Webhook>), Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let (by, desk) = administrator(app, &call)?;
        let (name, url, mut scope) = read(app, map)?;
        if scope.place.is_none() && scope.unit.is_none() {
            scope.place = app.rules().city.people.post(&desk.staff.post).and_then(|p| p.territory.clone());
        }
        if !within(app, &desk, &scope) {
            let detail = "what the subscription would get lies beyond the territory of the post";
            return Err(forbidden("powers.place", detail, "a `place` or `unit` in the post's territory"));
        }
        if app.engine.subscriptions()?.len() >= MAX_SUBSCRIPTIONS {
            return Err(Problem::new(
                Kind::Conflict,
                "there are as many subscriptions as can be delivered to",
            )
            .accept(format!("at most {MAX_SUBSCRIPTIONS}: take one back first")));
        }
        let (made, secret) =
            app.engine.subscribe_to(&by, &name, &url, &scope).map_err(|e| taken(e, &name))?;
        Ok((StatusCode::CREATED, Json(view(app, made, Some(secret_text(&secret)))?)))
    })
    .await
}

fn taken(error: Rejected, name: &str) -> Problem {
    let exists = |e: &EngineError| matches!(e, EngineError::Store(StoreError::Exists { .. }));
    match &error {
        Rejected::Failed(e) | Rejected::Unknown(e) if exists(e) => {
            Problem::new(Kind::Conflict, format!("there is a subscription `{}` already", shown(name)))
                .accept("another name, or DELETE first")
        }
        _ => error.into(),
    }
}

fn read(app: &App, map: Map<String, Value>) -> Result<(String, String, Scope), Problem> {
    let rules = app.rules();
    let mut f = Fields::of(map);
    let name = f.text("name", MAX_SHORT);
    let name = f.need("name", name, "a name");
    let url = f.text("url", MAX_URL);
    if let Some(problem) = url.as_ref().and_then(|url| url.parse::<Target>().err()) {
        f.fault("url", "is not accepted", problem);
    }
    let url = f.need("url", url, "an address such as http://127.0.0.1:8080/huying");
    let unit = f.parse::<UnitId>("unit", "the id of a unit");
    if unit.as_ref().is_some_and(|u| rules.city.units.get(u).is_none()) {
        f.fault("unit", "is no unit of the city", "an id of units.csv");
    }
    let place = f.parse::<PlaceId>("place", "the id of a place");
    if place.as_ref().is_some_and(|p| rules.city.places.find(p).is_none()) {
        f.fault("place", "is no place of the city", "an id of places.csv");
    }
    let system = f.parse::<SystemId>("system", "the id of a system");
    let given = f.take("kinds");
    let kinds = given.as_ref().map_or(Some(Vec::new()), |v| {
        v.as_array()?.iter().map(|kind| kind_of(kind.as_str()?)).collect::<Option<Vec<_>>>()
    });
    if kinds.is_none() {
        f.fault("kinds", "is not accepted", "a list of kinds of notice, see docs/notices.md");
    }
    let callers = f.flag("callers").unwrap_or(false);
    f.end()?;
    let scope = Scope { unit, place, system, kinds: kinds.unwrap_or_default(), callers };
    Ok((name.unwrap_or_default(), url.unwrap_or_default(), scope))
}

/// What is to become of the subscription.
#[derive(ToSchema)]
#[schema(as = WebhookState)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct StateSchema {
    /// `live`: delivered to, from where it was; `paused`: not.
    #[schema(example = "live")]
    state: String,
}

/// The subscription of a name, when it is in the territory of the post.
fn named(app: &App, desk: &Desk, name: &str) -> Result<Subscription, Problem> {
    let all = app.engine.subscriptions()?;
    let found = all.into_iter().find(|s| s.row.name == name && within(app, desk, &s.scope));
    found.ok_or_else(|| {
        Problem::new(Kind::NotFound, format!("there is no subscription `{}` here", shown(name)))
            .accept("a name of GET /api/v1/webhooks")
    })
}

/// Pauses a subscription or lets it live again
///
/// One that lives again gets what was told while it was paused, as far as that is still kept.
#[utoipa::path(
    put, path = "/api/v1/webhooks/{name}/state", operation_id = "change_webhook", tag = "server",
    params(
        ("name" = String, Path, description = "What it is called"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    request_body(content = StateSchema, content_type = "application/json"),
    responses(
        (status = 200, body = Webhook),
        ReadProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 415, body = Problem, content_type = PROBLEM),
        (status = 422, body = Problem, content_type = PROBLEM),
        (status = 507, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    mut call: Call,
    Body(map): Body,
) -> Result<Json<Webhook>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let (by, desk) = administrator(app, &call)?;
        let known = named(app, &desk, &name)?;
        let mut f = Fields::of(map);
        let state = f.word("state", &[LIVE, PAUSED]);
        let state = f.need("state", state, "live or paused");
        f.end()?;
        let state = state.unwrap_or_default();
        let reason = if state == PAUSED { format!("paused by {}", by.actor) } else { String::new() };
        let (of, to) = (name.clone(), state.clone());
        app.engine.with_store(move |store, _| store.set_subscription(&of, &to, &reason))?;
        let row = app.engine.read(|r| r.subscriptions())?.into_iter().find(|r| r.id == known.row.id);
        Ok(Json(view(app, Subscription { row: row.unwrap_or(known.row), ..known }, None)?))
    })
    .await
}

/// What was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ended {
    /// What it was called; the name is free again.
    ended: String,
}

/// Takes a subscription back: nothing is delivered to it any more
#[utoipa::path(
    delete, path = "/api/v1/webhooks/{name}", operation_id = "end_webhook", tag = "server",
    params(
        ("name" = String, Path, description = "What it is called"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Ended),
        ReadProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 507, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    mut call: Call,
) -> Result<Json<Ended>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let (by, desk) = administrator(app, &call)?;
        let ended = named(app, &desk, &name)?.row.name.to_string();
        app.engine.with_store(move |store, now| store.end_subscription(&name, &by.actor, now))?;
        Ok(Json(Ended { ended }))
    })
    .await
}
