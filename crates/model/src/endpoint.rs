//! Endpoints, and changes to them.

use std::collections::BTreeMap;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AppId, ChannelType, EndpointId, Ordinal, UserId};

/// Custom attributes: name → values.
pub type Attributes = BTreeMap<String, Vec<String>>;

/// Custom metrics: name → value.
pub type Metrics = BTreeMap<String, f64>;

/// A destination that messages can be sent to, as a reader sees it: with the attributes of its
/// user (`docs/spec/audience.md §6.1`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The application.
    pub app: AppId,
    /// The identifier in the casing of its creation.
    pub id: EndpointId,
    /// The dense number in the application.
    pub ordinal: Ordinal,
    /// The channel; absent while the endpoint only holds attributes.
    pub channel: Option<ChannelType>,
    /// Where the channel delivers to.
    pub address: Option<String>,
    /// Custom attributes.
    pub attributes: Attributes,
    /// Custom metrics.
    pub metrics: Metrics,
    /// Device facts.
    pub demographic: Demographic,
    /// Where the endpoint is.
    pub location: Location,
    /// The user whom the endpoint is linked to.
    pub user: Option<UserId>,
    /// The attributes of that user; without a user, the attributes waiting for one
    /// (`docs/spec/audience.md §7.1`).
    pub user_attributes: Attributes,
    /// Whether messages are refused.
    pub opt_out: OptOut,
    /// Whether the endpoint is thought to work.
    pub status: EndpointStatus,
    /// When the client says the endpoint was last updated.
    pub effective: Timestamp,
    /// The request that last wrote the endpoint.
    pub request_id: String,
    /// The permanent cohort, 0 to 99.
    pub cohort: u8,
    /// When the endpoint was created.
    pub created: Timestamp,
    /// When the endpoint was last active (`docs/spec/audience.md §10.6`).
    pub last_active: Option<Timestamp>,
}

/// Device facts of an endpoint. In an [`EndpointUpdate`], an empty text clears the member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct Demographic {
    pub app_version: Option<String>,
    pub locale: Option<String>,
    pub make: Option<String>,
    pub model: Option<String>,
    pub model_version: Option<String>,
    pub platform: Option<String>,
    pub platform_version: Option<String>,
    pub timezone: Option<String>,
}

/// The place of an endpoint. In an [`EndpointUpdate`], an empty text clears the member and
/// coordinates change as a pair.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct Location {
    pub city: Option<String>,
    pub country: Option<String>,
    pub postal_code: Option<String>,
    pub region: Option<String>,
    /// Degrees, −90 to 90, one decimal.
    pub latitude: Option<f64>,
    /// Degrees, −180 to 180, one decimal.
    pub longitude: Option<f64>,
}

/// Whether an endpoint refuses messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OptOut {
    /// Messages are welcome.
    #[default]
    None,
    /// No messages.
    All,
}

/// Whether an endpoint is thought to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum EndpointStatus {
    /// Messages can be sent.
    #[default]
    Active,
    /// The address is taken by another endpoint, or the client said so.
    Inactive,
}

/// What a write says about an endpoint's user (`docs/spec/audience.md §6.2`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserLink {
    /// Nothing: the link stays.
    #[default]
    Keep,
    /// The endpoint has no user any more.
    Unlink,
    /// The endpoint belongs to this user.
    Link(UserId),
}

/// A change to an endpoint, merged into what is stored (`docs/spec/audience.md §6.2`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EndpointUpdate {
    /// New channel.
    pub channel: Option<ChannelType>,
    /// New address.
    pub address: Option<String>,
    /// Attributes to replace, by name; an empty list empties the attribute.
    pub attributes: Attributes,
    /// Metrics to replace, by name.
    pub metrics: Metrics,
    /// Device facts to replace.
    pub demographic: Demographic,
    /// Place to replace.
    pub location: Location,
    /// The link to a user.
    pub user: UserLink,
    /// User attributes to replace, by name.
    pub user_attributes: Attributes,
    /// New opt-out.
    pub opt_out: Option<OptOut>,
    /// New status; absent means active.
    pub status: Option<EndpointStatus>,
    /// When the client says that this holds; absent means now.
    pub effective: Option<Timestamp>,
    /// The client's own name for the request.
    pub request_id: Option<String>,
}

impl OptOut {
    /// The word on the wire and in templates.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::All => "ALL",
        }
    }

    /// The opt-out with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "NONE" => Some(Self::None),
            "ALL" => Some(Self::All),
            _ => None,
        }
    }
}

impl EndpointStatus {
    /// The word on the wire and in templates.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "ACTIVE" => Some(Self::Active),
            "INACTIVE" => Some(Self::Inactive),
            _ => None,
        }
    }
}
