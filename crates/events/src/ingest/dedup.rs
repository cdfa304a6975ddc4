//! Which events were seen in the last 24 hours (`docs/spec/events.md §1.3`, step 4).

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::time::Duration;

use clock::{Clock, Timestamp};
use model::{Event, Origin};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::{Log, LogError};

/// How long an event is remembered.
const WINDOW: Duration = Duration::from_hours(24);
/// Events that are read at once while rebuilding.
const READ_MAX: usize = 10_000;

/// What two submissions of one event have in common: application, endpoint, event identifier,
/// type and timestamp, as 96 bits of their SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKey([u32; 3]);

impl EventKey {
    /// The key of an event that a client reported.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        let mut hash = Sha256::new();
        let id = event.client_event_id.as_deref().unwrap_or_default();
        for part in [
            event.app.as_str(),
            event.endpoint.key().as_str(),
            id,
            &event.kind,
        ] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.update(event.timestamp.as_millis().to_le_bytes());
        let digest = hash.finalize();
        let word = |at: usize| {
            u32::from_le_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]])
        };
        Self([word(0), word(4), word(8)])
    }
}

impl Hash for EventKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.0[0]) << 32 | u64::from(self.0[1]));
    }
}

/// A key is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }
}

type Seen = HashMap<EventKey, u32, BuildHasherDefault<AsItIs>>;

/// Remembers events for 24 hours.
///
/// Memory is bounded: two generations of at most half the capacity, some 17 to 34 bytes per
/// event. Above the capacity within 24 hours the oldest half is forgotten early.
pub struct Deduper {
    generations: Mutex<Generations>,
    half: usize,
}

struct Generations {
    current: Seen,
    previous: Seen,
    /// When `current` began, in seconds.
    began: u32,
}

impl Deduper {
    /// A deduper that has seen nothing and remembers at most `capacity` events.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            generations: Mutex::new(Generations {
                current: Seen::default(),
                previous: Seen::default(),
                began: 0,
            }),
            half: (capacity / 2).max(1),
        }
    }

    /// A deduper that has seen what clients reported in the last 24 hours of `log`. Blocks.
    ///
    /// # Errors
    /// Reading the log failed.
    pub fn rebuild(log: &Log, clock: &Clock, capacity: usize) -> Result<Self, LogError> {
        let deduper = Self::new(capacity);
        let since = clock.now().minus(WINDOW);
        let mut position = log.position_before(since);
        loop {
            let events = log.read_blocking(position, READ_MAX)?;
            let Some((after, _)) = events.last() else {
                return Ok(deduper);
            };
            position = *after;
            for (_, event) in &events {
                if event.origin == Origin::Client && event.arrival >= since {
                    deduper.admit(EventKey::of(event), event.arrival);
                }
            }
        }
    }

    /// Whether the event is new at `now`; from then on it is not.
    pub fn admit(&self, key: EventKey, now: Timestamp) -> bool {
        let now = seconds(now);
        let window = u32::try_from(WINDOW.as_secs()).unwrap_or(u32::MAX);
        let mut generations = self.generations.lock();
        if generations.current.len() >= self.half || now.saturating_sub(generations.began) >= window
        {
            generations.previous = std::mem::take(&mut generations.current);
            generations.began = now;
        }
        let seen = |at: &u32| now.saturating_sub(*at) < window;
        if generations.current.get(&key).is_some_and(seen)
            || generations.previous.get(&key).is_some_and(seen)
        {
            return false;
        }
        generations.current.insert(key, now);
        true
    }

    /// Forgets events that could not be kept, so that a client may send them again.
    pub fn withdraw(&self, keys: &[EventKey]) {
        let mut generations = self.generations.lock();
        for key in keys {
            generations.current.remove(key);
            generations.previous.remove(key);
        }
    }
}

fn seconds(instant: Timestamp) -> u32 {
    u32::try_from(instant.as_millis().div_euclid(1000).max(0)).unwrap_or(u32::MAX)
}
