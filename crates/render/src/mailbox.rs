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
        let _ = text;
        unimplemented!()
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}
