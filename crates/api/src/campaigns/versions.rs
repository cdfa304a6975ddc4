//! GetCampaignVersion and GetCampaignVersions.

use store::{CampaignVersion, version_id, version_parent};
use wire::shapes::CampaignsResponse;

use super::get::find;
use super::wire::campaign;
use crate::call::Call;
use crate::error::ApiError;
use crate::pagination::PageRequest;
use crate::reply::Reply;

pub(crate) async fn get(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let current = find(&call).await?;
    let number = call.version()?;
    // The current version is shown as it stands now; older ones as they were when replaced.
    if number == current.version {
        return Reply::json(&campaign(&call.state.account, &app.region, &current));
    }
    let parent = version_parent(app.id.as_str(), current.id.as_str());
    let versions = call.state.store().of::<CampaignVersion>();
    let found = versions.get(&parent, &version_id(number)).await?;
    let mut found = found.ok_or_else(ApiError::not_found)?.value.0;
    found.tags.clone_from(&current.tags);
    Reply::json(&campaign(&call.state.account, &app.region, &found))
}

pub(crate) async fn list(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let current = find(&call).await?;
    let parent = version_parent(app.id.as_str(), current.id.as_str());
    let page = PageRequest::read(&call.query, format!("campaign-versions/{parent}"))?;
    let versions = call.state.store().of::<CampaignVersion>();
    let found = versions
        .list(&parent, page.after.as_ref(), page.size)
        .await?;
    let items = found.items.into_iter().map(|item| {
        let mut shown = item.value.0;
        if shown.version == current.version {
            shown = current.value.clone();
        }
        shown.tags.clone_from(&current.tags);
        campaign(&call.state.account, &app.region, &shown)
    });
    Reply::json(&CampaignsResponse {
        item: Some(items.collect()),
        next_token: page.token(found.next),
    })
}
