//! Why a journey cannot be written.

use journeys::JourneyFault;
use model::{JourneyId, SegmentId, TemplateName};
use store::StoreError;

use crate::segments::ResolveError;

/// Why a journey was not created, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum JourneyError {
    /// There is no such journey.
    #[error("journey {0} does not exist")]
    NotFound(JourneyId),
    /// The definition breaks a rule of its own.
    #[error(transparent)]
    Fault(#[from] JourneyFault),
    /// The journey does not fit into the application.
    #[error(transparent)]
    Refused(#[from] JourneyRefusal),
    /// Somebody else changed the journey again and again meanwhile.
    #[error("journey {0} is being changed by somebody else; try again")]
    Busy(JourneyId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Something outside of the journey that stands against its publication
/// (`docs/spec/journeys.md §2, §4, §11`).
#[derive(Debug, thiserror::Error)]
pub enum JourneyRefusal {
    /// The segment does not exist in the application.
    #[error("{place}: segment {id} does not exist")]
    UnknownSegment {
        /// The member that names it.
        place: String,
        /// The segment.
        id: SegmentId,
    },
    /// The segment cannot be evaluated.
    #[error("{place}: {error}")]
    BrokenSegment {
        /// The member that names it.
        place: String,
        /// Why not.
        error: ResolveError,
    },
    /// An imported list decides about entry by event.
    #[error(
        "{place}: segment {id} is imported or builds on an imported segment, which does not go with an event"
    )]
    ImportedSegment {
        /// The member that names it.
        place: String,
        /// The segment.
        id: SegmentId,
    },
    /// Criteria written into the journey make no sense.
    #[error("{place}.{problem}")]
    Criteria {
        /// The member that holds them.
        place: String,
        /// What is wrong.
        problem: audience::Violation,
    },
    /// The template, or its version, does not exist.
    #[error("{place}: {kind} template {name}{} does not exist", version.map(|v| format!(" version {v}")).unwrap_or_default())]
    UnknownTemplate {
        /// The member that names it.
        place: String,
        /// The kind of template.
        kind: &'static str,
        /// The template.
        name: TemplateName,
        /// The version that was asked for.
        version: Option<u32>,
    },
    /// The call cannot lead to this state.
    #[error("State: {0}")]
    State(&'static str),
    /// A quota is used up.
    #[error("the quota of {limit} {quota} is used up")]
    Quota {
        /// What is counted.
        quota: &'static str,
        /// How many there may be.
        limit: usize,
    },
}
