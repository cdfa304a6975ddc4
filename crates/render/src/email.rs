//! The content of a mail: compiled once per run and treatment, rendered for each endpoint.

use std::collections::BTreeMap;

use model::Header;

use crate::{Mailbox, MissingPolicy, RenderError, SyntaxError, Tracker, Variables};

/// What a mail is made of.
#[derive(Debug, Clone, Copy)]
pub struct EmailSource<'a> {
    /// The sender, with or without a display name; may contain variables.
    pub from: &'a str,
    /// Subject.
    pub subject: Option<&'a str>,
    /// HTML.
    pub html: Option<&'a str>,
    /// Plain text.
    pub text: Option<&'a str>,
    /// Extra headers.
    pub headers: &'a [Header],
    /// Values for variables that a recipient lacks.
    pub defaults: &'a BTreeMap<String, String>,
    /// What a missing variable does.
    pub policy: MissingPolicy,
}

/// Where in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailPart {
    /// The sender.
    From,
    /// The subject.
    Subject,
    /// The HTML.
    Html,
    /// The plain text.
    Text,
    /// The header with this name.
    Header(String),
}

/// Content that no mail can be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailContentError {
    /// A part does not parse.
    #[error("{part}: {error}")]
    Syntax {
        /// Which part.
        part: EmailPart,
        /// What is wrong.
        error: SyntaxError,
    },
    /// A header breaks a rule of `docs/spec/channels.md §4`.
    #[error("header {name}: {reason}")]
    Header {
        /// The header.
        name: String,
        /// Which rule.
        reason: String,
    },
    /// More headers than allowed.
    #[error("{count} headers; at most {limit} are allowed")]
    TooManyHeaders {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The sender is not an address.
    #[error("sender: {0}")]
    From(#[from] crate::MailboxError),
}

/// Mail content, ready to be rendered many times from many threads.
#[derive(Debug, Clone)]
pub struct EmailContent {}

/// The content of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedEmail {
    /// The sender.
    pub from: Mailbox,
    /// Subject; may be empty.
    pub subject: String,
    /// HTML.
    pub html: Option<String>,
    /// Plain text.
    pub text: Option<String>,
    /// Extra headers.
    pub headers: Vec<Header>,
}

/// A mail as it would look, with a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailPreview {
    /// The mail, with missing variables empty.
    pub email: RenderedEmail,
    /// Variables without value and default, each once.
    pub missing: Vec<String>,
}

impl EmailContent {
    /// Compiles `source`.
    ///
    /// # Errors
    /// A part does not parse, or a header breaks a rule.
    pub fn compile(_source: &EmailSource<'_>) -> Result<Self, EmailContentError> {
        unimplemented!()
    }

    /// The mail for one recipient; `variables.defaults` are taken from the content. With a
    /// tracker, links are replaced and a pixel is added.
    ///
    /// # Errors
    /// See [`RenderError`]; a failure concerns this recipient only.
    pub fn render(
        &self,
        _variables: &Variables<'_>,
        _tracker: Option<&dyn Tracker>,
    ) -> Result<RenderedEmail, RenderError> {
        unimplemented!()
    }

    /// The mail as it would look for one recipient, untracked, whatever is missing.
    ///
    /// # Errors
    /// A helper fails or a bound is passed.
    pub fn preview(&self, _variables: &Variables<'_>) -> Result<EmailPreview, RenderError> {
        unimplemented!()
    }

    /// Variables that the content uses, each once.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        unimplemented!()
    }
}

impl std::fmt::Display for EmailPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::From => f.write_str("sender"),
            Self::Subject => f.write_str("subject"),
            Self::Html => f.write_str("html"),
            Self::Text => f.write_str("text"),
            Self::Header(name) => write!(f, "header {name}"),
        }
    }
}
