//! The frozen stories of many hands, decided by the shipped rules: pipe burst, disputed duty, illegal
//! structure, refusing department.
//!
//! A story was told before there were rules. What the rules decide must be the same threads taking the same
//! steps in the same order, the same spine, the same accountable units and the same missed clocks. Beside it
//! the rules may keep what the story left untold: more clocks, and kinds of thread the story does not
//! mention (the rating, the street's own rung), rungs of a unit that it does not know, and of a story that
//! never hands the case on, who was accountable when.

use crate::common::*;
use huying_core::case::apply::apply_record;
use huying_core::case::command::{Command, Milestone};
use huying_core::case::event::*;
use huying_core::case::record;
use huying_core::case::state::{Case, Spine};
use huying_core::case::thread::{Step, ThreadKind};
use huying_core::ids::*;
use huying_core::observation::{Satisfied, Solved};
use huying_core::rules::Rules;
use std::collections::{BTreeMap, BTreeSet};

/// The stories' units, and who stands for them in Chengdu.
const CAST: [(&str, &str); 7] = [
    ("u-grid-3", GRID),
    ("u-community", COMMUNITY),
    ("u-street", STREET),
    ("u-district", JINJIANG_DESK),
    ("u-water", WATER),
    ("u-housing", HOUSING),
    ("u-traffic-police", TRAFFIC),
];

fn frozen(name: &str) -> Vec<Record> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/records/v1");
    let text = std::fs::read_to_string(format!("{dir}/story-{name}.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let read = |v: &serde_json::Value| record::read(&serde_json::to_vec(v).unwrap()).unwrap();
    value["records"].as_array().unwrap().iter().map(read).collect()
}

struct Telling {
    kinds: BTreeSet<ThreadKind>,
    leads: bool,
    numbers: BTreeMap<ThreadNo, usize>,
    lines: Vec<String>,
}

fn cast(holder: &Holder) -> String {
    match holder.as_unit() {
        Some(unit) => {
            let played = CAST.iter().find(|(told, _)| *told == unit.as_str()).map_or(unit.as_str(), |c| c.1);
            played.to_owned()
        }
        None => format!("{holder:?}"),
    }
}

fn plays(holder: &Holder) -> bool {
    CAST.iter().any(|(told, played)| [*told, *played].contains(&cast(holder).as_str()))
}

impl Telling {
    fn of(records: &[Record], kinds: &BTreeSet<ThreadKind>, leads: bool) -> Telling {
        let (kinds, numbers, lines) = (kinds.clone(), BTreeMap::new(), Vec::new());
        let mut telling = Telling { kinds, leads, numbers, lines };
        for record in records {
            let from = telling.lines.len();
            record.events.iter().for_each(|e| telling.tell(e));
            // What is taken away together has no order.
            let mut away: Vec<String> =
                telling.lines[from..].iter().filter(|l| l.ends_with("Withdrawn")).cloned().collect();
            away.sort();
            let rest = telling.lines.split_off(from).into_iter().filter(|l| !l.ends_with("Withdrawn"));
            let rest: Vec<String> = rest.collect();
            let at = rest.iter().position(|l| l.starts_with("Voided")).unwrap_or(rest.len());
            telling.lines.extend_from_slice(&rest[..at]);
            telling.lines.extend(away);
            telling.lines.extend_from_slice(&rest[at..]);
        }
        telling
    }

    fn tell(&mut self, event: &Event) {
        let line = match event {
            Event::ThreadOpened(t) if t.kind == ThreadKind::Rung && !plays(&t.holder) => return,
            Event::ThreadOpened(t) if self.kinds.contains(&t.kind) => {
                let no = self.numbers.len() + 1;
                self.numbers.insert(t.thread, no);
                let under = t.under.and_then(|u| self.numbers.get(&u));
                // Who asks the caller is a matter of the city's profile.
                let holder = if t.kind == ThreadKind::Callback { String::new() } else { cast(&t.holder) };
                let caller = if t.kind == ThreadKind::Milestone || t.kind == ThreadKind::Callback {
                    String::new()
                } else {
                    cast(&t.caller)
                };
                format!("{no} opens {:?} {holder} for {caller} under {under:?} rank {:?}", t.kind, t.rank)
            }
            Event::ThreadMoved { thread, step, .. } => match self.numbers.get(thread) {
                Some(no) => format!("{no} goes {step:?}"),
                None => return,
            },
            Event::Reported(facts) => format!("Reported {}", cast(&Holder::unit(facts.lead.clone()))),
            Event::LeadSet { lead } if self.leads => format!("LeadSet {}", cast(&Holder::unit(lead.clone()))),
            Event::VerdictGiven { by, verdict, .. } => format!("VerdictGiven {by:?} {:?}", verdict.solved),
            Event::Closed { by_rule, .. } => format!("Closed {by_rule}"),
            Event::Opened {}
            | Event::Answered { .. }
            | Event::SentBack { .. }
            | Event::TakenUp {}
            | Event::Voided { .. } => {
                let value = serde_json::to_value(event).unwrap();
                let mut name = value.as_object().unwrap().keys().next().unwrap().clone();
                name[..1].make_ascii_uppercase();
                name
            }
            _ => return,
        };
        self.lines.push(line);
    }

    /// The clocks that were missed, by stage and thread.
    fn missed(&self, case: &Case) -> BTreeSet<String> {
        let missed = case.clocks.iter().filter(|c| c.missed_at.is_some());
        missed.filter_map(|c| Some(format!("{:?} of {}", c.stage, self.numbers.get(&c.thread?)?))).collect()
    }
}

#[track_caller]
fn as_told(name: &str, flow: &Flow) {
    let told = frozen(name);
    let kinds: BTreeSet<ThreadKind> = told
        .iter()
        .flat_map(|r| &r.events)
        .filter_map(|e| if let Event::ThreadOpened(t) = e { Some(t.kind) } else { None })
        .collect();
    let leads = told.iter().flat_map(|r| &r.events).any(|e| matches!(e, Event::LeadSet { .. }));
    let (one, two) = (Telling::of(&told, &kinds, leads), Telling::of(&flow.records, &kinds, leads));
    assert_eq!(one.lines, two.lines, "the rules decide another story");
    let case = told.iter().fold(None, |case, r| Some(apply_record(case, r))).unwrap();
    assert_eq!(one.missed(&case), two.missed(flow.case()), "missed clocks");
    assert_eq!(case.spine, flow.case().spine);
}

fn street() -> Actor {
    who(ladder_rules(), "street", STREET, 0)
}

fn department(unit: &str) -> Actor {
    who(ladder_rules(), "handler", unit, 0)
}

fn begins(when: &str, place: &str, change: impl FnOnce(&mut huying_core::case::command::Report)) -> Flow {
    begins_under(ladder_rules(), when, place, change)
}

fn begins_under(
    rules: &'static Rules,
    when: &str,
    place: &str,
    change: impl FnOnce(&mut huying_core::case::command::Report),
) -> Flow {
    let mut flow = Flow::under(rules, at(when));
    let mut report = complaint(place);
    report.source = "to-grid".into();
    change(&mut report);
    flow.gives(&street(), Command::Report(Box::new(report)));
    flow
}

/// The open thread of a kind with a unit.
#[track_caller]
fn of(flow: &Flow, kind: ThreadKind, of: &str) -> ThreadNo {
    let found = flow.case().open_of(kind).find(|t| t.holder.as_unit() == Some(&unit(of)));
    found.unwrap_or_else(|| panic!("{of} has no open {kind:?}")).no
}

fn acknowledges(flow: &mut Flow, actor: &Actor, kind: ThreadKind, unit: &str) {
    let thread = of(flow, kind, unit);
    flow.gives(actor, Command::Acknowledge { thread });
}

fn arrives(flow: &mut Flow, unit: &str) {
    let thread = of(flow, ThreadKind::Summons, unit);
    flow.gives(&department(unit), Command::Arrive { thread, text: None });
}

fn states(flow: &mut Flow, unit: &str) {
    let thread = of(flow, ThreadKind::Summons, unit);
    let measure = Some("made_safe".into());
    flow.gives(&department(unit), Command::StateMeasure { thread, measure, text: text(50) });
}

fn finishes(flow: &mut Flow, unit: &str) {
    let thread = of(flow, ThreadKind::Summons, unit);
    let effort = Effort::default();
    flow.gives(&department(unit), Command::Finish { thread, effort, text: text(51) });
}

fn reports_in(flow: &mut Flow, unit: &str) {
    arrives(flow, unit);
    states(flow, unit);
    finishes(flow, unit);
}

fn signs_off(flow: &mut Flow, unit: &str, confirmed: bool) {
    let thread = of(flow, ThreadKind::Summons, unit);
    let grade = Some(if confirmed { "good" } else { "poor" }.into());
    flow.gives(&street(), Command::Confirm { thread, confirmed, grade, text: None });
}

fn whistles(flow: &mut Flow, kind: &str, units: &[&str]) {
    let units = units.iter().map(|u| unit(u)).collect();
    flow.gives(&street(), Command::Whistle { kind: kind.into(), units, text: text(52) });
}

/// 水管爆裂，各级同时响应.
#[test]
fn the_pipe_burst_as_the_rules_decide_it() {
    // Told of a city in which streets and districts have ten minutes to answer.
    let slower = r#"
[profile]
on = "chengdu"
[[ladder.rung]]
id = "street"
emergency = { acknowledge = "10 min", resolve = "24 h" }
source = "the story"
status = "proposal"
[[ladder.rung]]
id = "district"
emergency = { acknowledge = "10 min", resolve = "24 h" }
source = "the story"
status = "proposal"
"#;
    let mut folder = ladder_folder();
    folder.put("profile.toml", slower);
    let rules: &'static Rules = Box::leak(Box::new(rules_of(&folder)));
    let emergency = |r: &mut huying_core::case::command::Report| r.urgency = Urgency::Emergency;
    let mut flow = begins_under(rules, "2026-07-06 22:10", GRID_PLACE, emergency);
    let grid = who(ladder_rules(), "grid-worker", GRID, 0);
    let head = who(ladder_rules(), "closer", JINJIANG_DESK, 0);
    // The city is called with the others, which the story leaves untold, and leaves it to the district.
    let thread = of(&flow, ThreadKind::Rung, CITY_DESK);
    flow.gives(&who(ladder_rules(), "closer", CITY_DESK, 0), Command::Withdraw { thread, text: text(55) });
    assert_eq!(flow.case().lead, Some(unit(GRID)), "nobody has answered: the first that was called");
    flow.until(at("2026-07-06 22:13"));
    acknowledges(&mut flow, &grid, ThreadKind::Rung, GRID);
    flow.until(at("2026-07-06 22:14"));
    acknowledges(&mut flow, &street(), ThreadKind::Rung, STREET);
    assert_eq!(flow.case().lead, Some(unit(STREET)), "the highest that has answered");
    flow.until(at("2026-07-06 22:16"));
    whistles(&mut flow, "emergency", &[WATER, TRAFFIC]);
    flow.until(at("2026-07-06 22:18"));
    acknowledges(&mut flow, &head, ThreadKind::Rung, JINJIANG_DESK);
    assert_eq!(flow.case().lead, Some(unit(JINJIANG_DESK)));
    for unit in [WATER, TRAFFIC] {
        acknowledges(&mut flow, &department(unit), ThreadKind::Summons, unit);
    }
    flow.until(at("2026-07-06 22:40"));
    arrives(&mut flow, WATER);
    arrives(&mut flow, TRAFFIC);
    states(&mut flow, TRAFFIC);
    finishes(&mut flow, TRAFFIC);
    states(&mut flow, WATER);
    flow.until(at("2026-07-06 23:00"));
    let thread = of(&flow, ThreadKind::Rung, GRID);
    flow.gives(&grid, Command::Finish { thread, effort: Effort::default(), text: text(53) });
    flow.until(at("2026-07-07 02:00"));
    finishes(&mut flow, WATER);
    flow.until(at("2026-07-07 02:10"));
    // Before the last sign-off nobody can answer the caller.
    flow.refuses(&street(), &Command::Reply { text: text(54) }, "answer.blocked");
    signs_off(&mut flow, WATER, true);
    signs_off(&mut flow, TRAFFIC, true);
    let thread = of(&flow, ThreadKind::Rung, JINJIANG_DESK);
    flow.gives(&head, Command::Withdraw { thread, text: text(55) });
    assert_eq!(flow.case().lead, Some(unit(STREET)), "the district has stood down");
    flow.until(at("2026-07-07 08:00"));
    flow.gives(&street(), Command::Reply { text: text(54) });
    flow.says(Solved::Solved, Satisfied::Very);
    as_told("a-pipe-burst-with-all-rungs-open-at-once", &flow);
}

/// 职责争议，现场裁定.
#[test]
fn the_disputed_duty_as_the_rules_decide_it() {
    let mut flow = begins("2026-07-06 09:00", JINJIANG, |_| ());
    acknowledges(&mut flow, &street(), ThreadKind::Rung, STREET);
    whistles(&mut flow, "everyday", &[WATER, HOUSING]);
    flow.until(at("2026-07-06 10:00"));
    acknowledges(&mut flow, &department(WATER), ThreadKind::Summons, WATER);
    acknowledges(&mut flow, &department(HOUSING), ThreadKind::Summons, HOUSING);
    flow.until(at("2026-07-06 11:00"));
    let thread = of(&flow, ThreadKind::Summons, WATER);
    let refuse = Command::Refuse { thread, ground: "other_unit".into(), text: text(60) };
    flow.gives(&department(WATER), refuse.clone());
    flow.refuses(&department(WATER), &refuse, "summons.refused");
    flow.until(at("2026-07-06 11:40"));
    let thread = of(&flow, ThreadKind::Ruling, JINJIANG_DESK);
    let judge = who(ladder_rules(), "supervisor", JINJIANG_DESK, 0);
    let lead = Some(unit(WATER));
    let rule = Command::Rule { thread, upheld: Some(false), lead, instead: vec![], text: text(61) };
    flow.gives(&judge, rule);
    // The department stands on site without another word: that acknowledges the summons too.
    reports_in(&mut flow, WATER);
    reports_in(&mut flow, HOUSING);
    signs_off(&mut flow, WATER, true);
    signs_off(&mut flow, HOUSING, false);
    states(&mut flow, HOUSING);
    finishes(&mut flow, HOUSING);
    signs_off(&mut flow, HOUSING, true);
    assert_eq!(flow.case().lead, Some(unit(WATER)));
    as_told("a-disputed-duty-with-a-ruling-on-site", &flow);
}

/// 违建六周，三次吹哨.
#[test]
fn the_illegal_structure_as_the_rules_decide_it() {
    let mut flow = begins("2026-03-02 09:00", JINJIANG, |r| r.request_type = "report".into());
    acknowledges(&mut flow, &street(), ThreadKind::Rung, STREET);
    let step = |label: &str, until: &str| Milestone { label: label.into(), until: at(until) };
    let milestones = vec![
        step("stop_work", "2026-03-04 18:00"),
        step("decision", "2026-03-13 18:00"),
        step("cleared", "2026-04-13 18:00"),
    ];
    flow.gives(&street(), Command::Plan { thread: None, milestones });
    let reach = |flow: &mut Flow| {
        let thread = flow.case().open_of(ThreadKind::Milestone).next().unwrap().no;
        flow.gives(&street(), Command::Reach { thread, text: None });
    };
    let whistle = |flow: &mut Flow, when: &str, units: [&str; 2]| {
        flow.until(at(when));
        whistles(flow, "key-task", &units);
        units.iter().for_each(|u| reports_in(flow, u));
        units.iter().for_each(|u| signs_off(flow, u, true));
    };
    whistle(&mut flow, "2026-03-02 10:00", [HOUSING, TRAFFIC]);
    flow.until(at("2026-03-03 17:00"));
    reach(&mut flow);
    whistle(&mut flow, "2026-03-09 10:00", [HOUSING, WATER]);
    flow.until(at("2026-03-16 10:00"));
    reach(&mut flow);
    flow.until(at("2026-03-16 11:00"));
    let thread = of(&flow, ThreadKind::Rung, STREET);
    let reexamine = at("2026-04-06 09:00");
    flow.gives(&street(), Command::AskSuspension { thread, reexamine, text: text(70) });
    let thread = flow.no(ThreadKind::Suspension);
    let decide = Command::DecideSuspension { thread, granted: true, text: None };
    flow.gives(&who(ladder_rules(), "approver", JINJIANG_DESK, 0), decide);
    assert!(flow.case().promise().unwrap().ticking != huying_core::case::state::Ticking::Running);
    whistle(&mut flow, "2026-04-08 08:00", [HOUSING, TRAFFIC]);
    flow.until(at("2026-04-09 17:00"));
    reach(&mut flow);
    let thread = of(&flow, ThreadKind::Rung, STREET);
    flow.gives(&street(), Command::Finish { thread, effort: Effort::default(), text: text(71) });
    flow.gives(&street(), Command::Reply { text: text(72) });
    as_told("an-illegal-structure-of-six-weeks-with-three-whistles", &flow);
    assert_eq!(flow.case().promise().unwrap().kept(), Some(true));
}

/// 部门拒绝报到.
#[test]
fn the_department_that_refused_as_the_rules_decide_it() {
    let mut flow = begins("2026-07-06 09:00", JINJIANG, |_| ());
    acknowledges(&mut flow, &street(), ThreadKind::Rung, STREET);
    whistles(&mut flow, "key-task", &[HOUSING]);
    flow.until(at("2026-07-06 10:00"));
    let thread = of(&flow, ThreadKind::Summons, HOUSING);
    let refuse = Command::Refuse { thread, ground: "no_legal_power".into(), text: text(60) };
    flow.gives(&department(HOUSING), refuse);
    flow.until(at("2026-07-06 16:00"));
    let thread = of(&flow, ThreadKind::Ruling, JINJIANG_DESK);
    let instead = vec![unit(WATER)];
    let rule = Command::Rule { thread, upheld: Some(true), lead: None, instead, text: text(61) };
    flow.refuses(&street(), &rule, "powers.role");
    flow.gives(&who(ladder_rules(), "supervisor", JINJIANG_DESK, 0), rule);
    flow.until(at("2026-07-06 17:00"));
    acknowledges(&mut flow, &department(WATER), ThreadKind::Summons, WATER);
    arrives(&mut flow, WATER);
    let void = Command::Void { ground: "withdrawn".into(), of: None, text: None };
    flow.refuses(&street(), &void, "void.under-way");
    flow.gives(&who(ladder_rules(), "closer", JINJIANG_DESK, 0), void);
    flow.stands(Spine::Void);
    assert!(flow.case().open_threads().next().is_none());
    assert!(flow.case().threads.iter().any(|t| t.step == Step::Excused));
    as_told("a-department-that-refused", &flow);
}
