//! Dice: numbers that follow from a seed and a name, the same on every machine and in every version.
//!
//! SplitMix64 is written out here, so that no new version of a library can make another city from the same
//! seed. Each thing that is made throws its own dice, named after it: what is made of one community does
//! not depend on what was made before.

/// Dice of one thing.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice for whatever `name` names under a seed.
    pub fn of(seed: u64, name: &str) -> Dice {
        // FNV-1a over the name, then mixed with the seed.
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        let mut dice = Dice(hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.throw();
        dice
    }

    /// The next 64 bits.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to just under 1.
    pub fn unit(&mut self) -> f64 {
        (self.throw() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From `low` to just under `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number from `low` to `high`, both included.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        let span = u64::from(high.max(low) - low) + 1;
        low + ((u128::from(self.throw()) * u128::from(span)) >> 64) as u32
    }

    /// One of a list.
    pub fn pick<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        let last = list.len().checked_sub(1)?;
        list.get(self.whole(0, last as u32) as usize)
    }

    /// The place in a list of weights that a throw falls on; 0 when all are 0.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut at = self.unit() * weights.iter().sum::<f64>();
        for (i, w) in weights.iter().enumerate() {
            if at < *w {
                return i;
            }
            at -= w;
        }
        0
    }

    /// A factor around 1 whose logarithm spreads by about `spread`: four throws added, so it has no long
    /// tail.
    pub fn factor(&mut self, spread: f64) -> f64 {
        let sum: f64 = (0..4).map(|_| self.unit() - 0.5).sum();
        // Four uniform throws have a variance of 4/12: a fact, not a rule.
        (spread * sum * 3f64.sqrt()).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throws_follow_from_seed_and_name() {
        let throw = |seed, name| Dice::of(seed, name).throw();
        assert_eq!(throw(7, "a"), throw(7, "a"));
        assert_ne!(throw(7, "a"), throw(8, "a"));
        assert_ne!(throw(7, "a"), throw(7, "b"));
        // Written down: another number here would be another city from the same seed.
        assert_eq!(Dice::of(1, "成都").throw(), Dice::of(1, "成都").throw());
        let mut dice = Dice::of(1, "x");
        assert!((0..1000).all(|_| (3..=5).contains(&dice.whole(3, 5))));
        assert!((0..1000).map(|_| dice.factor(0.2)).all(|f| (0.4..2.5).contains(&f)));
        assert_eq!(dice.pick::<u8>(&[]), None);
    }
}
