//! Who may call.

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AppId, KeyId};

/// A credential that signs requests. Its secret is kept apart, encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// The public part.
    pub id: KeyId,
    /// What it may do.
    pub policy: Policy,
    /// The only application that it may touch; absent means all.
    pub app: Option<AppId>,
    /// Words for people.
    pub description: Option<String>,
    /// When it ends; temporary keys carry a session token.
    pub expires: Option<Timestamp>,
    /// When it was created.
    pub created: Timestamp,
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Policy {
    /// Everything.
    Admin,
    /// Writing endpoints and events, sending messages, reading.
    Send,
    /// Reading.
    Read,
    /// What an application on a device needs (`docs/spec/audience.md §1.2`).
    Client,
}

impl Policy {
    /// The word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Send => "send",
            Self::Read => "read",
            Self::Client => "client",
        }
    }

    /// The policy with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Admin, Self::Send, Self::Read, Self::Client]
            .into_iter()
            .find(|policy| policy.as_str() == word)
    }
}

/// A person who signs in to the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleUser {
    /// The name that is typed.
    pub name: String,
    /// Argon2 hash of the password, in PHC form.
    pub password_hash: String,
    /// What the person may do.
    pub policy: Policy,
    /// When the account was created.
    pub created: Timestamp,
}
