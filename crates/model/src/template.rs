//! Message templates.

use std::collections::BTreeMap;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Header, InAppMessage, PushMessage, Tags, TemplateName};

/// One version of a template of the account (`docs/spec/templates.md §1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Unique among templates of its kind.
    pub name: TemplateName,
    /// The version, from 1.
    pub version: u32,
    /// The version that unpinned references use.
    pub active_version: u32,
    /// The highest version.
    pub latest_version: u32,
    /// What it says.
    pub content: TemplateContent,
    /// Values for variables that a recipient lacks: variable text → value.
    pub default_substitutions: BTreeMap<String, String>,
    /// Words for people.
    pub description: Option<String>,
    /// Labels.
    pub tags: Tags,
    /// When the template was created.
    pub created: Timestamp,
    /// When this version was written.
    pub modified: Timestamp,
}

/// The kind of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are the channels")]
pub enum TemplateKind {
    Email,
    Push,
    Sms,
    Voice,
    InApp,
}

/// What a template says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TemplateContent {
    /// An email.
    Email {
        /// Subject.
        subject: Option<String>,
        /// HTML.
        html: Option<String>,
        /// Plain text.
        text: Option<String>,
        /// Extra headers, at most 15.
        headers: Vec<Header>,
        /// The recommender that fills recommendation variables.
        recommender: Option<String>,
    },
    /// A push message.
    Push(Box<PushTemplate>),
    /// A text message.
    Sms {
        /// The text.
        body: Option<String>,
        /// The recommender that fills recommendation variables.
        recommender: Option<String>,
    },
    /// A telephone call.
    Voice {
        /// Plain text, or a `<speak>` document.
        body: Option<String>,
        /// The language, such as `en-US`.
        language_code: Option<String>,
        /// Who speaks.
        voice_id: Option<String>,
    },
    /// A message that the application fetches.
    InApp(Box<InAppMessage>),
}

/// A push template: a channel's block replaces the default as a whole
/// (`docs/spec/templates.md §1`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the channels")]
pub struct PushTemplate {
    pub default: Option<PushMessage>,
    pub adm: Option<PushMessage>,
    pub apns: Option<PushMessage>,
    pub baidu: Option<PushMessage>,
    pub gcm: Option<PushMessage>,
    /// The recommender that fills recommendation variables.
    pub recommender: Option<String>,
}

impl TemplateContent {
    /// The kind of template that has this content.
    #[must_use]
    pub const fn kind(&self) -> TemplateKind {
        match self {
            Self::Email { .. } => TemplateKind::Email,
            Self::Push(_) => TemplateKind::Push,
            Self::Sms { .. } => TemplateKind::Sms,
            Self::Voice { .. } => TemplateKind::Voice,
            Self::InApp(_) => TemplateKind::InApp,
        }
    }
}

impl TemplateKind {
    /// The word in ARNs and lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Push => "PUSH",
            Self::Sms => "SMS",
            Self::Voice => "VOICE",
            Self::InApp => "INAPP",
        }
    }

    /// The kind with this word, in any case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Email, Self::Push, Self::Sms, Self::Voice, Self::InApp]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(word))
    }
}
