//! The list of cases: filters and keyset pages of public facts. Personal words never stand in a list.

use super::new_case::{codes, find_place};
use super::problems::ReadProblems;
use super::{PROBLEM, instant};
use crate::app::App;
use crate::call::Call;
use crate::limits::{MAX_PAGE, PAGE};
use crate::plain::{self, Said};
use crate::problem::Problem;
use crate::sign_in;
use axum::Json;
use axum::extract::State;
use compact_str::CompactString;
use huying_core::case::state::Spine;
use huying_core::ids::{CaseId, MatterCode, PlaceId, Seq, UnitId};
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::store::{CaseFilter, CaseRow, PageKey};
use serde::Serialize;
use std::str::FromStr;
use std::sync::Arc;
use utoipa::ToSchema;

/// The public facts of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseItem {
    /// The public number.
    pub(crate) number: String,
    /// Its id within the journal.
    id: u64,
    /// Where it stands: `reported`, `open`, `answered`, `verdict`, `closed` or `void`.
    state: String,
    /// How the call came.
    channel: String,
    /// The request type.
    request_type: Option<String>,
    /// The matter.
    matter: Option<String>,
    /// The place.
    place: Option<String>,
    /// The one accountable unit.
    lead: Option<String>,
    /// The procedure it follows.
    procedure: String,
    /// How pressing it is.
    urgency: Option<String>,
    /// How the caller wants to be known, when not named.
    identity: Option<String>,
    /// When it was reported.
    #[schema(format = DateTime)]
    opened: String,
    /// Until when the caller is promised an answer.
    #[schema(format = DateTime)]
    due: Option<String>,
    /// Whether that leans on holidays that are not published yet.
    due_provisional: bool,
    /// When the caller first got an answer.
    #[schema(format = DateTime)]
    replied: Option<String>,
    /// When it was closed or voided.
    #[schema(format = DateTime)]
    closed: Option<String>,
    /// On what ground.
    ground: Option<String>,
    /// How many of its clocks were missed.
    missed_clocks: u16,
    /// How often it was sent back to be handled again.
    reworks: u16,
    /// Whether it is suspended.
    suspended: bool,
    /// Whether it is left out of the scores.
    excluded: bool,
    /// The system it was taken over from.
    system: Option<String>,
    /// Its number there.
    external_id: Option<String>,
}

impl From<&CaseRow> for CaseItem {
    fn from(row: &CaseRow) -> CaseItem {
        CaseItem {
            number: row.number.as_deref().unwrap_or_default().to_owned(),
            id: row.case_id.0,
            state: row.state.to_string(),
            channel: row.channel.to_string(),
            request_type: row.request_type.as_ref().map(ToString::to_string),
            matter: row.matter.as_ref().map(ToString::to_string),
            place: row.place.as_ref().map(ToString::to_string),
            lead: row.lead_unit.as_ref().map(ToString::to_string),
            procedure: row.procedure.to_string(),
            urgency: row.urgency.as_ref().map(ToString::to_string),
            identity: row.confidentiality.as_ref().map(ToString::to_string),
            opened: instant(row.opened_at),
            due: row.due_at.map(instant),
            due_provisional: row.due_provisional,
            replied: row.replied_at.map(instant),
            closed: row.closed_at.map(instant),
            ground: row.close_ground.as_ref().map(ToString::to_string),
            missed_clocks: row.overdue,
            reworks: row.reworks,
            suspended: row.suspended,
            excluded: row.excluded,
            system: row.system.as_ref().map(ToString::to_string),
            external_id: row.external_id.as_ref().map(ToString::to_string),
        }
    }
}

/// One page of cases, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseList {
    /// The cases.
    cases: Vec<CaseItem>,
    /// Given as `cursor` it brings the next page; absent after the last.
    next: Option<String>,
    /// Up to which journal position the list shows.
    position: u64,
    /// Names of the units in it.
    units: Vec<Named>,
}

/// An id with its names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Named {
    /// The id.
    pub(crate) id: String,
    /// Its names.
    pub(crate) name: Said,
}

const KNOWN: [&str; 13] = [
    "state",
    "unit",
    "place",
    "matter",
    "channel",
    "opened_from",
    "opened_to",
    "overdue",
    "open",
    "number",
    "limit",
    "cursor",
    "min_position",
];

/// One page of cases, newest first
#[utoipa::path(
    get, path = "/api/v1/cases", operation_id = "list_cases", tag = "cases",
    params(
        ("state" = Option<String>, Query, description = "reported, open, answered, verdict, closed or void"),
        ("unit" = Option<String>, Query, description = "The lead unit; several divided by commas"),
        ("place" = Option<String>, Query, description = "Id or code of a place; all under it counts"),
        ("matter" = Option<String>, Query, description = "A code of the catalogue"),
        ("channel" = Option<String>, Query, description = "A word of the profile's `channel`"),
        ("opened_from" = Option<String>, Query, description = "Reported at this instant or later"),
        ("opened_to" = Option<String>, Query, description = "Reported before this instant"),
        ("overdue" = Option<bool>, Query, description = "Open and past the promise to the caller"),
        ("open" = Option<bool>, Query, description = "Neither closed nor void"),
        ("number" = Option<String>, Query, description = "The public number, or the number elsewhere"),
        ("limit" = Option<u32>, Query, description = "Rows, 1 to 500; 50 without"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("min_position" = Option<u64>, Query, description = "Waits a while for this position"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
    ),
    responses(
        (status = 200, body = CaseList),
        ReadProblems,
        (status = 503, body = Problem, content_type = PROBLEM),
    ),
    security(("token" = [])),
)]
pub(crate) async fn list(State(app): State<Arc<App>>, mut call: Call) -> Result<Json<CaseList>, Problem> {
    app.run(move |app| {
        let desk = sign_in::desk(app, &call)?;
        let rules = app.rules();
        let filter = filter(&mut call, &rules, app.engine.now());
        let filter = app.shown_to(&desk, filter);
        let limit = limit(&mut call);
        let after = call.parse::<Cursor>("cursor", "`next` of the page before, as it came").map(|c| c.0);
        let seen = call.parse::<u64>("min_position", "a journal position").map(Seq);
        call.end(&KNOWN)?;
        let position = shown(app, seen)?;
        let page = app.engine.list(&filter, after, limit, seen)?;
        let mut units: Vec<&UnitId> = page.rows.iter().filter_map(|r| r.lead_unit.as_ref()).collect();
        units.sort();
        units.dedup();
        let named = |id: &&UnitId| Named { id: id.to_string(), name: plain::unit(&rules, id) };
        Ok(Json(CaseList {
            units: units.iter().map(named).collect(),
            cases: page.rows.iter().map(CaseItem::from).collect(),
            next: page.next.map(|key| Cursor(key).to_string()),
            position,
        }))
    })
    .await
}

/// The position the views show, once they show `seen` if they do in time. Read before the rows, so that the
/// rows are of this position or a later one.
pub(crate) fn shown(app: &App, seen: Option<Seq>) -> Result<u64, Problem> {
    Ok(app.engine.views(seen, |v| v.watermark())?.0)
}

/// Reads `limit`.
pub(crate) fn limit(call: &mut Call) -> usize {
    let accepted = format!("a whole number from 1 to {MAX_PAGE}");
    let limit = call.parse::<usize>("limit", &accepted).unwrap_or(PAGE);
    if limit == 0 || limit > MAX_PAGE {
        call.fault("limit", format!("`{limit}` is not accepted"), accepted);
    }
    limit
}

fn filter(call: &mut Call, rules: &Rules, now: Time) -> CaseFilter {
    const STATES: [Spine; 6] =
        [Spine::Reported, Spine::Open, Spine::Answered, Spine::Verdict, Spine::Closed, Spine::Void];
    let state = call.word("state", &STATES.map(Spine::as_str));
    let channel = call.word("channel", &codes(&rules.profile.words.channel));
    CaseFilter {
        // A routine has no kind of request: it is nobody's call, and is listed by itself.
        without_requests: vec![CompactString::default()],
        state: state.map(Into::into),
        units: units(call, rules),
        places: places(call, rules, now),
        matter: call.parse::<MatterCode>("matter", "a code of the catalogue"),
        channel: channel.map(Into::into),
        opened_from: call.time("opened_from"),
        opened_to: call.time("opened_to"),
        overdue_at: call.flag("overdue").then_some(now),
        open_only: call.flag("open"),
        number: call.take("number").map(Into::into),
        ..CaseFilter::default()
    }
}

fn units(call: &mut Call, rules: &Rules) -> Vec<UnitId> {
    let Some(text) = call.take("unit") else { return Vec::new() };
    let mut units = Vec::new();
    for id in text.split(',') {
        match UnitId::new(id.trim()).ok().filter(|id| rules.city.units.get(id).is_some()) {
            Some(unit) => units.push(unit),
            None => {
                call.fault("unit", format!("`{}` is no unit", crate::fields::shown(id)), "ids of units.csv");
            }
        }
    }
    units
}

/// The place named and everything under it in the tree it belongs to.
fn places(call: &mut Call, rules: &Rules, now: Time) -> Vec<PlaceId> {
    let Some(text) = call.take("place") else { return Vec::new() };
    let places = &rules.city.places;
    let Some(no) = find_place(rules, &text, now).and_then(|id| places.find(&id)) else {
        let problem = format!("`{}` is no place of the city", crate::fields::shown(&text));
        call.fault("place", problem, "the id or code of a place");
        return Vec::new();
    };
    places.under(places.get(no).tree, no).map(|p| places.get(p).id.clone()).collect()
}

/// A page's key as callers carry it.
struct Cursor(PageKey);

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}{:016x}", self.0.opened_at.0, self.0.case_id.0)
    }
}

impl FromStr for Cursor {
    type Err = ();
    fn from_str(text: &str) -> Result<Cursor, ()> {
        const HALF: usize = 16;
        if text.len() != 2 * HALF || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(());
        }
        let read = |half: &str| u64::from_str_radix(half, 16).map_err(|_| ());
        let (opened_at, case) = (read(&text[..HALF])?, read(&text[HALF..])?);
        Ok(Cursor(PageKey { opened_at: Time(opened_at.cast_signed()), case_id: CaseId(case) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went_even_from_before_1970() {
        for at in [0, -5, i64::MAX] {
            let key = PageKey { opened_at: Time(at), case_id: CaseId(7) };
            assert_eq!(Cursor(key).to_string().parse::<Cursor>().unwrap().0, key);
        }
        for bad in ["", "0", &"g".repeat(32), &"0".repeat(33), "呼应呼应呼应呼应呼应呼应呼应呼应"]
        {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }
}
