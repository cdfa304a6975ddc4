//! DeleteCampaign.

use engine::campaigns;

use super::get::find;
use super::wire::campaign;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let current = find(&call).await?;
    let state = &call.state;
    let deleted =
        campaigns::delete(state.store(), &state.parts.clock, &app.id, &current.id).await?;
    state.parts.engine.wake();
    Reply::json(&campaign(&state.account, &app.region, &deleted))
}
