//! The whistle 吹哨报到: a convener calls departments together; each answers for its own part.
//!
//! A whistle is a thread, its summonses are threads under it, each with its own clocks. Nobody leaves the
//! site before a measure is stated, nothing is done before the convener has signed it off, and a refusal
//! waits for its ruling (`ruling.rs`). Types, clocks and steps of escalation are the profile's `[[whistle]]`.

use super::draft::{Clocks, Draft};
use super::{proposal, rung, supervise};
use crate::case::command::{Command, Milestone};
use crate::case::event::*;
use crate::case::refusal::Refusal;
use crate::case::state::{Case, Clock, Spine, Thread, Ticking};
use crate::case::thread::{Step, ThreadKind};
use crate::ids::{ThreadNo, UnitId};
use crate::profile::WhistleRule;
use crate::rules::Rules;
use compact_str::CompactString;

pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Whistle { kind, units, text } => blow(draft, kind, units, *text),
        Command::Summon { thread, units, text } => {
            let kind = draft.open_thread(*thread, ThreadKind::Whistle)?.label.clone().unwrap_or_default();
            let rule = rule_of(draft, &kind)?;
            signs(draft, rule)?;
            let caller = draft.thread(*thread)?.holder.clone();
            summon_all(draft, *thread, rule, units, &caller, Some(*text))
        }
        Command::Arrive { thread, text } => arrive(draft, *thread, *text),
        Command::StateMeasure { thread, measure, text } => {
            state_measure(draft, *thread, measure.clone(), *text)
        }
        Command::Plan { thread, milestones } => plan(draft, *thread, milestones),
        Command::Reach { thread, text } => {
            draft.open_thread(*thread, ThreadKind::Milestone)?;
            draft.prove_late(*thread, Stage::Milestone)?;
            draft.end(*thread, Step::Done, *text, Clocks::Met)
        }
        Command::Grade { thread, grade } => grade_whistle(draft, *thread, grade),
        _ => Ok(()),
    }
}

pub(super) fn rule_of<'a>(draft: &Draft<'a>, kind: &str) -> Result<&'a WhistleRule, Refusal> {
    let profile = &draft.desk.rules.profile;
    profile.whistle(kind).ok_or_else(|| {
        let known: Vec<&str> = profile.whistles.iter().map(|w| w.id.as_str()).collect();
        let accepted =
            if known.is_empty() { "a profile with [[whistle]]".to_owned() } else { known.join(", ") };
        Refusal::new("whistle.kind", format!("`{kind}` is no type of whistle here"), accepted)
    })
}

/// The whistle that a summons stands under.
pub(super) fn whistle_of<'d>(draft: &'d Draft<'_>, summons: ThreadNo) -> Result<&'d Thread, Refusal> {
    let under = draft.thread(summons)?.under;
    under.and_then(|no| draft.case.thread(no)).ok_or_else(|| {
        Refusal::new("summons.whistle", "the summons stands under no whistle", "a summons of a whistle")
    })
}

/// The rules of the whistle that a summons stands under.
pub(super) fn rule_over<'a>(draft: &Draft<'a>, summons: ThreadNo) -> Result<&'a WhistleRule, Refusal> {
    let kind = whistle_of(draft, summons)?.label.clone().unwrap_or_default();
    rule_of(draft, &kind)
}

fn blow(draft: &mut Draft<'_>, kind: &str, units: &[UnitId], text: TextRef) -> Result<(), Refusal> {
    draft.on(&[Spine::Open])?;
    super::answer::follows_nobody(draft)?;
    let rule = rule_of(draft, kind)?;
    let Actor::Staff(staff) = draft.desk.actor else {
        return Err(Refusal::new("whistle.convener", "nobody's unit convenes", "somebody with a post"));
    };
    let unit = staff.unit.clone();
    convenes(draft, rule, &unit)?;
    signs(draft, rule)?;
    call(draft, rule, &Call { unit, text: Some(text), units: units.to_vec() }, 0)
}

/// Whether a unit is of a kind that blows such whistles.
pub(super) fn convenes(draft: &Draft<'_>, rule: &WhistleRule, unit: &UnitId) -> Result<(), Refusal> {
    let kind = draft.desk.rules.kind_of_unit(unit).unwrap_or_default();
    if rule.conveners.iter().any(|k| k == kind) {
        return Ok(());
    }
    let why = format!("{unit} is a {kind}, which does not blow a `{}` whistle", rule.id);
    Err(Refusal::new("whistle.convener", why, format!("a unit that is a {}", rule.conveners.join(" or a "))))
}

/// 签发: a whistle that is signed goes out by the roles named alone.
pub(super) fn signs(draft: &Draft<'_>, rule: &WhistleRule) -> Result<(), Refusal> {
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    if WhistleRule::names(&rule.signed_by, &staff.role) {
        return Ok(());
    }
    let why = format!("a `{}` whistle is signed by a {}", rule.id, rule.signed_by.join(" or a "));
    Err(Refusal::new("whistle.signature", why, "`ask_whistle`, and `decide_whistle` by one of these"))
}

/// Who signs for a convener of which nobody has one of the roles that sign: the unit around the place whose
/// post has the first of them that anybody has. None where the convener signs itself, and where nobody can:
/// then it is the convener's to find somebody. It is neither accused, nor one of the `called`, nor of a kind
/// that convenes: one street's leader signs for no department.
pub(super) fn signatory(
    draft: &Draft<'_>,
    rule: &WhistleRule,
    roles: &[CompactString],
    convener: &UnitId,
    called: &[UnitId],
) -> Option<UnitId> {
    let (rules, now) = (draft.desk.rules, draft.desk.now);
    if roles.iter().any(|role| rules.has_role(convener, role, now)) {
        return None;
    }
    let may = |unit: &UnitId| {
        !draft.accused(unit) && !called.contains(unit) && convenes(draft, rule, unit).is_err()
    };
    roles.iter().find_map(|role| rules.unit_for(role, draft.case.place(), now, may))
}

/// One call of a convener to units.
pub(super) struct Call {
    pub(super) unit: UnitId,
    pub(super) text: Option<TextRef>,
    pub(super) units: Vec<UnitId>,
}

pub(super) fn call(
    draft: &mut Draft<'_>,
    rule: &WhistleRule,
    call: &Call,
    round: u16,
) -> Result<(), Refusal> {
    // From where the convener stands: its own rung, or the summons by which a department was called 反向吹哨.
    let stands = |t: &&Thread| {
        let kind = matches!(t.kind, ThreadKind::Rung | ThreadKind::Summons);
        kind && t.step != Step::Done && t.holder.as_unit() == Some(&call.unit)
    };
    let under = draft.case.open_threads().find(stands).map(|t| t.no);
    let holder = Holder::unit(call.unit.clone());
    let no = draft.open_with(ThreadKind::Whistle, holder.clone(), |t| {
        t.caller = holder.clone();
        t.under = under;
        t.label = Some(rule.id.clone());
        t.text = call.text;
        t.round = round;
    })?;
    if let Some(limit) = &rule.plan
        && draft.case.open_of(ThreadKind::Milestone).next().is_none()
    {
        draft.start_limited(Stage::Measure, no, limit, true)?;
    }
    summon_all(draft, no, rule, &call.units, &holder, None)
}

/// 再报到: the caller says that it is not solved, and who said that they were done is called again by the
/// convener that has the case again. Of each convener and type of whistle the last one counts; who was let
/// off it stays off, and who can be summoned no more is left out.
pub(super) fn recall(draft: &mut Draft<'_>, round: u16) -> Result<(), Refusal> {
    let of = |no: ThreadNo| move |t: &&Thread| t.kind == ThreadKind::Summons && t.under == Some(no);
    let whistles: Vec<Thread> =
        draft.case.threads.iter().filter(|t| t.kind == ThreadKind::Whistle).cloned().collect();
    for (i, whistle) in whistles.iter().enumerate() {
        let same = |t: &Thread| t.holder == whistle.holder && t.label == whistle.label;
        let last = whistles.iter().skip(i + 1).all(|later| !same(later));
        let Some(unit) = whistle.holder.as_unit().filter(|_| last && whistle.step == Step::Confirmed) else {
            continue;
        };
        let rules = &draft.desk.rules.profile;
        let rule = rules.whistles.iter().find(|r| r.recall && Some(&r.id) == whistle.label.as_ref());
        let Some(rule) = rule.filter(|_| has_it(&draft.case, unit)) else { continue };
        let mut units: Vec<UnitId> = Vec::new();
        for summons in draft.case.threads.iter().filter(of(whistle.no)).filter(|t| t.step == Step::Confirmed)
        {
            let again = summons.holder.as_unit().filter(|u| !units.contains(u));
            units.extend(again.filter(|u| summonable(draft, Some(unit), rule, u).is_ok()).cloned());
        }
        if !units.is_empty() {
            call(draft, rule, &Call { unit: unit.clone(), text: whistle.text, units }, round)?;
        }
    }
    Ok(())
}

/// What was begun in the name of units that have the case no longer is called off: their whistles, with
/// everything that grew from these, what they were asked to blow, and their plans. What stands under a
/// summons or a whistle goes with it.
pub(super) fn let_go(draft: &mut Draft<'_>, gone: impl Fn(&UnitId) -> bool) -> Result<(), Refusal> {
    let case = &draft.case;
    let under = |t: &Thread| t.under.and_then(|no| case.thread(no)).map(|t| t.kind);
    let begun = |t: &&Thread| match t.kind {
        ThreadKind::Proposal => proposal::convener_of(draft, t).is_ok_and(|u| gone(&u)),
        ThreadKind::Whistle if under(t) != Some(ThreadKind::Summons) => t.holder.as_unit().is_some_and(&gone),
        ThreadKind::Milestone if under(t) != Some(ThreadKind::Whistle) => {
            t.holder.as_unit().is_some_and(&gone)
        }
        _ => false,
    };
    let begun: Vec<ThreadNo> = case.open_threads().filter(begun).map(|t| t.no).collect();
    let off = |t: &&Thread| begun.iter().any(|no| t.no == *no || case.grew_from(t, *no));
    let off: Vec<ThreadNo> = case.open_threads().filter(off).map(|t| t.no).collect();
    draft.withdraw(|t| off.contains(&t.no))
}

/// The same of the units of the last order, save those that keep a part in it.
pub(super) fn order_lets_go(draft: &mut Draft<'_>, keeps: impl Fn(&UnitId) -> bool) -> Result<(), Refusal> {
    let had: Vec<UnitId> = draft.case.of_last_order().filter_map(|t| t.holder.as_unit().cloned()).collect();
    let_go(draft, |unit| had.contains(unit) && !keeps(unit))
}

/// Whether a unit is at the case: by its order, its rung, or because it answers for it.
fn has_it(case: &Case, unit: &UnitId) -> bool {
    let at_it = |t: &Thread| matches!(t.kind, ThreadKind::Handling | ThreadKind::Rung);
    let holds = |t: &Thread| at_it(t) && t.holder.as_unit() == Some(unit);
    case.lead.as_ref() == Some(unit) || case.open_threads().any(holds)
}

/// Whether each of the units could be summoned by `convener`, once.
pub(super) fn may_be_called(
    draft: &Draft<'_>,
    rule: &WhistleRule,
    convener: &UnitId,
    units: &[UnitId],
) -> Result<(), Refusal> {
    somebody(units)?;
    for (i, unit) in units.iter().enumerate() {
        summonable(draft, Some(convener), rule, unit)?;
        if units.iter().take(i).any(|u| u == unit) {
            let why = format!("{unit} stands twice");
            return Err(Refusal::new("whistle.twice", why, "each unit once at a time"));
        }
    }
    Ok(())
}

fn somebody(units: &[UnitId]) -> Result<(), Refusal> {
    if units.is_empty() {
        return Err(Refusal::new("whistle.empty", "nobody is summoned", "`units`: at least one"));
    }
    Ok(())
}

/// One summons for each unit.
pub(super) fn summon_all(
    draft: &mut Draft<'_>,
    whistle: ThreadNo,
    rule: &WhistleRule,
    units: &[UnitId],
    caller: &Holder,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    somebody(units)?;
    let convener = draft.thread(whistle)?.holder.as_unit().cloned();
    for unit in units {
        summonable(draft, convener.as_ref(), rule, unit)?;
        let no = draft.open_with(ThreadKind::Summons, Holder::unit(unit.clone()), |t| {
            t.caller = caller.clone();
            t.under = Some(whistle);
            t.text = text;
        })?;
        start_anew(draft, no, rule)?;
    }
    Ok(())
}

/// The clocks of a summons that was just sent.
pub(super) fn start_anew(draft: &mut Draft<'_>, no: ThreadNo, rule: &WhistleRule) -> Result<(), Refusal> {
    draft.start_limited(Stage::Acknowledge, no, &rule.acknowledge, true)?;
    match &rule.on_site {
        Some(limit) => draft.start_limited(Stage::OnSite, no, limit, true),
        None => Ok(()),
    }
}

fn summonable(
    draft: &Draft<'_>,
    convener: Option<&UnitId>,
    rule: &WhistleRule,
    unit: &UnitId,
) -> Result<(), Refusal> {
    let rules = draft.desk.rules;
    rules.known_unit(unit, draft.desk.now)?;
    let kind = rules.kind_of_unit(unit).unwrap_or_default();
    if !rule.summons.iter().any(|k| k == kind) {
        let why = format!("{unit} is a {kind}, which a `{}` whistle does not summon", rule.id);
        let accepted = format!("a unit that is a {}", rule.summons.join(" or a "));
        return Err(Refusal::new("whistle.summons", why, accepted));
    }
    if draft.accused(unit) {
        let why = format!("{unit} is complained of here, or reports to the unit that is");
        return Err(Refusal::new("report.accused-unit", why, "a unit outside the accused unit's line"));
    }
    if convener == Some(unit) {
        let why = format!("{unit} convenes the whistle itself");
        return Err(Refusal::new("whistle.self", why, "other units"));
    }
    if draft.case.open_of(ThreadKind::Summons).any(|t| t.holder.as_unit() == Some(unit)) {
        let why = format!("{unit} has an open summons of this case");
        return Err(Refusal::new("whistle.twice", why, "each unit once at a time"));
    }
    Ok(())
}

pub(super) fn acknowledge(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    draft.open_thread(no, ThreadKind::Summons)?;
    draft.prove_late(no, Stage::Acknowledge)?;
    draft.step(no, Step::Acknowledged, None)?;
    draft.meet(no, Stage::Acknowledge);
    time_next(draft, no)
}

/// The clock of what a department owes next: a measure from the arrival, the result from the measure. What a
/// type of whistle does not time is not waited for: the next stage that it times begins instead.
fn time_next(draft: &mut Draft<'_>, no: ThreadNo) -> Result<(), Refusal> {
    let rule = rule_over(draft, no)?;
    let step = draft.thread(no)?.step;
    let (stage, limit) = match (step, &rule.on_site, &rule.measure, &rule.resolve) {
        (Step::Acknowledged, Some(_), Some(_), _) => return Ok(()),
        (Step::Acknowledged | Step::OnSite, _, Some(measure), _) => (Stage::Measure, measure),
        (Step::Acknowledged | Step::OnSite | Step::MeasureStated, _, _, Some(resolve)) => {
            (Stage::Resolve, resolve)
        }
        _ => return Ok(()),
    };
    let counts = |c: &Clock| matches!(c.ticking, Ticking::Running | Ticking::Paused { .. });
    if draft.case.clocks.iter().any(|c| c.thread == Some(no) && c.stage == stage && counts(c)) {
        return Ok(());
    }
    draft.start_limited(stage, no, limit, true)
}

fn arrive(draft: &mut Draft<'_>, no: ThreadNo, text: Option<TextRef>) -> Result<(), Refusal> {
    draft.open_thread(no, ThreadKind::Summons)?;
    if draft.thread(no)?.step == Step::Sent {
        // Whoever stands there has answered.
        acknowledge(draft, no)?;
    }
    draft.prove_late(no, Stage::OnSite)?;
    draft.step(no, Step::OnSite, text)?;
    draft.meet(no, Stage::OnSite);
    time_next(draft, no)
}

fn state_measure(
    draft: &mut Draft<'_>,
    no: ThreadNo,
    measure: Option<CompactString>,
    text: TextRef,
) -> Result<(), Refusal> {
    if let Some(measure) = &measure {
        draft.word(&draft.desk.rules.profile.words.measure, "measure", measure)?;
    }
    on_site_first(draft.open_thread(no, ThreadKind::Summons)?)?;
    draft.prove_late(no, Stage::Measure)?;
    draft.step_as(no, Step::MeasureStated, measure, Some(text))?;
    draft.meet(no, Stage::Measure);
    time_next(draft, no)
}

fn on_site_first(summons: &Thread) -> Result<(), Refusal> {
    if matches!(summons.step, Step::Sent | Step::Acknowledged) {
        let why = "nobody of the department is on site yet";
        return Err(Refusal::new("summons.on-site-first", why, "`arrive` first"));
    }
    Ok(())
}

/// 办结: the department says that its part is done; the convener signs it off.
pub(super) fn finish(draft: &mut Draft<'_>, no: ThreadNo, text: TextRef) -> Result<(), Refusal> {
    let summons = draft.open_thread(no, ThreadKind::Summons)?;
    on_site_first(summons)?;
    if summons.step == Step::OnSite {
        let why = "nobody leaves the site before a measure is stated";
        return Err(Refusal::new("summons.measure-first", why, "`state_measure` first"));
    }
    if let Some(open) = draft.case.open_of(ThreadKind::Whistle).find(|t| t.under == Some(no)) {
        let why = format!("the department's own whistle {} is still open", open.no);
        return Err(Refusal::new("summons.waits", why, "the end of that whistle first"));
    }
    let rule = rule_over(draft, no)?;
    draft.prove_late(no, Stage::Resolve)?;
    draft.step(no, Step::Done, Some(text))?;
    draft.end_clocks(|c| c.thread == Some(no), Clocks::Met);
    let convener = whistle_of(draft, no)?.holder.as_unit().cloned();
    let summoned = draft.thread(no)?.holder.as_unit().cloned();
    if let Some(of) =
        convener.and_then(|c| signatory(draft, rule, &rule.signed_off_by, &c, summoned.as_slice()))
    {
        draft.emit(Event::SignOffAsked { thread: no, of: Holder::unit(of) });
    }
    draft.start_limited(Stage::Check, no, &rule.sign_off, true)
}

/// 街道签认: the convener signs a result off, or sends the department back to the site.
pub(super) fn confirm(
    draft: &mut Draft<'_>,
    no: ThreadNo,
    confirmed: bool,
    grade: Option<CompactString>,
    text: Option<TextRef>,
) -> Result<(), Refusal> {
    let summons = draft.open_thread(no, ThreadKind::Summons)?;
    if summons.step != Step::Done {
        let why = format!("thread {no} stands on {:?}", summons.step);
        return Err(Refusal::new("confirm.early", why, "`confirm` once the department has said `finish`"));
    }
    let whistle = whistle_of(draft, no)?.no;
    if confirmed {
        signs_off(rule_over(draft, no)?, draft.desk.actor)?;
        draft.end_as(no, Step::Confirmed, grade, text, Clocks::Met)?;
        return settle(draft, whistle);
    }
    draft.step_as(no, Step::OnSite, grade, text)?;
    draft.end_clocks(|c| c.thread == Some(no), Clocks::Met);
    time_next(draft, no)
}

/// Whether the type of whistle names the role of `staff` to sign this summons' result off: then a leader
/// above may, where the street has none.
pub(super) fn signed_off_by(case: &Case, summons: &Thread, staff: &Staff, rules: &Rules) -> bool {
    let kind = summons.under.and_then(|no| case.thread(no)).and_then(|t| t.label.as_deref());
    let rule = kind.and_then(|kind| rules.profile.whistle(kind));
    rule.is_some_and(|rule| rule.signed_off_by.contains(&staff.role))
}

/// 领导签认: a result is signed off by the roles named, where the type of whistle names any.
fn signs_off(rule: &WhistleRule, actor: &Actor) -> Result<(), Refusal> {
    let Actor::Staff(staff) = actor else { return Ok(()) };
    if WhistleRule::names(&rule.signed_off_by, &staff.role) {
        return Ok(());
    }
    let by = rule.signed_off_by.join(" or a ");
    let why = format!("the result of a `{}` whistle is signed off by a {by}", rule.id);
    Err(Refusal::new("confirm.signature", why, format!("a post of a {by}, or `confirmed`: false")))
}

/// When no summons is open any more the whistle is over: done when a department did its part, called off
/// when all were excused. The convener's own rung is done with its last whistle.
pub(super) fn settle(draft: &mut Draft<'_>, whistle: ThreadNo) -> Result<(), Refusal> {
    let Some(thread) = draft.case.thread(whistle).filter(|t| t.is_open()).cloned() else { return Ok(()) };
    let of_it = |t: &&Thread| t.kind == ThreadKind::Summons && t.under == Some(whistle);
    if draft.case.open_threads().any(|t| of_it(&t)) {
        return Ok(());
    }
    let done = draft.case.threads.iter().filter(of_it).any(|t| t.step == Step::Confirmed);
    draft.withdraw(|t| t.under == Some(whistle) && t.kind == ThreadKind::Supervision)?;
    if !done {
        return draft.end(whistle, Step::Withdrawn, None, Clocks::Stopped);
    }
    draft.step(whistle, Step::Done, None)?;
    draft.end(whistle, Step::Confirmed, None, Clocks::Met)?;
    let Some(own) = thread.under else { return Ok(()) };
    let rung =
        draft.case.thread(own).is_some_and(|t| t.kind == ThreadKind::Rung && t.step == Step::Acknowledged);
    let more = |t: &Thread| {
        t.kind == ThreadKind::Milestone
            || (matches!(t.kind, ThreadKind::Whistle | ThreadKind::Suspension) && t.under == Some(own))
    };
    if rung && !draft.case.open_threads().any(more) { rung::done(draft, own, None) } else { Ok(()) }
}

/// 撤哨: the convener calls a summons off, or the whole whistle with everything under it.
pub(super) fn withdraw(draft: &mut Draft<'_>, no: ThreadNo, text: TextRef) -> Result<(), Refusal> {
    let thread = draft.thread(no)?.clone();
    match thread.kind {
        ThreadKind::Summons => {
            draft.open_thread(no, ThreadKind::Summons)?;
            let whistle = whistle_of(draft, no)?.no;
            draft.withdraw(|t| t.under == Some(no) && t.kind == ThreadKind::Ruling)?;
            draft.end(no, Step::Withdrawn, Some(text), Clocks::Stopped)?;
            settle(draft, whistle)
        }
        ThreadKind::Whistle => {
            draft.open_thread(no, ThreadKind::Whistle)?;
            let under: Vec<ThreadNo> =
                draft.case.open_threads().filter(|t| t.under == Some(no)).map(|t| t.no).collect();
            draft
                .withdraw(|t| t.under.is_some_and(|u| under.contains(&u)) && t.kind == ThreadKind::Ruling)?;
            draft.withdraw(|t| under.contains(&t.no))?;
            draft.end(no, Step::Withdrawn, Some(text), Clocks::Stopped)
        }
        kind => {
            let why = format!("thread {no} is {kind:?}");
            Err(Refusal::new("thread.kind", why, "a rung, a whistle or a summons"))
        }
    }
}

/// A clock under a whistle was missed, of a summons, its sign-off or its ruling, of a milestone or the plan:
/// one more step of escalation, if one is left. `false` where no whistle is open above.
pub(super) fn missed(draft: &mut Draft<'_>, of: ThreadNo) -> Result<bool, Refusal> {
    let up = std::iter::successors(draft.case.thread(of), |t| draft.case.thread(t.under?));
    let mut up = up.take_while(|t| t.kind != ThreadKind::Rung);
    let Some(whistle) = up.find(|t| t.kind == ThreadKind::Whistle && t.is_open()) else { return Ok(false) };
    let (no, step) = (whistle.no, whistle.step);
    // A type that the city has no more escalates to nobody.
    let Ok(rule) = rule_of(draft, &whistle.label.clone().unwrap_or_default()) else { return Ok(true) };
    if step == Step::Sent {
        draft.step(no, Step::Climbed, None)?;
    }
    let so_far = |t: &&Thread| t.kind == ThreadKind::Supervision && t.under == Some(no);
    let level = draft.case.threads.iter().filter(so_far).count();
    let Some(next) = rule.escalate.get(level) else { return Ok(true) };
    let rank = u8::try_from(level + 1).ok();
    supervise::watch(draft, no, &next.holder, Some(next.id.clone()), rank)?;
    Ok(true)
}

/// 攻坚计划: dated steps, the convener's or the accountable unit's.
fn plan(draft: &mut Draft<'_>, whistle: Option<ThreadNo>, steps: &[Milestone]) -> Result<(), Refusal> {
    draft.on(&[Spine::Open])?;
    if steps.is_empty() {
        return Err(Refusal::new("plan.empty", "the plan has no step", "`milestones`: at least one"));
    }
    if let Some(no) = whistle {
        draft.open_thread(no, ThreadKind::Whistle)?;
    } else if !matches!(draft.desk.actor, Actor::Staff(s) if draft.case.lead.as_ref() == Some(&s.unit)) {
        let lead = draft.case.lead.as_ref().map(ToString::to_string).unwrap_or_default();
        let why = "only the accountable unit plans the case as a whole";
        return Err(Refusal::new("plan.lead", why, format!("somebody of {lead}, or `thread`: a whistle")));
    }
    let Actor::Staff(staff) = draft.desk.actor else { return Ok(()) };
    // Of a case as a whole: the steps stand in the place of the time that the unit's own rung has.
    let own = |t: &&Thread| t.kind == ThreadKind::Rung && t.holder.as_unit() == Some(&staff.unit);
    let under = whistle.or_else(|| draft.case.open_threads().find(own).map(|t| t.no));
    let before = draft.case.threads.iter().filter(|t| t.kind == ThreadKind::Milestone).count();
    for (i, step) in steps.iter().enumerate() {
        draft.word(&draft.desk.rules.profile.words.milestone, "milestone", &step.label)?;
        let after = i.checked_sub(1).and_then(|i| steps.get(i)).map_or(draft.desk.now, |s| s.until);
        if step.until <= after {
            let why = format!("`{}` is due {}, not after {after}", step.label, step.until);
            return Err(Refusal::new("plan.order", why, "dates to come, each later than the one before"));
        }
        draft.not_too_far(step.until)?;
        let no = draft.open_with(ThreadKind::Milestone, Holder::unit(staff.unit.clone()), |t| {
            t.under = under;
            t.rank = u8::try_from(before + i + 1).ok();
            t.label = Some(step.label.clone());
            t.until = Some(step.until);
        })?;
        draft.start_fixed(Stage::Milestone, no, step.until);
    }
    if let Some(no) = whistle {
        draft.meet(no, Stage::Measure);
    }
    Ok(())
}

/// 评哨: both sides are graded; the department says whether it was rightly called.
fn grade_whistle(draft: &mut Draft<'_>, no: ThreadNo, grade: &CompactString) -> Result<(), Refusal> {
    draft.word(&draft.desk.rules.profile.words.whistle_grade, "whistle_grade", grade)?;
    let summons = draft.thread(no)?;
    if summons.kind != ThreadKind::Summons {
        let why = format!("thread {no} is {:?}", summons.kind);
        return Err(Refusal::new("thread.kind", why, "a summons of the department"));
    }
    if matches!(summons.step, Step::Sent | Step::Acknowledged | Step::Withdrawn) {
        let why = "who has not been on site, nor refused, cannot judge the whistle";
        return Err(Refusal::new("grade.early", why, "a grade after `arrive`"));
    }
    if summons.spoke.as_ref().is_some_and(|s| s.grade.is_some()) {
        return Err(Refusal::new(
            "grade.twice",
            "the whistle is graded already",
            "one grade for each summons",
        ));
    }
    draft.emit(Event::Graded { thread: no, grade: grade.clone() });
    Ok(())
}
