//! Reassigning through the engine: one call, one command for each case, a report of what was refused; and
//! restricted cases in lists, for those they name and for nobody else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::thread::ThreadKind;
use huying_core::ids::{CaseId, UnitId};
use huying_engine::Party;
use huying_engine::store::CaseFilter;

fn party(unit: &str) -> Party {
    Party { unit: UnitId::new(unit).unwrap(), person: None }
}

#[test]
fn one_call_moves_all_that_a_unit_holds_and_names_what_was_refused() {
    let mut town = Town::new();
    let ids: Vec<CaseId> = ["漏水", "占道", "噪音"].map(|w| town.report(w).case).to_vec();
    ids.iter().for_each(|id| town.dispatch(*id));
    // One is restricted to others: it is refused and named, and the rest moves.
    let closer = town.staff("closer", DISTRICT_DESK);
    let huying_core::case::event::Actor::Staff(person) = &closer else { panic!() };
    let (persons, posts) = (vec![person.person.clone()], Vec::new());
    let restrict = Command::Restrict { persons, posts, ground: "minor".into(), text: None };
    town.gives(ids[1], &closer, restrict).unwrap();
    let supervisor = town.staff("supervisor", DISTRICT_DESK);
    let (from, to) = (party(HANDLERS), party(OTHERS));
    let key = Some([9; 32]);
    let done = town.engine().reassign(key, &supervisor, (&from, &to), None, |_| true).unwrap();
    assert_eq!((done.moved.len(), done.refused.len(), done.next), (2, 1, None));
    assert_eq!(done.refused[0].0, town.case(ids[1]).number);
    assert_eq!(done.refused[0].1.rule, "restricted.unnamed");
    for id in [ids[0], ids[2]] {
        let case = town.case(id);
        assert_eq!(case.lead, Some(to.unit.clone()));
        let held = case.open_of(ThreadKind::Handling).next().unwrap();
        assert_eq!(held.holder.as_unit(), Some(&to.unit));
        assert_eq!(town.commands(id).iter().filter(|c| *c == "reassign").count(), 1);
    }
    // Again there is nothing left to move, and what does not exist for somebody is not even named.
    let again = town.engine().reassign(None, &supervisor, (&from, &to), None, |_| false).unwrap();
    assert_eq!((again.moved.len(), again.refused.len()), (0, 0));
    town.is_sound();
}

#[test]
fn lists_leave_out_what_is_restricted_to_others() {
    let mut town = Town::new();
    let ids: Vec<CaseId> = ["甲", "乙"].map(|w| town.report(w).case).to_vec();
    ids.iter().for_each(|id| town.dispatch(*id));
    let closer = town.staff("closer", DISTRICT_DESK);
    let huying_core::case::event::Actor::Staff(person) = &closer else { panic!() };
    let (persons, posts) = (Vec::new(), vec![person.post.clone()]);
    let restrict = Command::Restrict { persons, posts, ground: "minor".into(), text: None };
    town.gives(ids[0], &closer, restrict).unwrap();
    town.engine().catch_up().unwrap();
    let seen = |names: &[&str]| {
        let seen_by = Some(names.iter().map(|n| (*n).into()).collect());
        let filter = CaseFilter { seen_by, ..CaseFilter::default() };
        let page = town.engine().list(&filter, None, 50, None).unwrap();
        page.rows.iter().map(|r| r.case_id).collect::<Vec<_>>()
    };
    assert_eq!(seen(&["p9999", "some-post"]), [ids[1]]);
    // The beginning of a post's id names nobody.
    let post = person.post.as_str();
    assert_eq!(seen(&[&post[..post.len() - 1]]), [ids[1]]);
    assert_eq!(seen(&["p9999", post]), [ids[1], ids[0]]);
    let unit = UnitId::new(HANDLERS).unwrap();
    let inbox = |names: &[&str]| {
        let names: Vec<compact_str::CompactString> = names.iter().map(|n| (*n).into()).collect();
        town.engine().views(None, |v| v.inbox_of_unit(&unit, &[], &names, 50)).unwrap().len()
    };
    assert_eq!((inbox(&["p9999"]), inbox(&[post])), (1, 2));
    town.says(
        ids[0],
        &closer,
        Command::Unrestrict { text: huying_core::case::event::TextRef::pending(0) },
        "已过风险期",
    )
    .unwrap();
    town.engine().catch_up().unwrap();
    assert_eq!(seen(&["p9999"]).len(), 2);
    town.is_sound();
}
