//! Writes a date by a pattern, in English. Weeks begin on Sunday, and the first week of a year is
//! the one that holds 1 January.

use std::fmt::Write as _;

use jiff::Zoned;
use jiff::civil::Date;

use super::pattern::{Field, Item, Pattern};
use super::{DAYS, MONTHS};

impl Pattern {
    /// `moment` by this pattern.
    pub fn write(&self, moment: &Zoned) -> String {
        let mut out = String::new();
        for item in &self.items {
            match item {
                Item::Text(text) => out.push_str(text),
                Item::Field(field, count) => field.write(*count, moment, &mut out),
            }
        }
        out
    }
}

impl Field {
    fn write(self, count: usize, moment: &Zoned, out: &mut String) {
        let date = moment.date();
        let hour = moment.hour();
        let half = match hour % 12 {
            0 => 12,
            hour => hour,
        };
        let number = match self {
            Self::Era => return out.push_str(if date.year() > 0 { "AD" } else { "BC" }),
            Self::Year => return year(date.year(), count, out),
            Self::WeekYear => return year(week_of_year(date).0, count, out),
            Self::Month | Self::MonthAlone if count >= 3 => {
                let name = MONTHS[usize::from(date.month().unsigned_abs()) - 1];
                return out.push_str(if count == 3 { &name[..3] } else { name });
            }
            Self::Month | Self::MonthAlone => date.month().into(),
            Self::WeekInYear => week_of_year(date).1,
            Self::WeekInMonth => {
                let first = date.first_of_month().weekday().to_sunday_zero_offset();
                (i16::from(date.day()) - 1 + i16::from(first)) / 7 + 1
            }
            Self::DayInYear => date.day_of_year(),
            Self::Day => date.day().into(),
            Self::WeekdayInMonth => (i16::from(date.day()) - 1) / 7 + 1,
            Self::DayName => {
                let day = date.weekday().to_sunday_zero_offset();
                let name = DAYS[usize::from(day.unsigned_abs())];
                return out.push_str(if count < 4 { &name[..3] } else { name });
            }
            Self::DayNumber => date.weekday().to_monday_one_offset().into(),
            Self::Half => return out.push_str(if hour < 12 { "AM" } else { "PM" }),
            Self::Hour => hour.into(),
            Self::HourFrom1 => if hour == 0 { 24 } else { hour }.into(),
            Self::HalfHour => (hour % 12).into(),
            Self::HalfHourFrom1 => half.into(),
            Self::Minute => moment.minute().into(),
            Self::Second => moment.second().into(),
            Self::Millisecond => moment.millisecond(),
            Self::ZoneName => {
                let info = moment.time_zone().to_offset_info(moment.timestamp());
                return out.push_str(info.abbreviation());
            }
            Self::ZoneRfc822 => return offset(moment, 2, out),
            Self::ZoneIso if moment.offset().is_zero() => return out.push('Z'),
            Self::ZoneIso => return offset(moment, count, out),
        };
        let _ = write!(out, "{number:0count$}");
    }
}

/// Two letters cut the year to two digits.
fn year(year: i16, count: usize, out: &mut String) {
    let of_era = if year > 0 { year } else { 1 - year };
    let shown = if count == 2 { of_era % 100 } else { of_era };
    let _ = write!(out, "{shown:0count$}");
}

/// An offset in the detail of so many letters of ISO 8601.
fn offset(moment: &Zoned, detail: usize, out: &mut String) {
    let seconds = moment.offset().seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let _ = match detail {
        1 => write!(out, "{sign}{hours:02}"),
        2 => write!(out, "{sign}{hours:02}{minutes:02}"),
        _ => write!(out, "{sign}{hours:02}:{minutes:02}"),
    };
}

/// The year that the week of `date` belongs to, and its number in it.
fn week_of_year(date: Date) -> (i16, i16) {
    let weekday = i16::from(date.weekday().to_sunday_zero_offset());
    let day = date.day_of_year() - 1;
    if day + (6 - weekday) >= date.days_in_year() {
        return (date.year() + 1, 1);
    }
    let first = i16::from(date.first_of_year().weekday().to_sunday_zero_offset());
    (date.year(), (day + first) / 7 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(moment: &str, pattern: &str, want: &str) {
        let moment: Zoned = moment.parse().expect("a moment");
        let pattern = Pattern::parse(pattern).expect("a pattern");
        assert_eq!(pattern.write(&moment), want);
    }

    #[test]
    fn styles() {
        let moment = "2023-09-19T16:05:09.042-07:00[America/Los_Angeles]";
        check(moment, "full", "Tuesday, September 19, 2023");
        check(moment, "long", "September 19, 2023");
        check(moment, "medium", "Sep 19, 2023");
        check(moment, "short", "9/19/23");
    }

    #[test]
    fn each_letter() {
        let moment = "2023-09-19T16:05:09.042-07:00[America/Los_Angeles]";
        for (pattern, want) in [
            ("G", "AD"),
            ("y", "2023"),
            ("yy", "23"),
            ("yyy", "2023"),
            ("yyyyy", "02023"),
            ("Y", "2023"),
            ("YY", "23"),
            ("M", "9"),
            ("MM", "09"),
            ("MMM", "Sep"),
            ("MMMM", "September"),
            ("L LL LLL LLLL", "9 09 Sep September"),
            ("w ww", "38 38"),
            ("W", "4"),
            ("D DDDD", "262 0262"),
            ("d ddd", "19 019"),
            ("F", "3"),
            ("E EE EEE EEEE", "Tue Tue Tue Tuesday"),
            ("u", "2"),
            ("a", "PM"),
            ("H HH", "16 16"),
            ("k", "16"),
            ("K", "4"),
            ("h hh", "4 04"),
            ("m mm", "5 05"),
            ("s ss", "9 09"),
            ("S SSS SSSS", "42 042 0042"),
            ("z zzzz", "PDT PDT"),
            ("Z", "-0700"),
            ("X XX XXX", "-07 -0700 -07:00"),
            ("h 'o''clock' a", "4 o'clock PM"),
            ("yyyy.MM.dd 'at' HH:mm:ss", "2023.09.19 at 16:05:09"),
            ("''yy", "'23"),
            ("d. MMMM – é", "19. September – é"),
            ("", ""),
        ] {
            check(moment, pattern, want);
        }
    }

    #[test]
    fn edges_of_days_and_years() {
        check(
            "2024-01-01T00:00:00+00:00[UTC]",
            "H k K h a",
            "0 24 0 12 AM",
        );
        check(
            "2024-01-01T12:00:00+00:00[UTC]",
            "H k K h a",
            "12 12 0 12 PM",
        );
        check(
            "2024-01-01T12:00:00+00:00[UTC]",
            "z Z X XX XXX",
            "UTC +0000 Z Z Z",
        );
        check(
            "2024-01-01T12:00:00+05:30[+05:30]",
            "Z X XX XXX",
            "+0530 +05 +0530 +05:30",
        );
        // The week from Sunday, 31 December 2023 holds 1 January.
        check(
            "2023-12-31T12:00:00+00:00[UTC]",
            "YYYY w yyyy D W",
            "2024 1 2023 365 6",
        );
        check("2024-12-28T12:00:00+00:00[UTC]", "YYYY w D", "2024 52 363");
        check("2024-12-29T12:00:00+00:00[UTC]", "YYYY w D", "2025 1 364");
        check("2023-01-01T12:00:00+00:00[UTC]", "YYYY w W F", "2023 1 1 1");
    }

    #[test]
    fn patterns_have_rules() {
        let check = |pattern: &str, want: &str| {
            assert_eq!(Pattern::parse(pattern), Err(want.to_owned()), "{pattern}");
        };
        check("yyyy-QQ", "Q is no letter of a date pattern");
        check(
            "XXXX",
            "X is repeated at most three times in a date pattern",
        );
        check("d 'of MMMM", "a quote in the date pattern is not closed");
        check(
            &"d".repeat(101),
            "the date pattern is longer than 100 characters",
        );
    }
}
