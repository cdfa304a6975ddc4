//! The edge of the server: HTTP.
//!
//! Belongs: the Pinpoint API and the Beckon API, who calls and what they may do, the JSON of the
//! wire, statuses and exception names, public routes, the console's files, counters.
//! Elsewhere: the rules behind the operations (`audience`, `engine`, `events`, `analytics`), the
//! shapes of the wire (`wire`).

mod analytics;
mod apps;
mod arn;
mod auth;
mod beckon;
mod body;
mod call;
mod campaigns;
mod channels;
mod edge;
mod endpoints;
mod error;
mod event_stream;
mod events;
mod filtered;
mod identities;
mod in_app;
mod jobs;
mod journeys;
mod listen;
mod messages;
mod metrics;
pub mod migrate;
mod pagination;
mod pinpoint;
mod public;
mod recommenders;
mod reply;
mod segments;
mod state;
mod status;
pub mod support;
mod tags;
mod templates;
mod verification;

pub use auth::{CreatedKey, NewKey, PasswordError, create_key, create_user, set_password};
pub use error::ApiError;
pub use listen::listen;
pub use state::{AppState, Limits, Parts, Settings};
pub use support::compatibility_table;
pub use verification::{VerifyError, verify};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};

/// Everything that the server answers.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/v1", any(pinpoint::handle))
        .route("/v1/{*path}", any(pinpoint::handle))
        .merge(beckon::routes(&state))
        .route("/health", get(public::health::health))
        .route("/metrics", get(public::health::metrics))
        .route("/openapi.json", get(public::openapi::document))
        .route("/t/o/{token}", get(public::tracking::open))
        .route("/t/c/{token}", get(public::tracking::click))
        .route(
            "/u/{token}",
            get(public::unsubscribe::page).post(public::unsubscribe::one_click),
        )
        .route("/", get(public::console::home).post(identities::handle))
        .route("/console", get(public::console::home))
        .route("/console/", get(public::console::index))
        .route("/console/{*path}", get(public::console::path))
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed(&["other methods"]) })
        .fallback(|| async { ApiError::missing_authentication() })
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(state.clone(), edge::edge))
        .with_state(state)
}
