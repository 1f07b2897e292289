//! What a command says of itself: its name, the thread it is addressed to, the words it carries.
//!
//! One line a command in each. Next: `../decide/`.

use super::Command;
use crate::case::event::TextRef;
use crate::ids::ThreadNo;

impl Command {
    /// The name, as roles of a profile list it.
    #[expect(clippy::too_many_lines, reason = "one line a command")]
    pub fn name(&self) -> &'static str {
        match self {
            Command::Report(_) => "report",
            Command::Verify { .. } => "verify",
            Command::Register { .. } => "register",
            Command::HandleAtOnce { .. } => "handle_at_once",
            Command::Void { .. } => "void",
            Command::AnswerDirect { .. } => "answer_direct",
            Command::Dispatch { .. } => "dispatch",
            Command::Redispatch { .. } => "redispatch",
            Command::PassDown { .. } => "pass_down",
            Command::AskRuling { .. } => "ask_ruling",
            Command::Urge { .. } => "urge",
            Command::Sign { .. } => "sign",
            Command::Hand { .. } => "hand",
            Command::Contact { .. } => "contact",
            Command::AskReturn { .. } => "ask_return",
            Command::DecideReturn { .. } => "decide_return",
            Command::AskExtension { .. } => "ask_extension",
            Command::DecideExtension { .. } => "decide_extension",
            Command::AskSuspension { .. } => "ask_suspension",
            Command::DecideSuspension { .. } => "decide_suspension",
            Command::Resume { .. } => "resume",
            Command::Finish { .. } => "finish",
            Command::Check { .. } => "check",
            Command::Reply { .. } => "reply",
            Command::DecideReply { .. } => "decide_reply",
            Command::Callback { .. } => "callback",
            Command::Rate { .. } => "rate",
            Command::Close { .. } => "close",
            Command::Supervise { .. } => "supervise",
            Command::EndSupervision { .. } => "end_supervision",
            Command::ForceClose { .. } => "force_close",
            Command::Reopen { .. } => "reopen",
            Command::Merge { .. } => "merge",
            Command::Part { .. } => "part",
            Command::Follow { .. } => "follow",
            Command::Joined { .. } => "joined",
            Command::Move { .. } => "move",
            Command::Reclassify { .. } => "reclassify",
            Command::Amend { .. } => "amend",
            Command::Note { .. } => "note",
            Command::Attach { .. } => "attach",
            Command::LogEffort { .. } => "log_effort",
            Command::AskCorrection { .. } => "ask_correction",
            Command::DecideCorrection { .. } => "decide_correction",
            Command::AskExclusion { .. } => "ask_exclusion",
            Command::DecideExclusion { .. } => "decide_exclusion",
            Command::Exclude { .. } => "exclude",
            Command::Acknowledge { .. } => "acknowledge",
            Command::Climb { .. } => "climb",
            Command::Confirm { .. } => "confirm",
            Command::Withdraw { .. } => "withdraw",
            Command::Whistle { .. } => "whistle",
            Command::AskWhistle { .. } => "ask_whistle",
            Command::DecideWhistle { .. } => "decide_whistle",
            Command::Summon { .. } => "summon",
            Command::Arrive { .. } => "arrive",
            Command::StateMeasure { .. } => "state_measure",
            Command::Refuse { .. } => "refuse",
            Command::Rule { .. } => "rule",
            Command::Plan { .. } => "plan",
            Command::Reach { .. } => "reach",
            Command::Grade { .. } => "grade",
            Command::Instruct { .. } => "instruct",
            Command::Meet { .. } => "meet",
            Command::Divert { .. } => "divert",
            Command::PlanJoint { .. } => "plan_joint",
            Command::Enforce { .. } => "enforce",
            Command::Restrict { .. } => "restrict",
            Command::Unrestrict { .. } => "unrestrict",
            Command::Reassign { .. } => "reassign",
            Command::Assign(_) => "assign",
            Command::Visit { .. } => "visit",
            Command::EndRoutine { .. } => "end_routine",
            Command::Found { .. } => "found",
            Command::Send { .. } => "send",
            Command::ReturnAbove { .. } => "return_above",
            Command::Receipt { .. } => "receipt",
            Command::UrgeAbove { .. } => "urge_above",
            Command::Judge { .. } => "judge",
            Command::Undo {} => "undo",
            Command::Erase { .. } => "erase",
            Command::Fire { .. } => "fire",
            Command::ResetClocks {} => "reset_clocks",
            Command::Observe { .. } => "observe",
        }
    }

    /// Names of the commands that people give; the others are the engine's own.
    pub const GIVEN: [&'static str; 75] = [
        "report",
        "verify",
        "register",
        "handle_at_once",
        "void",
        "answer_direct",
        "dispatch",
        "redispatch",
        "pass_down",
        "ask_ruling",
        "urge",
        "sign",
        "hand",
        "contact",
        "ask_return",
        "decide_return",
        "ask_extension",
        "decide_extension",
        "ask_suspension",
        "decide_suspension",
        "resume",
        "finish",
        "check",
        "reply",
        "decide_reply",
        "callback",
        "rate",
        "close",
        "supervise",
        "end_supervision",
        "force_close",
        "reopen",
        "merge",
        "part",
        "move",
        "reclassify",
        "amend",
        "note",
        "attach",
        "log_effort",
        "ask_correction",
        "decide_correction",
        "ask_exclusion",
        "decide_exclusion",
        "exclude",
        "acknowledge",
        "climb",
        "confirm",
        "withdraw",
        "whistle",
        "ask_whistle",
        "decide_whistle",
        "summon",
        "arrive",
        "state_measure",
        "refuse",
        "rule",
        "plan",
        "reach",
        "grade",
        "instruct",
        "meet",
        "divert",
        "plan_joint",
        "enforce",
        "restrict",
        "unrestrict",
        "reassign",
        "assign",
        "visit",
        "end_routine",
        "send",
        "return_above",
        "undo",
        "erase",
    ];

    /// The thread it is addressed to.
    pub fn thread(&self) -> Option<ThreadNo> {
        match self {
            Command::Verify { thread, .. }
            | Command::Register { thread, .. }
            | Command::DecideWhistle { thread, .. }
            | Command::Dispatch { thread, .. }
            | Command::PassDown { thread, .. }
            | Command::AskRuling { thread, .. }
            | Command::Sign { thread }
            | Command::Hand { thread, .. }
            | Command::Contact { thread, .. }
            | Command::AskReturn { thread, .. }
            | Command::DecideReturn { thread, .. }
            | Command::AskExtension { thread, .. }
            | Command::DecideExtension { thread, .. }
            | Command::AskSuspension { thread, .. }
            | Command::DecideSuspension { thread, .. }
            | Command::Resume { thread, .. }
            | Command::Finish { thread, .. }
            | Command::Check { thread, .. }
            | Command::DecideReply { thread, .. }
            | Command::Callback { thread, .. }
            | Command::Part { thread }
            | Command::LogEffort { thread, .. }
            | Command::Acknowledge { thread }
            | Command::Climb { thread, .. }
            | Command::Confirm { thread, .. }
            | Command::Withdraw { thread, .. }
            | Command::Summon { thread, .. }
            | Command::Arrive { thread, .. }
            | Command::StateMeasure { thread, .. }
            | Command::Refuse { thread, .. }
            | Command::Rule { thread, .. }
            | Command::Reach { thread, .. }
            | Command::Grade { thread, .. }
            | Command::DecideExclusion { thread, .. }
            | Command::EndSupervision { thread, .. }
            | Command::Send { thread, .. }
            | Command::Receipt { thread, .. }
            | Command::Visit { thread, .. }
            | Command::Found { thread, .. }
            | Command::DecideCorrection { thread, .. } => Some(*thread),
            Command::Plan { thread, .. }
            | Command::Urge { thread, .. }
            | Command::Supervise { thread, .. }
            | Command::Meet { thread, .. }
            | Command::PlanJoint { thread, .. } => *thread,
            _ => None,
        }
    }

    /// Every reference to words in it, for the engine to fill.
    #[expect(clippy::too_many_lines, reason = "one line a command")]
    pub fn texts_mut(&mut self) -> Vec<&mut TextRef> {
        match self {
            Command::Report(r) => {
                let mut all = vec![&mut r.content];
                all.extend(r.contact.as_mut());
                all.extend(r.location.words.as_mut());
                all.extend(r.location.exact.as_mut());
                all
            }
            Command::Amend { contact, text, .. } => contact.iter_mut().chain([text]).collect(),
            Command::Assign(assign) => assign.whom.iter_mut().chain([&mut assign.text]).collect(),
            Command::Verify { text, .. }
            | Command::Register { text, .. }
            | Command::DecideWhistle { text, .. }
            | Command::Void { text, .. }
            | Command::Visit { text, .. }
            | Command::Dispatch { text, .. }
            | Command::Contact { text, .. }
            | Command::DecideReturn { text, .. }
            | Command::DecideExtension { text, .. }
            | Command::DecideSuspension { text, .. }
            | Command::Resume { text, .. }
            | Command::Check { text, .. }
            | Command::DecideReply { text, .. }
            | Command::Callback { text, .. }
            | Command::Rate { text, .. }
            | Command::Close { text, .. }
            | Command::Restrict { text, .. }
            | Command::Confirm { text, .. }
            | Command::Arrive { text, .. }
            | Command::Reach { text, .. }
            | Command::Urge { text, .. }
            | Command::DecideExclusion { text, .. }
            | Command::Send { text, .. }
            | Command::UrgeAbove { text, .. }
            | Command::Judge { text, .. }
            | Command::DecideCorrection { text, .. } => text.iter_mut().collect(),
            Command::AnswerDirect { text }
            | Command::HandleAtOnce { text, .. }
            | Command::Supervise { text, .. }
            | Command::EndSupervision { text, .. }
            | Command::Redispatch { text, .. }
            | Command::AskReturn { text, .. }
            | Command::AskExtension { text, .. }
            | Command::AskSuspension { text, .. }
            | Command::Finish { text, .. }
            | Command::Reply { text }
            | Command::ForceClose { text, .. }
            | Command::Reopen { text, .. }
            | Command::Note { text, .. }
            | Command::AskCorrection { text, .. }
            | Command::Climb { text, .. }
            | Command::ReturnAbove { text }
            | Command::Withdraw { text, .. }
            | Command::Whistle { text, .. }
            | Command::AskWhistle { text, .. }
            | Command::Summon { text, .. }
            | Command::StateMeasure { text, .. }
            | Command::Refuse { text, .. }
            | Command::Rule { text, .. }
            | Command::Instruct { text, .. }
            | Command::Meet { text, .. }
            | Command::Divert { text, .. }
            | Command::PlanJoint { text, .. }
            | Command::Enforce { text, .. }
            | Command::Unrestrict { text }
            | Command::EndRoutine { text, .. }
            | Command::PassDown { text, .. }
            | Command::AskRuling { text, .. }
            | Command::AskExclusion { text, .. }
            | Command::Exclude { text, .. } => vec![text],
            Command::Move { location, text } => {
                let mut all: Vec<&mut TextRef> = location.words.iter_mut().collect();
                all.extend(location.exact.as_mut());
                all.extend(text.as_mut());
                all
            }
            Command::Observe { texts, exact, .. } => texts.iter_mut().chain(exact.as_mut()).collect(),
            _ => Vec::new(),
        }
    }
}
