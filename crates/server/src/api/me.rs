//! Who a token is: the person, and the posts they may act under today.

use super::PROBLEM;
use super::cases::Named;
use crate::app::App;
use crate::call::Call;
use crate::plain::{self, Said};
use crate::problem::Problem;
use crate::sign_in;
use axum::Json;
use axum::extract::State;
use huying_core::actor::Post;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A post with what it may do.
#[derive(Debug, Serialize, ToSchema)]
struct PostView {
    /// Its id, for the header `X-Huying-Post`.
    post: String,
    /// The unit.
    unit: Named,
    /// The role.
    role: String,
    /// The role's names.
    role_words: Option<Said>,
    /// Where it may act; the unit's territory without.
    territory: Option<String>,
    /// The commands its role may give.
    may: Vec<String>,
    /// The person it stands in for.
    deputy_of: Option<String>,
    /// The last day it holds.
    last_day: Option<String>,
}

/// Who a token is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// The person.
    person: String,
    /// What screens show.
    name: String,
    /// The posts held today.
    posts: Vec<PostView>,
}

/// Who this token is, and the posts it may act under
#[utoipa::path(
    get, path = "/api/v1/me", operation_id = "get_me", tag = "accounts",
    responses(
        (status = 200, body = Me),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 401, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn me(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Me>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let person = sign_in::person(app, &call)?;
        let rules = app.rules();
        let people = &rules.city.people;
        let view = |post: &Post| {
            let role = rules.profile.roles.get(post.role.as_str());
            PostView {
                post: post.id.to_string(),
                unit: Named { id: post.unit.to_string(), name: plain::unit(&rules, &post.unit) },
                role: post.role.to_string(),
                role_words: role.map(|r| plain::both(&r.name, Some(&r.name_en))),
                territory: post.territory.as_ref().map(ToString::to_string),
                may: role.map(|r| r.may.iter().map(ToString::to_string).collect()).unwrap_or_default(),
                deputy_of: sign_in::staff(&rules, &person, post).deputy_of.map(|p| p.to_string()),
                last_day: post.to.and_then(|day| day.yesterday().ok()).map(|day| day.to_string()),
            }
        };
        let name = people.person(&person).map(|p| p.name.clone()).unwrap_or_default();
        let posts = people.of_person(&person, app.today()).map(view).collect();
        Ok(Json(Me { person: person.to_string(), name, posts }))
    })
    .await
}
