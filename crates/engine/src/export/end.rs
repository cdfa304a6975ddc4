//! How a job ends (`docs/spec/audience.md §11.4, §12`).

use model::{ExportJob, JobStatus};
use store::{StoreError, Stored};

use super::ExportJobs;
use super::plan::{forget, key};
use crate::buckets::Location;

impl ExportJobs {
    /// Ends a job whose files are all written.
    pub(super) async fn complete(&self, job: &mut Stored<ExportJob>) -> Result<(), StoreError> {
        job.total_pieces = job.completed_pieces;
        job.status = JobStatus::Completed;
        self.end(job).await
    }

    /// Ends a job of which a file cannot be written: nothing of it stays.
    pub(super) async fn fail(
        &self,
        job: &mut Stored<ExportJob>,
        reason: impl ToString,
    ) -> Result<(), StoreError> {
        job.failed_pieces = job.failed_pieces.saturating_add(1);
        job.failures.push(reason.to_string());
        job.status = JobStatus::Failing;
        self.store.of::<ExportJob>().replace(job).await?;
        self.finish_failing(job).await
    }

    /// The second half of [`fail`](Self::fail), also for a job that a crash left there.
    pub(super) async fn finish_failing(
        &self,
        job: &mut Stored<ExportJob>,
    ) -> Result<(), StoreError> {
        self.remove_files(job).await;
        job.status = JobStatus::Failed;
        self.end(job).await
    }

    /// Clears up after a job that was deleted with its application while it ran.
    pub(super) async fn clear_up(&self, job: &ExportJob) -> Result<(), StoreError> {
        let jobs = self.store.of::<ExportJob>();
        if jobs.get(job.app.as_str(), job.id.as_str()).await?.is_none() {
            self.remove_files(job).await;
            self.store.documents.commit(vec![forget(job)]).await?;
        }
        Ok(())
    }

    async fn end(&self, job: &mut Stored<ExportJob>) -> Result<(), StoreError> {
        job.completed = Some(self.clock.now());
        let writes = vec![job.replace()?, forget(job)];
        self.store.documents.commit(writes).await
    }

    /// Removes what was written, as far as the bucket can be reached: also the file after the last
    /// recorded one, which a crash may have left.
    async fn remove_files(&self, job: &ExportJob) {
        let opened = Location::parse(&job.definition.s3_url_prefix)
            .and_then(|place| Ok((self.buckets.open(place.bucket)?, place.key)));
        let Ok((bucket, prefix)) = opened else { return };
        for piece in 1..=job.completed_pieces.saturating_add(1) {
            if let Err(error) = bucket.delete(&key(prefix, &job.id, piece)).await {
                tracing::warn!(job.id = %job.id, %error, "export.left_over");
                return;
            }
        }
    }
}
