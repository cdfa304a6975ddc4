//! Mail: what is handed over, what comes back, and the transports.

pub mod simulator;
mod smtp;

pub use smtp::{SmtpConfig, SmtpConfigError, SmtpTls, SmtpTransport};

use async_trait::async_trait;
use bytes::Bytes;
use model::{AppId, CampaignRef, EndpointId, JourneyRef, UserId};
use sha2::{Digest as _, Sha256};

pub use crate::delivery::{Delivery, Refusal, Report};

/// A mail to one recipient, complete.
#[derive(Debug, Clone)]
pub struct OutboundEmail {
    /// Names the send: the same recipient of the same run always has the same key.
    pub key: String,
    /// The identifier that events carry.
    pub message_id: String,
    /// The envelope sender, a bare address.
    pub from: String,
    /// The envelope recipient, a bare address.
    pub to: String,
    /// The message, RFC 5322 with CRLF.
    pub mime: Bytes,
    /// The application.
    pub app: AppId,
    /// The recipient's endpoint.
    pub endpoint: EndpointId,
    /// The recipient's user.
    pub user: Option<UserId>,
    /// The campaign that sends.
    pub campaign: Option<CampaignRef>,
    /// The journey that sends.
    pub journey: Option<JourneyRef>,
    /// The subject, for lists.
    pub subject: String,
    /// Whether it is a test message.
    pub test: bool,
}

/// Takes mails; callers are many and concurrent, and waiting is the back-pressure.
#[async_trait]
pub trait EmailTransport: Send + Sync {
    /// Hands `mail` over and says what became of it.
    async fn send(&self, mail: OutboundEmail) -> Delivery;
}

/// The identifier of the message named `key`: the same at every call, in the form that the
/// original service uses (`docs/spec/channels.md §2.2`).
#[must_use]
pub fn message_id(key: &str) -> String {
    let digits = hex::encode(Sha256::digest(key));
    format!(
        "{}-{}-{}-{}-{}-{}-000000",
        &digits[..16],
        &digits[16..24],
        &digits[24..28],
        &digits[28..32],
        &digits[32..36],
        &digits[36..48]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_message_id() {
        let id = message_id("run/endpoint");
        assert_eq!(id, message_id("run/endpoint"));
        assert_ne!(id, message_id("run/endpoint2"));
        assert_eq!(id.len(), 16 + 1 + 36 + 7);
        assert!(id.ends_with("-000000"));
    }
}
