//! UpdateJourney: present members replace, all others stay.

use engine::journeys;

use super::create::quotas;
use super::get::find;
use super::wire::{draft, journey};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let current = find(&call).await?;
    let draft = draft(call.body()?)?;
    let state = &call.state;
    let updated = journeys::update(
        state.store(),
        &state.parts.clock,
        &current.app,
        &current.id,
        &draft,
        quotas(&call),
    )
    .await?;
    Reply::json(&journey(&updated))
}
