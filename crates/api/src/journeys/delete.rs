//! DeleteJourney.

use engine::journeys;

use super::get::find;
use super::wire::journey;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let current = find(&call).await?;
    let state = &call.state;
    let clock = &state.parts.clock;
    let deleted = journeys::delete(state.store(), clock, &current.app, &current.id).await?;
    Reply::json(&journey(&deleted))
}
