//! Zones of the tz database, as endpoints name them.

use clock::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The zone with this name, in any case; `None` if the tz database has none.
pub(crate) fn known(name: &str) -> Option<TimeZone> {
    TimeZone::get(name.trim())
        .ok()
        .filter(|zone| !zone.is_unknown())
}

/// The name of the zone as the tz database writes it; `None` if it has no such zone. Links keep
/// their own names.
#[must_use]
pub fn zone_name(name: &str) -> Option<String> {
    known(name)?.iana_name().map(str::to_owned)
}

/// What clocks in `zone` show at `instant`; `None` outside the years that calendars reach.
pub(crate) fn clock_in(zone: &TimeZone, instant: Timestamp) -> Option<DateTime> {
    let instant = jiff::Timestamp::from_millisecond(instant.as_millis()).ok()?;
    Some(zone.to_datetime(instant))
}

/// What clocks in the zone with this name show at `instant`; `None` if there is no such zone.
#[must_use]
pub fn local_time(name: &str, instant: Timestamp) -> Option<DateTime> {
    clock_in(&known(name)?, instant)
}
