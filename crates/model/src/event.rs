//! Events: what happened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ActivityId, AppId, CampaignId, ChannelType, EndpointId, Header, Ordinal, UserId};

/// One accepted event, as it is kept in the log (`docs/spec/events.md §2–3`,
/// `docs/spec/analytics.md §1.1`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The application.
    pub app: AppId,
    /// The type, such as `_session.start`.
    pub kind: String,
    /// Who reported it.
    pub origin: Origin,
    /// When the reporter says it happened.
    pub timestamp: Timestamp,
    /// When the server received or learned it.
    pub arrival: Timestamp,
    /// The endpoint that it is about; a UUID for a mail to a bare address.
    pub endpoint: EndpointId,
    /// The endpoint's ordinal, if it is stored.
    pub ordinal: Option<Ordinal>,
    /// The endpoint's user when the event was stored.
    pub user: Option<UserId>,
    /// The client's own identifier of the event.
    pub client_event_id: Option<String>,
    /// The session that it belongs to.
    pub session: Option<Session>,
    /// Device and application facts.
    #[serde(with = "shared")]
    pub device: Arc<Device>,
    /// Named texts as sent.
    pub attributes: BTreeMap<String, String>,
    /// Named numbers as sent.
    pub metrics: BTreeMap<String, f64>,
    /// The campaign that it is about.
    pub campaign: Option<CampaignRef>,
    /// The journey that it is about.
    pub journey: Option<JourneyRef>,
    /// The message that it is about.
    pub message_id: Option<String>,
    /// The channel of the message.
    pub channel: Option<ChannelType>,
    /// Send status or delivery status.
    pub status: Option<String>,
    /// The part that only email events have.
    pub mail: Option<Box<MailDetail>>,
    /// The endpoint at that instant as JSON text, for the record that is streamed.
    pub endpoint_json: Option<String>,
}

/// How long before its arrival a client may date an event.
const LATE: Duration = Duration::from_hours(90 * 24);
/// How long after its arrival a client may date an event.
const EARLY: Duration = Duration::from_mins(15);

impl Event {
    /// An event of type `kind` at `endpoint` that tells nothing else: it happened, and arrived,
    /// at `at`.
    #[must_use]
    pub fn bare(
        app: AppId,
        kind: impl Into<String>,
        origin: Origin,
        endpoint: EndpointId,
        at: Timestamp,
    ) -> Self {
        Self {
            app,
            kind: kind.into(),
            origin,
            timestamp: at,
            arrival: at,
            endpoint,
            ordinal: None,
            user: None,
            client_event_id: None,
            session: None,
            device: Arc::default(),
            attributes: BTreeMap::new(),
            metrics: BTreeMap::new(),
            campaign: None,
            journey: None,
            message_id: None,
            channel: None,
            status: None,
            mail: None,
            endpoint_json: None,
        }
    }

    /// When the event counts (`docs/spec/analytics.md §2.1`): what the service emits, when it
    /// happened; what a client reports, when the client says, unless its clock is broken.
    #[must_use]
    pub fn counted_at(&self) -> Timestamp {
        let believable = self.arrival.minus(LATE)..=self.arrival.plus(EARLY);
        if self.origin.reporter() == Origin::Client && believable.contains(&self.timestamp) {
            self.timestamp
        } else {
            self.arrival
        }
    }
}

/// Who reported an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// A client, through PutEvents.
    Client,
    /// The service itself.
    Service,
    /// A client, to the service whose archive was loaded (`docs/spec/events.md §6`).
    ArchivedClient,
    /// The service whose archive was loaded.
    ArchivedService,
}

impl Origin {
    /// [`Self::Client`] or [`Self::Service`], whether it comes from an archive or not: for those
    /// who count what happened.
    #[must_use]
    pub const fn reporter(self) -> Self {
        match self {
            Self::Client | Self::ArchivedClient => Self::Client,
            Self::Service | Self::ArchivedService => Self::Service,
        }
    }

    /// Whether it happened here: for those who act on what happens.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Client | Self::Service)
    }
}

/// The session of a client event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The client's identifier of the session.
    pub id: String,
    /// When it started.
    pub start: Timestamp,
    /// When it stopped.
    pub stop: Option<Timestamp>,
    /// How long it lasted, in milliseconds.
    pub duration_ms: Option<i64>,
}

/// Device and application facts at arrival.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct Device {
    pub app_package_name: Option<String>,
    pub app_title: Option<String>,
    pub app_version_code: Option<String>,
    pub app_version: Option<String>,
    pub sdk_name: Option<String>,
    pub sdk_version: Option<String>,
    pub make: Option<String>,
    pub model: Option<String>,
    pub platform: Option<String>,
    pub platform_version: Option<String>,
    pub locale: Option<String>,
    pub timezone: Option<String>,
    pub country: Option<String>,
}

/// The campaign that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CampaignRef {
    /// The campaign.
    pub campaign: CampaignId,
    /// Its run and treatment.
    pub activity: Option<ActivityId>,
    /// The treatment number as text, `"0"` for the default.
    pub treatment: Option<String>,
}

/// The journey that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the field's own words")]
pub struct JourneyRef {
    pub journey: String,
    pub run: Option<String>,
    pub activity: Option<String>,
}

/// What an email event tells beyond the others (`docs/spec/events.md §3.5`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailDetail {
    /// When the message was sent.
    pub sent: Timestamp,
    /// The sender.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// The subject; absent on campaign sends.
    pub subject: Option<String>,
    /// Headers that are worth telling.
    pub headers: Vec<Header>,
    /// What happened to the message.
    pub facet: MailFacet,
}

/// What happened to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are the reference's own words")]
pub enum MailFacet {
    Send,
    Delivery {
        smtp_response: String,
        reporting_mta: String,
        processing_time_ms: u64,
    },
    Bounce {
        permanent: bool,
        sub_type: String,
        status: Option<String>,
        diagnostic: Option<String>,
        reporting_mta: Option<String>,
        feedback_id: String,
    },
    Complaint {
        feedback_id: String,
        feedback_type: Option<String>,
        user_agent: Option<String>,
    },
    Open {
        ip_address: Option<String>,
        user_agent: Option<String>,
    },
    Click {
        ip_address: Option<String>,
        user_agent: Option<String>,
        link: String,
        link_tags: BTreeMap<String, Vec<String>>,
    },
    Reject {
        reason: String,
    },
    RenderingFailure {
        template_name: Option<String>,
        error: String,
    },
}

/// A value that many share is stored with each of them.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &Arc<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        T::serialize(value, serializer)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}
