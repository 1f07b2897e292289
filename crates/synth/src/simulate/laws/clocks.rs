//! The time of a case: no clock runs backwards, none is forgotten, and a pause takes away exactly itself.
//!
//! What a pause leaves is counted anew here, minute by minute over the days and windows of the calendar,
//! without the arithmetic of `huying_core::clock`.

use super::{Broken, Taken, holds};
use crate::simulate::MINUTE;
use huying_core::calendar::Calendar;
use huying_core::case::event::*;
use huying_core::case::state::{Case, Clock, Thread, Ticking};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::clock::{Amount, Limit, Remaining};
use huying_core::ids::{HoursId, ThreadNo};
use huying_core::profile::Fits;
use huying_core::time::Time;

/// One event.
pub(super) fn step(taken: &Taken<'_>, case: &Case, event: &Event) -> Result<(), Broken> {
    match event {
        Event::ClockStarted(started) => {
            // A fixed date may have passed before anything began.
            let fixed = started.limit.as_ref().is_some_and(|l| matches!(l.amount, Amount::Fixed(..)));
            let forward = fixed || started.due >= started.start;
            holds!("clocks.back", forward, "{started:?} is due before it starts");
        }
        Event::ClockPaused { clock, at, left } => {
            let Some(clock) = case.clock(*clock) else { return Ok(()) };
            paused(taken, clock, *at, left)?;
        }
        Event::ClockResumed { clock, at, due, .. } => {
            let Some(clock) = case.clock(*clock) else { return Ok(()) };
            resumed(taken, clock, *at, *due)?;
        }
        Event::ClockReset { clock, due, .. } => {
            let Some(clock) = case.clock(*clock) else { return Ok(()) };
            let floor = clock.due.min(taken.record.recorded_at);
            holds!("clocks.back", *due >= floor, "{clock:?} is reset to {due}, which has passed");
        }
        _ => {}
    }
    Ok(())
}

fn paused(taken: &Taken<'_>, clock: &Clock, at: Time, left: &Remaining) -> Result<(), Broken> {
    holds!("clocks.pause", clock.runs(), "{clock:?} is paused and does not run");
    if let (Some(limit), false) = (&clock.limit, matches!(left, Remaining::Fixed { .. })) {
        let calendar = &taken.rules.calendar;
        let counted = walked(limit, at, clock.due, clock.hours.as_ref(), calendar);
        let said = left.ms();
        let same = counted.is_none_or(|ms| ms.abs_diff(said) < MINUTE.unsigned_abs());
        holds!("clocks.pause", same, "{clock:?} paused {at}: {said} ms are left, counted {counted:?}");
    }
    Ok(())
}

fn resumed(taken: &Taken<'_>, clock: &Clock, at: Time, due: Time) -> Result<(), Broken> {
    let Ticking::Paused { left, .. } = &clock.ticking else {
        return Err(Broken::of("clocks.pause", format!("{clock:?} goes on and did not stand")));
    };
    let Some(limit) = &clock.limit else {
        return Err(Broken::of("clocks.pause", format!("{clock:?} was given its due and stood")));
    };
    if matches!(left, Remaining::Fixed { .. }) {
        return Ok(());
    }
    let calendar = &taken.rules.calendar;
    let again = limit.elapsed(at, due, clock.hours.as_ref(), calendar).ok();
    let left = left.ms();
    holds!("clocks.pause", again == Some(left), "{clock:?} goes on {at}, due {due}: {again:?} ms of {left}");
    let counted = walked(limit, at, due, clock.hours.as_ref(), calendar);
    let same = counted.is_none_or(|ms| ms.abs_diff(left) < MINUTE.unsigned_abs());
    holds!("clocks.pause", same, "{clock:?} goes on {at}, due {due}: counted {counted:?} ms of {left}");
    Ok(())
}

/// Days that are walked at most; a longer stretch is left to the arithmetic.
const MAX_WALK: i64 = 60;

/// Milliseconds of the limit's own measure from one instant to another, by walking: each minute of each day
/// asks the calendar whether it is worked. None where that would be too long a walk.
fn walked(limit: &Limit, from: Time, to: Time, hours: Option<&HoursId>, calendar: &Calendar) -> Option<i64> {
    if !limit.amount.is_working() {
        return Some(to.since(from));
    }
    let (first, last) = (calendar.date(from.min(to)), calendar.date(from.max(to)));
    if to < from || first.until(last).ok()?.get_days() > i32::try_from(MAX_WALK).ok()? {
        return None;
    }
    let hours = limit.hours.as_ref().or(hours);
    let table = calendar.hours().find(|(id, _)| Some(*id) == hours.or(Some(calendar.default_hours())))?;
    // Working days count the days of the calendar, whatever the table says of weekends.
    let days = matches!(limit.amount, Amount::WorkingDays(_));
    let every = table.1.days == huying_core::calendar::DaysWorked::Every && !days;
    let mut worked = 0;
    // From the day before, whose night shift may still be on.
    for day in first.yesterday().ok()?.series(jiff::Span::new().days(1)).take_while(|d| *d <= last) {
        if !(every || calendar.is_working_day(day)) {
            continue;
        }
        for window in table.1.windows_on(day) {
            for minute in window.from..window.to {
                let civil = day.to_datetime(jiff::civil::Time::midnight());
                let at = calendar.instant(civil).plus(i64::from(minute) * MINUTE);
                let end = at.plus(MINUTE);
                worked += end.min(to).since(at.max(from)).max(0);
            }
        }
    }
    Some(worked)
}

/// The case as the record leaves it.
pub(super) fn hold(taken: &Taken<'_>) -> Result<(), Broken> {
    let case = taken.after;
    for clock in &case.clocks {
        let counts = matches!(clock.ticking, Ticking::Running | Ticking::Paused { .. });
        let over = clock.thread.and_then(|t| case.thread(t)).is_some_and(|t| !t.is_open());
        holds!("clocks.thread", !(over && counts), "{clock:?} counts for a thread that has ended");
        if clock.limit.as_ref().is_some_and(|l| !matches!(l.amount, Amount::Fixed(..))) {
            holds!("clocks.back", clock.due >= clock.start, "{clock:?}");
            let near = clock.near.is_none_or(|n| n >= clock.start && n <= clock.due);
            holds!("clocks.near", near, "{clock:?}");
        }
        if let Some(was) = taken.before.and_then(|b| b.clock(clock.no)) {
            holds!("clocks.back", clock.generation >= was.generation, "{was:?} became {clock:?}");
        }
    }
    for event in &taken.record.events {
        match event {
            Event::ThreadOpened(opened) => timed(taken, opened)?,
            Event::ClockStarted(started) => scored(taken, started)?,
            Event::ThreadMoved { thread, .. } => summoned(taken, *thread)?,
            Event::ScoreCorrected { clock, .. } => {
                let unscored = case.clock(*clock).is_some_and(|c| c.unscored);
                holds!("clocks.scored", !unscored, "clock {clock} is never scored and was corrected");
            }
            _ => {}
        }
    }
    let appeals = case.open_of(ThreadKind::Correction).filter_map(|t| case.clock(t.clock?));
    for clock in appeals {
        holds!("clocks.scored", !clock.unscored, "the score of {clock:?} is appealed, which has none");
    }
    for clock in case.clocks.iter().filter(|c| c.unscored) {
        holds!("clocks.scored", clock.kept().is_none(), "{clock:?} is scored");
    }
    Ok(())
}

/// A thread that the profile limits has its clock from the moment it opens.
fn timed(taken: &Taken<'_>, opened: &ThreadOpened) -> Result<(), Broken> {
    for stage in stages(taken, opened) {
        let started = taken.record.events.iter().any(
            |e| matches!(e, Event::ClockStarted(c) if c.stage == stage && c.thread == Some(opened.thread)),
        );
        holds!("clocks.started", started, "{opened:?} has no clock of {stage:?}, which the profile limits");
    }
    Ok(())
}

/// A department that took a step has the clock of the next one that its whistle times.
fn summoned(taken: &Taken<'_>, no: ThreadNo) -> Result<(), Broken> {
    let case = taken.after;
    let open = |t: &&Thread| t.kind == ThreadKind::Summons && t.is_open();
    let Some(summons) = case.thread(no).filter(open) else { return Ok(()) };
    let whistle = summons.under.and_then(|w| case.thread(w)).and_then(|w| w.label.as_deref());
    let Some(rule) = whistle.and_then(|kind| taken.rules.profile.whistle(kind)) else { return Ok(()) };
    let (on_site, measure) = (rule.on_site.is_some(), rule.measure.is_some());
    let stage = match summons.step {
        Step::Done => Stage::Check,
        // The arrival is timed from the summons.
        Step::Acknowledged if on_site && measure => return Ok(()),
        Step::Acknowledged | Step::OnSite if measure => Stage::Measure,
        Step::Acknowledged | Step::OnSite | Step::MeasureStated if rule.resolve.is_some() => Stage::Resolve,
        _ => return Ok(()),
    };
    let counts = |c: &Clock| matches!(c.ticking, Ticking::Running | Ticking::Paused { .. });
    let timed = case.clocks.iter().any(|c| c.thread == Some(no) && c.stage == stage && counts(c));
    holds!("clocks.started", timed, "{summons:?} has no clock of {stage:?}, which the whistle limits");
    Ok(())
}

/// The stages of a thread that are limited here, as the profile is written.
fn stages(taken: &Taken<'_>, opened: &ThreadOpened) -> Vec<Stage> {
    use ThreadKind::*;
    let named = taken.after.facts.as_ref().map(|f| (f, f.identity == Identity::Named));
    let Some((facts, named)) = named else { return Vec::new() };
    let of_kind: &[Stage] = match opened.kind {
        Verify => &[Stage::Verify],
        Dispatch => &[Stage::Dispatch],
        Handling => &[Stage::Sign, Stage::Contact, Stage::Handle],
        Return => &[Stage::Return],
        Extension => &[Stage::Extension],
        Suspension => &[Stage::Suspension],
        Approval => &[Stage::Approval],
        Check => &[Stage::Check],
        Callback => &[Stage::Callback],
        Rating => &[Stage::Rating],
        Correction => &[Stage::Rule],
        Supervision => &[Stage::Resolve],
        Register => &[Stage::Register],
        // Its limit stands with the type of whistle.
        Proposal => return vec![Stage::Approval],
        // What the ladder and whistles do not leave to a procedure.
        Rung => return vec![Stage::Acknowledge, Stage::Resolve],
        Summons => return vec![Stage::Acknowledge],
        Ruling => return vec![Stage::Rule],
        Milestone => return vec![Stage::Milestone],
        Instruction => return vec![Stage::Sign, Stage::Resolve],
        _ => &[],
    };
    let contacts = named && taken.after.reachable() && opened.part != Some(Part::Co);
    let Some(fits) = Fits::of(taken.after) else { return Vec::new() };
    let Some(procedure) = taken.rules.profile.procedure(facts.procedure.as_str()) else { return Vec::new() };
    let limited = |stage: &Stage| {
        let mut rules = procedure.limits.iter().filter(|r| r.stage == *stage && r.when.fits(&fits));
        rules.any(|r| r.limit.is_some()) && (*stage != Stage::Contact || contacts)
    };
    of_kind.iter().filter(|s| limited(s)).copied().collect()
}

/// What a volunteer owes, or stands on a rung without scores, is nobody's score.
fn scored(taken: &Taken<'_>, started: &ClockStarted) -> Result<(), Broken> {
    let thread = started.thread.and_then(|no| taken.after.thread(no)).filter(|t| t.kind == ThreadKind::Rung);
    let Some(rung) = thread.filter(|_| matches!(started.stage, Stage::Acknowledge | Stage::Resolve)) else {
        return Ok(());
    };
    let ladder = taken.rules.profile.ladder.as_ref();
    let rule = ladder.and_then(|l| l.rungs.iter().find(|r| Some(&r.id) == rung.label.as_ref()));
    let volunteer = match &rung.holder {
        Holder::Unit { person: Some(person), .. } => taken.rules.volunteers(person),
        _ => false,
    };
    if volunteer || rule.is_some_and(|r| !r.scored) {
        holds!("clocks.scored", started.unscored, "{rung:?} is unpaid work, and {started:?} is scored");
    }
    Ok(())
}
