//! GetCampaignActivities (`docs/spec/campaigns.md §12`): one per run and treatment, newest first.

use wire::shapes::ActivitiesResponse;

use super::get::find;
use super::wire::activity;
use crate::call::Call;
use crate::error::ApiError;
use crate::pagination::PageRequest;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let campaign = find(&call).await?;
    let scope = format!("activities/{app}/{}", campaign.id);
    let page = PageRequest::read(&call.query, scope)?;
    // The activities of a run are never torn apart.
    let runs = (page.size / (campaign.treatments.len() + 1)).max(1);
    let store = call.state.store();
    let found = engine::activities::activities(store, &campaign, page.after.as_ref(), runs).await?;
    let items = found
        .items
        .iter()
        .map(|it| activity(&app, &campaign.id, it));
    Reply::json(&ActivitiesResponse {
        item: Some(items.collect()),
        next_token: page.token(found.next),
    })
}
