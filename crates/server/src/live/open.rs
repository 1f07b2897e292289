//! The cases that are open now, as anybody may know them: by id, by point, and counted by place.
//!
//! Whoever asks gets a snapshot that never changes and holds nobody up. Behind it stand two copies: the one
//! that is given out, and one that takes what has changed since; they change places a few times a second, so
//! that nothing is copied as long as nobody holds an old one for long. Which case is public is `live.rs`.

use compact_str::CompactString;
use huying_atlas::NearIndex;
use huying_core::place::PlaceNo;
use huying_core::rules::Rules;
use huying_core::time::Time;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// How often in a row a copy that somebody still holds is waited for before another is made.
const PATIENCE: u32 = 8;

/// A case that is open now, as anybody may know it.
#[derive(Debug, Clone)]
pub(crate) struct OpenCase {
    pub(crate) number: CompactString,
    pub(crate) state: CompactString,
    pub(crate) matter: Option<CompactString>,
    pub(crate) urgency: Option<CompactString>,
    pub(crate) due: Option<Time>,
    /// The places it is counted in: its public place and all above that.
    pub(super) over: Box<[PlaceNo]>,
}

/// All open cases that are public, as they stood a moment ago.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenCases {
    pub(crate) cases: HashMap<u64, OpenCase>,
    pub(crate) points: NearIndex,
    counts: HashMap<PlaceNo, u32>,
    /// For each place whether it is large enough to be counted for.
    public: Arc<[bool]>,
}

impl OpenCases {
    /// Open cases in a place and under it; none for a place smaller than what is public, and before the
    /// first count has begun.
    pub(crate) fn under(&self, place: PlaceNo) -> Option<u32> {
        let public = self.public.get(usize::try_from(place.0).ok()?).copied()?;
        public.then(|| self.counts.get(&place).copied().unwrap_or(0))
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Reset(public) => *self = OpenCases { public, ..OpenCases::default() },
            Change::Put(id, case, point) => {
                self.remove(id);
                if let Some(at) = point {
                    self.points.insert(id, at);
                }
                for over in &case.over {
                    *self.counts.entry(*over).or_default() += 1;
                }
                self.cases.insert(id, case);
            }
            Change::Remove(id) => self.remove(id),
        }
    }

    fn remove(&mut self, id: u64) {
        self.points.remove(id);
        let Some(case) = self.cases.remove(&id) else { return };
        for over in &case.over {
            if let Some(count) = self.counts.get_mut(over) {
                *count = count.saturating_sub(1);
            }
        }
    }
}

/// The places that are large enough to be named and counted for, by number.
pub(super) fn public_places(rules: &Rules) -> Arc<[bool]> {
    let places = &rules.city.places;
    let all = (0..u32::try_from(places.len()).unwrap_or(u32::MAX)).map(PlaceNo);
    all.map(|no| rules.public_place(&places.get(no).id) == Some(no)).collect()
}

/// A place and all above it, in every tree.
pub(super) fn above(rules: &Rules, place: Option<PlaceNo>) -> Box<[PlaceNo]> {
    let places = &rules.city.places;
    let lines = place.into_iter().flat_map(|place| places.trees().map(move |(tree, _)| (tree, place)));
    let all: BTreeSet<PlaceNo> = lines.flat_map(|(tree, place)| places.line(tree, place)).collect();
    all.into_iter().collect()
}

/// One change of the open cases.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// Begin again with none, and with these places to count for.
    Reset(Arc<[bool]>),
    /// A case stands so, at this point (lon, lat on the lattice).
    Put(u64, OpenCase, Option<[i32; 2]>),
    /// A case is no longer open, or no longer public.
    Remove(u64),
}

/// The copy that takes what has changed.
#[derive(Debug, Default)]
pub(super) struct Pair {
    back: Arc<OpenCases>,
    /// What the copy that is given out has and `back` has not.
    behind: Vec<Change>,
    /// What neither has.
    fresh: Vec<Change>,
    waited: u32,
}

impl Pair {
    pub(super) fn change(&mut self, change: Change) {
        self.fresh.push(change);
    }

    /// Whether there is something that is not given out yet.
    pub(super) fn is_due(&self) -> bool {
        !self.fresh.is_empty()
    }

    /// Gives out what has changed, unless somebody still holds the older copy: then at one of the next times.
    pub(super) fn publish(&mut self, front: &Mutex<Arc<OpenCases>>) {
        let front = || front.lock().unwrap_or_else(PoisonError::into_inner);
        if self.fresh.is_empty() {
            return;
        }
        if Arc::get_mut(&mut self.back).is_none() {
            self.waited += 1;
            if self.waited < PATIENCE {
                return;
            }
            let copy = OpenCases::clone(&front().clone());
            self.back = Arc::new(copy);
            self.behind.clear();
        }
        let Some(back) = Arc::get_mut(&mut self.back) else { return };
        self.behind.drain(..).for_each(|change| back.apply(change));
        self.fresh.iter().for_each(|change| back.apply(change.clone()));
        self.waited = 0;
        self.behind = std::mem::take(&mut self.fresh);
        std::mem::swap(&mut *front(), &mut self.back);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(over: &[u32]) -> OpenCase {
        let over = over.iter().map(|no| PlaceNo(*no)).collect();
        let text = CompactString::const_new("x");
        OpenCase { number: text.clone(), state: text, matter: None, urgency: None, due: None, over }
    }

    /// Whatever is held and however often it is given out, what is given out in the end is what was put.
    #[test]
    fn two_copies_that_change_places_tell_what_one_would() {
        let front = Mutex::new(Arc::new(OpenCases::default()));
        let (mut pair, mut plain, mut held) = (Pair::default(), OpenCases::default(), Vec::new());
        let mut dice = 7_u64;
        let mut roll = move |sides: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % sides
        };
        let mut changes = vec![Change::Reset(vec![true, true, false].into())];
        for _ in 0..5_000 {
            let (id, place) = (roll(40), u32::try_from(roll(3)).unwrap());
            changes.push(match roll(400) {
                0 => Change::Reset(vec![true, true, false].into()),
                1..150 => Change::Remove(id),
                _ => {
                    Change::Put(id, case(&[0, place]), (id % 2 == 0).then_some([1_040_000_000, 306_000_000]))
                }
            });
        }
        for change in changes {
            plain.apply(change.clone());
            pair.change(change);
            match roll(12) {
                0 => held.push(front.lock().unwrap().clone()),
                1 => held.clear(),
                2..5 => pair.publish(&front),
                _ => {}
            }
        }
        held.clear();
        pair.publish(&front);
        let given = front.lock().unwrap().clone();
        assert!(!pair.is_due());
        let ids = |of: &OpenCases| of.cases.keys().copied().collect::<BTreeSet<u64>>();
        assert_eq!(ids(&given), ids(&plain));
        assert_eq!(given.points.len(), plain.points.len());
        let all = u32::try_from(plain.cases.len()).unwrap();
        let twice = plain.cases.values().filter(|c| c.over.contains(&PlaceNo(1))).count();
        assert_eq!(given.under(PlaceNo(0)), plain.under(PlaceNo(0)));
        assert!(given.under(PlaceNo(0)).unwrap() >= all);
        assert_eq!(given.under(PlaceNo(1)), Some(u32::try_from(twice).unwrap()));
        assert_eq!((given.under(PlaceNo(2)), given.under(PlaceNo(3))), (None, None), "too small, unknown");
    }

    #[test]
    fn a_snapshot_does_not_change_and_does_not_hold_the_next_one_up_for_ever() {
        let front = Mutex::new(Arc::new(OpenCases::default()));
        let mut pair = Pair::default();
        pair.change(Change::Reset(vec![true].into()));
        pair.publish(&front);
        let old = front.lock().unwrap().clone();
        for id in 0..20 {
            pair.change(Change::Put(id, case(&[0]), None));
            pair.publish(&front);
        }
        assert_eq!(old.under(PlaceNo(0)), Some(0));
        assert!(front.lock().unwrap().under(PlaceNo(0)) >= Some(10));
    }
}
