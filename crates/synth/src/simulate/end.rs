//! The end of a history: whatever state people have got the cases into, somebody in the city can bring them
//! to an end. This proves it by doing so, greedily and within a bound; what blocks is the law broken.

use super::laws::Broken;
use super::life::{Ask, Life, Step, receiver};
use super::moves::{self, MOVES, On, Pen};
use super::people;
use crate::day::Dice;
use huying_core::case::command::Command;
use huying_core::case::event::Actor;
use huying_core::case::state::Case;

/// The law that is broken where it is not.
pub(super) const LAW: &str = "end.reached";

/// Turns at most, each with a command, a delivery or a wait.
const TURNS: usize = 120;

/// Brings every case to its end; whether one had to be closed by force.
pub(super) fn reach(life: &mut Life<'_>, dice: &mut Dice, steps: &mut Vec<Step>) -> Result<bool, Broken> {
    let mut forced = false;
    for turn in 0..TURNS {
        // A city may send an order round and round among units that have nobody left; then it is force.
        let stuck =
            (0..life.lines.len()).find(|at| life.case(*at).is_some_and(|c| c.spine.is_open() && !over(c)));
        let force = stuck.filter(|_| turn > TURNS / 2).and_then(|at| by_force(life, dice, at));
        forced |= force.is_some();
        let Some(step) = force.or_else(|| next(life, dice, &mut forced)) else { return Ok(forced) };
        steps.push(step.clone());
        life.take(&step)?;
    }
    let at = (0..life.lines.len()).find(|at| life.case(*at).is_some_and(|c| !over(c))).unwrap_or(0);
    Err(Broken::of(LAW, format!("case {} does not end: {}", at + 1, open(life, at))))
}

fn over(case: &Case) -> bool {
    case.facts.is_none() || (!case.spine.is_open() && case.open_threads().next().is_none())
}

/// What is still open, for whoever has to find out why.
fn open(life: &Life<'_>, at: usize) -> String {
    let Some(case) = life.case(at) else { return String::new() };
    let threads = case.open_threads().map(|t| format!("{} {:?} {:?} {:?}", t.no, t.kind, t.step, t.holder));
    format!(
        "{}, with {:?}, threads [{}]",
        case.spine.as_str(),
        case.lead,
        threads.collect::<Vec<_>>().join("; ")
    )
}

/// What brings the cases nearer to their end.
fn next(life: &Life<'_>, dice: &mut Dice, forced: &mut bool) -> Option<Step> {
    if let Some(owed) = life.owed.first() {
        let to = life.lines.iter().position(|l| l.id == receiver(owed)).unwrap_or(usize::MAX);
        return Some(Step::Deliver { to, twice: false });
    }
    let waiting: Vec<usize> =
        (0..life.lines.len()).filter(|at| life.case(*at).is_some_and(|c| !over(c))).collect();
    let first = *waiting.first()?;
    if let Some(step) = waiting.iter().find_map(|at| forward(life, dice, *at)) {
        return Some(step);
    }
    // Nobody can do anything now: something may ring.
    if let Some((due, ..)) = life.next_ring() {
        return Some(Step::Wait(due.since(life.now).max(0) + super::MINUTE));
    }
    *forced = true;
    if waiting.iter().all(|at| life.case(*at).is_some_and(|c| !c.spine.is_open())) {
        // Nobody is left who may decide an appeal; the case itself has ended.
        return None;
    }
    by_force(life, dice, first).or(Some(Step::Wait(super::MINUTE)))
}

/// A command that somebody may give and that ends something.
fn forward(life: &Life<'_>, dice: &mut Dice, at: usize) -> Option<Step> {
    let case = life.case(at)?;
    for chosen in MOVES.iter().filter(|m| m.ends) {
        let threads = case.open_threads().filter(|t| match &chosen.on {
            On::Thread(of, _) => {
                of.iter().any(|(kind, on)| *kind == t.kind && (on.is_empty() || on.contains(&t.step)))
            }
            On::Case(..) => false,
        });
        for thread in threads {
            let On::Thread(_, write) = &chosen.on else { continue };
            let command = write(&mut Pen { dice: &mut *dice, life, at, ending: true }, thread);
            if let Some(step) = by_somebody(life, at, command) {
                return Some(step);
            }
        }
        if let On::Case(_, write) = &chosen.on {
            let command = write(&mut Pen { dice: &mut *dice, life, at, ending: true }, case);
            if let Some(step) = by_somebody(life, at, command) {
                return Some(step);
            }
        }
    }
    None
}

fn by_force(life: &Life<'_>, dice: &mut Dice, at: usize) -> Option<Step> {
    let word = life.rules.profile.words.close_ground.first()?.code.clone();
    let text = moves::text(dice.below(9) as u64 + 1);
    by_somebody(life, at, Command::ForceClose { ground: word, text })
}

/// The command, by the first who may give it.
fn by_somebody(life: &Life<'_>, at: usize, command: Command) -> Option<Step> {
    let case = life.case(at)?;
    let unit = moves::speaker(case, &command);
    let able = match &command {
        Command::Rate { .. } => vec![Actor::Caller],
        Command::Follow { .. } => vec![people::system("engine")],
        Command::Receipt { .. } | Command::Judge { .. } => vec![Actor::System(life.world.above.clone())],
        _ => life.crowd.all_able(&life.rules, command.name(), unit),
    };
    let accepted = |actor: &Actor| life.decides(at, actor, &command, None).is_some_and(|d| d.is_ok());
    let actor = able.into_iter().find(accepted)?;
    let about = moves::about(life, at, &command);
    Some(Step::Ask(Box::new(Ask { case: at, actor, command, occurred: None, about })))
}
