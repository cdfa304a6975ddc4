//! The bytes of a mail.

use clock::Timestamp;
use model::Header;

use crate::RenderedEmail;

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

/// The mail as RFC 5322 bytes with CRLF: multipart/alternative, or the one part there is.
#[must_use]
pub fn mime(_email: &RenderedEmail, _envelope: &Envelope<'_>) -> Vec<u8> {
    unimplemented!()
}
