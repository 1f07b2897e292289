//! Powers: who may give which command on which case, and which deeds stay in different hands.

use super::offer::Offer;
use super::{Desk, external, hang, routine, whistle};
use crate::case::command::Command;
use crate::case::event::{Actor, Holder, Staff};
use crate::case::refusal::Refusal;
use crate::case::state::{Case, Deed, Spine, Thread};
use crate::case::thread::ThreadKind;
use crate::ids::{PersonId, ThreadNo, UnitId};
use crate::profile::Apart;
use crate::rules::Rules;
use crate::time::Time;

/// Checks role, post, territory, thread and separation.
pub(super) fn authorise(case: Option<&Case>, command: &Command, desk: &Desk<'_>) -> Result<(), Refusal> {
    match desk.actor {
        Actor::Staff(staff) => staff_may(case, command, staff, desk),
        Actor::Caller => {
            one_of(command, &["report", "rate", "note", "attach", "urge"], "the person who called")
        }
        Actor::Clock => one_of(command, &["fire", "reset_clocks"], "a clock"),
        Actor::System(system) if external::is_above(case, system) => {
            one_of(command, &["note", "receipt", "urge_above", "judge"], "the system above")
        }
        Actor::System(_) => one_of(command, &OF_SYSTEMS, "a system"),
    }
}

/// What systems give that govern no case.
const OF_SYSTEMS: [&str; 8] =
    ["report", "observe", "follow", "joined", "found", "note", "reset_clocks", "erase"];

fn one_of(command: &Command, may: &[&str], who: &str) -> Result<(), Refusal> {
    if may.contains(&command.name()) {
        return Ok(());
    }
    Err(Refusal::new("powers.actor", format!("{who} cannot give `{}`", command.name()), may.join(", ")))
}

fn staff_may(case: Option<&Case>, command: &Command, staff: &Staff, desk: &Desk<'_>) -> Result<(), Refusal> {
    let rules = desk.rules;
    let role = rules.profile.roles.get(staff.role.as_str()).ok_or_else(|| {
        let known: Vec<&str> = rules.profile.roles.keys().map(|r| r.as_str()).collect();
        Refusal::new("powers.role", format!("`{}` is no role of this city", staff.role), known.join(", "))
    })?;
    if !role.may.iter().any(|c| c == command.name()) {
        let why = format!("a {} does not give `{}`", staff.role, command.name());
        return Err(Refusal::new("powers.role", why, roles_with(rules, command.name())));
    }
    if !rules.holds_post(staff, desk.now) {
        let why = format!("{} does not hold the post {} now", staff.person, staff.post);
        return Err(Refusal::new("powers.post", why, "a post within its period"));
    }
    let Some(case) = case else { return Ok(()) };
    not_accused(case, staff, rules, desk.now)?;
    if let Some(refusal) = unnamed(case, staff) {
        return Err(refusal);
    }
    if matches!(command, Command::Undo {}) {
        // One's own last step may be taken back even when it moved the case out of one's territory.
        return Ok(());
    }
    let territory = rules.covers(staff, case.place(), desk.now);
    if let Some(thread) = command.thread().and_then(|no| case.thread(no)) {
        speaks(case, thread, command.name(), staff, role.any_unit && territory, (rules, desk.now))?;
    } else if !territory && case.lead.as_ref() != Some(&staff.unit) {
        let why = format!("the case lies outside the territory of {}", staff.post);
        return Err(Refusal::new(
            "powers.territory",
            why,
            "a post whose territory covers the place of the case",
        ));
    }
    deed_named(command.name()).map_or(Ok(()), |deed| apart(case, staff, deed, rules))
}

/// A restricted case is for those it names.
fn unnamed(case: &Case, staff: &Staff) -> Option<Refusal> {
    case.restricted.as_ref().filter(|r| !r.names(staff)).map(|_| {
        let why = "the case is restricted to persons and posts named";
        Refusal::new("restricted.unnamed", why, "somebody it names")
    })
}

/// A report never reaches the unit it accuses, nor anybody below it, whatever their post may do.
fn not_accused(case: &Case, staff: &Staff, rules: &Rules, now: Time) -> Result<(), Refusal> {
    let Some(about) = case.facts.as_ref().and_then(|f| f.about.as_ref()) else { return Ok(()) };
    if !units_of(staff, rules, now).iter().any(|unit| rules.accused(unit, about)) {
        return Ok(());
    }
    let why = format!("{} serves the unit complained of here, or one that reports to it", staff.person);
    Err(Refusal::new("report.accused-unit", why, "somebody outside the accused unit's line"))
}

/// The units a person serves through every post held now, and those of whom they stand in for: a second post
/// is no way round a rule about persons.
fn units_of<'a>(staff: &'a Staff, rules: &'a Rules, now: Time) -> Vec<&'a UnitId> {
    let day = rules.day(now);
    let persons = std::iter::once(&staff.person).chain(staff.deputy_of.as_ref());
    let held = persons.flat_map(|person| rules.city.people.of_person(person, day)).map(|post| &post.unit);
    let mut units: Vec<&UnitId> = std::iter::once(&staff.unit).chain(held).collect();
    units.sort();
    units.dedup();
    units
}

/// The units of which no report is shown to `staff`: a case about one of them does not exist for them, in no
/// list, count or stream. Sorted; a handful at most, those they serve and those above these.
pub fn kept_from(staff: &Staff, rules: &Rules, now: Time) -> Vec<UnitId> {
    let mut kept = Vec::new();
    for unit in units_of(staff, rules, now) {
        let above = std::iter::successors(Some(unit), |u| rules.city.units.get(u)?.parent.as_ref());
        kept.extend(above.take(MAX_LINE).filter(|about| rules.accused(unit, about)).cloned());
    }
    kept.sort();
    kept.dedup();
    kept
}

/// Deeper than any line of command; ends a loop in a broken roster.
pub(super) const MAX_LINE: usize = 32;

fn roles_with(rules: &Rules, command: &str) -> String {
    let roles: Vec<&str> = rules
        .profile
        .roles
        .iter()
        .filter(|(_, r)| r.may.iter().any(|c| c == command))
        .map(|(n, _)| n.as_str())
        .collect();
    if roles.is_empty() { "no role of this city".to_owned() } else { format!("roles: {}", roles.join(", ")) }
}

/// Whether `staff` may give `command` on `thread`: its holder, or for its confirmation who called for it.
fn speaks(
    case: &Case,
    thread: &Thread,
    command: &str,
    staff: &Staff,
    any_unit: bool,
    (rules, now): (&Rules, Time),
) -> Result<(), Refusal> {
    match command {
        "urge" => return urges(case, thread, staff, any_unit),
        // Whoever asked to wait goes on before the date, when nothing is waited for any more.
        "resume" if thread.caller.as_unit() == Some(&staff.unit) => return Ok(()),
        // Who watches over any unit's threads has none of them.
        "supervise" if any_unit => return Ok(()),
        // Who asked for it does not decide it, and nobody decides two steps of it.
        "decide_exclusion" | "decide_correction" | "decide_whistle" | "rule"
            if thread.spoke_on(&staff.person) =>
        {
            let why = format!("{} asked for it, or decided a step before", staff.person);
            return Err(Refusal::new("powers.apart", why, "another person"));
        }
        _ => {}
    }
    let party = match (command, thread.kind) {
        ("confirm", ThreadKind::Rung) => &thread.caller,
        ("send", ThreadKind::External) => &thread.caller,
        ("confirm" | "withdraw", ThreadKind::Summons) => case.convener(thread),
        ("confirm" | "withdraw", ThreadKind::Instruction) => &thread.caller,
        _ => return holds(thread, staff, any_unit, rules, now),
    };
    if thread.spoken_by() == Some(&staff.person) {
        let why = format!("{} said that it is done", staff.person);
        return Err(Refusal::new("powers.apart", why, "another person of the unit that called for it"));
    }
    let asked = any_unit || case.awaited(thread).as_unit() == Some(&staff.unit);
    if asked && command == "confirm" && whistle::signed_off_by(case, thread, staff, rules) {
        return serves_none(staff, thread.holder.as_unit(), rules, now);
    }
    if *party == Holder::Caller {
        let why = format!("thread {} was called for by the person who reported the case", thread.no);
        return Err(Refusal::new("confirm.caller", why, "`callback` or `rate`, once they have an answer"));
    }
    let Holder::Unit { unit, person } = party else {
        let why = format!("thread {} was called for by another system", thread.no);
        return Err(Refusal::new("thread.caller", why, "that system"));
    };
    // A unit's word is anybody's of it; but where the call stayed within the unit, only the person's who
    // called, and an instruction is the leader's own. Who has left speaks no more: their unit does.
    let within = thread.holder.as_unit() == Some(unit) || thread.kind == ThreadKind::Instruction;
    let caller = person.as_ref().filter(|p| within && rules.works_in(p, unit, now));
    if *unit == staff.unit && caller.is_none_or(|p| *p == staff.person || staff.deputy_of.as_ref() == Some(p))
    {
        return Ok(());
    }
    let who = caller.map_or_else(|| format!("somebody of {unit}"), |p| format!("{p} of {unit}"));
    let why = format!("thread {} was called for by {who}", thread.no);
    Err(Refusal::new("thread.caller", why, who))
}

/// Who decides whether units are called, or signs a result of theirs off, serves none of them by any post.
pub(super) fn serves_none<'u>(
    staff: &Staff,
    units: impl IntoIterator<Item = &'u UnitId>,
    rules: &Rules,
    now: Time,
) -> Result<(), Refusal> {
    let serves = units_of(staff, rules, now);
    let Some(unit) = units.into_iter().find(|u| serves.contains(u)) else { return Ok(()) };
    let why = format!("{} serves {unit}, which this is about", staff.person);
    Err(Refusal::new("powers.apart", why, "somebody who serves none of the units called"))
}

/// Whether the person on duty is another one by now: what one turn held, the next may act on.
fn took_over(thread: &Thread, staff: &Staff, rules: &Rules, now: Time) -> bool {
    let unit = thread.holder.as_unit();
    unit.is_some_and(|unit| *unit == staff.unit && rules.standing.sits(rules, unit, &staff.person, now))
}

/// Whoever called for a thread urges it, and the unit that answers for the case, and who watches over any
/// unit's threads; nobody urges their own unit.
fn urges(case: &Case, thread: &Thread, staff: &Staff, any_unit: bool) -> Result<(), Refusal> {
    let own = thread.holder.as_unit() == Some(&staff.unit);
    let called = thread.caller.as_unit() == Some(&staff.unit) || case.lead.as_ref() == Some(&staff.unit);
    if !own && (called || any_unit) {
        return Ok(());
    }
    let why = if own {
        format!("thread {} is with {} itself", thread.no, staff.unit)
    } else {
        format!("{} neither called for thread {} nor answers for the case", staff.unit, thread.no)
    };
    Err(Refusal::new(
        "urge.whose",
        why,
        "who called for it, the accountable unit, the hotline, or the caller",
    ))
}

fn holds(thread: &Thread, staff: &Staff, any_unit: bool, rules: &Rules, now: Time) -> Result<(), Refusal> {
    let (unit, person) = match &thread.holder {
        Holder::Unit { unit, person } => (unit, person.as_ref()),
        other => {
            let why = format!("thread {} is with {other:?}", thread.no);
            return Err(Refusal::new("thread.holder", why, "its holder"));
        }
    };
    let own = *unit == staff.unit && person.is_none_or(|p| p == &staff.person);
    let stands_in = staff.deputy_of.is_some() && staff.deputy_of.as_ref() == person && *unit == staff.unit;
    if own || stands_in || any_unit || (*unit == staff.unit && rules.may_reassign(staff)) {
        return Ok(());
    }
    if took_over(thread, staff, rules, now) {
        return Ok(());
    }
    let with = person.map_or_else(|| unit.to_string(), |p| format!("{p} of {unit}"));
    Err(Refusal::new(
        "thread.holder",
        format!("thread {} is with {with}", thread.no),
        format!("somebody of {unit}"),
    ))
}

/// The deed that a command amounts to, for keeping powers apart.
fn deed_named(command: &str) -> Option<Deed> {
    Some(match command {
        "report" => Deed::Reported,
        "verify" => Deed::Verified,
        "dispatch" | "redispatch" | "pass_down" | "decide_return" => Deed::Dispatched,
        "sign" | "contact" | "finish" | "enforce" | "handle_at_once" => Deed::Handled,
        "reply" => Deed::Replied,
        "decide_reply" | "decide_extension" | "decide_suspension" | "register" => Deed::Approved,
        "check" => Deed::Checked,
        "callback" => Deed::CalledBack,
        "close" | "force_close" | "void" => Deed::Closed,
        "decide_correction" | "decide_exclusion" | "exclude" => Deed::Evaluated,
        _ => return None,
    })
}

/// Whether no hand of `unit` could end a thread of `kind`, because the unit did a deed that is kept apart
/// by unit.
pub(super) fn barred(case: &Case, unit: &UnitId, kind: ThreadKind, rules: &Rules) -> bool {
    let deed = match kind {
        ThreadKind::Verify => Deed::Verified,
        ThreadKind::Dispatch | ThreadKind::Return => Deed::Dispatched,
        ThreadKind::Handling => Deed::Handled,
        ThreadKind::Extension | ThreadKind::Suspension | ThreadKind::Approval | ThreadKind::Register => {
            Deed::Approved
        }
        ThreadKind::Check => Deed::Checked,
        ThreadKind::Callback => Deed::CalledBack,
        ThreadKind::Correction | ThreadKind::Exclusion => Deed::Evaluated,
        _ => return false,
    };
    rules.profile.separations.iter().filter(|rule| rule.by == Apart::Unit).any(|rule| {
        let (a, b) = rule.deeds;
        let other = if a == deed { b } else { a };
        (a == deed || b == deed) && hands(case).any(|h| h.deed == other && h.unit == unit)
    })
}

/// One deed of somebody.
struct By<'a> {
    deed: Deed,
    person: &'a PersonId,
    unit: &'a UnitId,
}

/// Who did what: the hands of the case, and whoever said of a rung or summons that it is done.
fn hands(case: &Case) -> impl Iterator<Item = By<'_>> {
    let noted =
        case.hands.iter().chain(&case.deeds).map(|h| By { deed: h.deed, person: &h.person, unit: &h.unit });
    let said = |t: &&Thread| matches!(t.kind, ThreadKind::Rung | ThreadKind::Summons);
    let spoke =
        case.threads.iter().filter(said).filter_map(|t| {
            Some(By { deed: Deed::Handled, person: t.spoken_by()?, unit: t.holder.as_unit()? })
        });
    noted.chain(spoke)
}

/// Refuses a deed to hands that did one it is kept apart from.
fn apart(case: &Case, staff: &Staff, deed: Deed, rules: &Rules) -> Result<(), Refusal> {
    for rule in &rules.profile.separations {
        let other = match rule.deeds {
            (a, b) if a == deed => b,
            (a, b) if b == deed => a,
            _ => continue,
        };
        let clash = hands(case).find(|h| {
            h.deed == other
                && match rule.by {
                    Apart::Person => *h.person == staff.person,
                    Apart::Unit => *h.unit == staff.unit || *h.person == staff.person,
                }
        });
        if let Some(hand) = clash {
            let who = if rule.by == Apart::Unit { "their unit" } else { "the same person" };
            let why = format!("{} already {other:?} this case; {deed:?} must not be {who}", hand.person);
            let accepted = if rule.by == Apart::Unit { "somebody of another unit" } else { "another person" };
            return Err(Refusal::new("powers.apart", why, accepted));
        }
    }
    Ok(())
}

/// Whether `unit` has work on the case now that leads it to the place: it answers for the case, or verifies,
/// handles or checks it. Whoever has no such work needs not know where exactly somebody lives.
pub fn handles(case: &Case, unit: &UnitId) -> bool {
    use ThreadKind::*;
    let on_site = |t: &Thread| matches!(t.kind, Verify | Handling | Check | Visit);
    case.lead.as_ref() == Some(unit)
        || case.open_threads().any(|t| on_site(t) && t.holder.as_unit() == Some(unit))
}

/// What the person who called could do: a rating only while one is asked for.
fn of_caller(case: &Case) -> Vec<&'static str> {
    let asked = case.open_of(ThreadKind::Rating).next().map(|_| "rate");
    asked.into_iter().chain(["note", "attach", "urge"]).collect()
}

/// The commands `actor` could give on `case` now, as far as powers and the state of case and threads say.
pub fn allowed(case: &Case, actor: &Actor, rules: &Rules, now: Time) -> Vec<&'static str> {
    match actor {
        Actor::Staff(staff) => offered(case, staff, rules, now).into_iter().map(|(name, _)| name).collect(),
        Actor::Caller => of_caller(case),
        _ => Vec::new(),
    }
}

/// The same, each with the open threads it could be given on; with none where it is for the case as a whole.
pub fn offered(case: &Case, staff: &Staff, rules: &Rules, now: Time) -> Vec<(&'static str, Vec<ThreadNo>)> {
    let Some(role) = rules.profile.roles.get(staff.role.as_str()) else { return Vec::new() };
    if !rules.holds_post(staff, now)
        || not_accused(case, staff, rules, now).is_err()
        || unnamed(case, staff).is_some()
    {
        return Vec::new();
    }
    let covers = rules.covers(staff, case.place(), now);
    let any_unit = role.any_unit && covers;
    let near = covers || case.lead.as_ref() == Some(&staff.unit);
    let offer = Offer { case, staff, rules, now };
    let takes = |t: &Thread, name: &str| {
        (t.is_open() || LOOK_BACK.contains(&name) || (name == "ask_suspension" && hang::answered(case, t)))
            && offer.on_thread(t, name)
            && speaks(case, t, name, staff, any_unit, (rules, now)).is_ok()
    };
    let on = |name| case.threads.iter().filter(|t| takes(t, name)).map(|t| t.no).collect::<Vec<_>>();
    Command::GIVEN
        .into_iter()
        .filter(|name| role.may.iter().any(|m| m == name))
        .filter(|name| case.facts.is_some() || super::OBSERVED_TAKES.contains(name))
        .filter(|name| routine::suits(case, name))
        .filter(|name| deed_named(name).is_none_or(|deed| apart(case, staff, deed, rules).is_ok()))
        .map(|name| (name, on(name)))
        .filter(|(name, threads)| {
            let of_case = kinds_of(name).is_empty() || MAY_NAME_A_THREAD.contains(name);
            // One's own last step may be taken back even when it moved the case out of one's territory.
            (of_case && (near || *name == "undo") && offer.on_case(name)) || !threads.is_empty()
        })
        .collect()
}

/// Commands for the case as a whole that may be addressed to a thread instead.
const MAY_NAME_A_THREAD: [&str; 5] = ["plan", "meet", "plan_joint", "urge", "supervise"];

/// Commands that may speak of a thread that has ended.
const LOOK_BACK: [&str; 2] = ["grade", "log_effort"];

/// Where a case must stand for a command that is addressed to no thread.
pub(super) fn spines_of(command: &str) -> &'static [Spine] {
    use Spine::*;
    match command {
        "report" => &[],
        "void" | "handle_at_once" | "answer_direct" | "merge" | "move" | "reclassify" | "divert"
        | "return_above" => &[Reported, Open],
        "assign" | "end_routine" => &[Open],
        "redispatch" | "reply" | "whistle" | "ask_whistle" | "plan" | "plan_joint" => &[Open],
        "enforce" => &[Open, Answered, Verdict],
        "instruct" | "meet" | "amend" | "supervise" => &[Reported, Open, Answered, Verdict],
        "close" | "force_close" | "urge" => &[Reported, Open, Answered, Verdict],
        "reopen" => &[Closed, Void],
        _ => &[Reported, Open, Answered, Verdict, Closed, Void],
    }
}

/// The kinds of thread a command is addressed to; none when it is for the case as a whole.
pub(super) fn kinds_of(command: &str) -> &'static [ThreadKind] {
    use ThreadKind::*;
    match command {
        "verify" => &[Verify],
        "register" => &[Register],
        "decide_whistle" => &[Proposal],
        "dispatch" | "pass_down" | "ask_ruling" => &[Dispatch],
        "sign" => &[Handling, Instruction],
        "contact" | "ask_return" | "ask_extension" => &[Handling],
        "finish" => &[Handling, Rung, Summons, Instruction],
        "ask_suspension" => &[Handling, Rung],
        "decide_return" => &[Return],
        "decide_extension" => &[Extension],
        "decide_suspension" | "resume" => &[Suspension],
        "decide_reply" => &[Approval],
        "check" => &[Check],
        "callback" => &[Callback],
        "part" => &[Merge],
        "decide_correction" => &[Correction],
        "decide_exclusion" => &[Exclusion],
        "acknowledge" => &[Rung, Summons],
        "confirm" => &[Rung, Summons, Instruction],
        "climb" => &[Rung],
        "withdraw" => &[Rung, Whistle, Summons, Instruction],
        "summon" | "plan" | "meet" | "plan_joint" => &[Whistle],
        "hand" | "log_effort" | "urge" | "supervise" => &ThreadKind::ALL,
        "end_supervision" => &[Supervision],
        "arrive" | "state_measure" | "refuse" | "grade" => &[Summons],
        "rule" => &[Ruling],
        "reach" => &[Milestone],
        "send" => &[External],
        "visit" => &[Visit],
        _ => &[],
    }
}
