//! Loading archives of event streams into the log (`docs/spec/events.md §6`).
//!
//! A record is loaded once, by its content. Which records are about to be appended is noted before
//! they are, so that a load that was killed goes on exactly where it was.

mod fingerprint;
mod load;
mod report;
mod source;
mod split;

use events::{Log, LogError};
use model::AppId;
use store::{LoadedRecords, StoreError};

use crate::buckets::FileError;

pub use load::{Applications, ArchiveLoad};
pub use report::{RefusedRecord, Report};

/// Events that are read at once.
const READ_MAX: usize = 4_096;

/// Why a load ends before its time; what was loaded before stays.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A place cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The application that everything goes to is not there.
    #[error("there is no application {0}")]
    NoApp(AppId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Notes what of a load that was killed had come to the log. To be called before anything is
/// appended to `log`. Blocks.
///
/// # Errors
/// The log or `loaded` failed.
pub fn settle(log: &Log, loaded: &dyn LoadedRecords) -> Result<(), ArchiveError> {
    let Some(intent) = loaded.intended()? else {
        return Ok(());
    };
    // Nothing else was appended: every server settles before it begins.
    let mut count = 0;
    let mut position = intent.position;
    loop {
        let events = log.read_blocking(position, READ_MAX)?;
        let Some((after, _)) = events.last() else {
            break;
        };
        position = *after;
        count += events.len();
    }
    let appended = &intent.records[..count.min(intent.records.len())];
    tracing::info!(records = appended.len(), "engine.archive.settled");
    Ok(loaded.settle(appended)?)
}
