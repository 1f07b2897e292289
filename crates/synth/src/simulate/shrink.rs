//! The shortest history that still breaks the same law: steps are taken away, many at once and then one by
//! one, and what is left is made to wait less.

use super::life::Step;

/// Plays at most; the history found by then is short enough to be read.
const MAX_PLAYS: usize = 3_000;

/// The shortest list of steps found that still `breaks`.
pub(super) fn shortest(steps: Vec<Step>, breaks: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    let mut left = MAX_PLAYS;
    let mut try_it = |steps: &[Step]| {
        left = left.saturating_sub(1);
        left > 0 && breaks(steps)
    };
    let mut best = steps;
    loop {
        let before = best.len();
        best = fewer(best, &mut try_it);
        if best.len() == before {
            break;
        }
    }
    sooner(best, &mut try_it)
}

/// Takes away runs of steps: halves, quarters, down to single ones.
fn fewer(mut steps: Vec<Step>, breaks: &mut impl FnMut(&[Step]) -> bool) -> Vec<Step> {
    let mut size = steps.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut shorter = steps.clone();
            shorter.drain(at..(at + size).min(steps.len()));
            if breaks(&shorter) { steps = shorter } else { at += size }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    steps
}

/// Shortens the waits, by halves and to whole minutes.
fn sooner(mut steps: Vec<Step>, breaks: &mut impl FnMut(&[Step]) -> bool) -> Vec<Step> {
    for at in 0..steps.len() {
        while let Some(Step::Wait(ms) | Step::Outage(ms)) = steps.get(at) {
            let half = ms / 2 / super::MINUTE * super::MINUTE;
            if half == *ms || half == 0 {
                break;
            }
            let mut shorter = steps.clone();
            match shorter.get_mut(at) {
                Some(Step::Wait(ms) | Step::Outage(ms)) => *ms = half,
                _ => break,
            }
            if !breaks(&shorter) {
                break;
            }
            steps = shorter;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_left_and_nothing_else() {
        let steps: Vec<Step> = (0..200).map(Step::Edition).collect();
        let has = |steps: &[Step], n: usize| steps.iter().any(|s| matches!(s, Step::Edition(e) if *e == n));
        let short = shortest(steps, |s| has(s, 17) && has(s, 140));
        assert!(matches!(short.as_slice(), [Step::Edition(17), Step::Edition(140)]), "{short:?}");
    }

    #[test]
    fn waits_are_no_longer_than_they_must_be() {
        let hour = super::super::hours(1);
        let long = |steps: &[Step]| steps.iter().any(|s| matches!(s, Step::Wait(ms) if *ms >= hour));
        let short = shortest(vec![Step::Wait(40 * hour), Step::Outage(9)], long);
        assert!(matches!(short.as_slice(), [Step::Wait(ms)] if *ms < 2 * hour), "{short:?}");
    }
}
