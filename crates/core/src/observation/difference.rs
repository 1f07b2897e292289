//! What a newer row says that the held observation does not: a patch, its changes and its contradictions.

use super::{Contradiction, ContradictionKind, Observation, Recorded, contradictions};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident $field:ident),+ $(,)?) => {
        /// A field of an observation, or the words beside it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Field {
            $($(#[$doc])* $variant,)+
            /// One of the texts, which are not part of the observation.
            Text,
        }

        impl Field {
            /// The name of the field in map files and lists.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($field),)+ Self::Text => "text" }
            }
        }

        /// The fields that `new` says differently, and the patch that carries them.
        fn changed(old: &Observation, new: &Observation) -> (Observation, Vec<Change>) {
            let mut patch = Observation::of(new.system.clone(), &new.external_id);
            let mut changes = Vec::new();
            $(if differs(&old.$field, &new.$field) {
                changes.push(Change {
                    field: Field::$variant,
                    was: old.$field.to_string(),
                    now: new.$field.to_string(),
                });
                patch.$field = new.$field.clone();
            })+
            (patch, changes)
        }

        /// `held` with everything that `patch` records; what the patch does not record stays.
        pub fn merge(held: &Observation, patch: &Observation) -> Observation {
            let mut merged = held.clone();
            $(if !patch.$field.is_not() { merged.$field = patch.$field.clone(); })+
            merged
        }
    };
}

fields! {
    /// When the row was last changed.
    Updated updated,
    /// When the case was opened.
    Opened opened,
    /// When it was to be done.
    Due due,
    /// When it was closed.
    Closed closed,
    /// First contact.
    Contacted contacted,
    /// When the first contact was due.
    ContactDue contact_due,
    /// When it was answered.
    Replied replied,
    /// What it is about.
    Matter matter,
    /// Who handles it.
    Unit unit,
    /// Where it is.
    Place place,
    /// The point.
    Point point,
    /// How the call came.
    Channel channel,
    /// The type of the request.
    RequestType request_type,
    /// The status.
    Status status,
    /// Solved or not.
    Solved solved,
    /// Satisfied or not.
    Satisfied satisfied,
    /// Left out of scores.
    Excluded excluded,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

fn differs<T: PartialEq>(old: &Recorded<T>, new: &Recorded<T>) -> bool {
    !new.is_not() && old != new
}

/// One field that a newer row says differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which field.
    pub field: Field,
    /// What was held, in words.
    pub was: String,
    /// What the newer row says, in words.
    pub now: String,
}

/// What a newer row adds to what is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The fields that changed, in the order of the observation. Empty: the same row again.
    pub changes: Vec<Change>,
    /// An observation that records only what changed; `merge(old, &patch)` is the new state.
    pub patch: Observation,
    /// What the newer row takes back or moves, then what contradicts itself in the merged row and did not
    /// before.
    pub contradictions: Vec<Contradiction>,
}

impl Difference {
    /// Whether the row says nothing new.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// What `new` says that `old` does not. Both are of the same case; a row that calls itself older than what is
/// held changes nothing and is listed, unless it says exactly what is held.
pub fn difference(old: &Observation, new: &Observation) -> Difference {
    let (patch, changes) = changed(old, new);
    if changes.is_empty() {
        return Difference { changes, patch, contradictions: Vec::new() };
    }
    if let Some(stale) = stale(old, new) {
        let patch = Observation::of(new.system.clone(), &new.external_id);
        return Difference { changes: Vec::new(), patch, contradictions: vec![stale] };
    }
    let mut found = taken_back(old, &patch);
    let before = contradictions(old);
    let after = contradictions(&merge(old, &patch));
    found.extend(after.into_iter().filter(|one| !before.contains(one)));
    Difference { changes, patch, contradictions: found }
}

fn stale(old: &Observation, new: &Observation) -> Option<Contradiction> {
    let (held, read) = (old.updated.get()?, new.updated.get()?);
    let stale = read.start() < held.start();
    stale.then(|| {
        Contradiction::new(ContradictionKind::StaleRow, Field::Updated, read, format!("held is of {held}"))
    })
}

fn taken_back(old: &Observation, patch: &Observation) -> Vec<Contradiction> {
    use ContradictionKind::{ClosingTakenBack, OpeningMoved, ReplyTakenBack, VerdictTakenBack};
    let mut found = Vec::new();
    let mut blanked = |now_blank: bool, field: Field, was: String, kind| {
        if now_blank && was != Recorded::<bool>::Not.to_string() {
            found.push(Contradiction::new(
                kind,
                field,
                &Recorded::<bool>::Blank,
                format!("an earlier row said {was}"),
            ));
        }
    };
    blanked(patch.closed.is_blank(), Field::Closed, old.closed.to_string(), ClosingTakenBack);
    blanked(patch.replied.is_blank(), Field::Replied, old.replied.to_string(), ReplyTakenBack);
    blanked(patch.solved.is_blank(), Field::Solved, old.solved.to_string(), VerdictTakenBack);
    blanked(patch.satisfied.is_blank(), Field::Satisfied, old.satisfied.to_string(), VerdictTakenBack);
    if let (Some(was), Some(now)) = (old.opened.get(), patch.opened.get()) {
        found.push(Contradiction::new(
            OpeningMoved,
            Field::Opened,
            now,
            format!("an earlier row said {was}"),
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{Satisfied, Solved, Stamp, Standing, Status};
    use super::*;
    use crate::ids::SystemId;
    use crate::time::Time;
    use proptest::prelude::*;

    fn bare() -> Observation {
        let mut row = Observation::of(SystemId::new("nyc311").unwrap(), "1");
        row.opened = Stamp::At(Time(1_000)).into();
        row
    }

    fn status(means: Standing) -> Recorded<Status> {
        Status { raw: "x".into(), means }.into()
    }

    fn kinds(found: &[Contradiction]) -> Vec<ContradictionKind> {
        found.iter().map(|one| one.kind).collect()
    }

    #[test]
    fn each_contradiction_within_a_row_is_found_once() {
        use ContradictionKind::*;
        let at = |ms| Recorded::Is(Stamp::At(Time(ms)));
        let check = |edit: &dyn Fn(&mut Observation), want: &[ContradictionKind]| {
            let mut row = bare();
            edit(&mut row);
            assert_eq!(kinds(&contradictions(&row)), want, "{row:?}");
        };
        check(&|_| {}, &[]);
        check(&|r| (r.status, r.closed) = (status(Standing::Closed), Recorded::Blank), &[ClosedWithoutDate]);
        check(&|r| (r.status, r.closed) = (status(Standing::Closed), Recorded::Not), &[]);
        check(&|r| (r.status, r.closed) = (status(Standing::Open), at(2_000)), &[DateWithoutClosed]);
        check(&|r| (r.status, r.closed) = (status(Standing::Void), at(2_000)), &[]);
        check(&|r| (r.status, r.closed) = (status(Standing::Closed), at(999)), &[ClosedBeforeOpened]);
        check(&|r| r.closed = at(1_000), &[]);
        check(&|r| r.due = at(999), &[DueBeforeOpened]);
        check(&|r| r.replied = at(0), &[RepliedBeforeOpened]);
        check(&|r| r.contacted = at(0), &[ContactedBeforeOpened]);
        check(
            &|r| (r.status, r.replied) = (status(Standing::Answered), Recorded::Blank),
            &[AnsweredWithoutReply],
        );
        check(&|r| (r.solved, r.closed) = (Solved::Partly.into(), Recorded::Blank), &[VerdictWithoutClosing]);
        check(
            &|r| (r.satisfied, r.status) = (Satisfied::Basically.into(), status(Standing::Open)),
            &[VerdictWithoutClosing],
        );
        check(&|r| r.satisfied = Satisfied::Basically.into(), &[]);
    }

    #[test]
    fn a_reply_on_the_same_day_is_not_before_the_opening() {
        let mut row = bare();
        row.opened = Stamp::At(Time(3_600_000)).into();
        row.replied = Stamp::Day { day: Time(0) }.into();
        assert!(contradictions(&row).is_empty());
        row.opened = Stamp::At(Time(26 * 3_600_000)).into();
        assert_eq!(kinds(&contradictions(&row)), [ContradictionKind::RepliedBeforeOpened]);
    }

    #[test]
    fn a_closing_taken_back_is_listed_and_the_later_row_kept() {
        let mut old = bare();
        (old.status, old.closed) = (status(Standing::Closed), Stamp::At(Time(5_000)).into());
        let mut new = old.clone();
        (new.status, new.closed) = (status(Standing::Open), Recorded::Blank);
        let found = difference(&old, &new);
        assert_eq!(found.changes.len(), 2);
        assert_eq!(kinds(&found.contradictions), [ContradictionKind::ClosingTakenBack]);
        assert_eq!(merge(&old, &found.patch), new);
    }

    #[test]
    fn a_column_that_the_export_lacks_takes_nothing_back() {
        let mut old = bare();
        old.closed = Stamp::At(Time(5_000)).into();
        assert!(difference(&old, &bare()).is_empty());
    }

    #[test]
    fn a_row_older_than_what_is_held_changes_nothing() {
        let mut old = bare();
        old.updated = Stamp::At(Time(9_000)).into();
        let mut new = bare();
        new.updated = Stamp::At(Time(8_000)).into();
        new.closed = Stamp::At(Time(7_000)).into();
        let found = difference(&old, &new);
        assert!(found.is_empty());
        assert_eq!(kinds(&found.contradictions), [ContradictionKind::StaleRow]);
    }

    fn recorded<T: Clone + std::fmt::Debug + 'static>(
        some: impl Strategy<Value = T> + 'static,
    ) -> BoxedStrategy<Recorded<T>> {
        prop_oneof![Just(Recorded::Not), Just(Recorded::Blank), some.prop_map(Recorded::Is)].boxed()
    }

    fn stamp() -> BoxedStrategy<Recorded<Stamp>> {
        recorded(
            (0i64..6, any::<bool>()).prop_map(|(ms, exact)| {
                if exact { Stamp::At(Time(ms)) } else { Stamp::Day { day: Time(ms) } }
            }),
        )
    }

    prop_compose! {
        fn row()(
            opened in 0i64..4, due in stamp(), closed in stamp(), replied in stamp(), contacted in stamp(),
            standing in recorded(0usize..4), solved in recorded(0usize..3), satisfied in recorded(0usize..3),
            unit in recorded(0u8..3), excluded in recorded(any::<bool>()),
        ) -> Observation {
            let mut row = bare();
            row.opened = Stamp::At(Time(opened)).into();
            (row.due, row.closed, row.replied, row.contacted) = (due, closed, replied, contacted);
            row.status = map(standing, |i| Status { raw: "s".into(), means: Standing::ALL[i].1 });
            row.solved = map(solved, |i| Solved::ALL[i].1);
            row.satisfied = map(satisfied, |i| Satisfied::ALL[i].1);
            row.unit = map(unit, |i| crate::ids::UnitId::new(&format!("u{i}")).unwrap());
            row.excluded = excluded;
            row
        }
    }

    fn map<T, U>(value: Recorded<T>, to: impl Fn(T) -> U) -> Recorded<U> {
        match value {
            Recorded::Not => Recorded::Not,
            Recorded::Blank => Recorded::Blank,
            Recorded::Is(value) => Recorded::Is(to(value)),
        }
    }

    proptest! {
        #[test]
        fn the_same_row_again_changes_nothing(held in row(), next in row()) {
            prop_assert!(difference(&held, &held).is_empty());
            let once = merge(&held, &difference(&held, &next).patch);
            let again = difference(&once, &next);
            prop_assert!(again.is_empty() && again.contradictions.is_empty());
            prop_assert_eq!(merge(&once, &next), once.clone());
        }

        #[test]
        fn a_patch_is_the_whole_of_the_newer_row(held in row(), next in row()) {
            let found = difference(&held, &next);
            prop_assert_eq!(merge(&held, &found.patch), merge(&held, &next));
            prop_assert_eq!(merge(&merge(&held, &found.patch), &found.patch), merge(&held, &found.patch));
        }

        #[test]
        fn json_keeps_blank_and_not_recorded_apart(one in row()) {
            let text = serde_json::to_string(&one).unwrap();
            prop_assert_eq!(serde_json::from_str::<Observation>(&text).unwrap(), one);
        }
    }
}
