//! Shows on the terminal how a job goes.

use std::time::Duration;

use clock::Clock;
use model::{ExportJob, ImportJob, JobStatus};
use store::{Resource, Store};

use crate::error::ServerError;

/// How often the progress is shown.
const SHOWN_EVERY: Duration = Duration::from_millis(500);

/// A job whose progress can be shown.
pub trait Progress: Resource {
    /// Where the job stands.
    fn status(&self) -> JobStatus;

    /// How far it is, in words.
    fn counts(&self) -> String;
}

impl Progress for ImportJob {
    fn status(&self) -> JobStatus {
        self.status
    }

    fn counts(&self) -> String {
        format!(
            "{} rows read, {} refused, piece {} of {}",
            self.total_processed, self.total_failures, self.completed_pieces, self.total_pieces
        )
    }
}

impl Progress for ExportJob {
    fn status(&self) -> JobStatus {
        self.status
    }

    fn counts(&self) -> String {
        format!(
            "{} rows written, file {} of {}",
            self.total_processed, self.completed_pieces, self.total_pieces
        )
    }
}

/// Shows how `job` goes until it has ended; answers it as it ended.
///
/// # Errors
/// The store failed, or the job is gone.
pub async fn follow<J: Progress>(store: &Store, clock: &Clock, job: &J) -> Result<J, ServerError> {
    let jobs = store.of::<J>();
    loop {
        clock.sleep(SHOWN_EVERY).await;
        let Some(now) = jobs.get(&job.parent(), &job.id()).await? else {
            return Err(ServerError::JobGone);
        };
        eprint!("\r{}: {}   ", now.status().as_str(), now.counts());
        if now.status().is_final() {
            eprintln!();
            return Ok(now.value);
        }
    }
}
