//! People and posts 岗位: who may act, in which role, for which unit, over which territory, matters and period.
//!
//! A person is an id and a kind; names in a folder are for demonstrations and must be marked synthetic, real
//! personal data lives elsewhere. What a role may do is the profile's business. Next: `unit.rs` for the lines
//! of matters that both units and posts carry.

use crate::ids::{PersonId, PlaceId, PostId, UnitId};
use crate::place::holds;
use crate::unit::Lines;
use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What ties a person to the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonKind {
    /// Employed by a unit.
    Staff,
    /// Employed by a company that works for a unit.
    Contractor,
    /// Unpaid: a micro-grid leader, a building head. Has clocks that climb, is never scored.
    Volunteer,
    /// Not a natural person: an import or a connected system that acts under its own account.
    System,
}

impl PersonKind {
    /// Every kind with the word that `people.csv` uses.
    pub const WORDS: [(&'static str, PersonKind); 4] = [
        ("staff", PersonKind::Staff),
        ("contractor", PersonKind::Contractor),
        ("volunteer", PersonKind::Volunteer),
        ("system", PersonKind::System),
    ];

    /// The word that `people.csv` uses.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, k)| *k == self).map_or("", |(w, _)| w)
    }
}

/// A natural person, or a system with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The permanent id; never a name.
    pub id: PersonId,
    /// What ties the person to the work.
    pub kind: PersonKind,
    /// What screens show; empty to show the id.
    pub name: String,
    /// Whether the person is invented.
    pub synthetic: bool,
}

/// A post: role × territory × line × period, held by a person or vacant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The permanent id.
    pub id: PostId,
    /// Who holds it; `None` while it is vacant.
    pub person: Option<PersonId>,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// The role of the profile, such as `dispatcher`.
    pub role: CompactString,
    /// Where it may act; `None` means the unit's territory.
    pub territory: Option<PlaceId>,
    /// Which matters it may act on; empty means the unit's lines.
    pub lines: Lines,
    /// The first day it holds.
    pub from: Option<Date>,
    /// The first day it no longer holds.
    pub to: Option<Date>,
    /// The unit that sent the person (下沉), when not the post's own.
    pub sending_unit: Option<UnitId>,
    /// The post this one stands in for.
    pub deputy_of: Option<PostId>,
}

impl Post {
    /// Whether the post holds on a day.
    pub fn holds(&self, at: Date) -> bool {
        holds(self.from, self.to, at)
    }
}

/// All people and posts of a city, in the order of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    persons: Vec<Person>,
    posts: Vec<Post>,
    person_at: HashMap<PersonId, u32>,
    post_at: HashMap<PostId, u32>,
    posts_of_person: HashMap<PersonId, Vec<u32>>,
    posts_of_unit: HashMap<UnitId, Vec<u32>>,
}

impl People {
    /// Takes the rows of `people.csv` and `posts.csv`; of rows with one id the last is found.
    pub fn new(persons: Vec<Person>, posts: Vec<Post>) -> People {
        let person_at = persons.iter().enumerate().map(|(i, p)| (p.id.clone(), i as u32)).collect();
        let post_at = posts.iter().enumerate().map(|(i, p)| (p.id.clone(), i as u32)).collect();
        let mut people = People { person_at, post_at, ..People::default() };
        for (i, post) in posts.iter().enumerate() {
            people.posts_of_unit.entry(post.unit.clone()).or_default().push(i as u32);
            if let Some(person) = &post.person {
                people.posts_of_person.entry(person.clone()).or_default().push(i as u32);
            }
        }
        People { persons, posts, ..people }
    }

    /// Everybody.
    pub fn persons(&self) -> &[Person] {
        &self.persons
    }

    /// Every post, past and present.
    pub fn posts(&self) -> &[Post] {
        &self.posts
    }

    /// The person with this id.
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.person_at.get(id).map(|i| &self.persons[*i as usize])
    }

    /// The post with this id.
    pub fn post(&self, id: &PostId) -> Option<&Post> {
        self.post_at.get(id).map(|i| &self.posts[*i as usize])
    }

    /// Every post of a unit, past and present.
    pub fn all_of_unit(&self, unit: &UnitId) -> impl Iterator<Item = &Post> {
        let rows = self.posts_of_unit.get(unit).into_iter().flatten();
        rows.filter_map(|i| self.posts.get(*i as usize))
    }

    /// The posts of a unit that hold on a day.
    pub fn of_unit(&self, unit: &UnitId, at: Date) -> impl Iterator<Item = &Post> {
        self.holding(self.posts_of_unit.get(unit), at)
    }

    /// The posts of a person that hold on a day.
    pub fn of_person(&self, person: &PersonId, at: Date) -> impl Iterator<Item = &Post> {
        self.holding(self.posts_of_person.get(person), at)
    }

    fn holding<'a>(&'a self, numbers: Option<&'a Vec<u32>>, at: Date) -> impl Iterator<Item = &'a Post> {
        numbers.into_iter().flatten().map(|i| &self.posts[*i as usize]).filter(move |p| p.holds(at))
    }
}
