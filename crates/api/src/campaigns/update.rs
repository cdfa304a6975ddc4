//! UpdateCampaign: present members replace, all others stay.

use engine::campaigns;

use super::get::find;
use super::wire::{campaign, draft};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let current = find(&call).await?;
    let state = &call.state;
    let mut draft = draft(call.body()?)?;
    draft.tags = None;
    let clock = &state.parts.clock;
    let (callees, store) = (state.parts.engine.callees(), state.store());
    let made = campaigns::update_asking(callees, store, clock, &app.id, &current.id, &draft);
    let updated = made.await?;
    state.parts.engine.wake();
    Reply::json(&campaign(&state.account, &app.region, &updated))
}
