//! The questions: a small closed algebra over events and messages.
//!
//! A KPI or chart is data over these questions; nothing below them knows its name.

use clock::Timestamp;
use model::{ActivityId, CampaignId, EndpointSet, Origin};

use crate::Window;

/// A question about the events of one application.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// How many events.
    Count(Filter, Group),
    /// How many different endpoints or persons.
    Distinct(Unit, Filter, Group),
    /// The sum of a metric over the events that have it.
    Sum(String, Filter, Group),
    /// A measure of messages.
    Messages(Measure, MessageScope, Window, Group),
}

/// Whom to count (`docs/spec/analytics.md §2.3`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Endpoints.
    Endpoint,
    /// Persons: users, and endpoints without user.
    Person,
}

/// Which events. An absent or empty member lets everything through.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// When they happened, by analytics time (`docs/spec/analytics.md §2.1`).
    pub window: Window,
    /// One of these types.
    pub kinds: Vec<String>,
    /// Who reported them.
    pub origin: Option<Origin>,
    /// The campaign.
    pub campaign: Option<CampaignId>,
    /// The campaign activity.
    pub activity: Option<ActivityId>,
    /// The treatment number as text.
    pub treatment: Option<String>,
    /// The journey.
    pub journey: Option<String>,
    /// One of these statuses.
    pub statuses: Vec<String>,
    /// Each of these attributes has one of its values.
    pub attributes: Vec<(String, Vec<String>)>,
    /// Each of these metrics stands in its relation.
    pub metrics: Vec<(String, Relation, f64)>,
    /// The endpoint is one of these.
    pub endpoints: Option<EndpointSet>,
}

impl Filter {
    /// Everything in `window`.
    #[must_use]
    pub const fn new(window: Window) -> Self {
        Self {
            window,
            kinds: Vec::new(),
            origin: None,
            campaign: None,
            activity: None,
            treatment: None,
            journey: None,
            statuses: Vec::new(),
            attributes: Vec::new(),
            metrics: Vec::new(),
            endpoints: None,
        }
    }

    /// Events of this type only, beside those named before.
    #[must_use]
    pub fn kind(mut self, kind: &str) -> Self {
        self.kinds.push(kind.to_owned());
        self
    }

    /// Events that clients reported.
    #[must_use]
    pub const fn from_clients(mut self) -> Self {
        self.origin = Some(Origin::Client);
        self
    }

    /// Events that the service emitted.
    #[must_use]
    pub const fn from_service(mut self) -> Self {
        self.origin = Some(Origin::Service);
        self
    }

    /// Events about this campaign.
    #[must_use]
    pub fn campaign(mut self, campaign: &CampaignId) -> Self {
        self.campaign = Some(campaign.clone());
        self
    }
}

/// How a metric relates to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Relation {
    Equal,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
}

impl Relation {
    /// Whether `left` stands in this relation to `right`.
    #[must_use]
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::GreaterThan => left > right,
            Self::GreaterThanOrEqual => left >= right,
            Self::LessThan => left < right,
            Self::LessThanOrEqual => left <= right,
        }
    }
}

/// How an answer is split. Groups without events are left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Group {
    /// Not at all: one row.
    None,
    /// By UTC day, `YYYY-MM-DD`.
    Day,
    /// By UTC hour, `YYYY-MM-DDTHH:00:00.000Z`.
    Hour,
    /// By event type. Not for messages.
    Kind,
    /// By campaign; events without one are left out.
    Campaign,
    /// By campaign activity; events without one are left out.
    Activity,
    /// By treatment; events without one are left out.
    Treatment,
    /// By send or delivery status; events without one are left out. Not for messages.
    Status,
    /// By journey activity; events without one are left out.
    JourneyActivity,
    /// By country of a text message, ISO alpha-2; for messages.
    Country,
    /// By `record_status` of a failed text message; for messages.
    ErrorCode,
    /// By the value of an attribute; events without it are left out. Not for messages.
    Attribute(String),
}

/// Which messages (`docs/spec/analytics.md §1.2`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageScope {
    /// What they belong to.
    pub kind: MessageKind,
    /// The channel; absent means every channel.
    pub channel: Option<Channel>,
    /// The campaign.
    pub campaign: Option<CampaignId>,
    /// The journey.
    pub journey: Option<String>,
}

/// What a message belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// A campaign.
    #[default]
    Campaign,
    /// A journey.
    Journey,
    /// Nothing: it was sent by itself.
    Transactional,
}

/// The channel of a message, with all push platforms as one (`docs/spec/analytics.md §1.1`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Channel {
    Email,
    Sms,
    Push,
    Voice,
    Custom,
    InApp,
}

/// A number that messages have (`docs/spec/analytics.md §2.2, §2.6, §4`). "Sent" and "delivered"
/// are cohorts: messages sent in the window. The others say themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Messages sent in the window.
    Sent,
    /// Those of them that were delivered.
    Delivered,
    /// Different endpoints among the delivered.
    EndpointsDelivered,
    /// Of those sent, how many bounced for good at any time.
    SentHardBounced,
    /// Of those sent, how many bounced softly and neither arrived nor bounced for good later.
    SentSoftBounced,
    /// Of those sent, how many were complained about at any time.
    SentComplained,
    /// Of those delivered, how many were opened at any time. For push: by its opening event.
    DeliveredOpened,
    /// Of those delivered, how many had a click at any time.
    DeliveredClicked,
    /// Opens in the window, one per message and hour.
    Opens,
    /// Clicks in the window, one per message and hour.
    Clicks,
    /// Unsubscribes in the window, one per message and hour.
    Unsubscribes,
    /// Push openings in the window, one per endpoint, activity and hour.
    PushOpens,
    /// Messages whose first hard bounce lies in the window.
    HardBounced,
    /// Messages whose last soft bounce lies in the window and stands.
    SoftBounced,
    /// Messages whose first complaint lies in the window.
    Complained,
    /// Messages whose first rejection lies in the window.
    Rejected,
    /// Different recipients with an open in the window.
    RecipientsOpened,
    /// Different recipients with a click in the window.
    RecipientsClicked,
    /// Price of the messages sent in the window, in 1/1000 US cent.
    PriceMillicents,
    /// Parts of the messages sent in the window; a message of unknown size has one.
    Parts,
    /// Parts of those of them that were delivered.
    DeliveredParts,
    /// Messages whose first final failure lies in the window.
    Failed,
}

/// An answer: one row per group, ascending by group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The rows. Without grouping there is exactly one; for messages none if none was sent and
    /// nothing was heard of one in the window.
    pub rows: Vec<Row>,
}

/// A row of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The group; absent without grouping.
    pub group: Option<String>,
    /// The value.
    pub value: f64,
}

impl Answer {
    /// The value of an ungrouped answer; 0 if there is none.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.rows.first().map_or(0.0, |row| row.value)
    }
}

/// The text of an hour as a group.
pub(crate) fn hour_text(hour: i64) -> String {
    Timestamp::from_utc_hour(hour).to_string()
}

/// The text of a day as a group.
pub(crate) fn day_text(day: i64) -> String {
    Timestamp::from_utc_day(day).date()
}
