//! The catalogue of matters, and the words a call may use. Public.

use super::PROBLEM;
use crate::app::App;
use crate::call::Call;
use crate::plain::{self, Said};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use huying_core::catalogue::{Circumstance, Matter};
use huying_core::profile::{Word, Words};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A word or matter with its names.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Coded {
    /// What calls and commands use.
    pub(super) code: String,
    /// Its names.
    pub(super) name: Said,
}

/// A matter.
#[derive(Debug, Serialize, ToSchema)]
struct MatterView {
    /// Its code.
    code: String,
    /// Its names.
    name: Said,
    /// The class it belongs to.
    class: Option<Said>,
    /// The request types it may come as; empty for all.
    requests: Vec<String>,
    /// The circumstances 立案情形 that limits are stated for; mostly none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    circumstances: Vec<Coded>,
}

/// What a call may be about and which words it may use.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Matters {
    /// The edition of the city.
    edition: u32,
    /// Matters that may be chosen for a new case.
    matters: Vec<MatterView>,
    /// Request types.
    request_types: Vec<Coded>,
    /// Channels.
    channels: Vec<Coded>,
    /// The words that fields of commands may hold.
    words: CommandWords,
}

/// The profile's lists for fields of commands; empty where the city has none of it.
#[derive(Debug, Serialize, ToSchema)]
struct CommandWords {
    /// `ground` of `void`, and of `verify` for what is found untrue.
    void_ground: Vec<Coded>,
    /// `ground` of `close` and `force_close`.
    close_ground: Vec<Coded>,
    /// `ground` of `reopen`.
    reopen_ground: Vec<Coded>,
    /// `ground` of `exclude`.
    exclude_ground: Vec<Coded>,
    /// `ground` of `erase`.
    erase_ground: Vec<Coded>,
    /// `ground` of `restrict`.
    restrict_ground: Vec<Coded>,
    /// `ground` of `refuse`.
    refuse_ground: Vec<Coded>,
    /// `kind` of `whistle`.
    whistle: Vec<Coded>,
    /// `measure` of `state_measure`.
    measure: Vec<Coded>,
    /// `grade` of `confirm`.
    grade: Vec<Coded>,
    /// `grade` of `grade`.
    whistle_grade: Vec<Coded>,
    /// `label` of each of the `milestones` of `plan`.
    milestone: Vec<Coded>,
}

/// The matters of the catalogue and the words a call may use
#[utoipa::path(
    get, path = "/api/v1/matters", operation_id = "list_matters", tag = "city",
    params(("kind" = Option<String>, Query, description = "Only this kind of matter")),
    responses((status = 200, body = Matters), (status = 400, body = Problem, content_type = PROBLEM)),
    security(()),
)]
pub(crate) async fn list(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Matters>, Problem> {
    let rules = app.rules();
    let catalogue = &rules.city.catalogue;
    let kinds: Vec<&str> = catalogue.book().kinds.iter().map(|k| k.id.as_str()).collect();
    let kind = call.word("kind", &kinds);
    call.end(&["kind"])?;
    let chosen = catalogue
        .matters()
        .iter()
        .filter(|m| m.in_use && kind.as_deref().is_none_or(|kind| m.kind() == kind));
    let view = |m: &Matter| MatterView {
        code: m.code.to_string(),
        name: plain::both(&m.name, m.name_en.as_deref()),
        class: catalogue.major(m).map(|c| plain::both(&c.name, Some(&c.name_en))),
        requests: m.requests.iter().map(ToString::to_string).collect(),
        circumstances: catalogue.circumstances(&m.code).into_iter().map(met).collect(),
    };
    Ok(Json(Matters {
        edition: rules.edition.0,
        matters: chosen.map(view).collect(),
        request_types: coded(&rules.profile.words.request_type),
        channels: coded(&rules.profile.words.channel),
        words: of_commands(&rules.profile.words),
    }))
}

/// A circumstance with its names.
pub(super) fn met(circumstance: &Circumstance) -> Coded {
    let name = plain::both(&circumstance.name, Some(&circumstance.name_en));
    Coded { code: circumstance.id.to_string(), name }
}

fn of_commands(words: &Words) -> CommandWords {
    CommandWords {
        void_ground: coded(&words.void_ground),
        close_ground: coded(&words.close_ground),
        reopen_ground: coded(&words.reopen_ground),
        exclude_ground: coded(&words.exclude_ground),
        erase_ground: coded(&words.erase_ground),
        restrict_ground: coded(&words.restrict_ground),
        refuse_ground: coded(&words.refuse_ground),
        whistle: coded(&words.whistle),
        measure: coded(&words.measure),
        grade: coded(&words.grade),
        whistle_grade: coded(&words.whistle_grade),
        milestone: coded(&words.milestone),
    }
}

fn coded(words: &[Word]) -> Vec<Coded> {
    words
        .iter()
        .map(|w| Coded { code: w.code.to_string(), name: plain::both(&w.name, Some(&w.name_en)) })
        .collect()
}
