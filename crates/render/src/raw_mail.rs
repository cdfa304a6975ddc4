//! Mails that senders wrote by hand (`docs/spec/channels.md §4`).

use clock::Timestamp;

use crate::Mailbox;
use crate::encoded_word::{address_header, header};
use crate::mime::date;

/// The mail `raw` with CRLF at every line's end, and with the headers that it lacks of From, Date,
/// Message-ID and MIME-Version.
#[must_use]
pub fn complete_mail(raw: &[u8], from: &Mailbox, message_id: &str, at: Timestamp) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 32 + 512);
    let has = |name: &str| {
        header_lines(raw).any(|line| {
            line.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
                && line.get(name.len()) == Some(&b':')
        })
    };
    if !has("From") {
        address_header("From", from.name.as_deref(), &from.address, &mut out);
    }
    if !has("Date") {
        header("Date", &date(at), &mut out);
    }
    if !has("Message-ID") {
        address_header("Message-ID", None, &format!("<{message_id}>"), &mut out);
    }
    if !has("MIME-Version") {
        header("MIME-Version", "1.0", &mut out);
    }
    let mut before = 0;
    for &byte in raw {
        match byte {
            b'\n' if before != b'\r' => out.extend_from_slice(b"\r\n"),
            byte if before == b'\r' && byte != b'\n' => out.extend_from_slice(&[b'\n', byte]),
            byte => out.push(byte),
        }
        before = byte;
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The value of the first header called `name`, on one line; empty if there is none.
#[must_use]
pub fn mail_header(raw: &[u8], name: &str) -> String {
    let mut found: Option<String> = None;
    for line in header_lines(raw) {
        let text = String::from_utf8_lossy(line);
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if let Some(value) = &mut found {
                value.push(' ');
                value.push_str(text.trim());
            }
            continue;
        }
        if found.is_some() {
            break;
        }
        if let Some((known, value)) = text.split_once(':')
            && known.eq_ignore_ascii_case(name)
        {
            found = Some(value.trim().to_owned());
        }
    }
    found.unwrap_or_default()
}

/// The lines before the first empty one.
fn header_lines(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(raw: &str) -> String {
        let from = Mailbox::parse("Shop <news@shop.example>").expect("an address");
        let mail = complete_mail(raw.as_bytes(), &from, "m-1@b", Timestamp::from_millis(0));
        String::from_utf8(mail).expect("text")
    }

    #[test]
    fn what_is_there_stays() {
        let whole = "From: a@b\r\nDate: x\r\nMESSAGE-ID: <1@b>\r\nmime-version: 1.0\r\n\r\nHi\r\n";
        assert_eq!(complete(whole), whole);
        assert_eq!(complete(&whole.replace("\r\n", "\n")), whole);
    }

    #[test]
    fn what_is_missing_is_added() {
        assert_eq!(
            complete("Subject: s\n\nFrom: me\nbye"),
            "From: Shop <news@shop.example>\r\nDate: Thu, 01 Jan 1970 00:00:00 +0000\r\n\
             Message-ID: <m-1@b>\r\nMIME-Version: 1.0\r\nSubject: s\r\n\r\nFrom: me\r\nbye\r\n"
        );
    }

    #[test]
    fn headers_are_found() {
        let raw = b"A: 1\r\nSubject: long\r\n line\r\nB: 2\r\n\r\nSubject: body";
        assert_eq!(mail_header(raw, "subject"), "long line");
        assert_eq!(mail_header(raw, "C"), "");
    }
}
