//! What happened, in plain words, Chinese and English: for the timeline of a case. No personal words are in
//! it.

use huying_core::case::event::{Actor, Event, Holder, Stage, TextRef, ThreadOpened};
use huying_core::case::routine::ROUTINE;
use huying_core::case::state::Thread;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::{MatterCode, ThreadNo, UnitId};
use huying_core::place::Place;
use huying_core::profile::Word;
use huying_core::rules::Rules;
use serde::Serialize;
use utoipa::ToSchema;

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Said {
    /// In Chinese.
    #[schema(example = "签收")]
    pub(crate) zh: String,
    /// In English.
    #[schema(example = "signed for")]
    pub(crate) en: String,
}

impl Said {
    pub(crate) fn new(zh: impl Into<String>, en: impl Into<String>) -> Said {
        Said { zh: zh.into(), en: en.into() }
    }
}

/// A name in both languages. Where nobody has put it into English the Chinese one stands there, too: it is on
/// the signs of the city, and an id says nothing to anybody.
pub(crate) fn both(name: &str, english: Option<&str>) -> Said {
    Said::new(name, english.filter(|e| !e.is_empty()).unwrap_or(name))
}

/// A word of one of the profile's lists, with its names.
pub(crate) fn named(list: &[Word], code: &str) -> Said {
    let word = list.iter().find(|w| w.code == code);
    word.map_or_else(|| Said::new(code, code), |word| both(&word.name, Some(&word.name_en)))
}

/// A matter's name.
pub(crate) fn matter(rules: &Rules, code: &MatterCode) -> Said {
    match rules.city.catalogue.get(code) {
        Some(matter) => both(&matter.name, matter.name_en.as_deref()),
        None => Said::new(code.as_str(), code.as_str()),
    }
}

/// A unit's name.
pub(crate) fn unit(rules: &Rules, id: &UnitId) -> Said {
    match rules.city.units.get(id) {
        Some(unit) => both(&unit.name, unit.name_en.as_deref()),
        None => Said::new(id.as_str(), id.as_str()),
    }
}

/// A place's name.
pub(crate) fn place(place: &Place) -> Said {
    both(&place.name, place.name_en.as_deref())
}

fn holder(rules: &Rules, holder: &Holder) -> Said {
    match holder {
        Holder::Unit { unit: id, .. } => unit(rules, id),
        Holder::Caller => Said::new("诉求人", "the caller"),
        Holder::System(system) => Said::new(system.as_str(), system.as_str()),
    }
}

/// A kind of thread.
pub(crate) fn kind(kind: ThreadKind) -> Said {
    use ThreadKind::*;
    let (zh, en) = match kind {
        Verify => ("核实", "verification"),
        Dispatch => ("派遣", "dispatch"),
        Handling => ("处置", "handling"),
        Return => ("退单", "return"),
        Extension => ("延期", "extension"),
        Suspension => ("挂账", "suspension"),
        Approval => ("审核签发", "approval"),
        Register => ("立案审批", "decision to open"),
        Proposal => ("提请吹哨", "request for a whistle"),
        Check => ("核查", "check"),
        Callback => ("回访", "callback"),
        Rating => ("评价", "rating"),
        Merge => ("并案", "merge"),
        Exclusion => ("剔除", "leaving out of scores"),
        Correction => ("申诉", "correction of a score"),
        Supervision => ("督办", "supervision"),
        Rung => ("呼应", "rung"),
        Whistle => ("吹哨", "whistle"),
        Summons => ("报到", "summons"),
        Ruling => ("裁定", "ruling"),
        Milestone => ("攻坚节点", "milestone"),
        External => ("外部工单", "external order"),
        Visit => ("巡查走访", "visit"),
        Instruction => ("批示", "instruction"),
    };
    Said::new(zh, en)
}

/// What a thread is more exactly: the name of a rung, the type of a whistle, the step of a plan or of
/// escalation.
pub(crate) fn label(rules: &Rules, thread: &Thread) -> Option<Said> {
    let (profile, label) = (&rules.profile, thread.label.as_deref()?);
    let named_here = match thread.kind {
        ThreadKind::Whistle | ThreadKind::Proposal => named(&profile.words.whistle, label),
        ThreadKind::Milestone => named(&profile.words.milestone, label),
        ThreadKind::Visit => {
            let mode = profile.mode(label);
            mode.map_or_else(|| Said::new(label, label), |m| both(&m.name, Some(&m.name_en)))
        }
        ThreadKind::Supervision if profile.task(label).is_some() => task(rules, label),
        _ => {
            let rungs = profile.ladder.iter().flat_map(|l| &l.rungs);
            let watch = profile.whistles.iter().flat_map(|w| &w.escalate);
            let all = rungs.map(|r| (&r.id, &r.name, &r.name_en));
            let found = all.chain(watch.map(|e| (&e.id, &e.name, &e.name_en))).find(|(id, ..)| *id == label);
            found.map_or_else(|| Said::new(label, label), |(_, name, en)| both(name, Some(en)))
        }
    };
    Some(named_here)
}

/// How the last labelled step of a thread came out: a ground, a measure, a grade, a ruling.
pub(crate) fn outcome(rules: &Rules, thread: &Thread) -> Option<Said> {
    let (words, outcome) = (&rules.profile.words, thread.outcome.as_deref()?);
    Some(match outcome {
        "silence" => Said::new("逾期未表态，视为认可", "taken as agreed: nothing was said in time"),
        "upheld" => Said::new("理由成立", "the refusal is upheld"),
        "overruled" => Said::new("理由不成立", "the refusal is overruled"),
        "done" if thread.kind == ThreadKind::Visit => Said::new("正常", "nothing was wrong"),
        "found" if thread.kind == ThreadKind::Visit => Said::new("发现问题", "something was found"),
        code if thread.kind == ThreadKind::Correction => {
            let steps = rules.profile.procedures.iter().filter_map(|p| p.appeal.as_ref());
            let step = steps.flat_map(|a| &a.steps).find(|s| s.id == code);
            step.map_or_else(|| Said::new(code, code), |s| both(&s.name, Some(&s.name_en)))
        }
        code => {
            let lists = [&words.refuse_ground, &words.measure, &words.grade];
            let list = lists.into_iter().find(|l| l.iter().any(|w| w.code == code));
            list.map_or_else(|| Said::new(code, code), |list| named(list, code))
        }
    })
}

/// A task of the profile.
pub(crate) fn task(rules: &Rules, id: &str) -> Said {
    let task = rules.profile.task(id);
    task.map_or_else(|| Said::new(id, id), |t| both(&t.name, Some(&t.name_en)))
}

/// Where a thread of a kind stands: a rung is not raised, the call goes to the next one.
pub(crate) fn stands(kind: ThreadKind, at: Step) -> Said {
    use ThreadKind::{Instruction, Rung, Summons, Supervision, Whistle};
    let (zh, en) = match (kind, at) {
        (Rung, Step::Climbed) => ("已上呼", "climbed"),
        (Rung | Instruction, Step::Confirmed) => ("已确认", "confirmed"),
        (Summons, Step::Refused) => ("拒绝，待裁定", "refused, to be ruled on"),
        (Summons, Step::Confirmed) => ("已签认", "signed off"),
        (Whistle, Step::Done | Step::Confirmed) => ("已结哨", "over"),
        (Supervision, Step::Done | Step::Confirmed) => ("已解除", "ended"),
        _ => return step(at),
    };
    Said::new(zh, en)
}

/// A step of a thread.
pub(crate) fn step(step: Step) -> Said {
    use Step::*;
    let (zh, en) = match step {
        Waiting => ("待办", "waiting"),
        Sent => ("已下达", "sent"),
        Asked => ("已申请", "asked for"),
        Signed => ("已签收", "signed for"),
        Acknowledged => ("已响应", "acknowledged"),
        Contacted => ("已联系诉求人", "caller contacted"),
        OnSite => ("已到场", "on site"),
        MeasureStated => ("已提出措施", "measure stated"),
        Done => ("已办结", "done"),
        Reviewed => ("已审核", "reviewed"),
        Hung => ("已挂账", "suspended"),
        Granted => ("同意", "granted"),
        Refused => ("不同意", "refused"),
        Confirmed => ("属实", "confirmed"),
        Refuted => ("不属实", "found untrue"),
        Passed => ("核查通过", "passed"),
        Failed => ("核查不通过", "failed"),
        Returned => ("已退回", "returned"),
        Withdrawn => ("已收回", "withdrawn"),
        Resumed => ("恢复办理", "resumed"),
        Reached => ("已回访", "caller reached"),
        Unreachable => ("未能联系诉求人", "caller not reached"),
        Rated => ("已评价", "rated"),
        Lapsed => ("逾期未评", "lapsed"),
        Climbed => ("已升级", "climbed"),
        Followed => ("随主单办理", "followed"),
        Ruled => ("已裁定", "ruled"),
        Excused => ("免责", "excused"),
        Missed => ("未完成", "missed"),
        PassedDown => ("已转区级兜底", "passed down to a district"),
    };
    Said::new(zh, en)
}

/// What a clock times.
pub(crate) fn stage(stage: Stage) -> Said {
    use Stage::*;
    let (zh, en) = match stage {
        Promise => ("对诉求人的承诺时限", "promise to the caller"),
        Verify => ("核实时限", "verifying"),
        Dispatch => ("派遣时限", "dispatching"),
        Sign => ("签收时限", "signing"),
        Contact => ("先行联系时限", "contacting the caller"),
        Handle => ("处置时限", "handling"),
        Return => ("退单审核时限", "deciding a return"),
        Extension => ("延期审批时限", "deciding an extension"),
        Suspension => ("挂账审批时限", "deciding a suspension"),
        Reexamine => ("挂账复查时限", "looking again"),
        Approval => ("审核签发时限", "approving"),
        Register => ("立案时限", "deciding to open"),
        Check => ("核查时限", "checking"),
        Callback => ("回访时限", "calling back"),
        Rating => ("评价时限", "rating"),
        Acknowledge => ("响应时限", "acknowledging"),
        OnSite => ("到场时限", "being on site"),
        Measure => ("提出措施时限", "stating the measure"),
        Resolve => ("办结时限", "resolving"),
        Rule => ("裁定时限", "ruling"),
        Milestone => ("节点时限", "milestone"),
        Notice => ("催办后通报时限", "until a notice"),
    };
    Said::new(zh, en)
}

/// Where a case stands.
pub(crate) fn state(state: &str) -> Said {
    let (zh, en) = match state {
        "reported" => ("已登记", "registered"),
        "open" => ("办理中", "being handled"),
        "answered" => ("已答复", "answered"),
        "verdict" => ("已评判", "judged by the caller"),
        "closed" => ("已结案", "closed"),
        "void" => ("未受理或已作废", "not taken on"),
        other => (other, other),
    };
    Said::new(zh, en)
}

/// A thread opens: a rung is called, a whistle blown, a department summoned, all else is with somebody.
fn opens(thread: Option<&Thread>, t: &ThreadOpened, rules: &Rules) -> Said {
    let with = holder(rules, &t.holder);
    match (t.kind, thread.and_then(|t| label(rules, t))) {
        (ThreadKind::Rung, Some(rung)) => {
            Said::new(format!("呼叫{}：{}", rung.zh, with.zh), format!("{} called: {}", rung.en, with.en))
        }
        (ThreadKind::Whistle, Some(whistle)) => Said::new(
            format!("{}吹响{}", with.zh, whistle.zh),
            format!("{} blown by {}", whistle.en, with.en),
        ),
        (ThreadKind::Proposal, Some(whistle)) => Said::new(
            format!("提请{}吹响{}", with.zh, whistle.zh),
            format!("{} asked of {}", whistle.en, with.en),
        ),
        (ThreadKind::Summons, _) => {
            Said::new(format!("通知报到：{}", with.zh), format!("summoned: {}", with.en))
        }
        (other, _) => {
            let what = kind(other);
            Said::new(format!("{}交{}", what.zh, with.zh), format!("{} with {}", what.en, with.en))
        }
    }
}

/// What moves: of rungs and summonses, several of which may be open, which one.
fn moves(thread: &Thread, rules: &Rules) -> Said {
    let name = match thread.kind {
        ThreadKind::Rung => label(rules, thread),
        ThreadKind::Summons => Some(holder(rules, &thread.holder)),
        _ => None,
    };
    name.unwrap_or_else(|| kind(thread.kind))
}

/// What a clock of a thread times: the date of a visit is no milestone of a plan.
pub(crate) fn times(of: Stage, thread: Option<&Thread>) -> Said {
    let visit = thread.is_some_and(|t| t.kind == ThreadKind::Visit);
    if visit && of == Stage::Milestone { Said::new("走访时限", "visit") } else { stage(of) }
}

/// What an event says; `thread` and `clock` of the case it happened in are asked for by number.
pub(crate) fn event(event: &Event, case: &huying_core::case::state::Case, rules: &Rules) -> Said {
    let words = &rules.profile.words;
    let thread = |no| case.thread(no).map_or_else(|| Said::new("环节", "thread"), |t| kind(t.kind));
    let timed = |of, no: Option<ThreadNo>| times(of, no.and_then(|no| case.thread(no)));
    let clock = |no| case.clock(no).map_or_else(|| Said::new("时限", "clock"), |c| timed(c.stage, c.thread));
    let both = |a: &Said, zh: &str, en: &str| Said::new(format!("{}{zh}", a.zh), format!("{}{en}", a.en));
    let pair = |a: &Said, b: &Said| Said::new(format!("{}：{}", a.zh, b.zh), format!("{}: {}", a.en, b.en));
    match event {
        Event::Reported(_) => Said::new("登记", "registered"),
        Event::Opened {} => Said::new("立案", "opened"),
        Event::Answered { .. } => Said::new("答复诉求人", "the caller was answered"),
        Event::VerdictGiven { .. } => Said::new("诉求人评判", "the caller's verdict is known"),
        Event::TakenUp {} => Said::new("恢复办理", "taken up again"),
        Event::SentBack { round } => {
            Said::new(format!("返工（第{round}次）"), format!("sent back, round {round}"))
        }
        Event::Closed { ground, forced, .. } => {
            let how = if *forced {
                Said::new("强制结案", "closed by force")
            } else {
                Said::new("结案", "closed")
            };
            pair(&how, &named(&words.close_ground, ground))
        }
        Event::HandledAtOnce { .. } => Said::new("快速处置", "mended at once by who found it"),
        Event::Voided { ground, .. } => {
            pair(&Said::new("不予受理或作废", "not taken on"), &named(&words.void_ground, ground))
        }
        Event::Reopened { ground } => {
            pair(&Said::new("重新受理", "taken up again"), &named(&words.reopen_ground, ground))
        }
        Event::ThreadOpened(t) => opens(case.thread(t.thread), t, rules),
        Event::ThreadMoved { thread: no, step: to, .. } => match case.thread(*no) {
            Some(t) => pair(&moves(t, rules), &stands(t.kind, *to)),
            None => pair(&thread(*no), &step(*to)),
        },
        Event::Graded { grade, .. } => {
            pair(&Said::new("评哨", "grade of the whistle"), &named(&words.whistle_grade, grade))
        }
        Event::SignOffAsked { of, .. } => {
            pair(&Said::new("请签认", "asked to sign it off"), &holder(rules, of))
        }
        Event::Urged { thread: no, .. } => both(&thread(*no), "催办", ": urged"),
        Event::PutOnNotice { thread: no } => both(&thread(*no), "通报", ": put on notice"),
        Event::Tried { .. } if case.routine.is_some() => Said::new("未遇", "nobody was there"),
        Event::Tried { .. } => Said::new("回访未接通", "the caller was tried in vain"),
        Event::Assigned(given) => {
            let with = Holder::Unit { unit: given.unit.clone(), person: given.person.clone() };
            pair(&task(rules, &given.task), &holder(rules, &with))
        }
        Event::Found { .. } => Said::new("发现问题已立案", "what was found is a case of its own"),
        Event::ThreadHeld { thread: no, holder: to } => {
            let (what, with) = (thread(*no), holder(rules, to));
            Said::new(
                format!("{}改由{}承担", what.zh, with.zh),
                format!("{} is now with {}", what.en, with.en),
            )
        }
        Event::LeadSet { lead } => pair(&Said::new("主办单位", "lead unit"), &unit(rules, lead)),
        Event::ClockStarted(c) => both(&timed(c.stage, c.thread), "开始", ": clock started"),
        Event::ClockPaused { clock: no, .. } => both(&clock(*no), "暂停", ": clock paused"),
        Event::ClockResumed { clock: no, .. } => both(&clock(*no), "恢复", ": clock resumed"),
        Event::ClockReset { clock: no, .. } => both(&clock(*no), "重定", ": due time set anew"),
        Event::ClockFired { clock: no, edge, .. } => match edge {
            huying_core::case::event::Edge::Near => both(&clock(*no), "临期", ": near due"),
            huying_core::case::event::Edge::Due => both(&clock(*no), "超期", ": overdue"),
        },
        Event::ClockMet { clock: no, .. } => both(&clock(*no), "内完成", ": done"),
        Event::ClockStopped { clock: no } => both(&clock(*no), "终止", ": clock stopped"),
        other => rare(other, words),
    }
}

fn rare(event: &Event, words: &huying_core::profile::Words) -> Said {
    match event {
        Event::Reclassified { .. } => Said::new("更正分类", "classed anew"),
        Event::Amended { .. } => Said::new("更正当事人", "who called or is complained of corrected"),
        Event::Met { units, .. } => Said::new(
            format!("协调会({}家单位)", units.len() + 1),
            format!("a coordination meeting of {} units", units.len() + 1),
        ),
        Event::Diverted { to, basis } => {
            let to = named(&words.void_ground, to);
            Said::new(format!("{}:{basis}", to.zh), format!("{}: {basis}", to.en))
        }
        Event::Enforced { act, power, .. } => Said::new(
            format!("执法({act}),职权{},依据{}", power.code, power.basis),
            format!("enforcement ({act}) under the power {}: {}", power.code, power.basis),
        ),
        Event::Restricted(to) => {
            let why = named(&words.restrict_ground, &to.ground);
            Said::new(format!("限制知悉:{}", why.zh), format!("restricted: {}", why.en))
        }
        Event::Unrestricted {} => Said::new("解除限制知悉", "restricted no longer"),
        Event::Moved { .. } => Said::new("更正地点", "its place was corrected"),
        Event::Noted { .. } => Said::new("备注", "a note was added"),
        Event::Attached { files, .. } => {
            Said::new(format!("附件{}个", files.len()), format!("{} files were added", files.len()))
        }
        Event::EffortLogged { .. } => Said::new("登记成本", "effort was logged"),
        Event::Joined { .. } => Said::new("另一案件并入", "another case follows this one"),
        Event::Parted { .. } => Said::new("解除并案", "another case no longer follows this one"),
        Event::ScoreCorrected { .. } => Said::new("更正考核结果", "a score was corrected"),
        Event::Excluded { ground } => {
            let why = named(&words.exclude_ground, ground);
            Said::new(format!("剔除：{}", why.zh), format!("out of scoring: {}", why.en))
        }
        Event::Undone { .. } => Said::new("撤销上一步", "the last step was undone"),
        Event::Erased { ground, .. } => {
            let why = named(&words.erase_ground, ground);
            Said::new(
                format!("个人信息已销毁：{}", why.zh),
                format!("words and names were destroyed: {}", why.en),
            )
        }
        Event::Observed { .. } => Said::new("由其他系统转入", "taken over from another system"),
        Event::ObservationChanged { .. } => Said::new("其他系统更新", "that system says something new"),
        _ => Said::new("", ""),
    }
}

/// The words an event refers to, each with its class.
pub(crate) fn texts(event: &Event, command: &str) -> Vec<(&'static str, TextRef)> {
    let plain = if matches!(command, "reply" | "answer_direct" | "follow") { "reply" } else { "note" };
    match event {
        // What is to be done stands with whom it was given to.
        Event::Reported(r) if r.source == ROUTINE => Vec::new(),
        Event::Assigned(given) => {
            let whom = given.whom.map(|t| ("contact", t));
            whom.into_iter().chain([("note", given.text)]).collect()
        }
        Event::Reported(r) => {
            let mut all = vec![("content", r.content)];
            all.extend(r.contact.map(|t| ("contact", t)));
            all.extend(r.location.words.map(|t| ("address", t)));
            all.extend(r.location.exact.map(|t| ("point", t)));
            all
        }
        Event::Answered { text } => text.iter().map(|t| ("reply", *t)).collect(),
        Event::Moved { location } => {
            let mut all: Vec<_> = location.words.iter().map(|t| ("address", *t)).collect();
            all.extend(location.exact.map(|t| ("point", t)));
            all
        }
        Event::ThreadOpened(t) => t.text.iter().map(|t| (plain, *t)).collect(),
        Event::VerdictGiven { text, .. } | Event::ThreadMoved { text, .. } | Event::Urged { text, .. } => {
            text.iter().map(|t| (plain, *t)).collect()
        }
        Event::Noted { text, .. } | Event::Met { text, .. } | Event::Enforced { text, .. } => {
            vec![("note", *text)]
        }
        Event::Observed { texts, exact, .. } | Event::ObservationChanged { texts, exact, .. } => {
            let mut all: Vec<_> = texts.iter().map(|t| ("content", *t)).collect();
            all.extend(exact.map(|t| ("point", t)));
            all
        }
        Event::Amended { contact, .. } => contact.iter().map(|t| ("contact", *t)).collect(),
        // A test reads every record there is a fixture of, and finds what is forgotten here.
        _ => Vec::new(),
    }
}

/// The role and unit of whoever acted.
pub(crate) fn actor(actor: &Actor, rules: &Rules) -> Said {
    match actor {
        Actor::Staff(staff) => {
            let unit = unit(rules, &staff.unit);
            let role = rules.profile.roles.get(staff.role.as_str());
            let role = role.map_or_else(|| both(&staff.role, None), |r| both(&r.name, Some(&r.name_en)));
            Said::new(format!("{}{}", unit.zh, role.zh), format!("{} of {}", role.en, unit.en))
        }
        Actor::Caller => Said::new("诉求人", "the caller"),
        Actor::System(system) => Said::new(system.as_str(), system.as_str()),
        Actor::Clock => Said::new("系统时钟", "a clock"),
    }
}

#[cfg(test)]
mod tests;
