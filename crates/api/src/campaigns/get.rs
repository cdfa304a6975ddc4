//! GetCampaign.

use model::Campaign;
use store::Stored;
use wire::parameter;

use super::wire::campaign;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let found = find(&call).await?;
    Reply::json(&campaign(&call.state.account, &call.app()?.region, &found))
}

/// The campaign in the path.
///
/// # Errors
/// There is none.
pub(crate) async fn find(call: &Call) -> Result<Stored<Campaign>, ApiError> {
    let campaigns = call.state.store().of::<Campaign>();
    let id = call.param(parameter::CAMPAIGN_ID);
    let found = campaigns.get(call.app()?.id.as_str(), id).await?;
    found.ok_or_else(ApiError::not_found)
}
