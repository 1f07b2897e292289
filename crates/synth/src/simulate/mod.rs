//! A deterministic simulation of the rules: random cities under random profiles, in which random people give
//! random commands, sensible and nonsense, while time passes, clocks ring late or on time, rules change,
//! people leave and cases follow one another. What must hold after every command is checked after every
//! command; what breaks is shortened to the shortest history that still breaks, and told.
//!
//! Pure: a seed gives the same histories on every machine. `city.rs` and `profiles.rs` make the place,
//! `people.rs` knows who may ask, `moves/` writes what is asked, `life.rs` plays it, `laws/` says what must
//! hold, `end.rs` brings a history to its end, `shrink.rs` shortens one, `told.rs` tells it.
//!
//! **To add a command:** its line in `moves/mod.rs` ([`names`] lists those there are), and a function of one
//! or two lines beside it that writes it; a test fails while it has none. If the command opens a new kind of
//! thread, the command that ends it is written with `on` and not `beside`, so that the end of every history
//! proves that nothing is stuck on it. If it is a deed that is kept apart from others, `laws/powers.rs` has
//! its line in `deed`. If it needs an answer of the engine, `life.rs` gives it in `answers`.

mod city;
mod end;
mod laws;
mod life;
mod moves;
mod people;
mod profiles;
mod shrink;
mod tally;
mod told;

pub use city::World;
pub use laws::Broken;
pub use life::{Ask, RULES, Step, Tried};
pub use moves::names;
pub use tally::Tally;

use crate::day::Dice;
use huying_core::case::event::Record;
use huying_core::fault::Fault;
use life::Life;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Milliseconds of a minute: a fact, not a rule.
const MINUTE: i64 = 60_000;

/// Milliseconds of so many hours.
fn hours(n: i64) -> i64 {
    n * 60 * MINUTE // a fact, not a rule
}

/// Steps of a history, before its end.
const STEPS: std::ops::RangeInclusive<u32> = 40..=160;

/// Cases of a history at most.
const CASES: u32 = 3;

/// When histories begin: on common days, and on the eve of holidays, make-up days and the year.
const STARTS: [&str; 7] = [
    "2026-03-02T09:00",
    "2026-02-13T17:30",
    "2026-02-14T07:59",
    "2026-12-24T16:00",
    "2026-09-30T23:59",
    "2026-06-18T11:55",
    "2026-11-11T20:00",
];

/// What is to be simulated.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The seed of the first city; the next one's is one more.
    pub seed: u64,
    /// Commands in each city at least; its last history is lived to its end.
    pub steps: u64,
    /// How many cities.
    pub cities: u64,
    /// The shipped profile to begin with; any, when none is named.
    pub profile: Option<String>,
    /// Cities lived in at once; changes how long it takes and nothing else.
    pub threads: usize,
}

/// Why a simulation ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// A law was broken.
    #[error("{0}")]
    Broken(Box<Failure>),
    /// No city could be made: a defect of this program, or of what ships.
    #[error("the city of seed {seed} could not be made: {}", listed(faults))]
    City {
        /// The seed.
        seed: u64,
        /// What is wrong with it.
        faults: Vec<Fault>,
    },
}

fn listed(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A broken law, with the shortest history that breaks it.
#[derive(Debug, thiserror::Error)]
#[error("{story}\nbroken: {broken}\nagain:  {again}")]
pub struct Failure {
    /// What broke, at the end of the shortest history.
    pub broken: Broken,
    /// The steps of that history.
    pub steps: Vec<Step>,
    /// The same, as a list to be read: when, who, what, what followed.
    pub story: String,
    /// The command that repeats it.
    pub again: String,
}

/// Lives histories as planned. `seen` is called after each with what was tried so far; `kept` with its
/// records.
///
/// # Errors
/// The first law that was broken, in the city of the smallest seed.
pub fn check(
    plan: &Plan,
    tried: Tried,
    seen: impl Fn(&Tally) + Sync,
    kept: impl Fn(&[Record]) + Sync,
) -> Result<Tally, Ended> {
    let tally = Mutex::new(Tally::default());
    let ended: Mutex<Option<(u64, Ended)>> = Mutex::new(None);
    // Seeds are taken in order: those before one that broke are lived to their end, those after it are not
    // begun.
    let next = AtomicU64::new(plan.seed);
    let to = plan.seed.saturating_add(plan.cities);
    let broke = || lock(&ended).is_some();
    let lived = |more: &Tally| {
        let mut tally = lock(&tally);
        tally.add(more);
        seen(&tally);
    };
    std::thread::scope(|scope| {
        for _ in 0..plan.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= to || broke() {
                        return;
                    }
                    let Err(why) = city_of(seed, plan, tried, &lived, &kept) else { continue };
                    let mut ended = lock(&ended);
                    if ended.as_ref().is_none_or(|(other, _)| seed < *other) {
                        *ended = Some((seed, why));
                    }
                }
            });
        }
    });
    match ended.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, why)) => Err(why),
        None => Ok(tally.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

/// Counters stay whole when a thread that held them fails.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The histories of one city.
fn city_of(
    seed: u64,
    plan: &Plan,
    tried: Tried,
    lived: &impl Fn(&Tally),
    kept: &impl Fn(&[Record]),
) -> Result<(), Ended> {
    let world = World::new(seed, plan.profile.as_deref()).map_err(|faults| Ended::City { seed, faults })?;
    lived(&Tally { cities: 1, ..Tally::default() });
    let (mut commands, mut history) = (0, 0);
    while commands < plan.steps {
        let mut dice = Dice::of(&[seed, 2, history]);
        let more = live(&world, tried, &mut dice, kept)
            .map_err(|found| Ended::Broken(Box::new(failure(&world, tried, plan, *found))))?;
        commands += more.commands;
        lived(&more);
        history += 1;
    }
    Ok(())
}

/// A history that broke a law.
struct Found {
    start: Start,
    steps: Vec<Step>,
    broken: Broken,
}

/// How a history begins.
#[derive(Debug, Clone, Copy)]
struct Start {
    at: huying_core::time::Time,
    cases: usize,
}

/// One history to its end.
fn live(
    world: &World,
    tried: Tried,
    dice: &mut Dice,
    kept: &impl Fn(&[Record]),
) -> Result<Tally, Box<Found>> {
    let civil = one(dice, &STARTS).copied().unwrap_or_default();
    let calendar = world.editions.first().map(|r| &r.calendar);
    let at = calendar.map_or_else(Default::default, |c| city::instant(c, civil));
    let start = Start { at, cases: dice.between(1, CASES) as usize };
    let mut steps = Vec::new();
    let Some(mut life) = Life::new(world, tried, start.at, start.cases) else { return Ok(Tally::default()) };
    let lived = (|| {
        for _ in 0..dice.between(*STEPS.start(), *STEPS.end()) {
            let step = moves::next(&life, dice);
            steps.push(step.clone());
            life.take(&step)?;
        }
        life.replay()
    })();
    lived.map_err(|broken| Box::new(Found { start, steps: steps.clone(), broken }))?;
    let mut ending = steps.clone();
    let ended = laws::pending(end::reach(&mut life, &mut Dice::of(&[0]), &mut ending));
    let forced = ended.map_err(|broken| {
        // That nothing ends it is told by what came before; any other law, with the steps that broke it.
        let steps = if broken.law == end::LAW { steps } else { ending };
        Box::new(Found { start, steps, broken })
    })?;
    life.tally.forced += u64::from(forced);
    life.lines.iter().for_each(|line| kept(&line.records));
    life.tally.histories = 1;
    Ok(life.tally)
}

fn failure(world: &World, tried: Tried, plan: &Plan, found: Found) -> Failure {
    let Found { start, steps, broken } = found;
    let law = broken.law;
    let breaks = |steps: &[Step]| play(world, tried, start, steps, law, false).1.filter(|b| b.law == law);
    let steps = shrink::shortest(steps, |steps| breaks(steps).is_some());
    let (story, again) = play(world, tried, start, &steps, law, true);
    let profile = plan.profile.as_ref().map(|p| format!(" --profile {p}")).unwrap_or_default();
    Failure {
        broken: again.unwrap_or(broken),
        story: format!("the shortest history, in city {} under `{}`:\n{story}", world.seed, world.profile),
        steps,
        again: format!(
            "huying simulate check --seed {} --cities 1 --steps {}{profile}",
            world.seed, plan.steps
        ),
    }
}

/// Plays steps; the story where it is wanted, and the law they break.
fn play(
    world: &World,
    tried: Tried,
    start: Start,
    steps: &[Step],
    law: &str,
    told: bool,
) -> (String, Option<Broken>) {
    let Some(mut life) = Life::new(world, tried, start.at, start.cases) else { return Default::default() };
    life.log = told.then(Vec::new);
    let mut broken = steps.iter().try_for_each(|step| life.take(step)).and_then(|()| life.replay()).err();
    if broken.is_none() && law == end::LAW {
        broken = end::reach(&mut life, &mut Dice::of(&[0]), &mut Vec::new()).err();
    }
    (life.log.take().unwrap_or_default().join("\n"), broken)
}

/// One of a list.
fn one<'l, T>(dice: &mut Dice, list: &'l [T]) -> Option<&'l T> {
    list.get(dice.below(list.len()))
}
