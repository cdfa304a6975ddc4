//! GetImportJob, GetImportJobs and GetSegmentImportJobs.

use model::ImportJob;
use wire::parameter;
use wire::shapes::ImportJobsResponse;

use super::wire::import_job;
use crate::call::Call;
use crate::error::ApiError;
use crate::filtered::{self, Filtered};
use crate::pagination::PageRequest;
use crate::reply::Reply;
use crate::segments;

pub(crate) async fn get(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let jobs = call.state.store().of::<ImportJob>();
    let found = jobs
        .get(app.as_str(), call.param(parameter::JOB_ID))
        .await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    Reply::json(&import_job(&found))
}

pub(crate) async fn list(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let page = PageRequest::read(&call.query, format!("import-jobs/{app}"))?;
    let jobs = call.state.store().of::<ImportJob>();
    let found = jobs
        .list(app.as_str(), page.after.as_ref(), page.size)
        .await?;
    Reply::json(&ImportJobsResponse {
        item: Some(found.items.iter().map(|job| import_job(job)).collect()),
        next_token: page.token(found.next),
    })
}

pub(crate) async fn of_segment(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let segment = segments::get::find(&call).await?;
    let scope = format!("segment-import-jobs/{app}/{}", segment.id);
    let page = PageRequest::read(&call.query, scope)?;
    let jobs = call.state.store().of::<ImportJob>();
    let made = |job: &ImportJob| job.definition.segment_id.as_ref() == Some(&segment.id);
    let Filtered { items, next } = filtered::page(&jobs, app.as_str(), &page, made).await?;
    Reply::json(&ImportJobsResponse {
        item: Some(items.iter().map(import_job).collect()),
        next_token: page.token(next),
    })
}
