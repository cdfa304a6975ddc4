//! Telephone numbers: the form in which they are compared and dialled, and what numbering plans
//! know of them. Nobody is asked: carriers, towns and prepaid contracts stay unknown.

mod names;

use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber, Type, country};

/// Digits that a number has at least and at most (`docs/spec/channels.md §2.2`).
const DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// The number `text` with `+` and digits only; nothing if it is none. Spaces, dots, dashes and
/// parentheses may stand between the digits (`docs/spec/channels.md §2.2`).
#[must_use]
pub fn normalize(text: &str) -> Option<String> {
    let text = text.trim();
    let mut number = String::from("+");
    for c in text.strip_prefix('+').unwrap_or(text).chars() {
        match c {
            '0'..='9' => number.push(c),
            ' ' | '.' | '-' | '(' | ')' => {}
            _ => return None,
        }
    }
    DIGITS.contains(&(number.len() - 1)).then_some(number)
}

/// What kind of line a number leads to (`docs/spec/channels.md §8`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum PhoneKind {
    Mobile,
    Landline,
    Voip,
    Invalid,
    Other,
}

/// What is known of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneFacts {
    /// The kind of line.
    pub kind: PhoneKind,
    /// The number with `+` and digits only; absent if it is invalid, like all that follows.
    pub e164: Option<String>,
    /// The digits behind the dialling code.
    pub national: Option<String>,
    /// The dialling code.
    pub dialling_code: Option<u16>,
    /// Two-letter code and name of the country, if the number belongs to one.
    pub country: Option<(&'static str, &'static str)>,
}

/// Characters of a number that are looked at.
const CHARS_MAX: usize = 64;

impl PhoneKind {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "MOBILE",
            Self::Landline => "LANDLINE",
            Self::Voip => "VOIP",
            Self::Invalid => "INVALID",
            Self::Other => "OTHER",
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Mobile => 0,
            Self::Landline => 1,
            Self::Voip => 2,
            Self::Invalid => 3,
            Self::Other => 4,
        }
    }
}

/// What numbering plans say of the number `text`. Without a dialling code it is read as dialled in
/// `country`, a two-letter code, or else in North America (`docs/spec/channels.md §8`).
#[must_use]
pub fn describe(text: &str, country: Option<&str>) -> PhoneFacts {
    let unreadable = PhoneFacts {
        kind: PhoneKind::Invalid,
        e164: None,
        national: None,
        dialling_code: None,
        country: None,
    };
    if text.chars().count() > CHARS_MAX {
        return unreadable;
    }
    let home = country.and_then(region).unwrap_or(country::US);
    let Some(number) = read(text, home) else {
        return unreadable;
    };
    let valid = number.is_valid();
    let kind = if is_reserved(&number) {
        PhoneKind::Other
    } else if valid {
        kind(&number)
    } else {
        PhoneKind::Invalid
    };
    if kind == PhoneKind::Invalid {
        return unreadable;
    }
    PhoneFacts {
        kind,
        e164: Some(number.format().mode(Mode::E164).to_string()),
        national: Some(number.national().to_string()),
        dialling_code: Some(number.country().code()),
        country: country_of(&number),
    }
}

/// The two-letter code of the country of a number in E.164 form.
#[must_use]
pub fn country(e164: &str) -> Option<&'static str> {
    country_of(&read(e164, country::US)?).map(|(code, _)| code)
}

/// The number as it is written, else with a `+` before it: callers often leave that out.
fn read(text: &str, home: country::Id) -> Option<PhoneNumber> {
    let number = phonenumber::parse(Some(home), text).ok();
    if number.as_ref().is_some_and(PhoneNumber::is_valid) || text.trim().starts_with('+') {
        return number;
    }
    let international = normalize(text).and_then(|e164| phonenumber::parse(None, e164).ok());
    international.filter(PhoneNumber::is_valid).or(number)
}

fn region(code: &str) -> Option<country::Id> {
    code.to_ascii_uppercase().parse().ok()
}

fn country_of(number: &PhoneNumber) -> Option<(&'static str, &'static str)> {
    let region = number.country().id()?;
    names::country(region.as_ref())
}

/// Whether North America's plan holds the number back: area codes that nobody has, and the 555
/// exchange of films.
fn is_reserved(number: &PhoneNumber) -> bool {
    let digits = number.national().to_string();
    let [area, _, _, exchange, rest @ ..] = digits.as_bytes() else {
        return false;
    };
    let formed = number.country().code() == 1
        && digits.len() == 10
        && [area, exchange].iter().all(|digit| **digit >= b'2');
    formed && (!number.is_valid() || (*exchange == b'5' && rest.starts_with(b"55")))
}

/// Where a plan does not tell mobile from fixed lines, a line can take text messages for all that is
/// known.
fn kind(number: &PhoneNumber) -> PhoneKind {
    match number.number_type(&DATABASE) {
        Type::Mobile | Type::FixedLineOrMobile => PhoneKind::Mobile,
        Type::FixedLine => PhoneKind::Landline,
        Type::Voip => PhoneKind::Voip,
        _ => PhoneKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        #[track_caller]
        fn check(text: &str, want: Option<&str>) {
            assert_eq!(normalize(text).as_deref(), want, "{text}");
        }
        check("+47 912 34 567", Some("+4791234567"));
        check("1 (425) 414-7755", Some("+14254147755"));
        check("49.155.501.0042", Some("+491555010042"));
        check("1234567", None);
        check("+1234567890123456", None);
        check("+47 91234a67", None);
        check("47+91234567", None);
        check("", None);
    }

    #[test]
    fn plans_tell_kind_and_country() {
        #[track_caller]
        fn check(text: &str, home: Option<&str>, want: &str) {
            let facts = describe(text, home);
            let got = format!(
                "{} {} {} {}",
                facts.kind.as_str(),
                facts.e164.as_deref().unwrap_or("-"),
                facts.national.as_deref().unwrap_or("-"),
                facts.country.map_or("-", |(code, _)| code),
            );
            assert_eq!(got, want);
        }
        check("+47 912 34 567", None, "MOBILE +4791234567 91234567 NO");
        check("91234567", Some("NO"), "MOBILE +4791234567 91234567 NO");
        check("4791234567", None, "MOBILE +4791234567 91234567 NO");
        check("+1 206 234 5678", None, "MOBILE +12062345678 2062345678 US");
        check("(206) 234-5678", None, "MOBILE +12062345678 2062345678 US");
        check("+1 206 555 0142", None, "OTHER +12065550142 2065550142 US");
        check("+1 800 234 5678", None, "OTHER +18002345678 8002345678 US");
        check("+49 30 901820", None, "LANDLINE +4930901820 30901820 DE");
        check("+44 56 0012 3456", None, "VOIP +445600123456 5600123456 GB");
        check("+1 123 456 7890", None, "INVALID - - -");
        check("call me", None, "INVALID - - -");
        check(&"1".repeat(100), None, "INVALID - - -");
    }

    #[test]
    fn simulated_numbers_have_a_country() {
        assert_eq!(country("+14254147755"), Some("US"));
        assert_eq!(country("+447860019066"), Some("GB"));
        assert_eq!(country("+61455944038"), Some("AU"));
        assert_eq!(country("+99900000000"), None);
        assert_eq!(names::country("NO"), Some(("NO", "Norway")));
        assert_eq!(names::country("XK"), Some(("XK", "Kosovo")));
    }
}
