//! Lists of endpoints: those that match a search, those of a segment.

use axum::extract::State;
use bytes::Bytes;
use model::{AppId, Endpoint, EndpointId, Ordinal, SegmentId, SegmentRef, UserId};
use serde::Deserialize;
use wire::shapes::EndpointResponse;

use super::audience::{criteria, resolve};
use super::input::{InApp, Page, Params, json};
use crate::endpoints::wire::endpoint;
use crate::error::ApiError;
use crate::pagination::{token_text, write_token};
use crate::reply::Answer;
use crate::state::AppState;

/// Endpoints that one call looks through; a call may answer fewer items than asked for and a token
/// to go on.
const LOOKED_THROUGH: usize = 100_000;
/// Endpoints that are read at once.
const SCANNED: usize = 2_000;

/// Endpoints, ascending by creation. With a query: those whose identifier, user or address it is,
/// and those whose identifier begins with it.
pub(crate) async fn list(
    State(state): State<AppState>,
    InApp(app): InApp,
    params: Params,
) -> Result<Answer, ApiError> {
    let limit = params.limit()?;
    let search = params
        .get("query")
        .map(str::trim)
        .unwrap_or_default()
        .to_owned();
    let scope = format!("endpoints/{}/{search}", app.id);
    let from = ordinal_after(&params, &scope)?;
    let mut items: Vec<Endpoint> = Vec::new();
    // Who is found at once comes first, on the first page only.
    if from.is_none() && !search.is_empty() {
        items = found_directly(&state, &app.id, &search).await?;
    }
    let direct: Vec<Ordinal> = items.iter().map(|endpoint| endpoint.ordinal).collect();
    let folded = search.to_lowercase();
    let fits = |endpoint: &Endpoint| {
        !direct.contains(&endpoint.ordinal)
            && (endpoint.id.key().as_str().starts_with(&folded)
                || endpoint.address.as_deref() == Some(search.as_str())
                || endpoint
                    .user
                    .as_ref()
                    .is_some_and(|user| user.as_str() == search))
    };
    let mut from = from.unwrap_or(0);
    let mut looked_through = 0;
    let next = loop {
        let read = state.store().endpoints.scan(&app.id, from, SCANNED).await?;
        looked_through += read.len();
        let whole = read.len() < SCANNED;
        let mut full = false;
        for endpoint in read {
            if items.len() >= limit {
                full = true;
                break;
            }
            from = endpoint.ordinal.saturating_add(1);
            if search.is_empty() || fits(&endpoint) {
                items.push(endpoint);
            }
        }
        if full || (!whole && looked_through >= LOOKED_THROUGH) {
            break Some(write_token(&scope, &from.to_string()));
        }
        if whole {
            break None;
        }
    };
    answer(&items, next)
}

async fn found_directly(
    state: &AppState,
    app: &AppId,
    search: &str,
) -> Result<Vec<Endpoint>, ApiError> {
    let endpoints = &state.store().endpoints;
    let mut found: Vec<Endpoint> = Vec::new();
    found.extend(endpoints.get(app, &EndpointId::from(search)).await?);
    for linked in endpoints.user(app, &UserId::from(search)).await? {
        if found
            .iter()
            .all(|endpoint| endpoint.ordinal != linked.ordinal)
        {
            found.push(linked);
        }
    }
    Ok(found)
}

#[derive(Deserialize)]
struct Stored {
    #[serde(rename = "SegmentId")]
    id: Option<String>,
    #[serde(rename = "SegmentVersion")]
    version: Option<u32>,
}

/// The members of a stored segment or of criteria, ascending by creation.
pub(crate) async fn members(
    State(state): State<AppState>,
    InApp(app): InApp,
    params: Params,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let limit = params.limit()?;
    let stored: Stored = json(&body)?;
    let scope = format!("members/{}", app.id);
    let from = ordinal_after(&params, &scope)?.unwrap_or(0);
    let resolved = match stored.id {
        Some(id) => {
            let reference = SegmentRef {
                id: SegmentId::new(id),
                version: stored.version,
            };
            resolve(&state, &app.id, &reference).await?
        }
        None => {
            let criteria = criteria(&body)?;
            engine::segments::resolve_criteria(state.store(), &app.id, &criteria, None).await?
        }
    };
    let store = state.store();
    let set = engine::segments::members(store, &app.id, &resolved, state.now()).await?;
    let mut ordinals: Vec<Ordinal> = set.range(from..).take(limit.saturating_add(1)).collect();
    let next = ordinals
        .get(limit)
        .map(|ordinal| write_token(&scope, &ordinal.to_string()));
    ordinals.truncate(limit);
    let loaded = store.endpoints.load(&app.id, &ordinals).await?;
    let items: Vec<Endpoint> = loaded.into_iter().flatten().collect();
    answer(&items, next)
}

fn ordinal_after(params: &Params, scope: &str) -> Result<Option<Ordinal>, ApiError> {
    let text = token_text(&params.0, "token", scope)?;
    text.map(|text| {
        let ordinal = text.parse();
        ordinal.map_err(|_| ApiError::bad_request("token: not a token of this list"))
    })
    .transpose()
}

fn answer(items: &[Endpoint], next: Option<String>) -> Result<Answer, ApiError> {
    Answer::json(&Page::<EndpointResponse> {
        items: items.iter().map(endpoint).collect(),
        next,
    })
}
