//! How often identities and credentials are issued.

use std::time::Duration;

use parking_lot::Mutex;

/// Seconds of calls that may come at once after a quiet time.
const BURST_S: f64 = 2.0;

/// Lets a number of calls pass per second, from everybody together.
pub(crate) struct Pace {
    per_second: f64,
    state: Mutex<State>,
}

struct State {
    /// Calls that may pass now.
    left: f64,
    /// When that was so, as the clock's monotonic time.
    at: Duration,
}

impl Pace {
    /// A pace of `per_second` calls.
    pub(crate) fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self {
            per_second,
            state: Mutex::new(State {
                left: per_second * BURST_S,
                at: Duration::ZERO,
            }),
        }
    }

    /// Whether a call at the monotonic time `now` may pass.
    pub(crate) fn take(&self, now: Duration) -> bool {
        let mut state = self.state.lock();
        let gained = now.saturating_sub(state.at).as_secs_f64() * self.per_second;
        state.left = (state.left + gained).min(self.per_second * BURST_S);
        state.at = state.at.max(now);
        let passes = state.left >= 1.0;
        if passes {
            state.left -= 1.0;
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_pass_at_their_pace() {
        let pace = Pace::new(10);
        let passing = |from_ms: u64, calls: usize| {
            (0..calls)
                .filter(|_| pace.take(Duration::from_millis(from_ms)))
                .count()
        };
        assert_eq!(passing(0, 100), 20);
        assert_eq!(passing(100, 100), 1);
        assert_eq!(passing(1_100, 100), 10);
        assert_eq!(passing(60_000, 100), 20);
        assert_eq!(passing(59_000, 100), 0);
    }
}
