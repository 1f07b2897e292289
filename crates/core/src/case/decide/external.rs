//! A case that a system above governs 上级派单: what is owed to it, its receipts, its urges, its verdict.
//!
//! A word that is owed is a thread with that system. It waits while it is ours to give, is sent when it was
//! given (delivering it is the engine's affair, and the notice of that step its order), and ends with the
//! receipt. A refused reply opens the next round. Which words are owed is data of the profile.

use super::draft::{Clocks, Draft};
use super::{intake, verdict};
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Case, Clock, Spine, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{SystemId, ThreadNo};
use crate::profile::{Obligation, OwedOn, System};
use crate::rules::Rules;
use crate::time::Time;
use compact_str::CompactString;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    let system = governing(&draft.case, draft.desk.rules).ok_or_else(|| {
        let why = "no system above that this city knows governs the case";
        Refusal::new("external.none", why, "an order of a [[system]] of the profile")
    })?;
    match command {
        Command::Send { thread, text } => send(draft, system, *thread, *text),
        Command::ReturnAbove { text } => give_back(draft, system, *text),
        Command::Receipt { thread, accepted, receipt } => {
            receive(draft, system, *thread, *accepted, receipt.clone())
        }
        Command::UrgeAbove { due, text } => urge(draft, *due, *text),
        Command::Judge { verdict, text } => judge(draft, *verdict, *text),
        _ => Ok(()),
    }
}

/// The system that governs a case, where the profile knows it.
pub(super) fn governing<'a>(case: &Case, rules: &'a Rules) -> Option<&'a System> {
    let governed = case.facts.as_ref()?.governed.as_ref()?;
    rules.profile.systems.iter().find(|s| s.id == governed.system)
}

/// Whether a case waits for the verdict of a system above, so that nobody here asks the caller.
pub(super) fn judged_above(draft: &Draft<'_>) -> bool {
    governing(&draft.case, draft.desk.rules).is_some_and(|s| s.verdict)
}

/// Whether a word is still owed to the system above, or its receipt is still out.
pub(super) fn owes(draft: &Draft<'_>) -> bool {
    draft.case.open_of(ThreadKind::External).next().is_some()
        && governing(&draft.case, draft.desk.rules).is_some()
}

/// When the order is due above: no unit here moves it, and none gives itself time because it is past.
pub(super) fn given_due(case: &Case) -> Option<Time> {
    let governed = case.facts.as_ref().is_some_and(|f| f.governed.is_some());
    let promise = case.promise().filter(|c| c.limit.is_none());
    promise.filter(|_| governed).map(|c| c.due)
}

/// 延期: more time than the order has above is the system's above to give, where it can be asked for it.
pub(super) fn more_time(draft: &Draft<'_>, until: Time) -> Result<(), Refusal> {
    let Some(due) = given_due(&draft.case).filter(|due| until > *due) else { return Ok(()) };
    let system = governing(&draft.case, draft.desk.rules);
    if system.is_some_and(|s| s.owed_on(OwedOn::Extended).is_some()) {
        return Ok(());
    }
    let why = format!("the order is due {due} to the system above, which hears no request for more time");
    let accepted = if due > draft.desk.now {
        format!("an instant until {due}")
    } else {
        "another time from the system above".to_owned()
    };
    Err(Refusal::new("extension.governed", why, accepted))
}

/// What was granted here beyond the due time of the order is asked of the system above.
pub(super) fn ask_more_time(
    draft: &mut Draft<'_>,
    until: Time,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    if given_due(&draft.case).is_none_or(|due| until <= due) {
        return Ok(());
    }
    let Some(system) = governing(&draft.case, draft.desk.rules) else { return Ok(()) };
    let Some(owed) = system.owed_on(OwedOn::Extended) else { return Ok(()) };
    let asked = |t: &Thread| t.label.as_ref() == Some(&owed.label);
    if draft.case.open_of(ThreadKind::External).any(asked) {
        return Ok(());
    }
    let no = open(draft, system, &owed.label, 0, Some(until))?;
    give(draft, system, no, text)
}

/// Whether `system` is the one that governs the case.
pub(super) fn is_above(case: Option<&Case>, system: &SystemId) -> bool {
    let facts = case.and_then(|c| c.facts.as_ref());
    facts.and_then(|f| f.governed.as_ref()).is_some_and(|g| g.system == *system)
}

/// What is owed from the moment the order came in.
pub(super) fn begin(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(system) = governing(&draft.case, draft.desk.rules) else { return Ok(()) };
    let at_once = |o: &&Obligation| matches!(o.on, OwedOn::Dispatched | OwedOn::Signed);
    for owed in system.owes.iter().filter(at_once) {
        let no = open(draft, system, &owed.label, 0, None)?;
        match &owed.within {
            Some(within) => draft.start_limited(Stage::Sign, no, within, true)?,
            None => by_promise(draft, no),
        }
    }
    Ok(())
}

/// Gives the words that what just happened makes due.
pub(super) fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(system) = governing(&draft.case, draft.desk.rules) else { return Ok(()) };
    for owed in &system.owes {
        if !happened(draft, owed.on) {
            continue;
        }
        if owed.on == OwedOn::Answered {
            let no = open(draft, system, &owed.label, 0, None)?;
            by_promise(draft, no);
            if missing(draft, system).is_none() {
                give(draft, system, no, draft.case.last_answer)?;
            }
        } else if let Some(no) = waiting(draft, &owed.label) {
            give(draft, system, no, None)?;
        }
    }
    Ok(())
}

fn happened(draft: &Draft<'_>, on: OwedOn) -> bool {
    let moved = |kind: ThreadKind, to: Step| {
        draft.record.events.iter().any(|event| {
            matches!(event, Event::ThreadMoved { thread, step, .. } if *step == to
                && draft.case.thread(*thread).is_some_and(|t| t.kind == kind))
        })
    };
    match on {
        OwedOn::Dispatched => moved(ThreadKind::Dispatch, Step::Sent),
        OwedOn::Signed => moved(ThreadKind::Handling, Step::Signed),
        OwedOn::Answered => draft.record.events.iter().any(|e| matches!(e, Event::Answered { .. })),
        OwedOn::Returned | OwedOn::Extended => false,
    }
}

fn waiting(draft: &Draft<'_>, label: &str) -> Option<ThreadNo> {
    let fits = |t: &&Thread| t.step == Step::Waiting && t.label.as_deref() == Some(label);
    draft.case.open_of(ThreadKind::External).find(fits).map(|t| t.no)
}

/// The desk that owes our word: the one that dispatches the order, or took it in.
fn desk(case: &Case) -> Option<Holder> {
    let dispatches = case.threads.iter().rev().find(|t| t.kind == ThreadKind::Dispatch);
    let unit = dispatches.and_then(|t| t.holder.as_unit().cloned());
    unit.or_else(|| case.facts.as_ref().map(|f| f.lead.clone())).map(Holder::unit)
}

/// A word that is owed from now on; `until`, which time it asks for.
fn open(
    draft: &mut Draft<'_>,
    system: &System,
    label: &str,
    round: u16,
    until: Option<Time>,
) -> Result<ThreadNo, Refusal> {
    let desk = desk(&draft.case);
    draft.open_with(ThreadKind::External, Holder::System(system.id.clone()), |t| {
        t.caller = desk.unwrap_or_else(|| t.caller.clone());
        t.label = Some(label.into());
        t.round = round;
        t.until = until;
    })
}

/// A word is due when the order is, and never before it could be given.
fn by_promise(draft: &mut Draft<'_>, no: ThreadNo) {
    if let Some(due) = draft.case.promise().map(|p| p.due) {
        draft.start_fixed(Stage::Resolve, no, due.max(draft.desk.now));
    }
}

/// Our word is given: what timed it is kept, and a receipt is waited for.
fn give(draft: &mut Draft<'_>, system: &System, no: ThreadNo, text: Option<TextRef>) -> Result<(), Refusal> {
    draft.step(no, Step::Sent, text)?;
    draft.end_clocks(|c| c.thread == Some(no), Clocks::Met);
    draft.start_limited(Stage::Acknowledge, no, &system.receipt, false)
}

/// What the form of the order asks for and the case has not.
fn missing(draft: &Draft<'_>, system: &System) -> Option<String> {
    let governed = draft.case.facts.as_ref()?.governed.as_ref()?;
    let form = system.format(governed.format.as_deref()?)?;
    let has = |label: &CompactString| draft.case.attached.iter().any(|a| a.as_ref() == Some(label));
    let mut wanted: Vec<String> =
        form.labels.iter().filter(|l| !has(l)).map(|l| format!("a file labelled `{l}`")).collect();
    if draft.case.attached.len() < usize::from(form.files) {
        wanted.push(format!("{} files", form.files));
    }
    if form.contacted && draft.case.contacted_at.is_none() {
        wanted.push("that the caller was contacted".into());
    }
    (!wanted.is_empty()).then(|| wanted.join(", "))
}

fn send(draft: &mut Draft<'_>, system: &System, no: ThreadNo, text: Option<TextRef>) -> Result<(), Refusal> {
    let thread = draft.open_thread(no, ThreadKind::External)?;
    let (step, round, label) = (thread.step, thread.round, thread.label.clone().unwrap_or_default());
    if step != Step::Waiting {
        let why = format!("thread {no} was sent and waits for its receipt");
        return Err(Refusal::new("external.sent", why, "the receipt of the system above"));
    }
    let on = system.owed(&label).map(|o| o.on);
    if round == 0 && matches!(on, Some(OwedOn::Dispatched | OwedOn::Signed)) {
        let why = format!("`{label}` is sent by itself when it has happened");
        return Err(Refusal::new("external.early", why, "`dispatch`, and `sign` by the unit"));
    }
    if on == Some(OwedOn::Answered)
        && let Some(missing) = missing(draft, system)
    {
        let why = format!("the form of the order asks for {missing}");
        return Err(Refusal::new("external.format", why, "`attach` or `contact` first"));
    }
    let answer = draft.case.last_answer.filter(|_| on == Some(OwedOn::Answered));
    give(draft, system, no, text.or(answer))
}

/// 退单上级: the order is not ours. It stays ours until the system above has said yes.
fn give_back(draft: &mut Draft<'_>, system: &System, text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Reported, Spine::Open])?;
    let Some(owed) = system.owed_on(OwedOn::Returned) else {
        let why = format!("{} takes no order back", system.id);
        return Err(Refusal::new("external.no-return", why, "the order is handled here"));
    };
    let pending = |t: &Thread| t.label.as_ref() == Some(&owed.label);
    if let Some(open) = draft.case.open_of(ThreadKind::External).find(|t| pending(t)) {
        let why = format!("thread {} asks for it already", open.no);
        return Err(Refusal::new("thread.pending", why, "its receipt"));
    }
    if let Some(within) = &owed.within {
        let until = draft.deadline(within, draft.case.reported_at, None)?.due;
        if draft.desk.now > until {
            let why = format!("the order could be given back until {until}");
            return Err(Refusal::new("external.return-late", why, "the order is handled here"));
        }
    }
    let no = open(draft, system, &owed.label, 0, None)?;
    give(draft, system, no, Some(text))
}

fn receive(
    draft: &mut Draft<'_>,
    system: &System,
    no: ThreadNo,
    accepted: bool,
    receipt: Option<CompactString>,
) -> Result<(), Refusal> {
    let thread = draft.open_thread(no, ThreadKind::External)?;
    let (label, round) = (thread.label.clone().unwrap_or_default(), thread.round);
    let returned = system.owed(&label).is_some_and(|o| o.on == OwedOn::Returned);
    let step = if accepted { Step::Acknowledged } else { Step::Refused };
    draft.end_as(no, step, receipt, None, Clocks::Met)?;
    match (accepted, returned) {
        (true, true) => intake::void(draft, &system.returned, None),
        (true, false) | (false, true) => Ok(()),
        // The order stays due when it was.
        (false, false) if system.owed(&label).is_some_and(|o| o.on == OwedOn::Extended) => Ok(()),
        (false, false) => {
            let next = open(draft, system, &label, round.saturating_add(1), None)?;
            by_promise(draft, next);
            Ok(())
        }
    }
}

/// 催办、改期: the system above wants it sooner, or gives another time.
fn urge(draft: &mut Draft<'_>, due: Option<Time>, text: Option<TextRef>) -> Result<(), Refusal> {
    draft.on(&[Spine::Reported, Spine::Open, Spine::Answered])?;
    if due.is_none() && text.is_none() {
        return Err(Refusal::new("urge.empty", "the urge says nothing", "`due` or `text`"));
    }
    if due.is_some_and(|due| due <= draft.desk.now) {
        let why = "the new due time lies in the past: nobody can keep it";
        return Err(Refusal::new("urge.due", why, "a due time that is still to come"));
    }
    if let Some(text) = text {
        draft.emit(Event::Noted { text, thread: None });
    }
    let Some(due) = due else { return Ok(()) };
    let ours = |c: &Clock| {
        let owed = || c.thread.and_then(|no| draft.case.thread(no)).map(|t| t.kind);
        c.stage == Stage::Promise || (c.stage == Stage::Resolve && owed() == Some(ThreadKind::External))
    };
    let moved: Vec<Clock> =
        draft.case.clocks.iter().filter(|c| c.runs() && c.due != due && ours(c)).cloned().collect();
    for clock in moved {
        let near = clock.near.map(|near| due.plus(-clock.due.since(near)).max(clock.start).min(due));
        let (clock, why) = (clock.no, ResetWhy::Governed);
        draft.emit(Event::ClockReset { clock, due, near, provisional: false, why, limit: None });
    }
    // What was granted here waited for this.
    let granted = |t: &&Thread| t.kind == ThreadKind::Extension && t.step == Step::Granted;
    let orders: Vec<(ThreadNo, Time)> = draft
        .case
        .threads
        .iter()
        .filter(granted)
        .filter_map(|t| t.under.zip(t.until))
        .filter(|(no, until)| *until > draft.desk.now && draft.case.thread(*no).is_some_and(Thread::is_open))
        .collect();
    for (order, until) in orders {
        draft.extend(order, until)?;
    }
    Ok(())
}

/// The verdict of the system above: what it has not given a receipt for no longer matters.
fn judge(draft: &mut Draft<'_>, word: Verdict, text: Option<TextRef>) -> Result<(), Refusal> {
    draft.on(&[Spine::Answered])?;
    if word == Verdict::default() {
        let why = "the verdict says nothing";
        return Err(Refusal::new("judge.empty", why, "`verdict.solved` or `verdict.satisfied`"));
    }
    draft.withdraw(|t| t.kind == ThreadKind::External)?;
    verdict::conclude(draft, word, VerdictBy::Governing, text)
}
