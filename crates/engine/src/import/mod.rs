//! Import jobs (`docs/spec/audience.md §11`).
//!
//! Belongs: the refusal or acceptance of a job, finding and reading its files, applying their rows,
//! its life until the end, going on after a crash. Elsewhere: what a line means (`audience::rows`),
//! the rules of a write (`audience`, through `store`).
//!
//! A job goes through its files in order, piece by piece. A piece is applied first and recorded
//! after, so a crash between the two applies it again; that changes nothing, because the writes of
//! a row depend on the row alone.

mod apply;
mod create;
mod end;
mod progress;
mod reader;
mod run;

use std::sync::Arc;

use audience::EndpointLimits;
use clock::Clock;
use store::Store;
use tokio::sync::{Mutex, Notify};

use crate::buckets::Buckets;

pub use create::{ImportRefusal, ImportRequest};
pub use progress::DOCUMENT_KINDS;

/// What a job may ask for; the default is the documented value of each
/// (`docs/spec/audience.md §14`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportLimits {
    /// Jobs that have not ended, in all applications together.
    pub active_jobs: usize,
    /// Files of one job.
    pub files: usize,
    /// Bytes in all files of one job.
    pub bytes: u64,
    /// What an endpoint may hold that lives in a segment alone.
    pub endpoint: EndpointLimits,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            active_jobs: 10,
            files: 10_000,
            bytes: 1 << 30,
            endpoint: EndpointLimits::default(),
        }
    }
}

/// Accepts and runs import jobs; cheap to clone.
#[derive(Clone)]
pub struct ImportJobs {
    store: Store,
    clock: Clock,
    buckets: Arc<Buckets>,
    limits: Arc<ImportLimits>,
    /// Wakes the loop when a job was created.
    created: Arc<Notify>,
    /// Held while a job is created, so that the limit of active jobs is exact.
    creating: Arc<Mutex<()>>,
}

impl ImportJobs {
    /// Import jobs over `store`, reading from `buckets`.
    #[must_use]
    pub fn new(store: Store, clock: Clock, buckets: Buckets, limits: ImportLimits) -> Self {
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
