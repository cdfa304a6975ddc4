//! What is kept of direct sends.

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AppId, ChannelType, EndpointId};

/// Messages of one call that are being handed over. It is written before and removed once the
/// outcomes are recorded: one that stays names who is in doubt
/// (`docs/spec/channels.md §2.4`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectIntent {
    /// The application.
    pub app: AppId,
    /// Names the send.
    pub id: String,
    /// The request.
    pub request_id: String,
    /// The caller's mark.
    pub trace_id: Option<String>,
    /// When the hand-over began.
    pub created: Timestamp,
    /// Who may have got a message.
    pub recipients: Vec<DirectRecipient>,
}

/// A recipient of a direct send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectRecipient {
    /// The channel.
    pub channel: ChannelType,
    /// The address.
    pub address: String,
    /// The endpoint; a UUID for a bare address.
    pub endpoint: EndpointId,
    /// The message's identifier.
    pub message_id: String,
}

/// A one-time password that was sent and not used yet (`docs/spec/channels.md §7`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimePassword {
    /// The application.
    pub app: AppId,
    /// A digest of the number and the caller's reference.
    pub id: String,
    /// The keyed and salted hash of the code.
    pub digest: Vec<u8>,
    /// The salt.
    pub salt: Vec<u8>,
    /// Wrong tries that are left, at least 1.
    pub attempts_left: u32,
    /// When it was sent.
    pub created: Timestamp,
    /// When it is no longer good.
    pub expires: Timestamp,
}
