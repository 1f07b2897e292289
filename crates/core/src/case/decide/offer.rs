//! What is worth offering: of the commands that powers would let pass, those that the case and its threads
//! could take as they stand. A command left out here would be refused whatever its fields said; one that is
//! in may still be refused for what its fields say. Nothing is decided here.

use super::mend::NOT_UNDONE;
use super::powers::{kinds_of, spines_of};
use crate::case::event::{Identity, Staff};
use crate::case::state::{Case, Thread};
use crate::case::thread::{Step, ThreadKind};
use crate::profile::{Fits, OwedOn, Procedure, Quick, WhistleRule};
use crate::rules::Rules;
use crate::time::Time;

/// The case and whoever looks at it.
pub(super) struct Offer<'a> {
    pub(super) case: &'a Case,
    pub(super) staff: &'a Staff,
    pub(super) rules: &'a Rules,
    pub(super) now: Time,
}

impl Offer<'_> {
    fn procedure(&self) -> Option<&Procedure> {
        let facts = self.case.facts.as_ref()?;
        self.rules.profile.procedure(facts.procedure.as_str())
    }

    fn any_open(&self, of: impl Fn(&Thread) -> bool) -> bool {
        self.case.open_threads().any(of)
    }

    fn leads(&self) -> bool {
        self.case.lead.as_ref() == Some(&self.staff.unit)
    }

    /// Whether the case as a whole could take `command`.
    pub(super) fn on_case(&self, command: &str) -> bool {
        if !spines_of(command).contains(&self.case.spine) {
            return false;
        }
        match command {
            "answer_direct" => self.answers_directly(),
            "handle_at_once" => self.mends_at_once(),
            "redispatch" => self.any_open(|t| t.kind == ThreadKind::Handling),
            "reply" => self.replies(),
            "whistle" => self.follows_nobody() && self.whistles(),
            "ask_whistle" => self.follows_nobody() && self.asks_whistles(),
            "close" => self.ripe(),
            "merge" => self.follows_nobody() && self.case.followers.is_empty(),
            "plan" | "meet" => {
                self.leads() || self.any_open(|t| t.kind == ThreadKind::Whistle && self.has(t))
            }
            "instruct" => self.rules.profile.instructing.is_some(),
            "ask_correction" => self.case.clocks.iter().any(|c| c.kept() == Some(false)),
            "ask_exclusion" => {
                self.case.excluded.is_none() && !self.any_open(|t| t.kind == ThreadKind::Exclusion)
            }
            "return_above" => self.returns_above(),
            "unrestrict" => self.case.restricted.is_some(),
            "undo" => self.undoes(),
            "void" => super::intake::may_void(self.case, self.staff, self.procedure()).is_ok(),
            "end_routine" => super::routine::may_end(self.case, self.staff, self.rules).is_ok(),
            "rate" => self.any_open(|t| t.kind == ThreadKind::Rating),
            "supervise" => super::supervise::watched(self.case, None, &self.staff.unit).is_none(),
            "urge" => self.any_open(|t| self.urges(t) && !self.has(t)),
            _ => true,
        }
    }

    /// Whether a thread could take `command`.
    pub(super) fn on_thread(&self, thread: &Thread, command: &str) -> bool {
        kinds_of(command).contains(&thread.kind) && self.step_takes(thread, command)
    }

    fn step_takes(&self, thread: &Thread, command: &str) -> bool {
        let after = |step: Step| thread.kind.after(thread.step).contains(&step);
        let pends = |kind: ThreadKind| self.any_open(|t| t.kind == kind && t.under == Some(thread.no));
        let done = thread.step == Step::Done;
        match command {
            "sign" => thread.step == Step::Sent,
            "contact" => after(Step::Contacted),
            "ask_return" => !pends(ThreadKind::Return),
            "ask_extension" => !pends(ThreadKind::Extension),
            "ask_suspension" if super::hang::answered(self.case, thread) => {
                !self.any_open(|t| t.kind == ThreadKind::Suspension)
            }
            "ask_suspension" => !done && !pends(ThreadKind::Suspension),
            "callback" => super::hang::waits(self.case).is_none(),
            "decide_suspension" => after(Step::Hung),
            "decide_whistle" | "summon" => self.signs(thread),
            "resume" => after(Step::Resumed),
            "finish" => self.finishes(thread),
            "acknowledge" | "climb" if done => false,
            "acknowledge" => after(Step::Acknowledged),
            "confirm" => done,
            "send" => thread.step == Step::Waiting,
            "supervise" => {
                let open = super::supervise::watched(self.case, Some(thread.no), &self.staff.unit).is_none();
                open && super::supervise::watchable(thread.kind) && !self.has(thread)
            }
            "urge" => self.urges(thread),
            "withdraw" if thread.kind == ThreadKind::Rung => {
                !done && self.any_open(|t| t.kind == ThreadKind::Rung && t.no != thread.no)
            }
            "arrive" => matches!(thread.step, Step::Sent | Step::Acknowledged),
            "state_measure" => after(Step::MeasureStated),
            "refuse" => after(Step::Refused) && !super::ruling::overruled(self.case, thread.no),
            "grade" => {
                let early = matches!(thread.step, Step::Sent | Step::Acknowledged | Step::Withdrawn);
                !early && thread.spoke.as_ref().is_none_or(|s| s.grade.is_none())
            }
            _ => true,
        }
    }

    fn has(&self, thread: &Thread) -> bool {
        thread.holder.as_unit() == Some(&self.staff.unit)
    }

    /// Whether the procedure urges whoever has such a thread.
    fn urges(&self, thread: &Thread) -> bool {
        self.procedure().and_then(|p| p.urging.as_ref()).is_some_and(|rule| super::urge::may_be(thread, rule))
    }

    fn follows_nobody(&self) -> bool {
        !self.any_open(|t| t.kind == ThreadKind::Merge)
    }

    fn mends_at_once(&self) -> bool {
        let Some(procedure) = self.procedure() else { return false };
        let fits = |rule: &&Quick| Fits::of(self.case).is_some_and(|facts| rule.when.fits(&facts));
        let small = procedure
            .quick
            .as_ref()
            .filter(fits)
            .is_some_and(|r| super::evidence::missing(self.case, &r.pictures).is_empty());
        let rests = self.any_open(|t| super::quick::rests_on(procedure, t));
        small && !rests && self.follows_nobody() && super::quick::at_work(self.case).is_none()
    }

    fn answers_directly(&self) -> bool {
        let dispatched = self.case.threads.iter().any(|t| t.kind == ThreadKind::Handling);
        !dispatched && self.follows_nobody() && !self.any_open(super::answer::at_it)
    }

    fn replies(&self) -> bool {
        let Some(procedure) = self.procedure() else { return false };
        let blocks = |t: &Thread| {
            t.kind == ThreadKind::Approval
                || (procedure.blocks.answer.contains(&t.kind)
                    && !(t.kind == ThreadKind::Rung && t.step == Step::Done))
        };
        self.leads() && self.follows_nobody() && !self.any_open(blocks)
    }

    /// Whether the unit is of a kind that convenes any of the city's whistles, and the role signs it.
    fn whistles(&self) -> bool {
        let kind = self.rules.kind_of_unit(&self.staff.unit).unwrap_or_default();
        let signs = |w: &WhistleRule| WhistleRule::names(&w.signed_by, &self.staff.role);
        self.rules.profile.whistles.iter().any(|w| w.conveners.iter().any(|c| c == kind) && signs(w))
    }

    /// 签发: whether the role signs whistles of the type that a thread blows or asks for.
    fn signs(&self, thread: &Thread) -> bool {
        let rule = thread.label.as_deref().and_then(|kind| self.rules.profile.whistle(kind));
        rule.is_some_and(|rule| WhistleRule::names(&rule.signed_by, &self.staff.role))
    }

    /// Whether the unit may ask for any of the city's whistles.
    fn asks_whistles(&self) -> bool {
        let kind = self.rules.kind_of_unit(&self.staff.unit).unwrap_or_default();
        self.rules.profile.whistles.iter().any(|w| super::proposal::may_ask(w, kind).is_some())
    }

    fn ripe(&self) -> bool {
        let Some(procedure) = self.procedure() else { return false };
        let owes = super::external::governing(self.case, self.rules).is_some()
            && self.any_open(|t| t.kind == ThreadKind::External);
        self.case.spine >= procedure.closing.after && !self.any_open(|t| procedure.keeps_open(t)) && !owes
    }

    /// Whether a system above takes orders back, and was not asked already.
    fn returns_above(&self) -> bool {
        let system = super::external::governing(self.case, self.rules);
        let owed = system.and_then(|s| s.owed_on(OwedOn::Returned));
        owed.is_some_and(|owed| {
            !self.any_open(|t| t.kind == ThreadKind::External && t.label.as_ref() == Some(&owed.label))
        })
    }

    fn undoes(&self) -> bool {
        self.case.last.as_ref().is_some_and(|last| {
            let minutes = i64::from(self.rules.profile.settings.undo_minutes);
            last.version == self.case.version
                && last.person.as_ref() == Some(&self.staff.person)
                && !NOT_UNDONE.contains(&last.command.as_str())
                && self.now.since(last.at) <= minutes * super::mend::MS_PER_MINUTE
        })
    }

    fn finishes(&self, thread: &Thread) -> bool {
        let under = |kind: ThreadKind| {
            move |t: &Thread| {
                t.under == Some(thread.no)
                    && t.kind == kind
                    && (kind != ThreadKind::Suspension || t.step == Step::Hung)
            }
        };
        let hung = self.any_open(under(ThreadKind::Suspension));
        let convenes = self.any_open(under(ThreadKind::Whistle));
        let may_end = thread.kind.after(thread.step).contains(&Step::Done);
        match thread.kind {
            ThreadKind::Handling => may_end && !hung && !self.owes_contact(thread),
            // Who says that a call is done has answered it.
            ThreadKind::Rung => thread.step != Step::Done && !hung && !convenes,
            ThreadKind::Instruction => thread.step == Step::Signed,
            _ => may_end && !convenes,
        }
    }

    fn owes_contact(&self, thread: &Thread) -> bool {
        let named = self.case.facts.as_ref().is_some_and(|f| f.identity == Identity::Named);
        let first = self.procedure().is_some_and(|p| p.contact_first);
        let lead = thread.part == Some(crate::case::event::Part::Lead);
        let never = thread.contacted_at.is_none() && self.case.contacted_at.is_none();
        first && lead && named && self.case.reachable() && never
    }
}
