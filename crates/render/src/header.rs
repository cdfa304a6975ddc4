//! Rules about header lines of a mail (`docs/spec/channels.md §4`).

use std::borrow::Cow;

/// Most extra headers of a mail.
pub(crate) const HEADERS_MAX: usize = 15;
/// Longest name of a header, in characters.
const NAME_CHARS_MAX: usize = 126;
/// Longest rendered value of a header, in characters.
const VALUE_CHARS_MAX: usize = 870;

/// Headers that the server writes itself.
const RESERVED: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "dkim-signature",
];

/// Why a sender may not set a header of this name; nothing if it may.
pub(crate) fn refuse_name(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("the name is empty".to_owned());
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Some(format!(
            "the name is longer than {NAME_CHARS_MAX} characters"
        ));
    }
    if !name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
        return Some("the name holds a character that header names cannot have".to_owned());
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&lower.as_str()) || lower.starts_with("content-") {
        return Some("this header cannot be overridden".to_owned());
    }
    None
}

/// Why a rendered value is no header value; nothing if it is one.
pub(crate) fn refuse_value(value: &str) -> Option<String> {
    (value.chars().count() > VALUE_CHARS_MAX)
        .then(|| format!("the value is longer than {VALUE_CHARS_MAX} characters"))
}

/// `text` on one line: control characters, line breaks among them, become spaces.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        text.replace(char::is_control, " ").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        #[track_caller]
        fn check(name: &str, allowed: bool) {
            assert_eq!(refuse_name(name).is_none(), allowed, "{name}");
        }
        check("X-Campaign", true);
        check("List-Unsubscribe", true);
        check("Reply-To", true);
        check(&"x".repeat(126), true);
        check(&"x".repeat(127), false);
        check("", false);
        check("X Y", false);
        check("X:Y", false);
        check("X\r\nBcc", false);
        check("Subject", false);
        check("message-ID", false);
        check("Content-Type", false);
        check("DKIM-Signature", false);
    }

    #[test]
    fn values_lose_their_line_breaks() {
        assert_eq!(one_line("a\r\nBcc: x@y.example"), "a  Bcc: x@y.example");
        assert_eq!(one_line("plain"), "plain");
        assert!(refuse_value(&"é".repeat(870)).is_none());
        assert!(refuse_value(&"é".repeat(871)).is_some());
    }
}
