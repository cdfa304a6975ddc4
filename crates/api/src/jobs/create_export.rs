//! CreateExportJob.

use engine::export::ExportRefusal;

use super::upload::check_own;
use super::wire::{export_job, export_request};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let request = export_request(call.body()?)?;
    check_own(&call, &app, "S3UrlPrefix", &request.s3_url_prefix)?;
    let created = call.state.parts.exports.create(&app, request).await;
    Reply::json(&export_job(&created?))
}

impl From<ExportRefusal> for ApiError {
    fn from(refusal: ExportRefusal) -> Self {
        match refusal {
            ExportRefusal::NoSuchSegment(_) => Self::not_found(),
            ExportRefusal::TooManyJobs(_) => Self::too_many_requests(refusal),
            ExportRefusal::Store(error) => error.into(),
            ExportRefusal::MissingRole
            | ExportRefusal::Url(_)
            | ExportRefusal::Bucket { .. }
            | ExportRefusal::VersionAlone
            | ExportRefusal::Unresolved(_) => Self::bad_request(refusal),
        }
    }
}
