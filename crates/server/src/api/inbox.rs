//! What waits for a post: the open threads of its unit or person, the soonest due first.

use super::cases::{limit, shown};
use super::instant;
use super::problems::ReadProblems;
use crate::app::App;
use crate::call::Call;
use crate::plain::{self, Said};
use crate::problem::Problem;
use crate::sign_in;
use axum::Json;
use axum::extract::State;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::Seq;
use huying_engine::store::ThreadRow;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// One open thread.
#[derive(Debug, Serialize, ToSchema)]
struct Waiting {
    /// The public number of the case.
    number: String,
    /// What the case is about.
    matter_name: Option<Said>,
    /// Where it is.
    place_name: Option<Said>,
    /// The thread within it, for commands.
    thread: u16,
    /// Its kind.
    kind: String,
    /// The same in words.
    kind_words: Option<Said>,
    /// Where it stands.
    step: String,
    /// The same in words.
    step_words: Option<Said>,
    /// The person it was handed to.
    person: Option<String>,
    /// When it opened.
    #[schema(format = DateTime)]
    opened: String,
    /// When it is due.
    #[schema(format = DateTime)]
    due: Option<String>,
    /// Whether that has passed.
    overdue: bool,
}

/// What waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Inbox {
    /// The threads, the soonest due first.
    threads: Vec<Waiting>,
    /// Up to which journal position it shows.
    position: u64,
}

/// What waits for this post, the soonest due first
#[utoipa::path(
    get, path = "/api/v1/inbox", operation_id = "list_inbox", tag = "desk",
    params(
        ("of" = Option<String>, Query, description = "`unit` (the post's unit, as without) or `person`"),
        ("limit" = Option<u32>, Query, description = "Threads, 1 to 500; 50 without"),
        ("min_position" = Option<u64>, Query, description = "Waits a while until it shows this position"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = Inbox),
        ReadProblems,
    ),
    security(("token" = [])),
)]
pub(crate) async fn list(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<Inbox>, Problem> {
    app.run(move |app| {
        let desk = sign_in::desk(app, &call)?;
        let of = call.word("of", &["unit", "person"]);
        let limit = limit(&mut call);
        let seen = call.parse::<u64>("min_position", "a journal position").map(Seq);
        call.end(&["of", "limit", "min_position"])?;
        let position = shown(app, seen)?;
        let staff = &desk.staff;
        let (kept, names) = (app.kept_from(&desk), desk.names());
        let rows = app.engine.views(None, |v| match of.as_deref() {
            Some("person") => v.inbox_of_person(&staff.person, &kept, &names, limit),
            _ => v.inbox_of_unit(&staff.unit, &kept, &names, limit),
        })?;
        let mut cases = HashMap::new();
        for row in &rows {
            let found = app.engine.read(|r| r.case(row.case_id))?;
            cases.extend(found.map(|case| (row.case_id, case)));
        }
        let (rules, now) = (app.rules(), app.engine.now());
        let places = &rules.city.places;
        let named = |place| places.find(place).map(|no| plain::place(places.get(no)));
        let case = |row: &ThreadRow| cases.get(&row.case_id);
        let number = |row: &ThreadRow| case(row)?.number.as_ref().map(ToString::to_string);
        let waiting = |row: &ThreadRow| Waiting {
            number: number(row).unwrap_or_default(),
            matter_name: case(row).and_then(|c| c.matter.as_ref()).map(|m| plain::matter(&rules, m)),
            place_name: case(row).and_then(|c| c.place.as_ref()).and_then(named),
            thread: row.thread.0,
            kind: row.kind.to_string(),
            kind_words: of_word::<ThreadKind>(&row.kind).map(plain::kind),
            step: row.step.to_string(),
            step_words: match row.awaited_unit {
                Some(_) => Some(Said::new("待确认", "to be confirmed")),
                None => of_word(&row.kind).zip(of_word(&row.step)).map(|(k, s)| plain::stands(k, s)),
            },
            person: match row.awaited_unit {
                Some(_) => row.awaited_person.as_ref().map(ToString::to_string),
                None => row.holder_person.as_ref().map(ToString::to_string),
            },
            opened: instant(row.opened_at),
            due: row.due_at.map(instant),
            overdue: row.due_at.is_some_and(|due| due < now),
        };
        Ok(Json(Inbox { threads: rows.iter().map(waiting).collect(), position }))
    })
    .await
}

fn of_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}
