//! The roster: who comes, leaves, takes or gives up a post, while the server runs.

use super::PROBLEM;
use super::problems::WriteProblems;
use crate::app::App;
use crate::call::{Body, Call};
use crate::fields::{self, shown};
use crate::problem::{FieldProblem, Problem};
use crate::sign_in;
use axum::Json;
use axum::extract::State;
use huying_core::case::event::Actor;
use huying_core::roster::RosterChange;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// Changes of the roster, in order; all of them or none.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct RosterChanges {
    /// Each is an object of one field: `joined` {id, kind, name, synthetic}, `left` {person}, `made` and
    /// `altered` {a post, all its fields}, `filled` {post, person or null}, `ended` {post, to}.
    #[schema(value_type = Vec<Object>)]
    changes: Vec<Value>,
}

/// The roster after the changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RosterView {
    /// People known.
    people: usize,
    /// Posts, past ones too.
    posts: usize,
    /// Posts that hold today and that nobody holds.
    vacant: usize,
}

const ACCEPTED: &str = "an object of one field: joined, left, made, altered, filled or ended; docs/api.md";

/// Changes who holds which post
#[utoipa::path(
    post, path = "/api/v1/roster", operation_id = "change_roster", tag = "accounts",
    params(("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several")),
    request_body(content = RosterChanges, content_type = "application/json"),
    responses(
        (status = 200, body = RosterView),
        WriteProblems,
        (status = 409, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    mut call: Call,
    Body(map): Body,
) -> Result<Json<RosterView>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let desk = sign_in::desk(app, &call)?;
        desk.administers("change the roster")?;
        let rules = app.engine.change_roster(changes(map)?, Actor::Staff(Box::new(desk.staff)))?;
        let (people, today) = (&rules.city.people, app.today());
        let vacant = people.posts().iter().filter(|p| p.person.is_none() && p.holds(today)).count();
        Ok(Json(RosterView { people: people.persons().len(), posts: people.posts().len(), vacant }))
    })
    .await
}

fn changes(mut map: Map<String, Value>) -> Result<Vec<RosterChange>, Problem> {
    let given = map.remove("changes").unwrap_or_default();
    let unknown = |name: &String| FieldProblem::new(shown(name), "is unknown", "changes");
    let mut faults: Vec<FieldProblem> = map.keys().map(unknown).collect();
    let Value::Array(all) = given else {
        faults.push(FieldProblem::new("changes", "is no list", "a list of changes"));
        return Err(Problem::fields(faults));
    };
    let mut changes = Vec::with_capacity(all.len());
    for (i, one) in all.into_iter().enumerate() {
        match fields::read(one, &format!("changes[{i}]"), ACCEPTED) {
            Ok(change) => changes.push(change),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(changes) } else { Err(Problem::fields(faults)) }
}
