//! The part of a job that the caller waits for.

use model::{
    AppId, ExportDefinition, ExportJob, JobId, JobStatus, SegmentCriteria, SegmentId, SegmentRef,
};
use store::{Expect, StoreError, put};

use super::ExportJobs;
use super::plan::Plan;
use crate::buckets::{FileError, Location};
use crate::jobs::is_full;
use crate::segments::{self, ResolveError};

/// What a caller asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    /// `s3://bucket/prefix`; a slash at the end changes nothing.
    pub s3_url_prefix: String,
    /// Stored and echoed; must not be empty.
    pub role_arn: String,
    /// Whose members are exported; absent for every endpoint of the application.
    pub segment_id: Option<SegmentId>,
    /// The version of the segment; absent for the latest.
    pub segment_version: Option<u32>,
}

/// Why a job is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ExportRefusal {
    /// There is no role.
    #[error("Missing RoleArn")]
    MissingRole,
    /// The URL is of another form.
    #[error("S3UrlPrefix: '{0}' is not of the form s3://bucket/prefix")]
    Url(String),
    /// The bucket cannot be opened or looked at.
    #[error("S3UrlPrefix: bucket '{bucket}' cannot be used: {reason}")]
    Bucket {
        /// Its name.
        bucket: String,
        /// Why.
        reason: String,
    },
    /// A version without its segment means nothing.
    #[error("SegmentVersion needs SegmentId")]
    VersionAlone,
    /// There is no such segment, or no such version of it.
    #[error("segment {0} does not exist")]
    NoSuchSegment(SegmentId),
    /// The segment refers to one that is gone, or to itself.
    #[error("SegmentId: {0}")]
    Unresolved(ResolveError),
    /// As many jobs as allowed have not ended yet (`docs/spec/audience.md §2.3`).
    #[error("Maximum concurrent exports limit exceeded: {0}")]
    TooManyJobs(usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ExportJobs {
    /// Accepts a job: freezes whom it exports and stores it, to be run by [`run`](Self::run). The
    /// application must exist.
    ///
    /// # Errors
    /// [`ExportRefusal`]; nothing was stored.
    pub async fn create(
        &self,
        app: &AppId,
        request: ExportRequest,
    ) -> Result<ExportJob, ExportRefusal> {
        if request.role_arn.trim().is_empty() {
            return Err(ExportRefusal::MissingRole);
        }
        let location = Location::parse(&request.s3_url_prefix)
            .map_err(|_| ExportRefusal::Url(request.s3_url_prefix.clone()))?;
        let segment = match (&request.segment_id, request.segment_version) {
            (None, Some(_)) => return Err(ExportRefusal::VersionAlone),
            (None, None) => None,
            (Some(id), version) => {
                let found = segments::find(&self.store, app, id, version).await?;
                Some(found.ok_or_else(|| ExportRefusal::NoSuchSegment(id.clone()))?)
            }
        };
        let _creating = self.creating.lock().await;
        if is_full(self).await? {
            return Err(ExportRefusal::TooManyJobs(self.limits.active_jobs));
        }
        let unusable = |error: FileError| ExportRefusal::Bucket {
            bucket: location.bucket.to_owned(),
            reason: match error {
                FileError::Bucket { reason, .. } | FileError::Storage { reason, .. } => reason,
                other => other.to_string(),
            },
        };
        let bucket = self.buckets.open(location.bucket).map_err(unusable)?;
        bucket.look(location.key).await.map_err(unusable)?;
        let resolved = match &segment {
            None => {
                let everyone = SegmentCriteria::Everyone;
                segments::resolve_criteria(&self.store, app, &everyone, None).await
            }
            Some(segment) => {
                let reference = SegmentRef {
                    id: segment.id.clone(),
                    version: Some(segment.version),
                };
                segments::resolve(&self.store, app, &reference).await
            }
        };
        let resolved = resolved.map_err(|error| match error {
            ResolveError::Store(error) => ExportRefusal::Store(error),
            other => ExportRefusal::Unresolved(other),
        })?;
        let now = self.clock.now();
        let job = ExportJob {
            app: app.clone(),
            id: JobId::new(self.clock.id()),
            definition: ExportDefinition {
                s3_url_prefix: request.s3_url_prefix,
                role_arn: request.role_arn,
                segment_version: segment.as_ref().map(|segment| segment.version),
                segment_id: request.segment_id,
            },
            status: JobStatus::Created,
            total_pieces: 0,
            completed_pieces: 0,
            failed_pieces: 0,
            total_processed: 0,
            failures: Vec::new(),
            written_through: None,
            created: now,
            completed: None,
        };
        let plan = Plan {
            app: app.clone(),
            job: job.id.clone(),
            created: now,
            members: segments::members(&self.store, app, &resolved, now).await?,
            snapshots: segments::snapshot_sources(&resolved),
        };
        let writes = vec![put(&job, Expect::Absent)?, put(&plan, Expect::Absent)?];
        self.store.documents.commit(writes).await?;
        self.created.notify_one();
        Ok(job)
    }
}
