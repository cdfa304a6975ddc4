//! `beckon export`: the job of the API, with its progress on the terminal.

use std::path::{Path, PathBuf};

use engine::export::ExportRequest;
use model::{JobStatus, SegmentId};

use crate::cli::ExportArguments;
use crate::error::ServerError;
use crate::parts::export_jobs;
use crate::progress::{BUCKET, Place};

/// Exports endpoints.
///
/// # Errors
/// The data folder or the target cannot be used, or the job failed.
pub async fn export(arguments: &ExportArguments) -> Result<(), ServerError> {
    let place = Place::open(&arguments.data, &arguments.app).await?;
    let (s3_url_prefix, folder) = locate(&arguments.to)?;
    let buckets = place.buckets(folder)?;
    let jobs = export_jobs(&place.config, &place.store, &place.clock, buckets);
    let request = ExportRequest {
        s3_url_prefix,
        role_arn: "arn:beckon:command-line".to_owned(),
        segment_id: arguments.segment.as_deref().map(SegmentId::from),
        segment_version: arguments.segment_version,
    };
    let job = jobs.create(&place.app, request).await?;
    let ended = place.run(&job, async move { jobs.run().await }).await?;
    for failure in &ended.failures {
        eprintln!("{failure}");
    }
    if ended.status == JobStatus::Failed {
        return Err(ServerError::ExportFailed);
    }
    println!(
        "{} rows exported to {} files: {}/{}-*.json.gz",
        ended.total_processed,
        ended.completed_pieces,
        arguments.to.trim_end_matches('/'),
        ended.id
    );
    Ok(())
}

/// The URL of the target, and the folder that stands for its bucket; created if it is not there.
fn locate(target: &str) -> Result<(String, Option<(String, PathBuf)>), ServerError> {
    if target.starts_with("s3://") {
        return Ok((target.to_owned(), None));
    }
    let folder = Path::new(target);
    let unusable = |cause| ServerError::File {
        path: folder.to_owned(),
        cause,
    };
    std::fs::create_dir_all(folder).map_err(unusable)?;
    let folder = folder.canonicalize().map_err(unusable)?;
    let url = format!("s3://{BUCKET}/");
    Ok((url, Some((BUCKET.to_owned(), folder))))
}
