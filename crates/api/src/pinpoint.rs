//! The way of a call under `/v1`, in the order of `docs/spec/audience.md §2.2`: signature, route,
//! permission, body size, JSON syntax, application; the handler goes on with the rest.

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use wire::{Operation, PathParams, Query, RouteError, parameter, route};

use crate::auth::{authorize, claim};
use crate::body::{self, Read};
use crate::call::{Call, parse_json};
use crate::edge::{OperationName, RequestId};
use crate::error::ApiError;
use crate::state::AppState;
use crate::support;

/// What browsers post to when a page goes away (`docs/spec/events.md §1`).
const LEGACY_EVENTS: &str = "/events/legacy";

/// Answers any request under `/v1`.
pub(crate) async fn handle(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path();
    let path = path
        .strip_suffix("/legacy")
        .filter(|_| path.ends_with(LEGACY_EVENTS))
        .unwrap_or(path);
    let routed = route(request.method().as_str(), path);
    let name = routed
        .as_ref()
        .map_or("unknown", |(operation, _)| operation.name());
    let mut response = match Box::pin(answer(state, request, routed)).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    response.extensions_mut().insert(OperationName(name));
    response
}

async fn answer(
    state: AppState,
    request: Request,
    routed: Result<(Operation, PathParams), RouteError>,
) -> Result<Response, ApiError> {
    let now = state.now();
    let (parts, body) = request.into_parts();
    let claim = claim(&state, &parts).await?;
    let limit = match routed {
        Ok((Operation::PutEvents, _)) => state.settings.limits.events_request_bytes,
        _ => state.settings.limits.request_bytes,
    };
    let bytes = match body::read(&state.parts.clock, &parts.headers, body, limit).await? {
        Read::Whole(bytes) => bytes,
        // Its signature cannot be checked, but whoever may not call at all learns that first.
        Read::TooLarge => {
            let (operation, params) = routed.map_err(unrouted)?;
            authorize(&state, &claim.presumed(&state), operation, &params)?;
            return Err(ApiError::payload_too_large(limit));
        }
    };
    let hash = if claim.needs_hash() {
        body::sha256(&bytes).await?
    } else {
        [0; 32]
    };
    let caller = claim.verify(&state, &parts, hash)?;
    let (operation, params) = routed.map_err(unrouted)?;
    authorize(&state, &caller, operation, &params)?;

    let json = match operation.body() {
        Some(_) if operation != Operation::PutEvents => parse_json(&bytes)?,
        _ => serde_json::Value::Null,
    };
    let app = match params.get(parameter::APPLICATION_ID) {
        Some(id) => Some(state.apps.find(state.store(), id).await?),
        None => None,
    };
    let request_id = parts.extensions.get::<RequestId>();
    let call = Call {
        operation,
        params,
        query: Query::parse(parts.uri.query().unwrap_or_default())?,
        caller,
        request_id: request_id.map(|id| id.0.clone()).unwrap_or_default(),
        now,
        bytes,
        json,
        app,
        state,
    };
    let reply = support::dispatch(call).await?;
    Ok(reply.into_response(operation.success_status()))
}

fn unrouted(error: RouteError) -> ApiError {
    match error {
        RouteError::UnknownPath => ApiError::missing_authentication(),
        RouteError::WrongMethod { allowed } => ApiError::method_not_allowed(&allowed),
        RouteError::NotUtf8 { .. } => ApiError::bad_request(error),
    }
}
