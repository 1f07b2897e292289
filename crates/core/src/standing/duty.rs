//! Duty among the standing orders: which roster holds for a seat when, who sits there, which seats are empty.
//!
//! How one roster turns is `crate::duty`.

use super::{Giver, Standing, StandingChange};
use crate::case::event::TextRef;
use crate::case::refusal::Refusal;
use crate::duty::{DutyRoster, Handover, Swap, Turn};
use crate::ids::{PersonId, PlaceId, UnitId};
use crate::profile::Seat;
use crate::rules::Rules;
use crate::time::Time;
use crate::unit::Unit;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Bounds of this room, not rules: people of one crew, and matters of one handover.
const MAX_CREW: usize = 400;
const MAX_OPEN: usize = 400;
const MAX_NUMBER_BYTES: usize = 64;

/// A roster and when it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The roster.
    pub roster: DutyRoster,
    /// From then on.
    pub from: Time,
    /// Up to then, which no longer belongs to it; without it until further notice.
    pub to: Option<Time>,
}

/// A handover that was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOver {
    /// The unit.
    pub unit: UnitId,
    /// The seat.
    pub seat: CompactString,
    /// Between whom, and what.
    pub handover: Handover,
}

/// Somebody in a seat.
#[derive(Debug, Clone, Copy)]
pub struct Sitting<'a> {
    /// The roster that says so.
    pub roster: &'a DutyRoster,
    /// The turn.
    pub turn: Turn<'a>,
    /// Whether the person has no post in the unit any more, so that nobody is there.
    pub vacant: bool,
}

/// A seat that must be staffed and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The unit.
    pub unit: UnitId,
    /// The seat.
    pub seat: CompactString,
    /// Who would have the turn but works there no more; without it no roster holds.
    pub gone: Option<PersonId>,
}

/// Who is on duty in each unit, and until when that holds.
#[derive(Debug, Clone, Default)]
pub struct OnDuty {
    /// The person, by unit.
    pub people: Arc<HashMap<UnitId, PersonId>>,
    /// The first instant at which it may be otherwise.
    pub until: Option<Time>,
}

impl Posted {
    fn is(&self, unit: &UnitId, seat: &str) -> bool {
        self.roster.unit == *unit && self.roster.seat == seat
    }

    fn holds(&self, at: Time) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

impl Standing {
    /// The orders of a city folder: of the rosters of one seat each holds until the next one begins.
    pub(crate) fn of_folder(rosters: &[DutyRoster], calendar: &crate::calendar::Calendar) -> Standing {
        let mut standing = Standing::default();
        let mut sorted: Vec<&DutyRoster> = rosters.iter().collect();
        sorted.sort_by_key(|r| r.since);
        for roster in sorted {
            standing.post(roster, roster.begins(calendar));
        }
        standing
    }

    /// The rosters that hold from `now` on, or will: what a city folder says of them.
    pub fn rosters(&self, now: Time) -> impl Iterator<Item = &DutyRoster> {
        self.duty.iter().filter(move |p| p.to.is_none_or(|to| now < to)).map(|p| &p.roster)
    }

    pub(super) fn post(&mut self, roster: &DutyRoster, from: Time) {
        self.unpost(&roster.unit, &roster.seat, from);
        self.duty.push(Posted { roster: roster.clone(), from, to: None });
    }

    pub(super) fn unpost(&mut self, unit: &UnitId, seat: &str, at: Time) {
        self.duty.retain(|p| !p.is(unit, seat) || p.from < at);
        let held = self.duty.iter_mut().filter(|p| p.is(unit, seat) && p.to.is_none_or(|to| at < to));
        held.for_each(|p| p.to = Some(at));
    }

    pub(super) fn swap(&mut self, unit: &UnitId, seat: &str, swap: &Swap) {
        let meets = |p: &&mut Posted| p.from < swap.to && p.to.is_none_or(|to| swap.from < to);
        let held = self.duty.iter_mut().filter(|p| p.is(unit, seat)).filter(meets);
        held.for_each(|p| p.roster.swaps.push(swap.clone()));
    }

    fn posted(&self, unit: &UnitId, seat: &str, at: Time) -> Option<&Posted> {
        self.duty.iter().find(|p| p.is(unit, seat) && p.holds(at))
    }

    fn turn(&self, rules: &Rules, unit: &UnitId, seat: &str, at: Time) -> Option<Turn<'_>> {
        self.posted(unit, seat, at).and_then(|p| p.roster.turn(at, &rules.calendar))
    }

    /// Everybody who sits in a seat at an instant, in the order of the rosters.
    pub fn sitting<'a>(&'a self, rules: &'a Rules, at: Time) -> impl Iterator<Item = Sitting<'a>> {
        let held = self.duty.iter().filter(move |p| p.holds(at));
        held.filter_map(move |p| {
            let turn = p.roster.turn(at, &rules.calendar)?;
            let vacant = !rules.works_in(turn.person, &p.roster.unit, at);
            Some(Sitting { roster: &p.roster, turn, vacant })
        })
    }

    /// Whether a person sits in a seat of a unit at an instant.
    pub fn sits(&self, rules: &Rules, unit: &UnitId, person: &PersonId, at: Time) -> bool {
        let held = self.duty.iter().filter(|p| p.roster.unit == *unit && p.holds(at));
        let mut turns = held.filter_map(|p| p.roster.turn(at, &rules.calendar));
        turns.any(|t| t.person == person)
    }

    /// The person on duty in each unit that keeps a roster: of several seats the one that the mode of its
    /// place asks first, then the one that the profile names first.
    pub fn on_duty(&self, rules: &Rules, at: Time) -> OnDuty {
        let mut best: HashMap<&UnitId, (usize, &PersonId)> = HashMap::new();
        let mut until = self.next_mode_edge(at);
        let mut bound = |edge: Time| {
            if edge > at && until.is_none_or(|u| edge < u) {
                until = Some(edge);
            }
        };
        for posted in &self.duty {
            bound(posted.from);
            posted.to.into_iter().for_each(&mut bound);
            posted.roster.swaps.iter().flat_map(|s| [s.from, s.to]).for_each(&mut bound);
        }
        for sitting in self.sitting(rules, at) {
            bound(sitting.turn.to);
            let rank = self.rank(rules, sitting.roster, at);
            if sitting.vacant {
                continue;
            }
            let held = best.entry(&sitting.roster.unit).or_insert((rank, sitting.turn.person));
            if rank < held.0 {
                *held = (rank, sitting.turn.person);
            }
        }
        let people = best.into_iter().map(|(unit, (_, person))| (unit.clone(), person.clone())).collect();
        OnDuty { people: Arc::new(people), until }
    }

    fn rank(&self, rules: &Rules, roster: &DutyRoster, at: Time) -> usize {
        let seats = &rules.profile.seats;
        let own = seats.iter().position(|s| s.id == roster.seat).unwrap_or(seats.len());
        let first = rules.city.units.get(&roster.unit).and_then(|u| rules.mode_at(&u.territory, at));
        if first.is_some_and(|mode| mode.seats.contains(&roster.seat)) { own } else { own + seats.len() + 1 }
    }

    /// Seats that must be staffed at an instant and are not, by the profile and the modes that hold.
    pub fn gaps(&self, rules: &Rules, at: Time) -> Vec<Gap> {
        let day = rules.day(at);
        let units = rules.city.units.all().iter().filter(|u| crate::place::holds(u.from, u.to, day));
        units.flat_map(|unit| self.gaps_of(rules, unit, at)).collect()
    }

    fn gaps_of(&self, rules: &Rules, unit: &Unit, at: Time) -> Vec<Gap> {
        let mode = rules.mode_at(&unit.territory, at);
        let due = |seat: &&Seat| {
            (seat.always || mode.is_some_and(|m| m.seats.contains(&seat.id))) && keeps(rules, unit, seat)
        };
        let gap = |seat: &Seat| {
            let turn = self.turn(rules, &unit.id, &seat.id, at);
            let gone = turn.map(|t| t.person);
            if gone.is_some_and(|p| rules.works_in(p, &unit.id, at)) {
                return None;
            }
            Some(Gap { unit: unit.id.clone(), seat: seat.id.clone(), gone: gone.cloned() })
        };
        rules.profile.seats.iter().filter(due).filter_map(gap).collect()
    }
}

/// Whether a unit keeps a seat: by its kind, or by a post that it has.
pub(crate) fn keeps(rules: &Rules, unit: &Unit, seat: &Seat) -> bool {
    let mut posts = rules.city.people.all_of_unit(&unit.id);
    seat.kinds.contains(&unit.kind) || posts.any(|p| seat.roles.contains(&p.role))
}

impl Giver<'_> {
    fn territory(&self, unit: &UnitId) -> Result<PlaceId, Refusal> {
        self.rules.known_unit(unit, self.now)?;
        let unknown = || Refusal::new("unit.unknown", format!("`{unit}` is no unit"), "an id of units.csv");
        self.rules.city.units.get(unit).map(|u| u.territory.clone()).ok_or_else(unknown)
    }

    fn may_set(&self, unit: &UnitId) -> Result<(), Refusal> {
        self.may("duty")?;
        self.reaches(&self.territory(unit)?)
    }

    fn held(&self, unit: &UnitId, seat: &str, at: Time) -> Result<(), Refusal> {
        let mut seats = self.standing().duty.iter().filter(|p| p.is(unit, seat));
        if seats.any(|p| p.to.is_none_or(|to| at < to)) {
            return Ok(());
        }
        let why = format!("`{unit}` has no roster for `{seat}`");
        Err(Refusal::new("duty.none", why, "a seat that has a roster, or `set_duty`"))
    }

    fn works(&self, person: &PersonId, unit: &UnitId) -> Result<(), Refusal> {
        if self.rules.works_in(person, unit, self.now) {
            return Ok(());
        }
        let why = format!("`{person}` has no post in `{unit}` today");
        Err(Refusal::new("duty.crew", why, "people with a post in the unit"))
    }

    pub(super) fn set_duty(&self, roster: &DutyRoster) -> Result<StandingChange, Refusal> {
        self.may_set(&roster.unit)?;
        let (profile, units) = (&self.rules.profile, &self.rules.city.units);
        let seat = profile.seat(&roster.seat).ok_or_else(|| {
            let known: Vec<&str> = profile.seats.iter().map(|s| s.id.as_str()).collect();
            Refusal::new("duty.seat", format!("`{}` is no seat", roster.seat), known.join(", "))
        })?;
        if !units.get(&roster.unit).is_some_and(|u| keeps(self.rules, u, seat)) {
            let why = format!("`{}` does not keep the seat `{}`", roster.unit, seat.id);
            let accepted = format!(
                "a unit of kind [{}], or with a post of [{}]",
                seat.kinds.join(", "),
                seat.roles.join(", ")
            );
            return Err(Refusal::new("duty.seat", why, accepted));
        }
        if let Some(fault) = roster.faults().first() {
            return Err(Refusal::new("duty.roster", fault.to_string(), "a roster without a gap"));
        }
        let people = roster.crew.len().max(roster.swaps.len());
        if people > MAX_CREW {
            let why = format!("{people} people or substitutions");
            return Err(Refusal::new("duty.roster", why, format!("at most {MAX_CREW}")));
        }
        let stand_ins = roster.swaps.iter().map(|s| &s.person);
        roster.crew.iter().chain(stand_ins).try_for_each(|p| self.works(p, &roster.unit))?;
        let from = roster.begins(&self.rules.calendar).max(self.now);
        Ok(StandingChange::DutySet { roster: Box::new(roster.clone()), from })
    }

    pub(super) fn end_duty(&self, unit: &UnitId, seat: &str) -> Result<StandingChange, Refusal> {
        self.may_set(unit)?;
        self.held(unit, seat, self.now)?;
        Ok(StandingChange::DutyEnded { unit: unit.clone(), seat: seat.into(), at: self.now })
    }

    pub(super) fn swap_duty(
        &self,
        unit: &UnitId,
        seat: &str,
        swap: &Swap,
    ) -> Result<StandingChange, Refusal> {
        self.may_set(unit)?;
        let from = swap.from.max(self.now);
        if swap.to <= from {
            let why = "the substitution ends before it begins, or is over";
            return Err(Refusal::new("duty.swap", why, "`to` after `from` and after now"));
        }
        self.held(unit, seat, from)?;
        self.works(&swap.person, unit)?;
        let swap = Swap { from, ..swap.clone() };
        Ok(StandingChange::DutySwapped { unit: unit.clone(), seat: seat.into(), swap })
    }

    pub(super) fn hand_over(
        &self,
        unit: &UnitId,
        seat: &str,
        open: &[CompactString],
        note: TextRef,
    ) -> Result<StandingChange, Refusal> {
        let staff = self.somebody()?;
        self.held(unit, seat, self.now)?;
        if open.len() > MAX_OPEN || open.iter().any(|n| n.is_empty() || n.len() > MAX_NUMBER_BYTES) {
            let why = format!("{} open matters, or one without a public number", open.len());
            return Err(Refusal::new("duty.open", why, format!("up to {MAX_OPEN} public numbers")));
        }
        let standing = self.standing();
        let turn = |at: Time| standing.turn(self.rules, unit, seat, at);
        let none = |what: &str| Refusal::new("duty.turn", what.to_owned(), "once two turns have met");
        let comes = turn(self.now).ok_or_else(|| none("nobody has the turn now"))?;
        let goes = turn(comes.from.plus(-1)).ok_or_else(|| none("no turn went before this one"))?;
        if staff.person != *goes.person && staff.person != *comes.person {
            let why = format!("{} neither goes nor comes", staff.person);
            return Err(Refusal::new("duty.signer", why, format!("{} or {}", goes.person, comes.person)));
        }
        let mut signed = standing.handovers.iter().rev().filter(|h| h.unit == *unit && h.seat == seat);
        if signed.any(|h| h.handover.at >= comes.from) {
            let why = "this turn was handed over already";
            return Err(Refusal::new("duty.signed", why, "the next turn"));
        }
        let (from, to) = (goes.person.clone(), comes.person.clone());
        let handover = Box::new(Handover { at: self.now, from, to, open: open.to_vec(), note });
        Ok(StandingChange::DutyHandedOver { unit: unit.clone(), seat: seat.into(), handover })
    }
}
