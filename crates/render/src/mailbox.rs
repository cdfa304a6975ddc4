//! A mail address with or without a display name.

use std::fmt;

/// A sender or recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, decoded.
    pub name: Option<String>,
    /// The bare address.
    pub address: String,
}

/// A text that is not a mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a mail address")]
pub struct MailboxError(pub String);

impl Mailbox {
    /// Reads `ana@shop.example`, `<ana@shop.example>`, `Ana <ana@shop.example>` or
    /// `"Ana, Shop" <ana@shop.example>`.
    ///
    /// # Errors
    /// There is no address in it, or it holds control characters.
    pub fn parse(text: &str) -> Result<Self, MailboxError> {
        let refuse = || MailboxError(text.chars().take(100).collect());
        let trimmed = text.trim();
        let (name, address) = match (trimmed.rfind('<'), trimmed.strip_suffix('>')) {
            (Some(open), Some(inner)) => {
                (unquote(trimmed[..open].trim()), inner[open + 1..].trim())
            }
            _ => (String::new(), trimmed),
        };
        if !is_address(address) {
            return Err(refuse());
        }
        let name = crate::header::one_line(&name).trim().to_owned();
        Ok(Self {
            name: Some(name).filter(|name| !name.is_empty()),
            address: address.to_owned(),
        })
    }
}

/// Longest address, in bytes (RFC 5321 §4.5.3.1.3 less the angle brackets).
const ADDRESS_BYTES_MAX: usize = 254;

/// Whether `text` can stand in an SMTP command as it is.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !r#"<>(),;:\"@"#.contains(c);
    let in_domain = |c: char| plain(c) || c == ':';
    text.len() <= ADDRESS_BYTES_MAX
        && !local.is_empty()
        && !domain.is_empty()
        && local.chars().all(plain)
        && domain.chars().all(in_domain)
}

/// The content of a quoted display name, or the name itself.
fn unquote(name: &str) -> String {
    let Some(inner) = name
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return name.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut escaped = false;
    for character in inner.chars() {
        if character == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            out.push(character);
        }
    }
    out
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        #[track_caller]
        fn check(text: &str, want: Option<(&str, &str)>) {
            let got = Mailbox::parse(text).ok();
            let got = got
                .as_ref()
                .map(|m| (m.name.as_deref().unwrap_or(""), &*m.address));
            assert_eq!(got, want, "{text}");
        }
        check("ana@shop.example", Some(("", "ana@shop.example")));
        check(" <ana@shop.example> ", Some(("", "ana@shop.example")));
        check("Ana <ana@shop.example>", Some(("Ana", "ana@shop.example")));
        check(r#""Ana, \"Shop\"" <a@b>"#, Some((r#"Ana, "Shop""#, "a@b")));
        check(
            "Zoë B. <zoë@bücher.example>",
            Some(("Zoë B.", "zoë@bücher.example")),
        );
        check("x <evil@x> <a@b>", Some(("x <evil@x>", "a@b")));
        check("Ana\r\nBcc: c@d <a@b>", Some(("Ana  Bcc: c@d", "a@b")));
        check("", None);
        check("ana", None);
        check("@b", None);
        check("a@", None);
        check("a b@c", None);
        check("<a@b>\r\nRCPT TO:<c@d>", Some(("<a@b>  RCPT TO:", "c@d")));
        check("a@b\r\n", Some(("", "a@b")));
        check("a@b>", None);
        check("a@b,c@d", None);
        check(&format!("{}@b", "a".repeat(260)), None);
    }
}
