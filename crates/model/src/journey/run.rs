//! Runs of a journey: one per intake of its entry segment, or one for life where events start it
//! (`docs/spec/journeys.md §10`).

use std::collections::BTreeMap;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use super::words;
use crate::{AppId, JourneyActivityId, JourneyId, JourneyRunId};

/// Counters by their name in execution metrics; those that are zero are absent.
pub type MetricCounts = BTreeMap<String, u64>;

/// One run of a journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyRun {
    /// The application.
    pub app: AppId,
    /// The journey.
    pub journey: JourneyId,
    /// The identifier.
    pub id: JourneyRunId,
    /// Where the run stands.
    pub status: JourneyRunStatus,
    /// What became of its participants.
    pub counts: MetricCounts,
    /// What happened at each activity.
    pub activities: BTreeMap<JourneyActivityId, MetricCounts>,
    /// When the run was planned.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
}

words! {
    /// Where a run of a journey stands.
    JourneyRunStatus {
        /// Nobody has entered yet.
        Scheduled = "SCHEDULED",
        /// Participants are inside.
        Running = "RUNNING",
        /// Everyone has left.
        Completed = "COMPLETED",
        /// Stopped with its journey.
        Cancelled = "CANCELLED",
    }
}

impl JourneyRunStatus {
    /// Whether nothing more can happen.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}
