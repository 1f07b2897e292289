//! The leader's desk: instructions 批示, meetings 协调会, who issues a reply 签发, lawful diversion 依法分流, and joint
//! enforcement 综合执法, each with its refusals; and that none of it reaches an accused unit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::*;
use huying_core::case::command::{Command, Task};
use huying_core::case::event::*;
use huying_core::case::notice::{NoticeKind, Recipient, notices};
use huying_core::case::state::Spine;
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::{ThreadNo, UnitId};

const MONDAY: &str = "2026-03-02 09:00";

fn units(ids: &[&str]) -> Vec<UnitId> {
    ids.iter().map(|u| unit(u)).collect()
}

fn leader() -> Actor {
    staff("closer", JINJIANG_DESK)
}

fn handler(of: &str) -> Actor {
    staff("handler", of)
}

/// A complaint that city management has as an order.
fn ordered() -> Flow {
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.dispatch(CITY_MANAGEMENT, &[]);
    flow
}

fn told(flow: &Flow) -> Vec<(NoticeKind, Recipient)> {
    let before = flow.fold(flow.records.len() - 1);
    let all = notices(flow.records.last().unwrap(), before.as_ref(), flow.case());
    all.into_iter().map(|n| (n.kind, n.to)).collect()
}

fn instruct(to: &[&str]) -> Command {
    Command::Instruct { units: units(to), text: text(50) }
}

fn finish(thread: ThreadNo) -> Command {
    Command::Finish { thread, effort: Effort::default(), text: text(51) }
}

fn confirm(thread: ThreadNo, confirmed: bool) -> Command {
    Command::Confirm { thread, confirmed, grade: None, text: (!confirmed).then(|| text(52)) }
}

#[test]
fn an_instruction_is_signed_answered_and_ended_by_the_leader_alone() {
    let mut flow = ordered();
    flow.refuses(&leader(), &instruct(&[]), "instruction.empty");
    flow.refuses(&leader(), &instruct(&[JINJIANG_DESK]), "instruction.self");
    flow.refuses(&leader(), &instruct(&["u510104"]), "instruction.unit");
    flow.refuses(&leader(), &instruct(&[WATER, WATER]), "instruction.twice");
    flow.refuses(&handler(CITY_MANAGEMENT), &instruct(&[WATER]), "powers.role");
    flow.gives(&leader(), instruct(&[WATER, TRAFFIC]));
    freeze("command-instruct", &flow);
    assert!(told(&flow).contains(&(NoticeKind::Assigned, Recipient::Unit(unit(WATER)))));
    let of = |flow: &Flow, of: &str| {
        flow.case().open_of(ThreadKind::Instruction).find(|t| t.holder == Holder::unit(unit(of))).unwrap().no
    };
    let thread = of(&flow, WATER);
    let water = handler(WATER);
    flow.refuses(&water, &finish(thread), "instruction.sign-first");
    flow.refuses(&handler(TRAFFIC), &Command::Sign { thread }, "thread.holder");
    flow.gives(&water, Command::Sign { thread });
    flow.refuses(&water, &Command::Sign { thread }, "instruction.signed");
    flow.refuses(&leader(), &confirm(thread, true), "confirm.early");
    flow.gives(&water, finish(thread));
    assert!(told(&flow).iter().any(|(k, _)| *k == NoticeKind::ToConfirm));
    // Neither the unit nor another leader takes the answer.
    flow.refuses(&water, &confirm(thread, true), "thread.caller");
    flow.refuses(&staff("closer", CITY_DESK), &confirm(thread, true), "thread.caller");
    let silent = Command::Confirm { thread, confirmed: false, grade: None, text: None };
    flow.refuses(&leader(), &silent, "instruction.words");
    flow.gives(&leader(), confirm(thread, false));
    assert!(told(&flow).contains(&(NoticeKind::SentBack, Recipient::Unit(unit(WATER)))));
    assert_eq!(flow.case().thread(thread).unwrap().step, Step::Signed);
    flow.gives(&water, finish(thread));
    flow.gives(&leader(), confirm(thread, true));
    assert_eq!(flow.case().thread(thread).unwrap().step, Step::Confirmed);
    let other = of(&flow, TRAFFIC);
    flow.refuses(&water, &Command::Withdraw { thread: other, text: text(53) }, "thread.caller");
    flow.gives(&leader(), Command::Withdraw { thread: other, text: text(53) });
    assert_eq!(flow.case().open_of(ThreadKind::Instruction).count(), 0);
}

/// 督办: taken under somebody's eyes by hand, whole or by one thread, and let go with a reason.
#[test]
fn a_supervisor_watches_a_case_until_it_is_let_go() {
    let mut flow = ordered();
    let supervisor = staff("supervisor", JINJIANG_DESK);
    let watch = |thread: Option<ThreadNo>| Command::Supervise { thread, text: text(70) };
    flow.refuses(&handler(CITY_MANAGEMENT), &watch(None), "powers.role");
    flow.gives(&supervisor, watch(None));
    freeze("command-supervise", &flow);
    assert!(told(&flow).contains(&(NoticeKind::Escalation, Recipient::Unit(unit(CITY_MANAGEMENT)))));
    flow.refuses(&supervisor, &watch(None), "supervise.twice");
    // One order of it beside the whole: another watch, which is let go by itself.
    let order = flow.handling(CITY_MANAGEMENT);
    flow.gives(&supervisor, watch(Some(order)));
    let own = flow.case().open_of(ThreadKind::Supervision).last().unwrap().no;
    flow.refuses(&supervisor, &watch(Some(own)), "supervise.thread");
    let end = |thread| Command::EndSupervision { thread, text: text(71) };
    flow.refuses(&handler(CITY_MANAGEMENT), &end(own), "powers.role");
    flow.gives(&supervisor, end(own));
    freeze("command-end_supervision", &flow);
    assert!(told(&flow).contains(&(NoticeKind::Confirmed, Recipient::Unit(unit(CITY_MANAGEMENT)))));
    flow.refuses(&supervisor, &end(own), "thread.ended");
    assert_eq!(flow.case().open_of(ThreadKind::Supervision).count(), 1, "the whole is watched on");
}

/// More time that was asked for and lies behind by now is not granted.
#[test]
fn an_extension_is_not_granted_into_the_past() {
    let mut flow = ordered();
    flow.sign(CITY_MANAGEMENT);
    let (thread, until) = (flow.handling(CITY_MANAGEMENT), at("2026-03-30 18:00"));
    flow.gives(&handler(CITY_MANAGEMENT), Command::AskExtension { thread, until, text: text(5) });
    flow.until(at("2026-03-31 09:00"));
    let thread = flow.no(ThreadKind::Extension);
    let decide = |granted| Command::DecideExtension { thread, granted, text: None };
    let approver = staff("approver", JINJIANG_DESK);
    flow.refuses(&approver, &decide(true), "extension.late");
    flow.gives(&approver, decide(false));
}

#[test]
fn limits_of_an_instruction_are_the_profiles_and_its_block_too() {
    let blocking = rules_with(&[(
        r#"answer = ["whistle", "proposal", "summons", "ruling", "milestone", "verify""#,
        r#"answer = ["instruction", "whistle", "proposal", "summons", "ruling", "milestone", "verify""#,
    )]);
    let mut flow = Flow::under(blocking, at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(complaint(JINJIANG))));
    flow.dispatch(CITY_MANAGEMENT, &[]);
    flow.gives(&leader(), instruct(&[WATER]));
    let clocks = |flow: &Flow, stage| {
        flow.case().clocks.iter().rev().find(|c| c.stage == stage).map(|c| (c.due, c.unscored)).unwrap()
    };
    // 09:00 on a Monday: four working hours later it is 15:00, after the noon break.
    assert!(clocks(&flow, Stage::Sign).0 > at("2026-03-02 13:00"));
    assert!(!clocks(&flow, Stage::Resolve).1);
    flow.handled(CITY_MANAGEMENT);
    let reply = Command::Reply { text: text(40) };
    flow.refuses(&handler(CITY_MANAGEMENT), &reply, "answer.blocked");
    let thread = flow.no(ThreadKind::Instruction);
    flow.gives(&handler(WATER), Command::Sign { thread });
    flow.gives(&handler(WATER), finish(thread));
    assert!(clocks(&flow, Stage::Check).1, "the leader's own delay is nobody's score");
    flow.gives(&leader(), confirm(thread, true));
    flow.gives(&handler(CITY_MANAGEMENT), reply);
}

fn meet(others: &[&str], tasks: &[(&str, &str)]) -> Command {
    let task = |(of, until): &(&str, &str)| Task { unit: unit(of), label: "survey".into(), until: at(until) };
    Command::Meet {
        thread: None,
        units: units(others),
        tasks: tasks.iter().map(task).collect(),
        text: text(60),
    }
}

#[test]
fn a_meeting_binds_those_who_met_by_dates() {
    let mut flow = ordered();
    let lead = handler(CITY_MANAGEMENT);
    let by = "2026-03-06 18:00";
    flow.refuses(&lead, &meet(&[], &[]), "meeting.alone");
    flow.refuses(&lead, &meet(&[CITY_MANAGEMENT], &[]), "meeting.alone");
    flow.refuses(&lead, &meet(&[WATER, WATER], &[]), "meeting.twice");
    flow.refuses(&lead, &meet(&[WATER], &[(TRAFFIC, by)]), "meeting.task");
    flow.refuses(&lead, &meet(&[WATER], &[(WATER, "2026-03-01 18:00")]), "time.past");
    flow.refuses(&handler(WATER), &meet(&[CITY_MANAGEMENT], &[]), "meeting.lead");
    flow.refuses(&lead, &meet(&["u-nobody"], &[]), "unit.unknown");
    flow.gives(&lead, meet(&[WATER, TRAFFIC], &[(WATER, by), (CITY_MANAGEMENT, by)]));
    freeze("command-meet", &flow);
    assert!(told(&flow).contains(&(NoticeKind::Assigned, Recipient::Unit(unit(WATER)))));
    assert!(!told(&flow).contains(&(NoticeKind::Assigned, Recipient::Unit(unit(CITY_MANAGEMENT)))));
    let met = flow.records.last().unwrap().events.iter().find(|e| matches!(e, Event::Met { .. }));
    assert!(matches!(met.unwrap(), Event::Met { units: who, .. } if *who == units(&[WATER, TRAFFIC])));
    let thread = flow.case().open_of(ThreadKind::Milestone).find(|t| t.holder == Holder::unit(unit(WATER)));
    let thread = thread.unwrap().no;
    flow.refuses(&handler(TRAFFIC), &Command::Reach { thread, text: None }, "thread.holder");
    flow.gives(&handler(WATER), Command::Reach { thread, text: Some(text(61)) });
}

#[test]
fn a_draft_is_sent_back_with_words_and_issued_by_a_third_hand() {
    let two = rules_with(&[
        ("two_step_approval = false", "two_step_approval = true"),
        ("may = [\"decide_extension\"", "may = [\"decide_reply\", \"decide_extension\""),
    ]);
    let reply = Command::Reply { text: text(40) };
    let decide = |flow: &Flow, granted: bool| Command::DecideReply {
        thread: flow.no(ThreadKind::Approval),
        granted,
        text: (!granted).then(|| text(41)),
    };
    let mut flow = Flow::under(two, at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(complaint(JINJIANG))));
    flow.dispatch(CITY_MANAGEMENT, &[]).handled(CITY_MANAGEMENT);
    flow.gives(&handler(CITY_MANAGEMENT), reply.clone());
    let wordless = Command::DecideReply { thread: flow.no(ThreadKind::Approval), granted: false, text: None };
    let (first, second) = (staff("approver", JINJIANG_DESK), staff("approver", CITY_DESK));
    flow.refuses(&first, &wordless, "approval.words");
    let step = decide(&flow, true);
    flow.gives(&first, step.clone());
    flow.refuses(&first, &step, "powers.apart");
    // Sent back at the second step, drafted anew, reviewed anew; who sent it back then may issue it now.
    let back = decide(&flow, false);
    flow.gives(&second, back);
    flow.gives(&handler(CITY_MANAGEMENT), reply);
    let step = decide(&flow, true);
    flow.gives(&first, step.clone());
    flow.gives(&second, decide(&flow, true));
    flow.stands(Spine::Answered);
}

#[test]
fn who_issues_a_reply_follows_the_request_type() {
    let issued = rules_with(&[
        (
            "id = \"hotline\"\n",
            "id = \"hotline\"\n\
             issues = [{ when = { request_type = [\"complaint\"] }, holder = { role = \"closer\" } }]\n",
        ),
        ("  \"close\", \"force_close\",", "  \"decide_reply\", \"close\", \"force_close\","),
    ]);
    let mut flow = Flow::under(issued, at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(complaint(JINJIANG))));
    flow.dispatch(CITY_MANAGEMENT, &[]).handled(CITY_MANAGEMENT);
    flow.gives(&handler(CITY_MANAGEMENT), Command::Reply { text: text(40) });
    let thread = flow.no(ThreadKind::Approval);
    let grant = Command::DecideReply { thread, granted: true, text: None };
    flow.gives(&staff("approver", JINJIANG_DESK), grant.clone());
    flow.stands(Spine::Open);
    flow.refuses(&staff("approver", CITY_DESK), &grant, "approval.issuer");
    flow.gives(&leader(), grant);
    flow.stands(Spine::Answered);
}

#[test]
fn a_case_for_another_body_ends_here_with_its_basis_and_no_order() {
    let divert = |to: &str| Command::Divert { to: to.into(), text: text(70) };
    let intake = staff("intake", CITY_DESK);
    let mut flow = Flow::reported(complaint(JINJIANG), at(MONDAY));
    flow.refuses(&intake, &divert("heaven"), "diversion.unknown");
    flow.gives(&intake, divert("arbitration"));
    freeze("command-divert", &flow);
    flow.stands(Spine::Void);
    let case = flow.case();
    assert_eq!(case.ground.as_deref(), Some("arbitration"));
    assert!(case.diverted.as_ref().unwrap().basis.contains("仲裁"));
    assert_eq!(case.last_answer, Some(text(70)), "the caller can read whose it is");
    assert!(told(&flow).contains(&(NoticeKind::Answered, Recipient::Caller)));
    assert_eq!(case.open_threads().count(), 0);
    assert!(!case.threads.iter().any(|t| t.kind == ThreadKind::Handling));
    let mut flow = ordered();
    flow.refuses(&staff("dispatcher", JINJIANG_DESK), &divert("police"), "diversion.ordered");
}

/// The shipped rules with two powers of which the second is held by the traffic police alone, and an officer
/// of it resident at the city management.
fn armed() -> &'static huying_core::rules::Rules {
    let mut folder = folder();
    let add = |folder: &mut huying_core::city::Folder, file: &str, more: &str| {
        let old = String::from_utf8(folder.get(file).unwrap().to_vec()).unwrap();
        folder.put(file, format!("{}\n{more}\n", old.trim_end()).into_bytes());
    };
    let head = "id,person,unit,role\n";
    let posts = String::from_utf8(folder.get("posts.csv").unwrap().to_vec()).unwrap();
    assert!(posts.starts_with(head));
    let mut posts: Vec<String> = posts.lines().skip(1).map(|l| format!("{l},,,")).collect();
    posts.insert(0, "id,person,unit,role,from,to,sending_unit".into());
    posts.push(format!("resident-1,resident,{WATER},handler,2026-01-01,2026-04-01,{TRAFFIC}"));
    folder.put("posts.csv", (posts.join("\n") + "\n").into_bytes());
    add(&mut folder, "people.csv", "resident,staff,虚构,yes");
    add(
        &mut folder,
        "profile.toml",
        &format!(
            "[[power]]\ncode = \"traffic\"\nname = \"交通违法查处\"\n\
             from = \"traffic-police\"\nunits = [\"{TRAFFIC}\"]\n\
             basis = \"道路交通安全法\"\nsince = \"2026-01-01\"\nsource = \"test\"\nstatus = \"proposal\"\n"
        ),
    );
    Box::leak(Box::new(rules_of(&folder)))
}

fn plan(others: &[&str], powers: &[&str], when: &str) -> Command {
    let powers = powers.iter().map(|p| (*p).into()).collect();
    Command::PlanJoint { thread: None, units: units(others), powers, at: at(when), text: text(80) }
}

fn enforce(thread: Option<ThreadNo>, act: &str, power: &str, files: &[&str]) -> Command {
    let files = files.iter().map(|f| (*f).into()).collect();
    Command::Enforce { thread, act: act.into(), power: power.into(), files, text: text(81) }
}

#[test]
fn a_joint_action_needs_its_powers_and_every_act_its_power_and_evidence() {
    let mut flow = Flow::under(armed(), at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(complaint(JINJIANG))));
    flow.dispatch(CITY_MANAGEMENT, &[]);
    let lead = handler(CITY_MANAGEMENT);
    let day = "2026-03-05 10:00";
    flow.refuses(&lead, &plan(&[TRAFFIC], &[], day), "joint.powers");
    flow.refuses(&lead, &plan(&[TRAFFIC], &["none"], day), "power.unknown");
    flow.refuses(&lead, &plan(&[TRAFFIC], &["traffic"], "2026-03-01 10:00"), "time.past");
    flow.refuses(&lead, &plan(&[TRAFFIC, TRAFFIC], &["traffic"], day), "joint.twice");
    flow.refuses(&handler(WATER), &plan(&[TRAFFIC], &["traffic"], day), "joint.lead");
    let refusal = flow.refuses(&lead, &plan(&[], &["traffic"], day), "power.held");
    assert!(refusal.accepted.contains(TRAFFIC) && refusal.basis.unwrap().contains("职权"));
    // By the officer that the traffic police has sent; and no longer once that post has ended.
    flow.refuses(&lead, &plan(&[WATER], &["traffic"], "2026-04-02 10:00"), "power.held");
    flow.gives(&lead, plan(&[WATER], &["traffic", "enf-001"], day));
    freeze("command-plan_joint", &flow);
    assert!(told(&flow).contains(&(NoticeKind::Assigned, Recipient::Unit(unit(WATER)))));
    let action = flow.case().open_of(ThreadKind::Milestone).next().unwrap();
    assert_eq!(action.joint.as_ref().unwrap().units, units(&[CITY_MANAGEMENT, WATER]));
    let action = Some(action.no);
    let water = handler(WATER);
    flow.files = vec!["aa".into()];
    let acts = |flow: &mut Flow| {
        flow.refuses(&water, &enforce(action, "search", "traffic", &["aa"]), "enforcement.unknown");
        flow.refuses(&water, &enforce(action, "inspection", "traffic", &[]), "enforcement.evidence");
        flow.refuses(&water, &enforce(action, "inspection", "traffic", &["bb"]), "enforcement.files");
        flow.refuses(&water, &enforce(action, "inspection", "enf-002", &["aa"]), "joint.powers");
        flow.refuses(&water, &enforce(action, "penalty", "traffic", &["aa"]), "enforcement.order");
        flow.refuses(&water, &enforce(None, "inspection", "traffic", &["aa"]), "enforcement.part");
    };
    acts(&mut flow);
    flow.refuses(&handler(TRAFFIC), &enforce(action, "inspection", "traffic", &["aa"]), "enforcement.part");
    flow.refuses(&lead, &enforce(action, "inspection", "traffic", &["aa"]), "power.held");
    flow.gives(&water, enforce(action, "inspection", "traffic", &["aa"]));
    freeze("command-enforce", &flow);
    flow.gives(&water, enforce(action, "penalty", "traffic", &["aa"]));
    // The lead acts under a power that its kind holds, without an action.
    flow.gives(&lead, enforce(None, "inspection", "enf-001", &["aa"]));
    let acts: Vec<(&str, &str)> =
        flow.case().enforced.iter().map(|e| (e.act.as_str(), e.power.as_str())).collect();
    assert_eq!(acts, [("inspection", "traffic"), ("penalty", "traffic"), ("inspection", "enf-001")]);
    // Who enforces has handled it.
    let Actor::Staff(person) = &water else { panic!() };
    assert!(flow.case().did(&person.person, huying_core::case::state::Deed::Handled));
}

/// A report never reaches the unit it accuses, nor anybody below it: by no command of the desk.
#[test]
fn no_command_of_the_desk_reaches_the_accused() {
    let mut report = complaint(JINJIANG);
    report.request_type = "report".into();
    report.identity = Identity::Confidential;
    report.about = Some(unit(WATER));
    let mut flow = Flow::under(armed(), at(MONDAY));
    flow.gives(&staff("intake", CITY_DESK), Command::Report(Box::new(report)));
    flow.dispatch(CITY_MANAGEMENT, &[]);
    let day = "2026-03-05 10:00";
    flow.refuses(&leader(), &instruct(&[WATER]), "report.accused-unit");
    let lead = handler(CITY_MANAGEMENT);
    flow.refuses(&lead, &meet(&[WATER], &[]), "report.accused-unit");
    flow.refuses(&lead, &plan(&[WATER], &["enf-001"], day), "report.accused-unit");
    let accused = handler(WATER);
    for command in [
        meet(&[TRAFFIC], &[]),
        plan(&[TRAFFIC], &["traffic"], day),
        enforce(None, "inspection", "enf-001", &["aa"]),
    ] {
        flow.refuses(&accused, &command, "report.accused-unit");
    }
    flow.gives(&leader(), instruct(&[TRAFFIC]));
    assert!(told(&flow).iter().all(|(_, to)| *to != Recipient::Unit(unit(WATER))));
}
