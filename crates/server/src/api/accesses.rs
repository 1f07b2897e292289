//! Who read the words of a case in clear, when and why: for roles with the power `audit`.

use super::problems::ReadProblems;
use super::{PROBLEM, instant};
use crate::app::App;
use crate::call::Call;
use crate::problem::Problem;
use crate::sign_in::{self, forbidden};
use axum::Json;
use axum::extract::{Path, State};
use huying_engine::store::AccessRow;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// One clear reading.
#[derive(Debug, Serialize, ToSchema)]
struct AccessView {
    /// Its place in the access ledger.
    access: u64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The person; `caller` for a resident with the query code.
    person: String,
    /// The post they acted under.
    post: Option<String>,
    /// The purpose they gave.
    purpose: String,
    /// The items of the vault that were read.
    items: Vec<u64>,
}

impl From<AccessRow> for AccessView {
    fn from(row: AccessRow) -> AccessView {
        AccessView {
            access: row.seq,
            at: instant(row.entry.at),
            person: row.entry.actor.to_string(),
            post: row.entry.post.map(|p| p.to_string()),
            purpose: row.entry.purpose.to_string(),
            items: row.items.iter().map(|i| i.0).collect(),
        }
    }
}

/// The clear readings of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accesses {
    /// Oldest first.
    accesses: Vec<AccessView>,
}

/// The power to read the access ledger, a word of `may` in the profile's roles.
const POWER: &str = "audit";

/// Who read the words of a case in clear, when and why
#[utoipa::path(
    get, path = "/api/v1/cases/{number}/accesses", operation_id = "list_accesses", tag = "cases",
    params(
        ("number" = String, Path, description = "The public number"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Accesses),
        ReadProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    mut call: Call,
) -> Result<Json<Accesses>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let desk = sign_in::desk(app, &call)?;
        let row = app.row_for(&desk, &number)?;
        let covers = app.rules().covers(&desk.staff, row.place.as_ref(), app.engine.now());
        if !covers || !desk.may(POWER) {
            let accepted =
                format!("a role whose `may` lists `{POWER}`, with a territory that covers the case");
            return Err(forbidden("powers.role", "the access ledger is not open to this post", accepted));
        }
        let rows = app.engine.read(|r| r.accesses_of(row.case_id))?;
        Ok(Json(Accesses { accesses: rows.into_iter().map(AccessView::from).collect() }))
    })
    .await
}
