//! GetCampaigns.

use model::Campaign;
use wire::shapes::CampaignsResponse;

use super::wire::campaign;
use crate::call::Call;
use crate::error::ApiError;
use crate::pagination::PageRequest;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let page = PageRequest::read(&call.query, format!("campaigns/{}", app.id))?;
    let campaigns = call.state.store().of::<Campaign>();
    let found = campaigns
        .list(app.id.as_str(), page.after.as_ref(), page.size)
        .await?;
    let account = &call.state.account;
    let items = found
        .items
        .iter()
        .map(|item| campaign(account, &app.region, item));
    Reply::json(&CampaignsResponse {
        item: Some(items.collect()),
        next_token: page.token(found.next),
    })
}
