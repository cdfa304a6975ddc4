//! Events by type (`docs/spec/analytics.md §7.4`), and the pick-lists of filters.

use clock::Timestamp;

/// A type of event that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventType {
    /// Its name.
    pub name: String,
    /// Events in the window asked for.
    pub count: u64,
    /// When the last of them happened.
    pub last: Timestamp,
}
