//! The compact date of signatures: `20260304T050607Z`.

use clock::Timestamp;

const LENGTH: usize = 16;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Reads `20260304T050607Z`.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let digits_at = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    let formed = bytes.len() == LENGTH
        && digits_at(0..8)
        && bytes[8] == b'T'
        && digits_at(9..15)
        && bytes[15] == b'Z';
    if !formed {
        return None;
    }
    let extended = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &text[..4],
        &text[4..6],
        &text[6..8],
        &text[9..11],
        &text[11..13],
        &text[13..15]
    );
    Timestamp::parse(&extended).ok()
}

/// Reads the date of an HTTP `date` header, `Wed, 04 Mar 2026 05:06:07 GMT`,
/// and writes it compactly. A compact date is returned as it is.
pub(crate) fn from_http_date(text: &str) -> Option<String> {
    if parse(text).is_some() {
        return Some(text.to_owned());
    }
    let mut words = text.split_once(", ")?.1.split(' ');
    let day: u8 = words.next()?.parse().ok()?;
    let month_name = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month_name)? + 1;
    let year = words.next()?;
    let time = words.next()?.replace(':', "");
    let zone = matches!(words.next(), Some("GMT" | "UTC" | "+0000" | "-0000"));
    let compact = format!("{year}{month:02}{day:02}T{time}Z");
    (zone && words.next().is_none() && parse(&compact).is_some()).then_some(compact)
}

/// Writes an instant compactly, cut to the second.
pub(crate) fn print(instant: Timestamp) -> String {
    let mut text: String = instant
        .to_string()
        .chars()
        .take_while(|c| *c != '.')
        .filter(|c| !matches!(c, '-' | ':'))
        .collect();
    text.push('Z');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_dates_round_trip() {
        let instant = Timestamp::parse("2026-03-04T05:06:07.891Z").unwrap();
        assert_eq!(print(instant), "20260304T050607Z");
        assert_eq!(
            parse("20260304T050607Z"),
            Some(Timestamp::parse("2026-03-04T05:06:07Z").unwrap())
        );
        for bad in [
            "",
            "20260304",
            "20260304T050607",
            "20261304T050607Z",
            "2026-3-04T05060Z",
            "20260304t050607Z",
            "2026030éT050607Z",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn http_dates_are_read() {
        for (text, want) in [
            ("Wed, 04 Mar 2026 05:06:07 GMT", Some("20260304T050607Z")),
            ("Wed, 04 Mar 2026 05:06:07 -0000", Some("20260304T050607Z")),
            ("20260304T050607Z", Some("20260304T050607Z")),
            ("Wed, 04 Mar 2026 05:06:07 CET", None),
            ("Wed, 04 Mrz 2026 05:06:07 GMT", None),
            ("04 Mar 2026", None),
            ("", None),
        ] {
            assert_eq!(from_http_date(text).as_deref(), want, "{text}");
        }
    }
}
