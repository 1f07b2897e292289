//! A rate as two integers, its exact decimal form and its Wilson interval.

use std::f64::consts::SQRT_2;

/// Numerator over denominator. A denominator of 0 means *not rated*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    /// Cases that meet the condition; never more than the denominator.
    pub numerator: u64,
    /// Cases of which the condition is asked.
    pub denominator: u64,
}

impl Rate {
    /// A rate from its two integers.
    pub fn new(numerator: u64, denominator: u64) -> Self {
        Self { numerator, denominator }
    }

    /// Counts one case that is asked, and whether it meets the condition.
    pub fn count(&mut self, meets: bool) {
        self.denominator += 1;
        self.numerator += u64::from(meets);
    }

    /// The rate in percent, rounded half up from the exact fraction to `places`; `None` when not rated.
    pub fn percent(self, places: u32) -> Option<String> {
        (self.denominator > 0)
            .then(|| decimal(i128::from(self.numerator) * 100, i128::from(self.denominator), places))
    }

    /// The Wilson score interval as two shares of 1; `None` when not rated. `z` is the two-sided normal
    /// quantile. Source: E. B. Wilson, JASA 22 (1927): the shares p for which |p̂ − p| ≤ z·√(p(1−p)/n).
    #[allow(clippy::cast_precision_loss)]
    pub fn wilson(self, z: f64) -> Option<(f64, f64)> {
        if self.denominator == 0 {
            return None;
        }
        let (k, n) = (self.numerator as f64, self.denominator as f64);
        let (share, zz) = (k / n, z * z);
        let centre = share + zz / (2.0 * n);
        let spread = z * (share * (1.0 - share) / n + zz / (4.0 * n * n)).sqrt();
        let scale = 1.0 + zz / n;
        let low = if self.numerator == 0 { 0.0 } else { ((centre - spread) / scale).max(0.0) };
        let high =
            if self.numerator == self.denominator { 1.0 } else { ((centre + spread) / scale).min(1.0) };
        Some((low, high))
    }

    /// The Wilson interval in percent, to `places`.
    pub fn interval(self, z: f64, places: u32) -> Option<(String, String)> {
        let places = places as usize;
        self.wilson(z)
            .map(|(low, high)| (format!("{:.places$}", low * 100.0), format!("{:.places$}", high * 100.0)))
    }
}

/// `numerator / denominator` as a decimal with `places` digits, rounded half away from zero, exactly.
/// The denominator must be positive; `places` is at most 12.
pub fn decimal(numerator: i128, denominator: i128, places: u32) -> String {
    let scale = 10_i128.pow(places.min(12));
    let doubled = 2 * numerator.abs() * scale + denominator;
    let rounded = doubled / (2 * denominator.max(1));
    let sign = if numerator < 0 && rounded > 0 { "-" } else { "" };
    if places == 0 {
        return format!("{sign}{rounded}");
    }
    let width = places as usize;
    format!("{sign}{}.{:0width$}", rounded / scale, rounded % scale)
}

/// The z for which a normal variable lies within ±z with probability `confidence`: 0.95 gives 1.959964.
/// Found by bisection to the last bit; `confidence` lies between 0 and 1, and z between 0 and 8.
pub fn z_of(confidence: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 8.0_f64);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if erf(middle / SQRT_2) < confidence {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The error function for 0 ≤ x ≤ 6, by the series with positive terms only:
/// erf x = 2/√π · e^(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)).
fn erf(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    let mut n = 0.0_f64;
    while term > sum * 1e-17 && n < 500.0 {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tianmen_publishes_what_its_own_counts_give() {
        // A published example of the evaluation indices: 972 due, 911 closed, 737 in time.
        assert_eq!(Rate::new(911, 972).percent(2).as_deref(), Some("93.72"));
        assert_eq!(Rate::new(737, 972).percent(2).as_deref(), Some("75.82"));
    }

    #[test]
    fn no_cases_is_not_rated() {
        let none = Rate::default();
        assert_eq!((none.percent(2), none.wilson(1.96)), (None, None));
    }

    #[test]
    fn z_agrees_with_the_tables() {
        for (confidence, z) in
            [(0.90, 1.644_853_626_951), (0.95, 1.959_963_984_540), (0.99, 2.575_829_303_549)]
        {
            assert!((z_of(confidence) - z).abs() < 1e-11, "{confidence}: {}", z_of(confidence));
        }
    }

    #[test]
    fn decimals_round_half_up_exactly() {
        for (n, d, places, want) in [
            (1, 8, 2, "0.13"),
            (1, 8, 3, "0.125"),
            (-1, 8, 2, "-0.13"),
            (-1, 1000, 2, "0.00"),
            (2, 3, 4, "0.6667"),
            (5, 2, 0, "3"),
            (199_999, 1000, 2, "200.00"),
        ] {
            assert_eq!(decimal(n, d, places), want);
        }
    }

    /// The score test itself: the bounds are where |k − n·p| = z·√(n·p·(1−p)).
    fn by_bisection(k: u64, n: u64, z: f64) -> (f64, f64) {
        let (k, n) = (k as f64, n as f64);
        let share = k / n;
        let rejected = |p: f64| (k - n * p).abs() > z * (n * p * (1.0 - p)).sqrt();
        let edge = |mut outside: f64, mut inside: f64| {
            for _ in 0..200 {
                let middle = f64::midpoint(outside, inside);
                if rejected(middle) { outside = middle } else { inside = middle }
            }
            inside
        };
        let low = if k == 0.0 { 0.0 } else { edge(0.0, share) };
        let high = if k == n { 1.0 } else { edge(1.0, share) };
        (low, high)
    }

    proptest! {
        #[test]
        fn wilson_is_the_score_test_inverted(
            n in 1u64..3000,
            part in 0.0f64..=1.0,
            confidence in 0.5f64..0.999,
        ) {
            let k = ((n as f64) * part).round() as u64;
            let z = z_of(confidence);
            let (low, high) = Rate::new(k, n).wilson(z).unwrap();
            let (slow_low, slow_high) = by_bisection(k, n, z);
            prop_assert!((low - slow_low).abs() < 1e-9 && (high - slow_high).abs() < 1e-9);
            prop_assert!(low <= k as f64 / n as f64 && k as f64 / n as f64 <= high);
        }

        #[test]
        fn a_decimal_is_the_nearest(n in 0i64..1_000_000_000, d in 1i64..1_000_000, places in 0u32..7) {
            let text = decimal(n.into(), d.into(), places);
            let digits: i128 = text.replace('.', "").parse().unwrap();
            let scale = 10i128.pow(places);
            let error = 2 * (digits * i128::from(d) - i128::from(n) * scale);
            prop_assert!(-i128::from(d) < error && error <= i128::from(d));
        }
    }
}
