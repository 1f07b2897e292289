//! Mending: corrections of place and class, notes, undoing one's own last step, erasure.

use super::draft::Draft;
use super::{amend, dispatch, rung, whistle};
use crate::case::command::Command;
use crate::case::cover::covered;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Spine, Thread};
use crate::case::thread::ThreadKind;
use crate::ids::{MatterCode, ThreadNo};
use crate::profile::{HolderRule, Origin};
use compact_str::CompactString;

/// Steps that reach beyond the case, or that nobody may take back.
pub(super) const NOT_UNDONE: [&str; 14] = [
    "report",
    "undo",
    "erase",
    "merge",
    "part",
    "rate",
    "observe",
    "follow",
    "joined",
    "restrict",
    "unrestrict",
    "assign",
    "end_routine",
    "found",
];

pub(super) const MS_PER_MINUTE: i64 = 60_000;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Move { location, text } => {
            draft.on(&[Spine::Reported, Spine::Open])?;
            if let Some(place) = &location.place {
                draft.desk.rules.known_place(place)?;
            }
            if let Some(text) = text {
                draft.emit(Event::Noted { text: *text, thread: None });
            }
            let source = draft.case.facts.as_ref().map(|f| f.source.as_str());
            let location = covered(location, Origin::Source(source), &draft.desk.rules.profile);
            draft.emit(Event::Moved { location: Box::new(location) });
            relocate(draft)
        }
        Command::Reclassify { matter, circumstance, request_type, urgency, complex } => {
            let (matter, request_type) = (matter.clone(), request_type.clone());
            let (circumstance, urgency, complex) = (circumstance.clone(), *urgency, *complex);
            reclassify(draft, Class { matter, circumstance, request_type, urgency, complex })
        }
        Command::Amend { about, identity, contact, text } => {
            let change = amend::Change { about: about.as_ref(), identity: *identity, contact: *contact };
            amend::amend(draft, &change, *text)
        }
        Command::Note { text, thread } => {
            if let Some(thread) = thread {
                draft.thread(*thread)?;
            }
            draft.emit(Event::Noted { text: *text, thread: *thread });
            Ok(())
        }
        Command::Attach { files, thread, label } => {
            if files.is_empty() {
                return Err(Refusal::new("attach.empty", "no file is named", "digests of stored files"));
            }
            if let Some(thread) = thread {
                draft.thread(*thread)?;
            }
            let (files, label) = (files.clone(), label.clone());
            draft.emit(Event::Attached { files, thread: *thread, label });
            Ok(())
        }
        Command::Undo {} => undo(draft),
        Command::Erase { items, ground } => {
            draft.word(&draft.desk.rules.profile.words.erase_ground, "erase_ground", ground)?;
            draft.emit(Event::Erased { items: items.clone(), ground: ground.clone() });
            // Nobody can be called back any more; the word is known not to come.
            if draft.case.reachable() { Ok(()) } else { draft.withdraw(|t| t.kind == ThreadKind::Callback) }
        }
        _ => Ok(()),
    }
}

/// 属地更正: who had the case because of its place hands it on. An order whose unit does not serve the new place
/// is taken back, and found a unit anew there; a unit that serves both places keeps it.
fn relocate(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(place) = draft.case.place().cloned() else { return Ok(()) };
    let now = draft.desk.now;
    let outside = |t: &Thread| {
        let unit = t.holder.as_unit();
        t.kind == ThreadKind::Handling
            && t.part == Some(Part::Lead)
            && unit.is_some_and(|u| !draft.desk.rules.serves(u, &place, now))
    };
    if draft.case.open_threads().any(outside) {
        dispatch::withdraw_handling(draft)?;
        whistle::let_go(draft, |_| true)?;
        draft.find_anew()?;
        let dispatcher = draft.case.open_of(ThreadKind::Dispatch).find_map(|t| t.holder.as_unit().cloned());
        if let Some(lead) = dispatcher {
            draft.emit(Event::LeadSet { lead });
        }
        return Ok(());
    }
    rung::relocate(draft)?;
    rehold(draft)
}

/// Threads that wait with a role's unit go to the unit of that role at the new place.
fn rehold(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let rules: Vec<(ThreadKind, HolderRule)> =
        draft.procedure()?.opens.iter().map(|o| (o.thread, o.holder.clone())).collect();
    let waiting: Vec<(ThreadNo, ThreadKind, Holder)> = draft
        .case
        .open_threads()
        .filter(|t| {
            use ThreadKind::*;
            matches!(t.kind, Verify | Register | Dispatch | Check)
        })
        .map(|t| (t.no, t.kind, t.holder.clone()))
        .collect();
    for (thread, kind, held) in waiting {
        let Some((_, rule)) = rules.iter().find(|(k, r)| *k == kind && matches!(r, HolderRule::Role(_)))
        else {
            continue;
        };
        let holder = draft.holder(kind, rule);
        if holder.as_unit() != held.as_unit() {
            draft.emit(Event::ThreadHeld { thread, holder });
        }
    }
    Ok(())
}

/// What a case is classed as anew; what is not said stays.
#[derive(PartialEq, Eq, Default)]
pub(super) struct Class {
    pub(super) matter: Option<MatterCode>,
    pub(super) circumstance: Option<CompactString>,
    pub(super) request_type: Option<CompactString>,
    pub(super) urgency: Option<Urgency>,
    pub(super) complex: Option<bool>,
}

pub(super) fn reclassify(draft: &mut Draft<'_>, class: Class) -> Result<(), Refusal> {
    draft.on(&[Spine::Reported, Spine::Open])?;
    if let Some(matter) = &class.matter {
        draft.desk.rules.known_matter(matter)?;
    }
    if let Some(kind) = &class.request_type {
        draft.word(&draft.desk.rules.profile.words.request_type, "request_type", kind)?;
    }
    if class == Class::default() {
        let accepted = "`matter`, `circumstance`, `request_type`, `urgency` or `complex`";
        return Err(Refusal::new("reclassify.empty", "nothing is changed", accepted));
    }
    if let Some(word) = &class.circumstance {
        draft.desk.rules.known_circumstance(class.matter.as_ref().or(draft.case.matter()), word)?;
    }
    let was = draft.case.facts.as_ref().map(|f| f.urgency);
    let Class { matter, circumstance, request_type, urgency, complex } = class;
    draft.emit(Event::Reclassified { matter, circumstance, request_type, urgency, complex });
    draft.reset_classed()?;
    if urgency == Some(Urgency::Emergency) && was != urgency { rung::wake_above(draft) } else { Ok(()) }
}

/// Takes back one's own last step while nobody has acted upon it.
fn undo(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let refuse = |why: String, accepted: &str| Err(Refusal::new("undo.not-yours", why, accepted));
    let Some(last) = draft.case.last.clone() else { return refuse("nothing was done yet".into(), "a step") };
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    if last.version != draft.case.version {
        return refuse(format!("a clock rang since `{}`", last.command), "a step nothing has followed");
    }
    if last.person.as_ref() != Some(&staff.person) {
        return refuse(
            format!("the last step, `{}`, was not {}'s", last.command, staff.person),
            "one's own last step",
        );
    }
    if NOT_UNDONE.contains(&last.command.as_str()) {
        return refuse(format!("`{}` cannot be taken back", last.command), "a step within the case");
    }
    let minutes = draft.desk.rules.profile.settings.undo_minutes;
    if draft.desk.now.since(last.at) > i64::from(minutes) * MS_PER_MINUTE {
        return refuse(format!("it was done {}", last.at), &format!("within {minutes} minutes"));
    }
    let version = crate::ids::Version(last.version.0.saturating_sub(1));
    match draft.desk.answers.before.clone().filter(|b| b.id == draft.case.id && b.version == version) {
        Some(before) if before.spine != draft.case.spine && !draft.case.followers.is_empty() => {
            let why = "the cases that follow this one went along with that step";
            refuse(why.into(), "a step that touched no other case")
        }
        Some(before) => {
            draft.emit(Event::Undone { version: last.version, before });
            Ok(())
        }
        None => refuse("the case before that step is not at hand".into(), "a step after registration"),
    }
}
