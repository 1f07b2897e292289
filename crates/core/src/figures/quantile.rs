//! Mean and quantiles of durations, exact to the millisecond and below.
//!
//! The quantile is the linear one (type 7 of Hyndman and Fan 1996, the default of numpy, pandas and R):
//! with n sorted values and h = (n − 1)·p, it is x⌊h⌋ + (h − ⌊h⌋)·(x⌊h⌋₊₁ − x⌊h⌋). Kept as a fraction, so
//! nothing rounds before it is printed.

use super::rate::decimal;

/// A duration in milliseconds as an exact fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact {
    /// Milliseconds times `denominator`.
    pub numerator: i128,
    /// Positive.
    pub denominator: i128,
}

impl Exact {
    /// The duration in units of `unit_ms` milliseconds (3 600 000 for hours), rounded half up to `places`.
    pub fn in_units(self, unit_ms: i64, places: u32) -> String {
        decimal(self.numerator, self.denominator * i128::from(unit_ms.max(1)), places)
    }

    /// Whether the duration is at least `ms` milliseconds.
    pub fn at_least(self, ms: i64) -> bool {
        self.numerator >= i128::from(ms) * self.denominator
    }
}

/// How long something took, over all cases of which both times are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Duration {
    /// The number of cases measured.
    pub n: u64,
    /// The arithmetic mean; `None` without cases.
    pub mean: Option<Exact>,
    /// The quantiles asked for, with their percent, in the order of the rules; empty without cases.
    pub quantiles: Vec<(u8, Exact)>,
}

impl Duration {
    /// Measures `ms`, in any order, which it sorts; `percents` are at most 100.
    pub fn measure(ms: &mut [i64], percents: &[u8]) -> Self {
        ms.sort_unstable();
        let n = ms.len() as u64;
        if ms.is_empty() {
            return Self::default();
        }
        let sum: i128 = ms.iter().map(|one| i128::from(*one)).sum();
        let quantiles = percents.iter().filter_map(|p| quantile(ms, *p).map(|value| (*p, value))).collect();
        Self { n, mean: Some(Exact { numerator: sum, denominator: i128::from(n) }), quantiles }
    }

    /// The quantile of that percent, if the rules ask for it and there are cases.
    pub fn quantile(&self, percent: u8) -> Option<Exact> {
        self.quantiles.iter().find(|(p, _)| *p == percent).map(|(_, value)| *value)
    }
}

fn quantile(sorted: &[i64], percent: u8) -> Option<Exact> {
    let last = sorted.len().checked_sub(1)?;
    let hundredths = last * usize::from(percent);
    let (index, part) = (hundredths / 100, (hundredths % 100) as i128);
    let low = i128::from(*sorted.get(index)?);
    let high = sorted.get(index + 1).map_or(low, |next| i128::from(*next));
    Some(Exact { numerator: low * (100 - part) + high * part, denominator: 100 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_quantile_is_the_linear_one() {
        // numpy.quantile([1, 2, 3, 4], [.5, .75, .9]) = 2.5, 3.25, 3.7
        let found = Duration::measure(&mut [4, 1, 3, 2], &[50, 75, 90]);
        let text: Vec<_> = found.quantiles.iter().map(|(_, q)| q.in_units(1, 2)).collect();
        assert_eq!(text, ["2.50", "3.25", "3.70"]);
        assert_eq!(found.mean.unwrap().in_units(1, 1), "2.5");
        assert_eq!(Duration::measure(&mut [], &[50]), Duration::default());
    }

    /// The same by another road: the piecewise linear curve through (i/(n−1), xᵢ), found by walking it.
    fn slow(values: &[i64], percent: u8) -> f64 {
        let mut left: Vec<f64> = values.iter().map(|v| *v as f64).collect();
        left.sort_by(f64::total_cmp);
        let n = left.len();
        let p = f64::from(percent) / 100.0;
        for i in 1..n {
            let (a, b) = ((i - 1) as f64 / (n - 1) as f64, i as f64 / (n - 1) as f64);
            if p <= b + 1e-12 {
                return left[i - 1] + (left[i] - left[i - 1]) * ((p - a) / (b - a)).clamp(0.0, 1.0);
            }
        }
        left[n - 1]
    }

    proptest! {
        #[test]
        fn quantiles_agree_with_the_curve(
            values in prop::collection::vec(-1_000_000i64..1_000_000, 1..60),
            p in 0u8..=100,
        ) {
            let found = Duration::measure(&mut values.clone(), &[p]).quantiles[0].1;
            let fast = found.numerator as f64 / found.denominator as f64;
            prop_assert!((fast - slow(&values, p)).abs() < 1e-3, "{fast} {}", slow(&values, p));
            let (low, high) = (values.iter().min().unwrap(), values.iter().max().unwrap());
            prop_assert!(fast >= *low as f64 && fast <= *high as f64);
        }
    }
}
