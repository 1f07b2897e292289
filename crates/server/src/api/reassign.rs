//! Reassigning 移交: everything that somebody who leaves holds goes to another, in one call.

use super::PROBLEM;
use super::problems::ReadProblems;
use crate::app::App;
use crate::call::{Body, Call};
use crate::fields::Fields;
use crate::problem::{Problem, words_of};
use crate::sign_in;
use axum::Json;
use axum::extract::State;
use huying_core::case::event::Actor;
use huying_core::case::refusal::Refusal;
use huying_core::ids::{CaseId, PersonId, UnitId};
use huying_engine::Party;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Who holds, or gets: a unit, or one person of it.
#[derive(ToSchema)]
#[schema(as = Party)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
struct PartySchema {
    /// The id of the unit.
    #[schema(example = "u510104-water")]
    unit: String,
    /// The id of a person in it; without, the unit and everybody in it.
    person: Option<String>,
}

/// Whose threads go to whom.
#[derive(ToSchema)]
#[schema(as = NewReassignment)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct ReassignSchema {
    /// Who holds them.
    #[schema(inline)]
    from: PartySchema,
    /// Who gets them.
    #[schema(inline)]
    to: PartySchema,
    /// `next` of the answer before, where there is more.
    after: Option<u64>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reassigned {
    /// The public numbers of the cases whose open threads moved.
    moved: Vec<String>,
    /// The cases that were refused.
    refused: Vec<RefusedCase>,
    /// Given as `after` it goes on; absent when there is no more.
    next: Option<u64>,
}

/// A case whose threads stay.
#[derive(Debug, Serialize, ToSchema)]
struct RefusedCase {
    /// The public number.
    number: String,
    /// The rule that stands against it.
    #[schema(value_type = Object)]
    refusal: Refusal,
    /// What the rule says, in plain Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<&'static str>,
}

/// Gives everything that a unit or a person holds to another
///
/// One command for each case, at most 200 cases a call. A case that refuses keeps its threads and is named
/// with the rule; whatever moved stays moved. For roles that may `reassign`.
#[utoipa::path(
    post, path = "/api/v1/reassignments", operation_id = "reassign", tag = "desk",
    params(
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
        ("Idempotency-Key" = Option<String>, Header, description = "Done once for each key, case and sender"),
    ),
    request_body(content = ReassignSchema, content_type = "application/json"),
    responses(
        (status = 200, body = Reassigned),
        ReadProblems,
        (status = 413, body = Problem, content_type = PROBLEM),
        (status = 415, body = Problem, content_type = PROBLEM),
        (status = 422, body = Problem, content_type = PROBLEM),
        (status = 503, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn reassign(
    State(app): State<Arc<App>>,
    mut call: Call,
    Body(map): Body,
) -> Result<Json<Reassigned>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let desk = sign_in::desk(app, &call)?;
        if !desk.may("reassign") {
            let detail = format!("a {} does not give `reassign`", desk.staff.role);
            return Err(sign_in::forbidden("powers.role", detail, "a role that may `reassign`"));
        }
        let key = call.key(&desk.scope())?;
        let mut f = Fields::of(map);
        let (from, to) = (party(&mut f, "from"), party(&mut f, "to"));
        let after = f.whole("after", 1, u64::MAX).map(CaseId);
        f.end()?;
        let (Some(from), Some(to)) = (from, to) else {
            return Err(Problem::internal("no party and no fault"));
        };
        let actor = Actor::Staff(Box::new(desk.staff.clone()));
        let exists = |number: &str| app.row_for(&desk, number).is_ok();
        let done = app.engine.reassign(key, &actor, (&from, &to), after, exists)?;
        let refused = done.refused.into_iter().map(|(number, refusal)| {
            let (number, words) = (number.to_string(), words_of(refusal.rule));
            RefusedCase { number, refusal, words }
        });
        Ok(Json(Reassigned {
            moved: done.moved.iter().map(ToString::to_string).collect(),
            refused: refused.collect(),
            next: done.next.map(|case| case.0),
        }))
    })
    .await
}

fn party(f: &mut Fields, field: &'static str) -> Option<Party> {
    const UNIT: &str = "the id of a unit";
    let within = f.object(field);
    let mut within = f.need(field, within, "an object with `unit`, and `person` where one is meant")?;
    let unit = within.parse::<UnitId>("unit", UNIT);
    let unit = within.need("unit", unit, UNIT);
    let person = within.parse::<PersonId>("person", "the id of a person");
    f.close(within);
    unit.map(|unit| Party { unit, person })
}
