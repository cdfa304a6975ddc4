//! What can go wrong in the loops.

use events::LogError;
use store::StoreError;

use crate::segments::ResolveError;

/// A failure of a loop; the next round tries again from what is stored.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The event log failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A segment cannot be resolved.
    #[error(transparent)]
    Segment(#[from] ResolveError),
    /// A task of ours ended early.
    #[error("a task of the engine ended early: {0}")]
    Task(String),
}
