//! What a test server offers, and what it does when.

use std::sync::Arc;
use std::time::Duration;

/// What the server offers.
#[derive(Debug, Clone)]
pub struct Features {
    /// Whether commands may be sent ahead of replies.
    pub pipelining: bool,
    /// Whether 8-bit content is taken.
    pub eight_bit: bool,
    /// Whether addresses may go beyond ASCII.
    pub utf8: bool,
    /// Largest message.
    pub size: Option<usize>,
    /// Whether STARTTLS is offered.
    pub starttls: bool,
    /// Whether the connection is encrypted from its first byte.
    pub implicit_tls: bool,
    /// Who may sign in, which everybody then has to.
    pub credentials: Option<(String, String)>,
    /// How people sign in.
    pub mechanisms: &'static [&'static str],
    /// Whether EHLO is known.
    pub extended: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            pipelining: true,
            eight_bit: true,
            utf8: true,
            size: Some(10 << 20),
            starttls: false,
            implicit_tls: false,
            credentials: None,
            mechanisms: &["PLAIN", "LOGIN"],
            extended: true,
        }
    }
}

/// Where in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A client connected.
    Connect,
    /// It said EHLO or HELO.
    Hello,
    /// It named the sender.
    Mail,
    /// It named the recipient.
    Rcpt,
    /// It wants to send the message.
    Data,
    /// It has sent the first line of the message.
    Content,
    /// It has sent the whole message.
    End,
}

/// A point of a conversation.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Where.
    pub stage: Stage,
    /// Number of the connection, from 0.
    pub connection: usize,
    /// Number of the transaction on the whole server, from 1; 0 before the first.
    pub transaction: usize,
    /// The recipient, as far as it was named.
    pub to: &'a str,
}

/// What the server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// What the client hopes for.
    Go,
    /// Answers with this code and text.
    Refuse(u16, &'static str),
    /// Closes without a word; at [`Stage::End`] the message is lost.
    Close,
    /// Takes the message and closes without a word; only at [`Stage::End`].
    TakeAndClose,
    /// Waits, then goes on.
    Wait(Duration),
}

/// Decides at every moment; cheap to clone.
#[derive(Clone)]
pub struct Script(Arc<dyn Fn(&Moment<'_>) -> Act + Send + Sync>);

impl Script {
    /// Everything goes well.
    #[must_use]
    pub fn kind() -> Self {
        Self::new(|_| Act::Go)
    }

    /// Does what `decide` says.
    pub fn new(decide: impl Fn(&Moment<'_>) -> Act + Send + Sync + 'static) -> Self {
        Self(Arc::new(decide))
    }

    /// Does `act` at `stage`, always.
    #[must_use]
    pub fn always(stage: Stage, act: Act) -> Self {
        Self::new(move |moment| if moment.stage == stage { act } else { Act::Go })
    }

    pub(super) fn decide(&self, moment: &Moment<'_>) -> Act {
        (self.0)(moment)
    }
}
