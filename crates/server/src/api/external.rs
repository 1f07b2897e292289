//! Orders of a system above 上级派单: they come in, are urged, get another due time, receipts and a verdict.
//! What we owe goes out by deliver/owed.rs.

use super::new_case;
use super::problems::WriteProblems;
use super::{PROBLEM, instant};
use crate::app::{App, answered};
use crate::call::{Body, Call};
use crate::deliver::is_receipt;
use crate::fields::{Fields, shown};
use crate::limits::{MAX_SHORT, MAX_TEXT};
use crate::problem::{Kind, Problem};
use crate::sign_in;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Governed, Verdict};
use huying_core::ids::{CaseId, ThreadNo};
use huying_core::profile::System;
use huying_engine::{Accepted, Answer, ClearText, Key, Submission};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use tokio::sync::oneshot::Receiver;
use utoipa::ToSchema;

/// An order of a system above. Beside these fields it has those of a call, see `create_case`; `request_type`
/// may be left out, `channel` and `source` are the system's.
#[derive(ToSchema)]
#[schema(as = NewOrder)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct OrderSchema {
    /// Its number there; with the system it names one case for ever.
    #[schema(example = "CD-2026-000123", max_length = 100)]
    number: String,
    /// By when it wants our reply.
    #[schema(format = DateTime)]
    due: String,
    /// The form it wants the reply in, a `[[system.format]]` of the profile.
    format: Option<String>,
    /// Every other field of a call.
    #[schema(value_type = Object)]
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// What was taken from a system above.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    /// The number of the order there.
    order: String,
    /// The public number of the case here.
    number: String,
    /// Where the case stands.
    state: String,
    /// The journal position that makes it durable.
    position: u64,
    /// When it was recorded.
    #[schema(format = DateTime)]
    recorded: String,
    /// Whether the very same had been taken before.
    repeated: bool,
}

fn taken(order: String, accepted: &Accepted) -> Taken {
    Taken {
        order,
        number: accepted.number.to_string(),
        state: accepted.spine.as_str().to_owned(),
        position: accepted.seq.0,
        recorded: instant(accepted.recorded_at),
        repeated: accepted.repeated,
    }
}

/// The key under which something is taken once: what it is, from whom, about which order.
fn key(what: &str, system: &System, parts: &[&str]) -> Key {
    let mut hash = Sha256::new().chain_update("huying external\n");
    for part in [what, system.id.as_str()].iter().chain(parts) {
        hash = hash.chain_update((part.len() as u64).to_be_bytes()).chain_update(part);
    }
    hash.finalize().into()
}

/// Takes an order of a system above in
///
/// With the token of that system. The same number again brings the same answer, with 200 in place of 201.
#[utoipa::path(
    post, path = "/api/v1/external/{system}/orders", operation_id = "take_order", tag = "external",
    params(("system" = String, Path, description = "The id of the system, a [[system]] of the profile")),
    request_body(content = OrderSchema, content_type = "application/json"),
    responses(
        (status = 201, body = Taken), (status = 200, description = "Taken before", body = Taken),
        WriteProblems,
        (status = 409, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn order(
    State(app): State<Arc<App>>,
    Path(system): Path<String>,
    mut call: Call,
    Body(map): Body,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    let (number, told) = app
        .run(move |app| {
            call.end(&[])?;
            let system = sign_in::system(app, &call, &system)?;
            let (number, submission) = read_order(app, &system, map)?;
            Ok((number, app.submit(submission)))
        })
        .await?;
    let accepted = answered(told.await)?;
    let status = if accepted.repeated { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(taken(number, &accepted))))
}

fn read_order(
    app: &App,
    system: &System,
    mut map: Map<String, Value>,
) -> Result<(String, Submission), Problem> {
    let own: Map<String, Value> =
        ["number", "due", "format"].iter().filter_map(|k| map.remove_entry(*k)).collect();
    let mut f = Fields::of(own);
    let number = f.text("number", MAX_SHORT);
    let number = f.need("number", number, "the number of the order there");
    let due = f.time("due");
    let due = f.need("due", due, crate::fields::INSTANT);
    let forms: Vec<&str> = system.formats.iter().map(|form| form.id.as_str()).collect();
    let format = f.word("format", &forms);
    for (field, value) in [("channel", &system.channel), ("source", &system.comes_from)] {
        if map.insert(field.to_owned(), json!(value)).is_some() {
            f.fault(field, "is the system's own", "nothing: the profile says it");
        }
    }
    map.entry("request_type").or_insert_with(|| json!(system.request_type));
    f.end()?;
    let (number, due) = (number.unwrap_or_default(), due.unwrap_or(app.engine.now()));
    let (mut report, texts, occurred) = new_case::read_report(map, app)?;
    let governed = Governed {
        system: system.id.clone(),
        external_id: number.as_str().into(),
        format: format.map(Into::into),
    };
    report.governed = Some((governed, due));
    let submission = Submission {
        key: Some(key("order", system, &[&number])),
        actor: Actor::System(system.id.clone()),
        occurred,
        case: None,
        command: Command::Report(Box::new(report)),
        texts,
    };
    Ok((number, submission))
}

/// What a system above says about one of its orders.
struct Said {
    command: Command,
    texts: Vec<ClearText>,
    key: Option<Key>,
}

/// Takes what a system above says about one of its orders.
async fn take(
    app: Arc<App>,
    system: String,
    order: String,
    mut call: Call,
    read: impl FnOnce(&System, &str) -> Result<Said, Problem> + Send + 'static,
) -> Result<Json<Taken>, Problem> {
    let of = order.clone();
    let told: Receiver<Answer> = app
        .run(move |app| {
            call.end(&[])?;
            let system = sign_in::system(app, &call, &system)?;
            let case = case_of(app, &system, &of)?;
            let Said { command, texts, key } = read(&system, &of)?;
            let (actor, case) = (Actor::System(system.id), Some(case));
            Ok(app.submit(Submission { key, actor, occurred: None, case, command, texts }))
        })
        .await?;
    Ok(Json(taken(order, &answered(told.await)?)))
}

fn case_of(app: &App, system: &System, order: &str) -> Result<CaseId, Problem> {
    let row = app.engine.read(|r| r.governed(&system.id, order))?;
    row.map(|row| row.case_id).ok_or_else(|| {
        let detail = format!("no order `{}` of {} came here", shown(order), system.id);
        Problem::new(Kind::NotFound, detail).accept("the number of an order that was taken")
    })
}

fn text(f: &mut Fields) -> (Option<huying_core::case::event::TextRef>, Vec<ClearText>) {
    let mut texts = new_case::Texts::default();
    let text = f.text("text", MAX_TEXT).map(|text| texts.add("note", text));
    (text, texts.0)
}

/// Another due time, an urge, or both.
#[derive(ToSchema)]
#[schema(as = NewUrge)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct UrgeSchema {
    /// The new due time.
    #[schema(format = DateTime)]
    due: Option<String>,
    /// Why; sealed before anything is stored.
    text: Option<String>,
}

/// Takes an urge or another due time from the system above
#[utoipa::path(
    post, path = "/api/v1/external/{system}/orders/{order}/urge",
    operation_id = "urge_order", tag = "external",
    params(
        ("system" = String, Path, description = "The id of the system"),
        ("order" = String, Path, description = "The number of the order there"),
    ),
    request_body(content = UrgeSchema, content_type = "application/json"),
    responses(
        (status = 200, body = Taken),
        WriteProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn urge(
    State(app): State<Arc<App>>,
    Path((system, order)): Path<(String, String)>,
    call: Call,
    Body(map): Body,
) -> Result<Json<Taken>, Problem> {
    let again = call.key(&format!("system:{system}:{order}:urge"))?;
    let read = move |_: &System, _: &str| {
        let mut f = Fields::of(map);
        let due = f.time("due");
        let (text, texts) = text(&mut f);
        f.end()?;
        Ok(Said { command: Command::UrgeAbove { due, text }, texts, key: again })
    };
    take(app, system, order, call, read).await
}

/// A receipt of the system above.
#[derive(ToSchema)]
#[schema(as = NewReceipt)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct ReceiptSchema {
    /// The thread that our word named.
    #[schema(minimum = 1)]
    thread: u16,
    /// Whether our word is taken; refused, another one is owed.
    accepted: bool,
    /// Its number or the code of the reason: letters, digits and `. _ - :`.
    #[schema(example = "picture-missing", max_length = 64)]
    receipt: Option<String>,
}

/// Takes the receipt of a word we gave, where it did not come in the answer to its delivery
#[utoipa::path(
    post, path = "/api/v1/external/{system}/orders/{order}/receipts",
    operation_id = "take_receipt", tag = "external",
    params(
        ("system" = String, Path, description = "The id of the system"),
        ("order" = String, Path, description = "The number of the order there"),
    ),
    request_body(content = ReceiptSchema, content_type = "application/json"),
    responses(
        (status = 200, body = Taken),
        WriteProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn receipt(
    State(app): State<Arc<App>>,
    Path((system, order)): Path<(String, String)>,
    call: Call,
    Body(map): Body,
) -> Result<Json<Taken>, Problem> {
    let read = move |system: &System, order: &str| {
        const ACCEPTED: &str = "a number or code of 1 to 64 letters, digits and . _ - :";
        let mut f = Fields::of(map);
        let thread = f.whole("thread", 1, u64::from(u16::MAX)).and_then(|n| u16::try_from(n).ok());
        let thread = f.need("thread", thread, "the thread that our word named").unwrap_or_default();
        let accepted = f.flag("accepted");
        let accepted = f.need("accepted", accepted, "true or false").unwrap_or_default();
        let receipt = f.text("receipt", MAX_SHORT);
        if receipt.as_deref().is_some_and(|r| !is_receipt(r)) {
            f.fault("receipt", "is not accepted", ACCEPTED);
        }
        f.end()?;
        let receipt = receipt.map(Into::into);
        let key = Some(key("receipt", system, &[order, &thread.to_string()]));
        let command = Command::Receipt { thread: ThreadNo(thread), accepted, receipt };
        Ok(Said { command, texts: Vec::new(), key })
    };
    take(app, system, order, call, read).await
}

/// The verdict of the system above.
#[derive(ToSchema)]
#[schema(as = NewVerdict)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct VerdictSchema {
    /// `solved`, `partly`, `not-solved` and the like, as in `callback`.
    solved: Option<String>,
    /// As in `callback`.
    satisfied: Option<String>,
    /// What the caller said; sealed before anything is stored.
    text: Option<String>,
}

/// Takes the verdict of the system above: the case closes by rule, or is handled again
#[utoipa::path(
    post, path = "/api/v1/external/{system}/orders/{order}/verdict",
    operation_id = "take_verdict", tag = "external",
    params(
        ("system" = String, Path, description = "The id of the system"),
        ("order" = String, Path, description = "The number of the order there"),
    ),
    request_body(content = VerdictSchema, content_type = "application/json"),
    responses(
        (status = 200, body = Taken),
        WriteProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn verdict(
    State(app): State<Arc<App>>,
    Path((system, order)): Path<(String, String)>,
    call: Call,
    Body(map): Body,
) -> Result<Json<Taken>, Problem> {
    let again = call.key(&format!("system:{system}:{order}:verdict"))?;
    let read = move |_: &System, _: &str| {
        let mut f = Fields::of(map);
        let mut said = Map::new();
        for field in ["solved", "satisfied"] {
            said.extend(f.text(field, MAX_SHORT).map(|word| (field.to_owned(), Value::String(word))));
        }
        let verdict: Option<Verdict> = serde_json::from_value(Value::Object(said)).ok();
        let verdict = f.need("solved", verdict, "words of a callback's `verdict`").unwrap_or_default();
        let (text, texts) = text(&mut f);
        f.end()?;
        Ok(Said { command: Command::Judge { verdict, text }, texts, key: again })
    };
    take(app, system, order, call, read).await
}
