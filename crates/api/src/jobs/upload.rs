//! Whose uploaded files a job may touch.

use model::AppId;

use crate::call::Call;
use crate::error::ApiError;

/// Uploaded files belong to the application that they were uploaded to; `member` holds the URL.
///
/// # Errors
/// The URL is one of another application's uploads.
pub(super) fn check_own(call: &Call, app: &AppId, member: &str, url: &str) -> Result<(), ApiError> {
    let rest = url.strip_prefix("s3://").unwrap_or_default();
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket == call.state.settings.uploads_bucket && !key.starts_with(&format!("{app}/")) {
        return Err(ApiError::bad_request(format!(
            "{member}: not an upload of this application"
        )));
    }
    Ok(())
}
