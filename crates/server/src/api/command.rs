//! Giving a command: JSON fields with words in plain become a core command with references to sealed words.
//!
//! [`COMMANDS`] says which fields each command has; everything else of this file is generic. Fields are
//! named as in `huying_core::case::command`; a test holds the two together. `attach` is not among them: files
//! are taken in by `files.rs`.

use super::new_case::{IDENTITIES, Texts, URGENCIES, circumstances, codes, contact, find_place, location};
use super::problems::WriteProblems;
use super::{PROBLEM, instant};
use crate::app::{App, answered};
use crate::call::{Body, Call};
use crate::fields::{Fields, shown};
use crate::limits::{MAX_SHORT, MAX_TEXT, MAX_UNITS};
use crate::plain::{self, Said};
use crate::problem::{Kind, Problem};
use crate::sign_in::{self, Desk};
use axum::Json;
use axum::extract::{Path, State};
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Satisfied, Solved};
use huying_core::ids::{CaseId, MatterCode, PersonId, PostId, UnitId};
use huying_core::profile::Words;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_engine::{Accepted, ClearText, Submission};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// What a field of a command holds.
#[derive(Debug, Clone, Copy)]
enum Holds {
    /// Words, to be sealed.
    Words,
    /// An instant.
    Instant,
    /// Yes or no.
    Flag,
    /// The number of a thread or clock.
    Number,
    /// The id of a unit.
    Unit,
    /// Ids of units.
    Units,
    /// The id of a person.
    Person,
    /// Ids of persons.
    Persons,
    /// Ids of posts.
    Posts,
    /// The public number of another case.
    Case,
    /// A word of one of the profile's lists.
    Word(fn(&Words) -> &Vec<huying_core::profile::Word>),
    /// Dated steps, each a word of the profile's list and an instant.
    Milestones,
    /// Who does what by when: units, words of the profile's list of milestones, instants.
    Tasks,
    /// A way out of the city's own handling.
    Way,
    /// Codes of powers.
    Powers,
    /// The code of a power.
    Power,
    /// A kind of act of enforcement.
    Act,
    /// Digests of files of the case.
    Files,
    /// A matter of the catalogue.
    Matter,
    /// A circumstance of the catalogue.
    Circumstance,
    /// How pressing.
    Urgency,
    /// The caller's word.
    Verdict,
    /// A task of the profile.
    Template,
    /// The id or code of a place.
    InPlace,
    /// The number of a standing order.
    OrderNumber,
    /// What a visit came to.
    Outcome,
    /// Somebody by name, telephone or address, to be sealed.
    Whom,
    /// How the caller wants to be known.
    Identity,
    /// What it took.
    Effort,
    /// Where it is.
    Location,
}

use Holds::*;

/// A field: its name, what it holds, whether it is needed.
type Field = (&'static str, Holds, bool);

const THREAD: Field = ("thread", Number, true);
const TEXT: Field = ("text", Holds::Words, true);
const MAY_TEXT: Field = ("text", Holds::Words, false);
const GRANTED: Field = ("granted", Flag, true);

/// The fields of `assign`, by which a routine begins too.
const ASSIGN: &[Field] = &[
    ("task", Template, true),
    ("place", InPlace, true),
    ("unit", Unit, true),
    ("person", Person, false),
    ("admission", OrderNumber, false),
    ("whom", Whom, false),
    TEXT,
];

/// Every command that can be given here, with its fields.
const COMMANDS: &[(&str, &[Field])] = &[
    (
        "verify",
        &[
            THREAD,
            ("confirmed", Flag, true),
            ("circumstance", Circumstance, false),
            ("ground", Word(|w| &w.void_ground), false),
            ("of", Case, false),
            MAY_TEXT,
        ],
    ),
    (
        "register",
        &[
            THREAD,
            GRANTED,
            ("circumstance", Circumstance, false),
            ("ground", Word(|w| &w.void_ground), false),
            ("of", Case, false),
            MAY_TEXT,
        ],
    ),
    ("handle_at_once", &[("effort", Effort, false), TEXT]),
    ("void", &[("ground", Word(|w| &w.void_ground), true), ("of", Case, false), MAY_TEXT]),
    ("answer_direct", &[TEXT]),
    ("dispatch", &[THREAD, ("lead", Unit, true), ("co", Units, false), MAY_TEXT]),
    ("redispatch", &[("lead", Unit, true), ("co", Units, false), TEXT]),
    ("pass_down", &[THREAD, ("unit", Unit, true), TEXT]),
    ("ask_ruling", &[THREAD, TEXT]),
    ("urge", &[("thread", Number, false), MAY_TEXT]),
    ("sign", &[THREAD]),
    ("hand", &[THREAD, ("person", Person, true)]),
    ("contact", &[THREAD, MAY_TEXT]),
    ("ask_return", &[THREAD, TEXT]),
    ("decide_return", &[THREAD, GRANTED, MAY_TEXT]),
    ("ask_extension", &[THREAD, ("until", Instant, true), TEXT]),
    ("decide_extension", &[THREAD, GRANTED, MAY_TEXT]),
    ("ask_suspension", &[THREAD, ("reexamine", Instant, true), TEXT]),
    ("decide_suspension", &[THREAD, GRANTED, MAY_TEXT]),
    ("resume", &[THREAD, MAY_TEXT]),
    ("finish", &[THREAD, ("effort", Effort, false), TEXT]),
    ("check", &[THREAD, ("passed", Flag, true), MAY_TEXT]),
    ("reply", &[TEXT]),
    ("decide_reply", &[THREAD, GRANTED, MAY_TEXT]),
    ("callback", &[THREAD, ("reached", Flag, true), ("verdict", Verdict, false), MAY_TEXT]),
    ("rate", &[("verdict", Verdict, true), MAY_TEXT]),
    ("close", &[("ground", Word(|w| &w.close_ground), true), MAY_TEXT]),
    ("supervise", &[("thread", Number, false), TEXT]),
    ("end_supervision", &[THREAD, TEXT]),
    ("force_close", &[("ground", Word(|w| &w.close_ground), true), TEXT]),
    ("reopen", &[("ground", Word(|w| &w.reopen_ground), true), TEXT]),
    ("merge", &[("into", Case, true)]),
    ("part", &[THREAD]),
    ("move", &[("location", Location, true), MAY_TEXT]),
    (
        "reclassify",
        &[
            ("matter", Matter, false),
            ("circumstance", Circumstance, false),
            ("request_type", Word(|w| &w.request_type), false),
            ("urgency", Urgency, false),
            ("complex", Flag, false),
        ],
    ),
    ("amend", &[("about", Unit, false), ("identity", Identity, false), ("contact", Whom, false), TEXT]),
    ("note", &[TEXT, ("thread", Number, false)]),
    ("log_effort", &[THREAD, ("effort", Effort, true)]),
    ("ask_correction", &[("clock", Number, true), TEXT]),
    ("decide_correction", &[THREAD, GRANTED, MAY_TEXT]),
    ("ask_exclusion", &[("ground", Word(|w| &w.exclude_ground), true), TEXT]),
    ("decide_exclusion", &[THREAD, GRANTED, MAY_TEXT]),
    ("exclude", &[("ground", Word(|w| &w.exclude_ground), true), TEXT]),
    ("acknowledge", &[THREAD]),
    ("climb", &[THREAD, TEXT]),
    ("confirm", &[THREAD, ("confirmed", Flag, true), ("grade", Word(|w| &w.grade), false), MAY_TEXT]),
    ("withdraw", &[THREAD, TEXT]),
    ("whistle", &[("kind", Word(|w| &w.whistle), true), ("units", Units, true), TEXT]),
    ("ask_whistle", &[("kind", Word(|w| &w.whistle), true), ("units", Units, true), TEXT]),
    ("decide_whistle", &[THREAD, GRANTED, ("units", Units, false), MAY_TEXT]),
    ("summon", &[THREAD, ("units", Units, true), TEXT]),
    ("arrive", &[THREAD, MAY_TEXT]),
    ("state_measure", &[THREAD, ("measure", Word(|w| &w.measure), false), TEXT]),
    ("refuse", &[THREAD, ("ground", Word(|w| &w.refuse_ground), true), TEXT]),
    ("rule", &[THREAD, ("upheld", Flag, false), ("lead", Unit, false), ("instead", Units, false), TEXT]),
    ("plan", &[("thread", Number, false), ("milestones", Milestones, true)]),
    ("reach", &[THREAD, MAY_TEXT]),
    ("grade", &[THREAD, ("grade", Word(|w| &w.whistle_grade), true)]),
    (
        "restrict",
        &[
            ("persons", Persons, false),
            ("posts", Posts, false),
            ("ground", Word(|w| &w.restrict_ground), true),
            MAY_TEXT,
        ],
    ),
    ("unrestrict", &[TEXT]),
    (
        "reassign",
        &[
            ("from", Unit, true),
            ("from_person", Person, false),
            ("to", Unit, true),
            ("to_person", Person, false),
        ],
    ),
    ("instruct", &[("units", Units, true), TEXT]),
    ("meet", &[("thread", Number, false), ("units", Units, true), ("tasks", Tasks, false), TEXT]),
    ("divert", &[("to", Way, true), TEXT]),
    (
        "plan_joint",
        &[
            ("thread", Number, false),
            ("units", Units, false),
            ("powers", Powers, true),
            ("at", Instant, true),
            TEXT,
        ],
    ),
    (
        "enforce",
        &[
            ("thread", Number, false),
            ("act", Act, true),
            ("power", Power, true),
            ("files", Files, false),
            TEXT,
        ],
    ),
    ("assign", ASSIGN),
    ("visit", &[THREAD, ("result", Outcome, true), ("effort", Effort, false), MAY_TEXT]),
    ("end_routine", &[("ground", Word(|w| &w.close_ground), true), TEXT]),
    ("send", &[THREAD, MAY_TEXT]),
    ("return_above", &[TEXT]),
    ("undo", &[]),
    ("erase", &[("ground", Word(|w| &w.erase_ground), true)]),
];

/// A command with its fields; which it needs depends on `name`, see docs/api.md.
#[derive(ToSchema)]
#[schema(as = NewCommand)]
#[allow(dead_code, reason = "describes a body that is read field by field")]
pub(crate) struct CommandSchema {
    /// The command.
    #[schema(example = "sign")]
    name: String,
    /// The thread it is for.
    #[schema(example = 3, minimum = 1)]
    thread: Option<u16>,
    /// Words; sealed before anything is stored.
    #[schema(max_length = 12000)]
    text: Option<String>,
    /// A word of one of the profile's lists of grounds.
    ground: Option<String>,
    /// When the actor says it happened.
    #[schema(format = DateTime)]
    occurred_at: Option<String>,
    /// Every other field the command has.
    #[schema(value_type = Object)]
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// A command that was accepted and is durable.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Given {
    /// The public number.
    number: String,
    /// Where the case stands now.
    state: String,
    /// The same in words.
    state_words: Said,
    /// The version of the case after the command.
    version: u32,
    /// The journal position that makes it durable.
    position: u64,
    /// When it was recorded.
    #[schema(format = DateTime)]
    recorded: String,
    /// Whether the very same had been accepted before.
    repeated: bool,
}

impl From<Accepted> for Given {
    fn from(accepted: Accepted) -> Given {
        let state = accepted.spine.as_str();
        Given {
            number: accepted.number.to_string(),
            state: state.to_owned(),
            state_words: plain::state(state),
            version: accepted.version.0,
            position: accepted.seq.0,
            recorded: instant(accepted.recorded_at),
            repeated: accepted.repeated,
        }
    }
}

/// Gives a command on a case
///
/// An account gives what its role may; a resident with the query code gives `rate`,
/// `note` and `urge`. Answered
/// once the command is durable.
#[utoipa::path(
    post, path = "/api/v1/cases/{number}/commands", operation_id = "give_command", tag = "cases",
    params(
        ("number" = String, Path, description = "The public number"),
        ("query_code" = Option<String>, Query, description = "A resident's code; better sent as a header"),
        ("X-Huying-Query-Code" = Option<String>, Header, description = "A resident's query code"),
        ("X-Huying-Post" = Option<String>, Header, description = "The post acted under, of several"),
        ("Idempotency-Key" = Option<String>, Header, description = "Done once for each key and sender"),
    ),
    request_body(content = CommandSchema, content_type = "application/json"),
    responses(
        (status = 200, body = Given),
        WriteProblems,
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM),
        (status = 429, body = Problem, content_type = PROBLEM),
    ),
    security((), ("token" = [])),
)]
pub(crate) async fn give(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    mut call: Call,
    Body(map): Body,
) -> Result<Json<Given>, Problem> {
    let told = app
        .run(move |app| {
            let code = call.code();
            call.end(&["query_code"])?;
            let Sender { actor, scope, case, desk } = sender(app, &call, &number, code)?;
            let key = call.key(&scope)?;
            let (command, texts, occurred) = match read(map, app, desk.as_ref())? {
                Read::Erase { ground } => {
                    return Ok(Told::Now(app.engine.erase_once(key, case, &ground, actor)?));
                }
                Read::Command { command, texts, occurred } => (command, texts, occurred),
            };
            let submission = Submission { key, actor, occurred, case: Some(case), command, texts };
            Ok(Told::Later(app.submit(submission)))
        })
        .await?;
    let accepted = match told {
        Told::Now(accepted) => accepted,
        Told::Later(later) => answered(later.await)?,
    };
    Ok(Json(accepted.into()))
}

enum Told {
    Now(Accepted),
    Later(tokio::sync::oneshot::Receiver<huying_engine::Answer>),
}

/// Who gives a command on a case.
pub(crate) struct Sender {
    pub(crate) actor: Actor,
    /// The scope of their idempotency keys.
    pub(crate) scope: String,
    pub(crate) case: CaseId,
    /// The post, none for the caller.
    pub(crate) desk: Option<Desk>,
}

/// Who gives a command on the case of a number, when there is such a case for them.
///
/// # Errors
/// 401, 403 and 400 as [`sign_in::desk`]; 404 without such a case; 429 after too many wrong codes.
pub(crate) fn sender(app: &App, call: &Call, number: &str, code: Option<String>) -> Result<Sender, Problem> {
    if let Some(code) = code.filter(|_| !call.signs_in()) {
        let case = sign_in::resident(app, call, number, &code)?.case.id;
        return Ok(Sender { actor: Actor::Caller, scope: format!("case:{number}"), case, desk: None });
    }
    let desk = sign_in::desk(app, call)?;
    let case = app.row_for(&desk, number)?.case_id;
    let actor = Actor::Staff(Box::new(desk.staff.clone()));
    Ok(Sender { actor, scope: desk.scope(), case, desk: Some(desk) })
}

#[derive(Debug)]
enum Read {
    Command { command: Command, texts: Vec<ClearText>, occurred: Option<Time> },
    Erase { ground: String },
}

fn read(map: Map<String, Value>, app: &App, desk: Option<&Desk>) -> Result<Read, Problem> {
    let number_of = |number: &str| app.row_for(desk?, number).ok().map(|row| row.case_id.0);
    let names: Vec<&str> = match desk {
        None => vec!["rate", "note", "urge"],
        Some(_) => COMMANDS.iter().map(|(name, _)| *name).collect(),
    };
    parse(map, &app.rules(), app.engine.now(), &names, &number_of)
}

/// Reads the body by which a routine begins.
pub(super) fn read_assign(
    mut map: Map<String, Value>,
    app: &App,
) -> Result<(Command, Vec<ClearText>), Problem> {
    map.insert("name".into(), "assign".into());
    match parse(map, &app.rules(), app.engine.now(), &["assign"], &|_| None)? {
        Read::Command { command, texts, .. } => Ok((command, texts)),
        Read::Erase { .. } => Err(Problem::internal("an assignment is no erasure")),
    }
}

fn parse(
    map: Map<String, Value>,
    rules: &Rules,
    now: Time,
    names: &[&str],
    number_of: &dyn Fn(&str) -> Option<u64>,
) -> Result<Read, Problem> {
    let mut f = Fields::of(map);
    let found = f.word("name", names);
    let Some(name) = f.need("name", found, &names.join(", ")) else {
        // What else is there cannot be judged without the name.
        return Err(f.end().err().map_or_else(|| Problem::internal("no name and no fault"), only_name));
    };
    let fields = COMMANDS.iter().find(|(n, _)| *n == name).map_or(&[][..], |(_, fields)| *fields);
    let mut texts = Texts::default();
    let mut out = Map::new();
    out.insert("name".into(), Value::String(name.clone()));
    let reading = Reading { name: &name, rules, now, number_of };
    for (field, holds, needed) in fields {
        let value = reading.value(&mut f, field, *holds, &mut texts);
        let value = if *needed { f.need(field, value, &reading.accepted(*holds)) } else { value };
        out.extend(value.map(|v| ((*field).to_owned(), v)));
    }
    let occurred = f.time("occurred_at");
    if occurred.is_some_and(|at| at > now) {
        f.fault("occurred_at", "lies in the future", "an instant that has passed");
    }
    f.end()?;
    if name == "erase" {
        let ground = out.get("ground").and_then(Value::as_str).unwrap_or_default().to_owned();
        return Ok(Read::Erase { ground });
    }
    let command = serde_json::from_value(Value::Object(out))
        .map_err(|e| Problem::new(Kind::Fields, format!("the command cannot be read: {e}")))?;
    Ok(Read::Command { command, texts: texts.0, occurred })
}

fn only_name(mut problem: Problem) -> Problem {
    problem.fields.retain(|f| f.field == "name");
    Problem::fields(problem.fields)
}

struct Reading<'a> {
    name: &'a str,
    rules: &'a Rules,
    now: Time,
    number_of: &'a dyn Fn(&str) -> Option<u64>,
}

impl Reading<'_> {
    fn accepted(&self, holds: Holds) -> String {
        match holds {
            Holds::Words => format!("a text of 1 to {MAX_TEXT} characters"),
            Instant => crate::fields::INSTANT.to_owned(),
            Flag => "true or false".to_owned(),
            Number => "a number that GET of the case shows".to_owned(),
            Unit => "the id of a unit".to_owned(),
            Units => format!("a list of at most {MAX_UNITS} ids of units"),
            Person => "the id of a person".to_owned(),
            Persons => format!("a list of at most {MAX_UNITS} ids of persons"),
            Posts => format!("a list of at most {MAX_UNITS} ids of posts"),
            Case => "the public number of another case".to_owned(),
            Word(list) => codes(list(&self.rules.profile.words)).join(", "),
            Milestones => {
                let words = codes(&self.rules.profile.words.milestone).join(", ");
                format!("a list of at most {MAX_UNITS} of {{\"label\", \"until\"}}, `label` one of {words}")
            }
            Tasks => {
                let words = codes(&self.rules.profile.words.milestone).join(", ");
                let each = "{\"unit\", \"label\", \"until\"}";
                format!("a list of at most {MAX_UNITS} of {each}, `label` one of {words}")
            }
            Way => self.ways().join(", "),
            Powers => format!("a list of at most {MAX_UNITS} of {}", self.powers().join(", ")),
            Power => self.powers().join(", "),
            Act => self.acts().join(", "),
            Files => format!("a list of at most {MAX_UNITS} digests that GET of the case shows"),
            Matter => "a code of the catalogue".to_owned(),
            Circumstance => circumstances(self.rules).join(", "),
            Urgency => URGENCIES.join(", "),
            Verdict => "an object with `solved` or `satisfied`".to_owned(),
            Identity => IDENTITIES.join(", "),
            Effort => "an object with `minutes`, `trips` or `forms`".to_owned(),
            Template => self.templates().join(", "),
            InPlace => "the id or code of a place of the city".to_owned(),
            OrderNumber => "the number of a request, see /api/v1/tasks".to_owned(),
            Outcome => RESULTS.join(", "),
            Whom => "an object with name, phone or address".to_owned(),
            Location => "an object with `place`, `lon` and `lat`, or `address`".to_owned(),
        }
    }

    fn value(&self, f: &mut Fields, field: &'static str, holds: Holds, texts: &mut Texts) -> Option<Value> {
        let accepted = self.accepted(holds);
        match holds {
            Holds::Words => {
                let text = f.text(field, MAX_TEXT)?;
                // A reply is for the caller and is classed apart; everything else is a note among desks.
                let class =
                    if matches!(self.name, "reply" | "answer_direct" | "divert") { "reply" } else { "note" };
                serde_json::to_value(texts.add(class, text)).ok()
            }
            Instant => f.time(field).map(|at| json!(at)),
            Flag => f.flag(field).map(Value::Bool),
            Number => f.whole(field, 1, u64::from(u16::MAX)).map(|n| json!(n)),
            Unit => f.parse::<UnitId>(field, &accepted).map(|id| json!(id)),
            Units => self.units(f, field),
            Person => f.parse::<PersonId>(field, &accepted).map(|id| json!(id)),
            Persons => self.listed(f, field, &accepted, |text| PersonId::new(text).is_ok()),
            Posts => self.listed(f, field, &accepted, |text| PostId::new(text).is_ok()),
            Case => {
                let text = f.text(field, MAX_SHORT)?;
                let case = (self.number_of)(&text);
                if case.is_none() {
                    f.fault(field, format!("there is no case `{}`", shown(&text)), accepted);
                }
                case.map(|case| json!(case))
            }
            Word(list) => f.word(field, &codes(list(&self.rules.profile.words))).map(Value::String),
            Milestones => self.milestones(f, field),
            Tasks => self.tasks(f, field),
            Way => f.word(field, &self.ways()).map(Value::String),
            Powers => self.listed(f, field, &accepted, |text| self.powers().contains(&text)),
            Power => f.word(field, &self.powers()).map(Value::String),
            Act => f.word(field, &self.acts()).map(Value::String),
            Files => self.listed(f, field, &accepted, is_digest),
            Matter => f.parse::<MatterCode>(field, &accepted).map(|m| json!(m)),
            Circumstance => f.word(field, &circumstances(self.rules)).map(Value::String),
            Urgency => f.word(field, &URGENCIES).map(Value::String),
            Verdict => verdict(f, field),
            Identity => f.word(field, &IDENTITIES).map(Value::String),
            Effort => effort(f, field),
            Template => f.word(field, &self.templates()).map(Value::String),
            InPlace => {
                let text = f.text(field, MAX_SHORT)?;
                let place = find_place(self.rules, &text, self.now);
                if place.is_none() {
                    f.fault(field, format!("there is no place `{}`", shown(&text)), accepted);
                }
                place.map(|place| json!(place))
            }
            OrderNumber => f.whole(field, 1, u64::from(u32::MAX)).map(|n| json!(n)),
            Outcome => f.word(field, &RESULTS).map(Value::String),
            Whom => {
                let whom = contact(f, field, false)?;
                serde_json::to_value(texts.add("contact", whom.to_string())).ok()
            }
            Location => {
                let mut within = f.object(field)?;
                let (mut location, address) = location(&mut within, self.rules, self.now);
                f.close(within);
                location.words = address.map(|a| texts.add("address", a));
                serde_json::to_value(location).ok()
            }
        }
    }

    fn milestones(&self, f: &mut Fields, field: &'static str) -> Option<Value> {
        let value = f.take(field)?;
        let labels = codes(&self.rules.profile.words.milestone);
        let step = |v: &Value| -> Option<Value> {
            let step = v.as_object().filter(|o| o.len() == 2)?;
            let label = step.get("label")?.as_str().filter(|l| labels.contains(l))?;
            let mut until = Fields::of(Map::from_iter([("until".to_owned(), step.get("until")?.clone())]));
            let until = until.time("until")?;
            Some(json!({ "label": label, "until": until }))
        };
        let list = value.as_array().filter(|list| list.len() <= MAX_UNITS);
        let steps: Option<Vec<Value>> = list.and_then(|list| list.iter().map(step).collect());
        if steps.is_none() {
            let problem = format!("`{}` is not accepted", shown(&value.to_string()));
            f.fault(field, problem, self.accepted(Milestones));
        }
        steps.map(Value::Array)
    }

    fn templates(&self) -> Vec<&str> {
        self.rules.profile.tasks.iter().map(|t| t.id.as_str()).collect()
    }

    fn ways(&self) -> Vec<&str> {
        self.rules.profile.diversions.iter().map(|d| d.id.as_str()).collect()
    }

    fn powers(&self) -> Vec<&str> {
        self.rules.profile.powers.iter().map(|p| p.code.as_str()).collect()
    }

    fn acts(&self) -> Vec<&str> {
        self.rules.profile.enforcements.iter().map(|e| e.id.as_str()).collect()
    }

    /// A bounded list of texts that `fits` all.
    fn listed(
        &self,
        f: &mut Fields,
        field: &'static str,
        accepted: &str,
        fits: impl Fn(&str) -> bool,
    ) -> Option<Value> {
        let value = f.take(field)?;
        let list = value.as_array().filter(|list| list.len() <= MAX_UNITS);
        if !list.is_some_and(|list| list.iter().all(|v| v.as_str().is_some_and(&fits))) {
            f.fault(field, format!("`{}` is not accepted", shown(&value.to_string())), accepted);
            return None;
        }
        Some(value)
    }

    fn tasks(&self, f: &mut Fields, field: &'static str) -> Option<Value> {
        let value = f.take(field)?;
        let labels = codes(&self.rules.profile.words.milestone);
        let task = |v: &Value| -> Option<Value> {
            let task = v.as_object().filter(|o| o.len() == 3)?;
            let unit = task.get("unit")?.as_str().filter(|t| UnitId::new(t).is_ok())?;
            let label = task.get("label")?.as_str().filter(|l| labels.contains(l))?;
            let mut until = Fields::of(Map::from_iter([("until".to_owned(), task.get("until")?.clone())]));
            let until = until.time("until")?;
            Some(json!({ "unit": unit, "label": label, "until": until }))
        };
        let list = value.as_array().filter(|list| list.len() <= MAX_UNITS);
        let tasks: Option<Vec<Value>> = list.and_then(|list| list.iter().map(task).collect());
        if tasks.is_none() {
            let problem = format!("`{}` is not accepted", shown(&value.to_string()));
            f.fault(field, problem, self.accepted(Tasks));
        }
        tasks.map(Value::Array)
    }

    fn units(&self, f: &mut Fields, field: &'static str) -> Option<Value> {
        let value = f.take(field)?;
        let ids = value.as_array().filter(|list| list.len() <= MAX_UNITS);
        let all =
            ids.is_some_and(|list| list.iter().all(|v| v.as_str().is_some_and(|t| UnitId::new(t).is_ok())));
        if !all {
            f.fault(field, format!("`{}` is not accepted", shown(&value.to_string())), self.accepted(Units));
            return None;
        }
        Some(value)
    }
}

/// Whether a text is the digest of a file, as events name it.
fn is_digest(text: &str) -> bool {
    const DIGITS: usize = 64;
    text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What a visit can come to.
const RESULTS: [&str; 3] = ["done", "found", "nobody"];

fn verdict(f: &mut Fields, field: &'static str) -> Option<Value> {
    let mut within = f.object(field)?;
    let solved = within.word("solved", &Solved::ALL.map(|(word, _)| word));
    let satisfied = within.word("satisfied", &Satisfied::ALL.map(|(word, _)| word));
    f.close(within);
    let mut verdict = Map::new();
    verdict.extend(solved.map(|v| ("solved".to_owned(), Value::String(v))));
    verdict.extend(satisfied.map(|v| ("satisfied".to_owned(), Value::String(v))));
    Some(Value::Object(verdict))
}

fn effort(f: &mut Fields, field: &'static str) -> Option<Value> {
    let mut within = f.object(field)?;
    let minutes = within.whole("minutes", 0, u64::from(u32::MAX)).unwrap_or(0);
    let trips = within.whole("trips", 0, u64::from(u16::MAX)).unwrap_or(0);
    let forms = within.whole("forms", 0, u64::from(u16::MAX)).unwrap_or(0);
    f.close(within);
    Some(json!({ "minutes": minutes, "trips": trips, "forms": forms }))
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
