//! Folding: what an event makes of a case.
//!
//! Total: any event may follow any other without a panic, because an old journal must always open. What
//! makes no sense changes nothing. Reads the record and nothing else: no profile, no calendar, no roster.
//! Powers of the acting person are noted here, from the event and its actor, so that `decide` can keep them
//! apart.

use super::event::*;
use super::routine::{Assigned, REMEMBERED, Routine};
use super::state::*;
use super::thread::{Step, ThreadKind};
use crate::ids::{CaseId, Version};
use crate::observation::{Recorded, Solved, Stamp, Standing};
use crate::time::Time;

/// The case after `record`, `before` being the case before it: `None` for the first record of a stream.
pub fn apply_record(before: Option<Case>, record: &Record) -> Case {
    let mut case = before.unwrap_or_else(|| blank(CaseId(record.stream.0)));
    apply_next(&mut case, record);
    case
}

/// Changes a case by its next record.
pub fn apply_next(case: &mut Case, record: &Record) {
    for event in &record.events {
        apply(case, record, event);
    }
    seal(case, record);
}

/// Adds one, and room for no more: a city has hundreds of thousands of cases open, and spare room in each
/// adds up.
fn add<T>(list: &mut Vec<T>, item: T) {
    list.reserve_exact(1);
    list.push(item);
}

/// Closes the fold of one record: its version, and whose step it was.
pub fn seal(case: &mut Case, record: &Record) {
    case.version = record.version;
    match record.command.as_str() {
        "redispatch" => did(&mut case.deeds, record, Deed::Dispatched),
        "reply" => did(&mut case.deeds, record, Deed::Replied),
        "void" => did(&mut case.deeds, record, Deed::Closed),
        _ => {}
    }
    if !matches!(record.actor, Actor::Clock) {
        case.last = Some(LastStep {
            version: record.version,
            command: record.command.clone(),
            person: person_of(record),
            at: record.recorded_at,
        });
    }
}

/// A case of which nothing is known yet.
pub fn blank(id: CaseId) -> Case {
    Case {
        id,
        version: Version(0),
        spine: Spine::Reported,
        facts: None,
        observed: None,
        observed_exact: None,
        number: Default::default(),
        lead: None,
        threads: Vec::new(),
        clocks: Vec::new(),
        hands: Vec::new(),
        deeds: Vec::new(),
        reported_at: Time(0),
        opened_at: None,
        contacted_at: None,
        answered_at: None,
        last_answered_at: None,
        last_answer: None,
        closed_at: None,
        ground: None,
        verdict: Verdict::default(),
        verdict_by: None,
        said_before: None,
        reworks: 0,
        returns: 0,
        transfers: 0,
        adrift: 0,
        passed_down: 0,
        urged: 0,
        on_notice: 0,
        extensions: 0,
        reopened: 0,
        follows: None,
        followers: Vec::new(),
        repeats: None,
        quick: false,
        forced: false,
        excluded: None,
        last_thread: Default::default(),
        last_clock: Default::default(),
        attached: Vec::new(),
        erased: Vec::new(),
        enforced: Vec::new(),
        diverted: None,
        restricted: None,
        routine: None,
        last: None,
    }
}

fn person_of(record: &Record) -> Option<crate::ids::PersonId> {
    if let Actor::Staff(staff) = &record.actor { Some(staff.person.clone()) } else { None }
}

/// Changes `case` by one event of `record`.
pub fn apply(case: &mut Case, record: &Record, event: &Event) {
    match event {
        Event::Reported(_)
        | Event::Opened {}
        | Event::Answered { .. }
        | Event::VerdictGiven { .. }
        | Event::SentBack { .. }
        | Event::TakenUp {}
        | Event::Closed { .. }
        | Event::Voided { .. }
        | Event::HandledAtOnce { .. }
        | Event::Reopened { .. } => spine_event(case, record, event),
        Event::ThreadOpened(_)
        | Event::ThreadMoved { .. }
        | Event::Tried { .. }
        | Event::Urged { .. }
        | Event::PutOnNotice { .. }
        | Event::Graded { .. }
        | Event::SignOffAsked { .. }
        | Event::ThreadHeld { .. }
        | Event::EffortLogged { .. } => thread_event(case, record, event),
        Event::ClockStarted(_)
        | Event::ClockPaused { .. }
        | Event::ClockResumed { .. }
        | Event::ClockReset { .. }
        | Event::ClockFired { .. }
        | Event::ClockMet { .. }
        | Event::ClockStopped { .. }
        | Event::ScoreCorrected { .. } => clock_event(case, event),
        Event::LeadSet { .. }
        | Event::Reclassified { .. }
        | Event::Amended { .. }
        | Event::Moved { .. }
        | Event::Noted { .. }
        | Event::Attached { .. }
        | Event::Joined { .. }
        | Event::Parted { .. }
        | Event::Excluded { .. }
        | Event::Met { .. }
        | Event::Diverted { .. }
        | Event::Enforced { .. }
        | Event::Assigned(_)
        | Event::Found { .. }
        | Event::Restricted(_)
        | Event::Unrestricted {}
        | Event::Undone { .. }
        | Event::Erased { .. }
        | Event::Observed { .. }
        | Event::ObservationChanged { .. } => fact_event(case, record, event),
    }
}

fn spine_event(case: &mut Case, record: &Record, event: &Event) {
    let now = record.effective();
    match event {
        Event::Reported(facts) => reported(case, record, facts),
        Event::Opened {} => {
            case.spine = Spine::Open;
            case.opened_at = Some(now);
        }
        Event::Answered { text } => {
            case.spine = Spine::Answered;
            case.answered_at.get_or_insert(now);
            case.last_answered_at = Some(now);
            case.last_answer = *text;
        }
        Event::VerdictGiven { verdict, by, .. } => {
            // A rating may come after the case was closed; it stays closed.
            if case.spine.is_open() {
                case.spine = Spine::Verdict;
            }
            case.verdict = *verdict;
            case.verdict_by = Some(*by);
            if *by != VerdictBy::Nobody {
                case.said_before = None;
            }
        }
        Event::SentBack { round } => {
            open_again(case);
            case.reworks = case.reworks.max(*round);
        }
        Event::TakenUp {} => open_again(case),
        Event::Closed { ground, by_rule, forced } => {
            end(case, now, Spine::Closed, ground);
            case.forced = *forced;
            if !by_rule {
                hand(case, record, Deed::Closed);
            }
        }
        Event::Voided { ground, of } => {
            end(case, now, Spine::Void, ground);
            case.repeats = *of;
        }
        Event::HandledAtOnce { .. } => case.quick = true,
        Event::Reopened { .. } => {
            open_again(case);
            (case.repeats, case.forced) = (None, false);
            case.reopened += 1;
        }
        _ => {}
    }
}

fn fact_event(case: &mut Case, record: &Record, event: &Event) {
    match event {
        Event::LeadSet { lead } => case.lead = Some(lead.clone()),
        Event::Reclassified { .. } | Event::Amended { .. } => {
            if let Some(facts) = &mut case.facts {
                corrected(facts, event);
            }
        }
        Event::Moved { location } => {
            if let Some(facts) = &mut case.facts {
                facts.location = (**location).clone();
            }
        }
        Event::Attached { files, label, .. } => {
            // A label is evidence for a step: what shows the place is said by who works on it.
            let label = label.as_ref().filter(|_| record.actor != Actor::Caller);
            files.iter().for_each(|_| add(&mut case.attached, label.cloned()));
        }
        Event::Joined { other } if !case.followers.contains(other) => case.followers.push(*other),
        Event::Parted { other } => case.followers.retain(|c| c != other),
        Event::Excluded { ground } => {
            case.excluded = Some(ground.clone());
            hand(case, record, Deed::Evaluated);
        }
        Event::Diverted { to, basis } => {
            case.diverted = Some(Box::new(Diverted { to: to.clone(), basis: basis.clone() }));
        }
        Event::Enforced { act, power, .. } => {
            let unit = if let Actor::Staff(staff) = &record.actor { Some(staff.unit.clone()) } else { None };
            let (act, power, at) = (act.clone(), power.code.clone(), record.effective());
            add(&mut case.enforced, Enforced { act, power, unit, at });
            hand(case, record, Deed::Handled);
        }
        Event::Assigned(assigned) => given(case, assigned),
        Event::Found { thread, case: other } => {
            if let Some(routine) = &mut case.routine {
                routine.finds.push((*thread, *other));
            }
        }
        Event::Restricted(named) => case.restricted = Some(named.clone()),
        Event::Unrestricted {} => case.restricted = None,
        Event::Undone { before, .. } => undone(case, before),
        Event::Erased { items, .. } => {
            case.erased.extend(items.iter().copied());
            case.erased.sort_unstable();
            case.erased.dedup();
        }
        Event::Observed { number, observation, exact, .. } => {
            case.observed_exact = *exact;
            observed(case, number, observation);
        }
        Event::ObservationChanged { patch, exact, .. } => {
            // A point that changed replaces what was sealed of the one before.
            if exact.is_some() || !patch.point.is_not() {
                case.observed_exact = *exact;
            }
            if let Some(held) = &mut case.observed {
                **held = crate::observation::merge(held, patch);
            }
            settle_observed(case);
        }
        _ => {}
    }
}

/// What was taken down wrongly is said anew; what is not said stays.
fn corrected(facts: &mut Reported, event: &Event) {
    match event {
        Event::Reclassified { matter, circumstance, request_type, urgency, complex } => {
            // A circumstance is one of a matter and goes with it.
            if matter.is_some() && *matter != facts.matter {
                facts.circumstance = None;
            }
            matter.clone_into_some(&mut facts.matter);
            circumstance.clone_into_some(&mut facts.circumstance);
            if let Some(kind) = request_type {
                facts.request_type = kind.clone();
            }
            facts.urgency = urgency.unwrap_or(facts.urgency);
            facts.complex = complex.unwrap_or(facts.complex);
        }
        Event::Amended { about, identity, contact } => {
            about.clone_into_some(&mut facts.about);
            contact.clone_into_some(&mut facts.contact);
            facts.identity = identity.unwrap_or(facts.identity);
        }
        _ => {}
    }
}

fn thread_event(case: &mut Case, record: &Record, event: &Event) {
    match event {
        Event::ThreadOpened(opened) => {
            thread_opened(case, record, opened);
            match opened.kind {
                ThreadKind::Approval => hand(case, record, Deed::Replied),
                ThreadKind::Visit => forget_visits(case),
                _ => {}
            }
        }
        Event::ThreadMoved { thread, step, label, .. } => {
            thread_moved(case, record, *thread, *step, label.as_deref());
        }
        Event::Graded { thread, grade } => with_thread(case, *thread, |t| {
            t.spoke.get_or_insert_default().grade = Some(grade.clone());
        }),
        Event::SignOffAsked { thread, of } => with_thread(case, *thread, |t| {
            t.spoke.get_or_insert_default().asks = Some(of.clone());
        }),
        Event::Urged { thread, .. } => {
            case.urged = case.urged.saturating_add(1);
            let at = record.effective();
            with_thread(case, *thread, |t| {
                let pressed = t.pressed.get_or_insert_with(|| never_pressed(at));
                pressed.urged = pressed.urged.saturating_add(1);
                pressed.at = at;
            });
        }
        Event::PutOnNotice { thread } => {
            case.on_notice = case.on_notice.saturating_add(1);
            let at = record.effective();
            with_thread(case, *thread, |t| {
                let pressed = t.pressed.get_or_insert_with(|| never_pressed(at));
                pressed.on_notice = pressed.on_notice.saturating_add(1);
            });
        }
        Event::Tried { thread } => with_thread(case, *thread, |t| t.tries = t.tries.saturating_add(1)),
        Event::ThreadHeld { thread, holder } => {
            with_thread(case, *thread, |t| t.holder = holder.clone());
            let visit = case.thread(*thread).is_some_and(|t| t.kind == ThreadKind::Visit);
            if let (Some(routine), Holder::Unit { unit, person }, true) = (&mut case.routine, holder, visit) {
                (routine.unit, routine.person) = (unit.clone(), person.clone());
            }
        }
        Event::EffortLogged { thread, effort } => with_thread(case, *thread, |t| t.effort.add(*effort)),
        _ => {}
    }
}

fn never_pressed(at: Time) -> Box<Pressed> {
    Box::new(Pressed { urged: 0, at, on_notice: 0 })
}

/// A routine begins, or is somebody else's.
fn given(case: &mut Case, assigned: &Assigned) {
    let before = case.routine.take();
    let Assigned { task, unit, person, admission, weekly, whom, text } = assigned.clone();
    let given = Routine {
        task,
        unit,
        person,
        admission,
        weekly,
        whom,
        text,
        done: 0,
        missed: 0,
        last_done: None,
        forgotten: Effort::default(),
        finds: Vec::new(),
    };
    case.routine = Some(Box::new(match before {
        None => given,
        Some(before) => {
            let Routine { done, missed, last_done, forgotten, finds, .. } = *before;
            Routine { done, missed, last_done, forgotten, finds, ..given }
        }
    }));
}

fn visited(case: &mut Case, step: Step, at: Time) {
    let Some(routine) = &mut case.routine else { return };
    if step == Step::Done {
        routine.done = routine.done.saturating_add(1);
        routine.last_done = Some(at);
    } else {
        routine.missed = routine.missed.saturating_add(1);
    }
}

/// Lets go of the visits that ended long ago, with their clocks and what grew from them; the journal has
/// them.
fn forget_visits(case: &mut Case) {
    let ended = |t: &&Thread| t.kind == ThreadKind::Visit && !t.is_open();
    let Some(last) = case.threads.iter().rev().filter(ended).nth(REMEMBERED).map(|t| t.no) else { return };
    let asked = |no: crate::ids::ClockNo| case.open_of(ThreadKind::Correction).any(|t| t.clock == Some(no));
    let pending: Vec<_> = case.clocks.iter().filter(|c| asked(c.no)).filter_map(|c| c.thread).collect();
    let goes = |t: &Thread| t.no <= last && !t.is_open() && !pending.contains(&t.no);
    let gone: Vec<_> = case.threads.iter().filter(|t| goes(t)).map(|t| t.no).collect();
    let mut took = Effort::default();
    case.threads.iter().filter(|t| gone.contains(&t.no)).for_each(|t| took.add(t.effort));
    case.threads.retain(|t| !gone.contains(&t.no));
    case.clocks.retain(|c| c.thread.is_none_or(|t| !gone.contains(&t)));
    if let Some(routine) = &mut case.routine {
        routine.finds.retain(|(no, _)| !gone.contains(no));
        routine.forgotten.add(took);
    }
}

/// `Some` replaces, `None` leaves.
trait CloneIntoSome<T> {
    fn clone_into_some(&self, to: &mut Option<T>);
}
impl<T: Clone> CloneIntoSome<T> for Option<T> {
    fn clone_into_some(&self, to: &mut Option<T>) {
        if self.is_some() {
            to.clone_from(self);
        }
    }
}

fn reported(case: &mut Case, record: &Record, facts: &Reported) {
    case.spine = Spine::Reported;
    case.number = facts.number.clone();
    case.lead = Some(facts.lead.clone());
    // A device's clock may run ahead; nothing is reported after it was recorded.
    case.reported_at = record.occurred.as_ref().map_or(record.effective(), |c| c.at.min(record.effective()));
    case.facts = Some(Box::new(facts.clone()));
    hand(case, record, Deed::Reported);
}

fn end(case: &mut Case, at: Time, spine: Spine, ground: &str) {
    case.spine = spine;
    case.closed_at = Some(at);
    case.ground = Some(ground.into());
}

/// Open again: what the caller said of the answer before is no verdict any more. Against it, it still counts;
/// that it was solved does not.
fn open_again(case: &mut Case) {
    case.said_before = case.judged().filter(|(said, _)| said.solved != Some(Solved::Solved));
    case.spine = Spine::Open;
    case.closed_at = None;
    case.ground = None;
    case.verdict = Verdict::default();
    case.verdict_by = None;
    case.diverted = None;
}

/// Whether `opened` gives the case to another unit than the one that handled it before.
fn transfers(case: &Case, opened: &ThreadOpened) -> bool {
    let leads = |kind, part| kind == ThreadKind::Handling && part == Some(Part::Lead);
    let before = case.threads.iter().rev().find(|t| leads(t.kind, t.part));
    leads(opened.kind, opened.part) && before.is_some_and(|t| t.holder.as_unit() != opened.holder.as_unit())
}

/// Whether who called for a thread must not decide it.
fn asks(kind: ThreadKind) -> bool {
    use ThreadKind::*;
    matches!(kind, Exclusion | Correction | Ruling | Proposal)
}

fn thread_opened(case: &mut Case, record: &Record, opened: &ThreadOpened) {
    let now = record.effective();
    if opened.kind == ThreadKind::Merge {
        case.follows = opened.other;
    }
    if opened.kind == ThreadKind::Return {
        case.returns += 1;
    }
    if transfers(case, opened) {
        case.transfers += 1;
        case.adrift = case.adrift.saturating_add(1);
    }
    case.last_thread = case.last_thread.max(opened.thread);
    let thread = Thread {
        no: opened.thread,
        kind: opened.kind,
        step: opened.kind.first(),
        caller: opened.caller.clone(),
        holder: opened.holder.clone(),
        under: opened.under,
        round: opened.round,
        rank: opened.rank,
        label: opened.label.clone(),
        outcome: None,
        part: opened.part,
        text: opened.text,
        other: opened.other,
        clock: opened.clock,
        until: opened.until,
        opened_at: now,
        moved_at: now,
        signed_at: None,
        contacted_at: None,
        tries: 0,
        effort: Effort::default(),
        joint: opened.joint.clone(),
        spoke: person_of(record).filter(|_| asks(opened.kind)).map(|person| {
            Box::new(Spoke { by: Some(person), units: opened.units.clone(), ..Spoke::default() })
        }),
        pressed: None,
    };
    add(&mut case.threads, thread);
}

fn with_thread(case: &mut Case, no: crate::ids::ThreadNo, change: impl FnOnce(&mut Thread)) {
    if let Some(thread) = case.threads.iter_mut().find(|t| t.no == no) {
        change(thread);
    }
}

fn thread_moved(case: &mut Case, record: &Record, no: crate::ids::ThreadNo, step: Step, label: Option<&str>) {
    let now = record.effective();
    let Some(thread) = case.threads.iter_mut().find(|t| t.no == no) else { return };
    if thread.kind == ThreadKind::Rung && (thread.step, step) == (Step::Done, Step::Acknowledged) {
        // Sent back by who called: the ladder counts how often.
        thread.round = thread.round.saturating_add(1);
    }
    thread.step = step;
    thread.moved_at = now;
    if let Some(spoke) = &mut thread.spoke {
        spoke.asks = None;
    }
    if let Some(label) = label {
        thread.outcome = Some(label.into());
    }
    match step {
        Step::Signed => thread.signed_at = thread.signed_at.or(Some(now)),
        Step::Contacted => thread.contacted_at = thread.contacted_at.or(Some(now)),
        Step::Reviewed => {
            let spoke = thread.spoke.get_or_insert_default();
            let before = std::mem::replace(&mut spoke.by, person_of(record));
            spoke.before.extend(before);
        }
        Step::Done | Step::Refused if matches!(thread.kind, ThreadKind::Rung | ThreadKind::Summons) => {
            if let Some(person) = person_of(record) {
                thread.spoke.get_or_insert_default().by = Some(person);
                did(&mut case.deeds, record, Deed::Handled);
            }
        }
        _ => {}
    }
    let (kind, part) = (thread.kind, thread.part);
    match (kind, step) {
        (ThreadKind::Handling, Step::Contacted) => case.contacted_at = case.contacted_at.or(Some(now)),
        (ThreadKind::Handling, Step::Done) if part == Some(Part::Lead) => case.adrift = 0,
        (ThreadKind::Dispatch, Step::PassedDown) => {
            case.passed_down = case.passed_down.saturating_add(1);
            case.adrift = case.adrift.saturating_add(1);
        }
        (ThreadKind::Visit, Step::Done | Step::Missed) => visited(case, step, now),
        (ThreadKind::Extension, Step::Granted) => case.extensions += 1,
        (ThreadKind::Merge, Step::Withdrawn) => case.follows = None,
        _ => {}
    }
    if let Some(deed) = deed_of(kind, step) {
        hand(case, record, deed);
    }
}

/// Which deed a step is, for keeping powers apart.
fn deed_of(kind: ThreadKind, step: Step) -> Option<Deed> {
    match (kind, step) {
        (ThreadKind::Verify, Step::Confirmed | Step::Refuted) => Some(Deed::Verified),
        (ThreadKind::Dispatch, Step::Sent | Step::PassedDown)
        | (ThreadKind::Return, Step::Granted | Step::Refused) => Some(Deed::Dispatched),
        (ThreadKind::Handling, Step::Signed | Step::Contacted | Step::Done) => Some(Deed::Handled),
        (ThreadKind::Extension | ThreadKind::Suspension, Step::Granted | Step::Hung | Step::Refused)
        | (ThreadKind::Approval, Step::Reviewed | Step::Granted | Step::Refused)
        | (ThreadKind::Register, Step::Granted | Step::Refused) => Some(Deed::Approved),
        (ThreadKind::Check, Step::Passed | Step::Failed) => Some(Deed::Checked),
        (ThreadKind::Callback, Step::Reached | Step::Unreachable) => Some(Deed::CalledBack),
        (ThreadKind::Correction, Step::Reviewed)
        | (ThreadKind::Correction | ThreadKind::Exclusion, Step::Granted | Step::Refused) => {
            Some(Deed::Evaluated)
        }
        _ => None,
    }
}

fn hand(case: &mut Case, record: &Record, deed: Deed) {
    did(&mut case.hands, record, deed);
}

fn did(deeds: &mut Vec<Hand>, record: &Record, deed: Deed) {
    let Actor::Staff(staff) = &record.actor else { return };
    let entry = Hand { deed, person: staff.person.clone(), unit: staff.unit.clone() };
    if !deeds.contains(&entry) {
        add(deeds, entry);
    }
}

fn undone(case: &mut Case, before: &Case) {
    let generations: Vec<_> = case.clocks.iter().map(|c| (c.no, c.generation)).collect();
    let (last_thread, last_clock) = (case.last_thread, case.last_clock);
    *case = before.clone();
    case.last_thread = case.last_thread.max(last_thread);
    case.last_clock = case.last_clock.max(last_clock);
    // An alarm set in the undone step must not ring for the clock that came back.
    for clock in &mut case.clocks {
        if let Some((_, g)) = generations.iter().find(|(no, _)| *no == clock.no) {
            clock.generation = clock.generation.max(*g) + 1;
        }
    }
}

fn observed(case: &mut Case, number: &str, observation: &crate::observation::Observation) {
    case.number = number.into();
    case.observed = Some(Box::new(observation.clone()));
    settle_observed(case);
}

/// The spine and the times of a case that another system's record describes.
fn settle_observed(case: &mut Case) {
    let Some(o) = case.observed.as_deref().cloned() else { return };
    let time = |stamp: &Recorded<Stamp>| stamp.get().map(|s| s.start());
    case.reported_at = time(&o.opened).unwrap_or(Time(0));
    case.opened_at = time(&o.opened);
    case.contacted_at = time(&o.contacted);
    case.answered_at = time(&o.replied);
    case.last_answered_at = case.answered_at;
    case.closed_at = time(&o.closed);
    case.lead = o.unit.get().cloned();
    case.verdict = Verdict { solved: o.solved.get().copied(), satisfied: o.satisfied.get().copied() };
    // The record's own status decides; a closing date without a status closes; nothing recorded is open.
    case.spine = match (o.standing(), case.closed_at, case.answered_at) {
        (Some(Standing::Open), _, _) => Spine::Open,
        (Some(Standing::Answered), _, _) => Spine::Answered,
        (Some(Standing::Closed), _, _) | (None, Some(_), _) => Spine::Closed,
        (Some(Standing::Void), _, _) => Spine::Void,
        (None, None, Some(_)) => Spine::Answered,
        (None, None, None) => Spine::Open,
    };
}

fn clock_event(case: &mut Case, event: &Event) {
    if let Event::ClockStarted(started) = event {
        case.last_clock = case.last_clock.max(started.clock);
        add(&mut case.clocks, started_clock(started));
        return;
    }
    let no = match event {
        Event::ClockPaused { clock, .. }
        | Event::ClockResumed { clock, .. }
        | Event::ClockReset { clock, .. }
        | Event::ClockFired { clock, .. }
        | Event::ClockMet { clock, .. }
        | Event::ClockStopped { clock }
        | Event::ScoreCorrected { clock, .. } => *clock,
        _ => return,
    };
    let Some(clock) = case.clocks.iter_mut().find(|c| c.no == no) else { return };
    match event {
        Event::ClockPaused { at, left, .. } => {
            clock.ticking = Ticking::Paused { at: *at, left: *left };
            clock.generation += 1;
        }
        Event::ClockResumed { at, due, near, provisional, .. } => {
            if let Ticking::Paused { left, .. } = &clock.ticking {
                clock.base = Base::Resumed { at: *at, left: *left };
            }
            clock.ticking = Ticking::Running;
            set_due(clock, *due, *near, *provisional);
        }
        Event::ClockReset { due, near, provisional, why, limit, .. } => {
            match why {
                ResetWhy::Extension | ResetWhy::Governed => clock.base = Base::Given,
                ResetWhy::Reclassified => clock.base = Base::Start,
                ResetWhy::Calendar => {}
            }
            if limit.is_some() {
                clock.limit.clone_from(limit);
            }
            set_due(clock, *due, *near, *provisional);
        }
        Event::ClockFired { edge: Edge::Near, .. } => clock.near_fired = true,
        Event::ClockFired { edge: Edge::Due, at, .. } => clock.missed_at = Some(*at),
        Event::ClockMet { at, .. } => clock.ticking = Ticking::Met(*at),
        Event::ClockStopped { .. } => clock.ticking = Ticking::Stopped,
        Event::ScoreCorrected { met, .. } => clock.corrected = Some(*met),
        _ => {}
    }
}

/// A later due time makes an unreached edge again; a missed one stays missed.
fn set_due(clock: &mut Clock, due: Time, near: Option<Time>, provisional: bool) {
    clock.near_fired = clock.near_fired && near <= clock.near;
    clock.due = due;
    clock.near = near;
    clock.provisional = provisional;
    clock.generation += 1;
}

fn started_clock(started: &ClockStarted) -> Clock {
    Clock {
        no: started.clock,
        stage: started.stage,
        thread: started.thread,
        limit: started.limit.clone(),
        start: started.start,
        due: started.due,
        near: started.near,
        provisional: started.provisional,
        hours: started.hours.clone(),
        generation: 1,
        base: if started.limit.is_none() { Base::Given } else { Base::Start },
        ticking: Ticking::Running,
        near_fired: false,
        missed_at: None,
        corrected: None,
        unscored: started.unscored,
    }
}
