//! Holds hand-overs back while the mail server cannot be reached.

use std::time::Duration;

use parking_lot::Mutex;

/// The first pause after a failure.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Open while the provider is thought to be down; pauses double up to [`PAUSE_MAX`]. Instants are those
/// of `Clock::monotonic`, so that a clock that is set back makes no pause longer.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    until: Duration,
}

impl Breaker {
    /// The provider could not be reached, or asked for a slower pace.
    pub(crate) fn failed(&self, now: Duration) {
        let mut state = self.0.lock();
        if state.failures > 0 && state.until > now {
            return;
        }
        let pause = PAUSE_MIN
            .saturating_mul(1 << state.failures.min(16))
            .min(PAUSE_MAX);
        state.failures = state.failures.saturating_add(1);
        state.until = now + pause;
    }

    /// The provider answered.
    pub(crate) fn answered(&self) {
        let mut state = self.0.lock();
        if state.failures > 0 {
            *state = State::default();
        }
    }

    /// Whether nothing may be handed over at `now`.
    pub(crate) fn is_open(&self, now: Duration) -> bool {
        let state = self.0.lock();
        state.failures > 0 && now < state.until
    }

    /// Whether only a trial may be handed over.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.0.lock().failures > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_an_answer_ends_them() {
        let breaker = Breaker::default();
        let mut now = Duration::ZERO;
        let mut pauses = Vec::new();
        for _ in 0..7 {
            breaker.failed(now);
            breaker.failed(now); // the same burst
            let start = now;
            while breaker.is_open(now) {
                now += Duration::from_secs(1);
            }
            pauses.push((now - start).as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert!(breaker.is_doubtful());
        breaker.answered();
        assert!(!breaker.is_doubtful() && !breaker.is_open(now));
    }
}
