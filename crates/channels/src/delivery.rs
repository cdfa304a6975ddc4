//! What becomes of a message at hand-over, on any channel.

/// What a provider said, when it did not take the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The provider's reply code, of SMTP or HTTP; absent if there was no reply.
    pub code: Option<u16>,
    /// The provider's word: an enhanced status code such as `5.1.1`, a reason such as
    /// `BadDeviceToken`, the status of a text message such as `OPTED_OUT`.
    pub status: Option<String>,
    /// The reply's text, or why there was none. May name the recipient: not for logs.
    pub diagnostic: String,
    /// Who said so.
    pub mta: String,
}

/// What the recipient's side reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The message arrived.
    Arrived,
    /// The recipient complained.
    Complained,
    /// The message could not be delivered after all; the word says why, such as `UNREACHABLE`.
    Failed(&'static str),
}

/// What became of a message at hand-over (`docs/spec/channels.md §2.2, §4`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The provider took the message.
    Accepted {
        /// What it said.
        provider_response: String,
        /// Who said so.
        mta: String,
        /// What the recipient's side reported at once; only the inbox does.
        report: Option<Report>,
    },
    /// Refused for good: of a mail, a hard bounce.
    Permanent(Refusal),
    /// Refused or unreachable for now, after the transport's own short retries; the message was
    /// not taken and may be handed over again later. Of a mail, a soft bounce if there is a code.
    Transient(Refusal),
    /// The provider asks for a slower pace; the message was not taken.
    Throttled(Refusal),
    /// The recipient is on the suppression list; nothing was sent.
    Suppressed,
    /// The message was handed over and the connection ended before the answer: it may have been
    /// taken, so it is never sent again unasked.
    Unknown {
        /// What happened.
        reason: String,
    },
}
