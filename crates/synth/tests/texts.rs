//! The shipped grammar: it reads, nothing in it is lost, no text is empty or holds a brace, and texts differ.
//!
//! `HUYING_TEXTS=60` prints so many, to be read by a person; `HUYING_TEXTS_FAMILY` keeps to one family.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod common;

use huying_core::ids::Edition;
use huying_core::rules::Rules;
use huying_core::time::Time;
use huying_synth::day::texts::Slots;
use huying_synth::day::{Calls, Dice, Makings, ROOTS, Town};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

fn makings() -> Makings {
    Makings::shipped().unwrap_or_else(|faults| {
        panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

const TONES: [&str; 4] = ["problem", "asking", "suggesting", "praising"];
const TIMES: [&str; 4] = ["night", "morning", "noon", "evening"];
const SOURCES: [&str; 6] = ["public", "patrol", "transfer", "video", "to_grid", "by_grid"];

fn slots(matter: &str, tone: usize, dice: &mut Dice) -> Slots {
    let near = format!("翠湖花园{}期", dice.between(1, 9));
    let mut slots = Slots::default()
        .with("street", "东湖街道")
        .with("district", "锦江区")
        .with("place", "龙王庙社区")
        .with("addr", format!("东湖街道{near}"))
        .with("near", near)
        .with("spot", format!("{}栋", dice.between(1, 30)))
        .with("matter", "供水")
        .with("unit", "锦江区水务局")
        .with("other", "锦江区住房和城乡建设局")
        .with("date", "3月2日");
    let number = matter.split_once('.').map(|(_, n)| format!("m{n}"));
    slots.tags =
        [TONES[tone], TIMES[dice.below(4)], SOURCES[dice.below(SOURCES.len())]].map(str::to_owned).to_vec();
    slots.tags.extend(number);
    slots
}

#[test]
fn every_rule_is_read_by_somebody() {
    let makings = makings();
    let tempers = makings.book.temper.iter().map(|t| t.id.as_ref().as_str());
    let roots: Vec<&str> = ROOTS.into_iter().chain(tempers).collect();
    assert_eq!(makings.texts.unreachable(&roots), []);
    for root in roots {
        assert!(makings.texts.has_common(root), "{root}");
    }
}

/// For each matter, tone and time of day, no rule that is asked for is without words: tags leave none empty.
#[test]
fn every_text_of_every_matter_has_words() {
    let makings = makings();
    let tempers: Vec<&str> = makings.book.temper.iter().map(|t| t.id.as_ref().as_str()).collect();
    let frames: HashSet<&str> =
        tempers.iter().copied().chain(["title_line", "direct_reply", "reply_text"]).collect();
    let mut dice = Dice::of(&[5]);
    for matter in makings.book.matter.iter().chain(&makings.book.find) {
        let (code, family) = (matter.code.as_ref(), matter.family.as_ref());
        for tone in 0..TONES.len() {
            for rule in
                frames.iter().chain(ROOTS.iter().filter(|r| **r != "system_body" && !frames.contains(*r)))
            {
                for _ in 0..6 {
                    let slots = slots(code, tone, &mut dice);
                    let text = makings.texts.grow(family, rule, &slots, &mut dice);
                    assert!(text.chars().count() >= 2, "{family} {rule} {code} {:?}: `{text}`", slots.tags);
                    assert!(!text.contains(['{', '}', '$', '@', '|']), "{family} {rule}: {text}");
                }
            }
        }
        // What a family must say about each of its matters: a part that tags leave without words.
        for rule in ["title", "problem", "ask", "ask_title", "wish", "find", "done", "effect", "answer"] {
            let text = makings.texts.grow(family, rule, &slots(code, 0, &mut dice), &mut dice);
            assert!(!text.is_empty(), "{family} {rule} {code}");
        }
    }
}

/// Body texts as they come from callers, with slips.
fn bodies(count: usize) -> Vec<(String, String, String)> {
    let makings = makings();
    let mut dice = Dice::of(&[11]);
    let only = std::env::var("HUYING_TEXTS_FAMILY").ok();
    let book = &makings.book;
    let weigh = |m: &huying_synth::day::Matter| {
        if only.as_ref().is_none_or(|o| o == m.family.as_ref()) { m.weight } else { 0.0 }
    };
    (0..count)
        .map(|_| {
            let matter = &book.matter[dice.weighted(book.matter.iter().map(weigh))];
            let mix = &book.mix[matter.mix.as_ref().unwrap().as_ref()];
            let request = mix.keys().nth(dice.weighted(mix.values().copied())).unwrap();
            let tone = match request.as_str() {
                "consult" => 1,
                "suggest" => 2,
                "praise" => 3,
                _ => 0,
            };
            let temper = &book.temper[dice.weighted(book.temper.iter().map(|t| t.weight))];
            let family = matter.family.as_ref();
            let plain = slots(matter.code.as_ref(), tone, &mut dice);
            let near = makings.texts.grow(family, "made_near", &plain, &mut dice);
            let inside = makings.texts.grow(family, "made_inside", &plain, &mut dice);
            let told = plain.with("addr", format!("东湖街道{near}")).with("near", near).with("spot", inside);
            let told = makings.texts.agreed(family, &told, &mut dice);
            let title = makings.texts.grow(family, "title_line", &told, &mut dice);
            let body = makings.texts.grow_rough(family, temper.id.as_ref(), &told, temper.slips, &mut dice);
            let reply = makings.texts.grow(family, "reply_text", &told, &mut dice);
            (title, body, format!("{reply} [{} {}]", matter.code.as_ref(), temper.id.as_ref()))
        })
        .collect()
}

/// Bodies of the calls of some days of Chengdu, as they are given in.
fn calls_of_the_city(count: usize) -> Vec<String> {
    let folder = common::chengdu();
    let (rules, _) = Rules::read(&folder, Edition(1));
    let town = Town::new(Arc::new(rules.unwrap()), &folder, makings(), 5);
    let calls = Calls { book: town.book(), seed: 5, per_day: 18_660.0 };
    let mut hour = Time::from("2026-03-02T00:00:00Z".parse::<jiff::Timestamp>().unwrap());
    let mut bodies = Vec::new();
    while bodies.len() < count {
        for call in calls.of_hour(&town.rules, hour) {
            // Nobody stands below the street in the folder as it ships: no grid worker calls there.
            let Some(submission) = town.submission(&calls, &call) else {
                assert_eq!(town.book().source[call.source].source, "by-grid");
                continue;
            };
            let content: serde_json::Value = serde_json::from_str(&submission.texts[0].text).unwrap();
            bodies.push(content["body"].as_str().unwrap().to_owned());
        }
        hour = hour.plus(3_600_000);
    }
    bodies.truncate(count);
    bodies
}

#[test]
fn fifty_thousand_texts_differ() {
    let bodies = calls_of_the_city(50_000);
    let distinct: HashSet<&str> = bodies.iter().map(String::as_str).collect();
    let share = distinct.len() as f64 / bodies.len() as f64;
    println!("distinct bodies: {:.2} %", share * 100.0);
    for n in [4, 8, 12] {
        let mut grams: HashMap<Vec<char>, u32> = HashMap::new();
        let mut all = 0_u64;
        for body in bodies.iter().take(5_000) {
            let chars: Vec<char> = body.chars().collect();
            for gram in chars.windows(n) {
                *grams.entry(gram.to_vec()).or_default() += 1;
                all += 1;
            }
        }
        let most = grams.iter().max_by_key(|(_, count)| **count).unwrap();
        let once = 100.0 * grams.values().filter(|c| **c == 1).count() as f64 / grams.len() as f64;
        let (kinds, word) = (grams.len(), most.0.iter().collect::<String>());
        println!(
            "{n}-grams of 5000: {all}, {kinds} distinct, {once:.1} % of those once; most {word} x{}",
            most.1
        );
    }
    assert!(share > 0.99, "{share}");
}

#[test]
fn texts_to_be_read() {
    let count = std::env::var("HUYING_TEXTS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    for (title, body, reply) in bodies(count) {
        println!("【{title}】{body}\n    ↳ {reply}");
        assert!(title.chars().count() < 80 && body.chars().count() < 400, "{title} {body}");
    }
}
