//! Durations, clock times and moments as journeys write them.

use std::time::Duration;

use clock::Timestamp;
use jiff::Span;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const DAY_SECONDS: i64 = 24 * 3_600;

/// Reads an ISO 8601 duration, such as `P2D` or `PT12H`; a day has 24 hours. Years and months have
/// no fixed length and are not read.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let span: Span = text.parse().ok()?;
    let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    if !text.starts_with('P') || span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    let seconds = days
        .checked_mul(DAY_SECONDS)?
        .checked_add(i64::from(span.get_hours()).checked_mul(3_600)?)?
        .checked_add(span.get_minutes().checked_mul(60)?)?
        .checked_add(span.get_seconds())?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// Reads an ISO 8601 clock time, `HH:MM` or `HH:MM:SS`, with or without a leading `T`, as seconds
/// since midnight.
pub(crate) fn clock_time(text: &str) -> Option<u32> {
    let text = text.trim();
    let mut parts = text.strip_prefix('T').unwrap_or(text).split(':');
    let mut part = |below: u32| {
        let digits = parts.next()?;
        let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number: u32 = two.then(|| digits.parse().ok()).flatten()?;
        (number < below).then_some(number)
    };
    let (hours, minutes) = (part(24)?, part(60)?);
    let seconds = if text.matches(':').count() > 1 {
        part(60)?
    } else {
        0
    };
    (parts.next().is_none()).then_some(hours * 3_600 + minutes * 60 + seconds)
}

/// Reads a date-time without offset, such as `2031-12-24T00:00:00`.
pub(crate) fn local(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let offset = text.ends_with(['Z', 'z']) || text.rfind(['+', '-']).is_some_and(|at| at > 10);
    (!offset).then(|| text.parse().ok()).flatten()
}

/// Reads an instant; one without offset counts as UTC.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = Timestamp::parse(text) {
        return Some(instant);
    }
    let zoned = local(text)?.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<u64>) {
        assert_eq!(duration(text).map(|it| it.as_secs()), want, "{text}");
    }

    #[test]
    fn durations_have_a_fixed_length() {
        check("PT12H", Some(43_200));
        check("P2D", Some(172_800));
        check("P1W", Some(604_800));
        check("P1DT2H3M4S", Some(93_784));
        check("PT0S", Some(0));
        check("P1M", None);
        check("P1Y", None);
        check("-P1D", None);
        check("12h", None);
        check("", None);
        check("P", None);
    }

    #[test]
    fn clock_times_have_two_digits_each() {
        for (text, want) in [
            ("09:30", Some(34_200)),
            ("T09:30", Some(34_200)),
            ("09:30:15", Some(34_215)),
            ("23:59", Some(86_340)),
            ("24:00", None),
            ("9:30", None),
            ("09:60", None),
            ("09", None),
            ("09:30:15:00", None),
            ("09:30Z", None),
        ] {
            assert_eq!(clock_time(text), want, "{text}");
        }
    }

    #[test]
    fn local_times_have_no_offset() {
        assert!(local("2031-12-24T00:00:00").is_some());
        assert!(local("2031-12-24T00:00").is_some());
        assert!(local("2031-12-24T00:00:00Z").is_none());
        assert!(local("2031-12-24T00:00:00+01:00").is_none());
        assert!(local("christmas").is_none());
        let same = moment("2031-12-24T00:00:00+01:00");
        assert_eq!(moment("2031-12-23T23:00:00"), same);
        assert!(same.is_some());
    }
}
