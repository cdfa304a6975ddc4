//! Helpers that make text from text (`docs/spec/templates.md §3.3–3.4`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha2::{Sha256, Sha512};

/// Longest padding that a template can ask for, in characters.
const PADDING_MAX: usize = 10_000;

/// At most `limit` characters, the last three being dots if something was cut.
pub(crate) fn abbreviate(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    if limit < 4 {
        return text.chars().take(limit).collect();
    }
    text.chars().take(limit - 3).collect::<String>() + "..."
}

/// The first letter of each word in upper case.
pub(crate) fn capitalize(text: &str, fully: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at_start = true;
    for character in text.chars() {
        if at_start {
            out.extend(character.to_uppercase());
        } else if fully {
            out.extend(character.to_lowercase());
        } else {
            out.push(character);
        }
        at_start = character.is_whitespace();
    }
    out
}

/// The first character in upper case.
pub(crate) fn capitalize_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// Where the surplus of a padded text goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

/// `text` with `pad` repeated around it until it has `size` characters.
pub(crate) fn pad(text: &str, size: usize, pad: &str, align: Align) -> String {
    let length = text.chars().count();
    let missing = size.min(PADDING_MAX).saturating_sub(length);
    if missing == 0 || pad.is_empty() {
        return text.to_owned();
    }
    let before = match align {
        Align::Left => 0,
        Align::Center => missing / 2,
        Align::Right => missing,
    };
    let fill = |count: usize| pad.chars().cycle().take(count);
    fill(before)
        .chain(text.chars())
        .chain(fill(missing - before))
        .collect()
}

/// 1st, 2nd, 3rd, 4th, 11th.
pub(crate) fn ordinalize(number: i64) -> String {
    let last = number.unsigned_abs() % 100;
    let ending = match (last, last % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// Lower case, words joined with dashes, nothing but letters, digits, `_` and `-`.
pub(crate) fn slugify(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.trim().to_lowercase().chars() {
        if character.is_alphanumeric() || character == '_' || character == '-' {
            out.push(character);
        } else if character.is_whitespace() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out
}

/// `text` without what stands between angle brackets.
pub(crate) fn strip_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>') else {
            break;
        };
        // `<>` holds nothing and is no tag.
        let keep = if close == 1 { open + 2 } else { open };
        out.push_str(&rest[..keep]);
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

/// Characters `start` to `end`, end exclusive, both clamped.
pub(crate) fn substring(text: &str, start: usize, end: Option<usize>) -> String {
    let count = end.unwrap_or(usize::MAX).saturating_sub(start);
    text.chars().skip(start).take(count).collect()
}

/// Base64 over UTF-8.
pub(crate) fn encode64(text: &str) -> String {
    STANDARD.encode(text)
}

/// The text that was encoded.
pub(crate) fn decode64(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()
}

/// Lower-case hex digest of UTF-8.
pub(crate) fn md5(text: &str) -> String {
    hex::encode(<Md5 as md5::Digest>::digest(text))
}

/// Lower-case hex digest of UTF-8.
pub(crate) fn sha256(text: &str) -> String {
    hex::encode(<Sha256 as sha2::Digest>::digest(text))
}

/// Lower-case hex digest of UTF-8.
pub(crate) fn sha512(text: &str) -> String {
    hex::encode(<Sha512 as sha2::Digest>::digest(text))
}

/// The version 4 UUID that is number `count` of those that follow from `seed`.
pub(crate) fn uuid(seed: &str, count: usize) -> String {
    let digest = sha256(&format!("{count}\0{seed}"));
    // The version is 4; the variant is one of the four digits from 8.
    let variant = match digest.as_bytes()[16] {
        b'0' | b'4' | b'8' | b'c' => '8',
        b'1' | b'5' | b'9' | b'd' => '9',
        b'2' | b'6' | b'a' | b'e' => 'a',
        _ => 'b',
    };
    format!(
        "{}-{}-4{}-{variant}{}-{}",
        &digest[..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
        &digest[20..32]
    )
}
