//! Control charts for rates that are wrong on either side, such as the whistle rate 吹哨率: too low and the
//! mechanism sleeps, too high and the everyday one is broken.
//!
//! Centre and limits after W. A. Shewhart, as in the NIST/SEMATECH e-Handbook of Statistical Methods,
//! 6.3.3.1 (counts, u) and 6.3.3.2 (proportions, p). How many standard deviations are a signal is the
//! profile's. Next: `whistle.rs` for what is counted.

use super::rate::Rate;
use compact_str::CompactString;
use serde::Serialize;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Chart {
    /// Shares: how many of `n` cases had it. Limits p̄ ± k·√(p̄(1−p̄)/n), within 0 and 1.
    P,
    /// Happenings for each case; a case may have several. Limits ū ± k·√(ū/n), not below 0.
    U,
}

/// One point of a chart: a street, or a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subgroup {
    /// Whose it is.
    pub key: CompactString,
    /// What was counted.
    pub count: u64,
    /// Of how many cases.
    pub cases: u64,
}

/// Where a point lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// Below the lower limit: hardly used.
    Below,
    /// Within the limits: nothing but chance.
    Within,
    /// Above the upper limit: overused.
    Above,
    /// No cases.
    NotRated,
}

/// A point with its limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// Whose it is.
    pub key: CompactString,
    /// What was counted.
    pub count: u64,
    /// Of how many cases.
    pub cases: u64,
    /// The lower limit; `None` without cases.
    pub low: Option<f64>,
    /// The upper limit; `None` without cases.
    pub high: Option<f64>,
    /// Where it lies.
    pub signal: Signal,
    /// Whether it has so few cases that not even none would be a signal.
    pub blind_below: bool,
}

/// A chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Control {
    /// What was counted.
    pub chart: Chart,
    /// The sum of the counts; the centre is this over `cases`.
    pub count: u64,
    /// The sum of the cases.
    pub cases: u64,
    /// How many standard deviations the limits lie off the centre.
    pub sigmas: f64,
    /// The points, in the order given.
    pub points: Vec<Point>,
}

/// The chart of `subgroups`; `None` where no subgroup has a case, or a share counts more than its cases.
#[allow(clippy::cast_precision_loss)]
pub fn control(chart: Chart, subgroups: &[Subgroup], sigmas: f64) -> Option<Control> {
    let count: u64 = subgroups.iter().map(|s| s.count).sum();
    let cases: u64 = subgroups.iter().map(|s| s.cases).sum();
    if cases == 0 || (chart == Chart::P && subgroups.iter().any(|s| s.count > s.cases)) {
        return None;
    }
    let centre = count as f64 / cases as f64;
    let variance = if chart == Chart::P { centre * (1.0 - centre) } else { centre };
    let point = |s: &Subgroup| {
        let (key, count, cases) = (s.key.clone(), s.count, s.cases);
        if cases == 0 {
            let signal = Signal::NotRated;
            return Point { key, count, cases, low: None, high: None, signal, blind_below: true };
        }
        let off = sigmas * (variance / cases as f64).sqrt();
        let top = if chart == Chart::P { 1.0 } else { f64::INFINITY };
        let (low, high) = ((centre - off).max(0.0), (centre + off).min(top));
        let here = count as f64 / cases as f64;
        let signal = match here {
            x if x < low => Signal::Below,
            x if x > high => Signal::Above,
            _ => Signal::Within,
        };
        Point { key, count, cases, low: Some(low), high: Some(high), signal, blind_below: low == 0.0 }
    };
    Some(Control { chart, count, cases, sigmas, points: subgroups.iter().map(point).collect() })
}

impl Control {
    /// The centre of a chart of shares as a rate.
    pub fn centre(&self) -> Rate {
        Rate::new(self.count, self.cases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn groups(of: &[(u64, u64)]) -> Vec<Subgroup> {
        of.iter().map(|(count, cases)| Subgroup { key: "s".into(), count: *count, cases: *cases }).collect()
    }

    /// The handbook's example of a p chart: 30 wafers with 50 chips each; centre 0.2313, limits 0.0524 and
    /// 0.4102, out of control at the 15th and the 23rd.
    #[test]
    fn the_handbooks_example_comes_out() {
        let faulty = [
            12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7,
            13, 9, 6,
        ];
        let wafers: Vec<(u64, u64)> = faulty.iter().map(|n| (*n, 50)).collect();
        let chart = control(Chart::P, &groups(&wafers), 3.0).unwrap();
        assert_eq!(chart.centre().percent(2).as_deref(), Some("23.13"));
        let first = &chart.points[0];
        assert!((first.low.unwrap() - 0.0524).abs() < 5e-5 && (first.high.unwrap() - 0.4102).abs() < 5e-5);
        let out: Vec<usize> =
            (0..30).filter(|i| chart.points[*i].signal != Signal::Within).map(|i| i + 1).collect();
        assert_eq!(out, [15, 23]);
    }

    #[test]
    fn both_sides_signal_and_small_groups_say_what_they_cannot_see() {
        let chart =
            control(Chart::P, &groups(&[(2, 400), (40, 400), (90, 400), (0, 3), (0, 0)]), 3.0).unwrap();
        let signals: Vec<Signal> = chart.points.iter().map(|p| p.signal).collect();
        use Signal::*;
        assert_eq!(signals, [Below, Within, Above, Within, NotRated]);
        let blind: Vec<bool> = chart.points.iter().map(|p| p.blind_below).collect();
        assert_eq!(blind, [false, false, false, true, true]);
        assert_eq!(control(Chart::P, &groups(&[(0, 0)]), 3.0), None);
        assert_eq!(control(Chart::P, &groups(&[(5, 4)]), 3.0), None, "a share is at most one");
        assert!(control(Chart::U, &groups(&[(5, 4)]), 3.0).is_some(), "whistles may be more than cases");
    }

    /// The limits once more, from the distributions themselves: the standard deviation by summing over
    /// every possible count.
    fn slow_deviation(chart: Chart, centre: f64, n: u64) -> f64 {
        let (mut weight, mut mean, mut square, mut total) = (1.0f64, 0.0, 0.0, 0.0);
        let most = if chart == Chart::P { n } else { 400 };
        for k in 0..=most {
            let x = k as f64 / n as f64;
            (mean, square, total) = (mean + weight * x, square + weight * x * x, total + weight);
            weight *= match chart {
                Chart::P => (n - k) as f64 / (k + 1) as f64 * centre / (1.0 - centre),
                Chart::U => centre * n as f64 / (k + 1) as f64,
            };
        }
        let mean = mean / total;
        (square / total - mean * mean).max(0.0).sqrt()
    }

    proptest! {
        #[test]
        fn the_limits_are_those_of_the_distribution(
            a in 1u64..40, b in 1u64..40, extra in 1u64..60, sigmas in 0.5f64..4.0, shares in any::<bool>(),
        ) {
            let chart = if shares { Chart::P } else { Chart::U };
            let some = groups(&[(a, a + extra), (b, b + extra)]);
            let all = control(chart, &some, sigmas).unwrap();
            let centre = (a + b) as f64 / (a + b + 2 * extra) as f64;
            for point in &all.points {
                let off = sigmas * slow_deviation(chart, centre, point.cases);
                let top = if shares { 1.0 } else { f64::MAX };
                let high = (centre + off).min(top);
                prop_assert!((point.high.unwrap() - high).abs() < 1e-9);
                prop_assert!((point.low.unwrap() - (centre - off).max(0.0)).abs() < 1e-9);
            }
        }
    }
}
