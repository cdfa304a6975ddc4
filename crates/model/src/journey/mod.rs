//! Journeys: who walks which path, and when.

mod activity;
mod hours;
mod run;

use std::collections::BTreeMap;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

pub use activity::{
    Activity, ActivityStep, Condition, EventCondition, Junction, MultiBranch, RandomBranch,
    SimpleCondition, SmsSettings, StepTemplate, WaitTime,
};
pub use hours::{ClosedDay, JourneyChannel, OpenRange, Weekday};
pub use run::{JourneyRun, JourneyRunStatus, MetricCounts};

use crate::{AppId, EventFilter, JourneyActivityId, JourneyId, QuietTime, SegmentId, Tags};

/// A journey as its author wrote it (`docs/spec/journeys.md §2`). While it is a draft the path may
/// be incomplete; crate `journeys` knows what a published one must fulfil.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    /// The application.
    pub app: AppId,
    /// The identifier.
    pub id: JourneyId,
    /// A name for people: 1 to 150 letters, digits, `_` and `-`.
    pub name: String,
    /// Where the journey stands.
    pub state: JourneyState,
    /// Who enters.
    pub start_condition: Option<StartCondition>,
    /// The first activity.
    pub start_activity: Option<JourneyActivityId>,
    /// The path.
    pub activities: BTreeMap<JourneyActivityId, Activity>,
    /// From when to when.
    pub schedule: Option<JourneySchedule>,
    /// Caps as given.
    pub limits: Option<JourneyCaps>,
    /// Whether start and end are read on the participant's clock.
    pub local_time: Option<bool>,
    /// Hours without messages.
    pub quiet_time: Option<QuietTime>,
    /// Whether a message is held through quiet time instead of dropped.
    pub wait_for_quiet_time: Option<bool>,
    /// Whether open hours and closed days count.
    pub sending_schedule: Option<bool>,
    /// Hours with messages, by channel and weekday.
    pub open_hours: Option<BTreeMap<JourneyChannel, BTreeMap<Weekday, Vec<OpenRange>>>>,
    /// Days without messages, by channel.
    pub closed_days: Option<BTreeMap<JourneyChannel, Vec<ClosedDay>>>,
    /// How often the entry segment is evaluated again: an ISO 8601 duration.
    pub refresh_frequency: Option<String>,
    /// Whether a change of the entry segment evaluates it again.
    pub refresh_on_segment_update: Option<bool>,
    /// How a missing time zone is inferred, in this order.
    pub timezone_estimation: Option<Vec<TimezoneEstimation>>,
    /// What contact-center activities need.
    pub channel_settings: Option<JourneyChannelSettings>,
    /// Labels.
    pub tags: Tags,
    /// What was fixed when the journey was published; absent in drafts.
    pub launch: Option<Launch>,
    /// When the journey was last paused; absent unless it is paused.
    pub paused_at: Option<Timestamp>,
    /// When the journey was created.
    pub created: Timestamp,
    /// When it was last written.
    pub modified: Timestamp,
}

/// What publication fixes (`docs/spec/journeys.md §4`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// When the journey was published.
    pub at: Timestamp,
    /// The version of the entry segment at that time, if there is one.
    pub segment_version: Option<u32>,
    /// When entry begins.
    pub starts: Timestamp,
    /// When entry ends at the latest.
    pub ends: Timestamp,
}

/// Who enters (`docs/spec/journeys.md §4`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StartCondition {
    /// Words for people.
    pub description: Option<String>,
    /// The condition; absent in unfinished drafts.
    pub entry: Option<Entry>,
}

/// The condition of entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// Membership of a segment.
    Segment(SegmentId),
    /// An event.
    Event {
        /// Which events; absent in unfinished drafts.
        filter: Option<EventFilter>,
        /// A segment that the participant must belong to.
        segment: Option<SegmentId>,
    },
}

/// From when to when a journey takes participants in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneySchedule {
    /// Entry begins; absent means soon after publication.
    pub start: Option<Timestamp>,
    /// Entry ends; absent means 540 days later.
    pub end: Option<Timestamp>,
    /// Label of a fixed offset, such as `UTC+05:30`.
    pub timezone: Option<String>,
}

/// Caps of one journey (`docs/spec/journeys.md §5`); 0 means unlimited, absent means the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyCaps {
    /// Messages per participant in 24 h.
    pub daily: Option<u32>,
    /// Messages that an endpoint gets from this journey.
    pub total: Option<u32>,
    /// Messages that an endpoint gets from all journeys in some days.
    pub timeframe: Option<TimeframeCap>,
    /// Messages per second of the journey.
    pub messages_per_second: Option<u32>,
    /// Times that a participant may enter; absent means once.
    pub reentry: Option<u32>,
    /// Least time between two entries: an ISO 8601 duration.
    pub reentry_interval: Option<String>,
}

/// A cap over a rolling number of days; it is off while either member is 0 or absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredCap")]
pub struct TimeframeCap {
    /// Messages.
    pub cap: Option<u32>,
    /// Days.
    pub days: Option<u32>,
}

/// What is read as a [`TimeframeCap`]: the caps of an application were a pair once.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredCap {
    Pair(u32, u32),
    Parts { cap: Option<u32>, days: Option<u32> },
}

impl From<StoredCap> for TimeframeCap {
    fn from(stored: StoredCap) -> Self {
        match stored {
            StoredCap::Pair(cap, days) => Self {
                cap: Some(cap),
                days: Some(days),
            },
            StoredCap::Parts { cap, days } => Self { cap, days },
        }
    }
}

/// Where contact-center activities dial.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyChannelSettings {
    /// The dialler's campaign.
    pub campaign_arn: Option<String>,
    /// The role that may use it.
    pub role_arn: Option<String>,
}

macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$about:meta])* $name:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[allow(missing_docs, reason = "the words are the reference's own")]
        pub enum $type {
            $($(#[$about])* $name,)*
        }

        impl $type {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// The value with this word.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.as_str() == word)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where a journey stands (`docs/spec/journeys.md §3`).
    JourneyState {
        /// Editable; never runs.
        Draft = "DRAFT",
        /// Published; participants enter or soon will.
        Active = "ACTIVE",
        /// Nothing moves.
        Paused = "PAUSED",
        /// No new entrants; those inside continue.
        Closed = "CLOSED",
        /// Everyone has left.
        Completed = "COMPLETED",
        /// Stopped for good.
        Cancelled = "CANCELLED",
    }
}

words! {
    /// How a missing time zone is inferred (`docs/spec/journeys.md §6`).
    TimezoneEstimation {
        PhoneNumber = "PHONE_NUMBER",
        PostalCode = "POSTAL_CODE",
    }
}

impl JourneyState {
    /// Whether nothing more can happen.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }

    /// Whether the journey is published and not at its end.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Active | Self::Paused | Self::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, cap: Option<u32>, days: Option<u32>) {
        let read: TimeframeCap = serde_json::from_str(text).expect("readable");
        assert_eq!(read, TimeframeCap { cap, days }, "{text}");
    }

    #[test]
    fn caps_are_read_in_both_storage_forms() {
        check("[9,30]", Some(9), Some(30));
        check(r#"{"cap":9,"days":30}"#, Some(9), Some(30));
        check(r#"{"cap":9,"days":null}"#, Some(9), None);
        check("{}", None, None);
        let half = TimeframeCap {
            cap: None,
            days: Some(7),
        };
        let text = serde_json::to_string(&half).expect("encodes");
        check(&text, None, Some(7));
    }
}
