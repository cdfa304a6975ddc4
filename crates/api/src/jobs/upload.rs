//! Whose uploaded files a job may touch.

use model::AppId;

use crate::call::Call;
use crate::error::ApiError;

/// Uploaded files belong to the application that they were uploaded to; `member` holds the URL.
///
/// # Errors
/// The URL is one of another application's uploads.
pub(super) fn check_own(call: &Call, app: &AppId, member: &str, url: &str) -> Result<(), ApiError> {
    if call.state.parts.uploads.are_of_others(app, url) {
        return Err(ApiError::bad_request(format!(
            "{member}: leads to uploads of other applications"
        )));
    }
    Ok(())
}
