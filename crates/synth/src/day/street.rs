//! The policy of the street: who stands on a rung answers, climbs or whistles, departments report, the
//! district rules, whoever called takes the answer or sends it back.
//!
//! Pure like `work.rs`, and in its ways. A clock that is missed needs nobody here: the rules let the call
//! climb by themselves, and the case is looked at again.

use super::book::Street;
use super::dice::Dice;
use super::town::Town;
use super::work::{Deed, FIRST, Say, note, running};
use compact_str::CompactString;
use huying_core::case::command::Command;
use huying_core::case::decide::offered;
use huying_core::case::event::{Actor, Effort, Holder, Staff, Stage};
use huying_core::case::state::{Case, Spine, Thread};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::{PersonId, PlaceId, UnitId};
use huying_core::place::TreeNo;
use huying_core::profile::{WhistleRule, Word};
use huying_core::time::Time;
use std::collections::BTreeMap;

/// What is done, when, and what is said with it; by whom is found for it.
struct Doing {
    at: Time,
    command: Command,
    say: Option<Say>,
}

/// Who had a thread, or called for it.
type Party<'a> = (Option<&'a UnitId>, Option<&'a PersonId>);

fn party(holder: &Holder) -> Party<'_> {
    match holder {
        Holder::Unit { unit, person } => (Some(unit), person.as_ref()),
        _ => (None, None),
    }
}

/// What tells one time that a thread is worked on from the next: each begins with a clock.
fn turn(case: &Case, t: &Thread) -> u64 {
    let clocks = case.clocks.iter().filter(|c| c.thread == Some(t.no)).count();
    u64::from(t.no.0) * 64 + clocks as u64
}

fn about(rule: &'static str, about: Option<CompactString>) -> Option<Say> {
    Some(Say { class: "note", rule, other: None, about })
}

impl Town {
    fn ways(&self) -> &Street {
        &self.book().street
    }

    /// How much of a deed's time: minutes and trips as of any order.
    fn effort(&self, case: &Case, n: u64) -> Effort {
        let work = &self.book().work;
        let mut dice = self.dice(case, "effort", n);
        Effort {
            minutes: dice.between(work.minutes.0, work.minutes.1),
            trips: u16::try_from(dice.between(0, work.trips)).unwrap_or(0),
            forms: 0,
        }
    }

    // ---- the ladder ----

    /// Who stands on a rung answers, and does it, climbs or whistles; who called for it takes the answer.
    pub(super) fn rung(&self, case: &Case, t: &Thread, now: Time) -> Option<Deed> {
        let n = turn(case, t);
        let at = |pace: &str, clock: Stage| {
            self.moment(case, pace, t.moved_at, running(case, t, clock), t.holder.as_unit(), n)
        };
        let hangs = |o: &Thread| {
            o.under == Some(t.no) && matches!(o.kind, ThreadKind::Whistle | ThreadKind::Suspension)
        };
        if t.step == Step::Done {
            return self.take(case, t, now);
        }
        if case.open_threads().any(hangs) {
            return None;
        }
        let by = |doing: Doing, own: bool| self.deed(case, doing, (party(&t.holder), own), Some(t), now);
        if t.step == Step::Sent {
            let command = Command::Acknowledge { thread: t.no };
            return by(Doing { at: at("acknowledge", Stage::Acknowledge), command, say: None }, false);
        }
        if self.answered_below(case, t) {
            let command = Command::Withdraw { thread: t.no, text: FIRST };
            let doing = Doing { at: at("climb", Stage::Acknowledge), command, say: note("stand_down") };
            if let Some(deed) = by(doing, true) {
                return Some(deed);
            }
        }
        if let Some(deed) = self.blow(case, t, now) {
            return Some(deed);
        }
        let share = t.label.as_deref().and_then(|l| self.ways().beyond.get(l)).copied().unwrap_or(0.0);
        if self.goes_on_above(case, t, now) && self.share(case, "beyond", n, share) {
            let command = Command::Climb { thread: t.no, text: FIRST };
            let say = about("climb_note", t.label.clone());
            // What is beyond one's power is soon known, however long one had.
            return by(Doing { at: at("climb", Stage::Acknowledge), command, say }, false);
        }
        let command = Command::Finish { thread: t.no, effort: self.effort(case, n), text: FIRST };
        let say = about("rung_done", t.label.clone());
        by(Doing { at: at("resolve", Stage::Resolve), command, say }, false)
    }

    /// Whether a rung below, woken by the same emergency, has done it.
    fn answered_below(&self, case: &Case, t: &Thread) -> bool {
        case.open_of(ThreadKind::Rung).any(|o| o.rank < t.rank && o.step == Step::Done)
    }

    /// Whether somebody stands above a rung who is not at it already.
    fn goes_on_above(&self, case: &Case, t: &Thread, now: Time) -> bool {
        let Some(ladder) = &self.rules.profile.ladder else { return false };
        let from = t.label.as_deref().and_then(|l| ladder.find(l)).map_or(ladder.rungs.len(), |i| i + 1);
        let stands = |rung| {
            let other = |u: &UnitId, p: Option<&PersonId>| party(&t.holder) != (Some(u), p);
            self.rules.on_rung(rung, case.place(), case.matter(), now, other).is_some()
        };
        let at_it = case.open_of(ThreadKind::Rung).any(|o| o.rank > t.rank);
        !at_it && ladder.rungs.iter().skip(from).any(stands)
    }

    /// Whoever called for a rung takes its answer, or sends it back; the resident is asked with the reply.
    fn take(&self, case: &Case, t: &Thread, now: Time) -> Option<Deed> {
        if t.caller == Holder::Caller {
            return None;
        }
        let n = turn(case, t);
        let confirmed = !self.share(case, "unconfirmed", n, self.ways().unconfirmed);
        let command = Command::Confirm { thread: t.no, confirmed, grade: None, text: Some(FIRST) };
        let say = note(if confirmed { "rung_confirmed" } else { "rung_back" });
        let clock = running(case, t, Stage::Check);
        let at = self.moment(case, "confirm", t.moved_at, clock, t.caller.as_unit(), n);
        self.deed(case, Doing { at, command, say }, (party(&t.caller), true), Some(t), now)
    }

    /// The unit that did it replies to the resident once everybody on the ladder is through.
    pub(super) fn answer_street(&self, case: &Case, now: Time) -> Option<Deed> {
        let procedure = self.rules.profile.procedure(case.facts.as_ref()?.procedure.as_str())?;
        let rungs = || case.threads.iter().filter(|t| t.kind == ThreadKind::Rung);
        let waits = |t: &Thread| {
            let heard = t.kind == ThreadKind::Rung && t.step == Step::Done && t.caller == Holder::Caller;
            !heard && (procedure.blocks.answer.contains(&t.kind) || t.kind == ThreadKind::Approval)
        };
        let last = rungs().rev().find(|t| matches!(t.step, Step::Done | Step::Confirmed))?;
        if case.spine != Spine::Open || case.last_order().is_some() || case.open_threads().any(waits) {
            return None;
        }
        let begin = case.threads.iter().map(|t| t.moved_at).max().unwrap_or(last.moved_at);
        let n = (case.threads.len() * 64 + case.clocks.len()) as u64;
        let at = self.moment(case, "reply", begin, None, case.lead.as_ref(), n);
        let say = Some(Say { class: "reply", rule: "street_reply", other: None, about: last.label.clone() });
        let who = (case.lead.as_ref(), party(&last.holder).1);
        self.deed(case, Doing { at, command: Command::Reply { text: FIRST }, say }, (who, false), None, now)
    }

    // ---- the whistle ----

    /// A unit that may convene and cannot do it alone calls two departments of the place together, once.
    fn blow(&self, case: &Case, t: &Thread, now: Time) -> Option<Deed> {
        let unit = t.holder.as_unit()?;
        let kind = self.rules.kind_of_unit(unit)?;
        let share = self.ways().whistles.get(kind).copied().unwrap_or(0.0);
        let rung = |o: &Thread| o.kind == ThreadKind::Whistle && o.holder.as_unit() == Some(unit);
        let n = u64::from(t.no.0);
        if case.threads.iter().any(rung) || !self.share(case, "whistles", n, share) {
            return None;
        }
        let word = self.ways().kinds.get(&case.facts.as_ref()?.urgency)?;
        let rule = self.rules.profile.whistle(word)?;
        // One that a leader signs is asked for, which nobody does here.
        if !rule.conveners.iter().any(|k| k == kind) || !rule.signed_by.is_empty() {
            return None;
        }
        let mut dice = self.dice(case, "summons", n);
        let mut units = self.departments(case, rule, &[unit], now, &mut dice);
        units.truncate(self.ways().summoned);
        let other = units.first()?.clone();
        let at = self.moment(case, "whistle", t.moved_at, None, Some(unit), n);
        let say =
            Some(Say { class: "note", rule: "whistle_call", other: Some(other), about: Some(word.into()) });
        let command = Command::Whistle { kind: word.into(), units, text: FIRST };
        self.deed(case, Doing { at, command, say }, (party(&t.holder), true), None, now)
    }

    /// The departments of a place that a whistle may summon, the one of the matter first, then by lot.
    fn departments(
        &self,
        case: &Case,
        rule: &WhistleRule,
        not: &[&UnitId],
        now: Time,
        dice: &mut Dice,
    ) -> Vec<UnitId> {
        let places = &self.rules.city.places;
        let Some(no) = case.place().and_then(|p| places.find(p)) else { return Vec::new() };
        // Who stands on a rung is called on the ladder; who sends orders is no department of a trade.
        let summonable = |u: &UnitId| {
            let kind = self.rules.kind_of_unit(u).unwrap_or_default();
            let own = not.iter().any(|n| self.rules.kind_of_unit(n) == Some(kind) || *n == u);
            let sends = self.by_unit.get(u).is_some_and(|all| all.iter().any(|s| self.may(s, "dispatch")));
            let open = case.open_of(ThreadKind::Summons).any(|t| t.holder.as_unit() == Some(u));
            !own && !sends && !open && rule.summons.iter().any(|k| k == kind) && self.handles(u)
        };
        let line = places.line(TreeNo::MAIN, no);
        // The district's before the city's: it is they who come.
        let mut found: Vec<Vec<UnitId>> = Vec::new();
        for place in line {
            let here = self.rules.city.units.of_place(&places.get(place).id).map(|u| &u.id);
            let here: Vec<UnitId> = here.filter(|u| summonable(u)).cloned().collect();
            found.extend((!here.is_empty()).then_some(here));
        }
        let mut near = found.into_iter().next().unwrap_or_default();
        let mut chosen: Vec<UnitId> =
            self.right(case.place(), case.matter(), now).filter(|u| summonable(u)).into_iter().collect();
        near.retain(|u| !chosen.contains(u));
        while !near.is_empty() {
            chosen.push(near.swap_remove(dice.below(near.len())));
        }
        chosen
    }

    /// A department that was summoned answers, comes, says what it will do, does it; or refuses. The convener
    /// signs off.
    pub(super) fn summons(&self, case: &Case, t: &Thread, now: Time) -> Option<Deed> {
        let (n, no) = (turn(case, t), t.no);
        let profile = &self.rules.profile;
        let clock = |stage| running(case, t, stage);
        let at = |pace: &str, stage: Stage| {
            self.moment(case, pace, t.moved_at, clock(stage), t.holder.as_unit(), n)
        };
        let mut dice = self.dice(case, "word", n);
        let ruled = case.threads.iter().any(|o| o.kind == ThreadKind::Ruling && o.under == Some(no));
        let (pace, stage, command, say) = match t.step {
            Step::Sent
                if !ruled
                    && self.share(case, "refuses", u64::from(no.0), self.ways().refuses)
                    && let Some(ground) =
                        pick(&self.ways().grounds, &profile.words.refuse_ground, &mut dice) =>
            {
                let say = about("refuse_reason", Some(ground.clone()));
                ("acknowledge", Stage::Acknowledge, Command::Refuse { thread: no, ground, text: FIRST }, say)
            }
            Step::Sent => ("acknowledge", Stage::Acknowledge, Command::Acknowledge { thread: no }, None),
            Step::Acknowledged => {
                let command = Command::Arrive { thread: no, text: Some(FIRST) };
                ("on_site", Stage::OnSite, command, note("arrive_note"))
            }
            Step::OnSite => {
                let measure = pick(&self.ways().measures, &profile.words.measure, &mut dice);
                let say = about("measure_note", measure.clone());
                let command = Command::StateMeasure { thread: no, measure, text: FIRST };
                ("measure", Stage::Measure, command, say)
            }
            Step::MeasureStated => {
                let command = Command::Finish { thread: no, effort: self.effort(case, n), text: FIRST };
                ("summons", Stage::Resolve, command, about("summons_done", t.outcome.clone()))
            }
            Step::Done => return self.sign_off(case, t, now),
            _ => return None,
        };
        let doing = Doing { at: at(pace, stage), command, say };
        self.deed(case, doing, (party(&t.holder), false), Some(t), now)
    }

    /// The convener signs off, or sends back to the site, with a grade; the department grades its whistle.
    fn sign_off(&self, case: &Case, t: &Thread, now: Time) -> Option<Deed> {
        let n = turn(case, t);
        let words = &self.rules.profile.words;
        let mut dice = self.dice(case, "grade", n);
        let graded = self.share(case, "graded", n, self.ways().graded);
        let whistle = case.thread(t.under?)?;
        let convener = party(&whistle.holder);
        let confirmed = !self.share(case, "unconfirmed", n, self.ways().unconfirmed);
        let grade = pick(&self.ways().grades, &words.grade, &mut dice).filter(|_| graded && confirmed);
        let command = Command::Confirm { thread: t.no, confirmed, grade, text: Some(FIRST) };
        let say = note(if confirmed { "signed_off" } else { "signed_back" });
        let say = say.map(|say| Say { other: t.holder.as_unit().cloned(), ..say });
        let at = self.moment(case, "confirm", t.moved_at, running(case, t, Stage::Check), convener.0, n);
        let signs = self.deed(case, Doing { at, command, say }, (convener, false), Some(t), now);
        let silent = t.spoke.as_ref().is_none_or(|s| s.grade.is_none());
        let word = pick(&self.ways().whistle_grades, &words.whistle_grade, &mut dice);
        let grades = word.filter(|_| graded && silent).and_then(|grade| {
            let at = self.moment(case, "grade", t.moved_at, None, t.holder.as_unit(), n);
            let command = Command::Grade { thread: t.no, grade };
            self.deed(case, Doing { at, command, say: None }, (party(&t.holder), true), Some(t), now)
        });
        grades.into_iter().chain(signs).min_by_key(|d| d.at)
    }

    /// 裁定: the district says whether a refusal stands, and who comes instead.
    pub(super) fn ruling(&self, case: &Case, t: &Thread, now: Time) -> Option<Deed> {
        let n = u64::from(t.no.0);
        let refused = case.thread(t.under?).filter(|s| s.kind == ThreadKind::Summons)?;
        let whistle = case.thread(refused.under?)?;
        let upheld = self.share(case, "upheld", n, self.ways().upheld);
        let rule = whistle.label.as_deref().and_then(|l| self.rules.profile.whistle(l))?;
        let instead: Vec<UnitId> = if upheld {
            let not: Vec<&UnitId> = whistle.holder.as_unit().into_iter().collect();
            let mut dice = self.dice(case, "instead", n);
            let asked = |u: &UnitId| {
                let ever = |o: &Thread| o.kind == ThreadKind::Summons && o.holder.as_unit() == Some(u);
                case.threads.iter().any(ever)
            };
            let found = self.departments(case, rule, &not, now, &mut dice);
            found.into_iter().filter(|u| !asked(u)).take(1).collect()
        } else {
            Vec::new()
        };
        let other = instead.first().or(refused.holder.as_unit()).cloned();
        let rule = if instead.is_empty() && upheld {
            "ruling_excused"
        } else if upheld {
            "ruling_upheld"
        } else {
            "ruling_overruled"
        };
        let say = Some(Say { class: "note", rule, other, about: refused.outcome.clone() });
        let command = Command::Rule { thread: t.no, upheld: Some(upheld), lead: None, instead, text: FIRST };
        let at = self.moment(case, "rule", t.moved_at, running(case, t, Stage::Rule), t.holder.as_unit(), n);
        self.deed(case, Doing { at, command, say }, (party(&t.holder), false), Some(t), now)
    }

    // ---- by whom ----

    /// A deed, by somebody who may do it; none where only the party's own will do and they cannot.
    fn deed(
        &self,
        case: &Case,
        doing: Doing,
        (party, own): (Party<'_>, bool),
        on: Option<&Thread>,
        now: Time,
    ) -> Option<Deed> {
        let Doing { at, command, say } = doing;
        let name = command.name();
        let able = |s: &&Staff| {
            let takes = |(offer, threads): &(&str, Vec<_>)| {
                *offer == name && on.is_none_or(|t| threads.contains(&t.no))
            };
            self.may(s, name) && offered(case, s, &self.rules, now).iter().any(takes)
        };
        let (unit, person) = party;
        let all = unit.and_then(|u| self.by_unit.get(u)).map(Vec::as_slice).unwrap_or_default();
        let from = self.dice(case, name, on.map_or(0, |t| u64::from(t.no.0))).below(all.len());
        let (before, after) = all.split_at(from);
        // Whoever has it by name goes before those who speak for the unit, and these before who has a rung of
        // their own in it. Who called for an answer does not give it.
        let called = on.filter(|_| name != "confirm").and_then(|t| self::party(&t.caller).1);
        let other = |s: &&Staff| called != Some(&s.person);
        let named = all.iter().filter(|s| Some(&s.person) == person);
        let speaks = |s: &&Staff| !self.stands_by_name(&s.role);
        let units = || after.iter().chain(before);
        let found = named.chain(units().filter(speaks)).chain(units()).filter(other).find(able);
        let others = self.by_command.get(name).map(Vec::as_slice).unwrap_or_default().iter();
        let anywhere =
            |s: &&Staff| self.rules.profile.roles.get(s.role.as_str()).is_some_and(|r| r.any_unit) && able(s);
        let found = found.or_else(|| if own { None } else { others.clone().find(anywhere) })?;
        Some(Deed { at, actor: Actor::Staff(Box::new(found.clone())), command, say })
    }

    /// A deed of whoever holds a thread.
    pub(super) fn by_holder(
        &self,
        case: &Case,
        t: &Thread,
        (at, command, say): (Time, Command, Option<Say>),
        now: Time,
    ) -> Option<Deed> {
        self.deed(case, Doing { at, command, say }, (party(&t.holder), false), Some(t), now)
    }

    /// Whether a role has a rung of its own, which is a person's and not its unit's.
    fn stands_by_name(&self, role: &str) -> bool {
        let rungs = self.rules.profile.ladder.iter().flat_map(|l| &l.rungs);
        rungs.filter(|r| r.person).any(|r| r.callers.iter().any(|c| c == role))
    }

    /// Somebody of the nearest unit who may give `command`, and report, where their post is.
    pub(super) fn stands_at(
        &self,
        command: &str,
        place: &PlaceId,
        now: Time,
        dice: &mut Dice,
    ) -> Option<Actor> {
        let staff = self.by_unit.get(&self.nearest(command, Some(place), now)?)?;
        let able = |s: &&Staff| {
            self.may(s, command) && self.may(s, "report") && self.rules.covers(s, Some(place), now)
        };
        let able: Vec<&Staff> = staff.iter().filter(able).collect();
        able.get(dice.below(able.len())).map(|s| Actor::Staff(Box::new((*s).clone())))
    }
}

/// One of the words that the city knows, as often as it weighs.
fn pick(weights: &BTreeMap<String, f64>, known: &[Word], dice: &mut Dice) -> Option<CompactString> {
    let known: Vec<(&str, f64)> = weights
        .iter()
        .filter(|(word, _)| known.iter().any(|k| k.code == **word))
        .map(|(word, weight)| (word.as_str(), *weight))
        .collect();
    known.get(dice.weighted(known.iter().map(|(_, weight)| *weight))).map(|(word, _)| (*word).into())
}
