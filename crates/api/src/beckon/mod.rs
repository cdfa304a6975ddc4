//! The Beckon API (`docs/beckon-api.md`).

mod analytics;
mod audience;
mod campaigns;
mod create_campaign;
mod dry_runs;
mod endpoints;
mod explain;
mod guard;
mod inbox;
mod input;
mod keys;
mod lift;
mod live;
mod people;
mod preview;
mod safety;
mod schedule_preview;
mod session;
mod status;
mod suppressions;
mod test_messages;
mod upload;
mod verification;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};

use crate::auth::Need;
use crate::state::AppState;
use guard::{Guard, guard};

/// The routes under `/beckon/v1`, with their whole paths: signatures cover them as they are sent.
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
            "/beckon/v1/session",
            post(session::open)
                .get(session::show)
                .delete(session::close),
        )
        .merge(needing(Need::Read, reading()))
        .merge(needing(Need::Send, sending()))
        .merge(needing(Need::Admin, administering()))
        .route("/beckon/v1/apps/{app}/uploads", post(upload::run))
}

fn reading() -> Router<AppState> {
    Router::new()
        .route("/beckon/v1/apps/{app}/overview", get(audience::overview))
        .route("/beckon/v1/apps/{app}/endpoints", get(endpoints::list))
        .route(
            "/beckon/v1/apps/{app}/attributes",
            get(audience::attributes),
        )
        .route(
            "/beckon/v1/apps/{app}/attributes/{kind}/{name}/values",
            get(audience::values),
        )
        .route(
            "/beckon/v1/apps/{app}/segments/size",
            post(audience::size_of_criteria),
        )
        .route(
            "/beckon/v1/apps/{app}/segments/{segment}/size",
            get(audience::size_of_segment),
        )
        .route(
            "/beckon/v1/apps/{app}/segments/members",
            post(endpoints::members),
        )
        .route("/beckon/v1/apps/{app}/preview", post(preview::run))
        .route(
            "/beckon/v1/apps/{app}/schedule-preview",
            post(schedule_preview::run),
        )
        .route("/beckon/v1/inbox", get(inbox::list))
        .route("/beckon/v1/inbox/{id}", get(inbox::get))
        .route("/beckon/v1/inbox/{id}/raw", get(inbox::raw))
        .route(
            "/beckon/v1/apps/{app}/campaigns/{campaign}/progress",
            get(campaigns::progress),
        )
        .route(
            "/beckon/v1/apps/{app}/campaigns/{campaign}/people",
            get(campaigns::people),
        )
        .route(
            "/beckon/v1/apps/{app}/campaigns/{campaign}/safety",
            get(safety::get),
        )
        .route(
            "/beckon/v1/apps/{app}/campaigns/{campaign}/runs/{run}/verification",
            get(verification::run),
        )
        .route(
            "/beckon/v1/apps/{app}/campaigns/{campaign}/lift",
            get(lift::run),
        )
        .route(
            "/beckon/v1/apps/{app}/campaigns/{campaign}/analytics",
            get(analytics::campaign),
        )
        .route(
            "/beckon/v1/apps/{app}/campaigns/{campaign}/explain",
            get(explain::run),
        )
        .route("/beckon/v1/apps/{app}/dry-runs", get(dry_runs::list))
        .route("/beckon/v1/apps/{app}/dry-runs/{id}", get(dry_runs::get))
        .route(
            "/beckon/v1/apps/{app}/dry-runs/{id}/difference",
            get(dry_runs::difference),
        )
        .route(
            "/beckon/v1/apps/{app}/analytics/usage",
            get(analytics::usage),
        )
        .route(
            "/beckon/v1/apps/{app}/analytics/events",
            get(analytics::events),
        )
        .route(
            "/beckon/v1/apps/{app}/analytics/campaigns",
            get(analytics::campaigns),
        )
        .route("/beckon/v1/live", get(live::run))
        .route("/beckon/v1/suppressions", get(suppressions::list))
        .route("/beckon/v1/status", get(status::run))
}

fn sending() -> Router<AppState> {
    Router::new()
        .route(
            "/beckon/v1/apps/{app}/test-messages",
            post(test_messages::run),
        )
        .route("/beckon/v1/apps/{app}/dry-runs", post(dry_runs::create))
}

fn administering() -> Router<AppState> {
    Router::new()
        .route(
            "/beckon/v1/apps/{app}/campaigns",
            post(create_campaign::run),
        )
        .route(
            "/beckon/v1/apps/{app}/campaigns/{campaign}/safety",
            put(safety::put).delete(safety::delete),
        )
        .route(
            "/beckon/v1/apps/{app}/campaigns/{campaign}/people/segment",
            post(people::save),
        )
        .route(
            "/beckon/v1/apps/{app}/campaigns/{campaign}/go-on",
            post(safety::go_on),
        )
        .route("/beckon/v1/inbox", delete(inbox::clear))
        .route("/beckon/v1/keys", get(keys::list).post(keys::create))
        .route("/beckon/v1/keys/{key}", delete(keys::remove))
        .route(
            "/beckon/v1/suppressions/{address}",
            put(suppressions::add).delete(suppressions::remove),
        )
}
