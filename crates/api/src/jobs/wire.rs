//! Import jobs, between the wire and the model.

use engine::import::ImportRequest;
use model::{ImportJob, JobFormat, SegmentId};
use wire::shapes;

use crate::error::ApiError;

/// A job as callers see it.
pub(crate) fn import_job(job: &ImportJob) -> shapes::ImportJobResponse {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
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
        failures: Some(job.failures.clone()).filter(|failures| !failures.is_empty()),
        id: Some(job.id.to_string()),
        job_status: Some(job.status.as_str().to_owned()),
        total_failures: Some(number(job.total_failures)),
        total_pieces: Some(job.total_pieces.into()),
        total_processed: Some(number(job.total_processed)),
        r#type: Some("IMPORT".to_owned()),
    }
}

/// What a request asks for.
///
/// # Errors
/// The format is unknown.
pub(crate) fn request(request: shapes::ImportJobRequest) -> Result<ImportRequest, ApiError> {
    let text = |text: Option<String>| text.filter(|text| !text.is_empty());
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
