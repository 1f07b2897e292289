//! Patrols and visits: who is given which routine when a city begins to be played, what its visits come to,
//! and what is found on them.
//!
//! Pure like `work.rs`. What a unit may give its own people without asking is given, and no more: admission
//! of a department's work is people's business, at a screen.

use super::book::{By, Rounds};
use super::calls::{Call, Calls};
use super::dice::{Dice, name};
use super::report::text;
use super::town::Town;
use super::work::{Deed, FIRST, Say, running};
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Effort, Identity, Staff, Stage, TextRef, Urgency};
use huying_core::case::routine::{Assign, VisitResult, Visited};
use huying_core::case::state::{Case, Thread};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::{PlaceId, UnitId};
use huying_core::profile::Task;
use huying_core::time::Time;
use huying_engine::Submission;
use sha2::{Digest as _, Sha256};

impl Town {
    fn walks(&self) -> &Rounds {
        &self.book().rounds
    }

    /// The routines that run when a city begins to be played: of some communities, of some of their workers.
    pub(super) fn routines(&self, now: Time) -> Vec<Submission> {
        let gives = |unit: &&UnitId| {
            let all = self.by_unit.get(*unit).map(Vec::as_slice).unwrap_or_default();
            let any = |command| all.iter().any(|s| self.may(s, command));
            any("assign") && any("visit")
        };
        let mut units: Vec<&UnitId> = self.by_unit.keys().filter(gives).collect();
        units.sort_by_key(|u| (self.lot(u.as_str(), "rounds").roll(), *u));
        units.truncate(self.walks().communities);
        units.into_iter().flat_map(|unit| self.routines_of(unit, now)).collect()
    }

    fn lot(&self, of: &str, question: &str) -> Dice {
        Dice::of(&[self.seed, name(of), name(question)])
    }

    fn routines_of(&self, unit: &UnitId, now: Time) -> Vec<Submission> {
        let all = self.by_unit.get(unit).map(Vec::as_slice).unwrap_or_default();
        let Some(giver) = all.iter().find(|s| self.may(s, "assign")) else { return Vec::new() };
        let mut found = Vec::new();
        for (id, share) in &self.walks().tasks {
            let Some(task) = self.rules.profile.task(id).filter(|t| t.listed) else { continue };
            let able = |s: &&Staff| task.roles.first() == Some(&s.role) && self.own_place(s).is_some();
            for worker in all.iter().filter(able).take(self.walks().workers) {
                let mut lot = self.lot(worker.post.as_str(), id);
                if lot.chance(*share) {
                    found.extend(self.routine(giver, worker, task, now, &mut lot));
                }
            }
        }
        found
    }

    /// Where a post is, when it is a part of the unit's territory.
    fn own_place(&self, staff: &Staff) -> Option<&PlaceId> {
        self.rules.city.people.post(&staff.post)?.territory.as_ref()
    }

    fn routine(
        &self,
        giver: &Staff,
        worker: &Staff,
        task: &Task,
        now: Time,
        lot: &mut Dice,
    ) -> Option<Submission> {
        let place = self.own_place(worker)?;
        let mut slots = self.slots(Some(place), None, now);
        let near = slots.value("place").to_owned();
        slots = slots.with("near", near);
        slots.tags.push(super::report::tag(&task.id));
        let texts = &self.makings.texts;
        let mut clear = vec![text("note", texts.grow(self.family(None), "routine_text", &slots, lot))];
        let whom = self.walks().persons.contains(task.id.as_str()).then(|| {
            let person = texts.grow(self.family(None), "visited_person", &slots, lot);
            clear.push(text("contact", serde_json::json!({ "name": person }).to_string()));
            TextRef::pending(1)
        });
        let assign = Assign {
            task: task.id.clone(),
            place: place.clone(),
            unit: worker.unit.clone(),
            person: Some(worker.person.clone()),
            admission: None,
            whom,
            text: FIRST,
        };
        Some(Submission {
            key: Some(key(self.seed, &["routine", worker.post.as_str(), &task.id])),
            actor: Actor::Staff(Box::new(giver.clone())),
            occurred: None,
            case: None,
            command: Command::Assign(Box::new(assign)),
            texts: clear,
        })
    }

    /// The visit that is owed: done, something found, or nobody there.
    pub(super) fn visit(&self, case: &Case, t: &Thread, now: Time) -> Option<Deed> {
        let routine = case.routine.as_deref()?;
        let clock = running(case, t, Stage::Milestone)?;
        let task = self.rules.profile.task(&routine.task)?;
        let n = u64::from(t.no.0) * 8 + u64::from(t.tries);
        let mut dice = self.dice(case, "visited", n);
        let walks = self.walks();
        let nobody = walks.nobody.get(routine.task.as_str()).copied().unwrap_or(0.0);
        let (result, rule) = match dice.unit() {
            u if u < nobody => (VisitResult::Nobody, "visit_nobody"),
            u if u < nobody + walks.found => (VisitResult::Found, "visit_found"),
            _ => (VisitResult::Done, "visit_done"),
        };
        let effort = Effort { minutes: dice.between(task.minutes / 2, task.minutes), trips: 1, forms: 0 };
        let command = Command::Visit { thread: t.no, result, effort, text: Some(FIRST) };
        let say = Some(Say { class: "note", rule, other: None, about: Some(routine.task.clone()) });
        let unit = t.holder.as_unit();
        let at = if t.tries > 0 {
            let begin = case.last.as_ref().map_or(t.moved_at, |l| l.at.max(t.moved_at));
            self.moment(case, "revisit", begin, None, unit, n)
        } else {
            self.moment(case, "visit", t.opened_at, Some(clock), unit, n)
        };
        self.by_holder(case, t, (at, command, say), now)
    }

    /// Whether a routine rests: its mode asks for no visit.
    pub(super) fn rests(&self, case: &Case) -> bool {
        let owed = |t: &Thread| running(case, t, Stage::Reexamine).is_some();
        case.open_of(ThreadKind::Visit).any(owed)
    }

    /// What a visit found becomes a case of its own, given in by whoever made the visit.
    pub(super) fn finds(&self, case: &Case, now: Time) -> Option<(Time, Submission)> {
        let routine = case.routine.as_deref()?;
        let found = |t: &&Thread| {
            t.kind == ThreadKind::Visit
                && t.step == Step::Done
                && t.outcome.as_deref() == Some(VisitResult::Found.as_str())
                && !routine.finds.iter().any(|(no, _)| *no == t.no)
        };
        // Of those that ended a while ago nobody remembers what it was.
        let t = case.threads.iter().rev().filter(|t| !t.is_open()).find(|t| t.kind == ThreadKind::Visit)?;
        let t = Some(t).filter(found)?;
        let n = u64::from(t.no.0);
        let mut dice = self.dice(case, "found", n);
        let book = self.book();
        let source = book.source.iter().position(|s| s.by == By::Patrol)?;
        let calls = Calls { book, seed: self.seed, per_day: 0.0 };
        let matter = dice.weighted(calls.matters(source).iter().map(|m| m.weight));
        let at = self.moment(case, "report", t.moved_at, None, t.holder.as_unit(), n).max(now);
        let call = Call {
            at,
            key: key(self.seed, &["found", &case.id.to_string(), &t.no.to_string()]),
            source,
            matter,
            request: calls.otherwise(),
            urgency: Urgency::General,
            identity: Identity::Named,
            hour: 0,
            luck: dice.roll(),
        };
        let who = t.holder.as_unit().and_then(|u| self.by_unit.get(u))?;
        let by = routine.person.as_ref();
        let staff = who.iter().find(|s| Some(&s.person) == by && self.may(s, "report"))?;
        let spot = self.spots.at(case.place()?, &mut dice);
        let actor = Actor::Staff(Box::new(staff.clone()));
        let visited = Visited { case: case.id, thread: t.no };
        Some((at, self.told(&calls, &call, &spot, actor, Some(visited), dice)?))
    }
}

/// What tells one thing that is given in from every other of this seed.
fn key(seed: u64, of: &[&str]) -> [u8; 32] {
    let hash = Sha256::new().chain_update(b"huying made-up round\n").chain_update(seed.to_be_bytes());
    of.iter()
        .fold(hash, |hash, part| hash.chain_update(part.as_bytes()).chain_update(b"\n"))
        .finalize()
        .into()
}
