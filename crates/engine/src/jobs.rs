//! The loop that runs the jobs of one kind to their end, a few at a time.

use std::collections::HashSet;
use std::time::Duration;

use clock::Clock;
use store::{Resource, Store, StoreError, Stored};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Jobs of a kind that run at the same time; the others wait.
const JOBS_AT_ONCE: usize = 2;

/// Pause before jobs are looked for again, and before a job is tried again whose store failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Jobs of one kind, kept as documents that are due until the job has ended.
pub(crate) trait Jobs: Clone + Send + Sync + 'static {
    /// The record of a job.
    type Job: Resource + 'static;

    fn store(&self) -> &Store;

    fn clock(&self) -> &Clock;

    /// Wakes the loop when a job was created.
    fn created(&self) -> &Notify;

    /// Jobs that have not ended at most.
    fn active_max(&self) -> usize;

    /// Runs a job to its end, from where it stands.
    ///
    /// # Errors
    /// The store failed; the job goes on when it is run again.
    fn run_job(
        &self,
        job: Stored<Self::Job>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Runs jobs as they are created, and goes on with those that a crash interrupted. Never returns;
/// it may be dropped at any point.
pub(crate) async fn run<J: Jobs>(jobs: &J) {
    let mut running = JoinSet::new();
    let mut ids = HashSet::new();
    loop {
        match waiting(jobs, &ids).await {
            Ok(found) => {
                let room = JOBS_AT_ONCE.saturating_sub(running.len());
                for job in found.into_iter().take(room) {
                    ids.insert(job.id());
                    let jobs = jobs.clone();
                    running.spawn(async move { attempt(&jobs, job).await });
                }
            }
            Err(error) => tracing::warn!(kind = J::Job::KIND, %error, "jobs cannot be listed"),
        }
        tokio::select! {
            Some(ended) = running.join_next() => match ended {
                Ok(id) => { ids.remove(&id); }
                // A panic ends its job until the next start, not the loop.
                Err(error) => tracing::error!(kind = J::Job::KIND, %error, "a job panicked"),
            },
            () = jobs.created().notified() => {}
            () = jobs.clock().sleep(PAUSE) => {}
        }
    }
}

/// Runs every job that has not ended, one after the other; returns how many there were.
///
/// # Errors
/// The store failed; the job goes on when it is run again.
pub(crate) async fn run_due<J: Jobs>(jobs: &J) -> Result<usize, StoreError> {
    let found = waiting(jobs, &HashSet::new()).await?;
    let count = found.len();
    for job in found {
        jobs.run_job(job).await?;
    }
    Ok(count)
}

/// Whether as many jobs as allowed have not ended.
///
/// # Errors
/// The store failed.
pub(crate) async fn is_full<J: Jobs>(jobs: &J) -> Result<bool, StoreError> {
    let limit = jobs.active_max();
    let active = jobs.store().of::<J::Job>();
    let active = active.due(jobs.clock().now(), limit).await?;
    Ok(active.len() >= limit)
}

async fn waiting<J: Jobs>(
    jobs: &J,
    running: &HashSet<String>,
) -> Result<Vec<Stored<J::Job>>, StoreError> {
    let due = jobs.store().of::<J::Job>();
    let mut found = due.due(jobs.clock().now(), jobs.active_max()).await?;
    found.retain(|job| !running.contains(&job.id()));
    Ok(found)
}

/// Runs a job; returns its identifier when it has ended or can be tried again.
async fn attempt<J: Jobs>(jobs: &J, job: Stored<J::Job>) -> String {
    let id = job.id();
    if let Err(error) = jobs.run_job(job).await {
        let kind = J::Job::KIND;
        tracing::warn!(kind, job.id = id, %error, "job interrupted, it will be tried again");
        jobs.clock().sleep(PAUSE).await;
    }
    id
}
