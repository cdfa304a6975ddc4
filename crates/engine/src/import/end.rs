//! How a job ends (`docs/spec/audience.md §11.4`).

use model::{App, ImportJob, JobStatus, Segment, SegmentCriteria, SegmentId, SegmentImport, Tags};
use store::{Expect, SegmentVersion, StoreError, Stored, Write, put};

use super::ImportJobs;
use super::progress::{Plan, Progress, forget};
use super::reader::PieceFailure;

/// Failures that a job reports.
pub(super) const FAILURES_MAX: usize = 100;

/// Attempts to write a segment that somebody else changes at the same time.
const ATTEMPTS_MAX: usize = 10;

impl ImportJobs {
    /// Ends a job whose pieces are all applied: creates or refreshes its segment.
    pub(super) async fn complete(
        &self,
        mut job: Stored<ImportJob>,
        plan: &Plan,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        job.total_pieces = job.completed_pieces;
        job.status = JobStatus::Completed;
        for _ in 1..ATTEMPTS_MAX {
            match self.try_complete(&mut job, plan, progress).await {
                Err(StoreError::Conflict(_)) if self.is_unchanged(&job).await? => {}
                ended => return ended,
            }
        }
        self.try_complete(&mut job, plan, progress).await
    }

    async fn try_complete(
        &self,
        job: &mut Stored<ImportJob>,
        plan: &Plan,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        let mut writes = Vec::new();
        if let Some(id) = job.definition.segment_id.clone()
            && job.definition.define_segment
        {
            let members = SegmentImport {
                format: job.definition.format,
                s3_url: job.definition.s3_url.clone(),
                role_arn: job.definition.role_arn.clone(),
                external_id: job.definition.external_id.clone(),
                size: job.total_processed - job.total_failures,
                channel_counts: progress.channel_counts.clone(),
                members_version: plan.members_version,
            };
            match self.segment_writes(job, plan, &id, members).await? {
                Some(segment) => writes = segment,
                None => {
                    blame(
                        job,
                        format!("segment {id} was deleted before the job ended"),
                    );
                    job.status = JobStatus::Failed;
                }
            }
        }
        job.completed = Some(self.clock.now());
        writes.push(job.replace()?);
        writes.extend(forget(job));
        self.store.documents.commit(writes).await
    }

    /// The writes that make the segment; `None` if the one to refresh is gone.
    async fn segment_writes(
        &self,
        job: &ImportJob,
        plan: &Plan,
        id: &SegmentId,
        members: SegmentImport,
    ) -> Result<Option<Vec<Write>>, StoreError> {
        let now = self.clock.now();
        let criteria = SegmentCriteria::Imported(members);
        let segments = self.store.of::<Segment>();
        let (segment, write) = match segments.get(job.app.as_str(), id.as_str()).await? {
            Some(mut segment) => {
                segment.version += 1;
                segment.modified = now;
                segment.criteria = criteria;
                let write = segment.replace()?;
                (segment.value, write)
            }
            None if plan.refreshes => return Ok(None),
            None => {
                let segment = Segment {
                    app: job.app.clone(),
                    id: id.clone(),
                    name: job.definition.segment_name.clone(),
                    criteria,
                    version: 1,
                    tags: Tags::new(),
                    created: now,
                    modified: now,
                };
                let write = put(&segment, Expect::Absent)?;
                (segment, write)
            }
        };
        let version = put(&SegmentVersion(segment), Expect::Absent)?;
        Ok(Some(vec![write, version]))
    }

    /// Ends a job of which a piece could not be processed. What its other pieces wrote stays; the
    /// segment is not made.
    pub(super) async fn fail(
        &self,
        mut job: Stored<ImportJob>,
        plan: &Plan,
        failure: &PieceFailure,
    ) -> Result<(), StoreError> {
        job.failed_pieces += 1;
        blame(&mut job, failure.to_string());
        job.status = JobStatus::Failing;
        self.store.of::<ImportJob>().replace(&mut job).await?;
        self.finish_failing(job, plan).await
    }

    /// The second half of [`fail`](Self::fail), also for a job that a crash left there.
    pub(super) async fn finish_failing(
        &self,
        mut job: Stored<ImportJob>,
        plan: &Plan,
    ) -> Result<(), StoreError> {
        if let Some(segment) = job.definition.segment_id.as_ref()
            && !plan.refreshes
        {
            self.store.endpoints.drop_members(&job.app, segment).await?;
        }
        job.status = JobStatus::Failed;
        job.completed = Some(self.clock.now());
        let mut writes = vec![job.replace()?];
        writes.extend(forget(&job));
        self.store.documents.commit(writes).await
    }

    /// Ends a job whose plan is gone, which only a damaged or partly restored store can cause.
    pub(super) async fn give_up(&self, mut job: Stored<ImportJob>) -> Result<(), StoreError> {
        blame(&mut job, "the list of its files is lost".to_owned());
        job.status = JobStatus::Failed;
        job.completed = Some(self.clock.now());
        let mut writes = vec![job.replace()?];
        writes.extend(forget(&job));
        self.store.documents.commit(writes).await
    }

    /// Whether the job is stored as it was read.
    async fn is_unchanged(&self, job: &Stored<ImportJob>) -> Result<bool, StoreError> {
        let stored = self.store.of::<ImportJob>();
        let stored = stored.get(job.app.as_str(), job.id.as_str()).await?;
        Ok(stored.is_some_and(|stored| stored.revision == job.revision))
    }

    /// Clears up after a job that was deleted with its application while it ran.
    pub(super) async fn clear_up(&self, job: &ImportJob) -> Result<(), StoreError> {
        let jobs = self.store.of::<ImportJob>();
        if jobs.get(job.app.as_str(), job.id.as_str()).await?.is_none() {
            self.store.documents.commit(forget(job).collect()).await?;
        }
        let apps = self.store.of::<App>();
        if apps.get("", job.app.as_str()).await?.is_none() {
            self.store.endpoints.drop_app(&job.app).await?;
        }
        Ok(())
    }
}

/// Puts a reason before all others.
fn blame(job: &mut ImportJob, reason: String) {
    job.failures.insert(0, reason);
    job.failures.truncate(FAILURES_MAX);
}
