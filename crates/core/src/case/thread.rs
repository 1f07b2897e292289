//! Threads: the small machines that run beside the spine of a case.
//!
//! A kind of thread is a fixed machine of steps; which threads a case opens, who holds them, how long they
//! may take and what they block is data of a procedure (`profile/`). New states are added here, in code,
//! once for every city; a city never adds one. Next: `state.rs` for what a case remembers of a thread.

use serde::{Deserialize, Serialize};

/// The kinds of thread 环节.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreadKind {
    /// 核实: somebody goes and looks whether a public report is true.
    Verify,
    /// 派遣: the dispatcher finds the unit that handles. A second one is a redispatch 改派.
    Dispatch,
    /// 处置: one unit signs, contacts the caller, handles. A round above 0 is a rework 返工/重办.
    Handling,
    /// 退单: a handler asks to give its order back.
    Return,
    /// 延期: a handler asks for more time.
    Extension,
    /// 挂账: handling waits for a lawful reason, until a date of re-examination.
    Suspension,
    /// 审核签发: a reply is approved before the caller gets it.
    Approval,
    /// 核查: somebody other than the handler checks the result.
    Check,
    /// 回访: the caller is asked whether it is solved and whether they are satisfied.
    Callback,
    /// 评价: the caller may rate by themselves.
    Rating,
    /// 并案: this case follows another one.
    Merge,
    /// 剔除: somebody asks that the case be left out of scores, somebody else decides.
    Exclusion,
    /// 申诉/更正: a score is appealed, or a late proof corrects it.
    Correction,
    /// 督办: somebody above watches until it is answered.
    Supervision,
    /// 呼应: one rung of the ladder.
    Rung,
    /// 吹哨: a convener calls departments together.
    Whistle,
    /// 报到: one department's part in a whistle.
    Summons,
    /// 裁定: whose duty it is, ruled on site or by the district.
    Ruling,
    /// 攻坚节点: one dated step of a hard task.
    Milestone,
    /// 外部工单: what we owe to, or wait for from, a system that governs the case.
    External,
    /// 走访/巡查: a visit owed.
    Visit,
    /// 批示: a leader's instruction to be answered.
    Instruction,
    /// 立案审批: the duty head says whether what was taken in is opened.
    Register,
    /// 提请吹哨: somebody asks a convener to whistle; who speaks for the convener decides.
    Proposal,
}

/// The steps that threads stand on. Which follow which is in [`ThreadKind::after`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Opened, nobody has acted.
    Waiting,
    /// Sent to its holder.
    Sent,
    /// Asked of its holder.
    Asked,
    /// Signed for 签收.
    Signed,
    /// Acknowledged by word.
    Acknowledged,
    /// The caller was contacted 先行联系.
    Contacted,
    /// The department is on site 到场.
    OnSite,
    /// A concrete measure was stated.
    MeasureStated,
    /// The holder says it is done.
    Done,
    /// A reviewer agreed, and another decides 审核.
    Reviewed,
    /// Handling is hung 挂账 until its date.
    Hung,
    /// Granted. Ends.
    Granted,
    /// Refused by who had to decide. Ends, except that a refused summons waits for its ruling.
    Refused,
    /// Found true. Ends.
    Confirmed,
    /// Found untrue. Ends.
    Refuted,
    /// Passed the check. Ends.
    Passed,
    /// Failed the check. Ends.
    Failed,
    /// Given back and accepted as such. Ends.
    Returned,
    /// Taken away before it ended. Ends.
    Withdrawn,
    /// Handling goes on after a suspension. Ends.
    Resumed,
    /// The caller was reached and answered. Ends.
    Reached,
    /// The caller could not be reached. Ends.
    Unreachable,
    /// The caller rated. Ends.
    Rated,
    /// Nobody came in time. Ends.
    Lapsed,
    /// Climbed to the next rung. Ends.
    Climbed,
    /// The other case was answered and this one with it. Ends.
    Followed,
    /// Ruled. Ends.
    Ruled,
    /// The duty of a summons was excused by ruling. Ends.
    Excused,
    /// Missed. Ends.
    Missed,
    /// 区级兜底: passed down to a district, whose dispatcher finds the unit.
    PassedDown,
}

use Step::*;
use ThreadKind::*;

impl Step {
    /// Whether a thread on this step is over.
    pub fn ends(self, kind: ThreadKind) -> bool {
        kind.after(self).is_empty()
    }
}

impl ThreadKind {
    /// Every kind, in the order of the enum.
    pub const ALL: [ThreadKind; 24] = [
        Verify,
        Dispatch,
        Handling,
        Return,
        Extension,
        Suspension,
        Approval,
        Check,
        Callback,
        Rating,
        Merge,
        Exclusion,
        Correction,
        Supervision,
        Rung,
        Whistle,
        Summons,
        Ruling,
        Milestone,
        External,
        Visit,
        Instruction,
        Register,
        Proposal,
    ];

    /// The step a thread of this kind opens on.
    pub fn first(self) -> Step {
        match self {
            Verify | Dispatch | Check | Callback | Rating | Milestone | External | Visit => Waiting,
            Handling | Supervision | Rung | Whistle | Summons | Instruction | Merge => Sent,
            Return | Extension | Suspension | Approval | Correction | Exclusion | Ruling | Register
            | Proposal => Asked,
        }
    }

    /// The steps that may follow `step`; none when it ends the thread (or is no step of this kind).
    pub fn after(self, step: Step) -> &'static [Step] {
        match (self, step) {
            (Verify, Waiting) => &[Confirmed, Refuted, Withdrawn],
            (Dispatch, Waiting | PassedDown) => &[Sent, PassedDown, Withdrawn],
            (Handling, Sent) => &[Signed, Returned, Withdrawn],
            (Handling, Signed) => &[Contacted, Done, Returned, Withdrawn],
            (Handling, Contacted) => &[Done, Returned, Withdrawn],
            (Return | Extension | Exclusion | Register | Proposal, Asked) => &[Granted, Refused, Withdrawn],
            (Correction, Asked | Reviewed) => &[Reviewed, Granted, Refused, Withdrawn],
            (Suspension, Asked) => &[Hung, Refused, Withdrawn],
            (Suspension, Hung) => &[Resumed, Withdrawn],
            (Approval, Asked) => &[Reviewed, Granted, Refused, Withdrawn],
            (Approval, Reviewed) => &[Granted, Refused, Withdrawn],
            (Check, Waiting) => &[Passed, Failed, Withdrawn],
            (Callback, Waiting) => &[Reached, Unreachable, Withdrawn],
            (Rating, Waiting) => &[Rated, Lapsed, Withdrawn],
            (Merge, Sent) => &[Followed, Withdrawn],
            (Supervision | Instruction, Sent) => &[Signed, Done, Withdrawn],
            (Supervision | Instruction, Signed) => &[Done, Withdrawn],
            (Supervision | Instruction, Done) => &[Confirmed, Signed, Withdrawn],
            (Rung, Sent) => &[Acknowledged, Climbed, Withdrawn],
            (Rung, Acknowledged) => &[Done, Climbed, Withdrawn],
            (Rung, Done) => &[Confirmed, Acknowledged, Climbed, Withdrawn],
            (Whistle, Sent) => &[Done, Climbed, Withdrawn],
            (Whistle, Climbed) => &[Done, Withdrawn],
            (Whistle, Done) => &[Confirmed, Sent, Withdrawn],
            (Summons, Sent) => &[Acknowledged, Refused, Withdrawn],
            (Summons, Acknowledged) => &[OnSite, Refused, Withdrawn],
            (Summons, OnSite) => &[MeasureStated, Withdrawn],
            (Summons, MeasureStated) => &[Done, Withdrawn],
            (Summons, Done) => &[Confirmed, OnSite, Withdrawn],
            (Summons, Refused) => &[Sent, Excused, Withdrawn],
            (Ruling, Asked) => &[Ruled, Withdrawn],
            (Milestone, Waiting) => &[Done, Missed, Withdrawn],
            (Milestone, Missed) => &[Done, Withdrawn],
            (External, Waiting) => &[Sent, Done, Withdrawn],
            (External, Sent) => &[Acknowledged, Refused, Withdrawn],
            (Visit, Waiting) => &[Done, Missed, Withdrawn],
            _ => &[],
        }
    }

    /// Whether it is about a score only: the case goes on, and may close, while it is open.
    pub fn is_of_score(self) -> bool {
        matches!(self, Correction | Exclusion)
    }

    /// Every step of this machine, in the order it can first be reached.
    pub fn steps(self) -> Vec<Step> {
        let mut seen = vec![self.first()];
        let mut at = 0;
        while let Some(&here) = seen.get(at) {
            seen.extend(self.after(here).iter().filter(|s| !seen.contains(s)).copied().collect::<Vec<_>>());
            at += 1;
        }
        seen
    }

    /// Whether `step` belongs to this machine at all.
    pub fn knows(self, step: Step) -> bool {
        self.steps().contains(&step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_machine_can_end_from_every_step_it_can_reach() {
        for kind in ThreadKind::ALL {
            let mut open = vec![kind.first()];
            let mut seen = open.clone();
            while let Some(step) = open.pop() {
                for &next in kind.after(step) {
                    if !seen.contains(&next) {
                        seen.push(next);
                        open.push(next);
                    }
                }
            }
            for step in seen {
                assert!(reaches_an_end(kind, step, 8), "{kind:?} is stuck on {step:?}");
            }
        }
    }

    fn reaches_an_end(kind: ThreadKind, step: Step, depth: u8) -> bool {
        step.ends(kind) || (depth > 0 && kind.after(step).iter().any(|&s| reaches_an_end(kind, s, depth - 1)))
    }

    #[test]
    fn an_open_thread_can_be_taken_away_wherever_it_stands() {
        for kind in ThreadKind::ALL {
            for step in kind.steps() {
                let after = kind.after(step);
                assert!(after.is_empty() || after.contains(&Step::Withdrawn), "{kind:?} on {step:?}");
            }
        }
    }

    /// Which steps end a thread is part of the permanent format: a step that ended one in an old journal must
    /// never leave it open again. New steps may be added, these stay ends.
    #[test]
    fn the_ends_of_every_machine_are_frozen() {
        let ends = |kind: ThreadKind| -> Vec<Step> {
            kind.steps().into_iter().filter(|s| s.ends(kind) && *s != Step::Withdrawn).collect()
        };
        assert_eq!(ends(Verify), [Confirmed, Refuted]);
        assert_eq!(ends(Dispatch), [Sent]);
        assert_eq!(ends(Handling), [Returned, Done]);
        for kind in [Return, Extension, Approval, Correction, Register, Proposal] {
            assert_eq!(ends(kind), [Granted, Refused], "{kind:?}");
        }
        assert_eq!(ends(Suspension), [Refused, Resumed]);
        assert_eq!(ends(Check), [Passed, Failed]);
        assert_eq!(ends(Callback), [Reached, Unreachable]);
        assert_eq!(ends(Rating), [Rated, Lapsed]);
        assert_eq!(ends(Merge), [Followed]);
        for kind in [Supervision, Instruction, Whistle] {
            assert_eq!(ends(kind), [Confirmed], "{kind:?}");
        }
        assert_eq!(ends(Rung), [Climbed, Confirmed]);
        assert_eq!(ends(Summons), [Excused, Confirmed]);
        assert_eq!(ends(Ruling), [Ruled]);
        assert_eq!(ends(Milestone), [Done]);
        assert_eq!(ends(External), [Done, Acknowledged, Refused]);
        assert_eq!(ends(Visit), [Done, Missed]);
    }

    #[test]
    fn nobody_leaves_the_site_before_a_measure_is_stated() {
        assert_eq!(ThreadKind::Summons.after(Step::OnSite), &[Step::MeasureStated, Step::Withdrawn]);
        assert!(!ThreadKind::Verify.knows(Step::OnSite));
    }
}
