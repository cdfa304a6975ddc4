//! Channels and their settings.

use std::collections::{BTreeMap, BTreeSet};
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

impl ChannelType {
    /// The channels that applications set up.
    pub const CONFIGURABLE: &'static [Self] = &[
        Self::Adm,
        Self::Apns,
        Self::ApnsSandbox,
        Self::ApnsVoip,
        Self::ApnsVoipSandbox,
        Self::Baidu,
        Self::Email,
        Self::Gcm,
        Self::Sms,
        Self::Voice,
    ];

    /// Whether every application has this channel without setting it up.
    #[must_use]
    pub const fn is_always_on(self) -> bool {
        matches!(self, Self::Custom | Self::InApp)
    }
}

impl fmt::Display for ChannelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How one channel of an application is set (`docs/spec/channels.md §1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The application.
    pub app: AppId,
    /// Which channel; it and `settings` belong together.
    pub kind: ChannelType,
    /// What only channels of this kind have.
    pub settings: ChannelSettings,
    /// Which secrets are kept for it, encrypted and elsewhere.
    #[serde(default)]
    pub credentials: BTreeSet<Credential>,
    /// Whether messages may go out.
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

/// What channels of one kind have beyond the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChannelSettings {
    /// The four kinds of Apple push.
    Apns(ApnsSettings),
    /// Firebase Cloud Messaging.
    Gcm(GcmSettings),
    /// Amazon Device Messaging.
    Adm,
    /// Baidu push.
    Baidu,
    /// Email.
    Email(EmailSettings),
    /// Text messages.
    Sms(SmsSenders),
    /// Telephone calls.
    Voice,
}

/// The settings of an Apple push channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApnsSettings {
    /// The application's identifier at Apple, which is the topic of its messages.
    pub bundle_id: Option<String>,
    /// Who signs tokens.
    pub team_id: Option<String>,
    /// The key that signs tokens.
    pub token_key_id: Option<String>,
    /// How to authenticate unless a message says otherwise, in the caller's words.
    pub default_method: Option<String>,
}

impl ApnsSettings {
    /// How to authenticate unless a message says otherwise.
    #[must_use]
    pub fn method(&self) -> Option<ApnsMethod> {
        ApnsMethod::parse(self.default_method.as_deref()?)
    }
}

/// How to authenticate at Apple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApnsMethod {
    /// By a token that a key signs.
    Token,
    /// By a client certificate.
    Certificate,
}

impl ApnsMethod {
    /// The method with this word, in any case; `token` and `key` mean the same.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "key" | "token" => Some(Self::Token),
            "certificate" => Some(Self::Certificate),
            _ => None,
        }
    }
}

/// The settings of a Firebase channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GcmSettings {
    /// How to authenticate unless a message says otherwise, in the caller's words.
    pub default_method: Option<String>,
}

impl GcmSettings {
    /// How to authenticate unless a message says otherwise.
    #[must_use]
    pub fn method(&self) -> Option<GcmMethod> {
        GcmMethod::parse(self.default_method.as_deref()?)
    }
}

/// How to authenticate at Firebase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GcmMethod {
    /// By the key of the former HTTP interface.
    Key,
    /// By a token for a service account.
    Token,
}

impl GcmMethod {
    /// The method with this word, in any case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "key" => Some(Self::Key),
            "token" => Some(Self::Token),
            _ => None,
        }
    }
}

/// The settings of the email channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailSettings {
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
}

/// The settings of the channel of text messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsSenders {
    /// The sender that recipients see.
    pub sender_id: Option<String>,
    /// The number that sends.
    pub short_code: Option<String>,
}

/// A secret by which the sender proves itself to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are the API's own words")]
pub enum Credential {
    ApiKey,
    Certificate,
    ClientId,
    ClientSecret,
    PrivateKey,
    SecretKey,
    ServiceJson,
    TokenKey,
}

/// The secrets of one channel. Their text is never shown.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Credentials(pub BTreeMap<Credential, String>);

impl Credentials {
    /// The secret of this kind.
    #[must_use]
    pub fn get(&self, credential: Credential) -> Option<&str> {
        self.0.get(&credential).map(String::as_str)
    }

    /// Which secrets there are.
    #[must_use]
    pub fn kinds(&self) -> BTreeSet<Credential> {
        self.0.keys().copied().collect()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Channel {
    /// A channel that is made at `now` and enabled, without secrets.
    #[must_use]
    pub fn new(app: AppId, kind: ChannelType, settings: ChannelSettings, now: Timestamp) -> Self {
        Self {
            app,
            kind,
            settings,
            credentials: BTreeSet::new(),
            enabled: true,
            version: 1,
            created: now,
            modified: now,
            modified_by: String::new(),
        }
    }

    /// The settings of the email channel; `None` if it is another.
    #[must_use]
    pub fn email(&self) -> Option<&EmailSettings> {
        match &self.settings {
            ChannelSettings::Email(settings) => Some(settings),
            _ => None,
        }
    }
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
