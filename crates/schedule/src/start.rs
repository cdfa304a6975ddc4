//! The first run of a campaign that runs once, and the end of its window.

use std::time::Duration;

use clock::Timestamp;
use model::Start;

use crate::{ScheduleError, offset_seconds};

/// How late a run may begin: a start longer ago is refused on creation, and a run that was missed
/// by more is not caught up (`docs/spec/campaigns.md §4`).
pub const LATE_MAX: Duration = Duration::from_secs(15 * 60);

/// Reads a `StartTime`: the word `IMMEDIATE`, or a time. A time with `Z` or an offset is an
/// instant; one without is read in the zone with label `timezone`.
///
/// # Errors
/// The text or the label cannot be read.
pub fn start(text: &str, timezone: Option<&str>) -> Result<Start, ScheduleError> {
    if text.trim().eq_ignore_ascii_case("IMMEDIATE") {
        return Ok(Start::Immediately);
    }
    instant(text, timezone).map(Start::At)
}

/// Reads an `EndTime`, by the rules of [`start`], and holds it against its start.
///
/// # Errors
/// The text or the label cannot be read, or the end is not after the start.
pub fn end(
    text: &str,
    timezone: Option<&str>,
    start: Start,
    now: Timestamp,
) -> Result<Timestamp, ScheduleError> {
    let end = instant(text, timezone)?;
    let begins = match start {
        Start::Immediately => now,
        Start::At(at) => at,
    };
    if end > begins {
        Ok(end)
    } else {
        Err(ScheduleError::EndBeforeStart(end))
    }
}

/// When a campaign that is created or changed at `now` first runs. A start that has just passed
/// counts as now.
///
/// # Errors
/// [`ScheduleError::Past`] if the start is over [`LATE_MAX`] ago.
pub fn first_run(start: Start, now: Timestamp) -> Result<Timestamp, ScheduleError> {
    match start {
        Start::Immediately => Ok(now),
        Start::At(at) if is_missed(at, now) => Err(ScheduleError::Past(at)),
        Start::At(at) => Ok(at),
    }
}

/// Whether a run that was due at `due` is too late to begin at `now`.
#[must_use]
pub fn is_missed(due: Timestamp, now: Timestamp) -> bool {
    now.since(due) > LATE_MAX
}

fn instant(text: &str, timezone: Option<&str>) -> Result<Timestamp, ScheduleError> {
    let offset = offset_seconds(timezone.unwrap_or("UTC"))?;
    let unreadable = || ScheduleError::Time(text.to_owned());
    if let Ok(instant) = Timestamp::parse(text) {
        return Ok(instant);
    }
    let local: jiff::civil::DateTime = text.trim().parse().map_err(|_| unreadable())?;
    let offset = jiff::tz::Offset::from_seconds(offset).map_err(|_| unreadable())?;
    let instant = offset.to_timestamp(local).map_err(|_| unreadable())?;
    Timestamp::parse(&instant.to_string()).map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a test's instant")
    }

    #[track_caller]
    fn check(text: &str, zone: Option<&str>, want: Option<&str>) {
        let want = want.map(|text| Start::At(at(text)));
        assert_eq!(start(text, zone).ok(), want, "{text} in {zone:?}");
    }

    #[test]
    fn an_offset_in_the_text_beats_the_label() {
        check(
            "2031-03-01T09:00:00Z",
            Some("UTC+05"),
            Some("2031-03-01T09:00:00Z"),
        );
        check(
            "2031-03-01T09:00:00+02:00",
            None,
            Some("2031-03-01T07:00:00Z"),
        );
        check(
            "2031-03-01T09:00:00",
            Some("UTC+05:30"),
            Some("2031-03-01T03:30:00Z"),
        );
        check(
            "2031-03-01T09:00",
            Some("utc-11"),
            Some("2031-03-01T20:00:00Z"),
        );
        check("2031-03-01T09:00:00", None, Some("2031-03-01T09:00:00Z"));
    }

    #[test]
    fn unreadable_starts_are_refused() {
        check("tomorrow", None, None);
        check("", None, None);
        check("2031-02-30T09:00:00Z", None, None);
        check("2031-03-01T09:00:00", Some("UTC+99"), None);
    }

    #[test]
    fn the_word_means_now() {
        assert_eq!(start("immediate", None), Ok(Start::Immediately));
        assert_eq!(start("IMMEDIATE", Some("nowhere")), Ok(Start::Immediately));
    }

    #[track_caller]
    fn check_first_run(begins: &str, now: &str, want: bool) {
        let got = first_run(Start::At(at(begins)), at(now));
        assert_eq!(got.is_ok(), want, "{begins} at {now}");
    }

    #[test]
    fn a_start_may_be_a_quarter_of_an_hour_ago() {
        check_first_run("2031-03-01T09:00:00Z", "2031-03-01T08:00:00Z", true);
        check_first_run("2031-03-01T09:00:00Z", "2031-03-01T09:15:00Z", true);
        check_first_run("2031-03-01T09:00:00Z", "2031-03-01T09:15:00.001Z", false);
    }

    #[test]
    fn an_end_comes_after_the_start() {
        let start = Start::At(at("2031-03-01T09:00:00Z"));
        let now = at("2031-01-01T00:00:00Z");
        assert!(end("2031-03-01T09:00:00.001Z", None, start, now).is_ok());
        assert!(end("2031-03-01T09:00:00Z", None, start, now).is_err());
        assert!(end("2031-01-01T00:00:00Z", None, Start::Immediately, now).is_err());
    }
}
