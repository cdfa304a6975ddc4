//! How many messages are let go at once: as many as keep the mail server busy, and no more, so that
//! a crash leaves few people in doubt.
//!
//! Little's law tells the number: what the server answers in a second, times the time that a chunk
//! needs when it does not queue. Twice that is allowed, so that the number can grow.

use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

/// What is allowed before anything is measured, and at least.
const LEAST: usize = 32;
/// How often the number is set anew.
const INTERVAL: Duration = Duration::from_millis(250);

/// Sizes a semaphore by what it measures.
pub(crate) struct Pace {
    clock: Clock,
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

/// What was measured. Pure.
#[derive(Debug)]
struct State {
    /// Permits in all.
    allowed: usize,
    most: usize,
    since: Duration,
    answered: usize,
    /// The shortest time of a chunk in the last interval with one, and in this one.
    shortest: Option<Duration>,
    shortest_now: Option<Duration>,
}

impl State {
    fn new(most: usize) -> Self {
        Self {
            allowed: LEAST.min(most),
            most,
            since: Duration::ZERO,
            answered: 0,
            shortest: None,
            shortest_now: None,
        }
    }

    /// The new number of permits, if an interval is over.
    fn measure(&mut self, now: Duration) -> Option<usize> {
        let elapsed = now.saturating_sub(self.since);
        if elapsed < INTERVAL {
            return None;
        }
        let shortest = self.shortest_now.into_iter().chain(self.shortest).min();
        let needed = shortest.map_or(0.0, |shortest| {
            shortest.as_secs_f64() / elapsed.as_secs_f64() * self.answered as f64
        });
        self.shortest = self.shortest_now.or(self.shortest);
        self.shortest_now = None;
        self.since = now;
        self.answered = 0;
        // At least doubling and halving at most: one odd interval does not stop a run.
        let wanted = (2.0 * needed).min(self.most as f64) as usize;
        self.allowed = wanted
            .max(self.allowed / 2)
            .clamp(LEAST.min(self.most), self.most);
        Some(self.allowed)
    }
}

impl Pace {
    /// At most `most` messages at once.
    pub(crate) fn new(clock: Clock, most: usize) -> Self {
        let state = State::new(most.max(1));
        Self {
            clock,
            permits: Arc::new(Semaphore::new(state.allowed)),
            state: Mutex::new(state),
        }
    }

    /// One permit for each message that may be on its way.
    pub(crate) fn permits(&self) -> Arc<Semaphore> {
        Arc::clone(&self.permits)
    }

    /// How many messages may be on their way now.
    pub(crate) fn allowed(&self) -> usize {
        self.state.lock().allowed
    }

    /// `count` messages have been answered.
    pub(crate) fn answered(&self, count: usize) {
        let mut state = self.state.lock();
        state.answered += count;
        let before = state.allowed;
        let Some(after) = state.measure(self.clock.monotonic()) else {
            return;
        };
        if after > before {
            self.permits.add_permits(after - before);
        } else {
            // Permits that are in use are taken out by and by.
            let taken_out = self.permits.forget_permits(before - after);
            state.allowed = before - taken_out;
        }
    }

    /// A chunk took this long, from its intents to its last answer.
    pub(crate) fn chunk_took(&self, time: Duration) {
        let mut state = self.state.lock();
        let shortest = state
            .shortest_now
            .map_or(time, |shortest| shortest.min(time));
        state.shortest_now = Some(shortest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is allowed once a server of this kind has been watched for ten seconds: it answers
    /// `per_second` at most, and a message takes `latency_ms` when it does not queue.
    fn settled(per_second: f64, latency_ms: u64, most: usize) -> usize {
        let mut state = State::new(most);
        let latency = Duration::from_millis(latency_ms);
        let mut now = Duration::ZERO;
        for _ in 0..40 {
            now += INTERVAL;
            let possible = state.allowed as f64 / latency.as_secs_f64();
            let answered = possible.min(per_second) * INTERVAL.as_secs_f64();
            state.answered = answered as usize;
            state.shortest_now = Some(latency);
            state.measure(now);
        }
        state.allowed
    }

    #[test]
    fn the_number_fits_the_server() {
        assert_eq!(settled(100_000.0, 20, 512), 512);
        assert_eq!(settled(3_000.0, 20, 512), 120);
        assert_eq!(settled(1_280.0, 200, 1000), 512);
        assert_eq!(settled(10.0, 20, 512), LEAST);
        assert_eq!(settled(10.0, 20, 8), 8);
    }

    #[test]
    fn a_quiet_interval_halves_it() {
        let mut state = State::new(512);
        state.allowed = 400;
        state.measure(INTERVAL);
        assert_eq!(state.allowed, 200);
        for n in 2..20 {
            state.measure(INTERVAL * n);
        }
        assert_eq!(state.allowed, LEAST);
    }

    #[test]
    fn permits_follow() {
        let (clock, time) = Clock::simulated(clock::Timestamp::default(), 1);
        let pace = Pace::new(clock, 512);
        for _ in 0..20 {
            time.advance(INTERVAL);
            pace.chunk_took(Duration::from_millis(50));
            pace.answered(2_000);
            assert_eq!(pace.permits.available_permits(), pace.allowed());
        }
        assert_eq!(pace.allowed(), 512);
        for _ in 0..20 {
            time.advance(INTERVAL);
            pace.answered(1);
            assert_eq!(pace.permits.available_permits(), pace.allowed());
        }
        assert_eq!(pace.allowed(), LEAST);
    }
}
