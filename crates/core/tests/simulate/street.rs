//! What random people do on the ladder and with whistles, and what must hold of both after every record.

use super::Life;
use crate::common::*;
use huying_core::case::command::{Command, Milestone};
use huying_core::case::event::*;
use huying_core::case::notice::{Notice, NoticeKind, Recipient, notices};
use huying_core::case::state::*;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::*;

impl Life<'_> {
    pub(super) fn department(&mut self) -> UnitId {
        let all = [WATER, TRAFFIC, HOUSING, CITY_MANAGEMENT, STREET, "u510105-water"];
        let id: &&str = self.dice.pick(&all);
        unit(id)
    }

    pub(super) fn milestones(&mut self) -> Vec<Milestone> {
        let days = 1 + i64::try_from(self.dice.below(9)).unwrap();
        let step =
            |label: &str, n: i64| Milestone { label: label.into(), until: self.now.plus(hours(24 * n)) };
        vec![step("stop_work", days), step("cleared", days * 2)]
    }

    pub(super) fn on_rung(&mut self, thread: &Thread) -> Command {
        let no = thread.no;
        let reexamine = self.now.plus(hours(20 + i64::try_from(self.dice.below(400)).unwrap()));
        match self.dice.below(20) {
            0 => Command::Climb { thread: no, text: text(5) },
            1 => Command::Withdraw { thread: no, text: text(5) },
            2 => Command::AskSuspension { thread: no, reexamine, text: text(5) },
            3..=5 => self.whistle(),
            6 => Command::Plan { thread: None, milestones: self.milestones() },
            _ if thread.step == Step::Done => {
                let grade = self.dice.maybe("good".into());
                Command::Confirm { thread: no, confirmed: self.dice.chance(50), grade, text: None }
            }
            7..=12 if thread.step == Step::Sent => Command::Acknowledge { thread: no },
            _ => {
                let effort = Effort { minutes: 9, trips: 1, forms: 0 };
                Command::Finish { thread: no, effort, text: text(5) }
            }
        }
    }

    pub(super) fn whistle(&mut self) -> Command {
        let kind = (*self.dice.pick(&["everyday", "emergency", "key-task"])).into();
        let units = (0..1 + self.dice.below(3)).map(|_| self.department()).collect();
        Command::Whistle { kind, units, text: text(5) }
    }

    pub(super) fn on_summons(&mut self, thread: &Thread) -> Command {
        let no = thread.no;
        let text = text(5);
        match (self.dice.below(12), thread.step) {
            (0, _) => Command::Withdraw { thread: no, text },
            (1, _) => Command::Grade { thread: no, grade: "warranted".into() },
            (2, _) => self.whistle(),
            (3, _) | (4, Step::Sent) => Command::Refuse { thread: no, ground: "no_legal_power".into(), text },
            (5.., Step::Sent) => Command::Acknowledge { thread: no },
            (_, Step::Acknowledged | Step::Refused) => Command::Arrive { thread: no, text: None },
            (_, Step::OnSite) => {
                let measure = self.dice.maybe("repaired".into());
                Command::StateMeasure { thread: no, measure, text }
            }
            (_, Step::Done) => {
                let grade = self.dice.maybe("fair".into());
                Command::Confirm { thread: no, confirmed: self.dice.chance(70), grade, text: None }
            }
            _ => Command::Finish { thread: no, effort: Effort::default(), text },
        }
    }

    /// Each thread of the ladder and of whistles has one holder and something that will move it: a clock, a
    /// date, a thread under it, or for a finished rung the word of who called.
    pub(super) fn check_ladder(&self, case: &Case) {
        use ThreadKind::*;
        for thread in case.open_threads() {
            if !matches!(thread.kind, Rung | Whistle | Summons | Ruling | Milestone) {
                continue;
            }
            let timed = case.clocks.iter().any(|c| {
                let stands = matches!(c.ticking, Ticking::Running | Ticking::Paused { .. });
                c.thread == Some(thread.no) && stands
            });
            let under = case.open_threads().any(|t| t.under == Some(thread.no));
            let word = thread.step == Step::Done && thread.caller == Holder::Caller;
            assert!(timed || under || word, "nothing moves {thread:?}");
            let unit = thread.holder.as_unit().expect("a unit holds it");
            let about = case.facts.as_ref().and_then(|f| f.about.as_ref());
            let root = self.rules.root_unit(self.now);
            let none_left = thread.label.is_some() && Some(unit) == root.as_ref();
            assert!(
                about.is_none_or(|a| !self.rules.accused(unit, a)) || none_left,
                "the accused holds {thread:?}"
            );
        }
        for summons in case.open_of(Summons) {
            let whistle = summons.under.and_then(|no| case.thread(no)).expect("a whistle");
            assert!(whistle.kind == Whistle && whistle.is_open(), "a summons of no open whistle");
            assert!(summons.holder.as_unit() != whistle.holder.as_unit());
            let ruled = case.open_of(Ruling).filter(|r| r.under == Some(summons.no)).count();
            assert_eq!(ruled, usize::from(summons.step == Step::Refused), "{summons:?}");
        }
        for ruling in case.open_of(Ruling) {
            let refused = ruling.under.and_then(|no| case.thread(no)).expect("a summons");
            assert!(refused.step == Step::Refused, "{ruling:?} is about {refused:?}");
        }
        for whistle in case.open_of(Whistle) {
            assert!(
                case.open_of(Summons).any(|s| s.under == Some(whistle.no)),
                "{whistle:?} waits for nobody"
            );
        }
    }

    /// Every promised notice exists, once: told by its id, and by who is told what about which thread.
    pub(super) fn check_notices(&mut self, record: &Record, after: &Case) {
        let all = notices(record, self.case.as_ref(), after);
        assert_eq!(all, notices(record, self.case.as_ref(), after), "notices depend on who asks");
        for notice in &all {
            assert!(self.told.insert(notice.id), "{notice:?} exists twice");
        }
        let count = |kind: NoticeKind, thread: ThreadNo, holder: &Holder| {
            let to = |n: &&Notice| match (&n.to, holder) {
                (Recipient::Unit(u), Holder::Unit { unit, person: None }) => u == unit,
                (Recipient::Person { person: p, .. }, Holder::Unit { person, .. }) => {
                    Some(p) == person.as_ref()
                }
                (Recipient::System(a), Holder::System(b)) => a == b,
                _ => false,
            };
            all.iter().filter(|n| n.kind == kind && n.thread == Some(thread)).filter(to).count()
        };
        for event in &record.events {
            match event {
                Event::ThreadOpened(t) if t.kind == ThreadKind::Summons => {
                    assert_eq!(count(NoticeKind::Summons, t.thread, &t.holder), 1);
                }
                Event::ThreadOpened(t) if t.kind == ThreadKind::Supervision => {
                    assert_eq!(count(NoticeKind::Escalation, t.thread, &t.holder), 1);
                }
                Event::ThreadMoved { thread, step: Step::Climbed, .. } => {
                    let climbed = after.thread(*thread).unwrap();
                    assert_eq!(count(NoticeKind::Escalation, *thread, &climbed.holder), 1);
                    if climbed.kind == ThreadKind::Rung && climbed.caller != Holder::Caller {
                        assert_eq!(count(NoticeKind::Escalation, *thread, &climbed.caller), 1);
                    }
                }
                Event::ThreadHeld { thread, holder } => {
                    assert_eq!(count(NoticeKind::HandedOver, *thread, holder), 1);
                }
                Event::ClockFired { clock, edge, .. } => {
                    let clock = after.clock(*clock).unwrap();
                    if !matches!(clock.stage, Stage::Rating | Stage::Reexamine) {
                        let kind =
                            if *edge == Edge::Near { NoticeKind::NearDue } else { NoticeKind::Overdue };
                        assert!(all.iter().any(|n| n.kind == kind && n.clock == Some(clock.no)), "{clock:?}");
                    }
                }
                Event::VerdictGiven { .. } => {
                    let lead = after.lead.clone().map(Recipient::Unit);
                    let told = all.iter().filter(|n| n.kind == NoticeKind::Verdict && n.thread.is_none());
                    assert_eq!(told.filter(|n| Some(&n.to) == lead.as_ref()).count(), 1);
                }
                _ => {}
            }
        }
        if !after.reachable() {
            assert!(all.iter().all(|n| n.to != Recipient::Caller), "nobody can be told");
        }
    }
}
