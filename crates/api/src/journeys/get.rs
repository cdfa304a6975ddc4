//! GetJourney.

use model::Journey;
use store::Stored;
use wire::parameter;

use super::wire::journey;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    Reply::json(&journey(&find(&call).await?.value))
}

/// The journey in the path.
///
/// # Errors
/// There is none.
pub(crate) async fn find(call: &Call) -> Result<Stored<Journey>, ApiError> {
    let journeys = call.state.store().of::<Journey>();
    let id = call.param(parameter::JOURNEY_ID);
    let found = journeys.get(call.app()?.id.as_str(), id).await?;
    found.ok_or_else(ApiError::not_found)
}
