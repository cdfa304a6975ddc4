//! Slows down who guesses passwords.

use std::collections::HashMap;
use std::time::Duration;

use clock::Timestamp;
use parking_lot::Mutex;

/// Names that are watched at once; more forget the ones that were quiet longest.
const WATCHED_MAX: usize = 10_000;
/// Attempts before the first pause.
const FREE_ATTEMPTS: u32 = 2;
/// The first pause; it doubles with every attempt.
const PAUSE_MIN: Duration = Duration::from_millis(250);
/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Attempts that would have to wait longer are refused.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// A name is forgotten when nobody tried it for so long.
const QUIET: Duration = Duration::from_secs(15 * 60);

/// Counts attempts by name and caller. Attempts queue up one after the other, so that trying in
/// parallel wins nothing.
#[derive(Default)]
pub(crate) struct LoginThrottle(Mutex<HashMap<(String, String), Attempts>>);

#[derive(Clone, Copy)]
struct Attempts {
    count: u32,
    next: Timestamp,
}

/// What an attempt has to do first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Wait this long.
    For(Duration),
    /// Come back later.
    Refused,
}

impl LoginThrottle {
    /// Notes an attempt at `now`.
    pub(crate) fn attempt(&self, name: &str, peer: &str, now: Timestamp) -> Wait {
        let mut watched = self.0.lock();
        if watched.len() >= WATCHED_MAX {
            watched.retain(|_, attempts| now.since(attempts.next) < QUIET);
            if watched.len() >= WATCHED_MAX {
                watched.clear();
            }
        }
        let attempts = watched
            .entry((name.to_owned(), peer.to_owned()))
            .or_insert(Attempts {
                count: 0,
                next: now,
            });
        if now.since(attempts.next) >= QUIET {
            *attempts = Attempts {
                count: 0,
                next: now,
            };
        }
        let wait = attempts.next.since(now);
        if wait > WAIT_MAX {
            return Wait::Refused;
        }
        attempts.next = attempts.next.max(now).plus(pause(attempts.count));
        attempts.count = attempts.count.saturating_add(1);
        Wait::For(wait)
    }

    /// Notes that the right password was given.
    pub(crate) fn succeeded(&self, name: &str, peer: &str) {
        self.0.lock().remove(&(name.to_owned(), peer.to_owned()));
    }
}

fn pause(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(FREE_ATTEMPTS);
    if attempts < FREE_ATTEMPTS {
        return Duration::ZERO;
    }
    PAUSE_MIN
        .saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX))
        .min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_attempts_are_refused() {
        let throttle = LoginThrottle::default();
        let now = Timestamp::from_millis(1_000_000);
        let waits: Vec<_> = (0..12)
            .map(|_| throttle.attempt("ada", "ip", now))
            .collect();
        assert_eq!(waits[0], Wait::For(Duration::ZERO));
        assert_eq!(waits[2], Wait::For(Duration::ZERO));
        assert_eq!(waits[3], Wait::For(Duration::from_millis(250)));
        assert_eq!(waits[4], Wait::For(Duration::from_millis(750)));
        assert_eq!(waits[11], Wait::Refused);
        assert_eq!(
            throttle.attempt("eve", "ip", now),
            Wait::For(Duration::ZERO)
        );
        assert_eq!(
            throttle.attempt("ada", "other", now),
            Wait::For(Duration::ZERO)
        );
        let later = now.plus(Duration::from_secs(3_600));
        assert_eq!(
            throttle.attempt("ada", "ip", later),
            Wait::For(Duration::ZERO)
        );
        throttle.succeeded("ada", "ip");
        assert_eq!(
            throttle.attempt("ada", "ip", later),
            Wait::For(Duration::ZERO)
        );
    }
}
