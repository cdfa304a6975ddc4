//! The links of one message.

use std::sync::Arc;

use model::Header;
use render::{Link, Tracker};

use super::{Action, Signer};

/// Rewrites the links of one message; see [`Signer::tracker`].
#[derive(Clone)]
pub struct MessageTracker {
    signer: Signer,
    public_url: Arc<str>,
    /// The part that all tokens of the message share.
    message: Vec<u8>,
}

impl MessageTracker {
    pub(super) const fn new(signer: Signer, public_url: Arc<str>, message: Vec<u8>) -> Self {
        Self {
            signer,
            public_url,
            message,
        }
    }

    /// The address `{public_url}/u/…` where the recipient unsubscribes.
    #[must_use]
    pub fn unsubscribe_url(&self) -> String {
        self.url("/u/", &Action::Unsubscribe)
    }

    /// List-Unsubscribe and List-Unsubscribe-Post (RFC 8058).
    #[must_use]
    pub fn unsubscribe_headers(&self) -> Vec<Header> {
        vec![
            Header {
                name: "List-Unsubscribe".to_owned(),
                value: format!("<{}>", self.unsubscribe_url()),
            },
            Header {
                name: "List-Unsubscribe-Post".to_owned(),
                value: "List-Unsubscribe=One-Click".to_owned(),
            },
        ]
    }

    fn url(&self, path: &str, action: &Action) -> String {
        let token = self.signer.seal(&self.message, action);
        [&*self.public_url, path, &token].concat()
    }
}

impl Tracker for MessageTracker {
    fn redirect(&self, link: &Link<'_>) -> String {
        let action = Action::Click {
            url: link.url.to_owned(),
            tags: link.tags.clone(),
        };
        self.url("/t/c/", &action)
    }

    fn pixel(&self) -> String {
        self.url("/t/o/", &Action::Open)
    }
}
