//! The box of notices 告知 of a post: what its unit and its person were told, newest first, and which of it
//! was read. No word of a caller and no name is in it.

use super::cases::limit;
use super::instant;
use super::problems::{ReadProblems, WriteProblems};
use crate::app::App;
use crate::call::{Body, Call};
use crate::deliver::text_of;
use crate::fields::Fields;
use crate::limits::MAX_MARKS;
use crate::plain::Said;
use crate::problem::Problem;
use crate::sign_in;
use axum::Json;
use axum::extract::State;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::notice_id;
use huying_engine::store::{BoxOf, NoticeEntry};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// One notice.
#[derive(Debug, Serialize, ToSchema)]
struct Notice {
    /// Its name for ever; a webhook delivers it under the same.
    #[schema(example = "42-3-0")]
    id: String,
    /// Its place, to mark it as read and to turn pages by.
    position: u64,
    /// What is told.
    #[schema(example = "assigned")]
    kind: String,
    /// The same in the words of the city's profile.
    text: Option<Said>,
    /// The public number of the case.
    number: Option<String>,
    /// The thread within it.
    thread: Option<u16>,
    /// The person told, where it is not the unit as a whole.
    person: Option<String>,
    /// By when something is asked.
    #[schema(format = DateTime)]
    due: Option<String>,
    /// Whether that has passed.
    overdue: bool,
    /// When it was promised.
    #[schema(format = DateTime)]
    at: String,
    /// Whether the person who asks has read it.
    read: bool,
}

/// A page of a box.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticeBox {
    /// The notices, newest first.
    notices: Vec<Notice>,
    /// `before` of the next page; none after the last.
    next: Option<u64>,
}

/// What this post was told, newest first
#[utoipa::path(
    get, path = "/api/v1/notices", operation_id = "list_notices", tag = "desk",
    params(
        ("of" = Option<String>, Query, description = "`unit` (the unit's and the person's in it, as without) or `person`"),
        ("unread" = Option<bool>, Query, description = "Only what the person has not read"),
        ("before" = Option<u64>, Query, description = "Only those before this place, `next` of a page"),
        ("limit" = Option<u32>, Query, description = "Notices, 1 to 500; 50 without"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = NoticeBox),
        ReadProblems,
    ),
    security(("token" = [])),
)]
pub(crate) async fn list(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<NoticeBox>, Problem> {
    app.run(move |app| {
        let desk = sign_in::desk(app, &call)?;
        let of = call.word("of", &["unit", "person"]);
        let unread = call.flag("unread");
        let before = call.parse::<u64>("before", "the place of a notice");
        let limit = limit(&mut call);
        call.end(&["of", "unread", "before", "limit"])?;
        let (unit, person) = (&desk.staff.unit, &desk.staff.person);
        let whose =
            if of.as_deref() == Some("person") { BoxOf::Person(person) } else { BoxOf::Post(unit, person) };
        let (kept, names) = (app.kept_from(&desk), desk.names());
        let found =
            app.engine.read(|r| r.notice_box(whose, person, (&kept, &names), unread, before, limit))?;
        let next = (found.len() == limit).then(|| found.last().map(|n| n.position)).flatten();
        let (rules, now) = (app.rules(), app.engine.now());
        let notices = found.into_iter().map(|n| shown(n, &rules, now)).collect();
        Ok(Json(NoticeBox { notices, next }))
    })
    .await
}

fn shown(entry: NoticeEntry, rules: &Rules, now: Time) -> Notice {
    let text = text_of(&entry, rules);
    let row = entry.row;
    Notice {
        id: notice_id(&row),
        position: entry.position,
        kind: row.kind.to_string(),
        text,
        number: entry.number.map(|n| n.to_string()),
        thread: row.thread.map(|t| t.0),
        person: row.person.map(|p| p.to_string()),
        due: row.due.map(instant),
        overdue: row.due.is_some_and(|due| due < now),
        at: instant(row.at),
        read: entry.read,
    }
}

/// Notices that were read.
#[derive(ToSchema)]
#[schema(as = NewMarks)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct MarksSchema {
    /// The places of the notices.
    #[schema(max_items = 500)]
    positions: Vec<u64>,
}

/// How many were marked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Marked {
    /// How many were not marked before.
    marked: usize,
}

/// Marks notices as read by the person who asks
///
/// Marks are of the person and say nothing to anybody else; the same again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/notices/read", operation_id = "mark_notices", tag = "desk",
    params(("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several")),
    request_body(content = MarksSchema, content_type = "application/json"),
    responses(
        (status = 200, body = Marked),
        WriteProblems,
    ),
    security(("token" = [])),
)]
pub(crate) async fn mark(
    State(app): State<Arc<App>>,
    mut call: Call,
    Body(map): Body,
) -> Result<Json<Marked>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let desk = sign_in::desk(app, &call)?;
        let mut f = Fields::of(map);
        let given = f.take("positions");
        let accepted = format!("a list of 1 to {MAX_MARKS} places of notices");
        let places = given.as_ref().and_then(places);
        if given.is_some() && places.is_none() {
            f.fault("positions", "is not accepted", accepted.clone());
        }
        let places = f.need("positions", places, &accepted);
        f.end()?;
        let (person, places) = (desk.staff.person, places.unwrap_or_default());
        let marked = app.engine.with_store(move |store, now| store.mark_notices(&person, &places, now))?;
        Ok(Json(Marked { marked }))
    })
    .await
}

fn places(value: &Value) -> Option<Vec<u64>> {
    let all = value.as_array().filter(|all| (1..=MAX_MARKS).contains(&all.len()))?;
    // What a ledger can count to: no place is beyond it.
    all.iter().map(|v| v.as_u64().filter(|n| *n <= i64::MAX.unsigned_abs())).collect()
}
