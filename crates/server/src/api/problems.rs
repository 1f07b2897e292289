//! The problems that operations have in common, for their descriptions: what an operation may be answered
//! beyond these it lists itself. When each is given is `problem.rs`, what to do about it docs/api.md.

use super::PROBLEM;
use crate::problem::Problem;
use std::collections::BTreeMap;
use utoipa::openapi::{ContentBuilder, RefOr, Response, ResponseBuilder, ResponsesBuilder, schema};
use utoipa::{IntoResponses, ToSchema};

fn of(statuses: &[&str]) -> BTreeMap<String, RefOr<Response>> {
    let schema = schema::Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let problem = ResponseBuilder::new().content(PROBLEM, content).build();
    let each = statuses.iter().map(|status| ((*status).to_owned(), problem.clone()));
    ResponsesBuilder::new().responses_from_iter(each).build().responses.into_iter().collect()
}

/// Of whatever an account asks for.
pub(super) struct ReadProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        of(&["400", "401", "403"])
    }
}

/// Of whatever an account sends to be kept.
pub(super) struct WriteProblems;

impl IntoResponses for WriteProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        of(&["400", "401", "403", "413", "415", "422", "503", "507"])
    }
}
