//! How the server is.

use axum::extract::State;
use model::App;
use serde::Serialize;

use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;
use crate::status::{behind, disk_bytes};

/// Applications whose endpoints are counted.
const APPS_MAX: usize = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    version: &'static str,
    started: String,
    email_transport: &'static str,
    endpoints: u64,
    events: Events,
    disk: Disk,
}

#[derive(Serialize)]
struct Events {
    end: u64,
    behind: u64,
}

#[derive(Serialize)]
struct Disk {
    bytes: u64,
}

pub(crate) async fn run(State(state): State<AppState>) -> Result<Answer, ApiError> {
    let mut endpoints = 0;
    let apps = state.store().of::<App>().list("", None, APPS_MAX).await?;
    for app in &apps.items {
        endpoints += state.store().endpoints.counts(&app.id).await?.endpoints;
    }
    let data = state.settings.data.clone();
    let bytes = tokio::task::spawn_blocking(move || disk_bytes(&data)).await;
    Answer::json(&Status {
        version: env!("CARGO_PKG_VERSION"),
        started: state.started.to_string(),
        email_transport: state.settings.email_transport,
        endpoints,
        events: Events {
            end: state.parts.log.end(),
            behind: behind(&state)
                .into_iter()
                .map(|(_, bytes)| bytes)
                .max()
                .unwrap_or(0),
        },
        disk: Disk {
            bytes: bytes.map_err(ApiError::internal)?,
        },
    })
}
