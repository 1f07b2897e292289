//! Restricted cases 限制知悉: a marked case exists for the persons and posts named, and for nobody else. Who
//! marked it, on what ground and when it was opened again stands in its records.

use super::draft::Draft;
use crate::case::command::Command;
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::Restricted;
use crate::ids::{PersonId, PostId};
use compact_str::CompactString;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Restrict { persons, posts, ground, text } => restrict(draft, persons, posts, ground, *text),
        Command::Unrestrict { text } => open(draft, *text),
        _ => Ok(()),
    }
}

/// 标记: named persons and posts only, from now on.
fn restrict(
    draft: &mut Draft<'_>,
    persons: &[PersonId],
    posts: &[PostId],
    ground: &CompactString,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let rules = draft.desk.rules;
    draft.word(&rules.profile.words.restrict_ground, "restrict_ground", ground)?;
    let day = rules.day(draft.desk.now);
    if let Some(strange) = persons.iter().find(|p| rules.city.people.of_person(p, day).next().is_none()) {
        let why = format!("{strange} holds no post now");
        return Err(Refusal::new("restricted.person", why, "persons with a post"));
    }
    if let Some(strange) = posts.iter().find(|p| rules.city.people.post(p).is_none()) {
        return Err(Refusal::new(
            "restricted.post",
            format!("there is no post {strange}"),
            "ids of posts.csv",
        ));
    }
    let mut named = Restricted { persons: persons.to_vec(), posts: posts.to_vec(), ground: ground.clone() };
    named.persons.sort();
    named.persons.dedup();
    named.posts.sort();
    named.posts.dedup();
    if matches!(draft.desk.actor, Actor::Staff(staff) if !named.names(staff)) {
        let why = "whoever marks a case answers for who is named, and is one of them";
        return Err(Refusal::new("restricted.self", why, "one's own person or post among them"));
    }
    if let Some(text) = text {
        draft.emit(Event::Noted { text, thread: None });
    }
    draft.emit(Event::Restricted(Box::new(named)));
    Ok(())
}

/// 解除: the case is like any other again.
fn open(draft: &mut Draft<'_>, text: TextRef) -> Result<(), Refusal> {
    if draft.case.restricted.is_none() {
        return Err(Refusal::new("restricted.none", "the case is not restricted", "a restricted case"));
    }
    draft.emit(Event::Noted { text, thread: None });
    draft.emit(Event::Unrestricted {});
    Ok(())
}
