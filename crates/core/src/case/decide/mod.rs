//! Deciding: a command, the case it is for and what the engine answered become a record, or a refusal.
//!
//! `needs` says what has to be looked up first; `decide` is pure and total. One file per part of the
//! practice: `intake`, `duplicate`, `dispatch`, `handling`, `hang` (the lawful wait), `urge`, `answer`,
//! `verdict`, `score` (appeals, exclusion), `mend` (moves, classes, undo), `amend` (who called, who is
//! complained of), `follow` (merged cases), `rung` (the ladder), `whistle`, `proposal` (a whistle asked for),
//! `ruling`, `instruction` (and meetings), `divert`, `joint` (enforcement), `quick` (mended at once),
//! `evidence` (pictures), `supervise`, `routine` (patrols and visits), `restricted`, `reassign`, `ticks`
//! (clocks). `powers` says who may, `offer` what is worth offering. `draft.rs` holds what they share. A
//! handler only says what follows from its own command; what follows from the new state (pauses, "all
//! handled", closing by rule) is settled once, at the end.

mod amend;
mod answer;
mod dispatch;
mod divert;
mod draft;
mod duplicate;
mod evidence;
mod external;
mod follow;
mod handling;
mod hang;
mod instruction;
mod intake;
mod joint;
mod mend;
mod offer;
mod powers;
mod proposal;
mod quick;
mod reassign;
mod restricted;
mod routine;
mod ruling;
mod rung;
mod score;
mod supervise;
mod ticks;
mod touched;
mod urge;
mod verdict;
mod whistle;

pub use intake::number_code;
pub use powers::{allowed, handles, kept_from, offered};
pub use touched::{Touched, touched};

use super::command::Command;
use super::duplicate::{Around, NearCase};
use super::event::{Actor, Claim, Record};
use super::refusal::Refusal;
use super::routine::{Taken, Visited};
use super::state::{Case, Spine, Thread};
use crate::ids::{CaseId, PersonId, StreamId, UnitId, Version};
use crate::rules::Rules;
use crate::standing::OrderNo;
use crate::time::Time;
use compact_str::CompactString;
use draft::Draft;
use std::collections::HashMap;
use std::sync::Arc;

/// What `decide` must know beyond the case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// A public number, counted within this code and the day of registration.
    pub number: Option<CompactString>,
    /// The case as it was at this version.
    pub before: Option<Version>,
    /// Where another case stands.
    pub other: Option<CaseId>,
    /// Whether anybody may have to be found: who is on duty now 值班, in each unit that keeps a roster.
    pub duty: bool,
    /// Open cases near a point.
    pub near: Option<Around>,
    /// The digests of the files of the case.
    pub files: bool,
    /// What other routines take of this admission, and of it in this unit.
    pub taken: Option<(OrderNo, UnitId)>,
    /// A visit of a routine.
    pub visit: Option<Visited>,
}

/// What the engine looked up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answers {
    /// The public number reserved.
    pub number: Option<CompactString>,
    /// The case before its last step.
    pub before: Option<Box<Case>>,
    /// The other case: where it stands, and whom it follows itself.
    pub other: Option<(Spine, Option<CaseId>)>,
    /// The person on duty now, of units that keep a roster.
    pub duty: Arc<HashMap<UnitId, PersonId>>,
    /// The open cases near the point, nearest first.
    pub near: Vec<NearCase>,
    /// The digests of the files of the case, as events name them.
    pub files: Vec<CompactString>,
    /// What other routines take of the admission.
    pub taken: Taken,
    /// The visit, when there is one.
    pub visit: Option<Box<Thread>>,
}

/// How another case stands to one that would follow it: none for a routine, which nobody follows.
pub fn leads(other: &Case) -> Option<(Spine, Option<CaseId>)> {
    other.routine.is_none().then_some((other.spine, other.follows))
}

/// What a decision looks at.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// The time of the decision; becomes `recorded_at`.
    pub now: Time,
    /// The stream decided on.
    pub stream: StreamId,
    /// Who acts.
    pub actor: &'a Actor,
    /// When they say it happened.
    pub occurred: Option<&'a Claim>,
    /// City, profile and calendar in force.
    pub rules: &'a Rules,
    /// What was looked up.
    pub answers: &'a Answers,
}

/// An accepted command: its record, and the case after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// To be appended.
    pub record: Record,
    /// Equal to the fold of the stream with `record`.
    pub case: Case,
}

/// What has to be looked up before `command` can be decided on `case`.
pub fn needs(case: Option<&Case>, command: &Command, rules: &Rules) -> Needs {
    let mut needs = Needs { duty: finds_somebody(command), ..Needs::default() };
    match command {
        Command::Report(report) => {
            needs.number = Some(intake::number_code(rules, report.location.place.as_ref()));
            needs.near = duplicate::around(report, &rules.profile).map(|(_, around)| around);
            needs.visit = report.visit;
        }
        Command::Assign(assign) => {
            let new = case.is_none();
            needs.number = new.then(|| intake::number_code(rules, Some(&assign.place)));
            needs.taken = routine::draws(assign, rules);
        }
        Command::Observe { observation, .. } if case.is_none() => {
            needs.number = Some(intake::observed_code(rules, observation));
        }
        Command::Undo {} => {
            needs.before = case.and_then(|c| c.last.as_ref()).map(|l| Version(l.version.0.saturating_sub(1)));
        }
        Command::Merge { into } => needs.other = Some(*into),
        Command::Void { of, .. } | Command::Verify { of, .. } | Command::Register { of, .. } => {
            needs.other = *of;
        }
        Command::Enforce { files, .. } => needs.files = !files.is_empty(),
        _ => {}
    }
    needs
}

/// Whether a thread of the ladder or of a whistle may go to somebody by this command.
fn finds_somebody(command: &Command) -> bool {
    use Command::*;
    let ladder =
        matches!(command, Report(_) | Fire { .. } | Climb { .. } | Confirm { .. } | Reclassify { .. });
    let whistle = matches!(
        command,
        Whistle { .. } | DecideWhistle { .. } | Summon { .. } | Refuse { .. } | Rule { .. }
    );
    let back = matches!(
        command,
        Callback { .. } | Rate { .. } | Verify { .. } | Register { .. } | Reopen { .. } | Move { .. }
    );
    ladder || whistle || back || matches!(command, Part { .. } | Follow { .. })
}

/// Decides `command`. `case` is `None` for a stream that does not exist yet.
///
/// # Errors
/// A [`Refusal`] with the rule, its legal basis and what would be accepted; the case is as it was.
pub fn decide(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Result<Decided, Refusal> {
    let refuse = |mut refusal: Refusal| {
        refusal.basis = desk.rules.basis(refusal.rule);
        refusal.allowed =
            case.map(|c| powers::allowed(c, desk.actor, desk.rules, desk.now)).unwrap_or_default();
        refusal
    };
    let mut draft = Draft::new(case, command, desk);
    powers::authorise(case, command, desk).map_err(refuse)?;
    run(&mut draft, command, case.is_some()).map_err(refuse)?;
    draft.settle().map_err(refuse)?;
    if draft.record.events.is_empty() {
        let why = "nothing of the case would change";
        return Err(refuse(Refusal::new("command.empty", why, "a command that changes something")));
    }
    Ok(draft.done())
}

/// What a case taken over as observation takes beside newer rows: nothing that moves it.
const OBSERVED_TAKES: [&str; 8] =
    ["note", "attach", "exclude", "ask_exclusion", "decide_exclusion", "erase", "undo", "joined"];

fn run(draft: &mut Draft<'_>, command: &Command, exists: bool) -> Result<(), Refusal> {
    match command {
        Command::Report(report) if !exists => return intake::report(draft, report),
        Command::Assign(assign) if !exists => return routine::begin(draft, assign),
        Command::Observe { observation, texts, exact } => {
            return follow::observe(draft, observation, texts, *exact, exists);
        }
        _ if !exists => return Err(Refusal::new("case.unknown", "there is no such case", "report it first")),
        Command::Report(_) => {
            return Err(Refusal::new("case.exists", "the case is already registered", "a new case"));
        }
        // The one clock such a case may have is that of somebody here who is to decide.
        Command::Fire { .. } | Command::ResetClocks {} => {}
        _ if draft.case.facts.is_none() && !OBSERVED_TAKES.contains(&command.name()) => {
            let why = "the case is another system's, taken over as observed; that system moves it";
            return Err(Refusal::new("case.observed", why, OBSERVED_TAKES.join(", ")));
        }
        _ => {}
    }
    routine::check(&draft.case, command.name())?;
    on_case(draft, command)
}

/// A command on a case that there is, and that may take it.
fn on_case(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Verify { .. } | Command::Register { .. } | Command::Void { .. } => {
            intake::run(draft, command)
        }
        Command::HandleAtOnce { effort, text } => quick::handle_at_once(draft, *effort, *text),
        Command::Dispatch { .. }
        | Command::Redispatch { .. }
        | Command::Sign { .. }
        | Command::Hand { .. }
        | Command::PassDown { .. }
        | Command::AskRuling { .. }
        | Command::AskReturn { .. }
        | Command::DecideReturn { .. } => dispatch::run(draft, command),
        Command::Contact { .. }
        | Command::AskExtension { .. }
        | Command::DecideExtension { .. }
        | Command::AskSuspension { .. }
        | Command::DecideSuspension { .. }
        | Command::Resume { .. }
        | Command::Finish { .. }
        | Command::Check { .. }
        | Command::LogEffort { .. } => handling::run(draft, command),
        Command::AnswerDirect { .. } | Command::Reply { .. } | Command::DecideReply { .. } => {
            answer::run(draft, command)
        }
        Command::Instruct { .. } | Command::Meet { .. } => instruction::run(draft, command),
        Command::Restrict { .. } | Command::Unrestrict { .. } => restricted::run(draft, command),
        Command::Reassign { from, from_person, to, to_person } => {
            let from = reassign::Party { unit: from, person: from_person.as_ref() };
            reassign::reassign(draft, &from, &reassign::Party { unit: to, person: to_person.as_ref() })
        }
        Command::Assign(_) | Command::Visit { .. } | Command::EndRoutine { .. } | Command::Found { .. } => {
            routine::run(draft, command)
        }
        Command::Divert { to, text } => divert::divert(draft, to, *text),
        Command::PlanJoint { .. } | Command::Enforce { .. } => joint::run(draft, command),
        Command::Callback { .. }
        | Command::Rate { .. }
        | Command::Close { .. }
        | Command::ForceClose { .. }
        | Command::Reopen { .. } => verdict::run(draft, command),
        Command::Merge { .. } | Command::Part { .. } | Command::Follow { .. } | Command::Joined { .. } => {
            follow::run(draft, command)
        }
        Command::Acknowledge { .. }
        | Command::Climb { .. }
        | Command::Confirm { .. }
        | Command::Withdraw { .. } => rung::run(draft, command),
        Command::Urge { thread, text } => urge::urge(draft, *thread, *text),
        Command::Supervise { .. } | Command::EndSupervision { .. } => supervise::run(draft, command),
        Command::AskCorrection { .. }
        | Command::DecideCorrection { .. }
        | Command::Exclude { .. }
        | Command::AskExclusion { .. }
        | Command::DecideExclusion { .. } => score::run(draft, command),
        Command::Fire { .. } | Command::ResetClocks {} => ticks::run(draft, command),
        Command::Send { .. }
        | Command::ReturnAbove { .. }
        | Command::Receipt { .. }
        | Command::UrgeAbove { .. }
        | Command::Judge { .. } => external::run(draft, command),
        _ => with_whistles(draft, command),
    }
}

/// What is done with whistles, and what is mended.
fn with_whistles(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Whistle { .. }
        | Command::Summon { .. }
        | Command::Arrive { .. }
        | Command::StateMeasure { .. }
        | Command::Plan { .. }
        | Command::Reach { .. }
        | Command::Grade { .. } => whistle::run(draft, command),
        Command::AskWhistle { .. } | Command::DecideWhistle { .. } => proposal::run(draft, command),
        Command::Refuse { .. } | Command::Rule { .. } => ruling::run(draft, command),
        _ => mend::run(draft, command),
    }
}
