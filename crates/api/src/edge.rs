//! What happens to every request, whoever answers it: its identifier, its time limit, CORS, panics,
//! the form of errors, metrics (`docs/spec/audience.md §1.3–1.4, §2.1`).

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use futures::future::{Either, select};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE, HeaderName, HeaderValue,
};
use http::{HeaderMap, Method};

use crate::error::ApiError;
use crate::reply::JSON;
use crate::state::AppState;

/// How long a call may take. Uploads and live streams have their own limits.
const CALL_MAX: Duration = Duration::from_secs(90);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The identifier of a request, which its answer carries.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// What metrics call the answered operation; set by whoever knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OperationName(pub(crate) &'static str);

/// Marks an answer that takes as long as it takes.
pub(crate) fn is_long_lived(path: &str) -> bool {
    path.starts_with("/beckon/v1/")
        && (path.ends_with("/uploads") || path.starts_with("/beckon/v1/live"))
}

/// Wraps the whole router.
pub(crate) async fn edge(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let clock = &state.parts.clock;
    let begun = clock.monotonic();
    let id = clock.uuid();
    let path = request.uri().path();
    let asks = request.method() == Method::OPTIONS;
    // The issuer of credentials is called at the root, where GET leads to the console.
    let issuer = path == "/" && (asks || request.method() == Method::POST);
    let speaks_api =
        path.starts_with("/v1/") || path == "/v1" || path.starts_with("/beckon/") || issuer;
    let preflight = asks && (path.starts_with("/v1") || issuer);
    let long_lived = is_long_lived(path);
    request.extensions_mut().insert(RequestId(id.clone()));

    let mut response = if preflight {
        Response::new(Body::empty())
    } else {
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
        let outcome = if long_lived {
            Some(answer.await)
        } else {
            let limit = std::pin::pin!(clock.sleep(CALL_MAX));
            match select(std::pin::pin!(answer), limit).await {
                Either::Left((outcome, _)) => Some(outcome),
                Either::Right(_) => None,
            }
        };
        match outcome {
            Some(Ok(response)) => response,
            Some(Err(_)) => ApiError::internal("a handler panicked").into_response(),
            None => ApiError::overloaded().into_response(),
        }
    };

    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        *response.body_mut() = Body::from(error.body(&id));
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        response
            .headers_mut()
            .insert(ERROR_TYPE, HeaderValue::from_static(error.name()));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    if speaks_api {
        share(response.headers_mut(), preflight);
    }
    let operation = response
        .extensions()
        .get::<OperationName>()
        .map_or("other", |name| name.0);
    let took = clock.monotonic().saturating_sub(begun);
    state
        .metrics
        .answered(operation, response.status().as_u16(), took);
    tracing::debug!(
        request.id = id,
        operation,
        status = response.status().as_u16(),
        duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "api.answered"
    );
    response
}

/// Lets pages of other origins call.
fn share(headers: &mut HeaderMap, preflight: bool) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("x-amzn-RequestId, x-amzn-ErrorType"),
    );
    if preflight {
        headers.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS"),
        );
        headers.insert(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(
                "authorization, content-type, x-amz-date, x-amz-security-token, \
                 x-amz-user-agent, amz-sdk-invocation-id, amz-sdk-request, x-amz-content-sha256, \
                 x-amz-target, cache-control",
            ),
        );
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    }
}
