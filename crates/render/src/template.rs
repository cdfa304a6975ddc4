//! A parsed template and its rendering.

use std::collections::BTreeMap;

use model::Endpoint;

/// Values given with a send: variable text → values (`docs/spec/templates.md §2`, rule 2).
pub type Substitutions = BTreeMap<String, Vec<String>>;

/// Longest template, in characters (`docs/spec/templates.md §1`).
pub const TEMPLATE_CHARS_MAX: usize = 600_000;

/// A template that does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// A template that cannot be rendered for a recipient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A variable has neither a value nor a default.
    #[error("variable {variable} has no value and no default")]
    Missing {
        /// The variable as the template writes it.
        variable: String,
    },
    /// A helper cannot work with its arguments.
    #[error("helper {helper}: {message}")]
    Helper {
        /// The helper.
        helper: &'static str,
        /// Why.
        message: String,
    },
    /// The text grew beyond what a message may hold.
    #[error("the rendered text is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Loops inside loops took too many steps.
    #[error("the template takes more than {limit} steps")]
    TooManySteps {
        /// The limit.
        limit: usize,
    },
    /// A header line does not keep the rules of `docs/spec/channels.md §4`.
    #[error("header {name}: {message}")]
    Header {
        /// The header.
        name: String,
        /// Which rule.
        message: String,
    },
    /// The rendered sender is not an address.
    #[error("sender: {0}")]
    From(#[from] crate::MailboxError),
}

/// What happens when a printed variable has no value (`docs/spec/templates.md §2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingPolicy {
    /// Rendering fails: templated messages.
    Fail,
    /// The variable becomes empty text: messages written inline.
    Blank,
}

/// Where variables get their values from, strongest first (`docs/spec/templates.md §2`, rule 2).
#[derive(Debug, Clone, Copy, Default)]
pub struct Variables<'a> {
    /// Values for this recipient.
    pub recipient: Option<&'a Substitutions>,
    /// Values for the whole message.
    pub message: Option<&'a Substitutions>,
    /// The recipient.
    pub endpoint: Option<&'a Endpoint>,
    /// Defaults of the template: variable text → value.
    pub defaults: Option<&'a BTreeMap<String, String>>,
}

/// A rendering that reports what was missing instead of failing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// The text, with missing variables empty.
    pub text: String,
    /// Variables without value and default, each once, in order of appearance.
    pub missing: Vec<String>,
}

/// A template, parsed once and rendered many times.
#[derive(Debug, Clone)]
pub struct Template {}

/// Parses `text`.
///
/// # Errors
/// The first thing that is not in the language, with its place.
pub fn parse(_text: &str) -> Result<Template, SyntaxError> {
    unimplemented!()
}

impl Template {
    /// The text for one recipient.
    ///
    /// # Errors
    /// A variable is missing under [`MissingPolicy::Fail`], a helper fails, or a bound is passed.
    pub fn render(
        &self,
        _variables: &Variables<'_>,
        _policy: MissingPolicy,
    ) -> Result<String, RenderError> {
        unimplemented!()
    }

    /// The text for one recipient with everything missing left empty and reported.
    ///
    /// # Errors
    /// A helper fails or a bound is passed.
    pub fn preview(&self, _variables: &Variables<'_>) -> Result<Preview, RenderError> {
        unimplemented!()
    }

    /// Variables that the template uses, each once, in order of appearance.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        unimplemented!()
    }
}
