//! What a city folder gives and refuses: round trips, and the sizes it may have.

use super::*;
use crate::ids::{MatterCode, PlaceId};
use crate::place::{PlaceNo, TreeNo};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::path::Path;

const DAY: Date = Date::constant(2026, 11, 23);

fn folder(files: &[(&str, &str)]) -> Folder {
    files.iter().map(|(n, t)| (*n, *t)).collect()
}

fn chengdu() -> City {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/chengdu");
    let mut folder = Folder::new();
    for name in FILES {
        if let Ok(bytes) = std::fs::read(root.join(name)) {
            folder.put(name, bytes);
        }
    }
    let (city, faults) = City::read(&folder);
    assert!(faults.is_empty(), "{faults:#?}");
    city.unwrap()
}

fn at(city: &City, id: &str) -> PlaceNo {
    city.places.find(&PlaceId::new(id).unwrap()).unwrap()
}

#[test]
fn five_lines_are_a_city() {
    let files = [
        ("city.toml", "id = \"my-town\"\nname = \"My Town\"\nzone = \"Europe/Berlin\"\n"),
        ("places.csv", "id,name,level\ntown,My Town,city\n"),
    ];
    let (city, faults) = City::read(&folder(&files));
    assert_eq!(faults, []);
    let city = city.unwrap();
    assert_eq!((city.places.len(), city.units.all().len()), (1, 0));
    assert_eq!(City::read(&city.write()), (Some(city), Vec::new()));
}

#[test]
fn chengdu_has_its_places_and_people() {
    let city = chengdu();
    let of = |level: &str| city.places.iter().filter(|(p, _)| city.places.level(*p).id == level).count();
    assert_eq!(["city", "zone", "district", "street", "community"].map(of), [1, 3, 20, 261, 3047]);
    let of_kind = |kind: &str| {
        city.places.iter().filter(|(p, _)| city.places.kind(*p).is_some_and(|k| k.id == kind)).count()
    };
    assert_eq!(["neighbourhood", "village"].map(of_kind), [1753, 1294]);
    let streets = city.places.iter().filter(|(p, _)| city.places.level(*p).id == "street");
    let towns = streets.filter(|(p, _)| city.places.kind(*p).is_some_and(|k| k.id == "town")).count();
    assert_eq!((of_kind("street"), towns), (161, 100));
    let top = at(&city, "510100");
    let sum: u64 =
        city.places.children(TreeNo::MAIN, top).filter_map(|p| city.places.residents(TreeNo::MAIN, p)).sum();
    assert_eq!((city.places.residents(TreeNo::MAIN, top), sum), (Some(20_937_757), 20_937_757));
    assert_eq!(city.places.households(TreeNo::MAIN, top), Some(7_419_822));
    let kinds = ["component", "matter", "request"]
        .map(|k| city.catalogue.matters().iter().filter(|m| m.kind() == k).count());
    assert_eq!(&kinds[..2], [153, 250]);
    assert!(city.people.persons().iter().all(|p| p.synthetic));
}

#[test]
fn a_zone_holds_streets_of_several_districts() {
    let city = chengdu();
    let functional = TreeNo(1);
    let zone = at(&city, "510172");
    let held: Vec<PlaceNo> = city.places.children(functional, zone).collect();
    assert_eq!(held.len(), 7);
    let districts: BTreeSet<&str> = held
        .iter()
        .filter_map(|s| city.places.parent(TreeNo::MAIN, *s))
        .map(|d| city.places.get(d).name.as_str())
        .collect();
    assert_eq!(districts, BTreeSet::from(["双流区", "武侯区", "郫都区"]));
    assert_eq!(["510171", "510173"].map(|z| city.places.children(functional, at(&city, z)).count()), [9, 14]);
    assert_eq!(city.places.by_code("510172703", DAY), Some(at(&city, "510107063")));
}

#[test]
fn every_matter_has_an_owner_and_a_handling_limit_everywhere_it_is_stated() {
    let city = chengdu();
    let owner = |place: &str, matter: &str| {
        let matter = MatterCode::new(matter).unwrap();
        city.units
            .owner(&city.places, at(&city, place), &matter, DAY)
            .map_or("", |u| u.id.as_str())
            .to_owned()
    };
    assert_eq!(owner("510104017001", "matter.06013"), "u510104-city-management");
    assert_eq!(owner("510104017001", "matter.09006"), "u510104017");
    assert_eq!(owner("510104017001", "request.1005"), "u510104017001");
    assert_eq!(owner("510104017001", "component.01028"), "u510100-power");
    assert_eq!(owner("510104017001", "component.01002"), "u510104-water");
    assert_eq!(owner("510107063001", "request.0601"), "u510172-society", "entrusted to the zone");
    assert_eq!(owner("510107001004", "request.0601"), "u510107-labour");
    for m in city.catalogue.matters() {
        for place in ["510104017001", "510107063001", "510185013001", "510181110"] {
            let Some(place) = city.places.find(&PlaceId::new(place).unwrap()) else { continue };
            assert!(city.units.owner(&city.places, place, &m.code, DAY).is_some(), "{}", m.code);
        }
        let stage = if m.kind() == "request" { ("total", Some("complaint")) } else { ("handle", None) };
        assert!(city.catalogue.limit(&m.code, stage.1, None, stage.0).is_some(), "{}", m.code);
    }
    let limit = |m: &str, r, s| {
        city.catalogue.limit(&MatterCode::new(m).unwrap(), r, None, s).unwrap().limit.to_string()
    };
    assert_eq!(limit("matter.06010", None, "handle"), "4 working hours");
    assert_eq!(limit("matter.06001", None, "handle"), "20 working days");
    assert_eq!(
        ["consult", "help", "suggest", "complaint", "report"].map(|r| limit(
            "request.0601",
            Some(r),
            "total"
        )),
        ["3 working days", "7 working days", "7 working days", "15 working days", "15 working days"]
    );
}

#[test]
fn a_city_written_reads_back_the_same() {
    let city = chengdu();
    let written = city.write();
    let (again, faults) = City::read(&written);
    assert_eq!(faults, []);
    assert!(again.as_ref() == Some(&city));
    assert_eq!(again.map(|c| c.write()), Some(written));
}

#[test]
fn codes_with_a_history_and_quotes_survive_writing() {
    let (city, faults) = City::read(&folder(&[
        ("city.toml", "id = \"x\"\nname = \"a \\\"b\\\", c\"\nzone = \"UTC\"\n"),
        (
            "places.csv",
            "id,code,name,level,parent,from,to,successor\n\
             top,1,\"say \"\"A, B\"\"\",city,,,,\n\
             a,13,甲,district,top,,,\n\
             b,,乙,district,top,,2020-01-01,a\n\
             c,,丙,district,top,,,\n",
        ),
        (
            "codes.csv",
            "place,code,scheme,from,to,successor\n\
             a,11,,,2019-05-01,13\na,12,,2019-05-01,2021-01-01,\nb,14,,,2020-01-01,13\nc,177,,2015-01-01,,\n",
        ),
        ("calendar.toml", "anything = 1\n"),
    ]));
    assert_eq!(faults, []);
    let city = city.unwrap();
    assert_eq!(city.places.code(at(&city, "a"), Date::constant(2020, 6, 1)), Some("12"));
    assert_eq!(city.places.code(at(&city, "a"), DAY), Some("13"));
    assert_eq!(city.places.resolve("14", DAY), Some(at(&city, "a")));
    assert_eq!(City::read(&city.write()), (Some(city), Vec::new()));
}

#[test]
fn what_is_known_from_outside_is_checked() {
    let limit =
        |text: &str| if text == "4 working hours" { Ok(()) } else { Err("4 working hours".to_owned()) };
    let (hours, roles) = (BTreeSet::from(["office".to_owned()]), BTreeSet::from(["handler".to_owned()]));
    let outside = Outside { limit: Some(&limit), hours: Some(&hours), roles: Some(&roles) };
    let (city, faults) = City::read_with(
        &folder(&[
            ("city.toml", "id = \"x\"\nname = \"X\"\nzone = \"UTC\"\n"),
            ("places.csv", "id,name,level\ntop,X,city\n"),
            ("units.csv", "id,name,kind,territory,hours\nu,U,office,top,night\n"),
            ("posts.csv", "id,person,unit,role\np,,u,boss\n"),
            (
                "catalogue/catalogue.toml",
                "stages = [\"handle\"]\n[[edition]]\nid = \"e\"\nstandard_ref = \"E\"\n\
                 [[kind]]\nid = \"m\"\nname = \"M\"\nedition = \"e\"\nwidth = 1\nmajor_width = 0\n",
            ),
            ("catalogue/matters.csv", "kind,code,name\nm,1,One\n"),
            ("catalogue/limits.csv", "matters,stage,limit,standing\nm.1,handle,soon,proposal\n"),
        ]),
        &outside,
    );
    assert!(city.is_none());
    let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "error: catalogue/limits.csv:2 [limit]: `soon` is no limit; accepted: 4 working hours",
            "error: posts.csv:2 [role]: `boss` is not accepted here; accepted: handler of profile.toml",
            "error: units.csv:2 [hours]: `night` is not accepted here; accepted: office of calendar.toml",
        ]
    );
}

/// A row that does not read is one fault: what stands below it is below a listed unit all the same.
#[test]
fn a_faulty_unit_is_one_fault_and_not_one_for_each_below_it() {
    let units = "id,name,kind,parent,territory\nu,U,office,,nowhere\n\
                 a,A,office,u,top\nb,B,office,u,top\nc,C,office,x,top\n";
    let (city, faults) = City::read(&folder(&[
        ("city.toml", "id = \"x\"\nname = \"X\"\nzone = \"UTC\"\n"),
        ("places.csv", "id,name,level\ntop,X,city\n"),
        ("units.csv", units),
    ]));
    assert!(city.is_none());
    let named: Vec<String> = faults.iter().map(|f| f.to_string().chars().take(34).collect()).collect();
    assert_eq!(named.len(), 2, "{faults:?}");
    assert!(named[0].starts_with("error: units.csv:2 [territory]"), "{named:?}");
    assert!(named[1].starts_with("error: units.csv:5 [parent]"), "{named:?}");
}

#[test]
fn a_cell_is_taken_up_to_its_limit_and_not_one_byte_more() {
    let faults_of = |length: usize| {
        let places = format!("id,name,level\ntop,{},city\n", "a".repeat(length));
        City::read(&folder(&[
            ("city.toml", "id = \"x\"\nname = \"X\"\nzone = \"UTC\"\n"),
            ("places.csv", &places),
        ]))
        .1
        .len()
    };
    assert_eq!([limits::MAX_NAME_BYTES, limits::MAX_NAME_BYTES + 1].map(faults_of), [0, 1]);
    assert_eq!([limits::MAX_CELL_BYTES, limits::MAX_CELL_BYTES + 1].map(faults_of), [1, 2]);
}

#[test]
fn what_is_missing_is_named() {
    let shown = |files: &[(&str, &str)]| -> Vec<String> {
        City::read(&folder(files)).1.iter().map(ToString::to_string).collect()
    };
    let missing = shown(&[]);
    assert!(missing[0].starts_with("error: city.toml: the file is missing"), "{missing:?}");
    assert!(missing[1].starts_with("error: places.csv: the file is missing"), "{missing:?}");
    let columns = shown(&[("city.toml", "id = \"x\"\n["), ("places.csv", "id,id\n"), ("units.csv", "")]);
    let starts = [
        "error: city.toml:1 [name]: the key is missing",
        "error: city.toml:1 [zone]: the key is missing",
        "error: city.toml:2: ",
        "error: places.csv: the file lists no place",
        "error: places.csv:1 [id]: the column is named twice",
        "error: places.csv:1 [level]: the column is missing",
        "error: places.csv:1 [name]: the column is missing",
        "error: units.csv:1: the file is empty",
    ];
    for start in starts {
        assert!(columns.iter().any(|c| c.starts_with(start)), "{start}\n{columns:#?}");
    }
}

/// The broken folder holds every kind of fault; the golden file beside it lists them all.
#[test]
fn a_broken_folder_is_told_everything() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut folder = Folder::new();
    for name in FILES.iter().chain(&["stray.xlsx"]) {
        if let Ok(bytes) = std::fs::read(root.join(name)) {
            folder.put(name, bytes);
        }
    }
    let (city, faults) = City::read(&folder);
    assert!(city.is_none());
    let shown: String = faults.iter().map(|f| format!("{f}\n")).collect();
    let golden = root.join("faults.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &shown).unwrap();
    }
    assert_eq!(shown, std::fs::read_to_string(&golden).unwrap());
}

#[test]
fn households_out_of_band_are_one_warning_with_their_share() {
    let toml = "id = \"t\"\nname = \"T\"\nzone = \"Asia/Shanghai\"\n\
                [[level]]\nid = \"city\"\nname = \"City\"\nunder = []\n\
                [[level]]\nid = \"grid\"\nname = \"Grid\"\nhouseholds_most = 90\n\
                [[level.kinds]]\nid = \"general\"\nname = \"General\"\n\
                households_least = 300\nhouseholds_most = 500\n";
    let places = "id,name,level,parent,kind,households\nt,T,city,,,1600\ng1,A,grid,t,general,300\n\
                  g2,B,grid,t,general,501\ng3,C,grid,t,general,299\ng4,D,grid,t,general,500\n\
                  g5,E,grid,t,,0\ng6,F,grid,t,,\n";
    let (city, faults) = City::read(&folder(&[("city.toml", toml), ("places.csv", places)]));
    let [fault] = faults.as_slice() else { panic!("{faults:#?}") };
    let told = fault.to_string();
    assert!(told.contains("2 of 4 places that are General (50.0 %)"), "{told}");
    assert!(told.contains("1 under, 1 over; accepted: 300 to 500 households each"), "{told}");
    let city = city.unwrap();
    assert_eq!(City::read(&city.write()), (Some(city), faults), "the bands survive the way back");
}
