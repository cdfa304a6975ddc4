//! Header values: folding, and text beyond ASCII (RFC 2047).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Where a header line is folded if it can be.
const LINE_PREFERRED: usize = 76;
/// Longest word that may stand unfolded; lines end at 998 (RFC 5322 §2.1.1).
const WORD_MAX: usize = 900;
/// Bytes of text in one Base64 encoded word: 60 characters, with frame 72.
const BYTES_PER_WORD: usize = 45;

/// Appends `name: value` and CRLF.
pub(crate) fn header(name: &str, value: &str, out: &mut Vec<u8>) {
    start(name, out);
    text(value.trim(), name.len() + 2, out);
    out.extend_from_slice(b"\r\n");
}

/// Appends `name: "display name" <address>` and CRLF.
pub(crate) fn address_header(name: &str, display: Option<&str>, address: &str, out: &mut Vec<u8>) {
    start(name, out);
    match display {
        None => out.extend_from_slice(address.as_bytes()),
        Some(display) => {
            phrase(display, out);
            out.extend_from_slice(b" <");
            out.extend_from_slice(address.as_bytes());
            out.push(b'>');
        }
    }
    out.extend_from_slice(b"\r\n");
}

fn start(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
}

/// Unstructured text, which begins at `column`.
fn text(value: &str, mut column: usize, out: &mut Vec<u8>) {
    let plain = value.bytes().all(|b| (32..127).contains(&b))
        && !value.contains("=?")
        && value.split(' ').all(|word| word.len() <= WORD_MAX);
    if !plain {
        encoded_words(value, out);
        return;
    }
    for (index, word) in value.split(' ').enumerate() {
        if index > 0 {
            // A fold must leave something visible on both lines.
            if column + 1 + word.len() > LINE_PREFERRED && !word.is_empty() {
                out.extend_from_slice(b"\r\n");
                column = 0;
            }
            out.push(b' ');
            column += 1;
        }
        out.extend_from_slice(word.as_bytes());
        column += word.len();
    }
}

/// A display name.
fn phrase(display: &str, out: &mut Vec<u8>) {
    let atom = |b: u8| b.is_ascii_alphanumeric() || b" !#$%&'*+-/=?^_`{|}~".contains(&b);
    if display.contains("=?") || !display.bytes().all(|b| (32..127).contains(&b)) {
        encoded_words(display, out);
    } else if display.bytes().all(atom) {
        out.extend_from_slice(display.as_bytes());
    } else {
        out.push(b'"');
        for byte in display.bytes() {
            if byte == b'"' || byte == b'\\' {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b'"');
    }
}

/// `value` as encoded words, each whole characters, folded between them.
fn encoded_words(value: &str, out: &mut Vec<u8>) {
    let mut rest = value;
    let mut first = true;
    while !rest.is_empty() {
        let mut end = rest.len().min(BYTES_PER_WORD);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        if !first {
            out.extend_from_slice(b"\r\n ");
        }
        first = false;
        out.extend_from_slice(b"=?UTF-8?B?");
        out.extend_from_slice(STANDARD.encode(&rest[..end]).as_bytes());
        out.extend_from_slice(b"?=");
        rest = &rest[end..];
    }
}
