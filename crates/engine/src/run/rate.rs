//! Messages per second: exact over any second, and even within it.

use std::collections::VecDeque;
use std::time::Duration;

use clock::Clock;
use tokio::sync::Mutex;

const SECOND: Duration = Duration::from_secs(1);
/// Fractions of a second over which unused permits may be saved up.
const BURST_FRACTION: u32 = 20;

/// Lets at most `rate` pass in any second, over all who share it.
pub(crate) struct Rate {
    clock: Clock,
    state: Mutex<Window>,
}

/// When the last permits were given. Pure.
#[derive(Debug)]
struct Window {
    rate: usize,
    /// Instants of the last `rate` permits, oldest first.
    given: VecDeque<Duration>,
    /// When the next permit would fall due at an even pace.
    next: Duration,
}

impl Window {
    /// A window that an unknown predecessor may have filled up to `began`.
    fn new(rate: u32, began: Duration) -> Self {
        let rate = usize::try_from(rate).unwrap_or(usize::MAX).max(1);
        Self {
            rate,
            given: std::iter::repeat_n(began, rate).collect(),
            next: began,
        }
    }

    fn interval(&self) -> Duration {
        SECOND / u32::try_from(self.rate).unwrap_or(u32::MAX)
    }

    /// Takes `count` permits at `now`, at most a second's, or says how long to wait before asking
    /// again.
    fn take(&mut self, count: usize, now: Duration) -> Result<(), Duration> {
        let count = count.clamp(1, self.rate);
        let room = self.rate - self.given.len();
        if count > room
            && let Some(last) = self.given.get(count - room - 1)
        {
            let free = *last + SECOND;
            if free > now {
                return Err(free - now);
            }
        }
        if self.next > now {
            return Err(self.next - now);
        }
        let saved = now.saturating_sub(SECOND / BURST_FRACTION);
        let times = u32::try_from(count).unwrap_or(u32::MAX);
        self.next = self.next.max(saved) + self.interval() * times;
        self.given.drain(..count.saturating_sub(room));
        self.given.extend(std::iter::repeat_n(now, count));
        Ok(())
    }
}

impl Rate {
    /// At most `rate` permits in any second, also together with those that a process gave which
    /// ended at `began`.
    pub(crate) fn new(rate: u32, clock: Clock, began: Duration) -> Self {
        Self {
            clock,
            state: Mutex::new(Window::new(rate, began)),
        }
    }

    /// Whether nothing has passed for a second, and nobody waits.
    pub(crate) fn is_idle(&self) -> bool {
        let now = self.clock.monotonic();
        let window = self.state.try_lock();
        window.is_ok_and(|window| window.given.back().is_none_or(|last| *last + SECOND <= now))
    }

    /// Returns when `count` more may pass together, at most a second's; callers pass in the order
    /// in which they ask.
    pub(crate) async fn pass(&self, count: usize) {
        let mut window = self.state.lock().await;
        while let Err(wait) = window.take(count, self.clock.monotonic()) {
            self.clock.sleep(wait.max(Duration::from_millis(1))).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Instants at which an eager caller passes, with some others each time, who comes back `delays`
    /// after each answer.
    fn passes(rate: u32, delays: &[(u64, usize)]) -> Vec<Duration> {
        let mut window = Window::new(rate, Duration::ZERO);
        let mut now = Duration::ZERO;
        let mut passed = Vec::new();
        for (delay, count) in delays {
            now += Duration::from_micros(*delay);
            while let Err(wait) = window.take(*count, now) {
                now += wait;
            }
            passed.extend(std::iter::repeat_n(now, (*count).min(rate as usize)));
        }
        passed
    }

    proptest! {
        #[test]
        fn no_second_holds_more_than_the_rate(
            rate in 1_u32..200,
            delays in proptest::collection::vec((0_u64..30_000, 1_usize..60), 1..300),
        ) {
            let passed = passes(rate, &delays);
            prop_assert!(passed[0] >= SECOND, "the second before may have been full");
            for (i, first) in passed.iter().enumerate() {
                let within = passed[i..].iter().take_while(|at| **at < *first + SECOND).count();
                prop_assert!(within <= rate as usize, "{within} within a second of {first:?}");
            }
        }
    }

    #[test]
    fn an_eager_caller_gets_the_whole_rate() {
        for together in [1, 50, 100] {
            let passed = passes(100, &vec![(0, together); 1000 / together]);
            let took = passed[999] - passed[0];
            assert!(took <= Duration::from_millis(10_000), "{took:?}");
            assert!(took >= Duration::from_millis(8_900), "{took:?}");
        }
    }
}
