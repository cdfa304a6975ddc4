//! GetJourneyRuns.

use model::JourneyRun;
use store::{Stored, version_parent};
use wire::parameter;
use wire::shapes::{JourneyRunResponse, JourneyRunsResponse};

use super::get::find;
use crate::call::Call;
use crate::error::ApiError;
use crate::pagination::PageRequest;
use crate::reply::Reply;

pub(crate) async fn list(call: Call) -> Result<Reply, ApiError> {
    let journey = find(&call).await?;
    let parent = version_parent(journey.app.as_str(), journey.id.as_str());
    let page = PageRequest::read(&call.query, format!("journey-runs/{parent}"))?;
    let runs = call.state.store().of::<JourneyRun>();
    let found = runs.list(&parent, page.after.as_ref(), page.size).await?;
    let items = found.items.iter().map(|run| JourneyRunResponse {
        creation_time: Some(run.created.to_string()),
        last_update_time: Some(run.modified.to_string()),
        run_id: Some(run.id.to_string()),
        status: Some(run.status.as_str().to_owned()),
    });
    Reply::json(&JourneyRunsResponse {
        item: Some(items.collect()),
        next_token: page.token(found.next),
    })
}

/// The run in the path.
///
/// # Errors
/// There is no such journey, or it has no such run.
pub(super) async fn find_run(call: &Call) -> Result<Stored<JourneyRun>, ApiError> {
    let journey = find(call).await?;
    let parent = version_parent(journey.app.as_str(), journey.id.as_str());
    let runs = call.state.store().of::<JourneyRun>();
    let found = runs.get(&parent, call.param(parameter::RUN_ID)).await?;
    found.ok_or_else(ApiError::not_found)
}
