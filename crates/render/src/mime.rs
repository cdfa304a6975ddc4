//! The bytes of a mail.

use clock::Timestamp;
use model::Header;
use sha2::{Digest as _, Sha256};

use crate::encoded_word::{address_header, header};
use crate::header::one_line;
use crate::{Mailbox, RenderedEmail, quoted_printable};

/// What a mail carries beyond its content.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The recipient's address.
    pub to: &'a str,
    /// Where answers go; empty means the sender.
    pub reply_to: &'a [String],
    /// The Message-ID without angle brackets, `local@domain`.
    pub message_id: &'a str,
    /// The Date header.
    pub date: Timestamp,
    /// Headers of the service itself, such as List-Unsubscribe and List-Unsubscribe-Post
    /// (RFC 8058). A header of the content with the same name wins.
    pub service_headers: &'a [Header],
}

/// The mail as RFC 5322 bytes with CRLF: multipart/alternative, or the one part there is; an
/// empty text part if there is none. The same mail always gives the same bytes.
#[must_use]
pub fn mime(email: &RenderedEmail, envelope: &Envelope<'_>) -> Vec<u8> {
    let parts = [("plain", &email.text), ("html", &email.html)];
    let mut parts: Vec<(&str, &str)> = parts
        .into_iter()
        .filter_map(|(kind, text)| Some((kind, text.as_deref()?)))
        .collect();
    if parts.is_empty() {
        parts.push(("plain", ""));
    }
    let size: usize = parts.iter().map(|(_, text)| text.len()).sum();
    let mut out = Vec::with_capacity(size + size / 8 + 2_048);
    headers(email, envelope, &mut out);
    if let [(kind, text)] = parts[..] {
        part(kind, text, &mut out);
        if !out.ends_with(b"\r\n") {
            out.extend_from_slice(b"\r\n");
        }
        return out;
    }
    let boundary = boundary(envelope.message_id);
    out.extend_from_slice(b"Content-Type: multipart/alternative;\r\n boundary=\"");
    out.extend_from_slice(boundary.as_bytes());
    out.extend_from_slice(b"\"\r\n");
    for (kind, text) in parts {
        out.extend_from_slice(b"\r\n--");
        out.extend_from_slice(boundary.as_bytes());
        out.extend_from_slice(b"\r\n");
        part(kind, text, &mut out);
    }
    out.extend_from_slice(b"\r\n--");
    out.extend_from_slice(boundary.as_bytes());
    out.extend_from_slice(b"--\r\n");
    out
}

fn headers(email: &RenderedEmail, envelope: &Envelope<'_>, out: &mut Vec<u8>) {
    let own = |name: &str| {
        email
            .headers
            .iter()
            .any(|header| header.name.eq_ignore_ascii_case(name))
    };
    header("Date", &date(envelope.date), out);
    let display = email.from.name.as_deref().map(one_line);
    address_header(
        "From",
        display.as_deref(),
        &one_line(&email.from.address),
        out,
    );
    address_header("To", None, &one_line(envelope.to), out);
    if !own("Reply-To") && !envelope.reply_to.is_empty() {
        reply_to(envelope.reply_to, out);
    }
    header("Subject", &one_line(&email.subject), out);
    address_header(
        "Message-ID",
        None,
        &format!("<{}>", one_line(envelope.message_id)),
        out,
    );
    for line in &email.headers {
        header(&line.name, &one_line(&line.value), out);
    }
    for line in envelope.service_headers {
        if !own(&line.name) {
            header(&line.name, &one_line(&line.value), out);
        }
    }
    header("MIME-Version", "1.0", out);
}

/// Reply-To with every address that is one.
fn reply_to(addresses: &[String], out: &mut Vec<u8>) {
    let boxes: Vec<Mailbox> = addresses
        .iter()
        .filter_map(|address| Mailbox::parse(address).ok())
        .collect();
    let mut lines = Vec::new();
    for mailbox in &boxes {
        let mut line = Vec::new();
        address_header("", mailbox.name.as_deref(), &mailbox.address, &mut line);
        // Without the empty name and its colon, and without the line's end.
        lines.push(line[2..line.len() - 2].to_vec());
    }
    if !lines.is_empty() {
        out.extend_from_slice(b"Reply-To: ");
        out.extend_from_slice(&lines.join(&b",\r\n "[..]));
        out.extend_from_slice(b"\r\n");
    }
}

fn part(kind: &str, text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Content-Type: text/");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(
        b"; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
    );
    quoted_printable::encode(text, out);
}

/// A separator that no quoted-printable text contains: an underscore never follows `=`.
fn boundary(message_id: &str) -> String {
    let digest = Sha256::digest(message_id);
    format!("=_{}", hex::encode(&digest[..12]))
}

/// The instant as RFC 5322 writes it, in UTC.
pub(crate) fn date(instant: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let day = usize::try_from(instant.utc_day().rem_euclid(7)).unwrap_or(0);
    let text = instant.to_string();
    let digits: Vec<&str> = text.split(['-', 'T', ':', '.']).collect();
    let [year, month, date, hour, minute, second, _] = digits[..] else {
        return text;
    };
    let month = month
        .parse::<usize>()
        .ok()
        .and_then(|month| MONTHS.get(month.checked_sub(1)?));
    format!(
        "{}, {date} {} {year} {hour}:{minute}:{second} +0000",
        DAYS[day],
        month.copied().unwrap_or("Jan"),
    )
}
