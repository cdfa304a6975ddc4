//! Channels and their settings.

use std::fmt;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::AppId;

macro_rules! channel_types {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// The kind of destination of an endpoint (`docs/spec/audience.md §6.1`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ChannelType {
            $($(#[$doc])* $name,)*
        }

        impl ChannelType {
            /// Every channel type.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// The channel type with this word.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

channel_types! {
    /// Accepted but never targetable.
    Push = "PUSH",
    /// Firebase Cloud Messaging.
    Gcm = "GCM",
    /// Apple push.
    Apns = "APNS",
    /// Apple push, sandbox.
    ApnsSandbox = "APNS_SANDBOX",
    /// Apple push for calls.
    ApnsVoip = "APNS_VOIP",
    /// Apple push for calls, sandbox.
    ApnsVoipSandbox = "APNS_VOIP_SANDBOX",
    /// Amazon Device Messaging.
    Adm = "ADM",
    /// Text message.
    Sms = "SMS",
    /// Telephone call.
    Voice = "VOICE",
    /// Email.
    Email = "EMAIL",
    /// Baidu push.
    Baidu = "BAIDU",
    /// A function or webhook of the sender.
    Custom = "CUSTOM",
    /// A message that the application fetches.
    InApp = "IN_APP",
}

impl ChannelType {
    /// Whether a push provider delivers to this channel.
    #[must_use]
    pub const fn is_push(self) -> bool {
        matches!(
            self,
            Self::Push
                | Self::Gcm
                | Self::Apns
                | Self::ApnsSandbox
                | Self::ApnsVoip
                | Self::ApnsVoipSandbox
                | Self::Adm
                | Self::Baidu
        )
    }
}

impl fmt::Display for ChannelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The email settings of an application (`docs/spec/channels.md §1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailChannel {
    /// The application.
    pub app: AppId,
    /// The sender, with or without a display name.
    pub from_address: String,
    /// The ARN of the verified identity.
    pub identity: String,
    /// The named set of delivery options.
    pub configuration_set: Option<String>,
    /// Stored and echoed.
    pub role_arn: Option<String>,
    /// Stored and echoed.
    pub orchestration_role_arn: Option<String>,
    /// Whether campaigns may send.
    pub enabled: bool,
    /// Starts at 1, plus one per update.
    pub version: u32,
    /// When the channel was created.
    pub created: Timestamp,
    /// When the channel was last changed.
    pub modified: Timestamp,
    /// The key that last changed it.
    pub modified_by: String,
}

/// An address that gets no mail any more (`docs/spec/channels.md §4`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The address with its domain in lower case.
    pub address: String,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub since: Timestamp,
}

/// Why an address is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SuppressionReason {
    /// A mail bounced for good.
    Bounce,
    /// The recipient complained.
    Complaint,
    /// An operator added it.
    Manual,
}
