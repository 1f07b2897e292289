//! Taking in: registering a call, verifying it on site, opening or voiding it.

use super::draft::{Clocks, Draft};
use super::{answer, duplicate, evidence, external, follow, mend, routine};
use crate::case::command::{Command, Report};
use crate::case::cover::covered;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::routine::ROUTINE;
use crate::case::state::{Case, Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{CaseId, PlaceId, UnitId};
use crate::observation::Observation;
use crate::profile::{EvidenceStep, Origin, Procedure, Trigger};
use crate::rules::Rules;
use compact_str::CompactString;

/// The part of a public number that says where: the first digits of the place's code.
pub fn number_code(rules: &Rules, place: Option<&PlaceId>) -> CompactString {
    let format = &rules.profile.number;
    let digits = |code: &str| code.chars().take(format.code_digits).collect::<CompactString>();
    place
        .and_then(|p| rules.code_of(p))
        .filter(|code| code.len() >= format.code_digits && code.chars().all(|c| c.is_ascii_alphanumeric()))
        .map_or_else(|| format.code.clone(), digits)
}

/// The same for a record taken over from another system, marked as such.
pub(super) fn observed_code(rules: &Rules, observation: &Observation) -> CompactString {
    let code = number_code(rules, observation.place.get());
    compact_str::format_compact!("{}{code}", rules.profile.number.observed)
}

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Verify { thread, confirmed, circumstance, ground, of, text } => {
            draft.open_thread(*thread, ThreadKind::Verify)?;
            draft.prove_late(*thread, Stage::Verify)?;
            met_under(draft, circumstance.as_ref(), *confirmed)?;
            if *confirmed {
                evidence::shown(draft, EvidenceStep::Verify)?;
                draft.end(*thread, Step::Confirmed, *text, Clocks::Met)?;
                return accept(draft);
            }
            let ground = needed(ground.as_deref(), "verify.ground", "a report found untrue needs a ground")?;
            draft.end(*thread, Step::Refuted, *text, Clocks::Met)?;
            void(draft, ground, *of)
        }
        Command::Register { thread, granted, circumstance, ground, of, text } => {
            draft.on(&[Spine::Reported])?;
            draft.open_thread(*thread, ThreadKind::Register)?;
            draft.prove_late(*thread, Stage::Register)?;
            met_under(draft, circumstance.as_ref(), *granted)?;
            if *granted {
                evidence::shown(draft, EvidenceStep::Register)?;
                draft.end(*thread, Step::Granted, *text, Clocks::Met)?;
                draft.withdraw(|t| t.kind == ThreadKind::Register)?;
                return open(draft);
            }
            let ground = needed(ground.as_deref(), "register.ground", "what is not opened needs a ground")?;
            draft.end(*thread, Step::Refused, *text, Clocks::Met)?;
            void(draft, ground, *of)
        }
        Command::Void { ground, of, text } => {
            draft.on(&[Spine::Reported, Spine::Open])?;
            if let Actor::Staff(staff) = draft.desk.actor {
                may_void(&draft.case, staff, draft.procedure().ok())?;
            }
            if let Some(text) = text {
                draft.emit(Event::Noted { text: *text, thread: None });
            }
            void(draft, ground, *of)
        }
        _ => Ok(()),
    }
}

/// 立案情形: who verified or opens it says under which circumstance it was met; what is voided has none.
fn met_under(draft: &mut Draft<'_>, word: Option<&CompactString>, holds: bool) -> Result<(), Refusal> {
    let known = draft.case.facts.as_ref().and_then(|f| f.circumstance.as_ref());
    match word {
        None => Ok(()),
        // Said before, and found so.
        Some(word) if holds && known == Some(word) => Ok(()),
        Some(word) if holds => mend::reclassify(
            draft,
            mend::Class { circumstance: Some(word.clone()), ..mend::Class::default() },
        ),
        Some(_) => {
            let why = "what is not opened is met under no circumstance";
            Err(Refusal::new("circumstance.void", why, "no `circumstance`"))
        }
    }
}

fn needed<'g>(ground: Option<&'g str>, rule: &'static str, why: &str) -> Result<&'g str, Refusal> {
    ground.ok_or_else(|| Refusal::new(rule, why, "`ground`: a word of `void_ground`"))
}

/// A case is voided by who answers for it or has something of it; one that somebody works on by few:
/// `[procedure.voiding]`.
pub(super) fn may_void(case: &Case, staff: &Staff, procedure: Option<&Procedure>) -> Result<(), Refusal> {
    let Some(rule) = procedure.and_then(|p| p.voiding.as_ref()) else { return Ok(()) };
    if rule.roles.contains(&staff.role) {
        return Ok(());
    }
    let at_work = |t: &&Thread| t.kind == ThreadKind::Handling || answer::at_it(t);
    if let Some(thread) = case.threads.iter().find(at_work) {
        let why = format!("thread {} ({:?}) is or was at it", thread.no, thread.kind);
        return Err(Refusal::new("void.under-way", why, format!("roles: {}", rule.roles.join(", "))));
    }
    let has = |t: &Thread| t.holder.as_unit() == Some(&staff.unit);
    if case.lead.as_ref() != Some(&staff.unit) && !case.open_threads().any(has) {
        let with = case.lead.as_ref().map_or_else(|| "another unit".to_owned(), ToString::to_string);
        let accepted = format!("somebody of {with}, or roles: {}", rule.roles.join(", "));
        return Err(Refusal::new("void.whose", format!("the case is with {with}"), accepted));
    }
    Ok(())
}

pub(super) fn report(draft: &mut Draft<'_>, report: &Report) -> Result<(), Refusal> {
    let rules = draft.desk.rules;
    check_words(draft, report)?;
    let fits = duplicate::fits(report);
    let procedure = rules.profile.procedure_for(&fits).ok_or_else(|| {
        Refusal::new(
            "procedure.none",
            "no procedure of this city fits the case",
            "a case some procedure's `when` fits",
        )
    })?;
    let number = draft.desk.answers.number.clone().ok_or_else(|| {
        Refusal::new(
            "number.none",
            "no public number was reserved",
            "the engine reserves one at registration",
        )
    })?;
    let lead = receiving_unit(draft, report)?;
    let duplicate::Found { nearby, into } = duplicate::found(draft.desk, report)?;
    draft.emit(Event::Reported(Box::new(Reported {
        number,
        source: report.source.clone(),
        channel: report.channel.clone(),
        request_type: report.request_type.clone(),
        matter: report.matter.clone(),
        urgency: report.urgency,
        circumstance: report.circumstance.clone(),
        complex: report.complex,
        content: report.content,
        identity: report.identity,
        contact: report.contact,
        location: covered(&report.location, Origin::Source(Some(&report.source)), &rules.profile),
        about: report.about.clone(),
        procedure: procedure.id.clone(),
        lead,
        governed: report.governed.as_ref().map(|(g, _)| g.clone()),
        related: report.related,
        nearby,
        visit: report.visit,
    })));
    match &report.governed {
        Some((_, due)) => draft.start_given_promise(*due),
        None => draft.start_promise()?,
    }
    if let Some(into) = into {
        return follow::join(draft, into);
    }
    draft.trigger(Trigger::Reported)?;
    if draft.case.open_of(ThreadKind::Verify).next().is_none() {
        accept(draft)?;
    }
    external::begin(draft)
}

fn check_words(draft: &Draft<'_>, report: &Report) -> Result<(), Refusal> {
    let rules = draft.desk.rules;
    draft.word(&rules.profile.words.source, "source", &report.source)?;
    if report.source == ROUTINE {
        let why = "a routine is given to a worker and not reported";
        return Err(Refusal::new("source.routine", why, "`assign`, or another source"));
    }
    if let Some(visit) = &report.visit {
        routine::names_visit(draft.desk, visit)?;
    }
    draft.word(&rules.profile.words.channel, "channel", &report.channel)?;
    draft.word(&rules.profile.words.request_type, "request_type", &report.request_type)?;
    if let Some(matter) = &report.matter {
        rules.known_matter(matter)?;
    }
    if let Some(word) = &report.circumstance {
        rules.known_circumstance(report.matter.as_ref(), word)?;
    }
    if let Some(place) = &report.location.place {
        rules.known_place(place)?;
    }
    if let Some(unit) = &report.about {
        rules.known_unit(unit, draft.desk.now)?;
    }
    if report.identity == Identity::Anonymous && report.contact.is_some() {
        let why = "an anonymous call carries no contact";
        return Err(Refusal::new("caller.anonymous", why, "no contact, or identity `confidential`"));
    }
    Ok(())
}

/// 首接负责: who takes a call in answers for it until it is dispatched.
fn receiving_unit(draft: &Draft<'_>, report: &Report) -> Result<UnitId, Refusal> {
    let rules = draft.desk.rules;
    let not_accused = |u: &UnitId| report.about.as_ref().is_none_or(|a| !rules.accused(u, a));
    if let Actor::Staff(staff) = draft.desk.actor
        && not_accused(&staff.unit)
    {
        return Ok(staff.unit.clone());
    }
    rules
        .unit_for(
            &rules.profile.settings.intake_role,
            report.location.place.as_ref(),
            draft.desk.now,
            not_accused,
        )
        .or_else(|| rules.root_unit(draft.desk.now).filter(not_accused))
        .ok_or_else(|| {
            let why = "the city has no unit that takes calls in";
            Refusal::new(
                "holder.missing",
                why,
                "a post of role `intake` in posts.csv, or a unit without parent",
            )
        })
}

/// 受理: what need not be verified, or was found true, is opened; where the procedure has it registered, by
/// whom it names.
fn accept(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.case.spine == Spine::Reported {
        draft.trigger(Trigger::Accepted)?;
    }
    if draft.case.open_of(ThreadKind::Register).next().is_some() { Ok(()) } else { open(draft) }
}

/// 立案
fn open(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.case.spine == Spine::Reported {
        draft.emit(Event::Opened {});
        draft.trigger(Trigger::Opened)?;
    }
    Ok(())
}

/// 作废/不予立案: the caller is told by the notice that follows from it.
pub(super) fn void(draft: &mut Draft<'_>, ground: &str, of: Option<CaseId>) -> Result<(), Refusal> {
    draft.word(&draft.desk.rules.profile.words.void_ground, "void_ground", ground)?;
    repeated(draft, ground, of)?;
    draft.withdraw(|_| true)?;
    draft.end_clocks(|_| true, Clocks::Stopped);
    draft.emit(Event::Voided { ground: ground.into(), of });
    Ok(())
}

/// 重复: what is voided as the same as another case names it, so that whoever asks is led there.
fn repeated(draft: &Draft<'_>, ground: &str, of: Option<CaseId>) -> Result<(), Refusal> {
    let refuse = |why: String, accepted: &str| Err(Refusal::new("void.other", why, accepted));
    let rule = draft.procedure().ok().and_then(|p| p.voiding.as_ref());
    let names = rule.is_some_and(|rule| rule.names_other.iter().any(|g| g == ground));
    match (names, of) {
        (false, None) => Ok(()),
        (true, None) => refuse(format!("`{ground}` does not say of which case"), "`of`: the case it repeats"),
        (false, Some(_)) => refuse(format!("`{ground}` names no other case"), "no `of`"),
        (true, Some(other)) if other == draft.case.id => {
            refuse("a case does not repeat itself".to_owned(), "`of`: another case")
        }
        (true, Some(_)) => match draft.desk.answers.other {
            Some((Spine::Void, _)) => {
                refuse("the case that it repeats was voided itself".to_owned(), "a case that was not")
            }
            Some(_) => Ok(()),
            None => {
                refuse("there is no such case to repeat".to_owned(), "`of`: a case that was taken in here")
            }
        },
    }
}
