//! Dates as templates write and read them: styles, patterns, zones
//! (`docs/spec/templates.md §3.3`).

mod pattern;
mod read;
mod write;

use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

pub(crate) use pattern::Pattern;

/// Names of the months; their first three letters are the short names.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Names of the days; their first three letters are the short names.
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// What was read from a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Moment {
    /// The text named a zone, or was a number of milliseconds.
    Instant(Timestamp),
    /// Date and time wherever the reader is.
    Civil(civil::DateTime),
}

impl Moment {
    /// The moment as a clock in `zone` shows it; nothing at the ends of time.
    pub fn in_zone(self, zone: TimeZone) -> Option<Zoned> {
        match self {
            Self::Instant(instant) => Some(instant.to_zoned(zone)),
            Self::Civil(civil) => civil.to_zoned(zone).ok(),
        }
    }
}

/// Reads an ISO 8601 date or date-time, or epoch milliseconds.
pub(crate) fn read_iso(text: &str) -> Option<Moment> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number = digits.bytes().all(|b| b.is_ascii_digit());
    // Eight digits are a date without its dashes.
    if number && text.len() != 8 {
        let instant = Timestamp::from_millisecond(text.parse().ok()?).ok()?;
        return Some(Moment::Instant(instant));
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(Moment::Instant(instant));
    }
    text.parse().ok().map(Moment::Civil)
}

/// The zone with a name of the tz database, or an offset such as `Z`, `+05:30`, `-0800`, `GMT+2`.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    if name.eq_ignore_ascii_case("z") {
        return Some(TimeZone::UTC);
    }
    let signed = ["GMT", "UTC"]
        .into_iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    if signed.starts_with(['+', '-']) {
        return offset(signed).map(TimeZone::fixed);
    }
    TimeZone::get(name).ok()
}

/// An offset: a sign, one or two digits of hours, and two digits of minutes or none.
fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 => (hours, minutes),
        Some(_) => return None,
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2)?,
        None => (digits, "0"),
    };
    let number = |text: &str| {
        let fits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.parse::<i32>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let fits = hours <= 18 && minutes < 60;
    let seconds = sign * (hours * 3600 + minutes * 60);
    fits.then(|| Offset::from_seconds(seconds).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, zone_name: &str) -> Option<String> {
        let zoned = read_iso(text)?.in_zone(zone(zone_name)?)?;
        Some(zoned.strftime("%Y-%m-%d %H:%M:%S%:z").to_string())
    }

    #[test]
    fn iso_texts() {
        let check = |text: &str, zone: &str, want: &str| {
            assert_eq!(shown(text, zone).as_deref(), Some(want), "{text}");
        };
        check("2023-09-19", "UTC", "2023-09-19 00:00:00+00:00");
        check("20230919", "UTC", "2023-09-19 00:00:00+00:00");
        check("2023-09-19", "Asia/Tokyo", "2023-09-19 00:00:00+09:00");
        check("2023-09-19T22:30:00", "UTC", "2023-09-19 22:30:00+00:00");
        check(
            "2023-09-19T22:30Z",
            "Asia/Tokyo",
            "2023-09-20 07:30:00+09:00",
        );
        check(
            "2023-09-19T22:30:00.123Z",
            "UTC",
            "2023-09-19 22:30:00+00:00",
        );
        check(
            "2023-09-19 22:30:00+02:00",
            "UTC",
            "2023-09-19 20:30:00+00:00",
        );
        check("1695162600000", "UTC", "2023-09-19 22:30:00+00:00");
        check("-1000", "UTC", "1969-12-31 23:59:59+00:00");
        // A time that a clock jumps over is read behind the jump.
        check(
            "2023-03-26T02:30",
            "Europe/Oslo",
            "2023-03-26 03:30:00+02:00",
        );
        for bad in [
            "",
            "-",
            "soon",
            "2023-13-01",
            "19/09/2023",
            "99999999999999999",
        ] {
            assert_eq!(read_iso(bad), None, "{bad}");
        }
    }

    #[test]
    fn zones() {
        let check = |name: &str, seconds: Option<i32>| {
            let found = zone(name).map(|zone| zone.to_offset(Timestamp::UNIX_EPOCH).seconds());
            assert_eq!(found, seconds, "{name}");
        };
        check("UTC", Some(0));
        check("Z", Some(0));
        check("GMT+2", Some(7_200));
        check("UTC-03:30", Some(-12_600));
        check("+0530", Some(19_800));
        check("-08", Some(-28_800));
        check("Asia/Tokyo", Some(32_400));
        check("asia/tokyo", Some(32_400));
        for bad in ["Mars/Base", "+", "+1:2", "+1:234", "+99", "+12345", ""] {
            check(bad, None);
        }
    }
}
