//! Why a campaign cannot be written.

use audience::Violation;
use model::{CampaignId, CampaignStatus, SegmentId, TemplateName};
use schedule::ScheduleError;
use store::StoreError;

/// Why a campaign was not created, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// There is no such campaign.
    #[error("campaign {0} does not exist")]
    NotFound(CampaignId),
    /// The content breaks a rule.
    #[error(transparent)]
    Refused(#[from] CampaignRefusal),
    /// Somebody else changed the campaign again and again meanwhile.
    #[error("campaign {0} is being changed by somebody else; try again")]
    Busy(CampaignId),
    /// It is too late for the change.
    #[error("{0}")]
    TooLate(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A rule that a campaign breaks (`docs/spec/campaigns.md §2–7`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CampaignRefusal {
    /// A member is missing or out of its bounds.
    #[error("{member} {problem}")]
    Invalid {
        /// The member's path on the wire.
        member: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A filter of events lacks something.
    #[error(transparent)]
    Filter(#[from] Violation),
    /// A schedule cannot be kept.
    #[error("{member}: {error}")]
    Schedule {
        /// The member's path on the wire.
        member: String,
        /// Why not.
        error: ScheduleError,
    },
    /// The segment, or its version, does not exist in the application.
    #[error("segment {id}{} does not exist", version.map(|v| format!(" version {v}")).unwrap_or_default())]
    UnknownSegment {
        /// The segment.
        id: SegmentId,
        /// The version that was asked for.
        version: Option<u32>,
    },
    /// The template, or its version, does not exist.
    #[error("{kind} template {name}{} does not exist", version.map(|v| format!(" version {v}")).unwrap_or_default())]
    UnknownTemplate {
        /// The kind of template.
        kind: &'static str,
        /// The template.
        name: TemplateName,
        /// The version that was asked for.
        version: Option<u32>,
    },
    /// The member cannot change where the campaign stands now.
    #[error("{member} cannot be changed while the campaign is {}", status.as_str())]
    NotEditable {
        /// The member.
        member: &'static str,
        /// Where the campaign stands.
        status: CampaignStatus,
    },
    /// A quota is used up.
    #[error("the quota of {limit} {quota} is used up")]
    Quota {
        /// What is counted.
        quota: &'static str,
        /// How many there may be.
        limit: u64,
    },
}
