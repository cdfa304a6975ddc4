//! What keeps a push, text or voice message from being made for a recipient.

use crate::{RenderError, SyntaxError};

/// Why there is no message for a recipient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// A part does not parse.
    #[error("{part}: {error}")]
    Syntax {
        /// The member, as requests name it.
        part: &'static str,
        /// What is wrong.
        error: SyntaxError,
    },
    /// A part cannot be rendered for the recipient.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The finished payload is more than the provider takes.
    #[error("the payload has {bytes} bytes; the provider takes at most {limit}")]
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// A text message or call is empty or too long.
    #[error("the text has {characters} characters; expected 1 to {limit}")]
    Length {
        /// How many it has.
        characters: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The raw content does not have the form that the provider takes.
    #[error("RawContent: {0}")]
    Raw(String),
}
