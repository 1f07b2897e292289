//! Restricted cases 限制知悉 and reassigning 移交: who a marked case exists for, and what moves when somebody
//! leaves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::Command;
use huying_core::case::decide::allowed;
use huying_core::case::duplicate::Compared;
use huying_core::case::event::*;
use huying_core::case::notice::{Recipient, notices};
use huying_core::case::thread::ThreadKind;
use huying_core::ids::{PersonId, PostId};
use huying_core::observation::{Satisfied, Solved};

const MONDAY: &str = "2026-03-02 09:00";

fn ordered() -> Flow {
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]);
    flow
}

fn of(actor: &Actor) -> (PersonId, PostId) {
    let Actor::Staff(staff) = actor else { panic!() };
    (staff.person.clone(), staff.post.clone())
}

fn restrict(persons: &[PersonId], posts: &[PostId]) -> Command {
    Command::Restrict {
        persons: persons.to_vec(),
        posts: posts.to_vec(),
        ground: "minor".into(),
        text: Some(text(90)),
    }
}

#[test]
fn a_restricted_case_is_for_those_named_and_for_nobody_else() {
    let mut flow = ordered();
    let (marker, handler) = (staff("closer", JINJIANG_DESK), staff("handler", CITY_MANAGEMENT));
    let ((mine, _), (_, post)) = (of(&marker), of(&handler));
    flow.refuses(&marker, &restrict(&[], std::slice::from_ref(&post)), "restricted.self");
    let nobody = PersonId::new("nobody").unwrap();
    flow.refuses(&marker, &restrict(&[mine.clone(), nobody], &[]), "restricted.person");
    let none = PostId::new("no-post").unwrap();
    flow.refuses(&marker, &restrict(std::slice::from_ref(&mine), &[none]), "restricted.post");
    let mut strange = restrict(std::slice::from_ref(&mine), &[]);
    if let Command::Restrict { ground, .. } = &mut strange {
        *ground = "because".into();
    }
    flow.refuses(&marker, &strange, "word.unknown");
    let open = Command::Unrestrict { text: text(91) };
    flow.refuses(&marker, &open, "restricted.none");
    flow.gives(&marker, restrict(std::slice::from_ref(&mine), std::slice::from_ref(&post)));
    freeze("command-restrict", &flow);
    // Who is not named cannot do anything with it, whatever their post may.
    let others =
        [staff("supervisor", JINJIANG_DESK), staff("dispatcher", JINJIANG_DESK), staff("closer", CITY_DESK)];
    for other in &others {
        let refusal =
            flow.refuses(other, &Command::Note { text: text(92), thread: None }, "restricted.unnamed");
        assert!(refusal.basis.is_some() && refusal.allowed.is_empty());
        assert!(allowed(flow.case(), other, flow.rules, flow.now).is_empty());
    }
    // A named post goes on, a deputy of a named person too, and the caller keeps their case.
    flow.sign(CITY_MANAGEMENT);
    let Actor::Staff(mut deputy) = others[0].clone() else { panic!() };
    deputy.deputy_of = Some(mine.clone());
    assert!(flow.case().restricted.as_ref().unwrap().names(&deputy));
    flow.gives(&Actor::Caller, Command::Note { text: text(93), thread: None });
    assert_eq!(Compared::of(flow.case()), None, "it is near nothing");
    // Marking is not taken back in silence.
    flow.refuses(&staff("supervisor", JINJIANG_DESK), &open, "restricted.unnamed");
    flow.gives(&marker, open);
    freeze("command-unrestrict", &flow);
    flow.refuses(&marker, &Command::Undo {}, "undo.not-yours");
    flow.gives(&others[1], Command::Note { text: text(94), thread: None });
}

fn reassign(from: &str, person: Option<PersonId>, to: &str, then: Option<PersonId>) -> Command {
    Command::Reassign { from: unit(from), from_person: person, to: unit(to), to_person: then }
}

#[test]
fn what_somebody_holds_moves_whole_or_not_at_all() {
    let mut flow = ordered();
    let supervisor = staff("supervisor", JINJIANG_DESK);
    let (one, _) = of(&staff("handler", CITY_MANAGEMENT));
    let (other, _) = of(&staff("handler", WATER));
    flow.refuses(&supervisor, &reassign(TRAFFIC, None, WATER, None), "reassign.none");
    flow.refuses(&supervisor, &reassign(CITY_MANAGEMENT, None, CITY_MANAGEMENT, None), "reassign.same");
    flow.refuses(&supervisor, &reassign(CITY_MANAGEMENT, None, "u-nobody", None), "unit.unknown");
    let wrong = reassign(CITY_MANAGEMENT, None, WATER, Some(one.clone()));
    flow.refuses(&supervisor, &wrong, "person.unit");
    flow.refuses(
        &staff("handler", CITY_MANAGEMENT),
        &reassign(CITY_MANAGEMENT, None, WATER, None),
        "powers.role",
    );
    let thread = flow.handling(CITY_MANAGEMENT);
    flow.gives(&staff("handler", CITY_MANAGEMENT), Command::Hand { thread, person: one.clone() });
    // Only what the person holds, and to a person of another unit: the lead goes with the lead's order.
    flow.gives(&supervisor, reassign(CITY_MANAGEMENT, Some(one), WATER, Some(other.clone())));
    freeze("command-reassign", &flow);
    let held = flow.case().open_of(ThreadKind::Handling).next().unwrap().holder.clone();
    assert_eq!(held, Holder::Unit { unit: unit(WATER), person: Some(other.clone()) });
    assert_eq!(flow.case().lead, Some(unit(WATER)));
    let before = flow.fold(flow.records.len() - 1);
    let told = notices(flow.records.last().unwrap(), before.as_ref(), flow.case());
    assert!(told.iter().any(|n| n.to == Recipient::Person { unit: unit(WATER), person: other.clone() }));
    flow.sign(WATER);
    // The desk that calls back never gets what was handled, nor the checker: kept apart by unit.
    flow.contact(WATER).finish(WATER).replied(WATER);
    let callback = flow.open(ThreadKind::Callback).holder.as_unit().unwrap().clone();
    flow.refuses(&supervisor, &reassign(callback.as_str(), None, WATER, None), "powers.apart");
}

/// What comes back as not solved goes to whoever answers for it by now, not to a unit that handed it over.
#[test]
fn what_was_handed_over_after_it_was_done_comes_back_to_its_new_unit() {
    let mut flow = ordered();
    flow.handled(CITY_MANAGEMENT);
    flow.gives(&staff("supervisor", JINJIANG_DESK), reassign(CITY_MANAGEMENT, None, WATER, None));
    assert_eq!(flow.case().lead, Some(unit(WATER)));
    flow.replied(WATER).says(Solved::NotSolved, Satisfied::NotSatisfied);
    let back = flow.open(ThreadKind::Handling);
    assert_eq!((back.part, back.holder.as_unit()), (Some(Part::Lead), Some(&unit(WATER))));
}

#[test]
fn nothing_is_reassigned_to_an_accused_unit() {
    let mut report = complaint(JINJIANG);
    report.about = Some(unit(WATER));
    let mut flow = Flow::reported(report, at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]);
    let supervisor = staff("supervisor", JINJIANG_DESK);
    flow.refuses(&supervisor, &reassign(CITY_MANAGEMENT, None, WATER, None), "report.accused-unit");
}
