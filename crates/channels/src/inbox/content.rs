//! What a stored mail says, for people to look at.

use mail_parser::{HeaderValue, MessageParser, PartType};
use model::Header;

/// The parts of a mail.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub html: Option<String>,
    pub text: Option<String>,
    pub headers: Vec<Header>,
}

/// Reads the parts of `raw`. What is no mail at all is shown as text.
pub(super) fn read(raw: &[u8]) -> Content {
    let Some(mail) = MessageParser::default().parse(raw) else {
        return Content {
            text: Some(String::from_utf8_lossy(raw).into_owned()),
            ..Content::default()
        };
    };
    // The parser lists a part under both bodies when the other one is missing.
    let part = |ids: &[u32], html: bool| {
        ids.iter().find_map(|id| {
            let part = mail.parts.get(usize::try_from(*id).ok()?)?;
            match (&part.body, html) {
                (PartType::Html(text), true) | (PartType::Text(text), false) => {
                    Some(text.to_string())
                }
                _ => None,
            }
        })
    };
    let headers = mail
        .headers()
        .iter()
        .map(|header| {
            let start = usize::try_from(header.offset_start).unwrap_or(usize::MAX);
            let end = usize::try_from(header.offset_end).unwrap_or(usize::MAX);
            let written = String::from_utf8_lossy(raw.get(start..end).unwrap_or_default());
            Header {
                name: header.name().to_owned(),
                value: decoded(&header.value).unwrap_or_else(|| unfold(&written)),
            }
        })
        .collect();
    Content {
        html: part(&mail.html_body, true),
        text: part(&mail.text_body, false),
        headers,
    }
}

/// The value with its encoded words decoded, for the headers whose words are meant for people.
fn decoded(value: &HeaderValue<'_>) -> Option<String> {
    match value {
        HeaderValue::Text(text) => Some(text.to_string()),
        HeaderValue::Address(addresses) => {
            let shown: Vec<String> = addresses
                .iter()
                .filter_map(|one| {
                    let address = one.address.as_deref()?;
                    Some(match &one.name {
                        Some(name) => format!("{name} <{address}>"),
                        None => address.to_owned(),
                    })
                })
                .collect();
            (!shown.is_empty()).then(|| shown.join(", "))
        }
        _ => None,
    }
}

fn unfold(written: &str) -> String {
    written.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_is_there() {
        let mail = "From: =?UTF-8?B?Wm/Dqw==?= <a@b.example>\r\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@b>\r\nX-Long: a\r\n b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nn=C3=A9\r\n";
        let content = read(mail.as_bytes());
        assert_eq!(
            (content.html, content.text.as_deref().map(str::trim_end)),
            (None, Some("né"))
        );
        let headers: Vec<String> = content
            .headers
            .iter()
            .map(|h| format!("{}: {}", h.name, h.value))
            .collect();
        assert_eq!(
            headers[..3],
            [
                "From: Zoë <a@b.example>",
                "Subject: Grüße",
                "Message-ID: 1@b"
            ]
        );
        let html = read(b"Content-Type: text/html\r\n\r\n<p>x</p>");
        assert_eq!((html.html.as_deref(), html.text), (Some("<p>x</p>"), None));
    }
}
