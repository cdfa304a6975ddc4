//! What can go wrong in a store.

use audience::Violation;

/// A failure of the store. Refusals of single endpoint writes are no failures: see
/// [`crate::Refusal`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A write expected another revision; read again and decide again.
    #[error("{0} was changed by somebody else")]
    Conflict(String),
    /// The content of a request breaks a rule; nothing was written.
    #[error(transparent)]
    Refused(#[from] Violation),
    /// The disk is full or the quota is used up; nothing was written.
    #[error("no space left in the data folder: free some and try again")]
    Full,
    /// Stored bytes do not decode.
    #[error("stored {what} is damaged: {reason}")]
    Damaged {
        /// Which record.
        what: String,
        /// How it shows.
        reason: String,
    },
    /// The data was written by a newer version of the program.
    #[error(
        "the data folder has schema version {found}; this program knows up to {known}: use a newer one"
    )]
    Newer {
        /// Version found.
        found: u32,
        /// Highest version known.
        known: u32,
    },
    /// The backend is shutting down.
    #[error("the store is closed")]
    Closed,
    /// The backend failed.
    #[error("store failure: {0}")]
    Backend(String),
}
