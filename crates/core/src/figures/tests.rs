//! Figures from facts: each rule of the definitions, on cases small enough to count by hand.

use super::*;
use crate::observation::{Satisfied, Solved, Stamp, Standing};

const HOUR: i64 = 3_600_000;

fn at(hours: i64) -> Option<Stamp> {
    Some(Stamp::At(Time(hours * HOUR)))
}

fn case(due: Option<Stamp>, closed: Option<Stamp>) -> CaseFact {
    CaseFact { due, closed, ..CaseFact::opened(Stamp::At(Time(0))) }
}

fn question(by: By, as_of_hours: i64) -> Question {
    Question { by, basis: Basis::Opened, period: Period::default(), as_of: Time(as_of_hours * HOUR) }
}

fn figures(question: Question, cases: &[CaseFact]) -> Figures {
    let mut collector = Collector::new(question, FigureRules::shipped().unwrap());
    cases.iter().for_each(|case| collector.add(case));
    collector.finish(Origin::default())
}

fn rate(row: &Row, key: &str) -> (u64, u64) {
    let rate = row.rate(key).unwrap();
    (rate.numerator, rate.denominator)
}

#[test]
fn tianmen_from_single_cases() {
    // 972 due: 737 closed in time, 174 late, 61 open. Tianmen publishes 93.72 % and 75.82 %.
    let mut cases = vec![case(at(10), at(10)); 737];
    cases.extend(vec![case(at(10), at(11)); 174]);
    cases.extend(vec![case(at(10), None); 61]);
    let total = figures(question(By::None, 100), &cases).total;
    assert_eq!(total.rate("closed_of_due").unwrap().percent(2).unwrap(), "93.72");
    assert_eq!(total.rate("on_time_of_due").unwrap().percent(2).unwrap(), "75.82");
    assert_eq!(rate(&total, "on_time"), (737, 911));
    assert_eq!(rate(&total, "on_time_judged"), (737, 972));
    assert_eq!(rate(&total, "late_of_due"), (174, 972));
    assert_eq!(
        (total.count("overdue_open"), total.count("open"), total.count("due")),
        (Some(61), Some(61), Some(972))
    );
}

#[test]
fn what_is_due_later_is_not_judged_yet() {
    let total =
        figures(question(By::None, 5), &[case(at(10), None), case(at(10), at(1)), case(at(5), None)]).total;
    assert_eq!(rate(&total, "on_time_of_due"), (0, 0));
    assert_eq!(rate(&total, "on_time_judged"), (1, 1));
    assert_eq!(total.count("overdue_open"), Some(0), "at the very instant it is due, it is not overdue");
}

#[test]
fn no_cases_is_not_rated_and_never_a_hundred() {
    let none = figures(question(By::Unit, 5), &[]);
    assert!(none.total.rates.iter().all(|(_, rate)| rate.percent(2).is_none()));
    let json = to_json(&none);
    assert!(json["total"]["on_time"]["percent"].is_null());
    assert!(to_table(&none).contains("not rated, for want of cases: on_time,"));
    assert!(to_csv(&none).lines().last().unwrap().starts_with("*,,0,"));
}

#[test]
fn a_bare_date_enters_no_time_and_no_rate() {
    let mut bare = case(at(10), Some(Stamp::Day { day: Time(0) }));
    bare.replied = Some(Stamp::Day { day: Time(0) });
    let total = figures(question(By::None, 100), &[bare]).total;
    assert_eq!(
        (total.count("day_only"), total.count("closed_dated"), total.count("open")),
        (Some(1), Some(1), Some(0))
    );
    assert_eq!((total.duration("to_close").unwrap().n, total.duration("to_reply").unwrap().n), (0, 0));
    assert_eq!(rate(&total, "on_time"), (0, 0));
}

#[test]
fn void_enters_nothing_and_excluded_enters_no_rate() {
    let mut void = case(at(10), at(5));
    void.standing = Some(Standing::Void);
    let mut excluded = case(at(10), at(5));
    excluded.excluded = true;
    excluded.solved = Some(Solved::NotSolved);
    let total = figures(question(By::None, 100), &[void, excluded]).total;
    assert_eq!(
        (total.count("received"), total.count("void"), total.count("excluded")),
        (Some(2), Some(1), Some(1))
    );
    assert_eq!(total.duration("to_close").unwrap().n, 1);
    assert!(total.rates.iter().all(|(_, rate)| rate.denominator == 0));
}

#[test]
fn impossible_times_are_counted_and_left_out() {
    let total =
        figures(question(By::None, 100), &[case(None, at(-1)), case(None, at(0)), case(None, at(4))]).total;
    assert_eq!(total.count("impossible_times"), Some(1));
    let took = total.duration("to_close").unwrap();
    assert_eq!((took.n, took.quantile(50).unwrap().in_units(HOUR, 2)), (2, "2.00".to_owned()));
}

#[test]
fn three_rates_have_their_own_denominators() {
    let callback = |solved, satisfied| CaseFact { solved, satisfied, ..case(None, at(1)) };
    let mut cases = vec![
        callback(Some(Solved::Solved), Some(Satisfied::Satisfied)),
        callback(Some(Solved::Partly), Some(Satisfied::Basically)),
        callback(Some(Solved::NotSolved), Some(Satisfied::NotSatisfied)),
        callback(Some(Solved::Solved), None),
        callback(None, None),
    ];
    let contact = |due, contacted| CaseFact { contact_due: at(due), contacted, ..case(None, None) };
    cases.extend([
        contact(2, at(2)),
        contact(2, at(3)),
        contact(2, None),
        contact(200, None),
        contact(200, at(1)),
    ]);
    let total = figures(question(By::None, 100), &cases).total;
    assert_eq!(rate(&total, "solved"), (2, 4));
    assert_eq!(rate(&total, "satisfied"), (2, 3));
    assert_eq!(rate(&total, "responded"), (2, 4));
}

#[test]
fn a_period_is_half_open_and_goes_by_opening_or_by_deadline() {
    let mut asked = question(By::None, 1000);
    asked.period = Period { from: Some(Time(0)), to: Some(Time(10 * HOUR)) };
    let later = CaseFact { opened: Stamp::At(Time(10 * HOUR)), ..case(at(20), at(11)) };
    let cases = [case(at(9), at(8)), case(at(10), at(8)), later];
    let total = figures(asked, &cases).total;
    assert_eq!((total.count("received"), total.count("due")), (Some(2), Some(1)));
    assert_eq!((rate(&total, "on_time"), rate(&total, "on_time_of_due")), ((2, 2), (1, 1)));
    asked.basis = Basis::Due;
    assert_eq!(figures(asked, &cases).total.count("received"), Some(1));
    asked.basis = Basis::Closed;
    assert_eq!(figures(asked, &cases).total.count("received"), Some(2));
}

#[test]
fn groups_add_up_to_the_whole_whatever_the_order() {
    let mut cases = Vec::new();
    for i in 0..50i64 {
        let mut one = case(at(10), if i % 7 == 0 { None } else { at(i) });
        one.unit = if i % 5 == 0 { None } else { Some(CompactString::from(format!("u{}", i % 3))) };
        cases.push(one);
    }
    let forward = figures(question(By::Unit, 100), &cases);
    cases.reverse();
    assert_eq!(to_csv(&forward), to_csv(&figures(question(By::Unit, 100), &cases)));
    for (key, count) in &forward.total.counts {
        assert_eq!(*count, forward.rows.iter().map(|row| row.count(key).unwrap()).sum::<u64>(), "{key}");
    }
    for (key, whole) in &forward.total.rates {
        let sum = forward
            .rows
            .iter()
            .map(|row| row.rate(key).unwrap())
            .fold((0, 0), |(n, d), rate| (n + rate.numerator, d + rate.denominator));
        assert_eq!(sum, (whole.numerator, whole.denominator), "{key}");
    }
}

#[test]
fn the_table_is_aligned_by_display_width() {
    let mut one = case(at(10), at(5));
    one.unit = Some("gaoxin".into());
    let mut figures = figures(question(By::Unit, 100), &[one, case(None, None)]);
    figures.name_rows(|key| (key == "gaoxin").then(|| "高新区".to_owned()));
    let table = to_table(&figures);
    let lines: Vec<&str> =
        table.lines().filter(|line| line.starts_with("高新区") || line.starts_with("(not")).collect();
    assert_eq!(lines.len(), 2, "{table}");
    let ends: Vec<usize> = lines.iter().map(|line| render::width(line)).collect();
    assert_eq!(ends[0], ends[1], "{table}");
    assert!(table.contains("100.00 %  1/1  [20.65–100.00]"), "{table}");
}

#[test]
fn every_definition_has_its_value_and_its_words() {
    let rules = FigureRules::shipped().unwrap();
    let all = definitions(&rules);
    let total = figures(question(By::None, 1), &[]).total;
    let keys: std::collections::BTreeSet<_> = all.iter().map(|one| one.key.clone()).collect();
    assert_eq!(keys.len(), all.len());
    assert_eq!(total.counts.len() + total.rates.len() + total.durations.len(), all.len());
    assert!(all.iter().all(|one| (one.kind == Kind::Rate) != one.denominator.is_empty()));
    let text = definitions_text(&rules);
    assert!(keys.iter().all(|key| text.contains(key.as_str())) && text.contains("按期结案率"));
}

#[test]
fn json_and_csv_carry_numerator_denominator_and_interval() {
    let mut origin = Origin { city_edition: Some(Edition(3)), ..Origin::default() };
    origin.position.insert(ShardId(0), Seq(42));
    let mut collector = Collector::new(question(By::None, 100), FigureRules::shipped().unwrap());
    (0..3).for_each(|i| collector.add(&case(at(10), at(9 + i))));
    let figures = collector.finish(origin);
    let json = to_json(&figures);
    let want =
        serde_json::json!({"numerator": 2, "denominator": 3, "percent": 66.67, "low": 20.77, "high": 93.85});
    assert_eq!(json["total"]["on_time"], want);
    assert_eq!(json["total"]["to_close"]["p50_s"], 36000.0);
    assert_eq!((&json["origin"]["position"]["0"], &json["origin"]["city_edition"]), (&42.into(), &3.into()));
    assert!(to_csv(&figures).contains(",2,3,66.67,20.77,93.85,"));
}

fn weights() -> crate::profile::Weights {
    crate::profile::Weights {
        response: 30,
        solved: 35,
        satisfied: 35,
        source: String::new(),
        status: crate::profile::Status::Proposal,
    }
}

fn weighed(question: Question, cases: &[CaseFact]) -> Figures {
    let rules = FigureRules { weights: Some(weights()), ..FigureRules::shipped().unwrap() };
    let mut collector = Collector::new(question, rules);
    cases.iter().for_each(|case| collector.add(case));
    collector.finish(Origin::default())
}

fn heard(contacted: Option<Stamp>, solved: Solved, satisfied: Satisfied) -> CaseFact {
    let (solved, satisfied, contact_due) = (Some(solved), Some(satisfied), at(4));
    CaseFact { contact_due, contacted, solved, satisfied, ..case(at(10), at(9)) }
}

/// 2 of 3 contacted in time, 1 of 3 solved, 2 of 3 satisfied: 30·2/3 + 35·1/3 + 35·2/3 = 55.
#[test]
fn the_score_is_the_three_rates_by_their_weights() {
    let mut cases = vec![
        heard(at(1), Solved::Solved, Satisfied::Very),
        heard(at(2), Solved::Partly, Satisfied::Basically),
        heard(at(5), Solved::NotSolved, Satisfied::NotSatisfied),
    ];
    let figures = weighed(question(By::None, 100), &cases);
    assert_eq!(figures.total.score(&weights()).unwrap().in_units(1, 2), "55.00");
    assert!(to_csv(&figures).lines().last().unwrap().ends_with(",55.00"));
    assert_eq!(to_json(&figures)["total"]["score"], 55.0);
    assert!(to_table(&figures).contains("三率综合得分"));
    // What is left out of scores 剔除 is left out of this one too.
    cases.push(CaseFact { excluded: true, ..heard(at(9), Solved::NotSolved, Satisfied::NotAtAll) });
    assert_eq!(
        weighed(question(By::None, 100), &cases).total.score(&weights()),
        figures.total.score(&weights())
    );
    // One rate that is not rated: no score, and never a full one.
    let silent = weighed(question(By::None, 100), &[case(at(10), at(9))]);
    assert_eq!(silent.total.score(&weights()), None);
    assert!(to_json(&silent)["total"]["score"].is_null());
    // In public, a score does not tell a rate that is not shown.
    let shown = to_json(&figures.for_the_public(5));
    assert_eq!(shown["total"]["score"], "withheld");
}

#[test]
fn what_was_done_beside_handling_is_counted_once_a_case() {
    let cases = [
        CaseFact { transferred: 3, urged: 2, on_notice: 1, reworked: Some(4), ..case(at(10), at(9)) },
        CaseFact { quick: true, ..case(at(10), at(1)) },
        CaseFact { forced: true, reached: Some(false), reworked: Some(0), ..case(at(10), at(9)) },
    ];
    let total = figures(question(By::None, 100), &cases).total;
    let keys = ["transferred", "reworked", "urged", "on_notice", "unreachable", "quick", "forced"];
    assert!(keys.iter().all(|key| total.count(key) == Some(1)), "{:?}", total.counts);
    assert_eq!(
        rate(&total, "on_time"),
        (3, 3),
        "what is mended at once or closed by force stays in every rate"
    );
}
