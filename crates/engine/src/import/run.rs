//! Runs jobs to their end.

use clock::Clock;
use model::{ImportJob, JobStatus};
use store::{Expect, Store, StoreError, Stored, put};
use tokio::sync::Notify;

use super::ImportJobs;
use super::apply::{Applied, Applier};
use super::end::FAILURES_MAX;
use super::progress::{Plan, Position, Progress};
use super::reader::{PieceFailure, ReadPiece, Reader};
use crate::buckets::Location;
use crate::jobs::{self, Jobs};

impl Jobs for ImportJobs {
    type Job = ImportJob;

    fn store(&self) -> &Store {
        &self.store
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn created(&self) -> &Notify {
        &self.created
    }

    fn active_max(&self) -> usize {
        self.limits.active_jobs
    }

    async fn run_job(&self, job: Stored<ImportJob>) -> Result<(), StoreError> {
        let record = job.value.clone();
        match self.try_job(job).await {
            Err(StoreError::Conflict(_)) => self.clear_up(&record).await,
            ended => ended,
        }
    }
}

impl ImportJobs {
    /// Runs jobs as they are created, and goes on with those that a crash interrupted. Never
    /// returns; it may be dropped at any point, and the jobs go on from their last recorded piece.
    pub async fn run(&self) {
        jobs::run(self).await;
    }

    /// Runs every job that has not ended, one after the other; returns how many there were.
    ///
    /// # Errors
    /// The store failed; the job goes on when it is run again.
    pub async fn run_due(&self) -> Result<usize, StoreError> {
        jobs::run_due(self).await
    }

    async fn try_job(&self, mut job: Stored<ImportJob>) -> Result<(), StoreError> {
        let (app, id) = (job.app.to_string(), job.id.to_string());
        let plan = self.store.of::<Plan>().get(&app, &id).await?;
        let progress = self.store.of::<Progress>().get(&app, &id).await?;
        let (Some(plan), Some(progress)) = (plan, progress) else {
            return self.give_up(job).await;
        };
        if job.status == JobStatus::Failing {
            return self.finish_failing(job, &plan).await;
        }
        if job.status == JobStatus::Created {
            job.status = JobStatus::Processing;
            self.store.of::<ImportJob>().replace(&mut job).await?;
        }
        self.process(job, &plan, progress.value).await
    }

    async fn process(
        &self,
        mut job: Stored<ImportJob>,
        plan: &Plan,
        mut progress: Progress,
    ) -> Result<(), StoreError> {
        let definition = job.definition.clone();
        let location = Location::parse(&definition.s3_url);
        let bucket = match location.and_then(|location| self.buckets.open(location.bucket)) {
            Ok(bucket) => bucket,
            Err(error) => {
                let failure = PieceFailure {
                    key: definition.s3_url,
                    line: progress.next.line,
                    reason: error.to_string(),
                };
                return self.fail(job, plan, &failure).await;
            }
        };
        let files = plan.files.clone();
        let mut reader = Reader::start(bucket, files, definition.format, progress.next);
        while let Some(piece) = reader.next().await {
            let piece: ReadPiece = match piece {
                Ok(piece) => piece,
                Err(failure) => return self.fail(job, plan, &failure).await,
            };
            let key = &plan.files[piece.file].key;
            let next = piece.next;
            let applier = Applier {
                jobs: self,
                job: &job,
                members_version: plan.members_version,
            };
            let applied = applier.apply(key, piece).await?;
            record(&mut job, &mut progress, plan, key, next, applied);
            let writes = vec![job.replace()?, put(&progress, Expect::Any)?];
            self.store.documents.commit(writes).await?;
            job.revision += 1;
        }
        self.complete(job, plan, &progress).await
    }
}

/// Counts a piece that was applied.
fn record(
    job: &mut ImportJob,
    progress: &mut Progress,
    plan: &Plan,
    key: &str,
    next: Position,
    applied: Applied,
) {
    job.completed_pieces += 1;
    job.total_processed += applied.processed;
    job.total_failures += applied.failures.len() as u64;
    let room = FAILURES_MAX.saturating_sub(job.failures.len());
    let failures = applied.failures.into_iter().take(room);
    job.failures
        .extend(failures.map(|(line, reason)| format!("{key}:{line}: {reason}")));
    for (channel, count) in applied.channel_counts {
        *progress.channel_counts.entry(channel).or_default() += count;
    }
    progress.next = next;
    job.total_pieces = job.completed_pieces + pieces_left(plan, next, job.completed_pieces);
}

/// How many pieces are probably left, by the size of those so far. The number becomes exact when
/// the job completes.
fn pieces_left(plan: &Plan, next: Position, done: u32) -> u32 {
    let (total, read) = plan.bytes(next);
    let left = total.saturating_sub(read);
    let per_piece = (read / u64::from(done.max(1))).max(1);
    u32::try_from(left.div_ceil(per_piece)).unwrap_or(u32::MAX)
}
