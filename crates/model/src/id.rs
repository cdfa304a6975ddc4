//! Identifiers as types, so that swapped arguments do not compile.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text_ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier with this text.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the identifier.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text of the identifier, owned.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )*};
}

text_ids! {
    /// An application (project): 32 lower-case hex digits.
    AppId
    /// An endpoint as its client wrote it; compared through [`EndpointKey`].
    EndpointId
    /// A user; case-sensitive.
    UserId
    /// A segment: 32 lower-case hex digits.
    SegmentId
    /// A campaign: 32 lower-case hex digits.
    CampaignId
    /// One run of one treatment of a campaign: 32 lower-case hex digits.
    ActivityId
    /// An import or export job: 32 lower-case hex digits.
    JobId
    /// A journey: 32 lower-case hex digits.
    JourneyId
    /// One run of a journey: 32 lower-case hex digits.
    JourneyRunId
    /// An activity of a journey, as its author named it.
    JourneyActivityId
    /// A message template; unique per account and template kind, case-sensitive.
    TemplateName
    /// The public part of an access key.
    KeyId
    /// A recommender configuration: 32 lower-case hex digits.
    RecommenderId
}

/// The form of an [`EndpointId`] in which endpoints are looked up: case-folded
/// (`docs/spec/audience.md §3`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EndpointKey(String);

impl EndpointKey {
    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EndpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl EndpointId {
    /// The key under which this endpoint is found, whatever the case of its identifier.
    #[must_use]
    pub fn key(&self) -> EndpointKey {
        EndpointKey(self.0.to_lowercase())
    }
}

impl From<&EndpointId> for EndpointKey {
    fn from(id: &EndpointId) -> Self {
        id.key()
    }
}
