//! Signed tokens in the links that recipients get: opens, clicks, unsubscribing
//! (`docs/spec/channels.md §4`).

use std::sync::Arc;

use clock::Timestamp;
use model::{AppId, CampaignRef, EndpointId, Header, JourneyRef, Ordinal};
use render::{Link, LinkTags, Tracker};

/// Makes and checks tokens; cheap to clone.
#[derive(Clone)]
pub struct Signer {}

/// The message that a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedMessage {
    /// The application.
    pub app: AppId,
    /// The recipient's endpoint.
    pub endpoint: EndpointId,
    /// Its ordinal, if it is stored.
    pub ordinal: Option<Ordinal>,
    /// The campaign that sent.
    pub campaign: Option<CampaignRef>,
    /// The journey that sent.
    pub journey: Option<JourneyRef>,
    /// The message's identifier.
    pub message_id: String,
    /// When it was sent.
    pub sent: Timestamp,
}

/// What following a link means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The message was opened.
    Open,
    /// A link was clicked.
    Click {
        /// Where it leads: http or https.
        url: String,
        /// Its tags.
        tags: LinkTags,
    },
    /// The recipient unsubscribes.
    Unsubscribe,
}

/// A token that was made here and is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The message.
    pub message: TrackedMessage,
    /// What following it means.
    pub action: Action,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// It does not look like a token.
    #[error("the link is not complete")]
    Malformed,
    /// It was not made here, or was changed.
    #[error("the link is not genuine")]
    Forged,
    /// It is older than 60 days.
    #[error("the link is too old")]
    Expired,
}

/// Rewrites the links of one message; see [`Signer::tracker`].
#[derive(Clone)]
pub struct MessageTracker {
    _signer: Signer,
    _public_url: Arc<str>,
    _message: TrackedMessage,
}

impl Signer {
    /// A signer with this key.
    #[must_use]
    pub fn new(_key: [u8; 32]) -> Self {
        unimplemented!()
    }

    /// The token for `action` on `message`.
    #[must_use]
    pub fn sign(&self, _message: &TrackedMessage, _action: &Action) -> String {
        unimplemented!()
    }

    /// The message and action of `token`.
    ///
    /// # Errors
    /// The token is not genuine, or too old at `now`.
    pub fn verify(&self, _token: &str, _now: Timestamp) -> Result<Token, TokenRefusal> {
        unimplemented!()
    }

    /// The tracker of `message`: links lead to `{public_url}/t/c/…`, the pixel to
    /// `{public_url}/t/o/…`.
    #[must_use]
    pub fn tracker(&self, _public_url: &Arc<str>, _message: TrackedMessage) -> MessageTracker {
        unimplemented!()
    }
}

impl MessageTracker {
    /// The address `{public_url}/u/…` where the recipient unsubscribes.
    #[must_use]
    pub fn unsubscribe_url(&self) -> String {
        unimplemented!()
    }

    /// List-Unsubscribe and List-Unsubscribe-Post (RFC 8058).
    #[must_use]
    pub fn unsubscribe_headers(&self) -> Vec<Header> {
        unimplemented!()
    }
}

impl Tracker for MessageTracker {
    fn redirect(&self, _link: &Link<'_>) -> String {
        unimplemented!()
    }

    fn pixel(&self) -> String {
        unimplemented!()
    }
}
