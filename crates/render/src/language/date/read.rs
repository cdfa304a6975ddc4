//! Reads a date by a pattern, in English. What follows behind the pattern's end is not looked at.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::pattern::{Field, Item, Pattern};
use super::{DAYS, MONTHS, Moment, zone};

/// Most digits that one field takes.
const DIGITS_MAX: usize = 9;

/// What the fields of a text say.
#[derive(Default)]
struct Found {
    before_christ: bool,
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    afternoon: bool,
    hour: Option<i64>,
    half_hour: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    millisecond: Option<i64>,
    zone: Option<TimeZone>,
}

impl Pattern {
    /// What `text` means by this pattern; nothing if it does not fit.
    pub fn read(&self, text: &str) -> Option<Moment> {
        let mut found = Found::default();
        let mut rest = text.trim_start();
        for (at, item) in self.items.iter().enumerate() {
            match item {
                Item::Text(text) => rest = rest.strip_prefix(text.as_str())?,
                Item::Field(field, count) => {
                    let next = self.items.get(at + 1);
                    let abuts =
                        matches!(next, Some(Item::Field(next, count)) if next.is_number(*count));
                    rest = found.field(*field, *count, abuts, rest.trim_start())?;
                }
            }
        }
        found.moment()
    }
}

impl Found {
    /// Reads one field from the start of `text` and answers what is left of it.
    fn field<'t>(
        &mut self,
        field: Field,
        count: usize,
        abuts: bool,
        text: &'t str,
    ) -> Option<&'t str> {
        if !field.is_number(count) {
            return self.word(field, text);
        }
        let digits_max = if abuts { count } else { DIGITS_MAX };
        let length = text
            .bytes()
            .take(digits_max)
            .take_while(u8::is_ascii_digit)
            .count();
        let (digits, rest) = text.split_at(length);
        let number: i64 = digits.parse().ok()?;
        match field {
            Field::Year | Field::WeekYear => {
                self.year = Some(match number {
                    0..=68 if count <= 2 && length == 2 => 2000 + number,
                    69..=99 if count <= 2 && length == 2 => 1900 + number,
                    _ => number,
                });
            }
            Field::Month | Field::MonthAlone => self.month = Some(number),
            Field::Day => self.day = Some(number),
            Field::DayInYear => self.day_of_year = Some(number),
            Field::Hour => self.hour = Some(number),
            Field::HourFrom1 => self.hour = Some(number % 24),
            Field::HalfHour | Field::HalfHourFrom1 => self.half_hour = Some(number % 12),
            Field::Minute => self.minute = Some(number),
            Field::Second => self.second = Some(number),
            // More than three digits are a finer fraction.
            Field::Millisecond => self.millisecond = digits[..length.min(3)].parse().ok(),
            // Weeks and weekdays follow from the date.
            _ => {}
        }
        Some(rest)
    }

    fn word<'t>(&mut self, field: Field, text: &'t str) -> Option<&'t str> {
        match field {
            Field::Era => {
                let (at, rest) = one_of(&["AD", "BC"], text)?;
                self.before_christ = at == 1;
                Some(rest)
            }
            Field::Half => {
                let (at, rest) = one_of(&["AM", "PM"], text)?;
                self.afternoon = at == 1;
                Some(rest)
            }
            Field::DayName => name(&DAYS, text).map(|(_, rest)| rest),
            Field::Month | Field::MonthAlone => {
                let (at, rest) = name(&MONTHS, text)?;
                self.month = i64::try_from(at + 1).ok();
                Some(rest)
            }
            _ => {
                let belongs = |c: char| c.is_ascii_alphanumeric() || "_/+-:".contains(c);
                let length = text.find(|c| !belongs(c)).unwrap_or(text.len());
                self.zone = Some(zone(&text[..length])?);
                Some(&text[length..])
            }
        }
    }

    fn moment(self) -> Option<Moment> {
        let year = self.year.unwrap_or(1970);
        let year = if self.before_christ { 1 - year } else { year };
        let small = |value: Option<i64>, default| i8::try_from(value.unwrap_or(default)).ok();
        let year = i16::try_from(year).ok()?;
        let date = match self.day_of_year {
            Some(day) if self.month.is_none() && self.day.is_none() => Date::new(year, 1, 1)
                .and_then(|first| {
                    first
                        .with()
                        .day_of_year(i16::try_from(day).unwrap_or(0))
                        .build()
                })
                .ok()?,
            _ => Date::new(year, small(self.month, 1)?, small(self.day, 1)?).ok()?,
        };
        let half = self
            .half_hour
            .map(|hour| if self.afternoon { hour + 12 } else { hour });
        let millisecond = i32::try_from(self.millisecond.unwrap_or(0)).ok()?;
        let time = Time::new(
            small(self.hour.or(half), 0)?,
            small(self.minute, 0)?,
            small(self.second, 0)?,
            millisecond * 1_000_000,
        )
        .ok()?;
        let civil = DateTime::from_parts(date, time);
        match self.zone {
            None => Some(Moment::Civil(civil)),
            Some(zone) => Some(Moment::Instant(civil.to_zoned(zone).ok()?.timestamp())),
        }
    }
}

/// Which of `words` begins `text`, in any case, and what is behind it.
fn one_of<'t>(words: &[&str], text: &'t str) -> Option<(usize, &'t str)> {
    words.iter().enumerate().find_map(|(at, word)| {
        let (start, rest) = text.split_at_checked(word.len())?;
        start.eq_ignore_ascii_case(word).then_some((at, rest))
    })
}

/// As [`one_of`], for whole names and their first three letters.
fn name<'t>(names: &[&str], text: &'t str) -> Option<(usize, &'t str)> {
    let short: Vec<&str> = names.iter().map(|name| &name[..3]).collect();
    one_of(names, text).or_else(|| one_of(&short, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, text: &str) -> Option<String> {
        let moment = Pattern::parse(pattern).expect("a pattern").read(text)?;
        Some(match moment {
            Moment::Civil(civil) => civil.to_string(),
            Moment::Instant(instant) => instant.to_string(),
        })
    }

    #[test]
    fn what_patterns_read() {
        for (pattern, text, want) in [
            ("dd/MM/yyyy", "19/09/2023", "2023-09-19T00:00:00"),
            ("d/M/yy", "1/2/23", "2023-02-01T00:00:00"),
            ("d/M/yy", "1/2/71", "1971-02-01T00:00:00"),
            ("d/M/yy", "1/2/1971", "1971-02-01T00:00:00"),
            ("yyyyMMdd", "20230919", "2023-09-19T00:00:00"),
            ("yyyyMMddHHmmss", "20230919010203", "2023-09-19T01:02:03"),
            ("yyyy-MM-dd", "2023-09-19T10:00:00Z", "2023-09-19T00:00:00"),
            ("MMM d, yyyy", "Sep 19, 2023", "2023-09-19T00:00:00"),
            ("MMM d, yyyy", "september 19, 2023", "2023-09-19T00:00:00"),
            ("full", "Tuesday, September 19, 2023", "2023-09-19T00:00:00"),
            ("short", "9/19/23", "2023-09-19T00:00:00"),
            ("yyyy D", "2024 60", "2024-02-29T00:00:00"),
            (
                "yyyy-MM-dd h:mm a",
                "2023-09-19 12:05 am",
                "2023-09-19T00:05:00",
            ),
            (
                "yyyy-MM-dd hh:mm a",
                "2023-09-19 04:05 PM",
                "2023-09-19T16:05:00",
            ),
            ("yyyy-MM-dd kk", "2023-09-19 24", "2023-09-19T00:00:00"),
            (
                "yyyy-MM-dd HH:mm:ss.SSS",
                "2023-09-19 01:02:03.045",
                "2023-09-19T01:02:03.045",
            ),
            ("ss.SSSSSS", "03.045678", "1970-01-01T00:00:03.045"),
            (
                "yyyy-MM-dd'T'HHX",
                "2023-09-19T10+02",
                "2023-09-19T08:00:00Z",
            ),
            (
                "yyyy-MM-dd'T'HH:mmXXX",
                "2023-09-19T10:00Z",
                "2023-09-19T10:00:00Z",
            ),
            (
                "yyyy-MM-dd HH:mm Z",
                "2023-09-19 10:00 -0730",
                "2023-09-19T17:30:00Z",
            ),
            (
                "yyyy-MM-dd HH:mm z",
                "2023-09-19 10:00 Europe/Oslo",
                "2023-09-19T08:00:00Z",
            ),
            ("yyyy G", "44 BC", "-000043-01-01T00:00:00"),
            ("E d MMM yyyy", "Mon 19 Sep 2023", "2023-09-19T00:00:00"),
        ] {
            assert_eq!(
                read(pattern, text).as_deref(),
                Some(want),
                "{pattern} {text}"
            );
        }
        for (pattern, text) in [
            ("dd/MM/yyyy", "2023-09-19"),
            ("dd/MM/yyyy", "31/02/2023"),
            ("MMM d", "Foo 1"),
            ("d", ""),
            ("HH:mm", "25:00"),
            ("HH z", "10 Mars"),
            ("yyyy D", "2023 366"),
            ("MMM", "é"),
        ] {
            assert_eq!(read(pattern, text), None, "{pattern} {text}");
        }
    }
}
