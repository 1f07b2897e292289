//! Files of a case: a picture or document is streamed in and attached; read again by who may, with a purpose,
//! each reading in the access ledger. Stripping and sealing are the engine's; nothing is written in clear.
//!
//! A caller with the query code adds files and reads their own. What a case destroys, it destroys of its
//! files too. Who else may read is `words.rs`.

use super::case::purpose;
use super::command::{Sender, sender};
use super::problems::{ReadProblems, WriteProblems};
use super::words::content_of;
use super::{PROBLEM, instant};
use crate::app::App;
use crate::call::Call;
use crate::fields::shown;
use crate::limits::{MAX_FILE_BYTES, MAX_SHORT};
use crate::problem::{FieldProblem, Kind, Problem};
use crate::quota::Counted;
use crate::sign_in::forbidden;
use axum::Json;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use huying_core::case::event::{Actor, Event, Record};
use huying_core::case::state::Case;
use huying_core::ids::{PersonId, ThreadNo};
use huying_engine::store::AccessEntry;
use huying_engine::{Accepted, Attachment, History, Key};
use serde::Serialize;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::ToSchema;

/// The kinds of file that are taken, each with the bytes it begins with; of WebP those after its length.
const KINDS: [(&str, usize, &[u8]); 4] = [
    ("image/jpeg", 0, &[0xFF, 0xD8, 0xFF]),
    ("image/png", 0, &[0x89, b'P', b'N', b'G']),
    ("image/webp", 8, b"WEBP"),
    ("application/pdf", 0, b"%PDF"),
];

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(as = FileBytes, value_type = String, format = Binary)]
#[allow(dead_code, reason = "describes a body that is no JSON")]
pub(crate) struct FileBytes(Vec<u8>);

/// A file of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileView {
    /// Its name, for `GET …/files/{file}`.
    #[schema(example = "0f3a…")]
    file: String,
    /// As what it was added, such as `before`.
    label: Option<String>,
    /// The thread it belongs to.
    thread: Option<u16>,
    /// When it was added.
    #[schema(format = DateTime)]
    added: String,
    /// `kept`, or `erased` when it was destroyed.
    #[schema(example = "kept")]
    state: &'static str,
}

/// The files that an event added.
pub(crate) fn files_of(event: &Event, record: &Record, case: &Case) -> Vec<FileView> {
    let Event::Attached { files, thread, label } = event else { return Vec::new() };
    let view = |file: &compact_str::CompactString| FileView {
        file: file.to_string(),
        label: label.as_ref().map(ToString::to_string),
        thread: thread.map(|t| t.0),
        added: instant(record.recorded_at),
        state: if case.erased.is_empty() { "kept" } else { "erased" },
    };
    files.iter().map(view).collect()
}

/// A file that was added and is durable.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileAdded {
    /// The public number of the case.
    number: String,
    /// The file's name, for `GET …/files/{file}`.
    file: String,
    /// The version of the case after it.
    version: u32,
    /// The journal position that makes it durable.
    position: u64,
    /// When it was recorded.
    #[schema(format = DateTime)]
    recorded: String,
    /// Whether the very same had been added before.
    repeated: bool,
}

/// Adds a file to a case
///
/// The body is the file itself: a JPEG, PNG or WebP picture, or a PDF, of at most 20 MiB. What a picture says
/// of place, time and device is removed; the rest is sealed under the key of the case. A resident adds with
/// the query code, within the day's number of files from their address.
#[utoipa::path(
    post, path = "/api/v1/cases/{number}/files", operation_id = "add_file", tag = "cases",
    params(
        ("number" = String, Path, description = "The public number"),
        ("thread" = Option<u16>, Query, description = "The thread it belongs to"),
        ("label" = Option<String>, Query, description = "As what: before, after, close_up, …"),
        ("query_code" = Option<String>, Query, description = "A resident's code; better sent as a header"),
        ("X-Huying-Query-Code" = Option<String>, Header, description = "A resident's query code"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
        ("Idempotency-Key" = Option<String>, Header, description = "Done once for each key and sender"),
    ),
    request_body(content(
        (FileBytes = "image/jpeg"), (FileBytes = "image/png"), (FileBytes = "image/webp"),
        (FileBytes = "application/pdf"),
    )),
    responses(
        (status = 201, body = FileAdded), (status = 200, description = "Sent before", body = FileAdded),
        WriteProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM),
        (status = 429, body = Problem, content_type = PROBLEM),
    ),
    security((), ("token" = [])),
)]
pub(crate) async fn attach(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    call: Call,
    body: Body,
) -> Result<(StatusCode, Json<FileAdded>), Problem> {
    declared(&call)?;
    let from = call.from;
    // Only who may add a file makes the server read one.
    let asked = app.run(move |app| asked(app, call, &number)).await?;
    let counted = asked.counted;
    let added = match gather(&app.uploads, body).await {
        Ok((bytes, room)) => {
            app.run(move |app| {
                let added = take(app, asked, bytes);
                drop(room);
                added
            })
            .await
        }
        Err(problem) => Err(problem),
    };
    // Only a file that was taken uses up the day's number.
    if let Some(day) = counted.filter(|_| !added.as_ref().is_ok_and(|a| !a.repeated)) {
        app.uncount(Counted::Files, from, day);
    }
    let added = added?;
    Ok((if added.repeated { StatusCode::OK } else { StatusCode::CREATED }, Json(added)))
}

/// A file on its way in.
struct Asked {
    sender: Sender,
    key: Option<Key>,
    thread: Option<ThreadNo>,
    label: Option<String>,
    counted: Option<jiff::civil::Date>,
}

fn asked(app: &App, mut call: Call, number: &str) -> Result<Asked, Problem> {
    let code = call.code();
    let thread = call.parse::<u16>("thread", "a number that GET of the case shows").map(ThreadNo);
    let label = label(&mut call);
    call.end(&["query_code", "thread", "label"])?;
    let sender = sender(app, &call, number, code)?;
    let key = call.key(&sender.scope)?;
    let counted = if sender.desk.is_none() { count(app, &call, key)? } else { None };
    Ok(Asked { sender, key, thread, label, counted })
}

fn label(call: &mut Call) -> Option<String> {
    const MAX_LABEL: usize = 32;
    let label = call.take("label")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if label.len() > MAX_LABEL || !label.chars().all(plain) {
        let accepted = format!("1 to {MAX_LABEL} small letters, figures, _ or -, such as close_up");
        call.fault("label", format!("`{}` is not accepted", shown(&label)), accepted);
    }
    Some(label)
}

/// Takes one of the day's files, unless this one was taken before and is only sent again.
fn count(app: &App, call: &Call, key: Option<Key>) -> Result<Option<jiff::civil::Date>, Problem> {
    let settings = &app.rules().profile.settings;
    let most = settings.files_per_day.unwrap_or(settings.calls_per_day);
    let counted = app.count(Counted::Files, call.from, most);
    if counted.is_some() {
        return Ok(counted);
    }
    if let Some(key) = key
        && app.engine.is_known(&key)?
    {
        return Ok(None);
    }
    Err(Problem::new(Kind::TooMany, format!("{most} files were taken from this address today"))
        .accept("the file tomorrow")
        .after(app.until_tomorrow()))
}

/// What the headers say of the file, before a byte of it is read.
fn declared(call: &Call) -> Result<(), Problem> {
    let media = call.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !KINDS.iter().any(|(kind, ..)| media.eq_ignore_ascii_case(kind)) {
        let accepted = KINDS.map(|(kind, ..)| kind).join(", ");
        return Err(Problem::new(Kind::MediaType, format!("the body is `{}`", shown(media))).accept(accepted));
    }
    let length: usize =
        call.header(header::CONTENT_LENGTH.as_str()).and_then(|n| n.parse().ok()).unwrap_or(0);
    if length > MAX_FILE_BYTES { Err(too_large()) } else { Ok(()) }
}

fn too_large() -> Problem {
    Problem::new(Kind::TooLarge, "the file is too large").accept(format!("at most {MAX_FILE_BYTES} bytes"))
}

/// Reads a body piece by piece, each piece within the room that all uploads share.
async fn gather(
    room: &Arc<Semaphore>,
    mut body: Body,
) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), Problem> {
    let (mut bytes, mut held) = (Vec::new(), None::<OwnedSemaphorePermit>);
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| Problem::new(Kind::BadRequest, "the file broke off on its way"))?;
        let Ok(piece) = frame.into_data() else { continue };
        if bytes.len() + piece.len() > MAX_FILE_BYTES {
            return Err(too_large());
        }
        let pieces = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        let Ok(more) = room.clone().try_acquire_many_owned(pieces) else {
            return Err(Problem::new(Kind::Unavailable, "too many files are on their way in")
                .accept("the same again with the same Idempotency-Key"));
        };
        match &mut held {
            Some(held) => held.merge(more),
            None => held = Some(more),
        }
        bytes.extend_from_slice(&piece);
    }
    Ok((bytes, held))
}

fn take(app: &App, asked: Asked, bytes: Vec<u8>) -> Result<FileAdded, Problem> {
    let Asked { sender, key, thread, label, .. } = asked;
    let file = Attachment { bytes, thread, label: label.map(Into::into) };
    let accepted = app.engine.attach_once(key, sender.actor, sender.case, &file)?;
    let history = app.engine.history(sender.case)?;
    let name = history.as_ref().and_then(|history| {
        let (_, record) = history.records.iter().find(|(seq, _)| *seq == accepted.seq)?;
        record.events.iter().find_map(|event| match event {
            Event::Attached { files, .. } => files.first(),
            _ => None,
        })
    });
    let file = name.ok_or_else(|| Problem::internal("an accepted file is not in the case"))?.to_string();
    let Accepted { number, version, seq, recorded_at, repeated, .. } = accepted;
    let (number, recorded) = (number.to_string(), instant(recorded_at));
    Ok(FileAdded { number, file, version: version.0, position: seq.0, recorded, repeated })
}

/// A file of a case, in clear
///
/// An account needs a `purpose` and the right to the words of the case; a resident with the query code reads
/// the files they added. Each reading is first written to the access ledger.
#[utoipa::path(
    get, path = "/api/v1/cases/{number}/files/{file}", operation_id = "get_file", tag = "cases",
    params(
        ("number" = String, Path, description = "The public number"),
        ("file" = String, Path, description = "The file's name, as the timeline lists it"),
        ("purpose" = Option<String>, Query, description = "Why it is read; logged. Needed by an account"),
        ("query_code" = Option<String>, Query, description = "A resident's code; better sent as a header"),
        ("X-Huying-Query-Code" = Option<String>, Header, description = "A resident's query code"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, description = "The file", content(
            (FileBytes = "image/jpeg"), (FileBytes = "image/png"), (FileBytes = "image/webp"),
            (FileBytes = "application/pdf"),
        )),
        ReadProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, description = "It was destroyed", body = Problem, content_type = PROBLEM),
        (status = 429, body = Problem, content_type = PROBLEM),
        (status = 503, body = Problem, content_type = PROBLEM),
        (status = 507, body = Problem, content_type = PROBLEM),
    ),
    security((), ("token" = [])),
)]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    Path((number, file)): Path<(String, String)>,
    mut call: Call,
) -> Result<impl IntoResponse, Problem> {
    app.run(move |app| {
        let (code, purpose) = (call.code(), purpose(&mut call));
        call.end(&["query_code", "purpose"])?;
        let sender = sender(app, &call, &number, code)?;
        let entry = entry(app, &sender, purpose, &number, &file)?;
        let bytes = app.engine.read_file(entry, &file)?;
        let kind =
            KINDS.iter().find(|(_, at, begins)| bytes.get(*at..).is_some_and(|b| b.starts_with(begins)));
        let kind = kind.map_or("application/octet-stream", |(kind, ..)| kind);
        // A document is a program's to open, never this origin's.
        let shown = if kind.starts_with("image/") { "inline" } else { "attachment" };
        let headers: [(HeaderName, HeaderValue); 2] = [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CONTENT_DISPOSITION, HeaderValue::from_static(shown)),
        ];
        Ok((headers, bytes))
    })
    .await
}

/// Who reads the file and why, for the access ledger.
///
/// # Errors
/// 403 without the right to what the case holds, 400 without a purpose, 404 without such a file for them.
fn entry(
    app: &App,
    sender: &Sender,
    purpose: Option<String>,
    number: &str,
    file: &str,
) -> Result<AccessEntry, Problem> {
    let no_file = || {
        Problem::new(Kind::NotFound, format!("there is no file `{}` of case {}", shown(file), shown(number)))
            .accept("a file of the case's timeline; without an account one of one's own")
    };
    let History { case, records } = app.engine.history(sender.case)?.ok_or_else(no_file)?;
    let (actor, post, purpose) = match &sender.desk {
        Some(desk) => {
            let now = app.engine.now();
            content_of(desk, &case, &app.rules(), now).map_err(|why| {
                let accepted = "a post that reads content, of a unit with a hand in the case";
                forbidden("words.reads", why, accepted)
            })?;
            let (person, post) = (desk.staff.person.clone(), desk.staff.post.clone());
            (person, Some(post), purpose.ok_or_else(no_purpose)?)
        }
        None => {
            let caller = PersonId::new("caller").map_err(|e| Problem::internal(e.to_string()))?;
            (caller, None, "own case".to_owned())
        }
    };
    let names =
        |event: &Event| matches!(event, Event::Attached { files, .. } if files.iter().any(|f| f == file));
    let mine = |record: &Record| sender.desk.is_some() || record.actor == Actor::Caller;
    if !records.iter().any(|(_, record)| mine(record) && record.events.iter().any(names)) {
        return Err(no_file());
    }
    Ok(AccessEntry { at: app.engine.now(), actor, post, purpose: purpose.into(), case_id: case.id })
}

fn no_purpose() -> Problem {
    let accepted = format!("?purpose=… with a reason of 1 to {MAX_SHORT} characters");
    let field = FieldProblem::new("purpose", "is missing", accepted);
    Problem::query(vec![field])
}
