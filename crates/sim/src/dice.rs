//! Chance that a seed decides.

/// A small generator (SplitMix64): the same seed, the same rolls.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice whose rolls `seed` decides.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice whose rolls `seed` and `text` decide.
    #[must_use]
    pub fn about(seed: u64, text: &str) -> Self {
        let mixed = text.bytes().fold(seed, |mixed, byte| {
            (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut dice = Self(mixed);
        dice.word();
        dice
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number from 0 up to, not including, `below`; 0 if that is 0.
    pub fn roll(&mut self, below: u64) -> u64 {
        self.word().checked_rem(below).unwrap_or(0)
    }

    /// A number from `least` to `most`.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.roll(most.saturating_sub(least) + 1)
    }

    /// A number from `least` to `most` whose logarithm is even: small ones are as likely as large
    /// ones.
    pub fn scaled(&mut self, least: u64, most: u64) -> u64 {
        let least = least.max(1);
        let doublings = (most / least).max(1).ilog2();
        let scale = self.between(0, u64::from(doublings));
        (least << scale)
            .saturating_add(self.roll(least << scale))
            .min(most)
    }

    /// True in `percent` of a hundred rolls.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
        &items[usize::try_from(self.roll(count)).unwrap_or(0)]
    }
}
