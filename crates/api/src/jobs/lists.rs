//! GetImportJob, GetImportJobs and GetSegmentImportJobs, and the same of export jobs.

use model::{ExportJob, ImportJob, SegmentId};
use serde::Serialize;
use store::Resource;
use wire::{parameter, shapes};

use super::wire::{export_job, import_job};
use crate::call::Call;
use crate::error::ApiError;
use crate::filtered::{self, Filtered};
use crate::pagination::PageRequest;
use crate::reply::Reply;
use crate::segments;

/// A kind of jobs, as callers see it.
pub(crate) trait Job: Resource {
    type Response: Serialize;
    type Page: Serialize;

    /// The segment that the job makes or reads.
    fn segment(&self) -> Option<&SegmentId>;

    fn shown(&self) -> Self::Response;

    fn page(items: Vec<Self::Response>, next_token: Option<String>) -> Self::Page;
}

impl Job for ImportJob {
    type Response = shapes::ImportJobResponse;
    type Page = shapes::ImportJobsResponse;

    fn segment(&self) -> Option<&SegmentId> {
        self.definition.segment_id.as_ref()
    }

    fn shown(&self) -> Self::Response {
        import_job(self)
    }

    fn page(items: Vec<Self::Response>, next_token: Option<String>) -> Self::Page {
        shapes::ImportJobsResponse {
            item: Some(items),
            next_token,
        }
    }
}

impl Job for ExportJob {
    type Response = shapes::ExportJobResponse;
    type Page = shapes::ExportJobsResponse;

    fn segment(&self) -> Option<&SegmentId> {
        self.definition.segment_id.as_ref()
    }

    fn shown(&self) -> Self::Response {
        export_job(self)
    }

    fn page(items: Vec<Self::Response>, next_token: Option<String>) -> Self::Page {
        shapes::ExportJobsResponse {
            item: Some(items),
            next_token,
        }
    }
}

/// One job.
pub(crate) async fn get<J: Job>(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let jobs = call.state.store().of::<J>();
    let found = jobs
        .get(app.as_str(), call.param(parameter::JOB_ID))
        .await?;
    Reply::json(&found.ok_or_else(ApiError::not_found)?.shown())
}

/// The jobs of the application.
pub(crate) async fn list<J: Job>(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let page = PageRequest::read(&call.query, format!("{}/{app}", J::KIND))?;
    let jobs = call.state.store().of::<J>();
    let found = jobs
        .list(app.as_str(), page.after.as_ref(), page.size)
        .await?;
    let items = found.items.iter().map(|job| job.shown()).collect();
    Reply::json(&J::page(items, page.token(found.next)))
}

/// The jobs of one segment.
pub(crate) async fn of_segment<J: Job>(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let segment = segments::get::find(&call).await?;
    let scope = format!("{}/{app}/{}", J::KIND, segment.id);
    let page = PageRequest::read(&call.query, scope)?;
    let jobs = call.state.store().of::<J>();
    let fits = |job: &J| job.segment() == Some(&segment.id);
    let Filtered { items, next } = filtered::page(&jobs, app.as_str(), &page, fits).await?;
    Reply::json(&J::page(
        items.iter().map(Job::shown).collect(),
        page.token(next),
    ))
}
