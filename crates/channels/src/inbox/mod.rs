//! The built-in inbox: every channel can deliver into it, and the console shows it.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use clock::{Clock, Timestamp};
use model::{AppId, CampaignRef, ChannelType, EndpointId, Header, JourneyRef, UserId};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::email::{Delivery, EmailTransport, OutboundEmail};

/// What became of a message in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it")]
pub enum InboxState {
    Delivered,
    Bounced,
    SoftBounced,
    Complained,
    Suppressed,
}

/// A message as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxMessage {
    /// Grows with every message; never reused.
    pub id: u64,
    /// The application.
    pub app: AppId,
    /// The channel.
    pub channel: ChannelType,
    /// The send's name.
    pub key: String,
    /// The identifier that events carry.
    pub message_id: String,
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The subject; empty where the channel has none.
    pub subject: String,
    /// The recipient's endpoint.
    pub endpoint: EndpointId,
    /// The recipient's user.
    pub user: Option<UserId>,
    /// The campaign that sent.
    pub campaign: Option<CampaignRef>,
    /// The journey that sent.
    pub journey: Option<JourneyRef>,
    /// Whether it is a test message.
    pub test: bool,
    /// When it arrived.
    pub received: Timestamp,
    /// What became of it.
    pub state: InboxState,
}

/// A message with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxDetail {
    /// The message.
    pub message: InboxMessage,
    /// HTML.
    pub html: Option<String>,
    /// Plain text.
    pub text: Option<String>,
    /// Headers in order, decoded.
    pub headers: Vec<Header>,
}

/// Which messages to list.
#[derive(Debug, Clone, Default)]
pub struct InboxQuery {
    /// Only this application.
    pub app: Option<AppId>,
    /// Only messages whose sender, recipient, subject or endpoint contains this, in any case.
    pub text: Option<String>,
    /// Only messages older than the one with this identifier.
    pub before: Option<u64>,
    /// At most so many, 1 to 1000.
    pub limit: usize,
}

/// Part of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxPage {
    /// The messages.
    pub items: Vec<InboxMessage>,
    /// Give it as `before` to go on; absent on the last page.
    pub next: Option<u64>,
}

/// How much is kept.
#[derive(Debug, Clone)]
pub struct InboxOptions {
    /// The folder.
    pub dir: PathBuf,
    /// Messages kept; older ones go first.
    pub messages_max: u64,
    /// Bytes kept on disk; older messages go first.
    pub bytes_max: u64,
}

/// A failure of the inbox.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// A file or the folder cannot be read or written.
    #[error("inbox: {0}")]
    Io(#[from] std::io::Error),
    /// A stored message does not decode.
    #[error("inbox: stored message is damaged: {0}")]
    Damaged(String),
    /// The inbox is closed, or a write failed before: nothing more is taken.
    #[error("inbox: closed: {0}")]
    Closed(String),
}

/// The inbox; cheap to clone.
#[derive(Clone)]
pub struct Inbox {}

impl InboxOptions {
    /// The defaults: 200,000 messages and 2 GiB.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            messages_max: 200_000,
            bytes_max: 2 << 30,
        }
    }
}

impl Inbox {
    /// Opens the inbox in its folder, creating it if needed. Blocks while it reads the folder.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn open(_options: InboxOptions, _clock: Clock) -> Result<Self, InboxError> {
        unimplemented!()
    }

    /// Messages, newest first.
    ///
    /// # Errors
    /// A file cannot be read.
    pub async fn list(&self, _query: &InboxQuery) -> Result<InboxPage, InboxError> {
        unimplemented!()
    }

    /// A message with its content.
    ///
    /// # Errors
    /// A file cannot be read.
    pub async fn get(&self, _id: u64) -> Result<Option<InboxDetail>, InboxError> {
        unimplemented!()
    }

    /// A message as it was handed over.
    ///
    /// # Errors
    /// A file cannot be read.
    pub async fn raw(&self, _id: u64) -> Result<Option<Bytes>, InboxError> {
        unimplemented!()
    }

    /// Removes every message.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub async fn clear(&self) -> Result<(), InboxError> {
        unimplemented!()
    }

    /// Every message from now on, after it is durable. A receiver that lags misses some.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<InboxMessage>> {
        unimplemented!()
    }
}

#[async_trait]
impl EmailTransport for Inbox {
    async fn send(&self, _mail: OutboundEmail) -> Delivery {
        unimplemented!()
    }
}

impl InboxState {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "DELIVERED",
            Self::Bounced => "BOUNCED",
            Self::SoftBounced => "SOFT_BOUNCED",
            Self::Complained => "COMPLAINED",
            Self::Suppressed => "SUPPRESSED",
        }
    }
}
