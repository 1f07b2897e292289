//! Modes 平急模式: an area is in one for a time, on somebody's authority. Where several hold, the most urgent
//! does; where none does, the mode of every day.

use super::{Giver, OrderNo, Standing, StandingChange};
use crate::case::event::TextRef;
use crate::case::refusal::Refusal;
use crate::ids::{PlaceId, PostId};
use crate::profile::Mode;
use crate::rules::Rules;
use crate::time::Time;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// An area that is in a mode for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Its name.
    pub no: OrderNo,
    /// The mode.
    pub mode: CompactString,
    /// The area.
    pub place: PlaceId,
    /// From then on.
    pub from: Time,
    /// Up to then, which no longer belongs to it.
    pub to: Time,
    /// The authority it stands on, as the profile words it.
    pub authority: CompactString,
    /// Who declared it.
    pub post: PostId,
    /// The ground.
    pub text: TextRef,
}

impl Declared {
    /// Whether it holds at an instant.
    pub fn holds(&self, at: Time) -> bool {
        self.from <= at && at < self.to
    }
}

impl Standing {
    pub(super) fn end_mode(&mut self, no: OrderNo, at: Time) {
        let ended = self.modes.iter_mut().filter(|d| d.no == no && at < d.to);
        ended.for_each(|d| (d.from, d.to) = (d.from.min(at), at));
    }

    /// The next instant at which a mode begins or ends anywhere.
    pub fn next_mode_edge(&self, at: Time) -> Option<Time> {
        self.modes.iter().flat_map(|d| [d.from, d.to]).filter(|edge| *edge > at).min()
    }
}

impl Rules {
    /// The mode of a place at an instant; none where the profile has no modes.
    pub fn mode_at(&self, place: &PlaceId, at: Time) -> Option<&Mode> {
        let modes = &self.profile.modes;
        let urgency = |id: &str| modes.iter().position(|m| m.id == id);
        let held = self.standing.modes.iter().filter(|d| d.holds(at) && self.lies_in(place, &d.place));
        let most = held.filter_map(|d| urgency(&d.mode)).min();
        most.and_then(|i| modes.get(i)).or_else(|| self.profile.everyday())
    }
}

impl Rules {
    /// The next instant at which a mode begins or ends at a place.
    pub fn next_mode_edge(&self, place: &PlaceId, at: Time) -> Option<Time> {
        let here = self.standing.modes.iter().filter(|d| self.lies_in(place, &d.place));
        here.flat_map(|d| [d.from, d.to]).filter(|edge| *edge > at).min()
    }
}

impl<'a> Giver<'a> {
    /// The authority on which the giver declares a mode for a place.
    fn authority<'m>(
        &self,
        mode: &'m Mode,
        place: &PlaceId,
    ) -> Result<(&'m CompactString, &'a PostId), Refusal> {
        let staff = self.somebody()?;
        let places = &self.rules.city.places;
        let level = places.find(place).map(|no| places.level(no).id.as_str()).unwrap_or_default();
        let found = mode.declare.iter().find(|d| d.level == level && d.roles.contains(&staff.role));
        let Some(declares) = found else {
            let why = format!("a {} does not declare `{}` for a {level}", staff.role, mode.id);
            let known = mode.declare.iter().map(|d| format!("{}: {}", d.level, d.roles.join(", ")));
            return Err(Refusal::new("mode.authority", why, known.collect::<Vec<_>>().join("; ")));
        };
        self.reaches(place)?;
        Ok((&declares.authority, &staff.post))
    }

    fn known_mode(&self, id: &str) -> Result<&'a Mode, Refusal> {
        let modes = &self.rules.profile.modes;
        modes.iter().find(|m| m.id == id && !m.declare.is_empty()).ok_or_else(|| {
            let known = modes.iter().filter(|m| !m.declare.is_empty()).map(|m| m.id.as_str());
            let why = format!("`{id}` is no mode that is declared");
            Refusal::new("mode.unknown", why, known.collect::<Vec<_>>().join(", "))
        })
    }

    pub(super) fn declare_mode(
        &self,
        no: OrderNo,
        mode: &CompactString,
        place: &PlaceId,
        from: Time,
        to: Time,
        text: TextRef,
    ) -> Result<StandingChange, Refusal> {
        let rule = self.known_mode(mode)?;
        self.rules.known_place(place)?;
        let (authority, post) = self.authority(rule, place)?;
        let from = from.max(self.now);
        if to <= from {
            return Err(Refusal::new(
                "mode.time",
                "it would end before it begins",
                "`to` after `from` and now",
            ));
        }
        if let Some(longest) = &rule.longest {
            let latest = longest.deadline(from, None, &self.rules.calendar).map_or(from, |d| d.due);
            if latest < to {
                let why = format!("`{mode}` is set for {} at most", longest.amount);
                return Err(Refusal::new("mode.time", why, format!("`to` up to {latest}")));
            }
        }
        let declared = Declared {
            no,
            mode: mode.clone(),
            place: place.clone(),
            from,
            to,
            authority: authority.clone(),
            post: post.clone(),
            text,
        };
        Ok(StandingChange::ModeDeclared(Box::new(declared)))
    }

    pub(super) fn end_mode(&self, no: OrderNo, text: TextRef) -> Result<StandingChange, Refusal> {
        let Some(declared) = self.standing().modes.iter().find(|d| d.no == no) else {
            let why = format!("there is no declaration {no}");
            return Err(Refusal::new("mode.none", why, "the number of a declared mode"));
        };
        if declared.to <= self.now {
            let why = format!("declaration {no} ended at {}", declared.to);
            return Err(Refusal::new("mode.ended", why, "one that holds or is to come"));
        }
        // A mode that the profile has lost since can still be ended by whoever governs its place.
        match self.rules.profile.mode(&declared.mode) {
            Some(mode) => drop(self.authority(mode, &declared.place)?),
            None => self.reaches(&declared.place)?,
        }
        Ok(StandingChange::ModeEnded { no, at: self.now, text })
    }
}
