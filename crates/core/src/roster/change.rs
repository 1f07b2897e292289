//! What changes in a roster after the city was loaded: somebody comes, leaves, takes or gives up a post.
//!
//! Changes are facts of the city's own stream, in the order in which they were accepted; folding them over
//! the people of the loaded edition gives the roster in force. **The shape of [`RosterChange`] is
//! permanent.** Whether a change makes sense is asked once, when it is given ([`accept`]); folding asks
//! nothing. Threads that somebody held stay theirs until a command hands them on.

use crate::actor::{People, Person, PersonKind, Post};
use crate::case::event::Staff;
use crate::case::refusal::Refusal;
use crate::ids::{PersonId, PostId};
use crate::rules::Rules;
use crate::time::Time;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RosterChange {
    /// 入职: a person is known from now on.
    Joined(Person),
    /// 离职: the person holds no post any more; each stands vacant.
    Left {
        /// The person.
        person: PersonId,
    },
    /// A post is set up.
    Made(Box<Post>),
    /// A post of this id is another from now on: its territory, lines, period or role.
    Altered(Box<Post>),
    /// 任免: a post is filled, or falls vacant.
    Filled {
        /// The post.
        post: PostId,
        /// Who holds it now.
        person: Option<PersonId>,
    },
    /// A post ends.
    Ended {
        /// The post.
        post: PostId,
        /// The first day it no longer holds.
        to: Date,
    },
}

/// Folds changes over people. What does not fit is passed over: it was asked about when it was given.
pub fn fold<'a>(people: &People, changes: impl IntoIterator<Item = &'a RosterChange>) -> People {
    let mut roll = Roll::of(people);
    changes.into_iter().for_each(|change| roll.take(change));
    roll.people()
}

/// Whether every post of a person lies within the territory of the post of `by`: what a change of the roster
/// needs, and giving or taking the person's access.
///
/// # Errors
/// `powers.territory` with the first post that does not.
pub fn within_reach(rules: &Rules, person: &PersonId, by: &Staff, now: Time) -> Result<(), Refusal> {
    let all = RosterChange::Left { person: person.clone() };
    Roll::of(&rules.city.people).check_territory(rules, &all, by, now)
}

/// The roster after changes, when every one of them makes sense after those before it and lies within the
/// territory of the post of `by`; without somebody, the operator of the machine gives them.
///
/// # Errors
/// The first that does not, as a refusal.
pub fn accept(
    rules: &Rules,
    changes: &[RosterChange],
    by: Option<&Staff>,
    now: Time,
) -> Result<People, Refusal> {
    if changes.is_empty() || changes.len() > MAX_CHANGES {
        let why = format!("{} changes at once", changes.len());
        return Err(Refusal::new("roster.count", why, format!("1 to {MAX_CHANGES} changes")));
    }
    let mut roll = Roll::of(&rules.city.people);
    for change in changes {
        roll.check(rules, change)?;
        if let Some(staff) = by {
            roll.check_territory(rules, change, staff, now)?;
        }
        roll.take(change);
    }
    Ok(roll.people())
}

/// Changes given at once; a bound of this room, not a rule.
pub const MAX_CHANGES: usize = 10_000;

/// A roster while it changes.
struct Roll {
    persons: Vec<Person>,
    known: HashSet<PersonId>,
    posts: Vec<Post>,
    at: HashMap<PostId, usize>,
}

impl Roll {
    fn of(people: &People) -> Roll {
        let (persons, posts) = (people.persons().to_vec(), people.posts().to_vec());
        let known = persons.iter().map(|p| p.id.clone()).collect();
        let at = posts.iter().enumerate().map(|(i, p)| (p.id.clone(), i)).collect();
        Roll { persons, known, posts, at }
    }

    fn people(self) -> People {
        People::new(self.persons, self.posts)
    }

    fn post(&mut self, id: &PostId) -> Option<&mut Post> {
        self.at.get(id).and_then(|no| self.posts.get_mut(*no))
    }

    fn take(&mut self, change: &RosterChange) {
        match change {
            RosterChange::Joined(person) => {
                if self.known.insert(person.id.clone()) {
                    self.persons.push(person.clone());
                }
            }
            RosterChange::Left { person } => {
                let theirs = self.posts.iter_mut().filter(|p| p.person.as_ref() == Some(person));
                theirs.for_each(|p| p.person = None);
            }
            RosterChange::Made(post) => {
                if !self.at.contains_key(&post.id) {
                    self.at.insert(post.id.clone(), self.posts.len());
                    self.posts.push((**post).clone());
                }
            }
            RosterChange::Altered(post) => {
                if let Some(held) = self.post(&post.id) {
                    *held = (**post).clone();
                }
            }
            RosterChange::Filled { post, person } => {
                if let Some(held) = self.post(post) {
                    held.person.clone_from(person);
                }
            }
            RosterChange::Ended { post, to } => {
                if let Some(held) = self.post(post) {
                    held.to = Some(*to);
                }
            }
        }
    }

    fn check(&self, rules: &Rules, change: &RosterChange) -> Result<(), Refusal> {
        match change {
            RosterChange::Joined(person) => self.check_person(person),
            RosterChange::Left { person } => self.known_person(person),
            RosterChange::Made(post) => {
                if self.at.contains_key(&post.id) {
                    let why = format!("there is a post `{}` already", post.id);
                    return Err(Refusal::new("roster.post", why, "an id that no post has, or `altered`"));
                }
                self.check_post(rules, post)
            }
            RosterChange::Altered(post) => {
                self.known_post(&post.id)?;
                self.check_post(rules, post)
            }
            RosterChange::Filled { post, person } => {
                self.known_post(post)?;
                person.as_ref().map_or(Ok(()), |p| self.known_person(p))
            }
            RosterChange::Ended { post, to } => {
                let from = self.known_post(post)?.from;
                if from.is_some_and(|from| *to < from) {
                    let why = format!("post `{post}` would end before it begins");
                    return Err(Refusal::new("roster.period", why, "a day on or after its first"));
                }
                Ok(())
            }
        }
    }

    /// Every post that a change touches must lie where `staff` has a say.
    fn check_territory(
        &self,
        rules: &Rules,
        change: &RosterChange,
        staff: &Staff,
        now: Time,
    ) -> Result<(), Refusal> {
        let held = |id: &PostId| self.at.get(id).and_then(|no| self.posts.get(*no));
        let touched: Vec<&Post> = match change {
            RosterChange::Joined(_) => Vec::new(),
            RosterChange::Left { person } => {
                self.posts.iter().filter(|p| p.person.as_ref() == Some(person)).collect()
            }
            RosterChange::Made(post) => vec![post],
            RosterChange::Altered(post) => std::iter::once(&**post).chain(held(&post.id)).collect(),
            RosterChange::Filled { post, .. } | RosterChange::Ended { post, .. } => {
                held(post).into_iter().collect()
            }
        };
        let outside = |post: &&&Post| {
            let unit = rules.city.units.get(&post.unit).map(|u| &u.territory);
            let places = [post.territory.as_ref(), unit];
            places.into_iter().flatten().any(|place| !rules.covers(staff, Some(place), now))
        };
        match touched.iter().find(outside) {
            None => Ok(()),
            Some(post) => {
                let why = format!("post `{}` lies outside the territory of `{}`", post.id, staff.post);
                Err(Refusal::new("powers.territory", why, "a post of the same or a wider territory"))
            }
        }
    }

    fn check_person(&self, person: &Person) -> Result<(), Refusal> {
        if self.known.contains(&person.id) {
            let why = format!("`{}` is known already", person.id);
            return Err(Refusal::new("roster.person", why, "an id that nobody has"));
        }
        if !person.name.is_empty() && !person.synthetic && person.kind != PersonKind::System {
            let why = "a journal is no place for the name of a real person";
            return Err(Refusal::new("roster.name", why, "no name; names are kept with the account"));
        }
        Ok(())
    }

    fn check_post(&self, rules: &Rules, post: &Post) -> Result<(), Refusal> {
        if let Some(person) = &post.person {
            self.known_person(person)?;
        }
        for unit in [Some(&post.unit), post.sending_unit.as_ref()].into_iter().flatten() {
            if rules.city.units.get(unit).is_none() {
                let why = format!("`{unit}` is no unit of the city");
                return Err(Refusal::new("unit.unknown", why, "an id of units.csv"));
            }
        }
        if let Some(place) = &post.territory {
            rules.known_place(place)?;
        }
        if !rules.profile.roles.contains_key(&post.role) {
            let known: Vec<&str> = rules.profile.roles.keys().map(|r| r.as_str()).collect();
            let why = format!("`{}` is no role of the profile", post.role);
            return Err(Refusal::new("roster.role", why, known.join(", ")));
        }
        if post.from.zip(post.to).is_some_and(|(from, to)| to < from) {
            let why = format!("post `{}` would end before it begins", post.id);
            return Err(Refusal::new("roster.period", why, "`to` on or after `from`"));
        }
        match &post.deputy_of {
            Some(of) if of == &post.id => {
                let why = format!("post `{of}` cannot stand in for itself");
                Err(Refusal::new("roster.deputy", why, "the id of another post"))
            }
            Some(of) => self.known_post(of).map(drop),
            None => Ok(()),
        }
    }

    fn known_person(&self, person: &PersonId) -> Result<(), Refusal> {
        if self.known.contains(person) {
            return Ok(());
        }
        let why = format!("`{person}` is nobody of the city");
        Err(Refusal::new("roster.person", why, "an id of people.csv, or `joined` before it"))
    }

    fn known_post(&self, id: &PostId) -> Result<&Post, Refusal> {
        let found = self.at.get(id).and_then(|no| self.posts.get(*no));
        let refused =
            || Refusal::new("roster.post", format!("there is no post `{id}`"), "an id of posts.csv");
        found.ok_or_else(refused)
    }
}
