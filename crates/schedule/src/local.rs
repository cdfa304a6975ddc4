//! What a clock on the wall shows.

use clock::Timestamp;
use jiff::tz::TimeZone;

/// The hour of the day, 0 to 23, that clocks in the tz database zone `zone` show at `now`; `None`
/// if there is no such zone.
#[must_use]
pub fn local_hour(zone: &str, now: Timestamp) -> Option<u8> {
    let zone = TimeZone::get(zone).ok()?;
    let instant = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
    u8::try_from(zone.to_datetime(instant).hour()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_their_hour() {
        let now = Timestamp::parse("2031-07-01T22:30:00Z").expect("a test's instant");
        assert_eq!(local_hour("UTC", now), Some(22));
        assert_eq!(local_hour("Europe/Oslo", now), Some(0));
        assert_eq!(local_hour("Asia/Kathmandu", now), Some(4));
        assert_eq!(local_hour("Mars/Olympus", now), None);
    }
}
