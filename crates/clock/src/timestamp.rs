//! An instant, and its text on the wire.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds in a minute.
const MINUTE_MS: i64 = 60_000;
/// Milliseconds in an hour.
const HOUR_MS: i64 = 3_600_000;
/// Milliseconds in a day.
const DAY_MS: i64 = 24 * HOUR_MS;

/// An instant in UTC with millisecond precision.
///
/// Printed as `2026-03-04T05:06:07.123Z` (`docs/spec/audience.md §3`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A text that is not an ISO 8601 instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 8601 instant: {0}")]
pub struct ParseTimestampError(pub String);

impl Timestamp {
    /// The instant `millis` milliseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole UTC hours since the epoch, rounded down.
    #[must_use]
    pub const fn utc_hour(self) -> i64 {
        self.0.div_euclid(HOUR_MS)
    }

    /// Whole minutes since the epoch, rounded down.
    #[must_use]
    pub const fn utc_minute(self) -> i64 {
        self.0.div_euclid(MINUTE_MS)
    }

    /// Whole UTC days since the epoch, rounded down.
    #[must_use]
    pub const fn utc_day(self) -> i64 {
        self.0.div_euclid(DAY_MS)
    }

    /// The first instant of the UTC day that is `day` days after the epoch.
    #[must_use]
    pub const fn from_utc_day(day: i64) -> Self {
        Self(day * DAY_MS)
    }

    /// The first instant of the UTC hour that is `hour` hours after the epoch.
    #[must_use]
    pub const fn from_utc_hour(hour: i64) -> Self {
        Self(hour * HOUR_MS)
    }

    /// This instant moved later by `by`, saturating.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(millis(by)))
    }

    /// This instant moved earlier by `by`, saturating.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }

    /// How long after `earlier` this instant is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The UTC date as `YYYY-MM-DD`.
    #[must_use]
    pub fn date(self) -> String {
        let text = self.to_string();
        text.split('T').next().unwrap_or_default().to_owned()
    }

    /// Reads an ISO 8601 instant: `Z` or a numeric offset, seconds and fraction optional.
    ///
    /// # Errors
    /// The text is not such an instant, or lies outside the years 0 to 9999.
    pub fn parse(text: &str) -> Result<Self, ParseTimestampError> {
        let text = text.trim();
        let instant: jiff::Timestamp = text
            .parse()
            .map_err(|_| ParseTimestampError(text.to_owned()))?;
        let millis = instant.as_millisecond();
        if (MIN_MS..=MAX_MS).contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(ParseTimestampError(text.to_owned()))
        }
    }
}

/// 0000-01-01T00:00:00Z.
const MIN_MS: i64 = -62_167_219_200_000;
/// 9999-12-30T22:00:00Z, the last instant that the calendar library prints.
const MAX_MS: i64 = 253_402_207_200_000;

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clamped = self.0.clamp(MIN_MS, MAX_MS);
        let instant = jiff::Timestamp::from_millisecond(clamped).map_err(|_| fmt::Error)?;
        write!(f, "{instant:.3}")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<&str>) {
        let got = Timestamp::parse(text).ok().map(|t| t.to_string());
        assert_eq!(got.as_deref(), want, "{text}");
    }

    #[test]
    fn reads_what_clients_send() {
        check("2026-03-04T05:06:07.123Z", Some("2026-03-04T05:06:07.123Z"));
        check("2026-03-04T05:06:07Z", Some("2026-03-04T05:06:07.000Z"));
        check("2026-03-04T05:06Z", Some("2026-03-04T05:06:00.000Z"));
        check(
            "2026-03-04T05:06:07+02:00",
            Some("2026-03-04T03:06:07.000Z"),
        );
        check(
            "2026-03-04T05:06:07.1239-0330",
            Some("2026-03-04T08:36:07.123Z"),
        );
        check("2026-03-04", None);
        check("2026-03-04T05:06:07", None);
        check("yesterday", None);
        check("", None);
    }

    #[test]
    fn hours_and_days_round_down() {
        let before_epoch = Timestamp::from_millis(-1);
        assert_eq!(before_epoch.utc_hour(), -1);
        assert_eq!(before_epoch.utc_day(), -1);
        assert_eq!(Timestamp::from_utc_day(1).utc_hour(), 24);
        assert_eq!(Timestamp::from_utc_day(20_000).date(), "2024-10-04");
    }

    #[test]
    fn printing_never_fails() {
        for millis in [i64::MIN, MIN_MS, 0, MAX_MS, i64::MAX] {
            assert!(Timestamp::from_millis(millis).to_string().ends_with('Z'));
        }
    }
}
