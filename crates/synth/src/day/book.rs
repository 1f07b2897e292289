//! The figures of a day, read from `day.toml`: how much, from where, about what, when, and how those who
//! work on it behave. Every number of a made-up day stands there and none here.

use huying_core::case::event::Urgency;
use huying_core::clock::Limit;
use huying_core::fault::Fault;
use huying_core::ids::MatterCode;
use huying_core::rules::Rules;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// Hours of a civil day: a fact, not a rule.
pub const HOURS: usize = 24;

/// The figures of a day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// How many cases a day, all sources together, and how days differ.
    pub volume: Volume,
    /// What a demonstration shows first.
    pub demo: Demo,
    /// Where cases come from.
    pub source: Vec<Source>,
    /// Curves of 24 weights, by name.
    pub shape: BTreeMap<String, Vec<f64>>,
    /// Weights of request types, by name.
    pub mix: BTreeMap<String, BTreeMap<String, f64>>,
    /// What calls are about.
    pub matter: Vec<Matter>,
    /// What patrols find.
    pub find: Vec<Matter>,
    /// How callers speak.
    pub temper: Vec<Temper>,
    /// How callers want to be known.
    pub identity: Identity,
    /// Those who work on it.
    pub work: Work,
    /// Those on the ladder and at whistles.
    pub street: Street,
    /// Those who make rounds.
    pub rounds: Rounds,
    /// How long each stage takes.
    pub pace: BTreeMap<String, Pace>,
    /// What shares a played day must show.
    pub expect: Vec<Expect>,
}

/// How many.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Cases a day, all sources together.
    pub cases_per_day: f64,
    /// A factor for each day of the week from Monday.
    pub weekday: Vec<f64>,
    /// How far a day may lie from its mean by chance: 0.1 is a tenth up or down.
    pub spread: f64,
}

/// What a demonstration shows first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// Between these civil times of a working day it begins at the real time of day.
    pub awake: (String, String),
    /// Otherwise on the last working day at this civil time.
    pub otherwise: String,
    /// How many hours before that are played first.
    pub fill_hours: i64,
    /// Seconds of the city's clock in one step of the filling.
    pub step_seconds: i64,
    /// How many seconds of the city pass in one real second.
    pub speed: f64,
}

/// Where cases come from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A word of this file.
    pub id: String,
    /// The word of the profile's `source`.
    pub source: String,
    /// The word of the profile's `channel`.
    pub channel: String,
    /// Its share of all cases, in any measure.
    pub share: f64,
    /// Who gives it in.
    pub by: By,
    /// The curve of its volume over the day.
    pub shape: Spanned<String>,
    /// Only these matters; all when empty.
    #[serde(default)]
    pub only: Vec<String>,
    /// Nothing comes from it in a city whose profile has no such source.
    #[serde(default)]
    pub where_known: bool,
}

/// Who gives a case in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A seat of the hotline.
    Intake,
    /// The caller themselves.
    Caller,
    /// Somebody on patrol.
    Patrol,
    /// Whoever makes visits at the place, in their own right.
    Worker,
    /// Another system.
    System,
}

/// What cases are about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    /// The code in the catalogue.
    pub code: Spanned<String>,
    /// How often, against the others.
    pub weight: f64,
    /// The file of its words.
    pub family: Spanned<String>,
    /// When in the day.
    pub shape: Spanned<String>,
    /// What callers want; none for what patrols find.
    #[serde(default)]
    pub mix: Option<Spanned<String>>,
    /// The share that is urgent.
    #[serde(default)]
    pub urgent: f64,
    /// The share that is an emergency.
    #[serde(default)]
    pub emergency: f64,
}

/// How callers speak: a rule of the common texts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Temper {
    /// The rule that frames the whole.
    pub id: Spanned<String>,
    /// How often, against the others.
    pub weight: f64,
    /// Only through these channels; all when empty.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Slips of the pen for each thousand characters.
    pub slips: f64,
}

/// How callers want to be known, as shares.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// 保密
    pub confidential: f64,
    /// 匿名
    pub anonymous: f64,
}

/// Those who work on it, as shares of the times they could.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Answered at once, by request type.
    pub direct: BTreeMap<String, f64>,
    /// Found untrue on site.
    pub untrue: f64,
    /// Turned down before dispatch, by ground.
    pub turned_down: BTreeMap<String, f64>,
    /// Dispatched to the wrong unit.
    pub misled: f64,
    /// A unit gives back what is its own.
    pub shirks: f64,
    /// A return of what is not the unit's is granted.
    pub return_granted: f64,
    /// Sent to a second unit too.
    pub co: f64,
    /// Asks for more time.
    pub extension: f64,
    /// It is granted.
    pub extension_granted: f64,
    /// How much more, as a limit.
    pub extension_by: Spanned<String>,
    /// Asks to hang it.
    pub suspension: f64,
    /// It is granted.
    pub suspension_granted: f64,
    /// Until when, as a limit.
    pub suspension_by: Spanned<String>,
    /// A check fails.
    pub check_failed: f64,
    /// A reply is sent back.
    pub reply_refused: f64,
    /// A caller is not reached at one try.
    pub unreachable: f64,
    /// Says it is not solved.
    pub not_solved: f64,
    /// Says it is partly solved.
    pub partly: f64,
    /// Of the solved: weights of very, satisfied, basically, not satisfied.
    pub satisfied: (f64, f64, f64, f64),
    /// Callers that rate by themselves, by channel.
    pub rates: BTreeMap<String, f64>,
    /// Minutes that handling takes, from and to.
    pub minutes: (u32, u32),
    /// Trips made at most.
    pub trips: u32,
    /// Over what share of a working window work that waited for its opening is spread.
    pub opening: f64,
    /// How far units differ: 0.5 makes the slowest half as slow again.
    pub unit_spread: f64,
    /// Tries of a deed that was refused before it is left alone.
    pub tries: u8,
    /// Until a refused deed is tried again, as a limit.
    pub again: Spanned<String>,
}

/// Those on the ladder and at whistles, as shares of the times they could.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Street {
    /// A call is beyond the power of who stands on a rung, by rung.
    pub beyond: BTreeMap<String, f64>,
    /// A unit that may convene whistles for its rung, by kind of unit.
    pub whistles: BTreeMap<String, f64>,
    /// The type of whistle, by how pressing the case is.
    pub kinds: BTreeMap<Urgency, String>,
    /// How many departments are summoned.
    pub summoned: usize,
    /// A department refuses its summons.
    pub refuses: f64,
    /// On which ground, as weights.
    pub grounds: BTreeMap<String, f64>,
    /// The refusal is upheld.
    pub upheld: f64,
    /// What departments do on site, as weights.
    pub measures: BTreeMap<String, f64>,
    /// Who called for it does not take an answer as one.
    pub unconfirmed: f64,
    /// The convener grades a result, the department its whistle.
    pub graded: f64,
    /// The convener's grades, as weights.
    pub grades: BTreeMap<String, f64>,
    /// The department's, as weights.
    pub whistle_grades: BTreeMap<String, f64>,
}

/// Those who make rounds: patrols and visits that run when a city begins to be played.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rounds {
    /// In how many communities.
    pub communities: usize,
    /// Of how many posts of each at most.
    pub workers: usize,
    /// Tasks that are given without admission, each with the share of the workers who have it.
    pub tasks: BTreeMap<String, f64>,
    /// Tasks that are about a person.
    pub persons: BTreeSet<String>,
    /// Visits on which something is found.
    pub found: f64,
    /// Visits on which nobody is there, by task.
    pub nobody: BTreeMap<String, f64>,
}

/// How long a stage takes, as a part of the time it has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// The least part of the time.
    pub from: f64,
    /// The greatest part of the time, when kept.
    pub to: f64,
    /// 1 is even; 2 and more lean to the early side.
    pub skew: f64,
    /// The share that comes late.
    #[serde(default)]
    pub late: f64,
    /// How late at most, as a part of the time.
    #[serde(default)]
    pub over: f64,
    /// The time it has where no clock runs, as a limit.
    pub plain: Spanned<String>,
    /// Whether it is done in working hours only.
    #[serde(default)]
    pub office: bool,
}

/// A share that a played day must show.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// What is counted.
    pub what: String,
    /// Of what.
    pub of: String,
    /// The least share.
    pub from: f64,
    /// The greatest share.
    pub to: f64,
}

/// The line of a byte of a text, from 1.
pub(super) fn line(text: &str, offset: usize) -> u32 {
    let before = text.get(..offset).unwrap_or(text);
    u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
}

/// A TOML file as `T`, or the fault that it is not.
pub(super) fn read_toml<'t, T: Deserialize<'t>>(file: &str, text: &'t str) -> Result<T, Vec<Fault>> {
    toml::from_str(text).map_err(|e| {
        let at = e.span().map_or(0, |s| line(text, s.start));
        vec![Fault::error(file, at, "", e.message().to_owned(), "a file as the one that ships")]
    })
}

/// A limit as this file writes it.
pub(super) fn limit(text: &Spanned<String>) -> Option<Limit> {
    text.as_ref().parse().ok()
}

impl Book {
    /// Reads `day.toml`; every fault names its line. `families` are the words there are, `frames` the rules
    /// that a temper may name.
    pub fn read(
        file: &str,
        text: &str,
        families: &[&str],
        frames: &dyn Fn(&str) -> bool,
    ) -> Result<Book, Vec<Fault>> {
        let book: Book = read_toml(file, text)?;
        let mut faults = Vec::new();
        let mut fault = |at: &Spanned<String>, field: &str, problem: &str, accepted: String| {
            let problem = format!("`{}` {problem}", at.as_ref());
            faults.push(Fault::error(file, line(text, at.span().start), field, problem, accepted));
        };
        let shapes: Vec<&str> = book.shape.keys().map(String::as_str).collect();
        let mixes: Vec<&str> = book.mix.keys().map(String::as_str).collect();
        for matter in book.matter.iter().chain(&book.find) {
            if MatterCode::new(matter.code.as_ref()).is_err() {
                fault(&matter.code, "code", "is no code", "a code such as request.0501".into());
            }
            if !families.contains(&matter.family.as_ref().as_str()) {
                fault(&matter.family, "family", "has no words", families.join(", "));
            }
            if !shapes.contains(&matter.shape.as_ref().as_str()) {
                fault(&matter.shape, "shape", "is no shape", shapes.join(", "));
            }
            if let Some(mix) = matter.mix.as_ref().filter(|m| !mixes.contains(&m.as_ref().as_str())) {
                fault(mix, "mix", "is no mix", mixes.join(", "));
            }
        }
        for source in book.source.iter().filter(|s| !shapes.contains(&s.shape.as_ref().as_str())) {
            fault(&source.shape, "shape", "is no shape", shapes.join(", "));
        }
        for temper in book.temper.iter().filter(|t| !frames(t.id.as_ref())) {
            fault(&temper.id, "id", "is no rule of the common texts", "a rule of common.toml".into());
        }
        let work = [&book.work.extension_by, &book.work.suspension_by, &book.work.again];
        for written in book.pace.values().map(|p| &p.plain).chain(work) {
            if limit(written).is_none() {
                fault(written, "limit", "is no limit", "a limit such as `40 minutes`".into());
            }
        }
        faults.extend(book.odd(file));
        if faults.is_empty() { Ok(book) } else { Err(faults) }
    }

    /// What is wrong without a line of its own.
    fn odd(&self, file: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, problem: String, accepted: &str| {
            faults.push(Fault::error(file, 0, field, problem, accepted));
        };
        for (name, curve) in &self.shape {
            let fine =
                curve.len() == HOURS && curve.iter().all(|w| *w >= 0.0) && curve.iter().sum::<f64>() > 0.0;
            if !fine {
                fault(
                    &format!("shape.{name}"),
                    format!("has {} weights", curve.len()),
                    "24 weights from 0 up",
                );
            }
        }
        if self.volume.weekday.len() != 7 {
            fault("volume.weekday", "is no week".into(), "7 factors from Monday");
        }
        for stage in STAGES {
            if !self.pace.contains_key(stage) {
                fault(&format!("pace.{stage}"), "is missing".into(), &STAGES.join(", "));
            }
        }
        for (name, list) in [("matter", self.matter.len()), ("find", self.find.len())] {
            if list == 0 {
                fault(name, "is empty".into(), "one table or more");
            }
        }
        if self.matter.iter().any(|m| m.mix.is_none()) {
            fault("matter.mix", "is missing from a matter".into(), "the name of a mix");
        }
        if self.source.is_empty() || self.temper.iter().all(|t| !t.channels.is_empty()) {
            fault("source, temper", "are too few".into(), "a source, and a temper for every channel");
        }
        faults
    }

    /// The words of the book that a city does not know, so that no call could be taken in.
    pub fn strange_to(&self, file: &str, rules: &Rules) -> Vec<Fault> {
        let words = &rules.profile.words;
        let known = |list: &[huying_core::profile::Word], w: &str| list.iter().any(|k| k.code == w);
        let mut faults = Vec::new();
        let mut fault = |field: &str, word: &str| {
            let problem = format!("`{word}` is not known to the city");
            faults.push(Fault::error(file, 0, field, problem, "a word of its profile or catalogue"));
        };
        for source in &self.source {
            if !source.where_known && !known(&words.source, &source.source) {
                fault("source.source", &source.source);
            }
            if !known(&words.channel, &source.channel) {
                fault("source.channel", &source.channel);
            }
        }
        for kind in self.mix.values().flat_map(BTreeMap::keys).filter(|k| !known(&words.request_type, k)) {
            fault("mix", kind);
        }
        for matter in self.matter.iter().chain(&self.find) {
            let code = MatterCode::new(matter.code.as_ref());
            if code.is_ok_and(|c| rules.city.catalogue.get(&c).is_none()) {
                fault("matter.code", matter.code.as_ref());
            }
        }
        faults
    }
}

/// The stages that have a pace.
pub(super) const STAGES: [&str; 30] = [
    "direct",
    "verify",
    "dispatch",
    "sign",
    "contact",
    "return",
    "handle",
    "extension",
    "suspension",
    "resume",
    "reply",
    "approval",
    "check",
    "callback",
    "retry",
    "rate",
    "close",
    "acknowledge",
    "climb",
    "resolve",
    "confirm",
    "whistle",
    "on_site",
    "measure",
    "summons",
    "rule",
    "grade",
    "visit",
    "revisit",
    "report",
];
