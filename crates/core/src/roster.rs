//! Who holds which role where: an index over the posts of a city, so that finding the nearest holder of a
//! role is a walk up the line of the place and not a walk over every post. What changes in it is `change.rs`.

pub mod change;

pub use change::RosterChange;

use crate::city::City;
use crate::place::PlaceNo;
use compact_str::CompactString;
use std::collections::HashMap;

/// For each role, the posts whose territory is a place. Follows from the city and is remade with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roster {
    roles: HashMap<CompactString, HashMap<PlaceNo, Vec<usize>>>,
}

impl Roster {
    /// Indexes every post that has a territory: its own, or its unit's.
    pub(crate) fn of(city: &City) -> Roster {
        let mut roster = Roster::default();
        for (at, post) in city.people.posts().iter().enumerate() {
            let own = post.territory.as_ref().or_else(|| city.units.get(&post.unit).map(|u| &u.territory));
            if let Some(territory) = own.and_then(|id| city.places.find(id)) {
                let places = roster.roles.entry(post.role.clone()).or_default();
                places.entry(territory).or_default().push(at);
            }
        }
        roster
    }

    /// The posts of `role` whose territory is exactly `place`, as places in the list of posts.
    pub(crate) fn at(&self, role: &str, place: PlaceNo) -> &[usize] {
        self.roles.get(role).and_then(|places| places.get(&place)).map_or(&[], Vec::as_slice)
    }

    /// Every place that is the territory of a post of `role`.
    pub(crate) fn places(&self, role: &str) -> impl Iterator<Item = PlaceNo> {
        self.roles.get(role).into_iter().flat_map(|places| places.keys().copied())
    }
}
