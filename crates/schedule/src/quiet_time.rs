//! Hours of the endpoint's own day in which nothing is sent (`docs/spec/campaigns.md §4.2`).

use clock::Timestamp;
use model::QuietTime;

use crate::ScheduleError;
use crate::zone::{clock_in, known};

/// Reads the two ends of a quiet time, each `HH:MM` on a 24-hour clock.
///
/// # Errors
/// An end has another form.
pub fn parse_quiet_time(start: &str, end: &str) -> Result<QuietTime, ScheduleError> {
    Ok(QuietTime {
        start: minute_of_day(start)?,
        end: minute_of_day(end)?,
    })
}

/// Whether `now` lies in `quiet` on the clock of the tz database zone `zone`. Both ends count as
/// quiet for their whole minute, and the range may wrap midnight. Without a zone, or with one that
/// does not exist, nothing is quiet.
#[must_use]
pub fn is_quiet(quiet: QuietTime, zone: Option<&str>, now: Timestamp) -> bool {
    let Some(minute) = zone.and_then(|zone| local_minute(zone, now)) else {
        return false;
    };
    if quiet.start <= quiet.end {
        (quiet.start..=quiet.end).contains(&minute)
    } else {
        minute >= quiet.start || minute <= quiet.end
    }
}

fn local_minute(zone: &str, now: Timestamp) -> Option<u16> {
    let local = clock_in(&known(zone)?, now)?;
    u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).ok()
}

fn minute_of_day(text: &str) -> Result<u16, ScheduleError> {
    let unreadable = || ScheduleError::ClockTime(text.to_owned());
    let (hours, minutes) = text.trim().split_once(':').ok_or_else(unreadable)?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hours) || !two_digits(minutes) {
        return Err(unreadable());
    }
    let hours: u16 = hours.parse().map_err(|_| unreadable())?;
    let minutes: u16 = minutes.parse().map_err(|_| unreadable())?;
    if hours < 24 && minutes < 60 {
        Ok(hours * 60 + minutes)
    } else {
        Err(unreadable())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(quiet: (&str, &str), zone: Option<&str>, now: &str, want: bool) {
        let quiet = parse_quiet_time(quiet.0, quiet.1).expect("a test's quiet time");
        let now = Timestamp::parse(now).expect("a test's instant");
        assert_eq!(is_quiet(quiet, zone, now), want, "{quiet:?} {zone:?} {now}");
    }

    const NIGHT: (&str, &str) = ("22:00", "07:00");

    #[test]
    fn both_ends_are_quiet() {
        let zone = Some("UTC");
        check(("09:00", "17:00"), zone, "2031-03-01T08:59:59.999Z", false);
        check(("09:00", "17:00"), zone, "2031-03-01T09:00:00Z", true);
        check(("09:00", "17:00"), zone, "2031-03-01T17:00:59Z", true);
        check(("09:00", "17:00"), zone, "2031-03-01T17:01:00Z", false);
    }

    #[test]
    fn the_night_wraps_midnight() {
        let zone = Some("UTC");
        check(NIGHT, zone, "2031-03-01T21:59:00Z", false);
        check(NIGHT, zone, "2031-03-01T22:00:00Z", true);
        check(NIGHT, zone, "2031-03-02T00:00:00Z", true);
        check(NIGHT, zone, "2031-03-02T07:00:00Z", true);
        check(NIGHT, zone, "2031-03-02T07:01:00Z", false);
    }

    #[test]
    fn the_endpoints_zone_decides_with_its_daylight_saving() {
        // New York springs forward on 2031-03-09 at 02:00.
        let zone = Some("America/New_York");
        check(NIGHT, zone, "2031-03-08T12:30:00Z", false); // 07:30 EST
        check(NIGHT, zone, "2031-03-10T10:30:00Z", true); // 06:30 EDT
        check(NIGHT, zone, "2031-03-10T11:30:00Z", false); // 07:30 EDT
        check(NIGHT, Some("Asia/Kathmandu"), "2031-03-01T16:15:00Z", true); // 22:00
        check(NIGHT, Some("Asia/Kathmandu"), "2031-03-01T16:14:00Z", false); // 21:59
    }

    #[test]
    fn without_a_zone_nothing_is_quiet() {
        check(NIGHT, None, "2031-03-01T23:00:00Z", false);
        check(NIGHT, Some("Mars/Olympus"), "2031-03-01T23:00:00Z", false);
        check(NIGHT, Some(""), "2031-03-01T23:00:00Z", false);
    }

    #[test]
    fn clock_times_have_their_form() {
        for bad in [
            "", "7:00", "24:00", "12:60", "12", "ab:cd", "+1:00", "12:00:00",
        ] {
            assert!(parse_quiet_time(bad, "07:00").is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_range_and_its_complement_cover_the_day(start in 0_u16..1440, end in 0_u16..1440, minute in 0_i64..1440) {
            let now = Timestamp::from_millis(minute * 60_000);
            let next = |m: u16| (m + 1) % 1440;
            let previous = |m: u16| (m + 1439) % 1440;
            prop_assume!(next(end) != start);
            let quiet = QuietTime { start, end };
            let loud = QuietTime { start: next(end), end: previous(start) };
            prop_assert_ne!(is_quiet(quiet, Some("UTC"), now), is_quiet(loud, Some("UTC"), now));
        }
    }
}
