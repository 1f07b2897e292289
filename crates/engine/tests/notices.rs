//! Notices stand once, with their record: in the order of the journal, as the core derives them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::apply::apply_record;
use huying_core::case::command::Command;
use huying_core::case::event::Record;
use huying_core::case::notice::notices;
use huying_core::case::state::Case;
use huying_core::case::thread::ThreadKind;
use huying_engine::notice_id;

fn derived(records: &[Record]) -> Vec<String> {
    let (mut case, mut all): (Option<Case>, Vec<String>) = (None, Vec::new());
    for record in records {
        let after = apply_record(case.clone(), record);
        let named = notices(record, case.as_ref(), &after).into_iter();
        all.extend(named.map(|n| format!("{}-{}-{}", n.id.stream, n.id.version.0, n.id.index)));
        case = Some(after);
    }
    all
}

#[test]
fn every_notice_of_a_record_is_kept_once_also_when_the_command_comes_again() {
    let mut town = Town::new();
    let case = town.report("路灯不亮").case;
    let thread = town.open(case, ThreadKind::Dispatch);
    let lead = huying_core::ids::UnitId::new(HANDLERS).unwrap();
    let order = Command::Dispatch { thread, lead, co: Vec::new(), text: None };
    town.gives(case, &town.staff("dispatcher", DISTRICT_DESK), order.clone()).unwrap();
    assert!(
        town.gives(case, &town.staff("dispatcher", DISTRICT_DESK), order).is_err(),
        "refused: nothing told"
    );
    let kept = |town: &Town| -> Vec<String> {
        town.reader().notices_after(0, 100).unwrap().iter().map(|n| notice_id(&n.row)).collect()
    };
    let history = town.engine().history(case).unwrap().unwrap();
    let records: Vec<Record> = history.records.into_iter().map(|(_, record)| record).collect();
    let all = derived(&records);
    assert!(all.len() >= 2, "{all:?}");
    assert_eq!(kept(&town), all);
    town.start();
    assert_eq!(kept(&town), all, "a restart tells nothing again");
}

#[test]
fn old_notices_leave_their_boxes_when_the_engine_is_idle() {
    let town = Town::new();
    for words in ["一", "二", "三"] {
        town.report(words);
    }
    let first = town.reader().notices_after(0, 1).unwrap()[0].position;
    // Clocks that ring meanwhile tell of it: those are new.
    town.later(200 * DAY);
    let left = || town.reader().notices_after(0, 10_000).unwrap();
    let gone = || left().iter().all(|n| n.position > first);
    assert!((0..30).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(300));
        gone()
    }));
    assert!(!left().is_empty(), "the newest stays");
}
