//! Who may call a Beckon route; the same credentials as for the Pinpoint API, or a session.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use wire::Query;

use crate::auth::{Need, authorize_need, claim};
use crate::body::{self, Read};
use crate::error::ApiError;
use crate::state::AppState;

/// What the routes behind it need.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) state: AppState,
    pub(crate) need: Need,
}

/// Lets a request through with its caller and, if its path names one, its application.
pub(crate) async fn guard(
    State(guard): State<Guard>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let state = &guard.state;
    let (mut parts, body) = request.into_parts();
    let claim = claim(state, &parts).await?;
    let limit = state.settings.limits.request_bytes;
    let read = body::read(&state.parts.clock, &parts.headers, body, limit).await?;
    let (caller, bytes) = match read {
        Read::Whole(bytes) => {
            let hash = body::sha256(&bytes).await?;
            (claim.verify(state, &parts, hash)?, Some(bytes))
        }
        Read::TooLarge => (claim.presumed(state), None),
    };
    let app = app_of(&parts)?;
    authorize_need(state, &caller, guard.need, app.as_deref(), parts.uri.path())?;
    let bytes = bytes.ok_or_else(|| ApiError::payload_too_large(limit))?;
    if let Some(app) = app {
        parts
            .extensions
            .insert(state.apps.find(state.store(), &app).await?);
    }
    parts.extensions.insert(Arc::new(caller));
    Ok(next
        .run(Request::from_parts(parts, Body::from(bytes)))
        .await)
}

/// The application that the path or the query names.
///
/// # Errors
/// It is not UTF-8.
pub(crate) fn app_of(parts: &Parts) -> Result<Option<String>, ApiError> {
    let path = parts.uri.path().trim_start_matches("/beckon/v1");
    if let Some(rest) = path.strip_prefix("/apps/") {
        let segment = rest.split('/').next().unwrap_or_default();
        let app = percent_decode_str(segment)
            .decode_utf8()
            .map_err(|_| ApiError::bad_request("the application is not UTF-8"))?;
        return Ok(Some(app.into_owned()));
    }
    let query = Query::parse(parts.uri.query().unwrap_or_default())?;
    Ok(query
        .get("app")
        .filter(|app| !app.is_empty())
        .map(str::to_owned))
}
