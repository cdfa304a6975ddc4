//! The Cognito-compatible issuer of credentials for devices (`docs/spec/audience.md §1.2`): the
//! calls `GetId` and `GetCredentialsForIdentity`, unsigned, in the JSON 1.1 protocol at `/`.

mod issuer;
mod pace;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use issuer::{Issuer, TemporaryKey};
pub(crate) use pace::Pace;

use crate::body::{self, Read};
use crate::edge::OperationName;
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

/// Bytes of a request body.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;
/// The header that names the operation.
const TARGET: &str = "x-amz-target";
const SERVICE: &str = "AWSCognitoIdentityService.";
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

#[derive(Clone, Copy)]
enum Operation {
    GetId,
    GetCredentials,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Input {
    identity_pool_id: Option<String>,
    identity_id: Option<String>,
    logins: Option<Map<String, Value>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Identity {
    identity_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct IdentityCredentials {
    identity_id: String,
    credentials: Credentials,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    access_key_id: String,
    secret_key: String,
    session_token: String,
    /// Seconds since 1970.
    expiration: i64,
}

/// Answers `POST /`.
pub(crate) async fn handle(State(state): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(target) = parts.headers.get(TARGET) else {
        return ApiError::method_not_allowed(&["GET"]).into_response();
    };
    let target = target.to_str().unwrap_or_default().to_owned();
    let (operation, name) = match target.strip_prefix(SERVICE) {
        Some("GetId") => (Operation::GetId, "GetId"),
        Some("GetCredentialsForIdentity") => {
            (Operation::GetCredentials, "GetCredentialsForIdentity")
        }
        _ => return ApiError::unknown_identity_operation(&target).into_response(),
    };
    let answered = answer(&state, operation, &parts.headers, body).await;
    let mut response = match answered {
        Ok(answer) => answer.into_response(),
        Err(error) => error.into_response(),
    };
    response.extensions_mut().insert(OperationName(name));
    response
}

async fn answer(
    state: &AppState,
    operation: Operation,
    headers: &HeaderMap,
    body: axum::body::Body,
) -> Result<Answer, ApiError> {
    let clock = &state.parts.clock;
    if !state.identity_pace.take(clock.monotonic()) {
        return Err(ApiError::too_many_identities());
    }
    let Read::Whole(bytes) = body::read(clock, headers, body, REQUEST_BYTES_MAX).await? else {
        return Err(ApiError::payload_too_large(REQUEST_BYTES_MAX));
    };
    // Not read into the struct at once, which would take a list for the members in order.
    let members: Map<String, Value> =
        serde_json::from_slice(&bytes).map_err(ApiError::unreadable_identity)?;
    let input =
        Input::deserialize(Value::Object(members)).map_err(ApiError::unreadable_identity)?;
    if input.logins.is_some_and(|logins| !logins.is_empty()) {
        return Err(ApiError::identity_refused(
            "Logins are not supported: this server issues credentials to guests only",
        ));
    }
    let answer = match operation {
        Operation::GetId => {
            let pool = needed("identityPoolId", input.identity_pool_id)?;
            let identity = state.issuer.identity(&pool, clock);
            let identity_id = identity.ok_or_else(|| {
                ApiError::identity_not_found(format!("IdentityPool '{pool}' not found."))
            })?;
            Answer::json(&Identity { identity_id })
        }
        Operation::GetCredentials => {
            let identity_id = needed("identityId", input.identity_id)?;
            let issued = state.issuer.issue(&identity_id, clock.now());
            let TemporaryKey {
                key,
                secret,
                session_token,
            } = issued.ok_or_else(|| {
                ApiError::identity_not_found(format!("Identity '{identity_id}' not found."))
            })?;
            Answer::json(&IdentityCredentials {
                identity_id,
                credentials: Credentials {
                    access_key_id: key.id.to_string(),
                    secret_key: secret,
                    session_token,
                    expiration: key.expires.unwrap_or_default().as_millis() / 1_000,
                },
            })
        }
    };
    Ok(answer?.with(CONTENT_TYPE, MEDIA_TYPE))
}

/// A name such as `us-east-1:` and a UUID, of a pool or an identity.
fn needed(member: &str, value: Option<String>) -> Result<String, ApiError> {
    let problem = match &value {
        None => "Member must not be null",
        Some(value) if !is_name(value) => {
            "Member must satisfy regular expression pattern: [\\w-]+:[0-9a-f-]+"
        }
        Some(value) => return Ok(value.clone()),
    };
    let shown: String = value.unwrap_or_default().chars().take(100).collect();
    Err(ApiError::invalid_identity(format!(
        "1 validation error detected: Value '{shown}' at '{member}' failed to satisfy constraint: \
         {problem}"
    )))
}

fn is_name(value: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let hex = |c: char| c == '-' || c.is_ascii_digit() || ('a'..='f').contains(&c);
    value.len() <= 128
        && value.split_once(':').is_some_and(|(region, rest)| {
            !region.is_empty()
                && region.chars().all(word)
                && !rest.is_empty()
                && rest.chars().all(hex)
        })
}
