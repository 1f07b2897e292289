//! Dice that fall the same on every machine: SplitMix64, thrown anew for each thing that is decided, so that
//! what one caller does never moves what another does.

/// Dice.
#[derive(Debug, Clone)]
pub struct Dice(u64);

/// FNV-1a of a text, to throw dice for a name; its two numbers are a fact, not a rule.
pub(super) fn name(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

impl Dice {
    /// Dice for the thing that `keys` name; other keys, other dice.
    pub fn of(keys: &[u64]) -> Dice {
        let mut dice = Dice(0);
        for key in keys {
            dice.0 ^= key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            dice.0 = dice.roll();
        }
        dice
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// At least 0, below 1.
    pub fn unit(&mut self) -> f64 {
        // 53 bits are what the fraction of an f64 holds: a fact, not a rule.
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Below `n`; 0 for 0.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % (n.max(1) as u64)).unwrap_or(0)
    }

    /// From `a` to `b`, both included.
    pub fn between(&mut self, a: u32, b: u32) -> u32 {
        a + u32::try_from(self.below((b.max(a) - a) as usize + 1)).unwrap_or(0)
    }

    /// True so often.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// The place in `weights` that is hit, as often as its weight; the last one where all are 0.
    pub fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let sum: f64 = weights.clone().sum();
        let mut left = self.unit() * sum;
        let mut at = 0;
        for (i, weight) in weights.enumerate() {
            at = i;
            if left < weight {
                break;
            }
            left -= weight;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dice_fall_the_same_and_as_often_as_they_weigh() {
        assert_eq!(Dice::of(&[1, 2]).roll(), Dice::of(&[1, 2]).roll());
        assert_ne!(Dice::of(&[1, 2]).roll(), Dice::of(&[2, 1]).roll());
        let mut dice = Dice::of(&[7]);
        let mut hits = [0_u32; 3];
        for _ in 0..30_000 {
            hits[dice.weighted([1.0, 0.0, 2.0].into_iter())] += 1;
        }
        assert_eq!(hits[1], 0);
        assert!((9_500..10_500).contains(&hits[0]), "{hits:?}");
        assert!((0..1000).all(|_| (3..=5).contains(&dice.between(3, 5))));
    }
}
