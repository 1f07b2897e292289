//! Task admission 准入: a department asks, the list of duties is looked up, the office that builds communities
//! reviews; what was not admitted reaches no grid worker.
//!
//! How much of a quota is taken is reserved by the engine beside the case; here stands what was admitted.

use super::{Giver, OrderNo, Standing, StandingChange};
use crate::case::event::TextRef;
use crate::case::refusal::Refusal;
use crate::ids::{PersonId, PlaceId, UnitId};
use crate::profile::Admission;
use crate::time::Time;
use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The longest citation of a legal basis; a bound of this room, not a rule.
const MAX_BASIS_BYTES: usize = 300;

/// What a department asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskRequest {
    /// The template of the profile.
    pub task: CompactString,
    /// The legal basis, as a citation.
    pub basis: CompactString,
    /// The area.
    pub place: PlaceId,
    /// The first day.
    pub from: Date,
    /// The first day that no longer belongs to it.
    pub to: Date,
    /// Minutes a week expected in one grid.
    pub minutes: u32,
    /// Forms to be filled in each time.
    #[serde(default)]
    pub forms: u16,
    /// The money that comes with it 费随事转, in hundredths of the currency of the profile's costs.
    #[serde(default, skip_serializing_if = "crate::is_default")]
    pub budget: u64,
    /// How often it may be given to somebody.
    pub quota: u32,
}

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Its name.
    pub no: OrderNo,
    /// The department.
    pub unit: UnitId,
    /// Who asked for it.
    pub person: PersonId,
    /// What is asked.
    pub request: TaskRequest,
    /// Whether the list of duties had it then.
    pub listed: bool,
    /// What for.
    pub text: TextRef,
    /// Where it stands.
    #[serde(default)]
    pub stand: Stand,
}

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stand {
    /// It waits for its review.
    #[default]
    Asked,
    /// Admitted.
    Admitted {
        /// How often it may be given to somebody.
        quota: u32,
        /// Minutes a week in one grid.
        minutes: u32,
        /// The first day that no longer belongs to it.
        to: Date,
        /// When it was ended before that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<Time>,
    },
    /// Rejected.
    Rejected,
    /// One with another request.
    Merged {
        /// Which.
        into: OrderNo,
    },
}

/// What a review decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Decision {
    /// Admitted, as asked or with less.
    Admit {
        /// How often it may be given to somebody.
        quota: u32,
        /// Minutes a week in one grid.
        minutes: u32,
        /// The first day that no longer belongs to it.
        to: Date,
    },
    /// Rejected.
    Reject,
    /// One with another request that is admitted.
    Merge {
        /// Which.
        into: OrderNo,
    },
}

impl Standing {
    /// The request of this number.
    pub fn task(&self, no: OrderNo) -> Option<&Asked> {
        self.tasks.iter().find(|t| t.no == no)
    }

    /// The request that a request was merged into, or itself.
    pub fn admitted_as(&self, no: OrderNo) -> Option<&Asked> {
        match self.task(no)? {
            Asked { stand: Stand::Merged { into }, .. } => self.task(*into),
            own => Some(own),
        }
    }

    pub(super) fn review(&mut self, no: OrderNo, decision: &Decision) {
        let stand = match decision {
            Decision::Admit { quota, minutes, to } => {
                Stand::Admitted { quota: *quota, minutes: *minutes, to: *to, ended: None }
            }
            Decision::Reject => Stand::Rejected,
            Decision::Merge { into } => Stand::Merged { into: *into },
        };
        self.tasks.iter_mut().filter(|t| t.no == no).for_each(|t| t.stand = stand.clone());
    }

    pub(super) fn end_task(&mut self, no: OrderNo, at: Time) {
        for task in self.tasks.iter_mut().filter(|t| t.no == no) {
            if let Stand::Admitted { ended, .. } = &mut task.stand {
                *ended = Some(at);
            }
        }
    }
}

impl Asked {
    /// What stands against giving somebody this task at an instant.
    ///
    /// # Errors
    /// `task.not-admitted` or `task.ended`.
    pub fn holds(&self, at: Time, day: Date) -> Result<(), Refusal> {
        match &self.stand {
            Stand::Admitted { to, ended, .. } => {
                let over = day >= *to || ended.is_some_and(|e| e <= at);
                if over || day < self.request.from {
                    let why = format!("request {} holds from {} up to {to}", self.no, self.request.from);
                    return Err(Refusal::new("task.ended", why, "a task that is admitted today"));
                }
                Ok(())
            }
            other => {
                let why = format!("request {} is {}", self.no, other.word());
                Err(Refusal::new("task.not-admitted", why, "a request that was admitted"))
            }
        }
    }
}

impl Stand {
    /// The word of the API.
    pub fn word(&self) -> &'static str {
        match self {
            Stand::Asked => "asked",
            Stand::Admitted { ended: None, .. } => "admitted",
            Stand::Admitted { .. } => "ended",
            Stand::Rejected => "rejected",
            Stand::Merged { .. } => "merged",
        }
    }
}

fn number(why: String, accepted: String) -> Refusal {
    Refusal::new("task.amount", why, accepted)
}

impl Giver<'_> {
    fn admission(&self) -> Result<&Admission, Refusal> {
        self.rules.profile.admission.as_ref().ok_or_else(|| {
            let why = "this city's profile admits no tasks";
            Refusal::new("task.no-admission", why, "a profile with a table [admission]")
        })
    }

    fn asked(&self, no: OrderNo) -> Result<&super::Asked, Refusal> {
        self.standing().task(no).ok_or_else(|| {
            let why = format!("there is no request {no}");
            Refusal::new("task.none", why, "the number of a request")
        })
    }

    pub(super) fn ask_task(
        &self,
        no: OrderNo,
        request: &TaskRequest,
        text: TextRef,
    ) -> Result<StandingChange, Refusal> {
        let (rules, staff) = (self.rules, self.somebody()?);
        self.may("ask_task")?;
        let admission = self.admission()?;
        let task = rules.profile.task(&request.task).ok_or_else(|| {
            let known: Vec<&str> = rules.profile.tasks.iter().map(|t| t.id.as_str()).collect();
            Refusal::new("task.unknown", format!("`{}` is no task", request.task), known.join(", "))
        })?;
        rules.known_place(&request.place)?;
        self.reaches(&request.place)?;
        if request.basis.trim().is_empty() || request.basis.len() > MAX_BASIS_BYTES {
            let why = "a task without a legal basis, or a citation too long";
            return Err(Refusal::new("task.basis", why, format!("1 to {MAX_BASIS_BYTES} bytes")));
        }
        self.check_period(admission, request)?;
        let (most_minutes, most_forms) = (admission.most_minutes, admission.most_forms);
        if request.minutes == 0 || request.minutes > most_minutes {
            return Err(number(
                format!("{} minutes a week", request.minutes),
                format!("1 to {most_minutes}"),
            ));
        }
        if request.forms > most_forms {
            return Err(number(format!("{} forms", request.forms), format!("up to {most_forms}")));
        }
        if admission.budgeted && request.budget == 0 {
            let why = "a task that comes without its money";
            return Err(Refusal::new("task.budget", why, "`budget` in hundredths of the currency"));
        }
        if request.quota == 0 {
            return Err(number("a quota of nothing".into(), "1 or more".into()));
        }
        let asked = Asked {
            no,
            unit: staff.unit.clone(),
            person: staff.person.clone(),
            request: request.clone(),
            listed: task.listed,
            text,
            stand: Stand::Asked,
        };
        Ok(StandingChange::TaskAsked(Box::new(asked)))
    }

    fn check_period(&self, admission: &Admission, request: &TaskRequest) -> Result<(), Refusal> {
        let calendar = &self.rules.calendar;
        let start = |day: Date| calendar.instant(day.to_datetime(jiff::civil::Time::midnight()));
        let (from, to) = (start(request.from), start(request.to));
        let longest = admission.longest.deadline(from, None, calendar).map_or(from, |d| d.due);
        if from < to && self.now < to && to <= longest {
            return Ok(());
        }
        let why = format!("from {} up to {}", request.from, request.to);
        let accepted = format!("a period that is not over, of {} at most", admission.longest.amount);
        Err(Refusal::new("task.period", why, accepted))
    }

    pub(super) fn review_task(
        &self,
        no: OrderNo,
        decision: &Decision,
        text: TextRef,
    ) -> Result<StandingChange, Refusal> {
        let staff = self.somebody()?;
        self.may("review_task")?;
        let asked = self.asked(no)?;
        self.reaches(&asked.request.place)?;
        if staff.person == asked.person || staff.unit == asked.unit {
            let why = format!("{} asked for it", asked.unit);
            return Err(Refusal::new("powers.apart", why, "a person and unit that did not ask for it"));
        }
        if asked.stand != Stand::Asked {
            let why = format!("request {no} is {} already", asked.stand.word());
            return Err(Refusal::new("task.decided", why, "a request that waits"));
        }
        match decision {
            Decision::Admit { quota, minutes, to } => self.check_admit(asked, *quota, *minutes, *to)?,
            Decision::Reject => {}
            Decision::Merge { into } => self.check_merge(asked, *into)?,
        }
        Ok(StandingChange::TaskReviewed { no, decision: decision.clone(), text })
    }

    fn check_admit(&self, asked: &Asked, quota: u32, minutes: u32, to: Date) -> Result<(), Refusal> {
        if !asked.listed && !self.admission()?.unlisted {
            let why = format!("no list of duties has `{}`", asked.request.task);
            return Err(Refusal::new(
                "task.unlisted",
                why,
                "a task of the list of duties; `reject` or `merge`",
            ));
        }
        let request = &asked.request;
        if quota == 0 || quota > request.quota {
            return Err(number(format!("a quota of {quota}"), format!("1 to {}", request.quota)));
        }
        if minutes == 0 || minutes > request.minutes {
            return Err(number(format!("{minutes} minutes a week"), format!("1 to {}", request.minutes)));
        }
        if to <= request.from || to > request.to || to <= self.rules.day(self.now) {
            let why = format!("it would end on {to}");
            return Err(Refusal::new("task.period", why, format!("a day to come, up to {}", request.to)));
        }
        Ok(())
    }

    fn check_merge(&self, asked: &Asked, into: OrderNo) -> Result<(), Refusal> {
        let other = self.asked(into)?;
        let day = self.rules.day(self.now);
        let same = other.no != asked.no && other.request.task == asked.request.task;
        if same && self.rules.lies_in(&asked.request.place, &other.request.place) {
            return other.holds(self.now, day);
        }
        let why = format!("request {into} is of another task, or does not hold where this one would");
        Err(Refusal::new("task.merge", why, "an admitted request of the same task around the same place"))
    }

    pub(super) fn end_task(&self, no: OrderNo, text: TextRef) -> Result<StandingChange, Refusal> {
        let asked = self.asked(no)?;
        let own = self.by.is_some_and(|s| s.unit == asked.unit);
        self.may(if own { "ask_task" } else { "review_task" })?;
        self.reaches(&asked.request.place)?;
        match asked.stand {
            Stand::Admitted { ended: None, .. } => Ok(StandingChange::TaskEnded { no, at: self.now, text }),
            _ => {
                let why = format!("request {no} is {}", asked.stand.word());
                Err(Refusal::new("task.not-admitted", why, "a task that is admitted"))
            }
        }
    }
}
