//! The virtual clock of a dry run: messages go out one after the other, at the campaign's rate. Pure.

use std::time::Duration;

use clock::Timestamp;

const SECOND_NS: u64 = 1_000_000_000;

/// When the next message goes out.
#[derive(Debug)]
pub(super) struct VirtualPace {
    base: Timestamp,
    given: u64,
    /// Absent if everything happens at one instant.
    per_second: Option<u32>,
}

impl VirtualPace {
    /// The first message goes out at `start`.
    pub(super) const fn new(start: Timestamp, per_second: Option<u32>) -> Self {
        Self {
            base: start,
            given: 0,
            per_second,
        }
    }

    /// When the next message goes out.
    pub(super) fn now(&self) -> Timestamp {
        let Some(per_second) = self.per_second else {
            return self.base;
        };
        let nanos = self.given.saturating_mul(SECOND_NS) / u64::from(per_second.max(1));
        self.base.plus(Duration::from_nanos(nanos))
    }

    /// The turn of others comes at `instant`, unless messages are still waiting then.
    pub(super) fn wait_until(&mut self, instant: Timestamp) {
        if instant > self.now() {
            self.base = instant;
            self.given = 0;
        }
    }

    /// A message has gone out.
    pub(super) const fn pass(&mut self) {
        self.given += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_follow_each_other_at_the_rate() {
        let start = Timestamp::from_millis(0);
        let mut pace = VirtualPace::new(start, Some(4));
        let mut told = Vec::new();
        for _ in 0..5 {
            told.push(pace.now().as_millis());
            pace.pass();
        }
        assert_eq!(told, [0, 250, 500, 750, 1000]);
        // Those of the next turn wait for the rest of this one.
        pace.wait_until(Timestamp::from_millis(100));
        assert_eq!(pace.now().as_millis(), 1250);
        pace.wait_until(Timestamp::from_millis(5000));
        assert_eq!(pace.now().as_millis(), 5000);
    }

    #[test]
    fn without_a_rate_everything_happens_at_once() {
        let mut pace = VirtualPace::new(Timestamp::from_millis(7), None);
        pace.pass();
        assert_eq!(pace.now().as_millis(), 7);
    }
}
