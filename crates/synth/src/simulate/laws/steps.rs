//! Event by event: legal steps, numbers that name one thing, alarms of clocks that run.

use super::{Broken, Taken, before, holds};
use huying_core::case::apply::apply;
use huying_core::case::event::{Edge, Event};
use huying_core::case::state::{Case, Thread};
use huying_core::case::thread::ThreadKind;
use std::collections::BTreeMap;

pub(super) fn hold(taken: &Taken<'_>, made: &mut BTreeMap<u16, ThreadKind>) -> Result<(), Broken> {
    let mut case = before(taken);
    for event in &taken.record.events {
        one(taken, &case, event, made)?;
        super::clocks::step(taken, &case, event)?;
        apply(&mut case, taken.record, event);
    }
    Ok(())
}

fn one(
    taken: &Taken<'_>,
    case: &Case,
    event: &Event,
    made: &mut BTreeMap<u16, ThreadKind>,
) -> Result<(), Broken> {
    match event {
        Event::ThreadOpened(opened) => {
            let old = made.insert(opened.thread.0, opened.kind);
            holds!("thread.number", old.is_none(), "thread number {} is used twice", opened.thread);
        }
        Event::ThreadMoved { thread, step, .. } => {
            let Some(at) = case.thread(*thread) else {
                return Err(Broken::of("thread.step", format!("thread {thread} moves and is not there")));
            };
            let legal = at.kind.after(at.step).contains(step);
            holds!("thread.step", legal, "{:?} goes from {:?} to {step:?}", at.kind, at.step);
        }
        Event::ThreadHeld { thread, .. } => {
            let open = case.thread(*thread).is_some_and(Thread::is_open);
            holds!("thread.held", open, "thread {thread} is handed on and is not open");
        }
        Event::ClockFired { clock, edge, at } => {
            let ringing = case.clock(*clock).filter(|c| c.runs());
            let Some(ringing) = ringing else {
                return Err(Broken::of("clocks.edge", format!("clock {clock} rings and does not run")));
            };
            let edge = if *edge == Edge::Due { Some(ringing.due) } else { ringing.near };
            holds!("clocks.edge", Some(*at) == edge, "clock {clock} rings for {at}, not {edge:?}");
            let passed = *at <= taken.record.recorded_at;
            holds!("clocks.edge", passed, "clock {clock} rings for {at}, which has not come");
        }
        _ => {}
    }
    Ok(())
}
