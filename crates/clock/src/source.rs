//! Where time and randomness come from: the machine, or a seeded simulation.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::Timestamp;
use crate::in_place::in_place;

/// A handle to time and randomness; cheap to clone.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    Real { started: std::time::Instant },
    Simulated(Arc<Simulation>),
}

struct Simulation {
    moment: watch::Sender<Moment>,
    started: Timestamp,
    random: Mutex<u64>,
    sleepers: Mutex<Sleepers>,
    watch: OnceLock<Box<Watch>>,
}

#[derive(Debug, Clone, Copy)]
struct Moment {
    /// What the clock shows.
    now: Timestamp,
    /// What it would show if nobody had ever set it.
    steady: Timestamp,
}

/// How many sleep until each instant.
#[derive(Default)]
struct Sleepers {
    /// Who waits for the clock to show it.
    shown: BTreeMap<Timestamp, usize>,
    /// Who waits for time to pass, whatever the clock shows.
    steady: BTreeMap<Timestamp, usize>,
}

/// What somebody sleeps until.
#[derive(Debug, Clone, Copy)]
enum Until {
    Shown(Timestamp),
    Steady(Timestamp),
}

impl Until {
    fn has_come(self, moment: Moment) -> bool {
        match self {
            Self::Shown(instant) => moment.now >= instant,
            Self::Steady(instant) => moment.steady >= instant,
        }
    }
}

impl Sleepers {
    fn places(&mut self, until: Until) -> (&mut BTreeMap<Timestamp, usize>, Timestamp) {
        match until {
            Until::Shown(instant) => (&mut self.shown, instant),
            Until::Steady(instant) => (&mut self.steady, instant),
        }
    }
}

/// Is told of work before it begins and after it ended; `false` lets whoever awaits it wait for
/// ever.
type Watch = dyn Fn(&'static str) -> bool + Send + Sync;

/// Moves the time of a simulated [`Clock`].
#[derive(Clone)]
pub struct SimulatedTime(Arc<Simulation>);

impl Clock {
    /// The machine's clock and entropy.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this crate is the one reader")]
    pub fn real() -> Self {
        Self(Source::Real {
            started: std::time::Instant::now(),
        })
    }

    /// A clock that stands at `start` until its [`SimulatedTime`] moves it; randomness follows `seed`.
    #[must_use]
    pub fn simulated(start: Timestamp, seed: u64) -> (Self, SimulatedTime) {
        let simulation = Arc::new(Simulation {
            moment: watch::Sender::new(Moment {
                now: start,
                steady: start,
            }),
            started: start,
            random: Mutex::new(seed),
            sleepers: Mutex::default(),
            watch: OnceLock::new(),
        });
        (
            Self(Source::Simulated(Arc::clone(&simulation))),
            SimulatedTime(simulation),
        )
    }

    /// The current instant.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this crate is the one reader")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::Real { .. } => {
                let since = std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .unwrap_or_default();
                Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Source::Simulated(simulation) => simulation.moment.borrow().now,
        }
    }

    /// Time since this clock was made; never goes back, and does not heed that the clock is set.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this crate is the one reader")]
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::Real { started } => std::time::Instant::now().duration_since(*started),
            Source::Simulated(simulation) => {
                let moment = *simulation.moment.borrow();
                moment.steady.since(simulation.started)
            }
        }
    }

    /// Returns after `duration` of this clock's time, also if it is set meanwhile.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Source::Real { .. } => tokio::time::sleep(duration).await,
            Source::Simulated(simulation) => {
                let steady = simulation.moment.borrow().steady;
                let until = Until::Steady(steady.plus(duration));
                simulation.sleep(until).await;
            }
        }
    }

    /// Returns once this clock shows `instant` or later.
    pub async fn sleep_until(&self, instant: Timestamp) {
        match &self.0 {
            Source::Real { .. } => loop {
                let left = instant.since(self.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(Duration::from_secs(60))).await;
            },
            Source::Simulated(simulation) => simulation.sleep(Until::Shown(instant)).await,
        }
    }

    /// Awaits `work`, named `what`, that other threads do.
    ///
    /// A simulation that is watched ([`SimulatedTime::watch`]) waits on the calling thread, so that
    /// nothing else happens meanwhile: what the other threads do then takes no time, and the order
    /// of events does not depend on theirs. Such work must not need anything of this thread.
    pub async fn elsewhere<T>(&self, what: &'static str, work: impl Future<Output = T>) -> T {
        let watch = match &self.0 {
            Source::Real { .. } => None,
            Source::Simulated(simulation) => simulation.watch.get(),
        };
        let Some(watch) = watch else {
            return work.await;
        };
        if !watch(what) {
            return pending().await;
        }
        let done = in_place(work);
        if watch(what) { done } else { pending().await }
    }

    /// Random bytes; unpredictable for the real clock, seeded for a simulated one.
    #[must_use]
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A random number over the whole range of `u64`.
    #[must_use]
    pub fn random_u64(&self) -> u64 {
        u64::from_le_bytes(self.random_bytes())
    }

    /// A fresh identifier of 32 lower-case hex digits (`docs/spec/audience.md §3`).
    #[must_use]
    pub fn id(&self) -> String {
        hex::encode(self.random_bytes::<16>())
    }

    /// A fresh random UUID (version 4) with dashes.
    #[must_use]
    pub fn uuid(&self) -> String {
        let mut bytes = self.random_bytes::<16>();
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let digits = hex::encode(bytes);
        [
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..],
        ]
        .join("-")
    }

    #[expect(clippy::disallowed_methods, reason = "this crate is the one reader")]
    fn fill(&self, bytes: &mut [u8]) {
        match &self.0 {
            Source::Real { .. } => {
                getrandom::fill(bytes).expect("the operating system gives random bytes");
            }
            Source::Simulated(simulation) => {
                let mut state = lock(&simulation.random);
                for chunk in bytes.chunks_mut(8) {
                    let word = split_mix(&mut state).to_le_bytes();
                    chunk.copy_from_slice(&word[..chunk.len()]);
                }
            }
        }
    }
}

impl Simulation {
    async fn sleep(&self, until: Until) {
        let mut moment = self.moment.subscribe();
        let _sleeper = Sleeper::new(self, until);
        // The sender lives as long as this, so waiting cannot fail.
        let _ = moment.wait_for(|moment| until.has_come(*moment)).await;
    }
}

impl SimulatedTime {
    /// Lets time pass and wakes whoever slept until then.
    pub fn advance(&self, by: Duration) {
        self.0.moment.send_modify(|moment| {
            moment.now = moment.now.plus(by);
            moment.steady = moment.steady.plus(by);
        });
    }

    /// Lets time pass until the clock shows `instant`; sets it back if it is past that.
    pub fn set(&self, instant: Timestamp) {
        let now = self.now();
        if instant >= now {
            self.advance(instant.since(now));
        } else {
            self.jump(instant);
        }
    }

    /// Sets the clock, forwards or backwards, as an operator would: no time passes.
    pub fn jump(&self, instant: Timestamp) {
        self.0.moment.send_modify(|moment| moment.now = instant);
    }

    /// The instant shown.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.moment.borrow().now
    }

    /// The earliest instant that somebody sleeps until, if nobody sets the clock.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let moment = *self.0.moment.borrow();
        let sleepers = lock(&self.0.sleepers);
        let shown = sleepers.shown.keys().next().copied();
        let steady = sleepers.steady.keys().next();
        let steady = steady.map(|at| moment.now.plus(at.since(moment.steady)));
        shown.into_iter().chain(steady).min()
    }

    /// Has `watch` told of all work of other threads ([`Clock::elsewhere`]), before and after; where
    /// it answers `false`, whoever awaits the work waits for ever. Only the first watch counts.
    pub fn watch(&self, watch: impl Fn(&'static str) -> bool + Send + Sync + 'static) {
        let _ = self.0.watch.set(Box::new(watch));
    }
}

/// Somebody who sleeps, as long as this lives.
struct Sleeper<'a>(&'a Simulation, Until);

impl<'a> Sleeper<'a> {
    fn new(simulation: &'a Simulation, until: Until) -> Self {
        let mut sleepers = lock(&simulation.sleepers);
        let (places, instant) = sleepers.places(until);
        *places.entry(instant).or_default() += 1;
        Self(simulation, until)
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        let mut sleepers = lock(&self.0.sleepers);
        let (places, instant) = sleepers.places(self.1);
        if let Some(count) = places.get_mut(&instant) {
            *count -= 1;
            if *count == 0 {
                places.remove(&instant);
            }
        }
    }
}

/// The next word of the SplitMix64 sequence.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself() {
        let ids = |seed| {
            let (clock, _) = Clock::simulated(Timestamp::default(), seed);
            (clock.id(), clock.uuid(), clock.random_u64())
        };
        assert_eq!(ids(7), ids(7));
        assert_ne!(ids(7), ids(8));
    }

    #[test]
    fn identifiers_have_their_form() {
        let clock = Clock::real();
        assert_eq!(clock.id().len(), 32);
        let uuid = clock.uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
    }

    #[tokio::test]
    async fn simulated_sleep_ends_when_time_is_moved() {
        let (clock, time) = Clock::simulated(Timestamp::from_millis(1_000), 1);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep(Duration::from_secs(3600)).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        assert_eq!(time.next_wake(), Some(Timestamp::from_millis(3_601_000)));
        time.advance(Duration::from_secs(3600));
        assert_eq!(
            sleeper.await.expect("the sleeper ends"),
            Timestamp::from_millis(3_601_000)
        );
        assert_eq!(time.next_wake(), None);
    }

    #[tokio::test]
    async fn a_clock_that_is_set_moves_only_who_waits_for_what_it_shows() {
        let start = Timestamp::from_millis(10_000_000);
        let (clock, time) = Clock::simulated(start, 1);
        let hour = Duration::from_secs(3600);
        let mut passed = std::pin::pin!(clock.sleep(hour));
        let mut shown = std::pin::pin!(clock.sleep_until(start.plus(hour)));
        assert!(polled_once(passed.as_mut()).is_none() && polled_once(shown.as_mut()).is_none());
        time.jump(start.plus(hour));
        assert!(polled_once(passed.as_mut()).is_none() && polled_once(shown.as_mut()).is_some());
        assert_eq!(
            (clock.now(), clock.monotonic()),
            (start.plus(hour), Duration::ZERO)
        );
        time.jump(Timestamp::default());
        assert_eq!(time.next_wake(), Some(Timestamp::default().plus(hour)));
        time.advance(hour);
        assert!(polled_once(passed.as_mut()).is_some());
        assert_eq!(clock.monotonic(), hour);
    }

    #[tokio::test]
    async fn watched_work_is_done_in_place_or_never_ends() {
        use std::sync::atomic::{AtomicUsize, Ordering};

        let (clock, time) = Clock::simulated(Timestamp::default(), 1);
        let told = Arc::new(AtomicUsize::new(0));
        time.watch({
            let told = Arc::clone(&told);
            move |what| what == "work" && told.fetch_add(1, Ordering::SeqCst) < 3
        });
        let work = || tokio::task::spawn_blocking(|| 7);
        let mut first = std::pin::pin!(clock.elsewhere("work", work()));
        let done = polled_once(first.as_mut());
        assert!(matches!(done, Some(Ok(7))), "one poll is enough");
        let mut second = std::pin::pin!(clock.elsewhere("work", work()));
        assert!(polled_once(second.as_mut()).is_none());
        assert_eq!(told.load(Ordering::SeqCst), 4, "the work was done");
    }

    /// What one poll answers.
    fn polled_once<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match future.poll(&mut context) {
            std::task::Poll::Ready(done) => Some(done),
            std::task::Poll::Pending => None,
        }
    }
}
