//! Choices of the sample world.

use clock::Clock;

/// Draws from the seeded randomness of a simulated clock.
pub struct Chance(Clock);

impl Chance {
    /// Draws from `clock`.
    pub fn new(clock: Clock) -> Self {
        Self(clock)
    }

    /// A number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.0.random_u64() % bound as u64) as usize
    }

    /// True in `percent` of a hundred cases.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, all equally likely.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// One of `items` by weight.
    pub fn weighted<'a>(&mut self, items: &[(&'a str, u64)]) -> &'a str {
        let total: u64 = items.iter().map(|(_, weight)| weight).sum();
        let mut left = self.0.random_u64() % total;
        for (item, weight) in items {
            if left < *weight {
                return item;
            }
            left -= weight;
        }
        items[0].0
    }
}
