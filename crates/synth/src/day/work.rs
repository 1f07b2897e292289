//! The policy of those who work: given a case as it is seen, what is done next, by whom and when.
//!
//! Pure: the same case gives the same deed, whatever happened elsewhere, so that a city that was stopped goes
//! on where it was. Everybody acts through the commands of their post; what the rules do not allow is
//! refused like anybody's. When and how often is `day.toml`.

use super::book::limit;
use super::dice::{Dice, name};
use super::report::{tag, text, tone};
use super::town::Town;
use compact_str::CompactString;
use huying_core::case::command::Command;
use huying_core::case::event::{Actor, Effort, Part, Stage, TextRef, Urgency, Verdict};
use huying_core::case::state::{Case, Clock, Spine, Thread};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::clock::Limit;
use huying_core::ids::UnitId;
use huying_core::observation::{Satisfied, Solved};
use huying_core::profile::Procedure;
use huying_core::time::Time;
use huying_engine::ClearText;
use toml::Spanned;

/// A deed to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Deed {
    /// When.
    pub at: Time,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub command: Command,
    /// What is said with it.
    pub say: Option<Say>,
}

/// Words to be made when they are needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Say {
    pub(super) class: &'static str,
    pub(super) rule: &'static str,
    pub(super) other: Option<UnitId>,
    /// What it is about, a word of the profile: the rung, the measure, the ground.
    pub(super) about: Option<CompactString>,
}

pub(super) fn note(rule: &'static str) -> Option<Say> {
    Some(Say { class: "note", rule, other: None, about: None })
}

/// The first words that are handed over with a command.
pub(super) const FIRST: TextRef =
    TextRef { item: huying_core::ids::ItemId(0), commit: huying_core::case::event::Digest([0; 32]) };

impl Town {
    /// What is done next on a case, not before `now`; nothing where nobody has anything to do.
    pub fn next(&self, case: &Case, now: Time) -> Option<Deed> {
        case.facts.as_ref()?;
        let mut deeds: Vec<Deed> = Vec::new();
        if matches!(case.spine, Spine::Reported | Spine::Open) {
            if let Some(direct) = self.direct(case, now) {
                return Some(later(direct, now));
            }
            deeds.extend(self.reply(case, now));
            deeds.extend(self.answer_street(case, now));
        }
        if case.spine.is_open() {
            deeds.extend(self.close(case, now));
        }
        deeds.extend(case.open_threads().filter_map(|t| self.on(case, t, now)));
        deeds.into_iter().min_by_key(|d| d.at).map(|d| later(d, now))
    }

    /// The words of a deed.
    pub fn words(&self, case: &Case, deed: &Deed) -> Vec<ClearText> {
        let Some(say) = &deed.say else { return Vec::new() };
        let (place, matter) = (case.place(), case.matter());
        let request = case.facts.as_ref().map(|f| f.request_type.as_str()).unwrap_or_default();
        let unit = if let Actor::Staff(s) = &deed.actor { Some(&s.unit) } else { case.lead.as_ref() };
        let lead = case.lead.as_ref().filter(|_| say.rule.starts_with("check")).or(unit);
        let mut slots = self.slots(place, matter, deed.at);
        // Where exactly somebody called from is in the vault, and no worker here reads it.
        let near = slots.value("place").to_owned();
        slots = slots.with("near", near);
        let source = case.facts.as_ref().map(|f| tag(&f.source)).unwrap_or_default();
        slots.tags.extend([tone(request).to_owned(), request.to_owned(), source]);
        slots.tags.extend(say.about.as_deref().map(tag));
        let slots =
            slots.with("unit", self.unit_name(lead)).with("other", self.unit_name(say.other.as_ref()));
        let mut dice = self.dice(case, say.rule, u64::from(case.version.0));
        let words = self.makings.texts.grow(self.family(matter), say.rule, &slots, &mut dice);
        vec![text(say.class, words)]
    }

    pub(super) fn share(&self, case: &Case, question: &str, n: u64, share: f64) -> bool {
        self.dice(case, question, n).chance(share)
    }

    // ---- the spine ----

    /// A seat answers at once what can be answered at once.
    fn direct(&self, case: &Case, now: Time) -> Option<Deed> {
        let facts = case.facts.as_ref().filter(|f| f.urgency == Urgency::General)?;
        let handled = case.threads.iter().any(|t| t.kind == ThreadKind::Handling);
        let share = self.book().work.direct.get(facts.request_type.as_str()).copied().unwrap_or(0.0);
        let public = facts.source == "public" || facts.source == "transfer";
        if handled || !public || !self.share(case, "direct", 0, share) {
            return None;
        }
        let at = self.moment(case, "direct", case.reported_at, None, None, 0);
        let mut dice = self.dice(case, "seat", 0);
        let actor = self.hand(case, case.lead.as_ref(), "answer_direct", now, &mut dice)?;
        let say = Some(Say { class: "reply", rule: "direct_reply", other: None, about: None });
        Some(Deed { at, actor, command: Command::AnswerDirect { text: FIRST }, say })
    }

    /// The lead unit replies once everything is handled.
    fn reply(&self, case: &Case, now: Time) -> Option<Deed> {
        let blocks = &self.rules.profile.procedure(case.facts.as_ref()?.procedure.as_str())?.blocks.answer;
        let waits = case.open_threads().any(|t| blocks.contains(&t.kind) || t.kind == ThreadKind::Approval);
        let done = case.last_order().filter(|t| t.step == Step::Done)?;
        let called = matches!(case.facts.as_ref()?.source.as_str(), "public" | "transfer");
        if waits || case.spine != Spine::Open || !called {
            return None;
        }
        let n = case.threads.len() as u64;
        let begin = case.threads.iter().map(|t| t.moved_at).max().unwrap_or(done.moved_at);
        let at = self.moment(case, "reply", begin, None, case.lead.as_ref(), n);
        let actor = self.hand(case, case.lead.as_ref(), "reply", now, &mut self.dice(case, "hand", n))?;
        let say = Some(Say { class: "reply", rule: "reply_text", other: None, about: None });
        Some(Deed { at, actor, command: Command::Reply { text: FIRST }, say })
    }

    /// What nobody called for is closed by the duty head once it is checked.
    fn close(&self, case: &Case, now: Time) -> Option<Deed> {
        let procedure = self.rules.profile.procedure(case.facts.as_ref()?.procedure.as_str())?;
        let blocked = case.open_threads().any(|t| procedure.blocks.close.contains(&t.kind));
        let done = case.last_order().filter(|t| t.step == Step::Done)?;
        if procedure.closing.by_rule.is_some() || blocked || case.spine < procedure.closing.after {
            return None;
        }
        let begin = case.threads.iter().map(|t| t.moved_at).max().unwrap_or(done.moved_at);
        let at = self.moment(case, "close", begin, None, None, 0);
        let unit = self.nearest("close", case.place(), now);
        let actor = self.hand(case, unit.as_ref(), "close", now, &mut self.dice(case, "closer", 0))?;
        let ground = self.rules.profile.words.close_ground.first()?.code.as_str().into();
        Some(Deed { at, actor, command: Command::Close { ground, text: None }, say: None })
    }

    // ---- the threads ----

    fn on(&self, case: &Case, t: &Thread, now: Time) -> Option<Deed> {
        let unit = t.holder.as_unit();
        let n = u64::from(t.no.0);
        let work = &self.book().work;
        let mut dice = self.dice(case, "hand", n);
        let at = |stage: &str, clock: Stage| {
            self.moment(case, stage, t.moved_at, running(case, t, clock), unit, n * 8 + u64::from(t.tries))
        };
        let (stage, clock, command, say) = match t.kind {
            ThreadKind::Verify => self.verify(case, t),
            // The duty head opens a case about as fast as the desk dispatches one.
            ThreadKind::Register => ("dispatch", Stage::Register, opens(t), None),
            ThreadKind::Dispatch => self.dispatch(case, t)?,
            ThreadKind::Handling => return self.handle(case, t, now),
            ThreadKind::Rung => return self.rung(case, t, now),
            ThreadKind::Summons => return self.summons(case, t, now),
            ThreadKind::Ruling => return self.ruling(case, t, now),
            ThreadKind::Visit => return self.visit(case, t, now),
            ThreadKind::Return => {
                let granted = self.share(case, "return", n, self.grants(case, t));
                let say = note(if granted { "return_granted" } else { "return_refused" });
                let command = Command::DecideReturn { thread: t.no, granted, text: Some(FIRST) };
                ("return", Stage::Return, command, say)
            }
            ThreadKind::Extension => {
                let granted = self.share(case, "extension_word", n, work.extension_granted);
                let command =
                    Command::DecideExtension { thread: t.no, granted, text: granted.then_some(FIRST) };
                let say = if granted { note("extension_word") } else { None };
                ("extension", Stage::Extension, command, say)
            }
            ThreadKind::Suspension if t.step == Step::Hung => {
                let command = Command::Resume { thread: t.no, text: Some(FIRST) };
                ("resume", Stage::Reexamine, command, note("resume_note"))
            }
            ThreadKind::Suspension => {
                let granted = self.share(case, "suspension_word", n, work.suspension_granted);
                let command =
                    Command::DecideSuspension { thread: t.no, granted, text: granted.then_some(FIRST) };
                let say = if granted { note("suspension_word") } else { None };
                ("suspension", Stage::Suspension, command, say)
            }
            ThreadKind::Approval => {
                let granted = !self.share(case, "approval", n, work.reply_refused);
                let text = (!granted).then_some(FIRST);
                let command = Command::DecideReply { thread: t.no, granted, text };
                ("approval", Stage::Approval, command, if granted { None } else { note("approval_back") })
            }
            ThreadKind::Check => {
                let passed = !self.share(case, "check", n, work.check_failed);
                let command = Command::Check { thread: t.no, passed, text: Some(FIRST) };
                let say = note(if passed { "check_passed" } else { "check_failed" });
                ("check", Stage::Check, command, say)
            }
            ThreadKind::Callback => self.callback(case, t),
            ThreadKind::Rating => return self.rate(case, t),
            _ => return None,
        };
        let actor = self.hand(case, unit, command.name(), now, &mut dice)?;
        let at = match t.kind {
            ThreadKind::Callback if t.tries > 0 => {
                let begin = case.last.as_ref().map_or(t.moved_at, |l| l.at.max(t.moved_at));
                self.moment(case, "retry", begin, None, unit, n * 8 + u64::from(t.tries))
            }
            _ => at(stage, clock),
        };
        Some(Deed { at, actor, command, say })
    }

    fn verify(&self, case: &Case, t: &Thread) -> Doing {
        let untrue = self.share(case, "untrue", u64::from(t.no.0), self.book().work.untrue);
        // The first ground of the list is what a finding on site can be.
        let ground = self.rules.profile.words.void_ground.first().map(|w| w.code.as_str().into());
        let command = Command::Verify {
            thread: t.no,
            confirmed: !untrue,
            circumstance: if untrue { None } else { self.met_under(case) },
            ground: ground.filter(|_| untrue),
            of: None,
            text: Some(FIRST),
        };
        ("verify", Stage::Verify, command, note(if untrue { "verify_false" } else { "verify_true" }))
    }

    /// The circumstance that a matter is met under on site; each of those it has as often as the others.
    fn met_under(&self, case: &Case) -> Option<CompactString> {
        let stated = self.rules.city.catalogue.circumstances(case.matter()?);
        let at = self.dice(case, "circumstance", 0).below(stated.len().max(1));
        stated.get(at).map(|c| c.id.clone())
    }

    fn dispatch(&self, case: &Case, t: &Thread) -> Option<Doing> {
        let n = u64::from(t.no.0);
        let work = &self.book().work;
        let mut dice = self.dice(case, "dispatch", n);
        let first = t.round == 0 && case.returns == 0;
        let sum: f64 = work.turned_down.values().sum();
        if first && dice.chance(sum) {
            let ground = work.turned_down.keys().nth(dice.weighted(work.turned_down.values().copied()))?;
            let facts = case.facts.as_ref()?;
            let rule = self.rules.profile.procedure(facts.procedure.as_str())?.voiding.as_ref();
            let names = rule.is_some_and(|r| r.names_other.iter().any(|g| g == ground));
            let of = facts.nearby.first().map(|n| n.case).filter(|_| names);
            // What repeats no known case is not voided as a repetition.
            if !names || of.is_some() {
                let command = Command::Void { ground: ground.as_str().into(), of, text: Some(FIRST) };
                return Some(("dispatch", Stage::Dispatch, command, note("void_note")));
            }
        }
        let (place, matter) = (case.place(), case.matter());
        let right = self.right(place, matter, t.opened_at)?;
        let misled = first && dice.chance(work.misled);
        let wrong = if misled { self.other(place, &[&right], &mut dice) } else { None };
        let lead = wrong.unwrap_or(right);
        let co = if dice.chance(work.co) { self.other(place, &[&lead], &mut dice) } else { None };
        let other = Some(lead.clone());
        let command =
            Command::Dispatch { thread: t.no, lead, co: co.into_iter().collect(), text: Some(FIRST) };
        let say = Some(Say { class: "note", rule: "dispatch_note", other, about: None });
        Some(("dispatch", Stage::Dispatch, command, say))
    }

    /// Whether the thread's unit is the one that should have it.
    fn belongs(&self, case: &Case, t: &Thread) -> bool {
        t.part == Some(Part::Co)
            || self.right(case.place(), case.matter(), t.opened_at).as_ref() == t.holder.as_unit()
    }

    fn grants(&self, case: &Case, t: &Thread) -> f64 {
        let handling = t.under.and_then(|no| case.thread(no));
        let own = handling.is_some_and(|h| self.belongs(case, h));
        if own { 0.0 } else { self.book().work.return_granted }
    }

    /// Whether an order may still be given back then.
    fn takes_back(&self, procedure: &Procedure, t: &Thread, at: Time) -> bool {
        let hours = t.holder.as_unit().and_then(|u| self.rules.hours_of(u));
        let until = |l: &Limit| l.deadline(t.opened_at, hours.as_ref(), &self.rules.calendar).ok();
        let within = procedure.returns.as_ref().map(|r| &r.within);
        within.and_then(until).is_none_or(|d| at <= d.due)
    }

    fn handle(&self, case: &Case, t: &Thread, now: Time) -> Option<Deed> {
        let n = u64::from(t.no.0);
        let work = &self.book().work;
        let unit = t.holder.as_unit();
        let begun = |kind: ThreadKind| case.threads.iter().any(|o| o.kind == kind && o.under == Some(t.no));
        let asked = |o: &Thread| o.under == Some(t.no) && o.is_open();
        if case.threads.iter().any(asked) {
            return None;
        }
        let procedure = self.rules.profile.procedure(case.facts.as_ref()?.procedure.as_str())?;
        let own = self.belongs(case, t);
        let soon = self.moment(case, "sign", t.moved_at, running(case, t, Stage::Sign), unit, n).max(now);
        let gives_back = !begun(ThreadKind::Return)
            && t.round == 0
            && self.takes_back(procedure, t, soon)
            && (!own || (t.part == Some(Part::Lead) && self.share(case, "shirks", n, work.shirks)));
        let named =
            case.facts.as_ref().is_some_and(|f| f.identity == huying_core::case::event::Identity::Named);
        let contact = procedure.contact_first
            && t.part == Some(Part::Lead)
            && named
            && case.reachable()
            && t.contacted_at.is_none()
            && case.contacted_at.is_none();
        let due = running(case, t, Stage::Handle).map(|c| c.due);
        let more = limit(&work.extension_by).zip(due).and_then(|(l, due)| self.by(&l, due.max(now)));
        let hang = limit(&work.suspension_by).and_then(|l| self.by(&l, now));
        let (stage, clock, command, say) = if gives_back {
            let other = self.right(case.place(), case.matter(), t.opened_at).filter(|_| !own);
            let say = Some(Say { class: "note", rule: "return_reason", other, about: None });
            ("sign", Stage::Sign, Command::AskReturn { thread: t.no, text: FIRST }, say)
        } else if t.step == Step::Sent {
            ("sign", Stage::Sign, Command::Sign { thread: t.no }, None)
        } else if contact {
            let command = Command::Contact { thread: t.no, text: Some(FIRST) };
            ("contact", Stage::Contact, command, note("contact_note"))
        } else if let Some(until) = more
            && !begun(ThreadKind::Extension)
            && self.share(case, "extension", n, work.extension)
        {
            let command = Command::AskExtension { thread: t.no, until, text: FIRST };
            ("handle", Stage::Handle, command, note("extension_reason"))
        } else if let Some(reexamine) = hang
            && !begun(ThreadKind::Suspension)
            && self.share(case, "suspension", n, work.suspension)
        {
            let command = Command::AskSuspension { thread: t.no, reexamine, text: FIRST };
            ("contact", Stage::Contact, command, note("suspension_reason"))
        } else {
            let mut dice = self.dice(case, "effort", n);
            let effort = Effort {
                minutes: dice.between(work.minutes.0, work.minutes.1),
                trips: u16::try_from(dice.between(0, work.trips)).unwrap_or(0),
                forms: 1,
            };
            let command = Command::Finish { thread: t.no, effort, text: FIRST };
            ("handle", Stage::Handle, command, note("finish_note"))
        };
        let at = self.moment(case, stage, t.moved_at, running(case, t, clock), unit, n);
        let mut dice = self.dice(case, "hand", n);
        let actor = self.hand(case, unit, command.name(), now, &mut dice)?;
        Some(Deed { at, actor, command, say })
    }

    fn callback(&self, case: &Case, t: &Thread) -> Doing {
        let n = u64::from(t.no.0);
        let work = &self.book().work;
        let reached = !self.share(case, "reached", n * 8 + u64::from(t.tries), work.unreachable);
        let verdict = if reached { self.verdict(case, n) } else { Verdict::default() };
        let rule = match verdict.solved {
            None => "callback_unreached",
            Some(Solved::Solved) => "callback_good",
            Some(Solved::Partly) => "callback_partly",
            Some(Solved::NotSolved) => "callback_bad",
        };
        let command = Command::Callback { thread: t.no, reached, verdict, text: Some(FIRST) };
        ("callback", Stage::Callback, command, note(rule))
    }

    /// What the caller thinks of the answer that thread `n` asks about.
    fn verdict(&self, case: &Case, n: u64) -> Verdict {
        let work = &self.book().work;
        let mut dice = self.dice(case, "verdict", n);
        let solved = match dice.unit() {
            u if u < work.not_solved => Solved::NotSolved,
            u if u < work.not_solved + work.partly => Solved::Partly,
            _ => Solved::Solved,
        };
        let (very, yes, basically, no) = work.satisfied;
        let happy = [Satisfied::Very, Satisfied::Satisfied, Satisfied::Basically, Satisfied::NotSatisfied];
        let satisfied = match solved {
            Solved::Solved => happy.get(dice.weighted([very, yes, basically, no].into_iter())).copied(),
            Solved::Partly => Some(Satisfied::Basically),
            Solved::NotSolved => Some(Satisfied::NotSatisfied),
        };
        Verdict { solved: Some(solved), satisfied }
    }

    fn rate(&self, case: &Case, t: &Thread) -> Option<Deed> {
        let n = u64::from(t.no.0);
        let channel = case.facts.as_ref()?.channel.as_str();
        let share = self.book().work.rates.get(channel).copied().unwrap_or(0.0);
        // Who was called and said their word does not say it again.
        let told = case
            .threads
            .iter()
            .any(|o| o.kind == ThreadKind::Callback && o.step == Step::Reached && o.no > t.no);
        if told || !self.share(case, "rates", n, share) {
            return None;
        }
        let verdict = self.verdict(case, n);
        let good =
            verdict.solved == Some(Solved::Solved) && verdict.satisfied != Some(Satisfied::NotSatisfied);
        let at = self.moment(case, "rate", t.opened_at, None, None, n);
        let say = note(if good { "rating_good" } else { "rating_bad" });
        Some(Deed { at, actor: Actor::Caller, command: Command::Rate { verdict, text: Some(FIRST) }, say })
    }

    // ---- when ----

    /// When a stage is done that began at `begin`: a part of the time that its clock, or the book, gives it.
    pub(super) fn moment(
        &self,
        case: &Case,
        stage: &str,
        begin: Time,
        clock: Option<&Clock>,
        unit: Option<&UnitId>,
        n: u64,
    ) -> Time {
        let Some(pace) = self.book().pace.get(stage) else { return begin };
        let mut dice = self.dice(case, stage, n);
        // Some units are quick and some are slow, and stay so.
        let spread = self.book().work.unit_spread;
        let slow = unit
            .map_or(1.0, |u| 1.0 + spread * (2.0 * Dice::of(&[self.seed, name(u.as_str())]).unit() - 1.0));
        let due = clock.map(|c| c.due).or_else(|| self.plain(&pace.plain, begin)).unwrap_or(begin);
        let span = due.since(begin).max(1) as f64;
        let late = dice.chance(pace.late * slow * slow);
        let part = if late {
            1.0 + pace.over * slow * dice.unit()
        } else {
            let part = pace.from + (pace.to - pace.from) * dice.unit().powf(pace.skew);
            (part * slow).min(pace.to.max(pace.from))
        };
        let at = begin.plus((span * part) as i64);
        let general = case.facts.as_ref().is_some_and(|f| f.urgency == Urgency::General);
        if !(pace.office && general) {
            return at;
        }
        let open = self.open(at, &mut dice);
        // Whoever keeps the time does not let it run out before the doors open.
        if late || open <= due || at > due { open } else { at }
    }

    fn plain(&self, written: &Spanned<String>, begin: Time) -> Option<Time> {
        limit(written).and_then(|l| self.by(&l, begin))
    }

    fn by(&self, limit: &Limit, begin: Time) -> Option<Time> {
        limit.deadline(begin, None, &self.rules.calendar).ok().map(|d| d.due)
    }

    /// When a tried deed may be tried again.
    pub(super) fn again(&self, now: Time) -> Option<Time> {
        self.plain(&self.book().work.again, now)
    }

    /// `at`, or when work begins again after it.
    fn open(&self, at: Time, dice: &mut Dice) -> Time {
        let calendar = &self.rules.calendar;
        let mut day = calendar.date(at);
        // The longest holiday is shorter than a month: a fact, not a rule.
        for _ in 0..31 {
            for (from, to) in calendar.windows(day, None).unwrap_or_default() {
                if at < from {
                    let over = to.since(from) as f64 * self.book().work.opening;
                    return from.plus((over * dice.unit()) as i64);
                }
                if at <= to {
                    return at;
                }
            }
            day = day.saturating_add(jiff::Span::new().days(1));
        }
        at
    }
}

/// Stage, clock, command and words of a deed on a thread.
type Doing = (&'static str, Stage, Command, Option<Say>);

fn opens(t: &Thread) -> Command {
    Command::Register { thread: t.no, granted: true, circumstance: None, ground: None, of: None, text: None }
}

fn later(deed: Deed, now: Time) -> Deed {
    Deed { at: deed.at.max(now), ..deed }
}

/// The clock of a stage of a thread, where it runs.
pub(super) fn running<'c>(case: &'c Case, t: &Thread, stage: Stage) -> Option<&'c Clock> {
    case.clocks.iter().rev().find(|c| c.thread == Some(t.no) && c.stage == stage && c.runs())
}
