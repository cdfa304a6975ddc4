//! What a clock on the wall shows.

use clock::Timestamp;
use jiff::tz::TimeZone;

/// The hour, 0 to 23, and the minute that clocks in the tz database zone `zone` show at `now`;
/// `None` if there is no such zone.
#[must_use]
pub fn local_clock(zone: &str, now: Timestamp) -> Option<(u8, u8)> {
    let zone = TimeZone::get(zone).ok()?;
    let instant = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
    let local = zone.to_datetime(instant);
    Some((
        u8::try_from(local.hour()).ok()?,
        u8::try_from(local.minute()).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_their_clock() {
        let now = Timestamp::parse("2031-07-01T22:30:00Z").expect("a test's instant");
        assert_eq!(local_clock("UTC", now), Some((22, 30)));
        assert_eq!(local_clock("Europe/Oslo", now), Some((0, 30)));
        assert_eq!(local_clock("Asia/Kathmandu", now), Some((4, 15)));
        assert_eq!(local_clock("Mars/Olympus", now), None);
    }
}
