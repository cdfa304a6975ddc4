//! CreateImportJob.

use engine::import::ImportRefusal;
use model::AppId;

use super::wire::{import_job, request};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let request = request(call.body()?)?;
    own_upload(&call, &app, &request.s3_url)?;
    let created = call.state.parts.imports.create(&app, request).await;
    Reply::json(&import_job(&created?))
}

/// Uploaded files belong to the application that they were uploaded to.
fn own_upload(call: &Call, app: &AppId, url: &str) -> Result<(), ApiError> {
    let rest = url.strip_prefix("s3://").unwrap_or_default();
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket == call.state.settings.uploads_bucket && !key.starts_with(&format!("{app}/")) {
        return Err(ApiError::bad_request(
            "S3Url: not an upload of this application",
        ));
    }
    Ok(())
}

impl From<ImportRefusal> for ApiError {
    fn from(refusal: ImportRefusal) -> Self {
        match refusal {
            ImportRefusal::NoSuchSegment(_) => Self::not_found(),
            ImportRefusal::TooManyJobs(_) => Self::too_many_requests(refusal),
            ImportRefusal::Store(error) => error.into(),
            ImportRefusal::File(error) => Self::bad_request(error),
            ImportRefusal::MissingRole
            | ImportRefusal::NothingToDo
            | ImportRefusal::NotImported(_)
            | ImportRefusal::Malformed { .. } => Self::bad_request(refusal),
        }
    }
}
