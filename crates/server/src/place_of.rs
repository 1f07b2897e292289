//! The place that a call belongs to: what somebody chose, sharpened by what point and address prove.

use crate::app::App;
use crate::fields::{Fields, shown};
use huying_atlas::Evidence;
use huying_core::case::event::Location;
use huying_core::ids::PlaceId;
use huying_core::rules::Rules;

/// Settles the place of a location. A chosen place is sharpened when the point and the words prove one inside
/// it; a point that contradicts the choice is a fault, because one of the two is wrong and only who gave
/// them knows which.
pub(crate) fn settle(app: &App, f: &mut Fields, location: Location, address: Option<&str>) -> Location {
    let evidence = Evidence { at: location.point, accuracy_m: None, words: address };
    if location.point.is_none() && address.is_none() {
        return location;
    }
    let Some((located, proved)) = app.engine.locate(evidence) else { return location };
    if located.outside && location.point.is_some() {
        f.fault("lon", "the point lies outside the city", "a point within the city, or none");
        return location;
    }
    let rules = app.rules();
    match (&location.place, proved) {
        (None, proved) => Location { place: proved, ..location },
        (Some(_), None) => location,
        (Some(chosen), Some(proved)) => {
            if rules.lies_in(&proved, chosen) {
                return Location { place: Some(proved), ..location };
            }
            if !rules.lies_in(chosen, &proved) && location.point.is_some() {
                let problem = format!("the point lies in {}, not here", shown(&named(&rules, &proved)));
                f.fault("place", problem, "a place around the point, or no point, or no place");
            }
            location
        }
    }
}

fn named(rules: &Rules, place: &PlaceId) -> String {
    let places = &rules.city.places;
    places.find(place).map_or_else(|| place.to_string(), |no| places.get(no).name.to_string())
}
