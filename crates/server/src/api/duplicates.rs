//! Near cases 疑似重复: which open cases of the same category lie near one, for the desk that decides whether
//! they are one and the same.

use super::cases::CaseItem;
use super::problems::ReadProblems;
use super::{PROBLEM, instant};
use crate::app::{App, no_case};
use crate::call::Call;
use crate::problem::Problem;
use crate::sign_in::{self, Desk};
use axum::Json;
use axum::extract::{Path, State};
use huying_core::case::duplicate::Nearby;
use huying_core::profile::DuplicateAct;
use huying_engine::NearFound;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// The open cases near a case, and what near means for it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Duplicates {
    /// By what they were looked for; absent where no rule of the profile is for such a case, or it has no
    /// matter or no point.
    rule: Option<NearRule>,
    /// The open cases that are near now, nearest first.
    cases: Vec<NearItem>,
    /// Those that were near when it was taken in, as its record says.
    at_report: Vec<NearItem>,
}

/// What near means.
#[derive(Debug, Serialize, ToSchema)]
struct NearRule {
    /// At most so many metres apart.
    metres: u32,
    /// Reported at most so many hours before now.
    hours: u32,
    /// The beginning of the matter's code that they share.
    #[schema(example = "matter.06")]
    category: String,
    /// What the profile makes of it: `suggest`, `refuse` or `merge`.
    #[schema(value_type = String)]
    act: DuplicateAct,
    /// Where the rule comes from.
    source: String,
    /// How sure that is.
    #[schema(value_type = String)]
    status: Value,
}

/// A near case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NearItem {
    /// The public number.
    pub(crate) number: String,
    /// Metres between the points that the journal holds.
    metres: u32,
    /// Whether both points are exact. Where not, the metres are between nodes of the profile's lattice, since
    /// a resident's exact point is compared with nothing: 0 says the same node, not the same door.
    exact: bool,
    /// When it was reported.
    #[schema(format = DateTime)]
    reported: String,
    /// Its public facts.
    case: CaseItem,
}

/// The open cases near one
///
/// Of the same category, within the distance and the time that the profile says for such a case. A case about
/// a unit is near nothing, and nothing is near it.
#[utoipa::path(
    get, path = "/api/v1/cases/{number}/duplicates", operation_id = "list_duplicates", tag = "cases",
    params(
        ("number" = String, Path, description = "The public number"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Duplicates),
        ReadProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 503, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    mut call: Call,
) -> Result<Json<Duplicates>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let desk = sign_in::desk(app, &call)?;
        let row = app.row_for(&desk, &number)?;
        let case = app.engine.history(row.case_id)?.ok_or_else(|| no_case(&number))?.case;
        let found = app.engine.near(&case)?;
        let now: Vec<Nearby> = found.iter().flat_map(|f| &f.cases).map(|n| n.near.clone()).collect();
        let then = case.facts.as_ref().map_or(&[][..], |facts| &facts.nearby);
        Ok(Json(Duplicates {
            rule: found.as_ref().map(rule),
            cases: items(app, &desk, &now)?,
            at_report: items(app, &desk, then)?,
        }))
    })
    .await
}

fn rule(found: &NearFound) -> NearRule {
    NearRule {
        metres: found.rule.metres,
        hours: found.rule.hours,
        category: found.around.stem.to_string(),
        act: found.rule.act,
        source: found.rule.source.clone(),
        status: serde_json::to_value(found.rule.status).unwrap_or_default(),
    }
}

/// The near cases that exist for a post.
pub(crate) fn items(app: &App, desk: &Desk, near: &[Nearby]) -> Result<Vec<NearItem>, Problem> {
    let mut items = Vec::with_capacity(near.len());
    for near in near {
        let row = app.engine.read(|ledger| ledger.case(near.case))?;
        let Some(number) = row.and_then(|row| row.number) else { continue };
        // About somebody since it was compared: then it is not there for everybody.
        let Ok(row) = app.row_for(desk, &number) else { continue };
        items.push(NearItem {
            number: number.to_string(),
            metres: near.metres,
            exact: near.exact,
            reported: instant(row.opened_at),
            case: CaseItem::from(&row),
        });
    }
    Ok(items)
}
