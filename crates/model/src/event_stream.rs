//! Streams of events out of an application.

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::AppId;

/// Where the events of an application go (`docs/spec/events.md §4`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventStream {
    /// The application.
    pub app: AppId,
    /// Changes with every Put; the stream's position in the log is kept under it.
    pub generation: String,
    /// Where in the log the stream begins.
    pub from: u64,
    /// The ARN of the destination.
    pub destination: String,
    /// Stored and echoed.
    pub role: String,
    /// When the stream was last put.
    pub modified: Timestamp,
    /// Who put it.
    pub modified_by: String,
}
