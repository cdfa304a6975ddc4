//! Quiet hours, read on a person's own clock (`docs/spec/campaigns.md §4.2`).

use std::time::Duration;

use clock::Timestamp;
use model::QuietTime;

const MINUTE: Duration = Duration::from_secs(60);
/// After a day every minute has come once.
const MINUTES_MAX: u32 = 26 * 60;

/// Whether the clock of `zone` stands in quiet time at `now`. Nothing is quiet in a zone that does
/// not exist.
pub(super) fn is_quiet(quiet: QuietTime, zone: Option<&str>, now: Timestamp) -> bool {
    let Some(zone) = zone.and_then(|zone| jiff::tz::TimeZone::get(zone).ok()) else {
        return false;
    };
    let Ok(instant) = jiff::Timestamp::from_millisecond(now.as_millis()) else {
        return false;
    };
    let local = instant.to_zoned(zone);
    let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
    let (start, end) = (i32::from(quiet.start), i32::from(quiet.end));
    // Both ends count; a range that ends before it starts goes over midnight.
    let length = (end - start).rem_euclid(24 * 60);
    (minute - start).rem_euclid(24 * 60) <= length
}

/// Whether it is quiet at some instant between `from` and `to`.
pub(super) fn is_quiet_between(
    quiet: QuietTime,
    zone: Option<&str>,
    from: Timestamp,
    to: Timestamp,
) -> bool {
    let minutes = (0..MINUTES_MAX).map(|n| from.plus(MINUTE * n));
    minutes
        .take_while(|at| *at < to)
        .chain([to])
        .any(|at| is_quiet(quiet, zone, at))
}
