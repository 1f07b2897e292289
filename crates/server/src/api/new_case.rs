//! Taking a call in: by a resident without account, within the day's quota of their address, or by an
//! account.

use super::cases::Named;
use super::duplicates::{self, NearItem};
use super::problems::WriteProblems;
use super::{PROBLEM, geography, instant};
use crate::app::{App, answered, no_case};
use crate::call::{Body, Call};
use crate::fields::Fields;
use crate::limits::{MAX_ADDRESS, MAX_SHORT, MAX_TEXT, MAX_TITLE};
use crate::place_of;
use crate::plain::{self, Said};
use crate::problem::{Kind, Problem};
use crate::quota::Counted;
use crate::sign_in::{self, Desk};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use huying_core::case::command::{Command, Report};
use huying_core::case::event::{Actor, Datum, Identity, Location, Point, TextRef, Urgency};
use huying_core::case::routine::{ROUTINE, Visited};
use huying_core::ids::{CaseId, MatterCode, PlaceId, ThreadNo, UnitId};
use huying_core::profile::Word;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::{Accepted, ClearText, Key, Submission};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// Where a call of a resident comes from, as every profile names it.
const PUBLIC: &str = "public";

/// How a caller can be known.
pub(super) const IDENTITIES: [&str; 3] = ["named", "confidential", "anonymous"];

/// How pressing a call can be.
pub(super) const URGENCIES: [&str; 3] = ["general", "urgent", "emergency"];

/// How to reach the caller; at least one of the three.
#[derive(ToSchema)]
#[schema(as = Contact)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
struct ContactSchema {
    /// The name.
    name: Option<String>,
    /// The telephone number.
    phone: Option<String>,
    /// The address.
    address: Option<String>,
}

/// A visit of a routine.
#[derive(ToSchema)]
#[schema(as = Visited)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
struct VisitSchema {
    /// The public number of the routine.
    number: String,
    /// The visit, a thread of it.
    thread: u16,
}

/// A call to be taken in.
#[derive(ToSchema)]
#[schema(as = NewCase)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct NewCaseSchema {
    /// What it is about, in one line.
    #[schema(example = "路灯不亮", min_length = 1, max_length = 200)]
    title: String,
    /// What happened, where, since when.
    #[schema(example = "东大街一段路口的路灯连续三天不亮", min_length = 1, max_length = 12000)]
    body: String,
    /// A word of the profile's `request_type`.
    #[schema(example = "complaint")]
    request_type: String,
    /// A word of the profile's `channel`.
    #[schema(example = "web")]
    channel: String,
    /// A word of the profile's `source`; only with an account, `public` otherwise.
    #[schema(example = "public")]
    source: Option<String>,
    /// A code of the catalogue, see `/api/v1/matters`.
    #[schema(example = "matter.01002")]
    matter: Option<String>,
    /// `general`, `urgent` or `emergency`.
    #[schema(example = "general")]
    urgency: Option<String>,
    /// A circumstance of the matter 立案情形, see `/api/v1/matters`; only with an account.
    #[schema(example = "not-fenced")]
    circumstance: Option<String>,
    /// Whether it is hard and complex 疑难复杂; only with an account.
    complex: Option<bool>,
    /// `named`, `confidential` or `anonymous`.
    #[schema(example = "named")]
    identity: Option<String>,
    /// How to reach the caller; none for an anonymous call.
    #[schema(inline)]
    contact: Option<ContactSchema>,
    /// The id or code of a place.
    #[schema(example = "510104")]
    place: Option<String>,
    /// East longitude in degrees; together with `lat`.
    lon: Option<f64>,
    /// North latitude in degrees; together with `lon`.
    lat: Option<f64>,
    /// The datum of the point: `wgs84`, `gcj02` or `cgcs2000`.
    #[schema(example = "wgs84")]
    datum: Option<String>,
    /// The address in words.
    #[schema(max_length = 500)]
    address: Option<String>,
    /// The visit on which it was found; only with an account, of the unit that made the visit.
    #[schema(inline)]
    visit: Option<VisitSchema>,
    /// The public number of the earlier case that it takes up again; only with an account.
    related: Option<String>,
    /// The unit complained of; neither it nor anyone under it will handle the case or read it.
    about: Option<String>,
    /// When it happened, by the caller's word.
    #[schema(format = DateTime)]
    occurred_at: Option<String>,
}

/// A call that was taken in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Created {
    /// The public number.
    number: String,
    /// Its id within the journal.
    id: u64,
    /// Where it stands.
    state: String,
    /// The same in words.
    state_words: Said,
    /// The place it was given to, as far as the evidence proves one.
    place: Option<Named>,
    /// Until when the caller is promised an answer.
    #[schema(format = DateTime)]
    due: Option<String>,
    /// Whether that leans on holidays that are not published yet.
    due_provisional: bool,
    /// With number and code the caller follows and rates the case without an account. Keep it.
    query_code: String,
    /// The journal position that makes it durable.
    position: u64,
    /// For a post: the open cases of its category that lay near 疑似重复, nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nearby: Vec<NearItem>,
}

/// Takes a call in
///
/// Without an account, within the day's quota of the sender's address; or by an account whose post may
/// report. Sent again with the same `Idempotency-Key` the same answer comes back, with 200 in place of 201.
#[utoipa::path(
    post, path = "/api/v1/cases", operation_id = "create_case", tag = "cases",
    params((
        "Idempotency-Key" = Option<String>, Header,
        description = "Done once for each key; without an account a random UUID or 32 random hexadecimal digits",
    )),
    request_body(content = NewCaseSchema, content_type = "application/json"),
    responses(
        (status = 201, body = Created), (status = 200, description = "Sent before", body = Created),
        WriteProblems,
        (status = 409, body = Problem, content_type = PROBLEM),
        (status = 429, body = Problem, content_type = PROBLEM),
    ),
    security((), ("token" = [])),
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    mut call: Call,
    Body(map): Body,
) -> Result<(StatusCode, Json<Created>), Problem> {
    let from = call.from;
    let (told, counted, desk) = app
        .run(move |app| {
            call.end(&[])?;
            let desk = if call.signs_in() { Some(sign_in::desk(app, &call)?) } else { None };
            let (actor, scope) = match &desk {
                Some(desk) => (Actor::Staff(Box::new(desk.staff.clone())), desk.scope()),
                None => (Actor::Caller, "caller".to_owned()),
            };
            let key = if actor == Actor::Caller { call.random_key(&scope)? } else { call.key(&scope)? };
            let draft = read(map, app, desk.as_ref().map_or(By::Caller, By::Desk))?;
            let counted = if actor == Actor::Caller { count(app, &call, key)? } else { None };
            let Draft { report, texts, occurred } = draft;
            let command = Command::Report(Box::new(report));
            Ok((app.submit(Submission { key, actor, occurred, case: None, command, texts }), counted, desk))
        })
        .await?;
    let answer = answered(told.await);
    // Only a call that was taken in uses up the day's quota.
    if let Some(day) = counted.filter(|_| !answer.as_ref().is_ok_and(|a| !a.repeated)) {
        app.uncount(Counted::Calls, from, day);
    }
    let accepted = answer?;
    let status = if accepted.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let created = app.run(move |app| created(app, &accepted, desk.as_ref())).await?;
    Ok((status, Json(created)))
}

/// Takes one of the day's calls, unless the call was taken in before and only asks for its answer again.
fn count(app: &App, call: &Call, key: Option<Key>) -> Result<Option<jiff::civil::Date>, Problem> {
    let most = app.rules().profile.settings.calls_per_day;
    let counted = app.count(Counted::Calls, call.from, most);
    if counted.is_some() {
        return Ok(counted);
    }
    if let Some(key) = key
        && app.engine.is_known(&key)?
    {
        return Ok(None);
    }
    let detail = format!("{most} calls were taken from this address today");
    Err(Problem::new(Kind::TooMany, detail)
        .accept("a call tomorrow, by telephone, or by an account")
        .after(app.until_tomorrow()))
}

fn created(app: &App, accepted: &Accepted, desk: Option<&Desk>) -> Result<Created, Problem> {
    let (row, rules) = (app.row(&accepted.number)?, app.rules());
    let history = app.engine.history(accepted.case)?;
    let facts = history.and_then(|h| h.case.facts).ok_or_else(|| no_case(&accepted.number))?;
    let state = accepted.spine.as_str();
    Ok(Created {
        number: accepted.number.to_string(),
        id: accepted.case.0,
        state: state.to_owned(),
        state_words: plain::state(state),
        place: row.place.as_ref().map(|p| geography::name(&rules, p)),
        due: row.due_at.map(instant),
        due_provisional: row.due_provisional,
        query_code: app.codes.code(&accepted.number, &facts.content.commit),
        position: accepted.seq.0,
        nearby: desk.map_or(Ok(Vec::new()), |desk| duplicates::items(app, desk, &facts.nearby))?,
    })
}

struct Draft {
    report: Report,
    texts: Vec<ClearText>,
    occurred: Option<Time>,
}

/// Who writes a report.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// A resident without an account.
    Caller,
    /// A system.
    System,
    /// A post.
    Desk(&'a Desk),
}

fn read(map: Map<String, Value>, app: &App, by: By<'_>) -> Result<Draft, Problem> {
    let (rules, now) = (&*app.rules(), app.engine.now());
    let mut f = Fields::of(map);
    let words = &rules.profile.words;
    let title = f.text("title", MAX_TITLE);
    let title = f.need("title", title, "a text in one line");
    let body = f.text("body", MAX_TEXT);
    let body = f.need("body", body, "a text");
    let request_type = listed(&mut f, "request_type", &words.request_type);
    let channel = listed(&mut f, "channel", &words.channel);
    let source = match by {
        By::Caller => None,
        By::System | By::Desk(_) => f.word("source", &codes(&words.source)),
    };
    let matter = f.parse::<MatterCode>("matter", MATTER);
    if matter.as_ref().is_some_and(|m| rules.city.catalogue.get(m).is_none()) {
        f.fault("matter", "is not in the catalogue", MATTER);
    }
    let urgency = f.word("urgency", &URGENCIES);
    let circumstance = match by {
        By::Caller => None,
        By::System | By::Desk(_) => f.word("circumstance", &circumstances(rules)),
    };
    let complex = !matches!(by, By::Caller) && f.flag("complex").unwrap_or_default();
    let identity = f.word("identity", &IDENTITIES);
    let contact = contact(&mut f, "contact", identity.as_deref() == Some("anonymous"));
    let (location, address) = location(&mut f, rules, now);
    let location = place_of::settle(app, &mut f, location, address.as_deref());
    let (visit, related) = match by {
        By::Caller | By::System => (None, None),
        By::Desk(desk) => (visit(&mut f, app, desk), related(&mut f, app, desk)),
    };
    let about = f.parse::<UnitId>("about", "the id of a unit");
    if about.as_ref().is_some_and(|u| rules.city.units.get(u).is_none()) {
        f.fault("about", "is no unit of the city", "the id of a unit");
    }
    let occurred = f.time("occurred_at");
    if occurred.is_some_and(|at| at > now) {
        f.fault("occurred_at", "lies in the future", "an instant that has passed");
    }
    f.end()?;
    let mut texts = Texts::default();
    let content = texts.add("content", json!({ "title": title, "body": body }).to_string());
    let contact = contact.map(|c| texts.add("contact", c.to_string()));
    let location = Location { words: address.map(|a| texts.add("address", a)), ..location };
    let report = Report {
        source: source.as_deref().unwrap_or(PUBLIC).into(),
        channel: channel.unwrap_or_default().into(),
        request_type: request_type.unwrap_or_default().into(),
        matter,
        circumstance: circumstance.map(Into::into),
        urgency: one_of(urgency, Urgency::General),
        complex,
        content,
        identity: one_of(identity, Identity::Named),
        contact,
        location,
        about,
        governed: None,
        related,
        visit,
    };
    Ok(Draft { report, texts: texts.0, occurred })
}

/// A report of a system as it is read, with its words and when it happened.
pub(super) fn read_report(
    map: Map<String, Value>,
    app: &App,
) -> Result<(Report, Vec<ClearText>, Option<Time>), Problem> {
    let Draft { report, texts, occurred } = read(map, app, By::System)?;
    Ok((report, texts, occurred))
}

/// The visit on which something was found.
fn visit(f: &mut Fields, app: &App, desk: &Desk) -> Option<Visited> {
    let mut within = f.object("visit")?;
    let number = within.text("number", MAX_SHORT);
    let number = within.need("number", number, "the public number of a routine");
    let thread = within.whole("thread", 1, u64::from(u16::MAX));
    let thread = within.need("thread", thread, "the number of a visit");
    let shown = number.as_ref().and_then(|n| app.row_for(desk, n).ok());
    let row = shown.filter(|row| row.procedure.as_str() == ROUTINE);
    if number.is_some() && row.is_none() {
        within.fault("number", "is no routine", "the public number of a routine");
    }
    f.close(within);
    let thread = u16::try_from(thread?).ok().map(ThreadNo)?;
    Some(Visited { case: row?.case_id, thread })
}

/// The earlier case that is taken up again, where the post is shown it.
fn related(f: &mut Fields, app: &App, desk: &Desk) -> Option<CaseId> {
    let number = f.text("related", MAX_SHORT)?;
    let row = app.row_for(desk, &number).ok();
    if row.is_none() {
        f.fault("related", "is no case", "the public number of an earlier case");
    }
    row.map(|row| row.case_id)
}

const MATTER: &str = "a code of the catalogue, see /api/v1/matters";

/// The words of a command, in the order of their references.
#[derive(Default)]
pub(crate) struct Texts(pub(crate) Vec<ClearText>);

impl Texts {
    /// Adds a text and gives the reference that stands for it until it is sealed.
    pub(crate) fn add(&mut self, class: &str, text: String) -> TextRef {
        self.0.push(ClearText { class: class.into(), text });
        TextRef::pending(self.0.len() as u64 - 1)
    }
}

fn one_of<T: serde::de::DeserializeOwned>(word: Option<String>, otherwise: T) -> T {
    word.and_then(|w| serde_json::from_value(Value::String(w)).ok()).unwrap_or(otherwise)
}

/// The words of the catalogue's circumstances.
pub(super) fn circumstances(rules: &Rules) -> Vec<&str> {
    rules.city.catalogue.book().circumstances.iter().map(|c| c.id.as_str()).collect()
}

pub(crate) fn codes(list: &[Word]) -> Vec<&str> {
    list.iter().map(|w| w.code.as_str()).collect()
}

fn listed(f: &mut Fields, field: &'static str, list: &[Word]) -> Option<String> {
    let codes = codes(list);
    let found = f.word(field, &codes);
    f.need(field, found, &codes.join(", "))
}

pub(super) fn contact(f: &mut Fields, field: &'static str, anonymous: bool) -> Option<Value> {
    let mut within = f.object(field)?;
    let (name, phone) = (within.text("name", MAX_SHORT), within.text("phone", MAX_SHORT));
    let address = within.text("address", MAX_ADDRESS);
    f.close(within);
    if anonymous {
        f.fault(field, "an anonymous call carries no contact", "no contact, or identity `confidential`");
    } else if name.is_none() && phone.is_none() && address.is_none() {
        f.fault(field, "is empty", "an object with name, phone or address");
    }
    let mut contact = Map::new();
    for (key, value) in [("name", name), ("phone", phone), ("address", address)] {
        contact.extend(value.map(|v| (key.to_owned(), Value::String(v))));
    }
    Some(Value::Object(contact))
}

/// Reads `place`, `lon`, `lat`, `datum` and `address`; the words are sealed by the caller.
pub(crate) fn location(f: &mut Fields, rules: &Rules, now: Time) -> (Location, Option<String>) {
    const PLACE: &str = "the id or code of a place of the city";
    let text = f.text("place", MAX_SHORT);
    let place = text.as_deref().and_then(|text| find_place(rules, text, now));
    if text.is_some() && place.is_none() {
        f.fault("place", "is no place of the city", PLACE);
    }
    let (lon, lat) = (f.degrees("lon", 180), f.degrees("lat", 90));
    let data: Vec<&str> = Datum::ALL.iter().map(|(word, _)| *word).collect();
    let datum = f.word("datum", &data);
    let datum = Datum::ALL.iter().find(|(word, _)| Some(*word) == datum.as_deref()).map(|(_, d)| *d);
    let point = match (lon, lat) {
        (Some(lon), Some(lat)) => Some(Point { lon, lat, datum: datum.unwrap_or(Datum::Wgs84) }),
        (Some(_), None) => {
            f.need("lat", None::<()>, "a number of degrees beside `lon`");
            None
        }
        (None, Some(_)) => {
            f.need("lon", None::<()>, "a number of degrees beside `lat`");
            None
        }
        (None, None) => None,
    };
    if datum.is_some() && point.is_none() {
        f.fault("datum", "is given without a point", "a datum beside `lon` and `lat`");
    }
    let address = f.text("address", MAX_ADDRESS);
    (Location { place, point, ..Location::default() }, address)
}

/// The place that an id or code leads to now.
pub(crate) fn find_place(rules: &Rules, text: &str, now: Time) -> Option<PlaceId> {
    let places = &rules.city.places;
    let by_id = || PlaceId::new(text).ok().and_then(|id| places.find(&id));
    let found = places.resolve(text, rules.day(now)).or_else(by_id)?;
    Some(places.get(found).id.clone())
}
