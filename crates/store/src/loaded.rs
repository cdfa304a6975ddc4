//! Which records of archives were loaded before.

use crate::StoreError;

/// Names a record by its application and content.
pub type Fingerprint = [u8; 16];

/// Records that are about to be appended to the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Where the log ended before.
    pub position: u64,
    /// The records, in order.
    pub records: Vec<Fingerprint>,
}

/// Remembers records of archives, so that loading one again changes nothing.
///
/// All calls block. One process loads at a time.
pub trait LoadedRecords: Send + Sync {
    /// For each of `records`, whether it was loaded before.
    ///
    /// # Errors
    /// The backend failed.
    fn known(&self, records: &[Fingerprint]) -> Result<Vec<bool>, StoreError>;

    /// Notes durably what is about to be appended.
    ///
    /// # Errors
    /// The backend failed.
    fn intend(&self, intent: &Intent) -> Result<(), StoreError>;

    /// What was about to be appended when the process ended, if it ended then.
    ///
    /// # Errors
    /// The backend failed.
    fn intended(&self) -> Result<Option<Intent>, StoreError>;

    /// Notes durably that `records` were appended, and that nothing is about to be.
    ///
    /// # Errors
    /// The backend failed.
    fn settle(&self, records: &[Fingerprint]) -> Result<(), StoreError>;
}
