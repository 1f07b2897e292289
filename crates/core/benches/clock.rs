//! What a deadline costs, beside a plain addition. `cargo bench -p huying-core --bench clock`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark prints and may stop"
)]

use huying_core::calendar::Calendar;
use huying_core::clock::Limit;
use huying_core::time::Time;
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: i64 = 2_000_000;

fn measure(mut step: impl FnMut(Time) -> i64) -> f64 {
    // Starts wander over 2024 to 2026, so that no answer is cached by being asked twice.
    let first = 1_704_067_200_000_i64;
    let mut best = f64::MAX;
    for _ in 0..3 {
        let begin = Instant::now();
        let mut sum = 0_i64;
        for i in 0..ROUNDS {
            let start = Time(first + i.wrapping_mul(7_919_000_003).rem_euclid(1096 * 86_400_000));
            sum = sum.wrapping_add(step(black_box(start)));
        }
        black_box(sum);
        best = best.min(begin.elapsed().as_secs_f64() * 1e9 / ROUNDS as f64);
    }
    best
}

fn main() {
    let text = include_str!("../../../data/chengdu/calendar.toml");
    let begin = Instant::now();
    let calendar = Calendar::read("calendar.toml", text).0.expect("the shipped calendar reads");
    println!("read and index the calendar: {:.1} ms", begin.elapsed().as_secs_f64() * 1e3);
    let plain = measure(|start| start.plus(10_800_000).0);
    println!("{:<28} {plain:>8.1} ns", "plain addition");
    for written in ["3 h", "4 working hours", "15 working days", "15 days", "same day until 18:00 then 24 h"]
    {
        let mut limit: Limit = written.parse().unwrap();
        let report = |name: &str, ns: f64| println!("{name:<28} {ns:>8.1} ns  {:>6.1} x plain", ns / plain);
        report(written, measure(|start| limit.deadline(start, None, &calendar).unwrap().due.0));
        limit.near = "20%".parse().unwrap();
        report(
            "  with its near moment",
            measure(|start| limit.deadline(start, None, &calendar).unwrap().due.0),
        );
        let cycle = measure(|start| {
            let deadline = limit.deadline(start, None, &calendar).unwrap();
            let left = limit.remaining(&deadline, start.plus(3_600_000), None, &calendar).unwrap();
            limit.resume(&left, start.plus(90_000_000), None, &calendar).unwrap().due.0
        });
        report("  with pause and resume", cycle);
    }
}
