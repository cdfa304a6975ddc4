//! Takes a file for an import job, straight to its place.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use engine::uploads::Upload;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use wire::Query;

use super::guard::app_of;
use crate::auth::{Need, authorize_need, claim};
use crate::body;
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

/// Bytes of a file name.
const NAME_BYTES_MAX: usize = 200;
/// Uploads are removed this long after they came.
const KEPT: Duration = Duration::from_secs(7 * 86_400);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Uploaded {
    s3_url: String,
    bytes: u64,
}

/// The signature of a signed upload must cover the header `x-amz-content-sha256` with the hash of
/// the body, so that whoever may not call is refused before anything is written.
pub(crate) async fn run(
    State(state): State<AppState>,
    request: Request,
) -> Result<Answer, ApiError> {
    let (parts, body) = request.into_parts();
    let claim = claim(&state, &parts).await?;
    let announced = announced_hash(&parts.headers);
    let signed = claim.needs_hash();
    if signed && announced.is_none() {
        return Err(ApiError::bad_request(
            "x-amz-content-sha256: a signed upload needs the SHA-256 of its body in this header",
        ));
    }
    let caller = claim.verify(&state, &parts, announced.unwrap_or_default())?;
    let app = app_of(&parts)?;
    let path = parts.uri.path();
    authorize_need(&state, &caller, Need::Send, app.as_deref(), path)?;
    let app = state
        .apps
        .find(state.store(), &app.unwrap_or_default())
        .await?;
    let query = Query::parse(parts.uri.query().unwrap_or_default())?;
    let name = file_name(query.get("name").unwrap_or_default());

    let (uploads, now) = (&state.parts.uploads, state.now());
    if let Err(error) = uploads.remove_before(&app.id, now.minus(KEPT)).await {
        tracing::warn!(%error, "api.upload.left_over");
    }
    let id = state.parts.clock.id();
    let mut upload = uploads.begin(&app.id, now, &id, &name).await?;
    let bytes = write(&state, body, &mut upload, announced.filter(|_| signed)).await?;
    let s3_url = upload.finish().await?;
    Answer::created(&Uploaded { s3_url, bytes })
}

async fn write(
    state: &AppState,
    body: Body,
    upload: &mut Upload,
    hash: Option<[u8; 32]>,
) -> Result<u64, ApiError> {
    let limit = state.settings.limits.upload_bytes;
    let mut stream = body.into_data_stream();
    let mut digest = hash.is_some().then(Sha256::new);
    let mut bytes = 0_u64;
    while let Some(chunk) = body::next(&state.parts.clock, &mut stream).await? {
        bytes += chunk.len() as u64;
        if bytes > limit {
            return Err(ApiError::payload_too_large(limit));
        }
        if let Some(digest) = &mut digest {
            digest.update(&chunk);
        }
        upload.write(chunk).await?;
    }
    let found: Option<[u8; 32]> = digest.map(|digest| digest.finalize().into());
    if found != hash {
        return Err(ApiError::bad_request(
            "x-amz-content-sha256: the body has another hash",
        ));
    }
    Ok(bytes)
}

fn announced_hash(headers: &http::HeaderMap) -> Option<[u8; 32]> {
    let text = headers.get("x-amz-content-sha256")?.to_str().ok()?;
    hex::decode(text).ok()?.try_into().ok()
}

/// The last part of a path, with only what every file system and URL takes.
fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = last
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    if name.len() > NAME_BYTES_MAX {
        // What tells the format stands at the end.
        name = name.split_off(name.len() - NAME_BYTES_MAX);
    }
    let name = name.trim_start_matches('.');
    if name.is_empty() {
        "upload".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_are_safe() {
        for (given, want) in [
            ("people.csv", "people.csv"),
            ("../../etc/passwd", "passwd"),
            ("C:\\data\\Kunden liste.CSV", "Kunden_liste.CSV"),
            ("..", "upload"),
            ("", "upload"),
            (".hidden.csv", "hidden.csv"),
            ("é.json", "_.json"),
        ] {
            assert_eq!(file_name(given), want, "{given}");
        }
        assert!(file_name(&format!("{}.csv", "x".repeat(500))).ends_with(".csv"));
    }
}
