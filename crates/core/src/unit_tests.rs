//! Who owns a matter at a place.

use super::*;
use crate::place::{Level, LevelNo, Place, PlaceBook, Tree, TreeLink};

fn matter(code: &str) -> MatterCode {
    MatterCode::new(code).unwrap()
}

fn covers(lines: &str, code: &str) -> Option<usize> {
    lines.parse::<Lines>().unwrap().covers(&matter(code))
}

#[test]
fn the_longest_pattern_decides_and_an_exception_wins_a_tie() {
    assert_eq!(covers("*", "matter.06010"), Some(0));
    assert_eq!(covers("matter.*", "matter.06010"), Some(7));
    assert_eq!(covers("matter.06", "matter.06010"), Some(9));
    assert_eq!(covers("matter.06 !matter.06010", "matter.06010"), None);
    assert_eq!(covers("!matter.06 matter.06010", "matter.06010"), Some(12));
    assert_eq!(covers("matter.06 !matter.06", "matter.06010"), None);
    assert_eq!(covers("matter.06", "component.06010"), None);
    assert_eq!(covers("", "matter.06010"), None);
    for bad in ["matter", "matter.", ".06", "Matter.06", "matter.0*", "!", "mat ter.é"] {
        assert!(bad.parse::<Lines>().is_err(), "{bad}");
    }
}

#[test]
fn a_credit_code_is_checked_to_its_last_character() {
    assert!(is_credit_code("9144030071526726XG"), "a real code of a listed company");
    for bad in ["9144030071526726XH", "9144030071526726X", "9144030071526726XGG", "914403O071526726XG", ""] {
        assert!(!is_credit_code(bad), "{bad}");
    }
}

fn place(id: &str, parent: Option<&str>, tree: u8) -> Place {
    Place {
        id: PlaceId::new(id).unwrap(),
        name: "地".into(),
        name_en: None,
        level: LevelNo(0),
        kind: None,
        tree: TreeNo(tree),
        parent: parent.map(|p| PlaceId::new(p).unwrap()),
        residents: None,
        households: None,
        from: None,
        to: None,
        successor: None,
        source: None,
        count_source: None,
    }
}

/// city > district > street > community, and in a second tree of higher rank city > zone > street.
fn small_city() -> Places {
    let level = Level {
        id: "any".into(),
        name: "any".to_owned(),
        name_en: String::new(),
        width: None,
        prefix: None,
        under: Vec::new(),
        kinds: Vec::new(),
        households: crate::place::Band::default(),
    };
    let tree = |id: &str, rank| Tree { id: id.into(), name: id.to_owned(), name_en: String::new(), rank };
    let id = |t: &str| PlaceId::new(t).unwrap();
    Places::build(PlaceBook {
        levels: vec![level],
        trees: vec![tree("main", 0), tree("functional", 10)],
        places: vec![
            place("city", None, 0),
            place("district", Some("city"), 0),
            place("street", Some("district"), 0),
            place("community", Some("street"), 0),
            place("plain", Some("district"), 0),
            place("zone", Some("city"), 1),
        ],
        links: vec![TreeLink { tree: TreeNo(1), place: id("street"), parent: id("zone"), source: None }],
        ..PlaceBook::default()
    })
    .unwrap()
}

fn unit(id: &str, territory: &str, lines: &str) -> Unit {
    Unit {
        id: UnitId::new(id).unwrap(),
        name: id.into(),
        name_en: None,
        kind: "department".into(),
        parent: None,
        territory: PlaceId::new(territory).unwrap(),
        lines: lines.parse().unwrap(),
        hours: None,
        credit_code: None,
        from: None,
        to: None,
        source: None,
    }
}

fn owners(units: &Units, place: &str, code: &str) -> Vec<String> {
    let places = small_city();
    let at = places.find(&PlaceId::new(place).unwrap()).unwrap();
    let claims = units.owners(&places, at, &matter(code), Date::constant(2026, 1, 1));
    claims.iter().map(|c| c.unit.id.to_string()).collect()
}

#[test]
fn the_deepest_territory_answers_then_the_ranked_tree_then_the_closest_line_then_the_lowest_id() {
    let units = Units::new(vec![
        unit("city-all", "city", "*"),
        unit("district-b", "district", "matter.06"),
        unit("district-a", "district", "matter.06"),
        unit("district-close", "district", "matter.06010"),
        unit("zone-dept", "zone", "matter.06"),
        unit("street-office", "street", "matter.09"),
    ]);
    let plain = owners(&units, "plain", "matter.06010");
    assert_eq!(plain, ["district-close", "district-a", "district-b", "city-all"]);
    let entrusted = owners(&units, "community", "matter.06010");
    assert_eq!(entrusted, ["zone-dept", "district-close", "district-a", "district-b", "city-all"]);
    assert_eq!(owners(&units, "community", "matter.09001"), ["street-office", "city-all"]);
    assert_eq!(owners(&units, "city", "matter.06010"), ["city-all"]);
    assert_eq!(owners(&units, "zone", "matter.06010"), ["zone-dept", "city-all"]);
}

#[test]
fn a_unit_answers_only_while_it_exists() {
    let mut old = unit("old", "district", "*");
    old.to = Some(Date::constant(2025, 1, 1));
    assert!(owners(&Units::new(vec![old]), "plain", "matter.06010").is_empty());
}

#[test]
fn hours_come_from_the_nearest_superior_that_states_them() {
    let mut over = unit("over", "city", "");
    over.hours = Some(HoursId::new("office").unwrap());
    let mut under = unit("under", "city", "");
    under.parent = Some(over.id.clone());
    let units = Units::new(vec![over, under]);
    assert_eq!(units.hours(&UnitId::new("under").unwrap()).map(|h| h.as_str()), Some("office"));
}
