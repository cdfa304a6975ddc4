//! Addresses that get no mail.

use axum::extract::{Path, State};
use channels::suppression::normalize;
use model::{Suppression, SuppressionReason};
use serde::Serialize;

use super::input::{Page, Params};
use crate::error::ApiError;
use crate::filtered::{self, Filtered};
use crate::pagination::PageRequest;
use crate::reply::Answer;
use crate::state::AppState;

/// Bytes of an address.
const ADDRESS_BYTES_MAX: usize = 320;

#[derive(Serialize)]
struct Item {
    address: String,
    reason: &'static str,
    since: String,
}

pub(crate) async fn list(
    State(state): State<AppState>,
    params: Params,
) -> Result<Answer, ApiError> {
    let search = params
        .get("query")
        .map(str::to_lowercase)
        .unwrap_or_default();
    let scope = format!("suppressions/{search}");
    let page = PageRequest::named(&params.0, "limit", "token", scope)?;
    let fits = |it: &Suppression| it.address.to_lowercase().contains(&search);
    let suppressions = state.store().of::<Suppression>();
    let Filtered { items, next } = filtered::page(&suppressions, "", &page, fits).await?;
    Answer::json(&Page {
        items: items.into_iter().map(item).collect(),
        next: page.token(next),
    })
}

pub(crate) async fn add(
    State(state): State<AppState>,
    Path(address): Path<String>,
) -> Result<Answer, ApiError> {
    if !address.contains('@') || address.len() > ADDRESS_BYTES_MAX {
        return Err(ApiError::bad_request("address: expected an email address"));
    }
    let reason = SuppressionReason::Manual;
    state
        .parts
        .suppressions
        .add(&address, reason, state.now())
        .await?;
    Ok(Answer::no_content())
}

pub(crate) async fn remove(
    State(state): State<AppState>,
    Path(address): Path<String>,
) -> Result<Answer, ApiError> {
    state
        .parts
        .suppressions
        .remove(&normalize(&address))
        .await?;
    Ok(Answer::no_content())
}

fn item(suppression: Suppression) -> Item {
    Item {
        address: suppression.address,
        reason: match suppression.reason {
            SuppressionReason::Bounce => "BOUNCE",
            SuppressionReason::Complaint => "COMPLAINT",
            SuppressionReason::Manual => "MANUAL",
        },
        since: suppression.since.to_string(),
    }
}
