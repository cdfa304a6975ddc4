//! Export jobs (`docs/spec/audience.md §12`).
//!
//! Belongs: the refusal or acceptance of a job, freezing whom it exports, writing the files, its
//! life until the end, going on after a crash. Elsewhere: what a row looks like (`audience::rows`).
//!
//! The set of endpoints is frozen when the job is accepted and written in the order of ordinals,
//! file by file. A file is written first and recorded after, and its name follows from its number,
//! so a crash between the two writes it again, in the same place.

mod create;
mod end;
mod piece;
mod plan;
mod run;

use std::sync::Arc;

use clock::Clock;
use store::Store;
use tokio::sync::{Mutex, Notify};

use crate::buckets::Buckets;

pub use create::{ExportRefusal, ExportRequest};
pub use plan::DOCUMENT_KIND;

/// What jobs may be and how large their files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportLimits {
    /// Jobs that have not ended, in all applications together.
    pub active_jobs: usize,
    /// Rows of a file.
    pub piece_rows: u64,
    /// Bytes of a file, compressed, after which no more rows are added.
    pub piece_bytes: usize,
}

impl Default for ExportLimits {
    fn default() -> Self {
        Self {
            active_jobs: 10,
            piece_rows: 100_000,
            piece_bytes: 16 << 20,
        }
    }
}

/// Accepts and runs export jobs; cheap to clone.
#[derive(Clone)]
pub struct ExportJobs {
    store: Store,
    clock: Clock,
    buckets: Arc<Buckets>,
    limits: Arc<ExportLimits>,
    /// Wakes the loop when a job was created.
    created: Arc<Notify>,
    /// Held while a job is created, so that the limit of active jobs is exact.
    creating: Arc<Mutex<()>>,
}

impl ExportJobs {
    /// Export jobs over `store`, writing to `buckets`.
    #[must_use]
    pub fn new(store: Store, clock: Clock, buckets: Buckets, limits: ExportLimits) -> Self {
        Self {
            store,
            clock,
            buckets: Arc::new(buckets),
            limits: Arc::new(limits),
            created: Arc::new(Notify::new()),
            creating: Arc::new(Mutex::new(())),
        }
    }
}
