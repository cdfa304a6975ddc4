//! Replies of an SMTP server, and what they mean for a message (`docs/spec/channels.md §4`).

use crate::email::{Delivery, Refusal};

/// Longest line of a reply, in bytes; RFC 5321 allows 512.
const LINE_BYTES_MAX: usize = 4_096;
/// Most lines of a reply.
const LINES_MAX: usize = 100;

/// A complete reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub code: u16,
    /// The text of each line.
    pub lines: Vec<String>,
}

/// What the server sent is no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server's answer is not an SMTP reply")]
pub(crate) struct NotAReply;

/// The reply at the start of `input` and its length; `None` if more has to be read.
pub(crate) fn parse(input: &[u8]) -> Result<Option<(Reply, usize)>, NotAReply> {
    let mut lines = Vec::new();
    let mut at = 0;
    loop {
        let Some(length) = memchr::memchr(b'\n', &input[at..]) else {
            return if input.len() - at > LINE_BYTES_MAX {
                Err(NotAReply)
            } else {
                Ok(None)
            };
        };
        let line = &input[at..at + length];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        at += length + 1;
        let (code, last, text) = split(line).ok_or(NotAReply)?;
        lines.push(text);
        if last {
            return Ok(Some((Reply { code, lines }, at)));
        }
        if lines.len() == LINES_MAX {
            return Err(NotAReply);
        }
    }
}

/// Code, whether it is the last line, and text.
fn split(line: &[u8]) -> Option<(u16, bool, String)> {
    if line.len() > LINE_BYTES_MAX {
        return None;
    }
    let code = std::str::from_utf8(line.get(..3)?).ok()?.parse().ok()?;
    let last = match line.get(3) {
        None | Some(b' ') => true,
        Some(b'-') => false,
        Some(_) => return None,
    };
    let text = String::from_utf8_lossy(line.get(4..).unwrap_or_default());
    (200..600)
        .contains(&code)
        .then(|| (code, last, text.trim().to_owned()))
}

impl Reply {
    /// Whether the command succeeded.
    pub const fn is_positive(&self) -> bool {
        self.code >= 200 && self.code < 300
    }

    /// The text on one line, after the code.
    pub fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
            .trim_end()
            .to_owned()
    }

    /// The enhanced status code at the start of the text (RFC 3463).
    pub fn status(&self) -> Option<&str> {
        let word = self.lines.first()?.split(' ').next()?;
        let mut numbers = word.split('.');
        let class = numbers.next()?;
        let digits =
            |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let valid = matches!(class, "2" | "4" | "5")
            && numbers.next().is_some_and(digits)
            && numbers.next().is_some_and(digits)
            && numbers.next().is_none();
        valid.then_some(word)
    }

    /// What a refusal by `mta` means for the message.
    pub fn refusal(&self, mta: &str) -> Delivery {
        let refusal = Refusal {
            code: Some(self.code),
            status: self.status().map(str::to_owned),
            diagnostic: format!("smtp; {}", self.text()),
            mta: mta.to_owned(),
        };
        match self.code {
            421 if self
                .status()
                .is_some_and(|status| status.starts_with("4.7.")) =>
            {
                Delivery::Throttled(refusal)
            }
            // The server refuses us, not the recipient: authentication or encryption is missing.
            530 | 534 | 535 | 538 => Delivery::Transient(refusal),
            500..=599 => Delivery::Permanent(refusal),
            _ => Delivery::Transient(refusal),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_replies() {
        #[track_caller]
        fn check(input: &str, want: Result<Option<(u16, &str, usize)>, NotAReply>) {
            let got = parse(input.as_bytes());
            let got =
                got.map(|reply| reply.map(|(reply, n)| (reply.code, reply.lines.join("|"), n)));
            let want = want.map(|it| it.map(|(code, text, n)| (code, text.to_owned(), n)));
            assert_eq!(got, want, "{input:?}");
        }
        check("250 ok\r\n354 go\r\n", Ok(Some((250, "ok", 8))));
        check(
            "250-a\r\n250-b c\r\n250 d\r\n",
            Ok(Some((250, "a|b c|d", 23))),
        );
        check("250\r\n", Ok(Some((250, "", 5))));
        check("250 ok\n", Ok(Some((250, "ok", 7))));
        check("250-a\r\n250", Ok(None));
        check("", Ok(None));
        check("hello\r\n", Err(NotAReply));
        check("999 x\r\n", Err(NotAReply));
        check("250_x\r\n", Err(NotAReply));
        check(&"2".repeat(5_000), Err(NotAReply));
        check(&"250-x\r\n".repeat(200), Err(NotAReply));
    }

    #[test]
    fn refusals_are_classified() {
        #[track_caller]
        fn check(line: &str, kind: &str, status: Option<&str>) {
            let (reply, _) = parse(line.as_bytes()).expect("a reply").expect("complete");
            let (found, refusal) = match reply.refusal("mx") {
                Delivery::Permanent(refusal) => ("permanent", refusal),
                Delivery::Transient(refusal) => ("transient", refusal),
                Delivery::Throttled(refusal) => ("throttled", refusal),
                other => panic!("{other:?}"),
            };
            assert_eq!((found, refusal.status.as_deref()), (kind, status), "{line}");
        }
        check("550 5.1.1 no such user\r\n", "permanent", Some("5.1.1"));
        check("552 too big\r\n", "permanent", None);
        check("421 closing\r\n", "transient", None);
        check("421 4.7.0 slow down\r\n", "throttled", Some("4.7.0"));
        check("450 4.7.1 greylisted\r\n", "transient", Some("4.7.1"));
        check("451 try later\r\n", "transient", None);
        check("452 4.2.2 full\r\n", "transient", Some("4.2.2"));
        check(
            "530 5.7.0 authentication required\r\n",
            "transient",
            Some("5.7.0"),
        );
        check("550 5.1 odd\r\n", "permanent", None);
    }

    proptest! {
        #[test]
        fn reading_never_panics(input in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&input);
        }
    }
}
