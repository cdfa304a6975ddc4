//! Jobs, between the wire and the model.

use engine::export::ExportRequest;
use engine::import::ImportRequest;
use model::{ExportJob, ImportJob, JobFormat, SegmentId};
use wire::shapes;

use crate::error::ApiError;

/// An import job as callers see it.
pub(crate) fn import_job(job: &ImportJob) -> shapes::ImportJobResponse {
    let definition = &job.definition;
    shapes::ImportJobResponse {
        application_id: Some(job.app.to_string()),
        completed_pieces: Some(job.completed_pieces.into()),
        completion_date: job.completed.map(|completed| completed.to_string()),
        creation_date: Some(job.created.to_string()),
        definition: Some(shapes::ImportJobResource {
            define_segment: Some(definition.define_segment),
            external_id: definition.external_id.clone(),
            format: Some(definition.format.as_str().to_owned()),
            register_endpoints: Some(definition.register_endpoints),
            role_arn: Some(definition.role_arn.clone()),
            s3_url: Some(definition.s3_url.clone()),
            segment_id: definition.segment_id.as_ref().map(ToString::to_string),
            segment_name: definition.segment_name.clone(),
        }),
        failed_pieces: Some(job.failed_pieces.into()),
        failures: failures(&job.failures),
        id: Some(job.id.to_string()),
        job_status: Some(job.status.as_str().to_owned()),
        total_failures: Some(number(job.total_failures)),
        total_pieces: Some(job.total_pieces.into()),
        total_processed: Some(number(job.total_processed)),
        r#type: Some("IMPORT".to_owned()),
    }
}

/// An export job as callers see it; its definition is always whole.
pub(crate) fn export_job(job: &ExportJob) -> shapes::ExportJobResponse {
    let definition = &job.definition;
    shapes::ExportJobResponse {
        application_id: Some(job.app.to_string()),
        completed_pieces: Some(job.completed_pieces.into()),
        completion_date: job.completed.map(|completed| completed.to_string()),
        creation_date: Some(job.created.to_string()),
        definition: Some(shapes::ExportJobResource {
            role_arn: Some(definition.role_arn.clone()),
            s3_url_prefix: Some(definition.s3_url_prefix.clone()),
            segment_id: definition.segment_id.as_ref().map(ToString::to_string),
            segment_version: definition.segment_version.map(i64::from),
        }),
        failed_pieces: Some(job.failed_pieces.into()),
        failures: failures(&job.failures),
        id: Some(job.id.to_string()),
        job_status: Some(job.status.as_str().to_owned()),
        total_failures: Some(0),
        total_pieces: Some(job.total_pieces.into()),
        total_processed: Some(number(job.total_processed)),
        r#type: Some("EXPORT".to_owned()),
    }
}

fn failures(failures: &[String]) -> Option<Vec<String>> {
    Some(failures.to_vec()).filter(|failures| !failures.is_empty())
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// What a request for an export asks for.
///
/// # Errors
/// The version is none.
pub(crate) fn export_request(request: shapes::ExportJobRequest) -> Result<ExportRequest, ApiError> {
    let version = request.segment_version.map(|version| {
        u32::try_from(version)
            .ok()
            .filter(|version| *version > 0)
            .ok_or_else(|| ApiError::bad_request("SegmentVersion: expected 1 or more"))
    });
    Ok(ExportRequest {
        s3_url_prefix: request.s3_url_prefix.unwrap_or_default(),
        role_arn: request.role_arn.unwrap_or_default(),
        segment_id: text(request.segment_id).map(SegmentId::new),
        segment_version: version.transpose()?,
    })
}

/// What a request for an import asks for.
///
/// # Errors
/// The format is unknown.
pub(crate) fn import_request(request: shapes::ImportJobRequest) -> Result<ImportRequest, ApiError> {
    let format = match request.format.as_deref() {
        Some("CSV") => JobFormat::Csv,
        Some("JSON") => JobFormat::Json,
        _ => return Err(ApiError::bad_request("Missing Format")),
    };
    Ok(ImportRequest {
        format,
        s3_url: request.s3_url.unwrap_or_default(),
        role_arn: request.role_arn.unwrap_or_default(),
        define_segment: request.define_segment.unwrap_or(false),
        register_endpoints: request.register_endpoints.unwrap_or(false),
        segment_id: text(request.segment_id).map(SegmentId::new),
        segment_name: text(request.segment_name),
        external_id: request.external_id,
    })
}
