//! Access keys.

use std::time::Duration;

use axum::extract::{Path, State};
use bytes::Bytes;
use model::{AccessKey, AppId, KeyId, Policy};
use serde::{Deserialize, Serialize};

use super::input::{CalledBy, Page, Params, json};
use crate::auth::{NewKey, create_key};
use crate::error::ApiError;
use crate::pagination::PageRequest;
use crate::reply::Answer;
use crate::state::AppState;

/// Seconds that a temporary key may be valid.
const LIFETIME_S: std::ops::RangeInclusive<u64> = 60..=604_800;
/// Characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 200;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyBody<'a> {
    access_key_id: &'a str,
    policy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreatedBody<'a> {
    #[serde(flatten)]
    key: KeyBody<'a>,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    policy: String,
    app: Option<String>,
    description: Option<String>,
    expires_in_seconds: Option<u64>,
}

pub(crate) async fn list(
    State(state): State<AppState>,
    params: Params,
) -> Result<Answer, ApiError> {
    let page = PageRequest::named(&params.0, "limit", "token", "keys".to_owned())?;
    let keys = state.store().of::<AccessKey>();
    let found = keys.list("", page.after.as_ref(), page.size).await?;
    Answer::json(&Page {
        items: found.items.iter().map(|key| body(key)).collect(),
        next: page.token(found.next),
    })
}

pub(crate) async fn create(
    State(state): State<AppState>,
    CalledBy(caller): CalledBy,
    bytes: Bytes,
) -> Result<Answer, ApiError> {
    let request: Request = json(&bytes)?;
    let policy = Policy::parse(&request.policy)
        .ok_or_else(|| ApiError::bad_request("policy: expected admin, send, read or client"))?;
    let app = match request.app.filter(|app| !app.is_empty()) {
        Some(app) => Some(state.apps.find(state.store(), &app).await?.id.clone()),
        None => None,
    };
    if policy == Policy::Client && app.is_none() {
        return Err(ApiError::bad_request(
            "app: a client key belongs to an application",
        ));
    }
    // A key that is limited to an application cannot make one that is not.
    if let Some(own) = &caller.app
        && app.as_ref() != Some(own)
    {
        return Err(ApiError::bad_request(format!("app: expected {own}")));
    }
    let description = request.description.filter(|text| !text.is_empty());
    if description
        .as_ref()
        .is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX)
    {
        return Err(ApiError::bad_request(format!(
            "description: at most {DESCRIPTION_CHARS_MAX} characters"
        )));
    }
    let lifetime = request.expires_in_seconds;
    if let Some(seconds) = lifetime.filter(|seconds| !LIFETIME_S.contains(seconds)) {
        return Err(ApiError::bad_request(format!(
            "expiresInSeconds: expected {} to {}, found {seconds}",
            LIFETIME_S.start(),
            LIFETIME_S.end()
        )));
    }
    let new = NewKey {
        policy,
        app,
        description,
        lifetime: lifetime.map(Duration::from_secs),
    };
    let created = create_key(state.store(), &state.parts.clock, new).await?;
    tracing::info!(key.id = %created.key.id, policy = policy.as_str(), "api.key.created");
    Answer::created(&CreatedBody {
        key: body(&created.key),
        secret_access_key: &created.secret,
        session_token: created.session_token.as_deref(),
    })
}

pub(crate) async fn remove(
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Result<Answer, ApiError> {
    let id = KeyId::new(key);
    if !state.keys.delete(&id).await? {
        return Err(ApiError::not_found());
    }
    tracing::info!(key.id = %id, "api.key.deleted");
    Ok(Answer::no_content())
}

fn body(key: &AccessKey) -> KeyBody<'_> {
    KeyBody {
        access_key_id: key.id.as_str(),
        policy: key.policy.as_str(),
        app: key.app.as_ref().map(AppId::as_str),
        description: key.description.as_deref(),
        created: key.created.to_string(),
        expires: key.expires.map(|expires| expires.to_string()),
    }
}
