//! CreateImportJob.

use engine::import::ImportRefusal;

use super::upload::check_own;
use super::wire::{import_job, import_request};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let request = import_request(call.body()?)?;
    check_own(&call, &app, "S3Url", &request.s3_url)?;
    let created = call.state.parts.imports.create(&app, request).await;
    Reply::json(&import_job(&created?))
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
