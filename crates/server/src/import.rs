//! `beckon import`: the job of the API, with its progress on the terminal.

use std::path::{Path, PathBuf};

use engine::import::ImportRequest;
use model::{JobFormat, JobStatus, SegmentId};

use crate::cli::{Format, ImportArguments};
use crate::error::ServerError;
use crate::parts::import_jobs;
use crate::progress::{BUCKET, Place};

/// Failures that are shown.
const FAILURES_SHOWN: usize = 20;

/// Imports a file.
///
/// # Errors
/// The data folder or the file cannot be used, or the job failed.
pub async fn import(arguments: &ImportArguments) -> Result<(), ServerError> {
    let place = Place::open(&arguments.data, &arguments.app).await?;
    let (s3_url, folder) = locate(&arguments.file)?;
    let buckets = place.buckets(folder)?;
    let jobs = import_jobs(&place.config, &place.store, &place.clock, buckets);
    let request = ImportRequest {
        format: arguments
            .format
            .map_or_else(|| format_of(&arguments.file), format),
        s3_url,
        role_arn: "arn:beckon:command-line".to_owned(),
        define_segment: arguments.segment.is_some(),
        register_endpoints: !arguments.segment_only,
        segment_id: arguments.segment_id.as_deref().map(SegmentId::from),
        segment_name: arguments.segment.clone(),
        external_id: None,
    };
    let job = jobs.create(&place.app, request).await?;
    let ended = place.run(&job, async move { jobs.run().await }).await?;
    for failure in ended.failures.iter().take(FAILURES_SHOWN) {
        eprintln!("{failure}");
    }
    if ended.status == JobStatus::Failed {
        return Err(ServerError::ImportFailed);
    }
    let good = ended.total_processed - ended.total_failures;
    println!("{good} rows imported, {} refused", ended.total_failures);
    if let Some(segment) = &ended.definition.segment_id {
        println!("Segment: {segment}");
    }
    Ok(())
}

/// The URL of the file, and the folder that stands for its bucket.
fn locate(file: &str) -> Result<(String, Option<(String, PathBuf)>), ServerError> {
    if file.starts_with("s3://") {
        return Ok((file.to_owned(), None));
    }
    let path = Path::new(file);
    let unusable = |cause| ServerError::File {
        path: path.to_owned(),
        cause,
    };
    let whole = path.canonicalize().map_err(unusable)?;
    let not_a_file = || unusable(std::io::Error::from(std::io::ErrorKind::InvalidInput));
    let name = whole
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(not_a_file)?;
    let folder = whole.parent().ok_or_else(not_a_file)?;
    let url = format!("s3://{BUCKET}/{name}");
    Ok((url, Some((BUCKET.to_owned(), folder.to_owned()))))
}

const fn format(format: Format) -> JobFormat {
    match format {
        Format::Csv => JobFormat::Csv,
        Format::Json => JobFormat::Json,
    }
}

fn format_of(file: &str) -> JobFormat {
    let lower = file.to_lowercase();
    if [".json", ".jsonl", ".ndjson"]
        .iter()
        .any(|end| lower.ends_with(end))
    {
        JobFormat::Json
    } else {
        JobFormat::Csv
    }
}
