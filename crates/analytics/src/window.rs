//! Stretches of time.

use clock::Timestamp;

/// A stretch of time with both ends inclusive, in milliseconds (`docs/spec/analytics.md §2.1`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first instant.
    pub start: Timestamp,
    /// The last instant; before `start` if the window is empty.
    pub end: Timestamp,
}

impl Window {
    /// Everything from the beginning to the end of time.
    pub const ALWAYS: Self = Self {
        start: Timestamp::from_millis(i64::MIN),
        end: Timestamp::from_millis(i64::MAX),
    };

    /// Whole UTC days, counted from the epoch, both included.
    #[must_use]
    pub const fn days(first: i64, last: i64) -> Self {
        Self {
            start: Timestamp::from_utc_day(first),
            end: Timestamp::from_millis(Timestamp::from_utc_day(last + 1).as_millis() - 1),
        }
    }

    /// One UTC hour, counted from the epoch.
    #[must_use]
    pub const fn hour(hour: i64) -> Self {
        Self {
            start: Timestamp::from_utc_hour(hour),
            end: Timestamp::from_millis(Timestamp::from_utc_hour(hour + 1).as_millis() - 1),
        }
    }

    /// Whether `instant` lies in the window.
    #[must_use]
    pub fn contains(&self, instant: Timestamp) -> bool {
        self.start <= instant && instant <= self.end
    }

    /// Whether all of `other` lies in the window.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the windows share an instant.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start.max(other.start) <= self.end.min(other.end)
    }
}
