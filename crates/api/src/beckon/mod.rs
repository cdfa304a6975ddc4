//! The Beckon API (`docs/beckon-api.md`).

mod analytics;
mod audience;
mod campaigns;
mod endpoints;
mod guard;
mod inbox;
mod input;
mod keys;
mod live;
mod preview;
mod session;
mod status;
mod suppressions;
mod test_messages;
mod upload;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};

use crate::auth::Need;
use crate::error::ApiError;
use crate::state::AppState;
use guard::{Guard, guard};

/// The routes under `/beckon/v1`.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let needing = |need, routes: Router<AppState>| {
        let guarded = Guard {
            state: state.clone(),
            need,
        };
        routes.route_layer(from_fn_with_state(guarded, guard))
    };
    Router::new()
        .route(
            "/session",
            post(session::open)
                .get(session::show)
                .delete(session::close),
        )
        .merge(needing(Need::Read, reading()))
        .merge(needing(Need::Send, sending()))
        .merge(needing(Need::Admin, administering()))
        .route("/apps/{app}/uploads", post(upload::run))
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed(&["others"]) })
        .fallback(|| async { ApiError::missing_authentication() })
}

fn reading() -> Router<AppState> {
    Router::new()
        .route("/apps/{app}/overview", get(audience::overview))
        .route("/apps/{app}/endpoints", get(endpoints::list))
        .route("/apps/{app}/attributes", get(audience::attributes))
        .route(
            "/apps/{app}/attributes/{kind}/{name}/values",
            get(audience::values),
        )
        .route(
            "/apps/{app}/segments/size",
            post(audience::size_of_criteria),
        )
        .route(
            "/apps/{app}/segments/{segment}/size",
            get(audience::size_of_segment),
        )
        .route("/apps/{app}/segments/members", post(endpoints::members))
        .route("/apps/{app}/preview", post(preview::run))
        .route("/inbox", get(inbox::list))
        .route("/inbox/{id}", get(inbox::get))
        .route("/inbox/{id}/raw", get(inbox::raw))
        .route(
            "/apps/{app}/campaigns/{campaign}/progress",
            get(campaigns::progress),
        )
        .route(
            "/apps/{app}/campaigns/{campaign}/people",
            get(campaigns::people),
        )
        .route(
            "/apps/{app}/campaigns/{campaign}/analytics",
            get(analytics::campaign),
        )
        .route("/apps/{app}/analytics/usage", get(analytics::usage))
        .route("/apps/{app}/analytics/events", get(analytics::events))
        .route("/apps/{app}/analytics/campaigns", get(analytics::campaigns))
        .route("/live", get(live::run))
        .route("/suppressions", get(suppressions::list))
        .route("/status", get(status::run))
}

fn sending() -> Router<AppState> {
    Router::new().route("/apps/{app}/test-messages", post(test_messages::run))
}

fn administering() -> Router<AppState> {
    Router::new()
        .route("/inbox", delete(inbox::clear))
        .route("/keys", get(keys::list).post(keys::create))
        .route("/keys/{key}", delete(keys::remove))
        .route(
            "/suppressions/{address}",
            put(suppressions::add).delete(suppressions::remove),
        )
}
