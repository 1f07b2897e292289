//! Standing orders: giving one, reading one, who is on duty now, which modes hold. Admission is `tasks.rs`.

use super::PROBLEM;
use super::cases::Named;
use super::instant;
use super::new_case::find_place;
use super::problems::{ReadProblems, WriteProblems};
use crate::app::App;
use crate::call::{Body, Call};
use crate::fields::{self, Fields, shown};
use crate::limits::{MAX_SHORT, MAX_TEXT};
use crate::plain::{self, Said};
use crate::problem::{FieldProblem, Kind, Problem};
use crate::sign_in::{self, Desk, forbidden};
use axum::Json;
use axum::extract::{Path, State};
use compact_str::CompactString;
use huying_core::case::event::{Actor, TextRef};
use huying_core::ids::{PlaceId, UnitId};
use huying_core::profile::{Declares, Mode, Reads};
use huying_core::rules::Rules;
use huying_core::standing::{Declared, Gap, HandedOver, Order, OrderNo, Sitting, StandingChange};
use huying_core::time::Time;
use huying_engine::store::{AccessEntry, Clear};
use huying_engine::{CITY_CASE, CITY_STREAM, CityRecord, ClearText, OrderGiven, StandingChanged};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// A standing order; which fields it has depends on `order`, see docs/standing.md.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct NewOrder {
    /// `set_duty` {roster}, `end_duty` {unit, seat}, `swap_duty` {unit, seat, swap}, `hand_over` {unit, seat,
    /// open, text}, `declare_mode` {mode, place, from, to, text}, `end_mode` {no, text}, `ask_task` {request,
    /// text}, `review_task` {no, decision, text}, `end_task` {no, text}.
    #[schema(example = "declare_mode")]
    order: String,
    /// Its words, sealed before it is decided.
    text: Option<String>,
}

/// An order that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderTaken {
    /// Its number.
    no: u64,
    /// Whether it was taken before under the same key.
    repeated: bool,
}

/// Gives a standing order: of duty, of a mode, of the admission of a task
#[utoipa::path(
    post, path = "/api/v1/standing", operation_id = "give_order", tag = "standing",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is done once"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    request_body(content = NewOrder, content_type = "application/json"),
    responses(
        (status = 200, body = OrderTaken),
        WriteProblems,
        (status = 409, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn give(
    State(app): State<Arc<App>>,
    mut call: Call,
    Body(map): Body,
) -> Result<Json<OrderTaken>, Problem> {
    app.run(move |app| {
        call.end(&[])?;
        let desk = sign_in::desk(app, &call)?;
        let key = call.key(&format!("standing:{}", desk.scope()))?;
        let (order, text) = order(map)?;
        let actor = Actor::Staff(Box::new(desk.staff));
        let rules = app.rules();
        let taken = app.engine.order(OrderGiven { key, actor, order, text });
        let taken = taken.map_err(|rejected| Problem::from(rejected).with_basis(&rules))?;
        Ok(Json(OrderTaken { no: taken.no.0, repeated: taken.repeated }))
    })
    .await
}

/// Orders that are given without words.
const WORDLESS: [&str; 3] = ["set_duty", "end_duty", "swap_duty"];

/// An instant in the body is written as a text; the core counts milliseconds.
const INSTANTS: [&str; 2] = ["from", "to"];

/// Reads the body as an order, its words apart.
fn order(map: Map<String, Value>) -> Result<(Order, Option<ClearText>), Problem> {
    let mut fields = Fields::of(map);
    let name = fields.text("order", MAX_SHORT);
    let wordless = name.as_ref().is_none_or(|name| WORDLESS.contains(&name.as_str()));
    let name = fields.need("order", name, "the kind of order").unwrap_or_default();
    let words = fields.text("text", MAX_TEXT);
    if !wordless {
        fields.need("text", words.as_ref(), "the ground or note, in words");
    }
    let mut map = fields.rest()?;
    let mut faults = Vec::new();
    times(&mut map, "", &mut faults);
    if !faults.is_empty() {
        return Err(Problem::fields(faults));
    }
    if words.is_some() {
        let pending = serde_json::to_value(TextRef::pending(0));
        map.insert("text".into(), pending.map_err(|e| Problem::internal(e.to_string()))?);
    }
    let order = read_as(&name, map).map_err(|fault| Problem::fields(vec![fault]))?;
    Ok((order, words.map(|text| ClearText { class: "note".into(), text })))
}

/// Reads the fields of the kind of order that `name` says.
fn read_as(name: &str, map: Map<String, Value>) -> Result<Order, FieldProblem> {
    let order = Value::Object(Map::from_iter([(name.to_owned(), Value::Object(map))]));
    fields::read(order, "", FORM).map_err(|fault| {
        // The kind is a field of the body beside the others.
        let inner = fault.field.strip_prefix(name).map(|rest| rest.trim_start_matches('.'));
        let field = inner.filter(|rest| !rest.is_empty()).unwrap_or("order").to_owned();
        FieldProblem { field, ..fault }
    })
}

/// Where the forms of rosters, requests and decisions are told.
const FORM: &str = "what docs/standing.md says of it";

/// Turns the instants of an object, and of a substitution in it, into milliseconds. Days stay days.
fn times(map: &mut Map<String, Value>, prefix: &str, faults: &mut Vec<FieldProblem>) {
    for (name, value) in map.iter_mut() {
        match value {
            Value::String(text) if INSTANTS.contains(&name.as_str()) => match text.parse::<jiff::Timestamp>()
            {
                Ok(at) => *value = Value::from(at.as_millisecond()),
                Err(_) => {
                    let problem = format!("`{}` is not accepted", shown(text));
                    faults.push(FieldProblem::new(format!("{prefix}{name}"), problem, fields::INSTANT));
                }
            },
            Value::Object(inner) if name == "swap" => times(inner, "swap.", faults),
            Value::Object(inner) if name == "roster" => {
                for swap in inner.get_mut("swaps").and_then(Value::as_array_mut).into_iter().flatten() {
                    if let Value::Object(swap) = swap {
                        times(swap, "roster.swaps.", faults);
                    }
                }
            }
            _ => {}
        }
    }
}

/// A standing order as it stands in the journal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderView {
    /// Its number.
    no: u64,
    /// When it was recorded.
    #[schema(format = DateTime)]
    at: String,
    /// What was ordered.
    order: String,
    /// Who gave it; nobody where the operator of the machine did.
    person: Option<String>,
    /// The post they acted from.
    post: Option<String>,
    /// What changed, as recorded.
    #[schema(value_type = Vec<Object>)]
    changes: Vec<Value>,
    /// Its words, where a purpose was given and the post may read them.
    text: Option<String>,
    /// Why the words are not shown.
    masked: Option<String>,
}

/// A standing order, with its words for a purpose
#[utoipa::path(
    get, path = "/api/v1/standing/{no}", operation_id = "get_order", tag = "standing",
    params(
        ("no" = u64, Path, description = "Its number"),
        ("purpose" = Option<String>, Query, description = "What the words are read for; it is logged"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = OrderView),
        ReadProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 503, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path(no): Path<String>,
    mut call: Call,
) -> Result<Json<OrderView>, Problem> {
    app.run(move |app| {
        let purpose = call.take("purpose");
        call.end(&["purpose"])?;
        let desk = sign_in::desk(app, &call)?;
        let record = recorded(app, &no)?;
        let rules = app.rules();
        let concerned = record.orders.iter().any(|change| concerns(&rules, &desk, change, app.engine.now()));
        if !concerned {
            let accepted = "a post whose territory meets what the order is about";
            return Err(forbidden("powers.territory", "the order is about another territory", accepted));
        }
        let words = record.orders.iter().find_map(words_of);
        let (text, masked) = match (words, purpose) {
            (None, _) => (None, None),
            (Some(_), None) => (None, Some("no purpose was given: add ?purpose=…".to_owned())),
            (Some(_), Some(_)) if !desk.reads(Reads::Content) => {
                (None, Some(format!("a {} does not read the words of orders", desk.staff.role)))
            }
            (Some(text), Some(purpose)) => (read(app, &desk, text, &purpose)?, None),
        };
        let staff = if let Actor::Staff(staff) = &record.actor { Some(staff) } else { None };
        let changes = record.orders.iter().map(serde_json::to_value).collect::<Result<_, _>>();
        Ok(Json(OrderView {
            no: u64::from(record.version.0),
            at: instant(record.recorded_at),
            order: record.command.to_string(),
            person: staff.map(|s| s.person.to_string()),
            post: staff.map(|s| s.post.to_string()),
            changes: changes.map_err(|e| Problem::internal(e.to_string()))?,
            text,
            masked,
        }))
    })
    .await
}

fn recorded(app: &App, no: &str) -> Result<StandingChanged, Problem> {
    let none = || Problem::new(Kind::NotFound, format!("there is no order {}", shown(no)));
    let wanted: u64 = no.parse().map_err(|_| none())?;
    let stored = app.engine.read(|r| r.load(CITY_STREAM))?;
    let found = stored.into_iter().find(|r| u64::from(r.version.0) == wanted).ok_or_else(none)?;
    match serde_json::from_slice(&found.payload) {
        Ok(CityRecord::Standing(record)) => Ok(record),
        Ok(_) => Err(none()),
        Err(e) => Err(Problem::internal(e.to_string())),
    }
}

fn words_of(change: &StandingChange) -> Option<TextRef> {
    match change {
        StandingChange::DutyHandedOver { handover, .. } => Some(handover.note),
        StandingChange::ModeDeclared(declared) => Some(declared.text),
        StandingChange::TaskAsked(asked) => Some(asked.text),
        StandingChange::ModeEnded { text, .. }
        | StandingChange::TaskReviewed { text, .. }
        | StandingChange::TaskEnded { text, .. } => Some(*text),
        StandingChange::DutySet { .. }
        | StandingChange::DutyEnded { .. }
        | StandingChange::DutySwapped { .. } => None,
    }
}

fn read(app: &App, desk: &Desk, text: TextRef, purpose: &str) -> Result<Option<String>, Problem> {
    let entry = AccessEntry {
        at: app.engine.now(),
        actor: desk.staff.person.clone(),
        post: Some(desk.staff.post.clone()),
        purpose: purpose.into(),
        case_id: CITY_CASE,
    };
    let clear = app.engine.read_clear(entry, vec![text.item])?.pop();
    Ok(match clear {
        Some(Clear::Text(opened)) => Some(String::from_utf8_lossy(&opened.text).into_owned()),
        _ => None,
    })
}

/// Whether an order is about what the post governs, or lies in.
fn concerns(rules: &Rules, desk: &Desk, change: &StandingChange, now: Time) -> bool {
    let standing = &rules.standing;
    let of_unit = |unit: &UnitId| rules.city.units.get(unit).map(|u| u.territory.clone());
    let of_mode = |no: OrderNo| standing.modes.iter().find(|d| d.no == no).map(|d| d.place.clone());
    let of_task = |no: OrderNo| standing.task(no).map(|t| t.request.place.clone());
    let place = match change {
        StandingChange::DutySet { roster, .. } => of_unit(&roster.unit),
        StandingChange::DutyEnded { unit, .. }
        | StandingChange::DutySwapped { unit, .. }
        | StandingChange::DutyHandedOver { unit, .. } => {
            return *unit == desk.staff.unit
                || of_unit(unit).is_some_and(|p| rules.covers(&desk.staff, Some(&p), now));
        }
        StandingChange::ModeDeclared(declared) => Some(declared.place.clone()),
        StandingChange::ModeEnded { no, .. } => of_mode(*no),
        StandingChange::TaskAsked(asked) => Some(asked.request.place.clone()),
        StandingChange::TaskReviewed { no, .. } | StandingChange::TaskEnded { no, .. } => of_task(*no),
    };
    let own = of_unit(&desk.staff.unit);
    place.is_some_and(|place| {
        rules.covers(&desk.staff, Some(&place), now) || own.is_some_and(|own| rules.lies_in(&own, &place))
    })
}

/// Who is on duty.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DutyView {
    /// At which instant.
    #[schema(format = DateTime)]
    at: String,
    /// Who sits in each seat.
    seats: Vec<SeatView>,
    /// Seats that must be staffed and are not.
    gaps: Vec<GapView>,
}

/// Somebody in a seat.
#[derive(Debug, Serialize, ToSchema)]
struct SeatView {
    /// The unit.
    unit: Named,
    /// The seat.
    seat: Named,
    /// The shift.
    shift: String,
    /// Who has the turn.
    person: String,
    /// Since when.
    #[schema(format = DateTime)]
    from: String,
    /// Until when.
    #[schema(format = DateTime)]
    to: String,
    /// Whether they have no post in the unit any more, so that nobody sits there.
    vacant: bool,
    /// When this turn was handed over, if it was.
    #[schema(format = DateTime)]
    handed_over: Option<String>,
    /// The open matters that were handed on, by public number.
    open: Vec<String>,
}

/// A seat that nobody sits in.
#[derive(Debug, Serialize, ToSchema)]
struct GapView {
    /// The unit.
    unit: Named,
    /// The seat.
    seat: Named,
    /// Who would have the turn but works there no more; nobody where no roster holds.
    gone: Option<String>,
}

/// Who is on duty 值班 now, in a unit or a place
#[utoipa::path(
    get, path = "/api/v1/duty", operation_id = "on_duty", tag = "standing",
    params(
        ("unit" = Option<String>, Query, description = "A unit; the post's own where neither is given"),
        ("place" = Option<String>, Query, description = "A code or id: units whose territory lies in it"),
        ("at" = Option<String>, Query, description = "Another instant than now"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = DutyView),
        ReadProblems,
        (status = 422, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn duty(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<DutyView>, Problem> {
    app.run(move |app| {
        let rules = app.rules();
        let at = call.time("at").unwrap_or(app.engine.now());
        let unit: Option<UnitId> = call.parse("unit", "the id of a unit");
        let place = call.take("place");
        let place = place.map(|text| {
            let found = find_place(&rules, &text, at);
            if found.is_none() {
                call.fault(
                    "place",
                    format!("there is no place `{}`", shown(&text)),
                    "a code or id of a place",
                );
            }
            found
        });
        call.end(&["at", "unit", "place"])?;
        let desk = sign_in::desk(app, &call)?;
        let which = match (unit, place.flatten()) {
            (None, Some(place)) => Which::Place(place),
            (unit, _) => Which::Unit(unit.unwrap_or(desk.staff.unit)),
        };
        Ok(Json(on_duty(&rules, at, &which)))
    })
    .await
}

/// Whose duty is asked for.
enum Which {
    Unit(UnitId),
    Place(PlaceId),
}

impl Which {
    fn is(&self, rules: &Rules, unit: &UnitId) -> bool {
        match self {
            Which::Unit(wanted) => wanted == unit,
            Which::Place(place) => {
                rules.city.units.get(unit).is_some_and(|u| rules.lies_in(&u.territory, place))
            }
        }
    }
}

fn on_duty(rules: &Rules, at: Time, which: &Which) -> DutyView {
    let standing = &rules.standing;
    let seats = standing.sitting(rules, at).filter(|s| which.is(rules, &s.roster.unit));
    let gaps = standing.gaps(rules, at).into_iter().filter(|g| which.is(rules, &g.unit));
    DutyView {
        at: instant(at),
        seats: seats.map(|s| seat_view(rules, &s)).collect(),
        gaps: gaps.map(|g| gap_view(rules, g)).collect(),
    }
}

fn unit_named(rules: &Rules, unit: &UnitId) -> Named {
    Named { id: unit.to_string(), name: plain::unit(rules, unit) }
}

fn seat_named(rules: &Rules, id: &str) -> Named {
    let seat = rules.profile.seat(id);
    let name = seat.map_or_else(|| Said::new(id, id), |s| Said::new(&s.name, &s.name_en));
    Named { id: id.to_owned(), name }
}

fn seat_view(rules: &Rules, sitting: &Sitting<'_>) -> SeatView {
    let (roster, turn) = (sitting.roster, &sitting.turn);
    let signed = |h: &&HandedOver| {
        h.unit == roster.unit && h.seat == roster.seat && (turn.from..turn.to).contains(&h.handover.at)
    };
    let handed = rules.standing.handovers.iter().rev().find(signed).map(|h| &h.handover);
    SeatView {
        unit: unit_named(rules, &roster.unit),
        seat: seat_named(rules, &roster.seat),
        shift: turn.shift.name.to_string(),
        person: turn.person.to_string(),
        from: instant(turn.from),
        to: instant(turn.to),
        vacant: sitting.vacant,
        handed_over: handed.map(|h| instant(h.at)),
        open: handed.map_or(Vec::new(), |h| h.open.iter().map(ToString::to_string).collect()),
    }
}

fn gap_view(rules: &Rules, gap: Gap) -> GapView {
    let gone = gap.gone.map(|p| p.to_string());
    GapView { unit: unit_named(rules, &gap.unit), seat: seat_named(rules, &gap.seat), gone }
}

/// Modes that were declared, and the one that holds where it was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModesView {
    /// Every mode of the profile, the most urgent first.
    modes: Vec<ModeView>,
    /// Declarations that hold, or are to come.
    declared: Vec<DeclaredView>,
    /// The mode of the place that was asked for.
    here: Option<Named>,
}

/// A mode of the profile.
#[derive(Debug, Serialize, ToSchema)]
struct ModeView {
    /// Its id.
    id: String,
    /// Its names.
    name: Said,
    /// The seats that must be staffed while it holds.
    seats: Vec<Named>,
    /// Who declares it; empty for the mode of every day.
    declare: Vec<DeclaresView>,
}

/// Who declares a mode.
#[derive(Debug, Serialize, ToSchema)]
struct DeclaresView {
    /// For a place of this level.
    level: String,
    /// Somebody in one of these roles, whose territory reaches the place.
    roles: Vec<String>,
}

fn mode_view(rules: &Rules, mode: &Mode) -> ModeView {
    let Named { id, name } = mode_named(mode);
    let words = |list: &[CompactString]| list.iter().map(ToString::to_string).collect();
    let declares = |d: &Declares| DeclaresView { level: d.level.to_string(), roles: words(&d.roles) };
    let seats = mode.seats.iter().map(|id| seat_named(rules, id)).collect();
    ModeView { id, name, seats, declare: mode.declare.iter().map(declares).collect() }
}

/// A declared mode.
#[derive(Debug, Serialize, ToSchema)]
struct DeclaredView {
    /// The number of the order.
    no: u64,
    /// The mode.
    mode: Named,
    /// The area.
    place: Named,
    /// From when.
    #[schema(format = DateTime)]
    from: String,
    /// Up to when.
    #[schema(format = DateTime)]
    to: String,
    /// On whose authority.
    authority: String,
}

/// A mode with its names.
pub(crate) fn mode_named(mode: &Mode) -> Named {
    let en = if mode.name_en.is_empty() { mode.id.as_str() } else { &mode.name_en };
    Named { id: mode.id.to_string(), name: Said::new(&mode.name, en) }
}

/// Which modes 平急模式 hold or are to come, and which one holds in a place; without an account
#[utoipa::path(
    get, path = "/api/v1/modes", operation_id = "modes", tag = "standing",
    params(("place" = Option<String>, Query, description = "A code or id of a place")),
    responses(
        (status = 200, body = ModesView),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 422, body = Problem, content_type = PROBLEM),
    ),
    security(()),
)]
pub(crate) async fn modes(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<ModesView>, Problem> {
    app.run(move |app| {
        let (rules, now) = (app.rules(), app.engine.now());
        let place = call.take("place");
        let place = place.and_then(|text| {
            let found = find_place(&rules, &text, now);
            if found.is_none() {
                call.fault(
                    "place",
                    format!("there is no place `{}`", shown(&text)),
                    "a code or id of a place",
                );
            }
            found
        });
        call.end(&["place"])?;
        let coming = rules.standing.modes.iter().filter(|d| now < d.to);
        Ok(Json(ModesView {
            modes: rules.profile.modes.iter().map(|mode| mode_view(&rules, mode)).collect(),
            declared: coming.map(|d| declared_view(&rules, d)).collect(),
            here: place.and_then(|p| rules.mode_at(&p, now)).map(mode_named),
        }))
    })
    .await
}

fn declared_view(rules: &Rules, declared: &Declared) -> DeclaredView {
    let id = &declared.mode;
    let mode = rules.profile.mode(id).map(mode_named);
    let places = &rules.city.places;
    let place = places.find(&declared.place).map(|no| super::places::named(places, no));
    let unknown = |id: &str| Named { id: id.to_owned(), name: Said::new(id, id) };
    DeclaredView {
        no: declared.no.0,
        mode: mode.unwrap_or_else(|| unknown(id)),
        place: place.unwrap_or_else(|| unknown(declared.place.as_str())),
        from: instant(declared.from),
        to: instant(declared.to),
        authority: declared.authority.to_string(),
    }
}
