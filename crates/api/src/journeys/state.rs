//! UpdateJourneyState: publish, pause, resume, cancel.

use engine::journeys;
use model::JourneyState;
use wire::shapes::JourneyStateRequest;

use super::create::quotas;
use super::get::find;
use super::wire::journey;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let current = find(&call).await?;
    let request: JourneyStateRequest = call.body()?;
    let word = request.state.filter(|word| !word.is_empty());
    let word = word.ok_or_else(|| ApiError::bad_request("Missing State"))?;
    let to = match JourneyState::parse(&word) {
        Some(to @ (JourneyState::Active | JourneyState::Paused | JourneyState::Cancelled)) => to,
        _ => {
            return Err(ApiError::bad_request(
                "State: expected ACTIVE, PAUSED or CANCELLED",
            ));
        }
    };
    let state = &call.state;
    let updated = journeys::set_state(
        state.store(),
        &state.parts.clock,
        &current.app,
        &current.id,
        to,
        quotas(&call),
    )
    .await?;
    Reply::json(&journey(&updated))
}
