//! Sharing out: whole numbers with an exact sum, in proportion to weights, each between bounds.

use crate::error::SynthError;

/// Shares `total` out in proportion to `weights`, none below its `low` or above its `high`; what rounding
/// leaves goes to the largest fractions, the earlier of two equal ones first.
///
/// # Errors
/// [`SynthError::Share`] when the bounds do not let the total in.
pub(crate) fn share(
    what: &str,
    total: u64,
    weights: &[f64],
    low: &[u32],
    high: &[u32],
) -> Result<Vec<u32>, SynthError> {
    let sum = |bounds: &[u32]| bounds.iter().map(|b| u64::from(*b)).sum::<u64>();
    if total < sum(low) || total > sum(high) {
        let what = what.to_owned();
        return Err(SynthError::Share { what, total, low: sum(low), high: sum(high) });
    }
    let at = |scale: f64, i: usize| (scale * weights[i]).clamp(f64::from(low[i]), f64::from(high[i]));
    let all = |scale: f64| (0..weights.len()).map(|i| at(scale, i)).sum::<f64>();
    let (mut under, mut over) = (0.0, 1.0);
    while all(over) < total as f64 && over < 1e18 {
        over *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(under, over);
        if all(middle) < total as f64 { under = middle } else { over = middle }
    }
    let exact: Vec<f64> = (0..weights.len()).map(|i| at(over, i)).collect();
    // A hair under a whole number is that number.
    let mut out: Vec<u32> = exact.iter().map(|x| (x + 1e-7).floor() as u32).collect();
    let mut order: Vec<usize> = (0..out.len()).collect();
    let fraction = |i: usize| exact[i] + 1e-7 - exact[i].floor();
    order.sort_by(|i, j| fraction(*j).total_cmp(&fraction(*i)).then(i.cmp(j)));
    let mut given = sum(&out);
    while given != total {
        let before = given;
        for i in &order {
            if given < total && out[*i] < high[*i] {
                out[*i] += 1;
                given += 1;
            } else if given > total && out[*i] > low[*i] {
                out[*i] -= 1;
                given -= 1;
            }
        }
        if given == before {
            break;
        }
    }
    Ok(out)
}

/// Shares out without bounds.
///
/// # Errors
/// [`SynthError::Share`] when there is something to share and nobody to take it.
pub(crate) fn share_freely(what: &str, total: u64, weights: &[f64]) -> Result<Vec<u32>, SynthError> {
    let n = weights.len();
    share(what, total, weights, &vec![0; n], &vec![u32::try_from(total).unwrap_or(u32::MAX); n])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_sum_is_exact_and_bounds_hold(
            rows in prop::collection::vec((0.01f64..50.0, 0u32..40, 0u32..400), 1..40),
            part in 0.0f64..1.0,
        ) {
            let weights: Vec<f64> = rows.iter().map(|r| r.0).collect();
            let low: Vec<u32> = rows.iter().map(|r| r.1).collect();
            let high: Vec<u32> = rows.iter().map(|r| r.1 + r.2).collect();
            let (l, h): (u32, u32) = (low.iter().sum(), high.iter().sum());
            let total = u64::from(l) + (f64::from(h - l) * part) as u64;
            let out = share("x", total, &weights, &low, &high).unwrap();
            prop_assert_eq!(out.iter().map(|n| u64::from(*n)).sum::<u64>(), total);
            prop_assert!((0..out.len()).all(|i| low[i] <= out[i] && out[i] <= high[i]));
            prop_assert!(share("x", u64::from(h) + 1, &weights, &low, &high).is_err());
        }
    }

    #[test]
    fn proportions_are_kept() {
        assert_eq!(share_freely("x", 100, &[1.0, 2.0, 7.0]).unwrap(), [10, 20, 70]);
        assert_eq!(share_freely("x", 10, &[1.0, 1.0, 1.0]).unwrap(), [4, 3, 3]);
    }
}
