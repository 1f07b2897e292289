//! Whose words are due at the end of their retention: by class, to the day, once, and taken up again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::ids::{CaseId, SystemId};
use huying_core::observation::{Observation, Stamp, Standing, Status};
use huying_core::time::Time;
use huying_engine::import::{EngineSink, Row, Sink};
use huying_engine::{Due, RETENTION, due_for_erasure};
use jiff::civil::{Date, date};

fn due(town: &Town, day: Date) -> Vec<Due> {
    let mut all = Vec::new();
    due_for_erasure(&town.reader(), &town.rules(), day, &mut |one| {
        all.push(one);
        true
    })
    .unwrap();
    all
}

fn cases(all: &[Due]) -> Vec<CaseId> {
    all.iter().map(|d| d.case).collect()
}

fn void(town: &Town, id: CaseId) {
    let void = Command::Void { ground: "out_of_scope".into(), of: None, text: None };
    town.gives(id, &town.staff("dispatcher", DISTRICT_DESK), void).unwrap();
}

#[test]
fn words_are_due_the_day_after_their_years_and_never_of_an_open_case() {
    let mut town = Town::new();
    let (first, open) = (town.report("第一件").case, town.report("还开着").case);
    void(&town, first);
    town.later(DAY);
    let second = town.report("第二件").case;
    void(&town, second);

    // Five years by the shipped profile, closed on 2 and 3 March 2026.
    assert_eq!(cases(&due(&town, date(2031, 3, 2))), []);
    assert_eq!(cases(&due(&town, date(2031, 3, 3))), [first]);
    let all = due(&town, date(2031, 3, 4));
    assert_eq!(cases(&all), [first, second]);
    let Due { class, closed, kept_until, .. } = &all[1];
    assert_eq!((class.as_str(), *closed, *kept_until), ("general", date(2026, 3, 3), date(2031, 3, 3)));

    let administrator = town.staff("administrator", CITY_DESK);
    town.later(6 * 366 * DAY);
    town.engine().erase(first, RETENTION, administrator).unwrap();
    assert_eq!(cases(&due(&town, date(2032, 1, 1))), [second], "what is done is not done again");
    assert_eq!(town.case(first).erased.len(), 2);
    assert!(town.case(open).erased.is_empty());
    town.is_sound();
}

#[test]
fn a_class_of_cases_has_its_own_years() {
    let mut town = Town::new();
    let long = town.report("投诉").case;
    let mut help = complaint("求助", None);
    if let Command::Report(report) = &mut help.command {
        report.request_type = "help".into();
    }
    let short = town.engine().submit(help).unwrap().case;
    for id in [long, short] {
        void(&town, id);
    }
    let mut folder = city();
    let profile = String::from_utf8(folder.get("profile.toml").unwrap().to_vec()).unwrap();
    let class = "[[privacy.retention]]\nclass = \"help\"\nwhen = { request_type = [\"help\"] }\nyears = 1\n\
                 source = \"test\"\nstatus = \"proposal\"\n\n[weights]";
    folder.put("profile.toml", profile.replacen("[weights]", class, 1));
    town.engine().load_city(folder, town.staff("administrator", CITY_DESK)).unwrap();
    let all = due(&town, date(2027, 3, 3));
    assert_eq!((cases(&all), all[0].class.as_str()), (vec![short], "help"));
    assert_eq!(cases(&due(&town, date(2031, 3, 3))), [long, short]);
    town.is_sound();
}

#[test]
fn a_closing_without_a_date_counts_from_its_last_record() {
    let town = Town::new();
    let mut row = Observation::of(SystemId::new("hotline12345").unwrap(), "1");
    row.opened = Stamp::At(Time(1_000_000_000_000)).into();
    row.status = Status { raw: "已办结".into(), means: Standing::Closed }.into();
    let texts = huying_core::observation::Texts { title: "旧事".to_owned().into(), ..Default::default() };
    let mut sink = EngineSink::new(town.engine());
    sink.offer(vec![Row { line: 1, observation: row, texts, damaged: Vec::new() }]).unwrap();
    sink.answer().unwrap();
    drop(sink);
    assert_eq!(cases(&due(&town, date(2031, 3, 2))), []);
    assert_eq!(due(&town, date(2031, 3, 3))[0].closed, date(2026, 3, 2));
}
