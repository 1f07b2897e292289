//! Cases that follow others: merged cases 并案, and records of other systems taken over as observation.

use super::answer;
use super::draft::{Clocks, Draft};
use super::verdict::{self, Ending};
use crate::case::command::{Command, Followed};
use crate::case::cover::cover_observation;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::Spine;
use crate::case::thread::{Step, ThreadKind};
use crate::ids::CaseId;
use crate::observation::{Observation, difference};

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Merge { into } => merge(draft, *into),
        Command::Part { thread } => {
            draft.open_thread(*thread, ThreadKind::Merge)?;
            draft.end(*thread, Step::Withdrawn, None, Clocks::Stopped)?;
            draft.find_anew()
        }
        Command::Joined { other, joined } => {
            let event =
                if *joined { Event::Joined { other: *other } } else { Event::Parted { other: *other } };
            draft.emit(event);
            Ok(())
        }
        Command::Follow { from, what } => follow(draft, *from, *what),
        _ => Ok(()),
    }
}

fn merge(draft: &mut Draft<'_>, into: CaseId) -> Result<(), Refusal> {
    draft.on(&[Spine::Reported, Spine::Open])?;
    answer::follows_nobody(draft)?;
    let refuse = |why: &str| Err(Refusal::new("merge.into", why, "another open case that follows nobody"));
    if into == draft.case.id {
        return refuse("a case cannot follow itself");
    }
    if !draft.case.followers.is_empty() {
        return refuse("other cases follow this one");
    }
    match &draft.desk.answers.other {
        None => return refuse("there is no such case"),
        Some((_, Some(_))) => return refuse("the other case follows a third"),
        Some((Spine::Closed | Spine::Void, _)) => return refuse("the other case is closed"),
        // Its answer was given before this caller asked; nobody would pass it on.
        Some((Spine::Answered | Spine::Verdict, _)) => return refuse("the other case is answered already"),
        Some(_) => {}
    }
    join(draft, into)
}

/// Follows `into` from now on: what was under way here ends.
pub(super) fn join(draft: &mut Draft<'_>, into: CaseId) -> Result<(), Refusal> {
    if draft.case.spine == Spine::Reported {
        draft.emit(Event::Opened {});
    }
    draft.withdraw(|t| !t.kind.is_of_score())?;
    let lead = draft.case.lead.clone().map_or(Holder::Caller, Holder::unit);
    draft.open_with(ThreadKind::Merge, lead, |t| t.other = Some(into))?;
    Ok(())
}

/// What the followed case got, this one gets: every merged caller is answered and asked.
fn follow(draft: &mut Draft<'_>, from: CaseId, what: Followed) -> Result<(), Refusal> {
    // A follower that was answered, or went its own way since, is no longer touched by the other case.
    let thread = draft.case.open_of(ThreadKind::Merge).find(|t| t.other == Some(from)).map(|t| t.no);
    let no = thread.ok_or_else(|| {
        Refusal::new("merge.none", format!("the case does not follow {from} now"), "the case it follows")
    })?;
    match what {
        Followed::Answered { text } => {
            draft.end(no, Step::Followed, text, Clocks::Met)?;
            answer::give(draft, text)
        }
        Followed::Closed => {
            draft.end(no, Step::Followed, None, Clocks::Met)?;
            verdict::finish(draft, &draft.procedure()?.closing.followed, Ending::Followed)
        }
        Followed::Voided => {
            draft.end(no, Step::Withdrawn, None, Clocks::Stopped)?;
            draft.find_anew()
        }
    }
}

/// History is imported as observation: the same row again is nothing, a newer one is the difference.
pub(super) fn observe(
    draft: &mut Draft<'_>,
    seen: &Observation,
    texts: &[TextRef],
    exact: Option<TextRef>,
    exists: bool,
) -> Result<(), Refusal> {
    let mut seen = seen.clone();
    cover_observation(&mut seen, &draft.desk.rules.profile);
    let texts = texts.to_vec();
    if !exists {
        let number = draft.desk.answers.number.clone().unwrap_or_default();
        draft.emit(Event::Observed { number, observation: Box::new(seen), texts, exact });
        return Ok(());
    }
    let Some(known) = &draft.case.observed else {
        let why = "the case was taken in here, not over from another system";
        return Err(Refusal::new("observe.own", why, "a case of the same system"));
    };
    let found = difference(known, &seen);
    if found.is_empty() {
        return Err(Refusal::new("observe.same", "the row says nothing new", "a newer row"));
    }
    draft.emit(Event::ObservationChanged { patch: Box::new(found.patch), texts, exact });
    Ok(())
}
