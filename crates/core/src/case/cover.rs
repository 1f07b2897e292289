//! Covering where somebody called from: what of a command's point may stand in the journal.
//!
//! Decided here from the profile alone, twice on purpose: the engine asks before it seals, so that nothing
//! exact is lost, and `decide` covers again, so that nothing exact can pass whoever forgot to ask. Covering
//! what is covered changes nothing. What may stand in clear is `profile/privacy.rs`.

use super::command::Command;
use super::event::{Location, TextRef};
use crate::observation::{Observation, Point, Recorded};
use crate::profile::{Origin, Profile};

/// The class under which an exact point lies in the vault, as the JSON of a [`Point`].
pub const POINT_CLASS: &str = "point";

/// Covers the point of a command. Gives the exact one when the covered says less: it is to be sealed, and
/// referred to by what [`exact_slot`] names. `source` is the case's own where the command does not say it.
pub fn cover(command: &mut Command, source: Option<&str>, profile: &Profile) -> Option<Point> {
    match command {
        Command::Report(report) => {
            let origin = Origin::Source(Some(&report.source));
            cover_location(&mut report.location, origin, profile)
        }
        Command::Move { location, .. } => cover_location(location, Origin::Source(source), profile),
        Command::Observe { observation, exact, .. } => {
            *exact = None;
            cover_observation(observation, profile)
        }
        _ => None,
    }
}

/// Whether the point of a command can only be covered by knowing the source of its case.
pub fn asks_source(command: &Command) -> bool {
    matches!(command, Command::Move { location, .. } if location.point.is_some())
}

/// Where a command refers to the exact point.
pub fn exact_slot(command: &mut Command) -> Option<&mut Option<TextRef>> {
    match command {
        Command::Report(report) => Some(&mut report.location.exact),
        Command::Move { location, .. } => Some(&mut location.exact),
        Command::Observe { exact, .. } => Some(exact),
        _ => None,
    }
}

fn cover_location(location: &mut Location, origin: Origin<'_>, profile: &Profile) -> Option<Point> {
    location.exact = None;
    let given = location.point?;
    location.point = profile.clear_point(origin, given);
    (location.point != Some(given)).then_some(given)
}

/// Covers the point of another system's record; gives the exact one when the covered says less.
pub fn cover_observation(observation: &mut Observation, profile: &Profile) -> Option<Point> {
    let given = *observation.point.get()?;
    let clear = profile.clear_point(Origin::System(&observation.system), given);
    if clear == Some(given) {
        return None;
    }
    observation.point = clear.map_or(Recorded::Not, Recorded::Is);
    Some(given)
}

/// The location as it may stand in an event, with whatever was sealed of it.
pub(super) fn covered(location: &Location, origin: Origin<'_>, profile: &Profile) -> Location {
    let point = location.point.and_then(|point| profile.clear_point(origin, point));
    Location { point, ..location.clone() }
}
