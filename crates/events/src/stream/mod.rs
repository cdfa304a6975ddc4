//! Events on their way out, to the streams of applications (`docs/spec/events.md §4`).
//!
//! The event log is the queue: a [`Pump`] follows it as a consumer of its own, so nothing is lost
//! by a crash and nobody who reports events ever waits for a stream. Where records go is a
//! [`Sink`]; [`FolderSink`] writes files.

mod batch;
mod counters;
mod folder;
mod pump;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use clock::Timestamp;

pub use counters::{Lost, StreamCounters};
pub use folder::FolderSink;
pub use pump::{Order, Pump};

/// Bytes of the largest record, which every destination takes.
pub const LINE_BYTES_MAX: usize = 1_000_000;

/// One event as it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Records with one key stay in order, as far as order is kept.
    pub key: String,
    /// The record of the event: compact JSON and a newline.
    pub line: Vec<u8>,
    /// When the server received or learned of the event.
    pub arrival: Timestamp,
}

/// Why a destination took nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// It does not exist or does not let us in; somebody has to change something.
    #[error("{0}")]
    Refused(String),
    /// It did not work this time.
    #[error("{0}")]
    Unavailable(String),
}

/// A destination of records.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Tries whether records could be delivered.
    ///
    /// # Errors
    /// They could not.
    async fn test(&self) -> Result<(), SinkError>;

    /// Delivers at most 500 records of at most 4 MB together; when this returns they are safe
    /// there. Answers the indices, in order, of those that it did not take this time.
    ///
    /// # Errors
    /// It took none, as far as can be told.
    async fn put(&self, records: &[Record]) -> Result<Vec<usize>, SinkError>;
}
